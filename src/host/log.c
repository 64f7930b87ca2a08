#include "host/log.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "host/clock.h"
#include "host/files.h"

enum { LINE_ROOM = 2048 };

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug",
    [LOG_INFO] = "info",
    [LOG_WARNING] = "warning",
    [LOG_ERROR] = "error",
};

/* The one log of the process. */
static struct {
    pthread_mutex_t lock;
    FILE *stream; /* NULL: standard error */
    enum log_level from;
} the_log = {.lock = PTHREAD_MUTEX_INITIALIZER, .from = LOG_INFO};

/* A line in the making; what does not fit is left out, and the line stays whole JSON. */
struct line {
    char text[LINE_ROOM];
    size_t len;
};
enum { LINE_END = 4 }; /* kept free for the closing brace and the line's end */

static void put_text(struct line *line, const char *text, size_t len) {
    if (line->len + len + LINE_END <= LINE_ROOM) {
        (void)memcpy(line->text + line->len, text, len);
        line->len += len;
    }
}

/* A character of a JSON string: what would end the string or the line is escaped. */
static size_t escape(char c, char out[8]) {
    unsigned char byte = (unsigned char)c;
    if (c == '"' || c == '\\') {
        return (size_t)snprintf(out, 8, "\\%c", c);
    }
    if (byte < 0x20 || byte == 0x7F) {
        return (size_t)snprintf(out, 8, "\\u%04X", byte);
    }
    out[0] = c;
    return 1;
}

static void put_string(struct line *line, const char *text) {
    char quoted[LINE_ROOM / 2];
    size_t len = 0;
    quoted[len++] = '"';
    for (; *text && len + 8 < sizeof quoted; text++) {
        len += escape(*text, quoted + len);
    }
    /* A text cut in the middle of a character would be no UTF-8: its last bytes go, too. */
    while (*text && len > 1 && ((unsigned char)quoted[len - 1] & 0xC0) == 0x80) {
        len--;
    }
    len -= *text && ((unsigned char)quoted[len - 1] & 0xC0) == 0xC0 ? 1 : 0;
    quoted[len++] = '"';
    put_text(line, quoted, len);
}

/* A field that might not fit is left out whole. Names are short words of ours. */
static void put_field(struct line *line, const struct log_field *field) {
    size_t start = line->len;
    char number[32];
    int number_len = snprintf(number, sizeof number, "%" PRId64, field->number);
    if (line->len + LINE_ROOM / 2 + 128 > LINE_ROOM) {
        return; /* the line is full: whole fields only */
    }
    put_text(line, ",", 1);
    put_string(line, field->name);
    put_text(line, ":", 1);
    if (field->text) {
        put_string(line, field->text);
    } else {
        put_text(line, number, (size_t)number_len);
    }
    assert(line->len > start);
}

/* The new log is open before the old one is closed, so that a failure leaves the old one in use. */
enum err log_open(const char *path, struct why *why) {
    FILE *stream = fopen(path, "ae");
    if (!stream) {
        return files_trouble(why, "open the log", path);
    }
    log_close();
    (void)pthread_mutex_lock(&the_log.lock);
    the_log.stream = stream;
    (void)pthread_mutex_unlock(&the_log.lock);
    return OK;
}

void log_close(void) {
    (void)pthread_mutex_lock(&the_log.lock);
    if (the_log.stream) {
        (void)fclose(the_log.stream);
        the_log.stream = NULL;
    }
    (void)pthread_mutex_unlock(&the_log.lock);
}

void log_from(enum log_level level) {
    (void)pthread_mutex_lock(&the_log.lock);
    the_log.from = level;
    (void)pthread_mutex_unlock(&the_log.lock);
}

/* The line is built before the lock is taken and written in one go: threads wait only for the
 * disk. */
void log_line(enum log_level level, const char *event, const struct log_field *fields) {
    struct line line = {.len = 0};
    char when[CLOCK_TEXT_ROOM];
    put_text(&line, "{\"time\":", 8);
    put_string(&line, clock_wall(when));
    put_field(&line, &(struct log_field){"level", level_names[level], 0});
    put_field(&line, &(struct log_field){"event", event, 0});
    for (; fields && fields->name; fields++) {
        put_field(&line, fields);
    }
    (void)memcpy(line.text + line.len, "}\n", 2);
    line.len += 2;
    (void)pthread_mutex_lock(&the_log.lock);
    if (level >= the_log.from) {
        FILE *stream = the_log.stream ? the_log.stream : stderr;
        (void)fwrite(line.text, 1, line.len, stream);
        (void)fflush(stream);
    }
    (void)pthread_mutex_unlock(&the_log.lock);
}
