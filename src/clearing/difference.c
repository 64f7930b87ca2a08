#include "clearing/difference.h"

#include <stdarg.h>
#include <stdio.h>

void differ(struct differences *d, const char *format, ...) {
    if (d->count < NAMED_MAX) {
        va_list args;
        va_start(args, format);
        (void)vsnprintf(d->named[d->count], sizeof d->named[0], format, args);
        va_end(args);
    }
    d->count++;
}
