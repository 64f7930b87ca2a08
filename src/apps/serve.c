#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "api/http_server.h"
#include "apps/command.h"
#include "apps/vault_desk.h"
#include "host/centre.h"
#include "host/ending.h"
#include "host/log.h"
#include "host/options.h"

enum { PORT_MAX = 65535, REFUSALS_SECONDS = 5 };

struct serve_options {
    const char *data, *people;
    struct vault_words words;
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
    OPTIONS_VAULT(struct serve_options, words),
    OPTION_DATA(struct serve_options, data),
};
/* clang-format on */

static const struct usage usage = {
    .command = "serve",
    .help =
        "Shows the centre on http://127.0.0.1:8080 until it is told to stop (Ctrl-C). Its vault is "
        "opened\nfirst, in a process of its own; when that ends, the server ends too, with "
        "status 5.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

/* Fills the centre by the command that does so on its own, too. */
static int run_pilot(const struct serve_options *given) {
    enum { WORDS_MAX = 11 };
    const char *const pairs[][2] = {
        {"--people",      given->people                  },
        {"--data",        given->data                    },
        {"--custodian-a", given->words.custodians.from[0]},
        {"--custodian-b", given->words.custodians.from[1]},
        {"--pin",         given->words.pin               },
    };
    char words[WORDS_MAX][PATH_ROOM] = {"pilot"};
    char *argv[WORDS_MAX + 1] = {words[0]};
    int argc = 1;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        for (size_t j = 0; pairs[i][1] && j < 2; j++) {
            (void)snprintf(words[argc], PATH_ROOM, "%s", pairs[i][j]);
            argv[argc] = words[argc];
            argc++;
        }
    }
    assert(argc <= WORDS_MAX);
    size_t count = 0;
    const struct command *commands = command_table(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(commands[i].name, "pilot") == 0) {
            return commands[i].run(argc, argv);
        }
    }
    assert(false); /* the table has a pilot */
    return ENDING_OUTSIDE;
}

/* --- the vault ----------------------------------------------------------------------------------- */

/* The server's line to its vault. Threads take turns: a line serves one at a time. */
struct watched_vault {
    struct vault line;
    enum centre_keys keys;
    pthread_mutex_t mutex;
};

/* Any question that is answered is a sign of life, also with "there is no such key". */
static void look_at_vault(void *self, struct vault_state *out) {
    struct watched_vault *v = self;
    const struct key_ref asked = {.name = KEY_IRK, .version = 1, .depth = KEY_CITY};
    struct why why = {0};
    uint8_t value[3];
    assert(v->line.check_value);
    (void)pthread_mutex_lock(&v->mutex);
    enum err err = v->line.check_value(v->line.self, &asked, value, &why);
    (void)pthread_mutex_unlock(&v->mutex);
    *out = (struct vault_state){.answers = err != ERR_OUTSIDE,
        .zh = vault_place_zh(v->keys),
        .en = vault_place_en(v->keys),
        .process = vault_process_id(&v->line)};
    (void)snprintf(out->story, sizeof out->story, "%.255s", err == ERR_OUTSIDE ? why.text : "");
}

/* The vault is started before there are threads. */
static enum err vault_begin(
    const struct serve_options *given, struct watched_vault *v, struct why *why) {
    struct centre_file file;
    *v = (struct watched_vault){.mutex = PTHREAD_MUTEX_INITIALIZER};
    enum err err = centre_read(given->data, &file, why);
    v->keys = file.keys;
    return err ? err : vault_desk_open(given->data, &given->words, &v->line, 1, why);
}

/* --- serving -------------------------------------------------------------------------------------- */

/* Closing a city writes down what the vault refused. Somebody else may work in the centre just now: then
 * it is tried again. */
static void write_refusals(const char *dir) {
    struct why later;
    if (refusals_waiting(city_refusals())) {
        CITY_SCOPE(city);
        (void)city_open(&city, dir, &later);
    }
}

/* Waits for SIGINT or SIGTERM; ERR_OUTSIDE when the vault ends before. */
static enum err await_end(
    const sigset_t *awaited, const char *dir, struct watched_vault *v, struct why *why) {
    const struct timespec often = {.tv_sec = REFUSALS_SECONDS};
    int signal_number = SIGCHLD;
    enum err err = OK;
    while (!err && (signal_number == SIGCHLD || signal_number < 0)) {
        signal_number = sigtimedwait(awaited, NULL, &often);
        write_refusals(dir);
        if (signal_number == SIGCHLD && vault_process_ended(&v->line, why)) {
            err = why_add(why, ERR_OUTSIDE, "the server has ended with its vault; start it again");
        }
    }
    return err;
}

/* The signals are blocked first, so that no thread of the server is interrupted by them and none is
 * lost before we wait. */
static enum err serve(const struct serve_options *given, struct why *why) {
    struct http_server server;
    struct watched_vault vault;
    struct api api = {.dir = given->data, .vault = look_at_vault, .self = &vault};
    sigset_t awaited;
    (void)sigemptyset(&awaited);
    (void)sigaddset(&awaited, SIGINT);
    (void)sigaddset(&awaited, SIGTERM);
    (void)sigaddset(&awaited, SIGCHLD);
    (void)pthread_sigmask(SIG_BLOCK, &awaited, NULL);
    enum err err = vault_begin(given, &vault, why);
    if (err) {
        return err;
    }
    err = http_server_open(&server, &api, (uint16_t)given->port, why);
    if (!err) {
        (void)printf(
            "http://127.0.0.1:%" PRIu16 "/ shows %s; Ctrl-C ends it\n", server.port, given->data);
        (void)fflush(stdout);
        err = await_end(&awaited, given->data, &vault, why);
        http_server_close(&server);
    }
    vault.line.close(vault.line.self);
    write_refusals(given->data);
    return err;
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
