#include "wire/blacklist_forms.h"

#include <assert.h>
#include <string.h>

#include "base/crc32.h"
#include "base/day.h"

enum { MAGIC_LEN = 5, MOMENT_LEN = 4 + DAY_LEN + TIME_LEN };
static const uint8_t change_magic[MAGIC_LEN] = {'S', 'B', 'B', 'C', 1};
static const uint8_t bitmap_magic[MAGIC_LEN] = {'S', 'B', 'B', 'M', 1};
static const uint8_t envelope_magic[MAGIC_LEN] = {'S', 'B', 'S', 'G', 1};

/* --- what all forms have ------------------------------------------------------------------------------ */

static bool time_exists(uint32_t time) {
    return time / 10000 < 24 && time / 100 % 100 < 60 && time % 100 < 60;
}

/* Version, day and time of one list. */
static void put_moment(struct builder *b, uint32_t version, uint32_t day, uint32_t time) {
    uint8_t moment[DAY_LEN + TIME_LEN];
    b->overflowed |= !day_exists(day) || !time_exists(time);
    bcd_write(day, moment, DAY_LEN);
    bcd_write(time, moment + DAY_LEN, TIME_LEN);
    put_u32(b, version);
    put_bytes(b, bytes_of(moment, sizeof moment));
}

static bool moment_take(struct cursor *c, uint32_t *version, uint32_t *day, uint32_t *time) {
    uint64_t days = 0;
    uint64_t times = 0;
    *version = cursor_u32(c);
    if (!bcd_read(cursor_take(c, DAY_LEN), &days) || !bcd_read(cursor_take(c, TIME_LEN), &times)) {
        return false;
    }
    *day = (uint32_t)days;
    *time = (uint32_t)times;
    return !c->overran && day_exists(*day) && time_exists(*time);
}

static bool magic_take(struct cursor *c, const uint8_t magic[MAGIC_LEN]) {
    return bytes_equal(cursor_take(c, MAGIC_LEN), bytes_of(magic, MAGIC_LEN));
}

/* The four bytes at the end are the CRC of all before them. */
static bool seal_fits(struct bytes data) {
    if (data.len < BLACKLIST_SEAL_LEN) {
        return false;
    }
    struct cursor c = cursor_over(data);
    struct bytes body = cursor_take(&c, data.len - BLACKLIST_SEAL_LEN);
    return cursor_u32(&c) == crc32_of(body.at, body.len);
}

/* --- increments ------------------------------------------------------------------------------------------ */

void change_begin(struct builder *b, const struct blacklist_change *head) {
    b->overflowed |= b->len != 0;
    put_bytes(b, bytes_of(change_magic, MAGIC_LEN));
    put_moment(b, head->from.version, head->from.day, head->from.time);
    put_moment(b, head->to.version, head->to.day, head->to.time);
    put_u32(b, head->to.count);
    assert(b->overflowed || b->len == CHANGE_HEADER_LEN);
}

/* forms 2 is kept here, so that no increment that breaks it can be sealed. */
void change_put(struct builder *b, const uint8_t factor[BLACKLIST_FACTOR_LEN], uint8_t reason) {
    bool first = b->len == CHANGE_HEADER_LEN;
    bool whole = b->len >= CHANGE_HEADER_LEN + BLACKLIST_ENTRY_LEN;
    if (b->overflowed || reason > BLACKLIST_REASON_LAST || !(first || whole)
        || (whole
            && memcmp(b->at + b->len - BLACKLIST_ENTRY_LEN, factor, BLACKLIST_FACTOR_LEN) >= 0)) {
        b->overflowed = true;
        return;
    }
    put_bytes(b, bytes_of(factor, BLACKLIST_FACTOR_LEN));
    put_u8(b, reason);
}

void change_seal(struct builder *b) {
    struct cursor c = cursor_over(bytes_of(b->at, b->len));
    (void)cursor_take(&c, CHANGE_HEADER_LEN - sizeof(uint32_t));
    uint32_t count = cursor_u32(&c);
    if (c.overran || b->len + BLACKLIST_SEAL_LEN != change_room(count)) {
        b->overflowed = true;
        return;
    }
    put_u32(b, crc32_of(b->at, b->len));
}

