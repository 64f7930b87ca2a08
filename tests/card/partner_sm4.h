/* The other side of a talk with a chip whose directories speak SM4. It computes with OpenSSL and
 * the forms of decision 0020 alone, nothing of src/, so that both sides can be wrong only
 * separately. */
#pragma once

#include <openssl/evp.h>

#include "card/partner.h"

enum { SM4P_BLOCK = 16 };

#define SM4_MAIN    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
#define SM4_IRK     "0123456789ABCDEFFEDCBA9876543210"
#define SM4_UK      "00112233445566778899AABBCCDDEEFF"
#define SM4_RK      "102132435465768798A9BACBDCEDFE0F"
#define SM4_PUK     "112233445566778899AABBCCDDEEFF00"
#define SM4_STK     "A0A1A2A3A4A5A6A7A8A9AAABACADAEAF"
#define SM4_DAMK    "36363636363636363636363636363637"
#define SELECT_CERT "00A404000C53532E434552542E41444631"
#define SELECT_PKI  "00A404000C504B492EC9E7BBE1B1A3D5CF"

/* Whole blocks, ECB. out may be in. */
static inline void sm4p_blocks(const uint8_t key[16], const uint8_t *in, uint8_t *out, size_t len) {
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int done = 0;
    assert_non_null(ctx);
    assert_int_equal(EVP_EncryptInit_ex2(ctx, EVP_sm4_ecb(), key, NULL, NULL), 1);
    assert_int_equal(EVP_CIPHER_CTX_set_padding(ctx, 0), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &done, in, (int)len), 1);
    assert_int_equal(done, len);
    EVP_CIPHER_CTX_free(ctx);
}

static inline void sm4p_unblocks(
    const uint8_t key[16], const uint8_t *in, uint8_t *out, size_t len) {
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int done = 0;
    assert_non_null(ctx);
    assert_int_equal(EVP_DecryptInit_ex2(ctx, EVP_sm4_ecb(), key, NULL, NULL), 1);
    assert_int_equal(EVP_CIPHER_CTX_set_padding(ctx, 0), 1);
    assert_int_equal(EVP_DecryptUpdate(ctx, out, &done, in, (int)len), 1);
    assert_int_equal(done, len);
    EVP_CIPHER_CTX_free(ctx);
}

static inline void sm4p_session(
    const uint8_t key[16], const uint8_t input[8], uint8_t session[16]) {
    uint8_t both[16];
    for (unsigned i = 0; i < 8; i++) {
        both[i] = input[i];
        both[8 + i] = input[i] ^ 0xFF;
    }
    sm4p_blocks(key, both, session, 16);
}

static inline void sm4p_proof(
    const uint8_t key[16], const uint8_t factor[8], const uint8_t original[8], uint8_t proof[8]) {
    uint8_t session[16], block[16] = {0};
    sm4p_session(key, factor, session);
    (void)memcpy(block, original, 8);
    block[8] = 0x80;
    sm4p_blocks(session, block, block, 16);
    (void)memcpy(proof, block, 8);
}

/* Left four bytes of the chain. */
static inline void sm4p_mac(
    const uint8_t key[16], const uint8_t iv[16], struct bytes data, uint8_t mac[4]) {
    uint8_t chain[16], padded[320] = {0};
    size_t len = (data.len / 16 + 1) * 16;
    assert_true(len <= sizeof padded);
    (void)memcpy(padded, data.at, data.len);
    padded[data.len] = 0x80;
    (void)memcpy(chain, iv, 16);
    for (size_t at = 0; at < len; at += 16) {
        for (unsigned i = 0; i < 16; i++) {
            chain[i] ^= padded[at + i];
        }
        sm4p_blocks(key, chain, chain, 16);
    }
    (void)memcpy(mac, chain, 4);
}

/* LD || data || 80 00.., enciphered; returns the length. */
static inline size_t sm4p_cipher(
    const uint8_t key[16], const uint8_t *data, size_t len, uint8_t *out) {
    uint8_t plain[272] = {0};
    plain[0] = (uint8_t)len;
    (void)memcpy(plain + 1, data, len);
    size_t whole = len + 1;
    if (whole % 16 != 0) {
        plain[whole] = 0x80;
        whole += 16 - whole % 16;
    }
    sm4p_blocks(key, plain, out, whole);
    return whole;
}

