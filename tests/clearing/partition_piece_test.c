/* Fields read where they lie, against the decoder that makes a struct of them: random records, random
 * bytes in them, every byte flipped, every field at its edges. */
#include "clearing/world.h"

#include "clearing/partition_piece.h"
#include "host/rng.h"

enum { CASES = 200000 };

/* A record's bytes as a terminal writes them. */
static void write_piece(const struct upload_record *r, uint8_t piece[UPLOAD_PIECE_MAX]) {
    struct upload_tally tally = {0};
    struct builder b = builder_in(piece, UPLOAD_PIECE_MAX);
    sm3_begin(&tally.hash);
    upload_put(&tally, r, &b);
    assert_int_equal(b.len, UPLOAD_RECORD_LEN);
}

static struct upload_record random_record(struct rng *rng) {
    struct upload_record r = purchase((unsigned)(1 + rng_below(rng, 9)),
        (unsigned)(1 + rng_below(rng, 99)), (uint32_t)rng_next(rng), (uint16_t)rng_next(rng),
        (uint32_t)rng_next(rng), (uint32_t)rng_next(rng));
    static const uint8_t flags[] = {UPLOAD_NORMAL, UPLOAD_RECOVERED, UPLOAD_ONLINE};
    r.flag = (enum upload_flag)flags[rng_below(rng, 3)];
    r.key_version = (uint8_t)rng_next(rng);
    r.overdraft = (uint32_t)(rng_next(rng) & 0xFFFFFF);
    r.batch = (uint32_t)rng_next(rng);
    r.mac2_checked = rng_below(rng, 2) == 0;
    (void)memcpy(r.tac, &(uint32_t){(uint32_t)rng_next(rng)}, MAC_LEN);
    return r;
}

static void assert_fields(const uint8_t *piece, const struct upload_record *r) {
    assert_memory_equal(piece + AT_TICKET, r->ticket, TICKET_LEN);
    assert_memory_equal(piece + AT_FACTOR, upload_factor(r), FACTOR_LEN);
    assert_int_equal(piece[AT_TRADE], r->trade);
    assert_int_equal(piece_amount(piece), r->amount);
    assert_int_equal(piece_balance(piece), r->balance_before);
    assert_int_equal(piece_number(piece), r->number);
    assert_int_equal(piece_u32(piece + AT_OVERDRAFT) >> 8, r->overdraft);
    assert_int_equal(piece[AT_VERSION], r->key_version);
    assert_memory_equal(piece + AT_TERMINAL, r->terminal, TERMINAL_LEN);
    assert_int_equal(piece_u32(piece + AT_SEQ), r->terminal_seq);
    assert_memory_equal(piece + AT_MOMENT, r->moment, MOMENT_LEN);
    assert_int_equal(piece[AT_FLAG], r->flag);
    assert_int_equal(piece[AT_CHECKED], r->mac2_checked);
    assert_int_equal(piece_u32(piece + AT_BATCH), r->batch);
    assert_true(piece_tac_is(piece, r->tac));
}

static void fields_are_where_they_are_read(void **state) {
    (void)state;
    struct rng rng = rng_stream(1, "pieces", 0);
    for (unsigned i = 0; i < CASES / 10; i++) {
        uint8_t piece[UPLOAD_PIECE_MAX];
        struct upload_record r = random_record(&rng);
        write_piece(&r, piece);
        assert_true(piece_good(piece));
        assert_fields(piece, &r);
    }
}

/* The message of a TAC is that of put_purchase_tac(). */
static void a_job_is_what_the_card_signed(void **state) {
    (void)state;
    struct rng rng = rng_stream(2, "pieces", 0);
    for (unsigned i = 0; i < CASES / 10; i++) {
        uint8_t piece[UPLOAD_PIECE_MAX], room[PURSE_MESSAGE_MAX];
        struct upload_record r = random_record(&rng);
        struct purchase_facts facts = upload_facts(&r);
        struct builder b = builder_in(room, sizeof room);
        struct tac_job job;
        (void)memset(&job, 0xA5, sizeof job);
        write_piece(&r, piece);
        put_purchase_tac(&b, &facts);
        piece_tac_job(piece, KEY_TDES, &job);
        assert_int_equal(job.data_len, b.len);
        assert_memory_equal(job.data, room, b.len);
        assert_memory_equal(job.card_factor, upload_factor(&r), FACTOR_LEN);
        assert_int_equal(job.version, r.key_version);
        assert_int_equal(job.algorithm, KEY_TDES);
    }
}

/* Good and bad exactly as the decoder says, whatever byte is whatever else. */
static void a_piece_is_good_when_the_decoder_takes_it(void **state) {
    (void)state;
    struct rng rng = rng_stream(3, "pieces", 0);
    unsigned good = 0;
    for (unsigned i = 0; i < CASES; i++) {
        uint8_t piece[UPLOAD_PIECE_MAX];
        struct upload_record r = random_record(&rng), back;
        write_piece(&r, piece);
        for (uint64_t n = rng_below(&rng, 4); n > 0; n--) {
            piece[rng_below(&rng, UPLOAD_RECORD_LEN)] ^= (uint8_t)rng_next(&rng);
        }
        bool taken = upload_record_decode(bytes_of(piece, UPLOAD_RECORD_LEN), &back);
        assert_int_equal(piece_good(piece), taken);
        good += taken;
    }
    assert_true(good > CASES / 20 && good < CASES);
}

static void every_value_of_every_byte_is_judged_alike(void **state) {
    (void)state;
    struct rng rng = rng_stream(4, "pieces", 0);
    struct upload_record r = random_record(&rng), back;
    uint8_t piece[UPLOAD_PIECE_MAX];
    write_piece(&r, piece);
    for (size_t at = 0; at < UPLOAD_RECORD_LEN; at++) {
        uint8_t was = piece[at];
        for (unsigned value = 0; value < 256; value++) {
            piece[at] = (uint8_t)value;
            assert_int_equal(
                piece_good(piece), upload_record_decode(bytes_of(piece, UPLOAD_RECORD_LEN), &back));
        }
        piece[at] = was;
    }
}

/* Moments compare as their numbers do. */
static void moments_keep_their_order(void **state) {
    (void)state;
    struct rng rng = rng_stream(5, "pieces", 0);
    for (unsigned i = 0; i < CASES / 10; i++) {
        uint8_t a[UPLOAD_PIECE_MAX] = {0}, b[UPLOAD_PIECE_MAX] = {0};
        moment_at(
            (uint32_t)(20031000 + rng_below(&rng, 3)), (uint32_t)rng_below(&rng, 4), a + AT_MOMENT);
        moment_at(
            (uint32_t)(20031000 + rng_below(&rng, 3)), (uint32_t)rng_below(&rng, 4), b + AT_MOMENT);
        uint64_t x = 0, y = 0;
        assert_true(bcd_read(bytes_of(a + AT_MOMENT, MOMENT_LEN), &x));
        assert_true(bcd_read(bytes_of(b + AT_MOMENT, MOMENT_LEN), &y));
        assert_int_equal(piece_moment_key(a) < piece_moment_key(b), x < y);
        assert_int_equal(piece_moment_key(a) == piece_moment_key(b), x == y);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_where_they_are_read),
        cmocka_unit_test(a_job_is_what_the_card_signed),
        cmocka_unit_test(a_piece_is_good_when_the_decoder_takes_it),
        cmocka_unit_test(every_value_of_every_byte_is_judged_alike),
        cmocka_unit_test(moments_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
