#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "stores/sql/audit.h"
#include "stores/sql/registry_rows.h"

/* YYYYMMDDHHMMSS, as the sentences compute it from day and time. */
static int64_t moment_of(uint32_t day, uint32_t time) {
    assert(time <= 235959);
    return (int64_t)day * 1000000 + time;
}

/* The number that a sentence about a moment answers. */
static enum err number_at(struct registry_rows *rows, enum registry_sentence which, int64_t moment,
    uint32_t *number, struct why *why) {
    struct say s = registry_say(rows, which);
    say_int(&s, moment);
    *number = say_next(&s) ? (uint32_t)row_int(&s) : 0;
    return say_end(&s, why);
}

/* Version and count of one moment; entries that come later do not count. */
enum err rows_blacklist_head(
    void *self, uint32_t day, uint32_t time, uint32_t *version, uint32_t *count, struct why *why) {
    int64_t moment = moment_of(day, time);
    enum err err = number_at(self, SENTENCE_LIST_VERSION, moment, version, why);
    return err ? err : number_at(self, SENTENCE_LIST_COUNT, moment, count, why);
}

/* A deletion has reason 0 in its row, which is what the walk says of a card that came off. */
static void row_listed(struct say *s, struct listed_card *card) {
    struct bytes factor = row_blob(s);
    assert(factor.len == CARD_FACTOR_LEN);
    (void)memcpy(card->factor, factor.at, CARD_FACTOR_LEN);
    row_text(s, card->number, sizeof card->number);
    card->reason = (int)row_int(s);
    assert(card->reason >= 0 && card->reason <= LIST_REASON_LAST);
}

/* An entry may be written before the moment from which it holds, or after it: so what a list of an
 * earlier moment did not know is told by version or moment, whichever is younger. */
enum err rows_blacklist_walk(void *self, const struct list_walk *walk, struct why *why) {
    struct listed_card card;
    struct say s = registry_say(self, walk->since ? SENTENCE_LIST_SINCE : SENTENCE_LIST_ALL);
    say_int(&s, moment_of(walk->day, walk->time));
    if (walk->since) {
        say_int(&s, walk->since_version);
        say_int(&s, moment_of(walk->since_day, walk->since_time));
    }
    while (say_next(&s)) {
        row_listed(&s, &card);
        walk->card(walk->cookie, &card);
    }
    return say_end(&s, why);
}

enum err rows_number_ranges(
    void *self, char *letters, uint32_t *lasts, size_t *count, struct why *why) {
    struct say s = registry_say(self, SENTENCE_NUMBER_RANGES);
    size_t came = 0;
    bool more = say_next(&s);
    while (more && came < *count) {
        char letter[2];
        row_text(&s, letter, sizeof letter);
        letters[came] = letter[0];
        lasts[came++] = (uint32_t)row_int(&s);
        more = say_next(&s);
    }
    enum err err = say_end(&s, why);
    if (!err && more) {
        err = why_say(why, ERR_INVALID, "more than %zu ranges of card numbers are in use", *count);
    }
    *count = came;
    return err;
}

/* Every list that a terminal ever had: a trade is judged by the one of its moment. */
static enum err list_given(
    struct registry_rows *rows, const struct terminal_list *list, struct why *why) {
    struct say s = registry_say(rows, SENTENCE_TERMINAL_GIVEN);
    say_text(&s, list->terminal);
    say_int(&s, (int64_t)list->day * 1000000 + list->time);
    say_int(&s, list->version);
    return say_done(&s, why);
}

/* Who handed which list out is in the chain, too: who bears a loss depends on it. */
enum err rows_terminal_list_put(
    void *self, const struct terminal_list *list, const char *who, struct why *why) {
    struct registry_rows *rows = self;
    char subject[AUDIT_SUBJECT_MAX];
    (void)snprintf(subject, sizeof subject, "terminal %s, version %u of %u %06u", list->terminal,
        list->version, list->day, list->time);
    TX_SCOPE(tx);
    enum err err = tx_begin(&tx, rows->db, why);
    if (err) {
        return err;
    }
    struct say s = registry_say(rows, SENTENCE_TERMINAL_PUT);
    say_text(&s, list->terminal);
    say_int(&s, list->version);
    say_int(&s, list->day);
    say_int(&s, list->time);
    err = say_done(&s, why);
    err = err ? err : list_given(rows, list, why);
    err = err ? err : db_audit(rows->db, who, "blacklist given", subject, why);
    return err ? err : tx_commit(&tx, why);
}

enum err rows_terminal_list_after(
    void *self, const char *after, struct terminal_list *out, struct why *why) {
    struct say s = registry_say(self, SENTENCE_TERMINAL_AFTER);
    say_text(&s, after);
    bool there = say_next(&s);
    if (there) {
        row_text(&s, out->terminal, sizeof out->terminal);
        out->version = (uint32_t)row_int(&s);
        out->day = (uint32_t)row_int(&s);
        out->time = (uint32_t)row_int(&s);
    }
    return registry_found_row(&s, there, "terminal with a list", why);
}
