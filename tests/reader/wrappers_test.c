/* The readers that stand around another one: pulled and traced. */
#include "reader/pulled.h"
#include "reader/traced.h"
#include "scripted.h"

static enum err ask(const struct reader *r, struct reply *reply, struct why *why) {
    uint8_t line[] = {0x00, 0x84, 0x00, 0x00, 0x04};
    return r->exchange(r->self, bytes_of(line, sizeof line), reply, why);
}

static enum err counting(void *self, struct bytes line, struct reply *reply, struct why *why) {
    unsigned *count = self;
    (void)line;
    (void)why;
    (*count)++;
    *reply = (struct reply){.data = {0xAB}, .len = 1, .sw = SW_OK};
    return OK;
}

static enum err counting_reset(void *self, uint8_t atr[ATR_MAX], size_t *len, struct why *why) {
    (void)self;
    (void)why;
    atr[0] = 0x3B;
    atr[1] = 0x00;
    *len = 2;
    return OK;
}

static void unarmed_everything_passes(void **state) {
    (void)state;
    unsigned reached = 0;
    struct reader inner = {&reached, counting_reset, counting, scripted_close};
    struct pulled p;
    struct reader r = pulled_reader(&p, &inner);
    struct reply reply;
    struct why why;
    for (unsigned i = 1; i <= 20; i++) {
        assert_int_equal(ask(&r, &reply, &why), OK);
        assert_int_equal(reached, i);
        assert_int_equal(p.exchange_count, i);
    }
}

/* For every n and both moments: n - 1 exchanges are answered, the nth is not, and the card has seen
 * it or not, as the moment says; nothing more is answered until the card is back. */
static void the_card_is_pulled_at_the_nth_exchange(void **state) {
    (void)state;
    for (unsigned n = 1; n < 10; n++) {
        for (int late = 0; late < 2; late++) {
            unsigned reached = 0;
            struct reader inner = {&reached, counting_reset, counting, scripted_close};
            struct pulled p;
            struct reader r = pulled_reader(&p, &inner);
            struct reply reply;
            struct why why;
            uint8_t atr[ATR_MAX];
            size_t atr_len = 0;
            pulled_arm(&p, n, late ? PULL_BEFORE_ANSWER : PULL_BEFORE_COMMAND);
            for (unsigned i = 1; i < n; i++) {
                assert_int_equal(ask(&r, &reply, &why), OK);
            }
            assert_int_equal(ask(&r, &reply, &why), ERR_OUTSIDE);
            assert_int_equal(reply.len, 0);
            assert_int_equal(reached, n - 1 + (unsigned)late);
            assert_int_equal(ask(&r, &reply, &why), ERR_OUTSIDE);
            assert_int_equal(reached, n - 1 + (unsigned)late);
            assert_int_equal(reader_reset(&r, atr, &atr_len, &why), OK);
            assert_int_equal(ask(&r, &reply, &why), OK);
            assert_int_equal(reached, n + (unsigned)late);
        }
    }
}

static void never_disarms(void **state) {
    (void)state;
    unsigned reached = 0;
    struct reader inner = {&reached, counting_reset, counting, scripted_close};
    struct pulled p;
    struct reader r = pulled_reader(&p, &inner);
    struct reply reply;
    struct why why;
    pulled_arm(&p, 1, PULL_BEFORE_COMMAND);
    pulled_arm(&p, 0, PULL_NEVER);
    assert_int_equal(ask(&r, &reply, &why), OK);
    reader_close(&r);
}

static void trace_writes_every_line_down(void **state) {
    (void)state;
    SCRIPT(card, {"0084000004", "112233449000"}, {"0084000004", "6A81"}, {"0084000004", NULL});
    card.atr = "3B 00";
    struct reader inner = scripted_reader(&card);
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    assert_non_null(to);
    struct traced t;
    struct reader r = traced_reader(&t, &inner, to);
    struct reply reply;
    struct why why;
    uint8_t atr[ATR_MAX];
    size_t atr_len = 0;
    assert_int_equal(reader_reset(&r, atr, &atr_len, &why), OK);
    assert_int_equal(ask(&r, &reply, &why), OK);
    assert_int_equal(reply.len, 4);
    assert_int_equal(ask(&r, &reply, &why), OK);
    assert_int_equal(ask(&r, &reply, &why), ERR_OUTSIDE);
    reader_close(&r);
    (void)fclose(to);
    assert_string_equal(text, "ATR 3B00\n> 0084000004\n< 11223344 9000\n> 0084000004\n< 6A81\n"
                              "> 0084000004\n< no answer: the card has gone\n");
    free(text);
}

static void trace_of_a_dead_card_is_short(void **state) {
    (void)state;
    struct scripted card = {.atr = NULL};
    struct reader inner = scripted_reader(&card);
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    assert_non_null(to);
    struct traced t;
    struct reader r = traced_reader(&t, &inner, to);
    struct why why;
    uint8_t atr[ATR_MAX];
    size_t atr_len = 0;
    assert_int_equal(reader_reset(&r, atr, &atr_len, &why), ERR_OUTSIDE);
    (void)fclose(to);
    assert_string_equal(text, "ATR \n");
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unarmed_everything_passes),
        cmocka_unit_test(the_card_is_pulled_at_the_nth_exchange),
        cmocka_unit_test(never_disarms),
        cmocka_unit_test(trace_writes_every_line_down),
        cmocka_unit_test(trace_of_a_dead_card_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
