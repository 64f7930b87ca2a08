/* Temporary cards at a window. [system.md 4.3.4] */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "apps/command.h"
#include "apps/window_desk.h"
#include "host/options.h"
#include "issuance/temporary.h"

struct temporary_options {
    struct window_options common;
    const char *number, *point;
    int64_t id;
    bool lost;
};

/* clang-format off */
static const struct option issue_options[] = {
    {"NUMBER", OPTION_TEXT, offsetof(struct temporary_options, number), NULL, NULL,
        "social security number of the person, 15 or 18 characters", false},
    {"--point", OPTION_TEXT, offsetof(struct temporary_options, point), "POINT", NULL,
        "service point that issues it", false},
    WINDOW_OPTIONS(struct temporary_options),
};
static const struct option id_options[] = {
    {"ID", OPTION_NUMBER, offsetof(struct temporary_options, id), NULL, NULL,
        "number of the temporary card", false},
    {"--lost", OPTION_FLAG, offsetof(struct temporary_options, lost), NULL, NULL,
        "it did not come back: its holder says that it is lost", false},
    WINDOW_OPTIONS(struct temporary_options),
};
/* clang-format on */

static const struct usage issue_usage = {
    .command = "temporary issue",
    .help =
        "Issues a temporary card while the real one is being made: good in this city only, for no\n"
        "money, for sixty days (parameter temporary-card-days).",
    .options = issue_options,
    .count = sizeof issue_options / sizeof issue_options[0],
};
static const struct usage prolong_usage = {
    .command = "temporary prolong",
    .help = "Prolongs a temporary card that holds, up to six months from its first day.",
    .options = id_options,
    .count = sizeof id_options / sizeof id_options[0],
};
static const struct usage return_usage = {
    .command = "temporary return",
    .help = "A temporary card came back, or is lost, before the real one is handed out.",
    .options = id_options,
    .count = sizeof id_options / sizeof id_options[0],
};

static void print_card(const struct temporary_card *card, bool json) {
    (void)printf(json ? "{\"temporary\": %" PRId64 ", \"region\": %" PRIu32 ", \"from\": %" PRIu32
                        ", \"until\": %" PRIu32 "}\n"
                      : "temporary card %" PRId64 " 临时卡: region %" PRIu32 ", from %" PRIu32
                        " to %" PRIu32 ", no money; to be returned for the real card\n",
        card->id, card->region, card->from, card->until);
}

/* Reads, opens, does, tells. */
static int run(const struct usage *usage, int argc, char **argv,
    enum err (*deed)(const struct window *window, const struct temporary_options *given,
        struct temporary_card *card, struct why *why)) {
    struct temporary_options given = {.id = 0};
    struct temporary_card card = {.id = 0};
    struct why why = {0};
    int status = 0;
    if (!options_read(usage, argc, argv, &given, &status)) {
        return status;
    }
    WINDOW_SCOPE(window);
    enum err err = window_open(&window, &given.common, &why);
    err = err ? err : deed(&window, &given, &card, &why);
    if (!err && card.id) {
        print_card(&card, given.common.json);
    }
    return window_tell(err, &why);
}

static enum err do_issue(const struct window *window, const struct temporary_options *given,
    struct temporary_card *card, struct why *why) {
    const struct window_desk desk = {.at = window->desk, .store = &window->window};
    uint32_t region = (uint32_t)strtoul(window->stock.city.centre.file.region, NULL, 10);
    struct person person;
    enum err err = person_find(window->desk.registry, given->number, &person, why);
    return err ? err : temporary_issue(&desk, person.id, region, given->point, card, why);
}

static enum err do_prolong(const struct window *window, const struct temporary_options *given,
    struct temporary_card *card, struct why *why) {
    const struct window_desk desk = {.at = window->desk, .store = &window->window};
    return given->lost ? why_say(why, ERR_CONFLICT, "what is lost is not prolonged")
                       : temporary_prolong(&desk, given->id, card, why);
}

static enum err do_return(const struct window *window, const struct temporary_options *given,
    struct temporary_card *card, struct why *why) {
    const struct window_desk desk = {.at = window->desk, .store = &window->window};
    card->id = 0;
    return temporary_end(&desk, given->id, given->lost ? TEMPORARY_LOST : TEMPORARY_RETURNED, why);
}

int temporary_issue_command(int argc, char **argv) {
    return run(&issue_usage, argc, argv, do_issue);
}

int temporary_prolong_command(int argc, char **argv) {
    return run(&prolong_usage, argc, argv, do_prolong);
}

int temporary_return_command(int argc, char **argv) {
    return run(&return_usage, argc, argv, do_return);
}
