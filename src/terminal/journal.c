#include "terminal/journal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/day.h"
#include "terminal/journal_file.h"

enum {
    TICKETS_FIRST = 64,   /* room at the start; doubles */
    FILE_MAX = 1 << 30,   /* thirteen million records: more is no journal of one terminal */
    SLOTS_PER_TICKET = 2, /* of the index: never more than half full */
};

/* What the file says, kept in memory: every record that is appended is applied here by the same
 * function that applies it at opening. */
struct journal {
    int fd;
    bool durable, broken;
    uint32_t lines; /* records in the file */
    size_t torn;

    struct journal_record *tickets; /* latest record of each, in the order of the first */
    size_t count, room;
    uint32_t *slots; /* index by ticket: place in tickets plus one, 0 for none */
    size_t slot_count;

    size_t pending, untold;
    uint32_t batch, batch_day; /* the last one opened */
    bool batch_open;           /* and not confirmed */
    uint32_t sum_day;          /* journal_offline_fen() was last asked for this day */
    int64_t sum_fen;
};

/* Where a ticket may go from where it is: bits of 1 << enum journal_state. */
static const uint8_t next_states[] = {
    [TICKET_NEW] = 1 << TICKET_PENDING | 1 << TICKET_REFUSED,
    [TICKET_PENDING] = 1 << TICKET_DONE | 1 << TICKET_UNTOLD | 1 << TICKET_VOID
                       | 1 << TICKET_DOUBTFUL | 1 << TICKET_REFUSED,
    [TICKET_DONE] = 0,
    [TICKET_VOID] = 1 << TICKET_PENDING | 1 << TICKET_REFUSED,
    [TICKET_DOUBTFUL] = 0,
    [TICKET_REFUSED] = 0,
    [TICKET_UNTOLD] = 1 << TICKET_DONE | 1 << TICKET_DOUBTFUL,
};

static const char *const state_names[] = {
    [TICKET_NEW] = "new",
    [TICKET_PENDING] = "pending",
    [TICKET_DONE] = "done",
    [TICKET_VOID] = "void",
    [TICKET_DOUBTFUL] = "doubtful",
    [TICKET_REFUSED] = "refused",
    [TICKET_UNTOLD] = "untold",
};

/* --- tickets in memory ---------------------------------------------------------------------- */

/* Tickets are random or counted by their makers; either way FNV-1a spreads them. */
static size_t slot_of(const struct journal *j, const uint8_t ticket[TICKET_LEN]) {
    assert(j->slot_count > j->count); /* so that a free slot ends every search */
    uint64_t hash = 0xCBF29CE484222325U;
    for (size_t i = 0; i < TICKET_LEN; i++) {
        hash = (hash ^ ticket[i]) * 0x100000001B3U;
    }
    size_t slot = (size_t)(hash ^ hash >> 32) & (j->slot_count - 1);
    while (
        j->slots[slot] && memcmp(j->tickets[j->slots[slot] - 1].ticket, ticket, TICKET_LEN) != 0) {
        slot = (slot + 1) & (j->slot_count - 1);
    }
    return slot;
}

/* Room for one more ticket, so that nothing can fail once a record is in the file. */
static bool tickets_reserve(struct journal *j) {
    if (j->count < j->room) {
        return true;
    }
    assert(j->count == j->room);
    size_t room = j->room ? 2 * j->room : TICKETS_FIRST;
    struct journal_record *tickets = realloc(j->tickets, room * sizeof *tickets);
    if (!tickets) {
        return false;
    }
    j->tickets = tickets;
    uint32_t *slots = calloc(room * SLOTS_PER_TICKET, sizeof *slots);
    if (!slots) {
        return false;
    }
    free(j->slots);
    j->slots = slots;
    j->slot_count = room * SLOTS_PER_TICKET;
    j->room = room;
    for (size_t i = 0; i < j->count; i++) {
        j->slots[slot_of(j, j->tickets[i].ticket)] = (uint32_t)i + 1;
    }
    return true;
}

