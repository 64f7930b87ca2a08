#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "clearing/offline_limit.h"
#include "clearing/partition_parts.h"
#include "clearing/partition_piece.h"
#include "host/direct_file.h"

enum { NUMBERS = 65536, DATES_MAX = 1024 /* days of trade that are in time */ };

/* The standing records of the card that is being judged with one offline number: number + 1 of the
 * youngest that is held and of the youngest that is cleared; 0: none. */
struct number_slot {
    uint32_t held, cleared;
};

/* What the card that is being judged bought offline on a day of trade. */
struct date_sum {
    uint32_t date;
    int64_t fen;
};

/* Where a row stands in the upload, and in the heap. */
struct row_key {
    uint64_t pos;
    uint64_t index;
};

/* One worker's room: a heap as it came, and the segment that is made of it. */
struct card_room {
    struct parts_day *day;
    struct part_sums *sums;
    struct segment_row *heap;
    struct row_key *keys; /* by card, then by pos */
    uint32_t *starts;     /* of each card of the part, in order */
    uint32_t
        *trades; /* slots of proven trades of a card, number + 1; for cards with late records */
    struct segment_image image, past_image;
    struct segment_row *rows; /* the image's, in their order */
    struct segment_row *past; /* those of earlier days, in their order */
    size_t past_count;        /* all rows are numbered: first the past, then the others */
    size_t row_room, card_room, trade_mask;
    struct number_slot numbers[NUMBERS];
    struct date_sum dates[DATES_MAX];
    size_t date_count;
    uint32_t first_date, last_date; /* days of trade that are in time, as seven bytes say them */
};

static void room_free(struct card_room *r) {
    free(r->heap);
    free(r->keys);
    free(r->starts);
    free(r->trades);
    segment_image_free(&r->image);
    segment_image_free(&r->past_image);
    free(r);
}

/* --- one card ------------------------------------------------------------------------------ */

/* A card on its way: its register's row, what the books hold, its rows in the order of upload. */
struct card_walk {
    struct card_room *room;
    const struct register_card *card;
    int64_t fen;
    size_t first, count;           /* of rows */
    size_t past_first, past_count; /* of earlier days' */
    bool some_late;
};

/* The row of a number. */
static struct segment_row *numbered(const struct card_room *room, size_t number) {
    return number < room->past_count ? &room->past[number] : &room->rows[number - room->past_count];
}

static bool is_late(const struct parts_day *day, const struct segment_row *row) {
    return bit_of(day, day->late, row_pos(row));
}

/* Terminal, sequence and moment stand side by side in a record. */
enum { TRADE_LEN = AT_TAC - AT_TERMINAL };

/* The very trade, for two proven records of one card. */
static bool same_trade(const struct segment_row *a, const struct segment_row *b) {
    return piece_amount(a->piece) == piece_amount(b->piece)
           && memcmp(a->piece + AT_TERMINAL, b->piece + AT_TERMINAL, TRADE_LEN) == 0;
}

/* The slot of that trade, taken or free. */
static size_t trade_slot(const struct card_room *room, const struct segment_row *row) {
    uint64_t x = (piece_moment_key(row->piece) ^ (uint64_t)piece_u32(row->piece + AT_SEQ) << 24
                     ^ piece_amount(row->piece))
                 * UINT64_C(0x9E3779B97F4A7C15);
    size_t slot = (size_t)(x ^ x >> 32) & room->trade_mask;
    while (room->trades[slot] != 0 && !same_trade(numbered(room, room->trades[slot] - 1), row)) {
        slot = (slot + 1) & room->trade_mask;
    }
    return slot;
}

/* Who was there first: the trade itself, another one in its place, or one with its number. A copy is
 * always late, for its first stands in the same place. */
