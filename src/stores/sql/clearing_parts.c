#include "stores/sql/clearing_parts.h"

#include <assert.h>
#include <stdlib.h>

#include "stores/sql/clearing_parts_rows.h"
#include "stores/sql/clearing_rows.h"

static const char *const sentences[PARTS_SENTENCES] = {
#define SQL(name, text) [PARTS_##name] = (text),
#include "stores/sql/clearing_parts.def"
};

struct say parts_say(void *self, enum parts_sentence which) {
    struct sql_parts *p = self;
    assert(which < PARTS_SENTENCES);
    return say(p->prepared[which]);
}

/* --- days ---------------------------------------------------------------------------------- */

/* The one row of a sentence about days. */
static enum err read_day(struct say *s, struct parts_row *out, struct why *why) {
    bool there = say_next(s);
    if (there) {
        out->day = (uint32_t)row_int(s);
        row_bytes(s, out->page, sizeof out->page);
        out->files = (uint64_t)row_int(s);
        out->segments = (uint64_t)row_int(s);
        out->records = (uint64_t)row_int(s);
    }
    return clearing_found(s, there, "day in parts", why);
}

static enum err parts_day_find(void *self, uint32_t day, struct parts_row *out, struct why *why) {
    struct say s = parts_say(self, PARTS_DAY_FIND);
    say_int(&s, day);
    return read_day(&s, out, why);
}

static enum err parts_day_next(
    void *self, uint32_t behind, struct parts_row *out, struct why *why) {
    struct say s = parts_say(self, PARTS_DAY_NEXT);
    say_int(&s, behind);
    return read_day(&s, out, why);
}

static enum err parts_day_add(void *self, const struct parts_row *row, struct why *why) {
    struct say s = parts_say(self, PARTS_DAY_ADD);
    assert(row->day != 0);
    say_int(&s, row->day);
    say_blob(&s, bytes_of(row->page, sizeof row->page));
    say_int(&s, (int64_t)row->files);
    say_int(&s, (int64_t)row->segments);
    say_int(&s, (int64_t)row->records);
    return say_done(&s, why);
}

static enum err parts_segment_add(void *self, const struct segment_head *head,
    const uint8_t seal[SEGMENT_SEAL_LEN], struct why *why) {
    struct say s = parts_say(self, PARTS_SEGMENT_ADD);
    assert(head->part < head->parts);
    say_int(&s, head->day);
    say_int(&s, head->part);
    say_int(&s, (int64_t)head->rows);
    say_blob(&s, bytes_of(seal, SEGMENT_SEAL_LEN));
    return say_done(&s, why);
}

static enum err parts_segment_find(
    void *self, struct segment_head *head, uint8_t seal[SEGMENT_SEAL_LEN], struct why *why) {
    struct say s = parts_say(self, PARTS_SEGMENT_FIND);
    say_int(&s, head->day);
    say_int(&s, head->part);
    bool there = say_next(&s);
    if (there) {
        head->rows = (uint64_t)row_int(&s);
        row_bytes(&s, seal, SEGMENT_SEAL_LEN);
    }
    return clearing_found(&s, there, "segment", why);
}

static enum err parts_sum_add(void *self, const struct upload_row *of, enum reason reason,
    enum tac_finding tac, const struct reason_sum *sum, struct why *why) {
    struct say s = parts_say(self, PARTS_SUM_ADD);
    assert(of->id > 0);
    assert(sum->count > 0);
    say_int(&s, of->id);
    say_int(&s, reason);
    say_int(&s, tac);
    say_int(&s, (int64_t)sum->count);
    say_int(&s, sum->fen);
    say_int(&s, of->day);
    return say_done(&s, why);
}

/* --- what others ask ----------------------------------------------------------------------- */

static enum err parts_postings(void *self, uint32_t day, uint64_t *count, struct why *why) {
    struct say s = parts_say(self, PARTS_POSTINGS);
    say_int(&s, day);
    *count = say_next(&s) ? (uint64_t)row_int(&s) : 0;
    return say_end(&s, why);
}

static enum err parts_plain_day(void *self, uint32_t from, uint32_t *day, struct why *why) {
    struct say s = parts_say(self, PARTS_PLAIN_DAY);
    say_int(&s, from);
    bool there = say_next(&s);
    *day = there ? (uint32_t)row_int(&s) : *day;
    return clearing_found(&s, there, "file that came by itself", why);
}

/* --- opening ------------------------------------------------------------------------------- */

enum err sql_parts_open(
    struct db *db, struct sql_parts **out, struct parts_store *store, struct why *why) {
    struct sql_parts *p = calloc(1, sizeof *p);
    *out = NULL;
    if (!p) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    enum err err = db_prepare(db, sentences, PARTS_SENTENCES, p->prepared, why);
    if (err) {
        free(p);
        return why_add(why, err, "days in parts");
    }
    *store = (struct parts_store){.self = p,
        .draw = register_draw,
        .drop = register_drop,
        .day_find = parts_day_find,
        .day_next = parts_day_next,
        .day_add = parts_day_add,
        .segment_add = parts_segment_add,
        .segment_find = parts_segment_find,
        .sum_add = parts_sum_add,
        .postings = parts_postings,
        .plain_day = parts_plain_day,
        .pay_begin = parts_pay_begin,
        .pay = parts_pay,
        .pay_end = parts_pay_end};
    *out = p;
    return OK;
}

void sql_parts_close(struct sql_parts *parts) {
    if (parts) {
        parts_pay_begin(parts);
        db_finalize(parts->prepared, PARTS_SENTENCES);
        free(parts);
    }
}
