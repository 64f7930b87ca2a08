/* The proof of a day over real tables: somebody with the right to write to the database alters each
 * derived table in turn, and is seen. */
#include "stores/clearing_city.h"

#include "clearing/day_proof.h"
#include "clearing/move.h"

/* The paid day of paid_day.h in a database of its own, in memory. */
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
    pay_a_day(&city->clearing, &city->bank);
    return city;
}

static void drop_city(struct city *city) {
    drop_bank(&city->bank);
    close_rows(city);
    free(city);
}

static uint64_t differences_of(struct city *city, char named[NAMED_TEXT_MAX]) {
    struct day_proof proof;
    struct why why = {{0}};
    must(day_prove(&city->clearing, TODAY, NULL, &proof, &why), &why);
    (void)snprintf(named, NAMED_TEXT_MAX, "%s", proof.differences.named[0]);
    return proof.differences.count;
}

/* Every table that the clearing derives, and what it keeps; the sentence, and a part of what is then
 * said first. The constraints of the tables are off: whoever alters them knows how. */
static const struct altered {
    const char *sentence, *named;
} altered[] = {
    {"UPDATE upload SET fen = fen + 1 WHERE id = 1",                                               "not what its bytes say"     },
    {"UPDATE upload SET institution = 'H0000002' WHERE id = 1",                                    "not what its bytes say"     },
    {"UPDATE upload SET day = 20031009 WHERE id = 1",                                              "audit chain notes 3"        },
    {"DELETE FROM upload WHERE id = 2",                                                            "audit chain notes 3"        },
    {"UPDATE upload_piece SET bytes = zeroblob(length(bytes)) WHERE upload = 1",                   "not whole"                  },
    {"DELETE FROM upload_piece WHERE upload = 3",                                                  "not whole"                  },
    {"UPDATE record SET amount = amount + 1 WHERE id = 1",                                         "what the terminal sent"     },
    {"UPDATE record SET factor = x'8684440100000009', asn = x'00008684440100000009' WHERE id = 1",
     "what the terminal sent"                                                                                                   },
    {"UPDATE record SET reason = 0 WHERE reason = 4",                                              "not tac-wrong"              },
    {"UPDATE record SET reason = 4 WHERE id = 1",                                                  "not a good TAC"             },
    {"UPDATE record SET reason = 99 WHERE id = 1",                                                 NULL                         },
    {"UPDATE record SET finding = 2 WHERE id = 1",                                                 "finding of the TAC"         },
    {"UPDATE record SET posted = 0 WHERE id = 1",                                                  "nothing was posted"         },
    {"UPDATE record SET day = 20031009 WHERE id = 1",                                              "what the terminal sent"     },
    {"DELETE FROM record WHERE id = 1",                                                            "its row is missing"         },
    {"UPDATE posting SET day = 20031009 WHERE number = 'record 1/1'",                              "another than its end"       },
    {"UPDATE posting SET number = 'record 9/9' WHERE number = 'record 1/1'",
     "its posting is missing"                                                                                                   },
    {"UPDATE posting SET number = 'gift' WHERE number LIKE 'load %'",                              "UNIQUE"                     },
    {"UPDATE posting SET number = 'gift' WHERE id = (SELECT min(id) FROM posting WHERE number LIKE "
     "'load %')",                                                                             "no cause"                   },
    {"UPDATE entry SET fen = fen * 2 WHERE posting = (SELECT id FROM posting WHERE number = "
     "'record "
     "1/1')",                                                                                 "another than its end"       },
    {"DELETE FROM entry WHERE posting = (SELECT id FROM posting WHERE number = 'payout "
     "20031008/1')",                                                                          "payout list does not say so"},
    {"UPDATE account SET fen = fen + 1 WHERE kind = 2",                                            "books are not even"         },
    {"UPDATE payout SET fen = fen + 1 WHERE seq = 1",                                              "payout list"                },
    {"UPDATE payout SET bank_account = '4401000000000009' WHERE seq = 1",                          "bank file"                  },
    {"UPDATE payout SET trades = trades + 1 WHERE seq = 2",                                        "proven are"                 },
    {"DELETE FROM payout WHERE seq = 2",                                                           "payout list"                },
    {"UPDATE business_day SET maker = 'nobody' WHERE day = 20031008",                              "bank file"                  },
    {"UPDATE business_day SET pay_digest = zeroblob(32) WHERE day = 20031008",                     "bank file"                  },
    {"UPDATE business_day SET state = 3 WHERE day = 20031008",                                     "payout list"                },
    {"UPDATE load_order SET amount = amount + 1 WHERE seq = 1",                                    "no load of that amount"     },
    {"UPDATE load_order SET tac = zeroblob(4) WHERE seq = 1",                                      "no load of that amount"     },
    {"UPDATE load_order SET state = 2 WHERE seq = 1",                                              "no load of that amount"     },
    {"DELETE FROM approval",                                                                       "never approved"             },
    {"UPDATE approval SET amount = amount + 1",                                                    "never approved"             },
    {"DELETE FROM audit WHERE what = 'upload'",                                                    "audit chain"                },
};

