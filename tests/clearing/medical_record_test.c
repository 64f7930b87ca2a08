/* Medical account records from intake to proof, over a store in memory. The same day over real tables is
 * tests/stores/medical_store_test.c. */
#include "clearing/memory_city.h"

#include "clearing/medical_world.h"

#include <limits.h>

static const uint32_t bill[2] = {12000, 8000};

static struct city *insured_city(void) {
    struct city *city = new_city();
    insure(&city->clearing);
    return city;
}

static void a_day_with_bills_is_cleared_and_proven(void **state) {
    (void)state;
    struct city *city = new_city();
    struct bank bank = new_bank();
    a_medical_day_is_cleared_and_proven(&city->clearing, &bank);
    drop_bank(&bank);
    drop_city(city);
}

/* What no terminal of ours writes, or nobody can clear: each is refused for its form. */
static void a_bill_of_another_form_is_refused(void **state) {
    (void)state;
    struct city *city = insured_city();
    for (unsigned odd = 0; odd < 4; odd++) {
        struct upload_record r = medical_purchase(MEDICAL_CARD, odd + 1, 0, MEDICAL_FEN, bill);
        r.medical[0] = odd == 0 ? 1 : 0;                 /* the first amount is nothing */
        r.medical[1] = odd == 1 ? bill[1] - 1 : bill[0]; /* more was paid than the bill is */
        r.amount = odd == 2 ? 0 : r.amount;
        r.batch = 1;
        sign_record(&r);
        moment_at(odd == 3 ? 20031332 : TODAY, 90000, r.moment);
        assert_int_equal(medical_end_of(&city->clearing, &r), REASON_FORM);
    }
    assert_int_equal(fen_on_medical(&city->clearing, MEDICAL_CARD), MEDICAL_FEN);
    drop_city(city);
}

/* Each fact that the TAC covers, three amounts among them, and each byte of the TAC. */
static void a_bill_that_was_altered_has_a_wrong_tac(void **state) {
    (void)state;
    struct city *city = insured_city();
    for (unsigned odd = 0; odd < 4 + MAC_LEN; odd++) {
        struct upload_record r = medical_purchase(MEDICAL_CARD, 1, 0, MEDICAL_FEN, bill);
        r.amount += odd == 0 ? 1 : 0;
        r.medical[1] += odd == 1 ? 1 : 0;
        r.terminal_seq += odd == 2 ? 1 : 0;
        r.moment[MOMENT_LEN - 1] = odd == 3 ? 0x59 : r.moment[MOMENT_LEN - 1];
        r.tac[odd >= 4 ? odd - 4 : 0] ^= odd >= 4 ? 1 : 0;
        assert_int_equal(medical_end_of(&city->clearing, &r), REASON_TAC);
    }
    assert_int_equal(fen_on_medical(&city->clearing, MEDICAL_CARD), MEDICAL_FEN);
    drop_city(city);
}

/* The wallet's key proves nothing of DF04, nor DF04's of the wallet. */
static void a_tac_of_the_other_account_is_wrong(void **state) {
    (void)state;
    struct city *city = insured_city();
    struct upload_record r = medical_purchase(MEDICAL_CARD, 1, 0, MEDICAL_FEN, bill);
    struct upload_record w = purchase(MEDICAL_CARD, HOSPITAL_TILL, 2, 0, 50000, 100);
    uint8_t room[PURSE_MESSAGE_MAX];
    struct builder b = builder_in(room, sizeof room);
    struct purchase_facts facts = upload_facts(&r);
    put_purchase_tac(&b, &facts);
    test_tac_of(KEY_DTK, upload_factor(&r), 1, builder_bytes(&b), r.tac);
    assert_int_equal(medical_end_of(&city->clearing, &r), REASON_TAC);
    b = builder_in(room, sizeof room);
    facts = upload_facts(&w);
    put_purchase_tac(&b, &facts);
    test_tac_of(KEY_DTKDF04, upload_factor(&w), 1, builder_bytes(&b), w.tac);
    assert_int_equal(medical_end_of(&city->clearing, &w), REASON_TAC);
    drop_city(city);
}

