/* A soft vault at rest: the ring of root keys in a file that only two custodians together open.
 * [decision 0027; system.md 6.1]
 *
 * The file, all numbers with the high byte first:
 *
 *     "shebao-vault" (12)  format (2)  region (4)  generation (8)
 *     Argon2id: memory in KiB (4)  passes (4)  lanes (4)  salt (32)
 *     nonce (12)  length (4)  the ring, AES-256-GCM, with its tag (16)  SHA-256 of all before (32)
 *
 * The key is Argon2id of both passphrases, one behind the other with their lengths; everything before
 * the ring is authenticated with it. What is wrong with a file is told apart: cut, changed (the
 * digest, which needs no passphrase), rolled back (the generation is below the one that the centre
 * has seen), passphrases that do not open it (the tag). Each is one sentence with its next step.
 *
 * Power: a file is written whole, forced to the disk and renamed into its place; after any
 * interruption the old one stands there or the new. The generation goes up with every write, and so
 * does the salt's and the nonce's chance: no key and nonce are used twice. */
#pragma once

#include "vaults/soft/key_ring.h"

enum { CUSTODIANS = 2, PASSPHRASE_LEAST = 12, PASSPHRASE_MAX = 256 };

/* What Argon2id costs whoever tries a passphrase. */
struct vault_cost {
    uint32_t memory_kib; /* 8 to 4194304 */
    uint32_t passes;     /* 1 to 100 */
};
/* 64 MiB and three passes, a quarter of a second on a machine of today: for centres. */
extern const struct vault_cost vault_cost_usual;

/* What two custodians say, borrowed; each wipes their own. */
struct custodians {
    struct bytes said[CUSTODIANS];
};

/* What a file tells without a passphrase. */
struct vault_file_facts {
    uint32_t region;
    uint64_t generation;
    struct vault_cost cost;
};

/* ERR_INVALID, in words that say which, when a passphrase is shorter than PASSPHRASE_LEAST bytes, too
 * long, or the same as the other's: two persons must be needed. */
enum err custodians_check(const struct custodians *who, struct why *why);

/* Looks at a file without opening it. ERR_NOT_FOUND when there is none, ERR_INVALID when it is cut,
 * changed, or of another make. */
enum err vault_file_look(const char *path, struct vault_file_facts *facts, struct why *why);

/* Opens the file into *ring, which lies in a room for secrets. least is the generation that the
 * centre has seen last. ERR_CONFLICT when the file is an older copy, ERR_DENIED when the passphrases
 * do not open it; otherwise as vault_file_look(). *ring is wiped after a failure. */
enum err vault_file_read(const char *path, const struct custodians *who, uint64_t least,
    struct key_ring *ring, struct why *why);

/* Puts the ring in the file's place, with a generation one above ring->generation, which becomes the
 * ring's. ERR_INVALID for passphrases that do not do, ERR_OUTSIDE when the disk or the system fails;
 * the old file and the ring are then as they were. */
enum err vault_file_write(const char *path, const struct custodians *who,
    const struct vault_cost *cost, struct key_ring *ring, struct why *why);
