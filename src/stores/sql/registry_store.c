#include "stores/sql/registry_store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stores/sql/audit.h"
#include "stores/sql/no_such.h"
#include "stores/sql/registry_rows.h"

static const char *const sentences[REGISTRY_SENTENCES] = {
#define SQL(name, text) [SENTENCE_##name] = (text),
#include "stores/sql/registry.def"
};

struct say registry_say(struct registry_rows *rows, enum registry_sentence which) {
    return say(rows->prepared[which]);
}

enum err registry_found_row(struct say *s, bool there, const char *what, struct why *why) {
    enum err err = say_end(s, why);
    return err || there ? err : no_such(why, what);
}

/* --- persons ------------------------------------------------------------------------------------- */

/* The number is kept without its check character, which follows from it. */
void row_person(struct say *s, struct person *out) {
    out->id = row_int(s);
    number_write(row_int(s), out->number);
    row_text(s, out->name, sizeof out->name);
    out->sex = (uint8_t)row_int(s);
    out->nation = (uint8_t)row_int(s);
    out->birth = (uint32_t)row_int(s);
    out->region = (uint32_t)row_int(s);
    row_text(s, out->household, sizeof out->household);
    row_text(s, out->address, sizeof out->address);
    row_text(s, out->postcode, sizeof out->postcode);
    row_text(s, out->phone, sizeof out->phone);
    row_text(s, out->mobile, sizeof out->mobile);
    row_text(s, out->employer, sizeof out->employer);
    row_text(s, out->employer_name, sizeof out->employer_name);
}

/* The one person that a sentence with one number finds. */
static enum err person_of(
    void *self, enum registry_sentence which, int64_t key, struct person *out, struct why *why) {
    struct say s = registry_say(self, which);
    say_int(&s, key);
    bool there = say_next(&s);
    if (there) {
        row_person(&s, out);
    }
    return registry_found_row(&s, there, "person", why);
}

static enum err rows_person_by_id(void *self, int64_t id, struct person *out, struct why *why) {
    return person_of(self, SENTENCE_PERSON_BY_ID, id, out, why);
}

static enum err rows_person_by_number(
    void *self, int64_t number17, struct person *out, struct why *why) {
    return person_of(self, SENTENCE_PERSON_BY_NUMBER, number17, out, why);
}

/* In the order of the ids, so that whoever makes a batch walks on from the last one. */
static enum err rows_person_without_card(
    void *self, int64_t after_id, struct person *out, struct why *why) {
    return person_of(self, SENTENCE_PERSON_WITHOUT_CARD, after_id, out, why);
}

static enum err rows_person_count(void *self, int64_t *count, struct why *why) {
    struct say s = registry_say(self, SENTENCE_PERSON_COUNT);
    *count = say_next(&s) ? row_int(&s) : 0;
    return say_end(&s, why);
}

/* --- cards ---------------------------------------------------------------------------------------- */

/* A row that does not fit the struct was not written by this program: the columns are STRICT
 * and everything that goes in is checked by the registry. */
static void row_card(struct say *s, struct card_record *out) {
    row_text(s, out->number, sizeof out->number);
    struct bytes factor = row_blob(s);
    assert(factor.len == CARD_FACTOR_LEN);
    (void)memcpy(out->factor, factor.at, CARD_FACTOR_LEN);
    row_text(s, out->identification, sizeof out->identification);
    out->person = row_int(s);
    int64_t life = row_int(s);
    assert(card_life_exists(life));
    out->life = (enum card_life)life;
    out->sub_reason = (int)row_int(s);
    out->batch = row_int(s);
    out->issued = (uint32_t)row_int(s);
    out->valid_until = (uint32_t)row_int(s);
    out->loss_until = (uint32_t)row_int(s);
    row_text(s, out->replaced_by, sizeof out->replaced_by);
    out->replacement = row_int(s);
}

enum err registry_card_found(struct say *s, struct card_record *out, struct why *why) {
    bool there = say_next(s);
    if (there) {
        row_card(s, out);
    }
    return registry_found_row(s, there, "card", why);
}

