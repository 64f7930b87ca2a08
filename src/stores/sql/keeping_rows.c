#include "stores/sql/keeping_rows.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stores/sql/audit.h"
#include "stores/sql/no_such.h"

/* SENTENCE_OFFICER_PUT and so on, in the order of keeping.def. */
enum sentence {
#define SQL(name, text) SENTENCE_##name,
#include "stores/sql/keeping.def"
    SENTENCES
};

static const char *const sentences[SENTENCES] = {
#define SQL(name, text) [SENTENCE_##name] = (text),
#include "stores/sql/keeping.def"
};

struct keeping_rows {
    struct db *db; /* borrowed */
    struct prepared *prepared[SENTENCES];
};

enum err keeping_rows_open(struct keeping_rows **rows, struct db *db, struct why *why) {
    *rows = calloc(1, sizeof **rows);
    if (!*rows) {
        return why_say(why, ERR_OUTSIDE, "no memory for the registers of keys");
    }
    (*rows)->db = db;
    enum err err = db_prepare(db, sentences, SENTENCES, (*rows)->prepared, why);
    if (err) {
        free(*rows);
        *rows = NULL;
    }
    return err;
}

void keeping_rows_close(struct keeping_rows *rows) {
    if (rows) {
        db_finalize(rows->prepared, SENTENCES);
        free(rows);
    }
}

static struct say begin(struct keeping_rows *rows, enum sentence which) {
    return say(rows->prepared[which]);
}

static enum err ended(struct say *s, bool there, const char *thing, struct why *why) {
    enum err err = say_end(s, why);
    return err || there ? err : no_such(why, thing);
}

/* Says a sentence that changes one row, and its audit row, in one transaction. */
static enum err changed(struct keeping_rows *rows, struct say *s, const char *who, const char *what,
    const char *subject, struct why *why) {
    TX_SCOPE(tx);
    enum err err = tx_begin(&tx, rows->db, why);
    err = err ? err : say_done(s, why);
    int64_t count = db_changed(rows->db);
    if (!err && count != 1) {
        return why_say(why, ERR_CONFLICT,
            "%s: there is none, or it has changed by now; look at the list again", subject);
    }
    err = err ? err : db_audit(rows->db, who, what, subject, why);
    return err ? err : tx_commit(&tx, why);
}

/* "key-a + key-b". ERR_DENIED when they are one person. */
static enum err both(struct two_officers who, char text[AUDIT_WORD_MAX + 1], struct why *why) {
    if (strcmp(who.a, who.b) == 0) {
        return why_say(why, ERR_DENIED,
            "%s cannot be both officers; two different persons move what carries keys", who.a);
    }
    (void)snprintf(text, AUDIT_WORD_MAX + 1, "%.30s + %.30s", who.a, who.b);
    return OK;
}

/* --- officers ----------------------------------------------------------------------------------- */

enum err keeping_officer_add(struct keeping_rows *rows, const char *code, struct bytes salt,
    struct bytes proof, const char *who, struct why *why) {
    char subject[AUDIT_SUBJECT_MAX];
    assert(salt.len == OFFICER_SALT_LEN);
    assert(proof.len == OFFICER_PROOF_LEN);
    (void)snprintf(subject, sizeof subject, "key officer %.32s", code);
    struct say s = begin(rows, SENTENCE_OFFICER_PUT);
    say_text(&s, code);
    say_blob(&s, salt);
    say_blob(&s, proof);
    return changed(rows, &s, who, "key officer added", subject, why);
}

enum err keeping_officer_duty(
    struct keeping_rows *rows, const char *code, bool on_duty, const char *who, struct why *why) {
    char subject[AUDIT_SUBJECT_MAX];
    (void)snprintf(subject, sizeof subject, "key officer %.32s", code);
    struct say s = begin(rows, SENTENCE_OFFICER_DUTY);
    say_text(&s, code);
    say_int(&s, on_duty);
    return changed(
        rows, &s, who, on_duty ? "key officer on duty" : "key officer off duty", subject, why);
}

