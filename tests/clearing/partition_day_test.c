/* A day in parts against the intake, record by record: random small days with every fault, in files
 * that are doubled, torn and out of order; the same day again; altered segments and pages. */
#include "clearing/parts_city.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "host/clock.h"

enum { DAYS = 150 };

/* intake.h against partition_day.h: every record the same reason, every sum the same. */
static void random_days_end_as_the_intake_ends_them(void **state) {
    (void)state;
    uint64_t by_reason[REASON_COUNT] = {0}, bad = 0, known = 0;
    for (uint64_t seed = 1; seed <= DAYS; seed++) {
        struct parts_city *pc = new_parts_city();
        struct rng rng = rng_stream(seed, "parts", 0);
        struct parts_result result;
        struct why why = {{0}};
        int64_t uploads[FILES_MOST];
        size_t again_count = 0, parts = 1 + rng_below(&rng, 12);
        random_day(pc, &rng);
        draw_register(pc);
        take_all(pc, uploads, &again_count);
        struct parts_order order = order_of(pc, parts);
        if (seed % 50 == 0) {
            print_message("parts: seed %u\n", (unsigned)seed);
        }
        must(parts_run(&order, &result, &why), &why);
        assert_int_equal(result.files_again, again_count);
        compare_segments(pc, parts, uploads);
        compare_sums(pc, &result);
        for (size_t i = 0; i < REASON_COUNT; i++) {
            by_reason[i] += result.figures.by_reason[i].count;
        }
        bad += result.files_bad;
        known += result.files_again;
        parts_result_free(&result);
        drop_parts_city(pc);
    }
    for (size_t i = 0; i < REASON_FOREIGN; i++) { /* every end of parts was met */
        if (by_reason[i] == 0) {
            fail_msg("no record ended as %s", reason_line((enum reason)i)->word);
        }
    }
    assert_true(bad > 0 && known > 0);
}

/* --- the same day again -------------------------------------------------------------------- */

/* A day of one seed, with its register drawn. */
static struct parts_city *day_of_seed(uint64_t seed) {
    struct parts_city *pc = new_parts_city();
    struct rng rng = rng_stream(seed, "parts", 0);
    random_day(pc, &rng);
    draw_register(pc);
    return pc;
}

static void path_of(const struct parts_city *pc, int part, char path[128]) {
    if (part < 0) {
        (void)snprintf(path, 128, "%s/%u.day", pc->folder, (unsigned)TODAY);
    } else {
        (void)snprintf(path, 128, "%s/%u-%03d.seg", pc->folder, (unsigned)TODAY, part);
    }
}

static struct file_content page_of(const struct parts_city *pc) {
    struct file_content content = {0};
    struct why why = {{0}};
    char path[128];
    path_of(pc, -1, path);
    must(files_read(path, FILE_ROOM, &content, &why), &why);
    return content;
}

/* The page of a seed's day, cleared without a disturbance, and how long that took. */
static uint64_t undisturbed_us;
static struct file_content undisturbed(uint64_t seed, size_t parts, size_t workers) {
    struct parts_city *pc = day_of_seed(seed);
    struct parts_order order = order_of(pc, parts);
    struct parts_result result;
    struct why why = {{0}};
    order.workers = workers;
    uint64_t began_ns = clock_ns();
    must(parts_run(&order, &result, &why), &why);
    undisturbed_us = (clock_ns() - began_ns) / 1000;
    parts_result_free(&result);
    struct file_content content = page_of(pc);
    drop_parts_city(pc);
    return content;
}

static void assert_same_content(const struct file_content *a, const struct file_content *b) {
    assert_int_equal(a->len, b->len);
    assert_memory_equal(a->at, b->at, a->len);
}

/* The page names every segment by its seal, so equal pages are equal segments. */
static void any_number_of_workers_comes_to_the_same_bytes(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        FILE_CONTENT_SCOPE(alone);
        FILE_CONTENT_SCOPE(both);
        alone = undisturbed(seed, 5, 1);
        both = undisturbed(seed, 5, 2);
        assert_same_content(&alone, &both);
    }
}

