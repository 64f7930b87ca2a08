#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/command.h"
#include "apps/key_desk.h"
#include "host/ending.h"
#include "host/options.h"
#include "stores/sql/audit.h"

struct carriers_options {
    const char *what, *place, *count, *data, *passphrases, *a, *b;
    int64_t serial;
    bool json;
};

/* clang-format off */
static const struct option options[] = {
    {"WHAT", OPTION_TEXT, offsetof(struct carriers_options, what), NULL, NULL,
        "store, take, return, stop, destroy, list or count", false},
    {"--serial", OPTION_NUMBER, offsetof(struct carriers_options, serial), "N", "0",
        "the carrier that is moved", false},
    {"--place", OPTION_TEXT, offsetof(struct carriers_options, place), "WORDS", "safe",
        "where it goes", false},
    {"--counted", OPTION_PATH, offsetof(struct carriers_options, count), "FILE", NULL,
        "count: the serials that were found, one a line", true},
    OPTIONS_OFFICERS(struct carriers_options, a, b, passphrases),
    OPTION_DATA(struct carriers_options, data),
    OPTION_JSON(struct carriers_options, json),
};
/* clang-format on */

static const struct usage usage = {
    .command = "key carriers",
    .help =
        "The chips that carry keys and shares: each has a place and a state (made, stored, taken,\n"
        "returned, stopped, destroyed); two officers move it, and every night all are counted.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

static void show(const struct carriers_options *given, const struct carrier_row *c, json_t *all) {
    if (given->json) {
        (void)json_array_append_new(
            all, json_pack("{s:I, s:s, s:s, s:s, s:s, s:s}", "serial", (json_int_t)c->serial,
                     "kind", c->kind, "ceremony", c->ceremony, "holder", c->holder, "place",
                     c->place, "state", carrier_state_text(c->state)));
        return;
    }
    (void)printf("%08" PRId64 "  %-14s %-12s %-18s %s\n", c->serial, c->kind, c->holder,
        carrier_state_text(c->state), c->place);
}

static enum err list(struct key_desk *desk, const struct carriers_options *given, struct why *why) {
    struct carrier_row carrier = {.serial = 0};
    json_t *all = json_array();
    enum err err = OK;
    while ((err = keeping_carrier_next(desk->keeping, carrier.serial, &carrier, why)) == OK) {
        show(given, &carrier, all);
    }
    if (given->json && err == ERR_NOT_FOUND) {
        json_t *object = json_pack("{s:O}", "carriers", all);
        (void)json_dumpf(object, stdout, 0);
        (void)printf("\n");
        json_decref(object);
    }
    json_decref(all);
    return err == ERR_NOT_FOUND ? OK : err;
}

/* Whether the serial stands on a line of its own. */
static bool was_found(const struct file_content *counted, int64_t serial) {
    const char *at = (const char *)counted->at;
    while (at && *at) {
        char *end = NULL;
        long long found = strtoll(at, &end, 10);
        if (end != at && found == serial) {
            return true;
        }
        at = strchr(at, '\n');
        at = at ? at + 1 : NULL;
    }
    return false;
}

/* Those that are with somebody outside, or destroyed, are not in the safe. */
static bool is_expected(const struct carrier_row *c) {
    return c->state != CARRIER_TAKEN && c->state != CARRIER_DESTROYED;
}

static enum err count(
    struct key_desk *desk, const struct carriers_options *given, struct why *why) {
    FILE_CONTENT_SCOPE(counted);
    struct carrier_row carrier = {.serial = 0};
    char missing[200] = "";
    char subject[AUDIT_SUBJECT_MAX];
    size_t there = 0;
    size_t gone = 0;
    enum err err = given->count ? files_read(given->count, 1 << 20, &counted, why)
                                : why_say(why, ERR_CONFLICT,
                                    "name the file of the serials that were found: --counted FILE");
    while (
        !err && (err = keeping_carrier_next(desk->keeping, carrier.serial, &carrier, why)) == OK) {
        bool found = was_found(&counted, carrier.serial);
        there += found;
        if (!found && is_expected(&carrier)) {
            size_t len = strlen(missing);
            (void)snprintf(missing + len, sizeof missing - len, " %08" PRId64 " (%.20s, %.20s)",
                carrier.serial, carrier.holder, carrier.place);
            gone++;
        }
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    (void)snprintf(subject, sizeof subject, "%zu there, %zu missing", there, gone);
    err = db_audit(&desk->city.db, given->a, "carriers counted", subject, why);
    if (!err && gone > 0) {
        err = why_say(why, ERR_CONFLICT,
            "missing:%s; tell the upper bureau at once and find the cause", missing);
    }
    if (!err) {
        (void)printf("%zu carriers counted, none is missing\n", there);
    }
    return err;
}

static enum err do_what(
    struct key_desk *desk, const struct carriers_options *given, struct why *why) {
    const struct two_officers who = {given->a, given->b};
    if (strcmp(given->what, "list") == 0) {
        return list(desk, given, why);
    }
    if (strlen(given->place) > KEEPING_WORD_MAX) {
        return why_say(why, ERR_CONFLICT, "--place takes up to %d bytes", (int)KEEPING_WORD_MAX);
    }
    enum err err = key_desk_both(desk, who, why);
    if (err || strcmp(given->what, "count") == 0) {
        return err ? err : count(desk, given, why);
    }
    err = keeping_carrier_move(desk->keeping, given->serial, given->what, given->place, who, why);
    if (!err) {
        (void)printf("carrier %08" PRId64 ": %s, %s\n", given->serial, given->what, given->place);
    }
    return err == ERR_INVALID ? ERR_CONFLICT : err; /* a wrong word, no bad file */
}

int key_carriers_command(int argc, char **argv) {
    struct carriers_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    KEY_DESK_SCOPE(desk);
    enum err err = key_desk_open(&desk, given.data, &why);
    desk.passphrases = given.passphrases;
    err = err ? err : do_what(&desk, &given, &why);
    return (int)ending_tell(err, &why);
}
