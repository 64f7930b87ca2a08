#include "stores/sql/audit.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "base/builder.h"

/* audit 1: a row's chain = SM3(chain of the row before it (32 zero bytes at the start) || id ||
 *          moment || length and bytes of who, what, subject).
 * audit 2: ids count from 1 without a gap. */
enum {
    CHAIN_LEN = 32,
    ROW_MAX = CHAIN_LEN + 8 + 8 + 3 * 4 + 2 * AUDIT_WORD_MAX + AUDIT_SUBJECT_MAX
};

/* A row as it is digested: in the order of its fields, lengths before words, so that no two
 * rows have the same bytes. */
struct audit_row {
    int64_t id, moment;
    char who[AUDIT_WORD_MAX + 1], what[AUDIT_WORD_MAX + 1], subject[AUDIT_SUBJECT_MAX + 1];
    uint8_t chain[CHAIN_LEN];
};

static const char audit_last[] = "SELECT id, chain FROM audit ORDER BY id DESC LIMIT 1";
static const char audit_add[] =
    "INSERT INTO audit (id, moment, who, what, subject, chain) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
static const char audit_newest[] =
    "SELECT subject FROM audit WHERE what = ?1 ORDER BY id DESC LIMIT 1";
static const char audit_all[] =
    "SELECT id, moment, who, what, subject, chain FROM audit ORDER BY id";

/* Numbers are digested with the high byte first, whatever the machine. */
static void put_u64(struct builder *b, int64_t value) {
    put_u32(b, (uint32_t)((uint64_t)value >> 32));
    put_u32(b, (uint32_t)value);
}

/* The length before the word keeps "ab" + "c" from reading as "a" + "bc". */
static void put_word(struct builder *b, const char *word) {
    struct bytes text = bytes_text(word);
    put_u32(b, (uint32_t)text.len);
    put_bytes(b, text);
}

/* Writes the digest that audit 1 asks for into chain. ERR_OUTSIDE without memory. */
static enum err chain_of(const struct audit_row *row, const uint8_t before[CHAIN_LEN],
    uint8_t chain[CHAIN_LEN], struct why *why) {
    uint8_t room[ROW_MAX];
    struct builder b = builder_in(room, sizeof room);
    put_bytes(&b, bytes_of(before, CHAIN_LEN));
    put_u64(&b, row->id);
    put_u64(&b, row->moment);
    put_word(&b, row->who);
    put_word(&b, row->what);
    put_word(&b, row->subject);
    assert(!b.overflowed);
    return EVP_Digest(room, b.len, chain, NULL, EVP_sm3(), NULL) == 1
               ? OK
               : why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
}

