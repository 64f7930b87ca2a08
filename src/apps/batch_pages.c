/* Batches on the screen: one, its lines, all of them. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include <jansson.h>

#include "apps/command.h"
#include "apps/stock_desk.h"
#include "host/ending.h"
#include "host/options.h"
#include "issuance/batch.h"

enum { LINES_AT_ONCE = 64 };

struct show_options {
    const char *data;
    int64_t id;
    bool json;
};

static const struct option show_options[] = {
    {"BATCH", OPTION_NUMBER, offsetof(struct show_options, id), NULL, NULL, "number of the batch",
     false},
    OPTION_DATA(struct show_options, data),
    OPTION_JSON(struct show_options, json),
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

static json_t *batch_json(const struct batch *b) {
    return json_pack("{s:I, s:i, s:s, s:I, s:s, s:s, s:s}", "batch", (json_int_t)b->id, "state",
        (int)b->state, "state_en", machine_state_en(&batch_machine, (int)b->state), "day",
        (json_int_t)b->day, "point", b->point, "officer", b->maker, "second", b->approver);
}

/* Prints one object and lets it go. */
static void put_json(json_t *shown) {
    (void)json_dumpf(shown, stdout, 0);
    (void)printf("\n");
    json_decref(shown);
}

static void print_counts(const struct line_count *counts, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int state = (int)counts[i].state;
        (void)printf("%9" PRId64 "  %d %s (%s)\n", counts[i].count, state,
            machine_state_zh(&line_machine, state), machine_state_en(&line_machine, state));
    }
}

static json_t *counts_json(const struct line_count *counts, size_t count) {
    json_t *all = json_array();
    for (size_t i = 0; i < count; i++) {
        int state = (int)counts[i].state;
        (void)json_array_append_new(
            all, json_pack("{s:i, s:s, s:I}", "state", state, "state_en",
                     machine_state_en(&line_machine, state), "lines", (json_int_t)counts[i].count));
    }
    return all;
}

static enum err show(struct stock_desk *desk, const struct show_options *given, struct why *why) {
    struct batch b;
    struct line_count counts[LINE_STATES_MAX];
    size_t count = 0;
    enum err err = desk->issuance.batch_get(desk->issuance.self, given->id, &b, why);
    err = err ? err
              : desk->issuance.line_counts(desk->issuance.self, given->id, counts, &count, why);
    assert(count <= LINE_STATES_MAX);
    if (!err && given->json) {
        json_t *shown = batch_json(&b);
        (void)json_object_set_new(shown, "lines", counts_json(counts, count));
        put_json(shown);
    } else if (!err) {
        print_batch(&b);
        print_counts(counts, count);
    }
    return err;
}

static void print_line(const struct batch_line *line, const char *place) {
    (void)printf("%6" PRId32 "  %s  %d %s  %s  %s\n", line->seq, line->card_number,
        (int)line->state, machine_state_zh(&line_machine, (int)line->state), place[0] ? place : "-",
        line->reason);
}

static json_t *line_json(const struct batch_line *line, const char *place) {
    return json_pack("{s:i, s:s, s:i, s:s, s:s, s:s}", "line", (int)line->seq, "card",
        line->card_number, "state", (int)line->state, "state_en",
        machine_state_en(&line_machine, (int)line->state), "place", place, "reason", line->reason);
}

/* One line on the screen, or behind the others in the array. */
static void tell_line(const struct batch_line *line, json_t *all) {
    char place[BOX_PLACE_MAX] = "";
    if (line->box >= 1) {
        box_place_write(line, place);
    }
    if (all) {
        (void)json_array_append_new(all, line_json(line, place));
    } else {
        print_line(line, place);
    }
}

/* In portions, for a batch may have ten thousand. */
static enum err walk_lines(struct stock_desk *desk, int64_t id, json_t *all, struct why *why) {
    struct batch_line list[LINES_AT_ONCE];
    int32_t after = 0;
    size_t count = LINES_AT_ONCE;
    enum err err = OK;
    while (!err && count > 0) {
        count = LINES_AT_ONCE;
        err = desk->issuance.lines_after(desk->issuance.self, id, after, list, &count, why);
        for (size_t i = 0; !err && i < count; i++) {
            assert(list[i].seq > after);
            tell_line(&list[i], all);
            after = list[i].seq;
        }
    }
    return err;
}

static enum err list_lines(
    struct stock_desk *desk, const struct show_options *given, struct why *why) {
    struct batch b;
    json_t *all = given->json ? json_array() : NULL;
    enum err err = desk->issuance.batch_get(desk->issuance.self, given->id, &b, why);
    err = err ? err : walk_lines(desk, given->id, all, why);
    if (!err && given->json) {
        put_json(json_pack("{s:I, s:O}", "batch", (json_int_t)given->id, "lines", all));
    }
    json_decref(all);
    return err;
}

/* Tells each; *count says how many. */
static enum err walk_batches(struct stock_desk *desk, json_t *all, size_t *count, struct why *why) {
    struct batch b = {.id = 0};
    enum err err = OK;
    for (*count = 0; !err; (*count)++) {
        err = desk->issuance.batch_after(desk->issuance.self, b.id, &b, why);
        if (err) {
            break;
        }
        if (all) {
            (void)json_array_append_new(all, batch_json(&b));
        } else {
            print_batch(&b);
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* All of them; no number is asked for. */
static enum err list_batches(
    struct stock_desk *desk, const struct show_options *given, struct why *why) {
    size_t count = 0;
    json_t *all = given->json ? json_array() : NULL;
    enum err err = walk_batches(desk, all, &count, why);
    if (!err && given->json) {
        put_json(json_pack("{s:O}", "batches", all));
    } else if (!err && count == 0) {
        (void)printf("there is no batch yet; \"shebao batch open\" makes one\n");
    }
    json_decref(all);
    return err;
}

/* The three pages differ only in what they print. */
static int page_command(const struct usage *usage, int argc, char **argv,
    enum err (*print)(struct stock_desk *desk, const struct show_options *given, struct why *why)) {
    struct show_options given = {0};
    struct why why = {0};
    int status = 0;
    if (!options_read(usage, argc, argv, &given, &status)) {
        return status;
    }
    STOCK_DESK_SCOPE(desk);
    enum err err = stock_desk_open(&desk, given.data, &why);
    err = err ? err : print(&desk, &given, &why);
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
