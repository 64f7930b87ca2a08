/* The power fails anywhere in two business days, from the first table to the second close: the centre begins
 * again, goes on, and the books, the chain, the bank's files and the proofs are those of a day that
 * nobody disturbed, to the byte. */
#include "faults/paid_story.h"
#include "faults/sanitizer.h"

#include "faults/frozen_clock.h"

enum { CUTS = UNDER_SANITIZER ? 4000 : 20000, CUTS_ALL = 1000000 };

static unsigned long cuts_wanted(void) {
    const char *word = getenv("SHEBAO_CUTS");
    unsigned long given = word ? strtoul(word, NULL, 10) : 0;
    return given ? given : word && strcmp(word, "all") == 0 ? CUTS_ALL : CUTS;
}

/* Cuts of deed k: each place of its log once, and then any. */
static void cut_deed(struct sweep *s, size_t k, unsigned long count) {
    sweep_log(s, k);
    for (unsigned long i = 0; i < count; i++) {
        size_t place = i <= s->log.count ? i : torn_draw(&s->seed, (uint32_t)s->log.count + 1);
        if (!sweep_cut(s, k, place, false)) {
            fail_msg("%s, cut at %zu of %zu: %s", s->story->deeds[k].name, place, s->log.count,
                s->trouble);
        }
    }
}

static void a_cut_anywhere_changes_nothing_of_the_day(void **state) {
    (void)state;
    static struct sweep sweep;
    struct paid_story *s = paid_new();
    struct story story = paid_story_of(s);
    sweep_calm(&sweep, &story, 20031008);
    unsigned long each = cuts_wanted() / PAID_DEEDS + 1;
    for (size_t k = 0; k < PAID_DEEDS; k++) {
        cut_deed(&sweep, k, each);
    }
    print_message("%lu cuts, %lu different contents, %lu times to the end\n", sweep.cuts,
        sweep.distinct, sweep.carried);
    assert_true(sweep.cuts >= cuts_wanted());
    assert_true(sweep.distinct >= PAID_DEEDS);
    sweep_free(&sweep);
    paid_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_anywhere_changes_nothing_of_the_day),
    };
    return cmocka_run_group_tests(tests, torn_disk_install, torn_disk_free);
}
