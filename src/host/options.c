#include "host/options.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/day.h"
#include "host/ending.h"

/* What each kind is called, and how a value that is not of the kind is refused. */
static const struct kind {
    const char *word;
    const char *expected;
} kinds[] = {
    [OPTION_FLAG] = {"",         "no value"                             },
    [OPTION_TEXT] = {"TEXT",     "a text"                               },
    [OPTION_PATH] = {"PATH",     "the name of a file or directory"      },
    [OPTION_NUMBER] = {"N",        "a number from 0 to 999999999999999999"},
    [OPTION_DAY] = {"YYYYMMDD", "a day of the calendar, YYYYMMDD"      },
};

/* One reading of the arguments: what was given for each line of the table, as text. */
struct reading {
    const struct usage *usage;
    const char *given[OPTIONS_MAX];
    size_t positional; /* the next positional line to fill starts its search here */
    bool help;         /* --help was asked for */
    bool refused;      /* a sentence was said */
};

/* The one rule that tells the two kinds of arguments apart. */
static bool is_positional(const struct option *o) {
    return o->name[0] != '-';
}

static const char *word_of(const struct option *o) {
    return o->word ? o->word : kinds[o->kind].word;
}

/* Says what is wrong and where to read more; always false. */
static bool refuse(struct reading *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool refuse(struct reading *r, const char *format, ...) {
    char text[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)fprintf(stderr, "shebao %s: %s; \"shebao %s --help\" shows what it takes\n",
        r->usage->command, text, r->usage->command);
    r->refused = true;
    return false;
}

enum { WORD_MAX = 40, NEAR_EDITS = 2 };

static size_t smallest(size_t a, size_t b, size_t c) {
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* How many letters must be put in, taken out or changed to make one word the other
 * [Levenshtein]. */
static size_t edits_between(const char *a, const char *b) {
    size_t b_len = strlen(b);
    size_t row[WORD_MAX + 1];
    assert(b_len <= WORD_MAX);
    for (size_t j = 0; j <= b_len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t above = row[j];
            size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = smallest(above + 1, row[j - 1] + 1, change);
            diagonal = above;
        }
    }
    return row[b_len];
}

/* A word of one or two letters is two edits away from everything: there only beginnings count. */
bool word_is_near(const char *word, const char *candidate) {
    size_t len = strlen(word);
    if (len == 0 || len > WORD_MAX || strlen(candidate) > WORD_MAX) {
        return false;
    }
    return strncmp(word, candidate, len) == 0
           || (len > NEAR_EDITS && edits_between(word, candidate) <= NEAR_EDITS);
}

/* The option that the first name_len characters of arg name, or the count of the table. */
static size_t option_named(const struct usage *usage, const char *arg, size_t name_len) {
    size_t i = 0;
    while (i < usage->count
           && (is_positional(&usage->options[i]) || strlen(usage->options[i].name) != name_len
               || strncmp(usage->options[i].name, arg, name_len) != 0)) {
        i++;
    }
    return i;
}

/* "--" alone as a beginning would be near to every option: at least one letter must be there. */
static bool refuse_unknown(struct reading *r, const char *arg, size_t name_len) {
    char name[WORD_MAX + 1];
    (void)snprintf(name, sizeof name, "%.*s", (int)name_len, arg);
    for (size_t i = 0; i < r->usage->count; i++) {
        const struct option *o = &r->usage->options[i];
        if (!is_positional(o) && name_len > 2 && word_is_near(name, o->name)) {
            return refuse(r, "unknown option %s (did you mean %s?)", name, o->name);
        }
    }
    return refuse(r, "unknown option %s", name);
}

/* Takes one option, its value in the same argument or the next; *at moves over a value taken. What
 * begins with -- is no value but the next option, in front of which the value was forgotten. */
static bool take_option(struct reading *r, int argc, char **argv, int *at) {
    const char *arg = argv[*at];
    size_t name_len = strcspn(arg, "=");
    const char *value = arg[name_len] == '=' ? arg + name_len + 1 : NULL;
    size_t i = option_named(r->usage, arg, name_len);
    if (i == r->usage->count) {
        return refuse_unknown(r, arg, name_len);
    }
    const struct option *o = &r->usage->options[i];
    if (r->given[i]) {
        return refuse(r, "%s is given twice", o->name);
    }
    if (o->kind == OPTION_FLAG) {
        r->given[i] = o->name;
        return value ? refuse(r, "%s takes no value", o->name) : true;
    }
    if (!value && *at + 1 < argc && strncmp(argv[*at + 1], "--", 2) != 0) {
        value = argv[++*at];
    }
    r->given[i] = value;
    return value ? true : refuse(r, "%s needs %s", o->name, kinds[o->kind].expected);
}

/* The next line of the table that is no option takes it. */
static bool take_positional(struct reading *r, const char *arg) {
    size_t i = r->positional;
    while (i < r->usage->count && !is_positional(&r->usage->options[i])) {
        i++;
    }
    if (i == r->usage->count) {
        return refuse(r, "\"%.60s\" is one argument too many", arg);
    }
    r->given[i] = arg;
    r->positional = i + 1;
    return true;
}

/* Sorts the arguments to the lines of the table; converts nothing yet. */
static bool sort_arguments(struct reading *r, int argc, char **argv) {
    bool only_positional = false;
    bool fine = true;
    for (int at = 1; fine && at < argc; at++) {
        if (!only_positional && strcmp(argv[at], "--help") == 0) {
            r->help = true;
            return true;
        }
        if (!only_positional && strcmp(argv[at], "--") == 0) {
            only_positional = true;
        } else if (!only_positional && argv[at][0] == '-' && argv[at][1] != '\0') {
            fine = take_option(r, argc, argv, &at);
        } else {
            fine = take_positional(r, argv[at]);
        }
    }
    return fine;
}

/* Puts one value where it belongs; false when it is not of its kind. */
static bool convert(const struct option *o, const char *value, void *into) {
    char *to = (char *)into + o->to;
    uint64_t number = 0;
    switch (o->kind) {
    case OPTION_FLAG:
        (void)memcpy(to, &(bool){value != NULL}, sizeof(bool));
        return true;
    case OPTION_TEXT:
    case OPTION_PATH:
        (void)memcpy(to, (const void *)&value, sizeof value);
        return !value || value[0] != '\0';
    case OPTION_NUMBER:
        if (value && (strlen(value) > 18 || !digits_read(bytes_text(value), &number))) {
            return false;
        }
        (void)memcpy(to, &(int64_t){(int64_t)number}, sizeof(int64_t));
        return true;
    case OPTION_DAY:
        if (value
            && (strlen(value) != 8 || !digits_read(bytes_text(value), &number)
                || !day_exists((uint32_t)number))) {
            return false;
        }
        (void)memcpy(to, &(uint32_t){(uint32_t)number}, sizeof(uint32_t));
        return true;
    default:
        assert(false); /* a kind that the table does not have */
        return false;
    }
}

/* Every member gets a value, given or default: the caller's struct may hold anything before. */
static bool convert_all(struct reading *r, void *into) {
    for (size_t i = 0; i < r->usage->count; i++) {
        const struct option *o = &r->usage->options[i];
        const char *value = r->given[i] ? r->given[i] : o->fallback;
        if (!value && o->kind != OPTION_FLAG && !o->may_miss) {
            return refuse(
                r, "%s is missing: %s", o->name, o->help ? o->help : kinds[o->kind].expected);
        }
        if (!convert(o, value, into)) {
            return refuse(r, "%s takes %s, not \"%.60s\"", o->name, kinds[o->kind].expected, value);
        }
    }
    return true;
}

/* The first line of the help page: the command with what it cannot do without. */
static void print_synopsis(const struct usage *usage) {
    (void)printf("shebao %s", usage->command);
    for (size_t i = 0; i < usage->count; i++) {
        const struct option *o = &usage->options[i];
        bool needed = !o->fallback && !o->may_miss && o->kind != OPTION_FLAG;
        if (is_positional(o)) {
            (void)printf(needed ? " %s" : " [%s]", o->name);
        } else if (needed) {
            (void)printf(" %s %s", o->name, word_of(o));
        }
    }
    (void)printf(" [OPTION]...\n");
}

/* Printed from the same table that is read: no option can be missing here, or be here only. */
static void print_help(const struct usage *usage) {
    print_synopsis(usage);
    (void)printf("\n%s\n\n", usage->help);
    for (size_t i = 0; i < usage->count; i++) {
        const struct option *o = &usage->options[i];
        char left[2 * WORD_MAX];
        (void)snprintf(left, sizeof left, "%s %s", o->name, is_positional(o) ? "" : word_of(o));
        (void)printf("  %-22s %s", left, o->help);
        if (o->fallback) {
            (void)printf(" (%s)", o->fallback);
        }
        (void)printf("\n");
    }
    (void)printf("  %-22s %s\n", "--help", "show this page");
}

bool options_read(const struct usage *usage, int argc, char **argv, void *into, int *status) {
    assert(usage->count <= OPTIONS_MAX);
    struct reading r = {.usage = usage};
    *status = ENDING_USAGE;
    if (!sort_arguments(&r, argc, argv)) {
        return false;
    }
    if (r.help) {
        print_help(usage);
        *status = ENDING_DONE;
        return false;
    }
    if (!convert_all(&r, into)) {
        return false;
    }
    *status = ENDING_DONE;
    return true;
}
