#include "stores/sql/clearing_store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry/parameter.h"
#include "registry/registry.h"
#include "stores/sql/audit.h"
#include "stores/sql/clearing_rows.h"
#include "stores/sql/clearing_strays.h"
#include "stores/sql/no_such.h"

static const char *const sentences[CLEARING_SENTENCES] = {
#define SQL(name, text) [CLEARING_##name] = (text),
#include "stores/sql/clearing.def"
#define SQL(name, text) [CLEARING_##name] = (text),
#include "stores/sql/clearing_approvals.def"
#define SQL(name, text) [CLEARING_##name] = (text),
#include "stores/sql/clearing_settle.def"
};

struct say clearing_say(void *self, enum clearing_sentence which) {
    struct sqlite_clearing *s = self;
    return say(s->prepared[which]);
}

enum err clearing_found(struct say *s, bool there, const char *what, struct why *why) {
    enum err err = say_end(s, why);
    return err || there ? err : no_such(why, what);
}

/* A blob of another length is told like any other trouble of the sentence. */
void row_bytes(struct say *s, uint8_t *to, size_t len) {
    struct bytes blob = row_blob(s);
    assert(len > 0);
    if (blob.len != len) {
        row_odd(s);
        return;
    }
    (void)memcpy(to, blob.at, len);
}

/* --- transactions and audit ---------------------------------------------------------------- */

/* The clearing knows begin and commit but no database: the scopes that are open stand in a
 * stack. */
static enum err rows_begin(void *self, struct why *why) {
    struct sqlite_clearing *s = self;
    assert(s->depth < TX_DEPTH_MAX);
    s->open[s->depth] = (struct tx){NULL};
    approvals_begin(s);
    enum err err = tx_begin(&s->open[s->depth], s->db, why);
    s->depth += err ? 0 : 1;
    return err;
}

/* A commit that fails leaves the transaction to rollback(). */
static enum err rows_commit(void *self, struct why *why) {
    struct sqlite_clearing *s = self;
    assert(s->depth > 0);
    enum err err = tx_commit(&s->open[s->depth - 1], why);
    if (!err) {
        s->depth--;
        approvals_kept(s);
    }
    return err;
}

/* The innermost that is open. */
static void rows_rollback(void *self) {
    struct sqlite_clearing *s = self;
    assert(s->depth > 0);
    tx_leave(&s->open[--s->depth]);
    approvals_taken_back(s);
}

/* The row joins the transaction of the change. */
static enum err rows_audit(
    void *self, const char *who, const char *what, const char *subject, struct why *why) {
    struct sqlite_clearing *s = self;
    return db_audit(s->db, who, what, subject, why);
}

/* --- who may sell -------------------------------------------------------------------------- */

/* A second time it writes name and account anew; payouts keep what they were made with. */
static enum err rows_institution_put(void *self, const struct institution *i, struct why *why) {
    struct say s = clearing_say(self, CLEARING_INSTITUTION_PUT);
    say_text(&s, i->code);
    say_text(&s, i->name);
    say_text(&s, i->bank_account);
    return say_done(&s, why);
}

/* By the code that upload files carry. */
static enum err rows_institution_find(
    void *self, const char *code, struct institution *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_INSTITUTION_FIND);
    say_text(&s, code);
    bool there = say_next(&s);
    if (there) {
        row_text(&s, out->code, sizeof out->code);
        row_text(&s, out->name, sizeof out->name);
        row_text(&s, out->bank_account, sizeof out->bank_account);
    }
    return clearing_found(&s, there, "institution", why);
}

/* The table refuses an institution that does not exist. */
static enum err rows_terminal_put(void *self, const struct terminal_row *t, struct why *why) {
    struct say s = clearing_say(self, CLEARING_TERMINAL_PUT);
    say_blob(&s, bytes_of(t->number, TERMINAL_LEN));
    say_text(&s, t->institution);
    say_int(&s, t->stopped);
    return say_done(&s, why);
}

