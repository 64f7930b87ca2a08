/* A long walk over the store in which every step is also cut in each of its programmings, and each
 * recovery after that in each of its own, to depth two; against a model that knows only whole
 * steps.
 *
 * It counts what it finds and asserts nothing about the store, so that it can be tried on a store
 * that is broken on purpose. */
#pragma once

#include "check.h"

#include "card/store/store.h"
#include "ports/sim/memory.h"

enum {
    TORN_SIZE = LAYOUT_SIZE_MIN,
    TORN_AREA = 1100, /* bytes of the file space that are written */
    TORN_AREA_AT = LAYOUT_FILES + 5,
    TORN_ZONE = 300, /* bytes that are free space or owned, as the last byte of the area says */
    TORN_ZONE_AT = TORN_AREA_AT + TORN_AREA + 3,
    TORN_LOGS = 10,
    TORN_LOG_LEN = 23,
    TORN_LONG = 400,
    TORN_DEPTH = 2,
};

/* What is to be seen of the memory; the zone counts only while it is owned. */
struct torn_state {
    uint8_t life[LAYOUT_LIFE_LEN];
    uint8_t area[TORN_AREA];
    uint8_t zone[TORN_ZONE];
};

enum torn_kind { TORN_HOT, TORN_LOGGED, TORN_COLD, TORN_LIFE, TORN_LONG_ONE, TORN_OWN, TORN_KINDS };

struct torn_deed {
    enum torn_kind kind;
    uint32_t at, len;
    uint8_t value;
    bool tidy;      /* first */
    bool abandoned; /* at the end */
};

struct torn_walk {
    struct memory memory;
    struct nvm nvm;
    struct store store;
    struct torn_state state;
    uint32_t dice;
    uint8_t log;                   /* the place of the next record */
    uint8_t tear;                  /* of all cuts that are made now */
    uint64_t cuts[1 + TORN_DEPTH]; /* of the step, and of recoveries after cuts */
    uint64_t violations;
};

static inline uint32_t torn_roll(struct torn_walk *w, uint32_t n) {
    w->dice = w->dice * 1664525u + 1013904223u;
    return (w->dice >> 8) % n;
}

/* ---- what is seen ---- */

static inline void torn_look(const struct store *s, struct torn_state *out) {
    store_read(s, LAYOUT_LIFE, out->life, sizeof out->life);
    store_read(s, TORN_AREA_AT, out->area, sizeof out->area);
    store_read(s, TORN_ZONE_AT, out->zone, sizeof out->zone);
}

static inline bool torn_owned(const struct torn_state *t) {
    return t->area[TORN_AREA - 1] == 1;
}

static inline bool torn_same(const struct torn_state *a, const struct torn_state *b) {
    return memcmp(a->life, b->life, sizeof a->life) == 0
           && memcmp(a->area, b->area, sizeof a->area) == 0
           && (!torn_owned(a) || memcmp(a->zone, b->zone, sizeof a->zone) == 0);
}

/* ---- what is done ---- */

static inline struct torn_deed torn_roll_deed(struct torn_walk *w) {
    static const enum torn_kind kinds[] = {TORN_HOT, TORN_HOT, TORN_HOT, TORN_LOGGED, TORN_LOGGED,
        TORN_LOGGED, TORN_COLD, TORN_COLD, TORN_LIFE, TORN_LONG_ONE, TORN_OWN};
    struct torn_deed d = {.kind = kinds[torn_roll(w, sizeof kinds / sizeof kinds[0])]};
    bool rare = d.kind == TORN_LONG_ONE && torn_roll(w, 4) != 0;
    d.kind = rare ? TORN_HOT : d.kind;
    d.len = 1 + torn_roll(w, 60);
    d.at = torn_roll(w, TORN_AREA - 1 - d.len);
    d.value = (uint8_t)torn_roll(w, 256);
    d.tidy = torn_roll(w, 8) == 0;
    d.abandoned = torn_roll(w, 8) == 0;
    return d;
}

/* Writes `len` bytes that grow from `value` into the area, in the store and in the state. */
static inline bool torn_put(
    struct store *s, struct torn_state *t, uint32_t at, uint32_t len, uint8_t value) {
    uint8_t data[TORN_LONG];
    for (uint32_t i = 0; i < len; i++) {
        data[i] = (uint8_t)(value + i * 7);
    }
    (void)memcpy(t->area + at, data, len);
    return store_write(s, TORN_AREA_AT + at, data, len);
}

/* Takes the zone, filled with one value, or gives it back. */
static inline bool torn_own(struct store *s, struct torn_state *t, uint8_t value) {
    bool own = !torn_owned(t);
    if (own) {
        (void)memset(t->zone, value, sizeof t->zone);
        if (!store_fill(s, TORN_ZONE_AT, value, TORN_ZONE)) {
            return false;
        }
    }
    t->area[TORN_AREA - 1] = own;
    return store_write(s, TORN_AREA_AT + TORN_AREA - 1, &t->area[TORN_AREA - 1], 1);
}

