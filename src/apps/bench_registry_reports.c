#include "apps/bench_registry_reports.h"

#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "host/clock.h"
#include "host/ending.h"
#include "stores/sql/report_sheet.h"

/* The names in the sheet, and the same groups in bare SQL. */
static const struct {
    const char *report, *plain;
} asked[] = {
    {"cards-by-district",
     "SELECT p.region, count(*), sum(c.life <> 0), sum(c.life = 0) FROM card c JOIN person p ON "
        "p.id = c.person GROUP BY p.region"},
    {"coverage",
     "SELECT p.region, count(*), sum(EXISTS (SELECT 1 FROM card c WHERE c.person = p.id AND "
        "c.life IN (1, 2, 3, 4))) FROM person p LEFT JOIN person_status s ON s.person = p.id GROUP "
        "BY "
        "p.region"                         },
};
enum { ASKED = sizeof asked / sizeof asked[0] };

/* One report, to nowhere. */
static enum err write_one(struct db *db, const char *name, struct why *why) {
    const struct report_line *line = report_line_find(name);
    const struct report_order order = {.from = 0};
    FILE *nowhere = fopen("/dev/null", "w");
    assert(line);
    if (!nowhere) {
        return why_say(why, ERR_OUTSIDE, "/dev/null cannot be written");
    }
    struct report_sink sink = report_csv(nowhere);
    enum err err = report_line_may(line, &order, why);
    err = err ? err : report_line_write(db, line, &order, &sink, why);
    (void)fclose(nowhere);
    return err;
}

/* What the process of its own does. */
static enum err write_all(const char *database, struct why *why) {
    struct db db;
    enum err err = db_open(&db, database, why);
    for (size_t i = 0; !err && i < ASKED; i++) {
        err = write_one(&db, asked[i].report, why);
    }
    db_close(&db);
    return err;
}

static enum err ask_plain(const char *database, double *seconds, struct why *why) {
    sqlite3 *plain = NULL;
    uint64_t began_ns = clock_ns();
    int rc = sqlite3_open(database, &plain);
    for (size_t i = 0; rc == SQLITE_OK && i < ASKED; i++) {
        rc = sqlite3_exec(plain, asked[i].plain, NULL, NULL, NULL);
    }
    (void)sqlite3_close(plain);
    *seconds = clock_seconds_since(began_ns);
    return rc == SQLITE_OK ? OK : why_say(why, ERR_OUTSIDE, "the yardstick's reports failed");
}

enum err bench_registry_reports(const char *database, struct report_times *times, struct why *why) {
    int status = 0;
    struct rusage used = {0};
    (void)fflush(NULL);
    (void)malloc_trim(0); /* what was freed before is not counted as the reports' */
    uint64_t began_ns = clock_ns();
    pid_t pid = fork();
    if (pid == 0) {
        _exit((int)ending_tell(write_all(database, why), why));
    }
    while (pid > 0 && wait4(pid, &status, 0, &used) < 0 && errno == EINTR) {}
    times->whole_s = clock_seconds_since(began_ns);
    times->kb = (double)used.ru_maxrss;
    if (pid < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return why_say(why, ERR_OUTSIDE, "the reports failed; see above");
    }
    return ask_plain(database, &times->plain_s, why);
}
