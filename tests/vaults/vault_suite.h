/* What every vault must do, whatever stands behind its functions: the answers are compared with the
 * chip's own ciphers (soft/model.h). A test program opens its vault over the keys of model_seed, puts
 * it into a struct suite, and runs VAULT_SUITE. */
#pragma once

#include "check.h"

#include "crypto/secret.h"
#include "keys/permit.h"
#include "keys/vault_job.h"
#include "vaults/soft/model.h"

struct suite {
    struct vault vault;
    bool sm4;   /* the vault has SM4 */
    int rounds; /* how often chance is asked: slow vaults take fewer */
};

enum { SUITE_LONGEST = 96 };

/* The catalogue has the key; half of those that have both ciphers get SM4 where the vault can. */
static inline bool suite_knows(const struct key_ref *ref) {
    struct why why;
    return key_permit(ref, USE_CHECK_VALUE, &why) == OK;
}

static inline struct key_ref suite_ref(const struct suite *s, enum key_name name) {
    struct key_ref ref = model_ref(name), other = ref;
    ref.algorithm = KEY_TDES;
    other.algorithm = KEY_SM4;
    bool both = suite_knows(&ref) && suite_knows(&other);
    uint8_t coin = 0;
    model_dice(&coin, 1);
    bool sm4 = s->sm4 && suite_knows(&other) && (!both || coin % 2 == 1);
    return sm4 ? other : ref;
}

/* Some key that may be used so and that the vault can have, another one each time. */
static inline struct key_ref suite_key_for(const struct suite *s, enum key_use use) {
    struct key_ref ref;
    do {
        uint8_t drawn = 0;
        model_dice(&drawn, 1);
        ref = suite_ref(s, (enum key_name)(drawn % KEY_COUNT));
    } while (!(key_uses(ref.name) & use) || !suite_knows(&ref));
    return ref;
}

/* --- the model's forms [decision 0020] ---------------------------------------------------------- */

static inline struct key128 suite_session(
    const struct key_ref *ref, const struct key128 *key, const uint8_t input[8]) {
    struct key128 session;
    if (ref->algorithm == KEY_SM4) {
        derive_sm4(key, input, &session);
    } else {
        derive_session(key, input, session.bytes);
        (void)memcpy(session.bytes + 8, session.bytes, 8);
    }
    return session;
}

static inline void suite_plain_mac(const struct key_ref *ref, const struct key128 *key,
    const uint8_t *iv, struct bytes data, uint8_t mac[16]) {
    if (ref->algorithm == KEY_SM4) {
        mac_sm4(key, iv, data, mac);
    } else {
        mac_single(key->bytes, iv, data, mac);
    }
}

static inline void suite_message_mac(const struct key_ref *ref, const struct key128 *key,
    const uint8_t iv[8], struct bytes data, uint8_t mac[16]) {
    uint8_t start[16] = {0};
    (void)memcpy(start, iv, 8);
    if (ref->algorithm == KEY_SM4) {
        mac_sm4(key, start, data, mac);
    } else if (model_length(ref) == 8) {
        mac_single(key->bytes, iv, data, mac);
    } else {
        mac_retail(key, iv, data, mac);
    }
}

static inline void suite_folded_mac(
    const struct key_ref *ref, const struct key128 *key, struct bytes data, uint8_t mac[16]) {
    uint8_t folded[8];
    if (ref->algorithm == KEY_SM4) {
        mac_sm4(key, NULL, data, mac);
    } else {
        derive_tac_key(key, folded);
        mac_single(folded, NULL, data, mac);
    }
}

static inline void suite_decrypt(
    const struct key_ref *ref, const struct key128 *key, struct bytes sealed, uint8_t *plain) {
    struct tdes_key k;
    tdes_prepare(&k, key);
    size_t block = ref->algorithm == KEY_SM4 ? 16 : 8;
    assert_int_equal(sealed.len % block, 0);
    for (size_t at = 0; at < sealed.len; at += block) {
        if (block == 16) {
            sm4_decrypt(key, sealed.at + at, plain + at);
        } else {
            tdes_decrypt(&k, sealed.at + at, plain + at);
        }
    }
}

static inline void suite_check_value(
    const struct key_ref *ref, const struct key128 *key, uint8_t value[16]) {
    static const uint8_t zeros[16];
    if (ref->algorithm == KEY_SM4) {
        sm4_encrypt(key, zeros, value);
    } else {
        derive_session(key, zeros, value);
    }
}

/* --- promises ----------------------------------------------------------------------------------- */

