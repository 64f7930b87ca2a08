/* One width of vectors that digests.c can hash with. */
#pragma once

#include "base/bytes.h"
#include "crypto/sm3.h"

enum { DIGEST_LANES_MAX = 16 };

/* States of all lanes, word by word: word w of lane l is at[w * lanes + l]. */
struct digest_states {
    _Alignas(64) uint32_t at[8 * DIGEST_LANES_MAX];
};

struct digest_path {
    size_t lanes;
    bool (*here)(void);
    /* Takes `blocks` blocks of 64 bytes from where each lane points into its state. */
    void (*compress)(struct digest_states *states, const uint8_t *const lanes_at[], size_t blocks);
};

extern const struct digest_path digest_path_avx512, digest_path_avx2, digest_path_words;
