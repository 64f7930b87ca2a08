#include "check.h"

#include "base/crc32.h"
#include "card/store/store.h"
#include "ports/sim/memory.h"

enum { SIZE = LAYOUT_SIZE_MIN };

/* What the tests change: three ranges of different lengths in two areas, one longer than what the
 * store moves at a time, and one range over another. The last byte of memory is among them. */
static const struct range {
    uint32_t at;
    uint32_t len;
} ranges[] = {
    {LAYOUT_LIFE,       1 },
    {LAYOUT_FILES + 10, 70},
    {LAYOUT_FILES + 60, 9 },
    {SIZE - 3,          3 },
};
enum { RANGE_COUNT = sizeof ranges / sizeof ranges[0] };

static struct memory memory;

/* A chip whose ranges hold `old` everywhere. */
static struct nvm make_chip(uint8_t old) {
    uint8_t fill[80];
    memory_make(&memory, SIZE, 1);
    struct nvm nvm = memory_nvm(&memory);
    (void)memset(fill, old, sizeof fill);
    for (size_t i = 0; i < RANGE_COUNT; i++) {
        assert_true(nvm.write(nvm.self, ranges[i].at, fill, ranges[i].len));
    }
    assert_true(store_format(&nvm));
    return nvm;
}

/* Stages `value` into all ranges; false as soon as the store says so. */
static bool stage_all(struct store *s, uint8_t value) {
    uint8_t fill[80];
    bool staged = true;
    (void)memset(fill, value, sizeof fill);
    for (size_t i = 0; staged && i < RANGE_COUNT; i++) {
        staged = store_write(s, ranges[i].at, fill, ranges[i].len);
    }
    return staged;
}

/* One whole batch, as a command makes it. */
static bool change_all(struct store *s, uint8_t value) {
    store_begin(s);
    return stage_all(s, value) && store_commit(s);
}

static bool all_are(const uint8_t *bytes, size_t len, uint8_t value) {
    bool same = true;
    for (size_t i = 0; i < len; i++) {
        same = same && bytes[i] == value;
    }
    return same;
}

/* True when every range, read through the store, holds nothing but `value`. */
static bool all_hold(const struct store *s, uint8_t value) {
    uint8_t seen[80];
    bool same = true;
    for (size_t i = 0; i < RANGE_COUNT; i++) {
        store_read(s, ranges[i].at, seen, ranges[i].len);
        same = same && all_are(seen, ranges[i].len, value);
    }
    return same;
}

/* The same in the cells themselves, behind the store's back. */
static bool cells_hold(uint8_t value) {
    bool same = true;
    for (size_t i = 0; i < RANGE_COUNT; i++) {
        same = same && all_are(memory.cells + ranges[i].at, ranges[i].len, value);
    }
    return same;
}

static void a_committed_batch_lasts(void **state) {
    (void)state;
    struct store s;
    struct nvm nvm = make_chip('o');
    assert_true(store_recover(&s, &nvm));
    assert_true(change_all(&s, 'n'));
    assert_true(cells_hold('n'));
    assert_true(store_recover(&s, &nvm));
    assert_true(all_hold(&s, 'n'));
}

static void reads_see_the_open_batch_and_forget_an_abandoned_one(void **state) {
    (void)state;
    struct store s;
    struct nvm nvm = make_chip('o');
    assert_true(store_recover(&s, &nvm));
    store_begin(&s);
    assert_true(stage_all(&s, 'n'));
    assert_true(all_hold(&s, 'n'));
    assert_true(cells_hold('o'));
    store_abandon(&s);
    assert_true(all_hold(&s, 'o'));
    assert_true(change_all(&s, 'm'));
    assert_true(all_hold(&s, 'm'));
}

