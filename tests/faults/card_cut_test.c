/* Cuts, failing calls and a memory that runs short under applications, a batch, loss and blacklist: the end
 * is that of a centre that nobody disturbed, to the byte. */
#include "faults/card_story.h"
#include "faults/failing_memory.h"

#include "faults/frozen_clock.h"

enum {
    CUTS = UNDER_SANITIZER ? 1500 : 6000,
    CUTS_ALL = 200000,
    CALLS_TRIED = 24,
    MEMORY_TRIED = 12
};

static struct sweep sweep;

static bool every_one(void) {
    const char *word = getenv("SHEBAO_CUTS");
    return word && strcmp(word, "all") == 0;
}

/* A sanitizer looks at every fourth of them, for it takes that much longer. */
static long stride(long calls, long tried) {
    long wanted = UNDER_SANITIZER ? tried / 4 : tried;
    return every_one() || calls <= wanted ? 1 : calls / wanted;
}

static void begin(struct card_story *s, struct story *story) {
    (void)memset(s, 0, sizeof *s);
    *story = card_story_of(s);
    sweep_calm(&sweep, story, 11);
}

static void finish(const char *what) {
    print_message("%lu %s, %lu different contents, %lu times to the end\n", sweep.cuts, what,
        sweep.distinct, sweep.carried);
    sweep_free(&sweep);
}

static void a_cut_anywhere_changes_nothing_of_the_cards(void **state) {
    (void)state;
    struct card_story s;
    struct story story;
    begin(&s, &story);
    unsigned long each = (every_one() ? CUTS_ALL : CUTS) / CARD_DEEDS + 1;
    for (size_t k = 0; k < CARD_DEEDS; k++) {
        sweep_log(&sweep, k);
        for (unsigned long i = 0; i < each; i++) {
            uint32_t any = torn_draw(&sweep.seed, (uint32_t)sweep.log.count + 1);
            size_t place = i <= sweep.log.count ? i : any;
            if (!sweep_cut(&sweep, k, place, false)) {
                fail_msg("%s, cut at %zu: %s", card_deeds[k].name, place, sweep.trouble);
            }
        }
    }
    assert_true(sweep.cuts >= CUTS);
    finish("cuts");
}

static void a_disk_that_fails_at_any_call_changes_nothing_of_the_cards(void **state) {
    (void)state;
    struct card_story s;
    struct story story;
    begin(&s, &story);
    for (size_t i = 0; i < (size_t)CARD_DEEDS * TORN_TROUBLES; i++) {
        size_t k = i / TORN_TROUBLES;
        bool hit = true;
        long step = stride(sweep.calls[k], CALLS_TRIED);
        long n = 1 + (long)torn_draw(&sweep.seed, (uint32_t)step);
        for (; hit; n += step) {
            if (!sweep_fault(&sweep, k, n, (enum torn_trouble)(i % TORN_TROUBLES), &hit)) {
                fail_msg("%s, call %ld: %s", card_deeds[k].name, n, sweep.trouble);
            }
        }
    }
    finish("failing calls");
}

/* One allocation of deed k fails, or all from the n-th on. False when there was none. */
static bool fail_memory(size_t k, long n, bool for_good) {
    struct why why = {""};
    sweep_ready(&sweep, k);
    memory.calls = memory.hits = 0;
    memory.fail_at = n;
    memory.for_good = for_good;
    enum err err = sweep_deed(&sweep, k, &why);
    memory.fail_at = 0;
    bool hit = memory.hits > 0;
    if ((err && err != ERR_OUTSIDE) || !sweep_go_on(&sweep, k, err)) {
        fail_msg(
            "%s, allocation %ld fails: %s, %s", card_deeds[k].name, n, why.text, sweep.trouble);
    }
    return hit;
}

static void a_memory_that_runs_short_anywhere_changes_nothing_of_the_cards(void **state) {
    (void)state;
    if (!memory_can_fail) {
        skip();
    }
    struct card_story s;
    struct story story;
    begin(&s, &story);
    for (size_t k = 0; k < CARD_DEEDS; k++) {
        struct why why = {""};
        sweep_ready(&sweep, k);
        memory.calls = 0;
        assert_int_equal(sweep_deed(&sweep, k, &why), OK);
        long step = stride(memory.calls, MEMORY_TRIED);
        long n = 1 + (long)torn_draw(&sweep.seed, (uint32_t)step);
        while (fail_memory(k, n, n % 2 == 0)) {
            n += step;
        }
    }
    finish("allocations that failed");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_anywhere_changes_nothing_of_the_cards),
        cmocka_unit_test(a_disk_that_fails_at_any_call_changes_nothing_of_the_cards),
        cmocka_unit_test(a_memory_that_runs_short_anywhere_changes_nothing_of_the_cards),
    };
    return cmocka_run_group_tests(tests, torn_disk_install, torn_disk_free);
}
