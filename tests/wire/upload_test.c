/* The upload file: what is written is read, and nothing else is. */
#include "check.h"

#include "base/crc32.h"
#include "wire/upload.h"

enum { RECORDS = 5, FILE_MAX = UPLOAD_HEADER_LEN + 8 * UPLOAD_RECORD_LEN + UPLOAD_TRAILER_LEN };

static const struct upload_header header = {
    .institution = "P0000001",
    .terminal = {0x44, 0x01, 0x00, 0x00, 0x00, 0x07},
    .batch = 12,
    .business_day = 20031008
};

static struct upload_record record_no(uint32_t i) {
    struct upload_record r = {
        .trade = TRADE_EP_PURCHASE,
        .amount = 1250 + i,
        .balance_before = 10000 - i,
        .number = (uint16_t)(3 + i),
        .overdraft = 0,
        .key_version = 1,
        .algorithm = 0,
        .terminal = {0x44,  0x01, 0x00, 0x00, 0x00, 0x07},
        .terminal_seq = 900 + i,
        .moment = { 0x20, 0x03, 0x10, 0x08, 0x09, 0x30, 0x15},
        .mac2_checked = i % 2 == 0,
        .flag = i == 1   ? UPLOAD_RECOVERED
                : i == 2 ? UPLOAD_ONLINE
                         : UPLOAD_NORMAL,
        .batch = 12
    };
    (void)memset(r.ticket, (int)(0x10 + i), sizeof r.ticket);
    (void)memset(r.asn, (int)(0x20 + i), sizeof r.asn);
    (void)memset(r.issuer, 0x86, sizeof r.issuer);
    (void)memset(r.tac, (int)(0x30 + i), sizeof r.tac);
    return r;
}

static size_t write_file(uint8_t *room, size_t room_len, uint32_t count, uint8_t *digest) {
    struct builder b = builder_in(room, room_len);
    struct upload_tally t;
    upload_begin(&t, &header, &b);
    for (uint32_t i = 0; i < count; i++) {
        struct upload_record r = record_no(i);
        upload_put(&t, &r, &b);
    }
    upload_end(&t, &b, digest);
    assert_false(b.overflowed);
    return b.len;
}

/* Reads to the end or to a fault; says which, and how many records came. */
static enum upload_fault read_all(struct upload_source source, uint32_t *count, uint64_t *offset) {
    struct upload_reader reader;
    struct upload_record r;
    *count = 0;
    enum upload_step step = UPLOAD_BAD;
    if (upload_open(&reader, source)) {
        while ((step = upload_next(&reader, &r)) == UPLOAD_RECORD) {
            ++*count;
        }
        assert_int_equal(upload_next(&reader, &r), step); /* it stays where it ended */
    }
    *offset = reader.offset;
    assert_true((step == UPLOAD_END) == (reader.fault == UPLOAD_WHOLE));
    return reader.fault;
}

static enum upload_fault read_bytes(struct bytes all, uint32_t *count, uint64_t *offset) {
    return read_all(upload_source_bytes(&all), count, offset);
}

static enum upload_fault fault_of(const uint8_t *file, size_t len) {
    uint32_t count;
    uint64_t offset;
    return read_bytes(bytes_of(file, len), &count, &offset);
}

static void the_pieces_have_the_lengths_of_the_sheet(void **state) {
    (void)state;
    uint8_t file[FILE_MAX];
    assert_int_equal(
        write_file(file, sizeof file, 0, NULL), UPLOAD_HEADER_LEN + UPLOAD_TRAILER_LEN);
    assert_int_equal(write_file(file, sizeof file, 2, NULL),
        UPLOAD_HEADER_LEN + 2 * UPLOAD_RECORD_LEN + UPLOAD_TRAILER_LEN);
}

