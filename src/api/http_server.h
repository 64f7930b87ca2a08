/* The HTTP server: libmicrohttpd with a pool of threads, behind the routes of api/routes.h.
 *
 * It listens on 127.0.0.1 only and answers only those who ask for that name, so that no page from
 * elsewhere can talk to it through a browser. Requests are bounded in every direction: connections,
 * their memory, their time, their bodies. A request that gives its length twice, or in two ways, is
 * refused. Every reply carries the security headers. Each request leaves one line in the log. */
#pragma once

#include <stdint.h>

#include "api/routes.h"
#include "host/why.h"

enum {
    SERVER_THREADS = 4,
    SERVER_CONNECTIONS_MAX = 256,
    SERVER_CONNECTION_BYTES = 32768,
    SERVER_IDLE_SECONDS = 15,
};

struct http_server {
    void *daemon; /* NULL when closed */
    uint16_t port;
    struct api api;
};

/* Starts answering on that port, 0 for any that is free; server->port is the one it got. *server
 * must stay where it is until http_server_close(). ERR_OUTSIDE when the port is taken. Signals that
 * the caller has blocked stay blocked in the server's threads. */
enum err http_server_open(
    struct http_server *server, const struct api *api, uint16_t port, struct why *why);

/* Answers what has begun and ends; does nothing when closed. */
void http_server_close(struct http_server *server);
