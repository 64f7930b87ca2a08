/* Making files the Datang way: who may, what comes out, what is refused. [card.md 2.8; decision
 * 0024] */
#include "card/commands/target.h"
#include "card/trader.h"

static struct hand hand;

enum { REFUSALS = 12 };

/* A blank chip that was opened. */
static void open_blank(void) {
    hand_blank_datang(&hand);
    hand_ok(&hand, DATANG_CODE);
}

/* A master file that is being made; its main control key is in. */
static void begin_master(void) {
    hand_blank_datang(&hand);
    hand_say_all(&hand, datang_master);
}

#define CREATE_MASTER "80E001001E000000FFFF3F00010000000000000000315041592E5359532E4444463031"
#define CREATE_DDF    "80E001001F000700FF01DDF10100001D00001000007378312E73682EC9E7BBE1B1A3D5CF"
#define CREATE_ADF    "80E0010016008300FF01DF01020000000000000000D15600000500"
#define CREATE_DIR    "80E00100100000000026EF01C500010013000000FF"
#define CREATE_EF     "80E00100100000000020EF15C40015000000000000"

/* Says a command that must be refused with a proper word and leave the memory as it was. */
static void refused(const uint8_t *line, size_t len) {
    static const unsigned words[REFUSALS] = {0x6700, 0x6981, 0x6982, 0x6984, 0x6985, 0x6987, 0x6A80,
        0x6A81, 0x6A82, 0x6A84, 0x6A86, 0x6A88};
    static struct memory before;
    before = hand.memory;
    hand_send(&hand, bytes_of(line, len));
    bool proper = false;
    for (size_t i = 0; i < REFUSALS; i++) {
        proper = proper || hand_sw(&hand) == words[i];
    }
    if (!proper) {
        fail_msg("%02X%02X%02X: answered %04X", line[0], line[1], line[2], hand_sw(&hand));
    }
    assert_memory_equal(before.cells, hand.memory.cells, HAND_SIZE);
}

static void nothing_is_made_before_the_code_was_shown(void **state) {
    (void)state;
    static const char *const commands[] = {
        CREATE_MASTER, CREATE_EF, "80E005000800004401ABCDEF01", "001400000B3B6D000000995342108684"};
    hand_blank_datang(&hand);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        hand_expect(&hand, commands[i], "6982");
    }
    hand_expect(&hand, "80E0020000", "6A81");     /* nothing to end */
    hand_expect(&hand, "80E10001023F00", "6A81"); /* nothing to delete */
    hand_expect(&hand, "00D4010000", "6700");     /* and no shape of a key */
    hand_expect(&hand, "80E003000701DB7FB41F5F00", "6700");
    hand_ok(&hand, DATANG_CODE);
    assert_int_equal(hand_reset(&hand), 17);
    hand_expect(&hand, CREATE_MASTER, "6982"); /* until reset, no longer */
}

