#include "vaults/module/module_keys.h"

#include <assert.h>
#include <stdio.h>

/* keys 1: a number in lines[] is one that the module gave since it was last lost.
 * keys 2: TRANSPORT_KEY never reaches the module, which numbers its keys from 2 on. */

enum { REGION_FIRST = 100000, REGION_LAST = 999999 };

enum err module_keys_failed(struct why *why) {
    return why_say(why, ERR_OUTSIDE,
        "OpenSSL refused a computation, most likely for want of memory; end other programs and "
        "try again");
}

/* --- addresses ---------------------------------------------------------------------------------- */

/* Appends pattern to text with word and number in place of {name} and {version}. */
static bool fill_pattern(
    const char *pattern, const char *word, unsigned number, char address[MODULE_ADDRESS_MAX]) {
    struct builder b = builder_in(address, MODULE_ADDRESS_MAX);
    bool named = false, numbered = false;
    char digits[12];
    (void)snprintf(digits, sizeof digits, "%u", number);
    while (*pattern) {
        if (strncmp(pattern, "{name}", 6) == 0) {
            put_bytes(&b, bytes_text(word));
            named = true;
            pattern += 6;
        } else if (strncmp(pattern, "{version}", 9) == 0) {
            put_bytes(&b, bytes_text(digits));
            numbered = true;
            pattern += 9;
        } else {
            put_u8(&b, (uint8_t)*pattern++);
        }
    }
    put_u8(&b, 0);
    return named && numbered && !b.overflowed;
}

enum err module_address(const struct module_addresses *addresses, enum key_name name,
    uint8_t version, char address[MODULE_ADDRESS_MAX], struct why *why) {
    const char *word = (unsigned)name < KEY_COUNT ? key_kind(name)->name : "PIN";
    for (size_t i = 0; i < addresses->alias_count; i++) {
        const struct module_alias *alias = &addresses->aliases[i];
        if (alias->name == name && alias->version == version
            && strlen(alias->address) < MODULE_ADDRESS_MAX) {
            (void)memcpy(address, alias->address, strlen(alias->address) + 1);
            return OK;
        }
    }
    if (!fill_pattern(addresses->pattern, word, version, address)) {
        return why_say(why, ERR_INVALID,
            "\"%s\" is no pattern for the addresses of keys; it needs {name} and {version}, and "
            "gives "
            "at most %d characters, for example shebao.{name}.{version}",
            addresses->pattern, (int)MODULE_ADDRESS_MAX - 1);
    }
    return OK;
}

static enum err write_addresses(
    struct module_keys *k, const struct module_addresses *addresses, struct why *why) {
    enum err err = module_address(addresses, (enum key_name)KEY_COUNT, 0, k->pin_address, why);
    for (unsigned n = 0; !err && n < KEY_COUNT; n++) {
        for (unsigned v = 0; !err && v <= KEY_VERSION_MAX; v++) {
            err = module_address(addresses, (enum key_name)n, (uint8_t)v, k->addresses[n][v], why);
        }
    }
    return err;
}

/* --- opening and closing ------------------------------------------------------------------------ */

enum err module_keys_new(const struct crypto_module *module,
    const struct module_addresses *addresses, uint32_t region, struct module_keys **out,
    struct why *why) {
    struct module_keys *k = secret_room_new(sizeof *k);
    enum err err = OK;
    if (!k) {
        module->close(module->self);
        return why_say(why, ERR_OUTSIDE, "no memory for a vault; end other programs and try again");
    }
    k->module = *module;
    k->region = region;
    if (region < REGION_FIRST || region > REGION_LAST) {
        err = why_say(why, ERR_INVALID,
            "%u is no region; give its six digits as in GB/T 2260, for example 440100",
            (unsigned)region);
    }
    err = err ? err : write_addresses(k, addresses, why);
    if (!err && !cipher_open(&k->cipher)) {
        err = module_keys_failed(why);
    }
    if (err) {
        module_keys_free(k);
        return err;
    }
    *out = k;
    return OK;
}

void module_keys_free(struct module_keys *k) {
    if (k) {
        k->module.close(k->module.self);
        cipher_close(&k->cipher);
        secret_room_free(k, sizeof *k);
    }
}

