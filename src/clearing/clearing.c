#include "clearing/clearing.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "base/hex.h"

/* On every way out of a rule; a scope that was committed has nothing left to do. */
void clearing_scope_leave(struct clearing_scope *scope) {
    if (scope->store) {
        scope->store->rollback(scope->store->self);
        scope->store = NULL;
    }
}

/* A scope is begun once, so that its end takes back just what it did. */
enum err clearing_begin(
    struct clearing_scope *scope, const struct clearing_store *store, struct why *why) {
    assert(!scope->store);
    assert(store && store->begin);
    enum err err = store->begin(store->self, why);
    scope->store = err ? NULL : store;
    return err;
}

/* A commit that fails leaves the scope open, so that leaving it rolls back. */
enum err clearing_commit(struct clearing_scope *scope, struct why *why) {
    assert(scope->store);
    enum err err = scope->store->commit(scope->store->self, why);
    scope->store = err ? scope->store : NULL;
    return err;
}

/* Every moment comes from outside: from terminals, files, callers. Here they become numbers that
 * compare. */
uint64_t moment_number(const uint8_t moment[MOMENT_LEN]) {
    uint64_t number = 0;
    if (!bcd_read(bytes_of(moment, MOMENT_LEN), &number)
        || !day_exists((uint32_t)(number / 1000000))) {
        return 0;
    }
    uint64_t hour = number / 10000 % 100, minute = number / 100 % 100, second = number % 100;
    return hour < 24 && minute < 60 && second < 60 ? number : 0;
}

bool trade_is_medical(enum trade trade) {
    return trade == TRADE_MEDICAL_PURCHASE || trade == TRADE_MEDICAL_LOAD;
}

bool purchase_formed(const struct upload_record *r) {
    bool purse = r->trade == TRADE_EP_PURCHASE && r->overdraft == 0;
    bool medical = r->trade == TRADE_MEDICAL_PURCHASE && r->medical[0] == 0
                   && r->medical[1] >= r->amount;
    return (purse || medical) && r->amount > 0;
}

struct account_name account_of_record(const struct upload_record *r) {
    return trade_is_medical(r->trade) ? account_of_medical(upload_factor(r))
                                      : account_of_card(upload_factor(r));
}

/* A code as upload files carry it. */
static bool is_institution_code(const char *code) {
    size_t len = strlen(code);
    size_t good = strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return len == INSTITUTION_LEN && good == len;
}

/* A name that a line of the bank file can hold: no field mark and no control character. */
static bool is_institution_name(const char *name) {
    for (const char *c = name; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == '|' || *c == 0x7F) {
            return false;
        }
    }
    return name[0] != '\0';
}

/* Field by field, with a sentence for whoever filled the form in. */
static enum err institution_check(const struct institution *i, struct why *why) {
    size_t digits = strspn(i->bank_account, "0123456789");
    if (!is_institution_code(i->code)) {
        return why_say(why, ERR_INVALID, "an institution's code has 8 digits or capital letters");
    }
    if (!is_institution_name(i->name)) {
        return why_say(why, ERR_INVALID,
            "institution %s: a name is needed, without '|' and control characters", i->code);
    }
    if (digits < 8 || i->bank_account[digits] != '\0') {
        return why_say(
            why, ERR_INVALID, "institution %s: a bank account has 8 to 32 digits", i->code);
    }
    return OK;
}

/* The row and who wrote it, in one transaction. */
enum err institution_register(
    const struct clearing *c, const struct institution *i, const char *officer, struct why *why) {
    CLEARING_SCOPE(scope);
    const struct clearing_store *store = c->store;
    assert(officer);
    enum err err = institution_check(i, why);
    err = err ? err : clearing_begin(&scope, store, why);
    err = err ? err : store->institution_put(store->self, i, why);
    err = err ? err : store->audit(store->self, officer, "institution-register", i->code, why);
    return err ? err : clearing_commit(&scope, why);
}

/* The institution is looked up in the same transaction in which the terminal is bound to it. */
enum err terminal_register(
    const struct clearing *c, const struct terminal_row *t, const char *officer, struct why *why) {
    CLEARING_SCOPE(scope);
    const struct clearing_store *store = c->store;
    struct institution owner;
    char number[2 * TERMINAL_LEN + 1];
    uint64_t digits = 0;
    assert(officer);
    hex_write(bytes_of(t->number, TERMINAL_LEN), number);
    if (!bcd_read(bytes_of(t->number, TERMINAL_LEN), &digits)) {
        return why_say(why, ERR_INVALID, "terminal %s: its number has 12 decimal digits", number);
    }
    enum err err = clearing_begin(&scope, store, why);
    err = err ? err : store->institution_find(store->self, t->institution, &owner, why);
    err = err ? err : store->terminal_put(store->self, t, why);
    err = err ? err : store->audit(store->self, officer, "terminal-register", number, why);
    err = err ? err : clearing_commit(&scope, why);
    return err ? why_add(why, err, "terminal %s of %s", number, t->institution) : OK;
}
