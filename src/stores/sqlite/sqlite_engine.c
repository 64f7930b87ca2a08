#include "stores/sqlite/sqlite_engine.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

enum {
    APPLICATION_ID = 0x53424143, /* "SBAC": tells our databases from everybody else's */
    EXIT_DISK = 5,               /* the exit status for trouble outside the program */
    LOG_PAGES = 1000,            /* a log of so many pages is carried over into the database */
    TURN_TRIES = 3000,           /* how often a writer asks whether it is its turn, */
    TURN_WAIT_NS = 1000000,      /* and how long apart */
};

/* engine 1: a writer goes through the door, then into the room, and leaves the door open behind it. The
 *           room is SQLite's own right to write, the door a lock on a file beside the database. So
 *           one who has just come out does not go in again before one who has waited. */
struct link {
    sqlite3 *sql;
    int door; /* -1: none, for a database that is no file of the system's */
};

struct sqlite3 *sqlite_of(const struct link *link) {
    assert(link);
    return link->sql;
}

/* --- trouble -------------------------------------------------------------------------------- */

/* What the database engine can answer, as the kinds a caller can act on and the sentence a person
 * can act on. A code is looked up whole first, then by its low byte. */
static const struct trouble {
    int rc;
    enum err err;
    const char *sentence;
} troubles[] = {
    {SQLITE_FULL,          ERR_OUTSIDE,
     "the disk is full; nothing of this step was kept; free some space and do it again"              },
    {SQLITE_IOERR_SHMSIZE, ERR_OUTSIDE,
     "the disk is full; nothing of this step was kept; free some space and do it again"              },
    {SQLITE_BUSY,          ERR_OUTSIDE,
     "another process has been writing for seconds; see what it does, then do this again"            },
    {SQLITE_LOCKED,        ERR_OUTSIDE,  "the database is locked; end the other use, then try again" },
    {SQLITE_READONLY,      ERR_OUTSIDE,
     "the database may only be read; check the rights of the directory, then try again"              },
    {SQLITE_CANTOPEN,      ERR_OUTSIDE,
     "the database cannot be opened; check that the directory exists and may be written"             },
    {SQLITE_NOTADB,        ERR_INVALID,
     "the file is no database; name another directory or restore a backup"                           },
    {SQLITE_CORRUPT,       ERR_OUTSIDE,  "the database is damaged; restore the last backup"          },
    {SQLITE_NOMEM,         ERR_OUTSIDE,  "no memory is left; end other programs, then try again"     },
    {SQLITE_IOERR,         ERR_OUTSIDE,  "the disk failed to read or write; check it, then try again"},
    {SQLITE_CONSTRAINT,    ERR_CONFLICT, "the database refuses what would contradict its rows"       },
};

/* What was promised to be on the disk may not be there, and asking again may get a false yes
 * (Linux reports a failed fsync once). So nothing more is promised by this process. */
static void end_when_sync_failed(int rc) {
    if (rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC) {
        (void)fputs(
            "shebao: the disk could not keep what was written (fsync failed); the program ends; "
            "check the disk, then start again: the last whole step is found again\n",
            stderr);
        _exit(EXIT_DISK);
    }
}

/* Tells rc as one sentence, with the engine's own words where a sentence alone says too little. */
static enum err tell(sqlite3 *sql, int rc, struct why *why) {
    end_when_sync_failed(rc);
    for (size_t i = 0; i < sizeof troubles / sizeof troubles[0]; i++) {
        if (troubles[i].rc == rc || troubles[i].rc == (rc & 0xFF)) {
            bool detail = troubles[i].err == ERR_CONFLICT && sql;
            return why_say(why, troubles[i].err, "%s%s%s", troubles[i].sentence, detail ? ": " : "",
                detail ? sqlite3_errmsg(sql) : "");
        }
    }
    return why_say(
        why, ERR_OUTSIDE, "database: %s", sql ? sqlite3_errmsg(sql) : sqlite3_errstr(rc));
}

static enum err sqlite_tell(struct link *link, int trouble, struct why *why) {
    assert(trouble != SQLITE_OK);
    return tell(link->sql, trouble, why);
}

