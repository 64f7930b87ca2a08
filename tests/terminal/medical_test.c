/* The medical account at a terminal: a real chip with DF04, a real module, and a test that knows the
 * keys. */
#include "terminal/medical.h"

#include "city.h"

static const struct key128 root_dlk_4 = {"medical load 001"}, root_dtk_4 = {"medical tac 0001"};

/* DF04 on the city's card, its purchase key from the city's own root, 500.00 loaded. */
static void add_account(struct city *city) {
    struct city_chip *c = &city->card;
    struct key128 dpk = city_key(&root_dpk, CITY_FACTOR), dlk = city_key(&root_dlk_4, CITY_FACTOR),
                  dtk = city_key(&root_dtk_4, CITY_FACTOR);
    uint8_t atr[ATR_MAX];
    size_t len = 0;
    struct why why = {{0}};
    assert_int_equal(reader_reset(&c->reader, atr, &len, &why), OK);
    chip_say(c, "00A404000F 7378312E73682EC9E7BBE1B1A3D5CF");
    chip_say(c, "80E0DF040E 38 0210 F0F0 8001FF D15600000503");
    chip_say(c, "00A4040006 D15600000503");
    chip_say(c, "80E0000007 3F 0060 81 F0 FFFF");
    chip_say_key(c, "80D4010015 34 F0 F0 01 00", dtk.bytes, KEY128_LEN);
    chip_say_key(c, "80D4010115 3E F0 F0 01 00", dpk.bytes, KEY128_LEN);
    chip_say_key(c, "80D4010115 3F F0 F0 01 00", dlk.bytes, KEY128_LEN);
    chip_say(c, "80E0EF0808 2E 0A1C 00 0100 EFEF");
    chip_say(c, "80E0000307 2F 0208 F0 00 FF 08");
    assert_int_equal(reader_reset(&c->reader, atr, &len, &why), OK);
}

/* The centre's MAC2 over amount, type, terminal and moment, under the card's DLK. */
static struct load_grant grant_for(const struct wallet_begun *begun, uint32_t amount) {
    struct key128 dlk = city_key(&root_dlk_4, CITY_FACTOR);
    struct load_grant grant = {{0}, {0}};
    uint8_t input[8] = {begun->random[0], begun->random[1], begun->random[2], begun->random[3],
        (uint8_t)(begun->number >> 8), (uint8_t)begun->number, 0x80, 0x00};
    uint8_t message[32];
    char text[64];
    (void)snprintf(text, sizeof text, "%08X31" CITY_TERMINAL "20031008120000", (unsigned)amount);
    size_t len = from_hex(text, message, sizeof message);
    (void)memcpy(grant.moment, centre_moment, MOMENT_LEN);
    mac4(&dlk, input, bytes_of(message, len), grant.mac2);
    return grant;
}

static struct medical_order order_of(uint32_t total, uint32_t amount) {
    struct medical_order order = {.amount = amount, .total = total, .key_index = 1};
    (void)from_hex(CITY_TERMINAL, order.terminal, sizeof order.terminal);
    return order;
}

static void select_account(struct city *city) {
    struct why why = {{0}};
    uint16_t sw = 0;
    assert_int_equal(medical_select(&city->card.reader, &sw, &why), OK);
    assert_int_equal(sw, SW_OK);
}

static uint32_t balance_of(struct city *city) {
    struct why why = {{0}};
    uint32_t balance = 0;
    uint16_t sw = 0;
    assert_int_equal(medical_balance(&city->card.reader, &balance, &sw, &why), OK);
    assert_int_equal(sw, SW_OK);
    return balance;
}

static struct wallet_begun load(struct city *city, uint32_t amount, uint8_t tac[MAC_LEN]) {
    struct why why = {{0}};
    struct wallet_begun begun = {0};
    struct medical_order order = order_of(0, amount);
    uint16_t sw = 0;
    assert_int_equal(holder_verify(&city->card.reader, "123456", &why), OK);
    select_account(city);
    assert_int_equal(medical_begin_load(&city->card.reader, &order, &begun, &sw, &why), OK);
    assert_int_equal(sw, SW_OK);
    struct load_grant grant = grant_for(&begun, amount);
    assert_int_equal(medical_credit(&city->card.reader, &grant, tac, &sw, &why), OK);
    assert_int_equal(sw, SW_OK);
    return begun;
}

static int set_up(void **state) {
    struct city *city = city_open();
    uint8_t tac[MAC_LEN];
    *state = city;
    add_account(city);
    (void)load(city, 50000, tac);
    return 0;
}

static int tear_down(void **state) {
    city_close(*state);
    return 0;
}

/* The sale of a bill with the module of the city, powered for it. */
static struct medical_sale sale_of(uint32_t total, uint32_t amount) {
    struct medical_sale sale = {.order = order_of(total, amount)};
    (void)from_hex(CITY_FACTOR, sale.factor, sizeof sale.factor);
    (void)memcpy(sale.city_factor, city_factor, sizeof sale.city_factor);
    (void)from_hex("20031008093000", sale.moment, sizeof sale.moment);
    return sale;
}

