#include <assert.h>

#include "registry/duplicate.h"
#include "stores/sql/registry_person_rows.h"
#include "stores/sql/registry_rows.h"

/* The columns of every sentence that reads a case, in the order of registry_person.def. Codes outside
 * the enums were not written by this program. */
static void row_case(struct say *s, struct duplicate *d) {
    d->id = row_int(s);
    d->first = row_int(s);
    d->second = row_int(s);
    row_text(s, d->name, sizeof d->name);
    d->rule = (int)row_int(s);
    d->score = (int)row_int(s);
    int64_t state = row_int(s);
    int64_t decision = row_int(s);
    assert(state >= DUPLICATE_OPEN && state <= DUPLICATE_DECIDED);
    assert(decision >= DECISION_NONE && decision <= DECISION_FREEZE);
    d->state = (enum duplicate_state)state;
    d->decision = (enum duplicate_decision)decision;
    d->keep = row_int(s);
    row_text(s, d->reason, sizeof d->reason);
    row_text(s, d->who, sizeof d->who);
    row_text(s, d->second_who, sizeof d->second_who);
    d->day = (uint32_t)row_int(s);
}

static enum err case_add(void *self, const struct duplicate *d, bool *added, struct why *why) {
    struct person_rows *rows = self;
    struct say s = people_say(rows, PEOPLE_CASE_ADD);
    assert(d->second == 0 || d->first < d->second);
    say_int(&s, d->first);
    say_int(&s, d->second);
    say_text(&s, d->name);
    say_int(&s, d->rule);
    say_int(&s, d->score);
    say_int(&s, d->day);
    enum err err = say_done(&s, why);
    *added = !err && db_changed(rows->db) == 1;
    return err;
}

static enum err case_found(struct say *s, struct duplicate *out, struct why *why) {
    bool there = say_next(s);
    if (there) {
        row_case(s, out);
    }
    return people_found_row(s, there, "case of two records", why);
}

static enum err case_get(void *self, int64_t id, struct duplicate *out, struct why *why) {
    struct say s = people_say(self, PEOPLE_CASE_GET);
    say_int(&s, id);
    return case_found(&s, out, why);
}

static enum err case_after(void *self, enum duplicate_state state, int score, int64_t id,
    struct duplicate *out, struct why *why) {
    struct say s = people_say(self, PEOPLE_CASE_AFTER);
    say_int(&s, state);
    say_int(&s, score);
    say_int(&s, id);
    return case_found(&s, out, why);
}

static enum err case_put(
    void *self, const struct duplicate *d, enum duplicate_state was, struct why *why) {
    struct say s = people_say(self, PEOPLE_CASE_PUT);
    say_int(&s, d->id);
    say_int(&s, was);
    say_int(&s, d->state);
    say_int(&s, d->decision);
    say_int(&s, d->keep);
    say_text(&s, d->reason);
    say_text(&s, d->who);
    say_text(&s, d->second_who);
    say_int(&s, d->day);
    return people_changed(self, &s, "case of two records", why);
}

static enum err case_collect(void *self, uint32_t day, int64_t *added, struct why *why) {
    struct person_rows *rows = self;
    struct say s = people_say(rows, PEOPLE_CASE_COLLECT);
    say_int(&s, DUPLICATE_OTHER_NAME);
    say_int(&s, day);
    enum err err = say_done(&s, why);
    *added = err ? 0 : db_changed(rows->db);
    return err;
}

static enum err waiting_answer(
    void *self, int64_t number17, const char *name, bool taken, struct why *why) {
    struct say s = people_say(self, PEOPLE_WAITING_ANSWER);
    say_int(&s, number17);
    say_text(&s, name);
    say_text(&s, taken ? "taken" : "refused");
    return people_changed(self, &s, "line that waits", why);
}

/* --- moving ---------------------------------------------------------------------------------------- */

/* A sentence about two numbers; how many rows it changes is not known before. */
static enum err run_two(struct person_rows *rows, enum people_sentence which, int64_t first,
    int64_t second, struct why *why) {
    struct say s = people_say(rows, which);
    say_int(&s, first);
    say_int(&s, second);
    return say_done(&s, why);
}

static enum err run_one(
    struct person_rows *rows, enum people_sentence which, int64_t id, struct why *why) {
    struct say s = people_say(rows, which);
    say_int(&s, id);
    return say_done(&s, why);
}

/* What is moved is noted first, with whose it was. */
static enum err move_to(void *self, int64_t id, int64_t from, int64_t to, struct why *why) {
    struct person_rows *rows = self;
    TX_SCOPE(tx);
    enum err err = tx_begin(&tx, rows->db, why);
    assert(from != to);
    err = err ? err : run_two(rows, PEOPLE_NUMBERS_OF, id, from, why);
    err = err ? err : run_two(rows, PEOPLE_CARDS_OF, id, from, why);
    err = err ? err : run_two(rows, PEOPLE_NUMBERS_MOVE, from, to, why);
    err = err ? err : run_two(rows, PEOPLE_CARDS_MOVE, from, to, why);
    return err ? err : tx_commit(&tx, why);
}

/* And forgotten when it went back, so that the case may be decided anew. */
static enum err move_back(void *self, int64_t id, struct why *why) {
    struct person_rows *rows = self;
    TX_SCOPE(tx);
    enum err err = tx_begin(&tx, rows->db, why);
    err = err ? err : run_one(rows, PEOPLE_NUMBERS_BACK, id, why);
    err = err ? err : run_one(rows, PEOPLE_CARDS_BACK, id, why);
    err = err ? err : run_one(rows, PEOPLE_MOVED_FORGET, id, why);
    return err ? err : tx_commit(&tx, why);
}

static enum err card_after(
    void *self, int64_t person, const char *after, struct card_record *out, struct why *why) {
    struct say s = people_say(self, PEOPLE_CARD_AFTER);
    say_int(&s, person);
    say_text(&s, after);
    return registry_card_found(&s, out, why);
}

/* Told by the cases that were decided: they are few, while a status has whoever the police know. */
static enum err aside_after(
    void *self, int64_t person, int64_t after, int64_t *aside, struct why *why) {
    struct say s = people_say(self, PEOPLE_ASIDE_AFTER);
    say_int(&s, person);
    say_int(&s, after);
    bool there = say_next(&s);
    *aside = there ? row_int(&s) : 0;
    return people_found_row(&s, there, "record that stands aside", why);
}

/* An entry that takes a card off has reason 0. */
static enum err card_listed(void *self, const char *number, int *reason, struct why *why) {
    struct say s = people_say(self, PEOPLE_CARD_LISTED);
    say_text(&s, number);
    *reason = say_next(&s) ? (int)row_int(&s) : 0;
    assert(*reason >= 0 && *reason <= LIST_REASON_LAST);
    return say_end(&s, why);
}

static enum err ties(
    void *self, int64_t person, int64_t *cards, int64_t *applications, struct why *why) {
    struct say s = people_say(self, PEOPLE_TIES);
    say_int(&s, person);
    bool there = say_next(&s);
    *cards = there ? row_int(&s) : 0;
    *applications = there ? row_int(&s) : 0;
    assert(*cards >= 0 && *applications >= 0);
    return say_end(&s, why);
}

void people_case_functions(struct person_store *store) {
    store->case_add = case_add;
    store->case_get = case_get;
    store->case_after = case_after;
    store->case_put = case_put;
    store->case_collect = case_collect;
    store->waiting_answer = waiting_answer;
    store->move_to = move_to;
    store->move_back = move_back;
    store->card_after = card_after;
    store->aside_after = aside_after;
    store->card_listed = card_listed;
    store->ties = ties;
}
