/* Every command that computes with a key, in directories that speak SM4. What the partner says is
 * made with OpenSSL; see card/partner_sm4.h. */
#include "card/commands/commands.h"

#include "card/partner_sm4.h"

static struct hand hand;

/* --- which cipher a directory speaks -------------------------------------------------------- */

/* FF and 00 are 3DES, 03 is SM4, and nothing else exists. [decision 0020] */
static void a_directory_names_its_cipher_in_one_byte(void **state) {
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t line[64];
        size_t len = from_hex(
            "80E0DDF117380100F0F01E01007378312E73682EC9E7BBE1B1A3D5CF", line, sizeof line);
        bool known = byte == 0x00 || byte == 0x03 || byte == 0xFF;
        hand_make_master(&hand);
        line[12] = (uint8_t)byte;
        hand_send(&hand, bytes_of(line, len));
        assert_int_equal(hand_sw(&hand), known ? 0x9000 : 0x6A80);
        if (known) { /* and tells of it in the answer to SELECT: six bytes more */
            hand_expect(&hand, SELECT_SSSE, byte == 0x03 ? "611E" : "6118");
        }
    }
}

static void select_tells_the_cipher_of_an_environment(void **state) {
    (void)state;
    hand_make_sm4(&hand);
    hand_say(&hand, SELECT_SSSE);
    hand_expect(
        &hand, "00C000001E", "6F1C840F7378312E73682EC9E7BBE1B1A3D5CFA50988011E9F0C038601039000");
    hand_expect(&hand, SELECT_PKI, "6110");
    hand_expect(&hand, "00C0000010", "6F0E840C504B492EC9E7BBE1B1A3D5CF9000");
}

static void keys_of_sm4_have_sixteen_bytes(void **state) {
    (void)state;
    static const char *const script[] = {"80E0DDF117380400F0F01E01037378312E73682EC9E7BBE1B1A3D5CF",
        SELECT_SSSE, "80E00000073F010081F0FFFF", NULL};
    hand_make_master(&hand);
    hand_say_all(&hand, script);
    hand_expect(&hand, "80D401000D36F0F0FF330123456789ABCDEF", "6700");
    hand_expect(&hand, "80D401001436F0F0FF33A0A1A2A3A4A5A6A7A8A9AAABACADAE", "6700");
    hand_ok(&hand, "80D401001536F0F0FF33" SM4_STK);
    hand_ok(&hand, "80D40100083AF0EF0133123456"); /* a PIN is no key */
}

/* --- proofs --------------------------------------------------------------------------------- */

static void the_card_proves_itself(void **state) {
    (void)state;
    hand_make_sm4(&hand);
    for (unsigned round = 0; round < 16; round++) {
        uint8_t key[16], line[5 + 16] = {0x00, 0x88, 0x00, 0x00, 0x10}, proof[8];
        (void)from_hex(SM4_IRK, key, sizeof key);
        for (unsigned i = 0; i < 16; i++) {
            line[5 + i] = (uint8_t)(i * 7 + round * 31);
        }
        sm4p_proof(key, line + 5, line + 13, proof);
        hand_send(&hand, bytes_of(line, sizeof line));
        assert_int_equal(hand_sw(&hand), 0x6108);
        hand_say(&hand, "00C0000008");
        assert_memory_equal(hand.reply, proof, 8);
    }
    hand_expect(&hand, "00880000081122334455667788", "6700");
}

