/* Decisions about money: suspense, refunds, other cities. [system.md 5.2.3, 6.3.6]
 *
 * move 1: two officers: who asks for a move does not do it.
 * move 2: a number names one move: the same again is answered, other content is refused.
 * move 3: a record is decided once, and given back at most once whole.
 * move 4: what is done belongs to the day that is open then, with its posting: a day that was closed is
 *         never changed, a correction is always a new posting with its reference.
 * move 5: what a move takes from an institution must be due to it on that day.
 * move 6: retention is released when its year is over, and never more than was kept.
 *
 * Each change is one transaction with its row of the audit chain. */
#pragma once

#include "clearing/clearing.h"

/* A move as an officer asks for it. For PAY, REFUSE and REFUND upload and place name the record, whose
 * institution it is; fen counts for REFUND, CLAIM and RELEASE, institution for CLAIM and RELEASE. The place
 * of a RELEASE is the year, YYYY. */
struct move_order {
    const char *number;
    enum move_kind kind;
    int64_t upload;
    uint32_t place;
    const char *institution;
    int64_t fen;
    const char *reference;
};

/* Asks for it. ERR_INVALID: number, reference or amount; ERR_NOT_FOUND: no such record;
 * ERR_CONFLICT: the record is in no state for it, was decided before, or the number stands for another
 * move; ERR_DENIED: the officer may not. */
enum err move_ask(
    const struct clearing *c, const struct move_order *order, const char *officer, struct why *why);

/* Does it. The same again is OK. ERR_CONFLICT: the books do not cover it, or less is due to the
 * institution today than it takes; it can be done another day. ERR_DENIED: the officer may not, or is
 * the one who asked. */
enum err move_agree(
    const struct clearing *c, const char *number, const char *officer, struct why *why);

/* The posting that a move calls for on its day; a count of 0 for none. ERR_NOT_FOUND: its record is
 * gone. */
enum err move_posting(
    const struct clearing *c, const struct move_row *row, struct posting *out, struct why *why);

/* Makes an institution the account of another city, and pays in its advance fund (预付金), which its
 * cards' trades here are taken from. The same again is OK. */
enum err city_join(const struct clearing *c, const char *institution,
    const uint8_t prefix[CITY_PREFIX_LEN], int64_t advance_fen, const char *officer,
    struct why *why);

/* True when people must decide about a record of that end. */
bool reason_waits(enum reason reason);

/* "pay", "refuse", ...; zh for the page. Static. */
const char *move_word(enum move_kind kind);
const char *move_zh(enum move_kind kind);
/* What the kind does to what is due to its institution: 1, 0 or -1. */
int move_sign(enum move_kind kind);
