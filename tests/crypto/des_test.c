/* The chip's ciphers against OpenSSL's, and what their callers may do with their arguments.
 * SHEBAO_CASES says how many random blocks; the nightly run tries a million of each kind. */
#include "check.h"

#include <openssl/evp.h>

#include "crypto/derive.h"
#include "crypto/mac.h"
#include "crypto/secret.h"

enum { RANDOM_BLOCKS = 20000, MAC_ROUNDS = 2000, LONGEST_MESSAGE = 67 };

/* Numbers that look random and are the same in every run. */
static uint64_t dice = 20031008;

static uint8_t random_byte(void) {
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (uint8_t)(dice >> 56);
}

static unsigned long cases(void) {
    const char *text = getenv("SHEBAO_CASES");
    return text ? strtoul(text, NULL, 10) : RANDOM_BLOCKS;
}

static void random_fill(uint8_t *at, size_t len) {
    for (size_t i = 0; i < len; i++) {
        at[i] = random_byte();
    }
}

/* The other implementation: two-key triple DES of whole blocks, encrypting or decrypting. */
static void openssl_tdes(
    const struct key128 *key, bool encrypt, const uint8_t *in, size_t len, uint8_t *out) {
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int out_len = 0;
    assert_non_null(ctx);
    assert_int_equal(EVP_CipherInit_ex(ctx, EVP_des_ede_ecb(), NULL, key->bytes, NULL, encrypt), 1);
    assert_int_equal(EVP_CIPHER_CTX_set_padding(ctx, 0), 1);
    assert_int_equal(EVP_CipherUpdate(ctx, out, &out_len, in, (int)len), 1);
    assert_int_equal(out_len, (int)len);
    EVP_CIPHER_CTX_free(ctx);
}

static struct key128 doubled(const uint8_t key[8]) {
    struct key128 twice;
    (void)memcpy(twice.bytes, key, 8);
    (void)memcpy(twice.bytes + 8, key, 8);
    return twice;
}

static void triple_des_is_openssls(void **state) {
    (void)state;
    for (unsigned long i = 0; i < cases(); i++) {
        struct key128 key;
        struct tdes_key k;
        uint8_t in[8], ours[8], theirs[8];
        random_fill(key.bytes, sizeof key.bytes);
        random_fill(in, sizeof in);
        tdes_prepare(&k, &key);
        tdes_encrypt(&k, in, ours);
        openssl_tdes(&key, true, in, sizeof in, theirs);
        assert_memory_equal(ours, theirs, sizeof ours);
        tdes_decrypt(&k, in, ours);
        openssl_tdes(&key, false, in, sizeof in, theirs);
        assert_memory_equal(ours, theirs, sizeof ours);
    }
}

static void single_des_is_openssls_with_equal_halves(void **state) {
    (void)state;
    static const uint8_t padding[8] = {0x80};
    for (unsigned long i = 0; i < cases(); i++) {
        uint8_t key[8], in[8], ours[8], theirs[8], again[8];
        struct tdes_key k;
        random_fill(key, sizeof key);
        random_fill(in, sizeof in);
        const struct key128 twice = doubled(key);
        tdes_prepare_single(&k, key);
        tdes_encrypt(&k, in, ours);
        openssl_tdes(&twice, true, in, sizeof in, theirs);
        assert_memory_equal(ours, theirs, sizeof ours);
        mac_single(key, NULL, bytes_of(in, 0), again); /* a padding by itself is one block */
        openssl_tdes(&twice, true, padding, sizeof padding, theirs);
        assert_memory_equal(again, theirs, sizeof again);
        tdes_decrypt(&k, ours, ours); /* in place */
        assert_memory_equal(ours, in, sizeof in);
    }
}

