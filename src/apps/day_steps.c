/* The steps of a business day on the command line: each can be run again with the same result. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apps/command.h"
#include "apps/day_desk.h"
#include "base/money.h"
#include "clearing/exception.h"
#include "host/ending.h"
#include "host/options.h"

struct step_options {
    const char *data, *officer, *approver, *head;
    uint32_t day;
    bool json;
};

static const struct option step_options[] = {
    {"DAY",       OPTION_DAY,  offsetof(struct step_options, day),     NULL,   NULL,
     "the business day; the oldest one that is not closed when it is not named",                    true},
    {"--officer", OPTION_TEXT, offsetof(struct step_options, officer), "CODE", NULL, "who does it",
     false                                                                                              },
    OPTION_DATA(struct step_options, data),
    OPTION_JSON(struct step_options, json),
};

/* What the day is now, for people or for programs. */
static enum err tell_state(struct day_desk *desk, uint32_t day, bool json, struct why *why) {
    struct day_figures figures;
    char fen[FEN_TEXT_MAX];
    enum err err = day_figures_of(&desk->clearing, day, &figures, why);
    if (err) {
        return err;
    }
    const char *word = day_state_word(figures.state), *zh = day_state_zh(figures.state);
    if (json) {
        (void)printf("{\"day\": %" PRIu32 ", \"state\": \"%s\", \"institutions\": %" PRIu32
                     ", \"net_fen\": %" PRId64 ", \"payout_fen\": %" PRId64 "}\n",
            day, word, figures.institutions, figures.net_fen, figures.payout_fen);
    } else {
        (void)printf("%" PRIu32 " %s (%s): %" PRIu32 " institutions, %s yuan\n", day, zh, word,
            figures.institutions, fen_text(figures.net_fen, fen));
    }
    return OK;
}

/* One step, by the line of the table that the command is. */
static int run_step(const struct usage *usage, enum day_state to, int argc, char **argv) {
    struct step_options given = {.approver = NULL};
    struct why why = {0};
    int status = 0;
    if (!options_read(usage, argc, argv, &given, &status)) {
        return status;
    }
    DAY_DESK_SCOPE(desk);
    enum err err = day_desk_open(&desk, given.data, false, &why);
    uint32_t day = 0;
    err = err ? err : day_desk_day(&desk, given.day, &day, &why);
    const struct day_order order = {day, given.officer, desk.bank_dir};
    err = err ? err : day_step(&desk.clearing, &order, to, &why);
    err = err ? err : tell_state(&desk, day, given.json, &why);
    return (int)ending_tell_words(err, &why);
}

#define DAY_STEP(function, word, to, sentence)                                                     \
    int function(int argc, char **argv) {                                                          \
        static const struct usage usage = {.command = word,                                        \
            .help = sentence,                                                                      \
            .options = step_options,                                                               \
            .count = sizeof step_options / sizeof step_options[0]};                                \
        return run_step(&usage, to, argc, argv);                                                   \
    }
#include "apps/day_step.def"

/* --- the first day ---------------------------------------------------------------------------- */

static const struct option open_options[] = {
    {"DAY", OPTION_DAY, offsetof(struct step_options, day), NULL, NULL,
     "the first business day; the centre's business date when it is not named", true},
    OPTION_DATA(struct step_options, data),
    OPTION_JSON(struct step_options, json),
};

int day_open_command(int argc, char **argv) {
    static const struct usage usage = {.command = "day open",
        .help =
            "Opens the first business day of a centre (营业). Later days open with the cut-over of "
            "the day before.",
        .options = open_options,
        .count = sizeof open_options / sizeof open_options[0]};
    struct step_options given = {.approver = NULL};
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    DAY_DESK_SCOPE(desk);
    enum err err = day_desk_open(&desk, given.data, false, &why);
    uint32_t day = given.day ? given.day : desk.city.centre.file.date;
    err = err ? err : day_begin(&desk.clearing, day, &why);
    err = err ? err : tell_state(&desk, day, given.json, &why);
    return (int)ending_tell(err, &why);
}

/* --- what is left of a day ----------------------------------------------------------------------- */

static const struct option close_options[] = {
    {"DAY",       OPTION_DAY,  offsetof(struct step_options, day),      NULL,   NULL,
     "the business day; the oldest one that is not closed when it is not named",                     true},
    {"--officer", OPTION_TEXT, offsetof(struct step_options, officer),  "CODE", NULL, "who does it",
     false                                                                                               },
    {"--second",  OPTION_TEXT, offsetof(struct step_options, approver), "CODE", NULL,
     "the other officer, who approves the payout list; not needed once it is approved",              true},
    {"--head",    OPTION_TEXT, offsetof(struct step_options, head),     "CODE", NULL,
     "the head of the centre, when a payout is above the limit of two officers",                     true},
    OPTION_DATA(struct step_options, data),
    OPTION_JSON(struct step_options, json),
};

