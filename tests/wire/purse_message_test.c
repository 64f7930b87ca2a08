/* The messages of the wallet against traces of real cards and derived values of purse.json. */
#include "check.h"

#include "wire/purse_message.h"

/* A complete load as a real card answered it (real-card-1-load). */
static const struct load_facts load = {
    .balance = 0,
    .amount = 0x10,
    .number = 0,
    .trade = TRADE_EP_LOAD,
    .terminal = {0x66,  0x66, 0x66, 0x66, 0x66, 0x66},
    .moment = { 0x20, 0x24, 0x04, 0x11, 0x21, 0x21, 0x21},
};

/* A purchase whose every field differs from its neighbours. */
static const struct purchase_facts purchase = {
    .amount = 0x00000100,
    .trade = TRADE_EP_PURCHASE,
    .terminal = {0x00,  0x00, 0x00, 0x00, 0x00, 0x01},
    .terminal_seq = 0x00000013,
    .moment = { 0x20, 0x25, 0x01, 0x02, 0x03, 0x04, 0x05},
};

static void session_inputs_are_the_traces(void **state) {
    (void)state;
    const uint8_t random[RANDOM_LEN] = {0x4E, 0x06, 0x65, 0x48};
    uint8_t input[8];
    load_session_input(random, 0, input);
    assert_hex(bytes_of(input, 8), "4E06654800008000");
    load_session_input(random, 0xFFFE, input);
    assert_hex(bytes_of(input, 8), "4E066548FFFE8000");
    purchase_session_input(random, 8, 0x13, input);
    assert_hex(bytes_of(input, 8), "4E06654800080013");
    purchase_session_input(random, 8, 0xABCD1234, input); /* the low two bytes alone */
    assert_hex(bytes_of(input, 8), "4E06654800081234");
}

static void load_messages_are_the_traces(void **state) {
    (void)state;
    uint8_t room[PURSE_MESSAGE_MAX];
    struct builder b = builder_in(room, sizeof room);
    put_load_mac1(&b, &load);
    assert_hex(builder_bytes(&b), "000000000000001002666666666666");
    b = builder_in(room, sizeof room);
    put_load_mac2(&b, &load);
    assert_hex(builder_bytes(&b), "000000100266666666666620240411212121");
    struct load_facts after = load;
    after.balance = 0x10;
    b = builder_in(room, sizeof room);
    put_load_tac(&b, &after);
    assert_hex(builder_bytes(&b), "000000100000000000100266666666666620240411212121");
}

/* derived-unload and derived-overdraft-xor: a limit has three bytes where others have an amount. */
static void unload_and_limit_messages_are_the_vectors(void **state) {
    (void)state;
    uint8_t room[PURSE_MESSAGE_MAX];
    struct builder b = builder_in(room, sizeof room);
    struct load_facts f = load;
    f.trade = TRADE_UNLOAD;
    f.balance = 0x1B00;
    f.number = 5;
    f.amount = 0x500;
    put_load_tac(&b, &f);
    assert_hex(builder_bytes(&b), "00001B000005000005000366666666666620240411212121");
    f.trade = TRADE_OVERDRAFT;
    f.amount = 0;
    b = builder_in(room, sizeof room);
    put_load_mac1(&b, &f);
    assert_hex(builder_bytes(&b), "00001B0000000007666666666666");
    f.amount = 0x0003E8;
    b = builder_in(room, sizeof room);
    put_load_mac2(&b, &f);
    assert_hex(builder_bytes(&b), "0003E80766666666666620240411212121");
    f.balance = 0x1EE8;
    f.number = 6;
    b = builder_in(room, sizeof room);
    put_load_tac(&b, &f);
    assert_hex(builder_bytes(&b), "00001EE800060003E80766666666666620240411212121");
}

