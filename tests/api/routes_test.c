#include "host/scratch.h"

#include <jansson.h>

#include "api/front_page.h"
#include "api/html.h"
#include "api/routes.h"
#include "host/centre.h"

/* The figures of a pilot that balances, with a name that would like to be markup. */
#define FIGURES(books, cards)                                                                      \
    "{\"people\":{\"lines\":2000,\"accepted\":1956,\"refused\":{\"<script>\":44}},"                \
    "\"purchases\":{\"count\":5000,\"fen\":1234567},"                                              \
    "\"books\":{\"debit_fen\":5,\"credit_fen\":" books ",\"difference_fen\":0},"                   \
    "\"cards_balance_fen\":" cards ",\"books_balance_fen\":100,"                                   \
    "\"balanced\":true,\"difference\":\"card <7>\","                                               \
    "\"seconds\":{\"import\":0.44,\"clear\":1},"                                                   \
    "\"steps\":[{\"name\":\"import\",\"zh\":\"导入人员\",\"state\":\"done\"},"                 \
    "{\"name\":\"clear\",\"state\":\"failed\"}]}"

static int centre_set_up(void **state) {
    static const struct centre_file file = {.name = "某市 <卡> 中心",
        .region = "440100",
        .rehearsal = true,
        .seed = 7,
        .date = 20031008};
    struct why why = {0};
    return scratch_make(state) || centre_make(*state, &file, &why) ? -1 : 0;
}

static void put(void **state, const char *name, const char *text) {
    char path[512];
    struct why why = {0};
    assert_int_equal(files_write(below(state, name, path), bytes_text(text), &why), OK);
}

static struct reply ask(void **state, enum method method, const char *path, size_t body_len) {
    struct api api = {.dir = *state};
    struct request request = {method, path, body_len};
    struct reply reply;
    api_answer(&api, &request, &reply);
    assert_non_null(reply.body);
    assert_int_equal(strlen(reply.body), reply.body_len);
    assert_non_null(reply.kind);
    return reply;
}

/* What a client may ask, and the status it gets: every route, and each one just outside its
 * conditions. */
static void each_request_has_its_status(void **state) {
    static const struct {
        enum method method;
        const char *path;
        size_t body_len;
        unsigned status;
    } cases[] = {
        {METHOD_GET,   "/",               0,       200},
        {METHOD_GET,   "/pilot.json",     0,       200},
        {METHOD_GET,   "/healthz",        0,       200},
        {METHOD_OTHER, "/",               0,       405},
        {METHOD_OTHER, "/pilot.json",     0,       405},
        {METHOD_OTHER, "/healthz",        0,       405},
        {METHOD_GET,   "/",               1,       413},
        {METHOD_GET,   "/healthz",        1 << 20, 413},
        {METHOD_OTHER, "/none",           0,       404},
        {METHOD_GET,   "",                0,       404},
        {METHOD_GET,   "//",              0,       404},
        {METHOD_GET,   "/pilot.jso",      0,       404},
        {METHOD_GET,   "/pilot.jsonx",    0,       404},
        {METHOD_GET,   "/../centre.json", 0,       404},
        {METHOD_GET,   "/centre.json",    0,       404},
        {METHOD_GET,   "/city.db",        0,       404},
    };
    put(state, "pilot.json", FIGURES("5", "100"));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reply reply = ask(state, cases[i].method, cases[i].path, cases[i].body_len);
        assert_int_equal(reply.status, cases[i].status);
        assert_true((reply.allow != NULL) == (reply.status == 405));
        reply_free(&reply);
    }
}

static void a_refusal_speaks_both_languages(void **state) {
    struct reply reply = ask(state, METHOD_GET, "/none", 0);
    json_t *said = json_loads(reply.body, JSON_REJECT_DUPLICATES, NULL);
    assert_string_equal(json_string_value(json_object_get(said, "error")), "not-found");
    assert_string_equal(json_string_value(json_object_get(said, "zh")), "没有找到；首页在 /");
    assert_non_null(json_string_value(json_object_get(said, "en")));
    json_decref(said);
    reply_free(&reply);
}

