#include "cell_floor.h"
#include "issuance/card_face.h"
#include "issuance/quality.h"

/* A floor with a batch made, and the sheet's desk over it. */
struct sheet {
    struct floor *f;
    struct quality_desk desk;
    struct production_quality row;
    struct quality_sheet sum;
    struct why why;
    char others[16][CARD_NUMBER_LEN + 1];
    size_t rows;
};

static struct sheet sheet_open(int lines, int64_t percent) {
    struct sheet s = {.f = floor_open(lines, 0)};
    floor_begin(s.f);
    counter_expect(s.f->c, cell_make(&s.f->cell, &s.f->run, &s.f->c->why));
    s.desk = (struct quality_desk){.store = &s.f->c->store,
        .registry = &s.f->c->registry,
        .production = &s.f->production,
        .percent = percent};
    return s;
}

static void number_of(int32_t seq, char number[CARD_NUMBER_LEN + 1]) {
    card_number_write((uint32_t)seq, number); /* the city's first numbers, in the order of lines */
}

/* The face of one line on the chip of another. */
static enum err look(struct sheet *s, int32_t face, int32_t chip, unsigned faults) {
    char face_number[CARD_NUMBER_LEN + 1];
    char chip_number[CARD_NUMBER_LEN + 1] = "";
    number_of(face, face_number);
    if (chip > 0) {
        number_of(chip, chip_number);
    }
    struct quality_seen seen = {.batch = 1,
        .face_number = face_number,
        .chip_number = chip_number,
        .faults = faults,
        .day = 20031008,
        .officer = "approver"};
    return quality_judge(&s->desk, &seen, &s->row, &s->why);
}

static void keep_other(void *cookie, const struct production_quality *row, const char *other) {
    struct sheet *s = cookie;
    (void)row;
    assert_true(s->rows < 16);
    (void)memcpy(s->others[s->rows++], other, CARD_NUMBER_LEN + 1);
}

static void add_up(struct sheet *s) {
    s->rows = 0;
    assert_int_equal(quality_sheet_read(&s->desk, 1, &s->sum, keep_other, s, &s->why), OK);
}

static void a_good_card_has_no_fault(void **state) {
    (void)state;
    struct sheet s = sheet_open(2, 100);
    assert_int_equal(look(&s, 1, 1, 0), OK);
    assert_int_equal(s.row.faults, 0);
    assert_int_equal(look(&s, 1, 1, 0), OK); /* again, the same */
    add_up(&s);
    assert_int_equal(s.sum.missing, 1);
    assert_int_equal(quality_check(&s.sum, &s.why), ERR_CONFLICT);
    assert_int_equal(look(&s, 2, 2, 0), OK);
    add_up(&s);
    assert_int_equal(s.sum.judged, 2);
    assert_int_equal(quality_check(&s.sum, &s.why), OK);
    floor_end(s.f);
}

/* Each bears the other's number, so both are named. */
static void exchanged_faces_are_found_as_a_pair(void **state) {
    (void)state;
    struct sheet s = sheet_open(4, 100);
    char number[CARD_NUMBER_LEN + 1];
    assert_int_equal(look(&s, 1, 1, 0), OK);
    assert_int_equal(look(&s, 2, 3, 0), OK);
    assert_int_equal(s.row.faults, 1u << QUALITY_BIT_MIXED);
    assert_int_equal(look(&s, 3, 2, 0), OK);
    assert_int_equal(look(&s, 4, 4, 0), OK);
    add_up(&s);
    assert_int_equal(s.sum.mixed, 2);
    assert_int_equal(s.sum.pairs, 1);
    assert_int_equal(s.sum.open, 2);
    number_of(3, number);
    assert_string_equal(s.others[1], number);
    assert_string_equal(s.others[0], "");
    assert_int_equal(quality_check(&s.sum, &s.why), ERR_CONFLICT);
    floor_end(s.f);
}

/* Three in a ring: all are mixed, none is a pair. */
static void a_ring_of_three_is_no_pair(void **state) {
    (void)state;
    struct sheet s = sheet_open(3, 100);
    assert_int_equal(look(&s, 1, 2, 0), OK);
    assert_int_equal(look(&s, 2, 3, 0), OK);
    assert_int_equal(look(&s, 3, 1, 0), OK);
    add_up(&s);
    assert_int_equal(s.sum.mixed, 3);
    assert_int_equal(s.sum.pairs, 0);
    floor_end(s.f);
}

static void a_chip_that_says_nothing_is_a_fault(void **state) {
    (void)state;
    struct sheet s = sheet_open(1, 100);
    assert_int_equal(look(&s, 1, 0, 1u << QUALITY_BIT_PHOTO), OK);
    assert_int_equal(s.row.faults, 1u << QUALITY_BIT_CHIP | 1u << QUALITY_BIT_PHOTO);
    assert_int_equal(look(&s, 1, 1, 0), ERR_CONFLICT); /* judged is judged */
    floor_end(s.f);
}

