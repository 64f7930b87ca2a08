#include "clearing/online_message.h"

#include <assert.h>

#include "base/day.h"
#include "crypto/secret.h"
#include "keys/vault.h"

/* A frame has a kind, a number and a MAC at least. */
enum {
    HEAD_LEN = 1 + 4,
    FRAME_LEAST = HEAD_LEN + ONLINE_SEAL_LEN,
    FRAME_MOST = ONLINE_FRAME_MAX - ONLINE_LENGTH_LEN,
    ANSWERED = 0x80, /* in the kind of an answer */
    LINE_VERSION = 1,
};

static const char magic[8] = {'S', 'H', 'O', 'N', 'L', 'I', 'N', 'E'};

/* --- keys ---------------------------------------------------------------------------------- */

/* HMAC [GB/T 15852.2]: the key, filled up to a block, stands before the data, masked in two
 * ways. */
static void hmac_begin(struct online_session *h, const uint8_t *key, size_t len) {
    uint8_t block[SM3_BLOCK] = {0};
    assert(len <= sizeof block);
    (void)memcpy(block, key, len);
    for (size_t i = 0; i < sizeof block; i++) {
        block[i] ^= 0x36;
    }
    sm3_begin(&h->inner);
    sm3_add(&h->inner, bytes_of(block, sizeof block));
    for (size_t i = 0; i < sizeof block; i++) {
        block[i] ^= 0x36 ^ 0x5C;
    }
    sm3_begin(&h->outer);
    sm3_add(&h->outer, bytes_of(block, sizeof block));
    crypto_wipe(block, sizeof block);
}

/* The halves are copied, so that one key makes any number of MACs. */
static void hmac_of(const struct online_session *h, struct bytes data, uint8_t mac[SM3_LEN]) {
    struct sm3 inner = h->inner, outer = h->outer;
    assert(inner.len == SM3_BLOCK);
    assert(outer.len == SM3_BLOCK);
    sm3_add(&inner, data);
    sm3_end(&inner, mac);
    sm3_add(&outer, bytes_of(mac, SM3_LEN));
    sm3_end(&outer, mac);
}

/* The terminal's number fills a factor up with FF: no card's factor ends so, for those are
 * digits. */
enum err online_line_key(const struct vault *vault, const uint8_t terminal[TERMINAL_LEN],
    uint8_t key[ONLINE_KEY_LEN], struct why *why) {
    struct key_ref damk = {.name = KEY_DAMK, .version = 1, .depth = KEY_CARD};
    uint8_t data[] = {'L', 'I', 'N', 'E', LINE_VERSION, 0};
    static const uint8_t iv[8] = {0};
    enum err err = OK;
    _Static_assert(TERMINAL_LEN < sizeof damk.card_factor, "a factor has room for FF");
    (void)memset(damk.card_factor, 0xFF, sizeof damk.card_factor);
    (void)memcpy(damk.card_factor, terminal, TERMINAL_LEN);
    for (size_t at = 0; !err && at < ONLINE_KEY_LEN; at += MAC_LEN) {
        data[sizeof data - 1] = (uint8_t)at;
        err = vault->message_mac(
            vault->self, &damk, iv, bytes_of(data, sizeof data), key + at, why);
    }
    return err ? why_add(why, err, "the line key") : OK;
}

void online_session_begin(struct online_session *session, const uint8_t line_key[ONLINE_KEY_LEN],
    const struct online_greeting *greeting, const uint8_t terminal[TERMINAL_LEN]) {
    uint8_t room[32], mac[SM3_LEN];
    struct builder b = builder_in(room, sizeof room);
    put_bytes(&b, bytes_text("working"));
    put_u32(&b, greeting->day);
    hmac_begin(session, line_key, ONLINE_KEY_LEN);
    hmac_of(session, builder_bytes(&b), mac);
    hmac_begin(session, mac, ONLINE_KEY_LEN);
    b = builder_in(room, sizeof room);
    put_bytes(&b, bytes_of(greeting->challenge, ONLINE_CHALLENGE_LEN));
    put_bytes(&b, bytes_of(terminal, TERMINAL_LEN));
    assert(!b.overflowed);
    hmac_of(session, builder_bytes(&b), mac);
    hmac_begin(session, mac, ONLINE_KEY_LEN);
    crypto_wipe(mac, sizeof mac);
}

bool online_sealed(const struct online_session *session, struct bytes frame) {
    uint8_t mac[SM3_LEN];
    if (frame.len < FRAME_LEAST) {
        return false;
    }
    hmac_of(session, bytes_of(frame.at, frame.len - ONLINE_SEAL_LEN), mac);
    return crypto_equal(mac, frame.at + frame.len - ONLINE_SEAL_LEN, ONLINE_SEAL_LEN);
}