static void figures_are_those_of_the_file(void **state) {
    struct reply reply = ask(state, METHOD_GET, "/pilot.json", 0);
    assert_int_equal(reply.status, 404); /* no pilot yet */
    reply_free(&reply);
    put(state, "pilot.state.json", "{\"steps\":[]}"); /* it began */
    reply = ask(state, METHOD_GET, "/pilot.json", 0);
    assert_string_equal(reply.body, "{\"steps\":[]}");
    reply_free(&reply);
    put(state, "pilot.json", FIGURES("5", "100")); /* it ended */
    reply = ask(state, METHOD_GET, "/pilot.json", 0);
    assert_string_equal(reply.body, FIGURES("5", "100"));
    reply_free(&reply);
}

/* True when the first page holds text. */
static bool page_says(void **state, const char *text) {
    struct reply reply = ask(state, METHOD_GET, "/", 0);
    assert_int_equal(reply.status, 200);
    assert_non_null(strstr(reply.body, "</html>"));
    assert_null(strstr(reply.body, "<script>"));
    bool says = strstr(reply.body, text) != NULL;
    reply_free(&reply);
    return says;
}

static void the_page_shows_the_figures_and_the_steps(void **state) {
    put(state, "pilot.json", FIGURES("5", "100"));
    assert_true(page_says(state, "<td>1,956</td>"));
    assert_true(page_says(state, "<td>12,345.67</td>"));
    assert_true(page_says(state, "&lt;script&gt;"));
    assert_true(page_says(state, "某市 &lt;卡&gt; 中心"));
    assert_true(page_says(state, "测试密钥"));
    assert_true(page_says(state, "test keys"));
    assert_true(page_says(state, "导入人员 <span class=\"en\">import</span>"));
    assert_true(page_says(state, "<td>0.4 s</td>"));
    assert_true(page_says(state, "class=\"failed\""));
    assert_true(page_says(state, "<td>–</td>")); /* loads are not in the file */
}

static void vault_of_test(void *self, struct vault_state *out) {
    *out = *(const struct vault_state *)self;
}

/* Without a vault there is no line about one; with one it is asked for each page, and what it says of
 * its trouble cannot be markup. */
static void the_page_says_how_the_vault_is(void **state) {
    struct vault_state vault = {
        .answers = true, .zh = "文件", .en = "a file", .process = 4711, .story = ""};
    struct api api = {.dir = *state, .vault = vault_of_test, .self = &vault};
    struct request request = {METHOD_GET, "/", 0};
    struct reply reply;
    assert_false(page_says(state, "id=\"vault\""));
    api_answer(&api, &request, &reply);
    assert_int_equal(reply.status, 200);
    assert_non_null(strstr(reply.body, "id=\"vault\""));
    assert_non_null(strstr(reply.body, "可用 open</span> · 文件"));
    assert_non_null(strstr(reply.body, "a file, process 4711"));
    reply_free(&reply);
    vault.answers = false;
    (void)snprintf(vault.story, sizeof vault.story, "the <token> was taken away");
    api_answer(&api, &request, &reply);
    assert_int_equal(reply.status, 200);
    assert_non_null(strstr(reply.body, "不可用 not answering"));
    assert_non_null(strstr(reply.body, "the &lt;token&gt; was taken away"));
    reply_free(&reply);
}

/* Test keys are called so; keys of its own are not, and a centre that is no rehearsal is not called one. */
static void the_page_says_what_kind_of_centre_it_is(void **state) {
    struct centre_file file = {.name = "某市",
        .region = "440100",
        .rehearsal = true,
        .keys = KEYS_IN_FILE,
        .date = 20031008};
    struct why why = {0};
    char dir[512];
    void *own = dir;
    (void)below(state, "own", dir);
    assert_int_equal(centre_make(dir, &file, &why), OK);
    assert_true(page_says(&own, "演练：自有密钥"));
    assert_false(page_says(&own, "test keys"));
    char real_dir[512];
    void *real = real_dir;
    (void)below(state, "real", real_dir);
    file.rehearsal = false;
    assert_int_equal(centre_make(real_dir, &file, &why), OK);
    assert_false(page_says(&real, "演练"));
    assert_true(page_says(&real, "20031008"));
}

