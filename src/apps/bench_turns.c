#include "apps/bench_turns.h"

#include <assert.h>
#include <time.h>

#include "host/clock.h"
#include "host/progress.h"

static const double turn_seconds = 0.05;

static double seconds_of(clockid_t clock) {
    struct timespec t = {0};
    return clock_gettime(clock, &t) == 0 ? (double)t.tv_sec + (double)t.tv_nsec * 1e-9 : 0;
}

/* What all threads of this process have worked, and those of the helper. */
static double work_seconds(const struct bench_side *side) {
    clockid_t helper = 0;
    double work = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    if (side->helper > 0 && clock_getcpuclockid(side->helper, &helper) == 0) {
        work += seconds_of(helper);
    }
    return work;
}

static double more(double a, double b) {
    return a > b ? a : b;
}

static enum err take_turn(struct bench_side *side, struct why *why) {
    size_t batches = 0;
    double seconds = 0;
    double worked = work_seconds(side);
    uint64_t began_ns = clock_ns();
    while (seconds < turn_seconds) {
        enum err err = side->run(side->self, why);
        if (err) {
            return err;
        }
        batches++;
        seconds = clock_seconds_since(began_ns);
    }
    double items = (double)(batches * side->items);
    side->rate = more(side->rate, items / (work_seconds(side) - worked));
    side->wall_rate = more(side->wall_rate, items / seconds);
    return OK;
}

enum err bench_take_turns(const char *bench, struct bench_side *sides, size_t count, size_t rounds,
    bool quiet, struct why *why) {
    assert(rounds >= 1);
    enum err err = OK;
    struct progress progress = progress_begin(bench, "turns", rounds * count, quiet);
    for (size_t i = 0; !err && i < rounds * count; i++) {
        if (sides[i % count].run) {
            err = take_turn(&sides[i % count], why);
        }
        progress_at(&progress, i + 1);
    }
    if (err) {
        progress_abandon(&progress);
    } else {
        (void)progress_end(&progress);
    }
    return err;
}
