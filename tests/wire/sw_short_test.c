/* Inside a small chip status words are short; on the line they are those of the specification.
 *
 * Method: the header is read as a small chip's build reads it, and each name is held to its word. */
#define CARD_YES 0
#include "wire/sw.h"

#include "check.h"

static const struct {
    enum sw sw;
    uint16_t word; /* card.md 6.3, purse.md 4.15 */
} words[] = {
    {SW_OK,               0x9000},
    {SW_MORE_DATA,        0x6100},
    {SW_DATA_DOUBTFUL,    0x6281},
    {SW_FILE_INVALIDATED, 0x6283},
    {SW_TRIES_LEFT,       0x63C0},
    {SW_UNCHANGED,        0x6400},
    {SW_MEMORY,           0x6581},
    {SW_WRONG_LENGTH,     0x6700},
    {SW_SM_UNSUPPORTED,   0x6882},
    {SW_LINE_PROTECTION,  0x6900},
    {SW_WRONG_STATE,      0x6901},
    {SW_WRONG_FILE_TYPE,  0x6981},
    {SW_SECURITY,         0x6982},
    {SW_BLOCKED,          0x6983},
    {SW_NO_CHALLENGE,     0x6984},
    {SW_CONDITIONS,       0x6985},
    {SW_NO_CURRENT_FILE,  0x6986},
    {SW_SM_MISSING,       0x6987},
    {SW_SM_WRONG,         0x6988},
    {SW_WRONG_DATA,       0x6A80},
    {SW_UNSUPPORTED,      0x6A81},
    {SW_FILE_NOT_FOUND,   0x6A82},
    {SW_RECORD_NOT_FOUND, 0x6A83},
    {SW_NO_SPACE,         0x6A84},
    {SW_WRONG_P1P2,       0x6A86},
    {SW_KEY_NOT_FOUND,    0x6A88},
    {SW_WRONG_OFFSET,     0x6B00},
    {SW_WRONG_LE,         0x6C00},
    {SW_INS_UNKNOWN,      0x6D00},
    {SW_CLA_UNKNOWN,      0x6E00},
    {SW_OUR_MISTAKE,      0x6F00},
    {SW_MAC_WRONG,        0x9302},
    {SW_LOCKED_FOR_EVER,  0x9303},
    {SW_FUNDS,            0x9401},
    {SW_COUNTER_FULL,     0x9402},
    {SW_KEY_INDEX,        0x9403},
    {SW_NO_PROOF,         0x9406},
    {SW_GREY,             0x9408},
};
enum { WORD_COUNT = sizeof words / sizeof words[0] };

static void every_name_is_said_as_its_word(void **state) {
    (void)state;
    for (size_t i = 0; i < WORD_COUNT; i++) {
        assert_int_equal(sw_said(words[i].sw), words[i].word);
    }
}

static void no_two_names_are_one_word(void **state) {
    (void)state;
    for (size_t i = 0; i < WORD_COUNT; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(words[i].sw, words[j].sw);
        }
    }
}

static void a_yes_is_zero_and_nothing_else_is(void **state) {
    (void)state;
    for (size_t i = 0; i < WORD_COUNT; i++) {
        assert_int_equal(words[i].sw == 0, words[i].word == 0x9000);
    }
}

/* What carries a number, and what was said once already, is said as it is. */
static void words_of_two_bytes_stay(void **state) {
    (void)state;
    for (unsigned low = 0; low < 0x100; low++) {
        assert_int_equal(sw_said(SW_MORE_DATA | low), 0x6100 | low);
        assert_int_equal(sw_said(SW_WRONG_LE | low), 0x6C00 | low);
        assert_int_equal(sw_said(SW_TRIES_LEFT | (low & 15)), 0x63C0 | (low & 15));
    }
    for (size_t i = 0; i < WORD_COUNT; i++) {
        assert_int_equal(sw_said(sw_said(words[i].sw)), words[i].word);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_said_as_its_word),
        cmocka_unit_test(no_two_names_are_one_word),
        cmocka_unit_test(a_yes_is_zero_and_nothing_else_is),
        cmocka_unit_test(words_of_two_bytes_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
