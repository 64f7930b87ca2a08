/* Text on its way into an HTML page. Whatever was not written by a programmer goes through here. */
#pragma once

#include <stdint.h>
#include <stdio.h>

/* Writes text so that it is text in any place of a page, attributes included. */
void html_text(FILE *to, const char *text);

/* Writes 1234567 as 1,234,567. */
void html_count(FILE *to, int64_t count);

/* Writes fen as yuan: 1,234.50. */
void html_fen(FILE *to, int64_t fen);
