#include "vaults/pkcs11/pkcs11_module.h"

#include <assert.h>
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdio.h>

#include "vaults/soft/secret_room.h"

/* session 1: a handle is used in the session in which it was made.
 * session 2: a PIN that was refused is not sent again.
 * session 3: only find() opens a session anew; numbers from before are void then.
 * session 4: the library is ended by the last who uses it: lines of one process share it. */

enum { LABEL_LEN = 32, SLOTS_MAX = 64, NUMBER_OFFSET = 2, BLOCK = 8 };

struct pkcs11 {
    void *library; /* NULL when it was loaded by somebody else */
    const CK_FUNCTION_LIST *call;
    CK_SESSION_HANDLE session;
    bool open, pin_refused, begun; /* begun: counted in users */
    char token[LABEL_LEN + 1];
    size_t pin_len;
    uint8_t pin[PKCS11_PIN_MAX];
};

/* What a module answers, in words; what is not here is told by its number. */
static const struct {
    CK_RV rv;
    const char *text;
} answers[] = {
    {CKR_DEVICE_ERROR,               "CKR_DEVICE_ERROR, the device has a fault"             },
    {CKR_DEVICE_MEMORY,              "CKR_DEVICE_MEMORY, its memory is full"                },
    {CKR_DEVICE_REMOVED,             "CKR_DEVICE_REMOVED, the device was taken away"        },
    {CKR_TOKEN_NOT_PRESENT,          "CKR_TOKEN_NOT_PRESENT, the token was taken away"      },
    {CKR_TOKEN_NOT_RECOGNIZED,       "CKR_TOKEN_NOT_RECOGNIZED"                             },
    {CKR_SESSION_HANDLE_INVALID,     "CKR_SESSION_HANDLE_INVALID, the session was ended"    },
    {CKR_SESSION_CLOSED,             "CKR_SESSION_CLOSED, the session was ended"            },
    {CKR_KEY_HANDLE_INVALID,         "CKR_KEY_HANDLE_INVALID, the key is gone"              },
    {CKR_OBJECT_HANDLE_INVALID,      "CKR_OBJECT_HANDLE_INVALID, the key is gone"           },
    {CKR_USER_NOT_LOGGED_IN,         "CKR_USER_NOT_LOGGED_IN, the user was signed out"      },
    {CKR_CRYPTOKI_NOT_INITIALIZED,   "CKR_CRYPTOKI_NOT_INITIALIZED, the library was ended"  },
    {CKR_GENERAL_ERROR,              "CKR_GENERAL_ERROR"                                    },
    {CKR_FUNCTION_FAILED,            "CKR_FUNCTION_FAILED"                                  },
    {CKR_HOST_MEMORY,                "CKR_HOST_MEMORY, no memory"                           },
    {CKR_MECHANISM_INVALID,          "CKR_MECHANISM_INVALID, it does not have that function"},
    {CKR_KEY_FUNCTION_NOT_PERMITTED,
     "CKR_KEY_FUNCTION_NOT_PERMITTED, the key may not derive (CKA_DERIVE) or encrypt"       },
    {CKR_PIN_LOCKED,                 "CKR_PIN_LOCKED, the PIN is locked"                    },
};

static enum err refused(const char *verb, CK_RV rv, struct why *why) {
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        if (answers[i].rv == rv) {
            return why_say(why, ERR_OUTSIDE,
                "the security module cannot %s: %s; see to it and start again", verb,
                answers[i].text);
        }
    }
    return why_say(why, ERR_OUTSIDE,
        "the security module cannot %s: answer %08lX; see to it and start again", verb,
        (unsigned long)rv);
}

/* The session is not asked again after trouble; it is ended, should it still be there. */
static enum err lost(struct pkcs11 *p, const char *verb, CK_RV rv, struct why *why) {
    if (p->open) {
        p->open = false;
        (void)p->call->C_CloseSession(p->session);
    }
    return refused(verb, rv, why);
}

/* --- sessions ----------------------------------------------------------------------------------- */