static enum reason judge_rivals(const struct card_walk *w, const struct segment_row *row) {
    const struct card_room *room = w->room;
    if (w->some_late && is_late(room->day, row)) {
        return room->trades[trade_slot(room, row)] != 0 ? REASON_DUPLICATE : REASON_CONFLICT_SEQ;
    }
    const struct number_slot *n = &room->numbers[piece_number(row->piece)];
    return n->held != 0 || n->cleared != 0 ? REASON_CONFLICT_NO : REASON_NONE;
}

/* The centre said yes to this very purchase, and no other record came with the same yes. */
static enum reason judge_approval(const struct card_walk *w, const struct segment_row *row) {
    struct parts_day *day = w->room->day;
    const struct approval *a = register_approval_of(day->city, row->piece + AT_TICKET);
    size_t at = a ? (size_t)(a - day->city->approvals) : 0;
    bool fits = a && !day->used[at] && a->amount == piece_amount(row->piece)
                && memcmp(a->factor, w->card->factor, FACTOR_LEN) == 0
                && memcmp(a->terminal, row->piece + AT_TERMINAL, TERMINAL_LEN) == 0;
    if (fits) {
        day->used[at] = true; /* nobody else's: one worker has the card that it names */
    }
    return fits ? REASON_NONE : REASON_NOT_APPROVED;
}

/* As intake.c: the balance may rise between two purchases by the loads between them. */
static bool gap_explained(
    const struct card_walk *w, const struct segment_row *from, const struct segment_row *to) {
    int64_t gap = (int64_t)piece_balance(to->piece)
                  - ((int64_t)piece_balance(from->piece) - piece_amount(from->piece));
    if (gap <= 0) {
        return gap == 0;
    }
    uint64_t first = moment_number(from->piece + AT_MOMENT);
    uint64_t last = moment_number(to->piece + AT_MOMENT);
    bool in_order = first <= last;
    struct chain_loads loads = register_loads_between(
        w->room->day->city, w->card, in_order ? first : last, in_order ? last : first);
    assert(loads.certain_fen <= loads.possible_fen);
    return gap <= loads.possible_fen && gap >= (in_order ? loads.certain_fen : 0);
}

/* The card's standing record with that number: a cleared one, else the youngest; NULL: none. */
static const struct segment_row *neighbour(const struct card_walk *w, int number) {
    if (number < 0 || number >= NUMBERS) {
        return NULL;
    }
    const struct number_slot *n = &w->room->numbers[number];
    uint32_t at = n->cleared != 0 ? n->cleared : n->held;
    return at != 0 ? numbered(w->room, at - 1) : NULL;
}

static enum reason judge_chain(const struct card_walk *w, const struct segment_row *row) {
    int number = piece_number(row->piece);
    const struct segment_row *before = neighbour(w, number - 1);
    const struct segment_row *behind = neighbour(w, number + 1);
    bool good = piece_balance(row->piece) >= piece_amount(row->piece);
    good = good && (!before || gap_explained(w, before, row));
    good = good && (!behind || gap_explained(w, row, behind));
    return good ? REASON_NONE : REASON_CHAIN;
}

/* On the blacklist at the moment of the trade. */
static bool is_listed(const struct register_card *card, const struct segment_row *row) {
    uint64_t moment = card->listed_from != 0 ? moment_number(row->piece + AT_MOMENT) : 0;
    return card->listed_from != 0 && card->listed_from <= moment
           && (card->listed_to == 0 || moment < card->listed_to);
}

/* --- without the centre [offline_limit.h] --- */

/* The card's day of trade of that row; NULL for days on which nothing is judged. */
static struct date_sum *date_of(struct card_room *room, const struct segment_row *row) {
    uint32_t date = piece_u32(row->piece + AT_MOMENT);
    if (date < room->first_date || date > room->last_date) {
        return NULL;
    }
    for (size_t i = room->date_count; i > 0; i--) {
        if (room->dates[i - 1].date == date) {
            return &room->dates[i - 1];
        }
    }
    assert(room->date_count < DATES_MAX); /* there are no more days in time */
    room->dates[room->date_count] = (struct date_sum){.date = date};
    return &room->dates[room->date_count++];
}

