/* Cards that nobody fetches, and cards that are wrong. [system.md 4.3] */
#include <inttypes.h>
#include <stdio.h>

#include "apps/command.h"
#include "apps/report_out.h"
#include "apps/window_desk.h"
#include "host/options.h"
#include "host/report.h"
#include "issuance/unclaimed.h"

struct list_options {
    struct window_options common;
    const char *point, *card, *what;
    struct report_words report;
};

/* clang-format off */
static const struct option due_options[] = {
    {"--point", OPTION_TEXT, offsetof(struct list_options, point), "POINT", NULL,
        "only cards that lie at this point", true},
    OPTIONS_REPORT(struct list_options, report),
    WINDOW_OPTIONS(struct list_options),
};
static const struct option wrong_options[] = {
    {"CARD", OPTION_TEXT, offsetof(struct list_options, card), NULL, NULL,
        "number of the card", false},
    {"--what", OPTION_TEXT, offsetof(struct list_options, what), "TEXT", NULL,
        "which data are wrong", false},
    WINDOW_OPTIONS(struct list_options),
};
/* clang-format on */
#define USAGE(name, words, table)                                                                  \
    {                                                                                              \
        .command = (name), .help = (words), .options = (table),                                    \
        .count = sizeof(table) / sizeof(table)[0]                                                  \
    }

static const struct usage unclaimed_usage = USAGE("point unclaimed",
    "Lists cards for which something is due: a reminder after 7, 30 and 90 days, a call after\n"
    "120, recovery after 180 (parameters pick-up-...). Changes nothing; point remind notes it.",
    due_options);
static const struct usage remind_usage = USAGE("point remind",
    "Makes the same list and notes each reminder and call as done, so that nobody is reminded of\n"
    "the same twice. What is to be recovered stays on the list until point recover.",
    due_options);
static const struct usage wrong_usage = USAGE("point wrong",
    "Puts a card with wrong data on the list 信息有误人员清单: nobody gets it any more. Then\n"
    "point recover --reason 98, and application again.",
    wrong_options);
static const struct usage wrongs_usage = USAGE("point wrong-list",
    "Lists cards with wrong data that are still to be taken back.", due_options);

static const struct report_column due_columns[] = {
    {"card",   "卡号 Card",      REPORT_TEXT,   10, false},
    {"name",   "姓名 Name",      REPORT_TEXT,   16, false},
    {"phone",  "电话 Telephone", REPORT_TEXT,   16, false},
    {"stored", "入库日 Stored", REPORT_DAY,    13, false},
    {"days",   "天数 Days",      REPORT_NUMBER, 9,  false},
    {"due",    "应办 Due",       REPORT_TEXT,   14, false},
};
static const struct report_head due_head = {
    .name = "unclaimed",
    .title = "逾期未领清单 Unclaimed cards",
    .about = "",
    .columns = due_columns,
    .column_count = sizeof due_columns / sizeof due_columns[0],
};

/* Whose card it is, for whoever calls. */
static enum err holder_of(
    const struct window *window, const char *card_number, struct person *person, struct why *why) {
    const struct registry_store *registry = window->desk.registry;
    struct card_record card;
    enum err err = registry->card_by_number(registry->self, card_number, &card, why);
    err = err ? err : registry->person_by_id(registry->self, card.person, person, why);
    return err == ERR_NOT_FOUND ? ERR_CONFLICT : err; /* no end of the list */
}

static enum err due_row(const struct window *window, const struct unclaimed_card *card,
    struct report_sink *sink, struct why *why) {
    struct person person;
    enum err err = holder_of(window, card->place.card, &person, why);
    if (err) {
        return err;
    }
    const struct report_value row[] = {report_text(card->place.card), report_text(person.name),
        report_text(person.mobile[0] ? person.mobile : person.phone),
        report_number(card->place.stored), report_number(card->days),
        report_text(unclaimed_zh(card->stage))};
    return report_row(sink, row, why);
}

