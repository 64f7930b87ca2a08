#include "issuance/quality.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crypto/sm3.h"
#include "issuance/card_face.h"
#include "issuance/numbers.h"

enum { ROWS_AT_ONCE = 64, HUNDRED = 100, WORD_MAX = 16, SUBJECT_MAX = 80 };

static const struct quality_kind kinds[QUALITY_FAULTS] = {
#define QUALITY_FAULT(member, word, by, zh, en) {word, by, zh, en},
#include "issuance/quality.def"
};

/* Faults are counted from 0, as bits are. */
const struct quality_kind *quality_kind(unsigned fault) {
    return fault < QUALITY_FAULTS ? &kinds[fault] : NULL;
}

/* --- words ------------------------------------------------------------------------------------ */

/* Tells the words that there are, so that nobody has to look them up. */
static enum err refuse_word(struct bytes word, struct why *why) {
    char list[160];
    struct builder b = builder_in(list, sizeof list - 1);
    for (unsigned i = 0; i < QUALITY_FAULTS; i++) {
        if (kinds[i].by == BY_EYE) {
            put_bytes(&b, bytes_text(b.len ? ", " : ""));
            put_bytes(&b, bytes_text(kinds[i].word));
        }
    }
    assert(!b.overflowed);
    list[b.len] = '\0';
    return why_say(why, ERR_INVALID, "\"%.*s\" is no fault that an eye finds; there are %s",
        (int)(word.len < WORD_MAX ? word.len : WORD_MAX), (const char *)word.at, list);
}

/* The bit of a word that a person may say. */
static enum err read_word(struct bytes word, unsigned *faults, struct why *why) {
    for (unsigned i = 0; i < QUALITY_FAULTS; i++) {
        if (kinds[i].by == BY_EYE && bytes_equal(word, bytes_text(kinds[i].word))) {
            *faults |= 1u << i;
            return OK;
        }
    }
    return refuse_word(word, why);
}

/* A list that is wrong anywhere leaves *faults as it was. */
enum err quality_read(const char *words, unsigned *faults, struct why *why) {
    unsigned read = 0;
    enum err err = OK;
    while (!err && *words) {
        size_t len = strcspn(words, ",");
        err = read_word(bytes_of(words, len), &read, why);
        words += len;
        words += *words == ',' ? 1 : 0;
    }
    *faults = err ? *faults : read;
    return err;
}

/* --- the sample ------------------------------------------------------------------------------- */

/* Two bytes of the digest, as a share of all that they can be. */
bool quality_samples(int64_t batch, int32_t seq, int64_t percent) {
    char text[48];
    uint8_t digest[SM3_LEN];
    int len = snprintf(text, sizeof text, "quality %" PRId64 " %" PRId32, batch, seq);
    assert(len > 0);
    assert((size_t)len < sizeof text);
    struct sm3 h;
    sm3_begin(&h);
    sm3_add(&h, bytes_of(text, (size_t)len));
    sm3_end(&h, digest);
    uint32_t drawn = (uint32_t)digest[0] << 8 | digest[1];
    return (int64_t)drawn * HUNDRED < percent * (UINT16_MAX + 1);
}

/* --- judging ---------------------------------------------------------------------------------- */

/* Makers and approvers have cards in the hand; others do not come so far. */
static enum err check_officer(
    const struct quality_desk *desk, const struct quality_seen *seen, struct why *why) {
    struct why ignored;
    if (officer_require(desk->registry, seen->officer, ROLE_MAKER, &ignored) == OK) {
        return OK;
    }
    return officer_require(desk->registry, seen->officer, ROLE_APPROVER, why);
}

/* What the machine adds: the face is another card's, or the chip says nothing that belongs here. */
static unsigned faults_of_machine(const char *face_number, const char *chip_number) {
    uint32_t serial = 0;
    if (!card_number_read(chip_number, &serial)) {
        return 1u << QUALITY_BIT_CHIP;
    }
    return strcmp(face_number, chip_number) == 0 ? 0 : 1u << QUALITY_BIT_MIXED;
}

/* A face that shows other data than were written down for its number is another card's, whoever's.
 */
static enum err face_is_other(const struct quality_desk *desk, const struct quality_seen *seen,
    const struct batch_line *line, unsigned *faults, struct why *why) {
    if (!seen->face_digest) {
        return OK;
    }
    enum err err = face_compare(desk->production, line->batch, line->seq, seen->face_digest, why);
    *faults |= err == ERR_CONFLICT ? 1u << QUALITY_BIT_MIXED : 0;
    return err == ERR_CONFLICT ? OK : err;
}

