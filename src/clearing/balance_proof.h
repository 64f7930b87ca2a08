/* The proof that every fen is accounted for, on the cards, in the books and at the bank. [system.md
 * 5.2.3]
 *
 * Begin, feed the balance read from each chip, end. It holds when
 *
 *   1. each card's chip says what its account says;
 *   2. each card's loads minus its purchases are its balance;
 *   3. the sum over the chips is the sum over the card accounts, and no account was left out;
 *   4. debit equals credit, and each balance is its entries' sum;
 *   5. what was paid out is what was cleared on the days that were paid.
 *
 * What does not hold is counted, and the first few are named. Nothing is changed, so a proof may be
 * made at any time; but while a day goes on, records that were not uploaded yet make a difference
 * between chips and books. The struct is the caller's, and nothing in it needs an end but
 * proof_end(). */
#pragma once

#include "clearing/clearing.h"

enum { DIFFERENCES_MAX = 10, DIFFERENCE_TEXT_MAX = 160 };

/* A proof under way; the caller reads the figures after proof_end(). All sums are fen. */
struct balance_proof {
    const struct clearing *clearing;
    uint64_t cards;            /* fed so far */
    uint64_t accounts;         /* of them with an account in the books */
    int64_t cards_balance_fen; /* sum over the chips */
    int64_t books_balance_fen; /* sum over the card accounts; after the end */
    int64_t loaded_fen, spent_fen;
    int64_t cleared_fen, payout_fen; /* of paid days; after the end */
    struct trial_balance trial;      /* after the end */
    uint64_t difference_count;
    char differences[DIFFERENCES_MAX][DIFFERENCE_TEXT_MAX]; /* the first few, in words */
};

/* Begins anew; c is borrowed until proof_end(). */
void proof_begin(struct balance_proof *p, const struct clearing *c);

/* One card, each card once: its factor and the balance that its chip answered. A card without an
 * account must have nothing on its chip. ERR_OUTSIDE: the store failed, and the card was not
 * counted. */
enum err proof_card(
    struct balance_proof *p, const uint8_t factor[FACTOR_LEN], uint32_t chip_fen, struct why *why);

/* Looks at the books as a whole. OK says that the proof was made, not that it holds; after an error
 * it was not made. */
enum err proof_end(struct balance_proof *p, struct why *why);

/* True when not a single difference was found. Ask after proof_end(). */
static inline bool proof_holds(const struct balance_proof *p) {
    return p->difference_count == 0;
}
