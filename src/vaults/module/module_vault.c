#include "vaults/module/module_vault.h"

#include <assert.h>
#include <stdio.h>

#include "vaults/module/module_keys.h"

/* Every function goes the same three ways: ask keys/permit.h, have the key, compute. module 1: a key's
 * number is forgotten by the scope that got it. module 2: after ERR_OUTSIDE no number is used again.
 * module 3: a key that had to come into this process lives in a SECRET_SCOPE. */

enum { PIN_LEN = 6, MAC_LEN = 4, MESSAGE_ROOM = CIPHER_MESSAGE_MAX + CIPHER_BLOCK_MAX };

static enum err check_message(struct bytes data, size_t len_max, struct why *why) {
    if (data.len > len_max) {
        return why_say(why, ERR_INVALID,
            "a message of %zu bytes was given to the vault; at most %zu fit into one command",
            data.len, len_max);
    }
    return OK;
}

/* Data, 80 and zeros up to a whole block. */
static size_t pad(struct bytes data, uint8_t padded[MESSAGE_ROOM]) {
    struct builder b = builder_in(padded, MESSAGE_ROOM);
    put_bytes(&b, data);
    put_u8(&b, 0x80);
    put_fill(&b, 0, (DES_BLOCK - b.len % DES_BLOCK) % DES_BLOCK);
    assert(!b.overflowed);
    return b.len;
}

/* The end of a CBC chain under a key of equal halves: a MAC's left four bytes. */
static enum err chain_mac(struct module_keys *k, uint64_t key, const uint8_t iv[8],
    struct bytes data, uint8_t mac[4], struct why *why) {
    uint8_t padded[MESSAGE_ROOM];
    size_t len = pad(data, padded);
    enum err err = module_keys_encrypt(k, key, iv, bytes_of(padded, len), padded, why);
    if (!err) {
        (void)memcpy(mac, padded + len - DES_BLOCK, MAC_LEN);
    }
    return err;
}

/* The retail MAC under a key of 16 bytes, of which left is the left half twice: the chain stops one
 * block short, and the last block is enciphered with the whole key. */
static enum err retail_mac(struct module_keys *k, const struct card_key *key, const uint8_t iv[8],
    struct bytes data, uint8_t mac[4], struct why *why) {
    uint8_t padded[MESSAGE_ROOM], last[DES_BLOCK];
    size_t len = pad(data, padded), before = len - DES_BLOCK;
    enum err err = OK;
    (void)memcpy(last, padded + before, sizeof last);
    if (before > 0) {
        err = module_keys_encrypt(k, key->left, iv, bytes_of(padded, before), padded, why);
    }
    const uint8_t *chain = before > 0 ? padded + before - DES_BLOCK : iv;
    for (size_t i = 0; i < sizeof last; i++) {
        last[i] ^= chain[i];
    }
    err = err ? err
              : module_keys_encrypt(k, key->whole, NULL, bytes_of(last, sizeof last), last, why);
    if (!err) {
        (void)memcpy(mac, last, MAC_LEN);
    }
    return err;
}

/* --- single requests ---------------------------------------------------------------------------- */

static enum err module_authenticate(void *self, const struct key_ref *ref, const uint8_t factor[8],
    const uint8_t original[8], uint8_t proof[8], struct why *why) {
    struct module_keys *k = self;
    CARD_KEY_SCOPE(key, k);
    DERIVED_SCOPE(session, k);
    enum err err = module_keys_take(k, ref, USE_AUTHENTICATE, &key, why);
    if (!err && key.whole == TRANSPORT_KEY) {
        return module_keys_public_proof(k, factor, original, proof, why);
    }
    err = err ? err : module_keys_session(k, key.whole, factor, &session.number, why);
    return err ? err
               : module_keys_encrypt(
                   k, session.number, NULL, bytes_of(original, DES_BLOCK), proof, why);
}

