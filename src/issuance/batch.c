#include "issuance/batch.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "issuance/application.h"
#include "issuance/numbers.h"
#include "issuance/order_rule.h"

/* The states are the tables of machine.c; what a step needs beside its line there is a guard, below. */

enum { SUBJECT_MAX = 48, LINES_AT_ONCE = 64, BOXES_OF_A_BIN = 10 };

/* One row of the audit chain for a step of the header; lines are many and are told by their
 * states. */
static enum err note(const struct issuance_store *store, const char *officer, const char *what,
    int64_t id, struct why *why) {
    char subject[SUBJECT_MAX];
    (void)snprintf(subject, sizeof subject, "batch %" PRId64, id);
    return store->audit(store->self, officer, what, subject, why);
}

/* --- making ------------------------------------------------------------------------------- */

/* Gives one application its line and its number. */
static enum err take_application(const struct issuance_store *store, const struct batch *b,
    const struct application *a, int32_t seq, struct why *why) {
    struct batch_line line = {.batch = b->id,
        .seq = seq,
        .application = a->id,
        .person = a->person,
        .state = LINE_IN_BATCH};
    int to = 0;
    assert(seq >= 1);
    assert(a->audit == AUDIT_PASSED); /* the store gives no others */
    enum err err = number_reserve(store, b->id, line.card_number, why);
    err = err ? err
              : machine_next(&application_machine, (int)a->state, APPLICATION_BATCH, &to, why);
    err = err ? err
              : store->application_move(
                  store->self, a->id, a->state, (enum application_state)to, why);
    err = err ? err : store->line_add(store->self, &line, why);
    return err ? why_add(why, err, "application %" PRId64, a->id) : OK;
}

/* How many at the head of the list are of one priority: those of a lower one wait for their own
 * batch. */
static size_t of_one_priority(
    const struct application *list, size_t count, enum priority priority) {
    size_t i = 0;
    while (i < count && list[i].priority == priority) {
        i++;
    }
    return i;
}

/* Step 10 of system.md 4.0.2: the line is rejected with a reason, and the batch goes on. */
static enum err set_aside(const struct issuance_store *store, const struct batch_rules *rules,
    const struct batch *b, const struct application *a, const char *reason, struct why *why) {
    char subject[SUBJECT_MAX];
    if (rules->aside) {
        rules->aside(rules->cookie, a, reason);
    }
    (void)snprintf(subject, sizeof subject, "application %" PRId64, a->id);
    enum err err = store->application_audit(store->self, a->id, AUDIT_FAILED, why);
    return err ? err : store->audit(store->self, b->maker, "set aside", subject, why);
}

/* One that waits: into the batch, or aside. */
static enum err take_or_set_aside(const struct issuance_store *store,
    const struct batch_rules *rules, const struct batch *b, const struct application *a,
    int32_t *lines, struct why *why) {
    struct why reason = {0};
    enum err fits = rules->registry ? order_holder_fits(rules->registry, a->person, b->day, &reason)
                                    : OK;
    if (fits == ERR_INVALID) {
        return set_aside(store, rules, b, a, reason.text, why);
    }
    if (fits) {
        return why_say(why, fits, "%s", reason.text);
    }
    *lines += 1;
    return take_application(store, b, a, *lines, why);
}

/* Takes what waits, some at a time, until nothing of that priority is left or the batch is full. */
static enum err take_waiting(const struct issuance_store *store, const struct batch *b,
    const struct batch_rules *rules, int32_t *lines, struct why *why) {
    const int32_t lines_max = rules->lines_max;
    struct application list[LINES_AT_ONCE];
    enum priority priority = PRIORITY_NORMAL;
    size_t count = 0;
    *lines = 0;
    do {
        assert(*lines < lines_max);
        size_t room = (size_t)(lines_max - *lines);
        room = room < LINES_AT_ONCE ? room : LINES_AT_ONCE;
        enum err err = store->applications_waiting(store->self, b->point, list, room, &count, why);
        priority = *lines == 0 && count > 0 ? list[0].priority : priority;
        count = err ? 0 : of_one_priority(list, count, priority);
        for (size_t i = 0; !err && i < count; i++) {
            err = take_or_set_aside(store, rules, b, &list[i], lines, why);
        }
        if (err) {
            return err;
        }
    } while (count > 0 && *lines < lines_max);
    return *lines ? OK
                  : why_say(why, ERR_NOT_FOUND,
                      "no audited application waits at point %s; audit some first, and settle "
                      "their fees",
                      b->point);
}

