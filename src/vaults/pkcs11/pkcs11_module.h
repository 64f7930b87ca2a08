/* A security module that speaks PKCS#11 v2.40, as the five functions of vaults/module.
 *
 * The module is a shared library of its maker's, loaded from a path; a token in it is found by its
 * label and opened with the PIN of its user. Root keys are secret keys of 3DES (CKK_DES2, or CKK_DES3
 * with K1 = K3), sensitive and not extractable, found by their label; what is derived from them is
 * made by C_DeriveKey with CKM_DES3_ECB_ENCRYPT_DATA as session keys, sensitive and not extractable
 * too. Computing is C_Encrypt with CKM_DES3_ECB and CKM_DES3_CBC.
 *
 * A session that breaks (the token is taken out, its service restarts, somebody ends the session) is
 * ERR_OUTSIDE with one sentence that has the module's own word for it. The next find opens a new one;
 * for that the PIN is kept in a room for secrets as long as the module is open.
 *
 * Threads: one at a time for each that is opened; several may be opened in one process, each with a
 * session of its own, and used side by side. The library is ended with the last. */
#pragma once

#include "vaults/module/crypto_module.h"

enum { PKCS11_PIN_MAX = 64 };

struct pkcs11_order {
    const char *library; /* the path of the module's library */
    const char *token;   /* the label of the token */
    struct bytes pin;    /* of its user; copied, the caller wipes it */
    /* The CK_FUNCTION_LIST of a library that is loaded already, instead of the path: for tests that
     * stand between. NULL: none */
    const void *loaded;
};

/* Loads the library, finds the token and signs in. ERR_NOT_FOUND when there is no such library or
 * token, ERR_DENIED when the PIN is wrong (it is not tried again: tokens lock themselves),
 * ERR_INVALID for an order that makes no sense or a token without 3DES, ERR_OUTSIDE for what the
 * module says otherwise. */
enum err pkcs11_module_open(
    const struct pkcs11_order *order, struct crypto_module *out, struct why *why);