/* A later staged range lies over an earlier one, in every position of the two to each other. */
static void the_last_write_of_a_batch_wins(void **state) {
    (void)state;
    for (uint32_t shift = 0; shift <= 12; shift++) {
        struct store s;
        uint8_t expected[24], seen[24];
        struct nvm nvm = make_chip('o');
        assert_true(store_recover(&s, &nvm));
        store_read(&s, LAYOUT_FILES + 200, expected, sizeof expected);
        store_begin(&s);
        assert_true(store_write(&s, LAYOUT_FILES + 206, "first.", 6));
        assert_true(store_write(&s, LAYOUT_FILES + 200 + shift, "second", 6));
        (void)memcpy(expected + 6, "first.", 6);
        (void)memcpy(expected + shift, "second", 6);
        store_read(&s, LAYOUT_FILES + 200, seen, sizeof seen);
        assert_memory_equal(seen, expected, sizeof seen);
        assert_true(store_commit(&s));
        store_read(&s, LAYOUT_FILES + 200, seen, sizeof seen);
        assert_memory_equal(seen, expected, sizeof seen);
    }
}

static void nothing_is_staged_without_a_batch(void **state) {
    (void)state;
    struct store s;
    struct nvm nvm = make_chip('o');
    assert_true(store_recover(&s, &nvm));
    assert_false(store_write(&s, LAYOUT_FILES, "x", 1));
    assert_false(store_commit(&s));
    store_begin(&s);
    assert_true(store_commit(&s));
    assert_false(store_commit(&s));
    assert_true(all_hold(&s, 'o'));
}

static void an_empty_batch_and_an_empty_range_cost_nothing(void **state) {
    (void)state;
    struct store s;
    struct nvm nvm = make_chip('o');
    assert_true(store_recover(&s, &nvm));
    uint64_t before = memory.writes;
    store_begin(&s);
    assert_true(store_write(&s, LAYOUT_FILES, "", 0));
    assert_true(store_commit(&s));
    assert_int_equal(memory.writes, before);
}

/* The page writes decide the speed of a card, so their number is a promise: 2n + 2. */
static void a_batch_of_n_ranges_costs_2n_and_2_writes(void **state) {
    (void)state;
    for (unsigned n = 1; n <= 6; n++) {
        struct store s;
        struct nvm nvm = make_chip('o');
        assert_true(store_recover(&s, &nvm));
        uint64_t before = memory.writes;
        store_begin(&s);
        for (unsigned i = 0; i < n; i++) {
            assert_true(store_write(&s, LAYOUT_FILES + 100 * i, "balance and number", 18));
        }
        assert_true(store_commit(&s));
        assert_int_equal(memory.writes - before, 2 * n + 2);
    }
}

/* Birth, journal, and what lies outside: a batch that tries is lost as a whole. */
static void only_life_and_files_can_be_changed(void **state) {
    (void)state;
    static const struct range forbidden[] = {
        {LAYOUT_BIRTH,                  1                  },
        {LAYOUT_LIFE - 1,               2                  },
        {LAYOUT_LIFE + LAYOUT_LIFE_LEN, 1                  },
        {LAYOUT_LIFE,                   LAYOUT_LIFE_LEN + 1},
        {LAYOUT_JOURNAL,                1                  },
        {LAYOUT_FILES - 1,              2                  },
        {SIZE,                          1                  },
        {SIZE - 1,                      2                  },
        {UINT32_MAX,                    2                  },
    };
    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++) {
        struct store s;
        uint8_t data[32] = {0};
        struct nvm nvm = make_chip('o');
        assert_true(store_recover(&s, &nvm));
        store_begin(&s);
        assert_true(stage_all(&s, 'n'));
        assert_false(store_write(&s, forbidden[i].at, data, forbidden[i].len));
        assert_false(store_write(&s, LAYOUT_FILES, data, 1));
        assert_true(all_hold(&s, 'o'));
        assert_false(store_commit(&s));
        assert_true(cells_hold('o'));
        assert_true(change_all(&s, 'n'));
    }
}

