/* Declared outages: their number, and what is settled under it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apps/command.h"
#include "apps/day_desk.h"
#include "apps/result_tell.h"
#include "base/money.h"
#include "clearing/offline_limit.h"
#include "host/ending.h"
#include "host/options.h"

struct outage_options {
    const char *number, *institution, *reason, *officer, *approver, *data;
    int64_t from, to;
    bool json;
};

/* --- day outage ------------------------------------------------------------------------------------ */

static const struct option declare_options[] = {
    {"NUMBER",        OPTION_TEXT,   offsetof(struct outage_options, number),      NULL,             NULL,
     "the outage's number, as it is printed on the slips",                                                        false},
    {"--from",        OPTION_NUMBER, offsetof(struct outage_options, from),        "YYYYMMDDHHMMSS", NULL,
     "its first moment",                                                                                          false},
    {"--to",          OPTION_NUMBER, offsetof(struct outage_options, to),          "YYYYMMDDHHMMSS", NULL,
     "its last moment",                                                                                           false},
    {"--institution", OPTION_TEXT,   offsetof(struct outage_options, institution), "CODE",           NULL,
     "where; everywhere when it is not named",                                                                    true },
    {"--reason",      OPTION_TEXT,   offsetof(struct outage_options, reason),      "TEXT",           NULL, "why", false},
    {"--officer",     OPTION_TEXT,   offsetof(struct outage_options, officer),     "CODE",           NULL,
     "who declares it",                                                                                           false},
    {"--second",      OPTION_TEXT,   offsetof(struct outage_options, approver),    "CODE",           NULL,
     "the other officer",                                                                                         false},
    OPTION_DATA(struct outage_options, data),
    OPTION_JSON(struct outage_options, json),
};

int day_outage_command(int argc, char **argv) {
    static const struct usage usage = {.command = "day outage",
        .help = "Declares an outage (停机): nobody is refused care while it lasts; what is over a "
                "limit or late waits\n"
                "in suspense under its number.",
        .options = declare_options,
        .count = sizeof declare_options / sizeof declare_options[0]};
    struct outage_options given = {.json = false};
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    DAY_DESK_SCOPE(desk);
    const struct outage_order order = {.number = given.number,
        .institution = given.institution,
        .from = (uint64_t)given.from,
        .to = (uint64_t)given.to,
        .reason = given.reason,
        .officer = given.officer,
        .approver = given.approver};
    enum err err = day_desk_open(&desk, given.data, false, &why);
    err = err ? err : outage_declare(&desk.clearing, &order, &why);
    if (!err) {
        result_tell(given.json, json_pack("{s:s, s:b}", "outage", given.number, "declared", true),
            "%s: 停机已登记 declared; settle with \"shebao day settle %s\"", given.number,
            given.number);
    }
    return (int)ending_tell_words(err, &why);
}

/* --- day settle ------------------------------------------------------------------------------------ */

static const struct option settle_options[] = {
    {"NUMBER",    OPTION_TEXT, offsetof(struct outage_options, number),   NULL,   NULL,
     "the outage's number",                                                                         false},
    {"--officer", OPTION_TEXT, offsetof(struct outage_options, officer),  "CODE", NULL, "who asks",
     false                                                                                               },
    {"--second",  OPTION_TEXT, offsetof(struct outage_options, approver), "CODE", NULL,
     "the other officer, who agrees",                                                               false},
    OPTION_DATA(struct outage_options, data),
    OPTION_JSON(struct outage_options, json),
};

int day_settle_command(int argc, char **argv) {
    static const struct usage usage = {.command = "day settle",
        .help =
            "Pays every record that waits under an outage's number (停机补结), by two officers; "
            "again, it goes on\nwith what came since.",
        .options = settle_options,
        .count = sizeof settle_options / sizeof settle_options[0]};
    struct outage_options given = {.reason = NULL};
    struct outage_figures figures;
    struct why why = {0};
    char fen[FEN_TEXT_MAX];
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    DAY_DESK_SCOPE(desk);
    enum err err = day_desk_open(&desk, given.data, false, &why);
    err = err ? err
              : outage_settle(
                  &desk.clearing, given.number, given.officer, given.approver, &figures, &why);
    if (!err && given.json) {
        (void)printf("{\"outage\": \"%s\", \"records\": %" PRIu32 ", \"fen\": %" PRId64 "}\n",
            given.number, figures.records, figures.fen);
    } else if (!err) {
        (void)printf("%s: %" PRIu32 " records, %s yuan\n", given.number, figures.records,
            fen_text(figures.fen, fen));
    }
    return (int)ending_tell(err, &why);
}
