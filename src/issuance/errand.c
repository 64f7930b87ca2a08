#include "issuance/errand.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "base/hex.h"
#include "crypto/sm3.h"
#include "issuance/application.h"
#include "issuance/numbers.h"
#include "issuance/order_rule.h"

enum {
    ANSWER_FIELDS = 6,
    HEAD_FIELDS = 5,
    HEAD_ROOM = 160,
    LINE_ROOM = 640, /* of an order, with the longest name */
    NUMBER_DIGITS_MAX = 12,
    LINES_AT_ONCE = 64,
    SUBJECT_MAX = 96,
};

/* The sheet, as tables. */
static const struct errand_fact {
    const char *word;
    enum batch_event out, back;
    enum line_state sent, also; /* lines in these states go out, and only they are answered */
} errands[ERRANDS] = {
#define ERRAND(member, word, out, back, from, also, zh) [member] = {word, out, back, from, also},
#include "issuance/errand.def"
};

enum chip_rule { CHIP_NONE, CHIP_MAY, CHIP_MUST };

static const struct answer_fact {
    enum errand errand;
    uint64_t code;
    enum line_event event;
    enum chip_rule chip;
    bool reason;
} answers[] = {
#define ANSWER(errand, code, event, chip, reason, zh)                                              \
    {errand, code, event, (enum chip_rule)(chip), reason},
#include "issuance/errand.def"
};

const char *errand_word(enum errand errand) {
    assert(errand < ERRANDS);
    return errands[errand].word;
}

enum errand errand_of(const char *word) {
    int i = 0;
    while (i < ERRANDS && strcmp(errands[i].word, word) != 0) {
        i++;
    }
    return (enum errand)i;
}

static bool is_sent(enum errand errand, enum line_state state) {
    return state == errands[errand].sent || state == errands[errand].also;
}

/* Where the digest of a file stands among the files of its batch. */
int errand_way(enum errand errand, bool back) {
    return 2 * (int)errand + (back ? 1 : 0);
}

static void digest_of(struct bytes data, uint8_t digest[SM3_LEN]) {
    struct sm3 h;
    sm3_begin(&h);
    sm3_add(&h, data);
    sm3_end(&h, digest);
}

static enum err note(const struct errand_desk *desk, const char *what,
    const struct errand_outcome *o, struct why *why) {
    char subject[SUBJECT_MAX];
    (void)snprintf(subject, sizeof subject, "batch %" PRId64 ": %s, %" PRId32 " lines", o->batch,
        errand_word(o->errand), o->lines);
    return desk->store->audit(desk->store->self, desk->officer, what, subject, why);
}

/* --- order ----------------------------------------------------------------------------------- */

size_t errand_order_room(int32_t lines) {
    assert(lines >= 0);
    return HEAD_ROOM + (size_t)lines * LINE_ROOM;
}

/* One line of text; what does not fit in its room is our own mistake, for every part has a limit. */
__attribute__((format(printf, 2, 3))) static void put_line(
    struct builder *b, const char *format, ...) {
    char text[LINE_ROOM];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    assert(len > 0);
    assert((size_t)len < sizeof text);
    put_bytes(b, bytes_of(text, (size_t)len));
}

/* A '|' or a line feed inside a name would make two fields or two lines of it. */
static enum err check_words(const struct person *person, struct why *why) {
    return strpbrk(person->name, "|\r\n") || strpbrk(person->number, "|\r\n")
               ? why_say(why, ERR_INVALID, "name or number holds a mark that parts fields")
               : OK;
}

