#include "vaults/soft/soft_vault.h"

#include <assert.h>

#include "base/builder.h"
#include "keys/chain.h"
#include "vaults/soft/soft_batch.h"

/* Every function below goes the same three ways: ask keys/permit.h, derive the key that was named,
 * compute. Invariants:
 *   1. No key is derived before it is permitted.
 *   2. A key lives in the room, in a SECRET_SCOPE, in a context of the cipher, or for one call in the
 *      engine for batches; nowhere else.
 *   3. What leaves is computed from a key and is never one, except wrapped under another. */

enum { PIN_LEN = 6, MAC_BYTES = 4, REGIONS = 1000000 };

struct soft_vault {
    struct soft_keys keys;
    struct soft_batch batch;
};

static enum err check_message(struct bytes data, size_t len_max, struct why *why) {
    if (data.len > len_max) {
        return why_say(why, ERR_INVALID,
            "a message of %zu bytes was given to the vault; at most %zu fit into one command",
            data.len, len_max);
    }
    return OK;
}

static enum err soft_authenticate(void *self, const struct key_ref *ref, const uint8_t factor[8],
    const uint8_t original[8], uint8_t proof[8], struct why *why) {
    struct soft_vault *v = self;
    SECRET_SCOPE struct key128 key = {0}, session = {0};
    enum err err = soft_keys_take(&v->keys, ref, USE_AUTHENTICATE, &key, why);
    if (err) {
        return err;
    }
    bool done = cipher_session(&v->keys.cipher, ref->algorithm, &key, factor, &session)
                && cipher_proof(&v->keys.cipher, ref->algorithm, &session, original, proof);
    return done ? OK : soft_keys_failed(why);
}

/* One block in the purse form. Its length is the cipher's, and each function has one. */
static enum err encrypt_block(struct soft_vault *v, const struct key_ref *ref, struct bytes block,
    uint8_t *out, struct why *why) {
    SECRET_SCOPE struct key128 key = {0};
    enum err err = soft_keys_take(&v->keys, ref, USE_ENCRYPT8, &key, why);
    if (!err && block.len != cipher_block(ref->algorithm)) {
        err = why_say(why, ERR_INVALID, "%s enciphers blocks of %zu bytes and was given %zu",
            key_kind(ref->name)->name, cipher_block(ref->algorithm), block.len);
    }
    if (err) {
        return err;
    }
    return cipher_encrypt(&v->keys.cipher, ref->algorithm, &key, block, out)
               ? OK
               : soft_keys_failed(why);
}

static enum err soft_encrypt8(void *self, const struct key_ref *ref, const uint8_t block[8],
    uint8_t out[8], struct why *why) {
    return encrypt_block(self, ref, bytes_of(block, 8), out, why);
}

static enum err soft_encrypt16(void *self, const struct key_ref *ref, const uint8_t block[16],
    uint8_t out[16], struct why *why) {
    return encrypt_block(self, ref, bytes_of(block, 16), out, why);
}

static enum err soft_session_mac(void *self, const struct key_ref *ref, const uint8_t input[8],
    struct bytes data, uint8_t mac[4], struct why *why) {
    struct soft_vault *v = self;
    SECRET_SCOPE struct key128 key = {0}, session = {0};
    enum err err = check_message(data, CIPHER_MESSAGE_MAX, why);
    if (!err) {
        err = soft_keys_take(&v->keys, ref, USE_SESSION_MAC, &key, why);
    }
    if (err) {
        return err;
    }
    bool done = cipher_session(&v->keys.cipher, ref->algorithm, &key, input, &session)
                && cipher_mac(&v->keys.cipher, ref->algorithm, &session, NULL, data, mac);
    return done ? OK : soft_keys_failed(why);
}

/* Both MACs come from one session key; the card's is compared in constant time. */
static enum err soft_answer_load(void *self, const struct key_ref *ref,
    const struct load_macs *load, uint8_t mac2[4], struct why *why) {
    struct soft_vault *v = self;
    SECRET_SCOPE struct key128 key = {0}, session = {0};
    struct cipher *cipher = &v->keys.cipher;
    enum key_algorithm how = ref->algorithm;
    uint8_t asked[4], answered[4];
    enum err err = check_message(load->asked, CIPHER_MESSAGE_MAX, why);
    err = err ? err : check_message(load->answered, CIPHER_MESSAGE_MAX, why);
    err = err ? err : soft_keys_take(&v->keys, ref, USE_SESSION_MAC, &key, why);
    if (err) {
        return err;
    }
    if (!cipher_session(cipher, how, &key, load->input, &session)
        || !cipher_mac(cipher, how, &session, NULL, load->asked, asked)
        || !cipher_mac(cipher, how, &session, NULL, load->answered, answered)) {
        return soft_keys_failed(why);
    }
    if (!crypto_equal(asked, load->mac1, sizeof asked)) {
        return why_say(why, ERR_CONFLICT, "the card's MAC1 is wrong; use another card");
    }
    (void)memcpy(mac2, answered, sizeof answered);
    return OK;
}

