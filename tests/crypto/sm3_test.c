/* SM3 against the standard's own examples and against OpenSSL, for every length and every cut. */
#include "check.h"

#include <openssl/evp.h>

#include "crypto/sm3.h"

static void digest_of(struct bytes data, uint8_t digest[SM3_LEN]) {
    struct sm3 h;
    sm3_begin(&h);
    sm3_add(&h, data);
    sm3_end(&h, digest);
}

/* GB/T 32905-2016, appendix A, examples 1 and 2. */
static void the_examples_of_the_standard_come_out(void **state) {
    (void)state;
    uint8_t digest[SM3_LEN];
    char long_text[65] = {0};
    digest_of(bytes_text("abc"), digest);
    assert_hex(bytes_of(digest, sizeof digest),
        "66C7F0F462EEEDD9D1F2D46BDC10E4E24167C4875CF2F7A2297DA02B8F4BA8E0");
    for (size_t i = 0; i < 64; i++) {
        long_text[i] = "abcd"[i % 4];
    }
    digest_of(bytes_text(long_text), digest);
    assert_hex(bytes_of(digest, sizeof digest),
        "DEBE9FF92275B8A138604889C18E5A4D6FDB70E5387E5765293DCBA39C0C5732");
}

/* Every length around the borders of the blocks, where padding changes its shape. */
static void every_length_agrees_with_openssl(void **state) {
    (void)state;
    uint8_t data[300];
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 37 + 11);
    }
    for (size_t len = 0; len <= sizeof data; len++) {
        uint8_t ours[SM3_LEN], theirs[SM3_LEN];
        digest_of(bytes_of(data, len), ours);
        assert_int_equal(EVP_Digest(data, len, theirs, NULL, EVP_sm3(), NULL), 1);
        assert_memory_equal(ours, theirs, SM3_LEN);
    }
}

/* Messages of any length up to three blocks; SHEBAO_CASES says how many, nightly a million. */
static void random_messages_agree_with_openssl(void **state) {
    (void)state;
    const char *text = getenv("SHEBAO_CASES");
    unsigned long cases = text ? strtoul(text, NULL, 10) : 3000;
    uint64_t dice = 20031008;
    for (unsigned long i = 0; i < cases; i++) {
        uint8_t data[3 * SM3_BLOCK], ours[SM3_LEN], theirs[SM3_LEN];
        for (size_t k = 0; k < sizeof data; k++) {
            dice = dice * 6364136223846793005u + 1442695040888963407u;
            data[k] = (uint8_t)(dice >> 56);
        }
        size_t len = (size_t)(dice >> 32) % (sizeof data + 1);
        digest_of(bytes_of(data, len), ours);
        assert_int_equal(EVP_Digest(data, len, theirs, NULL, EVP_sm3(), NULL), 1);
        assert_memory_equal(ours, theirs, SM3_LEN);
    }
}

static void pieces_of_any_size_make_the_same_digest(void **state) {
    (void)state;
    uint8_t data[200], whole[SM3_LEN], pieces[SM3_LEN];
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(200 - i);
    }
    digest_of(bytes_of(data, sizeof data), whole);
    for (size_t cut = 0; cut <= sizeof data; cut++) {
        struct sm3 h;
        sm3_begin(&h);
        sm3_add(&h, bytes_of(data, cut));
        sm3_add(&h, bytes_of(data + cut, sizeof data - cut));
        sm3_end(&h, pieces);
        assert_memory_equal(whole, pieces, SM3_LEN);
    }
}

static void a_copy_goes_on_by_itself(void **state) {
    (void)state;
    struct sm3 h, copy;
    uint8_t a[SM3_LEN], b[SM3_LEN];
    sm3_begin(&h);
    sm3_add(&h, bytes_text("a"));
    copy = h;
    sm3_end(&copy, a);
    sm3_add(&h, bytes_text("bc"));
    sm3_end(&h, b);
    assert_memory_not_equal(a, b, SM3_LEN);
    digest_of(bytes_text("abc"), a);
    assert_memory_equal(a, b, SM3_LEN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_standard_come_out),
        cmocka_unit_test(every_length_agrees_with_openssl),
        cmocka_unit_test(random_messages_agree_with_openssl),
        cmocka_unit_test(pieces_of_any_size_make_the_same_digest),
        cmocka_unit_test(a_copy_goes_on_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
