#include "stores/sql/report_sheet.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "apps/city.h"
#include "apps/command.h"
#include "apps/day_desk.h"
#include "apps/report_out.h"
#include "clearing/day_report.h"
#include "host/ending.h"
#include "host/options.h"

/* "report list", "report show", "report check". What was shown to whom is in the audit chain before the
 * first row is written. [system.md 10; decision 0050] */

struct report_options {
    const char *kind, *point, *by, *reason, *data;
    struct report_words report;
    int64_t district;
    uint32_t from, to, day;
    bool json, unmask;
};

/* --json is --format json. */
static struct report_words words_of(const struct report_options *given) {
    struct report_words words = given->report;
    words.format = given->json ? "json" : words.format;
    return words;
}

/* --- report list ---------------------------------------------------------------------------------- */

/* clang-format off */
static const struct option list_options[] = {
    OPTIONS_REPORT(struct report_options, report),
    OPTION_JSON(struct report_options, json),
};
static const struct report_column list_columns[] = {
    {"place", "编号 No.",     REPORT_NUMBER,  8, false},
    {"name",  "名称 Report",  REPORT_TEXT,   21, false},
    {"title", "标题 Title",   REPORT_TEXT,   60, false},
    {"takes", "条件 Takes",   REPORT_TEXT,   28, false},
    {"where", "出处 Where",   REPORT_TEXT,   30, false},
};
/* clang-format on */
static const struct usage list_usage = {
    .command = "report list",
    .help =
        "The reports there are, by their numbers in the city's list of reports; and why there is "
        "none.",
    .options = list_options,
    .count = sizeof list_options / sizeof list_options[0],
};

static enum err list_rows(struct report_sink *sink, struct why *why) {
    static const struct report_head head = {.name = "reports",
        .title = "报表目录 Reports",
        .about = "",
        .columns = list_columns,
        .column_count = sizeof list_columns / sizeof list_columns[0]};
    size_t count = 0;
    const struct report_line *lines = report_lines(&count);
    enum err err = report_begin(sink, &head, why);
    assert(count > 0);
    for (size_t i = 0; !err && i < count; i++) {
        const struct report_line *line = &lines[i];
        char takes[80];
        (void)snprintf(takes, sizeof takes, "%s%s%s%s",
            line->takes & (TAKE_PERIOD | TAKE_MOMENTS) ? "--from --to " : "",
            line->takes & TAKE_DAY     ? "--day "
            : line->takes & TAKE_POINT ? "--point "
                                       : "",
            line->takes & TAKE_DISTRICT ? "--district " : "",
            report_line_personal(line) ? "--unmask" : "");
        const struct report_value values[] = {report_number(line->place), report_text(line->name),
            report_text(line->title), report_text(takes),
            report_text(line->absent ? line->absent : "report show")};
        err = report_row(sink, values, why);
    }
    return err ? err : report_end(sink, why);
}

int report_list_command(int argc, char **argv) {
    struct report_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&list_usage, argc, argv, &given, &status)) {
        return status;
    }
    REPORT_OUT_SCOPE(out);
    const struct report_words words = words_of(&given);
    enum err err = report_out_open(&out, &words, 0, &why);
    err = err ? err : list_rows(&out.sink, &why);
    err = err ? err : report_out_keep(&out, &why);
    return (int)ending_tell(err, &why);
}

/* --- report show ---------------------------------------------------------------------------------- */

/* clang-format off */
static const struct option show_options[] = {
    {"KIND", OPTION_TEXT, offsetof(struct report_options, kind), NULL, NULL,
        "which: a name that `shebao report list` shows", false},
    {"--from", OPTION_DAY, offsetof(struct report_options, from), NULL, NULL,
        "the first day of the period; without it, from the beginning", true},
    {"--to", OPTION_DAY, offsetof(struct report_options, to), NULL, NULL,
        "its last day; without it, to the end", true},
    {"--day", OPTION_DAY, offsetof(struct report_options, day), NULL, NULL,
        "of this business day of the clearing; without it, of the last one that has ended", true},
    {"--point", OPTION_TEXT, offsetof(struct report_options, point), NULL, NULL,
        "only this service point", true},
    {"--district", OPTION_NUMBER, offsetof(struct report_options, district), NULL, "0",
        "only this district, six digits; 0 is all", false},
    {"--officer", OPTION_TEXT, offsetof(struct report_options, by), "CODE", "system",
        "who asks; with --unmask an approver", false},
    {"--unmask", OPTION_FLAG, offsetof(struct report_options, unmask), NULL, NULL,
        "names and numbers of persons whole", false},
    {"--reason", OPTION_TEXT, offsetof(struct report_options, reason), NULL, NULL,
        "with --unmask: why; it is written into the audit chain", true},
    OPTIONS_REPORT(struct report_options, report),
    OPTION_DATA(struct report_options, data),
    OPTION_JSON(struct report_options, json),
};
/* clang-format on */
static const struct usage show_usage = {
    .command = "report show",
    .help = "Writes one report. Persons are masked; that it was shown is in the audit chain.",
    .options = show_options,
    .count = sizeof show_options / sizeof show_options[0],
};