/* Labels are filled up with blanks, without an end. [PKCS#11 v2.40, 3.2] */
static bool has_label(const CK_TOKEN_INFO *info, const char *label) {
    size_t len = strlen(label);
    bool same = len <= LABEL_LEN && memcmp(info->label, label, len) == 0;
    for (size_t i = len; same && i < LABEL_LEN; i++) {
        same = info->label[i] == ' ';
    }
    return same;
}

static enum err find_token(struct pkcs11 *p, CK_SLOT_ID *slot, struct why *why) {
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;
    assert(p->call);
    CK_RV rv = p->call->C_GetSlotList(CK_TRUE, slots, &count);
    if (rv != CKR_OK) {
        return refused("list its tokens", rv, why);
    }
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO info;
        if (p->call->C_GetTokenInfo(slots[i], &info) == CKR_OK && has_label(&info, p->token)) {
            *slot = slots[i];
            return OK;
        }
    }
    return why_say(why, ERR_NOT_FOUND,
        "the security module has %lu tokens and none is called \"%s\"; put it in, or name another",
        (unsigned long)count, p->token);
}

static enum err check_mechanisms(struct pkcs11 *p, CK_SLOT_ID slot, struct why *why) {
    static const struct {
        CK_MECHANISM_TYPE type;
        CK_FLAGS use;
        const char *name;
    } needed[] = {
        {CKM_DES3_ECB,              CKF_ENCRYPT, "CKM_DES3_ECB"             },
        {CKM_DES3_CBC,              CKF_ENCRYPT, "CKM_DES3_CBC"             },
        {CKM_DES3_ECB_ENCRYPT_DATA, CKF_DERIVE,  "CKM_DES3_ECB_ENCRYPT_DATA"},
    };
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        CK_MECHANISM_INFO info = {0};
        if (p->call->C_GetMechanismInfo(slot, needed[i].type, &info) != CKR_OK
            || !(info.flags & needed[i].use)) {
            return why_say(why, ERR_INVALID,
                "the token \"%s\" does not have %s, which keys are derived with; use another "
                "module",
                p->token, needed[i].name);
        }
    }
    return OK;
}

static enum err sign_in(struct pkcs11 *p, struct why *why) {
    CK_RV rv = p->call->C_Login(p->session, CKU_USER, p->pin, (CK_ULONG)p->pin_len);
    if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN) {
        return OK;
    }
    if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_INVALID || rv == CKR_PIN_LEN_RANGE) {
        p->pin_refused = true; /* session 2 */
        (void)lost(p, "sign in", rv, why);
        return why_say(why, ERR_DENIED,
            "the token \"%s\" refuses the PIN; give the right one before it locks itself",
            p->token);
    }
    return lost(p, "sign in", rv, why);
}

/* Nothing when the session is there. */
static enum err ready(struct pkcs11 *p, struct why *why) {
    CK_SLOT_ID slot = 0;
    if (p->open) {
        return OK;
    }
    if (p->pin_refused) {
        return why_say(why, ERR_DENIED,
            "the token \"%s\" refused the PIN before; start again with "
            "the right one",
            p->token);
    }
    enum err err = find_token(p, &slot, why);
    err = err ? err : check_mechanisms(p, slot, why);
    if (err) {
        return err;
    }
    CK_RV rv = p->call->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &p->session);
    if (rv != CKR_OK) {
        return refused("open a session", rv, why);
    }
    p->open = true;
    return sign_in(p, why);
}

static enum err not_open(struct why *why) {
    return why_say(why, ERR_OUTSIDE, "the session with the security module is over; ask again");
}

/* --- the five functions ------------------------------------------------------------------------- */

/* The first key with the label and of the kind; 0 when there is none. */
static CK_RV search(struct pkcs11 *p, const char *label, CK_KEY_TYPE type, CK_OBJECT_HANDLE *key) {
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    char name[256];
    (void)snprintf(name, sizeof name, "%s", label); /* templates are not const */
    CK_ATTRIBUTE wanted[] = {
        {CKA_CLASS,    &class, sizeof class           },
        {CKA_KEY_TYPE, &type,  sizeof type            },
        {CKA_LABEL,    name,   (CK_ULONG)strlen(label)},
    };
    CK_ULONG found = 0;
    *key = 0;
    CK_RV rv = p->call->C_FindObjectsInit(p->session, wanted, sizeof wanted / sizeof wanted[0]);
    if (rv == CKR_OK) {
        rv = p->call->C_FindObjects(p->session, key, 1, &found);
        CK_RV end = p->call->C_FindObjectsFinal(p->session);
        rv = rv == CKR_OK ? end : rv;
    }
    *key = rv == CKR_OK && found == 1 ? *key : 0;
    return rv;
}

