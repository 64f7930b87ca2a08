/* The registers of carriers, modules and officers. */
#include "host/scratch.h"
#include "stores/engine_address.h"
#include "stores/sql/audit.h"
#include "stores/sql/keeping_rows.h"

struct registers {
    struct db db;
    struct keeping_rows *rows;
    struct why why;
};

static const struct two_officers both = {"key-a", "key-b"};
static const struct two_officers alone = {"key-a", "key-a"};

static void open_registers(struct registers *r, void **state) {
    char path[512];
    (void)memset(r, 0, sizeof *r);
    assert_int_equal(db_open(&r->db, engine_address(below(state, "city.db", path)), &r->why), OK);
    assert_int_equal(keeping_rows_open(&r->rows, &r->db, &r->why), OK);
}

static void close_registers(struct registers *r) {
    assert_int_equal(db_audit_verify(&r->db, NULL, &r->why), OK);
    keeping_rows_close(r->rows);
    db_close(&r->db);
}

static struct carrier_row a_carrier(void) {
    return (struct carrier_row){.serial = 11,
        .kind = "share-card",
        .ceremony = "2003-001",
        .holder = "zhang",
        .place = "desk",
        .state = CARRIER_MADE};
}

static struct psam_row a_module(const char *terminal, uint16_t versions) {
    struct psam_row p = {.institution = "440100-H01", .versions = versions, .state = MODULE_MADE};
    (void)snprintf(p.terminal, sizeof p.terminal, "%s", terminal);
    return p;
}

static void a_carrier_walks_from_made_to_destroyed(void **state) {
    static const char *const walk[] = {"store", "take", "return", "store", "stop", "destroy"};
    static const enum carrier_state after[] = {CARRIER_STORED, CARRIER_TAKEN, CARRIER_RETURNED,
        CARRIER_STORED, CARRIER_STOPPED, CARRIER_DESTROYED};
    struct registers r;
    struct carrier_row carrier = a_carrier();
    open_registers(&r, state);
    assert_int_equal(keeping_carrier_add(r.rows, &carrier, both, &r.why), OK);
    assert_int_equal(keeping_carrier_add(r.rows, &carrier, both, &r.why), OK); /* again: nothing */
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(keeping_carrier_move(r.rows, 11, walk[i], "safe 2", both, &r.why), OK);
        assert_int_equal(keeping_carrier_next(r.rows, 0, &carrier, &r.why), OK);
        assert_int_equal(carrier.state, after[i]);
        assert_string_equal(carrier.place, "safe 2");
    }
    assert_int_equal(keeping_carrier_next(r.rows, 11, &carrier, &r.why), ERR_NOT_FOUND);
    close_registers(&r);
}

/* Every event from every state: what the table does not hold is refused and changes nothing. */
static void what_the_table_does_not_hold_is_refused(void **state) {
    static const char *const words[] = {
        "store", "take", "return", "stop", "destroy", "register", "suspend", "lose"};
    struct why why;
    unsigned carriers = 0;
    unsigned modules = 0;
    (void)state;
    for (unsigned from = 0; from < CARRIER_STATES; from++) {
        for (size_t w = 0; w < sizeof words / sizeof words[0]; w++) {
            enum carrier_state c = (enum carrier_state)from;
            enum err err = carrier_next(&c, words[w], &why);
            carriers += err == OK;
            assert_true(err == OK || (unsigned)c == from);
            assert_true(err != OK || (unsigned)c != from);
        }
    }
    for (unsigned from = 0; from < MODULE_STATES; from++) {
        for (size_t w = 0; w < sizeof words / sizeof words[0]; w++) {
            enum module_state m = (enum module_state)from;
            enum err err = module_next(&m, words[w], &why);
            modules += err == OK;
            assert_true(err == OK || (unsigned)m == from);
            assert_true(from != MODULE_DESTROYED || err != OK);
        }
    }
    assert_int_equal(carriers, 9);
    assert_int_equal(modules, 6);
}