/* Each bit of key and block alone: what a wrong table entry would hide from random tries. */
static void every_single_bit_is_where_openssl_has_it(void **state) {
    (void)state;
    for (unsigned bit = 0; bit < 64; bit++) {
        uint8_t lone[8] = {0}, zero[8] = {0}, ours[8], theirs[8];
        struct tdes_key k;
        lone[bit / 8] = (uint8_t)(0x80 >> bit % 8);
        const struct key128 as_key = doubled(lone), no_key = doubled(zero);
        tdes_prepare_single(&k, lone);
        tdes_encrypt(&k, zero, ours);
        openssl_tdes(&as_key, true, zero, 8, theirs);
        assert_memory_equal(ours, theirs, 8);
        tdes_prepare_single(&k, zero);
        tdes_encrypt(&k, lone, ours);
        openssl_tdes(&no_key, true, lone, 8, theirs);
        assert_memory_equal(ours, theirs, 8);
    }
}

/* DES-CBC-MAC as a book would write it, with OpenSSL as the cipher: retail for 16 bytes. */
static void book_mac(
    const struct key128 *key, const uint8_t *iv, struct bytes data, bool retail, uint8_t mac[8]) {
    uint8_t padded[LONGEST_MESSAGE + 8] = {0};
    size_t len = (data.len / 8 + 1) * 8;
    struct key128 left = doubled(key->bytes), right = doubled(key->bytes + 8);
    (void)memcpy(padded, data.at, data.len);
    padded[data.len] = 0x80;
    (void)memcpy(mac, iv, 8);
    for (size_t at = 0; at < len; at += 8) {
        for (size_t i = 0; i < 8; i++) {
            mac[i] ^= padded[at + i];
        }
        openssl_tdes(&left, true, mac, 8, mac);
    }
    if (retail) {
        openssl_tdes(&right, false, mac, 8, mac);
        openssl_tdes(&left, true, mac, 8, mac);
    }
}

static void macs_are_the_books_for_every_length(void **state) {
    (void)state;
    for (int i = 0; i < MAC_ROUNDS; i++) {
        struct key128 key;
        uint8_t data[LONGEST_MESSAGE], iv[8], zero[8] = {0}, ours[8], books[8];
        struct bytes message = bytes_of(data, (size_t)i % (sizeof data + 1));
        random_fill(key.bytes, sizeof key.bytes);
        random_fill(data, sizeof data);
        random_fill(iv, sizeof iv);
        mac_single(key.bytes, iv, message, ours);
        book_mac(&key, iv, message, false, books);
        assert_memory_equal(ours, books, 8);
        mac_retail(&key, iv, message, ours);
        book_mac(&key, iv, message, true, books);
        assert_memory_equal(ours, books, 8);
        mac_single(key.bytes, NULL, message, ours);
        book_mac(&key, zero, message, false, books);
        assert_memory_equal(ours, books, 8);
        mac_retail(&key, NULL, message, iv); /* the result may lie where the IV was */
        book_mac(&key, zero, message, true, books);
        assert_memory_equal(iv, books, 8);
    }
}

static void a_key_may_be_derived_into_its_own_place(void **state) {
    (void)state;
    struct key128 key, apart;
    uint8_t factor[8];
    random_fill(key.bytes, sizeof key.bytes);
    random_fill(factor, sizeof factor);
    derive_key(&key, factor, &apart);
    derive_key(&key, factor, &key);
    assert_memory_equal(&key, &apart, sizeof key);
}

static void equal_means_every_byte_is(void **state) {
    (void)state;
    uint8_t a[16], b[16];
    random_fill(a, sizeof a);
    (void)memcpy(b, a, sizeof b);
    assert_true(crypto_equal(a, b, sizeof a));
    assert_true(crypto_equal(a, b, 0));
    for (size_t i = 0; i < sizeof a; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            b[i] ^= (uint8_t)(1u << bit);
            assert_false(crypto_equal(a, b, sizeof a));
            assert_true(crypto_equal(a, b, i));
            b[i] ^= (uint8_t)(1u << bit);
        }
    }
}

