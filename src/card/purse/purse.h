/* The wallet's transactions: begun by INITIALIZE, completed by CREDIT or DEBIT, proven afterwards.
 *
 *              purse_begin                 purse_credit, purse_debit
 *     IDLE ------------------> CREDIT or DEBIT -----------------------> IDLE
 *       ^                            | any other command
 *       +----------------------------+
 *
 *   purse 1  a transaction under way lives in RAM and dies with the next command that is not its
 *            completion, with a selection and with the power
 *   purse 2  balance, number, log record and proof change in one batch of the store
 *   purse 3  a proof can be fetched exactly while the balance it speaks of is the card's
 *   purse 4  INITIALIZE changes nothing in the memory: numbers are used up by completions only
 *
 * What can be begun is the table kinds.def. [purse.md 4.3 to 4.13, 7.1, 11.1] */
#pragma once

#include "base/builder.h"
#include "card/files/walletfile.h"
#include "card/guard/guard.h"
#include "wire/purse.h"

/* The most a wallet may hold: 10,000.00 yuan. No source knows the standard's ceiling; a load that
 * would pass ours is refused at its beginning. [purse.md 3.5] */
enum { PURSE_CEILING_FEN = 1000000 };

struct kind; /* one line of kinds.def */

/* A transaction under way. */
struct purse {
    const struct kind *kind; /* NULL: none */
    uint8_t lives;           /* commands it still outlives */
    uint8_t key_id;
    uint32_t amount;
    uint16_t number; /* before the transaction */
    uint8_t terminal[TERMINAL_LEN];
    uint8_t random[RANDOM_LEN];
};

/* What INITIALIZE brings. */
struct purse_order {
    uint8_t p1, p2; /* which kind, which wallet */
    uint8_t key_id;
    uint32_t amount;
    uint8_t terminal[TERMINAL_LEN];
};

/* What a completion brings. terminal_seq belongs to debits only. */
struct purse_completion {
    uint32_t terminal_seq;
    uint8_t moment[MOMENT_LEN];
    uint8_t mac[MAC_LEN];
};

/* Forgets the transaction under way. */
void purse_forget(struct purse *purse);
/* One command is over. */
void purse_age(struct purse *purse);

/* INITIALIZE FOR LOAD or PURCHASE; answers as 4.4 or 4.6 say. Refusals in order: 6A86 no such kind,
 * 6A82 no such wallet or no log beside it, 6A81 a kind that this card cannot do, 6982 right or PIN,
 * 9403 no such key, 6985 above the ceiling, 9401 funds, 9402 the numbers are used up. */
enum sw purse_begin(
    struct chip *chip, struct purse *purse, const struct purse_order *order, struct builder *out);

/* CREDIT FOR LOAD: TAC. 6901 when no load is under way, 9302 wrong MAC2. */
enum sw purse_credit(struct chip *chip, struct purse *purse, const struct purse_completion *done,
    struct builder *out);
/* DEBIT FOR PURCHASE: TAC, MAC2. 6901, 9302 wrong MAC1, 9401. */
enum sw purse_debit(struct chip *chip, struct purse *purse, const struct purse_completion *done,
    struct builder *out);

/* GET BALANCE of the wallet with this FID: 6A82, 6982. */
enum sw purse_balance(const struct chip *chip, uint8_t wallet, struct builder *out);
/* GET TRANSACTION PROVE: MAC and TAC of the transaction after which the number was `number`.
 * 9406 when there is none. */
enum sw purse_prove(const struct chip *chip, uint8_t trade, uint16_t number, struct builder *out);
