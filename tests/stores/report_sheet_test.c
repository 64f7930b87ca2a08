/* Every report of the sheet, on both engines: its sentence is understood, its columns are as many as its
 * sentence answers, and nobody is named who need not be. */
#include "host/scratch.h"
#include "stores/engine_address.h"
#include "stores/sql/report_sheet.h"

#include "base/day.h"

static struct db db;
static struct why why;

static void open_city(void **state) {
    char path[512];
    (void)memset(&db, 0, sizeof db);
    assert_int_equal(db_open(&db, engine_address(below(state, "city.db", path)), &why), OK);
}

static void run(const char *sentence) {
    if (db_run(&db, sentence, &why) != OK) {
        fail_msg("%s: %s", sentence, why.text);
    }
}

/* Three persons of two districts: one has a card in use, one a lost one, one a spoiled one. */
static void fill_city(void **state) {
    static const char *const people[] = {"1, 44010219630119123, '梁思敏', 1, 1, 19630119, 440102",
        "2, 44010219700101001, '欧阳', 2, 1, 19700101, 440102",
        "3, 44010319700101001, 'A', 2, 1, 19700101, 440103"};
    char sentence[400];
    open_city(state);
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(sentence, sizeof sentence,
            "INSERT INTO person (id, number17, name, sex, nation, birth, region, household, "
            "address, "
            "postcode, phone, mobile, employer, employer_name) VALUES (%s, '', '', '', '', '', '', "
            "'')",
            people[i]);
        run(sentence);
    }
    run("INSERT INTO batch (id, state, day, point, maker) VALUES (1, 55, 20031001, 'P1', 'maker')");
    run("INSERT INTO box (id, batch, number, state, point, since) VALUES (1, 1, 1, 1, 'P1', "
        "20031002)");
}

static void card(int n, int person, int life, int sub_reason) {
    char sentence[400];
    (void)snprintf(sentence, sizeof sentence,
        "INSERT INTO card (number, factor, identification, person, life, sub_reason, batch, "
        "issued, "
        "valid_until) VALUES ('B0000000%d', %s, 'I%d', %d, %d, %d, 1, 20031001, 20131001)",
        n,
        n == 1   ? "X'0000000000000001'"
        : n == 2 ? "X'0000000000000002'"
                 : "X'0000000000000003'",
        n, person, life, sub_reason);
    run(sentence);
}

static void close_city(void) {
    db_close(&db);
}

static const struct report_order all = {.today = 20031008};

/* The report as JSON; the caller frees it. */
static char *shown(const char *name, const struct report_order *order) {
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    struct report_sink sink = report_json(to);
    const struct report_line *line = report_line_find(name);
    assert_non_null(line);
    assert_int_equal(report_line_may(line, order, &why), OK);
    if (report_line_write(&db, line, order, &sink, &why) != OK) {
        fail_msg("%s: %s", name, why.text);
    }
    assert_int_equal(fclose(to), 0);
    return text;
}

static void holds(const char *name, const struct report_order *order, const char *const *texts) {
    char *json = shown(name, order);
    for (; *texts; texts++) {
        if (!strstr(json, *texts)) {
            fail_msg("%s: no %s in %s", name, *texts, json);
        }
    }
    free(json);
}
#define HOLDS(name, order, ...) holds(name, order, (const char *const[]){__VA_ARGS__, NULL})

static void every_report_is_understood_by_the_engine(void **state) {
    size_t count = 0;
    const struct report_line *lines = report_lines(&count);
    fill_city(state);
    assert_true(count >= 40);
    for (size_t i = 0; i < count; i++) {
        if (!lines[i].absent && !lines[i].feed) {
            free(shown(lines[i].name, &all));
        }
    }
    close_city();
}

/* All filters at once, too: another order of parameters would be refused by the engine. */
static void every_filter_is_taken_where_it_is_offered(void **state) {
    size_t count = 0;
    const struct report_line *lines = report_lines(&count);
    fill_city(state);
    for (size_t i = 0; i < count; i++) {
        bool period = (lines[i].takes & (TAKE_PERIOD | TAKE_MOMENTS)) != 0;
        struct report_order order = {.from = period ? 20031001 : 0,
            .to = period ? 20031031 : 0,
            .point = lines[i].takes & TAKE_POINT ? "P1" : NULL,
            .district = lines[i].takes & TAKE_DISTRICT ? 440102 : 0,
            .today = 20031008,
            .unmask = report_line_personal(&lines[i])};
        if (!lines[i].absent && !lines[i].feed) {
            free(shown(lines[i].name, &order));
        }
    }
    close_city();
}

static void places_cover_the_list_of_reports_from_1_to_40(void **state) {
    size_t count = 0;
    const struct report_line *lines = report_lines(&count);
    bool seen[41] = {false};
    (void)state;
    for (size_t i = 0; i < count; i++) {
        assert_in_range(lines[i].place, 1, 40);
        seen[lines[i].place] = true;
        assert_ptr_equal(report_line_find(lines[i].name), &lines[i]);
    }
    for (size_t place = 1; place <= 40; place++) {
        assert_true(seen[place]);
    }
    assert_null(report_line_find("no-such-report"));
}

