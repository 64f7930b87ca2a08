/* Which version of each key is in the field: in every card, in the cards that are made from now on, and in
 * the modules. [system.md 6.1.3; decision 0034]
 *
 * A key is named as the catalogue names it. A card was made with version 1, or with what was begun
 * before its batch; what was changed at a later contact stands beside its number. The three keys of a
 * wallet's trades (purchase, load, TAC) change together under the name of the first, DPK, and the TAC
 * key of the medical account under DPKDF04. Of a key that cards hold in several versions side by side, the lowest is meant.
 *
 * Everything that changes a row writes its audit row in the same transaction. */
#pragma once

#include "stores/sql/keeping_rows.h"

enum { KEEPING_VERSIONS = 16 };

struct keeping_keys; /* opaque: the prepared sentences */

/* Opens them over a database that db_open() brought up to date, which must outlive them. */
enum err keeping_keys_open(struct keeping_keys **keys, struct db *db, struct why *why);
void keeping_keys_close(struct keeping_keys *keys);

/* The version of a card's key; 1 for a card that nobody knows. */
enum err keeping_key_of_card(struct keeping_keys *keys, const char *number, const char *name,
    uint8_t *version, struct why *why);

/* The version that cards of a batch are made with; of any later one with batch INT64_MAX. */
enum err keeping_key_of_batch(
    struct keeping_keys *keys, int64_t batch, const char *name, uint8_t *version, struct why *why);

/* A card got that version of the key. ERR_CONFLICT, for the purchase key, while a module that is in use
 * lacks it: modules come first. */
enum err keeping_key_changed(struct keeping_keys *keys, const char *number, const char *name,
    uint8_t version, const char *who, struct why *why);

/* Cards of the next batch, *batch, and later ones are made with that version: two officers say so. Errors
 * as keeping_key_changed(). */
enum err keeping_key_begin(struct keeping_keys *keys, const char *name, uint8_t version,
    struct two_officers who, int64_t *batch, struct why *why);

/* A version that might still be somewhere. */
struct key_version {
    const char *name;
    uint8_t version;
    uint8_t side_by_side;      /* so many versions a card holds: 1 mostly */
    bool in_cards, in_modules; /* who holds it; of modules, their main control keys */
};

/* OK when no card that is not cancelled, and no module that is not destroyed, has the version any more, and
 * none will be made with it; ERR_CONFLICT names one. */
enum err keeping_key_unused(
    struct keeping_keys *keys, const struct key_version *which, struct why *why);

/* How many cards that are not cancelled have each version. */
enum err keeping_key_counts(struct keeping_keys *keys, const char *name,
    uint64_t counts[KEEPING_VERSIONS], struct why *why);
