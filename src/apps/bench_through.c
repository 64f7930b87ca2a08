#include "apps/bench_through.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/bench_postgres.h"
#include "clearing/partition_piece.h"
#include "clearing/segment.h"
#include "host/clock.h"
#include "stores/postgres/postgres_copy.h"
#include "stores/sql/db.h"

enum {
    COPIERS = 2, /* connections: one for each core that is promised */
    PARTS_MOST = 256,
    ROWS_AT_ONCE = 1024,
    FIELDS = 5,
    FIELD_HEAD = 4,
    NUMBER_LEN = 8,
    BODY_LEN = 96,
    ROW_LEN = 2 + FIELDS * FIELD_HEAD + 4 * NUMBER_LEN + BODY_LEN,
};

/* One day on its way into its partitions. */
struct through {
    const struct through_order *order;
    const char *address;
    uint32_t parts;
    _Atomic uint32_t next;
    _Atomic uint64_t rows;
    _Atomic bool failed;
};

struct copier {
    struct through *t;
    enum err err;
    struct why why;
    struct segment_image image;
    uint8_t room[ROWS_AT_ONCE * ROW_LEN];
};

/* --- one part ------------------------------------------------------------------------------ */

/* The names and keys of a part's partition; the plan borrows them. */
struct part_plan {
    char partition[48], bounds[48], primary[112], unique[112];
    struct copy_plan plan;
};

static void make_plan(struct part_plan *p, uint32_t day, uint32_t part) {
    (void)snprintf(p->partition, sizeof p->partition, "trade_%08" PRIu32 "_%03" PRIu32, day, part);
    (void)snprintf(p->bounds, sizeof p->bounds, "FOR VALUES IN (%" PRIu32 ")", part);
    (void)snprintf(p->primary, sizeof p->primary, "ALTER TABLE %s ADD PRIMARY KEY (card, number)",
        p->partition);
    (void)snprintf(p->unique, sizeof p->unique, "CREATE UNIQUE INDEX ON %s (place)", p->partition);
    p->plan = (struct copy_plan){
        .parent = "trade",
        .partition = p->partition,
        .columns = "part, card, number, place, body",
        .bounds = p->bounds,
        .keys = {p->primary, p->unique}
    };
}

/* A record of a card is named by its number in the part, which rises with the cards, and by where it stands
 * in the upload. */
static void put_row(
    struct builder *b, const struct segment_row *row, uint32_t part, uint32_t number) {
    _Static_assert(sizeof *row == BODY_LEN, "a row goes whole");
    uint64_t place = (uint64_t)row->file << 20 | row->place;
    copy_row(b, FIELDS);
    copy_number(b, part);
    copy_number(b, (int64_t)piece_u64(row->piece + AT_FACTOR));
    copy_number(b, number);
    copy_number(b, (int64_t)place);
    copy_bytes(b, bytes_of((const uint8_t *)row, sizeof *row));
}

static enum err copy_segment(
    struct copier *c, struct copy *copy, const struct segment_head *head, struct why *why) {
    const struct segment_row *rows = segment_rows(&c->image);
    enum err err = OK;
    for (uint64_t i = 0; !err && i < head->rows;) {
        struct builder b = builder_in(c->room, sizeof c->room);
        for (size_t k = 0; k < ROWS_AT_ONCE && i < head->rows; k++, i++) {
            put_row(&b, &rows[i], head->part, (uint32_t)i);
        }
        assert(!b.overflowed);
        err = copy_rows(copy, bytes_of(b.at, b.len), why);
    }
    return err;
}

