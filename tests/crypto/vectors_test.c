/* Every step of tests/vectors/purse.json: published traces and values computed by three other
 * implementations. One small interpreter runs all of them, so a new vector needs no new code. */
#include "check.h"

#include <jansson.h>

#include "crypto/derive.h"
#include "crypto/mac.h"
#include "crypto/sm4.h"

enum { TEXT_MAX = 512 };

/* One step, its texts read as bytes. */
struct step {
    uint8_t key[16], data[TEXT_MAX], iv[16];
    size_t key_len, data_len;
    uint8_t result[TEXT_MAX];
    size_t result_len;
};

static struct key128 both_halves(const struct step *s) {
    struct key128 key;
    (void)memcpy(key.bytes, s->key, 8);
    (void)memcpy(key.bytes + 8, s->key_len == 16 ? s->key + 8 : s->key, 8);
    return key;
}

static void run_ecb(struct step *s,
    void (*cipher)(const struct tdes_key *, const uint8_t[DES_BLOCK], uint8_t[DES_BLOCK])) {
    struct key128 key = both_halves(s);
    struct tdes_key k;
    tdes_prepare(&k, &key);
    assert_int_equal(s->data_len % 8, 0);
    for (size_t at = 0; at < s->data_len; at += 8) {
        cipher(&k, s->data + at, s->result + at);
    }
    s->result_len = s->data_len;
}

static void run_encrypt(struct step *s) {
    run_ecb(s, tdes_encrypt);
}

static void run_decrypt(struct step *s) {
    run_ecb(s, tdes_decrypt);
}

static void run_mac(struct step *s) {
    struct key128 key = both_halves(s);
    struct bytes data = bytes_of(s->data, s->data_len);
    if (s->key_len == 8) {
        mac_single(s->key, s->iv, data, s->result);
    } else {
        mac_retail(&key, s->iv, data, s->result);
    }
    s->result_len = 4;
}

static void run_halves(struct step *s) {
    struct key128 key = both_halves(s);
    derive_tac_key(&key, s->result);
    s->result_len = 8;
}

static void run_diversify(struct step *s) {
    struct key128 key = both_halves(s), out;
    assert_int_equal(s->data_len, 8);
    derive_key(&key, s->data, &out);
    (void)memcpy(s->result, out.bytes, sizeof out.bytes);
    s->result_len = sizeof out.bytes;
}

static void run_sm4_encrypt(struct step *s) {
    struct key128 key = both_halves(s);
    assert_int_equal(s->data_len, SM4_BLOCK);
    sm4_encrypt(&key, s->data, s->result);
    s->result_len = SM4_BLOCK;
}

static void run_sm4_diversify(struct step *s) {
    struct key128 key = both_halves(s), out;
    assert_int_equal(s->data_len, 8);
    derive_sm4(&key, s->data, &out);
    (void)memcpy(s->result, out.bytes, sizeof out.bytes);
    s->result_len = sizeof out.bytes;
}

static void run_sm4_mac(struct step *s) {
    struct key128 key = both_halves(s);
    mac_sm4(&key, s->iv, bytes_of(s->data, s->data_len), s->result);
    s->result_len = 4;
}

static const struct {
    const char *op;
    void (*run)(struct step *);
} ops[] = {
    {"tdes_ecb_enc",  run_encrypt      },
    {"tdes_ecb_dec",  run_decrypt      },
    {"mac",           run_mac          },
    {"xor_halves",    run_halves       },
    {"diversify",     run_diversify    },
    {"sm4_ecb_enc",   run_sm4_encrypt  },
    {"sm4_diversify", run_sm4_diversify},
    {"sm4_mac",       run_sm4_mac      },
};

static const char *text_of(json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static void run_step(const char *id, json_t *json) {
    size_t i = 0;
    while (i < sizeof ops / sizeof ops[0] && strcmp(ops[i].op, text_of(json, "op")) != 0) {
        i++;
    }
    assert_true(i < sizeof ops / sizeof ops[0]);
    struct step s = {0};
    s.key_len = from_hex(text_of(json, "key"), s.key, sizeof s.key);
    s.data_len = from_hex(text_of(json, "data"), s.data, sizeof s.data);
    (void)from_hex(text_of(json, "iv"), s.iv, sizeof s.iv);
    assert_true(s.key_len == 8 || s.key_len == 16);
    ops[i].run(&s);
    char got[2 * TEXT_MAX + 1];
    hex_write(bytes_of(s.result, s.result_len), got);
    if (strcmp(got, text_of(json, "result")) != 0) {
        fail_msg("%s, %s: got %s, the vector says %s", id, text_of(json, "name"), got,
            text_of(json, "result"));
    }
}

static void every_vector_of_the_purse_holds(void **state) {
    (void)state;
    json_error_t error;
    json_t *file = json_load_file("tests/vectors/purse.json", JSON_REJECT_DUPLICATES, &error);
    assert_non_null(file);
    unsigned run = 0;
    size_t i, j;
    json_t *vector, *step;
    json_array_foreach(json_object_get(file, "vectors"), i, vector) {
        json_array_foreach(json_object_get(vector, "steps"), j, step) {
            run_step(text_of(vector, "id"), step);
            run++;
        }
    }
    json_decref(file);
    print_message("%u steps hold\n", run);
    assert_int_equal(run, 84);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_of_the_purse_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
