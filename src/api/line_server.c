#include "api/line_server.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/line_place.h"
#include "host/clock.h"

enum { EVENTS_MAX = 128, ROUND_MS = 1000 };

struct client {
    int fd; /* -1: nobody */
    void *line;
    uint32_t watched;  /* what epoll was told */
    bool ending;       /* gone when what waits for it is sent */
    uint64_t since_ns; /* it came, or read something, or had nothing to read */
    struct builder out;
    size_t in_len;
    uint8_t in[LINE_IN_MAX], out_room[LINE_OUT_MAX];
};

struct line_server {
    struct line_house house;
    char *path;
    bool port;
    int listening, epoll;
    struct client *clients[LINES_MAX]; /* the first `count` are lines; the order means nothing */
    size_t count, first;               /* first: whose turn it is to be looked at first */
};

/* --- one line --------------------------------------------------------------------------------- */

/* Takes it out of the table; the last one takes its place. */
static void client_end(struct line_server *s, size_t at) {
    struct client *c = s->clients[at];
    assert(at < s->count);
    s->house.gone(s->house.self, c->line);
    (void)close(c->fd);
    free(c);
    s->clients[at] = s->clients[--s->count];
    s->clients[s->count] = NULL;
}

/* What the system takes without waiting; false when nobody is there any more. */
static bool client_send(struct client *c) {
    assert(c->fd >= 0);
    size_t sent = 0;
    while (sent < c->out.len) {
        ssize_t n = send(c->fd, c->out.at + sent, c->out.len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
            return false;
        }
        if (n <= 0) {
            break;
        }
        sent += (size_t)n;
    }
    c->out.len -= sent;
    (void)memmove(c->out.at, c->out.at + sent, c->out.len);
    if (sent > 0 || c->out.len == 0) {
        c->since_ns = clock_ns();
    }
    return true;
}

/* What has come, as far as there is room; false at the end of the line. */
static bool client_receive(struct client *c) {
    assert(c->fd >= 0);
    if (c->in_len == sizeof c->in) {
        return true;
    }
    ssize_t n = recv(c->fd, c->in + c->in_len, sizeof c->in - c->in_len, MSG_DONTWAIT);
    if (n < 0) {
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    }
    c->in_len += (size_t)n;
    return n > 0;
}

/* Whole messages to the house; true when it took one. */
static bool client_offer(struct line_server *s, struct client *c) {
    size_t used = 0;
    while (!c->ending && used < c->in_len) {
        struct bytes came = bytes_of(c->in + used, c->in_len - used);
        long taken = s->house.take(s->house.self, c->line, came, &c->out);
        if (taken == 0) {
            break;
        }
        c->ending = taken < 0;
        assert(taken <= (long)came.len);
        used += taken > 0 ? (size_t)taken : 0;
    }
    c->in_len -= used;
    (void)memmove(c->in, c->in + used, c->in_len);
    return used > 0;
}

/* Tells epoll what the line waits for, when that is another thing than before. */
static bool client_watch(struct line_server *s, struct client *c) {
    bool reads = !c->ending && c->in_len < sizeof c->in;
    uint32_t wanted = (reads ? (uint32_t)EPOLLIN : 0) | (c->out.len > 0 ? (uint32_t)EPOLLOUT : 0);
    if (wanted == c->watched) {
        return true;
    }
    struct epoll_event event = {.events = wanted, .data.ptr = c};
    c->watched = wanted;
    return epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &event) == 0;
}

/* Long enough without a word, or without reading. */
static bool client_late(struct line_server *s, const struct client *c) {
    uint64_t ms = (clock_ns() - c->since_ns) / 1000000;
    bool known = s->house.known(s->house.self, c->line);
    return (!known && ms > LINE_SIGN_MS) || (c->out.len > 0 && ms > LINE_STUCK_MS);
}

/* --- lines that come -------------------------------------------------------------------------- */

/* A line that cannot be had is closed at once: its client sees that and may come again. */
static void client_begin(struct line_server *s, int fd) {
    assert(fd >= 0);
    struct client *c = s->count < LINES_MAX ? calloc(1, sizeof *c) : NULL;
    if (!c) {
        (void)close(fd);
        return;
    }
    *c = (struct client){.fd = fd, .watched = EPOLLIN, .since_ns = clock_ns()};
    c->out = builder_in(c->out_room, sizeof c->out_room);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    c->line = epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) == 0
                  ? s->house.came(s->house.self, &c->out)
                  : NULL;
    if (!c->line) {
        (void)close(fd);
        free(c);
        return;
    }
    line_place_hurry(fd, s->port);
    s->clients[s->count++] = c;
}

