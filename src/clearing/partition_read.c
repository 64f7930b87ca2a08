#include "clearing/partition_parts.h"
#include "clearing/working_day.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/day.h"
#include "crypto/secret.h"
#include "keys/vault.h"

enum { JOBS_AT_ONCE = 4096 };

/* One worker's room: a file's bytes, its rows, and the TACs that are being made. */
struct reader_room {
    struct parts_day *day;
    size_t worker;
    uint8_t *bytes;
    size_t bytes_room, bytes_len;
    struct part_row *rows;
    size_t row_room, row_count;
    uint32_t index; /* of the file */
    struct upload_header header;
    struct tac_job jobs[JOBS_AT_ONCE];
    uint32_t job_row[JOBS_AT_ONCE];
    size_t job_count;
    const struct register_terminal *terminal; /* the one looked up last */
    uint8_t terminal_number[TERMINAL_LEN];
    bool terminal_looked_up;
};

static void room_free(struct reader_room *room) {
    if (room) {
        free(room->bytes);
        free(room->rows);
        free(room);
    }
}

static enum err no_memory(struct why *why) {
    return why_say(why, ERR_OUTSIDE, "no memory for a file's records; end other programs");
}

/* --- the file ------------------------------------------------------------------------------ */

/* Why a file is not taken, for the page of the day. */
static void file_bad(struct part_file *file, const char *text) {
    file->end = FILE_BAD;
    (void)snprintf(file->why_bad, sizeof file->why_bad, "%s", text);
}

/* The longest file that can be whole. */
static const size_t file_longest = UPLOAD_HEADER_LEN
                                   + (size_t)UPLOAD_RECORDS_MAX * UPLOAD_MEDICAL_LEN
                                   + UPLOAD_TRAILER_LEN;

/* Reads len bytes that the file has. */
static bool read_bytes(int fd, uint8_t *to, size_t len) {
    size_t done = 0;
    while (done < len) {
        ssize_t n = read(fd, to + done, len - done);
        if (n <= 0) {
            return false;
        }
        done += (size_t)n;
    }
    return true;
}

/* The whole file in the room; *good when it could be read and is not too long. */
static enum err slurp(struct reader_room *room, const char *path, bool *good, struct why *why) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *good = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
            && (uint64_t)st.st_size <= file_longest;
    enum err err = OK;
    room->bytes_len = *good ? (size_t)st.st_size : 0;
    if (room->bytes_len > room->bytes_room) {
        free(room->bytes);
        room->bytes_room = room->bytes_len;
        room->bytes = malloc(room->bytes_room);
        err = room->bytes ? OK : no_memory(why);
    }
    *good = !err && *good && read_bytes(fd, room->bytes, room->bytes_len);
    if (fd >= 0) {
        (void)close(fd);
    }
    return err;
}

/* Room for as many rows as bytes can hold. */
static enum err rows_room(struct reader_room *room, struct why *why) {
    size_t most = room->bytes_len / UPLOAD_RECORD_LEN + 1;
    if (most > room->row_room) {
        free(room->rows);
        room->row_room = most;
        room->rows = malloc(most * sizeof *room->rows);
    }
    return room->rows ? OK : no_memory(why);
}

/* --- before the proof ---------------------------------------------------------------------- */

void parts_tac_job(const struct upload_record *r, struct tac_job *job) {
    *job = (struct tac_job){.version = r->key_version};
    struct builder b = builder_in(job->data, sizeof job->data);
    struct purchase_facts facts = upload_facts(r);
    put_purchase_tac(&b, &facts);
    assert(b.len > 0);
    assert(!b.overflowed);
    job->data_len = (uint8_t)b.len;
    (void)memcpy(job->card_factor, upload_factor(r), FACTOR_LEN);
}

/* As intake.c asks: a purchase of the electronic purse at a moment of the calendar, in the batch
 * that the file is. */
static bool well_formed(
    const struct reader_room *room, const struct upload_record *r, uint64_t moment) {
    return r->trade == TRADE_EP_PURCHASE && r->amount > 0 && r->overdraft == 0
           && r->batch == room->header.batch && moment != 0;
}

