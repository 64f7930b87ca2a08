#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "faces/painter.h"
#include "faces/painter_child.h"

/* ---- a skill that does what the first byte of a request says ---- */

enum trick {
    ECHO = 'a',
    REFUSE,
    CRASH,
    HANG,
    LEAVE,
    FILL,
    OVERFLOW,
    EAT_MEMORY,
    OPEN_FILES,
    LIE,
    /* what the cage forbids */
    OPEN_FILE,
    WRITE_FILE,
    SOCKET,
    FORK,
    EXEC,
    EXECUTABLE,
    PEEK,
    KILL_PARENT,
    READ_DIRECTORY,
};

static int line_of_child = -1;

static enum err find_line(void **tools, struct why *why) {
    (void)tools;
    (void)why;
    for (int fd = 3; fd < 64; fd++) {
        line_of_child = fcntl(fd, F_GETFD) >= 0 ? fd : line_of_child;
    }
    return OK;
}

/* How many descriptors above standard error are open. */
static uint8_t open_files(void) {
    unsigned count = 0;
    for (int fd = 0; fd < 256; fd++) {
        uint8_t byte = 0; /* looking is allowed; what is open and no line says that it is none */
        count += recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EBADF ? 1 : 0;
    }
    return (uint8_t)count;
}

static bool eat_memory(void) {
    enum { PIECE = 16 << 20, PIECES = 200 };
    int got = 0;
    for (; got < PIECES; got++) {
        char *piece = malloc(PIECE);
        if (!piece) {
            break;
        }
        (void)memset(piece, got, PIECE);
    }
    return got < PIECES;
}

static long forbidden(enum trick trick) {
    static char *const nothing[] = {NULL};
    switch ((int)trick) {
    case OPEN_FILE:
        return open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    case WRITE_FILE:
        return open("/tmp/shebao-painter-was-here", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    case SOCKET:
        return socket(AF_INET, SOCK_STREAM, 0);
    case FORK:
        return fork();
    case EXEC:
        return execve("/bin/true", nothing, nothing);
    case EXECUTABLE:
        return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                       == MAP_FAILED
                   ? -1
                   : 0;
    case PEEK:
        return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
    case KILL_PARENT:
        return kill(1, 0);
    default:
        return opendir("/") ? 0 : -1;
    }
}

static enum err play(void *tools, struct bytes request, struct builder *out, struct why *why) {
    (void)tools;
    enum trick trick = request.len ? (enum trick)request.at[0] : ECHO;
    switch ((int)trick) {
    case ECHO:
        put_bytes(out, request);
        return OK;
    case REFUSE:
        return why_say(why, ERR_CONFLICT, "not\ttoday");
    case CRASH:
        (void)raise(SIGSEGV);
        abort();
    case HANG:
        for (;;) {
            (void)nanosleep(&(struct timespec){.tv_sec = 100}, NULL);
        }
    case LEAVE:
        _exit(7);
    case FILL:
        put_fill(out, 'x', PAINTER_ANSWER_MAX);
        return OK;
    case OVERFLOW:
        put_fill(out, 'x', PAINTER_ANSWER_MAX + 1);
        return OK;
    case EAT_MEMORY:
        return eat_memory() ? why_say(why, ERR_OUTSIDE, "no more memory") : OK;
    case OPEN_FILES:
        put_u8(out, open_files());
        return OK;
    case LIE: {
        static const uint8_t lie[PAINTER_MESSAGE_LEN] = {0, 0, 0, 9, 0, 0xFF, 0xFF, 0xFF, 0xFF};
        (void)send(line_of_child, lie, sizeof lie, MSG_NOSIGNAL);
        return OK;
    }
    default:
        put_u8(out, forbidden(trick) < 0 ? 'n' : 'y');
        return OK;
    }
}

static const struct painter_skill skill = {PAINT_FACE, find_line, play};
static const struct painter_skill *const skills[] = {&skill};

static int open_painter(void **state) {
    struct why why;
    struct painter *painter = NULL;
    if (painter_open(skills, 1, &painter, &why)) {
        return -1;
    }
    *state = painter;
    return 0;
}

static int close_painter(void **state) {
    painter_close(*state);
    return 0;
}

static enum err ask(struct painter *p, enum trick trick, struct bytes *answer, struct why *why) {
    const uint8_t request[] = {(uint8_t)trick, 1, 2};
    why->text[0] = '\0';
    return painter_ask(p, PAINT_FACE, bytes_of(request, sizeof request), answer, why);
}

static void assert_works(struct painter *p) {
    struct bytes answer;
    struct why why;
    assert_int_equal(ask(p, ECHO, &answer, &why), OK);
    assert_hex(answer, "610102");
}

static void an_answer_comes_whole_whatever_its_length(void **state) {
    static uint8_t request[PAINTER_REQUEST_MAX + 1] = {ECHO};
    static const size_t lens[] = {0, 1, 4096, 65537, PAINTER_REQUEST_MAX};
    struct bytes answer;
    struct why why;
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        struct bytes asked = bytes_of(request, lens[i]);
        assert_int_equal(painter_ask(*state, PAINT_FACE, asked, &answer, &why), OK);
        assert_true(bytes_equal(answer, asked));
    }
    assert_int_equal(
        painter_ask(*state, PAINT_FACE, bytes_of(request, sizeof request), &answer, &why),
        ERR_INVALID);
    assert_non_null(strstr(why.text, "card face: the request is longer"));
    assert_int_equal(ask(*state, FILL, &answer, &why), OK);
    assert_int_equal(answer.len, PAINTER_ANSWER_MAX);
    assert_int_equal(ask(*state, OVERFLOW, &answer, &why), ERR_INVALID);
    assert_int_equal(answer.len, 0);
    assert_works(*state);
}