/* YYYYMMDD of a moment; 0 for digits that are none. */
static uint32_t day_of(const uint8_t moment[MOMENT_LEN]) {
    uint64_t day = 0;
    return bcd_read(bytes_of(moment, DAY_LEN), &day) ? (uint32_t)day : 0;
}

/* What a record counts towards the offline total of a day. */
static bool is_purchase(const struct journal_record *r) {
    return r->trade == TRADE_EP_PURCHASE || r->trade == TRADE_MEDICAL_PURCHASE;
}

static int64_t offline_share(const struct journal_record *r, uint32_t day) {
    const unsigned counted = 1 << TICKET_PENDING | 1 << TICKET_DONE | 1 << TICKET_DOUBTFUL;
    bool counts = is_purchase(r) && !(r->flags & JOURNAL_ONLINE) && (counted >> r->state & 1)
                  && day_of(r->moment) == day;
    return counts ? r->amount : 0;
}

/* The figure of journal.h, asked before every record. */
static bool step_allowed(const struct journal *j, const struct journal_record *r) {
    assert(r->state >= TICKET_NEW);
    assert(r->state <= TICKET_UNTOLD);
    const struct journal_record *was = journal_find(j, r->ticket);
    enum journal_state from = was ? was->state : TICKET_NEW;
    return next_states[from] >> r->state & 1;
}

/* The ticket's latest record counts; counters and the day's sum follow by what the old one had and
 * the new one has. Nothing here can fail. */
static void apply_trade(struct journal *j, const struct journal_record *r) {
    assert(j->count < j->room);
    assert(step_allowed(j, r));
    size_t slot = slot_of(j, r->ticket);
    if (!j->slots[slot]) {
        j->tickets[j->count++] = (struct journal_record){.trade = r->trade};
        j->slots[slot] = (uint32_t)j->count;
    }
    struct journal_record *at = &j->tickets[j->slots[slot] - 1];
    j->pending += (r->state == TICKET_PENDING);
    j->pending -= (at->state == TICKET_PENDING);
    j->untold += (r->state == TICKET_UNTOLD);
    j->untold -= (at->state == TICKET_UNTOLD);
    j->sum_fen += offline_share(r, j->sum_day) - offline_share(at, j->sum_day);
    *at = *r;
    at->batch = 0;
    assert(j->pending <= j->count);
    assert(j->untold <= j->count - j->pending);
    assert(j->sum_fen >= 0);
}

/* Whatever has a TAC is for the centre to see: only the TAC says for certain what the card did. */
static bool batch_takes(const struct journal_record *r) {
    bool has_tac = r->state == TICKET_DONE
                   || (r->state == TICKET_DOUBTFUL && (r->flags & JOURNAL_RECOVERED));
    return is_purchase(r) && has_tac && r->batch == 0;
}

/* Takes what is done into a batch, as much as one upload file may hold. */
static void apply_batch(struct journal *j, const struct journal_line *line) {
    size_t taken = 0;
    for (size_t i = 0; i < j->count && taken < UPLOAD_RECORDS_MAX; i++) {
        if (batch_takes(&j->tickets[i])) {
            j->tickets[i].batch = line->batch;
            taken++;
        }
    }
    assert(line->batch == j->batch + 1);
    j->batch = line->batch;
    j->batch_day = line->day;
    j->batch_open = true;
}

/* One record, from the file or on its way there. */
static void apply_line(struct journal *j, const struct journal_line *line) {
    switch (line->kind) {
    case KIND_TRADE:
        apply_trade(j, &line->trade);
        break;
    case KIND_BATCH:
        apply_batch(j, line);
        break;
    case KIND_CONFIRMED:
    default:
        j->batch_open = false;
        break;
    }
    j->lines++;
}

/* Would this record stand here in a journal that this program wrote? */
static bool line_fits(const struct journal *j, const struct journal_line *line) {
    switch (line->kind) {
    case KIND_TRADE:
        return step_allowed(j, &line->trade);
    case KIND_BATCH:
        return !j->batch_open && line->batch == j->batch + 1;
    case KIND_CONFIRMED:
    default:
        return j->batch_open && line->batch == j->batch;
    }
}

