/* Packages of cards for units, communities and parcels. [system.md 4.3] */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apps/command.h"
#include "apps/report_out.h"
#include "apps/taker_words.h"
#include "apps/window_desk.h"
#include "host/ending.h"
#include "host/files.h"
#include "host/options.h"
#include "host/report.h"
#include "issuance/handover_package.h"
#include "issuance/stock.h"

enum { CARDS_FILE_MAX = 1024 * 1024 };

struct package_options {
    struct window_options common;
    const char *point, *kind, *unit, *letter, *first, *second, *cards;
};

/* clang-format off */
static const struct option package_options[] = {
    {"POINT", OPTION_TEXT, offsetof(struct package_options, point), NULL, NULL,
        "service point whose cards leave", false},
    {"--kind", OPTION_TEXT, offsetof(struct package_options, kind), "KIND", "unit",
        "unit, community or post", false},
    {"--unit", OPTION_TEXT, offsetof(struct package_options, unit), "CODE", NULL,
        "code of the unit (AAB001) or community", true},
    {"--letter", OPTION_TEXT, offsetof(struct package_options, letter), "NUMBER", NULL,
        "number of the unit's letter, or of the parcel's form", false},
    {"--first", OPTION_TEXT, offsetof(struct package_options, first), "NAME,ID,PHONE", NULL,
        "the first handler; by post the receiver: NAME,ID,PHONE,ADDRESS", false},
    {"--second-handler", OPTION_TEXT, offsetof(struct package_options, second), "NAME,ID,PHONE",
        NULL, "the second handler", true},
    {"--cards", OPTION_PATH, offsetof(struct package_options, cards), "FILE", NULL,
        "card numbers, one a line; without it, all cards of the unit that lie there", true},
    WINDOW_OPTIONS(struct package_options),
};
/* clang-format on */

static const struct usage package_usage = {
    .command = "point package",
    .help = "Hands many cards out together: they leave their boxes, sealed, and each is enabled "
            "when its\n"
            "holder comes with it (point hand-out). A unit sends two handlers with a letter and "
            "brings\n"
            "the signed list back within five working days (point sign-list).",
    .options = package_options,
    .count = sizeof package_options / sizeof package_options[0],
};

static enum err kind_read(const char *word, enum handover_kind *kind, struct why *why) {
    static const struct {
        const char *word;
        enum handover_kind kind;
    } kinds[] = {
        {"unit",      TO_UNIT     },
        {"community", TO_COMMUNITY},
        {"post",      BY_POST     },
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].word, word) == 0) {
            *kind = kinds[i].kind;
            return OK;
        }
    }
    return why_say(why, ERR_INVALID, "--kind is unit, community or post, not %s", word);
}

static enum err package_read(
    const struct package_options *given, struct package *p, struct why *why) {
    enum err err = kind_read(given->kind, &p->kind, why);
    err = err ? err : stock_word(p->point, sizeof p->point, given->point, "a point's code", why);
    err = err ? err : stock_word(p->unit, sizeof p->unit, given->unit, "--unit", why);
    err = err ? err : stock_word(p->letter, sizeof p->letter, given->letter, "--letter", why);
    err = err ? err : taker_read(given->first, &p->first, why);
    return err || !given->second ? err : taker_read(given->second, &p->second, why);
}

/* Every line of the file is a card; a line that is none is refused, and nothing has left then. */
static enum err take_listed(const struct window_desk *desk, int64_t package, const char *path,
    struct package_result *result, struct why *why) {
    FILE_CONTENT_SCOPE(file);
    char number[CARD_NUMBER_LEN + 1];
    size_t line = 0;
    enum err err = files_read(path, CARDS_FILE_MAX, &file, why);
    for (size_t at = 0; !err && at < file.len;) {
        const uint8_t *end = memchr(file.at + at, '\n', file.len - at);
        size_t len = end ? (size_t)(end - file.at) - at : file.len - at;
        line++;
        if (len != CARD_NUMBER_LEN) {
            return why_say(why, ERR_INVALID, "%s, line %zu is no card number", path, line);
        }
        (void)memcpy(number, file.at + at, CARD_NUMBER_LEN);
        number[CARD_NUMBER_LEN] = '\0';
        err = package_take(desk, package, number, result, why);
        at += len + 1;
    }
    return err;
}

