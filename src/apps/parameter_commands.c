#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "apps/city.h"
#include "apps/command.h"
#include "apps/result_tell.h"
#include "host/ending.h"
#include "host/options.h"
#include "registry/parameter_service.h"

/* What is wrong about a figure is wrong use, not a bad file. */
static int tell(enum err err, const struct why *why) {
    return (int)ending_tell_words(err, why);
}

/* --- parameter list ------------------------------------------------------------------------------------ */

struct list_options {
    const char *data;
    uint32_t date;
    bool json;
};

static const struct option list_options[] = {
    OPTION_DATA(struct list_options, data),
    {"--date", OPTION_DAY, offsetof(struct list_options, date), NULL, NULL,
                                 "as on this business date instead of the centre's", true},
    OPTION_JSON(struct list_options, json),
};

static const struct usage list_usage = {
    .command = "parameter list",
    .help = "Shows each figure that holds on the day, what will hold later, and which proposals\n"
            "wait for a second officer.",
    .options = list_options,
    .count = sizeof list_options / sizeof list_options[0],
};

/* One figure of one day: into rows, or onto the terminal. */
static void show_value(
    json_t *rows, const char *name, uint32_t day, int64_t value, const char *words) {
    if (rows) {
        (void)json_array_append_new(rows, json_pack("{s:s, s:i, s:I, s:s}", "name", name, "from",
                                              (int)day, "value", (json_int_t)value, "said", words));
    } else {
        (void)printf("%-24s %12" PRId64 "  from %u  %s\n", name, value, day, words);
    }
}

