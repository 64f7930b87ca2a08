/* The vault of a centre, as every program of this house opens it: one function, whatever keeps the keys,
 * and always in a caged process of its own. [architecture: processes; system.md 6.1; decision 0033]
 *
 * Where the keys are is said by the centre alone (centre.json), never by a command:
 *
 *     seed      test keys, made from the seed: rehearsals, when nothing else was said
 *     module    a security module behind PKCS#11, which vault/module.json names (apps/module_place.h)
 *     file      vault/keys.vault, a file of two custodians (apps/key_vault.h)
 *
 * What people have to say for it (two passphrases, or the PIN of a token) is read inside the new
 * process, from the terminal or from files that the command line names, and never reaches this one.
 * What the vault refuses goes into the audit chain, whoever asked: the desk hears it itself, and the
 * city that is closed next writes it down (city.h). */
#pragma once

#include "apps/key_vault.h"
#include "host/centre.h"
#include "vaults/line/vault_process.h"

/* Where the words come from that open a vault: files of which the first line counts (a pipe or
 * /dev/fd/N serves, too), NULL: the terminal asks. Only those that this centre's vault wants are read. */
struct vault_words {
    struct custodian_files custodians; /* of a vault file */
    const char *pin;                   /* of the token in a security module */
};

/* The options of every command that opens the vault of a centre; member is a struct vault_words. */
#define OPTIONS_VAULT(type, member)                                                                \
    OPTIONS_CUSTODIANS(type, member.custodians), {                                                 \
        "--pin", OPTION_PATH, offsetof(type, member.pin), "FILE", NULL,                            \
            "PIN of the centre's security module, its first line; else the terminal asks", true    \
    }

/* "双人保管的密钥文件", "a file of two custodians": where keys are, for people; static. */
const char *vault_place_zh(enum centre_keys keys);
const char *vault_place_en(enum centre_keys keys);

/* Starts the vault's process of the centre in dir and fills count lines, each ended by its close. Call it
 * before threads are started and before the centre is opened: that one is opened here for a moment when
 * the keys are in a file, whose generation its audit chain knows. words NULL: the terminal asks;
 * Errors: as centre_read(), key_vault_open(), module_place_open();
 * ERR_OUTSIDE when the system gives no process. */
enum err vault_desk_open(const char *dir, const struct vault_words *words, struct vault *lines,
    size_t count, struct why *why);

/* The same for a command that has the centre open already. */
enum err vault_desk_open_city(struct city *city, const struct vault_words *words,
    struct vault *lines, size_t count, struct why *why);

/* Test keys of a seed without a centre: for specimens and benches. As vault_desk_open(). */
enum err vault_desk_seed(
    uint64_t seed, uint32_t region, struct vault *lines, size_t count, struct why *why);
