#include "clearing/partition_register.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* --- finding ------------------------------------------------------------------------------- */

/* Mixes all bits into the low ones. */
static size_t mixed(uint64_t x) {
    x = (x ^ x >> 32) * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(x ^ x >> 29);
}

static size_t factor_slot(const uint8_t *factor) {
    uint64_t x = 0;
    (void)memcpy(&x, factor, FACTOR_LEN);
    return mixed(x);
}

static size_t terminal_slot(const uint8_t *number) {
    uint64_t x = 0;
    (void)memcpy(&x, number, TERMINAL_LEN);
    return mixed(x);
}

/* Both factors as one word each: a call of memcmp() takes longer than the rest of a search. */
static bool factor_same(const uint8_t *a, const uint8_t *b) {
    uint64_t x = 0, y = 0;
    (void)memcpy(&x, a, FACTOR_LEN);
    (void)memcpy(&y, b, FACTOR_LEN);
    return x == y;
}

/* The first of `count` things of `size` bytes whose first `len` bytes are not below the key. */
static size_t first_not_below(
    const void *things, size_t count, size_t size, const uint8_t *key, size_t len) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp((const uint8_t *)things + middle * size, key, len) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void register_card_soon(const struct day_register *r, const uint8_t *factor) {
    __builtin_prefetch(&r->slots[factor_slot(factor) & r->slot_mask]);
}

void register_card_now(const struct day_register *r, const uint8_t *factor) {
    uint32_t slot = r->slots[factor_slot(factor) & r->slot_mask];
    if (slot != 0) {
        __builtin_prefetch(&r->cards[slot - 1]);
    }
}

bool register_card_at(const struct day_register *r, const uint8_t *factor, uint32_t *at) {
    for (size_t slot = factor_slot(factor) & r->slot_mask; r->slots[slot] != 0;
         slot = (slot + 1) & r->slot_mask) {
        if (factor_same(r->cards[r->slots[slot] - 1].factor, factor)) {
            *at = r->slots[slot] - 1;
            return true;
        }
    }
    *at = (uint32_t)first_not_below(r->cards, r->card_count, sizeof *r->cards, factor, FACTOR_LEN);
    return false;
}

const struct register_terminal *register_terminal_of(
    const struct day_register *r, const uint8_t *number) {
    for (size_t slot = terminal_slot(number) & r->terminal_mask; r->terminal_slots[slot] != 0;
         slot = (slot + 1) & r->terminal_mask) {
        const struct register_terminal *t = &r->terminals[r->terminal_slots[slot] - 1];
        if (memcmp(t->number, number, TERMINAL_LEN) == 0) {
            return t;
        }
    }
    return NULL;
}

const struct approval *register_approval_of(const struct day_register *r, const uint8_t *ticket) {
    size_t i = first_not_below(
        r->approvals, r->approval_count, sizeof *r->approvals, ticket, TICKET_LEN);
    bool there = i < r->approval_count && memcmp(r->approvals[i].ticket, ticket, TICKET_LEN) == 0;
    return there ? &r->approvals[i] : NULL;
}

static int compare_codes(const void *code, const void *of) {
    return strcmp(code, ((const struct register_institution *)of)->code);
}

const struct register_institution *register_institution_of(
    const struct day_register *r, const char *code) {
    assert(r->institutions || r->institution_count == 0);
    return r->institution_count == 0 ? NULL
                                     : bsearch(code, r->institutions, r->institution_count,
                                         sizeof *r->institutions, compare_codes);
}

bool register_outage_at(
    const struct day_register *r, const struct register_institution *institution, uint64_t moment) {
    for (size_t i = 0; i < r->outage_count; i++) {
        const struct outage_row *o = &r->outages[i];
        bool here = o->institution[0] == '\0' || strcmp(o->institution, institution->code) == 0;
        if (here && o->from <= moment && moment <= o->to) {
            return true;
        }
    }
    return false;
}

struct chain_loads register_loads_between(
    const struct day_register *r, const struct register_card *card, uint64_t from, uint64_t to) {
    struct chain_loads sums = {0};
    assert(from <= to);
    for (size_t i = 0; i < card->load_count; i++) {
        const struct register_load *load = &r->loads[card->first_load + i];
        if (load->moment >= from && load->moment <= to) {
            bool inside = from < load->moment && load->moment < to && load->posted;
            sums.certain_fen += inside ? load->fen : 0;
            sums.possible_fen += load->fen;
        }
    }
    return sums;
}

