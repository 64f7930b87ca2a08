#include "stores/sql/keeping_keys.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stores/sql/audit.h"

/* SENTENCE_PSAM_LACKING and so on, in the order of keeping_keys.def. */
enum sentence {
#define SQL(name, text) SENTENCE_##name,
#include "stores/sql/keeping_keys.def"
    SENTENCES
};

static const char *const sentences[SENTENCES] = {
#define SQL(name, text) [SENTENCE_##name] = (text),
#include "stores/sql/keeping_keys.def"
};

struct keeping_keys {
    struct db *db; /* borrowed */
    struct prepared *prepared[SENTENCES];
};

static const char purchase_key[] = "DPK";
enum { FIRST_VERSION = 1 };

enum err keeping_keys_open(struct keeping_keys **keys, struct db *db, struct why *why) {
    *keys = calloc(1, sizeof **keys);
    if (!*keys) {
        return why_say(why, ERR_OUTSIDE, "no memory for the versions of keys");
    }
    (*keys)->db = db;
    enum err err = db_prepare(db, sentences, SENTENCES, (*keys)->prepared, why);
    if (err) {
        free(*keys);
        *keys = NULL;
    }
    return err;
}

void keeping_keys_close(struct keeping_keys *keys) {
    if (keys) {
        db_finalize(keys->prepared, SENTENCES);
        free(keys);
    }
}

static struct say begin(struct keeping_keys *keys, enum sentence which) {
    return say(keys->prepared[which]);
}

/* --- asking -------------------------------------------------------------------------------------- */

/* The one text that a sentence finds; "" when it finds none. */
static enum err one_text(struct say *s, char text[KEEPING_WORD_MAX + 1], struct why *why) {
    text[0] = '\0';
    if (say_next(s)) {
        row_text(s, text, KEEPING_WORD_MAX + 1);
    }
    return say_end(s, why);
}

/* The one number that a sentence finds, which is left alone when it finds none. */
static enum err one_number(struct say *s, int64_t *number, struct why *why) {
    if (say_next(s)) {
        *number = row_int(s);
    }
    return say_end(s, why);
}

static uint8_t version_of(int64_t number) {
    assert(number >= 0);
    assert(number < KEEPING_VERSIONS);
    return (uint8_t)number;
}

enum err keeping_key_of_batch(
    struct keeping_keys *keys, int64_t batch, const char *name, uint8_t *version, struct why *why) {
    int64_t found = FIRST_VERSION;
    struct say s = begin(keys, SENTENCE_KEY_OF_BATCH);
    say_text(&s, name);
    say_int(&s, batch);
    enum err err = one_number(&s, &found, why);
    *version = version_of(found);
    return err;
}

enum err keeping_key_of_card(struct keeping_keys *keys, const char *number, const char *name,
    uint8_t *version, struct why *why) {
    int64_t found = -1;
    int64_t batch = 0;
    struct say s = begin(keys, SENTENCE_KEY_OF_CARD);
    say_text(&s, number);
    say_text(&s, name);
    enum err err = one_number(&s, &found, why);
    if (err || found >= 0) {
        *version = version_of(err ? FIRST_VERSION : found);
        return err;
    }
    s = begin(keys, SENTENCE_BATCH_OF_CARD);
    say_text(&s, number);
    err = one_number(&s, &batch, why);
    return err ? err : keeping_key_of_batch(keys, batch, name, version, why);
}

enum err keeping_key_counts(struct keeping_keys *keys, const char *name,
    uint64_t counts[KEEPING_VERSIONS], struct why *why) {
    (void)memset(counts, 0, KEEPING_VERSIONS * sizeof counts[0]);
    struct say s = begin(keys, SENTENCE_KEY_COUNTS);
    say_text(&s, name);
    while (say_next(&s)) {
        uint8_t version = version_of(row_int(&s));
        counts[version] = (uint64_t)row_int(&s);
    }
    return say_end(&s, why);
}

/* --- changing ------------------------------------------------------------------------------------ */

/* Modules come first: a card that a module in use cannot sell to would be turned away. */
static enum err check_modules(
    struct keeping_keys *keys, const char *name, uint8_t version, struct why *why) {
    char lacking[KEEPING_WORD_MAX + 1];
    if (strcmp(name, purchase_key) != 0) {
        return OK;
    }
    struct say s = begin(keys, SENTENCE_PSAM_LACKING);
    say_int(&s, version);
    enum err err = one_text(&s, lacking, why);
    if (!err && lacking[0] != '\0') {
        err = why_say(why, ERR_CONFLICT,
            "the module of terminal %s has no purchase key of version %u yet; modules get it "
            "before "
            "cards do",
            lacking, version);
    }
    return err;
}

