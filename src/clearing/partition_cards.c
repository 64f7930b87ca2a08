#include "clearing/partition_parts.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBERS = 65536 };

/* The standing records of the card that is being judged with one offline number: index + 1 of the
 * youngest that is held and of the youngest that is cleared; 0: none. */
struct number_slot {
    uint32_t held, cleared;
};

/* One worker's room: the rows of a heap, and their order. */
struct card_room {
    struct parts_day *day;
    struct part_sums *sums;
    struct part_row *rows;
    uint32_t *order;  /* rows by card, then by pos */
    uint32_t *starts; /* of each card of the part, in order */
    uint32_t *trades; /* slots of proven trades of a card, index + 1; for cards with late records */
    struct segment_row *out;
    size_t row_room, card_room, trade_mask;
    struct number_slot numbers[NUMBERS];
};

static void room_free(struct card_room *r) {
    if (r) {
        free(r->rows);
        free(r->order);
        free(r->starts);
        free(r->trades);
        free(r->out);
        free(r);
    }
}

/* --- one card ------------------------------------------------------------------------------ */

/* A card on its way: its register's row, what the books hold, its rows in the order of upload. */
struct card_walk {
    struct card_room *room;
    const struct register_card *card;
    int64_t fen;
    const uint32_t *order;
    size_t count;
    bool some_late;
};

static bool is_late(const struct parts_day *day, const struct part_row *row) {
    const struct part_file *file = &day->files[row->pos >> PLACE_BITS];
    uint64_t bit = file->first_bit + (row->pos & ((1 << PLACE_BITS) - 1)) - 1;
    return (day->late[bit / 64] >> bit % 64 & 1) != 0;
}

/* A piece of a wallet's record: terminal, sequence and moment stand side by side in it. */
enum { TRADE_AT = UPLOAD_RECORD_LEN - 6 - MAC_LEN - MOMENT_LEN - 4 - TERMINAL_LEN };
enum { TRADE_LEN = TERMINAL_LEN + 4 + MOMENT_LEN };

/* The very trade, for two proven records of one card. */
static bool same_trade(const struct part_row *a, const struct part_row *b) {
    return a->amount == b->amount
           && memcmp(a->piece + TRADE_AT, b->piece + TRADE_AT, TRADE_LEN) == 0;
}

/* The slot of that trade, taken or free. */
static size_t trade_slot(const struct card_room *room, const struct part_row *row) {
    uint64_t x = (row->moment ^ (uint64_t)row->terminal_seq << 24 ^ row->amount)
                 * UINT64_C(0x9E3779B97F4A7C15);
    size_t slot = (size_t)(x ^ x >> 32) & room->trade_mask;
    while (room->trades[slot] != 0 && !same_trade(&room->rows[room->trades[slot] - 1], row)) {
        slot = (slot + 1) & room->trade_mask;
    }
    return slot;
}

/* Who was there first: the trade itself, another one in its place, or one with its number. A copy is
 * always late, for its first stands in the same place. */
static enum reason judge_rivals(const struct card_walk *w, const struct part_row *row) {
    struct card_room *room = w->room;
    const struct number_slot *n = &room->numbers[row->number];
    if (is_late(room->day, row)) {
        return room->trades[trade_slot(room, row)] != 0 ? REASON_DUPLICATE : REASON_CONFLICT_SEQ;
    }
    return n->held != 0 || n->cleared != 0 ? REASON_CONFLICT_NO : REASON_NONE;
}

/* The centre said yes to this very purchase, and no other record came with the same yes. */
static enum reason judge_approval(const struct card_walk *w, const struct part_row *row) {
    struct parts_day *day = w->room->day;
    const struct approval *a = register_approval_of(day->city, row->piece + 1);
    size_t at = a ? (size_t)(a - day->city->approvals) : 0;
    bool fits = a && !day->used[at] && a->amount == row->amount
                && memcmp(a->factor, w->card->factor, FACTOR_LEN) == 0
                && memcmp(a->terminal, row->piece + TRADE_AT, TERMINAL_LEN) == 0;
    if (fits) {
        day->used[at] = true; /* nobody else's: one worker has the card that it names */
    }
    return fits ? REASON_NONE : REASON_NOT_APPROVED;
}

