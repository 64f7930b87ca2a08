#include "apps/bench_online.h"

#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "apps/bench_figure.h"
#include "apps/command.h"
#include "apps/day_desk.h"
#include "apps/online_post.h"
#include "host/clock.h"
#include "host/ending.h"
#include "host/options.h"
#include "host/progress.h"

/* How the bench is fair: the centre is a whole one, with its registry, its vault's process and its
 * clearing, behind its own socket; every question is sealed, judged by all rules, kept by a commit
 * that is forced to the disk, and only then answered. The yardsticks insert the same row and judge
 * nothing. Sides take turns; of each the median turn counts. In the end the rows are counted. */

struct bench_options {
    const char *folder;
    int64_t cards, rounds, seconds;
    bool json;
};

/* clang-format off */
static const struct option options[] = {
    {"--cards", OPTION_NUMBER, offsetof(struct bench_options, cards), NULL, "100000",
        "cards of the city", false},
    {"--seconds", OPTION_NUMBER, offsetof(struct bench_options, seconds), NULL, "5",
        "of one turn", false},
    {"--rounds", OPTION_NUMBER, offsetof(struct bench_options, rounds), NULL, "3",
        "how often each side has its turn; the median counts", false},
    {"--folder", OPTION_PATH, offsetof(struct bench_options, folder), "DIR", "/tmp",
        "where the databases lie meanwhile: on the disk that is to be measured", false},
    OPTION_JSON(struct bench_options, json),
};
/* clang-format on */

