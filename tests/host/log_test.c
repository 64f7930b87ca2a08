#include "capture.h"
#include "scratch.h"

#include <jansson.h>
#include <pthread.h>

#include "host/clock.h"
#include "host/files.h"
#include "host/log.h"

/* The one line that was written, as JSON. */
static json_t *parsed(const char *line) {
    json_error_t trouble;
    json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, &trouble);
    assert_non_null(json);
    return json;
}

static void a_line_is_one_json_object(void **state) {
    (void)state;
    struct capture capture = capture_begin(stderr);
    log_line(LOG_WARNING, "day-closed",
        (struct log_field[]){
            {"text", "a \"quoted\" \\ line\nand 社保\x7F", 0        },
            {"fen",  NULL,                                   INT64_MIN},
            {NULL,   NULL,                                   0        }
    });
    json_t *line = parsed(capture_end(&capture));
    assert_string_equal(json_string_value(json_object_get(line, "level")), "warning");
    assert_string_equal(json_string_value(json_object_get(line, "event")), "day-closed");
    assert_string_equal(
        json_string_value(json_object_get(line, "text")), "a \"quoted\" \\ line\nand 社保\x7F");
    assert_true(json_integer_value(json_object_get(line, "fen")) == INT64_MIN);
    assert_int_equal(strlen(json_string_value(json_object_get(line, "time"))), 24);
    json_decref(line);
}

/* Texts of every length around the room of a line, in characters of one to four bytes. */
static void a_long_line_stays_whole_json(void **state) {
    (void)state;
    static const char *const letters[] = {"x", "é", "社", "𡌴", "\n"};
    char text[3000];
    for (size_t letter = 0; letter < sizeof letters / sizeof letters[0]; letter++) {
        size_t letter_len = strlen(letters[letter]);
        for (size_t len = 900; len + letter_len < sizeof text; len += 41) {
            size_t at = 0;
            for (; at + letter_len <= len; at += letter_len) {
                (void)memcpy(text + at, letters[letter], letter_len);
            }
            text[at] = '\0';
            struct capture capture = capture_begin(stderr);
            log_line(LOG_ERROR, "long",
                (struct log_field[]){
                    {"a", text, 0},
                    {"b",  text, 0},
                    {"c", NULL, 1},
                    {0 }
            });
            json_decref(parsed(capture_end(&capture)));
        }
    }
}

static void what_is_below_the_level_is_not_written(void **state) {
    (void)state;
    struct capture capture = capture_begin(stderr);
    log_line(LOG_DEBUG, "unseen", NULL);
    log_from(LOG_ERROR);
    log_line(LOG_WARNING, "unseen", NULL);
    log_from(LOG_DEBUG);
    log_line(LOG_DEBUG, "seen", NULL);
    log_from(LOG_INFO);
    const char *said = capture_end(&capture);
    assert_null(strstr(said, "unseen"));
    assert_non_null(strstr(said, "seen"));
}

static void *write_many(void *nothing) {
    for (int i = 0; i < 200; i++) {
        log_line(LOG_INFO, "threaded",
            (struct log_field[]){
                {"i", NULL, i},
                {0 }
        });
    }
    return nothing;
}

static void lines_of_threads_do_not_mix(void **state) {
    char path[512];
    struct why why = {0};
    pthread_t threads[4];
    assert_int_equal(log_open(below(state, "log", path), &why), OK);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, NULL), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    log_close();
    FILE_CONTENT_SCOPE(content);
    assert_int_equal(files_read(path, 1 << 20, &content, &why), OK);
    int lines = 0;
    char *rest = NULL;
    for (char *line = strtok_r((char *)content.at, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        json_decref(parsed(line));
        lines++;
    }
    assert_int_equal(lines, 800);
}

static void a_log_that_cannot_be_opened_says_so(void **state) {
    char path[512];
    struct why why = {0};
    assert_int_equal(log_open(below(state, "no/such/place", path), &why), ERR_OUTSIDE);
    assert_non_null(strstr(why.text, "cannot open the log"));
}

static void the_stopwatch_runs_forward(void **state) {
    (void)state;
    uint64_t earlier = clock_ns();
    for (int i = 0; i < 1000; i++) {
        uint64_t now = clock_ns();
        assert_true(now >= earlier);
        earlier = now;
    }
    assert_true(clock_seconds_since(earlier) < 60);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_one_json_object),
        cmocka_unit_test(a_long_line_stays_whole_json),
        cmocka_unit_test(what_is_below_the_level_is_not_written),
        cmocka_unit_test_setup_teardown(lines_of_threads_do_not_mix, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(
            a_log_that_cannot_be_opened_says_so, scratch_make, scratch_remove),
        cmocka_unit_test(the_stopwatch_runs_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
