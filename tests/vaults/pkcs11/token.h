/* A token of SoftHSM 2 in a directory of its own, with the roots of model_seed in it. Tests that include
 * this are skipped where the library is not installed. */
#pragma once

#include "check.h"

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/scratch.h"
#include "keys/permit.h"
#include "vaults/module/module_vault.h"
#include "vaults/pkcs11/pkcs11_module.h"
#include "vaults/soft/model.h"

static const char token_label[] = "shebao test";
static const char token_pin[] = "20031008";
static const char token_pattern[] = "test/{name}/{version}";

/* The library's path, or NULL. */
static inline const char *token_library(void) {
    static const char *const places[] = {"/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (access(places[i], R_OK) == 0) {
            return places[i];
        }
    }
    return NULL;
}

/* A directory in memory, where there is one: a token forces each of its many objects to the disk. */
static inline int token_scratch_make(void **state) {
    char *path = strdup("/dev/shm/shebao-test-XXXXXX");
    if (path && mkdtemp(path)) {
        *state = path;
        return 0;
    }
    free(path);
    return scratch_make(state);
}

/* Points SoftHSM to scratch/tokens by a configuration of its own. */
static inline void token_configure(const char *scratch) {
    char path[512], tokens[512];
    (void)snprintf(path, sizeof path, "%s/softhsm2.conf", scratch);
    (void)snprintf(tokens, sizeof tokens, "%s/tokens", scratch);
    assert_int_equal(mkdir(tokens, 0700), 0);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fprintf(
        file, "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n", tokens);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(setenv("SOFTHSM2_CONF", path, 1), 0);
}

static inline const CK_FUNCTION_LIST *token_functions(void *library) {
    CK_C_GetFunctionList list = NULL;
    CK_FUNCTION_LIST *call = NULL;
    void *symbol = dlsym(library, "C_GetFunctionList");
    assert_non_null(symbol);
    (void)memcpy(&list, &symbol, sizeof list);
    assert_int_equal(list(&call), CKR_OK);
    return call;
}

/* The slot of our token; SoftHSM always has an empty one besides. */
static inline CK_SLOT_ID token_slot(const CK_FUNCTION_LIST *call) {
    CK_SLOT_ID slots[8];
    CK_ULONG count = 8;
    CK_TOKEN_INFO info;
    assert_int_equal(call->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
    for (CK_ULONG i = 0; i < count; i++) {
        assert_int_equal(call->C_GetTokenInfo(slots[i], &info), CKR_OK);
        if (memcmp(info.label, token_label, sizeof token_label - 1) == 0) {
            return slots[i];
        }
    }
    fail_msg("the token is not there");
    return 0;
}

static inline void token_put(const CK_FUNCTION_LIST *call, CK_SESSION_HANDLE session,
    const char *label, const struct key128 *root) {
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_DES2;
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    struct key128 copy = *root;
    char name[MODULE_ADDRESS_MAX];
    CK_OBJECT_HANDLE handle = 0;
    (void)snprintf(name, sizeof name, "%s", label);
    CK_ATTRIBUTE key[] = {
        {CKA_CLASS,       &class,     sizeof class          },
        {CKA_KEY_TYPE,    &type,      sizeof type           },
        {CKA_LABEL,       name,       (CK_ULONG)strlen(name)},
        {CKA_TOKEN,       &yes,       sizeof yes            },
        {CKA_PRIVATE,     &yes,       sizeof yes            },
        {CKA_SENSITIVE,   &yes,       sizeof yes            },
        {CKA_EXTRACTABLE, &no,        sizeof no             },
        {CKA_ENCRYPT,     &yes,       sizeof yes            },
        {CKA_DERIVE,      &yes,       sizeof yes            },
        {CKA_VALUE,       copy.bytes, sizeof copy.bytes     },
    };
    assert_int_equal(
        call->C_CreateObject(session, key, sizeof key / sizeof key[0], &handle), CKR_OK);
}

/* Every line that the catalogue has under 3DES, in the versions below `versions`; two lines that tests
 * ask for in all versions have all. */
static inline void token_fill(
    const CK_FUNCTION_LIST *call, CK_SESSION_HANDLE session, unsigned versions) {
    const struct module_addresses addresses = {.pattern = token_pattern};
    char address[MODULE_ADDRESS_MAX];
    struct why why;
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        bool all = n == KEY_DLK || n == KEY_UK1DF01;
        for (unsigned v = 0; n != KEY_TRANSPORT && v <= KEY_VERSION_MAX; v++) {
            struct key_ref ref = {.name = (enum key_name)n, .version = (uint8_t)v};
            if ((v < versions || all) && key_permit(&ref, USE_CHECK_VALUE, &why) == OK) {
                struct key128 root = model_root(model_seed, ref.name, KEY_TDES, ref.version);
                assert_int_equal(
                    module_address(&addresses, ref.name, ref.version, address, &why), OK);
                token_put(call, session, address, &root);
            }
        }
    }
    struct key128 pin = model_root(model_seed, KEY_DTK, KEY_TDES, 200);
    assert_int_equal(module_address(&addresses, (enum key_name)KEY_COUNT, 0, address, &why), OK);
    token_put(call, session, address, &pin);
}

/* A new token with its two PINs and its keys. The library is initialised and ended again. */
static inline void token_make(const char *scratch, unsigned versions) {
    CK_UTF8CHAR label[32], so_pin[] = "87654321", pin[sizeof token_pin];
    CK_SLOT_ID slot = 0;
    CK_ULONG count = 1;
    CK_SESSION_HANDLE session = 0;
    token_configure(scratch);
    void *library = dlopen(token_library(), RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library);
    const CK_FUNCTION_LIST *call = token_functions(library);
    (void)memset(label, ' ', sizeof label);
    (void)memcpy(label, token_label, sizeof token_label - 1);
    (void)memcpy(pin, token_pin, sizeof pin);
    assert_int_equal(call->C_Initialize(NULL), CKR_OK);
    assert_int_equal(call->C_GetSlotList(CK_FALSE, &slot, &count), CKR_OK);
    assert_int_equal(call->C_InitToken(slot, so_pin, sizeof so_pin - 1, label), CKR_OK);
    CK_FLAGS both = CKF_SERIAL_SESSION | CKF_RW_SESSION;
    slot = token_slot(call);
    assert_int_equal(call->C_OpenSession(slot, both, NULL, NULL, &session), CKR_OK);
    assert_int_equal(call->C_Login(session, CKU_SO, so_pin, sizeof so_pin - 1), CKR_OK);
    assert_int_equal(call->C_InitPIN(session, pin, sizeof pin - 1), CKR_OK);
    assert_int_equal(call->C_Logout(session), CKR_OK);
    assert_int_equal(call->C_Login(session, CKU_USER, pin, sizeof pin - 1), CKR_OK);
    token_fill(call, session, versions);
    assert_int_equal(call->C_CloseSession(session), CKR_OK);
    assert_int_equal(call->C_Finalize(NULL), CKR_OK);
    (void)dlclose(library);
}

/* A vault over that token; loaded as in struct pkcs11_order. */
static inline enum err token_vault(
    const CK_FUNCTION_LIST *loaded, struct vault *out, struct why *why) {
    const struct module_addresses addresses = {.pattern = token_pattern};
    const struct pkcs11_order order = {.library = token_library(),
        .token = token_label,
        .pin = bytes_text(token_pin),
        .loaded = loaded};
    struct crypto_module module;
    enum err err = pkcs11_module_open(&order, &module, why);
    return err ? err : module_vault_open(&module, &addresses, MODEL_REGION, out, why);
}
