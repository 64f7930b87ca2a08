/* A key that WRITE KEY has taken apart and is about to go into the current directory's key file:
 * what the command's forms in both dialects have in common. [purse.md 2.4; card.md 5.4] */
#pragma once

#include "card/guard/tries.h"

/* Sets the value: 8 or 16 bytes, as the directory's cipher takes them, or a PIN of two to eight,
 * which is filled up with FF. 6700 for any other length. */
enum sw new_key_value(const struct chip *chip, struct key_record *key, struct bytes value);

/* Adds it, in a batch of its own. Whether that is allowed was decided before. As key_add(). */
enum sw new_key_add(struct chip *chip, const struct key_record *key);

/* Puts it into the place of the one that is held, in a batch of its own. Tries are kept unless the
 * new key brings another maximum. 6983 over a key that is locked for ever, 6A80 for another type,
 * 6700 for another length. */
enum sw new_key_over(struct chip *chip, const struct held_key *old, struct key_record *key);
