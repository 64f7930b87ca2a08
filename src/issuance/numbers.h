/* Card numbers 卡号: a letter, seven digits and a check character, from the city's ranges. [card.md
 * 3.2; system.md 4.2.1]
 *
 * A number is reserved for a batch, used when its chip was made, and then never used again; it is
 * released only when its batch is cancelled before anything was made. The check character is that
 * of organisation codes (GB 11714): it finds every single wrong character and every two that
 * changed places. The functions on a store work in the caller's transaction. */
#pragma once

#include "issuance/issuance_store.h"

/* Serials of a letter are 1 to 9,999,999, and those of B come first: serial 10,000,001 is C0000001. What
 * the city was granted of each letter stands in number_range.h. */
enum {
    NUMBER_LETTERS = 9,                /* B to J */
    NUMBER_SERIALS = 10 * 1000 * 1000, /* of a letter, 0 among them, which is no number */
    CARD_SERIAL_MAX = NUMBER_LETTERS * NUMBER_SERIALS - 1,
};

/* "B0000001" and its check character, for serial 1 to CARD_SERIAL_MAX but those that end with seven zeros;
 * with an end. */
void card_number_write(uint32_t serial, char number[CARD_NUMBER_LEN + 1]);

/* The serial of a number of this range; false when it is not nine characters of this form with the
 * right check character, and *serial is untouched. */
bool card_number_read(const char *number, uint32_t *serial);

/* Takes the next number for a batch: a released one first, else the next of the first
 * letter that has any. ERR_NOT_FOUND when all are used up. number has an end. */
enum err number_reserve(const struct issuance_store *store, int64_t batch,
    char number[CARD_NUMBER_LEN + 1], struct why *why);

/* One event of a number's life: NUMBER_USE, NUMBER_RELEASE, ... ERR_INVALID when it is no number of
 * this city, ERR_NOT_FOUND when it was never taken, ERR_CONFLICT when number_machine has no such
 * step. */
enum err number_step(const struct issuance_store *store, const char *number,
    enum number_event event, struct why *why);
