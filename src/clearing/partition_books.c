#include "clearing/partition_books.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "clearing/move.h"
#include "clearing/partition_page.h"

enum { PAGE_MAX = 1 << 30, TELL_EACH = 4096 };

/* --- one card's money ---------------------------------------------------------------------- */

/* The next posting of the card: from it to the payees from `first` on, as many as a posting has
 * room for. */
static enum err post_some(struct books_walk *w, size_t first, size_t count, struct why *why) {
    struct posting p = {.day = w->day, .count = count + 1};
    char factor[2 * FACTOR_LEN + 1];
    assert(count > 0 && count < ENTRIES_MAX);
    assert(first + count <= w->payee_count);
    p.entries[0].account = account_of_card(w->card);
    for (size_t i = 0; i < count; i++) {
        const struct card_payee *to = &w->payees[first + i];
        assert(to->fen > 0);
        p.entries[i + 1] = (struct entry){to->to, to->fen};
        p.entries[0].fen -= to->fen;
    }
    hex_write(bytes_of(w->card, FACTOR_LEN), factor);
    (void)snprintf(p.number, sizeof p.number, "parts %08" PRIu32 "/%s/%" PRIu32, w->day, factor,
        ++w->postings);
    return w->steps->posting(w, &p, why);
}

/* Everything that the card has paid since the last posting. */
static enum err post_card(struct books_walk *w, struct why *why) {
    enum err err = OK;
    for (size_t at = 0, count = 0; !err && at < w->payee_count; at += count) {
        count = w->payee_count - at;
        count = count < ENTRIES_MAX - 1 ? count : ENTRIES_MAX - 1;
        err = post_some(w, at, count, why);
    }
    w->payee_count = 0;
    return err;
}

/* A card's rows stand together, but for the next segment nobody promises another card. */
static enum err next_card(struct books_walk *w, const uint8_t *factor, struct why *why) {
    if (memcmp(w->card, factor, FACTOR_LEN) == 0) {
        return OK;
    }
    enum err err = post_card(w, why);
    (void)memcpy(w->card, factor, FACTOR_LEN);
    w->postings = 0;
    return err;
}

/* A posted record: its institution or city, or suspense, gets what the card paid. */
static enum err pay(
    struct books_walk *w, const struct record_row *row, uint32_t file, struct why *why) {
    bool cleared = row->reason == REASON_NONE;
    struct account_name to = account_named(!cleared           ? ACCOUNT_SUSPENSE
                                           : w->of_city[file] ? ACCOUNT_CITY
                                                              : ACCOUNT_INSTITUTION,
        cleared ? w->uploads[file].header.institution : NULL);
    enum err err = next_card(w, upload_factor(&row->record), why);
    size_t i = 0;
    while (i < w->payee_count
           && (w->payees[i].to.kind != to.kind || strcmp(w->payees[i].to.of, to.of) != 0)) {
        i++;
    }
    if (!err && i == CARD_PAYEES_MAX) {
        err = post_card(w, why);
        i = 0;
    }
    if (i == w->payee_count) {
        w->payees[w->payee_count++] = (struct card_payee){.to = to};
    }
    w->payees[i].fen += row->record.amount;
    assert(row->record.amount > 0);
    return err;
}

/* --- rows ---------------------------------------------------------------------------------- */

/* A card that is not ours may be another city's: the register knows nothing of those. A medical trade is
 * of no form for the engine, and waits by its own name. [decision 0055] */
static enum err end_of(
    struct books_walk *w, const struct upload_record *r, enum reason *reason, struct why *why) {
    const struct clearing_store *store = w->order->c->store;
    char city[INSTITUTION_LEN + 1];
    bool medical = r->trade == TRADE_MEDICAL_PURCHASE && purchase_formed(r);
    if (*reason == REASON_FORM && medical) {
        *reason = REASON_MEDICAL_PART;
        return OK;
    }
    if (*reason != REASON_CARD_UNKNOWN) {
        return OK;
    }
    enum err err = store->city_of_card(store->self, upload_factor(r), city, why);
    *reason = err == OK ? REASON_FOREIGN : *reason;
    return err == ERR_NOT_FOUND ? OK : err;
}

