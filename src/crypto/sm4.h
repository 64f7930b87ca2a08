/* SM4, the national block cipher, and what cards do with it: keys from keys, session keys, proofs
 * and MACs. [GB/T 32907-2016; decision 0020]
 *
 * Blocks and keys have 16 bytes. A key needs no preparation: its round keys are made on the way,
 * forwards to encipher and backwards to decipher, so that nothing but the key itself lies in
 * memory. Constant in time: no branch and no memory address depends on a key or on data; there is
 * no table at all. Small and slow, for the chip; the host uses OpenSSL, and the tests compare the
 * two.
 *
 * Which cipher a directory speaks is its own matter [card/guard/cipher.h]. Under SM4 every form of
 * the 3DES dialect stays as it is but for these five, which are the whole of the difference:
 *
 *   diversified key   SM4(K, factor8 || ~factor8)
 *   session key       SM4(K, input8 || ~input8), 16 bytes: the factor of an authentication, the
 *                     challenge of secure messaging, the eight bytes of a transaction
 *   proof             left 8 bytes of SM4(SK, original8 || 80 00..)
 *   MAC               CBC over the data, 80 and zeros, from an initial vector of 16 bytes; left 4
 *   ciphertext        ECB over LD || data, filled up with 80 00.. to whole blocks of 16 */
#pragma once

#include "crypto/des.h"

enum { SM4_BLOCK = 16 };

/* One block. in and out may be the same place. */
void sm4_encrypt(const struct key128 *key, const uint8_t in[SM4_BLOCK], uint8_t out[SM4_BLOCK]);
void sm4_decrypt(const struct key128 *key, const uint8_t in[SM4_BLOCK], uint8_t out[SM4_BLOCK]);

/* A key from a key: SM4(K, f || ~f). With a level's factor it is the diversified key, with the
 * eight bytes of a session the session key. out may be the same place as key. */
void derive_sm4(const struct key128 *key, const uint8_t factor[8], struct key128 *out);

/* What proves that one holds the session key: left eight bytes of SM4(SK, original || 80 00..). */
void proof_sm4(const struct key128 *session, const uint8_t original[8], uint8_t proof[8]);

/* CBC-MAC over data and their padding, 80 and zeros to a multiple of 16; a full block gets a whole
 * extra one. mac gets the whole last block, of which users take the left four bytes. iv NULL means
 * zeros; in the purse form it is the challenge, zeros behind it. [ISO/IEC 9797-1, algorithm 1,
 * padding method 2] */
void mac_sm4(
    const struct key128 *key, const uint8_t *iv, struct bytes data, uint8_t mac[SM4_BLOCK]);