/* After ERR_OUTSIDE every number is void; keys 1. */
static enum err seen(struct module_keys *k, enum err err) {
    if (err == ERR_OUTSIDE) {
        (void)memset(k->lines, 0, sizeof k->lines);
        k->pin = 0;
    }
    return err;
}

void card_key_end(struct card_key *key) {
    const struct crypto_module *module = &key->keys->module;
    if (key->derived && key->whole != key->left && key->left) {
        module->forget(module->self, key->left);
    }
    if (key->derived && key->whole) {
        module->forget(module->self, key->whole);
    }
}

void derived_key_end(struct derived_key *key) {
    if (key->number) {
        key->keys->module.forget(key->keys->module.self, key->number);
    }
}

/* --- permission --------------------------------------------------------------------------------- */

enum err module_keys_cipher(const struct key_ref *ref, struct why *why) {
    if (ref->algorithm != KEY_TDES) {
        return why_say(why, ERR_DENIED,
            "%s was asked for under SM4, which this security module does not have; use a vault "
            "that "
            "has it",
            key_kind(ref->name)->name);
    }
    return OK;
}

enum err module_keys_permit(const struct key_ref *ref, enum key_use use, struct why *why) {
    enum err err = key_permit(ref, use, why);
    return err ? err : module_keys_cipher(ref, why);
}

/* --- derivation --------------------------------------------------------------------------------- */

/* Both halves of the derivation data; with twice the factor the key is its left half twice. */
static void data_of(const uint8_t factor[8], bool halves, uint8_t data[16]) {
    for (size_t i = 0; i < 8; i++) {
        data[i] = factor[i];
        data[8 + i] = halves ? factor[i] : (uint8_t)~factor[i];
    }
}

static enum err derive(struct module_keys *k, uint64_t key, const uint8_t factor[8], bool halves,
    uint64_t *derived, struct why *why) {
    uint8_t data[16];
    data_of(factor, halves, data);
    assert(key > TRANSPORT_KEY); /* keys 2 */
    return seen(k, k->module.derive(k->module.self, key, data, derived, why));
}

enum err module_keys_session(struct module_keys *k, uint64_t key, const uint8_t input[8],
    uint64_t *session, struct why *why) {
    return derive(k, key, input, true, session, why);
}

/* The line's numbers as deep as is asked for, each found or derived once. */
static enum err line_to(struct module_keys *k, const struct key_ref *ref, enum key_depth depth,
    struct module_line **out, struct why *why) {
    struct module_line *line = &k->lines[ref->name][ref->version];
    uint8_t factors[KEY_CHAIN_MAX][KEY_FACTOR_LEN];
    const char *address = k->addresses[ref->name][ref->version];
    enum err err = OK;
    (void)key_chain(k->region, KEY_CITY, NULL, factors);
    *out = line;
    if (!line->root) {
        err = seen(k, k->module.find(k->module.self, address, &line->root, why));
    }
    if (err == ERR_NOT_FOUND) {
        return why_say(why, ERR_INVALID,
            "version %u of %s is not in the security module: no key of 3DES at the address %s",
            ref->version, key_kind(ref->name)->name, address);
    }
    if (!err && depth >= KEY_PROVINCE && !line->province) {
        err = derive(k, line->root, factors[0], false, &line->province, why);
    }
    if (!err && depth >= KEY_CITY && !line->city) {
        err = derive(k, line->province, factors[1], false, &line->city, why);
    }
    return err;
}

/* Of eight bytes the left half counts, twice: one number serves as both. */
static enum err find_card(
    struct module_keys *k, const struct key_ref *ref, struct card_key *key, struct why *why) {
    struct module_line *line = NULL;
    enum err err = line_to(k, ref, KEY_CITY, &line, why);
    key->derived = true;
    err = err ? err : derive(k, line->city, ref->card_factor, true, &key->left, why);
    if (!err && key_kind(ref->name)->length == DES_BLOCK) {
        key->whole = key->left;
        return OK;
    }
    return err ? err : derive(k, line->city, ref->card_factor, false, &key->whole, why);
}

