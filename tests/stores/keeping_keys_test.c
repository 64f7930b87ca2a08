/* Versions of every key: what a card has, what is made from a batch on, what may be closed. */
#include "host/scratch.h"
#include "issuance/numbers.h"
#include "registry/import.h"
#include "stores/engine_address.h"
#include "stores/sql/audit.h"
#include "stores/sql/keeping_keys.h"
#include "stores/sql/registry_store.h"

enum { TODAY = 20031008, CARDS = 6 };

struct field {
    struct db db;
    struct registry_rows *registry;
    struct keeping_rows *rows;
    struct keeping_keys *keys;
    char numbers[CARDS][CARD_NUMBER_LEN + 1];
    struct why why;
};

static const struct two_officers both = {"key-a", "key-b"};

/* Six cards, two of each of the batches 1, 2 and 3. */
static void open_field(struct field *f, void **state) {
    char path[512];
    const struct import_order order = {.path = "data/pilot-people.csv", .business_day = TODAY};
    struct import_result result;
    (void)memset(f, 0, sizeof *f);
    assert_int_equal(db_open(&f->db, engine_address(below(state, "city.db", path)), &f->why), OK);
    assert_int_equal(registry_rows_open(&f->registry, &f->db, &f->why), OK);
    assert_int_equal(keeping_rows_open(&f->rows, &f->db, &f->why), OK);
    assert_int_equal(keeping_keys_open(&f->keys, &f->db, &f->why), OK);
    struct registry_store store = registry_store_of(f->registry);
    assert_int_equal(people_import(&store, &order, &result, &f->why), OK);
    for (uint32_t i = 0; i < CARDS; i++) {
        struct card_record card = {
            .person = i + 1, .batch = i / 2 + 1, .issued = TODAY, .valid_until = 20131008};
        card_number_write(i + 1, card.number);
        (void)snprintf(card.identification, sizeof card.identification, "%032u", i);
        card.factor[7] = (uint8_t)(i + 1);
        (void)snprintf(f->numbers[i], sizeof f->numbers[i], "%s", card.number);
        assert_int_equal(card_add(&store, &card, "test", &f->why), OK);
    }
}

static void close_field(struct field *f) {
    assert_int_equal(db_audit_verify(&f->db, NULL, &f->why), OK);
    keeping_keys_close(f->keys);
    keeping_rows_close(f->rows);
    registry_rows_close(f->registry);
    db_close(&f->db);
}

static uint8_t version_of(struct field *f, int card, const char *name) {
    uint8_t version = 0;
    assert_int_equal(keeping_key_of_card(f->keys, f->numbers[card], name, &version, &f->why), OK);
    return version;
}

static enum err change(struct field *f, int card, const char *name, uint8_t version) {
    return keeping_key_changed(f->keys, f->numbers[card], name, version, "counter", &f->why);
}

static enum err unused(struct field *f, const char *name, uint8_t version, uint8_t beside) {
    bool module = strcmp(name, "MK_PSAM") == 0;
    const struct key_version which = {name, version, beside, !module, module};
    return keeping_key_unused(f->keys, &which, &f->why);
}

/* Begins a version for batches from `from` on, as if it had been said when the one before was the last. */
static void begin_from(struct field *f, const char *name, uint8_t version, int from) {
    char sentence[160];
    int64_t batch = 0;
    assert_int_equal(keeping_key_begin(f->keys, name, version, both, &batch, &f->why), OK);
    assert_int_equal(batch, 1); /* no batch is in this database */
    (void)snprintf(sentence, sizeof sentence,
        "UPDATE key_begun SET batch = %d WHERE key_name = '%s' AND version = %u", from, name,
        (unsigned)version);
    assert_int_equal(db_run(&f->db, sentence, &f->why), OK);
}

