#include "apps/result_tell.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

void result_tell(bool json, json_t *result, const char *format, ...) {
    va_list args;
    assert(!result || json_is_object(result));
    if (json && result) {
        (void)json_dumpf(result, stdout, 0);
    } else if (json) {
        (void)fputs("null", stdout);
    } else {
        va_start(args, format);
        (void)vprintf(format, args);
        va_end(args);
    }
    (void)putchar('\n');
    json_decref(result);
}
