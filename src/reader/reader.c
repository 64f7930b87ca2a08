#include "reader/reader.h"

#include <assert.h>

enum {
    FETCHES_MAX = 8, /* 61xx after 61xx: more than any card of ours ever has to say */
    SW_KIND = 0xFF00,
    SW_COUNT = 0x00FF,
};

/* One command and its reply, with nothing fetched yet. */
static enum err line_send(
    const struct reader *r, const struct apdu *apdu, struct reply *reply, struct why *why) {
    uint8_t room[APDU_MAX];
    struct builder line = builder_in(room, sizeof room);
    apdu_write(&line, apdu);
    assert(!line.overflowed);
    return r->exchange(r->self, builder_bytes(&line), reply, why);
}

/* A count of 00 in a status word means 256. */
static uint16_t count_of(uint16_t sw) {
    uint16_t count = sw & SW_COUNT;
    return count ? count : REPLY_DATA_MAX;
}

/* Fetches what the card announced with 61xx and puts it behind what it said before. */
static enum err fetch_rest(const struct reader *r, struct reply *whole, struct why *why) {
    enum err err = OK;
    for (int i = 0; !err && (whole->sw & SW_KIND) == SW_MORE_DATA; i++) {
        struct apdu get = {.ins = 0xC0, .le = count_of(whole->sw), .shape = APDU_WANTS_ANSWER};
        struct reply part = {0};
        err = line_send(r, &get, &part, why);
        if (!err && (i == FETCHES_MAX || part.len > sizeof whole->data - whole->len)) {
            err = why_say(why, ERR_OUTSIDE,
                "the card announces more data than one answer holds; it is no card of ours");
        }
        if (!err) {
            assert(whole->len + part.len <= sizeof whole->data);
            (void)memcpy(whole->data + whole->len, part.data, part.len);
            whole->len += part.len;
            whole->sw = part.sw;
        }
    }
    return err;
}

/* A wrong Le is put right once; a card that complains again is answered as it is. */
enum err reader_command(
    const struct reader *r, const struct apdu *command, struct reply *reply, struct why *why) {
    *reply = (struct reply){0};
    enum err err = line_send(r, command, reply, why);
    if (!err && (reply->sw & SW_KIND) == SW_WRONG_LE) {
        struct apdu again = *command;
        again.le = count_of(reply->sw);
        again.shape = again.data.len ? APDU_BOTH_WAYS : APDU_WANTS_ANSWER;
        err = line_send(r, &again, reply, why);
    }
    return err ? err : fetch_rest(r, reply, why);
}

/* A caller that wants only the yes need not bring room for an answer. */
enum err reader_expect(const struct reader *r, const struct apdu *command, const char *name,
    struct reply *reply, struct why *why) {
    struct reply unseen = {0};
    struct reply *to = reply ? reply : &unseen;
    enum err err = reader_command(r, command, to, why);
    if (err) {
        return why_add(why, err, "%s", name);
    }
    if (to->sw != SW_OK) {
        return why_say(why, ERR_CONFLICT, "%s: card answered %04X (%s)", name, (unsigned)to->sw,
            sw_text(to->sw));
    }
    return OK;
}