static void a_bill_that_comes_again_is_paid_once(void **state) {
    (void)state;
    struct city *city = insured_city();
    struct upload_record r = medical_purchase(MEDICAL_CARD, 1, 0, MEDICAL_FEN, bill);
    assert_int_equal(medical_end_of(&city->clearing, &r), REASON_NONE);
    r.ticket[0] ^= 1; /* another file */
    assert_int_equal(medical_end_of(&city->clearing, &r), REASON_DUPLICATE);
    struct upload_record rival = medical_purchase(MEDICAL_CARD, 2, 0, MEDICAL_FEN, bill);
    assert_int_equal(medical_end_of(&city->clearing, &rival), REASON_CONFLICT_NO);
    assert_int_equal(fen_of_institution(&city->clearing, "H0000002"), bill[1]);
    assert_int_equal(fen_in_suspense(&city->clearing), bill[1]);
    drop_city(city);
}

/* The balances of the account follow from its own bills and loads; the wallet's loads explain nothing. */
static void the_accounts_chain_is_its_own(void **state) {
    (void)state;
    struct city *city = insured_city();
    struct why why = {{0}};
    struct load_request wallet = load_of(MEDICAL_CARD, 500, 2, 50000, 4000);
    struct upload_record r = medical_purchase(MEDICAL_CARD, 1, 0, MEDICAL_FEN, bill);
    assert_int_equal(medical_end_of(&city->clearing, &r), REASON_NONE);
    must(load_whole(&city->clearing, &wallet, 90000, &why), &why);
    struct upload_record risen = medical_purchase(
        MEDICAL_CARD, 2, 1, MEDICAL_FEN - bill[1] + 4000, bill);
    assert_int_equal(medical_end_of(&city->clearing, &risen), REASON_CHAIN);
    struct upload_record next = medical_purchase(MEDICAL_CARD, 3, 2, MEDICAL_FEN - bill[1], bill);
    next.balance_before = risen.balance_before - bill[1];
    assert_int_equal(medical_end_of(&city->clearing, &next), REASON_NONE);
    drop_city(city);
}

/* The limits of offline trade hold for both accounts together. */
static void a_bill_above_the_limit_asks_the_centre(void **state) {
    (void)state;
    struct city *city = insured_city();
    const uint32_t dear[2] = {20000, 15000};
    struct upload_record r = medical_purchase(MEDICAL_CARD, 1, 0, MEDICAL_FEN, dear);
    struct approval yes = {.amount = dear[1]};
    uint8_t now[MOMENT_LEN];
    struct why why = {{0}};
    assert_int_equal(medical_end_of(&city->clearing, &r), REASON_LIMIT);
    struct upload_record asked = medical_purchase(MEDICAL_CARD, 2, 1, MEDICAL_FEN - dear[1], dear);
    asked.flag = UPLOAD_ONLINE;
    (void)memcpy(yes.ticket, asked.ticket, TICKET_LEN);
    card_factor(MEDICAL_CARD, yes.factor);
    terminal_no(HOSPITAL_TILL, yes.terminal);
    moment_at(TODAY, 85959, now);
    must(purchase_approve(&city->clearing, &yes, now, &why), &why);
    assert_int_equal(medical_end_of(&city->clearing, &asked), REASON_NONE);
    drop_city(city);
}

/* Held for want of cover, then paid by two officers out of the medical account. */
static void a_held_bill_is_paid_from_its_own_account(void **state) {
    (void)state;
    struct city *city = insured_city();
    const uint32_t over[2] = {9000, 9000};
    struct upload_record r = medical_purchase(4, 1, 0, 9000, over);
    const struct move_order pay = {
        .number = "M1", .kind = MOVE_PAY, .upload = 1, .place = 1, .reference = "slip 17"};
    struct why why = {{0}};
    assert_int_equal(medical_end_of(&city->clearing, &r), REASON_NO_COVER);
    must(move_ask(&city->clearing, &pay, "clearer", &why), &why);
    assert_int_equal(move_agree(&city->clearing, "M1", "approver", &why), ERR_CONFLICT);
    struct load_request late = medical_load_of(4, 700002, 0, 0, 9000);
    must(medical_load_whole(&city->clearing, &late, 80001, &why), &why);
    must(move_agree(&city->clearing, "M1", "approver", &why), &why);
    assert_int_equal(fen_on_medical(&city->clearing, 4), 0);
    assert_int_equal(fen_on_card(&city->clearing, 4), 50000);
    drop_city(city);
}