static const struct usage usage = {
    .command = "bench online",
    .help = "Times online authorisations, durable before they are answered, for 64 clients at "
            "once, each of\nwhich waits for its answer; beside a bare SQLite and PostgreSQL.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

enum { CARDS_LEAST = BENCH_LOADS, CARDS_MOST = 10000000, ROUNDS_MOST = 9, SECONDS_MOST = 600 };
static const double rate_target = 30000;   /* purchases a second */
static const double percentile_target = 5; /* milliseconds, 99 of 100 */

struct bench {
    const struct bench_options *given;
    char folder[PATH_ROOM], centre[PATH_ROOM], socket[PATH_ROOM];
    struct bench_askers *askers;
    pid_t server;
    int stop;              /* closed: the server ends */
    uint64_t sales, loads; /* that were answered with a yes */
    double sale_rate[ROUNDS_MOST], sale_ms[ROUNDS_MOST], load_rate[ROUNDS_MOST],
        load_ms[ROUNDS_MOST], sqlite_rate[ROUNDS_MOST], postgres_rate[ROUNDS_MOST];
    double sale_us[ROUNDS_MOST], load_us[ROUNDS_MOST]; /* of a core, the server's, for each */
};

/* --- the server ------------------------------------------------------------------------------- */

static void tell_groups(const struct online_counts *n) {
    (void)fprintf(stderr, "bench online: %.1f questions in a group, at most %zu\n",
        (double)n->asked / (double)(n->groups ? n->groups : 1), n->largest);
}

/* The whole life of the server's process. */
static int serve(const struct bench *b, int stop_fd) {
    DAY_DESK_SCOPE(desk);
    struct why why = {0};
    enum err err = day_desk_open(&desk, b->centre, true, &why);
    struct online_post post = {.clearing = &desk.clearing,
        .clock = {.date = desk.city.centre.file.date},
        .place = {.path = b->socket}};
    err = err ? err : db_save_in_memory(&desk.city.db, &why);
    err = err ? err : online_post_open(&post, &why);
    err = err ? err : online_post_serve(&post, stop_fd, &why);
    if (!err) {
        tell_groups(online_counted(post.hall));
    }
    online_post_close(&post);
    return (int)ending_tell(err, &why);
}

static enum err server_start(struct bench *b, struct why *why) {
    const struct line_place place = {.path = b->socket};
    int ends[2], fd = -1;
    if (pipe(ends) != 0 || (b->server = fork()) < 0) {
        return why_say(why, ERR_OUTSIDE, "the system gives no process for the server");
    }
    if (b->server == 0) {
        (void)close(ends[1]);
        _exit(serve(b, ends[0]));
    }
    (void)close(ends[0]);
    b->stop = ends[1];
    enum err err = ERR_OUTSIDE;
    for (uint64_t began_ns = clock_ns(); err && clock_seconds_since(began_ns) < 30;) {
        (void)usleep(20000);
        err = line_connect(&place, 0, &fd, why);
    }
    (void)(fd >= 0 ? close(fd) : 0);
    return err;
}

static enum err server_stop(struct bench *b, struct why *why) {
    int status = 0;
    if (b->server <= 0) {
        return OK;
    }
    (void)close(b->stop);
    (void)waitpid(b->server, &status, 0);
    b->server = 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0
               ? OK
               : why_say(why, ERR_OUTSIDE, "the server did not end well; see above");
}

/* What the server has worked so far in microseconds, whatever else the machine did meanwhile; 0 where
 * the system does not say. Its vault is another process. */
static double server_worked(const struct bench *b) {
    struct timespec worked = {0};
    clockid_t clock = 0;
    bool known = clock_getcpuclockid(b->server, &clock) == 0 && clock_gettime(clock, &worked) == 0;
    return known ? (double)worked.tv_sec * 1e6 + (double)worked.tv_nsec / 1e3 : 0;
}

/* --- turns ------------------------------------------------------------------------------------ */

/* A turn of all clients; *us: what the server worked for each answer. */
static enum err clients_turn(
    struct bench *b, bool loads, struct bench_turn *turn, double *us, struct why *why) {
    const struct line_place place = {.path = b->socket};
    double before = server_worked(b);
    enum err err = bench_clients_turn(
        b->askers, &place, loads, (double)b->given->seconds, turn, why);
    *us = (server_worked(b) - before) / (double)(turn->answers ? turn->answers : 1);
    return err;
}

static enum err one_round(struct bench *b, size_t round, struct why *why) {
    double seconds = (double)b->given->seconds;
    struct bench_turn sale = {0}, load = {0};
    enum err err = clients_turn(b, false, &sale, &b->sale_us[round], why);
    err = err ? err : clients_turn(b, true, &load, &b->load_us[round], why);
    err = err ? err
              : bench_online_sqlite(
                  b->folder, ONLINE_CLIENTS, seconds, &b->sqlite_rate[round], why);
    err = err ? err
              : bench_online_postgres(
                  b->folder, (unsigned)b->given->seconds, &b->postgres_rate[round], why);
    b->sale_rate[round] = sale.rate;
    b->sale_ms[round] = sale.percentile;
    b->load_rate[round] = load.rate;
    b->load_ms[round] = load.percentile;
    b->sales += sale.answers;
    b->loads += load.answers;
    return err;
}

static enum err measure(struct bench *b, struct why *why) {
    uint64_t rounds = (uint64_t)b->given->rounds;
    struct progress progress = progress_begin("bench online", "rounds", rounds, b->given->json);
    enum err err = server_start(b, why);
    for (uint64_t i = 0; !err && i < rounds; i++) {
        err = one_round(b, (size_t)i, why);
        progress_at(&progress, i + 1);
    }
    struct why unheard;
    enum err stopped = server_stop(b, err ? &unheard : why);
    if (err || stopped) {
        progress_abandon(&progress);
        return err ? err : stopped;
    }
    (void)progress_end(&progress);
    return OK;
}

/* Every yes has its row, and there is no row without a yes. */
static enum err count_rows(const struct bench *b, struct why *why) {
    int64_t approvals = 0, loads = 0;
    enum err err = bench_online_count(b->centre, &approvals, &loads, why);
    if (!err && ((uint64_t)approvals != b->sales || (uint64_t)loads != b->loads)) {
        return why_say(why, ERR_CONFLICT,
            "%" PRIu64 " purchases and %" PRIu64 " loads were granted, %" PRId64 " and %" PRId64
            " are kept; tell the makers",
            b->sales, b->loads, approvals, loads);
    }
    return err;
}

/* --- the report ------------------------------------------------------------------------------- */

static int compare_double(const void *a, const void *b) {
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double median(double *values, int64_t count) {
    assert(count > 0);
    qsort(values, (size_t)count, sizeof *values, compare_double);
    return values[count / 2];
}

static void figure_fill(struct bench_figure *figure, const char *unit, double value,
    const char *yardstick, double yardstick_value) {
    figure->unit = unit;
    figure->value = value;
    figure->yardstick = yardstick;
    figure->yardstick_value = yardstick_value;
}

static int report(struct bench *b) {
    int64_t rounds = b->given->rounds;
    double sales = median(b->sale_rate, rounds), postgres = median(b->postgres_rate, rounds);
    double bare = median(b->sqlite_rate, rounds);
    double loads = median(b->load_rate, rounds);
    static const char bare_name[] = "bare SQLite, 64 of the same rows a commit";
    struct bench_figure figures[] = {
        {.name = "purchases authorised, durable, 64 clients"},
        {.name = "99 of 100 purchases"},
        {.name = "loads authorised (MAC1, MAC2), durable, 64 clients"},
        {.name = "99 of 100 loads"},
        {.name = "the server's work for a purchase"},
        {.name = "the server's work for a load, without the vault's"},
        {.name = "purchases against PostgreSQL"},
    };
    figure_fill(&figures[0], "answers/s", sales, bare_name, bare);
    figure_fill(&figures[1], "ms", median(b->sale_ms, rounds), NULL, 0);
    figure_fill(&figures[2], "answers/s", loads, bare_name, bare);
    figure_fill(&figures[3], "ms", median(b->load_ms, rounds), NULL, 0);
    figure_fill(&figures[4], "us of a core", median(b->sale_us, rounds), NULL, 0);
    figure_fill(&figures[5], "us of a core", median(b->load_us, rounds), NULL, 0);
    figure_fill(&figures[6], "answers/s", sales, "PostgreSQL 15, 64 clients, one INSERT a commit",
        postgres);
    figures[0].least_value = rate_target;
    figures[1].most_value = percentile_target;
    figures[6].least_ratio = 1;
    size_t count = sizeof figures / sizeof figures[0];
    return bench_report("online", figures, postgres > 0 ? count : count - 1, b->given->json);
}

static bool given_makes_sense(const struct bench_options *given, struct why *why) {
    bool good = given->cards >= CARDS_LEAST && given->cards <= CARDS_MOST && given->rounds >= 1
                && given->rounds <= ROUNDS_MOST && given->seconds >= 1
                && given->seconds <= SECONDS_MOST;
    if (!good) {
        (void)why_say(why, ERR_CONFLICT, "--cards is %d to %d, --rounds 1 to %d, --seconds 1 to %d",
            (int)CARDS_LEAST, (int)CARDS_MOST, (int)ROUNDS_MOST, (int)SECONDS_MOST);
    }
    return good;
}

static enum err run(struct bench *b, struct why *why) {
    char name[PATH_ROOM];
    if (!files_join(name, b->given->folder, "shebao-online-XXXXXX") || !mkdtemp(name)) {
        return files_trouble(why, "make a folder in", b->given->folder);
    }
    (void)snprintf(b->folder, sizeof b->folder, "%s", name);
    if (!files_join(b->centre, name, "city") || !files_join(b->socket, name, "online")) {
        return why_say(why, ERR_CONFLICT, "--folder is too long a name; choose a shorter one");
    }
    enum err err = bench_online_city(b->centre, (uint64_t)b->given->cards, why);
    err = err ? err : bench_askers_make(b->askers, (uint64_t)b->given->cards, why);
    err = err ? err : measure(b, why);
    return err ? err : count_rows(b, why);
}

/* The folder is ours alone, made a moment ago; its name has no mark that a shell would mind. */
static void clean(const struct bench *b) {
    if (b->folder[0] == '\0') {
        return;
    }
    pid_t child = fork();
    if (child == 0) {
        (void)execlp("rm", "rm", "-rf", "--", b->folder, (char *)NULL);
        _exit(1);
    }
    (void)(child > 0 ? waitpid(child, NULL, 0) : 0);
}

int bench_online_command(int argc, char **argv) {
    struct bench_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    if (!given_makes_sense(&given, &why)) {
        return (int)ending_tell(ERR_CONFLICT, &why);
    }
    struct bench b = {.given = &given, .askers = calloc(1, sizeof *b.askers)};
    enum err err = b.askers ? run(&b, &why) : why_say(&why, ERR_OUTSIDE, "no memory is left");
    free(b.askers);
    clean(&b);
    return err ? (int)ending_tell(err, &why) : report(&b);
}
