/* Whole key sets by the engine, against the plain way of crypto/, in every way that the machine has.
 *
 * SHEBAO_CASES says how many random keys of cards are compared, 20,000 when it is not set. */
#include "check.h"

#include "bulk/bulk.h"
#include "bulk/memory_scan.h"
#include "bulk/shares.h"
#include "crypto/derive.h"
#include "crypto/sm4.h"

enum { CASES_USUAL = 20000, KEYS_MOST = BULK_SET_MAX };

static uint64_t dice = 20031008;

static void draw(uint8_t *at, size_t len) {
    for (size_t i = 0; i < len; i++) {
        dice = dice * 6364136223846793005u + 1442695040888963407u;
        at[i] = (uint8_t)(dice >> 56);
    }
}

struct made {
    uint8_t wrapped[16], check[8];
    uint8_t taken;
};

/* An order: cards by their factors, the keys of a set, and what comes of each key of each card. */
struct work {
    struct bulk_set set;
    struct key128 transport, cities[KEYS_MOST];
    bool halves[KEYS_MOST];
    size_t cards;
    uint8_t (*factors)[8];
    struct made *made; /* key after key for a card */
    uint8_t *given;
};

static struct work *work_new(enum bulk_cipher cipher, size_t cards, size_t keys) {
    struct work *w = calloc(1, sizeof *w);
    assert_non_null(w);
    draw(w->transport.bytes, sizeof w->transport.bytes);
    for (size_t k = 0; k < keys; k++) {
        draw(w->cities[k].bytes, sizeof w->cities[k].bytes);
        w->halves[k] = cipher == BULK_TDES && k % 5 == 3;
    }
    w->set = (struct bulk_set){cipher, &w->transport, w->cities, w->halves, keys};
    w->cards = cards;
    w->factors = calloc(cards + 1, sizeof *w->factors);
    w->made = calloc(cards * keys + 1, sizeof *w->made);
    w->given = calloc(cards + 1, 1);
    assert_true(w->factors && w->made && w->given);
    draw(w->factors[0], cards * sizeof *w->factors);
    return w;
}

static void work_free(struct work *w) {
    free(w->factors);
    free(w->made);
    free(w->given);
    free(w);
}

static void give(void *self, size_t first, size_t count, struct bulk_lanes *lanes) {
    struct work *w = self;
    assert_true(first + count <= w->cards);
    for (size_t i = 0; i < count; i++) {
        (void)memcpy(lanes->factor[i], w->factors[first + i], 8);
        w->given[first + i]++;
    }
}

static void take(void *self, size_t first, size_t count, const struct bulk_lanes *lanes) {
    struct work *w = self;
    assert_true(lanes->key < w->set.count);
    for (size_t i = 0; i < count; i++) {
        struct made *made = &w->made[(first + i) * w->set.count + lanes->key];
        (void)memcpy(made->wrapped, lanes->data[0][i], 8);
        (void)memcpy(made->wrapped + 8, lanes->data[1][i], 8);
        (void)memcpy(made->check, lanes->mac[i], 8);
        made->taken++;
    }
}

static void compute(struct bulk *b, struct work *w) {
    const struct bulk_records records = {w, give, take};
    struct why why = {0};
    (void)memset(w->made, 0, w->cards * w->set.count * sizeof *w->made);
    (void)memset(w->given, 0, w->cards);
    assert_int_equal(bulk_sets(b, &w->set, &records, w->cards, &why), OK);
    for (size_t i = 0; i < w->cards; i++) {
        assert_int_equal(w->given[i], 1);
    }
    for (size_t i = 0; i < w->cards * w->set.count; i++) {
        assert_int_equal(w->made[i].taken, 1);
    }
}

/* --- the plain way --------------------------------------------------------------------------------- */

static void plain_key(enum bulk_cipher cipher, const struct key128 *city, const uint8_t factor[8],
    struct key128 *key) {
    if (cipher == BULK_SM4) {
        derive_sm4(city, factor, key);
    } else {
        derive_key(city, factor, key);
    }
}

