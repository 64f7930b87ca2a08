#include "reader/inside.h"

#include "card/loop/card.h"
#include "check.h"
#include "ports/sim/memory.h"

static struct memory memory;
static const char atr_text[] = "3B6D000000995342108684440100000007";

static void manufacture(struct nvm *nvm) {
    struct chip_birth birth = {0};
    (void)from_hex("00995342108684440100000007", birth.historical, sizeof birth.historical);
    (void)memset(birth.transport, 0xFF, sizeof birth.transport);
    memory_make(&memory, 8192, 1);
    *nvm = memory_nvm(&memory);
    assert_true(card_manufacture(nvm, &birth));
}

static enum err send(
    const struct reader *r, const char *hex, struct reply *reply, struct why *why) {
    uint8_t line[APDU_MAX + 8];
    size_t len = from_hex(hex, line, sizeof line);
    return r->exchange(r->self, bytes_of(line, len), reply, why);
}

static void a_chip_answers_to_reset_and_to_commands(void **state) {
    (void)state;
    struct nvm nvm;
    struct reader r;
    struct why why;
    struct reply reply;
    uint8_t atr[ATR_MAX];
    size_t len = 0;
    manufacture(&nvm);
    assert_int_equal(inside_open(&nvm, &r, &why), OK);
    assert_int_equal(reader_reset(&r, atr, &len, &why), OK);
    assert_hex(bytes_of(atr, len), atr_text);
    assert_int_equal(send(&r, "0084000008", &reply, &why), OK);
    assert_int_equal(reply.sw, SW_OK);
    assert_int_equal(reply.len, 8);
    reader_close(&r);
}

static void without_power_there_is_no_answer(void **state) {
    (void)state;
    struct nvm nvm;
    struct reader r;
    struct why why;
    struct reply reply;
    manufacture(&nvm);
    assert_int_equal(inside_open(&nvm, &r, &why), OK);
    assert_int_equal(send(&r, "0084000008", &reply, &why), ERR_OUTSIDE);
    assert_non_null(strstr(why.text, "reset"));
    reader_close(&r);
}

static void a_memory_without_a_chip_does_not_wake_up(void **state) {
    (void)state;
    struct reader r;
    struct why why;
    struct reply reply;
    uint8_t atr[ATR_MAX];
    size_t len = 0;
    memory_make(&memory, 8192, 1);
    struct nvm nvm = memory_nvm(&memory);
    assert_int_equal(inside_open(&nvm, &r, &why), OK);
    assert_int_equal(reader_reset(&r, atr, &len, &why), ERR_OUTSIDE);
    assert_int_equal(send(&r, "0084000008", &reply, &why), ERR_OUTSIDE);
    reader_close(&r);
}

/* What a command left in RAM is gone with a reset, what it wrote is not, and a second reader over the
 * same memory finds it. */
static void memory_outlives_reader_and_reset(void **state) {
    (void)state;
    struct nvm nvm;
    struct reader r;
    struct why why;
    struct reply reply;
    uint8_t atr[ATR_MAX];
    size_t len = 0;
    manufacture(&nvm);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(inside_open(&nvm, &r, &why), OK);
        assert_int_equal(reader_reset(&r, atr, &len, &why), OK);
        if (round == 0) {
            assert_int_equal(send(&r, "80E03F000E38FFFFF0F001FFFFFFFFFFFFFFFF", &reply, &why), OK);
            assert_int_equal(reply.sw, SW_OK);
        }
        assert_int_equal(send(&r, "00A40000023F00", &reply, &why), OK);
        assert_true(reply.sw == SW_OK || (reply.sw & 0xFF00) == SW_MORE_DATA);
        assert_int_equal(reader_reset(&r, atr, &len, &why), OK);
        reader_close(&r);
    }
}

/* Lines of any length, from none to longer than any command, get a status word. */
static void any_line_is_answered(void **state) {
    (void)state;
    struct nvm nvm;
    struct reader r;
    struct why why;
    struct reply reply;
    uint8_t atr[ATR_MAX], line[300] = {0};
    size_t len = 0;
    manufacture(&nvm);
    assert_int_equal(inside_open(&nvm, &r, &why), OK);
    assert_int_equal(reader_reset(&r, atr, &len, &why), OK);
    for (size_t n = 0; n <= sizeof line; n++) {
        assert_int_equal(r.exchange(r.self, bytes_of(line, n), &reply, &why), OK);
        assert_true(reply.sw >= 0x6000 && reply.sw <= 0x9FFF);
    }
    reader_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chip_answers_to_reset_and_to_commands),
        cmocka_unit_test(without_power_there_is_no_answer),
        cmocka_unit_test(a_memory_without_a_chip_does_not_wake_up),
        cmocka_unit_test(memory_outlives_reader_and_reset),
        cmocka_unit_test(any_line_is_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
