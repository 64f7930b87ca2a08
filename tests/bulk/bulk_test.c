/* The engine against the plain way of crypto/, in every way that the machine has.
 *
 * SHEBAO_CASES says how many random cases of each kind are compared, 20,000 when it is not set; `./test --nightly`
 * sets a million. */
#include "check.h"

#include "bulk/bulk.h"
#include "bulk/memory_scan.h"
#include "bulk/shares.h"
#include "crypto/derive.h"
#include "crypto/mac.h"
#include "crypto/sm4.h"

enum {
    CASES_USUAL = 20000,
    DATA_MOST = 55, /* what fits, padded, into the words of a lane */
    MESSAGE_USUAL = 22,
};

static const struct key128 city = {
    {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32,
     0x10}
};

/* Numbers that look random and are the same in every run. */
static uint64_t dice = 20031008;

static uint8_t random_byte(void) {
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (uint8_t)(dice >> 56);
}

struct record {
    uint8_t factor[8], data[DATA_MOST], mac[8];
    uint8_t given, taken;
};

/* Records whose data have one length, for one cipher. */
struct batch {
    struct record *records;
    size_t count;
    enum bulk_cipher cipher;
    size_t len;
};

static struct batch batch_new(size_t count, enum bulk_cipher cipher) {
    struct batch batch = {calloc(count + 1, sizeof *batch.records), count, cipher, MESSAGE_USUAL};
    assert_non_null(batch.records);
    for (size_t i = 0; i < count; i++) {
        struct record *r = &batch.records[i];
        for (size_t j = 0; j < sizeof r->factor; j++) {
            r->factor[j] = random_byte();
        }
        for (size_t j = 0; j < sizeof r->data; j++) {
            r->data[j] = random_byte();
        }
    }
    return batch;
}

static size_t words_of(const struct batch *batch) {
    size_t block = batch->cipher == BULK_SM4 ? SM4_BLOCK : DES_BLOCK;
    return (batch->len / block + 1) * block / BULK_WORD_LEN;
}

static void give(void *self, size_t first, size_t count, struct bulk_lanes *lanes) {
    const struct batch *batch = self;
    assert_true(count > 0 && count <= BULK_LANES_MAX && first + count <= batch->count);
    for (size_t i = 0; i < count; i++) {
        struct record *r = &batch->records[first + i];
        uint8_t padded[BULK_WORDS_MAX * BULK_WORD_LEN] = {0};
        (void)memcpy(padded, r->data, batch->len);
        padded[batch->len] = 0x80;
        (void)memcpy(lanes->factor[i], r->factor, 8);
        for (size_t w = 0; w < words_of(batch); w++) {
            (void)memcpy(lanes->data[w][i], padded + 8 * w, 8);
        }
        r->given++;
    }
}

static void take(void *self, size_t first, size_t count, const struct bulk_lanes *lanes) {
    const struct batch *batch = self;
    for (size_t i = 0; i < count; i++) {
        (void)memcpy(batch->records[first + i].mac, lanes->mac[i], 8);
        batch->records[first + i].taken++;
    }
}

static struct bulk *open_engine(enum bulk_way way, unsigned threads) {
    struct bulk *b = NULL;
    struct why why = {0};
    assert_int_equal(bulk_open(way, threads, &b, &why), OK);
    assert_non_null(b);
    return b;
}

/* Computes all MACs anew and sees that each record was asked for once. */
static void compute(struct bulk *b, const struct key128 *key, struct batch *batch) {
    const struct bulk_records records = {batch, give, take};
    for (size_t i = 0; i < batch->count; i++) {
        batch->records[i].given = batch->records[i].taken = 0;
        (void)memset(batch->records[i].mac, 0, 8);
    }
    bulk_tacs(b, batch->cipher, key, words_of(batch), &records, batch->count);
    for (size_t i = 0; i < batch->count; i++) {
        assert_int_equal(batch->records[i].given, 1);
        assert_int_equal(batch->records[i].taken, 1);
    }
}

static void plain_key(enum bulk_cipher cipher, const struct key128 *key, const uint8_t factor[8],
    struct key128 *card) {
    if (cipher == BULK_SM4) {
        derive_sm4(key, factor, card);
    } else {
        derive_key(key, factor, card);
    }
}

