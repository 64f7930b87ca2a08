#include "apps/bench_chip_line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <winscard.h>

#include "base/builder.h"
#include "host/clock.h"
#include "host/files.h"
#include "reader/vpcd.h"

enum {
    CHIP_SLOT = 0,
    ECHO_SLOT = 1,
    SLOTS = 2,
    ECHO_PORT = 35964, /* slot 0 listens on 35963 [readers.md 1.2] */
    HELPERS = 3,       /* pcscd, the chip, the echo */
    WORDS_MOST = 8,    /* of a command line, the end among them */
    TURNS_A_ROUND = 3,
    WAIT_STEPS = 100,
    STEP_NS = 100000000,
    ROOM = 128,
    CHIP_FAILED = 1,
};
static const double turn_seconds = 0.1;

/* What the inner process tells the outer one. */
struct told {
    enum err err;
    struct why why;
    struct bench_line rates;
};

/* ---- a place of our own ---- */

static bool write_text(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    return fd >= 0 && close(fd) == 0 && good;
}

/* Whoever is not root becomes it, in a namespace of users. */
static bool leave_the_others(void) {
    char map[ROOM];
    uid_t uid = getuid();
    gid_t gid = getgid();
    if (geteuid() == 0) {
        return unshare(CLONE_NEWNS | CLONE_NEWNET) == 0;
    }
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET) != 0) {
        return false;
    }
    (void)snprintf(map, sizeof map, "0 %u 1", (unsigned)uid);
    bool mapped = write_text("/proc/self/setgroups", "deny")
                  && write_text("/proc/self/uid_map", map);
    (void)snprintf(map, sizeof map, "0 %u 1", (unsigned)gid);
    return mapped && write_text("/proc/self/gid_map", map);
}

static bool loopback_up(void) {
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool up = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0;
    request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
    up = up && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    return fd >= 0 && close(fd) == 0 && up;
}

static enum err own_place(struct why *why) {
    if (!leave_the_others() || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        return why_say(why, ERR_CONFLICT,
            "a pcscd of our own needs root or user namespaces (%s); run this as root",
            strerror(errno));
    }
    (void)mkdir("/run/pcscd", 0755); /* it may be there */
    if (mount("none", "/run/pcscd", "tmpfs", 0, NULL) != 0 || !loopback_up()) {
        return why_say(why, ERR_CONFLICT,
            "no place for a pcscd of our own (%s); install pcscd and run this as root",
            strerror(errno));
    }
    return OK;
}

/* ---- who plays along ---- */

/* Starts a program whose end is tied to ours; what it says goes nowhere. */
static pid_t start(const char *program, const char *const words[WORDS_MOST]) {
    char *argv[WORDS_MOST]; /* execv() takes no constant words, and changes none */
    pid_t child = fork();
    if (child != 0) {
        return child;
    }
    (void)memcpy(argv, words, sizeof argv);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    (void)dup2(nowhere, STDOUT_FILENO);
    (void)dup2(nowhere, STDERR_FILENO);
    (void)execv(program, argv);
    _exit(CHIP_FAILED);
}

/* Exactly len bytes. */
static bool take(int fd, uint8_t *to, size_t len) {
    for (size_t got = 0; got < len;) {
        ssize_t n = recv(fd, to + got, len - got, 0);
        if (n <= 0) {
            return false;
        }
        got += (size_t)n;
    }
    return true;
}

/* The least a card can do, over the same wire: 9000, and an answer to reset when asked for one. */
static void echo_serve(int fd) {
    static const uint8_t yes[] = {0, 2, 0x90, 0x00};
    static const uint8_t atr[] = {0, 4, 0x3B, 0x02, 0x00, 0x00};
    uint8_t head[2], body[UINT16_MAX];
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    while (true) {
        (void)setsockopt(
            fd, IPPROTO_TCP, TCP_QUICKACK, &(int){1}, sizeof(int)); /* as vpcd.c does */
        bool whole = take(fd, head, sizeof head);
        size_t len = whole ? (size_t)(head[0] << 8 | head[1]) : 0;
        if (!whole || !take(fd, body, len)) {
            return;
        }
        bool control = len == 1 && body[0] <= 4;
        if (control && body[0] == 4) {
            (void)send(fd, atr, sizeof atr, MSG_NOSIGNAL);
        } else if (!control) {
            (void)send(fd, yes, sizeof yes, MSG_NOSIGNAL);
        }
    }
}

