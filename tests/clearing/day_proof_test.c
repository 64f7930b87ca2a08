/* The proof of a day over a store in memory: it holds for a day of every end, says where each fen
 * comes from, changes nothing, and names what was altered. The same over real tables, table by table,
 * is tests/stores/day_proof_store_test.c. */
#include "clearing/memory_city.h"

#include "clearing/day_proof.h"
#include "clearing/paid_day.h"

/* --- what holds ---------------------------------------------------------------------------- */

/* What a listener is told, added up. */
struct heard {
    int64_t fen;
    size_t lines;
    bool records;
};

static void hear(void *cookie, const struct proof_line *line) {
    struct heard *heard = cookie;
    heard->fen += line->fen;
    heard->lines++;
    heard->records = heard->records || line->record;
    assert_non_null(strstr(line->rule, "line")); /* offline, or online */
}

static void a_proven_day_says_where_each_fen_comes_from(void **state) {
    (void)state;
    struct city *city = new_city();
    struct bank bank = new_bank();
    struct heard heard = {0};
    struct day_proof proof;
    struct why why = {{0}};
    pay_a_day(&city->clearing, &bank);
    const struct proof_listener listener = {&heard, hear};
    must(day_prove(&city->clearing, TODAY, &listener, &proof, &why), &why);
    assert_int_equal(proof.differences.count, 0);
    assert_int_equal(proof.state, DAY_CLOSED);
    assert_int_equal(proof.uploads, 3);
    assert_int_equal(proof.records, 7);
    assert_int_equal(proof.cleared, 3);
    assert_int_equal(proof.cleared_fen, 11250);
    assert_int_equal(proof.due_fen, 11250);
    assert_int_equal(proof.payout_fen, 11250);
    assert_int_equal(proof.loaded_fen, 9 * 50000);
    assert_int_equal(heard.fen, 11250);
    assert_int_equal(heard.lines, 3);
    assert_true(heard.records);
    drop_bank(&bank);
    drop_city(city);
}

/* A day is proven in every state that it comes to, and no proof changes anything. */
static void a_day_is_proven_after_each_step(void **state) {
    (void)state;
    struct city *city = new_city();
    struct bank bank = new_bank();
    struct day_proof proof;
    struct why why = {{0}};
    sell_a_day(&city->clearing);
    for (int to = DAY_OPEN; to < DAY_STATE_COUNT; to++) {
        if (to > DAY_OPEN) {
            step_to(&city->clearing, &bank, (enum day_state)to);
        }
        size_t audits = city->rows->now.audit_count, postings = city->rows->now.posting_count;
        must(day_prove(&city->clearing, TODAY, NULL, &proof, &why), &why);
        assert_int_equal(proof.differences.count, 0);
        assert_int_equal(proof.state, to);
        assert_int_equal(city->rows->now.audit_count, audits);
        assert_int_equal(city->rows->now.posting_count, postings);
    }
    drop_bank(&bank);
    drop_city(city);
}

static void a_day_without_trades_is_proven_and_one_that_never_began_is_not(void **state) {
    (void)state;
    struct city *city = new_city();
    struct day_proof proof;
    struct why why = {{0}};
    must(day_prove(&city->clearing, TODAY, NULL, &proof, &why), &why);
    assert_int_equal(proof.differences.count, 0);
    assert_int_equal(proof.uploads, 0);
    assert_int_equal(day_prove(&city->clearing, TODAY + 1, NULL, &proof, &why), ERR_NOT_FOUND);
    drop_city(city);
}

/* --- what was altered ---------------------------------------------------------------------- */

