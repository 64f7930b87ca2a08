/* Any bytes as a blacklist in each of its forms: what is taken can be written again, byte for byte, and
 * finds its cards. */
#include <assert.h>
#include <stdlib.h>

#include "base/crc32.h"
#include "wire/blacklist_forms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_list(struct bytes bytes) {
    struct blacklist list;
    if (!blacklist_decode(bytes, &list)) {
        return;
    }
    uint8_t *room = malloc(bytes.len);
    assert(room);
    struct builder b = builder_in(room, bytes.len);
    blacklist_begin(&b, &list);
    for (uint32_t i = 0; i < list.count; i++) {
        const uint8_t *entry = list.entries.at + (size_t)i * BLACKLIST_ENTRY_LEN;
        assert(blacklist_reason(&list, entry) == entry[BLACKLIST_FACTOR_LEN]);
        blacklist_put(&b, entry, entry[BLACKLIST_FACTOR_LEN]);
    }
    blacklist_seal(&b);
    assert(!b.overflowed && bytes_equal(builder_bytes(&b), bytes));
    free(room);
}

static void check_change(struct bytes bytes) {
    struct blacklist_change change;
    if (!change_decode(bytes, &change)) {
        return;
    }
    uint8_t *room = malloc(bytes.len);
    assert(room);
    struct builder b = builder_in(room, bytes.len);
    change_begin(&b, &change);
    for (uint32_t i = 0; i < change.to.count; i++) {
        const uint8_t *entry = change.entries.at + (size_t)i * BLACKLIST_ENTRY_LEN;
        change_put(&b, entry, entry[BLACKLIST_FACTOR_LEN]);
    }
    change_seal(&b);
    assert(!b.overflowed && bytes_equal(builder_bytes(&b), bytes));
    free(room);
}

/* The bits are written one by one; a bitmap that claims much is as long as it claims. */
static void check_bitmap(struct bytes bytes) {
    struct blacklist_bitmap map;
    if (!bitmap_decode(bytes, &map)) {
        return;
    }
    uint8_t *room = malloc(bytes.len);
    assert(room);
    struct builder b = builder_in(room, bytes.len);
    bitmap_begin(&b, &map);
    for (uint32_t r = 0; r < map.range_count; r++) {
        const struct bitmap_range *range = &map.ranges[r];
        for (uint32_t i = 0; i < range->count && range->first + i >= range->first; i++) {
            if (bitmap_ask(&map, range->letter, range->first + i) == BITMAP_LISTED) {
                bitmap_set(&b, &map, range->letter, range->first + i);
            }
        }
    }
    assert(!b.overflowed && b.len + BLACKLIST_SEAL_LEN == bytes.len);
    free(room);
}

static void check_envelope(struct bytes bytes) {
    struct envelope e;
    if (envelope_decode(bytes, &e)) {
        assert(e.said.len == ENVELOPE_HEADER_LEN + e.list.len);
        assert(e.said.len + e.signature.len == bytes.len);
    }
}

static void check_forms(struct bytes bytes) {
    check_list(bytes);
    check_change(bytes);
    check_bitmap(bytes);
    check_envelope(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_forms(bytes_of(data, size));
    if (size < BLACKLIST_SEAL_LEN) {
        return 0;
    }
    /* The seal stops nearly every input: the same with a seal that fits. */
    uint8_t *sealed = malloc(size);
    assert(sealed);
    (void)memcpy(sealed, data, size);
    uint32_t seal = crc32_of(sealed, size - BLACKLIST_SEAL_LEN);
    for (size_t i = 0; i < BLACKLIST_SEAL_LEN; i++) {
        sealed[size - 1 - i] = (uint8_t)(seal >> 8 * i);
    }
    check_forms(bytes_of(sealed, size));
    free(sealed);
    return 0;
}
