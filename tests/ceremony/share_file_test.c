/* Sealed shares: what is wrong with one is told, and whose it is. */
#include "ceremony/share_file.h"

#include "check.h"

static const struct vault_cost cheap = {.memory_kib = 8, .passes = 1};
static const char *const holders[5] = {"zhang", "li", "wang", "zhao", "chen"};
static const struct key128 root = {
    {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
};

struct handed {
    struct share_set set;
    struct share shares[SHAMIR_PARTS_MAX];
    uint8_t files[5][SHARE_FILE_LEN];
    struct why why;
};

static struct bytes said_by(const char *holder) {
    static char text[64];
    (void)snprintf(text, sizeof text, "the words of %s", holder);
    return bytes_text(text);
}

static const struct share_lock *lock_of(struct bytes said) {
    static struct share_lock lock;
    lock = (struct share_lock){said, cheap};
    return &lock;
}

static void hand_out(struct handed *h, enum share_way way, uint64_t seed) {
    struct chance chance;
    (void)memset(h, 0, sizeof *h);
    h->set = (struct share_set){.order = "2003-001",
        .name = KEY_DPK,
        .algorithm = KEY_TDES,
        .version = 2,
        .way = (uint8_t)way,
        .k = way == SHARES_SHAMIR ? 3 : 5,
        .n = 5};
    chance_rehearsal(&chance, seed, "share test");
    assert_int_equal(share_split(&h->set, &root, &chance, h->shares, &h->why), OK);
    for (size_t i = 0; i < 5; i++) {
        (void)snprintf(h->shares[i].holder, sizeof h->shares[i].holder, "%s", holders[i]);
        assert_int_equal(share_seal(&h->set, &h->shares[i], lock_of(said_by(holders[i])), &chance,
                             h->files[i], &h->why),
            OK);
    }
}

static enum err open_one(struct handed *h, size_t i, struct share *share) {
    struct share_set set;
    return share_open(
        bytes_of(h->files[i], SHARE_FILE_LEN), "FILE", said_by(holders[i]), &set, share, &h->why);
}

static void three_shares_and_all_components_give_the_root_back(void **state) {
    struct handed h;
    (void)state;
    for (int way = SHARES_SHAMIR; way <= SHARES_COMPONENTS; way++) {
        struct share shares[5];
        struct key128 back;
        hand_out(&h, (enum share_way)way, 1);
        for (size_t i = 0; i < 5; i++) {
            assert_int_equal(open_one(&h, i, &shares[i]), OK);
            assert_string_equal(shares[i].holder, holders[i]);
        }
        assert_int_equal(share_join(&h.set, shares, 5, &back, &h.why), OK);
        assert_memory_equal(&back, &root, sizeof root);
        enum err few = share_join(&h.set, shares + 1, 3, &back, &h.why);
        assert_int_equal(few, way == SHARES_SHAMIR ? OK : ERR_CONFLICT);
        assert_int_equal(share_join(&h.set, shares, 2, &back, &h.why), ERR_CONFLICT);
        assert_non_null(strstr(h.why.text, "2 shares are too few for DPK"));
    }
}

static void the_same_share_twice_is_named(void **state) {
    struct handed h;
    struct key128 back;
    struct share shares[3];
    (void)state;
    hand_out(&h, SHARES_SHAMIR, 1);
    assert_int_equal(open_one(&h, 0, &shares[0]), OK);
    assert_int_equal(open_one(&h, 1, &shares[1]), OK);
    shares[2] = shares[1];
    assert_int_equal(share_join(&h.set, shares, 3, &back, &h.why), ERR_CONFLICT);
    assert_non_null(strstr(h.why.text, "the share of li is there twice"));
}

static void a_file_cut_anywhere_is_refused(void **state) {
    struct handed h;
    struct share_set set;
    struct share share;
    (void)state;
    hand_out(&h, SHARES_SHAMIR, 1);
    for (size_t len = 0; len < SHARE_FILE_LEN; len++) {
        assert_int_equal(
            share_look(bytes_of(h.files[0], len), "FILE", &set, &share, &h.why), ERR_INVALID);
        assert_non_null(strstr(h.why.text, "FILE is cut short"));
    }
    uint8_t longer[SHARE_FILE_LEN + 1] = {0};
    (void)memcpy(longer, h.files[0], SHARE_FILE_LEN);
    assert_int_equal(
        share_look(bytes_of(longer, sizeof longer), "FILE", &set, &share, &h.why), ERR_INVALID);
}

static void every_changed_byte_is_seen_before_a_passphrase_is_said(void **state) {
    struct handed h;
    struct share_set set;
    struct share share;
    (void)state;
    hand_out(&h, SHARES_SHAMIR, 1);
    for (size_t at = 0; at < SHARE_FILE_LEN; at++) {
        h.files[0][at] ^= 0x20;
        assert_int_equal(
            share_look(bytes_of(h.files[0], SHARE_FILE_LEN), "FILE", &set, &share, &h.why),
            ERR_INVALID);
        h.files[0][at] ^= 0x20;
    }
}

/* Whoever changes a byte and makes the digest anew cannot make the tag. */
static void a_forger_without_the_passphrase_is_refused(void **state) {
    struct handed h;
    struct share share;
    (void)state;
    hand_out(&h, SHARES_SHAMIR, 1);
    for (size_t at = 14; at < SHARE_FILE_LEN - SM3_LEN; at += 3) {
        struct sm3 hash;
        uint8_t *file = h.files[1];
        if (at >= 618 && at < 626) {
            continue; /* the costs, which would only take long */
        }
        file[at] ^= 0x01;
        sm3_begin(&hash);
        sm3_add(&hash, bytes_of(file, SHARE_FILE_LEN - SM3_LEN));
        sm3_end(&hash, file + SHARE_FILE_LEN - SM3_LEN);
        enum err err = open_one(&h, 1, &share);
        assert_true(err == ERR_DENIED || err == ERR_INVALID);
        assert_int_equal(share.part[0] | share.part[7] | share.part[15], 0);
        file[at] ^= 0x01;
    }
}

/* A custodian who seals something else under their own passphrase. */
static void a_wrong_share_is_named_by_its_custodian(void **state) {
    struct handed h;
    struct chance chance;
    struct share share;
    (void)state;
    hand_out(&h, SHARES_SHAMIR, 1);
    chance_rehearsal(&chance, 9, "forged");
    share = h.shares[3];
    share.part[5] ^= 0x40;
    assert_int_equal(
        share_seal(&h.set, &share, lock_of(said_by("zhao")), &chance, h.files[3], &h.why), OK);
    assert_int_equal(open_one(&h, 3, &share), ERR_INVALID);
    assert_non_null(strstr(h.why.text, "the share of zhao is a wrong one"));
}

static void another_passphrase_does_not_open_it(void **state) {
    struct handed h;
    struct share share;
    struct share_set set;
    (void)state;
    hand_out(&h, SHARES_SHAMIR, 1);
    assert_int_equal(share_open(bytes_of(h.files[0], SHARE_FILE_LEN), "FILE", said_by("li"), &set,
                         &share, &h.why),
        ERR_DENIED);
    assert_non_null(strstr(h.why.text, "passphrase of zhang does not open"));
    struct chance chance;
    chance_rehearsal(&chance, 1, "x");
    assert_int_equal(
        share_seal(&h.set, &h.shares[0], lock_of(bytes_text("short")), &chance, h.files[0], &h.why),
        ERR_INVALID);
}

static void sets_of_two_splittings_have_two_names(void **state) {
    struct handed one, two;
    uint8_t first[SM3_LEN], second[SM3_LEN];
    (void)state;
    hand_out(&one, SHARES_SHAMIR, 1);
    hand_out(&two, SHARES_SHAMIR, 2);
    share_set_name(&one.set, first);
    share_set_name(&two.set, second);
    assert_memory_not_equal(first, second, SM3_LEN);
    assert_memory_equal(one.set.check, two.set.check, 3); /* it is the same root */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_shares_and_all_components_give_the_root_back),
        cmocka_unit_test(the_same_share_twice_is_named),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(every_changed_byte_is_seen_before_a_passphrase_is_said),
        cmocka_unit_test(a_forger_without_the_passphrase_is_refused),
        cmocka_unit_test(a_wrong_share_is_named_by_its_custodian),
        cmocka_unit_test(another_passphrase_does_not_open_it),
        cmocka_unit_test(sets_of_two_splittings_have_two_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