static void authentication_is_what_the_chip_expects(void **state) {
    struct suite *s = *state;
    struct vault *vault = &s->vault;
    for (int i = 0; i < s->rounds; i++) {
        struct key_ref ref = suite_key_for(s, USE_AUTHENTICATE);
        struct key128 key = model_key(&ref);
        uint8_t factor[8], original[8], proof[8], expected[8], block[16], sealed[16], wanted[16];
        struct why why;
        model_dice(factor, 8);
        model_dice(original, 8);
        model_dice(block, 16);
        assert_int_equal(vault->authenticate(vault->self, &ref, factor, original, proof, &why), OK);
        struct key128 session = suite_session(&ref, &key, factor);
        if (ref.algorithm == KEY_SM4) {
            proof_sm4(&session, original, expected);
        } else {
            derive_session(&session, original, expected); /* equal halves: DES */
        }
        assert_memory_equal(proof, expected, 8);

        ref = suite_key_for(s, USE_ENCRYPT8);
        key = model_key(&ref);
        bool sm4 = ref.algorithm == KEY_SM4;
        assert_int_equal(
            vault->encrypt8(vault->self, &ref, original, proof, &why), sm4 ? ERR_INVALID : OK);
        assert_int_equal(
            vault->encrypt16(vault->self, &ref, block, sealed, &why), sm4 ? OK : ERR_INVALID);
        if (sm4) {
            sm4_encrypt(&key, block, wanted);
            assert_memory_equal(sealed, wanted, 16);
        } else {
            derive_session(&key, original, expected);
            assert_memory_equal(proof, expected, 8);
        }
    }
}

static void every_mac_is_what_the_chip_computes(void **state) {
    struct suite *s = *state;
    struct vault *vault = &s->vault;
    for (int i = 0; i < s->rounds; i++) {
        uint8_t room[SUITE_LONGEST], input[8], mac[4], expected[16];
        struct bytes data = bytes_of(room, (size_t)i % (SUITE_LONGEST + 1));
        struct why why;
        model_dice(room, sizeof room);
        model_dice(input, sizeof input);

        struct key_ref ref = suite_key_for(s, USE_SESSION_MAC);
        struct key128 key = model_key(&ref);
        assert_int_equal(vault->session_mac(vault->self, &ref, input, data, mac, &why), OK);
        struct key128 session = suite_session(&ref, &key, input);
        suite_plain_mac(&ref, &session, NULL, data, expected);
        assert_memory_equal(mac, expected, 4);

        ref = suite_key_for(s, USE_MESSAGE_MAC);
        key = model_key(&ref);
        assert_int_equal(vault->message_mac(vault->self, &ref, input, data, mac, &why), OK);
        suite_message_mac(&ref, &key, input, data, expected);
        assert_memory_equal(mac, expected, 4);

        ref = suite_key_for(s, USE_FOLDED_MAC);
        key = model_key(&ref);
        assert_int_equal(vault->folded_mac(vault->self, &ref, data, mac, &why), OK);
        suite_folded_mac(&ref, &key, data, expected);
        assert_memory_equal(mac, expected, 4);
    }
}

/* Both MACs in one request are those of two; a MAC1 with any byte flipped gets no MAC2. */
static void a_load_is_answered_as_by_two_macs(void **state) {
    struct suite *s = *state;
    struct vault *vault = &s->vault;
    for (int i = 0; i < s->rounds; i++) {
        uint8_t asked[64], answered[64], mac2[4], two[4];
        struct load_macs load = {.asked = bytes_of(asked, 1 + (size_t)i % 64),
            .answered = bytes_of(answered, (size_t)i * 7 % 64)};
        struct key_ref ref = suite_key_for(s, USE_SESSION_MAC);
        struct why why;
        model_dice(asked, sizeof asked);
        model_dice(answered, sizeof answered);
        model_dice(load.input, sizeof load.input);
        void *self = vault->self;
        assert_int_equal(
            vault->session_mac(self, &ref, load.input, load.asked, load.mac1, &why), OK);
        assert_int_equal(vault->session_mac(self, &ref, load.input, load.answered, two, &why), OK);
        assert_int_equal(vault->answer_load(self, &ref, &load, mac2, &why), OK);
        assert_memory_equal(mac2, two, 4);
        load.mac1[i % 4] ^= (uint8_t)(1 << i % 8);
        (void)memset(mac2, 0xEE, sizeof mac2);
        assert_int_equal(vault->answer_load(self, &ref, &load, mac2, &why), ERR_CONFLICT);
        assert_memory_equal(mac2, "\xEE\xEE\xEE\xEE", 4);
    }
}

