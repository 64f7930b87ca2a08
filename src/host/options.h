/* The arguments of a command as a table, read in one place and refused in one voice.
 *
 * A command describes its arguments once, as a static table; from it come the reading, the checks
 * and the --help page. Names that begin with "--" are options and may stand in any order, as
 * "--name value" or "--name=value" (a value that begins with "--" needs the second form, so that a
 * forgotten value does not swallow the next option); names that do not (FILE, NUMBER) are
 * positional and are taken in the order of the table. "--" ends the options. Every command answers
 * --help by itself.
 *
 *     struct import_options { const char *file, *data; bool json; uint32_t date; };
 *     static const struct option options[] = {
 *         {"FILE", OPTION_PATH, offsetof(struct import_options, file), NULL, NULL, "people"},
 *         OPTION_DATA(struct import_options, data),
 *         OPTION_JSON(struct import_options, json),
 *         {"--date", OPTION_DAY, offsetof(struct import_options, date), "YYYYMMDD", "20031008",
 *             "business date"},
 *     };
 *     static const struct usage usage = {.command = "person import", .help = "reads a file of people",
 *         .options = options, .count = 4};
 *
 *     struct import_options given;
 *     int status = 0;
 *     if (!options_read(&usage, argc, argv, &given, &status)) {
 *         return status;
 *     }
 *
 * Texts and paths are borrowed from argv or from the table. Nothing is allocated. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an argument is, and the type of the member that it lands in. */
enum option_kind {
    OPTION_FLAG,   /* bool: true when named; takes no value */
    OPTION_TEXT,   /* const char *: anything but nothing */
    OPTION_PATH,   /* const char *: the name of a file or directory, not empty */
    OPTION_NUMBER, /* int64_t: decimal, 0 to 999999999999999999 */
    OPTION_DAY,    /* uint32_t: YYYYMMDD, a day of the calendar */
};

struct option {
    const char *name; /* "--seed", or "FILE" for a positional one */
    enum option_kind kind;
    size_t to;        /* offsetof() the member of the struct that options_read() fills */
    const char *word; /* what help calls the value: "DIR", "N"; NULL takes the kind's own word */
    const char *fallback; /* the value when it is not given, as text; NULL: none */
    const char *help;     /* one line, without a full stop */
    bool may_miss; /* without fallback: true leaves NULL or 0; false refuses to run without it */
};

struct usage {
    const char *command; /* as in commands.def */
    const char *help;    /* what the command does, in one line or more */
    const struct option *options;
    size_t count;
};

enum { OPTIONS_MAX = 32 };

/* The options that several commands have, with one name, default and sentence everywhere. */
#define OPTION_DATA(type, member)                                                                  \
    {                                                                                              \
        "--data", OPTION_PATH, offsetof(type, member), "DIR", "shebao-data",                       \
            "directory of the centre", false                                                       \
    }
#define OPTION_JSON(type, member)                                                                  \
    {                                                                                              \
        "--json", OPTION_FLAG, offsetof(type, member), NULL, NULL,                                 \
            "print the result as one JSON object and no progress", false                           \
    }

/* Fills *into from argv[1] on. False when the command is not to run: *status is then ENDING_DONE
 * after --help was answered on standard output, or ENDING_USAGE after a sentence on standard error
 * about what is unknown, missing, given twice or ill-formed. */
bool options_read(const struct usage *usage, int argc, char **argv, void *into, int *status);

/* The words that stand nearest to a mistyped one: true when candidate is at most two edits (or a
 * beginning) away from word. */
bool word_is_near(const char *word, const char *candidate);
