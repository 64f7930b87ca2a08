/* A server of lines that stay open: many clients, one thread, one house that answers them.
 *
 * Bytes that come are handed to the house, which takes whole messages from them; when every line
 * was looked at, the house settles what it took all at once, and the answers go out. While it
 * settles, the next questions wait in the system's buffers: the longer a settling takes, the more
 * the next one has to do at once. Nobody waits for a slow client: what it does not read stays in
 * its own buffer, and while that is full nothing more is read from it.
 *
 * A line that does not get through its first message in LINE_SIGN_MS, or that reads nothing for
 * LINE_STUCK_MS though there is something for it, is ended; so is every line when the server ends.
 * On this machine only: a socket of the file system, for its owner alone, or a port on
 * 127.0.0.1. */
#pragma once

#include <stdint.h>

#include "base/builder.h"
#include "host/why.h"

enum {
    LINES_MAX = 1024,     /* at once; more are turned away */
    LINE_IN_MAX = 4096,   /* bytes that came and are not taken yet, of a line */
    LINE_OUT_MAX = 16384, /* bytes that wait for the client */
    LINE_SIGN_MS = 10000,
    LINE_STUCK_MS = 30000,
};

/* Who answers. What came() gives is the house's own name for the line; every later call gets it. */
struct line_house {
    void *self;
    /* A line has come. What the house says first goes to out; NULL turns it away. */
    void *(*came)(void *self, struct builder *out);
    /* Takes one message from the bytes that came: how many it used, 0 when there is no whole one or
     * it cannot take more now, -1 when the line has to be ended. out is the same for the line's
     * whole life. */
    long (*take)(void *self, void *line, struct bytes came, struct builder *out);
    /* Answers everything that was taken; each answer goes to the out of its line. */
    void (*settle)(void *self);
    /* The line is known and may stay as long as it likes. */
    bool (*known)(void *self, void *line);
    /* The line has ended. */
    void (*gone)(void *self, void *line);
};

/* Where a server listens, or a client goes: a path, or a port on 127.0.0.1 when path is NULL. */
struct line_place {
    const char *path;
    uint16_t port; /* 0: any; line_server_open() writes which */
};

struct line_server;

/* Listens. *place says the port in the end. A socket that a server left behind when it was killed
 * is taken away; ERR_OUTSIDE when one answers there, or the system refuses. ERR_INVALID: the path
 * is too long for a socket. *house is copied. */
enum err line_server_open(struct line_server **server, struct line_place *place,
    const struct line_house *house, struct why *why);

/* Serves until stop_fd can be read. ERR_OUTSIDE: the system refuses to wait. */
enum err line_server_run(struct line_server *server, int stop_fd, struct why *why);

/* Ends all lines and takes the socket away; NULL does nothing. */
void line_server_close(struct line_server *server);

/* A client's end: connects to where a server listens. ERR_OUTSIDE: nobody does. The socket blocks,
 * for at most wait_ms in each call (0: for ever). */
enum err line_connect(const struct line_place *place, int wait_ms, int *fd, struct why *why);