/* All steps up to the approval, the head's yes, and the rest. */
static enum err close_with_head(
    struct day_desk *desk, const struct step_options *given, uint32_t day, struct why *why) {
    struct day_order order = {day, given->officer, desk->bank_dir};
    enum err err = OK;
    for (int to = DAY_CUT; !err && to <= DAY_APPROVED; to++) {
        order.officer = to == DAY_APPROVED ? given->approver : given->officer;
        err = day_step(&desk->clearing, &order, (enum day_state)to, why);
    }
    order.officer = given->officer;
    err = err ? err : day_head(&desk->clearing, day, given->head, why);
    return err ? err : day_run(&desk->clearing, &order, given->approver, why);
}

/* A day that waits for its approval goes no further without a second person. */
static enum err close_day(
    struct day_desk *desk, const struct step_options *given, uint32_t day, struct why *why) {
    struct day_row row;
    const struct day_order order = {day, given->officer, desk->bank_dir};
    enum err err = desk->store.day_find(desk->store.self, day, &row, why);
    if (!err && row.state < DAY_APPROVED && !given->approver) {
        return why_say(why, ERR_CONFLICT,
            "day %" PRIu32 " is %s, and its payout list is not approved; name another officer with "
            "--second",
            day, day_state_word((enum day_state)row.state));
    }
    if (err) {
        return why_add(why, err, "day %" PRIu32, day);
    }
    return given->head && row.state < DAY_PAID
               ? close_with_head(desk, given, day, why)
               : day_run(&desk->clearing, &order, given->approver, why);
}

/* What a day was closed with: one line each, or members of an array that is open. */
static enum err tell_exceptions(struct day_desk *desk, uint32_t day, bool json, struct why *why) {
    struct exception_row row = {.day = day};
    char fen[FEN_TEXT_MAX];
    const char *comma = "";
    enum err err = OK;
    while (!(err = desk->store.exception_next(desk->store.self, day, &row, why))) {
        if (json) {
            (void)printf("%s{\"kind\": \"%s\", \"subject\": \"%s\", \"count\": %" PRIu64
                         ", \"fen\": %" PRId64 ", \"settled\": %" PRIu32 "}",
                comma, exception_word(row.kind), row.subject, row.count, row.fen, row.settled);
            comma = ", ";
        } else if (row.settled == 0) {
            (void)printf("  %s %s: %" PRIu64 ", %s yuan (%s)\n", exception_zh(row.kind),
                row.subject, row.count, fen_text(row.fen, fen), exception_word(row.kind));
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* The closed day and its exceptions. */
static enum err tell_close(struct day_desk *desk, uint32_t day, bool json, struct why *why) {
    if (!json) {
        enum err err = tell_state(desk, day, false, why);
        return err ? err : tell_exceptions(desk, day, false, why);
    }
    (void)printf("{\"exceptions\": [");
    enum err err = tell_exceptions(desk, day, true, why);
    (void)printf("], \"day\": %" PRIu32, day);
    struct day_figures figures;
    err = err ? err : day_figures_of(&desk->clearing, day, &figures, why);
    if (!err) {
        (void)printf(", \"state\": \"%s\", \"institutions\": %" PRIu32 ", \"net_fen\": %" PRId64
                     ", \"payout_fen\": %" PRId64,
            day_state_word(figures.state), figures.institutions, figures.net_fen,
            figures.payout_fen);
    }
    (void)printf("}\n");
    return err;
}

int day_close_command(int argc, char **argv) {
    static const struct usage usage = {.command = "day close",
        .help = "Closes a business day (日结): takes every step that is still missing, in their "
                "order.\n"
                "A day closes only when its books are even and the bank's file lies in bank/ "
                "whole;\nwhat is still open beside them is named.",
        .options = close_options,
        .count = sizeof close_options / sizeof close_options[0]};
    struct step_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    DAY_DESK_SCOPE(desk);
    enum err err = day_desk_open(&desk, given.data, false, &why);
    uint32_t day = 0;
    err = err ? err : day_desk_day(&desk, given.day, &day, &why);
    err = err ? err : close_day(&desk, &given, day, &why);
    err = err ? err : tell_close(&desk, day, given.json, &why);
    return (int)ending_tell_words(err, &why);
}
