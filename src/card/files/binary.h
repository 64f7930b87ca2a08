/* Transparent files: bytes by offset. [purse.md 4.1 READ BINARY, UPDATE BINARY]
 *
 * Changes are staged into the store's open batch. Rights and secure messaging are not asked
 * here. */
#pragma once

#include "base/builder.h"
#include "card/files/tree.h"

/* Appends up to len bytes from offset to `to`, less where the file ends.
 * 6981 when it is no binary, 6B00 when the offset is not inside it. */
enum sw binary_read(
    const struct store *s, const struct ef *ef, uint16_t offset, uint16_t len, struct builder *to);

/* 6981 when it is no binary, 6B00 when the offset is not inside it, 6A84 when the data go beyond
 * its end; nothing is staged then. */
enum sw binary_update(struct store *s, const struct ef *ef, uint16_t offset, struct bytes data);
