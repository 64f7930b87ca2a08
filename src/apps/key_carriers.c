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
        "store, take, return, stop, destroy, list, count or due", false},
    {"--serial", OPTION_NUMBER, offsetof(struct carriers_options, serial), "N", "0",
        "the carrier that is moved", false},
    {"--place", OPTION_TEXT, offsetof(struct carriers_options, place), "WORDS", NULL,
        "where it is then; store: the safe; take and return: must be said", true},
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
        "returned, stopped, destroyed); two officers move it, and every night all are counted: due "
        "says\n"
        "with its status whether that was done on the business date.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

static const char count_event[] = "carriers counted";

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

/* --- the count of the night ---------------------------------------------------------------------- */

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

/* How many serials were found at all. */
static size_t lines_of(const struct file_content *counted) {
    const char *at = (const char *)counted->at;
    size_t lines = 0;
    while (at && *at) {
        char *end = NULL;
        (void)strtoll(at, &end, 10);
        lines += end != at;
        at = strchr(at, '\n');
        at = at ? at + 1 : NULL;
    }
    return lines;
}

/* Those that are with somebody outside, or destroyed, are not in the safe. */
static bool is_expected(const struct carrier_row *c) {
    return c->state != CARRIER_TAKEN && c->state != CARRIER_DESTROYED;
}

/* What came out of it. */
struct tally {
    size_t there, missing, odd;
    char story[200]; /* of the first that are not as they should be */
};

static void tell(struct tally *tally, const struct carrier_row *c, const char *trouble) {
    size_t len = strlen(tally->story);
    (void)snprintf(tally->story + len, sizeof tally->story - len,
        " %08" PRId64 " %s (%.20s, %.20s)", c->serial, trouble, c->holder, c->place);
}

/* A carrier is where the register says, or it is told. */
static void judge(struct tally *tally, const struct carrier_row *c, bool found) {
    tally->there += found;
    if (found && !is_expected(c)) {
        tell(tally, c, c->state == CARRIER_TAKEN ? "taken, but there" : "destroyed, but there");
        tally->odd++;
    } else if (!found && is_expected(c)) {
        tell(tally, c, "missing");
        tally->missing++;
    }
}

static enum err verdict(const struct tally *tally, size_t lines, struct why *why) {
    if (tally->missing > 0) {
        return why_say(why, ERR_CONFLICT,
            "not all are there:%s; tell the upper bureau at once and find the cause", tally->story);
    }
    if (tally->odd > 0) {
        return why_say(why, ERR_CONFLICT,
            "the register has others elsewhere:%s; find out who did not write it down",
            tally->story);
    }
    return lines == tally->there
               ? OK
               : why_say(why, ERR_CONFLICT,
                   "%zu serials were found and the register knows %zu of them; look for what "
                   "nobody registered",
                   lines, tally->there);
}

