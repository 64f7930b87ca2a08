/* Card numbers 卡号: a letter, seven digits and a check character, from the city's range. [card.md
 * 3.2; system.md 4.2.1]
 *
 * A number is reserved for a batch, used when its chip was made, and then never used again; it is
 * released only when its batch is cancelled before anything was made. The check character is that
 * of organisation codes (GB 11714): it finds every single wrong character and every two that
 * changed places. The functions on a store work in the caller's transaction. */
#pragma once

#include "issuance/issuance_store.h"

enum { CARD_SERIAL_MAX = 9999999 };

/* "B0000001" and its check character, for serial 1 to CARD_SERIAL_MAX; with an end. */
void card_number_write(uint32_t serial, char number[CARD_NUMBER_LEN + 1]);

/* The serial of a number of this range; false when it is not nine characters of this form with the
 * right check character, and *serial is untouched. */
bool card_number_read(const char *number, uint32_t *serial);

/* Takes the next number for a batch: a released one first, else the next of the range.
 * ERR_NOT_FOUND when the range is used up. number has an end. */
enum err number_reserve(const struct issuance_store *store, int64_t batch,
    char number[CARD_NUMBER_LEN + 1], struct why *why);

/* One event of a number's life: NUMBER_USE, NUMBER_RELEASE, ... ERR_INVALID when it is no number of
 * this city, ERR_NOT_FOUND when it was never taken, ERR_CONFLICT when number_machine has no such
 * step. */
enum err number_step(const struct issuance_store *store, const char *number,
    enum number_event event, struct why *why);
