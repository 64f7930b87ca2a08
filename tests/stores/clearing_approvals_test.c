/* Approvals in two places over a real database: found wherever they stand, approved once, sorted
 * whole or not at all, whoever else writes there. */
#include "stores/approvals_town.h"

#include <sqlite3.h>
#include <sys/wait.h>

#include "host/rng.h"
#include "stores/sqlite/sqlite_engine.h"

/* --- both places ------------------------------------------------------------------------------ */

static void what_came_is_found_at_once_and_after_a_restart(void **state) {
    struct town *town = new_town(state);
    for (uint32_t n = 1; n <= 300; n++) {
        begin(&town->one);
        assert_int_equal(state_of(&town->one, n), 0);
        assert_int_equal(add_within(&town->one, n), OK);
        assert_int_equal(state_of(&town->one, n), 1);
        commit(&town->one);
        assert_int_equal(state_of(&town->one, n), 1);
    }
    assert_int_equal(came(&town->one), 300);
    assert_int_equal(sorted(&town->one), 0);
    close_rows(&town->one);
    open_rows(&town->one, town->path);
    for (uint32_t n = 1; n <= 300; n++) {
        assert_int_equal(state_of(&town->one, n), 1);
    }
    assert_int_equal(state_of(&town->one, 301), 0);
    drop_town(town);
}

static void a_use_sorts_what_came_before(void **state) {
    struct town *town = new_town(state);
    for (uint32_t n = 1; n <= 50; n++) {
        add(&town->one, n * 7919 % 53);
    }
    use(&town->one, 3);
    assert_int_equal(came(&town->one), 0);
    assert_int_equal(sorted(&town->one), 50);
    assert_int_equal(state_of(&town->one, 3), 2);
    assert_int_equal(state_of(&town->one, 4), 1);
    add(&town->one, 100);
    use(&town->one, 4); /* is sorted already: what came later stays */
    assert_int_equal(came(&town->one), 1);
    assert_int_equal(all(&town->one), 51);
    use(&town->one, 100);
    assert_int_equal(sorted(&town->one), 51);
    for (uint32_t n = 0; n <= 52; n++) {
        bool there = n != 0 && n != 51 * 7919 % 53 && n != 52 * 7919 % 53;
        assert_int_equal(state_of(&town->one, n), there ? 1 + (n == 3 || n == 4) : 0);
    }
    drop_town(town);
}

/* A transaction moves a piece of them, the oldest first, however many it uses. */
static void a_transaction_sorts_no_more_than_a_piece(void **state) {
    enum { MANY = 2 * APPROVALS_PIECE + 100 };
    struct town *town = new_town(state);
    begin(&town->one);
    for (uint32_t n = 1; n <= MANY; n++) {
        assert_int_equal(add_within(&town->one, n), OK);
    }
    commit(&town->one);
    begin(&town->one);
    for (uint32_t n = MANY; n > MANY - 10; n--) {
        assert_int_equal(use_within(&town->one, n), OK);
    }
    commit(&town->one);
    assert_int_equal(came(&town->one), MANY - APPROVALS_PIECE);
    assert_int_equal(sorted(&town->one), APPROVALS_PIECE + 10);
    assert_int_equal(all(&town->one), MANY);
    use(&town->two, 1); /* is sorted already */
    assert_int_equal(came(&town->one), MANY - APPROVALS_PIECE);
    use(&town->two, MANY - 10);
    assert_int_equal(came(&town->one), 100);
    use(&town->one, MANY - 11);
    assert_int_equal(came(&town->one), 0);
    assert_int_equal(sorted(&town->one), MANY);
    add(&town->two, MANY + 1);
    for (uint32_t n = 1; n <= MANY + 1; n++) {
        int expected = n <= MANY && (n == 1 || n >= MANY - 11) ? 2 : 1;
        assert_int_equal(state_of(n % 2 ? &town->one : &town->two, n), expected);
    }
    drop_town(town);
}