static struct psam module_of(struct city *city) {
    struct psam module = {0};
    struct why why = {{0}};
    assert_int_equal(psam_start(&module, &city->module.reader, &why), OK);
    return module;
}

/* Whether the TAC is over these three amounts, terminal, sequence and moment. */
static bool tac_right(const struct medical_sale *sale) {
    struct key128 dtk = city_key(&root_dtk_4, CITY_FACTOR);
    uint8_t key[8], whole[8], message[40];
    char text[96];
    (void)snprintf(text, sizeof text, "00000000%08X%08X32" CITY_TERMINAL "%08X20031008093000",
        (unsigned)sale->order.total, (unsigned)sale->order.amount, (unsigned)sale->terminal_seq);
    size_t len = from_hex(text, message, sizeof message);
    derive_tac_key(&dtk, key);
    mac_single(key, NULL, bytes_of(message, len), whole);
    return memcmp(whole, sale->proof.tac, MAC_LEN) == 0;
}

static void a_load_is_receipted_and_proven(void **state) {
    struct city *city = *state;
    struct key128 dtk = city_key(&root_dtk_4, CITY_FACTOR);
    uint8_t tac[MAC_LEN], key[8], whole[8], message[40];
    struct trade_proof proof = {{0}, {0}};
    struct why why = {{0}};
    uint16_t sw = 0;
    struct wallet_begun begun = load(city, 1234, tac);
    assert_int_equal(begun.balance, 50000);
    assert_int_equal(begun.number, 1);
    assert_int_equal(begun.key_version, 1);
    size_t len = from_hex(
        "0000C8220001000004D231" CITY_TERMINAL "20031008120000", message, sizeof message);
    derive_tac_key(&dtk, key);
    mac_single(key, NULL, bytes_of(message, len), whole);
    assert_memory_equal(tac, whole, MAC_LEN);
    assert_int_equal(balance_of(city), 51234);
    assert_int_equal(
        medical_prove(&city->card.reader, TRADE_MEDICAL_LOAD, 2, &proof, &sw, &why), OK);
    assert_int_equal(sw, SW_OK);
    assert_memory_equal(proof.tac, tac, MAC_LEN);
    assert_int_equal(
        medical_prove(&city->card.reader, TRADE_MEDICAL_LOAD, 3, &proof, &sw, &why), OK);
    assert_int_equal(sw, SW_NO_PROOF);
}

static void a_load_without_the_pin_is_refused(void **state) {
    struct city *city = *state;
    struct medical_order order = order_of(0, 1);
    struct wallet_begun begun = {0};
    struct why why = {{0}};
    uint8_t atr[ATR_MAX];
    size_t len = 0;
    uint16_t sw = 0;
    assert_int_equal(reader_reset(&city->card.reader, atr, &len, &why), OK);
    select_account(city);
    assert_int_equal(medical_begin_load(&city->card.reader, &order, &begun, &sw, &why), OK);
    assert_int_equal(sw, SW_SECURITY);
}

static void a_grant_of_somebody_else_is_not_believed(void **state) {
    struct city *city = *state;
    struct medical_order order = order_of(0, 100);
    struct wallet_begun begun = {0};
    struct why why = {{0}};
    uint8_t tac[MAC_LEN];
    uint16_t sw = 0;
    assert_int_equal(medical_begin_load(&city->card.reader, &order, &begun, &sw, &why), OK);
    struct load_grant grant = grant_for(&begun, 101);
    assert_int_equal(medical_credit(&city->card.reader, &grant, tac, &sw, &why), OK);
    assert_int_equal(sw, SW_MAC_WRONG);
    assert_int_equal(balance_of(city), 50000);
}

static void a_bill_is_paid_between_card_and_module(void **state) {
    struct city *city = *state;
    struct psam module = module_of(city);
    struct why why = {{0}};
    uint16_t sw = 0;
    for (uint32_t i = 1; i <= 3; i++) {
        struct medical_sale sale = sale_of(3000, 1000 * i);
        assert_int_equal(medical_pay(&city->card.reader, &module, &sale, &sw, &why), OK);
        assert_int_equal(sw, SW_OK);
        assert_true(sale.mac2_good);
        assert_true(tac_right(&sale));
        assert_int_equal(sale.terminal_seq, i);
        assert_int_equal(sale.begun.number, i - 1);
    }
    assert_int_equal(balance_of(city), 50000 - 6000);
}

/* Test 27 of card.md 8.1. */
static void a_bill_of_nothing_is_paid(void **state) {
    struct city *city = *state;
    struct psam module = module_of(city);
    struct medical_sale sale = sale_of(0, 0);
    struct why why = {{0}};
    uint16_t sw = 0;
    assert_int_equal(medical_pay(&city->card.reader, &module, &sale, &sw, &why), OK);
    assert_int_equal(sw, SW_OK);
    assert_true(sale.mac2_good);
    assert_true(tac_right(&sale));
    assert_int_equal(balance_of(city), 50000);
}