static void plain_blocks(
    enum bulk_cipher cipher, const struct key128 *key, const uint8_t in[16], uint8_t out[16]) {
    struct tdes_key ready;
    if (cipher == BULK_SM4) {
        sm4_encrypt(key, in, out);
        return;
    }
    tdes_prepare(&ready, key);
    tdes_encrypt(&ready, in, out);
    tdes_encrypt(&ready, in + 8, out + 8);
}

static void plain_made(const struct work *w, size_t card, size_t k, struct made *made) {
    static const uint8_t zeros[16];
    struct key128 transport, key;
    uint8_t check[16];
    plain_key(w->set.cipher, &w->transport, w->factors[card], &transport);
    plain_key(w->set.cipher, &w->cities[k], w->factors[card], &key);
    if (w->halves[k]) {
        (void)memcpy(key.bytes + 8, key.bytes, 8);
    }
    plain_blocks(w->set.cipher, &transport, key.bytes, made->wrapped);
    plain_blocks(w->set.cipher, &key, zeros, check);
    (void)memcpy(made->check, check, 8);
}

static void compare(const struct work *w, size_t card, size_t k) {
    struct made plain = {0};
    plain_made(w, card, k, &plain);
    assert_memory_equal(w->made[card * w->set.count + k].wrapped, plain.wrapped, 16);
    assert_memory_equal(w->made[card * w->set.count + k].check, plain.check, 8);
}

#define EACH_WAY(way)                                                                              \
    for (enum bulk_way way = BULK_AVX512; way < BULK_WAYS; way++)                                  \
        if (bulk_way_here(way))

#define EACH_CIPHER(cipher)                                                                        \
    for (enum bulk_cipher cipher = BULK_TDES; cipher < BULK_CIPHERS; cipher++)

static struct bulk *open_engine(enum bulk_way way, unsigned threads) {
    struct bulk *b = NULL;
    struct why why = {0};
    assert_int_equal(bulk_open(way, threads, &b, &why), OK);
    return b;
}

static size_t case_count(void) {
    const char *cases = getenv("SHEBAO_CASES");
    return cases ? strtoul(cases, NULL, 10) : CASES_USUAL;
}

struct plain_sets {
    const struct work *work;
    struct made *made;
};

static void make_plain_key_of_set(void *self, size_t i) {
    const struct plain_sets *plain = self;
    size_t keys = plain->work->set.count;
    plain_made(plain->work, i / keys, i % keys, &plain->made[i]);
    plain->made[i].taken = 1;
}

/* --- tests ----------------------------------------------------------------------------------------- */

static void random_sets_are_the_plain_ways(void **state) {
    (void)state;
    enum { KEYS = 40 };
    EACH_CIPHER(cipher) {
        struct work *w = work_new(cipher, case_count() / KEYS + 1, KEYS);
        size_t len = w->cards * KEYS * sizeof *w->made;
        struct plain_sets plain = {w, calloc(1, len)};
        assert_non_null(plain.made);
        in_shares(w->cards * KEYS, make_plain_key_of_set, &plain);
        EACH_WAY(way) {
            struct bulk *b = open_engine(way, 2);
            compute(b, w);
            bulk_close(b);
            assert_memory_equal(w->made, plain.made, len);
        }
        free(plain.made);
        work_free(w);
    }
}

/* Every count of cards around the borders of groups and pieces, with one key and with the most. */
static void any_count_of_cards_and_keys_is_made_whole(void **state) {
    (void)state;
    static const size_t counts[] = {
        0, 1, 63, 64, 65, 255, 256, 257, 511, 512, 513, 2047, 2048, 2049};
    static const size_t keys[] = {1, 2, KEYS_MOST};
    EACH_CIPHER(cipher) {
        EACH_WAY(way) {
            struct bulk *b = open_engine(way, 3);
            for (size_t i = 0; i < 3 * sizeof counts / sizeof counts[0]; i++) {
                if (i % 3 == 2 && counts[i / 3] > 513) {
                    continue; /* the most keys for many cards: nothing new, and long */
                }
                struct work *w = work_new(cipher, counts[i / 3], keys[i % 3]);
                compute(b, w);
                for (size_t c = 0; c < w->cards; c += 1 + w->cards / 7) {
                    compare(w, c, c % w->set.count);
                    compare(w, w->cards - 1, w->set.count - 1);
                }
                work_free(w);
            }
            bulk_close(b);
        }
    }
}