/* Each bit of the code, and every shorter one. */
static void only_the_whole_code_opens(void **state) {
    (void)state;
    uint8_t line[16];
    size_t len = from_hex(DATANG_CODE, line, sizeof line);
    hand_blank_datang(&hand);
    for (size_t bit = 0; bit < 64; bit++) {
        line[5 + bit / 8] ^= (uint8_t)(1 << bit % 8);
        refused(line, len);
        assert_int_equal(hand_sw(&hand), 0x6982);
        line[5 + bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (uint8_t n = 1; n < 8; n++) {
        line[4] = n;
        refused(line, 5u + n);
    }
    hand_ok(&hand, DATANG_CODE);
    hand_expect(&hand, "80E003000801DB7FB41F5F0080", "6982"); /* a wrong one closes again */
    hand_expect(&hand, CREATE_MASTER, "6982");
}

/* A chip speaks its own dialect and not the other. */
static void the_other_dialect_is_not_spoken(void **state) {
    (void)state;
    begin_master();
    hand_expect(&hand,
        "80E0EF050828002000000000"
        "00",
        "6A86");
    hand_expect(&hand, "800E000000", "6D00");
    hand_make_master(&hand);
    hand_expect(&hand,
        "80E100030200"
        "01",
        "6D00");
    hand_expect(&hand, "001400000B3B6D000000995342108684", "6D00");
    hand_expect(&hand,
        "00D4000018"
        "0D0401EF33000410" KEY_UK,
        "6E00");
}

/* Every prefix, and every byte changed to three other values: made as asked, or refused and not a
 * byte of the memory changed. */
static void torn_creations_change_nothing(void **state) {
    (void)state;
    static const char *const commands[] = {CREATE_DDF, CREATE_ADF, CREATE_EF, CREATE_DIR};
    static const uint8_t changes[] = {0x01, 0x80, 0xFF};
    static struct hand kept;
    begin_master();
    kept = hand;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        uint8_t line[64];
        size_t len = from_hex(commands[i], line, sizeof line);
        for (size_t n = 1; n < len - 5; n++) {
            hand = kept;
            line[4] = (uint8_t)n;
            if (n != 16 && n < 21) {
                refused(line, 5 + n);
            }
        }
        line[4] = (uint8_t)(len - 5);
        for (size_t at = 5; at < 3 * (len - 5) + 5; at++) {
            uint8_t *byte = &line[5 + (at - 5) / 3];
            uint8_t right = *byte;
            static struct memory before;
            hand = kept;
            before = hand.memory;
            *byte ^= changes[at % 3];
            hand_send(&hand, bytes_of(line, len));
            if (hand_sw(&hand) != 0x9000) {
                assert_memory_equal(before.cells, hand.memory.cells, HAND_SIZE);
            }
            *byte = right;
        }
    }
}

/* The bytes whose meaning is chosen, one after the other: each made wrong by itself. */
static void creations_that_cannot_be_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *base;
        uint8_t at, value; /* which byte of the line, and what it says instead */
        unsigned sw;
    } cases[] = {
        {CREATE_ADF, 5,  0x01, 0x6A80}, /* who locks is asked in the directory itself */
        {CREATE_ADF, 9,  0x02, 0x6A80}, /* family */
        {CREATE_ADF, 12, 0x03, 0x6A80}, /* kind */
        {CREATE_ADF, 13, 0x01, 0x6A80}, /* algorithm */
        {CREATE_ADF, 14, 0x01, 0x6A80}, /* the zeros */
        {CREATE_ADF, 16, 0x01, 0x6A80},
        {CREATE_ADF, 17, 0x01, 0x6A80},
        {CREATE_ADF, 19, 0x01, 0x6A80},
        {CREATE_ADF, 18, 0x20, 0x6A80}, /* no short identifier */
        {CREATE_ADF, 20, 0x1F, 0x6A80},
        {CREATE_EF,  5,  0x01, 0x6A80}, /* the zeros */
        {CREATE_EF,  7,  0x01, 0x6A80},
        {CREATE_EF,  8,  0xFF, 0x6A84}, /* no room for so much */
        {CREATE_EF,  9,  0x00, 0x6A80}, /* no size */
        {CREATE_EF,  12, 0xC8, 0x6A80}, /* type */
        {CREATE_EF,  12, 0xC5, 0x6A80}, /* records of no length */
        {CREATE_EF,  13, 0x01, 0x6A80}, /* protection */
        {CREATE_EF,  14, 0x14, 0x6A80}, /* another file's short identifier */
        {CREATE_DIR, 9,  0x25, 0x6A80}, /* one byte short of two records */
        {CREATE_DIR, 9,  0x13, 0x6A80}, /* one record */
        {CREATE_DIR, 8,  0x20, 0x6A80}, /* too many */
        {CREATE_DIR, 2,  0x04, 0x6A86}, /* P1 */
        {CREATE_DIR, 3,  0x01, 0x6A86}, /* P2 */
    };
    begin_master();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t line[64];
        size_t len = from_hex(cases[i].base, line, sizeof line);
        line[cases[i].at] = cases[i].value;
        refused(line, len);
        assert_int_equal(hand_sw(&hand), cases[i].sw);
    }
    hand_ok(&hand, CREATE_EF);
    hand_expect(&hand, CREATE_EF, "6A86");
}

static void names_and_identifiers_have_their_bounds(void **state) {
    (void)state;
    begin_master();
    hand_expect(&hand, "80E0010014008300FF01DF01020000000000000000D1560000", "6A80");
    hand_expect(&hand,
        "80E0010021008300FF01DF010200000000000000000102030405060708090A0B0C0D0E0F1011", "6700");
    hand_expect(&hand, "80E0010016008300FF010000020000000000000000D15600000500", "6A80");
    hand_expect(&hand, "80E001000F00000000200015C400150000000000", "6700");
    hand_expect(&hand, "80E00100100000000040EF00C30000000000000000", "6A86"); /* keys are there */
    hand_expect(&hand, "80E00100100000000040EF01C30005000000000000", "6A80"); /* account, odd SFI */
    hand_ok(&hand, "80E0010015008300FF01DF01020000000000000000D156000005");
}

