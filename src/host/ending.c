#include "host/ending.h"

#include <stdio.h>

/* What a person would call each error. A conflict or a refusal at this level means that the
 * command was given for a thing in another state: wrong use, not a broken file. */
static const enum ending endings[] = {
    [OK] = ENDING_DONE,
    [ERR_INVALID] = ENDING_FILE,
    [ERR_NOT_FOUND] = ENDING_USAGE,
    [ERR_CONFLICT] = ENDING_USAGE,
    [ERR_DENIED] = ENDING_USAGE,
    [ERR_OUTSIDE] = ENDING_OUTSIDE,
};

enum ending ending_of(enum err err) {
    return endings[err];
}

enum ending ending_tell(enum err err, const struct why *why) {
    if (err) {
        (void)fprintf(stderr, "shebao: %s\n", why->text);
    }
    return ending_of(err);
}

enum err err_of_words(enum err err) {
    return err == ERR_INVALID ? ERR_CONFLICT : err;
}

enum ending ending_tell_words(enum err err, const struct why *why) {
    return ending_tell(err_of_words(err), why);
}
