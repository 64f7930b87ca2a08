/* A session with a PSAM, the security module that sits in the terminal and holds the purchase key.
 *
 * The module counts its own transactions and never uses a number twice; a number that was given out
 * and not used is simply missing in the sequence. The proof of a purchase can be checked only
 * directly after it was begun. Its key stands at the level of the province; the two factors that a
 * purchase brings lead it to the city and to the card, so one module serves every card of its city.
 *
 * Wrong proofs are counted by the module, and after ten of them in a row it locks itself for ever:
 * so it is asked about proofs that a card has just given, and never to find something out.
 * [purse.md 6; card.md 7] */
#pragma once

#include "reader/reader.h"
#include "wire/purse_message.h"

/* The caller owns it; the reader is borrowed. */
struct psam {
    const struct reader *reader;
    uint8_t terminal[TERMINAL_LEN]; /* as the module says: EF16 of its MF */
};

/* What the module must know to begin a purchase: the card's answer, and whose card it is. */
struct psam_purchase {
    uint8_t random[RANDOM_LEN];
    uint16_t number;
    uint32_t amount;  /* what leaves the card, fen */
    uint32_t total;   /* TRADE_MEDICAL_PURCHASE only: the whole bill */
    enum trade trade; /* a medical purchase goes with three amounts, every other with one */
    uint8_t moment[MOMENT_LEN];
    uint8_t key_version, algorithm;
    uint8_t factor[FACTOR_LEN];      /* of the card */
    uint8_t city_factor[FACTOR_LEN]; /* goes last on the line and is applied first */
};

/* Powers the module, reads its terminal number and selects its purchase application. ERR_CONFLICT or
 * ERR_INVALID when what is in the slot is no module of ours, ERR_OUTSIDE when it does not answer. */
enum err psam_start(struct psam *p, const struct reader *reader, struct why *why);

/* INIT SAM FOR PURCHASE: *sw is the module's word; seq and mac1 are set when it is 9000. An error of
 * this function means that the module did not answer. */
enum err psam_init_purchase(struct psam *p, const struct psam_purchase *purchase, uint32_t *seq,
    uint8_t mac1[MAC_LEN], uint16_t *sw, struct why *why);

/* CREDIT SAM FOR PURCHASE: *sw is 9000 when the card's MAC2 is right, 9302 when it is not. */
enum err psam_credit_purchase(
    struct psam *p, const uint8_t mac2[MAC_LEN], uint16_t *sw, struct why *why);
