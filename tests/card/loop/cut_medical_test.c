/* The power goes at every byte of everything that changes a medical account, and of what a PSAM
 * writes for its purchases. See card/sweep.h. */
#include "base/features.h"
#include "card/medic.h"
#include "card/sweep.h"

static uint8_t line[APDU_MAX];
static size_t line_len;

static void send_line(void) {
    hand_send(&hand, bytes_of(line, line_len));
}

/* 1,000 loaded, 100 spent on the 8th, the account open from the 1st. */
static void make_account(struct hand *h, bool sm4) {
    medic_make(h, sm4);
    medic_pin(h);
    assert_int_equal(medic_load(h, 1000), 0x9000);
    assert_int_equal(medic_set_day(h, "031001"), 0x9000);
    assert_int_equal(medic_buy(h, 150, 100, 1), 0x9000);
}

static void make_3des(struct hand *h) {
    make_account(h, false);
}

#if CARD_SM4
static void make_sm4(struct hand *h) {
    make_account(h, true);
}
#endif

static void lead_to_purchase(void) {
    hand_say(&hand, SELECT_SSSE);
    hand_say(&hand, SELECT_DF04);
    assert_int_equal(medic_begin_purchase(&hand, 75, 50), 0x9000);
    line_len = medic_debit_line(&hand, 75, 50, 2, MEDIC_MOMENT, line);
}

static void lead_to_load(void) {
    medic_pin(&hand);
    assert_int_equal(medic_begin_load(&hand, 50), 0x9000);
    line_len = medic_credit_line(&hand, 50, line);
}

static void lead_to_day(void) {
    hand_say(&hand, SELECT_SSSE);
    hand_say(&hand, SELECT_DF04);
    assert_int_equal(medic_begin_day(&hand), 0x9000);
    line_len = medic_day_line(&hand, "031002", line);
}

/* Whether PROVE knows a trade of this type after which the number was this. */
static bool proven(const char *type, unsigned number) {
    char command[24];
    (void)snprintf(command, sizeof command, "B05A00%s02%04X08", type, number);
    hand_say(&hand, command);
    assert_true(hand_sw(&hand) == 0x9000 || hand_sw(&hand) == 0x9406);
    return hand_sw(&hand) == 0x9000;
}

static void select_account(void) {
    hand_say(&hand, SELECT_SSSE);
    hand_say(&hand, SELECT_DF04);
}

/* Balance, number, record and proof from one side; provable exactly when the balance is new. */
static void look_at_purchase(bool answered) {
    struct medic_view view = medic_look(&hand);
    bool new = view.wallet.offline == 2;
    assert_true(new || view.wallet.offline == 1);
    assert_true(new || !answered);
    assert_int_equal(view.wallet.balance, new ? 850 : 900);
    assert_int_equal(view.log_count, new ? 2 : 1);
    assert_int_equal(view.newest[1], new ? 2 : 1);
    assert_int_equal(view.newest[27], new ? 50 : 100);
    assert_int_equal(view.wallet.online, 2);
    select_account();
    assert_int_equal(proven("32", 2), new);
    assert_int_equal(proven("32", 1), !new);
    assert_true(proven("33", 2));
    assert_int_equal(medic_buy(&hand, 1, 1, 9), 0x9000); /* and it trades on */
}

static void look_at_load(bool answered) {
    struct medic_view view = medic_look(&hand);
    bool new = view.wallet.online == 3;
    assert_true(new || view.wallet.online == 2);
    assert_true(new || !answered);
    assert_int_equal(view.wallet.balance, new ? 950 : 900);
    assert_int_equal(view.log_count, 1);
    assert_int_equal(view.wallet.offline, 1);
    select_account();
    assert_int_equal(proven("31", 3), new);
    assert_int_equal(proven("33", 2), !new);
    assert_int_equal(medic_buy(&hand, 1, 1, 9), 0x9000);
}

