/* A story told on a disk that fails: each deed is cut off anywhere, the program begins again, goes on to
 * the end, and the end must be that of a day that nobody disturbed: every row of every table to the byte,
 * the audit chain and whatever the story adds.
 *
 * A story is a list of deeds on one database; each opens it, does one thing that a centre is asked to do,
 * and closes it. sweep_calm() tells it undisturbed and keeps the disk before each deed. Then:
 *
 *   sweep_cut()    the power fails at a place of a deed's log (torn_disk.h);
 *   sweep_fault()  the n-th call to the disk, or the n-th allocation, of a deed fails.
 *
 * sweep 1: a deed that was answered is found done: the story goes on behind it. One that was not is
 *          done again.
 * sweep 2: an answer may get lost: the deed is then done again all the same, and nothing happens twice.
 * sweep 3: the recovered database is whole (integrity_check), whatever its files looked like.
 *
 * From equal content the same program goes on to the same end. So a content that was carried to its end
 * once is only recognised later; every SWEEP_WHOLE-th time it is carried there all the same, from
 * the very files that the cut left. */
#pragma once

#include "faults/torn_disk.h"

#include "host/why.h"

enum { SWEEP_DEEDS = 48, SWEEP_TABLES = 128, SWEEP_KNOWN = 1 << 14, SWEEP_WHOLE = 64 };

struct deed {
    const char *name;
    enum err (*run)(void *self, struct why *why);
};

struct story {
    const struct deed *deeds;
    size_t count;
    void *self;
    enum err (*open)(void *self, struct why *why);
    void (*close)(void *self); /* also after a failed open() */
    /* Puts what lies beside the database as a cut in this deed may leave it; committed: all that the
     * deed changes in the database is forced, and only its answer is missing. NULL: nothing does. */
    void (*beside)(void *self, size_t deed, bool committed, uint32_t luck);
    /* Looks at the end, with the database open; fails the test, or answers a number to compare. */
    enum err (*judge)(void *self, uint64_t *number, struct why *why);
};

/* What is compared at the end, table by table. */
struct sweep_end {
    struct {
        char name[48];
        uint64_t hash;
    } tables[SWEEP_TABLES];
    size_t count;
    uint64_t number; /* of judge() */
};

struct sweep {
    const struct story *story;
    struct torn_image before[SWEEP_DEEDS];
    size_t changes[SWEEP_DEEDS];  /* of the log of a deed, its closing with it */
    size_t answered[SWEEP_DEEDS]; /* after so many it answered */
    long calls[SWEEP_DEEDS];
    struct sweep_end end;
    struct torn_log log; /* of the deed that sweep_log() told last */
    uint64_t known[SWEEP_KNOWN];
    unsigned long cuts, carried, distinct; /* how often; carried to the end; different contents */
    uint64_t seed;
    char trouble[640]; /* what the last one that was not the same differed in */
};

/* --- hashes ---------------------------------------------------------------------------------- */

/* Eight bytes at a time; not for strangers. */
static inline uint64_t sweep_hash(uint64_t hash, const void *bytes, size_t len) {
    const uint8_t *at = bytes;
    for (; len >= 8; at += 8, len -= 8) {
        uint64_t word;
        (void)memcpy(&word, at, 8);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15U;
        hash ^= hash >> 29;
    }
    for (; len > 0; at++, len--) {
        hash = (hash ^ *at) * 1099511628211U;
    }
    return hash;
}

/* True when it was not known before; 0 is never one. */
static inline bool sweep_learn(struct sweep *s, uint64_t hash) {
    size_t i = (size_t)(hash >> 40) % SWEEP_KNOWN;
    for (hash |= 1; s->known[i] != 0 && s->known[i] != hash; i = (i + 1) % SWEEP_KNOWN) {}
    bool isnew = s->known[i] == 0;
    s->known[i] = hash;
    s->distinct += isnew;
    return isnew;
}

static inline bool sweep_odd(struct sweep *s, const char *what, const char *more) {
    (void)snprintf(s->trouble, sizeof s->trouble, "%s: %s", what, more);
    return false;
}

/* --- what is in a database -------------------------------------------------------------------- */

static inline sqlite3 *sweep_raw(void) {
    sqlite3 *sql = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    return sqlite3_open_v2("city.db", &sql, flags, NULL) == SQLITE_OK ? sql : NULL;
}

static inline uint64_t sweep_row(uint64_t hash, sqlite3_stmt *row) {
    for (int i = 0; i < sqlite3_column_count(row); i++) {
        int type = sqlite3_column_type(row, i);
        const void *bytes = sqlite3_column_blob(row, i);
        hash = sweep_hash(hash, &type, sizeof type);
        hash = sweep_hash(hash, bytes, (size_t)sqlite3_column_bytes(row, i));
    }
    return hash;
}