/* card.md 2.8 has all ADFs before the first EF: their files lie between each other's. */
static void directories_grow_side_by_side(void **state) {
    (void)state;
    static const char *const making[] = {CREATE_DDF, SELECT_SSSE,
        "80E00100100000000080EF10C30010000000000000", CREATE_ADF,
        "80E0010016008300FF01DF02020000000000000000D15600000501", SELECT_DF01, CREATE_EF,
        "00D6950003010203", NULL};
    static const char *const more[] = {"00A4040006D15600000501", CREATE_EF, "00D6950003040506",
        SELECT_DF01, "80E00100100000000010EF16C40016000000000000", "00D6960003070809",
        "00A4040006D15600000501", "80E00100100000000010EF17C60017000000000000", "00D2011703AA0155",
        SELECT_SSSE, "80E00100100000000010EF05C60005000000000000", "00D2010503010111", NULL};
    begin_master();
    hand_say_all(&hand, making);
    hand_say_all(&hand, more);
    assert_int_equal(hand_reset(&hand), 17);
    hand_ok(&hand, DATANG_CODE);
    hand_say(&hand, SELECT_DF01);
    hand_expect(&hand, "00A4040006D15600000500", "6A82"); /* not from the master file */
    hand_say(&hand, SELECT_SSSE);
    hand_expect(&hand, "00B2012C00", "0101119000");
    hand_say(&hand, SELECT_DF01);
    hand_expect(&hand, "00B0950003", "0102039000");
    hand_expect(&hand, "00B0960003", "0708099000");
    hand_expect(&hand, "00B0970003", "6A82");
    hand_say(&hand, "00A4040006D15600000501");
    hand_expect(&hand, "00B0950003", "0405069000");
    hand_expect(&hand, "00B201BC00", "AA01559000");
    hand_expect(&hand, "00B0960003", "6A82");
}

static void kinds_of_files_come_out_as_named(void **state) {
    (void)state;
    static const struct {
        const char *command;
        uint16_t fid;
        enum ef_kind kind;
        uint8_t protection, record_max, record_len;
        uint16_t size;
    } cases[] = {
        {"80E00100100000000100EF05C40005000000000000", 0xEF05, EF_BINARY,   EF_PLAIN,                0,   0,  0x100 },
        {"80E00100100000000100EF06C4C006000000000000", 0xEF06, EF_BINARY,   EF_MACED | EF_ENCRYPTED,
         0,                                                                                               0,  0x100 },
        {"80E00100100000000014EF07C50007000A00000000", 0xEF07, EF_FIXED,    EF_PLAIN,                2,   10, 0x20A },
        {"80E00100100000000040EF08C68008000000000000", 0xEF08, EF_VARIABLE, EF_MACED,                0,   0,  0x40  },
        {"80E001001000000000FFEF09C70009000100000000", 0xEF09, EF_CYCLIC,   EF_PLAIN,                255, 1,  0xFF01},
        {"80E00100100000000040EF0AD6000A000000000000", 0xEF0A, EF_VARIABLE, EF_PLAIN,                0,   0,  0x40  },
        {"80E0010010000000001F0002C30002000000000000", 0x0002, EF_WALLET,   EF_PLAIN,                0,   0,  0x208 },
        {"80E001001000000000110030C40000000000000000", 0x0030, EF_BINARY,   EF_PLAIN,                0,   0,  0x11  },
    };
    begin_master();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ef ef;
        const struct chip *chip = &hand.card.cos.chip;
        hand_ok(&hand, cases[i].command);
        assert_int_equal(ef_by_fid(&chip->store, &chip->dir, cases[i].fid, &ef), SW_OK);
        assert_int_equal(ef.kind, cases[i].kind);
        assert_int_equal(ef.protection, cases[i].protection);
        assert_int_equal(ef.size, cases[i].size);
        assert_int_equal(ef.record_max, cases[i].record_max);
        assert_int_equal(ef.record_len, cases[i].record_len);
    }
}

