/* The transactions of wallets and of the medical account: begun by INITIALIZE, completed, proven
 * afterwards.
 *
 *              purse_begin                         purse_complete
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
 *   purse 6  whoever may not have it gets no TAC: the key is asked before anything is written
 *
 * There is one engine, and every kind of transaction is a line of kinds.def: which account, which
 * key, which messages, which movement. The engine walks the line; it knows no kind by name but the
 * compound purchase. [purse.md 4.3 to 4.13, 7.1, 11.1; card.md 6, 6.4; decision 0022] */
#pragma once

#include "base/builder.h"
#include "card/guard/cipher.h"
#include "card/guard/guard.h"
#include "card/purse/compound.h"
#include "wire/apdu.h"
#include "wire/purse_message.h"

enum {
    /* The most a wallet may hold, its limit included: 10,000.00 yuan. No source knows the
     * standard's ceiling; a load that would pass ours is refused at its beginning. [purse.md 3.5] */
    PURSE_CEILING_FEN = 1000000,
    /* The same of a medical account, which gathers for years: 1,000,000.00. [decision 0022] */
    MEDICAL_CEILING_FEN = 100000000,
    CLA_WALLET = 0x80,
    CLA_MEDICAL = 0xB0,
};

struct kind; /* one line of kinds.def */

/* A transaction under way. */
struct purse {
    const struct kind *kind; /* NULL: none */
    uint8_t lives;           /* commands it still outlives */
    struct trade_facts facts;
    struct secret key;        /* while a command runs: the key of its session, or of its TAC */
    struct compound compound; /* of a compound purchase; otherwise empty */
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

/* INITIALIZE FOR whatever kinds.def has for this class, P1 and P2; answers as its form says. What
 * was under way before is dropped. Refusals in order: 6A86 no such kind, 6700, 6A82 no such wallet
 * or no log beside it, 6982 right or PIN, 9403 no such key, 6985 above the ceiling, 9401 funds,
 * 9402 the numbers are used up. */
enum sw purse_begin(
    struct chip *chip, struct purse *purse, const struct apdu *cmd, struct builder *out);

/* A completion: CREDIT FOR LOAD, DEBIT FOR PURCHASE, DEBIT FOR UNLOAD, UPDATE OVERDRAW LIMIT, and
 * those of the medical account. Whatever comes of it, the transaction under way is over. Refusals
 * in order: 6A86 no form has such a completion, 6700, 6901 that is not what is under way (also: a
 * compound purchase that kept no record), 9302 the other side's MAC is wrong, 6985 above the
 * ceiling or before the starting day, 9401 funds, 6A88 no key for the TAC, 6581. */
enum sw purse_complete(
    struct chip *chip, struct purse *purse, const struct apdu *cmd, struct builder *out);

/* GET BALANCE of the account that this class and P2 name; of a medical account with P1 = 01 its
 * starting day. 6A86, 6A82, 6982. */
enum sw purse_balance(const struct chip *chip, const struct apdu *cmd, struct builder *out);
/* GET TRANSACTION PROVE: MAC and TAC of the transaction of type P2 after which the number was the
 * one in the data. 6700, 6A86; 9406 when there is none. */
enum sw purse_prove(const struct chip *chip, const struct apdu *cmd, struct builder *out);
