#include "crypto/mac.h"

#include "crypto/secret.h"

/* DES-CBC over data and its padding, from iv; chain ends as the last block of ciphertext. */
static void chain_blocks(
    const struct des_key *k, const uint8_t *iv, struct bytes data, uint8_t chain[DES_BLOCK]) {
    if (iv) {
        (void)memcpy(chain, iv, DES_BLOCK);
    } else {
        (void)memset(chain, 0, DES_BLOCK);
    }
    for (size_t i = 0; i < data.len; i++) {
        chain[i % DES_BLOCK] ^= data.at[i];
        if (i % DES_BLOCK == DES_BLOCK - 1) {
            des_encrypt(k, chain, chain);
        }
    }
    /* The padding: 80 where data ended, and zeros, which change nothing. */
    chain[data.len % DES_BLOCK] ^= 0x80;
    des_encrypt(k, chain, chain);
}

void mac_single(
    const uint8_t key[DES_BLOCK], const uint8_t *iv, struct bytes data, uint8_t mac[DES_BLOCK]) {
    struct des_key k;
    uint8_t chain[DES_BLOCK]; /* mac may be where iv or data lie */
    des_prepare(&k, key);
    chain_blocks(&k, iv, data, chain);
    (void)memcpy(mac, chain, DES_BLOCK);
    crypto_wipe(&k, sizeof k);
}

void mac_retail(
    const struct key128 *key, const uint8_t *iv, struct bytes data, uint8_t mac[DES_BLOCK]) {
    struct tdes_key k;
    uint8_t chain[DES_BLOCK];
    tdes_prepare(&k, key);
    chain_blocks(&k.left, iv, data, chain);
    des_decrypt(&k.right, chain, chain);
    des_encrypt(&k.left, chain, mac);
    crypto_wipe(&k, sizeof k);
}
