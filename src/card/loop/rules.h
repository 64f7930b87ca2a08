/* Everything a card can be asked, and what must hold before it is even tried: one table, which a
 * customer can lay beside the specification and a test can walk. */
#pragma once

#include "card/commands/commands.h"

/* Beside the life stages: a command that only one of the two dialects of making files has. */
enum rule_dialect {
    RULE_FMCOS_ONLY = 0x20,
    RULE_DATANG_ONLY = 0x40,
};

struct rule {
    uint8_t cla, ins;
    uint8_t shapes; /* of enum apdu_shape, as bits */
    uint8_t lives;  /* of enum life, as bits: the life stages it exists in; enum rule_dialect */
    command_run *run;
};

/* The rule for a class and an instruction on a chip of this dialect; NULL when there is none, and
 * then *refusal says why: 6D00 for an instruction that no class knows, 6E00 otherwise. [purse.md
 * 1.2] */
const struct rule *rule_find(enum dialect dialect, uint8_t cla, uint8_t ins, enum sw *refusal);

/* The index-th rule, or NULL behind the last: for tests and for printed sheets. */
const struct rule *rule_at(size_t index);