static void plain_mac(
    const struct batch *batch, const struct key128 *key, const struct record *r, uint8_t mac[8]) {
    struct key128 card;
    uint8_t folded[8], whole[SM4_BLOCK];
    struct bytes data = bytes_of(r->data, batch->len);
    plain_key(batch->cipher, key, r->factor, &card);
    if (batch->cipher == BULK_SM4) {
        mac_sm4(&card, NULL, data, whole);
    } else {
        derive_tac_key(&card, folded);
        mac_single(folded, NULL, data, whole);
    }
    (void)memcpy(mac, whole, 8);
}

/* Runs the body for each cipher. */
#define EACH_CIPHER(cipher)                                                                        \
    for (enum bulk_cipher cipher = BULK_TDES; cipher < BULK_CIPHERS; cipher++)

/* Runs the body for each way that this machine has. */
#define EACH_WAY(way)                                                                              \
    for (enum bulk_way way = BULK_AVX512; way < BULK_WAYS; way++)                                  \
        if (bulk_way_here(way))

static size_t case_count(void) {
    const char *cases = getenv("SHEBAO_CASES");
    return cases ? strtoul(cases, NULL, 10) : CASES_USUAL;
}

struct plain_macs {
    const struct batch *batch;
    uint8_t (*macs)[8];
};

static void make_plain_mac(void *self, size_t i) {
    const struct plain_macs *plain = self;
    plain_mac(plain->batch, &city, &plain->batch->records[i], plain->macs[i]);
}

static void compare_with_plain(enum bulk_cipher cipher, size_t count) {
    struct batch batch = batch_new(count, cipher);
    uint8_t(*plain)[8] = calloc(batch.count, sizeof *plain);
    struct plain_macs macs = {&batch, plain};
    assert_non_null(plain);
    in_shares(count, make_plain_mac, &macs);
    EACH_WAY(way) {
        struct bulk *b = open_engine(way, 2);
        compute(b, &city, &batch);
        for (size_t i = 0; i < batch.count; i++) {
            assert_memory_equal(batch.records[i].mac, plain[i], 8);
        }
        bulk_close(b);
    }
    free(plain);
    free(batch.records);
}

static void random_tacs_are_the_plain_ways(void **state) {
    (void)state;
    EACH_CIPHER(cipher) {
        compare_with_plain(cipher, case_count());
    }
}

/* Every length that fits: one word to eight, each with its padding. */
static void a_message_may_have_any_length_that_fits(void **state) {
    (void)state;
    EACH_CIPHER(cipher) {
        struct batch batch = batch_new(70, cipher);
        for (batch.len = 0; batch.len <= DATA_MOST; batch.len++) {
            EACH_WAY(way) {
                struct bulk *b = open_engine(way, 1);
                compute(b, &city, &batch);
                for (size_t i = 0; i < batch.count; i++) {
                    uint8_t mac[8];
                    plain_mac(&batch, &city, &batch.records[i], mac);
                    assert_memory_equal(batch.records[i].mac, mac, 8);
                }
                bulk_close(b);
            }
        }
        free(batch.records);
    }
}

struct plain_keys {
    enum bulk_cipher cipher;
    uint8_t (*factors)[DES_BLOCK];
    struct key128 *keys;
};

static void make_plain_key(void *self, size_t i) {
    const struct plain_keys *plain = self;
    plain_key(plain->cipher, &city, plain->factors[i], &plain->keys[i]);
}

static void compare_keys_with_plain(enum bulk_cipher cipher, size_t count) {
    uint8_t(*factors)[DES_BLOCK] = calloc(count, sizeof *factors);
    struct key128 *plain = calloc(count, sizeof *plain), *keys = calloc(count, sizeof *keys);
    assert_true(factors && plain && keys);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < DES_BLOCK; j++) {
            factors[i][j] = random_byte();
        }
    }
    struct plain_keys made = {cipher, factors, plain};
    in_shares(count, make_plain_key, &made);
    EACH_WAY(way) {
        struct bulk *b = open_engine(way, 2);
        (void)memset(keys, 0, count * sizeof *keys);
        bulk_derive(b, cipher, &city, &factors[0][0], keys, count);
        for (size_t i = 0; i < count; i++) {
            assert_memory_equal(keys[i].bytes, plain[i].bytes, KEY128_LEN);
        }
        bulk_close(b);
    }
    free(factors);
    free(plain);
    free(keys);
}

