/* What a proof asks of the clearing's SQLite store: the bytes as they came, and rows one by one. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "stores/sql/clearing_rows.h"

/* The bytes join the transaction of the records that were made of them. */
static enum err rows_upload_keep(
    void *self, int64_t upload, uint32_t piece, struct bytes bytes, struct why *why) {
    struct say s = clearing_say(self, CLEARING_KEEP_ADD);
    assert(upload > 0);
    assert(piece > 0);
    assert(bytes.len > 0 && bytes.len <= KEPT_PIECE_MAX);
    say_int(&s, upload);
    say_int(&s, piece);
    say_blob(&s, bytes);
    return say_done(&s, why);
}

/* A piece that is longer than any that was kept is somebody else's. */
static enum err rows_upload_kept(
    void *self, int64_t upload, uint32_t piece, uint8_t *to, size_t *len, struct why *why) {
    struct say s = clearing_say(self, CLEARING_KEEP_FIND);
    say_int(&s, upload);
    say_int(&s, piece);
    bool there = say_next(&s);
    if (there) {
        struct bytes kept = row_blob(&s);
        bool fits = kept.len <= KEPT_PIECE_MAX;
        if (!fits) {
            row_odd(&s);
        }
        *len = fits ? kept.len : 0;
        if (*len > 0) {
            (void)memcpy(to, kept.at, *len);
        }
    }
    return clearing_found(&s, there, "piece of an upload", why);
}

/* In the order in which they were taken in. */
static enum err rows_upload_next(
    void *self, uint32_t day, int64_t behind, struct upload_row *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_UPLOAD_NEXT);
    say_int(&s, day);
    say_int(&s, behind);
    bool there = say_next(&s);
    if (there) {
        row_bytes(&s, out->digest, SM3_LEN);
        clearing_read_upload(&s, out);
    }
    return clearing_found(&s, there, "upload", why);
}

/* By the number that records and postings name it by. */
static enum err rows_upload_numbered(
    void *self, int64_t upload, struct upload_row *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_UPLOAD_NUMBERED);
    say_int(&s, upload);
    bool there = say_next(&s);
    if (there) {
        row_bytes(&s, out->digest, SM3_LEN);
        clearing_read_upload(&s, out);
    }
    return clearing_found(&s, there, "upload", why);
}

/* The chain writes a file's digest in hexadecimal. */
static enum err rows_upload_witness(
    void *self, const uint8_t digest[SM3_LEN], uint32_t *day, struct why *why) {
    char hex[2 * SM3_LEN + 1];
    hex_write(bytes_of(digest, SM3_LEN), hex);
    struct say s = clearing_say(self, CLEARING_UPLOAD_WITNESS);
    say_text(&s, hex);
    bool there = say_next(&s);
    *day = there ? (uint32_t)row_int(&s) : 0;
    return clearing_found(&s, there, "upload in the audit chain", why);
}

/* From the row that opened the day to the one that opened the next. */
static enum err rows_uploads_witnessed(void *self, uint32_t day, uint32_t *count, struct why *why) {
    char text[16];
    (void)snprintf(text, sizeof text, "%08u", day);
    struct say s = clearing_say(self, CLEARING_WITNESSED);
    say_text(&s, text);
    *count = say_next(&s) ? (uint32_t)row_int(&s) : 0;
    return say_end(&s, why);
}

/* What the terminal said, column by column. */
static void read_trade(struct say *s, struct upload_record *r) {
    row_bytes(s, r->ticket, TICKET_LEN);
    row_bytes(s, r->asn, ASN_LEN);
    row_bytes(s, r->issuer, UPLOAD_ISSUER_LEN);
    r->trade = (enum trade)row_int(s);
    r->amount = (uint32_t)row_int(s);
    r->balance_before = (uint32_t)row_int(s);
    r->number = (uint16_t)row_int(s);
    r->overdraft = (uint32_t)row_int(s);
    r->key_version = (uint8_t)row_int(s);
    r->algorithm = (uint8_t)row_int(s);
    row_bytes(s, r->terminal, TERMINAL_LEN);
    r->terminal_seq = (uint32_t)row_int(s);
    bcd_write((uint64_t)row_int(s), r->moment, MOMENT_LEN);
    row_bytes(s, r->tac, MAC_LEN);
    r->mac2_checked = row_int(s) != 0;
    r->flag = (enum upload_flag)row_int(s);
}

