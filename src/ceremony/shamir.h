/* A secret in n parts of which any k give it back, and fewer tell nothing. [A. Shamir, How to share a
 * secret, 1979; system.md 6.1: three of five]
 *
 * Every byte of the secret is the value at 0 of a polynomial of degree k - 1 over GF(256) (modulus
 * x^8 + x^4 + x^3 + x + 1); part i holds the values at i = 1..n. The time of both functions depends
 * on k, n and len alone, never on the secret: no table is looked at and no branch taken by it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    SHAMIR_PARTS_MAX = 16,
    SHAMIR_SECRET_MAX = 32 /* bytes */
};

/* Splits secret (1 to SHAMIR_SECRET_MAX bytes) into n parts, of which k give it back: 2 <= k <= n <=
 * SHAMIR_PARTS_MAX. chance holds (k - 1) * len bytes of fresh random numbers, which the caller wipes. Part
 * i + 1 goes to parts[i], len bytes each. */
void shamir_split(const uint8_t *secret, size_t len, const uint8_t *chance, uint8_t k, uint8_t n,
    uint8_t parts[][SHAMIR_SECRET_MAX]);

/* Puts count parts together: parts[i] is the value at places[i], all of them different and none 0.
 * secret receives len bytes: what was split when the parts are k of one splitting, anything
 * otherwise; whoever calls compares with what is known of the secret. */
void shamir_join(const uint8_t *places, uint8_t parts[][SHAMIR_SECRET_MAX], size_t count,
    size_t len, uint8_t *secret);
