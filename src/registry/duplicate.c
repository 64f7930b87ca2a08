#include "registry/duplicate.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "registry/sound.h"

static const struct duplicate_rule_text rules[] = {
#define DUPLICATE_RULE(member, name, points, zh, en) [member] = {name, points, zh, en},
#include "registry/duplicate_rule.def"
};

const struct duplicate_rule_text *duplicate_rule_text(enum duplicate_rule rule) {
    assert(rule < DUPLICATE_RULES);
    return &rules[rule];
}

static const char *const decisions[] = {"none", "merge", "different", "freeze"};
static const char *const states[] = {"open", "proposed", "decided"};

const char *duplicate_decision_name(enum duplicate_decision decision) {
    assert(decision <= DECISION_FREEZE);
    return decisions[decision];
}

const char *duplicate_state_name(enum duplicate_state state) {
    assert(state <= DUPLICATE_DECIDED);
    return states[state];
}

enum duplicate_decision duplicate_decision_named(const char *word) {
    for (int i = DECISION_MERGE; i <= DECISION_FREEZE; i++) {
        if (strcmp(decisions[i], word) == 0) {
            return (enum duplicate_decision)i;
        }
    }
    return DECISION_NONE;
}

/* --- what speaks for one person -------------------------------------------------------------------- */

/* What nobody said is no evidence. */
static bool same_said(const char *a, const char *b) {
    return a[0] != '\0' && strcmp(a, b) == 0;
}

static bool same_mobile(const struct person *a, const struct person *b) {
    return same_said(a->mobile, b->mobile);
}

static bool same_address(const struct person *a, const struct person *b) {
    return same_said(a->address, b->address);
}

static bool same_employer(const struct person *a, const struct person *b) {
    return same_said(a->employer, b->employer);
}

/* The number's first six digits: where it was given out. */
static bool same_place(const struct person *a, const struct person *b) {
    return memcmp(a->number, b->number, 6) == 0;
}

/* One digit is another, or two neighbours changed places: a slip of the finger. The check character
 * follows from the rest and is not looked at. */
static bool numbers_near(const struct person *a, const struct person *b) {
    int differ = 0;
    int first = 0;
    int last = 0;
    for (int i = 0; i < NUMBER_LEN - 1; i++) {
        if (a->number[i] != b->number[i]) {
            first = differ++ == 0 ? i : first;
            last = i;
        }
    }
    bool swapped = differ == 2 && last == first + 1 && a->number[first] == b->number[last]
                   && a->number[last] == b->number[first];
    return differ == 1 || swapped;
}

/* The two digits of the century stand behind the six of the place. */
static bool same_but_century(const struct person *a, const struct person *b) {
    enum { CENTURY_AT = 6, YEAR_AT = 8, DIGITS = NUMBER_LEN - 1 };
    return memcmp(a->number, b->number, CENTURY_AT) == 0
           && memcmp(a->number + YEAR_AT, b->number + YEAR_AT, DIGITS - YEAR_AT) == 0;
}

static const struct {
    bool (*holds)(const struct person *a, const struct person *b);
    int points;
} evidence[] = {
#define EVIDENCE(holds, points) {holds, points},
#include "registry/duplicate_rule.def"
};

int duplicate_score(const struct person *a, const struct person *b, enum duplicate_rule *rule) {
    enum { ALL = 100 };
    bool same_name = strcmp(a->name, b->name) == 0;
    assert(*rule < DUPLICATE_OTHER_NAME);
    if (*rule == DUPLICATE_NAME_BIRTH && !same_name) {
        *rule = DUPLICATE_SOUND_BIRTH;
    }
    if (*rule == DUPLICATE_CORRECTED && same_but_century(a, b)) {
        *rule = DUPLICATE_SAME_15; /* found under both keys */
    }
    int points = rules[*rule].points;
    for (size_t i = 0; i < sizeof evidence / sizeof evidence[0]; i++) {
        points += evidence[i].holds(a, b) ? evidence[i].points : 0;
    }
    return points < ALL ? points : ALL;
}

/* --- deciding -------------------------------------------------------------------------------------- */

/* A case with the store that it came from, on its way through one transaction. */
struct hearing {
    const struct person_desk *desk;
    const struct duplicate_say *order;
    struct duplicate d;
    struct why *why;
};

static enum err hear(struct hearing *h) {
    return h->desk->store->case_get(h->desk->store->self, h->order->id, &h->d, h->why);
}

static enum err note(struct hearing *h, const char *what) {
    char hands[HANDS_ROOM];
    char subject[96];
    (void)snprintf(hands, sizeof hands, "%s%s%s", h->order->who, h->order->second ? "+" : "",
        h->order->second ? h->order->second : "");
    (void)snprintf(subject, sizeof subject, "case %" PRId64 ": %s", h->d.id,
        duplicate_decision_name(h->d.decision));
    return h->desk->store->audit(h->desk->store->self, hands, what, subject, h->why);
}

