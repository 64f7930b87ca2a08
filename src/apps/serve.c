#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "api/http_server.h"
#include "apps/command.h"
#include "host/centre.h"
#include "host/ending.h"
#include "host/log.h"
#include "host/options.h"

enum { PORT_MAX = 65535 };

struct serve_options {
    const char *data, *people;
    int64_t port;
    bool demo;
};

/* clang-format off */
static const struct option options[] = {
    {"--port", OPTION_NUMBER, offsetof(struct serve_options, port), NULL, "8080",
        "the port on 127.0.0.1; 0 takes any that is free", false},
    {"--demo", OPTION_FLAG, offsetof(struct serve_options, demo), NULL, NULL,
        "fill the centre with the pilot first", false},
    {"--people", OPTION_PATH, offsetof(struct serve_options, people), "FILE",
        "data/pilot-people.csv", "with --demo: the people of the pilot", false},
    OPTION_DATA(struct serve_options, data),
};
/* clang-format on */

static const struct usage usage = {
    .command = "serve",
    .help = "Shows the centre on http://127.0.0.1:8080 until it is told to stop (Ctrl-C).",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

/* Fills the centre by the command that does so on its own, too. */
static int run_pilot(const struct serve_options *given) {
    char words[5][PATH_ROOM] = {"pilot", "--people", "", "--data", ""};
    char *argv[6] = {words[0], words[1], words[2], words[3], words[4], NULL};
    (void)snprintf(words[2], PATH_ROOM, "%s", given->people);
    (void)snprintf(words[4], PATH_ROOM, "%s", given->data);
    size_t count = 0;
    const struct command *commands = command_table(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(commands[i].name, "pilot") == 0) {
            return commands[i].run(5, argv);
        }
    }
    assert(false); /* the table has a pilot */
    return ENDING_OUTSIDE;
}

/* Answers until SIGINT or SIGTERM. Both are blocked first, so that no thread of the server is
 * interrupted by them and none is lost before we wait. */
static enum err serve(const struct serve_options *given, struct why *why) {
    struct http_server server;
    struct api api = {.dir = given->data};
    sigset_t stop;
    int signal_number = 0;
    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGINT);
    (void)sigaddset(&stop, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &stop, NULL);
    enum err err = http_server_open(&server, &api, (uint16_t)given->port, why);
    if (err) {
        return err;
    }
    (void)printf(
        "http://127.0.0.1:%" PRIu16 "/ shows %s; Ctrl-C ends it\n", server.port, given->data);
    (void)fflush(stdout);
    (void)sigwait(&stop, &signal_number);
    http_server_close(&server);
    return OK;
}

/* Requests go to the centre's own log, so that the terminal shows the address and nothing else. */
int serve_command(int argc, char **argv) {
    struct serve_options given;
    struct centre_file file;
    char path[PATH_ROOM];
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    if (given.port > PORT_MAX) {
        (void)why_say(&why, ERR_CONFLICT, "a port is a number from 0 to %d", PORT_MAX);
        return (int)ending_tell(ERR_CONFLICT, &why);
    }
    status = given.demo ? run_pilot(&given) : ENDING_DONE;
    if (status != ENDING_DONE) {
        return status;
    }
    enum err err = centre_read(given.data, &file, &why);
    err = err ? err : log_open(centre_path(path, given.data, CENTRE_LOG), &why);
    err = err ? err : serve(&given, &why);
    log_close();
    return (int)ending_tell(err, &why);
}
