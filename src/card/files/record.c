/* Where a record lies, for the three kinds:
 *
 *     fixed      count 1, then the records in their order
 *     cyclic     place of the newest 1, count 1, then the places
 *     variable   TLV after TLV; a tag of 00, or the end of the room, ends them
 *
 * Invariants: count <= record_max; the place of the newest < record_max; the TLVs never pass the
 * end of the room. A scan stops where one of them is broken, as if the file ended there. */
#include "card/files/record.h"

#include "card/files/entry.h"

enum {
    FIXED_COUNT = 0,
    FIXED_RECORDS = 1,
    CYCLIC_NEWEST = 0,
    CYCLIC_COUNT = 1,
    CYCLIC_RECORDS = 2,
    TLV_HEAD = 2,
    TAG_NONE = 0x00,
    NUMBER_MAX = 255,
};

/* One record on a walk from record 1 on. */
struct spot {
    uint8_t number; /* 0 before the first */
    uint32_t at;
    uint16_t len;
};

/* How a file of fixed or cyclic records stands. */
struct ring {
    uint8_t newest; /* cyclic only */
    uint8_t count;
};

/* The three kinds this file is about. */
static bool has_records(const struct ef *ef) {
    return ef->kind == EF_FIXED || ef->kind == EF_VARIABLE || ef->kind == EF_CYCLIC;
}

/* A head that says what cannot be is read as that of an empty file. */
static struct ring ring_read(const struct store *s, const struct ef *ef) {
    uint8_t head[CYCLIC_RECORDS];
    store_read(s, ef_body(ef), head, sizeof head);
    struct ring r = {.count = head[FIXED_COUNT]};
    if (ef->kind == EF_CYCLIC) {
        r = (struct ring){.newest = head[CYCLIC_NEWEST], .count = head[CYCLIC_COUNT]};
    }
    if (r.count > ef->record_max || r.newest >= ef->record_max) {
        r = (struct ring){0};
    }
    return r;
}

/* Where the record of a fixed or cyclic file lies that is `number`, counted from 1. */
static uint32_t ring_at(const struct ef *ef, struct ring r, uint8_t number) {
    uint32_t place = number - 1u;
    uint32_t records = FIXED_RECORDS;
    if (ef->kind == EF_CYCLIC) {
        bool round = place > r.newest; /* past place 0 to the last places */
        place = r.newest + (round ? (uint32_t)ef->record_max : 0) - place;
        records = CYCLIC_RECORDS;
    }
    return ef_body(ef) + records + place * ef->record_len;
}

/* The TLV behind the one that `spot` is at. */
static bool next_tlv(const struct store *s, const struct ef *ef, struct spot *spot) {
    uint32_t at = spot->number ? spot->at + spot->len : ef_body(ef);
    uint32_t end = ef_body(ef) + ef->size;
    uint8_t head[TLV_HEAD];
    if (spot->number == NUMBER_MAX || end - at < TLV_HEAD) {
        return false;
    }
    store_read(s, at, head, sizeof head);
    uint16_t len = (uint16_t)(TLV_HEAD + head[1]);
    if (head[0] == TAG_NONE || len > end - at) {
        return false;
    }
    *spot = (struct spot){.number = (uint8_t)(spot->number + 1), .at = at, .len = len};
    return true;
}

/* The record after `spot`, which starts as zeros; false behind the last. */
static bool spot_next(const struct store *s, const struct ef *ef, struct spot *spot) {
    if (ef->kind == EF_VARIABLE) {
        return next_tlv(s, ef, spot);
    }
    struct ring r = ring_read(s, ef);
    if (spot->number >= r.count) {
        return false;
    }
    spot->number++;
    spot->at = ring_at(ef, r, spot->number);
    spot->len = ef->record_len;
    return true;
}

/* Walks from record 1: a variable file knows no other way, and 255 steps are the most. */
static bool spot_of(const struct store *s, const struct ef *ef, uint8_t number, struct spot *spot) {
    *spot = (struct spot){0};
    if (!has_records(ef) || number == 0) {
        return false;
    }
    while (spot->number < number) {
        if (!spot_next(s, ef, spot)) {
            return false;
        }
    }
    return true;
}

uint8_t record_count(const struct store *s, const struct ef *ef) {
    struct spot spot = {0};
    if (!has_records(ef)) {
        return 0;
    }
    if (ef->kind != EF_VARIABLE) {
        return ring_read(s, ef).count;
    }
    while (next_tlv(s, ef, &spot)) {}
    return spot.number;
}

/* True when a record with this number answers to the pick, as seen from the current record. */
static bool in_reach(enum record_pick pick, uint8_t number, uint8_t current) {
    switch (pick) {
    case PICK_NEXT:
        return number > current;
    case PICK_PREVIOUS:
        return current == 0 || number < current;
    case PICK_FIRST:
    case PICK_LAST:
    case PICK_NUMBER:
    default:
        return true;
    }
}

/* The first or the last record in reach that has the tag. */
static uint8_t pick_by_tag(const struct store *s, const struct ef *ef, enum record_pick pick,
    uint8_t tag, uint8_t current) {
    bool keep_first = pick == PICK_FIRST || pick == PICK_NEXT;
    uint8_t number = 0;
    struct spot spot = {0};
    while (spot_next(s, ef, &spot)) {
        uint8_t own;
        store_read(s, spot.at, &own, sizeof own);
        bool meant = (tag == TAG_NONE || own == tag) && in_reach(pick, spot.number, current);
        if (meant) {
            number = spot.number;
        }
        if (meant && keep_first) {
            break;
        }
    }
    return number;
}

