#include "wire/upload.h"

#include <assert.h>

#include "base/crc32.h"

/* The first byte of each piece says which it is. The header's is the first of its mark. */
enum {
    TAG_RECORD = 0x01,
    TAG_MEDICAL = 0x02,
    TAG_TRAILER = 0xFF,
    UPLOAD_VERSION = 1,
    MARK_LEN = 8
};
static const uint8_t mark[MARK_LEN] = {'S', 'H', 'U', 'P', 'L', 'O', 'A', 'D'};

enum { DIGEST_AT = UPLOAD_TRAILER_LEN - SM3_LEN, CRC_AT = DIGEST_AT - 4 };

/* The card's key and the balance are no part of the message: a wrong card shows in the TAC
 * itself. */
struct purchase_facts upload_facts(const struct upload_record *r) {
    struct purchase_facts facts = {
        .amount = r->amount, .trade = r->trade, .terminal_seq = r->terminal_seq};
    (void)memcpy(facts.terminal, r->terminal, TERMINAL_LEN);
    (void)memcpy(facts.medical, r->medical, sizeof facts.medical);
    (void)memcpy(facts.moment, r->moment, MOMENT_LEN);
    return facts;
}

/* Every byte before the CRC is in the CRC, and every byte before the digest is in the digest. */
static void tally_bytes(struct upload_tally *t, struct bytes piece) {
    t->crc = crc32_more(t->crc, piece);
    sm3_add(&t->hash, piece);
}

/* Both sides begin alike, so that the same bytes come to the same seal. */
static void tally_begin(struct upload_tally *t) {
    *t = (struct upload_tally){0};
    sm3_begin(&t->hash);
}

/* --- writing ------------------------------------------------------------------------------- */

/* The builder may hold something already; what is tallied is what this call appended. */
void upload_begin(struct upload_tally *t, const struct upload_header *h, struct builder *out) {
    size_t from = out->len;
    tally_begin(t);
    uint8_t day[DAY_LEN];
    bcd_write(h->business_day, day, sizeof day);
    put_bytes(out, bytes_of(mark, sizeof mark));
    put_u8(out, UPLOAD_VERSION);
    put_bytes(out, bytes_of(h->institution, INSTITUTION_LEN));
    put_bytes(out, bytes_of(h->terminal, TERMINAL_LEN));
    put_u32(out, h->batch);
    put_bytes(out, bytes_of(day, sizeof day));
    if (!out->overflowed) {
        tally_bytes(t, bytes_of(out->at + from, out->len - from));
    }
}

static bool is_medical(const struct upload_record *r) {
    return r->trade == TRADE_MEDICAL_PURCHASE;
}

/* Whose trade it is: by the number of the wallet, or by the two factors of the card. */
static void put_holder(const struct upload_record *r, struct builder *out) {
    if (is_medical(r)) {
        put_bytes(out, bytes_of(upload_factor(r), FACTOR_LEN));
        put_bytes(out, bytes_of(r->city_factor, FACTOR_LEN));
    } else {
        put_bytes(out, bytes_of(r->asn, ASN_LEN));
        put_bytes(out, bytes_of(r->issuer, UPLOAD_ISSUER_LEN));
    }
}

/* Field by field, in the order that upload_record_decode() takes them. */
static void put_record(const struct upload_record *r, struct builder *out) {
    bool medical = is_medical(r);
    put_u8(out, medical ? TAG_MEDICAL : TAG_RECORD);
    put_bytes(out, bytes_of(r->ticket, TICKET_LEN));
    put_holder(r, out);
    put_u8(out, (uint8_t)r->trade);
    for (size_t i = 0; medical && i < AMOUNTS_MAX - 1; i++) {
        put_u32(out, r->medical[i]);
    }
    put_u32(out, r->amount);
    put_u32(out, r->balance_before);
    put_u16(out, r->number);
    if (!medical) {
        put_u24(out, r->overdraft);
    }
    put_u8(out, r->key_version);
    put_u8(out, r->algorithm);
    put_bytes(out, bytes_of(r->terminal, TERMINAL_LEN));
    put_u32(out, r->terminal_seq);
    put_bytes(out, bytes_of(r->moment, MOMENT_LEN));
    put_bytes(out, bytes_of(r->tac, MAC_LEN));
    put_u8(out, r->mac2_checked ? 1 : 0);
    put_u8(out, (uint8_t)r->flag);
    put_u32(out, r->batch);
}