static void what_cannot_be_paid_is_refused(void **state) {
    struct city *city = *state;
    struct psam module = module_of(city);
    struct why why = {{0}};
    uint16_t sw = 0;
    struct medical_sale sale = sale_of(100, 101); /* more than the bill */
    assert_int_equal(medical_pay(&city->card.reader, &module, &sale, &sw, &why), ERR_INVALID);
    sale = sale_of(60000, 50001); /* more than there is */
    assert_int_equal(medical_pay(&city->card.reader, &module, &sale, &sw, &why), OK);
    assert_int_equal(sw, SW_FUNDS);
    sale = sale_of(100, 100); /* a key that is not there */
    sale.order.key_index = 9;
    assert_int_equal(medical_pay(&city->card.reader, &module, &sale, &sw, &why), OK);
    assert_int_equal(sw, SW_KEY_INDEX);
    sale = sale_of(100, 100); /* another city's module key: MAC1 is not believed */
    sale.city_factor[0] ^= 1;
    assert_int_equal(medical_pay(&city->card.reader, &module, &sale, &sw, &why), OK);
    assert_int_equal(sw, SW_MAC_WRONG);
    assert_int_equal(balance_of(city), 50000);
}

static void the_starting_day_is_told(void **state) {
    struct city *city = *state;
    struct why why = {{0}};
    uint8_t day[LIMIT_LEN] = {0xFF, 0xFF, 0xFF};
    uint16_t sw = 0;
    assert_int_equal(medical_starting_day(&city->card.reader, day, &sw, &why), OK);
    assert_int_equal(sw, SW_OK);
    assert_hex(bytes_of(day, sizeof day), "000000");
}

/* A card without DF04 says so by its status word. */
static void a_card_without_an_account_is_told(void **state) {
    struct city *city = *state;
    struct city_chip *c = &city->card;
    struct why why = {{0}};
    uint16_t sw = 0;
    reader_close(&c->inside);
    card_make(c, CITY_SERIAL, 7);
    assert_int_equal(medical_select(&c->reader, &sw, &why), OK);
    assert_int_equal(sw, SW_FILE_NOT_FOUND);
}

/* The card is pulled at every exchange, before the command and before the answer: afterwards the
 * account was debited exactly when its proof says so. */
static void a_card_that_was_pulled_tells_what_became_of_it(void **state) {
    struct city *city = *state;
    struct psam module = module_of(city);
    uint32_t expected = 50000;
    for (unsigned moment = PULL_BEFORE_COMMAND; moment <= PULL_BEFORE_ANSWER; moment++) {
        bool through = false;
        for (unsigned n = 1; !through; n++) {
            struct medical_sale sale = sale_of(100, 100);
            struct trade_proof proof = {{0}, {0}};
            struct why why = {{0}};
            uint8_t atr[ATR_MAX];
            size_t len = 0;
            uint16_t sw = 0;
            pulled_arm(&city->card.pulled, n, (enum pull_moment)moment);
            enum err err = medical_pay(&city->card.reader, &module, &sale, &sw, &why);
            through = !city->card.pulled.out;
            assert_int_equal(err, through ? OK : ERR_OUTSIDE);
            pulled_arm(&city->card.pulled, 0, PULL_NEVER);
            assert_int_equal(reader_reset(&city->card.reader, atr, &len, &why), OK);
            select_account(city);
            bool begun = sale.terminal_seq != 0;
            if (begun) {
                assert_int_equal(medical_prove(&city->card.reader, TRADE_MEDICAL_PURCHASE,
                                     (uint16_t)(sale.begun.number + 1), &proof, &sw, &why),
                    OK);
            }
            bool paid = begun && sw == SW_OK;
            expected -= paid ? 100 : 0;
            assert_int_equal(balance_of(city), expected);
            sale.proof = paid ? proof : sale.proof;
            assert_true(!paid || tac_right(&sale));
            assert_true(!through || paid);
        }
    }
    assert_true(expected < 50000 - 200); /* among them one whose answer was lost */
}

#define AT_A_COUNTER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        AT_A_COUNTER(a_load_is_receipted_and_proven),
        AT_A_COUNTER(a_load_without_the_pin_is_refused),
        AT_A_COUNTER(a_grant_of_somebody_else_is_not_believed),
        AT_A_COUNTER(a_bill_is_paid_between_card_and_module),
        AT_A_COUNTER(a_bill_of_nothing_is_paid),
        AT_A_COUNTER(what_cannot_be_paid_is_refused),
        AT_A_COUNTER(the_starting_day_is_told),
        AT_A_COUNTER(a_card_without_an_account_is_told),
        AT_A_COUNTER(a_card_that_was_pulled_tells_what_became_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
