/* Files of records: fixed, variable (TLV) and cyclic. [purse.md 2.1, 4.1; card.md 2.3]
 *
 * Records are counted from 1. In a cyclic file record 1 is the newest, and an append beyond the
 * last place drops the oldest. A record of a variable file is tag 1, length 1, value, and is
 * read and written with its tag and length; it can be rewritten only in its own length. The tag of
 * a fixed or cyclic record is its first byte. Tag 00 marks the end of a variable file and is
 * refused.
 *
 * Changes are staged into the store's open batch. Rights and secure messaging are not asked
 * here. */
#pragma once

#include "base/builder.h"
#include "card/files/tree.h"

/* What P2's low three bits ask for. With a tag of 00 any record fits. */
enum record_pick {
    PICK_FIRST = 0,    /* the first with this tag */
    PICK_LAST = 1,     /* the last with this tag */
    PICK_NEXT = 2,     /* the next one with this tag after the current record */
    PICK_PREVIOUS = 3, /* the one before it */
    PICK_NUMBER = 4,   /* by number */
};

/* How many records there are; 0 for a file of another kind. */
uint8_t record_count(const struct store *s, const struct ef *ef);

/* The number of the record that is asked for. `key` is a number or a tag, by pick; `current` is the
 * number of the current record, 0 for none (then next is the first, previous the last).
 * 6981 when it is no file of records, 6A83 when there is no such record. */
enum sw record_find(const struct store *s, const struct ef *ef, enum record_pick pick, uint8_t key,
    uint8_t current, uint8_t *number);

/* Bytes of a record, tag and length included; 0 when there is no such record. */
uint16_t record_len(const struct store *s, const struct ef *ef, uint8_t number);

/* Appends a whole record to `to`. 6981, 6A83 as above. */
enum sw record_read(const struct store *s, const struct ef *ef, uint8_t number, struct builder *to);

/* Whether data could replace the record: what record_update() would answer, and nothing changes. */
enum sw record_fits(const struct store *s, const struct ef *ef, uint8_t number, struct bytes data);

/* Rewrites a record in place. 6981, 6A83; 6700 when a fixed or cyclic record has another length;
 * 6A80 when a TLV contradicts itself; 6A84 when a TLV has another length than the old one. */
enum sw record_update(struct store *s, const struct ef *ef, uint8_t number, struct bytes data);

/* Adds a record at the end, or as number 1 of a cyclic file. 6981; 6700, 6A80 as above; 6A84 when
 * there is no room, or no number, left. */
enum sw record_append(struct store *s, const struct ef *ef, struct bytes data);
