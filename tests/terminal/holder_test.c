#include "city.h"
#include "terminal/pin_block.h"

static int set_up(void **state) {
    struct city_chip *chip = calloc(1, sizeof *chip);
    assert_non_null(chip);
    card_make(chip, CITY_SERIAL, 3);
    *state = chip;
    return 0;
}

static int tear_down(void **state) {
    struct city_chip *chip = *state;
    reader_close(&chip->inside);
    free(chip);
    return 0;
}

static void power(struct city_chip *chip) {
    uint8_t factor[8];
    struct why why = {{0}};
    assert_int_equal(holder_power(&chip->reader, factor, &why), OK);
    assert_hex(bytes_of(factor, 8), CITY_FACTOR);
}

static void the_canonical_read_fills_every_field(void **state) {
    struct city_chip *chip = *state;
    struct holder h = {.factor = {1}};
    struct why why = {{0}};
    power(chip);
    assert_int_equal(holder_read(&chip->reader, &h, &why), OK);
    assert_hex(bytes_of(h.card_id, 16), "440100D156000005" CITY_SERIAL "1788FFB8");
    assert_string_equal(h.version, "1.00");
    assert_string_equal(h.card_number, CITY_CARD_NUMBER);
    assert_string_equal(h.person_number, "440101198001010007");
    assert_string_equal(h.name, "\xD5\xC5\xC8\xFD");
    assert_int_equal(h.sex, '1');
    assert_int_equal(h.nation, 0x01);
    assert_hex(bytes_of(h.birthplace, 3), "440100");
    assert_hex(bytes_of(h.born, 4), "19800101");
    assert_hex(bytes_of(h.issued, 4), "20031008");
    assert_hex(bytes_of(h.expires, 4), "20131008");
    assert_int_equal(h.factor[0], 1);
}

static void the_card_number_alone_takes_two_commands(void **state) {
    struct city_chip *chip = *state;
    char number[9 + 1];
    struct why why = {{0}};
    power(chip);
    unsigned before = chip->pulled.exchange_count;
    assert_int_equal(holder_card_number(&chip->reader, number, &why), OK);
    assert_string_equal(number, CITY_CARD_NUMBER);
    assert_true(chip->pulled.exchange_count - before <= 3);
}

static void a_card_pulled_at_any_exchange_is_told(void **state) {
    struct city_chip *chip = *state;
    struct holder h;
    struct why why = {{0}};
    enum err err = ERR_OUTSIDE;
    unsigned n = 1;
    for (; err; n++) {
        power(chip);
        pulled_arm(&chip->pulled, n, PULL_BEFORE_ANSWER);
        err = holder_read(&chip->reader, &h, &why);
        assert_true(err == OK || err == ERR_OUTSIDE);
        pulled_arm(&chip->pulled, 0, PULL_NEVER);
    }
    assert_true(n > 12);
}

/* A record of another length or with another tag is named, whichever it is. */
static void a_card_of_another_shape_is_named(void **state) {
    (void)state;
    struct city_chip *bare = calloc(1, sizeof *bare);
    struct holder h;
    struct why why = {{0}};
    assert_non_null(bare);
    chip_make(bare, "00000044", 9);
    power(*state);
    assert_int_equal(holder_read(&bare->reader, &h, &why), ERR_CONFLICT);
    chip_say(bare, "80E0DDF117 38 0400 F0F0 0B01FF 7378312E73682EC9E7BBE1B1A3D5CF");
    chip_say(bare, "00A404000F 7378312E73682EC9E7BBE1B1A3D5CF");
    chip_say(bare, "80E0EF0507 2C 0050 F0F0 FF FF");
    assert_int_equal(holder_read(&bare->reader, &h, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "card identification code"));
    chip_say(bare, "00E2002C06 0104 11223344");
    assert_int_equal(holder_read(&bare->reader, &h, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "card identification code"));
    reader_close(&bare->inside);
    free(bare);
}

static void the_pin_is_verified_with_its_tries(void **state) {
    struct city_chip *chip = *state;
    struct why why = {{0}};
    power(chip);
    assert_int_equal(holder_verify(&chip->reader, "123456", &why), OK);
    assert_int_equal(holder_verify(&chip->reader, "123457", &why), ERR_DENIED);
    assert_non_null(strstr(why.text, "2 tries left"));
    assert_int_equal(holder_verify(&chip->reader, "123457", &why), ERR_DENIED);
    assert_int_equal(holder_verify(&chip->reader, "123456", &why), OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(holder_verify(&chip->reader, "654321", &why), ERR_DENIED);
    }
    assert_int_equal(holder_verify(&chip->reader, "123456", &why), ERR_DENIED);
    assert_non_null(strstr(why.text, "locked"));
    assert_int_equal(holder_verify(&chip->reader, "12", &why), ERR_INVALID);
}

