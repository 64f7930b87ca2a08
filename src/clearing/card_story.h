/* One card, from its first load: every fen that went onto it and off it, each with the TAC that the
 * card made over it. [system.md 5.2.3; decision 0029]
 *
 * The postings that touch the card's account are followed in the order in which they were made. A
 * load is compared with its order and its TAC; a purchase with the bytes of the file that it came in
 * and its TAC; the postings of a day in parts with what the card's sealed records of that day call for,
 * each record with its TAC, in the order of their uploading. A posting that neither proves is a difference, and so is a balance that is not their
 * sum. Nothing is changed. */
#pragma once

#include "clearing/clearing.h"
#include "clearing/difference.h"

/* One step of the story. number is the posting's; borrowed for the call. */
struct story_step {
    uint32_t day;
    const char *number;
    int64_t fen, after_fen; /* what came (or, below zero, went), and what is on the account then */
    uint64_t moment;        /* YYYYMMDDHHMMSS of the trade; 0 when it is no trade of the card */
    uint8_t terminal[TERMINAL_LEN];
    uint8_t tac[MAC_LEN];
    const char *rule; /* "load", "purchase", "held" */
    bool medical;     /* on the medical account; else on the wallet */
};

/* Who is told; told may be NULL. */
struct card_listener {
    void *cookie;
    void (*told)(void *cookie, const struct story_step *step);
};

/* What was found; sums are fen. */
struct card_story {
    uint32_t loads, purchases;
    int64_t loaded_fen, spent_fen, balance_fen;
    int64_t
        medical_fen; /* what the medical account holds; loads and purchases count both accounts */
    struct differences differences;
};

/* Follows the card of a factor: its wallet, then its medical account. A card without an account has an empty story. OK says that it was
 * followed, not that it holds: ask out->differences.count. ERR_OUTSIDE: store or vault failed. */
enum err card_follow(const struct clearing *c, const uint8_t factor[FACTOR_LEN],
    const struct card_listener *listener, struct card_story *out, struct why *why);
