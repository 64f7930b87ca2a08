/* Any bytes as a blacklist: what is taken can be written again, byte for byte, and finds its cards. */
#include <assert.h>
#include <stdlib.h>

#include "base/crc32.h"
#include "wire/blacklist.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_list(bytes_of(data, size));
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
    check_list(bytes_of(sealed, size));
    free(sealed);
    return 0;
}