/* Method: every length from none to the longest is decrypted as the chip does. */
static void an_encrypted_message_opens_on_the_chip(void **state) {
    struct suite *s = *state;
    struct vault *vault = &s->vault;
    for (size_t len = 0; len <= 255; len++) {
        struct key_ref ref = suite_key_for(s, USE_ENCRYPT_MESSAGE);
        struct key128 key = model_key(&ref);
        uint8_t data[255], out[255 + 17], plain[255 + 17];
        size_t out_len = 0, block = ref.algorithm == KEY_SM4 ? 16 : 8;
        struct why why;
        model_dice(data, sizeof data);
        assert_int_equal(
            vault->encrypt_message(vault->self, &ref, bytes_of(data, len), out, &out_len, &why),
            OK);
        assert_int_equal(out_len, (len + block) / block * block); /* a full block gets no extra */
        suite_decrypt(&ref, &key, bytes_of(out, out_len), plain);
        assert_int_equal(plain[0], len);
        assert_memory_equal(plain + 1, data, len);
        for (size_t at = 1 + len; at < out_len; at++) {
            assert_int_equal(plain[at], at == 1 + len ? 0x80 : 0);
        }
    }
}

/* Takes the data field of a WRITE KEY command apart as the chip does. DES takes no notice of the
 * lowest bit of a byte of a key, and a security module may set it. */
static inline void suite_unwrap(const struct key_wrap *wrap, struct bytes field) {
    struct key128 key = model_key(&wrap->key), under = model_key(&wrap->under);
    size_t key_len = model_length(&wrap->key), sealed_len = field.len - 4;
    uint8_t plain[KEY_WRAP_MAX + 16], line[5 + KEY_WRAP_MAX], iv[8] = {0}, mac[16];
    suite_decrypt(&wrap->under, &under, bytes_of(field.at, sealed_len), plain);
    assert_int_equal(plain[0], wrap->head_len + key_len);
    assert_memory_equal(plain + 1, wrap->head, wrap->head_len);
    uint8_t mask = wrap->key.algorithm == KEY_SM4 ? 0xFF : 0xFE;
    for (size_t i = 0; i < key_len; i++) {
        assert_int_equal(plain[1 + wrap->head_len + i] & mask, key.bytes[i] & mask);
    }
    struct builder b = builder_in(line, sizeof line);
    const uint8_t header[] = {0x84, 0xD4, wrap->p1, wrap->p2, (uint8_t)field.len};
    put_bytes(&b, bytes_of(header, sizeof header));
    put_bytes(&b, bytes_of(field.at, sealed_len));
    (void)memcpy(iv, wrap->challenge, 4);
    suite_message_mac(&wrap->under, &under, iv, builder_bytes(&b), mac);
    assert_memory_equal(field.at + sealed_len, mac, 4);
}

static inline struct key_wrap suite_wrap(
    const struct suite *s, enum key_name name, enum key_name under) {
    struct key_wrap wrap = {.key = suite_ref(s, name), .p1 = 0x01};
    wrap.under = wrap.key;
    wrap.under.name = under;
    model_dice(&wrap.under.version, 1);
    wrap.under.version %= 4;
    model_dice(wrap.head, sizeof wrap.head);
    model_dice(wrap.challenge, sizeof wrap.challenge);
    wrap.head_len = 5 + name % 4u;
    wrap.p2 = key_kind(name)->kid;
    return wrap;
}

/* Every pair that the catalogue permits is wrapped right, every other one is refused as it says. */
static void every_key_of_the_catalogue_reaches_its_chip(void **state) {
    struct suite *s = *state;
    struct vault *vault = &s->vault;
    unsigned reached[KEY_COUNT] = {0};
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        for (unsigned u = 0; u < KEY_COUNT; u++) {
            struct key_wrap wrap = suite_wrap(s, (enum key_name)n, (enum key_name)u);
            uint8_t out[KEY_WRAP_MAX];
            size_t out_len = 0;
            struct why why;
            enum err permitted = key_permit_wrap(&wrap, &why);
            assert_int_equal(vault->wrap(vault->self, &wrap, out, &out_len, &why), permitted);
            if (permitted == OK) {
                suite_unwrap(&wrap, bytes_of(out, out_len));
                reached[n]++;
            }
        }
        bool enters = key_uses((enum key_name)n) & USE_WRAPPED;
        struct key_ref plain = suite_ref(s, (enum key_name)n);
        assert_true(!enters || !suite_knows(&plain) || reached[n] > 0);
    }
}

