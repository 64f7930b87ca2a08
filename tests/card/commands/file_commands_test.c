/* SELECT, and reading and writing files: places, rights, secure messaging. */
#include "card/commands/target.h"

#include "card/partner.h"

static struct hand hand;

static void directories_are_found_by_name_and_by_number(void **state) {
    (void)state;
    hand_make_social(&hand);
    hand_say(&hand, "00A40000023F00");
    hand_expect(&hand, "00A4000002DDF1", "6118");
    hand_expect(&hand, "00A4000002DF01", "610A");
    hand_say(&hand, "00C000000A");
    assert_hex(bytes_of(hand.reply, hand.reply_len), "6F088406D156000005009000");
    hand_expect(&hand, "00A4000002DDF1", "6A82"); /* not a child of DF01 */
    hand_expect(&hand, SELECT_SSSE, "6118");
    hand_expect(&hand, "00A4000002EF05", "9000");
    hand_expect(&hand, "00A4020002EF05", "9000");
    hand_expect(&hand, "00A4010002EF05", "6A82");
    hand_expect(&hand, "00A4010002DF01", "610A");
    hand_expect(&hand, "00A4000C023F00", "9000");
    hand_expect(&hand, "00A40000", "6F15840E315041592E5359532E4444463031A5038801019000");
    hand_expect(&hand, "00A4000000", "6F15840E315041592E5359532E4444463031A5038801019000");
    hand_expect(&hand, "00A4020002DDF1", "6A82");
    hand_expect(&hand, "00A40400051234567890", "6A82");
}

/* A terminal that lists the applications of a name asks for the next until there is none. */
static void there_is_no_second_directory_of_a_name(void **state) {
    (void)state;
    hand_make_social(&hand);
    hand_expect(&hand,
        "00A40402"
        "0F7378312E73682EC9E7BBE1B1A3D5CF",
        "6A82");
    hand_expect(&hand, "00A40402", "6A86");
    hand_expect(&hand, "00A40002023F00", "6A86");         /* of a FID there is one by its nature */
    hand_expect(&hand, "00B2012C06", "0304310000009000"); /* SSSE is where we still are */
}