static inline bool torn_stage(
    struct torn_walk *w, const struct torn_deed *d, struct torn_state *t, uint8_t *log) {
    struct store *s = &w->store;
    switch (d->kind) {
    case TORN_LOGGED: {
        uint32_t place = (uint32_t)*log * TORN_LOG_LEN;
        *log = (uint8_t)((*log + 1) % TORN_LOGS);
        return torn_put(s, t, 40, 17, d->value)
               && torn_put(s, t, 100 + place, TORN_LOG_LEN, d->value)
               && torn_put(s, t, 60, 2, d->value);
    }
    case TORN_COLD:
        return torn_put(s, t, d->at, d->len, d->value)
               && (!torn_owned(t) || store_write(s, TORN_ZONE_AT + d->len, &d->value, 1))
               && (t->zone[d->len] = d->value, true);
    case TORN_LIFE:
        t->life[d->value % LAYOUT_LIFE_LEN] = d->value;
        return store_write(s, LAYOUT_LIFE + d->value % LAYOUT_LIFE_LEN, &d->value, 1);
    case TORN_LONG_ONE:
        return torn_put(s, t, d->at % (TORN_AREA - 1 - TORN_LONG), TORN_LONG, d->value);
    case TORN_OWN:
        return torn_own(s, t, d->value);
    case TORN_HOT:
    case TORN_KINDS:
    default:
        return torn_put(s, t, 40, 1, d->value);
    }
}

/* The deed on the store; *after is what the memory should be after it. True when it is said to
 * last. */
static inline bool torn_perform(
    struct torn_walk *w, const struct torn_deed *d, struct torn_state *after, uint8_t *log) {
    *after = w->state;
    *log = w->log;
    if (d->tidy) {
        store_tidy(&w->store);
    }
    store_begin(&w->store);
    bool staged = torn_stage(w, d, after, log);
    if (staged && !d->abandoned) {
        return store_commit(&w->store);
    }
    store_abandon(&w->store);
    if (d->abandoned) {
        *after = w->state;
        *log = w->log;
    }
    return staged;
}

/* ---- cuts ---- */

static inline void torn_wrong(struct torn_walk *w, const char *what) {
    if (w->violations == 0) {
        print_message("torn store: %s (dice %u, tear %u)\n", what, w->dice, w->tear);
    }
    w->violations++;
}

/* With power, the memory must be all old or all new; all new when that was said; and go on. */
static inline void torn_judge(
    struct torn_walk *w, const struct torn_state *old, const struct torn_state *new, bool said) {
    static const uint8_t byte = 0x77;
    struct torn_state seen;
    memory_power(&w->memory);
    if (!store_recover(&w->store, &w->nvm)) {
        torn_wrong(w, "a reset finds no way on");
        return;
    }
    torn_look(&w->store, &seen);
    bool is_new = torn_same(&seen, new);
    if (!is_new && (said || !torn_same(&seen, old))) {
        torn_wrong(w, said ? "what was committed is gone" : "half a batch is to be seen");
        return;
    }
    struct torn_state next = seen;
    next.area[41] = byte;
    store_begin(&w->store);
    bool done = store_write(&w->store, TORN_AREA_AT + 41, &byte, 1) && store_commit(&w->store);
    torn_look(&w->store, &seen);
    if (!done || !torn_same(&seen, &next)) {
        torn_wrong(w, "the next batch fails");
    }
}

/* From the memory as a cut left it: recoveries that are cut themselves, then one that is not. */
static inline void torn_recover(struct torn_walk *w, const struct torn_state *old,
    const struct torn_state *new, bool said, unsigned depth) {
    static struct memory kept[TORN_DEPTH + 1];
    struct memory *torn = &kept[depth];
    memory_copy(torn, &w->memory);
    bool through = depth == 0;
    for (uint64_t cut = 0; !through; cut++) {
        memory_copy(&w->memory, torn);
        memory_cut_after(&w->memory, cut, w->tear);
        (void)store_recover(&w->store, &w->nvm);
        through = !w->memory.dark;
        if (!through) {
            w->cuts[1 + TORN_DEPTH - depth]++;
            torn_recover(w, old, new, said, depth - 1);
        }
    }
    memory_copy(&w->memory, torn);
    torn_judge(w, old, new, said);
}

/* One step: cut in each of its programmings with each tear, and then done. */
static inline void torn_step(struct torn_walk *w, unsigned tears) {
    static struct memory kept;
    struct store before = w->store;
    struct torn_deed deed = torn_roll_deed(w);
    struct torn_state after;
    uint8_t log = w->log;
    bool through = false;
    memory_copy(&kept, &w->memory);
    for (uint64_t cut = 0; !through; cut++) {
        for (unsigned tear = 0; tear < tears && !through; tear++) {
            w->tear = (uint8_t)tear;
            memory_copy(&w->memory, &kept);
            w->store = before;
            memory_cut_after(&w->memory, cut, w->tear);
            bool said = torn_perform(w, &deed, &after, &log);
            through = !w->memory.dark;
            if (!through) {
                w->cuts[0]++;
                torn_recover(w, &w->state, &after, said && !deed.abandoned, TORN_DEPTH);
            } else if (!said) {
                torn_wrong(w, "a step with power is refused");
            }
        }
    }
    memory_power(&w->memory);
    w->state = after;
    w->log = log;
}

/* Some steps from a seed, with this many tears for each cut. */
static inline void torn_run(struct torn_walk *w, uint32_t seed, unsigned steps, unsigned tears) {
    struct torn_state seen;
    w->dice = seed;
    w->log = 0;
    memory_make(&w->memory, TORN_SIZE, seed);
    w->nvm = memory_nvm(&w->memory);
    assert_true(store_format(&w->nvm));
    assert_true(store_recover(&w->store, &w->nvm));
    torn_look(&w->store, &w->state);
    for (unsigned i = 0; i < steps && w->violations == 0; i++) {
        torn_step(w, tears);
        torn_look(&w->store, &seen);
        if (!torn_same(&seen, &w->state)) {
            torn_wrong(w, "a step with power is done wrongly");
        }
    }
}
