/* The day of a service point, and the lists of its boxes. */
#include <inttypes.h>
#include <stdio.h>

#include <jansson.h>

#include "apps/command.h"
#include "apps/report_out.h"
#include "apps/result_tell.h"
#include "apps/window_desk.h"
#include "host/ending.h"
#include "host/options.h"
#include "host/plural.h"
#include "host/report.h"
#include "issuance/point_day.h"

struct close_options {
    struct window_options common;
    const char *point;
    int64_t counted;
};

/* clang-format off */
static const struct option close_options[] = {
    {"POINT", OPTION_TEXT, offsetof(struct close_options, point), NULL, NULL,
        "code of the service point", false},
    {"--counted", OPTION_NUMBER, offsetof(struct close_options, counted), "N", NULL,
        "cards counted by hand in its stored boxes", false},
    WINDOW_OPTIONS(struct close_options),
};
/* clang-format on */

static const struct usage close_usage = {
    .command = "point close",
    .help = "Closes the day of a point: opening + received - handed out - returned must be what\n"
            "lies in its boxes and what was counted; a difference blocks the closing and is kept\n"
            "in the audit chain.",
    .options = close_options,
    .count = sizeof close_options / sizeof close_options[0],
};

static void print_count(const char *point, const struct point_count *c, bool json) {
    (void)printf(json ? "{\"point\": \"%s\", \"last_closed\": %" PRIu32 ", \"opening\": %" PRId64
                        ", \"received\": %" PRId64 ", \"handed_out\": %" PRId64
                        ", \"returned\": %" PRId64 ", \"closing\": %" PRId64
                        ", \"in_boxes\": %" PRId64 "}\n"
                      : "%s since %" PRIu32 ": 期初 opening %" PRId64 " + 收入 received %" PRId64
                        " - 发出 handed out %" PRId64 " - 退回 returned %" PRId64
                        " = 结存 closing %" PRId64 "; in boxes %" PRId64 "\n",
        point, c->last_closed, c->opening, c->received, c->handed, c->returned, c->closing,
        c->lying);
}

/* True when the day was read, and what was counted is not what the books say: the difference is in the
 * audit chain, and everything that was asked is done. [decision 0064] */
static bool differs(const struct point_count *count, const struct close_options *given) {
    struct why story;
    return count->closing >= 0
           && point_count_check(count, given->point, given->counted, &story) != OK;
}

static int tell_difference(const struct why *why) {
    (void)ending_tell(ERR_CONFLICT, why);
    return ENDING_MISSED;
}

int point_close_command(int argc, char **argv) {
    struct close_options given = {.counted = 0};
    struct point_count count = {.closing = -1}; /* nothing was read yet */
    struct why why = {0};
    int status = 0;
    if (!options_read(&close_usage, argc, argv, &given, &status)) {
        return status;
    }
    WINDOW_SCOPE(window);
    enum err err = window_open(&window, &given.common, &why);
    err = err ? err : point_close(&window.desk, given.point, given.counted, &count, &why);
    if (!err) {
        print_count(given.point, &count, given.common.json);
    }
    return err == ERR_CONFLICT && differs(&count, &given) ? tell_difference(&why)
                                                          : window_tell(err, &why);
}

static const struct usage count_usage = {
    .command = "point count",
    .help = "Shows what a point answers for since it last closed a day, and what lies there.",
    .options = close_options,
    .count = sizeof close_options / sizeof close_options[0],
};

/* Like closing, with nothing written: the count by hand is compared when it is given. */
int point_count_command(int argc, char **argv) {
    struct close_options given = {.counted = 0};
    struct point_count count = {.opening = 0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&count_usage, argc, argv, &given, &status)) {
        return status;
    }
    WINDOW_SCOPE(window);
    enum err err = window_open(&window, &given.common, &why);
    err = err ? err : point_count_read(&window.desk, given.point, &count, &why);
    if (err) {
        return window_tell(err, &why);
    }
    print_count(given.point, &count, given.common.json);
    err = point_count_check(&count, given.point, given.counted, &why);
    (void)ending_tell(err, &why);
    return err ? (int)ENDING_MISSED : (int)ENDING_DONE;
}

/* --- boxes as a list -------------------------------------------------------------------------- */

struct list_options {
    const char *point, *data;
    struct report_words report;
    int64_t batch;
    bool json;
};

/* clang-format off */
static const struct option list_options[] = {
    {"--point", OPTION_TEXT, offsetof(struct list_options, point), "POINT", NULL,
        "only boxes at this point, or on their way to it", true},
    {"--batch", OPTION_NUMBER, offsetof(struct list_options, batch), "N", "0",
        "only boxes with the label of this batch", false},
    OPTIONS_REPORT(struct list_options, report),
    OPTION_DATA(struct list_options, data),
    OPTION_JSON(struct list_options, json),
};
/* clang-format on */

static const struct usage list_usage = {
    .command = "box list",
    .help = "Lists boxes: where each is, in which state, and how many cards lie in it. With\n"
            "--batch it is the delivery note of that batch (装箱单).",
    .options = list_options,
    .count = sizeof list_options / sizeof list_options[0],
};

static const struct report_column box_columns[] = {
    {"box",   "箱号 Box",   REPORT_TEXT,   14, false},
    {"point", "网点 Point", REPORT_TEXT,   16, false},
    {"state", "状态 State", REPORT_TEXT,   10, false},
    {"cards", "卡数 Cards", REPORT_NUMBER, 10, true },
    {"since", "日期 Since", REPORT_DAY,    10, false},
};
static const struct report_head box_head = {
    .name = "boxes",
    .title = "卡箱清单 Boxes",
    .about = "",
    .columns = box_columns,
    .column_count = sizeof box_columns / sizeof box_columns[0],
};