static void wait_a_step(void) {
    const struct timespec step = {.tv_nsec = STEP_NS};
    (void)nanosleep(&step, NULL);
}

static pid_t start_echo(void) {
    pid_t child = fork();
    if (child != 0) {
        return child;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    char address[ROOM];
    (void)snprintf(address, sizeof address, "127.0.0.1:%d", (int)ECHO_PORT);
    for (unsigned i = 0; i < WAIT_STEPS; i++) {
        int fd = -1;
        struct why why;
        if (vpcd_connect(address, &fd, &why) == OK) {
            echo_serve(fd);
            (void)close(fd);
        }
        wait_a_step();
    }
    _exit(0);
}

/* A chip in a file, and everybody at work. */
static enum err start_all(const char *image, pid_t helpers[HELPERS], struct why *why) {
    static const char self[] = "/proc/self/exe";
    const char *const make[WORDS_MOST] = {
        self, "chip", "new", "--profile", "P10", "--image", image};
    const char *const serve[WORDS_MOST] = {self, "chip", "serve", "--image", image};
    const char *const pcscd[WORDS_MOST] = {"pcscd", "--foreground"};
    int status = 0;
    pid_t maker = start(self, make);
    if (maker < 0 || waitpid(maker, &status, 0) != maker || status != 0) {
        return why_say(why, ERR_CONFLICT, "no chip could be made for the reader; tell the makers");
    }
    if (access("/usr/sbin/pcscd", X_OK) != 0) {
        return why_say(why, ERR_CONFLICT, "pcscd is missing; install pcscd and vsmartcard-vpcd");
    }
    helpers[0] = start("/usr/sbin/pcscd", pcscd);
    helpers[1] = start(self, serve);
    helpers[2] = start_echo();
    return OK;
}

/* ---- the client ---- */

struct slot {
    SCARDHANDLE card;
    double best; /* commands a second */
};

/* Connects to a slot once its card is there. The driver's slots are named alike and end with their
 * numbers. */
static bool connect_slot(SCARDCONTEXT context, unsigned number, SCARDHANDLE *card) {
    char names[16 * ROOM], wanted[16];
    DWORD len = sizeof names, protocol = 0;
    (void)snprintf(wanted, sizeof wanted, " 00 %02X", number);
    if (SCardListReaders(context, NULL, names, &len) != SCARD_S_SUCCESS) {
        return false;
    }
    for (const char *name = names; *name; name += strlen(name) + 1) {
        size_t name_len = strlen(name), tail = strlen(wanted);
        if (name_len > tail && strcmp(name + name_len - tail, wanted) == 0) {
            return SCardConnect(
                       context, name, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0, card, &protocol)
                   == SCARD_S_SUCCESS;
        }
    }
    return false;
}

static bool say(const struct slot *slot, const char *line, size_t len) {
    uint8_t reply[REPLY_MAX];
    DWORD room = sizeof reply;
    LONG rc = SCardTransmit(
        slot->card, SCARD_PCI_T0, (const uint8_t *)line, (DWORD)len, NULL, reply, &room);
    return rc == SCARD_S_SUCCESS && room >= 2 && reply[room - 2] == 0x90;
}

/* SELECT EF05 and READ RECORD 7, the card number, again and again. */
static bool take_turn(struct slot *slot) {
    unsigned long commands = 0;
    double seconds = 0;
    uint64_t began = clock_ns();
    while (seconds < turn_seconds) {
        if (!say(slot, "\x00\xA4\x02\x00\x02\xEF\x05", 7)
            || !say(slot, "\x00\xB2\x07\x04\x0B", 5)) {
            return false;
        }
        commands += 2;
        seconds = clock_seconds_since(began);
    }
    double rate = (double)commands / seconds;
    slot->best = rate > slot->best ? rate : slot->best;
    return true;
}

/* Both cards in their slots, ours with its social security environment selected. */
static enum err meet(SCARDCONTEXT *context, struct slot slots[SLOTS], struct why *why) {
    bool known = false, here[SLOTS] = {false};
    for (unsigned i = 0; i < WAIT_STEPS && !(here[CHIP_SLOT] && here[ECHO_SLOT]); i++) {
        wait_a_step();
        known = known || SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, context) == 0;
        for (unsigned s = 0; known && s < SLOTS; s++) {
            here[s] = here[s] || connect_slot(*context, s, &slots[s].card);
        }
    }
    if (!known) {
        return why_say(why, ERR_CONFLICT, "pcscd does not start; install pcscd");
    }
    if (!here[CHIP_SLOT] || !here[ECHO_SLOT]) {
        return why_say(why, ERR_CONFLICT,
            "pcscd shows no virtual reader with two cards; install vsmartcard-vpcd");
    }
    return say(&slots[CHIP_SLOT], "\x00\xA4\x04\x0C\x0Fsx1.sh.\xC9\xE7\xBB\xE1\xB1\xA3\xD5\xCF", 20)
               ? OK
               : why_say(why, ERR_CONFLICT, "the chip does not know itself; tell the makers");
}

