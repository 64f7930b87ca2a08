/* The list of a unit and its answer, on a real store. */
#include "capture/unit_list.h"

#include "check.h"

#include "base/hex.h"
#include "capture/capture_office.h"
#include "registry/person_change.h"

static const int64_t first = INT64_C(44010419700305123);
static const int64_t second = INT64_C(44010419710305124);

enum { PLAIN_ROOM = 4096 };
static uint8_t room_for_list[UNIT_FILE_MAX];
static struct capture_package package;
static struct unit_answer answer;
static char plain[PLAIN_ROOM];

/* Two people of unit U1, the second with a photo, and somebody of another unit. */
static void open_unit(void **state) {
    char lines[2048];
    struct photo photo;
    struct photo_seen seen = seen_with(FIGURE_FACES, 1);
    (void)snprintf(lines, sizeof lines,
        "%s,李伟,1,01,19700305,440111,11,x,510020,,13800000001,U1,甲厂\n"
        "%s,李明,2,01,19710305,440111,11,x,510020,,13800000002,U1,甲厂\n"
        "%s,王五,1,01,19720305,440111,11,x,510020,,13800000003,U2,乙厂\n",
        office_number(first), office_number(second), office_number(INT64_C(44010419720305125)));
    room_open(state, lines);
    int64_t done = 1;
    while (done > 0) {
        assert_ok(office.store.index_step(office.store.self, &done, &office.why));
    }
    assert_ok(offer_photo(office_person(second), "a file", &seen, OFFICE_DAY, &photo));
}

/* The list as text, static. */
static const char *list(const char *unit) {
    struct builder file = builder_in(room_for_list, sizeof room_for_list - 1);
    assert_ok(unit_list(&room.desk, unit, &file, &package, &office.why));
    room_for_list[file.len] = '\0';
    return (const char *)room_for_list;
}

/* An answer of a unit to the list with the number, in `plain`. */
static struct bytes answered(
    int64_t id, const char *unit, int lines, uint32_t day, const char *body) {
    uint8_t digest[SM3_LEN];
    char text[2 * SM3_LEN + 1];
    struct sm3 h;
    sm3_begin(&h);
    sm3_add(&h, bytes_text(body));
    sm3_end(&h, digest);
    hex_write(bytes_of(digest, sizeof digest), text);
    (void)snprintf(plain, sizeof plain, "%d|unit-back|%s|%d|%08u|%s\n%s", (int)id, unit, lines, day,
        text, body);
    return bytes_text(plain);
}

/* Two lines that say these words behind sequence and number, static. */
static const char *two(const char *one, const char *other) {
    static char body[PLAIN_ROOM / 2];
    (void)snprintf(body, sizeof body, "1|%s|%s\n2|%s|%s\n", office_number(first), one,
        office_number(second), other);
    return body;
}

static enum err confirm(struct bytes file) {
    return unit_confirm(&room.desk, file, &answer, &office.why);
}

/* Refused, and everything as before. */
static void refused(struct bytes file, enum err err, const char *says) {
    assert_int_equal(confirm(file), err);
    if (!strstr(office.why.text, says)) {
        fail_msg("\"%s\" does not say \"%s\"", office.why.text, says);
    }
    assert_int_equal(
        office_ask("SELECT count(*) FROM capture_expected WHERE state <> 1 OR note <> ''"), 0);
    assert_int_equal(office_ask("SELECT back FROM capture_package WHERE id = 1"), 0);
}

static void stands(int64_t confirmed, int64_t corrected, int64_t silent, int64_t ready) {
    struct unit_standing s;
    assert_ok(unit_stands(&room.desk, package.id, &s, &office.why));
    assert_int_equal(s.confirmed, confirmed);
    assert_int_equal(s.corrected, corrected);
    assert_int_equal(s.silent, silent);
    assert_int_equal(s.ready, ready);
}

static void a_list_has_the_unit_s_people_and_says_whose_photo_is_missing(void **state) {
    char expected[512];
    open_unit(state);
    const char *text = list("U1");
    assert_memory_equal(text, "1|unit|U1|2|20031008|", 21);
    (void)snprintf(expected, sizeof expected,
        "\n1|%s|李伟|1|19700305|missing\n2|%s|李明|2|19710305|photo\n", office_number(first),
        office_number(second));
    assert_string_equal(strchr(text, '\n'), expected);
    stands(0, 0, 2, 0);
    room_close();
}

