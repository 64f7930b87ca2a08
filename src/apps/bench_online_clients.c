#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "apps/bench_online.h"
#include "base/day.h"
#include "host/clock.h"

/* All clients live in one thread: it only sends and receives, and leaves the other core to the
 * centre. */
struct client {
    int fd;
    struct online_session session;
    struct online_request asked;
    uint64_t sent_ns;
    size_t in_len;
    uint8_t in[ONLINE_FRAME_MAX];
};

struct crowd {
    struct bench_askers *askers;
    bool loads;
    struct client clients[ONLINE_CLIENTS];
    int epoll;
    uint32_t *took_ns;
    size_t took, room;
};

static enum err client_send(struct client *c, struct why *why) {
    uint8_t room[ONLINE_FRAME_MAX];
    struct builder b = builder_in(room, sizeof room);
    put_online_request(&b, &c->session, &c->asked);
    struct bytes frame = builder_bytes(&b);
    c->sent_ns = clock_ns();
    return send(c->fd, frame.at, frame.len, MSG_NOSIGNAL) == (ssize_t)frame.len
               ? OK
               : why_say(why, ERR_OUTSIDE, "a line broke; look at the server");
}

/* What has come so far; a blocking line is only read when there is something. */
static enum err client_receive(struct client *c, size_t wanted, struct why *why) {
    assert(wanted <= sizeof c->in);
    assert(c->in_len < wanted);
    ssize_t n = recv(c->fd, c->in + c->in_len, wanted - c->in_len, 0);
    if (n <= 0) {
        return why_say(why, ERR_OUTSIDE, "the server has ended a line; look at its log");
    }
    c->in_len += (size_t)n;
    return OK;
}

/* Purchases by cards that jump about; a load by a card that has begun one at this terminal. */
static enum err client_ask(struct crowd *crowd, size_t at, struct why *why) {
    struct bench_askers *askers = crowd->askers;
    struct client *c = &crowd->clients[at];
    uint64_t n = ++askers->asked;
    uint64_t round = n / ONLINE_CLIENTS;
    if (crowd->loads) {
        c->asked = askers->loads[(round % (BENCH_LOADS / ONLINE_CLIENTS)) * ONLINE_CLIENTS + at];
    } else {
        c->asked = (struct online_request){.kind = ONLINE_SALE, .amount = 20000};
        bench_card(n * UINT64_C(2654435761) % askers->cards, c->asked.factor);
    }
    c->asked.number = (uint32_t)n;
    /* A terminal's own name, and its count: so terminals number what they ask. */
    char ticket[TICKET_LEN + 1];
    (void)snprintf(ticket, sizeof ticket, "P%04u-%010u", (unsigned)(at % 10000), (unsigned)n);
    (void)memcpy(c->asked.ticket, ticket, TICKET_LEN);
    return client_send(c, why);
}

static enum err client_begin(
    struct crowd *crowd, size_t at, const struct line_place *place, struct why *why) {
    struct client *c = &crowd->clients[at];
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = at};
    struct online_greeting greeting;
    enum err err = line_connect(place, 5000, &c->fd, why);
    while (!err && c->in_len < ONLINE_GREETING_LEN) {
        err = client_receive(c, ONLINE_GREETING_LEN, why);
    }
    if (err) {
        return err;
    }
    if (!online_greeting_read(bytes_of(c->in, c->in_len), &greeting)
        || epoll_ctl(crowd->epoll, EPOLL_CTL_ADD, c->fd, &event) != 0) {
        return why_say(why, ERR_OUTSIDE, "no greeting came; look at the server");
    }
    c->in_len = 0;
    const uint8_t *terminal = crowd->askers->terminals[at];
    online_session_begin(&c->session, crowd->askers->keys[at], &greeting, terminal);
    c->asked = (struct online_request){.kind = ONLINE_SIGN_IN};
    (void)memcpy(c->asked.terminal, terminal, TERMINAL_LEN);
    return client_send(c, why);
}

/* A whole answer, sealed, to what was asked, and a yes. */
static enum err answer_check(const struct client *c, struct bytes frame, struct why *why) {
    struct online_answer answer;
    if (!online_sealed(&c->session, frame) || !online_answer_read(frame, &answer)
        || answer.kind != c->asked.kind || answer.number != c->asked.number) {
        return why_say(why, ERR_CONFLICT, "an answer is not what it should be; tell the makers");
    }
    return answer.err ? why_say(why, ERR_CONFLICT, "refused: %s", answer.story) : OK;
}

