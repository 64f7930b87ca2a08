/* The vault over PKCS#11, with SoftHSM 2: it answers as any vault, and a module that goes away in the
 * middle stops the work with one sentence, which goes on when it is back. */
#include "vaults/pkcs11/token.h"
#include "vaults/vault_suite.h"

#include "vaults/line/vault_process.h"

enum { VERSIONS = 4, ROUNDS = 50 };

static struct suite suite = {.rounds = ROUNDS};
static char *scratch;

static int begin(void **state) {
    struct why why = {""};
    void *path = NULL;
    *state = &suite;
    if (token_scratch_make(&path) != 0) {
        return -1;
    }
    scratch = path;
    token_make(scratch, VERSIONS);
    enum err err = token_vault(NULL, &suite.vault, &why);
    if (err) {
        print_error("%s\n", why.text);
    }
    return err ? -1 : 0;
}

static int end(void **state) {
    (void)state;
    if (suite.vault.close) {
        suite.vault.close(suite.vault.self);
    }
    void *path = scratch;
    return path ? scratch_remove(&path) : 0;
}

/* Where there is no SoftHSM, this is the one test, and it is skipped. */
static void a_security_module_is_here(void **state) {
    (void)state;
    if (!token_library()) {
        skip();
    }
}

/* --- a module that goes away -------------------------------------------------------------------- */

/* SoftHSM's functions, some of which fail on demand: at the n-th call from now, once. */
static CK_FUNCTION_LIST flaky;
static const CK_FUNCTION_LIST *real;
static struct {
    unsigned calls, fail_at; /* 0: never */
    CK_RV with;
    bool gone; /* the token is not there */
} flaw;

static bool fails(void) {
    flaw.calls++;
    return flaw.fail_at > 0 && flaw.calls == flaw.fail_at;
}
static CK_RV flaky_derive(CK_SESSION_HANDLE session, CK_MECHANISM *how, CK_OBJECT_HANDLE base,
    CK_ATTRIBUTE *made, CK_ULONG count, CK_OBJECT_HANDLE *key) {
    return fails() ? flaw.with : real->C_DeriveKey(session, how, base, made, count, key);
}
static CK_RV flaky_init(CK_SESSION_HANDLE session, CK_MECHANISM *how, CK_OBJECT_HANDLE key) {
    return fails() ? flaw.with : real->C_EncryptInit(session, how, key);
}
static CK_RV flaky_encrypt(
    CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len) {
    return fails() ? flaw.with : real->C_Encrypt(session, data, len, out, out_len);
}
static CK_RV flaky_find(CK_SESSION_HANDLE session, CK_ATTRIBUTE *wanted, CK_ULONG count) {
    return fails() ? flaw.with : real->C_FindObjectsInit(session, wanted, count);
}
static CK_RV flaky_open(
    CK_SLOT_ID slot, CK_FLAGS flags, void *self, CK_NOTIFY notify, CK_SESSION_HANDLE *session) {
    return fails() ? flaw.with : real->C_OpenSession(slot, flags, self, notify, session);
}
static CK_RV flaky_slots(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *count) {
    if (flaw.gone) {
        *count = 0;
        return CKR_OK;
    }
    return fails() ? flaw.with : real->C_GetSlotList(present, slots, count);
}

static void flaky_begin(void **library) {
    *library = dlopen(token_library(), RTLD_NOW | RTLD_LOCAL);
    assert_non_null(*library);
    real = token_functions(*library);
    flaky = *real;
    flaky.C_DeriveKey = flaky_derive;
    flaky.C_EncryptInit = flaky_init;
    flaky.C_Encrypt = flaky_encrypt;
    flaky.C_FindObjectsInit = flaky_find;
    flaky.C_OpenSession = flaky_open;
    flaky.C_GetSlotList = flaky_slots;
    (void)memset(&flaw, 0, sizeof flaw);
}

static const uint8_t card[8] = {0x86, 0x84, 0x44, 0x01, 1, 2, 3, 4};