static void a_batch_fills_the_journal_to_the_last_byte_and_no_further(void **state) {
    (void)state;
    enum { MOST = STORE_BATCH_MAX - STORE_RECORD_HEAD };
    static uint8_t data[MOST + 1], seen[MOST];
    struct store s;
    struct nvm nvm = make_chip('o');
    assert_true(store_recover(&s, &nvm));
    (void)memset(data, 'n', sizeof data);
    store_begin(&s);
    assert_false(store_write(&s, LAYOUT_FILES, data, MOST + 1));
    assert_false(store_commit(&s));
    store_begin(&s);
    assert_true(store_write(&s, LAYOUT_FILES, data, MOST));
    assert_true(store_commit(&s));
    store_read(&s, LAYOUT_FILES, seen, MOST);
    assert_memory_equal(seen, data, MOST);
    store_begin(&s);
    assert_true(store_write(&s, LAYOUT_FILES, data, MOST));
    assert_false(store_write(&s, LAYOUT_FILES, data, 1));
    assert_false(store_commit(&s));
}

static void reading_outside_gives_zeros(void **state) {
    (void)state;
    struct store s;
    uint8_t seen[4] = {1, 1, 1, 1};
    struct nvm nvm = make_chip('o');
    assert_true(store_recover(&s, &nvm));
    store_read(&s, SIZE - 3, seen, 4);
    assert_hex(bytes_of(seen, 4), "00000000");
    (void)memset(seen, 1, 4);
    store_read(&s, UINT32_MAX - 1, seen, 4);
    assert_hex(bytes_of(seen, 4), "00000000");
}

static void filling_is_refused_while_something_is_staged(void **state) {
    (void)state;
    struct store s;
    struct nvm nvm = make_chip('o');
    assert_true(store_recover(&s, &nvm));
    assert_true(store_fill(&s, LAYOUT_FILES + 500, 0, 200));
    assert_int_equal(memory.cells[LAYOUT_FILES + 499], 0xFF);
    assert_int_equal(memory.cells[LAYOUT_FILES + 500], 0);
    assert_int_equal(memory.cells[LAYOUT_FILES + 699], 0);
    assert_int_equal(memory.cells[LAYOUT_FILES + 700], 0xFF);
    store_begin(&s);
    assert_true(store_fill(&s, LAYOUT_FILES + 500, 1, 1));
    assert_true(store_write(&s, LAYOUT_FILES, "x", 1));
    assert_false(store_fill(&s, LAYOUT_FILES + 500, 2, 1));
    store_abandon(&s);
    assert_false(store_fill(&s, LAYOUT_JOURNAL, 0, 1));
    assert_false(store_fill(&s, SIZE - 1, 0, 2));
}

static void a_memory_that_is_too_small_is_no_chip(void **state) {
    (void)state;
    struct store s;
    memory_make(&memory, LAYOUT_SIZE_MIN - 1, 1);
    struct nvm nvm = memory_nvm(&memory);
    assert_false(store_format(&nvm));
    assert_false(store_recover(&s, &nvm));
    store_begin(&s);
    assert_false(store_write(&s, LAYOUT_LIFE, "x", 1));
}

/* ---- cuts ---- */

/* What the byte at the edge of a cut may hold. */
static const uint8_t torn_values[] = {0x00, 0xFF, 0xA5, 'n'};

/* Copies a memory without the cells that the test does not use. */
static void memory_copy(struct memory *to, const struct memory *from) {
    (void)memcpy(to, from, offsetof(struct memory, cells) + SIZE);
}

/* After everything: power is back, the chip recovers, and it is of one piece and can go on. */
static void assert_whole(const struct nvm *nvm, bool must_be_new) {
    struct store s;
    memory_power(&memory);
    assert_true(store_recover(&s, nvm));
    bool is_new = all_hold(&s, 'n');
    assert_true(is_new || all_hold(&s, 'o'));
    assert_true(is_new || !must_be_new);
    assert_true(cells_hold(is_new ? 'n' : 'o'));
    assert_true(change_all(&s, 'z'));
    assert_true(store_recover(&s, nvm));
    assert_true(all_hold(&s, 'z'));
}

/* The memory lies cut after a batch; now the recovery itself is cut at each of its bytes, and the
 * recovery after that once more at each of its bytes. Returns how many ends were looked at. */
