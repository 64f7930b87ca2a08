#include "faces/paper.h"

#include <assert.h>
#include <cairo-pdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "faces/code_square.h"

/* paper 1: what is drawn lies between the margins; what does not fit starts a page of its own.
 * paper 2: a page is shown once, when it is full or the paper ends. */

static const double short_side = 595.28, long_side = 841.89; /* A4 in points */
static const double points_a_mm = 72 / 25.4;
enum { MARGIN = 42, FOOT = 30 };                         /* of a page */
enum { TITLE = 15, ORDINARY = 10, SMALL = 8, CELL = 9 }; /* sizes of text */

struct paper {
    FILE *to;
    struct fonts *fonts;
    cairo_surface_t *surface;
    cairo_t *cr;
    const struct paper_head *head;
    double width, height; /* of the page */
    double y;             /* where the next thing goes */
    double top;           /* where a page's own things begin */
    unsigned page;
    const struct paper_column *columns; /* of the table that is going on, or NULL */
    size_t column_count;
    double lefts[PAPER_COLUMNS_MAX + 1]; /* of each column, and the right end of the last */
};

static double inner_width(const struct paper *p) {
    return p->width - 2 * MARGIN;
}

static enum err state(const struct paper *p, struct why *why) {
    cairo_status_t now = cairo_status(p->cr);
    now = now ? now : cairo_surface_status(p->surface);
    now = ferror(p->to) ? CAIRO_STATUS_WRITE_ERROR : now; /* cairo may tell it later, or never */
    return now == CAIRO_STATUS_SUCCESS
               ? OK
               : why_say(why, ERR_OUTSIDE,
                   "the paper \"%s\" could not be written to its end (%s): is there room on the "
                   "disk?",
                   p->head->title, cairo_status_to_string(now));
}

static cairo_status_t write_stream(void *self, const unsigned char *data, unsigned len) {
    return fwrite(data, 1, len, self) == len ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static enum err draw(struct paper *p, const struct text_place *place, const char *text,
    double *height, struct why *why) {
    enum err err = fonts_draw(p->fonts, p->cr, place, text, height, why);
    return err ? why_add(why, err, "%s", p->head->title) : OK;
}

static void line_at(struct paper *p, double y, double thick) {
    cairo_set_line_width(p->cr, thick);
    cairo_move_to(p->cr, MARGIN, y);
    cairo_line_to(p->cr, p->width - MARGIN, y);
    cairo_stroke(p->cr);
}

/* Grey, across the page, below everything else. */
static enum err stamp_page(struct paper *p, struct why *why) {
    const struct text_place place = {
        .x = -200, .y = -25, .width = 400, .size = 44, .side = SIDE_MIDDLE};
    if (!p->head->stamp) {
        return OK;
    }
    cairo_save(p->cr);
    cairo_translate(p->cr, p->width / 2, p->height / 2);
    cairo_rotate(p->cr, -0.5);
    cairo_set_source_rgb(p->cr, 0.88, 0.88, 0.88);
    enum err err = draw(p, &place, p->head->stamp, NULL, why);
    cairo_restore(p->cr);
    return err;
}

static enum err page_begin(struct paper *p, struct why *why) {
    const struct text_place title = {
        .x = MARGIN, .y = MARGIN, .width = inner_width(p), .size = TITLE, .side = SIDE_MIDDLE};
    struct text_place about = {
        .x = MARGIN, .width = inner_width(p), .size = SMALL, .side = SIDE_MIDDLE};
    double height = 0, more = 0;
    p->page++;
    enum err err = stamp_page(p, why);
    err = err ? err : draw(p, &title, p->head->title, &height, why);
    about.y = MARGIN + height + 2;
    if (!err && p->head->about[0]) {
        err = draw(p, &about, p->head->about, &more, why);
    }
    p->top = p->y = about.y + more + 8;
    return err;
}

/* The number of the page; the last one says that it is. */
static enum err page_end(struct paper *p, bool last, struct why *why) {
    const struct text_place place = {.x = MARGIN,
        .y = p->height - FOOT,
        .width = inner_width(p),
        .size = SMALL,
        .side = SIDE_MIDDLE};
    char text[80];
    (void)snprintf(text, sizeof text, "第 %u 页%s Page %u%s", p->page, last ? "（完）" : "",
        p->page, last ? " (last)" : "");
    enum err err = draw(p, &place, text, NULL, why);
    cairo_show_page(p->cr);
    return err ? err : state(p, why);
}

static void set_metadata(struct paper *p) {
    char date[32];
    uint32_t day = p->head->day ? p->head->day : 20000101;
    (void)snprintf(
        date, sizeof date, "%04u-%02u-%02uT00:00:00Z", day / 10000, day / 100 % 100, day % 100);
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_CREATE_DATE, date);
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_TITLE, p->head->title);
}