/* A batch without lines is given up with its transaction. */
enum err batch_make(const struct issuance_store *store, const struct batch_rules *rules,
    const char *officer, struct batch *b, int32_t *lines, struct why *why) {
    assert(rules->lines_max >= 1);
    if (strlen(officer) > OFFICER_MAX) { /* cut off, the maker would pass for somebody else */
        return why_say(why, ERR_INVALID, "an officer's code has at most %d letters, not %zu",
            OFFICER_MAX, strlen(officer));
    }
    b->state = BATCH_MADE;
    b->approver[0] = '\0';
    (void)snprintf(b->maker, sizeof b->maker, "%s", officer);
    WORK_SCOPE(work);
    enum err err = work_begin(&work, store, why);
    err = err ? err : store->batch_add(store->self, b, why);
    err = err ? err : take_waiting(store, b, rules, lines, why);
    err = err ? err : note(store, officer, "make batch", b->id, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "make a batch") : OK;
}

/* The same for one that does not wait in any queue. */
enum err batch_make_one(const struct issuance_store *store, const char *officer,
    int64_t application, struct batch *b, struct why *why) {
    struct application a;
    if (strlen(officer) > OFFICER_MAX) {
        return why_say(why, ERR_INVALID, "an officer's code has at most %d letters, not %zu",
            OFFICER_MAX, strlen(officer));
    }
    b->state = BATCH_MADE;
    b->approver[0] = '\0';
    (void)snprintf(b->maker, sizeof b->maker, "%s", officer);
    WORK_SCOPE(work);
    enum err err = work_begin(&work, store, why);
    err = err ? err : store->application_get(store->self, application, &a, why);
    if (!err && a.audit != AUDIT_PASSED) {
        err = why_say(why, ERR_CONFLICT, "it has not passed its audit; audit it first");
    }
    err = err ? err : store->batch_add(store->self, b, why);
    err = err ? err : take_application(store, b, &a, 1, why);
    err = err ? err : note(store, officer, "make batch", b->id, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "make a batch of one") : OK;
}

/* --- guards of the header ----------------------------------------------------------------- */

/* Batch 1. The name is kept with the batch in the same step. */
static enum err guard_second_officer(const struct issuance_store *store, const struct batch *b,
    const char *officer, struct why *why) {
    if (strcmp(b->maker, officer) == 0) {
        return why_say(
            why, ERR_DENIED, "%s made it and cannot approve it; a second officer has to", officer);
    }
    return store->batch_approver(store->self, b->id, officer, why);
}

/* Sets of states are short lists. */
static bool one_of(enum line_state state, const enum line_state *set, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (set[i] == state) {
            return true;
        }
    }
    return false;
}

/* Refuses when a line is in a state that is not in the set; says how many and in which. */
static enum err guard_lines(const struct issuance_store *store, int64_t id,
    const enum line_state *set, size_t set_count, struct why *why) {
    struct line_count counts[LINE_STATES_MAX];
    size_t count = 0;
    enum err err = store->line_counts(store->self, id, counts, &count, why);
    for (size_t i = 0; !err && i < count; i++) {
        if (!one_of(counts[i].state, set, set_count)) {
            err = why_say(why, ERR_CONFLICT, "%" PRId64 " of its lines are still %s",
                counts[i].count, machine_state_en(&line_machine, (int)counts[i].state));
        }
    }
    return err;
}

/* Packing waits for the last verdict: good ones go into boxes, bad ones stay for destruction. */
static enum err guard_all_checked(const struct issuance_store *store, const struct batch *b,
    const char *officer, struct why *why) {
    static const enum line_state checked[] = {LINE_FINISHED, LINE_KEYS_WRONG, LINE_FAILED, LINE_ODD,
        LINE_DESTROYED, LINE_NO_ACCOUNT, LINE_ACCOUNT_MISMATCH, LINE_CANCELLED};
    (void)officer;
    return guard_lines(store, b->id, checked, sizeof checked / sizeof checked[0], why);
}

