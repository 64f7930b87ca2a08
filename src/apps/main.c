#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "apps/command.h"

int main(int argc, char **argv) {
    /* A reader that goes away (a closed pipe, a client) is an error where it is met, no end. */
    (void)signal(SIGPIPE, SIG_IGN);
    /* A centre holds a city's names and numbers, and chips with their keys: its owner's alone. */
    (void)umask(S_IRWXG | S_IRWXO);
    return command_main(argc, argv);
}
