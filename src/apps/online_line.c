#include "apps/online_line.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/secret.h"

/* --- bytes ------------------------------------------------------------------------------------ */

static enum err line_lost(struct online_line *line, const char *what, struct why *why) {
    (void)close(line->fd);
    line->up = false;
    crypto_wipe(&line->session, sizeof line->session);
    return why_say(why, ERR_OUTSIDE, "the line to the centre %s; ask the same again", what);
}

static enum err send_all(struct online_line *line, struct bytes bytes, struct why *why) {
    size_t sent = 0;
    while (sent < bytes.len) {
        ssize_t n = send(line->fd, bytes.at + sent, bytes.len - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return line_lost(line, "is broken", why);
        }
        sent += (size_t)n;
    }
    return OK;
}

static enum err receive_all(struct online_line *line, uint8_t *to, size_t len, struct why *why) {
    size_t got = 0;
    while (got < len) {
        ssize_t n = recv(line->fd, to + got, len - got, 0);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            bool silent = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
            return line_lost(line, silent ? "is silent" : "has ended", why);
        }
        got += (size_t)n;
    }
    return OK;
}

/* One frame, sealed by the centre and the answer to this question, or the line is no good. */
static enum err receive_answer(struct online_line *line, const struct online_request *request,
    struct online_answer *answer, struct why *why) {
    uint8_t room[ONLINE_FRAME_MAX];
    struct bytes frame = {0};
    enum err err = receive_all(line, room, ONLINE_LENGTH_LEN, why);
    size_t len = (size_t)room[0] << 8 | room[1];
    if (!err && len > sizeof room - ONLINE_LENGTH_LEN) {
        return line_lost(line, "says what no centre says", why);
    }
    err = err ? err : receive_all(line, room + ONLINE_LENGTH_LEN, len, why);
    if (err) {
        return err;
    }
    if (online_frame_next(bytes_of(room, ONLINE_LENGTH_LEN + len), &frame) != ONLINE_WHOLE
        || !online_sealed(&line->session, frame) || !online_answer_read(frame, answer)
        || answer->kind != request->kind || answer->number != request->number) {
        return line_lost(line, "says what no centre says", why);
    }
    return OK;
}

static enum err ask(struct online_line *line, struct online_request *request,
    struct online_answer *answer, struct why *why) {
    uint8_t room[ONLINE_FRAME_MAX];
    struct builder b = builder_in(room, sizeof room);
    assert(line->up);
    request->number = ++line->number;
    put_online_request(&b, &line->session, request);
    assert(!b.overflowed);
    enum err err = send_all(line, builder_bytes(&b), why);
    return err ? err : receive_answer(line, request, answer, why);
}

/* Connects, hears the greeting, signs in. A centre that has another key for this terminal ends the
 * line. */
static enum err take_up(struct online_line *line, struct why *why) {
    uint8_t room[ONLINE_GREETING_LEN];
    struct online_greeting greeting;
    struct online_request request = {.kind = ONLINE_SIGN_IN};
    struct online_answer answer = {0};
    enum err err = line_connect(&line->place, ONLINE_WAIT_MS, &line->fd, why);
    if (err) {
        return err;
    }
    line->up = true;
    err = receive_all(line, room, sizeof room, why);
    if (err) {
        return err;
    }
    if (!online_greeting_read(bytes_of(room, sizeof room), &greeting)) {
        return line_lost(line, "says what no centre says", why);
    }
    online_session_begin(&line->session, line->key, &greeting, line->terminal);
    (void)memcpy(request.terminal, line->terminal, TERMINAL_LEN);
    err = ask(line, &request, &answer, why);
    return err ? why_add(why, err, "sign in with this terminal's line key") : OK;
}

enum err online_line_ask(struct online_line *line, struct online_request *request,
    struct online_answer *answer, struct why *why) {
    assert(request->kind != ONLINE_SIGN_IN);
    enum err err = line->up ? OK : take_up(line, why);
    return err ? err : ask(line, request, answer, why);
}

void online_line_close(struct online_line *line) {
    struct why unheard;
    if (line->up) {
        (void)line_lost(line, "is closed", &unheard);
    }
    crypto_wipe(line->key, sizeof line->key);
}

/* --- the terminal's table --------------------------------------------------------------------- */

/* A refusal is the centre's sentence, with its kind. */
static enum err said(const struct online_answer *answer, struct why *why) {
    return answer->err ? why_say(why, answer->err, "%s", answer->story) : OK;
}

static enum err line_status(void *self, const struct sale_question *question, struct why *why) {
    struct online_request q = {.kind = ONLINE_SALE, .amount = question->amount};
    struct online_answer answer = {0};
    (void)memcpy(q.ticket, question->ticket, TICKET_LEN);
    (void)memcpy(q.factor, question->factor, FACTOR_LEN);
    enum err err = online_line_ask(self, &q, &answer, why);
    return err ? err : said(&answer, why);
}

static enum err line_authorise(
    void *self, const struct load_order *order, struct load_grant *grant, struct why *why) {
    struct online_request q = {
        .kind = ONLINE_LOAD, .facts = order->facts, .key_version = order->key_version};
    struct online_answer answer = {0};
    (void)memcpy(q.ticket, order->ticket, TICKET_LEN);
    (void)memcpy(q.factor, order->factor, FACTOR_LEN);
    (void)memcpy(q.random, order->random, RANDOM_LEN);
    (void)memcpy(q.mac1, order->mac1, MAC_LEN);
    enum err err = online_line_ask(self, &q, &answer, why);
    err = err ? err : said(&answer, why);
    if (!err) {
        (void)memcpy(grant->moment, answer.load.moment, MOMENT_LEN);
        (void)memcpy(grant->mac2, answer.load.mac2, MAC_LEN);
    }
    return err;
}

static enum err line_confirm(
    void *self, const uint8_t ticket[TICKET_LEN], const uint8_t tac[MAC_LEN], struct why *why) {
    struct online_request q = {.kind = ONLINE_CONFIRM};
    struct online_answer answer = {0};
    (void)memcpy(q.ticket, ticket, TICKET_LEN);
    (void)memcpy(q.tac, tac, MAC_LEN);
    enum err err = online_line_ask(self, &q, &answer, why);
    return err ? err : said(&answer, why);
}

static enum err line_cancel(void *self, const uint8_t ticket[TICKET_LEN], struct why *why) {
    struct online_request q = {.kind = ONLINE_CANCEL};
    struct online_answer answer = {0};
    (void)memcpy(q.ticket, ticket, TICKET_LEN);
    enum err err = online_line_ask(self, &q, &answer, why);
    return err ? err : said(&answer, why);
}

struct centre_line online_line_table(struct online_line *line) {
    return (struct centre_line){
        .self = line,
        .card_status = line_status,
        .load_authorise = line_authorise,
        .load_confirm = line_confirm,
        .load_cancel = line_cancel,
    };
}