static enum err state_check(const struct hearing *h, enum duplicate_state state) {
    return h->d.state == state ? OK
                               : why_say(h->why, ERR_CONFLICT, "it is %s, not %s",
                                   duplicate_state_name(h->d.state), duplicate_state_name(state));
}

/* Nothing is decided about a record that stands aside, or that another case has frozen. */
static enum err record_free(struct hearing *h, int64_t person) {
    struct person_status status;
    const struct person_store *store = h->desk->store;
    enum err err = store->status_get(store->self, person, &status, h->why);
    if (!err && status.merged != 0) {
        err = why_say(
            h->why, ERR_CONFLICT, "one of the records stands aside already; find duplicates again");
    }
    if (!err && status.frozen != 0) {
        err = why_say(h->why, ERR_CONFLICT,
            "one of the records is frozen by case %" PRId64 "; decide that first", status.frozen);
    }
    return err;
}

/* duplicates 1 */
static enum err merge_check(struct hearing *h, int64_t keep) {
    const struct person_store *store = h->desk->store;
    int64_t cards[2] = {0, 0};
    int64_t open[2] = {0, 0};
    if (keep != h->d.first && keep != h->d.second) {
        return why_say(
            h->why, ERR_INVALID, "the record that stays must be one of the two of the case");
    }
    enum err err = store->ties(store->self, h->d.first, &cards[0], &open[0], h->why);
    err = err ? err : store->ties(store->self, h->d.second, &cards[1], &open[1], h->why);
    if (!err && cards[0] > 0 && cards[1] > 0) {
        err = why_say(h->why, ERR_CONFLICT,
            "both records have a card that is not cancelled; cancel one first (card cancel, "
            "duplicate)");
    }
    if (!err && open[keep == h->d.first] > 0) {
        err = why_say(h->why, ERR_CONFLICT,
            "the record that would stand aside has an open application; withdraw that first");
    }
    return err;
}

/* Asked at the decision and again at the agreement: another case may have taken a record away
 * meanwhile. */
static enum err still_free(struct hearing *h) {
    enum err err = record_free(h, h->d.first);
    return err || h->d.second == 0 ? err : record_free(h, h->d.second);
}

static enum err decision_check(struct hearing *h) {
    bool names = h->d.second == 0;
    size_t reason = strlen(h->order->reason);
    if (h->order->decision == DECISION_NONE || reason == 0 || reason >= REASON_ROOM) {
        return why_say(h->why, ERR_INVALID,
            "say merge, different or freeze, and a reason of 1 to %d letters", REASON_ROOM - 1);
    }
    enum err err = still_free(h);
    if (!err && !names && h->order->decision == DECISION_MERGE) {
        err = merge_check(h, h->order->keep);
    }
    return err;
}

static void copy_code(char to[OFFICER_CODE_LEN + 1], const char *code) {
    assert(strlen(code) <= OFFICER_CODE_LEN); /* an officer of the centre */
    (void)snprintf(to, OFFICER_CODE_LEN + 1, "%s", code);
}

enum err duplicate_decide(
    const struct person_desk *desk, const struct duplicate_say *order, struct why *why) {
    struct hearing h = {.desk = desk, .order = order, .why = why};
    PERSON_WORK_SCOPE(work);
    enum err err = officer_require(desk->registry, order->who, ROLE_POINT, why);
    err = err ? err : person_work_begin(&work, desk->store, why);
    err = err ? err : hear(&h);
    err = err ? err : state_check(&h, DUPLICATE_OPEN);
    err = err ? err : decision_check(&h);
    if (!err) {
        h.d.state = DUPLICATE_PROPOSED;
        h.d.decision = order->decision;
        h.d.keep = order->decision == DECISION_MERGE && h.d.second != 0 ? order->keep : 0;
        h.d.day = order->day;
        (void)snprintf(h.d.reason, sizeof h.d.reason, "%s", order->reason);
        copy_code(h.d.who, order->who);
        err = desk->store->case_put(desk->store->self, &h.d, DUPLICATE_OPEN, why);
    }
    err = err ? err : note(&h, "duplicate decided");
    err = err ? err : person_work_commit(&work, why);
    return err ? why_add(why, err, "case %" PRId64, order->id) : OK;
}

/* --- carrying it out --------------------------------------------------------------------------------- */

/* True when the last lock of the card was this case's: one that somebody set for another reason is not
 * opened by a decision about records. */
