#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/command.h"
#include "apps/pilot_desk.h"
#include "host/ending.h"
#include "host/options.h"

struct pilot_options {
    const char *people, *data;
    struct vault_words words;
    int64_t seed, forge;
    uint32_t date;
    bool json;
};

static const struct option options[] = {
    {"--people", OPTION_PATH,   offsetof(struct pilot_options, people), "FILE",
     "data/pilot-people.csv",                                                               "people, as the social-insurance core sends them", false},
    OPTION_DATA(struct pilot_options, data),
    {"--seed",   OPTION_NUMBER, offsetof(struct pilot_options, seed),   NULL,   "1",
     "what test keys and everything drawn by chance come from",                                                                                false},
    {"--forge",  OPTION_NUMBER, offsetof(struct pilot_options, forge),  NULL,   "0",
     "slip so many forged and so many repeated records into the uploads",                                                                      false},
    {"--date",   OPTION_DAY,    offsetof(struct pilot_options, date),   NULL,   "20031008",
     "the business date",                                                                                                                      false},
    OPTIONS_VAULT(struct pilot_options, words),
    OPTION_JSON(struct pilot_options, json),
};

static const struct usage usage = {
    .command = "pilot",
    .help = "Imports a file of people, makes and checks a card for each, hands the cards out, lets "
            "them\nload and buy, clears the day, and proves that every fen is accounted for. "
            "Interrupted, it\ngoes on where it stopped: give the same command again. A rehearsal "
            "with keys of "
            "its own\n(shebao init --rehearsal --keys file) is run with these.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

enum { FORGE_MAX = 100000 };

static enum err order_of(
    const struct pilot_options *given, struct pilot_order *order, struct why *why) {
    if (given->forge > FORGE_MAX) {
        return why_say(why, ERR_CONFLICT, "--forge takes up to %d", FORGE_MAX);
    }
    *order = (struct pilot_order){
        .people = given->people,
        .dir = given->data,
        .seed = (uint64_t)given->seed,
        .date = given->date,
        .forge = (uint32_t)given->forge,
        .quiet = given->json,
    };
    return OK;
}

int pilot_command(int argc, char **argv) {
    struct pilot_options given;
    struct pilot_order order;
    struct pilot_figures figures;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    enum err err = order_of(&given, &order, &why);
    err = err ? err : pilot_at_desk(&order, &given.words, &figures, &why);
    if (err) {
        return (int)ending_tell(err, &why);
    }
    char story[FIGURES_STORY_ROOM];
    bool balanced = figures_balance(&figures, story);
    if (given.json) {
        err = figures_print_json(&figures, stdout, &why);
    } else {
        figures_print(&figures, stdout);
        (void)printf("figures: %s/pilot.json\nbank file: %s/%s\n", given.data, given.data,
            figures.bank_file);
    }
    if (err) {
        return (int)ending_tell(err, &why);
    }
    if (!balanced) {
        (void)fprintf(stderr,
            "shebao: not everything is accounted for: %s; pay nothing out before it is known why "
            "(%s/pilot.json has all figures)\n",
            story, given.data);
    }
    return balanced ? ENDING_DONE : ENDING_MISSED;
}
