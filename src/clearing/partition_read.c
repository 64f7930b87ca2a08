#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "clearing/offline_limit.h"
#include "clearing/partition_file.h"
#include "clearing/partition_parts.h"
#include "clearing/partition_piece.h"

/* What a record came to before it is dealt out: as struct segment_row says it on the way. */
struct draft {
    uint32_t card;
    uint8_t reason, tac, posted;
};

/* A file that is being judged, and what is the same for most of its records. */
struct judged_file {
    const struct group_file *file;
    uint32_t index;
    uint8_t day[DAY_LEN];                     /* of the moment looked at last */
    uint32_t date;                            /* the same as a number */
    bool day_good;                            /* it is one of the calendar */
    enum reason day_says;                     /* what it says against the business day */
    const struct register_terminal *terminal; /* the one looked up last */
    uint64_t terminal_number;
    bool terminal_home; /* it is the header's, of the header's institution */
    bool looked_up;
    const struct register_institution *city; /* whose centre sent the file; NULL: one of ours did */
};

/* One worker's room. */
struct reader_room {
    struct parts_day *day;
    size_t worker;
    struct file_group group;
    struct draft *drafts; /* of all records of the group */
    size_t draft_room, draft_count;
    struct tac_desk desk;
    uint32_t job_draft[JOBS_AT_ONCE]; /* of which record each job is */
    const uint8_t *job_piece[JOBS_AT_ONCE];
};

static void room_free(struct reader_room *room) {
    file_group_free(&room->group);
    free(room->drafts);
    tac_desk_close(&room->desk);
    free(room);
}

static enum err no_memory(struct why *why) {
    return why_say(why, ERR_OUTSIDE, "no memory for a file's records; end other programs");
}

/* Room for the drafts of all records of the group. */
static enum err make_drafts(struct reader_room *room, struct why *why) {
    size_t most = 1;
    for (size_t i = 0; i < room->group.count; i++) {
        most += room->group.files[i].count;
    }
    if (most > room->draft_room) {
        free(room->drafts);
        room->drafts = malloc(most * sizeof *room->drafts);
        room->draft_room = room->drafts ? most : 0;
    }
    room->draft_count = 0;
    return room->drafts ? OK : no_memory(why);
}

/* --- before the proof ---------------------------------------------------------------------- */

/* What the date says, against the business day. */
static enum reason date_says(const struct parts_day *day, uint32_t of) {
    if (of == day->order->day) {
        return REASON_NONE;
    }
    if (of > day->order->day) {
        return REASON_CLOCK;
    }
    return of < day->in_time_from ? REASON_LATE : REASON_NONE;
}

/* As moment_number() asks of a moment whose half bytes are digits. One file's days are mostly one. */
static bool moment_good(const struct parts_day *day, struct judged_file *f, const uint8_t *moment) {
    if (f->day[0] == 0 || memcmp(f->day, moment, DAY_LEN) != 0) {
        uint64_t of = 0;
        (void)memcpy(f->day, moment, DAY_LEN);
        f->day_good = bcd_read(bytes_of(moment, DAY_LEN), &of) && day_exists((uint32_t)of);
        f->date = (uint32_t)of;
        f->day_says = f->day_good ? date_says(day, (uint32_t)of) : REASON_NONE;
    }
    const uint8_t *time = moment + DAY_LEN;
    return f->day_good && time[0] < 0x24 && time[1] < 0x60 && time[2] < 0x60;
}

/* As intake.c asks: a purchase of the electronic purse at a moment of the calendar, in the batch
 * that the file is. */
static bool well_formed(const struct parts_day *day, struct judged_file *f, const uint8_t *piece) {
    uint32_t overdraft = piece_u32(piece + AT_OVERDRAFT) >> 8;
    return piece[AT_TRADE] == TRADE_EP_PURCHASE && piece_amount(piece) > 0 && overdraft == 0
           && piece_u32(piece + AT_BATCH) == f->file->header.batch
           && moment_good(day, f, piece + AT_MOMENT);
}

/* The terminal of a record: as a rule that of the record before it. */
static void find_terminal(
    const struct parts_day *day, struct judged_file *f, const uint8_t *number) {
    const struct upload_header *h = &f->file->header;
    const struct register_terminal *t = register_terminal_of(day->city, number);
    f->terminal = t;
    f->terminal_home = t && memcmp(number, h->terminal, TERMINAL_LEN) == 0
                       && strcmp(day->city->institutions[t->institution].code, h->institution) == 0;
    f->looked_up = true;
}

/* True when the terminal is known to have sold with a blacklist that was older than is allowed. A list of
 * the day of the trade is younger than a day. */
static bool list_old(
    const struct parts_day *day, const struct judged_file *f, const uint8_t *moment) {
    enum { HOURS_OF_DAY = 24, TIMES_OF_DAY = 1000000 };
    uint32_t hours = day->city->limits.list_hours;
    uint64_t list = f->terminal ? f->terminal->list_moment : 0;
    bool looked_at = hours != 0 && hours <= OFFLINE_HOURS_MAX && list != 0;
    if (!looked_at || (hours >= HOURS_OF_DAY && list / TIMES_OF_DAY >= f->date)) {
        return false;
    }
    return list < moment_hours_before(moment_number(moment), hours);
}

