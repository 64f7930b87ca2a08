/* What stands in the store beside records, books and days: the bank's answers, what a day was closed
 * with, outages, stays in hospital and the claims of a month. [system.md 5.2.2, 5.2.3, 6.3.6]
 *
 * Rows only, in the store's words; the rules are in bank_return.h, exception.h, outage.h and
 * month.h. All money is fen, days are YYYYMMDD, moments YYYYMMDDHHMMSS, months YYYYMM. Texts are
 * UTF-8 and end with a 0. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "clearing/fee_split.h"

enum {
    SETTLE_NUMBER_MAX = 24,  /* letters of a stay's or an outage's number */
    SETTLE_SUBJECT_MAX = 40, /* letters of what an exception is about */
    SETTLE_REASON_MAX = 80,  /* bytes of a reason or a reference */
    SETTLE_CODE_MAX = 8,     /* letters of an institution's code */
    SETTLE_OFFICER_MAX = 32, /* letters of an officer's code */
};

/* What the bank did with one line of a day's payout list: paid it, or gave it back. */
struct bank_answer {
    uint32_t seq; /* of the line, from 1 */
    bool returned;
    char reason[SETTLE_REASON_MAX + 1]; /* the bank's, "" when it was paid */
};

/* Why a day may be closed though not everything is at its end; the values are those of the
 * database. exception.def says each in words. */
enum exception_kind {
#define EXCEPTION(name, word, zh, en) EXCEPTION_##name,
#include "clearing/exception.def"
    EXCEPTION_KIND_COUNT
};

/* One exception that a day was closed with, by its name. count and fen are as they were then;
 * settled is the business day on which it came to its end, 0 while it has not. */
struct exception_row {
    uint32_t day;
    enum exception_kind kind;
    char subject[SETTLE_SUBJECT_MAX + 1]; /* the file, the reason, the institution */
    uint64_t count;
    int64_t fen;
    uint32_t settled;
};

/* What cards and terminals did without the centre: proven records that are no copies and were not
 * approved online. */
struct offline_sums {
    int64_t card_fen;     /* of one card on one day of trade */
    int64_t terminal_fen; /* of one terminal on that day */
    uint32_t in_row;    /* records of the card with numbers right before one, none of them online */
    uint64_t row_began; /* the moment of the first of those; 0 when there are none */
};

/* A declared outage (停机): while it lasts nobody is refused care, and what is over a limit waits in
 * suspense under its number. institution "" means everywhere. */
struct outage_row {
    char number[SETTLE_NUMBER_MAX + 1];
    char institution[SETTLE_CODE_MAX + 1];
    uint64_t from, to; /* both included */
    char reason[SETTLE_REASON_MAX + 1];
    char maker[SETTLE_OFFICER_MAX + 1], approver[SETTLE_OFFICER_MAX + 1];
};

/* A stay that was settled: the bill, what was known of the person's year then, and who pays what. */
struct stay_row {
    char number[SETTLE_NUMBER_MAX + 1]; /* the institution's own, unique in the city */
    char institution[SETTLE_CODE_MAX + 1];
    int64_t person; /* in the registry */
    struct fee_bill bill;
    struct fee_year year;
    struct fee_split split;
    uint32_t day; /* of the discharge: its month claims the pooled part, its year counts it */
    char officer[SETTLE_OFFICER_MAX + 1];
};

/* A month's claim of an institution on its way through two audits. */
enum claim_state {
    CLAIM_OPINION, /* the first level has said what to cut */
    CLAIM_DECIDED, /* the second level has decided; what is paid is due */
};
struct claim_row {
    uint32_t month;
    char institution[SETTLE_CODE_MAX + 1];
    uint32_t stays; /* that it is made of */
    struct month_claim claim;
    enum claim_state state;
    char reason[SETTLE_REASON_MAX + 1]; /* of the cut */
    char first[SETTLE_OFFICER_MAX + 1], second[SETTLE_OFFICER_MAX + 1];
};
