#include "check.h"

#include "clearing/text_out.h"

static void what_is_printed_is_sealed_up_to_there(void **state) {
    (void)state;
    TEXT_OUT_SCOPE(t);
    struct why why;
    char hex[2 * SM3_LEN + 1];
    assert_int_equal(text_out_begin(&t, &why), OK);
    (void)fputs("abc", t.stream);
    assert_int_equal(text_out_seal(&t, hex, &why), OK);
    /* The example of GB/T 32905, appendix A.1. */
    assert_string_equal(hex, "66C7F0F462EEEDD9D1F2D46BDC10E4E24167C4875CF2F7A2297DA02B8F4BA8E0");
    (void)fputs("|", t.stream);
    text_out_yuan(&t, 5);
    assert_int_equal(text_out_end(&t, &why), OK);
    assert_int_equal(t.len, 8);
    assert_memory_equal(t.at, "abc|0.05", 8);
}

static void yuan_are_printed_whole(void **state) {
    (void)state;
    TEXT_OUT_SCOPE(t);
    struct why why;
    assert_int_equal(text_out_begin(&t, &why), OK);
    text_out_yuan(&t, 0);
    (void)fputc(' ', t.stream);
    text_out_yuan(&t, 123450);
    (void)fputc(' ', t.stream);
    text_out_yuan(&t, INT64_MAX);
    assert_int_equal(text_out_end(&t, &why), OK);
    assert_memory_equal(t.at, "0.00 1234.50 92233720368547758.07", t.len);
}

static void one_that_never_began_is_left_alone(void **state) {
    (void)state;
    struct text_out t = {0};
    text_out_free(&t);
    text_out_free(&t);
    assert_null(t.at);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_printed_is_sealed_up_to_there),
        cmocka_unit_test(yuan_are_printed_whole),
        cmocka_unit_test(one_that_never_began_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
