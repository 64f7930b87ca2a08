#include "capture/unit_answer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "capture/unit_words.h"

/* What the unit says to one line, as it will stand behind sequence and number. */
struct said {
    char words[UNIT_LINE_ROOM];
};

/* The list, its head read and found true. */
struct list_read {
    char package[24], unit[PLACE_ROOM], day[16];
    int64_t first, lines;
    struct bytes body;
};

static enum err no_list(struct why *why) {
    return why_say(why, ERR_INVALID,
        "this is no list of a unit, or it was changed on its way; ask the centre for it again "
        "(capture list-for-unit)");
}

/* The head, and that the digest is true of the lines behind it. */
static enum err list_head(struct bytes file, struct list_read *list, struct why *why) {
    uint8_t said[SM3_LEN];
    uint8_t is[SM3_LEN];
    struct unit_words words;
    list->body = file;
    bool good = unit_words_take(&list->body, &words) && words.count == UNIT_HEAD_WORDS
                && strcmp(words.at[1], "unit") == 0 && unit_number(words.at[0], &list->first)
                && strlen(words.at[0]) < sizeof list->package
                && strlen(words.at[2]) < sizeof list->unit && unit_number(words.at[3], &list->lines)
                && strlen(words.at[4]) < sizeof list->day
                && hex_read(bytes_text(words.at[5]), said, SM3_LEN);
    if (!good || list->lines < 1 || list->lines > ROAD_PEOPLE_MAX) {
        return no_list(why);
    }
    unit_digest(list->body, is);
    (void)snprintf(list->package, sizeof list->package, "%s", words.at[0]);
    (void)snprintf(list->unit, sizeof list->unit, "%s", words.at[2]);
    (void)snprintf(list->day, sizeof list->day, "%s", words.at[4]);
    return memcmp(said, is, sizeof is) == 0 ? OK : no_list(why);
}

/* The sequence of the first line, from which those of the others follow. */
static enum err list_first(struct list_read *list, struct why *why) {
    struct bytes rest = list->body;
    struct unit_words words;
    return unit_words_take(&rest, &words) && unit_number(words.at[0], &list->first) ? OK
                                                                                    : no_list(why);
}

/* "corrected|..." or "not-ours|PROOF", put together again from its words. */
static bool said_keep(const struct unit_words *words, struct said *said) {
    bool corrected = strcmp(words->at[1], "corrected") == 0 && words->count >= 5
                     && words->count % 2 == 1;
    bool strange = strcmp(words->at[1], "not-ours") == 0 && words->count == 3;
    size_t len = 0;
    for (size_t i = 1; i < words->count; i++) {
        int more = snprintf(
            said->words + len, sizeof said->words - len, "%s%s", i > 1 ? "|" : "", words->at[i]);
        assert(more >= 0);
        len += (size_t)more;
        assert(len < sizeof said->words); /* it came from a line that was no longer */
    }
    return corrected || strange;
}

/* One line of what is said, to its place among all. */
static enum err said_line(const struct list_read *list, const struct unit_words *words,
    struct said *all, struct why *why) {
    int64_t sequence = 0;
    if (!unit_number(words->at[0], &sequence) || sequence < list->first
        || sequence >= list->first + list->lines) {
        return why_say(why, ERR_INVALID,
            "\"%.20s\" is no number of the list; its numbers are %" PRId64 " to %" PRId64,
            words->at[0], list->first, list->first + list->lines - 1);
    }
    struct said *said = &all[sequence - list->first];
    if (said->words[0]) {
        return why_say(why, ERR_INVALID, "number %" PRId64 " was answered above", sequence);
    }
    return words->count >= 2 && said_keep(words, said)
               ? OK
               : why_say(why, ERR_INVALID,
                   "expected is NUMBER|corrected|PROOF|FIELD|VALUE or NUMBER|not-ours|PROOF");
}

static enum err said_read(
    const struct list_read *list, struct bytes text, struct said *all, struct why *why) {
    enum err err = OK;
    for (int64_t line = 1; !err && text.len > 0; line++) {
        struct unit_words words;
        if (!unit_words_take(&text, &words)) {
            err = why_say(why, ERR_INVALID,
                "a line has no line feed at its end, is too long, or has too many words");
        } else if (words.text[0] && words.text[0] != '#') {
            err = said_line(list, &words, all, why);
        }
        err = err ? why_add(why, err, "answers, line %" PRId64, line) : OK;
    }
    return err;
}

/* A line as unit_list() writes it. It is longer than the line that confirms it: that is why an answer has room
 * where list and what is said had. */
static bool list_line(const struct unit_words *words) {
    return words->count == 6 && strlen(words->at[4]) == 8
           && (strcmp(words->at[5], "photo") == 0 || strcmp(words->at[5], "missing") == 0);
}

/* The lines of the answer, in the list's order. */
static enum err answer_lines(const struct list_read *list, const struct said *all,
    struct builder *lines, struct answer_made *made, struct why *why) {
    struct bytes rest = list->body;
    *made = (struct answer_made){.lines = list->lines};
    for (int64_t i = 0; i < list->lines; i++) {
        char line[2 * UNIT_LINE_ROOM];
        struct unit_words words;
        if (!unit_words_take(&rest, &words) || !list_line(&words)) {
            return no_list(why);
        }
        const char *says = all[i].words[0] ? all[i].words : "confirmed";
        int len = snprintf(line, sizeof line, "%s|%s|%s\n", words.at[0], words.at[1], says);
        assert(len > 0);
        put_bytes(lines, bytes_of(line, (size_t)len));
        made->confirmed += !all[i].words[0];
        made->corrected += says[0] == 'c' && all[i].words[0];
        made->not_ours += says[0] == 'n';
    }
    assert(made->confirmed + made->corrected + made->not_ours == made->lines);
    return rest.len == 0 ? OK : no_list(why);
}

/* Head and lines; the lines come first, for their digest. */
static enum err answer_put(const struct list_read *list, const struct said *all,
    struct builder *out, struct answer_made *made, struct why *why) {
    uint8_t digest[SM3_LEN];
    char text[UNIT_DIGEST_TEXT + 1];
    char head[UNIT_LINE_ROOM];
    uint8_t *room = malloc(out->room);
    if (!room) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    struct builder lines = builder_in(room, out->room);
    enum err err = answer_lines(list, all, &lines, made, why);
    unit_digest(builder_bytes(&lines), digest);
    hex_write(bytes_of(digest, sizeof digest), text);
    int len = snprintf(head, sizeof head, "%s|unit-back|%s|%" PRId64 "|%s|%s\n", list->package,
        list->unit, list->lines, list->day, text);
    assert(len > 0 && (size_t)len < sizeof head);
    put_bytes(out, bytes_of(head, (size_t)len));
    put_bytes(out, builder_bytes(&lines));
    free(room);
    return err;
}

enum err unit_answer_write(struct bytes list, struct bytes said, struct builder *out,
    struct answer_made *made, struct why *why) {
    struct list_read read = {.lines = 0};
    enum err err = list_head(list, &read, why);
    err = err ? err : list_first(&read, why);
    if (err) {
        return err;
    }
    struct said *all = calloc((size_t)read.lines, sizeof *all);
    if (!all) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    err = said_read(&read, said, all, why);
    err = err ? err : answer_put(&read, all, out, made, why);
    free(all);
    assert(err || !out->overflowed);
    return err;
}
