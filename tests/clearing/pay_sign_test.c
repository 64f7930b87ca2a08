/* Signatures under a file for the bank: whose, over what, and what became of both. */
#include "clearing/memory_city.h"
#include "clearing/paid_day.h"

#include "clearing/pay_sign.h"
#include "host/files.h"

struct desk {
    char dir[64], path[96], sig[100];
    struct signer clearer, approver;
};

static void open_key(struct desk *d, const char *name, struct signer *signer) {
    char path[128];
    struct why why;
    (void)snprintf(path, sizeof path, "%s/%s.key", d->dir, name);
    must(signer_open(signer, path, &why), &why);
}

static struct desk new_desk(void) {
    struct desk d = {.dir = "/tmp/clearing-sign-XXXXXX"};
    struct why why;
    assert_non_null(mkdtemp(d.dir));
    (void)snprintf(d.path, sizeof d.path, "%s/20031008.pay", d.dir);
    (void)snprintf(d.sig, sizeof d.sig, "%s.sig", d.path);
    must(files_write(d.path, bytes_text("PAY|2|1|20031008|clearer|approver|\r\n"), &why), &why);
    open_key(&d, "clearer", &d.clearer);
    open_key(&d, "approver", &d.approver);
    return d;
}

static void drop_desk(struct desk *d) {
    static const char *const names[] = {"clearer.key", "clearer.key.pub", "approver.key",
        "approver.key.pub", "20031008.pay", "20031008.pay.sig"};
    signer_close(&d->clearer);
    signer_close(&d->approver);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", d->dir, names[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(d->dir), 0);
}

static void each_officer_signs_in_their_own_name(void **state) {
    (void)state;
    struct desk d = new_desk();
    struct why why = {{0}};
    char officer[OFFICER_NAME_MAX + 1];
    assert_int_equal(pay_sign_check(d.path, &d.clearer, officer, &why), ERR_NOT_FOUND);
    must(pay_sign(d.path, "clearer", &d.clearer, &why), &why);
    assert_int_equal(pay_sign_check(d.path, &d.approver, officer, &why), ERR_NOT_FOUND);
    must(pay_sign(d.path, "approver", &d.approver, &why), &why);
    must(pay_sign_check(d.path, &d.clearer, officer, &why), &why);
    assert_string_equal(officer, "clearer");
    must(pay_sign_check(d.path, &d.approver, officer, &why), &why);
    assert_string_equal(officer, "approver");
    drop_desk(&d);
}

static void signing_again_gives_the_same_lines(void **state) {
    (void)state;
    struct desk d = new_desk();
    struct why why = {{0}};
    must(pay_sign(d.path, "clearer", &d.clearer, &why), &why);
    must(pay_sign(d.path, "approver", &d.approver, &why), &why);
    FILE_CONTENT_SCOPE(once);
    must(files_read(d.sig, 4096, &once, &why), &why);
    must(pay_sign(d.path, "approver", &d.approver, &why), &why);
    FILE_CONTENT_SCOPE(again);
    must(files_read(d.sig, 4096, &again, &why), &why);
    assert_int_equal(again.len, once.len);
    assert_memory_equal(again.at, once.at, once.len);
    must(pay_sign(d.path, "clearer", &d.clearer, &why), &why); /* its line moves to the end */
    FILE_CONTENT_SCOPE(third);
    must(files_read(d.sig, 4096, &third, &why), &why);
    assert_int_equal(third.len, once.len);
    drop_desk(&d);
}

/* A bit of the file, or of the line, and the signature is nobody's. */
static void what_was_altered_is_signed_by_nobody(void **state) {
    (void)state;
    struct desk d = new_desk();
    struct why why = {{0}};
    char officer[OFFICER_NAME_MAX + 1];
    must(pay_sign(d.path, "clearer", &d.clearer, &why), &why);
    const char *const paths[] = {d.path, d.sig};
    for (size_t f = 0; f < 2; f++) {
        FILE_CONTENT_SCOPE(good);
        must(files_read(paths[f], 4096, &good, &why), &why);
        for (size_t at = 0; at < good.len; at++) {
            good.at[at] ^= 0x04;
            must(files_write(paths[f], bytes_of(good.at, good.len), &why), &why);
            assert_int_not_equal(pay_sign_check(d.path, &d.clearer, officer, &why), OK);
            good.at[at] ^= 0x04;
        }
        must(files_write(paths[f], bytes_of(good.at, good.len), &why), &why);
        must(pay_sign_check(d.path, &d.clearer, officer, &why), &why);
    }
    FILE_CONTENT_SCOPE(whole);
    must(files_read(d.sig, 4096, &whole, &why), &why);
    for (size_t len = 0; len < whole.len; len++) {
        must(files_write(d.sig, bytes_of(whole.at, len), &why), &why);
        assert_int_not_equal(pay_sign_check(d.path, &d.clearer, officer, &why), OK);
    }
    assert_int_equal(pay_sign(d.path, "approver", &d.approver, &why), ERR_CONFLICT);
    drop_desk(&d);
}

