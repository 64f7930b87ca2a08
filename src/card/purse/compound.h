/* The records that a compound purchase (复合消费) will write: kept in RAM until its debit, and then
 * staged into the same batch as the balance. [purse.md 4.11, 7.1]
 *
 * Kept are the file's short identifier, the record's number and its new content, one after the
 * other; a record that is kept twice is written twice, and the later content stays. Nothing can
 * come between keeping and staging that would change the files (purse 1), so what fitted when it
 * was kept fits when it is staged. */
#pragma once

#include "base/features.h"
#include "card/files/record.h"

enum {
    COMPOUND_ROOM = CARD_COMPOUND
                        ? 256
                        : 4, /* for all records of one purchase, each with COMPOUND_HEAD */
    COMPOUND_HEAD = 3,       /* short identifier, number, length */
};

struct compound {
    uint16_t len;
    uint8_t kept[COMPOUND_ROOM];
};

/* One record of a file. */
struct compound_place {
    uint8_t sfi;
    uint8_t number;
};

/* Keeps the content for a record. As record_fits(), and 6A84 when the room is used up. */
enum sw compound_keep(struct compound *c, const struct store *s, const struct ef *ef,
    struct compound_place place, struct bytes data);

/* Stages all that was kept into the store's open batch. */
enum sw compound_stage(const struct compound *c, struct store *s, const struct dir *dir);