/* By the number in the PSAM's EF16. */
static enum err rows_terminal_find(
    void *self, const uint8_t number[TERMINAL_LEN], struct terminal_row *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_TERMINAL_FIND);
    say_blob(&s, bytes_of(number, TERMINAL_LEN));
    bool there = say_next(&s);
    if (there) {
        row_bytes(&s, out->number, TERMINAL_LEN);
        row_text(&s, out->institution, sizeof out->institution);
        out->stopped = row_int(&s) != 0;
    }
    return clearing_found(&s, there, "terminal", why);
}

/* --- what the registry knows --------------------------------------------------------------- */

/* A card's life is that of now; whether it was listed, that of the moment. One sentence asks
 * both. */
static enum err rows_card_find(void *self, const uint8_t factor[FACTOR_LEN], uint64_t moment,
    struct card_standing *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_CARD_FIND);
    say_blob(&s, bytes_of(factor, FACTOR_LEN));
    say_int(&s, (int64_t)moment);
    bool there = say_next(&s);
    if (there) {
        out->life = (uint8_t)row_int(&s);
        out->listed = row_int(&s) != 0;
    }
    return clearing_found(&s, there, "card", why);
}

/* Clearing is the clearing officers'; approving is the approvers', who are other people. */
static enum err rows_officer_check(
    void *self, const char *code, enum clearing_duty duty, struct why *why) {
    struct say s = clearing_say(self, CLEARING_OFFICER_ROLE);
    say_text(&s, code);
    int64_t role = say_next(&s) ? row_int(&s) : 0;
    enum err err = say_end(&s, why);
    static const struct {
        enum officer_role role;
        const char *does;
    } duties[] = {
        [DUTY_CLEAR] = {ROLE_CLEARING, "clear the day"                  },
        [DUTY_APPROVE] = {ROLE_APPROVER, "approve payouts"                },
        [DUTY_HEAD] = {ROLE_HEAD,     "let payouts above the limit out"},
    };
    if (err || role == (int64_t)duties[duty].role) {
        return err;
    }
    return why_say(
        why, ERR_DENIED, "%s may not %s; ask an officer who does", code, duties[duty].does);
}

/* A parameter that nobody changed has the value of parameter.def. */
static enum err parameter_on(
    void *self, enum parameter which, uint32_t day, int64_t *value, struct why *why) {
    struct say s = clearing_say(self, CLEARING_PARAMETER_ON);
    say_text(&s, parameter_text(which)->name);
    say_int(&s, day);
    bool there = say_next(&s);
    *value = there ? row_int(&s) : parameter_text(which)->value;
    return say_end(&s, why);
}

/* One question for each figure; they are asked once for each file or order. */
static enum err rows_limits(
    void *self, uint32_t day, struct clearing_limits *out, struct why *why) {
    int64_t late = 0, first = 0, last = 0, in_row = 0, hours = 0, kept = 0, upload = 0, named = 0;
    enum err err = parameter_on(self, PARAMETER_OFFLINE_PURCHASE_FEN, day, &out->offline_fen, why);
    err = err ? err : parameter_on(self, PARAMETER_LOAD_FEN, day, &out->load_fen, why);
    err = err ? err : parameter_on(self, PARAMETER_WALLET_FEN, day, &out->balance_fen, why);
    err = err ? err : parameter_on(self, PARAMETER_UPLOAD_LATE_DAYS, day, &late, why);
    err = err ? err : parameter_on(self, PARAMETER_WALLET_KEY_FIRST, day, &first, why);
    err = err ? err : parameter_on(self, PARAMETER_WALLET_KEY_LAST, day, &last, why);
    err = err ? err
              : parameter_on(self, PARAMETER_OFFLINE_CARD_DAY_FEN, day, &out->card_day_fen, why);
    err = err ? err
              : parameter_on(self, PARAMETER_OFFLINE_DAY_FEN, day, &out->terminal_day_fen, why);
    err = err ? err : parameter_on(self, PARAMETER_OFFLINE_IN_ROW, day, &in_row, why);
    err = err ? err : parameter_on(self, PARAMETER_LIST_OFFLINE_HOURS, day, &hours, why);
    err = err ? err : parameter_on(self, PARAMETER_PAYOUT_HEAD_FEN, day, &out->head_fen, why);
    err = err ? err
              : parameter_on(self, PARAMETER_FEE_CEILING_FEN, day, &out->fee_ceiling_fen, why);
    err = err ? err : parameter_on(self, PARAMETER_RETENTION_THOUSANDTHS, day, &kept, why);
    err = err ? err : parameter_on(self, PARAMETER_UPLOAD_HOURS, day, &upload, why);
    err = err ? err : parameter_on(self, PARAMETER_BANK_SIGNED, day, &named, why);
    assert(err || (late >= 0 && late <= UINT32_MAX));
    assert(err || (first >= 0 && first <= UINT8_MAX));
    assert(err || (last >= 0 && last <= UINT8_MAX));
    out->late_days = (uint32_t)late;
    out->in_row = (uint32_t)in_row;
    out->list_hours = (uint32_t)hours;
    out->retention = (uint16_t)kept;
    out->upload_hours = (uint32_t)upload;
    out->bank_signed = named != 0;
    out->key_version_first = (uint8_t)first;
    out->key_version_last = (uint8_t)last;
    return err;
}