/* Foreign keys and checks; a server can only be made to forget them. */
static void constraints_off(struct city *city) {
    struct why why = {{0}};
    must(db_run(&city->db,
             on_a_server() ? "DO $$ DECLARE c record; BEGIN FOR c IN SELECT conname, "
                             "conrelid::regclass AS t FROM pg_constraint WHERE connamespace = "
                             "current_schema()::regnamespace AND contype IN ('f', 'c') AND "
                             "conparentid = 0 AND coninhcount = 0 LOOP EXECUTE format('ALTER TABLE "
                             "%s DROP CONSTRAINT "
                             "IF EXISTS %I', c.t, c.conname); END LOOP; END $$"
                           : "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON",
             &why),
        &why);
}

static void each_derived_table_that_is_altered_is_named(void **state) {
    (void)state;
    struct city *city = new_city();
    char named[NAMED_TEXT_MAX];
    struct why why = {{0}};
    assert_int_equal(differences_of(city, named), 0);
    constraints_off(city);
    for (size_t i = 0; i < sizeof altered / sizeof altered[0]; i++) {
        must(db_run(&city->db, "BEGIN", &why), &why);
        if (db_run(&city->db, altered[i].sentence, &why) != OK) {
            assert_non_null(strcasestr(why.text, altered[i].named)); /* the table itself refuses */
        } else if (!altered[i].named) {
            struct day_proof proof;
            assert_int_not_equal(day_prove(&city->clearing, TODAY, NULL, &proof, &why), OK);
        } else if (differences_of(city, named) == 0 || !strstr(named, altered[i].named)) {
            fail_msg("%s: %s", altered[i].sentence, named);
        }
        must(db_run(&city->db, "ROLLBACK", &why), &why);
    }
    assert_int_equal(differences_of(city, named), 0);
    drop_city(city);
}

/* Every single entry and record of the day, one after the other. */
static void every_row_counts(void **state) {
    (void)state;
    static const struct {
        const char *table, *key;
    } tables[] = {
        {"entry",   "posting, place"},
        {"record",  "id"            },
        {"posting", "id"            },
        {"account", "id"            },
    };
    struct city *city = new_city();
    char named[NAMED_TEXT_MAX], sentence[300];
    struct why why = {{0}};
    constraints_off(city);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        int altered_rows = 1;
        for (int at = 0; altered_rows > 0; at++) {
            must(db_run(&city->db, "BEGIN", &why), &why);
            (void)snprintf(sentence, sizeof sentence,
                "DELETE FROM %s WHERE (%s) IN (SELECT %s FROM %s ORDER BY %s LIMIT 1 OFFSET %d)",
                tables[i].table, tables[i].key, tables[i].key, tables[i].table, tables[i].key, at);
            must(db_run(&city->db, sentence, &why), &why);
            altered_rows = (int)db_changed(&city->db);
            if (altered_rows > 0 && differences_of(city, named) == 0) {
                fail_msg("nobody saw: %s", sentence);
            }
            must(db_run(&city->db, "ROLLBACK", &why), &why);
        }
    }
    drop_city(city);
}

