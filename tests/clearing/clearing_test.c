/* Moments, scopes, the register of institutions and terminals, and the list of reasons. */
#include "clearing/memory_city.h"

static void only_real_moments_have_a_number(void **state) {
    (void)state;
    static const struct {
        const char *packed;
        uint64_t number;
    } cases[] = {
        {"20031008235959", 20031008235959},
        {"20040229000000", 20040229000000},
        {"20030229000000", 0             },
        {"20031008240000", 0             },
        {"20031008236000", 0             },
        {"20031008235960", 0             },
        {"2003100823595A", 0             },
        {"00000000000000", 0             },
        {"17991231000000", 0             },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t moment[MOMENT_LEN];
        (void)from_hex(cases[i].packed, moment, sizeof moment);
        assert_true(moment_number(moment) == cases[i].number);
    }
}

static void a_scope_that_is_left_takes_everything_back(void **state) {
    (void)state;
    struct memory *rows = memory_new();
    struct clearing_store store = memory_store(rows);
    struct why why = {{0}};
    {
        CLEARING_SCOPE(scope);
        must(clearing_begin(&scope, &store, &why), &why);
        must(ledger_fund(&store, "inner", 100, TODAY, &why), &why);
        assert_int_equal(rows->now.posting_count, 1);
    }
    assert_int_equal(rows->now.posting_count, 0);
    assert_int_equal(rows->depth, 0);
    free(rows);
}

static void a_commit_that_fails_is_rolled_back(void **state) {
    (void)state;
    struct memory *rows = memory_new();
    struct clearing_store store = memory_store(rows);
    struct why why = {{0}};
    {
        CLEARING_SCOPE(scope);
        must(clearing_begin(&scope, &store, &why), &why);
        must(store.audit(store.self, "a", "b", "c", &why), &why);
        rows->fail_at = rows->calls;
        assert_int_equal(clearing_commit(&scope, &why), ERR_OUTSIDE);
    }
    assert_int_equal(rows->now.audit_count, 0);
    assert_int_equal(rows->depth, 0);
    free(rows);
}

static void institutions_are_checked_field_by_field(void **state) {
    (void)state;
    static const struct {
        struct institution institution;
        enum err err;
    } cases[] = {
        {{"P0000009", "大药房", "44010000"},     OK         },
        {{"P000009", "大药房", "44010000"},      ERR_INVALID},
        {{"p0000009", "大药房", "44010000"},     ERR_INVALID},
        {{"P000 009", "大药房", "44010000"},     ERR_INVALID},
        {{"", "大药房", "44010000"},             ERR_INVALID},
        {{"P0000009", "", "44010000"},              ERR_INVALID},
        {{"P0000009", "大|药房", "44010000"},    ERR_INVALID},
        {{"P0000009", "大\r\n药房", "44010000"}, ERR_INVALID},
        {{"P0000009", "大药房\x7F", "44010000"}, ERR_INVALID},
        {{"P0000009", "大药房", "4401000"},      ERR_INVALID},
        {{"P0000009", "大药房", "4401000X"},     ERR_INVALID},
        {{"P0000009", "大药房", "44010000 "},    ERR_INVALID},
        {{"P0000009", "大药房", ""},             ERR_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct memory *rows = memory_new();
        struct clearing_store store = memory_store(rows);
        struct clearing c = {.store = &store};
        struct why why;
        assert_int_equal(
            institution_register(&c, &cases[i].institution, "clearer", &why), cases[i].err);
        assert_int_equal(rows->now.institution_count, cases[i].err ? 0 : 1);
        assert_int_equal(rows->now.audit_count, cases[i].err ? 0 : 1);
        free(rows);
    }
}

static void an_institution_registered_again_has_its_new_row(void **state) {
    (void)state;
    struct city *city = new_city();
    struct institution moved = {"P0000001", "健民大药房二店", "4401000000000077"}, found;
    struct why why = {{0}};
    size_t institutions = city->rows->now.institution_count, audits = city->rows->now.audit_count;
    must(institution_register(&city->clearing, &moved, "clearer", &why), &why);
    must(city->store.institution_find(city->store.self, "P0000001", &found, &why), &why);
    assert_string_equal(found.name, moved.name);
    assert_string_equal(found.bank_account, moved.bank_account);
    assert_int_equal(city->rows->now.institution_count, institutions);
    assert_int_equal(city->rows->now.audit_count, audits + 1);
    drop_city(city);
}

static void a_terminal_belongs_to_an_institution_that_is_there(void **state) {
    (void)state;
    struct city *city = new_city();
    struct terminal_row t = {.institution = "P0000001"}, found;
    struct why why = {{0}};
    terminal_no(77, t.number);
    must(terminal_register(&city->clearing, &t, "clearer", &why), &why);
    (void)memcpy(t.institution, "H0000002", sizeof t.institution);
    must(terminal_register(&city->clearing, &t, "clearer", &why), &why); /* moved */
    must(city->store.terminal_find(city->store.self, t.number, &found, &why), &why);
    assert_string_equal(found.institution, "H0000002");
    (void)memcpy(t.institution, "X0000009", sizeof t.institution);
    assert_int_equal(terminal_register(&city->clearing, &t, "clearer", &why), ERR_NOT_FOUND);
    t.number[0] = 0x4F;
    assert_int_equal(terminal_register(&city->clearing, &t, "clearer", &why), ERR_INVALID);
    assert_int_equal(city->rows->now.terminal_count, 5);
    drop_city(city);
}

/* The principle of reason.def: refused up to the proof, held after it, a copy between. */
static void reasons_are_refused_before_the_proof_and_held_after_it(void **state) {
    (void)state;
    assert_int_equal(reason_line(REASON_NONE)->ruling, RULING_CLEARED);
    for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
        enum ruling ruling = reason_line((enum reason)i)->ruling;
        assert_int_equal(ruling, i <= REASON_DUPLICATE ? RULING_REFUSED : RULING_SUSPENSE);
    }
}

static void every_reason_has_its_own_word_and_two_sentences(void **state) {
    (void)state;
    for (int i = 0; i < REASON_COUNT; i++) {
        const struct reason_line *line = reason_line((enum reason)i);
        assert_true(strlen(line->word) > 2);
        assert_int_equal(line->en[strlen(line->en) - 1], '.');
        assert_memory_equal(line->zh + strlen(line->zh) - 3, "。", 3);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(line->word, reason_line((enum reason)k)->word);
        }
    }
    for (int i = 0; i < RULING_COUNT; i++) {
        assert_true(strlen(ruling_word((enum ruling)i)) > 5);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_real_moments_have_a_number),
        cmocka_unit_test(a_scope_that_is_left_takes_everything_back),
        cmocka_unit_test(a_commit_that_fails_is_rolled_back),
        cmocka_unit_test(institutions_are_checked_field_by_field),
        cmocka_unit_test(an_institution_registered_again_has_its_new_row),
        cmocka_unit_test(a_terminal_belongs_to_an_institution_that_is_there),
        cmocka_unit_test(reasons_are_refused_before_the_proof_and_held_after_it),
        cmocka_unit_test(every_reason_has_its_own_word_and_two_sentences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
