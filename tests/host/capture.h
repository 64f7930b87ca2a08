/* What a function prints, as text: standard output or error goes to a file while a scope lasts. */
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include "check.h"

struct capture {
    FILE *stream;
    int saved_fd, temporary_fd;
    char text[8192];
};

/* From here on, what is written to the stream (stdout or stderr) is kept. */
static inline struct capture capture_begin(FILE *stream) {
    char name[] = "/tmp/shebao-capture-XXXXXX";
    struct capture c = {.stream = stream};
    assert_int_equal(fflush(stream), 0);
    c.saved_fd = dup(fileno(stream));
    c.temporary_fd = mkstemp(name);
    assert_true(c.saved_fd >= 0 && c.temporary_fd >= 0);
    assert_int_equal(unlink(name), 0);
    assert_true(dup2(c.temporary_fd, fileno(stream)) >= 0);
    return c;
}

/* Gives the stream back; what was written is in text. */
static inline const char *capture_end(struct capture *c) {
    assert_int_equal(fflush(c->stream), 0);
    assert_true(dup2(c->saved_fd, fileno(c->stream)) >= 0);
    ssize_t len = pread(c->temporary_fd, c->text, sizeof c->text - 1, 0);
    assert_true(len >= 0);
    c->text[len] = '\0';
    (void)close(c->saved_fd);
    (void)close(c->temporary_fd);
    return c->text;
}
