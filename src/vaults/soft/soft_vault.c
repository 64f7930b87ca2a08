#include "vaults/soft/soft_vault.h"

#include <assert.h>

#include "base/builder.h"
#include "keys/chain.h"
#include "keys/permit.h"
#include "vaults/soft/cipher.h"
#include "vaults/soft/secret_room.h"
#include "vaults/soft/tac_batch.h"

/* Every function below goes the same three ways: ask keys/permit.h, derive the key that was named,
 * compute. Invariants:
 *   1. No key is derived before it is permitted.
 *   2. A key lives in the room, in a SECRET_SCOPE, in a context of the cipher, or for one call in the
 *      engine for batches; nowhere else.
 *   3. What leaves is computed from a key and is never one, except wrapped under another. */

enum { WAYS = 2, PIN_LEN = 6, MAC_BYTES = 4, REGIONS = 1000000 };

/* The keys of one line and version that all cards share, so that a card costs one step. */
struct shared_keys {
    bool made;
    uint8_t version;
    struct key128 province, city;
};

struct soft_vault {
    struct cipher cipher;
    struct bulk *bulk; /* made when the first large batch comes */
    enum bulk_way bulk_way;
    unsigned bulk_threads;
    uint8_t seed_key[SEED_KEY_LEN];
    uint32_t region;
    /* By name, and by the lowest bit of the version: during a change of keys two are in use. */
    struct shared_keys shared[KEY_COUNT][WAYS];
};

static enum err cipher_failed(struct why *why) {
    return why_say(why, ERR_OUTSIDE,
        "OpenSSL refused a computation, most likely for want of memory; end other programs and "
        "try again");
}

/* Roots are not kept: they are made again when a line's shared keys are. */
static bool make_root(
    struct soft_vault *v, enum key_name name, uint8_t version, struct key128 *out) {
    uint8_t room[64];
    struct builder info = builder_in(room, sizeof room);
    put_bytes(&info, bytes_text("root "));
    put_bytes(&info, bytes_text(key_kind(name)->name));
    put_u8(&info, version);
    assert(!info.overflowed);
    return cipher_expand(&v->cipher, v->seed_key, builder_bytes(&info), out->bytes, KEY128_LEN);
}

/* From the root to the city, once for a line and version; `made` is set when both keys are
 * whole. */
static bool make_shared(
    struct soft_vault *v, enum key_name name, uint8_t version, struct shared_keys *shared) {
    SECRET_SCOPE struct key128 root;
    uint8_t factors[KEY_CHAIN_MAX][KEY_FACTOR_LEN];
    size_t steps = key_chain(v->region, KEY_CITY, NULL, factors);
    assert(steps == 2);
    shared->made = false;
    if (!make_root(v, name, version, &root)
        || !cipher_derive(&v->cipher, &root, factors[0], &shared->province)
        || !cipher_derive(&v->cipher, &shared->province, factors[1], &shared->city)) {
        return false;
    }
    shared->version = version;
    shared->made = true;
    return true;
}

/* The shared keys of a line, borrowed from the vault until its next call; NULL on failure. */
static const struct shared_keys *shared_of(
    struct soft_vault *v, enum key_name name, uint8_t version) {
    assert((unsigned)name < KEY_COUNT);
    struct shared_keys *shared = &v->shared[name][version % WAYS];
    bool there = shared->made && shared->version == version;
    return there || make_shared(v, name, version, shared) ? shared : NULL;
}

/* The key that ref names, already permitted. A card's 8-byte key is the left half, in both. */
static bool find_key(struct soft_vault *v, const struct key_ref *ref, struct key128 *out) {
    *out = (struct key128){0};
    if (ref->name == KEY_TRANSPORT) {
        (void)memset(out->bytes, 0xFF, sizeof out->bytes);
        return true;
    }
    if (ref->depth == KEY_ROOT) {
        return make_root(v, ref->name, ref->version, out);
    }
    const struct shared_keys *shared = shared_of(v, ref->name, ref->version);
    if (!shared) {
        return false;
    }
    if (ref->depth != KEY_CARD) {
        *out = ref->depth == KEY_PROVINCE ? shared->province : shared->city;
        return true;
    }
    bool done = cipher_derive(&v->cipher, &shared->city, ref->card_factor, out);
    if (key_kind(ref->name)->length == DES_BLOCK) {
        cipher_double(out->bytes, out);
    }
    return done;
}

