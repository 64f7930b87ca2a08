#include "host/why.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum err why_say(struct why *why, enum err err, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    return err;
}

enum err why_add(struct why *why, enum err err, const char *format, ...) {
    char said[sizeof why->text];
    (void)memcpy(said, why->text, sizeof said);
    va_list args;
    va_start(args, format);
    int context_len = vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    if (context_len < 0 || (size_t)context_len + 3 > sizeof why->text) {
        return err;
    }
    char *at = why->text + context_len;
    size_t room = sizeof why->text - (size_t)context_len;
    (void)memcpy(at, ": ", 2);
    size_t said_len = strnlen(said, room - 3);
    (void)memcpy(at + 2, said, said_len);
    at[2 + said_len] = '\0';
    return err;
}
