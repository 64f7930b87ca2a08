#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/partition_parts.h"
#include "clearing/partition_piece.h"
#include "host/direct_file.h"

/* What a terminal may sell offline on one day of trade. [offline_limit.h]
 *
 * tills 1: a record is over the limit when what its terminal sold offline on that day before it, in the
 *          order of upload, and itself come to more; copies count once, what is held counts.
 * tills 2: a terminal's day whose records come to no more in any order needs no order. */

/* --- putting ------------------------------------------------------------------------------- */

static uint64_t mixed(uint64_t x) {
    x = (x ^ x >> 32) * UINT64_C(0x9E3779B97F4A7C15);
    return x ^ x >> 29;
}

bool parts_put_till(
    struct parts_day *day, size_t worker, const uint8_t *piece, uint64_t pos, struct why *why) {
    uint64_t terminal = piece_terminal(piece);
    size_t heap = (size_t)((mixed(terminal) >> 32) * day->parts >> 32);
    struct till_row *row = spool_row(day->tills, worker, heap, why);
    if (row) {
        *row = (struct till_row){.pos = pos,
            .terminal = terminal,
            .factor = piece_u64(piece + AT_FACTOR),
            .when = piece_moment_key(piece),
            .seq = piece_u32(piece + AT_SEQ),
            .amount = piece_amount(piece)};
        row->when |= piece[AT_FLAG] == UPLOAD_ONLINE ? till_online : 0;
    }
    return row != NULL;
}

/* --- counting ------------------------------------------------------------------------------ */

/* A terminal's day, and what it sold then at most. */
struct till_day {
    uint64_t terminal;
    uint32_t date;
    bool used;
    int64_t fen;
};

struct till_room {
    struct till_row *rows;
    struct till_day *days; /* by hash */
    struct till_row *some; /* those of days that may have sold too much */
    size_t row_room, day_mask;
};

static void room_free(struct till_room *room) {
    free(room->rows);
    free(room->days);
    free(room->some);
    *room = (struct till_room){0};
}

/* Room for a heap; there are no more days than rows. */
static enum err make_room(struct till_room *room, size_t count, struct why *why) {
    size_t days = 16;
    while (days < 2 * count) {
        days *= 2;
    }
    if (!room->rows || count > room->row_room) {
        room_free(room);
        room->row_room = count;
        room->rows = direct_room_new((count + 1) * sizeof *room->rows);
        room->days = calloc(days, sizeof *room->days);
        room->some = malloc((count + 1) * sizeof *room->some);
    }
    if (!room->rows || !room->days || !room->some) {
        return why_say(why, ERR_OUTSIDE, "no memory for terminals' days; end other programs");
    }
    room->day_mask = days - 1;
    (void)memset(room->days, 0, days * sizeof *room->days);
    return OK;
}

static uint32_t date_of(const struct till_row *row) {
    return (uint32_t)(row->when >> 24);
}

static bool is_online(const struct till_row *row) {
    return (row->when & till_online) != 0;
}

static struct till_day *day_of(const struct till_room *room, const struct till_row *row) {
    size_t at = (size_t)mixed(row->terminal << 16 ^ date_of(row)) & room->day_mask;
    while (room->days[at].used
           && (room->days[at].terminal != row->terminal || room->days[at].date != date_of(row))) {
        at = (at + 1) & room->day_mask;
    }
    return &room->days[at];
}

/* Every offline record, copies too: no day sold more than this says. */
static void add_up(const struct till_room *room, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct till_row *row = &room->rows[i];
        if (!is_online(row)) {
            struct till_day *of = day_of(room, row);
            of->used = true;
            of->terminal = row->terminal;
            of->date = date_of(row);
            of->fen += row->amount;
        }
    }
}

static int order_of(uint64_t a, uint64_t b) {
    return (a > b) - (a < b);
}

static uint64_t moment_of(const struct till_row *row) {
    return row->when & (till_online - 1);
}

/* The same trade side by side, the first by upload in front. */
static int compare_trades(const void *a, const void *b) {
    const struct till_row *x = a, *y = b;
    int order = order_of(x->terminal, y->terminal);
    order = order ? order : order_of(x->seq, y->seq);
    order = order ? order : order_of(x->factor, y->factor);
    order = order ? order : order_of(moment_of(x), moment_of(y));
    order = order ? order : order_of(x->amount, y->amount);
    return order ? order : order_of(x->pos, y->pos);
}

static bool same_trade(const struct till_row *a, const struct till_row *b) {
    return a->terminal == b->terminal && a->seq == b->seq && a->factor == b->factor
           && moment_of(a) == moment_of(b) && a->amount == b->amount;
}

/* Each terminal's day by itself, in the order of upload. */
static int compare_days(const void *a, const void *b) {
    const struct till_row *x = a, *y = b;
    int order = order_of(x->terminal, y->terminal);
    order = order ? order : order_of(date_of(x), date_of(y));
    return order ? order : order_of(x->pos, y->pos);
}

/* The records of days that may have sold too much, without copies: the first of them says whether the
 * centre approved it. */
static size_t pick(const struct till_room *room, size_t count, int64_t limit) {
    size_t picked = 0, kept = 0;
    for (size_t i = 0; i < count; i++) {
        const struct till_day *of = day_of(room, &room->rows[i]);
        if (of->used && of->fen > limit) {
            room->some[picked++] = room->rows[i];
        }
    }
    qsort(room->some, picked, sizeof *room->some, compare_trades);
    for (size_t i = 0; i < picked; i++) {
        if (i == 0 || !same_trade(&room->some[i], &room->some[i - 1])) {
            room->some[kept++] = room->some[i];
        }
    }
    qsort(room->some, kept, sizeof *room->some, compare_days);
    return kept;
}

/* tills 1 */
static void mark_over(
    struct parts_day *day, const struct till_room *room, size_t count, int64_t limit) {
    int64_t sold = 0;
    for (size_t i = 0; i < count; i++) {
        const struct till_row *row = &room->some[i];
        bool same_day = i > 0 && row[-1].terminal == row->terminal
                        && date_of(&row[-1]) == date_of(row);
        sold = same_day ? sold : 0;
        if (row->pos != 0 && !is_online(row) && sold > limit - (int64_t)row->amount) {
            bit_set(day, day->over, row->pos);
        }
        sold += is_online(row) ? 0 : row->amount;
    }
}

enum err parts_tills(struct parts_day *day, size_t worker, struct why *why) {
    struct till_room room = {0};
    int64_t limit = day->city->limits.terminal_day_fen;
    size_t heap = 0;
    enum err err = OK;
    (void)worker;
    assert(day->tills);
    while (!err && parts_next(day, day->parts, 1, &heap) > 0) {
        size_t count = spool_count(day->tills, heap);
        err = make_room(&room, count, why);
        err = err ? err : spool_take(day->tills, heap, room.rows, why);
        if (!err) {
            add_up(&room, count);
            mark_over(day, &room, pick(&room, count, limit), limit);
        }
    }
    room_free(&room);
    return err;
}
