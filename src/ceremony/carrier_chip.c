#include "ceremony/carrier_chip.h"

#include <assert.h>

#include "base/builder.h"
#include "crypto/secret.h"

enum {
    MASTER_FID = 0x3F00,
    KEY_FILE_FID = 0x0000,
    CONTENT_FID = 0x0001,
    LENGTH_LEN = 2,
    FILE_LEN = LENGTH_LEN + CARRIER_CONTENT_MAX,
    KEY_BYTES = 0x40, /* room for one key and one PIN, with what a chip adds */
    PIECE = 0x80,     /* bytes of one READ or UPDATE BINARY */
    TYPE_MAIN = 0x39,
    TYPE_PIN = 0x3A,
    P1_ADD = 0x01,
    TRIES = 0x66, /* maximum and left [system.md 12: 6] */
    FCI_NONE = 0x15,
};

/* Rights and follow-up states; see the header. [purse.md 2.5] */
enum { FREE = 0xF0, NEVER = 0xEF, AFTER_PIN = 0x11, AFTER_BOTH = 0x22 };
enum { STATE_PIN = 0x01, STATE_BOTH = 0x02 };

static enum err create(struct station *st, uint16_t fid, struct bytes data, struct why *why) {
    struct apdu apdu = {.cla = 0x80,
        .ins = 0xE0,
        .p1 = (uint8_t)(fid >> 8),
        .p2 = (uint8_t)(fid & 0xFF),
        .data = data};
    return station_send(st, &apdu, "CREATE FILE", NULL, why);
}

/* The master file, its key file, and the one that holds the content. [purse.md 2.2] */
static enum err create_files(struct station *st, const uint8_t transport[8], struct why *why) {
    uint8_t room[32];
    struct builder b = builder_in(room, sizeof room);
    const uint8_t master[] = {0x38, 0xFF, 0xFF, NEVER, NEVER, FCI_NONE};
    const uint8_t keys[] = {0x3F, 0x00, KEY_BYTES, FCI_NONE, NEVER, 0xFF, 0xFF};
    const uint8_t content[] = {
        0x28, FILE_LEN >> 8, FILE_LEN & 0xFF, AFTER_BOTH, AFTER_BOTH, 0xFF, 0xFF};
    put_bytes(&b, bytes_of(master, sizeof master));
    put_bytes(&b, bytes_of(transport, 8));
    enum err err = create(st, MASTER_FID, builder_bytes(&b), why);
    err = err ? err : create(st, KEY_FILE_FID, bytes_of(keys, sizeof keys), why);
    return err ? err : create(st, CONTENT_FID, bytes_of(content, sizeof content), why);
}

/* The main control key's head; a key is made with the transport key in clear and then replaced. */
static void main_head(struct key_wrap *wrap, uint8_t p1) {
    static const uint8_t head[] = {TYPE_MAIN, AFTER_PIN, NEVER, STATE_BOTH, TRIES};
    (void)memcpy(wrap->head, head, sizeof head);
    wrap->head_len = sizeof head;
    wrap->p1 = p1;
    wrap->p2 = 0;
}

static enum err write_transport_key(struct station *st, struct why *why) {
    struct key_wrap wrap = {.p1 = 0};
    uint8_t room[sizeof wrap.head + 16];
    struct builder b = builder_in(room, sizeof room);
    main_head(&wrap, P1_ADD);
    put_bytes(&b, bytes_of(wrap.head, wrap.head_len));
    put_fill(&b, 0xFF, 16);
    struct apdu write = {.cla = 0x80, .ins = 0xD4, .p1 = P1_ADD, .data = builder_bytes(&b)};
    return station_send(st, &write, "WRITE KEY", NULL, why);
}

static enum err replace_main_key(struct station *st, struct why *why) {
    struct key_wrap wrap = {
        .key = station_key(st, KEY_MK_MF), .under = station_key(st, KEY_TRANSPORT)};
    uint8_t data[KEY_WRAP_MAX];
    size_t len = 0;
    wrap.under.algorithm = wrap.key.algorithm;
    main_head(&wrap, TYPE_MAIN);
    enum err err = station_challenge(st, wrap.challenge, sizeof wrap.challenge, why);
    err = err ? err : st->vault->wrap(st->vault->self, &wrap, data, &len, why);
    if (err) {
        return err;
    }
    assert(len <= sizeof data);
    struct apdu write = {.cla = 0x84, .ins = 0xD4, .p1 = TYPE_MAIN, .data = bytes_of(data, len)};
    return station_send(st, &write, "WRITE KEY", NULL, why);
}

/* The chip's PIN in the command's form; wiped by the caller. */
static enum err take_pin(struct station *st, uint8_t pin[STATION_PIN_LEN], struct why *why) {
    char digits[STATION_PIN_DIGITS + 1] = "";
    enum err err = st->vault->first_pin(st->vault->self, st->factor, digits, why);
    if (!err && !station_pin(digits, pin)) {
        err = why_say(why, ERR_OUTSIDE, "the vault gave no PIN of six digits");
    }
    crypto_wipe(digits, sizeof digits);
    return err;
}