static enum err rows_card_by_number(
    void *self, const char *number, struct card_record *out, struct why *why) {
    struct say s = registry_say(self, SENTENCE_CARD_BY_NUMBER);
    say_text(&s, number);
    return registry_card_found(&s, out, why);
}

/* What a terminal or a reader knows of a card is the factor in its answer to reset. */
static enum err rows_card_by_factor(
    void *self, const uint8_t factor[CARD_FACTOR_LEN], struct card_record *out, struct why *why) {
    struct say s = registry_say(self, SENTENCE_CARD_BY_FACTOR);
    say_blob(&s, bytes_of(factor, CARD_FACTOR_LEN));
    return registry_card_found(&s, out, why);
}

/* The youngest that is not cancelled; the sentence chooses. */
static enum err rows_card_of_person(
    void *self, int64_t person, struct card_record *out, struct why *why) {
    struct say s = registry_say(self, SENTENCE_CARD_OF_PERSON);
    say_int(&s, person);
    return registry_card_found(&s, out, why);
}

/* One audit row about a card. */
static enum err audit_card(struct registry_rows *rows, const char *who, const char *what,
    const char *number, struct why *why) {
    char subject[AUDIT_SUBJECT_MAX];
    (void)snprintf(subject, sizeof subject, "card %s", number);
    return db_audit(rows->db, who, what, subject, why);
}

/* The unique columns of the table answer ERR_CONFLICT for a number, factor or identification
 * that exists. */
static enum err card_insert(
    struct registry_rows *rows, const struct card_record *card, struct why *why) {
    struct say s = registry_say(rows, SENTENCE_CARD_ADD);
    say_text(&s, card->number);
    say_blob(&s, bytes_of(card->factor, CARD_FACTOR_LEN));
    say_text(&s, card->identification);
    say_int(&s, card->person);
    say_int(&s, card->life);
    say_int(&s, card->sub_reason);
    say_int(&s, card->batch);
    say_int(&s, card->issued);
    say_int(&s, card->valid_until);
    say_int(&s, card->loss_until);
    say_text(&s, card->replaced_by);
    say_int(&s, card->replacement);
    return say_done(&s, why);
}

/* The record and its audit row are one transaction. */
static enum err rows_card_add(
    void *self, const struct card_record *card, const char *who, struct why *why) {
    struct registry_rows *rows = self;
    TX_SCOPE(tx);
    enum err err = tx_begin(&tx, rows->db, why);
    err = err ? err : card_insert(rows, card, why);
    err = err ? err : audit_card(rows, who, "card made", card->number, why);
    return err ? err : tx_commit(&tx, why);
}

/* Found by the unique pair of card and request in the history. */
static enum err rows_card_request(
    void *self, const char *number, const char *request, enum card_event *event, struct why *why) {
    struct say s = registry_say(self, SENTENCE_EVENT_BY_REQUEST);
    say_text(&s, number);
    say_text(&s, request);
    bool there = say_next(&s);
    if (there) {
        *event = (enum card_event)row_int(&s);
    }
    return registry_found_row(&s, there, "request", why);
}

/* The sentence names the state that the rules saw: when another officer was faster, no row
 * changes. */
static enum err set_life(
    struct registry_rows *rows, const struct card_change *change, struct why *why) {
    struct say s = registry_say(rows, SENTENCE_CARD_SET_LIFE);
    say_text(&s, change->order->card);
    say_int(&s, change->step->from);
    say_int(&s, change->step->to);
    say_int(&s, change->order->sub_reason);
    say_int(&s, change->loss_until);
    say_int(&s, change->replacement);
    say_text(&s, change->replaced_by);
    enum err err = say_done(&s, why);
    if (!err && db_changed(rows->db) != 1) {
        err = why_say(why, ERR_CONFLICT, "it is no longer %s; look again",
            card_life_name(change->step->from));
    }
    return err;
}

/* Both names where a step took two; the history and the audit chain say the same. */
static void hands_of(const struct card_order *order, char text[HANDS_ROOM]) {
    (void)snprintf(text, HANDS_ROOM, "%s%s%s", order->who, order->second ? "+" : "",
        order->second ? order->second : "");
}

