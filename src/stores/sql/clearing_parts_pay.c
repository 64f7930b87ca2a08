/* Postings of a day in parts, from one card to its payees: the few accounts of payees are looked up
 * once, and what they get is written when all cards have paid. */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "stores/sql/clearing_parts_rows.h"
#include "stores/sql/clearing_rows.h"

enum { PAYEES_FIRST = 64, NUMBER_OF_TEXT = 31 };

static size_t slot_of(const struct parts_payees *p, const struct account_name *name) {
    size_t hash = (size_t)name->kind;
    for (const char *c = name->of; *c; c++) {
        hash = hash * NUMBER_OF_TEXT + (unsigned char)*c;
    }
    size_t at = hash & (p->room - 1);
    while (
        p->slots[at].id != 0
        && (p->slots[at].name.kind != name->kind || strcmp(p->slots[at].name.of, name->of) != 0)) {
        at = (at + 1) & (p->room - 1);
    }
    return at;
}

/* Twice the room, as soon as half of it is taken. */
static bool grow(struct parts_payees *p) {
    struct parts_payees more = {.room = p->room ? 2 * p->room : (size_t)PAYEES_FIRST};
    if (p->slots && 2 * p->count < p->room) {
        return true;
    }
    assert(p->slots || p->room == 0);
    more.slots = calloc(more.room, sizeof *more.slots);
    if (!more.slots) {
        return false;
    }
    for (size_t i = 0; p->slots && i < p->room; i++) {
        if (p->slots[i].id != 0) {
            more.slots[slot_of(&more, &p->slots[i].name)] = p->slots[i];
            more.count++;
        }
    }
    assert(more.count == p->count);
    free(p->slots);
    *p = more;
    return true;
}

/* The account of a payee; the first payment opens it. */
static enum err find_payee(struct sql_parts *parts, struct account *payee,
    const struct account_name *name, struct why *why) {
    struct say s = parts_say(parts, PARTS_PAYEE);
    payee->name = *name;
    say_int(&s, name->kind);
    say_text(&s, name->of);
    bool there = say_next(&s);
    payee->id = there ? row_int(&s) : 0;
    enum err err = say_end(&s, why);
    if (err || there) {
        return err;
    }
    s = parts_say(parts, PARTS_PAYEE_ADD);
    say_int(&s, name->kind);
    say_text(&s, name->of);
    return say_added(&s, &payee->id, why);
}

static enum err payee_of(struct sql_parts *parts, const struct account_name *name,
    struct account **out, struct why *why) {
    if (!grow(&parts->payees)) {
        return why_say(why, ERR_OUTSIDE, "no memory for the accounts of a day; end other programs");
    }
    struct account *payee = &parts->payees.slots[slot_of(&parts->payees, name)];
    enum err err = payee->id != 0 ? OK : find_payee(parts, payee, name, why);
    parts->payees.count += !err && payee->fen == 0 ? 1 : 0; /* an amount of zero is no entry */
    *out = payee;
    return err;
}

/* ledger 3: the card's account gives no more than it holds. */
static enum err card_gives(
    struct sql_parts *parts, const struct entry *from, int64_t *card, struct why *why) {
    struct say s = parts_say(parts, PARTS_CARD_GIVES);
    bool there = false;
    assert(from->account.kind == ACCOUNT_CARD);
    assert(from->fen < 0);
    say_text(&s, from->account.of);
    say_int(&s, from->fen);
    there = say_next(&s);
    *card = there ? row_int(&s) : 0;
    enum err err = say_end(&s, why);
    return err || there
               ? err
               : why_say(why, ERR_CONFLICT,
                   "card %s holds less than the %" PRId64 " fen that it paid; stop and call the "
                   "chief",
                   from->account.of, -from->fen);
}

static enum err entry_add(struct sql_parts *parts, int64_t posting, size_t place,
    const struct account *of, struct why *why) {
    struct say s = parts_say(parts, PARTS_ENTRY_ADD);
    assert(of->id > 0);
    assert(of->fen != 0);
    say_int(&s, posting);
    say_int(&s, (int64_t)place);
    say_int(&s, of->id);
    say_int(&s, of->fen);
    return say_done(&s, why);
}

/* One payee's entry, and what it will have. */
static enum err payee_gets(struct sql_parts *parts, int64_t posting, size_t place,
    const struct entry *to, struct why *why) {
    struct account *payee = NULL;
    assert(to->fen > 0);
    enum err err = payee_of(parts, &to->account, &payee, why);
    if (err || !payee) {
        return err;
    }
    if (!fen_add(payee->fen, to->fen, &payee->fen)) {
        return why_say(why, ERR_INVALID, "what %s gets would overflow", to->account.of);
    }
    const struct account entry = {.id = payee->id, .fen = to->fen};
    return entry_add(parts, posting, place, &entry, why);
}

enum err parts_pay(void *self, const struct posting *p, struct why *why) {
    struct sql_parts *parts = self;
    int64_t posting = 0, sum = p->entries[0].fen;
    struct account card = {.fen = p->entries[0].fen};
    assert(p->count >= 2);
    assert(p->count <= ENTRIES_MAX);
    enum err err = card_gives(parts, &p->entries[0], &card.id, why);
    if (err) {
        return err;
    }
    struct say s = parts_say(parts, PARTS_POSTING_ADD);
    say_text(&s, p->number);
    say_int(&s, p->day);
    err = say_added(&s, &posting, why);
    err = err ? err : entry_add(parts, posting, 1, &card, why);
    for (size_t i = 1; !err && i < p->count; i++) {
        sum += p->entries[i].fen;
        err = payee_gets(parts, posting, i + 1, &p->entries[i], why);
    }
    assert(err || sum == 0); /* ledger 2 */
    return err;
}

void parts_pay_begin(void *self) {
    struct sql_parts *parts = self;
    free(parts->payees.slots);
    parts->payees = (struct parts_payees){.slots = NULL};
}

enum err parts_pay_end(void *self, struct why *why) {
    struct sql_parts *parts = self;
    enum err err = OK;
    for (size_t i = 0; !err && i < parts->payees.room; i++) {
        const struct account *payee = &parts->payees.slots[i];
        if (payee->id == 0) {
            continue;
        }
        struct say s = parts_say(parts, PARTS_PAYEE_GETS);
        say_int(&s, payee->id);
        say_int(&s, payee->fen);
        err = say_done(&s, why);
    }
    parts_pay_begin(self);
    return err;
}
