/* The medical account of DF04 as a terminal uses it, one function for each command, and a whole
 * purchase between card and security module. [card.md 6, 6.4, 7; decision 0022]
 *
 * As with the wallet's commands (wallet.h) none of them decides or remembers anything: each leaves
 * the card's status word in *sw, and what it answers is set only when that is 9000. ERR_OUTSIDE: the
 * card has gone, and nobody knows whether it did the command; an answer of the wrong length is told
 * so, too.
 *
 * A bill has two figures, in fen: the whole of it, and what account and pooled fund pay. The second
 * one leaves the account, and the card does not compare the two: medical_pay() does. Bills go up to
 * 42,949,672.95. [card.md 9.1 iDoDebit] */
#pragma once

#include "terminal/psam.h"
#include "terminal/wallet.h"

/* What a trade with the account is begun with. */
struct medical_order {
    uint32_t amount;   /* what leaves the account, or comes in with a load */
    uint32_t total;    /* of a purchase: the whole bill */
    uint8_t key_index; /* DPK, DLK or DSK; EF1C of a module says which DPK it has */
    uint8_t terminal[TERMINAL_LEN];
};

/* Selects the social security application and in it DF04. Ends the proof of an update key; a PIN that
 * was verified stays. *sw is that of the first SELECT that was refused. */
enum err medical_select(const struct reader *card, uint16_t *sw, struct why *why);

/* GET BALANCE in fen, free; and the starting day, YYMMDD as three packed bytes, 000000 for none. */
enum err medical_balance(
    const struct reader *card, uint32_t *balance, uint16_t *sw, struct why *why);
enum err medical_starting_day(
    const struct reader *card, uint8_t day[LIMIT_LEN], uint16_t *sw, struct why *why);

/* INITIALIZE FOR LOAD: wants the PIN of the application above (6982); answers the card's MAC1 for
 * the centre. */
enum err medical_begin_load(const struct reader *card, const struct medical_order *order,
    struct wallet_begun *out, uint16_t *sw, struct why *why);

/* CREDIT FOR LOAD: moment and MAC2 are the centre's. 9302: it is not believed, nothing changed. */
enum err medical_credit(const struct reader *card, const struct load_grant *grant,
    uint8_t tac[MAC_LEN], uint16_t *sw, struct why *why);

/* INITIALIZE FOR PURCHASE: 9401 when the account holds less. */
enum err medical_begin_purchase(const struct reader *card, const struct medical_order *order,
    struct wallet_begun *out, uint16_t *sw, struct why *why);

/* DEBIT FOR PURCHASE. After 9000 the money is gone, after 9302, 9401 and 6985 (before the starting
 * day) it is not; after silence only medical_prove() can tell. */
enum err medical_debit(const struct reader *card, const struct wallet_debit *order,
    struct trade_proof *out, uint16_t *sw, struct why *why);

/* GET TRANSACTION PROVE: the proof of the trade that left its counter at number; 9406: none. */
enum err medical_prove(const struct reader *card, enum trade trade, uint16_t number,
    struct trade_proof *out, uint16_t *sw, struct why *why);

/* A purchase from INITIALIZE to the module's word about MAC2. */
struct medical_sale {
    struct medical_order order; /* terminal is the module's and need not be set */
    uint8_t factor[FACTOR_LEN]; /* the card's: T6 to TD of its answer to reset */
    uint8_t city_factor[FACTOR_LEN];
    uint8_t moment[MOMENT_LEN];
    /* out */
    struct wallet_begun begun;
    uint32_t terminal_seq;
    struct trade_proof proof;
    bool mac2_good; /* the module found the card's MAC2 right; false also when it was silent */
};

/* DF04 must be selected. ERR_INVALID, and no command, when more is to leave the account than the
 * bill is. OK with *sw 9000: paid, the proof is the card's; a false card shows in mac2_good. OK with
 * another word: it is the first refusal of card or module, and nothing was paid. After ERR_OUTSIDE
 * from the debit (terminal_seq is set, begun is) medical_prove() over begun.number + 1 tells. */
enum err medical_pay(const struct reader *card, struct psam *module, struct medical_sale *sale,
    uint16_t *sw, struct why *why);
