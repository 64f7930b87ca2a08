/* Counters, challenges, life stages, and what happens when our own code is wrong. */
#include "card/guard/tries.h"

#include "card/partner.h"

static struct hand hand;

static struct held_key hold(uint8_t type, uint8_t id) {
    struct held_key held;
    struct chip *chip = &hand.card.cos.chip;
    assert_int_equal(key_find(&chip->store, &chip->dir, type, id, &held.key, &held.at), SW_OK);
    return held;
}

/* Down to nothing and up again, and the memory says the same as the struct at each step. */
static void tries_go_down_one_by_one_and_up_at_once(void **state) {
    (void)state;
    hand_make_wallet(&hand);
    struct chip *chip = &hand.card.cos.chip;
    struct held_key held = hold(KEY_PIN, 0);
    for (uint8_t left = 3; left > 0; left--) {
        assert_int_equal(tries_left(&held.key), left);
        assert_int_equal(tries_take(chip, &held), SW_OK);
        assert_int_equal(tries_answer(&held.key), 0x63C0 + left - 1);
        assert_int_equal(hold(KEY_PIN, 0).key.counter, held.key.counter);
    }
    assert_int_equal(tries_take(chip, &held), SW_BLOCKED);
    assert_int_equal(tries_restore(chip, &held), SW_OK);
    assert_int_equal(hold(KEY_PIN, 0).key.counter, 0x33);
}

static void giving_back_what_was_not_taken_writes_nothing(void **state) {
    (void)state;
    hand_make_wallet(&hand);
    struct held_key held = hold(KEY_PIN, 0);
    uint64_t writes = hand.memory.programs;
    assert_int_equal(tries_restore(&hand.card.cos.chip, &held), SW_OK);
    assert_int_equal(hand.memory.programs, writes);
}

/* A memory that refuses the decrement: nothing is compared, so nothing is learnt. */
static void without_the_decrement_nothing_is_compared(void **state) {
    (void)state;
    static const char *const pins[] = {"0020000003123456", "0020000003654321"};
    for (size_t i = 0; i < 2; i++) {
        hand_make_wallet(&hand);
        memory_cut_after(&hand.memory, 0, 0);
        hand_expect(&hand, pins[i], "6581");
    }
}

static void every_counter_byte_fills_up_to_its_maximum(void **state) {
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        uint8_t full = tries_full((uint8_t)c);
        assert_int_equal(full >> 4, c >> 4);
        assert_int_equal(full & 15, c >> 4);
    }
}

static void a_key_is_ready_when_its_use_right_holds_and_it_has_tries(void **state) {
    (void)state;
    struct held_key held;
    hand_make_wallet(&hand);
    struct chip *chip = &hand.card.cos.chip;
    assert_int_equal(key_ready(chip, KEY_TAC, 0, &held), SW_OK);
    assert_int_equal(key_ready(chip, KEY_TAC, 1, &held), SW_KEY_NOT_FOUND);
    held = hold(KEY_MAINTENANCE, 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(tries_take(chip, &held), SW_OK);
    }
    assert_int_equal(key_ready(chip, KEY_MAINTENANCE, 0, &held), SW_BLOCKED);
    assert_int_equal(held.key.len, 0); /* and nothing of the key is left behind */
    held = hold(KEY_TAC, 0);
    held.key.use = 0xEF;
    store_begin(&chip->store);
    assert_int_equal(key_replace(&chip->store, held.at, &held.key), SW_OK);
    assert_true(store_commit(&chip->store));
    assert_int_equal(key_ready(chip, KEY_TAC, 0, &held), SW_SECURITY);
}

static void a_challenge_outlives_one_command(void **state) {
    (void)state;
    static const uint8_t nothing[CHALLENGE_LEN];
    struct challenge c = {.lives = 0};
    hand_blank(&hand);
    assert_false(challenge_live(&c));
    hand_foretell(&hand, "A1A2A3A4A5A6A7A8B1B2B3B4");
    challenge_draw(&c, &hand.nvm, CHALLENGE_LEN);
    assert_hex(bytes_of(c.bytes, 8), "A1A2A3A4A5A6A7A8");
    challenge_draw(&c, &hand.nvm, CHALLENGE_SHORT_LEN);
    assert_hex(bytes_of(c.bytes, 8), "B1B2B3B400000000");
    challenge_age(&c);
    assert_true(challenge_live(&c));
    challenge_age(&c);
    assert_false(challenge_live(&c));
    assert_memory_equal(c.bytes, nothing, sizeof nothing);
    challenge_age(&c);
    assert_false(challenge_live(&c));
}