static unsigned cut_recovery(
    const struct nvm *nvm, bool committed, uint8_t torn, unsigned more_depth) {
    static struct memory kept[2];
    unsigned ends = 0;
    struct memory *before = &kept[more_depth];
    memory_copy(before, &memory);
    for (unsigned cut = 0;; cut++) {
        struct store s;
        memory_copy(&memory, before);
        memory_cut_after(&memory, cut, torn);
        if (store_recover(&s, nvm)) {
            break; /* the recovery fits into this much power */
        }
        assert_false(change_all(&s, 'x'));
        ends += more_depth > 0 ? cut_recovery(nvm, committed, torn, more_depth - 1) : 1;
        if (more_depth == 0) {
            assert_whole(nvm, committed);
        }
    }
    memory_copy(&memory, before);
    assert_whole(nvm, committed);
    return ends + 1;
}

/* Cuts the power at every byte of a batch, and at every byte of the recovery after it, and (where
 * torn is 0xA5) at every byte of the recovery after that. */
static void a_cut_at_any_byte_leaves_all_or_nothing(void **state) {
    (void)state;
    unsigned ends = 0;
    for (size_t t = 0; t < sizeof torn_values; t++) {
        bool done = false;
        for (unsigned cut = 0; !done; cut++) {
            struct store s;
            struct nvm nvm = make_chip('o');
            assert_true(store_recover(&s, &nvm));
            memory_cut_after(&memory, cut, torn_values[t]);
            done = change_all(&s, 'n');
            unsigned more_depth = torn_values[t] == 0xA5 ? 1 : 0;
            ends += cut_recovery(&nvm, done, torn_values[t], more_depth);
        }
    }
    print_message("store: %u ends of cuts survived\n", ends);
    assert_true(ends > 10000);
}

/* The journal may hold anything from earlier batches: a long one is sealed, then a short one is cut
 * everywhere. The old seal must never come back to life. */
static void an_older_batch_never_comes_back(void **state) {
    (void)state;
    bool done = false;
    for (unsigned cut = 0; !done; cut++) {
        struct store s;
        uint8_t seen;
        struct nvm nvm = make_chip('a');
        assert_true(store_recover(&s, &nvm));
        assert_true(change_all(&s, 'o'));
        memory_cut_after(&memory, cut, 'o');
        store_begin(&s);
        done = store_write(&s, LAYOUT_LIFE, "n", 1) && store_commit(&s);
        memory_power(&memory);
        assert_true(store_recover(&s, &nvm));
        store_read(&s, LAYOUT_LIFE, &seen, 1);
        assert_true(seen == 'n' || (seen == 'o' && !done));
        assert_int_equal(memory.cells[SIZE - 1], 'o');
    }
}

/* A filling of free space that is cut leaves the journal and everything owned as it was. */
static void a_cut_filling_harms_nothing(void **state) {
    (void)state;
    for (unsigned cut = 0; cut < 200; cut++) {
        struct store s;
        struct nvm nvm = make_chip('o');
        assert_true(store_recover(&s, &nvm));
        memory_cut_after(&memory, cut, 0xA5);
        assert_false(store_fill(&s, LAYOUT_FILES + 500, 0, 200));
        assert_whole(&nvm, false);
    }
}

/* ---- a memory that refuses ---- */

/* A port that refuses its n-th write and works before and after. */
static struct {
    unsigned until;
    bool torn; /* the refused write was done nevertheless */
} refusal;

static bool refusing_write(void *self, uint32_t at, const void *from, uint32_t len) {
    struct nvm real = memory_nvm(self);
    if (refusal.until-- == 0) {
        if (refusal.torn) {
            (void)real.write(real.self, at, from, len);
        }
        return false;
    }
    return real.write(real.self, at, from, len);
}

/* Every n-th write is refused, once without effect and once although it was done: the commit says
 * false, and after a reset the batch is whole or absent; what still answers tells no lies. */
