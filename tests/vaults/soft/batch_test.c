/* Large batches: TACs of many kinds at once, and key sets of both algorithms, are what single requests
 * give, in every way that the machine has. */
#include "vaults/soft/model.h"

#include <pthread.h>
#include <stdatomic.h>

#include "keys/permit.h"
#include "vaults/soft/tac_batch.h"

enum { JOBS = 6000, CARDS = 700, ALONE_STEP = 37 };

static struct vault vault;

static int open_vault(void **state) {
    (void)state;
    struct why why;
    return soft_vault_open_rehearsal(model_seed, MODEL_REGION, &vault, &why) == OK ? 0 : -1;
}

static int close_vault(void **state) {
    (void)state;
    vault.close(vault.self);
    return 0;
}

/* Runs the body for each way that this machine has and one thread to three. */
#define EACH_SPREAD(way, threads)                                                                  \
    for (enum bulk_way way = BULK_AVX512; way < BULK_WAYS; way++)                                  \
        for (unsigned threads = 1; threads <= 3 && bulk_way_here(way); threads++)

static void spread(enum bulk_way way, unsigned threads) {
    struct why why;
    assert_int_equal(soft_vault_spread(&vault, way, threads, &why), OK);
}

/* Purchases, loads and other lengths, both accounts, both algorithms, three versions: some kinds have
 * thousands of jobs, some one. */
static struct tac_job some_job(size_t i) {
    struct tac_job job = {.algorithm = i % 3 == 0 ? KEY_SM4 : KEY_TDES,
        .account = i % 5 == 0 ? TAC_OF_MEDICAL : TAC_OF_WALLET};
    uint8_t drawn[2];
    model_dice(drawn, sizeof drawn);
    job.version = drawn[0] < 200 ? 1 : drawn[0] < 254 ? 2 : 3;
    job.data_len = drawn[1] < 150   ? 22
                   : drawn[1] < 250 ? 24
                                    : (uint8_t)(drawn[0] % (TAC_MESSAGE_MAX + 1));
    model_dice(job.card_factor, sizeof job.card_factor);
    model_dice(job.data, sizeof job.data); /* behind the message, too: it must not matter */
    return job;
}

static void kinds_in_one_batch_do_not_mix(void **state) {
    (void)state;
    static struct tac_job jobs[JOBS], first[JOBS];
    struct why why;
    for (size_t i = 0; i < JOBS; i++) {
        jobs[i] = first[i] = some_job(i);
    }
    for (size_t i = 0; i < JOBS; i++) {
        assert_int_equal(vault.tacs(vault.self, &first[i], 1, &why), OK);
    }
    EACH_SPREAD(way, threads) {
        spread(way, threads);
        for (size_t i = 0; i < JOBS; i++) {
            (void)memset(jobs[i].tac, 0, sizeof jobs[i].tac);
        }
        assert_int_equal(vault.tacs(vault.self, jobs, JOBS, &why), OK);
        for (size_t i = 0; i < JOBS; i++) {
            assert_memory_equal(jobs[i].tac, first[i].tac, sizeof first[i].tac);
        }
    }
}

/* The medical account's TAC, as DTKDF04 makes it over one message: alone, and by the engine. */
static void a_medical_job_is_made_under_the_medical_key(void **state) {
    (void)state;
    static struct tac_job jobs[2 * TAC_BATCH_LEAST];
    uint8_t single[4];
    struct why why;
    for (enum key_algorithm how = KEY_TDES; how <= KEY_SM4; how++) {
        for (size_t i = 0; i < 2 * TAC_BATCH_LEAST; i++) {
            jobs[i] = (struct tac_job){
                .algorithm = (uint8_t)how, .version = 1, .data_len = 30, .account = TAC_OF_MEDICAL};
            model_dice(jobs[i].card_factor, sizeof jobs[i].card_factor);
            model_dice(jobs[i].data, jobs[i].data_len);
        }
        assert_int_equal(vault.tacs(vault.self, jobs, 2 * TAC_BATCH_LEAST, &why), OK);
        for (size_t i = 0; i < 2 * TAC_BATCH_LEAST; i++) {
            struct key_ref key = {
                .name = KEY_DTKDF04, .algorithm = how, .version = 1, .depth = KEY_CARD};
            struct tac_job wallet = jobs[i];
            (void)memcpy(key.card_factor, jobs[i].card_factor, sizeof key.card_factor);
            assert_int_equal(
                vault.folded_mac(vault.self, &key, bytes_of(jobs[i].data, 30), single, &why), OK);
            assert_memory_equal(jobs[i].tac, single, sizeof single);
            wallet.account = TAC_OF_WALLET;
            assert_int_equal(vault.tacs(vault.self, &wallet, 1, &why), OK);
            assert_memory_not_equal(wallet.tac, single, sizeof single);
        }
    }
}