/* The first reason that needs no other record: terminal, date, limit. In the order of reason.def
 * only rivals stand before them, and only approval, blacklist and chain behind them. */
static enum reason fixed_reason(
    const struct parts_day *day, struct judged_file *f, const uint8_t *piece, struct draft *draft) {
    uint64_t number = piece_terminal(piece);
    if (!f->looked_up || number != f->terminal_number) {
        find_terminal(day, f, piece + AT_TERMINAL);
        f->terminal_number = number;
    }
    if (!f->city && (!f->terminal || f->terminal->stopped)) {
        return REASON_TERMINAL;
    }
    if (!f->city && !f->terminal_home) {
        return REASON_UNBOUND;
    }
    day->files[f->index].institution = f->city ? (uint32_t)(f->city - day->city->institutions)
                                               : f->terminal->institution;
    if (f->day_says != REASON_NONE) {
        return f->day_says;
    }
    if (piece[AT_FLAG] == UPLOAD_ONLINE) {
        draft->posted = ASK_CENTRE;
        return REASON_NONE;
    }
    draft->posted = list_old(day, f, piece + AT_MOMENT) ? OLD_LIST : 0;
    bool above = (int64_t)piece_amount(piece) > day->city->limits.offline_fen;
    return above ? REASON_LIMIT : REASON_NONE;
}

/* Has the TACs on the desk made, and compares. */
static enum err check_tacs(struct reader_room *room, struct why *why) {
    enum err err = tac_desk_make(&room->desk, why);
    for (size_t i = 0; !err && i < room->desk.count; i++) {
        struct draft *draft = &room->drafts[room->job_draft[i]];
        bool good = piece_tac_is(room->job_piece[i], room->desk.jobs[i].tac);
        draft->tac = good ? TAC_GOOD : TAC_BAD;
        draft->reason = good ? draft->reason : (uint8_t)REASON_TAC;
        draft->posted = good ? draft->posted : 0;
    }
    room->desk.count = 0;
    return err;
}

/* The reasons up to KEY_VERSION, then the list of TACs to be made. */
static enum err judge_piece(
    struct reader_room *room, struct judged_file *f, const uint8_t *piece, struct why *why) {
    const struct parts_day *day = room->day;
    const struct clearing_limits *limits = &day->city->limits;
    struct draft *draft = &room->drafts[room->draft_count++];
    *draft = (struct draft){.tac = TAC_NOT_CHECKED};
    bool known = register_card_at(day->city, piece + AT_FACTOR, &draft->card);
    uint8_t version = piece[AT_VERSION];
    enum reason reason = !well_formed(day, f, piece) ? REASON_FORM
                         : !known                    ? REASON_CARD_UNKNOWN
                         : version < limits->key_version_first || version > limits->key_version_last
                             ? REASON_KEY_VERSION
                             : REASON_NONE;
    if (reason != REASON_NONE) {
        draft->reason = (uint8_t)reason;
        return OK;
    }
    draft->reason = (uint8_t)fixed_reason(day, f, piece, draft);
    size_t job = room->desk.count++;
    piece_tac_job(piece, day->city->purse, &room->desk.jobs[job]);
    room->job_draft[job] = (uint32_t)(room->draft_count - 1);
    room->job_piece[job] = piece;
    return room->desk.count == room->desk.room ? check_tacs(room, why) : OK;
}

/* A medical record is no purchase of the purse, whatever else it is. */
static void judge_medical(struct reader_room *room, const uint8_t *piece) {
    struct draft *draft = &room->drafts[room->draft_count++];
    *draft = (struct draft){.tac = TAC_NOT_CHECKED, .reason = REASON_FORM};
    (void)register_card_at(room->day->city, piece + AT_MEDICAL_FACTOR, &draft->card);
}

/* Lets the memory fetch what records further on will need of the register. */
static void look_ahead(const struct reader_room *room, const uint8_t *piece, const uint8_t *end) {
    enum { SLOT_AHEAD = 24 * UPLOAD_RECORD_LEN, CARD_AHEAD = 12 * UPLOAD_RECORD_LEN };
    size_t left = (size_t)(end - piece);
    if (left > SLOT_AHEAD) {
        register_card_soon(room->day->city, piece + SLOT_AHEAD + AT_FACTOR);
    }
    if (left > CARD_AHEAD) {
        register_card_now(room->day->city, piece + CARD_AHEAD + AT_FACTOR);
    }
}

/* Another city's centre, if the file is of one: it answers for the terminals there. */
static const struct register_institution *city_of(
    struct parts_day *day, const struct group_file *file, uint32_t index) {
    struct part_file *row = &day->files[index];
    const struct register_institution *of = register_institution_of(
        day->city, file->header.institution);
    if (!of || !of->city) {
        return NULL;
    }
    (void)memcpy(row->city, of->code, sizeof row->city);
    return of;
}