static void a_card_has_what_its_batch_was_made_with_until_it_is_changed(void **state) {
    static const uint8_t made[CARDS] = {1, 1, 2, 2, 3, 3};
    struct field f;
    uint64_t counts[KEEPING_VERSIONS];
    uint8_t version = 0;
    open_field(&f, state);
    begin_from(&f, "UK1DF01", 2, 2);
    begin_from(&f, "UK1DF01", 3, 3);
    for (int i = 0; i < CARDS; i++) {
        assert_int_equal(version_of(&f, i, "UK1DF01"), made[i]);
        assert_int_equal(version_of(&f, i, "UK2DF01"), 1); /* of another key nothing was said */
    }
    assert_int_equal(keeping_key_of_batch(f.keys, INT64_MAX, "UK1DF01", &version, &f.why), OK);
    assert_int_equal(version, 3);
    assert_int_equal(change(&f, 0, "UK1DF01", 3), OK);
    assert_int_equal(version_of(&f, 0, "UK1DF01"), 3);
    assert_int_equal(keeping_key_counts(f.keys, "UK1DF01", counts, &f.why), OK);
    assert_int_equal(counts[1], 1);
    assert_int_equal(counts[2], 2);
    assert_int_equal(counts[3], 3);
    assert_int_equal(keeping_key_of_card(f.keys, "none", "DPK", &version, &f.why), OK);
    assert_int_equal(version, 1);
    close_field(&f);
}

/* Card by card is changed, and each time the sentence names one that is left; a cancelled card has gone;
 * and what new cards are made with is never closed. */
static void a_version_closes_when_the_last_card_has_gone(void **state) {
    struct field f;
    open_field(&f, state);
    for (int i = 0; i < CARDS - 1; i++) {
        assert_int_equal(unused(&f, "IRK", 1, 1), ERR_CONFLICT);
        assert_non_null(strstr(f.why.text, f.numbers[i]));
        assert_non_null(strstr(f.why.text, "still has version 1 of IRK"));
        assert_int_equal(change(&f, i, "IRK", 2), OK);
    }
    assert_int_equal(
        db_run(&f.db, "UPDATE card SET life = 9 WHERE factor = X'0000000000000006'", &f.why), OK);
    assert_int_equal(unused(&f, "IRK", 1, 1), ERR_CONFLICT);
    assert_non_null(strstr(f.why.text, "are made with version 1 of IRK"));
    begin_from(&f, "IRK", 2, 4);
    assert_int_equal(unused(&f, "IRK", 1, 1), OK);
    assert_int_equal(unused(&f, "IRK", 2, 1), ERR_CONFLICT);
    assert_int_equal(unused(&f, "IRK", 3, 1), OK); /* introduced nowhere yet */
    assert_int_equal(unused(&f, "PUK", 1, 1), ERR_CONFLICT);
    close_field(&f);
}

/* With versions 1 to 3 on a card, each of them is in use; with 2 to 4 the first is free. */
static void of_versions_side_by_side_each_counts(void **state) {
    struct field f;
    open_field(&f, state);
    begin_from(&f, "DPKDF04", 2, 2);
    for (uint8_t v = 1; v <= 4; v++) {
        assert_int_equal(unused(&f, "DPKDF04", v, 3), ERR_CONFLICT);
    }
    assert_int_equal(unused(&f, "DPKDF04", 5, 3), OK);
    assert_int_equal(change(&f, 0, "DPKDF04", 2), OK);
    assert_int_equal(change(&f, 1, "DPKDF04", 2), OK);
    assert_int_equal(unused(&f, "DPKDF04", 1, 3), OK);
    assert_int_equal(unused(&f, "DPKDF04", 2, 3), ERR_CONFLICT);
    assert_int_equal(unused(&f, "DPKDF04", 4, 3), ERR_CONFLICT);
    close_field(&f);
}

static struct psam_row a_module(const char *terminal, uint16_t versions, uint8_t main_version) {
    struct psam_row p = {.institution = "440100-H01",
        .versions = versions,
        .state = MODULE_MADE,
        .main_version = main_version};
    (void)snprintf(p.terminal, sizeof p.terminal, "%s", terminal);
    return p;
}

