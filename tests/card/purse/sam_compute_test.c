/* What else a PSAM computes at a till: the scripts A1, A2 and A3 of card.md's appendix A between a
 * module and a user card, with the user card's keys led down from the module's; and every way to
 * fail. [card.md 7, Appendix A; purse.md 6.5; decision 0022] */
#include "base/features.h"
#include "card/medic.h"
#include "card/trader.h"

static struct hand sam;
static struct hand user;

#define ATR8       "8684440100000001"
#define CITY8      "3434303130307378"
#define PROVINCE8  "3434303030307368"
#define ORIGINAL   "0102030405060708"

/* The roots of the module: at the ministry for three factors, at the province for two. */
#define ROOT_PUK   "102030405060708090A0B0C0D0E0F001"
#define ROOT_STK   "2030405060708090A0B0C0D0E0F00112"
#define ROOT_UK    "30405060708090A0B0C0D0E0F0011223"
#define ROOT_RK    "405060708090A0B0C0D0E0F001122334"
#define ROOT_DAMK  "5060708090A0B0C0D0E0F00112233445"
#define ROOT_DTK   "60708090A0B0C0D0E0F0011223344556"
#define ROOT_PROOF "708090A0B0C0D0E0F001122334455667"

/* Keys of the module: usage, number, algorithm and value, as WRITE KEY takes them. */
static void add_key(const char *usage, const char *number, const char *algorithm, const char *key) {
    char command[80];
    (void)snprintf(
        command, sizeof command, "80D401%s15%sF0EF%s%s%s", number, usage, number, algorithm, key);
    hand_ok(&sam, command);
}

static void make_module(void) {
    hand_make_sam(&sam);
    hand_say(&sam, "00A40000023F00");
    hand_say(&sam, "800E000000");
    hand_ok(&sam, "80E0DF010E380400F0F097FFFFD15600000590");
    hand_say(&sam, SELECT_SAM);
    hand_ok(&sam, "80E00000073F020097F0FFFF");
    add_key("48", "10", "00", ROOT_PUK);
    add_key("48", "09", "01", ROOT_STK); /* the card has its left half */
    add_key("47", "25", "00", ROOT_UK);
    add_key("67", "2E", "00", ROOT_RK);
    add_key("28", "01", "00", ROOT_DAMK);
    add_key("44", "01", "00", ROOT_DTK);
    add_key("27", "01", "00", ROOT_PROOF);
    add_key("26", "01", "00", ROOT_DAMK);
    add_key("42", "01", "00", KEY_SAM);
    add_key("20", "01", "00", KEY_SAM);
    add_key("09", "01", "00", KEY_SAM);
    add_key("28", "08", "00", "0123456789ABCDEF0123456789ABCDEF");
    hand_say(&sam, SELECT_SAM);
}

/* The key of the card, by the test's own hand: factors in the order in which they are used. */
static void lead_down(const char *root, const char *const *factors, char text[33]) {
    struct partner_key key = partner_key(root);
    struct key128 whole = medic_whole(&key);
    uint8_t factor[8];
    for (; *factors; factors++) {
        (void)from_hex(*factors, factor, sizeof factor);
        derive_key(&whole, factor, &whole);
    }
    hex_write(bytes_of(whole.bytes, sizeof whole.bytes), text);
}

static const char *const from_province[] = {CITY8, ATR8, NULL};
static const char *const from_ministry[] = {PROVINCE8, CITY8, ATR8, NULL};
static const char *const from_city[] = {ATR8, NULL};

static void user_key(const char *head, const char *root, const char *const *factors, size_t len) {
    char text[33];
    char command[80];
    lead_down(root, factors, text);
    text[2 * len] = '\0';
    (void)snprintf(command, sizeof command, "%s%s", head, text);
    hand_ok(&user, command);
}

/* A card with SSSE, its PIN 123456, and DF01 with EF06, read with PIN or RK, written with UK. */
static void make_user(void) {
    hand_make_master(&user);
    hand_ok(&user, "80E0DDF117380A00F0F00B01FF7378312E73682EC9E7BBE1B1A3D5CF");
    hand_say(&user, SELECT_SSSE);
    hand_ok(&user, "80E00000073F010081F0FFFF");
    user_key("80D401061539F0F00133", ROOT_PUK, from_province, 16);
    user_key("80D401000D36F0F0FF33", ROOT_STK, from_province, 8);
    hand_ok(&user, "80D40100083AF0EF0133123456");
    hand_ok(&user, "80E0DF010E380400F0F08001FFD15600000500");
    hand_say(&user, SELECT_DF01);
    hand_ok(&user, "80E00000073F010081F0FFFF");
    user_key("80D401861539F0F00133", ROOT_UK, from_province, 16);
    user_key("80D401881539F0F00133", ROOT_RK, from_ministry, 16);
    hand_ok(&user, "80E0EF06082C0040000188"
                   "0086");
    hand_ok(&user, "00E20030032801FF");
    assert_int_equal(hand_reset(&user), 17);
    hand_say(&user, SELECT_SSSE);
}