/* The PSAM holds DPK of the province; with the factors of city and card it must reach the card. */
static void a_psam_reaches_the_purchase_key_of_every_card(void **state) {
    struct suite *s = *state;
    struct vault *vault = &s->vault;
    struct key_wrap wrap = suite_wrap(s, KEY_DPK, KEY_MK_PSAM);
    uint8_t out[KEY_WRAP_MAX], city[8];
    size_t out_len = 0;
    struct why why;
    wrap.key.algorithm = wrap.under.algorithm = KEY_TDES;
    wrap.key.depth = KEY_PROVINCE;
    model_dice(wrap.under.card_factor, 8); /* the PSAM's own */
    assert_int_equal(vault->wrap(vault->self, &wrap, out, &out_len, &why), OK);
    suite_unwrap(&wrap, bytes_of(out, out_len));

    struct key128 key = model_key(&wrap.key), card;
    struct key_ref ref = {.name = KEY_DPK, .version = wrap.key.version, .depth = KEY_CARD};
    (void)memcpy(ref.card_factor, "\x86\x84\x44\x01\x00\x00\x00\x07", 8);
    key_city_factor(MODEL_REGION, city);
    derive_key(&key, city, &key);
    derive_key(&key, ref.card_factor, &key);
    card = model_key(&ref);
    assert_memory_equal(&key, &card, sizeof key);
}

static inline void suite_tac(const struct tac_job *job, uint8_t mac[16]) {
    struct key_ref ref = {.name = KEY_DTK,
        .algorithm = (enum key_algorithm)job->algorithm,
        .version = job->version,
        .depth = KEY_CARD};
    (void)memcpy(ref.card_factor, job->card_factor, 8);
    struct key128 dtk = model_key(&ref);
    suite_folded_mac(&ref, &dtk, bytes_of(job->data, job->data_len), mac);
}

/* Every length and version, both ciphers in one batch, and the refusal that names the bad job. */
static void a_batch_of_tacs_is_what_the_cards_made(void **state) {
    struct suite *s = *state;
    struct vault *vault = &s->vault;
    size_t count = (size_t)s->rounds;
    struct tac_job *jobs = calloc(count, sizeof *jobs);
    struct why why;
    char place[40];
    assert_non_null(jobs);
    for (size_t i = 0; i < count; i++) {
        struct key_ref ref = suite_ref(s, KEY_DTK);
        jobs[i] = (struct tac_job){.version = ref.version,
            .algorithm = (uint8_t)ref.algorithm,
            .data_len = (uint8_t)(i % (TAC_MESSAGE_MAX + 1))};
        model_dice(jobs[i].data, sizeof jobs[i].data);
        (void)memcpy(jobs[i].card_factor, ref.card_factor, 8);
    }
    assert_int_equal(vault->tacs(vault->self, jobs, count, &why), OK);
    for (size_t i = 0; i < count; i++) {
        uint8_t mac[16];
        suite_tac(&jobs[i], mac);
        assert_memory_equal(jobs[i].tac, mac, 4);
    }
    assert_int_equal(vault->tacs(vault->self, NULL, 0, &why), OK);
    jobs[41].version = KEY_VERSION_MAX + 1;
    assert_int_equal(vault->tacs(vault->self, jobs, count, &why), ERR_INVALID);
    (void)snprintf(place, sizeof place, "TAC 42 of %zu", count);
    assert_non_null(strstr(why.text, place));
    free(jobs);
}

/* Key k of card c, its wrapping opened with the card's transport key, its check value. */
static inline void suite_same_key(
    const struct key_set *set, size_t k, const uint8_t factor[8], const struct wrapped_key *got) {
    struct key_ref ref = key_of_set(set, k), btk = {.name = KEY_BTK,
                                                 .algorithm = ref.algorithm,
                                                 .version = set->transport_version,
                                                 .depth = KEY_CARD};
    uint8_t plain[16], value[16];
    (void)memcpy(ref.card_factor, factor, 8);
    (void)memcpy(btk.card_factor, factor, 8);
    struct key128 key = model_key(&ref), transport = model_key(&btk);
    suite_decrypt(&btk, &transport, bytes_of(got->wrapped, 16), plain);
    for (size_t i = 0; i < 16; i++) {
        uint8_t mask = ref.algorithm == KEY_SM4 ? 0xFF : 0xFE;
        assert_int_equal(plain[i] & mask, key.bytes[i] & mask);
    }
    suite_check_value(&ref, &key, value);
    assert_memory_equal(got->check, value, 3);
}

