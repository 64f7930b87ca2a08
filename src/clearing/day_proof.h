/* The proof of a business day from what came from outside: the bytes of its uploads as they were
 * kept, and the TACs of cards. [system.md 5.2.3; purse.md 8; decision 0029]
 *
 * Nothing that the clearing derived is believed. Each kept file is decoded anew, each TAC is made
 * anew in the vault, each record is judged anew by what does not change with time, and then the rows
 * of uploads, records, postings, entries, accounts, payouts and of the day itself must say the same:
 *
 *   proof 1: the files of the day are those that the audit chain notes, each whole under its name.
 *   proof 2: every record has one row, which says what the terminal sent, and no row is left over.
 *   proof 3: a cleared record has a good TAC, is in time, within its limit or approved, and was not
 *            on the blacklist; two cleared records never share a terminal and a sequence.
 *   proof 4: the posting of each record is the one that its end calls for.
 *   proof 5: no posting of the day is without a cause that was proven: record, load with its TAC,
 *            payout, decision of two officers, or what was paid in from outside.
 *   proof 6: the payout list is what is due by the above, and the bank file's digest follows from it.
 *   proof 7: the books are even.
 *
 * Whether a terminal was bound, and whether balances followed from each other, was judged by what was
 * known then; the proof does not judge these two anew. Nothing is changed. Memory grows by 24 bytes
 * for each cleared record of the day. */
#pragma once

#include "clearing/clearing.h"
#include "clearing/day_cycle.h"
#include "clearing/difference.h"

/* Where some fen of the bank file come from. record is borrowed for the call. */
struct proof_line {
    const char *institution;            /* who is paid */
    int64_t fen;                        /* below zero: taken from what is paid */
    const struct upload_record *record; /* NULL when it is no record of the day */
    int64_t upload;                     /* the file's number, and the place in it */
    uint32_t place;
    const char *rule; /* why it is paid, in words */
};

/* Who is told; told may be NULL. */
struct proof_listener {
    void *cookie;
    void (*told)(void *cookie, const struct proof_line *line);
};

/* What was found. Sums are fen. */
struct day_proof {
    uint32_t day;
    enum day_state state;
    uint32_t uploads;
    uint64_t records, tac_good, cleared, held;
    int64_t cleared_fen, held_fen;
    int64_t loaded_fen;          /* loads of the day, each with its TAC */
    int64_t due_fen, payout_fen; /* what the proof finds to be paid, and the payout list */
    struct differences differences;
};

/* Proves a day, in any state. OK says that the proof was made, not that it holds: ask
 * out->differences.count. ERR_NOT_FOUND: the day never began; ERR_OUTSIDE: store or vault failed, and
 * nothing is proven. */
enum err day_prove(const struct clearing *c, uint32_t day, const struct proof_listener *listener,
    struct day_proof *out, struct why *why);
