/* What a holder may see of an application, and ordering again after something went wrong. */
#include <inttypes.h>
#include <stdio.h>

#include <jansson.h>

#include "apps/command.h"
#include "apps/window_desk.h"
#include "host/options.h"
#include "issuance/application_progress.h"
#include "issuance/taking_back.h"
#include "stores/sql/issuance_order_rows.h"

struct progress_options {
    const char *number, *data;
    bool json;
};

/* clang-format off */
static const struct option progress_options[] = {
    {"NUMBER", OPTION_TEXT, offsetof(struct progress_options, number), NULL, NULL,
        "social security number of the person, 15 or 18 characters", false},
    OPTION_DATA(struct progress_options, data),
    OPTION_JSON(struct progress_options, json),
};
/* clang-format on */

static const struct usage progress_usage = {
    .command = "application progress",
    .help =
        "Shows how far somebody's card is, as the holder may see it: the day of each step, where\n"
        "the card lies, and why it failed if it did.",
    .options = progress_options,
    .count = sizeof progress_options / sizeof progress_options[0],
};

static void print_words(const struct progress_view *v) {
    (void)printf("%s (%s)\n", progress_words_zh(v->wording), progress_words_en(v->wording));
    for (int i = 0; i < STAMPS; i++) {
        if (v->days[i]) {
            (void)printf("%-17s %" PRIu32 "  %s\n", progress_name((enum progress_stamp)i),
                v->days[i], progress_zh((enum progress_stamp)i));
        }
    }
    if (v->place[0]) {
        (void)printf("%-17s %s  %s\n", "ZXWZ", v->place, v->point);
    }
    (void)printf("%-17s %d\n", "VALIDTAG", v->valid);
    if (v->due_fen) {
        (void)printf(
            "%-17s %" PRId64 ".%02d 元\n", "应缴 due", v->due_fen / 100, (int)(v->due_fen % 100));
    }
    if (v->remarks[0]) {
        (void)printf("%-17s %s\n", "REMARKS", v->remarks);
    }
}

static void print_json(const struct progress_view *v) {
    json_t *all = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:I}", "words",
        progress_words_zh(v->wording), "words_en", progress_words_en(v->wording), "card", v->card,
        "point", v->point, "ZXWZ", v->place, "VALIDTAG", v->valid, "REMARKS", v->remarks, "due_fen",
        (json_int_t)v->due_fen);
    for (int i = 0; all && i < STAMPS; i++) {
        (void)json_object_set_new(
            all, progress_name((enum progress_stamp)i), json_integer(v->days[i]));
    }
    (void)json_dumpf(all, stdout, 0);
    (void)printf("\n");
    json_decref(all);
}

int application_progress_command(int argc, char **argv) {
    struct progress_options given = {.number = NULL};
    struct progress_view view;
    struct person person;
    struct why why = {0};
    int status = 0;
    if (!options_read(&progress_usage, argc, argv, &given, &status)) {
        return status;
    }
    const struct window_options at = {.officer = "", .data = given.data, .time = "120000"};
    WINDOW_SCOPE(window);
    ORDER_SCOPE(orders);
    enum err err = window_open(&window, &at, &why);
    err = err ? err : order_rows_open(&window.stock.city.db, &window.stock.issuance, &orders, &why);
    const struct window_desk desk = {.at = window.desk, .store = &window.window, .orders = &orders};
    err = err ? err : person_find(window.desk.registry, given.number, &person, &why);
    err = err ? err : application_progress(&desk, person.id, &view, &why);
    if (!err && given.json) {
        print_json(&view);
    } else if (!err) {
        print_words(&view);
    }
    return window_tell(err, &why);
}

/* --- again ------------------------------------------------------------------------------------- */

struct again_options {
    struct window_options common;
    int64_t id;
};

/* clang-format off */
static const struct option again_options[] = {
    {"ID", OPTION_NUMBER, offsetof(struct again_options, id), NULL, NULL,
        "number of the application that an officer has to decide about", false},
    WINDOW_OPTIONS(struct again_options),
};
/* clang-format on */

static const struct usage again_usage = {
    .command = "application again",
    .help =
        "Orders a card once more after one was recovered, wrong, missing or could not be made:\n"
        "free of charge, without new capture, with priority. Takes an officer of a point and an\n"
        "approver.",
    .options = again_options,
    .count = sizeof again_options / sizeof again_options[0],
};

int application_again_command(int argc, char **argv) {
    struct again_options given = {.id = 0};
    struct application fresh = {.id = 0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&again_usage, argc, argv, &given, &status)) {
        return status;
    }
    WINDOW_SCOPE(window);
    enum err err = window_open(&window, &given.common, &why);
    const struct taking_back t = {.store = &window.stock.issuance,
        .registry = window.desk.registry,
        .officer = given.common.officer,
        .second = given.common.second ? given.common.second : "",
        .day = window.desk.day,
        .time = window.desk.time};
    err = err ? err : application_again(&t, given.id, &fresh, &why);
    if (!err) {
        (void)printf(given.common.json ? "{\"application\": %" PRId64 "}\n"
                                       : "application %" PRId64 " waits for the next batch\n",
            fresh.id);
    }
    return window_tell(err, &why);
}
