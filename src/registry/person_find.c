#include "registry/person_find.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/builder.h"
#include "host/gb18030.h"
#include "registry/sound.h"

enum {
    PATTERN_LETTERS = 50,
    ANY = -1,
    NUMBER_DIGITS = 17,
    PREFIX_LEAST = 6, /* fewer digits name a district, and nobody in it */
    SUBJECT_ROOM = 100,
};

/* --- names as they are typed ---------------------------------------------------------------------- */

/* What stands for any one letter: people type what their keyboard has. */
static bool is_placeholder(int32_t character) {
    return character == '?' || character == 0xFF1F || character == 0x25A1 || character == 0x3013
           || character == 0xFF0A;
}

/* The value of a hexadecimal digit, or -1. */
static int hex_value(int32_t character) {
    if (character >= '0' && character <= '9') {
        return character - '0';
    }
    int32_t small = character | 0x20;
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/* U+ and four to six hexadecimal digits. *at is
 * moved behind it; false for anything else. */
static bool take_code_point(struct cursor *at, int32_t *character) {
    enum { DIGITS_LEAST = 4, DIGITS_MOST = 6, LAST = 0x10FFFF };
    struct cursor c = *at;
    if ((utf8_next(&c) | 0x20) != 'u' || utf8_next(&c) != '+') {
        return false;
    }
    int digits = 0;
    *character = 0;
    for (struct cursor ahead = c; digits < DIGITS_MOST; digits++, c = ahead) {
        int value = ahead.rest.len > 0 ? hex_value(utf8_next(&ahead)) : -1;
        if (value < 0) {
            break;
        }
        *character = *character * 16 + value;
    }
    *at = c;
    return digits >= DIGITS_LEAST && *character <= LAST;
}

/* One letter of a pattern. False when it can be in no name. */
static bool take_letter(struct cursor *at, int32_t *letter) {
    struct cursor c = *at;
    if (take_code_point(&c, letter)) {
        *at = c;
        return true;
    }
    *letter = utf8_next(at);
    if (is_placeholder(*letter)) {
        *letter = ANY;
        return true;
    }
    return *letter > ' ' && *letter != '+'; /* a code point that is none */
}

bool name_pattern_read(const char *typed, struct name_pattern *pattern) {
    struct cursor c = cursor_over(bytes_text(typed));
    *pattern = (struct name_pattern){.plain = true};
    while (c.rest.len > 0) {
        int32_t letter = 0;
        if (c.rest.len == 1 && c.rest.at[0] == '*') {
            pattern->open = true;
            break;
        }
        if (pattern->count == PATTERN_LETTERS || !take_letter(&c, &letter)) {
            return false;
        }
        pattern->plain = pattern->plain && letter != ANY;
        pattern->letters[pattern->count++] = letter;
    }
    pattern->plain = pattern->plain && !pattern->open;
    assert(pattern->count <= PATTERN_LETTERS);
    return pattern->count > 0;
}

bool name_pattern_fits(const struct name_pattern *pattern, const char *name) {
    struct cursor c = cursor_over(bytes_text(name));
    for (size_t i = 0; i < pattern->count; i++) {
        int32_t letter = c.rest.len > 0 ? utf8_next(&c) : ANY;
        if (letter < 0 || (pattern->letters[i] != ANY && pattern->letters[i] != letter)) {
            return false;
        }
    }
    return pattern->open || c.rest.len == 0;
}

/* Appends a character as UTF-8. [RFC 3629] */
static void put_character(struct builder *b, uint32_t c) {
    enum { TAIL = 0x3F, MORE = 0x80 };
    if (c < 0x80) {
        put_u8(b, (uint8_t)c);
        return;
    }
    int tails = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t heads[] = {0, 0xC0, 0xE0, 0xF0};
    put_u8(b, (uint8_t)(heads[tails] | c >> (6 * tails)));
    while (tails-- > 0) {
        put_u8(b, (uint8_t)(MORE | (c >> (6 * tails) & TAIL)));
    }
}

/* The letters before the first placeholder, as UTF-8 with an end. */
static void pattern_beginning(const struct name_pattern *pattern, char text[PERSON_NAME_ROOM]) {
    struct builder b = builder_in((uint8_t *)text, PERSON_NAME_ROOM - 1);
    for (size_t i = 0; i < pattern->count && pattern->letters[i] != ANY; i++) {
        put_character(&b, (uint32_t)pattern->letters[i]);
    }
    assert(!b.overflowed);
    text[b.len] = '\0';
}

/* --- a search under way ----------------------------------------------------------------------------- */

struct hunt {
    const struct person_desk *desk;
    const struct find_order *order;
    struct name_pattern pattern;
    uint64_t found;
    bool more;
    bool second;  /* the second of two words is sought */
    enum err err; /* of reading a person */
    struct why *why;
};

/* True for somebody whom the first of two words found already. */
static bool came_before(const struct hunt *h, const struct person *person) {
    const char *first = h->order->by == FIND_PHONE ? person->mobile : person->employer;
    return h->second && strcmp(first, h->order->what) == 0;
}

/* One more, unless the limit is reached or whoever asked has enough. */
static bool take_person(void *cookie, int64_t id) {
    struct hunt *h = cookie;
    struct person person;
    const struct registry_store *registry = h->desk->registry;
    if (h->found == h->order->limit) {
        h->more = true;
        return false;
    }
    h->err = registry->person_by_id(registry->self, id, &person, h->why);
    if (h->err || came_before(h, &person)) {
        return !h->err;
    }
    h->found++;
    return h->order->told(h->order->cookie, &person);
}

/* The index answers with more than the pattern means where a placeholder is in it. */
static bool take_name(void *cookie, int64_t id, const char *name) {
    struct hunt *h = cookie;
    bool wanted = h->order->by == FIND_SOUND || name_pattern_fits(&h->pattern, name);
    return wanted ? take_person(cookie, id) : true;
}

/* --- the kinds of question ---------------------------------------------------------------------------- */

static enum err find_name(struct hunt *h) {
    char sound[SOUND_ROOM];
    char begins[PERSON_NAME_ROOM];
    const struct person_store *store = h->desk->store;
    bool exact = h->order->by == FIND_NAME;
    if (!name_pattern_read(h->order->what, &h->pattern)) {
        return why_say(h->why, ERR_INVALID,
            "that is no name: 1 to %d characters, U+XXXXX for one that cannot be typed, ? for one "
            "that "
            "cannot be read",
            PATTERN_LETTERS);
    }
    if (!exact && !h->pattern.plain) {
        return why_say(h->why, ERR_INVALID,
            "a name that is sought by its sound is whole; leave the placeholder or the sound away");
    }
    pattern_beginning(&h->pattern, begins);
    if (!sound_of(bytes_text(begins), sound)) {
        return why_say(h->why, ERR_INVALID, "that is no name; write it as the identity card does");
    }
    const struct name_span span = {.sound = sound,
        .whole = h->pattern.plain,
        .name = exact && h->pattern.plain ? begins : NULL};
    return store->by_name(store->self, &span, take_name, h, h->why);
}

/* The first digits of a number, with the least and the most that may follow. */
static enum err find_beginning(struct hunt *h, size_t len) {
    int64_t least = 0;
    int64_t step = 1;
    const struct person_store *store = h->desk->store;
    for (size_t i = 0; i < NUMBER_DIGITS; i++) {
        least = least * 10 + (i < len ? h->order->what[i] - '0' : 0);
        step *= i < len ? 1 : 10;
    }
    return store->by_number_range(store->self, least, least + step - 1, take_person, h, h->why);
}

static enum err find_number(struct hunt *h) {
    const char *what = h->order->what;
    size_t len = strspn(what, "0123456789");
    const struct person_store *store = h->desk->store;
    int64_t number17 = number17_of(bytes_text(what));
    if (number17 != 0) {
        return store->by_number_range(store->self, number17, number17, take_person, h, h->why);
    }
    if (what[len] != '\0' || len < PREFIX_LEAST || len > NUMBER_DIGITS) {
        return why_say(h->why, ERR_INVALID,
            "that is neither a citizen number with the right check character nor the first %d to "
            "%d "
            "digits of one",
            PREFIX_LEAST, NUMBER_DIGITS);
    }
    return find_beginning(h, len);
}

/* By the one word, then by the other; who has both comes once. */
static enum err find_words(
    struct hunt *h, enum person_word_kind first, enum person_word_kind second) {
    const struct person_store *store = h->desk->store;
    enum err err = store->by_word(store->self, first, h->order->what, take_person, h, h->why);
    h->second = true;
    if (!err && !h->err && !h->more) {
        err = store->by_word(store->self, second, h->order->what, take_person, h, h->why);
    }
    return err;
}

static enum err find_any(struct hunt *h) {
    const struct person_store *store = h->desk->store;
    switch (h->order->by) {
    case FIND_NUMBER:
        return find_number(h);
    case FIND_NAME:
    case FIND_SOUND:
        return find_name(h);
    case FIND_EMPLOYER:
        return find_words(h, WORD_EMPLOYER, WORD_EMPLOYER_NAME);
    case FIND_PHONE:
        return find_words(h, WORD_MOBILE, WORD_PHONE);
    case FIND_BATCH:
    default:
        return store->by_batch(store->self, h->order->batch, h->order->box, take_person, h, h->why);
    }
}

/* --- the gate ------------------------------------------------------------------------------------------ */

/* The kinds of question, as the audit chain names them. */
static const char *const kinds[] = {
    "by number", "by name", "by sound", "by employer", "by telephone", "by batch"};

/* Cut behind a whole character: the chain keeps UTF-8. */
static void reason_cut(const char *reason, char subject[SUBJECT_ROOM], const char *kind) {
    struct cursor c = cursor_over(bytes_text(reason));
    size_t whole = 0;
    size_t room = SUBJECT_ROOM - strlen(kind) - 3;
    while (c.rest.len > 0 && utf8_next(&c) >= 0 && strlen(reason) - c.rest.len <= room) {
        whole = strlen(reason) - c.rest.len;
    }
    (void)snprintf(subject, SUBJECT_ROOM, "%s: %.*s", kind, (int)whole, reason);
}

static enum err note(struct hunt *h) {
    char subject[SUBJECT_ROOM];
    const struct find_order *order = h->order;
    size_t len = strlen(order->reason);
    if (len == 0 || len >= REASON_ROOM) {
        return why_say(h->why, ERR_INVALID, "say why you ask, in 1 to %d letters", REASON_ROOM - 1);
    }
    reason_cut(order->reason, subject, kinds[order->by]);
    return h->desk->store->audit(
        h->desk->store->self, order->who, "persons searched", subject, h->why);
}

enum err persons_find(const struct person_desk *desk, const struct find_order *order,
    uint64_t *found, bool *more, struct why *why) {
    struct hunt h = {.desk = desk, .order = order, .why = why};
    assert(order->limit > 0);
    assert(order->by <= FIND_BATCH);
    enum err err = note(&h);
    err = err ? err : find_any(&h);
    err = err ? err : h.err;
    *found = h.found;
    *more = h.more;
    assert(h.found <= order->limit);
    return err;
}

enum err person_index(const struct person_desk *desk,
    void (*moved)(void *cookie, uint64_t done, uint64_t of), void *cookie, struct why *why) {
    int64_t behind = 0;
    int64_t done = 0;
    const struct person_store *store = desk->store;
    enum err err = store->index_behind(store->self, &behind, why);
    while (!err && done < behind) {
        int64_t step = 0;
        err = store->index_step(store->self, &step, why);
        done += step;
        assert(err || step > 0);
        if (!err && moved) {
            moved(cookie, (uint64_t)done, (uint64_t)behind);
        }
    }
    return err ? why_add(why, err, "index of names") : OK;
}
