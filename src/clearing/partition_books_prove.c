#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/partition_books.h"
#include "clearing/record_proof.h"
#include "crypto/secret.h"
#include "keys/vault.h"

/* A proof under way: TACs are asked for some thousand at a time. */
struct evidence {
    const struct parts_store *parts;
    struct parts_proof *out;
    struct tac_job jobs[INTAKE_AT_ONCE];
    struct {
        uint8_t tac[MAC_LEN];
        int64_t upload;
        uint32_t place;
        bool good; /* as the segment has it */
    } asked[INTAKE_AT_ONCE];
    size_t count;
};

/* --- TACs ---------------------------------------------------------------------------------- */

static enum err check_tacs(struct books_walk *w, struct why *why) {
    struct evidence *e = w->self;
    const struct vault *vault = w->order->c->vault;
    assert(e->count <= INTAKE_AT_ONCE);
    enum err err = e->count > 0 ? vault->tacs(vault->self, e->jobs, e->count, why) : OK;
    for (size_t i = 0; !err && i < e->count; i++) {
        bool good = crypto_equal(e->jobs[i].tac, e->asked[i].tac, MAC_LEN);
        e->out->tac_good += good;
        if (good != e->asked[i].good) {
            differ(&e->out->differences,
                "upload %" PRId64 ", record %" PRIu32 ": its TAC is %s, its segment says it is not",
                e->asked[i].upload, e->asked[i].place, good ? "good" : "wrong");
        }
    }
    e->count = 0;
    return err ? why_add(why, err, "TACs of a proof") : OK;
}

static enum err ask_for_tac(struct books_walk *w, const struct record_row *row, struct why *why) {
    struct evidence *e = w->self;
    if (row->tac == TAC_NOT_CHECKED) {
        return OK;
    }
    struct tac_job *job = &e->jobs[e->count];
    *job = (struct tac_job){
        .version = row->record.key_version, .algorithm = (uint8_t)w->order->c->purse};
    struct builder b = builder_in(job->data, sizeof job->data);
    struct purchase_facts facts = upload_facts(&row->record);
    put_purchase_tac(&b, &facts);
    assert(b.len > 0);
    assert(!b.overflowed);
    job->data_len = (uint8_t)b.len;
    (void)memcpy(job->card_factor, upload_factor(&row->record), FACTOR_LEN);
    (void)memcpy(e->asked[e->count].tac, row->record.tac, MAC_LEN);
    e->asked[e->count].upload = row->upload;
    e->asked[e->count].place = row->place;
    e->asked[e->count].good = row->tac == TAC_GOOD;
    return ++e->count == INTAKE_AT_ONCE ? check_tacs(w, why) : OK;
}

/* --- what follows from a segment, against the store ---------------------------------------- */

static enum err prove_segment(struct books_walk *w, const struct segment_head *head,
    const uint8_t seal[SEGMENT_SEAL_LEN], struct why *why) {
    struct evidence *e = w->self;
    struct segment_head named = *head;
    uint8_t kept[SEGMENT_SEAL_LEN];
    enum err err = e->parts->segment_find(e->parts->self, &named, kept, why);
    if (err == ERR_NOT_FOUND
        || (!err && (named.rows != head->rows || memcmp(kept, seal, sizeof kept) != 0))) {
        differ(&e->out->differences, "segment %" PRIu32 " is not the one that the store names",
            head->part);
        return OK;
    }
    return err;
}

/* The row of a record that waits says what the segment says, but for what was found out by the
 * number of
 * its row. */
static bool same_record(const struct record_row *a, const struct record_row *b) {
    const struct upload_record *x = &a->record, *y = &b->record;
    return a->tac == b->tac && a->reason == b->reason && a->posted == b->posted && a->day == b->day
           && x->amount == y->amount && x->trade == y->trade && x->number == y->number
           && x->terminal_seq == y->terminal_seq && x->balance_before == y->balance_before
           && memcmp(upload_factor(x), upload_factor(y), FACTOR_LEN) == 0
           && memcmp(x->terminal, y->terminal, TERMINAL_LEN) == 0
           && memcmp(x->moment, y->moment, MOMENT_LEN) == 0 && memcmp(x->tac, y->tac, MAC_LEN) == 0
           && memcmp(x->ticket, y->ticket, TICKET_LEN) == 0;
}

/* Of each fen that an institution or a city gets: which card, terminal and TAC it is of. */
static void tell_paid(const struct books_walk *w, const struct record_row *row) {
    const struct proof_listener *listener = w->order->listener;
    const struct proof_line line = {w->whose, row->record.amount, &row->record, row->upload,
        row->place, "purchase with a good TAC, cleared in parts"};
    if (listener && row->reason == REASON_NONE) {
        assert(row->posted);
        assert(row->tac == TAC_GOOD);
        listener->told(listener->cookie, &line);
    }
}

