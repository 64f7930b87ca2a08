/* Makes a token in the first free slot of a PKCS#11 library and puts keys of 3DES into it that may encrypt
 * and derive: token_fill LIBRARY LABEL PIN <LINES. A line is a key's label and its 32 hexadecimal digits.
 * OpenSC's tool gives secret keys no CKA_DERIVE, so the tests bring this. */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_LEN = 16, LABEL_LEN = 32 };

static void must(CK_RV rv, const char *what) {
    if (rv != CKR_OK) {
        (void)fprintf(stderr, "token_fill: %s: %08lX\n", what, (unsigned long)rv);
        exit(1);
    }
}

static const CK_FUNCTION_LIST *load(const char *library) {
    CK_C_GetFunctionList list = NULL;
    CK_FUNCTION_LIST *call = NULL;
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    void *symbol = handle ? dlsym(handle, "C_GetFunctionList") : NULL;
    must(symbol ? CKR_OK : CKR_FUNCTION_FAILED, library);
    (void)memcpy(&list, &symbol, sizeof list);
    must(list(&call), "list");
    must(call->C_Initialize(NULL), "start");
    return call;
}

static CK_SLOT_ID slot_of(const CK_FUNCTION_LIST *call, const char *label) {
    CK_SLOT_ID slots[16];
    CK_ULONG count = 16;
    must(call->C_GetSlotList(CK_TRUE, slots, &count), "slots");
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO info;
        must(call->C_GetTokenInfo(slots[i], &info), "token");
        if (memcmp(info.label, label, strlen(label)) == 0) {
            return slots[i];
        }
    }
    must(CKR_TOKEN_NOT_PRESENT, "find the token");
    return 0;
}

/* A new token with its two PINs, and a session in which its user is signed in. */
static CK_SESSION_HANDLE begin(const CK_FUNCTION_LIST *call, const char *label, char *pin) {
    CK_UTF8CHAR name[LABEL_LEN], officer[] = "87654321";
    CK_ULONG officer_len = sizeof officer - 1, pin_len = (CK_ULONG)strlen(pin), count = 1;
    CK_SLOT_ID slot = 0;
    CK_SESSION_HANDLE session = 0;
    (void)memset(name, ' ', sizeof name);
    (void)memcpy(name, label, strlen(label));
    must(call->C_GetSlotList(CK_FALSE, &slot, &count), "first slot");
    must(call->C_InitToken(slot, officer, officer_len, name), "make the token");
    slot = slot_of(call, label);
    must(call->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session),
        "session");
    must(call->C_Login(session, CKU_SO, officer, officer_len), "officer");
    must(call->C_InitPIN(session, (CK_UTF8CHAR *)pin, pin_len), "PIN");
    must(call->C_Logout(session), "officer out");
    must(call->C_Login(session, CKU_USER, (CK_UTF8CHAR *)pin, pin_len), "user");
    return session;
}

static void put(
    const CK_FUNCTION_LIST *call, CK_SESSION_HANDLE session, char *label, const char *hex) {
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_DES2;
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_OBJECT_HANDLE handle = 0;
    unsigned char key[KEY_LEN];
    for (size_t i = 0; i < KEY_LEN; i++) {
        char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        key[i] = (unsigned char)strtoul(two, NULL, 16);
    }
    CK_ATTRIBUTE made[] = {
        {CKA_CLASS,       &class, sizeof class           },
        {CKA_KEY_TYPE,    &type,  sizeof type            },
        {CKA_LABEL,       label,  (CK_ULONG)strlen(label)},
        {CKA_TOKEN,       &yes,   sizeof yes             },
        {CKA_PRIVATE,     &yes,   sizeof yes             },
        {CKA_SENSITIVE,   &yes,   sizeof yes             },
        {CKA_EXTRACTABLE, &no,    sizeof no              },
        {CKA_ENCRYPT,     &yes,   sizeof yes             },
        {CKA_DERIVE,      &yes,   sizeof yes             },
        {CKA_VALUE,       key,    sizeof key             },
    };
    must(call->C_CreateObject(session, made, sizeof made / sizeof made[0], &handle), label);
}

int main(int argc, char **argv) {
    char label[128], hex[128];
    if (argc != 4 || strlen(argv[2]) > LABEL_LEN) {
        (void)fprintf(stderr, "token_fill LIBRARY LABEL PIN <LINES\n");
        return 2;
    }
    const CK_FUNCTION_LIST *call = load(argv[1]);
    CK_SESSION_HANDLE session = begin(call, argv[2], argv[3]);
    while (scanf("%127s %127s", label, hex) == 2) {
        must(strlen(hex) == 2 * KEY_LEN ? CKR_OK : CKR_DATA_LEN_RANGE, label);
        put(call, session, label, hex);
    }
    must(call->C_Finalize(NULL), "end");
    return 0;
}
