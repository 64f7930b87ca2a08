/* The books: every fen that the clearing moves, on two sides at least.
 *
 * An account is named by its kind and by whose it is. A posting has a number, a day and up to
 * ENTRIES_MAX entries that add up to zero; a positive entry is a credit and a negative one a debit.
 * Money flows  funding -> pool -> card -> institution -> bank,  with suspense beside institution,
 * and another city in the place of card or institution. The medical account of a card has a fund of
 * its own: funding -> insurance -> medical -> institution -> bank. [decision 0055]
 *
 *  1. All entries of a posting are made or none is.
 *  2. The entries of a posting add up to zero, and so do the balances of all accounts.
 *  3. A balance is never below zero, but for FUNDING: what was paid in from outside.
 *  4. A posting's number says what it is: the same again is answered and not made again, other
 *     content under the same number is refused.
 *  5. Sums that do not fit 64 bits are refused, never wrapped. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/why.h"

struct clearing_store;

/* The longest posting, and the most letters of an owner and of a posting's number. */
enum { ENTRIES_MAX = 8, ACCOUNT_OF_LEN = 16, POSTING_NUMBER_LEN = 40 };

/* What an account is for; the values are those of the database. */
enum account_kind {
    ACCOUNT_FUNDING,     /* where the personal-account money comes from; the only one below zero */
    ACCOUNT_POOL,        /* personal-account pool at the clearing bank (个人账户资金池) */
    ACCOUNT_CARD,        /* what the city owes the holder on one card (卡内余额) */
    ACCOUNT_INSTITUTION, /* what is payable to one pharmacy or hospital (应付机构) */
    ACCOUNT_SUSPENSE,    /* held until a decision (挂账) */
    ACCOUNT_BANK,        /* paid out through the bank (已拨付) */
    ACCOUNT_CITY,        /* another city's: its advance fund, and what is payable to it (异地) */
    ACCOUNT_HOLDER,      /* what goes back to the holder of one card (应退持卡人) */
    ACCOUNT_INSURANCE, /* medical insurance money that no card has yet (医保个人账户资金) */
    ACCOUNT_MEDICAL,   /* what DF04 of one card holds (卡内医疗账户); owner as ACCOUNT_CARD */
    ACCOUNT_RETENTION, /* kept of an institution's months until its year is judged (质量保证金) */
    ACCOUNT_KIND_COUNT,
};

/* of: the card's factor in hexadecimal, the institution's code, or "" where there is but one. */
struct account_name {
    enum account_kind kind;
    char of[ACCOUNT_OF_LEN + 1];
};

/* An account and what it holds: the sum of its entries, in fen. */
struct account {
    int64_t id;
    struct account_name name;
    int64_t fen;
};

/* One side of a posting. */
struct entry {
    struct account_name account;
    int64_t fen; /* credit above zero, debit below */
};

/* A posting as it is asked for: the caller fills in all of it. */
struct posting {
    char number[POSTING_NUMBER_LEN + 1];
    uint32_t day; /* business day */
    size_t count;
    struct entry entries[ENTRIES_MAX];
};

/* Names an account. of is cut off by nobody: at most ACCOUNT_OF_LEN letters, and may be NULL for
 * "". */
struct account_name account_named(enum account_kind kind, const char *of);

/* A card's account, from the right 8 bytes of its ASN: its factor; and its medical account's. */
struct account_name account_of_card(const uint8_t factor[8]);
struct account_name account_of_medical(const uint8_t factor[8]);

/* "pool", "card", ... for reports. Static. */
const char *account_kind_word(enum account_kind kind);

/* A posting of two entries: fen from one account to another. The caller writes its number. A
 * negative fen would move it the other way. */
struct posting posting_between(
    const struct account_name *from, const struct account_name *to, int64_t fen, uint32_t day);

/* Posts all entries or none, in a transaction of its own. An account that is not there yet is
 * opened by its first entry. ERR_INVALID when the entries do not add up to zero or overflow;
 * ERR_CONFLICT when an account would fall below zero or the number stands for another posting.
 * Already made: OK, and *made, unless NULL, says false. */
enum err ledger_post(
    const struct clearing_store *store, const struct posting *p, bool *made, struct why *why);

/* The same for a caller who holds a transaction and gives it up when this says ERR_OUTSIDE. With
 * any other failure nothing has changed, and the caller may go on. */
enum err ledger_post_within(
    const struct clearing_store *store, const struct posting *p, bool *made, struct why *why);

/* Pays fen into the pool from outside: a rehearsal's opening, the fund's monthly credit.
 * ERR_INVALID unless fen is above zero and number has 1 to POSTING_NUMBER_LEN letters; the same
 * number again is answered and not paid again. */
enum err ledger_fund(const struct clearing_store *store, const char *number, int64_t fen,
    uint32_t day, struct why *why);

/* The same into ACCOUNT_INSURANCE: what the medical insurance credits to personal accounts. */
enum err ledger_insure(const struct clearing_store *store, const char *number, int64_t fen,
    uint32_t day, struct why *why);

/* What all books together say. */
struct trial_balance {
    int64_t debit_fen, credit_fen; /* sums of all entries, both written as positive amounts */
    int64_t difference_fen;        /* credit - debit; 0 or the day does not close */
    int64_t kind_fen[ACCOUNT_KIND_COUNT]; /* balance of all accounts of a kind */
    int64_t accounts, postings;
    int64_t astray; /* accounts whose balance is not the sum of their entries */
};

/* Adds up all entries there are; takes as long as the books are. ERR_OUTSIDE when the store
 * fails. */
enum err ledger_trial(
    const struct clearing_store *store, struct trial_balance *out, struct why *why);

/* True when debit equals credit, every balance is its entries' sum, and all balances together are
 * zero. (ledger 2) */
bool trial_even(const struct trial_balance *t);