/* Bytes of the memory that files take. */
static uint32_t used(void) {
    struct dir_info info;
    struct dir master;
    assert_int_equal(dir_master(&hand.card.cos.chip.store, &master), SW_OK);
    dir_read(&hand.card.cos.chip.store, &master, &info);
    return info.used;
}

static void what_is_deleted_is_gone_and_can_be_made_again(void **state) {
    (void)state;
    begin_master();
    uint32_t before = used();
    hand_ok(&hand, CREATE_EF);
    hand_ok(&hand, "00D6950003010203");
    hand_expect(&hand, "80E1000102EF15", "6981"); /* it is no directory */
    hand_expect(&hand, "80E1000402EF15", "6A86");
    hand_expect(&hand, "80E1010302EF15", "6A86");
    hand_expect(&hand, "80E1000301EF", "6700");
    hand_expect(&hand, "80E1000302EF16", "6A82");
    hand_ok(&hand, "80E1000302EF15");
    assert_int_equal(used(), before);         /* the last one gives its memory back */
    hand_expect(&hand, "00B0000003", "6986"); /* nor is it current any more */
    hand_expect(&hand, "80E1000302EF15", "6A82");
    hand_ok(&hand, CREATE_EF);
    hand_expect(&hand, "00B0950003", "0000009000"); /* wiped */
    hand_ok(&hand, "80E00100100000000010EF16C40016000000000000");
    hand_ok(&hand, "80E1000302EF15"); /* out of the middle: the link skips it */
    hand_ok(&hand, "00A4020002EF16");
    hand_expect(&hand, "00A4020002EF15", "6A82");
    hand_ok(&hand, CREATE_EF);
    hand_ok(&hand, "00A4020002EF15");
}

static void a_directory_goes_with_all_that_is_in_it(void **state) {
    (void)state;
    begin_master();
    hand_ok(&hand, CREATE_DDF);
    hand_say(&hand, SELECT_SSSE);
    hand_ok(&hand, CREATE_EF);
    hand_say(&hand, "00A4000C023F00");
    assert_int_equal(partner_prove(&hand, KEY_MAIN, 0, false), 0x9000);
    hand_expect(&hand, "80E1000302DDF1", "6981");
    hand_ok(&hand, "80E1000102DDF1");
    hand_expect(&hand, SELECT_SSSE, "6A82");
    hand_ok(&hand, CREATE_DDF);
    hand_say(&hand, SELECT_SSSE);
    hand_expect(&hand, "00A4020002EF15", "6A82");
    hand_expect(&hand, "80E10001023F00", "6985"); /* only from itself */
    hand_say(&hand, "00A4000C023F00");
    assert_int_equal(partner_prove(&hand, KEY_MAIN, 0, false), 0x9000);
    hand_ok(&hand, "80E10001023F00");
    hand_expect(&hand, "00A40000023F00", "6A81"); /* blank again */
    hand_say_all(&hand, datang_master);
}

/* Fills a directory to the last byte that holds a file, and empties it again from its end. */
static void memory_ends_with_a_word_and_comes_back(void **state) {
    (void)state;
    char command[64];
    unsigned made = 0;
    begin_master();
    uint32_t before = used();
    for (;; made++) {
        (void)snprintf(
            command, sizeof command, "80E0010010000000 0400 2F%02X C4 00 00 00 00 0000 0000", made);
        hand_say(&hand, command);
        if (hand_sw(&hand) != 0x9000) {
            break;
        }
    }
    assert_int_equal(hand_sw(&hand), 0x6A84);
    assert_in_range(made, 10, 16);
    while (made-- > 0) {
        (void)snprintf(command, sizeof command, "80E10003022F%02X", made);
        hand_ok(&hand, command);
    }
    assert_int_equal(used(), before);
}

static void after_the_end_there_is_no_way_back(void **state) {
    (void)state;
    static const char *const closed[] = {CREATE_EF, CREATE_ADF, "80E1000302EF1D", "80E0020000",
        DATANG_CODE, "80E005000800004401ABCDEF01", "001400000B3B6D000000995342108684",
        "80E10001023F00"};
    begin_master();
    hand_expect(&hand, "80E002000101", "6700");
    hand_ok(&hand, "80E0020000");
    for (int proven = 0; proven < 2; proven++) {
        for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++) {
            hand_expect(&hand, closed[i], "6985");
        }
        assert_int_equal(hand_reset(&hand), 17);
        assert_int_equal(partner_prove(&hand, KEY_MAIN, 0, false), 0x9000);
    }
}

