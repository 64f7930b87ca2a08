/* The holder's PIN: found, tried, set.
 *
 * A PIN belongs to the directory whose key file holds it. In a social security application without
 * one, the PIN of the directory above counts. [card.md 4]
 * It is kept as eight bytes filled up with FF, and FF at its end do not count in a comparison.
 * [purse.md 2.4, 4.1] */
#pragma once

#include "card/guard/guard.h"
#include "card/guard/tries.h"

enum { PIN_LEN_MIN = 2, PIN_LEN_MAX = 8 };

struct pin {
    struct held_key held;
    struct dir home;
};

/* 9403 when there is no such PIN, 6A82 without a key file, 6982 when it may not be used. */
enum sw pin_find(struct chip *chip, uint8_t id, struct pin *out);

/* Takes a try, compares, gives the try back. 63Cx or 6983 when it is wrong or locked; a wrong one
 * ends the proof of an earlier right one. */
enum sw pin_try(struct chip *chip, struct pin *pin, struct bytes entered);

/* Sets a new value and gives all tries back, in one batch. 6700 for a length that no PIN has. */
enum sw pin_set(struct chip *chip, struct pin *pin, struct bytes entered);
/* Gives all tries back and keeps the value. */
enum sw pin_unlock(struct chip *chip, struct pin *pin);
