#include "stores/sql/clearing_approvals.h"

#include <assert.h>
#include <string.h>

#include "stores/sql/clearing_rows.h"

/* --- what came -------------------------------------------------------------------------------- */

void approvals_forget(struct approvals_came *came) {
    ticket_index_drop(&came->index);
    *came = (struct approvals_came){.newest = 0};
}

/* The index no longer tells what the tables hold, or has no memory to. It may do so again when the
 * transaction is over: only then nothing that it is read from can be taken back. */
static void go_blind(struct approvals_came *came) {
    ticket_index_drop(&came->index);
    came->blind = true;
    assert(came->index.count == 0);
}

/* The database stands between two transactions, whoever began the last one, and that one could be
 * taken back if it was to be. */
static bool between(const struct sqlite_clearing *s) {
    return s->db->depth == 0 && !s->db->engine->alive(s->db->link);
}

static void end_blindness(struct sqlite_clearing *s) {
    if (s->came.blind && between(s)) {
        approvals_forget(&s->came);
    }
}

void approvals_begin(struct sqlite_clearing *s) {
    assert(s->depth < TX_DEPTH_MAX);
    end_blindness(s);
    s->came.began[s->depth] = s->came.newest;
    s->came.fresh = s->came.fresh && s->depth > 0;
    s->came.missing = s->came.missing && s->came.fresh;
    s->came.tidied = s->came.tidied && s->depth > 0;
}

/* approvals 2: kept for good is only what the outermost transaction of the database kept. */
void approvals_kept(struct sqlite_clearing *s) {
    if (between(s)) {
        s->came.known = s->came.newest;
    }
    if (s->depth == 0) {
        s->came.fresh = false;
        end_blindness(s);
    }
    assert(s->came.known <= s->came.newest);
}

/* Numbers that nobody has are given again. What is in the index and was taken back is a hint that
 * leads nowhere, or to another ticket. */
void approvals_taken_back(struct sqlite_clearing *s) {
    struct approvals_came *came = &s->came;
    int64_t began = came->began[s->depth];
    came->newest = began > came->known ? began : came->known;
    came->missing = false;
    came->fresh = came->fresh && s->depth > 0 && s->depth == (size_t)s->db->depth;
    end_blindness(s);
}

/* One row of the news: an approval, or the last number that was ever sorted, which has no ticket. */
static void hear(struct approvals_came *came, int64_t seq, struct bytes ticket) {
    came->newest = seq > came->newest ? seq : came->newest;
    if (ticket.len == 0 || came->blind) {
        return;
    }
    if (ticket_index_room(&came->index, 1)) {
        ticket_index_add(&came->index, ticket.at, seq);
    } else {
        go_blind(came);
    }
}

/* approvals 2. At first all that is there; later what others have added, which is nothing but on a
 * server that two centres share by mistake. */
static enum err read_news(struct sqlite_clearing *s, struct why *why) {
    struct approvals_came *came = &s->came;
    end_blindness(s);
    if (came->fresh) {
        return OK;
    }
    struct say news = clearing_say(s, CLEARING_APPROVAL_NEWS);
    say_int(&news, came->known);
    came->newest = came->known; /* what lay above may have been taken back, and given to others */
    while (say_next(&news)) {
        int64_t seq = row_int(&news);
        struct bytes ticket = row_blob(&news);
        if (seq < 0 || (ticket.len != 0 && ticket.len != TICKET_LEN)) {
            row_odd(&news);
        } else {
            hear(came, seq, ticket);
        }
    }
    enum err err = say_end(&news, why);
    if (err) {
        go_blind(came); /* it may lack what was not read to its end */
        return err;
    }
    /* Inside somebody else's transaction what was read may still be taken back. */
    bool ours = s->depth > 0 && s->depth == (size_t)s->db->depth;
    came->known = ours || between(s) ? came->newest : came->known;
    came->fresh = s->depth > 0;
    return OK;
}

/* --- sorting ---------------------------------------------------------------------------------- */

/* approvals 3: what is in both places counts once, and the next number is known before the last one
 * is gone; so any beginning of these three leaves all approvals as they are. The index keeps its
 * hints: they lead nowhere, or, when this is taken back, where they always led. */
