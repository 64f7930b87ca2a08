/* What a person's record holds: every item of person_item.def, whose it is, and what may stand in it.
 *
 * The first thirteen live in struct person, the others in rows of their own; item_read() and
 * item_write() know which. An item that the record says nothing about reads as "". Values are text in
 * UTF-8, days YYYYMMDD. Number, sex and birth are FIXED: sex and birth follow from the number, and
 * another number is another record (duplicate.h). */
#pragma once

#include "registry/person_store.h"

enum item_owner { OWNER_POLICE, OWNER_INSURANCE, OWNER_LABOUR, OWNER_CENTRE, ITEM_OWNERS };

enum item_type {
    ITEM_FIXED,  /* never changed here */
    ITEM_NAME,   /* Han characters and middle dots */
    ITEM_NATION, /* 01 to 56 */
    ITEM_REGION, /* of region.def, in force on the day */
    ITEM_DAY,    /* a day of the calendar; 99991231 where it says "for ever" */
    ITEM_CODE,   /* one of the codes */
    ITEM_DIGITS,
    ITEM_TEXT, /* anything without control characters */
};

/* A line of the table. */
struct item {
    const char *code, *group;
    enum item_owner owner;
    enum item_type type;
    size_t letters;    /* the most characters */
    const char *codes; /* with blanks between, or "" */
    const char *zh, *en;
};

/* All items in the order of the table; static. */
const struct item *item_table(size_t *count);
/* The item of a code, or NULL. */
const struct item *item_named(const char *code);

/* "police" and so on; ITEM_OWNERS for a word that is none. */
const char *owner_name(enum item_owner owner);
enum item_owner owner_named(const char *word);

/* True when a document of that kind ("police-letter") proves a change of the item: one of its owner's, or
 * of the police. */
bool proof_holds(const char *kind, const struct item *item);
/* True when there is such a kind of document. */
bool proof_exists(const char *kind);

/* What may stand in the item on that day? "" always may but in a name and a code of the first
 * thirteen. ERR_INVALID says what it should be. */
enum err item_check(const struct item *item, const char *value, uint32_t day, struct why *why);

/* What the record says. */
enum err item_read(const struct person_store *store, const struct person *person,
    const struct item *item, char value[ITEM_ROOM], struct why *why);
/* Writes a value that item_check() let pass, into *person and the store; the person's row is written
 * when the item lives there. No history: that is the caller's. */
enum err item_write(const struct person_store *store, struct person *person,
    const struct item *item, const char *value, struct why *why);
