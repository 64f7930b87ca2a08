/* What every test file includes: cmocka with the headers it wants before it, and a few checks that
 * say more when they fail. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"

/* The bytes that hexadecimal text says, spaces allowed, in room[]; returns how many. */
static inline size_t from_hex(const char *text, uint8_t *room, size_t room_len) {
    char tight[2048];
    size_t len = 0;
    for (; *text; text++) {
        if (*text != ' ') {
            assert_true(len < sizeof tight);
            tight[len++] = *text;
        }
    }
    assert_true(len / 2 <= room_len);
    assert_true(hex_read(bytes_of(tight, len), room, len / 2));
    return len / 2;
}

/* Compares bytes with hexadecimal text, and shows both as text when they differ. */
static inline void assert_hex(struct bytes got, const char *expected) {
    char text[2 * 1024 + 1];
    assert_true(got.len <= 1024);
    hex_write(got, text);
    assert_string_equal(text, expected);
}
