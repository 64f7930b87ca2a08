/* The messages of the wallet: what is MACed, in which order, for loads and purchases and their kin.
 *
 * The card, the PSAM, the terminal and the centre all build them here, so that no two sides can
 * differ. All amounts are fen, binary, big-endian; numbers are those from before the transaction.
 * [purse.md 5.3, 5.4, 8.1; the vectors of purse.json are the tests] */
#pragma once

#include "base/builder.h"
#include "base/bytes.h"

/* Bytes of the pieces that messages are made of. */
enum {
    TERMINAL_LEN = 6, /* BCD: city code 3, serial 3 [card.md 3.8] */
    MOMENT_LEN = 7,   /* BCD YYYYMMDDHHMMSS */
    MAC_LEN = 4,
    FACTOR_LEN = 8,
    RANDOM_LEN = 4,
    ASN_LEN = 10, /* application serial number; its right 8 bytes are the card's factor */
    PURSE_MESSAGE_MAX = 32,
};

/* What kind of transaction it is: the transaction type identifier 交易类型标识. [purse.md 3.6] */
enum trade {
    TRADE_ED_LOAD = 0x01,
    TRADE_EP_LOAD = 0x02,
    TRADE_UNLOAD = 0x03,
    TRADE_CASH = 0x04,
    TRADE_ED_PURCHASE = 0x05,
    TRADE_EP_PURCHASE = 0x06,
    TRADE_OVERDRAFT = 0x07,
    TRADE_COMPOUND = 0x09,
};

/* Everything that the MACs and the TAC of a load speak of, of an unload, or of a new overdraft
 * limit: the three online transactions have one form. */
struct load_facts {
    uint32_t balance; /* before, for MAC1; after, for TAC and MAC3 */
    uint32_t amount; /* TRADE_OVERDRAFT: the limit, the old one for MAC1; three bytes on the line */
    uint16_t number; /* online transaction number, before it */
    enum trade trade;
    uint8_t terminal[TERMINAL_LEN];
    uint8_t moment[MOMENT_LEN]; /* the host's; not part of MAC1 */
};

/* Everything a purchase's MACs and TAC speak of. The balance is no part of it: a TAC says what was
 * paid, and not what was left. */
struct purchase_facts {
    uint32_t amount; /* fen */
    enum trade trade;
    uint8_t terminal[TERMINAL_LEN]; /* the PSAM's number, EF16 */
    uint32_t terminal_seq;          /* the PSAM's counter; not part of MAC1 */
    uint8_t moment[MOMENT_LEN];     /* the terminal's */
};

/* What a session key is made from: random, number, and 8000 or the low two bytes of the terminal's
 * sequence. Session key = 3DES(DLK or DPK, this). [purse.md 5.3] */
void load_session_input(const uint8_t random[RANDOM_LEN], uint16_t number, uint8_t input[8]);
void purchase_session_input(
    const uint8_t random[RANDOM_LEN], uint16_t number, uint32_t terminal_seq, uint8_t input[8]);

/* Each appends one message to b, without padding; room for PURSE_MESSAGE_MAX is enough for any of
 * them. The MACs are made under the session key, the TACs under the card's folded DTK. [purse.md
 * 5.4]
 *
 * Load: MAC1 goes from the card to the host and speaks of the balance before; MAC2 is the host's
 * yes, with its moment; the TAC (of an unload: MAC3) proves the balance after. */
void put_load_mac1(struct builder *b, const struct load_facts *f);
void put_load_mac2(struct builder *b, const struct load_facts *f);
void put_load_tac(struct builder *b, const struct load_facts *f);

/* Purchase: MAC1 goes from the PSAM to the card, MAC2 back, and the TAC to the centre, at night. */
void put_purchase_mac1(struct builder *b, const struct purchase_facts *f);
void put_purchase_mac2(struct builder *b, const struct purchase_facts *f);
void put_purchase_tac(struct builder *b, const struct purchase_facts *f);
