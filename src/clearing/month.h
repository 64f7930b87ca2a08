/* Stays in hospital and the claims of a month: from the bill to what the fund pays. [system.md 5.2.2;
 * decision 0044]
 *
 * A stay is settled when the patient leaves: fee_split.h says who pays what, by the figures that hold
 * on the day of admission, and the person's year so far is what the stays before it came to. The part
 * of the personal account is a trade like any other and comes by upload; the pooled part is claimed by
 * the month:
 *
 *   stays of a month --opinion (first level, with a cut)--> --decision (second level)--> due
 *
 * month 1: a stay's number names one settlement: the same again is answered, another is refused.
 * month 2: a claim is what the month's stays come to, no more and no less, and the month is over.
 * month 3: two levels audit it, by two officers; the second may cut otherwise than the first.
 * month 4: of what is granted a share is kept until the year's score (质量保证金, retention): the posting
 *          "retention YYYYMM CODE" puts it on an account of that institution and year. The rest is due
 *          on the day of the decision by a move "month YYYYMM CODE", and stands on that day's payout
 *          list. When the year is over and judged, a move of kind RELEASE takes from that account what
 *          is due after all (move.h); what is never released stays there. [decision 0059]
 * month 5: a month that was decided takes no more stays of that institution.
 *
 * Each change is one transaction with its row of the audit chain. */
#pragma once

#include "clearing/clearing.h"

/* Where the retention of an institution's year YYYY lies: "CODE/YYYY". */
struct account_name retention_account(const char *institution, uint32_t year);

/* The posting that a decided claim calls for beside its move; a count of 0 when nothing is kept. day is that
 * of the decision. */
struct posting retention_posting(const struct claim_row *row, uint32_t day);

/* Whether a posting "retention YYYYMM CODE" is the one that its decided claim calls for. ERR_OUTSIDE: the
 * store failed. */
enum err retention_proven(
    const struct clearing *c, const struct posting *posting, bool *proven, struct why *why);

/* A stay as the hospital bills it. bill.days is computed from the two days: leaving on the day of
 * admission is one day. account_fen is what the personal account may pay, 0 when the policy lets it
 * pay nothing. */
struct stay_order {
    const char *number;      /* 1 to SETTLE_NUMBER_MAX digits, capital letters and '-' */
    const char *institution; /* registered */
    int64_t person;          /* in the registry, above 0 */
    struct fee_bill bill;
    uint32_t discharged;
    bool supplementary, account_pays;
    int64_t account_fen;
};

/* Settles it and says what became of it. ERR_INVALID: the bill, or the days; ERR_NOT_FOUND: no such
 * institution; ERR_CONFLICT: the number is another stay's, it ends after the open day, or its month
 * was decided; ERR_DENIED. */
enum err stay_settle(const struct clearing *c, const struct stay_order *order, const char *officer,
    struct stay_row *out, struct why *why);

/* What one level says of a month's claim. */
struct month_order {
    uint32_t month; /* YYYYMM */
    const char *institution;
    int64_t cut_fen;
    const char *reason; /* of the cut; may be NULL when nothing is cut */
};

/* The first level's opinion; again it is written anew, until the second level has decided.
 * ERR_INVALID: no such month, the cut, its reason; ERR_NOT_FOUND: no such institution; ERR_CONFLICT:
 * the month is not over, has no stays of it, or was decided; ERR_DENIED. */
enum err month_opinion(const struct clearing *c, const struct month_order *order,
    const char *officer, struct claim_row *out, struct why *why);

/* The second level decides; the same again is OK. ERR_CONFLICT: there is no opinion, or the claim was
 * decided otherwise; ERR_DENIED: the officer may not, or gave the opinion. */
enum err month_decision(const struct clearing *c, const struct month_order *order,
    const char *officer, struct claim_row *out, struct why *why);
