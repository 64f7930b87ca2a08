#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "apps/bench_online.h"
#include "host/clock.h"
#include "host/files.h"

/* --- a bare SQLite ---------------------------------------------------------------------------- */

static const char *const sqlite_makes =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
    "CREATE TABLE IF NOT EXISTS approval (ticket BLOB PRIMARY KEY, factor BLOB NOT NULL, "
    "terminal BLOB NOT NULL, amount INTEGER NOT NULL, used INTEGER NOT NULL) STRICT, WITHOUT ROWID";

/* One commit of so many rows. */
static bool sqlite_group(sqlite3 *db, sqlite3_stmt *add, size_t group, uint64_t *n) {
    char ticket[TICKET_LEN + 1];
    uint8_t factor[FACTOR_LEN], terminal[TERMINAL_LEN];
    bool good = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
    for (size_t i = 0; good && i < group; i++) {
        ++*n;
        (void)snprintf(
            ticket, sizeof ticket, "P%04u-%010u", (unsigned)(*n % ONLINE_CLIENTS), (unsigned)*n);
        bench_card(*n, factor);
        bench_terminal(*n % ONLINE_CLIENTS, terminal);
        (void)sqlite3_bind_blob(add, 1, ticket, TICKET_LEN, SQLITE_STATIC);
        (void)sqlite3_bind_blob(add, 2, factor, sizeof factor, SQLITE_STATIC);
        (void)sqlite3_bind_blob(add, 3, terminal, sizeof terminal, SQLITE_STATIC);
        good = sqlite3_step(add) == SQLITE_DONE && sqlite3_reset(add) == SQLITE_OK;
    }
    return good && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
}

enum err bench_online_sqlite(
    const char *dir, size_t group, double seconds, double *rate, struct why *why) {
    char path[PATH_ROOM];
    sqlite3 *db = NULL;
    sqlite3_stmt *add = NULL;
    static uint64_t n; /* tickets go on from turn to turn */
    bool good = files_join(path, dir, "bare.db") && sqlite3_open(path, &db) == SQLITE_OK
                && sqlite3_exec(db, sqlite_makes, NULL, NULL, NULL) == SQLITE_OK
                && sqlite3_prepare_v2(
                       db, "INSERT INTO approval VALUES (?1, ?2, ?3, 20000, 0)", -1, &add, NULL)
                       == SQLITE_OK;
    uint64_t began_ns = clock_ns(), before = n;
    while (good && clock_seconds_since(began_ns) < seconds) {
        good = sqlite_group(db, add, group, &n);
    }
    *rate = (double)(n - before) / clock_seconds_since(began_ns);
    (void)sqlite3_finalize(add);
    (void)sqlite3_close(db);
    return good ? OK : why_say(why, ERR_OUTSIDE, "the bare database failed; look at the disk");
}

/* --- PostgreSQL ------------------------------------------------------------------------------- */

static const char programs[] = "/usr/lib/postgresql/15/bin";

/* The whole life of the server, as in bench_postgres.c; it prints the rate of pgbench, or 0 where
 * the user that runs it cannot reach the folder. Words: the folder, the programs, clients,
 * seconds. */
static const char script[] =
    "set -e\n"
    "d=$1 b=$2 clients=$3 seconds=$4\n"
    "as() { if [ \"$(id -u)\" = 0 ]; then runuser -u nobody -- \"$@\"; else \"$@\"; fi; }\n"
    "mkdir \"$d/pg\"; [ \"$(id -u)\" != 0 ] || { chmod 711 \"$d\"; chown nobody \"$d/pg\"; }\n"
    "cd /\n"
    "trap 'as \"$b/pg_ctl\" -D \"$d/pg/data\" -m immediate stop >/dev/null 2>&1 || true; "
    "rm -rf \"$d/pg\"' EXIT\n"
    "as test -w \"$d/pg\" || { echo 0; exit 0; }\n"
    "as \"$b/initdb\" -A trust -U bench -D \"$d/pg/data\" >/dev/null\n"
    "as \"$b/pg_ctl\" -D \"$d/pg/data\" -w -l \"$d/pg/log\" -o \"-k $d/pg -c listen_addresses= "
    "-c shared_buffers=1GB -c max_wal_size=8GB\" start >/dev/null\n"
    "as psql -X -q -h \"$d/pg\" -U bench -d postgres -c 'CREATE TABLE approval (ticket bytea "
    "PRIMARY "
    "KEY, factor bytea NOT NULL, terminal bytea NOT NULL, amount bigint NOT NULL, used int NOT "
    "NULL)'\n"
    "printf '%s\\n' '\\set n random(1, 99999999)' \"INSERT INTO approval VALUES "
    "(uuid_send(gen_random_uuid()), int8send(:n), '\\\\\\\\x440100000001', 20000, 0);\" "
    ">\"$d/pg.sql\"\n"
    "chmod 644 \"$d/pg.sql\"\n"
    "as \"$b/pgbench\" -n -M prepared -c \"$clients\" -j 2 -T \"$seconds\" -f \"$d/pg.sql\" "
    "-h \"$d/pg\" -U bench postgres 2>>\"$d/pg.err\" | sed -n 's/^tps = \\([0-9.]*\\).*/\\1/p'\n";

static bool run_script(const char *path, const char *dir, unsigned seconds, double *rate) {
    char command[3 * PATH_ROOM];
    char line[64] = "";
    int len = snprintf(command, sizeof command, "bash '%s' '%s' '%s' %d %u", path, dir, programs,
        (int)ONLINE_CLIENTS, seconds);
    if (len < 0 || (size_t)len >= sizeof command) {
        return false;
    }
    FILE *answer = popen(command, "r"); /* NOLINT(cert-env33-c): our own words */
    bool good = answer && fgets(line, sizeof line, answer) != NULL;
    good = answer && pclose(answer) == 0 && good;
    *rate = strtod(line, NULL);
    return good;
}

enum err bench_online_postgres(const char *dir, unsigned seconds, double *rate, struct why *why) {
    char path[PATH_ROOM];
    *rate = 0;
    if (!files_join(path, programs, "pgbench") || !files_exist(path)) {
        (void)fprintf(stderr, "bench online: not on this machine: PostgreSQL 15 with pgbench\n");
        return OK;
    }
    if (strchr(dir, '\'')) { /* the script gets it between such marks */
        return why_say(why, ERR_INVALID, "%s has a quotation mark; choose another --folder", dir);
    }
    enum err err = files_join(path, dir, "postgres.sh")
                       ? files_write(path, bytes_text(script), why)
                       : why_say(why, ERR_INVALID, "%s is too long a name", dir);
    bool good = !err && run_script(path, dir, seconds, rate);
    (void)unlink(path);
    if (good && *rate <= 0) {
        (void)fprintf(stderr,
            "bench online: not compared with PostgreSQL: the user nobody cannot reach %s; give a "
            "--folder below one that all may enter\n",
            dir);
    }
    return err || good ? err
                       : why_say(why, ERR_OUTSIDE, "PostgreSQL did not start or take the rows");
}
