/* What no holder fetches, and what must not be used: taken back and destroyed by two. [system.md 4.3] */
#include <inttypes.h>
#include <stdio.h>

#include "apps/command.h"
#include "apps/window_desk.h"
#include "host/options.h"
#include "issuance/taking_back.h"

struct end_options {
    struct window_options common;
    const char *card;
    int64_t batch, seq, reason;
};

/* clang-format off */
static const struct option recover_options[] = {
    {"CARD", OPTION_TEXT, offsetof(struct end_options, card), NULL, NULL,
        "number of the card that lies in the box", false},
    {"--reason", OPTION_NUMBER, offsetof(struct end_options, reason), "N", "96",
        "95 spoiled, 96 not fetched in time, 98 wrong data", false},
    WINDOW_OPTIONS(struct end_options),
};
/* clang-format on */

static const struct usage recover_usage = {
    .command = "point recover",
    .help = "Takes a finished card back that nobody fetched, or that is wrong. It is cancelled and "
            "on the\nblacklist from then on; batch destroy ends it.",
    .options = recover_options,
    .count = sizeof recover_options / sizeof recover_options[0],
};

static struct taking_back taking_of(struct window *window, const struct end_options *given) {
    return (struct taking_back){.store = &window->stock.issuance,
        .registry = window->desk.registry,
        .points = &window->points,
        .window = &window->window,
        .officer = given->common.officer,
        .second = given->common.second ? given->common.second : "",
        .day = window->desk.day,
        .time = window->desk.time};
}

int point_recover_command(int argc, char **argv) {
    struct end_options given = {.reason = 0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&recover_usage, argc, argv, &given, &status)) {
        return status;
    }
    WINDOW_SCOPE(window);
    enum err err = given.reason > 99 ? why_say(&why, ERR_CONFLICT, "--reason is 95, 96 or 98")
                                     : window_open(&window, &given.common, &why);
    if (!err) {
        const struct taking_back t = taking_of(&window, &given);
        err = card_take_back(&t, given.card, (int)given.reason, &why);
    }
    if (!err) {
        (void)printf("card %s is taken back and cancelled\n", given.card);
    }
    return window_tell(err, &why);
}

/* clang-format off */
static const struct option destroy_options[] = {
    {"BATCH", OPTION_NUMBER, offsetof(struct end_options, batch), NULL, NULL,
        "number of the batch", false},
    {"--line", OPTION_NUMBER, offsetof(struct end_options, seq), "N", NULL,
        "which of its lines", false},
    WINDOW_OPTIONS(struct end_options),
};
/* clang-format on */

static const struct usage destroy_usage = {
    .command = "batch destroy",
    .help = "Destroys what a line has become: failed, in doubt, wrong, or a card that was taken "
            "back.\nIt takes a maker and a second officer, an approver.",
    .options = destroy_options,
    .count = sizeof destroy_options / sizeof destroy_options[0],
};

int batch_destroy_command(int argc, char **argv) {
    struct end_options given = {.reason = 0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&destroy_usage, argc, argv, &given, &status)) {
        return status;
    }
    WINDOW_SCOPE(window);
    enum err err = given.seq > INT32_MAX
                       ? why_say(&why, ERR_CONFLICT, "no batch has that many lines")
                       : window_open(&window, &given.common, &why);
    if (!err) {
        const struct taking_back t = taking_of(&window, &given);
        err = line_destroy(&t, given.batch, (int32_t)given.seq, &why);
    }
    return window_tell(err, &why);
}
