#include "faces/sheet_xlsx.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "base/money.h"
#include "faces/report_form.h"
#include "host/files.h"

/* book 1: a row is written once, from left to right, and then is no longer in memory.
 * book 2: nothing is left of the folder, however the book ends. */

enum { TITLE_ROW, ABOUT_ROW, HEAD_ROW, FIRST_ROW };

/* A double and a spreadsheet keep fifteen digits; more are text. */
static const int64_t digits_kept = 999999999999999;

struct book {
    FILE *to;
    char folder[PATH_ROOM], path[PATH_ROOM];
    lxw_workbook *workbook; /* NULL before begin and after end */
    lxw_worksheet *sheet;
    lxw_format *money, *day, *bold;
    lxw_row_t row; /* the next one of the sheet */
    uint32_t date;
};

static enum err trouble(const struct book *book, const char *what, struct why *why) {
    return why_say(why, ERR_OUTSIDE,
        "the spreadsheet could not be %s: is there room in %s for what it collects?", what,
        book->folder);
}

enum err sheet_xlsx_new(FILE *to, uint32_t day, void **self, struct why *why) {
    struct book *book = calloc(1, sizeof *book);
    const char *parent = getenv("TMPDIR");
    assert(to);
    *self = NULL;
    if (!book) {
        return why_say(why, ERR_OUTSIDE, "no memory for a spreadsheet; try again");
    }
    book->to = to;
    book->date = day ? day : 20000101;
    int len = snprintf(book->folder, sizeof book->folder, "%s/shebao-sheet-XXXXXX",
        parent && parent[0] ? parent : "/tmp");
    if (len < 0 || len > PATH_ROOM - 16 || !mkdtemp(book->folder)) {
        enum err err = files_trouble(why, "make a folder for a spreadsheet,", book->folder);
        free(book);
        return err;
    }
    (void)files_join(book->path, book->folder, "book");
    *self = book;
    return OK;
}

void sheet_xlsx_free(void *self) {
    struct book *book = self;
    if (!book) {
        return;
    }
    if (book->workbook) {
        lxw_workbook_free(book->workbook);
    }
    (void)unlink(book->path);
    (void)rmdir(book->folder);
    free(book);
}

/* What stands in a cell of text, of whatever the library says: too long is checked already. */
static bool put_text(struct book *book, lxw_col_t column, const char *text, lxw_format *format) {
    return !text[0]
           || worksheet_write_string(book->sheet, book->row, column, text, format) == LXW_NO_ERROR;
}

static bool put_number(struct book *book, lxw_col_t column, int64_t number, bool fen) {
    char text[FEN_TEXT_MAX];
    lxw_format *format = fen ? book->money : NULL;
    if (number > digits_kept || number < -digits_kept) {
        (void)snprintf(text, sizeof text, "%" PRId64, number);
        return put_text(book, column, fen ? fen_text(number, text) : text, NULL);
    }
    double value = fen ? (double)number / 100 : (double)number;
    return worksheet_write_number(book->sheet, book->row, column, value, format) == LXW_NO_ERROR;
}

/* Spreadsheets count days from 1900; one before that is text. */
static bool put_day(struct book *book, lxw_col_t column, int64_t day) {
    lxw_datetime date = {
        .year = (int)(day / 10000), .month = (int)(day / 100 % 100), .day = (int)(day % 100)};
    if (day == 0) {
        return true;
    }
    if (date.year < 1901 || date.year > 9999) {
        char text[40];
        (void)snprintf(text, sizeof text, "%04d-%02d-%02d", date.year, date.month, date.day);
        return put_text(book, column, text, NULL);
    }
    return worksheet_write_datetime(book->sheet, book->row, column, &date, book->day)
           == LXW_NO_ERROR;
}

static bool put_value(struct book *book, lxw_col_t at, const struct report_column *column,
    const struct report_value *value) {
    switch (column->kind) {
    case REPORT_NUMBER:
        return put_number(book, at, value->number, false);
    case REPORT_FEN:
        return put_number(book, at, value->number, true);
    case REPORT_DAY:
        return put_day(book, at, value->number);
    case REPORT_TEXT:
    default:
        return put_text(book, at, value->text ? value->text : "", NULL);
    }
}

/* Whether what was collected so far reached its file. */
static bool collected(const struct book *book) {
    return !ferror(book->sheet->optimize_tmpfile);
}

