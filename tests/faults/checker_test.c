/* The checkers are checked: what the sweeps and the proof promise to find is done on purpose, and each must
 * find it. A disk that lies about forcing, a clearing without its search for copies, an upload whose
 * records changed places, rows that changed places behind the clearing's back. */
#include "faults/paid_story.h"
#include "faults/sanitizer.h"

#include "faults/frozen_clock.h"

/* Each of them is a process of its own, which costs a sanitizer five times as much. */
enum { LIES = UNDER_SANITIZER ? 300 : 1500 };

static struct sweep sweep;

static struct paid_story *begin(struct story *story) {
    struct paid_story *s = paid_new();
    *story = paid_story_of(s);
    sweep_calm(&sweep, story, 3);
    return s;
}

static void finish(struct paid_story *s) {
    sweep_free(&sweep);
    paid_free(s);
}

/* --- a disk that lies ------------------------------------------------------------------------- */

/* In a process of its own, for a database that is not whole may end it anywhere. True when the cut was
 * survived. */
static bool survives(size_t k, size_t place, bool lies, uint64_t seed) {
    int raw = 0;
    pid_t pid = fork();
    if (pid == 0) {
        sweep.seed = seed;
        (void)!freopen("/dev/null", "w", stderr);
        _exit(sweep_cut(&sweep, k, place, lies) ? 0 : 1);
    }
    assert_true(waitpid(pid, &raw, 0) == pid);
    return WIFEXITED(raw) && WEXITSTATUS(raw) == 0;
}

/* The same cuts on an honest disk are all survived; of a liar's, many are not. */
static void a_disk_that_lies_about_forcing_is_found_out(void **state) {
    (void)state;
    struct story story;
    struct paid_story *s = begin(&story);
    unsigned found = 0, tried = 0;
    for (size_t k = 1; k < PAID_DEEDS; k += 3) {
        sweep_log(&sweep, k);
        for (unsigned i = 0; i < LIES / PAID_DEEDS; i++, tried++) {
            size_t place = torn_draw(&sweep.seed, (uint32_t)sweep.log.count + 1);
            uint64_t seed = sweep.seed;
            assert_true(i % 8 != 0 || survives(k, place, false, seed));
            found += !survives(k, place, true, seed);
        }
    }
    print_message("%u of %u lies found out\n", found, tried);
    assert_true(found > tried / 10);
    finish(s);
}

/* --- a clearing that finds no copies ----------------------------------------------------------- */

static enum err no_rivals(
    void *self, const struct upload_record *r, struct record_rivals *out, struct why *why) {
    (void)self;
    (void)r;
    (void)out;
    (void)why;
    return OK;
}

/* No record was ever there before, and the tables do not mind. */
static void forget_copies(struct paid_story *s) {
    struct why why = {""};
    s->city.store.record_rivals = no_rivals;
    must(db_run(&s->city.db, "DROP INDEX IF EXISTS record_proof", &why), &why);
}

static void a_clearing_without_the_search_for_copies_is_found_out(void **state) {
    (void)state;
    struct story story;
    struct paid_story *s = begin(&story);
    torn_load(&sweep.before[0]);
    paid_beside(s, 0, false, 0);
    s->spoil = forget_copies;
    assert_false(sweep_carry(&sweep, 0));
    print_message("%s\n", sweep.trouble);
    s->spoil = NULL;
    finish(s);
}

/* The same, seen by nothing but the proof: everything before it is said to be fine. */
static void a_proof_finds_a_trade_that_was_paid_twice(void **state) {
    (void)state;
    struct story story;
    struct paid_story *s = begin(&story);
    struct why why = {""};
    struct day_proof proof;
    torn_load(&sweep.before[0]);
    s->spoil = forget_copies;
    must(paid_open(s, &why), &why);
    for (size_t k = 0; paid_deeds[k].run != deed_ask; k++) {
        must(paid_deeds[k].run(s, &why), &why);
    }
    must(day_prove(&s->city.clearing, TODAY, NULL, &proof, &why), &why);
    assert_true(proof.differences.count > 0);
    print_message("%s\n", proof.differences.named[0]);
    paid_close(s);
    s->spoil = NULL;
    finish(s);
}

/* --- records that change places ----------------------------------------------------------------- */

/* The third upload with its two records the other way round. sealed: the terminal's own work; else the
 * bytes changed places on the way. */
static void turn_round(struct paid_story *s, bool sealed) {
    struct upload_record turned[] = {purchase(4, 3, 2, 0, 50000, 20000), story_large()};
    static struct file other;
    file_of(&other, "H0000002", 3, turned, 2);
    if (!sealed) {
        size_t trailer = 40; /* the old end behind the turned records */
        (void)memcpy(
            other.bytes + other.len - trailer, s->uploads[2].bytes + other.len - trailer, trailer);
    }
    s->uploads[2] = other;
}

static void an_upload_in_another_order_is_found_out(void **state) {
    (void)state;
    struct story story;
    struct paid_story *s = begin(&story);
    torn_load(&sweep.before[0]);
    paid_beside(s, 0, false, 0);
    turn_round(s, true);
    assert_false(sweep_carry(&sweep, 0));
    print_message("%s\n", sweep.trouble);
    finish(s);
}

/* A cut in the middle of the upload, and the terminal sends it in another order the second time: only
 * a content that had it already may come to the end. */
static void an_upload_sent_again_in_another_order_is_found_out(void **state) {
    (void)state;
    struct story story;
    struct paid_story *s = begin(&story);
    size_t k = 0;
    while (paid_deeds[k].run != deed_take_3) {
        k++;
    }
    sweep_log(&sweep, k);
    turn_round(s, true);
    assert_false(survives(k, 0, false, 1));
    assert_false(survives(k, sweep.answered[k] / 2, false, 1));
    finish(s);
}

static void records_that_changed_places_on_the_way_are_refused(void **state) {
    (void)state;
    struct story story;
    struct paid_story *s = begin(&story);
    struct why why = {""};
    size_t k = 0;
    while (paid_deeds[k].run != deed_take_3) {
        k++;
    }
    turn_round(s, false);
    sweep_ready(&sweep, k);
    assert_int_equal(sweep_deed(&sweep, k, &why), ERR_INVALID);
    finish(s);
}

/* Two rows of one upload exchange their places in the tables; the kept bytes do not agree. */
static void rows_that_changed_places_are_found_by_the_proof(void **state) {
    (void)state;
    struct story story;
    struct paid_story *s = begin(&story);
    struct why why = {""};
    struct day_proof proof;
    torn_load(&sweep.before[PAID_DEEDS - 1]);
    must(paid_open(s, &why), &why);
    must(db_run(&s->city.db, "UPDATE record SET place = 3 - place WHERE upload = 3", &why), &why);
    must(day_prove(&s->city.clearing, TODAY, NULL, &proof, &why), &why);
    assert_true(proof.differences.count > 0);
    paid_close(s);
    finish(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_disk_that_lies_about_forcing_is_found_out),
        cmocka_unit_test(a_clearing_without_the_search_for_copies_is_found_out),
        cmocka_unit_test(a_proof_finds_a_trade_that_was_paid_twice),
        cmocka_unit_test(an_upload_in_another_order_is_found_out),
        cmocka_unit_test(an_upload_sent_again_in_another_order_is_found_out),
        cmocka_unit_test(records_that_changed_places_on_the_way_are_refused),
        cmocka_unit_test(rows_that_changed_places_are_found_by_the_proof),
    };
    return cmocka_run_group_tests(tests, torn_disk_install, torn_disk_free);
}
