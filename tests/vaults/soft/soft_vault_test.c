/* The soft vault's answers against the chip's own ciphers: two implementations must agree. */
#include "check.h"

#include <pthread.h>

#include "crypto/secret.h"
#include "keys/permit.h"
#include "vaults/soft/model.h"

enum { ROUNDS = 2000, LONGEST = 96 };

static int open_model(void **state) {
    static struct vault vault;
    struct why why;
    *state = &vault;
    return soft_vault_open_rehearsal(model_seed, MODEL_REGION, &vault, &why) == OK ? 0 : -1;
}

static int close_model(void **state) {
    struct vault *vault = *state;
    vault->close(vault->self);
    return 0;
}

/* Some key that may be used so, another one each time. */
static struct key_ref some_key_for(enum key_use use) {
    uint8_t drawn = 0;
    do {
        model_dice(&drawn, 1);
        drawn = (uint8_t)(drawn % KEY_COUNT);
    } while (!(key_uses((enum key_name)drawn) & use));
    return model_ref((enum key_name)drawn);
}

static void authentication_is_what_the_chip_expects(void **state) {
    struct vault *vault = *state;
    for (int i = 0; i < ROUNDS; i++) {
        struct key_ref ref = some_key_for(USE_AUTHENTICATE);
        struct key128 key = model_key(&ref);
        uint8_t factor[8], original[8], proof[8], session[8], expected[8];
        struct tdes_key k;
        struct why why;
        model_dice(factor, 8);
        model_dice(original, 8);
        assert_int_equal(vault->authenticate(vault->self, &ref, factor, original, proof, &why), OK);
        derive_session(&key, factor, session);
        tdes_prepare_single(&k, session);
        tdes_encrypt(&k, original, expected);
        assert_memory_equal(proof, expected, 8);

        ref = some_key_for(USE_ENCRYPT8);
        key = model_key(&ref);
        assert_int_equal(vault->encrypt8(vault->self, &ref, original, proof, &why), OK);
        derive_session(&key, original, expected);
        assert_memory_equal(proof, expected, 8);
    }
}

static void every_mac_is_what_the_chip_computes(void **state) {
    struct vault *vault = *state;
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t room[LONGEST], input[8], mac[4], session[8], expected[8];
        struct bytes data = bytes_of(room, (size_t)i % (LONGEST + 1));
        struct why why;
        model_dice(room, sizeof room);
        model_dice(input, sizeof input);

        struct key_ref ref = some_key_for(USE_SESSION_MAC);
        struct key128 key = model_key(&ref);
        assert_int_equal(vault->session_mac(vault->self, &ref, input, data, mac, &why), OK);
        derive_session(&key, input, session);
        mac_single(session, NULL, data, expected);
        assert_memory_equal(mac, expected, 4);

        ref = some_key_for(USE_MESSAGE_MAC);
        key = model_key(&ref);
        assert_int_equal(vault->message_mac(vault->self, &ref, input, data, mac, &why), OK);
        if (key_kind(ref.name)->length == 8) {
            mac_single(key.bytes, input, data, expected);
        } else {
            mac_retail(&key, input, data, expected);
        }
        assert_memory_equal(mac, expected, 4);

        ref = some_key_for(USE_FOLDED_MAC);
        key = model_key(&ref);
        assert_int_equal(vault->folded_mac(vault->self, &ref, data, mac, &why), OK);
        derive_tac_key(&key, session);
        mac_single(session, NULL, data, expected);
        assert_memory_equal(mac, expected, 4);
    }
}