static void an_account_that_no_card_has_is_refused(void **state) {
    (void)state;
    static struct tac_job jobs[2 * TAC_BATCH_LEAST];
    struct why why;
    for (size_t count = 1; count <= 2 * TAC_BATCH_LEAST; count *= 2) {
        for (size_t i = 0; i < count; i++) {
            jobs[i] = (struct tac_job){.version = 1, .data_len = 22, .account = TAC_ACCOUNTS};
        }
        assert_int_equal(vault.tacs(vault.self, jobs, count, &why), ERR_INVALID);
        assert_non_null(strstr(why.text, "account 2"));
    }
}

/* Every length, through the engine and alone. */
static void a_message_of_any_length_is_padded_as_one_alone(void **state) {
    (void)state;
    static struct tac_job jobs[2 * TAC_BATCH_LEAST];
    struct why why;
    for (size_t n = 0; n < 2 * (TAC_MESSAGE_MAX + 1); n++) {
        for (size_t i = 0; i < 2 * TAC_BATCH_LEAST; i++) {
            jobs[i] = some_job(i);
            jobs[i].version = 1;
            jobs[i].algorithm = n % 2;
            jobs[i].data_len = (uint8_t)(n / 2);
        }
        assert_int_equal(vault.tacs(vault.self, jobs, 2 * TAC_BATCH_LEAST, &why), OK);
        for (size_t i = 0; i < 2 * TAC_BATCH_LEAST; i += 7) {
            struct tac_job alone = jobs[i];
            (void)memset(alone.tac, 0, sizeof alone.tac);
            assert_int_equal(vault.tacs(vault.self, &alone, 1, &why), OK);
            assert_memory_equal(alone.tac, jobs[i].tac, sizeof alone.tac);
        }
    }
}

static void a_bad_job_among_many_kinds_refuses_the_batch(void **state) {
    (void)state;
    static struct tac_job jobs[300];
    struct why why;
    for (size_t bad = 0; bad < 300; bad += 23) {
        for (size_t i = 0; i < 300; i++) {
            jobs[i] = some_job(i);
        }
        jobs[bad].algorithm = KEY_SM4 + 1;
        assert_int_equal(vault.tacs(vault.self, jobs, 300, &why), ERR_INVALID);
        for (size_t i = 0; i < 300; i++) {
            assert_memory_equal(jobs[i].tac, "\0\0\0\0", 4);
        }
    }
}

/* --- jobs that somebody else changes -------------------------------------------------------------- */

/* What a job says of itself: one of eight kinds that are allowed, or, among them, none. */
enum { CHANGING = 600, KINDS = 8, TURNS = 40 };

static struct tac_job changing[CHANGING];

static void become(struct tac_job *job, unsigned kind) {
    __atomic_store_n(&job->algorithm, kind & 1 ? KEY_SM4 : KEY_TDES, __ATOMIC_RELAXED);
    __atomic_store_n(&job->version, kind & 2 ? 1 : 2, __ATOMIC_RELAXED);
    __atomic_store_n(&job->data_len, kind & 4 ? 24 : 22, __ATOMIC_RELAXED);
}

/* Another field says something impossible each time. */
static void become_bad(struct tac_job *job, unsigned drawn) {
    uint8_t *const fields[] = {&job->algorithm, &job->version, &job->data_len};
    __atomic_store_n(fields[drawn % 3], UINT8_MAX, __ATOMIC_RELAXED);
}

struct meddler {
    pthread_t thread;
    atomic_bool stop;
    bool bad;
};

/* Changes one job after another, for as long as the vault works. */
static void *meddle(void *self) {
    struct meddler *m = self;
    unsigned drawn = 1;
    while (!atomic_load(&m->stop)) {
        drawn = drawn * 1664525 + 1013904223;
        struct tac_job *job = &changing[(drawn >> 8) % CHANGING];
        become(job, drawn >> 24);
        if (m->bad && drawn >> 28 == 0) {
            become_bad(job, drawn >> 20);
            become(job, drawn >> 24);
        }
    }
    return NULL;
}

static void meddler_start(struct meddler *m, bool bad) {
    *m = (struct meddler){.bad = bad};
    assert_int_equal(pthread_create(&m->thread, NULL, meddle, m), 0);
}

