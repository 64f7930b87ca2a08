/* The server of lines, with a house that gives back what it hears: messages in pieces, clients that
 * go, that say what they may not, that do not read; places that are taken or left behind. */
#include "check.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/line_server.h"

/* A message is its length in one byte and as many bytes; it comes back as it is. 'X' ends the line.
 * The answers are given when the house settles. */
enum { WAITING_MAX = 64 };
struct echo {
    struct {
        struct builder *out;
        uint8_t message[256];
        size_t len;
    } waiting[WAITING_MAX];
    size_t count;
    int lines; /* that are there now */
};

static void *echo_came(void *self, struct builder *out) {
    struct echo *e = self;
    e->lines++;
    put_u8(out, '!');
    return self;
}

static long echo_take(void *self, void *line, struct bytes came, struct builder *out) {
    struct echo *e = self;
    (void)line;
    size_t len = came.len > 0 ? 1 + (size_t)came.at[0] : 1;
    if (came.len < len || e->count == WAITING_MAX || out->room - out->len < 4096) {
        return 0;
    }
    if (len > 1 && came.at[1] == 'X') {
        return -1;
    }
    e->waiting[e->count].out = out;
    (void)memcpy(e->waiting[e->count].message, came.at, len);
    e->waiting[e->count++].len = len;
    return (long)len;
}

/* A line that has ended meanwhile has taken its buffer with it: gone() forgets it. */
static void echo_settle(void *self) {
    struct echo *e = self;
    for (size_t i = 0; i < e->count; i++) {
        put_bytes(e->waiting[i].out, bytes_of(e->waiting[i].message, e->waiting[i].len));
    }
    e->count = 0;
}

static bool echo_known(void *self, void *line) {
    (void)self;
    (void)line;
    return true;
}

static void echo_gone(void *self, void *line) {
    (void)line;
    ((struct echo *)self)->lines--;
}

struct serving {
    struct echo echo;
    struct line_server *server;
    struct line_place place;
    char path[64];
    int stop[2];
    pthread_t thread;
};

static void *serve(void *arg) {
    struct serving *s = arg;
    struct why why;
    return line_server_run(s->server, s->stop[0], &why) == OK ? arg : NULL;
}

static struct line_house echo_house(struct echo *e) {
    return (struct line_house){e, echo_came, echo_take, echo_settle, echo_known, echo_gone};
}

static struct serving *new_serving(bool port) {
    struct serving *s = calloc(1, sizeof *s);
    struct why why;
    assert_non_null(s);
    (void)snprintf(s->path, sizeof s->path, "/tmp/shebao-line-%d", (int)getpid());
    s->place.path = port ? NULL : s->path;
    const struct line_house house = echo_house(&s->echo);
    assert_int_equal(line_server_open(&s->server, &s->place, &house, &why), OK);
    assert_int_equal(pipe(s->stop), 0);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
    return s;
}

static void drop_serving(struct serving *s) {
    void *good = NULL;
    (void)close(s->stop[1]);
    assert_int_equal(pthread_join(s->thread, &good), 0);
    assert_non_null(good);
    line_server_close(s->server);
    assert_int_equal(s->echo.lines, 0);
    assert_int_not_equal(access(s->path, F_OK), 0);
    (void)close(s->stop[0]);
    free(s);
}

static int guest(const struct serving *s) {
    struct why why;
    uint8_t first = 0;
    int fd = -1;
    assert_int_equal(line_connect(&s->place, 5000, &fd, &why), OK);
    assert_int_equal(recv(fd, &first, 1, 0), 1);
    assert_int_equal(first, '!');
    return fd;
}

static void hears(int fd, const char *expected) {
    char room[256];
    size_t len = strlen(expected);
    assert_int_equal(recv(fd, room, len, MSG_WAITALL), len);
    assert_memory_equal(room, expected, len);
}

static void says(int fd, const char *text) {
    size_t len = strlen(text);
    assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), len);
}

static void a_message_is_answered_whole_or_in_pieces(void **state) {
    (void)state;
    for (int port = 0; port < 2; port++) {
        struct serving *s = new_serving(port);
        int fd = guest(s);
        says(fd, "\003abc");
        hears(fd, "\003abc");
        for (const char *at = "\005hello"; *at; at++) {
            const char piece[2] = {*at, '\0'};
            says(fd, piece);
        }
        hears(fd, "\005hello");
        says(fd, "\001a\001b\001c"); /* several at once, in their order */
        hears(fd, "\001a\001b\001c");
        (void)close(fd);
        drop_serving(s);
    }
}

