/* What the centre's own cell leaves on paper: the quality sheet of a batch, and the list of what is destroyed.
 * [system.md 4.2.4 QC, Spoil; 6.3.2] */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apps/command.h"
#include "apps/paper_file.h"
#include "apps/production_desk.h"
#include "apps/result_tell.h"
#include "host/ending.h"
#include "host/options.h"

enum { ROWS_AT_ONCE = 64, SIGNED_ROOM = 2 * OFFICER_MAX + 16 };

struct paper_options {
    int64_t batch;
    const char *list, *out, *data;
    bool json;
};

/* clang-format off */
static const struct option quality_options[] = {
    {"BATCH", OPTION_NUMBER, offsetof(struct paper_options, batch), NULL, NULL,
        "number of the batch", false},
    {"--out", OPTION_PATH, offsetof(struct paper_options, out), "FILE", NULL,
        "the paper, a PDF", false},
    OPTION_DATA(struct paper_options, data),
    OPTION_JSON(struct paper_options, json),
};
static const struct option destroyed_options[] = {
    {"BATCH", OPTION_NUMBER, offsetof(struct paper_options, batch), NULL, NULL,
        "number of the batch", false},
    {"--list", OPTION_TEXT, offsetof(struct paper_options, list), "NUMBER", NULL,
        "the list that production spoil --destroy began: who signed for each blank", true},
    {"--out", OPTION_PATH, offsetof(struct paper_options, out), "FILE", NULL,
        "the paper, a PDF", false},
    OPTION_DATA(struct paper_options, data),
    OPTION_JSON(struct paper_options, json),
};
/* clang-format on */

static const struct usage quality_usage = {
    .command = "print quality",
    .help =
        "Prints the quality sheet of a batch (质检单): each card that was judged, what is still to "
        "be\nlooked at, the verdict, and room for two signatures.",
    .options = quality_options,
    .count = sizeof quality_options / sizeof quality_options[0],
};
static const struct usage destroyed_usage = {
    .command = "print destruction",
    .help =
        "Prints what of a batch is destroyed before two persons (销毁清册): its spoiled blanks by "
        "serial,\nits cards that failed or were taken back, who has signed, and room for both "
        "signatures.",
    .options = destroyed_options,
    .count = sizeof destroyed_options / sizeof destroyed_options[0],
};

/* The head of a paper about a batch; about is filled in. */
static struct paper_head head_of(
    const struct production_desk *desk, int64_t batch, const char *title, char about[80]) {
    const struct centre_file *file = &desk->stock.city.centre.file;
    (void)snprintf(about, 80, "批次 Batch %" PRId64 ", %" PRIu32, batch, file->date);
    return (struct paper_head){.title = title,
        .about = about,
        .stamp = file->rehearsal ? "样张 SPECIMEN" : NULL,
        .day = file->date};
}

static enum err print_signatures(
    struct paper *paper, const char *one, const char *other, struct why *why) {
    const struct paper_field signatures[] = {
        {one,   " ", false},
        {other, " ", false}
    };
    enum err err = paper_rule(paper, 8, why);
    return err ? err : paper_fields(paper, signatures, 2, why);
}

/* --- the quality sheet ---------------------------------------------------------------------------- */

static const struct paper_column quality_columns[] = {
    {"序号 Line",         1, true },
    {"卡面 Face",         2, false},
    {"芯片 Chip",         2, false},
    {"结论 Finding",      4, false},
    {"互换 Exchanged",    2, false},
    {"检验员 Judged by", 2, false},
};

/* The paper while rows come; the first trouble stays. */
struct sheet_paper {
    struct paper *paper;
    enum err err;
    struct why *why;
    int64_t rows;
};

/* "照片、姓名", or 合格. */
static void write_finding(unsigned faults, char *text, size_t room) {
    struct builder b = builder_in(text, room - 1);
    const struct quality_kind *kind;
    for (unsigned i = 0; (kind = quality_kind(i)) != NULL; i++) {
        if (faults & 1u << i) {
            put_bytes(&b, bytes_text(b.len ? "、" : ""));
            put_bytes(&b, bytes_text(kind->zh));
        }
    }
    put_bytes(&b, bytes_text(faults ? "" : "合格 good"));
    assert(!b.overflowed);
    text[b.len] = '\0';
}

static void print_judged(void *cookie, const struct production_quality *row, const char *other) {
    struct sheet_paper *sheet = cookie;
    char seq[16], finding[160];
    (void)snprintf(seq, sizeof seq, "%" PRId32, row->seq);
    write_finding(row->faults, finding, sizeof finding);
    const char *const texts[] = {seq, row->face_number,
        row->chip_number[0] ? row->chip_number : "-", finding, other, row->officer};
    sheet->rows++;
    sheet->err = sheet->err ? sheet->err : paper_row(sheet->paper, texts, sheet->why);
}