static enum err show_parameter(const struct registry_store *store, enum parameter which,
    uint32_t today, json_t *rows, struct why *why) {
    const struct parameter_text *text = parameter_text(which);
    struct parameter_row later = {.day = today};
    int64_t now = 0;
    enum err err = parameter_value(store, which, today, &now, why);
    if (!err) {
        show_value(rows, text->name, today, now, text->meaning);
    }
    while (!err) {
        err = store->parameter_after(store->self, text->name, later.day, &later, why);
        if (!err) {
            show_value(rows, text->name, later.day, later.value, later.who);
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err show_proposals(const struct registry_store *store, json_t *rows, struct why *why) {
    struct parameter_proposal p = {.id = 0};
    enum err err = OK;
    while (!err) {
        err = store->proposal_after(store->self, p.id, &p, why);
        const char *name = err ? "" : parameter_text(p.which)->name;
        if (!err && rows) {
            (void)json_array_append_new(
                rows, json_pack("{s:I, s:s, s:i, s:I, s:s}", "proposal", (json_int_t)p.id, "name",
                          name, "from", (int)p.day, "value", (json_int_t)p.value, "by", p.who));
        } else if (!err) {
            (void)printf("proposal %" PRId64 " by %s waits: %s = %" PRId64 " from %u\n", p.id,
                p.who, name, p.value, p.day);
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err show_all(
    const struct registry_store *store, uint32_t today, json_t *shown, struct why *why) {
    enum err err = OK;
    for (int i = 0; !err && i < PARAMETERS; i++) {
        err = show_parameter(
            store, (enum parameter)i, today, json_object_get(shown, "parameters"), why);
    }
    return err ? err : show_proposals(store, json_object_get(shown, "waiting"), why);
}

int parameter_list_command(int argc, char **argv) {
    struct list_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&list_usage, argc, argv, &given, &status)) {
        return status;
    }
    CITY_SCOPE(city);
    enum err err = city_open(&city, given.data, &why);
    if (err) {
        return (int)ending_tell(err, &why);
    }
    json_t *shown = given.json ? json_pack("{s:[], s:[]}", "parameters", "waiting") : NULL;
    err = show_all(&city.store, given.date ? given.date : city.centre.file.date, shown, &why);
    if (shown) {
        (void)json_dumpf(shown, stdout, 0);
        (void)printf("\n");
        json_decref(shown);
    }
    return tell(err, &why);
}

/* --- parameter set --------------------------------------------------------------------------------------- */

struct set_options {
    const char *name, *by, *data;
    int64_t value;
    uint32_t from;
    bool json;
};

static const struct option set_options[] = {
    {"NAME",      OPTION_TEXT,   offsetof(struct set_options, name),  NULL,   NULL,
     "the figure, as parameter list shows it",                                                         false},
    {"VALUE",     OPTION_NUMBER, offsetof(struct set_options, value), NULL,   NULL, "its new value",
     false                                                                                                  },
    OPTION_DATA(struct set_options, data),
    {"--from",    OPTION_DAY,    offsetof(struct set_options, from),  NULL,   NULL,
     "from which day it is to hold",                                                                   false},
    {"--officer", OPTION_TEXT,   offsetof(struct set_options, by),    "CODE", NULL, "who proposes it",
     false                                                                                                  },
    OPTION_JSON(struct set_options, json),
};

static const struct usage set_usage = {
    .command = "parameter set",
    .help = "Proposes a new value from a day to come. It holds when another officer, an approver,\n"
            "has let it pass.",
    .options = set_options,
    .count = sizeof set_options / sizeof set_options[0],
};

static enum err set(struct city *city, const struct set_options *given, struct why *why) {
    struct parameter_proposal p = {
        .which = parameter_named(given->name), .day = given->from, .value = given->value};
    size_t len = strlen(given->by);
    if (p.which == PARAMETERS) {
        return why_say(why, ERR_NOT_FOUND,
            "there is no figure %.40s; \"shebao parameter list\" shows them", given->name);
    }
    if (len > OFFICER_CODE_LEN) {
        return why_say(
            why, ERR_DENIED, "%.16s... is no officer of this centre; name one who is", given->by);
    }
    (void)memcpy(p.who, given->by, len + 1);
    enum err err = parameter_propose(&city->store, &p, city->centre.file.date, why);
    if (!err) {
        (void)printf(given->json ? "{\"proposal\": %" PRId64 "}\n"
                                 : "proposal %" PRId64 " waits for an approver\n",
            p.id);
    }
    return err;
}

int parameter_set_command(int argc, char **argv) {
    struct set_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&set_usage, argc, argv, &given, &status)) {
        return status;
    }
    CITY_SCOPE(city);
    enum err err = city_open(&city, given.data, &why);
    return err ? (int)ending_tell(err, &why) : tell(set(&city, &given, &why), &why);
}

/* --- parameter approve ------------------------------------------------------------------------------------- */

struct approve_options {
    const char *by, *data;
    int64_t proposal;
    bool refuse, json;
};

static const struct option approve_options[] = {
    {"PROPOSAL",  OPTION_NUMBER, offsetof(struct approve_options, proposal), NULL,   NULL,
     "its number",                   false},
    OPTION_DATA(struct approve_options, data),
    OPTION_JSON(struct approve_options, json),
    {"--officer", OPTION_TEXT,   offsetof(struct approve_options, by),       "CODE", NULL,
     "the approver, another person", false},
    {"--refuse",  OPTION_FLAG,   offsetof(struct approve_options, refuse),   NULL,   NULL,
     "do not let it pass",           false},
};

static const struct usage approve_usage = {
    .command = "parameter approve",
    .help = "Lets a proposed figure pass: it holds from its day on. Or refuses it.",
    .options = approve_options,
    .count = sizeof approve_options / sizeof approve_options[0],
};

int parameter_approve_command(int argc, char **argv) {
    struct approve_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&approve_usage, argc, argv, &given, &status)) {
        return status;
    }
    CITY_SCOPE(city);
    enum err err = city_open(&city, given.data, &why);
    if (err) {
        return (int)ending_tell(err, &why);
    }
    err = parameter_decide(
        &city.store, given.proposal, !given.refuse, given.by, city.centre.file.date, &why);
    if (!err) {
        result_tell(given.json,
            json_pack(
                "{s:I, s:b}", "proposal", (json_int_t)given.proposal, "approved", !given.refuse),
            "proposal %" PRId64 " is %s", given.proposal, given.refuse ? "refused" : "approved");
    }
    return tell(err, &why);
}
