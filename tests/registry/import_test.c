#include "check.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "registry/import.h"
#include "registry/people.h"
#include "stores/engine_address.h"
#include "stores/sql/audit.h"
#include "stores/sql/registry_store.h"

enum { TODAY = 20031008, NOTED_MAX = 2100 };

/* A registry in the scratch directory, and what an import said of each line. */
struct office {
    struct db db;
    struct registry_rows *rows;
    struct registry_store store;
    struct import_result result;
    struct why why;
    uint32_t noted;
    struct {
        uint32_t line;
        enum verdict verdict;
    } notes[NOTED_MAX];
};

static struct office office;

static void office_open(void **state) {
    char path[512];
    office = (struct office){.rows = NULL};
    enum err err = db_open(&office.db, engine_address(below(state, "city.db", path)), &office.why);
    err = err ? err : registry_rows_open(&office.rows, &office.db, &office.why);
    if (err) {
        fail_msg("%s", office.why.text);
    }
    office.store = registry_store_of(office.rows);
}

static void office_close(void) {
    registry_rows_close(office.rows);
    db_close(&office.db);
}

static void note(void *cookie, uint32_t line, enum verdict verdict) {
    (void)cookie;
    if (office.noted < NOTED_MAX) {
        office.notes[office.noted].line = line;
        office.notes[office.noted].verdict = verdict;
    }
    office.noted++;
}

static enum err import_file(const char *path) {
    const struct import_order order = {.path = path, .business_day = TODAY, .told = note};
    office.noted = 0;
    return people_import(&office.store, &order, &office.result, &office.why);
}

/* Imports a file with that text, which must be good as a file. */
static void import_text(void **state, const char *text) {
    char path[512];
    people_write(below(state, "people.csv", path), text);
    if (import_file(path)) {
        fail_msg("%s", office.why.text);
    }
}

static int64_t ask(const char *sentence) {
    struct why why = {""};
    struct prepared *stmt[1];
    assert_int_equal(db_prepare(&office.db, &sentence, 1, stmt, &why), OK);
    struct say s = say(stmt[0]);
    int64_t answer = say_next(&s) ? row_int(&s) : -1;
    assert_int_equal(say_end(&s, &why), OK);
    db_finalize(stmt, 1);
    return answer;
}

static void expect_verdict(uint32_t line, enum verdict verdict) {
    for (uint32_t i = 0; i < office.noted; i++) {
        if (office.notes[i].line == line) {
            assert_string_equal(
                verdict_text(office.notes[i].verdict)->name, verdict_text(verdict)->name);
            return;
        }
    }
    fail_msg("line %u has no verdict", line);
}

/* --- the pilot's file ---------------------------------------------------------------------------------- */

/* What the expected file says of a line; lines that it does not name are accepted. */
static const char *expected_of(json_t *by_line, uint32_t line) {
    char key[16];
    (void)snprintf(key, sizeof key, "%u", line);
    json_t *verdict = json_object_get(by_line, key);
    return verdict ? json_string_value(verdict) : "accepted";
}

static json_t *expected_file(void) {
    json_error_t error;
    json_t *file = json_load_file(
        "data/pilot-people.expected.json", JSON_REJECT_DUPLICATES, &error);
    assert_non_null(file);
    return file;
}

static void each_line_of_the_pilot_has_the_expected_verdict(void **state) {
    office_open(state);
    json_t *expected = expected_file();
    json_t *by_line = json_object_get(expected, "by_line");
    assert_int_equal(import_file("data/pilot-people.csv"), OK);
    assert_int_equal(office.result.lines, 2000);
    assert_int_equal(office.noted, 2000);
    for (uint32_t i = 0; i < office.noted; i++) {
        assert_int_equal(office.notes[i].line, i + 2);
        assert_string_equal(
            verdict_text(office.notes[i].verdict)->name, expected_of(by_line, i + 2));
    }
    for (int i = 0; i < VERDICTS; i++) {
        json_t *count = json_object_get(
            json_object_get(expected, "verdicts"), verdict_text((enum verdict)i)->name);
        assert_int_equal(office.result.verdicts[i], json_integer_value(count));
    }
    json_decref(expected);
    assert_int_equal(ask("SELECT count(*) FROM person"), 1887);
    assert_int_equal(ask("SELECT count(*) FROM person_number"), 1887);
    assert_int_equal(ask("SELECT count(*) FROM person_waiting"), 11);
    assert_int_equal(db_audit_verify(&office.db, NULL, &office.why), OK);
    office_close();
}

