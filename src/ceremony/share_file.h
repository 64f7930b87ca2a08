/* One custodian's part of a root key, sealed so that only that custodian opens it. [system.md 6.1;
 * decision 0028]
 *
 * A set of parts is made once, by splitting a key: by Shamir's way (any k of n) or as components (all
 * n, exclusive-or), as upper levels hand keys over. Its name is a digest over what it is a part of and over
 * a digest of each part; so every file carries enough to tell which part is wrong and whose it is:
 *
 *     "shebao-share" (12)  format (2)
 *     order (33)  holder (33)  key (17)  algorithm (1)  version (1)  check value of the key (3)
 *     way (1)  k (1)  n (1)  place, from 1 (1)  digest of each part (16 times 32)
 *     Argon2id: memory in KiB (4)  passes (4)  salt (32)  nonce (12)
 *     the part, AES-256-GCM (16) with its tag (16)   SM3 of all before (32)
 *
 * The key of the seal is Argon2id of the holder's passphrase; everything before the part is
 * authenticated with it. A part has the key's own 16 bytes of chance in it, so its digest tells
 * nothing about it. */
#pragma once

#include "ceremony/chance.h"
#include "ceremony/shamir.h"
#include "vaults/soft/vault_file.h"

enum { CODE_MAX = 32, PART_LEN = 16, SHARE_FILE_LEN = 734 };

enum share_way { SHARES_SHAMIR, SHARES_COMPONENTS };

/* What a splitting is about; parts of one set agree in all of it. */
struct share_set {
    char order[CODE_MAX + 1]; /* of the ceremony that made it */
    uint16_t name;            /* enum key_name */
    uint8_t algorithm, version;
    uint8_t check[3]; /* check value of the root */
    uint8_t way;      /* enum share_way */
    uint8_t k, n;
    uint8_t digests[SHAMIR_PARTS_MAX][SM3_LEN]; /* of each part; zeros behind n */
};

/* One part, opened; a secret: wipe it. */
struct share {
    char holder[CODE_MAX + 1];
    uint8_t place; /* from 1 */
    uint8_t part[PART_LEN];
};

/* What a share is sealed with: what its holder says, borrowed, and what trying it costs. */
struct share_lock {
    struct bytes said;
    struct vault_cost cost;
};

/* First three bytes of the root's encryption of zeros, as key_permit's check values are. */
void root_check(uint8_t algorithm, const struct key128 *root, uint8_t check[3]);

/* Makes the parts of a root: fills set->check and set->digests, and part and place of n shares; the other
 * members of set, and the holders, are the caller's. Components need k == n. ERR_OUTSIDE without
 * chance. The caller wipes shares. */
enum err share_split(struct share_set *set, const struct key128 *root, struct chance *chance,
    struct share shares[SHAMIR_PARTS_MAX], struct why *why);

/* The name of a set: a digest over all of it. */
void share_set_name(const struct share_set *set, uint8_t name[SM3_LEN]);

/* Writes the file of one part to out, under the holder's lock. ERR_INVALID for a passphrase that does
 * not do, ERR_OUTSIDE when the system fails. */
enum err share_seal(const struct share_set *set, const struct share *share,
    const struct share_lock *lock, struct chance *chance, uint8_t out[SHARE_FILE_LEN],
    struct why *why);

/* What a file tells without a passphrase; share->part stays zero. ERR_INVALID when it is cut, changed or
 * no share. file names it in sentences. */
enum err share_look(struct bytes content, const char *file, struct share_set *set,
    struct share *share, struct why *why);

/* Opens it. ERR_DENIED when the passphrase is not the holder's; ERR_INVALID when the part is not the
 * one of its set: the sentence names the holder. */
enum err share_open(struct bytes content, const char *file, struct bytes said,
    struct share_set *set, struct share *share, struct why *why);

/* Puts a root together from opened parts of set. ERR_CONFLICT when there are too few or two are the
 * same, ERR_INVALID when what comes out has another check value. *root is wiped after a failure. */
enum err share_join(const struct share_set *set, const struct share *shares, size_t count,
    struct key128 *root, struct why *why);