enum err keeping_officer_get(struct keeping_rows *rows, const char *code, bool *on_duty,
    uint8_t salt[OFFICER_SALT_LEN], uint8_t proof[OFFICER_PROOF_LEN], struct why *why) {
    struct say s = begin(rows, SENTENCE_OFFICER_GET);
    say_text(&s, code);
    bool there = say_next(&s);
    if (there) {
        *on_duty = row_int(&s) != 0;
        struct bytes kept_salt = row_blob(&s);
        there = kept_salt.len == OFFICER_SALT_LEN;
        (void)memcpy(salt, kept_salt.at, there ? OFFICER_SALT_LEN : 0);
        struct bytes kept = row_blob(&s);
        there = there && kept.len == OFFICER_PROOF_LEN;
        (void)memcpy(proof, kept.at, there ? OFFICER_PROOF_LEN : 0);
    }
    return ended(&s, there, "key officer", why);
}

/* --- carriers ----------------------------------------------------------------------------------- */

static void row_carrier(struct say *s, struct carrier_row *c) {
    c->serial = row_int(s);
    row_text(s, c->kind, sizeof c->kind);
    row_text(s, c->ceremony, sizeof c->ceremony);
    row_text(s, c->holder, sizeof c->holder);
    row_text(s, c->place, sizeof c->place);
    int64_t state = row_int(s);
    assert(state >= 0);
    assert(state < CARRIER_STATES);
    c->state = (enum carrier_state)state;
}

static enum err carrier_get(
    struct keeping_rows *rows, int64_t serial, struct carrier_row *carrier, struct why *why) {
    struct say s = begin(rows, SENTENCE_CARRIER_GET);
    say_int(&s, serial);
    bool there = say_next(&s);
    if (there) {
        row_carrier(&s, carrier);
    }
    return ended(&s, there, "carrier", why);
}

enum err keeping_carrier_next(
    struct keeping_rows *rows, int64_t after, struct carrier_row *carrier, struct why *why) {
    struct say s = begin(rows, SENTENCE_CARRIER_AFTER);
    say_int(&s, after);
    bool there = say_next(&s);
    if (there) {
        row_carrier(&s, carrier);
    }
    return ended(&s, there, "carrier", why);
}

enum err keeping_carrier_add(struct keeping_rows *rows, const struct carrier_row *carrier,
    struct two_officers who, struct why *why) {
    struct carrier_row there = {0};
    char text[AUDIT_WORD_MAX + 1];
    char subject[AUDIT_SUBJECT_MAX];
    enum err err = both(who, text, why);
    enum err found = err ? err : carrier_get(rows, carrier->serial, &there, why);
    if (found != ERR_NOT_FOUND) {
        return found;
    }
    (void)snprintf(subject, sizeof subject, "carrier %08" PRId64 " %.20s ceremony %.32s",
        carrier->serial, carrier->kind, carrier->ceremony);
    struct say s = begin(rows, SENTENCE_CARRIER_PUT);
    say_int(&s, carrier->serial);
    say_text(&s, carrier->kind);
    say_text(&s, carrier->ceremony);
    say_text(&s, carrier->holder);
    say_text(&s, carrier->place);
    say_int(&s, (int64_t)carrier->state);
    return changed(rows, &s, text, "carrier made", subject, why);
}

enum err keeping_carrier_move(struct keeping_rows *rows, int64_t serial, const char *event,
    const char *place, struct two_officers who, struct why *why) {
    struct carrier_row carrier = {0};
    char text[AUDIT_WORD_MAX + 1];
    char what[AUDIT_WORD_MAX + 1];
    char subject[AUDIT_SUBJECT_MAX];
    enum err err = both(who, text, why);
    err = err ? err : carrier_get(rows, serial, &carrier, why);
    enum carrier_state state = err ? CARRIER_MADE : carrier.state;
    err = err ? err : carrier_next(&state, event, why);
    if (err) {
        return why_add(why, err, "carrier %08" PRId64, serial);
    }
    (void)snprintf(what, sizeof what, "carrier %s", event);
    (void)snprintf(subject, sizeof subject, "carrier %08" PRId64 " at %.40s", serial, place);
    struct say s = begin(rows, SENTENCE_CARRIER_MOVE);
    say_int(&s, serial);
    say_int(&s, (int64_t)carrier.state);
    say_int(&s, (int64_t)state);
    say_text(&s, place);
    return changed(rows, &s, text, what, subject, why);
}

/* --- purchase modules --------------------------------------------------------------------------- */

