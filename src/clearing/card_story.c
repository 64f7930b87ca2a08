#include "clearing/card_story.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/money.h"
#include "clearing/kept_upload.h"
#include "clearing/load_order.h"
#include "clearing/record_proof.h"
#include "clearing/sealed_records.h"

/* A story while it is told. */
struct telling {
    const struct clearing *c;
    const struct card_listener *listener;
    struct card_story *out;
    struct account_name account;
    const uint8_t *factor;
    int64_t balance_fen;           /* of the account, so far */
    uint32_t sealed_day;           /* the day in parts that was told last */
    uint32_t called_for;           /* how many postings its records call for */
    int64_t after_fen;             /* behind the record that was told last */
    size_t count;                  /* of records whose TACs are to be made */
    struct proven_record *records; /* room for SEALED_AT_ONCE */
};

enum { SEALED_AT_ONCE = 1024 };

/* What the posting moves on the card's account. */
static int64_t fen_of(const struct telling *t, const struct posting *p) {
    int64_t fen = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct entry *e = &p->entries[i];
        bool ours = e->account.kind == t->account.kind && strcmp(e->account.of, t->account.of) == 0;
        fen += ours ? e->fen : 0;
    }
    return fen;
}

/* Two numbers behind a word: "record 12/3". False when the text is another. */
static bool read_place(const char *number, int64_t *upload, uint32_t *place) {
    char *end = NULL;
    if (strncmp(number, "record ", 7) != 0) {
        return false;
    }
    *upload = strtoll(number + 7, &end, 10);
    if (*end != '/') {
        return false;
    }
    *place = (uint32_t)strtoul(end + 1, &end, 10);
    return *end == '\0' && *upload > 0 && *place > 0;
}

/* --- loads --------------------------------------------------------------------------------- */

/* The order with the online number at the end of the posting's number. */
static enum err tell_load(
    struct telling *t, const struct posting *p, struct story_step *step, struct why *why) {
    struct load_row row = {0};
    bool proven = false;
    const char *blank = strrchr(p->number, ' ');
    unsigned long number = blank ? strtoul(blank + 1, NULL, 10) : 0;
    assert(blank); /* the caller saw "load " */
    enum err err = t->c->store->load_numbered(
        t->c->store->self, &t->account, (uint16_t)number, &row, why);
    err = err ? err : load_proven(t->c, &row, &proven, why);
    if (err && err != ERR_NOT_FOUND) {
        return err;
    }
    if (!proven || number > UINT16_MAX || (int64_t)row.facts.amount != step->fen) {
        differ(
            &t->out->differences, "%s: no load of that amount was proven by the card", p->number);
    }
    step->rule = "load";
    step->moment = moment_number(row.facts.moment);
    (void)memcpy(step->terminal, row.facts.terminal, TERMINAL_LEN);
    (void)memcpy(step->tac, row.tac, MAC_LEN);
    t->out->loads++;
    t->out->loaded_fen += step->fen;
    return OK;
}

/* --- purchases ----------------------------------------------------------------------------- */

/* Reads the kept file up to one record. ERR_NOT_FOUND when it is not whole or too short. */
static enum err kept_record(const struct clearing_store *store, int64_t upload, uint32_t place,
    struct upload_record *out, struct why *why) {
    struct kept_upload *kept = NULL;
    enum err err = kept_open(store, upload, &kept, why);
    for (uint32_t at = 1; !err && at <= place; at++) {
        enum upload_step step = upload_next(&kept->reader, out);
        err = step == UPLOAD_RECORD ? OK
              : step == UPLOAD_BAD  ? kept_fault(kept, why)
                                    : ERR_NOT_FOUND;
    }
    kept_close(kept);
    return err == ERR_CONFLICT ? ERR_NOT_FOUND : err;
}

/* True when the record is this card's, over this amount, and the TAC is the card's. */
static enum err record_proves(struct telling *t, const struct proven_record *r, uint32_t day,
    int64_t fen, bool *proves, struct why *why) {
    struct clearing_limits limits;
    struct proven_record record = *r;
    struct record_judge judge = {.c = t->c, .limits = &limits, .day = day};
    enum err err = t->c->store->limits(t->c->store->self, day, &limits, why);
    err = err ? err : record_tacs(&judge, &record, 1, why);
    *proves = !err && record.tac_asked && record.tac_good && (int64_t)r->record.amount == -fen
              && memcmp(upload_factor(&r->record), t->factor, FACTOR_LEN) == 0
              && trade_is_medical(r->record.trade) == (t->account.kind == ACCOUNT_MEDICAL);
    return err;
}