static void cards_made_are_handed_out_or_not_or_ended_unused(void **state) {
    fill_city(state);
    card(1, 1, 1, 0);
    card(2, 2, 0, 0);
    card(3, 3, 9, 95);
    HOLDS("cards-by-city", &all, "\"city\": 440100", "\"made\": 3", "\"handed_out\": 1",
        "\"not_handed_out\": 1", "\"destroyed\": 1");
    HOLDS("cards-by-year", &all, "\"year\": 2003");
    struct report_order one = {.today = 20031008, .district = 440103};
    HOLDS("cards-by-district", &one, "440103 荔湾区", "\"row_count\": 1", "\"destroyed\": 1");
    HOLDS("coverage", &all, "\"insured\": 2", "\"holders\": 1", "\"50.00%\"", "\"0.00%\"");
    close_city();
}

/* A replaced card (91) had been with its holder; the dead and the merged are not insured. */
static void what_ended_in_use_counts_as_handed_out(void **state) {
    fill_city(state);
    card(1, 1, 9, 91);
    run("INSERT INTO person_status (person, life, died, frozen, merged, result, compared) VALUES "
        "(1, "
        "2, 20031001, 0, 0, 3, 20031002)");
    HOLDS("cards-by-city", &all, "\"handed_out\": 1", "\"destroyed\": 0");
    HOLDS("coverage", &all, "\"totals\"", "\"insured\": 1");
    HOLDS("police", &all, "\"result\": 3", "\"persons\": 1", "20031002");
    close_city();
}

static void persons_are_masked_unless_the_order_says_otherwise(void **state) {
    struct report_order whole = {.today = 20031008, .unmask = true};
    fill_city(state);
    card(1, 1, 0, 0);
    run("INSERT INTO box_card (card, box, position, stored) VALUES ('B00000001', 1, 1, 20031002)");
    char *masked = shown("stock-cards", &all);
    assert_non_null(strstr(masked, "梁*"));
    assert_null(strstr(masked, "思敏"));
    assert_null(strstr(masked, "19630119"));
    free(masked);
    HOLDS("stock-cards", &whole, "梁思敏", "44010219630119123");
    close_city();
}

/* Ages across the ends of months, of February in a leap year, and of years. */
static void ages_are_days_of_the_calendar(void **state) {
    static const struct {
        uint32_t from, to;
        const char *bucket;
    } cases[] = {
        {20031001, 20031008, "\"to_7\": 1"     },
        {20030930, 20031008, "\"to_30\": 1"    },
        {20040228, 20040301, "\"to_7\": 1"     },
        {20040131, 20040301, "\"to_30\": 1"    },
        {20030131, 20030303, "\"to_90\": 1"    },
        {20031231, 20040101, "\"to_7\": 1"     },
        {19991004, 20000401, "\"to_180\": 1"   },
        {19991003, 20000401, "\"above_180\": 1"}
    };
    fill_city(state);
    card(1, 1, 0, 0);
    run("INSERT INTO box_card (card, box, position, stored) VALUES ('B00000001', 1, 1, 20031002)");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char sentence[80];
        struct report_order order = {.today = cases[i].to, .point = "P1"};
        (void)snprintf(sentence, sizeof sentence, "UPDATE box_card SET stored = %u", cases[i].from);
        run(sentence);
        HOLDS("unclaimed", &order, cases[i].bucket);
    }
    close_city();
}

/* The sentence's own calendar against that of base/day.h, on each day of nine years. */
static void days_differ_by_one_on_every_day(void **state) {
    fill_city(state);
    run("INSERT INTO application (id, person, kind, state, audit, day, point) VALUES (1, 1, 1, 0, "
        "1, "
        "20000101, 'P1')");
    for (uint32_t day = 20000101; day < 20090101; day = day_plus(day, 37)) {
        char sentence[80];
        struct report_order order = {.today = day_plus(day, 10)};
        (void)snprintf(sentence, sizeof sentence, "UPDATE application SET day = %u", day);
        run(sentence);
        HOLDS("application-ages", &order, "\"to_10\": 1");
        order.today = day_plus(day, 11);
        HOLDS("application-ages", &order, "\"to_20\": 1");
    }
    close_city();
}