/* The second time nothing changes: who was accepted is unchanged, every other line says the same. */
static void the_same_file_again_changes_nothing(void **state) {
    office_open(state);
    static const char
        *const content = "SELECT sum(id * (number17 % 1000003)) + sum(length(name || address)) + "
                         "(SELECT 1000000 * count(*) FROM person_waiting) FROM person";
    json_t *expected = expected_file();
    json_t *by_line = json_object_get(expected, "by_line");
    assert_int_equal(import_file("data/pilot-people.csv"), OK);
    int64_t before = ask(content);
    for (int again = 0; again < 3; again++) {
        assert_int_equal(import_file("data/pilot-people.csv"), OK);
        for (uint32_t i = 0; i < office.noted; i++) {
            const char *verdict = verdict_text(office.notes[i].verdict)->name;
            const char *first = expected_of(by_line, i + 2);
            assert_string_equal(verdict, strcmp(first, "accepted") == 0 ? "unchanged" : first);
        }
        assert_int_equal(office.result.verdicts[UNCHANGED], 1887);
        assert_int_equal(ask(content), before);
        assert_int_equal(ask("SELECT count(*) FROM person_history"), 0);
    }
    json_decref(expected);
    office_close();
}

/* --- who is known, new, repeated, waiting ------------------------------------------------------------------ */

static void a_repeated_line_is_told_from_a_known_person(void **state) {
    office_open(state);
    import_text(
        state, PEOPLE_HEADING "\r\n" LIANG "\r\n" LIANG_OLD_NUMBER "\r\n" LIANG_MOVED "\r\n");
    expect_verdict(2, ACCEPTED);
    expect_verdict(3, REPEATED_PERSON);
    expect_verdict(4, REPEATED_PERSON);
    import_text(state, PEOPLE_HEADING "\r\n" SU "\r\n" LIANG_MOVED "\r\n" LIANG "\r\n");
    expect_verdict(2, ACCEPTED);
    expect_verdict(3, UPDATED);
    expect_verdict(4, REPEATED_PERSON);
    assert_int_equal(ask("SELECT count(*) FROM person"), 2);
    office_close();
}

static void an_update_keeps_what_was(void **state) {
    struct person person;
    office_open(state);
    import_text(state, PEOPLE_HEADING "\r\n" LIANG "\r\n");
    import_text(state, PEOPLE_HEADING "\r\n" LIANG_MOVED "\r\n");
    assert_int_equal(person_find(&office.store, "990102761211518", &person, &office.why), OK);
    assert_string_equal(person.number, "990102197612115183");
    assert_string_equal(person.name, "梁思");
    assert_string_equal(person.address, "新地址");
    assert_int_equal(person.region, 440104);
    assert_string_equal(person.mobile, "10034940275");
    assert_int_equal(ask("SELECT count(*) FROM person_history"), 2);
    assert_int_equal(ask("SELECT count(*) FROM person_history WHERE field = 'AAB301' AND "
                         "was = '440111' AND became = '440104' AND line = 2"),
        1);
    assert_int_equal(ask("SELECT count(*) FROM person_history WHERE field = 'AAE006' AND "
                         "was = '广州市白云区' AND became = '新地址'"),
        1);
    office_close();
}

static void another_name_waits_and_changes_nobody(void **state) {
    struct person person;
    office_open(state);
    import_text(state, PEOPLE_HEADING "\r\n" LIANG "\r\n" LIANG_OTHER_NAME "\r\n");
    expect_verdict(3, OTHER_NAME);
    import_text(
        state, PEOPLE_HEADING "\r\n" LIANG_OTHER_NAME "\r\n" LIANG "\r\n" LIANG_OTHER_NAME "\r\n");
    expect_verdict(2, OTHER_NAME);
    expect_verdict(3, UNCHANGED); /* a waiting line is no earlier line of the person */
    expect_verdict(4, OTHER_NAME);
    assert_int_equal(ask("SELECT count(*) FROM person_waiting"), 1);
    assert_int_equal(ask("SELECT count(*) FROM person_waiting WHERE decision = 'pending' AND "
                         "sent LIKE '990102197612115183%梁慧%小学'"),
        1);
    assert_int_equal(person_find(&office.store, "990102197612115183", &person, &office.why), OK);
    assert_string_equal(person.name, "梁思");
    office_close();
}

/* The first line of a number within one group is the one that counts, whatever the others say. */
static void the_earliest_line_of_a_file_counts(void **state) {
    struct person person;
    office_open(state);
    import_text(state, PEOPLE_HEADING "\r\n" LIANG_OTHER_NAME "\r\n" SU "\r\n" LIANG
                                      "\r\n" LIANG_OTHER_NAME "\r\n");
    expect_verdict(2, ACCEPTED);
    expect_verdict(3, ACCEPTED);
    expect_verdict(4, OTHER_NAME);
    expect_verdict(5, REPEATED_PERSON);
    assert_int_equal(person_find(&office.store, "990102197612115183", &person, &office.why), OK);
    assert_string_equal(person.name, "梁慧");
    office_close();
}

