#include "card/purse/compound.h"

#include "base/builder.h"
#include "card/files/walletfile.h"

/* The shortest record takes COMPOUND_HEAD + 1 here and STORE_RECORD_HEAD + 1 in the journal; beside
 * them go the wallet, the log record of 23 bytes and the log's pointer of 2. */
_Static_assert(COMPOUND_ROOM / (COMPOUND_HEAD + 1) * (STORE_RECORD_HEAD + 1) + WALLET_LEN + 23 + 2
                       + 3 * STORE_RECORD_HEAD
                   <= STORE_BATCH_MAX,
    "whatever was kept fits into one batch");

enum sw compound_keep(struct compound *c, const struct store *s, const struct ef *ef,
    struct compound_place place, struct bytes data) {
    enum sw sw = record_fits(s, ef, place.number, data);
    if (sw != SW_OK) {
        return sw;
    }
    if (data.len + COMPOUND_HEAD > (size_t)(COMPOUND_ROOM - c->len)) {
        return SW_NO_SPACE;
    }
    struct builder b = builder_in(c->kept + c->len, sizeof c->kept - c->len);
    put_u8(&b, place.sfi);
    put_u8(&b, place.number);
    put_u8(&b, (uint8_t)data.len);
    put_bytes(&b, data);
    c->len = (uint16_t)(c->len + b.len);
    return SW_OK;
}

enum sw compound_stage(const struct compound *c, struct store *s, const struct dir *dir) {
    struct cursor kept = cursor_over(bytes_of(c->kept, c->len));
    enum sw sw = SW_OK;
    while (kept.rest.len > 0 && sw == SW_OK) {
        struct ef ef;
        uint8_t sfi = cursor_u8(&kept);
        uint8_t number = cursor_u8(&kept);
        struct bytes data = cursor_take(&kept, cursor_u8(&kept));
        sw = ef_by_sfi(s, dir, sfi, &ef);
        sw = sw == SW_OK ? record_update(s, &ef, number, data) : sw;
    }
    return kept.overran ? SW_OUR_MISTAKE : sw;
}