/* All that is due; `note` writes it down in the transaction of the list, once the list is there. */
static enum err list_due(const struct window *window, const struct list_options *given, bool note,
    struct report_out *out, struct why *why) {
    struct report_sink *sink = &out->sink;
    const struct window_desk desk = {.at = window->desk, .store = &window->window};
    struct unclaimed_card card = {.days = 0};
    WORK_SCOPE(work);
    enum err err = work_begin(&work, desk.store->issuance, why);
    err = err ? err : report_begin(sink, &due_head, why);
    while (!err && (err = unclaimed_next(&desk, given->point, card.place.card, &card, why)) == OK) {
        err = due_row(window, &card, sink, why);
        if (!err && note && card.stage != UNCLAIMED_RECOVER) {
            err = unclaimed_note(&desk, card.place.card, why);
        }
    }
    err = err == ERR_NOT_FOUND ? report_end(sink, why) : err;
    err = err ? err : report_out_keep(out, why);
    return err ? err : work_commit(&work, why);
}

static const struct report_column wrong_columns[] = {
    {"card", "卡号 Card", REPORT_TEXT, 10, false},
    {"day",  "日期 Day",  REPORT_DAY,  10, false},
    {"what", "问题 What", REPORT_TEXT, 40, false},
};
static const struct report_head wrong_head = {
    .name = "wrong-cards",
    .title = "信息有误人员清单 Cards with wrong data",
    .about = "",
    .columns = wrong_columns,
    .column_count = sizeof wrong_columns / sizeof wrong_columns[0],
};

static enum err list_wrong(const struct window *window, const struct list_options *given, bool note,
    struct report_out *out, struct why *why) {
    struct report_sink *sink = &out->sink;
    const struct window_store *store = &window->window;
    struct wrong_card wrong = {.card = ""};
    (void)given;
    (void)note;
    enum err err = report_begin(sink, &wrong_head, why);
    while (!err && (err = store->wrong_after(store->self, wrong.card, &wrong, why)) == OK) {
        const struct report_value row[] = {
            report_text(wrong.card), report_number(wrong.day), report_text(wrong.what)};
        err = report_row(sink, row, why);
    }
    err = err == ERR_NOT_FOUND ? report_end(sink, why) : err;
    return err ? err : report_out_keep(out, why);
}

/* The three lists differ in what they walk, and whether they note it. */
static int list_command(const struct usage *usage, bool note, int argc, char **argv,
    enum err (*list)(const struct window *window, const struct list_options *given, bool note,
        struct report_out *out, struct why *why)) {
    struct list_options given = {.point = NULL};
    struct why why = {0};
    int status = 0;
    if (!options_read(usage, argc, argv, &given, &status)) {
        return status;
    }
    given.report.format = given.common.json ? "json" : given.report.format;
    WINDOW_SCOPE(window);
    REPORT_OUT_SCOPE(out);
    enum err err = window_open(&window, &given.common, &why);
    err = err ? err : report_out_open(&out, &given.report, window.desk.day, &why);
    err = err ? err : list(&window, &given, note, &out, &why);
    return window_tell(err, &why);
}

int point_unclaimed_command(int argc, char **argv) {
    return list_command(&unclaimed_usage, false, argc, argv, list_due);
}

int point_remind_command(int argc, char **argv) {
    return list_command(&remind_usage, true, argc, argv, list_due);
}

int point_wrong_list_command(int argc, char **argv) {
    return list_command(&wrongs_usage, false, argc, argv, list_wrong);
}

int point_wrong_command(int argc, char **argv) {
    struct list_options given = {.card = NULL};
    struct why why = {0};
    int status = 0;
    if (!options_read(&wrong_usage, argc, argv, &given, &status)) {
        return status;
    }
    WINDOW_SCOPE(window);
    enum err err = window_open(&window, &given.common, &why);
    const struct window_desk desk = {.at = window.desk, .store = &window.window};
    err = err ? err : wrong_report(&desk, given.card, given.what, &why);
    return window_tell(err, &why);
}
