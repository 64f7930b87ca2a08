/* The commands of the program, as one table.
 *
 * A command is one line in commands.def and one function in a file of its own, src/apps/NAME.c:
 * the function reads its arguments with host/options.h, does its work and returns the exit status
 * of host/ending.h. Names of two words ("person import") are lines like any other. The table gives
 * `shebao --help`, the dispatch, and the nearest names for a word that is no command. */
#pragma once

#include <stddef.h>

struct command {
    const char *name; /* one word or two: "pilot", "person import" */
    int (*run)(int argc, char **argv);
    const char *help; /* what it does, in one line */
};

/* Every function that a line of the table names. argv[0] is the last word of the name, what follows
 * are the arguments; the result is an enum ending. */
#define COMMAND(name, run, help) int run(int argc, char **argv);
#include "apps/commands.def"

/* All commands in the order of the table; *count says how many. */
const struct command *command_table(size_t *count);

/* Runs what argv asks for: a command, --help or --version. Anything else is refused with a
 * sentence, the nearest names and ENDING_USAGE. Returns the exit status of the program. */
int command_main(int argc, char **argv);
