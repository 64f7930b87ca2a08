#include "ceremony/chance.h"

#include <assert.h>
#include <string.h>
#include <sys/random.h>

#include "crypto/secret.h"

enum { NUMBER_LEN = 8, DRAW_MAX = 4096 };

static void number_bytes(uint8_t to[NUMBER_LEN], uint64_t number) {
    for (unsigned i = 0; i < NUMBER_LEN; i++) {
        to[i] = (uint8_t)(number >> (8 * (NUMBER_LEN - 1 - i)));
    }
}

void chance_real(struct chance *chance) {
    (void)memset(chance, 0, sizeof *chance);
}

void chance_rehearsal(struct chance *chance, uint64_t seed, const char *word) {
    assert(*word);
    uint8_t number[NUMBER_LEN];
    struct sm3 hash;
    number_bytes(number, seed);
    (void)memset(chance, 0, sizeof *chance);
    chance->rehearsal = true;
    sm3_begin(&hash);
    sm3_add(&hash, bytes_text("shebao rehearsal of a ceremony"));
    sm3_add(&hash, bytes_of(number, sizeof number));
    sm3_add(&hash, bytes_text(word));
    sm3_end(&hash, chance->seed);
}

static void next_block(struct chance *chance, uint8_t block[SM3_LEN]) {
    uint8_t number[NUMBER_LEN];
    struct sm3 hash;
    number_bytes(number, chance->block++);
    sm3_begin(&hash);
    sm3_add(&hash, bytes_of(chance->seed, sizeof chance->seed));
    sm3_add(&hash, bytes_of(number, sizeof number));
    sm3_end(&hash, block);
}

/* The rest of a block is thrown away: what comes next does not depend on how this was cut. */
static void draw_stream(struct chance *chance, uint8_t *at, size_t len) {
    uint8_t block[SM3_LEN];
    while (len > 0) {
        size_t part = len < sizeof block ? len : sizeof block;
        next_block(chance, block);
        (void)memcpy(at, block, part);
        at += part;
        len -= part;
    }
    crypto_wipe(block, sizeof block);
}

enum err chance_draw(struct chance *chance, void *at, size_t len, struct why *why) {
    assert(at || len == 0);
    uint8_t *to = at;
    assert(len <= DRAW_MAX);
    if (chance->rehearsal) {
        draw_stream(chance, to, len);
        return OK;
    }
    while (len > 0) {
        ssize_t got = getrandom(to, len, 0);
        if (got <= 0) {
            return why_say(why, ERR_OUTSIDE,
                "the system gives no random numbers, so the ceremony cannot go on; try again");
        }
        to += got;
        len -= (size_t)got;
    }
    return OK;
}
