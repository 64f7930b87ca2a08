#include "crypto/derive.h"

#include "crypto/engine.h"
#include "crypto/secret.h"

void derive_key(const struct key128 *key, const uint8_t factor[8], struct key128 *out) {
    uint8_t both[2 * DES_BLOCK];
    for (size_t i = 0; i < DES_BLOCK; i++) {
        both[i] = factor[i];
        both[DES_BLOCK + i] = (uint8_t)~factor[i];
    }
    engine_now()->triple(key, false, both, both, 2);
    (void)memcpy(out->bytes, both, sizeof both);
    crypto_wipe(both, sizeof both);
}

void derive_session(const struct key128 *key, const uint8_t input[8], uint8_t session[8]) {
    engine_now()->triple(key, false, input, session, 1);
}

void derive_tac_key(const struct key128 *dtk, uint8_t key[8]) {
    for (size_t i = 0; i < 8; i++) {
        key[i] = dtk->bytes[i] ^ dtk->bytes[8 + i];
    }
}