/* Every row of one table, in the order of its key. */
static inline bool sweep_table(sqlite3 *sql, const char *name, uint64_t *hash) {
    char sentence[128];
    sqlite3_stmt *rows = NULL;
    (void)snprintf(sentence, sizeof sentence, "SELECT * FROM %s", name);
    int rc = sqlite3_prepare_v2(sql, sentence, -1, &rows, NULL);
    *hash = 1;
    while (!rc && (rc = sqlite3_step(rows)) == SQLITE_ROW) {
        *hash = sweep_row(*hash, rows);
        rc = SQLITE_OK;
    }
    (void)sqlite3_finalize(rows);
    return rc == SQLITE_DONE;
}

static inline bool sweep_tables(struct sweep_end *end) {
    sqlite3 *sql = sweep_raw();
    sqlite3_stmt *names = NULL;
    bool good = sql
                && sqlite3_prepare_v2(sql,
                       "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", -1,
                       &names, NULL)
                       == SQLITE_OK;
    end->count = 0;
    while (good && sqlite3_step(names) == SQLITE_ROW) {
        assert_true(end->count < SWEEP_TABLES);
        char *name = end->tables[end->count].name;
        (void)snprintf(
            name, sizeof end->tables[0].name, "%s", (const char *)sqlite3_column_text(names, 0));
        good = sweep_table(sql, name, &end->tables[end->count++].hash);
    }
    (void)sqlite3_finalize(names);
    (void)sqlite3_close(sql);
    return good;
}

static inline bool sweep_whole(sqlite3 *sql) {
    sqlite3_stmt *check = NULL;
    bool whole = sqlite3_prepare_v2(sql, "PRAGMA integrity_check", -1, &check, NULL) == SQLITE_OK
                 && sqlite3_step(check) == SQLITE_ROW
                 && strcmp((const char *)sqlite3_column_text(check, 0), "ok") == 0;
    (void)sqlite3_finalize(check);
    return whole;
}

/* Lets SQLite recover what is on the disk and bring it home, and answers what it found; 0: nothing that
 * can be read. A new one must be whole. */
static inline uint64_t sweep_recover(struct sweep *s, uint64_t salt, bool *isnew) {
    sqlite3 *sql = sweep_raw();
    bool read = sql
                && sqlite3_exec(sql, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL) == 0;
    (void)sqlite3_close(sql);
    int name = torn_name("city.db");
    if (!read || torn.named[name] < 0) {
        return 0;
    }
    const struct torn_bytes *b = &torn.files[torn.named[name]];
    uint64_t hash = sweep_hash(salt + 1, b->at, b->len);
    *isnew = sweep_learn(s, hash);
    if (*isnew) {
        sql = sweep_raw();
        bool whole = sql && sweep_whole(sql);
        (void)sqlite3_close(sql);
        return whole ? hash : 0;
    }
    return hash;
}

/* --- telling the story ------------------------------------------------------------------------ */

static inline enum err sweep_deeds(const struct story *t, size_t from, struct why *why) {
    enum err err = t->open(t->self, why);
    for (size_t i = from; i < t->count && !err; i++) {
        err = t->deeds[i].run(t->self, why);
        err = err ? why_add(why, err, "%s", t->deeds[i].name) : OK;
    }
    return err;
}

/* From a deed on to the end: true when the end is that of the calm story. */
static inline bool sweep_carry(struct sweep *s, size_t from) {
    static struct sweep_end end;
    struct why why = {""};
    const struct story *t = s->story;
    enum err err = sweep_deeds(t, from, &why);
    err = err ? err : t->judge(t->self, &end.number, &why);
    t->close(t->self);
    s->carried++;
    if (err) {
        return sweep_odd(s, "it did not go on", why.text);
    }
    if (!sweep_tables(&end) || end.count != s->end.count) {
        return sweep_odd(s, "at the end", "the tables cannot be read");
    }
    for (size_t i = 0; i < end.count; i++) {
        if (end.tables[i].hash != s->end.tables[i].hash) {
            return sweep_odd(s, "another end in table", end.tables[i].name);
        }
    }
    return end.number == s->end.number || sweep_odd(s, "another end", "beside the tables");
}

/* Deed k by itself, with its opening and closing. */
static inline enum err sweep_deed(struct sweep *s, size_t k, struct why *why) {
    const struct story *t = s->story;
    enum err err = t->open(t->self, why);
    err = err ? err : t->deeds[k].run(t->self, why);
    s->answered[k] = torn.log.count;
    t->close(t->self);
    return err;
}

