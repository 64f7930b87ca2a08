/* The low-level functions for DES count as deprecated in OpenSSL 3. The ones that do not take ten
 * times as long for a key that is used for a block or two, as a card's keys are. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#include "bulk/few_des.h"

#include <assert.h>
#include <openssl/des.h>

#include "crypto/secret.h"

enum { STACK_USED_MAX = 512 }; /* by OpenSSL's functions, and by ours that call them */

/* The round keys of both halves; of a key with equal halves, the left one's. */
struct schedules {
    DES_key_schedule left, right;
    bool single;
};

/* Overwrites what the computation, which has returned, left on the stack below this call. */
static __attribute__((noinline)) void wipe_stack(void) {
    uint8_t used[STACK_USED_MAX];
    crypto_wipe(used, sizeof used);
}

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

/* Blocks under schedules that are made. */
static void run_blocks(
    struct schedules *s, bool decrypt, const uint8_t *in, uint8_t *out, size_t blocks) {
    DES_LONG halves[2] = {0, 0};
    for (size_t i = 0; i < blocks; i++) {
        open_block(in + i * DES_BLOCK, halves);
        if (s->single) {
            DES_encrypt1(halves, &s->left, decrypt ? DES_DECRYPT : DES_ENCRYPT);
        } else if (decrypt) {
            DES_decrypt3(halves, &s->left, &s->right, &s->left);
        } else {
            DES_encrypt3(halves, &s->left, &s->right, &s->left);
        }
        close_block(halves, out + i * DES_BLOCK);
    }
    crypto_wipe(halves, sizeof halves);
}

/* In a frame of its own, so that the stack below it can be wiped by whoever called. */
static __attribute__((noinline)) void triple(
    const struct key128 *key, bool decrypt, const uint8_t *in, uint8_t *out, size_t blocks) {
    struct schedules s;
    s.single = crypto_equal(key->bytes, key->bytes + DES_BLOCK, DES_BLOCK);
    prepare(key->bytes, &s.left);
    if (!s.single) {
        prepare(key->bytes + DES_BLOCK, &s.right);
    }
    run_blocks(&s, decrypt, in, out, blocks);
    crypto_wipe(&s, sizeof s);
}

static __attribute__((noinline)) void chain_up(
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
    crypto_wipe(halves, sizeof halves);
}

void few_triple(
    const struct key128 *key, bool decrypt, const uint8_t *in, uint8_t *out, size_t blocks) {
    assert(key);
    assert(in || blocks == 0);
    if (blocks > 0) {
        triple(key, decrypt, in, out, blocks);
        wipe_stack();
    }
}

void few_chain(
    const uint8_t key[DES_BLOCK], uint8_t chain[DES_BLOCK], const uint8_t *data, size_t blocks) {
    assert(key);
    assert(data || blocks == 0);
    if (blocks > 0) {
        chain_up(key, chain, data, blocks);
        wipe_stack();
    }
}
