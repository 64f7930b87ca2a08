/* Blank cards: what is ordered, who signs, and whether it adds up. [system.md 5.1.1, 6.3.2] */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "apps/command.h"
#include "apps/result_tell.h"
#include "apps/stock_desk.h"
#include "host/ending.h"
#include "host/options.h"
#include "host/plural.h"

enum { NAME_ROOM = 40 };

/* The desk refuses with one sentence; what the order says wrong is wrong use, not a bad file. */
static int told(enum err err, const struct why *why) {
    return (int)ending_tell_words(err, why);
}

/* --- orders ---------------------------------------------------------------------------------- */

struct order_options {
    const char *request, *point, *to, *note, *officer, *data;
    int64_t first, count;
    bool json;
};

static const struct option order_options[] = {
    {"--request", OPTION_TEXT,   offsetof(struct order_options, request), "R",     NULL,
     "number of this order, yours; sent again it changes nothing",         false},
    {"--first",   OPTION_NUMBER, offsetof(struct order_options, first),   "S",     NULL,
     "serial of the first chip",                                           false},
    {"--count",   OPTION_NUMBER, offsetof(struct order_options, count),   "N",     NULL,
     "how many chips, in the order of their serials",                      false},
    {"--point",   OPTION_TEXT,   offsetof(struct order_options, point),   "POINT", NULL,
     "the point that answers for them; for a purchase, the one that will", false},
    {"--officer", OPTION_TEXT,   offsetof(struct order_options, officer), "CODE",  NULL,
     "who orders: a maker or an officer of a service point",               false},
    {"--to",      OPTION_TEXT,   offsetof(struct order_options, to),      "POINT", NULL,
     "where they are sent (stock send)",                                   true },
    {"--note",    OPTION_TEXT,   offsetof(struct order_options, note),    "TEXT",  NULL,
     "supplier, batch or reason (purchase, requisition, spoil, destroy)",  true },
    OPTION_DATA(struct order_options, data),
    OPTION_JSON(struct order_options, json),
};

/* What was ordered, in one line or one object. */
static void print_order(const struct stock_order *o, bool json) {
    if (!json) {
        (void)printf("%s: %s of %" PRId64 " chips from %" PRId64 " at %s%s%s, %s\n", o->request,
            stock_step_word(o->step), o->count, o->first, o->point, o->other[0] ? " to " : "",
            o->other, o->done ? "done" : "waits for a second officer: stock sign");
        return;
    }
    json_t *shown = json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:b}", "request",
        o->request, "step", stock_step_word(o->step), "first", (json_int_t)o->first, "count",
        (json_int_t)o->count, "point", o->point, "to", o->other, "officer", o->officer, "second",
        o->second, "done", (int)o->done);
    (void)json_dumpf(shown, stdout, 0);
    (void)printf("\n");
    json_decref(shown);
}

/* Every word has its room, or the order is refused. */
static enum err fill_order(
    const struct order_options *given, struct stock_order *o, struct why *why) {
    const struct {
        char *to;
        size_t room;
        const char *from, *what;
    } words[] = {
        {o->request, sizeof o->request, given->request, "--request"},
        {o->point,   sizeof o->point,   given->point,   "--point"  },
        {o->other,   sizeof o->other,   given->to,      "--to"     },
        {o->note,    sizeof o->note,    given->note,    "--note"   },
        {o->officer, sizeof o->officer, given->officer, "--officer"},
    };
    enum err err = OK;
    for (size_t i = 0; !err && i < sizeof words / sizeof words[0]; i++) {
        err = stock_word(words[i].to, words[i].room, words[i].from, words[i].what, why);
    }
    o->first = given->first;
    o->count = given->count;
    return err;
}

/* One command for each step of stock.def; all read the same words. */
static int order_command(enum stock_step step, const char *help, int argc, char **argv) {
    char name[NAME_ROOM];
    struct order_options given;
    struct stock_order order = {.step = step};
    struct why why = {0};
    int status = 0;
    (void)snprintf(name, sizeof name, "stock %s", stock_step_word(step));
    const struct usage usage = {.command = name,
        .help = help,
        .options = order_options,
        .count = sizeof order_options / sizeof order_options[0]};
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    STOCK_DESK_SCOPE(desk);
    enum err err = fill_order(&given, &order, &why);
    err = err ? err : stock_desk_open(&desk, given.data, &why);
    if (!err) {
        order.day = desk.city.centre.file.date;
        err = stock_order_make(&desk.stock, &desk.city.store, &order, &why);
    }
    if (!err) {
        print_order(&order, given.json);
    }
    return told(err, &why);
}