/* The figures, and whether the batch may be packed. */
static enum err print_verdict(
    struct paper *paper, const struct quality_sheet *s, int64_t percent, struct why *why) {
    char line[200];
    struct why missing = {.text = "合格 good"};
    enum err verdict = quality_check(s, &missing);
    (void)snprintf(line, sizeof line,
        "成品 finished %" PRId64 ", 抽检 sample %" PRId64 " (%" PRId64 "%%), 已检 judged %" PRId64
        ", 待检 missing %" PRId64 ", 不合格 faulty %" PRId64 ", 卡面错 mixed %" PRId64,
        s->finished, s->sampled, percent, s->judged, s->missing, s->faulty, s->mixed);
    const struct paper_field fields[] = {
        {"结论 Verdict", verdict ? "未通过 not good" : "合格 good", false},
        {"说明 Note",    missing.text,                                   false}
    };
    enum err err = paper_text(paper, line, 0, SIDE_LEFT, why);
    return err ? err : paper_fields(paper, fields, verdict ? 2 : 1, why);
}

static enum err print_quality(
    struct production_desk *desk, const struct paper_options *given, struct why *why) {
    struct quality_desk quality;
    struct quality_sheet sheet = {.finished = 0};
    struct batch batch;
    char about[80];
    const struct issuance_store *store = &desk->stock.issuance;
    const struct paper_head head = head_of(desk, given->batch, "质检单 Quality sheet", about);
    PAPER_FILE_SCOPE(paper);
    enum err err = production_desk_quality(desk, &quality, why);
    err = err ? err : store->batch_get(store->self, given->batch, &batch, why);
    err = err ? err : paper_file_open(&paper, given->out, &head, why);
    err = err ? err
              : paper_table(paper.paper, quality_columns,
                  sizeof quality_columns / sizeof quality_columns[0], why);
    struct sheet_paper rows = {.paper = paper.paper, .why = why};
    err = err ? err : quality_sheet_read(&quality, given->batch, &sheet, print_judged, &rows, why);
    err = err ? err : rows.err;
    err = err ? err : print_verdict(paper.paper, &sheet, quality.percent, why);
    err = err ? err
              : print_signatures(paper.paper, "检验员签名 Inspector", "复核人签名 Reviewer", why);
    err = err ? err : paper_file_keep(&paper, why);
    if (!err) {
        (void)printf(given->json ? "{\"judged\": %" PRId64 ", \"finished\": %" PRId64
                                   ", \"missing\": %" PRId64 "}\n"
                                 : "judged 已检 %" PRId64 " of %" PRId64
                                   " finished cards, missing 待检 %" PRId64 "\n",
            rows.rows, sheet.finished, sheet.missing);
    }
    return err;
}

/* --- what is destroyed ---------------------------------------------------------------------------- */

static const struct paper_column destroyed_columns[] = {
    {"编号 Number",    2, false},
    {"批次行 Line",   1, true },
    {"原因 Reason",    5, false},
    {"状态 State",     2, false},
    {"签字 Signed by", 3, false},
};

struct destroyed_paper {
    struct production_desk *desk;
    const struct paper_options *given;
    struct paper *paper;
    int64_t rows;
};

static enum err print_destroyed_row(struct destroyed_paper *d, const char *number, int32_t seq,
    const char *reason, const char *const state_and_hands[2], struct why *why) {
    char line[16];
    (void)snprintf(line, sizeof line, "%" PRId32, seq);
    const char *const texts[] = {number, line, reason, state_and_hands[0], state_and_hands[1]};
    d->rows++;
    return paper_row(d->paper, texts, why);
}