static void one_officer_moves_nothing(void **state) {
    struct registers r;
    struct carrier_row carrier = a_carrier();
    struct psam_row module = a_module("440100000901", 2);
    char subject[AUDIT_SUBJECT_MAX + 1];
    open_registers(&r, state);
    assert_int_equal(keeping_carrier_add(r.rows, &carrier, alone, &r.why), ERR_DENIED);
    assert_int_equal(keeping_carrier_add(r.rows, &carrier, both, &r.why), OK);
    assert_int_equal(keeping_carrier_move(r.rows, 11, "store", "safe", alone, &r.why), ERR_DENIED);
    assert_int_equal(keeping_psam_add(r.rows, &module, alone, &r.why), ERR_DENIED);
    assert_int_equal(keeping_psam_add(r.rows, &module, both, &r.why), OK);
    assert_int_equal(
        keeping_psam_move(r.rows, "440100000901", "register", alone, &r.why), ERR_DENIED);
    assert_int_equal(db_audit_last(&r.db, "carrier store", subject, &r.why), ERR_NOT_FOUND);
    assert_int_equal(
        keeping_carrier_move(r.rows, 12, "store", "safe", both, &r.why), ERR_NOT_FOUND);
    assert_int_equal(keeping_carrier_move(r.rows, 11, "take", "safe", both, &r.why), ERR_CONFLICT);
    assert_non_null(strstr(r.why.text, "carrier 00000011: it is 生成 made"));
    close_registers(&r);
}

static void a_destroyed_module_never_comes_back(void **state) {
    struct registers r;
    struct psam_row module = a_module("440100000901", 2);
    open_registers(&r, state);
    assert_int_equal(keeping_psam_add(r.rows, &module, both, &r.why), OK);
    assert_int_equal(keeping_psam_move(r.rows, "440100000901", "register", both, &r.why), OK);
    assert_int_equal(keeping_psam_move(r.rows, "440100000901", "suspend", both, &r.why), OK);
    assert_int_equal(keeping_psam_move(r.rows, "440100000901", "register", both, &r.why), OK);
    assert_int_equal(keeping_psam_move(r.rows, "440100000901", "destroy", both, &r.why), OK);
    assert_int_equal(
        keeping_psam_move(r.rows, "440100000901", "register", both, &r.why), ERR_CONFLICT);
    assert_int_equal(keeping_psam_add(r.rows, &module, both, &r.why), ERR_CONFLICT);
    assert_non_null(strstr(r.why.text, "never comes back"));
    close_registers(&r);
}

static void officers_are_known_by_what_they_prove_and_on_duty_or_not(void **state) {
    struct registers r;
    const uint8_t salt[OFFICER_SALT_LEN] = {1, 2};
    const uint8_t proof[OFFICER_PROOF_LEN] = {3, 4};
    uint8_t salt_back[OFFICER_SALT_LEN];
    uint8_t proof_back[OFFICER_PROOF_LEN];
    bool duty = false;
    open_registers(&r, state);
    assert_int_equal(keeping_officer_add(r.rows, "chen", bytes_of(salt, sizeof salt),
                         bytes_of(proof, sizeof proof), "system", &r.why),
        OK);
    assert_int_equal(keeping_officer_add(r.rows, "chen", bytes_of(salt, sizeof salt),
                         bytes_of(proof, sizeof proof), "system", &r.why),
        ERR_CONFLICT);
    assert_int_equal(keeping_officer_get(r.rows, "chen", &duty, salt_back, proof_back, &r.why), OK);
    assert_true(duty);
    assert_memory_equal(salt, salt_back, sizeof salt);
    assert_memory_equal(proof, proof_back, sizeof proof);
    assert_int_equal(keeping_officer_duty(r.rows, "chen", false, "system", &r.why), OK);
    assert_int_equal(keeping_officer_get(r.rows, "chen", &duty, salt_back, proof_back, &r.why), OK);
    assert_false(duty);
    assert_int_equal(keeping_officer_duty(r.rows, "li", false, "system", &r.why), ERR_CONFLICT);
    assert_int_equal(
        keeping_officer_get(r.rows, "li", &duty, salt_back, proof_back, &r.why), ERR_NOT_FOUND);
    close_registers(&r);
}

int main(void) {
#define PROMISE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
    const struct CMUnitTest tests[] = {
        PROMISE(a_carrier_walks_from_made_to_destroyed),
        PROMISE(what_the_table_does_not_hold_is_refused),
        PROMISE(one_officer_moves_nothing),
        PROMISE(a_destroyed_module_never_comes_back),
        PROMISE(officers_are_known_by_what_they_prove_and_on_duty_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