/* 84 D4 01 00 Lc ENC(LD || head PIN) MAC. [purse.md 1.3, 2.4] */
static enum err put_pin(
    struct station *st, const struct key_ref *main, struct builder *message, struct why *why) {
    uint8_t plain[] = {TYPE_PIN, FREE, NEVER, STATE_PIN, TRIES, 0, 0, 0};
    uint8_t cipher[sizeof plain + 16];
    size_t len = 0;
    enum err err = take_pin(st, plain + sizeof plain - STATION_PIN_LEN, why);
    err = err ? err
              : st->vault->encrypt_message(
                  st->vault->self, main, bytes_of(plain, sizeof plain), cipher, &len, why);
    crypto_wipe(plain, sizeof plain);
    if (!err) {
        const uint8_t head[] = {0x84, 0xD4, P1_ADD, 0x00, (uint8_t)(len + 4)};
        put_bytes(message, bytes_of(head, sizeof head));
        put_bytes(message, bytes_of(cipher, len));
    }
    return err;
}

static enum err write_pin(struct station *st, struct why *why) {
    struct key_ref main = station_key(st, KEY_MK_MF);
    uint8_t room[64];
    uint8_t iv[8] = {0};
    uint8_t mac[4];
    struct builder b = builder_in(room, sizeof room);
    enum err err = put_pin(st, &main, &b, why);
    err = err ? err : station_challenge(st, iv, 4, why);
    err = err ? err
              : st->vault->message_mac(st->vault->self, &main, iv, builder_bytes(&b), mac, why);
    if (err) {
        return err;
    }
    put_bytes(&b, bytes_of(mac, sizeof mac));
    assert(!b.overflowed);
    struct apdu write = {
        .cla = 0x84, .ins = 0xD4, .p1 = P1_ADD, .data = bytes_of(room + 5, b.len - 5)};
    return station_send(st, &write, "WRITE KEY", NULL, why);
}

/* The PIN, then the main control key; then the file is selected. */
static enum err unlock(struct station *st, struct why *why) {
    uint8_t pin[STATION_PIN_LEN];
    const uint8_t fid[] = {CONTENT_FID >> 8, CONTENT_FID & 0xFF};
    enum err err = take_pin(st, pin, why);
    struct apdu verify = {.ins = 0x20, .data = bytes_of(pin, sizeof pin)};
    err = err ? err : station_send(st, &verify, "VERIFY", NULL, why);
    crypto_wipe(pin, sizeof pin);
    err = err ? err : station_authenticate(st, AT_MF, KEY_MK_MF, why);
    struct apdu choose = {.ins = 0xA4, .data = bytes_of(fid, sizeof fid)};
    return err ? err : station_send(st, &choose, "SELECT", NULL, why);
}

static enum err write_content(struct station *st, struct bytes content, struct why *why) {
    enum err err = OK;
    for (size_t at = 0; !err && at < content.len; at += PIECE) {
        size_t len = content.len - at < PIECE ? content.len - at : PIECE;
        struct apdu update = {.ins = 0xD6,
            .p1 = (uint8_t)(at >> 8),
            .p2 = (uint8_t)(at & 0xFF),
            .data = bytes_of(content.at + at, len)};
        err = station_send(st, &update, "UPDATE BINARY", NULL, why);
    }
    return err;
}

enum err carrier_make(
    struct station *station, const uint8_t transport[8], struct bytes content, struct why *why) {
    uint8_t file[FILE_LEN];
    struct builder b = builder_in(file, sizeof file);
    if (content.len == 0 || content.len > CARRIER_CONTENT_MAX) {
        return why_say(why, ERR_INVALID, "%zu bytes do not fit a carrier, which holds 1 to %d",
            content.len, (int)CARRIER_CONTENT_MAX);
    }
    put_u16(&b, (uint16_t)content.len);
    put_bytes(&b, content);
    assert(!b.overflowed);
    enum err err = station_reset(station, why);
    err = err ? err : create_files(station, transport, why);
    err = err ? err : write_transport_key(station, why);
    err = err ? err : replace_main_key(station, why);
    err = err ? err : write_pin(station, why);
    err = err ? err : station_reset(station, why);
    err = err ? err : unlock(station, why);
    err = err ? err : write_content(station, builder_bytes(&b), why);
    return err ? why_add(why, err, "carrier") : OK;
}

/* One piece of the file, as long as asked for. */
static enum err read_piece(
    struct station *st, size_t at, uint8_t *to, size_t len, struct why *why) {
    struct reply reply;
    struct apdu read = {
        .ins = 0xB0, .p1 = (uint8_t)(at >> 8), .p2 = (uint8_t)(at & 0xFF), .le = (uint16_t)len};
    enum err err = station_send(st, &read, "READ BINARY", &reply, why);
    if (!err && reply.len != len) {
        err = why_say(
            why, ERR_CONFLICT, "the carrier gave %zu bytes instead of %zu", (size_t)reply.len, len);
    }
    if (!err) {
        (void)memcpy(to, reply.data, len);
    }
    return err;
}

enum err carrier_read(struct station *station, uint8_t *room, size_t *len, struct why *why) {
    uint8_t length[LENGTH_LEN] = {0};
    enum err err = station_reset(station, why);
    err = err ? err : unlock(station, why);
    err = err ? err : read_piece(station, 0, length, sizeof length, why);
    *len = (size_t)length[0] << 8 | length[1];
    if (!err && (*len == 0 || *len > CARRIER_CONTENT_MAX)) {
        err = why_say(why, ERR_CONFLICT, "what the chip holds is no carrier's content");
    }
    for (size_t at = 0; !err && at < *len; at += PIECE) {
        size_t piece = *len - at < PIECE ? *len - at : PIECE;
        err = read_piece(station, LENGTH_LEN + at, room + at, piece, why);
    }
    return err ? why_add(why, err, "carrier") : OK;
}