static void a_directory_without_a_main_key_cannot_be_ended(void **state) {
    (void)state;
    open_blank();
    hand_ok(&hand, CREATE_MASTER);
    hand_expect(&hand, "80E0020000", "6985");
    hand_ok(&hand, "80E00100100000000040EF00C30000000000000000");
    hand_expect(&hand, "80E0020000", "6985");
    hand_ok(&hand, "00D4010018000001EF3300FF10" KEY_MAIN);
    hand_ok(&hand, "80E0020000");
}

/* Before it is ended a directory is open for who proves its main control key; others meet its
 * rights. */
static void a_half_made_directory_is_open_for_its_main_key_only(void **state) {
    (void)state;
    begin_master();
    hand_ok(&hand, "80E00100100000000010EF16C400160000000000EF");
    hand_ok(&hand, "00D69600020102"); /* open: nobody may, we may */
    assert_int_equal(hand_reset(&hand), 17);
    hand_expect(&hand, "00D69600020304", "6982");
    hand_expect(&hand, CREATE_EF, "6982");
    hand_ok(&hand, DATANG_CODE);
    hand_expect(&hand, CREATE_EF, "6982"); /* there is a main key, so the code is not enough */
    assert_int_equal(partner_prove(&hand, KEY_UK, 0, false), 0x63C2);
    hand_expect(&hand, CREATE_EF, "6982");
    assert_int_equal(partner_prove(&hand, KEY_MAIN, 0, false), 0x9000);
    hand_ok(&hand, "00D69600020304");
    hand_ok(&hand, CREATE_EF);
    hand_ok(&hand, "80E0020000");
    hand_expect(&hand, "00D69600020506", "6982");
    hand_expect(&hand, "00B0960002", "03049000");
}

static void the_answer_to_reset_can_be_set_until_the_end(void **state) {
    (void)state;
    uint8_t atr[ATR_MAX];
    open_blank();
    hand_expect(&hand, "80E005000800014401ABCDEF01", "6A80");
    hand_expect(&hand,
        "80E0050007000044"
        "01ABCDEF",
        "6700");
    hand_expect(&hand, "001400000B3B6D000100995342108684", "6A80");
    hand_expect(&hand, "001400000B3B6C000000995342108684", "6A80");
    hand_expect(&hand, "001400000A3B6D0000009953421086", "6700");
    hand_expect(&hand, "001401000B3B6D000000995342108684", "6A86");
    hand_ok(&hand, "80E005000800004401ABCDEF01");
    hand_ok(&hand, "001400000B3B6D000000875431008684");
    size_t len = card_reset(&hand.card, &hand.nvm, atr);
    assert_hex(bytes_of(atr, len), "3B6D0000008754310086844401ABCDEF01");
    hand_ok(&hand, DATANG_CODE); /* the code stays what the factory burnt in */
    hand_ok(&hand, "80E005000800004401ABCDEF02");
    len = card_reset(&hand.card, &hand.nvm, atr);
    assert_hex(bytes_of(atr, len), "3B6D0000008754310086844401ABCDEF02");
}

static void records_are_written_by_their_number(void **state) {
    (void)state;
    begin_master();
    hand_ok(&hand, "80E00100100000000010EF05C60005000000000000");
    hand_expect(&hand, "00D2000503010111", "6A86"); /* no record 0 */
    hand_expect(&hand, "00D2012C03010111", "6A86"); /* a plain SFI, no shifted one */
    hand_expect(&hand, "00D2020503010111", "6A83"); /* not over a gap */
    hand_ok(&hand, "00D2010503010111");
    hand_ok(&hand, "00D202050402020000");
    hand_expect(&hand, "00D201050401020000", "6A84"); /* only in its length */
    hand_ok(&hand, "00D2010503010122");
    hand_expect(&hand, "00D20305030A0211", "6A80");
    hand_expect(&hand, "00B2012D00", "010122020200009000");
    hand_ok(&hand, "00A4020002EF05");
    hand_ok(&hand, "00D2030003030133"); /* the current file */
    hand_expect(&hand, "00D2010603010111", "6A82");
}