/* Method: every length from none to the longest is decrypted as the chip does. */
static void an_encrypted_message_opens_on_the_chip(void **state) {
    struct vault *vault = *state;
    for (size_t len = 0; len <= 255; len++) {
        struct key_ref ref = some_key_for(USE_ENCRYPT_MESSAGE);
        struct key128 key = model_key(&ref);
        uint8_t data[255], out[255 + 16];
        size_t out_len = 0;
        struct tdes_key k;
        struct why why;
        model_dice(data, sizeof data);
        assert_int_equal(
            vault->encrypt_message(vault->self, &ref, bytes_of(data, len), out, &out_len, &why),
            OK);
        assert_int_equal(out_len, (len + 8) / 8 * 8); /* a full block gets no extra one */
        tdes_prepare(&k, &key);
        for (size_t at = 0; at < out_len; at += 8) {
            tdes_decrypt(&k, out + at, out + at);
        }
        assert_int_equal(out[0], len);
        assert_memory_equal(out + 1, data, len);
        for (size_t at = 1 + len; at < out_len; at++) {
            assert_int_equal(out[at], at == 1 + len ? 0x80 : 0);
        }
    }
}

/* Takes the data field of a WRITE KEY command apart as the chip does. */
static void unwrap(const struct key_wrap *wrap, struct bytes field) {
    struct key128 key = model_key(&wrap->key), under = model_key(&wrap->under);
    size_t key_len = key_kind(wrap->key.name)->length, sealed_len = field.len - 4;
    uint8_t plain[KEY_WRAP_MAX], line[5 + KEY_WRAP_MAX], iv[8] = {0}, mac[8];
    struct tdes_key k;
    assert_int_equal(sealed_len % 8, 0);
    tdes_prepare(&k, &under);
    for (size_t at = 0; at < sealed_len; at += 8) {
        tdes_decrypt(&k, field.at + at, plain + at);
    }
    assert_int_equal(plain[0], wrap->head_len + key_len);
    assert_memory_equal(plain + 1, wrap->head, wrap->head_len);
    assert_memory_equal(plain + 1 + wrap->head_len, key.bytes, key_len);

    struct builder b = builder_in(line, sizeof line);
    const uint8_t header[] = {0x84, 0xD4, wrap->p1, wrap->p2, (uint8_t)field.len};
    put_bytes(&b, bytes_of(header, sizeof header));
    put_bytes(&b, bytes_of(field.at, sealed_len));
    (void)memcpy(iv, wrap->challenge, 4);
    mac_retail(&under, iv, builder_bytes(&b), mac);
    assert_memory_equal(field.at + sealed_len, mac, 4);
}

static enum key_name main_key_of(enum key_place place) {
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        const struct key_kind *kind = key_kind((enum key_name)n);
        if (n != KEY_TRANSPORT && kind->type == 0x39 && kind->kid == 0 && kind->place == place) {
            return (enum key_name)n;
        }
    }
    fail_msg("a directory has no main control key");
    return KEY_TRANSPORT;
}

static struct key_wrap some_wrap(enum key_name name, enum key_name under) {
    struct key_wrap wrap = {.key = model_ref(name), .under = model_ref(under), .p1 = 0x01};
    (void)memcpy(wrap.under.card_factor, wrap.key.card_factor, 8);
    model_dice(wrap.head, sizeof wrap.head);
    model_dice(wrap.challenge, sizeof wrap.challenge);
    wrap.head_len = 5 + name % 4u;
    wrap.p2 = key_kind(name)->kid;
    return wrap;
}

static void every_key_of_the_catalogue_reaches_its_chip(void **state) {
    struct vault *vault = *state;
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        if (n == KEY_TRANSPORT || key_kind((enum key_name)n)->place == IN_NO_CHIP) {
            continue;
        }
        enum key_name name = (enum key_name)n, main = main_key_of(key_kind(name)->place);
        uint8_t out[KEY_WRAP_MAX];
        size_t out_len = 0;
        struct why why;
        struct key_wrap wrap = some_wrap(name, name == main ? KEY_TRANSPORT : main);
        assert_int_equal(vault->wrap(vault->self, &wrap, out, &out_len, &why), OK);
        unwrap(&wrap, bytes_of(out, out_len));
        wrap = some_wrap(name, main); /* a main control key may be replaced under itself */
        assert_int_equal(vault->wrap(vault->self, &wrap, out, &out_len, &why), OK);
        unwrap(&wrap, bytes_of(out, out_len));
    }
}

