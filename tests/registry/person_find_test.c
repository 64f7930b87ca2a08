#include "check.h"

#include "registry/person_find.h"
#include "registry/person_office.h"

static const int64_t ouyang = INT64_C(44010419700305123);
static const int64_t rare = INT64_C(44010419710305124);
static const int64_t alike = INT64_C(44010419720305125);

/* Three people, two of whom sound alike; one has a character that no keyboard has. */
static void open_three(void **state) {
    char lines[4096];
    (void)snprintf(lines, sizeof lines, "%s%s%s",
        office_line(ouyang, "欧阳子涵", "13800000001", "一"),
        office_line(rare, "李𪝆", "13800000002", "二"),
        office_line(alike, "黎鉴", "13800000002", "三"));
    office_open(state, lines);
    assert_ok(person_index(&office.desk, NULL, NULL, &office.why));
}

struct answers {
    int count, most;
    char names[512];
};

static bool note(void *cookie, const struct person *person) {
    struct answers *a = cookie;
    a->count++;
    (void)strncat(a->names, person->name, sizeof a->names - strlen(a->names) - 2);
    (void)strcat(a->names, " ");
    return a->most == 0 || a->count < a->most;
}

/* Asks; the names that came, each with a blank behind it. Static. */
static const char *ask_limited(enum find_by by, const char *what, uint64_t limit, bool *more) {
    static struct answers answers;
    uint64_t found = 0;
    answers = (struct answers){.count = 0};
    const struct find_order order = {.by = by,
        .what = what,
        .limit = limit,
        .who = "system",
        .reason = "test",
        .told = note,
        .cookie = &answers};
    enum err err = persons_find(&office.desk, &order, &found, more, &office.why);
    if (err == ERR_INVALID) {
        return "invalid";
    }
    assert_ok(err);
    assert_int_equal(found, answers.count);
    return answers.names;
}

static const char *ask(enum find_by by, const char *what) {
    bool more = true;
    const char *names = ask_limited(by, what, 100, &more);
    if (strcmp(names, "invalid") != 0) {
        assert_false(more);
    }
    return names;
}

/* --- patterns ---------------------------------------------------------------------------------------- */

static const struct {
    const char *typed, *fits, *not ;
    bool plain;
} patterns[] = {
    {"李伟",            "李伟",            "李维",          true },
    {"李U+2A746",        "李𪝆",           "李",             true },
    {"李u+2a746",        "李𪝆",           "李伟",          true },
    {"U+674E伟",         "李伟",            "伟",             true },
    {"李?",              "李𪝆",           "李",             false},
    {"李□涵",         "李子涵",         "李子",          false},
    {"?〓",              "李伟",            "李",             false},
    {"欧阳*",           "欧阳",            "欧",             false},
    {"欧阳*",           "欧阳子涵",      "欧子阳涵",    false},
    {"李？*",           "李子涵",         "李",             false},
    {"阿卜杜拉·买", "阿卜杜拉·买", "阿卜杜拉买", true },
};

static void typed_names_mean_what_the_counter_means(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        struct name_pattern pattern;
        assert_true(name_pattern_read(patterns[i].typed, &pattern));
        assert_int_equal(pattern.plain, patterns[i].plain);
        if (!name_pattern_fits(&pattern, patterns[i].fits)
            || name_pattern_fits(&pattern, patterns[i].not )) {
            fail_msg("%s", patterns[i].typed);
        }
    }
}

/* Every prefix of a good pattern, and each byte changed, is read or refused, and never anything else. */
static void torn_and_bent_patterns_are_read_or_refused(void **state) {
    static const char good[] = "欧U+2A746阳?子*";
    struct name_pattern pattern;
    (void)state;
    for (size_t len = 0; len < sizeof good; len++) {
        char torn[sizeof good] = "";
        (void)memcpy(torn, good, len);
        bool read = name_pattern_read(torn, &pattern);
        assert_true(!read || pattern.count > 0);
    }
    for (size_t at = 0; at + 1 < sizeof good; at++) {
        for (int to = 1; to < 256; to++) {
            char bent[sizeof good];
            (void)memcpy(bent, good, sizeof good);
            bent[at] = (char)to;
            bool read = name_pattern_read(bent, &pattern);
            assert_true(!read || pattern.count <= 50);
        }
    }
    assert_false(name_pattern_read("", &pattern));
    assert_false(name_pattern_read("*", &pattern));
    assert_false(name_pattern_read("李 伟", &pattern));
    assert_false(name_pattern_read("李U+FFFFFF", &pattern));
}

