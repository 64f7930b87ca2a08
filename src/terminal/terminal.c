#include "terminal/terminal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "host/files.h"
#include "terminal/holder.h"
#include "terminal/visit.h"

/* The module first: whose journal it is, only the module can say. */
enum err terminal_open(const struct terminal_setup *setup, struct terminal **out, struct why *why) {
    struct terminal *t = calloc(1, sizeof *t);
    *out = NULL;
    if (!t) {
        return why_say(why, ERR_OUTSIDE, "no memory for a terminal");
    }
    t->setup = *setup;
    enum err err = psam_start(&t->module, setup->module, why);
    err = err ? err
              : journal_open(
                  setup->journal_path, t->module.terminal, setup->durable, &t->journal, why);
    if (err) {
        terminal_close(t);
        return err;
    }
    *out = t;
    return OK;
}

void terminal_close(struct terminal *t) {
    if (t) {
        journal_close(t->journal);
        free(t);
    }
}

const uint8_t *terminal_number(const struct terminal *t) {
    return t->module.terminal;
}

const struct journal *terminal_journal(const struct terminal *t) {
    return t->journal;
}

void terminal_set_blacklist(struct terminal *t, const struct blacklist *list) {
    t->setup.blacklist = list;
}

void terminal_set_line(struct terminal *t, const struct centre_line *line) {
    t->setup.line = line;
}

enum err terminal_sync(struct terminal *t, struct why *why) {
    return journal_sync(t->journal, why);
}

/* A counter asks: what is found out is also in the journal, as after any visit. */
enum err terminal_recover(
    struct terminal *t, const struct reader *card, struct settled *out, struct why *why) {
    uint8_t factor[FACTOR_LEN];
    uint16_t sw = SW_OK;
    *out = (struct settled){0};
    enum err err = holder_power(card, factor, why);
    err = err ? err : settle_card(t, card, factor, out, &sw, why);
    if (!err && sw != SW_OK) {
        err = why_say(why, ERR_CONFLICT, "the card does not tell: it answered %04X (%s)",
            (unsigned)sw, sw_text(sw));
    }
    return err;
}

/* --- upload ---------------------------------------------------------------------------------- */

/* A purchase that the centre agreed to is ONLINE, however its answer came. */
static enum upload_flag flag_of(const struct journal_record *r) {
    return r->flags & JOURNAL_ONLINE      ? UPLOAD_ONLINE
           : r->flags & JOURNAL_RECOVERED ? UPLOAD_RECOVERED
                                          : UPLOAD_NORMAL;
}

/* What the card and the module said, as the journal has it; the ASN is the factor behind zeros. */
static struct upload_record upload_of(const struct terminal *t, const struct journal_record *r) {
    assert(r->trade == TRADE_EP_PURCHASE || r->trade == TRADE_MEDICAL_PURCHASE);
    assert(r->batch != 0);
    struct upload_record u = {
        .trade = r->trade,
        .amount = r->amount,
        .medical = {0, r->total},
        .balance_before = r->balance,
        .number = r->number,
        .key_version = r->key_version,
        .algorithm = r->algorithm,
        .terminal_seq = r->terminal_seq,
        .mac2_checked = (r->flags & JOURNAL_MAC2_GOOD) != 0,
        .flag = flag_of(r),
        .batch = r->batch,
    };
    (void)memcpy(u.ticket, r->ticket, TICKET_LEN);
    (void)memcpy(u.asn + ASN_LEN - FACTOR_LEN, r->factor, FACTOR_LEN);
    (void)memcpy(u.issuer, r->issuer, sizeof u.issuer);
    (void)memcpy(u.terminal, r->terminal, TERMINAL_LEN);
    (void)memcpy(u.moment, r->moment, MOMENT_LEN);
    (void)memcpy(u.tac, r->tac, MAC_LEN);
    if (r->trade == TRADE_MEDICAL_PURCHASE) {
        (void)memcpy(u.city_factor, t->setup.city_factor, FACTOR_LEN);
    }
    return u;
}

/* What fails here is told by new_file_keep(). */
static void piece_store(struct builder *piece, FILE *to) {
    struct bytes bytes = builder_bytes(piece);
    assert(bytes.len > 0);
    (void)fwrite(bytes.at, 1, bytes.len, to);
    piece->len = 0;
}

/* In the order of the journal, so that the same batch is always the same file. */
static void records_store(
    const struct terminal *t, const struct upload_header *head, FILE *to, struct upload_made *out) {
    uint8_t room[UPLOAD_PIECE_MAX];
    assert(head->batch != 0);
    struct builder piece = builder_in(room, sizeof room);
    struct upload_tally tally;
    upload_begin(&tally, head, &piece);
    piece_store(&piece, to);
    for (size_t i = 0; i < journal_count(t->journal); i++) {
        const struct journal_record *r = journal_at(t->journal, i);
        if (r->batch != head->batch) {
            continue;
        }
        struct upload_record u = upload_of(t, r);
        upload_put(&tally, &u, &piece);
        piece_store(&piece, to);
        out->count++;
        out->fen += r->amount;
    }
    assert(tally.count == out->count);
    assert(tally.total_fen == out->fen);
    upload_end(&tally, &piece, NULL);
    piece_store(&piece, to);
}

/* The name says terminal and batch, so no two files ever want one name; a file is whole or
 * absent. */
static enum err file_store(const struct terminal *t, const char *folder,
    const struct upload_header *head, struct upload_made *out, struct why *why) {
    char terminal[2 * TERMINAL_LEN + 1];
    NEW_FILE_SCOPE(file);
    hex_write(bytes_of(head->terminal, TERMINAL_LEN), terminal);
    int len = snprintf(
        out->path, sizeof out->path, "%s/%s-%06u.upload", folder, terminal, head->batch);
    if (len < 0 || (size_t)len >= sizeof out->path) {
        return why_say(why, ERR_INVALID, "the name of the upload folder is too long");
    }
    enum err err = new_file_begin(&file, out->path, why);
    if (err) {
        return err;
    }
    records_store(t, head, file.stream, out);
    return new_file_keep(&file, why);
}

/* The day of a batch is that of its opening, whenever its file is written. */
enum err terminal_upload(struct terminal *t, const char *folder, uint32_t day,
    struct upload_made *out, struct why *why) {
    struct upload_header head = {.batch = 0};
    *out = (struct upload_made){{0}, 0, 0, 0};
    enum err err = journal_batch_open(t->journal, day, &head.batch, &head.business_day, why);
    if (err || head.batch == 0) {
        return err;
    }
    out->batch = head.batch;
    assert(head.business_day != 0);
    (void)memcpy(head.institution, t->setup.institution, sizeof head.institution);
    (void)memcpy(head.terminal, t->module.terminal, TERMINAL_LEN);
    err = journal_sync(t->journal, why); /* what the file says must outlive the file */
    err = err ? err : file_store(t, folder, &head, out, why);
    return err ? why_add(why, err, "upload of batch %u", head.batch) : OK;
}

enum err terminal_upload_confirm(struct terminal *t, uint32_t batch, struct why *why) {
    return journal_batch_confirm(t->journal, batch, why);
}
