#include "registry/person_item.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "host/gb18030.h"
#include "registry/region.h"

static const struct item items[] = {
#define ITEM(code, group, owner, type, letters, codes, zh, en)                                     \
    {code, group, OWNER_##owner, ITEM_##type, letters, codes, zh, en},
#include "registry/person_item.def"
};
enum { ITEMS = sizeof items / sizeof items[0] };

static const struct {
    const char *word;
    enum item_owner owner;
} proofs[] = {
#define PROOF(word, owner, zh, en) {word, OWNER_##owner},
#include "registry/person_item.def"
};

static const char *const owners[ITEM_OWNERS] = {"police", "insurance", "labour", "centre"};

const struct item *item_table(size_t *count) {
    *count = ITEMS;
    return items;
}

const struct item *item_named(const char *code) {
    for (size_t i = 0; i < ITEMS; i++) {
        if (strcmp(items[i].code, code) == 0) {
            return &items[i];
        }
    }
    return NULL;
}

const char *owner_name(enum item_owner owner) {
    assert(owner < ITEM_OWNERS);
    return owners[owner];
}

enum item_owner owner_named(const char *word) {
    int i = 0;
    while (i < ITEM_OWNERS && strcmp(owners[i], word) != 0) {
        i++;
    }
    return (enum item_owner)i;
}

bool proof_holds(const char *kind, const struct item *item) {
    for (size_t i = 0; i < sizeof proofs / sizeof proofs[0]; i++) {
        if (strcmp(proofs[i].word, kind) == 0) {
            return proofs[i].owner == item->owner || proofs[i].owner == OWNER_POLICE;
        }
    }
    return false;
}

bool proof_exists(const char *kind) {
    bool found = false;
    for (size_t i = 0; i < sizeof proofs / sizeof proofs[0]; i++) {
        found = found || strcmp(proofs[i].word, kind) == 0;
    }
    return found;
}

/* --- what may stand there ----------------------------------------------------------------------------- */

/* Characters, or -1 for text that is no UTF-8 or holds a control character. */
static long letters_of(const char *value) {
    struct cursor c = cursor_over(bytes_text(value));
    long count = 0;
    for (; c.rest.len > 0; count++) {
        int32_t character = utf8_next(&c);
        if (character < ' ' || character == 0x7F) {
            return -1;
        }
    }
    return count;
}

static bool all_digits(const char *value) {
    return value[strspn(value, "0123456789")] == '\0';
}

/* The value is one of the words of codes. */
static bool code_listed(const char *codes, const char *value) {
    size_t len = strlen(value);
    for (const char *at = codes; *at;) {
        size_t word = strcspn(at, " ");
        if (word == len && memcmp(at, value, len) == 0) {
            return true;
        }
        at += word + (at[word] == ' ');
    }
    return false;
}

static bool day_good(const char *value) {
    enum { FOR_EVER = 99991231 };
    uint32_t day = strlen(value) == 8 && all_digits(value) ? (uint32_t)strtoul(value, NULL, 10) : 0;
    return day == FOR_EVER || (day != 0 && day_exists(day));
}

/* Digits that are no number of two figures are no nationality. */
static bool nation_good(const char *value) {
    enum { NATIONS = 56 };
    unsigned long code = strlen(value) == 2 && all_digits(value) ? strtoul(value, NULL, 10) : 0;
    return code >= 1 && code <= NATIONS;
}

static bool region_good(const char *value, uint32_t day) {
    uint32_t code = strlen(value) == 6 && all_digits(value) ? (uint32_t)strtoul(value, NULL, 10)
                                                            : 0;
    return code != 0 && region_exists(code, day);
}

static bool value_good(const struct item *item, const char *value, uint32_t day) {
    switch (item->type) {
    case ITEM_NAME:
        return person_name_good(bytes_text(value));
    case ITEM_NATION:
        return nation_good(value);
    case ITEM_REGION:
        return region_good(value, day);
    case ITEM_DAY:
        return day_good(value);
    case ITEM_CODE:
        return code_listed(item->codes, value);
    case ITEM_DIGITS:
        return all_digits(value);
    case ITEM_TEXT:
        return true;
    case ITEM_FIXED:
    default:
        return false;
    }
}

/* What the item wants, for the sentence. */
static const char *wanted(const struct item *item) {
    static const char *const words[] = {
        [ITEM_FIXED] = "what the number says; it is not changed",
        [ITEM_NAME] = "Han characters with middle dots between",
        [ITEM_NATION] = "01 to 56",
        [ITEM_REGION] = "a region in force on the day",
        [ITEM_DAY] = "a day, YYYYMMDD",
        [ITEM_CODE] = "one of its codes",
        [ITEM_DIGITS] = "digits",
        [ITEM_TEXT] = "text without control characters",
    };
    return words[item->type];
}

/* The record cannot be without these. */
static bool may_be_empty(const struct item *item) {
    return item->type != ITEM_FIXED && strcmp(item->code, "AAC003") != 0
           && item->type != ITEM_NATION && item->type != ITEM_REGION;
}

enum err item_check(const struct item *item, const char *value, uint32_t day, struct why *why) {
    long letters = letters_of(value);
    if (value[0] == '\0' && may_be_empty(item)) {
        return OK;
    }
    bool fits = letters >= 0 && (size_t)letters <= item->letters;
    return fits && value_good(item, value, day)
               ? OK
               : why_say(why, ERR_INVALID, "%s (%s) is %s%s%s, at most %zu letters", item->zh,
                   item->en, wanted(item), item->codes[0] ? ": " : "", item->codes, item->letters);
}

/* --- where it stands ------------------------------------------------------------------------------------ */

/* The texts of struct person by their codes; a room of 0 ends the list. */
struct text_place {
    const char *code;
    size_t at, room;
};
#define TEXT_PLACE(code, member)                                                                   \
    { code, offsetof(struct person, member), sizeof(((struct person *)0)->member) }
static const struct text_place places[] = {
    TEXT_PLACE("AAC002", number),
    TEXT_PLACE("AAC003", name),
    TEXT_PLACE("AAC009", household),
    TEXT_PLACE("AAE006", address),
    TEXT_PLACE("AAE007", postcode),
    TEXT_PLACE("AAE005", phone),
    TEXT_PLACE("AAE004", mobile),
    TEXT_PLACE("AAB001", employer),
    TEXT_PLACE("AAB004", employer_name),
};

static const struct text_place *text_place_of(const struct item *item) {
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (strcmp(places[i].code, item->code) == 0) {
            return &places[i];
        }
    }
    return NULL;
}

