#include "card/files/binary.h"

#include "card/files/entry.h"

/* What both commands refuse alike. */
static enum sw check(const struct ef *ef, uint16_t offset) {
    if (ef->kind != EF_BINARY) {
        return SW_WRONG_FILE_TYPE;
    }
    return offset < ef->size ? SW_OK : SW_WRONG_OFFSET;
}

enum sw binary_read(
    const struct store *s, const struct ef *ef, uint16_t offset, uint16_t len, struct builder *to) {
    enum sw sw = check(ef, offset);
    if (sw != SW_OK) {
        return sw;
    }
    /* Le may ask for more than there is: 00 means "to the end". [purse.md 4.1] */
    uint16_t left = (uint16_t)(ef->size - offset);
    put_stored(s, ef_body(ef) + offset, len < left ? len : left, to);
    return SW_OK;
}

enum sw binary_update(struct store *s, const struct ef *ef, uint16_t offset, struct bytes data) {
    enum sw sw = check(ef, offset);
    if (sw != SW_OK) {
        return sw;
    }
    /* Half a write would be neither the old content nor the one that was asked for. */
    if (data.len > (size_t)(ef->size - offset)) {
        return SW_NO_SPACE;
    }
    bool staged = store_write(s, ef_body(ef) + offset, data.at, (uint32_t)data.len);
    return staged ? SW_OK : SW_MEMORY;
}
