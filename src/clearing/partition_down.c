/* A day whose files came one by one, written down as a day in parts is, so that the days behind it find
 * its records: what a centre needs to change over. [decision 0060] */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/partition_down.h"
#include "clearing/partition_page.h"
#include "clearing/partition_piece.h"
#include "host/files.h"

enum { ROWS_OF_PART = 200000, LIST_FIRST = 256 };

struct writing_down {
    const struct clearing_store *store;
    struct parts_order order;
    struct parts_day day;
    struct segment_row *rows;
    size_t row_count, row_room, file_room;
    struct segment_image image;
};

static enum err no_memory(struct why *why) {
    return why_say(why, ERR_OUTSIDE, "no memory for an earlier day; end other programs");
}

/* Room for one more record, and for one more file; false without memory. */
static bool row_fits(struct writing_down *w) {
    size_t room = w->row_room > 0 ? 2 * w->row_room : (size_t)LIST_FIRST;
    if (w->row_count < w->row_room) {
        return true;
    }
    struct segment_row *rows = realloc(w->rows, room * sizeof *rows);
    if (!rows) {
        return false;
    }
    w->rows = rows;
    w->row_room = room;
    return true;
}

static bool file_fits(struct writing_down *w) {
    size_t room = w->file_room > 0 ? 2 * w->file_room : (size_t)LIST_FIRST;
    if (w->day.file_count < w->file_room) {
        return true;
    }
    struct part_file *files = realloc(w->day.files, room * sizeof *files);
    if (!files) {
        return false;
    }
    w->day.files = files;
    w->file_room = room;
    return true;
}

/* --- rows ---------------------------------------------------------------------------------- */

/* A record as its terminal sent it, from what its row says of it. */
static bool put_piece(const struct upload_record *r, uint8_t piece[UPLOAD_PIECE_MAX]) {
    struct upload_tally tally = {.count = 0};
    struct builder b = builder_in(piece, UPLOAD_PIECE_MAX);
    upload_put(&tally, r, &b);
    assert(b.overflowed || b.len <= UPLOAD_PIECE_MAX);
    return !b.overflowed && tally.count == 1;
}

static enum err take_record(
    struct writing_down *w, const struct upload_row *of, uint32_t place, struct why *why) {
    struct record_row r;
    enum err err = w->store->record_at(w->store->self, of->id, place, &r, why);
    if (err) {
        return err == ERR_NOT_FOUND ? why_say(why, ERR_CONFLICT,
                   "upload %" PRId64 " has no record %" PRIu32 "; prove its day", of->id, place)
                                    : err;
    }
    if (!row_fits(w)) {
        return no_memory(why);
    }
    assert(w->rows);
    struct segment_row *row = &w->rows[w->row_count++];
    *row = (struct segment_row){.reason = (uint8_t)r.reason,
        .tac = (uint8_t)r.tac,
        .posted = r.posted ? 1 : 0,
        .file = (uint32_t)w->day.file_count,
        .place = place};
    return put_piece(&r.record, row->piece)
               ? OK
               : why_say(why, ERR_CONFLICT,
                   "record %" PRIu32 " of upload %" PRId64 " has no form; prove its day", place,
                   of->id);
}

static enum err take_upload(struct writing_down *w, const struct upload_row *of, struct why *why) {
    enum err err = file_fits(w) ? OK : no_memory(why);
    for (uint32_t place = 1; !err && place <= of->count; place++) {
        err = take_record(w, of, place, why);
    }
    if (!err) {
        assert(w->day.files);
        struct part_file *f = &w->day.files[w->day.file_count++];
        *f = (struct part_file){.end = FILE_TAKEN, .count = of->count, .fen = of->total_fen};
        (void)memcpy(f->digest, of->digest, SM3_LEN);
    }
    return err;
}

