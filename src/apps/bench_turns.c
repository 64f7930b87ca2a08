#include "apps/bench_turns.h"

#include <assert.h>

#include "host/clock.h"
#include "host/progress.h"

static const double turn_seconds = 0.05;

static enum err take_turn(struct bench_side *side, struct why *why) {
    size_t batches = 0;
    double seconds = 0;
    uint64_t began_ns = clock_ns();
    while (seconds < turn_seconds) {
        enum err err = side->run(side->self, why);
        if (err) {
            return err;
        }
        batches++;
        seconds = clock_seconds_since(began_ns);
    }
    double rate = (double)(batches * side->items) / seconds;
    side->rate = rate > side->rate ? rate : side->rate;
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
