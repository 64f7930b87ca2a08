/* What a hardware security module must be able to do, so that a vault can stand on it: five functions
 * over keys that never leave it. [decision 0027]
 *
 * PKCS#11 offers them (vaults/pkcs11). A module that speaks GM/T 0018 (SDF) fits under the same five:
 * find is SDF_GetKeyHandle by index, derive an SDF_Encrypt whose result goes back in by
 * SDF_ImportKey, encrypt SDF_Encrypt with SGD_SM4_ECB and SGD_SM4_CBC, forget SDF_DestroyKey.
 *
 * Keys are named by numbers above 1 that the module gives. Every function may answer ERR_OUTSIDE: the module
 * is not there just now. All numbers are void then, and whoever has them finds and derives anew; the
 * module comes back by itself with the first call after it returned. One thread at a time. */
#pragma once

#include "base/bytes.h"
#include "host/why.h"

struct crypto_module {
    void *self;
    /* The key at that address, in *key. ERR_NOT_FOUND when the module has none. */
    enum err (*find)(void *self, const char *address, uint64_t *key, struct why *why);
    /* 3DES(key, data) is a key of 16 bytes; it stays inside, its number in *derived. */
    enum err (*derive)(
        void *self, uint64_t key, const uint8_t data[16], uint64_t *derived, struct why *why);
    /* 3DES of whole blocks, at most 528 bytes: ECB when iv is NULL, else CBC. out may be data's place. */
    enum err (*encrypt)(void *self, uint64_t key, const uint8_t *iv, struct bytes data,
        uint8_t *out, struct why *why);
    /* Ends a derived key. One that is gone is gone. */
    void (*forget)(void *self, uint64_t key);
    /* Ends the session with the module; all keys that were derived are gone then. */
    void (*close)(void *self);
};
