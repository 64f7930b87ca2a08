#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/command.h"
#include "host/ending.h"
#include "ports/sim/engine_openssl.h"

/* Whoever starts us without standard input or output must not get a database or a chip in its
 * place, with our report written into it. What stands there instead refuses to be read or written:
 * a report that is lost is not silently lost. */
static void standard_files_open(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0
            && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd) {
            _exit(ENDING_OUTSIDE);
        }
    }
}

/* A report that did not reach its reader is trouble outside, whatever came of the work itself. A
 * reader who had enough ("| head") is none. */
static int report_written(int status) {
    errno = 0;
    bool written = fflush(stdout) == 0 && !ferror(stdout);
    if (written || errno == EPIPE || status > ENDING_STRICT) {
        return status;
    }
    (void)fprintf(stderr,
        "shebao: the report could not be written (%s); make room or name another place for it: "
        "what it tells of is done\n",
        errno ? strerror(errno) : "an earlier part failed");
    return ENDING_OUTSIDE;
}

int main(int argc, char **argv) {
    standard_files_open();
    /* A reader that goes away (a closed pipe, a client) is an error where it is met, no end. */
    (void)signal(SIGPIPE, SIG_IGN);
    /* A centre holds a city's names and numbers, and chips with their keys: its owner's alone. */
    (void)umask(S_IRWXG | S_IRWXO);
    /* The chips that this program plays hold test keys: they may compute as fast as the host can. */
    engine_use(&engine_openssl);
    return report_written(command_main(argc, argv));
}
