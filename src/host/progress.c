#include "host/progress.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "host/clock.h"

/* A bar of fewer cells says less than the figures beside it. A terminal that does not tell its width
 * is taken for the oldest one. */
enum { BAR_CELLS_MIN = 4, BAR_CELLS_MAX = 24, COLUMNS_USUAL = 80, LINE_ROOM = 256 };

/* How often the line is drawn, and how long work may take before anybody wants to see it. */
static const uint64_t first_ns = 1000000000;
static const uint64_t terminal_ns = 100000000;
static const uint64_t plain_ns = 10000000000;

static unsigned columns_of_terminal(void) {
    struct winsize size = {0};
    bool told = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return told ? size.ws_col : COLUMNS_USUAL;
}

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
        .columns = columns_of_terminal(),
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

/* What is done, how fast, and how long it will take: "64/400 cards, 12/s, 0:28 left". */
static void figures_text(const struct progress *p, double seconds, char *text, size_t room) {
    char left[48];
    char total[24] = "";
    double rate = rate_of(p, seconds);
    left_text(p, seconds, left, sizeof left);
    if (p->total) {
        (void)snprintf(total, sizeof total, "/%" PRIu64, p->total);
    }
    (void)snprintf(text, room, "%" PRIu64 "%s %s, %.*f/s%s", p->done, total, p->unit,
        decimals(rate), rate, left);
}

/* "[####----] " of that many cells. More done than the total, as happens when a file grows, fills
 * the bar and no more. */
static void bar_text(const struct progress *p, size_t cells, char *bar) {
    uint64_t done = p->done < p->total ? p->done : p->total;
    size_t full = (size_t)((double)done / (double)p->total * (double)cells);
    assert(cells <= BAR_CELLS_MAX);
    assert(full <= cells);
    bar[0] = '[';
    (void)memset(bar + 1, '-', cells);
    (void)memset(bar + 1, '#', full);
    (void)memcpy(bar + 1 + cells, "] ", sizeof "] ");
}

/* The line must fit the terminal with a column to spare: of a line that wraps, a return reaches only
 * the last part, and each drawing would leave the rest of the one before. */
static void draw_on_terminal(const struct progress *p, const char *head, const char *figures) {
    char bar[BAR_CELLS_MAX + 4] = "";
    char line[LINE_ROOM];
    size_t others = strlen(head) + strlen(figures) + strlen("[] ") + 1;
    size_t cells = p->columns > others ? p->columns - others : 0;
    if (p->total && cells >= BAR_CELLS_MIN) {
        bar_text(p, cells < BAR_CELLS_MAX ? cells : BAR_CELLS_MAX, bar);
    }
    (void)snprintf(line, sizeof line, "%s%s%s", head, bar, figures);
    (void)fprintf(stderr, "\r%.*s\033[K", (int)p->columns - 1, line);
}

/* Elsewhere than on a terminal each drawing is a line of its own, and a bar would be noise. */
static void draw(struct progress *p, uint64_t now) {
    char head[LINE_ROOM / 2];
    char figures[LINE_ROOM / 2];
    (void)snprintf(head, sizeof head, "  %-22s ", p->label);
    figures_text(p, (double)(now - p->began_ns) / 1e9, figures, sizeof figures);
    if (p->terminal) {
        draw_on_terminal(p, head, figures);
    } else {
        (void)fprintf(stderr, "%s%s\n", head, figures);
    }
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
