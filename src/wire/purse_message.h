/* The messages of the wallet and of the medical account: what is MACed, said and logged, in which
 * order, for loads and purchases and their kin.
 *
 * The card, the PSAM, the terminal and the centre all build them here, from one table
 * (purse_message.def), so that no two sides can differ. All amounts are fen, binary, big-endian;
 * numbers are those from before the transaction. The chip keeps its facts as the bytes they are
 * (struct trade_facts) and asks for messages by name; the host has structs of numbers and one
 * function for each message that it needs.
 * [purse.md 5.3, 5.4, 8.1; card.md 6.4; the vectors of purse.json are the tests] */
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
    AMOUNT_LEN = 4,
    LIMIT_LEN = 3,
    AMOUNTS_MAX = 3, /* of a medical purchase */
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
    TRADE_MEDICAL_LOAD = 0x31,
    TRADE_MEDICAL_PURCHASE = 0x32, /* [card.md 6.4]; its neighbours are decision 0022 */
    TRADE_MEDICAL_DAY = 0x33,
};

/* ---- the chip's side: facts as bytes, messages by name ---- */

/* Everything one transaction's messages can speak of, each as it goes over the line. What a kind of
 * transaction does not know stays zero. Bytes only: no padding, no secret. */
struct trade_facts {
    uint8_t key_id;
    uint8_t version, algorithm;                /* of the key */
    uint8_t trade;                             /* enum trade */
    uint8_t amounts[AMOUNTS_MAX * AMOUNT_LEN]; /* a wallet's one amount is the last */
    uint8_t terminal[TERMINAL_LEN];
    uint8_t balance[AMOUNT_LEN];
    uint8_t number[2], after[2]; /* before the transaction, and one more */
    uint8_t limit[LIMIT_LEN], fresh[LIMIT_LEN];
    uint8_t random[RANDOM_LEN];
    uint8_t sequence[4]; /* the terminal's; 00008000 in an online transaction */
    uint8_t moment[MOMENT_LEN];
    uint8_t spare[7]; /* zeros */
    uint8_t mac[MAC_LEN], tac[MAC_LEN];
};

/* The messages; each line of the table says which facts it is made of. MESSAGE_NONE is empty. */
enum message {
    MESSAGE_NONE,
#define MESSAGE(name, ...) MESSAGE_##name,
#include "wire/purse_message.def"
    MESSAGE_COUNT
};

/* Appends a message. PURSE_MESSAGE_MAX bytes are enough for any. */
void put_message(struct builder *b, enum message name, const struct trade_facts *facts);

/* Takes a message apart into the facts. Ask cursor_finished() afterwards: facts behind an overrun
 * keep what they had. */
void take_message(struct cursor *c, enum message name, struct trade_facts *facts);

/* A fact of two to four bytes as a number, and back. */
uint32_t fact_number(const uint8_t *fact, size_t len);
void fact_set(uint8_t *fact, size_t len, uint32_t number);

/* ---- the host's side: facts as numbers ---- */

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
    uint32_t amount; /* fen that leave the card */
    /* TRADE_MEDICAL_PURCHASE only, in front of the amount: 0, and the whole bill in fen, of which
     * the amount is what account and pooled fund pay. [card.md 6.4] */
    uint32_t medical[AMOUNTS_MAX - 1];
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

/* Purchase: MAC1 goes from the PSAM to the card, MAC2 back, and the TAC to the centre, at night. A
 * medical purchase has its three amounts where the others have one. */
void put_purchase_mac1(struct builder *b, const struct purchase_facts *f);
void put_purchase_mac2(struct builder *b, const struct purchase_facts *f);
void put_purchase_tac(struct builder *b, const struct purchase_facts *f);
