#include "vaults/soft/soft_keys.h"

#include <assert.h>

#include "base/builder.h"

enum err soft_keys_failed(struct why *why) {
    return why_say(why, ERR_OUTSIDE,
        "OpenSSL refused a computation, most likely for want of memory; end other programs and "
        "try again");
}

/* The seed's roots are not kept: they are made again when a line's shared keys are. The words before
 * the name keep the two ciphers' keys apart. */
static bool root_from_seed(struct soft_keys *k, const struct key_ref *ref, struct key128 *out) {
    uint8_t room[64];
    struct builder info = builder_in(room, sizeof room);
    put_bytes(&info, bytes_text(ref->algorithm == KEY_SM4 ? "SM4 root " : "root "));
    put_bytes(&info, bytes_text(key_kind(ref->name)->name));
    put_u8(&info, ref->version);
    assert(!info.overflowed);
    return cipher_expand(&k->cipher, k->seed_key, builder_bytes(&info), out->bytes, KEY128_LEN);
}

static bool make_root(struct soft_keys *k, const struct key_ref *ref, struct key128 *out) {
    if (k->from_seed) {
        return root_from_seed(k, ref, out);
    }
    const struct ring_key *key = ring_find(&k->ring, ref->name, ref->algorithm, ref->version);
    assert(key); /* soft_keys_permit() saw to it */
    *out = key->root;
    return true;
}

/* From the root to the city, once for a line and version; `made` is set when both keys are
 * whole. */
static bool make_shared(
    struct soft_keys *k, const struct key_ref *ref, struct shared_keys *shared) {
    SECRET_SCOPE struct key128 root;
    uint8_t factors[KEY_CHAIN_MAX][KEY_FACTOR_LEN];
    size_t steps = key_chain(k->region, KEY_CITY, NULL, factors);
    enum key_algorithm how = ref->algorithm;
    assert(steps == 2);
    shared->made = make_root(k, ref, &root)
                   && cipher_derive(&k->cipher, how, &root, factors[0], &shared->province)
                   && cipher_derive(&k->cipher, how, &shared->province, factors[1], &shared->city);
    return shared->made;
}

const struct shared_keys *soft_keys_shared(
    struct soft_keys *k, enum key_name name, enum key_algorithm algorithm, uint8_t version) {
    const struct key_ref ref = {.name = name, .algorithm = algorithm, .version = version};
    assert((unsigned)name < KEY_COUNT);
    assert((unsigned)algorithm < CIPHERS);
    assert(version <= KEY_VERSION_MAX);
    struct shared_keys *shared = &k->shared[name][algorithm][version];
    return shared->made || make_shared(k, &ref, shared) ? shared : NULL;
}

/* The place of a card: by the last four digits of its serial, so that a row of cards lies in a row. */
static struct card_keys *card_place(struct soft_keys *k, const uint8_t factor[KEY_FACTOR_LEN]) {
    unsigned number = 0;
    for (size_t i = KEY_FACTOR_LEN - 2; i < KEY_FACTOR_LEN; i++) {
        number = number * 100 + (factor[i] >> 4) * 10U + (factor[i] & 0x0F);
    }
    return &k->cards[number % CARDS_HELD];
}

/* Where the card's key is held, or is to be. Another card's keys are wiped first. */
static struct card_key *card_key_place(struct soft_keys *k, const struct key_ref *ref) {
    struct card_keys *card = card_place(k, ref->card_factor);
    if (!crypto_equal(card->factor, ref->card_factor, sizeof card->factor)) {
        crypto_wipe(card, sizeof *card);
        (void)memcpy(card->factor, ref->card_factor, sizeof card->factor);
    }
    struct card_key *held = &card->keys[ref->name][ref->algorithm];
    held->made = held->made && held->version == ref->version;
    held->version = ref->version;
    return held;
}

bool soft_keys_find(struct soft_keys *k, const struct key_ref *ref, struct key128 *out) {
    *out = (struct key128){0};
    if (ref->name == KEY_TRANSPORT) {
        (void)memset(out->bytes, 0xFF, sizeof out->bytes);
        return true;
    }
    if (ref->depth == KEY_ROOT) {
        return make_root(k, ref, out);
    }
    const struct shared_keys *shared = soft_keys_shared(k, ref->name, ref->algorithm, ref->version);
    if (!shared) {
        return false;
    }
    if (ref->depth != KEY_CARD) {
        *out = ref->depth == KEY_PROVINCE ? shared->province : shared->city;
        return true;
    }
    struct card_key *held = card_key_place(k, ref);
    if (!held->made) {
        held->made = cipher_derive(
            &k->cipher, ref->algorithm, &shared->city, ref->card_factor, &held->key);
        if (ref->algorithm == KEY_TDES && key_kind(ref->name)->length == DES_BLOCK) {
            cipher_double(held->key.bytes, &held->key);
        }
    }
    *out = held->key;
    return held->made;
}

enum err soft_keys_held(const struct soft_keys *k, const struct key_ref *ref, struct why *why) {
    return k->from_seed ? OK : ring_permit(&k->ring, ref, why);
}

enum err soft_keys_permit(
    const struct soft_keys *k, const struct key_ref *ref, enum key_use use, struct why *why) {
    enum err err = key_permit(ref, use, why);
    return err ? err : soft_keys_held(k, ref, why);
}

enum err soft_keys_take(struct soft_keys *k, const struct key_ref *ref, enum key_use use,
    struct key128 *out, struct why *why) {
    enum err err = soft_keys_permit(k, ref, use, why);
    if (err) {
        return err;
    }
    return soft_keys_find(k, ref, out) ? OK : soft_keys_failed(why);
}

void soft_keys_fold(enum key_algorithm algorithm, struct key128 *key) {
    if (algorithm == KEY_SM4) {
        return;
    }
    for (size_t i = 0; i < DES_BLOCK; i++) {
        key->bytes[i] ^= key->bytes[DES_BLOCK + i];
    }
    cipher_double(key->bytes, key);
}
