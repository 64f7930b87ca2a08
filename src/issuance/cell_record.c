#include "issuance/cell_record.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "issuance/batch.h"

enum { SUBJECT_MAX = 80 };

/* Which run it is, for an auditor. */
enum err cell_note(const struct cell *cell, const struct production_run *run, const char *who,
    const char *what, struct why *why) {
    char subject[SUBJECT_MAX];
    (void)snprintf(subject, sizeof subject, "run %" PRId64 " of batch %" PRId64 " in %s", run->id,
        run->batch, run->machine);
    return cell->store->audit(cell->store->self, who, what, subject, why);
}

/* As much of a story as a row holds; cut before a character, not inside one. */
static void cut_words(char *to, size_t room, const char *from) {
    size_t len = strnlen(from, room - 1);
    while (from[len] && len > 0 && ((unsigned char)from[len] & 0xC0) == 0x80) {
        len--;
    }
    (void)memcpy(to, from, len);
    to[len] = '\0';
}

/* The row of a piece as it is known so far. */
static struct production_piece row_of(
    const struct production_run *run, const struct cell_piece *piece, enum piece_state state) {
    struct production_piece row = {.run = run->id,
        .serial = piece->serial,
        .batch = piece->line.batch,
        .seq = piece->line.seq,
        .state = state,
        .seat = (int)piece->seat,
        .atr_len = piece->atr_len,
        .key_version = run->key_version,
        .commands = (int64_t)piece->made.commands + (int64_t)piece->found.commands,
        .micros = (int64_t)piece->micros};
    assert(piece->atr_len <= sizeof row.atr);
    (void)memcpy(row.atr, piece->atr, piece->atr_len);
    if (piece->fate != FATE_GOOD && piece->fate != FATE_OPEN) {
        cut_words(row.reason, sizeof row.reason, piece->why.text);
    }
    return row;
}

/* All of a group or none; a serial that the run has already is refused by the table. */
enum err cell_take(const struct cell *cell, const struct production_run *run,
    const struct cell_piece *pieces, size_t count, struct why *why) {
    const struct production_store *production = cell->production;
    WORK_SCOPE(work);
    enum err err = work_begin(&work, cell->store, why);
    for (size_t i = 0; !err && i < count; i++) {
        const struct production_piece row = row_of(run, &pieces[i], PIECE_TAKEN);
        assert(row.serial > 0);
        err = production->piece_add(production->self, &row, why);
        err = err ? why_add(why, err, "blank %" PRId64, row.serial) : OK;
    }
    return err ? err : work_commit(&work, why);
}

/* --- lines ----------------------------------------------------------------------------------- */

/* The finished card gets its owner. */
static enum err add_card(const struct cell *cell, const struct production_run *run,
    const struct cell_piece *piece, struct why *why) {
    struct card_record card = {
        .person = piece->line.person,
        .batch = piece->line.batch,
        .issued = cell->issuer->issued,
        .valid_until = cell->issuer->expires,
    };
    const struct card_data *data = &piece->made.data;
    (void)memcpy(card.number, piece->line.card_number, sizeof card.number);
    (void)memcpy(card.factor, data->factor, sizeof card.factor);
    hex_write(bytes_of(data->values.card_id, sizeof data->values.card_id), card.identification);
    return card_add(cell->registry, &card, run->officer, why);
}

/* One event of the piece's line. */
static enum err step_line(const struct cell *cell, const struct cell_piece *piece,
    enum line_event event, const char *reason, struct why *why) {
    const struct card_data *data = &piece->made.data;
    const struct line_result result = {
        .event = event, .reason = reason, .factor = data->factor, .card_id = data->values.card_id};
    return batch_line_step(cell->store, piece->line.batch, piece->line.seq, &result, why);
}

/* Made and good: the line has its chip, the person a card. */
static enum err line_good(const struct cell *cell, const struct production_run *run,
    const struct cell_piece *piece, struct why *why) {
    enum err err = step_line(cell, piece, LINE_MAKE, NULL, why);
    err = err ? err : step_line(cell, piece, LINE_PASS, NULL, why);
    return err ? err : add_card(cell, run, piece, why);
}

/* Made and wrong: number and chip are used up. */
static enum err line_wrong(const struct cell *cell, const struct production_run *run,
    const struct cell_piece *piece, struct why *why) {
    (void)run;
    enum err err = step_line(cell, piece, LINE_MAKE, NULL, why);
    return err ? err : step_line(cell, piece, LINE_REJECT, piece->why.text, why);
}

/* Nothing was made that counts, so the same number may have another blank; but not for ever, and
 * not where each number has one blank. */
static enum err line_failed(const struct cell *cell, const struct production_run *run,
    const struct cell_piece *piece, struct why *why) {
    const struct production_store *production = cell->production;
    int64_t tries = 0;
    (void)run;
    if (piece->again) {
        return OK; /* the line waits as it did: only the blank is lost */
    }
    enum err err = step_line(cell, piece, LINE_FAIL, piece->why.text, why);
    err = err ? err
              : production->tries(
                  production->self, piece->line.batch, piece->line.seq, &tries, why);
    bool again = cell->stock && tries < CELL_TRIES_MAX;
    return err || !again ? err : step_line(cell, piece, LINE_REMAKE, NULL, why);
}

/* The person's record is at fault; no blank will help. */
static enum err line_unfit(const struct cell *cell, const struct production_run *run,
    const struct cell_piece *piece, struct why *why) {
    (void)run;
    return step_line(cell, piece, LINE_FAIL, piece->why.text, why);
}