static enum err copy_part(struct copier *c, uint32_t part, struct why *why) {
    struct through *t = c->t;
    struct segment_head head = {.day = t->order->day, .part = part, .parts = t->parts};
    uint8_t seal[SEGMENT_SEAL_LEN];
    char path[PATH_ROOM];
    struct part_plan plan = {.partition = ""};
    struct copy *copy = NULL;
    make_plan(&plan, t->order->day, part);
    (void)snprintf(path, sizeof path, "%s/%08" PRIu32 "-%03" PRIu32 ".seg", t->order->segments,
        t->order->day, part);
    enum err err = segment_load(path, &head, &c->image, seal, why);
    err = err ? err : copy_begin(&copy, t->address, &plan.plan, why);
    err = err ? err : copy_segment(c, copy, &head, why);
    err = copy_end(copy, err, why);
    t->rows += err ? 0 : head.rows;
    return err;
}

/* --- all parts ----------------------------------------------------------------------------- */

static void *copier_run(void *self) {
    struct copier *c = self;
    uint32_t part = 0;
    while (!c->err && !c->t->failed && (part = c->t->next++) < c->t->parts) {
        c->err = copy_part(c, part, &c->why);
    }
    c->t->failed = c->t->failed || c->err;
    return NULL;
}

static uint32_t count_parts(const struct through_order *order) {
    char path[PATH_ROOM];
    uint32_t parts = 0;
    for (bool there = true; there && parts < PARTS_MOST; parts += there) {
        (void)snprintf(path, sizeof path, "%s/%08" PRIu32 "-%03" PRIu32 ".seg", order->segments,
            order->day, parts);
        there = files_exist(path);
    }
    return parts;
}

static enum err copy_day(struct through *t, struct why *why) {
    struct copier *copiers = calloc(COPIERS, sizeof *copiers);
    pthread_t threads[COPIERS];
    bool started[COPIERS] = {false};
    enum err err = OK;
    if (!copiers) {
        return why_say(why, ERR_OUTSIDE, "no memory for two copiers; end other programs");
    }
    for (size_t i = 0; i < COPIERS; i++) {
        copiers[i].t = t;
        started[i] = pthread_create(&threads[i], NULL, copier_run, &copiers[i]) == 0;
    }
    for (size_t i = 0; i < COPIERS; i++) {
        if (started[i]) {
            (void)pthread_join(threads[i], NULL);
        } else {
            (void)copier_run(&copiers[i]);
        }
        if (!err && copiers[i].err) {
            err = copiers[i].err;
            *why = copiers[i].why;
        }
        segment_image_free(&copiers[i].image);
    }
    free(copiers);
    return err;
}

static enum err check_rows(
    const struct bench_server *server, const struct through *t, struct why *why) {
    double there = 0;
    enum err err = bench_server_ask(server, "SELECT count(*) FROM trade", &there, why);
    return err || ((uint64_t)there == t->rows && t->rows == t->order->purchases)
               ? err
               : why_say(why, ERR_CONFLICT,
                   "%.0f rows are on the server, %" PRIu64 " were copied; tell the makers", there,
                   (uint64_t)t->rows);
}

/* The engine opens no database that another program's tables are in. */
static enum err make_ours(const char *address, struct why *why) {
    struct db db = {.link = NULL};
    enum err err = db_open(&db, address, why);
    db_close(&db);
    return err;
}

enum err bench_through(
    const struct through_order *order, struct through_figures *out, struct why *why) {
    BENCH_SERVER_SCOPE(server);
    struct through t = {.order = order, .parts = count_parts(order)};
    *out = (struct through_figures){0};
    enum err err = bench_server_open(&server, order->folder, why);
    if (err || !server.life) {
        return err;
    }
    t.address = server.address;
    err = make_ours(server.address, why);
    err = err ? err
              : bench_server_ask(&server,
                  "CREATE TABLE trade (part bigint NOT NULL, card bigint NOT NULL, number bigint "
                  "NOT NULL,"
                  " place bigint NOT NULL, body bytea) PARTITION BY LIST (part)",
                  NULL, why);
    uint64_t began_ns = clock_ns();
    err = err ? err : copy_day(&t, why);
    out->seconds = clock_seconds_since(began_ns);
    err = err ? err : check_rows(&server, &t, why);
    return err ? err
               : bench_server_keys_after(
                   &server, order->folder, order->rows, &out->yardstick_rate, why);
}