/* The PSAM holds DPK of the province; with the factors of city and card it must reach the card. */
static void a_psam_reaches_the_purchase_key_of_every_card(void **state) {
    struct vault *vault = *state;
    struct key_wrap wrap = some_wrap(KEY_DPK, KEY_MK_PSAM);
    uint8_t out[KEY_WRAP_MAX], city[8];
    size_t out_len = 0;
    struct why why;
    wrap.key.depth = KEY_PROVINCE;
    model_dice(wrap.under.card_factor, 8); /* the PSAM's own */
    assert_int_equal(vault->wrap(vault->self, &wrap, out, &out_len, &why), OK);
    unwrap(&wrap, bytes_of(out, out_len));

    struct key128 key = model_key(&wrap.key), card;
    struct key_ref ref = {.name = KEY_DPK, .version = wrap.key.version, .depth = KEY_CARD};
    (void)memcpy(ref.card_factor, "\x86\x84\x44\x01\x00\x00\x00\x07", 8);
    key_city_factor(MODEL_REGION, city);
    derive_key(&key, city, &key);
    derive_key(&key, ref.card_factor, &key);
    card = model_key(&ref);
    assert_memory_equal(&key, &card, sizeof key);
}

static void a_batch_of_tacs_is_what_the_cards_made(void **state) {
    struct vault *vault = *state;
    static struct tac_job jobs[ROUNDS];
    struct why why;
    for (size_t i = 0; i < ROUNDS; i++) {
        struct key_ref ref = model_ref(KEY_DTK);
        jobs[i] = (struct tac_job){
            .version = ref.version, .data_len = (uint8_t)(i % (TAC_MESSAGE_MAX + 1))};
        model_dice(jobs[i].data, sizeof jobs[i].data);
        (void)memcpy(jobs[i].card_factor, ref.card_factor, 8);
    }
    assert_int_equal(vault->tacs(vault->self, jobs, ROUNDS, &why), OK);
    for (size_t i = 0; i < ROUNDS; i++) {
        struct key_ref ref = {.name = KEY_DTK, .version = jobs[i].version, .depth = KEY_CARD};
        (void)memcpy(ref.card_factor, jobs[i].card_factor, 8);
        struct key128 dtk = model_key(&ref);
        uint8_t folded[8], mac[8];
        derive_tac_key(&dtk, folded);
        mac_single(folded, NULL, bytes_of(jobs[i].data, jobs[i].data_len), mac);
        assert_memory_equal(jobs[i].tac, mac, 4);
    }
    assert_int_equal(vault->tacs(vault->self, NULL, 0, &why), OK);
    jobs[41].version = KEY_VERSION_MAX + 1;
    assert_int_equal(vault->tacs(vault->self, jobs, ROUNDS, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "TAC 42 of 2000"));
}

/* Purchases and other messages, three versions of which one is rare, in one batch and one by one: the
 * large batch goes through the bulk engine, in every way and with any threads. */
static void a_large_batch_is_what_single_requests_give(void **state) {
    struct vault *vault = *state;
    static struct tac_job batch[ROUNDS], single[ROUNDS];
    struct why why;
    for (size_t i = 0; i < ROUNDS; i++) {
        struct key_ref ref = model_ref(KEY_DTK);
        single[i] = (struct tac_job){.version = (uint8_t)(i % 101 == 0 ? 3 : 1 + i / 7 % 2),
            .data_len = (uint8_t)(i % 9 == 0 ? 21 + i % 3 : 22)};
        model_dice(single[i].data, sizeof single[i].data);
        (void)memcpy(single[i].card_factor, ref.card_factor, 8);
        batch[i] = single[i];
        assert_int_equal(vault->tacs(vault->self, &single[i], 1, &why), OK);
    }
    for (enum bulk_way way = BULK_BEST; way < BULK_WAYS; way++) {
        for (unsigned threads = 1; threads <= 3 && bulk_way_here(way); threads++) {
            assert_int_equal(soft_vault_spread(vault, way, threads, &why), OK);
            for (size_t i = 0; i < ROUNDS; i++) {
                (void)memset(batch[i].tac, 0, 4);
            }
            assert_int_equal(vault->tacs(vault->self, batch, ROUNDS, &why), OK);
            for (size_t i = 0; i < ROUNDS; i++) {
                assert_memory_equal(batch[i].tac, single[i].tac, 4);
            }
        }
    }
    assert_int_equal(soft_vault_spread(vault, BULK_BEST, 0, &why), ERR_INVALID);
    assert_int_equal(vault->tacs(vault->self, batch, ROUNDS, &why), OK);
}