/* Every key that a card can hold, some cards, an odd number of them. */
static void whole_key_sets_are_the_keys_of_the_cards(void **state) {
    enum { CARDS = 33 };
    struct suite *s = *state;
    struct vault *vault = &s->vault;
    struct key_set set = {.transport_version = 2};
    static uint8_t factors[CARDS][8];
    static struct wrapped_key out[KEY_SET_MAX * CARDS];
    struct why why;
    for (unsigned n = 0; n < KEY_COUNT && set.count < KEY_SET_MAX; n++) {
        struct key_ref ref = suite_ref(s, (enum key_name)n);
        struct key_set one = {.count = 1,
            .transport_version = 2,
            .keys = {{(uint8_t)n, (uint8_t)ref.algorithm, ref.version}}};
        if (key_permit_set(&one, &why) == OK) {
            set.keys[set.count++] = one.keys[0];
        }
    }
    model_dice(factors[0], sizeof factors);
    assert_true(set.count >= 30);
    assert_int_equal(vault->key_sets(vault->self, &set, factors[0], CARDS, out, &why), OK);
    for (size_t k = 0; k < set.count; k++) {
        for (size_t c = 0; c < CARDS; c++) {
            suite_same_key(&set, k, factors[c], &out[k * CARDS + c]);
        }
    }
    assert_int_equal(vault->key_sets(vault->self, &set, factors[0], 0, out, &why), OK);
    set.keys[3].name = KEY_TRANSPORT;
    assert_int_equal(vault->key_sets(vault->self, &set, factors[0], CARDS, out, &why), ERR_DENIED);
    set.count = 0;
    assert_int_equal(vault->key_sets(vault->self, &set, factors[0], CARDS, out, &why), ERR_INVALID);
}

static void check_values_tell_keys_apart_at_every_depth(void **state) {
    struct suite *s = *state;
    struct vault *vault = &s->vault;
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        for (unsigned depth = KEY_ROOT; depth <= KEY_CARD; depth++) {
            struct key_ref ref = suite_ref(s, (enum key_name)n);
            uint8_t value[3], expected[16];
            struct why why;
            ref.depth = (enum key_depth)depth;
            if (!suite_knows(&ref)) {
                continue;
            }
            struct key128 key = model_key(&ref);
            assert_int_equal(vault->check_value(vault->self, &ref, value, &why), OK);
            suite_check_value(&ref, &key, expected);
            assert_memory_equal(value, expected, 3);
        }
    }
}

/* All versions at once, in both ciphers, one after another and again. */
static void sixteen_versions_answer_at_once(void **state) {
    struct suite *s = *state;
    struct vault *vault = &s->vault;
    for (unsigned i = 0; i < 4 * (KEY_VERSION_MAX + 1); i++) {
        struct key_ref ref = suite_ref(s, i % 2 ? KEY_DLK : KEY_UK1DF01);
        uint8_t value[3], expected[16];
        struct why why;
        ref.version = (uint8_t)(i % (KEY_VERSION_MAX + 1));
        struct key128 key = model_key(&ref);
        suite_check_value(&ref, &key, expected);
        assert_int_equal(vault->check_value(vault->self, &ref, value, &why), OK);
        assert_memory_equal(value, expected, 3);
    }
}

/* One call of each function with this key; the bits of those that were not refused. Method: what
 * comes out is filled before, so that a refusal that leaves something behind is seen. */
