/* The rules of keys/permit.h, written a second time by the names of the keys instead of their
 * types: whoever changes one of the two must mean it. */
#include "check.h"

#include "keys/permit.h"

enum {
    MESSAGES = USE_MESSAGE_MAC | USE_ENCRYPT_MESSAGE,
    PROOFS = USE_AUTHENTICATE | USE_ENCRYPT8,
    IN_A_CHIP = USE_WRAPPED | USE_CHECK_VALUE,
};

/* The first line whose beginning a name has. */
static const struct {
    const char *begin;
    unsigned uses;
} expected[] = {
    {"TRANSPORT", PROOFS | MESSAGES | USE_WRAP_UNDER | USE_CHECK_VALUE     },
    {"MK_",       PROOFS | MESSAGES | USE_WRAP_UNDER | IN_A_CHIP           },
    {"IRK",       USE_AUTHENTICATE | USE_MESSAGE_MAC | IN_A_CHIP           },
    {"STKDF05",
     MESSAGES | USE_AUTHENTICATE | USE_SESSION_MAC | USE_CHECK_VALUE       }, /* in no card yet */
    {"UK1DF05",   PROOFS | USE_CHECK_VALUE                                 },
    {"STK",       MESSAGES | USE_AUTHENTICATE | USE_SESSION_MAC | IN_A_CHIP},
    {"UK",        PROOFS | IN_A_CHIP                                       },
    {"RK",        PROOFS | IN_A_CHIP                                       },
    {"LK",        PROOFS | IN_A_CHIP                                       },
    {"PUK",       PROOFS | IN_A_CHIP                                       },
    {"BK",        PROOFS | IN_A_CHIP                                       },
    {"BTK",       USE_SETS_UNDER | USE_CHECK_VALUE                         },
    {"DTKDF04",   USE_TAC | USE_FOLDED_MAC | IN_A_CHIP                     },
    {"DTK",       USE_TAC | IN_A_CHIP                                      },
    {"DSK",       USE_SESSION_MAC | IN_A_CHIP                              },
    {"DAMK",      MESSAGES | IN_A_CHIP                                     },
    {"DPUK",      MESSAGES | IN_A_CHIP                                     },
    {"DRPK",      USE_FOLDED_MAC | IN_A_CHIP                               },
    {"DPK",       USE_SESSION_MAC | IN_A_CHIP                              },
    {"DLK",       USE_SESSION_MAC | IN_A_CHIP                              },
};

static unsigned expected_uses(const char *name) {
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        if (strncmp(name, expected[i].begin, strlen(expected[i].begin)) == 0) {
            return expected[i].uses;
        }
    }
    fail_msg("%s is new: say here what it may be used for", name);
    return 0;
}

static void every_key_has_the_uses_of_its_name(void **state) {
    (void)state;
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        const char *name = key_kind((enum key_name)n)->name;
        assert_int_equal(key_uses((enum key_name)n), expected_uses(name));
    }
}

/* All keys, all uses, all depths; and each refusal names the key. */
static void permits_follow_uses_and_depths(void **state) {
    (void)state;
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        for (unsigned use = USE_AUTHENTICATE; use <= USE_SETS_UNDER; use <<= 1) {
            for (unsigned depth = KEY_ROOT; depth <= KEY_CARD; depth++) {
                struct key_ref ref = {.name = (enum key_name)n, .depth = (enum key_depth)depth};
                struct why why = {""};
                ref.algorithm = key_has_cipher(ref.name, KEY_TDES) ? KEY_TDES : KEY_SM4;
                bool used = (key_uses(ref.name) & use) != 0;
                bool deep = depth == KEY_CARD || n == KEY_TRANSPORT || use == USE_CHECK_VALUE;
                enum err err = key_permit(&ref, (enum key_use)use, &why);
                assert_int_equal(err, used && deep ? OK : ERR_DENIED);
                assert_true(err == OK || strstr(why.text, key_kind(ref.name)->name));
            }
        }
    }
}

static void what_the_catalogue_does_not_know_is_invalid(void **state) {
    (void)state;
    struct why why;
    struct key_ref ref = {.name = (enum key_name)KEY_COUNT, .depth = KEY_CARD};
    assert_int_equal(key_permit(&ref, USE_CHECK_VALUE, &why), ERR_INVALID);
    ref = (struct key_ref){.name = KEY_DTK, .depth = (enum key_depth)(KEY_CARD + 1)};
    assert_int_equal(key_permit(&ref, USE_TAC, &why), ERR_INVALID);
    ref = (struct key_ref){.name = KEY_DTK, .depth = KEY_CARD, .version = KEY_VERSION_MAX};
    assert_int_equal(key_permit(&ref, USE_TAC, &why), OK);
    ref.version++;
    assert_int_equal(key_permit(&ref, USE_TAC, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "DTK"));
    ref = (struct key_ref){.name = KEY_DTK, .depth = KEY_CARD, .algorithm = KEY_SM4};
    assert_int_equal(key_permit(&ref, USE_TAC, &why), OK);
    ref.algorithm = (enum key_algorithm)(KEY_SM4 + 1);
    assert_int_equal(key_permit(&ref, USE_TAC, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "DTK"));
    ref = (struct key_ref){.name = KEY_MK_CERT, .depth = KEY_CARD, .algorithm = KEY_TDES};
    assert_int_equal(key_permit(&ref, USE_CHECK_VALUE, &why), ERR_INVALID);
}

