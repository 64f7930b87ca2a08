/* The city of world.h on the store of memory_store.h: cards 1 to 9, each with 500.00 yuan. Card 9
 * is on the blacklist from ten o'clock. */
#pragma once

#include "clearing/memory_store.h"
#include "clearing/world.h"

struct city {
    struct memory *rows;
    struct clearing_store store;
    struct test_vault keys;
    struct vault vault;
    struct clearing clearing;
};

static inline struct city *new_city(void) {
    struct city *city = calloc(1, sizeof *city);
    assert_non_null(city);
    city->rows = memory_new();
    city->store = memory_store(city->rows);
    city->vault = test_vault(&city->keys);
    city->clearing = (struct clearing){.store = &city->store, .vault = &city->vault};
    for (unsigned n = 1; n <= 9; n++) {
        struct memory_card *card = &city->rows->cards[city->rows->card_count++];
        card_factor(n, card->factor);
        card->standing.life = 1;
    }
    city->rows->cards[8].listed_from = (uint64_t)TODAY * 1000000 + 100000;
    found_city(&city->clearing);
    for (unsigned n = 1; n <= 9; n++) {
        give(&city->clearing, n, 50000);
    }
    return city;
}

/* Whatever a test did, the books are even and no transaction is open. */
static inline void drop_city(struct city *city) {
    assert_books_even(&city->clearing);
    assert_int_equal(city->rows->depth, 0);
    free(city->rows);
    free(city);
}

/* The next call to the store but n fails, and then none any more. */
static inline void fail_call(struct city *city, unsigned long n) {
    city->rows->calls = 0;
    city->rows->fail_at = n;
}