/* By the register of keys; a card that nobody knows has none. */
static enum err rows_medical_version(
    void *self, const uint8_t factor[FACTOR_LEN], uint8_t *version, struct why *why) {
    struct say s = clearing_say(self, CLEARING_MEDICAL_VERSION);
    say_blob(&s, bytes_of(factor, FACTOR_LEN));
    bool there = say_next(&s);
    if (there) {
        *version = (uint8_t)row_int(&s);
    }
    return clearing_found(&s, there, "card", why);
}

/* --- uploads and records ------------------------------------------------------------------- */

/* Everything that a row says of its file beside the digest. */
void clearing_read_upload(struct say *s, struct upload_row *out) {
    out->id = row_int(s);
    row_text(s, out->header.institution, sizeof out->header.institution);
    row_bytes(s, out->header.terminal, TERMINAL_LEN);
    out->header.batch = (uint32_t)row_int(s);
    out->header.business_day = (uint32_t)row_int(s);
    out->count = (uint32_t)row_int(s);
    out->total_fen = row_int(s);
    out->day = (uint32_t)row_int(s);
}

/* Only sealed files have a digest, so a file that is being read is not found. */
static enum err rows_upload_find(
    void *self, const uint8_t digest[SM3_LEN], struct upload_row *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_UPLOAD_FIND);
    say_blob(&s, bytes_of(digest, SM3_LEN));
    bool there = say_next(&s);
    if (there) {
        (void)memcpy(out->digest, digest, SM3_LEN);
        clearing_read_upload(&s, out);
    }
    return clearing_found(&s, there, "upload", why);
}

/* The digest stays NULL until the file was read to its end. */
static enum err rows_upload_add(void *self, struct upload_row *row, struct why *why) {
    struct say s = clearing_say(self, CLEARING_UPLOAD_ADD);
    say_text(&s, row->header.institution);
    say_blob(&s, bytes_of(row->header.terminal, TERMINAL_LEN));
    say_int(&s, row->header.batch);
    say_int(&s, row->header.business_day);
    say_int(&s, row->day);
    return say_added(&s, &row->id, why);
}

/* From here on the file is known by its digest. */
static enum err rows_upload_seal(void *self, const struct upload_row *row, struct why *why) {
    struct say s = clearing_say(self, CLEARING_UPLOAD_SEAL);
    assert(row->id > 0);
    say_int(&s, row->id);
    say_blob(&s, bytes_of(row->digest, SM3_LEN));
    say_int(&s, row->count);
    say_int(&s, row->total_fen);
    return say_done(&s, why);
}

/* The seventeen columns of what the terminal said. */
static void say_trade(struct say *s, const struct upload_record *r) {
    say_blob(s, bytes_of(r->ticket, TICKET_LEN));
    say_blob(s, bytes_of(r->asn, ASN_LEN));
    say_blob(s, bytes_of(upload_factor(r), FACTOR_LEN));
    say_blob(s, bytes_of(r->issuer, UPLOAD_ISSUER_LEN));
    say_int(s, r->trade);
    say_int(s, r->amount);
    say_int(s, r->balance_before);
    say_int(s, r->number);
    say_int(s, r->overdraft);
    say_int(s, r->key_version);
    say_int(s, r->algorithm);
    say_blob(s, bytes_of(r->terminal, TERMINAL_LEN));
    say_int(s, r->terminal_seq);
    say_int(s, (int64_t)moment_number(r->moment));
    say_blob(s, bytes_of(r->tac, MAC_LEN));
    say_int(s, r->mac2_checked);
    say_int(s, r->flag);
}

