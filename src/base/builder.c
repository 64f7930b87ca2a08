#include "base/builder.h"

extern inline void put_u8(struct builder *b, uint8_t value);
extern inline void put_u16(struct builder *b, uint16_t value);
extern inline void put_u24(struct builder *b, uint32_t value);
extern inline void put_u32(struct builder *b, uint32_t value);
extern inline struct bytes builder_bytes(const struct builder *b);

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

void put_number(struct builder *b, uint32_t value, size_t len) {
    uint8_t bytes[4];
    for (size_t i = len; i > 0; i--) {
        bytes[i - 1] = (uint8_t)value;
        value >>= 8;
    }
    put_bytes(b, bytes_of(bytes, len));
}
