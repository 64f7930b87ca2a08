/* The city's card numbers: ranges, and what became of their numbers. [system.md 4.2.1; decision 0062] */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "apps/command.h"
#include "apps/order_desk.h"
#include "apps/report_out.h"
#include "host/options.h"
#include "issuance/number_range.h"

struct number_options {
    struct order_options common;
    int64_t id, last;
    const char *letter, *paper, *number;
    bool refuse, unlock;
    struct report_words report;
};

/* clang-format off */
static const struct option list_options[] = {
    OPTIONS_REPORT(struct number_options, report),
    OPTION_DATA(struct number_options, common.data),
    OPTION_JSON(struct number_options, common.json),
};
static const struct option ask_options[] = {
    {"LETTER", OPTION_TEXT, offsetof(struct number_options, letter), NULL, NULL,
        "with which its numbers begin: B to J", false},
    {"--last", OPTION_NUMBER, offsetof(struct number_options, last), "SERIAL", "9999999",
        "the last serial that was granted", false},
    {"--paper", OPTION_TEXT, offsetof(struct number_options, paper), "NUMBER", NULL,
        "number of the paper that grants it", false},
    ORDER_OPTIONS(struct number_options),
};
static const struct option agree_options[] = {
    {"ID", OPTION_NUMBER, offsetof(struct number_options, id), NULL, NULL,
        "number under which number ask entered it", false},
    {"--refuse", OPTION_FLAG, offsetof(struct number_options, refuse), NULL, NULL,
        "refuse it instead", false},
    ORDER_OPTIONS(struct number_options),
};
static const struct option lock_options[] = {
    {"NUMBER", OPTION_TEXT, offsetof(struct number_options, number), NULL, NULL,
        "a released card number", false},
    {"--unlock", OPTION_FLAG, offsetof(struct number_options, unlock), NULL, NULL,
        "unlock it again", false},
    ORDER_OPTIONS(struct number_options),
};
static const struct option show_options[] = {
    {"NUMBER", OPTION_TEXT, offsetof(struct number_options, number), NULL, NULL,
        "a card number", false},
    OPTION_DATA(struct number_options, common.data),
    OPTION_JSON(struct number_options, common.json),
};
/* clang-format on */
#define USAGE(name, words, table)                                                                  \
    {                                                                                              \
        .command = (name), .help = (words), .options = (table),                                    \
        .count = sizeof(table) / sizeof(table)[0]                                                  \
    }

static const struct usage list_usage = USAGE("number list",
    "号段报表: each letter with the serials granted and the first never taken, how many of its\n"
    "numbers are reserved, used, released and locked; then the ranges that wait for an approver.",
    list_options);
static const struct usage ask_usage = USAGE("number ask",
    "Enters a range that the city was granted, or more serials of one. Takes a maker; an approver\n"
    "lets it pass with number agree.",
    ask_options);
static const struct usage agree_usage = USAGE("number agree",
    "Lets a range pass that another officer entered, or refuses it. Takes an approver.",
    agree_options);
static const struct usage lock_usage = USAGE("number lock",
    "Locks a number that was released, so that nobody gets it, or unlocks it. Takes an approver.",
    lock_options);
static const struct usage show_usage = USAGE("number show",
    "What a card number is: reserved, used, released or locked, and which batch took it.",
    show_options);

/* --- number list ---------------------------------------------------------------------------------- */

static const struct report_column list_columns[] = {
    {"letter",   "字头 Letter",      REPORT_TEXT,   11, false},
    {"last",     "末号 Last",        REPORT_NUMBER, 11, false},
    {"left",     "未用 Left",        REPORT_NUMBER, 11, true },
    {"reserved", "占用 Reserved",    REPORT_NUMBER, 14, true },
    {"used",     "已使用 Used",     REPORT_NUMBER, 12, true },
    {"released", "已释放 Released", REPORT_NUMBER, 16, true },
    {"locked",   "锁定 Locked",      REPORT_NUMBER, 12, true },
    {"waits",    "待批 Waits for",   REPORT_TEXT,   20, false},
};
static const struct report_head list_head = {
    .name = "number-ranges",
    .title = "卡号号段 Ranges of card numbers",
    .about = "",
    .columns = list_columns,
    .column_count = sizeof list_columns / sizeof list_columns[0],
};

static enum err list_ranges(
    const struct order_store *store, struct report_sink *sink, struct why *why) {
    struct number_range range = {.letter = '\0'};
    for (;;) {
        struct number_counts counts;
        enum err err = store->range_after(store->self, range.letter, &range, why);
        err = err ? err : store->range_counts(store->self, range.letter, &counts, why);
        if (err) {
            return err == ERR_NOT_FOUND ? OK : err;
        }
        const char letter[2] = {range.letter, '\0'};
        const struct report_value row[] = {report_text(letter), report_number(range.last),
            report_number((int64_t)range.last - range.next + 1), report_number(counts.reserved),
            report_number(counts.used), report_number(counts.released),
            report_number(counts.locked), report_text("")};
        err = report_row(sink, row, why);
        if (err) {
            return err;
        }
    }
}

