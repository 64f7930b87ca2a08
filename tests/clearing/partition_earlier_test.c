/* Days that stand on earlier ones, against the intake, which finds earlier records in its tables: random
 * days in a row, with records and files that came before; altered pages and segments of earlier days. */
#include "clearing/parts_city.h"

enum { RUNS = 80 };

static void run_day(struct parts_city *pc, struct rng *rng, struct parts_result *result) {
    struct why why = {{0}};
    int64_t uploads[FILES_MOST];
    size_t again_count = 0, parts = 1 + rng_below(rng, 8);
    random_day(pc, rng);
    draw_register(pc);
    take_all(pc, uploads, &again_count);
    struct parts_order order = order_of(pc, parts);
    must(parts_run(&order, result, &why), &why);
    assert_int_equal(result->files_again, again_count);
    compare_segments(pc, parts, uploads);
    compare_sums(pc, result);
}

/* parts 5, three days in a row. */
static void days_in_a_row_end_as_the_intake_ends_them(void **state) {
    (void)state;
    uint64_t duplicates = 0, places = 0, numbers = 0, again_files = 0;
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        struct parts_city *pc = new_parts_city();
        struct rng rng = rng_stream(seed, "days in a row", 0);
        struct parts_result result;
        if (seed % 40 == 0) {
            print_message("days in a row: seed %u\n", (unsigned)seed);
        }
        for (unsigned day = 0; day < DAYS_MOST; day++) {
            run_day(pc, &rng, &result);
            if (day > 0) {
                duplicates += result.figures.duplicates;
                places += result.figures.by_reason[REASON_CONFLICT_SEQ].count;
                numbers += result.figures.by_reason[REASON_CONFLICT_NO].count;
                again_files += result.files_again;
            }
            parts_result_free(&result);
            if (day + 1 < DAYS_MOST) {
                next_day(pc);
            }
        }
        drop_parts_city(pc);
    }
    assert_true(duplicates > 0 && places > 0 && numbers > 0 && again_files > 0);
}

/* Two days of a seed; the second one is drawn and not cleared. */
static struct parts_city *second_day(uint64_t seed) {
    struct parts_city *pc = new_parts_city();
    struct rng rng = rng_stream(seed, "second day", 0);
    struct parts_result result;
    run_day(pc, &rng, &result);
    parts_result_free(&result);
    next_day(pc);
    random_day(pc, &rng);
    draw_register(pc);
    return pc;
}

static void path_of(const struct parts_city *pc, uint32_t day, const char *rest, char path[128]) {
    (void)snprintf(path, 128, "%s/%u%s", pc->folder, (unsigned)day, rest);
}

/* The page of the second day names that of the first: another first day is another second one. */
static void a_page_names_the_pages_that_it_stands_on(void **state) {
    (void)state;
    struct parts_city *pc = second_day(3);
    struct parts_order order = order_of(pc, 3);
    struct parts_result result;
    struct why why = {{0}};
    FILE_CONTENT_SCOPE(first);
    FILE_CONTENT_SCOPE(second);
    char path[128], line[128], seal[2 * SEGMENT_SEAL_LEN + 1];
    must(parts_run(&order, &result, &why), &why);
    parts_result_free(&result);
    path_of(pc, TODAY, ".day", path);
    must(files_read(path, FILE_ROOM, &first, &why), &why);
    path_of(pc, pc->day, ".day", path);
    must(files_read(path, FILE_ROOM, &second, &why), &why);
    (void)snprintf(seal, sizeof seal, "%s", strstr((const char *)first.at, "END|") + 4);
    (void)snprintf(line, sizeof line, "\nEARLIER|%u|%s\n", (unsigned)TODAY, seal);
    assert_non_null(strstr((const char *)second.at, line));
    must(parts_prove(&order, &result, &why), &why);
    parts_result_free(&result);
    must(parts_run(&order, &result, &why), &why);
    assert_true(result.again);
    parts_result_free(&result);
    order.earlier_count = 0;
    assert_int_equal(parts_run(&order, &result, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "earlier days"));
    drop_parts_city(pc);
}

