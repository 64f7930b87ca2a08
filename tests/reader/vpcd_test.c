/* The card's end of the virtual reader's wire; the test plays the driver over a pair of sockets. */
#include "reader/vpcd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "ports/sim/memory.h"

static const char atr_text[] = "3B6D000000995342108684440100000007";

struct desk {
    struct memory memory;
    struct nvm nvm;
    struct vpcd_chip chip;
    int driver, card; /* two ends of one line */
    volatile int stop;
    pthread_t thread;
    enum err result;
    struct why why;
};

static void *card_side(void *arg) {
    struct desk *desk = arg;
    desk->result = vpcd_serve(desk->card, &desk->chip, &desk->stop, &desk->why);
    (void)close(desk->card);
    return NULL;
}

static int set_up(void **state) {
    struct desk *desk = calloc(1, sizeof *desk);
    struct chip_birth birth = {0};
    int ends[2];
    assert_non_null(desk);
    (void)from_hex("00995342108684440100000007", birth.historical, sizeof birth.historical);
    (void)memset(birth.transport, 0xFF, sizeof birth.transport);
    memory_make(&desk->memory, 8192, 1);
    desk->nvm = memory_nvm(&desk->memory);
    assert_true(card_manufacture(&desk->nvm, &birth));
    assert_int_equal(vpcd_chip_start(&desk->chip, &desk->nvm, &desk->why), OK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    desk->driver = ends[0];
    desk->card = ends[1];
    assert_int_equal(pthread_create(&desk->thread, NULL, card_side, desk), 0);
    *state = desk;
    return 0;
}

/* The driver hangs up, and the card's side ends. */
static enum err hang_up(struct desk *desk) {
    if (desk->driver >= 0) {
        (void)close(desk->driver);
        desk->driver = -1;
        assert_int_equal(pthread_join(desk->thread, NULL), 0);
    }
    return desk->result;
}

static int tear_down(void **state) {
    struct desk *desk = *state;
    (void)hang_up(desk);
    free(desk);
    return 0;
}

static void tell(struct desk *desk, const char *hex) {
    uint8_t message[2 + 512];
    size_t len = from_hex(hex, message + 2, sizeof message - 2);
    message[0] = (uint8_t)(len >> 8);
    message[1] = (uint8_t)len;
    assert_int_equal(write(desk->driver, message, len + 2), (ssize_t)(len + 2));
}

static void take(struct desk *desk, uint8_t *to, size_t len) {
    for (size_t got = 0; got < len;) {
        ssize_t n = read(desk->driver, to + got, len - got);
        assert_true(n > 0);
        got += (size_t)n;
    }
}

static struct bytes heard(struct desk *desk) {
    static uint8_t room[1024];
    uint8_t head[2];
    take(desk, head, 2);
    size_t len = (size_t)(head[0] << 8 | head[1]);
    assert_true(len > 0 && len <= sizeof room);
    take(desk, room, len);
    return bytes_of(room, len);
}

static void asked(struct desk *desk, const char *hex, const char *answer) {
    tell(desk, hex);
    assert_hex(heard(desk), answer);
}

static void power_is_silent_and_the_atr_is_not(void **state) {
    struct desk *desk = *state;
    asked(desk, "04", atr_text);
    asked(desk, "04", atr_text);
    tell(desk, "01");
    asked(desk, "04", atr_text);
    tell(desk, "00");
    asked(desk, "04", atr_text); /* asked for every 0.4 s, powered or not */
    tell(desk, "01");
    tell(desk, "02");
    asked(desk, "04", atr_text);
    assert_int_equal(hang_up(desk), OK);
    assert_int_equal(desk->chip.commands, 0);
}

/* A directory that was selected is what a chip keeps in RAM: the question for the answer to reset does
 * not touch it, each of the three power messages clears it. */
static void asking_for_the_atr_has_no_side_effect(void **state) {
    struct desk *desk = *state;
    static const char *const clears[] = {"01", "02"};
    tell(desk, "01");
    asked(desk, "80E03F000E38FFFFF0F001FFFFFFFFFFFFFFFF", "9000");
    asked(desk, "80E0DF010E380200F0F097FFFFD15600000590", "9000");
    tell(desk, "00A4000002DF01");
    assert_true(heard(desk).len >= 2);
    asked(desk, "80E0001507280004F0F0FFFF", "9000"); /* EF 15 lies in DF01 */
    for (size_t i = 0; i < 2; i++) {
        asked(desk, "00B0950004", "000000009000");
        asked(desk, "04", atr_text);
        asked(desk, "00B0950004", "000000009000");
        tell(desk, clears[i]);
        asked(desk, "00B0950004", "6A82");
        tell(desk, "00A4000002DF01");
        assert_true(heard(desk).len >= 2);
    }
    tell(desk, "00");
    tell(desk, "01");
    asked(desk, "00B0950004", "6A82");
}

static void whatever_comes_is_answered(void **state) {
    struct desk *desk = *state;
    tell(desk, "01");
    tell(desk, "");
    assert_int_equal(heard(desk).len, 2);
    for (unsigned byte = 3; byte < 256; byte++) {
        char hex[3];
        (void)snprintf(hex, sizeof hex, "%02X", byte);
        tell(desk, hex);
        assert_true(heard(desk).len >= 2);
    }
    tell(desk, "0084");
    assert_int_equal(heard(desk).len, 2);
    asked(desk, "D0CA000000", "6E00");
    tell(desk, "00"); /* and without power, too: a mute card hangs the driver */
    tell(desk, "0084000008");
    assert_true(heard(desk).len >= 2);
}

/* The longest message the driver can send. */
static void the_longest_message_is_refused_and_survived(void **state) {
    struct desk *desk = *state;
    static uint8_t message[2 + 0xFFFF] = {0xFF, 0xFF};
    tell(desk, "01");
    for (size_t sent = 0; sent < sizeof message;) {
        ssize_t n = write(desk->driver, message + sent, sizeof message - sent);
        assert_true(n > 0);
        sent += (size_t)n;
    }
    assert_hex(heard(desk), "6700");
    tell(desk, "0084000008");
    assert_int_equal(heard(desk).len, 10);
}

static void messages_may_come_byte_by_byte(void **state) {
    struct desk *desk = *state;
    static const uint8_t message[] = {0, 1, 0x01, 0, 5, 0x00, 0x84, 0x00, 0x00, 0x04, 0, 1, 0x04};
    for (size_t i = 0; i < sizeof message; i++) {
        assert_int_equal(write(desk->driver, message + i, 1), 1);
    }
    assert_int_equal(heard(desk).len, 6);
    assert_hex(heard(desk), atr_text);
}

/* The driver dies in the middle of a message. */
static void a_line_that_breaks_is_told(void **state) {
    struct desk *desk = *state;
    static const uint8_t message[] = {0, 5, 0x00, 0x84};
    assert_int_equal(write(desk->driver, message, sizeof message), sizeof message);
    assert_int_equal(hang_up(desk), ERR_OUTSIDE);
    assert_non_null(strstr(desk->why.text, "broke"));
}

/* A signal handler sets stop and shuts the line: the card's side ends without a complaint. */
static void stopping_ends_cleanly(void **state) {
    struct desk *desk = *state;
    tell(desk, "01");
    asked(desk, "04", atr_text);
    desk->stop = 1;
    (void)shutdown(desk->card, SHUT_RDWR);
    assert_int_equal(pthread_join(desk->thread, NULL), 0);
    (void)close(desk->driver);
    desk->driver = -1;
    assert_int_equal(desk->result, OK);
}

static void a_memory_without_a_chip_is_not_served(void **state) {
    struct desk *desk = *state;
    struct memory *empty = calloc(1, sizeof *empty);
    struct vpcd_chip chip;
    struct why why;
    assert_non_null(empty);
    memory_make(empty, 8192, 1);
    struct nvm nvm = memory_nvm(empty);
    assert_int_equal(vpcd_chip_start(&chip, &nvm, &why), ERR_INVALID);
    free(empty);
    assert_int_equal(hang_up(desk), OK);
}

/* --- over TCP --------------------------------------------------------------------------------- */

static int listening(uint16_t *port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

/* The driver of Debian writes length and body apart, without TCP_NODELAY: each command would wait 40
 * ms for our acknowledgement. Two hundred of them must not take a second. */
static void two_writes_a_message_cost_no_time(void **state) {
    struct desk *desk = *state;
    static const uint8_t head[] = {0, 5}, body[] = {0x00, 0x84, 0x00, 0x00, 0x08};
    char address[32];
    uint16_t port = 0;
    struct why why;
    (void)hang_up(desk);
    int fd = listening(&port);
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", port);
    assert_int_equal(vpcd_connect(address, &desk->card, &why), OK);
    desk->driver = accept(fd, NULL, NULL);
    assert_true(desk->driver >= 0);
    assert_int_equal(pthread_create(&desk->thread, NULL, card_side, desk), 0);
    tell(desk, "01");
    struct timespec from, to;
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(write(desk->driver, head, sizeof head), sizeof head);
        assert_int_equal(write(desk->driver, body, sizeof body), sizeof body);
        assert_int_equal(heard(desk).len, 10);
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &to);
    int64_t took_ms = (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
    print_message("200 commands over TCP in %lld ms\n", (long long)took_ms);
    assert_true(took_ms < 1000);
    assert_int_equal(hang_up(desk), OK);
    (void)close(fd);
}

static void addresses_that_are_none_are_told_from_nobody_there(void **state) {
    struct desk *desk = *state;
    static const char *const none[] = {"", ":", ":1", "host", "host:", "127.0.0.1:12x",
        "127.0.0.1:-1", "127.0.0.1:0", "127.0.0.1:65536"};
    struct why why;
    int out = -1;
    (void)hang_up(desk);
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_int_equal(vpcd_connect(none[i], &out, &why), ERR_INVALID);
    }
    uint16_t port = 0;
    char address[32];
    (void)close(listening(&port));
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", port);
    assert_int_equal(vpcd_connect(address, &out, &why), ERR_OUTSIDE);
    assert_non_null(strstr(why.text, "pcscd"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(power_is_silent_and_the_atr_is_not),
        TEST(asking_for_the_atr_has_no_side_effect),
        TEST(whatever_comes_is_answered),
        TEST(the_longest_message_is_refused_and_survived),
        TEST(messages_may_come_byte_by_byte),
        TEST(a_line_that_breaks_is_told),
        TEST(stopping_ends_cleanly),
        TEST(a_memory_without_a_chip_is_not_served),
        TEST(two_writes_a_message_cost_no_time),
        TEST(addresses_that_are_none_are_told_from_nobody_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
