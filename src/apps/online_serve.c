#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "apps/command.h"
#include "apps/day_desk.h"
#include "apps/online_post.h"
#include "host/ending.h"
#include "host/options.h"

enum { PORT_MAX = 65535 };

struct serve_options {
    const char *data, *socket;
    struct vault_words words;
    int64_t port;
};

/* clang-format off */
static const struct option options[] = {
    {"--socket", OPTION_PATH, offsetof(struct serve_options, socket), "PATH", NULL,
        "a socket of the file system, for its owner alone, instead of a port", true},
    {"--port", OPTION_NUMBER, offsetof(struct serve_options, port), NULL, "8081",
        "the port on 127.0.0.1; 0 takes any that is free", false},
    OPTIONS_VAULT(struct serve_options, words),
    OPTION_DATA(struct serve_options, data),
};
/* clang-format on */

static const struct usage usage = {
    .command = "online serve",
    .help = "Answers terminals that ask before they sell or load, until it is told to stop "
            "(Ctrl-C). What waits\ntogether is kept by one write to the disk, and answered after "
            "it. Terminals sign in with the line\nkey of `online key`. Desks work on meanwhile, "
            "and what they report counts for the next question;\nrehearsals, ceremonies and other "
            "versions of keys wait until it has ended. When its vault ends, it\nends too, with "
            "status 5.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

/* A stop that was asked for can be read here, and so can the end of the vault. The signals are
 * blocked before anything is started, so that none is lost. */
static int stop_signals(void) {
    sigset_t awaited;
    (void)sigemptyset(&awaited);
    (void)sigaddset(&awaited, SIGINT);
    (void)sigaddset(&awaited, SIGTERM);
    (void)sigaddset(&awaited, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &awaited, NULL);
    return signalfd(-1, &awaited, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Serves on through the end of any child but the vault. */
static enum err serve_on(
    struct online_post *post, int stop_fd, const struct vault *vault, struct why *why) {
    struct signalfd_siginfo told = {.ssi_signo = SIGCHLD};
    enum err err = OK;
    while (!err && told.ssi_signo == SIGCHLD) {
        err = online_post_serve(post, stop_fd, why);
        if (!err && read(stop_fd, &told, sizeof told) != (ssize_t)sizeof told) {
            err = why_say(why, ERR_OUTSIDE, "a signal could not be read; start the server again");
        }
        if (!err && told.ssi_signo == SIGCHLD && vault_process_ended(vault, why)) {
            err = why_add(why, ERR_OUTSIDE, "the server has ended with its vault; start it again");
        }
    }
    return err;
}

static void tell_counts(const struct online_post *post) {
    const struct online_counts *n = online_counted(post->hall);
    (void)printf("%" PRIu64 " questions of %" PRIu64 " lines in %" PRIu64 " groups: %" PRIu64
                 " refused, %" PRIu64 " not kept, %" PRIu64 " lines ended for what they said\n",
        n->asked, n->lines, n->groups, n->refused, n->failed, n->turned_away);
}

static enum err serve(const struct serve_options *given, int stop_fd, struct why *why) {
    DAY_DESK_SCOPE(desk);
    desk.city.use = USE_LINES;
    enum err err = day_desk_open_vault(&desk, given->data, &given->words, why);
    err = err ? err : db_save_in_memory(&desk.city.db, why);
    if (err) {
        return err;
    }
    const struct centre_file *file = &desk.city.centre.file;
    struct online_post post = {
        .clearing = &desk.clearing,
        .clock = {.date = file->rehearsal ? file->date : 0},
        .place = { .path = given->socket,           .port = (uint16_t)given->port}
    };
    err = online_post_open(&post, why);
    if (!err && given->socket) {
        (void)printf("%s answers for %s; Ctrl-C ends it\n", given->socket, given->data);
    } else if (!err) {
        (void)printf(
            "127.0.0.1:%" PRIu16 " answers for %s; Ctrl-C ends it\n", post.place.port, given->data);
    }
    (void)fflush(stdout);
    err = err ? err : serve_on(&post, stop_fd, &desk.vault, why);
    if (post.hall) {
        tell_counts(&post);
    }
    online_post_close(&post);
    return err;
}

int online_serve_command(int argc, char **argv) {
    struct serve_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    if (given.port > PORT_MAX) {
        (void)why_say(&why, ERR_CONFLICT, "a port is a number from 0 to %d", PORT_MAX);
        return (int)ending_tell(ERR_CONFLICT, &why);
    }
    int stop_fd = stop_signals();
    enum err err = stop_fd < 0 ? why_say(&why, ERR_OUTSIDE, "the system gives no signals to read")
                               : serve(&given, stop_fd, &why);
    (void)(stop_fd >= 0 ? close(stop_fd) : 0);
    return (int)ending_tell_words(err, &why);
}