/* Permission and key in one step, as every function needs them. */
static enum err take_key(struct soft_vault *v, const struct key_ref *ref, enum key_use use,
    struct key128 *out, struct why *why) {
    enum err err = key_permit(ref, use, why);
    if (err) {
        return err;
    }
    return find_key(v, ref, out) ? OK : cipher_failed(why);
}

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
    SECRET_SCOPE struct key128 key, session;
    enum err err = take_key(v, ref, USE_AUTHENTICATE, &key, why);
    if (err) {
        return err;
    }
    bool done = cipher_session(&v->cipher, &key, factor, &session)
                && cipher_encrypt(&v->cipher, &session, bytes_of(original, DES_BLOCK), proof);
    return done ? OK : cipher_failed(why);
}

static enum err soft_encrypt8(void *self, const struct key_ref *ref, const uint8_t block[8],
    uint8_t out[8], struct why *why) {
    struct soft_vault *v = self;
    SECRET_SCOPE struct key128 key;
    enum err err = take_key(v, ref, USE_ENCRYPT8, &key, why);
    if (err) {
        return err;
    }
    bool done = cipher_encrypt(&v->cipher, &key, bytes_of(block, DES_BLOCK), out);
    return done ? OK : cipher_failed(why);
}

static enum err soft_session_mac(void *self, const struct key_ref *ref, const uint8_t input[8],
    struct bytes data, uint8_t mac[4], struct why *why) {
    struct soft_vault *v = self;
    SECRET_SCOPE struct key128 key, session;
    uint8_t whole[DES_BLOCK];
    enum err err = check_message(data, CIPHER_MESSAGE_MAX, why);
    if (!err) {
        err = take_key(v, ref, USE_SESSION_MAC, &key, why);
    }
    if (err) {
        return err;
    }
    if (!cipher_session(&v->cipher, &key, input, &session)
        || !cipher_mac_single(&v->cipher, &session, NULL, data, whole)) {
        return cipher_failed(why);
    }
    (void)memcpy(mac, whole, MAC_BYTES);
    return OK;
}

static enum err soft_message_mac(void *self, const struct key_ref *ref, const uint8_t iv[8],
    struct bytes data, uint8_t mac[4], struct why *why) {
    struct soft_vault *v = self;
    SECRET_SCOPE struct key128 key;
    uint8_t whole[DES_BLOCK];
    enum err err = check_message(data, CIPHER_MESSAGE_MAX, why);
    if (!err) {
        err = take_key(v, ref, USE_MESSAGE_MAC, &key, why);
    }
    if (err) {
        return err;
    }
    /* With equal halves the retail MAC is the single one. */
    if (!cipher_mac_retail(&v->cipher, &key, iv, data, whole)) {
        return cipher_failed(why);
    }
    (void)memcpy(mac, whole, MAC_BYTES);
    return OK;
}

/* Left half XOR right half, doubled: the key of TACs and of RELOAD PIN. [purse.md 4.2, 5.4] */
static void fold(struct key128 *key) {
    for (size_t i = 0; i < DES_BLOCK; i++) {
        key->bytes[i] ^= key->bytes[DES_BLOCK + i];
    }
    cipher_double(key->bytes, key);
}

static enum err soft_folded_mac(
    void *self, const struct key_ref *ref, struct bytes data, uint8_t mac[4], struct why *why) {
    struct soft_vault *v = self;
    SECRET_SCOPE struct key128 key;
    uint8_t whole[DES_BLOCK];
    enum err err = check_message(data, CIPHER_MESSAGE_MAX, why);
    if (!err) {
        err = take_key(v, ref, USE_FOLDED_MAC, &key, why);
    }
    if (err) {
        return err;
    }
    fold(&key);
    if (!cipher_mac_single(&v->cipher, &key, NULL, data, whole)) {
        return cipher_failed(why);
    }
    (void)memcpy(mac, whole, MAC_BYTES);
    return OK;
}

/* What is encrypted for a chip: LD || data, and 80 00.. where a block is not full. [purse.md 1.3] */
static void begin_message(struct builder *b, size_t data_len) {
    assert(data_len <= UINT8_MAX);
    put_u8(b, (uint8_t)data_len);
}

static void end_message(struct builder *b) {
    if (b->len % DES_BLOCK != 0) {
        put_u8(b, 0x80);
        put_fill(b, 0, (DES_BLOCK - b->len % DES_BLOCK) % DES_BLOCK);
    }
    assert(!b->overflowed);
    assert(b->len % DES_BLOCK == 0);
}