/* The row stands in the audit chain whatever came out, with the business date. */
static enum err count(
    struct key_desk *desk, const struct carriers_options *given, struct why *why) {
    FILE_CONTENT_SCOPE(counted);
    struct carrier_row carrier = {.serial = 0};
    struct tally tally = {.there = 0};
    char subject[AUDIT_SUBJECT_MAX];
    enum err err = given->count ? files_read(given->count, 1 << 20, &counted, why)
                                : why_say(why, ERR_CONFLICT,
                                    "name the file of the serials that were found: --counted FILE");
    while (
        !err && (err = keeping_carrier_next(desk->keeping, carrier.serial, &carrier, why)) == OK) {
        judge(&tally, &carrier, was_found(&counted, carrier.serial));
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    (void)snprintf(subject, sizeof subject, "%08" PRIu32 ": %zu there, %zu missing, %zu odd",
        desk->city.centre.file.date, tally.there, tally.missing, tally.odd);
    err = db_audit(&desk->city.db, given->a, count_event, subject, why);
    err = err ? err : verdict(&tally, lines_of(&counted), why);
    if (!err) {
        (void)printf("%zu carriers counted, none is missing\n", tally.there);
    }
    return err;
}

/* Whether the count of the business date was made, and how it came out. */
static enum err due(struct key_desk *desk, const struct carriers_options *given, struct why *why) {
    char subject[AUDIT_SUBJECT_MAX + 1] = "";
    uint32_t today = desk->city.centre.file.date;
    (void)given;
    enum err err = db_audit_last(&desk->city.db, count_event, subject, why);
    if (err && err != ERR_NOT_FOUND) {
        return err;
    }
    if (err == ERR_NOT_FOUND || strtoul(subject, NULL, 10) != today) {
        return why_say(why, ERR_CONFLICT,
            "the carriers were not counted on %08" PRIu32 " (last: %s); count them with shebao key "
            "carriers count",
            today, err ? "never" : subject);
    }
    (void)printf("counted on %s\n", subject);
    return OK;
}

/* --- moves --------------------------------------------------------------------------------------- */

/* Where a carrier is after its move when nobody says so; NULL: somebody must. */
static const struct move_place {
    const char *event, *place;
    bool stays; /* where it was */
} places[] = {
    {"store",   "保险柜 safe",      false},
    {"take",    NULL,                  false},
    {"return",  NULL,                  false},
    {"stop",    NULL,                  true },
    {"destroy", "已销毁 destroyed", false},
};

/* The carrier of that serial, as the register has it. */
static enum err find(
    struct key_desk *desk, int64_t serial, struct carrier_row *c, struct why *why) {
    enum err err = keeping_carrier_next(desk->keeping, serial - 1, c, why);
    return err == OK && c->serial != serial ? why_say(
               why, ERR_NOT_FOUND, "no such carrier; \"shebao key carriers list\" shows them")
                                            : err;
}

/* A destroyed one is nowhere, whatever the command line says. */
static enum err place_of(struct key_desk *desk, const struct carriers_options *given,
    char place[KEEPING_WORD_MAX + 1], struct why *why) {
    struct carrier_row carrier;
    const struct move_place *line = NULL;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        line = strcmp(places[i].event, given->what) == 0 ? &places[i] : line;
    }
    if (given->place && line && strcmp(line->event, "destroy") == 0) {
        return why_say(why, ERR_CONFLICT, "a destroyed carrier is in no place; leave --place out");
    }
    const char *said = given->place ? given->place : line ? line->place : "";
    if (said && strlen(said) > KEEPING_WORD_MAX) {
        return why_say(why, ERR_CONFLICT, "--place takes up to %d bytes", (int)KEEPING_WORD_MAX);
    }
    if (!said && !line->stays) {
        return why_say(why, ERR_CONFLICT, "say where carrier %08" PRId64 " is then: --place WORDS",
            given->serial);
    }
    enum err err = said ? OK : find(desk, given->serial, &carrier, why);
    (void)snprintf(place, KEEPING_WORD_MAX + 1, "%s", said ? said : err ? "" : carrier.place);
    return err;
}

static enum err move(struct key_desk *desk, const struct carriers_options *given, struct why *why) {
    const struct two_officers who = {given->a, given->b};
    char place[KEEPING_WORD_MAX + 1];
    enum err err = place_of(desk, given, place, why);
    err = err ? err
              : keeping_carrier_move(desk->keeping, given->serial, given->what, place, who, why);
    if (!err) {
        (void)printf("carrier %08" PRId64 ": %s, %s\n", given->serial, given->what, place);
    }
    return err == ERR_INVALID ? ERR_CONFLICT : err; /* a wrong word, no bad file */
}

static enum err do_what(
    struct key_desk *desk, const struct carriers_options *given, struct why *why) {
    const struct two_officers who = {given->a, given->b};
    if (strcmp(given->what, "list") == 0) {
        return list(desk, given, why);
    }
    if (strcmp(given->what, "due") == 0) {
        return due(desk, given, why);
    }
    enum err err = key_desk_both(desk, who, why);
    if (err) {
        return err;
    }
    return strcmp(given->what, "count") == 0 ? count(desk, given, why) : move(desk, given, why);
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
