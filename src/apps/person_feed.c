#include <inttypes.h>
#include <stdio.h>

#include "apps/command.h"
#include "apps/day_desk.h"
#include "apps/person_city.h"
#include "host/ending.h"
#include "host/options.h"
#include "host/progress.h"
#include "registry/feed.h"

struct feed_options {
    const char *file, *owner, *by, *second, *data;
    bool json, strict;
};

/* clang-format off */
static const struct option options[] = {
    {"FILE", OPTION_PATH, offsetof(struct feed_options, file), NULL, NULL,
        "CSV in GB 18030, heading AAC002,AAC003 and codes of the owner; - reads standard input", false},
    {"--owner", OPTION_TEXT, offsetof(struct feed_options, owner), "WHO", NULL,
        "whose file it is: police, insurance, labour or centre", false},
    {"--officer", OPTION_TEXT, offsetof(struct feed_options, by), "CODE", NULL,
        "who takes it in: an officer who makes, for the centre's one of a service point", false},
    {"--second", OPTION_TEXT, offsetof(struct feed_options, second), "CODE", NULL,
        "an approver; a file of the police needs one", true},
    {"--strict", OPTION_FLAG, offsetof(struct feed_options, strict), NULL, NULL,
        "end with status 3 when a line was refused", false},
    OPTION_DATA(struct feed_options, data),
    OPTION_JSON(struct feed_options, json),
};
/* clang-format on */

static const struct usage usage = {
    .command = "person feed",
    .help =
        "Takes in a file of an owner of fields and says of each line what became of it. Files of "
        "the\n"
        "police are compared with the records; a death locks the cards. May be sent again whole.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

enum { SHOWN_MAX = 20 }; /* refused lines that a person gets to see without --json */

struct listener {
    bool json;
    uint64_t refused;
    struct progress progress;
};

/* Printed at once: the list may be as long as the file, our memory not. */
static void tell_line(void *cookie, uint64_t line, enum feed_verdict verdict) {
    struct listener *l = cookie;
    const struct feed_verdict_text *text = feed_verdict_text(verdict);
    if (text->known && verdict != FEED_DEAD) {
        return;
    }
    if (l->json) {
        (void)printf("%s\n  {\"line\": %" PRIu64 ", \"verdict\": \"%s\", \"text\": \"%s; %s; %s\"}",
            l->refused ? "," : "", line, text->name, text->zh, text->en, text->next);
    } else if (l->refused < SHOWN_MAX) {
        (void)printf("line %" PRIu64 ": %s (%s); %s\n", line, text->zh, text->en, text->next);
    }
    l->refused++;
}

static void tell_moved(void *cookie, uint64_t bytes, uint64_t of) {
    struct listener *l = cookie;
    l->progress.total = of / 1000;
    progress_at(&l->progress, bytes / 1000);
}

static void tell_json(const struct feed_result *result, enum err err, const struct why *why) {
    const char *comma = "";
    (void)printf("], \"lines\": %" PRIu64 ", \"cards_locked\": %" PRIu64 ", \"verdicts\": {",
        result->lines, result->cards);
    for (int i = 0; i < FEED_VERDICTS; i++) {
        if (result->verdicts[i] > 0) {
            (void)printf("%s\"%s\": %" PRIu64, comma, feed_verdict_text((enum feed_verdict)i)->name,
                result->verdicts[i]);
            comma = ", ";
        }
    }
    (void)printf("}");
    if (err) {
        (void)printf(", \"stopped\": {\"line\": %" PRIu64 ", \"byte\": %" PRIu64 ", \"text\": ",
            result->stopped_line, result->stopped_byte);
        day_json_text(why->text);
        (void)printf("}");
    }
    (void)printf("}\n");
}

static void tell_result(const struct listener *l, const struct feed_result *result) {
    if (l->refused > SHOWN_MAX) {
        (void)printf(
            "... and %" PRIu64 " more lines; --json lists them all\n", l->refused - SHOWN_MAX);
    }
    (void)printf(
        "%" PRIu64 " lines read, %" PRIu64 " cards locked\n", result->lines, result->cards);
    for (int i = 0; i < FEED_VERDICTS; i++) {
        const struct feed_verdict_text *text = feed_verdict_text((enum feed_verdict)i);
        if (result->verdicts[i] > 0) {
            (void)printf("%10" PRIu64 "  %-20s %s\n", result->verdicts[i], text->name, text->zh);
        }
    }
}

/* Lines that were refused, not deaths: a death is what the owner wanted said. */
static bool any_refused(const struct feed_result *result) {
    bool refused = false;
    for (int i = 0; i < FEED_VERDICTS; i++) {
        refused = refused
                  || (!feed_verdict_text((enum feed_verdict)i)->known && result->verdicts[i] > 0);
    }
    return refused;
}

static int feed(struct person_city *people, const struct feed_options *given) {
    struct feed_result result;
    struct why why = {0};
    struct listener listener = {
        .json = given->json, .progress = progress_begin("feed", "KB", 0, given->json)};
    struct feed_order order = {.path = given->file,
        .owner = owner_named(given->owner),
        .who = given->by,
        .second = given->second,
        .told = tell_line,
        .moved = tell_moved,
        .cookie = &listener};
    person_city_now(people, &order.day, &order.time);
    if (order.owner == ITEM_OWNERS) {
        progress_abandon(&listener.progress);
        return (int)ending_tell(
            why_say(&why, ERR_CONFLICT, "--owner is police, insurance, labour or centre"), &why);
    }
    if (given->json) {
        (void)printf("{\"lines_to_see\": [");
    }
    enum err err = person_feed(&people->desk, &order, &result, &why);
    if (err) {
        progress_abandon(&listener.progress);
    } else {
        (void)progress_end(&listener.progress);
    }
    if (given->json) {
        tell_json(&result, err, &why);
    } else if (!err || result.lines > 0) {
        tell_result(&listener, &result);
    }
    if (err) {
        return (int)ending_tell(err, &why);
    }
    if (given->strict && any_refused(&result)) {
        (void)fprintf(stderr,
            "shebao: lines of %s were refused; correct them and send them again\n", given->file);
        return ENDING_STRICT;
    }
    return ENDING_DONE;
}

int person_feed_command(int argc, char **argv) {
    struct feed_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    PERSON_CITY_SCOPE(people);
    enum err err = person_city_open(&people, given.data, &why);
    return err ? (int)ending_tell(err, &why) : feed(&people, &given);
}