/* Every prefix of a name, and every name with one bit changed, is another name. */
static void only_the_whole_name_selects(void **state) {
    (void)state;
    uint8_t line[64];
    size_t len = from_hex(SELECT_SSSE, line, sizeof line);
    hand_make_social(&hand);
    for (size_t n = 1; n < len - 5; n++) {
        line[4] = (uint8_t)n;
        hand_send(&hand, bytes_of(line, 5 + n));
        assert_int_equal(hand_sw(&hand), 0x6A82);
    }
    line[4] = (uint8_t)(len - 5);
    for (size_t bit = 0; bit < 8 * (len - 5); bit++) {
        line[5 + bit / 8] ^= (uint8_t)(1 << bit % 8);
        hand_send(&hand, bytes_of(line, len));
        assert_int_equal(hand_sw(&hand), 0x6A82);
        line[5 + bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    hand_send(&hand, bytes_of(line, len));
    assert_int_equal(hand_sw(&hand), 0x6118);
}

static void a_failed_selection_changes_nothing(void **state) {
    (void)state;
    hand_make_social(&hand);
    hand_ok(&hand, "00A4000002EF05");
    hand_ok(&hand, "0020000003123456");
    hand_expect(&hand, "00A4000002EF77", "6A82");
    hand_expect(&hand, "00B2030006", "0304310000009000");
    hand_say(&hand, SELECT_DF01);
    hand_expect(&hand, "00B0850001", "009000");
}

static void ef15_is_in_the_answer_of_a_wallet(void **state) {
    (void)state;
    hand_make_wallet(&hand);
    assert_int_equal(
        partner_say(&hand, "04D69500",
            "111122223333000603010006199808170000003019980815199812155566", KEY_DAMK, PURSE_MAC),
        0x9000);
    hand_say(&hand, SELECT_WALLET "00");
    assert_hex(bytes_of(hand.reply, hand.reply_len),
        "6F2E8409A00000000386980701A5219F0C1E"
        "1111222233330006030100061998081700000030199808151998121555669000");
}

/* Vectors derived-sm-write-mac-16 and real-card-mac-1's kind: class 04 with a MAC, retail. */
static void a_protected_file_wants_its_mac(void **state) {
    (void)state;
    static const char data[] = "111122223333000603010006199808170000003019980815199812155566";
    hand_make_wallet(&hand);
    hand_expect(&hand,
        "00D6950001"
        "11",
        "6987");
    hand_expect(&hand, "04D695000411223344", "6984");
    hand_say(&hand, "0084000004");
    hand_expect(&hand, "04D6950003112233", "6987");
    assert_int_equal(partner_say(&hand, "04D69500", data, KEY_UK, PURSE_MAC), 0x6988);
    assert_int_equal(partner_say(&hand, "04D69500", data, KEY_DAMK, PURSE_MAC), 0x9000);
    hand_expect(&hand, "00B0950004", "111122229000");
    assert_int_equal(
        partner_say(&hand, "04D69600", "01020304050607", KEY_DAMK, PURSE_CIPHER), 0x9000);
    hand_expect(&hand, "00B0960007", "010203040506079000");
    assert_int_equal(partner_say(&hand, "04D69600", "01020304", KEY_DAMK, PURSE_MAC), 0x6A80);
}

/* Attribute b8 clear: reading in the clear is refused. [purse.md 2.2] */
static void a_file_may_forbid_reading_in_the_clear(void **state) {
    (void)state;
    if (hand_making == DIALECT_DATANG) {
        return; /* whose files have no attribute byte */
    }
    hand_make_wallet(&hand);
    hand_ok(&hand, "80E0001C07280004F0F0FF7F");
    hand_expect(&hand, "00B09C0004", "6987");
    hand_ok(&hand, "00D69C000401020304");
}

/* The vectors' own key and challenge. */
static void derived_secure_messaging_is_understood(void **state) {
    (void)state;
    static const char *const script[] = {"80E03F000D38FFFFF0F001FFFFFFFFFFFFFF",
        "80E00000073F005001F0FFFF",
        "80D401001536F0F0FF33"
        "8A021972BFEC9D152CA9EB82D7D12C09",
        "80E0001507A8001EF0F0FFFF", "80E0000507E80010F0F0FFFF", NULL};
    hand_blank(&hand);
    hand_say_all(&hand, script);
    hand_foretell(&hand, "12345678");
    hand_say(&hand, "0084000004");
    hand_ok(&hand, "04D6950022111122223333000603010006199808170000003019980815199812155566"
                   "8E534E35");
    hand_foretell(&hand, "12345678");
    hand_say(&hand, "0084000004");
    hand_ok(&hand, "04D685000C12C9B4F575C73501BD85509E");
    hand_expect(&hand, "00B0850007", "010203040506079000");
}

/* Class 04 is checked even where the file does not ask for it: with the right MAC it writes, with a
 * wrong one it does not. In a social security directory the key is STK. */
static void class_04_is_always_checked(void **state) {
    (void)state;
    hand_make_social(&hand);
    assert_int_equal(partner_prove(&hand, KEY_UK, 0x04, true), 0x9000);
    assert_int_equal(partner_say(&hand, "04DC0328", "030432303030", KEY_STK, SOCIAL_MAC), 0x9000);
    hand_expect(&hand, "00B2032806", "0304323030309000");
    assert_int_equal(
        partner_say(&hand, "04DC0328", "030433303030", KEY_STK_DF, SOCIAL_MAC), 0x6988);
    assert_int_equal(partner_say(&hand, "04DC0328", "030433303030", KEY_STK, PURSE_MAC), 0x6988);
    hand_expect(&hand, "00B2032806", "0304323030309000");
    hand_say(&hand, SELECT_SSSE);
    assert_int_equal(partner_say(&hand, "04DC0328", "030432303030", KEY_STK, SOCIAL_MAC), 0x6982);
    assert_int_equal(partner_say(&hand, "04E20028", "0401AA", KEY_STK, SOCIAL_MAC), 0x6982);
}

static void offsets_stay_inside_the_file(void **state) {
    (void)state;
    hand_make_social(&hand);
    hand_say(&hand, SELECT_DF01);
    hand_expect(&hand, "00B0000010", "6986");
    hand_expect(&hand, "00B0880F01", "009000");
    hand_expect(&hand,
        "00B000"
        "0F01",
        "009000");
    hand_expect(&hand, "00B0881001", "6B00");
    hand_expect(&hand, "00B0001001", "6B00");
    hand_expect(&hand, "00B0880E03", "6C02");
    hand_expect(&hand, "00B0880E00", "00009000");
    hand_expect(&hand, "00B0C00001", "6A86");
    hand_expect(&hand, "00B0800001", "6A86");
    hand_expect(&hand, "00B0890001", "6981"); /* a cyclic file */
    hand_expect(&hand, "00B08B0001", "6A82");
    hand_expect(&hand, "00A40000020000", "9000"); /* the key file shows nothing */
    hand_expect(&hand, "00B0000001", "6981");
    hand_expect(&hand, "00B2010400", "6981");
}

static void records_are_found_by_number_and_by_tag(void **state) {
    (void)state;
    hand_make_social(&hand);
    assert_int_equal(partner_prove(&hand, KEY_UK, 0x04, true), 0x9000);
    hand_ok(&hand, "00E20028040702AABB");
    hand_ok(&hand, "00E20028030301CC");
    hand_expect(&hand, "00B2012C06", "0304310000009000");
    hand_expect(&hand, "00B2022C04", "0702AABB9000");
    hand_expect(&hand, "00B2030406", "6C03");
    hand_expect(&hand, "00B2030403", "0301CC9000");
    hand_expect(&hand, "00B2042C00", "6A83");
    hand_expect(&hand, "00B2072804", "0702AABB9000");
    hand_expect(&hand, "00B2072805", "6C04");
    hand_expect(&hand, "00B2072800", "0702AABB9000");
    hand_expect(&hand, "00B2032900", "0301CC9000"); /* the last with tag 03 */
    hand_expect(&hand, "00B2032800", "0304310000009000");
    hand_expect(&hand, "00B2030200", "0301CC9000"); /* the next one */
    hand_expect(&hand, "00B2030300", "0304310000009000");
    hand_expect(&hand, "00B2092800", "6A83");
    hand_expect(&hand, "00B2012D00", "0304310000000702AABB0301CC9000"); /* all of them */
    hand_expect(&hand, "00B2022D00", "0702AABB0301CC9000");
    hand_expect(&hand, "00B2042D00", "6A83");
    hand_expect(&hand, "00B2012E00", "6A86");
    hand_expect(&hand, "00B201FC00", "6A86");
    hand_expect(&hand, "00B201CC00", "6A82");
    hand_expect(&hand,
        "00DC02280407"
        "02CCDD",
        "6A83"); /* there is no tag 02 */
    hand_ok(&hand, "00DC022C040702CCDD");
    hand_expect(&hand, "00B2072804", "0702CCDD9000");
    hand_expect(&hand, "00DC022C030701EE", "6A84");
    hand_expect(&hand, "00DC022C030702EE", "6A80");
    hand_expect(&hand,
        "00E2012C0307"
        "01EE",
        "6A86");
}

/* Both dialects' ways to say "becomes record 1". */
static void cyclic_files_keep_the_newest_first(void **state) {
    (void)state;
    static const char *const ways[] = {"00E2004804", "00DC004B04", "00DC004A04", "00DC014C04"};
    hand_make_social(&hand);
    hand_say(&hand, SELECT_DF01);
    for (unsigned i = 0; i < 4; i++) {
        char command[64];
        char reply[16];
        (void)snprintf(command, sizeof command, "%s%02X%02X%02X%02X", ways[i], i, i, i, i);
        hand_ok(&hand, command);
        (void)snprintf(reply, sizeof reply, "%02X%02X%02X%02X9000", i, i, i, i);
        hand_expect(&hand, "00B2014C04", reply);
    }
    hand_expect(&hand, "00B2034C04", "010101019000");
    hand_expect(&hand, "00B2044C04", "6A83");
    hand_ok(&hand, "00DC024C0499999999");
    hand_expect(&hand, "00B2024C04", "999999999000");
    hand_expect(&hand, "00DC024C03999999", "6700");
}

/* A record of 255 bytes by number, the longest that a command can carry, in the three kinds of
 * files; of a TLV the value is two bytes shorter. */
static void the_longest_records_go_in_and_out(void **state) {
    (void)state;
    static const char *const files[] = {"2C", "2A", "2E"};
    static const char *const sizes[] = {"0200", "02FF", "02FF"};
    uint8_t line[APDU_MAX] = {0x00, 0xE2, 0x00, 0x00, 0xFF, 0x08, 0xFD};
    if (hand_making == DIALECT_DATANG) {
        return; /* the files are made by the commands of the other dialect */
    }
    hand_make_master(&hand);
    for (uint8_t i = 0; i < 3; i++) {
        char command[64];
        uint8_t sfi = (uint8_t)(0x05 + i);
        (void)snprintf(
            command, sizeof command, "80E0EF%02X07%s%sF0F0FFFF", sfi, files[i], sizes[i]);
        hand_ok(&hand, command);
        for (size_t at = 7; at < 260; at++) {
            line[at] = (uint8_t)(at * 7 + i);
        }
        line[1] = 0xE2;
        line[2] = 0x00;
        line[3] = (uint8_t)(sfi << 3 | 4);
        hand_send(&hand, bytes_of(line, 260));
        assert_int_equal(hand_sw(&hand), 0x9000);
        (void)snprintf(command, sizeof command, "00B201%02X00", line[3]);
        hand_say(&hand, command);
        assert_int_equal(hand.reply_len, 257);
        assert_memory_equal(hand.reply, line + 5, 255);
        line[1] = 0xDC;
        line[2] = 0x01;
        line[200] ^= 0x55;
        hand_send(&hand, bytes_of(line, 260));
        assert_int_equal(hand_sw(&hand), 0x9000);
        (void)snprintf(command, sizeof command, "00B201%02XFF", line[3]);
        hand_say(&hand, command);
        assert_int_equal(hand_sw(&hand), 0x9000);
        assert_memory_equal(hand.reply, line + 5, 255);
    }
}

/* A B-TLV is one record; tags inside it are no records, and it keeps its length. [card.md 2.3] */
static void a_record_of_records_is_one(void **state) {
    (void)state;
    hand_make_social(&hand);
    assert_int_equal(partner_prove(&hand, KEY_UK, 0x04, true), 0x9000);
    hand_ok(&hand, "00E20028"
                   "0D400B"
                   "5703AABBCC"
                   "580420030901");
    hand_expect(&hand, "00B2402800", "400B5703AABBCC5804200309019000");
    hand_expect(&hand, "00B2572800", "6A83"); /* a tag inside */
    hand_ok(&hand, "00DC022C"
                   "0D400B"
                   "5703DDEEFF"
                   "580420031008");
    hand_expect(&hand, "00B2022C00", "400B5703DDEEFF5804200310089000");
    hand_expect(&hand,
        "00DC022C"
        "0C400A"
        "5703DDEEFF"
        "5803200310",
        "6A84");
    hand_expect(&hand, "00B2012D00", "030431000000400B5703DDEEFF5804200310089000");
}

/* Reads of every place of every file, with every length, give bytes or a proper refusal. */
static void reads_of_all_lengths_are_answered(void **state) {
    (void)state;
    hand_make_social(&hand);
    hand_say(&hand, SELECT_DF01);
    for (unsigned at = 0; at < 0x12; at++) {
        for (unsigned le = 1; le < 256; le++) {
            uint8_t line[] = {0x00, 0xB0, 0x88, (uint8_t)at, (uint8_t)le};
            hand_send(&hand, bytes_of(line, sizeof line));
            unsigned left = at < 0x10 ? 0x10 - at : 0;
            unsigned wanted = left == 0 ? 0x6B00 : le > left ? 0x6C00 + left : 0x9000;
            assert_int_equal(hand_sw(&hand), wanted);
            assert_int_equal(hand.reply_len, wanted == 0x9000 ? le + 2 : 2);
        }
    }
}

/* However large EF15 is, and however long the name: each length of the FCI fits one byte of BER, and
 * they fit into each other. */
static void lengths_of_an_fci_are_right_for_every_size_of_its_file(void **state) {
    (void)state;
    for (unsigned size = 1; size <= 0xFF; size += 2) {
        char create[64];
        (void)snprintf(create, sizeof create, "80E000150728%04XF0F0FFFF", size);
        const char *const script[] = {"80E03F000D38FFFFF0F001FFFFFFFFFFFFFF",
            "80E03F01183808FFF0F095FFFFA0000000038698070102030405060708", "00A40000023F01", create,
            NULL};
        hand_blank(&hand);
        hand_say_all(&hand, script);
        assert_int_equal(hand_reset(&hand), 17);
        hand_say(&hand, "00A40000023F0100");
        assert_int_equal(hand_sw(&hand), 0x9000);
        size_t fci = hand.reply_len - 4; /* 6F, its length; the status word */
        assert_true(fci < 0x80);
        assert_int_equal(hand.reply[1], fci);
        assert_int_equal(hand.reply[3], 16);
        assert_int_equal(hand.reply[21], fci - 20);     /* A5 */
        assert_int_equal(hand.reply[24], fci - 20 - 3); /* 9F0C */
        assert_int_equal(hand.reply[24], size < 104 ? size : 104);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directories_are_found_by_name_and_by_number),
        cmocka_unit_test(there_is_no_second_directory_of_a_name),
        cmocka_unit_test(only_the_whole_name_selects),
        cmocka_unit_test(a_failed_selection_changes_nothing),
        cmocka_unit_test(ef15_is_in_the_answer_of_a_wallet),
        cmocka_unit_test(a_protected_file_wants_its_mac),
        cmocka_unit_test(a_file_may_forbid_reading_in_the_clear),
        cmocka_unit_test(derived_secure_messaging_is_understood),
        cmocka_unit_test(class_04_is_always_checked),
        cmocka_unit_test(offsets_stay_inside_the_file),
        cmocka_unit_test(records_are_found_by_number_and_by_tag),
        cmocka_unit_test(cyclic_files_keep_the_newest_first),
        cmocka_unit_test(the_longest_records_go_in_and_out),
        cmocka_unit_test(a_record_of_records_is_one),
        cmocka_unit_test(reads_of_all_lengths_are_answered),
        cmocka_unit_test(lengths_of_an_fci_are_right_for_every_size_of_its_file),
    };
    return partner_run("files", tests, sizeof tests / sizeof tests[0]);
}
