/* Limits of a day in parts against those of the intake: random days in a row, with limits that are drawn,
 * lists of all ages and outages; each limit alone at its edge. */
#include "clearing/parts_city.h"

enum { RUNS = 120 };

/* Limits, each off in one run of three; a blacklist of one terminal; an outage in a half. */
static void random_limits(struct parts_city *pc, struct rng *rng) {
    struct clearing_limits *l = &pc->city->rows->limits;
    struct why why = {{0}};
    l->card_day_fen = rng_below(rng, 3) == 0 ? 0 : (int64_t)(500 + rng_below(rng, 20000));
    l->terminal_day_fen = rng_below(rng, 3) == 0 ? 0 : (int64_t)(500 + rng_below(rng, 60000));
    l->in_row = (uint32_t)rng_below(rng, 7);
    l->list_hours = (uint32_t)rng_below(rng, 3);
    terminal_no((unsigned)(1 + rng_below(rng, 4)), pc->city->rows->list_terminal);
    pc->city->rows->list_moment = (uint64_t)TODAY * 1000000 + 80000 + rng_below(rng, 60);
    if (rng_below(rng, 2) == 0) {
        struct outage_row o = {.number = "T1", .reason = "flood"};
        o.from = (uint64_t)TODAY * 1000000 + 90000 + rng_below(rng, 40);
        o.to = o.from + rng_below(rng, 20);
        (void)snprintf(
            o.institution, sizeof o.institution, "%s", rng_below(rng, 2) == 0 ? "" : "P0000001");
        must(pc->city->store.outage_put(pc->city->rows, &o, &why), &why);
    }
    for (size_t i = 0; i < CARDS; i++) {
        pc->wallets[i].number = 0; /* the memory store looks at small numbers */
    }
}

static void run_day(struct parts_city *pc, struct rng *rng, uint64_t by_reason[REASON_COUNT]) {
    struct parts_result result;
    struct why why = {{0}};
    int64_t uploads[FILES_MOST];
    size_t again_count = 0, parts = 1 + rng_below(rng, 8);
    random_day(pc, rng);
    draw_register(pc);
    take_all(pc, uploads, &again_count);
    struct parts_order order = order_of(pc, parts);
    must(parts_run(&order, &result, &why), &why);
    compare_segments(pc, parts, uploads);
    compare_sums(pc, &result);
    for (size_t i = 0; i < REASON_COUNT; i++) {
        by_reason[i] += result.figures.by_reason[i].count;
    }
    parts_result_free(&result);
    must(parts_prove(&order, &result, &why), &why);
    parts_result_free(&result);
}

/* parts 7 */
static void limits_end_as_the_intake_ends_them(void **state) {
    (void)state;
    uint64_t by_reason[REASON_COUNT] = {0};
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        struct parts_city *pc = new_parts_city();
        struct rng rng = rng_stream(seed, "limits", 0);
        if (seed % 40 == 0) {
            print_message("limits: seed %u\n", (unsigned)seed);
        }
        random_limits(pc, &rng);
        run_day(pc, &rng, by_reason);
        next_day(pc);
        run_day(pc, &rng, by_reason);
        drop_parts_city(pc);
    }
    for (size_t i = 0; i < REASON_COUNT; i++) {
        if (by_reason[i] == 0 && i != REASON_FOREIGN && i != REASON_MEDICAL_PART) {
            fail_msg("no record ended as %s", reason_line((enum reason)i)->word);
        }
    }
}

/* A day of these records of terminal 1, each in a file of its own, in parts. */
static void clear(struct parts_city *pc, const struct upload_record *records, size_t count,
    uint64_t by_reason[REASON_COUNT]) {
    struct file *f = calloc(1, sizeof *f);
    struct parts_result result;
    struct why why = {{0}};
    assert_non_null(f);
    for (size_t i = 0; i < count; i++) {
        file_of(f, "P0000001", 1, &records[i], 1);
        save(pc, f);
    }
    draw_register(pc);
    struct parts_order order = order_of(pc, 3);
    must(parts_run(&order, &result, &why), &why);
    for (size_t i = 0; i < REASON_COUNT; i++) {
        by_reason[i] = result.figures.by_reason[i].count;
    }
    parts_result_free(&result);
    free(f);
}

/* Four purchases of 500 fen: up to the limit they are cleared, and one fen less holds the last. */
static void a_limit_holds_what_passes_it_by_one_fen(void **state) {
    (void)state;
    for (unsigned of_till = 0; of_till < 2; of_till++) {
        for (int64_t less = 0; less < 2; less++) {
            struct parts_city *pc = new_parts_city();
            struct upload_record records[4];
            uint64_t by_reason[REASON_COUNT];
            enum reason reason = of_till ? REASON_LIMIT_TILL : REASON_LIMIT_DAY;
            for (unsigned i = 0; i < 4; i++) {
                unsigned card = of_till ? i + 1 : 1;
                records[i] = purchase(card, 1, i + 1, (uint16_t)(of_till ? 0 : i),
                    50000 - (of_till ? 0 : i * 500), 500);
            }
            pc->city->rows->limits.card_day_fen = of_till ? 0 : 2000 - less;
            pc->city->rows->limits.terminal_day_fen = of_till ? 2000 - less : 0;
            clear(pc, records, 4, by_reason);
            assert_int_equal(by_reason[reason], less);
            assert_int_equal(by_reason[REASON_NONE], 4 - less);
            drop_parts_city(pc);
        }
    }
}

/* A copy is not sold twice: three purchases and two copies of them come to 1,500 fen. */
static void copies_do_not_fill_a_limit(void **state) {
    (void)state;
    struct parts_city *pc = new_parts_city();
    struct upload_record records[5];
    uint64_t by_reason[REASON_COUNT];
    for (unsigned i = 0; i < 3; i++) {
        records[i < 2 ? i : 4] = purchase(1, 1, i + 1, (uint16_t)i, 50000 - i * 500, 500);
    }
    records[2] = records[0];
    records[2].flag = UPLOAD_RECOVERED; /* the same trade in other words: another file */
    records[3] = records[1];
    records[3].flag = UPLOAD_RECOVERED;
    pc->city->rows->limits.card_day_fen = 1500;
    pc->city->rows->limits.terminal_day_fen = 1500;
    clear(pc, records, 5, by_reason);
    assert_int_equal(by_reason[REASON_NONE], 3);
    assert_int_equal(by_reason[REASON_DUPLICATE], 2);
    drop_parts_city(pc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_end_as_the_intake_ends_them),
        cmocka_unit_test(a_limit_holds_what_passes_it_by_one_fen),
        cmocka_unit_test(copies_do_not_fill_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
