#include <signal.h>
#include <stdlib.h>

#include "apps/command.h"

int main(int argc, char **argv) {
    /* A reader that goes away (a closed pipe, a client) is an error where it is met, no end. */
    (void)signal(SIGPIPE, SIG_IGN);
    return command_main(argc, argv);
}