static void wiping_leaves_zeros_and_touches_nothing_else(void **state) {
    (void)state;
    uint8_t room[18];
    (void)memset(room, 0xEE, sizeof room);
    crypto_wipe(room + 1, 16);
    for (size_t i = 1; i < 17; i++) {
        assert_int_equal(room[i], 0);
    }
    assert_int_equal(room[0], 0xEE);
    assert_int_equal(room[17], 0xEE);
}

/* The invented keys of card.md 11. */
static void the_social_security_vectors_hold(void **state) {
    (void)state;
    struct key128 key, card;
    uint8_t factor[8], original[8], session[8], out[8], message[32];
    (void)from_hex("00112233445566778899AABBCCDDEEFF", key.bytes, 16);
    (void)from_hex("3434303030307368", factor, 8);
    derive_key(&key, factor, &key);
    assert_hex(bytes_of(key.bytes, 16), "7803CA3023FC4771C7BA17AC6B285C89");
    (void)from_hex("3434303130307378", factor, 8);
    derive_key(&key, factor, &key);
    assert_hex(bytes_of(key.bytes, 16), "9762F9B60A9281F3692D842B08A76266");
    (void)from_hex("8684440100ABCDEF", factor, 8);
    derive_key(&key, factor, &card);
    assert_hex(bytes_of(card.bytes, 16), "C5A91E8A9D46B650A0CD157BE8449864");

    (void)from_hex("1122334455667788", factor, 8);
    derive_session(&card, factor, session);
    assert_hex(bytes_of(session, 8), "C8FF131028D7864A");
    struct tdes_key k;
    (void)from_hex("0102030405060708", original, 8);
    tdes_prepare_single(&k, session);
    tdes_encrypt(&k, original, out);
    assert_hex(bytes_of(out, 8), "8D0C30B9F1F7A729");

    size_t len = from_hex("440100D15600000500ABCDEF", message, sizeof message);
    mac_retail(&card, NULL, bytes_of(message, len), out);
    assert_hex(bytes_of(out, 4), "1788FFB8");
    derive_tac_key(&card, out);
    assert_hex(bytes_of(out, 8), "65640BF175022E34");
}

/* Reload and unblock of the PIN under an 8-byte STK. [card.md 6.1, 11] */
static void the_pin_vectors_hold(void **state) {
    (void)state;
    struct key128 stk;
    uint8_t factor[8], session[8], block[8], out[8], message[32];
    (void)from_hex("0123456789ABCDEF 0123456789ABCDEF", stk.bytes, 16);
    (void)from_hex("1122334455667788", factor, 8);
    derive_session(&stk, factor, session);
    assert_hex(bytes_of(session, 8), "B4CC3FD9D8D95214");
    struct tdes_key k;
    (void)from_hex("0312345680000000", block, 8);
    tdes_prepare_single(&k, session);
    tdes_encrypt(&k, block, out);
    assert_hex(bytes_of(out, 8), "A4133DF32C2C2EE4");
    size_t len = from_hex("842400010C A4133DF32C2C2EE4", message, sizeof message);
    mac_single(session, NULL, bytes_of(message, len), out);
    assert_hex(bytes_of(out, 4), "EB004C1A");
    len = from_hex("8424000004", message, sizeof message);
    mac_single(session, NULL, bytes_of(message, len), out);
    assert_hex(bytes_of(out, 4), "3B20864B");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(triple_des_is_openssls),
        cmocka_unit_test(single_des_is_openssls_with_equal_halves),
        cmocka_unit_test(every_single_bit_is_where_openssl_has_it),
        cmocka_unit_test(macs_are_the_books_for_every_length),
        cmocka_unit_test(a_key_may_be_derived_into_its_own_place),
        cmocka_unit_test(equal_means_every_byte_is),
        cmocka_unit_test(wiping_leaves_zeros_and_touches_nothing_else),
        cmocka_unit_test(the_social_security_vectors_hold),
        cmocka_unit_test(the_pin_vectors_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
