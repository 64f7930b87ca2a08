#include "clearing/card_story.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/money.h"
#include "clearing/kept_upload.h"
#include "clearing/load_order.h"
#include "clearing/record_proof.h"

/* A story while it is told. */
struct telling {
    const struct clearing *c;
    const struct card_listener *listener;
    struct card_story *out;
    struct account_name account;
    const uint8_t *factor;
};

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
        t->c->store->self, t->factor, (uint16_t)number, &row, why);
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
              && memcmp(upload_factor(&r->record), t->factor, FACTOR_LEN) == 0;
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

/* --- the story ----------------------------------------------------------------------------- */

/* One posting, by how its number begins. */
static enum err tell_posting(struct telling *t, const struct posting *p, struct why *why) {
    struct story_step step = {.day = p->day, .number = p->number, .fen = fen_of(t, p)};
    enum err err = OK;
    if (strncmp(p->number, "load ", 5) == 0) {
        err = tell_load(t, p, &step, why);
    } else if (strncmp(p->number, "record ", 7) == 0) {
        err = tell_purchase(t, p, &step, why);
    } else {
        step.rule = "no cause";
        differ(&t->out->differences, "%s: it is no trade of the card", p->number);
    }
    if (!fen_add(t->out->balance_fen, step.fen, &t->out->balance_fen)) {
        differ(&t->out->differences, "%s: the balance overflows", p->number);
    }
    step.after_fen = t->out->balance_fen;
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
    if (!err && account.fen != t->out->balance_fen) {
        differ(&t->out->differences, "the account holds %s yuan, its postings come to %s",
            fen_text(account.fen, kept), fen_text(t->out->balance_fen, told));
    }
    return err;
}

enum err card_follow(const struct clearing *c, const uint8_t factor[FACTOR_LEN],
    const struct card_listener *listener, struct card_story *out, struct why *why) {
    struct telling t = {c, listener, out, account_of_card(factor), factor};
    struct posting posting;
    int64_t id = 0;
    enum err err = OK;
    *out = (struct card_story){0};
    while (
        !(err = c->store->posting_touching(c->store->self, &t.account, id, &id, &posting, why))) {
        err = tell_posting(&t, &posting, why);
        if (err) {
            return why_add(why, err, "posting %s", posting.number);
        }
    }
    err = err == ERR_NOT_FOUND ? OK : err;
    return err ? err : compare_account(&t, why);
}
