/* One card and no end of records: every one comes to its end, each number is paid once, no fen is lost, and
 * the day is proven. SHEBAO_RECORDS says how many (20,000; with SHEBAO_CUTS=all a million). Amounts at the
 * edges of their fields, and trades of other years. */
#include "stores/clearing_city.h"

#include "clearing/day_proof.h"
#include "faults/sanitizer.h"

enum {
    RECORDS = UNDER_SANITIZER ? 4000 : 20000,
    RECORDS_ALL = 1000000,
    AT_ONCE = 500,
    GIVEN_FEN = 50000
};

static struct city *new_city(void) {
    struct city *city = calloc(1, sizeof *city);
    assert_non_null(city);
    open_rows(city, ":memory:");
    fill_registry(&city->db, 1);
    take_rules(city);
    found_city(&city->clearing);
    give(&city->clearing, 1, GIVEN_FEN);
    return city;
}

static void drop_city(struct city *city) {
    close_rows(city);
    free(city);
}

/* What the card holds, is paid for, and waits for is what it was given. */
static void assert_no_fen_lost(const struct clearing *c) {
    struct day_proof proof;
    struct why why = {{0}};
    must(day_prove(c, TODAY, NULL, &proof, &why), &why);
    if (proof.differences.count > 0) {
        fail_msg("%s", proof.differences.named[0]);
    }
    assert_int_equal(
        fen_on_card(c, 1) + fen_of_institution(c, "P0000001") + fen_in_suspense(c), GIVEN_FEN);
    assert_books_even(c);
}

/* Record i of the card: one yuan each; its number runs round after 65,536 as the chip's does. */
static struct upload_record record_of(uint32_t i) {
    uint32_t before = i < GIVEN_FEN / 100 ? GIVEN_FEN - 100 * i : 100;
    return purchase(1, 1, i + 1, (uint16_t)i, before, 100);
}

static void a_card_with_no_end_of_records_is_cleared_to_the_fen(void **state) {
    (void)state;
    const char *given = getenv("SHEBAO_RECORDS");
    const char *cuts = getenv("SHEBAO_CUTS");
    uint32_t count = cuts && strcmp(cuts, "all") == 0 ? RECORDS_ALL : RECORDS;
    count = given ? (uint32_t)strtoul(given, NULL, 10) : count;
    struct city *city = new_city();
    static struct upload_record records[AT_ONCE];
    uint64_t taken = 0, ended = 0;
    for (uint32_t i = 0; i < count; i += AT_ONCE) {
        struct intake_figures figures;
        struct why why = {{0}};
        for (uint32_t n = 0; n < AT_ONCE; n++) {
            records[n] = record_of(i + n);
        }
        must(take(&city->clearing, records, AT_ONCE, &figures, &why), &why);
        taken += figures.records;
        for (int r = 0; r < REASON_COUNT; r++) {
            ended += figures.by_reason[r].count;
        }
    }
    assert_true(taken >= count);
    assert_int_equal(ended, taken);
    assert_no_fen_lost(&city->clearing);
    drop_city(city);
}

/* Nothing, the largest amounts there are, and what would pass the balance round: refused or held; nothing
 * of it moves, and the books stay even after each. */
static void amounts_at_the_edges_move_nothing_wrong(void **state) {
    (void)state;
    static const struct {
        uint32_t before, fen;
    } edges[] = {
        {GIVEN_FEN,  0         },
        {GIVEN_FEN,  UINT32_MAX},
        {GIVEN_FEN,  0x80000000},
        {0,          1         },
        {UINT32_MAX, UINT32_MAX},
        {UINT32_MAX, 1         },
        {GIVEN_FEN,  0x7FFFFFFF},
    };
    struct city *city = new_city();
    const struct clearing *c = &city->clearing;
    struct upload_record good = purchase(1, 1, 1, 0, GIVEN_FEN, 100);
    assert_int_equal(end_of(c, &good), REASON_NONE);
    for (uint32_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        struct upload_record r = purchase(
            1, 1, i + 10, (uint16_t)(100 * i + 100), edges[i].before, edges[i].fen);
        assert_int_not_equal(end_of(c, &r), REASON_NONE);
        assert_books_even(c);
    }
    good = purchase(1, 1, 2, 1, GIVEN_FEN - 100, 100);
    assert_int_equal(end_of(c, &good), REASON_LIMIT_DAY); /* what is held counts there, too */
    assert_int_equal(fen_of_institution(c, "P0000001"), 100);
    assert_no_fen_lost(c);
    drop_city(city);
}

/* A trade of next year and one of long ago, of terminals of nobody: held or refused, and told apart. */
static void trades_of_other_years_wait_for_people(void **state) {
    (void)state;
    static const struct {
        uint32_t day;
        enum reason reason;
    } dates[] = {
        {20041008, REASON_CLOCK},
        {20991231, REASON_CLOCK},
        {20021008, REASON_LATE },
    };
    struct city *city = new_city();
    const struct clearing *c = &city->clearing;
    for (uint32_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        struct upload_record r = purchase(1, 1, i + 1, (uint16_t)(10 * i), GIVEN_FEN - i, 1);
        moment_at(dates[i].day, 90000, r.moment);
        sign_record(&r);
        assert_int_equal(end_of(c, &r), dates[i].reason);
    }
    assert_int_equal(fen_of_institution(c, "P0000001"), 0);
    assert_no_fen_lost(c);
    drop_city(city);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_with_no_end_of_records_is_cleared_to_the_fen),
        cmocka_unit_test(amounts_at_the_edges_move_nothing_wrong),
        cmocka_unit_test(trades_of_other_years_wait_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
