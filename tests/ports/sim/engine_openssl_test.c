/* The engine of simulated chips and the one of real ones compute the same, whoever asks and however
 * many blocks at once. SHEBAO_CASES says how many random cases; the nightly run tries a million. */
#include "check.h"

#include "crypto/derive.h"
#include "crypto/mac.h"
#include "crypto/sm4.h"
#include "ports/sim/engine_openssl.h"

enum { CASES = 3000, BLOCKS_MOST = 5, MESSAGE_MOST = 8 * BLOCKS_MOST + 7 };

/* Numbers that look random and are the same in every run. */
static uint64_t dice = 20031008;

static void random_fill(uint8_t *at, size_t len) {
    for (size_t i = 0; i < len; i++) {
        dice = dice * 6364136223846793005u + 1442695040888963407u;
        at[i] = (uint8_t)(dice >> 56);
    }
}

static unsigned long cases(void) {
    const char *text = getenv("SHEBAO_CASES");
    return text ? strtoul(text, NULL, 10) : CASES;
}

static int use_plain(void **state) {
    (void)state;
    engine_use(&engine_plain);
    return 0;
}

static void every_block_is_the_same_in_both_engines(void **state) {
    (void)state;
    for (unsigned long i = 0; i < cases(); i++) {
        struct key128 key;
        uint8_t in[8 * BLOCKS_MOST], ours[8 * BLOCKS_MOST], theirs[8 * BLOCKS_MOST];
        size_t blocks = i % (BLOCKS_MOST + 1);
        bool decrypt = i / (BLOCKS_MOST + 1) % 2;
        random_fill(key.bytes, sizeof key.bytes);
        random_fill(in, sizeof in);
        (void)memcpy(ours, in, sizeof ours);
        (void)memcpy(theirs, in, sizeof theirs);
        engine_plain.triple(&key, decrypt, in, ours, blocks);
        engine_openssl.triple(&key, decrypt, in, theirs, blocks);
        assert_memory_equal(ours, theirs, sizeof ours); /* beyond the blocks nothing changed */
        engine_plain.triple(&key, !decrypt, ours, ours, blocks);
        engine_openssl.triple(&key, !decrypt, theirs, theirs, blocks);
        assert_memory_equal(ours, in, sizeof ours); /* in place, and the way back */
        assert_memory_equal(theirs, in, sizeof theirs);
    }
}

static void every_chain_is_the_same_in_both_engines(void **state) {
    (void)state;
    for (unsigned long i = 0; i < cases(); i++) {
        uint8_t key[8], in[8 * BLOCKS_MOST], ours[8], theirs[8];
        size_t blocks = i % (BLOCKS_MOST + 1);
        random_fill(key, sizeof key);
        random_fill(in, sizeof in);
        random_fill(ours, sizeof ours);
        (void)memcpy(theirs, ours, sizeof theirs);
        engine_plain.chain(key, ours, in, blocks);
        engine_openssl.chain(key, theirs, in, blocks);
        assert_memory_equal(ours, theirs, sizeof ours);
    }
}

/* Through sm4.h, which asks the engine. */
static void sm4_does_not_tell_the_engine(void **state) {
    (void)state;
    for (unsigned long i = 0; i < cases() / 4; i++) {
        struct key128 key;
        uint8_t in[SM4_BLOCK], ours[SM4_BLOCK], theirs[SM4_BLOCK], message[MESSAGE_MOST];
        struct bytes some = bytes_of(message, i % (sizeof message + 1));
        random_fill(key.bytes, sizeof key.bytes);
        random_fill(in, sizeof in);
        random_fill(message, sizeof message);
        engine_use(&engine_plain);
        sm4_encrypt(&key, in, ours);
        engine_use(&engine_openssl);
        sm4_encrypt(&key, in, theirs);
        assert_memory_equal(ours, theirs, sizeof ours);
        sm4_decrypt(&key, theirs, theirs);
        assert_memory_equal(theirs, in, sizeof theirs);
        mac_sm4(&key, in, some, theirs);
        engine_use(&engine_plain);
        sm4_decrypt(&key, ours, ours);
        assert_memory_equal(ours, in, sizeof ours);
        mac_sm4(&key, in, some, ours);
        assert_memory_equal(ours, theirs, sizeof ours);
    }
}

/* What the chip's code asks of an engine, in each of them. */
struct answers {
    uint8_t retail[8], single[8], from_nothing[8], session[8], block[8], back[8];
    struct key128 derived;
};

static struct answers ask(const struct engine *engine, const struct key128 *key,
    const uint8_t iv[8], struct bytes message) {
    struct answers a;
    struct tdes_key k;
    (void)memset(&a, 0, sizeof a);
    engine_use(engine);
    mac_retail(key, iv, message, a.retail);
    mac_single(key->bytes, iv, message, a.single);
    mac_single(key->bytes, NULL, message, a.from_nothing);
    derive_session(key, iv, a.session);
    derive_key(key, iv, &a.derived);
    tdes_prepare(&k, key);
    tdes_encrypt(&k, iv, a.block);
    tdes_decrypt(&k, a.block, a.back);
    return a;
}

static void macs_and_derived_keys_do_not_tell_the_engine(void **state) {
    (void)state;
    for (unsigned long i = 0; i < cases() / 4; i++) {
        struct key128 key;
        uint8_t iv[8], message[MESSAGE_MOST];
        random_fill(key.bytes, sizeof key.bytes);
        random_fill(iv, sizeof iv);
        random_fill(message, sizeof message);
        struct bytes some = bytes_of(message, i % (sizeof message + 1));
        struct answers ours = ask(&engine_plain, &key, iv, some);
        struct answers theirs = ask(&engine_openssl, &key, iv, some);
        assert_memory_equal(&ours, &theirs, sizeof ours);
        assert_memory_equal(ours.back, iv, sizeof iv);
    }
}

static void an_engine_that_was_chosen_stays(void **state) {
    (void)state;
    assert_ptr_equal(engine_now(), &engine_plain); /* where nobody chose */
    engine_use(&engine_openssl);
    assert_ptr_equal(engine_now(), &engine_openssl);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(an_engine_that_was_chosen_stays, use_plain),
        cmocka_unit_test(every_block_is_the_same_in_both_engines),
        cmocka_unit_test(every_chain_is_the_same_in_both_engines),
        cmocka_unit_test_teardown(sm4_does_not_tell_the_engine, use_plain),
        cmocka_unit_test_teardown(macs_and_derived_keys_do_not_tell_the_engine, use_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