static bool row_fits(const struct books_walk *w, const struct segment_row *row) {
    return row->file < w->page.file_count && w->uploads[row->file].id > 0
           && row->reason < REASON_COUNT && row->tac <= TAC_BAD && row->posted <= 1
           && (!row->posted || row->tac == TAC_GOOD);
}

enum err books_row(
    struct books_walk *w, const struct segment_row *row, struct record_row *out, struct why *why) {
    *out = (struct record_row){.place = row->place,
        .tac = (enum tac_finding)row->tac,
        .reason = (enum reason)row->reason,
        .posted = row->posted != 0,
        .day = w->day};
    if (!row_fits(w, row) || !segment_record(row, &out->record)) {
        return why_say(why, ERR_CONFLICT,
            "record %" PRIu32 " of file %" PRIu32 " contradicts itself in its segment", row->place,
            row->file + 1);
    }
    out->upload = w->uploads[row->file].id;
    return end_of(w, &out->record, &out->reason, why);
}

static enum err walk_row(struct books_walk *w, const struct segment_row *row, struct why *why) {
    struct record_row out;
    enum err err = books_row(w, row, &out, why);
    if (err) {
        return err;
    }
    struct reason_sum
        *sum = &w->sums[((size_t)row->file * REASON_COUNT + out.reason) * FINDINGS + out.tac];
    sum->count++;
    sum->fen += out.record.amount;
    w->row.records++;
    w->whose = w->uploads[row->file].header.institution;
    err = w->steps->record(w, &out, reason_waits(out.reason), why);
    if (w->order->told && w->row.records % TELL_EACH == 0) {
        w->order->told(w->order->cookie, w->row.records);
    }
    return err || !out.posted ? err : pay(w, &out, row->file, why);
}

enum err books_segment(struct books_walk *w, size_t part, struct segment_head *head,
    uint8_t seal[SEGMENT_SEAL_LEN], struct why *why) {
    char path[PATH_ROOM];
    assert(part < w->page.parts);
    *head = (struct segment_head){
        .day = w->day, .part = (uint32_t)part, .parts = (uint32_t)w->page.parts};
    if (!parts_path(path, &w->lying, part, w->page.parts)) {
        return why_say(why, ERR_INVALID, "the folder's name is too long; choose another");
    }
    enum err err = segment_load(path, head, &w->image, seal, why);
    if (err == ERR_NOT_FOUND) {
        return why_say(why, ERR_CONFLICT, "segment %s is gone; take it back from the backup", path);
    }
    if (!err
        && (memcmp(seal, w->page.seals[part], SEGMENT_SEAL_LEN) != 0
            || head->rows != w->page.part_rows[part])) {
        err = why_say(why, ERR_CONFLICT,
            "segment %s is not the one that the day's page names; take it back from the backup",
            path);
    }
    return err;
}

static enum err walk_segment(struct books_walk *w, size_t part, struct why *why) {
    struct segment_head head;
    uint8_t seal[SEGMENT_SEAL_LEN];
    enum err err = books_segment(w, part, &head, seal, why);
    err = err ? err : w->steps->segment(w, &head, seal, why);
    const struct segment_row *rows = err ? NULL : segment_rows(&w->image);
    for (uint64_t i = 0; !err && i < head.rows; i++) {
        err = walk_row(w, &rows[i], why);
    }
    return err;
}

/* --- one card's records -------------------------------------------------------------------- */

/* Whether the first row of a segment is of a card behind that one; empty segments are behind none. Not
 * sealed yet: what is found this way is looked at again in the segment as it was sealed. */
static enum err begins_behind(
    struct books_walk *w, size_t part, const uint8_t *factor, bool *behind, struct why *why) {
    struct segment_row row;
    struct upload_record record;
    char path[PATH_ROOM];
    *behind = false;
    if (w->page.part_rows[part] == 0 || !parts_path(path, &w->lying, part, w->page.parts)) {
        return OK;
    }
    enum err err = segment_first(path, &row, why);
    if (err == ERR_NOT_FOUND) {
        return why_say(why, ERR_CONFLICT, "segment %s is gone; take it back from the backup", path);
    }
    *behind = !err && segment_record(&row, &record)
              && memcmp(upload_factor(&record), factor, FACTOR_LEN) > 0;
    return err;
}