/* Batch 4: handed out + taken back + destroyed = made, the missing that two wrote off among them. What
 * the bank sent back was never made, and what a remake batch took over is counted there. */
static enum err guard_none_left(const struct issuance_store *store, const struct batch *b,
    const char *officer, struct why *why) {
    static const enum line_state ended[] = {LINE_HANDED_OUT, LINE_RECOVERED, LINE_DESTROYED,
        LINE_MISSING, LINE_NO_ACCOUNT, LINE_ACCOUNT_MISMATCH, LINE_CANCELLED};
    (void)officer;
    return guard_lines(store, b->id, ended, sizeof ended / sizeof ended[0], why);
}

/* Batch 5: gives back what the batch took, number and application of every line. */
static enum err give_back_line(
    const struct issuance_store *store, const struct batch_line *line, struct why *why) {
    int to = 0;
    int waiting = 0;
    enum err err = machine_next(&line_machine, (int)line->state, LINE_CANCEL, &to, why);
    err = err ? err : store->line_move(store->self, line, (enum line_state)to, "", why);
    err = err ? err : number_step(store, line->card_number, NUMBER_RELEASE, why);
    err = err ? err
              : machine_next(
                  &application_machine, APPLICATION_IN_WORK, APPLICATION_WITHDRAW, &waiting, why);
    return err ? err
               : store->application_move(store->self, line->application, APPLICATION_IN_WORK,
                   (enum application_state)waiting, why);
}

/* Line by line, a few at a time: a batch may be as long as the city allows. One line that was made
 * already refuses, and then none is given back. */
static enum err guard_give_back(const struct issuance_store *store, const struct batch *b,
    const char *officer, struct why *why) {
    struct batch_line list[LINES_AT_ONCE];
    int32_t after = 0;
    size_t count = 0;
    (void)officer;
    do {
        count = LINES_AT_ONCE;
        enum err err = store->lines_after(store->self, b->id, after, list, &count, why);
        for (size_t i = 0; !err && i < count; i++) {
            err = give_back_line(store, &list[i], why);
            after = list[i].seq;
        }
        if (err) {
            return err;
        }
    } while (count > 0);
    return OK;
}

/* What must hold, and what goes with it, beside the step itself. */
static const struct guard {
    enum batch_event event;
    enum err (*check)(const struct issuance_store *store, const struct batch *b,
        const char *officer, struct why *why);
} guards[] = {
    {BATCH_APPROVE, guard_second_officer},
    {BATCH_CANCEL,  guard_give_back     },
    {BATCH_PACK,    guard_all_checked   },
    {BATCH_CLOSE,   guard_none_left     },
};

/* Most steps have no guard: the table alone decides. */
static enum err guard_of(const struct issuance_store *store, const struct batch *b,
    enum batch_event event, const char *officer, struct why *why) {
    for (size_t i = 0; i < sizeof guards / sizeof guards[0]; i++) {
        if (guards[i].event == event) {
            return guards[i].check(store, b, officer, why);
        }
    }
    return OK;
}

/* The table first, then the guard: a step that cannot be is refused before anything is looked
 * at. */
enum err batch_step(const struct issuance_store *store, int64_t id, enum batch_event event,
    const char *officer, struct why *why) {
    struct batch b;
    int to = 0;
    WORK_SCOPE(work);
    enum err err = work_begin(&work, store, why);
    err = err ? err : store->batch_get(store->self, id, &b, why);
    err = err ? err : machine_next(&batch_machine, (int)b.state, (int)event, &to, why);
    err = err ? err : guard_of(store, &b, event, officer, why);
    err = err ? err : store->batch_move(store->self, id, b.state, (enum batch_state)to, why);
    err = err ? err : note(store, officer, machine_event_en(&batch_machine, (int)event), id, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "batch %" PRId64, id) : OK;
}