/* GET CHALLENGE of the user card, as text. */
static void challenge(char text[17]) {
    hand_say(&user, "0084000008");
    assert_int_equal(hand_sw(&user), 0x9000);
    hex_write(bytes_of(user.reply, 8), text);
}

/* BFDE, then one 80FA; the first len bytes of what it answers, as text. */
static void compute(
    const char *session, const char *random, const char *fa, size_t len, char *text) {
    char command[160];
    (void)snprintf(command, sizeof command, "BFDE%s%s", session, random);
    hand_ok(&sam, command);
    hand_say(&sam, fa);
    assert_int_equal(hand_sw(&sam), 0x6108);
    hand_say(&sam, "00C0000008");
    assert_int_equal(hand_sw(&sam), 0x9000);
    hex_write(bytes_of(sam.reply, len), text);
}

/* EXTERNAL AUTHENTICATE of the user card under a key that the module holds. */
static void prove(const char *session, const char *kid) {
    char random[17];
    char proof[17];
    char command[80];
    challenge(random);
    compute(session, random, "80FA000008" ORIGINAL, 8, proof);
    (void)snprintf(command, sizeof command, "008200%s10%s" ORIGINAL, kid, proof);
    hand_ok(&user, command);
}

/* A1: PUK, then the new PIN under the session key of STK. */
static void a_terminal_reloads_a_pin(void **state) {
    (void)state;
    char random[17];
    char cipher[17];
    char mac[9];
    char command[96];
    make_module();
    make_user();
    for (int i = 0; i < 3; i++) {
        hand_say(&user, "0020000003999999");
    }
    hand_expect(&user, "0020000003123456", "6983");
    prove("481018" ATR8 CITY8, "06");
    challenge(random);
    compute("480918" ATR8 CITY8, random, "80FA0000080365432180000000", 8, cipher);
    (void)snprintf(command, sizeof command, "80FA0500180000000000000000842400010C%s800000", cipher);
    compute("480918" ATR8 CITY8, random, command, 4, mac);
    (void)snprintf(command, sizeof command, "842400010C%s%s", cipher, mac);
    hand_ok(&user, command);
    hand_ok(&user, "0020000003654321");
}

/* A1's second half: the try counter alone. */
static void a_terminal_unblocks_a_pin(void **state) {
    (void)state;
    char random[17];
    char mac[9];
    char command[96];
    make_module();
    make_user();
    for (int i = 0; i < 3; i++) {
        hand_say(&user, "0020000003999999");
    }
    prove("481018" ATR8 CITY8, "06");
    challenge(random);
    compute("480918" ATR8 CITY8, random, "80FA05001000000000000000008424000004800000", 4, mac);
    (void)snprintf(command, sizeof command, "8424000004%s", mac);
    hand_ok(&user, command);
    hand_ok(&user, "0020000003123456");
}

/* A2: a key of the ministry, with three factors to come. */
static void a_terminal_reads_with_a_read_key(void **state) {
    (void)state;
    make_module();
    make_user();
    hand_say(&user, SELECT_DF01);
    hand_expect(&user, "00B2013403", "6982");
    prove("672E20" ATR8 CITY8 PROVINCE8, "88");
    hand_expect(&user, "00B2013403", "2801FF9000");
}

/* A3: the same with two, and then the record is another. */
static void a_terminal_updates_with_an_update_key(void **state) {
    (void)state;
    make_module();
    make_user();
    hand_say(&user, SELECT_DF01);
    hand_expect(&user, "00DC0134032801AA", "6982");
    prove("472518" ATR8 CITY8, "86");
    hand_ok(&user, "00DC0134032801AA");
    prove("672E20" ATR8 CITY8 PROVINCE8, "88");
    hand_expect(&user, "00B2013403", "2801AA9000");
}

/* ---- 801A and 80FA ---- */

