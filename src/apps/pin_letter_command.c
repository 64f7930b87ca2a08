/* The first PIN of one card, for one sealed print. [system.md 4.2.4] */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/crypto.h>

#include "apps/command.h"
#include "apps/paper_file.h"
#include "apps/vault_desk.h"
#include "apps/window_desk.h"
#include "host/files.h"
#include "host/options.h"
#include "issuance/pin_letter.h"

enum { LETTER_ROOM = 1024 };

struct letter_options {
    struct window_options common;
    const char *card, *out, *form;
    struct vault_words words;
};

/* clang-format off */
static const struct option options[] = {
    {"CARD", OPTION_TEXT, offsetof(struct letter_options, card), NULL, NULL,
        "number of the sealed card", false},
    {"--out", OPTION_PATH, offsetof(struct letter_options, out), "FILE", NULL,
        "where the data for the printer go; only its owner can read it", false},
    {"--form", OPTION_TEXT, offsetof(struct letter_options, form), "WORD", "text",
        "text for a printer of letters, or pdf: a sheet to tear off", false},
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
        "further print takes a second officer. With --form pdf it is a sheet: above the line that "
        "is\n"
        "torn what the point keeps, below it the PIN in a frame. Wipe the file when the letter is\n"
        "sealed.",
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

/* The stub says for whom; the PIN stands below the line alone, so that torn apart they do not tell of each
 * other. */
static enum err lay_sheet(struct paper *paper, const struct pin_letter *l, struct why *why) {
    enum { TEAR_MM = 8, FRAME_MM = 30 };
    char print[16];
    (void)snprintf(print, sizeof print, "%" PRId32, l->print);
    const struct paper_field fields[] = {
        {"姓名 Name",                 l->name,  false},
        {"卡号 Card number",          l->card,  false},
        {"领卡网点 Fetched at",     l->point, false},
        {"箱位 Place in a box",       l->place, false},
        {"第几次打印 Print",       print,    false},
        {"领取人签名 Received by", " ",      false},
    };
    enum err err = paper_fields(paper, fields, sizeof fields / sizeof fields[0], why);
    err = err ? err : paper_tear(paper, "沿此线撕开 Tear off here", TEAR_MM, why);
    err = err ? err : paper_frame(paper, "初始密码 First PIN", l->pin, FRAME_MM, why);
    return err ? err
               : paper_text(paper,
                   "领卡时须更改密码；请勿告知他人，看后销毁。 The PIN is changed when the card is "
                   "fetched; tell it to nobody, and destroy this part.",
                   0, SIDE_MIDDLE, why);
}

/* What cairo held of the PIN goes with this process, which ends with its command. */
static enum err write_sheet(
    const struct pin_letter *l, bool rehearsal, const char *path, struct why *why) {
    const struct paper_head head = {.title = "密码信封 PIN letter",
        .about = "",
        .stamp = rehearsal ? "样张 SPECIMEN" : NULL,
        .day = l->day};
    PAPER_FILE_SCOPE(paper);
    enum err err = paper_file_open(&paper, path, &head, why);
    err = err ? err : lay_sheet(paper.paper, l, why);
    return err ? err : paper_file_keep(&paper, why);
}

static enum err print_letter(
    struct window *window, const struct letter_options *given, struct why *why) {
    struct vault vault = {0};
    struct pin_letter letter;
    const bool sheet = strcmp(given->form, "pdf") == 0;
    if (!sheet && strcmp(given->form, "text") != 0) {
        return why_say(why, ERR_CONFLICT, "--form is text or pdf, not %.20s", given->form);
    }
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
    if (!err) {
        err = sheet
                  ? write_sheet(&letter, window->stock.city.centre.file.rehearsal, given->out, why)
                  : write_letter(&letter, given->out, why);
    }
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
