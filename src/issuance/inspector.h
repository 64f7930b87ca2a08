/* What the halves of an inspection share: the pass over one card, and how a finding is told. For
 * issuance/inspect*.c only; what an inspection promises stands in inspect.h. */
#pragma once

#include "issuance/inspect.h"
#include "issuance/station.h"
#include "wire/purse_message.h"

/* One pass over one card. What differs is noted and the pass goes on; a reader that fails ends
 * it. So functions here return the reader's and the vault's errors, and findings go another way. */
struct inspector {
    struct station station;
    const struct card_data *data;
    const uint8_t *moment; /* of the zero purchases */
    struct inspection *found;
    uint8_t terminal[TERMINAL_LEN]; /* city code and zeros: no terminal in use has this number */
    enum profile_place place;       /* the directory that is selected */
    bool again;                     /* the logs may hold what inspections have left */
};

/* A key that answered as it should counts; another one is named. */
void inspector_judge_key(struct inspector *in, enum key_name name, bool right);

/* Proves a key of a wallet or of the medical account, whichever the directory has: a load key by
 * the card's MAC1, a purchase key by a purchase of zero fen, which proves the key of the TAC, too,
 * and the key of the starting day by the card's MAC1. Keys that a card holds in several versions
 * are proven one after the other. */
enum err inspector_prove_load(struct inspector *in, enum key_name name, struct why *why);
enum err inspector_prove_purchase(struct inspector *in, enum key_name name, struct why *why);
enum err inspector_prove_day(struct inspector *in, enum key_name name, struct why *why);