static void meddler_end(struct meddler *m) {
    atomic_store(&m->stop, true);
    assert_int_equal(pthread_join(m->thread, NULL), 0);
}

/* What each job's TAC is under each of the kinds. */
static uint8_t allowed[CHANGING][KINDS][4];

static void fill_changing(void) {
    struct why why;
    for (size_t i = 0; i < CHANGING; i++) {
        changing[i] = some_job(i);
        for (unsigned kind = 0; kind < KINDS; kind++) {
            struct tac_job alone = changing[i];
            become(&alone, kind);
            assert_int_equal(vault.tacs(vault.self, &alone, 1, &why), OK);
            (void)memcpy(allowed[i][kind], alone.tac, sizeof alone.tac);
        }
        become(&changing[i], (unsigned)i % 5 == 0 ? 1 : 0);
    }
}

static void assert_tac_allowed(size_t i) {
    bool found = false;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        found |= memcmp(changing[i].tac, allowed[i][kind], sizeof changing[i].tac) == 0;
    }
    assert_true(found);
}

/* Every TAC is that of one of the kinds, whatever the job was when the vault looked. */
static void a_job_changed_meanwhile_has_the_tac_of_one_of_its_kinds(void **state) {
    (void)state;
    struct meddler meddler;
    struct why why;
    fill_changing();
    EACH_SPREAD(way, threads) {
        spread(way, threads);
        meddler_start(&meddler, false);
        for (size_t turn = 0; turn < TURNS; turn++) {
            assert_int_equal(vault.tacs(vault.self, changing, CHANGING, &why), OK);
            for (size_t i = 0; i < CHANGING; i++) {
                assert_tac_allowed(i);
            }
        }
        meddler_end(&meddler);
    }
}

/* Either the vault saw it, and there are no TACs; or it did not, and all are right. */
static void a_job_that_is_bad_for_a_moment_is_refused_or_not_seen(void **state) {
    (void)state;
    struct meddler meddler;
    struct why why;
    fill_changing();
    EACH_SPREAD(way, threads) {
        spread(way, threads);
        meddler_start(&meddler, true);
        for (size_t turn = 0; turn < TURNS; turn++) {
            enum err err = vault.tacs(vault.self, changing, CHANGING, &why);
            assert_true(err == OK || err == ERR_INVALID);
            for (size_t i = 0; i < CHANGING; i++) {
                if (err) {
                    assert_memory_equal(changing[i].tac, "\0\0\0\0", 4);
                } else {
                    assert_tac_allowed(i);
                }
            }
        }
        meddler_end(&meddler);
    }
}

/* --- key sets --------------------------------------------------------------------------------------- */

/* As many keys as a set may have, of both algorithms where the catalogue has them. */
static void fill_set(struct key_set *set) {
    struct why why;
    *set = (struct key_set){.transport_version = 2};
    for (unsigned n = 0; n < 2 * KEY_COUNT && set->count < KEY_SET_MAX; n++) {
        struct key_set one = {.count = 1,
            .transport_version = 2,
            .keys = {{(uint8_t)(n / 2), (uint8_t)(n % 2), (uint8_t)(1 + n % 3)}}};
        if (key_permit_set(&one, &why) == OK) {
            set->keys[set->count++] = one.keys[0];
        }
    }
}

static void sets_of_many_cards_are_those_of_single_cards(void **state) {
    (void)state;
    static uint8_t factors[CARDS][8];
    static struct wrapped_key out[KEY_SET_MAX * CARDS], alone[KEY_SET_MAX];
    struct key_set set;
    struct why why;
    fill_set(&set);
    assert_true(set.count >= 30);
    model_dice(factors[0], sizeof factors);
    EACH_SPREAD(way, threads) {
        spread(way, threads);
        (void)memset(out, 0xEE, sizeof out);
        assert_int_equal(vault.key_sets(vault.self, &set, factors[0], CARDS, out, &why), OK);
        for (size_t c = 0; c < CARDS; c += ALONE_STEP) {
            assert_int_equal(vault.key_sets(vault.self, &set, factors[c], 1, alone, &why), OK);
            for (size_t k = 0; k < set.count; k++) {
                assert_memory_equal(&out[k * CARDS + c], &alone[k], sizeof alone[k]);
            }
        }
    }
}

/* Around the least number of cards that goes through the engine nothing changes, and nothing is
 * written behind the last. */
