/* A centre's database in memory with people in it, and the stores over it, for tests of issuing. */
#pragma once

#include "check.h"
#include "issuance/application.h"
#include "issuance/batch.h"
#include "issuance/numbers.h"
#include "stores/engine_address.h"
#include "stores/sql/audit.h"
#include "stores/sql/issuance_rows.h"
#include "stores/sql/registry_store.h"

struct counter {
    struct db db;
    struct registry_rows *rows;
    struct registry_store registry;
    struct issuance_store store;
    struct why why;
};

static inline void counter_expect(const struct counter *c, enum err err) {
    if (err) {
        print_error("%s\n", c->why.text);
    }
    assert_int_equal(err, OK);
}

/* people persons with the numbers 1, 2, ... inside the registry. */
static inline struct counter *counter_open(int people) {
    struct counter *c = calloc(1, sizeof *c);
    assert_non_null(c);
    counter_expect(c, db_open(&c->db, engine_address(":memory:"), &c->why));
    counter_expect(c, registry_rows_open(&c->rows, &c->db, &c->why));
    c->registry = registry_store_of(c->rows);
    counter_expect(c, registry_found(&c->registry, true, &c->why));
    counter_expect(c, issuance_rows_open(&c->db, &c->store, &c->why));
    for (int i = 1; i <= people; i++) {
        char sql[400];
        (void)snprintf(sql, sizeof sql,
            "INSERT INTO person (id, number17, name, sex, nation, birth, region, household, "
            "address, postcode, phone, mobile, employer, employer_name) VALUES (%d, "
            "99010219761211%03d, '梁思', 1, 1, 19761211, 440111, '', '', '', '', '', '', '')",
            i, i);
        counter_expect(c, db_run(&c->db, sql, &c->why));
    }
    return c;
}

static inline void counter_close(struct counter *c) {
    issuance_rows_close(&c->store);
    registry_rows_close(c->rows);
    db_close(&c->db);
    free(c);
}

/* One number that the database answers. */
static inline int64_t counter_ask(struct counter *c, const char *sql) {
    const char *sentences[1] = {sql};
    struct prepared *stmt[1];
    counter_expect(c, db_prepare(&c->db, sentences, 1, stmt, &c->why));
    struct say s = say(stmt[0]);
    assert_true(say_next(&s));
    int64_t value = row_int(&s);
    counter_expect(c, say_end(&s, &c->why));
    db_finalize(stmt, 1);
    return value;
}

/* Applications of persons 1 to count, made and audited. */
static inline void counter_apply(struct counter *c, int count) {
    for (int i = 1; i <= count; i++) {
        struct application a = {.person = i, .kind = APPLY_NEW, .day = 20031008, .point = "GZ01"};
        counter_expect(c, application_make(&c->store, &a, "point", &c->why));
        counter_expect(c, application_answer(&c->store, a.id, AUDIT_PASSED, "approver", &c->why));
    }
}

static const struct batch_rules counter_rules = {.lines_max = 2000, .box_cards = 250};

static inline struct batch counter_batch(struct counter *c, int32_t *lines) {
    struct batch b = {.day = 20031008, .point = "GZ01"};
    counter_expect(c, batch_make(&c->store, &counter_rules, "maker", &b, lines, &c->why));
    return b;
}

/* One event of a line; a made card gets a chip of its own. */
static inline enum err counter_line(
    struct counter *c, int64_t batch, int32_t seq, enum line_event event) {
    uint8_t factor[8] = {
        0x86, 0x84, 0x44, 0x01, (uint8_t)batch, 0, (uint8_t)(seq >> 8), (uint8_t)seq};
    uint8_t id[CARD_ID_LEN] = {0x44, 0x01, 0x00};
    struct line_result result = {.event = event, .factor = factor, .card_id = id};
    (void)memcpy(id + 8, factor, 8);
    return batch_line_step(&c->store, batch, seq, &result, &c->why);
}
