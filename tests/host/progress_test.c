#include "capture.h"

#include "host/clock.h"
#include "host/progress.h"

/* Moves the beginning of the work, and of the last drawing, that many seconds into the past. */
static void age(struct progress *p, unsigned seconds) {
    uint64_t ns = (uint64_t)seconds * 1000000000;
    p->began_ns -= ns;
    p->drawn_ns -= ns;
}

static void short_work_leaves_one_line(void **state) {
    (void)state;
    struct capture capture = capture_begin(stderr);
    struct progress p = progress_begin("personalise", "cards", 2000, false);
    for (uint64_t i = 1; i <= 2000; i++) {
        progress_at(&p, i);
    }
    double seconds = progress_end(&p);
    const char *said = capture_end(&capture);
    assert_true(seconds >= 0 && seconds < 1);
    assert_non_null(strstr(said, "personalise"));
    assert_non_null(strstr(said, "2000 cards"));
    assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
}

static void quiet_work_says_nothing(void **state) {
    (void)state;
    struct capture capture = capture_begin(stderr);
    struct progress p = progress_begin("personalise", "cards", 10, true);
    age(&p, 60);
    progress_at(&p, 5);
    (void)progress_end(&p);
    assert_string_equal(capture_end(&capture), "");
}

static void a_terminal_sees_a_bar_a_rate_and_the_time_left(void **state) {
    (void)state;
    struct capture capture = capture_begin(stderr);
    struct progress p = progress_begin("personalise", "cards", 400, false);
    p.terminal = true;
    p.columns = 100;
    age(&p, 100);
    progress_at(&p, 100);
    progress_at(&p, 101); /* at once: not drawn again */
    (void)progress_end(&p);
    const char *said = capture_end(&capture);
    assert_non_null(strstr(said, "\r  personalise"));
    assert_non_null(strstr(said, "[######------------------] 100/400 cards, 1.0/s, 5:00 left"));
    assert_null(strstr(said, "101/400"));
    assert_non_null(strstr(said, "\r\033[K  personalise"));
}

/* Of a line that wraps, the next drawing would replace only the last part. */
static void the_line_fits_a_terminal_of_any_width(void **state) {
    (void)state;
    for (unsigned columns = 2; columns < 130; columns++) {
        struct capture capture = capture_begin(stderr);
        struct progress p = progress_begin("personalise and check", "cards", 1887, false);
        p.terminal = true;
        p.columns = columns;
        age(&p, 5);
        progress_at(&p, 1500);
        progress_abandon(&p);
        const char *said = capture_end(&capture);
        const char *end = strstr(said, "\033[K");
        assert_int_equal(said[0], '\r');
        assert_non_null(end);
        assert_in_range(end - said - 1, 1, columns - 1);
        assert_int_equal(strchr(said, '[') < end, columns >= 66);
        assert_true(columns < 60 || strstr(said, "1500/1887 cards, 300/s, 0:01 left"));
    }
}

static void elsewhere_a_plain_line_every_ten_seconds(void **state) {
    (void)state;
    struct capture capture = capture_begin(stderr);
    struct progress p = progress_begin("import", "lines", 0, false);
    age(&p, 9);
    progress_at(&p, 90);
    age(&p, 1);
    progress_at(&p, 100);
    progress_at(&p, 110);
    progress_abandon(&p);
    const char *said = capture_end(&capture);
    assert_null(strstr(said, "\r"));
    assert_null(strstr(said, "90 lines"));
    assert_non_null(strstr(said, "100 lines, 10/s\n"));
    assert_null(strstr(said, "left"));
    assert_null(strstr(said, "110"));
}

static void more_than_the_total_does_no_harm(void **state) {
    (void)state;
    struct capture capture = capture_begin(stderr);
    struct progress p = progress_begin("x", "things", 3, false);
    p.terminal = true;
    age(&p, 10);
    progress_at(&p, 30);
    progress_abandon(&p);
    assert_non_null(strstr(capture_end(&capture), "[########################] 30/3 things"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_work_leaves_one_line),
        cmocka_unit_test(quiet_work_says_nothing),
        cmocka_unit_test(a_terminal_sees_a_bar_a_rate_and_the_time_left),
        cmocka_unit_test(the_line_fits_a_terminal_of_any_width),
        cmocka_unit_test(elsewhere_a_plain_line_every_ten_seconds),
        cmocka_unit_test(more_than_the_total_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
