#include "apps/bench_sqlite.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "host/clock.h"

enum { BODY_LEN = 96 };

/* Rows of the day in the order of the key (card, number), as a bare table takes them fastest. */
static bool insert_rows(sqlite3 *db, sqlite3_stmt *insert, int64_t rows) {
    uint8_t body[BODY_LEN] = {0x5A};
    bool good = sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK;
    for (int64_t i = 0; good && i < rows; i++) {
        (void)memcpy(body, &i, sizeof i);
        good = sqlite3_bind_int64(insert, 1, i / 5) == SQLITE_OK
               && sqlite3_bind_int64(insert, 2, i % 5) == SQLITE_OK
               && sqlite3_bind_blob(insert, 3, body, sizeof body, SQLITE_STATIC) == SQLITE_OK
               && sqlite3_step(insert) == SQLITE_DONE && sqlite3_reset(insert) == SQLITE_OK;
        if (good && i % 100000 == 99999) {
            good = sqlite3_exec(db, "COMMIT; BEGIN", NULL, NULL, NULL) == SQLITE_OK;
        }
    }
    return sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK && good;
}

enum err bench_sqlite_rate(const char *path, int64_t rows, double *rate, struct why *why) {
    static const char setup[] = "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL;"
                                "PRAGMA synchronous = NORMAL; PRAGMA locking_mode = EXCLUSIVE;"
                                "PRAGMA cache_size = -1000000;"
                                "CREATE TABLE t (card INTEGER, number INTEGER, body BLOB,"
                                " PRIMARY KEY (card, number)) WITHOUT ROWID";
    sqlite3 *db = NULL;
    sqlite3_stmt *insert = NULL;
    bool good = sqlite3_open(path, &db) == SQLITE_OK
                && sqlite3_exec(db, setup, NULL, NULL, NULL) == SQLITE_OK
                && sqlite3_prepare_v2(db, "INSERT INTO t VALUES (?1, ?2, ?3)", -1, &insert, NULL)
                       == SQLITE_OK;
    uint64_t began_ns = clock_ns();
    good = good && insert_rows(db, insert, rows);
    (void)sqlite3_finalize(insert);
    good = good
           && sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL) == SQLITE_OK;
    *rate = (double)rows / clock_seconds_since(began_ns);
    (void)sqlite3_close(db);
    (void)unlink(path);
    return good ? OK : why_say(why, ERR_OUTSIDE, "SQLite could not write %s", path);
}