/* --- the file -------------------------------------------------------------------------------- */

static off_t line_place(uint32_t index) {
    return JOURNAL_HEADER_LEN + (off_t)index * JOURNAL_RECORD_LEN;
}

/* What the system said about the file, and what a person can do. */
static enum err trouble(struct why *why, const char *what) {
    const char *next = errno == ENOSPC || errno == EDQUOT
                           ? "make room on the disk and open the terminal again"
                           : "look at the disk, then open the terminal again";
    return why_say(why, ERR_OUTSIDE, "%s the journal: %s; %s", what, strerror(errno), next);
}

/* Journal 3: after this nobody knows what the disk holds, and only a fresh opening finds out. */
static enum err give_up(struct journal *j, const char *what, struct why *why) {
    j->broken = true;
    return trouble(why, what);
}

/* As often as it takes; a write of nothing is a full disk. */
static bool write_whole(int fd, struct bytes data, off_t at) {
    while (data.len > 0) {
        ssize_t n = pwrite(fd, data.at, data.len, at);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        if (n == 0) {
            errno = ENOSPC;
            return false;
        }
        size_t done = n > 0 ? (size_t)n : 0;
        data = bytes_of(data.at + done, data.len - done);
        at += (off_t)done;
    }
    return true;
}

/* Appends, and with `durable` waits for the disk; only then the ticket has moved. */
static enum err line_append(struct journal *j, const struct journal_line *line, struct why *why) {
    uint8_t record[JOURNAL_RECORD_LEN];
    if (j->broken) {
        return why_say(why, ERR_OUTSIDE,
            "the journal failed before and takes nothing more; open the terminal again");
    }
    assert(line_fits(j, line));
    assert(line->kind != KIND_TRADE || j->count < j->room); /* tickets_reserve() came before */
    journal_line_write(line, j->lines, record);
    if (!write_whole(j->fd, bytes_of(record, sizeof record), line_place(j->lines))) {
        return give_up(j, "cannot write", why);
    }
    if (j->durable && fdatasync(j->fd) != 0) {
        return give_up(j, "cannot secure", why);
    }
    apply_line(j, line);
    return OK;
}

/* True when any record from index on is whole: then what stands before it is damage, no torn tail. */
static bool any_whole(struct bytes file, uint32_t index) {
    struct journal_line line;
    bool whole = false;
    for (; !whole && (size_t)line_place(index + 1) <= file.len; index++) {
        whole = journal_line_read(file.at + line_place(index), index, &line);
    }
    return whole;
}

/* Journal 2: takes every whole record, then cuts off what a lost power left behind them. */
static enum err lines_take(struct journal *j, struct bytes file, struct why *why) {
    struct journal_line line;
    while ((size_t)line_place(j->lines + 1) <= file.len
           && journal_line_read(file.at + line_place(j->lines), j->lines, &line)) {
        if (!line_fits(j, &line)) {
            return why_say(why, ERR_INVALID,
                "record %u contradicts those before it; the journal is damaged, keep the file and "
                "settle with the centre",
                j->lines);
        }
        if (!tickets_reserve(j)) {
            return why_say(why, ERR_OUTSIDE, "no memory for the journal");
        }
        apply_line(j, &line);
    }
    size_t whole = (size_t)line_place(j->lines);
    assert(whole <= file.len);
    if (any_whole(file, j->lines)) {
        return why_say(why, ERR_INVALID,
            "record %u is damaged and others follow it; keep the file and settle with the centre",
            j->lines);
    }
    j->torn = file.len - whole;
    if (j->torn > 0 && (ftruncate(j->fd, (off_t)whole) != 0 || fsync(j->fd) != 0)) {
        return trouble(why, "cannot cut the torn end off");
    }
    return OK;
}

