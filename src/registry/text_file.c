#include "registry/text_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/builder.h"
#include "host/gb18030.h"

/* A megabyte at a time; also the longest stretch without a line's end that is still believed to
 * be a text. Two bytes of GB 18030 become at most three of UTF-8, so double room is enough. */
/* Whether a file is UTF-8 shows in its first lines, if it has Chinese letters at all. */
enum { BUFFER_LEN = 1 << 20, UTF8_LINES = 8, CHINESE_FIRST = 0x2E80 };

struct text_file {
    int fd;
    bool ended;                   /* the system has no more bytes for us */
    size_t at, len;               /* what of the buffer is not used up yet */
    uint64_t byte;                /* of the file at buffer[at] */
    uint64_t line;                /* the one that begins there, from 1 */
    uint8_t utf8[2 * BUFFER_LEN]; /* one line, decoded */
    uint8_t buffer[BUFFER_LEN];
};

enum err text_file_open(
    struct text_file **file, const char *path, uint64_t *size, struct why *why) {
    struct stat about = {0};
    int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) != 0) {
        return why_say(why, errno == ENOENT ? ERR_NOT_FOUND : ERR_OUTSIDE,
            "cannot open %s: %s; name a file of people", path, strerror(errno));
    }
    if (S_ISDIR(about.st_mode)) {
        (void)close(fd);
        return why_say(why, ERR_NOT_FOUND, "%s is a directory; name a file of people", path);
    }
    struct text_file *opened = malloc(sizeof *opened);
    if (!opened) {
        (void)close(fd);
        return why_say(why, ERR_OUTSIDE, "no memory to read %s; end other programs", path);
    }
    opened->fd = fd;
    opened->ended = false;
    opened->at = opened->len = 0;
    opened->byte = 0;
    opened->line = 1;
    *size = S_ISREG(about.st_mode) ? (uint64_t)about.st_size : 0;
    *file = opened;
    return OK;
}

void text_file_close(struct text_file *file) {
    if (file) {
        if (file->fd != STDIN_FILENO) {
            (void)close(file->fd);
        }
        free(file);
    }
}

/* --- lines ----------------------------------------------------------------------------------------- */

/* Moves what is left to the front and reads on behind it, until there is a line or no room. */
static enum err read_on(struct text_file *file, struct why *why) {
    (void)memmove(file->buffer, file->buffer + file->at, file->len - file->at);
    file->len -= file->at;
    file->at = 0;
    ssize_t got = 0;
    do {
        got = read(file->fd, file->buffer + file->len, BUFFER_LEN - file->len);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return why_say(
            why, ERR_OUTSIDE, "reading stopped: %s; send the file again", strerror(errno));
    }
    file->ended = got == 0;
    file->len += (size_t)got;
    return OK;
}

/* The next line without its end, borrowed until the next call; *there is false at the end of the
 * file. It is not used up until line_done(). */
static enum err line_find(
    struct text_file *file, struct bytes *line, bool *there, struct why *why) {
    for (;;) {
        const uint8_t *from = file->buffer + file->at;
        size_t left = file->len - file->at;
        const uint8_t *end = left > 0 ? memchr(from, '\n', left) : NULL;
        if (end) {
            *line = bytes_of(from, (size_t)(end - from));
            *there = true;
            return OK;
        }
        if (file->ended) {
            *line = bytes_of(from, left);
            *there = false;
            return left == 0 ? OK
                             : why_say(why, ERR_INVALID,
                                 "the file stops in the middle of a line, for no line end follows; "
                                 "send it whole");
        }
        if (left == BUFFER_LEN) {
            *line = bytes_of(from, 0);
            return why_say(why, ERR_INVALID,
                "no line ends within %d bytes, so this is no file of people; name another",
                BUFFER_LEN);
        }
        enum err err = read_on(file, why);
        if (err) {
            *line = bytes_of(from, 0);
            return err;
        }
    }
}

/* Goes on behind the line and its end, which line_find() found in the buffer. */
static void line_done(struct text_file *file, struct bytes line) {
    assert(file->at + line.len < file->len);
    assert(file->buffer[file->at + line.len] == '\n');
    file->at += line.len + 1;
    file->byte += line.len + 1;
    file->line++;
}

/* Files come from both worlds: a CR before the LF belongs to the end of the line. */
static struct bytes without_return(struct bytes line) {
    bool is = line.len > 0 && line.at[line.len - 1] == '\r';
    return bytes_of(line.at, line.len - is);
}

/* True for a line of well-formed UTF-8 with a Chinese letter, or with the mark that some programs put
 * in front of UTF-8. Three letters of GB 18030 look like that once in a hundred thousand times, a
 * line with name and address never. */
static bool is_utf8(struct bytes line) {
    struct cursor c = cursor_over(line);
    bool chinese = false;
    while (c.rest.len > 0) {
        int32_t character = utf8_next(&c);
        if (character < 0) {
            return false;
        }
        chinese = chinese || character >= CHINESE_FIRST;
    }
    return chinese;
}

/* The line as UTF-8, borrowed from the file until the next one. */
static enum err line_decode(struct text_file *file, struct bytes line, struct bytes *utf8,
    size_t *bad_at, struct why *why) {
    struct builder b = builder_in(file->utf8, sizeof file->utf8);
    /* Two letters of UTF-8 can be read as three others of GB 18030: that would be somebody else. */
    if (file->line <= UTF8_LINES && is_utf8(line)) {
        *bad_at = 0;
        return why_say(why, ERR_INVALID, "this file is UTF-8; save it as GB 18030");
    }
    if (!gb18030_to_utf8(line, &b, bad_at)) {
        return why_say(why, ERR_INVALID, "these bytes are no GB 18030; save the file as GB 18030");
    }
    assert(!b.overflowed); /* utf8[] is as large as any line can become */
    *utf8 = builder_bytes(&b);
    return OK;
}

enum err text_file_next(struct text_file *file, struct bytes *line, bool *there,
    struct text_place *place, struct why *why) {
    struct bytes raw = {0};
    size_t bad_at = 0;
    enum err err = line_find(file, &raw, there, why);
    if (err) {
        *place = (struct text_place){file->line, file->byte + raw.len};
        return err;
    }
    if (!*there) {
        return OK;
    }
    err = line_decode(file, without_return(raw), line, &bad_at, why);
    if (err) {
        *place = (struct text_place){file->line, file->byte + bad_at};
        return err;
    }
    line_done(file, raw);
    return OK;
}

/* Lines are counted when they begin. */
uint64_t text_file_line(const struct text_file *file) {
    assert(file->line >= 1);
    return file->line - 1;
}

uint64_t text_file_bytes(const struct text_file *file) {
    return file->byte;
}
