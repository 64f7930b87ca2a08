#include "stores/sql/no_such.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static const struct hint {
    const char *thing, *next;
} hints[] = {
#define NO_SUCH(thing, next) {thing, next},
#include "stores/sql/no_such.def"
};

/* What to do next, or NULL for a thing that nobody asks for by its number. */
static const char *next_of(const char *thing) {
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++) {
        if (strcmp(hints[i].thing, thing) == 0) {
            return hints[i].next;
        }
    }
    return NULL;
}

enum err no_such(struct why *why, const char *thing) {
    const char *next = next_of(thing);
    assert(thing[0] != '\0');
    return why_say(why, ERR_NOT_FOUND, "no such %s%s%s", thing, next ? "; " : "", next ? next : "");
}

enum err no_such_now(struct why *why, const char *thing) {
    assert(thing[0] != '\0');
    return why_say(
        why, ERR_CONFLICT, "no such %s, or it is in another state by now; look at it again", thing);
}
