/* A signing key of the centre in a file: Ed25519, by OpenSSL. [RFC 8032]
 *
 * Whoever holds the public half can tell what the centre said from what somebody else did; blacklists
 * travel in such envelopes (wire/blacklist_forms.h). The private half lies in a file that only the
 * centre's own user may read, beside the public one (NAME.pub), both as PEM. It signs no money and
 * opens no card; the keys that do stay in the vault. One thread at a time uses a struct signer. */
#pragma once

#include "base/bytes.h"
#include "host/why.h"

enum { SIGNER_SIGNATURE_LEN = 64, SIGNER_ID_LEN = 8 };

struct signer {
    void *key;                 /* OpenSSL's; NULL when it is closed */
    uint8_t id[SIGNER_ID_LEN]; /* the first bytes of SHA-256 over the public key */
};

/* Opens the key in path, and makes a new one there when there is none. ERR_CONFLICT: the file is no
 * such key, or others may read it; ERR_OUTSIDE: the disk fails. */
enum err signer_open(struct signer *signer, const char *path, struct why *why);
/* Opens a public key: it can only check. ERR_NOT_FOUND, ERR_INVALID: path is none. */
enum err signer_open_public(struct signer *signer, const char *path, struct why *why);
void signer_close(struct signer *signer);
#define SIGNER_SCOPE(name) __attribute__((cleanup(signer_close))) struct signer name = {.key = NULL}

/* Signs; the signer has a private key. */
enum err signer_sign(struct signer *signer, struct bytes said,
    uint8_t signature[SIGNER_SIGNATURE_LEN], struct why *why);
/* OK when the signature is this key's over these bytes, ERR_DENIED when it is not. */
enum err signer_check(
    struct signer *signer, struct bytes said, struct bytes signature, struct why *why);