static void every_number_of_cards_gives_the_same(void **state) {
    (void)state;
    enum { MOST = 40, KEYS = 3 };
    static uint8_t factors[MOST][8];
    static struct wrapped_key all[KEYS * MOST], some[KEYS * MOST + 1], untouched;
    const struct key_set set = {
        .count = KEYS,
        .transport_version = 1,
        .keys = {{KEY_DTK, KEY_TDES, 1}, {KEY_STKDF04, KEY_TDES, 2}, {KEY_DTK, KEY_SM4, 3}}
    };
    struct why why;
    model_dice(factors[0], sizeof factors);
    (void)memset(&untouched, 0xEE, sizeof untouched);
    assert_int_equal(vault.key_sets(vault.self, &set, factors[0], MOST, all, &why), OK);
    for (size_t cards = 1; cards <= MOST; cards++) {
        (void)memset(some, 0xEE, sizeof some);
        assert_int_equal(vault.key_sets(vault.self, &set, factors[0], cards, some, &why), OK);
        for (size_t i = 0; i < KEYS * cards; i++) {
            const struct wrapped_key *same = &all[i / cards * MOST + i % cards];
            assert_memory_equal(&some[i], same, sizeof *same);
        }
        assert_memory_equal(&some[KEYS * cards], &untouched, sizeof untouched);
    }
}

/* Two cards never share a transport key, nor do two versions of the batch's. */
static void the_same_key_looks_different_under_another_transport_key(void **state) {
    (void)state;
    enum { MOST = 20 };
    static uint8_t factors[MOST][8];
    static struct wrapped_key first[MOST], second[MOST];
    struct key_set set = {.count = 1, .transport_version = 1, .keys = {{KEY_DTK, KEY_TDES, 1}}};
    struct why why;
    model_dice(factors[0], sizeof factors);
    assert_int_equal(vault.key_sets(vault.self, &set, factors[0], MOST, first, &why), OK);
    set.transport_version = 2;
    assert_int_equal(vault.key_sets(vault.self, &set, factors[0], MOST, second, &why), OK);
    for (size_t i = 0; i < MOST; i++) {
        assert_memory_not_equal(first[i].wrapped, second[i].wrapped, 16);
        assert_memory_equal(first[i].check, second[i].check, 3); /* it is the same key */
        assert_memory_not_equal(first[i].wrapped, first[(i + 1) % MOST].wrapped, 16);
    }
}

/* --- the tally -------------------------------------------------------------------------------------- */

static void a_kind_has_one_pass_and_few_go_alone(void **state) {
    (void)state;
    static struct tac_tally tally;
    const struct tac_kind many = {KEY_TDES, 1, 22, TAC_OF_WALLET},
                          few = {KEY_SM4, 1, 22, TAC_OF_MEDICAL};
    for (size_t i = 0; i < TAC_BATCH_LEAST; i++) {
        tac_tally_add(&tally, many);
        if (i > 0) {
            tac_tally_add(&tally, few);
        }
    }
    assert_int_equal(tac_tally_turn(&tally, many), TAC_PASS);
    assert_int_equal(tac_tally_turn(&tally, many), TAC_DONE);
    assert_int_equal(tac_tally_turn(&tally, few), TAC_ALONE);
    assert_int_equal(tac_tally_turn(&tally, few), TAC_ALONE);
    for (size_t i = 0; i < TAC_BATCH_LEAST; i++) { /* late ones do not bring a second pass */
        tac_tally_add(&tally, many);
    }
    assert_int_equal(tac_tally_turn(&tally, many), TAC_DONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_in_one_batch_do_not_mix),
        cmocka_unit_test(a_medical_job_is_made_under_the_medical_key),
        cmocka_unit_test(an_account_that_no_card_has_is_refused),
        cmocka_unit_test(a_message_of_any_length_is_padded_as_one_alone),
        cmocka_unit_test(a_bad_job_among_many_kinds_refuses_the_batch),
        cmocka_unit_test(a_job_changed_meanwhile_has_the_tac_of_one_of_its_kinds),
        cmocka_unit_test(a_job_that_is_bad_for_a_moment_is_refused_or_not_seen),
        cmocka_unit_test(sets_of_many_cards_are_those_of_single_cards),
        cmocka_unit_test(every_number_of_cards_gives_the_same),
        cmocka_unit_test(the_same_key_looks_different_under_another_transport_key),
        cmocka_unit_test(a_kind_has_one_pass_and_few_go_alone),
    };
    return cmocka_run_group_tests(tests, open_vault, close_vault);
}
