/* No branch and no address of the chip's ciphers depends on a key or on data.
 *
 * Method: the test runs itself under valgrind and declares keys and data undefined. Memcheck then
 * reports each jump and each address that was computed from them: exactly what must not be. Where
 * valgrind is missing or cannot run the program (sanitizers), the tests are skipped by name. */
#include "check.h"

#include <sys/wait.h>
#include <unistd.h>
#include <valgrind/memcheck.h>

#include "crypto/derive.h"
#include "crypto/mac.h"
#include "crypto/secret.h"

enum { SAW_A_SECRET = 9, VALGRIND_FAILED = 1 };

static const char *own_path;

/* A table looked up by a secret: what the ciphers would look like if they were not careful. */
static uint8_t careless(const uint8_t *secret) {
    static const volatile uint8_t table[256] = {1, 2, 3};
    return table[secret[0]];
}

/* Runs under valgrind: everything once, with secrets that memcheck takes for undefined. */
static int run_watched(bool carefully) {
    struct key128 key =
                      {
                          {1, 2, 3}
    },
                  card;
    uint8_t data[20] = {5}, mac[8], session[8];
    struct tdes_key k;
    (void)VALGRIND_MAKE_MEM_UNDEFINED(&key, sizeof key);
    (void)VALGRIND_MAKE_MEM_UNDEFINED(data, sizeof data);
    if (!carefully) {
        (void)careless(data);
    }
    derive_key(&key, data, &card);
    derive_session(&card, data, session);
    mac_retail(&card, data, bytes_of(data, sizeof data), mac);
    mac_single(session, NULL, bytes_of(data, sizeof data), mac);
    derive_tac_key(&card, session);
    tdes_prepare_single(&k, session);
    tdes_decrypt(&k, mac, mac);
    tdes_prepare(&k, &card);
    tdes_decrypt(&k, mac, mac);
    bool same = crypto_equal(mac, session, sizeof mac);
    (void)VALGRIND_MAKE_MEM_DEFINED(&same, sizeof same); /* the answer is no secret */
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

static void valgrind_sees_a_table_looked_up_by_a_secret(void **state) {
    (void)state;
    int status = under_valgrind("--careless");
    if (status == VALGRIND_FAILED) {
        print_message("skipped: valgrind cannot run this program\n");
        skip();
    }
    assert_int_equal(status, SAW_A_SECRET);
}

static void no_cipher_lets_a_secret_choose_its_way(void **state) {
    (void)state;
    int status = under_valgrind("--careful");
    if (status == VALGRIND_FAILED) {
        print_message("skipped: valgrind cannot run this program\n");
        skip();
    }
    assert_int_equal(status, 0);
}

int main(int argc, char **argv) {
    own_path = argv[0];
    if (argc == 2) {
        return run_watched(strcmp(argv[1], "--careful") == 0);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valgrind_sees_a_table_looked_up_by_a_secret),
        cmocka_unit_test(no_cipher_lets_a_secret_choose_its_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
