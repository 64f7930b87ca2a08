#include "wire/blacklist.h"

#include <assert.h>

#include "base/crc32.h"
#include "base/day.h"

/* "SBBL", form 1. */
static const uint8_t magic[5] = {'S', 'B', 'B', 'L', 1};

/* HHMMSS as a number. */
static bool time_exists(uint32_t time) {
    return time / 10000 < 24 && time / 100 % 100 < 60 && time % 100 < 60;
}

void blacklist_begin(struct builder *b, const struct blacklist *head) {
    uint8_t moment[DAY_LEN + TIME_LEN];
    b->overflowed |= b->len != 0 || !day_exists(head->day) || !time_exists(head->time);
    bcd_write(head->day, moment, DAY_LEN);
    bcd_write(head->time, moment + DAY_LEN, TIME_LEN);
    put_bytes(b, bytes_of(magic, sizeof magic));
    put_u32(b, head->version);
    put_bytes(b, bytes_of(moment, sizeof moment));
    put_u32(b, head->count);
}

/* True when the factor may follow what is written so far. [blacklist 2] */
static bool comes_next(const struct builder *b, const uint8_t *factor) {
    if (b->len < BLACKLIST_HEADER_LEN + BLACKLIST_ENTRY_LEN) {
        return b->len == BLACKLIST_HEADER_LEN;
    }
    return memcmp(b->at + b->len - BLACKLIST_ENTRY_LEN, factor, BLACKLIST_FACTOR_LEN) < 0;
}

/* blacklist 2 and 3 are kept here, so that no list that breaks them can be sealed. */
void blacklist_put(struct builder *b, const uint8_t factor[BLACKLIST_FACTOR_LEN], uint8_t reason) {
    if (b->overflowed || !comes_next(b, factor) || reason == 0 || reason > BLACKLIST_REASON_LAST) {
        b->overflowed = true;
        return;
    }
    put_bytes(b, bytes_of(factor, BLACKLIST_FACTOR_LEN));
    put_u8(b, reason);
}

/* blacklist 1: the count was written first, and what followed must be just that. */
void blacklist_seal(struct builder *b) {
    struct cursor c = cursor_over(bytes_of(b->at, b->len));
    (void)cursor_take(&c, BLACKLIST_HEADER_LEN - sizeof(uint32_t));
    uint32_t count = cursor_u32(&c);
    if (c.overran || b->len + BLACKLIST_SEAL_LEN != blacklist_room(count)) {
        b->overflowed = true;
        return;
    }
    put_u32(b, crc32_of(b->at, b->len));
}

/* The first factor may be any, hence the flag and not a smallest value. [blacklist 2, 3] */
static bool entries_good(struct bytes entries) {
    struct cursor c = cursor_over(entries);
    const uint8_t *before = NULL;
    while (c.rest.len > 0) {
        struct bytes factor = cursor_take(&c, BLACKLIST_FACTOR_LEN);
        uint8_t reason = cursor_u8(&c);
        if (c.overran || reason == 0 || reason > BLACKLIST_REASON_LAST
            || (before && memcmp(before, factor.at, BLACKLIST_FACTOR_LEN) >= 0)) {
            return false;
        }
        before = factor.at;
    }
    return true;
}

/* Day and time as the header has them; false when the calendar has none such. */
static bool moment_take(struct cursor *c, struct blacklist *list) {
    uint64_t day = 0;
    uint64_t time = 0;
    if (!bcd_read(cursor_take(c, DAY_LEN), &day) || !bcd_read(cursor_take(c, TIME_LEN), &time)) {
        return false;
    }
    list->day = (uint32_t)day;
    list->time = (uint32_t)time;
    return !c->overran && day_exists(list->day) && time_exists(list->time);
}

/* Cheap checks first; the seal and the order cost a walk over every byte. */
bool blacklist_decode(struct bytes list, struct blacklist *out) {
    struct blacklist read = {0};
    struct cursor c = cursor_over(list);
    if (!bytes_equal(cursor_take(&c, sizeof magic), bytes_of(magic, sizeof magic))) {
        return false;
    }
    read.version = cursor_u32(&c);
    if (!moment_take(&c, &read)) {
        return false;
    }
    read.count = cursor_u32(&c);
    if (c.overran || list.len != blacklist_room(read.count)) {
        return false;
    }
    read.entries = cursor_take(&c, (size_t)read.count * BLACKLIST_ENTRY_LEN);
    uint32_t seal = cursor_u32(&c);
    if (!cursor_finished(&c) || seal != crc32_of(list.at, list.len - BLACKLIST_SEAL_LEN)
        || !entries_good(read.entries)) {
        return false;
    }
    *out = read;
    return true;
}

/* By halves: what is sought lies from low on and before high. [blacklist 2] */
uint8_t blacklist_reason(const struct blacklist *list, const uint8_t factor[BLACKLIST_FACTOR_LEN]) {
    size_t low = 0;
    size_t high = list->count;
    assert(list->entries.len == high * BLACKLIST_ENTRY_LEN); /* blacklist 1 */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const uint8_t *entry = list->entries.at + middle * BLACKLIST_ENTRY_LEN;
        int order = memcmp(factor, entry, BLACKLIST_FACTOR_LEN);
        if (order == 0) {
            return entry[BLACKLIST_FACTOR_LEN];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return 0;
}
