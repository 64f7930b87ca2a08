#include "reader/vpcd.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/day.h"

enum {
    HEADER_LEN = 2,
    MESSAGE_MAX = 0xFFFF,
    HOST_MAX = 256,
};

/* The one-byte messages of the driver. [readers.md 1.2] */
enum control { POWER_OFF = 0x00, POWER_ON = 0x01, WARM_RESET = 0x02, GIVE_ATR = 0x04 };

/* How a read or a write ended: whole, hung up between two messages, or cut off in one. */
enum line_end { LINE_GOOD, LINE_CLOSED, LINE_BROKEN };

/* A chip that does not wake up now never would; the driver is spared it. */
enum err vpcd_chip_start(struct vpcd_chip *chip, const struct nvm *nvm, struct why *why) {
    *chip = (struct vpcd_chip){.nvm = *nvm};
    chip->atr_len = card_reset(&chip->card, &chip->nvm, chip->atr);
    if (chip->atr_len == 0) {
        return why_say(why, ERR_INVALID, "the memory holds no chip that answers to reset");
    }
    return OK;
}

/* The driver writes length and body apart and waits for our acknowledgement in between; without
 * this, set anew before every header, the kernel takes 40 ms to give it. [readers.md 1.3] Sockets
 * that know no TCP (a test's) refuse, and need it not. */
static void acknowledge_at_once(int socket) {
    (void)setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &(int){1}, sizeof(int));
}

/* Exactly len bytes. A signal ends the reading only where the caller asked for it. */
static enum line_end line_read(int socket, uint8_t *to, size_t len, const volatile int *stop) {
    for (size_t got = 0; got < len;) {
        ssize_t n = recv(socket, to + got, len - got, 0);
        if (n > 0) {
            got += (size_t)n;
        } else if (n == 0) {
            return got == 0 ? LINE_CLOSED : LINE_BROKEN;
        } else if (errno != EINTR) {
            return LINE_BROKEN;
        } else if (*stop) {
            return LINE_CLOSED;
        }
    }
    return LINE_GOOD;
}

/* Length and body in one write: two would cost 44 ms. */
static enum line_end line_write(int socket, struct bytes body) {
    uint8_t room[HEADER_LEN + REPLY_MAX];
    struct builder b = builder_in(room, sizeof room);
    assert(body.len > 0); /* an empty answer hangs the driver and all of its clients */
    put_u16(&b, (uint16_t)body.len);
    put_bytes(&b, body);
    struct bytes message = builder_bytes(&b);
    for (size_t sent = 0; sent < message.len;) {
        ssize_t n = send(socket, message.at + sent, message.len - sent, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR) {
            return LINE_BROKEN;
        }
        sent += n > 0 ? (size_t)n : 0;
    }
    return LINE_GOOD;
}

/* A chip that cannot wake up keeps its last answer to reset: the driver must hear something, and
 * every command will be told the truth. */
static void power_on(struct vpcd_chip *chip) {
    uint8_t atr[ATR_MAX];
    size_t len = card_reset(&chip->card, &chip->nvm, atr);
    assert(len <= sizeof atr);
    if (len > 0) {
        (void)memcpy(chip->atr, atr, len);
        chip->atr_len = len;
    }
}

/* One message of the driver. Whatever is no control message is a command, an empty one included. */
static enum line_end message_answer(int socket, struct vpcd_chip *chip, struct bytes message) {
    uint8_t reply[REPLY_MAX];
    if (message.len == 1) {
        switch (message.at[0]) {
        case POWER_OFF:
            card_power_off(&chip->card);
            return LINE_GOOD;
        case POWER_ON:
        case WARM_RESET:
            power_on(chip);
            return LINE_GOOD;
        case GIVE_ATR:
            return line_write(socket, bytes_of(chip->atr, chip->atr_len));
        default:
            break;
        }
    }
    chip->commands++;
    size_t len = card_exchange(&chip->card, message, reply);
    assert(len >= 2);
    assert(len <= sizeof reply);
    return line_write(socket, bytes_of(reply, len));
}

/* Each message is read whole, answered, and forgotten; the chip loses its power when the driver is
 * gone. */
enum err vpcd_serve(int socket, struct vpcd_chip *chip, const volatile int *stop, struct why *why) {
    uint8_t *room = malloc(MESSAGE_MAX);
    if (!room) {
        return why_say(why, ERR_OUTSIDE, "no memory for the messages of the reader");
    }
    (void)setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    enum line_end end = LINE_GOOD;
    while (end == LINE_GOOD && !*stop) {
        uint8_t header[HEADER_LEN];
        acknowledge_at_once(socket);
        end = line_read(socket, header, sizeof header, stop);
        size_t len = (size_t)(header[0] << 8 | header[1]);
        if (end == LINE_GOOD) {
            end = line_read(socket, room, len, stop);
        }
        if (end == LINE_GOOD) {
            end = message_answer(socket, chip, bytes_of(room, len));
        }
    }
    free(room);
    card_power_off(&chip->card);
    return end == LINE_BROKEN ? why_say(
               why, ERR_OUTSIDE, "the line to the reader broke in the middle of a message")
                              : OK;
}

/* "HOST:PORT", split at the last colon. */
static bool address_split(const char *address, char host[HOST_MAX], const char **port) {
    const char *colon = strrchr(address, ':');
    if (!colon || colon == address || colon[1] == 0 || colon - address >= HOST_MAX) {
        return false;
    }
    (void)memcpy(host, address, (size_t)(colon - address));
    host[colon - address] = 0;
    *port = colon + 1;
    uint64_t number = 0;
    return strlen(*port) <= 5 && digits_read(bytes_text(*port), &number) && number > 0
           && number <= UINT16_MAX;
}

/* The reason of a refusal outlives the closing of the socket. */
static int connect_one(const struct addrinfo *to) {
    int s = socket(to->ai_family, to->ai_socktype | SOCK_CLOEXEC, to->ai_protocol);
    if (s >= 0 && connect(s, to->ai_addr, to->ai_addrlen) != 0) {
        int saved = errno;
        (void)close(s);
        errno = saved;
        s = -1;
    }
    return s;
}

/* A name may have several addresses; the first that listens is taken. */
enum err vpcd_connect(const char *address, int *out, struct why *why) {
    char host[HOST_MAX];
    const char *port = NULL;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    if (!address_split(address, host, &port)) {
        return why_say(why, ERR_INVALID,
            "%s is no address of a virtual reader; write HOST:PORT, as 127.0.0.1:35963", address);
    }
    int rc = getaddrinfo(host, port, &hints, &found);
    if (rc != 0) {
        return why_say(why, ERR_INVALID, "%s: %s; write HOST:PORT, as 127.0.0.1:35963", address,
            gai_strerror(rc));
    }
    *out = -1;
    for (const struct addrinfo *a = found; a && *out < 0; a = a->ai_next) {
        *out = connect_one(a);
    }
    int saved = errno;
    freeaddrinfo(found);
    return *out >= 0 ? OK
                     : why_say(why, ERR_OUTSIDE,
                         "no virtual reader at %s (%s); start pcscd with vsmartcard-vpcd", address,
                         strerror(saved));
}