static void a_refused_write_is_told_and_leaves_all_or_nothing(void **state) {
    (void)state;
    for (unsigned n = 0; n < 2 * (2 * RANGE_COUNT + 4); n++) {
        struct store s;
        struct nvm nvm = make_chip('o');
        struct nvm refusing = nvm;
        refusing.write = refusing_write;
        refusal.until = UINT32_MAX;
        assert_true(store_recover(&s, &refusing));
        refusal.until = n / 2;
        refusal.torn = n % 2;
        bool committed = change_all(&s, 'n');
        bool refused = refusal.until > 2 * RANGE_COUNT + 4;
        assert_int_equal(committed, !refused);
        assert_true(committed || s.stuck || all_hold(&s, 'o'));
        assert_whole(&nvm, committed);
    }
}

/* A cell that keeps something else than it was given is noticed before the seal is set. */
static bool lying_write(void *self, uint32_t at, const void *from, uint32_t len) {
    struct nvm real = memory_nvm(self);
    bool written = real.write(real.self, at, from, len);
    memory.cells[LAYOUT_JOURNAL_RECORDS + 9] = 0x55;
    return written;
}

static void a_worn_cell_of_the_journal_is_noticed(void **state) {
    (void)state;
    struct store s;
    struct nvm nvm = make_chip('o');
    struct nvm lying = nvm;
    lying.write = lying_write;
    assert_true(store_recover(&s, &lying));
    assert_false(change_all(&s, 'n'));
    assert_true(cells_hold('o'));
}

/* ---- seals ---- */

