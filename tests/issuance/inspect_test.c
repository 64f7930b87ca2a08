#include "workshop.h"

enum { WRONG_VERSION = 2 };

static void make_card(struct workshop *w) {
    struct person person = workshop_person();
    expect_ok(w, personalise_card(&w->p, &person, "B00000019", &w->result, &w->why));
}

static enum err inspect(struct workshop *w) {
    return inspect_card(&w->p, &w->result.data, workshop_moment, &w->found, &w->why);
}

/* --- a vault that has another key in one place -------------------------------------------- */

/* For one name of the catalogue it answers with another version: what the card would hold if that
 * key had gone in wrong. */
struct other_vault {
    struct vault inner;
    enum key_name other;
};

static struct key_ref seen(const struct other_vault *o, const struct key_ref *key) {
    struct key_ref k = *key;
    k.version = key->name == o->other ? WRONG_VERSION : key->version;
    return k;
}

static enum err other_authenticate(void *self, const struct key_ref *key, const uint8_t factor[8],
    const uint8_t original[8], uint8_t proof[8], struct why *why) {
    struct other_vault *o = self;
    struct key_ref k = seen(o, key);
    return o->inner.authenticate(o->inner.self, &k, factor, original, proof, why);
}

static enum err other_encrypt8(void *self, const struct key_ref *key, const uint8_t block[8],
    uint8_t out[8], struct why *why) {
    struct other_vault *o = self;
    struct key_ref k = seen(o, key);
    return o->inner.encrypt8(o->inner.self, &k, block, out, why);
}

static enum err other_session_mac(void *self, const struct key_ref *key, const uint8_t input[8],
    struct bytes data, uint8_t mac[4], struct why *why) {
    struct other_vault *o = self;
    struct key_ref k = seen(o, key);
    return o->inner.session_mac(o->inner.self, &k, input, data, mac, why);
}

static enum err other_message_mac(void *self, const struct key_ref *key, const uint8_t iv[8],
    struct bytes data, uint8_t mac[4], struct why *why) {
    struct other_vault *o = self;
    struct key_ref k = seen(o, key);
    return o->inner.message_mac(o->inner.self, &k, iv, data, mac, why);
}

static enum err other_folded_mac(
    void *self, const struct key_ref *key, struct bytes data, uint8_t mac[4], struct why *why) {
    struct other_vault *o = self;
    struct key_ref k = seen(o, key);
    return o->inner.folded_mac(o->inner.self, &k, data, mac, why);
}

static enum err other_encrypt_message(void *self, const struct key_ref *key, struct bytes data,
    uint8_t *out, size_t *out_len, struct why *why) {
    struct other_vault *o = self;
    struct key_ref k = seen(o, key);
    return o->inner.encrypt_message(o->inner.self, &k, data, out, out_len, why);
}

static enum err other_tacs(void *self, struct tac_job *jobs, size_t count, struct why *why) {
    struct other_vault *o = self;
    for (size_t i = 0; i < count; i++) {
        jobs[i].version = o->other == KEY_DTK ? WRONG_VERSION : jobs[i].version;
    }
    return o->inner.tacs(o->inner.self, jobs, count, why);
}

static struct vault vault_of(struct other_vault *o) {
    return (struct vault){.self = o,
        .authenticate = other_authenticate,
        .encrypt8 = other_encrypt8,
        .session_mac = other_session_mac,
        .message_mac = other_message_mac,
        .folded_mac = other_folded_mac,
        .encrypt_message = other_encrypt_message,
        .tacs = other_tacs};
}

static bool names(const struct inspection *found, const char *words) {
    for (unsigned i = 0; i < found->finding_count && i < INSPECT_FINDINGS_MAX; i++) {
        if (strstr(found->findings[i], words)) {
            return true;
        }
    }
    return false;
}

/* Every key of the catalogue that a card holds, one after the other. */
static void each_wrong_key_is_named(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    make_card(w);
    struct memory *made = malloc(sizeof *made);
    assert_non_null(made);
    *made = w->memory;
    unsigned tried = 0;
    for (enum key_name name = 0; name < KEY_COUNT; name++) {
        if (name == KEY_TRANSPORT || !(key_kind(name)->cards & CARDS_P10)) {
            continue;
        }
        struct other_vault other = {.inner = w->vault, .other = name};
        struct vault vault = vault_of(&other);
        char words[48];
        w->memory = *made;
        w->p.vault = &vault;
        assert_int_equal(inspect(w), ERR_CONFLICT);
        (void)snprintf(words, sizeof words, "key %s (", key_kind(name)->name);
        if (!names(&w->found, words)) {
            print_error("%s is not named, but %s\n", key_kind(name)->name, w->found.findings[0]);
        }
        assert_true(names(&w->found, words));
        assert_in_range(w->found.finding_count, 1, 3); /* an update key hinders its STK's proof */
        tried++;
    }
    assert_int_equal(tried, 46);
    free(made);
    w->p.vault = &w->vault;
    workshop_close(w);
}