static enum err take_turns(unsigned rounds, struct bench_line *out, struct why *why) {
    SCARDCONTEXT context = 0;
    struct slot slots[SLOTS] = {{0}};
    enum err err = meet(&context, slots, why);
    for (unsigned i = 0; !err && i < rounds * SLOTS * TURNS_A_ROUND; i++) {
        if (!take_turn(&slots[i % SLOTS])) {
            err = why_say(why, ERR_OUTSIDE, "slot %u went silent; try again", i % SLOTS);
        }
    }
    *out = (struct bench_line){.chip = slots[CHIP_SLOT].best, .echo = slots[ECHO_SLOT].best};
    for (unsigned s = 0; s < SLOTS && context; s++) {
        (void)SCardDisconnect(slots[s].card, SCARD_UNPOWER_CARD);
    }
    return err;
}

/* ---- the two processes ---- */

/* The inner process: in a place of its own it starts everybody, measures, and ends everybody. */
static void run_inside(int pipe_end, const char *image, unsigned rounds) {
    struct told told = {.err = OK};
    pid_t helpers[HELPERS] = {0};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    told.err = own_place(&told.why);
    told.err = told.err ? told.err : start_all(image, helpers, &told.why);
    told.err = told.err ? told.err : take_turns(rounds, &told.rates, &told.why);
    for (size_t i = HELPERS; i > 0; i--) {
        if (helpers[i - 1] > 0) {
            (void)kill(helpers[i - 1], SIGKILL);
            (void)waitpid(helpers[i - 1], NULL, 0);
        }
    }
    _exit(write(pipe_end, &told, sizeof told) == (ssize_t)sizeof told ? 0 : CHIP_FAILED);
}

static enum err ask_inside(
    const char *image, unsigned rounds, struct bench_line *out, struct why *why) {
    int ends[2];
    struct told told;
    if (pipe(ends) != 0) {
        return why_say(why, ERR_OUTSIDE, "no pipe (%s); end other programs", strerror(errno));
    }
    (void)fflush(NULL); /* nothing is said twice */
    pid_t child = fork();
    if (child == 0) {
        (void)close(ends[0]);
        run_inside(ends[1], image, rounds);
    }
    (void)close(ends[1]);
    bool whole = child > 0 && read(ends[0], &told, sizeof told) == (ssize_t)sizeof told;
    (void)close(ends[0]);
    (void)waitpid(child, NULL, 0);
    if (!whole) {
        return why_say(why, ERR_OUTSIDE, "the measuring process died; try again");
    }
    *why = told.why;
    *out = told.rates;
    return told.err;
}

enum err bench_line_measure(unsigned rounds, struct bench_line *out, struct why *why) {
    char folder[] = "/tmp/shebao-bench-XXXXXX";
    char image[PATH_ROOM];
    if (!mkdtemp(folder) || !files_join(image, folder, "line.chip")) {
        return files_trouble(why, "make a folder in", "/tmp");
    }
    enum err err = ask_inside(image, rounds, out, why);
    (void)unlink(image);
    (void)rmdir(folder);
    return err;
}