/* Says a sentence that changes one row, and its audit row, in one transaction. */
static enum err changed(struct keeping_keys *keys, struct say *s, const char *who, const char *what,
    const char *subject, struct why *why) {
    TX_SCOPE(tx);
    enum err err = tx_begin(&tx, keys->db, why);
    err = err ? err : say_done(s, why);
    err = err ? err : db_audit(keys->db, who, what, subject, why);
    return err ? err : tx_commit(&tx, why);
}

enum err keeping_key_changed(struct keeping_keys *keys, const char *number, const char *name,
    uint8_t version, const char *who, struct why *why) {
    char subject[AUDIT_SUBJECT_MAX];
    enum err err = check_modules(keys, name, version, why);
    if (err) {
        return err;
    }
    (void)snprintf(subject, sizeof subject, "card %.20s key %.12s %u", number, name, version);
    struct say s = begin(keys, SENTENCE_KEY_PUT);
    say_text(&s, number);
    say_text(&s, name);
    say_int(&s, version);
    return changed(keys, &s, who, "card key changed", subject, why);
}

enum err keeping_key_begin(struct keeping_keys *keys, const char *name, uint8_t version,
    struct two_officers who, int64_t *batch, struct why *why) {
    char subject[AUDIT_SUBJECT_MAX];
    char both[AUDIT_WORD_MAX + 1];
    if (strcmp(who.a, who.b) == 0) {
        return why_say(why, ERR_DENIED,
            "%s cannot be both officers; two different persons begin a version", who.a);
    }
    (void)snprintf(both, sizeof both, "%.30s + %.30s", who.a, who.b);
    enum err err = check_modules(keys, name, version, why);
    struct say s = begin(keys, SENTENCE_BATCH_NEXT);
    err = err ? err : one_number(&s, batch, why);
    if (err) {
        return err;
    }
    (void)snprintf(
        subject, sizeof subject, "key %.12s %u from batch %" PRId64, name, version, *batch);
    s = begin(keys, SENTENCE_KEY_BEGIN);
    say_text(&s, name);
    say_int(&s, *batch);
    say_int(&s, version);
    return changed(keys, &s, both, "key version begun", subject, why);
}

/* --- closing ------------------------------------------------------------------------------------- */

/* A card with a lowest version from `low` to the version itself has it. */
static enum err card_with(struct keeping_keys *keys, enum sentence which,
    const struct key_version *key, char number[KEEPING_WORD_MAX + 1], struct why *why) {
    int low = key->version - key->side_by_side + 1;
    struct say s = begin(keys, which);
    assert(key->side_by_side >= 1);
    say_text(&s, key->name);
    say_int(&s, low > 0 ? low : 0);
    say_int(&s, key->version);
    return one_text(&s, number, why);
}

static enum err check_future(
    struct keeping_keys *keys, const struct key_version *which, struct why *why) {
    uint8_t made = 0;
    enum err err = keeping_key_of_batch(keys, INT64_MAX, which->name, &made, why);
    if (!err && made <= which->version && which->version < made + which->side_by_side) {
        err = why_say(why, ERR_CONFLICT,
            "new cards and modules are made with version %u of %s; begin another one first (key "
            "version begin)",
            which->version, which->name);
    }
    return err;
}

static enum err check_module_keys(
    struct keeping_keys *keys, const struct key_version *which, struct why *why) {
    char terminal[KEEPING_WORD_MAX + 1];
    if (!which->in_modules) {
        return OK;
    }
    struct say s = begin(keys, SENTENCE_PSAM_MAIN_WITH);
    say_int(&s, which->version);
    enum err err = one_text(&s, terminal, why);
    return err || terminal[0] == '\0'
               ? err
               : why_say(why, ERR_CONFLICT,
                   "the module of terminal %s was made with version %u of %s and keeps it; destroy "
                   "it first",
                   terminal, which->version, which->name);
}

enum err keeping_key_unused(
    struct keeping_keys *keys, const struct key_version *which, struct why *why) {
    char number[KEEPING_WORD_MAX + 1] = "";
    enum err err = which->in_cards ? card_with(keys, SENTENCE_CARD_CHANGED_TO, which, number, why)
                                   : OK;
    if (!err && which->in_cards && number[0] == '\0') {
        err = card_with(keys, SENTENCE_CARD_MADE_WITH, which, number, why);
    }
    if (!err && number[0] != '\0') {
        err = why_say(why, ERR_CONFLICT,
            "card %s still has version %u of %s; close it when the last card has gone", number,
            which->version, which->name);
    }
    err = err ? err : check_module_keys(keys, which, why);
    return err ? err : check_future(keys, which, why);
}
