/* What a chip's memory holds after it was made and inspected is the same, bit for bit, for ever: with
 * the same random numbers, the same commands program the same cells.
 *
 * Method: chips whose chance is foretold by their serial are made and read back, and the SM3 of all
 * their cells is compared with what it was when this sheet was written. Whoever makes the card faster
 * changes none of these lines; whoever changes what a card keeps changes them knowingly. A mirror, as
 * the chips of a cell have one, makes no difference. */
#include "base/features.h"
#include "base/hex.h"
#include "crypto/sm3.h"
#include "issuance/station.h"
#include "workshop.h"

enum { DIGEST_TEXT = 2 * SM3_LEN + 1 };

/* clang-format off */
/* One kind of card, of one maker's chips. */
static const struct image_case {
    const char *title;
    enum profile_name profile;
    enum chips_of chips;
    const char *made;      /* SM3 of the cells when it is personalised */
    const char *inspected; /* and when it was read back, with its zero purchases */
} cases[] = {
    {"P10", PROFILE_P10, CHIPS_OF_FMCOS,
        "E451EC64A98445FB769D641583A074601B86760179BF936942C0DDDE04E1CB19",
        "77C1619FD7095022B382EE3279226FE3E3915505DD611F01F13D8D18F379CAD3"},
    {"P20", PROFILE_P20, CHIPS_OF_FMCOS,
        "F896BA36CF8B3EA43CDE4DB19340E75B8F8AEBB17B739465A48C7AFD5ED558D0",
        "51AC094A0D0F045F5DFA36874FFC7012D8E65C2AA19FFEC406045F9D0F4F3E21"},
    {"P30", PROFILE_P30, CHIPS_OF_FMCOS,
        "AF5DC09A7866CCF6CFB64129B53333620D89E90236CDFB6B24804CF21439DB32",
        "326C8005101F8E513286D9F161A60B8059E7A1DBCE0C74C0775ED780F3279E89"},
    {"P10 of Datang chips", PROFILE_P10, CHIPS_OF_DATANG,
        "097DAE74E03AC03B73355023F12652E08320C830EF1B16E06A0EB7AEE0005444",
        "6BEBEB1D5F0930046D3F384880586EA556F3FCB9E3AF77753498611E5BB0AE88"},
    {"P20 of Datang chips", PROFILE_P20, CHIPS_OF_DATANG,
        "DFCF1A6A94B5C762E2F9238AF80135A6FFB308EF56952152C07702B0D5E11A6F",
        "926E2E8222C900E7AD4227A7704B38AD2785618D47512CB86C19066770E3F0AA"},
};
/* clang-format on */
enum { CASES = sizeof cases / sizeof cases[0] };

static uint8_t mirror[MEMORY_MAX];

/* The cells as they are now. */
static void digest_cells(const struct workshop *w, char text[DIGEST_TEXT]) {
    struct sm3 h;
    uint8_t digest[SM3_LEN];
    sm3_begin(&h);
    sm3_add(&h, bytes_of(w->memory.cells, w->memory.size));
    sm3_end(&h, digest);
    hex_write(bytes_of(digest, sizeof digest), text);
}

/* A blank of this kind; with a mirror it is one of a cell. */
static struct workshop *shop_with(const struct image_case *c, bool mirrored) {
    struct workshop *w = workshop_open_for(c->profile);
    w->p.chips = c->chips;
    workshop_blank(w, 1);
    if (mirrored) {
        reader_close(&w->reader);
        (void)memset(mirror, 0xA5, sizeof mirror); /* RAM holds anything */
        w->nvm.mirror = mirror;
        assert_int_equal(inside_open(&w->nvm, &w->reader, &w->why), OK);
    }
    return w;
}

static void expect_images(const struct image_case *c, bool mirrored) {
    struct workshop *w = shop_with(c, mirrored);
    struct person person = workshop_person();
    char text[DIGEST_TEXT];
    expect_ok(w, personalise_card(&w->p, &person, "B00000019", &w->result, &w->why));
    digest_cells(w, text);
    assert_string_equal(text, c->made);
    expect_ok(w, inspect_card(&w->p, &w->result.data, workshop_moment, &w->found, &w->why));
    digest_cells(w, text);
    assert_string_equal(text, c->inspected);
    workshop_close(w);
}

static void a_card_has_the_image_that_it_always_had(void **state) {
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        print_message("%s\n", cases[i].title);
        expect_images(&cases[i], false);
    }
}

static void a_card_of_a_cell_has_the_same_image(void **state) {
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        print_message("%s, mirrored\n", cases[i].title);
        expect_images(&cases[i], true);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_has_the_image_that_it_always_had),
        cmocka_unit_test(a_card_of_a_cell_has_the_same_image),
    };
    if (!CARD_SM4 || !CARD_DATANG) {
        print_message("skipped: these chips are built without SM4 or the second dialect\n");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
