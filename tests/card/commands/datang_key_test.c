/* WRITE KEY the Datang way: what each header becomes, and who may send which form. [card.md 5.4;
 * decision 0024] */
#include "card/guard/tries.h"
#include "card/trader.h"

static struct hand hand;

#define FILL_8 "FFFFFFFFFFFFFFFF"

/* SSSE with an open DF01 as the current directory: its main control key is in. */
static void open_application(void) {
    static const char *const script[] = {
        "80E001001F000700FF01DDF10100001D00001000007378312E73682EC9E7BBE1B1A3D5CF", SELECT_SSSE,
        "80E0010010000000"
        "0100"
        "0000C3001000000000"
        "0000",
        "00D4010018000001EF3300FF10" KEY_MAIN, NULL};
    hand_blank_datang(&hand);
    hand_say_all(&hand, datang_master);
    hand_say_all(&hand, script);
}

/* A key of the current directory as it lies in the key file. */
static struct key_record stored(uint8_t type, uint8_t id) {
    struct held_key held = {.at = 0};
    struct chip *chip = &hand.card.cos.chip;
    assert_int_equal(key_find(&chip->store, &chip->dir, type, id, &held.key, &held.at), SW_OK);
    return held.key;
}

static void each_header_becomes_a_key_of_the_tree(void **state) {
    (void)state;
    static const struct {
        uint8_t datang, type, version, counter;
    } cases[] = {
        {0x03, KEY_PIN_UNBLOCK,      0x02, 0x35},
        {0x04, KEY_PIN_RELOAD,       0x02, 0x35},
        {0x07, KEY_MAINTENANCE,      0x02, 0x35},
        {0x08, KEY_LOAD,             0x02, 0x01},
        {0x09, KEY_PURCHASE,         0x02, 0x01},
        {0x0A, KEY_TAC,              0x02, 0x01},
        {0x0B, KEY_UNLOAD,           0x02, 0x01},
        {0x0C, KEY_OVERDRAFT,        0x02, 0x01},
        {0x0D, KEY_EXTERNAL,         0x44, 0x35}, /* the level, not the version */
        {0x0E, KEY_INTERNAL_ENCRYPT, 0x02, 0x01},
    };
    open_application();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char command[96];
        /* type id version EF counter algorithm level length */
        (void)snprintf(command, sizeof command,
            "00D4000018%02X0502EF5301440"
            "8" KEY_STK FILL_8,
            cases[i].datang);
        hand_ok(&hand, command);
        struct key_record key = stored(cases[i].type, 5);
        assert_int_equal(key.version, cases[i].version);
        assert_int_equal(key.counter, cases[i].counter == 0x35 ? 0x53 : 0x01);
        assert_int_equal(key.len, 8);
        assert_int_equal(key.use, RIGHT_FREE);
    }
    assert_int_equal(stored(KEY_EXTERNAL, 5).change, 0x02);
}

static void types_that_no_source_names_are_refused(void **state) {
    (void)state;
    static const uint8_t known[] = {0x01, 0x03, 0x04, 7, 8, 9, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E};
    open_application();
    for (unsigned type = 0; type < 256; type++) {
        char command[96];
        if (memchr(known, (int)type, sizeof known)) {
            continue;
        }
        (void)snprintf(command, sizeof command, "00D4000018%02X0502EF33014410" KEY_UK, type);
        hand_expect(&hand, command, "6A80");
    }
}

static void headers_that_contradict_themselves_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *command, *answer;
    } cases[] = {
        {"00D4010018"
         "0D0500EF33002210" KEY_UK,
         "6A80"                                           }, /* P1 says main key */
        {"00D4000018"
         "000000EF3300FF10" KEY_UK,
         "6A80"                                           }, /* P1 says another */
        {"00D4010018"
         "000100EF3300FF10" KEY_UK,
         "6A80"                                           }, /* the main key is number 00 */
        {"00D4000018"
         "0D0000EF33002210" KEY_UK,
         "6A80"                                           }, /* and nobody else */
        {"00D4000018"
         "0D0500EF33000010" KEY_UK,
         "6A80"                                           }, /* levels of others */
        {"00D4000018"
         "0D0500EF3300EF10" KEY_UK,
         "6A80"                                           },
        {"00D4000018"
         "0D0500EF3300FF10" KEY_UK,
         "6A80"                                           },
        {"00D4000018"
         "0D0500EF03002210" KEY_UK,
         "6A80"                                           }, /* no tries ever */
        {"00D4000018"
         "0D0500EF34002210" KEY_UK,
         "6A80"                                           }, /* more left than there are */
        {"00D4000018"
         "0D0500EF33002211" KEY_UK,
         "6700"                                           }, /* longer than it is */
        {"00D4000018"
         "0D0500EF33002208" KEY_UK,
         "6700"                                           }, /* shorter, and not filled up */
        {"00D4000018"
         "0D0500EF33002200" KEY_UK,
         "6700"                                           },
        {"00D4000018"
         "010000EF33060101"
         "12"
         "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "6700"},
        {"00D4000018"
         "010000EF33060109"
         "121212121212121212"
         "FFFFFFFFFFFFFF",                 "6700"},
        {"00D4000010"
         "0D0500EF33002208" KEY_STK,
         "9000"                                           }, /* not filled up at all */
        {"00D4000007"
         "0D0500EF330022",                 "6700"},
        {"00D4020018"
         "0D0500EF33002210" KEY_UK,
         "6A86"                                           },
        {"00D4000118"
         "0D0500EF33002210" KEY_UK,
         "6A86"                                           },
    };
    open_application();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hand_expect(&hand, cases[i].command, cases[i].answer);
    }
}

