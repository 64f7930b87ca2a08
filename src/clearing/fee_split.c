#include "clearing/fee_split.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>

#include "base/day.h"
#include "base/money.h"

enum { WHOLE = 1000 }; /* thousandths */

/* A line of the schedule. */
struct fee_rule {
    uint32_t from;
    uint8_t level;
    enum person_class person;
    int64_t deductible_fen;
    uint16_t rate;
};

static const struct fee_rule rules[] = {
#define FEE_RULE(from, level, person, deductible, rate)                                            \
    {from, level, CLASS_##person, deductible, rate},
#include "clearing/fee_rule.def"
};

/* Days of a stay that one deductible covers; 0 where none is due. */
static const uint32_t days_covered[STAY_KINDS] = {
    [STAY_ORDINARY] = 90, [STAY_TUBERCULOSIS] = 180, [STAY_PSYCHIATRIC] = 0};

static const struct fee_rule *rule_on(uint32_t day, uint8_t level, enum person_class person) {
    const struct fee_rule *best = NULL;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const struct fee_rule *r = &rules[i];
        bool fits = r->level == level && r->person == person && r->from <= day;
        if (fits && (!best || r->from > best->from)) {
            best = r;
        }
    }
    return best;
}

static bool in_range(int64_t fen) {
    return fen >= 0 && fen <= FEE_MAX_FEN;
}

/* The share of an amount in thousandths, rounded half up. Amounts are at most FEE_MAX_FEN, or a
 * month's claim that month_claim_settle() has looked at: the product fits. */
static int64_t share_of(int64_t fen, uint16_t thousandths) {
    assert(fen >= 0 && fen <= INT64_MAX / WHOLE - 1);
    return (fen * thousandths + WHOLE / 2) / WHOLE;
}

static int64_t lesser(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static enum err check_bill(const struct fee_bill *bill, struct why *why) {
    char total[FEN_TEXT_MAX];
    char parts[FEN_TEXT_MAX];
    if (!day_exists(bill->admitted) || bill->days == 0) {
        return why_say(why, ERR_INVALID,
            "a stay of %" PRIu32 " days from %08" PRIu32
            " cannot be; name the day of admission and "
            "at least one day",
            bill->days, bill->admitted);
    }
    if (!in_range(bill->total_fen) || !in_range(bill->own_paid_fen)
        || !in_range(bill->class_b_fen)) {
        return why_say(why, ERR_INVALID,
            "an amount of the bill is below zero or above %s yuan; correct it and send it again",
            fen_text(FEE_MAX_FEN, total));
    }
    if (bill->own_paid_fen + bill->class_b_fen > bill->total_fen) {
        return why_say(why, ERR_INVALID,
            "own-paid and class-B shares come to %s yuan of a bill of only %s; correct the parts",
            fen_text(bill->own_paid_fen + bill->class_b_fen, parts),
            fen_text(bill->total_fen, total));
    }
    return (unsigned)bill->kind < STAY_KINDS
               ? OK
               : why_say(why, ERR_INVALID, "kind of stay %u is unknown; there are 0 to %u",
                   (unsigned)bill->kind, (unsigned)STAY_KINDS - 1);
}

static enum err check_year(const struct fee_year *year, struct why *why) {
    bool ceiling = year->ceiling_fen == NO_CEILING || year->ceiling_fen >= 0;
    if (!ceiling || year->pooled_fen < 0 || year->account_fen < 0) {
        return why_say(why, ERR_INVALID,
            "the person's year has an amount below zero (paid so far %" PRId64 ", ceiling %" PRId64
            ", account %" PRId64 " fen); look the person up again",
            year->pooled_fen, year->ceiling_fen, year->account_fen);
    }
    return OK;
}

/* What all deductibles of the stay come to. */
static int64_t deductible_of(const struct fee_bill *bill, const struct fee_rule *rule) {
    uint32_t covered = days_covered[bill->kind];
    int64_t times = covered == 0 ? 0 : 1 + (int64_t)((bill->days - 1) / covered);
    return times * rule->deductible_fen;
}

/* What the pooled fund may still pay in this year. */
static int64_t room_of(const struct fee_year *year) {
    if (year->ceiling_fen == NO_CEILING) {
        return FEE_MAX_FEN;
    }
    return year->pooled_fen < year->ceiling_fen ? year->ceiling_fen - year->pooled_fen : 0;
}

enum err fee_split(const struct fee_bill *bill, const struct fee_year *year,
    struct fee_split *split, struct why *why) {
    enum err err = check_bill(bill, why);
    err = err ? err : check_year(year, why);
    if (err) {
        return err;
    }
    const struct fee_rule *rule = rule_on(bill->admitted, bill->level, bill->person);
    if (!rule) {
        return why_say(why, ERR_INVALID,
            "no schedule of fees holds on %08" PRIu32
            " for level %u and class %u; levels are %d to "
            "%d",
            bill->admitted, bill->level, (unsigned)bill->person, LEVEL_MIN, LEVEL_MAX);
    }
    struct fee_split s = {.rate = rule->rate};
    s.eligible_fen = bill->total_fen - bill->own_paid_fen - bill->class_b_fen;
    s.deductible_fen = lesser(deductible_of(bill, rule), s.eligible_fen);
    int64_t due = share_of(s.eligible_fen - s.deductible_fen, rule->rate);
    s.pooled_fen = lesser(due, room_of(year));
    s.supplementary_fen = year->supplementary ? due - s.pooled_fen : 0;
    s.own_fen = bill->total_fen - s.pooled_fen - s.supplementary_fen;
    s.account_fen = year->account_pays ? lesser(s.own_fen, year->account_fen) : 0;
    s.cash_fen = s.own_fen - s.account_fen;
    assert(s.cash_fen >= 0 && s.pooled_fen >= 0);
    assert(s.pooled_fen + s.supplementary_fen + s.account_fen + s.cash_fen == bill->total_fen);
    *split = s;
    return OK;
}

enum err month_claim_settle(struct month_claim *claim, struct why *why) {
    char cut[FEN_TEXT_MAX];
    char claimed[FEN_TEXT_MAX];
    bool fits = claim->claimed_fen >= 0 && claim->claimed_fen < INT64_MAX / WHOLE - 1;
    if (!fits || claim->cut_fen < 0 || claim->cut_fen > claim->claimed_fen) {
        return why_say(why, ERR_INVALID,
            "the audit cuts %s yuan from a claim of %s; a cut lies between nothing and the claim",
            fen_text(claim->cut_fen, cut), fen_text(claim->claimed_fen, claimed));
    }
    if (claim->retention > WHOLE) {
        return why_say(why, ERR_INVALID,
            "%u thousandths of a claim cannot be kept; %d is all of it", claim->retention, WHOLE);
    }
    claim->granted_fen = claim->claimed_fen - claim->cut_fen;
    claim->kept_fen = share_of(claim->granted_fen, claim->retention);
    claim->paid_fen = claim->granted_fen - claim->kept_fen;
    assert(claim->kept_fen >= 0 && claim->paid_fen >= 0);
    return OK;
}