/* Around the least number that goes through the engine nothing changes. */
static void every_size_of_batch_gives_the_same(void **state) {
    struct vault *vault = *state;
    static struct tac_job jobs[100], again[100];
    struct why why;
    for (size_t i = 0; i < 100; i++) {
        jobs[i] = (struct tac_job){.version = 2, .data_len = 22};
        model_dice(jobs[i].data, jobs[i].data_len);
        model_dice(jobs[i].card_factor, sizeof jobs[i].card_factor);
        again[i] = jobs[i];
    }
    assert_int_equal(vault->tacs(vault->self, jobs, 100, &why), OK);
    for (size_t count = 1; count <= 100; count++) {
        (void)memset(again[count - 1].tac, 0, 4);
        assert_int_equal(vault->tacs(vault->self, again, count, &why), OK);
        for (size_t i = 0; i < count; i++) {
            assert_memory_equal(again[i].tac, jobs[i].tac, 4);
        }
    }
}

/* What one bad job refuses is the whole batch, before anything is computed. */
static void a_batch_with_a_bad_job_is_refused_whole(void **state) {
    struct vault *vault = *state;
    static struct tac_job jobs[300];
    struct why why;
    for (size_t bad = 0; bad < 300; bad += 13) {
        for (size_t i = 0; i < 300; i++) {
            jobs[i] = (struct tac_job){.version = 1, .data = {7}, .data_len = 22};
        }
        bool long_one = bad % 2 == 0;
        jobs[bad].data_len = long_one ? TAC_MESSAGE_MAX + 1 : 22;
        jobs[bad].version = long_one ? 1 : 200;
        assert_int_equal(vault->tacs(vault->self, jobs, 300, &why), ERR_INVALID);
        char place[32];
        (void)snprintf(place, sizeof place, "TAC %zu of 300", bad + 1);
        assert_non_null(strstr(why.text, place));
        for (size_t i = 0; i < 300; i++) {
            assert_memory_equal(jobs[i].tac, "\0\0\0\0", 4);
        }
    }
}

static void check_values_tell_keys_apart_at_every_depth(void **state) {
    struct vault *vault = *state;
    static const uint8_t zeros[8];
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        for (unsigned depth = KEY_ROOT; depth <= KEY_CARD; depth++) {
            struct key_ref ref = model_ref((enum key_name)n);
            uint8_t value[3], expected[8];
            struct why why;
            ref.depth = (enum key_depth)depth;
            struct key128 key = model_key(&ref);
            assert_int_equal(vault->check_value(vault->self, &ref, value, &why), OK);
            derive_session(&key, zeros, expected);
            assert_memory_equal(value, expected, 3);
        }
    }
}

/* One call of each function with this key; the bits of those that were not refused. Method: what
 * comes out is filled before, so that a refusal that leaves something behind is seen. */