static enum err permit_pair(enum key_name name, enum key_name under) {
    struct why why;
    struct key_wrap wrap = {
        .key = {.name = name,  .depth = KEY_CARD, .card_factor = {1}},
        .under = {.name = under, .depth = KEY_CARD, .card_factor = {1}},
        .head_len = 5
    };
    enum key_algorithm how = key_has_cipher(name, KEY_TDES) ? KEY_TDES : KEY_SM4;
    wrap.key.algorithm = how;
    wrap.under.algorithm = key_has_cipher(under, how) ? how : KEY_SM4;
    return key_permit_wrap(&wrap, &why);
}

static bool is_main(enum key_name name) {
    return strncmp(key_kind(name)->name, "MK_", 3) == 0;
}

/* All pairs of the catalogue: 2,000 and more, of which one or two for each key are right. */
static void a_key_goes_in_under_the_main_key_of_its_directory(void **state) {
    (void)state;
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        for (unsigned u = 0; u < KEY_COUNT; u++) {
            enum key_name name = (enum key_name)n, under = (enum key_name)u;
            bool home = is_main(under) && key_kind(name)->place == key_kind(under)->place;
            bool first = under == KEY_TRANSPORT && is_main(name);
            bool enters = name != KEY_TRANSPORT && key_kind(name)->cards != CARDS_NONE;
            bool right = enters && (home || first);
            assert_int_equal(permit_pair(name, under), right ? OK : ERR_DENIED);
        }
    }
}

/* Each cipher has roots of its own, and a directory has one cipher. */
static void keys_of_two_ciphers_do_not_meet(void **state) {
    (void)state;
    for (unsigned pair = 0; pair < 4; pair++) {
        struct why why;
        struct key_wrap wrap = {
            .key = {.name = KEY_UKSSSE,  .depth = KEY_CARD, .algorithm = pair & 1 },
            .under = {.name = KEY_MK_SSSE, .depth = KEY_CARD, .algorithm = pair >> 1}
        };
        bool same = (pair & 1) == pair >> 1;
        assert_int_equal(key_permit_wrap(&wrap, &why), same ? OK : ERR_DENIED);
        assert_true(same || strstr(why.text, "two ciphers"));
    }
}

static void keys_of_two_cards_do_not_meet(void **state) {
    (void)state;
    for (size_t i = 0; i < 8; i++) {
        struct why why;
        struct key_wrap wrap = {
            .key = {.name = KEY_UKSSSE,  .depth = KEY_CARD},
            .under = {.name = KEY_MK_SSSE, .depth = KEY_CARD}
        };
        wrap.under.card_factor[i] = 0x10;
        assert_int_equal(key_permit_wrap(&wrap, &why), ERR_DENIED);
        assert_non_null(strstr(why.text, "two different cards"));
        wrap.key.card_factor[i] = 0x10;
        assert_int_equal(key_permit_wrap(&wrap, &why), OK);
    }
}

/* Only DPK of the province, wallet's or medical, and only under the PSAM's own main control key. */
static void the_provinces_purchase_key_goes_into_psams_alone(void **state) {
    (void)state;
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        for (unsigned u = 0; u < KEY_COUNT; u++) {
            for (unsigned depth = KEY_ROOT; depth < KEY_CARD; depth++) {
                struct why why;
                struct key_wrap wrap = {
                    .key = {.name = (enum key_name)n, .depth = (enum key_depth)depth},
                    .under = { .name = (enum key_name)u,       .depth = KEY_CARD,             .card_factor = {9}}
                };
                bool purchase = n == KEY_DPK || n == KEY_DPKDF04;
                bool right = purchase && u == KEY_MK_PSAM && depth == KEY_PROVINCE;
                bool known = key_has_cipher(wrap.key.name, KEY_TDES)
                             && key_has_cipher(wrap.under.name, KEY_TDES);
                enum err refusal = known ? ERR_DENIED : ERR_INVALID;
                enum err err = key_permit_wrap(&wrap, &why);
                assert_true(right ? err == OK : err == refusal || err == ERR_DENIED);
            }
        }
    }
}

static void a_protecting_key_is_a_cards_own_too(void **state) {
    (void)state;
    struct why why;
    struct key_wrap wrap = {
        .key = {.name = KEY_UKSSSE,  .depth = KEY_CARD},
        .under = {.name = KEY_MK_SSSE, .depth = KEY_CITY}
    };
    assert_int_equal(key_permit_wrap(&wrap, &why), ERR_DENIED);
}

static void a_head_must_fit(void **state) {
    (void)state;
    for (size_t len = 0; len <= 12; len++) {
        struct why why;
        struct key_wrap wrap = {
            .key = {.name = KEY_UKSSSE,  .depth = KEY_CARD},
            .under = {.name = KEY_MK_SSSE, .depth = KEY_CARD},
            .head_len = len
        };
        assert_int_equal(key_permit_wrap(&wrap, &why), len <= 8 ? OK : ERR_INVALID);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_has_the_uses_of_its_name),
        cmocka_unit_test(permits_follow_uses_and_depths),
        cmocka_unit_test(what_the_catalogue_does_not_know_is_invalid),
        cmocka_unit_test(a_key_goes_in_under_the_main_key_of_its_directory),
        cmocka_unit_test(keys_of_two_ciphers_do_not_meet),
        cmocka_unit_test(keys_of_two_cards_do_not_meet),
        cmocka_unit_test(the_provinces_purchase_key_goes_into_psams_alone),
        cmocka_unit_test(a_protecting_key_is_a_cards_own_too),
        cmocka_unit_test(a_head_must_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
