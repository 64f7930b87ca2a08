/* The other side of a test's talk with a chip: someone who holds keys.
 *
 * It computes what terminals, centres and issuers compute, with crypto/ alone and nothing of
 * src/card, so that both sides can be wrong only separately. */
#pragma once

#include "base/features.h"
#include "card/hand.h"
#include "crypto/derive.h"
#include "crypto/mac.h"
#include "wire/purse_message.h"

/* A key as text: 8 or 16 bytes of hexadecimal. */
struct partner_key {
    uint8_t bytes[16];
    size_t len;
};

static inline struct partner_key partner_key(const char *hex) {
    struct partner_key key = {.len = 0};
    key.len = from_hex(hex, key.bytes, sizeof key.bytes);
    assert_true(key.len == 8 || key.len == 16);
    return key;
}

static inline void partner_encrypt(
    const struct partner_key *key, const uint8_t *in, uint8_t *out, size_t len) {
    struct tdes_key ready;
    struct key128 whole;
    if (key->len == 8) {
        tdes_prepare_single(&ready, key->bytes);
    } else {
        (void)memcpy(whole.bytes, key->bytes, sizeof whole.bytes);
        tdes_prepare(&ready, &whole);
    }
    for (size_t i = 0; i < len; i += 8) {
        tdes_encrypt(&ready, in + i, out + i);
    }
}

static inline void partner_mac(
    const struct partner_key *key, const uint8_t *iv, struct bytes data, uint8_t mac[8]) {
    struct key128 whole;
    if (key->len == 8) {
        mac_single(key->bytes, iv, data, mac);
        return;
    }
    (void)memcpy(whole.bytes, key->bytes, sizeof whole.bytes);
    mac_retail(&whole, iv, data, mac);
}

/* GET CHALLENGE of 8 bytes. */
static inline void partner_challenge(struct hand *h, uint8_t challenge[8]) {
    hand_say(h, "0084000008");
    assert_int_equal(hand_sw(h), 0x9000);
    assert_int_equal(h->reply_len, 10);
    (void)memcpy(challenge, h->reply, 8);
}

/* EXTERNAL AUTHENTICATE with key number id, in the purse form or the social security form; returns
 * the status word. */