/* The codes of struct person as text; false for an item that is no such. */
static bool read_code(const struct person *person, const struct item *item, char value[ITEM_ROOM]) {
    const struct {
        const char *code;
        uint32_t number;
    } codes[] = {
        {"AAC004", person->sex   },
        {"AAC005", person->nation},
        {"AAC006", person->birth },
        {"AAB301", person->region},
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (strcmp(codes[i].code, item->code) == 0) {
            unsigned number = codes[i].number;
            (void)snprintf(value, ITEM_ROOM, item->type == ITEM_NATION ? "%02u" : "%u", number);
            return true;
        }
    }
    return false;
}

enum err item_read(const struct person_store *store, const struct person *person,
    const struct item *item, char value[ITEM_ROOM], struct why *why) {
    const struct text_place *place = text_place_of(item);
    if (place) {
        (void)snprintf(value, ITEM_ROOM, "%s", (const char *)person + place->at);
        return OK;
    }
    return read_code(person, item, value)
               ? OK
               : store->item_get(store->self, person->id, item->code, value, why);
}

enum err item_write(const struct person_store *store, struct person *person,
    const struct item *item, const char *value, struct why *why) {
    const struct text_place *place = text_place_of(item);
    assert(item->type != ITEM_FIXED);
    if (item->type == ITEM_NATION) {
        person->nation = (uint8_t)strtoul(value, NULL, 10);
    } else if (item->type == ITEM_REGION) {
        person->region = (uint32_t)strtoul(value, NULL, 10);
    } else if (place) {
        assert(strlen(value) < place->room);
        (void)snprintf((char *)person + place->at, place->room, "%s", value);
    } else {
        return store->item_put(store->self, person->id, item->code, value, why);
    }
    return store->person_put(store->self, person, why);
}
