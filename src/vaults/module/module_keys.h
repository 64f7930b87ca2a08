/* The keys of a module vault: numbers of keys inside the module, derived as keys/chain.h says, and the
 * few that have to be computed here. Used by this folder alone. */
#pragma once

#include "keys/chain.h"
#include "keys/permit.h"
#include "vaults/module/module_vault.h"
#include "vaults/soft/cipher.h"
#include "vaults/soft/secret_room.h"

/* The numbers of one line and version; 0 when it is not there yet. */
struct module_line {
    uint64_t root, province, city;
};

struct module_keys {
    struct crypto_module module;
    struct cipher cipher; /* for the public transport key, and for keys that had to come here */
    uint32_t region;
    uint64_t pin;
    struct module_line lines[KEY_COUNT][KEY_VERSION_MAX + 1];
    char addresses[KEY_COUNT][KEY_VERSION_MAX + 1][MODULE_ADDRESS_MAX];
    char pin_address[MODULE_ADDRESS_MAX];
};

/* A card's key inside the module: the whole of it, and its left half twice, for the retail MAC. The
 * numbers below are not the module's: */
enum { TRANSPORT_KEY = 1 }; /* the public transport key, FF x 16, computed here */

struct card_key {
    struct module_keys *keys;
    uint64_t whole, left;
    bool derived; /* ours to forget */
};

struct derived_key {
    struct module_keys *keys;
    uint64_t number;
};

/* Numbers that are forgotten by the end of their scope. */
void card_key_end(struct card_key *key);
void derived_key_end(struct derived_key *key);
#define CARD_KEY_SCOPE(name, owner)                                                                \
    __attribute__((cleanup(card_key_end))) struct card_key name = {.keys = (owner)}
#define DERIVED_SCOPE(name, owner)                                                                 \
    __attribute__((cleanup(derived_key_end))) struct derived_key name = {.keys = (owner)}

enum err module_keys_new(const struct crypto_module *module,
    const struct module_addresses *addresses, uint32_t region, struct module_keys **out,
    struct why *why);
void module_keys_free(struct module_keys *k);

/* "OpenSSL refused a computation": always ERR_OUTSIDE. */
enum err module_keys_failed(struct why *why);

/* ERR_DENIED for SM4, in one sentence. */
enum err module_keys_cipher(const struct key_ref *ref, struct why *why);

/* keys/permit.h, and a cipher that the module has. */
enum err module_keys_permit(const struct key_ref *ref, enum key_use use, struct why *why);

/* The key that ref names, already permitted, at any depth. */
enum err module_keys_find(
    struct module_keys *k, const struct key_ref *ref, struct card_key *key, struct why *why);

/* Permission and key in one step. */
enum err module_keys_take(struct module_keys *k, const struct key_ref *ref, enum key_use use,
    struct card_key *key, struct why *why);

/* The proof under the public transport key, whose session key is public, too. */
enum err module_keys_public_proof(struct module_keys *k, const uint8_t factor[8],
    const uint8_t original[8], uint8_t proof[8], struct why *why);

/* The session key of a card's key: 3DES(K, input) twice. */
enum err module_keys_session(struct module_keys *k, uint64_t key, const uint8_t input[8],
    uint64_t *session, struct why *why);

/* The bytes of a key of a card, or of a province for a PSAM; eight bytes stand in both halves. The
 * caller wipes it. */
enum err module_keys_compute(
    struct module_keys *k, const struct key_ref *ref, struct key128 *out, struct why *why);

/* The key of first PINs. */
enum err module_keys_pin(struct module_keys *k, uint64_t *key, struct why *why);

/* 3DES by number, ECB when iv is NULL, else CBC; out may be data's place. */
enum err module_keys_encrypt(struct module_keys *k, uint64_t key, const uint8_t *iv,
    struct bytes data, uint8_t *out, struct why *why);