/* Their length is that of their count already. [forms 1, 2] */
static bool change_entries_good(struct bytes entries) {
    for (size_t at = 0; at + BLACKLIST_ENTRY_LEN <= entries.len; at += BLACKLIST_ENTRY_LEN) {
        const uint8_t *entry = entries.at + at;
        if (entry[BLACKLIST_FACTOR_LEN] > BLACKLIST_REASON_LAST
            || (at > 0 && memcmp(entry - BLACKLIST_ENTRY_LEN, entry, BLACKLIST_FACTOR_LEN) >= 0)) {
            return false;
        }
    }
    return true;
}

bool change_decode(struct bytes data, struct blacklist_change *out) {
    struct blacklist_change read = {.entries = {0}};
    struct cursor c = cursor_over(data);
    if (!magic_take(&c, change_magic)
        || !moment_take(&c, &read.from.version, &read.from.day, &read.from.time)
        || !moment_take(&c, &read.to.version, &read.to.day, &read.to.time)) {
        return false;
    }
    read.to.count = cursor_u32(&c);
    if (c.overran || data.len != change_room(read.to.count) || !seal_fits(data)) {
        return false;
    }
    read.entries = cursor_take(&c, (size_t)read.to.count * BLACKLIST_ENTRY_LEN);
    if (!change_entries_good(read.entries)) {
        return false;
    }
    *out = read;
    return true;
}

/* The entry with the smaller factor comes next; of two with the same one the increment's counts. What
 * is taken off need not be on: it may have come and gone between the two lists. Returns how many
 * cards the new list has; with b NULL it only counts. */
static uint32_t merge(
    const struct blacklist *list, const struct blacklist_change *change, struct builder *b) {
    size_t i = 0;
    size_t j = 0;
    uint32_t count = 0;
    while (i < list->count || j < change->to.count) {
        const uint8_t *old = list->entries.at + i * BLACKLIST_ENTRY_LEN;
        const uint8_t *young = change->entries.at + j * BLACKLIST_ENTRY_LEN;
        int order = i == list->count        ? 1
                    : j == change->to.count ? -1
                                            : memcmp(old, young, BLACKLIST_FACTOR_LEN);
        const uint8_t *next = order < 0 ? old : young;
        uint8_t reason = next[BLACKLIST_FACTOR_LEN];
        i += order <= 0;
        j += order >= 0;
        count += reason != 0;
        if (b && reason != 0) {
            blacklist_put(b, next, reason);
        }
    }
    return count;
}

/* Twice over the entries: the count stands before them. */
bool blacklist_apply(
    const struct blacklist *list, const struct blacklist_change *change, struct builder *b) {
    struct blacklist head = change->to;
    if (change->from.version != list->version || change->from.day != list->day
        || change->from.time != list->time) {
        return false;
    }
    head.count = merge(list, change, NULL);
    blacklist_begin(b, &head);
    (void)merge(list, change, b);
    blacklist_seal(b);
    return !b->overflowed;
}

/* --- bitmaps ------------------------------------------------------------------------------------------- */

/* A whole city has millions of numbers; what claims more than this is no bitmap. */
enum { BITMAP_NUMBERS_MAX = 0x20000000 };

/* All numbers of the ranges; 0 when a range is none. */
static uint32_t numbers_of(const struct blacklist_bitmap *map) {
    uint32_t all = 0;
    assert(map->range_count <= BITMAP_RANGES_MAX);
    for (uint32_t i = 0; i < map->range_count; i++) {
        const struct bitmap_range *r = &map->ranges[i];
        if (r->letter < 'A' || r->letter > 'Z' || r->count == 0
            || r->count > BITMAP_NUMBERS_MAX - all) {
            return 0;
        }
        all += r->count;
    }
    return all;
}

static size_t head_len(const struct blacklist_bitmap *map) {
    return BITMAP_HEADER_LEN + (size_t)map->range_count * BITMAP_RANGE_LEN;
}

size_t bitmap_room(const struct blacklist_bitmap *map) {
    return head_len(map) + ((size_t)numbers_of(map) + 7) / 8 + BLACKLIST_SEAL_LEN;
}

/* The place of a number among all; false when no range has it. */
static bool ordinal_of(
    const struct blacklist_bitmap *map, char letter, uint32_t serial, uint32_t *ordinal) {
    uint32_t before = 0;
    for (uint32_t i = 0; i < map->range_count; i++) {
        const struct bitmap_range *r = &map->ranges[i];
        if (r->letter == letter && serial >= r->first && serial - r->first < r->count) {
            *ordinal = before + (serial - r->first);
            return true;
        }
        before += r->count;
    }
    return false;
}

