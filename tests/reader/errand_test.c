/* Work given to a thread: done in time, late, and what is left behind. */
#include "reader/errand.h"

#include <stdatomic.h>
#include <time.h>

#include "check.h"
#include "host/clock.h"

enum { SOON_MS = 2000, SHORT_MS = 40 };

/* What the thread works on. It is static, so that a test can still look after it was dropped. */
static struct job {
    atomic_int done, dropped;
    atomic_bool open; /* slow work waits for it */
} job;

static void a_moment(void) {
    (void)nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

static void quick(void *subject) {
    struct job *j = subject;
    j->done++;
}

static void slow(void *subject) {
    struct job *j = subject;
    while (!j->open) {
        a_moment();
    }
    j->done++;
}

static void drop(void *subject) {
    struct job *j = subject;
    j->dropped++;
}

static void slow_drop(void *subject) {
    struct job *j = subject;
    while (!j->open) {
        a_moment();
    }
    j->dropped++;
}

static int set_up(void **state) {
    (void)state;
    job.done = 0;
    job.dropped = 0;
    job.open = false;
    return 0;
}

static struct errand *begun(void (*with)(void *)) {
    struct errand *e = NULL;
    struct why why = {{0}};
    assert_int_equal(errand_open(&job, with, &e, &why), OK);
    assert_non_null(e);
    return e;
}

static void wait_for_drop(void) {
    for (int i = 0; i < 1000 && !job.dropped; i++) {
        a_moment();
    }
    assert_int_equal(job.dropped, 1);
}

static void work_is_done_before_it_returns(void **state) {
    (void)state;
    struct errand *e = begun(drop);
    for (int i = 1; i <= 1000; i++) {
        assert_true(errand_run(e, quick, SOON_MS));
        assert_int_equal(job.done, i);
    }
    assert_int_equal(job.dropped, 0);
    errand_close(e, SOON_MS);
    assert_int_equal(job.dropped, 1);
}

static void an_errand_without_work_ends_too(void **state) {
    (void)state;
    errand_close(begun(drop), SOON_MS);
    assert_int_equal(job.dropped, 1);
    errand_close(NULL, SOON_MS);
}

static void late_work_is_given_up_for_ever(void **state) {
    (void)state;
    struct errand *e = begun(drop);
    uint64_t began = clock_ns();
    assert_false(errand_run(e, slow, SHORT_MS));
    assert_true(clock_seconds_since(began) < 1);
    assert_false(errand_run(e, quick, SHORT_MS));
    job.open = true;
    while (job.done == 0) {
        a_moment();
    }
    assert_false(errand_run(e, quick, SHORT_MS)); /* it came back, but nobody believes it */
    assert_int_equal(job.done, 1);
    errand_close(e, SOON_MS);
    wait_for_drop();
}

static void late_work_drops_its_subject_when_it_comes_back(void **state) {
    (void)state;
    struct errand *e = begun(drop);
    assert_false(errand_run(e, slow, SHORT_MS));
    uint64_t began = clock_ns();
    errand_close(e, SOON_MS); /* does not wait for it */
    assert_true(clock_seconds_since(began) < 1);
    assert_int_equal(job.dropped, 0);
    job.open = true;
    wait_for_drop();
    assert_int_equal(job.done, 1);
}

static void a_drop_that_hangs_holds_up_nobody(void **state) {
    (void)state;
    struct errand *e = begun(slow_drop);
    assert_true(errand_run(e, quick, SOON_MS));
    uint64_t began = clock_ns();
    errand_close(e, SHORT_MS);
    assert_true(clock_seconds_since(began) < 1);
    job.open = true;
    wait_for_drop();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(work_is_done_before_it_returns, set_up),
        cmocka_unit_test_setup(an_errand_without_work_ends_too, set_up),
        cmocka_unit_test_setup(late_work_is_given_up_for_ever, set_up),
        cmocka_unit_test_setup(late_work_drops_its_subject_when_it_comes_back, set_up),
        cmocka_unit_test_setup(a_drop_that_hangs_holds_up_nobody, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
