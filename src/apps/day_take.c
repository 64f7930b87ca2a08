/* Upload files into the open business day, and what a day came to. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apps/command.h"
#include "apps/day_desk.h"
#include "apps/day_ends.h"
#include "apps/day_parts.h"
#include "base/money.h"
#include "clearing/intake.h"
#include "clearing/load_order.h"
#include "host/ending.h"
#include "host/options.h"

struct take_options {
    const char *file, *data, *kind, *format, *out;
    struct vault_words words;
    uint32_t day;
    bool json;
};

/* --- day take ------------------------------------------------------------------------------------ */

static const struct option take_options[] = {
    {"FILE", OPTION_PATH, offsetof(struct take_options, file), NULL, NULL,
     "what a terminal uploads", false},
    OPTIONS_VAULT(struct take_options, words),
    OPTION_DATA(struct take_options, data),
    OPTION_JSON(struct take_options, json),
};

/* An upload source over a stdio stream. */
static long file_read(void *self, uint8_t *to, size_t len) {
    FILE *file = self;
    size_t got = fread(to, 1, len, file);
    return ferror(file) ? -1 : (long)got;
}

/* Straight from the file: a million records need no memory. */
static enum err take(struct day_desk *desk, const char *path, struct intake_figures *figures,
    bool *again, struct why *why) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        return why_say(
            why, ERR_NOT_FOUND, "cannot read %s: %s; name an upload file", path, strerror(errno));
    }
    enum err err = intake_file(&desk->clearing,
        (struct upload_source){.self = file, .read = file_read}, figures, again, why);
    (void)fclose(file);
    return err ? why_add(why, err, "%s", path) : OK;
}

int day_take_command(int argc, char **argv) {
    static const struct usage usage = {.command = "day take",
        .help =
            "Takes an upload file into the open business day and says of its records what became "
            "of them.\nThe same file again changes nothing and is answered with the same figures.",
        .options = take_options,
        .count = sizeof take_options / sizeof take_options[0]};
    struct take_options given;
    struct intake_figures figures = {0};
    struct why why = {0};
    bool again = false;
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    DAY_DESK_SCOPE(desk);
    enum err err = day_desk_open_vault(&desk, given.data, &given.words, &why);
    err = err ? err : day_parts_allow_file(&desk, &why);
    err = err ? err : take(&desk, given.file, &figures, &again, &why);
    if (err) {
        return (int)ending_tell(err, &why);
    }
    if (given.json) {
        (void)printf("{\"again\": %s, ", again ? "true" : "false");
        day_ends_json(&figures);
        (void)printf("}\n");
    } else {
        (void)printf("%s%" PRIu64 " records\n", again ? "taken in before: " : "", figures.records);
        day_ends_print(&figures);
    }
    return ENDING_DONE;
}

/* --- day report ---------------------------------------------------------------------------------- */

static const struct option report_options[] = {
    {"DAY",      OPTION_DAY,  offsetof(struct take_options, day),    NULL,   NULL,
     "the business day; the last one that has ended when it is not named",     true},
    {"--kind",   OPTION_TEXT, offsetof(struct take_options, kind),   "NAME", NULL,
     "one report as rows: summary, payable, differences, ageing, reversals, trial, payout, "
        "city, "
        "exceptions, month",                                                   true},
    {"--format", OPTION_TEXT, offsetof(struct take_options, format), "WORD", NULL,
     "of the rows: table, csv, json, xlsx or pdf; table when it is not named", true},
    {"--out",    OPTION_PATH, offsetof(struct take_options, out),    "FILE", NULL,
     "write the rows into FILE instead of standard output",                    true},
    OPTION_DATA(struct take_options, data),
    OPTION_JSON(struct take_options, json),
};

/* Everything that a day's page shows. */
struct day_page {
    uint32_t day;
    struct day_figures figures;
    struct intake_figures records;
    struct reason_sum loads[LOAD_STATE_COUNT];
    struct trial_balance trial;
};

