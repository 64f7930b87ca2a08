#include "check.h"

#include "rehearsal/plan.h"

enum { PEOPLE = 1900, TILLS = 12 };

static struct plan draw(uint64_t seed, size_t people) {
    struct plan_person *persons = calloc(people + 1, sizeof *persons);
    assert_non_null(persons);
    for (size_t i = 0; i < people; i++) {
        persons[i] = (struct plan_person){.id = 1000 + i, .key = 99010100000 + 7 * i};
    }
    struct plan plan;
    struct why why;
    assert_int_equal(plan_draw(seed, persons, people, TILLS, &plan, &why), OK);
    free(persons);
    return plan;
}

static void the_same_seed_draws_the_same_day(void **state) {
    (void)state;
    struct plan a = draw(7, PEOPLE);
    struct plan b = draw(7, PEOPLE);
    struct plan c = draw(8, PEOPLE);
    assert_int_equal(a.count, b.count);
    assert_memory_equal(a.deeds, b.deeds, a.count * sizeof *a.deeds);
    assert_true(a.count != c.count || memcmp(a.deeds, c.deeds, a.count * sizeof *a.deeds) != 0);
    plan_free(&a);
    plan_free(&b);
    plan_free(&c);
}

/* Who was alone in the city does the same when others live there, mishaps aside. */
static void one_person_does_not_change_anothers_day(void **state) {
    (void)state;
    struct plan few = draw(3, 10);
    struct plan many = draw(3, 11);
    for (size_t i = 0; i < few.count; i++) {
        bool found = false;
        for (size_t k = 0; k < many.count && !found; k++) {
            found = many.deeds[k].person == few.deeds[i].person
                    && many.deeds[k].ordinal == few.deeds[i].ordinal
                    && many.deeds[k].amount == few.deeds[i].amount
                    && many.deeds[k].second == few.deeds[i].second;
        }
        assert_true(found);
    }
    plan_free(&few);
    plan_free(&many);
}

/* People who got other ids do what they would have done. */
static void the_day_follows_the_person_and_not_the_id(void **state) {
    (void)state;
    struct plan_person here[2] = {
        {.id = 1, .key = 77},
        {.id = 2, .key = 88}
    };
    struct plan_person there[2] = {
        {.id = 9, .key = 77},
        {.id = 5, .key = 88}
    };
    struct plan a;
    struct plan b;
    struct why why;
    assert_int_equal(plan_draw(4, here, 2, TILLS, &a, &why), OK);
    assert_int_equal(plan_draw(4, there, 2, TILLS, &b, &why), OK);
    assert_int_equal(a.count, b.count);
    assert_true(a.count > 0);
    for (size_t i = 0; i < a.count; i++) {
        assert_int_equal(a.deeds[i].second, b.deeds[i].second);
        assert_int_equal(a.deeds[i].amount, b.deeds[i].amount);
        assert_int_equal(a.deeds[i].person == 1 ? 9 : 5, b.deeds[i].person);
    }
    plan_free(&a);
    plan_free(&b);
}

static void deeds_come_in_the_order_of_the_day(void **state) {
    (void)state;
    struct plan plan = draw(1, PEOPLE);
    uint16_t next[PEOPLE] = {0};
    bool lost[PEOPLE] = {0};
    for (size_t i = 0; i < plan.count; i++) {
        const struct deed *d = &plan.deeds[i];
        size_t person = (size_t)d->person - 1000;
        assert_true(i == 0 || plan.deeds[i - 1].second <= d->second);
        assert_true(d->second < 24 * 3600);
        assert_true(d->till < TILLS);
        assert_int_equal(d->ordinal, next[person]);
        assert_int_equal(d->kind == DEED_COLLECT, d->ordinal == 0);
        assert_true(!lost[person] || d->kind == DEED_BUY_FOUND);
        lost[person] = lost[person] || d->kind == DEED_LOSE;
        next[person]++;
    }
    plan_free(&plan);
}

static void a_city_has_something_of_everything(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct plan plan = draw(seed, PEOPLE);
        size_t kinds[DEED_BUY_FOUND + 1] = {0};
        size_t mishaps[MISHAP_PULLED_LATE + 1] = {0};
        size_t large = 0;
        for (size_t i = 0; i < plan.count; i++) {
            kinds[plan.deeds[i].kind]++;
            mishaps[plan.deeds[i].mishap]++;
            large += plan.deeds[i].kind == DEED_BUY && plan.deeds[i].amount > 10000 ? 1 : 0;
        }
        assert_in_range(kinds[DEED_COLLECT], PEOPLE * 9 / 10, PEOPLE - 1);
        assert_true(kinds[DEED_LOAD] > PEOPLE / 2);
        assert_true(kinds[DEED_BUY] > PEOPLE / 2);
        assert_true(kinds[DEED_LOSE] > 0 && kinds[DEED_BUY_FOUND] > 0);
        assert_int_equal(mishaps[MISHAP_PULLED_LATE], 3);
        assert_int_equal(mishaps[MISHAP_PULLED_EARLY], 3);
        assert_true(large > 0);
        plan_free(&plan);
    }
}

static void nobody_in_the_city_is_an_empty_day(void **state) {
    (void)state;
    struct plan plan = draw(1, 0);
    assert_int_equal(plan.count, 0);
    plan_free(&plan);
}

static void tickets_are_all_different(void **state) {
    (void)state;
    struct plan plan = draw(5, 300);
    for (size_t i = 0; i < plan.count; i++) {
        uint8_t a[TICKET_LEN];
        plan_ticket(&plan.deeds[i], a);
        for (size_t k = i + 1; k < plan.count; k++) {
            uint8_t b[TICKET_LEN];
            plan_ticket(&plan.deeds[k], b);
            assert_memory_not_equal(a, b, sizeof a);
        }
    }
    struct deed d = {.person = 12, .ordinal = 3};
    uint8_t ticket[TICKET_LEN];
    plan_ticket(&d, ticket);
    assert_memory_equal(ticket, "P00000012-000003", sizeof ticket);
    plan_free(&plan);
}

static void moments_are_packed_digits(void **state) {
    (void)state;
    uint8_t moment[MOMENT_LEN];
    plan_moment(20031008, 9 * 3600 + 5 * 60 + 7, moment);
    assert_hex(bytes_of(moment, sizeof moment), "20031008090507");
}

static void no_holder_chooses_a_simple_row(void **state) {
    (void)state;
    for (uint64_t person = 0; person < 5000; person++) {
        char pin[7];
        plan_pin(9, person, pin);
        assert_int_equal(strlen(pin), 6);
        assert_int_equal(strspn(pin, "0123456789"), 6);
        assert_string_not_equal(pin, "123456");
        assert_string_not_equal(pin, "888888");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_draws_the_same_day),
        cmocka_unit_test(one_person_does_not_change_anothers_day),
        cmocka_unit_test(the_day_follows_the_person_and_not_the_id),
        cmocka_unit_test(deeds_come_in_the_order_of_the_day),
        cmocka_unit_test(a_city_has_something_of_everything),
        cmocka_unit_test(nobody_in_the_city_is_an_empty_day),
        cmocka_unit_test(tickets_are_all_different),
        cmocka_unit_test(moments_are_packed_digits),
        cmocka_unit_test(no_holder_chooses_a_simple_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
