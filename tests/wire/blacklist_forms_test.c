#include "wire/blacklist_forms.h"

#include "base/crc32.h"
#include "check.h"

enum { ROOM = 4096 };

static const struct blacklist before = {.version = 7, .day = 20031008, .time = 20000};
static const struct blacklist after = {.version = 9, .day = 20031008, .time = 21000};

/* What a list or an increment is made of: factors are one byte here, in the last place. */
struct entry {
    uint8_t factor, reason;
};

static size_t make_list(
    const struct entry *entries, uint32_t count, const struct blacklist *head, uint8_t room[ROOM]) {
    struct blacklist h = *head;
    struct builder b = builder_in(room, ROOM);
    h.count = count;
    blacklist_begin(&b, &h);
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t factor[8] = {[7] = entries[i].factor};
        blacklist_put(&b, factor, entries[i].reason);
    }
    blacklist_seal(&b);
    assert_false(b.overflowed);
    return b.len;
}

static size_t make_change(const struct entry *entries, uint32_t count, uint8_t room[ROOM]) {
    struct blacklist_change head = {.from = before, .to = after};
    struct builder b = builder_in(room, ROOM);
    head.to.count = count;
    change_begin(&b, &head);
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t factor[8] = {[7] = entries[i].factor};
        change_put(&b, factor, entries[i].reason);
    }
    change_seal(&b);
    assert_false(b.overflowed);
    assert_int_equal(b.len, change_room(count));
    return b.len;
}

static size_t make_bitmap(uint8_t room[ROOM], uint32_t last) {
    const struct blacklist_bitmap map = {
        .version = 9,
        .day = 20031008,
        .time = 21000,
        .range_count = 2,
        .ranges = {{'B', 1, 10}, {'C', 100, last}}
    };
    struct builder b = builder_in(room, ROOM);
    bitmap_begin(&b, &map);
    bitmap_set(&b, &map, 'B', 1);
    bitmap_set(&b, &map, 'B', 10);
    bitmap_set(&b, &map, 'C', 100);
    bitmap_seal(&b);
    assert_false(b.overflowed);
    assert_int_equal(b.len, bitmap_room(&map));
    return b.len;
}

static void seal_again(uint8_t *data, size_t len) {
    uint32_t seal = crc32_of(data, len - BLACKLIST_SEAL_LEN);
    for (size_t i = 0; i < BLACKLIST_SEAL_LEN; i++) {
        data[len - 1 - i] = (uint8_t)(seal >> 8 * i);
    }
}

/* --- increments ------------------------------------------------------------------------------------- */

static void an_increment_reads_as_it_was_written(void **state) {
    (void)state;
    static const struct entry entries[] = {
        {1, 2},
        {3, 0}
    };
    struct blacklist_change change;
    uint8_t room[ROOM];
    size_t len = make_change(entries, 2, room);
    assert_hex(bytes_of(room, CHANGE_HEADER_LEN),
        "5342424301000000072003100802000000000009200310080210000000"
        "0002");
    assert_true(change_decode(bytes_of(room, len), &change));
    assert_int_equal(change.from.version, 7);
    assert_int_equal(change.to.version, 9);
    assert_int_equal(change.to.count, 2);
    assert_int_equal(change.to.time, 21000);
}

/* Every pair of lists over four cards: the increment between them makes the second of the first. */
static void an_increment_turns_one_list_into_the_other(void **state) {
    (void)state;
    for (unsigned from = 0; from < 16; from++) {
        for (unsigned to = 0; to < 16; to++) {
            struct entry olds[4], news[4], changes[4];
            uint32_t old_count = 0;
            uint32_t new_count = 0;
            uint32_t change_count = 0;
            for (unsigned i = 0; i < 4; i++) {
                bool was = from >> i & 1u;
                bool is = to >> i & 1u;
                if (was) {
                    olds[old_count++] = (struct entry){(uint8_t)(2 * i), 1};
                }
                if (is) {
                    news[new_count++] = (struct entry){(uint8_t)(2 * i), was ? 1 : 3};
                }
                if (was != is) {
                    changes[change_count++] = (struct entry){(uint8_t)(2 * i), is ? 3 : 0};
                }
            }
            uint8_t old_room[ROOM], new_room[ROOM], change_bytes[ROOM], made[ROOM];
            struct blacklist list;
            struct blacklist_change change;
            size_t old_len = make_list(olds, old_count, &before, old_room);
            size_t new_len = make_list(news, new_count, &after, new_room);
            size_t change_len = make_change(changes, change_count, change_bytes);
            struct builder b = builder_in(made, blacklist_room(old_count + change_count));
            assert_true(blacklist_decode(bytes_of(old_room, old_len), &list));
            assert_true(change_decode(bytes_of(change_bytes, change_len), &change));
            assert_true(blacklist_apply(&list, &change, &b));
            assert_true(bytes_equal(builder_bytes(&b), bytes_of(new_room, new_len)));
        }
    }
}

