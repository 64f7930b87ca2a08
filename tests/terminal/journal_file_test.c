#include "terminal/journal_file.h"

#include "base/builder.h"
#include "base/crc32.h"
#include "check.h"
#include "same.h"

static const uint8_t terminal[TERMINAL_LEN] = {0x44, 0x01, 0x00, 0x00, 0x00, 0x01};

/* Seals a body as the journal does, so that a test can say what the checksum does not forbid. */
static void seal(uint8_t record[JOURNAL_RECORD_LEN], uint32_t index) {
    uint8_t place[4];
    struct builder b = builder_in(place, sizeof place);
    put_u32(&b, index);
    uint32_t crc = crc32_more(
        crc32_of(place, sizeof place), bytes_of(record, JOURNAL_RECORD_LEN - 4));
    b = builder_in(record + JOURNAL_RECORD_LEN - 4, 4);
    put_u32(&b, crc);
}

static struct journal_line sample(void) {
    return (struct journal_line){
        .kind = KIND_TRADE,
        .trade = {.ticket = {1, 2, 3},
                  .state = TICKET_DONE,
                  .trade = TRADE_EP_PURCHASE,
                  .amount = 0x01020304,
                  .balance = 0x05060708,
                  .number = 0x090A,
                  .terminal_seq = 0x0B0C0D0E,
                  .attempt = 3}
    };
}

static void a_header_names_its_terminal(void **state) {
    (void)state;
    uint8_t header[JOURNAL_HEADER_LEN], got[TERMINAL_LEN] = {0};
    journal_header_write(terminal, header);
    assert_true(journal_header_read(header, got));
    assert_memory_equal(got, terminal, TERMINAL_LEN);
}

static void a_header_with_any_bit_turned_is_refused(void **state) {
    (void)state;
    uint8_t header[JOURNAL_HEADER_LEN], got[TERMINAL_LEN] = {0};
    journal_header_write(terminal, header);
    for (size_t bit = 0; bit < 8 * sizeof header; bit++) {
        header[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(journal_header_read(header, got));
        header[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(journal_header_read(header, got));
}

static void a_record_with_any_bit_turned_is_refused(void **state) {
    (void)state;
    uint8_t record[JOURNAL_RECORD_LEN];
    struct journal_line line = sample(), got = {0};
    journal_line_write(&line, 7, record);
    for (size_t bit = 0; bit < 8 * sizeof record; bit++) {
        record[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(journal_line_read(record, 7, &got));
        record[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(journal_line_read(record, 7, &got));
    assert_same_record(&got.trade, &line.trade);
}

static void a_record_counts_in_its_own_place_only(void **state) {
    (void)state;
    uint8_t record[JOURNAL_RECORD_LEN];
    struct journal_line line = sample(), got;
    journal_line_write(&line, 7, record);
    for (uint32_t index = 0; index < 1000; index++) {
        assert_int_equal(journal_line_read(record, index, &got), index == 7);
    }
}

/* A medical trade has its bill where others have the issuer; the bill is no less than what was paid. */
static void a_bill_stands_where_others_have_the_issuer(void **state) {
    (void)state;
    uint8_t record[JOURNAL_RECORD_LEN];
    struct journal_line line = sample(), got = {0};
    enum { ISSUER_AT = 30 };
    line.trade.trade = TRADE_MEDICAL_PURCHASE;
    line.trade.total = 0x01020304;
    journal_line_write(&line, 7, record);
    assert_hex(bytes_of(record + ISSUER_AT, UPLOAD_ISSUER_LEN), "0102030400000000");
    assert_true(journal_line_read(record, 7, &got));
    assert_same_record(&got.trade, &line.trade);
    for (size_t i = 0; i < UPLOAD_ISSUER_LEN; i++) { /* zeros behind the bill, and enough of it */
        uint8_t was = record[ISSUER_AT + i];
        record[ISSUER_AT + i] = i < 4 ? 0 : 1;
        seal(record, 7);
        assert_false(journal_line_read(record, 7, &got));
        record[ISSUER_AT + i] = was;
    }
}

/* Bodies that no journal writes, under a right checksum. */
static void what_no_journal_writes_is_refused(void **state) {
    (void)state;
    enum { STATE_AT = 17, TRADE_AT = 18, REASON_AT = 19, FILL_AT = 76 - 1 };
    static const struct {
        const char *title;
        size_t at;
        uint8_t value;
    } cases[] = {
        {"kind 0",                     0,         0                },
        {"kind 4",                     0,         4                },
        {"state 0",                    STATE_AT,  TICKET_NEW       },
        {"state 7",                    STATE_AT,  7                },
        {"an ED purchase",             TRADE_AT,  TRADE_ED_PURCHASE},
        {"trade FF",                   TRADE_AT,  0xFF             },
        {"a reason without a refusal", REASON_AT, 1                },
        {"a refusal without a reason", STATE_AT,  TICKET_REFUSED   },
        {"something in the filling",   FILL_AT,   1                },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t record[JOURNAL_RECORD_LEN];
        struct journal_line line = sample(), got;
        print_message("%s\n", cases[i].title);
        journal_line_write(&line, 0, record);
        record[cases[i].at] = cases[i].value;
        seal(record, 0);
        assert_false(journal_line_read(record, 0, &got));
    }
}

/* Whatever is accepted is written again as the same bytes: nothing is read that is not kept. */
static void what_is_accepted_is_written_again_as_it_was(void **state) {
    (void)state;
    uint64_t seed = 1, accepted = 0;
    for (uint32_t i = 0; i < 200000; i++) {
        uint8_t record[JOURNAL_RECORD_LEN], again[JOURNAL_RECORD_LEN];
        struct journal_line line = sample(), got;
        journal_line_write(&line, i, record);
        for (int k = 0; k < 3; k++) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            record[(seed >> 33) % (JOURNAL_RECORD_LEN - 4)] = (uint8_t)(seed >> 56 & 7);
        }
        seal(record, i);
        if (journal_line_read(record, i, &got)) {
            accepted++;
            if (got.kind == KIND_TRADE) {
                journal_line_write(&got, i, again);
                assert_memory_equal(record, again, sizeof record);
            }
        }
    }
    assert_true(accepted > 1000);
    print_message("%llu of 200000 bodies were records\n", (unsigned long long)accepted);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_names_its_terminal),
        cmocka_unit_test(a_header_with_any_bit_turned_is_refused),
        cmocka_unit_test(a_record_with_any_bit_turned_is_refused),
        cmocka_unit_test(a_record_counts_in_its_own_place_only),
        cmocka_unit_test(a_bill_stands_where_others_have_the_issuer),
        cmocka_unit_test(what_no_journal_writes_is_refused),
        cmocka_unit_test(what_is_accepted_is_written_again_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