/* What the receiver needs to know of one card to be made. */
static enum err put_order_line(const struct errand_desk *desk, const struct batch *b,
    const struct batch_line *line, struct builder *body, struct why *why) {
    struct person p;
    enum err err = desk->registry->person_by_id(desk->registry->self, line->person, &p, why);
    err = err ? err : check_words(&p, why);
    err = err ? err : order_person_fits(&p, b->day, why);
    if (err) {
        return why_add(why, err, "line %" PRId32, line->seq);
    }
    put_line(body,
        "%" PRId32 "|%s|%s|%s||%u|%02u|%" PRIu32 "|%" PRIu32 "|%" PRIu32 "|%" PRIu32 "|%" PRIu32
        "|%s|%" PRId64 "||\n",
        line->seq, line->card_number, p.number, p.name, (unsigned)p.sex, (unsigned)p.nation,
        p.birth, b->day, day_plus_years(b->day, desk->valid_years), desk->region, p.region,
        b->point, b->id);
    return OK;
}

/* Every line that this errand is about, in their order. */
static enum err put_order_lines(const struct errand_desk *desk, const struct batch *b,
    enum errand errand, struct builder *body, int32_t *lines, struct why *why) {
    struct batch_line list[LINES_AT_ONCE];
    int32_t after = 0;
    size_t count = 0;
    enum err err = OK;
    *lines = 0;
    do {
        count = LINES_AT_ONCE;
        err = desk->store->lines_after(desk->store->self, b->id, after, list, &count, why);
        for (size_t i = 0; !err && i < count; i++) {
            after = list[i].seq;
            bool sent = is_sent(errand, list[i].state);
            err = sent ? put_order_line(desk, b, &list[i], body, why) : OK;
            *lines += sent ? 1 : 0;
        }
    } while (!err && count > 0);
    return err;
}

/* The head can be written only when the body is known: so the body is written behind the room of a
 * head, and moved up. */
static enum err put_order(const struct errand_desk *desk, const struct batch *b, enum errand errand,
    struct builder *file, int32_t *lines, struct why *why) {
    assert(file->len == 0);
    assert(file->room >= HEAD_ROOM);
    struct builder body = builder_in(file->at + HEAD_ROOM, file->room - HEAD_ROOM);
    uint8_t digest[SM3_LEN];
    char text[2 * SM3_LEN + 1];
    enum err err = put_order_lines(desk, b, errand, &body, lines, why);
    if (err) {
        return err;
    }
    assert(!body.overflowed);
    digest_of(builder_bytes(&body), digest);
    hex_write(bytes_of(digest, sizeof digest), text);
    put_line(file, "%" PRId64 "|%s|%" PRId32 "|%" PRIu32 "|%s\n", b->id, errand_word(errand),
        *lines, b->day, text);
    assert(file->len <= HEAD_ROOM);
    (void)memmove(file->at + file->len, body.at, body.len);
    file->len += body.len;
    return *lines ? OK : why_say(why, ERR_CONFLICT, "none of its lines is to be sent there");
}

/* The batch moves on, and what was sent is remembered. */
static enum err send_out(const struct errand_desk *desk, const struct batch_file *sent,
    enum errand errand, struct why *why) {
    const struct errand_outcome o = {.batch = sent->batch, .errand = errand, .lines = sent->lines};
    enum err err = desk->store->file_add(desk->store->self, sent, why);
    err = err ? err : batch_step(desk->store, sent->batch, errands[errand].out, desk->officer, why);
    return err ? err : note(desk, "send order", &o, why);
}

/* The second time the same bytes must come out. */
static enum err check_again(
    const struct batch_file *before, const struct batch_file *now, struct why *why) {
    return memcmp(before->digest, now->digest, sizeof now->digest) == 0
               ? OK
               : why_say(why, ERR_CONFLICT,
                   "its order went out on %" PRIu32 " and its lines have changed since",
                   before->day);
}