/* The next bytes of one line: when its answer is whole it is timed, and the next question goes. */
static enum err client_hear(struct crowd *crowd, size_t at, bool more, struct why *why) {
    struct client *c = &crowd->clients[at];
    struct bytes frame = {0};
    enum err err = client_receive(c, sizeof c->in, why);
    if (err || online_frame_next(bytes_of(c->in, c->in_len), &frame) == ONLINE_PART) {
        return err;
    }
    uint64_t now = clock_ns();
    err = answer_check(c, frame, why);
    c->in_len = 0;
    if (c->asked.kind != ONLINE_SIGN_IN && crowd->took < crowd->room) {
        crowd->took_ns[crowd->took++] = (uint32_t)(now - c->sent_ns);
    }
    c->asked.kind = ONLINE_SIGN_IN; /* answered: nothing is under way */
    return err || !more ? err : client_ask(crowd, at, why);
}

static bool all_answered(const struct crowd *crowd) {
    for (size_t i = 0; i < ONLINE_CLIENTS; i++) {
        if (crowd->clients[i].asked.kind != ONLINE_SIGN_IN) {
            return false;
        }
    }
    return true;
}

/* Until the time is up and the last answer has come. */
static enum err crowd_run(struct crowd *crowd, double seconds, double *lasted, struct why *why) {
    uint64_t began_ns = clock_ns();
    enum err err = OK;
    for (bool more = true; !err && (more || !all_answered(crowd));) {
        struct epoll_event events[ONLINE_CLIENTS];
        int count = epoll_wait(crowd->epoll, events, ONLINE_CLIENTS, 5000);
        if (count == 0 || (count < 0 && errno != EINTR)) {
            return why_say(why, ERR_OUTSIDE, "the server is silent; look at it");
        }
        more = clock_seconds_since(began_ns) < seconds;
        for (int i = 0; !err && i < count; i++) {
            err = client_hear(crowd, (size_t)events[i].data.u64, more, why);
        }
    }
    *lasted = clock_seconds_since(began_ns);
    return err;
}

static int compare_u32(const void *a, const void *b) {
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void crowd_end(struct crowd *crowd) {
    for (size_t i = 0; i < ONLINE_CLIENTS; i++) {
        (void)(crowd->clients[i].fd > 0 ? close(crowd->clients[i].fd) : 0);
    }
    (void)(crowd->epoll >= 0 ? close(crowd->epoll) : 0);
    free(crowd->took_ns);
    free(crowd);
}

enum err bench_clients_turn(struct bench_askers *askers, const struct line_place *place, bool loads,
    double seconds, struct bench_turn *turn, struct why *why) {
    enum { RATE_MOST = 1000000 };
    struct crowd *crowd = calloc(1, sizeof *crowd);
    double lasted = 0;
    if (!crowd) {
        return why_say(why, ERR_OUTSIDE, "no memory for the clients");
    }
    crowd->askers = askers;
    crowd->loads = loads;
    crowd->epoll = epoll_create1(EPOLL_CLOEXEC);
    crowd->room = (size_t)(seconds * RATE_MOST);
    crowd->took_ns = calloc(crowd->room + 1, sizeof *crowd->took_ns);
    enum err err = crowd->took_ns && crowd->epoll >= 0
                       ? OK
                       : why_say(why, ERR_OUTSIDE, "no memory for the times");
    for (size_t i = 0; !err && i < ONLINE_CLIENTS; i++) {
        err = client_begin(crowd, i, place, why);
    }
    err = err ? err : crowd_run(crowd, seconds, &lasted, why);
    if (!err && crowd->took > 0) {
        qsort(crowd->took_ns, crowd->took, sizeof *crowd->took_ns, compare_u32);
        size_t most = crowd->took * 99 / 100;
        *turn = (struct bench_turn){.rate = (double)crowd->took / lasted,
            .percentile = crowd->took_ns[most] / 1e6,
            .answers = crowd->took};
    }
    crowd_end(crowd);
    return err;
}