/* The history; its unique (card, request) is what an order that is sent again is found by. */
static enum err add_event(struct registry_rows *rows, const struct card_change *change,
    const char *hands, int64_t version, struct why *why) {
    struct say s = registry_say(rows, SENTENCE_EVENT_ADD);
    say_text(&s, change->order->card);
    say_int(&s, change->order->event);
    say_int(&s, change->step->from);
    say_int(&s, change->step->to);
    say_int(&s, change->order->sub_reason);
    say_text(&s, hands);
    say_text(&s, change->order->request);
    say_int(&s, change->order->day);
    say_int(&s, change->order->time);
    say_int(&s, change->loss_until);
    say_int(&s, version);
    return say_done(&s, why);
}

/* A deletion is an entry, too: terminals learn of it by its version, which comes out; 0 when the
 * step says nothing to the list. */
static enum err add_listed(struct registry_rows *rows, const struct card_change *change,
    int64_t *version, struct why *why) {
    *version = 0;
    if (change->step->effect == EFFECT_KEEP) {
        return OK;
    }
    bool added = change->step->effect == EFFECT_ADD;
    assert(!added || change->reason >= LIST_LOSS);
    assert(change->reason <= LIST_REASON_LAST);
    struct say s = registry_say(rows, SENTENCE_LIST_ADD);
    say_text(&s, change->order->card);
    say_blob(&s, bytes_of(change->factor, CARD_FACTOR_LEN));
    say_int(&s, added);
    say_int(&s, added ? change->reason : 0);
    say_int(&s, change->order->day);
    say_int(&s, change->order->time);
    return say_added(&s, version, why);
}

/* The four tables of one step, in one transaction. */
static enum err rows_card_change(void *self, const struct card_change *change, struct why *why) {
    struct registry_rows *rows = self;
    const struct card_order *order = change->order;
    char hands[HANDS_ROOM];
    int64_t version = 0;
    hands_of(order, hands);
    TX_SCOPE(tx);
    enum err err = tx_begin(&tx, rows->db, why);
    err = err ? err : set_life(rows, change, why);
    err = err ? err : add_listed(rows, change, &version, why);
    err = err ? err : add_event(rows, change, hands, version, why);
    err = err ? err : audit_card(rows, hands, card_event_name(order->event), order->card, why);
    return err ? err : tx_commit(&tx, why);
}

/* --- parameters and officers -------------------------------------------------------------------------- */

/* The youngest row whose day has come. */
static enum err rows_parameter_get(
    void *self, const char *name, uint32_t day, int64_t *value, struct why *why) {
    struct say s = registry_say(self, SENTENCE_PARAMETER_GET);
    say_text(&s, name);
    say_int(&s, day);
    bool there = say_next(&s);
    *value = there ? row_int(&s) : 0;
    return registry_found_row(&s, there, "parameter", why);
}

/* The same name and day again writes the value anew. */
static enum err parameter_insert(struct registry_rows *rows, const char *name, uint32_t day,
    int64_t value, const char *who, struct why *why) {
    struct say s = registry_say(rows, SENTENCE_PARAMETER_PUT);
    say_text(&s, name);
    say_int(&s, day);
    say_int(&s, value);
    say_text(&s, who);
    return say_done(&s, why);
}

/* The audit row says value and day, for it is the only trace of a value that is written over. */
enum err rows_parameter_put(
    void *self, const char *name, uint32_t day, int64_t value, const char *who, struct why *why) {
    struct registry_rows *rows = self;
    char subject[AUDIT_SUBJECT_MAX];
    (void)snprintf(subject, sizeof subject, "parameter %s = %lld from %u", name, (long long)value,
        (unsigned)day);
    TX_SCOPE(tx);
    enum err err = tx_begin(&tx, rows->db, why);
    err = err ? err : parameter_insert(rows, name, day, value, who, why);
    err = err ? err : db_audit(rows->db, who, "parameter set", subject, why);
    return err ? err : tx_commit(&tx, why);
}

