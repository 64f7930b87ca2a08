#include "reader/atr.h"

#include "check.h"

/* Answers to reset of real and invented cards, and what they hold. */
static const struct {
    const char *title, *atr, *historical; /* NULL: no sound answer */
} cases[] = {
    {"social security card, Zhuzhou test card",     "3B6D0000 00813147318650430200000013",
     "00813147318650430200000013"                                                                                      },
    {"SmartCOS",                                    "3B6C0002 0102863801020304050607 08",    "010286380102030405060708"},
    {"nothing at all but T=0",                      "3B00",                                  ""                        },
    {"inverse convention",                          "3F00",                                  ""                        },
    {"T=1 with its check byte",                     "3B80800101",                            ""                        },
    {"T=1, a historical byte and the check byte",   "3B818001 41 C1",                        "41"                      },
    {"T=0 announced in TD1, so without check byte", "3B8100 41",                             "41"                      },
    {"neither convention",                          "3A00",                                  NULL                      },
    {"shorter than announced",                      "3B6D0000 008131473186504302000000",     NULL                      },
    {"longer than announced",                       "3B6D0000 0081314731865043020000001300", NULL                      },
    {"T=1 without its check byte",                  "3B818001 41",                           NULL                      },
    {"empty",                                       "",                                      NULL                      },
};

static void historical_bytes_are_found(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t room[64];
        size_t len = from_hex(cases[i].atr, room, sizeof room);
        print_message("%s\n", cases[i].title);
        assert_hex(
            atr_historical(bytes_of(room, len)), cases[i].historical ? cases[i].historical : "");
    }
}

static void every_prefix_is_refused(void **state) {
    (void)state;
    uint8_t atr[32], factor[CARD_FACTOR_LEN] = {0};
    size_t len = from_hex("3B6D0000 00995342108684440100000017", atr, sizeof atr);
    assert_true(atr_factor(bytes_of(atr, len), factor));
    assert_hex(bytes_of(factor, sizeof factor), "8684440100000017");
    for (size_t cut = 0; cut < len; cut++) {
        (void)memset(factor, 0x55, sizeof factor);
        assert_false(atr_factor(bytes_of(atr, cut), factor));
        assert_hex(bytes_of(factor, sizeof factor), "5555555555555555");
    }
}

/* Whatever the bytes, nothing is read outside them (the sanitizers watch), and what is found lies
 * inside. */
static void any_flip_is_survived(void **state) {
    (void)state;
    uint8_t atr[32], factor[CARD_FACTOR_LEN];
    size_t len = from_hex("3B6D0000 00995342108684440100000017", atr, sizeof atr);
    for (size_t at = 0; at < len; at++) {
        for (unsigned flip = 1; flip < 256; flip++) {
            uint8_t *copy = malloc(len);
            assert_non_null(copy);
            (void)memcpy(copy, atr, len);
            copy[at] ^= (uint8_t)flip;
            struct bytes found = atr_historical(bytes_of(copy, len));
            assert_true(found.len == 0 || (found.at > copy && found.at + found.len <= copy + len));
            (void)atr_factor(bytes_of(copy, len), factor);
            free(copy);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(historical_bytes_are_found),
        cmocka_unit_test(every_prefix_is_refused),
        cmocka_unit_test(any_flip_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
