/* SM4 against the standard's own examples and against OpenSSL; what is built on it against the
 * same forms put together by hand from OpenSSL's blocks. */
#include "check.h"

#include <openssl/evp.h>

#include "crypto/secret.h"
#include "crypto/sm4.h"

static const struct key128 example = {
    {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32,
     0x10}
};

/* A generator that anybody can repeat. */
static uint32_t draw(void) {
    static uint32_t state = 20031008;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static void draw_bytes(uint8_t *at, size_t len) {
    for (size_t i = 0; i < len; i++) {
        at[i] = (uint8_t)(draw() >> 11);
    }
}

/* Whole blocks by OpenSSL; iv NULL means ECB. */
static void their_blocks(const uint8_t key[16], const uint8_t *iv, bool encipher,
    const uint8_t *data, size_t len, uint8_t *out) {
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int out_len = 0;
    assert_non_null(ctx);
    assert_int_equal(
        EVP_CipherInit_ex2(ctx, iv ? EVP_sm4_cbc() : EVP_sm4_ecb(), key, iv, encipher, NULL), 1);
    assert_int_equal(EVP_CIPHER_CTX_set_padding(ctx, 0), 1);
    assert_int_equal(EVP_CipherUpdate(ctx, out, &out_len, data, (int)len), 1);
    assert_int_equal(out_len, len);
    EVP_CIPHER_CTX_free(ctx);
}

/* GB/T 32907-2016, A.1. */
static void the_first_example_of_the_standard_comes_out(void **state) {
    (void)state;
    uint8_t block[SM4_BLOCK];
    sm4_encrypt(&example, example.bytes, block);
    assert_hex(bytes_of(block, sizeof block), "681EDF34D206965E86B3E94F536E4246");
    sm4_decrypt(&example, block, block);
    assert_memory_equal(block, example.bytes, sizeof block);
}

/* How many random cases; the nightly run tries a million. */
static unsigned long cases(unsigned long usually) {
    const char *text = getenv("SHEBAO_CASES");
    return text ? strtoul(text, NULL, 10) : usually;
}

/* A.2 repeats the first a million times; a thousand of them here, all of them in the nightly run.
 * OpenSSL goes along, so that both lengths are checked. */
static void the_example_repeated_comes_out(void **state) {
    (void)state;
    bool all = cases(1000) >= 1000000;
    uint8_t ours[SM4_BLOCK], theirs[SM4_BLOCK];
    (void)memcpy(ours, example.bytes, sizeof ours);
    (void)memcpy(theirs, example.bytes, sizeof theirs);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_EncryptInit_ex2(ctx, EVP_sm4_ecb(), example.bytes, NULL, NULL), 1);
    for (unsigned i = 0; i < (all ? 1000000 : 1000); i++) {
        int len = 0;
        sm4_encrypt(&example, ours, ours);
        assert_int_equal(EVP_EncryptUpdate(ctx, theirs, &len, theirs, sizeof theirs), 1);
    }
    EVP_CIPHER_CTX_free(ctx);
    assert_memory_equal(ours, theirs, sizeof ours);
    if (all) {
        assert_hex(bytes_of(ours, sizeof ours), "595298C7C6FD271F0402F804C33D3F66");
    }
}

static void random_keys_and_blocks_agree_with_openssl(void **state) {
    (void)state;
    for (unsigned long i = 0; i < cases(2000); i++) {
        struct key128 key;
        uint8_t block[SM4_BLOCK], ours[SM4_BLOCK], theirs[SM4_BLOCK];
        draw_bytes(key.bytes, sizeof key.bytes);
        draw_bytes(block, sizeof block);
        sm4_encrypt(&key, block, ours);
        their_blocks(key.bytes, NULL, true, block, sizeof block, theirs);
        assert_memory_equal(ours, theirs, sizeof ours);
        sm4_decrypt(&key, block, ours);
        their_blocks(key.bytes, NULL, false, block, sizeof block, theirs);
        assert_memory_equal(ours, theirs, sizeof ours);
    }
}

