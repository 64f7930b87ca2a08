/* Nothing of a key is left behind: not in the room, not in what OpenSSL frees, not on the stack.
 *
 * Method: a thread works on a stack of ours; munmap() is replaced by one that looks before it
 * gives memory back, and OpenSSL frees through a function that looks, too. What is looked for is
 * every half of every key that the thread's vault used, known from the model. */
#include "check.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vaults/soft/model.h"

enum { STACK_LEN = 1 << 20, SECRETS_MAX = 512, SECRET_LEN = 8 };

static struct {
    uint8_t secrets[SECRETS_MAX][SECRET_LEN];
    size_t count;
    const uint8_t *room; /* of the vault that is being watched */
    bool room_was_zero;
    unsigned found_in_heap, frees;
    bool armed;
} watch;

static unsigned secrets_in(const uint8_t *at, size_t len) {
    unsigned found = 0;
    for (size_t i = 0; i < watch.count; i++) {
        const uint8_t *hit = memmem(at, len, watch.secrets[i], SECRET_LEN);
        found += hit != NULL;
    }
    return found;
}

/* Takes the place of libc's. */
int munmap(void *at, size_t len) {
    if (watch.armed && at == watch.room) {
        const uint8_t *bytes = at;
        watch.room_was_zero = true;
        for (size_t i = 0; i < len; i++) {
            watch.room_was_zero = watch.room_was_zero && bytes[i] == 0;
        }
    }
    return (int)syscall(SYS_munmap, at, len);
}

static void *watched_malloc(size_t len, const char *file, int line) {
    (void)file, (void)line;
    return malloc(len);
}

static void *watched_realloc(void *at, size_t len, const char *file, int line) {
    (void)file, (void)line;
    return realloc(at, len);
}

static void watched_free(void *at, const char *file, int line) {
    (void)file, (void)line;
    if (watch.armed && at) {
        watch.found_in_heap += secrets_in(at, malloc_usable_size(at));
        watch.frees++;
    }
    free(at);
}

static void remember(const struct key128 *key) {
    assert_true(watch.count + 2 <= SECRETS_MAX);
    (void)memcpy(watch.secrets[watch.count++], key->bytes, SECRET_LEN);
    (void)memcpy(watch.secrets[watch.count++], key->bytes + 8, SECRET_LEN);
}

static const uint8_t message[8] = {1}; /* what every call is about */
static const uint8_t card[8] = {0x86, 0x84, 0x44, 0x01, 1, 2, 3, 4};

/* The keys of a line at every depth, and what the calls below make from them. */
static void remember_line(enum key_name name) {
    for (unsigned depth = KEY_ROOT; depth <= KEY_CARD; depth++) {
        struct key_ref ref = {.name = name, .version = 1, .depth = (enum key_depth)depth};
        (void)memcpy(ref.card_factor, card, 8);
        struct key128 key = model_key(&ref), made;
        remember(&key);
        derive_session(&key, message, made.bytes);
        derive_tac_key(&key, made.bytes + 8);
        remember(&made);
    }
}

static struct key_ref card_key(enum key_name name) {
    struct key_ref ref = {.name = name, .version = 1, .depth = KEY_CARD};
    (void)memcpy(ref.card_factor, card, 8);
    return ref;
}

enum { CALLS = 14, BATCH = 70 };

static uint8_t *stack;                      /* of the thread */
static uint8_t snapshots[CALLS][STACK_LEN]; /* of what lay below the caller after each call */

/* What the call before left on the stack: everything below the caller's frame. */
__attribute__((noinline)) static void take_snapshot(size_t call) {
    const uint8_t *here = __builtin_frame_address(0);
    assert_true(here > stack && here < stack + STACK_LEN);
    (void)memcpy(snapshots[call], stack, (size_t)(here - stack));
}

/* A batch that is large enough for the bulk engine, all of one card. */
static enum err call_batch(struct vault *vault, struct why *why) {
    struct tac_job jobs[BATCH];
    for (size_t i = 0; i < BATCH; i++) {
        jobs[i] = (struct tac_job){.version = 1, .data = {1}, .data_len = 22};
        (void)memcpy(jobs[i].card_factor, card, 8);
    }
    return vault->tacs(vault->self, jobs, BATCH, why);
}

/* The same for key sets. */
static enum err call_sets(struct vault *vault, struct why *why) {
    static struct wrapped_key out[2 * BATCH];
    const struct key_set set = {
        .count = 2,
        .transport_version = 1,
        .keys = {{KEY_UK1DF01, KEY_TDES, 1}, {KEY_DLK, KEY_TDES, 1}}
    };
    uint8_t factors[BATCH][8];
    for (size_t i = 0; i < BATCH; i++) {
        (void)memcpy(factors[i], card, 8);
    }
    return vault->key_sets(vault->self, &set, factors[0], BATCH, out, why);
}

