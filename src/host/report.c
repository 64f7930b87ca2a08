#include "host/report.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "base/day.h"
#include "base/money.h"
#include "host/gb18030.h"

/* ---- what every format stands on ---- */

/* How many cells of a screen a text takes; -1 when it is no text that a report may hold. */
static int cells_of(const char *text) {
    enum { WIDE_FROM = 0x2E80 }; /* Han and their punctuation; full-width forms too */
    int cells = 0;
    size_t len = strnlen(text, REPORT_TEXT_MAX + 1);
    struct cursor at = cursor_over(bytes_of(text, len));
    while (len <= REPORT_TEXT_MAX && at.rest.len > 0) {
        int32_t c = utf8_next(&at);
        if (c < ' ' || (c >= 0x7F && c < 0xA0)) {
            return -1;
        }
        cells += c >= WIDE_FROM ? 2 : 1;
    }
    return len <= REPORT_TEXT_MAX ? cells : -1;
}

static enum err stream_trouble(const struct report_sink *sink, struct why *why) {
    return why_say(why, ERR_OUTSIDE,
        "the report %s could not be written to its end: is there room on the disk?",
        sink->head->name);
}

static enum err stream_state(const struct report_sink *sink, struct why *why) {
    return ferror((FILE *)sink->self) ? stream_trouble(sink, why) : OK;
}

enum { VALUE_ROOM = REPORT_TEXT_MAX + 1 };

/* A value as people read it: in room, or as the text that was borrowed. */
static const char *value_text(
    enum report_kind kind, const struct report_value *value, char room[VALUE_ROOM]) {
    room[0] = '\0';
    switch (kind) {
    case REPORT_NUMBER:
        (void)snprintf(room, VALUE_ROOM, "%" PRId64, value->number);
        return room;
    case REPORT_FEN:
        return fen_text(value->number, room);
    case REPORT_DAY:
        if (value->number) {
            (void)snprintf(room, VALUE_ROOM, "%04d-%02d-%02d", (int)(value->number / 10000),
                (int)(value->number / 100 % 100), (int)(value->number % 100));
        }
        return room;
    case REPORT_TEXT:
    default:
        return value->text ? value->text : room;
    }
}

/* ---- the table ---- */

/* One cell: padded to its width, numbers to the right, two spaces between. */
static void table_cell(FILE *to, const struct report_column *column, const char *text, bool last) {
    int pad = (int)column->width - cells_of(text);
    bool right = column->kind == REPORT_NUMBER || column->kind == REPORT_FEN;
    if (right && pad > 0) {
        (void)fprintf(to, "%*s", pad, "");
    }
    (void)fputs(text, to);
    if (!last) {
        (void)fprintf(to, "%*s", (!right && pad > 0 ? pad : 0) + 2, "");
    }
}

static enum err table_begin(struct report_sink *sink, struct why *why) {
    FILE *to = sink->self;
    const struct report_head *head = sink->head;
    (void)fprintf(to, "%s%s%s\n\n", head->title, head->about[0] ? "  " : "", head->about);
    for (size_t i = 0; i < head->column_count; i++) {
        table_cell(to, &head->columns[i], head->columns[i].title, i + 1 == head->column_count);
    }
    (void)fputc('\n', to);
    return stream_state(sink, why);
}

static enum err table_row(
    struct report_sink *sink, const struct report_value *values, struct why *why) {
    FILE *to = sink->self;
    const struct report_head *head = sink->head;
    for (size_t i = 0; i < head->column_count; i++) {
        char room[VALUE_ROOM];
        const char *text = value_text(head->columns[i].kind, &values[i], room);
        table_cell(to, &head->columns[i], text, i + 1 == head->column_count);
    }
    (void)fputc('\n', to);
    return stream_state(sink, why);
}

