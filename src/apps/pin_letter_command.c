/* The first PIN of one card, for one sealed print. [system.md 4.2.4] */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/crypto.h>

#include "apps/command.h"
#include "apps/vault_desk.h"
#include "apps/window_desk.h"
#include "host/files.h"
#include "host/options.h"
#include "issuance/pin_letter.h"

enum { LETTER_ROOM = 1024 };

struct letter_options {
    struct window_options common;
    const char *card, *out;
    struct vault_words words;
};

/* clang-format off */
static const struct option options[] = {
    {"CARD", OPTION_TEXT, offsetof(struct letter_options, card), NULL, NULL,
        "number of the sealed card", false},
    {"--out", OPTION_PATH, offsetof(struct letter_options, out), "FILE", NULL,
        "where the data for the printer go; only its owner can read it", false},
    OPTIONS_VAULT(struct letter_options, words),
    WINDOW_OPTIONS(struct letter_options),
};
/* clang-format on */

static const struct usage usage = {
    .command = "pin letter",
    .help =
        "Writes the data of a card's PIN letter (密码信封) for the printer: its first line is the "
        "PIN,\n"
        "then card, name, point, box place, and which print it is. A maker may print once; each\n"
        "further print takes a second officer. Wipe the file when the letter is sealed.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

/* Text for a printer; it holds the PIN, so it is wiped. */
static enum err write_letter(const struct pin_letter *l, const char *path, struct why *why) {
    char text[LETTER_ROOM];
    int len = snprintf(text, sizeof text, "%s\n%s\n%s\n%s\n%s\n%" PRId32 "\n", l->pin, l->card,
        l->name, l->point, l->place, l->print);
    mode_t before = umask(S_IRWXG | S_IRWXO); /* its owner's alone */
    enum err err = len > 0 && (size_t)len < sizeof text
                       ? files_write(path, bytes_of(text, (size_t)len), why)
                       : why_say(why, ERR_CONFLICT, "the letter is too long");
    (void)umask(before);
    OPENSSL_cleanse(text, sizeof text);
    return err;
}

static enum err print_letter(
    struct window *window, const struct letter_options *given, struct why *why) {
    struct vault vault = {0};
    struct pin_letter letter;
    enum err err = vault_desk_open_city(&window->stock.city, &given->words, &vault, 1, why);
    if (err) {
        return err;
    }
    const struct pin_desk desk = {.store = &window->window,
        .registry = window->desk.registry,
        .vault = &vault,
        .officer = given->common.officer,
        .second = given->common.second,
        .day = window->desk.day};
    err = pin_letter_fill(&desk, given->card, &letter, why);
    err = err ? err : write_letter(&letter, given->out, why);
    if (!err) {
        (void)printf("card %s: print %" PRId32 " of its letter\n", given->card, letter.print);
    }
    pin_letter_wipe(&letter);
    vault.close(vault.self);
    return err;
}

int pin_letter_command(int argc, char **argv) {
    struct letter_options given = {.card = NULL};
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    WINDOW_SCOPE(window);
    enum err err = window_open(&window, &given.common, &why);
    err = err ? err : print_letter(&window, &given, &why);
    return window_tell(err, &why);
}