static bool locked_here(struct hearing *h, const char *card) {
    struct why unheard;
    enum card_event event = CARD_EVENTS;
    int64_t times = 0;
    char request[REQUEST_LEN + 1];
    const struct registry_store *registry = h->desk->registry;
    enum err err = registry->card_event_count(registry->self, card, EVENT_LOCK, &times, &unheard);
    (void)snprintf(request, sizeof request, "case %" PRId64 " %s %" PRId64, h->d.id,
        card_event_name(EVENT_LOCK), times);
    err = err ? err : registry->card_request(registry->self, card, request, &event, &unheard);
    return err == OK && event == EVENT_LOCK;
}

/* The cards of a person take a step together, each with a request of its own, so that it can be taken
 * again after it was undone. Cards in another state are left as they are. */
static enum err step_cards(
    struct hearing *h, int64_t person, enum card_life from, enum card_event event) {
    const struct person_store *store = h->desk->store;
    const struct registry_store *registry = h->desk->registry;
    struct card_record card = {.number = ""};
    enum err err = OK;
    while (
        !err && (err = store->card_after(store->self, person, card.number, &card, h->why)) == OK) {
        int64_t times = 0;
        char request[REQUEST_LEN + 1];
        if (card.life != from || (event == EVENT_UNLOCK && !locked_here(h, card.number))) {
            continue;
        }
        err = registry->card_event_count(registry->self, card.number, event, &times, h->why);
        (void)snprintf(request, sizeof request, "case %" PRId64 " %s %" PRId64, h->d.id,
            card_event_name(event), times + 1);
        const struct card_order order = {.card = card.number,
            .event = event,
            .reason = event == EVENT_LOCK ? LIST_FROZEN : 0,
            .who = h->order->who,
            .second = h->order->second,
            .request = request,
            .day = h->order->day,
            .time = h->order->time};
        err = err ? err : card_step(registry, &order, h->why);
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err set_status(struct hearing *h, int64_t person, int64_t frozen, int64_t merged) {
    struct person_status status;
    const struct person_store *store = h->desk->store;
    enum err err = store->status_get(store->self, person, &status, h->why);
    status.frozen = frozen;
    status.merged = merged;
    return err ? err : store->status_put(store->self, person, &status, h->why);
}

/* The records of a case: both, or the one whose name is in question. */
static enum err freeze(struct hearing *h, bool begin) {
    const int64_t persons[2] = {h->d.first, h->d.second};
    enum err err = OK;
    for (int i = 0; !err && i < 2 && persons[i] != 0; i++) {
        err = set_status(h, persons[i], begin ? h->d.id : 0, 0);
        err = err ? err
                  : step_cards(h, persons[i], begin ? LIFE_NORMAL : LIFE_LOCKED,
                      begin ? EVENT_LOCK : EVENT_UNLOCK);
    }
    return err;
}

/* The record takes the name that the file had; the history keeps the one it had. */
static enum err take_name(struct hearing *h) {
    struct person person;
    struct person_change_row row = {.day = h->order->day, .time = h->order->time};
    const struct person_store *store = h->desk->store;
    enum err err = h->desk->registry->person_by_id(
        h->desk->registry->self, h->d.first, &person, h->why);
    if (err) {
        return err;
    }
    (void)snprintf(row.field, sizeof row.field, "%s", person_field_text(PERSON_NAME)->code);
    (void)snprintf(row.was, sizeof row.was, "%s", person.name);
    (void)snprintf(row.became, sizeof row.became, "%s", h->d.name);
    (void)snprintf(row.who, sizeof row.who, "%s+%s", h->order->who, h->order->second);
    (void)snprintf(row.proof, sizeof row.proof, "case:%" PRId64, h->d.id);
    (void)snprintf(person.name, sizeof person.name, "%s", h->d.name);
    err = store->person_put(store->self, &person, h->why);
    return err ? err : store->history_add(store->self, person.id, &row, h->why);
}

static enum err answer_name(struct hearing *h, bool taken) {
    struct person person;
    const struct person_store *store = h->desk->store;
    enum err err = h->desk->registry->person_by_id(
        h->desk->registry->self, h->d.first, &person, h->why);
    int64_t number17 = err ? 0 : number17_of(bytes_text(person.number));
    err = err ? err : store->waiting_answer(store->self, number17, h->d.name, taken, h->why);
    return err || !taken ? err : take_name(h);
}

static enum err merge(struct hearing *h) {
    const struct person_store *store = h->desk->store;
    int64_t aside = h->d.keep == h->d.first ? h->d.second : h->d.first;
    assert(aside != h->d.keep);
    enum err err = merge_check(h, h->d.keep);
    err = err ? err : store->move_to(store->self, h->d.id, aside, h->d.keep, h->why);
    return err ? err : set_status(h, aside, 0, h->d.keep);
}

static enum err carry_out(struct hearing *h) {
    bool name = h->d.second == 0;
    enum err err = h->d.decision == DECISION_DIFFERENT ? OK : still_free(h);
    if (err) {
        return err;
    }
    switch (h->d.decision) {
    case DECISION_MERGE:
        return name ? answer_name(h, true) : merge(h);
    case DECISION_DIFFERENT:
        return name ? answer_name(h, false) : OK;
    case DECISION_FREEZE:
        return freeze(h, true);
    case DECISION_NONE:
    default:
        assert(false); /* a proposed case has a decision */
        return why_say(h->why, ERR_CONFLICT, "nothing was decided");
    }
}

/* duplicates 2 */
static enum err second_check(struct hearing *h, const char *first, const char *second) {
    if (strcmp(first, second) == 0) {
        return why_say(
            h->why, ERR_DENIED, "%s decided it; another officer, an approver, has to agree", first);
    }
    return officer_require(h->desk->registry, second, ROLE_APPROVER, h->why);
}

/* Disagreed with, the case is as if nobody had said anything; the audit chain remembers. */
static void reopen(struct duplicate *d) {
    d->state = DUPLICATE_OPEN;
    d->decision = DECISION_NONE;
    d->keep = 0;
    d->reason[0] = d->who[0] = d->second_who[0] = '\0';
}

enum err duplicate_agree(const struct person_desk *desk, const struct duplicate_say *order,
    bool agreed, struct why *why) {
    struct hearing h = {.desk = desk, .order = order, .why = why};
    PERSON_WORK_SCOPE(work);
    enum err err = person_work_begin(&work, desk->store, why);
    err = err ? err : hear(&h);
    err = err ? err : state_check(&h, DUPLICATE_PROPOSED);
    err = err ? err : second_check(&h, h.d.who, order->who);
    const struct duplicate_say both = {
        .who = h.d.who, .second = order->who, .day = order->day, .time = order->time};
    h.order = agreed ? &both : order;
    err = err || !agreed ? err : carry_out(&h);
    err = err ? err : note(&h, agreed ? "duplicate agreed" : "duplicate not agreed");
    if (!err && agreed) {
        h.d.state = DUPLICATE_DECIDED;
        copy_code(h.d.second_who, order->who);
    } else if (!err) {
        reopen(&h.d);
    }
    err = err ? err : desk->store->case_put(desk->store->self, &h.d, DUPLICATE_PROPOSED, why);
    err = err ? err : person_work_commit(&work, why);
    return err ? why_add(why, err, "case %" PRId64, order->id) : OK;
}

/* --- taking it back ------------------------------------------------------------------------------------ */

/* duplicates 3 */
static enum err take_back(struct hearing *h) {
    const struct person_store *store = h->desk->store;
    if (h->d.second == 0 && h->d.decision == DECISION_MERGE) {
        return why_say(h->why, ERR_CONFLICT,
            "the name was taken; another name is a change with a proof (person change)");
    }
    if (h->d.decision == DECISION_FREEZE) {
        return freeze(h, false);
    }
    if (h->d.decision == DECISION_DIFFERENT) {
        return OK;
    }
    int64_t aside = h->d.keep == h->d.first ? h->d.second : h->d.first;
    enum err err = record_free(h, h->d.keep);
    err = err ? err : store->move_back(store->self, h->d.id, h->why);
    return err ? err : set_status(h, aside, 0, 0);
}

enum err duplicate_undo(
    const struct person_desk *desk, const struct duplicate_say *order, struct why *why) {
    struct hearing h = {.desk = desk, .order = order, .why = why};
    size_t reason = strlen(order->reason);
    if (reason == 0 || reason >= REASON_ROOM) {
        return why_say(why, ERR_INVALID, "say why, in 1 to %d letters", REASON_ROOM - 1);
    }
    PERSON_WORK_SCOPE(work);
    enum err err = officer_require(desk->registry, order->who, ROLE_POINT, why);
    err = err ? err : second_check(&h, order->who, order->second);
    err = err ? err : person_work_begin(&work, desk->store, why);
    err = err ? err : hear(&h);
    err = err ? err : state_check(&h, DUPLICATE_DECIDED);
    err = err ? err : take_back(&h);
    err = err ? err : note(&h, "duplicate undone");
    if (!err) {
        reopen(&h.d);
        h.d.day = order->day;
        err = desk->store->case_put(desk->store->self, &h.d, DUPLICATE_DECIDED, why);
    }
    err = err ? err : person_work_commit(&work, why);
    return err ? why_add(why, err, "case %" PRId64, order->id) : OK;
}