enum err errand_order(const struct errand_desk *desk, int64_t batch, enum errand errand,
    struct builder *file, struct why *why) {
    struct batch b;
    struct batch_file before;
    struct batch_file sent = {.batch = batch, .way = errand_way(errand, false), .day = desk->day};
    assert(errand < ERRANDS);
    enum err err = stock_word(
        sent.officer, sizeof sent.officer, desk->officer, "an officer's code", why);
    if (err) {
        return err;
    }
    WORK_SCOPE(work);
    err = work_begin(&work, desk->store, why);
    err = err ? err : desk->store->batch_get(desk->store->self, batch, &b, why);
    err = err ? err : put_order(desk, &b, errand, file, &sent.lines, why);
    if (err) {
        return why_add(why, err, "batch %" PRId64, batch);
    }
    digest_of(builder_bytes(file), sent.digest);
    err = desk->store->file_get(desk->store->self, batch, sent.way, &before, why);
    if (err == ERR_NOT_FOUND) {
        err = send_out(desk, &sent, errand, why);
    } else if (!err) {
        err = check_again(&before, &sent, why);
    }
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "batch %" PRId64, batch) : OK;
}

/* --- reading an answer ----------------------------------------------------------------------- */

/* The next line, without its end; false at the end, and for a last line that does not end. */
static bool line_take(struct bytes *rest, struct bytes *line) {
    const uint8_t *end = rest->len ? memchr(rest->at, '\n', rest->len) : NULL;
    if (!end) {
        return false;
    }
    *line = bytes_of(rest->at, (size_t)(end - rest->at));
    *rest = bytes_of(end + 1, rest->len - line->len - 1);
    return true;
}

/* Exactly count fields, parted by '|'. */
static bool fields_take(struct bytes line, struct bytes *fields, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const uint8_t *end = line.len ? memchr(line.at, '|', line.len) : NULL;
        if ((end != NULL) != (i + 1 < count)) {
            return false;
        }
        fields[i] = end ? bytes_of(line.at, (size_t)(end - line.at)) : line;
        line = end ? bytes_of(end + 1, line.len - fields[i].len - 1) : line;
    }
    return true;
}

/* Decimal digits without a leading zero. */
static bool number_take(struct bytes text, uint64_t *value) {
    return text.len >= 1 && text.len <= NUMBER_DIGITS_MAX && (text.at[0] != '0' || text.len == 1)
           && digits_read(text, value);
}

/* What the first line of an answer says. */
struct answer_head {
    uint64_t batch, count, day;
    enum errand errand;
};

/* "maker-back" is the answer to "maker": an order that comes back by mistake is none. */
static enum errand errand_back(struct bytes word) {
    char text[24];
    for (int i = 0; i < ERRANDS; i++) {
        (void)snprintf(text, sizeof text, "%s-back", errands[i].word);
        if (bytes_equal(word, bytes_text(text))) {
            return (enum errand)i;
        }
    }
    return ERRANDS;
}

/* *rest is what follows. */
static enum err head_read(
    struct bytes file, struct answer_head *head, struct bytes *rest, struct why *why) {
    struct bytes line;
    struct bytes fields[HEAD_FIELDS];
    uint8_t said[SM3_LEN];
    uint8_t digest[SM3_LEN];
    *rest = file;
    if (!line_take(rest, &line) || !fields_take(line, fields, HEAD_FIELDS)
        || !number_take(fields[0], &head->batch) || !number_take(fields[2], &head->count)
        || fields[3].len != 8 || !digits_read(fields[3], &head->day)
        || !hex_read(fields[4], said, sizeof said)) {
        return why_say(why, ERR_INVALID,
            "the first line is not batch|who|count|day|digest; ask for the file again");
    }
    head->errand = errand_back(fields[1]);
    if (head->errand == ERRANDS) {
        return why_say(why, ERR_INVALID,
            "it is no answer: bank-back, maker-back or keys-back is "
            "expected in its second field");
    }
    digest_of(*rest, digest);
    return memcmp(said, digest, sizeof digest) == 0
               ? OK
               : why_say(why, ERR_INVALID,
                   "its lines have another digest than its first line says; it is torn or was "
                   "changed, ask for it again");
}