/* Decisions on real rows: a held record of yesterday is paid today, a sale is given back, Foshan's card is
 * owed by Foshan; the day is proven, and each altered column of a move is seen. */
static void decisions_are_proven_and_seen_when_altered(void **state) {
    (void)state;
    static const uint8_t foshan[CITY_PREFIX_LEN] = {0x86, 0x84, 0x44, 0x06};
    static const struct institution far = {"FOSHAN01", "佛山市", "4406000000000001"};
    static const char *const alter[] = {"fen = fen + 1", "kind = 3", "institution = 'FOSHAN01'",
        "approver = maker", "day = 20031008", "number = 'x'", "state = 0"};
    struct city *city = new_city();
    const struct clearing *c = &city->clearing;
    struct upload_record r[] = {
        purchase(1, 1, 9, 1, 48750, 4000), purchase(2, 1, 10, 5, 90000, 500)};
    char named[NAMED_TEXT_MAX], sentence[200];
    struct why why = {{0}};
    must(institution_register(c, &far, "clearer", &why), &why);
    must(city_join(c, "FOSHAN01", foshan, 100000, "clearer", &why), &why);
    (void)memcpy(r[1].asn + 2, foshan, sizeof foshan);
    sell(c, "P0000001", 1, r, 2);
    const struct move_order orders[] = {
        {"held",   MOVE_PAY,    3, 2, NULL, 0,    "slip"},
        {"back",   MOVE_REFUND, 4, 1, NULL, 1500, "slip"},
        {"foshan", MOVE_PAY,    4, 2, NULL, 0,    "yes" },
    };
    struct record_row waits;
    must(c->store->record_waiting(c->store->self, TODAY + 1, 3, 0, &waits, &why), &why);
    assert_int_equal(waits.record.amount, 20000);
    for (size_t i = 0; i < 3; i++) {
        must(move_ask(c, &orders[i], "clearer", &why), &why);
        must(move_agree(c, orders[i].number, "approver", &why), &why);
    }
    assert_int_equal(
        c->store->record_waiting(c->store->self, TODAY + 1, 3, 0, &waits, &why), ERR_NOT_FOUND);
    struct day_order order = {TODAY + 1, "clearer", city->bank.dir};
    must(day_run(c, &order, "approver", &why), &why);
    struct day_proof proof;
    must(day_prove(c, TODAY + 1, NULL, &proof, &why), &why);
    assert_string_equal(proof.differences.named[0], "");
    assert_int_equal(proof.payout_fen, 4000 - 1500 + 500 + 20000);
    assert_int_equal(fen_on(c, account_named(ACCOUNT_CITY, "FOSHAN01")), 99500);
    for (size_t i = 0; i < sizeof alter / sizeof alter[0]; i++) {
        must(db_run(&city->db, "BEGIN", &why), &why);
        (void)snprintf(
            sentence, sizeof sentence, "UPDATE move SET %s WHERE number = 'held'", alter[i]);
        must(db_run(&city->db, sentence, &why), &why);
        must(day_prove(c, TODAY + 1, NULL, &proof, &why), &why);
        if (proof.differences.count == 0) {
            fail_msg("nobody saw: %s", sentence);
        }
        must(db_run(&city->db, "ROLLBACK", &why), &why);
    }
    assert_int_equal(differences_of(city, named), 0);
    drop_city(city);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_derived_table_that_is_altered_is_named),
        cmocka_unit_test(every_row_counts),
        cmocka_unit_test(decisions_are_proven_and_seen_when_altered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
