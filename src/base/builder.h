/* Writes bytes one after another into room that the caller owns, and never past its end.
 *
 * Like a cursor, a builder remembers its first mistake: put what belongs there, in order, and ask
 * once at the end whether it all fitted. After an overflow nothing more is written. */
#pragma once

#include "base/bytes.h"

struct builder {
    uint8_t *at;
    size_t len;  /* bytes written so far */
    size_t room; /* bytes that fit in all */
    bool overflowed;
};

static inline struct builder builder_in(void *room, size_t room_len) {
    return (struct builder){.at = room, .room = room_len};
}

/* Appends what is borrowed; an empty view is allowed and appends nothing. */
void put_bytes(struct builder *b, struct bytes data);
/* Appends len times the same byte. */
void put_fill(struct builder *b, uint8_t value, size_t len);
/* The last len bytes of a number, at most four; big-endian. */
void put_number(struct builder *b, uint32_t value, size_t len);

inline void put_u8(struct builder *b, uint8_t value) {
    put_number(b, value, 1);
}

inline void put_u16(struct builder *b, uint16_t value) {
    put_number(b, value, 2);
}

inline void put_u24(struct builder *b, uint32_t value) {
    put_number(b, value, 3);
}

inline void put_u32(struct builder *b, uint32_t value) {
    put_number(b, value, 4);
}

/* What was written so far; empty after an overflow, so that half a message is never used. */
inline struct bytes builder_bytes(const struct builder *b) {
    struct bytes written = {0};
    if (!b->overflowed) {
        written.at = b->at;
        written.len = b->len;
    }
    return written;
}