/* --- data --------------------------------------------------------------------------------- */

/* The record of the centre is turned, one byte at a time, away from what the card says. */
static void each_wrong_byte_of_the_holder_is_named(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    make_card(w);
    struct memory *made = malloc(sizeof *made);
    assert_non_null(made);
    *made = w->memory;
    for (enum profile_file_name file = FILE_SSSE_EF05; file <= FILE_SSSE_EF06; file++) {
        size_t count = 0;
        const struct profile_field *field = profile_fields(file, &count);
        for (size_t i = 0; i < count; i++) {
            for (size_t at = 0; at < field[i].length; at++) {
                uint8_t *byte = (uint8_t *)&w->result.data.values + field[i].at + at;
                w->memory = *made;
                *byte ^= 0x01;
                assert_int_equal(inspect(w), ERR_CONFLICT);
                *byte ^= 0x01;
                assert_true(names(&w->found, field[i].zh));
            }
        }
    }
    free(made);
    workshop_close(w);
}

/* One byte of every field that the profile puts on a card. */
static void a_wrong_byte_in_any_file_is_named(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    make_card(w);
    struct memory *made = malloc(sizeof *made);
    assert_non_null(made);
    *made = w->memory;
    unsigned fields = 0;
    for (enum profile_file_name file = 0; file < FILE_COUNT; file++) {
        size_t count = 0;
        const struct profile_field *field = profile_fields(file, &count);
        count = profile_has(w->p.profile, file) ? count : 0;
        bool whole = profile_file(file)->kind == KIND_TRANSPARENT_MAC;
        for (size_t i = 0; i < count; i++) {
            uint8_t *byte = (uint8_t *)&w->result.data.values + field[i].at
                            + fields % field[i].length;
            w->memory = *made;
            *byte ^= 0x80;
            assert_int_equal(inspect(w), ERR_CONFLICT);
            *byte ^= 0x80;
            assert_true(names(&w->found, whole ? profile_file(file)->zh : field[i].zh));
            fields++;
        }
    }
    assert_true(fields > 100);
    free(made);
    workshop_close(w);
}

static void a_wrong_pin_is_named(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    make_card(w);
    w->result.data.pin[0] = w->result.data.pin[0] == '9' ? '0' : '9';
    assert_int_equal(inspect(w), ERR_CONFLICT);
    assert_true(names(&w->found, "PIN"));
    assert_true(w->found.finding_count > INSPECT_FINDINGS_MAX); /* counted, though not listed */
    workshop_close(w);
}

static void another_chip_is_named_and_left_alone(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    make_card(w);
    w->result.data.factor[7] ^= 1;
    assert_int_equal(inspect(w), ERR_CONFLICT);
    assert_true(names(&w->found, "another chip"));
    assert_int_equal(w->found.commands, 0);
    workshop_close(w);
}

static void a_blank_chip_is_no_card(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    make_card(w);
    workshop_blank(w, 1);
    assert_int_equal(inspect(w), ERR_CONFLICT);
    assert_int_equal(w->found.keys, 0);
    assert_int_equal(w->found.bytes, 0);
    workshop_close(w);
}

/* The check itself must not change a card but for the zero purchases: log records and numbers. */
static void a_check_leaves_pin_and_keys_as_they_were(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    make_card(w);
    expect_ok(w, inspect(w));
    for (int i = 0; i < 8; i++) { /* more often than any counter has tries */
        assert_int_equal(inspect(w), ERR_CONFLICT);
        assert_int_equal(w->found.finding_count, 2); /* the two logs */
        assert_true(names(&w->found, "交易明细"));
        assert_int_equal(w->found.keys, 48);
    }
    workshop_close(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_wrong_key_is_named),
        cmocka_unit_test(each_wrong_byte_of_the_holder_is_named),
        cmocka_unit_test(a_wrong_byte_in_any_file_is_named),
        cmocka_unit_test(a_wrong_pin_is_named),
        cmocka_unit_test(another_chip_is_named_and_left_alone),
        cmocka_unit_test(a_blank_chip_is_no_card),
        cmocka_unit_test(a_check_leaves_pin_and_keys_as_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