/* --- answers ------------------------------------------------------------------------------------------- */

static void a_name_is_found_exactly_or_as_it_sounds(void **state) {
    open_three(state);
    assert_string_equal(ask(FIND_NAME, "欧阳子涵"), "欧阳子涵 ");
    assert_string_equal(ask(FIND_NAME, "欧阳紫涵"), "");
    assert_string_equal(ask(FIND_SOUND, "欧阳紫涵"), "欧阳子涵 ");
    assert_string_equal(ask(FIND_NAME, "欧*"), "欧阳子涵 ");
    assert_string_equal(ask(FIND_NAME, "欧阳子?"), "欧阳子涵 ");
    assert_string_equal(ask(FIND_NAME, "?阳子涵"), "欧阳子涵 ");
    assert_string_equal(ask(FIND_NAME, "欧阳"), "");
    assert_string_equal(ask(FIND_SOUND, "欧阳?"), "invalid");
    assert_string_equal(ask(FIND_NAME, "欧 阳"), "invalid");
    office_close();
}

static void a_rare_character_is_found_however_it_is_given(void **state) {
    open_three(state);
    assert_string_equal(ask(FIND_NAME, "李𪝆"), "李𪝆 ");
    assert_string_equal(ask(FIND_NAME, "李U+2A746"), "李𪝆 ");
    assert_string_equal(ask(FIND_NAME, "李?"), "李𪝆 ");
    assert_string_equal(ask(FIND_NAME, "李□"), "李𪝆 ");
    assert_string_equal(ask(FIND_NAME, "?U+2A746"), "李𪝆 ");
    office_close();
}

static void a_number_is_found_whole_old_or_by_its_beginning(void **state) {
    open_three(state);
    assert_string_equal(ask(FIND_NUMBER, office_number(rare)), "李𪝆 ");
    assert_string_equal(ask(FIND_NUMBER, "440104710305124"), "李𪝆 ");
    assert_string_equal(ask(FIND_NUMBER, "44010419"), "欧阳子涵 李𪝆 黎鉴 ");
    assert_string_equal(ask(FIND_NUMBER, "44010419720305125"), "黎鉴 ");
    assert_string_equal(ask(FIND_NUMBER, "440105"), "");
    assert_string_equal(ask(FIND_NUMBER, "44010"), "invalid");
    assert_string_equal(ask(FIND_NUMBER, "440104197103051240"), "invalid");
    assert_string_equal(ask(FIND_NUMBER, "44010A"), "invalid");
    office_close();
}

/* Who has the word twice comes once. */
static void a_telephone_finds_everybody_who_has_it(void **state) {
    open_three(state);
    assert_string_equal(ask(FIND_PHONE, "13800000002"), "李𪝆 黎鉴 ");
    assert_string_equal(ask(FIND_PHONE, "1380000000"), "");
    struct person person;
    assert_ok(office.registry.person_by_number(office.registry.self, rare, &person, &office.why));
    (void)strcpy(person.phone, person.mobile);
    (void)strcpy(person.employer, "GZ1");
    (void)strcpy(person.employer_name, "GZ1");
    assert_ok(office.store.person_put(office.store.self, &person, &office.why));
    assert_string_equal(ask(FIND_PHONE, "13800000002"), "李𪝆 黎鉴 ");
    assert_string_equal(ask(FIND_EMPLOYER, "GZ1"), "李𪝆 ");
    office_close();
}

static void a_changed_name_is_found_and_the_old_one_is_not(void **state) {
    struct person person;
    open_three(state);
    assert_ok(office.registry.person_by_number(office.registry.self, rare, &person, &office.why));
    (void)strcpy(person.name, "王五");
    assert_ok(office.store.person_put(office.store.self, &person, &office.why));
    assert_string_equal(ask(FIND_NAME, "王五"), "王五 ");
    assert_string_equal(ask(FIND_NAME, "李𪝆"), "");
    office_close();
}

