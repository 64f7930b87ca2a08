#include "host/signer.h"

#include <sys/stat.h>

#include "scratch.h"

static struct why why;

static void a_key_is_made_once_and_its_signatures_hold(void **state) {
    char path[512], open_path[512];
    struct bytes said = bytes_text("the list of today");
    uint8_t signature[SIGNER_SIGNATURE_LEN];
    struct signer first, again, reader;
    (void)below(state, "key", path);
    (void)below(state, "key.pub", open_path);
    assert_int_equal(signer_open(&first, path, &why), OK);
    assert_int_equal(signer_sign(&first, said, signature, &why), OK);
    assert_int_equal(signer_open(&again, path, &why), OK);
    assert_memory_equal(first.id, again.id, SIGNER_ID_LEN);
    assert_int_equal(signer_open_public(&reader, open_path, &why), OK);
    assert_memory_equal(first.id, reader.id, SIGNER_ID_LEN);
    assert_int_equal(signer_check(&reader, said, bytes_of(signature, sizeof signature), &why), OK);
    signer_close(&first);
    signer_close(&again);
    signer_close(&reader);
    signer_close(&reader); /* nothing is left to close */
}

/* Of what was said, and of the signature, each bit counts. */
static void whatever_is_changed_is_seen(void **state) {
    char path[512];
    char text[] = "a list";
    uint8_t signature[SIGNER_SIGNATURE_LEN];
    struct signer signer;
    assert_int_equal(signer_open(&signer, below(state, "key", path), &why), OK);
    assert_int_equal(signer_sign(&signer, bytes_text(text), signature, &why), OK);
    for (size_t i = 0; i < strlen(text); i++) {
        text[i] ^= 1;
        assert_int_equal(
            signer_check(&signer, bytes_text(text), bytes_of(signature, sizeof signature), &why),
            ERR_DENIED);
        text[i] ^= 1;
    }
    for (size_t bit = 0; bit < 8 * sizeof signature; bit++) {
        signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(
            signer_check(&signer, bytes_text(text), bytes_of(signature, sizeof signature), &why),
            ERR_DENIED);
        signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(
        signer_check(&signer, bytes_text(text), bytes_of(signature, 63), &why), ERR_DENIED);
    signer_close(&signer);
}

static void the_private_half_is_for_its_owner_alone(void **state) {
    char path[512];
    struct stat st;
    struct signer signer;
    (void)below(state, "key", path);
    assert_int_equal(signer_open(&signer, path, &why), OK);
    signer_close(&signer);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(signer_open(&signer, path, &why), ERR_CONFLICT);
    assert_null(signer.key);
}

/* No file, another's file, the wrong half. */
static void what_is_no_key_is_refused(void **state) {
    char path[512], open_path[512], other[512];
    struct signer signer;
    (void)below(state, "key", path);
    (void)below(state, "key.pub", open_path);
    (void)below(state, "other", other);
    assert_int_equal(signer_open_public(&signer, open_path, &why), ERR_NOT_FOUND);
    assert_int_equal(signer_open(&signer, path, &why), OK);
    signer_close(&signer);
    assert_int_equal(signer_open_public(&signer, path, &why), ERR_INVALID);
    FILE *file = fopen(other, "w");
    assert_non_null(file);
    assert_true(fputs("no key\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(other, 0600), 0);
    assert_int_equal(signer_open(&signer, other, &why), ERR_CONFLICT);
    assert_int_equal(signer_open_public(&signer, other, &why), ERR_INVALID);
    assert_int_equal(signer_open(&signer, "/tmp/no-such-folder-here/key", &why), ERR_OUTSIDE);
    assert_null(signer.key);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(a_key_is_made_once_and_its_signatures_hold),
        CASE(whatever_is_changed_is_seen),
        CASE(the_private_half_is_for_its_owner_alone),
        CASE(what_is_no_key_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