static void the_page_judges_the_books(void **state) {
    put(state, "pilot.json", FIGURES("5", "100"));
    assert_true(page_says(state, "verdict good"));
    put(state, "pilot.json", FIGURES("6", "100"));
    assert_true(page_says(state, "verdict bad"));
    assert_true(page_says(state, "card &lt;7&gt;"));
    put(state, "pilot.json", FIGURES("5", "99"));
    assert_true(page_says(state, "verdict bad"));
    put(state, "pilot.json", FIGURES("5", "\"100\""));
    assert_true(page_says(state, "verdict bad"));
    put(state, "pilot.json", "{}");
    assert_true(page_says(state, "verdict bad"));
}

static void a_pilot_at_work_refreshes_its_page(void **state) {
    assert_true(page_says(state, "shebao pilot --people"));
    assert_false(page_says(state, "http-equiv=\"refresh\""));
    put(state, "pilot.state.json", FIGURES("5", "100"));
    assert_true(page_says(state, "http-equiv=\"refresh\""));
    assert_true(page_says(state, "verdict busy"));
}

/* The file of figures torn at every byte: there is always a whole page. */
static void a_torn_file_makes_a_page_that_says_so(void **state) {
    const char *whole = FIGURES("5", "100");
    char torn[1024];
    for (size_t len = 0; len < strlen(whole); len++) {
        (void)snprintf(torn, sizeof torn, "%.*s", (int)len, whole);
        put(state, "pilot.json", torn);
        assert_true(page_says(state, "run the pilot again"));
        struct reply reply = ask(state, METHOD_GET, "/pilot.json", 0);
        assert_int_equal(reply.status, 500);
        assert_non_null(strstr(reply.body, "\"broken\""));
        reply_free(&reply);
    }
}

/* Values of every wrong type in every place: nothing falls over, nothing is shown as a figure. */
static void figures_of_wrong_types_are_dashes(void **state) {
    static const char *const values[] = {
        "null", "true", "1.5", "\"1\"", "[]", "[1]", "{}", "{\"count\":\"x\"}"};
    char text[1024];
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        (void)snprintf(text, sizeof text,
            "{\"people\":%s,\"cards\":{\"made\":%s},\"books\":%s,\"steps\":[%s,{\"name\":%s}],"
            "\"payout_fen\":%s}",
            values[i], values[i], values[i], values[i], values[i], values[i]);
        put(state, "pilot.json", text);
        assert_true(page_says(state, "<td>–</td>"));
    }
}

static void a_directory_that_is_no_centre_has_a_page(void **state) {
    char path[512];
    assert_int_equal(remove(below(state, "centre.json", path)), 0);
    assert_true(page_says(state, "is no centre"));
}

static void numbers_are_written_for_people(void **state) {
    (void)state;
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    html_count(to, 0);
    (void)fputs(" ", to);
    html_count(to, 1234567);
    (void)fputs(" ", to);
    html_count(to, -1000);
    (void)fputs(" ", to);
    html_count(to, INT64_MAX);
    (void)fputs(" ", to);
    html_fen(to, -5);
    (void)fputs(" ", to);
    html_text(to, "a&b<c>\"d'e社");
    assert_int_equal(fclose(to), 0);
    assert_string_equal(text, "0 1,234,567 -1,000 9223372036854775807 -0.05 "
                              "a&amp;b&lt;c&gt;&quot;d&#39;e社");
    free(text);
}

#define IN_CENTRE(test) cmocka_unit_test_setup_teardown(test, centre_set_up, scratch_remove)
int main(void) {
    const struct CMUnitTest tests[] = {
        IN_CENTRE(each_request_has_its_status),
        IN_CENTRE(a_refusal_speaks_both_languages),
        IN_CENTRE(figures_are_those_of_the_file),
        IN_CENTRE(the_page_shows_the_figures_and_the_steps),
        IN_CENTRE(the_page_says_how_the_vault_is),
        IN_CENTRE(the_page_says_what_kind_of_centre_it_is),
        IN_CENTRE(the_page_judges_the_books),
        IN_CENTRE(a_pilot_at_work_refreshes_its_page),
        IN_CENTRE(a_torn_file_makes_a_page_that_says_so),
        IN_CENTRE(figures_of_wrong_types_are_dashes),
        IN_CENTRE(a_directory_that_is_no_centre_has_a_page),
        cmocka_unit_test(numbers_are_written_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