/* Opened and filled in one transaction: a package without its cards is none. */
static enum err fill(const struct window_desk *desk, const struct package_options *given,
    struct package *p, struct package_result *result, struct why *why) {
    WORK_SCOPE(work);
    enum err err = work_begin(&work, desk->store->issuance, why);
    err = err ? err : err_of_words(package_open(desk, p, why));
    if (!err) {
        err = given->cards ? take_listed(desk, p->id, given->cards, result, why)
                           : package_take_unit(desk, p->id, result, why);
    }
    if (!err && result->handed == 0) {
        err = why_say(why, ERR_NOT_FOUND,
            "no card lies there for it (%" PRId64
            " collected already); \"shebao box list\" shows what does",
            result->before);
    }
    return err ? err : work_commit(&work, why);
}

int point_package_command(int argc, char **argv) {
    struct package_options given = {.point = NULL};
    struct package p = {.id = 0};
    struct package_result result = {.handed = 0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&package_usage, argc, argv, &given, &status)) {
        return status;
    }
    WINDOW_SCOPE(window);
    enum err err = err_of_words(package_read(&given, &p, &why));
    err = err ? err : err_of_words(window_open(&window, &given.common, &why));
    const struct window_desk desk = {.at = window.desk, .store = &window.window};
    err = err ? err : fill(&desk, &given, &p, &result, &why);
    if (!err) {
        (void)printf(given.common.json
                         ? "{\"package\": %" PRId64 ", \"handed_out\": %" PRId64
                           ", \"already_collected\": %" PRId64 ", \"due\": %" PRIu32 "}\n"
                         : "package %" PRId64 ": %" PRId64 " cards handed out; %" PRId64
                           " already collected; sign-list due %" PRIu32 "\n",
            p.id, result.handed, result.before, p.due);
    }
    return given.cards ? (int)ending_tell(err, &why) : window_tell(err, &why);
}

/* --- back ------------------------------------------------------------------------------------- */

struct back_options {
    struct window_options common;
    const char *card;
    int64_t package;
};

/* clang-format off */
static const struct option returned_options[] = {
    {"CARD", OPTION_TEXT, offsetof(struct back_options, card), NULL, NULL,
        "number of the card that came back", false},
    WINDOW_OPTIONS(struct back_options),
};
static const struct option sign_options[] = {
    {"PACKAGE", OPTION_NUMBER, offsetof(struct back_options, package), NULL, NULL,
        "number of the package", false},
    WINDOW_OPTIONS(struct back_options),
};
/* clang-format on */

static const struct usage returned_usage = {
    .command = "point returned",
    .help = "A card of a package came back unclaimed: it lies in a box of its point again.",
    .options = returned_options,
    .count = sizeof returned_options / sizeof returned_options[0],
};
static const struct usage sign_usage = {
    .command = "point sign-list",
    .help =
        "The signed list of a package is back: what did not come back before is with its holder.",
    .options = sign_options,
    .count = sizeof sign_options / sizeof sign_options[0],
};

int point_returned_command(int argc, char **argv) {
    struct back_options given = {.package = 0};
    struct why why = {0};
    int64_t box_cards = 0;
    int status = 0;
    if (!options_read(&returned_usage, argc, argv, &given, &status)) {
        return status;
    }
    WINDOW_SCOPE(window);
    enum err err = window_open(&window, &given.common, &why);
    const struct window_desk desk = {.at = window.desk, .store = &window.window};
    err = err ? err : window_parameter(&window, PARAMETER_BOX_CARDS, &box_cards, &why);
    err = err ? err : package_card_back(&desk, given.card, (int32_t)box_cards, &why);
    return window_tell(err, &why);
}

