#include "clearing/statement.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/hex.h"
#include "clearing/day_cycle.h"
#include "clearing/move.h"
#include "clearing/sealed_records.h"
#include "clearing/text_line.h"
#include "clearing/text_out.h"

enum { GROW = 1024, FIELDS_MAX = 6 };

void statement_free(struct statement *s) {
    free(s->batches);
    free(s->trades);
    *s = (struct statement){0};
}

static enum err no_memory(struct why *why) {
    return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
}

/* Room for one more of a list that grows GROW at a time. */
static bool grow(void **list, size_t count, size_t size) {
    void *more = count % GROW == 0 ? realloc(*list, (count + GROW) * size) : *list;
    *list = more ? more : *list;
    return more != NULL;
}

/* --- order --------------------------------------------------------------------------------- */

static int batch_order(const void *a, const void *b) {
    const struct statement_batch *x = a, *y = b;
    int order = memcmp(x->terminal, y->terminal, TERMINAL_LEN);
    return order != 0 ? order : (x->batch > y->batch) - (x->batch < y->batch);
}

static int trade_order(const void *a, const void *b) {
    const struct statement_trade *x = a, *y = b;
    int order = memcmp(x->terminal, y->terminal, TERMINAL_LEN);
    order = order != 0 ? order : (x->batch > y->batch) - (x->batch < y->batch);
    order = order != 0 ? order : (x->seq > y->seq) - (x->seq < y->seq);
    return order != 0 ? order : (x->fen > y->fen) - (x->fen < y->fen);
}

/* --- reading ------------------------------------------------------------------------------- */

static enum err bad_line(const struct text_lines *lines, const char *what, struct why *why) {
    return why_say(
        why, ERR_INVALID, "line %" PRIu32 " %s; ask for the file again", lines->number, what);
}

static bool read_u32(struct bytes field, uint32_t *out) {
    uint64_t value = 0;
    bool good = field.len > 0 && field.len <= 10 && digits_read(field, &value)
                && value <= UINT32_MAX;
    *out = good ? (uint32_t)value : *out;
    return good;
}

static bool read_terminal(struct bytes field, uint8_t terminal[TERMINAL_LEN]) {
    uint64_t digits = 0;
    return field.len == (size_t)2 * TERMINAL_LEN && digits_read(field, &digits)
           && hex_read(field, terminal, TERMINAL_LEN);
}

static enum err read_head(struct text_lines *lines, struct statement *out, struct why *why) {
    struct bytes field[5];
    bool good = text_line(lines, field, 5) && bytes_equal(field[0], bytes_text("DAY"))
                && bytes_equal(field[1], bytes_text("1")) && read_u32(field[2], &out->number)
                && field[3].len == 8 && read_u32(field[3], &out->day) && day_exists(out->day)
                && field[4].len == INSTITUTION_LEN;
    if (!good) {
        return bad_line(lines, "is no head of a day's list (DAY|1|number|day|institution)", why);
    }
    (void)memcpy(out->institution, field[4].at, INSTITUTION_LEN);
    return OK;
}

static enum err read_batches(struct text_lines *lines, struct statement *out, struct why *why) {
    while (text_next_is(lines, "B")) {
        struct bytes field[5];
        struct statement_batch b = {.batch = 0};
        bool good = text_line(lines, field, 5) && read_terminal(field[1], b.terminal)
                    && read_u32(field[2], &b.batch) && read_u32(field[3], &b.trades)
                    && text_yuan(field[4], &b.fen);
        if (!good || out->batch_count == STATEMENT_BATCHES_MAX) {
            return bad_line(lines, "is no batch sheet (B|terminal|batch|trades|yuan)", why);
        }
        if (!grow((void **)&out->batches, out->batch_count, sizeof b)) {
            return no_memory(why);
        }
        out->batches[out->batch_count++] = b;
    }
    return OK;
}

static enum err read_trades(struct text_lines *lines, struct statement *out, struct why *why) {
    while (text_next_is(lines, "T")) {
        struct bytes field[FIELDS_MAX];
        struct statement_trade t = {.batch = 0};
        bool good = text_line(lines, field, 6) && read_terminal(field[1], t.terminal)
                    && read_u32(field[2], &t.batch) && read_u32(field[3], &t.seq)
                    && text_yuan(field[4], &t.fen) && field[5].len < sizeof t.end;
        if (!good || out->trade_count == UPLOAD_RECORDS_MAX) {
            return bad_line(lines, "is no trade (T|terminal|batch|sequence|yuan|end)", why);
        }
        (void)snprintf(t.end, sizeof t.end, "%.*s", (int)field[5].len, (const char *)field[5].at);
        if (!grow((void **)&out->trades, out->trade_count, sizeof t)) {
            return no_memory(why);
        }
        out->trades[out->trade_count++] = t;
    }
    return OK;
}

