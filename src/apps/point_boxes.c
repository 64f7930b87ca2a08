/* Boxes at a point: counted in, counted again, sent on, merged; and a card that is not there. */
#include <inttypes.h>
#include <stdio.h>

#include "apps/command.h"
#include "apps/window_desk.h"
#include "host/ending.h"
#include "host/options.h"

struct box_options {
    struct window_options common;
    const char *thing; /* a box's label, or a card's number */
    const char *other; /* another box, or a point */
    const char *note;
    int64_t count;
};

/* clang-format off */
#define COUNT_OPTIONS                                                                              \
    {"BOX", OPTION_TEXT, offsetof(struct box_options, thing), NULL, NULL,                          \
        "label of the box: batch-bin-box", false},                                                 \
    {"--count", OPTION_NUMBER, offsetof(struct box_options, count), "N", NULL,                     \
        "how many cards were counted in it", false},                                               \
    WINDOW_OPTIONS(struct box_options)

static const struct option count_options[] = {COUNT_OPTIONS};
static const struct option missing_options[] = {
    {"CARD", OPTION_TEXT, offsetof(struct box_options, thing), NULL, NULL,
        "number of the card that is not in its box", false},
    {"--note", OPTION_TEXT, offsetof(struct box_options, note), "TEXT", NULL,
        "number of the report to the police", false},
    WINDOW_OPTIONS(struct box_options),
};
static const struct option send_options[] = {
    {"BOX", OPTION_TEXT, offsetof(struct box_options, thing), NULL, NULL,
        "label of the box: batch-bin-box", false},
    {"--to", OPTION_TEXT, offsetof(struct box_options, other), "POINT", NULL,
        "the point that it goes to", false},
    WINDOW_OPTIONS(struct box_options),
};
static const struct option merge_options[] = {
    {"BOX", OPTION_TEXT, offsetof(struct box_options, thing), NULL, NULL,
        "label of the box that is emptied", false},
    {"--into", OPTION_TEXT, offsetof(struct box_options, other), "BOX", NULL,
        "label of the box that is filled", false},
    WINDOW_OPTIONS(struct box_options),
};
/* clang-format on */
#define USAGE(name, words, table)                                                                  \
    {                                                                                              \
        .command = (name), .help = (words), .options = (table),                                    \
        .count = sizeof(table) / sizeof(table)[0]                                                  \
    }

static const struct usage receive_usage = USAGE("point receive",
    "Counts a box in at its point. When the count agrees it is stored; when not, it goes into\n"
    "quarantine with a difference note, and the exit status is 1.",
    count_options);
static const struct usage recount_usage = USAGE("point recount",
    "Counts a box in quarantine again, before two officers: it is released when the count\n"
    "agrees with what was not found missing.",
    count_options);
static const struct usage missing_usage = USAGE("point missing",
    "Two officers say that a card is not in its box: it is cancelled as 95, on the blacklist,\n"
    "and its line is written off.",
    missing_options);
static const struct usage send_usage = USAGE(
    "point send", "Sends a stored box to another point, which counts it in.", send_options);
static const struct usage merge_usage = USAGE("point merge",
    "Puts all cards of one stored box behind those of another of the same point.", merge_options);

/* What became of a box, for people or as one JSON object. */
static void print_box(const struct box *box, int64_t counted, bool json) {
    char label[BOX_LABEL_MAX];
    box_label_write(box, label);
    (void)printf(json ? "{\"box\": \"%s\", \"point\": \"%s\", \"state\": %d, \"name\": \"%s\", "
                        "\"cards\": %" PRId32 ", \"counted\": %" PRId64 "}\n"
                      : "box %s at %s: %d %s, %" PRId32 " cards by the books, %" PRId64
                        " counted\n",
        label, box->point, (int)box->state,
        json ? machine_state_en(&box_machine, (int)box->state)
             : machine_state_zh(&box_machine, (int)box->state),
        box->cards, counted);
}

/* Every command of this page: read, open, do, tell. deed says what became of the box, whose id is 0
 * when there is none to show. */
static int run(const struct usage *usage, int argc, char **argv,
    enum err (*deed)(const struct window *window, const struct box_options *given, struct box *box,
        struct why *why)) {
    struct box_options given = {.count = 0};
    struct box box = {.id = 0};
    struct why why = {0};
    int status = 0;
    if (!options_read(usage, argc, argv, &given, &status)) {
        return status;
    }
    WINDOW_SCOPE(window);
    enum err err = window_open(&window, &given.common, &why);
    if (!err && given.count > INT32_MAX) {
        err = why_say(&why, ERR_CONFLICT, "no box holds that many cards");
    }
    err = err ? err : deed(&window, &given, &box, &why);
    if (!err && box.id) {
        print_box(&box, given.count, given.common.json);
    }
    return !err && box.state == BOX_QUARANTINED ? (int)ENDING_MISSED : window_tell(err, &why);
}

static enum err do_receive(const struct window *window, const struct box_options *given,
    struct box *box, struct why *why) {
    enum err err = box_find(&window->points, given->thing, box, why);
    return err ? err : box_receive(&window->desk, box->id, (int32_t)given->count, box, why);
}

static enum err do_recount(const struct window *window, const struct box_options *given,
    struct box *box, struct why *why) {
    enum err err = box_find(&window->points, given->thing, box, why);
    return err ? err : box_recount(&window->desk, box->id, (int32_t)given->count, box, why);
}

static enum err do_missing(const struct window *window, const struct box_options *given,
    struct box *box, struct why *why) {
    *box = (struct box){.id = 0};
    return box_card_missing(&window->desk, given->thing, given->note, why);
}

static enum err do_send(const struct window *window, const struct box_options *given,
    struct box *box, struct why *why) {
    struct box found;
    *box = (struct box){.id = 0};
    enum err err = box_find(&window->points, given->thing, &found, why);
    return err ? err : box_send(&window->desk, found.id, given->other, why);
}

static enum err do_merge(const struct window *window, const struct box_options *given,
    struct box *box, struct why *why) {
    struct box from;
    struct box into;
    int64_t box_cards = 0;
    *box = (struct box){.id = 0};
    enum err err = box_find(&window->points, given->thing, &from, why);
    err = err ? err : box_find(&window->points, given->other, &into, why);
    err = err ? err : window_parameter(window, PARAMETER_BOX_CARDS, &box_cards, why);
    return err ? err : box_merge(&window->desk, from.id, into.id, (int32_t)box_cards, why);
}

int point_receive_command(int argc, char **argv) {
    return run(&receive_usage, argc, argv, do_receive);
}

int point_recount_command(int argc, char **argv) {
    return run(&recount_usage, argc, argv, do_recount);
}

int point_missing_command(int argc, char **argv) {
    return run(&missing_usage, argc, argv, do_missing);
}

int point_send_command(int argc, char **argv) {
    return run(&send_usage, argc, argv, do_send);
}

int point_merge_command(int argc, char **argv) {
    return run(&merge_usage, argc, argv, do_merge);
}
