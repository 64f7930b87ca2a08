/* The soft vault: what every vault does (vault_suite.h), and what is its own: seeds, batches, threads. */
#include "vaults/vault_suite.h"

#include <pthread.h>

#include "vaults/soft/soft_vault.h"

enum { ROUNDS = 2000 };

static int open_model(void **state) {
    static struct suite suite = {.sm4 = true, .rounds = ROUNDS};
    struct why why;
    *state = &suite;
    return soft_vault_open_rehearsal(model_seed, MODEL_REGION, &suite.vault, &why) == OK ? 0 : -1;
}

static int close_model(void **state) {
    struct suite *suite = *state;
    suite->vault.close(suite->vault.self);
    return 0;
}

/* Purchases and other messages, three versions of which one is rare, in one batch and one by one: the
 * large batch goes through the bulk engine, in every way and with any threads. */
static void a_large_batch_is_what_single_requests_give(void **state) {
    struct suite *suite = *state;
    struct vault *vault = &suite->vault;
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
    struct suite *suite = *state;
    struct vault *vault = &suite->vault;
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
    struct suite *suite = *state;
    struct vault *vault = &suite->vault;
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
        VAULT_SUITE,
        cmocka_unit_test(a_large_batch_is_what_single_requests_give),
        cmocka_unit_test(every_size_of_batch_gives_the_same),
        cmocka_unit_test(a_batch_with_a_bad_job_is_refused_whole),
        cmocka_unit_test(seed_region_and_version_make_the_keys),
        cmocka_unit_test(what_cannot_be_opened_says_why),
        cmocka_unit_test(vaults_of_one_seed_work_side_by_side),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}