static void every_field_comes_back_as_it_was_sent(void **state) {
    struct person person;
    office_open(state);
    import_text(state, PEOPLE_HEADING "\r\n" ZHU "\r\n");
    assert_int_equal(person_find(&office.store, "99020219381103771X", &person, &office.why), OK);
    assert_string_equal(person.name, "朱娣镕");
    assert_int_equal(person.sex, 1);
    assert_int_equal(person.nation, 1);
    assert_int_equal(person.birth, 19381103);
    assert_int_equal(person.region, 440183);
    assert_string_equal(person.household, "10");
    assert_string_equal(person.address, "一号, \"东座\"");
    assert_string_equal(person.postcode, "510062");
    assert_string_equal(person.phone, "");
    assert_string_equal(person.employer_name, "");
    office_close();
}

static void refused_lines_can_be_corrected_and_sent_again(void **state) {
    office_open(state);
    import_text(state, PEOPLE_HEADING "\r\n" SU "\r\n"
                                      "990102197612115184,梁思," PEOPLE_REST "\r\n");
    expect_verdict(3, NUMBER_CHECK_DIGIT);
    import_text(state, PEOPLE_HEADING "\r\n" SU "\r\n" LIANG "\r\n");
    expect_verdict(2, UNCHANGED);
    expect_verdict(3, ACCEPTED);
    office_close();
}

/* --- files that stop ------------------------------------------------------------------------------------------ */

/* Cut at every byte: an error unless the cut is at a line's end, the whole lines before it are kept,
 * and the whole file afterwards brings the rest, nobody twice. */
static void a_torn_file_keeps_its_lines_and_can_be_sent_again(void **state) {
    uint8_t gb[2048];
    char path[512], torn[512];
    size_t len = people_encode(
        PEOPLE_HEADING "\r\n" LIANG "\r\n" SU "\r\n" ZHU "\r\n", gb, sizeof gb);
    people_write_bytes(below(state, "people.csv", path), gb, len);
    for (size_t cut = 0; cut <= len; cut += cut < 95 ? 19 : 1) {
        uint64_t kept = 0;
        for (size_t i = 0; i < cut; i++) {
            kept += gb[i] == '\n';
        }
        kept -= kept > 0;
        office_open(state);
        people_write_bytes(below(state, "torn.csv", torn), gb, cut);
        bool whole = cut > 0 && gb[cut - 1] == '\n';
        assert_int_equal(import_file(torn), whole ? OK : ERR_INVALID);
        assert_int_equal(office.result.lines, kept);
        assert_int_equal(ask("SELECT count(*) FROM person"), kept);
        if (!whole) {
            assert_int_equal(office.result.stopped_byte, cut);
            assert_int_equal(ask("SELECT sum(finished) FROM import"), 0);
        }
        assert_int_equal(import_file(path), OK);
        assert_int_equal(office.result.verdicts[UNCHANGED], kept);
        assert_int_equal(office.result.verdicts[ACCEPTED], 3 - kept);
        assert_int_equal(ask("SELECT count(*) FROM person"), 3);
        assert_int_equal(
            db_run(&office.db, "DELETE FROM person; DELETE FROM person_number; DELETE FROM import",
                &office.why),
            OK);
        office_close();
    }
}

static void a_bad_byte_is_told_with_line_and_place(void **state) {
    uint8_t gb[2048];
    char path[512];
    office_open(state);
    size_t len = people_encode(PEOPLE_HEADING "\r\n" LIANG "\r\n", gb, sizeof gb);
    gb[len] = 0xFF;
    gb[len + 1] = '\n';
    people_write_bytes(below(state, "people.csv", path), gb, len + 2);
    assert_int_equal(import_file(path), ERR_INVALID);
    assert_int_equal(office.result.stopped_line, 3);
    assert_int_equal(office.result.stopped_byte, len);
    assert_non_null(strstr(office.why.text, "line 3, byte"));
    assert_int_equal(ask("SELECT count(*) FROM person"), 1);
    office_close();
}

