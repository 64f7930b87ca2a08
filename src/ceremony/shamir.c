#include "ceremony/shamir.h"

#include <assert.h>

enum { BITS = 8, MODULUS = 0x1B }; /* x^8 is x^4 + x^3 + x + 1 */

/* Eight steps for every pair, whatever they are. */
static uint8_t gf_times(uint8_t a, uint8_t b) {
    unsigned product = 0;
    unsigned shifted = a;
    for (unsigned bit = 0; bit < BITS; bit++) {
        product ^= shifted & (0U - ((unsigned)b >> bit & 1U));
        shifted = (shifted << 1 ^ (MODULUS & (0U - (shifted >> (BITS - 1) & 1U)))) & 0xFFU;
    }
    return (uint8_t)product;
}

/* a to the 254th, which is 1/a, and 0 for 0. */
static uint8_t gf_inverse(uint8_t a) {
    uint8_t power = a;
    uint8_t inverse = 1;
    for (unsigned bit = 1; bit < BITS; bit++) {
        power = gf_times(power, power);
        inverse = gf_times(inverse, power);
    }
    return inverse;
}

/* The polynomial of one byte at place x, by Horner's rule: the secret byte is what it is at 0. */
static uint8_t value_at(uint8_t x, uint8_t secret, const uint8_t *chance, size_t step, uint8_t k) {
    uint8_t value = 0;
    for (size_t power = k - 1U; power > 0; power--) {
        value = gf_times((uint8_t)(value ^ chance[(power - 1) * step]), x);
    }
    return (uint8_t)(value ^ secret);
}

void shamir_split(const uint8_t *secret, size_t len, const uint8_t *chance, uint8_t k, uint8_t n,
    uint8_t parts[][SHAMIR_SECRET_MAX]) {
    assert(len > 0);
    assert(len <= SHAMIR_SECRET_MAX);
    assert(k >= 2);
    assert(k <= n);
    assert(n <= SHAMIR_PARTS_MAX);
    for (uint8_t i = 0; i < n; i++) {
        for (size_t at = 0; at < len; at++) {
            parts[i][at] = value_at((uint8_t)(i + 1), secret[at], chance + at, len, k);
        }
    }
}

/* What part i counts for at 0: the product of x / (x - x_i) over all other places x. */
static uint8_t weight_of(const uint8_t *places, size_t count, size_t i) {
    uint8_t weight = 1;
    for (size_t other = 0; other < count; other++) {
        if (other != i) {
            assert(places[other] != places[i]);
            uint8_t below = gf_inverse((uint8_t)(places[other] ^ places[i]));
            weight = gf_times(weight, gf_times(places[other], below));
        }
    }
    return weight;
}

void shamir_join(const uint8_t *places, uint8_t parts[][SHAMIR_SECRET_MAX], size_t count,
    size_t len, uint8_t *secret) {
    assert(count > 0);
    assert(count <= SHAMIR_PARTS_MAX);
    assert(len <= SHAMIR_SECRET_MAX);
    for (size_t at = 0; at < len; at++) {
        secret[at] = 0;
    }
    for (size_t i = 0; i < count; i++) {
        assert(places[i] != 0);
        uint8_t weight = weight_of(places, count, i);
        for (size_t at = 0; at < len; at++) {
            secret[at] = (uint8_t)(secret[at] ^ gf_times(weight, parts[i][at]));
        }
    }
}