static enum err officer_insert(
    struct registry_rows *rows, const struct officer *officer, struct why *why) {
    struct say s = registry_say(rows, SENTENCE_OFFICER_ADD);
    say_text(&s, officer->code);
    say_text(&s, officer->name);
    say_int(&s, officer->role);
    return say_done(&s, why);
}

/* Who let the officer in is in the chain. */
static enum err rows_officer_add(
    void *self, const struct officer *officer, const char *who, struct why *why) {
    struct registry_rows *rows = self;
    char subject[AUDIT_SUBJECT_MAX];
    (void)snprintf(subject, sizeof subject, "officer %s", officer->code);
    TX_SCOPE(tx);
    enum err err = tx_begin(&tx, rows->db, why);
    err = err ? err : officer_insert(rows, officer, why);
    err = err ? err : db_audit(rows->db, who, "officer added", subject, why);
    return err ? err : tx_commit(&tx, why);
}

/* A role outside the enum was not written by this program. */
static enum err rows_officer_by_code(
    void *self, const char *code, struct officer *out, struct why *why) {
    struct say s = registry_say(self, SENTENCE_OFFICER_BY_CODE);
    say_text(&s, code);
    bool there = say_next(&s);
    if (there) {
        row_text(&s, out->code, sizeof out->code);
        row_text(&s, out->name, sizeof out->name);
        int64_t role = row_int(&s);
        assert(role >= ROLE_MAKER && role <= ROLE_LAST);
        out->role = (enum officer_role)role;
    }
    return registry_found_row(&s, there, "officer", why);
}

/* --- opening ----------------------------------------------------------------------------------------- */

enum err registry_rows_open(struct registry_rows **rows, struct db *db, struct why *why) {
    *rows = NULL;
    struct registry_rows *opened = calloc(1, sizeof *opened);
    if (!opened) {
        return why_say(why, ERR_OUTSIDE, "no memory for the registry; end other programs");
    }
    opened->db = db;
    enum err err = db_prepare(db, sentences, REGISTRY_SENTENCES, opened->prepared, why);
    if (err) {
        registry_rows_close(opened);
        return why_add(why, err, "registry");
    }
    *rows = opened;
    return OK;
}

void registry_rows_close(struct registry_rows *rows) {
    if (rows) {
        db_finalize(rows->prepared, REGISTRY_SENTENCES);
        free(rows);
    }
}

/* What registry.h names, function by function; registry_import.c has the three for files. */
struct registry_store registry_store_of(struct registry_rows *rows) {
    return (struct registry_store){
        .self = rows,
        .person_by_id = rows_person_by_id,
        .person_by_number = rows_person_by_number,
        .person_without_card = rows_person_without_card,
        .person_count = rows_person_count,
        .import_begin = rows_import_begin,
        .import_group = rows_import_group,
        .import_end = rows_import_end,
        .card_add = rows_card_add,
        .card_by_number = rows_card_by_number,
        .card_by_factor = rows_card_by_factor,
        .card_of_person = rows_card_of_person,
        .card_request = rows_card_request,
        .card_receipt = rows_card_receipt,
        .card_receipt_after = rows_card_receipt_after,
        .card_event_count = rows_card_event_count,
        .card_of_replacement = rows_card_of_replacement,
        .card_due = rows_card_due,
        .card_change = rows_card_change,
        .blacklist_head = rows_blacklist_head,
        .blacklist_walk = rows_blacklist_walk,
        .number_ranges = rows_number_ranges,
        .terminal_list_put = rows_terminal_list_put,
        .terminal_list_after = rows_terminal_list_after,
        .parameter_get = rows_parameter_get,
        .parameter_put = rows_parameter_put,
        .parameter_after = rows_parameter_after,
        .proposal_add = rows_proposal_add,
        .proposal_get = rows_proposal_get,
        .proposal_after = rows_proposal_after,
        .proposal_decide = rows_proposal_decide,
        .officer_add = rows_officer_add,
        .officer_by_code = rows_officer_by_code,
    };
}