/* What a medical record has beside the columns of every record. */
static enum err read_medical(void *self, struct record_row *row, struct why *why) {
    struct say s = clearing_say(self, CLEARING_MEDICAL_AT);
    say_int(&s, row->upload);
    say_int(&s, row->place);
    bool there = say_next(&s);
    if (there) {
        row_bytes(&s, row->record.city_factor, FACTOR_LEN);
        row->record.medical[0] = (uint32_t)row_int(&s);
        row->record.medical[1] = (uint32_t)row_int(&s);
    }
    return clearing_found(&s, there, "medical record", why);
}

/* A row of another program may say an end that there is none of. */
static enum err rows_record_at(
    void *self, int64_t upload, uint32_t place, struct record_row *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_RECORD_AT);
    say_int(&s, upload);
    say_int(&s, place);
    *out = (struct record_row){.upload = upload, .place = place};
    bool there = say_next(&s);
    if (there) {
        out->id = row_int(&s);
        read_trade(&s, &out->record);
        int64_t finding = row_int(&s), reason = row_int(&s);
        bool known = finding >= 0 && finding <= TAC_BAD && reason >= 0 && reason < REASON_COUNT;
        if (!known) {
            row_odd(&s);
        }
        out->tac = known ? (enum tac_finding)finding : TAC_NOT_CHECKED;
        out->reason = known ? (enum reason)reason : REASON_FORM;
        out->posted = row_int(&s) != 0;
        out->day = (uint32_t)row_int(&s);
    }
    enum err err = clearing_found(&s, there, "record", why);
    return err || out->record.trade != TRADE_MEDICAL_PURCHASE ? err : read_medical(self, out, why);
}

/* The posting of the row that a sentence finds, with its entries. */
static enum err read_posting(
    void *self, struct say *s, int64_t *id, struct posting *out, struct why *why) {
    struct posting found = {0};
    bool there = say_next(s);
    if (there) {
        *id = row_int(s);
        row_text(s, found.number, sizeof found.number);
        found.day = (uint32_t)row_int(s);
    }
    enum err err = clearing_found(s, there, "posting", why);
    err = err ? err : clearing_read_entries(self, *id, &found, why);
    if (!err) {
        *out = found;
    }
    return err;
}

static enum err rows_posting_next(
    void *self, uint32_t day, int64_t behind, int64_t *id, struct posting *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_POSTING_NEXT);
    say_int(&s, day);
    say_int(&s, behind);
    return read_posting(self, &s, id, out, why);
}

static enum err rows_posting_touching(void *self, const struct account_name *name, int64_t behind,
    int64_t *id, struct posting *out, struct why *why) {
    struct say s = clearing_say(self, CLEARING_POSTING_TOUCHING);
    say_int(&s, name->kind);
    say_text(&s, name->of);
    say_int(&s, behind);
    return read_posting(self, &s, id, out, why);
}

/* A card takes each online number once, so only one order of it is posted. */
static enum err rows_load_numbered(void *self, const struct account_name *account, uint16_t number,
    struct load_row *out, struct why *why) {
    uint8_t factor[FACTOR_LEN] = {0};
    bool medical = account->kind == ACCOUNT_MEDICAL;
    assert(medical || account->kind == ACCOUNT_CARD);
    if (!hex_read(bytes_text(account->of), factor, sizeof factor)) {
        return why_say(why, ERR_NOT_FOUND, "%s is no card's account", account->of);
    }
    struct say s = clearing_say(self, CLEARING_LOAD_NUMBERED);
    say_blob(&s, bytes_of(factor, FACTOR_LEN));
    say_int(&s, number);
    say_int(&s, medical ? TRADE_MEDICAL_LOAD : TRADE_EP_LOAD);
    return clearing_read_load(&s, out, why);
}

/* The functions of this file, into a store that clearing_store.c has begun. */
void clearing_witness_offer(struct clearing_store *store) {
    store->upload_keep = rows_upload_keep;
    store->upload_kept = rows_upload_kept;
    store->upload_next = rows_upload_next;
    store->upload_witness = rows_upload_witness;
    store->uploads_witnessed = rows_uploads_witnessed;
    store->upload_numbered = rows_upload_numbered;
    store->record_at = rows_record_at;
    store->posting_next = rows_posting_next;
    store->posting_touching = rows_posting_touching;
    store->load_numbered = rows_load_numbered;
}