/* Every value of a byte in every place of key and block: each S-box sees all that it can see. */
static void every_byte_in_every_place_agrees_with_openssl(void **state) {
    (void)state;
    for (unsigned at = 0; at < SM4_BLOCK; at++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            struct key128 key = example;
            uint8_t block[SM4_BLOCK] = {0}, ours[SM4_BLOCK], theirs[SM4_BLOCK];
            key.bytes[at] = (uint8_t)byte;
            block[SM4_BLOCK - 1 - at] = (uint8_t)~byte;
            sm4_encrypt(&key, block, ours);
            their_blocks(key.bytes, NULL, true, block, sizeof block, theirs);
            assert_memory_equal(ours, theirs, sizeof ours);
        }
    }
}

static void a_block_may_be_enciphered_where_it_lies(void **state) {
    (void)state;
    uint8_t place[SM4_BLOCK], apart[SM4_BLOCK];
    draw_bytes(place, sizeof place);
    sm4_encrypt(&example, place, apart);
    sm4_encrypt(&example, place, place);
    assert_memory_equal(place, apart, sizeof place);
}

/* Decision 0020: the factor and its complement. */
static void a_derived_key_is_one_block(void **state) {
    (void)state;
    uint8_t factor[8] = {0x34, 0x34, 0x30, 0x31, 0x30, 0x30, 0x73, 0x78};
    uint8_t both[SM4_BLOCK], theirs[SM4_BLOCK];
    struct key128 key = example;
    for (unsigned i = 0; i < 8; i++) {
        both[i] = factor[i];
        both[8 + i] = factor[i] ^ 0xFF;
    }
    their_blocks(example.bytes, NULL, true, both, sizeof both, theirs);
    derive_sm4(&key, factor, &key); /* in its own place */
    assert_memory_equal(key.bytes, theirs, sizeof theirs);
}

static void a_proof_is_the_left_of_a_padded_block(void **state) {
    (void)state;
    uint8_t block[SM4_BLOCK] = {1, 2, 3, 4, 5, 6, 7, 8, 0x80};
    uint8_t theirs[SM4_BLOCK], proof[8];
    their_blocks(example.bytes, NULL, true, block, sizeof block, theirs);
    proof_sm4(&example, block, proof);
    assert_memory_equal(proof, theirs, sizeof proof);
}

/* All lengths over several borders of blocks, with and without an initial vector. */
static void a_mac_is_the_last_block_of_a_chain(void **state) {
    (void)state;
    static const uint8_t zeros[SM4_BLOCK];
    uint8_t data[70], padded[96], chain[96], iv[SM4_BLOCK], mac[SM4_BLOCK];
    draw_bytes(data, sizeof data);
    draw_bytes(iv, sizeof iv);
    for (size_t len = 0; len <= sizeof data; len++) {
        size_t whole = (len / SM4_BLOCK + 1) * SM4_BLOCK;
        (void)memset(padded, 0, sizeof padded);
        (void)memcpy(padded, data, len);
        padded[len] = 0x80;
        their_blocks(example.bytes, zeros, true, padded, whole, chain);
        mac_sm4(&example, NULL, bytes_of(data, len), mac);
        assert_memory_equal(mac, chain + whole - SM4_BLOCK, SM4_BLOCK);
        their_blocks(example.bytes, iv, true, padded, whole, chain);
        mac_sm4(&example, iv, bytes_of(data, len), mac);
        assert_memory_equal(mac, chain + whole - SM4_BLOCK, SM4_BLOCK);
    }
}

static void a_mac_may_lie_where_its_vector_was(void **state) {
    (void)state;
    uint8_t iv[SM4_BLOCK] = {9, 8, 7}, mac[SM4_BLOCK];
    mac_sm4(&example, iv, bytes_text("wallet"), mac);
    mac_sm4(&example, iv, bytes_text("wallet"), iv);
    assert_memory_equal(mac, iv, sizeof mac);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_example_of_the_standard_comes_out),
        cmocka_unit_test(the_example_repeated_comes_out),
        cmocka_unit_test(random_keys_and_blocks_agree_with_openssl),
        cmocka_unit_test(every_byte_in_every_place_agrees_with_openssl),
        cmocka_unit_test(a_block_may_be_enciphered_where_it_lies),
        cmocka_unit_test(a_derived_key_is_one_block),
        cmocka_unit_test(a_proof_is_the_left_of_a_padded_block),
        cmocka_unit_test(a_mac_is_the_last_block_of_a_chain),
        cmocka_unit_test(a_mac_may_lie_where_its_vector_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