static inline unsigned partner_prove(struct hand *h, const char *key_hex, uint8_t id, bool social) {
    static const uint8_t original[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct partner_key key = partner_key(key_hex);
    uint8_t challenge[8];
    uint8_t line[5 + 16] = {0x00, 0x82, 0x00, id, social ? 16 : 8};
    partner_challenge(h, challenge);
    if (social) {
        struct partner_key session = {.len = 8};
        partner_encrypt(&key, challenge, session.bytes, 8);
        partner_encrypt(&session, original, line + 5, 8);
        (void)memcpy(line + 13, original, 8);
    } else {
        partner_encrypt(&key, challenge, line + 5, 8);
    }
    hand_send(h, bytes_of(line, social ? 21 : 13));
    return hand_sw(h);
}

enum partner_form { PURSE_MAC, PURSE_CIPHER, SOCIAL_MAC, SOCIAL_CIPHER };

/* The line of a command under secure messaging, for a challenge that was fetched. `head` is CLA INS
 * P1 P2, `plain` the data, both as text. */
static inline size_t partner_secure(const uint8_t challenge[8], const char *head, const char *plain,
    const char *key_hex, enum partner_form form, uint8_t line[APDU_MAX]) {
    static const uint8_t zeros[8];
    struct partner_key key = partner_key(key_hex);
    const uint8_t *iv = challenge;
    uint8_t data[256];
    uint8_t mac[8];
    size_t len = from_hex(plain, data, sizeof data);
    if (form == SOCIAL_MAC || form == SOCIAL_CIPHER) {
        struct partner_key session = {.len = 8};
        partner_encrypt(&key, challenge, session.bytes, 8);
        key = session;
        iv = zeros;
    }
    if (form == PURSE_CIPHER || form == SOCIAL_CIPHER) {
        (void)memmove(data + 1, data, len);
        data[0] = (uint8_t)len++;
        if (len % 8 != 0) {
            data[len++] = 0x80;
        }
        while (len % 8 != 0) {
            data[len++] = 0x00;
        }
        partner_encrypt(&key, data, data, len);
    }
    assert_int_equal(from_hex(head, line, 4), 4);
    line[4] = (uint8_t)(len + 4);
    (void)memcpy(line + 5, data, len);
    partner_mac(&key, iv, bytes_of(line, 5 + len), mac);
    (void)memcpy(line + 5 + len, mac, 4);
    return 5 + len + 4;
}

/* GET CHALLENGE and a command under secure messaging; returns its status word. */
static inline unsigned partner_say(struct hand *h, const char *head, const char *plain,
    const char *key_hex, enum partner_form form) {
    uint8_t challenge[8];
    uint8_t line[APDU_MAX];
    partner_challenge(h, challenge);
    size_t len = partner_secure(challenge, head, plain, key_hex, form, line);
    hand_send(h, bytes_of(line, len));
    return hand_sw(h);
}

/* ---- three chips as tests need them; the keys are plain to see ---- */

#define KEY_MAIN      "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
#define KEY_DAMK      "36363636363636363636363636363637"
#define KEY_DPUK      "D8F60FA2D791F3A658D27C05458243ED"
#define KEY_DRPK      "FB487A6D1B7CBF1BF84C666B8338376E"
#define KEY_DTK       "CEB726EDC01B793BC37DC09E2F768534"
#define KEY_DPK       "09F4ACB09131420B8FE1B4CC007AC52B"
#define KEY_DLK       "EB9BC6DCDF74FF4E4B43F2E34A6727B6"
#define KEY_DULK      "97FB4EDA4B5237035946EE62D325D909"
#define KEY_DUK       "94F63C4FAE5E4977D749928AD12BC128"
#define KEY_IRK       "C5A91E8A9D46B650A0CD157BE8449864"
#define KEY_UK        "00112233445566778899AABBCCDDEEFF"
#define KEY_RK        "102132435465768798A9BACBDCEDFE0F"
#define KEY_PUK       "112233445566778899AABBCCDDEEFF00"
#define KEY_LK        "2233445566778899AABBCCDDEEFF0011"
#define KEY_STK       "0123456789ABCDEF"
#define KEY_STK_DF    "23456789ABCDEF01"
#define KEY_SAM       "7803CA3023FC4771C7BA17AC6B285C89"

#define SELECT_WALLET "00A4040009A00000000386980701"
#define SELECT_SSSE   "00A404000F7378312E73682EC9E7BBE1B1A3D5CF"
#define SELECT_DF01   "00A4040006D15600000500"
#define SELECT_SAM    "00A4040006D15600000590"

#include "card/datang.h"

/* The dialect by which the functions below make their chips; a test may change it. */
static enum dialect hand_making;

static inline void hand_say_all(struct hand *h, const char *const *commands) {
    for (; *commands; commands++) {
        hand_say(h, *commands);
        if (hand_sw(h) != 0x9000 && hand_sw(h) >> 8 != 0x61) {
            fail_msg("%s: answered %04X", *commands, hand_sw(h));
        }
    }
}

static inline void hand_make_master(struct hand *h) {
    static const char *const script[] = {
        "80E03F000D38FFFFF0F001FFFFFFFFFFFFFF",
        "80E00000073F005001F0FFFF",
        "80D4010015"
        "39F0F0AA33" KEY_MAIN,
        "80D4010015"
        "36F0F0FF33" KEY_DAMK,
        "80E00001072A0213F000FFFF",
        NULL,
    };
    if (hand_making == DIALECT_DATANG) {
        hand_blank_datang(h);
        hand_say_all(h, datang_master);
        return;
    }
    hand_blank(h);
    hand_say_all(h, script);
}

/* Ends the making of a directory of a Datang chip. */
static inline void hand_end(struct hand *h, const char *select, bool social) {
    hand_say(h, select);
    assert_int_equal(partner_prove(h, KEY_MAIN, 0x00, social), 0x9000);
    hand_ok(h, DATANG_END);
}

/* A wallet like purse.md's appendix A: PIN 123456, keys number 00 and DPK, DLK, DULK, DUK number
 * 01. */
static inline void hand_make_wallet(struct hand *h) {
    static const char *const script[] = {
        "80E03F01113808FFF0F095FFFFA00000000386980701",
        SELECT_WALLET,
        "80E00000073F018F95F0FFFF",
        "80D4010015"
        "39F00244"
        "33" KEY_MAIN,
        "80D4010015"
        "34F0020001" KEY_DTK,
        "80D4010015"
        "36F002FF33" KEY_DAMK,
        "80D4010015"
        "37F002FF33" KEY_DPUK,
        "80D4010015"
        "38F002FF33" KEY_DRPK,
        "80D4010115"
        "3EF0020001" KEY_DPK,
        "80D4010115"
        "3FF0020001" KEY_DLK,
        "80D4010115"
        "3DF0020001" KEY_DULK,
        "80D4010115"
        "3CF0020001" KEY_DUK,
        "80D401000B3AF0EF0133123456FFFFFF",
        "80E0001507A8001EF0F0FFFF",
        "80E0001607E80027F0F0FFFF",
        "80E00018072E0A17F1EFFFFF",
        "80E00001072F0208F100FF18",
        "80E00002072F0208F000FF18",
        NULL,
    };
    hand_make_master(h);
    hand_say_all(h, hand_making == DIALECT_DATANG ? datang_wallet : script);
    if (hand_making == DIALECT_DATANG) {
        hand_end(h, "00A4000C023F00", false);
    }
    assert_int_equal(hand_reset(h), 17);
    hand_say(h, SELECT_WALLET);
}

/* SSSE with EF05 (free, UK 04) and DF01 with one file for each kind of right; PIN 123456. */
static inline void hand_make_social(struct hand *h) {
    static const char *const script[] = {
        "80E0DDF117380A00F0F00B01FF7378312E73682EC9E7BBE1B1A3D5CF",
        SELECT_SSSE,
        "80E00000073F010081F0FFFF",
        "80D4010015"
        "39F0F0AA33" KEY_MAIN,
        "80D4010015"
        "30F0F00100" KEY_IRK,
        "80D4010415"
        "39F0F00133" KEY_UK,
        "80D4010615"
        "39F0F00133" KEY_PUK,
        "80D4010715"
        "39F0F00133" KEY_LK,
        "80D401000D"
        "36F0F0FF33" KEY_STK,
        "80D40100083AF0EF0133123456",
        "80E0EF05082C0040000000"
        "0004",
        "00E2002806"
        "030431000000",
        "80E0DF010E380400F0F08001FFD15600000500",
        SELECT_DF01,
        "80E00000073F010081F0FFFF",
        "80D4010015"
        "39F0F0AA33" KEY_MAIN,
        "80D4018315"
        "39F0F00133" KEY_LK,
        "80D4018415"
        "39F0F00133" KEY_UK,
        "80D4018815"
        "39F0F00133" KEY_RK,
        "80D401000D"
        "36F0F0FF33" KEY_STK_DF,
        "80E0EF0508280010000188"
        "0084", /* PIN or RK; UK */
        "80E0EF0608280010440188"
        "0184", /* PIN and RK; PIN and UK */
        "80E0EF0708280010000100"
        "00FF", /* PIN; main key */
        "80E0EF0808280010000000"
        "EFEF", /* free; never */
        "80E0EF09082E0304000000"
        "0000", /* a cyclic file, free */
        NULL,
    };
    hand_make_master(h);
    hand_say_all(h, hand_making == DIALECT_DATANG ? datang_social : script);
    if (hand_making == DIALECT_DATANG) {
        hand_end(h, SELECT_SSSE, true);
        hand_end(h, "00A4000C023F00", false);
    }
    assert_int_equal(hand_reset(h), 17);
    hand_say(h, SELECT_SSSE);
}

/* A PSAM: terminal 440100000001, purchase key at the province's depth as version 01, 3 tries. */
static inline void hand_make_sam(struct hand *h) {
    static const char *const script[] = {
        "80E03F000D38FFFFF0F001FFFFFFFFFFFFFF",
        "80E000160728"
        "0006F0AAFFFF",
        "00D6960006440100000001",
        "80E0DF010E380200F0F097FFFFD15600000590",
        SELECT_SAM,
        "80E00000073F008097F0FFFF",
        "80D4010015"
        "39F0F0AA33" KEY_MAIN,
        "80D4010115"
        "42F0EF0100" KEY_SAM,
        "80E0001807280002F0AAFFFF",
        "00D69800020303",
        "80E0001907280004F0AAFFFF",
        "00D699000400000007",
        NULL,
    };
    hand_blank(h);
    hand_say_all(h, script);
    assert_int_equal(hand_reset(h), 17);
    hand_say(h, SELECT_SAM);
}

/* Puts all tests of a program to cards of either making. */
static inline int partner_run(const char *title, const struct CMUnitTest *tests, size_t count) {
    int failed = _cmocka_run_group_tests(title, tests, count, NULL, NULL);
    if (CARD_DATANG) {
        hand_making = DIALECT_DATANG;
        failed += _cmocka_run_group_tests(
            "the same, made the Datang way", tests, count, NULL, NULL);
    }
    return failed;
}
