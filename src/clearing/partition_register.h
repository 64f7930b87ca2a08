/* What a day's partitioned clearing knows of cards, terminals and institutions: arrays in memory.
 *
 * The rules of intake.h ask a store record by record; a million records a second need the same
 * facts
 * as arrays. They are the caller's, sorted, and borrowed until register_close(); how large they are
 * depends on the city and not on the day (56 bytes a card). Only `used` of approvals
 * is written, when a day has been made. */
#pragma once

#include "clearing/clearing.h"

/* A card: whether and since when the blacklist holds it (0: not), up to which moment without it
 * (0: still),
 * what the books hold for it before the day, and the fund that pays. */
struct register_card {
    uint8_t factor[FACTOR_LEN];
    uint64_t listed_from, listed_to; /* YYYYMMDDHHMMSS */
    int64_t fen;
    uint32_t fund;
    uint32_t first_load, load_count; /* in loads; register_open() writes them */
};

/* A load of a card that is not cancelled. */
struct register_load {
    uint8_t factor[FACTOR_LEN];
    uint64_t moment;
    uint32_t fen;
    bool posted;
};

/* city: another city's centre, which answers for the terminals there. */
struct register_institution {
    char code[INSTITUTION_LEN + 1];
    bool city;
    uint32_t bank;
};

/* institution is an index, for terminals of institutions. list_moment: of the blacklist that it
 * was given
 * last, YYYYMMDDHHMMSS; 0 when nobody knows. */
struct register_terminal {
    uint8_t number[TERMINAL_LEN];
    uint32_t institution;
    bool stopped;
    uint64_t list_moment;
};

/* Everything, each array in rising order of what it is found by: factor, factor and moment, code,
 * number, ticket. No two cards, institutions, terminals or approvals alike. */
struct day_register {
    struct register_card *cards;
    struct register_load *loads;
    const struct register_institution *institutions;
    const struct register_terminal *terminals;
    struct approval *approvals;
    const struct outage_row *outages; /* in any order */
    size_t outage_count;
    size_t card_count, load_count, institution_count, terminal_count, approval_count;
    uint32_t funds, banks; /* how many of each there are; numbers count from 0 */
    struct clearing_limits limits;
    enum key_algorithm purse;         /* of this centre's wallets; KEY_TDES when nothing is said */
    uint32_t *slots, *terminal_slots; /* register_open()'s: where a factor or number may be found */
    size_t slot_mask, terminal_mask;
};

/* Looks at the order of everything and makes the index. ERR_INVALID says what is out of order,
 * ERR_OUTSIDE that memory is out. */
enum err register_open(struct day_register *r, struct why *why);

/* Frees the index; the arrays are the caller's. */
void register_close(struct day_register *r);

/* The card's place in cards, and true; else the place of the first card behind that factor. */
bool register_card_at(const struct day_register *r, const uint8_t *factor, uint32_t *at);

/* Lets the memory fetch what register_card_at() will look at for that factor: first where the card
 * may
 * be found, some time later the card itself. They change nothing. */
void register_card_soon(const struct day_register *r, const uint8_t *factor);
void register_card_now(const struct day_register *r, const uint8_t *factor);

/* NULL when there is none. */
const struct register_terminal *register_terminal_of(
    const struct day_register *r, const uint8_t *number);
const struct approval *register_approval_of(const struct day_register *r, const uint8_t *ticket);

/* NULL when there is none of that code. */
const struct register_institution *register_institution_of(
    const struct day_register *r, const char *code);

/* True when an outage was declared for that institution, or for all, at a moment. */
bool register_outage_at(
    const struct day_register *r, const struct register_institution *institution, uint64_t moment);

/* What the card's loads from one moment to another come to, as clearing_store.loads_between(). */
struct chain_loads register_loads_between(
    const struct day_register *r, const struct register_card *card, uint64_t from, uint64_t to);
