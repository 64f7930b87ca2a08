/* The other side of a purchase, and of everything else that wants a key at a till: what a PSAM
 * does. [purse.md 6; card.md 7]
 *
 *   sam 1  a terminal transaction number is used once: the next one is in the memory before
 *          INIT SAM FOR PURCHASE answers
 *   sam 2  a wrong MAC2 costs a try before it is compared; at none the purchase application of the
 *          module is locked
 *   sam 3  a session lives for the next command only; a key of 801A lives from one 80FA to the next
 *   sam 4  a purchase key or a main key computes nothing that a terminal chooses
 *
 * Files it needs: in the master file EF16, the terminal number (6 bytes); in its application EF18,
 * MAC2 tries maximum and left (2), and EF19, the next terminal transaction number (4). EF15, EF17
 * and EF1C (the number of the purchase key) are for the terminal to read.
 *
 * A key's type is its usage byte: high 3 bits, how many factors are still to come; low 5 bits, what
 * it is for. Its number is its version, or for other keys than purchase keys its name:
 *
 *     2 purchase    8070, 8072 only
 *     4 PIN reload, or TAC: both halves folded together, then MACs only
 *     6 MAC         7 encrypting, for proofs         1, 3, 5, 8 both
 *     0 main key, and any other: none
 *
 * Algorithm 01 of a 16-byte key says that the card has its left half (STK). [card.md 5.3, 7] */
#pragma once

#include "base/builder.h"
#include "card/guard/cipher.h"
#include "card/guard/guard.h"
#include "wire/apdu.h"
#include "wire/purse_message.h"

enum { SAM_LEVELS_MAX = 3 };

/* What the key in a struct sam may be used for. */
enum sam_use {
    SAM_IDLE,
    SAM_PURCHASE, /* for MAC2, once */
    SAM_ONCE,     /* for one 80FA: a session of BFDE */
    SAM_COMPUTE,  /* for one 80FA after the other: a key of 801A */
};

struct sam {
    struct secret key; /* a session key, or a card's own key under 801A */
    uint8_t use;       /* enum sam_use */
    uint8_t lives;     /* commands it still outlives */
    uint8_t kind;      /* low bits of the usage byte */
    bool chaining;     /* a MAC goes on with the next 80FA */
    uint8_t receipt;   /* enum message: what MAC2 is over */
    uint8_t amounts[AMOUNTS_MAX * AMOUNT_LEN];
    uint8_t chain[CIPHER_BLOCK_MAX];
};

void sam_forget(struct sam *sam);
void sam_age(struct sam *sam);

/* 8070, INIT SAM FOR PURCHASE: terminal transaction number and MAC1. P1 00 a wallet's purchase, 01
 * a medical one with three amounts; behind them the factors of the card, its region, its province,
 * as many as there are. 6A86, 6700; 6A88 no such key, 6A82 no such file, 9303 locked, 9402. */
enum sw sam_begin(struct chip *chip, struct sam *sam, const struct apdu *cmd, struct builder *out);

/* 8072, CREDIT SAM FOR PURCHASE. 6700, 6A86; 6901 without a session, 9302 wrong MAC2, 9303 when that
 * was the last try. */
enum sw sam_credit(struct chip *chip, struct sam *sam, const struct apdu *cmd);

/* BFDE usage number, factors and 8 random bytes: the session key for one 80FA. 6700 not as many
 * factors as the usage says, 6A88 no such key, 6982 a key that is not for this. */
enum sw sam_session(struct chip *chip, struct sam *sam, const struct apdu *cmd);

/* 801A usage number, factors: the card's key itself for 80FA. As sam_session(). */
enum sw sam_load(struct chip *chip, struct sam *sam, const struct apdu *cmd);

/* 80FA: P1 00 encrypts whole blocks of the key's cipher. With bit 0 the blocks go into a MAC, padded
 * by the terminal; bit 1: more will follow, and there is no answer yet; bit 2: the first block is
 * the initial vector. The answer has eight bytes, of which a card takes four. 6901 no key is loaded;
 * 6A86 another P1, or a chain under BFDE; 6982 not what the key is for; 6700 no whole blocks. */
enum sw sam_compute(struct sam *sam, const struct apdu *cmd, struct builder *out);
