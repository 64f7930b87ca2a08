#include "counter.h"
#include "issuance/card_face.h"
#include "stores/sql/production_rows.h"

static struct face_data a_face(struct batch_line *line) {
    const struct issuer issuer = issuer_of(440100, 20031008, 10);
    struct person person = {.id = 1};
    struct face_data face;
    uint8_t photo[FACE_DIGEST_LEN] = {1, 2, 3};
    *line = (struct batch_line){.batch = 1, .seq = 1, .card_number = "B00000019"};
    (void)snprintf(person.number, sizeof person.number, "990102197612110016");
    (void)snprintf(person.name, sizeof person.name, "梁思");
    face_data_make(&face, line, &person, &issuer, photo);
    return face;
}

static bool same_digest(const struct face_data *a, const struct face_data *b) {
    uint8_t left[FACE_DIGEST_LEN];
    uint8_t right[FACE_DIGEST_LEN];
    face_data_digest(a, left);
    face_data_digest(b, right);
    return memcmp(left, right, sizeof left) == 0;
}

static void the_same_face_has_the_same_digest(void **state) {
    (void)state;
    struct batch_line line;
    struct face_data face = a_face(&line);
    struct face_data again = a_face(&line);
    assert_true(same_digest(&face, &again));
    assert_string_equal(face.card_number, "B00000019");
    assert_int_equal(face.expires, 20131008);
}

/* Each thing that can be seen changes it. */
static void whatever_differs_is_seen(void **state) {
    (void)state;
    struct batch_line line;
    const struct face_data face = a_face(&line);
    for (size_t i = 0; i < 6; i++) {
        struct face_data other = face;
        other.card_number[8] ^= i == 0;
        other.person_number[17] ^= i == 1;
        other.name[0] ^= i == 2;
        other.photo[31] ^= i == 3;
        other.issued += i == 4;
        other.expires += i == 5;
        assert_false(same_digest(&face, &other));
    }
    /* What moves from one text to the next is another face, too. */
    struct face_data left = face;
    struct face_data right = face;
    (void)snprintf(left.person_number, sizeof left.person_number, "12");
    (void)snprintf(left.name, sizeof left.name, "3");
    (void)snprintf(right.person_number, sizeof right.person_number, "1");
    (void)snprintf(right.name, sizeof right.name, "23");
    assert_false(same_digest(&left, &right));
}

static void a_face_is_expected_once_and_compared(void **state) {
    (void)state;
    struct counter *c = counter_open(1);
    struct production_store store;
    struct batch_line line;
    struct face_data face = a_face(&line);
    uint8_t digest[FACE_DIGEST_LEN];
    counter_expect(c, production_rows_open(&c->db, &store, &c->why));
    face_data_digest(&face, digest);
    assert_int_equal(face_compare(&store, 1, 1, digest, &c->why), ERR_NOT_FOUND);
    counter_expect(c, face_expect(&store, &line, &face, &c->why));
    counter_expect(c, face_expect(&store, &line, &face, &c->why)); /* again, the same */
    counter_expect(c, face_compare(&store, 1, 1, digest, &c->why));
    for (size_t i = 0; i < sizeof digest; i++) {
        digest[i] ^= 1;
        assert_int_equal(face_compare(&store, 1, 1, digest, &c->why), ERR_CONFLICT);
        digest[i] ^= 1;
    }
    face.photo[0] ^= 1; /* another picture after the first was written down */
    assert_int_equal(face_expect(&store, &line, &face, &c->why), ERR_CONFLICT);
    assert_non_null(strstr(c->why.text, "B00000019"));
    production_rows_close(&store);
    counter_close(c);
}

/* What a scanner types is the face again, in capitals or not, with the blanks that it adds. */
static void a_code_is_read_as_it_was_written(void **state) {
    (void)state;
    struct batch_line line;
    const struct face_data face = a_face(&line);
    char code[FACE_CODE_LEN + 1], typed[FACE_CODE_LEN + 8], number[CARD_NUMBER_LEN + 1];
    uint8_t digest[FACE_DIGEST_LEN], read[FACE_DIGEST_LEN];
    face_data_digest(&face, digest);
    face_code_write(&face, code);
    assert_int_equal(strlen(code), FACE_CODE_LEN);
    assert_memory_equal(code, "B00000019:", 10);
    assert_true(face_code_read(code, number, read));
    assert_string_equal(number, "B00000019");
    assert_memory_equal(read, digest, sizeof digest);
    (void)snprintf(typed, sizeof typed, "  %s\r\n", code);
    for (size_t i = 0; typed[i]; i++) {
        typed[i] = (char)(typed[i] >= 'A' && typed[i] <= 'Z' ? typed[i] + 32 : typed[i]);
    }
    (void)memset(read, 0, sizeof read);
    assert_true(face_code_read(typed, number, read));
    assert_string_equal(number, "B00000019");
    assert_memory_equal(read, digest, sizeof digest);
}

/* Every prefix, and each byte flipped: refused, or another number or digest. */
static void a_spoiled_code_is_no_face(void **state) {
    (void)state;
    struct batch_line line;
    const struct face_data face = a_face(&line);
    char code[FACE_CODE_LEN + 2], number[CARD_NUMBER_LEN + 1] = "untouched"; /* nine, and an end */
    uint8_t digest[FACE_DIGEST_LEN], read[FACE_DIGEST_LEN] = {0};
    const uint8_t zeros[FACE_DIGEST_LEN] = {0};
    face_data_digest(&face, digest);
    face_code_write(&face, code);
    for (size_t len = 0; len < FACE_CODE_LEN; len++) {
        char kept = code[len];
        code[len] = '\0';
        assert_false(face_code_read(code, number, read));
        code[len] = kept;
    }
    code[FACE_CODE_LEN] = '0';
    code[FACE_CODE_LEN + 1] = '\0';
    assert_false(face_code_read(code, number, read));
    assert_string_equal(number, "untouched");
    assert_memory_equal(read, zeros, sizeof read);
    code[FACE_CODE_LEN] = '\0';
    for (size_t i = 0; i < FACE_CODE_LEN; i++) {
        code[i] ^= 1;
        bool good = face_code_read(code, number, read);
        assert_true(
            !good || strcmp(number, "B00000019") != 0 || memcmp(read, digest, sizeof digest) != 0);
        assert_true(i >= CARD_NUMBER_LEN + 1 || !good); /* the number has a check character */
        code[i] ^= 1;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_face_has_the_same_digest),
        cmocka_unit_test(whatever_differs_is_seen),
        cmocka_unit_test(a_code_is_read_as_it_was_written),
        cmocka_unit_test(a_spoiled_code_is_no_face),
        cmocka_unit_test(a_face_is_expected_once_and_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