/* The standing record with the number that came last; NULL: none. */
static const struct segment_row *youngest(const struct card_room *room, int number) {
    const struct number_slot *slot = &room->numbers[number];
    uint32_t last = slot->held > slot->cleared ? slot->held : slot->cleared;
    return last != 0 ? numbered(room, last - 1) : NULL;
}

/* So many records in a row right before this one were made without the centre, and no load between. */
static bool row_too_long(const struct card_walk *w, const struct segment_row *row, uint32_t most) {
    const struct segment_row *first = row;
    uint32_t in_row = 0;
    for (int n = piece_number(row->piece); n-- > 0 && in_row < most; in_row++) {
        const struct segment_row *before = youngest(w->room, n);
        if (!before || before->piece[AT_FLAG] == UPLOAD_ONLINE) {
            return false;
        }
        first = before;
    }
    if (in_row < most) {
        return false;
    }
    uint64_t began = moment_number(first->piece + AT_MOMENT);
    uint64_t moment = moment_number(row->piece + AT_MOMENT);
    struct chain_loads loads = register_loads_between(w->room->day->city, w->card,
        began < moment ? began : moment, began < moment ? moment : began);
    return loads.possible_fen == 0;
}

/* What offline_judge() says behind the limit of one purchase. */
static enum reason judge_offline(const struct card_walk *w, const struct segment_row *row) {
    const struct parts_day *day = w->room->day;
    const struct clearing_limits *limits = &day->city->limits;
    int64_t fen = piece_amount(row->piece);
    const struct date_sum *sum = limits->card_day_fen != 0 ? date_of(w->room, row) : NULL;
    if (sum && sum->fen > limits->card_day_fen - fen) {
        return REASON_LIMIT_DAY;
    }
    if (limits->in_row != 0 && row_too_long(w, row, limits->in_row)) {
        return REASON_LIMIT_ROW;
    }
    if (day->over && bit_of(day, day->over, row_pos(row))) {
        return REASON_LIMIT_TILL;
    }
    return (row->posted & OLD_LIST) != 0 ? REASON_LIST_OLD : REASON_NONE;
}

/* Care is never refused while the centre is out. */
static enum reason judge_outage(
    const struct card_walk *w, const struct segment_row *row, enum reason reason) {
    const struct parts_day *day = w->room->day;
    const struct day_register *city = day->city;
    const struct register_institution *at = &city->institutions[day->files[row->file].institution];
    bool out = outage_excuses(reason)
               && register_outage_at(city, at, moment_number(row->piece + AT_MOMENT));
    return out ? REASON_OUTAGE : reason;
}

/* The checks of a proven record, in the order of reason.def; the first reason counts. */
static enum reason judge_after(const struct card_walk *w, const struct segment_row *row) {
    assert(w->card); /* nobody's records are not proven */
    enum reason reason = judge_rivals(w, row);
    reason = reason != REASON_NONE ? reason : (enum reason)row->reason;
    if (reason == REASON_NONE) {
        reason = (row->posted & ASK_CENTRE) != 0 ? judge_approval(w, row) : judge_offline(w, row);
    }
    if (reason == REASON_NONE && is_listed(w->card, row)) {
        reason = REASON_LISTED;
    }
    reason = reason != REASON_NONE ? reason : judge_chain(w, row);
    return judge_outage(w, row, reason);
}

/* intake 5: a proven trade leaves the card's account, or waits when the books do not cover it. */
static void move_money(struct card_walk *w, struct segment_row *row) {
    struct part_sums *sums = w->room->sums;
    const struct day_register *city = w->room->day->city;
    uint32_t fen = piece_amount(row->piece);
    bool cleared = row->reason == REASON_NONE;
    if (w->fen < (int64_t)fen) {
        row->reason = cleared ? (uint8_t)REASON_NO_COVER : row->reason;
        return;
    }
    w->fen -= fen;
    assert(w->fen >= 0);
    row->posted = 1;
    sums->posted_fen += fen;
    if (!cleared) {
        sums->suspense_fen += fen;
        return;
    }
    uint32_t institution = w->room->day->files[row->file].institution;
    sums->nets[institution].trades++;
    sums->nets[institution].fen += fen;
    uint32_t bank = city->institutions[institution].bank;
    sums->fund_bank[(size_t)w->card->fund * city->banks + bank] += fen;
}

