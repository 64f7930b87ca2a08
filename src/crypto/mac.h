/* Message authentication as the purse and the card's secure messaging use it.
 *
 * Data are always padded with 80 and then 00 to a multiple of eight; a full block gets a whole
 * extra one. [ISO/IEC 9797-1, padding method 2; purse.md 1.3, 5.1] */
#pragma once

#include "crypto/des.h"

/* DES-CBC-MAC with an 8-byte key (9797-1 algorithm 1); mac gets the whole last block, of which
 * users take the left four bytes. iv NULL means eight zero bytes. */
void mac_single(
    const uint8_t key[DES_BLOCK], const uint8_t *iv, struct bytes data, uint8_t mac[DES_BLOCK]);

/* CBC with the left half, the last block decrypted with the right and encrypted with the left
 * (9797-1 algorithm 3, "retail"). */
void mac_retail(
    const struct key128 *key, const uint8_t *iv, struct bytes data, uint8_t mac[DES_BLOCK]);