/* As intake.c: the balance may rise between two purchases by the loads between them. */
static bool gap_explained(
    const struct card_walk *w, const struct part_row *from, const struct part_row *to) {
    int64_t gap = (int64_t)to->balance_before - ((int64_t)from->balance_before - from->amount);
    if (gap <= 0) {
        return gap == 0;
    }
    bool in_order = from->moment <= to->moment;
    struct chain_loads loads = register_loads_between(w->room->day->city, w->card,
        in_order ? from->moment : to->moment, in_order ? to->moment : from->moment);
    assert(loads.certain_fen <= loads.possible_fen);
    return gap <= loads.possible_fen && gap >= (in_order ? loads.certain_fen : 0);
}

/* The card's standing record with that number: a cleared one, else the youngest; NULL: none. */
static const struct part_row *neighbour(const struct card_walk *w, int number) {
    if (number < 0 || number >= NUMBERS) {
        return NULL;
    }
    const struct number_slot *n = &w->room->numbers[number];
    uint32_t at = n->cleared != 0 ? n->cleared : n->held;
    return at != 0 ? &w->room->rows[at - 1] : NULL;
}

static enum reason judge_chain(const struct card_walk *w, const struct part_row *row) {
    const struct part_row *before = neighbour(w, row->number - 1);
    const struct part_row *behind = neighbour(w, row->number + 1);
    bool good = row->balance_before >= row->amount;
    good = good && (!before || gap_explained(w, before, row));
    good = good && (!behind || gap_explained(w, row, behind));
    return good ? REASON_NONE : REASON_CHAIN;
}

/* The checks of a proven record, in the order of reason.def; the first reason counts. */
static enum reason judge_after(const struct card_walk *w, const struct part_row *row) {
    assert(w->card); /* nobody's records are not proven */
    enum reason reason = judge_rivals(w, row);
    reason = reason != REASON_NONE ? reason : (enum reason)row->fixed;
    if (reason == REASON_NONE && row->online) {
        reason = judge_approval(w, row);
    }
    if (reason == REASON_NONE && w->card->listed_from != 0 && w->card->listed_from <= row->moment) {
        reason = REASON_LISTED;
    }
    return reason != REASON_NONE ? reason : judge_chain(w, row);
}

/* intake 5: a proven trade leaves the card's account, or waits when the books do not cover it. */
static void move_money(struct card_walk *w, struct part_row *row) {
    struct part_sums *sums = w->room->sums;
    const struct day_register *city = w->room->day->city;
    bool cleared = row->reason == REASON_NONE;
    assert(w->card);
    assert(!row->posted);
    if (w->fen < (int64_t)row->amount) {
        row->reason = cleared ? (uint8_t)REASON_NO_COVER : row->reason;
        return;
    }
    w->fen -= row->amount;
    assert(w->fen >= 0);
    row->posted = 1;
    sums->posted_fen += row->amount;
    if (!cleared) {
        sums->suspense_fen += row->amount;
        return;
    }
    sums->nets[row->institution].trades++;
    sums->nets[row->institution].fen += row->amount;
    uint32_t bank = city->institutions[row->institution].bank;
    sums->fund_bank[(size_t)w->card->fund * city->banks + bank] += row->amount;
}

/* intake 4: what is proven and no copy takes its place. */
static void take_place(struct card_walk *w, uint32_t index) {
    const struct part_row *row = &w->room->rows[index];
    struct number_slot *n = &w->room->numbers[row->number];
    if (row->reason == REASON_NONE) {
        n->cleared = index + 1;
    } else {
        n->held = index + 1;
    }
    if (w->some_late) {
        w->room->trades[trade_slot(w->room, row)] = index + 1;
    }
}