static void life_follows_from_what_is_blocked(void **state) {
    (void)state;
    struct chip chip = {.dir = {.depth = 0}};
    assert_int_equal(chip_life(&chip), LIFE_BLANK);
    chip.dir.depth = 1;
    assert_int_equal(chip_life(&chip), LIFE_WORKING);
    chip.blocked = APP_BLOCKED;
    assert_int_equal(chip_life(&chip), LIFE_APP_BLOCKED);
    chip.blocked = APP_DEAD;
    assert_int_equal(chip_life(&chip), LIFE_APP_DEAD);
    chip.blocked = 77; /* what no command writes counts as the gravest */
    assert_int_equal(chip_life(&chip), LIFE_APP_DEAD);
    chip.card_blocked = true;
    assert_int_equal(chip_life(&chip), LIFE_CARD_BLOCKED);
}

/* A block higher up in the tree reaches everything below it. */
static void a_block_above_counts_below(void **state) {
    (void)state;
    hand_make_social(&hand);
    struct chip *chip = &hand.card.cos.chip;
    store_begin(&chip->store);
    assert_int_equal(dir_block(&chip->store, &chip->dir, APP_BLOCKED), SW_OK);
    assert_true(store_commit(&chip->store));
    hand_say(&hand, SELECT_DF01 "00");
    assert_int_equal(hand_sw(&hand), 0x6283);
    hand_expect(&hand, "00B0880001", "6985");
}

/* A broken invariant drops what is staged, is counted, and lets nothing be written until reset. */
static void a_mistake_of_ours_writes_nothing_and_is_counted(void **state) {
    (void)state;
    static const uint8_t byte = 0x77;
    hand_make_wallet(&hand);
    struct chip *chip = &hand.card.cos.chip;
    assert_true(chip_assert(chip, true));
    assert_int_equal(chip_mistakes(chip), 0);
    store_begin(&chip->store);
    assert_true(store_write(&chip->store, LAYOUT_LIFE + 8, &byte, 1));
    assert_false(chip_assert(chip, false));
    assert_false(chip_assert(chip, false));
    store_begin(&chip->store);
    assert_false(store_write(&chip->store, LAYOUT_LIFE + 8, &byte, 1));
    uint8_t kept = 1;
    hand_expect(&hand, "805C000204", "6F00");
    assert_int_equal(hand_reset(&hand), 17);
    store_read(&chip->store, LAYOUT_LIFE + 8, &kept, sizeof kept);
    assert_int_equal(kept, 0);
    assert_int_equal(chip_mistakes(chip), 1);
    hand_say(&hand, SELECT_WALLET);
    hand_expect(&hand, "805C000204", "000000009000");
}

static void mistakes_are_counted_up_to_the_last_number(void **state) {
    (void)state;
    hand_make_master(&hand);
    for (unsigned i = 1; i < 300; i++) {
        (void)chip_assert(&hand.card.cos.chip, false);
        assert_int_equal(hand_reset(&hand), 17);
        assert_int_equal(chip_mistakes(&hand.card.cos.chip), i < 255 ? i : 255);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tries_go_down_one_by_one_and_up_at_once),
        cmocka_unit_test(giving_back_what_was_not_taken_writes_nothing),
        cmocka_unit_test(without_the_decrement_nothing_is_compared),
        cmocka_unit_test(every_counter_byte_fills_up_to_its_maximum),
        cmocka_unit_test(a_key_is_ready_when_its_use_right_holds_and_it_has_tries),
        cmocka_unit_test(a_challenge_outlives_one_command),
        cmocka_unit_test(life_follows_from_what_is_blocked),
        cmocka_unit_test(a_block_above_counts_below),
        cmocka_unit_test(a_mistake_of_ours_writes_nothing_and_is_counted),
        cmocka_unit_test(mistakes_are_counted_up_to_the_last_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
