#include "ceremony/ceremony_plan.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "base/hex.h"
#include "keys/permit.h"

static const struct step_line lines[STEP_KINDS] = {
#define STEP(name, word, pattern, changes, hold, undo, help)                                       \
    [STEP_##name] = {word, pattern, help, changes},
#include "ceremony/ceremony_step.def"
};

enum { WORDS_MAX = 40, TERMINAL_DIGITS = 12, SERIAL_DIGITS = 8, CHECK_DIGITS = 6, HOURS = 24 };

/* One line of the file in words, borrowed from the file. */
struct words {
    struct bytes at[WORDS_MAX];
    size_t count, taken;
    unsigned line;
};

const struct step_line *step_line(enum step_kind kind) {
    assert((size_t)kind < STEP_KINDS);
    assert((unsigned)kind < STEP_KINDS);
    return &lines[kind];
}

const char *plan_key_text(const struct plan_key *key, char text[KEY_TEXT_ROOM]) {
    (void)snprintf(text, KEY_TEXT_ROOM, "%s %s %u", key_kind((enum key_name)key->name)->name,
        key->algorithm == KEY_SM4 ? "SM4" : "3DES", key->version);
    return text;
}

/* --- words -------------------------------------------------------------------------------------- */

static bool is_blank(uint8_t c) {
    return c == ' ' || c == '\t';
}

/* The next word of the line, from *at on; empty at its end. */
static struct bytes word_at(struct bytes line, size_t *at) {
    while (*at < line.len && is_blank(line.at[*at])) {
        (*at)++;
    }
    size_t begin = *at;
    while (*at < line.len && !is_blank(line.at[*at])) {
        (*at)++;
    }
    return bytes_of(line.at + begin, *at - begin);
}

static bool is_plain(struct bytes word) {
    bool plain = true;
    for (size_t i = 0; i < word.len; i++) {
        plain = plain && word.at[i] > ' ' && word.at[i] <= '~';
    }
    return plain;
}

/* False when the line holds what no plan has, or too many words. */
static bool words_of(struct bytes line, struct words *w) {
    size_t at = 0;
    w->count = 0;
    for (;;) {
        struct bytes word = word_at(line, &at);
        if (word.len == 0 || word.at[0] == '#') {
            return true;
        }
        if (w->count == WORDS_MAX || !is_plain(word)) {
            return false;
        }
        w->at[w->count++] = word;
    }
}

static struct bytes next_word(struct words *w) {
    return w->taken < w->count ? w->at[w->taken++] : (struct bytes){0};
}

static bool word_is(struct bytes word, const char *text) {
    return bytes_equal(word, bytes_text(text));
}

static bool take_text(struct words *w, char *to, size_t max) {
    assert(max > 0);
    struct bytes word = next_word(w);
    if (word.len == 0 || word.len > max) {
        return false;
    }
    (void)memcpy(to, word.at, word.len);
    to[word.len] = '\0';
    return true;
}

/* Codes become names of files: letters, digits, '-' and '_', beginning with a letter or digit. */
static bool take_code(struct words *w, char to[CODE_MAX + 1]) {
    if (!take_text(w, to, CODE_MAX)) {
        return false;
    }
    static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    return strspn(to, all) == strlen(to) && to[0] != '-' && to[0] != '_';
}

static bool take_number(struct words *w, uint64_t most, uint64_t *number) {
    assert(most > 0);
    struct bytes word = next_word(w);
    return word.len > 0 && word.len <= TERMINAL_DIGITS && digits_read(word, number)
           && *number <= most;
}

static bool take_key(struct words *w, struct plan_key *key) {
    struct bytes name = next_word(w);
    struct bytes cipher = next_word(w);
    uint64_t version = 0;
    bool good = take_number(w, KEY_VERSION_MAX, &version);
    unsigned i = 0;
    while (i < KEY_COUNT && !word_is(name, key_kind((enum key_name)i)->name)) {
        i++;
    }
    good = good && i < KEY_COUNT && (word_is(cipher, "SM4") || word_is(cipher, "3DES"));
    if (good) {
        key->name = (uint16_t)i;
        key->algorithm = word_is(cipher, "SM4") ? KEY_SM4 : KEY_TDES;
        key->version = (uint8_t)version;
        good = key_has_cipher((enum key_name)i, (enum key_algorithm)key->algorithm);
    }
    return good;
}

/* All that are left; two are the least, and nobody stands twice. */
static bool take_holders(struct words *w, struct plan_step *step) {
    bool good = true;
    while (good && w->taken < w->count && step->holder_count < SHAMIR_PARTS_MAX) {
        char *holder = step->holders[step->holder_count];
        good = take_code(w, holder);
        for (uint8_t i = 0; good && i < step->holder_count; i++) {
            good = strcmp(step->holders[i], holder) != 0;
        }
        step->holder_count++;
    }
    return good && step->holder_count >= 2;
}

/* --- steps -------------------------------------------------------------------------------------- */

/* What one word of a pattern takes from the line. */
static bool take_thing(const char *thing, struct words *w, struct plan_step *step) {
    uint64_t serial = 0;
    if (strcmp(thing, "KEY") == 0) {
        return take_key(w, &step->key);
    }
    if (strcmp(thing, "OTHER") == 0) {
        return take_key(w, &step->other);
    }
    if (strcmp(thing, "FOLDER") == 0 || strcmp(thing, "FILE") == 0) {
        return take_text(w, step->path, PLAN_PATH_MAX);
    }
    if (strcmp(thing, "HOLDERS") == 0) {
        return take_holders(w, step);
    }
    if (strcmp(thing, "HOLDER") == 0) {
        step->holder_count = 1;
        return take_code(w, step->holders[0]);
    }
    if (strcmp(thing, "INSTITUTION") == 0) {
        return take_code(w, step->institution);
    }
    if (strcmp(thing, "SERIAL") == 0) {
        bool good = take_number(w, 99999999, &serial) && serial > 0;
        step->serial = (uint32_t)serial;
        return good;
    }
    if (strcmp(thing, "TERMINAL") == 0) {
        return w->taken < w->count && w->at[w->taken].len == TERMINAL_DIGITS
               && take_number(w, 999999999999U, &step->terminal);
    }
    if (strcmp(thing, "CHECK") == 0) {
        struct bytes word = next_word(w);
        return word.len == CHECK_DIGITS && hex_read(word, step->check, sizeof step->check);
    }
    uint64_t *number = strcmp(thing, "K") == 0   ? &step->k
                       : strcmp(thing, "N") == 0 ? &step->n
                                                 : &step->count;
    bool is_number = strcmp(thing, "K") == 0 || strcmp(thing, "N") == 0
                     || strcmp(thing, "COUNT") == 0;
    return is_number ? take_number(w, 9999, number) && *number > 0 : word_is(next_word(w), thing);
}

static bool take_pattern(const char *pattern, struct words *w, struct plan_step *step) {
    char thing[CODE_MAX];
    bool good = true;
    while (good && *pattern) {
        size_t len = strcspn(pattern, " ");
        assert(len < sizeof thing);
        (void)memcpy(thing, pattern, len);
        thing[len] = '\0';
        pattern += len + (pattern[len] == ' ');
        good = take_thing(thing, w, step);
    }
    return good && w->taken == w->count;
}

/* The line again, with one blank between words. */
static bool join_words(const struct words *w, char *text, size_t room) {
    assert(room > 0);
    size_t at = 0;
    for (size_t i = 0; i < w->count; i++) {
        if (at + w->at[i].len + 2 > room) {
            return false;
        }
        if (i > 0) {
            text[at++] = ' ';
        }
        (void)memcpy(text + at, w->at[i].at, w->at[i].len);
        at += w->at[i].len;
        text[at] = '\0';
    }
    return true;
}

static enum err bad_line(unsigned line, struct why *why, const char *expected) {
    assert(line > 0);
    assert(*expected);
    return why_say(why, ERR_INVALID,
        "line %u of the plan is not understood; expected there: %s (shebao key ceremony --help "
        "shows every step)",
        line, expected);
}

/* What the pattern cannot say: as many holders as shares, and so on. */
static enum err check_step(const struct plan_step *step, struct why *why) {
    assert(step->holder_count <= SHAMIR_PARTS_MAX);
    if (step->kind == STEP_SPLIT
        && (step->n != step->holder_count || step->k < 2 || step->k > step->n)) {
        return why_say(why, ERR_INVALID,
            "line %u of the plan splits into %u of %u for %u custodians; name one for each share, "
            "and let two at least be needed",
            step->line, (unsigned)step->k, (unsigned)step->n, step->holder_count);
    }
    if (step->key.name == KEY_TRANSPORT && step->kind != STEP_PSAM_BATCH) {
        return why_say(why, ERR_INVALID,
            "line %u of the plan names the transport key of blank chips, which is their maker's "
            "and public; name another key",
            step->line);
    }
    return OK;
}

static enum err read_step(struct words *w, struct plan *plan, struct why *why) {
    char expected[200];
    if (plan->count == PLAN_STEPS_MAX) {
        return why_say(why, ERR_INVALID,
            "line %u of the plan is step %d; a ceremony has %d at most: hold two", w->line,
            PLAN_STEPS_MAX + 1, (int)PLAN_STEPS_MAX);
    }
    for (unsigned kind = 0; kind < STEP_KINDS; kind++) {
        if (!word_is(w->at[0], lines[kind].word)) {
            continue;
        }
        struct plan_step *step = &plan->steps[plan->count];
        *step = (struct plan_step){.kind = (enum step_kind)kind, .line = w->line};
        w->taken = 1;
        if (!join_words(w, step->text, sizeof step->text)
            || !take_pattern(lines[kind].pattern, w, step)) {
            (void)snprintf(
                expected, sizeof expected, "%s %s", lines[kind].word, lines[kind].pattern);
            return bad_line(w->line, why, expected);
        }
        plan->count++;
        return check_step(step, why);
    }
    return why_say(why, ERR_INVALID,
        "line %u of the plan has the unknown step \"%.*s\"; shebao key ceremony --help shows them "
        "all",
        w->line, (int)(w->at[0].len < 40 ? w->at[0].len : 40), (const char *)w->at[0].at);
}

/* --- the head ----------------------------------------------------------------------------------- */

/* "2003-10-08" and "09:00". */
static bool take_moment(struct words *w, struct plan *plan) {
    struct bytes day = next_word(w);
    struct bytes time = next_word(w);
    uint64_t year = 0, month = 0, date = 0, hour = 0, minute = 0;
    bool good = day.len == 10 && day.at[4] == '-' && day.at[7] == '-' && time.len == 5
                && time.at[2] == ':' && digits_read(bytes_of(day.at, 4), &year)
                && digits_read(bytes_of(day.at + 5, 2), &month)
                && digits_read(bytes_of(day.at + 8, 2), &date)
                && digits_read(bytes_of(time.at, 2), &hour)
                && digits_read(bytes_of(time.at + 3, 2), &minute);
    plan->day = (uint32_t)(year * 10000 + month * 100 + date);
    plan->minute = (unsigned)(hour * 60 + minute);
    return good && day_exists(plan->day) && hour < HOURS && minute < 60;
}

/* True when the line is one of the head, which may stand once and before all steps. */
static bool read_head(struct words *w, struct plan *plan, enum err *err, struct why *why) {
    bool early = plan->count == 0;
    bool good = false;
    const char *expected = NULL;
    w->taken = 1;
    if (word_is(w->at[0], "ceremony")) {
        good = early && plan->order[0] == '\0' && take_code(w, plan->order);
        expected = "ceremony ORDER, once, before the steps";
    } else if (word_is(w->at[0], "begin")) {
        good = early && plan->day == 0 && take_moment(w, plan);
        expected = "begin YYYY-MM-DD HH:MM, once, before the steps";
    } else if (word_is(w->at[0], "officers")) {
        good = early && plan->officers[0][0] == '\0' && take_code(w, plan->officers[0])
               && take_code(w, plan->officers[1]);
        expected = "officers A B, once, before the steps";
    } else {
        return false;
    }
    *err = good && w->taken == w->count ? OK : bad_line(w->line, why, expected);
    return true;
}

static enum err check_plan(const struct plan *plan, struct why *why) {
    const char *missing = plan->order[0] == '\0'         ? "ceremony ORDER"
                          : plan->day == 0               ? "begin YYYY-MM-DD HH:MM"
                          : plan->officers[0][0] == '\0' ? "officers A B"
                          : plan->count == 0             ? "a single step"
                                                         : NULL;
    if (missing) {
        return why_say(why, ERR_INVALID, "the plan has no line \"%s\"; add it", missing);
    }
    if (strcmp(plan->officers[0], plan->officers[1]) == 0) {
        return why_say(why, ERR_INVALID,
            "the plan names %s as both officers; two different persons must be present",
            plan->officers[0]);
    }
    return OK;
}

enum err plan_read(struct bytes text, struct plan *plan, struct why *why) {
    struct words w = {0};
    struct sm3 hash;
    enum err err = OK;
    struct cursor c = cursor_over(text);
    (void)memset(plan, 0, sizeof *plan);
    while (!err && c.rest.len > 0) {
        const uint8_t *end = memchr(c.rest.at, '\n', c.rest.len);
        struct bytes line = cursor_take(&c, end ? (size_t)(end - c.rest.at) : c.rest.len);
        (void)cursor_take(&c, c.rest.len > 0 ? 1 : 0);
        w.line++;
        if (!words_of(line, &w)) {
            err = bad_line(w.line, why, "words of plain letters");
        } else if (w.count > 0 && !read_head(&w, plan, &err, why)) {
            err = read_step(&w, plan, why);
        }
    }
    err = err ? err : check_plan(plan, why);
    sm3_begin(&hash);
    sm3_add(&hash, text);
    sm3_end(&hash, plan->digest);
    return err;
}
