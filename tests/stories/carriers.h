/* Where the chip of a story may be, when it is not in the program that tells it.
 *
 *   reader   in a PC/SC reader: pcscd with the virtual reader, the client's side of a terminal
 *   line     at the other end of a line that speaks as the virtual reader does, without pcscd
 *
 * Either way the chip lies in a file, and a command puts that file's chip there: `shebao chip serve`,
 * or QEMU with the microcontroller. A blank chip means: end the command as one pulls a card, make the
 * file anew, start the command. Its random numbers are the bytes of a second file, so that a story can
 * foretell them. carrier_given() reads the words of the command line:
 *
 *     --carrier reader|line --image FILE --random FILE ... -- COMMAND...
 *
 * In the command of a line, @PORT@ stands for the port where it is awaited.
 *
 * Everything asserts, and every wait has an end. */
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <winscard.h>

#include "card/hand.h"
#include "ports/sim/image.h"

enum { CARRIER_WAIT_MS = 20000, CARRIER_STEP_MS = 20, CARRIER_NAMES_ROOM = 1024 };

static struct {
    const char *kind, *image, *random;
    char **command;   /* what puts the chip there; ends with NULL */
    pid_t child;      /* the command, 0 while it does not run */
    uint32_t ahead;   /* random bytes that a blank chip is given at once [carrier_random_ahead] */
    int listener, fd; /* line */
    SCARDCONTEXT context;
    SCARDHANDLE card;
    char reader[CARRIER_NAMES_ROOM];
} carrier_state = {.listener = -1, .fd = -1};

static inline void carrier_pause(void) {
    const struct timespec step = {.tv_nsec = CARRIER_STEP_MS * 1000000L};
    (void)nanosleep(&step, NULL);
}

/* ---- the file and the command ---- */

/* The next random numbers that a hand's memory would give (memory.h), so many of them, as a file. */
static inline void carrier_random_write(const struct nvm *nvm, uint32_t len) {
    uint8_t room[4096];
    int fd = open(carrier_state.random, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    for (uint32_t done = 0; done < len; done += (uint32_t)sizeof room) {
        nvm->random(nvm->self, room, sizeof room);
        assert_int_equal(write(fd, room, sizeof room), sizeof room);
    }
    assert_int_equal(close(fd), 0);
}

/* More random numbers, behind those that wait. */
static inline void carrier_foretell(struct bytes random) {
    int fd = open(carrier_state.random, O_WRONLY | O_APPEND);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, random.at, random.len), random.len);
    assert_int_equal(close(fd), 0);
}

/* The chip that a hand would have made, in a file. */
static inline void carrier_make_chip(const struct chip_birth *birth) {
    static struct memory memory;
    struct why why = {{0}};
    memory_make(&memory, HAND_SIZE, 1);
    struct nvm nvm = memory_nvm(&memory);
    assert_true(card_manufacture(&nvm, birth));
    (void)unlink(carrier_state.image);
    assert_int_equal(image_create(carrier_state.image, HAND_SIZE, &why), OK);
    int fd = open(carrier_state.image, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, memory.cells, HAND_SIZE, IMAGE_HEADER_LEN), HAND_SIZE);
    assert_int_equal(close(fd), 0);
    carrier_random_write(&nvm, carrier_state.ahead);
}

/* The cells of the chip, as they are in the file. */
static inline void carrier_cells(uint8_t cells[HAND_SIZE]) {
    int fd = open(carrier_state.image, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, cells, HAND_SIZE, IMAGE_HEADER_LEN), HAND_SIZE);
    assert_int_equal(close(fd), 0);
}

static inline void carrier_pull(void) {
    if (carrier_state.child > 0) {
        (void)kill(carrier_state.child, SIGKILL);
        assert_int_equal(waitpid(carrier_state.child, NULL, 0), carrier_state.child);
        carrier_state.child = 0;
    }
}

/* The command ends with us, however we end. */
static inline void carrier_start(void) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        int null = open("/dev/null", O_RDWR);
        (void)dup2(null, STDIN_FILENO);
        (void)dup2(null, STDOUT_FILENO);
        (void)execvp(carrier_state.command[0], carrier_state.command);
        _exit(127);
    }
    carrier_state.child = child;
}

/* ---- the line: we are the driver of the virtual reader [readers.md 1.2] ---- */

