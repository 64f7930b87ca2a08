#include "check.h"

#include "registry/feed.h"
#include "registry/person_office.h"

#define HEADING          "AAC002,AAC003,AAC004,AAC006,AAC005,life,died,police-photo\n"
#define LIANG_LINE(rest) "990102197612115183,梁思," rest "\n"
#define SU_LINE(rest)    "990402198311269921,苏洋慧," rest "\n"

static struct feed_result result;
static struct {
    uint64_t count, line[64];
    enum feed_verdict verdict[64];
} told;

static void note(void *cookie, uint64_t line, enum feed_verdict verdict) {
    (void)cookie;
    assert_true(told.count < 64);
    told.line[told.count] = line;
    told.verdict[told.count++] = verdict;
}

static enum err feed_path(const char *path, enum item_owner owner) {
    const struct feed_order order = {.path = path,
        .owner = owner,
        .who = owner == OWNER_CENTRE ? "point" : "maker",
        .second = owner == OWNER_POLICE ? "approver" : NULL,
        .day = OFFICE_DAY,
        .time = OFFICE_TIME,
        .told = note};
    told.count = 0;
    return person_feed(&office.desk, &order, &result, &office.why);
}

static enum err feed_text(void **state, const char *text, enum item_owner owner) {
    char path[512];
    people_write(below(state, "feed.csv", path), text);
    return feed_path(path, owner);
}

static enum err police(void **state, const char *lines) {
    char text[8192];
    (void)snprintf(text, sizeof text, "%s%s", HEADING, lines);
    return feed_text(state, text, OWNER_POLICE);
}

static struct person_status status_of(int64_t person) {
    struct person_status status;
    assert_ok(office.store.status_get(office.store.self, person, &status, &office.why));
    return status;
}

static const char *value_of(int64_t id, const char *field) {
    static char value[ITEM_ROOM];
    struct person person;
    assert_ok(office.registry.person_by_id(office.registry.self, id, &person, &office.why));
    assert_ok(item_read(&office.store, &person, item_named(field), value, &office.why));
    return value;
}

static void open_two(void **state) {
    office_open(state, LIANG "\n" SU "\n");
}

/* --- verdicts --------------------------------------------------------------------------------------------- */

static const struct {
    const char *line;
    enum feed_verdict verdict;
    int result; /* of the person 1 afterwards, where it is about them */
} lines[] = {
    {LIANG_LINE("2,19761211,01,1,,1"),                 FEED_UPDATED,    1},
    {LIANG_LINE("2,19761211,01,1,,0"),                 FEED_UPDATED,    2},
    {LIANG_LINE("2,19761211,02,1,,1"),                 FEED_UPDATED,    1},
    {LIANG_LINE(",,,,,1"),                             FEED_UPDATED,    1},
    {LIANG_LINE(",,,,,"),                              FEED_UNCHANGED,  2},
    {LIANG_LINE("1,19761211,01,1,,1"),                 FEED_DATA,       6},
    {LIANG_LINE("2,19761212,01,1,,1"),                 FEED_DATA,       6},
    {LIANG_LINE("2,19761211,57,1,,1"),                 FEED_CODE,       0},
    {LIANG_LINE("2,19761211,01,6,,1"),                 FEED_CODE,       0},
    {LIANG_LINE("2,19761211,01,2,20031301,1"),         FEED_CODE,       0},
    {LIANG_LINE("2,19761211,01,2,20031001,1"),         FEED_DEAD,       1},
    {"990102761211518,梁思,2,19761211,01,1,,1\n",    FEED_UPDATED,    1},
    {"990102197612115183,梁慧,2,19761211,01,1,,1\n", FEED_OTHER_NAME, 6},
    {"990102197612115184,梁思,2,19761211,01,1,,1\n", FEED_NUMBER,     0},
    {"11010519491231002X,梁思,2,19761211,01,1,,1\n", FEED_UNKNOWN,    0},
    {LIANG_LINE("2,19761211,01,1,"),                   FEED_MALFORMED,  0},
    {LIANG_LINE("2,19761211,01,1,,1,9"),               FEED_MALFORMED,  0},
    {"\n",                                             FEED_MALFORMED,  0},
};

static void each_line_gets_its_verdict_and_leaves_the_result(void **state) {
    only_in_a_file(); /* it removes the file each time */
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char file[32];
        (void)snprintf(file, sizeof file, "city%zu.db", i);
        office_file = file;
        open_two(state);
        assert_ok(police(state, lines[i].line));
        assert_int_equal(told.count, 1);
        assert_int_equal(told.line[0], 2);
        if (told.verdict[0] != lines[i].verdict || status_of(1).result != lines[i].result) {
            fail_msg("%s: %s, result %d", lines[i].line, feed_verdict_text(told.verdict[0])->name,
                status_of(1).result);
        }
        if (!feed_verdict_text(told.verdict[0])->known) {
            assert_int_equal(office_ask("SELECT count(*) FROM person_history"), 0);
        }
        office_close();
    }
    office_file = "city.db";
}

