/* The power goes while a card is made the Datang way. See card/sweep.h; afterwards each command has
 * happened or not, and the chip can be made further. [card.md 2.8; decision 0024] */
#include "card/sweep.h"
#include "card/trader.h"

#define CREATE_MASTER "80E001001E000000FFFF3F00010000000000000000315041592E5359532E4444463031"
#define CREATE_ADF    "80E0010016008300FF01DF01020000000000000000D15600000500"
#define CREATE_EF     "80E00100100000000020EF15C40015000000000000"
#define WRITE_KEY                                                                                  \
    "00D4000018"                                                                                   \
    "0D0501EF33002210" KEY_UK

static uint8_t line[APDU_MAX];
static size_t line_len;

static void make_master(struct hand *h) {
    hand_blank_datang(h);
    hand_say_all(h, datang_master);
}

static void make_with_files(struct hand *h) {
    make_master(h);
    hand_ok(h, CREATE_EF);
    hand_ok(h, "80E00100100000000020EF16C60016000000000000");
    hand_ok(h, "00D2011603010111");
    hand_ok(h, CREATE_ADF);
}

static void lead_with_code(void) {
    hand_ok(&hand, DATANG_CODE);
}

/* Directory open, as after the main control key was proven. */
static void lead_open(void) {
    assert_int_equal(partner_prove(&hand, KEY_MAIN, 0, false), 0x9000);
}

/* Which of the two words: done, or not done and nobody was told that it was. */
static bool one_of(const char *command, unsigned done, unsigned undone, bool answered) {
    hand_say(&hand, command);
    bool new = hand_sw(&hand) == done || (done == 0x6100 && hand_sw(&hand) >> 8 == 0x61);
    if (!new && (hand_sw(&hand) != undone || answered)) {
        fail_msg("%s: %04X, answered %d", command, hand_sw(&hand), (int)answered);
    }
    return new;
}

static void create_master(void) {
    hand_say(&hand, CREATE_MASTER);
}

static void look_at_master(bool answered) {
    bool new = one_of("00A40000023F00", 0x6100, 0x6A81, answered);
    lead_with_code();
    create_master();
    assert_int_equal(hand_sw(&hand), new ? 0x6A86 : 0x9000);
}

static void create_directory(void) {
    hand_say(&hand, CREATE_ADF);
}

static void look_at_directory(bool answered) {
    bool new = one_of(SELECT_DF01, 0x6100, 0x6A82, answered);
    hand_say(&hand, "00A40000023F00");
    lead_open();
    create_directory();
    assert_int_equal(hand_sw(&hand), new ? 0x6A86 : 0x9000);
    hand_ok(&hand, CREATE_EF);
}

static void create_file(void) {
    hand_say(&hand, CREATE_EF);
}

static void look_at_file(bool answered) {
    bool new = one_of("00A4020002EF15", 0x9000, 0x6A82, answered);
    lead_open();
    create_file();
    assert_int_equal(hand_sw(&hand), new ? 0x6A86 : 0x9000);
    hand_expect(&hand, "00B0950002", "00009000");
    hand_ok(&hand, "00A4020002EF1D"); /* the one before it is there */
    hand_ok(&hand, CREATE_ADF);       /* and there can be one behind */
}

static void delete_file(void) {
    hand_say(&hand, "80E1000302EF15");
}

/* Its neighbours stay whichever way it goes. */
static void look_at_deletion(bool answered) {
    bool gone = one_of("00A4020002EF15", 0x6A82, 0x9000, answered);
    hand_expect(&hand, "00B201B400", "0101119000");
    hand_say(&hand, SELECT_DF01);
    assert_int_equal(hand_sw(&hand) >> 8, 0x61);
    hand_say(&hand, "00A40000023F00");
    lead_open();
    create_file();
    assert_int_equal(hand_sw(&hand), gone ? 0x9000 : 0x6A86);
}

static void make_with_full_directory(struct hand *h) {
    make_with_files(h);
    hand_say(h, SELECT_DF01);
    hand_ok(h, CREATE_EF);
    hand_ok(h, "00D6950003AABBCC");
}

static void delete_directory(void) {
    hand_say(&hand, "80E1000202DF01");
}

/* With all that was in it, or whole; its neighbour stays. */
static void look_at_directory_gone(bool answered) {
    bool gone = one_of(SELECT_DF01, 0x6A82, 0x610A, answered);
    if (!gone) {
        hand_ok(&hand, DATANG_CODE);
        hand_expect(&hand, "00B0950003", "AABBCC9000");
        hand_say(&hand, "00A40000023F00");
    }
    lead_open();
    hand_ok(&hand, "00A4020002EF15");
    create_directory();
    assert_int_equal(hand_sw(&hand), gone ? 0x9000 : 0x6A86);
}

static void set_head(void) {
    hand_say(&hand, "001400000B3B6D000000875431008684");
}

static void look_at_head(bool answered) {
    static const uint8_t head[7] = {0x00, 0x87, 0x54, 0x31, 0x00, 0x86, 0x84};
    uint8_t atr[ATR_MAX];
    assert_int_equal(card_reset(&hand.card, &hand.nvm, atr), 17);
    bool new = memcmp(atr + 4, head, sizeof head) == 0;
    assert_true(new || (!answered && memcmp(atr + 4, hand_birth.historical, 7) == 0));
    assert_memory_equal(atr + 11, hand_birth.historical + 7, 6);
}

static void write_record_again(void) {
    hand_say(&hand, "00D2011603010122");
}