/* Each of these alters one thing in what is stored. */
static void byte_of_a_file(struct memory_rows *m) {
    m->piece_count--; /* the last file is gone */
}
static void place_of_a_file(struct memory_rows *m) {
    m->pieces[0].at = m->pieces[1].at;
    m->pieces[0].len = m->pieces[1].len;
}
static void event_of_the_chain(struct memory_rows *m) {
    m->events[1].subject[0] ^= 1; /* the first file behind the opening */
}
static void total_of_an_upload(struct memory_rows *m) {
    m->uploads[0].total_fen++;
}
static void day_of_an_upload(struct memory_rows *m) {
    m->uploads[0].day++;
}
static void amount_of_a_record(struct memory_rows *m) {
    m->records[0].record.amount++;
}
static void end_of_a_held_record(struct memory_rows *m) {
    for (size_t i = 0; i < m->record_count; i++) {
        m->records[i].reason = m->records[i].reason == REASON_LIMIT ? REASON_NONE
                                                                    : m->records[i].reason;
    }
}
static void end_of_a_forged_record(struct memory_rows *m) {
    for (size_t i = 0; i < m->record_count; i++) {
        m->records[i].reason = m->records[i].reason == REASON_TAC ? REASON_NONE
                                                                  : m->records[i].reason;
    }
}
static void posted_of_a_record(struct memory_rows *m) {
    m->records[0].posted = false;
}
static void a_row_more(struct memory_rows *m) {
    m->records[m->record_count] = m->records[m->record_count - 1];
    m->records[m->record_count++].place++;
}
static void a_posting_more(struct memory_rows *m) {
    m->postings[m->posting_count] = m->postings[m->posting_count - 1];
    (void)snprintf(m->postings[m->posting_count++].number, POSTING_NUMBER_LEN, "record 77/1");
}
static void a_posting_without_cause(struct memory_rows *m) {
    (void)snprintf(m->postings[m->posting_count - 1].number, POSTING_NUMBER_LEN, "gift");
}
static void amount_of_an_entry(struct memory_rows *m) {
    m->postings[m->posting_count - 1].entries[1].fen++;
}
static void balance_of_an_account(struct memory_rows *m) {
    m->accounts[1].fen++;
}
static void amount_of_a_payout(struct memory_rows *m) {
    m->payouts[0].fen++;
}
static void name_of_a_payout(struct memory_rows *m) {
    m->payouts[0].to.name[0]++;
}
static void last_payout(struct memory_rows *m) {
    m->payout_count--;
}
static void amount_of_a_load(struct memory_rows *m) {
    m->loads[0].facts.amount++;
}
static void tac_of_a_load(struct memory_rows *m) {
    m->loads[0].tac[0] ^= 1;
}
static void approver_of_the_day(struct memory_rows *m) {
    (void)snprintf(m->days[0].approver, sizeof m->days[0].approver, "nobody");
}
static void digest_of_the_day(struct memory_rows *m) {
    m->days[0].pay_digest[0] ^= 1;
}
static void use_of_an_approval(struct memory_rows *m) {
    m->approvals[0].used = false;
}

static const struct altered {
    const char *title;
    void (*alter)(struct memory_rows *m);
    const char *named; /* stands in the first difference */
} altered[] = {
    {"a file that is gone",       byte_of_a_file,          "not whole"             },
    {"a file in another's place", place_of_a_file,         "row is"                },
    {"an event of the chain",     event_of_the_chain,      "audit chain"           },
    {"an upload's total",         total_of_an_upload,      "not what its bytes"    },
    {"an upload's day",           day_of_an_upload,        "audit chain notes"     },
    {"a record's amount",         amount_of_a_record,      "what the terminal sent"},
    {"a held record's end",       end_of_a_held_record,    "above the limit"       },
    {"a forged record's end",     end_of_a_forged_record,  "not tac-wrong"         },
    {"a record's posting flag",   posted_of_a_record,      "nothing was posted"    },
    {"a row more",                a_row_more,              "have rows"             },
    {"a posting more",            a_posting_more,          "postings of records"   },
    {"a posting without cause",   a_posting_without_cause, "no cause"              },
    {"an entry's amount",         amount_of_an_entry,      "payout list"           },
    {"an account's balance",      balance_of_an_account,   "not even"              },
    {"a payout's amount",         amount_of_a_payout,      "payout list"           },
    {"a payout's name",           name_of_a_payout,        "bank file"             },
    {"a payout that is gone",     last_payout,             "payout list"           },
    {"a load's amount",           amount_of_a_load,        "no load"               },
    {"a load's TAC",              tac_of_a_load,           "no load"               },
    {"the day's approver",        approver_of_the_day,     "bank file"             },
    {"the day's digest",          digest_of_the_day,       "bank file"             },
    {"an approval's use",         use_of_an_approval,      "never approved"        },
};