static void the_result_says_all_that_is_wrong(void **state) {
    (void)state;
    assert_int_equal(police_result(0), 1);
    assert_int_equal(police_result(WRONG_PHOTO | WRONG_NAME), 5);
    assert_int_equal(police_result(WRONG_NAME | WRONG_DATA), 7);
    assert_int_equal(police_result(WRONG_PHOTO | WRONG_NAME | WRONG_DATA), 9);
    assert_int_equal(police_result(WRONG_REGION), 11);
    assert_int_equal(police_result(WRONG_REGION | WRONG_DATA), 4);
    assert_int_equal(police_result(ONLY_OWN_PHOTO), 10);
    assert_int_equal(police_result(ONLY_OWN_PHOTO | WRONG_DATA), 4);
    for (unsigned wrong = 0; wrong < 32; wrong++) {
        assert_non_null(police_result_text(police_result(wrong)));
    }
}

/* Only the centre has a photo: not an error, but a code of its own. */
static void an_own_photo_without_one_of_the_police_is_code_10(void **state) {
    open_two(state);
    assert_ok(feed_text(state, "AAC002,AAC003,photo\n990102197612115183,梁思,1\n", OWNER_CENTRE));
    assert_ok(police(state, LIANG_LINE(",,,,,0")));
    assert_int_equal(status_of(1).result, 10);
    assert_int_equal(status_of(1).compared, OFFICE_DAY);
    office_close();
}

/* --- owners --------------------------------------------------------------------------------------------------- */

static void an_owner_changes_its_own_fields_only(void **state) {
    open_two(state);
    assert_ok(feed_text(
        state, "AAC002,AAC003,education,AAB001\n990102197612115183,梁思,60,GZ9\n", OWNER_LABOUR));
    assert_string_equal(value_of(1, "education"), "60");
    assert_string_equal(value_of(1, "AAB001"), "GZ9");
    static const char *const bad[] = {"AAC002,AAC003,AAE004\n", "AAC002,AAC003,AAC003\n",
        "AAC002,AAC003\n", "AAC002,education,AAC003\n", "AAC003,AAC002,education\n",
        "AAC002,AAC003,education,education\n", "AAC002,AAC003,hat\n", "\n", "AAC002,AAC003,\n",
        "AAC002,AAC003,a-code-that-is-longer-than-any-code-may-be\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(feed_text(state, bad[i], OWNER_LABOUR), ERR_INVALID);
        assert_int_equal(result.stopped_line, 1);
    }
    assert_int_equal(feed_text(state, "", OWNER_LABOUR), ERR_INVALID);
    office_close();
}

static void who_may_not_is_refused_before_the_file_is_opened(void **state) {
    open_two(state);
    struct feed_order order = {.path = "/nonexistent",
        .owner = OWNER_POLICE,
        .who = "maker",
        .day = OFFICE_DAY,
        .time = OFFICE_TIME};
    assert_int_equal(person_feed(&office.desk, &order, &result, &office.why), ERR_DENIED);
    order.second = "point";
    assert_int_equal(person_feed(&office.desk, &order, &result, &office.why), ERR_DENIED);
    order.second = "approver";
    order.who = "clearer";
    assert_int_equal(person_feed(&office.desk, &order, &result, &office.why), ERR_DENIED);
    order.who = "maker";
    assert_int_equal(person_feed(&office.desk, &order, &result, &office.why), ERR_NOT_FOUND);
    office_close();
}

/* --- again, torn, in pieces ------------------------------------------------------------------------------------- */

/* clang-format off */
#define THREE_LINES                                                                                \
    LIANG_LINE("2,19761211,01,1,,1")                                                               \
    SU_LINE("2,19831126,01,1,,1")                                                                  \
    LIANG_LINE("2,19761211,02,1,,1")
/* clang-format on */

static void sent_twice_a_file_changes_nothing(void **state) {
    open_two(state);
    assert_ok(police(state, THREE_LINES));
    assert_int_equal(result.verdicts[FEED_UPDATED], 2);
    assert_int_equal(result.verdicts[FEED_REPEATED], 1);
    int64_t changes = office_ask("SELECT count(*) FROM person_history");
    assert_ok(police(state, THREE_LINES));
    assert_int_equal(result.verdicts[FEED_UNCHANGED], 2);
    assert_int_equal(result.verdicts[FEED_REPEATED], 1);
    assert_int_equal(office_ask("SELECT count(*) FROM person_history"), changes);
    assert_string_equal(value_of(1, "AAC005"), "01");
    office_close();
}