/* --- one writer after another --------------------------------------------------------------- */

/* Called while somebody else has what we want, with how often it was called before; 0 gives up. */
static int wait_turn(void *unused, int before) {
    const struct timespec moment = {.tv_nsec = TURN_WAIT_NS};
    (void)unused;
    (void)nanosleep(&moment, NULL);
    return before < TURN_TRIES;
}

/* What was opened through another VFS is no file that a lock could lie beside. Without a door writers
 * still wait, and only their order is left to chance. */
static int door_beside(sqlite3 *sql) {
    char path[4096];
    char *vfs = NULL;
    const char *name = sqlite3_db_filename(sql, "main");
    (void)sqlite3_file_control(sql, "main", SQLITE_FCNTL_VFSNAME, &vfs);
    bool file = vfs && strcmp(vfs, "unix") == 0 && name && name[0] != '\0';
    sqlite3_free(vfs);
    int len = file ? snprintf(path, sizeof path, "%s-door", name) : 0;
    return len > 0 && (size_t)len < sizeof path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)
                                                : -1;
}

static enum err door_enter(const struct link *link, struct why *why) {
    int before = 0;
    while (link->door >= 0 && flock(link->door, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK || !wait_turn(NULL, before++)) {
            return tell(NULL, SQLITE_BUSY, why);
        }
    }
    return OK;
}

static void door_leave(const struct link *link) {
    if (link->door >= 0) {
        (void)flock(link->door, LOCK_UN);
    }
}

/* --- opening and closing -------------------------------------------------------------------- */

/* For sentences of our own only: nothing that came from outside ever stands in the text. */
static enum err sqlite_run(struct link *link, const char *sentences, struct why *why) {
    int rc = sqlite3_exec(link->sql, sentences, NULL, NULL, NULL);
    return rc == SQLITE_OK ? OK : tell(link->sql, rc, why);
}

/* One number that the engine answers to a question without parameters. */
static enum err ask(struct link *link, const char *sentence, int64_t *answer, struct why *why) {
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(link->sql, sentence, -1, &stmt, NULL);
    rc = rc ? rc : sqlite3_step(stmt);
    *answer = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    (void)sqlite3_finalize(stmt);
    return rc == SQLITE_ROW ? OK : tell(link->sql, rc, why);
}

/* A database that holds tables but not our mark belongs to another program. */
static enum err check_ours(struct link *link, struct why *why) {
    int64_t mark = 0;
    int64_t tables = 0;
    enum err err = ask(link, "PRAGMA application_id", &mark, why);
    err = err ? err : ask(link, "SELECT count(*) FROM sqlite_schema", &tables, why);
    if (!err && mark != APPLICATION_ID && tables > 0) {
        return why_say(
            why, ERR_INVALID, "the database is of another program; name the directory of a centre");
    }
    return err;
}

/* FULL: each commit is on the disk when it answers, because most of what a centre commits is a
 * promise to somebody (a load, a loss report, a posting). Whoever has thousands of small changes
 * groups them in one transaction; a single sync costs about 0.2 ms on the machines we measured. */
static enum err set_up(struct link *link, struct why *why) {
    static const char *const settings[] = {
        "PRAGMA page_size = 8192", /* of a new database only */
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "PRAGMA foreign_keys = ON",
        "PRAGMA cache_size = -16384",
        "PRAGMA trusted_schema = OFF",
    };
    char mark[64];
    (void)snprintf(mark, sizeof mark, "PRAGMA application_id = %d", (int)APPLICATION_ID);
    enum err err = OK;
    for (size_t i = 0; i < sizeof settings / sizeof settings[0] && !err; i++) {
        err = sqlite_run(link, settings[i], why);
    }
    return err ? err : sqlite_run(link, mark, why);
}

/* Carries the log over into the database, as far as nobody reads in it. SQLite does so by itself, but keeps
 * to itself how it ended; what fails here can be done another time, except for a forcing (db 3). */