void upload_put(struct upload_tally *t, const struct upload_record *r, struct builder *out) {
    size_t from = out->len;
    put_record(r, out);
    if (!out->overflowed) {
        tally_bytes(t, bytes_of(out->at + from, out->len - from));
        t->count++;
        t->total_fen += r->amount;
    }
}

/* The CRC covers what stands before it, the digest the CRC, too. */
void upload_end(struct upload_tally *t, struct builder *out, uint8_t *digest) {
    uint8_t room[UPLOAD_TRAILER_LEN];
    struct builder b = builder_in(room, sizeof room);
    put_u8(&b, TAG_TRAILER);
    put_u32(&b, t->count);
    put_u32(&b, (uint32_t)((uint64_t)t->total_fen >> 32));
    put_u32(&b, (uint32_t)t->total_fen);
    t->crc = crc32_more(t->crc, builder_bytes(&b));
    put_u32(&b, t->crc);
    sm3_add(&t->hash, builder_bytes(&b));
    assert(b.len == DIGEST_AT);
    sm3_end(&t->hash, room + DIGEST_AT);
    put_bytes(out, bytes_of(room, sizeof room));
    if (digest) {
        (void)memcpy(digest, room + DIGEST_AT, SM3_LEN);
    }
}

/* --- reading ------------------------------------------------------------------------------- */

const char *upload_fault_text(enum upload_fault fault) {
    static const char *const texts[UPLOAD_FAULT_COUNT] = {
        [UPLOAD_WHOLE] = "the file is whole",
        [UPLOAD_UNREADABLE] = "the file cannot be read on; check the medium and send it again",
        [UPLOAD_TORN] = "the file ends too early; send it again from the terminal",
        [UPLOAD_NO_UPLOAD] = "this is no upload file of version 1; choose another file",
        [UPLOAD_BAD_HEADER] = "the header has a field that is none; write the file anew",
        [UPLOAD_BAD_RECORD] = "a record has a field that is none; write the file anew",
        [UPLOAD_BAD_PIECE] = "neither a record nor the trailer begins here; send the file again",
        [UPLOAD_TOO_MANY] = "the file has more than a million records; upload it in parts",
        [UPLOAD_WRONG_TOTALS] = "the trailer's totals are not those of the records; send it again",
        [UPLOAD_WRONG_SEAL] = "the file was altered or damaged on its way; send it again",
        [UPLOAD_LONGER] = "there are bytes behind the trailer; send the file again",
    };
    return texts[(unsigned)fault < UPLOAD_FAULT_COUNT ? fault : UPLOAD_BAD_PIECE];
}

/* Two decimal digits in every byte. */
static bool is_packed(struct bytes digits) {
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.at[i] >> 4 > 9 || (digits.at[i] & 15) > 9) {
            return false;
        }
    }
    return true;
}

/* As institutions are named in the city's books. */
static bool is_code(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        bool letter = text[i] >= 'A' && text[i] <= 'Z';
        if (!digit && !letter) {
            return false;
        }
    }
    return true;
}

/* A wrong mark is told from a wrong field: the first is another kind of file, the second a broken
 * terminal. */
static enum upload_fault header_decode(struct bytes piece, struct upload_header *out) {
    struct cursor c = cursor_over(piece);
    struct upload_header h = {0};
    uint64_t day = 0;
    bool ours = bytes_equal(cursor_take(&c, MARK_LEN), bytes_of(mark, MARK_LEN));
    if (!ours || cursor_u8(&c) != UPLOAD_VERSION) {
        return UPLOAD_NO_UPLOAD;
    }
    cursor_copy(&c, h.institution, INSTITUTION_LEN);
    cursor_copy(&c, h.terminal, TERMINAL_LEN);
    h.batch = cursor_u32(&c);
    bool dated = bcd_read(cursor_take(&c, DAY_LEN), &day);
    h.business_day = (uint32_t)day;
    if (!cursor_finished(&c) || !dated || !day_exists(h.business_day) || h.batch == 0
        || !is_code(h.institution, INSTITUTION_LEN)
        || !is_packed(bytes_of(h.terminal, TERMINAL_LEN))) {
        return UPLOAD_BAD_HEADER;
    }
    *out = h;
    return UPLOAD_WHOLE;
}

