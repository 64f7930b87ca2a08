#include "crypto/mac.h"

#include "crypto/engine.h"
#include "crypto/secret.h"

/* DES-CBC over the whole blocks of data, from iv, and its padded rest laid over the result: what is
 * left to do is to encipher chain. */
static void chain_blocks(
    const uint8_t key[DES_BLOCK], const uint8_t *iv, struct bytes data, uint8_t chain[DES_BLOCK]) {
    size_t whole = data.len & ~(size_t)(DES_BLOCK - 1);
    if (iv) {
        (void)memcpy(chain, iv, DES_BLOCK);
    } else {
        (void)memset(chain, 0, DES_BLOCK);
    }
    engine_now()->chain(key, chain, data.at, whole / DES_BLOCK);
    for (size_t i = whole; i < data.len; i++) {
        chain[i - whole] ^= data.at[i];
    }
    /* The padding: 80 where data ended, and zeros, which change nothing. */
    chain[data.len - whole] ^= 0x80;
}

void mac_single(
    const uint8_t key[DES_BLOCK], const uint8_t *iv, struct bytes data, uint8_t mac[DES_BLOCK]) {
    static const uint8_t nothing[DES_BLOCK];
    uint8_t chain[DES_BLOCK]; /* mac may be where iv or data lie */
    chain_blocks(key, iv, data, chain);
    engine_now()->chain(key, chain, nothing, 1);
    (void)memcpy(mac, chain, DES_BLOCK);
}

/* The last block goes through the left half, the right and the left: triple DES. */
void mac_retail(
    const struct key128 *key, const uint8_t *iv, struct bytes data, uint8_t mac[DES_BLOCK]) {
    uint8_t chain[DES_BLOCK];
    chain_blocks(key->bytes, iv, data, chain);
    engine_now()->triple(key, false, chain, mac, 1);
}
