#include "reader/reader.h"

#include "scripted.h"

static const struct apdu select_mf = {
    .ins = 0xA4, .data = {(const uint8_t *)"\x3F\x00", 2},
         .shape = APDU_BRINGS_DATA
};
static const struct apdu read_30 = {.ins = 0xB0, .p1 = 0x95, .le = 30, .shape = APDU_WANTS_ANSWER};

static void command_fetches_what_61xx_announces(void **state) {
    (void)state;
    SCRIPT(card, {"00A40000023F00", "6103"}, {"00C0000003", "6F01009000"});
    struct reader r = scripted_reader(&card);
    struct reply reply;
    struct why why;
    assert_int_equal(reader_command(&r, &select_mf, &reply, &why), OK);
    assert_hex(reply_bytes(&reply), "6F0100");
    assert_int_equal(reply.sw, SW_OK);
    assert_int_equal(card.at, card.count);
}

static void command_joins_an_answer_that_comes_in_pieces(void **state) {
    (void)state;
    SCRIPT(
        card, {"00A40000023F00", "AA6102"}, {"00C0000002", "BBCC6101"}, {"00C0000001", "DD9000"});
    struct reader r = scripted_reader(&card);
    struct reply reply;
    struct why why;
    assert_int_equal(reader_command(&r, &select_mf, &reply, &why), OK);
    assert_hex(reply_bytes(&reply), "AABBCCDD");
}

static void command_repeats_with_the_length_of_6cxx(void **state) {
    (void)state;
    SCRIPT(card, {"00B095001E", "6C02"}, {"00B0950002", "12349000"});
    struct reader r = scripted_reader(&card);
    struct reply reply;
    struct why why;
    assert_int_equal(reader_command(&r, &read_30, &reply, &why), OK);
    assert_hex(reply_bytes(&reply), "1234");
}

/* A card that says 6Cxx to its own length would keep a naive terminal busy for ever. */
static void command_repeats_once_only(void **state) {
    (void)state;
    SCRIPT(card, {"00B095001E", "6C02"}, {"00B0950002", "6C05"});
    struct reader r = scripted_reader(&card);
    struct reply reply;
    struct why why;
    assert_int_equal(reader_command(&r, &read_30, &reply, &why), OK);
    assert_int_equal(reply.sw, 0x6C05);
}

static enum err endless(void *self, struct bytes line, struct reply *reply, struct why *why) {
    unsigned *count = self;
    (void)line;
    (void)why;
    *reply = (struct reply){.len = 200, .sw = 0x6110};
    (*count)++;
    return OK;
}

static void command_gives_up_on_a_card_that_talks_for_ever(void **state) {
    (void)state;
    unsigned count = 0;
    struct reader r = {&count, scripted_reset, endless, scripted_close};
    struct reply reply;
    struct why why;
    assert_int_equal(reader_command(&r, &select_mf, &reply, &why), ERR_OUTSIDE);
    assert_true(count < 12);
}

static void a_card_that_is_gone_is_an_error_at_each_line(void **state) {
    (void)state;
    static const struct scripted_line lines[2][2] = {
        {{"00A40000023F00", NULL},   {"", NULL}          },
        {{"00A40000023F00", "6103"}, {"00C0000003", NULL}},
    };
    for (size_t i = 0; i < 2; i++) {
        struct scripted card = {.lines = lines[i], .count = 2};
        struct reader r = scripted_reader(&card);
        struct reply reply;
        struct why why;
        assert_int_equal(reader_command(&r, &select_mf, &reply, &why), ERR_OUTSIDE);
        assert_string_equal(why.text, "the card has gone");
        assert_int_equal(card.at, i + 1);
    }
}

static void expect_names_command_and_word(void **state) {
    (void)state;
    SCRIPT(card, {"00A40000023F00", "6982"});
    struct reader r = scripted_reader(&card);
    struct why why;
    assert_int_equal(reader_expect(&r, &select_mf, "select MF", NULL, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "select MF: card answered 6982 ("));
}

static void expect_tells_which_command_met_no_card(void **state) {
    (void)state;
    SCRIPT(card, {"00A40000023F00", NULL});
    struct reader r = scripted_reader(&card);
    struct why why;
    assert_int_equal(reader_expect(&r, &select_mf, "select MF", NULL, &why), ERR_OUTSIDE);
    assert_string_equal(why.text, "select MF: the card has gone");
}

static void expect_hands_out_the_answer(void **state) {
    (void)state;
    SCRIPT(card, {"00B095001E", "01029000"});
    struct reader r = scripted_reader(&card);
    struct reply reply;
    struct why why;
    assert_int_equal(reader_expect(&r, &read_30, "EF15", &reply, &why), OK);
    assert_hex(reply_bytes(&reply), "0102");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_fetches_what_61xx_announces),
        cmocka_unit_test(command_joins_an_answer_that_comes_in_pieces),
        cmocka_unit_test(command_repeats_with_the_length_of_6cxx),
        cmocka_unit_test(command_repeats_once_only),
        cmocka_unit_test(command_gives_up_on_a_card_that_talks_for_ever),
        cmocka_unit_test(a_card_that_is_gone_is_an_error_at_each_line),
        cmocka_unit_test(expect_names_command_and_word),
        cmocka_unit_test(expect_tells_which_command_met_no_card),
        cmocka_unit_test(expect_hands_out_the_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