static void judge_row(struct card_walk *w, uint32_t index) {
    struct part_row *row = &w->room->rows[index];
    if (row->tac == TAC_GOOD) {
        assert(row->reason == REASON_NONE);
        row->reason = (uint8_t)judge_after(w, row);
        if (reason_line((enum reason)row->reason)->ruling != RULING_REFUSED) {
            move_money(w, row);
        }
        if (row->reason != REASON_DUPLICATE) {
            take_place(w, index);
        }
    }
    sums_add(w->room->sums, (enum reason)row->reason, row->tac, row->amount);
}

/* Slots for the trades of a card: only cards with a late record need them. */
static void prepare_trades(struct card_walk *w) {
    size_t slots = 16;
    assert(w->order);
    for (size_t i = 0; i < w->count; i++) {
        const struct part_row *row = &w->room->rows[w->order[i]];
        w->some_late |= row->tac == TAC_GOOD && is_late(w->room->day, row);
    }
    while (slots < 2 * w->count) {
        slots *= 2;
    }
    if (w->some_late) {
        w->room->trade_mask = slots - 1;
        (void)memset(w->room->trades, 0, slots * sizeof *w->room->trades);
    }
}

/* All rows of one card index, in the order of upload. */
static void judge_card(struct card_room *room, uint32_t card, const uint32_t *order, size_t count) {
    struct card_walk w = {.room = room, .order = order, .count = count};
    assert(order);
    assert(count > 0);
    struct parts_day *day = room->day;
    if (card < day->city->card_count) { /* behind the last card there are unknown ones only */
        w.card = &day->city->cards[card];
        w.fen = w.card->fen;
        prepare_trades(&w);
    }
    for (size_t i = 0; i < count; i++) {
        judge_row(&w, order[i]);
    }
    for (size_t i = 0; i < count; i++) {
        room->numbers[room->rows[order[i]].number] = (struct number_slot){0};
    }
    if (w.card) {
        day->after[card] = w.fen;
    }
}

/* --- a heap -------------------------------------------------------------------------------- */

/* Room for a heap of so many rows and cards. */
static enum err make_room(struct card_room *room, size_t rows, size_t cards, struct why *why) {
    if (!room->rows || rows > room->row_room) {
        size_t slots = 16;
        while (slots < 2 * rows) {
            slots *= 2;
        }
        free(room->rows);
        free(room->order);
        free(room->trades);
        room->row_room = rows;
        room->rows = malloc((rows + 1) * sizeof *room->rows);
        room->order = malloc((rows + 1) * sizeof *room->order);
        room->trades = malloc(slots * sizeof *room->trades);
    }
    if (cards > room->card_room) {
        free(room->starts);
        room->card_room = cards;
        room->starts = malloc((cards + 1) * sizeof *room->starts);
    }
    bool good = room->rows && room->order && room->trades && room->starts;
    return good ? OK
                : why_say(why, ERR_OUTSIDE,
                    "no memory for the %zu records of a part; end other programs", rows);
}

static int compare_pos(const void *a, const void *b, void *rows) {
    const struct part_row *x = (const struct part_row *)rows + *(const uint32_t *)a;
    const struct part_row *y = (const struct part_row *)rows + *(const uint32_t *)b;
    return (x->pos > y->pos) - (x->pos < y->pos);
}

/* A few rows by insertion, many by the library. */
static void sort_card(struct card_room *room, uint32_t *order, size_t count) {
    if (count > 32) {
        qsort_r(order, count, sizeof *order, compare_pos, room->rows);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        uint32_t moving = order[i];
        size_t at = i;
        while (at > 0 && room->rows[order[at - 1]].pos > room->rows[moving].pos) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = moving;
    }
}