#define PLAIN_KEY "0D0501EF33002210" KEY_UK

/* Sends WRITE KEY in the form of a class and returns its status word. */
static unsigned send_form(unsigned cla, const char *key_hex) {
    static const char head[] = "0D0501EF33002210";
    char plain[64];
    uint8_t line[APDU_MAX], challenge[8] = {0};
    char text[2 * APDU_MAX];
    (void)snprintf(plain, sizeof plain, "%s%s", head, key_hex);
    (void)snprintf(text, sizeof text, "%02XD40000", cla);
    if (cla & 0x04) {
        partner_challenge(&hand, challenge);
    }
    enum partner_form form = cla & 0x80 ? PURSE_CIPHER : PURSE_MAC;
    size_t len = partner_secure(challenge, text, plain, KEY_MAIN, form, line);
    if ((cla & 0x04) == 0) {
        line[4] = (uint8_t)(line[4] - 4); /* no MAC */
        len -= 4;
    }
    hand_send(&hand, bytes_of(line, len));
    return hand_sw(&hand);
}

/* Lc of the four forms is that of card.md: 18, 1C, 20, 24. */
static void an_open_directory_takes_all_four_forms(void **state) {
    (void)state;
    static const unsigned classes[] = {0x00, 0x04, 0x80, 0x84};
    static const char *const keys[] = {KEY_UK, KEY_RK, KEY_LK, KEY_PUK};
    open_application();
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(send_form(classes[i], keys[i]), 0x9000);
        assert_int_equal(partner_prove(&hand, keys[i], 5, true), 0x9000);
        hand_say(&hand, SELECT_SSSE); /* the proof ends, and the directory opens again by MK */
        assert_int_equal(partner_prove(&hand, KEY_MAIN, 0, true), 0x9000);
    }
}

/* After a reset, nothing proven: only who holds the main control key gets a key in. */
static void only_the_main_keys_own_form_is_taken(void) {
    assert_int_equal(hand_reset(&hand), 17);
    hand_say(&hand, SELECT_SSSE);
    assert_int_equal(send_form(0x00, KEY_RK), 0x6982);
    assert_int_equal(send_form(0x04, KEY_RK), 0x6982);
    assert_int_equal(send_form(0x80, KEY_RK), 0x6982);
    assert_int_equal(send_form(0x84, KEY_RK), 0x9000);
    assert_int_equal(partner_prove(&hand, KEY_RK, 5, true), 0x9000);
}

static void a_shut_directory_takes_only_what_its_main_key_made(void **state) {
    (void)state;
    open_application();
    assert_int_equal(send_form(0x00, KEY_UK), 0x9000);
    only_the_main_keys_own_form_is_taken();
    assert_int_equal(
        partner_say(&hand, "84D40000", "0D0601EF33003310" KEY_UK, KEY_MAIN, PURSE_CIPHER), 0x9000);
    assert_int_equal(partner_prove(&hand, KEY_MAIN, 0, true), 0x9000);
    hand_ok(&hand, DATANG_END);
    only_the_main_keys_own_form_is_taken();
    assert_int_equal(
        partner_say(&hand, "84D40000", "0D0701EF33003310" KEY_UK, KEY_MAIN, PURSE_CIPHER), 0x6985);
    assert_int_equal(stored(KEY_EXTERNAL, 6).version, 0x33);
}

static void a_wrong_mac_costs_the_main_key_a_try(void **state) {
    (void)state;
    uint8_t line[APDU_MAX], challenge[8];
    open_application();
    for (unsigned left = 3; left-- > 0;) {
        partner_challenge(&hand, challenge);
        size_t len = partner_secure(challenge, "84D40000", PLAIN_KEY, KEY_MAIN, PURSE_CIPHER, line);
        line[len - 1] ^= 0x01;
        hand_send(&hand, bytes_of(line, len));
        assert_int_equal(hand_sw(&hand), 0x9302);
        assert_int_equal(
            tries_left(&(struct key_record){.counter = stored(KEY_EXTERNAL, 0).counter}), left);
    }
    assert_int_equal(send_form(0x84, KEY_UK), 0x6983);
    assert_int_equal(partner_prove(&hand, KEY_MAIN, 0, true), 0x6983);
}