/* forms 3: a gap in the versions forces a full list; so does another moment of the same version. */
static void an_increment_for_another_list_is_refused(void **state) {
    (void)state;
    uint8_t room[ROOM], change_bytes[ROOM], made[ROOM];
    struct blacklist list;
    struct blacklist_change change;
    assert_true(change_decode(bytes_of(change_bytes, make_change(NULL, 0, change_bytes)), &change));
    for (int i = 0; i < 4; i++) {
        struct blacklist head = before;
        head.version += i == 1;
        head.day += i == 2;
        head.time += i == 3;
        assert_true(blacklist_decode(bytes_of(room, make_list(NULL, 0, &head, room)), &list));
        struct builder b = builder_in(made, sizeof made);
        assert_int_equal(blacklist_apply(&list, &change, &b), i == 0);
    }
}

static void a_card_that_came_and_went_is_no_trouble(void **state) {
    (void)state;
    static const struct entry off[] = {
        {5, 0}
    };
    uint8_t room[ROOM], change_bytes[ROOM], made[ROOM];
    struct blacklist list;
    struct blacklist_change change;
    assert_true(blacklist_decode(bytes_of(room, make_list(NULL, 0, &before, room)), &list));
    assert_true(change_decode(bytes_of(change_bytes, make_change(off, 1, change_bytes)), &change));
    struct builder b = builder_in(made, sizeof made);
    assert_true(blacklist_apply(&list, &change, &b));
    assert_int_equal(b.len, blacklist_room(0));
}