static void a_line_that_says_what_it_may_not_ends_and_no_other_does(void **state) {
    (void)state;
    struct serving *s = new_serving(false);
    int bad = guest(s), good = guest(s);
    uint8_t byte = 0;
    says(bad, "\001a\001X\001b");
    hears(bad, "\001a"); /* what came before it is answered */
    assert_int_equal(recv(bad, &byte, 1, 0), 0);
    says(good, "\001c");
    hears(good, "\001c");
    (void)close(bad);
    (void)close(good);
    drop_serving(s);
}

/* One asks on and on and reads nothing, until the system takes no more; another is served
 * meanwhile, and the first gets every answer when it reads at last. */
static void who_does_not_read_stops_nobody(void **state) {
    (void)state;
    struct serving *s = new_serving(false);
    int lazy = guest(s), keen = guest(s);
    char message[201];
    size_t sent = 0, got = 0;
    (void)memset(message, 'm', sizeof message);
    message[0] = (char)(sizeof message - 1);
    for (int quiet = 0; quiet < 20;) {
        ssize_t n = send(lazy, message + sent % sizeof message,
            sizeof message - sent % sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT);
        quiet = n > 0 ? 0 : quiet + 1;
        sent += n > 0 ? (size_t)n : 0;
        (void)(n > 0 ? 0 : usleep(5000));
    }
    says(keen, "\001k");
    hears(keen, "\001k");
    size_t whole = sent / sizeof message * sizeof message;
    while (got < whole) {
        char room[4096];
        ssize_t n = recv(lazy, room, sizeof room, 0);
        assert_true(n > 0);
        got += (size_t)n;
    }
    assert_int_equal(got, whole);
    (void)close(lazy);
    (void)close(keen);
    drop_serving(s);
}

static void who_goes_in_the_middle_is_forgotten(void **state) {
    (void)state;
    struct serving *s = new_serving(false);
    for (int i = 0; i < 50; i++) {
        int fd = guest(s);
        says(fd, i % 2 ? "\005ab" : "\003abc");
        (void)close(fd);
    }
    int fd = guest(s);
    says(fd, "\001z");
    hears(fd, "\001z");
    (void)close(fd);
    drop_serving(s);
}

static void a_place_that_answers_is_taken_and_one_left_behind_is_not(void **state) {
    (void)state;
    struct serving *s = new_serving(false);
    struct line_server *second = NULL;
    struct line_place place = s->place;
    struct stat found;
    struct why why;
    const struct line_house house = echo_house(&s->echo);
    assert_int_equal(stat(s->path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    assert_int_equal(line_server_open(&second, &place, &house, &why), ERR_OUTSIDE);
    assert_null(second);
    drop_serving(s);
    int left = socket(AF_UNIX, SOCK_STREAM, 0); /* bound, and its owner died */
    struct sockaddr_storage room = {.ss_family = AF_UNIX};
    (void)snprintf((char *)&room + offsetof(struct sockaddr, sa_data), 64, "/tmp/shebao-line-%d",
        (int)getpid());
    assert_int_equal(bind(left, (struct sockaddr *)&room, 110), 0);
    (void)close(left);
    s = new_serving(false);
    (void)close(guest(s));
    drop_serving(s);
}

static void a_name_too_long_for_a_socket_is_refused(void **state) {
    (void)state;
    char name[200];
    struct line_place place = {.path = name};
    struct why why;
    int fd = -1;
    (void)memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(line_connect(&place, 0, &fd, &why), ERR_INVALID);
    place.path = "";
    assert_int_equal(line_connect(&place, 0, &fd, &why), ERR_INVALID);
    place.path = "/nowhere/at/all";
    assert_int_equal(line_connect(&place, 0, &fd, &why), ERR_OUTSIDE);
    assert_int_equal(fd, -1);
    line_server_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_answered_whole_or_in_pieces),
        cmocka_unit_test(a_line_that_says_what_it_may_not_ends_and_no_other_does),
        cmocka_unit_test(who_does_not_read_stops_nobody),
        cmocka_unit_test(who_goes_in_the_middle_is_forgotten),
        cmocka_unit_test(a_place_that_answers_is_taken_and_one_left_behind_is_not),
        cmocka_unit_test(a_name_too_long_for_a_socket_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
