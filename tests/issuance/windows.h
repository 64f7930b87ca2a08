/* A point with stored boxes and its window, for tests of hand-overs and what goes with them. */
#pragma once

#include "issuance/taking_back.h"
#include "issuance/window.h"
#include "points.h"
#include "stores/sql/issuance_window_rows.h"

struct windows {
    struct points *p;
    struct window_store store;
    struct window_desk desk;
    struct taking_back back;
};

static inline void windows_expect(const struct windows *w, enum err err) {
    points_expect(w->p, err);
}

static inline int64_t windows_ask(const struct windows *w, const char *sql) {
    return points_ask(w->p, sql);
}

static inline void windows_run(const struct windows *w, const char *sql) {
    counter_expect(w->p->c, db_run(&w->p->c->db, sql, &w->p->c->why));
}

static inline struct windows windows_over(struct points *p) {
    struct windows w = {.p = p};
    points_expect(p, window_rows_open(&p->c->db, &p->c->store, &w.store, &p->why));
    return w;
}

/* After the struct has found its place, for the desk points into it. */
static inline void windows_begin(struct windows *w) {
    w->desk = (struct window_desk){.at = w->p->desk, .store = &w->store};
    w->back = (struct taking_back){.store = &w->p->c->store,
        .registry = &w->p->c->registry,
        .points = &w->p->store,
        .window = &w->store,
        .officer = "point",
        .second = "approver",
        .day = w->p->desk.day,
        .time = 90000};
}

/* people cards, stored at GZ01. */
static inline struct windows *windows_open(int people) {
    struct windows *w = calloc(1, sizeof *w);
    assert_non_null(w);
    *w = windows_over(points_stored(people));
    windows_begin(w);
    return w;
}

static inline void windows_close(struct windows *w) {
    window_rows_close(&w->store);
    points_close(w->p);
    free(w);
}

/* Number of the card that line seq of the batch became. */
static inline const char *windows_card(
    struct windows *w, int32_t seq, char number[CARD_NUMBER_LEN + 1]) {
    struct batch_line line;
    windows_expect(
        w, w->p->c->store.line_get(w->p->c->store.self, w->p->batch.id, seq, &line, &w->p->why));
    (void)memcpy(number, line.card_number, CARD_NUMBER_LEN + 1);
    return number;
}
