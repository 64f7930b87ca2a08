#include "issuance/making_rule.h"

#include <assert.h>
#include <string.h>

#include "base/day.h"
#include "issuance/card_data.h"
#include "reader/atr.h"

enum {
    MAKER_AT = 1,     /* T2 of the historical bytes */
    SERIAL_BYTES = 4, /* at the end of a factor */
};

static const struct making_rule rules[] = {
#define PROFILE_RULE(member, profile, from, until, zh) {profile, from, until, zh},
#include "issuance/making_rule.def"
};
enum { RULES = sizeof rules / sizeof rules[0] };

static const struct {
    uint8_t maker;
    enum chips_of chips;
} chip_rules[] = {
#define CHIP_RULE(member, maker, chips, zh) {maker, chips},
#include "issuance/making_rule.def"
};

/* The first line that has the day, in the order of the sheet. */
const struct making_rule *making_rule_of(uint32_t day) {
    if (!day_exists(day)) {
        return NULL;
    }
    for (size_t i = 0; i < RULES; i++) {
        if (day >= rules[i].from && day <= rules[i].until) {
            assert(rules[i].profile <= PROFILE_P30);
            assert(rules[i].from <= rules[i].until);
            return &rules[i];
        }
    }
    return NULL;
}

/* How long a name may be depends on its characters, so the data of a card decide. */
enum err making_rule_name(
    const struct making_rule *rule, const struct person *person, struct why *why) {
    assert(rule);
    enum err err = card_name_fits(person, rule->profile, why);
    assert(err || strlen(person->name) > 0);
    return err;
}

/* The serial of a chip, in digits. */
static int64_t serial_of(const uint8_t factor[CARD_FACTOR_LEN]) {
    uint64_t serial = 0;
    bool digits = bcd_read(
        bytes_of(factor + CARD_FACTOR_LEN - SERIAL_BYTES, SERIAL_BYTES), &serial);
    return digits ? (int64_t)serial : -1;
}

/* *chip is written only when all of it is known. */
enum err making_rule_chip(struct bytes atr, struct making_chip *chip, struct why *why) {
    struct bytes historical = atr_historical(atr);
    struct making_chip made = {.serial = -1};
    _Static_assert(sizeof made.factor == CARD_FACTOR_LEN, "a factor is what atr.h says");
    if (!atr_factor(atr, made.factor)) {
        return why_say(why, ERR_CONFLICT,
            "the answer to reset has no thirteen historical bytes; put in a chip for social "
            "security "
            "cards");
    }
    assert(historical.len > MAKER_AT);
    made.serial = serial_of(made.factor);
    for (size_t i = 0; i < sizeof chip_rules / sizeof chip_rules[0]; i++) {
        if (chip_rules[i].maker == historical.at[MAKER_AT]) {
            made.chips = chip_rules[i].chips;
            *chip = made;
            return OK;
        }
    }
    return why_say(why, ERR_CONFLICT,
        "the chip's maker %02X is in no rule; put in a chip of a maker that the city buys from",
        historical.at[MAKER_AT]);
}
