/* The ring of real roots: versions, states, and a vault that answers from it as from a seed. */
#include "vaults/vault_suite.h"

#include "vaults/soft/secret_room.h"
#include "vaults/soft/soft_vault.h"

static struct key_ring *ring;

static int begin(void **state) {
    (void)state;
    ring = secret_room_new(sizeof *ring);
    return ring ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    secret_room_free(ring, sizeof *ring);
    return 0;
}

static void fresh(void) {
    struct why why = {""};
    assert_int_equal(ring_begin(ring, MODEL_REGION, &why), OK);
}

/* The ring gets the roots of the model's seed: every line, both ciphers, all versions. */
static void fill_from_model(void) {
    struct why why = {""};
    fresh();
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        for (unsigned a = KEY_TDES; a <= KEY_SM4; a++) {
            struct key_ref ref = {.name = (enum key_name)n, .algorithm = (enum key_algorithm)a};
            for (unsigned v = 0; n != KEY_TRANSPORT && suite_knows(&ref) && v <= KEY_VERSION_MAX;
                 v++) {
                struct ring_key key = {(uint16_t)n, (uint8_t)a, (uint8_t)v, RING_CLOSED,
                    model_root(model_seed, ref.name, ref.algorithm, (uint8_t)v)};
                assert_int_equal(ring_import(ring, &key, &why), OK);
            }
        }
    }
}

static int open_ring(void **state) {
    static struct suite suite = {.sm4 = true, .rounds = 500};
    struct why why;
    if (begin(state) != 0) {
        return -1;
    }
    fill_from_model();
    *state = &suite;
    return soft_vault_open_ring(ring, &suite.vault, &why) == OK ? 0 : -1;
}

static int close_ring(void **state) {
    struct suite *suite = *state;
    suite->vault.close(suite->vault.self);
    return end(state);
}

static void a_first_set_has_every_line_once(void **state) {
    struct why why = {""};
    (void)state;
    fresh();
    assert_int_equal(ring->count, 0);
    assert_int_equal(ring_complete(ring, &why), OK);
    size_t count = ring->count;
    assert_true(count >= KEY_COUNT - 1); /* all but the public transport key */
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        struct ring_key *key = ring_find(ring, (enum key_name)n, KEY_TDES, 1);
        struct key_ref ref = {.name = (enum key_name)n, .version = 1};
        bool wanted = n != KEY_TRANSPORT && suite_knows(&ref);
        assert_true(wanted ? key && key->state == RING_IN_USE : !key);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) { /* chance gives no two the same */
            assert_memory_not_equal(&ring->keys[i].root, &ring->keys[j].root, 16);
        }
    }
    for (uint8_t v = 1; v <= 4; v++) { /* what cards hold side by side is there side by side */
        const struct ring_key *key = ring_find(ring, KEY_DPKDF04, KEY_TDES, v);
        assert_int_equal(key != NULL, v <= 3);
        assert_true(!key || key->state == (v == 1 ? RING_IN_USE : RING_ACCEPTED));
    }
    assert_int_equal(ring_complete(ring, &why), OK);
    assert_int_equal(ring->count, count);
    ring->keys[0] = ring->keys[--ring->count]; /* a line that came into the catalogue later */
    assert_int_equal(ring_complete(ring, &why), OK);
    assert_int_equal(ring->count, count);
}

static void a_new_version_takes_over_and_the_old_one_stays_accepted(void **state) {
    struct why why = {""};
    uint8_t version = 0;
    (void)state;
    fresh();
    assert_int_equal(ring_in_use(ring, KEY_DPK, KEY_TDES, &version, &why), ERR_NOT_FOUND);
    for (uint8_t v = 1; v <= 3; v++) {
        assert_int_equal(ring_generate(ring, KEY_DPK, KEY_TDES, v, &why), OK);
        assert_int_equal(ring_in_use(ring, KEY_DPK, KEY_TDES, &version, &why), OK);
        assert_int_equal(version, v);
    }
    assert_int_equal(ring_find(ring, KEY_DPK, KEY_TDES, 1)->state, RING_ACCEPTED);
    assert_int_equal(ring_find(ring, KEY_DPK, KEY_TDES, 2)->state, RING_ACCEPTED);
    assert_int_equal(ring_generate(ring, KEY_DPK, KEY_TDES, 2, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "never overwritten"));
    assert_int_equal(ring_generate(ring, KEY_DPK, KEY_TDES, 16, &why), ERR_INVALID);
    assert_int_equal(ring_generate(ring, KEY_TRANSPORT, KEY_TDES, 1, &why), ERR_INVALID);
    assert_int_equal(ring_generate(ring, (enum key_name)KEY_COUNT, KEY_TDES, 1, &why), ERR_INVALID);
    assert_int_equal(ring->count, 3);
}

