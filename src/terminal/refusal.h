/* Why a terminal says no: the reasons of refusal.def, and what a card's status word means at each
 * step of a trade. A refusal is an answer, not an error: it is journaled, counted and uploaded as an
 * attempt. [system.md 6.3.5] */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum refusal {
    REFUSED_NOTHING = 0,
#define REFUSAL(name, code, text, zh, en) REFUSED_##name = (code),
#include "terminal/refusal.def"
};

struct refusal_text {
    enum refusal code;
    const char *name;    /* as figures are counted: "blacklist", "funds", ... */
    const char *zh, *en; /* a sentence for the counter, with what to do next */
};

/* The line of the table; never NULL: an unknown code gets a line that says so. */
const struct refusal_text *refusal_text(uint8_t code);

/* The whole table, for counting and printing. */
const struct refusal_text *refusal_all(size_t *count);

/* Who answered, and to which command: the same status word means different things. */
enum refusal_step {
    STEP_SELECT,
    STEP_PIN,
    STEP_LOAD,
    STEP_CREDIT,
    STEP_PURCHASE,
    STEP_DEBIT,
    STEP_MODULE,
};

/* The reason behind a status word other than 9000; a general one where the table has none. */
enum refusal refusal_of_sw(enum refusal_step step, uint16_t sw);
