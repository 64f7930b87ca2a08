/* SM3, the national hash: 32 bytes that stand for any number of bytes. [GB/T 32905-2016]
 *
 * Begin, add the data in pieces of any size, end. Nothing is allocated; no secret depends on it
 * here, and its time depends on the length of the data alone. */
#pragma once

#include "base/bytes.h"

enum { SM3_LEN = 32, SM3_BLOCK = 64 };

/* A hash under way. Copy it to look at the result so far and still go on. */
struct sm3 {
    uint32_t state[8];
    uint8_t block[SM3_BLOCK];
    uint64_t len; /* bytes added so far */
};

void sm3_begin(struct sm3 *h);
void sm3_add(struct sm3 *h, struct bytes data);
/* The digest of everything added. The hash is used up: begin again for the next one. */
void sm3_end(struct sm3 *h, uint8_t digest[SM3_LEN]);