/* A recorded answer, one of the directory above, one of EF15, and none. */
static void select_answers_with_what_was_recorded(void **state) {
    (void)state;
    hand_making = DIALECT_DATANG;
    hand_make_social(&hand);
    hand_expect(&hand, "00A40000023F00", "6117");
    hand_expect(&hand, "00C0000017", "6F15840E315041592E5359532E4444463031A5038801019000");
    hand_expect(&hand, SELECT_SSSE, "6118");
    hand_expect(&hand, SELECT_DF01, "610A");
    hand_expect(&hand, "00C000000A", "6F088406D156000005009000");
    hand_make_wallet(&hand);
    hand_say(&hand, SELECT_WALLET);
    hand_expect(&hand, "00C0000000",
        "6F2E8409A00000000386980701A5219F0C1E"
        "000000000000000000000000000000000000000000000000000000000000"
        "9000");
    begin_master();
    hand_ok(&hand, CREATE_ADF);
    hand_ok(&hand, "00D2021D0E700CDF0109"
                   "6F078405D156000005");
    hand_expect(&hand, SELECT_DF01, "6109");
    hand_expect(&hand, "00C0000009", "6F078405D1560000059000");
    hand_making = DIALECT_FMCOS;
}

/* The level that a directory came with locks it; nothing else does. */
static void locks_ask_for_the_level_of_their_directory(void **state) {
    (void)state;
    hand_making = DIALECT_DATANG;
    hand_make_social(&hand);
    hand_say(&hand, SELECT_DF01);
    assert_int_equal(partner_prove(&hand, KEY_UK, 0x84, true), 0x9000);
    assert_int_equal(partner_say(&hand, "841E0000", "", KEY_STK_DF, SOCIAL_MAC), 0x6982);
    assert_int_equal(partner_prove(&hand, KEY_LK, 0x83, true), 0x9000);
    assert_int_equal(partner_say(&hand, "841E0000", "", KEY_STK_DF, SOCIAL_MAC), 0x9000);
    hand_expect(&hand, "00B0880001", "6985");
    hand_say(&hand, SELECT_SSSE);
    assert_int_equal(partner_prove(&hand, KEY_LK, 0x07, true), 0x9000);
    assert_int_equal(partner_say(&hand, "84160000", "", KEY_STK, SOCIAL_MAC), 0x9000);
    hand_expect(&hand, "00A40000023F00", "6A81");
    hand_making = DIALECT_FMCOS;
}

/* What a making is made of, thrown together: prefixes of real commands with wrong ends, bits and
 * classes. Every answer is a status word, the chip never gives up, and its master file stays. */
static void nonsense_is_answered_and_forgotten(void **state) {
    (void)state;
    static const char *const words[] = {DATANG_CODE, CREATE_MASTER, CREATE_DDF, CREATE_ADF,
        CREATE_EF, CREATE_DIR, "00D2011503010111", "80E1000302EF15", "80E1000202DF01", SELECT_SSSE,
        SELECT_DF01, "00A40000023F00",
        "00D4000018"
        "0D0400EF33000410" KEY_UK,
        "00D4010018"
        "000000EF3300FF10" KEY_MAIN,
        "84D4000024", "0084000008", "00B0950000", "00B2010C00", "80E0020000",
        "80E00100100000000080EF10C30010000000000000"};
    enum { ROUNDS = 20000, WORDS = sizeof words / sizeof words[0] };
    uint32_t dice = 2808;
    begin_master();
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint8_t line[APDU_MAX] = {0};
        dice = dice * 1664525u + 1013904223u;
        size_t len = from_hex(words[(dice >> 8) % WORDS], line, sizeof line);
        bool main_key = line[1] == 0xD4 && line[2] == 0x01; /* what opens the chip again is kept */
        if (dice >> 29 == 0 && !main_key) {
            line[(dice >> 16) % len] ^= (uint8_t)(1 << (dice >> 24) % 8);
        }
        if (dice >> 28 == 2 && len > 5) {
            line[4] = (uint8_t)(--len - 5);
        }
        if (line[1] == 0xE0 && line[2] == 0x02) {
            continue; /* the end of making would be the end of the test */
        }
        hand_send(&hand, bytes_of(line, len));
        assert_int_not_equal(hand_sw(&hand), 0x6F00);
        assert_true(hand_sw(&hand) >> 12 == 6 || hand_sw(&hand) >> 12 == 9);
        if (dice >> 26 == 3) {
            assert_int_equal(hand_reset(&hand), 17);
            assert_int_equal(partner_prove(&hand, KEY_MAIN, 0, false), 0x9000);
        }
    }
    assert_int_equal(hand_reset(&hand), 17);
    hand_say(&hand, "00A40000023F00");
    assert_int_equal(hand_sw(&hand) >> 8, 0x61);
    assert_int_equal(chip_mistakes(&hand.card.cos.chip), 0);
}