/* All records of a whole file. */
static enum err judge_file(
    struct reader_room *room, const struct group_file *file, uint32_t index, struct why *why) {
    struct judged_file f = {.file = file, .index = index, .city = city_of(room->day, file, index)};
    const uint8_t *piece = file->bytes.at + UPLOAD_HEADER_LEN;
    const uint8_t *end = file->bytes.at + file->bytes.len - UPLOAD_TRAILER_LEN;
    enum err err = OK;
    while (!err && piece < end) {
        look_ahead(room, piece, end);
        if (piece[0] == PIECE_MEDICAL) {
            judge_medical(room, piece);
            piece += UPLOAD_MEDICAL_LEN;
        } else {
            err = judge_piece(room, &f, piece, why);
            piece += UPLOAD_RECORD_LEN;
        }
    }
    assert(err || piece == end);
    return err;
}

/* --- dealing out --------------------------------------------------------------------------- */

static enum err put_row(struct reader_room *room, const struct draft *draft, struct bytes piece,
    uint64_t pos, struct why *why) {
    struct segment_row *row = spool_row(
        room->day->rows, room->worker, part_of(room->day, draft->card), why);
    if (!row) {
        return ERR_OUTSIDE;
    }
    assert(piece.len <= sizeof row->piece);
    (void)memcpy(row->piece, piece.at, piece.len);
    (void)memset(row->piece + piece.len, 0, sizeof row->piece - piece.len);
    row->reason = draft->reason;
    row->tac = draft->tac;
    row->posted = draft->posted;
    row->file = (uint32_t)(pos >> PLACE_BITS);
    row->place = (uint32_t)(pos & ((1 << PLACE_BITS) - 1));
    row->card = draft->card;
    return OK;
}

/* parts 3: only a file whose seal was found right is dealt out. */
static enum err deal_out(struct reader_room *room, const struct group_file *file, uint32_t index,
    const struct draft *drafts, struct why *why) {
    const uint8_t *at = file->bytes.at + UPLOAD_HEADER_LEN;
    enum err err = OK;
    for (uint32_t i = 0; !err && i < file->count; i++) {
        uint64_t pos = (uint64_t)index << PLACE_BITS | (i + 1);
        size_t len = at[0] == PIECE_MEDICAL ? UPLOAD_MEDICAL_LEN : UPLOAD_RECORD_LEN;
        if (drafts[i].tac == TAC_GOOD) {
            err = parts_put_place(room->day, room->worker, at, pos, why) ? OK : ERR_OUTSIDE;
        }
        err = err ? err : put_row(room, &drafts[i], bytes_of(at, len), pos, why);
        at += len;
    }
    return err;
}

/* --- files --------------------------------------------------------------------------------- */

/* What became of a file that was read: whole, bad, or a copy of an earlier one. */
static enum err receive(
    struct reader_room *room, const struct group_file *file, uint32_t index, struct why *why) {
    struct part_file *row = &room->day->files[index];
    bool copy = false;
    enum err err = OK;
    if (file->trouble) {
        row->end = FILE_BAD;
        row->why_bad = file->trouble;
        return OK;
    }
    if (row->end == FILE_AGAIN) { /* somebody before claims the same digest */
        err = parts_find_copy(room->day, index, &copy, why);
    }
    row->end = copy ? FILE_AGAIN : FILE_TAKEN;
    row->count = file->count;
    row->fen = file->fen;
    return err;
}

/* All files of the group: their ends, then all their TACs, then their rows to the heaps. */
static enum err take_group(struct reader_room *room, uint32_t first, struct why *why) {
    struct parts_day *day = room->day;
    enum err err = make_drafts(room, why);
    for (uint32_t i = 0; !err && i < room->group.count; i++) {
        err = receive(room, &room->group.files[i], first + i, why);
        if (!err && day->files[first + i].end == FILE_TAKEN) {
            err = judge_file(room, &room->group.files[i], first + i, why);
        }
    }
    err = err ? err : check_tacs(room, why);
    size_t done = 0;
    for (uint32_t i = 0; !err && i < room->group.count; i++) {
        if (day->files[first + i].end == FILE_TAKEN) {
            err = deal_out(room, &room->group.files[i], first + i, room->drafts + done, why);
            done += room->group.files[i].count;
        }
    }
    assert(err || done == room->draft_count);
    return err ? why_add(why, err, "file %u", first + 1) : OK;
}

static enum err read_all(struct reader_room *room, struct why *why) {
    struct parts_day *day = room->day;
    size_t at = 0, count = 0;
    enum err err = tac_desk_open(&room->desk, day->order, room->worker, why);
    while (!err && (count = parts_next(day, day->file_count, FILES_AT_ONCE, &at)) > 0) {
        while (!err && count > 0) {
            err = file_group_read(&room->group, day->order->files + at, count, why);
            err = err ? err : take_group(room, (uint32_t)at, why);
            at += room->group.count;
            count -= err ? count : room->group.count;
        }
    }
    return err;
}

enum err parts_read(struct parts_day *day, size_t worker, struct why *why) {
    struct reader_room *room = calloc(1, sizeof *room);
    if (!room) {
        return no_memory(why);
    }
    room->day = day;
    room->worker = worker;
    enum err err = read_all(room, why);
    room_free(room);
    return err;
}