/* The bytes themselves, so that a change of the format does not go unseen. */
static void the_bytes_are_those_of_the_sheet(void **state) {
    (void)state;
    uint8_t file[FILE_MAX];
    (void)write_file(file, sizeof file, 1, NULL);
    assert_hex(bytes_of(file, UPLOAD_HEADER_LEN), "5348"
                                                  "55504C4F414401"
                                                  "5030303030303031"
                                                  "440100000007"
                                                  "0000000C"
                                                  "20031008");
    assert_hex(bytes_of(file + UPLOAD_HEADER_LEN, UPLOAD_RECORD_LEN),
        "01"
        "10101010101010101010101010101010"
        "20202020202020202020"
        "8686868686868686"
        "06"
        "000004E2"
        "00002710"
        "0003"
        "000000"
        "01"
        "00"
        "440100000007"
        "00000384"
        "20031008093015"
        "30303030"
        "01"
        "01"
        "0000000C");
}

static void what_is_written_is_read(void **state) {
    (void)state;
    uint8_t file[FILE_MAX], digest[SM3_LEN];
    size_t len = write_file(file, sizeof file, RECORDS, digest);
    struct bytes view = bytes_of(file, len);
    struct upload_reader reader;
    struct upload_record r;
    assert_true(upload_open(&reader, upload_source_bytes(&view)));
    assert_string_equal(reader.header.institution, header.institution);
    assert_memory_equal(reader.header.terminal, header.terminal, TERMINAL_LEN);
    assert_int_equal(reader.header.batch, header.batch);
    assert_int_equal(reader.header.business_day, header.business_day);
    int64_t total = 0;
    for (uint32_t i = 0; i < RECORDS; i++) {
        struct upload_record wanted = record_no(i);
        struct builder a, b;
        uint8_t got_bytes[UPLOAD_PIECE_MAX], wanted_bytes[UPLOAD_PIECE_MAX];
        struct upload_tally unused;
        assert_int_equal(upload_next(&reader, &r), UPLOAD_RECORD);
        a = builder_in(got_bytes, sizeof got_bytes);
        b = builder_in(wanted_bytes, sizeof wanted_bytes);
        (void)memset(&unused, 0, sizeof unused);
        upload_put(&unused, &r, &a);
        upload_put(&unused, &wanted, &b);
        assert_true(bytes_equal(builder_bytes(&a), builder_bytes(&b)));
        assert_int_equal(r.flag, wanted.flag);
        assert_int_equal(r.mac2_checked, wanted.mac2_checked);
        assert_int_equal(r.terminal_seq, wanted.terminal_seq);
        total += wanted.amount;
    }
    assert_int_equal(upload_next(&reader, &r), UPLOAD_END);
    assert_int_equal(reader.trailer.count, RECORDS);
    assert_int_equal(reader.trailer.total_fen, total);
    assert_memory_equal(reader.trailer.digest, digest, SM3_LEN);
    assert_int_equal(reader.offset + UPLOAD_TRAILER_LEN, len);
}

static void a_file_without_records_is_whole(void **state) {
    (void)state;
    uint8_t file[FILE_MAX];
    assert_int_equal(fault_of(file, write_file(file, sizeof file, 0, NULL)), UPLOAD_WHOLE);
}

static void every_prefix_is_torn(void **state) {
    (void)state;
    uint8_t file[FILE_MAX];
    size_t len = write_file(file, sizeof file, RECORDS, NULL);
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_equal(fault_of(file, cut), UPLOAD_TORN);
    }
}

static void a_torn_file_names_the_piece(void **state) {
    (void)state;
    uint8_t file[FILE_MAX];
    uint32_t count;
    uint64_t offset;
    (void)write_file(file, sizeof file, RECORDS, NULL);
    size_t third = UPLOAD_HEADER_LEN + 2 * UPLOAD_RECORD_LEN;
    assert_int_equal(read_bytes(bytes_of(file, third + 9), &count, &offset), UPLOAD_TORN);
    assert_int_equal(count, 2);
    assert_int_equal(offset, third);
}

