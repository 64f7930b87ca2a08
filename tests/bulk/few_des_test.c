/* DES for a few blocks is DES: that of the chip's own code, for keys of every kind, and nothing of the
 * key is left on the stack. */
#include "bulk/few_des.h"

#include <pthread.h>
#include <sys/mman.h>

#include "check.h"
#include "crypto/engine.h"

enum { CASES = 400, BLOCKS_MOST = 6, DATA_MOST = BLOCKS_MOST * DES_BLOCK, STACK_LEN = 1 << 18 };

static uint64_t dice = 20031008;

static void random_fill(uint8_t *at, size_t len) {
    for (size_t i = 0; i < len; i++) {
        dice = dice * 6364136223846793005u + 1442695040888963407u;
        at[i] = (uint8_t)(dice >> 56);
    }
}

/* Every third has equal halves, and every fifth halves that differ in one bit. */
static struct key128 key_number(size_t i) {
    struct key128 key;
    random_fill(key.bytes, sizeof key.bytes);
    if (i % 3 == 0 || i % 5 == 0) {
        (void)memcpy(key.bytes + DES_BLOCK, key.bytes, DES_BLOCK);
    }
    if (i % 5 == 0) {
        key.bytes[DES_BLOCK + i % DES_BLOCK] ^= (uint8_t)(2U << i % 7);
    }
    return key;
}

static void every_kind_of_key_gives_what_the_chip_computes(void **state) {
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        struct key128 key = key_number(i);
        uint8_t in[DATA_MOST], ours[DATA_MOST], theirs[DATA_MOST];
        size_t blocks = i % (BLOCKS_MOST + 1);
        bool decrypt = i / (BLOCKS_MOST + 1) % 2;
        random_fill(in, sizeof in);
        (void)memcpy(ours, in, sizeof ours);
        (void)memcpy(theirs, in, sizeof theirs);
        few_triple(&key, decrypt, in, ours, blocks);
        engine_plain.triple(&key, decrypt, in, theirs, blocks);
        assert_memory_equal(ours, theirs, sizeof ours); /* beyond the blocks nothing changed */
        few_triple(&key, !decrypt, ours, ours, blocks);
        assert_memory_equal(ours, in, sizeof ours); /* in place, and the way back */
    }
}

static void every_chain_is_the_chips(void **state) {
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        struct key128 key = key_number(i);
        uint8_t data[DATA_MOST], ours[DES_BLOCK], theirs[DES_BLOCK];
        random_fill(data, sizeof data);
        random_fill(ours, sizeof ours);
        (void)memcpy(theirs, ours, sizeof theirs);
        few_chain(key.bytes, ours, data, i % (BLOCKS_MOST + 1));
        engine_plain.chain(key.bytes, theirs, data, i % (BLOCKS_MOST + 1));
        assert_memory_equal(ours, theirs, sizeof ours);
    }
}

/* --- what is left behind ------------------------------------------------------------------------ */

/* What a thread on a stack of ours computes with; the results are secret, too. */
static struct {
    struct key128 key;
    uint8_t data[DATA_MOST], out[DATA_MOST], chain[DES_BLOCK];
} secret;

static void *compute(void *self) {
    (void)self;
    few_triple(&secret.key, false, secret.data, secret.out, BLOCKS_MOST);
    few_triple(&secret.key, true, secret.out, secret.data, BLOCKS_MOST);
    few_chain(secret.key.bytes, secret.chain, secret.data, BLOCKS_MOST);
    return NULL;
}

static void expect_nowhere(const uint8_t *stack, const uint8_t *bytes, size_t len) {
    for (size_t i = 0; i < len; i += DES_BLOCK / 2) {
        assert_null(memmem(stack, STACK_LEN, bytes + i, DES_BLOCK / 2));
    }
}

static void nothing_is_left_on_the_stack(void **state) {
    (void)state;
    uint8_t *stack = mmap(
        NULL, STACK_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_attr_t attributes;
    pthread_t thread;
    assert_ptr_not_equal(stack, MAP_FAILED);
    random_fill((uint8_t *)&secret, sizeof secret);
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstack(&attributes, stack, STACK_LEN), 0);
    assert_int_equal(pthread_create(&thread, &attributes, compute, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    expect_nowhere(stack, secret.key.bytes, sizeof secret.key);
    expect_nowhere(stack, secret.data, sizeof secret.data);
    expect_nowhere(stack, secret.out, sizeof secret.out);
    expect_nowhere(stack, secret.chain, sizeof secret.chain);
    (void)pthread_attr_destroy(&attributes);
    (void)munmap(stack, STACK_LEN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_key_gives_what_the_chip_computes),
        cmocka_unit_test(every_chain_is_the_chips),
        cmocka_unit_test(nothing_is_left_on_the_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
