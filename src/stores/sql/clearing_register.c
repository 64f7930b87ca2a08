/* The register of a day in parts, drawn from the tables as they are now. */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "stores/sql/clearing_parts_rows.h"
#include "stores/sql/clearing_rows.h"

/* A register being drawn. Its arrays are made here, and are the register's when it is whole. */
struct drawing {
    void *self; /* a struct sql_parts */
    const struct clearing_store *store;
    uint64_t from; /* moments before it are late */
    struct register_card *cards;
    struct register_load *loads;
    struct register_institution *institutions;
    struct register_terminal *terminals;
    struct approval *approvals;
    struct outage_row *outages;
    size_t card_count, load_count, institution_count, terminal_count, approval_count, outage_count;
};

/* Room for thing `count`, which is zeros; NULL without memory. where: of the pointer to the first
 * thing. Rooms
 * double when they are full. */
static void *next_of(void *where, size_t *count, size_t size) {
    bool full = *count == 0 || (*count >= 16 && (*count & (*count - 1)) == 0);
    size_t room = *count < 16 ? 16 : 2 * *count;
    uint8_t *things = NULL;
    (void)memcpy(&things, where, sizeof things);
    uint8_t *more = full ? realloc(things, room * size) : things;
    if (!more) {
        return NULL;
    }
    things = more;
    (void)memcpy(where, &things, sizeof things);
    return memset(things + (*count)++ * size, 0, size);
}

static enum err no_memory(struct why *why) {
    return why_say(why, ERR_OUTSIDE, "no memory for the city's register; end other programs");
}

/* Ends a sentence whose rows were all read, or for which memory ran out. */
static enum err end_rows(struct say *s, bool good, struct why *why) {
    enum err err = say_end(s, why);
    return err || good ? err : no_memory(why);
}

/* --- cards --------------------------------------------------------------------------------- */

static enum err draw_cards(struct drawing *d, struct why *why) {
    struct say s = parts_say(d->self, PARTS_CARDS);
    bool good = true;
    while (good && say_next(&s)) {
        struct register_card *card = next_of(&d->cards, &d->card_count, sizeof *card);
        good = card != NULL;
        if (good) {
            row_bytes(&s, card->factor, FACTOR_LEN);
        }
    }
    return end_rows(&s, good, why);
}

/* The card of a factor at *at or behind it, or NULL; *at follows. Factors come in their order. */
static struct register_card *card_from(struct drawing *d, size_t *at, const uint8_t *factor) {
    while (*at < d->card_count && memcmp(d->cards[*at].factor, factor, FACTOR_LEN) < 0) {
        (*at)++;
    }
    bool there = *at < d->card_count && memcmp(d->cards[*at].factor, factor, FACTOR_LEN) == 0;
    return there ? &d->cards[*at] : NULL;
}

/* Accounts are named by factors in hexadecimal, whose order is that of the factors. */
static enum err draw_balances(struct drawing *d, struct why *why) {
    struct say s = parts_say(d->self, PARTS_CARD_FEN);
    size_t at = 0;
    while (say_next(&s)) {
        char owner[ACCOUNT_OF_LEN + 1] = "";
        uint8_t factor[FACTOR_LEN] = {0};
        row_text(&s, owner, sizeof owner);
        int64_t fen = row_int(&s);
        bool named = hex_read(bytes_of(owner, strlen(owner)), factor, FACTOR_LEN);
        struct register_card *card = named ? card_from(d, &at, factor) : NULL;
        if (card) {
            card->fen = fen;
        } else {
            row_odd(&s);
        }
    }
    return say_end(&s, why);
}

/* The blacklist by card, in the order of its versions. What was over before `from` is forgotten,
 * for a
 * trade of then is late anyway. False when the card was listed twice since, or time ran back. */
static bool draw_entry(struct drawing *d, struct register_card *card, bool added, uint64_t moment) {
    uint64_t last = card->listed_to != 0 ? card->listed_to : card->listed_from;
    bool open = card->listed_from != 0 && card->listed_to == 0;
    if (moment < last) {
        return false;
    }
    if (added && !open) {
        bool over = card->listed_to <= d->from || card->listed_to == moment;
        if (card->listed_from == 0 || card->listed_to != moment) {
            card->listed_from = moment;
        }
        card->listed_to = 0;
        return over;
    }
    if (!added && open) {
        card->listed_to = moment;
    }
    return true;
}

