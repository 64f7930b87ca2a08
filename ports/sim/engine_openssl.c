/* The low-level functions for DES count as deprecated in OpenSSL 3. The ones that do not take ten
 * times as long for a key that is used for a block or two, as a card's keys are. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#include "ports/sim/engine_openssl.h"

#include <assert.h>
#include <openssl/des.h>
#include <openssl/evp.h>

#include "crypto/secret.h"

/* OpenSSL's halves of a block: little-endian words. */
static void open_block(const uint8_t in[DES_BLOCK], DES_LONG halves[2]) {
    for (size_t i = 0; i < 2; i++) {
        const uint8_t *at = in + 4 * i;
        halves[i] = (DES_LONG)at[0] | (DES_LONG)at[1] << 8 | (DES_LONG)at[2] << 16
                    | (DES_LONG)at[3] << 24;
    }
}

static void close_block(const DES_LONG halves[2], uint8_t out[DES_BLOCK]) {
    for (size_t i = 0; i < DES_BLOCK; i++) {
        out[i] = (uint8_t)(halves[i / 4] >> 8 * (i % 4));
    }
}

static void prepare(const uint8_t key[DES_BLOCK], DES_key_schedule *schedule) {
    DES_cblock copy = {0};
    _Static_assert(sizeof copy == DES_BLOCK, "a key of OpenSSL's is one of ours");
    (void)memcpy(copy, key, sizeof copy);
    DES_set_key_unchecked(&copy, schedule);
    crypto_wipe(copy, sizeof copy);
}

static void openssl_triple(
    const struct key128 *key, bool decrypt, const uint8_t *in, uint8_t *out, size_t blocks) {
    DES_key_schedule left, right;
    prepare(key->bytes, &left);
    prepare(key->bytes + DES_BLOCK, &right);
    for (size_t i = 0; i < blocks; i++) {
        DES_LONG halves[2];
        open_block(in + i * DES_BLOCK, halves);
        if (decrypt) {
            DES_decrypt3(halves, &left, &right, &left);
        } else {
            DES_encrypt3(halves, &left, &right, &left);
        }
        close_block(halves, out + i * DES_BLOCK);
    }
    crypto_wipe(&left, sizeof left);
    crypto_wipe(&right, sizeof right);
}

static void openssl_chain(
    const uint8_t key[DES_BLOCK], uint8_t chain[DES_BLOCK], const uint8_t *data, size_t blocks) {
    DES_key_schedule schedule;
    DES_LONG halves[2], block[2];
    prepare(key, &schedule);
    open_block(chain, halves);
    for (size_t i = 0; i < blocks; i++) {
        open_block(data + i * DES_BLOCK, block);
        halves[0] ^= block[0];
        halves[1] ^= block[1];
        DES_encrypt1(halves, &schedule, DES_ENCRYPT);
    }
    close_block(halves, chain);
    crypto_wipe(&schedule, sizeof schedule);
}

/* EVP has no SM4 without a context; one for each thread saves its making, which takes longer than a
 * block. It is without a key between two calls. */
static void openssl_sm4(
    const struct key128 *key, bool decrypt, const uint8_t in[16], uint8_t out[16]) {
    static _Thread_local EVP_CIPHER_CTX *context;
    int len = 0;
    context = context ? context : EVP_CIPHER_CTX_new();
    bool done = EVP_CipherInit_ex(context, EVP_sm4_ecb(), NULL, key->bytes, NULL, !decrypt)
                && EVP_CIPHER_CTX_set_padding(context, 0)
                && EVP_CipherUpdate(context, out, &len, in, sizeof key->bytes)
                && EVP_CIPHER_CTX_reset(context);
    assert(done); /* only without memory */
    (void)done;
}

const struct engine engine_openssl = {
    .triple = openssl_triple, .chain = openssl_chain, .sm4 = openssl_sm4};
