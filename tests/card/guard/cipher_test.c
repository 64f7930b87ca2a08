/* One key, two ciphers: what struct secret computes, against worked examples and against
 * OpenSSL. */
#include "card/guard/cipher.h"

#include "card/partner_sm4.h"

static struct secret secret_of(const char *hex, uint8_t algorithm) {
    struct secret key = {.algorithm = algorithm};
    key.len = (uint8_t)from_hex(hex, key.bytes, sizeof key.bytes);
    return key;
}

static const uint8_t eight[8] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};

static void a_block_is_the_ciphers_own(void **state) {
    (void)state;
    assert_int_equal(cipher_block(ALGORITHM_TDES), 8);
    assert_int_equal(cipher_block(ALGORITHM_SM4), 16);
    struct secret short_key = secret_of("0123456789ABCDEF", ALGORITHM_TDES);
    struct secret key = secret_of(SM4_IRK, ALGORITHM_SM4);
    assert_int_equal(secret_block(&short_key), 8);
    assert_int_equal(secret_block(&key), 16);
    uint8_t block[16];
    (void)memcpy(block, key.bytes, 16);
    secret_encrypt(&key, block, block);
    assert_hex(bytes_of(block, 16), "681EDF34D206965E86B3E94F536E4246"); /* GB/T 32907, A.1 */
    secret_decrypt(&key, block, block);
    assert_hex(bytes_of(block, 16), SM4_IRK);
}

/* card.md 11. */
static void sessions_and_proofs_of_3des_are_those_of_the_worked_example(void **state) {
    (void)state;
    static const uint8_t original[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct secret card = secret_of("C5A91E8A9D46B650A0CD157BE8449864", ALGORITHM_TDES), session;
    struct secret stk = secret_of("0123456789ABCDEF", ALGORITHM_TDES);
    uint8_t proof[8];
    secret_session(&card, eight, &session);
    assert_int_equal(session.len, 8);
    assert_hex(bytes_of(session.bytes, 8), "C8FF131028D7864A");
    secret_proof(&session, original, proof);
    assert_hex(bytes_of(proof, 8), "8D0C30B9F1F7A729");
    secret_session(&stk, eight, &stk); /* in its own place */
    assert_hex(bytes_of(stk.bytes, 8), "B4CC3FD9D8D95214");
    assert_int_equal(stk.bytes[8], 0); /* nothing of the old key is behind the new one */
}

static void sessions_and_proofs_of_sm4_are_those_of_decision_0020(void **state) {
    (void)state;
    static const uint8_t original[8] = {8, 7, 6, 5, 4, 3, 2, 1};
    struct secret key = secret_of(SM4_UK, ALGORITHM_SM4), session;
    uint8_t theirs[16], proof[8];
    secret_session(&key, eight, &session);
    sm4p_session(key.bytes, eight, theirs);
    assert_int_equal(session.len, 16);
    assert_int_equal(session.algorithm, ALGORITHM_SM4);
    assert_memory_equal(session.bytes, theirs, 16);
    secret_proof(&session, original, proof);
    sm4p_proof(key.bytes, eight, original, theirs);
    assert_memory_equal(proof, theirs, 8);
}

static void macs_of_every_length_agree_with_openssl(void **state) {
    (void)state;
    static const uint8_t iv[16] = {0x44, 0xA4, 0x7D, 0xEB};
    static const uint8_t zeros[16];
    struct secret key = secret_of(SM4_RK, ALGORITHM_SM4);
    uint8_t data[80], ours[8], theirs[4];
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 73 + 5);
    }
    for (size_t len = 0; len <= sizeof data; len++) {
        secret_mac(&key, iv, bytes_of(data, len), ours);
        sm4p_mac(key.bytes, iv, bytes_of(data, len), theirs);
        assert_memory_equal(ours, theirs, 4);
        secret_mac(&key, NULL, bytes_of(data, len), ours);
        sm4p_mac(key.bytes, zeros, bytes_of(data, len), theirs);
        assert_memory_equal(ours, theirs, 4);
    }
}

/* Two halves together, or the key as it is. */
static void only_whole_3des_keys_are_folded(void **state) {
    (void)state;
    struct secret folded;
    struct secret whole = secret_of("0123456789ABCDEFFEDCBA9876543211", ALGORITHM_TDES);
    secret_fold(&whole, &folded);
    assert_int_equal(folded.len, 8);
    assert_hex(bytes_of(folded.bytes, 16), "FFFFFFFFFFFFFFFE0000000000000000");
    struct secret half = secret_of("0123456789ABCDEF", ALGORITHM_TDES);
    secret_fold(&half, &folded);
    assert_memory_equal(&folded, &half, sizeof half);
    struct secret sm4 = secret_of(SM4_IRK, ALGORITHM_SM4);
    secret_fold(&sm4, &sm4);
    assert_hex(bytes_of(sm4.bytes, 16), SM4_IRK);
}

/* The same sixteen bytes under two ciphers have nothing in common. */
static void a_key_means_another_thing_under_the_other_cipher(void **state) {
    (void)state;
    struct secret a = secret_of(SM4_UK, ALGORITHM_TDES), b = secret_of(SM4_UK, ALGORITHM_SM4);
    uint8_t left[8], right[8];
    secret_mac(&a, NULL, bytes_of(eight, 8), left);
    secret_mac(&b, NULL, bytes_of(eight, 8), right);
    assert_memory_not_equal(left, right, 8);
    secret_session(&a, eight, &a);
    secret_session(&b, eight, &b);
    assert_memory_not_equal(a.bytes, b.bytes, 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_is_the_ciphers_own),
        cmocka_unit_test(sessions_and_proofs_of_3des_are_those_of_the_worked_example),
        cmocka_unit_test(sessions_and_proofs_of_sm4_are_those_of_decision_0020),
        cmocka_unit_test(macs_of_every_length_agree_with_openssl),
        cmocka_unit_test(only_whole_3des_keys_are_folded),
        cmocka_unit_test(a_key_means_another_thing_under_the_other_cipher),
    };
    if (!CARD_SM4) {
        print_message("skipped: this card is built without SM4\n");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
