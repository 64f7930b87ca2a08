#include "clearing/partition_archive.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/partition_books.h"

/* A question on its way. */
struct asking {
    struct books_walk w;
    const struct sealed_listener *to;
    const char *institution;
    struct segment_row *rows; /* of the institution's files, as they were found */
    size_t count, room;
};

static void asking_close(struct asking *a) {
    books_close(&a->w);
    free(a->rows);
}
#define ASKING_SCOPE(name) __attribute__((cleanup(asking_close))) struct asking name = {.count = 0}

/* The page of a day that the store knows, as it was sealed. ERR_NOT_FOUND: it is no day in parts. */
static enum err open_day(
    struct asking *a, const struct parts_archive *archive, uint32_t day, struct why *why) {
    const struct parts_store *parts = archive->lying.parts;
    struct parts_row row;
    a->w.order = &archive->lying;
    a->w.day = day;
    enum err err = parts->day_find(parts->self, day, &row, why);
    if (err) {
        return err;
    }
    err = books_open(&a->w, why);
    if (err == ERR_NOT_FOUND || (!err && memcmp(row.page, a->w.row.page, sizeof row.page) != 0)) {
        return why_say(why, ERR_CONFLICT,
            "the page of day %08" PRIu32
            " is gone, or not the one that the store names; take it back from the backup",
            day);
    }
    return err;
}

/* --- a place ------------------------------------------------------------------------------- */

/* Where in the page a file stands, or its count of files. */
static size_t file_of(const struct parts_day *page, const uint8_t digest[SM3_LEN]) {
    size_t at = 0;
    while (at < page->file_count
           && (page->files[at].end != FILE_TAKEN
               || memcmp(page->files[at].digest, digest, SM3_LEN) != 0)) {
        at++;
    }
    return at;
}

/* The row of a segment that was loaded, or NULL. */
static const struct segment_row *row_at(
    const struct segment_image *image, uint64_t rows, size_t file, uint32_t place) {
    const struct segment_row *row = segment_rows(image);
    for (uint64_t i = 0; i < rows; i++) {
        if (row[i].place == place && row[i].file == file) {
            return &row[i];
        }
    }
    return NULL;
}

static enum err find_place(void *self, const struct upload_row *of, uint32_t place,
    struct record_row *out, struct why *why) {
    ASKING_SCOPE(a);
    const struct segment_row *row = NULL;
    assert(of->id > 0);
    enum err err = open_day(&a, self, of->day, why);
    size_t file = err ? 0 : file_of(&a.w.page, of->digest);
    if (!err && file == a.w.page.file_count) {
        return why_say(why, ERR_NOT_FOUND, "the page of its day does not name the file");
    }
    for (size_t part = 0; !err && !row && part < a.w.page.parts; part++) {
        struct segment_head head;
        uint8_t seal[SEGMENT_SEAL_LEN];
        err = books_segment(&a.w, part, &head, seal, why);
        row = err ? NULL : row_at(&a.w.image, head.rows, file, place);
    }
    if (err || !row) {
        return err ? err : why_say(why, ERR_NOT_FOUND, "the file has no record %" PRIu32, place);
    }
    a.w.uploads[file] = *of;
    return books_row(&a.w, row, out, why);
}

/* --- an institution ------------------------------------------------------------------------ */

static enum err keep_row(struct asking *a, const struct segment_row *row, struct why *why) {
    enum { ROWS_FIRST = 1024 };
    if (a->count == a->room) {
        size_t room = a->room > 0 ? 2 * a->room : ROWS_FIRST;
        struct segment_row *rows = realloc(a->rows, room * sizeof *rows);
        if (!rows) {
            return why_say(why, ERR_OUTSIDE,
                "no memory for the %zu records of an institution; end other programs", a->count);
        }
        a->rows = rows;
        a->room = room;
    }
    a->rows[a->count++] = *row;
    return OK;
}

static int by_place(const void *a, const void *b) {
    uint64_t x = row_pos(a), y = row_pos(b);
    return (x > y) - (x < y);
}

