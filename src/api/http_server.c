#include "api/http_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "host/clock.h"
#include "host/log.h"

/* What every reply says about itself: loads nothing, runs nothing, is framed and kept by nobody. */
/* clang-format off */
static const struct header {
    const char *name, *value;
} headers[] = {
    {"Cache-Control",                "no-store"},
    {"Content-Security-Policy",      "default-src 'none'; style-src 'unsafe-inline'; "
                                     "base-uri 'none'; form-action 'none'; "
                                     "frame-ancestors 'none'"},
    {"Cross-Origin-Opener-Policy",   "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Referrer-Policy",              "no-referrer"},
    {"X-Content-Type-Options",       "nosniff"},
    {"X-Frame-Options",              "DENY"},
};
/* clang-format on */

/* One request between its first header and its reply. */
struct visit {
    uint64_t began_ns;
    size_t body_len;
};

/* How often a request says what may be said once. */
struct told {
    int lengths, hosts;
};

/* Called for each header of a request. */
static enum MHD_Result count_one(
    void *count, enum MHD_ValueKind kind, const char *name, const char *value) {
    struct told *told = count;
    (void)kind;
    (void)value;
    told->lengths += name && strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0;
    told->hosts += name && strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0;
    return MHD_YES;
}

/* A length told twice, or both as a length and in chunks, and a host told twice, mean one thing to
 * us and another to whatever stands between: such a request is a smuggler's. [RFC 9112, 3.2 and
 * 6.3] */
static bool told_once(struct MHD_Connection *connection) {
    struct told told = {0};
    (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, count_one, &told);
    bool chunked = MHD_lookup_connection_value(
        connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING);
    return told.lengths + (chunked ? 1 : 0) <= 1 && told.hosts <= 1;
}

/* True when the client asked for this machine by a name that no other page can have. */
static bool host_is_ours(struct MHD_Connection *connection) {
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
    const char *host = MHD_lookup_connection_value(
        connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    bool ours = !host;
    for (size_t i = 0; host && i < sizeof names / sizeof names[0]; i++) {
        size_t len = strlen(names[i]);
        ours = ours
               || (strncasecmp(host, names[i], len) == 0
                   && (host[len] == '\0' || host[len] == ':'));
    }
    return ours;
}

/* The library takes the body over and frees it with malloc's free, which open_memstream() and
 * asprintf() used. */
static enum MHD_Result send_reply(struct MHD_Connection *connection, struct reply *reply) {
    assert(reply->status >= 100);
    assert(reply->status < 600);
    struct MHD_Response *response = MHD_create_response_from_buffer(
        reply->body_len, reply->body, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        reply_free(reply);
        return MHD_NO;
    }
    reply->body = NULL; /* the response's now */
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->kind);
    if (reply->allow) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, reply->allow);
    }
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        (void)MHD_add_response_header(response, headers[i].name, headers[i].value);
    }
    if (reply->status == 400 || reply->status == 413) {
        /* What follows on the line cannot be trusted to be a request. */
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    }
    enum MHD_Result result = MHD_queue_response(connection, reply->status, response);
    MHD_destroy_response(response);
    return result;
}

/* The route's own path and not the client's text: a log takes no letters from strangers. */
static void note(const struct reply *reply, uint64_t began_ns) {
    int64_t us = (int64_t)(clock_seconds_since(began_ns) * 1e6);
    log_line(LOG_INFO, "request",
        (struct log_field[]){
            {"route",        reply->route, 0            },
            {"status",       NULL,         reply->status},
            {"microseconds", NULL,         us           },
            {NULL,           NULL,         0            }
    });
}

/* HEAD is a GET whose body the library keeps back. */
static enum method method_of(const char *method) {
    assert(method);
    bool get = strcmp(method, MHD_HTTP_METHOD_GET) == 0
               || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    return get ? METHOD_GET : METHOD_OTHER;
}