static void whatever_is_altered_is_named(void **state) {
    (void)state;
    struct city *city = new_city();
    struct bank bank = new_bank();
    struct memory_rows *good = calloc(1, sizeof *good);
    struct day_proof proof;
    struct why why = {{0}};
    assert_non_null(good);
    pay_a_day(&city->clearing, &bank);
    memory_copy(good, &city->rows->now);
    for (size_t i = 0; i < sizeof altered / sizeof altered[0]; i++) {
        altered[i].alter(&city->rows->now);
        must(day_prove(&city->clearing, TODAY, NULL, &proof, &why), &why);
        if (proof.differences.count == 0 || !strstr(proof.differences.named[0], altered[i].named)) {
            fail_msg("%s: %s", altered[i].title, proof.differences.named[0]);
        }
        memory_copy(&city->rows->now, good);
    }
    must(day_prove(&city->clearing, TODAY, NULL, &proof, &why), &why);
    assert_int_equal(proof.differences.count, 0);
    free(good);
    drop_bank(&bank);
    drop_city(city);
}

/* Any byte of any kept file: found, whatever it was. */
static void every_byte_of_the_files_counts(void **state) {
    (void)state;
    struct city *city = new_city();
    struct bank bank = new_bank();
    struct day_proof proof;
    struct why why = {{0}};
    pay_a_day(&city->clearing, &bank);
    for (size_t at = 0; at < city->rows->now.pool_used; at++) {
        city->rows->pool[at] ^= 0x10;
        must(day_prove(&city->clearing, TODAY, NULL, &proof, &why), &why);
        if (proof.differences.count == 0) {
            fail_msg("byte %zu was altered, and nobody saw it", at);
        }
        city->rows->pool[at] ^= 0x10;
    }
    drop_bank(&bank);
    drop_city(city);
}

/* Two rows cleared by one terminal and sequence: found even when both are proven trades. */
static void a_trade_is_not_paid_twice(void **state) {
    (void)state;
    struct city *city = new_city();
    struct day_proof proof;
    struct why why = {{0}};
    struct upload_record r = purchase(1, 1, 1, 0, 50000, 1250), again = r;
    again.ticket[0] ^= 1; /* another file, for its bytes differ */
    assert_int_equal(end_of(&city->clearing, &r), REASON_NONE);
    assert_int_equal(end_of(&city->clearing, &again), REASON_DUPLICATE);
    must(day_prove(&city->clearing, TODAY, NULL, &proof, &why), &why);
    assert_int_equal(proof.differences.count, 0);
    city->rows->now.records[1].reason = REASON_NONE;
    must(day_prove(&city->clearing, TODAY, NULL, &proof, &why), &why);
    bool found = false;
    for (size_t i = 0; i < proof.differences.count && i < NAMED_MAX; i++) {
        found = found || strstr(proof.differences.named[i], "both cleared");
    }
    assert_true(found);
    drop_city(city);
}

/* --- what fails ---------------------------------------------------------------------------- */

static void a_failing_store_or_vault_proves_nothing(void **state) {
    (void)state;
    struct city *city = new_city();
    struct bank bank = new_bank();
    struct day_proof proof;
    struct why why = {{0}};
    pay_a_day(&city->clearing, &bank);
    enum err err = ERR_OUTSIDE;
    unsigned long n = 0;
    for (; err != OK; n++) {
        fail_call(city, n);
        err = day_prove(&city->clearing, TODAY, NULL, &proof, &why);
        assert_true(err == OK || err == ERR_OUTSIDE);
        assert_true(n < 10000);
    }
    assert_true(n > 50);
    city->keys.broken = true;
    assert_int_equal(day_prove(&city->clearing, TODAY, NULL, &proof, &why), ERR_OUTSIDE);
    drop_bank(&bank);
    drop_city(city);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proven_day_says_where_each_fen_comes_from),
        cmocka_unit_test(a_day_is_proven_after_each_step),
        cmocka_unit_test(a_day_without_trades_is_proven_and_one_that_never_began_is_not),
        cmocka_unit_test(whatever_is_altered_is_named),
        cmocka_unit_test(every_byte_of_the_files_counts),
        cmocka_unit_test(a_trade_is_not_paid_twice),
        cmocka_unit_test(a_failing_store_or_vault_proves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
