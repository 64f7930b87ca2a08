#include <inttypes.h>
#include <stdio.h>

#include <jansson.h>

#include "apps/city.h"
#include "apps/command.h"
#include "host/ending.h"
#include "host/options.h"
#include "host/progress.h"
#include "registry/import.h"

/* --- person import ----------------------------------------------------------------------------------- */

struct import_options {
    const char *file, *data;
    uint32_t date;
    bool json, strict;
};

static const struct option import_options[] = {
    {"FILE",     OPTION_PATH, offsetof(struct import_options, file),   NULL, NULL,
     "people as CSV in GB 18030 with a heading line; - reads standard input", false},
    OPTION_DATA(struct import_options, data),
    {"--date",   OPTION_DAY,  offsetof(struct import_options, date),   NULL, NULL,
     "judge as on this business date instead of the centre's",                true },
    {"--strict", OPTION_FLAG, offsetof(struct import_options, strict), NULL, NULL,
     "end with status 3 when a line was refused",                             false},
    OPTION_JSON(struct import_options, json),
};

static const struct usage import_usage = {
    .command = "person import",
    .help = "Reads a file of people into the registry and says of each line what became of it.\n"
            "A refused line changes nothing; corrected, it can be sent again. So can the whole "
            "file.",
    .options = import_options,
    .count = sizeof import_options / sizeof import_options[0],
};

enum { SHOWN_MAX = 20 }; /* refused lines that a person gets to see without --json */

/* Who is told while an import runs. */
struct listener {
    bool json;
    uint64_t refused;
    struct {
        uint32_t line;
        enum verdict verdict;
    } shown[SHOWN_MAX];
    struct progress progress;
};

/* Writes text as a JSON string with its quotes. */
static void print_json_text(const char *text) {
    json_t *string = json_string(text);
    if (!string) {
        (void)fputs("null", stdout); /* a file name that is no UTF-8 */
        return;
    }
    (void)json_dumpf(string, stdout, JSON_ENCODE_ANY);
    json_decref(string);
}

/* Every refused line is printed at once: the list may be as long as the file, our memory not. */
static void tell_line(void *cookie, uint32_t line, enum verdict verdict) {
    struct listener *l = cookie;
    const struct verdict_text *text = verdict_text(verdict);
    if (text->known) {
        return;
    }
    if (l->json) {
        (void)printf("%s\n  {\"line\": %" PRIu32 ", \"verdict\": \"%s\", \"text\": \"%s; %s; %s\"}",
            l->refused ? "," : "", line, text->name, text->zh, text->en, text->next);
    } else if (l->refused < SHOWN_MAX) {
        l->shown[l->refused].line = line;
        l->shown[l->refused].verdict = verdict;
    }
    l->refused++;
}

static void tell_progress(void *cookie, uint64_t bytes, uint64_t of) {
    struct listener *l = cookie;
    l->progress.total = of / 1000;
    progress_at(&l->progress, bytes / 1000);
}

static void json_begin(const struct import_options *given) {
    (void)printf("{\"file\": ");
    print_json_text(given->file);
    (void)printf(", \"lines_not_accepted\": [");
}

static void json_end(const struct import_result *result, enum err err, const struct why *why) {
    const char *comma = "";
    (void)printf("], \"lines\": %" PRIu64 ", \"verdicts\": {", result->lines);
    for (int i = 0; i < VERDICTS; i++) {
        if (result->verdicts[i] > 0) {
            (void)printf("%s\"%s\": %" PRIu64, comma, verdict_text((enum verdict)i)->name,
                result->verdicts[i]);
            comma = ", ";
        }
    }
    (void)printf("}");
    if (err) {
        (void)printf(", \"stopped\": {\"line\": %" PRIu64 ", \"byte\": %" PRIu64 ", \"text\": ",
            result->stopped_line, result->stopped_byte);
        print_json_text(why->text);
        (void)printf("}");
    }
    (void)printf("}\n");
}

/* A file that could not be read at all has nothing to report. */
static void print_result(
    const struct listener *l, const struct import_result *result, enum err err) {
    for (uint64_t i = 0; i < l->refused && i < SHOWN_MAX; i++) {
        const struct verdict_text *text = verdict_text(l->shown[i].verdict);
        (void)printf(
            "line %" PRIu32 ": %s (%s); %s\n", l->shown[i].line, text->zh, text->en, text->next);
    }
    if (l->refused > SHOWN_MAX) {
        (void)printf(
            "... and %" PRIu64 " more lines; --json lists them all\n", l->refused - SHOWN_MAX);
    }
    if (result->lines > 0 || !err) {
        (void)printf("%" PRIu64 " lines read\n", result->lines);
    }
    for (int i = 0; i < VERDICTS; i++) {
        const struct verdict_text *text = verdict_text((enum verdict)i);
        if (result->verdicts[i] > 0) {
            (void)printf("%10" PRIu64 "  %-26s %s\n", result->verdicts[i], text->name, text->zh);
        }
    }
}

/* Imports, reports, and says how the program ends. */
static int import_into(struct city *city, const struct import_options *given) {
    struct import_result result;
    struct why why = {0};
    struct listener listener = {
        .json = given->json, .progress = progress_begin("import", "KB", 0, given->json)};
    const struct import_order order = {
        .path = given->file,
        .business_day = given->date ? given->date : city->centre.file.date,
        .told = tell_line,
        .moved = tell_progress,
        .cookie = &listener,
    };
    if (given->json) {
        json_begin(given);
    }
    enum err err = people_import(&city->store, &order, &result, &why);
    if (given->json) {
        json_end(&result, err, &why);
    } else if (err) {
        progress_abandon(&listener.progress);
        print_result(&listener, &result, err);
    } else {
        (void)progress_end(&listener.progress);
        print_result(&listener, &result, err);
    }
    if (err) {
        return (int)ending_tell(err, &why);
    }
    if (listener.refused > 0 && given->strict) {
        (void)fprintf(stderr,
            "shebao: %" PRIu64 " lines of %s were not accepted; correct them and send them again\n",
            listener.refused, given->file);
        return ENDING_STRICT;
    }
    return ENDING_DONE;
}

int person_import_command(int argc, char **argv) {
    struct import_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&import_usage, argc, argv, &given, &status)) {
        return status;
    }
    CITY_SCOPE(city);
    enum err err = city_open(&city, given.data, &why);
    return err ? (int)ending_tell(err, &why) : import_into(&city, &given);
}