/* A bit of everything that the vault does; the answers one behind the other. */
static enum err do_everything(struct vault *v, uint8_t out[128], struct why *why) {
    struct key_ref dlk = {.name = KEY_DLK, .version = 1, .depth = KEY_CARD};
    struct key_ref uk = {.name = KEY_UK1DF01, .version = 2, .depth = KEY_CARD};
    struct key_wrap wrap = {
        .key = uk, .under = {.name = KEY_MK_DF01, .version = 1, .depth = KEY_CARD},
             .head_len = 5
    };
    struct tac_job job = {.version = 3, .data_len = 22};
    size_t len = 0;
    (void)memcpy(dlk.card_factor, card, 8);
    (void)memcpy(uk.card_factor, card, 8);
    (void)memcpy(wrap.key.card_factor, card, 8);
    (void)memcpy(wrap.under.card_factor, card, 8);
    (void)memcpy(job.card_factor, card, 8);
    (void)memset(out, 0, 128);
    enum err err = v->session_mac(v->self, &dlk, card, bytes_text("load"), out, why);
    err = err ? err : v->authenticate(v->self, &uk, card, card, out + 4, why);
    err = err ? err : v->wrap(v->self, &wrap, out + 12, &len, why);
    err = err ? err : v->tacs(v->self, &job, 1, why);
    err = err ? err : v->first_pin(v->self, card, (char *)out + 64, why);
    (void)memcpy(out + 72, job.tac, 4);
    return err;
}

/* Method: the n-th call into the module fails, for every n until none is left; afterwards the same
 * vault gives what it gave before. */
static void a_module_that_fails_anywhere_goes_on_when_it_is_back(void **state) {
    (void)state;
    static const CK_RV answers[] = {CKR_DEVICE_REMOVED, CKR_SESSION_HANDLE_INVALID, 0x80001234UL};
    uint8_t wanted[128], got[128];
    struct why why = {""};
    struct vault vault;
    void *library = NULL;
    flaky_begin(&library);
    assert_int_equal(token_vault(&flaky, &vault, &why), OK);
    assert_int_equal(do_everything(&vault, wanted, &why), OK);
    vault.close(vault.self);
    for (size_t a = 0; a < sizeof answers / sizeof answers[0]; a++) {
        unsigned failures = 0;
        for (unsigned n = 1; n < 200; n++) {
            flaw.fail_at = 0;
            assert_int_equal(token_vault(&flaky, &vault, &why), OK);
            flaw.calls = 0;
            flaw.fail_at = n;
            flaw.with = answers[a];
            enum err err = do_everything(&vault, got, &why);
            if (err) {
                assert_int_equal(err, ERR_OUTSIDE);
                assert_non_null(strstr(why.text, "the security module cannot"));
                failures++;
                err = do_everything(&vault, got, &why);
            }
            assert_int_equal(err, OK);
            assert_memory_equal(got, wanted, sizeof got);
            vault.close(vault.self);
            if (flaw.calls < n) {
                break;
            }
        }
        assert_true(failures > 20);
    }
    (void)dlclose(library);
}

/* The sessions are ended behind the vault's back in the middle of a batch, and the token is away for a
 * while: the batch stops with one sentence, and again, and goes on when the token is back. */
static void a_token_that_is_taken_out_stops_the_batch(void **state) {
    enum { JOBS = 40 };
    (void)state;
    struct vault vault;
    struct why why = {""};
    void *library = NULL;
    struct tac_job wanted[JOBS], jobs[JOBS];
    for (size_t i = 0; i < JOBS; i++) {
        wanted[i] = (struct tac_job){.version = 1, .data_len = 22, .data = {(uint8_t)i}};
        (void)memcpy(wanted[i].card_factor, card, 8);
    }
    (void)memcpy(jobs, wanted, sizeof jobs);
    assert_int_equal(suite.vault.tacs(suite.vault.self, wanted, JOBS, &why), OK);
    flaky_begin(&library);
    assert_int_equal(token_vault(&flaky, &vault, &why), OK);
    assert_int_equal(vault.tacs(vault.self, jobs, JOBS / 2, &why), OK);
    assert_int_equal(
        real->C_CloseAllSessions(token_slot(real)), CKR_OK); /* those of the suite, too */
    flaw.gone = true;
    assert_int_equal(vault.tacs(vault.self, jobs + JOBS / 2, JOBS / 2, &why), ERR_OUTSIDE);
    assert_non_null(strstr(why.text, "TAC 1 of 20"));
    assert_non_null(strstr(why.text, "the session was ended"));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(vault.tacs(vault.self, jobs + JOBS / 2, JOBS / 2, &why), ERR_OUTSIDE);
        assert_non_null(strstr(why.text, "none is called \"shebao test\""));
    }
    flaw.gone = false;
    assert_int_equal(vault.tacs(vault.self, jobs + JOBS / 2, JOBS / 2, &why), OK);
    assert_memory_equal(jobs, wanted, sizeof jobs);
    vault.close(vault.self);
    (void)dlclose(library);
    /* The suite's vault finds its own way back after one sentence. */
    (void)suite.vault.tacs(suite.vault.self, jobs, 1, &why);
    assert_int_equal(suite.vault.tacs(suite.vault.self, jobs, 1, &why), OK);
}

/* --- what cannot be opened ---------------------------------------------------------------------- */

