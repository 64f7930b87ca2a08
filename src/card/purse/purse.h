/* The wallet's transactions: begun by INITIALIZE, completed, proven afterwards.
 *
 *              purse_begin             purse_credit, purse_unload, purse_limit, purse_debit
 *     IDLE ------------------> begun ---------------------------------------------------> IDLE
 *       ^                        | any other command
 *       +------------------------+
 *
 *   purse 1  a transaction under way lives in RAM and dies with the next command that is not its
 *            completion, with a selection and with the power. A compound purchase outlives the
 *            commands that keep its records, and the challenges that those ask for
 *   purse 2  balance, number, log record and proof change in one batch of the store, and so do the
 *            records of a compound purchase
 *   purse 3  a proof can be fetched exactly while the balance it speaks of is the card's
 *   purse 4  INITIALIZE changes nothing in the memory: numbers are used up by completions only
 *   purse 5  a balance holds the overdraft limit, is never below zero, and nothing that adds to it
 *            takes it above the ceiling
 *
 * What can be begun is the table kinds.def. [purse.md 4.3 to 4.13, 7.1, 11.1] */
#pragma once

#include "base/builder.h"
#include "card/files/walletfile.h"
#include "card/guard/guard.h"
#include "card/purse/compound.h"
#include "wire/purse_message.h"

/* The most a wallet may hold, its limit included: 10,000.00 yuan. No source knows the standard's
 * ceiling; a load that would pass ours is refused at its beginning. [purse.md 3.5] */
enum { PURSE_CEILING_FEN = 1000000 };

struct kind; /* one line of kinds.def */

/* A transaction under way. */
struct purse {
    const struct kind *kind; /* NULL: none */
    uint8_t lives;           /* commands it still outlives */
    uint8_t key_id;
    uint32_t amount; /* of a limit: the one before */
    uint16_t number; /* before the transaction */
    uint8_t terminal[TERMINAL_LEN];
    uint8_t random[RANDOM_LEN];
    struct compound compound; /* of a compound purchase; otherwise empty */
};

/* What INITIALIZE brings. */
struct purse_order {
    uint8_t p1, p2; /* which kind, which wallet */
    uint8_t key_id;
    uint32_t amount; /* none for a limit */
    uint8_t terminal[TERMINAL_LEN];
};

/* What a completion brings. */
struct purse_completion {
    uint32_t terminal_seq; /* debits only */
    uint32_t limit;        /* the new one, three bytes; limits only */
    uint8_t moment[MOMENT_LEN];
    uint8_t mac[MAC_LEN];
};

/* Forgets the transaction under way. */
void purse_forget(struct purse *purse);
/* One command is over. */
void purse_age(struct purse *purse);

/* Whether a compound purchase is under way, before its debit. */
bool purse_compound(const struct purse *purse);
/* The command that runs is part of a compound purchase: one under way goes on. */
void purse_outlive(struct purse *purse);
/* Keeps a record of the file for the debit of the compound purchase under way: as
 * compound_keep(). */
enum sw purse_keep(struct chip *chip, struct purse *purse, const struct ef *ef,
    struct compound_place place, struct bytes data);

/* INITIALIZE FOR whatever kinds.def has; answers as 4.4, 4.6, 4.9 and 4.10 say. Refusals in order:
 * 6A86 no such kind, 6A82 no such wallet or no log beside it, 6982 right or PIN,
 * 9403 no such key, 6985 above the ceiling, 9401 funds, 9402 the numbers are used up. */
enum sw purse_begin(
    struct chip *chip, struct purse *purse, const struct purse_order *order, struct builder *out);

/* CREDIT FOR LOAD: TAC. 6901 when no load is under way, 9302 wrong MAC2. */
enum sw purse_credit(struct chip *chip, struct purse *purse, const struct purse_completion *done,
    struct builder *out);
/* DEBIT FOR UNLOAD: MAC3. 6901, 9302 wrong MAC2, 9401. */
enum sw purse_unload(struct chip *chip, struct purse *purse, const struct purse_completion *done,
    struct builder *out);
/* UPDATE OVERDRAW LIMIT: TAC. 6901, 9302 wrong MAC2, 9401 when more of the old limit is spent than
 * the new one has, 6985 above the ceiling. */
enum sw purse_limit(struct chip *chip, struct purse *purse, const struct purse_completion *done,
    struct builder *out);
/* DEBIT FOR PURCHASE: TAC, MAC2. 6901, also for a compound purchase that kept no record; 9302 wrong
 * MAC1, 9401. */
enum sw purse_debit(struct chip *chip, struct purse *purse, const struct purse_completion *done,
    struct builder *out);

/* GET BALANCE of the wallet with this FID: 6A82, 6982. */
enum sw purse_balance(const struct chip *chip, uint8_t wallet, struct builder *out);
/* GET TRANSACTION PROVE: MAC and TAC of the transaction after which the number was `number`.
 * 9406 when there is none. */
enum sw purse_prove(const struct chip *chip, uint8_t trade, uint16_t number, struct builder *out);