/* Any bit of a message under secure messaging. */
static void a_changed_message_writes_nothing(void **state) {
    (void)state;
    static struct hand kept;
    uint8_t line[APDU_MAX], challenge[8];
    open_application();
    partner_challenge(&hand, challenge);
    size_t len = partner_secure(challenge, "84D40000", PLAIN_KEY, KEY_MAIN, PURSE_CIPHER, line);
    kept = hand;
    for (size_t bit = 0; bit < 8 * (len - 5); bit += 3) {
        hand = kept;
        line[5 + bit / 8] ^= (uint8_t)(1 << bit % 8);
        hand_send(&hand, bytes_of(line, len));
        assert_int_equal(hand_sw(&hand), 0x9302);
        line[5 + bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    hand = kept;
    hand_send(&hand, bytes_of(line, len));
    assert_int_equal(hand_sw(&hand), 0x9000);
    hand_send(&hand, bytes_of(line, len));
    assert_int_equal(hand_sw(&hand), 0x6984); /* its challenge is used up */
}

/* Ciphertext without a MAC that says nonsense. */
static void nonsense_in_cipher_is_refused(void **state) {
    (void)state;
    open_application();
    hand_expect(&hand, "80D4000020" KEY_UK KEY_RK, "6A80");
    hand_expect(&hand, "80D4000018" KEY_UK KEY_STK, "6A80");
    hand_expect(&hand, "80D4000017" KEY_UK "01234567012345", "6A80");
}

static void the_main_key_is_replaced_under_itself(void **state) {
    (void)state;
    open_application();
    hand_ok(&hand, DATANG_END);
    assert_int_equal(
        partner_say(&hand, "84D40100", "000001EF3300FF10" KEY_RK, KEY_MAIN, PURSE_CIPHER), 0x9000);
    assert_int_equal(partner_prove(&hand, KEY_MAIN, 0, true), 0x63C2);
    assert_int_equal(partner_prove(&hand, KEY_RK, 0, true), 0x9000);
    assert_int_equal(
        partner_say(&hand, "84D40100", "000001EF3300FF10" KEY_UK, KEY_MAIN, PURSE_CIPHER), 0x9302);
    assert_int_equal(
        partner_say(&hand, "84D40100", "000001EF3300FF08" KEY_STK, KEY_RK, PURSE_CIPHER), 0x6700);
}

/* The version that a terminal names behind its original is the header's. */
static void a_key_is_asked_by_its_version(void **state) {
    (void)state;
    uint8_t line[5 + 17];
    open_application();
    hand_ok(&hand, "00D40000180D0507EF33002210" KEY_UK);
    for (uint8_t version = 6; version < 9; version++) {
        (void)partner_prove(&hand, KEY_UK, 5, true); /* of which we take the form */
        struct partner_key key = partner_key(KEY_UK), session = {.len = 8};
        uint8_t challenge[8];
        partner_challenge(&hand, challenge);
        partner_encrypt(&key, challenge, session.bytes, 8);
        (void)from_hex("0082000511", line, 5);
        (void)memset(line + 13, 0x11, 8);
        partner_encrypt(&session, line + 13, line + 5, 8);
        line[21] = version;
        hand_send(&hand, bytes_of(line, sizeof line));
        assert_int_equal(hand_sw(&hand), version == 7 ? 0x9000 : 0x6A88);
    }
}

static void without_a_key_file_there_is_no_key(void **state) {
    (void)state;
    hand_blank_datang(&hand);
    hand_ok(&hand, DATANG_CODE);
    hand_expect(&hand, "00D4000018" PLAIN_KEY, "6A81");
    hand_ok(&hand, "80E001001E000000FFFF3F00010000000000000000315041592E5359532E4444463031");
    hand_expect(&hand, "00D4000018" PLAIN_KEY, "6A82");
    assert_int_equal(send_form(0x84, KEY_UK), 0x6A82);
    hand_ok(&hand, "80E00100100000000018"
                   "0000C300000000000000"
                   "00");
    assert_int_equal(send_form(0x84, KEY_UK), 0x6A88); /* no main key to open it with */
    hand_ok(&hand, "00D4000018" PLAIN_KEY);
    hand_expect(&hand,
        "00D4000018"
        "0D0601EF33002210" KEY_UK,
        "6A84"); /* it had room for one */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_header_becomes_a_key_of_the_tree),
        cmocka_unit_test(types_that_no_source_names_are_refused),
        cmocka_unit_test(headers_that_contradict_themselves_are_refused),
        cmocka_unit_test(an_open_directory_takes_all_four_forms),
        cmocka_unit_test(a_shut_directory_takes_only_what_its_main_key_made),
        cmocka_unit_test(a_wrong_mac_costs_the_main_key_a_try),
        cmocka_unit_test(a_changed_message_writes_nothing),
        cmocka_unit_test(nonsense_in_cipher_is_refused),
        cmocka_unit_test(the_main_key_is_replaced_under_itself),
        cmocka_unit_test(a_key_is_asked_by_its_version),
        cmocka_unit_test(without_a_key_file_there_is_no_key),
    };
    return CARD_DATANG ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}