static const struct register_terminal *find_terminal(
    struct reader_room *room, const uint8_t *number) {
    if (!room->terminal_looked_up || memcmp(room->terminal_number, number, TERMINAL_LEN) != 0) {
        room->terminal = register_terminal_of(room->day->city, number);
        room->terminal_looked_up = true;
        (void)memcpy(room->terminal_number, number, TERMINAL_LEN);
    }
    return room->terminal;
}

/* What the date says, against the business day. */
static enum reason date_says(const struct parts_day *day, uint64_t moment) {
    uint32_t of = (uint32_t)(moment / 1000000);
    if (of == day->order->day) {
        return REASON_NONE;
    }
    if (of > day->order->day) {
        return REASON_CLOCK;
    }
    uint32_t from = in_time_from(day->order->day, day->city->limits.late_days);
    return of < from ? REASON_LATE : REASON_NONE;
}

/* The first reason that needs no other record: terminal, date, limit. In the order of reason.def
 * only rivals stand before them, and only approval, blacklist and chain behind them. */
static enum reason fixed_reason(
    struct reader_room *room, const struct upload_record *r, struct part_row *row) {
    const struct register_terminal *t = find_terminal(room, r->terminal);
    const struct day_register *city = room->day->city;
    if (!t || t->stopped) {
        return REASON_TERMINAL;
    }
    row->institution = t->institution;
    if (memcmp(r->terminal, room->header.terminal, TERMINAL_LEN) != 0
        || strcmp(city->institutions[t->institution].code, room->header.institution) != 0) {
        return REASON_UNBOUND;
    }
    enum reason date = date_says(room->day, row->moment);
    if (date != REASON_NONE) {
        return date;
    }
    row->online = r->flag == UPLOAD_ONLINE;
    return !row->online && (int64_t)r->amount > city->limits.offline_fen ? REASON_LIMIT
                                                                         : REASON_NONE;
}

/* The reasons up to KEY_VERSION, then the list of TACs to be made. */
static void judge_before(
    struct reader_room *room, const struct upload_record *r, struct part_row *row) {
    const struct clearing_limits *limits = &room->day->city->limits;
    bool known = register_card_at(room->day->city, upload_factor(r), &row->card);
    row->reason = !well_formed(room, r, row->moment) ? REASON_FORM
                  : !known                           ? REASON_CARD_UNKNOWN
                  : r->key_version < limits->key_version_first
                          || r->key_version > limits->key_version_last
                      ? REASON_KEY_VERSION
                      : REASON_NONE;
    if (row->reason == REASON_NONE) {
        row->fixed = (uint8_t)fixed_reason(room, r, row);
        parts_tac_job(r, &room->jobs[room->job_count]);
        room->job_row[room->job_count++] = (uint32_t)(row - room->rows);
    }
}

/* Has the TACs on the list made, and compares. */
static enum err check_tacs(struct reader_room *room, struct why *why) {
    const struct vault *vault = &room->day->order->vaults[room->worker];
    if (room->job_count == 0) {
        return OK;
    }
    enum err err = vault->tacs(vault->self, room->jobs, room->job_count, why);
    for (size_t i = 0; !err && i < room->job_count; i++) {
        struct part_row *row = &room->rows[room->job_row[i]];
        /* The TAC stands before two bytes and the batch. */
        const uint8_t *said = row->piece + UPLOAD_RECORD_LEN - MAC_LEN - 6;
        bool good = crypto_equal(room->jobs[i].tac, said, MAC_LEN);
        row->tac = good ? TAC_GOOD : TAC_BAD;
        row->reason = good ? REASON_NONE : REASON_TAC;
    }
    room->job_count = 0;
    return err ? why_add(why, err, "TACs of file %u", room->index + 1) : OK;
}