/* One function of the vault; every call is made from the same depth. */
static enum err call_one(struct vault *vault, size_t call) {
    struct bytes data = bytes_of(message, sizeof message);
    struct key_ref uk = card_key(KEY_UK1DF01), dlk = card_key(KEY_DLK), damk = card_key(KEY_DAMK);
    struct key_ref drpk = card_key(KEY_DRPK);
    struct key_wrap wrap = {.key = uk, .under = card_key(KEY_MK_DF01), .head_len = 5};
    struct tac_job job = {.version = 1, .data_len = sizeof message};
    uint8_t out[64];
    size_t out_len = 0;
    char pin[7];
    struct why why;
    void *self = vault->self;
    (void)memcpy(job.card_factor, card, 8);
    (void)memcpy(job.data, message, sizeof message);
    switch (call) {
    case 0:
        return vault->authenticate(self, &uk, message, message, out, &why);
    case 1:
        return vault->encrypt8(self, &uk, card, out, &why);
    case 2:
        return vault->session_mac(self, &dlk, message, data, out, &why);
    case 3:
        return vault->message_mac(self, &damk, message, data, out, &why);
    case 4:
        return vault->folded_mac(self, &drpk, data, out, &why);
    case 5:
        return vault->encrypt_message(self, &damk, data, out, &out_len, &why);
    case 6:
        return vault->wrap(self, &wrap, out, &out_len, &why);
    case 7:
        return vault->tacs(self, &job, 1, &why);
    case 8:
        return vault->check_value(self, &uk, out, &why);
    case 9:
        return vault->first_pin(self, card, pin, &why);
    case 10: /* a refusal on the way */
        return vault->folded_mac(self, &uk, data, out, &why) == ERR_DENIED ? OK : ERR_CONFLICT;
    case 11:
        return call_batch(vault, &why);
    case 12:
        return call_sets(vault, &why);
    default:
        vault->close(self);
        return OK;
    }
}

static void *work(void *arg) {
    enum err *err = arg;
    struct vault vault;
    struct why why;
    *err = soft_vault_open_rehearsal(model_seed, MODEL_REGION, &vault, &why);
    if (*err == OK) {
        watch.room = vault.self;
    }
    for (size_t call = 0; call < CALLS && *err == OK; call++) {
        *err = call_one(&vault, call);
        take_snapshot(call);
    }
    return NULL;
}

static void no_key_outlives_its_vault(void **state) {
    (void)state;
    static const enum key_name used[] = {
        KEY_UK1DF01, KEY_DLK, KEY_DAMK, KEY_DRPK, KEY_MK_DF01, KEY_DTK, KEY_BTK};
    for (size_t i = 0; i < sizeof used / sizeof used[0]; i++) {
        remember_line(used[i]);
    }
    stack = mmap(
        NULL, STACK_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    assert_true(stack != MAP_FAILED);
    pthread_attr_t attr;
    pthread_t thread;
    enum err err = ERR_OUTSIDE;
    assert_int_equal(pthread_attr_init(&attr), 0);
    assert_int_equal(pthread_attr_setstack(&attr, stack, STACK_LEN), 0);
    watch.armed = true;
    assert_int_equal(pthread_create(&thread, &attr, work, &err), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    watch.armed = false;
    assert_int_equal(err, OK);
    assert_true(watch.room_was_zero);
    assert_true(watch.frees > 0);
    assert_int_equal(watch.found_in_heap, 0);
    for (size_t call = 0; call < CALLS; call++) {
        assert_int_equal(secrets_in(snapshots[call], STACK_LEN), 0);
    }
    assert_int_equal(pthread_attr_destroy(&attr), 0);
    assert_int_equal(munmap(stack, STACK_LEN), 0);
}

/* The watcher itself must be able to see, or the promise above is worth nothing. */
static void the_watch_sees_a_key_that_is_left(void **state) {
    (void)state;
    uint8_t room[64] = {0};
    struct key_ref ref = card_key(KEY_DTK);
    struct key128 key = model_key(&ref);
    remember(&key);
    assert_int_equal(secrets_in(room, sizeof room), 0);
    (void)memcpy(room + 41, key.bytes + 8, 8);
    assert_true(secrets_in(room, sizeof room) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_watch_sees_a_key_that_is_left),
        cmocka_unit_test(no_key_outlives_its_vault),
    };
    /* Before OpenSSL has allocated anything. */
    if (CRYPTO_set_mem_functions(watched_malloc, watched_realloc, watched_free) != 1) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