/* Day and place are the line's; these are the inspector's words. */
static bool same_row(const struct production_quality *a, const struct production_quality *b) {
    return a->faults == b->faults && strcmp(a->chip_number, b->chip_number) == 0
           && strcmp(a->officer, b->officer) == 0;
}

/* The row that the sheet has for a line; ERR_NOT_FOUND when it was not judged. */
static enum err row_get(const struct quality_desk *desk, int64_t batch, int32_t seq,
    struct production_quality *row, struct why *why) {
    size_t count = 1;
    const struct production_store *production = desk->production;
    enum err err = production->quality_after(production->self, batch, seq - 1, row, &count, why);
    return err || (count == 1 && row->seq == seq) ? err
                                                  : why_say(why, ERR_NOT_FOUND, "not judged yet");
}

/* The row and its row in the audit chain are one. */
static enum err add_row(
    const struct quality_desk *desk, const struct production_quality *row, struct why *why) {
    char subject[SUBJECT_MAX];
    const struct production_store *production = desk->production;
    (void)snprintf(subject, sizeof subject, "batch %" PRId64 " line %" PRId32 " faults %u",
        row->batch, row->seq, row->faults);
    WORK_SCOPE(work);
    enum err err = work_begin(&work, desk->store, why);
    err = err ? err : production->quality_add(production->self, row, why);
    err = err ? err
              : desk->store->audit(desk->store->self, row->officer, "judge card", subject, why);
    return err ? err : work_commit(&work, why);
}

/* The line whose number is on the face, in this batch. */
static enum err line_of_face(const struct quality_desk *desk, const struct quality_seen *seen,
    struct batch_line *line, struct why *why) {
    uint32_t serial = 0;
    if (!card_number_read(seen->face_number, &serial)) {
        return why_say(why, ERR_INVALID, "%s is no card number; read it from the face again",
            seen->face_number);
    }
    enum err err = desk->store->line_of_card(desk->store->self, seen->face_number, line, why);
    if (!err && line->batch != seen->batch) {
        return why_say(why, ERR_NOT_FOUND, "card %s is of batch %" PRId64 ", not of %" PRId64,
            seen->face_number, line->batch, seen->batch);
    }
    return err;
}

/* What is to be said is known before anything is written. */
enum err quality_judge(const struct quality_desk *desk, const struct quality_seen *seen,
    struct production_quality *row, struct why *why) {
    struct batch_line line = {.seq = 0};
    struct production_quality before = {.seq = 0};
    enum err err = check_officer(desk, seen, why);
    err = err ? err : line_of_face(desk, seen, &line, why);
    if (err) {
        return err;
    }
    *row = (struct production_quality){.batch = seen->batch,
        .seq = line.seq,
        .faults = seen->faults | faults_of_machine(seen->face_number, seen->chip_number),
        .day = seen->day};
    (void)snprintf(row->face_number, sizeof row->face_number, "%s", seen->face_number);
    (void)snprintf(row->chip_number, sizeof row->chip_number, "%.9s", seen->chip_number);
    (void)snprintf(row->officer, sizeof row->officer, "%.*s", OFFICER_MAX, seen->officer);
    err = face_is_other(desk, seen, &line, &row->faults, why);
    if (err) {
        return why_add(why, err, "card %s", row->face_number);
    }
    err = row_get(desk, seen->batch, line.seq, &before, why);
    if (err == ERR_NOT_FOUND) {
        return add_row(desk, row, why);
    }
    if (!err && !same_row(row, &before)) { /* quality 1 */
        return why_say(why, ERR_CONFLICT,
            "card %s was judged by %s already; a sheet is not changed", row->face_number,
            before.officer);
    }
    return err;
}

/* --- the sheet -------------------------------------------------------------------------------- */

