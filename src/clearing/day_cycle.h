/* The day cycle: from the last record of a business day to the file for the bank. [system.md 5.2.3]
 *
 *   OPEN --cut--> CUT --net--> NETTED --balance--> BALANCED --list--> LISTED (maker)
 *        --approve--> APPROVED (another officer) --pay--> PAID --close--> CLOSED
 *
 * day 1: a step can be run again at any time: what is done stays as it is, and answers the same.
 * day 2: cutting a day opens the next; whatever arrives later belongs to that one.
 * day 3: netting adds up the day's cleared records and moves by institution and city, and the books
 *        must say the same.
 * day 4: a day whose trial balance is not zero does not go on.
 * day 5: who makes the payout list does not approve it.
 * day 6: the bank file is a function of the payout list: the same bytes whenever it is written, and
 *        it is written whole or not at all. A day closes only when the file on disk has its digest.
 *
 * day 7: a payout above the limit of that day (clearing_limits.head_fen) is not paid before the head
 *        has said yes, too: the third person.
 * day 9: with the parameter bank-signed a day closes only when its bank file is signed by all who let it
 *        out (pay_sign.h).
 * day 8: what is not at its end when a day closes stands in its exceptions by name (exception.h); a
 *        day without its bank's answer is closed with that exception.
 *
 * Each step is one transaction with its row of the audit chain; only the bank file is written after
 * it, and is written by the same step again when a kill came between. */
#pragma once

#include "clearing/clearing.h"

/* How far a day has come; the values are those of the database, in the order of the steps. */
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

/* Opens the first business day of a centre; the same day again is OK. ERR_INVALID: no such day;
 * ERR_CONFLICT: business days have begun with another one. */
enum err day_begin(const struct clearing *c, uint32_t day, struct why *why);

/* The business day that records and loads belong to now. ERR_CONFLICT before day_begin(). */
enum err day_open(const struct clearing_store *store, uint32_t *day, struct why *why);

/* Who takes a step. officer is an officer of the registry; bank_dir is where bank files are kept
 * (needed from DAY_PAID on). */
struct day_order {
    uint32_t day;
    const char *officer;
    const char *bank_dir;
};

/* Takes the day to a state, from the one before it: ERR_CONFLICT when the day is not there yet,
 * when records and books differ, when the books are off, or when the bank file is missing or
 * altered. ERR_DENIED when the officer has not the duty of the step, or made the list that is to be
 * approved. ERR_NOT_FOUND for a day that never began. OK and nothing changed when the day is there
 * or beyond. */
enum err day_step(
    const struct clearing *c, const struct day_order *order, enum day_state to, struct why *why);

/* The head's yes to the payouts of a day that is listed or approved (day 7). The same again is OK.
 * ERR_DENIED: the officer is no head, or made or approved the list; ERR_CONFLICT: the day has no list
 * yet, or was paid without. */
enum err day_head(const struct clearing *c, uint32_t day, const char *officer, struct why *why);

/* Takes all steps that are still missing: order->officer signs all but the approval, which approver
 * signs. The first that fails ends it; called again it goes on from there. */
enum err day_run(
    const struct clearing *c, const struct day_order *order, const char *approver, struct why *why);

/* What a day came to, for reports. */
struct day_figures {
    enum day_state state;
    uint32_t institutions; /* with cleared records */
    int64_t net_fen;       /* cleared records */
    int64_t payout_fen;    /* on the payout list */
};

/* Counted from the rows, today as on the day; ERR_NOT_FOUND for a day that never began. */
enum err day_figures_of(
    const struct clearing *c, uint32_t day, struct day_figures *out, struct why *why);

/* "open", "cut", ... in English; zh for the page. Static. */
const char *day_state_word(enum day_state state);
const char *day_state_zh(enum day_state state);