/* Tells it undisturbed, twice: the second time must not differ, or nothing could be compared. */
static inline void sweep_calm(struct sweep *s, const struct story *story, uint64_t seed) {
    struct why why = {""};
    *s = (struct sweep){.story = story, .seed = seed};
    assert_true(story->count <= SWEEP_DEEDS);
    for (size_t k = 0; k < story->count; k++) {
        torn_load(&s->before[k]);
        if (sweep_deed(s, k, &why)) {
            fail_msg("%s: %s", story->deeds[k].name, why.text);
        }
        s->changes[k] = torn.log.count;
        s->calls[k] = torn.calls;
        if (k + 1 < story->count) {
            torn_save(&s->before[k + 1]);
        }
    }
    bool good = story->open(story->self, &why) == OK
                && story->judge(story->self, &s->end.number, &why) == OK;
    story->close(story->self);
    if (!good || !sweep_tables(&s->end)) {
        fail_msg("the calm story: %s", why.text);
    }
    torn_load(&s->before[0]);
    if (story->beside) {
        story->beside(story->self, 0, false, 0);
    }
    if (!sweep_carry(s, 0)) {
        fail_msg("the calm story told again: %s", s->trouble);
    }
}

static inline void sweep_free(struct sweep *s) {
    for (size_t k = 0; k < SWEEP_DEEDS; k++) {
        torn_image_free(&s->before[k]);
    }
    free(s->log.ops);
    free(s->log.bytes.at);
}

/* --- cuts ------------------------------------------------------------------------------------ */

/* Deed k as the cut before it left everything. */
static inline void sweep_ready(struct sweep *s, size_t k) {
    torn_load(&s->before[k]);
    if (s->story->beside) {
        s->story->beside(s->story->self, k, false, 0);
    }
}

/* Tells deed k once more, for its log: the cuts that follow are in it. */
static inline void sweep_log(struct sweep *s, size_t k) {
    struct why why = {""};
    sweep_ready(s, k);
    assert_int_equal(sweep_deed(s, k, &why), OK);
    struct torn_log empty = s->log;
    s->log = torn.log;
    torn.log = empty;
    s->changes[k] = s->log.count;
}

/* From a disk as something left it, inside deed k: to the end. committed: nothing but its answer can be
 * missing; done: it was answered. */
static inline bool sweep_after(
    struct sweep *s, const struct torn_image *left, size_t k, bool committed, bool done) {
    uint32_t luck = s->story->beside ? torn_draw(&s->seed, 3) : 0;
    uint64_t salt = (uint64_t)k * 64 + (uint64_t)committed * 32 + (uint64_t)done * 16 + luck;
    bool isnew = false;
    torn_load(left);
    if (sweep_recover(s, salt, &isnew) == 0) {
        return sweep_odd(s, s->story->deeds[k].name, "the database is not whole");
    }
    if (!isnew && torn_draw(&s->seed, SWEEP_WHOLE) != 0) {
        return true;
    }
    torn_load(left);
    if (s->story->beside) {
        s->story->beside(s->story->self, done ? k + 1 : k, committed && !done, luck);
    }
    return sweep_carry(s, done ? k + 1 : k);
}

/* The power fails at a place of the log of deed k, the last that sweep_log() told. */
static inline bool sweep_cut(struct sweep *s, size_t k, size_t place, bool lies) {
    static struct torn_image left;
    const struct torn_past past = {&s->before[k], &s->log, lies};
    torn_cut(&past, place, &s->seed, &left);
    s->cuts++;
    bool committed = place >= s->answered[k];
    return sweep_after(s, &left, k, committed, committed && torn_draw(&s->seed, 2) == 0);
}

/* --- failing calls --------------------------------------------------------------------------- */

/* After deed k was told on a disk or with a memory that failed somewhere: to the end. */
static inline bool sweep_go_on(struct sweep *s, size_t k, enum err err) {
    static struct torn_image left;
    if (torn.doomed) {
        _exit(1); /* it was told that a forcing failed, and went on */
    }
    torn.fail_at = 0;
    torn_save(&left);
    s->cuts++;
    return sweep_after(s, &left, k, false, err == OK);
}

/* The n-th call of deed k to the disk fails. *hit: there was such a call. */
static inline bool sweep_fault(
    struct sweep *s, size_t k, long n, enum torn_trouble trouble, bool *hit) {
    struct why why = {""};
    sweep_ready(s, k);
    torn.fail_at = n;
    torn.trouble = trouble;
    enum err err = sweep_deed(s, k, &why);
    *hit = torn.hits > 0;
    if (err && err != ERR_OUTSIDE) {
        return sweep_odd(s, s->story->deeds[k].name, why.text);
    }
    return sweep_go_on(s, k, err);
}