/* intake 4: what is proven and no copy takes its place. */
static void take_place(struct card_walk *w, size_t number) {
    const struct segment_row *row = numbered(w->room, number);
    struct number_slot *n = &w->room->numbers[piece_number(row->piece)];
    if (row->reason == REASON_NONE) {
        n->cleared = (uint32_t)number + 1;
    } else {
        n->held = (uint32_t)number + 1;
    }
    if (w->room->day->city->limits.card_day_fen != 0 && row->piece[AT_FLAG] != UPLOAD_ONLINE) {
        struct date_sum *sum = date_of(w->room, row);
        if (sum) {
            sum->fen += piece_amount(row->piece);
        }
    }
    if (w->some_late) {
        w->room->trades[trade_slot(w->room, row)] = (uint32_t)number + 1;
    }
}

static void judge_row(struct card_walk *w, size_t index) {
    struct segment_row *row = &w->room->rows[index];
    if (row->tac == TAC_GOOD) {
        row->reason = (uint8_t)judge_after(w, row);
        row->posted = 0;
        if (reason_line((enum reason)row->reason)->ruling != RULING_REFUSED) {
            move_money(w, row);
        }
        if (row->reason != REASON_DUPLICATE) {
            take_place(w, w->room->past_count + index);
        }
    }
    row->card = 0;
}

/* Slots for the trades of a card: only cards with a late record need them. */
static void prepare_trades(struct card_walk *w) {
    size_t slots = 16;
    for (size_t i = 0; i < w->count; i++) {
        const struct segment_row *row = &w->room->rows[w->first + i];
        w->some_late |= row->tac == TAC_GOOD && is_late(w->room->day, row);
    }
    while (slots < 2 * (w->count + w->past_count)) {
        slots *= 2;
    }
    if (w->some_late) {
        w->room->trade_mask = slots - 1;
        (void)memset(w->room->trades, 0, slots * sizeof *w->room->trades);
    }
}

/* Sums count a record's amount as its form says it. */
static void count_row(struct part_sums *sums, const struct segment_row *row) {
    struct upload_record r;
    uint32_t fen = piece_amount(row->piece);
    if (row->piece[0] == PIECE_MEDICAL) {
        fen = segment_record(row, &r) ? r.amount : 0;
    }
    sums_add(sums, (enum reason)row->reason, row->tac, fen);
}

/* All rows of one card index, in the order of upload, after those of earlier days. */
static void judge_card(struct card_walk *w, uint32_t card) {
    struct card_room *room = w->room;
    struct parts_day *day = room->day;
    assert(w->past_count == 0 || card < day->city->card_count);
    if (card < day->city->card_count) { /* behind the last card there are unknown ones only */
        w->card = &day->city->cards[card];
        w->fen = w->card->fen;
        room->date_count = 0;
        prepare_trades(w);
    }
    for (size_t i = w->past_first; i < w->past_first + w->past_count; i++) {
        take_place(w, i);
    }
    for (size_t i = w->first; i < w->first + w->count; i++) {
        judge_row(w, i);
        count_row(room->sums, &room->rows[i]);
    }
    for (size_t i = w->past_first; i < w->past_first + w->past_count; i++) {
        room->numbers[piece_number(room->past[i].piece)] = (struct number_slot){0};
    }
    for (size_t i = w->first; i < w->first + w->count; i++) {
        room->numbers[piece_number(room->rows[i].piece)] = (struct number_slot){0};
    }
    if (w->card) {
        day->after[card] = w->fen;
    }
}