/* A journal that begins; what was in the file was less than a header. */
static enum err header_make(
    struct journal *j, const uint8_t header[JOURNAL_HEADER_LEN], struct why *why) {
    bool good = ftruncate(j->fd, 0) == 0
                && write_whole(j->fd, bytes_of(header, JOURNAL_HEADER_LEN), 0)
                && (!j->durable || fsync(j->fd) == 0);
    return good ? OK : trouble(why, "cannot begin");
}

/* A file that ends within the header that we would write was torn when it was made. */
static enum err content_take(
    struct journal *j, struct bytes file, const uint8_t terminal[TERMINAL_LEN], struct why *why) {
    uint8_t header[JOURNAL_HEADER_LEN], owner[TERMINAL_LEN];
    journal_header_write(terminal, header);
    if (file.len < sizeof header && memcmp(header, file.at, file.len) == 0) {
        return header_make(j, header, why);
    }
    if (file.len < sizeof header || !journal_header_read(file.at, owner)) {
        return why_say(why, ERR_INVALID, "is no journal of a terminal; name another file");
    }
    if (memcmp(owner, terminal, TERMINAL_LEN) != 0) {
        return why_say(why, ERR_CONFLICT,
            "is the journal of another terminal; put the right security module in, or name another "
            "file");
    }
    return lines_take(j, file, why);
}

/* The whole file at once: a terminal's journal of years has some megabytes. */
static enum err file_take(
    struct journal *j, const uint8_t terminal[TERMINAL_LEN], struct why *why) {
    struct stat st;
    if (fstat(j->fd, &st) != 0) {
        return trouble(why, "cannot read");
    }
    if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX) {
        return why_say(why, ERR_INVALID, "is no journal of a terminal; name another file");
    }
    size_t len = (size_t)st.st_size;
    uint8_t *room = malloc(len + 1);
    if (!room) {
        return why_say(why, ERR_OUTSIDE, "no memory for the journal");
    }
    bool whole = true;
    for (size_t got = 0; whole && got < len;) {
        ssize_t n = pread(j->fd, room + got, len - got, (off_t)got);
        whole = n > 0;
        got += whole ? (size_t)n : 0;
    }
    enum err err = whole ? content_take(j, bytes_of(room, len), terminal, why)
                         : trouble(why, "cannot read");
    free(room);
    return err;
}

/* The lock is the kernel's: it ends with the process, however that ends. [journal 4] */
static enum err file_lock(struct journal *j, const char *path, struct why *why) {
    j->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (j->fd < 0) {
        return trouble(why, "cannot open");
    }
    if (flock(j->fd, LOCK_EX | LOCK_NB) != 0) {
        return errno == EWOULDBLOCK ? why_say(
                   why, ERR_CONFLICT, "another program works with this terminal; end it first")
                                    : trouble(why, "cannot lock");
    }
    return OK;
}

enum err journal_open(const char *path, const uint8_t terminal[TERMINAL_LEN], bool durable,
    struct journal **out, struct why *why) {
    struct journal *j = calloc(1, sizeof *j);
    *out = NULL;
    if (!j) {
        return why_say(why, ERR_OUTSIDE, "no memory for the journal");
    }
    j->fd = -1;
    j->durable = durable;
    enum err err = tickets_reserve(j) ? OK : why_say(why, ERR_OUTSIDE, "no memory for the journal");
    err = err ? err : file_lock(j, path, why);
    err = err ? err : file_take(j, terminal, why);
    if (err) {
        journal_close(j);
        return why_add(why, err, "%s", path);
    }
    *out = j;
    return OK;
}

void journal_close(struct journal *j) {
    if (!j) {
        return;
    }
    if (j->fd >= 0) {
        (void)close(j->fd);
    }
    free(j->tickets);
    free(j->slots);
    free(j);
}

/* --- what others ask ------------------------------------------------------------------------- */

size_t journal_torn_bytes(const struct journal *j) {
    return j->torn;
}

