/* Medical records over real tables: the same day as over a store in memory, its parts in a table of their
 * own, and what is altered there is seen by the proof. */
#include "stores/clearing_city.h"

#include "clearing/medical_world.h"

static struct city *new_city(void) {
    struct city *city = calloc(1, sizeof *city);
    assert_non_null(city);
    open_rows(city, ":memory:");
    fill_registry(&city->db, 9);
    take_rules(city);
    found_city(&city->clearing);
    for (unsigned n = 1; n <= 9; n++) {
        give(&city->clearing, n, 50000);
    }
    city->bank = new_bank();
    return city;
}

static void drop_city(struct city *city) {
    assert_books_even(&city->clearing);
    drop_bank(&city->bank);
    close_rows(city);
    free(city);
}

static void a_day_with_bills_is_cleared_and_proven(void **state) {
    (void)state;
    struct city *city = new_city();
    a_medical_day_is_cleared_and_proven(&city->clearing, &city->bank);
    drop_city(city);
}

/* What the proof must see, and what a record without its parts is. */
static void parts_that_were_altered_are_seen(void **state) {
    (void)state;
    static const struct {
        const char *sentence;
        enum err err;
    } cases[] = {
        {"UPDATE record_medical SET bill_fen = bill_fen + 1 WHERE place = 1", OK         },
        {"UPDATE record_medical SET first_fen = 1 WHERE place = 1",           OK         },
        {"UPDATE record_medical SET city_factor = zeroblob(8)",               OK         },
        {"UPDATE record_medical SET city_factor = zeroblob(7)",               ERR_OUTSIDE},
        {"UPDATE record SET trade = 6 WHERE trade = 50",                      OK         },
        {"UPDATE load_order SET trade = 2 WHERE trade = 49",                  OK         },
        {"DELETE FROM record_medical WHERE place = 1",                        OK         },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct city *city = new_city();
        struct day_proof proof;
        struct why why = {{0}};
        a_medical_day_is_cleared_and_proven(&city->clearing, &city->bank);
        must(db_run(&city->db, cases[i].sentence, &why), &why);
        enum err err = day_prove(&city->clearing, TODAY, NULL, &proof, &why);
        if (err != cases[i].err || (err == OK && proof.differences.count == 0)) {
            fail_msg("%s: %s", cases[i].sentence, why.text);
        }
        drop_city(city);
    }
}

/* As keeping_keys.h says it: changed at a contact, else begun before the batch, else the first. */
static void the_version_of_the_tac_key_is_the_registers(void **state) {
    (void)state;
    struct city *city = new_city();
    const struct clearing_store *store = city->clearing.store;
    uint8_t factor[FACTOR_LEN], version = 0;
    struct why why = {{0}};
    card_factor(1, factor);
    must(store->medical_version(store->self, factor, &version, &why), &why);
    assert_int_equal(version, 1);
    must(db_run(&city->db,
             "INSERT INTO key_begun (key_name, batch, version) VALUES ('DPKDF04', 1, 2), "
             "('DPKDF04', 2, 3)",
             &why),
        &why);
    must(store->medical_version(store->self, factor, &version, &why), &why);
    assert_int_equal(version, 2);
    must(db_run(&city->db,
             "INSERT INTO card_key (number, key_name, version) SELECT number, 'DPKDF04', 5 FROM "
             "card",
             &why),
        &why);
    must(store->medical_version(store->self, factor, &version, &why), &why);
    assert_int_equal(version, 5);
    card_factor(77, factor);
    assert_int_equal(store->medical_version(store->self, factor, &version, &why), ERR_NOT_FOUND);
    drop_city(city);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_with_bills_is_cleared_and_proven),
        cmocka_unit_test(parts_that_were_altered_are_seen),
        cmocka_unit_test(the_version_of_the_tac_key_is_the_registers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