static enum err draw_listed(struct drawing *d, struct why *why) {
    struct say s = parts_say(d->self, PARTS_LISTED);
    char name[2 * FACTOR_LEN + 1] = "";
    size_t at = 0;
    bool good = true;
    while (good && say_next(&s)) {
        uint8_t factor[FACTOR_LEN] = {0};
        row_bytes(&s, factor, FACTOR_LEN);
        bool added = row_int(&s) != 0;
        uint64_t moment = (uint64_t)row_int(&s);
        struct register_card *card = card_from(d, &at, factor);
        good = !card || draw_entry(d, card, added, moment);
        hex_write(bytes_of(factor, FACTOR_LEN), name);
    }
    enum err err = say_end(&s, why);
    return err || good
               ? err
               : why_say(why, ERR_CONFLICT,
                   "card %s was blacklisted twice while its trades may still come; take this "
                   "day's files one by one (day take)",
                   name);
}

static enum err draw_loads(struct drawing *d, struct why *why) {
    struct say s = parts_say(d->self, PARTS_LOADS);
    bool good = true;
    while (good && say_next(&s)) {
        struct register_load *load = next_of(&d->loads, &d->load_count, sizeof *load);
        good = load != NULL;
        if (good) {
            row_bytes(&s, load->factor, FACTOR_LEN);
            load->moment = (uint64_t)row_int(&s);
            load->fen = (uint32_t)row_int(&s);
            load->posted = row_int(&s) == LOAD_POSTED;
        }
    }
    return end_rows(&s, good, why);
}

/* --- who sells ----------------------------------------------------------------------------- */

static enum err draw_institutions(struct drawing *d, struct why *why) {
    struct say s = parts_say(d->self, PARTS_INSTITUTIONS);
    bool good = true;
    while (good && say_next(&s)) {
        struct register_institution *i = next_of(
            &d->institutions, &d->institution_count, sizeof *i);
        good = i != NULL;
        if (good) {
            row_text(&s, i->code, sizeof i->code);
        }
    }
    return end_rows(&s, good, why);
}

static int compare_codes(const void *key, const void *of) {
    return strcmp(key, ((const struct register_institution *)of)->code);
}

/* The institution of a terminal, which the tables say there is. */
static bool give_institution(
    const struct drawing *d, const char *code, struct register_terminal *terminal) {
    const struct register_institution *i = bsearch(
        code, d->institutions, d->institution_count, sizeof *i, compare_codes);
    terminal->institution = i ? (uint32_t)(i - d->institutions) : 0;
    return i != NULL;
}

/* Which of them are other cities' centres. */
static enum err draw_cities(struct drawing *d, struct why *why) {
    struct say s = parts_say(d->self, PARTS_CITIES);
    while (say_next(&s)) {
        char code[INSTITUTION_LEN + 1] = "";
        row_text(&s, code, sizeof code);
        struct register_institution *i = bsearch(
            code, d->institutions, d->institution_count, sizeof *i, compare_codes);
        if (i) {
            i->city = true;
        } else {
            row_odd(&s);
        }
    }
    return say_end(&s, why);
}

static void read_terminal(struct drawing *d, struct say *s, struct register_terminal *t) {
    char code[INSTITUTION_LEN + 1] = "";
    row_bytes(s, t->number, TERMINAL_LEN);
    row_text(s, code, sizeof code);
    t->stopped = row_int(s) != 0;
    if (!give_institution(d, code, t)) {
        row_odd(s);
    }
}

static enum err draw_terminals(struct drawing *d, struct why *why) {
    struct say s = parts_say(d->self, PARTS_TERMINALS);
    bool good = true;
    while (good && say_next(&s)) {
        struct register_terminal *t = next_of(&d->terminals, &d->terminal_count, sizeof *t);
        good = t != NULL;
        if (good) {
            read_terminal(d, &s, t);
        }
    }
    return end_rows(&s, good, why);
}

