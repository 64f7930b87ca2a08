#include "vaults/line/vault_child.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "vaults/line/vault_server.h"

/* child 1: no request is read before the cage is closed.
 * child 2: a line that was hung up has a vault that is wiped.
 * child 3: the process ends when all lines are hung up, or with its parent; never later. */

enum { CHILD_DONE = 0, CHILD_FAILED = 1 };

struct child {
    const struct child_order *order;
    struct vault_server *servers[VAULT_LINES_MAX];
};

struct served_line {
    struct vault_server *server;
    int fd;
};

/* Ctrl-C is meant for the parent, which hangs up when it has come to an end itself. */
static void live_with_parent(pid_t parent) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent) {
        _exit(CHILD_FAILED); /* it ended before we could ask to be told */
    }
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
}

/* The lowest descriptor of a line that is at least from, or -1. */
static int next_line(const struct child_order *order, int from) {
    int next = -1;
    for (size_t i = 0; i < order->count; i++) {
        int fd = order->lines[i].fd;
        next = fd >= from && (next < 0 || fd < next) ? fd : next;
    }
    return next;
}

/* Databases, chips and locks of the parent are none of ours. */
static void close_others(const struct child_order *order) {
    (void)close(STDIN_FILENO);
    (void)close(STDOUT_FILENO);
    int from = STDERR_FILENO + 1;
    for (int line = 0; (line = next_line(order, from)) >= 0; from = line + 1) {
        if (line > from) {
            (void)close_range((unsigned)from, (unsigned)line - 1, 0);
        }
    }
    (void)close_range((unsigned)from, ~0U, 0);
}

static bool say(int fd, enum err err, const struct why *why) {
    uint8_t message[LINE_MESSAGE_MAX];
    struct bytes nothing = {0};
    size_t len = vault_answer_write(err, nothing, why, message);
    return send(fd, message, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* One request after another until the other end hangs up; child 2. */
static void *serve_line(void *arg) {
    const struct served_line *line = arg;
    uint8_t message[LINE_MESSAGE_MAX], answer[LINE_MESSAGE_MAX];
    ssize_t got = 0;
    bool heard = true;
    while (heard && (got = recv(line->fd, message, sizeof message, 0)) > 0) {
        size_t len = vault_server_answer(line->server, bytes_of(message, (size_t)got), answer);
        heard = send(line->fd, answer, len, MSG_NOSIGNAL) == (ssize_t)len;
        crypto_wipe(message, (size_t)got); /* a PIN may have been in it */
        crypto_wipe(answer, len);
    }
    vault_server_free(line->server);
    return NULL;
}

/* The vaults become the servers', or are closed again. */
static enum err hire(struct child *child, struct vault *vaults, struct why *why) {
    enum err err = OK;
    for (size_t i = 0; i < child->order->count; i++) {
        child->servers[i] = vault_server_new(
            &vaults[i], child->order->lines[i].room, LINE_ROOM_LEN);
        if (!child->servers[i]) {
            vaults[i].close(vaults[i].self);
            err = why_say(why, ERR_OUTSIDE, "no memory for a vault's process; try again");
        }
    }
    return err;
}

static enum err open_up(struct child *child, struct why *why) {
    const struct child_order *order = child->order;
    struct vault vaults[VAULT_LINES_MAX] = {{0}};
    enum err err = order->keeper->open(order->keeper->self, vaults, order->count, why);
    close_others(order);
    err = err ? err : hire(child, vaults, why);
    err = err ? err : cage_enter(order->keeper->profile, why);
    for (size_t i = 0; i < order->count; i++) {
        /* What is shared with the parent holds nothing secret and needs no lock. */
        (void)munlock(order->lines[i].room, LINE_ROOM_LEN);
    }
    return err;
}

/* The first line is served by the thread that there is. */
static void serve_all(struct child *child) {
    const size_t count = child->order->count;
    struct served_line lines[VAULT_LINES_MAX];
    pthread_t threads[VAULT_LINES_MAX];
    for (size_t i = 0; i < count; i++) {
        lines[i] = (struct served_line){child->servers[i], child->order->lines[i].fd};
    }
    for (size_t i = 1; i < count; i++) {
        if (pthread_create(&threads[i], NULL, serve_line, &lines[i]) != 0) {
            _exit(CHILD_FAILED); /* the caller is told that we ended */
        }
    }
    (void)serve_line(&lines[0]);
    for (size_t i = 1; i < count; i++) {
        (void)pthread_join(threads[i], NULL);
    }
}

_Noreturn void vault_child_run(const struct child_order *order) {
    struct child child = {.order = order};
    struct why why = {0};
    assert(order->count >= 1);
    live_with_parent(order->parent);
    enum err err = open_up(&child, &why); /* child 1 */
    bool told = say(order->lines[0].fd, err, &why);
    if (err || !told) {
        for (size_t i = 0; i < order->count; i++) {
            vault_server_free(child.servers[i]);
        }
        _exit(CHILD_FAILED);
    }
    serve_all(&child);
    _exit(CHILD_DONE); /* child 3 */
}