/* Factor of the city, and the amounts before the one that moved. */
static enum err medical_add(void *self, const struct record_row *row, struct why *why) {
    struct say s = clearing_say(self, CLEARING_MEDICAL_ADD);
    say_int(&s, row->upload);
    say_int(&s, row->place);
    say_blob(&s, bytes_of(row->record.city_factor, FACTOR_LEN));
    say_int(&s, row->record.medical[0]);
    say_int(&s, row->record.medical[1]);
    return say_done(&s, why);
}

/* The last flag says whether the record stands: it is proven, and no copy of one that does. */
static enum err rows_record_add(void *self, struct record_row *row, struct why *why) {
    struct say s = clearing_say(self, CLEARING_RECORD_ADD);
    assert(row->upload > 0);
    assert(row->place > 0);
    assert(!row->posted || row->tac == TAC_GOOD); /* money moves on a proof */
    say_int(&s, row->upload);
    say_int(&s, row->place);
    say_trade(&s, &row->record);
    say_int(&s, row->tac);
    say_int(&s, row->reason);
    say_int(&s, row->posted);
    say_int(&s, row->tac == TAC_GOOD && row->reason != REASON_DUPLICATE);
    say_int(&s, row->day);
    enum err err = say_added(&s, &row->id, why);
    return err || row->record.trade != TRADE_MEDICAL_PURCHASE ? err : medical_add(self, row, why);
}

/* Tells a rival at the same terminal and sequence: the very trade, or another one. */
static void tell_rival(struct say *s, const struct upload_record *r, struct record_rivals *out) {
    uint8_t factor[FACTOR_LEN] = {0};
    row_bytes(s, factor, sizeof factor);
    int64_t amount = row_int(s), trade = row_int(s), moment = row_int(s);
    bool same = memcmp(factor, upload_factor(r), FACTOR_LEN) == 0 && amount == r->amount
                && trade == (int64_t)r->trade && moment == (int64_t)moment_number(r->moment);
    out->same = out->same || same;
    out->other_seq = out->other_seq || !same;
}

/* First the terminal and sequence, which tell the very trade from another one; then the card's
 * number. */
static enum err rows_record_rivals(
    void *self, const struct upload_record *r, struct record_rivals *out, struct why *why) {
    *out = (struct record_rivals){0};
    struct say s = clearing_say(self, CLEARING_RIVALS_SEQ);
    say_blob(&s, bytes_of(r->terminal, TERMINAL_LEN));
    say_int(&s, r->terminal_seq);
    while (say_next(&s)) {
        tell_rival(&s, r, out);
    }
    enum err err = say_end(&s, why);
    if (err || out->same) {
        return err; /* its own place is no other's */
    }
    s = clearing_say(self, CLEARING_RIVALS_NUMBER);
    say_blob(&s, bytes_of(upload_factor(r), FACTOR_LEN));
    say_int(&s, r->number);
    say_int(&s, r->trade);
    out->other_number = say_next(&s);
    return say_end(&s, why);
}

/* At most a few rows: of several with one number the sentence puts the one that counts last. */
static enum err rows_record_neighbours(void *self, const struct upload_record *r,
    struct chain_link *before, struct chain_link *behind, struct why *why) {
    struct say s = clearing_say(self, CLEARING_NEIGHBOURS);
    say_blob(&s, bytes_of(upload_factor(r), FACTOR_LEN));
    say_int(&s, (int64_t)r->number - 1);
    say_int(&s, (int64_t)r->number + 1);
    say_int(&s, r->trade);
    while (say_next(&s)) {
        int64_t number = row_int(&s);
        struct chain_link link = {.known = true};
        link.balance_before = (uint32_t)row_int(&s);
        link.amount = (uint32_t)row_int(&s);
        link.moment = (uint64_t)row_int(&s);
        if (number < r->number) {
            *before = link;
        } else if (number > r->number) {
            *behind = link;
        }
    }
    return say_end(&s, why);
}