/* A bit of one card's factor changes all keys of that card and of no other. */
static void a_card_knows_nothing_of_its_neighbours(void **state) {
    (void)state;
    enum { CARDS = 300, KEYS = 3 };
    EACH_CIPHER(cipher) {
        struct work *w = work_new(cipher, CARDS, KEYS);
        EACH_WAY(way) {
            struct made before[CARDS * KEYS];
            struct bulk *b = open_engine(way, 1);
            compute(b, w);
            (void)memcpy(before, w->made, sizeof before);
            for (size_t bit = 0; bit < 64; bit++) {
                size_t victim = bit * 31 % CARDS;
                w->factors[victim][bit / 8] ^= (uint8_t)(1u << bit % 8);
                compute(b, w);
                w->factors[victim][bit / 8] ^= (uint8_t)(1u << bit % 8);
                for (size_t i = 0; i < (size_t)CARDS * KEYS; i++) {
                    bool same = memcmp(&w->made[i], &before[i], sizeof before[i]) == 0;
                    assert_int_equal(same, i / KEYS != victim);
                }
            }
            bulk_close(b);
        }
        work_free(w);
    }
}

/* A bit of one city key changes that key of every card, and no other. */
static void a_key_of_the_set_changes_itself_alone(void **state) {
    (void)state;
    enum { CARDS = 70, KEYS = 4 };
    EACH_CIPHER(cipher) {
        struct work *w = work_new(cipher, CARDS, KEYS);
        EACH_WAY(way) {
            struct made before[CARDS * KEYS];
            struct bulk *b = open_engine(way, 2);
            compute(b, w);
            (void)memcpy(before, w->made, sizeof before);
            for (size_t k = 0; k < KEYS; k++) {
                w->cities[k].bytes[4] ^= 0x10;
                compute(b, w);
                w->cities[k].bytes[4] ^= 0x10;
                for (size_t i = 0; i < (size_t)CARDS * KEYS; i++) {
                    bool same = memcmp(&w->made[i], &before[i], sizeof before[i]) == 0;
                    assert_int_equal(same, i % KEYS != k);
                }
            }
            bulk_close(b);
        }
        work_free(w);
    }
}

/* Neither a card's key nor its transport key is anywhere in memory when the call has returned, while
 * the engine is still open. The keys are known here inverted only. */
static void nothing_of_a_set_is_left_after_a_call(void **state) {
    (void)state;
    enum { CARDS = 600, KEYS = 5, SEEN = 77 };
    EACH_CIPHER(cipher) {
        struct work *w = work_new(cipher, CARDS, KEYS);
        uint8_t inverted[4][8];
        struct key128 keys[2];
        plain_key(cipher, &w->cities[2], w->factors[SEEN], &keys[0]);
        plain_key(cipher, &w->transport, w->factors[SEEN], &keys[1]);
        for (size_t i = 0; i < sizeof inverted; i++) {
            inverted[i / 8][i % 8] = (uint8_t)~keys[i / 16].bytes[i % 16];
        }
        assert_true(count_in_memory(inverted[0]) > 0); /* the search finds what is there */
        (void)memset(keys, 0, sizeof keys);
        EACH_WAY(way) {
            struct bulk *b = open_engine(way, 2);
            compute(b, w);
            for (size_t i = 0; i < 4; i++) {
                assert_int_equal(count_in_memory(inverted[i]), 0);
            }
            bulk_close(b);
        }
        work_free(w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_sets_are_the_plain_ways),
        cmocka_unit_test(any_count_of_cards_and_keys_is_made_whole),
        cmocka_unit_test(a_card_knows_nothing_of_its_neighbours),
        cmocka_unit_test(a_key_of_the_set_changes_itself_alone),
        cmocka_unit_test(nothing_of_a_set_is_left_after_a_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