/* One line of an answer, decoded. */
struct answer_line {
    uint64_t seq;
    char card_number[CARD_NUMBER_LEN + 1];
    const struct answer_fact *fact;
    bool has_chip;
    uint8_t factor[CARD_FACTOR_LEN];
    uint8_t card_id[CARD_ID_LEN];
    char reason[REASON_MAX + 1];
};

static const struct answer_fact *answer_of(enum errand errand, uint64_t code) {
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        if (answers[i].errand == errand && answers[i].code == code) {
            return &answers[i];
        }
    }
    return NULL;
}

/* Both numbers of a chip, or neither; and as many as the code asks for. */
static bool chip_read(struct bytes factor, struct bytes card_id, struct answer_line *line) {
    line->has_chip = factor.len > 0;
    if (!line->has_chip) {
        return card_id.len == 0 && line->fact->chip != CHIP_MUST;
    }
    return line->fact->chip != CHIP_NONE && hex_read(factor, line->factor, sizeof line->factor)
           && hex_read(card_id, line->card_id, sizeof line->card_id);
}

static enum err line_read(
    struct bytes text, enum errand errand, struct answer_line *line, struct why *why) {
    struct bytes fields[ANSWER_FIELDS];
    uint64_t code = 0;
    *line = (struct answer_line){0};
    if (!fields_take(text, fields, ANSWER_FIELDS) || !number_take(fields[0], &line->seq)
        || fields[1].len != CARD_NUMBER_LEN || !number_take(fields[2], &code)) {
        return why_say(why, ERR_INVALID, "it is not seq|AAZ500|code|factor|AAZ501|reason");
    }
    (void)memcpy(line->card_number, fields[1].at, CARD_NUMBER_LEN);
    line->fact = answer_of(errand, code);
    if (!line->fact) {
        return why_say(why, ERR_INVALID, "%s does not answer %" PRIu64, errand_word(errand), code);
    }
    if (!chip_read(fields[3], fields[4], line)) {
        return why_say(
            why, ERR_INVALID, "factor and AAZ501 do not go with the code %" PRIu64, code);
    }
    if ((fields[5].len > 0) != line->fact->reason || fields[5].len > REASON_MAX) {
        return why_say(why, ERR_INVALID, "the code %" PRIu64 " %s, of at most %d bytes", code,
            line->fact->reason ? "needs a reason" : "takes no reason", REASON_MAX);
    }
    (void)memcpy(line->reason, fields[5].at, fields[5].len);
    return OK;
}

/* --- taking an answer in --------------------------------------------------------------------- */

/* The blank's own number: the last four bytes of a factor are eight decimal digits. */
static bool blank_of_factor(const uint8_t factor[CARD_FACTOR_LEN], int64_t *serial) {
    char text[2 * CARD_FACTOR_LEN + 1];
    uint64_t value = 0;
    hex_write(bytes_of(factor, CARD_FACTOR_LEN), text);
    if (!digits_read(bytes_of(text + CARD_FACTOR_LEN, CARD_FACTOR_LEN), &value) || value == 0) {
        return false;
    }
    *serial = (int64_t)value;
    return true;
}

/* Errand 4: the chip leaves production in the same transaction. */
static enum err settle_blank(const struct errand_desk *desk, const struct batch_line *line,
    const struct answer_line *answer, struct why *why) {
    struct stock_order o = {.step = answer->fact->event == LINE_MAKE ? STOCK_MAKE : STOCK_SPOIL,
        .count = 1,
        .day = desk->day};
    if (!answer->has_chip) {
        return OK;
    }
    if (!blank_of_factor(answer->factor, &o.first)) {
        return why_say(why, ERR_INVALID, "its factor does not end with eight digits");
    }
    (void)snprintf(
        o.request, sizeof o.request, "batch %" PRId64 " line %" PRId32, line->batch, line->seq);
    (void)snprintf(o.point, sizeof o.point, "%" PRIu32, desk->region); /* the centre's own store */
    (void)snprintf(o.note, sizeof o.note, "%.100s", answer->reason);
    (void)snprintf(o.officer, sizeof o.officer, "%.*s", OFFICER_MAX, desk->officer);
    return stock_order_make(desk->stock, desk->registry, &o, why);
}