static enum err soft_encrypt_message(void *self, const struct key_ref *ref, struct bytes data,
    uint8_t *out, size_t *out_len, struct why *why) {
    struct soft_vault *v = self;
    SECRET_SCOPE struct key128 key;
    uint8_t plain[UINT8_MAX + 1 + DES_BLOCK];
    enum err err = check_message(data, UINT8_MAX, why);
    if (!err) {
        err = take_key(v, ref, USE_ENCRYPT_MESSAGE, &key, why);
    }
    if (err) {
        return err;
    }
    struct builder b = builder_in(plain, sizeof plain);
    begin_message(&b, data.len);
    put_bytes(&b, data);
    end_message(&b);
    bool done = cipher_encrypt(&v->cipher, &key, builder_bytes(&b), out);
    *out_len = done ? b.len : 0;
    crypto_wipe(plain, sizeof plain); /* a PIN, most of the time */
    return done ? OK : cipher_failed(why);
}

/* The MAC of a WRITE KEY command over its header and the ciphertext that stands in out. */
static bool mac_of_wrap(struct soft_vault *v, const struct key_wrap *wrap,
    const struct key128 *under, struct builder *out) {
    uint8_t room[5 + KEY_WRAP_MAX], iv[DES_BLOCK] = {0}, whole[DES_BLOCK];
    struct builder command = builder_in(room, sizeof room);
    put_u16(&command, 0x84D4);
    put_u8(&command, wrap->p1);
    put_u8(&command, wrap->p2);
    put_u8(&command, (uint8_t)(out->len + MAC_BYTES));
    put_bytes(&command, builder_bytes(out));
    (void)memcpy(iv, wrap->challenge, sizeof wrap->challenge);
    assert(!command.overflowed);
    if (!cipher_mac_retail(&v->cipher, under, iv, builder_bytes(&command), whole)) {
        return false;
    }
    put_bytes(out, bytes_of(whole, MAC_BYTES));
    return true;
}

static enum err soft_wrap(
    void *self, const struct key_wrap *wrap, uint8_t *out, size_t *out_len, struct why *why) {
    struct soft_vault *v = self;
    SECRET_SCOPE struct key128 key, under;
    uint8_t plain[KEY_WRAP_MAX];
    enum err err = key_permit_wrap(wrap, why);
    if (err) {
        return err;
    }
    if (!find_key(v, &wrap->key, &key) || !find_key(v, &wrap->under, &under)) {
        return cipher_failed(why);
    }
    size_t key_len = key_kind(wrap->key.name)->length;
    struct builder b = builder_in(plain, sizeof plain);
    begin_message(&b, wrap->head_len + key_len);
    put_bytes(&b, bytes_of(wrap->head, wrap->head_len));
    put_bytes(&b, bytes_of(key.bytes, key_len));
    end_message(&b);
    bool done = cipher_encrypt(&v->cipher, &under, builder_bytes(&b), out);
    crypto_wipe(plain, sizeof plain);
    struct builder field = {.at = out, .len = b.len, .room = KEY_WRAP_MAX};
    done = done && mac_of_wrap(v, wrap, &under, &field);
    assert(!field.overflowed);
    *out_len = done ? field.len : 0;
    return done ? OK : cipher_failed(why);
}

static enum err check_tac_message(const struct tac_job *job, struct why *why) {
    if (job->data_len > TAC_MESSAGE_MAX) {
        return why_say(why, ERR_INVALID,
            "a TAC was asked for over %u bytes; messages have at most %d", (unsigned)job->data_len,
            (int)TAC_MESSAGE_MAX);
    }
    return OK;
}

static enum err make_tac(struct soft_vault *v, struct tac_job *job, struct why *why) {
    SECRET_SCOPE struct key128 key;
    uint8_t whole[DES_BLOCK];
    struct key_ref dtk = {.name = KEY_DTK, .version = job->version, .depth = KEY_CARD};
    (void)memcpy(dtk.card_factor, job->card_factor, sizeof dtk.card_factor);
    enum err err = check_tac_message(job, why);
    if (!err) {
        err = take_key(v, &dtk, USE_TAC, &key, why);
    }
    if (err) {
        return err;
    }
    fold(&key);
    struct bytes data = bytes_of(job->data, job->data_len);
    if (!cipher_mac_single(&v->cipher, &key, NULL, data, whole)) {
        return cipher_failed(why);
    }
    (void)memcpy(job->tac, whole, sizeof job->tac);
    return OK;
}