static inline unsigned suite_uses(struct vault *vault, const struct key_ref *ref) {
    static const uint8_t eight[16] = {1, 2, 3};
    uint8_t out[KEY_WRAP_MAX], untouched[KEY_WRAP_MAX];
    struct bytes data = bytes_of(eight, 8);
    bool sm4 = ref->algorithm == KEY_SM4;
    enum key_use uses[] = {USE_AUTHENTICATE, USE_ENCRYPT8, USE_SESSION_MAC, USE_MESSAGE_MAC,
        USE_FOLDED_MAC, USE_ENCRYPT_MESSAGE, USE_CHECK_VALUE};
    unsigned worked = 0;
    (void)memset(untouched, 0xEE, sizeof untouched);
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        struct why why = {"nothing"};
        void *self = vault->self;
        size_t len = 0;
        (void)memset(out, 0xEE, sizeof out);
        enum err errs[] = {
            i == 0 ? vault->authenticate(self, ref, eight, eight, out, &why) : OK,
            i == 1 && !sm4 ? vault->encrypt8(self, ref, eight, out, &why) : OK,
            i == 2 ? vault->session_mac(self, ref, eight, data, out, &why) : OK,
            i == 3 ? vault->message_mac(self, ref, eight, data, out, &why) : OK,
            i == 4 ? vault->folded_mac(self, ref, data, out, &why) : OK,
            i == 5 ? vault->encrypt_message(self, ref, data, out, &len, &why) : OK,
            i == 6 ? vault->check_value(self, ref, out, &why) : OK,
        };
        errs[1] = i == 1 && sm4 ? vault->encrypt16(self, ref, eight, out, &why) : errs[1];
        if (errs[i] == OK) {
            worked |= uses[i];
            continue;
        }
        assert_int_equal(errs[i], ERR_DENIED);
        assert_non_null(strstr(why.text, key_kind(ref->name)->name));
        assert_memory_equal(out, untouched, sizeof out);
    }
    return worked;
}

static void a_key_does_what_it_is_made_for_and_nothing_else(void **state) {
    struct suite *s = *state;
    unsigned elsewhere = USE_WRAPPED | USE_WRAP_UNDER | USE_TAC | USE_SETS_UNDER; /* other tests */
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        struct key_ref ref = suite_ref(s, (enum key_name)n);
        if (suite_knows(&ref)) {
            assert_int_equal(suite_uses(&s->vault, &ref), key_uses(ref.name) & ~elsewhere);
        }
    }
}

static void what_many_cards_share_is_never_computed_with(void **state) {
    struct suite *s = *state;
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        for (unsigned depth = KEY_ROOT; depth < KEY_CARD; depth++) {
            struct key_ref ref = suite_ref(s, (enum key_name)n);
            ref.depth = (enum key_depth)depth;
            if (n != KEY_TRANSPORT && suite_knows(&ref)) {
                assert_int_equal(suite_uses(&s->vault, &ref), USE_CHECK_VALUE);
            }
        }
    }
}

static void a_refused_wrapping_writes_nothing(void **state) {
    struct suite *s = *state;
    struct key_wrap wrap = suite_wrap(s, KEY_DLK, KEY_MK_DF01); /* another directory's */
    uint8_t out[KEY_WRAP_MAX], untouched[KEY_WRAP_MAX];
    size_t out_len = 0;
    struct why why;
    (void)memset(out, 0xEE, sizeof out);
    (void)memset(untouched, 0xEE, sizeof untouched);
    assert_int_equal(s->vault.wrap(s->vault.self, &wrap, out, &out_len, &why), ERR_DENIED);
    assert_memory_equal(out, untouched, sizeof out);
    assert_int_equal(out_len, 0);
}

static void a_key_that_does_not_exist_is_told_apart(void **state) {
    struct suite *s = *state;
    struct vault *vault = &s->vault;
    struct key_ref ref = suite_ref(s, KEY_DLK);
    uint8_t value[3];
    struct why why;
    ref.version = KEY_VERSION_MAX + 1;
    assert_int_equal(vault->check_value(vault->self, &ref, value, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "DLK"));
    ref.version = 1;
    ref.name = (enum key_name)KEY_COUNT;
    assert_int_equal(vault->check_value(vault->self, &ref, value, &why), ERR_INVALID);
    ref.name = KEY_DLK;
    ref.algorithm = (enum key_algorithm)9;
    assert_int_equal(vault->check_value(vault->self, &ref, value, &why), ERR_INVALID);
}

/* A question of chance; every eighth is for a key that no vault computes with, and is refused. */
static inline void suite_question(const struct suite *s, struct vault_job *job) {
    static const enum key_use uses[VAULT_QUESTIONS] = {USE_AUTHENTICATE, USE_ENCRYPT8, USE_ENCRYPT8,
        USE_SESSION_MAC, USE_MESSAGE_MAC, USE_MESSAGE_MAC};
    uint8_t drawn[3];
    model_dice(drawn, sizeof drawn);
    *job = (struct vault_job){.question = drawn[0] % VAULT_QUESTIONS, .data_len = drawn[1]};
    model_dice(job->first, sizeof job->first);
    model_dice(job->second, sizeof job->second);
    model_dice(job->data, sizeof job->data);
    do {
        job->key = suite_key_for(s, uses[job->question]);
    } while (job->question == ASK_ENCRYPT16 && s->sm4 && job->key.algorithm != KEY_SM4);
    job->data_len = job->question == ASK_ENCRYPT16 ? 16 : job->data_len;
    job->wrap = suite_wrap(s, KEY_UK1DF01, KEY_MK_DF01);
    job->wrap.head_len = sizeof job->wrap.head;
    if (drawn[2] % 8 == 0) {
        job->key.depth = KEY_CITY;
        job->wrap.under.depth = KEY_CITY;
    }
}