static enum err list_requests(
    const struct order_store *store, struct report_sink *sink, struct why *why) {
    struct range_request request = {.id = 0};
    for (;;) {
        char waits[64];
        enum err err = store->request_after(store->self, request.id, &request, why);
        if (err) {
            return err == ERR_NOT_FOUND ? OK : err;
        }
        (void)snprintf(waits, sizeof waits, "number agree %" PRId64, request.id);
        const char letter[2] = {request.letter, '\0'};
        const struct report_value row[] = {report_text(letter), report_number(request.last),
            report_number(0), report_number(0), report_number(0), report_number(0),
            report_number(0), report_text(waits)};
        err = report_row(sink, row, why);
        if (err) {
            return err;
        }
    }
}

int number_list_command(int argc, char **argv) {
    struct number_options given = {.id = 0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&list_usage, argc, argv, &given, &status)) {
        return status;
    }
    ORDER_ROOM_SCOPE(room);
    REPORT_OUT_SCOPE(out);
    given.report.format = given.common.json ? "json" : given.report.format;
    enum err err = order_room_open(&room, &given.common, &why);
    err = err ? err : report_out_open(&out, &given.report, room.desk.day, &why);
    err = err ? err : report_begin(&out.sink, &list_head, &why);
    err = err ? err : list_ranges(&room.orders, &out.sink, &why);
    err = err ? err : list_requests(&room.orders, &out.sink, &why);
    err = err ? err : report_end(&out.sink, &why);
    err = err ? err : report_out_keep(&out, &why);
    return order_tell(err, &why);
}

/* --- number ask, number agree --------------------------------------------------------------------- */

static void print_request(const struct range_request *r, bool json) {
    static const char *const words[] = {"waits", "agreed", "refused"};
    (void)printf(json ? "{\"range\": %" PRId64 ", \"letter\": \"%c\", \"last\": %" PRIu32
                        ", \"state\": \"%s\"}\n"
                      : "range %" PRId64 ": %c to %" PRIu32 ", %s\n",
        r->id, r->letter, r->last,
        json || r->decision != RANGE_WAITS ? words[r->decision]
                                           : "waits for an approver: number agree");
}

static enum err ask_for(const struct order_room *room, const struct number_options *given,
    struct range_request *request, struct why *why) {
    bool one = strlen(given->letter) == 1;
    if (strlen(given->paper) >= sizeof request->letter_no || given->last < 1
        || given->last >= NUMBER_SERIALS) {
        return why_say(why, ERR_INVALID,
            "a last serial is 1 to %d, and the number of a paper at most %zu bytes",
            NUMBER_SERIALS - 1, sizeof request->letter_no - 1);
    }
    request->letter = (char)(one ? given->letter[0] : '?');
    request->last = (uint32_t)given->last;
    (void)snprintf(request->letter_no, sizeof request->letter_no, "%s", given->paper);
    return range_ask(&room->desk, request, why);
}

static int ask_or_agree(const struct usage *usage, bool ask, int argc, char **argv) {
    struct number_options given = {.id = 0};
    struct range_request request = {.id = 0};
    struct why why = {0};
    int status = 0;
    if (!options_read(usage, argc, argv, &given, &status)) {
        return status;
    }
    ORDER_ROOM_SCOPE(room);
    enum err err = order_room_open(&room, &given.common, &why);
    if (!err) {
        err = ask ? ask_for(&room, &given, &request, &why)
                  : range_decide(&room.desk, given.id, !given.refuse, &request, &why);
    }
    if (!err) {
        print_request(&request, given.common.json);
    }
    return order_tell(err, &why);
}

int number_ask_command(int argc, char **argv) {
    return ask_or_agree(&ask_usage, true, argc, argv);
}

int number_agree_command(int argc, char **argv) {
    return ask_or_agree(&agree_usage, false, argc, argv);
}

/* --- number lock, number show --------------------------------------------------------------------- */

int number_lock_command(int argc, char **argv) {
    struct number_options given = {.id = 0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&lock_usage, argc, argv, &given, &status)) {
        return status;
    }
    ORDER_ROOM_SCOPE(room);
    enum err err = order_room_open(&room, &given.common, &why);
    err = err ? err : number_lock(&room.desk, given.number, !given.unlock, &why);
    if (!err) {
        (void)printf(
            given.common.json ? "{\"number\": \"%s\", \"locked\": %s}\n" : "%s is %s now\n",
            given.number,
            given.common.json ? given.unlock ? "false" : "true"
            : given.unlock    ? "free 初始"
                              : "locked 锁定");
    }
    return order_tell(err, &why);
}

static enum err show(const struct order_room *room, const struct number_options *given,
    enum number_state *state, int64_t *batch, struct why *why) {
    uint32_t serial = 0;
    return card_number_read(given->number, &serial)
               ? room->issuance.number_get(room->issuance.self, serial, state, batch, why)
               : why_say(
                   why, ERR_INVALID, "\"%.20s\" is no card number of this city", given->number);
}

int number_show_command(int argc, char **argv) {
    struct number_options given = {.id = 0};
    enum number_state state = NUMBER_FREE;
    int64_t batch = 0;
    struct why why = {0};
    int status = 0;
    if (!options_read(&show_usage, argc, argv, &given, &status)) {
        return status;
    }
    ORDER_ROOM_SCOPE(room);
    enum err err = order_room_open(&room, &given.common, &why);
    err = err ? err : show(&room, &given, &state, &batch, &why);
    if (!err) {
        (void)printf(given.common.json
                         ? "{\"number\": \"%s\", \"state\": \"%s\", \"batch\": %" PRId64 "}\n"
                         : "%s  %s  batch %" PRId64 "\n",
            given.number, machine_state_en(&number_machine, (int)state), batch);
    }
    return order_tell(err, &why);
}
