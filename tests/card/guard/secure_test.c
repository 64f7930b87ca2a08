/* Secure messaging by itself: MACs, ciphertext, and what must not be taken for either. */
#include "card/guard/secure.h"

#include "check.h"

static struct secret secret_of(const char *hex) {
    struct secret key = {.len = 0};
    key.len = (uint8_t)from_hex(hex, key.bytes, sizeof key.bytes);
    return key;
}

static struct challenge challenge_of(const char *hex) {
    struct challenge c = {.lives = 1};
    (void)from_hex(hex, c.bytes, sizeof c.bytes);
    return c;
}

/* Published and derived vectors of purse.json: commands with their MACs. */
static void published_macs_are_right_and_no_other_is(void **state) {
    (void)state;
    static const struct {
        const char *title, *key, *challenge, *command;
    } cases[] = {
        {"real-card-mac-1",     "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "44A47DEB00000000",
         "04D600001411223344556677889900AABBCCDDEEFFF2F62231"},
        {"writekey add F9",     "FFFFFFFFFFFFFFFF",                 "4C45BAB900000000",
         "84D40102147C87BC23140021B3AFEA67E6359DDCFED7C943F6"},
        {"derived block",       "8A021972BFEC9D152CA9EB82D7D12C09", "1234567800000000",
         "841E000004E0DB0323"                                },
        {"derived unblock PIN", "D8F60FA2D791F3A658D27C05458243ED", "1234567800000000",
         "842400000C1F5668D2FAD9B3637B78B8C0"                },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t line[64];
        struct apdu cmd;
        struct secure secure;
        struct secret key = secret_of(cases[i].key);
        struct challenge challenge = challenge_of(cases[i].challenge);
        size_t len = from_hex(cases[i].command, line, sizeof line);
        secure_begin(&secure, SECURE_PURSE, &key, &challenge);
        assert_true(apdu_decode(bytes_of(line, len), &cmd));
        if (!secure_mac_right(&secure, &cmd)) {
            fail_msg("%s", cases[i].title);
        }
        for (size_t bit = 0; bit < 8 * len; bit++) {
            if (bit / 8 == 4) {
                continue; /* Lc: another one is another length, which the decoder refuses */
            }
            line[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_true(apdu_decode(bytes_of(line, len), &cmd));
            assert_false(secure_mac_right(&secure, &cmd));
            line[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        for (unsigned bit = 0; bit < 64; bit++) {
            challenge.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            secure_begin(&secure, SECURE_PURSE, &key, &challenge);
            assert_true(apdu_decode(bytes_of(line, len), &cmd));
            assert_false(secure_mac_right(&secure, &cmd));
            challenge.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

/* card.md 11: STK 0123456789ABCDEF, challenge 1122334455667788, session B4CC3FD9D8D95214. */
static void the_social_session_key_is_that_of_the_worked_example(void **state) {
    (void)state;
    struct secure secure;
    struct secret stk = secret_of("0123456789ABCDEF");
    struct challenge challenge = challenge_of("1122334455667788");
    secure_begin(&secure, SECURE_SOCIAL, &stk, &challenge);
    assert_int_equal(secure.key.len, 8);
    assert_hex(bytes_of(secure.key.bytes, 8), "B4CC3FD9D8D95214");
    assert_hex(bytes_of(secure.iv, 8), "0000000000000000");
    secure_end(&secure);
    assert_hex(bytes_of(&secure, 4), "00000000");
}

/* Seals LD || data || padding, as an honest sender does or as the case says. */
static size_t cipher_of(const char *key_hex, const char *plain, uint8_t *out) {
    struct secret key = secret_of(key_hex);
    struct tdes_key ready;
    size_t len = from_hex(plain, out, 64);
    secret_prepare(&key, &ready);
    for (size_t i = 0; i < len; i += 8) {
        tdes_encrypt(&ready, out + i, out + i);
    }
    return len;
}

static void only_what_is_padded_right_is_deciphered(void **state) {
    (void)state;
    static const struct {
        const char *title, *plain, *data; /* data NULL: refused */
    } cases[] = {
        {"no padding at a whole block",  "0701020304050607",                 "01020304050607"},
        {"a whole extra block is taken", "07010203040506078000000000000000", "01020304050607"},
        {"padding inside a block",       "0301020380000000",                 "010203"        },
        {"only the mark fits",           "0601020304050680",                 "010203040506"  },
        {"nothing but padding",          "0080000000000000",                 ""              },
        {"LD beyond the end",            "0801020304050607",                 NULL            },
        {"LD far beyond the end",        "FF01020304050607",                 NULL            },
        {"no mark",                      "0301020300000000",                 NULL            },
        {"a mark and not zeros",         "0301020380000001",                 NULL            },
        {"two blocks of padding",
         "0080000000000000"
            "0000000000000000",                                              NULL            },
    };
    static const char *const keys[] = {"1122334455667788", "00112233445566778899AABBCCDDEEFF"};
    for (size_t k = 0; k < 2; k++) {
        struct secure secure = {.key = secret_of(keys[k])};
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            uint8_t cipher[64];
            uint8_t room[APDU_DATA_MAX];
            struct bytes plain = {0};
            size_t len = cipher_of(keys[k], cases[i].plain, cipher);
            bool taken = secure_decipher(&secure, bytes_of(cipher, len), room, &plain);
            if (taken != (cases[i].data != NULL)) {
                fail_msg("%s", cases[i].title);
            }
            if (taken) {
                assert_hex(plain, cases[i].data);
            }
        }
    }
}

/* Answers: enciphered as commands are (vector fmcos-sm-enc-binary), the MAC over what goes out,
 * with the initial vector of the command. Method: seal, then take apart with the other half of the
 * file. */
static void an_answer_is_sealed_as_a_command_would_be(void **state) {
    (void)state;
    static const char *const keys[] = {"4444444444444444", "00112233445566778899AABBCCDDEEFF"};
    struct challenge challenge = challenge_of("44A47DEB00000000");
    for (size_t i = 0; i < 4 * SECURE_READ_MAX; i++) {
        uint8_t room[256];
        uint8_t opened[APDU_DATA_MAX];
        uint8_t mac[8];
        size_t len = i / 4 + 1;
        bool ciphered = i % 2 != 0;
        struct bytes plain = bytes_of(room, len);
        struct secret key = secret_of(keys[i / 2 % 2]);
        struct secure secure;
        struct builder b = builder_in(room, sizeof room);
        secure_begin(&secure, SECURE_PURSE, &key, &challenge);
        for (size_t at = 0; at < len; at++) {
            put_u8(&b, (uint8_t)(at + 1));
        }
        secure_seal(&secure, ciphered, &b);
        assert_false(b.overflowed);
        struct bytes body = bytes_of(room, b.len - SECURE_MAC_LEN);
        secret_mac(&key, challenge.bytes, body, mac);
        assert_memory_equal(mac, room + body.len, SECURE_MAC_LEN);
        if (ciphered) {
            assert_int_equal(body.len, (len + 1 + 7) / 8 * 8); /* no block of nothing but padding */
            assert_true(secure_decipher(&secure, body, opened, &plain));
        }
        assert_int_equal(plain.len, len);
        assert_int_equal(plain.at[len - 1], len);
        if (len == 7 && ciphered && key.len == 8) {
            assert_hex(body, "19479307DF791D7F");
        }
    }
}

static void a_seal_without_room_is_remembered(void **state) {
    (void)state;
    struct secure secure = {.key = secret_of("1122334455667788")};
    for (size_t room_len = 7; room_len < 7 + 1 + SECURE_MAC_LEN; room_len++) {
        uint8_t room[16] = {0};
        struct builder b = builder_in(room, room_len);
        put_fill(&b, 0x55, 7);
        secure_seal(&secure, true, &b);
        assert_true(b.overflowed);
    }
}

static void less_than_a_mac_is_no_mac(void **state) {
    (void)state;
    static const uint8_t data[] = {1, 2, 3};
    struct secure secure = {.key = secret_of("1122334455667788")};
    for (size_t len = 0; len <= sizeof data; len++) {
        struct apdu cmd = {.cla = 0x04, .ins = 0xD6, .data = bytes_of(data, len)};
        assert_false(secure_mac_right(&secure, &cmd));
        assert_int_equal(secure_body(&cmd).len, 0);
    }
}

static void ciphertext_comes_in_whole_blocks(void **state) {
    (void)state;
    uint8_t cipher[APDU_DATA_MAX + 1] = {0};
    uint8_t room[APDU_DATA_MAX];
    struct bytes plain;
    struct secure secure = {.key = secret_of("1122334455667788")};
    for (size_t len = 0; len <= sizeof cipher; len++) {
        if (len % 8 != 0 || len == 0 || len > APDU_DATA_MAX) {
            assert_false(secure_decipher(&secure, bytes_of(cipher, len), room, &plain));
        }
    }
}

/* Vectors fmcos-intauth-*: the two lengths of keys. */
static void keys_of_both_lengths_do_what_they_say(void **state) {
    (void)state;
    static const uint8_t zeros[8];
    static const uint8_t data[] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t mac[8];
    struct secret single = secret_of("1122334455667788");
    struct secret twice = secret_of("11223344556677881122334455667788");
    secret_mac(&single, zeros, bytes_of(data, 8), mac);
    assert_hex(bytes_of(mac, 4), "A82A8CEB");
    secret_mac(&twice, zeros, bytes_of(data, 8), mac);
    assert_hex(bytes_of(mac, 4), "A82A8CEB"); /* equal halves: retail is plain */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_macs_are_right_and_no_other_is),
        cmocka_unit_test(the_social_session_key_is_that_of_the_worked_example),
        cmocka_unit_test(only_what_is_padded_right_is_deciphered),
        cmocka_unit_test(an_answer_is_sealed_as_a_command_would_be),
        cmocka_unit_test(a_seal_without_room_is_remembered),
        cmocka_unit_test(less_than_a_mac_is_no_mac),
        cmocka_unit_test(ciphertext_comes_in_whole_blocks),
        cmocka_unit_test(keys_of_both_lengths_do_what_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
