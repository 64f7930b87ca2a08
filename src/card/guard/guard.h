/* The guard: what a right asks, and whether it has been shown.
 *
 * Two dialects of rights, one judge. An interval XY of the purse dialect holds while Y <= state <=
 * X, and 0Y while the master file's state is at least Y. A control of the social security dialect
 * asks for the PIN or for one key, in the current directory and in the one above. A directory that
 * had no key file when it was selected asks nothing. [purse.md 2.1, 2.5; card.md 2.8, 4]
 *
 * On a chip of the second dialect of making, controls name levels: the level that the key or the
 * PIN came with, not its number. A directory there is open for whoever shows what its control of making
 * asks for, or before it has a main control key, the transport code; once closed it never is again.
 * [card.md 2.8, 5.4; decision 0024]
 *
 * What ends a proof: a reset ends all. Selecting a directory ends the current state and the proven
 * key, except that a key proven in a directory still counts as "above" in the child that is
 * selected next. A PIN counts in its own directory and below it, until another branch is
 * selected. */
#pragma once

#include "card/files/keyfile.h"
#include "card/guard/chip.h"

/* Makes `to` the current directory and drops what that ends. */
void guard_enter(struct chip *chip, const struct dir *to);

/* The current directory was erased: nothing in it is selected, and its rights are free until it is
 * selected again. [purse.md 2.3] */
void guard_erased(struct chip *chip);

/* The current directory's own block was changed: what counts is the gravest on the way to it. */
void guard_reblock(struct chip *chip);

/* Whether the directory just lost or got what opens it for making. Nothing to do in the first
 * dialect, where only a selection decides. */
void guard_reopen(struct chip *chip);

/* Whether a right is given now. Changes nothing. */
bool guard_allows(const struct chip *chip, const struct right *right);
/* The same for a right byte of the purse dialect: uses of keys, changes of keys. */
bool guard_allows_interval(const struct chip *chip, uint8_t xy);

/* An external authentication key of the current directory was proven: remembers it and loads its
 * follow-up state. */
void guard_prove_key(struct chip *chip, const struct key_record *key);

/* The PIN of `home` was verified: the current directory or one above it. */
void guard_prove_pin(struct chip *chip, const struct dir *home, const struct key_record *pin);
/* A wrong PIN ends an earlier right one, and with it the security state that it led to. */
void guard_drop_pin(struct chip *chip);
/* Whether the PIN that rules the current directory has been verified. */
bool guard_pin_proven(const struct chip *chip);
