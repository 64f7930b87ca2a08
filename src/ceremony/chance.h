/* Where a ceremony's random numbers come from: the system's chance, or for a rehearsal a stream that
 * is the same for the same seed, so that two rehearsals can be compared byte for byte. */
#pragma once

#include <stdbool.h>

#include "crypto/sm3.h"
#include "host/why.h"

/* Copied never: it lives where the ceremony does, and whoever made it wipes it. */
struct chance {
    bool rehearsal;
    uint8_t seed[SM3_LEN];
    uint64_t block; /* of the stream: how many were drawn */
};

/* The system's own chance. */
void chance_real(struct chance *chance);

/* The stream of a seed and a word, such as "2003-001 step 3": SM3(SM3(seed, word), 0), (.., 1) and so
 * on. What it gives is as public as the seed. */
void chance_rehearsal(struct chance *chance, uint64_t seed, const char *word);

/* Fills at. ERR_OUTSIDE when the system gives no random numbers; at is of no use then. */
enum err chance_draw(struct chance *chance, void *at, size_t len, struct why *why);
