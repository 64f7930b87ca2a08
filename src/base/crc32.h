/* CRC-32 (IEEE 802.3, reflected): tells a torn record from a whole one. No secret depends on it. */
#pragma once

#include "base/bytes.h"

/* Goes on from an earlier result, or from 0 at the start. */
uint32_t crc32_more(uint32_t crc, struct bytes data);

static inline uint32_t crc32_of(const void *at, size_t len) {
    return crc32_more(0, (struct bytes){.at = at, .len = len});
}