/* Exactly one of the three bits. */
static bool is_flag(uint8_t flag) {
    return flag == UPLOAD_NORMAL || flag == UPLOAD_RECOVERED || flag == UPLOAD_ONLINE;
}

/* Who paid, up to the trade: in the form that the tag says. */
static void take_holder(struct cursor *c, bool medical, struct upload_record *r) {
    if (medical) {
        cursor_copy(c, r->asn + ASN_LEN - FACTOR_LEN, FACTOR_LEN);
        cursor_copy(c, r->city_factor, FACTOR_LEN);
    } else {
        cursor_copy(c, r->asn, ASN_LEN);
        cursor_copy(c, r->issuer, UPLOAD_ISSUER_LEN);
    }
    r->trade = (enum trade)cursor_u8(c);
}

/* What was paid, and out of what. */
static void take_money(struct cursor *c, bool medical, struct upload_record *r) {
    for (size_t i = 0; medical && i < AMOUNTS_MAX - 1; i++) {
        r->medical[i] = cursor_u32(c);
    }
    r->amount = cursor_u32(c);
    r->balance_before = cursor_u32(c);
    r->number = cursor_u16(c);
    r->overdraft = medical ? 0 : cursor_u24(c);
    r->key_version = cursor_u8(c);
    r->algorithm = cursor_u8(c);
}

/* Strict: what is accepted is written again as the same bytes, but for the trade, the amounts and
 * the MACs, which the centre judges. */
bool upload_record_decode(struct bytes piece, struct upload_record *out) {
    struct cursor c = cursor_over(piece);
    struct upload_record r = {0};
    uint8_t tag = cursor_u8(&c);
    bool medical = tag == TAG_MEDICAL;
    cursor_copy(&c, r.ticket, TICKET_LEN);
    take_holder(&c, medical, &r);
    take_money(&c, medical, &r);
    cursor_copy(&c, r.terminal, TERMINAL_LEN);
    r.terminal_seq = cursor_u32(&c);
    cursor_copy(&c, r.moment, MOMENT_LEN);
    cursor_copy(&c, r.tac, MAC_LEN);
    uint8_t checked = cursor_u8(&c);
    uint8_t flag = cursor_u8(&c);
    r.mac2_checked = checked == 1;
    r.flag = (enum upload_flag)flag;
    r.batch = cursor_u32(&c);
    if (!cursor_finished(&c) || (tag != TAG_RECORD && !medical) || medical != is_medical(&r)
        || checked > 1 || !is_flag(flag) || !is_packed(bytes_of(r.terminal, TERMINAL_LEN))
        || !is_packed(bytes_of(r.moment, MOMENT_LEN))) {
        return false;
    }
    *out = r;
    return true;
}

/* Reads exactly len bytes, in as many pieces as the source likes. */
static enum upload_fault fill(struct upload_reader *r, uint8_t *to, size_t len) {
    while (len > 0) {
        long got = r->source.read(r->source.self, to, len);
        if (got < 0 || (size_t)got > len) {
            return UPLOAD_UNREADABLE;
        }
        if (got == 0) {
            return UPLOAD_TORN;
        }
        to += got;
        len -= (size_t)got;
    }
    return UPLOAD_WHOLE;
}

/* From here on upload_next() answers the same fault for ever. */
static enum upload_step stop(struct upload_reader *r, enum upload_fault fault) {
    r->fault = fault;
    r->last = UPLOAD_BAD;
    return UPLOAD_BAD;
}

/* The header joins the tally only when it is good; a bad file has no name. */
bool upload_open(struct upload_reader *r, struct upload_source source) {
    uint8_t piece[UPLOAD_HEADER_LEN];
    *r = (struct upload_reader){.source = source, .last = UPLOAD_RECORD};
    tally_begin(&r->tally);
    enum upload_fault fault = fill(r, piece, sizeof piece);
    fault = fault ? fault : header_decode(bytes_of(piece, sizeof piece), &r->header);
    if (fault) {
        (void)stop(r, fault);
        return false;
    }
    tally_bytes(&r->tally, bytes_of(piece, sizeof piece));
    r->offset = sizeof piece;
    return true;
}

