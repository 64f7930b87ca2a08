/* A registry of millions for `bench registry`: invented people, their cards, and a blacklist, written in
 * bulk.
 *
 * Names are as crowded as real ones: few family names are common and many are rare, given names are one
 * or two of some three hundred characters. Numbers are of regions that do not exist; persons stand
 * in another order than their numbers. Everybody has a card, a fifth has another one that replaced a
 * cancelled one. So many cards as asked for are on the blacklist.
 *
 * For a new, empty database only: tables are filled in the order of their keys, without a log, and the
 * database is as any other afterwards. */
#pragma once

#include <stdint.h>

#include "base/checkdigit.h"
#include "registry/registry.h"
#include "stores/sql/db.h"

struct registry_size {
    int64_t persons, cards, listed;
    uint64_t seed;
    /* Told after every so many rows; may be NULL. */
    void (*moved)(void *cookie, uint64_t done, uint64_t of);
    void *cookie;
};

enum { FILL_DAY = 20031008, FILL_TIME = 80000 };

/* Fills it. */
enum err registry_fill(struct db *db, const struct registry_size *size, struct why *why);

/* The first 17 digits of the person in that place, from 0, and the number of the card in that place. */
int64_t fill_number17(const struct registry_size *size, int64_t place);
void fill_card_number(int64_t place, char number[CARD_NUMBER_LEN + 1]);
/* The name of that person. */
void fill_name(const struct registry_size *size, int64_t place, char name[PERSON_NAME_ROOM]);
