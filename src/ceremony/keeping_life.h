/* States of carriers and of purchase modules, and what moves them: keeping_life.def, walked.
 * [system.md 4.0, 6.1.2] */
#pragma once

#include "host/why.h"

enum carrier_state {
    CARRIER_MADE,
    CARRIER_STORED,
    CARRIER_TAKEN,
    CARRIER_RETURNED,
    CARRIER_STOPPED,
    CARRIER_DESTROYED,
    CARRIER_STATES
};

enum module_state {
    MODULE_MADE,
    MODULE_REGISTERED,
    MODULE_SUSPENDED,
    MODULE_DESTROYED,
    MODULE_STATES
};

/* "入库 stored": for people; static. */
const char *carrier_state_text(enum carrier_state state);
const char *module_state_text(enum module_state state);

/* The state that the event leads to from *state. ERR_INVALID for a word that is no event, ERR_CONFLICT when
 * the table does not lead there from where the thing is; the sentence says its state. *state is
 * untouched after a failure. */
enum err carrier_next(enum carrier_state *state, const char *event, struct why *why);
enum err module_next(enum module_state *state, const char *event, struct why *why);
