#include "check.h"

#include "base/builder.h"
#include "base/crc32.h"
#include "card/store/store.h"
#include "ports/sim/memory.h"

enum { SIZE = LAYOUT_SIZE_MIN, PAGES = LAYOUT_RING_LEN / NVM_PAGE };

/* What the tests change: ranges of different lengths in two areas, one longer than a page, and one
 * range over another. The last byte of memory is among them. */
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
static struct nvm nvm; /* over the memory; the store keeps a pointer to it */

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

/* A chip whose ranges hold `old` everywhere: at home, with nothing in the ring. */
static void make_chip(struct store *s, uint8_t old) {
    memory_make(&memory, SIZE, 1);
    nvm = memory_nvm(&memory);
    for (size_t i = 0; i < RANGE_COUNT; i++) {
        (void)memset(memory.cells + ranges[i].at, old, ranges[i].len);
    }
    assert_true(store_format(&nvm));
    assert_true(store_recover(s, &nvm));
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

/* The same in the cells at home, behind the store's back. */
static bool cells_hold(uint8_t value) {
    bool same = true;
    for (size_t i = 0; i < RANGE_COUNT; i++) {
        same = same && all_are(memory.cells + ranges[i].at, ranges[i].len, value);
    }
    return same;
}

/* Commits one byte at a place of the files. */
static void put_byte(struct store *s, uint32_t offset, uint8_t value) {
    store_begin(s);
    assert_true(store_write(s, LAYOUT_FILES + offset, &value, 1));
    assert_true(store_commit(s));
}

/* ---- batches ---- */

static void a_committed_batch_lasts(void **state) {
    (void)state;
    struct store s;
    make_chip(&s, 'o');
    assert_true(change_all(&s, 'n'));
    assert_true(all_hold(&s, 'n'));
    assert_true(store_recover(&s, &nvm));
    assert_true(all_hold(&s, 'n'));
}

static void reads_see_the_open_batch_and_forget_an_abandoned_one(void **state) {
    (void)state;
    struct store s;
    make_chip(&s, 'o');
    store_begin(&s);
    assert_true(stage_all(&s, 'n'));
    assert_true(all_hold(&s, 'n'));
    assert_true(cells_hold('o'));
    store_abandon(&s);
    assert_true(all_hold(&s, 'o'));
    assert_true(change_all(&s, 'm'));
    assert_true(all_hold(&s, 'm'));
    store_begin(&s);
    assert_true(stage_all(&s, 'n'));
    store_begin(&s); /* abandons the one that was left open */
    assert_true(all_hold(&s, 'm'));
}

/* A later staged range lies over an earlier one, in every position of the two to each other. */
static void the_last_write_of_a_batch_wins(void **state) {
    (void)state;
    for (uint32_t shift = 0; shift <= 12; shift++) {
        struct store s;
        uint8_t expected[24], seen[24];
        make_chip(&s, 'o');
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
    make_chip(&s, 'o');
    assert_false(store_write(&s, LAYOUT_FILES, "x", 1));
    assert_false(store_fill(&s, LAYOUT_FILES, 0, 1));
    assert_false(store_commit(&s));
    store_begin(&s);
    assert_true(store_commit(&s));
    assert_false(store_commit(&s));
    assert_true(all_hold(&s, 'o'));
}

static void an_empty_batch_and_an_empty_range_cost_nothing(void **state) {
    (void)state;
    struct store s;
    make_chip(&s, 'o');
    uint64_t before = memory.programs;
    store_begin(&s);
    assert_true(store_write(&s, LAYOUT_FILES, "", 0));
    assert_true(store_commit(&s));
    assert_int_equal(memory.programs, before);
}

/* The page programmings decide the speed of a card, so their number is a promise: as many as the
 * batch has pages. Of one range of n bytes that is (9 + 4 + n) / 32, rounded up. */
static void a_batch_costs_as_many_programmings_as_it_has_pages(void **state) {
    (void)state;
    static const uint8_t data[STORE_BATCH_MAX];
    for (uint32_t len = 1; len <= STORE_BATCH_MAX - STORE_RECORD_HEAD; len++) {
        struct store s;
        make_chip(&s, 'o');
        uint64_t before = memory.programs;
        store_begin(&s);
        assert_true(store_write(&s, LAYOUT_FILES, data, len));
        assert_true(store_commit(&s));
        uint32_t bytes = STORE_BATCH_HEAD + STORE_RECORD_HEAD + len;
        assert_int_equal(memory.programs - before, (bytes + NVM_PAGE - 1) / NVM_PAGE);
    }
}

/* Birth, seed, ring, and what lies outside: a batch that tries is lost as a whole. */
static void only_life_and_files_can_be_changed(void **state) {
    (void)state;
    static const struct range forbidden[] = {
        {LAYOUT_BIRTH,                  1                  },
        {LAYOUT_SEED,                   1                  },
        {LAYOUT_LIFE - 1,               2                  },
        {LAYOUT_LIFE + LAYOUT_LIFE_LEN, 1                  },
        {LAYOUT_LIFE,                   LAYOUT_LIFE_LEN + 1},
        {LAYOUT_RING,                   1                  },
        {LAYOUT_FILES - 1,              2                  },
        {SIZE,                          1                  },
        {SIZE - 1,                      2                  },
        {UINT32_MAX,                    2                  },
    };
    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++) {
        struct store s;
        uint8_t data[32] = {0};
        make_chip(&s, 'o');
        store_begin(&s);
        assert_true(stage_all(&s, 'n'));
        assert_false(store_write(&s, forbidden[i].at, data, forbidden[i].len));
        assert_false(store_write(&s, LAYOUT_FILES, data, 1));
        assert_true(all_hold(&s, 'o'));
        assert_false(store_commit(&s));
        assert_true(all_hold(&s, 'o'));
        assert_true(change_all(&s, 'n'));
    }
}

/* Whatever lies in the ring, the longest batch finds room. */
static void a_batch_takes_so_much_to_the_last_byte_and_no_further(void **state) {
    (void)state;
    enum { MOST = STORE_BATCH_MAX - STORE_RECORD_HEAD };
    static uint8_t data[MOST + 1], seen[MOST];
    struct store s;
    make_chip(&s, 'o');
    for (unsigned i = 0; i < 40; i++) {
        (void)memset(data, (int)('a' + i), sizeof data);
        store_begin(&s);
        assert_false(store_write(&s, LAYOUT_FILES, data, MOST + 1));
        assert_false(store_commit(&s));
        put_byte(&s, 500 + 35 * i, 'c');
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
}

static void reading_outside_gives_zeros(void **state) {
    (void)state;
    struct store s;
    uint8_t seen[4] = {1, 1, 1, 1};
    make_chip(&s, 'o');
    store_read(&s, SIZE - 3, seen, 4);
    assert_hex(bytes_of(seen, 4), "00000000");
    (void)memset(seen, 1, 4);
    store_read(&s, UINT32_MAX - 1, seen, 4);
    assert_hex(bytes_of(seen, 4), "00000000");
    store_read(&s, SIZE, seen, 0);
}

static void a_memory_of_another_size_is_no_chip(void **state) {
    (void)state;
    static const uint32_t sizes[] = {
        0, LAYOUT_SIZE_MIN - NVM_PAGE, LAYOUT_SIZE_MIN + 1, LAYOUT_SIZE_MAX + NVM_PAGE};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct store s;
        memory_make(&memory, SIZE, 1);
        nvm = memory_nvm(&memory);
        nvm.size = sizes[i];
        assert_false(store_format(&nvm));
        assert_false(store_recover(&s, &nvm));
        store_begin(&s);
        assert_false(store_write(&s, LAYOUT_LIFE, "x", 1));
    }
}

/* A port that maps its cells and one that does not are the same to everybody. */
static void cells_need_not_be_in_the_address_space(void **state) {
    (void)state;
    struct store s;
    make_chip(&s, 'o');
    nvm.cells = NULL;
    assert_true(store_recover(&s, &nvm));
    for (unsigned i = 0; i < 100; i++) {
        assert_true(change_all(&s, (uint8_t)i));
        assert_true(all_hold(&s, (uint8_t)i));
    }
    assert_true(store_recover(&s, &nvm));
    assert_true(all_hold(&s, 99));
    nvm.cells = memory.cells;
    assert_true(store_recover(&s, &nvm));
    assert_true(all_hold(&s, 99));
}

/* Every size of chip has its regions and none beyond. */
static void the_last_byte_of_every_size_is_kept(void **state) {
    (void)state;
    for (uint32_t size = LAYOUT_SIZE_MIN; size <= MEMORY_MAX;
         size += size < 8192 ? NVM_PAGE : 4096) {
        struct store s;
        uint8_t seen = 0;
        memory_make(&memory, size, 1);
        nvm = memory_nvm(&memory);
        assert_true(store_format(&nvm));
        assert_true(store_recover(&s, &nvm));
        put_byte(&s, size - 1 - LAYOUT_FILES, 'x');
        store_read(&s, size - 1, &seen, 1);
        assert_int_equal(seen, 'x');
        assert_true(store_recover(&s, &nvm));
        store_read(&s, size - 1, &seen, 1);
        assert_int_equal(seen, 'x');
    }
}

/* ---- filling ---- */

static void filling_is_refused_while_something_is_staged(void **state) {
    (void)state;
    struct store s;
    make_chip(&s, 'o');
    store_begin(&s);
    assert_true(store_write(&s, LAYOUT_FILES, "x", 1));
    assert_false(store_fill(&s, LAYOUT_FILES + 500, 2, 1));
    store_abandon(&s);
    store_begin(&s);
    assert_false(store_fill(&s, LAYOUT_RING, 0, 1));
    assert_false(store_fill(&s, SIZE - 1, 0, 2));
    store_abandon(&s);
}

/* Whole pages are programmed at once; the rest belongs to the batch, for the pages there may have
 * neighbours. Every position of the range to the pages. */
static void a_filling_touches_its_range_and_nothing_else(void **state) {
    (void)state;
    for (uint32_t first = 0; first < NVM_PAGE; first++) {
        for (uint32_t len = 0; len < 4 * NVM_PAGE; len += 1 + first % 3) {
            struct store s;
            uint8_t seen[6 * NVM_PAGE];
            make_chip(&s, 'o');
            uint32_t at = LAYOUT_FILES + 512 + first;
            store_begin(&s);
            assert_true(store_fill(&s, at, 'f', len));
            assert_true(store_commit(&s));
            assert_true(store_recover(&s, &nvm));
            store_read(&s, LAYOUT_FILES + 512, seen, sizeof seen);
            assert_true(all_are(seen, first, 0xFF));
            assert_true(all_are(seen + first, len, 'f'));
            assert_true(all_are(seen + first + len, sizeof seen - first - len, 0xFF));
        }
    }
}

/* What an older batch wrote into the range does not come back over the filling. (store 7) */
static void a_filling_lies_over_what_the_ring_held(void **state) {
    (void)state;
    struct store s;
    uint8_t seen[200];
    make_chip(&s, 'o');
    for (unsigned i = 0; i < 5; i++) {
        put_byte(&s, 500 + 40 * i, 'x');
    }
    put_byte(&s, 900, 'y');
    store_begin(&s);
    assert_true(store_fill(&s, LAYOUT_FILES + 500, 0, sizeof seen));
    assert_true(store_commit(&s));
    store_read(&s, LAYOUT_FILES + 500, seen, sizeof seen);
    assert_true(all_are(seen, sizeof seen, 0));
    assert_true(store_recover(&s, &nvm));
    store_read(&s, LAYOUT_FILES + 500, seen, sizeof seen);
    assert_true(all_are(seen, sizeof seen, 0));
    store_read(&s, LAYOUT_FILES + 900, seen, 1);
    assert_int_equal(seen[0], 'y');
}

/* ---- the ring ---- */

/* Hot bytes stay in the ring, which wears alike everywhere; their home is never programmed. */
static void hot_bytes_wear_the_ring_evenly_and_their_home_not_at_all(void **state) {
    (void)state;
    enum { LAPS = 50 };
    struct store s;
    make_chip(&s, 'o');
    memory_wear_begin(&memory);
    for (unsigned i = 0; i < LAPS * PAGES; i++) {
        put_byte(&s, 40, (uint8_t)i);
    }
    for (unsigned page = 0; page < PAGES; page++) {
        assert_int_equal(memory.worn[LAYOUT_RING / NVM_PAGE + page], LAPS);
    }
    assert_int_equal(memory.worn[(LAYOUT_FILES + 40) / NVM_PAGE], 0);
    assert_int_equal(memory_wear(&memory).programs, LAPS * PAGES);
    assert_int_equal(memory.cells[LAYOUT_FILES + 40], 'o');
}

/* Bytes that are written once go home when their room in the ring is wanted, and only once. */
static void cold_bytes_go_home_once(void **state) {
    (void)state;
    enum { COLD = 20 };
    struct store s;
    make_chip(&s, 'o');
    memory_wear_begin(&memory);
    for (unsigned i = 0; i < COLD; i++) {
        put_byte(&s, 200 + NVM_PAGE * i, 'c');
    }
    for (unsigned i = 0; i < 10 * PAGES; i++) {
        put_byte(&s, 40, (uint8_t)i);
    }
    for (unsigned i = 0; i < COLD; i++) {
        uint32_t at = LAYOUT_FILES + 200 + NVM_PAGE * i;
        assert_int_equal(memory.cells[at], 'c');
        assert_int_equal(memory.worn[at / NVM_PAGE], 1);
    }
}

/* A page whose bytes are all in the ring needs no image on its way home. */
static void a_whole_page_goes_home_in_one_programming(void **state) {
    (void)state;
    struct store s;
    uint8_t data[NVM_PAGE];
    make_chip(&s, 'o');
    (void)memset(data, 'w', sizeof data);
    store_begin(&s);
    assert_true(store_write(&s, LAYOUT_FILES + 512, data, sizeof data));
    assert_true(store_commit(&s));
    uint64_t before = memory.programs;
    for (unsigned i = 0; i < PAGES; i++) {
        put_byte(&s, 40, (uint8_t)i);
    }
    assert_memory_equal(memory.cells + LAYOUT_FILES + 512, data, sizeof data);
    assert_int_equal(memory.programs - before, PAGES + 2); /* it, and a new tail */
}

/* A tidied ring has room: what a purchase and its PIN take costs no way home. */
static void after_tidying_money_need_not_wait(void **state) {
    (void)state;
    struct store s;
    static const uint8_t data[42];
    make_chip(&s, 'o');
    for (unsigned round = 0; round < 300; round++) {
        put_byte(&s, (round * 37) % 1500, (uint8_t)round); /* cold, everywhere */
        store_tidy(&s);
        uint64_t before = memory.programs;
        put_byte(&s, 1600, 1);
        put_byte(&s, 1600, 3);
        assert_int_equal(memory.programs - before, 2);
        store_begin(&s);
        assert_true(store_write(&s, LAYOUT_FILES + 1700, data, sizeof data));
        assert_true(store_commit(&s));
        assert_int_equal(memory.programs - before, 4);
    }
}

static void tidying_inside_a_batch_or_with_room_does_nothing(void **state) {
    (void)state;
    struct store s;
    make_chip(&s, 'o');
    for (unsigned i = 0; i < 200; i++) {
        uint64_t before = memory.programs;
        store_begin(&s);
        uint64_t begun = memory.programs;
        store_tidy(&s);
        assert_int_equal(memory.programs, begun);
        assert_true(store_write(&s, LAYOUT_FILES + (i * 41) % 1800, "x", 1));
        store_tidy(&s);
        assert_true(store_commit(&s));
        assert_true(i > 0 || memory.programs == before + 1);
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
 * false, and after a reset the batch is whole or absent; what still answers tells no lies. The ring
 * is short of room, so that pages on their way home are among the refused. */
static void a_refused_write_is_told_and_leaves_all_or_nothing(void **state) {
    (void)state;
    unsigned refusals = 0;
    for (unsigned n = 0; n < 60; n++) {
        struct store s;
        make_chip(&s, 'o');
        struct nvm refusing = nvm;
        refusing.write = refusing_write;
        refusal.until = UINT32_MAX;
        assert_true(store_recover(&s, &refusing));
        for (unsigned i = 0; i < 49; i++) {
            put_byte(&s, 300 + 27 * i, (uint8_t)i);
        }
        refusal.until = n / 2;
        refusal.torn = n % 2;
        store_begin(&s);
        bool committed = stage_all(&s, 'n') && store_commit(&s);
        bool refused = refusal.until > n;
        refusals += refused;
        assert_int_equal(committed, !refused);
        assert_true(committed || s.stuck || all_hold(&s, 'o'));
        assert_true(store_recover(&s, &nvm));
        bool is_new = all_hold(&s, 'n');
        assert_true(is_new || (all_hold(&s, 'o') && !committed));
        for (unsigned i = 0; i < 49; i++) {
            uint8_t seen;
            store_read(&s, LAYOUT_FILES + 300 + 27 * i, &seen, 1);
            assert_int_equal(seen, i);
        }
        assert_true(change_all(&s, 'z'));
    }
    assert_in_range(refusals, 10, 59);
}

/* A cell that keeps something else than it was given is noticed before the batch counts. */
static bool lying_write(void *self, uint32_t at, const void *from, uint32_t len) {
    struct nvm real = memory_nvm(self);
    bool written = real.write(real.self, at, from, len);
    memory.cells[LAYOUT_RING + NVM_PAGE + 9] = 0x55;
    return written;
}

static void a_worn_cell_of_the_ring_is_noticed(void **state) {
    (void)state;
    struct store s;
    make_chip(&s, 'o');
    struct nvm lying = nvm;
    lying.write = lying_write;
    assert_true(store_recover(&s, &lying));
    assert_false(change_all(&s, 'n'));
    assert_true(all_hold(&s, 'o'));
    assert_true(store_recover(&s, &nvm));
    assert_true(all_hold(&s, 'o'));
}

static void a_dark_memory_cannot_be_made_a_chip(void **state) {
    (void)state;
    struct store s;
    make_chip(&s, 'o');
    memory_cut_after(&memory, 0, TEAR_OLD);
    assert_false(store_format(&nvm));
}

/* The last page of a batch is refused: until a reset has found out, nothing else is done. */
static void a_stuck_store_refuses_everything_until_reset(void **state) {
    (void)state;
    struct store s;
    make_chip(&s, 'o');
    store_begin(&s);
    assert_true(stage_all(&s, 'n'));
    memory_cut_after(&memory, 1, TEAR_NEW); /* the page that was begun, and then the first */
    assert_false(store_commit(&s));
    memory_power(&memory);
    assert_true(s.stuck);
    assert_true(all_hold(&s, 0));
    assert_false(change_all(&s, 'x'));
    store_begin(&s);
    assert_false(store_commit(&s));
    store_begin(&s);
    assert_false(store_fill(&s, LAYOUT_FILES + 500, 0, 1));
    uint64_t before = memory.programs;
    store_tidy(&s);
    assert_int_equal(memory.programs, before);
    assert_true(store_recover(&s, &nvm));
    assert_true(all_hold(&s, 'n'));
}

/* ---- what is trusted ---- */

/* Flips each bit of the ring in turn, with three batches in it: the newest one is as if it never
 * was, older ones make a chip that does not answer, and nothing else is ever to be seen. */
static void a_flipped_bit_is_never_believed(void **state) {
    (void)state;
    static struct memory sealed;
    struct store s;
    make_chip(&s, 'o');
    unsigned counts[3] = {0}; /* refused, old, new */
    put_byte(&s, 1500, 'p');
    put_byte(&s, 1500 + NVM_PAGE, 'q');
    assert_true(change_all(&s, 'n'));
    memory_copy(&sealed, &memory);
    for (uint32_t bit = 0; bit < 8 * 8 * NVM_PAGE; bit++) {
        uint8_t seen[2];
        memory_copy(&memory, &sealed);
        memory.cells[LAYOUT_RING + bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (!store_recover(&s, &nvm)) {
            counts[0]++;
            continue;
        }
        bool is_new = all_hold(&s, 'n');
        counts[is_new ? 2 : 1]++;
        assert_true(is_new || all_hold(&s, 'o'));
        store_read(&s, LAYOUT_FILES + 1500, seen, 1);
        store_read(&s, LAYOUT_FILES + 1500 + NVM_PAGE, seen + 1, 1);
        assert_memory_equal(seen, "pq", 2);
    }
    assert_int_equal(counts[0], 8 * 2 * 14); /* two batches of one byte */
    assert_int_equal(counts[1], 8 * (9 + 16 + 83));
}

/* The checksum of a batch, as store.c makes it: over the ranges, then over the head. */
static size_t batch_by_hand(
    uint32_t seed, uint16_t number, uint8_t tail, struct bytes data, uint8_t *room) {
    struct builder b = builder_in(room, STORE_BATCH_HEAD + data.len);
    put_u32(&b, 0);
    put_u16(&b, number);
    put_u8(&b, tail);
    put_u16(&b, (uint16_t)(STORE_BATCH_HEAD + data.len));
    put_bytes(&b, data);
    uint32_t crc = crc32_more(crc32_more(seed, data), bytes_of(room + 4, 5));
    struct builder head = builder_in(room, 4);
    put_u32(&head, crc);
    return b.len;
}

static uint32_t seed_of_chip(void) {
    struct cursor c = cursor_over(bytes_of(memory.cells + LAYOUT_SEED, LAYOUT_SEED_LEN));
    return cursor_u32(&c);
}

/* The right seed and a right checksum: this is what a batch looks like, byte for byte. */
static void a_batch_looks_as_the_sheet_says(void **state) {
    (void)state;
    struct store s;
    uint8_t room[NVM_PAGE], data[6];
    make_chip(&s, 'o');
    put_byte(&s, 7, 1);
    struct builder b = builder_in(data, sizeof data);
    put_u32(&b, (LAYOUT_FILES + 8) << 12 | 2);
    put_bytes(&b, bytes_text("hi"));
    store_begin(&s);
    assert_true(store_write(&s, LAYOUT_FILES + 8, "hi", 2));
    assert_true(store_commit(&s));
    size_t len = batch_by_hand(seed_of_chip(), 2, 0, builder_bytes(&b), room);
    assert_memory_equal(memory.cells + LAYOUT_RING + NVM_PAGE, room, len);
}

/* A stranger writes into a file what would be a batch if it began a page of the ring, which the
 * long record sees to. He does not know the seed: it is never taken for one. */
static void a_record_that_looks_like_a_batch_is_none(void **state) {
    (void)state;
    for (unsigned right = 0; right < 2; right++) {
        struct store s;
        uint8_t record[4 * NVM_PAGE] = {0}, room[NVM_PAGE], data[5];
        make_chip(&s, 'o');
        struct builder b = builder_in(data, sizeof data);
        put_u32(&b, LAYOUT_LIFE << 12 | 1);
        put_u8(&b, 'n');
        uint32_t seed = right ? seed_of_chip() : 0; /* the first checksum of any other program */
        size_t len = batch_by_hand(seed, 9, 1, builder_bytes(&b), room);
        uint32_t to_page = NVM_PAGE - STORE_BATCH_HEAD - STORE_RECORD_HEAD;
        (void)memcpy(record + to_page, room, len);
        store_begin(&s);
        assert_true(store_write(&s, LAYOUT_FILES + 200, record, sizeof record));
        assert_true(store_commit(&s));
        bool taken = !store_recover(&s, &nvm) || !all_hold(&s, 'o');
        assert_int_equal(
            taken, right); /* with the seed it would be: so it is the seed that helps */
    }
}

/* Even a batch with the right checksum cannot send bytes to birth or out of the memory, and cannot
 * speak of bytes that it does not have: such a chip does not answer. */
static void a_batch_cannot_reach_outside_life_and_files(void **state) {
    (void)state;
    static const struct {
        const char *title;
        uint32_t at;
        uint16_t len;
        uint8_t tail;
    } cases[] = {
        {"birth",                    LAYOUT_BIRTH,      1,  0   },
        {"the seed",                 LAYOUT_SEED,       1,  0   },
        {"the ring itself",          LAYOUT_RING,       1,  0   },
        {"behind the memory",        SIZE,              1,  0   },
        {"the end of all addresses", 0xFFFFF,           1,  0   },
        {"a range of nothing",       LAYOUT_FILES + 10, 0,  0   },
        {"more than the batch has",  LAYOUT_FILES + 10, 2,  0   },
        {"a tail that is no batch",  LAYOUT_FILES + 10, 1,  5   },
        {"an image of birth",        LAYOUT_BIRTH,      32, 0x80},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct store s;
        uint8_t room[64] = {0}, data[40] = {0};
        make_chip(&s, 'o');
        struct builder b = builder_in(data, sizeof data);
        put_u32(&b, cases[i].at << 12 | cases[i].len);
        put_fill(&b, 'n', cases[i].len == 32 ? 32 : 1);
        size_t len = batch_by_hand(seed_of_chip(), 1, cases[i].tail, builder_bytes(&b), room);
        (void)memcpy(memory.cells + LAYOUT_RING, room, len);
        if (store_recover(&s, &nvm)) {
            fail_msg("%s: was believed", cases[i].title);
        }
        assert_int_equal(memory.cells[LAYOUT_BIRTH], 0xFF);
        assert_false(change_all(&s, 'x'));
    }
}

/* Blank cells, zeros and random bytes in the ring are no batch. */
static void whatever_a_new_memory_holds_is_no_batch(void **state) {
    (void)state;
    for (unsigned seed = 0; seed < 200; seed++) {
        struct store s;
        make_chip(&s, 'o');
        uint8_t *ring = memory.cells + LAYOUT_RING;
        if (seed < 2) {
            (void)memset(ring, seed ? 0xFF : 0, LAYOUT_RING_LEN);
        } else {
            memory.seed = seed;
            nvm.random(nvm.self, ring, LAYOUT_RING_LEN);
        }
        assert_true(store_recover(&s, &nvm));
        assert_true(all_hold(&s, 'o'));
        assert_true(change_all(&s, 'n'));
    }
}

/* A new seed makes every batch of the old one worthless: a chip that is made again is empty. */
static void a_format_forgets_the_ring(void **state) {
    (void)state;
    struct store s;
    make_chip(&s, 'o');
    assert_true(change_all(&s, 'n'));
    assert_true(store_format(&nvm));
    assert_true(store_recover(&s, &nvm));
    assert_true(all_hold(&s, 'o'));
}

/* Numbers run over after 65,535 batches; nobody notices. */
static void numbers_run_over(void **state) {
    (void)state;
    struct store s;
    make_chip(&s, 'o');
    for (unsigned i = 0; i < 0x10000 + 200; i++) {
        put_byte(&s, 40, (uint8_t)(i % 251));
        bool look = i % 997 == 0 || i > 0xFFF0;
        uint8_t seen = 0;
        if (look) {
            assert_true(store_recover(&s, &nvm));
            store_read(&s, LAYOUT_FILES + 40, &seen, 1);
            assert_int_equal(seen, i % 251);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_committed_batch_lasts),
        cmocka_unit_test(reads_see_the_open_batch_and_forget_an_abandoned_one),
        cmocka_unit_test(the_last_write_of_a_batch_wins),
        cmocka_unit_test(nothing_is_staged_without_a_batch),
        cmocka_unit_test(an_empty_batch_and_an_empty_range_cost_nothing),
        cmocka_unit_test(a_batch_costs_as_many_programmings_as_it_has_pages),
        cmocka_unit_test(only_life_and_files_can_be_changed),
        cmocka_unit_test(a_batch_takes_so_much_to_the_last_byte_and_no_further),
        cmocka_unit_test(reading_outside_gives_zeros),
        cmocka_unit_test(a_memory_of_another_size_is_no_chip),
        cmocka_unit_test(cells_need_not_be_in_the_address_space),
        cmocka_unit_test(the_last_byte_of_every_size_is_kept),
        cmocka_unit_test(filling_is_refused_while_something_is_staged),
        cmocka_unit_test(a_filling_touches_its_range_and_nothing_else),
        cmocka_unit_test(a_filling_lies_over_what_the_ring_held),
        cmocka_unit_test(hot_bytes_wear_the_ring_evenly_and_their_home_not_at_all),
        cmocka_unit_test(cold_bytes_go_home_once),
        cmocka_unit_test(a_whole_page_goes_home_in_one_programming),
        cmocka_unit_test(after_tidying_money_need_not_wait),
        cmocka_unit_test(tidying_inside_a_batch_or_with_room_does_nothing),
        cmocka_unit_test(a_refused_write_is_told_and_leaves_all_or_nothing),
        cmocka_unit_test(a_worn_cell_of_the_ring_is_noticed),
        cmocka_unit_test(a_dark_memory_cannot_be_made_a_chip),
        cmocka_unit_test(a_stuck_store_refuses_everything_until_reset),
        cmocka_unit_test(a_flipped_bit_is_never_believed),
        cmocka_unit_test(a_batch_looks_as_the_sheet_says),
        cmocka_unit_test(a_record_that_looks_like_a_batch_is_none),
        cmocka_unit_test(a_batch_cannot_reach_outside_life_and_files),
        cmocka_unit_test(whatever_a_new_memory_holds_is_no_batch),
        cmocka_unit_test(a_format_forgets_the_ring),
        cmocka_unit_test(numbers_run_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
