/* Check characters of the numbers that people and cards carry. */
#pragma once

#include "base/bytes.h"

/* The check character of a citizen number's first 17 digits: '0' to '9' or 'X'.
 * 0 when they are not 17 digits. [GB 11643-1999, 4.2] */
char citizen_check(struct bytes first17);

/* The check character of a card number's (or organisation code's) first eight characters, each
 * '0' to '9' or 'A' to 'Z'. 0 when they are anything else. [GB 11714-1997, 3; card.md 3.2] */
char organisation_check(struct bytes first8);