/* True for a row of an earlier day, on its way. */
static bool is_earlier(const struct segment_row *row) {
    return row->tac == TAC_GOOD && (row->posted & EARLIER) != 0;
}

/* --- a heap -------------------------------------------------------------------------------- */

/* Room for a heap of so many rows. */
static bool make_rows(struct card_room *room, size_t rows) {
    size_t slots = 16;
    while (slots < 2 * rows) {
        slots *= 2;
    }
    free(room->heap);
    free(room->keys);
    free(room->trades);
    room->row_room = rows;
    room->heap = direct_room_new(rows * sizeof *room->heap);
    room->keys = malloc((rows + 1) * sizeof *room->keys);
    room->trades = malloc(slots * sizeof *room->trades);
    return room->heap && room->keys && room->trades;
}

static enum err make_room(struct card_room *room, size_t rows, size_t cards, struct why *why) {
    bool good = (room->heap && rows <= room->row_room) || make_rows(room, rows);
    if (good && (!room->starts || cards > room->card_room)) {
        free(room->starts);
        room->card_room = cards;
        room->starts = malloc((cards + 1) * sizeof *room->starts);
    }
    good = good && room->starts;
    return good ? OK
                : why_say(why, ERR_OUTSIDE,
                    "no memory for the %zu records of a part; end other programs", rows);
}

static int compare_keys(const void *a, const void *b) {
    const struct row_key *x = a, *y = b;
    return (x->pos > y->pos) - (x->pos < y->pos);
}

/* A few keys by insertion, many by the library. */
static void sort_card(struct row_key *keys, size_t count) {
    if (count > 32) {
        qsort(keys, count, sizeof *keys, compare_keys);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct row_key moving = keys[i];
        size_t at = i;
        while (at > 0 && keys[at - 1].pos > moving.pos) {
            keys[at] = keys[at - 1];
            at--;
        }
        keys[at] = moving;
    }
}

/* Rows of earlier days come before all others, day by day; then each as it was uploaded. */
static uint64_t key_of(const struct segment_row *row) {
    uint64_t day = is_earlier(row) ? row->posted & (uint64_t)~EARLIER : PARTS_EARLIER_MAX;
    return day << POS_BITS | row_pos(row);
}

/* Where each card's rows begin: counted, and added up. */
static void count_cards(struct card_room *room, size_t rows, uint32_t first_card, size_t cards) {
    uint32_t before = 0;
    assert(room->starts);
    (void)memset(room->starts, 0, (cards + 1) * sizeof *room->starts);
    for (size_t i = 0; i < rows; i++) {
        assert(room->heap[i].card - first_card < cards);
        room->starts[room->heap[i].card - first_card]++;
    }
    for (size_t c = 0; c <= cards; c++) {
        uint32_t count = room->starts[c];
        room->starts[c] = before;
        before += count;
    }
}

/* Copies the heap's rows into the images, in the order of the keys. */
static void gather(struct card_room *room, size_t rows) {
    enum { AHEAD = 12 };
    struct segment_row *to = room->rows, *past = room->past;
    for (size_t i = 0; i < rows; i++) {
        if (i + AHEAD < rows) {
            const struct segment_row *soon = &room->heap[room->keys[i + AHEAD].index];
            __builtin_prefetch(soon);
            __builtin_prefetch((const uint8_t *)soon + sizeof *soon - 1);
        }
        const struct segment_row *row = &room->heap[room->keys[i].index];
        if (room->past_count > 0 && is_earlier(row)) {
            *past++ = *row;
        } else {
            *to++ = *row;
        }
    }
}

/* Room for the rows in their order, those of earlier days in an image of their own. */
static enum err make_images(struct card_room *room, size_t rows, struct why *why) {
    size_t past = 0;
    assert(room->heap);
    for (size_t i = 0; room->day->earlier_count > 0 && i < rows; i++) {
        past += is_earlier(&room->heap[i]);
    }
    room->past_count = past;
    enum err err = segment_room(&room->past_image, past, why);
    err = err ? err : segment_room(&room->image, rows - past, why);
    if (!err) {
        room->rows = segment_rows(&room->image);
        room->past = segment_rows(&room->past_image);
    }
    return err;
}