/* Who has put a blank on the list, and who has signed for its end. */
static enum err hands_of(struct destroyed_paper *d, const struct production_piece *piece,
    char hands[SIGNED_ROOM], const char **state, struct why *why) {
    const struct stock_store *stock = &d->desk->stock.stock;
    char request[STOCK_REQUEST_MAX + 1];
    struct stock_order order;
    hands[0] = '\0';
    *state = "未列入 not on a list";
    if (!d->given->list) {
        return OK;
    }
    int len = snprintf(request, sizeof request, "%s-%" PRId64, d->given->list, piece->serial);
    if (len < 0 || (size_t)len >= sizeof request) {
        return why_say(why, ERR_CONFLICT, "the number of the list is too long");
    }
    enum err err = stock->order_get(stock->self, request, &order, why);
    if (!err) {
        *state = order.done ? "已销毁 destroyed" : "待第二人签字 waits";
        (void)snprintf(
            hands, SIGNED_ROOM, "%s%s%s", order.officer, order.second[0] ? "、" : "", order.second);
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err print_piece(
    struct destroyed_paper *d, const struct production_piece *piece, struct why *why) {
    char number[24], hands[SIGNED_ROOM];
    const char *state = "";
    (void)snprintf(number, sizeof number, "%08" PRId64, piece->serial);
    enum err err = hands_of(d, piece, hands, &state, why);
    const char *const rest[2] = {state, hands};
    return err ? err : print_destroyed_row(d, number, piece->seq, piece->reason, rest, why);
}

/* Blanks that the newest run of the batch has spoiled; a batch that somebody else made has none. */
static enum err print_blanks(struct destroyed_paper *d, struct why *why) {
    const struct production_store *production = &d->desk->production;
    struct production_piece list[ROWS_AT_ONCE];
    struct production_run run = {.id = 0};
    struct piece_question question = {.only = PIECE_REJECTED};
    size_t count = 0;
    enum err err = production->run_of_batch(production->self, d->given->batch, &run, why);
    if (err == ERR_NOT_FOUND) {
        return OK;
    }
    question.run = run.id;
    do {
        count = ROWS_AT_ONCE;
        err = err ? err : production->pieces_after(production->self, &question, list, &count, why);
        for (size_t i = 0; !err && i < count; i++) {
            question.after = list[i].serial;
            err = print_piece(d, &list[i], why);
        }
    } while (!err && count > 0);
    return err;
}

/* A card that nobody may have any more, or NULL for one that goes on. */
static const char *end_of(const struct batch_line *line) {
    return line->state == LINE_DESTROYED   ? "已销毁 destroyed"
           : line->state == LINE_RECOVERED ? "已收回待销毁 taken back"
           : line->state == LINE_FAILED    ? "制卡失败待销毁 failed"
                                           : NULL;
}

static enum err print_cards(struct destroyed_paper *d, struct why *why) {
    const struct issuance_store *store = &d->desk->stock.issuance;
    struct batch_line lines[ROWS_AT_ONCE];
    size_t count = 0;
    int32_t after = 0;
    enum err err = OK;
    do {
        count = ROWS_AT_ONCE;
        err = store->lines_after(store->self, d->given->batch, after, lines, &count, why);
        for (size_t i = 0; !err && i < count; i++) {
            const char *const rest[2] = {end_of(&lines[i]), ""};
            after = lines[i].seq;
            err = rest[0] ? print_destroyed_row(
                      d, lines[i].card_number, lines[i].seq, lines[i].reason, rest, why)
                          : OK;
        }
    } while (!err && count > 0);
    return err;
}

static enum err print_destroyed(
    struct production_desk *desk, const struct paper_options *given, struct why *why) {
    struct batch batch;
    char about[80], total[80];
    const struct issuance_store *store = &desk->stock.issuance;
    const struct paper_head head = head_of(desk, given->batch, "销毁清册 Destruction list", about);
    PAPER_FILE_SCOPE(paper);
    enum err err = store->batch_get(store->self, given->batch, &batch, why);
    err = err ? err : paper_file_open(&paper, given->out, &head, why);
    err = err ? err
              : paper_table(paper.paper, destroyed_columns,
                  sizeof destroyed_columns / sizeof destroyed_columns[0], why);
    struct destroyed_paper d = {.desk = desk, .given = given, .paper = paper.paper};
    err = err ? err : print_blanks(&d, why);
    err = err ? err : print_cards(&d, why);
    (void)snprintf(total, sizeof total, "共 %" PRId64 " 张  %" PRId64 " in all", d.rows, d.rows);
    err = err ? err : paper_text(paper.paper, total, 0, SIDE_LEFT, why);
    err = err ? err
              : print_signatures(
                  paper.paper, "销毁人签名 Destroyed by", "监销人签名 Before the eyes of", why);
    err = err ? err : paper_file_keep(&paper, why);
    if (!err) {
        (void)printf(given->json ? "{\"rows\": %" PRId64 "}\n"
                                 : "to be destroyed, or destroyed 待销毁及已销毁 %" PRId64 "\n",
            d.rows);
    }
    return err;
}

/* --- the two commands ----------------------------------------------------------------------------- */

/* One centre, one paper. A wrong word on the command line is wrong use; no file is read here. */
static int print_paper(const struct usage *usage, int argc, char **argv,
    enum err (*print)(
        struct production_desk *desk, const struct paper_options *given, struct why *why)) {
    struct paper_options given = {.batch = 0};
    struct why why = {0};
    int status = 0;
    if (!options_read(usage, argc, argv, &given, &status)) {
        return status;
    }
    PRODUCTION_DESK_SCOPE(desk);
    enum err err = production_desk_open(&desk, given.data, &why);
    err = err ? err : print(&desk, &given, &why);
    if (!err) {
        result_tell(given.json,
            json_pack("{s:s, s:I, s:s}", "paper", usage->command + strlen("print "), "of",
                (json_int_t)given.batch, "file", given.out),
            "the paper of batch %" PRId64 " is in %s", given.batch, given.out);
    }
    return (int)ending_tell_words(err, &why);
}

int print_quality_command(int argc, char **argv) {
    return print_paper(&quality_usage, argc, argv, print_quality);
}

int print_destruction_command(int argc, char **argv) {
    return print_paper(&destroyed_usage, argc, argv, print_destroyed);
}
