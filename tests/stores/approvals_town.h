/* Approvals for tests of the two places where they stand: numbered ones, and two stores over one
 * database, as two servers would have them. */
#pragma once

#include "host/scratch.h"
#include "stores/clearing_city.h"

#include "stores/sql/clearing_rows.h"

struct town {
    struct city one, two;
    char path[512];
};

static inline struct approval approval_no(uint32_t n) {
    struct approval a = {.amount = 20000 + n};
    ticket_no(n, a.ticket);
    card_factor(n % 20 + 1, a.factor);
    terminal_no(n % 3 + 1, a.terminal);
    return a;
}

static inline struct town *new_town(void **state) {
    struct town *town = calloc(1, sizeof *town);
    assert_non_null(town);
    (void)below(state, "city.db", town->path);
    open_rows(&town->one, town->path);
    open_rows(&town->two, town->path);
    return town;
}

static inline void drop_town(struct town *town) {
    close_rows(&town->two);
    close_rows(&town->one);
    free(town);
}

static inline int64_t ask(struct city *city, const char *sentence) {
    const char *sentences[1] = {sentence};
    struct prepared *stmt[1];
    struct why why = {{0}};
    must(db_prepare(&city->db, sentences, 1, stmt, &why), &why);
    struct say s = say(stmt[0]);
    assert_true(say_next(&s));
    int64_t answer = row_int(&s);
    must(say_end(&s, &why), &why);
    db_finalize(stmt, 1);
    return answer;
}

static inline int64_t came(struct city *city) {
    return ask(city, "SELECT count(*) FROM approval_came");
}

static inline int64_t sorted(struct city *city) {
    return ask(city, "SELECT count(*) FROM approval");
}

static inline int64_t all(struct city *city) {
    return ask(city, "SELECT count(*) FROM approval_all");
}

static inline void begin(struct city *city) {
    struct why why = {{0}};
    must(city->store.begin(city->store.self, &why), &why);
}

static inline void commit(struct city *city) {
    struct why why = {{0}};
    must(city->store.commit(city->store.self, &why), &why);
}

static inline void rollback(struct city *city) {
    city->store.rollback(city->store.self);
}

static inline enum err add_within(struct city *city, uint32_t n) {
    struct approval a = approval_no(n);
    struct why why = {{0}};
    return city->store.approval_add(city->store.self, &a, &why);
}

static inline enum err use_within(struct city *city, uint32_t n) {
    struct approval a = approval_no(n);
    struct why why = {{0}};
    return city->store.approval_use(city->store.self, a.ticket, &why);
}

static inline void add(struct city *city, uint32_t n) {
    begin(city);
    assert_int_equal(add_within(city, n), OK);
    commit(city);
}

static inline void use(struct city *city, uint32_t n) {
    begin(city);
    assert_int_equal(use_within(city, n), OK);
    commit(city);
}

/* 0: not there, 1: there, 2: used. */
static inline int state_of(struct city *city, uint32_t n) {
    struct approval a = approval_no(n), got = {.amount = 1};
    struct why why = {{0}};
    enum err err = city->store.approval_find(city->store.self, a.ticket, &got, &why);
    if (err == ERR_NOT_FOUND) {
        assert_int_equal(got.amount, 1);
        return 0;
    }
    must(err, &why);
    assert_memory_equal(got.ticket, a.ticket, TICKET_LEN);
    assert_memory_equal(got.factor, a.factor, FACTOR_LEN);
    assert_memory_equal(got.terminal, a.terminal, TERMINAL_LEN);
    assert_int_equal(got.amount, a.amount);
    return got.used ? 2 : 1;
}