/* Three sentences with the same columns: of a file, of a day, of everything. */
static enum err rows_record_sums(void *self, int64_t upload, uint32_t day,
    struct reason_sum by_reason[REASON_COUNT], uint64_t by_tac[3], struct why *why) {
    assert(upload == 0 || day == 0);
    enum clearing_sentence which = upload ? CLEARING_SUMS_UPLOAD
                                   : day  ? CLEARING_SUMS_DAY
                                          : CLEARING_SUMS_ALL;
    struct say s = clearing_say(self, which);
    if (which != CLEARING_SUMS_ALL) {
        say_int(&s, upload ? upload : (int64_t)day);
    }
    while (say_next(&s)) {
        int64_t reason = row_int(&s), finding = row_int(&s), count = row_int(&s);
        assert(reason >= 0 && reason < REASON_COUNT);
        assert(finding >= TAC_NOT_CHECKED && finding <= TAC_BAD);
        by_reason[reason].count += (uint64_t)count;
        by_reason[reason].fen += row_int(&s);
        by_tac[finding] += (uint64_t)count;
    }
    return say_end(&s, why);
}

/* --- days and payouts ---------------------------------------------------------------------- */

/* The day of the row that a sentence finds, or ERR_NOT_FOUND. */
static enum err read_day(struct say *s, struct day_row *out, struct why *why) {
    bool there = say_next(s);
    if (there) {
        out->day = (uint32_t)row_int(s);
        out->state = (int)row_int(s);
        row_text(s, out->maker, sizeof out->maker);
        row_text(s, out->approver, sizeof out->approver);
        row_bytes(s, out->pay_digest, SM3_LEN);
    }
    return clearing_found(s, there, "business day", why);
}

/* One day, by its date. */
static enum err rows_day_find(void *self, uint32_t day, struct day_row *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_DAY_FIND);
    say_int(&s, day);
    return read_day(&s, out, why);
}

/* The youngest day; there is none before day_begin(). */
static enum err rows_day_last(void *self, struct day_row *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_DAY_LAST);
    return read_day(&s, out, why);
}

/* Adds the row, or writes state, officers and digest anew. */
static enum err rows_day_put(void *self, const struct day_row *row, struct why *why) {
    struct say s = clearing_say(self, CLEARING_DAY_PUT);
    say_int(&s, row->day);
    say_int(&s, row->state);
    say_text(&s, row->maker);
    say_text(&s, row->approver);
    say_blob(&s, bytes_of(row->pay_digest, SM3_LEN));
    return say_done(&s, why);
}

/* The second witness: what the day's postings moved on the account of the institution or city. */
static enum err rows_booked(
    void *self, const char *institution, uint32_t day, int64_t *fen, struct why *why) {
    struct say s = clearing_say(self, CLEARING_NET_BOOKED);
    say_int(&s, ACCOUNT_INSTITUTION);
    say_int(&s, ACCOUNT_CITY);
    say_text(&s, institution);
    say_int(&s, day);
    *fen = say_next(&s) ? row_int(&s) : 0;
    return say_end(&s, why);
}

/* behind may be a part of *out, which is written last. */
static enum err rows_net_next(
    void *self, uint32_t day, const char *behind, struct net_row *out, struct why *why) {
    struct net_row net = {0};
    struct say s = clearing_say(self, CLEARING_NET_NEXT);
    say_int(&s, day);
    say_text(&s, behind);
    bool there = say_next(&s);
    if (there) {
        row_text(&s, net.institution, sizeof net.institution);
        net.trades = (uint32_t)row_int(&s);
        net.fen = row_int(&s);
    }
    enum err err = clearing_found(&s, there, "institution with cleared records", why);
    err = err ? err : rows_booked(self, net.institution, day, &net.booked_fen, why);
    if (!err) {
        *out = net;
    }
    return err;
}