static enum err soft_message_mac(void *self, const struct key_ref *ref, const uint8_t iv[8],
    struct bytes data, uint8_t mac[4], struct why *why) {
    struct soft_vault *v = self;
    SECRET_SCOPE struct key128 key = {0};
    uint8_t start[CIPHER_BLOCK_MAX] = {0}; /* zeros behind it where a block is longer */
    enum err err = check_message(data, CIPHER_MESSAGE_MAX, why);
    if (!err) {
        err = soft_keys_take(&v->keys, ref, USE_MESSAGE_MAC, &key, why);
    }
    if (err) {
        return err;
    }
    /* With equal halves the retail MAC is the single one. */
    (void)memcpy(start, iv, 8);
    return cipher_mac_retail(&v->keys.cipher, ref->algorithm, &key, start, data, mac)
               ? OK
               : soft_keys_failed(why);
}

static enum err soft_folded_mac(
    void *self, const struct key_ref *ref, struct bytes data, uint8_t mac[4], struct why *why) {
    struct soft_vault *v = self;
    SECRET_SCOPE struct key128 key = {0};
    enum err err = check_message(data, CIPHER_MESSAGE_MAX, why);
    if (!err) {
        err = soft_keys_take(&v->keys, ref, USE_FOLDED_MAC, &key, why);
    }
    if (err) {
        return err;
    }
    soft_keys_fold(ref->algorithm, &key);
    return cipher_mac(&v->keys.cipher, ref->algorithm, &key, NULL, data, mac)
               ? OK
               : soft_keys_failed(why);
}

/* What is encrypted for a chip: LD || data, and 80 00.. where a block is not full. [purse.md 1.3] */
static void begin_message(struct builder *b, size_t data_len) {
    assert(data_len <= UINT8_MAX);
    put_u8(b, (uint8_t)data_len);
}

static void end_message(struct builder *b, size_t block) {
    if (b->len % block != 0) {
        put_u8(b, 0x80);
        put_fill(b, 0, (block - b->len % block) % block);
    }
    assert(!b->overflowed);
    assert(b->len % block == 0);
}

static enum err soft_encrypt_message(void *self, const struct key_ref *ref, struct bytes data,
    uint8_t *out, size_t *out_len, struct why *why) {
    struct soft_vault *v = self;
    SECRET_SCOPE struct key128 key = {0};
    uint8_t plain[UINT8_MAX + 1 + CIPHER_BLOCK_MAX];
    enum err err = check_message(data, UINT8_MAX, why);
    if (!err) {
        err = soft_keys_take(&v->keys, ref, USE_ENCRYPT_MESSAGE, &key, why);
    }
    if (err) {
        return err;
    }
    struct builder b = builder_in(plain, sizeof plain);
    begin_message(&b, data.len);
    put_bytes(&b, data);
    end_message(&b, cipher_block(ref->algorithm));
    bool done = cipher_encrypt(&v->keys.cipher, ref->algorithm, &key, builder_bytes(&b), out);
    *out_len = done ? b.len : 0;
    crypto_wipe(plain, sizeof plain); /* a PIN, most of the time */
    return done ? OK : soft_keys_failed(why);
}

/* The MAC of a WRITE KEY command over its header and the ciphertext that stands in out. */
static bool mac_of_wrap(struct soft_vault *v, const struct key_wrap *wrap,
    const struct key128 *under, struct builder *out) {
    uint8_t room[5 + KEY_WRAP_MAX], iv[CIPHER_BLOCK_MAX] = {0}, mac[MAC_BYTES];
    struct builder command = builder_in(room, sizeof room);
    put_u16(&command, 0x84D4);
    put_u8(&command, wrap->p1);
    put_u8(&command, wrap->p2);
    put_u8(&command, (uint8_t)(out->len + MAC_BYTES));
    put_bytes(&command, builder_bytes(out));
    (void)memcpy(iv, wrap->challenge, sizeof wrap->challenge);
    assert(!command.overflowed);
    if (!cipher_mac_retail(
            &v->keys.cipher, wrap->under.algorithm, under, iv, builder_bytes(&command), mac)) {
        return false;
    }
    put_bytes(out, bytes_of(mac, sizeof mac));
    return true;
}

