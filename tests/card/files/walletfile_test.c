#include "file_chip.h"

#include "card/files/record.h"
#include "card/files/walletfile.h"

static struct file_chip chip;
static struct ef purse, log_file;

static int make_wallet(void **state) {
    (void)state;
    chip_make(&chip);
    purse = chip_file(&chip, 0x0002, "2F0208F000FF18");
    log_file = chip_file(&chip, 0x0018, "2E0A17F1EFFFFF");
    return 0;
}

/* A wallet whose every field differs from every other. */
static const struct wallet full = {
    .balance = 0x01020304,
    .online = 0x0506,
    .offline = 0x0708,
    .overdraft = 0x090A0B,
    .last_online = {TRADE_EP_LOAD,     0x0C0D, {0x0E, 0x0F, 0x10, 0x11}, {0x12, 0x13, 0x14, 0x15}},
    .last_offline = {TRADE_EP_PURCHASE, 0x1617, {0x18, 0x19, 0x1A, 0x1B}, {0x1C, 0x1D, 0x1E, 0x1F}},
};

static bool proofs_equal(const struct wallet_proof *a, const struct wallet_proof *b) {
    return a->trade == b->trade && a->number == b->number
           && memcmp(a->mac, b->mac, sizeof a->mac) == 0
           && memcmp(a->tac, b->tac, sizeof a->tac) == 0;
}

static bool wallets_equal(const struct wallet *a, const struct wallet *b) {
    return a->balance == b->balance && a->online == b->online && a->offline == b->offline
           && a->overdraft == b->overdraft && proofs_equal(&a->last_online, &b->last_online)
           && proofs_equal(&a->last_offline, &b->last_offline);
}

static enum sw put(const struct wallet *w) {
    store_begin(&chip.store);
    return chip_end(&chip, wallet_write(&chip.store, &purse, w));
}

static void a_new_wallet_is_empty_and_proves_nothing(void **state) {
    (void)state;
    struct wallet w = full;
    static const struct wallet empty;
    assert_int_equal(wallet_read(&chip.store, &purse, &w), SW_OK);
    assert_true(wallets_equal(&w, &empty));
}

static void a_wallet_comes_back_field_by_field(void **state) {
    (void)state;
    struct wallet w = {0};
    assert_int_equal(put(&full), SW_OK);
    chip_reset(&chip);
    assert_int_equal(wallet_read(&chip.store, &purse, &w), SW_OK);
    assert_true(wallets_equal(&w, &full));
}

static void the_largest_values_fit(void **state) {
    (void)state;
    struct wallet w = {.balance = UINT32_MAX,
                      .online = UINT16_MAX,
                      .offline = UINT16_MAX,
                      .overdraft = 0xFFFFFF},
                  seen;
    assert_int_equal(put(&w), SW_OK);
    assert_int_equal(wallet_read(&chip.store, &purse, &seen), SW_OK);
    assert_true(wallets_equal(&w, &seen));
    w.overdraft++;
    assert_int_equal(put(&w), SW_WRONG_DATA);
    assert_int_equal(wallet_read(&chip.store, &purse, &seen), SW_OK);
    assert_int_equal(seen.overdraft, 0xFFFFFF);
}

static void other_kinds_are_refused(void **state) {
    (void)state;
    struct wallet w;
    assert_int_equal(wallet_read(&chip.store, &log_file, &w), SW_WRONG_FILE_TYPE);
    store_begin(&chip.store);
    assert_int_equal(wallet_write(&chip.store, &log_file, &full), SW_WRONG_FILE_TYPE);
    store_abandon(&chip.store);
}

/* Balance, number, proof and log of one purchase, in one batch. */
static bool buy(const struct wallet *after) {
    static const uint8_t record[23] = {0x07, 0x08};
    store_begin(&chip.store);
    enum sw sw = wallet_write(&chip.store, &purse, after);
    if (sw == SW_OK) {
        sw = record_append(&chip.store, &log_file, bytes_of(record, sizeof record));
    }
    return chip_end(&chip, sw) == SW_OK;
}

/* The page programmings decide the speed of a purchase: wallet, record and pointer fit two pages. */
static void a_purchase_costs_two_programmings(void **state) {
    (void)state;
    struct wallet after = full;
    assert_int_equal(put(&full), SW_OK);
    after.balance = ~after.balance;
    after.offline++;
    (void)memset(&after.last_offline, 0xA5, sizeof after.last_offline);
    uint64_t before = chip.memory.programs;
    assert_true(buy(&after));
    assert_int_equal(chip.memory.programs - before, 2);
}

/* The power is cut in every programming of a purchase: all of it is there or nothing. [purse.md 7.1] */
static void a_cut_purchase_is_whole_or_never_was(void **state) {
    (void)state;
    static struct memory before;
    struct wallet old = {.balance = 1000, .online = 1};
    assert_int_equal(put(&old), SW_OK);
    chip_keep(&before, &chip.memory);
    bool done = false;
    unsigned cuts = 0;
    for (; !done; cuts++) {
        struct wallet w;
        chip_back(&chip, &before);
        memory_cut_after(&chip.memory, cuts, 0xA5);
        done = buy(&full);
        chip_reset(&chip);
        assert_int_equal(wallet_read(&chip.store, &purse, &w), SW_OK);
        bool is_new = wallets_equal(&w, &full);
        assert_true(is_new || wallets_equal(&w, &old));
        assert_true(is_new || !done);
        assert_int_equal(record_count(&chip.store, &log_file), is_new ? 1 : 0);
    }
    print_message("purchase: %u cuts survived\n", cuts - 1);
}

#define WALLET_TEST(test) cmocka_unit_test_setup(test, make_wallet)

int main(void) {
    const struct CMUnitTest tests[] = {
        WALLET_TEST(a_new_wallet_is_empty_and_proves_nothing),
        WALLET_TEST(a_wallet_comes_back_field_by_field),
        WALLET_TEST(the_largest_values_fit),
        WALLET_TEST(other_kinds_are_refused),
        WALLET_TEST(a_purchase_costs_two_programmings),
        WALLET_TEST(a_cut_purchase_is_whole_or_never_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
