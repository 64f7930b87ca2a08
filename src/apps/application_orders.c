/* Fees of replacements, and applications that go first. [system.md 4.0, 4.0.3; decision 0062] */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apps/command.h"
#include "apps/order_desk.h"
#include "host/options.h"
#include "issuance/fee.h"

struct fee_options {
    struct order_options common;
    int64_t id;
    const char *receipt, *reason, *priority;
};

/* clang-format off */
static const struct option pay_options[] = {
    {"ID", OPTION_NUMBER, offsetof(struct fee_options, id), NULL, NULL,
        "number of the application", false},
    {"--receipt", OPTION_TEXT, offsetof(struct fee_options, receipt), "NUMBER", NULL,
        "number of the receipt; sent again it changes nothing", false},
    ORDER_OPTIONS(struct fee_options),
};
static const struct option waive_options[] = {
    {"ID", OPTION_NUMBER, offsetof(struct fee_options, id), NULL, NULL,
        "number of the application", false},
    {"--reason", OPTION_TEXT, offsetof(struct fee_options, reason), "TEXT", NULL,
        "why nothing is asked for it", false},
    {"--second", OPTION_TEXT, offsetof(struct fee_options, common.second), "CODE", NULL,
        "the second officer, an approver", false},
    ORDER_OPTIONS(struct fee_options),
};
static const struct option mark_options[] = {
    {"ID", OPTION_NUMBER, offsetof(struct fee_options, id), NULL, NULL,
        "number of the application", false},
    {"--priority", OPTION_TEXT, offsetof(struct fee_options, priority), "WORD", "urgent",
        "normal, urgent or centre", false},
    ORDER_OPTIONS(struct fee_options),
};
/* clang-format on */

static const struct usage pay_usage = {
    .command = "application pay",
    .help =
        "已缴费: the fee of a replacement is paid; from then on a batch takes it, and it is not\n"
        "withdrawn any more. Takes an officer of a point.",
    .options = pay_options,
    .count = sizeof pay_options / sizeof pay_options[0],
};
static const struct usage waive_usage = {
    .command = "application waive",
    .help = "Asks nothing for a replacement: an officer of a point and an approver, with a reason.",
    .options = waive_options,
    .count = sizeof waive_options / sizeof waive_options[0],
};
static const struct usage mark_usage = {
    .command = "application mark",
    .help = "优先标志: what goes first. A batch takes one mark, the highest that waits. Takes an\n"
            "approver.",
    .options = mark_options,
    .count = sizeof mark_options / sizeof mark_options[0],
};

static void print_fee(const struct fee *fee, bool json) {
    (void)printf(json ? "{\"application\": %" PRId64 ", \"fee_fen\": %" PRId64 ", \"day\": %" PRIu32
                        ", \"%s\": true}\n"
                      : "application %" PRId64 ": %" PRId64 " fen, %" PRIu32 ", %s\n",
        fee->application, fee->fen, fee->settled,
        fee->receipt[0] ? json ? "paid" : "已缴费 paid"
        : json          ? "waived"
                        : "免缴 waived");
}

int application_pay_command(int argc, char **argv) {
    struct fee_options given = {.id = 0};
    struct fee fee;
    struct why why = {0};
    int status = 0;
    if (!options_read(&pay_usage, argc, argv, &given, &status)) {
        return status;
    }
    ORDER_ROOM_SCOPE(room);
    enum err err = order_room_open(&room, &given.common, &why);
    err = err ? err : fee_pay(&room.desk, given.id, given.receipt, &fee, &why);
    if (!err) {
        print_fee(&fee, given.common.json);
    }
    return order_tell(err, &why);
}

int application_waive_command(int argc, char **argv) {
    struct fee_options given = {.id = 0};
    struct fee fee;
    struct why why = {0};
    int status = 0;
    if (!options_read(&waive_usage, argc, argv, &given, &status)) {
        return status;
    }
    ORDER_ROOM_SCOPE(room);
    enum err err = order_room_open(&room, &given.common, &why);
    err = err ? err : fee_waive(&room.desk, given.id, given.reason, &fee, &why);
    if (!err) {
        print_fee(&fee, given.common.json);
    }
    return order_tell(err, &why);
}

static enum err priority_read(const char *word, enum priority *priority, struct why *why) {
    static const struct {
        const char *word;
        enum priority priority;
    } words[] = {
        {"normal", PRIORITY_NORMAL},
        {"urgent", PRIORITY_URGENT},
        {"centre", PRIORITY_CENTRE},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].word, word) == 0) {
            *priority = words[i].priority;
            return OK;
        }
    }
    return why_say(why, ERR_CONFLICT,
        "there is no priority \"%.20s\"; there are normal, urgent and centre", word);
}

int application_mark_command(int argc, char **argv) {
    struct fee_options given = {.id = 0};
    enum priority priority = PRIORITY_NORMAL;
    struct why why = {0};
    int status = 0;
    if (!options_read(&mark_usage, argc, argv, &given, &status)) {
        return status;
    }
    ORDER_ROOM_SCOPE(room);
    enum err err = priority_read(given.priority, &priority, &why);
    err = err ? err : order_room_open(&room, &given.common, &why);
    err = err ? err : application_mark(&room.desk, given.id, priority, &why);
    if (!err) {
        (void)printf(given.common.json ? "{\"application\": %" PRId64 ", \"priority\": \"%s\"}\n"
                                       : "application %" PRId64 " is %s now\n",
            given.id, given.priority);
    }
    return order_tell(err, &why);
}