enum { LINE_POWER_ON = 1, LINE_RESET = 2, LINE_ATR = 4 };

static inline void line_put(struct bytes body) {
    uint8_t room[2 + APDU_MAX + 64];
    struct builder b = builder_in(room, sizeof room);
    put_u16(&b, (uint16_t)body.len);
    put_bytes(&b, body);
    assert_false(b.overflowed);
    assert_int_equal(send(carrier_state.fd, room, b.len, MSG_NOSIGNAL), b.len);
}

static inline void line_order(uint8_t order) {
    line_put(bytes_of(&order, 1));
}

static inline void line_read(uint8_t *to, size_t len) {
    for (size_t got = 0; got < len;) {
        ssize_t n = recv(carrier_state.fd, to + got, len - got, 0);
        assert_true(n > 0); /* a chip that is silent for so long is broken */
        got += (size_t)n;
    }
}

static inline size_t line_take(uint8_t *room, size_t room_len) {
    uint8_t head[2];
    line_read(head, sizeof head);
    size_t len = (size_t)(head[0] << 8 | head[1]);
    assert_true(len > 0);
    assert_true(len <= room_len);
    line_read(room, len);
    return len;
}

static inline size_t line_reset(uint8_t atr[ATR_MAX]) {
    line_order(LINE_RESET);
    line_order(LINE_ATR);
    return line_take(atr, ATR_MAX);
}

static inline size_t line_send(struct bytes line, uint8_t reply[REPLY_MAX]) {
    line_put(line);
    return line_take(reply, REPLY_MAX);
}

/* Writes the port into the words of the command that ask for it. */
static inline void line_tell_port(unsigned port) {
    static char rooms[4][CARRIER_NAMES_ROOM];
    size_t used = 0;
    for (char **word = carrier_state.command; *word; word++) {
        char *mark = strstr(*word, "@PORT@");
        if (mark) {
            assert_true(used < sizeof rooms / sizeof rooms[0]);
            (void)snprintf(rooms[used], sizeof rooms[used], "%.*s%u%s", (int)(mark - *word), *word,
                port, mark + strlen("@PORT@"));
            *word = rooms[used++];
        }
    }
}

