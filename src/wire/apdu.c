#include "wire/apdu.h"

enum { HEADER_LEN = 4 };

/* Le as it travels: one byte, 00 for 256. */
static uint16_t le_of(uint8_t byte) {
    return byte == 0 ? REPLY_DATA_MAX : byte;
}

/* What follows the header when it is longer than one byte: Lc, data and perhaps Le. */
static bool decode_data(struct cursor *c, struct apdu *out) {
    uint8_t lc = cursor_u8(c);
    out->data = cursor_take(c, lc);
    out->shape = APDU_BRINGS_DATA;
    if (c->rest.len > 0) {
        out->le = le_of(cursor_u8(c));
        out->shape = APDU_BOTH_WAYS;
    }
    return lc > 0 && cursor_finished(c);
}

/* *out is written last and whole, so that a line that makes no sense leaves no trace. */
bool apdu_decode(struct bytes line, struct apdu *out) {
    struct cursor c = cursor_over(line);
    struct apdu apdu = {.shape = APDU_BARE};
    apdu.cla = cursor_u8(&c);
    apdu.ins = cursor_u8(&c);
    apdu.p1 = cursor_u8(&c);
    apdu.p2 = cursor_u8(&c);
    if (c.overran) {
        return false;
    }
    if (c.rest.len == 1) {
        uint8_t p3 = cursor_u8(&c);
        apdu.le = le_of(p3);
        apdu.shape = p3 == 0 ? APDU_BARE_OR_WANTS : APDU_WANTS_ANSWER;
    } else if (c.rest.len > 1 && !decode_data(&c, &apdu)) {
        return false;
    }
    *out = apdu;
    return true;
}

/* Too long is an overflow like any other: whoever asks the builder at the end learns of both. */
void apdu_write(struct builder *b, const struct apdu *apdu) {
    if (apdu->data.len > APDU_DATA_MAX || apdu->le > REPLY_DATA_MAX) {
        b->overflowed = true;
        return;
    }
    const uint8_t header[HEADER_LEN] = {apdu->cla, apdu->ins, apdu->p1, apdu->p2};
    put_bytes(b, bytes_of(header, sizeof header));
    if (apdu->data.len > 0) {
        put_u8(b, (uint8_t)apdu->data.len);
        put_bytes(b, apdu->data);
    }
    if (apdu->le > 0 || apdu->data.len == 0) {
        put_u8(b, (uint8_t)apdu->le); /* 256 and none are both 00 */
    }
}

/* The status word is the last two bytes, whatever stands before. */
bool reply_decode(struct bytes line, struct reply *out) {
    if (line.len < 2 || line.len > REPLY_MAX) {
        return false;
    }
    struct cursor c = cursor_over(line);
    out->len = line.len - 2;
    cursor_copy(&c, out->data, out->len);
    out->sw = cursor_u16(&c);
    return cursor_finished(&c);
}
