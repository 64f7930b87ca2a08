/* The rules by which a production chooses what to make: the profile by the day of issue, the
 * dialect by the chip itself. [system.md 1 F2, 5.1.1; card.md 1.1, 2.8; decision 0042]
 *
 * Both are lines of making_rule.def, and nothing else in the program knows a day or a maker's byte.
 * A name that the profile of the day cannot hold is refused here, before a blank is spent; it is
 * never cut. Nothing is kept and nothing changes; any thread may ask. */
#pragma once

#include "issuance/personalise.h"

/* A line of the sheet: cards issued from one day to another. */
struct making_rule {
    enum profile_name profile;
    uint32_t from, until; /* YYYYMMDD, both included */
    const char *zh;
};

/* The line for a day of issue; NULL when the sheet has none, or the day does not exist. Static. */
const struct making_rule *making_rule_of(uint32_t day);

/* Whether the card of that line holds the person's name, in whole characters and from 2.0 on with the
 * extension of the name. ERR_INVALID, with the way on, when the name is too long for it or has no
 * code in GB 18030. */
enum err making_rule_name(
    const struct making_rule *rule, const struct person *person, struct why *why);

/* What an answer to reset says to whoever makes the chip into a card. */
struct making_chip {
    enum chips_of chips; /* whose commands it wants */
    uint8_t factor[8];   /* T6 to TD */
    int64_t
        serial; /* the eight digits that end the factor; -1 when they are none [decision 0005] */
};

/* ERR_CONFLICT: no thirteen historical bytes, or a maker that the sheet does not name; *chip is
 * then untouched. */
enum err making_rule_chip(struct bytes atr, struct making_chip *chip, struct why *why);