static unsigned uses_that_work(struct vault *vault, const struct key_ref *ref) {
    static const uint8_t eight[8] = {1, 2, 3};
    uint8_t out[KEY_WRAP_MAX], untouched[KEY_WRAP_MAX];
    struct bytes data = bytes_of(eight, sizeof eight);
    enum key_use uses[] = {USE_AUTHENTICATE, USE_ENCRYPT8, USE_SESSION_MAC, USE_MESSAGE_MAC,
        USE_FOLDED_MAC, USE_ENCRYPT_MESSAGE, USE_CHECK_VALUE};
    unsigned worked = 0;
    (void)memset(untouched, 0xEE, sizeof untouched);
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        struct why why = {"nothing"};
        size_t len = 0;
        (void)memset(out, 0xEE, sizeof out);
        enum err errs[] = {
            i == 0 ? vault->authenticate(vault->self, ref, eight, eight, out, &why) : OK,
            i == 1 ? vault->encrypt8(vault->self, ref, eight, out, &why) : OK,
            i == 2 ? vault->session_mac(vault->self, ref, eight, data, out, &why) : OK,
            i == 3 ? vault->message_mac(vault->self, ref, eight, data, out, &why) : OK,
            i == 4 ? vault->folded_mac(vault->self, ref, data, out, &why) : OK,
            i == 5 ? vault->encrypt_message(vault->self, ref, data, out, &len, &why) : OK,
            i == 6 ? vault->check_value(vault->self, ref, out, &why) : OK,
        };
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
    struct vault *vault = *state;
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        struct key_ref ref = model_ref((enum key_name)n);
        unsigned elsewhere = USE_WRAPPED | USE_WRAP_UNDER | USE_TAC
                             | USE_SETS_UNDER; /* other tests */
        assert_int_equal(uses_that_work(vault, &ref), key_uses(ref.name) & ~elsewhere);
    }
}

static void what_many_cards_share_is_never_computed_with(void **state) {
    struct vault *vault = *state;
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        for (unsigned depth = KEY_ROOT; depth < KEY_CARD; depth++) {
            struct key_ref ref = model_ref((enum key_name)n);
            ref.depth = (enum key_depth)depth;
            if (n != KEY_TRANSPORT) {
                assert_int_equal(uses_that_work(vault, &ref), USE_CHECK_VALUE);
            }
        }
    }
}

static void a_refused_wrapping_writes_nothing(void **state) {
    struct vault *vault = *state;
    struct key_wrap wrap = some_wrap(KEY_DLK, KEY_MK_DF01); /* another directory's */
    uint8_t out[KEY_WRAP_MAX], untouched[KEY_WRAP_MAX];
    size_t out_len = 77;
    struct why why;
    (void)memset(out, 0xEE, sizeof out);
    (void)memset(untouched, 0xEE, sizeof untouched);
    assert_int_equal(vault->wrap(vault->self, &wrap, out, &out_len, &why), ERR_DENIED);
    assert_memory_equal(out, untouched, sizeof out);
    assert_int_equal(out_len, 77);
}

static void a_message_too_long_for_a_command_is_refused(void **state) {
    struct vault *vault = *state;
    static const uint8_t room[600];
    struct bytes data = bytes_of(room, 513);
    struct key_ref mac_key = model_ref(KEY_DAMK), load = model_ref(KEY_DLK);
    struct key_ref reload = model_ref(KEY_DRPK);
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
    struct vault *vault = *state;
    static unsigned seen[1000];
    for (unsigned i = 0; i < 20000; i++) {
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
        seen[(pin[0] - '0') * 100 + (pin[1] - '0') * 10 + pin[2] - '0']++;
    }
    for (size_t i = 0; i < 1000; i++) {
        assert_in_range(seen[i], 1, 60); /* 20 expected: no corner is empty or crowded */
    }
}

static void check_value_of(const char *seed, uint32_t region, uint8_t version, uint8_t value[3]) {
    struct vault vault;
    struct why why;
    struct key_ref ref = {.name = KEY_DPK, .version = version, .depth = KEY_CITY};
    assert_int_equal(soft_vault_open_rehearsal(seed, region, &vault, &why), OK);
    assert_int_equal(vault.check_value(vault.self, &ref, value, &why), OK);
    vault.close(vault.self);
}