static enum err take_uploads(struct writing_down *w, struct why *why) {
    struct upload_row row = {.id = 0};
    enum err err = OK;
    while (!(err = w->store->upload_next(w->store->self, w->order.day, row.id, &row, why))) {
        err = take_upload(w, &row, why);
        if (err) {
            return err;
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* --- segments and the page ----------------------------------------------------------------- */

static const uint8_t *factor_of(const struct segment_row *row) {
    return row->piece + (row->piece[0] == PIECE_MEDICAL ? AT_MEDICAL_FACTOR : AT_FACTOR);
}

static int by_card(const void *a, const void *b) {
    int order = memcmp(factor_of(a), factor_of(b), FACTOR_LEN);
    uint64_t x = row_pos(a), y = row_pos(b);
    return order != 0 ? order : (x > y) - (x < y);
}

static enum err write_part(struct writing_down *w, size_t part, struct why *why) {
    size_t first = part * ROWS_OF_PART, left = w->row_count - first;
    struct segment_head head = {.day = w->order.day,
        .part = (uint32_t)part,
        .parts = (uint32_t)w->day.parts,
        .rows = left < ROWS_OF_PART ? left : (size_t)ROWS_OF_PART};
    char path[PATH_ROOM];
    if (!parts_path(path, &w->order, part, w->day.parts)) {
        return why_say(why, ERR_INVALID, "the folder's name is too long; choose another");
    }
    enum err err = segment_room(&w->image, head.rows, why);
    if (!err && head.rows > 0) {
        assert(w->rows);
        (void)memcpy(segment_rows(&w->image), w->rows + first, head.rows * sizeof *w->rows);
    }
    w->day.part_rows[part] = head.rows;
    return err ? err : segment_write(path, &head, &w->image, w->day.seals[part], why);
}

static enum err write_page(struct writing_down *w, struct why *why) {
    struct part_sums sums = {.nets = calloc(w->day.city->institution_count + 1, sizeof *sums.nets),
        .fund_bank = calloc(
            (size_t)w->day.city->funds * w->day.city->banks + 1, sizeof *sums.fund_bank)};
    char path[PATH_ROOM];
    size_t len = 0;
    for (size_t i = 0; i < w->row_count; i++) {
        sums_add(
            &sums, (enum reason)w->rows[i].reason, w->rows[i].tac, piece_amount(w->rows[i].piece));
    }
    char *text = sums.nets && sums.fund_bank ? page_text(&w->day, &sums, &len) : NULL;
    enum err err = text ? OK : no_memory(why);
    if (!err && !parts_path(path, &w->order, 1, 1)) {
        err = why_say(why, ERR_INVALID, "the folder's name is too long; choose another");
    }
    err = err ? err : files_write(path, bytes_of(text, len), why);
    free(text);
    free(sums.nets);
    free(sums.fund_bank);
    return err;
}

static enum err write_parts(struct writing_down *w, struct why *why) {
    enum err err = OK;
    w->day.parts = w->row_count / ROWS_OF_PART + 1;
    if (w->day.parts > SPOOL_HEAPS_MAX) {
        return why_say(why, ERR_CONFLICT,
            "day %08" PRIu32 " came one by one and is too long for parts; go on with day take",
            w->order.day);
    }
    if (w->row_count > 1) {
        qsort(w->rows, w->row_count, sizeof *w->rows, by_card);
    }
    w->day.part_rows = calloc(w->day.parts, sizeof *w->day.part_rows);
    w->day.seals = calloc(w->day.parts, sizeof *w->day.seals);
    err = w->day.part_rows && w->day.seals ? OK : no_memory(why);
    for (size_t part = 0; !err && part < w->day.parts; part++) {
        err = write_part(w, part, why);
    }
    return err ? err : write_page(w, why);
}

enum err parts_write_down(const struct clearing *c, const char *folder, uint32_t day,
    struct day_register *city, struct why *why) {
    struct writing_down w = {
        .store = c->store, .order = {.day = day, .folder = folder}
    };
    w.day = (struct parts_day){.order = &w.order, .city = city};
    assert(city->funds > 0);
    enum err err = take_uploads(&w, why);
    err = err ? err : write_parts(&w, why);
    segment_image_free(&w.image);
    parts_free_page(&w.day);
    free(w.rows);
    return err ? why_add(why, err, "day %08" PRIu32, day) : OK;
}