static void row_psam(struct say *s, struct psam_row *p) {
    row_text(s, p->terminal, sizeof p->terminal);
    row_text(s, p->institution, sizeof p->institution);
    p->versions = (uint16_t)row_int(s);
    int64_t state = row_int(s);
    assert(state >= 0);
    assert(state < MODULE_STATES);
    p->state = (enum module_state)state;
    p->main_version = (uint8_t)row_int(s);
}

static enum err psam_by(struct keeping_rows *rows, enum sentence which, const char *terminal,
    struct psam_row *psam, struct why *why) {
    struct say s = begin(rows, which);
    say_text(&s, terminal);
    bool there = say_next(&s);
    if (there) {
        row_psam(&s, psam);
    }
    return ended(&s, there, "module", why);
}

enum err keeping_psam_next(
    struct keeping_rows *rows, const char *after, struct psam_row *psam, struct why *why) {
    return psam_by(rows, SENTENCE_PSAM_AFTER, after, psam, why);
}

enum err keeping_psam_get(
    struct keeping_rows *rows, const char *terminal, struct psam_row *psam, struct why *why) {
    return psam_by(rows, SENTENCE_PSAM_GET, terminal, psam, why);
}

enum err keeping_psam_add(struct keeping_rows *rows, const struct psam_row *psam,
    struct two_officers who, struct why *why) {
    struct psam_row there = {0};
    char text[AUDIT_WORD_MAX + 1];
    char subject[AUDIT_SUBJECT_MAX];
    enum err err = both(who, text, why);
    enum err found = err ? err : keeping_psam_get(rows, psam->terminal, &there, why);
    if (found == OK && there.state == MODULE_DESTROYED) {
        return why_say(why, ERR_CONFLICT,
            "the module of terminal %s was destroyed and never comes back; take another number",
            psam->terminal);
    }
    if (found != ERR_NOT_FOUND) {
        return found;
    }
    (void)snprintf(subject, sizeof subject, "module %s for %.32s versions %04X", psam->terminal,
        psam->institution, psam->versions);
    struct say s = begin(rows, SENTENCE_PSAM_PUT);
    say_text(&s, psam->terminal);
    say_text(&s, psam->institution);
    say_int(&s, psam->versions);
    say_int(&s, (int64_t)psam->state);
    say_int(&s, psam->main_version ? psam->main_version : 1);
    return changed(rows, &s, text, "module made", subject, why);
}

static enum err psam_write(struct keeping_rows *rows, const struct psam_row *before,
    const struct psam_row *after, struct two_officers who, const char *what, struct why *why) {
    char text[AUDIT_WORD_MAX + 1];
    char subject[AUDIT_SUBJECT_MAX];
    enum err err = both(who, text, why);
    if (err) {
        return err;
    }
    (void)snprintf(
        subject, sizeof subject, "module %s versions %04X", after->terminal, after->versions);
    struct say s = begin(rows, SENTENCE_PSAM_MOVE);
    say_text(&s, after->terminal);
    say_int(&s, (int64_t)before->state);
    say_int(&s, (int64_t)after->state);
    say_int(&s, after->versions);
    return changed(rows, &s, text, what, subject, why);
}

enum err keeping_psam_move(struct keeping_rows *rows, const char *terminal, const char *event,
    struct two_officers who, struct why *why) {
    struct psam_row before = {0};
    char what[AUDIT_WORD_MAX + 1];
    enum err err = keeping_psam_get(rows, terminal, &before, why);
    struct psam_row after = before;
    err = err ? err : module_next(&after.state, event, why);
    if (err) {
        return why_add(why, err, "module of terminal %.12s", terminal);
    }
    (void)snprintf(what, sizeof what, "module %s", event);
    return psam_write(rows, &before, &after, who, what, why);
}

enum err keeping_psam_version(struct keeping_rows *rows, const char *terminal, uint8_t version,
    struct two_officers who, struct why *why) {
    struct psam_row before = {0};
    assert(version < 16);
    enum err err = keeping_psam_get(rows, terminal, &before, why);
    if (err) {
        return err;
    }
    struct psam_row after = before;
    after.versions = (uint16_t)(after.versions | 1U << version);
    return psam_write(rows, &before, &after, who, "module key added", why);
}