/* Whatever single bit is turned, the file is refused. */
static void every_bit_flipped_is_refused(void **state) {
    (void)state;
    uint8_t file[FILE_MAX];
    size_t len = write_file(file, sizeof file, RECORDS, NULL);
    for (size_t i = 0; i < 8 * len; i++) {
        file[i / 8] ^= (uint8_t)(1u << i % 8);
        assert_int_not_equal(fault_of(file, len), UPLOAD_WHOLE);
        file[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    assert_int_equal(fault_of(file, len), UPLOAD_WHOLE);
}

/* The limit has a name; the reader is put there, for a million records take their time. */
static void more_records_than_the_limit_are_refused(void **state) {
    (void)state;
    uint8_t file[FILE_MAX];
    struct bytes view = bytes_of(file, write_file(file, sizeof file, 2, NULL));
    struct upload_reader reader;
    struct upload_record r;
    assert_true(upload_open(&reader, upload_source_bytes(&view)));
    reader.tally.count = UPLOAD_RECORDS_MAX - 1;
    assert_int_equal(upload_next(&reader, &r), UPLOAD_RECORD);
    assert_int_equal(upload_next(&reader, &r), UPLOAD_BAD);
    assert_int_equal(reader.fault, UPLOAD_TOO_MANY);
}

static void a_longer_file_is_refused(void **state) {
    (void)state;
    uint8_t file[FILE_MAX + 1];
    size_t len = write_file(file, sizeof file, RECORDS, NULL);
    file[len] = 0;
    assert_int_equal(fault_of(file, len + 1), UPLOAD_LONGER);
}

static void two_files_in_one_are_refused(void **state) {
    (void)state;
    uint8_t file[2 * FILE_MAX];
    size_t len = write_file(file, FILE_MAX, 1, NULL);
    (void)memcpy(file + len, file, len);
    assert_int_equal(fault_of(file, 2 * len), UPLOAD_LONGER);
}

/* A trailer that was made for other records: sums first, then the seal. */
static void a_record_left_out_shows_in_the_totals(void **state) {
    (void)state;
    uint8_t file[FILE_MAX];
    size_t len = write_file(file, sizeof file, RECORDS, NULL);
    (void)memmove(file + UPLOAD_HEADER_LEN, file + UPLOAD_HEADER_LEN + UPLOAD_RECORD_LEN,
        len - UPLOAD_HEADER_LEN - UPLOAD_RECORD_LEN);
    assert_int_equal(fault_of(file, len - UPLOAD_RECORD_LEN), UPLOAD_WRONG_TOTALS);
}

static void records_in_another_order_break_the_seal(void **state) {
    (void)state;
    uint8_t file[FILE_MAX], held[UPLOAD_RECORD_LEN];
    size_t len = write_file(file, sizeof file, RECORDS, NULL);
    uint8_t *first = file + UPLOAD_HEADER_LEN, *second = first + UPLOAD_RECORD_LEN;
    (void)memcpy(held, first, sizeof held);
    (void)memmove(first, second, sizeof held);
    (void)memcpy(second, held, sizeof held);
    assert_int_equal(fault_of(file, len), UPLOAD_WRONG_SEAL);
}

/* What each field may hold, one wrong value at a time, the seal made anew each time. */
static void a_field_that_is_none_is_named(void **state) {
    (void)state;
    static const struct {
        const char *title;
        size_t at;
        uint8_t value;
        enum upload_fault fault;
    } cases[] = {
        {"mark",                     0,   'T',  UPLOAD_NO_UPLOAD },
        {"version",                  8,   2,    UPLOAD_NO_UPLOAD },
        {"small letter in the code", 9,   'p',  UPLOAD_BAD_HEADER},
        {"terminal that is no BCD",  17,  0x4A, UPLOAD_BAD_HEADER},
        {"batch 0",                  26,  0,    UPLOAD_BAD_HEADER},
        {"month 13",                 29,  0x13, UPLOAD_BAD_HEADER},
        {"day that is no BCD",       30,  0x0A, UPLOAD_BAD_HEADER},
        {"tag",                      31,  3,    UPLOAD_BAD_PIECE },
        {"record terminal no BCD",   82,  0xA0, UPLOAD_BAD_RECORD},
        {"moment no BCD",            92,  0x3F, UPLOAD_BAD_RECORD},
        {"MAC2 neither yes nor no",  103, 2,    UPLOAD_BAD_RECORD},
        {"two kinds at once",        104, 3,    UPLOAD_BAD_RECORD},
        {"no kind",                  104, 0,    UPLOAD_BAD_RECORD},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t file[FILE_MAX];
        size_t len = write_file(file, sizeof file, 1, NULL);
        file[cases[i].at] = cases[i].value;
        if (fault_of(file, len) != cases[i].fault) {
            fail_msg("%s: %d", cases[i].title, (int)fault_of(file, len));
        }
    }
}

/* A source that gives one byte at a time, and fails or ends where it is told to. */
struct drip {
    struct bytes left;
    size_t fail_after;
};
static long drip_read(void *self, uint8_t *to, size_t len) {
    struct drip *d = self;
    assert_true(len > 0);
    if (d->fail_after-- == 0) {
        return -1;
    }
    if (d->left.len == 0) {
        return 0;
    }
    *to = *d->left.at;
    d->left = bytes_of(d->left.at + 1, d->left.len - 1);
    return 1;
}

static void pieces_of_any_size_are_put_together(void **state) {
    (void)state;
    uint8_t file[FILE_MAX];
    size_t len = write_file(file, sizeof file, RECORDS, NULL);
    struct drip drip = {bytes_of(file, len), SIZE_MAX};
    uint32_t count;
    uint64_t offset;
    assert_int_equal(
        read_all((struct upload_source){&drip, drip_read}, &count, &offset), UPLOAD_WHOLE);
    assert_int_equal(count, RECORDS);
}

static void a_medium_that_fails_anywhere_is_told(void **state) {
    (void)state;
    uint8_t file[FILE_MAX];
    size_t len = write_file(file, sizeof file, RECORDS, NULL);
    for (size_t n = 0; n <= len; n++) {
        struct drip drip = {bytes_of(file, len), n};
        uint32_t count;
        uint64_t offset;
        assert_int_equal(
            read_all((struct upload_source){&drip, drip_read}, &count, &offset), UPLOAD_UNREADABLE);
    }
}

static void a_writer_without_room_writes_nothing_usable(void **state) {
    (void)state;
    uint8_t file[FILE_MAX];
    size_t len = write_file(file, sizeof file, 2, NULL);
    for (size_t room = 0; room < len; room++) {
        struct builder b = builder_in(file, room);
        struct upload_tally t;
        struct upload_record r = record_no(0);
        upload_begin(&t, &header, &b);
        upload_put(&t, &r, &b);
        upload_put(&t, &r, &b);
        upload_end(&t, &b, NULL);
        assert_int_equal(builder_bytes(&b).len, 0);
    }
}

static void one_record_is_exactly_its_length(void **state) {
    (void)state;
    uint8_t file[FILE_MAX];
    (void)write_file(file, sizeof file, 2, NULL);
    struct upload_record r = {0};
    for (size_t len = 0; len < 2 * UPLOAD_RECORD_LEN; len++) {
        bool read = upload_record_decode(bytes_of(file + UPLOAD_HEADER_LEN, len), &r);
        assert_int_equal(read, len == UPLOAD_RECORD_LEN);
    }
}

static void the_facts_of_the_tac_are_the_records(void **state) {
    (void)state;
    struct upload_record r = record_no(4);
    struct purchase_facts f = upload_facts(&r);
    assert_int_equal(f.amount, 1254);
    assert_int_equal(f.trade, TRADE_EP_PURCHASE);
    assert_int_equal(f.terminal_seq, 904);
    assert_memory_equal(f.terminal, r.terminal, TERMINAL_LEN);
    assert_memory_equal(f.moment, r.moment, MOMENT_LEN);
    assert_ptr_equal(upload_factor(&r), r.asn + 2);
}

static void every_fault_has_a_sentence(void **state) {
    (void)state;
    for (int i = 0; i < UPLOAD_FAULT_COUNT; i++) {
        assert_true(strlen(upload_fault_text((enum upload_fault)i)) > 10);
    }
    assert_non_null(upload_fault_text(UPLOAD_FAULT_COUNT));
}

/* ---- medical records ---- */

static struct upload_record medical_no(uint32_t i) {
    struct upload_record r = record_no(i);
    r.trade = TRADE_MEDICAL_PURCHASE;
    r.medical[1] = 5000 + i;
    (void)memset(r.asn, 0, sizeof r.asn - FACTOR_LEN);
    (void)memset(r.issuer, 0, sizeof r.issuer);
    (void)memcpy(r.city_factor, "440100sx", sizeof r.city_factor);
    return r;
}

static void the_bytes_of_a_medical_record_are_those_of_the_sheet(void **state) {
    (void)state;
    uint8_t room[UPLOAD_PIECE_MAX];
    struct builder b = builder_in(room, sizeof room);
    struct upload_tally t = {0};
    struct upload_record r = medical_no(0);
    upload_put(&t, &r, &b);
    assert_int_equal(b.len, UPLOAD_MEDICAL_LEN);
    assert_hex(builder_bytes(&b), "02"
                                  "10101010101010101010101010101010"
                                  "2020202020202020"
                                  "3434303130307378"
                                  "32"
                                  "00000000"
                                  "00001388"
                                  "000004E2"
                                  "00002710"
                                  "0003"
                                  "01"
                                  "00"
                                  "440100000007"
                                  "00000384"
                                  "20031008093015"
                                  "30303030"
                                  "01"
                                  "01"
                                  "0000000C");
    assert_int_equal(t.total_fen, 1250); /* what left the account */
}

/* What the TAC is over: all three amounts. */
static void a_medical_record_gives_the_facts_of_its_tac(void **state) {
    (void)state;
    uint8_t room[PURSE_MESSAGE_MAX];
    struct builder b = builder_in(room, sizeof room);
    struct upload_record r = medical_no(0);
    struct purchase_facts facts = upload_facts(&r);
    put_purchase_tac(&b, &facts);
    assert_hex(builder_bytes(&b), "00000000"
                                  "00001388"
                                  "000004E2"
                                  "32"
                                  "440100000007"
                                  "00000384"
                                  "20031008093015");
}

static bool same_record(const struct upload_record *a, const struct upload_record *b) {
    return memcmp(a->ticket, b->ticket, sizeof a->ticket) == 0
           && memcmp(a->asn, b->asn, sizeof a->asn) == 0
           && memcmp(a->city_factor, b->city_factor, sizeof a->city_factor) == 0
           && a->trade == b->trade && a->amount == b->amount && a->medical[0] == b->medical[0]
           && a->medical[1] == b->medical[1] && a->number == b->number
           && a->terminal_seq == b->terminal_seq && a->overdraft == b->overdraft;
}

/* Wallet and hospital in one file, one record after the other. */
static void both_kinds_of_record_go_in_one_file(void **state) {
    (void)state;
    uint8_t file[FILE_MAX + 8 * UPLOAD_MEDICAL_LEN];
    struct builder b = builder_in(file, sizeof file);
    struct upload_tally t;
    struct upload_reader reader;
    struct upload_record r = {0};
    upload_begin(&t, &header, &b);
    for (uint32_t i = 0; i < 6; i++) {
        struct upload_record put = i % 2 == 0 ? record_no(i) : medical_no(i);
        upload_put(&t, &put, &b);
    }
    upload_end(&t, &b, NULL);
    assert_false(b.overflowed);
    struct bytes view = builder_bytes(&b);
    assert_true(upload_open(&reader, upload_source_bytes(&view)));
    for (uint32_t i = 0; i < 6; i++) {
        struct upload_record put = i % 2 == 0 ? record_no(i) : medical_no(i);
        assert_int_equal(upload_next(&reader, &r), UPLOAD_RECORD);
        assert_true(same_record(&r, &put));
    }
    assert_int_equal(upload_next(&reader, &r), UPLOAD_END);
    assert_int_equal(reader.offset, b.len - UPLOAD_TRAILER_LEN);
    for (size_t cut = 0; cut < b.len; cut++) {
        assert_int_equal(fault_of(file, cut), UPLOAD_TORN);
    }
    for (size_t at = 0; at < b.len; at++) {
        file[at] ^= 0x01;
        assert_int_not_equal(fault_of(file, b.len), UPLOAD_WHOLE);
        file[at] ^= 0x01;
    }
    assert_int_equal(fault_of(file, b.len), UPLOAD_WHOLE);
}

/* Neither kind in the other's clothes, and no other length. */
static void a_record_is_of_the_kind_that_its_tag_says(void **state) {
    (void)state;
    uint8_t room[UPLOAD_PIECE_MAX + 1] = {0};
    struct upload_tally t = {0};
    struct builder b = builder_in(room, sizeof room);
    struct upload_record r = medical_no(1);
    struct upload_record out;
    upload_put(&t, &r, &b);
    assert_true(upload_record_decode(bytes_of(room, UPLOAD_MEDICAL_LEN), &out));
    assert_true(same_record(&r, &out));
    for (size_t len = 0; len <= UPLOAD_PIECE_MAX + 1; len++) {
        assert_int_equal(
            upload_record_decode(bytes_of(room, len), &out), len == UPLOAD_MEDICAL_LEN);
    }
    room[33] = TRADE_EP_PURCHASE; /* the place of the trade: a wallet's under the medical tag */
    assert_false(upload_record_decode(bytes_of(room, UPLOAD_MEDICAL_LEN), &out));
    b = builder_in(room, sizeof room);
    r = record_no(1);
    upload_put(&t, &r, &b);
    room[35] = TRADE_MEDICAL_PURCHASE; /* and the other way round */
    assert_false(upload_record_decode(bytes_of(room, UPLOAD_RECORD_LEN), &out));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bytes_of_a_medical_record_are_those_of_the_sheet),
        cmocka_unit_test(a_medical_record_gives_the_facts_of_its_tac),
        cmocka_unit_test(both_kinds_of_record_go_in_one_file),
        cmocka_unit_test(a_record_is_of_the_kind_that_its_tag_says),
        cmocka_unit_test(the_pieces_have_the_lengths_of_the_sheet),
        cmocka_unit_test(the_bytes_are_those_of_the_sheet),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_file_without_records_is_whole),
        cmocka_unit_test(every_prefix_is_torn),
        cmocka_unit_test(a_torn_file_names_the_piece),
        cmocka_unit_test(every_bit_flipped_is_refused),
        cmocka_unit_test(more_records_than_the_limit_are_refused),
        cmocka_unit_test(a_longer_file_is_refused),
        cmocka_unit_test(two_files_in_one_are_refused),
        cmocka_unit_test(a_record_left_out_shows_in_the_totals),
        cmocka_unit_test(records_in_another_order_break_the_seal),
        cmocka_unit_test(a_field_that_is_none_is_named),
        cmocka_unit_test(pieces_of_any_size_are_put_together),
        cmocka_unit_test(a_medium_that_fails_anywhere_is_told),
        cmocka_unit_test(a_writer_without_room_writes_nothing_usable),
        cmocka_unit_test(one_record_is_exactly_its_length),
        cmocka_unit_test(the_facts_of_the_tac_are_the_records),
        cmocka_unit_test(every_fault_has_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
