#include "base/builder.h"

void put_bytes(struct builder *b, struct bytes data) {
    if (b->overflowed || data.len > b->room - b->len) {
        b->overflowed = true;
        return;
    }
    if (data.len > 0) {
        (void)memcpy(b->at + b->len, data.at, data.len);
        b->len += data.len;
    }
}

void put_fill(struct builder *b, uint8_t value, size_t len) {
    if (b->overflowed || len > b->room - b->len) {
        b->overflowed = true;
        return;
    }
    (void)memset(b->at + b->len, value, len);
    b->len += len;
}

void put_u8(struct builder *b, uint8_t value) {
    put_bytes(b, (struct bytes){&value, 1});
}

void put_u16(struct builder *b, uint16_t value) {
    const uint8_t two[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    put_bytes(b, bytes_of(two, sizeof two));
}

void put_u24(struct builder *b, uint32_t value) {
    put_u8(b, (uint8_t)(value >> 16));
    put_u16(b, (uint16_t)value);
}

void put_u32(struct builder *b, uint32_t value) {
    put_u16(b, (uint16_t)(value >> 16));
    put_u16(b, (uint16_t)value);
}