/* The bytes that the terminal sent, not the row that was made of them. */
static enum err tell_purchase(
    struct telling *t, const struct posting *p, struct story_step *step, struct why *why) {
    struct proven_record r = {.place = 0};
    bool proves = false;
    enum err err = read_place(p->number, &r.upload, &r.place)
                       ? kept_record(t->c->store, r.upload, r.place, &r.record, why)
                       : ERR_NOT_FOUND;
    err = err ? err : record_proves(t, &r, p->day, step->fen, &proves, why);
    if (err && err != ERR_NOT_FOUND) {
        return err;
    }
    if (!proves) {
        differ(&t->out->differences, "%s: the kept file holds no such trade with a good TAC",
            p->number);
    }
    bool held = p->count == 2 && p->entries[1].account.kind == ACCOUNT_SUSPENSE;
    step->rule = held ? "held" : "purchase";
    step->moment = moment_number(r.record.moment);
    (void)memcpy(step->terminal, r.record.terminal, TERMINAL_LEN);
    (void)memcpy(step->tac, r.record.tac, MAC_LEN);
    t->out->purchases++;
    t->out->spent_fen -= step->fen;
    return OK;
}

/* --- days in parts ------------------------------------------------------------------------- */

/* The steps of the records that wait for their TACs. */
static enum err tell_records(struct telling *t, struct why *why) {
    struct clearing_limits limits;
    const struct clearing_store *store = t->c->store;
    const struct record_judge judge = {.c = t->c, .limits = &limits, .day = t->sealed_day};
    enum err err = store->limits(store->self, t->sealed_day, &limits, why);
    err = err ? err : record_tacs(&judge, t->records, t->count, why);
    for (size_t i = 0; !err && i < t->count; i++) {
        const struct proven_record *r = &t->records[i];
        char number[POSTING_NUMBER_LEN + 1];
        struct story_step step = {.day = t->sealed_day,
            .number = number,
            .fen = -(int64_t)r->record.amount,
            .moment = moment_number(r->record.moment),
            .rule = r->row.reason == REASON_NONE ? "purchase" : "held"};
        (void)snprintf(number, sizeof number, "record %" PRId64 "/%" PRIu32, r->upload, r->place);
        (void)memcpy(step.terminal, r->record.terminal, TERMINAL_LEN);
        (void)memcpy(step.tac, r->record.tac, MAC_LEN);
        t->after_fen += step.fen;
        step.after_fen = t->after_fen;
        if (!r->tac_asked || !r->tac_good) {
            differ(&t->out->differences, "%s: the sealed trade has no good TAC", number);
        }
        t->out->purchases++;
        t->out->spent_fen -= step.fen;
        if (t->listener && t->listener->told) {
            t->listener->told(t->listener->cookie, &step);
        }
    }
    t->count = 0;
    return err;
}

static enum err meet_record(void *cookie, const struct record_row *row, struct why *why) {
    struct telling *t = cookie;
    if (!row->posted) {
        return OK;
    }
    t->records[t->count++] = (struct proven_record){
        .record = row->record, .upload = row->upload, .place = row->place, .row = *row};
    return t->count == SEALED_AT_ONCE ? tell_records(t, why) : OK;
}

