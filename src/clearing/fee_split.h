/* Who pays how much of a stay in hospital: fee split (费用分割). [system.md 5.2.2]
 *
 *     total - own-paid - class-B first share = eligible
 *     eligible - deductible(s), x rate, up to what the year's ceiling leaves = pooled fund
 *     what the ceiling cut off: a supplementary scheme, where the person has one
 *     the rest, own-paid and first share with it: personal account, then cash
 *
 * The five parts of struct fee_split that pay always add up to the total, to the fen. Shares are
 * rounded half up to the fen; what rounding leaves goes to the own share. Amounts are fen; nothing
 * here keeps anything or asks a store. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "host/why.h"

enum person_class { CLASS_EMPLOYED, CLASS_RETIRED, CLASS_EXTERNAL, CLASS_COUNT };

/* What decides after how many days of one continuous stay a new deductible is due: 90, 180 for
 * tuberculosis in a special hospital; a psychiatric stay has none at all. */
enum stay_kind { STAY_ORDINARY, STAY_TUBERCULOSIS, STAY_PSYCHIATRIC, STAY_KINDS };

enum { LEVEL_MIN = 1, LEVEL_MAX = 3, NO_CEILING = -1 };

/* One stay as the institution bills it. */
struct fee_bill {
    uint32_t admitted; /* the day that decides which schedule holds, YYYYMMDD */
    uint32_t days;     /* of the stay, 1 at least */
    uint8_t level;     /* of the institution: 1, 2 or 3 */
    enum person_class person;
    enum stay_kind kind;
    int64_t total_fen;    /* everything that was done (发生费用) */
    int64_t own_paid_fen; /* outside the three lists (自费) */
    int64_t class_b_fen;  /* the person's first share of class B (乙类先自付) */
};

/* What the person brings: this year so far, and the account. */
struct fee_year {
    int64_t pooled_fen;  /* what the pooled fund has paid in this year */
    int64_t ceiling_fen; /* the most that it pays in a year, or NO_CEILING */
    bool supplementary;  /* a scheme takes over what lies above the ceiling */
    bool account_pays;   /* the policy lets the personal account pay the own share */
    int64_t account_fen; /* what the account holds */
};

/* Every step of the way; the last five pay, and add up to the total. */
struct fee_split {
    int64_t eligible_fen;   /* 符合规定费用 */
    int64_t deductible_fen; /* 起付标准, all that were due, at most what is eligible */
    uint16_t rate;          /* thousandths of what is left that the pooled fund pays */
    int64_t pooled_fen;
    int64_t supplementary_fen;
    int64_t own_fen; /* the own share: account and cash together */
    int64_t account_fen;
    int64_t cash_fen;
};

/* Ten million yuan for one stay: more is a mistake. */
enum { FEE_MAX_FEN = 1000000000 };

/* Splits a bill. ERR_INVALID with one sentence: a day that no schedule covers, a level or class that
 * no schedule has, a negative amount or one beyond FEE_MAX_FEN, parts above the total. split is
 * written only with OK. */
enum err fee_split(const struct fee_bill *bill, const struct fee_year *year,
    struct fee_split *split, struct why *why);

/* An institution's claim for a month of pooled shares: what the audit leaves of it, what is kept
 * until the year's score (质量保证金), and what is paid. */
struct month_claim {
    int64_t claimed_fen, cut_fen; /* in */
    uint16_t retention;           /* in: thousandths that are kept */
    int64_t granted_fen, kept_fen, paid_fen;
};

/* Computes the last three. ERR_INVALID for a negative amount, a cut above the claim, or more than
 * all kept. */
enum err month_claim_settle(struct month_claim *claim, struct why *why);