/* Whether the officer may see persons whole. */
static enum err may_unmask(
    const struct city *city, const struct report_options *given, struct why *why) {
    if (!given->unmask) {
        return OK;
    }
    if (!given->reason || strlen(given->reason) > AUDIT_WORD_MAX) {
        return why_say(why, ERR_CONFLICT,
            "--unmask needs --reason, a text of at most %d bytes, for the audit chain",
            (int)AUDIT_WORD_MAX);
    }
    return officer_require(&city->store, given->by, ROLE_APPROVER, why);
}

/* Who was shown what. The row stands before the first name is written, so that a report that was cut
 * is in the chain, too. */
static enum err note(struct city *city, const struct report_options *given, struct why *why) {
    char subject[AUDIT_SUBJECT_MAX + 1];
    int len = snprintf(subject, sizeof subject, "%.30s%s%.64s", given->kind,
        given->unmask ? ": " : "", given->unmask ? given->reason : "");
    assert(len > 0 && (size_t)len < sizeof subject);
    return db_audit(
        &city->db, given->by, given->unmask ? "report shown whole" : "report shown", subject, why);
}

static enum err show(struct city *city, const struct report_line *line,
    const struct report_options *given, const struct report_feed *feed, struct why *why) {
    const struct report_words words = words_of(given);
    const struct report_order order = {.feed = feed,
        .day = given->day,
        .from = given->from,
        .to = given->to,
        .point = given->point,
        .district = given->district,
        .today = city->centre.file.date,
        .unmask = given->unmask};
    REPORT_OUT_SCOPE(out);
    enum err err = report_line_may(line, &order, why);
    err = err ? err : may_unmask(city, given, why);
    err = err ? err : report_out_open(&out, &words, order.today, why);
    err = err ? err : note(city, given, why);
    err = err ? err : report_line_write(&city->db, line, &order, &out.sink, why);
    return err ? err : report_out_keep(&out, why);
}

/* The clearing's figures, for the lines of the sheet that have one of its names. */
static enum err write_day(
    void *self, const char *name, uint32_t day, struct report_sink *sink, struct why *why) {
    enum day_report which = DAY_REPORT_SUMMARY;
    const struct clearing *clearing = self;
    bool known = day_report_named(name, &which);
    assert(known); /* report_sheet.def and day_report.def are of one program */
    return day_report_write(clearing, which, day, sink, why);
}

/* Opens what the report needs: the city, or the clearing over it. */
static enum err open_and_show(
    const struct report_line *line, struct report_options *given, struct why *why) {
    if (!line->feed) {
        CITY_SCOPE(city);
        enum err err = city_open(&city, given->data, why);
        return err ? err : show(&city, line, given, NULL, why);
    }
    DAY_DESK_SCOPE(desk);
    enum err err = day_desk_open(&desk, given->data, false, why);
    err = err ? err : day_desk_ended(&desk, given->day, &given->day, why);
    const struct report_feed feed = {.self = &desk.clearing, .write = write_day};
    return err ? err : show(&desk.city, line, given, &feed, why);
}

int report_show_command(int argc, char **argv) {
    struct report_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&show_usage, argc, argv, &given, &status)) {
        return status;
    }
    const struct report_line *line = report_line_find(given.kind);
    if (!line) {
        enum err none = why_say(&why, ERR_NOT_FOUND,
            "there is no report \"%.40s\"; see: shebao report list", given.kind);
        return (int)ending_tell(none, &why);
    }
    if (strlen(given.by) > OFFICER_CODE_LEN) {
        enum err odd = why_say(&why, ERR_CONFLICT, "--officer takes an officer's code");
        return (int)ending_tell(odd, &why);
    }
    return (int)ending_tell(open_and_show(line, &given, &why), &why);
}

/* --- report check --------------------------------------------------------------------------------- */

static const struct option check_options[] = {
    OPTIONS_REPORT(struct report_options, report),
    OPTION_DATA(struct report_options, data),
    OPTION_JSON(struct report_options, json),
};
static const struct usage check_usage = {
    .command = "report check",
    .help = "Compares totals that must be equal: cards and what was done with them, blanks and "
            "their orders,\nboxes and the ledger of the points, balances and entries. Exit 1 when "
            "two differ.",
    .options = check_options,
    .count = sizeof check_options / sizeof check_options[0],
};

int report_check_command(int argc, char **argv) {
    struct report_options given;
    struct why why = {0};
    int64_t apart = 0;
    int status = 0;
    if (!options_read(&check_usage, argc, argv, &given, &status)) {
        return status;
    }
    const struct report_words words = words_of(&given);
    CITY_SCOPE(city);
    REPORT_OUT_SCOPE(out);
    enum err err = city_open(&city, given.data, &why);
    err = err ? err : report_out_open(&out, &words, city.centre.file.date, &why);
    err = err ? err : report_checks_write(&city.db, &out.sink, &apart, &why);
    err = err ? err : report_out_keep(&out, &why);
    if (!err && apart > 0) {
        err = why_say(&why, ERR_CONFLICT,
            "%d totals are apart: restore the last backup, or find the cause before any report "
            "leaves",
            (int)apart);
        (void)ending_tell(err, &why);
        return ENDING_MISSED;
    }
    return (int)ending_tell(err, &why);
}
