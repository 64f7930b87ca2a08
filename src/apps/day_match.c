/* Reconciliation of both sides: the centre's file of an institution's day, and comparisons with it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apps/command.h"
#include "apps/day_desk.h"
#include "apps/report_out.h"
#include "apps/result_tell.h"
#include "base/money.h"
#include "clearing/pay_sign.h"
#include "clearing/statement.h"
#include "host/ending.h"
#include "host/options.h"

struct match_options {
    const char *institution, *list, *centre, *out, *key, *officer, *data;
    struct report_words report;
    uint32_t day;
    bool json;
};

/* --- day statement --------------------------------------------------------------------------------- */

static const struct option statement_options[] = {
    {"INSTITUTION", OPTION_TEXT, offsetof(struct match_options, institution), NULL,   NULL,
     "the code of an institution, or of a city that trades with this one",                              false},
    {"DAY",         OPTION_DAY,  offsetof(struct match_options, day),         NULL,   NULL,
     "the business day; the last one that has ended when it is not named",                              true },
    {"--out",       OPTION_PATH, offsetof(struct match_options, out),         "FILE", NULL, "where to", false},
    {"--key",       OPTION_PATH, offsetof(struct match_options, key),         "FILE", NULL,
     "the centre's signing key: signs it into FILE.sig",                                                true },
    OPTION_DATA(struct match_options, data),
    OPTION_JSON(struct match_options, json),
};

static enum err write_statement(
    struct day_desk *desk, const struct match_options *given, struct why *why) {
    NEW_FILE_SCOPE(file);
    SIGNER_SCOPE(signer);
    uint32_t day = 0;
    enum err err = day_desk_ended(desk, given->day, &day, why);
    err = err ? err : new_file_begin(&file, given->out, why);
    err = err ? err : statement_write(&desk->clearing, day, given->institution, file.stream, why);
    err = err ? err : new_file_keep(&file, why);
    if (err || !given->key) {
        return err;
    }
    err = signer_open(&signer, given->key, why);
    return err ? err : pay_sign(given->out, "centre", &signer, why);
}

int day_statement_command(int argc, char **argv) {
    static const struct usage usage = {.command = "day statement",
        .help = "Writes what the centre has of an institution's or a city's day (对账文件): batch "
                "sheets, every trade\n"
                "with its end, decisions; numbered by the day and sealed.",
        .options = statement_options,
        .count = sizeof statement_options / sizeof statement_options[0]};
    struct match_options given = {.list = NULL};
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    DAY_DESK_SCOPE(desk);
    enum err err = day_desk_open(&desk, given.data, false, &why);
    err = err ? err : write_statement(&desk, &given, &why);
    if (!err) {
        result_tell(given.json,
            json_pack("{s:s, s:s}", "institution", given.institution, "file", given.out),
            "%s: the day of %s", given.out, given.institution);
    }
    return (int)ending_tell(err, &why);
}

/* --- comparing ------------------------------------------------------------------------------------- */

static enum err read_list(const char *path, struct statement *out, struct why *why) {
    FILE_CONTENT_SCOPE(file);
    enum err err = files_read(path, STATEMENT_MAX, &file, why);
    err = err ? err : statement_read(bytes_of(file.at, file.len), out, why);
    return err ? why_add(why, err, "%s", path) : OK;
}

/* The last line for people, on standard error, so that rows stay rows. */
static int tell_figures(const struct statement_figures *f) {
    char surplus[FEN_TEXT_MAX], shortage[FEN_TEXT_MAX];
    (void)fprintf(stderr,
        "相符 matched %" PRIu32 "; 长款 surplus %" PRIu32 " (%s), 短款 shortage %" PRIu32
        " (%s), 金额不符 amounts %" PRIu32 ", 重复 twice %" PRIu32 ", 待明细 batches %" PRIu32 "\n",
        f->matched, f->surplus, fen_text(f->surplus_fen, surplus), f->shortage,
        fen_text(f->shortage_fen, shortage), f->amount, f->twice, f->batches_missing);
    return statement_agrees(f) ? ENDING_DONE : ENDING_MISSED;
}

static const struct option compare_options[] = {
    {"LIST",   OPTION_PATH, offsetof(struct match_options, list),   NULL, NULL,
     "your own list of the day",      false},
    {"CENTRE", OPTION_PATH, offsetof(struct match_options, centre), NULL, NULL,
     "the file that the centre sent", false},
    OPTIONS_REPORT(struct match_options, report),
    OPTION_JSON(struct match_options, json),
};

int day_compare_command(int argc, char **argv) {
    static const struct usage usage = {.command = "day compare",
        .help =
            "Compares a list with the centre's file of the same day (机构自行对账) and says what "
            "differs; exit status 1\nwhen anything does. Needs no centre: an institution runs "
            "it on its own machine.",
        .options = compare_options,
        .count = sizeof compare_options / sizeof compare_options[0]};
    struct match_options given = {.data = NULL};
    struct statement_figures figures;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    STATEMENT_SCOPE(list);
    STATEMENT_SCOPE(centre);
    REPORT_OUT_SCOPE(out);
    given.report.format = given.json ? "json" : given.report.format;
    enum err err = report_out_open(&out, &given.report, 0, &why);
    err = err ? err : read_list(given.list, &list, &why);
    err = err ? err : read_list(given.centre, &centre, &why);
    err = err ? err : statement_compare(&list, &centre, &out.sink, &figures, &why);
    err = err ? err : report_out_keep(&out, &why);
    return err ? (int)ending_tell(err, &why) : tell_figures(&figures);
}

static const struct option match_options[] = {
    {"LIST",      OPTION_PATH, offsetof(struct match_options, list),    NULL,   NULL,
     "the institution's list of the day",                                                            false},
    {"--officer", OPTION_TEXT, offsetof(struct match_options, officer), "CODE", NULL, "who matches",
     false                                                                                                },
    OPTIONS_REPORT(struct match_options, report),
    OPTION_JSON(struct match_options, json),
    OPTION_DATA(struct match_options, data),
};

int day_match_command(int argc, char **argv) {
    static const struct usage usage = {.command = "day match",
        .help = "Compares an institution's list with what the centre has of its day (明细对账): "
                "batches whose totals agree\nare done, the others trade by trade. What differs is "
                "an exception of the day until a list agrees.\nExit status 1 when anything "
                "differs.",
        .options = match_options,
        .count = sizeof match_options / sizeof match_options[0]};
    struct match_options given = {.key = NULL};
    struct statement_figures figures;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    DAY_DESK_SCOPE(desk);
    STATEMENT_SCOPE(list);
    REPORT_OUT_SCOPE(out);
    given.report.format = given.json ? "json" : given.report.format;
    enum err err = report_out_open(&out, &given.report, 0, &why);
    err = err ? err : read_list(given.list, &list, &why);
    err = err ? err : day_desk_open(&desk, given.data, false, &why);
    err = err ? err
              : statement_match(&desk.clearing, &list, given.officer, &out.sink, &figures, &why);
    err = err ? err : report_out_keep(&out, &why);
    return err ? (int)ending_tell(err, &why) : tell_figures(&figures);
}