/* The machine's clock and not the business day: an auditor asks when it happened. Milliseconds. */
static int64_t moment_now(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Copies a word that the caller promised to be short enough. */
static void word_copy(char *to, size_t room, const char *word) {
    size_t len = strlen(word);
    assert(len < room);
    (void)memcpy(to, word, len + 1);
}

/* The two sentences are prepared when the first row is written, and live as long as the database. */
static enum err ready(struct db *db, struct why *why) {
    if (db->audit_last) {
        return OK;
    }
    static const char *const sentences[2] = {audit_last, audit_add};
    struct prepared *prepared[2];
    enum err err = db_prepare(db, sentences, 2, prepared, why);
    if (!err) {
        db->audit_last = prepared[0];
        db->audit_add = prepared[1];
    }
    return err;
}

/* Where the chain ends by now; an empty table ends in row 0 with 32 zero bytes. */
static enum err last_row(struct db *db, int64_t *id, uint8_t chain[CHAIN_LEN], struct why *why) {
    struct say s = say(db->audit_last);
    *id = 0;
    (void)memset(chain, 0, CHAIN_LEN);
    if (say_next(&s)) {
        *id = row_int(&s);
        struct bytes last = row_blob(&s);
        if (last.len == CHAIN_LEN) {
            (void)memcpy(chain, last.at, CHAIN_LEN);
        } else {
            row_odd(&s);
        }
    }
    return say_end(&s, why);
}

/* The row before is read in the same transaction, so nobody comes between. */
enum err db_audit(
    struct db *db, const char *who, const char *what, const char *subject, struct why *why) {
    struct audit_row row = {.moment = moment_now()};
    uint8_t before[CHAIN_LEN];
    word_copy(row.who, sizeof row.who, who);
    word_copy(row.what, sizeof row.what, what);
    word_copy(row.subject, sizeof row.subject, subject);
    enum err err = ready(db, why);
    err = err ? err : last_row(db, &row.id, before, why);
    assert(row.id >= 0); /* audit 2 */
    row.id++;
    err = err ? err : chain_of(&row, before, row.chain, why);
    if (err) {
        return why_add(why, err, "audit");
    }
    struct say s = say(db->audit_add);
    say_int(&s, row.id);
    say_int(&s, row.moment);
    say_text(&s, row.who);
    say_text(&s, row.what);
    say_text(&s, row.subject);
    say_blob(&s, bytes_of(row.chain, CHAIN_LEN));
    err = say_done(&s, why);
    return err ? why_add(why, err, "audit") : OK;
}

enum err db_audit_begun(struct db *db, bool *begun, struct why *why) {
    uint8_t chain[CHAIN_LEN];
    int64_t id = 0;
    enum err err = ready(db, why);
    err = err ? err : last_row(db, &id, chain, why);
    *begun = !err && id > 0;
    return err;
}

enum err db_audit_last(
    struct db *db, const char *what, char subject[AUDIT_SUBJECT_MAX + 1], struct why *why) {
    static const char *const sentences[1] = {audit_newest};
    struct prepared *stmt[1];
    enum err err = db_prepare(db, sentences, 1, stmt, why);
    if (err) {
        return err;
    }
    struct say s = say(stmt[0]);
    say_text(&s, what);
    bool there = say_next(&s);
    if (there) {
        row_text(&s, subject, AUDIT_SUBJECT_MAX + 1);
    }
    err = say_end(&s, why);
    db_finalize(stmt, 1);
    if (!err && !there) {
        err = why_say(why, ERR_NOT_FOUND, "the audit chain has no row of %s", what);
    }
    return err;
}

/* Takes the row that say_next() found; a word too long for its field breaks the chain like any
 * other change, and say_end() tells it. */
static void row_take(struct say *s, struct audit_row *row) {
    row->id = row_int(s);
    row->moment = row_int(s);
    row_text(s, row->who, sizeof row->who);
    row_text(s, row->what, sizeof row->what);
    row_text(s, row->subject, sizeof row->subject);
    struct bytes chain = row_blob(s);
    (void)memset(row->chain, 0, CHAIN_LEN);
    if (chain.len == CHAIN_LEN) {
        (void)memcpy(row->chain, chain.at, CHAIN_LEN);
    }
}

/* Every row's own chain is the next one's beginning, whether it is right or not: the first break is
 * the one that counts. */
enum err db_audit_verify(struct db *db, int64_t *count, struct why *why) {
    static const char *const sentences[1] = {audit_all};
    struct prepared *stmt[1];
    uint8_t before[CHAIN_LEN] = {0};
    int64_t good = 0;
    enum err err = db_prepare(db, sentences, 1, stmt, why);
    if (err) {
        return err;
    }
    struct say s = say(stmt[0]);
    bool fits = true;
    enum err digest = OK;
    while (fits && !digest && say_next(&s)) {
        struct audit_row row = {0};
        uint8_t chain[CHAIN_LEN];
        row_take(&s, &row);
        digest = chain_of(&row, before, chain, why);
        fits = !digest && row.id == good + 1 && memcmp(chain, row.chain, CHAIN_LEN) == 0;
        good += fits;
        (void)memcpy(before, row.chain, CHAIN_LEN);
    }
    err = digest ? digest : say_end(&s, why);
    db_finalize(stmt, 1);
    if (count) {
        *count = good;
    }
    if (!err && !fits) {
        err = why_say(why, ERR_CONFLICT,
            "the audit chain is broken after row %lld; keep the database as it is and call the "
            "auditor",
            (long long)good);
    }
    return err;
}
