#include "faces/sheet_pdf.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/money.h"
#include "faces/paper.h"

enum { LYING_FROM = 70 }; /* so many cells of all columns, and the paper lies */

struct sheet {
    FILE *to;
    struct paper_head head;
    struct paper *paper;
    struct paper_column columns[REPORT_COLUMNS_MAX];
};

enum { FIGURE_ROOM = 40 };

/* A number, money or a day as people read it. */
static const char *figure(enum report_kind kind, int64_t number, char room[FIGURE_ROOM]) {
    room[0] = '\0';
    if (kind == REPORT_FEN) {
        return fen_text(number, room);
    }
    if (kind == REPORT_DAY && number) {
        (void)snprintf(room, FIGURE_ROOM, "%04d-%02d-%02d", (int)(number / 10000),
            (int)(number / 100 % 100), (int)(number % 100));
    } else if (kind == REPORT_NUMBER) {
        (void)snprintf(room, FIGURE_ROOM, "%" PRId64, number);
    }
    return room;
}

static enum err sheet_begin(struct report_sink *sink, struct why *why) {
    struct sheet *sheet = sink->self;
    const struct report_head *head = sink->head;
    unsigned cells = 0;
    assert(!sheet->paper);
    for (size_t i = 0; i < head->column_count; i++) {
        enum report_kind kind = head->columns[i].kind;
        unsigned width = head->columns[i].width > 3 ? head->columns[i].width : 4;
        sheet->columns[i] = (struct paper_column){.title = head->columns[i].title,
            .share = width,
            .right = kind == REPORT_FEN || kind == REPORT_NUMBER};
        cells += width;
    }
    sheet->head.title = head->title;
    sheet->head.about = head->about;
    sheet->head.lying = cells > LYING_FROM;
    enum err err = paper_open(sheet->to, &sheet->head, &sheet->paper, why);
    return err ? err : paper_table(sheet->paper, sheet->columns, head->column_count, why);
}

static enum err sheet_row(
    struct report_sink *sink, const struct report_value *values, struct why *why) {
    struct sheet *sheet = sink->self;
    char rooms[REPORT_COLUMNS_MAX][FIGURE_ROOM];
    const char *texts[REPORT_COLUMNS_MAX] = {NULL};
    for (size_t i = 0; i < sink->head->column_count; i++) {
        enum report_kind kind = sink->head->columns[i].kind;
        texts[i] = kind == REPORT_TEXT ? values[i].text : figure(kind, values[i].number, rooms[i]);
    }
    return paper_row(sheet->paper, texts, why);
}

static enum err sheet_totals(struct report_sink *sink, struct why *why) {
    struct sheet *sheet = sink->self;
    char rooms[REPORT_COLUMNS_MAX][FIGURE_ROOM];
    const char *texts[REPORT_COLUMNS_MAX] = {NULL};
    bool adds = false;
    for (size_t i = 0; i < sink->head->column_count; i++) {
        const struct report_column *column = &sink->head->columns[i];
        texts[i] = i == 0 ? "合计 Total" : NULL;
        texts[i] = column->adds ? figure(column->kind, sink->sums[i], rooms[i]) : texts[i];
        adds = adds || column->adds;
    }
    return adds ? paper_row(sheet->paper, texts, why) : OK;
}

static enum err sheet_end(struct report_sink *sink, struct why *why) {
    struct sheet *sheet = sink->self;
    char count[64];
    (void)snprintf(count, sizeof count, "共 %" PRIu64 " 行  %" PRIu64 " row%s", sink->row_count,
        sink->row_count, &"s"[sink->row_count == 1]);
    enum err err = sheet_totals(sink, why);
    err = err ? err : paper_text(sheet->paper, count, 0, SIDE_LEFT, why);
    err = err ? err : paper_end(sheet->paper, why);
    if (!err && fflush(sheet->to)) {
        err = why_say(why, ERR_OUTSIDE,
            "the report %s could not be written to its end: is there room on the disk?",
            sink->head->name);
    }
    return err;
}

const struct report_writer sheet_pdf_writer = {sheet_begin, sheet_row, sheet_end};

void *sheet_pdf_new(FILE *to, uint32_t day) {
    struct sheet *sheet = calloc(1, sizeof *sheet);
    assert(to);
    if (sheet) {
        sheet->to = to;
        sheet->head.day = day;
    }
    return sheet;
}

void sheet_pdf_free(void *self) {
    struct sheet *sheet = self;
    if (sheet) {
        paper_close(sheet->paper);
        free(sheet);
    }
}