/* Every step from every state, against a table written here by hand. */
static void states_move_as_the_table_says(void **state) {
    static const enum err expected[RING_STATES][RING_STATES] = {
        [RING_IN_USE] = {OK,           ERR_CONFLICT, ERR_CONFLICT},
        [RING_ACCEPTED] = {OK,           OK,           OK          },
        [RING_CLOSED] = {ERR_CONFLICT, ERR_CONFLICT, OK          },
    };
    struct key_ref one = {.name = KEY_DLK, .version = 1}, other = {.name = KEY_DLK, .version = 2};
    struct why why = {""};
    (void)state;
    for (unsigned from = 0; from < RING_STATES; from++) {
        for (unsigned to = 0; to < RING_STATES; to++) {
            fresh();
            assert_int_equal(ring_generate(ring, KEY_DLK, KEY_TDES, 1, &why), OK);
            assert_int_equal(ring_generate(ring, KEY_DLK, KEY_TDES, 2, &why), OK);
            assert_int_equal(ring_set_state(ring, &one, (enum ring_state)from, &why), OK);
            assert_int_equal(
                ring_set_state(ring, &one, (enum ring_state)to, &why), expected[from][to]);
            struct ring_key *key = ring_find(ring, KEY_DLK, KEY_TDES, 1);
            assert_int_equal(key->state, expected[from][to] == OK ? to : from);
            uint8_t version = 0;
            assert_int_equal(ring_in_use(ring, KEY_DLK, KEY_TDES, &version, &why), OK);
        }
    }
    other.version = 9;
    assert_int_equal(ring_set_state(ring, &other, RING_CLOSED, &why), ERR_NOT_FOUND);
}

/* Three versions in the field, one closed, one that never was: what the vault says to each. */
static void a_vault_answers_for_versions_that_are_not_closed(void **state) {
    struct vault vault;
    struct why why = {""};
    struct key_ref ref = {.name = KEY_DLK, .depth = KEY_CARD};
    static const enum err expected[] = {ERR_INVALID, ERR_DENIED, OK, OK, ERR_INVALID};
    uint8_t input[8] = {0}, mac[4];
    struct tac_job job = {.version = 1, .data_len = 22};
    (void)state;
    fresh();
    for (uint8_t v = 1; v <= 3; v++) {
        assert_int_equal(ring_generate(ring, KEY_DLK, KEY_TDES, v, &why), OK);
        assert_int_equal(ring_generate(ring, KEY_DTK, KEY_TDES, v, &why), OK);
    }
    struct key_ref dead = {.name = KEY_DLK, .version = 1};
    assert_int_equal(ring_set_state(ring, &dead, RING_CLOSED, &why), OK);
    dead.name = KEY_DTK;
    assert_int_equal(ring_set_state(ring, &dead, RING_CLOSED, &why), OK);
    assert_int_equal(soft_vault_open_ring(ring, &vault, &why), OK);
    for (uint8_t v = 0; v <= 4; v++) {
        ref.version = v;
        assert_int_equal(
            vault.session_mac(vault.self, &ref, input, bytes_text("x"), mac, &why), expected[v]);
        assert_true(expected[v] == OK || strstr(why.text, "DLK"));
    }
    assert_int_equal(vault.tacs(vault.self, &job, 1, &why), ERR_DENIED);
    job.version = 2;
    assert_int_equal(vault.tacs(vault.self, &job, 1, &why), OK);
    struct key_set set = {.count = 1, .transport_version = 1, .keys = {{KEY_DTK, KEY_TDES, 2}}};
    struct wrapped_key out;
    assert_int_equal(vault.key_sets(vault.self, &set, input, 1, &out, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "BTK"));
    vault.close(vault.self);
}

static void a_ring_that_is_full_says_so(void **state) {
    struct why why = {""};
    (void)state;
    fresh();
    ring->count = RING_MAX;
    for (size_t i = 0; i < RING_MAX; i++) { /* what no catalogue holds */
        ring->keys[i] = (struct ring_key){.name = 0xFFFF, .version = (uint8_t)i};
    }
    assert_int_equal(ring_generate(ring, KEY_DLK, KEY_TDES, 1, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "full"));
    assert_int_equal(ring_begin(ring, 4401, &why), ERR_INVALID);
    assert_int_equal(ring_begin(ring, 1000000, &why), ERR_INVALID);
}

int main(void) {
    const struct CMUnitTest vault_tests[] = {VAULT_SUITE};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_set_has_every_line_once),
        cmocka_unit_test(a_new_version_takes_over_and_the_old_one_stays_accepted),
        cmocka_unit_test(states_move_as_the_table_says),
        cmocka_unit_test(a_vault_answers_for_versions_that_are_not_closed),
        cmocka_unit_test(a_ring_that_is_full_says_so),
    };
    int failed = cmocka_run_group_tests(tests, begin, end);
    return failed + cmocka_run_group_tests(vault_tests, open_ring, close_ring);
}
