#include "faces/painter_child.h"

#include <assert.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/cage.h"

/* child 1: no request is read before the cage is closed.
 * child 2: what a skill says is never longer than its room. */

enum { CHILD_DONE = 0, CHILD_FAILED = 1 };

void painter_message_write(uint8_t what, uint32_t len, uint8_t out[PAINTER_MESSAGE_LEN]) {
    struct builder b = builder_in(out, PAINTER_MESSAGE_LEN);
    put_u32(&b, PAINTER_MESSAGE_LEN);
    put_u8(&b, what);
    put_u32(&b, len);
    assert(builder_bytes(&b).len == PAINTER_MESSAGE_LEN);
}

bool painter_message_read(struct bytes message, size_t len_max, uint8_t *what, uint32_t *len) {
    struct cursor c = cursor_over(message);
    uint32_t all = cursor_u32(&c);
    *what = cursor_u8(&c);
    *len = cursor_u32(&c);
    return cursor_finished(&c) && all == PAINTER_MESSAGE_LEN && *len <= len_max;
}

/* Ctrl-C is meant for the parent, which hangs up when it has come to an end itself. */
static void live_with_parent(pid_t parent) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent) {
        _exit(CHILD_FAILED); /* it ended before we could ask to be told */
    }
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        (void)signal(faults[i], SIG_DFL); /* what the parent does about its own is none of ours */
    }
}

/* Databases, locks and lines to other processes are none of ours. */
static void close_others(int line) {
    (void)close(STDIN_FILENO);
    (void)close(STDOUT_FILENO);
    if (line > STDERR_FILENO + 1) {
        (void)close_range(STDERR_FILENO + 1, (unsigned)line - 1, 0);
    }
    (void)close_range((unsigned)line + 1, ~0U, 0);
}

/* A sanitizer's own memory is more than any limit. */
static void limit_memory(void) {
    const rlim_t bytes = PAINTER_SANITIZED ? RLIM_INFINITY : (rlim_t)PAINTER_MEMORY_MB << 20;
    const struct rlimit limit = {bytes, bytes};
    (void)setrlimit(RLIMIT_DATA, &limit);
}

/* Says how it went; with an error the sentence is the answer. */
static bool answer(
    const struct painter_order *order, enum err err, struct builder *out, const struct why *why) {
    uint8_t message[PAINTER_MESSAGE_LEN];
    struct bytes said = builder_bytes(out);
    if (err) {
        *out = builder_in(out->at, out->room);
        put_bytes(out, bytes_text(why->text));
        said = builder_bytes(out);
    }
    painter_message_write((uint8_t)err, (uint32_t)said.len, message);
    return send(order->fd, message, sizeof message, MSG_NOSIGNAL) == (ssize_t)sizeof message;
}

static struct builder answer_room(const struct painter_order *order) {
    return builder_in(order->room + PAINTER_REQUEST_MAX, PAINTER_ANSWER_MAX);
}

static enum err work(const struct painter_order *order, void **tools, struct bytes message,
    struct builder *out, struct why *why) {
    uint8_t kind = 0;
    uint32_t len = 0;
    if (!painter_message_read(message, PAINTER_REQUEST_MAX, &kind, &len)) {
        return why_say(why, ERR_INVALID, "this is no request that a painter knows");
    }
    for (size_t i = 0; i < order->count; i++) {
        if (order->skills[i]->kind == (enum painter_kind)kind) {
            enum err err = order->skills[i]->work(tools[i], bytes_of(order->room, len), out, why);
            return err || !out->overflowed ? err
                                           : why_say(why, ERR_INVALID,
                                               "the answer is longer than %d bytes", /* child 2 */
                                               (int)PAINTER_ANSWER_MAX);
        }
    }
    return why_say(why, ERR_INVALID, "this painter has no skill of kind %u", kind);
}

_Noreturn void painter_child_run(const struct painter_order *order) {
    void *tools[PAINTER_KINDS] = {NULL};
    uint8_t message[PAINTER_MESSAGE_LEN + 1];
    struct why why = {.text = ""};
    struct builder out = answer_room(order);
    enum err err = OK;
    ssize_t got = 0;
    live_with_parent(order->parent);
    close_others(order->fd);
    for (size_t i = 0; !err && i < order->count; i++) {
        err = order->skills[i]->prepare ? order->skills[i]->prepare(&tools[i], &why) : OK;
    }
    limit_memory();
    err = err ? err : cage_enter(CAGE_PAINTER, &why);
    bool heard = answer(order, err, &out, &why);
    if (err || !heard) {
        _exit(CHILD_FAILED);
    }
    while (heard && (got = recv(order->fd, message, sizeof message, 0)) > 0) { /* child 1 */
        out = answer_room(order);
        err = work(order, tools, bytes_of(message, (size_t)got), &out, &why);
        heard = answer(order, err, &out, &why);
    }
    _exit(CHILD_DONE);
}
