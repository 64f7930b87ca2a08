/* The slip that a step of a card's life prints (挂失凭证, 受理回执), and what the commands about
 * cards share: who asks, under which number, at which business moment. */
#pragma once

#include <jansson.h>

#include "apps/city.h"

/* What every order about a card takes. Each command's own struct begins with one, so that one list
 * of options fills it. */
struct slip_options {
    const char *number, *data, *by, *request, *time;
    uint32_t date;
    bool json;
};

/* The options that fill it, for a struct `type` whose first member is `common`. */
#define SLIP_OPTIONS(type)                                                                         \
    {"NUMBER", OPTION_TEXT, offsetof(type, common.number), NULL, NULL, "number of the card",       \
        false},                                                                                    \
        OPTION_DATA(type, common.data),                                                            \
        {"--officer", OPTION_TEXT, offsetof(type, common.by), "CODE", NULL,                        \
            "who answers for it, by the officer's code", false},                                   \
        {"--request", OPTION_TEXT, offsetof(type, common.request), "TEXT", NULL,                   \
            "your own number of this order: sent again, it is answered again", true},              \
        {"--date", OPTION_DAY, offsetof(type, common.date), NULL, NULL,                            \
            "on this business date instead of the centre's", true},                                \
        {"--time", OPTION_TEXT, offsetof(type, common.time), "HHMMSS", NULL,                       \
            "at this time of day instead of now", true},                                           \
        OPTION_JSON(type, common.json)

enum { SLIP_REQUEST_ROOM = REQUEST_LEN + 1 };

/* The order that the options ask for, with the centre's day and the clock's time where they are
 * silent; without --request one is drawn into made[], and the slip shows it. ERR_INVALID: no such
 * time of day. */
enum err slip_order(const struct slip_options *given, const struct city *city,
    char made[SLIP_REQUEST_ROOM], struct card_order *order, struct why *why);

/* Prints the slip for people, or as one JSON object; application 0: none. */
void slip_print(const struct card_receipt *receipt, int64_t application, bool json);

/* The slip as JSON; a new reference. */
json_t *slip_json(const struct card_receipt *receipt);

/* Tells what went wrong with an order. A number that is none, or a reason that does not exist, is
 * wrong use at a counter and not a bad file. */
int slip_tell(enum err err, const struct why *why);
