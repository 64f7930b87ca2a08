/* A counter with the store of orders over it, for tests of fees, priorities and number ranges. */
#pragma once

#include "counter.h"
#include "issuance/fee.h"
#include "issuance/number_range.h"
#include "stores/sql/issuance_order_rows.h"

struct orders {
    struct counter *c;
    struct order_store store;
    struct order_desk desk;
};

static inline struct orders *orders_open(int people) {
    struct orders *o = calloc(1, sizeof *o);
    assert_non_null(o);
    o->c = counter_open(people);
    counter_expect(o->c, order_rows_open(&o->c->db, &o->c->store, &o->store, &o->c->why));
    o->desk = (struct order_desk){.store = &o->store,
        .registry = &o->c->registry,
        .officer = "point",
        .second = "approver",
        .day = 20031008};
    return o;
}

static inline void orders_close(struct orders *o) {
    order_rows_close(&o->store);
    counter_close(o->c);
    free(o);
}

static inline int64_t orders_ask(struct orders *o, const char *sql) {
    return counter_ask(o->c, sql);
}

/* Refused with that kind of error, in these words, and the chain of the audit as long as before. */
static inline void orders_refused(
    struct orders *o, enum err is, enum err expected, const char *says, int64_t audited) {
    assert_int_equal(is, expected);
    if (!strstr(o->c->why.text, says)) {
        fail_msg("\"%s\" does not say \"%s\"", o->c->why.text, says);
    }
    assert_int_equal(orders_ask(o, "SELECT count(*) FROM audit"), audited);
}
