/* The messages of the wallet: what is MACed, in which order, for loads and purchases and their kin.
 *
 * The card, the PSAM, the terminal and the centre all build them here, so that no two sides can
 * differ. All amounts are fen, binary, big-endian; numbers are those from before the transaction.
 * [purse.md 5.3, 5.4, 8.1; the vectors of purse.json are the tests] */
#pragma once

#include "base/builder.h"
#include "base/bytes.h"

enum {
    TERMINAL_LEN = 6, /* BCD: city code 3, serial 3 [card.md 3.8] */
    MOMENT_LEN = 7,   /* BCD YYYYMMDDHHMMSS */
    MAC_LEN = 4,
    FACTOR_LEN = 8,
    RANDOM_LEN = 4,
    ASN_LEN = 10, /* application serial number; its right 8 bytes are the card's factor */
    PURSE_MESSAGE_MAX = 32,
};

enum trade { /* transaction type identifier [purse.md 3.6] */
    TRADE_ED_LOAD = 0x01,
    TRADE_EP_LOAD = 0x02,
    TRADE_UNLOAD = 0x03,
    TRADE_CASH = 0x04,
    TRADE_ED_PURCHASE = 0x05,
    TRADE_EP_PURCHASE = 0x06,
    TRADE_OVERDRAFT = 0x07,
    TRADE_COMPOUND = 0x09,
};

/* Everything that the MACs and the TAC of a load speak of, of an unload, or of a new overdraft limit:
 * the three online transactions have one form. */
struct load_facts {
    uint32_t balance; /* before, for MAC1; after, for TAC and MAC3 */
    uint32_t amount; /* TRADE_OVERDRAFT: the limit, the old one for MAC1; three bytes on the line */
    uint16_t number; /* online transaction number, before it */
    enum trade trade;
    uint8_t terminal[TERMINAL_LEN];
    uint8_t moment[MOMENT_LEN]; /* the host's; not part of MAC1 */
};

/* Everything a purchase's MACs and TAC speak of. */
struct purchase_facts {
    uint32_t amount;
    enum trade trade;
    uint8_t terminal[TERMINAL_LEN];
    uint32_t terminal_seq; /* not part of MAC1 */
    uint8_t moment[MOMENT_LEN];
};

/* What a session key is made from: random, number, and 8000 or the low two bytes of the terminal's
 * sequence. Session key = 3DES(DLK or DPK, this). [purse.md 5.3] */
void load_session_input(const uint8_t random[RANDOM_LEN], uint16_t number, uint8_t input[8]);
void purchase_session_input(
    const uint8_t random[RANDOM_LEN], uint16_t number, uint32_t terminal_seq, uint8_t input[8]);

/* Each appends one message; room for PURSE_MESSAGE_MAX is enough for any of them. */
void put_load_mac1(
    struct builder *b, const struct load_facts *f); /* card to host; balance before */
void put_load_mac2(struct builder *b, const struct load_facts *f); /* host to card */
void put_load_tac(
    struct builder *b, const struct load_facts *f); /* balance after; MAC3 of an unload */
void put_purchase_mac1(struct builder *b, const struct purchase_facts *f); /* PSAM to card */
void put_purchase_mac2(struct builder *b, const struct purchase_facts *f); /* card to PSAM */
void put_purchase_tac(struct builder *b, const struct purchase_facts *f);
