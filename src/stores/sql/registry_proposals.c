#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "registry/parameter_service.h"
#include "stores/sql/audit.h"
#include "stores/sql/registry_rows.h"

/* Names that this program does not know were proposed by a later one; it cannot have opened this
 * database then, so they are our own mistake. */
static void row_proposal(struct say *s, struct parameter_proposal *p) {
    char name[64];
    p->id = row_int(s);
    row_text(s, name, sizeof name);
    p->which = parameter_named(name);
    assert(p->which < PARAMETERS);
    p->day = (uint32_t)row_int(s);
    p->value = row_int(s);
    row_text(s, p->who, sizeof p->who);
    int64_t decision = row_int(s);
    assert(decision >= PROPOSAL_WAITING && decision <= PROPOSAL_REFUSED);
    p->decision = (enum proposal_decision)decision;
    row_text(s, p->second, sizeof p->second);
}

static enum err proposal_found(struct say *s, struct parameter_proposal *out, struct why *why) {
    bool there = say_next(s);
    if (there) {
        row_proposal(s, out);
    }
    return registry_found_row(s, there, "proposal", why);
}

/* The audit says the figure itself, and who had a hand in it. */
static enum err note(struct registry_rows *rows, const struct parameter_proposal *p,
    const char *who, const char *what, struct why *why) {
    char subject[AUDIT_SUBJECT_MAX];
    (void)snprintf(subject, sizeof subject, "proposal %lld: %s = %lld from %u", (long long)p->id,
        parameter_text(p->which)->name, (long long)p->value, p->day);
    return db_audit(rows->db, who, what, subject, why);
}

/* The very same that waits already, else ERR_NOT_FOUND. */
static enum err find_same(
    struct registry_rows *rows, const struct parameter_proposal *p, int64_t *id, struct why *why) {
    struct say s = registry_say(rows, SENTENCE_PROPOSAL_SAME);
    say_text(&s, parameter_text(p->which)->name);
    say_int(&s, p->day);
    say_int(&s, p->value);
    say_text(&s, p->who);
    bool there = say_next(&s);
    *id = there ? row_int(&s) : 0;
    return registry_found_row(&s, there, "proposal", why);
}

static enum err insert(struct registry_rows *rows, struct parameter_proposal *p, struct why *why) {
    struct say s = registry_say(rows, SENTENCE_PROPOSAL_ADD);
    say_text(&s, parameter_text(p->which)->name);
    say_int(&s, p->day);
    say_int(&s, p->value);
    say_text(&s, p->who);
    enum err err = say_added(&s, &p->id, why);
    return err ? err : note(rows, p, p->who, "parameter proposed", why);
}

enum err rows_proposal_add(void *self, struct parameter_proposal *p, struct why *why) {
    struct registry_rows *rows = self;
    TX_SCOPE(tx);
    enum err err = tx_begin(&tx, rows->db, why);
    err = err ? err : find_same(rows, p, &p->id, why);
    err = err == ERR_NOT_FOUND ? insert(rows, p, why) : err;
    return err ? err : tx_commit(&tx, why);
}

enum err rows_proposal_get(
    void *self, int64_t id, struct parameter_proposal *out, struct why *why) {
    struct say s = registry_say(self, SENTENCE_PROPOSAL_GET);
    say_int(&s, id);
    return proposal_found(&s, out, why);
}

enum err rows_proposal_after(
    void *self, int64_t after, struct parameter_proposal *out, struct why *why) {
    struct say s = registry_say(self, SENTENCE_PROPOSAL_AFTER);
    say_int(&s, after);
    return proposal_found(&s, out, why);
}

static enum err set_decision(struct registry_rows *rows, const struct parameter_proposal *p,
    enum proposal_decision decision, const char *second, struct why *why) {
    struct say s = registry_say(rows, SENTENCE_PROPOSAL_DECIDE);
    say_int(&s, p->id);
    say_int(&s, decision);
    say_text(&s, second);
    enum err err = say_done(&s, why);
    return !err && db_changed(rows->db) != 1
               ? why_say(why, ERR_CONFLICT, "somebody else has decided it; look again")
               : err;
}

/* The decision and the value it brings are one transaction. */
enum err rows_proposal_decide(void *self, const struct parameter_proposal *p,
    enum proposal_decision decision, const char *second, struct why *why) {
    struct registry_rows *rows = self;
    char hands[HANDS_ROOM];
    bool approved = decision == PROPOSAL_APPROVED;
    (void)snprintf(hands, sizeof hands, "%s+%s", p->who, second);
    TX_SCOPE(tx);
    enum err err = tx_begin(&tx, rows->db, why);
    err = err ? err : set_decision(rows, p, decision, second, why);
    err = err ? err
              : note(rows, p, second, approved ? "parameter approved" : "parameter refused", why);
    if (!err && approved) {
        err = rows_parameter_put(
            self, parameter_text(p->which)->name, p->day, p->value, hands, why);
    }
    return err ? err : tx_commit(&tx, why);
}

enum err rows_parameter_after(
    void *self, const char *name, uint32_t after, struct parameter_row *out, struct why *why) {
    struct say s = registry_say(self, SENTENCE_PARAMETER_AFTER);
    say_text(&s, name);
    say_int(&s, after);
    bool there = say_next(&s);
    if (there) {
        out->day = (uint32_t)row_int(&s);
        out->value = row_int(&s);
        row_text(&s, out->who, sizeof out->who);
    }
    return registry_found_row(&s, there, "later value", why);
}