static void look_at_record_again(bool answered) {
    hand_say(&hand, "00B201B400");
    assert_true(hand.reply[2] == 0x22 || (hand.reply[2] == 0x11 && !answered));
}

static void delete_master(void) {
    hand_say(&hand, "80E10001023F00");
}

static void look_at_blank(bool answered) {
    bool blank = one_of("00A40000023F00", 0x6A81, 0x6117, answered);
    if (blank) {
        lead_with_code();
    } else {
        lead_open();
    }
    create_master();
    assert_int_equal(hand_sw(&hand), blank ? 0x9000 : 0x6A86);
}

static void end_making(void) {
    hand_say(&hand, DATANG_END);
}

static void look_at_end(bool answered) {
    bool ended = one_of(DATANG_CODE, 0x6985, 0x9000, answered);
    lead_open();
    create_file();
    assert_int_equal(hand_sw(&hand), ended ? 0x6985 : 0x6A86);
}

static void set_serial(void) {
    hand_say(&hand, "80E005000800004401ABCDEF01");
}

/* The old number or the new one, whole. */
static void look_at_serial(bool answered) {
    static const uint8_t serials[2][6] = {
        {0x44, 0x01, 0x00, 0x00, 0x00, 0x01},
        {0x44, 0x01, 0xAB, 0xCD, 0xEF, 0x01}
    };
    uint8_t atr[ATR_MAX];
    assert_int_equal(card_reset(&hand.card, &hand.nvm, atr), 17);
    bool new = memcmp(atr + 11, serials[1], 6) == 0;
    assert_true(new || (!answered && memcmp(atr + 11, serials[0], 6) == 0));
    assert_memory_equal(atr + 4, hand_birth.historical, 7);
}

static void write_record(void) {
    hand_say(&hand, "00D202160402020102");
}

static void look_at_record(bool answered) {
    (void)one_of("00B202B400", 0x9000, 0x6A83, answered);
    hand_expect(&hand, "00B201B400", "0101119000");
    lead_open();
    write_record();
    assert_int_equal(hand_sw(&hand), 0x9000);
    hand_expect(&hand, "00B202B400", "020201029000");
}

static void write_key(void) {
    hand_say(&hand, WRITE_KEY);
}

/* A new key is whole or not there. */
static void look_at_key(bool answered) {
    unsigned sw = partner_prove(&hand, KEY_UK, 5, false);
    assert_true(sw == 0x9000 || (sw == 0x6A88 && !answered));
    lead_open();
    write_key();
    assert_int_equal(hand_sw(&hand), 0x9000);
    assert_int_equal(partner_prove(&hand, KEY_UK, 5, false), 0x9000);
}

static void make_with_key(struct hand *h) {
    make_with_files(h);
    hand_ok(h, WRITE_KEY);
}

static void lead_to_exchange(void) {
    uint8_t challenge[8];
    partner_challenge(&hand, challenge);
    line_len = partner_secure(
        challenge, "84D40000", "0D0502EF33002210" KEY_RK, KEY_MAIN, PURSE_CIPHER, line);
}

static void exchange_key(void) {
    hand_send(&hand, bytes_of(line, line_len));
}

/* One of the two keys proves itself, and the main control key has lost a try at the most. */
static void look_at_exchange(bool answered) {
    unsigned old = partner_prove(&hand, KEY_UK, 5, false);
    unsigned new = partner_prove(&hand, KEY_RK, 5, false);
    assert_true((old == 0x9000) != (new == 0x9000));
    assert_true(new == 0x9000 || !answered);
    lead_to_exchange();
    exchange_key();
    assert_int_equal(hand_sw(&hand), 0x9000);
    assert_int_equal(partner_prove(&hand, KEY_RK, 5, false), 0x9000);
}

int main(void) {
    static struct sweep sweeps[] = {
        {"CREATE, master file",  hand_blank_datang,        lead_with_code,   create_master,      look_at_master,
         0x9000                                                                                                           },
        {"CREATE, directory",    make_master,              lead_open,        create_directory,   look_at_directory, 0x9000},
        {"CREATE, file",         make_master,              lead_open,        create_file,        look_at_file,      0x9000},
        {"DELETE, file",         make_with_files,          lead_open,        delete_file,        look_at_deletion,  0x9000},
        {"DELETE, directory",    make_with_full_directory, lead_open,        delete_directory,
         look_at_directory_gone,                                                                                    0x9000},
        {"UPDATE ATR, head",     make_with_files,          lead_with_code,   set_head,           look_at_head,      0x9000},
        {"WRITE RECORD, again",  make_with_files,          lead_open,        write_record_again,
         look_at_record_again,                                                                                      0x9000},
        {"DELETE, master file",  make_with_files,          lead_open,        delete_master,      look_at_blank,     0x9000},
        {"END PRE-PERSO",        make_with_files,          lead_open,        end_making,         look_at_end,       0x9000},
        {"UPDATE ATR",           make_with_files,          lead_with_code,   set_serial,         look_at_serial,    0x9000},
        {"WRITE RECORD, new",    make_with_files,          lead_open,        write_record,       look_at_record,    0x9000},
        {"WRITE KEY, new",       make_with_files,          lead_open,        write_key,          look_at_key,       0x9000},
        {"WRITE KEY, exchanged", make_with_key,            lead_to_exchange, exchange_key,       look_at_exchange,
         0x9000                                                                                                           },
    };
    return CARD_DATANG ? sweep_main(
               "cuts of making the Datang way", sweeps, sizeof sweeps / sizeof sweeps[0])
                       : 0;
}
