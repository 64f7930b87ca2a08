#include "clearing/online_hall.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"

struct online_visitor {
    struct online_greeting greeting;
    struct online_session session; /* after the sign-in */
    uint8_t terminal[TERMINAL_LEN];
    bool signed_in;
    size_t waiting; /* questions in the group */
};

/* A question of the group, and where its answer belongs. */
struct seat {
    struct online_visitor *visitor; /* NULL: gone */
    struct builder *out;
};

struct online_hall {
    struct clearing clearing;
    struct online_outside outside;
    struct online_desk *desk;
    struct online_ask asks[ONLINE_GROUP_MAX];
    struct seat seats[ONLINE_GROUP_MAX];
    size_t waiting;
    struct online_counts counts;
};

struct online_hall *online_hall_new(
    const struct clearing *clearing, const struct online_outside *outside) {
    struct online_hall *hall = calloc(1, sizeof *hall);
    assert(outside->moment && outside->chance);
    if (hall) {
        hall->clearing = *clearing;
        hall->outside = *outside;
        hall->desk = online_desk_new(clearing);
    }
    if (hall && !hall->desk) {
        free(hall);
        return NULL;
    }
    return hall;
}

void online_hall_free(struct online_hall *hall) {
    if (hall) {
        online_desk_free(hall->desk);
        free(hall);
    }
}

static void moment_of(const struct online_hall *hall, uint8_t now[MOMENT_LEN]) {
    hall->outside.moment(hall->outside.self, now);
    assert(moment_number(now) != 0);
}

static uint32_t day_of(const struct online_hall *hall) {
    uint8_t now[MOMENT_LEN];
    moment_of(hall, now);
    return (uint32_t)(moment_number(now) / 1000000);
}

struct online_visitor *online_came(struct online_hall *hall, struct builder *out) {
    struct online_visitor *v = calloc(1, sizeof *v);
    if (!v) {
        return NULL;
    }
    v->greeting.day = day_of(hall);
    if (!hall->outside.chance(
            hall->outside.self, v->greeting.challenge, sizeof v->greeting.challenge)) {
        free(v);
        return NULL;
    }
    put_online_greeting(out, &v->greeting);
    assert(!out->overflowed);
    hall->counts.lines++;
    return v;
}

void online_gone(struct online_hall *hall, struct online_visitor *visitor) {
    for (size_t i = 0; i < hall->waiting; i++) {
        if (hall->seats[i].visitor == visitor) {
            hall->seats[i].visitor = NULL;
        }
    }
    crypto_wipe(visitor, sizeof *visitor);
    free(visitor);
}

bool online_signed_in(const struct online_visitor *visitor) {
    return visitor->signed_in;
}

const struct online_counts *online_counted(const struct online_hall *hall) {
    return &hall->counts;
}

/* --- what comes ------------------------------------------------------------------------------- */

/* hall 1: the frame is sealed with the key that only this terminal has. */
static bool sign_in(struct online_hall *hall, struct online_visitor *v,
    const struct online_request *q, struct bytes frame) {
    uint8_t key[ONLINE_KEY_LEN] = {0};
    struct why unheard;
    enum err err = online_line_key(hall->clearing.vault, q->terminal, key, &unheard);
    if (!err) {
        online_session_begin(&v->session, key, &v->greeting, q->terminal);
        (void)memcpy(v->terminal, q->terminal, TERMINAL_LEN);
        v->signed_in = online_sealed(&v->session, frame);
    }
    crypto_wipe(key, sizeof key);
    return v->signed_in;
}

/* A first frame is a sign-in, a later one is none. False: the line has to be ended. */
static bool frame_taken(
    struct online_hall *hall, struct online_visitor *v, struct bytes frame, struct builder *out) {
    struct online_request q;
    if (v->signed_in && !online_sealed(&v->session, frame)) {
        return false;
    }
    if (!online_request_read(frame, &q) || v->signed_in != (q.kind != ONLINE_SIGN_IN)) {
        return false;
    }
    if (q.kind == ONLINE_SIGN_IN) {
        struct online_answer yes = {.kind = q.kind, .number = q.number};
        if (!sign_in(hall, v, &q, frame)) {
            return false;
        }
        put_online_answer(out, &v->session, &yes);
        return true;
    }
    (void)memcpy(q.terminal, v->terminal, TERMINAL_LEN);
    assert(hall->waiting < ONLINE_GROUP_MAX);
    hall->asks[hall->waiting].request = q;
    hall->seats[hall->waiting] = (struct seat){v, out};
    hall->waiting++;
    v->waiting++;
    return true;
}

/* hall 2: for each question of this line that waits already, and for one more. */
static bool answer_has_room(const struct online_visitor *v, const struct builder *out) {
    assert(out->len <= out->room);
    return (v->waiting + 1) * ONLINE_FRAME_MAX <= out->room - out->len;
}

long online_take(struct online_hall *hall, struct online_visitor *visitor, struct bytes came,
    struct builder *out) {
    struct bytes frame = {0};
    if (hall->waiting == ONLINE_GROUP_MAX || !answer_has_room(visitor, out)) {
        return 0;
    }
    enum online_frame next = online_frame_next(came, &frame);
    if (next == ONLINE_PART) {
        return 0;
    }
    if (next == ONLINE_BAD || visitor->greeting.day != day_of(hall)
        || !frame_taken(hall, visitor, frame, out)) {
        hall->counts.turned_away++;
        return -1;
    }
    return (long)(ONLINE_LENGTH_LEN + frame.len);
}

/* --- what goes -------------------------------------------------------------------------------- */

/* hall 3, the other way: nothing of the group has happened. */
static void tell_all(struct online_hall *hall, const struct why *why) {
    for (size_t i = 0; i < hall->waiting; i++) {
        struct online_ask *ask = &hall->asks[i];
        ask->answer = (struct online_answer){
            .kind = ask->request.kind, .number = ask->request.number, .err = ERR_OUTSIDE};
        (void)snprintf(
            ask->answer.story, sizeof ask->answer.story, "%.*s", (int)ONLINE_STORY_MAX, why->text);
    }
    hall->counts.failed += hall->waiting;
}

static void group_count(struct online_hall *hall) {
    struct online_counts *counts = &hall->counts;
    counts->groups++;
    counts->largest = hall->waiting > counts->largest ? hall->waiting : counts->largest;
    for (size_t i = 0; i < hall->waiting; i++) {
        counts->refused += hall->asks[i].answer.err != OK;
    }
}

void online_settle(struct online_hall *hall) {
    uint8_t now[MOMENT_LEN];
    struct why why = {{0}};
    if (hall->waiting == 0) {
        return;
    }
    moment_of(hall, now);
    hall->counts.asked += hall->waiting;
    if (online_decide(hall->desk, hall->asks, hall->waiting, now, &why)) {
        tell_all(hall, &why);
    } else {
        group_count(hall);
    }
    for (size_t i = 0; i < hall->waiting; i++) {
        struct seat *seat = &hall->seats[i];
        if (seat->visitor) {
            put_online_answer(seat->out, &seat->visitor->session, &hall->asks[i].answer);
            assert(!seat->out->overflowed); /* hall 2 */
            seat->visitor->waiting--;
        }
    }
    hall->waiting = 0;
}
