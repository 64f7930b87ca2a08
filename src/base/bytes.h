/* Bytes someone else owns, and a cursor that reads them without ever stepping outside.
 *
 * A cursor remembers its first mistake. Take what you expect, in order, and ask once at the end:
 * after an overrun every further take answers zero or nothing, and cursor_finished() says false.
 * Nothing here allocates, and nothing here uses libc beyond <string.h>: the chip stands on it.
 *
 * What is inline and not static has one body in bytes.c: a compiler that looks for speed takes it in,
 * one that looks for room calls it there. */
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

inline bool bytes_equal(struct bytes a, struct bytes b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline struct cursor cursor_over(struct bytes all) {
    return (struct cursor){.rest = all};
}

/* The next len bytes, borrowed from whoever owns the whole. */
inline struct bytes cursor_take(struct cursor *c, size_t len) {
    struct bytes taken = {0};
    if (c->overran || len > c->rest.len) {
        c->overran = true;
        return taken;
    }
    taken.at = c->rest.at;
    taken.len = len;
    c->rest.at += len;
    c->rest.len -= len;
    return taken;
}

/* A number of so many bytes, at most four; big-endian, as everything on card, wire and file. */
inline uint32_t cursor_number(struct cursor *c, size_t len) {
    uint32_t number = 0;
    struct bytes taken = cursor_take(c, len);
    for (size_t i = 0; i < taken.len; i++) {
        number = number << 8 | taken.at[i];
    }
    return number;
}

inline uint8_t cursor_u8(struct cursor *c) {
    return (uint8_t)cursor_number(c, 1);
}

inline uint16_t cursor_u16(struct cursor *c) {
    return (uint16_t)cursor_number(c, 2);
}

/* Three bytes: the overdraft limit is the only number that has so many. */
inline uint32_t cursor_u24(struct cursor *c) {
    return cursor_number(c, 3);
}

inline uint32_t cursor_u32(struct cursor *c) {
    return cursor_number(c, 4);
}

/* Copies the next len bytes to where they belong; leaves to[] untouched after an overrun. */
inline void cursor_copy(struct cursor *c, void *to, size_t len) {
    struct bytes taken = cursor_take(c, len);
    if (taken.at) {
        (void)memcpy(to, taken.at, taken.len);
    }
}

/* True when every byte was read and none was asked for that was not there. */
inline bool cursor_finished(const struct cursor *c) {
    return !c->overran && c->rest.len == 0;
}
