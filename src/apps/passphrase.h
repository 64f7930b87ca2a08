/* Reading what only one person may know, from a file or a terminal, never from the command line. */
#pragma once

#include "vaults/soft/vault_file.h"

/* Where the passphrases of custodians A and B come from: files (a pipe or /dev/fd/N serves, too), of
 * which the first line counts; NULL asks at the terminal, without showing what is typed. */
struct custodian_files {
    const char *from[CUSTODIANS];
};

/* The options of every command that needs both custodians. */
#define OPTIONS_CUSTODIANS(type, member)                                                           \
    {"--custodian-a", OPTION_PATH, offsetof(type, member.from[0]), "FILE", NULL,                   \
        "custodian A's passphrase is its first line; without, the terminal asks", true},           \
    {                                                                                              \
        "--custodian-b", OPTION_PATH, offsetof(type, member.from[1]), "FILE", NULL,                \
            "custodian B's passphrase, likewise", true                                             \
    }

/* Both custodians' passphrases, in a room for secrets. */
struct passphrases {
    uint8_t text[CUSTODIANS][PASSPHRASE_MAX + 1];
    size_t len[CUSTODIANS];
};

/* Reads both. New ones are typed twice at the terminal, and checked [custodians_check()].
 * ERR_NOT_FOUND for a file that cannot be read, ERR_CONFLICT without a terminal or when the second time
 * is another, ERR_INVALID for what is no passphrase. */
enum err passphrases_read(
    struct passphrases *room, const struct custodian_files *files, bool new, struct why *why);

/* One line that only one person may know. */
struct secret_line {
    uint8_t text[PASSPHRASE_MAX + 1];
    size_t len;
};

/* The first line of the file, or what is typed at the terminal after the prompt. Errors as above. */
enum err secret_line_read(
    struct secret_line *line, const char *prompt, const char *file, struct why *why);

/* As vault_file.h takes them; borrowed from the room. */
struct custodians passphrases_said(const struct passphrases *room);