static void expect_hex(const char *command, const uint8_t *data, size_t len) {
    char reply[2 * REPLY_MAX + 1];
    hex_write(bytes_of(data, len), reply);
    (void)memcpy(reply + 2 * len, "9000", 5);
    hand_expect(&sam, command, reply);
}

/* What a loaded key computes: blocks of 3DES, retail MACs with and without a vector, in one piece
 * and in several. */
static void a_loaded_key_enciphers_and_macs(void **state) {
    (void)state;
    char text[33];
    uint8_t data[24];
    uint8_t room[24];
    uint8_t iv[8];
    uint8_t mac[8];
    make_module();
    lead_down(ROOT_DAMK, from_city, text);
    struct partner_key key = partner_key(text);
    hand_ok(&sam, "801A280108" ATR8);
    (void)from_hex("00112233445566778899AABBCCDDEEFF0123456789ABCDEF", data, sizeof data);
    partner_encrypt(&key, data, room, 24);
    expect_hex("80FA00001800112233445566778899AABBCCDDEEFF0123456789ABCDEF18", room, 24);
    partner_encrypt(&key, data, room, 8);
    expect_hex("80FA000008001122334455667708", room, 8);
    /* 00 .. 12 and its padding: the terminal's block, the partner's message */
    (void)from_hex("0011223344556677889980"
                   "0000000000",
        data, sizeof data);
    partner_mac(&key, NULL, bytes_of(data, 10), mac);
    expect_hex("80FA01001000112233445566778899800000000000"
               "08",
        mac, 8);
    (void)from_hex("1122334400000000", iv, sizeof iv);
    partner_mac(&key, iv, bytes_of(data, 10), mac);
    expect_hex("80FA0500181122334400000000"
               "00112233445566778899800000000000"
               "08",
        mac, 8);
    hand_ok(&sam, "80FA0700101122334400000000"
                  "0011223344556677");
    expect_hex("80FA0100088899800000000000"
               "08",
        mac, 8);
    partner_mac(&key, NULL, bytes_of(data, 10), mac);
    hand_ok(&sam, "80FA0300080011223344556677");
    expect_hex("80FA0100088899800000000000"
               "08",
        mac, 8);
}

/* A key of kind 4 is folded, and only MACs: the TAC of a purchase. */
static void a_tac_is_checked_with_a_folded_key(void **state) {
    (void)state;
    char text[33];
    char folded[17];
    uint8_t message[24];
    uint8_t mac[8];
    char command[80];
    char padded[49];
    make_module();
    lead_down(ROOT_DTK, from_province, text);
    struct partner_key dtk = partner_key(text);
    for (size_t i = 0; i < 8; i++) {
        dtk.bytes[i] ^= dtk.bytes[8 + i];
    }
    hex_write(bytes_of(dtk.bytes, 8), folded);
    dtk = partner_key(folded);
    size_t len = from_hex("000000640644010000000100000007" TRADER_MOMENT, message, sizeof message);
    assert_int_equal(len, 22);
    partner_mac(&dtk, NULL, bytes_of(message, len), mac);
    (void)memcpy(message + len, "\x80\x00", 2);
    hex_write(bytes_of(message, 24), padded);
    hand_ok(&sam, "801A440110" ATR8 CITY8);
    (void)snprintf(command, sizeof command, "80FA010018%s08", padded);
    expect_hex(command, mac, 8);
    hand_expect(&sam,
        "80FA00000800112233445566770"
        "8",
        "6982");
}

/* The session of BFDE serves one 80FA; a loaded key lives from one to the next and no longer. */
static void keys_do_not_outlive_their_use(void **state) {
    (void)state;
    make_module();
    hand_expect(&sam, "80FA000008" ORIGINAL "08", "6901");
    hand_ok(&sam, "BFDE481018" ATR8 CITY8 ORIGINAL);
    hand_say(&sam, "80FA000008" ORIGINAL "08");
    assert_int_equal(hand_sw(&sam), 0x9000);
    hand_expect(&sam, "80FA000008" ORIGINAL "08", "6901");
    hand_ok(&sam, "BFDE481018" ATR8 CITY8 ORIGINAL);
    hand_say(&sam, "0084000008");
    hand_expect(&sam, "80FA000008" ORIGINAL "08", "6901");
    hand_ok(&sam, "BFDE481018" ATR8 CITY8 ORIGINAL);
    hand_expect(&sam, "80FA030008" ORIGINAL, "6A86"); /* no chain under a session */
    hand_expect(&sam, "80FA000008" ORIGINAL "08", "6901");
    hand_ok(&sam, "801A280108" ATR8);
    hand_say(&sam, "80FA000008" ORIGINAL "08");
    hand_say(&sam, "80FA000008" ORIGINAL "08");
    assert_int_equal(hand_sw(&sam), 0x9000);
    hand_say(&sam, "0084000008");
    hand_expect(&sam, "80FA000008" ORIGINAL "08", "6901");
    hand_ok(&sam, "801A280108" ATR8);
    hand_say(&sam, SELECT_SAM);
    hand_expect(&sam, "80FA000008" ORIGINAL "08", "6901");
    hand_ok(&sam, "BFDE481018" ATR8 CITY8 ORIGINAL);
    hand_expect(&sam, "8072000004DEADBEEF", "6901"); /* it is no purchase */
}

