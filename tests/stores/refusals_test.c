/* What a vault refuses is audited; and the newest row of an event is found. */
#include "host/scratch.h"

#include "keys/permit.h"
#include "stores/engine_address.h"
#include "stores/sql/refusals.h"
#include "vaults/line/vault_process.h"
#include "vaults/soft/soft_vault.h"

static int64_t rows(struct db *db) {
    struct why why;
    int64_t count = -1;
    assert_int_equal(db_audit_verify(db, &count, &why), OK);
    return count;
}

static enum err open_seed(void *self, struct vault *vaults, size_t count, struct why *why) {
    (void)self;
    assert_int_equal(count, 1);
    return soft_vault_open_rehearsal("1", 440100, &vaults[0], why);
}

/* A real request to a real process, refused there, and its row in a real chain. */
static void a_refused_request_becomes_a_row_of_the_chain(void **state) {
    struct refusals refusals = REFUSALS_EMPTY;
    const struct vault_keeper keeper = {NULL, open_seed, CAGE_SOFT};
    const struct vault_watch watch = {&refusals, refusals_hear};
    struct key_ref tac = {.name = KEY_DTK, .version = 1, .depth = KEY_CARD};
    char path[512], subject[AUDIT_SUBJECT_MAX + 1];
    uint8_t eight[8] = {0}, out[8];
    struct why why = {""};
    struct vault line;
    struct db db;
    assert_int_equal(vault_process_open(&keeper, &watch, &line, 1, &why), OK);
    assert_int_equal(db_open(&db, engine_address(below(state, "city.db", path)), &why), OK);
    int64_t before = rows(&db);
    assert_int_equal(db_audit_last(&db, "request-refused", subject, &why), ERR_NOT_FOUND);
    assert_int_equal(line.encrypt8(line.self, &tac, eight, out, &why), ERR_DENIED);
    assert_int_equal(refusals_audit(&refusals, &db, &why), OK);
    assert_int_equal(rows(&db), before + 1);
    assert_int_equal(db_audit_last(&db, "request-refused", subject, &why), OK);
    assert_non_null(strstr(subject, "DTK (TAC) is not made for purse authentication"));
    assert_int_equal(refusals_audit(&refusals, &db, &why), OK);
    assert_int_equal(rows(&db), before + 1); /* once */
    line.close(line.self);
    db_close(&db);
}

/* More than are kept: the first ones, and how many more there were. Long stories are cut between two
 * characters. */
static void a_flood_of_refusals_is_counted(void **state) {
    struct refusals refusals = REFUSALS_EMPTY;
    char path[512], subject[AUDIT_SUBJECT_MAX + 1], story[480];
    struct why why = {""};
    struct db db;
    assert_int_equal(db_open(&db, engine_address(below(state, "city.db", path)), &why), OK);
    (void)memset(story, 0, sizeof story);
    for (size_t i = 0; i + 3 < 300; i += 3) {
        (void)memcpy(story + i, "\xE5\xAF\x86", 3);
    }
    for (size_t i = 0; i < REFUSALS_MAX + 5; i++) {
        refusals_hear(&refusals, story);
    }
    int64_t before = rows(&db);
    assert_int_equal(refusals_audit(&refusals, &db, &why), OK);
    assert_int_equal(rows(&db), before + REFUSALS_MAX + 1);
    assert_int_equal(db_audit_last(&db, "request-refused", subject, &why), OK);
    assert_string_equal(subject, "5 more requests");
    if (!on_a_server()) { /* begins inside a character, which a server refuses: no story of ours does */
        refusals_hear(&refusals, story + 1);
    }
    refusals_hear(&refusals, story);
    assert_int_equal(refusals_audit(&refusals, &db, &why), OK);
    assert_int_equal(db_audit_last(&db, "request-refused", subject, &why), OK);
    assert_int_equal(strlen(subject), AUDIT_SUBJECT_MAX / 3 * 3);
    assert_int_equal(refusals.count, 0);
    db_close(&db);
}

static void the_newest_row_of_an_event_is_found(void **state) {
    char path[512], subject[AUDIT_SUBJECT_MAX + 1];
    struct why why = {""};
    struct db db;
    assert_int_equal(db_open(&db, engine_address(below(state, "city.db", path)), &why), OK);
    for (int i = 1; i <= 3; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "generation %d", i);
        assert_int_equal(db_audit(&db, "vault", "vault-written", text, &why), OK);
        assert_int_equal(db_audit(&db, "system", "something else", "else", &why), OK);
    }
    assert_int_equal(db_audit_last(&db, "vault-written", subject, &why), OK);
    assert_string_equal(subject, "generation 3");
    assert_int_equal(db_audit_last(&db, "vault", subject, &why), ERR_NOT_FOUND);
    db_close(&db);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_refused_request_becomes_a_row_of_the_chain, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(
            a_flood_of_refusals_is_counted, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(
            the_newest_row_of_an_event_is_found, scratch_make, scratch_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
