/* SM3 as GB/T 32905-2016 chapter 5 describes it, with the message words kept in a ring of 16. */
#include "crypto/sm3.h"

static uint32_t rotate(uint32_t x, unsigned by) {
    by &= 31;
    return by == 0 ? x : x << by | x >> (32 - by);
}

static uint32_t load(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void store(uint32_t value, uint8_t *at) {
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static uint32_t spread0(uint32_t x) { /* P0, 4.4 */
    return x ^ rotate(x, 9) ^ rotate(x, 17);
}

static uint32_t spread1(uint32_t x) { /* P1, 4.4 */
    return x ^ rotate(x, 15) ^ rotate(x, 23);
}

/* 5.3.2: sixteen words of the block, and fifty-two made from them. */
static void expand(const uint8_t block[SM3_BLOCK], uint32_t words[68]) {
    for (unsigned i = 0; i < 16; i++) {
        words[i] = load(block + 4 * (size_t)i);
    }
    for (unsigned i = 16; i < 68; i++) {
        words[i] = spread1(words[i - 16] ^ words[i - 9] ^ rotate(words[i - 3], 15))
                   ^ rotate(words[i - 13], 7) ^ words[i - 6];
    }
}

/* FF and GG of 4.3, which change their shape after round 15. */
static uint32_t choose_ff(unsigned round, uint32_t x, uint32_t y, uint32_t z) {
    return round < 16 ? x ^ y ^ z : (x & y) | (x & z) | (y & z);
}

static uint32_t choose_gg(unsigned round, uint32_t x, uint32_t y, uint32_t z) {
    return round < 16 ? x ^ y ^ z : (x & y) | (~x & z);
}

/* 5.3.3: one block into the state. s[0] to s[7] are A to H. */
static void compress(struct sm3 *h, const uint8_t block[SM3_BLOCK]) {
    uint32_t words[68], s[8];
    expand(block, words);
    (void)memcpy(s, h->state, sizeof s);
    for (unsigned i = 0; i < 64; i++) {
        uint32_t constant = i < 16 ? 0x79CC4519 : 0x7A879D8A;
        uint32_t turned = rotate(s[0], 12);
        uint32_t ss1 = rotate(turned + s[4] + rotate(constant, i), 7);
        uint32_t tt1 = choose_ff(i, s[0], s[1], s[2]) + s[3] + (ss1 ^ turned)
                       + (words[i] ^ words[i + 4]);
        uint32_t tt2 = choose_gg(i, s[4], s[5], s[6]) + s[7] + ss1 + words[i];
        s[3] = s[2];
        s[2] = rotate(s[1], 9);
        s[1] = s[0];
        s[0] = tt1;
        s[7] = s[6];
        s[6] = rotate(s[5], 19);
        s[5] = s[4];
        s[4] = spread0(tt2);
    }
    for (unsigned i = 0; i < 8; i++) {
        h->state[i] ^= s[i];
    }
}

void sm3_begin(struct sm3 *h) {
    static const uint32_t initial[8] = {0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC,
        0x163138AA, 0xE38DEE4D, 0xB0FB0E4E}; /* 4.1 */
    *h = (struct sm3){0};
    (void)memcpy(h->state, initial, sizeof initial);
}

void sm3_add(struct sm3 *h, struct bytes data) {
    size_t held = (size_t)(h->len % SM3_BLOCK);
    h->len += data.len;
    while (data.len > 0) {
        size_t room = SM3_BLOCK - held, taken = data.len < room ? data.len : room;
        (void)memcpy(h->block + held, data.at, taken);
        data.at += taken;
        data.len -= taken;
        held = (held + taken) % SM3_BLOCK;
        if (held == 0) {
            compress(h, h->block);
        }
    }
}

/* 5.2: a bit 1, zeros, and the length in bits. */
void sm3_end(struct sm3 *h, uint8_t digest[SM3_LEN]) {
    uint8_t tail[SM3_BLOCK + 8] = {0x80};
    uint64_t bits = 8 * h->len;
    size_t held = (size_t)(h->len % SM3_BLOCK);
    size_t pad = (held < 56 ? 56 : 120) - held;
    for (unsigned i = 0; i < 8; i++) {
        tail[pad + i] = (uint8_t)(bits >> (56 - 8 * i));
    }
    sm3_add(h, bytes_of(tail, pad + 8));
    for (unsigned i = 0; i < 8; i++) {
        store(h->state[i], digest + 4 * (size_t)i);
    }
}
