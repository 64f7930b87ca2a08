#include "apps/bench_postgres.h"

#include <endian.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/files.h"

static const char programs[] = "/usr/lib/postgresql/15/bin";
enum { BODY_LEN = 96, ROW_LEN = 2 + 4 * 4 + 8 + 4 + 8 + BODY_LEN };

static uint64_t mix(uint64_t x) {
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

static size_t put_u32_at(uint8_t *to, uint32_t value) {
    value = htobe32(value);
    (void)memcpy(to, &value, sizeof value);
    return sizeof value;
}

static size_t put_u64_at(uint8_t *to, uint64_t value) {
    value = htobe64(value);
    (void)memcpy(to, &value, sizeof value);
    return sizeof value;
}

/* A row of four fields: card, number, place, body; each with its length before it. */
static void put_row(uint8_t row[ROW_LEN], uint64_t i) {
    size_t at = 2;
    row[0] = 0;
    row[1] = 4;
    at += put_u32_at(row + at, 8);
    at += put_u64_at(row + at, mix(i));
    at += put_u32_at(row + at, 4);
    at += put_u32_at(row + at, (uint32_t)(i % 50000));
    at += put_u32_at(row + at, 8);
    at += put_u64_at(row + at, mix(i / 1000) >> 12 << 10 | i % 1000);
    at += put_u32_at(row + at, BODY_LEN);
    (void)memset(row + at, 0x5A, BODY_LEN);
}

/* The file that COPY reads. */
static bool write_rows(const char *path, int64_t rows) {
    static const char head[19] = "PGCOPY\n\377\r\n";
    FILE *out = fopen(path, "wb");
    bool good = out && fwrite(head, 1, sizeof head, out) == sizeof head;
    for (int64_t i = 0; good && i < rows; i++) {
        uint8_t row[ROW_LEN];
        put_row(row, (uint64_t)i);
        good = fwrite(row, 1, sizeof row, out) == sizeof row;
    }
    good = good && fwrite("\377\377", 1, 2, out) == 2;
    return out && fclose(out) == 0 && good && chmod(path, 0644) == 0;
}

/* The whole life of the server; it prints the milliseconds of COPY, or 0 where the user that runs it
 * cannot reach the folder. An ordinary user runs it: a superuser's bench takes the user nobody. */
static const char script[] =
    "set -e\n"
    "d=$0 b=$1\n"
    "as() { if [ \"$(id -u)\" = 0 ]; then runuser -u nobody -- \"$@\"; else \"$@\"; fi; }\n"
    "mkdir \"$d/pg\"; [ \"$(id -u)\" != 0 ] || { chmod 711 \"$d\"; chown nobody \"$d/pg\"; }\n"
    "cd /\n"
    "trap 'as \"$b/pg_ctl\" -D \"$d/pg/data\" -m immediate stop >/dev/null 2>&1 || true; "
    "rm -rf \"$d/pg\"' EXIT\n"
    "as test -w \"$d/pg\" || { echo 0; exit 0; }\n"
    "as \"$b/initdb\" -A trust -U bench -D \"$d/pg/data\" >/dev/null\n"
    "as \"$b/pg_ctl\" -D \"$d/pg/data\" -w -l \"$d/pg/log\" -o \"-k $d/pg -c listen_addresses= "
    "-c shared_buffers=1GB -c max_wal_size=8GB -c maintenance_work_mem=512MB\" start >/dev/null\n"
    "sql() { as psql -X -q -h \"$d/pg\" -U bench -d postgres \"$@\"; }\n"
    "sql -c 'CREATE TABLE t (card bigint, number int, place bigint, body bytea,"
    " PRIMARY KEY (card, number), UNIQUE (place))' -c 'ALTER TABLE t ALTER body SET STORAGE "
    "PLAIN'\n"
    "sql -c '\\timing on' -c \"\\\\copy t from '$d/rows.copy' (format binary)\" "
    "| sed -n 's/^Time: \\([0-9]*\\)[.,].*/\\1/p'\n";

/* Runs the script with the folder and the programs as its words; its one line is a number. */
static bool run_script(const char *folder, double *milliseconds) {
    char command[sizeof script + PATH_ROOM + sizeof programs + 64];
    char line[64] = "";
    char path[PATH_ROOM];
    if (!files_join(path, folder, "postgres.sh")) {
        return false;
    }
    FILE *out = fopen(path, "wb");
    bool good = out && fwrite(script, 1, sizeof script - 1, out) == sizeof script - 1;
    good = out && fclose(out) == 0 && good;
    (void)snprintf(
        command, sizeof command, "sh -c \"$(cat '%s')\" '%s' '%s'", path, folder, programs);
    FILE *answer = good ? popen(command, "r") : NULL; /* NOLINT(cert-env33-c): our own words */
    good = answer && fgets(line, sizeof line, answer) != NULL;
    good = answer && pclose(answer) == 0 && good;
    (void)unlink(path);
    *milliseconds = strtod(line, NULL);
    return good;
}

enum err postgres_rate(const char *folder, int64_t rows, double *rate, struct why *why) {
    char path[PATH_ROOM];
    double milliseconds = 0;
    *rate = 0;
    if (!files_join(path, programs, "initdb") || !files_exist(path)) {
        (void)fprintf(stderr, "bench clear: not on this machine: PostgreSQL 15\n");
        return OK;
    }
    if (strchr(folder, '\'')) { /* the script gets it between such marks */
        return why_say(
            why, ERR_INVALID, "%s has a quotation mark; choose another --folder", folder);
    }
    if (!files_join(path, folder, "rows.copy") || !write_rows(path, rows)) {
        return files_trouble(why, "write", path);
    }
    bool good = run_script(folder, &milliseconds);
    (void)unlink(path);
    *rate = good && milliseconds > 0 ? (double)rows * 1000 / milliseconds : 0;
    if (good && milliseconds <= 0) {
        (void)fprintf(stderr,
            "bench clear: not compared with PostgreSQL: the user nobody cannot reach %s; give a "
            "--folder below one that all may enter\n",
            folder);
    }
    return good ? OK : why_say(why, ERR_OUTSIDE, "PostgreSQL did not start or take the rows");
}
