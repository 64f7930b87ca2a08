/* The security module of a centre: which library, which token, and how the root keys are labelled in it.
 * [system.md 6.1; decisions 0027, 0033]
 *
 * It is configuration of the centre, in vault/module.json, written by `shebao key module --use` once the
 * module was opened, and to be changed by whoever runs the centre:
 *
 *     {"format": "shebao module 1", "library": "/usr/lib/maker/libpkcs11.so", "token": "the city",
 *      "addresses": "shebao.{name}.{version}", "exceptions": {"DPK 2": "ministry-purchase-2"}}
 *
 * addresses names every root key by a pattern; exceptions name single keys, by name and version, that
 * the site keeps under another label (PIN 0 is the key that first PINs are drawn from). It is read
 * strictly: an unknown or repeated member is refused. The PIN of the token stands nowhere. */
#pragma once

#include "apps/passphrase.h"
#include "host/files.h"
#include "vaults/line/vault_process.h"
#include "vaults/module/module_vault.h"

enum { MODULE_TOKEN_MAX = 32 };

/* What module.json says. */
struct module_place {
    char library[PATH_ROOM], token[MODULE_TOKEN_MAX + 1], pattern[MODULE_ADDRESS_MAX];
    struct module_alias aliases[MODULE_ALIASES_MAX];
    char labels[MODULE_ALIASES_MAX][MODULE_ADDRESS_MAX]; /* what the aliases point to */
    size_t alias_count;
};

/* The lines that somebody wants to a vault's process, and who hears of refusals (NULL: nobody). */
struct lines_wanted {
    const struct vault_watch *watch;
    struct vault *lines;
    size_t count;
};

/* Whether the centre in dir has a module.json, whatever it says. */
bool module_place_exists(const char *dir);

/* Reads it. ERR_CONFLICT, with the way to it, when there is none; ERR_INVALID with the line or the member that is wrong. */
enum err module_place_read(const char *dir, struct module_place *place, struct why *why);

/* Writes it, whole or not at all, in place of what was there. The exceptions are kept. */
enum err module_place_write(const char *dir, const struct module_place *place, struct why *why);

/* Starts a caged process (CAGE_MODULE) that has signed in to the module, with count lines; each has a
 * session of its own. pin names the file with the PIN, NULL: the terminal asks. Errors of
 * pkcs11_module_open() and vault_process_open(). */
enum err module_place_start(const struct module_place *place, uint32_t region, const char *pin,
    const struct lines_wanted *wanted, struct why *why);

/* Reads the place of the centre in dir, and starts it for the centre's region. */
enum err module_place_open(
    const char *dir, const char *pin, const struct lines_wanted *wanted, struct why *why);