static void a_skills_refusal_is_told_and_its_process_lives(void **state) {
    struct bytes answer;
    struct why why;
    pid_t before = painter_process_id(*state);
    assert_int_equal(ask(*state, REFUSE, &answer, &why), ERR_CONFLICT);
    assert_string_equal(why.text, "not?today");
    assert_works(*state);
    assert_int_equal(painter_process_id(*state), before);
}

/* However it ends: one sentence, and the next request is answered by another process. */
static void a_death_is_one_sentence_and_the_next_card_is_drawn(void **state) {
    static const struct {
        enum trick trick;
        const char *says;
    } cases[] = {
        {CRASH, "card face: the painter was ended by signal 11"           },
        {LEAVE, "card face: the painter was ended by itself with status 7"},
        {FORK,  "tried what its cage forbids"                             },
        {LIE,   "the painter's answer is none"                            },
        {CRASH, "the next one gets a new painter"                         },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes answer;
        struct why why;
        pid_t before = painter_process_id(*state);
        assert_int_equal(ask(*state, cases[i].trick, &answer, &why), ERR_OUTSIDE);
        if (!strstr(why.text, cases[i].says)) {
            fail_msg("%s", why.text);
        }
        assert_int_equal(painter_process_id(*state), 0);
        assert_works(*state);
        assert_int_not_equal(painter_process_id(*state), before);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), 0); /* none is left unburied, one lives */
    }
}

static void what_takes_too_long_is_ended(void **state) {
    struct bytes answer;
    struct why why;
    assert_int_equal(ask(*state, HANG, &answer, &why), ERR_OUTSIDE);
    assert_non_null(strstr(why.text, "longer than 10 seconds"));
    assert_works(*state);
}

/* Killed from outside between two requests. */
static void a_painter_that_died_in_its_sleep_is_replaced(void **state) {
    struct bytes answer;
    struct why why;
    assert_int_equal(kill(painter_process_id(*state), SIGKILL), 0);
    (void)usleep(50000);
    assert_int_equal(ask(*state, ECHO, &answer, &why), ERR_OUTSIDE);
    assert_non_null(strstr(why.text, "signal 9"));
    assert_works(*state);
}

static void memory_has_an_end(void **state) {
    struct bytes answer;
    struct why why;
    if (PAINTER_SANITIZED) {
        skip();
    }
    assert_int_equal(ask(*state, EAT_MEMORY, &answer, &why), ERR_OUTSIDE);
    assert_string_equal(why.text, "no more memory");
}