/* A posting that the records call for, against the one that is in the books. */
static enum err meet_posting(void *cookie, const struct posting *p, struct why *why) {
    struct telling *t = cookie;
    struct posting kept = {.count = 0};
    enum err err = t->c->store->posting_find(t->c->store->self, p->number, &kept, why);
    t->called_for++;
    if (err == ERR_NOT_FOUND || (!err && !same_entries(&kept, p))) {
        differ(&t->out->differences, "%s: it is not what the sealed trades of the day call for",
            p->number);
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* All that the card bought on a day in parts, from its sealed segment. */
static enum err tell_sealed(struct telling *t, const struct posting *p, struct why *why) {
    const struct sealed_records *sealed = t->c->sealed;
    const struct sealed_listener to = {t, meet_record, meet_posting};
    t->sealed_day = p->day;
    t->called_for = 0;
    t->after_fen = t->balance_fen;
    t->records = t->records ? t->records : calloc(SEALED_AT_ONCE, sizeof *t->records);
    if (!t->records) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    enum err err = sealed ? sealed->of_card(sealed->self, p->day, t->factor, &to, why)
                          : why_say(why, ERR_CONFLICT, "no sealed segments are at hand");
    err = err ? err : tell_records(t, why);
    if (err == ERR_CONFLICT || err == ERR_NOT_FOUND) {
        t->count = 0;
        differ(&t->out->differences, "%s: %s", p->number, why->text);
        return OK;
    }
    return err;
}

/* Postings of a day in parts are numbered "parts DAY/CARD/N", and come one behind the other: the first
 * one tells the day. */
static enum err tell_parts(struct telling *t, const struct posting *p, struct why *why) {
    const char *slash = strrchr(p->number, '/');
    unsigned long n = slash ? strtoul(slash + 1, NULL, 10) : 0;
    int64_t fen = fen_of(t, p);
    enum err err = t->sealed_day == p->day ? OK : tell_sealed(t, p, why);
    if (!err && (n == 0 || n > t->called_for)) {
        differ(&t->out->differences, "%s: no sealed trade of the day calls for it", p->number);
    }
    if (!fen_add(t->balance_fen, fen, &t->balance_fen)) {
        differ(&t->out->differences, "%s: the balance overflows", p->number);
    }
    return err;
}

/* --- the story ----------------------------------------------------------------------------- */

/* One posting, by how its number begins. */
static enum err tell_posting(struct telling *t, const struct posting *p, struct why *why) {
    struct story_step step = {.day = p->day,
        .number = p->number,
        .fen = fen_of(t, p),
        .medical = t->account.kind == ACCOUNT_MEDICAL};
    const char *load = load_word(t->account.kind);
    enum err err = OK;
    if (strncmp(p->number, "parts ", 6) == 0) {
        return tell_parts(t, p, why);
    }
    if (strncmp(p->number, load, strlen(load)) == 0) {
        err = tell_load(t, p, &step, why);
    } else if (strncmp(p->number, "record ", 7) == 0) {
        err = tell_purchase(t, p, &step, why);
    } else {
        step.rule = "no cause";
        differ(&t->out->differences, "%s: it is no trade of the card", p->number);
    }
    if (!fen_add(t->balance_fen, step.fen, &t->balance_fen)) {
        differ(&t->out->differences, "%s: the balance overflows", p->number);
    }
    step.after_fen = t->balance_fen;
    if (!err && t->listener && t->listener->told) {
        t->listener->told(t->listener->cookie, &step);
    }
    return err;
}

/* The balance that is kept beside the entries. */
static enum err compare_account(struct telling *t, struct why *why) {
    struct account account = {0};
    char kept[FEN_TEXT_MAX], told[FEN_TEXT_MAX];
    enum err err = t->c->store->account_find(t->c->store->self, &t->account, &account, why);
    err = err == ERR_NOT_FOUND ? OK : err;
    if (!err && account.fen != t->balance_fen) {
        differ(&t->out->differences, "the account holds %s yuan, its postings come to %s",
            fen_text(account.fen, kept), fen_text(t->balance_fen, told));
    }
    return err;
}

/* All postings of one account, then its balance. */
static enum err tell_account(struct telling *t, struct why *why) {
    const struct clearing_store *store = t->c->store;
    struct posting posting;
    int64_t id = 0;
    enum err err = OK;
    while (!(err = store->posting_touching(store->self, &t->account, id, &id, &posting, why))) {
        err = tell_posting(t, &posting, why);
        if (err) {
            return why_add(why, err, "posting %s", posting.number);
        }
    }
    err = err == ERR_NOT_FOUND ? OK : err;
    return err ? err : compare_account(t, why);
}

/* One account of the card, from nothing to its balance. */
static enum err follow_account(const struct telling *as, const struct account_name *account,
    int64_t *balance, struct why *why) {
    struct telling t = {.c = as->c,
        .listener = as->listener,
        .out = as->out,
        .account = *account,
        .factor = as->factor};
    enum err err = tell_account(&t, why);
    *balance = t.balance_fen;
    free(t.records);
    return err;
}

enum err card_follow(const struct clearing *c, const uint8_t factor[FACTOR_LEN],
    const struct card_listener *listener, struct card_story *out, struct why *why) {
    const struct telling as = {.c = c, .listener = listener, .out = out, .factor = factor};
    const struct account_name wallet = account_of_card(factor);
    const struct account_name medical = account_of_medical(factor);
    *out = (struct card_story){0};
    enum err err = follow_account(&as, &wallet, &out->balance_fen, why);
    err = err ? err : follow_account(&as, &medical, &out->medical_fen, why);
    assert(err || out->loaded_fen - out->spent_fen == out->balance_fen + out->medical_fen
           || out->differences.count > 0);
    return err;
}