static void purchase_messages_are_the_vectors(void **state) {
    (void)state;
    uint8_t room[PURSE_MESSAGE_MAX];
    struct builder b = builder_in(room, sizeof room);
    struct purchase_facts facts = purchase;
    facts.trade = TRADE_ED_PURCHASE; /* derived-ed-purchase */
    put_purchase_mac1(&b, &facts);
    assert_hex(builder_bytes(&b), "000001000500000000000120250102030405");
    b = builder_in(room, sizeof room);
    put_purchase_mac2(&b, &facts);
    assert_hex(builder_bytes(&b), "00000100");
    b = builder_in(room, sizeof room);
    put_purchase_tac(&b, &facts);
    assert_hex(builder_bytes(&b), "00000100050000000000010000001320250102030405");
}

/* Method: each fact is changed alone; MACs and TAC must change exactly where the header says. */
static void every_fact_of_a_purchase_is_covered(void **state) {
    (void)state;
    struct purchase_facts changed[5];
    for (size_t i = 0; i < 5; i++) {
        changed[i] = purchase;
    }
    changed[0].amount++;
    changed[1].trade = TRADE_COMPOUND;
    changed[2].terminal[5]++;
    changed[3].moment[6]++;
    changed[4].terminal_seq++;
    for (size_t i = 0; i < 5; i++) {
        uint8_t before[PURSE_MESSAGE_MAX], after[PURSE_MESSAGE_MAX];
        struct builder a = builder_in(before, sizeof before);
        struct builder b = builder_in(after, sizeof after);
        put_purchase_mac1(&a, &purchase);
        put_purchase_mac1(&b, &changed[i]);
        assert_int_equal(bytes_equal(builder_bytes(&a), builder_bytes(&b)), i == 4);
        a = builder_in(before, sizeof before);
        b = builder_in(after, sizeof after);
        put_purchase_tac(&a, &purchase);
        put_purchase_tac(&b, &changed[i]);
        assert_false(bytes_equal(builder_bytes(&a), builder_bytes(&b)));
    }
}

static void every_fact_of_a_load_is_covered_by_its_tac(void **state) {
    (void)state;
    struct load_facts changed[6];
    for (size_t i = 0; i < 6; i++) {
        changed[i] = load;
    }
    changed[0].balance++;
    changed[1].amount++;
    changed[2].number++;
    changed[3].trade = TRADE_ED_LOAD;
    changed[4].terminal[0]++;
    changed[5].moment[0]++;
    for (size_t i = 0; i < 6; i++) {
        uint8_t before[PURSE_MESSAGE_MAX], after[PURSE_MESSAGE_MAX];
        struct builder a = builder_in(before, sizeof before);
        struct builder b = builder_in(after, sizeof after);
        put_load_tac(&a, &load);
        put_load_tac(&b, &changed[i]);
        assert_int_equal(a.len, b.len);
        assert_false(bytes_equal(builder_bytes(&a), builder_bytes(&b)));
    }
}

static void a_message_that_does_not_fit_is_no_message(void **state) {
    (void)state;
    void (*const puts[])(struct builder *, const struct purchase_facts *) = {
        put_purchase_mac1, put_purchase_mac2, put_purchase_tac};
    const size_t lengths[] = {18, 4, 22};
    for (size_t i = 0; i < 3; i++) {
        for (size_t room_len = 0; room_len <= lengths[i]; room_len++) {
            uint8_t room[PURSE_MESSAGE_MAX];
            struct builder b = builder_in(room, room_len);
            puts[i](&b, &purchase);
            assert_int_equal(builder_bytes(&b).len, room_len == lengths[i] ? room_len : 0);
        }
    }
}

/* ---- the table ---- */

/* Facts in which every byte is another one, but for those that stay zeros. */
static struct trade_facts odd_facts(uint8_t seed) {
    struct trade_facts f = {0};
    uint8_t *byte = (uint8_t *)&f;
    for (size_t i = 0; i < sizeof f; i++) {
        byte[i] = (uint8_t)(seed + 3 * i);
    }
    (void)memset(f.spare, 0, sizeof f.spare);
    return f;
}