/* unit 4 */
static void a_unit_has_one_list_until_it_answers(void **state) {
    open_unit(state);
    (void)list("U1");
    (void)list("U1");
    assert_int_equal(package.id, 1);
    assert_int_equal(office_ask("SELECT count(*) FROM capture_package"), 1);
    assert_ok(confirm(answered(1, "U1", 2, OFFICE_DAY, two("confirmed", "confirmed"))));
    (void)list("U1");
    assert_int_equal(package.id, 2);
    assert_int_equal(package.first, 3);
    struct builder file = builder_in(room_for_list, sizeof room_for_list);
    assert_int_equal(unit_list(&room.desk, "U9", &file, &package, &office.why), ERR_NOT_FOUND);
    assert_int_equal(unit_list(&room.desk, "U|", &file, &package, &office.why), ERR_CONFLICT);
    room.desk.officer = "approver";
    assert_int_equal(unit_list(&room.desk, "U1", &file, &package, &office.why), ERR_DENIED);
    room_close();
}

static void who_is_confirmed_and_has_a_photo_is_ready(void **state) {
    open_unit(state);
    (void)list("U1");
    assert_ok(confirm(answered(1, "U1", 2, OFFICE_DAY, two("confirmed", "confirmed"))));
    assert_false(answer.before);
    assert_int_equal(answer.standing.no_photo, 1);
    stands(2, 0, 0, 1);
    room_close();
}

/* unit 2 */
static void the_same_answer_again_changes_nothing(void **state) {
    open_unit(state);
    (void)list("U1");
    assert_ok(confirm(answered(1, "U1", 2, OFFICE_DAY, two("confirmed", "confirmed"))));
    int64_t audited = office_ask("SELECT count(*) FROM audit");
    assert_ok(confirm(answered(1, "U1", 2, OFFICE_DAY, two("confirmed", "confirmed"))));
    assert_true(answer.before);
    assert_int_equal(office_ask("SELECT count(*) FROM audit"), audited);
    assert_int_equal(confirm(answered(1, "U1", 2, OFFICE_DAY,
                         two("confirmed", "corrected|unit-letter:7|AAB004|丙厂"))),
        ERR_CONFLICT);
    assert_non_null(strstr(office.why.text, "answered otherwise"));
    stands(2, 0, 0, 1);
    room_close();
}

/* unit 3 */
static void identity_waits_for_an_approver_and_the_rest_is_changed_at_once(void **state) {
    open_unit(state);
    (void)list("U1");
    assert_ok(confirm(answered(1, "U1", 2, OFFICE_DAY,
        two("corrected|id-card:1|AAC003|李玮|AAB004|丙厂", "corrected|unit-letter:7|AAB001|"))));
    stands(1, 1, 0, 1);
    assert_int_equal(office_ask("SELECT count(*) FROM capture_expected WHERE state = 3 AND note = "
                                "'AAC003 change 1, AAB004 changed'"),
        1);
    assert_int_equal(office_ask("SELECT count(*) FROM capture_expected WHERE state = 2 AND note = "
                                "'AAB001 changed'"),
        1);
    struct person person;
    assert_ok(person_find(&office.registry, office_number(first), &person, &office.why));
    assert_string_equal(person.name, "李伟");
    assert_string_equal(person.employer_name, "丙厂");
    struct change_result result;
    const struct change_order by = {.who = "approver", .day = OFFICE_DAY, .time = OFFICE_TIME};
    assert_ok(person_change_agree(&office.desk, 1, true, &by, &result, &office.why));
    assert_ok(person_find(&office.registry, office_number(first), &person, &office.why));
    assert_string_equal(person.name, "李玮");
    room_close();
}

/* The word of the unit is that of its field's owner: it clears what the unit is the source of. */
static void who_is_not_theirs_leaves_the_unit(void **state) {
    struct unit_standing s;
    struct person person;
    open_unit(state);
    (void)list("U1");
    assert_ok(
        confirm(answered(1, "U1", 2, OFFICE_DAY, two("confirmed", "not-ours|unit-letter:7"))));
    assert_int_equal(answer.standing.not_ours, 1);
    assert_ok(unit_stands(&room.desk, package.id, &s, &office.why));
    assert_int_equal(s.confirmed, 1);
    assert_int_equal(s.not_ours, 1);
    assert_int_equal(s.silent, 0);
    assert_ok(person_find(&office.registry, office_number(second), &person, &office.why));
    assert_string_equal(person.employer, "");
    assert_string_equal(person.employer_name, "");
    assert_ok(person_find(&office.registry, office_number(first), &person, &office.why));
    assert_string_equal(person.employer, "U1");
    room_close();
}