static void a_closed_day_is_proven_and_takes_no_other_files(void **state) {
    (void)state;
    struct parts_city *pc = day_of_seed(3);
    struct parts_order order = order_of(pc, 4);
    struct parts_result first, second;
    struct why why = {{0}};
    FILE_CONTENT_SCOPE(before);
    FILE_CONTENT_SCOPE(after);
    must(parts_run(&order, &first, &why), &why);
    before = page_of(pc);
    must(parts_run(&order, &second, &why), &why);
    after = page_of(pc);
    assert_false(first.again);
    assert_true(second.again);
    assert_memory_equal(&first.figures, &second.figures, sizeof first.figures);
    assert_memory_equal(first.after, second.after, CARDS * sizeof first.after[0]);
    assert_same_content(&before, &after);
    parts_result_free(&first);
    parts_result_free(&second);
    order.file_count--;
    assert_int_equal(parts_run(&order, &second, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "closed with other files"));
    drop_parts_city(pc);
}

/* A child clears the day and is killed at some moment; the next goes on, until one comes through.
 * The moments are spread over a little more than an undisturbed run takes. */
static void a_day_killed_at_any_moment_ends_with_the_same_bytes(void **state) {
    (void)state;
    unsigned kills = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        FILE_CONTENT_SCOPE(wanted);
        FILE_CONTENT_SCOPE(got);
        struct parts_city *pc = day_of_seed(seed);
        struct parts_order order = order_of(pc, 6);
        struct rng rng = rng_stream(seed, "kills", 0);
        struct parts_result result;
        struct why why = {{0}};
        wanted = undisturbed(seed, 6, 2);
        for (unsigned round = 0; round < 5; round++) {
            int status = 0;
            pid_t child = fork();
            if (child == 0) {
                _exit(parts_run(&order, &result, &why) == OK ? 0 : 1);
            }
            assert_true(child > 0);
            (void)usleep((useconds_t)rng_below(&rng, undisturbed_us * 3 / 2 + 1));
            (void)kill(child, SIGKILL);
            assert_int_equal(waitpid(child, &status, 0), child);
            assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
            kills += WIFSIGNALED(status) ? 1 : 0;
        }
        must(parts_run(&order, &result, &why), &why);
        got = page_of(pc);
        assert_same_content(&wanted, &got);
        parts_result_free(&result);
        must(parts_prove(&order, &result, &why), &why);
        parts_result_free(&result);
        drop_parts_city(pc);
    }
    print_message("parts: %u kills\n", kills);
    assert_true(kills > 20);
}

/* --- what is altered is found -------------------------------------------------------------- */

static void flip(const char *path, const struct file_content *good, size_t at, size_t len) {
    struct why why = {{0}};
    good->at[at] ^= 0x04;
    must(files_write(path, bytes_of(good->at, len), &why), &why);
    good->at[at] ^= 0x04;
}

/* Bytes of the page, or of a segment, flipped one at a time, and the file cut short: the proof says
 * so each time. Every step-th byte; steps of 1 are every byte. */
static void alter(struct parts_city *pc, int part, size_t step) {
    FILE_CONTENT_SCOPE(good);
    struct parts_order order = order_of(pc, 3);
    struct parts_result result;
    struct why why = {{0}};
    char path[128];
    path_of(pc, part, path);
    must(files_read(path, FILE_ROOM, &good, &why), &why);
    for (size_t at = 0; at < good.len; at += step) {
        flip(path, &good, at, good.len);
        assert_int_equal(parts_prove(&order, &result, &why), ERR_CONFLICT);
        must(files_write(path, bytes_of(good.at, at), &why), &why);
        assert_int_equal(parts_prove(&order, &result, &why), ERR_CONFLICT);
    }
    must(files_write(path, bytes_of(good.at, good.len + 1), &why), &why);
    assert_int_equal(parts_prove(&order, &result, &why), ERR_CONFLICT);
    must(files_write(path, bytes_of(good.at, good.len), &why), &why);
    must(parts_prove(&order, &result, &why), &why);
    parts_result_free(&result);
}