/* Puts the heap's rows in order: counted by card first, then each card's by upload. */
static void sort_heap(struct card_room *room, size_t rows, uint32_t first_card, size_t cards) {
    assert(room->order);
    assert(room->starts);
    (void)memset(room->starts, 0, (cards + 1) * sizeof *room->starts);
    for (size_t i = 0; i < rows; i++) {
        assert(room->rows[i].card >= first_card && room->rows[i].card - first_card < cards);
        room->starts[room->rows[i].card - first_card + 1]++;
    }
    for (size_t c = 0; c < cards; c++) {
        room->starts[c + 1] += room->starts[c];
    }
    for (size_t i = 0; i < rows; i++) { /* starts[c] moves on to the end of card c */
        room->order[room->starts[room->rows[i].card - first_card]++] = (uint32_t)i;
    }
    for (size_t c = cards; c > 0; c--) {
        room->starts[c] = room->starts[c - 1];
    }
    room->starts[0] = 0;
    for (size_t c = 0; c < cards; c++) {
        sort_card(room, room->order + room->starts[c], room->starts[c + 1] - room->starts[c]);
    }
}

enum { OUT_ROWS = 4096 };

/* The heap's rows in their order, as the segment keeps them. */
static enum err write_rows(
    struct card_room *room, struct segment_writer *w, size_t rows, struct why *why) {
    enum err err = OK;
    for (size_t from = 0; !err && from < rows; from += OUT_ROWS) {
        size_t count = rows - from < OUT_ROWS ? rows - from : OUT_ROWS;
        for (size_t i = 0; i < count; i++) {
            const struct part_row *row = &room->rows[room->order[from + i]];
            struct segment_row *out = &room->out[i];
            *out = (struct segment_row){.reason = row->reason,
                .tac = row->tac,
                .posted = row->posted,
                .file = (uint32_t)(row->pos >> PLACE_BITS),
                .place = (uint32_t)(row->pos & ((1 << PLACE_BITS) - 1))};
            (void)memcpy(out->piece, row->piece, sizeof out->piece);
        }
        err = segment_add(w, room->out, count, why);
    }
    return err;
}

static enum err write_segment(struct card_room *room, size_t part, size_t rows, struct why *why) {
    struct parts_day *day = room->day;
    struct segment_writer *w = NULL;
    char path[PATH_ROOM];
    const struct segment_head head = {.day = day->order->day,
        .part = (uint32_t)part,
        .parts = (uint32_t)day->parts,
        .rows = rows};
    if (!parts_path(path, day->order, part, day->parts)) {
        return why_say(why, ERR_INVALID, "the folder's name is too long; choose another");
    }
    enum err err = segment_begin(path, &head, &w, why);
    if (err) {
        return err;
    }
    err = write_rows(room, w, rows, why);
    if (err) {
        segment_drop(w);
        return err;
    }
    day->part_rows[part] = rows;
    return segment_keep(w, day->seals[part], why);
}

/* A heap from disk to its sealed segment. Rows of unknown cards stand with the next known one, or
 * behind the last. */
static enum err judge_heap(struct card_room *room, size_t part, struct why *why) {
    struct parts_day *day = room->day;
    size_t each = day->city->card_count / day->parts + 1;
    size_t rows = spool_count(day->rows, part);
    uint32_t first = (uint32_t)(part * each);
    enum err err = make_room(room, rows, each, why);
    err = err ? err : spool_take(day->rows, part, room->rows, why);
    if (err) {
        return err;
    }
    assert(room->starts);
    sort_heap(room, rows, first, each);
    for (size_t c = 0; c < each; c++) {
        size_t count = room->starts[c + 1] - room->starts[c];
        if (count > 0) {
            judge_card(room, first + (uint32_t)c, room->order + room->starts[c], count);
        }
    }
    return write_segment(room, part, rows, why);
}

enum err parts_cards(struct parts_day *day, size_t worker, struct why *why) {
    struct card_room *room = calloc(1, sizeof *room);
    size_t part = 0;
    enum err err = OK;
    if (room) {
        room->day = day;
        room->sums = &day->sums[worker];
        room->out = calloc(OUT_ROWS, sizeof *room->out);
    }
    if (!room || !room->out) {
        room_free(room);
        return why_say(why, ERR_OUTSIDE, "no memory for a part; end other programs");
    }
    while (!err && parts_next(day, day->parts, &part)) {
        err = judge_heap(room, part, why);
    }
    room_free(room);
    return err;
}