static void a_use_of_nothing_is_nothing(void **state) {
    struct town *town = new_town(state);
    use(&town->one, 1);
    assert_int_equal(ask(&town->one, "SELECT count(*) FROM approval_sorted"), 0);
    assert_int_equal(state_of(&town->one, 1), 0);
    drop_town(town);
}

static void a_ticket_is_approved_once_wherever_it_stands(void **state) {
    struct town *town = new_town(state);
    add(&town->one, 1);
    add(&town->one, 2);
    begin(&town->one);
    assert_int_equal(add_within(&town->one, 1), ERR_CONFLICT);
    assert_int_equal(add_within(&town->one, 3), OK);
    assert_int_equal(add_within(&town->one, 3), ERR_CONFLICT);
    commit(&town->one);
    use(&town->one, 2);
    for (uint32_t n = 1; n <= 3; n++) {
        begin(&town->one);
        assert_int_equal(add_within(&town->one, n), ERR_CONFLICT);
        rollback(&town->one);
    }
    assert_int_equal(all(&town->one), 3);
    drop_town(town);
}

/* It cannot come to this; if it does, a use is never taken back. */
static void a_ticket_in_both_places_is_what_was_sorted(void **state) {
    struct town *town = new_town(state);
    struct why why = {{0}};
    add(&town->one, 1);
    use(&town->one, 1);
    must(db_run(&town->one.db,
             "INSERT INTO approval_came (seq, ticket, factor, terminal, amount) SELECT 1000, "
             "ticket, factor, terminal, amount + 1 FROM approval",
             &why),
        &why);
    assert_int_equal(state_of(&town->one, 1), 2);
    assert_int_equal(all(&town->one), 1);
    add(&town->one, 2);
    use(&town->one, 2);
    assert_int_equal(came(&town->one), 0);
    assert_int_equal(state_of(&town->one, 1), 2);
    assert_int_equal(all(&town->one), 2);
    drop_town(town);
}

/* --- what is taken back ----------------------------------------------------------------------- */

static void what_is_taken_back_never_came(void **state) {
    struct town *town = new_town(state);
    add(&town->one, 1);
    begin(&town->one);
    assert_int_equal(add_within(&town->one, 2), OK);
    begin(&town->one);
    assert_int_equal(add_within(&town->one, 3), OK);
    rollback(&town->one);
    assert_int_equal(state_of(&town->one, 3), 0);
    assert_int_equal(add_within(&town->one, 4), OK);
    commit(&town->one);
    begin(&town->one);
    assert_int_equal(add_within(&town->one, 5), OK);
    rollback(&town->one);
    static const int expected[] = {0, 1, 1, 0, 1, 0};
    for (uint32_t n = 0; n < 6; n++) {
        assert_int_equal(state_of(&town->one, n), expected[n]);
        assert_int_equal(state_of(&town->two, n), expected[n]);
    }
    assert_int_equal(ask(&town->one, "SELECT max(seq) FROM approval_came"), 3);
    add(&town->one, 5);
    assert_int_equal(state_of(&town->two, 5), 1);
    drop_town(town);
}

static void sorting_that_is_taken_back_was_none(void **state) {
    struct town *town = new_town(state);
    for (uint32_t n = 1; n <= 10; n++) {
        add(&town->one, n);
    }
    begin(&town->one);
    begin(&town->one);
    assert_int_equal(use_within(&town->one, 1), OK);
    assert_int_equal(add_within(&town->one, 11), OK);
    assert_int_equal(state_of(&town->one, 11), 1);
    rollback(&town->one);
    for (uint32_t n = 1; n <= 11; n++) {
        assert_int_equal(state_of(&town->one, n), n <= 10);
    }
    assert_int_equal(add_within(&town->one, 5), ERR_CONFLICT);
    assert_int_equal(add_within(&town->one, 12), OK);
    commit(&town->one);
    assert_int_equal(came(&town->one), 11);
    assert_int_equal(sorted(&town->one), 0);
    for (uint32_t n = 1; n <= 12; n++) {
        assert_int_equal(state_of(&town->one, n), n != 11);
        assert_int_equal(state_of(&town->two, n), n != 11);
    }
    drop_town(town);
}