/* Name and account are copied into the line, as the list said them. */
static enum err rows_payout_add(void *self, const struct payout *p, struct why *why) {
    struct say s = clearing_say(self, CLEARING_PAYOUT_ADD);
    assert(p->seq > 0);
    assert(p->fen > 0);
    say_int(&s, p->day);
    say_int(&s, p->seq);
    say_text(&s, p->to.code);
    say_text(&s, p->to.name);
    say_text(&s, p->to.bank_account);
    say_int(&s, p->trades);
    say_int(&s, p->fen);
    return say_done(&s, why);
}

/* One line behind another, so that no list has to fit memory. */
static enum err rows_payout_next(
    void *self, uint32_t day, uint32_t behind, struct payout *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_PAYOUT_NEXT);
    say_int(&s, day);
    say_int(&s, behind);
    bool there = say_next(&s);
    if (there) {
        out->day = (uint32_t)row_int(&s);
        out->seq = (uint32_t)row_int(&s);
        row_text(&s, out->to.code, sizeof out->to.code);
        row_text(&s, out->to.name, sizeof out->to.name);
        row_text(&s, out->to.bank_account, sizeof out->to.bank_account);
        out->trades = (uint32_t)row_int(&s);
        out->fen = row_int(&s);
    }
    return clearing_found(&s, there, "payout", why);
}

/* One number that a sentence about the days of a state answers. */
static enum err sum_of_days(
    void *self, enum clearing_sentence which, int state, int64_t *fen, struct why *why) {
    struct say s = clearing_say(self, which);
    say_int(&s, state);
    *fen = say_next(&s) ? row_int(&s) : 0;
    return say_end(&s, why);
}

/* Two sums over the same days, which the proof compares. */
static enum err rows_paid_sums(
    void *self, int state, int64_t *cleared_fen, int64_t *payout_fen, struct why *why) {
    enum err err = sum_of_days(self, CLEARING_PAID_CLEARED, state, cleared_fen, why);
    return err ? err : sum_of_days(self, CLEARING_PAID_OUT, state, payout_fen, why);
}

/* --- opening ------------------------------------------------------------------------------- */

/* What clearing.h names, function by function; clearing_books.c adds its part. */
static void offer(struct sqlite_clearing *s, struct clearing_store *store) {
    *store = (struct clearing_store){
        .self = s,
        .begin = rows_begin,
        .commit = rows_commit,
        .rollback = rows_rollback,
        .audit = rows_audit,
        .institution_put = rows_institution_put,
        .institution_find = rows_institution_find,
        .terminal_put = rows_terminal_put,
        .terminal_find = rows_terminal_find,
        .card_find = rows_card_find,
        .officer_check = rows_officer_check,
        .limits = rows_limits,
        .medical_version = rows_medical_version,
        .upload_find = rows_upload_find,
        .upload_add = rows_upload_add,
        .upload_seal = rows_upload_seal,
        .record_add = rows_record_add,
        .record_rivals = rows_record_rivals,
        .record_neighbours = rows_record_neighbours,
        .record_sums = rows_record_sums,
        .day_find = rows_day_find,
        .day_last = rows_day_last,
        .day_put = rows_day_put,
        .net_next = rows_net_next,
        .booked = rows_booked,
        .payout_add = rows_payout_add,
        .payout_next = rows_payout_next,
        .paid_sums = rows_paid_sums,
    };
    clearing_books_offer(store);
    clearing_approvals_offer(store);
    clearing_moves_offer(store);
    clearing_witness_offer(store);
    clearing_settle_offer(store);
}

/* All sentences or none; a typo ends the start here. */
enum err sqlite_clearing_open(
    struct db *db, struct sqlite_clearing **out, struct clearing_store *store, struct why *why) {
    struct sqlite_clearing *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    s->db = db;
    enum err err = clearing_strays_remove(db, why);
    err = err ? err : db_prepare(db, sentences, CLEARING_SENTENCES, s->prepared, why);
    if (err) {
        free(s);
        return why_add(why, err, "clearing");
    }
    offer(s, store);
    *out = s;
    return OK;
}

void sqlite_clearing_close(struct sqlite_clearing *s) {
    if (s) {
        assert(s->depth == 0);
        db_finalize(s->prepared, CLEARING_SENTENCES);
        approvals_forget(&s->came);
        free(s);
    }
}