int stock_purchase_command(int argc, char **argv) {
    return order_command(STOCK_PURCHASE,
        "Blanks were bought: their serials are known from now on, and they are on their way.", argc,
        argv);
}

int stock_receive_command(int argc, char **argv) {
    return order_command(STOCK_RECEIVE,
        "Blanks have arrived at a point and were counted in. All of the run must be on its way "
        "there.",
        argc, argv);
}

int stock_send_command(int argc, char **argv) {
    return order_command(STOCK_SEND,
        "Sends blanks from the store of one point to another, which receives them.", argc, argv);
}

int stock_requisition_command(int argc, char **argv) {
    return order_command(STOCK_REQUISITION,
        "Asks for blanks from the store for production. They leave it when a second officer has\n"
        "signed: stock sign.",
        argc, argv);
}

int stock_return_command(int argc, char **argv) {
    return order_command(
        STOCK_RETURN, "Unused blanks come back from production into the store.", argc, argv);
}

int stock_make_command(int argc, char **argv) {
    return order_command(STOCK_MAKE, "Blanks in production have become good cards.", argc, argv);
}

int stock_spoil_command(int argc, char **argv) {
    return order_command(STOCK_SPOIL,
        "Blanks were spoiled in production; they are kept until two persons destroy them.", argc,
        argv);
}

int stock_destroy_command(int argc, char **argv) {
    return order_command(STOCK_DESTROY,
        "Lists spoiled blanks for destruction. They count as destroyed when a second officer has\n"
        "signed: stock sign.",
        argc, argv);
}

/* --- the second signature -------------------------------------------------------------------- */

struct sign_options {
    const char *request, *officer, *data;
    bool json;
};

static const struct option sign_options[] = {
    {"REQUEST",   OPTION_TEXT, offsetof(struct sign_options, request), NULL,   NULL,
     "number of the order that waits",          false},
    {"--officer", OPTION_TEXT, offsetof(struct sign_options, officer), "CODE", NULL,
     "who signs: an approver, not who ordered", false},
    OPTION_DATA(struct sign_options, data),
    OPTION_JSON(struct sign_options, json),
};

static const struct usage sign_usage = {
    .command = "stock sign",
    .help = "The second signature under a requisition or a list for destruction.",
    .options = sign_options,
    .count = sizeof sign_options / sizeof sign_options[0],
};

int stock_sign_command(int argc, char **argv) {
    struct sign_options given;
    struct stock_order order;
    struct why why = {0};
    int status = 0;
    if (!options_read(&sign_usage, argc, argv, &given, &status)) {
        return status;
    }
    STOCK_DESK_SCOPE(desk);
    enum err err = stock_desk_open(&desk, given.data, &why);
    err = err ? err
              : stock_sign(
                  &desk.stock, &desk.city.store, given.request, given.officer, &order, &why);
    if (!err) {
        print_order(&order, given.json);
    }
    return told(err, &why);
}

/* --- counting -------------------------------------------------------------------------------- */

struct count_options {
    const char *data;
    bool json;
};

static const struct option count_options[] = {
    OPTION_DATA(struct count_options, data),
    OPTION_JSON(struct count_options, json),
};

static const struct usage show_usage = {
    .command = "stock show",
    .help = "Shows for every point what the ledger received and where each blank is now.",
    .options = count_options,
    .count = sizeof count_options / sizeof count_options[0],
};

static const struct usage count_usage = {
    .command = "stock count",
    .help = "The count of every night: at each point received = in store + good + spoiled + "
            "destroyed,\nand nothing is left in production. Exit 1 when it is not so.",
    .options = count_options,
    .count = sizeof count_options / sizeof count_options[0],
};

/* Both lists hold the same columns. */
static void print_balance(const char *point, const struct stock_balance *b) {
    (void)printf("%-16s %9" PRId64 " %9" PRId64 " %9" PRId64 " %9" PRId64 " %9" PRId64 " %9" PRId64
                 " %9" PRId64 "\n",
        point, b->coming, b->received, b->stored, b->out, b->good, b->spoiled, b->destroyed);
}

static json_t *balance_json(const char *point, const struct stock_balance *b, enum err right) {
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "point", point, "coming",
        (json_int_t)b->coming, "received", (json_int_t)b->received, "in_store",
        (json_int_t)b->stored, "in_production", (json_int_t)b->out, "good", (json_int_t)b->good,
        "spoiled", (json_int_t)b->spoiled, "destroyed", (json_int_t)b->destroyed, "balanced",
        right == OK);
}

