#include "apps/taker_words.h"

#include <string.h>

enum { PARTS = 4, PARTS_LEAST = 3 };

/* The part up to the next comma, or to the end for the last one; false when it is too long. */
static bool part_take(const char **rest, bool last, char *to, size_t room) {
    size_t len = last ? strlen(*rest) : strcspn(*rest, ",");
    if (len >= room) {
        return false;
    }
    (void)memcpy(to, *rest, len);
    to[len] = '\0';
    *rest += len;
    *rest += **rest == ',' ? 1 : 0;
    return true;
}

enum err taker_read(const char *text, struct taker *taker, struct why *why) {
    const struct {
        char *to;
        size_t room;
    } parts[PARTS] = {
        {taker->name,    sizeof taker->name   },
        {taker->number,  sizeof taker->number },
        {taker->phone,   sizeof taker->phone  },
        {taker->address, sizeof taker->address},
    };
    const char *rest = text;
    size_t commas = 0;
    *taker = (struct taker){.name = ""};
    for (const char *c = text; *c; c++) {
        commas += *c == ',' ? 1 : 0;
    }
    bool good = commas + 1 >= PARTS_LEAST;
    for (size_t i = 0; good && i < PARTS; i++) { /* an address may hold commas */
        good = part_take(&rest, i + 1 == PARTS, parts[i].to, parts[i].room);
    }
    return good ? OK
                : why_say(why, ERR_INVALID,
                    "\"%.60s\" is not NAME,ID,PHONE or NAME,ID,PHONE,ADDRESS", text);
}