static enum err module_encrypt8(void *self, const struct key_ref *ref, const uint8_t block[8],
    uint8_t out[8], struct why *why) {
    struct module_keys *k = self;
    CARD_KEY_SCOPE(key, k);
    enum err err = module_keys_take(k, ref, USE_ENCRYPT8, &key, why);
    return err ? err
               : module_keys_encrypt(k, key.whole, NULL, bytes_of(block, DES_BLOCK), out, why);
}

/* Blocks of 16 are SM4's: module_keys_take() refuses those, and this the others. */
/* NOLINTBEGIN(readability-non-const-parameter): the type is that of every vault */
static enum err module_encrypt16(void *self, const struct key_ref *ref, const uint8_t block[16],
    uint8_t out[16], struct why *why) {
    struct module_keys *k = self;
    CARD_KEY_SCOPE(key, k);
    (void)block;
    (void)out;
    enum err err = module_keys_take(k, ref, USE_ENCRYPT8, &key, why);
    return err ? err
               : why_say(why, ERR_INVALID, "%s enciphers blocks of 8 bytes and was given 16",
                   key_kind(ref->name)->name);
}
/* NOLINTEND(readability-non-const-parameter) */

static enum err module_session_mac(void *self, const struct key_ref *ref, const uint8_t input[8],
    struct bytes data, uint8_t mac[4], struct why *why) {
    static const uint8_t zeros[DES_BLOCK];
    struct module_keys *k = self;
    CARD_KEY_SCOPE(key, k);
    DERIVED_SCOPE(session, k);
    enum err err = check_message(data, CIPHER_MESSAGE_MAX, why);
    err = err ? err : module_keys_take(k, ref, USE_SESSION_MAC, &key, why);
    err = err ? err : module_keys_session(k, key.whole, input, &session.number, why);
    return err ? err : chain_mac(k, session.number, zeros, data, mac, why);
}

static enum err module_answer_load(void *self, const struct key_ref *ref,
    const struct load_macs *load, uint8_t mac2[4], struct why *why) {
    static const uint8_t zeros[DES_BLOCK];
    struct module_keys *k = self;
    CARD_KEY_SCOPE(key, k);
    DERIVED_SCOPE(session, k);
    uint8_t asked[MAC_LEN];
    enum err err = check_message(load->asked, CIPHER_MESSAGE_MAX, why);
    err = err ? err : check_message(load->answered, CIPHER_MESSAGE_MAX, why);
    err = err ? err : module_keys_take(k, ref, USE_SESSION_MAC, &key, why);
    err = err ? err : module_keys_session(k, key.whole, load->input, &session.number, why);
    err = err ? err : chain_mac(k, session.number, zeros, load->asked, asked, why);
    if (!err && !crypto_equal(asked, load->mac1, sizeof asked)) {
        err = why_say(why, ERR_CONFLICT, "the card's MAC1 is wrong; use another card");
    }
    return err ? err : chain_mac(k, session.number, zeros, load->answered, mac2, why);
}

static enum err module_message_mac(void *self, const struct key_ref *ref, const uint8_t iv[8],
    struct bytes data, uint8_t mac[4], struct why *why) {
    struct module_keys *k = self;
    CARD_KEY_SCOPE(key, k);
    enum err err = check_message(data, CIPHER_MESSAGE_MAX, why);
    err = err ? err : module_keys_take(k, ref, USE_MESSAGE_MAC, &key, why);
    return err ? err : retail_mac(k, &key, iv, data, mac, why);
}

/* A key folded on itself is made here: no module adds a key's halves. */
static enum err folded(struct module_keys *k, const struct key_ref *ref, struct bytes data,
    uint8_t mac[4], struct why *why) {
    SECRET_SCOPE struct key128 key = {0};
    enum err err = module_keys_compute(k, ref, &key, why);
    if (err) {
        return err;
    }
    for (size_t i = 0; i < DES_BLOCK; i++) {
        key.bytes[i] ^= key.bytes[DES_BLOCK + i];
    }
    cipher_double(key.bytes, &key);
    return cipher_mac(&k->cipher, KEY_TDES, &key, NULL, data, mac) ? OK : module_keys_failed(why);
}