/* Puts the heap's rows in order: counted by card first, then each card's by upload. */
static void sort_heap(struct card_room *room, size_t rows, uint32_t first_card, size_t cards) {
    count_cards(room, rows, first_card, cards);
    for (size_t i = 0; i < rows; i++) { /* starts[c] moves on to the end of card c */
        const struct segment_row *row = &room->heap[i];
        room->keys[room->starts[row->card - first_card]++] = (struct row_key){key_of(row), i};
    }
    for (size_t c = cards; c > 0; c--) {
        room->starts[c] = room->starts[c - 1];
    }
    room->starts[0] = 0;
    for (size_t c = 0; c < cards; c++) {
        sort_card(room->keys + room->starts[c], room->starts[c + 1] - room->starts[c]);
    }
    gather(room, rows);
}

static enum err write_segment(struct card_room *room, size_t part, size_t rows, struct why *why) {
    struct parts_day *day = room->day;
    char path[PATH_ROOM];
    const struct segment_head head = {.day = day->order->day,
        .part = (uint32_t)part,
        .parts = (uint32_t)day->parts,
        .rows = rows};
    if (!parts_path(path, day->order, part, day->parts)) {
        return why_say(why, ERR_INVALID, "the folder's name is too long; choose another");
    }
    day->part_rows[part] = rows;
    return segment_write(path, &head, &room->image, day->seals[part], why);
}

/* Card after card; of a card's rows those of earlier days come first. */
static void judge_cards(struct card_room *room, uint32_t first_card, size_t cards) {
    struct card_walk w = {0};
    for (size_t c = 0; c < cards; c++) {
        size_t count = room->starts[c + 1] - room->starts[c], past = 0;
        while (room->past_count > 0 && past < count
               && is_earlier(&room->heap[room->keys[room->starts[c] + past].index])) {
            past++;
        }
        w = (struct card_walk){.room = room,
            .first = w.first + w.count,
            .count = count - past,
            .past_first = w.past_first + w.past_count,
            .past_count = past};
        if (w.count > 0) {
            judge_card(&w, first_card + (uint32_t)c);
        }
    }
    assert(w.past_first + w.past_count == room->past_count);
}

/* A heap from disk to its sealed segment. Rows of unknown cards stand with the next known one, or
 * behind the last. */
static enum err judge_heap(struct card_room *room, size_t part, struct why *why) {
    struct parts_day *day = room->day;
    size_t each = day->cards_each;
    size_t rows = spool_count(day->rows, part);
    uint32_t first = (uint32_t)(part * each);
    enum err err = rows < UINT32_MAX ? make_room(room, rows, each, why)
                                     : why_say(why, ERR_INVALID, "a part has too many records");
    err = err ? err : spool_take(day->rows, part, room->heap, why);
    err = err ? err : make_images(room, rows, why);
    if (err) {
        return err;
    }
    sort_heap(room, rows, first, each);
    judge_cards(room, first, each);
    return write_segment(room, part, rows - room->past_count, why);
}

/* A day as a record writes it. */
static uint32_t packed(uint32_t day) {
    uint8_t digits[DAY_LEN];
    bcd_write(day, digits, DAY_LEN);
    return piece_u32(digits);
}

enum err parts_cards(struct parts_day *day, size_t worker, struct why *why) {
    struct card_room *room = calloc(1, sizeof *room);
    size_t part = 0;
    enum err err = OK;
    if (!room) {
        return why_say(why, ERR_OUTSIDE, "no memory for a part; end other programs");
    }
    room->day = day;
    room->sums = &day->sums[worker];
    room->first_date = packed(day->in_time_from);
    room->last_date = packed(day->order->day);
    while (!err && parts_next(day, day->parts, 1, &part) > 0) {
        err = judge_heap(room, part, why);
    }
    room_free(room);
    return err;
}
