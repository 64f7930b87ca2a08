#include "apps/online_post.h"

#include <assert.h>
#include <sys/random.h>
#include <time.h>

#include "base/day.h"

enum { CHINA_SECONDS = 8 * 3600 };

void online_clock_moment(void *self, uint8_t now[MOMENT_LEN]) {
    const struct online_clock *clock = self;
    time_t seconds = time(NULL) + CHINA_SECONDS;
    struct tm tm = {0};
    (void)gmtime_r(&seconds, &tm);
    uint64_t day = clock->date;
    if (day == 0) {
        day = (uint64_t)(tm.tm_year + 1900) * 10000 + (uint64_t)(tm.tm_mon + 1) * 100
              + (uint64_t)tm.tm_mday;
    }
    /* A leap second is the second before it, for the calendar of the trade has none. */
    uint64_t second = (uint64_t)(tm.tm_sec < 60 ? tm.tm_sec : 59);
    bcd_write(day * 1000000 + (uint64_t)tm.tm_hour * 10000 + (uint64_t)tm.tm_min * 100 + second,
        now, MOMENT_LEN);
    assert(moment_number(now) != 0);
}

static bool chance(void *self, uint8_t *room, size_t len) {
    (void)self;
    return getrandom(room, len, 0) == (ssize_t)len;
}

/* --- the hall as a house of lines ------------------------------------------------------------- */

static void *came(void *self, struct builder *out) {
    return online_came(self, out);
}

static long take(void *self, void *line, struct bytes bytes, struct builder *out) {
    return online_take(self, line, bytes, out);
}

static void settle(void *self) {
    online_settle(self);
}

static bool known(void *self, void *line) {
    (void)self;
    return online_signed_in(line);
}

static void gone(void *self, void *line) {
    online_gone(self, line);
}

/* --- the post --------------------------------------------------------------------------------- */

enum err online_post_open(struct online_post *post, struct why *why) {
    const struct online_outside outside = {
        .self = &post->clock, .moment = online_clock_moment, .chance = chance};
    post->hall = online_hall_new(post->clearing, &outside);
    if (!post->hall) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    const struct line_house house = {.self = post->hall,
        .came = came,
        .take = take,
        .settle = settle,
        .known = known,
        .gone = gone};
    _Static_assert(LINE_OUT_MAX >= 16 * ONLINE_FRAME_MAX, "a line may ask several at once");
    _Static_assert(LINE_IN_MAX >= 2 * ONLINE_FRAME_MAX, "a whole frame has room");
    return line_server_open(&post->server, &post->place, &house, why);
}

enum err online_post_serve(struct online_post *post, int stop_fd, struct why *why) {
    assert(post->server);
    return line_server_run(post->server, stop_fd, why);
}

void online_post_close(struct online_post *post) {
    line_server_close(post->server);
    online_hall_free(post->hall);
    post->server = NULL;
    post->hall = NULL;
}