/* Between list and answer the person found other work: that is not the first unit's to clear. */
static void who_works_elsewhere_by_now_stays_there(void **state) {
    struct person person;
    struct change_result result;
    open_unit(state);
    (void)list("U1");
    const struct change_order moved = {.person = office_person(second),
        .field = "AAB001",
        .value = "U2",
        .proof = "unit-letter:9",
        .who = "point",
        .day = OFFICE_DAY,
        .time = OFFICE_TIME};
    assert_ok(person_change(&office.desk, &moved, &result, &office.why));
    assert_ok(
        confirm(answered(1, "U1", 2, OFFICE_DAY, two("confirmed", "not-ours|unit-letter:7"))));
    assert_ok(person_find(&office.registry, office_number(second), &person, &office.why));
    assert_string_equal(person.employer, "U2");
    assert_int_equal(office_ask("SELECT count(*) FROM capture_expected WHERE state = 5 AND note = "
                                "'elsewhere by now'"),
        1);
    room_close();
}

static void a_silent_unit_is_reminded_once_a_day(void **state) {
    struct unit_reminded reminded;
    open_unit(state);
    (void)list("U1");
    assert_ok(unit_remind(&room.desk, 1, &reminded, &office.why));
    assert_int_equal(reminded.count, 1);
    assert_int_equal(reminded.last, OFFICE_DAY);
    assert_int_equal(unit_remind(&room.desk, 1, &reminded, &office.why), ERR_CONFLICT);
    room.desk.day = OFFICE_DAY + 1;
    assert_ok(unit_remind(&room.desk, 1, &reminded, &office.why));
    assert_int_equal(reminded.count, 2);
    assert_int_equal(office_ask("SELECT count(*) FROM capture_reminder"), 2);
    assert_int_equal(office_ask("SELECT count(*) FROM audit WHERE what = 'capture remind'"), 2);
    assert_int_equal(unit_remind(&room.desk, 2, &reminded, &office.why), ERR_NOT_FOUND);
    room.desk.officer = "approver";
    room.desk.day++;
    assert_int_equal(unit_remind(&room.desk, 1, &reminded, &office.why), ERR_DENIED);
    room_close();
}

static void who_answered_is_not_reminded(void **state) {
    struct unit_reminded reminded;
    open_unit(state);
    (void)list("U1");
    assert_ok(confirm(answered(1, "U1", 2, OFFICE_DAY, two("confirmed", "confirmed"))));
    assert_int_equal(unit_remind(&room.desk, 1, &reminded, &office.why), ERR_CONFLICT);
    assert_non_null(strstr(office.why.text, "was answered on 20031008"));
    assert_int_equal(office_ask("SELECT count(*) FROM capture_reminder"), 0);
    room_close();
}

static void what_the_record_says_already_is_confirmed(void **state) {
    open_unit(state);
    (void)list("U1");
    assert_ok(confirm(
        answered(1, "U1", 2, OFFICE_DAY, two("confirmed", "corrected|unit-letter:7|AAB004|甲厂"))));
    stands(2, 0, 0, 1);
    assert_int_equal(office_ask("SELECT count(*) FROM capture_expected WHERE note <> ''"), 0);
    room_close();
}

/* unit 1: the first line would change a record, and does not. */
static void a_line_that_cannot_stand_is_named_and_nothing_is_taken(void **state) {
    static const struct {
        const char *words, *says;
        enum err err;
    } wrong[] = {
        {"",                                             "a line ends with confirmed", ERR_INVALID },
        {"maybe",                                        "a line ends with confirmed", ERR_INVALID },
        {"confirmed|",                                   "a line ends with confirmed", ERR_INVALID },
        {"corrected",                                    "a line ends with confirmed", ERR_INVALID },
        {"corrected|unit-letter:7|AAB004",               "a line ends with confirmed", ERR_INVALID },
        {"corrected|unit-letter:7|AAB004|丙厂|AAB001", "a line ends with",           ERR_INVALID },
        {"corrected|unit-letter:7|AAC003|李玮",        "is no proof of",             ERR_INVALID },
        {"corrected|unit-letter|AAB004|丙厂",          "a proof is",                 ERR_INVALID },
        {"corrected|unit-letter:7|AAB999|丙厂",        "there is no field",          ERR_INVALID },
        {"corrected|id-card:7|AAC002|1",                 "never changed",              ERR_CONFLICT},
        {"not-ours",                                     "a line ends with confirmed", ERR_INVALID },
        {"not-ours|unit-letter:7|AAB001",                "a line ends with confirmed", ERR_INVALID },
        {"not-ours|own-word:7",                          "is no proof of",             ERR_INVALID },
        {"corrected|p:7|a|1|b|2|c|3|d|4|e|5",            "too long",                   ERR_INVALID },
    };
    open_unit(state);
    (void)list("U1");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const char *body = two("corrected|unit-letter:7|AAB004|丙厂", wrong[i].words);
        refused(answered(1, "U1", 2, OFFICE_DAY, body), wrong[i].err, wrong[i].says);
        assert_memory_equal(office.why.text, "line 3: ", 8);
        assert_int_equal(office_ask("SELECT count(*) FROM person WHERE employer_name = '丙厂'"), 0);
    }
    room_close();
}