enum err approvals_sort(struct sqlite_clearing *s, int64_t upto, struct why *why) {
    static const enum clearing_sentence steps[] = {
        CLEARING_APPROVAL_SORT, CLEARING_APPROVAL_UPTO, CLEARING_APPROVAL_EMPTY};
    enum err err = OK;
    assert(s->db->depth > 0);
    assert(upto >= 0);
    for (size_t i = 0; !err && i < sizeof steps / sizeof steps[0]; i++) {
        struct say step = clearing_say(s, steps[i]);
        say_int(&step, upto);
        err = say_done(&step, why);
    }
    return err ? why_add(why, err, "sorting approvals") : OK;
}

/* A piece of those that came, the oldest; *more is false when there was none. */
static enum err sort_piece(struct sqlite_clearing *s, bool *more, struct why *why) {
    struct say first = clearing_say(s, CLEARING_APPROVAL_FIRST);
    int64_t seq = say_next(&first) ? row_int(&first) : 0;
    enum err err = say_end(&first, why);
    *more = !err && seq > 0;
    return *more ? approvals_sort(s, seq + APPROVALS_PIECE - 1, why) : err;
}

/* Once in a transaction. */
static enum err tidy(struct sqlite_clearing *s, struct why *why) {
    bool more = false;
    enum err err = s->came.tidied ? OK : sort_piece(s, &more, why);
    s->came.tidied = err == OK;
    return err;
}

/* --- finding ---------------------------------------------------------------------------------- */

/* One approval, column by column; *there is false and nothing written when the sentence finds
 * none. */
static enum err read_approval(struct say *s, struct approval *out, bool *there, struct why *why) {
    struct approval a = {.amount = 0};
    *there = say_next(s);
    if (*there) {
        row_bytes(s, a.ticket, TICKET_LEN);
        row_bytes(s, a.factor, FACTOR_LEN);
        row_bytes(s, a.terminal, TERMINAL_LEN);
        a.amount = (uint32_t)row_int(s);
        a.used = row_int(s) != 0;
    }
    enum err err = say_end(s, why);
    if (!err && *there) {
        *out = a;
    }
    return err;
}

static enum err find_by_ticket(struct sqlite_clearing *s, enum clearing_sentence which,
    const uint8_t ticket[TICKET_LEN], struct approval *out, bool *there, struct why *why) {
    struct say sorted = clearing_say(s, which);
    say_blob(&sorted, bytes_of(ticket, TICKET_LEN));
    return read_approval(&sorted, out, there, why);
}

/* approvals 4: each hint is followed until a row has this ticket. */
static enum err find_came(struct sqlite_clearing *s, const uint8_t ticket[TICKET_LEN],
    struct approval *out, bool *there, struct why *why) {
    const struct approvals_came *came = &s->came;
    struct ticket_search search = ticket_index_search(&came->index, ticket);
    int64_t seq = 0;
    enum err err = OK;
    *there = false;
    while (!err && !*there && ticket_index_next(&came->index, &search, came->newest, &seq)) {
        struct approval a;
        struct say row = clearing_say(s, CLEARING_APPROVAL_CAME);
        say_int(&row, seq);
        err = read_approval(&row, &a, there, why);
        *there = !err && *there && memcmp(a.ticket, ticket, TICKET_LEN) == 0;
        *out = *there ? a : *out;
    }
    return err;
}

/* approvals 1: the sorted place first. */
static enum err find(struct sqlite_clearing *s, const uint8_t ticket[TICKET_LEN],
    struct approval *out, bool *there, struct why *why) {
    enum err err = read_news(s, why);
    *there = false;
    if (err || s->came.blind) {
        return err ? err : find_by_ticket(s, CLEARING_APPROVAL_SEEK, ticket, out, there, why);
    }
    err = find_by_ticket(s, CLEARING_APPROVAL_FIND, ticket, out, there, why);
    return err || *there ? err : find_came(s, ticket, out, there, why);
}

/* By the ticket; used ones are found, too, so that a second use is seen. */
static enum err rows_approval_find(
    void *self, const uint8_t ticket[TICKET_LEN], struct approval *out, struct why *why) {
    struct sqlite_clearing *s = self;
    bool there = false;
    enum err err = find(s, ticket, out, &there, why);
    if (err || there) {
        return err;
    }
    s->came.missing = s->came.fresh;
    (void)memcpy(s->came.sought, ticket, TICKET_LEN);
    return why_say(why, ERR_NOT_FOUND, "no such approval");
}

