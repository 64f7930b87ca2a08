#include "check.h"

#include "wire/apdu.h"

static const struct {
    const char *title, *line;
    enum apdu_shape shape;
    size_t data_len;
    uint16_t le;
} commands[] = {
    {"header only",      "00840000",               APDU_BARE,          0, 0  },
    {"T=0's empty P3",   "800E000000",             APDU_BARE_OR_WANTS, 0, 256},
    {"Le",               "0084000008",             APDU_WANTS_ANSWER,  0, 8  },
    {"Le of 255",        "00B2010CFF",             APDU_WANTS_ANSWER,  0, 255},
    {"data",             "0020000003123456",       APDU_BRINGS_DATA,   3, 0  },
    {"data and Le",      "00A4040005D15600000512", APDU_BOTH_WAYS,     5, 18 },
    {"data and all",     "00A4000002DF0100",       APDU_BOTH_WAYS,     2, 256},
    {"one byte of data", "80F0000001AA",           APDU_BRINGS_DATA,   1, 0  },
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void each_shape_is_taken_apart(void **state) {
    (void)state;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        uint8_t line[APDU_MAX];
        struct apdu apdu;
        size_t len = from_hex(commands[i].line, line, sizeof line);
        assert_true(apdu_decode(bytes_of(line, len), &apdu));
        assert_int_equal(apdu.shape, commands[i].shape);
        assert_int_equal(apdu.data.len, commands[i].data_len);
        assert_int_equal(apdu.le, commands[i].le);
        assert_int_equal(apdu.cla, line[0]);
        assert_int_equal(apdu.ins, line[1]);
        assert_int_equal(apdu.p1, line[2]);
        assert_int_equal(apdu.p2, line[3]);
        assert_true(apdu.data.len == 0 || apdu.data.at == line + 5); /* borrowed, not copied */
    }
}

/* Method: what is written is taken apart again, and what was taken apart is written again; only
 * the bare header changes, for it is sent with the 00 that T=0 wants. */
static void what_is_written_is_what_was_read(void **state) {
    (void)state;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        uint8_t line[APDU_MAX], again[APDU_MAX];
        struct apdu apdu;
        size_t len = from_hex(commands[i].line, line, sizeof line);
        line[len] = 0;
        assert_true(apdu_decode(bytes_of(line, len), &apdu));
        struct builder b = builder_in(again, sizeof again);
        apdu_write(&b, &apdu);
        size_t sent = commands[i].shape == APDU_BARE ? len + 1 : len;
        assert_true(bytes_equal(builder_bytes(&b), bytes_of(line, sent)));
    }
}

/* Every prefix: each is either a command of its own that stays inside the bytes, or refused. */
static void a_torn_command_is_never_read_past_its_end(void **state) {
    (void)state;
    uint8_t line[APDU_MAX];
    (void)from_hex("00DC0104 08 0102030405060708 10", line, sizeof line);
    for (size_t len = 0; len <= 14; len++) {
        uint8_t *exact = malloc(len + 1);
        assert_non_null(exact);
        (void)memcpy(exact + 1, line, len); /* the sanitizer watches the end */
        struct apdu apdu = {.cla = 0xEE};
        bool read = apdu_decode(bytes_of(exact + 1, len), &apdu);
        assert_int_equal(read, len == 4 || len == 5 || len == 13 || len == 14);
        assert_int_equal(apdu.cla, read ? 0x00 : 0xEE);
        free(exact);
    }
}

/* All lengths of lines against all values of the fifth byte, compared with arithmetic. */
static void every_length_byte_is_checked_against_the_line(void **state) {
    (void)state;
    static uint8_t line[APDU_MAX + 2];
    for (size_t len = 6; len <= sizeof line; len++) {
        for (unsigned lc = 0; lc < 256; lc++) {
            struct apdu apdu;
            line[4] = (uint8_t)lc;
            bool fits = lc > 0 && (len == 5 + lc || len == 6 + lc);
            assert_int_equal(apdu_decode(bytes_of(line, len), &apdu), fits);
            assert_true(!fits || apdu.data.len == lc);
        }
    }
}

static void the_longest_command_fits_and_a_longer_is_refused(void **state) {
    (void)state;
    static const uint8_t data[APDU_DATA_MAX + 1];
    uint8_t room[APDU_MAX + 4];
    struct apdu apdu = {.data = bytes_of(data, APDU_DATA_MAX), .le = 256};
    struct builder b = builder_in(room, APDU_MAX);
    apdu_write(&b, &apdu);
    assert_int_equal(builder_bytes(&b).len, APDU_MAX);
    b = builder_in(room, APDU_MAX - 1);
    apdu_write(&b, &apdu);
    assert_true(b.overflowed);
    apdu.data.len = APDU_DATA_MAX + 1;
    b = builder_in(room, sizeof room);
    apdu_write(&b, &apdu);
    assert_true(b.overflowed);
    apdu = (struct apdu){.le = 257};
    b = builder_in(room, sizeof room);
    apdu_write(&b, &apdu);
    assert_true(b.overflowed);
}

static void a_reply_is_data_and_a_status_word(void **state) {
    (void)state;
    static uint8_t line[REPLY_MAX + 1];
    (void)memset(line, 0x5A, sizeof line);
    for (size_t len = 0; len <= sizeof line; len++) {
        struct reply reply;
        bool fits = len >= 2 && len <= REPLY_MAX;
        assert_int_equal(reply_decode(bytes_of(line, len), &reply), fits);
        if (fits) {
            assert_int_equal(reply_bytes(&reply).len, len - 2);
            assert_int_equal(reply.sw, 0x5A5A);
        }
    }
}

static void every_status_word_has_its_words(void **state) {
    (void)state;
    assert_string_equal(sw_text(SW_OK), "done");
    assert_string_equal(sw_text(0x63C2), "wrong; the last digit says how many tries are left");
    assert_string_equal(sw_text(0x63CF), sw_text(0x63C0));
    assert_string_equal(sw_text(0x6112), sw_text(0x6100));
    assert_string_equal(sw_text(0x6C08), sw_text(0x6CFF));
    assert_string_not_equal(sw_text(0x6982), sw_text(0x6983));
    for (unsigned sw = 0; sw <= 0xFFFF; sw++) {
        assert_true(strlen(sw_text((uint16_t)sw)) > 3);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_shape_is_taken_apart),
        cmocka_unit_test(what_is_written_is_what_was_read),
        cmocka_unit_test(a_torn_command_is_never_read_past_its_end),
        cmocka_unit_test(every_length_byte_is_checked_against_the_line),
        cmocka_unit_test(the_longest_command_fits_and_a_longer_is_refused),
        cmocka_unit_test(a_reply_is_data_and_a_status_word),
        cmocka_unit_test(every_status_word_has_its_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
