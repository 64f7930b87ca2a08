/* What a command may use: the chip with its guard, and the transactions under way. COS, chip
 * operating system, is the trade's word for it. All of it is volatile; see guard/chip.h. */
#pragma once

#include "card/guard/guard.h"
#include "card/purse/purse.h"
#include "card/purse/sam.h"

struct cos {
    struct chip chip;
    struct purse purse;
    struct sam sam;
};
