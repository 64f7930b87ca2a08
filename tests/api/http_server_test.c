#include "host/scratch.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "api/http_server.h"
#include "host/log.h"

static struct http_server the_server;

static int server_set_up(void **state) {
    struct why why = {0};
    if (scratch_make(state)) {
        return -1;
    }
    struct api api = {.dir = *state};
    log_from(LOG_ERROR); /* requests would fill the output of the tests */
    return http_server_open(&the_server, &api, 0, &why) ? -1 : 0;
}

static int server_tear_down(void **state) {
    http_server_close(&the_server);
    http_server_close(&the_server); /* once more does nothing */
    return scratch_remove(state);
}

static int dial(void) {
    struct sockaddr_in at = {.sin_family = AF_INET,
        .sin_port = htons(the_server.port),
        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    struct timeval patience = {.tv_sec = 20};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

/* Sends request as it stands and reads until the server closes; says what came back. */
static const char *talk(const char *request, char answer[16384]) {
    int fd = dial();
    size_t len = 0;
    ssize_t got = 1;
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
    (void)shutdown(fd, SHUT_WR);
    while (got > 0 && len < 16383) {
        got = recv(fd, answer + len, 16383 - len, 0);
        len += got > 0 ? (size_t)got : 0;
    }
    answer[len] = '\0';
    (void)close(fd);
    return answer;
}

#define REQUEST(line, headers)                                                                     \
    line " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" headers "\r\n"

static void each_request_gets_its_status_line(void **state) {
    (void)state;
    /* clang-format off */
    static const struct {
        const char *status, *request;
    } cases[] = {
        {"HTTP/1.1 200 ", REQUEST("GET /healthz", "")},
        {"HTTP/1.1 200 ", REQUEST("HEAD /healthz", "")},
        {"HTTP/1.1 200 ", REQUEST("GET /healthz?x=1", "")},
        {"HTTP/1.1 404 ", REQUEST("GET /none", "")},
        {"HTTP/1.1 404 ", REQUEST("GET /%2e%2e/centre.json", "")},
        {"HTTP/1.1 405 ", REQUEST("DELETE /", "")},
        {"HTTP/1.1 405 ", REQUEST("POST /", "Content-Length: 3\r\n") "abc"},
        {"HTTP/1.1 413 ", REQUEST("GET /", "Content-Length: 3\r\n") "abc"},
        {"HTTP/1.1 413 ",
            REQUEST("GET /", "Transfer-Encoding: chunked\r\n") "3\r\nabc\r\n0\r\n\r\n"},
        {"HTTP/1.1 400 ",
            REQUEST("GET /healthz", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n")
            "0\r\n\r\n"},
        {"HTTP/1.1 400 ",
            REQUEST("GET /healthz", "Content-Length: 0\r\nContent-Length: 0\r\n")},
        {"HTTP/1.1 400 ", REQUEST("GET /healthz", "Host: evil.example\r\n")},
        {"HTTP/1.1 421 ",
            "GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"},
        {"HTTP/1.1 421 ",
            "GET /healthz HTTP/1.1\r\nHost: localhostile\r\nConnection: close\r\n\r\n"},
        {"HTTP/1.1 200 ",
            "GET /healthz HTTP/1.1\r\nHost: LOCALHOST:8080\r\nConnection: close\r\n\r\n"},
        {"HTTP/1.1 200 ", "GET /healthz HTTP/1.0\r\n\r\n"},
    };
    /* clang-format on */
    char answer[16384];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)talk(cases[i].request, answer);
        if (strncmp(answer, cases[i].status, strlen(cases[i].status)) != 0) {
            fail_msg(
                "asked:\n%s\nexpected %s, got:\n%s", cases[i].request, cases[i].status, answer);
        }
    }
}

static void every_answer_carries_the_security_headers(void **state) {
    (void)state;
    static const char *const requests[] = {
        REQUEST("GET /", ""), REQUEST("GET /none", ""), REQUEST("PUT /", "")};
    static const char *const lines[] = {"Content-Security-Policy: default-src 'none';",
        "X-Content-Type-Options: nosniff", "X-Frame-Options: DENY", "Cache-Control: no-store",
        "Referrer-Policy: no-referrer"};
    char answer[16384];
    for (size_t i = 0; i < 3; i++) {
        (void)talk(requests[i], answer);
        for (size_t j = 0; j < sizeof lines / sizeof lines[0]; j++) {
            assert_non_null(strstr(answer, lines[j]));
        }
    }
}

static void a_head_has_no_body(void **state) {
    (void)state;
    char answer[16384];
    (void)talk(REQUEST("HEAD /", ""), answer);
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
}

/* Every prefix of a good request, then silence: the server answers or closes, and still serves the
 * next one. */
static void half_a_request_hurts_nobody(void **state) {
    (void)state;
    const char *request = REQUEST("GET /healthz", "");
    char part[256], answer[16384];
    for (size_t len = 0; len < strlen(request); len++) {
        (void)snprintf(part, sizeof part, "%.*s", (int)len, request);
        (void)talk(part, answer);
        assert_null(strstr(answer, " 200 "));
    }
    (void)talk(request, answer);
    assert_non_null(strstr(answer, "\"ok\": true"));
}

static void headers_without_end_are_cut_off(void **state) {
    (void)state;
    static char request[2 * SERVER_CONNECTION_BYTES];
    char answer[16384];
    (void)memset(request, 'x', sizeof request - 1);
    (void)memcpy(request, "GET / HTTP/1.1\r\nX: ", 19);
    int fd = dial();
    (void)!send(fd, request, sizeof request - 1, MSG_NOSIGNAL);
    ssize_t len = recv(fd, answer, sizeof answer - 1, 0);
    answer[len > 0 ? len : 0] = '\0';
    assert_null(strstr(answer, " 200 "));
    (void)close(fd);
    (void)talk(REQUEST("GET /healthz", ""), answer);
    assert_non_null(strstr(answer, " 200 "));
}

static void *ask_often(void *good) {
    char answer[16384];
    for (int i = 0; i < 50; i++) {
        (void)talk(REQUEST("GET /", ""), answer);
        *(int *)good += strstr(answer, " 200 ") && strstr(answer, "</html>");
    }
    return NULL;
}

static void many_at_once_are_all_answered(void **state) {
    (void)state;
    pthread_t threads[8];
    int good[8] = {0};
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &good[i]), 0);
    }
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(good[i], 50);
    }
}

static void a_port_in_use_is_told_with_a_way_on(void **state) {
    struct http_server second;
    struct why why = {0};
    struct api api = {.dir = *state};
    assert_int_equal(http_server_open(&second, &api, the_server.port, &why), ERR_OUTSIDE);
    assert_non_null(strstr(why.text, "is in use"));
    assert_non_null(strstr(why.text, "--port"));
    http_server_close(&second);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, server_set_up, server_tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_SERVER(each_request_gets_its_status_line),
        WITH_SERVER(every_answer_carries_the_security_headers),
        WITH_SERVER(a_head_has_no_body),
        WITH_SERVER(half_a_request_hurts_nobody),
        WITH_SERVER(headers_without_end_are_cut_off),
        WITH_SERVER(many_at_once_are_all_answered),
        WITH_SERVER(a_port_in_use_is_told_with_a_way_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