static void what_cannot_be_opened_says_why(void **state) {
    (void)state;
    struct crypto_module module = {0};
    struct why why = {""};
    struct pkcs11_order order = {
        .library = "/nowhere/lib.so", .token = token_label, .pin = bytes_text(token_pin)};
    assert_int_equal(pkcs11_module_open(&order, &module, &why), ERR_NOT_FOUND);
    assert_non_null(strstr(why.text, "/nowhere/lib.so"));
    order.library = "libc.so.6";
    assert_int_equal(pkcs11_module_open(&order, &module, &why), ERR_NOT_FOUND);
    assert_non_null(strstr(why.text, "no library of PKCS#11"));
    order.library = token_library();
    order.pin = bytes_text("");
    assert_int_equal(pkcs11_module_open(&order, &module, &why), ERR_INVALID);
    order.pin = bytes_text(token_pin);
    order.token = "a label that is far too long for any token";
    assert_int_equal(pkcs11_module_open(&order, &module, &why), ERR_INVALID);
    assert_null(module.self);
}

/* A wrong PIN and a wrong token. Method: over the list of functions, so that the library stays
 * initialised for the suite. */
static void a_wrong_pin_or_token_is_told(void **state) {
    (void)state;
    struct crypto_module module = {0};
    struct why why = {""};
    void *library = NULL;
    flaky_begin(&library);
    struct pkcs11_order order = {.token = "another", .pin = bytes_text("1234"), .loaded = real};
    assert_int_equal(pkcs11_module_open(&order, &module, &why), ERR_NOT_FOUND);
    assert_non_null(strstr(why.text, "none is called \"another\""));
    order.token = token_label;
    assert_int_equal(
        real->C_CloseAllSessions(token_slot(real)), CKR_OK); /* or the user is signed in already */
    assert_int_equal(pkcs11_module_open(&order, &module, &why), ERR_DENIED);
    assert_non_null(strstr(why.text, "refuses the PIN"));
    assert_null(module.self);
    struct tac_job job = {.version = 1, .data_len = 22};
    (void)suite.vault.tacs(
        suite.vault.self, &job, 1, &why); /* the suite's session was ended, too */
    assert_int_equal(suite.vault.tacs(suite.vault.self, &job, 1, &why), OK);
    (void)dlclose(library);
}

static void a_root_that_the_token_lacks_is_named_with_its_address(void **state) {
    (void)state;
    struct key_ref ref = {.name = KEY_DTK, .version = 9, .depth = KEY_CARD};
    uint8_t value[3];
    struct why why = {""};
    struct vault *v = &suite.vault;
    assert_int_equal(v->check_value(v->self, &ref, value, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "test/DTK/9"));
    ref.version = 1;
    assert_int_equal(v->check_value(v->self, &ref, value, &why), OK); /* nothing was lost by it */
}

/* --- in a process, in the wider cage ------------------------------------------------------------ */

static enum err open_token(void *self, struct vault *vaults, size_t count, struct why *why) {
    (void)self;
    assert_int_equal(count, 1);
    return token_vault(NULL, &vaults[0], why);
}

static void a_caged_process_serves_the_module(void **state) {
    (void)state;
    const struct vault_keeper keeper = {NULL, open_token, CAGE_MODULE};
    uint8_t wanted[128], got[128];
    struct vault line;
    struct why why = {""};
    suite.vault.close(suite.vault.self); /* the child starts from an ended library */
    enum err err = vault_process_open(&keeper, NULL, &line, 1, &why);
    if (err) {
        print_error("%s\n", why.text);
    }
    assert_int_equal(err, OK);
    err = do_everything(&line, got, &why);
    if (err) {
        print_error("%s\n", why.text);
    }
    assert_int_equal(err, OK);
    line.close(line.self);
    assert_int_equal(token_vault(NULL, &suite.vault, &why), OK);
    assert_int_equal(do_everything(&suite.vault, wanted, &why), OK);
    assert_memory_equal(got, wanted, sizeof got);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        VAULT_SUITE,
        cmocka_unit_test(a_root_that_the_token_lacks_is_named_with_its_address),
        cmocka_unit_test(a_module_that_fails_anywhere_goes_on_when_it_is_back),
        cmocka_unit_test(a_token_that_is_taken_out_stops_the_batch),
        cmocka_unit_test(a_wrong_pin_or_token_is_told),
        cmocka_unit_test(a_caged_process_serves_the_module),
        cmocka_unit_test(what_cannot_be_opened_says_why),
    };
    const struct CMUnitTest without[] = {cmocka_unit_test(a_security_module_is_here)};
    if (!token_library()) {
        return cmocka_run_group_tests(without, NULL, NULL);
    }
    return cmocka_run_group_tests(tests, begin, end);
}
