/* The same keys a second time, by the chip's ciphers and a hand-written HKDF: what the vault's
 * answers are compared with. Included by the tests of the vault only. */
#pragma once

#include "check.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/builder.h"
#include "crypto/derive.h"
#include "crypto/mac.h"
#include "crypto/sm4.h"
#include "keys/chain.h"
#include "vaults/soft/soft_vault.h"

enum { MODEL_REGION = 440100 };
static const char model_seed[] = "20031008";

static inline void model_hmac(struct bytes key, struct bytes data, uint8_t out[32]) {
    unsigned len = 0;
    assert_non_null(HMAC(EVP_sha256(), key.at, (int)key.len, data.at, data.len, out, &len));
    assert_int_equal(len, 32);
}

/* HKDF's one step for outputs of up to 32 bytes. [RFC 5869, 2.3] */
static inline void model_expand(const char *seed, struct bytes info, uint8_t out[32]) {
    uint8_t seed_key[32], room[96];
    struct builder b = builder_in(room, sizeof room);
    model_hmac(bytes_text("rehearsal keys of a city"), bytes_text(seed), seed_key);
    put_bytes(&b, info);
    put_u8(&b, 1);
    assert_false(b.overflowed);
    model_hmac(bytes_of(seed_key, sizeof seed_key), builder_bytes(&b), out);
}

static inline struct key128 model_root(
    const char *seed, enum key_name name, enum key_algorithm algorithm, uint8_t version) {
    uint8_t room[64], out[32];
    struct builder b = builder_in(room, sizeof room);
    put_bytes(&b, bytes_text(algorithm == KEY_SM4 ? "SM4 root " : "root "));
    put_bytes(&b, bytes_text(key_kind(name)->name));
    put_u8(&b, version);
    model_expand(seed, builder_bytes(&b), out);
    struct key128 root;
    (void)memcpy(root.bytes, out, sizeof root.bytes);
    return root;
}

/* Bytes of the key in a card. */
static inline size_t model_length(const struct key_ref *ref) {
    return ref->algorithm == KEY_SM4 ? 16 : key_kind(ref->name)->length;
}

/* The key that ref names in the vault of model_seed; eight bytes stand in both halves. */
static inline struct key128 model_key(const struct key_ref *ref) {
    uint8_t factors[KEY_CHAIN_MAX][KEY_FACTOR_LEN];
    struct key128 key;
    if (ref->name == KEY_TRANSPORT) {
        (void)memset(key.bytes, 0xFF, sizeof key.bytes);
        return key;
    }
    key = model_root(model_seed, ref->name, ref->algorithm, ref->version);
    size_t steps = key_chain(MODEL_REGION, ref->depth, ref->card_factor, factors);
    for (size_t i = 0; i < steps; i++) {
        if (ref->algorithm == KEY_SM4) {
            derive_sm4(&key, factors[i], &key);
        } else {
            derive_key(&key, factors[i], &key);
        }
    }
    if (ref->depth == KEY_CARD && model_length(ref) == 8) {
        (void)memcpy(key.bytes + 8, key.bytes, 8);
    }
    return key;
}

/* Numbers that look random and are the same in every run. */
static inline void model_dice(uint8_t *at, size_t len) {
    static uint64_t dice = 440100;
    for (size_t i = 0; i < len; i++) {
        dice = dice * 6364136223846793005u + 1442695040888963407u;
        at[i] = (uint8_t)(dice >> 56);
    }
}

static inline struct key_ref model_ref(enum key_name name) {
    struct key_ref ref = {.name = name, .depth = KEY_CARD};
    model_dice(&ref.version, 1);
    ref.version = (uint8_t)(ref.version % 4);
    model_dice(ref.card_factor, sizeof ref.card_factor);
    return ref;
}
