/* Bytes someone else owns, and a cursor that reads them without ever stepping outside.
 *
 * A cursor remembers its first mistake. Take what you expect, in order, and ask once at the end:
 * after an overrun every further take answers zero or nothing, and cursor_finished() says false.
 * Nothing here allocates, and nothing here uses libc beyond <string.h>: the chip stands on it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Borrowed bytes: whoever made them keeps them alive for as long as the view is used. */
struct bytes {
    const uint8_t *at;
    size_t len;
};

struct cursor {
    struct bytes rest;
    bool overran;
};

static inline struct bytes bytes_of(const void *at, size_t len) {
    return (struct bytes){.at = at, .len = len};
}

/* The bytes of a C string, without its end. */
static inline struct bytes bytes_text(const char *text) {
    return (struct bytes){.at = (const uint8_t *)text, .len = strlen(text)};
}

static inline bool bytes_equal(struct bytes a, struct bytes b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline struct cursor cursor_over(struct bytes all) {
    return (struct cursor){.rest = all};
}

/* The next len bytes, borrowed from whoever owns the whole. */
static inline struct bytes cursor_take(struct cursor *c, size_t len) {
    if (c->overran || len > c->rest.len) {
        c->overran = true;
        return (struct bytes){0};
    }
    struct bytes taken = {c->rest.at, len};
    c->rest.at += len;
    c->rest.len -= len;
    return taken;
}

static inline uint8_t cursor_u8(struct cursor *c) {
    struct bytes one = cursor_take(c, 1);
    return one.len == 1 ? one.at[0] : 0;
}

/* Big-endian, as everything on card, wire and file. */
static inline uint16_t cursor_u16(struct cursor *c) {
    struct bytes two = cursor_take(c, 2);
    return two.len == 2 ? (uint16_t)(two.at[0] << 8 | two.at[1]) : 0;
}

/* Three bytes: the overdraft limit is the only number that has so many. */
static inline uint32_t cursor_u24(struct cursor *c) {
    uint32_t high = cursor_u8(c);
    return high << 16 | cursor_u16(c);
}

static inline uint32_t cursor_u32(struct cursor *c) {
    uint32_t high = cursor_u16(c);
    return high << 16 | cursor_u16(c);
}

/* Copies the next len bytes to where they belong; leaves to[] untouched after an overrun. */
static inline void cursor_copy(struct cursor *c, void *to, size_t len) {
    struct bytes taken = cursor_take(c, len);
    if (taken.at) {
        (void)memcpy(to, taken.at, taken.len);
    }
}

/* True when every byte was read and none was asked for that was not there. */
static inline bool cursor_finished(const struct cursor *c) {
    return !c->overran && c->rest.len == 0;
}