static void the_limit_ends_it_and_says_so(void **state) {
    bool more = false;
    open_three(state);
    assert_string_equal(ask_limited(FIND_NUMBER, "440104", 2, &more), "欧阳子涵 李𪝆 ");
    assert_true(more);
    assert_string_equal(ask_limited(FIND_NUMBER, "440104", 3, &more), "欧阳子涵 李𪝆 黎鉴 ");
    assert_false(more);
    office_close();
}

static void the_index_follows_the_persons(void **state) {
    int64_t behind = 0;
    open_three(state);
    assert_ok(office.store.index_behind(office.store.self, &behind, &office.why));
    assert_int_equal(behind, 0);
    office_import(state, LIANG "\n");
    assert_ok(office.store.index_behind(office.store.self, &behind, &office.why));
    assert_int_equal(behind, 1);
    assert_string_equal(ask(FIND_NAME, "梁思"), "");
    assert_ok(person_index(&office.desk, NULL, NULL, &office.why));
    assert_string_equal(ask(FIND_NAME, "梁思"), "梁思 ");
    /* Closed and opened again it is still there. */
    office_close();
    office_reopen(state);
    assert_string_equal(ask(FIND_NAME, "梁思"), "梁思 ");
    office_close();
}

/* Each of the pilot's people is found by name, by sound and by telephone, as the rows themselves say. */
static void everybody_of_the_pilot_is_found(void **state) {
    struct person person;
    office_open_pilot(state);
    assert_ok(person_index(&office.desk, NULL, NULL, &office.why));
    for (int64_t id = 1; id < 400; id += 7) {
        bool more = false;
        if (office.registry.person_by_id(office.registry.self, id, &person, &office.why)) {
            continue;
        }
        assert_non_null(strstr(ask_limited(FIND_NAME, person.name, 30, &more), person.name));
        assert_non_null(strstr(ask_limited(FIND_SOUND, person.name, 30, &more), person.name));
        if (person.mobile[0]) {
            assert_non_null(strstr(ask_limited(FIND_PHONE, person.mobile, 30, &more), person.name));
        }
    }
    office_close();
}

/* --- the gate -------------------------------------------------------------------------------------------- */

static void who_asked_and_why_is_in_the_chain_and_whom_is_not(void **state) {
    open_three(state);
    (void)ask(FIND_NAME, "欧阳子涵");
    (void)ask(FIND_NUMBER, "44010419");
    assert_int_equal(office_ask("SELECT count(*) FROM audit WHERE what = 'persons searched'"), 2);
    assert_int_equal(office_ask("SELECT count(*) FROM audit WHERE what = 'persons searched' AND "
                                "(subject LIKE '%欧阳%' OR subject LIKE '%4401%')"),
        0);
    office_close();
}

/* A reason of any length is cut behind a whole character; none is no reason. */
static void a_reason_is_needed_and_fits(void **state) {
    char reason[REASON_ROOM + 8] = "";
    struct answers answers = {.count = 0};
    uint64_t found = 0;
    bool more = false;
    open_three(state);
    struct find_order order = {.by = FIND_NUMBER,
        .what = "440104",
        .limit = 9,
        .who = "system",
        .reason = reason,
        .told = note,
        .cookie = &answers};
    assert_int_equal(persons_find(&office.desk, &order, &found, &more, &office.why), ERR_INVALID);
    for (size_t i = 0; i + 3 < REASON_ROOM; i += 3) {
        (void)strcat(reason, "医");
        answers = (struct answers){.count = 0};
        assert_ok(persons_find(&office.desk, &order, &found, &more, &office.why));
    }
    (void)strcat(reason, "院院");
    assert_int_equal(persons_find(&office.desk, &order, &found, &more, &office.why), ERR_INVALID);
    office_close();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(typed_names_mean_what_the_counter_means),
        CASE(torn_and_bent_patterns_are_read_or_refused),
        CASE(a_name_is_found_exactly_or_as_it_sounds),
        CASE(a_rare_character_is_found_however_it_is_given),
        CASE(a_number_is_found_whole_old_or_by_its_beginning),
        CASE(a_telephone_finds_everybody_who_has_it),
        CASE(a_changed_name_is_found_and_the_old_one_is_not),
        CASE(the_limit_ends_it_and_says_so),
        CASE(the_index_follows_the_persons),
        CASE(everybody_of_the_pilot_is_found),
        CASE(who_asked_and_why_is_in_the_chain_and_whom_is_not),
        CASE(a_reason_is_needed_and_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
