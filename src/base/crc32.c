#include "base/crc32.h"

#include "base/features.h"

enum { HALF = 4, HALF_MASK = 15, HALVES = 16 /* of eight bytes */ };

#if CARD_MIRROR
/* Where memory is not dear: eight bytes at a time, of which no lookup waits for another. */
static const uint32_t strides[HALVES][HALF_MASK + 1] = {
#include "base/crc32_strides.def"
};
static const uint32_t *const step = strides[0];

/* What the low eight bits of x do, at a place. */
static inline uint32_t stride_of(uint32_t x, size_t place) {
    return strides[2 * place + 1][x & HALF_MASK] ^ strides[2 * place][x >> HALF & HALF_MASK];
}

/* Whole strides, from the front; what is left of data is the caller's. */
static uint32_t take_strides(uint32_t crc, struct bytes *data) {
    enum { STRIDE = 8 };
    for (; data->len >= STRIDE; data->at += STRIDE, data->len -= STRIDE) {
        const uint8_t *at = data->at;
        crc = stride_of(at[0] ^ crc, 7) ^ stride_of(at[1] ^ crc >> 8, 6)
              ^ stride_of(at[2] ^ crc >> 16, 5) ^ stride_of(at[3] ^ crc >> 24, 4)
              ^ stride_of(at[4], 3) ^ stride_of(at[5], 2) ^ stride_of(at[6], 1)
              ^ stride_of(at[7], 0);
    }
    return crc;
}
#else
/* Four bits at a time: sixteen words of table are the best bargain on a chip. */
static const uint32_t step[HALF_MASK + 1] = {
    0x00000000,
    0x1DB71064,
    0x3B6E20C8,
    0x26D930AC,
    0x76DC4190,
    0x6B6B51F4,
    0x4DB26158,
    0x5005713C,
    0xEDB88320,
    0xF00F9344,
    0xD6D6A3E8,
    0xCB61B38C,
    0x9B64C2B0,
    0x86D3D2D4,
    0xA00AE278,
    0xBDBDF21C,
};

static uint32_t take_strides(uint32_t crc, const struct bytes *data) {
    (void)data;
    return crc;
}
#endif

uint32_t crc32_more(uint32_t crc, struct bytes data) {
    crc = take_strides(~crc, &data);
    for (size_t i = 0; i < data.len; i++) {
        crc ^= data.at[i];
        crc = step[crc & HALF_MASK] ^ crc >> HALF;
        crc = step[crc & HALF_MASK] ^ crc >> HALF;
    }
    return ~crc;
}
