/* Why a terminal says no: the reasons of refusal.def, and what a card's status word means at each
 * step of a trade.
 *
 * A refusal is an answer, not an error: it is journaled as an attempt, counted under its name, told
 * to the holder in a plain sentence, and given again when the ticket comes again. Codes stand in
 * journals that outlive a program, so a code is never reused and never changes its meaning; a reader
 * of an old journal meets a code that it does not know only when the program is older than the
 * journal, and then shows it as unknown. Everything here is a table; nothing can fail.
 * [system.md 6.3.5; purse.md 4.15] */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* One member for each line of refusal.def, REFUSED_FUNDS and so on; 0 is no refusal. */
enum refusal {
    REFUSED_NOTHING = 0,
#define REFUSAL(name, code, text, zh, en) REFUSED_##name = (code),
#include "terminal/refusal.def"
};

/* A line of the table, for people. */
struct refusal_text {
    enum refusal code;
    const char *name;    /* as figures are counted: "blacklist", "funds", ... */
    const char *zh, *en; /* a sentence for the counter, with what to do next */
};

/* The line of the table; never NULL: an unknown code gets a line that says so. */
const struct refusal_text *refusal_text(uint8_t code);

/* The whole table in its order, for counting and printing; static. */
const struct refusal_text *refusal_all(size_t *count);

/* Who answered, and to which command: the same status word means different things. 6985 from
 * INITIALIZE FOR LOAD is the ceiling of the wallet, and from anything else it is not. */
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