static enum err permit_tacs(uint8_t version, struct why *why) {
    const struct key_ref dtk = {.name = KEY_DTK, .version = version, .depth = KEY_CARD};
    return key_permit(&dtk, USE_TAC, why);
}

/* Refuses what make_tac() would refuse, and counts what the engine could take. Jobs of one version
 * need one permission. */
static enum err tally_tacs(
    const struct tac_job *jobs, size_t count, struct tac_tally *tally, struct why *why) {
    size_t permitted = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        enum err err = check_tac_message(&jobs[i], why);
        if (!err && jobs[i].version != permitted) {
            err = permit_tacs(jobs[i].version, why);
        }
        if (err) {
            return why_add(why, err, "TAC %zu of %zu", i + 1, count);
        }
        permitted = jobs[i].version;
        assert(permitted <= KEY_VERSION_MAX);
        tally->by_version[permitted] += tac_batch_fits(&jobs[i]);
    }
    return OK;
}

/* A pass of the engine for one version, already permitted; *left goes down by the jobs it took. */
static enum err bulk_pass(struct soft_vault *v, uint8_t version, struct tac_job *jobs, size_t count,
    size_t *left, struct why *why) {
    enum err err = v->bulk ? OK : bulk_open(v->bulk_way, v->bulk_threads, &v->bulk, why);
    if (err) {
        return err;
    }
    const struct shared_keys *shared = shared_of(v, KEY_DTK, version);
    if (!shared) {
        return cipher_failed(why);
    }
    *left -= tac_batch_compute(v->bulk, &shared->city, version, jobs, count);
    return OK;
}

/* The jobs of a batch that one pass, if there was one, has left. */
static enum err mixed_tacs(struct soft_vault *v, struct tac_tally *tally, struct tac_job *jobs,
    size_t count, struct why *why) {
    size_t left = count;
    enum err err = tally_tacs(jobs, count, tally, why);
    for (unsigned i = 0; !err && i <= KEY_VERSION_MAX; i++) {
        if (!tally->done[i] && tally->by_version[i] >= TAC_BATCH_LEAST) {
            tally->done[i] = true;
            err = bulk_pass(v, (uint8_t)i, jobs, count, &left, why);
        }
    }
    for (size_t i = 0; !err && i < count; i++) {
        if (!tac_batch_fits(&jobs[i]) || !tally->done[jobs[i].version]) {
            err = make_tac(v, &jobs[i], why);
        }
    }
    return err;
}

/* As a rule all jobs are purchases under one version, and one pass does them without another look. A
 * batch that is refused, wherever its bad job stands, has no TACs. */
static enum err soft_tacs(void *self, struct tac_job *jobs, size_t count, struct why *why) {
    struct soft_vault *v = self;
    struct tac_tally tally = {{0}, {false}};
    size_t left = count;
    enum err err = OK;
    if (count >= TAC_BATCH_LEAST && tac_batch_fits(&jobs[0])
        && permit_tacs(jobs[0].version, why) == OK) {
        tally.done[jobs[0].version] = true;
        err = bulk_pass(v, jobs[0].version, jobs, count, &left, why);
    }
    if (!err && left > 0) {
        err = mixed_tacs(v, &tally, jobs, count, why);
    }
    for (size_t i = 0; err && i < count; i++) {
        (void)memset(jobs[i].tac, 0, sizeof jobs[i].tac);
    }
    return err;
}

/* A key under the card's transport key, and its check value. */
static bool wrap_for_card(struct soft_vault *v, const struct key_ref *ref,
    const struct key128 *transport, struct wrapped_key *out) {
    static const uint8_t zeros[DES_BLOCK];
    SECRET_SCOPE struct key128 key;
    uint8_t block[DES_BLOCK];
    if (!find_key(v, ref, &key)
        || !cipher_encrypt(&v->cipher, transport, bytes_of(key.bytes, KEY128_LEN), out->wrapped)
        || !cipher_encrypt(&v->cipher, &key, bytes_of(zeros, sizeof zeros), block)) {
        return false;
    }
    (void)memcpy(out->check, block, sizeof out->check);
    return true;
}

