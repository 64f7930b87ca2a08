/* A centre opened for the fees and marks of applications and for its card numbers: its registry, its issuing
 * and its orders, over one database. */
#pragma once

#include "apps/city.h"
#include "issuance/order_store.h"

/* Who works, and when. Each command's own struct begins with one. */
struct order_options {
    const char *officer, *second, *data;
    uint32_t date;
    bool json;
};

/* The options that fill it, for a struct `type` whose first member is `common`. */
#define ORDER_OPTIONS(type)                                                                        \
    {"--officer", OPTION_TEXT, offsetof(type, common.officer), "CODE", NULL, "who answers for it", \
        false},                                                                                    \
        {"--date", OPTION_DAY, offsetof(type, common.date), NULL, NULL,                            \
            "on this business date instead of the centre's", true},                                \
        OPTION_DATA(type, common.data), OPTION_JSON(type, common.json)

struct order_room {
    struct city city;
    struct issuance_store issuance;
    struct order_store orders;
    struct order_desk desk; /* of the officer in the options */
};

/* Opens all of it and fills the desk from the options; the errors are those of city_open(). */
enum err order_room_open(
    struct order_room *room, const struct order_options *given, struct why *why);
/* Ends it, also after a failure. */
void order_room_close(struct order_room *room);
#define ORDER_ROOM_SCOPE(name)                                                                     \
    __attribute__((cleanup(order_room_close))) struct order_room name = {.city.centre.lock.fd = -1}

/* The exit status: a wrong word at a counter is wrong use, and no bad file. */
int order_tell(enum err err, const struct why *why);
