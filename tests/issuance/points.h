/* A city whose batch lies packed in boxes, for tests of points and windows. */
#pragma once

#include "counter.h"
#include "issuance/box.h"
#include "issuance/point_day.h"
#include "stores/sql/issuance_box_rows.h"

struct points {
    struct counter *c;
    struct point_store store;
    struct batch batch;
    struct point_desk desk; /* an officer of the point, an approver beside */
    struct point_desk maker;
    struct why why;
};

static const struct batch_rules points_rules = {.lines_max = 2000, .box_cards = 4};

static inline void points_expect(const struct points *p, enum err err) {
    if (err) {
        print_error("%s\n", p->why.text);
    }
    assert_int_equal(err, OK);
}

static inline int64_t points_ask(struct points *p, const char *sql) {
    return counter_ask(p->c, sql);
}

static inline void points_step(struct points *p, enum batch_event event) {
    points_expect(p, batch_step(&p->c->store, p->batch.id, event, "approver", &p->why));
}

/* The record of a finished line's card. */
static inline void points_record(struct points *p, int32_t seq) {
    struct batch_line line;
    points_expect(p, p->c->store.line_get(p->c->store.self, p->batch.id, seq, &line, &p->why));
    struct card_record card = {
        .person = line.person, .batch = p->batch.id, .issued = 20031008, .valid_until = 20131008};
    (void)snprintf(
        card.identification, sizeof card.identification, "%032d", (int)(line.batch * 10000 + seq));
    (void)memcpy(card.number, line.card_number, sizeof card.number);
    (void)memcpy(card.factor, line.card_factor, sizeof card.factor);
    points_expect(p, card_add(&p->c->registry, &card, "maker", &p->why));
}

/* people cards, made, checked and recorded; the batch is back from its maker. */
static inline struct points *points_made(int people) {
    struct points *p = calloc(1, sizeof *p);
    int32_t lines = 0;
    assert_non_null(p);
    p->c = counter_open(people);
    points_expect(p, box_rows_open(&p->c->db, &p->c->store, &p->store, &p->why));
    counter_apply(p->c, people);
    p->batch = counter_batch(p->c, &lines);
    points_step(p, BATCH_APPROVE);
    points_step(p, BATCH_TO_MAKER);
    for (int32_t seq = 1; seq <= lines; seq++) {
        counter_expect(p->c, counter_line(p->c, p->batch.id, seq, LINE_MAKE));
        counter_expect(p->c, counter_line(p->c, p->batch.id, seq, LINE_PASS));
        points_record(p, seq);
    }
    points_step(p, BATCH_FROM_MAKER);
    p->desk = (struct point_desk){.store = &p->store,
        .registry = &p->c->registry,
        .officer = "point",
        .second = "approver",
        .day = 20031010,
        .time = 90000};
    p->maker = p->desk;
    p->maker.officer = "maker";
    p->maker.second = NULL;
    return p;
}

/* The same, packed four to a box and on their way to GZ01. */
static inline struct points *points_sent(int people) {
    struct points *p = points_made(people);
    int32_t boxes = 0;
    points_expect(p, boxes_pack(&p->maker, &points_rules, p->batch.id, &boxes, &p->why));
    points_step(p, BATCH_PACK);
    points_expect(p, boxes_deliver(&p->maker, p->batch.id, &p->why));
    return p;
}

/* Box number n of the batch. */
static inline struct box points_box(struct points *p, int32_t number) {
    struct box box;
    points_expect(p, p->store.box_labelled(p->store.self, p->batch.id, number, &box, &p->why));
    return box;
}

/* The same, counted in and stored. */
static inline struct points *points_stored(int people) {
    struct points *p = points_sent(people);
    struct box box;
    for (int32_t n = 1; n <= (people + 3) / 4; n++) {
        box = points_box(p, n);
        points_expect(p, box_receive(&p->desk, box.id, box.cards, &box, &p->why));
    }
    points_expect(p, boxes_store(&p->desk, p->batch.id, &p->why));
    return p;
}

static inline void points_close(struct points *p) {
    box_rows_close(&p->store);
    counter_close(p->c);
    free(p);
}

/* Box 1 and box 3 over all rows: every card in one place, positions without gaps, ledger and rows
 * agree. */
static inline void points_hold(struct points *p) {
    assert_int_equal(
        points_ask(p, "SELECT count(*) FROM (SELECT box FROM box_card GROUP BY box "
                      "HAVING max(position) <> count(*) OR min(position) <> 1) AS odd"),
        0);
    assert_int_equal(points_ask(p, "SELECT (SELECT coalesce(sum(stock), 0) FROM box_entry) - "
                                   "(SELECT count(*) FROM box_card c JOIN box b ON b.id = c.box "
                                   "WHERE b.state = 1)"),
        0);
    assert_int_equal(points_ask(p, "SELECT count(*) FROM box b WHERE (b.state = 9) <> (NOT EXISTS "
                                   "(SELECT 1 FROM box_card c WHERE c.box = b.id))"),
        0);
}