static void random_keys_are_the_plain_ways(void **state) {
    (void)state;
    EACH_CIPHER(cipher) {
        compare_keys_with_plain(cipher, case_count());
    }
}

/* Keys of one bit, and their complements: each bit of the city's key has its place. */
static void each_bit_of_the_city_key_counts(void **state) {
    (void)state;
    EACH_CIPHER(cipher) {
        struct batch batch = batch_new(3, cipher);
        EACH_WAY(way) {
            struct bulk *b = open_engine(way, 1);
            for (size_t bit = 0; bit < 256; bit++) {
                struct key128 key;
                uint8_t mac[8];
                (void)memset(key.bytes, bit < 128 ? 0 : 0xFF, sizeof key.bytes);
                key.bytes[bit % 128 / 8] ^= (uint8_t)(0x80 >> bit % 8);
                compute(b, &key, &batch);
                for (size_t i = 0; i < batch.count; i++) {
                    plain_mac(&batch, &key, &batch.records[i], mac);
                    assert_memory_equal(batch.records[i].mac, mac, 8);
                }
            }
            bulk_close(b);
        }
        free(batch.records);
    }
}

/* Every count around the borders of a group, with more and fewer threads than groups: all records
 * are computed and none beyond. */
static void any_count_is_computed_whole_with_any_number_of_threads(void **state) {
    (void)state;
    static const size_t counts[] = {0, 1, 2, 63, 64, 65, 127, 255, 256, 257, 511, 512, 513, 1023,
        1024, 1025, 2049, 4096, 8191, 8193, 12289};
    EACH_CIPHER(cipher) {
        struct batch all = batch_new(12289, cipher);
        struct bulk *one = open_engine(BULK_WORDS, 1);
        compute(one, &city, &all);
        bulk_close(one);
        EACH_WAY(way) {
            for (unsigned threads = 1; threads <= 5; threads++) {
                struct bulk *b = open_engine(way, threads);
                for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
                    struct batch part = all;
                    part.count = counts[c];
                    part.records = calloc(counts[c] + 1, sizeof *part.records);
                    assert_non_null(part.records);
                    (void)memcpy(part.records, all.records, counts[c] * sizeof *part.records);
                    compute(b, &city, &part);
                    for (size_t i = 0; i < part.count; i++) {
                        assert_memory_equal(part.records[i].mac, all.records[i].mac, 8);
                    }
                    assert_int_equal(part.records[part.count].taken, 0);
                    free(part.records);
                }
                bulk_close(b);
            }
        }
        free(all.records);
    }
}

/* A changed bit of one record's factor or data changes that record's MAC and no other's. */
static void a_lane_knows_nothing_of_its_neighbours(void **state) {
    (void)state;
    EACH_CIPHER(cipher) {
        struct batch batch = batch_new(600, cipher);
        EACH_WAY(way) {
            struct bulk *b = open_engine(way, 1);
            compute(b, &city, &batch);
            struct record before[600];
            (void)memcpy(before, batch.records, sizeof before);
            for (size_t bit = 0; bit < 64 + 8 * MESSAGE_USUAL; bit++) {
                size_t victim = bit * 7 % batch.count;
                uint8_t *byte = bit < 64 ? &batch.records[victim].factor[bit / 8]
                                         : &batch.records[victim].data[(bit - 64) / 8];
                *byte ^= (uint8_t)(0x80 >> bit % 8);
                compute(b, &city, &batch);
                *byte ^= (uint8_t)(0x80 >> bit % 8);
                for (size_t i = 0; i < batch.count; i++) {
                    bool same = memcmp(batch.records[i].mac, before[i].mac, 8) == 0;
                    assert_int_equal(same, i != victim);
                }
            }
            bulk_close(b);
        }
        free(batch.records);
    }
}