/* [sam 4] */
static void keys_compute_only_what_they_are_for(void **state) {
    (void)state;
    static const struct {
        const char *load, *encipher, *mac;
    } cases[] = {
        {"801A270108" ATR8,                "9000", "6982"}, /* proofs */
        {"801A260108" ATR8,                "6982", "9000"}, /* MACs */
        {"801A280108" ATR8,                "9000", "9000"}, /* both */
        {"801A440110" ATR8 CITY8,          "6982", "9000"}, /* folded */
        {"BFDE270110" ATR8 ORIGINAL,       "9000", "6982"},
        {"BFDE260110" ATR8 ORIGINAL,       "6982", "9000"},
        {"BFDE440118" ATR8 CITY8 ORIGINAL, "6982", "9000"},
    };
    make_module();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[5];
        hand_ok(&sam, cases[i].load);
        hand_say(&sam, "80FA000008" ORIGINAL "08");
        hex_write(bytes_of(sam.reply + sam.reply_len - 2, 2), text);
        assert_string_equal(text, cases[i].encipher);
        hand_ok(&sam, cases[i].load);
        hand_say(&sam, "80FA010008" ORIGINAL "08");
        hex_write(bytes_of(sam.reply + sam.reply_len - 2, 2), text);
        assert_string_equal(text, cases[i].mac);
    }
    hand_expect(&sam, "801A420110" ATR8 CITY8, "6982"); /* a purchase key */
    hand_expect(&sam, "BFDE420118" ATR8 CITY8 ORIGINAL, "6982");
    hand_expect(&sam, "801A200108" ATR8, "6982"); /* a main key */
    hand_expect(&sam, "BFDE200110" ATR8 ORIGINAL, "6982");
    hand_expect(&sam, "801A090100", "6982"); /* a kind that nobody knows */
    hand_expect(&sam, "80FA000008" ORIGINAL "08", "6901");
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *load, *command, *answer;
    } cases[] = {
        {NULL,              "BFDE481010" ATR8 ORIGINAL,                 "6700"},
        {NULL,              "BFDE481020" ATR8 CITY8 PROVINCE8 ORIGINAL, "6700"},
        {NULL,              "BFDE481017" ATR8 CITY8 "01020304050607",   "6700"},
        {NULL,
         "BFDE481004"
            "01020304",                                                 "6700"},
        {NULL,              "BFDE481118" ATR8 CITY8 ORIGINAL,           "6A88"},
        {NULL,              "BFDE281010" ATR8 ORIGINAL,                 "6A88"},
        {NULL,              "801A280110" ATR8 CITY8,                    "6700"},
        {NULL,              "801A280200",                               "6A88"},
        {"801A280108" ATR8,
         "80FA000007"
            "01020304050607"
            "08",                                                       "6700"},
        {"801A280108" ATR8, "80FA050008" ORIGINAL "08",                 "6700"},
        {"801A280108" ATR8, "80FA020008" ORIGINAL "08",                 "6A86"},
        {"801A280108" ATR8, "80FA040010" ORIGINAL ORIGINAL "08",        "6A86"},
        {"801A280108" ATR8, "80FA080008" ORIGINAL "08",                 "6A86"},
        {"801A280108" ATR8, "80FA000108" ORIGINAL "08",                 "6A86"},
    };
    make_module();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (cases[i].load) {
            hand_ok(&sam, cases[i].load);
        }
        hand_expect(&sam, cases[i].command, cases[i].answer);
        hand_expect(&sam, "80FA000008" ORIGINAL "08", "6901");
    }
    hand_ok(&sam, "801A280108" ATR8); /* a chain that is open goes on, or it is over */
    hand_ok(&sam, "80FA030008" ORIGINAL);
    hand_expect(&sam, "80FA000008" ORIGINAL "08", "6A86");
    hand_ok(&sam, "801A280108" ATR8);
    hand_ok(&sam, "80FA030008" ORIGINAL);
    hand_expect(&sam, "80FA050010" ORIGINAL ORIGINAL "08", "6A86");
    make_user();
    sam = user; /* a user card is no module */
    hand_expect(&sam, "BFDE481018" ATR8 CITY8 ORIGINAL, "6A88");
}

