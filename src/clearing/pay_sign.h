/* The officers' signatures under a file for the bank, in a file beside it: 20031008.pay.sig.
 * [system.md 5.2.3; decision 0044]
 *
 * Text, one line for each officer who signed, lines end with CR LF:
 *
 *   SIG|1|<officer>|<key id, 16 hexadecimal digits>|<signature, 128>
 *
 * The signature is Ed25519 (host/signer.h) over the officer's code, a line feed, and the whole bank
 * file; so nobody's signature can be shown as another's, and signing again gives the same line. Each
 * officer's key is in a file that only they should have; the bank has the public halves. */
#pragma once

#include "clearing/clearing.h"
#include "host/signer.h"

/* Adds the officer's signature to path.sig, or writes their line anew. ERR_NOT_FOUND: no file of that
 * name; ERR_CONFLICT: path.sig is no file of signatures; ERR_OUTSIDE: the disk fails. */
enum err pay_sign(const char *path, const char *officer, struct signer *signer, struct why *why);

/* Whose signature by this key is under the file. ERR_NOT_FOUND: none is; ERR_DENIED: one is, and not
 * over these bytes. */
enum err pay_sign_check(
    const char *path, struct signer *key, char officer[OFFICER_NAME_MAX + 1], struct why *why);

/* Whether a line of that officer is under the file. Whose key made it and whether it is over these bytes the
 * bank checks, which has the public halves. ERR_NOT_FOUND: none is; ERR_CONFLICT as pay_sign(). */
enum err pay_sign_by(const char *path, const char *officer, struct why *why);

/* ERR_CONFLICT, with the name, while one of those who must sign the file of a day has not. */
enum err pay_sign_complete(
    const struct clearing *c, const struct day_row *row, const char *path, struct why *why);

/* Who must sign the file of a day, and nobody else may: maker, approver, and the head where they said
 * yes. ERR_CONFLICT: the day is not paid; ERR_DENIED: the officer is none of them. */
enum err pay_sign_allowed(
    const struct clearing *c, uint32_t day, const char *officer, struct why *why);