/* --- making -------------------------------------------------------------------------------- */

/* True when the first len bytes of each thing are above those of the one before it. */
static bool rising(const void *things, size_t count, size_t size, size_t len) {
    const uint8_t *at = things;
    bool good = true;
    for (size_t i = 1; good && i < count; i++) {
        good = memcmp(at + (i - 1) * size, at + i * size, len) < 0;
    }
    return good;
}

/* Every number that is used as an index is one. */
static bool indexes_good(const struct day_register *r) {
    bool good = r->card_count < UINT32_MAX && r->load_count < UINT32_MAX
                && r->terminal_count < UINT32_MAX;
    for (size_t i = 0; good && i < r->card_count; i++) {
        good = r->cards[i].fund < r->funds && r->cards[i].fen >= 0;
    }
    for (size_t i = 0; good && i < r->institution_count; i++) {
        good = r->institutions[i].bank < r->banks;
    }
    for (size_t i = 0; good && i < r->terminal_count; i++) {
        good = r->terminals[i].institution < r->institution_count;
    }
    return good;
}

/* Says of each card where its loads are; false for a load of a card that is not there. */
static bool give_loads(struct day_register *r) {
    size_t card = 0;
    for (size_t i = 0; i < r->card_count; i++) {
        r->cards[i].first_load = r->cards[i].load_count = 0;
    }
    for (size_t i = 0; i < r->load_count; i++) {
        while (card < r->card_count
               && memcmp(r->cards[card].factor, r->loads[i].factor, FACTOR_LEN) < 0) {
            card++;
        }
        if (card == r->card_count
            || memcmp(r->cards[card].factor, r->loads[i].factor, FACTOR_LEN) != 0) {
            return false;
        }
        if (r->cards[card].load_count++ == 0) {
            r->cards[card].first_load = (uint32_t)i;
        }
    }
    return true;
}

/* At most half of the slots are taken, so that a search is short. NULL without memory. */
static uint32_t *new_slots(size_t things, size_t *mask) {
    size_t slots = 16;
    while (slots < 2 * things) {
        slots *= 2;
    }
    *mask = slots - 1;
    return calloc(slots, sizeof(uint32_t));
}

/* Thing i, by the first free slot from there on. */
static void put_slot(uint32_t *slots, size_t mask, size_t slot, size_t i) {
    for (slot &= mask; slots[slot] != 0;) {
        slot = (slot + 1) & mask;
    }
    slots[slot] = (uint32_t)(i + 1);
}

static enum err make_slots(struct day_register *r, struct why *why) {
    r->slots = new_slots(r->card_count, &r->slot_mask);
    r->terminal_slots = new_slots(r->terminal_count, &r->terminal_mask);
    if (!r->slots || !r->terminal_slots) {
        register_close(r);
        return why_say(why, ERR_OUTSIDE, "no memory for an index of %zu cards; end other programs",
            r->card_count);
    }
    for (size_t i = 0; i < r->card_count; i++) {
        put_slot(r->slots, r->slot_mask, factor_slot(r->cards[i].factor), i);
    }
    for (size_t i = 0; i < r->terminal_count; i++) {
        put_slot(r->terminal_slots, r->terminal_mask, terminal_slot(r->terminals[i].number), i);
    }
    return OK;
}

enum err register_open(struct day_register *r, struct why *why) {
    r->slots = r->terminal_slots = NULL;
    const char *bad = NULL;
    bad = !rising(r->cards, r->card_count, sizeof *r->cards, FACTOR_LEN) ? "cards" : bad;
    bad = !rising(r->institutions, r->institution_count, sizeof *r->institutions, INSTITUTION_LEN)
              ? "institutions"
              : bad;
    bad = !rising(r->terminals, r->terminal_count, sizeof *r->terminals, TERMINAL_LEN) ? "terminals"
                                                                                       : bad;
    bad = !rising(r->approvals, r->approval_count, sizeof *r->approvals, TICKET_LEN) ? "approvals"
                                                                                     : bad;
    if (bad || !indexes_good(r) || !give_loads(r)) {
        return why_say(why, ERR_INVALID,
            "the register's %s are out of order or name what is not there; draw it anew",
            bad ? bad : "numbers");
    }
    return make_slots(r, why);
}

void register_close(struct day_register *r) {
    free(r->slots);
    free(r->terminal_slots);
    r->slots = r->terminal_slots = NULL;
}
