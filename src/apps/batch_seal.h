/* Files of batches are sealed for one receiver: AES-256-GCM under a file key that was handed over by
 * itself. [system.md 4.2.4, 6.3.2; decision 0032]
 *
 *     "SBF1" | nonce (12) | ciphertext | tag (16)
 *
 * The key is a file of 64 hexadecimal characters, with or without a line feed. The nonce is drawn anew
 * for every file. */
#pragma once

#include "base/bytes.h"
#include "host/files.h"

enum { BATCH_SEAL_EXTRA = 4 + 12 + 16, FILE_KEY_LEN = 32 };

/* Reads the key; wipe it with OPENSSL_cleanse() or SECRET_SCOPE. ERR_INVALID: the file is no key. */
enum err file_key_read(const char *path, uint8_t key[FILE_KEY_LEN], struct why *why);

/* Seals plain into sealed, which has room for plain.len + BATCH_SEAL_EXTRA bytes. ERR_OUTSIDE: no
 * nonce or no cipher. */
enum err batch_seal(
    const uint8_t key[FILE_KEY_LEN], struct bytes plain, uint8_t *sealed, struct why *why);

/* Opens sealed into plain, which has room for sealed.len bytes; *len says how many came out.
 * ERR_INVALID: it is no sealed file, was changed, or another key sealed it; plain is then wiped. */
enum err batch_unseal(const uint8_t key[FILE_KEY_LEN], struct bytes sealed, uint8_t *plain,
    size_t *len, struct why *why);
