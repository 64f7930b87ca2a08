/* The other side of a purchase: what a PSAM does. [purse.md 6; card.md 7]
 *
 *   sam 1  a terminal transaction number is used once: the next one is in the memory before
 *          INIT SAM FOR PURCHASE answers
 *   sam 2  a wrong MAC2 costs a try before it is compared; at none the purchase application of the
 *          module is locked
 *   sam 3  a session lives for the next command only
 *
 * Files it needs: in the master file EF16, the terminal number (6 bytes); in its application EF18,
 * MAC2 tries maximum and left (2), and EF19, the next terminal transaction number (4). Purchase
 * keys are of type usage (high 3 bits: factors still to come; low 5 bits: 2) and their number is
 * the key version. */
#pragma once

#include "base/builder.h"
#include "card/guard/guard.h"
#include "wire/purse_message.h"

enum { SAM_LEVELS_MAX = 3 };

struct sam {
    uint8_t session[8];
    uint32_t amount;
    uint8_t lives; /* commands the session still outlives */
};

/* What INIT SAM FOR PURCHASE brings. */
struct sam_order {
    uint8_t random[RANDOM_LEN]; /* of the user card */
    uint16_t number;            /* offline number of the user card */
    uint32_t amount;
    uint8_t trade;
    uint8_t moment[MOMENT_LEN];
    uint8_t key_version;
    uint8_t algorithm; /* not judged: the length of the key decides [purse.md C-04] */
    uint8_t levels;    /* how many factors: card first, then region */
    uint8_t factors[SAM_LEVELS_MAX][FACTOR_LEN];
};

void sam_forget(struct sam *sam);
void sam_age(struct sam *sam);

/* Terminal transaction number and MAC1. 6A88 no such key, 6A82 no such file, 9303 locked. */
enum sw sam_begin(
    struct chip *chip, struct sam *sam, const struct sam_order *order, struct builder *out);

/* 6901 without a session, 9302 wrong MAC2, 9303 when that was the last try. */
enum sw sam_credit(struct chip *chip, struct sam *sam, const uint8_t mac2[MAC_LEN]);
