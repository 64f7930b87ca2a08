/* Cities and moves of the clearing's SQLite store. */
#include <assert.h>
#include <string.h>

#include "stores/sql/clearing_rows.h"

/* Two cities with one prefix are refused by the table. */
static enum err rows_city_put(
    void *self, const char *institution, const uint8_t prefix[CITY_PREFIX_LEN], struct why *why) {
    struct say s = clearing_say(self, CLEARING_CITY_PUT);
    say_text(&s, institution);
    say_blob(&s, bytes_of(prefix, CITY_PREFIX_LEN));
    return say_done(&s, why);
}

/* A city's cards share the first bytes of their factors. */
static enum err rows_city_of_card(void *self, const uint8_t factor[FACTOR_LEN],
    char institution[INSTITUTION_LEN + 1], struct why *why) {
    struct say s = clearing_say(self, CLEARING_CITY_OF_CARD);
    say_blob(&s, bytes_of(factor, CITY_PREFIX_LEN));
    bool there = say_next(&s);
    if (there) {
        row_text(&s, institution, INSTITUTION_LEN + 1);
    }
    return clearing_found(&s, there, "city", why);
}

static enum err rows_city_check(void *self, const char *institution, struct why *why) {
    struct say s = clearing_say(self, CLEARING_CITY_CHECK);
    say_text(&s, institution);
    bool there = say_next(&s);
    return clearing_found(&s, there, "city", why);
}

/* The move of the row that a sentence finds, or ERR_NOT_FOUND. A kind that there is none of is told
 * as any other trouble. */
static enum err read_move(struct say *s, struct move_row *out, struct why *why) {
    bool there = say_next(s);
    if (there) {
        *out = (struct move_row){.kind = MOVE_PAY};
        row_text(s, out->number, sizeof out->number);
        int64_t kind = row_int(s);
        bool known = kind >= 0 && kind < MOVE_KIND_COUNT;
        if (!known) {
            row_odd(s);
        }
        out->kind = known ? (enum move_kind)kind : MOVE_PAY;
        out->upload = row_int(s);
        out->place = (uint32_t)row_int(s);
        row_text(s, out->institution, sizeof out->institution);
        out->fen = row_int(s);
        row_text(s, out->reference, sizeof out->reference);
        out->done = row_int(s) != 0;
        out->asked = (uint32_t)row_int(s);
        out->day = (uint32_t)row_int(s);
        row_text(s, out->maker, sizeof out->maker);
        row_text(s, out->approver, sizeof out->approver);
    }
    return clearing_found(s, there, "move", why);
}

static enum err rows_move_find(
    void *self, const char *number, struct move_row *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_MOVE_FIND);
    say_text(&s, number);
    return read_move(&s, out, why);
}

/* A second time it writes only what an agreement changes. */
static enum err rows_move_put(void *self, const struct move_row *row, struct why *why) {
    struct say s = clearing_say(self, CLEARING_MOVE_PUT);
    assert(row->fen > 0);
    assert(row->done == (row->day != 0));
    say_text(&s, row->number);
    say_int(&s, row->kind);
    say_int(&s, row->upload);
    say_int(&s, row->place);
    say_text(&s, row->institution);
    say_int(&s, row->fen);
    say_text(&s, row->reference);
    say_int(&s, row->done);
    say_int(&s, row->asked);
    say_int(&s, row->day);
    say_text(&s, row->maker);
    say_text(&s, row->approver);
    return say_done(&s, why);
}

/* behind may be a part of *out, which is written after it was read. */
static enum err rows_move_next(
    void *self, uint32_t day, const char *behind, struct move_row *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_MOVE_NEXT);
    struct move_row found;
    say_int(&s, day);
    say_text(&s, behind);
    enum err err = read_move(&s, &found, why);
    if (!err) {
        *out = found;
    }
    return err;
}

static enum err rows_move_sums(
    void *self, int64_t upload, uint32_t place, int64_t by_kind[MOVE_KIND_COUNT], struct why *why) {
    struct say s = clearing_say(self, CLEARING_MOVE_SUMS);
    (void)memset(by_kind, 0, MOVE_KIND_COUNT * sizeof by_kind[0]);
    say_int(&s, upload);
    say_int(&s, place);
    while (say_next(&s)) {
        int64_t kind = row_int(&s);
        assert(kind >= 0 && kind < MOVE_KIND_COUNT);
        by_kind[kind] = row_int(&s);
    }
    return say_end(&s, why);
}

/* Which one first, and then the whole row. */
static enum err rows_record_waiting(void *self, uint32_t day, int64_t upload, uint32_t place,
    struct record_row *out, struct why *why) {
    struct sqlite_clearing *rows = self;
    struct clearing_store store = {.self = rows};
    struct say s = clearing_say(self, CLEARING_RECORD_WAITING);
    say_int(&s, day);
    say_int(&s, upload);
    say_int(&s, place);
    bool there = say_next(&s);
    if (there) {
        upload = row_int(&s);
        place = (uint32_t)row_int(&s);
    }
    enum err err = clearing_found(&s, there, "record that waits", why);
    if (!err) {
        clearing_witness_offer(&store);
        err = store.record_at(self, upload, place, out, why);
    }
    return err;
}

/* The functions of this file, into a store that clearing_store.c has begun. */
void clearing_moves_offer(struct clearing_store *store) {
    store->city_put = rows_city_put;
    store->city_of_card = rows_city_of_card;
    store->city_check = rows_city_check;
    store->move_find = rows_move_find;
    store->move_put = rows_move_put;
    store->move_next = rows_move_next;
    store->move_sums = rows_move_sums;
    store->record_waiting = rows_record_waiting;
}