static void an_increment_that_is_not_whole_is_refused(void **state) {
    (void)state;
    static const struct entry entries[] = {
        {1, 2},
        {3, 0},
        {4, 8}
    };
    struct blacklist_change change = {.entries = {0}};
    uint8_t room[ROOM] = {0};
    size_t len = make_change(entries, 3, room);
    for (size_t cut = 0; cut < len; cut++) {
        assert_false(change_decode(bytes_of(room, cut), &change));
    }
    assert_false(change_decode(bytes_of(room, len + 1), &change));
    for (size_t bit = 0; bit < 8 * len; bit++) {
        room[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(change_decode(bytes_of(room, len), &change));
        room[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    static const struct {
        size_t at;
        uint8_t value;
    } cases[] = {
        {4,                     2   },
        {11,                    0x13},
        {13,                    0x24},
        {22,                    0x13},
        {30,                    4   },
        {CHANGE_HEADER_LEN + 8, 9   },
        {CHANGE_HEADER_LEN + 7, 3   },
        {CHANGE_HEADER_LEN,     1   }
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        len = make_change(entries, 3, room);
        room[cases[i].at] = cases[i].value;
        seal_again(room, len);
        if (change_decode(bytes_of(room, len), &change)) {
            fail_msg("taken: case %zu", i);
        }
    }
}

/* --- bitmaps ------------------------------------------------------------------------------------------ */

static void a_bitmap_says_of_every_number_what_was_said(void **state) {
    (void)state;
    uint8_t room[ROOM];
    struct blacklist_bitmap map;
    assert_true(bitmap_decode(bytes_of(room, make_bitmap(room, 7)), &map));
    assert_int_equal(map.bits.len, 3);
    for (uint32_t serial = 0; serial < 120; serial++) {
        enum bitmap_answer b = serial == 0 || serial > 10    ? BITMAP_UNKNOWN
                               : serial == 1 || serial == 10 ? BITMAP_LISTED
                                                             : BITMAP_FREE;
        enum bitmap_answer c = serial < 100 || serial > 106 ? BITMAP_UNKNOWN
                               : serial == 100              ? BITMAP_LISTED
                                                            : BITMAP_FREE;
        assert_int_equal(bitmap_ask(&map, 'B', serial), b);
        assert_int_equal(bitmap_ask(&map, 'C', serial), c);
        assert_int_equal(bitmap_ask(&map, 'D', serial), BITMAP_UNKNOWN);
    }
}

static void a_number_in_no_range_makes_no_bitmap(void **state) {
    (void)state;
    uint8_t room[ROOM];
    const struct blacklist_bitmap map = {
        .version = 1, .day = 20031008, .range_count = 1, .ranges = {{'B', 1, 10}}};
    static const struct {
        char letter;
        uint32_t serial;
    } wrong[] = {
        {'B', 0         },
        {'B', 11        },
        {'C', 1         },
        {'B', UINT32_MAX}
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct builder b = builder_in(room, sizeof room);
        bitmap_begin(&b, &map);
        bitmap_set(&b, &map, wrong[i].letter, wrong[i].serial);
        bitmap_seal(&b);
        assert_true(b.overflowed);
    }
}

static void a_bitmap_that_is_not_whole_is_refused(void **state) {
    (void)state;
    struct blacklist_bitmap map = {.range_count = 0};
    uint8_t room[ROOM] = {0};
    size_t len = make_bitmap(room, 7);
    for (size_t cut = 0; cut < len; cut++) {
        assert_false(bitmap_decode(bytes_of(room, cut), &map));
    }
    for (size_t bit = 0; bit < 8 * len; bit++) {
        room[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(bitmap_decode(bytes_of(room, len), &map));
        room[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    static const struct {
        const char *title;
        size_t at;
        uint8_t value;
    } cases[] = {
        {"no ranges",                   16, 0   },
        {"too many ranges",             16, 9   },
        {"a letter that is none",       17, 'b' },
        {"a range of another length",   25, 20  },
        {"a range of half the world",   22, 0xFF},
        {"an empty range",              34, 0   },
        {"bits behind the last number", 37, 0x21},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        len = make_bitmap(room, 7);
        room[cases[i].at] = cases[i].value;
        seal_again(room, len);
        if (bitmap_decode(bytes_of(room, len), &map)) {
            fail_msg("taken: %s", cases[i].title);
        }
    }
}

/* --- envelopes ------------------------------------------------------------------------------------------ */

static void an_envelope_carries_its_list_and_says_what_is_signed(void **state) {
    (void)state;
    static const uint8_t id[ENVELOPE_KEY_ID_LEN] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct bytes list = bytes_text("anything");
    uint8_t room[ROOM] = {0};
    struct envelope envelope;
    struct builder b = builder_in(room, sizeof room);
    envelope_head(&b, id, list.len);
    put_bytes(&b, list);
    put_fill(&b, 0xEE, ENVELOPE_SIGNATURE_LEN);
    assert_int_equal(b.len, list.len + ENVELOPE_EXTRA_LEN);
    assert_true(envelope_decode(builder_bytes(&b), &envelope));
    assert_true(bytes_equal(envelope.list, list));
    assert_true(bytes_equal(envelope.key_id, bytes_of(id, sizeof id)));
    assert_int_equal(envelope.said.len, ENVELOPE_HEADER_LEN + list.len);
    assert_int_equal(envelope.signature.len, ENVELOPE_SIGNATURE_LEN);
    for (size_t len = 0; len <= b.len + 1; len++) {
        assert_int_equal(envelope_decode(bytes_of(room, len), &envelope), len == b.len);
    }
    room[5] = 2; /* another algorithm */
    assert_false(envelope_decode(bytes_of(room, b.len), &envelope));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_increment_reads_as_it_was_written),
        cmocka_unit_test(an_increment_turns_one_list_into_the_other),
        cmocka_unit_test(an_increment_for_another_list_is_refused),
        cmocka_unit_test(a_card_that_came_and_went_is_no_trouble),
        cmocka_unit_test(an_increment_that_is_not_whole_is_refused),
        cmocka_unit_test(a_bitmap_says_of_every_number_what_was_said),
        cmocka_unit_test(a_number_in_no_range_makes_no_bitmap),
        cmocka_unit_test(a_bitmap_that_is_not_whole_is_refused),
        cmocka_unit_test(an_envelope_carries_its_list_and_says_what_is_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
