/* One line of a comma-separated file, in its fields. [RFC 4180, without breaks inside fields]
 *
 * A field that begins with a quote ends with the next single one; a doubled quote inside is a quote.
 * A quote anywhere else in a field is a character like any other. */
#pragma once

#include "base/builder.h"
#include "base/bytes.h"

/* Splits line (without its end) into exactly count fields: their text goes to out, one field after
 * another, end[i] is where field i ends, counted from the builder's length before the call. False
 * when there are more or fewer fields, a quote is open at the end, something stands between a
 * closing quote and the comma, or out overflows. */
bool csv_split(struct bytes line, struct builder *out, uint16_t *end, size_t count);
