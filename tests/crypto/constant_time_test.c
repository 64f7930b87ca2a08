/* No branch and no address of the chip's ciphers, hash, MACs and comparison depends on a key or on
 * data. What the guard makes of them is tests/card/guard/constant_time_test.c.
 *
 * Method: the test runs itself under valgrind and declares keys and data undefined. Memcheck then
 * reports each jump and each address that was computed from them: exactly what must not be. Where
 * valgrind is missing or cannot run the program (sanitizers), the tests are skipped by name. */
#include "check.h"

#include <sys/wait.h>
#include <unistd.h>
#include <valgrind/memcheck.h>

#include "crypto/derive.h"
#include "crypto/engine.h"
#include "crypto/mac.h"
#include "crypto/secret.h"
#include "crypto/sm3.h"
#include "crypto/sm4.h"

enum { SAW_A_SECRET = 9, VALGRIND_FAILED = 1 };

static const char *own_path;

/* A table looked up by a secret: what the ciphers would look like if they were not careful. */
static uint8_t careless(const uint8_t *secret) {
    static const volatile uint8_t table[256] = {1, 2, 3};
    return table[secret[0]];
}

/* What all ciphers are given: memcheck takes it for undefined. */
struct secrets {
    struct key128 key;
    uint8_t data[68]; /* with its end in the middle of every cipher's block */
};

/* A result is no secret any more once somebody acts on it: that is the callers' affair. */
static bool told(const void *a, const void *b, size_t len) {
    bool same = crypto_equal(a, b, len);
    (void)VALGRIND_MAKE_MEM_DEFINED(&same, sizeof same);
    return same;
}

static bool watch_des(const struct secrets *s) {
    struct key128 card;
    uint8_t mac[8], session[8];
    struct tdes_key k;
    derive_key(&s->key, s->data, &card);
    derive_session(&card, s->data, session);
    mac_retail(&card, s->data, bytes_of(s->data, sizeof s->data), mac);
    mac_single(session, NULL, bytes_of(s->data, sizeof s->data), mac);
    derive_tac_key(&card, session);
    tdes_prepare_single(&k, session);
    tdes_decrypt(&k, mac, mac);
    tdes_prepare(&k, &card);
    tdes_decrypt(&k, mac, mac);
    tdes_encrypt(&k, mac, mac);
    crypto_wipe(&k, sizeof k);
    return told(mac, session, sizeof mac);
}

static bool watch_sm4(const struct secrets *s) {
    struct key128 card, session;
    uint8_t block[SM4_BLOCK], mac[SM4_BLOCK], proof[8];
    derive_sm4(&s->key, s->data, &card);
    derive_sm4(&card, s->data, &session);
    sm4_encrypt(&session, s->data, block);
    sm4_decrypt(&card, block, block);
    proof_sm4(&session, s->data, proof);
    mac_sm4(&session, block, bytes_of(s->data, sizeof s->data), mac);
    mac_sm4(&session, NULL, bytes_of(s->data, SM4_BLOCK), block);
    return told(mac, block, sizeof mac) || told(proof, mac, sizeof proof);
}

static bool watch_sm3(const struct secrets *s) {
    struct sm3 h;
    uint8_t digest[SM3_LEN], again[SM3_LEN];
    sm3_begin(&h);
    sm3_add(&h, bytes_of(s->key.bytes, sizeof s->key.bytes));
    sm3_add(&h, bytes_of(s->data, sizeof s->data));
    sm3_end(&h, digest);
    sm3_begin(&h);
    sm3_add(&h, bytes_of(digest, sizeof digest));
    sm3_end(&h, again);
    return told(digest, again, sizeof digest);
}

/* Under valgrind: one of the parts, with secrets that memcheck takes for undefined. */
static int run_watched(const char *part) {
    struct secrets s = {.key = {{1, 2, 3}}, .data = {5}};
    bool same = false;
    assert_ptr_equal(engine_now(), &engine_plain); /* the chip's own code, not the host's */
    (void)VALGRIND_MAKE_MEM_UNDEFINED(&s, sizeof s);
    if (strcmp(part, "careless") == 0) {
        (void)careless(s.data);
    } else if (strcmp(part, "des") == 0) {
        same = watch_des(&s);
    } else if (strcmp(part, "sm4") == 0) {
        same = watch_sm4(&s);
    } else if (strcmp(part, "sm3") == 0) {
        same = watch_sm3(&s);
    } else {
        return VALGRIND_FAILED;
    }
    return same ? VALGRIND_FAILED : 0;
}

/* The exit status of this program under valgrind: 0, or SAW_A_SECRET, or valgrind's trouble. */
static int under_valgrind(const char *how) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        assert_non_null(freopen("/dev/null", "w", stderr));
        (void)execlp("valgrind", "valgrind", "-q", "--error-exitcode=9", own_path, how, NULL);
        _exit(VALGRIND_FAILED);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : VALGRIND_FAILED;
}

/* What valgrind saw; skips the test where valgrind is missing or cannot run the program. */
static int seen(const char *part) {
    int status = under_valgrind(part);
    if (status == VALGRIND_FAILED) {
        print_message("skipped: valgrind cannot run this program\n");
        skip();
    }
    return status;
}

static void valgrind_sees_a_table_looked_up_by_a_secret(void **state) {
    (void)state;
    assert_int_equal(seen("careless"), SAW_A_SECRET);
}

static void no_key_of_des_chooses_the_way(void **state) {
    (void)state;
    assert_int_equal(seen("des"), 0);
}

static void no_key_of_sm4_chooses_the_way(void **state) {
    (void)state;
    assert_int_equal(seen("sm4"), 0);
}

static void no_data_of_sm3_choose_the_way(void **state) {
    (void)state;
    assert_int_equal(seen("sm3"), 0);
}

int main(int argc, char **argv) {
    own_path = argv[0];
    if (argc == 2) {
        return run_watched(argv[1]);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valgrind_sees_a_table_looked_up_by_a_secret),
        cmocka_unit_test(no_key_of_des_chooses_the_way),
        cmocka_unit_test(no_key_of_sm4_chooses_the_way),
        cmocka_unit_test(no_data_of_sm3_choose_the_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
