#include "check.h"

#include "registry/person_change.h"
#include "registry/person_office.h"

static void open_two(void **state) {
    office_open(state, LIANG "\n" SU "\n");
}

static struct change_order order_of(const char *field, const char *value, const char *proof) {
    return (struct change_order){.person = 1,
        .field = field,
        .value = value,
        .proof = proof,
        .who = "point",
        .day = OFFICE_DAY,
        .time = OFFICE_TIME};
}

static struct change_result result;

static enum err change(const char *field, const char *value, const char *proof) {
    const struct change_order order = order_of(field, value, proof);
    return person_change(&office.desk, &order, &result, &office.why);
}

static enum err agree(int64_t request, const char *who, bool agreed) {
    struct change_order by = order_of("", "", "");
    by.who = who;
    return person_change_agree(&office.desk, request, agreed, &by, &result, &office.why);
}

static const char *value_of(const char *field) {
    static char value[ITEM_ROOM];
    struct person person;
    assert_ok(office.registry.person_by_id(office.registry.self, 1, &person, &office.why));
    assert_ok(item_read(&office.store, &person, item_named(field), value, &office.why));
    return value;
}

/* --- the sheet ------------------------------------------------------------------------------------------ */

static void the_sheet_is_whole(void **state) {
    size_t count = 0;
    const struct item *items = item_table(&count);
    (void)state;
    assert_true(count > 50);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(item_named(items[i].code), &items[i]); /* no code twice */
        assert_true(strlen(items[i].code) < 16);
        assert_true(items[i].letters * 4 < ITEM_ROOM);
        assert_int_equal(items[i].type == ITEM_CODE || strcmp(items[i].code, "AAC004") == 0,
            items[i].codes[0] != '\0');
        assert_int_equal(owner_named(owner_name(items[i].owner)), items[i].owner);
    }
    for (int i = 0; i < PERSON_FIELDS; i++) {
        assert_non_null(item_named(person_field_text((enum person_field)i)->code));
    }
    assert_null(item_named(""));
    assert_int_equal(owner_named("nobody"), ITEM_OWNERS);
}

static const struct {
    const char *field, *value;
    bool good;
} values[] = {
    {"AAC003",  "梁慧",          true },
    {"AAC003",  "",                false},
    {"AAC003",  "Li",              false},
    {"AAC003",  " 梁慧",         false},
    {"AAC003",  "𪝆㛃",         true },
    {"AAC005",  "56",              true },
    {"AAC005",  "57",              false},
    {"AAC005",  "00",              false},
    {"AAC005",  "1",               false},
    {"AAC005",  "",                false},
    {"AAB301",  "440104",          true },
    {"AAB301",  "440115",          false},
    {"id-to",   "99991231",        true },
    {"id-to",   "20031301",        false},
    {"id-to",   "",                true },
    {"id-to",   "2003108",         false},
    {"marital", "20",              true },
    {"marital", "21",              false},
    {"marital", "2",               false},
    {"marital", "10 20",           false},
    {"account", "6222",            true },
    {"account", "62 22",           false},
    {"school",  "荔湾区小学", true },
    {"school",  "a\nb",            false},
    {"school",  "\xFF",            false},
    {"AAC004",  "1",               false},
    {"d-grade", "5",               false},
    {"life",    "2",               true },
};

static void each_field_takes_what_it_should(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct why why;
        enum err err = item_check(item_named(values[i].field), values[i].value, OFFICE_DAY, &why);
        if ((err == OK) != values[i].good) {
            fail_msg("%s = %s", values[i].field, values[i].value);
        }
    }
}

/* One letter less fits, one more does not, whatever the field. */
static void no_field_takes_more_than_its_letters(void **state) {
    size_t count = 0;
    const struct item *items = item_table(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        char text[ITEM_ROOM + 8] = "";
        struct why why;
        for (size_t k = 0; k < items[i].letters; k++) {
            (void)strcat(text, items[i].type == ITEM_DIGITS ? "7" : "字");
        }
        bool free = items[i].type == ITEM_TEXT || items[i].type == ITEM_NAME
                    || items[i].type == ITEM_DIGITS;
        assert_int_equal(item_check(&items[i], text, OFFICE_DAY, &why) == OK, free);
        (void)strcat(text, "7");
        assert_int_equal(item_check(&items[i], text, OFFICE_DAY, &why), ERR_INVALID);
    }
}

/* --- changing ------------------------------------------------------------------------------------------- */