static void only_who_let_the_money_out_may_sign(void **state) {
    (void)state;
    const struct bank bank = new_bank();
    struct city *city = new_city();
    const struct clearing *c = &city->clearing;
    struct why why = {{0}};
    sell_a_day(c);
    for (int to = DAY_CUT; to <= DAY_APPROVED; to++) {
        step_to(c, &bank, (enum day_state)to);
    }
    assert_int_equal(pay_sign_allowed(c, TODAY, "clearer", &why), ERR_CONFLICT);
    assert_int_equal(pay_sign_allowed(c, TODAY + 9, "clearer", &why), ERR_NOT_FOUND);
    must(day_head(c, TODAY, "head", &why), &why);
    step_to(c, &bank, DAY_PAID);
    must(pay_sign_allowed(c, TODAY, "clearer", &why), &why);
    must(pay_sign_allowed(c, TODAY, "approver", &why), &why);
    must(pay_sign_allowed(c, TODAY, "head", &why), &why);
    assert_int_equal(pay_sign_allowed(c, TODAY, "other", &why), ERR_DENIED);
    assert_int_equal(pay_sign_allowed(c, TODAY, "", &why), ERR_DENIED);
    drop_bank(&bank);
    drop_city(city);
}

static void a_file_that_is_not_there_is_not_signed(void **state) {
    (void)state;
    struct desk d = new_desk();
    struct why why = {{0}};
    assert_int_equal(unlink(d.path), 0);
    assert_int_equal(pay_sign(d.path, "clearer", &d.clearer, &why), ERR_NOT_FOUND);
    assert_false(files_exist(d.sig));
    drop_desk(&d);
}

/* day 9: where the city wants signatures, the day waits for all of them, and names who is missing. */
static void a_day_that_must_be_signed_closes_when_it_is(void **state) {
    (void)state;
    struct city *city = new_city();
    struct desk d = new_desk();
    const struct bank bank = new_bank();
    struct day_order order = {TODAY, "clearer", bank.dir};
    char path[128], sig[132];
    struct why why = {{0}};
    city->rows->limits.bank_signed = true;
    sell_a_day(&city->clearing);
    for (int to = DAY_CUT; to < DAY_CLOSED; to++) {
        step_to(&city->clearing, &bank, (enum day_state)to);
    }
    (void)snprintf(path, sizeof path, "%s/20031008.pay", bank.dir);
    (void)snprintf(sig, sizeof sig, "%s.sig", path);
    assert_int_equal(day_step(&city->clearing, &order, DAY_CLOSED, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "clearer has not signed"));
    must(pay_sign(path, "clearer", &d.clearer, &why), &why);
    assert_int_equal(day_step(&city->clearing, &order, DAY_CLOSED, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "approver has not signed"));
    must(files_write(sig, bytes_text("SIG|nonsense\r\n"), &why), &why);
    assert_int_equal(day_step(&city->clearing, &order, DAY_CLOSED, &why), ERR_CONFLICT);
    assert_int_equal(unlink(sig), 0);
    must(pay_sign(path, "clearer", &d.clearer, &why), &why);
    must(pay_sign(path, "approver", &d.approver, &why), &why);
    must(day_step(&city->clearing, &order, DAY_CLOSED, &why), &why);
    assert_int_equal(unlink(sig), 0);
    drop_bank(&bank);
    drop_desk(&d);
    drop_city(city);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_officer_signs_in_their_own_name),
        cmocka_unit_test(signing_again_gives_the_same_lines),
        cmocka_unit_test(what_was_altered_is_signed_by_nobody),
        cmocka_unit_test(only_who_let_the_money_out_may_sign),
        cmocka_unit_test(a_file_that_is_not_there_is_not_signed),
        cmocka_unit_test(a_day_that_must_be_signed_closes_when_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