static enum err read_moves(struct text_lines *lines, struct statement *out, struct why *why) {
    while (text_next_is(lines, "M")) {
        struct bytes field[5];
        int64_t fen = 0;
        if (!text_line(lines, field, 5) || !text_yuan(field[3], &fen)) {
            return bad_line(lines, "is no decision (M|move|kind|yuan|reference)", why);
        }
        out->move_count++;
    }
    return OK;
}

/* Totals and seal. */
static enum err read_end(struct text_lines *lines, const struct statement *s, struct why *why) {
    struct bytes before = text_behind(lines), field[5];
    uint8_t digest[SM3_LEN], said[SM3_LEN];
    uint32_t batches = 0, trades = 0;
    int64_t fen = 0, sum = 0;
    text_digest(before, digest);
    for (size_t i = 0; i < s->trade_count; i++) {
        sum += s->trades[i].fen; /* a million of at most 10^15 each fit */
    }
    bool good = text_line(lines, field, 5) && bytes_equal(field[0], bytes_text("END"))
                && read_u32(field[1], &batches) && read_u32(field[2], &trades)
                && text_yuan(field[3], &fen) && hex_read(field[4], said, SM3_LEN)
                && lines->rest.len == 0;
    if (!good) {
        return bad_line(lines, "is not the end: the file is torn, longer, or out of order", why);
    }
    if (batches != s->batch_count || trades != s->trade_count || fen != sum) {
        return bad_line(lines, "has other totals than the lines before it", why);
    }
    return memcmp(digest, said, SM3_LEN) == 0
               ? OK
               : bad_line(lines, "has another seal than the bytes before it", why);
}

/* In their order; sheets of one batch that came in two files are one. */
static void sort_all(struct statement *s) {
    size_t kept = 0;
    if (s->batch_count > 0) {
        qsort(s->batches, s->batch_count, sizeof s->batches[0], batch_order);
    }
    if (s->trade_count > 0) {
        qsort(s->trades, s->trade_count, sizeof s->trades[0], trade_order);
    }
    for (size_t i = 1; i < s->batch_count; i++) {
        if (batch_order(&s->batches[kept], &s->batches[i]) == 0) {
            s->batches[kept].trades += s->batches[i].trades;
            s->batches[kept].fen += s->batches[i].fen;
        } else {
            s->batches[++kept] = s->batches[i];
        }
    }
    s->batch_count = s->batch_count > 0 ? kept + 1 : 0;
}

enum err statement_read(struct bytes file, struct statement *out, struct why *why) {
    struct text_lines lines = text_lines_of(file);
    *out = (struct statement){0};
    enum err err = read_head(&lines, out, why);
    err = err ? err : read_batches(&lines, out, why);
    err = err ? err : read_trades(&lines, out, why);
    err = err ? err : read_moves(&lines, out, why);
    err = err ? err : read_end(&lines, out, why);
    if (err) {
        statement_free(out);
        return err;
    }
    sort_all(out);
    return OK;
}

/* --- writing ------------------------------------------------------------------------------- */

/* The file while it grows, and what its end adds up. */
struct text {
    struct text_out out;
    uint32_t batches, trades;
    int64_t fen;
};

static void text_free(struct text *t) {
    text_out_free(&t->out);
}