/* --- adding and using ------------------------------------------------------------------------- */

/* A ticket stands for one approval. Who has just asked for it need not ask again: nobody else writes
 * while the transaction is open. */
static enum err check_new(struct sqlite_clearing *s, const struct approval *a, struct why *why) {
    struct approvals_came *came = &s->came;
    struct approval before;
    bool there = false;
    bool asked = came->missing && came->fresh && memcmp(came->sought, a->ticket, TICKET_LEN) == 0;
    came->missing = false;
    enum err err = asked ? OK : find(s, a->ticket, &before, &there, why);
    return there ? why_say(why, ERR_CONFLICT, "the ticket stands for another approval") : err;
}

/* Without room in the index all that is there is sorted: the tables, which are asked until this
 * transaction has ended, are searched quickly then, and the index begins anew behind it. */
static enum err make_room(struct sqlite_clearing *s, struct why *why) {
    if (s->came.blind || ticket_index_room(&s->came.index, 1)) {
        return OK;
    }
    go_blind(&s->came);
    enum err err = OK;
    for (bool more = true; !err && more;) {
        err = sort_piece(s, &more, why);
    }
    return err;
}

/* Behind the last one that came. */
static enum err rows_approval_add(void *self, const struct approval *a, struct why *why) {
    struct sqlite_clearing *s = self;
    struct approvals_came *came = &s->came;
    assert(!a->used);
    assert(s->db->depth > 0);
    enum err err = check_new(s, a, why);
    err = err ? err : make_room(s, why);
    if (err) {
        return err;
    }
    struct say add = clearing_say(s, CLEARING_APPROVAL_ADD);
    say_int(&add, came->newest + 1);
    say_blob(&add, bytes_of(a->ticket, TICKET_LEN));
    say_blob(&add, bytes_of(a->factor, FACTOR_LEN));
    say_blob(&add, bytes_of(a->terminal, TERMINAL_LEN));
    say_int(&add, a->amount);
    err = say_done(&add, why);
    if (!err) {
        came->newest++;
        if (!came->blind) {
            ticket_index_add(&came->index, a->ticket, came->newest);
        }
    }
    return err;
}

/* Whether one of the sorted ones has this ticket, and is used now. */
static enum err use_sorted(
    struct sqlite_clearing *s, const uint8_t ticket[TICKET_LEN], bool *done, struct why *why) {
    struct say use = clearing_say(s, CLEARING_APPROVAL_USE);
    say_blob(&use, bytes_of(ticket, TICKET_LEN));
    enum err err = say_done(&use, why);
    *done = !err && db_changed(s->db) > 0;
    return err;
}

/* Puts one of those that came into the sorted place, used. Its row stays where it came until its
 * turn: the number that follows it must be known. */
static enum err use_came(
    struct sqlite_clearing *s, const uint8_t ticket[TICKET_LEN], struct why *why) {
    struct approval a;
    bool there = false;
    enum err err = find(s, ticket, &a, &there, why);
    if (err || !there) {
        return err;
    }
    assert(!a.used);
    struct say keep = clearing_say(s, CLEARING_APPROVAL_KEEP);
    say_blob(&keep, bytes_of(a.ticket, TICKET_LEN));
    say_blob(&keep, bytes_of(a.factor, FACTOR_LEN));
    say_blob(&keep, bytes_of(a.terminal, TERMINAL_LEN));
    say_int(&keep, a.amount);
    err = say_done(&keep, why);
    return err ? err : tidy(s, why);
}

/* Never taken back but by the transaction of the record that used it. */
static enum err rows_approval_use(void *self, const uint8_t ticket[TICKET_LEN], struct why *why) {
    struct sqlite_clearing *s = self;
    bool done = false;
    assert(s->db->depth > 0);
    enum err err = use_sorted(s, ticket, &done, why);
    return err || done ? err : use_came(s, ticket, why);
}

/* The functions of this file, into a store that clearing_store.c has begun. */
void clearing_approvals_offer(struct clearing_store *store) {
    store->approval_find = rows_approval_find;
    store->approval_add = rows_approval_add;
    store->approval_use = rows_approval_use;
}