static void torn_doubled_reordered_and_strangers_lines_are_refused(void **state) {
    char body[512];
    const char *a = office_number(first);
    const char *b = office_number(second);
    open_unit(state);
    (void)list("U1");
    (void)snprintf(body, sizeof body, "1|%s|confirmed\n", a);
    refused(answered(1, "U1", 2, OFFICE_DAY, body), ERR_INVALID, "line 3: the answer ends here");
    refused(answered(1, "U1", 1, OFFICE_DAY, body), ERR_INVALID, "has 2 lines");
    (void)snprintf(body, sizeof body, "1|%s|confirmed\n1|%s|confirmed\n", a, a);
    refused(answered(1, "U1", 2, OFFICE_DAY, body), ERR_INVALID, "line 3: number 2 of the list");
    (void)snprintf(body, sizeof body, "2|%s|confirmed\n1|%s|confirmed\n", b, a);
    refused(answered(1, "U1", 2, OFFICE_DAY, body), ERR_INVALID, "line 2: number 1 of the list");
    (void)snprintf(body, sizeof body, "1|%s|confirmed\n2|%s|confirmed\n", a, a);
    refused(answered(1, "U1", 2, OFFICE_DAY, body), ERR_INVALID, "line 3: number 2 of the list");
    (void)snprintf(body, sizeof body, "1|%s|confirmed\n2|%s|confirmed\n2|%s|confirmed\n", a, b, b);
    refused(answered(1, "U1", 2, OFFICE_DAY, body), ERR_INVALID, "line 4: ");
    room_close();
}

static void an_answer_to_another_list_is_refused(void **state) {
    open_unit(state);
    (void)list("U1");
    const char *body = two("confirmed", "confirmed");
    refused(answered(1, "U2", 2, OFFICE_DAY, body), ERR_INVALID, "is not of unit U2");
    refused(answered(1, "U1", 2, OFFICE_DAY + 1, body), ERR_INVALID, "is of 20031008");
    refused(answered(9, "U1", 2, OFFICE_DAY, body), ERR_NOT_FOUND, "no list has number 9");
    room.desk.officer = "approver";
    refused(answered(1, "U1", 2, OFFICE_DAY, body), ERR_DENIED, "approver");
    room_close();
}

/* Also the list itself, sent back as it is. */
static void every_prefix_and_every_flipped_byte_is_refused(void **state) {
    static char whole[PLAIN_ROOM];
    open_unit(state);
    const char *text = list("U1");
    assert_int_equal(confirm(bytes_text(text)), ERR_INVALID);
    struct bytes file = answered(
        1, "U1", 2, OFFICE_DAY, two("confirmed", "corrected|unit-letter:7|AAB004|丙厂"));
    (void)memcpy(whole, file.at, file.len);
    for (size_t len = 0; len < file.len; len++) {
        assert_int_equal(confirm(bytes_of(whole, len)), ERR_INVALID);
    }
    for (size_t i = 0; i < file.len; i++) {
        whole[i] ^= 1;
        assert_int_not_equal(confirm(bytes_of(whole, file.len)), OK);
        whole[i] = 0;
        assert_int_not_equal(confirm(bytes_of(whole, file.len)), OK);
        whole[i] = (char)file.at[i];
    }
    stands(0, 0, 2, 0);
    assert_ok(confirm(bytes_of(whole, file.len)));
    stands(2, 0, 0, 1);
    room_close();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(a_list_has_the_unit_s_people_and_says_whose_photo_is_missing),
        CASE(a_unit_has_one_list_until_it_answers),
        CASE(who_is_confirmed_and_has_a_photo_is_ready),
        CASE(the_same_answer_again_changes_nothing),
        CASE(identity_waits_for_an_approver_and_the_rest_is_changed_at_once),
        CASE(who_is_not_theirs_leaves_the_unit),
        CASE(who_works_elsewhere_by_now_stays_there),
        CASE(a_silent_unit_is_reminded_once_a_day),
        CASE(who_answered_is_not_reminded),
        CASE(what_the_record_says_already_is_confirmed),
        CASE(a_line_that_cannot_stand_is_named_and_nothing_is_taken),
        CASE(torn_doubled_reordered_and_strangers_lines_are_refused),
        CASE(an_answer_to_another_list_is_refused),
        CASE(every_prefix_and_every_flipped_byte_is_refused),
    };
    return cmocka_run_group_tests_name("unit_list", tests, NULL, NULL);
}