/* A card with the algorithm of SM4 in its purchase module: the same commands, other blocks. */
#if CARD_SM4
static void a_module_speaks_sm4_where_its_directory_does(void **state) {
    (void)state;
    struct partner_key root = partner_key(ROOT_DAMK);
    struct key128 key = medic_whole(&root);
    uint8_t factor[8];
    uint8_t block[16];
    uint8_t mac[16];
    hand_make_master(&sam);
    hand_ok(&sam, "80E0DF010E380400F0F097FF03D15600000590");
    hand_say(&sam, SELECT_SAM);
    hand_ok(&sam, "80E00000073F020097F0FFFF");
    add_key("28", "01", "00", ROOT_DAMK);
    (void)from_hex(ATR8, factor, sizeof factor);
    derive_sm4(&key, factor, &key);
    (void)from_hex("00112233445566778899AABBCCDDEEFF", block, sizeof block);
    hand_ok(&sam, "801A280108" ATR8);
    sm4_encrypt(&key, block, mac);
    expect_hex("80FA00001000112233445566778899AABBCCDDEEFF10", mac, 16);
    hand_expect(&sam, "80FA000008" ORIGINAL "08", "6700");
    (void)from_hex("00112233445566778899800000000000", block, sizeof block);
    mac_sm4(&key, NULL, bytes_of(block, 10), mac);
    hand_ok(&sam, "801A280108" ATR8);
    expect_hex("80FA01001000112233445566778899800000000000"
               "08",
        mac, 8);
    (void)from_hex(ORIGINAL, factor, sizeof factor);
    derive_sm4(&key, factor, &key); /* the session of BFDE */
    sm4_encrypt(&key, block, mac);
    hand_ok(&sam, "BFDE280110" ATR8 ORIGINAL);
    expect_hex("80FA00001000112233445566778899800000000000"
               "10",
        mac, 16);
}
#endif

/* ---- purchases of a medical account ---- */

/* A module and a card trade: three amounts, one factor or two, in either cipher. */
static void trade(bool sm4, const char *usage, const char *factors, const char *const *steps) {
    char text[64];
    char tail[32];
    char command[192];
    medic_make(&user, sm4);
    hand_make_master(&sam);
    hand_ok(&sam, "80E000160728"
                  "0006F0F0FFFF");
    hand_ok(&sam, "00D6960006" MEDIC_TERMINAL);
    hand_ok(&sam,
        sm4 ? "80E0DF010E380400F0F097FF03D15600000590" : "80E0DF010E380400F0F097FFFFD15600000590");
    hand_say(&sam, SELECT_SAM);
    hand_ok(&sam, "80E00000073F010097F0FFFF");
    hand_ok(&sam, "80E0001807280002F0F0FFFF");
    hand_ok(&sam, "00D69800020303");
    hand_ok(&sam, "80E0001907280004F0F0FFFF");
    hand_ok(&sam, "00D699000400000007");
    add_key(usage, "01", "00", KEY_SAM);
    struct partner_key root = partner_key(KEY_SAM);
    struct key128 dpk = medic_whole(&root);
    for (; *steps; steps++) {
        uint8_t factor[8];
        (void)from_hex(*steps, factor, sizeof factor);
        if (sm4) {
            derive_sm4(&dpk, factor, &dpk);
        } else {
            derive_key(&dpk, factor, &dpk);
        }
    }
    hex_write(bytes_of(dpk.bytes, 16), text);
    hand_say(&user, "00A40000023F00");
    hand_say(&user, SELECT_SSSE);
    hand_say(&user, SELECT_DF04);
    (void)snprintf(command, sizeof command, "80D43E01153EF0F00100%s", text);
    hand_say(&user, command);
    assert_int_equal(hand_sw(&user), 0x9000);
    medic_set(&user, 1000, 0, 0);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(medic_begin_purchase(&user, 300, 100), 0x9000);
        hex_write(bytes_of(user.reply + 18, 4), text);
        (void)snprintf(command, sizeof command,
            "80700100%02X%s%04X00000000"
            "0000012C"
            "00000064"
            "32" MEDIC_MOMENT "%02X%02X%s08",
            (unsigned)(0x1C + strlen(factors) / 2), text, i, user.reply[16], user.reply[17],
            factors);
        hand_say(&sam, command);
        assert_int_equal(hand_sw(&sam), 0x9000);
        hex_write(bytes_of(sam.reply, 4), text);
        hex_write(bytes_of(sam.reply + 4, 4), tail);
        (void)snprintf(command, sizeof command, "B02C01000F%s" MEDIC_MOMENT "%s08", text, tail);
        hand_say(&user, command);
        assert_int_equal(hand_sw(&user), 0x9000);
        hex_write(bytes_of(user.reply + 4, 4), text);
        (void)snprintf(command, sizeof command, "8072000004%s", text);
        hand_ok(&sam, command);
    }
    assert_int_equal(medic_look(&user).wallet.balance, 700);
    hand_expect(&sam, "00B0980002", "03039000");
    hand_expect(&sam, "00B0990004", "0000000A9000");
}