static enum err wallet_takes(struct city_chip *chip, const char *pin) {
    struct wallet_card wallet;
    uint16_t sw = 0;
    struct why why = {{0}};
    assert_int_equal(wallet_select(&chip->reader, &wallet, &sw, &why), OK);
    assert_int_equal(wallet_verify(&chip->reader, pin, &sw, &why), OK);
    return sw == SW_OK ? OK : ERR_DENIED;
}

static void the_pin_changes_in_both_applications(void **state) {
    struct city_chip *chip = *state;
    struct pin_change change = {"123456", "8642097", false};
    struct why why = {{0}};
    power(chip);
    assert_int_equal(holder_change_pin(&chip->reader, &change, &why), OK);
    assert_int_equal(holder_verify(&chip->reader, "8642097", &why), OK);
    assert_int_equal(wallet_takes(chip, "8642097"), OK);
    assert_int_equal(holder_verify(&chip->reader, "123456", &why), ERR_DENIED);
    assert_int_equal(wallet_takes(chip, "123456"), ERR_DENIED);
}

static void a_wrong_old_pin_changes_nothing_and_costs_one_try(void **state) {
    struct city_chip *chip = *state;
    struct pin_change change = {"111111", "222222", false};
    struct why why = {{0}};
    power(chip);
    assert_int_equal(holder_change_pin(&chip->reader, &change, &why), ERR_DENIED);
    assert_non_null(strstr(why.text, "2 tries left"));
    assert_int_equal(holder_verify(&chip->reader, "123456", &why), OK);
    assert_int_equal(wallet_takes(chip, "123456"), OK);
}

/* The card is pulled at every exchange of the change, on both sides of the moment; asking again, and
 * saying that it is again, ends with the new PIN in both applications. */
static void a_change_cut_short_is_finished_by_asking_again(void **state) {
    struct city_chip *chip = *state;
    static const char *const pins[2] = {"123456", "654321"};
    unsigned turn = 0;
    bool passed[2] = {false, false};
    for (unsigned n = 1; !passed[0] || !passed[1]; n++) {
        for (int late = 0; late < 2; late++) {
            struct pin_change change = {pins[turn % 2], pins[(turn + 1) % 2], false};
            struct why why = {{0}};
            power(chip);
            pulled_arm(&chip->pulled, n, late ? PULL_BEFORE_ANSWER : PULL_BEFORE_COMMAND);
            passed[late] = holder_change_pin(&chip->reader, &change, &why) == OK;
            pulled_arm(&chip->pulled, 0, PULL_NEVER);
            power(chip);
            change.resumed = true;
            assert_int_equal(holder_change_pin(&chip->reader, &change, &why), OK);
            assert_int_equal(holder_verify(&chip->reader, change.new_pin, &why), OK);
            assert_int_equal(wallet_takes(chip, change.new_pin), OK);
            turn++;
        }
    }
}

static void pins_are_packed_as_the_card_wants_them(void **state) {
    (void)state;
    static const struct {
        const char *digits, *packed; /* NULL: no PIN */
    } cases[] = {
        {"1234",          "1234"        },
        {"12345",         "12345F"      },
        {"123456",        "123456"      },
        {"123456789012",  "123456789012"},
        {"00000000000",   "00000000000F"},
        {"123",           NULL          },
        {"1234567890123", NULL          },
        {"12a4",          NULL          },
        {"12 4",          NULL          },
        {"-123",          NULL          },
        {"",              NULL          },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pin pin;
        assert_int_equal(pin_pack(cases[i].digits, &pin), cases[i].packed != NULL);
        if (cases[i].packed) {
            assert_hex(bytes_of(pin.packed, pin.len), cases[i].packed);
        }
    }
    assert_false(pin_pack(NULL, &(struct pin){{0}, 0}));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_canonical_read_fills_every_field),
        TEST(the_card_number_alone_takes_two_commands),
        TEST(a_card_pulled_at_any_exchange_is_told),
        TEST(a_card_of_another_shape_is_named),
        TEST(the_pin_is_verified_with_its_tries),
        TEST(the_pin_changes_in_both_applications),
        TEST(a_wrong_old_pin_changes_nothing_and_costs_one_try),
        TEST(a_change_cut_short_is_finished_by_asking_again),
        cmocka_unit_test(pins_are_packed_as_the_card_wants_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
