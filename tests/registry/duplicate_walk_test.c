/* A walk of random decisions about six records that all look alike. After each step the rows must agree
 * with each other, and with a model of a few lines; undone to the end, all is as it was at first. So few
 * steps that the one card is not unlocked more often than a card may be (T11). */
#include "check.h"

#include "host/rng.h"
#include "registry/duplicate.h"
#include "registry/person_office.h"

enum { RECORDS = 6, CASES = RECORDS * (RECORDS - 1) / 2, STEPS = 1500, SEED = 20031008 };

/* What the model knows of a case: its two, and what two officers have done. */
static struct {
    int64_t first, second, keep;
    enum duplicate_state state;
    enum duplicate_decision decision;
} model[CASES + 1];

static void prepare(void **state) {
    char lines[4096] = "";
    struct duplicate_found found;
    const struct duplicate_order order = {.day = OFFICE_DAY, .least = 0, .folder = "/tmp"};
    for (int i = 0; i < RECORDS; i++) {
        (void)strcat(lines, office_line(INT64_C(44010419700305101) + 2 * i, "李伟", "", ""));
    }
    office_open(state, lines);
    (void)office_card(1, 1); /* one of them has a card */
    assert_ok(duplicate_find(&office.desk, &order, &found, &office.why));
    assert_int_equal(found.added, CASES);
    for (int64_t id = 1; id <= CASES; id++) {
        struct duplicate d;
        assert_ok(office.store.case_get(office.store.self, id, &d, &office.why));
        model[id].first = d.first;
        model[id].second = d.second;
        model[id].state = DUPLICATE_OPEN;
        model[id].decision = DECISION_NONE;
    }
}

/* Of a record: whether a decided case has it stand aside, or frozen. */
static bool is_aside(int64_t person) {
    bool aside = false;
    for (int i = 1; i <= CASES; i++) {
        bool in = model[i].first == person || model[i].second == person;
        aside = aside
                || (in && model[i].state == DUPLICATE_DECIDED && model[i].decision == DECISION_MERGE
                    && model[i].keep != person);
    }
    return aside;
}

static bool is_frozen(int64_t person) {
    bool frozen = false;
    for (int i = 1; i <= CASES; i++) {
        bool in = model[i].first == person || model[i].second == person;
        frozen = frozen
                 || (in && model[i].state == DUPLICATE_DECIDED
                     && model[i].decision == DECISION_FREEZE);
    }
    return frozen;
}

static void check_rows(void) {
    int64_t aside = 0;
    for (int64_t person = 1; person <= RECORDS; person++) {
        struct person_status status;
        assert_ok(office.store.status_get(office.store.self, person, &status, &office.why));
        assert_int_equal(status.merged != 0, is_aside(person));
        assert_int_equal(status.frozen != 0, is_frozen(person));
        aside += status.merged != 0;
    }
    /* No number and no card leads to a record that stands aside, and none is lost. */
    assert_int_equal(office_ask("SELECT count(*) FROM person_number"), RECORDS);
    assert_int_equal(
        office_ask(
            "SELECT count(*) FROM person_number n JOIN person_status s ON s.person = n.person "
            "WHERE s.merged <> 0"),
        0);
    assert_int_equal(office_ask("SELECT count(*) FROM card c JOIN person_status s ON s.person = "
                                "c.person WHERE s.merged <> 0"),
        0);
    assert_int_equal(
        office_ask("SELECT count(DISTINCT person) FROM person_number"), RECORDS - aside);
}

/* A decision is refused exactly when a record of the case is not free. */
static void decide(int64_t id, struct rng *rng) {
    enum duplicate_decision decision = (enum duplicate_decision)(1 + rng_below(rng, 3));
    int64_t keep = rng_below(rng, 2) ? model[id].first : model[id].second;
    const struct duplicate_say say = {.id = id,
        .decision = decision,
        .keep = keep,
        .reason = "walk",
        .who = "point",
        .day = OFFICE_DAY,
        .time = OFFICE_TIME};
    bool free = !is_aside(model[id].first) && !is_aside(model[id].second)
                && !is_frozen(model[id].first) && !is_frozen(model[id].second);
    enum err err = duplicate_decide(&office.desk, &say, &office.why);
    assert_int_equal(err == OK, model[id].state == DUPLICATE_OPEN && free);
    if (!err) {
        model[id].state = DUPLICATE_PROPOSED;
        model[id].decision = decision;
        model[id].keep = keep;
    }
}

/* Meanwhile another case may have taken a record away: then only a refusal helps. */
static void answer(int64_t id, bool agreed) {
    const struct duplicate_say say = {
        .id = id, .reason = "", .who = "approver", .day = OFFICE_DAY, .time = OFFICE_TIME};
    enum err err = duplicate_agree(&office.desk, &say, agreed, &office.why);
    if (model[id].state != DUPLICATE_PROPOSED) {
        assert_int_equal(err, ERR_CONFLICT);
    } else if (!err) {
        model[id].state = agreed ? DUPLICATE_DECIDED : DUPLICATE_OPEN;
    } else {
        assert_true(agreed);
        assert_int_equal(err, ERR_CONFLICT);
    }
}

static bool undo(int64_t id) {
    const struct duplicate_say say = {.id = id,
        .reason = "walk",
        .who = "point",
        .second = "approver",
        .day = OFFICE_DAY,
        .time = OFFICE_TIME};
    enum err err = duplicate_undo(&office.desk, &say, &office.why);
    assert_true(err == OK || err == ERR_CONFLICT);
    assert_true(err == ERR_CONFLICT || model[id].state == DUPLICATE_DECIDED);
    model[id].state = err ? model[id].state : DUPLICATE_OPEN;
    return err == OK;
}

static void walks_lose_no_number_and_no_card(void **state) {
    struct rng rng = rng_stream(SEED, "duplicates", 0);
    print_message("seed %d\n", SEED);
    prepare(state);
    for (int step = 0; step < STEPS; step++) {
        int64_t id = 1 + (int64_t)rng_below(&rng, CASES);
        switch (rng_below(&rng, 5)) {
        case 0:
        case 1:
            decide(id, &rng);
            break;
        case 2:
        case 3:
            answer(id, rng_below(&rng, 4) > 0);
            break;
        default:
            (void)undo(id);
            break;
        }
        check_rows();
    }
    /* Every decision can be taken back in some order. */
    for (bool any = true; any;) {
        any = false;
        for (int64_t id = 1; id <= CASES; id++) {
            any = (model[id].state == DUPLICATE_DECIDED && undo(id)) || any;
        }
    }
    check_rows();
    assert_int_equal(office_ask("SELECT count(*) FROM duplicate WHERE state = 2"), 0);
    assert_int_equal(office_ask("SELECT count(DISTINCT person) FROM person_number"), RECORDS);
    assert_int_equal(office_ask("SELECT person FROM card"), 1);
    assert_int_equal(office_ask("SELECT life FROM card"), LIFE_NORMAL);
    office_close();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(walks_lose_no_number_and_no_card),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