/* The rows of its files, out of all segments. */
static enum err collect(struct asking *a, struct why *why) {
    enum err err = OK;
    for (size_t part = 0; !err && part < a->w.page.parts; part++) {
        struct segment_head head;
        uint8_t seal[SEGMENT_SEAL_LEN];
        err = books_segment(&a->w, part, &head, seal, why);
        const struct segment_row *rows = err ? NULL : segment_rows(&a->w.image);
        for (uint64_t i = 0; !err && i < head.rows; i++) {
            bool its = rows[i].file < a->w.page.file_count
                       && strcmp(a->w.uploads[rows[i].file].header.institution, a->institution)
                              == 0;
            err = its ? keep_row(a, &rows[i], why) : OK;
        }
    }
    if (!err && a->count > 1) {
        qsort(a->rows, a->count, sizeof *a->rows, by_place);
    }
    return err;
}

static enum err hand_over(struct asking *a, struct why *why) {
    enum err err = OK;
    for (size_t i = 0; !err && a->to->record && i < a->count; i++) {
        struct record_row row;
        err = books_row(&a->w, &a->rows[i], &row, why);
        err = err ? err : a->to->record(a->to->cookie, &row, why);
    }
    return err;
}

static enum err tell_institution(void *self, uint32_t day, const char *institution,
    const struct sealed_listener *to, struct why *why) {
    struct asking a = {.institution = institution, .to = to};
    enum err err = open_day(&a, self, day, why);
    err = err ? err : books_files(&a.w, why);
    err = err ? err : collect(&a, why);
    err = err ? err : hand_over(&a, why);
    asking_close(&a);
    return err;
}

/* --- a card -------------------------------------------------------------------------------- */

/* The store must name the segment, too. */
static enum err meet_segment(struct books_walk *w, const struct segment_head *head,
    const uint8_t seal[SEGMENT_SEAL_LEN], struct why *why) {
    const struct parts_store *parts = w->order->parts;
    struct segment_head named = *head;
    uint8_t kept[SEGMENT_SEAL_LEN];
    enum err err = parts->segment_find(parts->self, &named, kept, why);
    bool good = !err && named.rows == head->rows && memcmp(kept, seal, sizeof kept) == 0;
    return good || (err && err != ERR_NOT_FOUND)
               ? err
               : why_say(why, ERR_CONFLICT,
                   "segment %" PRIu32 " of day %08" PRIu32 " is not the one that the store names",
                   head->part, head->day);
}

static enum err meet_record(
    struct books_walk *w, struct record_row *row, bool waits, struct why *why) {
    const struct asking *a = w->self;
    (void)waits;
    return a->to->record ? a->to->record(a->to->cookie, row, why) : OK;
}

static enum err meet_posting(struct books_walk *w, const struct posting *p, struct why *why) {
    const struct asking *a = w->self;
    return a->to->posting ? a->to->posting(a->to->cookie, p, why) : OK;
}

static const struct books_steps meeting = {meet_segment, meet_record, meet_posting};

static enum err tell_card(void *self, uint32_t day, const uint8_t factor[FACTOR_LEN],
    const struct sealed_listener *to, struct why *why) {
    ASKING_SCOPE(a);
    a.to = to;
    a.w.steps = &meeting;
    a.w.self = &a;
    enum err err = open_day(&a, self, day, why);
    err = err ? err : books_files(&a.w, why);
    return err ? err : books_walk_card(&a.w, factor, why);
}

/* --- opening ------------------------------------------------------------------------------- */

void parts_archive_open(struct parts_archive *archive, const struct clearing *c,
    const struct parts_store *parts, const char *folder) {
    assert(parts->day_find);
    *archive = (struct parts_archive){
        .lying = {.c = c,           .parts = parts,   .folder = folder},
        .records = { .self = archive,
                  .at = find_place,
                  .of_institution = tell_institution,
                  .of_card = tell_card}
    };
}