enum err module_keys_find(
    struct module_keys *k, const struct key_ref *ref, struct card_key *key, struct why *why) {
    struct module_line *line = NULL;
    if (ref->name == KEY_TRANSPORT) {
        key->whole = key->left = TRANSPORT_KEY;
        return OK;
    }
    if (ref->depth == KEY_CARD) {
        return find_card(k, ref, key, why);
    }
    enum err err = line_to(k, ref, ref->depth, &line, why);
    if (!err) {
        key->whole = ref->depth == KEY_ROOT       ? line->root
                     : ref->depth == KEY_PROVINCE ? line->province
                                                  : line->city;
    }
    return err;
}

enum err module_keys_take(struct module_keys *k, const struct key_ref *ref, enum key_use use,
    struct card_key *key, struct why *why) {
    enum err err = module_keys_permit(ref, use, why);
    return err ? err : module_keys_find(k, ref, key, why);
}

/* The derivation data enciphered under the key above: what the module would have made of it. */
enum err module_keys_compute(
    struct module_keys *k, const struct key_ref *ref, struct key128 *out, struct why *why) {
    struct module_line *line = NULL;
    uint8_t factors[KEY_CHAIN_MAX][KEY_FACTOR_LEN];
    bool card = ref->depth == KEY_CARD;
    assert(card || ref->depth == KEY_PROVINCE);
    (void)key_chain(k->region, ref->depth, ref->card_factor, factors);
    enum err err = line_to(k, ref, card ? KEY_CITY : KEY_ROOT, &line, why);
    if (err) {
        return err;
    }
    bool halves = card && key_kind(ref->name)->length == DES_BLOCK;
    data_of(card ? factors[2] : factors[0], halves, out->bytes);
    return module_keys_encrypt(k, card ? line->city : line->root, NULL,
        bytes_of(out->bytes, sizeof out->bytes), out->bytes, why);
}

enum err module_keys_pin(struct module_keys *k, uint64_t *key, struct why *why) {
    enum err err = k->pin ? OK
                          : seen(k, k->module.find(k->module.self, k->pin_address, &k->pin, why));
    if (err == ERR_NOT_FOUND) {
        return why_say(why, ERR_INVALID,
            "the key of first PINs is not in the security module: no key of 3DES at the address %s",
            k->pin_address);
    }
    *key = k->pin;
    return err;
}

/* --- computing ---------------------------------------------------------------------------------- */

enum err module_keys_public_proof(struct module_keys *k, const uint8_t factor[8],
    const uint8_t original[8], uint8_t proof[8], struct why *why) {
    struct key128 key, session;
    (void)memset(key.bytes, 0xFF, sizeof key.bytes);
    bool done = cipher_session(&k->cipher, KEY_TDES, &key, factor, &session)
                && cipher_proof(&k->cipher, KEY_TDES, &session, original, proof);
    return done ? OK : module_keys_failed(why);
}

/* The transport key has equal halves, so CBC under it is DES with FF x 8, and the public cipher does. */
static enum err encrypt_public(
    struct module_keys *k, const uint8_t *iv, struct bytes data, uint8_t *out, struct why *why) {
    struct key128 key;
    uint8_t block[DES_BLOCK];
    bool done = true;
    (void)memset(key.bytes, 0xFF, sizeof key.bytes);
    (void)memcpy(block, iv ? iv : data.at, sizeof block);
    for (size_t at = 0; done && at < data.len; at += DES_BLOCK) {
        for (size_t i = 0; i < DES_BLOCK; i++) {
            block[i] = (uint8_t)(data.at[at + i] ^ (iv ? block[i] : 0));
        }
        done = cipher_encrypt(&k->cipher, KEY_TDES, &key, bytes_of(block, sizeof block), block);
        (void)memcpy(out + at, block, sizeof block);
    }
    return done ? OK : module_keys_failed(why);
}

enum err module_keys_encrypt(struct module_keys *k, uint64_t key, const uint8_t *iv,
    struct bytes data, uint8_t *out, struct why *why) {
    assert(key);
    assert(data.len % DES_BLOCK == 0);
    return key == TRANSPORT_KEY
               ? encrypt_public(k, iv, data, out, why)
               : seen(k, k->module.encrypt(k->module.self, key, iv, data, out, why));
}