/* Walks all points. *wrong keeps the first story of one that does not add up; *points is its own
 * array, and nothing is printed before all was read. */
static enum err read_points(
    struct stock_desk *desk, bool json, json_t *points, enum err *wrong, struct why *why) {
    char point[POINT_MAX + 1] = "";
    enum err err = OK;
    if (!json) {
        (void)printf("%-16s %9s %9s %9s %9s %9s %9s %9s\n", "point", "coming", "received",
            "in store", "in prod.", "good", "spoiled", "destroyed");
    }
    while (!err) {
        struct stock_balance balance;
        struct why story = {0};
        err = desk->stock.point_after(desk->stock.self, point, point, &story);
        err = err ? err : stock_balance_read(&desk->stock, point, &balance, &story);
        enum err right = err ? OK : stock_balance_check(&balance, point, &story);
        if (right && !*wrong) {
            *wrong = right;
            *why = story;
        }
        if (!err && json) {
            (void)json_array_append_new(points, balance_json(point, &balance, right));
        } else if (!err) {
            print_balance(point, &balance);
        } else if (err != ERR_NOT_FOUND) {
            *why = story;
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* The same page; only the count of the night minds when it does not add up. */
static int points_command(const struct usage *usage, bool mind, int argc, char **argv) {
    struct count_options given;
    struct why why = {0};
    int status = 0;
    enum err wrong = OK;
    if (!options_read(usage, argc, argv, &given, &status)) {
        return status;
    }
    STOCK_DESK_SCOPE(desk);
    enum err err = stock_desk_open(&desk, given.data, &why);
    json_t *points = json_array();
    err = err ? err : read_points(&desk, given.json, points, &wrong, &why);
    if (!err && given.json) {
        json_t *shown = json_pack("{s:O, s:b}", "points", points, "balanced", wrong == OK);
        (void)json_dumpf(shown, stdout, 0);
        (void)printf("\n");
        json_decref(shown);
    }
    json_decref(points);
    if (!err && wrong && mind) {
        (void)ending_tell(wrong, &why);
        return ENDING_MISSED;
    }
    return told(err, &why);
}

int stock_show_command(int argc, char **argv) {
    return points_command(&show_usage, false, argc, argv);
}

int stock_count_command(int argc, char **argv) {
    return points_command(&count_usage, true, argc, argv);
}

/* --- stock-take ------------------------------------------------------------------------------ */

struct take_options {
    const char *point, *officer, *data;
    int64_t counted;
    bool json;
};

static const struct option take_options[] = {
    {"--point",   OPTION_TEXT,   offsetof(struct take_options, point),   "POINT", NULL,
     "where it was counted",                            false},
    {"--counted", OPTION_NUMBER, offsetof(struct take_options, counted), "N",     NULL,
     "how many blanks lie in the store",                false},
    {"--officer", OPTION_TEXT,   offsetof(struct take_options, officer), "CODE",  NULL,
     "who counted: an approver, who has no part in it", false},
    OPTION_DATA(struct take_options, data),
    OPTION_JSON(struct take_options, json),
};

static const struct usage take_usage = {
    .command = "stock take",
    .help = "A stock-take: compares what was counted by hand with what the books say of a point's "
            "store.\nThe audit chain keeps both. Exit 1 when they differ.",
    .options = take_options,
    .count = sizeof take_options / sizeof take_options[0],
};

int stock_take_command(int argc, char **argv) {
    struct take_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&take_usage, argc, argv, &given, &status)) {
        return status;
    }
    STOCK_DESK_SCOPE(desk);
    char point[POINT_MAX + 1];
    enum err err = stock_word(point, sizeof point, given.point, "--point", &why);
    err = err ? err : stock_desk_open(&desk, given.data, &why);
    err = err ? err : officer_require(&desk.city.store, given.officer, ROLE_APPROVER, &why);
    if (err) {
        return told(err, &why);
    }
    err = stock_take(&desk.stock, point, given.counted, given.officer, &why);
    if (!err || (err == ERR_CONFLICT && given.json)) {
        result_tell(given.json,
            json_pack("{s:s, s:I, s:b}", "point", point, "counted", (json_int_t)given.counted,
                "agrees", err == OK),
            "%s: %" PRId64 " blank%s counted, as the books say", point, given.counted,
            plural_s(given.counted));
    }
    int ending = told(err, &why);
    return err == ERR_CONFLICT ? ENDING_MISSED : ending;
}
