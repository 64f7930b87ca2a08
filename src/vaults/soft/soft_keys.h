/* The keys of a soft vault: roots, what is derived from them for a whole city, and the cards' own.
 *
 * Roots come from a seed (a rehearsal's) or from a ring (key_ring.h); everything behind them is the
 * same. What all cards of a city share is derived once for a line, algorithm and version, so that a
 * card costs one step; its keys stay until another card takes its place. The struct lies in a room for secrets
 * and belongs to one vault, in one thread.
 *
 * Used by the files of this folder alone. */
#pragma once

#include "keys/chain.h"
#include "keys/permit.h"
#include "vaults/soft/cipher.h"
#include "vaults/soft/key_ring.h"
#include "vaults/soft/secret_room.h"

/* The keys of one line, algorithm and version that all cards share. */
struct shared_keys {
    bool made;
    struct key128 province, city;
};

/* The keys of a card that was asked about: whoever makes or checks a card asks for the same few again
 * and again. One version of each line and algorithm, the one asked for last. */
struct card_keys {
    uint8_t factor[KEY_FACTOR_LEN];
    struct card_key {
        bool made;
        uint8_t version;
        struct key128 key;
    } keys[KEY_COUNT][CIPHERS];
};

/* So many cards are held at a time, each in the place that its factor says: a cell works on cards with
 * serials in a row, by the group. [decision 0054] */
enum { CARDS_HELD = 64 };

struct soft_keys {
    struct cipher cipher;
    uint32_t region;
    bool from_seed; /* else from the ring */
    uint8_t seed_key[SEED_KEY_LEN];
    struct key_ring ring;
    struct shared_keys shared[KEY_COUNT][CIPHERS][KEY_VERSION_MAX + 1];
    struct card_keys cards[CARDS_HELD];
};

/* "OpenSSL refused a computation": always ERR_OUTSIDE. */
enum err soft_keys_failed(struct why *why);

/* OK when the vault has the key at all: a seed has every key, a ring what ring_permit() says. */
enum err soft_keys_held(const struct soft_keys *k, const struct key_ref *ref, struct why *why);

/* Permission, as keys/permit.h and the ring give it, for one use of one key. */
enum err soft_keys_permit(
    const struct soft_keys *k, const struct key_ref *ref, enum key_use use, struct why *why);

/* The key that ref names, already permitted. A card's 8-byte key is the left half, in both. False
 * when OpenSSL fails. */
bool soft_keys_find(struct soft_keys *k, const struct key_ref *ref, struct key128 *out);

/* Permission and key in one step, as single requests need them. */
enum err soft_keys_take(struct soft_keys *k, const struct key_ref *ref, enum key_use use,
    struct key128 *out, struct why *why);

/* The shared keys of a line, already permitted; borrowed for as long as the vault is open. NULL when
 * OpenSSL fails. */
const struct shared_keys *soft_keys_shared(
    struct soft_keys *k, enum key_name name, enum key_algorithm algorithm, uint8_t version);

/* Left half XOR right half, doubled: the 3DES key of TACs and of RELOAD PIN. [purse.md 4.2, 5.4] An
 * SM4 key stays what it is. */
void soft_keys_fold(enum key_algorithm algorithm, struct key128 *key);