/* A record of the file becomes a row. */
static void add_row(struct reader_room *room, const struct upload_record *r, struct bytes piece) {
    struct part_row *row = &room->rows[room->row_count++];
    assert(room->row_count <= room->row_room);
    assert(piece.len <= sizeof row->piece);
    *row = (struct part_row){.pos = (uint64_t)room->index << PLACE_BITS | room->row_count,
        .moment = moment_number(r->moment),
        .amount = r->amount,
        .balance_before = r->balance_before,
        .terminal_seq = r->terminal_seq,
        .number = r->number};
    assert(piece.at);
    (void)memcpy(row->piece, piece.at, piece.len);
}

/* --- dealing out --------------------------------------------------------------------------- */

/* Terminal and sequence, spread over the heaps. */
static size_t place_heap(const struct parts_day *day, uint64_t terminal, uint32_t seq) {
    uint64_t x = (terminal ^ (uint64_t)seq << 32 ^ seq) * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)((x >> 32) % day->parts);
}

/* A proven record takes its place; who was first is found out later. */
static enum err put_place(struct reader_room *room, const struct part_row *row, struct why *why) {
    /* The terminal stands before sequence, moment and what follows. */
    const uint8_t *at = row->piece + UPLOAD_RECORD_LEN - 6 - MAC_LEN - MOMENT_LEN - 4
                        - TERMINAL_LEN;
    uint64_t terminal = 0;
    for (size_t i = 0; i < TERMINAL_LEN; i++) {
        terminal = terminal << 8 | at[i];
    }
    struct place_row place = {.high = terminal << 16 | row->terminal_seq >> 16,
        .low = (uint64_t)(row->terminal_seq & 0xFFFF) << POS_BITS | row->pos};
    return spool_put(room->day->places, room->worker,
        place_heap(room->day, terminal, row->terminal_seq), &place, why);
}

/* parts 3: only a file whose seal was found right is dealt out. */
static enum err deal_out(struct reader_room *room, struct why *why) {
    enum err err = OK;
    for (size_t i = 0; !err && i < room->row_count; i++) {
        const struct part_row *row = &room->rows[i];
        if (row->tac == TAC_GOOD) {
            err = put_place(room, row, why);
        }
        err = err ? err
                  : spool_put(
                      room->day->rows, room->worker, part_of(room->day, row->card), row, why);
    }
    return err;
}

/* --- taking a file ------------------------------------------------------------------------- */

/* Records of a wallet have one length, as a rule: where the factor of the next but seven would stand.
 * A wrong guess costs a line of the cache. */
static void look_ahead(const struct reader_room *room, uint64_t at) {
    enum { AHEAD = 8, FACTOR_AT = 1 + TICKET_LEN + ASN_LEN - FACTOR_LEN };
    uint64_t there = at + (uint64_t)AHEAD * UPLOAD_RECORD_LEN + FACTOR_AT;
    if (there + FACTOR_LEN <= room->bytes_len) {
        register_card_soon(room->day->city, room->bytes + there);
    }
}

/* Reads the records to the end. They are judged on the way, for that changes nothing; what stands in
 * the rows counts only when the seal is found right. */
static enum err read_records(
    struct reader_room *room, struct upload_reader *reader, bool *whole, struct why *why) {
    struct upload_record r;
    enum upload_step step = UPLOAD_RECORD;
    enum err err = OK;
    while (!err && step == UPLOAD_RECORD) {
        uint64_t at = reader->offset;
        step = upload_next(reader, &r);
        if (step == UPLOAD_RECORD) {
            look_ahead(room, at);
            add_row(room, &r, bytes_of(room->bytes + at, (size_t)(reader->offset - at)));
            judge_before(room, &r, &room->rows[room->row_count - 1]);
        }
        if (room->job_count == JOBS_AT_ONCE) {
            err = check_tacs(room, why);
        }
    }
    *whole = step == UPLOAD_END;
    return err ? err : check_tacs(room, why);
}

/* The bytes in the room as an upload; *whole when their seal is right. */
static enum err parse(
    struct reader_room *room, struct part_file *file, bool *whole, struct why *why) {
    struct upload_reader reader;
    struct bytes view = bytes_of(room->bytes, room->bytes_len);
    enum err err = rows_room(room, why);
    room->row_count = 0;
    *whole = !err && upload_open(&reader, upload_source_bytes(&view));
    if (*whole) {
        room->header = reader.header;
        err = read_records(room, &reader, whole, why);
    }
    if (!err && !*whole) {
        file_bad(file, upload_fault_text(reader.fault));
    } else if (!err) {
        file->count = reader.trailer.count;
        file->fen = reader.trailer.total_fen;
    }
    return err;
}

