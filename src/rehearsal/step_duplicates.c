/* The step in which records that may be one person are found, and some of them decided. [system.md 4.1.2] */
#include <assert.h>

#include "registry/duplicate.h"
#include "rehearsal/pilot_steps.h"

enum {
    LEAST_POINTS = 50,
    DECIDED_MAX = 3, /* the others stay in the queue, for whoever looks at it */
    SCORE_FIRST = 101,
    DECIDE_TIME = 83000,
};

/* How many cases are in a state. */
static enum err count_state(
    const struct pilot *p, enum duplicate_state state, uint64_t *count, struct why *why) {
    const struct person_store *store = p->parts->persons;
    struct duplicate d = {.score = SCORE_FIRST};
    enum err err = OK;
    *count = 0;
    while (!err) {
        err = store->case_after(store->self, state, d.score, d.id, &d, why);
        *count += err ? 0 : 1;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* The document was seen: the record is right, and the other name, or the other record, is somebody else's. Decided
 * and agreed are two steps of two officers; a kill between them is gone on from. */
static enum err decide_next(struct pilot *p, struct why *why) {
    const struct person_store *store = p->parts->persons;
    const struct person_desk desk = {p->parts->registry, store};
    struct duplicate d = {.id = 0};
    struct duplicate_say say = {.decision = DECISION_DIFFERENT,
        .reason = "both documents seen",
        .who = PILOT_POINT,
        .day = p->order->date,
        .time = DECIDE_TIME};
    enum err err = store->case_after(store->self, DUPLICATE_PROPOSED, SCORE_FIRST, 0, &d, why);
    if (err == ERR_NOT_FOUND) {
        err = store->case_after(store->self, DUPLICATE_OPEN, SCORE_FIRST, 0, &d, why);
        say.id = d.id;
        err = err ? err : duplicate_decide(&desk, &say, why);
    }
    say.id = d.id;
    say.who = PILOT_APPROVER;
    return err ? err : duplicate_agree(&desk, &say, true, why);
}

/* Searching again finds nothing new. */
enum err step_duplicates(struct pilot *p, struct why *why) {
    const struct person_desk desk = {p->parts->registry, p->parts->persons};
    uint64_t *issued = p->figures->issued;
    const struct duplicate_order order = {
        .day = p->order->date, .least = LEAST_POINTS, .folder = p->order->dir};
    struct duplicate_found found;
    uint64_t open = 0, proposed = 0, decided = 0;
    enum err err = duplicate_find(&desk, &order, &found, why);
    err = err ? err : count_state(p, DUPLICATE_DECIDED, &decided, why);
    while (!err && decided < DECIDED_MAX) {
        err = decide_next(p, why);
        decided += err ? 0 : 1;
    }
    err = err == ERR_NOT_FOUND ? OK : err; /* fewer cases than that */
    err = err ? err : count_state(p, DUPLICATE_OPEN, &open, why);
    err = err ? err : count_state(p, DUPLICATE_PROPOSED, &proposed, why);
    issued[ISSUED_DUPLICATES_FOUND] = open + proposed + decided;
    issued[ISSUED_DUPLICATES_DECIDED] = decided;
    return err;
}
