/* Each call to the disk and each allocation of two business days fails: whatever is answered, the centre
 * goes on with the next command, and the end is that of days without any failure. A forcing that fails
 * ends the process (disk 3). */
#include "faults/failing_memory.h"
#include "faults/paid_story.h"

#include "faults/frozen_clock.h"

/* So many places of a deed are tried; with SHEBAO_CUTS=all every one. */
enum { CALLS_TRIED = 36, MEMORY_TRIED = 24 };

static long stride(long calls, long tried) {
    const char *word = getenv("SHEBAO_CUTS");
    bool all = word && strcmp(word, "all") == 0;
    long wanted = UNDER_SANITIZER ? tried / 6 : tried;
    return all || calls <= wanted ? 1 : calls / wanted;
}

static struct sweep sweep;

static struct paid_story *begin(struct story *story) {
    struct paid_story *s = paid_new();
    *story = paid_story_of(s);
    sweep_calm(&sweep, story, 7);
    return s;
}

static void finish(struct paid_story *s, const char *what) {
    print_message("%lu %s, %lu different contents, %lu times to the end\n", sweep.cuts, what,
        sweep.distinct, sweep.carried);
    sweep_free(&sweep);
    paid_free(s);
}

static void fail_calls(size_t k, enum torn_trouble trouble) {
    bool hit = true;
    long step = stride(sweep.calls[k], CALLS_TRIED);
    long n = 1 + (long)torn_draw(&sweep.seed, (uint32_t)step);
    for (; hit; n += step) {
        if (!sweep_fault(&sweep, k, n, trouble, &hit)) {
            fail_msg("%s, call %ld of %ld fails (%d): %s", sweep.story->deeds[k].name, n,
                sweep.calls[k], (int)trouble, sweep.trouble);
        }
    }
    assert_true(n > 1);
}

static void a_disk_that_fails_at_any_call_changes_nothing_of_the_day(void **state) {
    (void)state;
    struct story story;
    struct paid_story *s = begin(&story);
    for (size_t k = 0; k < PAID_DEEDS; k++) {
        for (int trouble = 0; trouble < TORN_TROUBLES; trouble++) {
            fail_calls(k, (enum torn_trouble)trouble);
        }
    }
    assert_true(sweep.cuts > 3UL * PAID_DEEDS);
    finish(s, "failing calls");
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
    if (err && err != ERR_OUTSIDE) {
        fail_msg("%s, allocation %ld: %s", sweep.story->deeds[k].name, n, why.text);
    }
    if (!sweep_go_on(&sweep, k, err)) {
        fail_msg("%s, allocation %ld fails: %s", sweep.story->deeds[k].name, n, sweep.trouble);
    }
    return hit;
}

static void a_memory_that_runs_short_anywhere_changes_nothing_of_the_day(void **state) {
    (void)state;
    if (!memory_can_fail) {
        skip();
    }
    struct story story;
    struct paid_story *s = begin(&story);
    for (size_t k = 0; k < PAID_DEEDS; k++) {
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
    assert_true(sweep.cuts > 10UL * PAID_DEEDS);
    finish(s, "allocations that failed");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_disk_that_fails_at_any_call_changes_nothing_of_the_day),
        cmocka_unit_test(a_memory_that_runs_short_anywhere_changes_nothing_of_the_day),
    };
    return cmocka_run_group_tests(tests, torn_disk_install, torn_disk_free);
}
