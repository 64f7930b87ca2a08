/* The wallet's commands as a terminal gives them, one function each: bytes out, a struct in.
 *
 * None of them decides anything and none remembers anything. Each leaves the card's status word in
 * *sw; its result is set only when that is 9000. The function itself fails (ERR_OUTSIDE) when the
 * card has gone, and then nobody knows whether it did the command. An answer of the wrong length is
 * told as ERR_OUTSIDE, too: such a card cannot be traded with.
 *
 * The order of the commands is the caller's affair, and the card holds him to it: INITIALIZE first,
 * its completion as the very next command; a PIN that was verified counts until another directory is
 * selected or the power goes. Amounts are fen; ceilings and funds are judged by the card.
 * [purse.md 4] */
#pragma once

#include "reader/reader.h"
#include "terminal/centre_line.h"

enum { WALLET_KEY_INDEX = 1 }; /* DPK and DLK carry the identifier 01 in the card */

/* What the card says when a load or a purchase begins. */
struct wallet_begun {
    uint32_t balance;
    uint16_t number; /* online for a load, offline for a purchase; before the trade */
    uint8_t key_version, algorithm;
    uint8_t random[RANDOM_LEN];
    uint8_t mac1[MAC_LEN]; /* of a load only */
};

/* Public data of the wallet: EF15. [purse.md 3.2] */
struct wallet_card {
    uint8_t issuer[8];
    uint8_t asn[ASN_LEN];
    uint8_t starts[4], expires[4]; /* BCD YYYYMMDD */
};

/* Selects the wallet by its AID A00000000386980701, and reads its public data. */
enum err wallet_select(
    const struct reader *card, struct wallet_card *out, uint16_t *sw, struct why *why);

/* VERIFY in the application that is selected. ERR_INVALID, and no command, when the PIN is not four
 * to twelve digits; a wrong one costs a try and is 63Cx. */
enum err wallet_verify(
    const struct reader *card, const char *digits, uint16_t *sw, struct why *why);

/* GET BALANCE of the electronic purse, in fen; free to everybody. */
enum err wallet_balance(
    const struct reader *card, uint32_t *balance, uint16_t *sw, struct why *why);

/* INITIALIZE FOR LOAD: the card's numbers, and its MAC1 for the centre. Wants the PIN (6982); 6985
 * says that the load would pass the card's ceiling. Changes nothing on the card. */
enum err wallet_begin_load(const struct reader *card, uint32_t amount,
    const uint8_t terminal[TERMINAL_LEN], struct wallet_begun *out, uint16_t *sw, struct why *why);

/* CREDIT FOR LOAD: moment and mac2 are the centre's, tac is the card's receipt over the new balance.
 * 9302 says that the card does not believe the centre, and nothing has changed. */
enum err wallet_credit(const struct reader *card, const struct load_grant *grant,
    uint8_t tac[MAC_LEN], uint16_t *sw, struct why *why);

/* INITIALIZE FOR PURCHASE: the card's numbers for the security module. 9401 says that the money does
 * not suffice. With an amount of 0 it is the question where the counter stands: nothing changes. */
enum err wallet_begin_purchase(const struct reader *card, uint32_t amount,
    const uint8_t terminal[TERMINAL_LEN], struct wallet_begun *out, uint16_t *sw, struct why *why);

/* What the terminal brings to the debit. */
struct wallet_debit {
    uint32_t terminal_seq;
    uint8_t moment[MOMENT_LEN];
    uint8_t mac1[MAC_LEN];
};

/* What the card gives for it: MAC2 for the module at once, the TAC for the centre. */
struct trade_proof {
    uint8_t mac2[MAC_LEN], tac[MAC_LEN];
};

/* DEBIT FOR PURCHASE. After 9000 the money is gone; after 9302 and 9401 it is not; after silence, or
 * any other word, only the counter and wallet_prove() can tell. */
enum err wallet_debit(const struct reader *card, const struct wallet_debit *debit,
    struct trade_proof *out, uint16_t *sw, struct why *why);

/* GET TRANSACTION PROVE: MAC and TAC of the trade that left the counter at number. *sw is 9406 when
 * the card holds no such proof. */
enum err wallet_prove(const struct reader *card, enum trade trade, uint16_t number,
    struct trade_proof *out, uint16_t *sw, struct why *why);
