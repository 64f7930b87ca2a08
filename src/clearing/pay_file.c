#include "clearing/pay_file.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "clearing/text_out.h"
#include "host/files.h"
#include "host/gb18030.h"

enum {
    PAY_FILE_MAX = 64 * 1024 * 1024, /* a city's institutions take a hundredth of it */
    LINE_MAX_LEN = 512,
    NAME_ROOM = 2 * INSTITUTION_NAME_MAX + 1, /* GB 18030 takes at most 4 bytes for 2 of UTF-8 */
};

/* The name as the bank reads it, with an end. */
static enum err to_bank(const char *name, char room[NAME_ROOM], struct why *why) {
    struct builder b = builder_in(room, NAME_ROOM - 1);
    size_t bad_at = 0;
    if (!utf8_to_gb18030(bytes_text(name), &b, &bad_at) || b.overflowed) {
        return why_say(why, ERR_INVALID, "the name %s is no UTF-8 at byte %zu", name, bad_at);
    }
    room[b.len] = '\0';
    return OK;
}

/* One line of the list. */
static enum err print_payout(struct text_out *t, const struct payout *p, struct why *why) {
    char name[NAME_ROOM];
    assert(p->seq > 0);
    assert(p->trades > 0);
    enum err err = to_bank(p->to.name, name, why);
    if (err) {
        return why_add(why, err, "institution %s", p->to.code);
    }
    (void)fprintf(t->stream, "%06" PRIu32 "|%s|%s|%s|%" PRIu32 "|", p->seq, p->to.code,
        p->to.bank_account, name, p->trades);
    text_out_yuan(t, p->fen);
    (void)fputs("\r\n", t->stream);
    return OK;
}

/* All lines; totals counts them. */
static enum err print_payouts(const struct clearing *c, const struct day_row *day,
    struct text_out *t, struct payout *totals, struct why *why) {
    struct payout p = {0};
    enum err err = OK;
    while (!(err = c->store->payout_next(c->store->self, day->day, p.seq, &p, why))) {
        totals->seq++;
        totals->trades += p.trades;
        totals->fen += p.fen;
        err = print_payout(t, &p, why);
        if (err) {
            return err;
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* Ends the text with its totals and the digest of what stands before. */
static enum err print_end(struct text_out *t, const struct payout *totals, struct why *why) {
    char hex[2 * SM3_LEN + 1];
    enum err err = text_out_seal(t, hex, why);
    if (err) {
        return err;
    }
    (void)fprintf(t->stream, "END|%" PRIu32 "|%" PRIu32 "|", totals->seq, totals->trades);
    text_out_yuan(t, totals->fen);
    (void)fprintf(t->stream, "|%s\r\n", hex);
    return text_out_end(t, why);
}

/* The whole file, from the payout list, its number, and who let it out. */
static enum err print_file(
    const struct clearing *c, const struct day_row *day, struct text_out *t, struct why *why) {
    struct payout totals = {0};
    char head[OFFICER_NAME_MAX + 1] = "";
    uint32_t number = 0;
    enum err err = c->store->day_number(c->store->self, day->day, &number, why);
    err = err ? err : c->store->head_find(c->store->self, day->day, head, why);
    if (err && err != ERR_NOT_FOUND) {
        return err;
    }
    err = text_out_begin(t, why);
    if (err) {
        return err;
    }
    (void)fprintf(t->stream, "PAY|2|%" PRIu32 "|%08" PRIu32 "|%s|%s|%s\r\n", number, day->day,
        day->maker, day->approver, head);
    err = print_payouts(c, day, t, &totals, why);
    return err ? err : print_end(t, &totals, why);
}

/* Printed and thrown away; a day's list is some hundred lines. */
enum err pay_file_digest(
    const struct clearing *c, const struct day_row *day, uint8_t digest[SM3_LEN], struct why *why) {
    TEXT_OUT_SCOPE(t);
    enum err err = print_file(c, day, &t, why);
    if (!err) {
        text_digest(bytes_of(t.at, t.len), digest);
    }
    return err;
}

/* dir/YYYYMMDD.pay */
enum err pay_file_path(
    const struct day_row *day, const char *dir, char path[PATH_ROOM], struct why *why) {
    char name[32];
    assert(day_exists(day->day));
    (void)snprintf(name, sizeof name, "%08" PRIu32 ".pay", day->day);
    return files_join(path, dir, name) ? OK
                                       : why_say(why, ERR_INVALID, "the folder's name is too long");
}

/* The bytes on the disk against the digest in the row. */
enum err pay_file_check(const struct day_row *day, const char *dir, struct why *why) {
    FILE_CONTENT_SCOPE(content);
    char path[PATH_ROOM];
    uint8_t digest[SM3_LEN];
    enum err err = pay_file_path(day, dir, path, why);
    err = err ? err : files_read(path, PAY_FILE_MAX, &content, why);
    if (err) {
        return err == ERR_NOT_FOUND
                   ? why_say(why, ERR_CONFLICT, "%s is missing; run the payment step again", path)
                   : err;
    }
    text_digest(bytes_of(content.at, content.len), digest);
    return memcmp(digest, day->pay_digest, SM3_LEN) == 0
               ? OK
               : why_say(why, ERR_CONFLICT, "%s was altered; run the payment step again", path);
}

/* What is there and right is left alone: its bytes may be on their way to the bank. */
enum err pay_file_write(
    const struct clearing *c, const struct day_row *day, const char *dir, struct why *why) {
    TEXT_OUT_SCOPE(t);
    char path[PATH_ROOM];
    uint8_t digest[SM3_LEN];
    struct why unheard;
    if (pay_file_check(day, dir, &unheard) == OK) {
        return OK;
    }
    enum err err = print_file(c, day, &t, why);
    err = err ? err : pay_file_path(day, dir, path, why);
    if (err) {
        return err;
    }
    text_digest(bytes_of(t.at, t.len), digest);
    if (memcmp(digest, day->pay_digest, SM3_LEN) != 0) {
        return why_say(why, ERR_CONFLICT, "the payout list is not the one that was paid");
    }
    return files_write(path, bytes_of(t.at, t.len), why);
}