/* --- the fields of each kind ------------------------------------------------------------------ */

static void put_sign_in(struct builder *b, const struct online_request *q) {
    put_bytes(b, bytes_of(q->terminal, TERMINAL_LEN));
}

static void take_sign_in(struct cursor *c, struct online_request *q) {
    cursor_copy(c, q->terminal, TERMINAL_LEN);
}

static void put_sale(struct builder *b, const struct online_request *q) {
    put_bytes(b, bytes_of(q->ticket, TICKET_LEN));
    put_bytes(b, bytes_of(q->factor, FACTOR_LEN));
    put_u32(b, q->amount);
}

static void take_sale(struct cursor *c, struct online_request *q) {
    cursor_copy(c, q->ticket, TICKET_LEN);
    cursor_copy(c, q->factor, FACTOR_LEN);
    q->amount = cursor_u32(c);
}

static void put_load(struct builder *b, const struct online_request *q) {
    put_bytes(b, bytes_of(q->ticket, TICKET_LEN));
    put_bytes(b, bytes_of(q->factor, FACTOR_LEN));
    put_u8(b, q->key_version);
    put_bytes(b, bytes_of(q->random, RANDOM_LEN));
    put_bytes(b, bytes_of(q->mac1, MAC_LEN));
    put_u32(b, q->facts.balance);
    put_u32(b, q->facts.amount);
    put_u16(b, q->facts.number);
    put_u8(b, (uint8_t)q->facts.trade);
}

static void take_load(struct cursor *c, struct online_request *q) {
    cursor_copy(c, q->ticket, TICKET_LEN);
    cursor_copy(c, q->factor, FACTOR_LEN);
    q->key_version = cursor_u8(c);
    cursor_copy(c, q->random, RANDOM_LEN);
    cursor_copy(c, q->mac1, MAC_LEN);
    q->facts.balance = cursor_u32(c);
    q->facts.amount = cursor_u32(c);
    q->facts.number = cursor_u16(c);
    q->facts.trade = (enum trade)cursor_u8(c);
}

static void put_confirm(struct builder *b, const struct online_request *q) {
    put_bytes(b, bytes_of(q->ticket, TICKET_LEN));
    put_bytes(b, bytes_of(q->tac, MAC_LEN));
}

static void take_confirm(struct cursor *c, struct online_request *q) {
    cursor_copy(c, q->ticket, TICKET_LEN);
    cursor_copy(c, q->tac, MAC_LEN);
}

static void put_cancel(struct builder *b, const struct online_request *q) {
    put_bytes(b, bytes_of(q->ticket, TICKET_LEN));
}

static void take_cancel(struct cursor *c, struct online_request *q) {
    cursor_copy(c, q->ticket, TICKET_LEN);
}

static const struct kind_fields {
    void (*put)(struct builder *b, const struct online_request *q);
    void (*take)(struct cursor *c, struct online_request *q);
} fields_of[ONLINE_KIND_END] = {
    [ONLINE_SIGN_IN] = {put_sign_in, take_sign_in},
    [ONLINE_SALE] = {put_sale,    take_sale   },
    [ONLINE_LOAD] = {put_load,    take_load   },
    [ONLINE_CONFIRM] = {put_confirm, take_confirm},
    [ONLINE_CANCEL] = {put_cancel,  take_cancel },
};

static bool is_kind(unsigned kind) {
    return kind >= ONLINE_SIGN_IN && kind < ONLINE_KIND_END;
}

/* --- writing --------------------------------------------------------------------------------- */

void put_online_greeting(struct builder *b, const struct online_greeting *greeting) {
    put_bytes(b, bytes_of(magic, sizeof magic));
    put_u8(b, LINE_VERSION);
    put_u32(b, greeting->day);
    put_bytes(b, bytes_of(greeting->challenge, ONLINE_CHALLENGE_LEN));
}

/* A frame is sealed where it was built and goes out with its length before it. */
static void put_frame(
    struct builder *b, const struct online_session *session, const struct builder *frame) {
    uint8_t mac[SM3_LEN];
    assert(!frame->overflowed);
    hmac_of(session, builder_bytes(frame), mac);
    put_u16(b, (uint16_t)(frame->len + ONLINE_SEAL_LEN));
    put_bytes(b, builder_bytes(frame));
    put_bytes(b, bytes_of(mac, ONLINE_SEAL_LEN));
}

void put_online_request(
    struct builder *b, const struct online_session *session, const struct online_request *request) {
    uint8_t room[FRAME_MOST];
    struct builder frame = builder_in(room, sizeof room);
    assert(is_kind((unsigned)request->kind));
    put_u8(&frame, (uint8_t)request->kind);
    put_u32(&frame, request->number);
    fields_of[request->kind].put(&frame, request);
    put_frame(b, session, &frame);
}