enum err paper_open(FILE *to, const struct paper_head *head, struct paper **out, struct why *why) {
    struct paper *p = calloc(1, sizeof *p);
    *out = NULL;
    if (!p) {
        return why_say(why, ERR_OUTSIDE, "no memory for a paper; try again");
    }
    p->to = to;
    p->head = head;
    p->width = head->lying ? long_side : short_side;
    p->height = head->lying ? short_side : long_side;
    enum err err = fonts_open(&p->fonts, why);
    if (!err) {
        p->surface = cairo_pdf_surface_create_for_stream(write_stream, to, p->width, p->height);
        p->cr = cairo_create(p->surface);
        set_metadata(p);
        err = page_begin(p, why);
        err = err ? err : state(p, why);
    }
    if (err) {
        paper_close(p);
        return err;
    }
    *out = p;
    return OK;
}

enum err paper_end(struct paper *p, struct why *why) {
    enum err err = page_end(p, true, why);
    cairo_surface_finish(p->surface);
    return err ? err : state(p, why);
}

/* A paper that is given up is ended into nothing: its stream may be gone already. */
void paper_close(struct paper *p) {
    if (!p) {
        return;
    }
    if (p->cr) {
        cairo_destroy(p->cr);
    }
    if (p->surface) {
        cairo_surface_destroy(p->surface);
    }
    fonts_close(p->fonts);
    free(p);
}

static enum err table_head(struct paper *p, struct why *why);

enum err paper_new_page(struct paper *p, struct why *why) {
    if (p->y <= p->top) {
        return OK;
    }
    enum err err = page_end(p, false, why);
    err = err ? err : page_begin(p, why);
    return err || !p->columns ? err : table_head(p, why);
}

/* Makes sure that so much fits below; paper 1. */
static enum err room_for(struct paper *p, double height, struct why *why) {
    assert(height >= 0);
    return p->y + height > p->height - FOOT - 6 ? paper_new_page(p, why) : OK;
}

enum err paper_text(
    struct paper *p, const char *text, double size, enum text_side side, struct why *why) {
    struct text_place place = {.x = MARGIN,
        .width = inner_width(p),
        .size = size > 0 ? size : ORDINARY,
        .side = side,
        .breaks = true};
    double height = 0;
    p->columns = NULL;
    enum err err = fonts_draw(p->fonts, NULL, &place, text, &height, why);
    err = err ? why_add(why, err, "%s", p->head->title) : room_for(p, height, why);
    place.y = p->y;
    err = err ? err : draw(p, &place, text, &height, why);
    p->y += height + 3;
    return err ? err : state(p, why);
}

static enum err one_field(struct paper *p, const struct paper_field *field, struct why *why) {
    const double label_width = inner_width(p) * 0.42;
    struct text_place label = {.x = MARGIN, .width = label_width - 6, .size = ORDINARY};
    struct text_place value = {.x = MARGIN + label_width,
        .width = inner_width(p) - label_width,
        .size = ORDINARY,
        .side = field->right ? SIDE_RIGHT : SIDE_LEFT,
        .breaks = true};
    double height = ORDINARY * 1.4, value_height = 0;
    enum err err = OK;
    if (field->value) {
        err = fonts_draw(p->fonts, NULL, &value, field->value, &value_height, why);
        err = err ? why_add(why, err, "%s, %s", p->head->title, field->label) : OK;
    } else {
        label.width = inner_width(p);
    }
    height = value_height > height ? value_height : height;
    err = err ? err : room_for(p, height, why);
    label.y = value.y = p->y;
    err = err ? err : draw(p, &label, field->label, NULL, why);
    if (!err && field->value) {
        err = draw(p, &value, field->value, NULL, why);
    }
    p->y += height + 2;
    line_at(p, p->y, field->value ? 0.2 : 0.6);
    p->y += 3;
    return err ? err : state(p, why);
}

enum err paper_fields(
    struct paper *p, const struct paper_field *fields, size_t count, struct why *why) {
    enum err err = OK;
    p->columns = NULL;
    for (size_t i = 0; !err && i < count; i++) {
        err = one_field(p, &fields[i], why);
    }
    return err;
}

/* ---- tables ---- */

static struct text_place cell_place(const struct paper *p, size_t i) {
    return (struct text_place){.x = p->lefts[i] + 2,
        .y = p->y,
        .width = p->lefts[i + 1] - p->lefts[i] - 4,
        .size = CELL,
        .side = p->columns[i].right ? SIDE_RIGHT : SIDE_LEFT,
        .breaks = true};
}

/* Whether a text fits its column in one line for certain: no character is wider than it is high, those
 * of one byte are half as wide. */
static bool surely_short(const char *text, double width) {
    double wide = 0;
    for (const char *c = text; *c && wide <= width; c++) {
        wide += ((unsigned char)*c & 0xC0) == 0x80 ? 0
                : (unsigned char)*c < 0x80         ? CELL / 2.0
                                                   : CELL;
    }
    return wide * 1.05 <= width;
}