/* Nothing was done to the line: it waits for another blank. */
static enum err line_stays(const struct cell *cell, const struct production_run *run,
    const struct cell_piece *piece, struct why *why) {
    (void)cell;
    (void)run;
    (void)piece;
    (void)why;
    return OK;
}

/* What goes with each fate: the line's way, the piece's end, what the ledger of blanks is told. */
static const struct deed {
    enum cell_fate fate;
    enum piece_state state;
    bool moves; /* the blank leaves production */
    enum stock_step step;
    enum err (*line)(const struct cell *cell, const struct production_run *run,
        const struct cell_piece *piece, struct why *why);
} deeds[] = {
    {FATE_GOOD,     PIECE_PASSED,   true,  STOCK_MAKE,  line_good  },
    {FATE_WRONG,    PIECE_REJECTED, true,  STOCK_MAKE,  line_wrong }, /* destroyed as a card */
    {FATE_FAILED,   PIECE_REJECTED, true,  STOCK_SPOIL, line_failed},
    {FATE_UNFIT,    PIECE_RETURNED, false, STOCK_STEPS, line_unfit },
    {FATE_MISTAKEN, PIECE_RETURNED, false, STOCK_STEPS, line_stays },
};

/* NULL for a piece that stays taken. */
static const struct deed *deed_of(enum cell_fate fate) {
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        if (deeds[i].fate == fate) {
            return &deeds[i];
        }
    }
    return NULL;
}

/* --- blanks ---------------------------------------------------------------------------------- */

/* One order for a run of blanks that had the same end, numbered by its first chip: sent again, it
 * would answer as before. */
static enum err move_blanks(const struct cell *cell, const struct production_run *run,
    const struct cell_piece *first, size_t count, struct why *why) {
    const struct deed *deed = deed_of(first->fate);
    assert(deed);
    assert(deed->step < STOCK_STEPS);
    struct stock_order order = {
        .step = deed->step, .first = first->serial, .count = (int64_t)count, .day = run->day};
    (void)snprintf(order.request, sizeof order.request, "run %" PRId64 " chip %" PRId64, run->id,
        first->serial);
    (void)snprintf(order.point, sizeof order.point, "%s", cell->point);
    (void)snprintf(
        order.note, sizeof order.note, "%.100s", deed->step == STOCK_SPOIL ? first->why.text : "");
    (void)snprintf(order.officer, sizeof order.officer, "%s", run->officer);
    return stock_order_make(cell->stock, cell->registry, &order, why);
}

/* How many pieces from this one on lie in a row of serials and have one end. */
static size_t row_length(const struct cell_group *group, size_t from) {
    const struct cell_piece *first = &group->pieces[from];
    size_t count = 1;
    while (from + count < group->count) {
        const struct cell_piece *next = &group->pieces[from + count];
        if (next->fate != first->fate || next->serial != first->serial + (int64_t)count) {
            break;
        }
        count++;
    }
    return count;
}

/* Row by row of serials; a group has few of them. */
static enum err settle_blanks(const struct cell *cell, const struct production_run *run,
    const struct cell_group *group, struct why *why) {
    enum err err = OK;
    size_t count = 0;
    for (size_t i = 0; !err && cell->stock && i < group->count; i += count) {
        const struct deed *deed = deed_of(group->pieces[i].fate);
        count = row_length(group, i);
        assert(count >= 1);
        err = deed && deed->moves ? move_blanks(cell, run, &group->pieces[i], count, why) : OK;
    }
    return err;
}

/* --- the group ------------------------------------------------------------------------------- */

/* The piece first: how often a line was tried counts this time, too. */
static enum err settle_piece(const struct cell *cell, const struct production_run *run,
    const struct cell_piece *piece, struct why *why) {
    const struct production_store *production = cell->production;
    const struct deed *deed = deed_of(piece->fate);
    if (!deed) {
        return OK;
    }
    const struct production_piece row = row_of(run, piece, deed->state);
    enum err err = production->piece_settle(production->self, &row, why);
    err = err || piece->line.seq == 0 ? err : deed->line(cell, run, piece, why);
    return err ? why_add(why, err, "blank %" PRId64, piece->serial) : OK;
}

/* Counts what stays in the machine, and keeps one story of it. */
static void count_left(const struct cell_group *group, size_t *left, struct why *story) {
    *left = 0;
    for (size_t i = 0; i < group->count; i++) {
        const struct cell_piece *piece = &group->pieces[i];
        *left += deed_of(piece->fate) ? 0 : 1;
        if (piece->fate == FATE_UNKNOWN || piece->fate == FATE_MISTAKEN) {
            *story = piece->why;
        }
    }
}

/* The PINs are wiped whether it succeeds or not. */
enum err cell_record(const struct cell *cell, const struct production_run *run,
    struct cell_group *group, size_t *left, struct why *story, struct why *why) {
    WORK_SCOPE(work);
    enum err err = work_begin(&work, cell->store, why);
    for (size_t i = 0; !err && i < group->count; i++) {
        err = settle_piece(cell, run, &group->pieces[i], why);
    }
    err = err ? err : settle_blanks(cell, run, group, why);
    count_left(group, left, story);
    for (size_t i = 0; i < group->count; i++) {
        card_data_wipe(&group->pieces[i].made.data);
    }
    return err ? err : work_commit(&work, why);
}
