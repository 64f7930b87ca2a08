#include <stdio.h>
#include <string.h>

#include "apps/card_slip.h"
#include "apps/command.h"
#include "host/ending.h"
#include "host/options.h"
#include "registry/card_service.h"

/* What one of these commands may be told; not every command takes every part. */
struct service_options {
    struct slip_options common;
    const char *second, *reason;
    bool formal;
};

/* clang-format off */
#define OPTION_SECOND                                                                              \
    {"--second", OPTION_TEXT, offsetof(struct service_options, second), "CODE", NULL,           \
        "the second person, an approver", false}
#define OPTION_REASON(words)                                                                       \
    {"--reason", OPTION_TEXT, offsetof(struct service_options, reason), "WORD", NULL, words, false}

static const struct option plain_options[] = {
    SLIP_OPTIONS(struct service_options),
};
static const struct option lose_options[] = {
    SLIP_OPTIONS(struct service_options),
    {"--formal", OPTION_FLAG, offsetof(struct service_options, formal), NULL, NULL,
        "for good, with the identity document; without, for the term of a temporary report", false},
};
static const struct option lock_options[] = {
    SLIP_OPTIONS(struct service_options),
    OPTION_SECOND,
};
static const struct option cancel_options[] = {
    SLIP_OPTIONS(struct service_options),
    OPTION_REASON("exchanged, death, moved or duplicate"),
};
static const struct option spoil_options[] = {
    SLIP_OPTIONS(struct service_options),
    OPTION_SECOND,
    OPTION_REASON("spoiled, unclaimed or wrong-data"),
};
/* clang-format on */

/* One command: its event, and what it is told. */
struct service {
    enum card_event event;
    struct usage usage;
};
#define SERVICE_OPTIONS(table) .options = (table), .count = sizeof(table) / sizeof(table)[0]

static const struct service lose = {
    EVENT_REPORT_LOSS_FOR_NOW,
    {.command = "card lose",
      .help = "Reports the loss of a card. It is on the blacklist at once; the slip says which\n"
                "version carries it, and how long a temporary report holds.", SERVICE_OPTIONS(lose_options)}
};
static const struct service found = {
    EVENT_LIFT,
    {.command = "card found",
      .help = "Lifts the loss report of a card that was found, unless a replacement is ordered.",
      SERVICE_OPTIONS(plain_options)}
};
static const struct service lock = {
    EVENT_LOCK,
    {.command = "card lock",
      .help = "Locks a card in use: PIN tries used up, a risk, a suspected death. Takes two.",
      SERVICE_OPTIONS(lock_options)}
};
static const struct service unlock = {
    EVENT_UNLOCK,
    {.command = "card unlock",
      .help = "Unlocks a card, after identity document and card were seen. After so many\n"
                "unlocks (parameter pin-unlocks) it is locked for ever. The chip's own PIN is\n"
                "another thing: it is unlocked at a terminal.", SERVICE_OPTIONS(plain_options)}
};
static const struct service cancel = {
    EVENT_CANCEL, {.command = "card cancel",
                   .help = "Cancels a card for ever, after its account was settled.",
                   SERVICE_OPTIONS(cancel_options)}
};
static const struct service spoil = {
    EVENT_SPOIL,
    {.command = "card spoil",
      .help = "Cancels a card that was never handed over and lies destroyed before two persons.\n"
                "Its number stays used.", SERVICE_OPTIONS(spoil_options)}
};

/* The sub-reason that a word names; 0 without a word. */
static enum err reason_read(
    enum card_event event, const char *word, int *sub_reason, struct why *why) {
    if (!word) {
        return OK;
    }
    const struct sub_reason *sub = sub_reason_find(event, word);
    char words[80];
    sub_reason_words(event, words, sizeof words);
    *sub_reason = sub ? sub->code : 0;
    return sub ? OK : why_say(why, ERR_INVALID, "%.24s is no reason here: %s", word, words);
}

static enum err serve(struct city *city, const struct service *service,
    const struct service_options *given, struct why *why) {
    char made[SLIP_REQUEST_ROOM];
    struct card_order order;
    struct card_receipt receipt;
    enum err err = slip_order(&given->common, city, made, &order, why);
    order.event = given->formal ? EVENT_REPORT_LOSS : service->event;
    order.second = given->second;
    err = err ? err : reason_read(order.event, given->reason, &order.sub_reason, why);
    err = err ? err : card_serve(&city->store, &order, &receipt, why);
    if (!err) {
        slip_print(&receipt, 0, given->common.json);
    }
    return err;
}

static int service_command(const struct service *service, int argc, char **argv) {
    struct service_options given = {.formal = false};
    struct why why = {0};
    int status = 0;
    if (!options_read(&service->usage, argc, argv, &given, &status)) {
        return status;
    }
    CITY_SCOPE(city);
    enum err err = city_open(&city, given.common.data, &why);
    if (err) {
        return (int)ending_tell(err, &why);
    }
    return slip_tell(serve(&city, service, &given, &why), &why);
}

int card_lose_command(int argc, char **argv) {
    return service_command(&lose, argc, argv);
}

int card_found_command(int argc, char **argv) {
    return service_command(&found, argc, argv);
}

int card_lock_command(int argc, char **argv) {
    return service_command(&lock, argc, argv);
}

int card_unlock_command(int argc, char **argv) {
    return service_command(&unlock, argc, argv);
}

int card_cancel_command(int argc, char **argv) {
    return service_command(&cancel, argc, argv);
}

int card_spoil_command(int argc, char **argv) {
    return service_command(&spoil, argc, argv);
}

/* --- card expire ------------------------------------------------------------------------------------ */

struct expire_options {
    const char *data;
    uint32_t date;
    bool json;
};

static const struct option expire_options[] = {
    OPTION_DATA(struct expire_options, data),
    {"--date", OPTION_DAY, offsetof(struct expire_options, date), NULL, NULL,
                                   "as on this business date instead of the centre's", true},
    OPTION_JSON(struct expire_options, json),
};

static const struct usage expire_usage = {
    .command = "card expire",
    .help = "What the night does: lifts temporary loss reports whose term is over, and cancels\n"
            "cards whose validity has passed. May be repeated.",
    .options = expire_options,
    .count = sizeof expire_options / sizeof expire_options[0],
};

int card_expire_command(int argc, char **argv) {
    struct expire_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&expire_usage, argc, argv, &given, &status)) {
        return status;
    }
    CITY_SCOPE(city);
    enum err err = city_open(&city, given.data, &why);
    if (err) {
        return (int)ending_tell(err, &why);
    }
    struct card_timer done;
    uint32_t day = given.date ? given.date : city.centre.file.date;
    err = card_timer_run(&city.store, day, 0, &done, &why);
    (void)printf(given.json ? "{\"day\": %u, \"lifted\": %llu, \"expired\": %llu}\n"
                            : "%u: %llu loss reports are over, %llu cards have expired\n",
        day, (unsigned long long)done.lifted, (unsigned long long)done.expired);
    return slip_tell(err, &why);
}
