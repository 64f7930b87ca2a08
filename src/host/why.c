#include "host/why.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum err why_say(struct why *why, enum err err, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    return err;
}

/* What is already said names the reason and the next step: when both do not fit, the context gives
 * way, for somebody who knows the reason finds the place more easily than the other way round. */
enum err why_add(struct why *why, enum err err, const char *format, ...) {
    char said[sizeof why->text];
    size_t said_len = strnlen(why->text, sizeof said - 1);
    (void)memcpy(said, why->text, said_len);
    va_list args;
    va_start(args, format);
    int len = vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    size_t context_len = len > 0 ? (size_t)len : 0;
    bool fits = context_len > 0 && context_len + 2 + said_len < sizeof why->text;
    if (fits) {
        (void)memcpy(why->text + context_len, ": ", 2);
    }
    size_t at = fits ? context_len + 2 : 0;
    (void)memcpy(why->text + at, said, said_len);
    why->text[at + said_len] = '\0';
    return err;
}
