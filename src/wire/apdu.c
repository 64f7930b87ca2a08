#include "wire/apdu.h"

enum { HEADER_LEN = 4 };

/* Le as it travels: one byte, 00 for 256. */
static uint16_t le_of(uint8_t byte) {
    return byte == 0 ? REPLY_DATA_MAX : byte;
}

/* *out is written when the line makes sense, and otherwise left alone. Behind Lc and the data there
 * is Le or nothing. */
bool apdu_decode(struct bytes line, struct apdu *out) {
    const uint8_t *at = line.at;
    size_t lc = line.len > APDU_HEAD ? at[HEADER_LEN] : 0;
    size_t rest = line.len - APDU_HEAD - lc;
    bool brings = line.len > APDU_HEAD;
    if (line.len < HEADER_LEN || (brings && (lc == 0 || rest > 1))) {
        return false;
    }
    *out = (struct apdu){.cla = at[0], .ins = at[1], .p1 = at[2], .p2 = at[3], .shape = APDU_BARE};
    if (brings) {
        out->data = bytes_of(at + APDU_HEAD, lc);
        out->shape = rest == 0 ? APDU_BRINGS_DATA : APDU_BOTH_WAYS;
        out->le = rest == 0 ? 0 : le_of(at[line.len - 1]);
    } else if (line.len == APDU_HEAD) {
        uint8_t p3 = at[HEADER_LEN];
        out->le = le_of(p3);
        out->shape = p3 == 0 ? APDU_BARE_OR_WANTS : APDU_WANTS_ANSWER;
    }
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