/* Which blacklist each terminal was given last; nobody knows of one that asked for none. A day in parts
 * judges by it alone. [decision 0055] */
static enum err draw_list_moments(struct drawing *d, struct why *why) {
    enum err err = OK;
    for (size_t i = 0; !err && i < d->terminal_count; i++) {
        err = d->store->terminal_list_moment(
            d->store->self, d->terminals[i].number, INT64_MAX, &d->terminals[i].list_moment, why);
        err = err == ERR_NOT_FOUND ? OK : err;
    }
    return err;
}

/* --- what was said beforehand -------------------------------------------------------------- */

static enum err draw_approvals(struct drawing *d, struct why *why) {
    struct say s = parts_say(d->self, PARTS_APPROVALS);
    bool good = true;
    while (good && say_next(&s)) {
        struct approval *a = next_of(&d->approvals, &d->approval_count, sizeof *a);
        good = a != NULL;
        if (good) {
            row_bytes(&s, a->ticket, TICKET_LEN);
            row_bytes(&s, a->factor, FACTOR_LEN);
            row_bytes(&s, a->terminal, TERMINAL_LEN);
            a->amount = (uint32_t)row_int(&s);
            a->used = row_int(&s) != 0;
        }
    }
    return end_rows(&s, good, why);
}

static enum err draw_outages(struct drawing *d, struct why *why) {
    struct say s = parts_say(d->self, PARTS_OUTAGES);
    bool good = true;
    while (good && say_next(&s)) {
        struct outage_row *o = next_of(&d->outages, &d->outage_count, sizeof *o);
        good = o != NULL;
        if (good) {
            row_text(&s, o->number, sizeof o->number);
            row_text(&s, o->institution, sizeof o->institution);
            o->from = (uint64_t)row_int(&s);
            o->to = (uint64_t)row_int(&s);
        }
    }
    return end_rows(&s, good, why);
}

/* --- the register -------------------------------------------------------------------------- */

/* Whose the arrays are from now on. One fund and one bank: the books tell no more of them. */
static struct day_register register_of(
    const struct drawing *d, const struct clearing_limits *limits) {
    return (struct day_register){.cards = d->cards,
        .loads = d->loads,
        .institutions = d->institutions,
        .terminals = d->terminals,
        .approvals = d->approvals,
        .outages = d->outages,
        .card_count = d->card_count,
        .load_count = d->load_count,
        .institution_count = d->institution_count,
        .terminal_count = d->terminal_count,
        .approval_count = d->approval_count,
        .outage_count = d->outage_count,
        .funds = 1,
        .banks = 1,
        .limits = *limits};
}

enum err register_draw(void *self, const struct clearing_store *store,
    const struct clearing_limits *limits, uint32_t from, struct day_register *out,
    struct why *why) {
    static enum err (*const draws[])(struct drawing *, struct why *) = {draw_cards, draw_balances,
        draw_listed, draw_loads, draw_institutions, draw_cities, draw_terminals, draw_list_moments,
        draw_approvals, draw_outages};
    struct drawing d = {.self = self, .store = store, .from = (uint64_t)from * 1000000};
    enum err err = OK;
    for (size_t i = 0; !err && i < sizeof draws / sizeof draws[0]; i++) {
        err = draws[i](&d, why);
    }
    struct day_register r = register_of(&d, limits);
    err = err ? err : register_open(&r, why);
    if (err) {
        register_drop(&r);
        return why_add(why, err, "the city's register");
    }
    *out = r;
    return OK;
}

/* The register only borrows some of its arrays; they were made here. */
static void free_borrowed(const void *things) {
    void *made = NULL;
    (void)memcpy(&made, &things, sizeof made);
    free(made);
}

void register_drop(struct day_register *r) {
    register_close(r);
    free(r->cards);
    free(r->loads);
    free_borrowed(r->institutions);
    free_borrowed(r->terminals);
    free(r->approvals);
    free_borrowed(r->outages);
    *r = (struct day_register){0};
}