static void a_medical_purchase_with_one_factor(void **state) {
    trade(*state != NULL, "22", ATR8, from_city);
}

static void a_medical_purchase_with_two_factors(void **state) {
    trade(*state != NULL, "42", ATR8 CITY8, from_province);
}

static void a_medical_purchase_with_three_factors(void **state) {
    trade(*state != NULL, "62", ATR8 CITY8 PROVINCE8, from_ministry);
}

#define MEDICAL                                                                                    \
    "0A0B0C0D"                                                                                     \
    "0007"                                                                                         \
    "000000000000012C00000064"                                                                     \
    "32" MEDIC_MOMENT "0100"

static void medical_beginnings_that_cannot_be_use_up_no_number(void **state) {
    (void)state;
    hand_make_sam(&sam);
    hand_expect(&sam, "807001001C" MEDICAL "08", "6700");      /* no factor */
    hand_expect(&sam, "8070010024" MEDICAL ATR8 "08", "6A88"); /* no such key */
    hand_expect(&sam,
        "807001002B" MEDICAL ATR8 "34343031303073"
        "08",
        "6700");
    hand_expect(&sam, "807001003C" MEDICAL ATR8 ATR8 ATR8 ATR8 "08", "6700");
    hand_expect(&sam, "807001012C" MEDICAL ATR8 CITY8 "08", "6A86");
    hand_expect(&sam, "807002002C" MEDICAL ATR8 CITY8 "08", "6A86");
    hand_say(&sam, "807001002C" MEDICAL ATR8 CITY8 "08");
    assert_int_equal(hand_sw(&sam), 0x9000);
    assert_int_equal(sam.reply[3], 7);
    hand_expect(&sam, "8072000004DEADBEEF", "9302");
    hand_expect(&sam, "00B0980002", "03029000");
}

#define BOTH(f)                                                                                    \
    {.name = #f ", 3DES", .test_func = (f)}, {                                                     \
        .name = #f ", SM4", .test_func = (f), .initial_state = &medic_sm4                          \
    }

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_terminal_reloads_a_pin),
        cmocka_unit_test(a_terminal_unblocks_a_pin),
        cmocka_unit_test(a_terminal_reads_with_a_read_key),
        cmocka_unit_test(a_terminal_updates_with_an_update_key),
        cmocka_unit_test(a_loaded_key_enciphers_and_macs),
        cmocka_unit_test(a_tac_is_checked_with_a_folded_key),
        cmocka_unit_test(keys_do_not_outlive_their_use),
        cmocka_unit_test(keys_compute_only_what_they_are_for),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(medical_beginnings_that_cannot_be_use_up_no_number),
#if CARD_SM4
        cmocka_unit_test(a_module_speaks_sm4_where_its_directory_does),
        BOTH(a_medical_purchase_with_one_factor),
        BOTH(a_medical_purchase_with_two_factors),
        BOTH(a_medical_purchase_with_three_factors),
#else
        cmocka_unit_test(a_medical_purchase_with_one_factor),
        cmocka_unit_test(a_medical_purchase_with_two_factors),
        cmocka_unit_test(a_medical_purchase_with_three_factors),
#endif
    };
    if (!CARD_SAM) {
        print_message("skipped: this build of the card is no purchase module\n");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