static void look_at_day(bool answered) {
    struct medic_view view = medic_look(&hand);
    bool new = view.wallet.online == 3;
    assert_true(new || view.wallet.online == 2);
    assert_true(new || !answered);
    assert_int_equal(view.wallet.balance, 900);
    assert_int_equal(view.wallet.overdraft, new ? 0x031002 : 0x031001);
    select_account();
    assert_int_equal(proven("33", 3), new);
    assert_int_equal(proven("33", 2), !new);
    assert_int_equal(medic_buy_at(&hand, 1, 1, 9, "20031001120000"), new ? 0x6985 : 0x9000);
}

/* A MAC1 that is wrong writes nothing, wherever the power goes. */
static void lead_to_wrong(void) {
    lead_to_purchase();
    line[line_len - 2] ^= 0x01;
}

static void look_at_wrong(bool answered) {
    (void)answered;
    assert_int_equal(medic_look(&hand).wallet.offline, 1);
    look_at_purchase(false);
}

/* ---- the module ---- */

#if CARD_SAM
/* The number of the last INIT SAM that was answered is what the terminal remembers. */
static void init_sam(void) {
    hand_say(&hand, "807001002C"
                    "0A0B0C0D"
                    "0007"
                    "00000000"
                    "0000004B"
                    "00000032"
                    "32"
                    "20031008120000"
                    "0100"
                    "8684440100000001"
                    "3434303130307378"
                    "08");
    if (hand_sw(&hand) == 0x9000) {
        struct cursor c = cursor_over(bytes_of(hand.reply, 4));
        sweep_remembered = cursor_u32(&c);
    }
}

static void lead_to_sam(void) {
    hand_say(&hand, SELECT_SAM);
    sweep_remembered = 6;
}

/* A number that was heard is never heard again. */
static void look_at_sam(bool answered) {
    uint32_t before = sweep_remembered;
    assert_true(!answered || before == 7);
    hand_say(&hand, SELECT_SAM);
    init_sam();
    assert_int_equal(hand_sw(&hand), 0x9000);
    assert_true(sweep_remembered > before);
    assert_true(sweep_remembered <= 8);
}

static void lead_to_sam_credit(void) {
    hand_say(&hand, SELECT_SAM);
    init_sam();
}

static void credit_sam_wrong(void) {
    hand_say(&hand, "8072000004DEADBEEF");
}

static void look_at_sam_tries(bool answered) {
    hand_say(&hand, SELECT_SAM);
    hand_say(&hand, "00B0980002");
    assert_true(hand.reply[1] == 2 || (hand.reply[1] == 3 && !answered));
}
#endif

static struct sweep sweeps[] = {
    {"medical DEBIT",        make_3des,     lead_to_purchase,   send_line,        look_at_purchase,  0x9000},
    {"medical CREDIT",       make_3des,     lead_to_load,       send_line,        look_at_load,      0x9000},
    {"medical STARTING DAY", make_3des,     lead_to_day,        send_line,        look_at_day,       0x9000},
    {"medical DEBIT, wrong", make_3des,     lead_to_wrong,      send_line,        look_at_wrong,     0x9302},
#if CARD_SM4
    {"medical DEBIT, SM4",   make_sm4,      lead_to_purchase,   send_line,        look_at_purchase,  0x9000},
    {"medical CREDIT, SM4",  make_sm4,      lead_to_load,       send_line,        look_at_load,      0x9000},
#endif
#if CARD_SAM
    {"medical INIT SAM",     hand_make_sam, lead_to_sam,        init_sam,         look_at_sam,       0x9000},
    {"medical CREDIT SAM",   hand_make_sam, lead_to_sam_credit, credit_sam_wrong, look_at_sam_tries,
     0x9302                                                                                                },
#endif
};

int main(void) {
    return sweep_main("medical cuts", sweeps, sizeof sweeps / sizeof sweeps[0]);
}
