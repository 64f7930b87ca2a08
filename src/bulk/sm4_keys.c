#include "bulk/sm4_keys.h"

#include "crypto/secret.h"

const uint32_t sm4_family[SM4_WORDS] = {0xA3B1BAC6, 0x56AA3350, 0x677D9197, 0xB27022DC};

const uint32_t sm4_constants[SM4_ROUNDS] = {
    0x00070E15,
    0x1C232A31,
    0x383F464D,
    0x545B6269,
    0x70777E85,
    0x8C939AA1,
    0xA8AFB6BD,
    0xC4CBD2D9,
    0xE0E7EEF5,
    0xFC030A11,
    0x181F262D,
    0x343B4249,
    0x50575E65,
    0x6C737A81,
    0x888F969D,
    0xA4ABB2B9,
    0xC0C7CED5,
    0xDCE3EAF1,
    0xF8FF060D,
    0x141B2229,
    0x30373E45,
    0x4C535A61,
    0x686F767D,
    0x848B9299,
    0xA0A7AEB5,
    0xBCC3CAD1,
    0xD8DFE6ED,
    0xF4FB0209,
    0x10171E25,
    0x2C333A41,
    0x484F565D,
    0x646B7279,
};

enum { EACH_BYTE = 0x01010101 };

/* The S-box for the four bytes of a word at once, through the gates: bit b of each byte stands on its
 * own in wire b. */
static uint32_t substitute(uint32_t word) {
    const uint32_t w0 = word & EACH_BYTE, w1 = word >> 1 & EACH_BYTE, w2 = word >> 2 & EACH_BYTE,
                   w3 = word >> 3 & EACH_BYTE, w4 = word >> 4 & EACH_BYTE,
                   w5 = word >> 5 & EACH_BYTE, w6 = word >> 6 & EACH_BYTE,
                   w7 = word >> 7 & EACH_BYTE
#define XOR(n, a, b) , w##n = w##a ^ w##b
#define AND(n, a, b) , w##n = w##a & w##b
#define NOT(n, a)    , w##n = w##a ^ EACH_BYTE
#define ENDS(a, b, c, d, e, f, g, h)                                                               \
    ;                                                                                              \
    return w##a | w##b << 1 | w##c << 2 | w##d << 3 | w##e << 4 | w##f << 5 | w##g << 6 | w##h << 7;
#include "bulk/sm4_gates.def"
}

/* SM4_MATRIX_IN for four bytes at once: what each bit of a byte becomes. */
static uint32_t to_field(uint32_t word) {
    static const uint8_t images[] = {0x8C, 0x30, 0x85, 0x9F, 0xDC, 0x2E, 0xC5, 0x08};
    uint32_t out = 0;
    for (size_t bit = 0; bit < sizeof images; bit++) {
        out ^= (word >> bit & EACH_BYTE) * images[bit];
    }
    return out;
}

void field_word_of(struct field_word *out, uint32_t word) {
    uint32_t field = to_field(word);
    for (size_t i = 0; i < sizeof out->bytes / sizeof out->bytes[0]; i++) {
        out->bytes[i] = (field >> (24 - 8 * i) & 0xFF) * EACH_BYTE;
    }
}

static uint32_t turn_left(uint32_t word, unsigned by) {
    return word << by | word >> (32 - by);
}

static uint32_t word_of(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

void shared_sm4_prepare(struct shared_sm4 *k, const struct key128 *key) {
    uint32_t words[SM4_WORDS];
    for (size_t i = 0; i < SM4_WORDS; i++) {
        words[i] = word_of(key->bytes + 4 * i) ^ sm4_family[i];
    }
    for (size_t r = 0; r < SM4_ROUNDS; r++) {
        uint32_t *next = &words[r % 4];
        uint32_t sum = words[(r + 1) % 4] ^ words[(r + 2) % 4] ^ words[(r + 3) % 4];
        uint32_t s = substitute(sum ^ sm4_constants[r] ^ SM4_ENTRY);
        *next ^= s ^ turn_left(s, 13) ^ turn_left(s, 23);
        k->rounds[r] = *next ^ SM4_ENTRY;
        field_word_of(&k->field[r], k->rounds[r]);
    }
    crypto_wipe(words, sizeof words);
}
