#include "check.h"

#include "base/crc32.h"
#include "wire/blacklist.h"

enum { ROOM = 4096 };

/* A list of count cards with factors 0, 3, 6, ... and reasons 1 to 8 in turn. */
static size_t make_list(uint32_t count, uint8_t room[ROOM]) {
    const struct blacklist head = {.version = 7, .day = 20031008, .time = 20000, .count = count};
    struct builder b = builder_in(room, ROOM);
    blacklist_begin(&b, &head);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t factor[BLACKLIST_FACTOR_LEN] = {
            [6] = (uint8_t)(3 * i >> 8), [7] = (uint8_t)(3 * i)};
        blacklist_put(&b, factor, (uint8_t)(1 + i % BLACKLIST_REASON_LAST));
    }
    blacklist_seal(&b);
    assert_false(b.overflowed);
    assert_int_equal(b.len, blacklist_room(count));
    return b.len;
}

/* Gives a list that was changed on purpose a seal that fits. */
static void seal_again(uint8_t *list, size_t len) {
    uint32_t seal = crc32_of(list, len - BLACKLIST_SEAL_LEN);
    for (int i = 0; i < BLACKLIST_SEAL_LEN; i++) {
        list[len - 1 - (size_t)i] = (uint8_t)(seal >> 8 * i);
    }
}

static void a_list_reads_as_it_was_written(void **state) {
    (void)state;
    uint8_t room[ROOM];
    struct blacklist list;
    size_t len = make_list(2, room);
    assert_hex(bytes_of(room, len - BLACKLIST_SEAL_LEN),
        "5342424C0100000007200310080200000000000200000000000000000100000000000000"
        "0302");
    assert_true(blacklist_decode(bytes_of(room, len), &list));
    assert_int_equal(list.version, 7);
    assert_int_equal(list.day, 20031008);
    assert_int_equal(list.time, 20000);
    assert_int_equal(list.count, 2);
}

/* Every length from none to 300: each listed card is found with its reason, each neighbour is not. */
static void every_listed_card_is_found_and_no_other(void **state) {
    (void)state;
    uint8_t room[ROOM];
    for (uint32_t count = 0; count <= 300; count += count < 20 ? 1 : 56) {
        struct blacklist list;
        size_t len = make_list(count, room);
        assert_true(blacklist_decode(bytes_of(room, len), &list));
        for (uint32_t i = 0; i < 3 * count + 3; i++) {
            uint8_t factor[BLACKLIST_FACTOR_LEN] = {[6] = (uint8_t)(i >> 8), [7] = (uint8_t)i};
            bool listed = i % 3 == 0 && i / 3 < count;
            uint8_t reason = listed ? (uint8_t)(1 + i / 3 % BLACKLIST_REASON_LAST) : 0;
            assert_int_equal(blacklist_reason(&list, factor), reason);
        }
    }
}

static void every_prefix_and_every_longer_list_is_refused(void **state) {
    (void)state;
    uint8_t room[ROOM] = {0};
    struct blacklist list;
    size_t len = make_list(5, room);
    for (size_t cut = 0; cut < len; cut++) {
        assert_false(blacklist_decode(bytes_of(room, cut), &list));
    }
    assert_false(blacklist_decode(bytes_of(room, len + 1), &list));
}

/* The seal catches each of them; what it protects is caught without it by the next test. */
static void every_flipped_bit_is_refused(void **state) {
    (void)state;
    uint8_t room[ROOM];
    struct blacklist list = {.version = 99};
    size_t len = make_list(5, room);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        room[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(blacklist_decode(bytes_of(room, len), &list));
        room[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(list.version, 99);
}

static void a_list_that_makes_no_sense_is_refused_though_sealed(void **state) {
    (void)state;
    static const struct {
        const char *title;
        size_t at;
        uint8_t value;
    } cases[] = {
        {"another form",                    4,  2   },
        {"a day that is no digits",         9,  0xAA},
        {"a month that is none",            11, 0x13},
        {"an hour that is none",            13, 0x24},
        {"a minute that is none",           14, 0x60},
        {"a count of another length",       19, 6   },
        {"reason zero",                     28, 0   },
        {"a reason that is none",           28, 9   },
        {"the first card after the second", 20, 1   },
        {"the second card like the first",  36, 0   },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t room[ROOM];
        struct blacklist list;
        size_t len = make_list(5, room);
        assert_true(blacklist_decode(bytes_of(room, len), &list));
        room[cases[i].at] = cases[i].value;
        seal_again(room, len);
        if (blacklist_decode(bytes_of(room, len), &list)) {
            fail_msg("taken: %s", cases[i].title);
        }
    }
}

static void a_writer_that_breaks_its_word_overflows(void **state) {
    (void)state;
    uint8_t room[ROOM];
    static const uint8_t one[BLACKLIST_FACTOR_LEN] = {1};
    static const uint8_t two[BLACKLIST_FACTOR_LEN] = {2};
    struct blacklist head = {.version = 1, .day = 20031008, .count = 2};
    struct builder b = builder_in(room, sizeof room);
    blacklist_begin(&b, &head);
    blacklist_put(&b, two, 1);
    blacklist_put(&b, one, 1); /* not sorted */
    assert_true(b.overflowed);

    b = builder_in(room, sizeof room);
    blacklist_begin(&b, &head);
    blacklist_put(&b, one, 1);
    blacklist_put(&b, one, 1); /* twice */
    assert_true(b.overflowed);

    b = builder_in(room, sizeof room);
    blacklist_begin(&b, &head);
    blacklist_put(&b, one, 1);
    blacklist_seal(&b); /* one of two */
    assert_true(b.overflowed);

    b = builder_in(room, sizeof room);
    blacklist_begin(&b, &head);
    blacklist_put(&b, one, 0); /* no reason */
    assert_true(b.overflowed);

    head.day = 20030231;
    b = builder_in(room, sizeof room);
    blacklist_begin(&b, &head);
    assert_true(b.overflowed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_reads_as_it_was_written),
        cmocka_unit_test(every_listed_card_is_found_and_no_other),
        cmocka_unit_test(every_prefix_and_every_longer_list_is_refused),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(a_list_that_makes_no_sense_is_refused_though_sealed),
        cmocka_unit_test(a_writer_that_breaks_its_word_overflows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