static enum err module_folded_mac(
    void *self, const struct key_ref *ref, struct bytes data, uint8_t mac[4], struct why *why) {
    struct module_keys *k = self;
    enum err err = check_message(data, CIPHER_MESSAGE_MAX, why);
    err = err ? err : module_keys_permit(ref, USE_FOLDED_MAC, why);
    return err ? err : folded(k, ref, data, mac, why);
}

/* LD || data, and 80 00.. where a block is not full. [purse.md 1.3] */
static void end_message(struct builder *b) {
    if (b->len % DES_BLOCK != 0) {
        put_u8(b, 0x80);
        put_fill(b, 0, (DES_BLOCK - b->len % DES_BLOCK) % DES_BLOCK);
    }
    assert(!b->overflowed);
}

static enum err module_encrypt_message(void *self, const struct key_ref *ref, struct bytes data,
    uint8_t *out, size_t *out_len, struct why *why) {
    struct module_keys *k = self;
    CARD_KEY_SCOPE(key, k);
    uint8_t plain[UINT8_MAX + 1 + DES_BLOCK];
    enum err err = check_message(data, UINT8_MAX, why);
    err = err ? err : module_keys_take(k, ref, USE_ENCRYPT_MESSAGE, &key, why);
    if (err) {
        return err;
    }
    struct builder b = builder_in(plain, sizeof plain);
    put_u8(&b, (uint8_t)data.len);
    put_bytes(&b, data);
    end_message(&b);
    err = module_keys_encrypt(k, key.whole, NULL, builder_bytes(&b), out, why);
    *out_len = err ? 0 : b.len;
    crypto_wipe(plain, sizeof plain); /* a PIN, most of the time */
    return err;
}

static enum err module_check_value(
    void *self, const struct key_ref *ref, uint8_t value[3], struct why *why) {
    uint8_t block[DES_BLOCK] = {0};
    struct module_keys *k = self;
    CARD_KEY_SCOPE(key, k);
    enum err err = module_keys_take(k, ref, USE_CHECK_VALUE, &key, why);
    err = err ? err
              : module_keys_encrypt(k, key.whole, NULL, bytes_of(block, sizeof block), block, why);
    if (!err) {
        (void)memcpy(value, block, 3);
    }
    return err;
}

/* --- keys on their way into a chip -------------------------------------------------------------- */

/* The MAC of a WRITE KEY command over its header and the ciphertext that stands in out. */
static enum err mac_of_wrap(struct module_keys *k, const struct key_wrap *wrap,
    const struct card_key *under, struct builder *out, struct why *why) {
    uint8_t room[5 + KEY_WRAP_MAX], iv[DES_BLOCK] = {0}, mac[MAC_LEN];
    struct builder command = builder_in(room, sizeof room);
    put_u16(&command, 0x84D4);
    put_u8(&command, wrap->p1);
    put_u8(&command, wrap->p2);
    put_u8(&command, (uint8_t)(out->len + MAC_LEN));
    put_bytes(&command, builder_bytes(out));
    (void)memcpy(iv, wrap->challenge, sizeof wrap->challenge);
    assert(!command.overflowed);
    enum err err = retail_mac(k, under, iv, builder_bytes(&command), mac, why);
    put_bytes(out, bytes_of(mac, err ? 0 : sizeof mac));
    return err;
}