static enum err soft_wrap(
    void *self, const struct key_wrap *wrap, uint8_t *out, size_t *out_len, struct why *why) {
    struct soft_vault *v = self;
    SECRET_SCOPE struct key128 key = {0}, under = {0};
    uint8_t plain[KEY_WRAP_MAX];
    enum err err = key_permit_wrap(wrap, why);
    err = err ? err : soft_keys_held(&v->keys, &wrap->under, why);
    err = err ? err : soft_keys_held(&v->keys, &wrap->key, why);
    if (err) {
        return err;
    }
    if (!soft_keys_find(&v->keys, &wrap->key, &key)
        || !soft_keys_find(&v->keys, &wrap->under, &under)) {
        return soft_keys_failed(why);
    }
    enum key_algorithm how = wrap->under.algorithm;
    bool sm4 = wrap->key.algorithm == KEY_SM4;
    size_t key_len = sm4 ? KEY128_LEN : key_kind(wrap->key.name)->length;
    struct builder b = builder_in(plain, sizeof plain);
    begin_message(&b, wrap->head_len + key_len);
    put_bytes(&b, bytes_of(wrap->head, wrap->head_len));
    put_bytes(&b, bytes_of(key.bytes, key_len));
    end_message(&b, cipher_block(how));
    bool done = cipher_encrypt(&v->keys.cipher, how, &under, builder_bytes(&b), out);
    crypto_wipe(plain, sizeof plain);
    struct builder field = {.at = out, .len = b.len, .room = KEY_WRAP_MAX};
    done = done && mac_of_wrap(v, wrap, &under, &field);
    assert(!field.overflowed);
    *out_len = done ? field.len : 0;
    return done ? OK : soft_keys_failed(why);
}

static enum err soft_tacs(void *self, struct tac_job *jobs, size_t count, struct why *why) {
    struct soft_vault *v = self;
    return soft_batch_tacs(&v->keys, &v->batch, jobs, count, why);
}

static enum err soft_key_sets(void *self, const struct key_set *set, const uint8_t *factors,
    size_t cards, struct wrapped_key *out, struct why *why) {
    struct soft_vault *v = self;
    const struct key_sets_order order = {set, factors, cards, out};
    return soft_batch_key_sets(&v->keys, &v->batch, &order, why);
}

/* Three bytes of a block of zeros: enough to tell keys apart, too few to search for one. */
static enum err soft_check_value(
    void *self, const struct key_ref *ref, uint8_t value[3], struct why *why) {
    static const uint8_t zeros[CIPHER_BLOCK_MAX];
    struct soft_vault *v = self;
    SECRET_SCOPE struct key128 key = {0};
    uint8_t block[CIPHER_BLOCK_MAX];
    enum err err = soft_keys_take(&v->keys, ref, USE_CHECK_VALUE, &key, why);
    if (err) {
        return err;
    }
    struct bytes zero = bytes_of(zeros, cipher_block(ref->algorithm));
    if (!cipher_encrypt(&v->keys.cipher, ref->algorithm, &key, zero, block)) {
        return soft_keys_failed(why);
    }
    (void)memcpy(value, block, 3);
    return OK;
}

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

static const uint8_t *pin_key_of(const struct soft_vault *v) {
    static_assert((int)SEED_KEY_LEN == (int)RING_PIN_KEY_LEN, "either draws first PINs");
    return v->keys.from_seed ? v->keys.seed_key : v->keys.ring.pin_key;
}

/* The number drawn is 64 bits long, so that the remainder favours no PIN. */
static bool draw_pin(
    struct soft_vault *v, const uint8_t card_factor[8], uint8_t attempt, char pin[PIN_LEN + 1]) {
    uint8_t room[32], drawn[8];
    struct builder info = builder_in(room, sizeof room);
    put_bytes(&info, bytes_text("first PIN "));
    put_bytes(&info, bytes_of(card_factor, KEY_FACTOR_LEN));
    put_u8(&info, attempt);
    assert(!info.overflowed);
    if (!cipher_expand(&v->keys.cipher, pin_key_of(v), builder_bytes(&info), drawn, sizeof drawn)) {
        return false;
    }
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof drawn; i++) {
        number = number << 8 | drawn[i];
    }
    for (size_t i = PIN_LEN; i > 0; i--) {
        pin[i - 1] = (char)('0' + number % 10);
        number /= 10;
    }
    pin[PIN_LEN] = '\0';
    return true;
}

