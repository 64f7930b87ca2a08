#include <stdio.h>
#include <string.h>

#include "apps/command.h"
#include "apps/key_desk.h"
#include "apps/result_tell.h"
#include "host/ending.h"
#include "host/options.h"

struct officer_options {
    const char *what, *code, *data, *passphrases;
    bool json;
};

/* clang-format off */
static const struct option options[] = {
    {"WHAT", OPTION_TEXT, offsetof(struct officer_options, what), NULL, NULL,
        "add, on (duty) or off (duty)", false},
    {"CODE", OPTION_TEXT, offsetof(struct officer_options, code), NULL, NULL,
        "of the officer", false},
    {"--passphrases", OPTION_PATH, offsetof(struct officer_options, passphrases), "DIR", NULL,
        "folder with a file for each person, named by code; without, the terminal asks", true},
    OPTION_DATA(struct officer_options, data),
    OPTION_JSON(struct officer_options, json),
};
/* clang-format on */

static const struct usage usage = {
    .command = "key officer",
    .help = "The persons of whom two are present whenever keys are handled.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

static enum err do_what(
    struct key_desk *desk, const struct officer_options *given, struct why *why) {
    if (strlen(given->code) > KEEPING_WORD_MAX - 8 || strpbrk(given->code, "/ .")) {
        return why_say(why, ERR_CONFLICT,
            "\"%.40s\" is no code of an officer; use letters, digits and '-'", given->code);
    }
    if (strcmp(given->what, "add") == 0) {
        return key_desk_add(desk, given->code, "system", why);
    }
    bool on = strcmp(given->what, "on") == 0;
    if (!on && strcmp(given->what, "off") != 0) {
        return why_say(why, ERR_CONFLICT,
            "\"%.40s\" is nothing that an officer does; say add, on or off", given->what);
    }
    return keeping_officer_duty(desk->keeping, given->code, on, "system", why);
}

int key_officer_command(int argc, char **argv) {
    struct officer_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    KEY_DESK_SCOPE(desk);
    enum err err = key_desk_open(&desk, given.data, &why);
    desk.passphrases = given.passphrases;
    err = err ? err : do_what(&desk, &given, &why);
    if (!err) {
        result_tell(given.json, json_pack("{s:s, s:s}", "officer", given.code, "done", given.what),
            "officer %s: %s", given.code, given.what);
    }
    return (int)ending_tell(err, &why);
}