int point_sign_list_command(int argc, char **argv) {
    struct back_options given = {.package = 0};
    struct why why = {0};
    int64_t open = 0;
    int status = 0;
    if (!options_read(&sign_usage, argc, argv, &given, &status)) {
        return status;
    }
    WINDOW_SCOPE(window);
    enum err err = window_open(&window, &given.common, &why);
    const struct window_desk desk = {.at = window.desk, .store = &window.window};
    err = err ? err : package_list_back(&desk, given.package, &open, &why);
    if (!err) {
        (void)printf("package %" PRId64 ": list is back, %" PRId64 " cards are not enabled yet\n",
            given.package, open);
    }
    return window_tell(err, &why);
}

/* --- the list ---------------------------------------------------------------------------------- */

struct packages_options {
    const char *point, *data;
    struct report_words report;
    bool json;
};

/* clang-format off */
static const struct option packages_options[] = {
    {"--point", OPTION_TEXT, offsetof(struct packages_options, point), "POINT", NULL,
        "only packages that left this point", true},
    OPTIONS_REPORT(struct packages_options, report),
    OPTION_DATA(struct packages_options, data),
    OPTION_JSON(struct packages_options, json),
};
/* clang-format on */

static const struct usage packages_usage = {
    .command = "point packages",
    .help =
        "Lists packages: how many cards left, are enabled, came back, and whether the list did.",
    .options = packages_options,
    .count = sizeof packages_options / sizeof packages_options[0],
};

static const struct report_column package_columns[] = {
    {"package",  "包号 Package",     REPORT_NUMBER, 12, false},
    {"point",    "网点 Point",       REPORT_TEXT,   16, false},
    {"unit",     "单位 Unit",        REPORT_TEXT,   16, false},
    {"day",      "移交日 Day",      REPORT_DAY,    12, false},
    {"due",      "应回签日 Due",   REPORT_DAY,    14, false},
    {"back",     "回签日 Back",     REPORT_DAY,    12, false},
    {"cards",    "卡数 Cards",       REPORT_NUMBER, 10, true },
    {"enabled",  "已启用 Enabled",  REPORT_NUMBER, 14, true },
    {"returned", "已退回 Returned", REPORT_NUMBER, 15, true },
};
static const struct report_head package_head = {
    .name = "packages",
    .title = "集中领卡移交单 Packages",
    .about = "",
    .columns = package_columns,
    .column_count = sizeof package_columns / sizeof package_columns[0],
};

static enum err list_packages(const struct window_store *store, const char *point,
    struct report_sink *sink, struct why *why) {
    struct package p = {.id = 0};
    struct package_count c;
    enum err err = report_begin(sink, &package_head, why);
    while (!err && (err = store->package_after(store->self, point, p.id, &p, why)) == OK) {
        err = store->package_counts(store->self, p.id, &c, why);
        const struct report_value row[] = {report_number(p.id), report_text(p.point),
            report_text(p.unit), report_number(p.day), report_number(p.due), report_number(p.back),
            report_number(c.cards), report_number(c.enabled), report_number(c.returned)};
        err = err ? err : report_row(sink, row, why);
    }
    return err == ERR_NOT_FOUND ? report_end(sink, why) : err;
}

int point_packages_command(int argc, char **argv) {
    struct packages_options given = {.point = NULL};
    struct why why = {0};
    int status = 0;
    if (!options_read(&packages_usage, argc, argv, &given, &status)) {
        return status;
    }
    const struct window_options at = {.officer = "", .data = given.data, .time = "120000"};
    WINDOW_SCOPE(window);
    REPORT_OUT_SCOPE(out);
    given.report.format = given.json ? "json" : given.report.format;
    enum err err = window_open(&window, &at, &why);
    err = err ? err : report_out_open(&out, &given.report, window.desk.day, &why);
    err = err ? err : list_packages(&window.window, given.point, &out.sink, &why);
    err = err ? err : report_out_keep(&out, &why);
    return window_tell(err, &why);
}