static void seed_region_and_version_make_the_keys(void **state) {
    (void)state;
    uint8_t one[3], other[3];
    check_value_of("1", 440100, 1, one);
    check_value_of("1", 440100, 1, other);
    assert_memory_equal(one, other, 3);
    check_value_of("2", 440100, 1, other);
    assert_memory_not_equal(one, other, 3);
    check_value_of("1", 440300, 1, other);
    assert_memory_not_equal(one, other, 3);
    check_value_of("1", 440100, 2, other);
    assert_memory_not_equal(one, other, 3);
    check_value_of("1", 440100, 3, other); /* shares its place in the vault with version 1 */
    assert_memory_not_equal(one, other, 3);
    assert_hex(bytes_of(one, 3), "BFE2F3"); /* for ever: cards of a rehearsal outlive programs */
}

static void what_cannot_be_opened_says_why(void **state) {
    (void)state;
    char longest[SEED_TEXT_MAX + 2];
    struct vault vault = {0};
    struct why why;
    (void)memset(longest, '7', sizeof longest);
    longest[SEED_TEXT_MAX + 1] = '\0';
    assert_int_equal(soft_vault_open_rehearsal("", 440100, &vault, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "--seed"));
    assert_int_equal(soft_vault_open_rehearsal(longest, 440100, &vault, &why), ERR_INVALID);
    assert_int_equal(soft_vault_open_rehearsal("1", 44010, &vault, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "440100"));
    assert_int_equal(soft_vault_open_rehearsal("1", 1000000, &vault, &why), ERR_INVALID);
    assert_null(vault.self);
    longest[SEED_TEXT_MAX] = '\0';
    assert_int_equal(soft_vault_open_rehearsal(longest, 440100, &vault, &why), OK);
    vault.close(vault.self);
    vault.close(NULL);
}

/* A thread's own vault, compared in the end with that of the others. */
struct worker {
    pthread_t thread;
    struct tac_job jobs[500];
    enum err err;
};

static void *work(void *arg) {
    struct worker *w = arg;
    struct vault vault;
    struct why why;
    w->err = soft_vault_open_rehearsal(model_seed, MODEL_REGION, &vault, &why);
    for (int round = 0; round < 20 && !w->err; round++) {
        w->err = vault.tacs(vault.self, w->jobs, 500, &why);
    }
    if (!w->err) {
        vault.close(vault.self);
    }
    return NULL;
}

static void vaults_of_one_seed_work_side_by_side(void **state) {
    (void)state;
    static struct worker workers[4];
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 500; j++) {
            workers[i].jobs[j] = (struct tac_job){
                .version = (uint8_t)(j % 4),
                .card_factor = {(uint8_t)j, (uint8_t)(j >> 8)},
                .data = {5         },
                .data_len = 22
            };
        }
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_int_equal(workers[i].err, OK);
        for (size_t j = 0; j < 500; j++) {
            assert_memory_equal(workers[i].jobs[j].tac, workers[0].jobs[j].tac, 4);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(authentication_is_what_the_chip_expects),
        cmocka_unit_test(every_mac_is_what_the_chip_computes),
        cmocka_unit_test(an_encrypted_message_opens_on_the_chip),
        cmocka_unit_test(every_key_of_the_catalogue_reaches_its_chip),
        cmocka_unit_test(a_psam_reaches_the_purchase_key_of_every_card),
        cmocka_unit_test(a_batch_of_tacs_is_what_the_cards_made),
        cmocka_unit_test(a_large_batch_is_what_single_requests_give),
        cmocka_unit_test(every_size_of_batch_gives_the_same),
        cmocka_unit_test(a_batch_with_a_bad_job_is_refused_whole),
        cmocka_unit_test(check_values_tell_keys_apart_at_every_depth),
        cmocka_unit_test(a_key_does_what_it_is_made_for_and_nothing_else),
        cmocka_unit_test(what_many_cards_share_is_never_computed_with),
        cmocka_unit_test(a_refused_wrapping_writes_nothing),
        cmocka_unit_test(a_message_too_long_for_a_command_is_refused),
        cmocka_unit_test(a_first_pin_can_be_printed_again_and_is_never_simple),
        cmocka_unit_test(seed_region_and_version_make_the_keys),
        cmocka_unit_test(what_cannot_be_opened_says_why),
        cmocka_unit_test(vaults_of_one_seed_work_side_by_side),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}
