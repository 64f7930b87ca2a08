/* What a business day is closed with though it is not at its end, each by its name, and what is to be
 * done about anything that waits, by its age. [system.md 5.2.3; decision 0044]
 *
 * exception 1: a day closes with every fen in the books; what is still open beside them has a row.
 * exception 2: the row says what was open when the day closed and is kept for ever; `settled` is the
 *              day on which it came to its end.
 *
 * The first step after a day is to look, and the last to write to the supervisor: ageing.def. */
#pragma once

#include "clearing/clearing.h"

/* Writes the rows of a day that closes, in the caller's transaction: the bank's answer that is not
 * there, records and moves that wait for people, trades that were uploaded too late. */
enum err exceptions_note(const struct clearing *c, uint32_t day, struct why *why);

/* The bank's answer to that day has come on `today`: its exception, if there is one, is settled. */
enum err exception_answered(
    const struct clearing *c, uint32_t day, uint32_t today, struct why *why);

/* "return-missing", ...; zh for the page. Static. */
const char *exception_word(enum exception_kind kind);
const char *exception_zh(enum exception_kind kind);

/* One line of ageing.def: from how many days on, what is due, and whose it is to do. */
struct age {
    uint32_t days;
    const char *word, *zh;        /* what is to be done: "look for it", "查找" */
    const char *whose, *whose_zh; /* who does it */
};

/* The line for something that has waited since a day. Static. */
const struct age *age_since(uint32_t since, uint32_t today);