static void any_number_of_workers_and_parts_comes_to_the_same_ends(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct parts_city *pc = second_day(seed);
        struct intake_figures wanted = {0};
        for (size_t parts = 1; parts <= 9; parts += 4) {
            struct parts_order order = order_of(pc, parts);
            struct parts_result result;
            struct why why = {{0}};
            char path[128];
            order.workers = 1 + parts % 2;
            draw_cards(pc);
            must(parts_run(&order, &result, &why), &why);
            wanted = parts == 1 ? result.figures : wanted;
            assert_memory_equal(&wanted, &result.figures, sizeof wanted);
            parts_result_free(&result);
            path_of(pc, pc->day, ".day", path);
            assert_int_equal(unlink(path), 0);
            register_close(&pc->reg);
            draw_register(pc); /* approvals as they were */
        }
        drop_parts_city(pc);
    }
}

static void wrong_earlier_days_are_refused(void **state) {
    (void)state;
    struct parts_city *pc = second_day(2);
    struct parts_order order = order_of(pc, 2);
    struct parts_result result;
    struct why why = {{0}};
    const struct {
        uint32_t days[2];
        size_t count;
        enum err err;
    } cases[] = {
        {{TODAY, TODAY},     2,                     ERR_INVALID },
        {{TODAY, TODAY - 1}, 2,                     ERR_INVALID },
        {{TODAY + 1, 0},     1,                     ERR_INVALID },
        {{20030231, 0},      1,                     ERR_INVALID },
        {{TODAY, 0},         PARTS_EARLIER_MAX + 1, ERR_INVALID },
        {{TODAY - 1, TODAY}, 2,                     ERR_CONFLICT}, /* it has no page */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        order.earlier = cases[i].days;
        order.earlier_count = cases[i].count;
        assert_int_equal(parts_run(&order, &result, &why), cases[i].err);
    }
    order.earlier = NULL;
    order.earlier_count = 1;
    assert_int_equal(parts_run(&order, &result, &why), ERR_INVALID);
    drop_parts_city(pc);
}

/* Every seventh byte of the earlier page, and some of an earlier segment, flipped one at a time. */
static void altered_earlier_days_are_found(void **state) {
    static const char *const names[] = {".day", "-000.seg"};
    (void)state;
    struct parts_city *pc = second_day(5);
    struct parts_order order = order_of(pc, 2);
    struct parts_result result;
    struct why why = {{0}};
    for (size_t n = 0; n < 2; n++) {
        FILE_CONTENT_SCOPE(good);
        char path[128];
        path_of(pc, TODAY, names[n], path);
        must(files_read(path, FILE_ROOM, &good, &why), &why);
        for (size_t at = 0; at < good.len; at += n == 0 ? 7 : 97) {
            good.at[at] ^= 0x04;
            must(files_write(path, bytes_of(good.at, good.len), &why), &why);
            assert_int_equal(parts_run(&order, &result, &why), ERR_CONFLICT);
            good.at[at] ^= 0x04;
        }
        assert_int_equal(unlink(path), 0);
        assert_int_equal(parts_run(&order, &result, &why), ERR_CONFLICT);
        must(files_write(path, bytes_of(good.at, good.len), &why), &why);
    }
    must(parts_run(&order, &result, &why), &why);
    parts_result_free(&result);
    drop_parts_city(pc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_in_a_row_end_as_the_intake_ends_them),
        cmocka_unit_test(a_page_names_the_pages_that_it_stands_on),
        cmocka_unit_test(any_number_of_workers_and_parts_comes_to_the_same_ends),
        cmocka_unit_test(wrong_earlier_days_are_refused),
        cmocka_unit_test(altered_earlier_days_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
