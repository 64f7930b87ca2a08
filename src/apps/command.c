#include "apps/command.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "host/ending.h"
#include "host/options.h"

static const struct command commands[] = {
#define COMMAND(name, run, help) {name, run, help},
#include "apps/commands.def"
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

/* Lines for somebody who has never used a command. */
static const char *const examples[] = {
#define EXAMPLE(words) words,
#include "apps/examples.def"
};

const struct command *command_table(size_t *count) {
    *count = COMMAND_COUNT;
    return commands;
}

/* How many words of argv, from the first on, are the name: 0, 1 or 2. */
static int words_of(const char *name, int argc, char **argv) {
    size_t first = strcspn(name, " ");
    if (argc < 1 || strlen(argv[0]) != first || strncmp(argv[0], name, first) != 0) {
        return 0;
    }
    if (name[first] == '\0') {
        return 1;
    }
    return argc >= 2 && strcmp(argv[1], name + first + 1) == 0 ? 2 : 0;
}

/* True when word is the first of a name of two words. */
static bool begins_name(const char *word, const char *name) {
    size_t first = strcspn(name, " ");
    return name[first] == ' ' && strlen(word) == first && strncmp(word, name, first) == 0;
}

/* "person" and "bench" are no commands but the first words of some. */
static bool is_group(const char *word) {
    bool found = false;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        found = found || begins_name(word, commands[i].name);
    }
    return found;
}

/* The lines whose names have the same first word as commands[first], from there on. */
static void print_group(FILE *to, size_t first) {
    size_t len = strcspn(commands[first].name, " ");
    for (size_t i = first; i < COMMAND_COUNT; i++) {
        if (strcspn(commands[i].name, " ") == len
            && strncmp(commands[i].name, commands[first].name, len) == 0) {
            (void)fprintf(to, "  %-21s  %s\n", commands[i].name, commands[i].help);
        }
    }
}

/* True when no line above has the same first word. */
static bool is_first_of_group(size_t at) {
    size_t len = strcspn(commands[at].name, " ");
    for (size_t i = 0; i < at; i++) {
        if (strcspn(commands[i].name, " ") == len
            && strncmp(commands[i].name, commands[at].name, len) == 0) {
            return false;
        }
    }
    return true;
}

/* The table, or the part of it whose names begin with group. What has its first word in common stands
 * together, for somebody who looks for it; the table itself follows the work. */
static void print_commands(FILE *to, const char *group) {
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (is_first_of_group(i) && (!group || begins_name(group, commands[i].name))) {
            print_group(to, i);
        }
    }
}

/* The page that "shebao --help" shows, with the list of exit statuses that decision 0010
 * explains. */
static void print_help(FILE *to) {
    (void)fprintf(to, "shebao COMMAND [OPTION]...\n\n"
                      "Runs a city's social security cards: chip, terminal and centre.\n\n");
    print_commands(to, NULL);
    (void)fprintf(to,
        "\n\"shebao COMMAND --help\" shows what a command takes; --version says which "
        "program this is.\n"
        "Exit status: %d done, %d a target missed or books that do not balance, "
        "%d wrong use,\n"
        "%d lines refused with --strict, %d a bad input file, "
        "%d trouble with disk, port, database or reader.\n",
        ENDING_DONE, ENDING_MISSED, ENDING_USAGE, ENDING_STRICT, ENDING_FILE, ENDING_OUTSIDE);
}

/* The word alone, or with the one behind it, may be a slip in a name. */
static bool is_near(const char *word, const char *both, const char *name) {
    char first[40];
    (void)snprintf(first, sizeof first, "%.*s", (int)strcspn(name, " "), name);
    return word_is_near(both, name) || word_is_near(word, first);
}

/* Under the first word of a pair everything else under that word is near; otherwise what is a slip
 * away, with one word or with two. */
static enum ending refuse(int argc, char **argv) {
    char both[80];
    const char *second = argc >= 2 && argv[1][0] != '-' ? argv[1] : "";
    (void)snprintf(both, sizeof both, "%.36s%s%.36s", argv[0], *second ? " " : "", second);
    bool group = is_group(argv[0]);
    (void)fprintf(stderr, "shebao: there is no command \"%s\"", group ? both : argv[0]);
    const char *before = "; did you mean ";
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (group ? begins_name(argv[0], commands[i].name)
                  : is_near(argv[0], both, commands[i].name)) {
            (void)fprintf(stderr, "%s\"%s\"", before, commands[i].name);
            before = " or ";
        }
    }
    (void)fprintf(stderr, "%s \"shebao --help\" shows them all\n", before[0] == ';' ? ";" : "?");
    return ENDING_USAGE;
}

/* "shebao bench" and "shebao bench --help": what there is under that word. */
static enum ending show_group(int argc, char **argv) {
    if (argc >= 2 && strcmp(argv[1], "--help") != 0) {
        return refuse(argc, argv);
    }
    print_commands(argc >= 2 ? stdout : stderr, argv[0]);
    return argc >= 2 ? ENDING_DONE : ENDING_USAGE;
}

/* True when the command has shown its page: nothing takes "--help" for a value (host/options.h). */
static bool asks_for_help(int argc, char **argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            return true;
        }
    }
    return false;
}

/* The end of a command's page. */
static void print_examples(const char *name) {
    size_t len = strlen(name);
    const char *head = "\nExample:\n";
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        bool of_it = strncmp(examples[i], name, len) == 0
                     && (examples[i][len] == ' ' || examples[i][len] == '\0');
        if (of_it) {
            (void)printf("%s  shebao %s\n", head, examples[i]);
            head = "";
        }
    }
}

static int run_command(const struct command *command, int argc, char **argv) {
    int status = command->run(argc, argv);
    assert(status >= ENDING_DONE);
    if (status == ENDING_DONE && asks_for_help(argc, argv)) {
        print_examples(command->name);
    }
    return status;
}

/* No command's name begins with another one's, so the first line that fits is the right one. */
static int dispatch(int argc, char **argv) {
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        int words = words_of(commands[i].name, argc - 1, argv + 1);
        if (words > 0) {
            assert(argc >= 1 + words);
            return run_command(&commands[i], argc - words, argv + words);
        }
    }
    return (int)(is_group(argv[1]) ? show_group(argc - 1, argv + 1) : refuse(argc - 1, argv + 1));
}

/* "shebao help person import": what that command says when it is asked itself. */
static int help_about(int argc, char **argv) {
    char flag[] = "--help";
    char *asked[] = {argv[0], argv[0], argc >= 2 ? argv[1] : flag, flag, NULL};
    return dispatch(argc >= 2 ? 4 : 3, asked);
}

int command_main(int argc, char **argv) {
    if (argc < 2) {
        print_help(stderr);
        return ENDING_USAGE;
    }
    const char *first = argv[1];
    bool help = strcmp(first, "--help") == 0 || strcmp(first, "help") == 0;
    if (help && argc > 2) {
        return help_about(argc - 2, argv + 2);
    }
    if (help) {
        print_help(stdout);
        return ENDING_DONE;
    }
    if (strcmp(first, "--version") == 0) {
        (void)puts("shebao " SHEBAO_VERSION);
        return ENDING_DONE;
    }
    return dispatch(argc, argv);
}
