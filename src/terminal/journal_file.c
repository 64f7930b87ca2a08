#include "terminal/journal_file.h"

#include <assert.h>

#include "base/builder.h"
#include "base/crc32.h"

enum {
    VERSION = 1,
    CRC_LEN = 4,
    BODY_LEN = JOURNAL_RECORD_LEN - CRC_LEN,
};
static const uint8_t magic[] = {'S', 'S', 'B', 'J'};

/* The checksum is over the header itself. */
void journal_header_write(const uint8_t terminal[TERMINAL_LEN], uint8_t to[JOURNAL_HEADER_LEN]) {
    struct builder b = builder_in(to, JOURNAL_HEADER_LEN);
    put_bytes(&b, bytes_of(magic, sizeof magic));
    put_u16(&b, VERSION);
    put_bytes(&b, bytes_of(terminal, TERMINAL_LEN));
    put_u32(&b, crc32_of(to, JOURNAL_HEADER_LEN - CRC_LEN));
    assert(builder_bytes(&b).len == JOURNAL_HEADER_LEN);
}

/* Good is what we would write for the terminal that it names: magic, version and checksum at
 * once. */
bool journal_header_read(const uint8_t from[JOURNAL_HEADER_LEN], uint8_t terminal[TERMINAL_LEN]) {
    uint8_t expected[JOURNAL_HEADER_LEN];
    const uint8_t *number = from + sizeof magic + 2;
    journal_header_write(number, expected);
    if (memcmp(expected, from, sizeof expected) != 0) {
        return false;
    }
    (void)memcpy(terminal, number, TERMINAL_LEN);
    return true;
}

/* The index stands before the bytes and not in them: no record carries its place. */
static uint32_t seal_of(const uint8_t record[JOURNAL_RECORD_LEN], uint32_t index) {
    uint8_t place[4];
    struct builder b = builder_in(place, sizeof place);
    put_u32(&b, index);
    return crc32_more(crc32_of(place, sizeof place), bytes_of(record, BODY_LEN));
}

static bool is_medical(const struct journal_record *r) {
    return r->trade == TRADE_MEDICAL_PURCHASE;
}

/* The order of the file; take_trade() has the same. */
static void put_trade(struct builder *b, const struct journal_record *r) {
    put_bytes(b, bytes_of(r->ticket, sizeof r->ticket));
    put_u8(b, (uint8_t)r->state);
    put_u8(b, (uint8_t)r->trade);
    put_u8(b, r->reason);
    put_u8(b, r->flags);
    put_u8(b, r->attempt);
    put_bytes(b, bytes_of(r->factor, sizeof r->factor));
    if (is_medical(r)) {
        put_u32(b, r->total);
        put_fill(b, 0, UPLOAD_ISSUER_LEN - 4);
    } else {
        put_bytes(b, bytes_of(r->issuer, sizeof r->issuer));
    }
    put_u32(b, r->amount);
    put_u32(b, r->balance);
    put_u16(b, r->number);
    put_u8(b, r->key_version);
    put_u8(b, r->algorithm);
    put_bytes(b, bytes_of(r->terminal, sizeof r->terminal));
    put_u32(b, r->terminal_seq);
    put_bytes(b, bytes_of(r->moment, sizeof r->moment));
    put_bytes(b, bytes_of(r->mac1, sizeof r->mac1));
    put_bytes(b, bytes_of(r->tac, sizeof r->tac));
}

/* The cursor remembers a record that is too short; batch is no part of it. */
static void take_trade(struct cursor *c, struct journal_record *r) {
    *r = (struct journal_record){0};
    cursor_copy(c, r->ticket, sizeof r->ticket);
    r->state = (enum journal_state)cursor_u8(c);
    r->trade = (enum trade)cursor_u8(c);
    r->reason = cursor_u8(c);
    r->flags = cursor_u8(c);
    r->attempt = cursor_u8(c);
    cursor_copy(c, r->factor, sizeof r->factor);
    if (is_medical(r)) {
        r->total = cursor_u32(c);
        cursor_copy(c, r->issuer, UPLOAD_ISSUER_LEN - 4); /* zeros, or the record is not sound */
    } else {
        cursor_copy(c, r->issuer, sizeof r->issuer);
    }
    r->amount = cursor_u32(c);
    r->balance = cursor_u32(c);
    r->number = cursor_u16(c);
    r->key_version = cursor_u8(c);
    r->algorithm = cursor_u8(c);
    cursor_copy(c, r->terminal, sizeof r->terminal);
    r->terminal_seq = cursor_u32(c);
    cursor_copy(c, r->moment, sizeof r->moment);
    cursor_copy(c, r->mac1, sizeof r->mac1);
    cursor_copy(c, r->tac, sizeof r->tac);
}

/* What fills a record up is nothing else. */
static bool all_zero(struct bytes filling) {
    size_t i = 0;
    while (i < filling.len && filling.at[i] == 0) {
        i++;
    }
    return i == filling.len;
}

/* A medical trade has a bill and no issuer, every other the other way round. */
static bool holder_sound(const struct journal_record *r) {
    return is_medical(r) ? r->amount <= r->total && all_zero(bytes_of(r->issuer, sizeof r->issuer))
                         : r->total == 0;
}

/* States and trades that put_trade() may have written; a reason stands with a refusal only. */
static bool trade_sound(const struct journal_record *r) {
    bool known_state = r->state >= TICKET_PENDING && r->state <= TICKET_UNTOLD;
    bool known_trade = r->trade == TRADE_EP_PURCHASE || r->trade == TRADE_EP_LOAD || is_medical(r);
    return known_state && known_trade && holder_sound(r)
           && (r->reason != 0) == (r->state == TICKET_REFUSED);
}

/* What does not fill the record is zero, so that the same line is always the same bytes. */
void journal_line_write(
    const struct journal_line *line, uint32_t index, uint8_t to[JOURNAL_RECORD_LEN]) {
    struct builder b = builder_in(to, JOURNAL_RECORD_LEN);
    put_u8(&b, (uint8_t)line->kind);
    if (line->kind == KIND_TRADE) {
        assert(trade_sound(&line->trade));
        put_trade(&b, &line->trade);
    } else {
        put_u32(&b, line->batch);
        put_u32(&b, line->day);
    }
    assert(b.len <= BODY_LEN);
    put_fill(&b, 0, BODY_LEN - b.len);
    put_u32(&b, seal_of(to, index));
    assert(builder_bytes(&b).len == JOURNAL_RECORD_LEN);
}

/* The seal is judged with everything else, at the end. */
bool journal_line_read(
    const uint8_t from[JOURNAL_RECORD_LEN], uint32_t index, struct journal_line *out) {
    struct cursor c = cursor_over(bytes_of(from, JOURNAL_RECORD_LEN));
    struct journal_line line = {.kind = (enum journal_kind)cursor_u8(&c)};
    switch (line.kind) {
    case KIND_TRADE:
        take_trade(&c, &line.trade);
        break;
    case KIND_BATCH:
    case KIND_CONFIRMED:
        line.batch = cursor_u32(&c);
        line.day = cursor_u32(&c);
        break;
    default:
        return false;
    }
    bool filled = all_zero(cursor_take(&c, c.rest.len - CRC_LEN));
    bool sealed = cursor_u32(&c) == seal_of(from, index);
    assert(cursor_finished(&c));
    if (!sealed || !filled || (line.kind == KIND_TRADE && !trade_sound(&line.trade))) {
        return false;
    }
    *out = line;
    return true;
}
