#include "vaults/soft/set_batch.h"

#include <assert.h>

#include "crypto/secret.h"

/* One call of the engine: the keys of the set that have its algorithm. */
struct set_pass {
    const struct set_batch *batch;
    size_t count;
    uint8_t index[KEY_SET_MAX]; /* in the set */
    bool halves[KEY_SET_MAX];
    struct key128 cities[KEY_SET_MAX];
};

static void give_cards(void *self, size_t first, size_t count, struct bulk_lanes *lanes) {
    const struct set_pass *pass = self;
    (void)memcpy(
        lanes->factor, pass->batch->factors + first * BULK_WORD_LEN, count * BULK_WORD_LEN);
}

static void take_wrapped(void *self, size_t first, size_t count, const struct bulk_lanes *lanes) {
    const struct set_pass *pass = self;
    assert(lanes->key < pass->count);
    struct wrapped_key *out = pass->batch->out + pass->index[lanes->key] * pass->batch->cards
                              + first;
    for (size_t i = 0; i < count; i++) {
        (void)memcpy(out[i].wrapped, lanes->data[0][i], BULK_WORD_LEN);
        (void)memcpy(out[i].wrapped + BULK_WORD_LEN, lanes->data[1][i], BULK_WORD_LEN);
        (void)memcpy(out[i].check, lanes->mac[i], sizeof out[i].check);
    }
}

/* The lines of the set that have the algorithm. An 8-byte key is one of DES. [card.md 5.3] */
static void gather(struct set_pass *pass, enum key_algorithm algorithm) {
    const struct key_set *set = pass->batch->set;
    for (size_t i = 0; i < set->count; i++) {
        struct key_ref key = key_of_set(set, i);
        if (key.algorithm == algorithm) {
            pass->index[pass->count] = (uint8_t)i;
            pass->halves[pass->count] = algorithm == KEY_TDES
                                        && key_kind(key.name)->length == DES_BLOCK;
            pass->cities[pass->count] = *pass->batch->cities[i];
            pass->count++;
        }
    }
}

static enum err run_pass(struct bulk *bulk, const struct set_batch *batch,
    enum key_algorithm algorithm, struct why *why) {
    struct set_pass pass = {.batch = batch};
    gather(&pass, algorithm);
    enum err err = OK;
    if (pass.count > 0) {
        const struct bulk_records records = {&pass, give_cards, take_wrapped};
        assert(batch->transports[algorithm]);
        const struct bulk_set set = {.cipher = algorithm == KEY_SM4 ? BULK_SM4 : BULK_TDES,
            .transport = batch->transports[algorithm],
            .cities = pass.cities,
            .halves = pass.halves,
            .count = pass.count};
        err = bulk_sets(bulk, &set, &records, batch->cards, why);
    }
    crypto_wipe(&pass, sizeof pass);
    return err;
}

enum err set_batch_compute(struct bulk *bulk, const struct set_batch *batch, struct why *why) {
    assert(batch->set->count >= 1);
    assert(batch->set->count <= KEY_SET_MAX);
    enum err err = run_pass(bulk, batch, KEY_TDES, why);
    return err ? err : run_pass(bulk, batch, KEY_SM4, why);
}
