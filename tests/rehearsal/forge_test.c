#include "check.h"

#include <unistd.h>

#include "rehearsal/forge.h"
#include "wire/upload.h"

enum { RECORDS = 5, FILE_MAX = 16384 };

static struct upload_record record_of(uint32_t i) {
    struct upload_record r = {
        .trade = TRADE_EP_PURCHASE,
        .amount = 100 + i,
        .balance_before = 1000,
        .number = (uint16_t)(1 + i),
        .key_version = 1,
        .terminal = {0x44,  0x01, 0x00, 0x00,      0x00, 0x01},
        .terminal_seq = 10 + i,
        .moment = {0x20, 0x03,     0x10,      0x08,           0x09, 0x30, 0x00},
        .tac = {1, 2, 3,(uint8_t)i},
        .mac2_checked = true,
        .flag = UPLOAD_NORMAL,
        .batch = 1,
    };
    (void)memset(r.ticket, 'T', sizeof r.ticket);
    r.ticket[15] = (uint8_t)('0' + i);
    return r;
}

static void piece_out(FILE *to, struct builder *b) {
    assert_false(b->overflowed);
    assert_int_equal(fwrite(b->at, 1, b->len, to), b->len);
    b->len = 0;
}

/* An honest file of so many records, at a path that mkstemp made. */
static void honest_file(char *path, uint32_t count) {
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *to = fdopen(fd, "wb");
    assert_non_null(to);
    struct upload_header header = {
        .institution = "GZYD0001",
        .terminal = {0x44, 0x01, 0x00, 0x00, 0x00, 0x01},
        .batch = 1,
        .business_day = 20031008,
    };
    uint8_t room[UPLOAD_PIECE_MAX];
    struct builder b = builder_in(room, sizeof room);
    struct upload_tally tally;
    upload_begin(&tally, &header, &b);
    piece_out(to, &b);
    for (uint32_t i = 0; i < count; i++) {
        struct upload_record r = record_of(i);
        upload_put(&tally, &r, &b);
        piece_out(to, &b);
    }
    upload_end(&tally, &b, NULL);
    piece_out(to, &b);
    (void)fclose(to);
}

/* Reads a file that must be whole; returns how many records it holds. */
static uint32_t read_all(const char *path, struct upload_record *records, uint32_t room) {
    static uint8_t bytes[FILE_MAX];
    FILE *from = fopen(path, "rb");
    assert_non_null(from);
    size_t len = fread(bytes, 1, sizeof bytes, from);
    (void)fclose(from);
    struct bytes view = bytes_of(bytes, len);
    struct upload_reader reader;
    uint32_t count = 0;
    enum upload_step step = UPLOAD_RECORD;
    assert_true(upload_open(&reader, upload_source_bytes(&view)));
    while (step == UPLOAD_RECORD) {
        assert_true(count < room);
        step = upload_next(&reader, &records[count]);
        count += step == UPLOAD_RECORD ? 1 : 0;
    }
    assert_int_equal(step, UPLOAD_END);
    return count;
}

static bool same_claim(const struct upload_record *a, const struct upload_record *b) {
    return a->amount == b->amount && a->terminal_seq == b->terminal_seq
           && memcmp(a->tac, b->tac, sizeof a->tac) == 0;
}

/* For each count: the file is whole, holds the forged ones first, then the true ones untouched, then
 * the repeated ones; no forged one says what a true one says. */
static void a_forged_file_is_well_formed_and_false(void **state) {
    (void)state;
    for (uint32_t forge = 1; forge <= 12; forge++) {
        char path[] = "/tmp/forge-XXXXXX";
        char forged_path[] = "/tmp/forge-out-XXXXXX";
        struct upload_record r[64];
        struct why why;
        honest_file(path, RECORDS);
        (void)close(mkstemp(forged_path));
        assert_int_equal(forge_upload(path, forge, forged_path, &why), OK);
        assert_int_equal(read_all(forged_path, r, 64), RECORDS + 2 * forge);
        for (uint32_t i = 0; i < RECORDS + 2 * forge; i++) {
            bool true_one = false;
            for (uint32_t k = 0; k < RECORDS; k++) {
                struct upload_record honest = record_of(k);
                true_one = true_one || same_claim(&r[i], &honest);
            }
            assert_int_equal(true_one, i >= forge);
        }
        (void)unlink(path);
        (void)unlink(forged_path);
    }
}

static void the_same_forgery_has_the_same_bytes(void **state) {
    (void)state;
    char path[] = "/tmp/forge-XXXXXX";
    char a[] = "/tmp/forge-a-XXXXXX";
    char b[] = "/tmp/forge-b-XXXXXX";
    struct why why;
    static char one[FILE_MAX];
    static char other[FILE_MAX];
    honest_file(path, RECORDS);
    (void)close(mkstemp(a));
    (void)close(mkstemp(b));
    assert_int_equal(forge_upload(path, 4, a, &why), OK);
    assert_int_equal(forge_upload(path, 4, b, &why), OK);
    FILE *from = fopen(a, "rb");
    size_t len = fread(one, 1, sizeof one, from);
    (void)fclose(from);
    from = fopen(b, "rb");
    assert_int_equal(fread(other, 1, sizeof other, from), len);
    (void)fclose(from);
    assert_memory_equal(one, other, len);
    (void)unlink(path);
    (void)unlink(a);
    (void)unlink(b);
}

static void nothing_can_be_forged_from_nothing(void **state) {
    (void)state;
    char path[] = "/tmp/forge-XXXXXX";
    struct why why;
    honest_file(path, 0);
    assert_int_equal(forge_upload(path, 1, "/tmp/forge-never", &why), ERR_NOT_FOUND);
    assert_int_equal(access("/tmp/forge-never", F_OK), -1);
    assert_int_equal(truncate(path, 20), 0);
    assert_int_equal(forge_upload(path, 1, "/tmp/forge-never", &why), ERR_INVALID);
    assert_int_equal(access("/tmp/forge-never", F_OK), -1);
    (void)unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forged_file_is_well_formed_and_false),
        cmocka_unit_test(the_same_forgery_has_the_same_bytes),
        cmocka_unit_test(nothing_can_be_forged_from_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
