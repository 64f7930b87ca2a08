/* What a lost connection leaves: the test stands between the program and the server, as a socket
 * of its own that passes everything on, and loses what it is told to lose at the commit. Without
 * a server (SHEBAO_TEST_DATABASE) all of it is skipped, and tests/strangers/postgres_stores.sh
 * has one. */
#include "host/scratch.h"
#include "stores/engine_address.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

enum lost { NOTHING, QUESTION, ANSWER, ANSWER_AND_SERVER };

static int open_socket(const char *dir, bool listening) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%.80s/.s.PGSQL.5432", dir);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    int rc = listening ? bind(fd, (struct sockaddr *)&at, sizeof at)
                       : connect(fd, (struct sockaddr *)&at, sizeof at);
    assert_int_equal(rc, 0);
    return listening && listen(fd, 4) != 0 ? -1 : fd;
}

/* One connection: how often it may commit before something is lost, and whether that has come. */
struct line {
    enum lost lost;
    int commits_before;
    bool reached;
};

/* Passes on what the program says; false at its end, and when the commit itself is to be lost. */
static bool pass_question(int client, int server, struct line *line) {
    static const char commit[] = "COMMIT";
    char room[65536];
    ssize_t len = read(client, room, sizeof room);
    if (len <= 0) {
        return false;
    }
    if (line->lost != NOTHING && memmem(room, (size_t)len, commit, sizeof commit)) {
        line->reached = line->commits_before-- == 0;
    }
    return !(line->reached && line->lost == QUESTION) && write(server, room, (size_t)len) == len;
}

/* Passes on what the server says; false at its end, and when that answers the commit. */
static bool pass_answer(int server, int client, const struct line *line) {
    char room[65536];
    ssize_t len = read(server, room, sizeof room);
    return len > 0 && !line->reached && write(client, room, (size_t)len) == len;
}

static void talk(int client, const char *server_dir, struct line *line) {
    bool going = true;
    int server = open_socket(server_dir, false);
    while (going) {
        struct pollfd both[2] = {
            {client, POLLIN, 0},
            {server, POLLIN, 0}
        };
        going = poll(both, 2, -1) > 0;
        if (going && both[0].revents) {
            going = pass_question(client, server, line);
        }
        if (going && both[1].revents) {
            going = pass_answer(server, client, line);
        }
    }
    (void)close(server);
    (void)close(client);
}

/* A process between; what is lost is lost once, at the second commit: the first one is
 * db_open()'s. */
static pid_t stand_between(const char *dir, const char *server_dir, enum lost lost) {
    int fd = open_socket(dir, true);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child > 0) {
        (void)close(fd);
        return child;
    }
    struct line line = {lost, 1, false};
    int client = -1;
    bool over = false;
    while (!over && (client = accept(fd, NULL, NULL)) >= 0) {
        talk(client, server_dir, &line);
        if (line.reached) { /* once, and then everything is passed on */
            over = lost == ANSWER_AND_SERVER;
            line = (struct line){NOTHING, 0, false};
        }
    }
    _exit(0);
}

/* The directory of the server's socket, from the address of the tests. */
static const char *server_dir(char *room, size_t len) {
    const char *host = strstr(getenv("SHEBAO_TEST_DATABASE"), "host=");
    assert_non_null(host);
    (void)snprintf(room, len, "%.*s", (int)strcspn(host + 5, "&"), host + 5);
    return room;
}

struct commit {
    enum err err;
    int64_t kept; /* rows that are there afterwards */
    struct why why, later;
    enum err begun; /* what the next step is answered on the same struct db */
};

static int64_t officers(const char *address) {
    struct prepared *stmt[1];
    static const char *const sentence = "SELECT count(*) FROM officer";
    struct why why = {""};
    struct db db;
    assert_int_equal(db_open(&db, address, &why), OK);
    assert_int_equal(db_prepare(&db, &sentence, 1, stmt, &why), OK);
    struct say s = say(stmt[0]);
    int64_t count = say_next(&s) ? row_int(&s) : -1;
    assert_int_equal(say_end(&s, &why), OK);
    db_finalize(stmt, 1);
    db_close(&db);
    return count;
}

/* Commits one row over a line that loses something. */
static void commit_over(void **state, enum lost lost, struct commit *c) {
    char path[512], dir[128], direct[512], between[600];
    struct db db;
    if (!on_a_server()) {
        skip();
    }
    (void)memset(c, 0, sizeof *c);
    (void)snprintf(direct, sizeof direct, "%s", engine_address(below(state, "city.db", path)));
    (void)snprintf(between, sizeof between, "postgresql:///postgres?host=%s&user=shebao%s",
        (const char *)*state, strstr(direct, "&options="));
    pid_t child = stand_between(*state, server_dir(dir, sizeof dir), lost);
    if (db_open(&db, between, &c->why)) {
        fail_msg("%s", c->why.text);
    }
    {
        TX_SCOPE(tx);
        assert_int_equal(tx_begin(&tx, &db, &c->why), OK);
        assert_int_equal(db_run(&db, "INSERT INTO officer VALUES ('a', 'A', 1)", &c->why), OK);
        c->err = tx_commit(&tx, &c->why);
    }
    {
        TX_SCOPE(tx);
        c->begun = tx_begin(&tx, &db, &c->later);
    }
    assert_int_equal(db.depth, 0);
    db_close(&db);
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
    (void)unlink(below(state, ".s.PGSQL.5432", path));
    c->kept = officers(direct);
}

static void nothing_lost_is_kept(void **state) {
    struct commit c;
    commit_over(state, NOTHING, &c);
    assert_int_equal(c.err, OK);
    assert_int_equal(c.begun, OK);
    assert_int_equal(c.kept, 1);
}

/* The server never heard of the commit: it is asked, says so, and the step can be done again. */
static void a_lost_question_is_told_as_not_kept(void **state) {
    struct commit c;
    commit_over(state, QUESTION, &c);
    assert_int_equal(c.err, ERR_OUTSIDE);
    assert_non_null(strstr(c.why.text, "nothing of this step was kept"));
    assert_int_equal(c.kept, 0);
    assert_int_equal(c.begun, ERR_OUTSIDE);
}

/* The commit is on the server's disk and its answer is lost: the next connection is asked, and
 * the answer is the truth. Nobody goes on with the connection. */
static void a_lost_answer_is_found_out(void **state) {
    struct commit c;
    commit_over(state, ANSWER, &c);
    assert_int_equal(c.err, OK);
    assert_int_equal(c.kept, 1);
    assert_int_equal(c.begun, ERR_OUTSIDE);
    assert_non_null(strstr(c.later.text, "connection to the database server was lost"));
}

/* Nobody answers any more: whether it was kept is not claimed either way. */
static void without_a_server_nobody_knows(void **state) {
    struct commit c;
    commit_over(state, ANSWER_AND_SERVER, &c);
    assert_int_equal(c.err, ERR_OUTSIDE);
    assert_non_null(strstr(c.why.text, "nobody knows"));
    assert_non_null(strstr(c.why.text, "same request number"));
    assert_int_equal(c.kept, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(nothing_lost_is_kept),
        CASE(a_lost_question_is_told_as_not_kept),
        CASE(a_lost_answer_is_found_out),
        CASE(without_a_server_nobody_knows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