/* One key of the set, for all cards. */
static bool wrap_for_cards(struct soft_vault *v, const struct key_set *set, size_t index,
    const uint8_t *factors, size_t cards, struct wrapped_key *out) {
    struct key_ref key = key_of_set(set, index);
    struct key_ref under = {.name = KEY_BTK,
        .algorithm = key.algorithm,
        .version = set->transport_version,
        .depth = KEY_CARD};
    bool done = true;
    for (size_t c = 0; done && c < cards; c++) {
        SECRET_SCOPE struct key128 transport;
        (void)memcpy(key.card_factor, factors + c * KEY_FACTOR_LEN, KEY_FACTOR_LEN);
        (void)memcpy(under.card_factor, key.card_factor, KEY_FACTOR_LEN);
        done = find_key(v, &under, &transport) && wrap_for_card(v, &key, &transport, &out[c]);
    }
    return done;
}

static enum err soft_key_sets(void *self, const struct key_set *set, const uint8_t *factors,
    size_t cards, struct wrapped_key *out, struct why *why) {
    struct soft_vault *v = self;
    enum err err = key_permit_set(set, why);
    for (size_t i = 0; !err && i < set->count; i++) {
        bool done = wrap_for_cards(v, set, i, factors, cards, out + i * cards);
        err = done ? OK : cipher_failed(why);
    }
    return err;
}

/* Three bytes of a block of zeros: enough to tell keys apart, too few to search for one. */
static enum err soft_check_value(
    void *self, const struct key_ref *ref, uint8_t value[3], struct why *why) {
    static const uint8_t zeros[DES_BLOCK];
    struct soft_vault *v = self;
    SECRET_SCOPE struct key128 key;
    uint8_t block[DES_BLOCK];
    enum err err = take_key(v, ref, USE_CHECK_VALUE, &key, why);
    if (err) {
        return err;
    }
    if (!cipher_encrypt(&v->cipher, &key, bytes_of(zeros, sizeof zeros), block)) {
        return cipher_failed(why);
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

/* The number drawn is 64 bits long, so that the remainder favours no PIN. */
static bool draw_pin(
    struct soft_vault *v, const uint8_t card_factor[8], uint8_t attempt, char pin[PIN_LEN + 1]) {
    uint8_t room[32], drawn[8];
    struct builder info = builder_in(room, sizeof room);
    put_bytes(&info, bytes_text("first PIN "));
    put_bytes(&info, bytes_of(card_factor, KEY_FACTOR_LEN));
    put_u8(&info, attempt);
    assert(!info.overflowed);
    if (!cipher_expand(&v->cipher, v->seed_key, builder_bytes(&info), drawn, sizeof drawn)) {
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
            return cipher_failed(why);
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
        bulk_close(v->bulk);
        cipher_close(&v->cipher);
        secret_room_free(v, sizeof *v);
    }
}

static const struct vault functions = {
    .authenticate = soft_authenticate,
    .encrypt8 = soft_encrypt8,
    .session_mac = soft_session_mac,
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

/* What comes from a command line is told in words, with an example. */
static enum err check_opening(const char *seed, uint32_t region, struct why *why) {
    size_t len = strlen(seed);
    if (len == 0 || len > SEED_TEXT_MAX) {
        return why_say(why, ERR_INVALID,
            "the seed has %zu characters; give 1 to %d, for example --seed 20031008", len,
            SEED_TEXT_MAX);
    }
    if (region < REGIONS / 10 || region >= REGIONS) {
        return why_say(why, ERR_INVALID,
            "%u is no region; give its six digits as in GB/T 2260, for example 440100",
            (unsigned)region);
    }
    return OK;
}

enum err soft_vault_open_rehearsal(
    const char *seed, uint32_t region, struct vault *out, struct why *why) {
    enum err err = check_opening(seed, region, why);
    if (err) {
        return err;
    }
    struct soft_vault *v = secret_room_new(sizeof *v);
    if (!v) {
        return why_say(why, ERR_OUTSIDE,
            "no memory for the keys; %zu bytes are needed, end other programs and try again",
            sizeof *v);
    }
    v->region = region;
    v->bulk_way = BULK_BEST;
    v->bulk_threads = 1;
    if (!cipher_open(&v->cipher) || !cipher_seed_key(&v->cipher, seed, v->seed_key)) {
        soft_close(v);
        return why_say(why, ERR_OUTSIDE,
            "OpenSSL gave no DES-EDE or HKDF; install OpenSSL 3 with its default provider");
    }
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
        bulk_close(v->bulk);
        v->bulk = bulk;
        v->bulk_way = way;
        v->bulk_threads = threads;
    }
    return err;
}