static enum err pkcs11_find(void *self, const char *address, uint64_t *number, struct why *why) {
    struct pkcs11 *p = self;
    CK_OBJECT_HANDLE key = 0;
    assert(strlen(address) < 256);
    enum err err = ready(p, why); /* session 3 */
    if (err == ERR_NOT_FOUND) {
        return ERR_OUTSIDE; /* the token, not the key: it may come back */
    }
    if (err) {
        return err;
    }
    CK_RV rv = search(p, address, CKK_DES2, &key);
    if (rv == CKR_OK && key == 0) {
        rv = search(p, address, CKK_DES3, &key);
    }
    if (rv != CKR_OK) {
        return lost(p, "look for a key", rv, why);
    }
    if (key == 0) {
        return why_say(why, ERR_NOT_FOUND, "the token \"%s\" has no key of 3DES called \"%s\"",
            p->token, address);
    }
    *number = key + NUMBER_OFFSET;
    return OK;
}

static enum err pkcs11_derive(
    void *self, uint64_t key, const uint8_t data[16], uint64_t *derived, struct why *why) {
    struct pkcs11 *p = self;
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_DES2;
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_ATTRIBUTE made[] = {
        {CKA_CLASS,       &class, sizeof class},
        {CKA_KEY_TYPE,    &type,  sizeof type },
        {CKA_TOKEN,       &no,    sizeof no   },
        {CKA_SENSITIVE,   &yes,   sizeof yes  },
        {CKA_EXTRACTABLE, &no,    sizeof no   },
        {CKA_ENCRYPT,     &yes,   sizeof yes  },
        {CKA_DERIVE,      &yes,   sizeof yes  },
    };
    uint8_t copy[16];
    (void)memcpy(copy, data, sizeof copy);
    CK_KEY_DERIVATION_STRING_DATA string = {copy, sizeof copy};
    CK_MECHANISM how = {CKM_DES3_ECB_ENCRYPT_DATA, &string, sizeof string};
    CK_OBJECT_HANDLE handle = 0;
    if (!p->open) {
        return not_open(why);
    }
    assert(key > NUMBER_OFFSET);
    CK_RV rv = p->call->C_DeriveKey(
        p->session, &how, key - NUMBER_OFFSET, made, sizeof made / sizeof made[0], &handle);
    if (rv != CKR_OK) {
        return lost(p, "derive a key", rv, why);
    }
    *derived = handle + NUMBER_OFFSET;
    return OK;
}

static enum err pkcs11_encrypt(
    void *self, uint64_t key, const uint8_t *iv, struct bytes data, uint8_t *out, struct why *why) {
    struct pkcs11 *p = self;
    uint8_t start[BLOCK] = {0}, room[1024];
    CK_ULONG len = sizeof room;
    assert(data.len <= sizeof room);
    assert(key > NUMBER_OFFSET);
    if (!p->open) {
        return not_open(why);
    }
    if (iv) {
        (void)memcpy(start, iv, sizeof start);
    }
    CK_MECHANISM how = {iv ? CKM_DES3_CBC : CKM_DES3_ECB, iv ? start : NULL, iv ? sizeof start : 0};
    (void)memcpy(room, data.at, data.len);
    CK_RV rv = p->call->C_EncryptInit(p->session, &how, key - NUMBER_OFFSET);
    if (rv == CKR_OK) {
        uint8_t sealed[sizeof room];
        rv = p->call->C_Encrypt(p->session, room, (CK_ULONG)data.len, sealed, &len);
        rv = rv == CKR_OK && len != data.len ? CKR_FUNCTION_FAILED : rv;
        if (rv == CKR_OK) {
            (void)memcpy(out, sealed, len);
        }
        crypto_wipe(sealed, sizeof sealed); /* it may be a key */
    }
    crypto_wipe(room, sizeof room);
    return rv == CKR_OK ? OK : lost(p, "compute", rv, why);
}