static enum err row_height(
    struct paper *p, const char *const *texts, double *height, struct why *why) {
    enum err err = OK;
    *height = CELL * 1.35;
    for (size_t i = 0; !err && i < p->column_count; i++) {
        const struct text_place place = cell_place(p, i);
        double tall = 0;
        if (texts[i] && !surely_short(texts[i], place.width)) {
            err = fonts_draw(p->fonts, NULL, &place, texts[i], &tall, why);
        }
        *height = tall > *height ? tall : *height;
    }
    return err;
}

static enum err draw_cells(
    struct paper *p, const char *const *texts, double height, double thick, struct why *why) {
    enum err err = OK;
    for (size_t i = 0; !err && i < p->column_count; i++) {
        const struct text_place place = cell_place(p, i);
        if (texts[i] && texts[i][0]) {
            err = draw(p, &place, texts[i], NULL, why);
        }
    }
    p->y += height + 1;
    line_at(p, p->y, thick);
    p->y += 2;
    return err ? err : state(p, why);
}

static enum err table_head(struct paper *p, struct why *why) {
    const char *titles[PAPER_COLUMNS_MAX] = {NULL};
    double height = 0;
    for (size_t i = 0; i < p->column_count; i++) {
        titles[i] = p->columns[i].title;
    }
    enum err err = row_height(p, titles, &height, why);
    line_at(p, p->y - 2, 0.8);
    err = err ? err : draw_cells(p, titles, height, 0.6, why);
    return err;
}

enum err paper_table(
    struct paper *p, const struct paper_column *columns, size_t count, struct why *why) {
    double all = 0, left = MARGIN;
    assert(count >= 1 && count <= PAPER_COLUMNS_MAX);
    for (size_t i = 0; i < count; i++) {
        assert(columns[i].share > 0);
        all += columns[i].share;
    }
    for (size_t i = 0; i < count; i++) {
        p->lefts[i] = left;
        left += inner_width(p) * columns[i].share / all;
    }
    p->lefts[count] = left;
    p->columns = NULL; /* the head is drawn here, once, wherever here is */
    enum err err = room_for(p, CELL * 6, why);
    p->columns = columns;
    p->column_count = count;
    p->y += 4;
    return err ? err : table_head(p, why);
}

enum err paper_row(struct paper *p, const char *const *texts, struct why *why) {
    double height = 0;
    assert(p->columns);
    enum err err = row_height(p, texts, &height, why);
    err = err ? why_add(why, err, "%s", p->head->title) : room_for(p, height + 3, why);
    return err ? err : draw_cells(p, texts, height, 0.2, why);
}

enum err paper_rule(struct paper *p, double mm, struct why *why) {
    p->columns = NULL;
    enum err err = room_for(p, mm * points_a_mm + 4, why);
    p->y += mm * points_a_mm;
    line_at(p, p->y, 0.5);
    p->y += 4;
    return err ? err : state(p, why);
}

/* ---- sheets that are torn ---- */

enum err paper_frame(
    struct paper *p, const char *label, const char *text, double mm, struct why *why) {
    enum { LARGE = 26, INSIDE = 4 };
    const double tall = mm * points_a_mm, wide = inner_width(p) / 2;
    assert(mm >= 10);
    p->columns = NULL;
    enum err err = room_for(p, tall + 8, why);
    struct text_place place = {.x = (p->width - wide) / 2 + INSIDE,
        .y = p->y + INSIDE,
        .width = wide - 2 * INSIDE,
        .size = SMALL,
        .side = SIDE_MIDDLE};
    err = err ? err : draw(p, &place, label, NULL, why);
    place.size = LARGE < tall / 3 ? LARGE : tall / 3;
    place.y = p->y + tall / 2 - place.size / 3;
    err = err ? err : draw(p, &place, text, NULL, why);
    cairo_set_line_width(p->cr, 1);
    cairo_rectangle(p->cr, (p->width - wide) / 2, p->y, wide, tall);
    cairo_stroke(p->cr);
    p->y += tall + 8;
    return err ? err : state(p, why);
}

enum err paper_tear(struct paper *p, const char *words, double mm, struct why *why) {
    const double dash = 4;
    p->columns = NULL;
    enum err err = room_for(p, mm * points_a_mm + 2 * SMALL, why);
    p->y += mm * points_a_mm;
    cairo_save(p->cr);
    cairo_set_dash(p->cr, &dash, 1, 0);
    line_at(p, p->y, 0.5);
    cairo_restore(p->cr);
    p->y += 2;
    return err ? err : paper_text(p, words, SMALL, SIDE_MIDDLE, why);
}

/* ---- codes ---- */

/* The text stands below it, for who has no scanner. */
enum err paper_code(struct paper *p, const char *text, double mm, struct why *why) {
    double side = mm * points_a_mm;
    p->columns = NULL;
    enum err err = room_for(p, side + 16, why);
    err = err ? err : code_square_draw(p->cr, text, MARGIN, p->y, side, why);
    if (!err) {
        p->y += side;
        err = paper_text(p, text, SMALL, SIDE_LEFT, why);
    }
    return err ? err : state(p, why);
}
