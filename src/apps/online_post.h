/* The centre's post for online questions: the hall of clearing/online_hall.h behind the lines of
 * api/line_server.h. [decision 0052] */
#pragma once

#include "api/line_server.h"
#include "clearing/online_hall.h"
#include "host/centre.h"

/* Whose clock counts: a rehearsal's business date, or the calendar of China (UTC+8), and the time
 * of the day there. */
struct online_clock {
    uint32_t date; /* 0: the calendar's */
};

/* The moment of the clock, BCD. self is a struct online_clock. */
void online_clock_moment(void *self, uint8_t now[MOMENT_LEN]);

/* What a post is opened with; all of it is borrowed while it serves. */
struct online_post {
    const struct clearing *clearing;
    struct online_clock clock;
    struct line_place place; /* the port in the end, after online_post_open() */
    struct online_hall *hall;
    struct line_server *server;
};

/* Listens at post->place. Errors as line_server_open(). online_post_close() ends it, also after a
 * failure. */
enum err online_post_open(struct online_post *post, struct why *why);

/* Answers until stop_fd can be read. ERR_OUTSIDE: the system refuses to wait. */
enum err online_post_serve(struct online_post *post, int stop_fd, struct why *why);

void online_post_close(struct online_post *post);
