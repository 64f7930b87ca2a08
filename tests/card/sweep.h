/* The power goes in every programming of a command, and again in every programming of the recovery
 * after it, and in those of the recovery after that.
 *
 * Method: make the chip once and keep its memory; for each cut put the memory back, lead the talk
 * to the command in question, fill the ring of the store up to some age, let the power go after so
 * many programmings with garbage in the torn page, bring the power back, reset, and look. Then,
 * where the reset had something to recover, put the torn memory back and cut the reset in the same
 * way, reset again, and look again. When the command got through, the sweep is over.
 *
 * The ages make the command come upon a ring with room, on one where it is the first that must make
 * room, and on all its pages; the garbage is each kind of tear. SHEBAO_CUTS=all takes all ages and
 * ten dice for each tear, which makes more than a million cuts and takes minutes: for the night. */
#pragma once

#include <stdlib.h>

#include "card/hand.h"

enum {
    SWEEPS_MAX = 64,
    SWEEP_DEPTH = 2,    /* recoveries that are cut one after another */
    SWEEP_AGES = 64,    /* a batch more or less, for every page of the ring */
    SWEEP_AGE_STEP = 9, /* of those that are always tried */
    SWEEP_DICE = 10,    /* with SHEBAO_CUTS=all */
    SWEEP_ABSENT = 0,   /* no status word: this build of the card knows no such command */
};

/* One command under the knife. */
struct sweep {
    const char *title;
    void (*make)(struct hand *h); /* the chip */
    void (*lead)(void);           /* the talk up to the command, with power */
    void (*act)(void);            /* the command */
    void (*look)(bool answered);  /* after the reset: what must hold; answered: 9000 was said */
    unsigned sw;                  /* what the command says when nothing is cut; or SWEEP_ABSENT */
};

static struct hand hand;
static uint32_t
    sweep_remembered; /* what a terminal has heard before the cut; a look may change it */
static uint64_t sweep_cuts[1 + SWEEP_DEPTH]; /* of commands, and of recoveries after cuts */

/* The power is back: what must hold now? */
static inline void sweep_look(const struct sweep *sweep, bool answered) {
    uint32_t remembered = sweep_remembered;
    memory_power(&hand.memory);
    assert_int_equal(hand_reset(&hand), 17);
    sweep->look(answered);
    sweep_remembered = remembered;
}

/* Cuts the recovery from the memory as a cut left it. */
static inline void sweep_recovery(const struct sweep *sweep, bool answered, unsigned depth) {
    static struct memory kept[SWEEP_DEPTH + 1];
    struct memory *torn = &kept[depth];
    bool through = depth == 0;
    memory_copy(torn, &hand.memory);
    for (uint64_t cut = 0; !through; cut++) {
        memory_copy(&hand.memory, torn);
        memory_cut_after(&hand.memory, cut, torn->torn);
        (void)hand_reset(&hand);
        through = !hand.memory.dark;
        if (!through) {
            sweep_cuts[1 + SWEEP_DEPTH - depth]++;
            sweep_recovery(sweep, answered, depth - 1);
        }
    }
    memory_copy(&hand.memory, torn);
    sweep_look(sweep, answered);
}

/* Batches of a byte each that nobody asks for, at the end of the file space, where no file is:
 * every one of them must go home when its room is wanted. */
static inline void sweep_age(unsigned age) {
    struct store *s = &hand.card.cos.chip.store;
    for (unsigned i = 0; i < age; i++) {
        uint8_t byte = (uint8_t)(i + 1);
        store_begin_brief(s); /* the ring gets as full as it can */
        assert_true(store_write(s, HAND_SIZE - (i % 32 + 1) * NVM_PAGE, &byte, 1));
        assert_true(store_commit(s));
    }
}

/* All cuts of a command upon a ring of some age that leave this garbage. */
static inline void sweep_with(
    const struct sweep *sweep, const struct memory *kept, unsigned age, uint8_t garbage) {
    bool through = false;
    for (uint64_t cut = 0; !through; cut++) {
        memory_copy(&hand.memory, kept);
        assert_int_equal(hand_reset(&hand), 17);
        sweep->lead();
        sweep_age(age);
        memory_cut_after(&hand.memory, cut, garbage);
        sweep->act();
        through = !hand.memory.dark;
        bool answered = hand_sw(&hand) == sweep->sw;
        if (through && !answered) {
            fail_msg("%s: %04X", sweep->title, hand_sw(&hand));
        }
        sweep_cuts[0] += !through;
        sweep_recovery(sweep, answered, through ? 0 : SWEEP_DEPTH);
    }
}

static inline void sweep_run(const struct sweep *sweep) {
    static struct memory kept;
    const char *wanted = getenv("SHEBAO_CUTS");
    bool all = wanted && strcmp(wanted, "all") == 0;
    sweep->make(&hand);
    memory_copy(&kept, &hand.memory);
    for (unsigned age = 0; age < SWEEP_AGES; age += all ? 1 : SWEEP_AGE_STEP) {
        for (unsigned dice = 0; dice < (all ? SWEEP_DICE : 1); dice++) {
            for (unsigned tear = 0; tear < MEMORY_TEARS; tear++) {
                sweep_with(sweep, &kept, age, (uint8_t)(dice * MEMORY_TEARS + tear));
            }
        }
    }
}

static void sweep_leaves_one_side_or_the_other(void **state) {
    const struct sweep *sweep = *state;
    if (sweep->sw == SWEEP_ABSENT) {
        skip();
    }
    sweep_run(sweep);
}

/* All sweeps of a test program, and how many cuts they were. */
static inline int sweep_main(const char *title, struct sweep *sweeps, size_t count) {
    static struct CMUnitTest tests[SWEEPS_MAX];
    assert_true(count <= SWEEPS_MAX);
    for (size_t i = 0; i < count; i++) {
        tests[i] = (struct CMUnitTest){.name = sweeps[i].title,
            .test_func = sweep_leaves_one_side_or_the_other,
            .initial_state = &sweeps[i]};
    }
    int failed = _cmocka_run_group_tests(title, tests, count, NULL, NULL);
    printf("%s: %llu cuts, %llu of the recovery after one, %llu of the one after that\n", title,
        (unsigned long long)sweep_cuts[0], (unsigned long long)sweep_cuts[1],
        (unsigned long long)sweep_cuts[2]);
    return failed;
}