static enum err read_page(struct day_desk *desk, struct day_page *page, struct why *why) {
    const struct clearing *c = &desk->clearing;
    enum err err = day_figures_of(c, page->day, &page->figures, why);
    err = err ? err : intake_figures_of(c, page->day, &page->records, why);
    err = err ? err : load_figures_of(c, page->day, page->loads, why);
    return err ? err : ledger_trial(&desk->store, &page->trial, why);
}

/* 机构应付明细: one line for each institution. */
static enum err print_nets(struct day_desk *desk, uint32_t day, bool json, struct why *why) {
    struct net_row net = {0};
    char fen[FEN_TEXT_MAX];
    const char *comma = "";
    enum err err = OK;
    while (!(err = desk->store.net_next(desk->store.self, day, net.institution, &net, why))) {
        if (json) {
            (void)printf("%s{\"institution\": \"%s\", \"trades\": %" PRIu32 ", \"fen\": %" PRId64
                         "}",
                comma, net.institution, net.trades, net.fen);
            comma = ", ";
        } else {
            (void)printf(
                "%10" PRIu32 "  %14s  %s\n", net.trades, fen_text(net.fen, fen), net.institution);
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err print_page(struct day_desk *desk, const struct day_page *p, struct why *why) {
    char a[FEN_TEXT_MAX], b[FEN_TEXT_MAX];
    (void)printf("%" PRIu32 " %s (%s)\n\n记录 records\n", p->day, day_state_zh(p->figures.state),
        day_state_word(p->figures.state));
    day_ends_print(&p->records);
    (void)printf("\n机构应付 payable\n");
    enum err err = print_nets(desk, p->day, false, why);
    (void)printf("\n圈存 loads %s; 拨付 payouts %s\n", fen_text(p->loads[LOAD_POSTED].fen, a),
        fen_text(p->figures.payout_fen, b));
    (void)printf("试算平衡 trial balance: %s\n", trial_even(&p->trial) ? "0" : "NOT EVEN");
    return err;
}

static enum err print_page_json(struct day_desk *desk, const struct day_page *p, struct why *why) {
    (void)printf(
        "{\"day\": %" PRIu32 ", \"state\": \"%s\", ", p->day, day_state_word(p->figures.state));
    day_ends_json(&p->records);
    (void)printf(", \"payable\": [");
    enum err err = print_nets(desk, p->day, true, why);
    (void)printf("], \"loads_fen\": %" PRId64 ", \"payout_fen\": %" PRId64
                 ", \"difference_fen\": %" PRId64 ", \"even\": %s}\n",
        p->loads[LOAD_POSTED].fen, p->figures.payout_fen, p->trial.difference_fen,
        trial_even(&p->trial) ? "true" : "false");
    return err;
}

int day_report_command(int argc, char **argv) {
    static const struct usage usage = {.command = "day report",
        .help = "Shows what a business day came to (日结报告): its records by their ends, what "
                "each institution\n"
                "gets, loads, payouts, and the trial balance. Exit status 1 when that is not zero. "
                "With --kind:\n"
                "one report as rows (机构应付明细, 差错清单, ...).",
        .options = report_options,
        .count = sizeof report_options / sizeof report_options[0]};
    struct take_options given;
    struct day_page page = {0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    DAY_DESK_SCOPE(desk);
    enum err err = day_desk_open(&desk, given.data, false, &why);
    err = err ? err : day_desk_ended(&desk, given.day, &page.day, &why);
    if (!err && given.kind) {
        const char *format = given.format ? given.format : given.json ? "json" : "table";
        const struct day_rows_order order = {given.kind, format, given.out, page.day};
        return (int)ending_tell(day_rows(&desk, &order, &why), &why);
    }
    err = err ? err : read_page(&desk, &page, &why);
    if (!err) {
        err = given.json ? print_page_json(&desk, &page, &why) : print_page(&desk, &page, &why);
    }
    return err                       ? (int)ending_tell(err, &why)
           : trial_even(&page.trial) ? ENDING_DONE
                                     : ENDING_MISSED;
}
