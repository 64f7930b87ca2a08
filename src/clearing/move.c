#include "clearing/move.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clearing/day_cycle.h"
#include "clearing/month.h"
#include "clearing/sealed_records.h"

static const struct kind {
    const char *word, *zh;
    int sign;
} kinds[MOVE_KIND_COUNT] = {
#define MOVE(name, word, sign, zh, en) {word, zh, sign},
#include "clearing/move.def"
};

const char *move_word(enum move_kind kind) {
    assert((unsigned)kind < MOVE_KIND_COUNT);
    return kinds[kind].word;
}

const char *move_zh(enum move_kind kind) {
    assert((unsigned)kind < MOVE_KIND_COUNT);
    return kinds[kind].zh;
}

int move_sign(enum move_kind kind) {
    assert((unsigned)kind < MOVE_KIND_COUNT);
    return kinds[kind].sign;
}

/* A wrong TAC moved nothing, but whoever has the slip may show that the trade was made. */
bool reason_waits(enum reason reason) {
    return reason == REASON_TAC || reason_line(reason)->ruling == RULING_SUSPENSE;
}

/* --- postings ------------------------------------------------------------------------------ */

/* The account that is an institution's or a city's. */
static enum err payee(
    const struct clearing *c, const char *institution, struct account_name *out, struct why *why) {
    enum err err = c->store->city_check(c->store->self, institution, why);
    *out = account_named(err == OK ? ACCOUNT_CITY : ACCOUNT_INSTITUTION, institution);
    return err == ERR_NOT_FOUND ? OK : err;
}

/* Where the money of a held record is: in suspense when it was posted, else with whoever's card it
 * was. */
static enum err held_with(const struct clearing *c, const struct record_row *record,
    struct account_name *out, struct why *why) {
    char city[INSTITUTION_LEN + 1];
    if (record->posted) {
        *out = account_named(ACCOUNT_SUSPENSE, NULL);
        return OK;
    }
    if (record->reason != REASON_FOREIGN) {
        *out = account_of_record(&record->record);
        return OK;
    }
    enum err err = c->store->city_of_card(
        c->store->self, upload_factor(&record->record), city, why);
    *out = err ? *out : account_named(ACCOUNT_CITY, city);
    return err;
}

/* From where, to where: the whole of what the kinds mean for the books. */
static enum err sides(const struct clearing *c, const struct move_row *row,
    const struct record_row *record, struct account_name side[2], struct why *why) {
    struct account_name holder = account_of_card(upload_factor(&record->record));
    enum err err = payee(c, row->institution, &side[1], why);
    holder.kind = ACCOUNT_HOLDER;
    if (!err && row->kind == MOVE_REFUND) {
        side[0] = side[1];
        side[1] = holder;
    } else if (!err && row->kind == MOVE_RELEASE) {
        side[0] = retention_account(row->institution, row->place);
    } else if (!err && (row->kind == MOVE_RETURN || row->kind == MOVE_MONTH)) {
        side[0] = account_named(row->kind == MOVE_RETURN ? ACCOUNT_BANK : ACCOUNT_FUNDING, NULL);
    } else if (!err) {
        err = held_with(c, record, &side[0], why);
        side[1] = row->kind == MOVE_REFUSE ? holder : side[1];
    }
    return err;
}

enum err move_posting(
    const struct clearing *c, const struct move_row *row, struct posting *out, struct why *why) {
    struct record_row record = {.id = 0};
    struct account_name side[2];
    enum err err = OK;
    *out = (struct posting){0};
    if (row->upload != 0) {
        err = record_anywhere(c, row->upload, row->place, &record, why);
    }
    bool nothing = row->kind == MOVE_CITY || row->kind == MOVE_CLAIM
                   || (row->kind == MOVE_REFUSE && !record.posted);
    if (err || nothing) {
        return err; /* CITY is the other half of the posting of its PAY */
    }
    err = sides(c, row, &record, side, why);
    if (!err) {
        *out = posting_between(&side[0], &side[1], row->fen, row->day);
        (void)snprintf(out->number, sizeof out->number, "move %s", row->number);
    }
    return err;
}

/* --- asking -------------------------------------------------------------------------------- */

/* A number and a reason that a page can show. */
static enum err order_check(const struct move_order *o, struct why *why) {
    size_t number = strlen(o->number), reference = o->reference ? strlen(o->reference) : 0;
    if (number == 0 || number > MOVE_NUMBER_MAX - 2) {
        return why_say(
            why, ERR_INVALID, "a move needs a number of 1 to %d characters", MOVE_NUMBER_MAX - 2);
    }
    if (reference == 0 || reference > MOVE_REFERENCE_MAX) {
        return why_say(
            why, ERR_INVALID, "a move needs a reference of 1 to %d bytes", (int)MOVE_REFERENCE_MAX);
    }
    if (o->kind == MOVE_CITY || o->kind == MOVE_RETURN || o->kind == MOVE_MONTH) {
        return why_say(why, ERR_INVALID,
            "a move of kind %s is made by its cause, not by an officer", move_word(o->kind));
    }
    bool named = o->kind == MOVE_CLAIM || o->kind == MOVE_RELEASE;
    if (named && !o->institution) {
        return why_say(
            why, ERR_INVALID, "a %s needs the institution that it is about", move_word(o->kind));
    }
    if (o->kind == MOVE_RELEASE && (o->upload != 0 || o->place < 2000 || o->place > 9999)) {
        return why_say(why, ERR_INVALID, "a release names the year as its place, and no file");
    }
    if ((named || o->kind == MOVE_REFUND) && o->fen <= 0) {
        return why_say(why, ERR_INVALID, "a move needs an amount above zero");
    }
    return OK;
}

