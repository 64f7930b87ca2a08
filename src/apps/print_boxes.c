/* What goes with the boxes of a batch on paper: their labels and the delivery note. [system.md 4.2.4] */
#include <inttypes.h>
#include <stdio.h>

#include "apps/command.h"
#include "apps/paper_file.h"
#include "apps/result_tell.h"
#include "apps/window_desk.h"
#include "host/options.h"

struct print_options {
    int64_t batch;
    const char *out, *data;
    bool json;
};

/* clang-format off */
static const struct option options[] = {
    {"BATCH", OPTION_NUMBER, offsetof(struct print_options, batch), NULL, NULL,
        "number of the batch", false},
    {"--out", OPTION_PATH, offsetof(struct print_options, out), "FILE", NULL,
        "the paper, a PDF", false},
    OPTION_DATA(struct print_options, data),
    OPTION_JSON(struct print_options, json),
};
/* clang-format on */

static const struct usage usage = {
    .command = "print boxes",
    .help =
        "Prints the delivery note of a batch (装箱单) with room for two signatures, and behind it\n"
        "a label with its code (箱签) for each box.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

static const struct paper_column columns[] = {
    {"箱号 Box",      2, false},
    {"网点 Point",    2, false},
    {"状态 State",    1, false},
    {"卡数 Cards",    1, true },
    {"实收 Received", 1, true },
};

/* Walks the boxes of a batch; ERR_NOT_FOUND behind the last one is the end. */
static enum err next_box(
    const struct point_store *store, int64_t batch, struct box *box, struct why *why) {
    return store->box_after(store->self, NULL, batch, box->id, box, why);
}

static enum err print_note(
    struct paper *paper, const struct point_store *store, int64_t batch, struct why *why) {
    struct box box = {.id = 0};
    char label[BOX_LABEL_MAX], cards[16], total[80];
    int64_t sum = 0, boxes = 0;
    enum err err = paper_table(paper, columns, sizeof columns / sizeof columns[0], why);
    while (!err && (err = next_box(store, batch, &box, why)) == OK) {
        box_label_write(&box, label);
        (void)snprintf(cards, sizeof cards, "%" PRId32, box.cards);
        const char *const row[] = {
            label, box.point, machine_state_zh(&box_machine, (int)box.state), cards, NULL};
        sum += box.cards;
        boxes++;
        err = paper_row(paper, row, why);
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    if (boxes == 0) {
        return why_say(why, ERR_NOT_FOUND,
            "batch %" PRId64 " has no boxes yet; \"shebao batch pack\" packs them", batch);
    }
    (void)snprintf(total, sizeof total,
        "共 %" PRId64 " 箱 %" PRId64 " 张  %" PRId64 " boxes, %" PRId64 " cards", boxes, sum, boxes,
        sum);
    const struct paper_field signatures[] = {
        {"发出人签名 Sent by",     " ", false},
        {"接收人签名 Received by", " ", false}
    };
    err = paper_text(paper, total, 0, SIDE_LEFT, why);
    err = err ? err : paper_rule(paper, 8, why);
    return err ? err : paper_fields(paper, signatures, 2, why);
}

static enum err print_label(struct paper *paper, const struct box *box, struct why *why) {
    enum { LABEL_SIZE = 40, CODE_MM = 60 };
    char label[BOX_LABEL_MAX], cards[16];
    box_label_write(box, label);
    (void)snprintf(cards, sizeof cards, "%" PRId32, box->cards);
    const struct paper_field fields[] = {
        {"网点 Point", box->point, false},
        {"卡数 Cards", cards,      false}
    };
    enum err err = paper_new_page(paper, why);
    err = err ? err : paper_text(paper, label, LABEL_SIZE, SIDE_MIDDLE, why);
    err = err ? err : paper_fields(paper, fields, 2, why);
    return err ? err : paper_code(paper, label, CODE_MM, why);
}

static enum err print_boxes(
    struct window *window, const struct print_options *given, struct why *why) {
    struct box box = {.id = 0};
    char about[80];
    const bool rehearsal = window->stock.city.centre.file.rehearsal;
    (void)snprintf(
        about, sizeof about, "批次 Batch %" PRId64 ", %" PRIu32, given->batch, window->desk.day);
    const struct paper_head head = {.title = "装箱单 Delivery note",
        .about = about,
        .stamp = rehearsal ? "样张 SPECIMEN" : NULL,
        .day = window->desk.day};
    PAPER_FILE_SCOPE(paper);
    enum err err = paper_file_open(&paper, given->out, &head, why);
    err = err ? err : print_note(paper.paper, &window->points, given->batch, why);
    while (!err && (err = next_box(&window->points, given->batch, &box, why)) == OK) {
        err = print_label(paper.paper, &box, why);
    }
    return err == ERR_NOT_FOUND && box.id > 0 ? paper_file_keep(&paper, why) : err;
}

int print_boxes_command(int argc, char **argv) {
    struct print_options given = {.batch = 0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    const struct window_options at = {.officer = "", .data = given.data, .time = "120000"};
    WINDOW_SCOPE(window);
    enum err err = window_open(&window, &at, &why);
    err = err ? err : print_boxes(&window, &given, &why);
    if (!err) {
        result_tell(given.json,
            json_pack("{s:s, s:I, s:s}", "paper", "delivery note", "of", (json_int_t)given.batch,
                "file", given.out),
            "the delivery note and labels of batch %" PRId64 " are in %s", given.batch, given.out);
    }
    return window_tell(err, &why);
}