/* True in *copy when an earlier file with the same digest is whole: then this one is it again. Files
 * that claim a digest that is not theirs are no copies of anything. */
static enum err find_copy(struct reader_room *room, bool *copy, struct why *why) {
    const struct part_file *file = &room->day->files[room->index];
    enum err err = OK;
    *copy = false;
    for (uint32_t i = 0; !err && !*copy && i < room->index; i++) {
        const struct part_file *other = &room->day->files[i];
        struct part_file unused = {.end = FILE_TAKEN};
        bool good = false;
        if (!other->has_digest || memcmp(other->digest, file->digest, SM3_LEN) != 0) {
            continue;
        }
        err = slurp(room, room->day->order->files[i], &good, why);
        if (!err && good) {
            err = parse(room, &unused, copy, why);
        }
    }
    return err;
}

static enum err take_file(struct reader_room *room, struct why *why) {
    struct part_file *file = &room->day->files[room->index];
    bool copy = file->end == FILE_AGAIN; /* somebody before claims the same digest */
    bool good = false, whole = false;
    enum err err = copy ? find_copy(room, &copy, why) : OK;
    file->end = FILE_TAKEN;
    err = err ? err : slurp(room, room->day->order->files[room->index], &good, why);
    if (err || !good) {
        file_bad(file, "it cannot be read, or is longer than any upload");
        return err;
    }
    err = parse(room, file, &whole, why);
    if (err || !whole) {
        return err;
    }
    if (copy) {
        file->end = FILE_AGAIN;
        return OK;
    }
    return deal_out(room, why);
}

enum err parts_read(struct parts_day *day, size_t worker, struct why *why) {
    struct reader_room *room = calloc(1, sizeof *room);
    size_t index = 0;
    if (!room) {
        return no_memory(why);
    }
    room->day = day;
    room->worker = worker;
    enum err err = OK;
    while (!err && parts_next(day, day->file_count, &index)) {
        room->index = (uint32_t)index;
        err = take_file(room, why);
    }
    room_free(room);
    err = err ? err : spool_flush(day->rows, worker, why);
    return err ? err : spool_flush(day->places, worker, why);
}

/* --- copies -------------------------------------------------------------------------------- */

struct claim {
    uint8_t digest[SM3_LEN];
    uint32_t file;
};

static int compare_claims(const void *a, const void *b) {
    const struct claim *x = a, *y = b;
    int order = memcmp(x->digest, y->digest, SM3_LEN);
    return order != 0 ? order : (x->file > y->file) - (x->file < y->file);
}

/* The last bytes of a file, if it has them. */
static bool claim_of(const char *path, uint8_t digest[SM3_LEN]) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && lseek(fd, -(off_t)SM3_LEN, SEEK_END) >= 0
                && read_bytes(fd, digest, SM3_LEN);
    if (fd >= 0) {
        (void)close(fd);
    }
    return good;
}

enum err parts_digests(struct parts_day *day, struct why *why) {
    size_t count = 0;
    struct claim *claims = calloc(day->file_count + 1, sizeof *claims);
    if (!claims) {
        return no_memory(why);
    }
    for (size_t i = 0; i < day->file_count; i++) {
        struct part_file *file = &day->files[i];
        file->has_digest = claim_of(day->order->files[i], file->digest);
        if (file->has_digest) {
            (void)memcpy(claims[count].digest, file->digest, SM3_LEN);
            claims[count++].file = (uint32_t)i;
        }
    }
    qsort(claims, count, sizeof *claims, compare_claims);
    for (size_t i = 1; i < count; i++) {
        if (memcmp(claims[i].digest, claims[i - 1].digest, SM3_LEN) == 0) {
            day->files[claims[i].file].end = FILE_AGAIN; /* perhaps; find_copy() knows */
        }
    }
    free(claims);
    return OK;
}
