#include "rehearsal/plan.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/day.h"
#include "host/rng.h"

enum {
    DEEDS_EACH_MAX = 8,
    HOUR = 3600,
    OPENING = 8 * HOUR,          /* counters and shops */
    FIRST_HOURS = 2 * HOUR,      /* in which everybody sets out */
    LISTS_GONE_ROUND = 2 * HOUR, /* from a loss report to its being on every terminal's list */
    PERSONS_A_MISHAP = 700,      /* one pulled card of each kind for so many people */
};

/* How the people of a city are, in parts of a thousand. */
enum {
    COLLECTS = 970,
    LOADS = 800,
    LOADS_TWICE = 150,
    BUYS_EMPTY_HANDED = 60, /* of those without money on the card */
    MISTYPES_PIN = 20,
    LOSES = 12,
    FOUND_BY_A_ROGUE = 600, /* of the lost cards */
    BUYS_MUCH = 120,        /* more than may be paid without asking */
};

/* True so many times in a thousand. */
static bool chance(struct rng *rng, unsigned in_thousand) {
    return rng_below(rng, 1000) < in_thousand;
}

/* One person's day as it is being drawn. */
struct person_day {
    struct rng rng;
    uint64_t person;
    uint32_t second; /* when the last deed ended */
    uint32_t money;  /* fen that are on the card, for all the plan knows */
    struct deed deeds[DEEDS_EACH_MAX];
    uint16_t count;
};

/* Deeds follow each other by a minute to an hour, each at a terminal of its own. */
static struct deed *deed_add(struct person_day *d, enum deed_kind kind, uint16_t till_count) {
    assert(d->count < DEEDS_EACH_MAX);
    d->second += (uint32_t)(60 + rng_below(&d->rng, HOUR));
    struct deed *deed = &d->deeds[d->count];
    *deed = (struct deed){
        .person = d->person,
        .second = d->second,
        .till = (uint16_t)rng_below(&d->rng, till_count),
        .ordinal = d->count,
        .kind = (uint8_t)kind,
    };
    d->count++;
    assert(d->second < 24 * HOUR);
    return deed;
}

/* Ten to three hundred yuan, in tens. */
static void draw_load(struct person_day *d, uint16_t till_count) {
    struct deed *deed = deed_add(d, DEED_LOAD, till_count);
    deed->amount = (uint32_t)(1 + rng_below(&d->rng, 30)) * 1000;
    deed->pin_mistyped = chance(&d->rng, MISTYPES_PIN);
    d->money += deed->amount;
}

/* Some ask for more than is on the card: the chip has to refuse them. */
static void draw_purchase(struct person_day *d, uint16_t till_count) {
    struct deed *deed = deed_add(d, DEED_BUY, till_count);
    uint32_t most = chance(&d->rng, BUYS_MUCH) ? 20000 : 6000;
    deed->amount = (uint32_t)(150 + rng_below(&d->rng, most));
    if (deed->amount <= d->money) {
        d->money -= deed->amount;
    }
}

/* A finder waits until the lists have gone round: before that, nobody could know. */
static void draw_loss(struct person_day *d, uint16_t till_count) {
    (void)deed_add(d, DEED_LOSE, till_count);
    if (chance(&d->rng, FOUND_BY_A_ROGUE)) {
        d->second += LISTS_GONE_ROUND;
        deed_add(d, DEED_BUY_FOUND, till_count)->amount = 1000;
    }
}

/* Each person draws from a stream of their own, so that one more person changes nobody else's
 * day. */
static void draw_person(
    struct person_day *d, uint64_t seed, const struct plan_person *person, uint16_t till_count) {
    *d = (struct person_day){.rng = rng_stream(seed, "day", person->key), .person = person->id};
    d->second = OPENING + (uint32_t)rng_below(&d->rng, FIRST_HOURS);
    if (!chance(&d->rng, COLLECTS)) {
        return;
    }
    (void)deed_add(d, DEED_COLLECT, till_count);
    if (chance(&d->rng, LOADS)) {
        draw_load(d, till_count);
    }
    uint64_t purchase_count = d->money > 0 ? rng_below(&d->rng, 4) : 0;
    if (d->money == 0 && chance(&d->rng, BUYS_EMPTY_HANDED)) {
        purchase_count = 1;
    }
    for (uint64_t i = 0; i < purchase_count; i++) {
        draw_purchase(d, till_count);
    }
    if (d->money > 0 && chance(&d->rng, LOADS_TWICE)) {
        draw_load(d, till_count);
    }
    if (chance(&d->rng, LOSES)) {
        draw_loss(d, till_count);
    }
}

