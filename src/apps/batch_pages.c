/* Batches on the screen: one, its lines, all of them. */
#include <inttypes.h>
#include <stdio.h>

#include "apps/command.h"
#include "apps/stock_desk.h"
#include "host/ending.h"
#include "host/options.h"
#include "issuance/batch.h"

enum { LINES_AT_ONCE = 64 };

struct show_options {
    const char *data;
    int64_t id;
};

static const struct option show_options[] = {
    {"BATCH", OPTION_NUMBER, offsetof(struct show_options, id), NULL, NULL, "number of the batch",
     false},
    OPTION_DATA(struct show_options, data),
};

static const struct usage show_usage = {
    .command = "batch show",
    .help = "Shows a batch and how many of its lines are in which state.",
    .options = show_options,
    .count = sizeof show_options / sizeof show_options[0],
};

static const struct usage lines_usage = {
    .command = "batch lines",
    .help = "Lists the lines of a batch: number, state, box place, and why one failed.",
    .options = show_options,
    .count = sizeof show_options / sizeof show_options[0],
};

static void print_batch(const struct batch *b) {
    (void)printf("batch %" PRId64 "  %d %s (%s), day %" PRIu32 ", point %s, made by %s%s%s\n",
        b->id, (int)b->state, machine_state_zh(&batch_machine, (int)b->state),
        machine_state_en(&batch_machine, (int)b->state), b->day, b->point, b->maker,
        b->approver[0] ? ", approved by " : "", b->approver);
}

static enum err show(struct stock_desk *desk, int64_t id, struct why *why) {
    struct batch b;
    struct line_count counts[LINE_STATES_MAX];
    size_t count = 0;
    enum err err = desk->issuance.batch_get(desk->issuance.self, id, &b, why);
    err = err ? err : desk->issuance.line_counts(desk->issuance.self, id, counts, &count, why);
    if (!err) {
        print_batch(&b);
    }
    for (size_t i = 0; !err && i < count; i++) {
        int state = (int)counts[i].state;
        (void)printf("%9" PRId64 "  %d %s (%s)\n", counts[i].count, state,
            machine_state_zh(&line_machine, state), machine_state_en(&line_machine, state));
    }
    return err;
}

static void print_line(const struct batch_line *line) {
    char place[BOX_PLACE_MAX] = "-";
    if (line->box >= 1) {
        box_place_write(line, place);
    }
    (void)printf("%6" PRId32 "  %s  %d %s  %s  %s\n", line->seq, line->card_number,
        (int)line->state, machine_state_zh(&line_machine, (int)line->state), place, line->reason);
}

static enum err list_lines(struct stock_desk *desk, int64_t id, struct why *why) {
    struct batch b;
    struct batch_line list[LINES_AT_ONCE];
    int32_t after = 0;
    size_t count = LINES_AT_ONCE;
    enum err err = desk->issuance.batch_get(desk->issuance.self, id, &b, why);
    while (!err && count > 0) {
        count = LINES_AT_ONCE;
        err = desk->issuance.lines_after(desk->issuance.self, id, after, list, &count, why);
        for (size_t i = 0; !err && i < count; i++) {
            print_line(&list[i]);
            after = list[i].seq;
        }
    }
    return err;
}

/* All of them; no number is asked for. */
static enum err list_batches(struct stock_desk *desk, int64_t id, struct why *why) {
    struct batch b = {.id = 0};
    enum err err = OK;
    (void)id;
    while (!err) {
        err = desk->issuance.batch_after(desk->issuance.self, b.id, &b, why);
        if (!err) {
            print_batch(&b);
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* The three pages differ only in what they print. */
static int page_command(const struct usage *usage, int argc, char **argv,
    enum err (*print)(struct stock_desk *desk, int64_t id, struct why *why)) {
    struct show_options given = {0};
    struct why why = {0};
    int status = 0;
    if (!options_read(usage, argc, argv, &given, &status)) {
        return status;
    }
    STOCK_DESK_SCOPE(desk);
    enum err err = stock_desk_open(&desk, given.data, &why);
    err = err ? err : print(&desk, given.id, &why);
    return (int)ending_tell(err, &why);
}

int batch_show_command(int argc, char **argv) {
    return page_command(&show_usage, argc, argv, show);
}

int batch_lines_command(int argc, char **argv) {
    return page_command(&lines_usage, argc, argv, list_lines);
}

static const struct usage list_usage = {
    .command = "batch list",
    .help = "Lists all batches with their states.",
    .options = &show_options[1],
    .count = sizeof show_options / sizeof show_options[0] - 1,
};

int batch_list_command(int argc, char **argv) {
    return page_command(&list_usage, argc, argv, list_batches);
}