/* A transaction of somebody else around the store's own, kept there and taken back here. */
static void a_transaction_around_the_stores_own_may_be_taken_back(void **state) {
    struct town *town = new_town(state);
    struct why why = {{0}};
    add(&town->one, 1);
    for (uint32_t how = 0; how < 2; how++) {
        TX_SCOPE(around);
        must(tx_begin(&around, &town->one.db, &why), &why);
        add(&town->one, 2);
        (void)(how ? use(&town->one, 1) : (void)0);
        assert_int_equal(state_of(&town->one, 2), 1);
        tx_leave(&around);
        assert_int_equal(state_of(&town->one, 1), 1);
        assert_int_equal(state_of(&town->one, 2), 0);
        add(&town->two, 10 + how);
        assert_int_equal(state_of(&town->one, 10 + how), 1);
        begin(&town->one);
        assert_int_equal(add_within(&town->one, 10 + how), ERR_CONFLICT);
        rollback(&town->one);
    }
    assert_int_equal(came(&town->one), 3);
    drop_town(town);
}

/* --- cuts ------------------------------------------------------------------------------------- */

/* approvals 3: whatever part of it was kept, all approvals are there and the next sorting does the
 * rest. */
static void sorting_may_end_behind_each_of_its_sentences(void **state) {
    static const int steps[] = {
        CLEARING_APPROVAL_SORT, CLEARING_APPROVAL_UPTO, CLEARING_APPROVAL_EMPTY};
    for (size_t kept = 0; kept <= 3; kept++) {
        struct town *town = new_town(state);
        struct why why = {{0}};
        uint32_t first = (uint32_t)kept * 100;
        for (uint32_t n = 1; n <= 8; n++) {
            add(&town->one, first + n);
        }
        for (size_t i = 0; i < kept; i++) {
            struct say step = say(town->one.rows->prepared[steps[i]]);
            say_int(&step, INT64_MAX);
            must(say_done(&step, &why), &why);
        }
        close_rows(&town->one);
        open_rows(&town->one, town->path);
        begin(&town->two); /* the other one knows nothing of it */
        assert_int_equal(add_within(&town->two, first + 4), ERR_CONFLICT);
        assert_int_equal(add_within(&town->two, first + 9), OK);
        commit(&town->two);
        use(&town->one, first + 9);
        for (uint32_t n = 1; n <= 9; n++) {
            assert_int_equal(state_of(&town->one, first + n), n == 9 ? 2 : 1);
            assert_int_equal(state_of(&town->two, first + n), n == 9 ? 2 : 1);
        }
        assert_int_equal(came(&town->one), 0);
        assert_int_equal(all(&town->one), (int64_t)(kept + 1) * 9);
        drop_town(town);
    }
}

/* Adds, and begins to sort; then the process is no more. */
static void be_killed(const char *path, bool in_the_middle) {
    struct city city = {.dir = ""};
    open_rows(&city, path);
    for (uint32_t n = 1; n <= 40; n++) {
        add(&city, n);
    }
    begin(&city);
    assert_int_equal(use_within(&city, 7), OK);
    assert_int_equal(add_within(&city, 41), OK);
    if (!in_the_middle) {
        commit(&city);
    }
    _exit(0);
}

static void a_kill_before_the_end_of_sorting_loses_nothing(void **state) {
    for (int middle = 1; middle >= 0; middle--) {
        struct town town = {.path = ""};
        int status = 0;
        (void)below(state, middle ? "middle.db" : "end.db", town.path);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            be_killed(town.path, middle);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        open_rows(&town.one, town.path);
        assert_int_equal(came(&town.one), middle ? 40 : 1);
        for (uint32_t n = 1; n <= 41; n++) {
            int expected = middle ? n <= 40 : 1 + (n == 7);
            assert_int_equal(state_of(&town.one, n), expected);
        }
        use(&town.one, 7);
        assert_int_equal(state_of(&town.one, 7), 2);
        close_rows(&town.one);
    }
}