static void modules_get_a_purchase_key_before_cards(void **state) {
    struct field f;
    struct psam_row one = a_module("440100000901", 2, 1), two = a_module("440100000902", 2, 1);
    int64_t batch = 0;
    open_field(&f, state);
    assert_int_equal(keeping_psam_add(f.rows, &one, both, &f.why), OK);
    assert_int_equal(keeping_psam_add(f.rows, &two, both, &f.why), OK);
    assert_int_equal(keeping_psam_move(f.rows, one.terminal, "register", both, &f.why), OK);
    assert_int_equal(keeping_psam_move(f.rows, two.terminal, "register", both, &f.why), OK);
    assert_int_equal(keeping_psam_version(f.rows, one.terminal, 2, both, &f.why), OK);
    assert_int_equal(change(&f, 0, "DPK", 2), ERR_CONFLICT);
    assert_non_null(strstr(f.why.text, "440100000902 has no purchase key of version 2"));
    assert_int_equal(keeping_key_begin(f.keys, "DPK", 2, both, &batch, &f.why), ERR_CONFLICT);
    assert_int_equal(change(&f, 0, "UK1DF01", 2), OK); /* no module has that one */
    assert_int_equal(keeping_psam_version(f.rows, two.terminal, 2, both, &f.why), OK);
    assert_int_equal(change(&f, 0, "DPK", 2), OK);
    assert_int_equal(keeping_key_begin(f.keys, "DPK", 2, both, &batch, &f.why), OK);
    assert_int_equal(version_of(&f, 0, "DPK"), 2);
    close_field(&f);
}

/* A module keeps the main control keys that it was made with, to its end. */
static void a_module_holds_its_main_keys_open(void **state) {
    struct field f;
    struct psam_row one = a_module("440100000901", 2, 1), two = a_module("440100000902", 2, 2);
    struct psam_row back;
    open_field(&f, state);
    begin_from(&f, "MK_PSAM", 2, 1);
    assert_int_equal(keeping_psam_add(f.rows, &one, both, &f.why), OK);
    assert_int_equal(keeping_psam_add(f.rows, &two, both, &f.why), OK);
    assert_int_equal(keeping_psam_get(f.rows, two.terminal, &back, &f.why), OK);
    assert_int_equal(back.main_version, 2);
    assert_int_equal(unused(&f, "MK_PSAM", 1, 1), ERR_CONFLICT);
    assert_non_null(strstr(f.why.text, "440100000901 was made with version 1 of MK_PSAM"));
    assert_int_equal(keeping_psam_move(f.rows, one.terminal, "destroy", both, &f.why), OK);
    assert_int_equal(unused(&f, "MK_PSAM", 1, 1), OK);
    assert_int_equal(unused(&f, "MK_PSAM", 2, 1), ERR_CONFLICT);
    close_field(&f);
}

static void one_officer_begins_nothing(void **state) {
    static const struct two_officers alone = {"key-a", "key-a"};
    struct field f;
    int64_t batch = 0;
    uint8_t version = 0;
    open_field(&f, state);
    assert_int_equal(keeping_key_begin(f.keys, "IRK", 2, alone, &batch, &f.why), ERR_DENIED);
    assert_int_equal(keeping_key_of_batch(f.keys, INT64_MAX, "IRK", &version, &f.why), OK);
    assert_int_equal(version, 1);
    close_field(&f);
}

int main(void) {
#define PROMISE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
    const struct CMUnitTest tests[] = {
        PROMISE(a_card_has_what_its_batch_was_made_with_until_it_is_changed),
        PROMISE(a_version_closes_when_the_last_card_has_gone),
        PROMISE(of_versions_side_by_side_each_counts),
        PROMISE(modules_get_a_purchase_key_before_cards),
        PROMISE(a_module_holds_its_main_keys_open),
        PROMISE(one_officer_begins_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