static void carry_over(sqlite3 *sql) {
    int rc = sqlite3_wal_checkpoint_v2(sql, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    end_when_sync_failed(rc);
}

/* Called behind each commit, which is on the disk by then. */
static int committed(void *unused, sqlite3 *sql, const char *name, int pages) {
    (void)unused;
    (void)name;
    if (pages >= LOG_PAGES) {
        carry_over(sql);
    }
    return SQLITE_OK;
}

/* A sentence that nobody finalized is our own mistake. */
static void sqlite_close_link(struct link *link) {
    if (link->sql) {
        carry_over(link->sql);
    }
    int rc = sqlite3_close(link->sql);
    assert(rc == SQLITE_OK);
    (void)rc;
    if (link->door >= 0) {
        (void)close(link->door);
    }
    free(link);
}

/* A database of another program is found out before anything is written to it. */
static enum err sqlite_open_link(const char *address, struct link **out, struct why *why) {
    struct link *link = calloc(1, sizeof *link);
    *out = NULL;
    if (!link) {
        return tell(NULL, SQLITE_NOMEM, why);
    }
    link->door = -1;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE
                | SQLITE_OPEN_NOMUTEX; /* one thread at a time, as db.h says */
    int rc = sqlite3_open_v2(address, &link->sql, flags, NULL);
    enum err err = rc ? tell(NULL, rc, why) : OK;
    if (!err) {
        (void)sqlite3_busy_handler(link->sql, wait_turn, NULL);
        (void)sqlite3_wal_hook(link->sql, committed, NULL);
        err = check_ours(link, why);
    }
    err = err ? err : set_up(link, why);
    if (err) {
        sqlite_close_link(link);
        return err;
    }
    link->door = door_beside(link->sql);
    *out = link;
    return OK;
}

/* --- transactions --------------------------------------------------------------------------- */

/* A full disk makes the engine roll back by itself. */
static bool sqlite_alive(const struct link *link) {
    return !sqlite3_get_autocommit(link->sql);
}

/* IMMEDIATE takes the right to write at once: a second writer waits, or is told, at the beginning and
 * not in the middle. BEGIN may take effect and be interrupted before it can say so. */
static enum err sqlite_begin(struct link *link, struct why *why) {
    enum err err = door_enter(link, why);
    if (err) {
        return err;
    }
    err = sqlite_run(link, "BEGIN IMMEDIATE", why);
    door_leave(link);
    if (err && sqlite_alive(link)) {
        (void)sqlite_run(link, "ROLLBACK", &(struct why){0});
    }
    return err;
}

static enum err sqlite_commit(struct link *link, struct why *why) {
    assert(sqlite_alive(link));
    return sqlite_run(link, "COMMIT", why);
}

/* NORMAL syncs at checkpoints only; in WAL a kill still loses nothing. */
static enum err sqlite_sync_seldom(struct link *link, struct why *why) {
    return sqlite_run(link, "PRAGMA synchronous = NORMAL", why);
}

/* By itself the engine keeps eight of our pages, then makes a file and writes to it until the
 * transaction ends. (Its own figure for this, SQLITE_CONFIG_STMTJRNL_SPILL, may not be raised: 3.40
 * takes the disk for full when it begins that file with a multiple of 128 KiB.) */
static enum err sqlite_save_in_memory(struct link *link, struct why *why) {
    return sqlite_run(link, "PRAGMA temp_store = MEMORY", why);
}

/* The scripts are written for this engine. */
static const char *sqlite_more_tables(const char *area) {
    assert(area);
    (void)area;
    return "";
}

/* --- sentences ------------------------------------------------------------------------------ */

struct sentence {
    struct prepared base;
    sqlite3_stmt *stmt;
};

static sqlite3_stmt *stmt_of(const struct prepared *prepared) {
    assert(prepared->engine == &sqlite_engine);
    return ((const struct sentence *)prepared)->stmt;
}

static enum err sqlite_prepare(
    struct link *link, const char *text, struct prepared **prepared, struct why *why) {
    struct sentence *sentence = calloc(1, sizeof *sentence);
    if (!sentence) {
        return tell(NULL, SQLITE_NOMEM, why);
    }
    const char *other = strstr(text, ON_POSTGRES);
    int len = other ? (int)(other - text) : -1;
    sentence->base = (struct prepared){&sqlite_engine, link};
    int rc = sqlite3_prepare_v3(
        link->sql, text, len, SQLITE_PREPARE_PERSISTENT, &sentence->stmt, NULL);
    if (rc) {
        free(sentence);
        return tell(link->sql, rc, why);
    }
    *prepared = &sentence->base;
    return OK;
}

static void sqlite_forget(struct prepared *prepared) {
    (void)sqlite3_finalize(stmt_of(prepared));
    free(prepared);
}

/* What was bound before is replaced: db.c counts. */
static void sqlite_anew(struct prepared *prepared) {
    (void)sqlite3_reset(stmt_of(prepared));
}

/* SQLITE_STATIC: the engine borrows bytes until the sentence is reset. */
static int sqlite_bind(struct prepared *prepared, int place, const struct value *value) {
    sqlite3_stmt *stmt = stmt_of(prepared);
    int len = (int)value->bytes.len;
    assert(place >= 1);
    assert(value->bytes.len <= INT32_MAX);
    switch (value->kind) {
    case VALUE_NUMBER:
        return sqlite3_bind_int64(stmt, place, value->number);
    case VALUE_TEXT:
    case VALUE_WORDS:
        return sqlite3_bind_text(stmt, place, (const char *)value->bytes.at, len, SQLITE_STATIC);
    case VALUE_BLOB:
        return sqlite3_bind_blob(stmt, place, value->bytes.at, len, SQLITE_STATIC);
    case VALUE_NULL:
    default:
        return sqlite3_bind_null(stmt, place);
    }
}

static int sqlite_parameters(const struct prepared *prepared) {
    return sqlite3_bind_parameter_count(stmt_of(prepared));
}

static int sqlite_step(struct prepared *prepared, bool *row) {
    int rc = sqlite3_step(stmt_of(prepared));
    *row = rc == SQLITE_ROW;
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int sqlite_columns(const struct prepared *prepared) {
    return sqlite3_column_count(stmt_of(prepared));
}

static int64_t sqlite_number(struct prepared *prepared, int column) {
    return sqlite3_column_int64(stmt_of(prepared), column);
}

/* The text is asked for before its length: only then is the length that of the text. Its kind is asked for
 * before both, for SQLite makes a NULL of what it has no memory for. */
static struct bytes sqlite_words(struct prepared *prepared, int column) {
    sqlite3_stmt *stmt = stmt_of(prepared);
    bool there = sqlite3_column_type(stmt, column) != SQLITE_NULL;
    const unsigned char *text = sqlite3_column_text(stmt, column);
    size_t len = text ? (size_t)sqlite3_column_bytes(stmt, column) : there;
    return (struct bytes){text, len};
}

/* No bytes at all have no address, and are no lack of memory. */
static struct bytes sqlite_blob(struct prepared *prepared, int column) {
    sqlite3_stmt *stmt = stmt_of(prepared);
    size_t len = (size_t)sqlite3_column_bytes(stmt, column);
    const void *at = sqlite3_column_blob(stmt, column);
    return (struct bytes){at, len};
}

static int64_t sqlite_changed(const struct link *link) {
    return sqlite3_changes64(link->sql);
}

const struct engine sqlite_engine = {
    .name = "SQLite",
    .open = sqlite_open_link,
    .close = sqlite_close_link,
    .run = sqlite_run,
    .more_tables = sqlite_more_tables,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .alive = sqlite_alive,
    .sync_seldom = sqlite_sync_seldom,
    .save_in_memory = sqlite_save_in_memory,
    .prepare = sqlite_prepare,
    .forget = sqlite_forget,
    .anew = sqlite_anew,
    .bind = sqlite_bind,
    .parameters = sqlite_parameters,
    .step = sqlite_step,
    .columns = sqlite_columns,
    .number = sqlite_number,
    .words = sqlite_words,
    .blob = sqlite_blob,
    .changed = sqlite_changed,
    .tell = sqlite_tell,
};