static enum err table_end(struct report_sink *sink, struct why *why) {
    FILE *to = sink->self;
    const struct report_head *head = sink->head;
    bool adds = false;
    for (size_t i = 0; i < head->column_count; i++) {
        adds = adds || head->columns[i].adds;
    }
    for (size_t i = 0; adds && i < head->column_count; i++) {
        char room[VALUE_ROOM];
        const struct report_value sum = report_number(sink->sums[i]);
        const char *text = i == 0 ? "合计 Total" : "";
        text = head->columns[i].adds ? value_text(head->columns[i].kind, &sum, room) : text;
        table_cell(to, &head->columns[i], text, i + 1 == head->column_count);
    }
    if (adds) {
        (void)fputc('\n', to);
    }
    (void)fprintf(to, "\n%" PRIu64 " row%s\n", sink->row_count, &"s"[sink->row_count == 1]);
    return fflush(to) ? stream_trouble(sink, why) : stream_state(sink, why);
}

/* ---- CSV ---- */

/* A text that another program reads back as it is; quoted where it must be. */
static void csv_text(FILE *to, const char *text) {
    bool formula = text[0] && strchr("=+-@", text[0]);
    bool quoted = strpbrk(text, ",\"") != NULL;
    if (quoted) {
        (void)fputc('"', to);
    }
    if (formula) {
        (void)fputc('\'', to);
    }
    for (const char *c = text; *c; c++) {
        (void)fputs(*c == '"' ? "\"\"" : (char[2]){*c, '\0'}, to);
    }
    if (quoted) {
        (void)fputc('"', to);
    }
}

/* Yuan with two places and no commas. */
static void csv_fen(FILE *to, int64_t fen) {
    uint64_t size = fen < 0 ? 0 - (uint64_t)fen : (uint64_t)fen;
    (void)fprintf(to, "%s%" PRIu64 ".%02u", &"-"[fen >= 0], size / 100, (unsigned)(size % 100));
}

static enum err csv_begin(struct report_sink *sink, struct why *why) {
    FILE *to = sink->self;
    for (size_t i = 0; i < sink->head->column_count; i++) {
        (void)fprintf(to, "%s%s", &","[i == 0], sink -> head -> columns[i].name);
    }
    (void)fputs("\r\n", to);
    return stream_state(sink, why);
}

static enum err csv_row(
    struct report_sink *sink, const struct report_value *values, struct why *why) {
    FILE *to = sink->self;
    for (size_t i = 0; i < sink->head->column_count; i++) {
        enum report_kind kind = sink->head->columns[i].kind;
        char room[VALUE_ROOM];
        (void)fputs(&","[i == 0], to);
        if (kind == REPORT_FEN) {
            csv_fen(to, values[i].number);
        } else if (kind == REPORT_TEXT) {
            csv_text(to, value_text(kind, &values[i], room));
        } else {
            (void)fputs(value_text(kind, &values[i], room), to);
        }
    }
    (void)fputs("\r\n", to);
    return stream_state(sink, why);
}

static enum err csv_end(struct report_sink *sink, struct why *why) {
    return fflush(sink->self) ? stream_trouble(sink, why) : stream_state(sink, why);
}

/* ---- JSON ---- */

static void json_string_to(FILE *to, const char *text) {
    json_t *string = json_string(text);
    if (!string || json_dumpf(string, to, JSON_ENCODE_ANY)) {
        (void)fputs("null", to);
    }
    json_decref(string);
}

static enum err json_begin(struct report_sink *sink, struct why *why) {
    FILE *to = sink->self;
    (void)fputs("{\"report\": ", to);
    json_string_to(to, sink->head->name);
    (void)fputs(", \"title\": ", to);
    json_string_to(to, sink->head->title);
    (void)fputs(", \"about\": ", to);
    json_string_to(to, sink->head->about);
    (void)fputs(", \"rows\": [", to);
    return stream_state(sink, why);
}

static enum err json_row(
    struct report_sink *sink, const struct report_value *values, struct why *why) {
    FILE *to = sink->self;
    (void)fputs(sink->row_count ? ",\n{" : "\n{", to);
    for (size_t i = 0; i < sink->head->column_count; i++) {
        const struct report_column *column = &sink->head->columns[i];
        (void)fprintf(to, "%s\"%s\": ", i ? ", " : "", column->name);
        if (column->kind == REPORT_TEXT) {
            json_string_to(to, values[i].text ? values[i].text : "");
        } else {
            (void)fprintf(to, "%" PRId64, values[i].number);
        }
    }
    (void)fputc('}', to);
    return stream_state(sink, why);
}