static void every_altered_byte_is_found(void **state) {
    (void)state;
    struct parts_city *pc = day_of_seed(5);
    struct parts_order order = order_of(pc, 3);
    struct parts_result result;
    struct why why = {{0}};
    char path[128];
    must(parts_run(&order, &result, &why), &why);
    parts_result_free(&result);
    alter(pc, -1, 7);
    alter(pc, 0, 61);
    path_of(pc, 1, path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(parts_prove(&order, &result, &why), ERR_CONFLICT);
    drop_parts_city(pc);
}

/* --- trouble ------------------------------------------------------------------------------- */

static void a_vault_that_fails_leaves_no_day(void **state) {
    (void)state;
    struct parts_city *pc = day_of_seed(2);
    struct parts_order order = order_of(pc, 3);
    struct parts_result result;
    struct why why = {{0}};
    char path[128];
    path_of(pc, -1, path);
    pc->keys[0].broken = pc->keys[1].broken = true;
    assert_int_equal(parts_run(&order, &result, &why), ERR_OUTSIDE);
    assert_false(files_exist(path));
    pc->keys[0].broken = pc->keys[1].broken = false;
    must(parts_run(&order, &result, &why), &why);
    parts_result_free(&result);
    drop_parts_city(pc);
}

static void a_missing_file_and_a_wrong_order_are_refused(void **state) {
    (void)state;
    struct parts_city *pc = day_of_seed(2);
    struct parts_order order = order_of(pc, 3);
    struct parts_result result;
    struct why why = {{0}};
    order.workers = 0;
    assert_int_equal(parts_run(&order, &result, &why), ERR_INVALID);
    order.workers = 1;
    order.day = 20030231;
    assert_int_equal(parts_run(&order, &result, &why), ERR_INVALID);
    order.day = TODAY;
    pc->files[0] = "/nowhere/at/all";
    must(parts_run(&order, &result, &why), &why);
    assert_true(result.files_bad >= 1);
    assert_non_null(strstr(result.first_bad, "file 1: "));
    parts_result_free(&result);
    drop_parts_city(pc);
}

static void a_register_out_of_order_is_refused(void **state) {
    (void)state;
    struct parts_city *pc = day_of_seed(2);
    struct why why = {{0}};
    register_close(&pc->reg);
    struct register_card first = pc->cards[0];
    pc->cards[0] = pc->cards[1];
    assert_int_equal(register_open(&pc->reg, &why), ERR_INVALID);
    pc->cards[0] = first;
    pc->terminals[0].institution = 2;
    assert_int_equal(register_open(&pc->reg, &why), ERR_INVALID);
    pc->terminals[0].institution = 0;
    pc->cards[3].fund = 2;
    assert_int_equal(register_open(&pc->reg, &why), ERR_INVALID);
    pc->cards[3].fund = 0;
    must(register_open(&pc->reg, &why), &why);
    drop_parts_city(pc);
}

/* In a child whose files may only grow so far: the day fails with a sentence and has no page; with room
 * again it comes to the bytes of an undisturbed one. */
static void a_full_disk_leaves_no_day(void **state) {
    (void)state;
    FILE_CONTENT_SCOPE(wanted);
    FILE_CONTENT_SCOPE(got);
    struct parts_city *pc = day_of_seed(7);
    struct parts_order order = order_of(pc, 4);
    struct parts_result result;
    struct why why = {{0}};
    char path[128];
    unsigned failed = 0;
    wanted = undisturbed(7, 4, 2);
    path_of(pc, -1, path);
    for (rlim_t room = 0; room < 12000; room += 499) {
        int status = 0;
        pid_t child = fork();
        if (child == 0) {
            const struct rlimit limit = {room, room};
            (void)signal(SIGXFSZ, SIG_IGN);
            (void)setrlimit(RLIMIT_FSIZE, &limit);
            enum err err = parts_run(&order, &result, &why);
            _exit(err == OK ? 0 : err == ERR_OUTSIDE && why.text[0] != '\0' ? 1 : 2);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
        failed += (unsigned)WEXITSTATUS(status);
        assert_int_equal(files_exist(path), WEXITSTATUS(status) == 0);
        if (WEXITSTATUS(status) == 0) {
            assert_int_equal(unlink(path), 0);
        }
    }
    assert_true(failed > 5);
    must(parts_run(&order, &result, &why), &why);
    got = page_of(pc);
    assert_same_content(&wanted, &got);
    parts_result_free(&result);
    drop_parts_city(pc);
}

/* Rooms that the vault would share are used when they are given, however small. */
static void jobs_may_lie_in_rooms_of_the_caller(void **state) {
    (void)state;
    struct tac_job first[3], second[3];
    struct tac_job *const rooms[] = {first, second};
    for (uint64_t seed = 1; seed <= 5; seed++) {
        FILE_CONTENT_SCOPE(wanted);
        FILE_CONTENT_SCOPE(got);
        struct parts_city *pc = day_of_seed(seed);
        struct parts_order order = order_of(pc, 4);
        struct parts_result result;
        struct why why = {{0}};
        wanted = undisturbed(seed, 4, 2);
        order.rooms = rooms;
        order.room_jobs = 3;
        must(parts_run(&order, &result, &why), &why);
        parts_result_free(&result);
        must(parts_prove(&order, &result, &why), &why);
        got = page_of(pc);
        assert_same_content(&wanted, &got);
        parts_result_free(&result);
        drop_parts_city(pc);
    }
}

/* Three thousand records of one card, each sent twice: the second of each is a copy. */
static void very_many_records_of_one_card_are_judged(void **state) {
    (void)state;
    enum { MANY = 3000 };
    struct parts_city *pc = new_parts_city();
    struct upload_record *records = calloc((size_t)2 * MANY, sizeof *records);
    struct file *f = calloc(1, sizeof *f);
    struct parts_result result;
    struct why why = {{0}};
    assert_true(records && f);
    for (unsigned i = 0; i < MANY; i++) {
        records[i] = purchase(1, 1, i + 1, (uint16_t)i, 50000 - i, 1);
        records[MANY + i] = records[i];
    }
    file_of(f, "P0000001", 1, records, (size_t)2 * MANY);
    save(pc, f);
    draw_register(pc);
    struct parts_order order = order_of(pc, 2);
    must(parts_run(&order, &result, &why), &why);
    assert_int_equal(result.figures.by_reason[REASON_NONE].count, MANY);
    assert_int_equal(result.figures.duplicates, MANY);
    assert_int_equal(result.after[0], 50000 - MANY);
    parts_result_free(&result);
    free(records);
    free(f);
    drop_parts_city(pc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_days_end_as_the_intake_ends_them),
        cmocka_unit_test(any_number_of_workers_comes_to_the_same_bytes),
        cmocka_unit_test(a_closed_day_is_proven_and_takes_no_other_files),
        cmocka_unit_test(a_day_killed_at_any_moment_ends_with_the_same_bytes),
        cmocka_unit_test(every_altered_byte_is_found),
        cmocka_unit_test(a_vault_that_fails_leaves_no_day),
        cmocka_unit_test(a_missing_file_and_a_wrong_order_are_refused),
        cmocka_unit_test(a_register_out_of_order_is_refused),
        cmocka_unit_test(a_full_disk_leaves_no_day),
        cmocka_unit_test(jobs_may_lie_in_rooms_of_the_caller),
        cmocka_unit_test(very_many_records_of_one_card_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
