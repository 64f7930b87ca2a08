/* A store with a mirror and one without give the same, byte for byte, whatever is done to them; and
 * what they keep is the same, too. (store 8)
 *
 * Method: a seeded walk over two memories that differ in nothing but the mirror: batches that are
 * committed, abandoned, outgrown; fills; resets; power cut in any programming. After each step both
 * are read, in pieces and as a whole, and the cells are compared. */
#include "card/store/store.h"

#include "base/features.h"
#include "check.h"
#include "ports/sim/memory.h"

enum { SIZE = 0x1800, STEPS = 6000, RANGE_MOST = 200, CUT_EVERY = 40 };

static struct side {
    struct memory memory;
    struct nvm nvm;
    struct store store;
} plain, mirrored;

static uint8_t mirror[SIZE];
static uint64_t dice = 20031008;

static uint32_t roll(uint32_t below) {
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dice >> 33) % below;
}

static void make(struct side *side, uint8_t *room) {
    memory_make(&side->memory, SIZE, 1);
    side->nvm = memory_nvm(&side->memory);
    side->nvm.mirror = room;
    assert_true(store_format(&side->nvm));
    assert_true(store_recover(&side->store, &side->nvm));
}

static void both_read(uint32_t at, uint32_t len) {
    static uint8_t left[SIZE], right[SIZE];
    store_read(&plain.store, at, left, len);
    store_read(&mirrored.store, at, right, len);
    assert_memory_equal(left, right, len);
}

static void compare(void) {
    for (int i = 0; i < 4; i++) {
        uint32_t at = LAYOUT_LIFE + roll(SIZE - LAYOUT_LIFE);
        uint32_t len = 1 + roll(40);
        bool in_ring = at < LAYOUT_FILES && at + len > LAYOUT_RING;
        if (!in_ring && at + len <= SIZE) {
            both_read(at, len);
        }
    }
    both_read(LAYOUT_LIFE, LAYOUT_LIFE_LEN);
    both_read(LAYOUT_FILES, SIZE - LAYOUT_FILES);
    assert_memory_equal(plain.memory.cells, mirrored.memory.cells, SIZE);
}

/* The same on both; the answers are the same, too. */
#define BOTH(call_plain, call_mirrored) assert_int_equal(call_plain, call_mirrored)

static void write_somewhere(void) {
    uint8_t bytes[RANGE_MOST];
    uint32_t len = roll(4) > 0 ? 1 + roll(40) : 1 + roll(RANGE_MOST);
    uint32_t at = roll(8) > 0 ? LAYOUT_FILES + roll(SIZE - LAYOUT_FILES - RANGE_MOST) : LAYOUT_LIFE;
    len = at == LAYOUT_LIFE && len > LAYOUT_LIFE_LEN ? LAYOUT_LIFE_LEN : len;
    for (uint32_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)roll(256);
    }
    BOTH(store_write(&plain.store, at, bytes, len), store_write(&mirrored.store, at, bytes, len));
}

static void fill_somewhere(void) {
    uint32_t at = LAYOUT_FILES + roll(SIZE - LAYOUT_FILES - RANGE_MOST), len = roll(RANGE_MOST);
    uint8_t value = (uint8_t)roll(256);
    BOTH(store_fill(&plain.store, at, value, len), store_fill(&mirrored.store, at, value, len));
}

static void batch(void) {
    store_begin(&plain.store);
    store_begin(&mirrored.store);
    if (roll(6) == 0) {
        fill_somewhere();
    }
    for (uint32_t i = roll(5); i > 0; i--) {
        write_somewhere();
        compare(); /* the open batch is seen */
    }
    if (roll(5) == 0) {
        store_abandon(&plain.store);
        store_abandon(&mirrored.store);
    } else {
        BOTH(store_commit(&plain.store), store_commit(&mirrored.store));
    }
}

static void reset(void) {
    memory_power(&plain.memory);
    memory_power(&mirrored.memory);
    (void)memset(mirror, (int)roll(256), sizeof mirror); /* RAM holds anything after a reset */
    BOTH(store_recover(&plain.store, &plain.nvm), store_recover(&mirrored.store, &mirrored.nvm));
}

/* The power goes in the same programming of both, with the same garbage; then a reset. */
static void cut_batch(void) {
    uint64_t programs = roll(6);
    uint8_t torn = (uint8_t)roll(256);
    memory_cut_after(&plain.memory, programs, torn);
    memory_cut_after(&mirrored.memory, programs, torn);
    batch();
    reset();
}

static void a_mirror_changes_nothing(void **state) {
    (void)state;
    make(&plain, NULL);
    make(&mirrored, mirror);
    for (int i = 0; i < STEPS; i++) {
        switch (roll(CUT_EVERY)) {
        case 0:
            cut_batch();
            break;
        case 1:
            reset();
            break;
        case 2:
            store_tidy(&plain.store);
            store_tidy(&mirrored.store);
            break;
        default:
            batch();
            break;
        }
        compare();
    }
}

/* It is made whole by the reset and never read before it. */
static void a_mirror_holds_what_reads_give(void **state) {
    (void)state;
    static uint8_t seen[SIZE];
    if (!CARD_MIRROR) {
        print_message("skipped: this build has no mirror\n");
        skip();
    }
    make(&mirrored, mirror);
    make(&plain, NULL);
    for (int i = 0; i < 200; i++) {
        batch();
    }
    store_read(&mirrored.store, LAYOUT_FILES, seen, SIZE - LAYOUT_FILES);
    assert_memory_equal(seen, mirror + LAYOUT_FILES, SIZE - LAYOUT_FILES);
    assert_memory_not_equal(seen, mirrored.memory.cells + LAYOUT_FILES, SIZE - LAYOUT_FILES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mirror_changes_nothing),
        cmocka_unit_test(a_mirror_holds_what_reads_give),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