/* Asked together, every question has the answer, or the refusal, that it has alone. */
static void questions_are_answered_together_as_alone(void **state) {
    enum { TOGETHER = 40 };
    struct suite *s = *state;
    struct why why;
    for (int i = 0; i < s->rounds; i += TOGETHER) {
        struct vault_job jobs[TOGETHER], alone[TOGETHER];
        for (size_t k = 0; k < TOGETHER; k++) {
            suite_question(s, &jobs[k]);
            alone[k] = jobs[k];
            vault_job_do(&s->vault, &alone[k]);
        }
        assert_int_equal(vault_jobs_do(&s->vault, jobs, TOGETHER, &why), OK);
        for (size_t k = 0; k < TOGETHER; k++) {
            assert_int_equal(jobs[k].err, alone[k].err);
            if (jobs[k].err) {
                assert_string_equal(jobs[k].why.text, alone[k].why.text);
            } else {
                assert_int_equal(jobs[k].out_len, alone[k].out_len);
                assert_memory_equal(jobs[k].out, alone[k].out, jobs[k].out_len);
            }
        }
    }
}

/* What a job answers is what the vault's own function does. */
static void a_question_is_a_function_of_the_vault(void **state) {
    struct suite *s = *state;
    const struct vault *v = &s->vault;
    struct vault_job job = {.question = ASK_AUTHENTICATE, .first = {1}, .second = {2}};
    struct why why;
    uint8_t out[KEY_WRAP_MAX];
    size_t len = 0;
    job.key = suite_key_for(s, USE_AUTHENTICATE);
    assert_int_equal(vault_jobs_do(v, &job, 1, &why), OK);
    assert_int_equal(v->authenticate(v->self, &job.key, job.first, job.second, out, &why), OK);
    assert_memory_equal(job.out, out, 8);
    job.question = ASK_SESSION_MAC;
    job.key = suite_key_for(s, USE_SESSION_MAC);
    job.data_len = 21;
    assert_int_equal(vault_jobs_do(v, &job, 1, &why), OK);
    struct bytes data = bytes_of(job.data, job.data_len);
    assert_int_equal(v->session_mac(v->self, &job.key, job.first, data, out, &why), OK);
    assert_memory_equal(job.out, out, 4);
    job.question = ASK_MESSAGE_MAC;
    job.key = suite_key_for(s, USE_MESSAGE_MAC);
    assert_int_equal(vault_jobs_do(v, &job, 1, &why), OK);
    assert_int_equal(v->message_mac(v->self, &job.key, job.first, data, out, &why), OK);
    assert_memory_equal(job.out, out, 4);
    job.question = ASK_WRAP;
    job.wrap = suite_wrap(s, KEY_UK1DF01, KEY_MK_DF01);
    assert_int_equal(vault_jobs_do(v, &job, 1, &why), OK);
    assert_int_equal(v->wrap(v->self, &job.wrap, out, &len, &why), OK);
    assert_int_equal(job.out_len, len);
    assert_memory_equal(job.out, out, len);
}

/* It may come from another process. */
static void a_question_that_is_none_is_refused(void **state) {
    struct suite *s = *state;
    struct why why;
    struct vault_job jobs[3] = {
        {.question = VAULT_QUESTIONS        },
        { .question = ASK_MESSAGE_MAC, .data_len = VAULT_JOB_DATA_MAX + 1},
        { .question = ASK_ENCRYPT16,                     .data_len = 15},
    };
    assert_int_equal(vault_jobs_do(&s->vault, jobs, 3, &why), OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(jobs[i].err, ERR_INVALID);
        assert_true(jobs[i].why.text[0] != '\0');
    }
}