/* Flips each bit of a sealed journal in turn: only the whole seal is acted upon. */
static void a_flipped_bit_makes_the_seal_worthless(void **state) {
    (void)state;
    static struct memory sealed;
    struct store s;
    struct nvm nvm = make_chip('o');
    assert_true(store_recover(&s, &nvm));
    store_begin(&s);
    assert_true(stage_all(&s, 'n'));
    uint32_t staged = s.staged;
    memory_cut_after(&memory, LAYOUT_JOURNAL_SEAL_LEN, 'o');
    assert_false(store_commit(&s));
    assert_true(cells_hold('o'));
    memory_power(&memory);
    memory_copy(&sealed, &memory);
    for (uint32_t bit = 0; bit < 8 * (LAYOUT_JOURNAL_SEAL_LEN + staged); bit++) {
        memory_copy(&memory, &sealed);
        memory.cells[LAYOUT_JOURNAL + bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_true(store_recover(&s, &nvm));
        assert_true(all_hold(&s, 'o'));
    }
    memory_copy(&memory, &sealed);
    assert_true(store_recover(&s, &nvm));
    assert_true(all_hold(&s, 'n'));
}

/* Puts one record into the journal and a seal with the right checksum over it. */
static void seal_by_hand(const struct nvm *nvm, const uint8_t *record, uint8_t len) {
    uint32_t crc = crc32_of(record, len);
    const uint8_t seal[] = {0, len, 0xFF, (uint8_t)~len, (uint8_t)(crc >> 24), (uint8_t)(crc >> 16),
        (uint8_t)(crc >> 8), (uint8_t)crc};
    assert_true(nvm->write(nvm->self, LAYOUT_JOURNAL, seal, sizeof seal));
    assert_true(nvm->write(nvm->self, LAYOUT_JOURNAL_RECORDS, record, len));
}

/* Even a seal with the right checksum cannot send bytes to birth or out of the memory, and cannot
 * speak of bytes that it does not cover. */
static void a_seal_cannot_reach_outside_life_and_files(void **state) {
    (void)state;
    static const struct {
        const char *title;
        uint32_t at;
        uint16_t len;
    } cases[] = {
        {"birth",                    LAYOUT_BIRTH,      1},
        {"the journal itself",       LAYOUT_JOURNAL,    1},
        {"behind the memory",        SIZE,              1},
        {"the end of all addresses", UINT32_MAX,        1},
        {"a range of nothing",       LAYOUT_FILES + 10, 0},
        {"more than the seal has",   LAYOUT_FILES + 10, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct store s;
        struct nvm nvm = make_chip('o');
        uint32_t at = cases[i].at;
        const uint8_t record[] = {(uint8_t)(at >> 24), (uint8_t)(at >> 16), (uint8_t)(at >> 8),
            (uint8_t)at, 0, (uint8_t)cases[i].len, 'n'};
        seal_by_hand(&nvm, record, sizeof record);
        assert_true(store_recover(&s, &nvm));
        assert_int_equal(memory.cells[LAYOUT_BIRTH], 0xFF);
        assert_true(all_hold(&s, 'o'));
        assert_true(change_all(&s, 'n'));
    }
}

static void a_dark_memory_cannot_be_made_a_chip(void **state) {
    (void)state;
    struct nvm nvm = make_chip('o');
    memory_cut_after(&memory, 3, 0xA5);
    assert_false(store_format(&nvm));
}

/* The commit is cut while it copies home: until a reset has finished it, nothing else is done. */
static void a_stuck_store_refuses_everything_until_reset(void **state) {
    (void)state;
    struct store s;
    struct nvm nvm = make_chip('o');
    assert_true(store_recover(&s, &nvm));
    store_begin(&s);
    assert_true(stage_all(&s, 'n'));
    memory_cut_after(&memory, LAYOUT_JOURNAL_SEAL_LEN + 20, 0xA5);
    assert_false(store_commit(&s));
    memory_power(&memory);
    assert_true(s.stuck);
    assert_false(change_all(&s, 'x'));
    store_begin(&s);
    assert_false(store_commit(&s));
    assert_false(store_fill(&s, LAYOUT_FILES + 500, 0, 1));
    assert_true(store_recover(&s, &nvm));
    assert_true(all_hold(&s, 'n'));
}

/* Blank cells, zeros and random bytes in the journal are no seal. */
static void whatever_a_new_memory_holds_is_no_seal(void **state) {
    (void)state;
    for (unsigned seed = 0; seed < 200; seed++) {
        struct store s;
        struct nvm nvm = make_chip('o');
        if (seed < 2) {
            (void)memset(memory.cells + LAYOUT_JOURNAL, seed ? 0xFF : 0, 1024);
        } else {
            memory.seed = seed;
            nvm.random(nvm.self, memory.cells + LAYOUT_JOURNAL, 1024);
        }
        assert_true(store_recover(&s, &nvm));
        assert_true(all_hold(&s, 'o'));
        assert_true(change_all(&s, 'n'));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_committed_batch_lasts),
        cmocka_unit_test(reads_see_the_open_batch_and_forget_an_abandoned_one),
        cmocka_unit_test(the_last_write_of_a_batch_wins),
        cmocka_unit_test(nothing_is_staged_without_a_batch),
        cmocka_unit_test(an_empty_batch_and_an_empty_range_cost_nothing),
        cmocka_unit_test(a_batch_of_n_ranges_costs_2n_and_2_writes),
        cmocka_unit_test(only_life_and_files_can_be_changed),
        cmocka_unit_test(a_batch_fills_the_journal_to_the_last_byte_and_no_further),
        cmocka_unit_test(reading_outside_gives_zeros),
        cmocka_unit_test(filling_is_refused_while_something_is_staged),
        cmocka_unit_test(a_memory_that_is_too_small_is_no_chip),
        cmocka_unit_test(a_cut_at_any_byte_leaves_all_or_nothing),
        cmocka_unit_test(an_older_batch_never_comes_back),
        cmocka_unit_test(a_cut_filling_harms_nothing),
        cmocka_unit_test(a_refused_write_is_told_and_leaves_all_or_nothing),
        cmocka_unit_test(a_worn_cell_of_the_journal_is_noticed),
        cmocka_unit_test(a_flipped_bit_makes_the_seal_worthless),
        cmocka_unit_test(a_dark_memory_cannot_be_made_a_chip),
        cmocka_unit_test(a_stuck_store_refuses_everything_until_reset),
        cmocka_unit_test(a_seal_cannot_reach_outside_life_and_files),
        cmocka_unit_test(whatever_a_new_memory_holds_is_no_seal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