const struct journal_record *journal_find(
    const struct journal *j, const uint8_t ticket[TICKET_LEN]) {
    uint32_t at = j->slots[slot_of(j, ticket)];
    assert(at <= j->count);
    return at ? &j->tickets[at - 1] : NULL;
}

/* Memory first: once the record is in the file, the ticket must move. */
enum err journal_put(struct journal *j, const struct journal_record *r, struct why *why) {
    if (!step_allowed(j, r)) {
        const struct journal_record *was = journal_find(j, r->ticket);
        return why_say(why, ERR_CONFLICT, "a ticket that is %s cannot become %s",
            state_names[was ? was->state : TICKET_NEW], state_names[r->state]);
    }
    if (!tickets_reserve(j)) {
        return why_say(why, ERR_OUTSIDE, "no memory for the journal");
    }
    struct journal_line line = {.kind = KIND_TRADE, .trade = *r};
    return line_append(j, &line, why);
}

enum err journal_sync(struct journal *j, struct why *why) {
    if (j->broken) {
        return why_say(why, ERR_OUTSIDE,
            "the journal failed before and takes nothing more; open the terminal again");
    }
    return fdatasync(j->fd) == 0 ? OK : give_up(j, "cannot secure", why);
}

size_t journal_count(const struct journal *j) {
    return j->count;
}

const struct journal_record *journal_at(const struct journal *j, size_t index) {
    return index < j->count ? &j->tickets[index] : NULL;
}

/* As a rule nothing is pending, and nothing is looked through. */
const struct journal_record *journal_pending_of(
    const struct journal *j, const uint8_t factor[FACTOR_LEN]) {
    for (size_t i = 0; j->pending > 0 && i < j->count; i++) {
        const struct journal_record *r = &j->tickets[i];
        if (r->state == TICKET_PENDING && memcmp(r->factor, factor, FACTOR_LEN) == 0) {
            return r;
        }
    }
    return NULL;
}

const struct journal_record *journal_untold(const struct journal *j) {
    for (size_t i = 0; j->untold > 0 && i < j->count; i++) {
        if (j->tickets[i].state == TICKET_UNTOLD) {
            return &j->tickets[i];
        }
    }
    return NULL;
}

size_t journal_pending_count(const struct journal *j) {
    return j->pending;
}

/* Added up when the day changes; apply_trade() keeps it right from then on. */
int64_t journal_offline_fen(struct journal *j, uint32_t day) {
    if (day != j->sum_day) {
        j->sum_day = day;
        j->sum_fen = 0;
        for (size_t i = 0; i < j->count; i++) {
            j->sum_fen += offline_share(&j->tickets[i], day);
        }
    }
    return j->sum_fen;
}

/* A batch that is open is answered again as it was, for its file may have been lost on the way. */
enum err journal_batch_open(
    struct journal *j, uint32_t day, uint32_t *batch, uint32_t *batch_day, struct why *why) {
    bool some = false;
    for (size_t i = 0; !j->batch_open && !some && i < j->count; i++) {
        some = batch_takes(&j->tickets[i]);
    }
    *batch = 0;
    *batch_day = day;
    if (!j->batch_open && !some) {
        return OK;
    }
    enum err err = OK;
    if (!j->batch_open) {
        struct journal_line line = {.kind = KIND_BATCH, .batch = j->batch + 1, .day = day};
        err = line_append(j, &line, why);
    }
    if (!err) {
        *batch = j->batch;
        *batch_day = j->batch_day;
    }
    return err;
}

/* An older batch must have been confirmed, or the next would not have been opened. */
enum err journal_batch_confirm(struct journal *j, uint32_t batch, struct why *why) {
    if (batch == 0 || batch > j->batch) {
        return why_say(why, ERR_NOT_FOUND, "this terminal never opened batch %u", batch);
    }
    if (batch < j->batch || !j->batch_open) {
        return OK;
    }
    struct journal_line line = {.kind = KIND_CONFIRMED, .batch = batch, .day = j->batch_day};
    return line_append(j, &line, why);
}