/* --- generations ---------------------------------------------------------------------------- */

/* A card of SM4 makes another TAC; the register knows no cipher, so the vault is asked under both. */
static void a_card_of_sm4_is_believed_where_the_vault_has_it(void **state) {
    (void)state;
    struct city *city = insured_city();
    struct upload_record r = medical_purchase(MEDICAL_CARD, 1, 0, MEDICAL_FEN, bill);
    uint8_t room[PURSE_MESSAGE_MAX];
    struct builder b = builder_in(room, sizeof room);
    struct purchase_facts facts = upload_facts(&r);
    put_purchase_tac(&b, &facts);
    test_tac_of(KEY_DTKDF04, upload_factor(&r), 1 + TEST_SM4_AFTER, builder_bytes(&b), r.tac);
    assert_int_equal(medical_end_of(&city->clearing, &r), REASON_TAC);
    city->keys.sm4 = true;
    r.ticket[0] ^= 1; /* another file */
    assert_int_equal(medical_end_of(&city->clearing, &r), REASON_NONE);
    drop_city(city);
}

static void a_vault_that_fails_leaves_the_file_untaken(void **state) {
    (void)state;
    struct city *city = insured_city();
    struct upload_record r = medical_purchase(MEDICAL_CARD, 1, 0, MEDICAL_FEN, bill);
    struct intake_figures figures;
    struct why why = {{0}};
    city->keys.broken = true;
    assert_int_equal(take(&city->clearing, &r, 1, &figures, &why), ERR_OUTSIDE);
    city->keys.broken = false;
    assert_int_equal(medical_end_of(&city->clearing, &r), REASON_NONE);
    drop_city(city);
}

/* Every call to the store fails once; then the file is taken as if nothing had happened. */
static void a_failing_store_takes_a_bill_whole_or_not_at_all(void **state) {
    (void)state;
    struct city *city = insured_city();
    struct upload_record r = medical_purchase(MEDICAL_CARD, 1, 0, MEDICAL_FEN, bill);
    struct file *f = calloc(1, sizeof *f);
    struct intake_figures figures;
    struct why why = {{0}};
    assert_non_null(f);
    file_of(f, "H0000002", HOSPITAL_TILL, &r, 1);
    enum err err = ERR_OUTSIDE;
    for (unsigned long n = 0; err != OK; n++) {
        bool again = false;
        struct bytes view = bytes_of(f->bytes, f->len);
        fail_call(city, n);
        err = intake_file(&city->clearing, upload_source_bytes(&view), &figures, &again, &why);
        fail_call(city, ULONG_MAX);
        int64_t left = fen_on_medical(&city->clearing, MEDICAL_CARD);
        assert_true(err == OK || err == ERR_OUTSIDE);
        assert_true(left == MEDICAL_FEN || left == MEDICAL_FEN - bill[1]);
        assert_true(n < 200);
    }
    assert_int_equal(fen_on_medical(&city->clearing, MEDICAL_CARD), MEDICAL_FEN - bill[1]);
    free(f);
    drop_city(city);
}

/* --- loads ---------------------------------------------------------------------------------- */

static void a_load_comes_out_of_the_insurance_and_not_the_pool(void **state) {
    (void)state;
    struct city *city = new_city();
    struct why why = {{0}};
    struct load_request q = medical_load_of(MEDICAL_CARD, 1, 0, 0, 100);
    assert_int_equal(medical_load_whole(&city->clearing, &q, 80000, &why), ERR_DENIED);
    assert_non_null(strstr(why.text, "pool"));
    insure(&city->clearing);
    assert_int_equal(
        fen_on(&city->clearing, account_named(ACCOUNT_POOL, NULL)), POOL_FEN - 9 * 50000);
    drop_city(city);
}