static void pkcs11_forget(void *self, uint64_t key) {
    struct pkcs11 *p = self;
    if (p->open && key > NUMBER_OFFSET) {
        (void)p->call->C_DestroyObject(p->session, key - NUMBER_OFFSET);
    }
}

/* How many here have the library open; session 4. */
static pthread_mutex_t users_mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned users;

/* The first starts it; what somebody else in this process has started serves, too. */
static CK_RV library_begin(const CK_FUNCTION_LIST *call) {
    CK_C_INITIALIZE_ARGS threads = {.flags = CKF_OS_LOCKING_OK};
    (void)pthread_mutex_lock(&users_mutex);
    CK_RV rv = users == 0 ? call->C_Initialize(&threads) : CKR_OK;
    rv = rv == CKR_CRYPTOKI_ALREADY_INITIALIZED ? CKR_OK : rv;
    users += rv == CKR_OK;
    (void)pthread_mutex_unlock(&users_mutex);
    return rv;
}

static void library_end(const CK_FUNCTION_LIST *call) {
    (void)pthread_mutex_lock(&users_mutex);
    assert(users > 0);
    users--;
    if (users == 0) {
        (void)call->C_Finalize(NULL);
    }
    (void)pthread_mutex_unlock(&users_mutex);
}

static void pkcs11_close(void *self) {
    struct pkcs11 *p = self;
    if (p->open) {
        assert(p->call);
        (void)p->call->C_CloseSession(p->session);
    }
    if (p->begun) {
        assert(p->call);
        library_end(p->call);
    }
    if (p->library) {
        (void)dlclose(p->library);
    }
    secret_room_free(p, sizeof *p);
}

/* --- opening ------------------------------------------------------------------------------------ */

/* dlsym() gives an object's address for a function's; POSIX promises that it serves. */
static enum err load(struct pkcs11 *p, const char *path, struct why *why) {
    CK_C_GetFunctionList list = NULL;
    CK_FUNCTION_LIST *call = NULL;
    p->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = p->library ? dlsym(p->library, "C_GetFunctionList") : NULL;
    if (!symbol) {
        return why_say(why, ERR_NOT_FOUND,
            "%s is no library of PKCS#11 (%s); name the module's own", path, dlerror());
    }
    (void)memcpy(&list, &symbol, sizeof list);
    CK_RV rv = list(&call);
    p->call = call;
    rv = rv == CKR_OK ? library_begin(call) : rv;
    p->begun = rv == CKR_OK;
    return rv == CKR_OK ? OK : refused("start", rv, why);
}

enum err pkcs11_module_open(
    const struct pkcs11_order *order, struct crypto_module *out, struct why *why) {
    if (order->pin.len == 0 || order->pin.len > PKCS11_PIN_MAX
        || strlen(order->token) > LABEL_LEN) {
        return why_say(why, ERR_INVALID,
            "a token has a label of up to %d characters and a PIN of 1 to %d bytes", (int)LABEL_LEN,
            (int)PKCS11_PIN_MAX);
    }
    struct pkcs11 *p = secret_room_new(sizeof *p);
    if (!p) {
        return why_say(why, ERR_OUTSIDE, "no memory for a module; end other programs");
    }
    p->call = order->loaded;
    p->pin_len = order->pin.len;
    (void)memcpy(p->pin, order->pin.at, order->pin.len);
    (void)memcpy(p->token, order->token, strlen(order->token));
    enum err err = order->loaded ? OK : load(p, order->library, why);
    err = err ? err : ready(p, why);
    if (err) {
        pkcs11_close(p);
        return err;
    }
    *out = (struct crypto_module){
        p, pkcs11_find, pkcs11_derive, pkcs11_encrypt, pkcs11_forget, pkcs11_close};
    return OK;
}