/* Compares what the trailer says with what was read. */
static enum upload_fault trailer_check(struct upload_reader *r, const uint8_t *piece) {
    struct upload_tally *t = &r->tally;
    struct upload_trailer said = {0};
    struct cursor c = cursor_over(bytes_of(piece, UPLOAD_TRAILER_LEN));
    uint8_t digest[SM3_LEN];
    (void)cursor_u8(&c);
    said.count = cursor_u32(&c);
    uint64_t high = cursor_u32(&c);
    said.total_fen = (int64_t)(high << 32 | cursor_u32(&c));
    said.crc = cursor_u32(&c);
    cursor_copy(&c, said.digest, SM3_LEN);
    t->crc = crc32_more(t->crc, bytes_of(piece, CRC_AT));
    sm3_add(&t->hash, bytes_of(piece, DIGEST_AT));
    sm3_end(&t->hash, digest);
    if (said.count != t->count || said.total_fen != t->total_fen) {
        return UPLOAD_WRONG_TOTALS;
    }
    if (said.crc != t->crc || memcmp(said.digest, digest, SM3_LEN) != 0) {
        return UPLOAD_WRONG_SEAL;
    }
    r->trailer = said;
    return UPLOAD_WHOLE;
}

/* One more byte is asked for, for a file that goes on behind its seal is not the one that was
 * sealed. */
static enum upload_step read_trailer(struct upload_reader *r, uint8_t *piece) {
    uint8_t more = 0;
    enum upload_fault fault = fill(r, piece + 1, UPLOAD_TRAILER_LEN - 1);
    fault = fault ? fault : trailer_check(r, piece);
    if (fault) {
        return stop(r, fault);
    }
    fault = fill(r, &more, 1);
    if (fault != UPLOAD_TORN) { /* the end is where it should be */
        r->offset += UPLOAD_TRAILER_LEN;
        return stop(r, fault ? fault : UPLOAD_LONGER);
    }
    r->last = UPLOAD_END;
    return UPLOAD_END;
}

/* The limit is looked at before the record is counted. */
static enum upload_step read_record(
    struct upload_reader *r, uint8_t *piece, struct upload_record *record) {
    size_t len = piece[0] == TAG_MEDICAL ? UPLOAD_MEDICAL_LEN : UPLOAD_RECORD_LEN;
    enum upload_fault fault = fill(r, piece + 1, len - 1);
    struct bytes whole = bytes_of(piece, len);
    if (fault) {
        return stop(r, fault);
    }
    if (r->tally.count == UPLOAD_RECORDS_MAX) {
        return stop(r, UPLOAD_TOO_MANY);
    }
    if (!upload_record_decode(whole, record)) {
        return stop(r, UPLOAD_BAD_RECORD);
    }
    tally_bytes(&r->tally, whole);
    r->tally.count++;
    assert(r->tally.count <= UPLOAD_RECORDS_MAX);
    r->tally.total_fen += record->amount;
    r->offset += len;
    return UPLOAD_RECORD;
}

/* The first byte says which piece follows, and how long it is. */
enum upload_step upload_next(struct upload_reader *r, struct upload_record *record) {
    uint8_t piece[UPLOAD_PIECE_MAX] = {0};
    if (r->last != UPLOAD_RECORD) {
        return r->last;
    }
    enum upload_fault fault = fill(r, piece, 1);
    if (fault) {
        return stop(r, fault);
    }
    if (piece[0] == TAG_TRAILER) {
        return read_trailer(r, piece);
    }
    bool record_begins = piece[0] == TAG_RECORD || piece[0] == TAG_MEDICAL;
    return record_begins ? read_record(r, piece, record) : stop(r, UPLOAD_BAD_PIECE);
}

/* As much as is left and asked for; 0 at the end. */
static long bytes_read(void *self, uint8_t *to, size_t len) {
    struct bytes *left = self;
    size_t taken = len < left->len ? len : left->len;
    if (taken > 0) {
        (void)memcpy(to, left->at, taken);
        *left = bytes_of(left->at + taken, left->len - taken);
    }
    return (long)taken;
}

struct upload_source upload_source_bytes(struct bytes *view) {
    return (struct upload_source){.self = view, .read = bytes_read};
}
