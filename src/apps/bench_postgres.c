#include "apps/bench_postgres.h"

#include <assert.h>
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

/* --- a server that stays for a while -------------------------------------------------------- */

/* It says where it is ready, and ends the server when nobody holds its input any more. */
static const char living[] =
    "d=$0 b=$1\n"
    "as() { if [ \"$(id -u)\" = 0 ]; then runuser -u nobody -- \"$@\"; else \"$@\"; fi; }\n"
    "mkdir \"$d/pg\"; [ \"$(id -u)\" != 0 ] || { chmod 711 \"$d\"; chown nobody \"$d/pg\"; }\n"
    "cd /\n"
    "trap 'as \"$b/pg_ctl\" -D \"$d/pg/data\" -m immediate stop >/dev/null 2>&1 || true; "
    "rm -rf \"$d/pg\"' EXIT\n"
    "as test -w \"$d/pg\" || { : >\"$d/pg/never\"; cat >/dev/null; exit 0; }\n"
    "as \"$b/initdb\" -A trust -U bench -E UTF8 --locale=C -D \"$d/pg/data\" >/dev/null && "
    "as \"$b/pg_ctl\" -D \"$d/pg/data\" -w -l \"$d/pg/log\" -o \"-k $d/pg -c listen_addresses= "
    "-c shared_buffers=1GB -c max_wal_size=8GB -c maintenance_work_mem=512MB\" start >/dev/null && "
    "as touch \"$d/pg/ready\" || : >\"$d/pg/failed\"\n"
    "cat >/dev/null\n";

/* The word that the shell has left there, or NULL. */
static const char *word_left(const char *socket) {
    static const char *const words[] = {"ready", "never", "failed"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char path[PATH_ROOM];
        if (files_join(path, socket, words[i]) && files_exist(path)) {
            return words[i];
        }
    }
    return NULL;
}

/* Waits for it up to a minute. */
static const char *wait_for_word(const char *socket) {
    enum { TIMES = 600, PAUSE_US = 100000 };
    const char *word = NULL;
    for (int i = 0; !word && i < TIMES; i++) {
        word = word_left(socket);
        if (!word) {
            (void)usleep(PAUSE_US);
        }
    }
    return word ? word : "failed";
}

/* Writes a shell's words into a file, and begins it with the folder and the programs as its own. */
static FILE *begin_script(
    const char *folder, const char *text, const char *mode, const char *more) {
    char path[PATH_ROOM];
    char command[PATH_ROOM * 3];
    if (!files_join(path, folder, "server.sh")) {
        return NULL;
    }
    FILE *out = fopen(path, "wb");
    bool good = out && fwrite(text, 1, strlen(text), out) == strlen(text);
    good = out && fclose(out) == 0 && good;
    (void)snprintf(command, sizeof command, "sh -c \"$(cat '%s')\" '%s' '%s' '%s'", path, folder,
        programs, more);
    return good ? popen(command, mode) : NULL; /* NOLINT(cert-env33-c): our own words */
}

enum err bench_server_open(struct bench_server *server, const char *folder, struct why *why) {
    char path[PATH_ROOM];
    if (!files_join(path, programs, "initdb") || !files_exist(path)) {
        (void)fprintf(stderr, "bench clear: not on this machine: PostgreSQL 15\n");
        return OK;
    }
    if (strchr(folder, '\'') || strlen(folder) > sizeof server->socket - 8) {
        return why_say(why, ERR_INVALID,
            "%s has a quotation mark or is too long; choose another --folder", folder);
    }
    (void)snprintf(server->socket, sizeof server->socket, "%s/pg", folder);
    (void)snprintf(server->address, sizeof server->address,
        "postgresql:///postgres?host=%s&user=bench", server->socket);
    server->life = begin_script(folder, living, "w", "");
    const char *word = server->life ? wait_for_word(server->socket) : "failed";
    if (strcmp(word, "never") == 0) {
        (void)fprintf(stderr,
            "bench clear: not through PostgreSQL: the user nobody cannot reach %s; give a --folder "
            "below one that all may enter\n",
            folder);
        bench_server_close(server);
        return OK;
    }
    return strcmp(word, "ready") == 0
               ? OK
               : why_say(why, ERR_OUTSIDE, "PostgreSQL did not start in %s", folder);
}

void bench_server_close(struct bench_server *server) {
    char path[PATH_ROOM];
    if (server->life) {
        (void)pclose(server->life);
        server->life = NULL;
        size_t len = strlen(server->socket) - strlen("/pg");
        (void)snprintf(path, sizeof path, "%.*s/server.sh", (int)len, server->socket);
        (void)unlink(path);
    }
}

enum err bench_server_ask(
    const struct bench_server *server, const char *sentence, double *answer, struct why *why) {
    static const char asking[] = "\"$1/psql\" -X -q -A -t -v ON_ERROR_STOP=1 -h \"$0/pg\" -U bench "
                                 "-d postgres -c \"$2\"\n";
    char folder[sizeof server->socket], line[64] = "0";
    (void)snprintf(folder, sizeof folder, "%s", server->socket);
    folder[strlen(folder) - 3] = '\0'; /* without "/pg" */
    FILE *from = begin_script(folder, asking, "r", sentence);
    bool read = from && (!answer || fgets(line, sizeof line, from) != NULL);
    bool good = from && pclose(from) == 0 && read;
    if (answer) {
        *answer = strtod(line, NULL);
    }
    return good ? OK : why_say(why, ERR_OUTSIDE, "PostgreSQL did not take \"%.60s...\"", sentence);
}

enum err bench_server_keys_after(const struct bench_server *server, const char *folder,
    int64_t rows, double *rate, struct why *why) {
    static const char timed[] =
        "d=$0 b=$1\n"
        "sql() { \"$b/psql\" -X -q -v ON_ERROR_STOP=1 -h \"$d/pg\" -U bench -d postgres \"$@\"; }\n"
        "sql -c 'CREATE TABLE t (card bigint, number int, place bigint, body bytea)' "
        "-c 'ALTER TABLE t ALTER body SET STORAGE PLAIN'\n"
        "sql -c '\\timing on' -c \"\\\\copy t from '$d/rows.copy' (format binary)\" "
        "-c 'ALTER TABLE t ADD PRIMARY KEY (card, number)' -c 'CREATE UNIQUE INDEX ON t (place)' "
        "| sed -n 's/^Time: \\([0-9.]*\\).*/\\1/p' | awk '{ all += $1 } END { print all }'\n";
    char path[PATH_ROOM], line[64] = "";
    assert(server->life);
    if (!files_join(path, folder, "rows.copy") || !write_rows(path, rows)) {
        return files_trouble(why, "write", path);
    }
    FILE *from = begin_script(folder, timed, "r", "");
    bool good = from && fgets(line, sizeof line, from) != NULL;
    good = from && pclose(from) == 0 && good;
    (void)unlink(path);
    double milliseconds = strtod(line, NULL);
    *rate = good && milliseconds > 0 ? (double)rows * 1000 / milliseconds : 0;
    return *rate > 0 ? OK : why_say(why, ERR_OUTSIDE, "PostgreSQL did not take the rows");
}