/* A card of this making trades as the other. */
static void the_wallet_trades(void **state) {
    (void)state;
    hand_making = DIALECT_DATANG;
    hand_make_wallet(&hand);
    hand_ok(&hand, "0020000003123456");
    assert_int_equal(trader_load(&hand, 1000), 0x9000);
    assert_int_equal(trader_buy(&hand, 300, 1), 0x9000);
    hand_expect(&hand, "805C000204", "000002BC9000");
    assert_int_equal(trader_look(&hand, 2).log_count, 2);
    hand_making = DIALECT_FMCOS;
}

/* Making asks for the PIN of above and the main control key: neither alone, in either order, and a
 * wrong PIN takes it back. */
static void a_control_of_making_that_asks_for_the_pin_is_asked_anew(void **state) {
    static const char *const script[] = {CREATE_DDF, SELECT_SSSE,
        "80E001001000000001000000C30010000000000000", "00D4010018000001EF3300FF10" KEY_MAIN,
        "00D4000018010001EF33060103123456FFFFFFFFFFFFFFFFFFFFFFFFFF",
        "80E0010016008301FF01DF01020000000000000000D15600000500", SELECT_DF01,
        "80E001001000000001000000C30000000000000000", "00D4010018000001EF3300FF10" KEY_MAIN, NULL};
    static const char making[] = "80E00100100000000010EF05C40005000000000000";
    (void)state;
    begin_master();
    hand_say_all(&hand, script);
    assert_int_equal(hand_reset(&hand), 17);
    hand_say(&hand, SELECT_SSSE);
    hand_say(&hand, SELECT_DF01);
    hand_expect(&hand, making, "6982");
    assert_int_equal(partner_prove(&hand, KEY_MAIN, 0x00, true), 0x9000);
    hand_expect(&hand, making, "6982");
    hand_expect(&hand, "0020000003654321", "63C2");
    hand_expect(&hand, making, "6982");
    hand_ok(&hand, "0020000003123456");
    hand_ok(&hand, making);
    hand_expect(&hand, "0020000003654321", "63C2");
    hand_expect(&hand, "80E00100100000000010EF06C40006000000000000", "6982");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_made_before_the_code_was_shown),
        cmocka_unit_test(only_the_whole_code_opens),
        cmocka_unit_test(the_other_dialect_is_not_spoken),
        cmocka_unit_test(torn_creations_change_nothing),
        cmocka_unit_test(creations_that_cannot_be_are_refused),
        cmocka_unit_test(names_and_identifiers_have_their_bounds),
        cmocka_unit_test(directories_grow_side_by_side),
        cmocka_unit_test(kinds_of_files_come_out_as_named),
        cmocka_unit_test(what_is_deleted_is_gone_and_can_be_made_again),
        cmocka_unit_test(a_directory_goes_with_all_that_is_in_it),
        cmocka_unit_test(memory_ends_with_a_word_and_comes_back),
        cmocka_unit_test(after_the_end_there_is_no_way_back),
        cmocka_unit_test(a_directory_without_a_main_key_cannot_be_ended),
        cmocka_unit_test(a_half_made_directory_is_open_for_its_main_key_only),
        cmocka_unit_test(the_answer_to_reset_can_be_set_until_the_end),
        cmocka_unit_test(records_are_written_by_their_number),
        cmocka_unit_test(select_answers_with_what_was_recorded),
        cmocka_unit_test(locks_ask_for_the_level_of_their_directory),
        cmocka_unit_test(nonsense_is_answered_and_forgotten),
        cmocka_unit_test(the_wallet_trades),
        cmocka_unit_test(a_control_of_making_that_asks_for_the_pin_is_asked_anew),
    };
    return CARD_DATANG ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}