static enum err list_boxes(const struct point_store *store, const struct list_options *given,
    struct report_sink *sink, struct why *why) {
    struct box box = {.id = 0};
    char label[BOX_LABEL_MAX];
    enum err err = report_begin(sink, &box_head, why);
    while (!err
           && (err = store->box_after(store->self, given->point, given->batch, box.id, &box, why))
                  == OK) {
        box_label_write(&box, label);
        const struct report_value row[] = {report_text(label), report_text(box.point),
            report_text(machine_state_zh(&box_machine, (int)box.state)), report_number(box.cards),
            report_number(box.since)};
        err = report_row(sink, row, why);
    }
    return err == ERR_NOT_FOUND ? report_end(sink, why) : err;
}

int box_list_command(int argc, char **argv) {
    struct list_options given = {.batch = 0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&list_usage, argc, argv, &given, &status)) {
        return status;
    }
    const struct window_options at = {.officer = "", .data = given.data, .time = "120000"};
    WINDOW_SCOPE(window);
    REPORT_OUT_SCOPE(out);
    given.report.format = given.json ? "json" : given.report.format;
    enum err err = window_open(&window, &at, &why);
    err = err ? err : report_out_open(&out, &given.report, window.desk.day, &why);
    err = err ? err : list_boxes(&window.points, &given, &out.sink, &why);
    err = err ? err : report_out_keep(&out, &why);
    return window_tell(err, &why);
}

/* --- one box ---------------------------------------------------------------------------------- */

struct show_options {
    const char *label, *data;
    bool json;
};

/* clang-format off */
static const struct option show_options[] = {
    {"BOX", OPTION_TEXT, offsetof(struct show_options, label), NULL, NULL,
        "label of the box: batch-bin-box", false},
    OPTION_DATA(struct show_options, data),
    OPTION_JSON(struct show_options, json),
};
/* clang-format on */

static const struct usage show_usage = {
    .command = "box show",
    .help = "Shows a box: what lies in it, and everything that was written down about it.",
    .options = show_options,
    .count = sizeof show_options / sizeof show_options[0],
};

/* Its cards: a line each, or behind one another in an array. */
static enum err show_cards(
    const struct point_store *store, const struct box *box, json_t *all, struct why *why) {
    struct box_card card = {.position = 0};
    enum err err = OK;
    while ((err = store->card_after(store->self, box->id, card.position, &card, why)) == OK) {
        if (all) {
            (void)json_array_append_new(
                all, json_pack("{s:i, s:s}", "position", (int)card.position, "card", card.card));
        } else {
            (void)printf("%6" PRId32 "  %s\n", card.position, card.card);
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static void print_entry(const struct box_entry *e) {
    (void)printf("%" PRIu32 " %06" PRIu32 "  %-9s %-9s  expected %" PRId32 " counted %" PRId32
                 "  %s%s%s  %s\n",
        e->day, e->time, box_entry_word(e->kind), e->card[0] ? e->card : "-", e->expected,
        e->counted, e->officer, e->second[0] ? " + " : "", e->second, e->note);
}

static json_t *entry_json(const struct box_entry *e) {
    return json_pack("{s:I, s:I, s:s, s:s, s:i, s:i, s:s, s:s, s:s}", "day", (json_int_t)e->day,
        "time", (json_int_t)e->time, "entry", box_entry_word(e->kind), "card", e->card, "expected",
        (int)e->expected, "counted", (int)e->counted, "officer", e->officer, "second", e->second,
        "note", e->note);
}

/* Everything that was written down about it. */
static enum err show_entries(
    const struct point_store *store, const struct box *box, json_t *all, struct why *why) {
    struct box_entry e = {.id = 0};
    enum err err = OK;
    while ((err = store->entry_after(store->self, box->id, NULL, e.id, &e, why)) == OK) {
        if (all) {
            (void)json_array_append_new(all, entry_json(&e));
        } else {
            print_entry(&e);
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err show_box(const struct point_store *store, const struct box *box, struct why *why) {
    char label[BOX_LABEL_MAX];
    box_label_write(box, label);
    (void)printf("box %s  %d %s (%s) at %s, %" PRId32 " card%s\n", label, (int)box->state,
        machine_state_zh(&box_machine, (int)box->state),
        machine_state_en(&box_machine, (int)box->state), box->point[0] ? box->point : "the centre",
        box->cards, plural_s(box->cards));
    enum err err = show_cards(store, box, NULL, why);
    return err ? err : show_entries(store, box, NULL, why);
}

static enum err show_box_json(
    const struct point_store *store, const struct box *box, struct why *why) {
    char label[BOX_LABEL_MAX];
    json_t *cards = json_array(), *entries = json_array();
    enum err err = show_cards(store, box, cards, why);
    err = err ? err : show_entries(store, box, entries, why);
    box_label_write(box, label);
    if (!err) {
        result_tell(true,
            json_pack("{s:s, s:i, s:s, s:s, s:O, s:O}", "box", label, "state", (int)box->state,
                "state_en", machine_state_en(&box_machine, (int)box->state), "point", box->point,
                "cards", cards, "entries", entries),
            "%s", label);
    }
    json_decref(cards);
    json_decref(entries);
    return err;
}

int box_show_command(int argc, char **argv) {
    struct show_options given;
    struct box box = {.id = 0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&show_usage, argc, argv, &given, &status)) {
        return status;
    }
    const struct window_options at = {.officer = "", .data = given.data, .time = "120000"};
    WINDOW_SCOPE(window);
    enum err err = window_open(&window, &at, &why);
    err = err ? err : box_find(&window.points, given.label, &box, &why);
    if (!err) {
        err = (given.json ? show_box_json : show_box)(&window.points, &box, &why);
    }
    return window_tell(err, &why);
}
