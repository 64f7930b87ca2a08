/* The day cycle: from the last record of a business day to the file for the bank. [system.md 5.2.3]
 *
 *   OPEN --cut--> CUT --net--> NETTED --balance--> BALANCED --list--> LISTED (maker)
 *        --approve--> APPROVED (another officer) --pay--> PAID --close--> CLOSED
 *
 *  1. A step can be run again at any time: what is done stays as it is, and answers the same.
 *  2. Cutting a day opens the next; whatever arrives later belongs to that one.
 *  3. Netting adds up the day's cleared records by institution, and the books must say the same.
 *  4. A day whose trial balance is not zero does not go on.
 *  5. Who makes the payout list does not approve it.
 *  6. The bank file is a function of the payout list: the same bytes whenever it is written, and it
 *     is written whole or not at all. A day closes only when the file on disk has its digest. */
#pragma once

#include "clearing/clearing.h"

enum day_state {
    DAY_OPEN,
    DAY_CUT,
    DAY_NETTED,
    DAY_BALANCED,
    DAY_LISTED,
    DAY_APPROVED,
    DAY_PAID,
    DAY_CLOSED,
    DAY_STATE_COUNT,
};

/* Opens the first business day of a centre; the same day again is OK. */
enum err day_begin(const struct clearing *c, uint32_t day, struct why *why);

/* The business day that records and loads belong to now. ERR_NOT_FOUND before day_begin(). */
enum err day_open(const struct clearing_store *store, uint32_t *day, struct why *why);

/* Who takes a step. officer is an officer of the registry; bank_dir is where bank files are kept
 * (needed from DAY_PAID on). */
struct day_order {
    uint32_t day;
    const char *officer;
    const char *bank_dir;
};

/* Takes the day to a state, from the one before it: ERR_CONFLICT when the day is not there yet.
 * OK and nothing changed when the day is there or beyond. */
enum err day_step(
    const struct clearing *c, const struct day_order *order, enum day_state to, struct why *why);

/* Takes all steps that are still missing: maker signs all but the approval. */
enum err day_run(
    const struct clearing *c, const struct day_order *order, const char *approver, struct why *why);

struct day_figures {
    enum day_state state;
    uint32_t institutions;
    int64_t net_fen;    /* cleared records */
    int64_t payout_fen; /* on the payout list */
};

enum err day_figures_of(
    const struct clearing *c, uint32_t day, struct day_figures *out, struct why *why);

/* "open", "cut", ... in English; zh for the page. */
const char *day_state_word(enum day_state state);
const char *day_state_zh(enum day_state state);
