#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "clearing/partition_page.h"
#include "clearing/partition_piece.h"
#include "host/files.h"

enum { PAGE_MAX = 1 << 30 };

/* --- pages --------------------------------------------------------------------------------- */

void parts_free_page(struct parts_day *day) {
    free(day->files);
    free(day->part_rows);
    free(day->seals);
    day->files = NULL;
    day->part_rows = NULL;
    day->seals = NULL;
}

/* Days of the calendar, rising, all before the one that is made. */
static enum err check_days(const struct parts_order *order, struct why *why) {
    bool good = order->earlier_count <= PARTS_EARLIER_MAX
                && (order->earlier || order->earlier_count == 0);
    for (size_t i = 0; good && i < order->earlier_count; i++) {
        uint32_t next = i + 1 < order->earlier_count ? order->earlier[i + 1] : order->day;
        good = day_exists(order->earlier[i]) && order->earlier[i] < next;
    }
    return good ? OK
                : why_say(why, ERR_INVALID,
                    "earlier days come in rising order, before %08" PRIu32 ", at most %d of them",
                    order->day, (int)PARTS_EARLIER_MAX);
}

/* One page, as the order of that day would find it. */
static enum err read_page(struct parts_day *day, size_t index, struct why *why) {
    FILE_CONTENT_SCOPE(text);
    struct parts_day *page = &day->pages[index];
    struct parts_order of = {.day = day->order->earlier[index], .folder = day->order->folder};
    char path[PATH_ROOM];
    if (!parts_path(path, &of, 1, 1)) {
        return why_say(why, ERR_INVALID, "the folder's name is too long; choose another");
    }
    enum err err = files_read(path, PAGE_MAX, &text, why);
    if (err == ERR_NOT_FOUND) {
        return why_say(why, ERR_CONFLICT,
            "there is no page of the earlier day %08" PRIu32 "; clear it first", of.day);
    }
    page->order = &of;
    err = err ? err : page_read(page, (const char *)text.at, text.len, why);
    page->order = NULL;
    if (!err) {
        day->earlier[index].day = of.day;
        page_seal((const char *)text.at, text.len, day->earlier[index].page_seal);
    }
    return err;
}

enum err parts_open_earlier(struct parts_day *day, struct why *why) {
    const struct parts_order *order = day->order;
    enum err err = check_days(order, why);
    if (err || order->earlier_count == 0) {
        return err;
    }
    day->pages = calloc(order->earlier_count, sizeof *day->pages);
    if (!day->pages) {
        return why_say(why, ERR_OUTSIDE, "no memory for earlier days; end other programs");
    }
    for (size_t i = 0; !err && i < order->earlier_count; i++) {
        day->earlier_count = i + 1;
        err = read_page(day, i, why);
    }
    return err;
}

/* --- records ------------------------------------------------------------------------------- */

/* One worker's walk through segments of earlier days. */
struct walk {
    struct parts_day *day;
    size_t worker;
    struct segment_image image;
    uint32_t card; /* of the row before, in the register */
};

/* Rows come in the order of the register: as a rule it is the card of the row before. */
static bool find_card(struct walk *w, const uint8_t *factor) {
    const struct day_register *city = w->day->city;
    return (w->card < city->card_count
               && memcmp(city->cards[w->card].factor, factor, FACTOR_LEN) == 0)
           || register_card_at(city, factor, &w->card);
}

/* What stands keeps its terminal's place, and its place on its card, unless the card is gone. */
static enum err put_standing(
    struct walk *w, const struct segment_row *row, size_t index, struct why *why) {
    struct parts_day *day = w->day;
    if (!parts_put_place(day, w->worker, row->piece, 0, why)) {
        return ERR_OUTSIDE;
    }
    if (!find_card(w, row->piece + AT_FACTOR)) {
        return OK;
    }
    struct segment_row *copy = spool_row(day->rows, w->worker, part_of(day, w->card), why);
    if (!copy) {
        return ERR_OUTSIDE;
    }
    *copy = *row;
    copy->card = w->card;
    copy->posted = (uint8_t)(EARLIER | index);
    return OK;
}

/* A segment of an earlier day, with the seal that its page says. */
static enum err take_segment(struct walk *w, size_t index, size_t part, struct why *why) {
    const struct parts_day *page = &w->day->pages[index];
    const struct parts_order of = {
        .day = w->day->earlier[index].day, .folder = w->day->order->folder};
    struct segment_head head = {
        .day = of.day, .part = (uint32_t)part, .parts = (uint32_t)page->parts};
    uint8_t seal[SEGMENT_SEAL_LEN];
    char path[PATH_ROOM];
    if (!parts_path(path, &of, part, page->parts)) {
        return why_say(why, ERR_INVALID, "the folder's name is too long; choose another");
    }
    enum err err = segment_load(path, &head, &w->image, seal, why);
    if (!err && memcmp(seal, page->seals[part], sizeof seal) != 0) {
        err = why_say(
            why, ERR_CONFLICT, "segment %s is not the one that the day's page names", path);
    }
    const struct segment_row *rows = err ? NULL : segment_rows(&w->image);
    for (uint64_t i = 0; !err && i < head.rows; i++) {
        if (rows[i].tac == TAC_GOOD && rows[i].reason != REASON_DUPLICATE) {
            err = put_standing(w, &rows[i], index, why);
        }
    }
    return err == ERR_NOT_FOUND ? ERR_CONFLICT : err;
}

enum err parts_earlier(struct parts_day *day, size_t worker, struct why *why) {
    struct walk w = {.day = day, .worker = worker};
    size_t count = 0, at = 0;
    enum err err = OK;
    for (size_t i = 0; i < day->earlier_count; i++) {
        count += day->pages[i].parts;
    }
    while (!err && parts_next(day, count, 1, &at) > 0) {
        size_t index = 0;
        for (; at >= day->pages[index].parts; index++) {
            at -= day->pages[index].parts;
        }
        assert(index < day->earlier_count);
        err = take_segment(&w, index, at, why);
    }
    segment_image_free(&w.image);
    return err;
}