void put_online_answer(
    struct builder *b, const struct online_session *session, const struct online_answer *answer) {
    uint8_t room[FRAME_MOST];
    struct builder frame = builder_in(room, sizeof room);
    assert(is_kind((unsigned)answer->kind));
    assert((unsigned)answer->err <= ERR_OUTSIDE);
    put_u8(&frame, (uint8_t)(ANSWERED | (unsigned)answer->kind));
    put_u32(&frame, answer->number);
    put_u8(&frame, (uint8_t)answer->err);
    if (answer->err) {
        put_bytes(&frame, bytes_text(answer->story));
    } else if (answer->kind == ONLINE_LOAD) {
        put_bytes(&frame, bytes_of(answer->load.moment, MOMENT_LEN));
        put_bytes(&frame, bytes_of(answer->load.mac2, MAC_LEN));
    }
    put_frame(b, session, &frame);
}

/* --- reading --------------------------------------------------------------------------------- */

enum online_frame online_frame_next(struct bytes came, struct bytes *frame) {
    struct cursor c = cursor_over(came);
    uint16_t len = cursor_u16(&c);
    if (c.overran) {
        return ONLINE_PART;
    }
    if (len < FRAME_LEAST || len > FRAME_MOST) {
        return ONLINE_BAD;
    }
    struct bytes taken = cursor_take(&c, len);
    if (c.overran) {
        return ONLINE_PART;
    }
    *frame = taken;
    return ONLINE_WHOLE;
}

bool online_greeting_read(struct bytes greeting, struct online_greeting *out) {
    struct online_greeting read = {0};
    struct cursor c = cursor_over(greeting);
    struct bytes first = cursor_take(&c, sizeof magic);
    uint8_t version = cursor_u8(&c);
    read.day = cursor_u32(&c);
    cursor_copy(&c, read.challenge, ONLINE_CHALLENGE_LEN);
    if (!cursor_finished(&c) || !bytes_equal(first, bytes_of(magic, sizeof magic))
        || version != LINE_VERSION || !day_exists(read.day)) {
        return false;
    }
    *out = read;
    return true;
}

/* Kind to fields, without the MAC; nothing when the frame is too short to have one. */
static struct cursor body_of(struct bytes frame) {
    size_t len = frame.len >= FRAME_LEAST ? frame.len - ONLINE_SEAL_LEN : 0;
    return cursor_over(bytes_of(frame.at, len));
}

/* The values that no program of ours puts into a field that has its form. */
static bool request_makes_sense(const struct online_request *q) {
    uint64_t digits = 0;
    if (q->kind == ONLINE_SIGN_IN) {
        return bcd_read(bytes_of(q->terminal, TERMINAL_LEN), &digits);
    }
    return q->kind == ONLINE_SALE   ? q->amount > 0
           : q->kind == ONLINE_LOAD ? q->facts.trade == TRADE_EP_LOAD && q->facts.amount > 0
                                    : true;
}

bool online_request_read(struct bytes frame, struct online_request *out) {
    struct cursor c = body_of(frame);
    struct online_request read = {.kind = (enum online_kind)cursor_u8(&c)};
    if (!is_kind((unsigned)read.kind)) {
        return false;
    }
    read.number = cursor_u32(&c);
    fields_of[read.kind].take(&c, &read);
    if (!cursor_finished(&c) || !request_makes_sense(&read)) {
        return false;
    }
    *out = read;
    return true;
}

/* A sentence is text without ends in it; whoever shows it is safe from escape sequences. */
static bool story_read(struct cursor *c, char story[ONLINE_STORY_MAX + 1]) {
    size_t len = c->rest.len;
    if (c->overran || len > ONLINE_STORY_MAX) {
        return false;
    }
    cursor_copy(c, story, len);
    story[len] = '\0';
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)story[i] < 0x20 || story[i] == 0x7F) {
            return false;
        }
    }
    return true;
}

bool online_answer_read(struct bytes frame, struct online_answer *out) {
    struct cursor c = body_of(frame);
    uint8_t kind = cursor_u8(&c);
    struct online_answer read = {
        .kind = (enum online_kind)(kind & ~(unsigned)ANSWERED), .number = cursor_u32(&c)};
    uint8_t err = cursor_u8(&c);
    read.err = (enum err)err;
    if (!(kind & ANSWERED) || !is_kind((unsigned)read.kind) || err > ERR_OUTSIDE) {
        return false;
    }
    if (read.err && !story_read(&c, read.story)) {
        return false;
    }
    if (!read.err && read.kind == ONLINE_LOAD) {
        cursor_copy(&c, read.load.moment, MOMENT_LEN);
        cursor_copy(&c, read.load.mac2, MAC_LEN);
    }
    if (!cursor_finished(&c)) {
        return false;
    }
    *out = read;
    return true;
}