/* The number is right, and name or picture are another's. */
static void a_face_with_other_data_is_mixed(void **state) {
    (void)state;
    struct sheet s = sheet_open(2, 100);
    struct batch_line line;
    struct person person;
    struct face_data face;
    uint8_t digest[FACE_DIGEST_LEN];
    const struct issuance_store *store = &s.f->c->store;
    const struct registry_store *registry = &s.f->c->registry;
    counter_expect(s.f->c, store->line_get(store->self, 1, 1, &line, &s.why));
    counter_expect(s.f->c, registry->person_by_id(registry->self, line.person, &person, &s.why));
    face_data_make(&face, &line, &person, &s.f->issuer, NULL);
    face_data_digest(&face, digest);
    struct quality_seen seen = {.batch = 1,
        .face_number = line.card_number,
        .chip_number = line.card_number,
        .face_digest = digest,
        .officer = "approver"};
    assert_int_equal(quality_judge(&s.desk, &seen, &s.row, &s.why), ERR_NOT_FOUND);
    counter_expect(s.f->c, face_expect(&s.f->production, &line, &face, &s.why));
    digest[0] ^= 1;
    assert_int_equal(quality_judge(&s.desk, &seen, &s.row, &s.why), OK);
    assert_int_equal(s.row.faults, 1u << QUALITY_BIT_MIXED);
    digest[0] ^= 1;
    assert_int_equal(quality_judge(&s.desk, &seen, &s.row, &s.why), ERR_CONFLICT); /* judged */
    floor_end(s.f);
}

static void only_those_who_may_judge_what_is_there(void **state) {
    (void)state;
    struct sheet s = sheet_open(1, 100);
    char number[CARD_NUMBER_LEN + 1];
    number_of(1, number);
    struct quality_seen seen = {
        .batch = 1, .face_number = number, .chip_number = number, .officer = "point"};
    assert_int_equal(quality_judge(&s.desk, &seen, &s.row, &s.why), ERR_DENIED);
    seen.officer = "maker";
    seen.face_number = "B00000018";
    assert_int_equal(quality_judge(&s.desk, &seen, &s.row, &s.why), ERR_INVALID);
    seen.face_number = number;
    seen.batch = 2;
    assert_int_equal(quality_judge(&s.desk, &seen, &s.row, &s.why), ERR_NOT_FOUND);
    char other[CARD_NUMBER_LEN + 1];
    number_of(7, other);
    seen.batch = 1;
    seen.face_number = other;
    assert_int_equal(quality_judge(&s.desk, &seen, &s.row, &s.why), ERR_NOT_FOUND);
    assert_int_equal(floor_ask(s.f, "SELECT count(*) FROM production_quality"), 0);
    floor_end(s.f);
}

static void the_sample_is_drawn_again_the_same(void **state) {
    (void)state;
    int64_t taken = 0;
    for (int32_t seq = 1; seq <= 20000; seq++) {
        assert_true(quality_samples(1, seq, 100));
        assert_false(quality_samples(1, seq, 0));
        bool five = quality_samples(1, seq, 5);
        assert_true(five == quality_samples(1, seq, 5));
        assert_true(!five || quality_samples(1, seq, 6)); /* a larger sample holds the smaller */
        taken += five;
    }
    assert_in_range(taken, 900, 1100);
}

/* Nobody gets away with no card at all. */
static void a_small_batch_has_one_card_in_the_sample(void **state) {
    (void)state;
    int32_t seq = 1;
    while (quality_samples(1, seq, 1)) {
        seq++;
    }
    struct sheet s = sheet_open(1, 1);
    add_up(&s);
    assert_int_equal(s.sum.sampled, 1);
    s.desk.percent = 0;
    add_up(&s);
    assert_int_equal(s.sum.sampled, 0);
    assert_int_equal(quality_check(&s.sum, &s.why), OK);
    floor_end(s.f);
}

static void words_become_bits_or_are_refused(void **state) {
    static const struct {
        const char *words;
        enum err err;
        unsigned faults;
    } cases[] = {
        {"",                                    OK,          0                                               },
        {"photo",                               OK,          1u << QUALITY_BIT_PHOTO                         },
        {"name,photo",                          OK,          1u << QUALITY_BIT_PHOTO | 1u << QUALITY_BIT_NAME},
        {"photo,name,number,position,surface",  OK,          31                                              },
        {"photo,photo",                         OK,          1                                               },
        {"mixed",                               ERR_INVALID, 0                                               },
        {"chip",                                ERR_INVALID, 0                                               },
        {"phot",                                ERR_INVALID, 0                                               },
        {"photo,,name",                         ERR_INVALID, 0                                               },
        {"photo;name",                          ERR_INVALID, 0                                               },
        {"averyveryveryveryverylongwordindeed", ERR_INVALID, 0                                               },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct why why;
        unsigned faults = 77;
        assert_int_equal(quality_read(cases[i].words, &faults, &why), cases[i].err);
        assert_int_equal(faults, cases[i].err ? 77 : cases[i].faults);
    }
    assert_null(quality_kind(QUALITY_FAULTS));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_card_has_no_fault),
        cmocka_unit_test(exchanged_faces_are_found_as_a_pair),
        cmocka_unit_test(a_ring_of_three_is_no_pair),
        cmocka_unit_test(a_chip_that_says_nothing_is_a_fault),
        cmocka_unit_test(a_face_with_other_data_is_mixed),
        cmocka_unit_test(only_those_who_may_judge_what_is_there),
        cmocka_unit_test(the_sample_is_drawn_again_the_same),
        cmocka_unit_test(a_small_batch_has_one_card_in_the_sample),
        cmocka_unit_test(words_become_bits_or_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