/* Number 0 is the current record. [ISO/IEC 7816-4 7.3.3] */
enum sw record_find(const struct store *s, const struct ef *ef, enum record_pick pick, uint8_t key,
    uint8_t current, uint8_t *number) {
    if (!has_records(ef)) {
        return SW_WRONG_FILE_TYPE;
    }
    uint8_t found = 0;
    if (pick == PICK_NUMBER) {
        uint8_t wanted = key ? key : current;
        found = wanted <= record_count(s, ef) ? wanted : 0;
    } else {
        found = pick_by_tag(s, ef, pick, key, current);
    }
    if (found == 0) {
        return SW_RECORD_NOT_FOUND;
    }
    *number = found;
    return SW_OK;
}

uint16_t record_len(const struct store *s, const struct ef *ef, uint8_t number) {
    struct spot spot;
    return spot_of(s, ef, number, &spot) ? spot.len : 0;
}

enum sw record_read(
    const struct store *s, const struct ef *ef, uint8_t number, struct builder *to) {
    struct spot spot;
    if (!has_records(ef)) {
        return SW_WRONG_FILE_TYPE;
    }
    if (!spot_of(s, ef, number, &spot)) {
        return SW_RECORD_NOT_FOUND;
    }
    put_stored(s, spot.at, spot.len, to);
    return SW_OK;
}

/* A new record by itself: as long as its file's, or a TLV that says its own length. */
static enum sw check_record(const struct ef *ef, struct bytes data) {
    if (!has_records(ef)) {
        return SW_WRONG_FILE_TYPE;
    }
    if (ef->kind != EF_VARIABLE) {
        return data.len == ef->record_len ? SW_OK : SW_WRONG_LENGTH;
    }
    bool whole = data.len >= TLV_HEAD && data.at[0] != TAG_NONE
                 && data.len == (size_t)TLV_HEAD + data.at[1];
    return whole ? SW_OK : SW_WRONG_DATA;
}

static enum sw stage(struct store *s, uint32_t at, const void *from, size_t len) {
    return store_write(s, at, from, (uint32_t)len) ? SW_OK : SW_MEMORY;
}

/* The place of a record that data could replace. */
static enum sw spot_for(const struct store *s, const struct ef *ef, uint8_t number,
    struct bytes data, struct spot *spot) {
    enum sw sw = check_record(ef, data);
    if (sw != SW_OK) {
        return sw;
    }
    if (!spot_of(s, ef, number, spot)) {
        return SW_RECORD_NOT_FOUND;
    }
    return spot->len == data.len ? SW_OK : SW_NO_SPACE;
}

enum sw record_fits(const struct store *s, const struct ef *ef, uint8_t number, struct bytes data) {
    struct spot spot;
    return spot_for(s, ef, number, data, &spot);
}

enum sw record_update(struct store *s, const struct ef *ef, uint8_t number, struct bytes data) {
    struct spot spot;
    enum sw sw = spot_for(s, ef, number, data, &spot);
    return sw == SW_OK ? stage(s, spot.at, data.at, data.len) : sw;
}

/* The record first, then the count that makes it one; both in the caller's batch. */
static enum sw append_fixed(struct store *s, const struct ef *ef, struct bytes data) {
    struct ring r = ring_read(s, ef);
    if (r.count == ef->record_max) {
        return SW_NO_SPACE;
    }
    uint8_t count = (uint8_t)(r.count + 1);
    enum sw sw = stage(s, ring_at(ef, r, count), data.at, data.len);
    return sw == SW_OK ? stage(s, ef_body(ef) + FIXED_COUNT, &count, sizeof count) : sw;
}

/* The newest goes to the place behind the one that was newest, over the oldest when all are
 * used. */
static enum sw append_cyclic(struct store *s, const struct ef *ef, struct bytes data) {
    struct ring r = ring_read(s, ef);
    if (r.count > 0) {
        uint8_t next = (uint8_t)(r.newest + 1);
        r.newest = next < ef->record_max ? next : 0;
    }
    if (r.count < ef->record_max) {
        r.count++;
    }
    const uint8_t head[CYCLIC_RECORDS] = {[CYCLIC_NEWEST] = r.newest, [CYCLIC_COUNT] = r.count};
    enum sw sw = stage(s, ring_at(ef, r, 1), data.at, data.len);
    return sw == SW_OK ? stage(s, ef_body(ef), head, sizeof head) : sw;
}

/* Behind the last TLV: the zeros that creation left there are the end mark after it. */
static enum sw append_tlv(struct store *s, const struct ef *ef, struct bytes data) {
    struct spot last = {0};
    while (next_tlv(s, ef, &last)) {}
    uint32_t at = last.number ? last.at + last.len : ef_body(ef);
    bool fits = last.number < NUMBER_MAX && data.len <= ef_body(ef) + ef->size - at;
    return fits ? stage(s, at, data.at, data.len) : SW_NO_SPACE;
}

enum sw record_append(struct store *s, const struct ef *ef, struct bytes data) {
    enum sw sw = check_record(ef, data);
    if (sw != SW_OK) {
        return sw;
    }
    if (ef->kind == EF_FIXED) {
        return append_fixed(s, ef, data);
    }
    return ef->kind == EF_CYCLIC ? append_cyclic(s, ef, data) : append_tlv(s, ef, data);
}
