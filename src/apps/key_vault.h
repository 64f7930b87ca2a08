/* The vault file of a centre with keys of its own: made, opened into a process, and its generation
 * kept in the audit chain, where nobody can take it back. [decision 0027] */
#pragma once

#include "apps/city.h"
#include "apps/passphrase.h"
#include "vaults/line/vault_process.h"

/* Makes the vault of a centre that has none: a first version of every key of the catalogue, from the
 * system's chance. ERR_CONFLICT for a rehearsal or a centre that has a vault; otherwise as
 * vault_file_write(). */
enum err key_vault_make(struct city *city, const struct passphrases *said, struct why *why);

/* Adds a first version of the lines that the catalogue has got since, and writes the next generation.
 * Writes it even when nothing is new: then the file has a new salt, key and nonce. */
enum err key_vault_complete(struct city *city, const struct passphrases *said, struct why *why);

/* How a vault file is opened: whose words, who hears of refusals (may be NULL), how many lines. */
struct vault_file_order {
    const struct custodian_files *files;
    const struct vault_watch *watch;
    size_t count;
};

/* Opens lines to a caged process that has read the file. The passphrases are read in that process and
 * never reach this one. *generation receives the file's. Errors as vault_file_read(). */
enum err key_vault_open(struct city *city, const struct vault_file_order *asked,
    struct vault *lines, uint64_t *generation, struct why *why);

/* The ring itself, for a ceremony, in a room for secrets: read as it stands, or written as the next
 * generation. Errors as vault_file_read() and vault_file_write(). */
enum err key_vault_read(
    struct city *city, const struct passphrases *said, struct key_ring *ring, struct why *why);
enum err key_vault_write(
    struct city *city, const struct passphrases *said, struct key_ring *ring, struct why *why);
