/* SM3 in lanes and the wide CRC against the plain ones of crypto/ and base/, in every way that the
 * machine has.
 *
 * SHEBAO_CASES says how many random messages are compared, 20,000 when it is not set. */
#include "check.h"

#include "base/crc32.h"
#include "bulk/digests.h"

enum { CASES_USUAL = 20000, BATCH_MOST = 70, MESSAGE_MOST = 700, ROOM = BATCH_MOST * MESSAGE_MOST };

static uint64_t dice = 20031008;

static uint32_t random_below(uint32_t limit) {
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((dice >> 33) % limit);
}

static size_t cases(void) {
    const char *said = getenv("SHEBAO_CASES");
    return said ? (size_t)strtoull(said, NULL, 10) : CASES_USUAL;
}

static void fill(uint8_t *room, size_t len) {
    for (size_t i = 0; i < len; i++) {
        room[i] = (uint8_t)random_below(256);
    }
}

static void assert_plain_digest(const struct digest_job *job) {
    uint8_t digest[SM3_LEN];
    struct sm3 plain;
    sm3_begin(&plain);
    sm3_add(&plain, job->data);
    sm3_end(&plain, digest);
    assert_memory_equal(job->digest, digest, SM3_LEN);
}

/* Batches of every number of messages, of lengths that differ much. */
static void random_messages(enum bulk_way way) {
    uint8_t *room = malloc(ROOM);
    assert_non_null(room);
    for (size_t done = 0; done < cases();) {
        struct digest_job jobs[BATCH_MOST];
        size_t count = random_below(BATCH_MOST + 1), at = 0;
        uint32_t most = random_below(2) ? MESSAGE_MOST : 70;
        fill(room, ROOM / 16);
        for (size_t i = 0; i < count; i++) {
            size_t len = random_below(most + 1);
            jobs[i].data = bytes_of(room + at, len);
            at += len;
        }
        digests_make(way, jobs, count);
        for (size_t i = 0; i < count; i++) {
            assert_plain_digest(&jobs[i]);
        }
        done += count + 1;
    }
    free(room);
}

/* All lengths around the ends of blocks and of the padding. */
static void every_length(enum bulk_way way) {
    enum { LENGTHS = 260 };
    uint8_t room[LENGTHS];
    struct digest_job jobs[LENGTHS];
    fill(room, sizeof room);
    for (size_t i = 0; i < LENGTHS; i++) {
        jobs[i].data = bytes_of(room, i);
    }
    digests_make(way, jobs, LENGTHS);
    for (size_t i = 0; i < LENGTHS; i++) {
        assert_plain_digest(&jobs[i]);
    }
}

static void lanes_hash_as_the_plain_way_does(void **state) {
    (void)state;
    for (int way = BULK_BEST; way < BULK_WAYS; way++) {
        if (digests_way_here((enum bulk_way)way)) {
            every_length((enum bulk_way)way);
            random_messages((enum bulk_way)way);
        }
    }
}

/* The example of GB/T 32905-2016, annex A.1. */
static void the_standards_example_comes_out(void **state) {
    static const uint8_t wanted[SM3_LEN] = {0x66, 0xC7, 0xF0, 0xF4, 0x62, 0xEE, 0xED, 0xD9, 0xD1,
        0xF2, 0xD4, 0x6B, 0xDC, 0x10, 0xE4, 0xE2, 0x41, 0x67, 0xC4, 0x87, 0x5C, 0xF2, 0xF7, 0xA2,
        0x29, 0x7D, 0xA0, 0x2B, 0x8F, 0x4B, 0xA8, 0xE0};
    struct digest_job job = {.data = bytes_text("abc")};
    (void)state;
    for (int way = BULK_BEST; way < BULK_WAYS; way++) {
        if (digests_way_here((enum bulk_way)way)) {
            assert_true(digests_lanes((enum bulk_way)way) >= 4);
            digests_make((enum bulk_way)way, &job, 1);
            assert_memory_equal(job.digest, wanted, SM3_LEN);
        }
    }
}

/* Nothing to hash is no reason to look at anything. */
static void no_messages_are_done_at_once(void **state) {
    (void)state;
    digests_make(BULK_BEST, NULL, 0);
    digests_make(BULK_WORDS, NULL, 0);
}

static void the_wide_crc_is_the_plain_one(void **state) {
    uint8_t *room = malloc(MESSAGE_MOST);
    (void)state;
    assert_non_null(room);
    assert_int_equal(digests_crc32(BULK_BEST, bytes_text("123456789")), 0xCBF43926);
    for (size_t i = 0; i < cases(); i++) {
        size_t from = random_below(20);
        size_t len = i < 300 ? i : random_below(MESSAGE_MOST - 20);
        fill(room + from, len);
        struct bytes data = bytes_of(room + from, len);
        uint32_t plain = crc32_more(0, data);
        assert_int_equal(digests_crc32(BULK_BEST, data), plain);
        assert_int_equal(digests_crc32(BULK_WORDS, data), plain);
    }
    free(room);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lanes_hash_as_the_plain_way_does),
        cmocka_unit_test(the_standards_example_comes_out),
        cmocka_unit_test(no_messages_are_done_at_once),
        cmocka_unit_test(the_wide_crc_is_the_plain_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