/* Of each of the institution's files of the day: its sheet, or its trades. */
static enum err print_uploads(const struct clearing *c, uint32_t day, const char *institution,
    enum err (*print)(
        const struct clearing *, const struct upload_row *, struct text *, struct why *),
    struct text *t, struct why *why) {
    const struct clearing_store *store = c->store;
    struct upload_row row = {0};
    enum err err = OK;
    while (!(err = store->upload_next(store->self, day, row.id, &row, why))) {
        bool its = strcmp(row.header.institution, institution) == 0;
        err = its ? print(c, &row, t, why) : OK;
        if (err) {
            return err;
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err print_batch(
    const struct clearing *c, const struct upload_row *row, struct text *t, struct why *why) {
    char terminal[2 * TERMINAL_LEN + 1];
    (void)c;
    (void)why;
    hex_write(bytes_of(row->header.terminal, TERMINAL_LEN), terminal);
    (void)fprintf(
        t->out.stream, "B|%s|%" PRIu32 "|%" PRIu32 "|", terminal, row->header.batch, row->count);
    text_out_yuan(&t->out, row->total_fen);
    (void)fputs("\r\n", t->out.stream);
    t->batches++;
    return OK;
}

/* A trade of a batch, with its end. */
static void print_trade(struct text *t, const struct upload_row *of, const struct record_row *r) {
    char terminal[2 * TERMINAL_LEN + 1];
    assert(r->upload == of->id);
    hex_write(bytes_of(of->header.terminal, TERMINAL_LEN), terminal);
    (void)fprintf(t->out.stream, "T|%s|%" PRIu32 "|%" PRIu32 "|", terminal, of->header.batch,
        r->record.terminal_seq);
    text_out_yuan(&t->out, r->record.amount);
    (void)fprintf(t->out.stream, "|%s\r\n", reason_line(r->reason)->word);
    t->trades++;
    t->fen += r->record.amount;
}

static enum err print_trades(
    const struct clearing *c, const struct upload_row *row, struct text *t, struct why *why) {
    struct record_row r;
    for (uint32_t place = 1; place <= row->count; place++) {
        enum err err = c->store->record_at(c->store->self, row->id, place, &r, why);
        if (err) {
            return why_add(why, err, "upload %" PRId64 ", record %" PRIu32, row->id, place);
        }
        print_trade(t, row, &r);
    }
    return OK;
}

/* The trades of a day in parts, which come file by file; upload is that of the one before. */
struct sealed_trades {
    const struct clearing *c;
    struct text *t;
    struct upload_row upload;
};

static enum err print_sealed(void *cookie, const struct record_row *row, struct why *why) {
    struct sealed_trades *s = cookie;
    const struct clearing_store *store = s->c->store;
    enum err err = s->upload.id == row->upload
                       ? OK
                       : store->upload_numbered(store->self, row->upload, &s->upload, why);
    if (!err) {
        print_trade(s->t, &s->upload, row);
    }
    return err;
}

/* From sealed segments, or else from rows. */
static enum err print_day_trades(const struct clearing *c, uint32_t day, const char *institution,
    struct text *t, struct why *why) {
    struct sealed_trades trades = {.c = c, .t = t};
    const struct sealed_listener to = {&trades, print_sealed, NULL};
    enum err err = c->sealed
                       ? c->sealed->of_institution(c->sealed->self, day, institution, &to, why)
                       : ERR_NOT_FOUND;
    return err == ERR_NOT_FOUND ? print_uploads(c, day, institution, print_trades, t, why) : err;
}

/* A text in a field: what would end it becomes a '/'. */
static void to_field(const char *text, char field[MOVE_REFERENCE_MAX + 1]) {
    size_t len = strlen(text);
    assert(len <= MOVE_REFERENCE_MAX);
    for (size_t i = 0; i <= len; i++) {
        bool ends = text[i] == '|' || ((unsigned char)text[i] < 0x20 && text[i] != '\0');
        field[i] = text[i];
        if (ends) {
            field[i] = '/';
        }
    }
}

/* What two officers decided for the institution on the day. */
static enum err print_moves(const struct clearing *c, uint32_t day, const char *institution,
    struct text *t, struct why *why) {
    struct move_row row = {.number = ""};
    enum err err = OK;
    while (!(err = c->store->move_next(c->store->self, day, row.number, &row, why))) {
        char reference[MOVE_REFERENCE_MAX + 1];
        if (strcmp(row.institution, institution) != 0) {
            continue;
        }
        to_field(row.reference, reference);
        (void)fprintf(t->out.stream, "M|%s|%s|", row.number, move_word(row.kind));
        text_out_yuan(&t->out, row.fen);
        (void)fprintf(t->out.stream, "|%s\r\n", reference);
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err print_end(struct text *t, struct why *why) {
    char hex[2 * SM3_LEN + 1];
    enum err err = text_out_seal(&t->out, hex, why);
    if (err) {
        return err;
    }
    (void)fprintf(t->out.stream, "END|%" PRIu32 "|%" PRIu32 "|", t->batches, t->trades);
    text_out_yuan(&t->out, t->fen);
    (void)fprintf(t->out.stream, "|%s\r\n", hex);
    return text_out_end(&t->out, why);
}

/* The whole file in memory. */
static enum err print_all(const struct clearing *c, uint32_t day, const char *institution,
    struct text *t, struct why *why) {
    const struct clearing_store *store = c->store;
    struct institution of;
    struct day_row row;
    uint32_t number = 0;
    enum err err = store->day_find(store->self, day, &row, why);
    err = err ? err : store->institution_find(store->self, institution, &of, why);
    err = err ? err : store->day_number(store->self, day, &number, why);
    if (err) {
        return why_add(why, err, "day %" PRIu32 " of %s", day, institution);
    }
    err = text_out_begin(&t->out, why);
    if (err) {
        return err;
    }
    (void)fprintf(t->out.stream, "DAY|1|%" PRIu32 "|%08" PRIu32 "|%s\r\n", number, day, of.code);
    err = print_uploads(c, day, institution, print_batch, t, why);
    err = err ? err : print_day_trades(c, day, institution, t, why);
    err = err ? err : print_moves(c, day, institution, t, why);
    return err ? err : print_end(t, why);
}

enum err statement_write(
    const struct clearing *c, uint32_t day, const char *institution, FILE *to, struct why *why) {
    __attribute__((cleanup(text_free))) struct text t = {0};
    enum err err = print_all(c, day, institution, &t, why);
    if (!err && (fwrite(t.out.at, 1, t.out.len, to) != t.out.len || fflush(to) != 0)) {
        return why_say(why, ERR_OUTSIDE, "the list could not be written; is the disk full?");
    }
    return err;
}
