/* A PKCS#11 library that stands before another one (SHEBAO_TEST_MODULE names it) and passes everything on
 * until the file that SHEBAO_TEST_GONE names exists: then the device is gone, and comes back when the
 * file does. A test can so take a security module out in the middle of a batch. */
#include <dlfcn.h>
#include <fcntl.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static CK_FUNCTION_LIST front;
static const CK_FUNCTION_LIST *real;
static char gone_path[1024];

static bool gone(void) {
    int fd = open(gone_path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)close(fd);
    }
    return fd >= 0;
}

static CK_RV derive(CK_SESSION_HANDLE session, CK_MECHANISM *how, CK_OBJECT_HANDLE base,
    CK_ATTRIBUTE *made, CK_ULONG count, CK_OBJECT_HANDLE *key) {
    return gone() ? CKR_DEVICE_REMOVED : real->C_DeriveKey(session, how, base, made, count, key);
}
static CK_RV encrypt_init(CK_SESSION_HANDLE session, CK_MECHANISM *how, CK_OBJECT_HANDLE key) {
    return gone() ? CKR_DEVICE_REMOVED : real->C_EncryptInit(session, how, key);
}
static CK_RV find_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *wanted, CK_ULONG count) {
    return gone() ? CKR_DEVICE_REMOVED : real->C_FindObjectsInit(session, wanted, count);
}
static CK_RV open_session(
    CK_SLOT_ID slot, CK_FLAGS flags, void *self, CK_NOTIFY notify, CK_SESSION_HANDLE *session) {
    return gone() ? CKR_TOKEN_NOT_PRESENT : real->C_OpenSession(slot, flags, self, notify, session);
}
static CK_RV slot_list(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *count) {
    if (gone()) {
        *count = 0;
        return CKR_OK;
    }
    return real->C_GetSlotList(present, slots, count);
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list) {
    CK_C_GetFunctionList real_list = NULL;
    CK_FUNCTION_LIST *call = NULL;
    const char *path = getenv("SHEBAO_TEST_MODULE"), *file = getenv("SHEBAO_TEST_GONE");
    void *handle = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    void *symbol = handle ? dlsym(handle, "C_GetFunctionList") : NULL;
    if (!symbol || !file || strlen(file) >= sizeof gone_path) {
        return CKR_GENERAL_ERROR;
    }
    (void)memcpy(&real_list, &symbol, sizeof real_list);
    (void)memcpy(gone_path, file, strlen(file) + 1);
    CK_RV rv = real_list(&call);
    if (rv == CKR_OK) {
        real = call;
        front = *call;
        front.C_DeriveKey = derive;
        front.C_EncryptInit = encrypt_init;
        front.C_FindObjectsInit = find_init;
        front.C_OpenSession = open_session;
        front.C_GetSlotList = slot_list;
        *list = &front;
    }
    return rv;
}
