/* What the cores of a machine do beside a bench, from the system's own figures. */
#include "check.h"

#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/peace.h"

enum { TICKS = 100 };

static void ticks_of_all_kinds_but_idle_and_waiting_are_work(void **state) {
    (void)state;
    static const struct {
        const char *line;
        double seconds;
    } cases[] = {
        {"cpu  100 0 0 0 0 0 0 0 0 0\n",              1   },
        {"cpu  0 100 0 0 0 0 0 0 0 0\n",              1   },
        {"cpu  0 0 100 0 0 0 0 0 0 0\n",              1   },
        {"cpu  0 0 0 100 0 0 0 0 0 0\n",              0   },
        {"cpu  0 0 0 0 100 0 0 0 0 0\n",              0   },
        {"cpu  0 0 0 0 0 100 0 0 0 0\n",              1   },
        {"cpu  0 0 0 0 0 0 100 0 0 0\n",              1   },
        {"cpu  0 0 0 0 0 0 0 100 0 0\n",              1   },
        {"cpu  0 0 0 0 0 0 0 0 100 100\n",            0   }, /* guests: they stand in the first two already */
        {"cpu  4105 17 903 88000 311 2 40 133 0 0\n", 52  },
        {"cpu  1 2 3 4 5 6 7 8",                      0.27}, /* an older system's line */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double seconds = -1;
        assert_true(peace_read_line(cases[i].line, TICKS, &seconds));
        assert_true(seconds > cases[i].seconds - 1e-9);
        assert_true(seconds < cases[i].seconds + 1e-9);
    }
}

/* Every prefix of a line that has not all eight kinds, and lines of single cores. */
static void another_line_says_nothing(void **state) {
    (void)state;
    static const char whole[] = "cpu  4105 17 903 88000 311 2 40 "; /* seven kinds */
    static const char *const others[] = {"cpu0 1 2 3 4 5 6 7 8", "intr 1 2 3 4 5 6 7 8 9", "",
        "cpu  one 2 3 4 5 6 7 8", "CPU  1 2 3 4 5 6 7 8"};
    double seconds = -1;
    for (size_t len = 0; len < sizeof whole; len++) {
        char line[sizeof whole] = "";
        (void)memcpy(line, whole, len);
        assert_false(peace_read_line(line, TICKS, &seconds));
        assert_true(seconds < 1e-9);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(peace_read_line(others[i], TICKS, &seconds));
    }
}

/* A child that works for three tenths of a second leaves its trace; sleeping leaves none of ours. */
static void work_of_a_child_is_seen(void **state) {
    (void)state;
    double before = 0;
    double after = 0;
    if (!peace_busy_seconds(&before)) {
        skip();
    }
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct timespec t = {0};
        do {
            (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        } while (t.tv_sec == 0 && t.tv_nsec < 300000000);
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(peace_busy_seconds(&after));
    assert_true(after - before >= 0.2); /* ticks are coarse */
}

static bool share_is(double busy, double own, double seconds, long cores, double expected) {
    double share = peace_share_of_others(busy, own, seconds, cores);
    return share > expected - 1e-9 && share < expected + 1e-9;
}

static void others_have_what_a_bench_did_not_work_itself(void **state) {
    (void)state;
    assert_true(share_is(0.4, 0.4, 0.2, 2, 0));
    assert_true(share_is(0.4, 0.2, 0.2, 2, 0.5));
    assert_true(share_is(0.4, 0, 0.2, 2, 1));
    assert_true(share_is(0.3, 0.2, 1, 1, 0.1));
    assert_true(share_is(0, 0, 1, 64, 0));
    assert_true(share_is(0.38, 0.4, 0.2, 2, 0)); /* a tick that came too late */
    assert_true(share_is(0.9, 0.1, 0.2, 2, 1));  /* or too early */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_of_all_kinds_but_idle_and_waiting_are_work),
        cmocka_unit_test(another_line_says_nothing),
        cmocka_unit_test(work_of_a_child_is_seen),
        cmocka_unit_test(others_have_what_a_bench_did_not_work_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