/* What makes a request untrustworthy is looked at before anybody reads what it asks. */
static enum MHD_Result answer(struct http_server *server, struct MHD_Connection *connection,
    const struct request *request, uint64_t began_ns) {
    struct reply reply = {.route = ""};
    if (!told_once(connection)) {
        api_refuse(400, &reply);
    } else if (!host_is_ours(connection)) {
        api_refuse(421, &reply);
    } else {
        api_answer(&server->api, request, &reply);
    }
    note(&reply, began_ns);
    return send_reply(connection, &reply);
}

/* libmicrohttpd calls this once for the headers, once for each piece of the body and once for its
 * end. No route takes a body yet, so nothing of it is kept: it is only measured. */
/* NOLINTNEXTLINE(readability-function-size): the library asks for eight parameters */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *data, size_t *data_len, void **state) {
    (void)version;
    (void)data;
    struct http_server *server = cls;
    struct visit *visit = *state;
    if (!visit) {
        *state = visit = calloc(1, sizeof *visit);
        if (!visit) {
            return MHD_NO;
        }
        visit->began_ns = clock_ns();
        return MHD_YES;
    }
    struct request request = {method_of(method), url, visit->body_len += *data_len};
    if (*data_len > 0) {
        *data_len = 0;
        return MHD_YES;
    }
    return answer(server, connection, &request, visit->began_ns);
}

/* However a request ended, answered or broken off, its memory goes here. */
static void on_end(void *cls, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode how) {
    (void)cls;
    (void)connection;
    (void)how;
    free(*state);
    *state = NULL;
}

/* The library's own complaints are about clients, and go where requests are noted. */
static void on_complaint(void *cls, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static void on_complaint(void *cls, const char *format, va_list args) {
    char text[256];
    (void)cls;
    (void)vsnprintf(text, sizeof text, format, args);
    log_line(LOG_DEBUG, "http",
        (struct log_field[]){
            {"text", text, 0},
            {NULL,   NULL, 0}
    });
}

/* errno is as socket(), bind() or listen() left it. */
static enum err say_socket(struct why *why, uint16_t port) {
    if (errno == EADDRINUSE) {
        return why_say(why, ERR_OUTSIDE,
            "port %u of 127.0.0.1 is in use; end the program that has it, or name another with "
            "--port",
            port);
    }
    return why_say(why, ERR_OUTSIDE,
        "cannot listen on port %u of 127.0.0.1: %s; name another with "
        "--port",
        port, strerror(errno));
}

/* A socket that listens on the loopback address, or -1; *port becomes the one it got. */
static int listen_on(uint16_t *port) {
    struct sockaddr_in at = {.sin_family = AF_INET,
        .sin_port = htons(*port),
        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t at_len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool fine = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) == 0
                && bind(fd, (struct sockaddr *)&at, at_len) == 0 && listen(fd, SOMAXCONN) == 0
                && getsockname(fd, (struct sockaddr *)&at, &at_len) == 0;
    if (!fine && fd >= 0) {
        int error = errno;
        (void)close(fd);
        errno = error;
    }
    *port = fine ? ntohs(at.sin_port) : *port;
    return fine ? fd : -1;
}

/* The socket is ours and not the library's: only so can a port in use be told apart, and port 0 be
 * asked what it became. */
enum err http_server_open(
    struct http_server *server, const struct api *api, uint16_t port, struct why *why) {
    assert(api);
    *server = (struct http_server){.port = port, .api = *api};
    int fd = listen_on(&server->port);
    if (fd < 0) {
        return say_socket(why, port);
    }
    server->daemon = MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, NULL,
        NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER, on_complaint, NULL,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)SERVER_THREADS,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)SERVER_CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SERVER_CONNECTION_BYTES,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SERVER_IDLE_SECONDS, MHD_OPTION_NOTIFY_COMPLETED,
        on_end, NULL, MHD_OPTION_END);
    if (!server->daemon) {
        (void)close(fd);
        return why_say(why, ERR_OUTSIDE, "the server does not start; are there threads left?");
    }
    return OK;
}

void http_server_close(struct http_server *server) {
    if (server->daemon) {
        MHD_stop_daemon(server->daemon); /* closes the socket, too */
        server->daemon = NULL;
    }
}
