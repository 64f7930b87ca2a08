/* Any bytes on a line between terminal and centre, in both directions: the decoders end, and what they take is
 * written again as the same bytes, but for the seal, which is of another key. The first byte says which
 * of the decoders the rest is for. */
#include <assert.h>
#include <stdlib.h>

#include "clearing/online_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t terminal[TERMINAL_LEN] = {0x44, 0x01, 0x00, 0x00, 0x00, 0x01};

static struct online_session session(void) {
    static const uint8_t line_key[ONLINE_KEY_LEN] = {1};
    static const struct online_greeting greeting = {.day = 20031008};
    struct online_session made;
    online_session_begin(&made, line_key, &greeting, terminal);
    return made;
}

/* What was written is the frame with its length before it; its seal is ours and holds. */
static void same_frame(struct bytes frame, struct builder *b, const struct online_session *key) {
    struct bytes again = {0};
    assert(!b->overflowed);
    assert(online_frame_next(builder_bytes(b), &again) == ONLINE_WHOLE);
    assert(again.len == frame.len);
    assert(memcmp(again.at, frame.at, frame.len - ONLINE_SEAL_LEN) == 0);
    assert(online_sealed(key, again));
}

static void one_frame(struct bytes frame) {
    uint8_t room[ONLINE_FRAME_MAX];
    struct online_session key = session();
    struct online_request request;
    struct online_answer answer;
    bool asks = online_request_read(frame, &request);
    bool answers = online_answer_read(frame, &answer);
    assert(!asks || !answers); /* no answer passes for a question */
    struct builder b = builder_in(room, sizeof room);
    if (asks) {
        put_online_request(&b, &key, &request);
        same_frame(frame, &b, &key);
    } else if (answers) {
        put_online_answer(&b, &key, &answer);
        same_frame(frame, &b, &key);
    }
}

/* Frame after frame, as they come over a line, until one is bad or none is whole. */
static void frames(struct bytes came) {
    struct bytes frame = {0};
    while (online_frame_next(came, &frame) == ONLINE_WHOLE) {
        size_t used = ONLINE_LENGTH_LEN + frame.len;
        assert(used <= came.len);
        assert(used <= ONLINE_FRAME_MAX);
        one_frame(frame);
        came = bytes_of(came.at + used, came.len - used);
    }
}

static void one_greeting(struct bytes came) {
    uint8_t room[ONLINE_GREETING_LEN];
    struct online_greeting greeting;
    if (online_greeting_read(came, &greeting)) {
        struct builder b = builder_in(room, sizeof room);
        put_online_greeting(&b, &greeting);
        assert(!b.overflowed);
        assert(b.len == came.len);
        assert(memcmp(room, came.at, came.len) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    struct bytes rest = bytes_of(data + 1, size - 1);
    if (data[0] % 3 == 0) {
        frames(rest);
    } else if (data[0] % 3 == 1) {
        one_greeting(rest);
    } else if (rest.len >= ONLINE_SEAL_LEN) {
        one_frame(rest);
    }
    return 0;
}
