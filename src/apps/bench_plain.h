/* The yardstick of the benches for keys: OpenSSL's fastest plain way on one core, one card after
 * another. For DES these are the low-level functions, for SM4 contexts that are used again. Whatever
 * is the same for all cards is made ready beforehand: key schedules of the city's keys and of the
 * batch's transport key. Keys are drawn from a seed; any will do, the time is the same for all. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { PLAIN_KEYS_MAX = 64, PLAIN_DES_LEN = 24, PLAIN_SM4_LEN = 32 };

struct plain;

/* NULL when there is no memory or OpenSSL has no SM4. */
struct plain *plain_new(uint64_t seed);

/* Wipes it and gives it back; NULL does nothing. */
void plain_free(struct plain *p);

/* The TAC of a purchase whose 22 bytes stand padded to three blocks of DES or two of SM4: the card's
 * key from its factor (under DES folded), and the MAC. False when OpenSSL fails. */
bool plain_tac_des(
    struct plain *p, const uint8_t factor[8], const uint8_t message[PLAIN_DES_LEN], uint8_t tac[4]);
bool plain_tac_sm4(
    struct plain *p, const uint8_t factor[8], const uint8_t message[PLAIN_SM4_LEN], uint8_t tac[4]);

/* `count` keys of a card (at most PLAIN_KEYS_MAX), each wrapped under the card's transport key, with
 * its check value. */
struct plain_key {
    uint8_t wrapped[16], check[3];
};
bool plain_card_des(
    struct plain *p, const uint8_t factor[8], unsigned count, struct plain_key *keys);
bool plain_card_sm4(
    struct plain *p, const uint8_t factor[8], unsigned count, struct plain_key *keys);