/* One more sheet with the report's head on it. */
static bool sheet_begin(struct book *book, const struct report_head *head) {
    book->sheet = workbook_add_worksheet(book->workbook, NULL);
    if (!book->sheet || !book->sheet->optimize_tmpfile) {
        return false;
    }
    for (size_t i = 0; i < head->column_count; i++) {
        (void)worksheet_set_column(
            book->sheet, (lxw_col_t)i, (lxw_col_t)i, head->columns[i].width + 2, NULL);
    }
    worksheet_freeze_panes(book->sheet, FIRST_ROW, 0);
    book->row = TITLE_ROW;
    bool good = put_text(book, 0, head->title, book->bold);
    book->row = ABOUT_ROW;
    good = good && put_text(book, 0, head->about, NULL);
    book->row = HEAD_ROW;
    for (size_t i = 0; good && i < head->column_count; i++) {
        good = put_text(book, (lxw_col_t)i, head->columns[i].title, book->bold);
    }
    book->row = FIRST_ROW;
    return good;
}

/* The file's own date: that of the report, so that the same rows are the same bytes. */
static void set_date(struct book *book) {
    struct tm tm = {.tm_year = (int)(book->date / 10000) - 1900,
        .tm_mon = (int)(book->date / 100 % 100) - 1,
        .tm_mday = (int)(book->date % 100),
        .tm_hour = 12};
    lxw_doc_properties properties = {.created = timegm(&tm)};
    (void)workbook_set_properties(book->workbook, &properties);
}

static enum err book_begin(struct report_sink *sink, struct why *why) {
    struct book *book = sink->self;
    lxw_workbook_options options = {
        .constant_memory = LXW_TRUE, .tmpdir = book->folder, .use_zip64 = LXW_FALSE};
    book->workbook = workbook_new_opt(book->path, &options);
    if (!book->workbook) {
        return trouble(book, "begun", why);
    }
    set_date(book);
    book->money = workbook_add_format(book->workbook);
    format_set_num_format(book->money, "#,##0.00");
    book->day = workbook_add_format(book->workbook);
    format_set_num_format(book->day, "yyyy-mm-dd");
    book->bold = workbook_add_format(book->workbook);
    format_set_bold(book->bold);
    return sheet_begin(book, sink->head) ? OK : trouble(book, "begun", why);
}

static enum err book_row(
    struct report_sink *sink, const struct report_value *values, struct why *why) {
    struct book *book = sink->self;
    bool good = true;
    if (book->row == FIRST_ROW + REPORT_SHEET_ROWS) {
        good = sheet_begin(book, sink->head);
    }
    for (size_t i = 0; good && i < sink->head->column_count; i++) {
        good = put_value(book, (lxw_col_t)i, &sink->head->columns[i], &values[i]);
    }
    book->row++;
    return good && collected(book) ? OK : trouble(book, "collected", why);
}

static bool put_totals(struct book *book, const struct report_sink *sink) {
    bool adds = false, good = true;
    for (size_t i = 0; i < sink->head->column_count; i++) {
        adds = adds || sink->head->columns[i].adds;
    }
    for (size_t i = 0; adds && good && i < sink->head->column_count; i++) {
        const struct report_column *column = &sink->head->columns[i];
        const struct report_value sum = report_number(sink->sums[i]);
        good = column->adds ? put_value(book, (lxw_col_t)i, column, &sum)
               : i == 0     ? put_text(book, 0, "合计 Total", book->bold)
                            : true;
    }
    return good;
}

/* The library puts the whole together without looking at each write: that there is room for it is made
 * sure of before. */
static bool room_to_finish(const struct book *book) {
    enum { BESIDE = 1 << 20 };
    char path[PATH_ROOM];
    bool good = fflush(book->sheet->optimize_tmpfile) == 0 && collected(book)
                && files_join(path, book->folder, "room");
    off_t len = good ? ftello(book->sheet->optimize_tmpfile) : -1;
    int fd = len >= 0 ? open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600) : -1;
    good = fd >= 0 && posix_fallocate(fd, 0, len + len / 2 + BESIDE) == 0;
    if (fd >= 0) {
        (void)close(fd);
        (void)unlink(path);
    }
    return good;
}

static bool copy_out(const struct book *book) {
    char piece[65536];
    FILE *from = fopen(book->path, "rbe");
    size_t got = 0;
    bool good = from != NULL;
    while (good && (got = fread(piece, 1, sizeof piece, from)) > 0) {
        good = fwrite(piece, 1, got, book->to) == got;
    }
    good = good && !ferror(from);
    if (from) {
        (void)fclose(from);
    }
    return good && fflush(book->to) == 0;
}

static enum err book_end(struct report_sink *sink, struct why *why) {
    struct book *book = sink->self;
    if (!put_totals(book, sink) || !room_to_finish(book)) {
        return trouble(book, "finished", why);
    }
    lxw_error closed = workbook_close(book->workbook);
    book->workbook = NULL;
    if (closed != LXW_NO_ERROR) {
        return trouble(book, "put together", why);
    }
    return copy_out(book)
               ? OK
               : why_say(why, ERR_OUTSIDE,
                   "the report %s could not be written to its end: is there room on the disk?",
                   sink->head->name);
}

const struct report_writer sheet_xlsx_writer = {book_begin, book_row, book_end};
