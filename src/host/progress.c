#include "host/progress.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/clock.h"

/* How often the line is drawn, and how long work may take before anybody wants to see it. */
enum { BAR_CELLS = 24 };
static const uint64_t first_ns = 1000000000;
static const uint64_t terminal_ns = 100000000;
static const uint64_t plain_ns = 10000000000;

struct progress progress_begin(const char *label, const char *unit, uint64_t total, bool quiet) {
    uint64_t now = clock_ns();
    return (struct progress){
        .label = label,
        .unit = unit,
        .total = total,
        .began_ns = now,
        .drawn_ns = now,
        .quiet = quiet,
        .terminal = isatty(STDERR_FILENO) == 1,
    };
}

/* Things a second since the beginning; 0 while no time has passed. */
static double rate_of(const struct progress *p, double seconds) {
    return seconds > 0 ? (double)p->done / seconds : 0;
}

/* A slow rate is no rate without its first decimal: two runs in a minute are not 0 a second. */
static int decimals(double rate) {
    return rate < 9.5 ? 1 : 0;
}

/* "1:05 left", or nothing while nobody can know. */
static void left_text(const struct progress *p, double seconds, char *text, size_t room) {
    double rate = rate_of(p, seconds);
    text[0] = '\0';
    if (p->total >= p->done && p->done > 0 && rate > 0) {
        uint64_t left = (uint64_t)((double)(p->total - p->done) / rate + 0.5);
        (void)snprintf(text, room, ", %" PRIu64 ":%02" PRIu64 " left", left / 60, left % 60);
    }
}

/* More done than the total, as happens when a file grows, fills the bar and no more. */
static void bar_text(const struct progress *p, char bar[BAR_CELLS + 1]) {
    uint64_t done = p->done < p->total ? p->done : p->total;
    size_t full = p->total ? (size_t)((double)done / (double)p->total * BAR_CELLS) : 0;
    assert(full <= BAR_CELLS);
    (void)memset(bar, '-', BAR_CELLS);
    (void)memset(bar, '#', full);
    bar[BAR_CELLS] = '\0';
}

/* A terminal's line begins with a return and ends by clearing what the last one left; elsewhere
 * each drawing is a line of its own. The bar would be noise there. */
static void draw(struct progress *p, uint64_t now) {
    char left[48];
    char bar[BAR_CELLS + 1];
    double seconds = (double)(now - p->began_ns) / 1e9;
    left_text(p, seconds, left, sizeof left);
    bar_text(p, bar);
    (void)fprintf(stderr, "%s  %-22s ", p->terminal ? "\r" : "", p->label);
    if (p->total && p->terminal) {
        (void)fprintf(stderr, "[%s] ", bar);
    }
    if (p->total) {
        (void)fprintf(stderr, "%" PRIu64 "/%" PRIu64 " %s", p->done, p->total, p->unit);
    } else {
        (void)fprintf(stderr, "%" PRIu64 " %s", p->done, p->unit);
    }
    double rate = rate_of(p, seconds);
    (void)fprintf(
        stderr, ", %.*f/s%s%s", decimals(rate), rate, left, p->terminal ? "\033[K" : "\n");
    p->drawn = p->terminal;
    p->drawn_ns = now;
}

/* Called for each item: one look at the clock, and nothing else while it is too early. */
void progress_at(struct progress *p, uint64_t done) {
    p->done = done;
    if (p->quiet) {
        return;
    }
    uint64_t now = clock_ns();
    uint64_t pause = p->terminal ? terminal_ns : plain_ns;
    if (now - p->began_ns >= first_ns && now - p->drawn_ns >= pause) {
        draw(p, now);
    }
}

/* Takes the bar away, so that what follows begins on an empty line. */
static void rub_out(struct progress *p) {
    if (p->drawn) {
        (void)fprintf(stderr, "\r\033[K");
        p->drawn = false;
    }
}

/* A rate over less than a tenth of a second would be noise, and is left out. */
double progress_end(struct progress *p) {
    double seconds = clock_seconds_since(p->began_ns);
    if (p->quiet) {
        return seconds;
    }
    rub_out(p);
    (void)fprintf(
        stderr, "  %-22s %8" PRIu64 " %-12s %7.1f s", p->label, p->done, p->unit, seconds);
    if (seconds >= 0.1) {
        double rate = rate_of(p, seconds);
        (void)fprintf(stderr, " %10.*f/s", decimals(rate), rate);
    }
    (void)fprintf(stderr, "\n");
    return seconds;
}

void progress_abandon(struct progress *p) {
    if (!p->quiet) {
        rub_out(p);
    }
}