struct countdown {
    long left;
};
static int count_down(void *self) {
    struct countdown *c = self;
    return c->left-- <= 0;
}

/* Interrupted after so many steps of the database's machine, until nothing is left to interrupt. */
static void sorting_that_is_interrupted_anywhere_can_be_done_again(void **state) {
    only_in_a_file();
    struct town *town = new_town(state);
    bool done = false;
    unsigned refused = 0;
    for (uint32_t n = 1; n <= 12; n++) {
        add(&town->one, n);
    }
    for (long n = 0; !done; n += 3) {
        struct countdown countdown = {n};
        struct why why = {{0}};
        sqlite3_progress_handler(sqlite_of(town->one.db.link), 2, count_down, &countdown);
        bool begun = town->one.store.begin(town->one.store.self, &why) == OK;
        done = begun && use_within(&town->one, 5) == OK;
        done = done && town->one.store.commit(town->one.store.self, &why) == OK;
        sqlite3_progress_handler(sqlite_of(town->one.db.link), 0, NULL, NULL);
        (void)(begun && !done ? rollback(&town->one) : (void)0);
        refused += !done;
        int64_t left = came(
            &town->one); /* a commit may be kept, and interrupted before it says so */
        assert_true(left == 0 || (left == 12 && !done));
        assert_int_equal(all(&town->one), 12);
        assert_int_equal(state_of(&town->one, 5), left ? 1 : 2);
        assert_int_equal(state_of(&town->one, 12), 1);
    }
    assert_true(refused > 10);
    drop_town(town);
}

/* approvals 4: what the index has no room for is sorted, and asked of the tables. */
static void without_room_in_the_index_the_tables_are_asked(void **state) {
    struct town *town = new_town(state);
    add(&town->one, 1);
    begin(&town->one);
    assert_int_equal(state_of(&town->one, 1), 1);
    town->one.rows->came.index.count = TICKETS_MAX; /* as if */
    assert_int_equal(add_within(&town->one, 2), OK);
    assert_int_equal(add_within(&town->one, 3), OK);
    assert_int_equal(add_within(&town->one, 3), ERR_CONFLICT);
    assert_int_equal(state_of(&town->one, 2), 1);
    commit(&town->one);
    assert_int_equal(sorted(&town->one), 1);
    assert_int_equal(came(&town->one), 2);
    for (uint32_t n = 1; n <= 4; n++) {
        assert_int_equal(state_of(&town->one, n), n <= 3);
    }
    drop_town(town);
}

/* --- two servers ------------------------------------------------------------------------------ */

static void two_servers_never_approve_the_same_ticket(void **state) {
    struct town *town = new_town(state);
    for (uint32_t n = 1; n <= 60; n++) {
        struct city *first = n % 2 ? &town->one : &town->two;
        struct city *second = n % 2 ? &town->two : &town->one;
        assert_int_equal(state_of(second, n), 0);
        add(first, n);
        begin(second);
        assert_int_equal(add_within(second, n), ERR_CONFLICT);
        rollback(second);
        assert_int_equal(state_of(second, n), 1);
        if (n % 7 == 0) {
            use(second, n - 3);
            assert_int_equal(state_of(first, n - 3), 2);
        }
    }
    assert_int_equal(all(&town->one), 60);
    drop_town(town);
}

/* While one is in the middle, the other is told to come again: nothing happens in between. */
static void a_server_in_the_middle_keeps_the_other_out(void **state) {
    struct town *town = new_town(state);
    struct why why = {{0}};
    begin(&town->one);
    assert_int_equal(add_within(&town->one, 1), OK);
    assert_int_equal(town->two.store.begin(town->two.store.self, &why), ERR_OUTSIDE);
    assert_int_equal(state_of(&town->two, 1), 0);
    commit(&town->one);
    assert_int_equal(state_of(&town->two, 1), 1);
    drop_town(town);
}