/* The disk ends at every page in turn: whole groups or nothing, and again when there is room. */
static void a_full_disk_loses_no_whole_line(void **state) {
    only_in_a_file();
    office_open(state);
    int64_t pages = ask("PRAGMA page_count");
    for (int64_t more = 0; more < 120; more += 7) {
        char limit[64];
        (void)snprintf(
            limit, sizeof limit, "PRAGMA max_page_count = %lld", (long long)(pages + more));
        (void)ask(limit);
        enum err err = import_file("data/pilot-people.csv");
        assert_true(err == OK || err == ERR_OUTSIDE);
        assert_int_equal(ask("SELECT count(*) FROM person"), err ? 0 : 1887);
        assert_int_equal(
            ask("SELECT count(*) FROM person_number"), ask("SELECT count(*) FROM person"));
        assert_int_equal(office.result.lines, err ? 0 : 2000);
        if (!err) {
            break;
        }
        assert_non_null(strstr(office.why.text, "disk is full"));
    }
    (void)ask("PRAGMA max_page_count = 1000000");
    assert_int_equal(import_file("data/pilot-people.csv"), OK);
    assert_int_equal(ask("SELECT count(*) FROM person"), 1887);
    office_close();
}

/* Killed after some milliseconds, twelve times over: whole groups are there, and the same file again
 * brings the rest. Three groups of one distinct person a line. */
static void a_killed_import_can_be_sent_again(void **state) {
    enum { LINES = 2 * IMPORT_GROUP_LINES + 1000 };
    char path[512];
    FILE *out = fopen(below(state, "people.csv", path), "wb");
    assert_non_null(out);
    (void)fputs(PEOPLE_HEADING "\r\n", out);
    for (int i = 0; i < LINES; i++) {
        char number[NUMBER_LEN + 1];
        uint32_t day = 19000100 + (uint32_t)(i % 28) + 1 + (uint32_t)(i / 28000) * 10000;
        number_write(INT64_C(99010100000000000) + (int64_t)day * 1000 + i / 28 % 1000, number);
        (void)fprintf(
            out, "%s,\xC1\xBA,%d,01,%u,440111,,,,,,,\r\n", number, i / 28 % 1000 % 2 ? 1 : 2, day);
    }
    assert_int_equal(fclose(out), 0);
    for (int round = 0; round < 12; round++) {
        pid_t pid = fork();
        if (pid == 0) {
            office_open(state);
            enum err err = import_file(path);
            _exit(err ? 1 : 0);
        }
        (void)usleep((useconds_t)(20000 * round));
        (void)kill(pid, SIGKILL);
        assert_true(waitpid(pid, NULL, 0) == pid);
        office_open(state);
        int64_t kept = ask("SELECT count(*) FROM person");
        assert_true(kept % IMPORT_GROUP_LINES == 0 || kept == LINES);
        assert_int_equal(ask("SELECT count(*) FROM person_number"), kept);
        office_close();
    }
    office_open(state);
    int64_t kept = ask("SELECT count(*) FROM person");
    assert_int_equal(import_file(path), OK);
    assert_int_equal(office.result.lines, LINES);
    assert_int_equal(office.result.verdicts[UNCHANGED], kept);
    assert_int_equal(office.result.verdicts[ACCEPTED], LINES - kept);
    assert_int_equal(ask("SELECT count(*) FROM person"), LINES);
    assert_int_equal(db_audit_verify(&office.db, NULL, &office.why), OK);
    office_close();
}

/* The store fails at its next call: the error comes through, and the reader ends. */
static int calls_left;
static enum err (*true_group)(void *, int64_t, struct person_chunk *, struct why *);
static enum err failing_group(
    void *self, int64_t import, struct person_chunk *chunk, struct why *why) {
    if (calls_left-- == 0) {
        return why_say(why, ERR_OUTSIDE, "the store is gone");
    }
    return true_group(self, import, chunk, why);
}

static void a_store_that_fails_ends_the_import(void **state) {
    office_open(state);
    true_group = office.store.import_group;
    office.store.import_group = failing_group;
    calls_left = 0;
    assert_int_equal(import_file("data/pilot-people.csv"), ERR_OUTSIDE);
    assert_non_null(strstr(office.why.text, "the store is gone"));
    assert_int_equal(office.result.lines, 0);
    assert_int_equal(import_file("data/pilot-people.csv"), OK);
    office_close();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(each_line_of_the_pilot_has_the_expected_verdict),
        CASE(the_same_file_again_changes_nothing),
        CASE(a_repeated_line_is_told_from_a_known_person),
        CASE(an_update_keeps_what_was),
        CASE(another_name_waits_and_changes_nobody),
        CASE(the_earliest_line_of_a_file_counts),
        CASE(every_field_comes_back_as_it_was_sent),
        CASE(refused_lines_can_be_corrected_and_sent_again),
        CASE(a_torn_file_keeps_its_lines_and_can_be_sent_again),
        CASE(a_bad_byte_is_told_with_line_and_place),
        CASE(a_full_disk_loses_no_whole_line),
        CASE(a_killed_import_can_be_sent_again),
        CASE(a_store_that_fails_ends_the_import),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