/* --- lines -------------------------------------------------------------------------------- */

/* Batch 3: a made card uses up its number, and the line remembers the chip. Both come before the
 * line moves, so that a chip or a number that is taken already refuses the whole step. */
static enum err line_made(const struct issuance_store *store, const struct batch_line *line,
    const struct line_result *result, struct why *why) {
    assert(result->factor);
    assert(result->card_id);
    enum err err = number_step(store, line->card_number, NUMBER_USE, why);
    return err ? err
               : store->line_chip(
                   store->self, line->batch, line->seq, result->factor, result->card_id, why);
}

/* The line is read, judged and moved in one transaction. */
enum err batch_line_step(const struct issuance_store *store, int64_t batch, int32_t seq,
    const struct line_result *result, struct why *why) {
    struct batch_line line;
    int to = 0;
    WORK_SCOPE(work);
    enum err err = work_begin(&work, store, why);
    err = err ? err : store->line_get(store->self, batch, seq, &line, why);
    err = err ? err : machine_next(&line_machine, (int)line.state, (int)result->event, &to, why);
    if (!err && result->event == LINE_MAKE) {
        err = line_made(store, &line, result, why);
    }
    err = err ? err
              : store->line_move(store->self, &line, (enum line_state)to,
                  result->reason ? result->reason : "", why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "batch %" PRId64 " line %" PRId32, batch, seq) : OK;
}

/* --- boxes -------------------------------------------------------------------------------- */

/* Where the next card goes: behind the last one packed so far. */
struct packing {
    int32_t box, position; /* of the last card */
    int32_t box_cards;
};

/* A card that has its place only moves the end on; one that is not good gets none. */
static enum err pack_line(const struct issuance_store *store, struct packing *p,
    const struct batch_line *line, struct why *why) {
    if (line->box > 0) {
        bool later = line->box > p->box || (line->box == p->box && line->position > p->position);
        p->box = later ? line->box : p->box;
        p->position = later ? line->position : p->position;
        return OK;
    }
    if (line->state != LINE_FINISHED) {
        return OK;
    }
    bool full = p->box == 0 || p->position == p->box_cards;
    p->box += full ? 1 : 0;
    p->position = full ? 1 : p->position + 1;
    assert(p->box >= 1);
    assert(p->position <= p->box_cards);
    return store->line_place(store->self, line->batch, line->seq, p->box, p->position, why);
}

/* In the order of the lines, which is the order in which people applied. */
static enum err pack_lines(
    const struct issuance_store *store, struct packing *p, int64_t id, struct why *why) {
    struct batch_line list[LINES_AT_ONCE];
    int32_t after = 0;
    size_t count = 0;
    do {
        count = LINES_AT_ONCE;
        enum err err = store->lines_after(store->self, id, after, list, &count, why);
        for (size_t i = 0; !err && i < count; i++) {
            err = pack_line(store, p, &list[i], why);
            after = list[i].seq;
        }
        if (err) {
            return err;
        }
    } while (count > 0);
    return OK;
}

/* Where the boxes end is found on the way: lines that have a place come by, too. */
enum err batch_pack(const struct issuance_store *store, const struct batch_rules *rules, int64_t id,
    int32_t *boxes, struct why *why) {
    assert(rules->box_cards >= 1);
    struct packing packing = {.box_cards = rules->box_cards};
    WORK_SCOPE(work);
    enum err err = work_begin(&work, store, why);
    err = err ? err : pack_lines(store, &packing, id, why);
    err = err ? err : work_commit(&work, why);
    *boxes = packing.box;
    return err ? why_add(why, err, "pack batch %" PRId64, id) : OK;
}

/* Bins are counted like boxes, from 1. */
void box_place_write(const struct batch_line *line, char place[BOX_PLACE_MAX]) {
    assert(line->box >= 1);
    assert(line->position >= 1);
    (void)snprintf(place, BOX_PLACE_MAX, "%" PRId64 "-%" PRId32 "-%" PRId32 "-%" PRId32,
        line->batch, (line->box - 1) / BOXES_OF_A_BIN + 1, line->box, line->position);
}