/* No module wraps a key with a head before it, so the key of this one card is computed here. */
static enum err module_wrap(
    void *self, const struct key_wrap *wrap, uint8_t *out, size_t *out_len, struct why *why) {
    struct module_keys *k = self;
    SECRET_SCOPE struct key128 key = {0};
    CARD_KEY_SCOPE(under, k);
    uint8_t plain[KEY_WRAP_MAX], sealed[KEY_WRAP_MAX];
    enum err err = key_permit_wrap(wrap, why);
    err = err ? err : module_keys_cipher(&wrap->key, why);
    err = err ? err : module_keys_find(k, &wrap->under, &under, why);
    err = err ? err : module_keys_compute(k, &wrap->key, &key, why);
    if (err) {
        return err;
    }
    size_t key_len = key_kind(wrap->key.name)->length;
    struct builder b = builder_in(plain, sizeof plain);
    put_u8(&b, (uint8_t)(wrap->head_len + key_len));
    put_bytes(&b, bytes_of(wrap->head, wrap->head_len));
    put_bytes(&b, bytes_of(key.bytes, key_len));
    end_message(&b);
    err = module_keys_encrypt(k, under.whole, NULL, builder_bytes(&b), sealed, why);
    crypto_wipe(plain, sizeof plain);
    struct builder field = {.at = sealed, .len = b.len, .room = sizeof sealed};
    err = err ? err : mac_of_wrap(k, wrap, &under, &field, why);
    assert(!field.overflowed);
    if (!err) {
        (void)memcpy(out, sealed, field.len);
        *out_len = field.len;
    }
    return err;
}

/* --- arrays ------------------------------------------------------------------------------------- */

/* The job is copied before it is looked at: others may write where it lies. [keys/vault.h] */
static enum err make_tac(struct module_keys *k, struct tac_job *given, struct why *why) {
    struct tac_job own;
    struct tac_job *job = &own;
    (void)memcpy(&own, given, sizeof own);
    struct key_ref dtk = {.name = tac_key_name((enum tac_account)job->account),
        .algorithm = (enum key_algorithm)job->algorithm,
        .version = job->version,
        .depth = KEY_CARD};
    (void)memcpy(dtk.card_factor, job->card_factor, sizeof dtk.card_factor);
    if (job->account >= TAC_ACCOUNTS) {
        return why_say(why, ERR_INVALID, "a TAC was asked for of account %u, which no card has",
            (unsigned)job->account);
    }
    if (job->data_len > TAC_MESSAGE_MAX) {
        return why_say(why, ERR_INVALID,
            "a TAC was asked for over %u bytes; messages have at most %d", (unsigned)job->data_len,
            (int)TAC_MESSAGE_MAX);
    }
    enum err err = module_keys_permit(&dtk, USE_TAC, why);
    err = err ? err : folded(k, &dtk, bytes_of(job->data, job->data_len), job->tac, why);
    (void)memcpy(given->tac, job->tac, err ? 0 : sizeof job->tac);
    return err;
}

/* One by one; a batch that fails anywhere has no TACs. */
static enum err module_tacs(void *self, struct tac_job *jobs, size_t count, struct why *why) {
    struct module_keys *k = self;
    enum err err = OK;
    for (size_t i = 0; !err && i < count; i++) {
        err = make_tac(k, &jobs[i], why);
        if (err) {
            (void)why_add(why, err, "TAC %zu of %zu", i + 1, count);
        }
    }
    for (size_t i = 0; err && i < count; i++) {
        (void)memset(jobs[i].tac, 0, sizeof jobs[i].tac);
    }
    return err;
}

/* A key of one card, under the card's transport key inside the module. */
static enum err wrap_for_card(struct module_keys *k, const struct key_ref *ref, uint8_t version,
    struct wrapped_key *out, struct why *why) {
    static const uint8_t zeros[DES_BLOCK];
    SECRET_SCOPE struct key128 key = {0};
    CARD_KEY_SCOPE(under, k);
    struct key_ref btk = *ref;
    struct wrapped_key made; /* others may see out meanwhile */
    uint8_t block[DES_BLOCK];
    btk.name = KEY_BTK;
    btk.version = version;
    enum err err = module_keys_compute(k, ref, &key, why);
    err = err ? err : module_keys_find(k, &btk, &under, why);
    err = err ? err
              : module_keys_encrypt(
                  k, under.whole, NULL, bytes_of(key.bytes, KEY128_LEN), made.wrapped, why);
    if (!err && !cipher_encrypt(&k->cipher, KEY_TDES, &key, bytes_of(zeros, sizeof zeros), block)) {
        err = module_keys_failed(why);
    }
    if (!err) {
        (void)memcpy(made.check, block, sizeof made.check);
        *out = made;
    }
    return err;
}