void bitmap_begin(struct builder *b, const struct blacklist_bitmap *map) {
    uint32_t all = numbers_of(map);
    b->overflowed |= b->len != 0 || all == 0;
    put_bytes(b, bytes_of(bitmap_magic, MAGIC_LEN));
    put_moment(b, map->version, map->day, map->time);
    put_u8(b, (uint8_t)map->range_count);
    for (uint32_t i = 0; i < map->range_count; i++) {
        put_u8(b, (uint8_t)map->ranges[i].letter);
        put_u32(b, map->ranges[i].first);
        put_u32(b, map->ranges[i].count);
    }
    put_fill(b, 0, ((size_t)all + 7) / 8);
}

void bitmap_set(
    struct builder *b, const struct blacklist_bitmap *map, char letter, uint32_t serial) {
    uint32_t at = 0;
    if (b->overflowed || !ordinal_of(map, letter, serial, &at)) {
        b->overflowed = true;
        return;
    }
    assert(head_len(map) + at / 8 < b->len);
    b->at[head_len(map) + at / 8] |= (uint8_t)(0x80u >> at % 8);
}

void bitmap_seal(struct builder *b) {
    if (!b->overflowed) {
        put_u32(b, crc32_of(b->at, b->len));
    }
}

static bool ranges_take(struct cursor *c, struct blacklist_bitmap *map) {
    map->range_count = cursor_u8(c);
    if (map->range_count == 0 || map->range_count > BITMAP_RANGES_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < map->range_count; i++) {
        map->ranges[i].letter = (char)cursor_u8(c);
        map->ranges[i].first = cursor_u32(c);
        map->ranges[i].count = cursor_u32(c);
    }
    return !c->overran && numbers_of(map) > 0;
}

/* The bits behind the last number say nothing, and must be 0: one list has one form only. */
static bool rest_empty(const struct blacklist_bitmap *map) {
    uint32_t used = numbers_of(map) % 8;
    uint8_t last = map->bits.at[map->bits.len - 1];
    return used == 0 || (uint8_t)(last << used) == 0;
}

bool bitmap_decode(struct bytes data, struct blacklist_bitmap *out) {
    struct blacklist_bitmap read = {.range_count = 0};
    struct cursor c = cursor_over(data);
    if (!magic_take(&c, bitmap_magic) || !moment_take(&c, &read.version, &read.day, &read.time)
        || !ranges_take(&c, &read) || data.len != bitmap_room(&read) || !seal_fits(data)) {
        return false;
    }
    read.bits = cursor_take(&c, ((size_t)numbers_of(&read) + 7) / 8);
    if (c.overran || !rest_empty(&read)) {
        return false;
    }
    *out = read;
    return true;
}

enum bitmap_answer bitmap_ask(const struct blacklist_bitmap *map, char letter, uint32_t serial) {
    uint32_t at = 0;
    if (!ordinal_of(map, letter, serial, &at)) {
        return BITMAP_UNKNOWN;
    }
    assert(at / 8 < map->bits.len);
    return map->bits.at[at / 8] & (0x80u >> at % 8) ? BITMAP_LISTED : BITMAP_FREE;
}

/* --- envelopes ----------------------------------------------------------------------------------------- */

void envelope_head(struct builder *b, const uint8_t key_id[ENVELOPE_KEY_ID_LEN], size_t list_len) {
    b->overflowed |= b->len != 0 || list_len > UINT32_MAX;
    put_bytes(b, bytes_of(envelope_magic, MAGIC_LEN));
    put_u8(b, ENVELOPE_ED25519);
    put_bytes(b, bytes_of(key_id, ENVELOPE_KEY_ID_LEN));
    put_u32(b, (uint32_t)list_len);
}

bool envelope_decode(struct bytes data, struct envelope *out) {
    struct envelope read = {.algorithm = 0};
    struct cursor c = cursor_over(data);
    if (!magic_take(&c, envelope_magic)) {
        return false;
    }
    read.algorithm = cursor_u8(&c);
    read.key_id = cursor_take(&c, ENVELOPE_KEY_ID_LEN);
    uint32_t len = cursor_u32(&c);
    if (c.overran || read.algorithm != ENVELOPE_ED25519
        || data.len != (size_t)len + ENVELOPE_EXTRA_LEN) {
        return false;
    }
    read.list = cursor_take(&c, len);
    read.said = bytes_of(data.at, ENVELOPE_HEADER_LEN + (size_t)len);
    read.signature = cursor_take(&c, ENVELOPE_SIGNATURE_LEN);
    if (!cursor_finished(&c)) {
        return false;
    }
    *out = read;
    return true;
}
