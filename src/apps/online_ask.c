#include <stdio.h>
#include <string.h>

#include "apps/command.h"
#include "apps/online_line.h"
#include "base/hex.h"
#include "crypto/secret.h"
#include "host/ending.h"
#include "host/files.h"
#include "host/options.h"

enum { PORT_MAX = 65535, KEY_FILE_MAX = 64 };

struct ask_options {
    const char *terminal, *key, *socket, *ticket, *factor;
    int64_t port, fen;
    bool json;
};

/* clang-format off */
static const struct option options[] = {
    {"TERMINAL", OPTION_TEXT, offsetof(struct ask_options, terminal), NULL, NULL,
        "who asks, twelve digits", false},
    {"--key", OPTION_PATH, offsetof(struct ask_options, key), "FILE", NULL,
        "the terminal's line key, from `online key`", false},
    {"--ticket", OPTION_TEXT, offsetof(struct ask_options, ticket), "HEX", NULL,
        "the purchase's own number, 32 hexadecimal digits; the same again, the same answer", false},
    {"--factor", OPTION_TEXT, offsetof(struct ask_options, factor), "HEX", NULL,
        "the card: the eight bytes of its answer to reset, 16 hexadecimal digits", false},
    {"--fen", OPTION_NUMBER, offsetof(struct ask_options, fen), NULL, NULL,
        "how much it is to pay", false},
    {"--socket", OPTION_PATH, offsetof(struct ask_options, socket), "PATH", NULL,
        "where `online serve` listens, if not on a port", true},
    {"--port", OPTION_NUMBER, offsetof(struct ask_options, port), NULL, "8081",
        "the port on 127.0.0.1", false},
    OPTION_JSON(struct ask_options, json),
};
/* clang-format on */

static const struct usage usage = {
    .command = "online ask",
    .help = "Asks the centre, as a terminal does, whether a card may pay above the offline limit.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

/* Hexadecimal digits of exactly that many bytes. */
static enum err hex_of(
    const char *name, const char *text, uint8_t *to, size_t len, struct why *why) {
    if (!hex_read(bytes_text(text), to, len)) {
        return why_say(why, ERR_CONFLICT, "%s takes %zu hexadecimal digits", name, 2 * len);
    }
    return OK;
}

static enum err key_read(const char *path, uint8_t key[ONLINE_KEY_LEN], struct why *why) {
    FILE_CONTENT_SCOPE(content);
    enum err err = files_read(path, KEY_FILE_MAX, &content, why);
    if (err) {
        return err;
    }
    char *text = (char *)content.at;
    text[strcspn(text, "\r\n")] = '\0';
    bool good = hex_read(bytes_text(text), key, ONLINE_KEY_LEN);
    crypto_wipe(content.at, content.len);
    return good
               ? OK
               : why_say(why, ERR_INVALID, "%s holds no line key; make it with `online key`", path);
}

static enum err question_read(const struct ask_options *given, struct online_line *line,
    struct sale_question *q, struct why *why) {
    if (given->port > PORT_MAX || given->fen < 1 || given->fen > UINT32_MAX) {
        return why_say(why, ERR_CONFLICT, "--port is 0 to %d, --fen 1 to %u", PORT_MAX, UINT32_MAX);
    }
    line->place = (struct line_place){given->socket, (uint16_t)given->port};
    q->amount = (uint32_t)given->fen;
    enum err err = hex_of("TERMINAL", given->terminal, line->terminal, TERMINAL_LEN, why);
    err = err ? err : hex_of("--ticket", given->ticket, q->ticket, TICKET_LEN, why);
    err = err ? err : hex_of("--factor", given->factor, q->factor, FACTOR_LEN, why);
    return err ? err : key_read(given->key, line->key, why);
}

int online_ask_command(int argc, char **argv) {
    struct ask_options given;
    struct online_line line = {.fd = -1};
    struct sale_question question = {0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    enum err err = question_read(&given, &line, &question, &why);
    if (!err) {
        struct centre_line table = online_line_table(&line);
        err = table.card_status(table.self, &question, &why);
    }
    online_line_close(&line);
    if (!err && given.json) {
        (void)printf("{\"approved\": true, \"ticket\": \"%s\", \"fen\": %lld}\n", given.ticket,
            (long long)given.fen);
    } else if (!err) {
        (void)puts("同意 Approved");
    }
    return (int)ending_tell(err, &why);
}