/* Cut at every byte: the whole lines before the cut are kept, and then the whole file can be sent. */
static void torn_at_every_byte_whole_lines_are_kept(void **state) {
    uint8_t gb[2048];
    char path[512];
    size_t len = people_encode(HEADING THREE_LINES, gb, sizeof gb);
    open_two(state);
    for (size_t cut = 0; cut < len; cut++) {
        people_write_bytes(below(state, "torn.csv", path), gb, cut);
        size_t whole = 0;
        for (size_t i = 0; i < cut; i++) {
            whole += gb[i] == '\n';
        }
        bool good = cut > 0 && gb[cut - 1] == '\n';
        assert_int_equal(feed_path(path, OWNER_POLICE), good ? OK : ERR_INVALID);
        assert_int_equal(result.lines, whole > 0 ? whole - 1 : 0);
        assert_int_equal(told.count, result.lines);
    }
    people_write_bytes(below(state, "torn.csv", path), gb, len);
    assert_ok(feed_path(path, OWNER_POLICE));
    assert_int_equal(result.verdicts[FEED_UNCHANGED], 2);
    office_close();
}

/* Each byte of a line as another one: the file is refused, or the line gets some verdict; nobody else is
 * changed and the chain stays whole. */
static void a_bent_byte_changes_nobody_else(void **state) {
    uint8_t gb[2048];
    char path[512];
    size_t len = people_encode(HEADING LIANG_LINE("2,19761211,01,1,,1"), gb, sizeof gb);
    open_two(state);
    for (size_t at = 0; at < len; at++) {
        static const uint8_t bends[] = {0x01, 0x10, 0x80};
        for (size_t k = 0; k < sizeof bends; k++) {
            gb[at] ^= bends[k];
            people_write_bytes(below(state, "bent.csv", path), gb, len);
            enum err err = feed_path(path, OWNER_POLICE);
            assert_true(err == OK || err == ERR_INVALID);
            gb[at] ^= bends[k];
        }
    }
    assert_int_equal(office_ask("SELECT count(*) FROM person_history WHERE person <> 1"), 0);
    office_close();
}

/* --- deaths ------------------------------------------------------------------------------------------------------ */

static void a_death_locks_the_cards_and_lists_them(void **state) {
    char card[CARD_NUMBER_LEN + 1];
    open_two(state);
    (void)strcpy(card, office_card(1, 1));
    assert_ok(police(state, LIANG_LINE(",,,2,20031001,1")));
    assert_int_equal(result.verdicts[FEED_DEAD], 1);
    assert_int_equal(result.cards, 1);
    assert_int_equal(office_life(card), LIFE_LOCKED);
    assert_int_equal(
        office_ask("SELECT added * 100 + reason FROM blacklist ORDER BY version DESC LIMIT 1"),
        100 + LIST_DEATH);
    assert_int_equal(status_of(1).life, 2);
    assert_int_equal(status_of(1).died, 20031001);
    /* Told again, it is known; and the dead are given no card. */
    assert_ok(police(state, LIANG_LINE(",,,2,20031001,1")));
    assert_int_equal(result.verdicts[FEED_UNCHANGED], 1);
    struct person next;
    assert_ok(office.registry.person_without_card(office.registry.self, 0, &next, &office.why));
    assert_int_equal(next.id, 2);
    /* A death that was none. */
    assert_ok(police(state, LIANG_LINE(",,,1,,1")));
    assert_int_equal(status_of(1).life, 1);
    assert_int_equal(office_life(card), LIFE_LOCKED); /* opened at a counter */
    office_close();
}

/* A temporary loss would end by itself: it becomes a formal one. */
static void a_temporary_loss_of_the_dead_never_ends(void **state) {
    char card[CARD_NUMBER_LEN + 1];
    open_two(state);
    (void)strcpy(card, office_card(1, 1));
    const struct card_order order = {.card = card,
        .event = EVENT_REPORT_LOSS_FOR_NOW,
        .who = "point",
        .request = "lost",
        .day = OFFICE_DAY,
        .time = OFFICE_TIME};
    assert_ok(card_step(&office.registry, &order, &office.why));
    assert_ok(police(state, LIANG_LINE(",,,2,20031001,1")));
    assert_int_equal(office_life(card), LIFE_LOST);
    office_close();
}

static void a_frozen_record_is_left_alone(void **state) {
    open_two(state);
    struct person_status status = status_of(1);
    status.frozen = 3;
    assert_ok(office.store.status_put(office.store.self, 1, &status, &office.why));
    assert_ok(police(state, LIANG_LINE(",,,2,20031001,1")));
    assert_int_equal(result.verdicts[FEED_ASIDE], 1);
    assert_int_equal(status_of(1).life, 1);
    office_close();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(each_line_gets_its_verdict_and_leaves_the_result),
        CASE(the_result_says_all_that_is_wrong),
        CASE(an_own_photo_without_one_of_the_police_is_code_10),
        CASE(an_owner_changes_its_own_fields_only),
        CASE(who_may_not_is_refused_before_the_file_is_opened),
        CASE(sent_twice_a_file_changes_nothing),
        CASE(torn_at_every_byte_whole_lines_are_kept),
        CASE(a_bent_byte_changes_nobody_else),
        CASE(a_death_locks_the_cards_and_lists_them),
        CASE(a_temporary_loss_of_the_dead_never_ends),
        CASE(a_frozen_record_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