/* By time; then by person and ordinal, so that the order is one and the same everywhere. */
static int deed_order(const void *a, const void *b) {
    const struct deed *x = a;
    const struct deed *y = b;
    if (x->second != y->second) {
        return x->second < y->second ? -1 : 1;
    }
    if (x->person != y->person) {
        return x->person < y->person ? -1 : 1;
    }
    return x->ordinal < y->ordinal ? -1 : x->ordinal > y->ordinal;
}

/* True for a person's first purchase when it surely can be paid: it directly follows a load that
 * covers it. Only such a purchase is a fair one to pull the card from. */
static bool surely_paid(const struct deed *deeds, size_t i) {
    return deeds[i].kind == DEED_BUY && i > 0 && deeds[i - 1].kind == DEED_LOAD
           && deeds[i - 1].person == deeds[i].person && deeds[i - 1].ordinal == 1
           && deeds[i].amount <= deeds[i - 1].amount;
}

/* Spreads the mishaps evenly over the purchases that can be paid, before they are sorted by time. */
static void draw_mishaps(struct plan *plan, size_t person_count) {
    size_t fair = 0;
    for (size_t i = 0; i < plan->count; i++) {
        fair += surely_paid(plan->deeds, i) ? 1 : 0;
    }
    size_t wanted = 2 * (person_count / PERSONS_A_MISHAP + 1);
    wanted = wanted < fair ? wanted : fair;
    for (size_t i = 0, seen = 0, given = 0; i < plan->count && given < wanted; i++) {
        if (!surely_paid(plan->deeds, i)) {
            continue;
        }
        if (seen * wanted >= given * fair) {
            plan->deeds[i].mishap = given % 2 == 0 ? MISHAP_PULLED_LATE : MISHAP_PULLED_EARLY;
            given++;
        }
        seen++;
    }
}

/* Person by person first, which is how mishaps are spread; by time in the end. */
enum err plan_draw(uint64_t seed, const struct plan_person *persons, size_t person_count,
    uint16_t till_count, struct plan *out, struct why *why) {
    assert(till_count > 0);
    *out = (struct plan){.deeds = calloc(person_count * DEEDS_EACH_MAX + 1, sizeof(struct deed))};
    if (!out->deeds) {
        return why_say(why, ERR_OUTSIDE, "no memory for the day of %zu people", person_count);
    }
    for (size_t i = 0; i < person_count; i++) {
        struct person_day d;
        draw_person(&d, seed, &persons[i], till_count);
        (void)memcpy(out->deeds + out->count, d.deeds, d.count * sizeof(struct deed));
        out->count += d.count;
        assert(out->count <= person_count * DEEDS_EACH_MAX);
    }
    draw_mishaps(out, person_count);
    qsort(out->deeds, out->count, sizeof(struct deed), deed_order);
    return OK;
}

/* NULL is nothing to free. */
void plan_free(struct plan *plan) {
    free(plan->deeds);
    *plan = (struct plan){0};
}

/* Plain text, so that a journal can be read by eye. */
void plan_ticket(const struct deed *deed, uint8_t ticket[TICKET_LEN]) {
    char text[TICKET_LEN + 1];
    int len = snprintf(text, sizeof text, "P%08u-%06u", (unsigned)(deed->person % 100000000),
        (unsigned)deed->ordinal % 1000000);
    assert(len == TICKET_LEN);
    (void)memcpy(ticket, text, TICKET_LEN);
}

/* Hours, minutes and seconds, packed. */
uint32_t plan_time(uint32_t second) {
    assert(second < 24 * HOUR);
    return second / HOUR * 10000 + second / 60 % 60 * 100 + second % 60;
}

void plan_moment(uint32_t day, uint32_t second, uint8_t moment[MOMENT_LEN]) {
    bcd_write(day, moment, DAY_LEN);
    bcd_write(plan_time(second), moment + DAY_LEN, TIME_LEN);
}

/* A row goes up, goes down or stays: 123456, 654321, 888888. */
static bool pin_simple(const char pin[7]) {
    int step = pin[1] - pin[0];
    for (int i = 2; i < 6; i++) {
        if (pin[i] - pin[i - 1] != step) {
            return false;
        }
    }
    return step >= -1 && step <= 1;
}

/* Drawn again until it is none of those that everybody guesses. [system.md 6.2] */
void plan_pin(uint64_t seed, uint64_t person, char pin[7]) {
    struct rng rng = rng_stream(seed, "pin", person);
    do {
        for (int i = 0; i < 6; i++) {
            pin[i] = (char)('0' + rng_below(&rng, 10));
        }
        pin[6] = '\0';
    } while (pin_simple(pin));
}