/* Drawn again, under the next attempt, until it is none of the simple ones. */
static enum err soft_first_pin(
    void *self, const uint8_t card_factor[8], char pin[7], struct why *why) {
    uint8_t attempt = 0;
    do {
        if (!draw_pin(self, card_factor, attempt, pin)) {
            return soft_keys_failed(why);
        }
        attempt++;
        assert(attempt != 0); /* 255 simple PINs in a row: once in 10^1000 vaults */
    } while (pin_is_simple(pin));
    return OK;
}

/* Every context and every page that held a key is wiped on the way. */
static void soft_close(void *self) {
    struct soft_vault *v = self;
    if (v) {
        soft_batch_end(&v->batch);
        cipher_close(&v->keys.cipher);
        secret_room_free(v, sizeof *v);
    }
}

static const struct vault functions = {
    .authenticate = soft_authenticate,
    .encrypt8 = soft_encrypt8,
    .encrypt16 = soft_encrypt16,
    .session_mac = soft_session_mac,
    .answer_load = soft_answer_load,
    .message_mac = soft_message_mac,
    .folded_mac = soft_folded_mac,
    .encrypt_message = soft_encrypt_message,
    .wrap = soft_wrap,
    .tacs = soft_tacs,
    .key_sets = soft_key_sets,
    .check_value = soft_check_value,
    .first_pin = soft_first_pin,
    .close = soft_close,
};

/* A room with a cipher in it, and nothing to compute with yet; NULL is trouble outside. */
static struct soft_vault *vault_new(struct why *why) {
    struct soft_vault *v = secret_room_new(sizeof *v);
    if (!v) {
        (void)why_say(why, ERR_OUTSIDE,
            "no memory for the keys; %zu bytes are needed, end other programs and try again",
            sizeof *v);
        return NULL;
    }
    v->batch = (struct soft_batch){.way = BULK_BEST, .threads = 1};
    if (!cipher_open(&v->keys.cipher)) {
        soft_close(v);
        (void)why_say(why, ERR_OUTSIDE,
            "OpenSSL gave no SM4 or HKDF; install OpenSSL 3 with its default provider");
        return NULL;
    }
    return v;
}

/* What comes from a command line is told in words, with an example. */
static enum err check_seed(const char *seed, struct why *why) {
    size_t len = strlen(seed);
    if (len == 0 || len > SEED_TEXT_MAX) {
        return why_say(why, ERR_INVALID,
            "the seed has %zu characters; give 1 to %d, for example --seed 20031008", len,
            SEED_TEXT_MAX);
    }
    return OK;
}

static enum err check_region(uint32_t region, struct why *why) {
    if (region < REGIONS / 10 || region >= REGIONS) {
        return why_say(why, ERR_INVALID,
            "%u is no region; give its six digits as in GB/T 2260, for example 440100",
            (unsigned)region);
    }
    return OK;
}

enum err soft_vault_open_rehearsal(
    const char *seed, uint32_t region, struct vault *out, struct why *why) {
    enum err err = check_seed(seed, why);
    err = err ? err : check_region(region, why);
    if (err) {
        return err;
    }
    struct soft_vault *v = vault_new(why);
    if (!v) {
        return ERR_OUTSIDE;
    }
    v->keys.region = region;
    v->keys.from_seed = true;
    if (!cipher_seed_key(&v->keys.cipher, seed, v->keys.seed_key)) {
        soft_close(v);
        return soft_keys_failed(why);
    }
    *out = functions;
    out->self = v;
    return OK;
}

enum err soft_vault_open_ring(const struct key_ring *ring, struct vault *out, struct why *why) {
    assert(ring->count <= RING_MAX);
    enum err err = check_region(ring->region, why);
    if (err) {
        return err;
    }
    struct soft_vault *v = vault_new(why);
    if (!v) {
        return ERR_OUTSIDE;
    }
    v->keys.region = ring->region;
    v->keys.ring = *ring;
    *out = functions;
    out->self = v;
    return OK;
}

enum err soft_vault_spread(
    const struct vault *vault, enum bulk_way way, unsigned threads, struct why *why) {
    struct soft_vault *v = vault->self;
    struct bulk *bulk = NULL;
    enum err err = bulk_open(way, threads, &bulk, why);
    if (!err) {
        soft_batch_end(&v->batch);
        v->batch = (struct soft_batch){.bulk = bulk, .way = way, .threads = threads};
    }
    return err;
}
