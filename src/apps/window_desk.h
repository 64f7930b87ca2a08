/* A centre opened for the work of a service point: boxes and windows over the rooms that stock_desk.h
 * opens, and the options that all of its commands have. */
#pragma once

#include "apps/stock_desk.h"
#include "issuance/box.h"
#include "stores/sql/issuance_box_rows.h"
#include "stores/sql/issuance_window_rows.h"

/* Who works, and when. Each command's own struct begins with one. */
struct window_options {
    const char *officer, *second, *data;
    uint32_t date;
    const char *time;
    bool json;
};

/* The options that fill it, for a struct `type` whose first member is `common`. */
#define WINDOW_OPTIONS(type)                                                                       \
    {"--officer", OPTION_TEXT, offsetof(type, common.officer), "CODE", NULL, "who answers for it", \
        false},                                                                                    \
        {"--second", OPTION_TEXT, offsetof(type, common.second), "CODE", NULL,                     \
            "the second officer, an approver, where two are asked for", true},                     \
        {"--date", OPTION_DAY, offsetof(type, common.date), NULL, NULL,                            \
            "on this business date instead of the centre's", true},                                \
        {"--time", OPTION_TEXT, offsetof(type, common.time), "HHMMSS", "120000",                   \
            "at this time of the business day", false},                                            \
        OPTION_DATA(type, common.data), OPTION_JSON(type, common.json)

struct window {
    struct stock_desk stock;
    struct point_store points;
    struct window_store window;
    struct point_desk desk; /* of the officer in the options */
};

/* Opens all of it and fills the desk from the options. ERR_INVALID: no such time of day; else as
 * city_open(). window_close() ends it, also after a failure. */
enum err window_open(struct window *window, const struct window_options *given, struct why *why);
void window_close(struct window *window);
#define WINDOW_SCOPE(name)                                                                         \
    __attribute__((cleanup(window_close))) struct window name = {.stock.city.use = USE_DESK}

/* A dated figure of the city, of the desk's day. */
enum err window_parameter(
    const struct window *window, enum parameter which, int64_t *value, struct why *why);

/* Whether whoever shows the document of that number is the guardian of a holder who is a child on the
 * desk's day, as the person's record says; *guardian is false for a holder of age, whom anybody may
 * stand in for. ERR_DENIED: a child, and the record names another guardian, or none. */
enum err window_guardian(struct window *window, const struct person *holder, const char *document,
    bool *guardian, struct why *why);

/* The exit status: a wrong word at a window is wrong use, and no bad file. */
int window_tell(enum err err, const struct why *why);