/* On whose face the chip's number was seen, if that was: the other one of an exchanged pair. */
static enum err find_other(const struct quality_desk *desk, const struct production_quality *row,
    char other[CARD_NUMBER_LEN + 1], struct why *why) {
    struct batch_line line = {.seq = 0};
    struct production_quality there = {.seq = 0};
    other[0] = '\0';
    if ((row->faults & 1u << QUALITY_BIT_MIXED) == 0) {
        return OK;
    }
    enum err err = desk->store->line_of_card(desk->store->self, row->chip_number, &line, why);
    err = err ? err : row_get(desk, line.batch, line.seq, &there, why);
    if (!err && strcmp(there.chip_number, row->face_number) == 0) {
        (void)memcpy(other, there.face_number, CARD_NUMBER_LEN + 1);
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* A faulty card that was taken back is no more trouble of this sheet. */
static enum err count_row(const struct quality_desk *desk, const struct production_quality *row,
    struct quality_sheet *sheet, struct why *why) {
    struct batch_line line;
    enum err err = desk->store->line_get(desk->store->self, row->batch, row->seq, &line, why);
    if (err) {
        return err;
    }
    bool faulty = row->faults != 0;
    assert(row->seq > 0);
    sheet->judged++;
    sheet->faulty += faulty ? 1 : 0;
    sheet->mixed += row->faults & 1u << QUALITY_BIT_MIXED ? 1 : 0;
    sheet->open += faulty && line.state == LINE_FINISHED ? 1 : 0;
    return OK;
}

/* A card of the sample, and whether somebody has looked at it. */
static enum err count_sampled(const struct quality_desk *desk, const struct batch_line *line,
    struct quality_sheet *sheet, struct why *why) {
    struct production_quality row = {.seq = 0};
    sheet->sampled++;
    enum err err = row_get(desk, line->batch, line->seq, &row, why);
    sheet->missing += err == ERR_NOT_FOUND ? 1 : 0;
    return err == ERR_NOT_FOUND ? OK : err;
}

/* The other side: the finished lines. *first is the first of them. */
static enum err count_line(const struct quality_desk *desk, const struct batch_line *line,
    struct quality_sheet *sheet, struct batch_line *first, struct why *why) {
    if (line->state != LINE_FINISHED) {
        return OK;
    }
    if (sheet->finished == 0) {
        *first = *line;
    }
    sheet->finished++;
    return quality_samples(line->batch, line->seq, desk->percent)
               ? count_sampled(desk, line, sheet, why)
               : OK;
}

/* The whole batch: which lines are in the sample is asked of each. */
static enum err walk_lines(
    const struct quality_desk *desk, int64_t batch, struct quality_sheet *sheet, struct why *why) {
    struct batch_line list[ROWS_AT_ONCE];
    struct batch_line first = {.seq = 0};
    int32_t after = 0;
    size_t count = 0;
    enum err err = OK;
    do {
        count = ROWS_AT_ONCE;
        err = desk->store->lines_after(desk->store->self, batch, after, list, &count, why);
        for (size_t i = 0; !err && i < count; i++) {
            after = list[i].seq;
            err = count_line(desk, &list[i], sheet, &first, why);
        }
    } while (!err && count > 0);
    bool none = desk->percent > 0 && sheet->finished > 0 && sheet->sampled == 0;
    return err || !none ? err : count_sampled(desk, &first, sheet, why);
}

/* Lines first, then the rows that people wrote, one by one: a sheet is as long as a batch. */
enum err quality_sheet_read(const struct quality_desk *desk, int64_t batch,
    struct quality_sheet *sheet,
    void (*print)(void *cookie, const struct production_quality *row, const char *other),
    void *cookie, struct why *why) {
    struct production_quality row = {.seq = 0};
    size_t count = 0;
    *sheet = (struct quality_sheet){.finished = 0};
    enum err err = walk_lines(desk, batch, sheet, why);
    do {
        char other[CARD_NUMBER_LEN + 1] = "";
        count = 1;
        err = err ? err
                  : desk->production->quality_after(
                      desk->production->self, batch, row.seq, &row, &count, why);
        if (err || count == 0) {
            break;
        }
        err = count_row(desk, &row, sheet, why);
        err = err ? err : find_other(desk, &row, other, why);
        sheet->pairs += other[0] && strcmp(other, row.face_number) > 0 ? 1 : 0;
        if (!err && print) {
            print(cookie, &row, other);
        }
    } while (!err);
    assert(err || sheet->judged >= sheet->faulty);
    assert(err || sheet->sampled >= sheet->missing);
    return err;
}

/* Quality 2, the first thing that is missing. */
enum err quality_check(const struct quality_sheet *sheet, struct why *why) {
    if (sheet->missing > 0) {
        return why_say(why, ERR_CONFLICT,
            "%" PRId64 " cards of the sample of %" PRId64 " are still to be looked at",
            sheet->missing, sheet->sampled);
    }
    if (sheet->open > 0) {
        return why_say(why, ERR_CONFLICT,
            "%" PRId64 " cards have a fault, %" PRId64
            " of them another's face; take them back with point recover, then destroy them",
            sheet->open, sheet->mixed);
    }
    return OK;
}