/* A flip of any bit of the proof or of the original is a wrong proof. */
static void only_the_right_proof_is_believed(void **state) {
    (void)state;
    hand_make_sm4(&hand);
    for (unsigned bit = 0; bit <= 128; bit++) {
        uint8_t key[16], line[5 + 16] = {0x00, 0x82, 0x00, 0x0A, 0x10};
        (void)from_hex(SM4_RK, key, sizeof key);
        hand_say(&hand, SELECT_SSSE);
        hand_expect(&hand, "00B209300A", "6982");
        hand_say(&hand, "0084000008");
        sm4p_proof(key, hand.reply, line + 13, line + 5);
        if (bit < 128) {
            line[5 + bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        hand_send(&hand, bytes_of(line, sizeof line));
        assert_int_equal(hand_sw(&hand), bit < 128 ? 0x63C2 : 0x9000);
        hand_say(&hand, "00B209300A");
        assert_int_equal(hand_sw(&hand), bit < 128 ? 0x6982 : 0x9000);
        if (bit < 128) { /* the try is given back */
            assert_int_equal(sm4p_prove(&hand, SM4_RK, 0x0A, true), 0x9000);
        }
    }
}

static void three_wrong_proofs_lock_the_key(void **state) {
    (void)state;
    hand_make_sm4(&hand);
    assert_int_equal(sm4p_prove(&hand, SM4_UK, 0x0A, true), 0x63C2);
    assert_int_equal(sm4p_prove(&hand, SM4_UK, 0x0A, true), 0x63C1);
    assert_int_equal(sm4p_prove(&hand, SM4_UK, 0x0A, true), 0x63C0);
    assert_int_equal(sm4p_prove(&hand, SM4_RK, 0x0A, true), 0x6983);
    assert_int_equal(sm4p_prove(&hand, SM4_UK, 0x04, true), 0x9000); /* the others live */
}

/* Proofs under 3DES, from the same sixteen bytes. */
static void the_other_cipher_proves_nothing(void **state) {
    (void)state;
    hand_make_sm4(&hand);
    assert_int_equal(partner_prove(&hand, SM4_RK, 0x0A, true), 0x63C2);
    hand_make_social(&hand);
    assert_int_equal(sm4p_prove(&hand, KEY_UK, 0x04, true), 0x63C2);
}

/* Keys of hand_make_sm4() are of version 1. */
static void a_proof_may_name_the_version_of_its_key(void **state) {
    (void)state;
    for (unsigned version = 0; version < 256; version++) {
        uint8_t key[16], line[5 + 17] = {0x00, 0x82, 0x00, 0x04, 0x11};
        hand_make_sm4(&hand);
        (void)from_hex(SM4_UK, key, sizeof key);
        hand_say(&hand, "0084000008");
        sm4p_proof(key, hand.reply, line + 13, line + 5);
        line[21] = (uint8_t)version;
        hand_send(&hand, bytes_of(line, sizeof line));
        assert_int_equal(hand_sw(&hand), version == 1 ? 0x9000 : 0x6A88);
        if (version == 2) { /* and no try was lost */
            assert_int_equal(sm4p_prove(&hand, SM4_RK, 0x04, true), 0x63C2);
        }
    }
}

/* --- the PIN's second life: 84 24, sixteen bytes of ciphertext ------------------------------ */

static void a_pin_is_reloaded_in_the_form_of_sixteen_bytes(void **state) {
    (void)state;
    hand_make_sm4(&hand);
    assert_int_equal(sm4p_say(&hand, "84240001", "654321", SM4_STK, SOCIAL_CIPHER), 0x6982);
    assert_int_equal(sm4p_prove(&hand, SM4_PUK, 0x06, true), 0x9000);
    uint8_t challenge[8], line[APDU_MAX];
    partner_challenge(&hand, challenge);
    size_t len = sm4p_secure(challenge, "84240001", "654321", SM4_STK, SOCIAL_CIPHER, line);
    assert_int_equal(len, 5 + 0x14);
    hand_send(&hand, bytes_of(line, len));
    assert_int_equal(hand_sw(&hand), 0x9000);
    hand_expect(&hand, "0020000003123456", "63C2");
    hand_ok(&hand, "0020000003654321");
}

/* Any bit of ciphertext or MAC, and the PIN stays what it was. */
static void a_reload_with_any_wrong_bit_is_refused(void **state) {
    (void)state;
    hand_make_sm4(&hand);
    for (unsigned bit = 0; bit < 8 * 0x14; bit++) {
        uint8_t challenge[8], line[APDU_MAX];
        hand_say(&hand, SELECT_SSSE);
        assert_int_equal(sm4p_prove(&hand, SM4_PUK, 0x06, true), 0x9000);
        partner_challenge(&hand, challenge);
        size_t len = sm4p_secure(challenge, "84240001", "654321", SM4_STK, SOCIAL_CIPHER, line);
        line[5 + bit / 8] ^= (uint8_t)(1 << bit % 8);
        hand_send(&hand, bytes_of(line, len));
        assert_int_equal(hand_sw(&hand), 0x6988);
        /* The right PIN still opens, and unblocking gives the try of STK back. */
        hand_ok(&hand, "0020000003123456");
        assert_int_equal(sm4p_prove(&hand, SM4_PUK, 0x06, true), 0x9000);
        assert_int_equal(sm4p_say(&hand, "84240000", "", SM4_STK, SOCIAL_MAC), 0x9000);
    }
}

/* Four random bytes and zeros make no session, in either cipher; and no try is lost. */
static void a_short_challenge_makes_no_session(void **state) {
    (void)state;
    for (unsigned sm4 = 0; sm4 < 2; sm4++) {
        uint8_t challenge[8] = {0}, line[APDU_MAX];
        const char *puk = sm4 ? SM4_PUK : KEY_PUK;
        if (sm4) {
            hand_make_sm4(&hand);
            assert_int_equal(sm4p_prove(&hand, puk, 0x06, true), 0x9000);
        } else {
            hand_make_social(&hand);
            assert_int_equal(partner_prove(&hand, puk, 0x06, true), 0x9000);
        }
        hand_say(&hand, "0084000004");
        (void)memcpy(challenge, hand.reply, 4);
        size_t len = sm4 ? sm4p_secure(challenge, "84240000", "", SM4_STK, SOCIAL_MAC, line)
                         : partner_secure(challenge, "84240000", "", KEY_STK, SOCIAL_MAC, line);
        hand_send(&hand, bytes_of(line, len));
        assert_int_equal(hand_sw(&hand), 0x6984);
    }
}

/* Eight bytes are no block of this cipher, though their MAC is right. */
static void the_form_of_3des_is_refused(void **state) {
    (void)state;
    hand_make_sm4(&hand);
    assert_int_equal(sm4p_prove(&hand, SM4_PUK, 0x06, true), 0x9000);
    assert_int_equal(sm4p_say(&hand, "84240001", "A4133DF32C2C2EE4", SM4_STK, SOCIAL_MAC), 0x6A80);
    hand_ok(&hand, "0020000003123456");
}

static void a_locked_pin_is_opened_again(void **state) {
    (void)state;
    hand_make_sm4(&hand);
    for (unsigned i = 0; i < 3; i++) {
        hand_say(&hand, "0020000003000000");
    }
    hand_expect(&hand, "0020000003123456", "6983");
    assert_int_equal(sm4p_prove(&hand, SM4_PUK, 0x06, true), 0x9000);
    assert_int_equal(sm4p_say(&hand, "84240000", "", SM4_STK, SOCIAL_MAC), 0x9000);
    hand_ok(&hand, "0020000003123456");
}

/* --- updates and reads under secure messaging ------------------------------------------------ */

/* Social form: session key and zero vector; the update key first. */
static void a_record_is_updated_under_a_mac(void **state) {
    (void)state;
    hand_make_sm4(&hand);
    assert_int_equal(sm4p_prove(&hand, SM4_UK, 0x04, true), 0x9000);
    assert_int_equal(sm4p_say(&hand, "04DC0328", "030434000000", SM4_STK, SOCIAL_MAC), 0x9000);
    hand_expect(&hand, "00B2032806", "0304340000009000");
    assert_int_equal(sm4p_say(&hand, "04DC0328", "030435000000", SM4_RK, SOCIAL_MAC), 0x6988);
    hand_expect(&hand, "00B2032806", "0304340000009000");
}

/* Purse form: the challenge is the vector, with zeros behind it. */
static void a_file_is_written_under_the_key_itself(void **state) {
    (void)state;
    hand_make_sm4(&hand);
    hand_say(&hand, SELECT_PKI);
    hand_say(&hand, SELECT_CERT);
    hand_expect(&hand, "00D6940004DEADBEEF", "6987");
    assert_int_equal(sm4p_say(&hand, "04D69400", "DEADBEEF", SM4_DAMK, PURSE_MAC), 0x9000);
    hand_expect(&hand, "00B0940004", "DEADBEEF9000");
    assert_int_equal(sm4p_say(&hand, "04D69400", "11111111", SM4_DAMK, SOCIAL_MAC), 0x6988);
    assert_int_equal(partner_say(&hand, "04D69400", "11111111", SM4_DAMK, PURSE_MAC), 0x6988);
    hand_expect(&hand, "00B0940004", "DEADBEEF9000");
}

/* 04 B0 of len bytes from EF15: deciphered and compared; refused where the sealed answer would not
 * fit. */
static void a_protected_read_is_whole_blocks_and_a_mac(void **state) {
    (void)state;
    uint8_t key[16];
    (void)from_hex(SM4_DAMK, key, sizeof key);
    hand_make_sm4(&hand);
    hand_say(&hand, SELECT_PKI);
    hand_say(&hand, SELECT_CERT);
    assert_int_equal(sm4p_say(&hand, "04D69500", "00112233445566778899AABBCCDDEEFF00112233",
                         SM4_DAMK, PURSE_CIPHER),
        0x9000);
    static const unsigned lengths[] = {1, 14, 15, 16, 17, 31, 32, 200, 239};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        uint8_t challenge[8], line[APDU_MAX], iv[16] = {0}, mac[4], plain[256];
        partner_challenge(&hand, challenge);
        size_t len = sm4p_secure(challenge, "04B09500", "", SM4_DAMK, PURSE_MAC, line);
        line[len++] = (uint8_t)lengths[i];
        hand_send(&hand, bytes_of(line, len));
        assert_int_equal(hand_sw(&hand) >> 8, 0x61);
        uint8_t get[] = {0x00, 0xC0, 0x00, 0x00, (uint8_t)hand_sw(&hand)};
        hand_send(&hand, bytes_of(get, sizeof get));
        size_t sealed = hand.reply_len - 2 - 4;
        assert_int_equal(sealed, (lengths[i] + 1 + 15) / 16 * 16);
        (void)memcpy(iv, challenge, 8);
        sm4p_mac(key, iv, bytes_of(hand.reply, sealed), mac);
        assert_memory_equal(mac, hand.reply + sealed, 4);
        sm4p_unblocks(key, hand.reply, plain, sealed);
        assert_int_equal(plain[0], lengths[i]);
        assert_int_equal(plain[1], 0x00);
        assert_true(lengths[i] < 2 || plain[2] == 0x11);
    }
    hand_expect(&hand, "00B0950004", "6987");
}

/* --- the purse form of proofs: the certificate application ------------------------------------ */

static void a_long_challenge_opens_the_certificates(void **state) {
    (void)state;
    hand_make_sm4(&hand);
    hand_say(&hand, SELECT_PKI);
    hand_say(&hand, SELECT_CERT);
    hand_expect(&hand, "00D6920002ABCD", "6982");
    assert_int_equal(sm4p_prove(&hand, SM4_MAIN, 0x00, false), 0x9000);
    hand_ok(&hand, "00D6920002ABCD");
    hand_expect(&hand, "00B0920002", "ABCD9000");
    hand_ok(&hand, "00D6930002ABCD");
    hand_expect(&hand, "00B0930002", "6982");
}

static void challenges_have_four_eight_or_here_sixteen_bytes(void **state) {
    (void)state;
    hand_make_sm4(&hand);
    hand_say(&hand, SELECT_PKI);
    for (unsigned le = 0; le < 256; le++) {
        uint8_t line[] = {0x00, 0x84, 0x00, 0x00, (uint8_t)le};
        hand_send(&hand, bytes_of(line, sizeof line));
        bool has = le == 4 || le == 8 || le == 16;
        assert_int_equal(hand_sw(&hand), has ? 0x9000 : 0x6700);
    }
    hand_say(&hand, SELECT_SSSE);
    hand_expect(&hand, "0084000010", "6700");
}

/* A challenge that was drawn for less does not stand for a long one. */
static void a_short_challenge_opens_nothing(void **state) {
    (void)state;
    static const char *const lens[] = {"0084000004", "0084000008"};
    for (size_t i = 0; i < 2; i++) {
        uint8_t key[16], block[16] = {0}, line[5 + 16] = {0x00, 0x82, 0x00, 0x00, 0x10};
        (void)from_hex(SM4_MAIN, key, sizeof key);
        hand_make_sm4(&hand);
        hand_say(&hand, SELECT_PKI);
        hand_say(&hand, lens[i]);
        (void)memcpy(block, hand.reply, hand.reply_len - 2);
        sm4p_blocks(key, block, line + 5, 16);
        hand_send(&hand, bytes_of(line, sizeof line));
        assert_int_equal(hand_sw(&hand), 0x6984);
    }
}

static void internal_keys_work_in_blocks_of_sixteen(void **state) {
    (void)state;
    static const uint8_t zeros[16];
    uint8_t key[16], line[5 + 32] = {0x00, 0x88, 0x00, 0x01, 0x20}, theirs[32], mac[4];
    (void)from_hex(SM4_IRK, key, sizeof key);
    hand_make_sm4(&hand);
    hand_say(&hand, SELECT_PKI);
    hand_say(&hand, SELECT_CERT);
    for (unsigned i = 0; i < 32; i++) {
        line[5 + i] = (uint8_t)(i * 11);
    }
    hand_send(&hand, bytes_of(line, sizeof line));
    hand_say(&hand, "00C0000020");
    sm4p_blocks(key, line + 5, theirs, 32);
    assert_memory_equal(hand.reply, theirs, 32);
    (void)memcpy(line + 5, theirs, 32); /* and back */
    line[2] = 0x01;
    line[3] = 0x02;
    hand_send(&hand, bytes_of(line, sizeof line));
    hand_say(&hand, "00C0000020");
    assert_int_equal(hand.reply[1], 11);
    assert_int_equal(hand.reply[31], (uint8_t)(31 * 11));
    line[2] = 0x02;
    line[3] = 0x03;
    hand_send(&hand, bytes_of(line, sizeof line));
    hand_say(&hand, "00C0000004");
    sm4p_mac(key, zeros, bytes_of(line + 5, 32), mac);
    assert_memory_equal(hand.reply, mac, 4);
    hand_expect(&hand, "00880001081122334455667788", "6700");
}

/* --- keys on their way in: 84 D4 01 xx 24 ----------------------------------------------------- */

static void a_key_is_written_in_thirty_six_bytes(void **state) {
    (void)state;
    uint8_t challenge[8], line[APDU_MAX];
    hand_make_sm4(&hand);
    hand_say(&hand, SELECT_SSSE);
    assert_int_equal(sm4p_prove(&hand, SM4_MAIN, 0x00, true), 0x9000);
    partner_challenge(&hand, challenge);
    size_t len = sm4p_secure(
        challenge, "84D40108", "39F0F01233" SM4_UK, SM4_MAIN, PURSE_CIPHER, line);
    assert_int_equal(len, 5 + 0x24);
    hand_send(&hand, bytes_of(line, len));
    assert_int_equal(hand_sw(&hand), 0x9000);
    assert_int_equal(sm4p_prove(&hand, SM4_UK, 0x08, true), 0x9000);
}

static void a_key_with_any_wrong_bit_stays_out(void **state) {
    (void)state;
    for (unsigned bit = 0; bit < 8 * 0x24; bit += 5) {
        uint8_t challenge[8], line[APDU_MAX];
        hand_make_sm4(&hand);
        assert_int_equal(sm4p_prove(&hand, SM4_MAIN, 0x00, true), 0x9000);
        partner_challenge(&hand, challenge);
        size_t len = sm4p_secure(
            challenge, "84D40108", "39F0F01233" SM4_UK, SM4_MAIN, PURSE_CIPHER, line);
        line[5 + bit / 8] ^= (uint8_t)(1 << bit % 8);
        hand_send(&hand, bytes_of(line, len));
        assert_int_equal(hand_sw(&hand), 0x9302);
        assert_int_equal(sm4p_prove(&hand, SM4_UK, 0x08, true), 0x6A88);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_directory_names_its_cipher_in_one_byte),
        cmocka_unit_test(select_tells_the_cipher_of_an_environment),
        cmocka_unit_test(keys_of_sm4_have_sixteen_bytes),
        cmocka_unit_test(the_card_proves_itself),
        cmocka_unit_test(only_the_right_proof_is_believed),
        cmocka_unit_test(three_wrong_proofs_lock_the_key),
        cmocka_unit_test(the_other_cipher_proves_nothing),
        cmocka_unit_test(a_proof_may_name_the_version_of_its_key),
        cmocka_unit_test(a_pin_is_reloaded_in_the_form_of_sixteen_bytes),
        cmocka_unit_test(a_reload_with_any_wrong_bit_is_refused),
        cmocka_unit_test(a_short_challenge_makes_no_session),
        cmocka_unit_test(the_form_of_3des_is_refused),
        cmocka_unit_test(a_locked_pin_is_opened_again),
        cmocka_unit_test(a_record_is_updated_under_a_mac),
        cmocka_unit_test(a_file_is_written_under_the_key_itself),
        cmocka_unit_test(a_protected_read_is_whole_blocks_and_a_mac),
        cmocka_unit_test(a_long_challenge_opens_the_certificates),
        cmocka_unit_test(challenges_have_four_eight_or_here_sixteen_bytes),
        cmocka_unit_test(a_short_challenge_opens_nothing),
        cmocka_unit_test(internal_keys_work_in_blocks_of_sixteen),
        cmocka_unit_test(a_key_is_written_in_thirty_six_bytes),
        cmocka_unit_test(a_key_with_any_wrong_bit_stays_out),
    };
    if (!CARD_SM4) {
        print_message("skipped: this card is built without SM4\n");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