/* move 3: what was done about a record before. */
static enum err record_check(const struct clearing *c, const struct move_order *o,
    const struct record_row *record, struct why *why) {
    int64_t sums[MOVE_KIND_COUNT] = {0};
    enum err err = c->store->move_sums(c->store->self, o->upload, o->place, sums, why);
    if (err) {
        return err;
    }
    if (o->kind == MOVE_REFUND) {
        int64_t paid = record->reason == REASON_NONE ? (int64_t)record->record.amount
                                                     : sums[MOVE_PAY];
        return sums[MOVE_REFUND] <= paid - o->fen
                   ? OK
                   : why_say(why, ERR_CONFLICT,
                       "of this trade %" PRId64 " fen were paid and %" PRId64
                       " given back; less must be asked for",
                       paid, sums[MOVE_REFUND]);
    }
    if (!reason_waits(record->reason)) {
        return why_say(why, ERR_CONFLICT, "the record is %s and waits for nobody",
            reason_line(record->reason)->word);
    }
    return sums[MOVE_PAY] + sums[MOVE_REFUSE] == 0
               ? OK
               : why_say(why, ERR_CONFLICT, "this record was decided before");
}

/* Institution and amount as the record says them. */
static enum err order_record(
    const struct clearing *c, const struct move_order *o, struct move_row *row, struct why *why) {
    struct record_row record;
    struct upload_row upload;
    enum err err = record_anywhere(c, o->upload, o->place, &record, why);
    err = err ? err : record_check(c, o, &record, why);
    err = err ? err : c->store->upload_numbered(c->store->self, o->upload, &upload, why);
    if (!err) {
        row->upload = o->upload;
        row->place = o->place;
        row->fen = o->kind == MOVE_REFUND ? o->fen : (int64_t)record.record.amount;
        (void)memcpy(row->institution, upload.header.institution, sizeof row->institution);
    }
    return err;
}

/* The row of an order, before anybody agreed to it. */
static enum err row_of(
    const struct clearing *c, const struct move_order *o, struct move_row *row, struct why *why) {
    struct institution institution;
    *row = (struct move_row){.kind = o->kind, .fen = o->fen};
    (void)snprintf(row->number, sizeof row->number, "%s", o->number);
    (void)snprintf(row->reference, sizeof row->reference, "%s", o->reference);
    if (o->kind != MOVE_CLAIM && o->kind != MOVE_RELEASE) {
        return order_record(c, o, row, why);
    }
    row->place = o->kind == MOVE_RELEASE ? o->place : 0;
    enum err err = c->store->institution_find(c->store->self, o->institution, &institution, why);
    (void)snprintf(row->institution, sizeof row->institution, "%s", err ? "" : o->institution);
    return err;
}

/* move 2: what an officer said, said again. */
static bool same_order(const struct move_row *row, const struct move_order *o) {
    bool named = o->kind == MOVE_CLAIM || o->kind == MOVE_RELEASE;
    if (named && strcmp(row->institution, o->institution) != 0) {
        return false;
    }
    return row->kind == o->kind && row->upload == o->upload && row->place == o->place
           && strcmp(row->reference, o->reference) == 0 && (o->fen == 0 || row->fen == o->fen);
}

enum err move_ask(const struct clearing *c, const struct move_order *order, const char *officer,
    struct why *why) {
    CLEARING_SCOPE(scope);
    const struct clearing_store *store = c->store;
    struct move_row row;
    enum err err = order_check(order, why);
    err = err ? err : store->officer_check(store->self, officer, DUTY_CLEAR, why);
    err = err ? err : clearing_begin(&scope, store, why);
    err = err ? err : store->move_find(store->self, order->number, &row, why);
    if (err != ERR_NOT_FOUND) {
        return err || same_order(&row, order)
                   ? err
                   : why_say(why, ERR_CONFLICT, "the number stands for another move");
    }
    err = row_of(c, order, &row, why);
    err = err ? err : day_open(store, &row.asked, why);
    (void)snprintf(row.maker, sizeof row.maker, "%s", officer);
    err = err ? err : store->move_put(store->self, &row, why);
    err = err ? err : store->audit(store->self, officer, "move-ask", row.number, why);
    err = err ? err : clearing_commit(&scope, why);
    return err ? why_add(why, err, "move %s", order->number) : OK;
}

