#include "crypto/derive.h"

#include "crypto/secret.h"

void derive_key(const struct key128 *key, const uint8_t factor[8], struct key128 *out) {
    struct tdes_key k;
    uint8_t inverted[8];
    for (size_t i = 0; i < sizeof inverted; i++) {
        inverted[i] = (uint8_t)~factor[i];
    }
    tdes_prepare(&k, key);
    tdes_encrypt(&k, factor, out->bytes);
    tdes_encrypt(&k, inverted, out->bytes + 8);
    crypto_wipe(&k, sizeof k);
}

void derive_session(const struct key128 *key, const uint8_t input[8], uint8_t session[8]) {
    struct tdes_key k;
    tdes_prepare(&k, key);
    tdes_encrypt(&k, input, session);
    crypto_wipe(&k, sizeof k);
}

void derive_tac_key(const struct key128 *dtk, uint8_t key[8]) {
    for (size_t i = 0; i < 8; i++) {
        key[i] = dtk->bytes[i] ^ dtk->bytes[8 + i];
    }
}
