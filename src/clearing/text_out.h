/* A text file of the clearing while it grows in memory, and its seal: for banks, institutions and
 * cities. [system.md 5.2.3; text_line.h reads what this writes]
 *
 *     TEXT_OUT_SCOPE(t);
 *     err = text_out_begin(&t, why);
 *     (void)fprintf(t.stream, "PAY|...\r\n");
 *     err = text_out_seal(&t, hex, why);          the SM3 of all that stands so far
 *     (void)fprintf(t.stream, "END|...|%s\r\n", hex);
 *     err = text_out_end(&t, why);                at and len are whole now
 *
 * Results of fprintf() need not be looked at: text_out_end() tells what failed. */
#pragma once

#include <stdio.h>

#include "crypto/sm3.h"
#include "host/why.h"

struct text_out {
    FILE *stream; /* NULL before text_out_begin() */
    char *at;     /* the struct's own */
    size_t len;
};

/* Frees it; one that never began is left alone. */
void text_out_free(struct text_out *t);
#define TEXT_OUT_SCOPE(name) __attribute__((cleanup(text_out_free))) struct text_out name = {0}

/* ERR_OUTSIDE: no memory is left; so for all three. */
enum err text_out_begin(struct text_out *t, struct why *why);
enum err text_out_seal(struct text_out *t, char hex[2 * SM3_LEN + 1], struct why *why);
enum err text_out_end(struct text_out *t, struct why *why);

/* Yuan with two decimals and nothing else, as other programs read it. fen is not below zero. */
void text_out_yuan(struct text_out *t, int64_t fen);

/* The SM3 of bytes. */
void text_digest(struct bytes data, uint8_t digest[SM3_LEN]);