/* --- agreeing ------------------------------------------------------------------------------ */

/* move 5: only a city may come to owe. */
static enum err due_check(const struct clearing *c, const struct move_row *row, struct why *why) {
    int64_t due = 0;
    if (move_sign(row->kind) >= 0) {
        return OK;
    }
    enum err err = c->store->booked(c->store->self, row->institution, row->day, &due, why);
    return err || due >= row->fen
               ? err
               : why_say(why, ERR_CONFLICT,
                   "%" PRId64 " fen are due to %s today, less than is to be given back; wait until "
                   "it has sold more",
                   due, row->institution);
}

/* move 6: how much there is, the ledger says. */
static enum err release_check(const struct move_row *row, struct why *why) {
    assert(row->day != 0);
    return row->kind != MOVE_RELEASE || row->place < row->day / 10000
               ? OK
               : why_say(why, ERR_CONFLICT,
                   "the year %" PRIu32 " is not over; its retention is released when it is judged",
                   row->place);
}

/* The other half of a trade of another city's card: its city owes what the institution gets. */
static enum err owe_city(const struct clearing *c, const struct move_row *row,
    const struct posting *posting, struct why *why) {
    struct move_row owed = *row;
    if (row->kind != MOVE_PAY || posting->entries[0].account.kind != ACCOUNT_CITY) {
        return OK;
    }
    owed.kind = MOVE_CITY;
    (void)snprintf(owed.number, sizeof owed.number, "%.*s/c", MOVE_NUMBER_MAX - 2, row->number);
    (void)memcpy(owed.institution, posting->entries[0].account.of, INSTITUTION_LEN + 1);
    return c->store->move_put(c->store->self, &owed, why);
}

/* Row, posting and audit row, in the caller's transaction. */
static enum err move_do(
    const struct clearing *c, struct move_row *row, const char *officer, struct why *why) {
    const struct clearing_store *store = c->store;
    struct posting posting;
    enum err err = day_open(store, &row->day, why);
    row->done = true;
    (void)snprintf(row->approver, sizeof row->approver, "%s", officer);
    err = err ? err : release_check(row, why);
    err = err ? err : due_check(c, row, why);
    err = err ? err : move_posting(c, row, &posting, why);
    if (!err && posting.count > 0) {
        err = ledger_post_within(store, &posting, NULL, why);
    }
    err = err ? err : owe_city(c, row, &posting, why);
    err = err ? err : store->move_put(store->self, row, why);
    return err ? err : store->audit(store->self, officer, "move-agree", row->number, why);
}

enum err move_agree(
    const struct clearing *c, const char *number, const char *officer, struct why *why) {
    CLEARING_SCOPE(scope);
    const struct clearing_store *store = c->store;
    struct move_row row;
    enum err err = store->officer_check(store->self, officer, DUTY_APPROVE, why);
    err = err ? err : clearing_begin(&scope, store, why);
    err = err ? err : store->move_find(store->self, number, &row, why);
    if (err || row.done) {
        return err ? why_add(why, err, "move %s", number) : OK;
    }
    if (strcmp(row.maker, officer) == 0) { /* move 1 */
        return why_say(
            why, ERR_DENIED, "%s asked for move %s; another officer must agree", officer, number);
    }
    err = move_do(c, &row, officer, why);
    err = err ? err : clearing_commit(&scope, why);
    return err ? why_add(why, err, "move %s", number) : OK;
}

/* --- cities -------------------------------------------------------------------------------- */

enum err city_join(const struct clearing *c, const char *institution,
    const uint8_t prefix[CITY_PREFIX_LEN], int64_t advance_fen, const char *officer,
    struct why *why) {
    CLEARING_SCOPE(scope);
    const struct clearing_store *store = c->store;
    struct account_name funding = account_named(ACCOUNT_FUNDING, NULL);
    struct account_name city = account_named(ACCOUNT_CITY, institution);
    struct institution row;
    uint32_t day = 0;
    enum err err = advance_fen > 0 ? OK
                                   : why_say(why, ERR_INVALID, "a city pays in an advance fund");
    err = err ? err : store->officer_check(store->self, officer, DUTY_CLEAR, why);
    err = err ? err : clearing_begin(&scope, store, why);
    err = err ? err : store->institution_find(store->self, institution, &row, why);
    err = err ? err : store->city_put(store->self, institution, prefix, why);
    err = err ? err : day_open(store, &day, why);
    struct posting p = posting_between(&funding, &city, advance_fen, day);
    (void)snprintf(p.number, sizeof p.number, "advance %s", institution);
    err = err ? err : ledger_post_within(store, &p, NULL, why);
    err = err ? err : store->audit(store->self, officer, "city-join", institution, why);
    err = err ? err : clearing_commit(&scope, why);
    return err ? why_add(why, err, "city %s", institution) : OK;
}