/* Each is refused, or ends the process; none succeeds. */
static void what_the_cage_forbids_cannot_be_done(void **state) {
    for (int trick = OPEN_FILE; trick <= READ_DIRECTORY; trick++) {
        struct bytes answer;
        struct why why;
        enum err err = ask(*state, (enum trick)trick, &answer, &why);
        bool refused = err == OK && answer.len == 1 && answer.at[0] == 'n';
        bool ended = err == ERR_OUTSIDE && strstr(why.text, "cage forbids");
        if (!refused && !ended) {
            fail_msg("trick %c: %d %s", trick, (int)err, why.text);
        }
    }
    assert_int_equal(access("/tmp/shebao-painter-was-here", F_OK), -1);
    assert_works(*state);
}

/* A file that the caller has open is not open in the painter: only its line and standard error are. */
static void nothing_of_the_caller_is_left_open(void **state) {
    struct painter *p = NULL;
    struct bytes answer;
    struct why why;
    int files[8];
    (void)state;
    for (size_t i = 0; i < 8; i++) {
        files[i] = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
        assert_true(files[i] >= 0);
    }
    assert_int_equal(painter_open(skills, 1, &p, &why), OK);
    assert_int_equal(ask(p, OPEN_FILES, &answer, &why), OK);
    assert_int_equal(answer.at[0], 2);
    painter_close(p);
    for (size_t i = 0; i < 8; i++) {
        (void)close(files[i]);
    }
}

static enum err no_fonts(void **tools, struct why *why) {
    (void)tools;
    return why_say(why, ERR_OUTSIDE, "the face is not there");
}

static void a_painter_that_cannot_prepare_says_why(void **state) {
    static const struct painter_skill poor = {PAINT_FACE, no_fonts, play};
    static const struct painter_skill *const poor_skills[] = {&poor};
    struct painter *p = NULL;
    struct why why;
    (void)state;
    assert_int_equal(painter_open(poor_skills, 1, &p, &why), ERR_OUTSIDE);
    assert_string_equal(why.text, "the face is not there");
    assert_null(p);
    painter_close(p);
}

static void a_message_is_read_strictly(void **state) {
    uint8_t message[PAINTER_MESSAGE_LEN + 1] = {0}, what = 0;
    uint32_t len = 0;
    (void)state;
    painter_message_write(3, 77, message);
    assert_true(painter_message_read(bytes_of(message, PAINTER_MESSAGE_LEN), 77, &what, &len));
    assert_int_equal(what, 3);
    assert_int_equal(len, 77);
    assert_false(painter_message_read(bytes_of(message, PAINTER_MESSAGE_LEN), 76, &what, &len));
    for (size_t cut = 0; cut <= sizeof message; cut++) {
        bool good = painter_message_read(bytes_of(message, cut), 77, &what, &len);
        assert_int_equal(good, cut == PAINTER_MESSAGE_LEN);
    }
    for (size_t i = 0; i < 4; i++) {
        message[i] ^= 1;
        assert_false(painter_message_read(bytes_of(message, PAINTER_MESSAGE_LEN), 77, &what, &len));
        message[i] ^= 1;
    }
}

static void every_kind_has_a_word(void **state) {
    (void)state;
    for (int kind = 0; kind < PAINTER_KINDS; kind++) {
        assert_true(strlen(painter_kind_text((enum painter_kind)kind)) > 3);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_painter, close_painter)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_answer_comes_whole_whatever_its_length),
        TEST(a_skills_refusal_is_told_and_its_process_lives),
        TEST(a_death_is_one_sentence_and_the_next_card_is_drawn),
        TEST(what_takes_too_long_is_ended),
        TEST(a_painter_that_died_in_its_sleep_is_replaced),
        TEST(memory_has_an_end),
        TEST(what_the_cage_forbids_cannot_be_done),
        cmocka_unit_test(nothing_of_the_caller_is_left_open),
        cmocka_unit_test(a_painter_that_cannot_prepare_says_why),
        cmocka_unit_test(a_message_is_read_strictly),
        cmocka_unit_test(every_kind_has_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
