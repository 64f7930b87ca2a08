/* The power goes at every byte of a command, and again at every byte of the recovery after it.
 *
 * Method: make the chip once and keep its memory; for each cut put the memory back, lead the talk
 * to the command in question, let the power go after so many bytes with garbage in the torn one,
 * bring the power back, reset, and look. Then, where the reset had something to recover, put the
 * torn memory back and cut the reset in the same way, reset again, and look again. When the command
 * got through, the sweep is over.
 *
 * The garbage is 00, FF and 5A in turn; with SHEBAO_CUTS=all it is every byte there is, which makes
 * some millions of cuts and takes minutes: for the night. */
#pragma once

#include <stdlib.h>

#include "card/hand.h"

enum { SWEEPS_MAX = 64 };

/* One command under the knife. */
struct sweep {
    const char *title;
    void (*make)(struct hand *h); /* the chip */
    void (*lead)(void);           /* the talk up to the command, with power */
    void (*act)(void);            /* the command */
    void (*look)(bool answered);  /* after the reset: what must hold; answered: 9000 was said */
    unsigned sw;                  /* what the command says when nothing is cut */
};

static struct hand hand;
static uint32_t
    sweep_remembered;          /* what a terminal has heard before the cut; a look may change it */
static uint64_t sweep_cuts[2]; /* first and second ones made */

/* The power is back: what must hold now? */
static inline void sweep_look(const struct sweep *sweep, bool answered) {
    uint32_t remembered = sweep_remembered;
    memory_power(&hand.memory);
    assert_int_equal(hand_reset(&hand), 17);
    sweep->look(answered);
    sweep_remembered = remembered;
}

/* Cuts the recovery from the memory as the first cut left it. */
static inline void sweep_recovery(const struct sweep *sweep, bool answered) {
    static struct memory torn;
    bool through = false;
    torn = hand.memory;
    for (uint64_t cut = 0; !through; cut++) {
        hand.memory = torn;
        memory_cut_after(&hand.memory, cut, torn.torn);
        (void)hand_reset(&hand);
        through = !hand.memory.dark;
        if (!through) {
            sweep_look(sweep, answered);
            sweep_cuts[1]++;
        }
    }
    hand.memory = torn;
}

/* All cuts of a command that leave this byte at the edge. */
static inline void sweep_with(
    const struct sweep *sweep, const struct memory *kept, uint8_t garbage) {
    bool through = false;
    for (uint64_t cut = 0; !through; cut++) {
        hand.memory = *kept;
        assert_int_equal(hand_reset(&hand), 17);
        sweep->lead();
        memory_cut_after(&hand.memory, cut, garbage);
        sweep->act();
        through = !hand.memory.dark;
        bool answered = hand_sw(&hand) == sweep->sw;
        if (through && !answered) {
            fail_msg("%s: %04X", sweep->title, hand_sw(&hand));
        }
        if (!through) {
            sweep_recovery(sweep, answered);
            sweep_cuts[0]++;
        }
        sweep_look(sweep, answered);
    }
}

static inline void sweep_run(const struct sweep *sweep) {
    static const uint8_t garbage[] = {0x00, 0xFF, 0x5A};
    static struct memory kept;
    const char *wanted = getenv("SHEBAO_CUTS");
    bool all = wanted && strcmp(wanted, "all") == 0;
    sweep->make(&hand);
    kept = hand.memory;
    for (unsigned g = 0; g < (all ? 256 : sizeof garbage); g++) {
        sweep_with(sweep, &kept, all ? (uint8_t)g : garbage[g]);
    }
}

static void sweep_leaves_one_side_or_the_other(void **state) {
    sweep_run(*state);
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
    printf("%s: %llu cuts, and %llu of the recovery after one\n", title,
        (unsigned long long)sweep_cuts[0], (unsigned long long)sweep_cuts[1]);
    return failed;
}
