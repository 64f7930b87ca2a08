#include "apps/passphrase.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "crypto/secret.h"

/* The first line of what fd gives, without its end; byte by byte, so that nothing behind it is taken
 * from whoever shares the descriptor. False when it is too long or cannot be read. */
static bool read_line(int fd, uint8_t text[PASSPHRASE_MAX + 1], size_t *len) {
    char c = 0;
    ssize_t got = 0;
    *len = 0;
    while ((got = read(fd, &c, 1)) == 1 && c != '\n') {
        if (*len == PASSPHRASE_MAX) {
            return false;
        }
        text[(*len)++] = (uint8_t)c;
    }
    *len -= *len > 0 && text[*len - 1] == '\r';
    return got >= 0;
}

static enum err too_long(size_t custodian, struct why *why) {
    return why_say(why, ERR_INVALID, "the passphrase of custodian %c is longer than %d bytes",
        "AB"[custodian], (int)PASSPHRASE_MAX);
}

static enum err from_file(
    struct passphrases *room, size_t custodian, const char *file, struct why *why) {
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return why_say(why, ERR_NOT_FOUND, "cannot read %s: %s; name the file of custodian %c",
            file, strerror(errno), "AB"[custodian]);
    }
    bool good = read_line(fd, room->text[custodian], &room->len[custodian]);
    (void)close(fd);
    return good ? OK : too_long(custodian, why);
}

/* One line of the terminal, which shows nothing meanwhile, whatever becomes of the reading. */
static bool ask(int tty, const char *prompt, uint8_t text[PASSPHRASE_MAX + 1], size_t *len) {
    struct termios before, quiet;
    if (tcgetattr(tty, &before) != 0 || write(tty, prompt, strlen(prompt)) < 0) {
        return false;
    }
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    bool good = tcsetattr(tty, TCSAFLUSH, &quiet) == 0 && read_line(tty, text, len);
    (void)tcsetattr(tty, TCSAFLUSH, &before);
    (void)!write(tty, "\n", 1);
    return good;
}

static enum err from_terminal(
    struct passphrases *room, size_t custodian, bool new, struct why *why) {
    uint8_t again[PASSPHRASE_MAX + 1];
    char prompt[64];
    size_t len = 0;
    enum err err = OK;
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (tty < 0) {
        return why_say(why, ERR_CONFLICT,
            "there is no terminal to ask custodian %c at; name a file with --custodian-%c",
            "AB"[custodian], "ab"[custodian]);
    }
    (void)snprintf(prompt, sizeof prompt, "passphrase of custodian %c: ", "AB"[custodian]);
    if (!ask(tty, prompt, room->text[custodian], &room->len[custodian])) {
        err = too_long(custodian, why);
    }
    if (!err && new
        && (!ask(tty, "once more: ", again, &len) || len != room->len[custodian]
            || !crypto_equal(again, room->text[custodian], len))) {
        err = why_say(why, ERR_CONFLICT, "custodian %c typed two different ones; start again",
            "AB"[custodian]);
    }
    crypto_wipe(again, sizeof again);
    (void)close(tty);
    return err;
}

struct custodians passphrases_said(const struct passphrases *room) {
    return (struct custodians){
        {bytes_of(room->text[0], room->len[0]), bytes_of(room->text[1], room->len[1])}
    };
}

enum err passphrases_read(
    struct passphrases *room, const struct custodian_files *files, bool new, struct why *why) {
    enum err err = OK;
    for (size_t i = 0; !err && i < CUSTODIANS; i++) {
        err = files->from[i] ? from_file(room, i, files->from[i], why)
                             : from_terminal(room, i, new, why);
    }
    if (!err && new) {
        struct custodians who = passphrases_said(room);
        err = custodians_check(&who, why);
    }
    return err;
}

enum err secret_line_read(
    struct secret_line *line, const char *prompt, const char *file, struct why *why) {
    int fd = open(file ? file : "/dev/tty", (file ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    if (fd < 0) {
        return why_say(why, ERR_NOT_FOUND, "cannot read %s: %s; name a file",
            file ? file : "a terminal", strerror(errno));
    }
    bool good = file ? read_line(fd, line->text, &line->len)
                     : ask(fd, prompt, line->text, &line->len);
    (void)close(fd);
    return good ? OK
                : why_say(why, ERR_INVALID, "the line is longer than %d bytes, or cannot be read",
                    (int)PASSPHRASE_MAX);
}