static enum err prove_record(
    struct books_walk *w, struct record_row *row, bool waiting, struct why *why) {
    struct evidence *e = w->self;
    tell_paid(w, row);
    const struct clearing_store *store = w->order->c->store;
    struct record_row kept = {0};
    enum err err = ask_for_tac(w, row, why);
    if (err || !waiting) {
        return err;
    }
    err = store->record_at(store->self, row->upload, row->place, &kept, why);
    if (err && err != ERR_NOT_FOUND) {
        return err;
    }
    if (err || !same_record(&kept, row)) {
        differ(&e->out->differences,
            "upload %" PRId64 ", record %" PRIu32 " waits by its segment, and its row %s",
            row->upload, row->place, err ? "is not there" : "says something else");
    }
    return OK;
}

static enum err prove_posting(struct books_walk *w, const struct posting *p, struct why *why) {
    struct evidence *e = w->self;
    const struct clearing_store *store = w->order->c->store;
    struct posting kept = {.count = 0};
    enum err err = store->posting_find(store->self, p->number, &kept, why);
    if (err && err != ERR_NOT_FOUND) {
        return err;
    }
    e->out->postings++;
    if (err || !same_entries(&kept, p)) {
        differ(&e->out->differences, "posting %s %s", p->number,
            err ? "is missing" : "is not what its segment calls for");
    }
    return OK;
}

static const struct books_steps proving = {prove_segment, prove_record, prove_posting};

/* --- files and sums ------------------------------------------------------------------------ */

/* The store's row of each file that the page says was taken. */
static enum err compare_files(struct books_walk *w, struct why *why) {
    struct evidence *e = w->self;
    enum err err = books_files(w, why);
    for (size_t i = 0; !err && i < w->page.file_count; i++) {
        const struct part_file *f = &w->page.files[i];
        const struct upload_row *row = &w->uploads[i];
        if (f->end != FILE_TAKEN) {
            continue;
        }
        e->out->files++;
        if (row->count != f->count || row->total_fen != f->fen || row->day != w->day) {
            differ(&e->out->differences, "upload %" PRId64 " is not what the page says of file %zu",
                row->id, i + 1);
        }
    }
    return err;
}

/* Counts and sums by end of one file, those of rows and those without. */
static enum err prove_sums(struct books_walk *w, size_t file, struct why *why) {
    const struct clearing_store *store = w->order->c->store;
    struct evidence *e = w->self;
    struct reason_sum kept[REASON_COUNT] = {{0}};
    uint64_t by_tac[FINDINGS] = {0}, found[FINDINGS] = {0};
    if (w->uploads[file].id == 0) {
        return OK;
    }
    enum err err = store->record_sums(store->self, w->uploads[file].id, 0, kept, by_tac, why);
    bool same = true;
    for (size_t i = 0; i < (size_t)REASON_COUNT; i++) {
        const struct reason_sum *sums = &w->sums[(file * REASON_COUNT + i) * FINDINGS];
        for (size_t t = 0; t < FINDINGS; t++) {
            found[t] += sums[t].count;
            kept[i].count -= sums[t].count;
            kept[i].fen -= sums[t].fen;
        }
        same = same && kept[i].count == 0 && kept[i].fen == 0;
    }
    same = same && memcmp(found, by_tac, sizeof found) == 0;
    if (!err && !same) {
        differ(&e->out->differences, "upload %" PRId64 ": its sums are not those of its records",
            w->uploads[file].id);
    }
    return err;
}

static enum err prove_all(struct books_walk *w, const struct parts_row *row, struct why *why) {
    struct evidence *e = w->self;
    uint64_t postings = 0;
    enum err err = books_open(w, why);
    if (!err && (memcmp(row->page, w->row.page, SEGMENT_SEAL_LEN) != 0)) {
        err = why_say(why, ERR_CONFLICT, "the page is not the one that the store names");
    }
    err = err ? err : compare_files(w, why);
    err = err ? err : books_walk(w, why);
    err = err ? err : check_tacs(w, why);
    for (size_t i = 0; !err && i < w->page.file_count; i++) {
        err = prove_sums(w, i, why);
    }
    err = err ? err : e->parts->postings(e->parts->self, w->day, &postings, why);
    if (!err && postings != e->out->postings) {
        differ(&e->out->differences,
            "the books have %" PRIu64
            " postings of the day in parts, its segments call for %" PRIu64,
            postings, e->out->postings);
    }
    if (!err && row->records != w->row.records) {
        differ(&e->out->differences,
            "the store speaks of %" PRIu64 " records, the segments of %" PRIu64, row->records,
            w->row.records);
    }
    e->out->records = w->row.records;
    return err;
}

enum err parts_prove_books(
    const struct parts_taking *order, uint32_t day, struct parts_proof *out, struct why *why) {
    struct books_walk w = {.order = order, .day = day, .steps = &proving};
    struct parts_row row;
    *out = (struct parts_proof){0};
    enum err err = order->parts->day_find(order->parts->self, day, &row, why);
    if (err) {
        return err;
    }
    struct evidence *e = calloc(1, sizeof *e);
    if (!e) {
        return why_say(why, ERR_OUTSIDE, "no memory for a proof; end other programs");
    }
    e->parts = order->parts;
    e->out = out;
    w.self = e;
    err = prove_all(&w, &row, why);
    books_close(&w);
    free(e);
    if (err == ERR_CONFLICT || err == ERR_NOT_FOUND) {
        differ(&out->differences, "%s", why->text);
        return OK;
    }
    return err;
}
