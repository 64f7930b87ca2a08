/* GB 18030, the character set of files and chips, to UTF-8 and back.
 *
 * Every character that GB 18030 has comes through unchanged both ways: ASCII, the two-byte ones (for
 * a GBK character the very same bytes) and the four-byte ones of all planes. Nothing is replaced by
 * a question mark: bytes that are no GB 18030, or text that has no code in it, are refused with
 * their place. The tables are asked of the system's iconv once, at the first use; afterwards any
 * number of threads may convert at once, and nothing is allocated. */
#pragma once

#include "base/builder.h"
#include "base/bytes.h"

/* The most bytes of UTF-8 that len bytes of GB 18030 can become. */
static inline size_t utf8_room(size_t gb_len) {
    return 3 * ((gb_len + 1) / 2) + gb_len;
}

/* Appends the UTF-8 of gb to out. False when gb stops inside a character or holds bytes that are
 * none: *bad_at is where that character begins, and what came before it has been appended. A
 * builder that is too small overflows. */
bool gb18030_to_utf8(struct bytes gb, struct builder *out, size_t *bad_at);

/* Appends the GB 18030 of utf8 to out. False and *bad_at likewise for text that is not well-formed
 * UTF-8 or has no code. */
bool utf8_to_gb18030(struct bytes utf8, struct builder *out, size_t *bad_at);

/* The next character of well-formed UTF-8, or -1 when there is none such; at moves behind it. */
int32_t utf8_next(struct cursor *at);