static void accept_all(struct line_server *s) {
    int fd = -1;
    while ((fd = accept4(s->listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        client_begin(s, fd);
    }
}

/* --- rounds ----------------------------------------------------------------------------------- */

/* What epoll says of a line; false when its other end is gone. */
static bool client_hears(struct client *c, uint32_t events) {
    bool gone = events & ((uint32_t)EPOLLERR | (uint32_t)EPOLLHUP);
    bool sent = !(events & (uint32_t)EPOLLOUT) || client_send(c);
    return !gone && sent && (!(events & (uint32_t)EPOLLIN) || client_receive(c));
}

/* Waits until something happens, and reads what came. A line whose other end is gone is ending,
 * with nothing left to send. */
static enum err round_wait(struct line_server *s, int timeout, bool *stop, struct why *why) {
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(s->epoll, events, EVENTS_MAX, timeout);
    if (count < 0 && errno != EINTR) {
        return why_say(
            why, ERR_OUTSIDE, "cannot wait for lines: %s; start it again", strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        struct client *c = events[i].data.ptr;
        if (!c) {
            *stop = true;
        } else if ((void *)c == (void *)s) {
            accept_all(s);
        } else if (!client_hears(c, events[i].events)) {
            c->ending = true;
            c->out.len = 0;
        }
    }
    return OK;
}

/* Every line is offered to the house, each time another one first; true when it took something. */
static bool round_offer(struct line_server *s) {
    bool took = false;
    s->first = s->count ? (s->first + 1) % s->count : 0;
    for (size_t i = 0; i < s->count; i++) {
        struct client *c = s->clients[(s->first + i) % s->count];
        took = (c->in_len > 0 && client_offer(s, c)) || took;
    }
    return took;
}

/* Answers go, and lines that are over. From behind, for an ended one is replaced by the last. */
static void round_send(struct line_server *s) {
    for (size_t i = s->count; i-- > 0;) {
        struct client *c = s->clients[i];
        bool there = c->out.len == 0 || client_send(c);
        if (!there || (c->ending && c->out.len == 0) || !client_watch(s, c)) {
            client_end(s, i);
        }
    }
}

static void end_late_ones(struct line_server *s) {
    for (size_t i = s->count; i-- > 0;) {
        if (client_late(s, s->clients[i])) {
            client_end(s, i);
        }
    }
}

enum err line_server_run(struct line_server *server, int stop_fd, struct why *why) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    uint64_t looked_ns = clock_ns();
    bool stop = false, took = false;
    enum err err = OK;
    if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, stop_fd, &event) != 0) {
        return why_say(why, ERR_OUTSIDE, "cannot wait for lines: %s", strerror(errno));
    }
    while (!err && !stop) {
        err = round_wait(server, took ? 0 : ROUND_MS, &stop, why);
        took = round_offer(server);
        server->house.settle(server->house.self);
        round_send(server);
        if (clock_ns() - looked_ns > ROUND_MS * UINT64_C(1000000)) {
            end_late_ones(server);
            looked_ns = clock_ns();
        }
    }
    (void)epoll_ctl(server->epoll, EPOLL_CTL_DEL, stop_fd, NULL);
    return err;
}

/* --- opening and closing ---------------------------------------------------------------------- */

enum err line_server_open(struct line_server **server, struct line_place *place,
    const struct line_house *house, struct why *why) {
    assert(house);
    assert(place);
    struct line_server *s = calloc(1, sizeof *s);
    *server = NULL;
    assert(house->came && house->take && house->settle && house->known && house->gone);
    if (!s) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    s->house = *house;
    s->listening = -1;
    s->port = !place->path;
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    enum err err = s->epoll < 0 ? why_say(why, ERR_OUTSIDE, "the system gives no epoll") : OK;
    err = err ? err : line_place_listen(place, &s->listening, why);
    if (!err && place->path) {
        s->path = strdup(place->path);
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = s};
    if (!err && epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->listening, &event) != 0) {
        err = why_say(why, ERR_OUTSIDE, "cannot wait for lines: %s", strerror(errno));
    }
    if (err) {
        line_server_close(s);
        return err;
    }
    *server = s;
    return OK;
}

void line_server_close(struct line_server *server) {
    if (!server) {
        return;
    }
    while (server->count > 0) {
        client_end(server, server->count - 1);
    }
    if (server->path) {
        (void)unlink(server->path);
        free(server->path);
    }
    (void)(server->listening >= 0 ? close(server->listening) : 0);
    (void)(server->epoll >= 0 ? close(server->epoll) : 0);
    free(server);
}