/* --- walks ------------------------------------------------------------------------------------ */

enum { WALK_TICKETS = 40 };

/* One transaction of a few random steps, inner ones among them, kept or taken back. */
static void walk_once(struct city *city, struct rng *rng, int model[WALK_TICKETS]) {
    int outer[WALK_TICKETS], inner[WALK_TICKETS];
    bool within = false;
    (void)memcpy(outer, model, sizeof outer);
    begin(city);
    for (uint64_t steps = 1 + rng_below(rng, 6); steps > 0; steps--) {
        uint32_t n = (uint32_t)rng_below(rng, WALK_TICKETS);
        uint64_t what = rng_below(rng, 12);
        if (what < 6) {
            assert_int_equal(add_within(city, n), outer[n] ? ERR_CONFLICT : OK);
            outer[n] = outer[n] ? outer[n] : 1;
        } else if (what < 8) {
            assert_int_equal(use_within(city, n), OK);
            outer[n] = outer[n] ? 2 : 0;
        } else if (what < 10) {
            assert_int_equal(state_of(city, n), outer[n]);
        } else if (!within) {
            (void)memcpy(inner, outer, sizeof inner);
            begin(city);
            within = true;
        }
    }
    if (within && rng_below(rng, 2)) {
        rollback(city);
        (void)memcpy(outer, inner, sizeof outer);
    } else if (within) {
        commit(city);
    }
    if (rng_below(rng, 3) == 0) {
        rollback(city);
    } else {
        commit(city);
        (void)memcpy(model, outer, sizeof outer);
    }
}

/* Two stores, a model of forty tickets, and now and then a store that begins anew. */
static void walks_of_two_servers_are_those_of_a_plain_list(void **state) {
    enum { WALKS = 12, STEPS = 120 };
    for (uint64_t seed = 1; seed <= WALKS; seed++) {
        struct town *town = new_town(state);
        struct rng rng = rng_stream(seed, "approvals", 0);
        struct why why = {{0}};
        int model[WALK_TICKETS] = {0};
        must(db_run(&town->one.db,
                 "DELETE FROM approval; DELETE FROM approval_came; DELETE FROM approval_sorted",
                 &why),
            &why);
        close_rows(&town->one);
        open_rows(&town->one, town->path);
        close_rows(&town->two);
        open_rows(&town->two, town->path);
        for (unsigned i = 0; i < STEPS; i++) {
            struct city *city = rng_below(&rng, 2) ? &town->one : &town->two;
            walk_once(city, &rng, model);
            if (rng_below(&rng, 20) == 0) {
                close_rows(city);
                open_rows(city, town->path);
            }
        }
        for (uint32_t n = 0; n < WALK_TICKETS; n++) {
            if (state_of(&town->one, n) != model[n] || state_of(&town->two, n) != model[n]) {
                fail_msg("seed %u, ticket %u", (unsigned)seed, n);
            }
        }
        assert_int_equal(town->one.db.depth, 0);
        drop_town(town);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(what_came_is_found_at_once_and_after_a_restart),
        CASE(a_use_sorts_what_came_before),
        CASE(a_transaction_sorts_no_more_than_a_piece),
        CASE(a_use_of_nothing_is_nothing),
        CASE(a_ticket_is_approved_once_wherever_it_stands),
        CASE(a_ticket_in_both_places_is_what_was_sorted),
        CASE(what_is_taken_back_never_came),
        CASE(sorting_that_is_taken_back_was_none),
        CASE(a_transaction_around_the_stores_own_may_be_taken_back),
        CASE(sorting_may_end_behind_each_of_its_sentences),
        CASE(a_kill_before_the_end_of_sorting_loses_nothing),
        CASE(sorting_that_is_interrupted_anywhere_can_be_done_again),
        CASE(without_room_in_the_index_the_tables_are_asked),
        CASE(two_servers_never_approve_the_same_ticket),
        CASE(a_server_in_the_middle_keeps_the_other_out),
        CASE(walks_of_two_servers_are_those_of_a_plain_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