/* The last segment that begins with that card or with one before it. */
static enum err find_part(
    struct books_walk *w, const uint8_t *factor, size_t *part, struct why *why) {
    bool behind = false;
    enum err err = OK;
    *part = 0;
    for (size_t i = 1; !err && !behind && i < w->page.parts; i++) {
        err = begins_behind(w, i, factor, &behind, why);
        *part = err || behind || w->page.part_rows[i] == 0 ? *part : i;
    }
    assert(*part < w->page.parts);
    return err;
}

enum err books_walk_card(struct books_walk *w, const uint8_t factor[FACTOR_LEN], struct why *why) {
    struct segment_head head = {.rows = 0};
    uint8_t seal[SEGMENT_SEAL_LEN];
    size_t part = 0;
    enum err err = find_part(w, factor, &part, why);
    err = err ? err : books_segment(w, part, &head, seal, why);
    err = err ? err : w->steps->segment(w, &head, seal, why);
    const struct segment_row *rows = err ? NULL : segment_rows(&w->image);
    for (uint64_t i = 0; !err && i < head.rows; i++) {
        struct upload_record record;
        bool its = segment_record(&rows[i], &record)
                   && memcmp(upload_factor(&record), factor, FACTOR_LEN) == 0;
        err = its ? walk_row(w, &rows[i], why) : OK;
    }
    return err ? err : post_card(w, why);
}

/* --- the walk ------------------------------------------------------------------------------ */

enum err books_open(struct books_walk *w, struct why *why) {
    FILE_CONTENT_SCOPE(page);
    char path[PATH_ROOM];
    assert(w->day != 0);
    w->lying = (struct parts_order){.day = w->day, .folder = w->order->folder};
    w->page = (struct parts_day){.order = &w->lying};
    if (!parts_path(path, &w->lying, 1, 1)) {
        return why_say(why, ERR_INVALID, "the folder's name is too long; choose another");
    }
    enum err err = files_read(path, PAGE_MAX, &page, why);
    err = err ? err : page_read(&w->page, (const char *)page.at, page.len, why);
    if (err) {
        return err;
    }
    w->row = (struct parts_row){
        .day = w->day, .files = w->page.file_count, .segments = w->page.parts};
    page_seal((const char *)page.at, page.len, w->row.page);
    w->uploads = calloc(w->page.file_count + 1, sizeof *w->uploads);
    w->of_city = calloc(w->page.file_count + 1, sizeof *w->of_city);
    w->sums = calloc((w->page.file_count + 1) * REASON_COUNT * FINDINGS, sizeof *w->sums);
    return w->uploads && w->of_city && w->sums
               ? OK
               : why_say(why, ERR_OUTSIDE, "no memory for the books of a day; end other programs");
}

enum err books_whose(struct books_walk *w, size_t file, struct why *why) {
    const struct clearing_store *store = w->order->c->store;
    assert(file < w->page.file_count);
    assert(w->uploads[file].id > 0);
    enum err err = store->city_check(store->self, w->uploads[file].header.institution, why);
    w->of_city[file] = err == OK;
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err books_files(struct books_walk *w, struct why *why) {
    const struct clearing_store *store = w->order->c->store;
    enum err err = OK;
    for (size_t i = 0; !err && i < w->page.file_count; i++) {
        const struct part_file *f = &w->page.files[i];
        if (f->end != FILE_TAKEN) {
            continue;
        }
        err = store->upload_find(store->self, f->digest, &w->uploads[i], why);
        if (err == ERR_NOT_FOUND) {
            return why_say(why, ERR_CONFLICT, "file %zu of the page is not in the store", i + 1);
        }
        err = err ? err : books_whose(w, i, why);
    }
    return err;
}

enum err books_walk(struct books_walk *w, struct why *why) {
    enum err err = OK;
    for (size_t part = 0; !err && part < w->page.parts; part++) {
        err = walk_segment(w, part, why);
    }
    err = err ? err : post_card(w, why);
    if (!err && w->order->told) {
        w->order->told(w->order->cookie, w->row.records);
    }
    return err;
}

void books_close(struct books_walk *w) {
    segment_image_free(&w->image);
    parts_free_page(&w->page);
    free(w->uploads);
    free(w->of_city);
    free(w->sums);
    w->uploads = NULL;
    w->of_city = NULL;
    w->sums = NULL;
}