/* What is put is taken, by the same line of the table, and put again it is the same. */
static void every_message_is_taken_as_it_is_put(void **state) {
    (void)state;
    for (int name = MESSAGE_NONE + 1; name < MESSAGE_COUNT; name++) {
        struct trade_facts f = odd_facts(7);
        struct trade_facts g = odd_facts(99);
        uint8_t room[PURSE_MESSAGE_MAX], again[PURSE_MESSAGE_MAX];
        struct builder b = builder_in(room, sizeof room);
        struct builder a = builder_in(again, sizeof again);
        put_message(&b, (enum message)name, &f);
        assert_false(b.overflowed); /* PURSE_MESSAGE_MAX is enough for any */
        assert_true(b.len > 0);
        struct cursor c = cursor_over(builder_bytes(&b));
        take_message(&c, (enum message)name, &g);
        assert_true(cursor_finished(&c));
        put_message(&a, (enum message)name, &g);
        assert_true(bytes_equal(builder_bytes(&a), builder_bytes(&b)));
        for (size_t len = 0; len < b.len; len++) {
            c = cursor_over(bytes_of(room, len));
            take_message(&c, (enum message)name, &g);
            assert_false(cursor_finished(&c));
        }
    }
}

/* A limit goes as three bytes, a medical bill as three amounts, and the record of EF08 ends with
 * them. */
static void the_messages_of_a_medical_account_are_those_of_the_decision(void **state) {
    (void)state;
    uint8_t room[PURSE_MESSAGE_MAX];
    struct purchase_facts bill = purchase;
    struct load_facts day = load;
    bill.trade = TRADE_MEDICAL_PURCHASE;
    bill.amount = 0x2710;
    bill.medical[1] = 0x3039;
    day.trade = TRADE_MEDICAL_DAY;
    day.amount = 0x031009;
    struct builder b = builder_in(room, sizeof room);
    put_purchase_mac2(&b, &bill);
    assert_hex(builder_bytes(&b), "00000000"
                                  "00003039"
                                  "00002710");
    b = builder_in(room, sizeof room);
    put_purchase_mac1(&b, &bill);
    assert_int_equal(b.len, 12 + 1 + 6 + 7);
    b = builder_in(room, sizeof room);
    put_purchase_tac(&b, &bill);
    assert_int_equal(b.len, 12 + 1 + 6 + 4 + 7);
    assert_int_equal(room[12], 0x32);
    b = builder_in(room, sizeof room);
    put_load_mac2(&b, &day);
    assert_int_equal(b.len, 3 + 1 + 6 + 7);
    assert_memory_equal(room, "\x03\x10\x09\x33", 4);
}

static void a_fact_is_a_number_of_any_length(void **state) {
    (void)state;
    uint8_t room[4] = {0xFF, 0xFF, 0xFF, 0xFF};
    fact_set(room, 2, 0x1234);
    assert_hex(bytes_of(room, 4), "1234FFFF");
    fact_set(room, 3, 0xABCDEF);
    assert_hex(bytes_of(room, 4), "ABCDEFFF");
    fact_set(room, 4, 0x01020304);
    assert_int_equal(fact_number(room, 4), 0x01020304);
    assert_int_equal(fact_number(room, 3), 0x010203);
    assert_int_equal(fact_number(room, 2), 0x0102);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(session_inputs_are_the_traces),
        cmocka_unit_test(load_messages_are_the_traces),
        cmocka_unit_test(unload_and_limit_messages_are_the_vectors),
        cmocka_unit_test(purchase_messages_are_the_vectors),
        cmocka_unit_test(every_fact_of_a_purchase_is_covered),
        cmocka_unit_test(every_fact_of_a_load_is_covered_by_its_tac),
        cmocka_unit_test(a_message_that_does_not_fit_is_no_message),
        cmocka_unit_test(every_message_is_taken_as_it_is_put),
        cmocka_unit_test(the_messages_of_a_medical_account_are_those_of_the_decision),
        cmocka_unit_test(a_fact_is_a_number_of_any_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