/* The wallet's limits are not the account's; the chip's own ceiling is. */
static void a_load_goes_up_to_the_chips_ceiling(void **state) {
    (void)state;
    struct city *city = new_city();
    struct why why = {{0}};
    must(ledger_insure(city->clearing.store, "rich", 200000000, TODAY, &why), &why);
    struct load_request over = medical_load_of(1, 1, 0, 1, 100000000);
    assert_int_equal(medical_load_whole(&city->clearing, &over, 80000, &why), ERR_DENIED);
    struct load_request most = medical_load_of(1, 2, 0, 0, 100000000);
    must(medical_load_whole(&city->clearing, &most, 80000, &why), &why);
    assert_int_equal(fen_on_medical(&city->clearing, 1), 100000000);
    drop_city(city);
}

/* load 3, of both accounts together. */
static void an_open_load_of_the_one_account_holds_up_the_other(void **state) {
    (void)state;
    struct city *city = insured_city();
    struct load_request medical = medical_load_of(1, 1, 0, 0, 100);
    struct load_request wallet = load_of(1, 2, 2, 50000, 100);
    struct load_answer answer;
    uint8_t now[MOMENT_LEN];
    struct why why = {{0}};
    moment_at(TODAY, 90000, now);
    must(load_authorise(&city->clearing, &medical, now, &answer, &why), &why);
    assert_int_equal(load_authorise(&city->clearing, &wallet, now, &answer, &why), ERR_DENIED);
    must(load_cancel(&city->clearing, medical.ticket, &why), &why);
    must(load_authorise(&city->clearing, &wallet, now, &answer, &why), &why);
    must(load_cancel(&city->clearing, wallet.ticket, &why), &why);
    drop_city(city);
}

static void a_load_with_a_false_mac_or_tac_moves_nothing(void **state) {
    (void)state;
    struct city *city = insured_city();
    struct load_request q = medical_load_of(1, 1, 0, 0, 100);
    struct load_answer answer;
    uint8_t now[MOMENT_LEN];
    struct why why = {{0}};
    moment_at(TODAY, 90000, now);
    q.mac1[0] ^= 1;
    assert_int_equal(load_authorise(&city->clearing, &q, now, &answer, &why), ERR_DENIED);
    q.mac1[0] ^= 1;
    must(load_authorise(&city->clearing, &q, now, &answer, &why), &why);
    assert_int_equal(
        load_confirm(&city->clearing, q.ticket, (const uint8_t[]){1, 2, 3, 4}, &why), ERR_DENIED);
    assert_int_equal(fen_on_medical(&city->clearing, 1), 0);
    must(load_cancel(&city->clearing, q.ticket, &why), &why);
    drop_city(city);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_with_bills_is_cleared_and_proven),
        cmocka_unit_test(a_bill_of_another_form_is_refused),
        cmocka_unit_test(a_bill_that_was_altered_has_a_wrong_tac),
        cmocka_unit_test(a_tac_of_the_other_account_is_wrong),
        cmocka_unit_test(a_bill_that_comes_again_is_paid_once),
        cmocka_unit_test(the_accounts_chain_is_its_own),
        cmocka_unit_test(a_bill_above_the_limit_asks_the_centre),
        cmocka_unit_test(a_held_bill_is_paid_from_its_own_account),
        cmocka_unit_test(a_card_of_sm4_is_believed_where_the_vault_has_it),
        cmocka_unit_test(a_vault_that_fails_leaves_the_file_untaken),
        cmocka_unit_test(a_failing_store_takes_a_bill_whole_or_not_at_all),
        cmocka_unit_test(a_load_comes_out_of_the_insurance_and_not_the_pool),
        cmocka_unit_test(a_load_goes_up_to_the_chips_ceiling),
        cmocka_unit_test(an_open_load_of_the_one_account_holds_up_the_other),
        cmocka_unit_test(a_load_with_a_false_mac_or_tac_moves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
