#include "faces/painter.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faces/painter_child.h"

/* painter 1: what came from the child is copied before it is looked at.
 * painter 2: nobody waits for a child that may still live: whoever gives it up ends it first. */

struct painter {
    const struct painter_skill *skills[PAINTER_KINDS];
    size_t count;
    uint8_t *room;
    uint8_t *copy; /* of the last answer */
    size_t copy_room;
    int fd; /* -1 when there is no child */
    pid_t child;
};

static const char *const kind_texts[] = {
#define PAINTER_KIND(member, text) text,
#include "faces/painter_kind.def"
};

const char *painter_kind_text(enum painter_kind kind) {
    assert((unsigned)kind < PAINTER_KINDS);
    return kind_texts[kind];
}

pid_t painter_process_id(const struct painter *painter) {
    return painter->fd < 0 ? 0 : painter->child;
}

/* ---- the end of a process ---- */

static void hang_up(struct painter *p, int *status) {
    pid_t got = 0;
    assert(p->fd >= 0);
    (void)close(p->fd);
    p->fd = -1;
    (void)kill(p->child, SIGKILL); /* painter 2; nothing in it is worth waiting for */
    do {
        got = waitpid(p->child, status, 0);
    } while (got < 0 && errno == EINTR);
}

/* Says how the child ended, whose kind of request was under way; NULL for none. */
static enum err died(struct painter *p, const char *text, bool late, struct why *why) {
    int status = 0;
    hang_up(p, &status); /* a line breaks when its process has come to its end already */
    if (late) {
        return why_say(why, ERR_OUTSIDE,
            "%s: it took longer than %d seconds and was ended; the next one gets a new painter",
            text, PAINTER_ASK_MS / 1000);
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
        return why_say(why, ERR_OUTSIDE,
            "%s: the painter tried what its cage forbids and was ended by the kernel; the next one "
            "gets a new painter",
            text);
    }
    return why_say(why, ERR_OUTSIDE,
        "%s: the painter was ended by %s %d; the next one gets a new painter", text,
        WIFSIGNALED(status) ? "signal" : "itself with status",
        WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

/* ---- talking ---- */

static bool grow_copy(struct painter *p, size_t len) {
    if (len + 1 > p->copy_room) {
        uint8_t *more = realloc(p->copy, len + 1);
        if (!more) {
            return false;
        }
        p->copy = more;
        p->copy_room = len + 1;
    }
    return true;
}

/* A sentence of the child's: printable, with an end. */
static void take_sentence(const uint8_t *at, size_t len, struct why *why) {
    size_t kept = len < sizeof why->text - 1 ? len : sizeof why->text - 1;
    for (size_t i = 0; i < kept; i++) {
        bool printable = at[i] >= ' ' && at[i] != 0x7F;
        why->text[i] = '?';
        if (printable) {
            (void)memcpy(&why->text[i], &at[i], 1);
        }
    }
    why->text[kept] = '\0';
}

/* Waits for the child's message; *answer lies in the copy then. */
static enum err hear(struct painter *p, const char *text, struct bytes *answer, struct why *why) {
    uint8_t message[PAINTER_MESSAGE_LEN + 1], what = 0;
    struct pollfd line = {.fd = p->fd, .events = POLLIN};
    uint32_t len = 0;
    int ready = 0;
    do {
        ready = poll(&line, 1, PAINTER_ASK_MS);
    } while (ready < 0 && errno == EINTR);
    ssize_t got = ready > 0 ? recv(p->fd, message, sizeof message, MSG_DONTWAIT) : -1;
    if (got <= 0) {
        return died(p, text, ready == 0, why);
    }
    if (!painter_message_read(bytes_of(message, (size_t)got), PAINTER_ANSWER_MAX, &what, &len)
        || what > ERR_OUTSIDE) {
        int status = 0;
        hang_up(p, &status);
        return why_say(why, ERR_OUTSIDE,
            "%s: the painter's answer is none; it was ended, and the next one gets a new painter",
            text);
    }
    if (!grow_copy(p, len)) {
        return why_say(why, ERR_OUTSIDE, "no memory for the answer of a painter; try again");
    }
    (void)memcpy(p->copy, p->room + PAINTER_REQUEST_MAX, len); /* painter 1 */
    if (what != OK) {
        take_sentence(p->copy, len, why);
        return (enum err)what;
    }
    *answer = bytes_of(p->copy, len);
    return OK;
}

/* ---- the beginning of a process ---- */

static enum err start(struct painter *p, struct why *why) {
    int ends[2] = {-1, -1};
    struct bytes nothing = {0};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return why_say(why, ERR_OUTSIDE, "no line to a painter: %s", strerror(errno));
    }
    const struct painter_order order = {
        .skills = p->skills, .count = p->count, .fd = ends[1], .room = p->room, .parent = getpid()};
    p->child = fork();
    if (p->child == 0) {
        painter_child_run(&order);
    }
    (void)close(ends[1]);
    if (p->child < 0) {
        (void)close(ends[0]);
        return why_say(why, ERR_OUTSIDE, "no process for a painter: %s", strerror(errno));
    }
    p->fd = ends[0];
    enum err err = hear(p, "a painter could not start", &nothing, why);
    if (err && p->fd >= 0) {
        int status = 0;
        hang_up(p, &status);
    }
    assert((p->fd >= 0) == (err == OK));
    return err;
}

enum err painter_open(const struct painter_skill *const *skills, size_t count, struct painter **out,
    struct why *why) {
    assert(count >= 1);
    assert(count <= PAINTER_KINDS);
    struct painter *p = calloc(1, sizeof *p);
    *out = NULL;
    if (!p) {
        return why_say(why, ERR_OUTSIDE, "no memory for a painter; try again");
    }
    p->fd = -1;
    p->count = count;
    for (size_t i = 0; i < count; i++) {
        p->skills[i] = skills[i];
    }
    p->room = mmap(NULL, PAINTER_ROOM_LEN, PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    enum err err = OK;
    if (p->room == MAP_FAILED) {
        p->room = NULL;
        err = why_say(why, ERR_OUTSIDE, "no memory for a painter; try again");
    }
    err = err ? err : start(p, why);
    if (err) {
        painter_close(p);
        return err;
    }
    *out = p;
    return OK;
}

static bool has_skill(const struct painter *p, enum painter_kind kind) {
    bool has = false;
    for (size_t i = 0; i < p->count; i++) {
        has = has || p->skills[i]->kind == kind;
    }
    return has;
}

enum err painter_ask(struct painter *p, enum painter_kind kind, struct bytes request,
    struct bytes *answer, struct why *why) {
    uint8_t message[PAINTER_MESSAGE_LEN];
    *answer = (struct bytes){0};
    assert(has_skill(p, kind));
    if (request.len > PAINTER_REQUEST_MAX) {
        return why_say(why, ERR_INVALID, "%s: the request is longer than %d bytes",
            painter_kind_text(kind), (int)PAINTER_REQUEST_MAX);
    }
    enum err err = p->fd < 0 ? start(p, why) : OK;
    if (err) {
        return err;
    }
    if (request.len > 0) {
        (void)memcpy(p->room, request.at, request.len);
    }
    painter_message_write((uint8_t)kind, (uint32_t)request.len, message);
    if (send(p->fd, message, sizeof message, MSG_NOSIGNAL) != (ssize_t)sizeof message) {
        return died(p, painter_kind_text(kind), false, why);
    }
    return hear(p, painter_kind_text(kind), answer, why);
}

void painter_close(struct painter *p) {
    int status = 0;
    if (!p) {
        return;
    }
    if (p->fd >= 0) {
        hang_up(p, &status);
    }
    if (p->room) {
        (void)munmap(p->room, PAINTER_ROOM_LEN);
    }
    free(p->copy);
    free(p);
}