/* --- what is left behind ---------------------------------------------------------------------------- */

/* The caller's keys are found as long as it has them, and after that nothing is: neither in the room
 * of the engine, which is still open, nor on the stack. */
static void nothing_of_a_key_is_left_after_a_call(void **state) {
    (void)state;
    enum { COUNT = 700, SEEN = 123 };
    EACH_CIPHER(cipher) {
        struct batch batch = batch_new(COUNT, cipher);
        uint8_t factors[COUNT][DES_BLOCK];
        uint8_t halves[2][8];
        for (size_t i = 0; i < COUNT; i++) {
            (void)memcpy(factors[i], batch.records[i].factor, DES_BLOCK);
        }
        EACH_WAY(way) {
            struct bulk *b = open_engine(way, 2);
            struct key128 *keys = calloc(COUNT, sizeof *keys);
            assert_non_null(keys);
            bulk_derive(b, cipher, &city, &factors[0][0], keys, COUNT);
            for (size_t i = 0; i < sizeof halves; i++) {
                halves[i / 8][i % 8] = (uint8_t)~keys[SEEN].bytes[i];
            }
            assert_int_equal(count_in_memory(halves[0]), 1);
            assert_int_equal(count_in_memory(halves[1]), 1);
            (void)memset(keys, 0, COUNT * sizeof *keys);
            assert_int_equal(count_in_memory(halves[0]), 0);
            assert_int_equal(count_in_memory(halves[1]), 0);
            compute(b, &city, &batch);
            assert_int_equal(count_in_memory(halves[0]), 0);
            assert_int_equal(count_in_memory(halves[1]), 0);
            free(keys);
            bulk_close(b);
        }
        free(batch.records);
    }
}

/* --- opening ---------------------------------------------------------------------------------------- */

static void a_wrong_number_of_threads_is_refused(void **state) {
    (void)state;
    static const unsigned wrong[] = {0, BULK_THREADS_MAX + 1, ~0u};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct bulk *b = NULL;
        struct why why = {0};
        assert_int_equal(bulk_open(BULK_BEST, wrong[i], &b, &why), ERR_INVALID);
        assert_null(b);
    }
    bulk_close(open_engine(BULK_BEST, BULK_THREADS_MAX));
    bulk_close(NULL);
}

static void a_way_that_the_machine_has_not_is_refused(void **state) {
    (void)state;
    EACH_WAY(way) {
        bulk_close(open_engine(way, 1));
    }
    for (enum bulk_way way = BULK_BEST; way < BULK_WAYS; way++) {
        struct bulk *b = NULL;
        struct why why = {0};
        enum err expected = bulk_way_here(way) ? OK : ERR_OUTSIDE;
        assert_int_equal(bulk_open(way, 1, &b, &why), expected);
        bulk_close(b);
    }
    assert_true(bulk_way_here(BULK_WORDS));
    assert_true(bulk_way_here(BULK_BEST));
}

static void every_way_has_a_name_of_its_own(void **state) {
    (void)state;
    assert_string_equal(bulk_way_name(BULK_AVX512), "AVX-512");
    assert_string_equal(bulk_way_name(BULK_AVX2), "AVX2");
    assert_string_equal(bulk_way_name(BULK_WORDS), "64-bit words");
    bool known = false;
    EACH_WAY(way) {
        known |= strcmp(bulk_way_name(BULK_BEST), bulk_way_name(way)) == 0;
    }
    assert_true(known);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_tacs_are_the_plain_ways),
        cmocka_unit_test(a_message_may_have_any_length_that_fits),
        cmocka_unit_test(random_keys_are_the_plain_ways),
        cmocka_unit_test(each_bit_of_the_city_key_counts),
        cmocka_unit_test(any_count_is_computed_whole_with_any_number_of_threads),
        cmocka_unit_test(a_lane_knows_nothing_of_its_neighbours),
        cmocka_unit_test(nothing_of_a_key_is_left_after_a_call),
        cmocka_unit_test(a_wrong_number_of_threads_is_refused),
        cmocka_unit_test(a_way_that_the_machine_has_not_is_refused),
        cmocka_unit_test(every_way_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