static inline void line_listen(void) {
    struct sockaddr_in here = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}; /* any free port */
    socklen_t len = sizeof here;
    carrier_state.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(carrier_state.listener >= 0);
    const struct timeval limit = {.tv_sec = CARRIER_WAIT_MS / 1000};
    (void)setsockopt(carrier_state.listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    (void)setsockopt(carrier_state.listener, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    assert_int_equal(bind(carrier_state.listener, (void *)&here, sizeof here), 0);
    assert_int_equal(listen(carrier_state.listener, 1), 0);
    assert_int_equal(getsockname(carrier_state.listener, (void *)&here, &len), 0);
    line_tell_port(ntohs(here.sin_port));
}

static inline void line_blank(const struct chip_birth *birth) {
    const struct timeval limit = {.tv_sec = CARRIER_WAIT_MS / 1000};
    uint8_t atr[ATR_MAX];
    carrier_pull();
    if (carrier_state.fd >= 0) {
        (void)close(carrier_state.fd);
    }
    if (carrier_state.listener < 0) {
        line_listen();
    }
    carrier_make_chip(birth);
    carrier_start();
    carrier_state.fd = accept(carrier_state.listener, NULL, NULL);
    assert_true(carrier_state.fd >= 0);
    (void)setsockopt(carrier_state.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    (void)setsockopt(carrier_state.fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    line_order(LINE_POWER_ON);
    line_order(LINE_ATR);
    assert_int_equal(line_take(atr, sizeof atr), 17);
}

/* ---- the reader: what any program does with PC/SC ---- */

/* Waits until a card is in the reader, or none. */
static inline void reader_await(bool present) {
    SCARD_READERSTATE state = {.szReader = carrier_state.reader};
    for (int waited = 0; waited < CARRIER_WAIT_MS; waited += CARRIER_STEP_MS) {
        LONG rc = SCardGetStatusChange(carrier_state.context, 0, &state, 1);
        assert_true(rc == SCARD_S_SUCCESS || rc == (LONG)SCARD_E_TIMEOUT);
        if (((state.dwEventState & SCARD_STATE_PRESENT) != 0) == present) {
            return;
        }
        state.dwCurrentState = SCARD_STATE_UNAWARE;
        carrier_pause();
    }
    fail_msg("no card came or went within %d ms", CARRIER_WAIT_MS);
}

static inline void reader_open(void) {
    DWORD len = sizeof carrier_state.reader; /* the first name is what we take */
    assert_int_equal(
        SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &carrier_state.context), 0);
    assert_int_equal(SCardListReaders(carrier_state.context, NULL, carrier_state.reader, &len), 0);
}

/* In the first second of a card a call may fail for many a reason; it is tried again. */
static inline void reader_connect(void) {
    LONG rc = 0;
    DWORD protocol = 0;
    for (int waited = 0; waited < CARRIER_WAIT_MS; waited += CARRIER_STEP_MS) {
        rc = SCardConnect(carrier_state.context, carrier_state.reader, SCARD_SHARE_EXCLUSIVE,
            SCARD_PROTOCOL_T0, &carrier_state.card, &protocol);
        if (rc == SCARD_S_SUCCESS) {
            return;
        }
        carrier_pause();
    }
    fail_msg("the card cannot be reached: %lX", (unsigned long)rc);
}

static inline size_t reader_reset_card(uint8_t atr[ATR_MAX]) {
    DWORD protocol = 0, state = 0, len = ATR_MAX;
    assert_int_equal(SCardReconnect(carrier_state.card, SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T0,
                         SCARD_RESET_CARD, &protocol),
        0);
    assert_int_equal(SCardStatus(carrier_state.card, NULL, NULL, &state, &protocol, atr, &len), 0);
    return len;
}

static inline size_t reader_send(struct bytes line, uint8_t reply[REPLY_MAX]) {
    DWORD len = REPLY_MAX;
    LONG rc = SCardTransmit(carrier_state.card, SCARD_PCI_T0, line.at, line.len, NULL, reply, &len);
    assert_int_equal(rc, 0);
    return len;
}

static inline void reader_blank(const struct chip_birth *birth) {
    uint8_t atr[ATR_MAX];
    if (carrier_state.reader[0] == '\0') {
        reader_open();
    }
    if (carrier_state.child > 0) {
        carrier_pull();
        (void)SCardDisconnect(carrier_state.card, SCARD_LEAVE_CARD);
    }
    reader_await(false);
    carrier_make_chip(birth);
    carrier_start();
    reader_await(true);
    reader_connect();
    assert_int_equal(reader_reset_card(atr), 17);
}

/* ---- the choice ---- */

/* The chip is pulled and the reader let go; without a carrier nothing happens. */
static inline void carrier_end(void) {
    carrier_pull();
    if (carrier_state.context) {
        (void)SCardDisconnect(carrier_state.card, SCARD_LEAVE_CARD);
        (void)SCardReleaseContext(carrier_state.context);
    }
}

static const struct carrier carrier_line = {
    .blank = line_blank, .reset = line_reset, .send = line_send, .foretell = carrier_foretell};
static const struct carrier carrier_reader = {.blank = reader_blank,
    .reset = reader_reset_card,
    .send = reader_send,
    .foretell = carrier_foretell};

/* Reads one pair of words into the state; false when they are not about a carrier. */
static inline bool carrier_word(const char *word, const char *value) {
    if (strcmp(word, "--carrier") == 0) {
        carrier_state.kind = value;
    } else if (strcmp(word, "--image") == 0) {
        carrier_state.image = value;
    } else if (strcmp(word, "--random") == 0) {
        carrier_state.random = value;
    } else {
        return false;
    }
    return true;
}

/* Takes the carrier out of the command line, if there is one, and returns how many words are left
 * in front of "--". */
static inline int carrier_given(int argc, char **argv) {
    int left = 1;
    int at = 1;
    for (; at < argc && strcmp(argv[at], "--") != 0; at++) {
        if (at + 1 < argc && carrier_word(argv[at], argv[at + 1])) {
            at++;
        } else {
            argv[left++] = argv[at];
        }
    }
    carrier_state.command = at + 1 < argc ? argv + at + 1 : NULL;
    if (carrier_state.kind) {
        bool line = strcmp(carrier_state.kind, "line") == 0;
        hand_carrier = line ? &carrier_line : &carrier_reader;
        if (!carrier_state.command || !carrier_state.image || !carrier_state.random) {
            (void)fprintf(stderr, "a carrier needs --image, --random and a command behind --\n");
            exit(2);
        }
    }
    return left;
}
