#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/command.h"
#include "apps/key_show.h"
#include "apps/passphrase.h"
#include "host/ending.h"
#include "host/options.h"
#include "vaults/line/vault_process.h"
#include "vaults/module/module_vault.h"
#include "vaults/pkcs11/pkcs11_module.h"
#include "vaults/soft/secret_room.h"

struct module_options {
    const char *library, *token, *pin, *addresses, *region;
    bool json;
};

/* clang-format off */
static const struct option options[] = {
    {"--library", OPTION_PATH, offsetof(struct module_options, library), "FILE", NULL,
        "the module's library of PKCS#11", false},
    {"--token", OPTION_TEXT, offsetof(struct module_options, token), "LABEL", NULL,
        "the token in it", false},
    {"--pin", OPTION_PATH, offsetof(struct module_options, pin), "FILE", NULL,
        "the PIN of its user is the first line; without, the terminal asks", true},
    {"--addresses", OPTION_TEXT, offsetof(struct module_options, addresses), "PATTERN",
        "shebao.{name}.{version}", "how the root keys are labelled in it", false},
    {"--region", OPTION_TEXT, offsetof(struct module_options, region), "CODE", "440100",
        "the city, six digits (GB/T 2260)", false},
    OPTION_JSON(struct module_options, json),
};
/* clang-format on */

static const struct usage usage = {
    .command = "key module",
    .help =
        "Opens a security module in a caged process, and shows by check values which root keys\n"
        "it has. Nothing in it is changed.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

/* In the child, before it is caged: the PIN is read there and nowhere else. */
static enum err open_module(void *self, struct vault *vaults, size_t count, struct why *why) {
    const struct module_options *given = self;
    const struct module_addresses addresses = {.pattern = given->addresses};
    struct secret_line *line = secret_room_new(sizeof *line);
    struct crypto_module module;
    if (!line || count != 1) {
        secret_room_free(line, sizeof *line);
        return why_say(why, ERR_OUTSIDE, "no memory for a PIN; end other programs and try again");
    }
    enum err err = secret_line_read(line, "PIN of the token: ", given->pin, why);
    const struct pkcs11_order order = {
        .library = given->library, .token = given->token, .pin = bytes_of(line->text, line->len)};
    err = err ? err : pkcs11_module_open(&order, &module, why);
    secret_room_free(line, sizeof *line);
    uint32_t region = (uint32_t)strtoul(given->region, NULL, 10);
    return err ? err : module_vault_open(&module, &addresses, region, &vaults[0], why);
}

static void show(const struct vault *vault, bool as_json) {
    json_t *list = as_json ? json_array() : NULL;
    size_t count = key_show_all(vault, list);
    if (as_json) {
        json_t *all = json_pack("{s:I, s:o}", "count", (json_int_t)count, "keys", list);
        (void)json_dumpf(all, stdout, 0);
        (void)printf("\n");
        json_decref(all);
    } else {
        (void)printf("%zu keys\n", count);
    }
}

int key_module_command(int argc, char **argv) {
    struct module_options given;
    const struct vault_keeper keeper = {&given, open_module, CAGE_MODULE};
    struct vault line;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    enum err err = vault_process_open(&keeper, NULL, &line, 1, &why);
    if (!err) {
        show(&line, given.json);
        line.close(line.self);
    }
    /* What the options said may be wrong: wrong use, no bad file. */
    return (int)ending_tell(err == ERR_INVALID ? ERR_CONFLICT : err, &why);
}