/* Every item that may change is written, read back, and leaves one row of history. */
static void every_item_is_kept(void **state) {
    size_t count = 0;
    int64_t changes = 0;
    const struct item *items = item_table(&count);
    open_two(state);
    for (size_t i = 0; i < count; i++) {
        const char *value = items[i].type == ITEM_NAME     ? "王五"
                            : items[i].type == ITEM_NATION ? "31"
                            : items[i].type == ITEM_REGION ? "440103"
                            : items[i].type == ITEM_DAY    ? "20030101"
                            : items[i].type == ITEM_DIGITS ? "4711"
                            : items[i].type == ITEM_TEXT   ? "文字"
                                                           : NULL;
        char code[16];
        (void)snprintf(
            code, sizeof code, "%.*s", (int)strcspn(items[i].codes, " "), items[i].codes);
        if (items[i].type == ITEM_FIXED) {
            assert_int_equal(change(items[i].code, "1", "police-letter:1"), ERR_CONFLICT);
            continue;
        }
        assert_ok(change(items[i].code, value ? value : code, "police-letter:1"));
        if (items[i].owner == OWNER_POLICE) {
            assert_true(result.request > 0);
            assert_ok(agree(result.request, "approver", true));
        }
        assert_string_equal(value_of(items[i].code), value ? value : code);
        assert_int_equal(office_ask("SELECT count(*) FROM person_history"), ++changes);
    }
    office_close();
}

static void a_telephone_is_changed_at_once_by_one_officer(void **state) {
    struct person_change_row row;
    open_two(state);
    assert_ok(change("AAE004", "13900000000", "own-word:A1"));
    assert_int_equal(result.request, 0);
    assert_false(result.face);
    assert_string_equal(value_of("AAE004"), "13900000000");
    assert_ok(office.store.history_after(office.store.self, 1, 0, &row, &office.why));
    assert_string_equal(row.field, "AAE004");
    assert_string_equal(row.was, "10034940275");
    assert_string_equal(row.became, "13900000000");
    assert_string_equal(row.who, "point");
    assert_string_equal(row.proof, "own-word:A1");
    assert_int_equal(row.day, OFFICE_DAY);
    assert_int_equal(row.time, OFFICE_TIME);
    /* Again: it says so already, and the history stays as it is. */
    assert_ok(change("AAE004", "13900000000", "own-word:A1"));
    assert_true(result.same);
    assert_int_equal(office_ask("SELECT count(*) FROM person_history"), 1);
    office_close();
}

static void a_name_waits_for_another_officer(void **state) {
    open_two(state);
    assert_ok(change("AAC003", "梁慧", "police-letter:2003-117"));
    int64_t request = result.request;
    assert_true(request > 0);
    assert_string_equal(value_of("AAC003"), "梁思");
    assert_ok(change("AAC003", "梁慧", "police-letter:2003-117")); /* sent twice */
    assert_int_equal(result.request, request);
    assert_int_equal(agree(request, "point", true), ERR_DENIED);
    assert_int_equal(agree(request, "maker", true), ERR_DENIED);
    assert_int_equal(agree(request + 1, "approver", true), ERR_NOT_FOUND);
    assert_ok(agree(request, "approver", true));
    assert_true(result.face);
    assert_string_equal(value_of("AAC003"), "梁慧");
    assert_int_equal(agree(request, "approver", true), ERR_CONFLICT);
    office_close();
}

static void refused_nothing_has_changed(void **state) {
    open_two(state);
    assert_ok(change("AAC003", "梁慧", "id-card:1"));
    int64_t request = result.request;
    assert_ok(agree(request, "approver", false));
    assert_string_equal(value_of("AAC003"), "梁思");
    assert_int_equal(office_ask("SELECT count(*) FROM person_history"), 0);
    assert_int_equal(agree(request, "approver", true), ERR_CONFLICT);
    office_close();
}

/* change 2 */
static void what_changed_meanwhile_is_not_overwritten(void **state) {
    open_two(state);
    assert_ok(change("AAC003", "梁慧", "id-card:1"));
    int64_t first = result.request;
    assert_ok(change("AAC003", "梁文", "id-card:2"));
    int64_t second = result.request;
    assert_true(second != first);
    assert_ok(agree(second, "approver", true));
    assert_int_equal(agree(first, "approver", true), ERR_CONFLICT);
    assert_string_equal(value_of("AAC003"), "梁文");
    assert_ok(agree(first, "approver", false));
    office_close();
}