static void what_a_report_does_not_take_is_refused(void **state) {
    static const struct {
        const char *name;
        struct report_order order;
        enum err err;
        const char *says;
    } cases[] = {
        {"cards-by-city", {.from = 20031001},                 ERR_CONFLICT,  "takes no --from"       },
        {"cards-by-city", {.point = "P1"},                    ERR_CONFLICT,  "takes no --point"      },
        {"batches",       {.district = 440102},               ERR_CONFLICT,  "takes no --district"   },
        {"batches",       {.unmask = true},                   ERR_CONFLICT,  "takes no --unmask"     },
        {"batches",       {.from = 20031008, .to = 20031007}, ERR_CONFLICT,  "before it begins"      },
        {"trial",         {.from = 20031001},                 ERR_CONFLICT,  "takes no --from"       },
        {"trial",         {.point = "P1"},                    ERR_CONFLICT,  "takes no --point"      },
        {"batches",       {.day = 20031008},                  ERR_CONFLICT,  "takes no --day"        },
        {"complaints",    {0},                                ERR_NOT_FOUND, "no complaints are kept"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct report_line *line = report_line_find(cases[i].name);
        assert_int_equal(report_line_may(line, &cases[i].order, &why), cases[i].err);
        assert_non_null(strstr(why.text, cases[i].says));
    }
}

static enum err write_fed(
    void *self, const char *name, uint32_t day, struct report_sink *sink, struct why *story) {
    (void)snprintf(self, 64, "%s of %u", name, day);
    return sink ? OK : why_say(story, ERR_OUTSIDE, "nowhere to write");
}

/* Figures of the clearing come from whoever opened it, under the name that it has there. */
static void a_line_of_the_clearing_is_written_by_its_feed(void **state) {
    static const char *const names[] = {
        "day-summary", "payable", "ageing", "trial", "payout", "net", "month"};
    static const char *const theirs[] = {"summary of 20031008", "payable of 20031008",
        "ageing of 20031008", "trial of 20031008", "payout of 20031008", "city of 20031008",
        "month of 20031008"};
    char said[64];
    const struct report_feed feed = {.self = said, .write = write_fed};
    const struct report_order order = {.day = 20031008, .feed = &feed};
    open_city(state);
    struct report_sink sink = report_json(stdout);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct report_line *line = report_line_find(names[i]);
        assert_non_null(line);
        assert_int_equal(report_line_may(line, &order, &why), OK);
        assert_int_equal(report_line_write(&db, line, &order, &sink, &why), OK);
        assert_string_equal(said, theirs[i]);
    }
    close_city();
}

static int64_t apart(void) {
    char *text = NULL;
    size_t len = 0;
    int64_t count = -1;
    FILE *to = open_memstream(&text, &len);
    struct report_sink sink = report_json(to);
    assert_int_equal(report_checks_write(&db, &sink, &count, &why), OK);
    assert_int_equal(fclose(to), 0);
    free(text);
    return count;
}

/* A card in use that nobody was handed is apart from the hand-overs and from the lines of batches; a
 * balance without an entry from the entries and from zero. */
static void checks_find_what_is_apart(void **state) {
    fill_city(state);
    assert_int_equal(apart(), 0);
    card(1, 1, 1, 0);
    assert_int_equal(apart(), 2);
    run("INSERT INTO account (id, kind, owner, fen) VALUES (1, 1, '', 100)");
    assert_int_equal(apart(), 4);
    run("INSERT INTO blank (serial, state, point) VALUES (1, 20, 'P1')");
    assert_int_equal(apart(), 5);
    close_city();
}

/* A name that is too long for a cell, and one with a line's end in it. */
static void texts_of_rows_fit_a_cell_or_are_told(void **state) {
    fill_city(state);
    run("INSERT INTO capture_photo (id, person, state, taken, day, officer, second, reason, file, "
        "picture) VALUES (1, 1, 3, 0, 20031008, 'a', 'b', 'dark\nsmall', X'01', X'02')");
    HOLDS("photo-rejects", &all, "dark small");
    close_city();
}

static void a_full_disk_is_told(void **state) {
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    fill_city(state);
    struct report_sink sink = report_csv(full);
    const struct report_line *line = report_line_find("cards-by-city");
    assert_int_equal(report_line_write(&db, line, &all, &sink, &why), ERR_OUTSIDE);
    (void)fclose(full);
    close_city();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            every_report_is_understood_by_the_engine, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(
            every_filter_is_taken_where_it_is_offered, scratch_make, scratch_remove),
        cmocka_unit_test(places_cover_the_list_of_reports_from_1_to_40),
        cmocka_unit_test_setup_teardown(
            cards_made_are_handed_out_or_not_or_ended_unused, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(
            what_ended_in_use_counts_as_handed_out, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(
            persons_are_masked_unless_the_order_says_otherwise, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(
            ages_are_days_of_the_calendar, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(
            days_differ_by_one_on_every_day, scratch_make, scratch_remove),
        cmocka_unit_test(what_a_report_does_not_take_is_refused),
        cmocka_unit_test_setup_teardown(
            a_line_of_the_clearing_is_written_by_its_feed, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(checks_find_what_is_apart, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(
            texts_of_rows_fit_a_cell_or_are_told, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(a_full_disk_is_told, scratch_make, scratch_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