/* GET CHALLENGE and EXTERNAL AUTHENTICATE in the form of the family; returns the status word. */
static inline unsigned sm4p_prove(struct hand *h, const char *key_hex, uint8_t id, bool social) {
    static const uint8_t original[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t key[16], line[5 + 16] = {0x00, 0x82, 0x00, id, 0x10};
    (void)from_hex(key_hex, key, sizeof key);
    hand_say(h, social ? "0084000008" : "0084000010");
    assert_int_equal(h->reply_len, social ? 10 : 18);
    if (social) {
        sm4p_proof(key, h->reply, original, line + 5);
        (void)memcpy(line + 13, original, 8);
    } else {
        sm4p_blocks(key, h->reply, line + 5, 16);
    }
    hand_send(h, bytes_of(line, sizeof line));
    return hand_sw(h);
}

/* The line of a command under secure messaging, for a challenge that was fetched. */
static inline size_t sm4p_secure(const uint8_t challenge[8], const char *head, const char *plain,
    const char *key_hex, enum partner_form form, uint8_t line[APDU_MAX]) {
    uint8_t key[16], iv[16] = {0}, data[256], mac[4];
    size_t len = from_hex(plain, data, sizeof data);
    (void)from_hex(key_hex, key, sizeof key);
    if (form == SOCIAL_MAC || form == SOCIAL_CIPHER) {
        sm4p_session(key, challenge, key);
    } else {
        (void)memcpy(iv, challenge, 8);
    }
    assert_int_equal(from_hex(head, line, 4), 4);
    if (form == PURSE_CIPHER || form == SOCIAL_CIPHER) {
        len = sm4p_cipher(key, data, len, data);
    }
    line[4] = (uint8_t)(len + 4);
    (void)memcpy(line + 5, data, len);
    sm4p_mac(key, iv, bytes_of(line, 5 + len), mac);
    (void)memcpy(line + 5 + len, mac, 4);
    return 5 + len + 4;
}

/* GET CHALLENGE and a command under secure messaging; returns its status word. */
static inline unsigned sm4p_say(struct hand *h, const char *head, const char *plain,
    const char *key_hex, enum partner_form form) {
    uint8_t challenge[8], line[APDU_MAX];
    partner_challenge(h, challenge);
    size_t len = sm4p_secure(challenge, head, plain, key_hex, form, line);
    hand_send(h, bytes_of(line, len));
    return hand_sw(h);
}

/* An SSSE under SM4 with EF05 (free, UK 04) and EF06 (RK 0A, UK 04); PIN 123456, three tries. And a
 * certificate application with a public file, a private one, one that is written under a MAC, and
 * one that is read under it, enciphered. */
static inline void hand_make_sm4(struct hand *h) {
    static const char *const script[] = {
        "80E0DDF117380400F0F01E01037378312E73682EC9E7BBE1B1A3D5CF",
        SELECT_SSSE,
        "80E00000073F010081F0FFFF",
        "80D401001539F0F01A33" SM4_MAIN,
        "80D401001530F0F00100" SM4_IRK,
        "80D401041539F0F01233" SM4_UK,
        "80D401061539F0F01233" SM4_PUK,
        "80D4010A1539F0F01233" SM4_RK,
        "80D401001536F0F0FF33" SM4_STK,
        "80D40100083AF0EF0133123456",
        "80E0EF05082C00400000000004",
        "80E0EF06082C00400000"
        "0A0004",
        "00E2002806030433000000",
        "00E200300A0908C0EEC0F6A1A4BBAA",
        NULL,
    };
    static const char *const pki[] = {
        "00A40000023F00",
        "80E0DDF214380600F0F080FF03504B492EC9E7BBE1B1A3D5CF",
        SELECT_PKI,
        "80E00000073F004080F0FFFF",
        "80D401001539F0F0AA33" SM4_MAIN,
        "80E0DF0114380400F0F080FF0353532E434552542E41444631",
        SELECT_CERT,
        "80E00000073F008080F0FFFF",
        "80D401001539F0F0AA33" SM4_MAIN,
        "80D401001536F0F0FF33" SM4_DAMK,
        "80D401011530F0F00100" SM4_IRK,
        "80D401021531F0F00100" SM4_IRK,
        "80D401031532F0F00100" SM4_IRK,
        "80E0001207280042F0AAFFFF",
        "80E0001307280022EFAAFFFF",
        "80E0001407A80020F0F0FFFF",
        "80E0001507E80100F0F0FF3F",
        NULL,
    };
    hand_make_master(h);
    hand_say_all(h, script);
    hand_say_all(h, pki);
    assert_int_equal(hand_reset(h), 17);
    hand_say(h, SELECT_SSSE);
}