/* change 3 */
static void a_frozen_record_is_not_changed(void **state) {
    struct person_status status;
    open_two(state);
    assert_ok(change("AAC003", "梁慧", "id-card:1"));
    int64_t request = result.request;
    assert_ok(office.store.status_get(office.store.self, 1, &status, &office.why));
    status.frozen = 7;
    assert_ok(office.store.status_put(office.store.self, 1, &status, &office.why));
    assert_int_equal(change("AAE004", "1", "own-word:1"), ERR_CONFLICT);
    assert_int_equal(agree(request, "approver", true), ERR_CONFLICT);
    status.frozen = 0;
    status.merged = 2;
    assert_ok(office.store.status_put(office.store.self, 1, &status, &office.why));
    assert_int_equal(change("AAE004", "1", "own-word:1"), ERR_CONFLICT);
    assert_int_equal(office_ask("SELECT count(*) FROM person_history"), 0);
    office_close();
}

/* people 4: what the holder said at the counter outlives the next file of the insurance core; what nobody
 * said is still the core's. */
static void a_file_of_people_does_not_overwrite_an_owner(void **state) {
    open_two(state);
    assert_ok(change("AAE006", "新地址二", "own-word:A1"));
    assert_ok(change("AAB001", "GZ9", "unit-letter:1"));
    office_import(state, LIANG_MOVED "\n"); /* another region and address */
    assert_string_equal(value_of("AAE006"), "新地址二");
    assert_string_equal(value_of("AAB001"), "GZ9");
    assert_string_equal(value_of("AAB301"), "440104");
    assert_int_equal(office_ask("SELECT count(*) FROM person_history"), 3);
    office_import(state, LIANG_MOVED "\n");
    assert_int_equal(office_ask("SELECT count(*) FROM person_history"), 3);
    office_close();
}

/* --- proofs --------------------------------------------------------------------------------------------- */

static void a_proof_is_its_owners(void **state) {
    open_two(state);
    assert_int_equal(change("AAC003", "梁慧", "own-word:1"), ERR_INVALID);
    assert_int_equal(change("AAC003", "梁慧", "unit-letter:1"), ERR_INVALID);
    assert_int_equal(change("AAB001", "GZ2", "own-word:1"), ERR_INVALID);
    assert_ok(change("AAB001", "GZ2", "unit-letter:1"));
    assert_ok(change("AAE006", "新地址", "household-book:1")); /* the police's prove everything */
    office_close();
}

/* Every prefix of a proof and a number too long are no proof. */
static void a_torn_proof_is_none(void **state) {
    static const char proof[] = "own-word:A";
    char torn[PROOF_ROOM + 8];
    open_two(state);
    for (size_t len = 0; len < sizeof proof - 1; len++) {
        (void)snprintf(torn, sizeof torn, "%.*s", (int)len, proof);
        assert_int_equal(change("AAE004", "1", torn), ERR_INVALID);
    }
    (void)memset(torn, 0, sizeof torn);
    (void)memset(torn, '1', PROOF_ROOM);
    (void)memcpy(torn, "own-word:", 9);
    assert_int_equal(change("AAE004", "1", torn), ERR_INVALID);
    assert_int_equal(change("AAE004", "1", "hearsay:1"), ERR_INVALID);
    assert_int_equal(change("no-field", "1", "own-word:1"), ERR_INVALID);
    assert_int_equal(office_ask("SELECT count(*) FROM person_history"), 0);
    office_close();
}

static void only_a_service_point_changes(void **state) {
    open_two(state);
    struct change_order order = order_of("AAE004", "1", "own-word:1");
    order.who = "clearer";
    assert_int_equal(person_change(&office.desk, &order, &result, &office.why), ERR_DENIED);
    order.who = "nobody";
    assert_int_equal(person_change(&office.desk, &order, &result, &office.why), ERR_DENIED);
    order.who = "point";
    order.person = 4711;
    assert_int_equal(person_change(&office.desk, &order, &result, &office.why), ERR_NOT_FOUND);
    office_close();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(the_sheet_is_whole),
        CASE(each_field_takes_what_it_should),
        CASE(no_field_takes_more_than_its_letters),
        CASE(every_item_is_kept),
        CASE(a_telephone_is_changed_at_once_by_one_officer),
        CASE(a_name_waits_for_another_officer),
        CASE(refused_nothing_has_changed),
        CASE(what_changed_meanwhile_is_not_overwritten),
        CASE(a_frozen_record_is_not_changed),
        CASE(a_file_of_people_does_not_overwrite_an_owner),
        CASE(a_proof_is_its_owners),
        CASE(a_torn_proof_is_none),
        CASE(only_a_service_point_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
