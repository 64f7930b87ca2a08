/* Work that pauses: it goes on where it stopped, whatever others do meanwhile, on a stack of its own. */
#include "check.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/fiber.h"

enum { MANY = 64, TURNS = 100 };

/* Counts to TURNS with a pause after each number, deep in a call. */
struct counting {
    struct fiber *fiber;
    int reached;
    double sum;
};

static int count_deep(struct counting *c, int depth) {
    volatile uint8_t room[256]; /* what is on the stack must be there afterwards */
    (void)memset((uint8_t *)(uintptr_t)room, depth, sizeof room);
    if (depth > 0) {
        return count_deep(c, depth - 1) + room[17];
    }
    fiber_pause(c->fiber);
    return room[17];
}

static void count(void *self) {
    struct counting *c = self;
    double mine = 0;
    for (int i = 0; i < TURNS; i++) {
        c->reached = i;
        assert_int_equal(count_deep(c, 20), 20 * 21 / 2);
        mine += 0.5 * i;
    }
    c->sum = mine;
}

static void many_go_on_where_they_stopped(void **state) {
    (void)state;
    struct counting all[MANY] = {{0}};
    struct why why;
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(fiber_open(&all[i].fiber, &why), OK);
        fiber_begin(all[i].fiber, count, &all[i]);
    }
    for (int turn = 0; turn < TURNS; turn++) {
        for (size_t i = 0; i < MANY; i++) {
            assert_true(fiber_resume(all[(i * 7) % MANY].fiber));
            assert_int_equal(all[(i * 7) % MANY].reached, turn);
        }
    }
    for (size_t i = 0; i < MANY; i++) {
        assert_false(fiber_resume(all[i].fiber));
        assert_true(all[i].sum == 0.5 * TURNS * (TURNS - 1) / 2);
        assert_false(fiber_resume(all[i].fiber)); /* and nothing more */
        fiber_close(all[i].fiber);
    }
}

static void set(void *self) {
    bool *ran = self;
    *ran = true;
}

static void *run_in_thread(void *self) {
    struct fiber *fiber = self;
    bool ran = false;
    fiber_begin(fiber, set, &ran);
    assert_false(fiber_resume(fiber));
    assert_true(ran);
    return NULL;
}

static void one_that_has_ended_may_begin_in_another_thread(void **state) {
    (void)state;
    struct fiber *fiber = NULL;
    struct why why;
    assert_int_equal(fiber_open(&fiber, &why), OK);
    assert_false(fiber_resume(fiber)); /* nothing to do yet */
    run_in_thread(fiber);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run_in_thread, fiber), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    fiber_close(fiber);
    fiber_close(NULL);
}

static void one_that_is_paused_may_be_given_up(void **state) {
    (void)state;
    struct counting c = {0};
    struct why why;
    assert_int_equal(fiber_open(&c.fiber, &why), OK);
    fiber_begin(c.fiber, count, &c);
    assert_true(fiber_resume(c.fiber));
    fiber_close(c.fiber);
}

/* Grows until the page that nobody may touch; each call looks at the one above, so that none can be left
 * away. */
static unsigned grow(struct counting *c, unsigned depth, const volatile uint8_t *above) {
    volatile uint8_t room[1024];
    for (size_t i = 0; i < sizeof room; i++) {
        room[i] = (uint8_t)(above[i] + depth);
    }
    c->reached++;
    unsigned below = depth > 0 ? grow(c, depth - 1, room) : 0;
    return below * 3 + above[depth % sizeof room] + room[3];
}

static void overflow(void *self) {
    static const volatile uint8_t first[1024];
    struct counting *c = self;
    c->sum = grow(c, 2 * FIBER_STACK / 1024, first);
}

static void a_stack_that_grows_too_far_ends_the_program(void **state) {
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct counting c = {0};
        struct why why;
        (void)close(STDERR_FILENO);
        (void)signal(SIGSEGV, SIG_DFL);
        if (fiber_open(&c.fiber, &why) == OK) {
            fiber_begin(c.fiber, overflow, &c);
            (void)fiber_resume(c.fiber);
        }
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_go_on_where_they_stopped),
        cmocka_unit_test(one_that_has_ended_may_begin_in_another_thread),
        cmocka_unit_test(one_that_is_paused_may_be_given_up),
        cmocka_unit_test(a_stack_that_grows_too_far_ends_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