static enum err module_key_sets(void *self, const struct key_set *set, const uint8_t *factors,
    size_t cards, struct wrapped_key *out, struct why *why) {
    struct module_keys *k = self;
    enum err err = key_permit_set(set, why);
    for (size_t i = 0; !err && i < set->count; i++) {
        struct key_ref ref = key_of_set(set, i);
        err = module_keys_cipher(&ref, why);
        for (size_t c = 0; !err && c < cards; c++) {
            (void)memcpy(ref.card_factor, factors + c * 8, sizeof ref.card_factor);
            err = wrap_for_card(k, &ref, set->transport_version, &out[i * cards + c], why);
        }
    }
    return err;
}

/* --- first PINs --------------------------------------------------------------------------------- */

/* 111111, 123456, 654321 and their like: nobody's first PIN. [system.md 6.2] */
static bool pin_is_simple(const char pin[PIN_LEN + 1]) {
    int step = pin[1] - pin[0];
    for (size_t i = 2; i < PIN_LEN; i++) {
        if (pin[i] - pin[i - 1] != step) {
            return false;
        }
    }
    return step >= -1 && step <= 1;
}

/* The end of a chain over the card's factor and the number of the attempt. */
static enum err draw_pin(struct module_keys *k, const uint8_t card_factor[8], uint8_t attempt,
    char pin[PIN_LEN + 1], struct why *why) {
    static const uint8_t zeros[DES_BLOCK];
    uint8_t blocks[2 * DES_BLOCK] = {0};
    uint64_t key = 0, number = 0;
    (void)memcpy(blocks, card_factor, DES_BLOCK);
    blocks[DES_BLOCK] = attempt;
    enum err err = module_keys_pin(k, &key, why);
    err = err ? err
              : module_keys_encrypt(k, key, zeros, bytes_of(blocks, sizeof blocks), blocks, why);
    if (err) {
        return err;
    }
    for (size_t i = 0; i < DES_BLOCK; i++) {
        number = number << 8 | blocks[DES_BLOCK + i];
    }
    for (size_t i = PIN_LEN; i > 0; i--) {
        pin[i - 1] = (char)('0' + number % 10);
        number /= 10;
    }
    pin[PIN_LEN] = '\0';
    crypto_wipe(blocks, sizeof blocks);
    return OK;
}

static enum err module_first_pin(
    void *self, const uint8_t card_factor[8], char pin[7], struct why *why) {
    char drawn[PIN_LEN + 1] = "";
    uint8_t attempt = 0;
    enum err err = OK;
    do {
        err = draw_pin(self, card_factor, attempt, drawn, why);
        attempt++;
        assert(attempt != 0); /* 255 simple PINs in a row: once in 10^1000 vaults */
    } while (!err && pin_is_simple(drawn));
    if (!err) {
        (void)memcpy(pin, drawn, sizeof drawn);
    }
    crypto_wipe(drawn, sizeof drawn);
    return err;
}

static void module_close(void *self) {
    module_keys_free(self);
}

static const struct vault functions = {
    .authenticate = module_authenticate,
    .encrypt8 = module_encrypt8,
    .encrypt16 = module_encrypt16,
    .session_mac = module_session_mac,
    .answer_load = module_answer_load,
    .message_mac = module_message_mac,
    .folded_mac = module_folded_mac,
    .encrypt_message = module_encrypt_message,
    .wrap = module_wrap,
    .tacs = module_tacs,
    .key_sets = module_key_sets,
    .check_value = module_check_value,
    .first_pin = module_first_pin,
    .close = module_close,
};

enum err module_vault_open(const struct crypto_module *module,
    const struct module_addresses *addresses, uint32_t region, struct vault *out, struct why *why) {
    struct module_keys *keys = NULL;
    enum err err = module_keys_new(module, addresses, region, &keys, why);
    if (!err) {
        *out = functions;
        out->self = keys;
    }
    return err;
}
