/* What no holder fetches, and what must not be used: taken back and destroyed by two. [system.md 4.3] */
#include <inttypes.h>
#include <stdio.h>

#include "apps/command.h"
#include "apps/stock_desk.h"
#include "host/ending.h"
#include "host/options.h"
#include "issuance/taking_back.h"

struct end_options {
    const char *card, *officer, *second, *data;
    int64_t batch, seq, reason, time;
};

static const struct option recover_options[] = {
    {"CARD",      OPTION_TEXT,   offsetof(struct end_options, card),    NULL,     NULL,
     "number of the card that lies in the box",           false},
    {"--reason",  OPTION_NUMBER, offsetof(struct end_options, reason),  "N",      "96",
     "95 spoiled, 96 not fetched in time, 98 wrong data", false},
    {"--time",    OPTION_NUMBER, offsetof(struct end_options, time),    "HHMMSS", "120000",
     "when, on the business day",                         false},
    {"--officer", OPTION_TEXT,   offsetof(struct end_options, officer), "CODE",   NULL,
     "officer of the service point",                      false},
    {"--second",  OPTION_TEXT,   offsetof(struct end_options, second),  "CODE",   NULL,
     "the second person, an approver",                    false},
    OPTION_DATA(struct end_options, data),
};

static const struct usage recover_usage = {
    .command = "point recover",
    .help = "Takes a finished card back that nobody fetched, or that is wrong. It is cancelled and "
            "on the\nblacklist from then on; batch destroy ends it.",
    .options = recover_options,
    .count = sizeof recover_options / sizeof recover_options[0],
};

static struct taking_back taking_of(struct stock_desk *desk, const struct end_options *given) {
    return (struct taking_back){.store = &desk->issuance,
        .registry = &desk->city.store,
        .officer = given->officer,
        .second = given->second,
        .day = desk->city.centre.file.date,
        .time = (uint32_t)given->time};
}

static int told(enum err err, const struct why *why) {
    return (int)ending_tell(err == ERR_INVALID ? ERR_CONFLICT : err, why);
}

int point_recover_command(int argc, char **argv) {
    struct end_options given = {0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&recover_usage, argc, argv, &given, &status)) {
        return status;
    }
    STOCK_DESK_SCOPE(desk);
    enum err err = given.reason > 99 || given.time > 235959
                       ? why_say(&why, ERR_CONFLICT, "--reason is 95, 96 or 98, --time is HHMMSS")
                       : stock_desk_open(&desk, given.data, &why);
    if (!err) {
        const struct taking_back t = taking_of(&desk, &given);
        err = card_take_back(&t, given.card, (int)given.reason, &why);
    }
    if (!err) {
        (void)printf("card %s is taken back and cancelled\n", given.card);
    }
    return told(err, &why);
}

static const struct option destroy_options[] = {
    {"BATCH",     OPTION_NUMBER, offsetof(struct end_options, batch),   NULL,   NULL, "number of the batch",
     false                                                                                                        },
    {"--line",    OPTION_NUMBER, offsetof(struct end_options, seq),     "N",    NULL, "which of its lines",
     false                                                                                                        },
    {"--officer", OPTION_TEXT,   offsetof(struct end_options, officer), "CODE", NULL, "a maker",
     false                                                                                                        },
    {"--second",  OPTION_TEXT,   offsetof(struct end_options, second),  "CODE", NULL,
     "the second person, an approver",                                                                       false},
    OPTION_DATA(struct end_options, data),
};

static const struct usage destroy_usage = {
    .command = "batch destroy",
    .help = "Destroys what a line has become: failed, in doubt, wrong, or a card that was taken "
            "back.",
    .options = destroy_options,
    .count = sizeof destroy_options / sizeof destroy_options[0],
};

int batch_destroy_command(int argc, char **argv) {
    struct end_options given = {0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&destroy_usage, argc, argv, &given, &status)) {
        return status;
    }
    STOCK_DESK_SCOPE(desk);
    enum err err = given.seq > INT32_MAX
                       ? why_say(&why, ERR_CONFLICT, "no batch has that many lines")
                       : stock_desk_open(&desk, given.data, &why);
    if (!err) {
        const struct taking_back t = taking_of(&desk, &given);
        err = line_destroy(&t, given.batch, (int32_t)given.seq, &why);
    }
    return told(err, &why);
}