static void a_message_too_long_for_a_command_is_refused(void **state) {
    struct suite *s = *state;
    struct vault *vault = &s->vault;
    static const uint8_t room[600];
    struct bytes data = bytes_of(room, 513);
    struct key_ref mac_key = suite_ref(s, KEY_DAMK), load = suite_ref(s, KEY_DLK);
    struct key_ref reload = suite_ref(s, KEY_DRPK);
    struct tac_job job = {.version = 1, .data_len = TAC_MESSAGE_MAX + 1};
    uint8_t out[640];
    size_t out_len = 0;
    struct why why;
    void *self = vault->self;
    assert_int_equal(vault->message_mac(self, &mac_key, room, data, out, &why), ERR_INVALID);
    assert_int_equal(vault->session_mac(self, &load, room, data, out, &why), ERR_INVALID);
    assert_int_equal(vault->folded_mac(self, &reload, data, out, &why), ERR_INVALID);
    assert_int_equal(vault->tacs(self, &job, 1, &why), ERR_INVALID);
    data.len = 256;
    assert_int_equal(
        vault->encrypt_message(self, &mac_key, data, out, &out_len, &why), ERR_INVALID);
    data.len = 512; /* and the longest works */
    assert_int_equal(vault->message_mac(self, &mac_key, room, data, out, &why), OK);
}

static void a_first_pin_can_be_printed_again_and_is_never_simple(void **state) {
    struct suite *s = *state;
    struct vault *vault = &s->vault;
    unsigned first_digits[10] = {0};
    for (unsigned i = 0; i < (unsigned)s->rounds; i++) {
        uint8_t factor[8] = {
            0x86, 0x84, 0x44, 0x01, 0, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
        char pin[7], again[7];
        struct why why;
        assert_int_equal(vault->first_pin(vault->self, factor, pin, &why), OK);
        assert_int_equal(strspn(pin, "0123456789"), 6);
        assert_int_equal(strlen(pin), 6);
        bool run = true;
        for (size_t d = 2; d < 6; d++) {
            run = run && pin[d] - pin[d - 1] == pin[1] - pin[0];
        }
        assert_false(run && abs(pin[1] - pin[0]) <= 1);
        assert_int_equal(vault->first_pin(vault->self, factor, again, &why), OK);
        assert_string_equal(pin, again);
        first_digits[pin[0] - '0']++;
    }
    for (size_t i = 0; i < 10; i++) { /* one in ten expected: no corner is empty or crowded */
        assert_in_range(first_digits[i], 1, (unsigned)s->rounds / 4);
    }
}

/* A vault without SM4 says so, and what to do. */
static void a_cipher_that_the_vault_lacks_is_refused(void **state) {
    struct suite *s = *state;
    struct key_ref ref = model_ref(KEY_DLK);
    uint8_t value[3];
    struct why why = {""};
    ref.algorithm = KEY_SM4;
    if (s->sm4 || !suite_knows(&ref)) {
        return;
    }
    assert_int_equal(s->vault.check_value(s->vault.self, &ref, value, &why), ERR_DENIED);
    assert_non_null(strstr(why.text, "SM4"));
}

/* clang-format off */
#define VAULT_SUITE                                                                                \
    cmocka_unit_test(authentication_is_what_the_chip_expects),                                     \
    cmocka_unit_test(every_mac_is_what_the_chip_computes),                                         \
    cmocka_unit_test(a_load_is_answered_as_by_two_macs),                                           \
    cmocka_unit_test(an_encrypted_message_opens_on_the_chip),                                      \
    cmocka_unit_test(every_key_of_the_catalogue_reaches_its_chip),                                 \
    cmocka_unit_test(a_psam_reaches_the_purchase_key_of_every_card),                               \
    cmocka_unit_test(a_batch_of_tacs_is_what_the_cards_made),                                      \
    cmocka_unit_test(whole_key_sets_are_the_keys_of_the_cards),                                    \
    cmocka_unit_test(check_values_tell_keys_apart_at_every_depth),                                 \
    cmocka_unit_test(sixteen_versions_answer_at_once),                                             \
    cmocka_unit_test(a_key_does_what_it_is_made_for_and_nothing_else),                             \
    cmocka_unit_test(what_many_cards_share_is_never_computed_with),                                \
    cmocka_unit_test(a_refused_wrapping_writes_nothing),                                           \
    cmocka_unit_test(a_key_that_does_not_exist_is_told_apart),                                     \
    cmocka_unit_test(questions_are_answered_together_as_alone),                                    \
    cmocka_unit_test(a_question_is_a_function_of_the_vault),                                       \
    cmocka_unit_test(a_question_that_is_none_is_refused),                                          \
    cmocka_unit_test(a_message_too_long_for_a_command_is_refused),                                 \
    cmocka_unit_test(a_first_pin_can_be_printed_again_and_is_never_simple),                        \
    cmocka_unit_test(a_cipher_that_the_vault_lacks_is_refused)
/* clang-format on */
