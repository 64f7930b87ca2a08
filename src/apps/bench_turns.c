#include "apps/bench_turns.h"

#include <assert.h>
#include <time.h>
#include <unistd.h>

#include "host/clock.h"
#include "host/peace.h"
#include "host/progress.h"

enum { PEACE_TURNS = 5 /* in peace, of each side */ };
static const double turn_seconds = 0.05;
static const double long_seconds = 0.2; /* of a turn whose ticks are counted: forty on two cores */
static const double peace_share = 0.05; /* others may have: two ticks of those forty */

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

/* Puts the rate among those of the fast turns, if it is one; the last that there is counts. */
static void note_rate(struct bench_side *side, double rate) {
    for (size_t i = 0; i < BENCH_FAST_TURNS; i++) {
        double slower = side->fast[i];
        if (rate > slower) {
            side->fast[i] = rate;
            rate = slower;
        }
        side->rate = side->fast[i] > 0 ? side->fast[i] : side->rate;
    }
    assert(side->rate > 0);
    assert(side->fast[0] >= side->rate);
}

/* A turn that is over: how long it took, what the cores worked for it, what came of it. */
struct turn {
    double seconds, worked, items;
};

static enum err take_turn(
    struct bench_side *side, double least, struct turn *turn, struct why *why) {
    size_t batches = 0;
    double worked = work_seconds(side);
    uint64_t began_ns = clock_ns();
    *turn = (struct turn){0};
    while (turn->seconds < least) {
        enum err err = side->run(side->self, why);
        if (err) {
            return err;
        }
        batches++;
        turn->seconds = clock_seconds_since(began_ns);
    }
    turn->items = (double)(batches * side->items);
    turn->worked = work_seconds(side) - worked;
    note_rate(side, turn->items / turn->worked);
    side->wall_rate = more(side->wall_rate, turn->items / turn->seconds);
    return OK;
}

enum err bench_take_turns(const char *bench, struct bench_side *sides, size_t count, size_t rounds,
    bool quiet, struct why *why) {
    assert(rounds >= 1);
    struct turn turn;
    enum err err = OK;
    struct progress progress = progress_begin(bench, "turns", rounds * count, quiet);
    for (size_t i = 0; !err && i < rounds * count; i++) {
        if (sides[i % count].run) {
            err = take_turn(&sides[i % count], turn_seconds, &turn, why);
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

/* --- in peace ------------------------------------------------------------------------------------- */

static bool patient(const struct bench_side *side) {
    return side->run && side->wants_peace && side->in_peace < PEACE_TURNS;
}

/* A machine that does not say what its cores do is never in peace. */
static enum err take_long_turn(struct bench_side *side, struct why *why) {
    struct turn turn;
    double before = 0;
    double after = 0;
    bool known = peace_busy_seconds(&before);
    enum err err = take_turn(side, long_seconds, &turn, why);
    known = known && peace_busy_seconds(&after);
    if (err) {
        return err;
    }
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    double others = known && cores > 0
                        ? peace_share_of_others(after - before, turn.worked, turn.seconds, cores)
                        : 1;
    side->others = others < side->others ? others : side->others;
    if (others <= peace_share) {
        side->in_peace++;
        side->peace_rate = more(side->peace_rate, turn.items / turn.seconds);
    }
    return OK;
}

/* One turn for each side that still wants one; *going says whether there was any. */
static enum err take_round(struct bench_side *sides, size_t count, bool *going, struct why *why) {
    enum err err = OK;
    *going = false;
    for (size_t i = 0; !err && i < count; i++) {
        if (patient(&sides[i])) {
            err = take_long_turn(&sides[i], why);
            *going = true;
        }
    }
    return err;
}

enum err bench_take_turns_in_peace(const char *bench, struct bench_side *sides, size_t count,
    double wait, bool quiet, struct why *why) {
    enum { ROUNDS_LEAST = 2 };
    enum err err = OK;
    bool going = true;
    double passed = 0;
    uint64_t began_ns = clock_ns();
    assert(wait >= 0);
    for (size_t i = 0; i < count; i++) {
        sides[i].others = 1;
    }
    struct progress progress = progress_begin(
        bench, "seconds at most for turns in peace", (uint64_t)wait, quiet);
    for (size_t round = 0; !err && going && (round < ROUNDS_LEAST || passed < wait); round++) {
        err = take_round(sides, count, &going, why);
        passed = clock_seconds_since(began_ns);
        progress_at(&progress, (uint64_t)(passed < wait ? passed : wait));
    }
    progress_abandon(&progress); /* it ends when all had their turns, as a rule before the time */
    return err;
}

bool bench_both_rates(const struct bench_side *several, const struct bench_side *one,
    double *several_rate, double *one_rate) {
    bool peace = several->in_peace > 0 && one->in_peace > 0;
    assert(several->run);
    *several_rate = peace ? several->peace_rate : several->wall_rate;
    *one_rate = peace ? one->peace_rate : one->wall_rate;
    return peace;
}
