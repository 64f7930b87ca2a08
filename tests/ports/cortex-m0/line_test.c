#include "check.h"

/* The firmware's line is no part of the host's archive; it is plain C and compiled here. */
#include "ports/cortex-m0/line.c"

#include "ports/sim/memory.h"

/* A serial port that plays what a reader sends and keeps what the chip answers. */
static struct {
    uint8_t sent[2048];
    size_t sent_len, got;
    uint8_t answered[2048];
    size_t answered_len;
} wire;

static uint8_t wire_get(void *self) {
    (void)self;
    assert_true(wire.got < wire.sent_len);
    return wire.sent[wire.got++];
}

static void wire_put(void *self, uint8_t byte) {
    (void)self;
    assert_true(wire.answered_len < sizeof wire.answered);
    wire.answered[wire.answered_len++] = byte;
}

static const struct line line = {.get = wire_get, .put = wire_put};
static struct memory memory;
static struct nvm nvm;
static struct plugged chip;

/* A chip fresh from the factory, just plugged. */
static int plug(void **state) {
    static const struct chip_birth birth = {
        .historical = {0,     0x99, 0x53, 0x42, 0x10, 0x86, 0x84},
        .transport = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}
    };
    (void)state;
    memory_make(&memory, 8192, 1);
    nvm = memory_nvm(&memory);
    chip = (struct plugged){0};
    return card_manufacture(&nvm, &birth) && line_plug(&chip, &nvm) ? 0 : -1;
}

/* Sends frames as hexadecimal text, serves until all are taken, and compares what came back. */
static void assert_line(const char *frames, const char *answers) {
    (void)memset(&wire, 0, sizeof wire);
    wire.sent_len = from_hex(frames, wire.sent, sizeof wire.sent);
    while (wire.got < wire.sent_len) {
        (void)line_serve(&line, &chip);
    }
    assert_hex(bytes_of(wire.answered, wire.answered_len), answers);
}

static void power_orders_are_not_answered_and_the_atr_is(void **state) {
    (void)state;
    assert_line("0001 01", "");
    assert_line("0001 04", "00113B6D000000995342108684000000000000");
    assert_line("0001 02", "");
    assert_line("0001 00", "");
    assert_line("0001 55", "");
}

static void a_command_is_answered_in_one_frame(void **state) {
    (void)state;
    assert_line("0001 01", "");
    assert_line("0005 00FF000000", "00026D00");
    memory_foretell(&memory, bytes_text("ABCDEFGH"));
    assert_line("0005 0084000008 0005 00FF000000", "000A41424344454647489000"
                                                   "00026D00");
}

static void asking_for_the_atr_takes_nothing_from_the_card(void **state) {
    (void)state;
    memory_foretell(&memory, bytes_text("ABCDEFGH"));
    assert_line("0005 0084000008", "000A41424344454647489000");
    assert_true(challenge_live(&chip.card.cos.chip.challenge));
    assert_line("0001 04", "00113B6D000000995342108684000000000000");
    assert_true(challenge_live(&chip.card.cos.chip.challenge));
    assert_line("0001 02", "");
    assert_false(challenge_live(&chip.card.cos.chip.challenge));
}

static void a_memory_without_a_chip_cannot_be_plugged(void **state) {
    (void)state;
    struct plugged none = {0};
    memory_make(&memory, 8192, 1);
    nvm = memory_nvm(&memory);
    assert_false(line_plug(&none, &nvm));
    assert_int_equal(none.atr_len, 0);
}

static void a_frame_longer_than_any_command_is_refused_whole(void **state) {
    (void)state;
    char frames[2 * 300 + 64];
    assert_line("0001 01", "");
    int len = snprintf(frames, sizeof frames, "012C%0600d", 0);
    assert_int_equal(len, 604);
    assert_line(frames, "00026700");
    assert_line("0005 00FF000000", "00026D00");
}

static void an_empty_frame_gets_an_answer_and_harms_nothing(void **state) {
    (void)state;
    assert_line("0001 01", "");
    assert_line("0000", "00026700");
    assert_line("0005 00FF000000", "00026D00");
}

#define LINE_TEST(test) cmocka_unit_test_setup(test, plug)

int main(void) {
    const struct CMUnitTest tests[] = {
        LINE_TEST(power_orders_are_not_answered_and_the_atr_is),
        LINE_TEST(a_command_is_answered_in_one_frame),
        LINE_TEST(asking_for_the_atr_takes_nothing_from_the_card),
        LINE_TEST(a_memory_without_a_chip_cannot_be_plugged),
        LINE_TEST(a_frame_longer_than_any_command_is_refused_whole),
        LINE_TEST(an_empty_frame_gets_an_answer_and_harms_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
