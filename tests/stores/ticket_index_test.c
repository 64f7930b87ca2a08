/* The index of tickets: what was put in is found, what was not is hardly ever, at every size. */
#include "check.h"

#include "host/rng.h"
#include "stores/sql/ticket_index.h"

/* Tickets as terminals number what they ask: the terminal, then a count. */
static void ticket_at(uint64_t n, uint8_t ticket[TICKET_LEN]) {
    char text[TICKET_LEN + 1];
    (void)snprintf(text, sizeof text, "P%04u-%010u", (unsigned)(n % 64), (unsigned)n);
    (void)memcpy(ticket, text, TICKET_LEN);
}

static void add(struct ticket_index *index, uint64_t n, int64_t number) {
    uint8_t ticket[TICKET_LEN];
    ticket_at(n, ticket);
    assert_true(ticket_index_room(index, 1));
    ticket_index_add(index, ticket, number);
}

/* How often the ticket is found under that number; *others: how many other numbers it has. */
static unsigned found(const struct ticket_index *index, uint64_t n, int64_t newest, int64_t number,
    unsigned *others) {
    uint8_t ticket[TICKET_LEN];
    unsigned count = 0;
    int64_t seq = 0;
    ticket_at(n, ticket);
    struct ticket_search search = ticket_index_search(index, ticket);
    while (ticket_index_next(index, &search, newest, &seq)) {
        assert_true(seq <= newest);
        count += seq == number;
        *others += seq != number;
    }
    return count;
}

static void what_was_put_in_is_found_at_every_size(void **state) {
    enum { TICKETS = 200000 };
    (void)state;
    struct ticket_index index = {.places = NULL};
    unsigned others = 0;
    for (int64_t i = 1; i <= TICKETS; i++) {
        add(&index, (uint64_t)i, i);
        assert_int_equal(found(&index, (uint64_t)i, i, i, &others), 1);
        assert_int_equal(found(&index, (uint64_t)i / 2 + 1, i, i / 2 + 1, &others), 1);
    }
    assert_int_equal(index.count, TICKETS);
    assert_true(index.room <= 4 * TICKETS);
    for (uint64_t i = 1; i <= TICKETS; i++) {
        assert_int_equal(found(&index, i, TICKETS, (int64_t)i, &others), 1);
    }
    assert_true(others < 200);
    ticket_index_drop(&index);
}

static void what_was_not_put_in_is_hardly_ever_found(void **state) {
    enum { TICKETS = 50000 };
    (void)state;
    struct ticket_index index = {.places = NULL};
    unsigned others = 0;
    for (int64_t i = 1; i <= TICKETS; i++) {
        add(&index, (uint64_t)i, i);
    }
    for (uint64_t i = TICKETS + 1; i <= (uint64_t)20 * TICKETS; i++) {
        assert_int_equal(found(&index, i, TICKETS, 0, &others), 0);
    }
    assert_true(others < 100); /* a million questions, one in 86,000 */
    ticket_index_drop(&index);
}

static void the_same_ticket_is_found_as_often_as_it_was_put_in(void **state) {
    (void)state;
    struct ticket_index index = {.places = NULL};
    unsigned others = 0;
    add(&index, 7, 3);
    add(&index, 7, 3);
    add(&index, 7, 9);
    assert_int_equal(found(&index, 7, 9, 3, &others), 2);
    assert_int_equal(others, 1);
    ticket_index_drop(&index);
}

static void numbers_come_back_whole_beyond_32_bits(void **state) {
    static const int64_t newest[] = {
        1, 0xFFFFFFFF, 0x100000000, 0x100000001, 0x1FFFFFFFF, INT64_C(1) << 40, INT64_MAX};
    (void)state;
    for (size_t i = 0; i < sizeof newest / sizeof newest[0]; i++) {
        struct ticket_index index = {.places = NULL};
        unsigned others = 0;
        int64_t before = newest[i] > 0xFFFFFFFE ? newest[i] - 0xFFFFFFFE : 1;
        add(&index, 1, newest[i]);
        add(&index, 2, before);
        assert_int_equal(found(&index, 1, newest[i], newest[i], &others), 1);
        assert_int_equal(found(&index, 2, newest[i], before, &others), 1);
        assert_int_equal(others, 0);
        ticket_index_drop(&index);
    }
}

static void an_index_of_nothing_finds_nothing_and_may_be_dropped(void **state) {
    (void)state;
    struct ticket_index index = {.places = NULL};
    unsigned others = 0;
    assert_int_equal(found(&index, 1, 100, 1, &others), 0);
    ticket_index_drop(&index);
    ticket_index_drop(&index);
    add(&index, 1, 1);
    ticket_index_drop(&index);
    assert_int_equal(found(&index, 1, 100, 1, &others), 0);
    assert_int_equal(others, 0);
    assert_null(index.places);
}

static void no_more_than_the_limit_have_room(void **state) {
    (void)state;
    struct ticket_index index = {.places = NULL};
    assert_false(ticket_index_room(&index, TICKETS_MAX + 1));
    assert_false(ticket_index_room(&index, SIZE_MAX));
    assert_null(index.places);
    add(&index, 1, 1);
    struct ticket_index before = index;
    assert_false(ticket_index_room(&index, TICKETS_MAX));
    assert_memory_equal(&before, &index, sizeof index);
    assert_true(ticket_index_room(&index, 100000)); /* room for many at once, and all are kept */
    unsigned others = 0;
    assert_int_equal(found(&index, 1, 1, 1, &others), 1);
    ticket_index_drop(&index);
}

/* Who knows the tickets of one index knows nothing of the next one. */
static void each_index_has_a_key_of_its_own(void **state) {
    (void)state;
    struct ticket_index one = {.places = NULL}, two = {.places = NULL};
    add(&one, 1, 1);
    add(&two, 1, 1);
    assert_memory_not_equal(one.key, two.key, sizeof one.key);
    ticket_index_drop(&one);
    ticket_index_drop(&two);
}

/* Random tickets, whose halves are alike or differ in one bit. */
static void tickets_that_hardly_differ_are_told_apart(void **state) {
    enum { BITS = 8 * TICKET_LEN };
    (void)state;
    struct ticket_index index = {.places = NULL};
    struct rng rng = rng_stream(1, "tickets", 0);
    uint8_t base[TICKET_LEN];
    unsigned hints = 0;
    for (size_t i = 0; i < TICKET_LEN; i++) {
        base[i] = (uint8_t)rng_next(&rng);
    }
    for (size_t bit = 0; bit < BITS; bit++) {
        uint8_t ticket[TICKET_LEN];
        (void)memcpy(ticket, base, TICKET_LEN);
        ticket[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_true(ticket_index_room(&index, 1));
        ticket_index_add(&index, ticket, (int64_t)bit + 1);
        struct ticket_search search = ticket_index_search(&index, ticket);
        int64_t seq = 0;
        while (ticket_index_next(&index, &search, BITS, &seq)) {
            hints++;
        }
    }
    assert_int_equal(hints, BITS);
    ticket_index_drop(&index);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_in_is_found_at_every_size),
        cmocka_unit_test(what_was_not_put_in_is_hardly_ever_found),
        cmocka_unit_test(the_same_ticket_is_found_as_often_as_it_was_put_in),
        cmocka_unit_test(numbers_come_back_whole_beyond_32_bits),
        cmocka_unit_test(an_index_of_nothing_finds_nothing_and_may_be_dropped),
        cmocka_unit_test(no_more_than_the_limit_have_room),
        cmocka_unit_test(each_index_has_a_key_of_its_own),
        cmocka_unit_test(tickets_that_hardly_differ_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
