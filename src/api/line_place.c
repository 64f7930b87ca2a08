#include "api/line_server.h"

#include <assert.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/line_place.h"

/* One of the two forms, as the system takes it. */
struct address {
    union {
        struct sockaddr any;
        struct sockaddr_un path;
        struct sockaddr_in port;
    } as;
    socklen_t len;
};

static enum err address_of(
    const struct line_place *place, struct address *address, struct why *why) {
    *address = (struct address){.len = sizeof address->as.port};
    if (!place->path) {
        address->as.port.sin_family = AF_INET;
        address->as.port.sin_port = htons(place->port);
        address->as.port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return OK;
    }
    size_t len = strlen(place->path);
    if (len == 0 || len >= sizeof address->as.path.sun_path) {
        return why_say(why, ERR_INVALID, "a socket's path has 1 to %zu bytes; choose a shorter one",
            sizeof address->as.path.sun_path - 1);
    }
    address->as.path.sun_family = AF_UNIX;
    (void)memcpy(address->as.path.sun_path, place->path, len);
    address->len = sizeof address->as.path;
    return OK;
}

/* The system's word for the place, for people. */
static enum err place_trouble(
    struct why *why, const char *verb, const struct line_place *place, const char *next) {
    int said = errno;
    return place->path ? why_say(
               why, ERR_OUTSIDE, "cannot %s %s: %s; %s", verb, place->path, strerror(said), next)
                       : why_say(why, ERR_OUTSIDE, "cannot %s 127.0.0.1:%u: %s; %s", verb,
                           (unsigned)place->port, strerror(said), next);
}

static int socket_for(const struct line_place *place, int flags) {
    return socket(place->path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
}

/* Messages are small and each is waited for. */
void line_place_hurry(int fd, bool port) {
    int yes = 1;
    if (port) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    }
}

/* What a killed server left behind answers nobody, and may go. */
static bool left_behind(const struct line_place *place) {
    struct why unheard;
    int fd = -1;
    if (!place->path || line_connect(place, 0, &fd, &unheard) == OK) {
        (void)(fd >= 0 ? close(fd) : 0);
        return false;
    }
    return errno == ECONNREFUSED && unlink(place->path) == 0;
}

static bool bound(int fd, const struct line_place *place, const struct address *address) {
    int yes = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, &address->as.any, address->len) == 0) {
        return true;
    }
    return errno == EADDRINUSE && left_behind(place)
           && bind(fd, &address->as.any, address->len) == 0;
}

enum err line_place_listen(struct line_place *place, int *fd, struct why *why) {
    assert(fd);
    struct address address;
    enum err err = address_of(place, &address, why);
    if (err) {
        return err;
    }
    int made = socket_for(place, SOCK_NONBLOCK);
    /* Before anybody can connect, the socket is its owner's alone. */
    bool good = made >= 0 && (!place->path || fchmod(made, S_IRUSR | S_IWUSR) == 0)
                && bound(made, place, &address) && listen(made, LINES_MAX) == 0;
    if (!good) {
        err = place_trouble(why, "listen on", place, "end the server that does, or name another");
        (void)(made >= 0 ? close(made) : 0);
        return err;
    }
    if (!place->path && getsockname(made, &address.as.any, &address.len) == 0) {
        place->port = ntohs(address.as.port.sin_port);
    }
    *fd = made;
    return OK;
}

enum err line_connect(const struct line_place *place, int wait_ms, int *fd, struct why *why) {
    assert(fd);
    struct address address;
    enum err err = address_of(place, &address, why);
    if (err) {
        return err;
    }
    struct timeval wait = {.tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000L};
    int made = socket_for(place, 0);
    bool good = made >= 0 && setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0
                && setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) == 0
                && connect(made, &address.as.any, address.len) == 0;
    if (!good) {
        err = place_trouble(why, "reach", place, "start the server, or name where it listens");
        int said = errno;
        (void)(made >= 0 ? close(made) : 0);
        errno = said;
        return err;
    }
    line_place_hurry(made, !place->path);
    *fd = made;
    return OK;
}