/* Errand 4: a card that is good has its owner from now on. */
static enum err settle_card(
    const struct errand_desk *desk, const struct batch_line *line, struct why *why) {
    struct card_record card = {.person = line->person,
        .batch = line->batch,
        .issued = desk->day,
        .valid_until = day_plus_years(desk->day, desk->valid_years)};
    (void)memcpy(card.number, line->card_number, sizeof card.number);
    (void)memcpy(card.factor, line->card_factor, sizeof card.factor);
    hex_write(bytes_of(line->card_id, sizeof line->card_id), card.identification);
    return card_add(desk->registry, &card, desk->officer, why);
}

/* The bank has no account for this person: the line ends, its number is kept out of use, and an
 * officer decides about the application. */
static enum err settle_without_account(
    const struct errand_desk *desk, const struct batch_line *line, struct why *why) {
    enum err err = number_step(desk->store, line->card_number, NUMBER_LOCK, why);
    return err ? err
               : application_step(
                   desk->store, line->application, APPLICATION_TROUBLE, desk->officer, why);
}

/* What goes with the step of the line. */
static enum err settle(const struct errand_desk *desk, const struct batch_line *line,
    const struct answer_line *answer, struct why *why) {
    const enum line_event event = answer->fact->event;
    if (event == LINE_PASS) {
        return settle_card(desk, line, why);
    }
    if (event == LINE_UNOPENED || event == LINE_MISMATCH) {
        return settle_without_account(desk, line, why);
    }
    return settle_blank(desk, line, answer, why);
}

/* Errand 1: the answer's next line is the one that was sent next. */
static enum err take_line(const struct errand_desk *desk, const struct batch_line *line,
    const struct answer_line *answer, struct why *why) {
    if (answer->seq != (uint64_t)line->seq || strcmp(answer->card_number, line->card_number) != 0) {
        return why_say(why, ERR_INVALID,
            "it answers line %" PRIu64 ", card %s, where line %" PRId32
            ", card %s, is due; lines come once each, in the order of the order",
            answer->seq, answer->card_number, line->seq, line->card_number);
    }
    assert(answer->fact);
    const struct line_result result = {.event = answer->fact->event,
        .reason = answer->fact->reason ? answer->reason : NULL,
        .factor = answer->factor,
        .card_id = answer->card_id};
    bool spoiled = answer->has_chip && answer->fact->event != LINE_MAKE;
    enum err err = spoiled ? desk->store->line_chip(desk->store->self, line->batch, line->seq,
                       answer->factor, answer->card_id, why)
                           : OK; /* a remake must know that a chip has this number */
    err = err ? err : batch_line_step(desk->store, line->batch, line->seq, &result, why);
    return err ? err : settle(desk, line, answer, why);
}

/* The next line of the answer, for the next line that was sent. */
static enum err take_next(const struct errand_desk *desk, const struct batch_line *line,
    struct errand_outcome *outcome, struct bytes *rest, struct why *why) {
    struct bytes text;
    struct answer_line answer;
    if (!line_take(rest, &text)) {
        return why_say(why, ERR_INVALID,
            "the file ends after %" PRId32 " lines, but line %" PRId32
            " is due; ask for the whole file",
            outcome->lines, line->seq);
    }
    outcome->lines++;
    enum err err = line_read(text, outcome->errand, &answer, why);
    err = err ? err : take_line(desk, line, &answer, why);
    if (err) {
        return why_add(why, err, "line %" PRId32 " of the file", outcome->lines);
    }
    assert(answer.fact);
    outcome->good += answer.fact->reason ? 0 : 1;
    return OK;
}