static enum err json_end(struct report_sink *sink, struct why *why) {
    FILE *to = sink->self;
    const char *comma = "";
    (void)fprintf(to, "],\n\"row_count\": %" PRIu64 ", \"totals\": {", sink->row_count);
    for (size_t i = 0; i < sink->head->column_count; i++) {
        if (sink->head->columns[i].adds) {
            (void)fprintf(
                to, "%s\"%s\": %" PRId64, comma, sink->head->columns[i].name, sink->sums[i]);
            comma = ", ";
        }
    }
    (void)fputs("}}\n", to);
    return fflush(to) ? stream_trouble(sink, why) : stream_state(sink, why);
}

/* ---- the sinks, and the way of a report through them ---- */

static const struct report_format {
    const char *name;
    struct report_writer writer;
} formats[] = {
    {"table", {table_begin, table_row, table_end}},
    {"csv",   {csv_begin, csv_row, csv_end}      },
    {"json",  {json_begin, json_row, json_end}   },
};
enum { FORMAT_TABLE, FORMAT_CSV, FORMAT_JSON };

static struct report_sink sink_on(size_t format, FILE *to) {
    assert(to);
    return (struct report_sink){.writer = &formats[format].writer, .self = to};
}

struct report_sink report_table(FILE *to) {
    return sink_on(FORMAT_TABLE, to);
}

struct report_sink report_csv(FILE *to) {
    return sink_on(FORMAT_CSV, to);
}

struct report_sink report_json(FILE *to) {
    return sink_on(FORMAT_JSON, to);
}

bool report_sink_named(const char *format, FILE *to, struct report_sink *sink) {
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(format, formats[i].name) == 0) {
            *sink = sink_on(i, to);
            return true;
        }
    }
    return false;
}

enum err report_begin(struct report_sink *sink, const struct report_head *head, struct why *why) {
    assert(!sink->head);
    assert(head->column_count > 0 && head->column_count <= REPORT_COLUMNS_MAX);
    for (size_t i = 0; i < head->column_count; i++) {
        enum report_kind kind = head->columns[i].kind;
        assert(!head->columns[i].adds || kind == REPORT_NUMBER || kind == REPORT_FEN);
        assert(cells_of(head->columns[i].title) >= 0);
    }
    sink->head = head;
    sink->row_count = 0;
    (void)memset(sink->sums, 0, sizeof sink->sums);
    return sink->writer->begin(sink, why);
}

/* What a value must be, and what the column's sum becomes with it. */
static enum err value_check(const struct report_column *column, const struct report_value *value,
    int64_t *sum, struct why *why) {
    if (column->kind == REPORT_TEXT && value->text && cells_of(value->text) < 0) {
        return why_say(why, ERR_INVALID,
            "column %s: the text is no UTF-8, is longer than %d bytes, or holds control characters",
            column->name, (int)REPORT_TEXT_MAX);
    }
    bool in_range = value->number >= 0 && value->number <= UINT32_MAX;
    if (column->kind == REPORT_DAY && value->number
        && (!in_range || !day_exists((uint32_t)value->number))) {
        return why_say(
            why, ERR_INVALID, "column %s: %" PRId64 " is no day", column->name, value->number);
    }
    if (column->adds && !fen_add(*sum, value->number, sum)) {
        return why_say(why, ERR_INVALID, "column %s: its sum is too great to say", column->name);
    }
    return OK;
}

enum err report_row(struct report_sink *sink, const struct report_value *values, struct why *why) {
    const struct report_head *head = sink->head;
    int64_t sums[REPORT_COLUMNS_MAX];
    assert(head);
    (void)memcpy(sums, sink->sums, sizeof sums);
    for (size_t i = 0; i < head->column_count; i++) {
        enum err err = value_check(&head->columns[i], &values[i], &sums[i], why);
        if (err) {
            return why_add(why, err, "report %s, row %" PRIu64, head->name, sink->row_count + 1);
        }
    }
    enum err err = sink->writer->row(sink, values, why);
    if (!err) {
        (void)memcpy(sink->sums, sums, sizeof sums);
        sink->row_count++;
    }
    return err;
}

enum err report_end(struct report_sink *sink, struct why *why) {
    assert(sink->head);
    enum err err = sink->writer->end(sink, why);
    sink->head = NULL;
    return err;
}