/* Walks the batch; lines that were not sent are passed over. */
static enum err take_lines(const struct errand_desk *desk, struct errand_outcome *outcome,
    struct bytes *rest, struct why *why) {
    struct batch_line list[LINES_AT_ONCE];
    int32_t after = 0;
    size_t count = 0;
    enum err err = OK;
    do {
        count = LINES_AT_ONCE;
        err = desk->store->lines_after(desk->store->self, outcome->batch, after, list, &count, why);
        for (size_t i = 0; !err && i < count; i++) {
            after = list[i].seq;
            bool sent = is_sent(outcome->errand, list[i].state);
            err = sent ? take_next(desk, &list[i], outcome, rest, why) : OK;
        }
    } while (!err && count > 0);
    return err;
}

/* After the last line that was sent nothing may follow, and the head counted right. */
static enum err check_end(const struct errand_outcome *outcome, const struct answer_head *head,
    struct bytes rest, struct why *why) {
    if (rest.len > 0) {
        return why_say(why, ERR_INVALID,
            "the file goes on after the %" PRId32 " lines that were sent", outcome->lines);
    }
    return head->count == (uint64_t)outcome->lines
               ? OK
               : why_say(why, ERR_INVALID,
                   "its first line counts %" PRIu64 " lines, it has %" PRId32, head->count,
                   outcome->lines);
}

/* A new answer: the table says first whether the batch waits for one. */
static enum err take_answer(const struct errand_desk *desk, const struct answer_head *head,
    struct bytes rest, struct errand_outcome *outcome, struct why *why) {
    struct batch b;
    int to = 0;
    const enum batch_event back = errands[head->errand].back;
    enum err err = desk->store->batch_get(desk->store->self, outcome->batch, &b, why);
    err = err ? err : machine_next(&batch_machine, (int)b.state, (int)back, &to, why);
    err = err ? err : take_lines(desk, outcome, &rest, why);
    err = err ? err : check_end(outcome, head, rest, why);
    err = err ? err : batch_step(desk->store, outcome->batch, back, desk->officer, why);
    return err ? err : note(desk, "take answer", outcome, why);
}

/* Errand 3. */
static enum err answered_before(const struct batch_file *before, const struct batch_file *now,
    struct errand_outcome *outcome, struct why *why) {
    outcome->lines = before->lines;
    outcome->before = true;
    return memcmp(before->digest, now->digest, sizeof now->digest) == 0
               ? OK
               : why_say(why, ERR_CONFLICT,
                   "another answer was taken on %" PRIu32
                   "; a correction needs an officer's decision, not a second file",
                   before->day);
}

enum err errand_answer(const struct errand_desk *desk, struct bytes file,
    struct errand_outcome *outcome, struct why *why) {
    struct answer_head head = {0};
    struct batch_file before;
    struct batch_file now = {.day = desk->day};
    struct bytes rest;
    enum err err = head_read(file, &head, &rest, why);
    err = err ? err
              : stock_word(
                  now.officer, sizeof now.officer, desk->officer, "an officer's code", why);
    if (err) {
        return err;
    }
    *outcome = (struct errand_outcome){.batch = (int64_t)head.batch, .errand = head.errand};
    now.batch = outcome->batch;
    now.way = errand_way(head.errand, true);
    digest_of(file, now.digest);
    WORK_SCOPE(work);
    err = work_begin(&work, desk->store, why);
    err = err ? err : desk->store->file_get(desk->store->self, now.batch, now.way, &before, why);
    if (err == OK) {
        err = answered_before(&before, &now, outcome, why);
    } else if (err == ERR_NOT_FOUND) {
        err = take_answer(desk, &head, rest, outcome, why);
        now.lines = outcome->lines;
        err = err ? err : desk->store->file_add(desk->store->self, &now, why);
    }
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "batch %" PRId64, outcome->batch) : OK;
}
