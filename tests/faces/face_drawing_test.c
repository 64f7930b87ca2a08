#include "check.h"

#include <qrencode.h>

#include "faces/face_drawing.h"

static struct fonts *fonts;

static int open_fonts(void **state) {
    struct why why;
    (void)state;
    return fonts_open(&fonts, &why) ? -1 : 0;
}

static int close_fonts(void **state) {
    (void)state;
    fonts_close(fonts);
    return 0;
}

static struct face_order order_of(enum face_side side, enum face_form form) {
    return (struct face_order){
        .side = side,
        .form = form,
        .day = 20031008,
        .words = {.title = "社会保障卡",
                  .title_latin = "SOCIAL SECURITY CARD",
                  .unit = "广州市劳动和社会保障局",
                  .name = "张𡌴𪝆",
                  .person_number = "440102199003070012",
                  .card_number = "B00000019",
                  .valid = "2003-10-08 – 2013-10-08",
                  .stamp = "样卡 SPECIMEN",
                  .code = "B00000019:00112233445566778899AABBCCDDEEFF",
                  .no_photo = "照片待补 NO PHOTO"}
    };
}

enum { PICTURE_ROOM = 4 << 20 };
static uint8_t first[PICTURE_ROOM], second[PICTURE_ROOM];

static struct bytes drawn(
    const struct face_order *order, const struct face_photo *photo, uint8_t room[PICTURE_ROOM]) {
    struct builder out = builder_in(room, PICTURE_ROOM);
    struct why why = {.text = ""};
    enum err err = face_draw(fonts, order, photo, &out, &why);
    if (err) {
        fail_msg("%s", why.text);
    }
    return builder_bytes(&out);
}

static const struct face_photo no_photo = {.rgb = NULL};

static void a_png_is_a_card_at_300_to_the_inch(void **state) {
    (void)state;
    const struct face_order order = order_of(FACE_BACK, FACE_PNG);
    struct bytes png = drawn(&order, &no_photo, first);
    assert_true(png.len > 1000);
    assert_hex(bytes_of(png.at, 29), "89504E470D0A1A0A0000000D49484452000003F30000027E0802000000");
    assert_hex(bytes_of(png.at + 33, 21), "000000097048597300002E2300002E230178A53F76");
}

/* Each word decides about the picture: none of them is forgotten, on either side, in either form. */
static void every_word_changes_the_picture_and_the_same_words_do_not(void **state) {
    (void)state;
    static const size_t on_back[] = {offsetof(struct face_words, unit),
        offsetof(struct face_words, name), offsetof(struct face_words, person_number),
        offsetof(struct face_words, card_number), offsetof(struct face_words, valid),
        offsetof(struct face_words, notice), offsetof(struct face_words, stamp),
        offsetof(struct face_words, code), offsetof(struct face_words, no_photo)};
    static const size_t on_front[] = {offsetof(struct face_words, title),
        offsetof(struct face_words, title_latin), offsetof(struct face_words, unit),
        offsetof(struct face_words, stamp)};
    for (int form = 0; form < FACE_FORMS; form++) {
        for (int side = 0; side < FACE_SIDES; side++) {
            const size_t *where = side == FACE_BACK ? on_back : on_front;
            size_t count = side == FACE_BACK ? 9 : 4;
            struct face_order order = order_of((enum face_side)side, (enum face_form)form);
            struct bytes one = drawn(&order, &no_photo, first);
            assert_true(bytes_equal(one, drawn(&order, &no_photo, second)));
            for (size_t i = 0; i < count; i++) {
                struct face_order other = order;
                (void)strcpy((char *)&other.words + where[i], "别的"); /* NOLINT: it fits */
                assert_false(bytes_equal(one, drawn(&other, &no_photo, second)));
            }
        }
    }
}

/* A picture of any shape is drawn inside its place, and is seen. */
static void a_picture_of_any_shape_is_drawn(void **state) {
    (void)state;
    static uint8_t rgb[200 * 100 * 3];
    (void)memset(rgb, 0x40, sizeof rgb);
    static const struct face_photo shapes[] = {
        {rgb, 200, 100  },
        {rgb, 100, 200  },
        {rgb, 1,   1    },
        {rgb, 1,   20000},
        {rgb, 3,   1    }
    };
    const struct face_order order = order_of(FACE_BACK, FACE_PNG);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct bytes bare = drawn(&order, &no_photo, first);
        assert_false(bytes_equal(bare, drawn(&order, &shapes[i], second)));
    }
}

/* Where there is a picture, nobody reads that there is none. */
static void the_words_for_a_missing_picture_stand_only_in_its_place(void **state) {
    (void)state;
    static uint8_t rgb[40 * 50 * 3];
    static const struct face_photo photo = {rgb, 40, 50};
    struct face_order order = order_of(FACE_BACK, FACE_PNG);
    struct bytes one = drawn(&order, &photo, first);
    order.words.no_photo[0] = '\0';
    assert_true(bytes_equal(one, drawn(&order, &photo, second)));
}

static cairo_status_t read_png(void *self, unsigned char *to, unsigned len) {
    struct cursor *c = self;
    struct bytes part = cursor_take(c, len);
    if (part.len != len) {
        return CAIRO_STATUS_READ_ERROR;
    }
    (void)memcpy(to, part.at, len);
    return CAIRO_STATUS_SUCCESS;
}

/* The middle of each square of the drawn code is as dark as the code says it is. */
static void the_code_can_be_read_from_the_picture(void **state) {
    (void)state;
    enum { LEFT = 626, TOP = 330, SIDE = 170, QUIET = 4 }; /* face_layout.def */
    const double pixels = 300 / 254.0;
    struct face_order order = order_of(FACE_BACK, FACE_PNG);
    order.words.stamp[0] = '\0';
    struct bytes png = drawn(&order, &no_photo, first);
    struct cursor c = cursor_over(png);
    cairo_surface_t *surface = cairo_image_surface_create_from_png_stream(read_png, &c);
    QRcode *code = QRcode_encodeString8bit(order.words.code, 0, QR_ECLEVEL_M);
    assert_int_equal(cairo_surface_status(surface), CAIRO_STATUS_SUCCESS);
    assert_non_null(code);
    const uint8_t *at = cairo_image_surface_get_data(surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(surface);
    double one = SIDE / (double)(code->width + 2 * QUIET);
    assert_true(one >= 2.5); /* tenths of a millimetre: what a hand scanner can tell apart */
    for (int i = 0; i < code->width * code->width; i++) {
        double x = (LEFT + (i % code->width + QUIET + 0.5) * one) * pixels;
        double y = (TOP + (i / code->width + QUIET + 0.5) * one) * pixels;
        bool dark = at[(size_t)y * stride + (size_t)x * 4] < 0x80;
        assert_int_equal(dark, code->data[i] & 1);
    }
    QRcode_free(code);
    cairo_surface_destroy(surface);
}

static void a_name_that_no_font_has_is_refused_by_its_character(void **state) {
    (void)state;
    for (int form = 0; form < FACE_FORMS; form++) {
        struct face_order order = order_of(FACE_BACK, (enum face_form)form);
        struct builder out = builder_in(first, sizeof first);
        struct why why;
        (void)strcpy(order.words.name, "李\U0003106C"); /* NOLINT: it fits */
        assert_int_equal(face_draw(fonts, &order, &no_photo, &out, &why), ERR_INVALID);
        assert_non_null(strstr(why.text, "U+3106C"));
        (void)strcpy(order.words.name, "\xE4\xB8"); /* NOLINT: it fits */
        assert_int_equal(face_draw(fonts, &order, &no_photo, &out, &why), ERR_INVALID);
    }
}

/* Names of the longest kind are drawn smaller, whole. */
static void a_long_name_is_whole(void **state) {
    (void)state;
    struct face_order order = order_of(FACE_BACK, FACE_PDF);
    for (size_t len = 0; len + 3 <= 150; len += 3) {
        (void)memcpy(order.words.name + len, "㐂", 4);
    }
    struct bytes one = drawn(&order, &no_photo, first);
    (void)memcpy(order.words.name + 147, "李", 4); /* its last character is seen */
    assert_false(bytes_equal(one, drawn(&order, &no_photo, second)));
}

static void a_picture_that_does_not_fit_is_refused(void **state) {
    (void)state;
    for (int form = 0; form < FACE_FORMS; form++) {
        const struct face_order order = order_of(FACE_BACK, (enum face_form)form);
        size_t whole = drawn(&order, &no_photo, first).len;
        for (size_t room = 0; room < whole; room += whole / 23) {
            struct builder out = builder_in(second, room);
            struct why why;
            enum err err = face_draw(fonts, &order, &no_photo, &out, &why);
            assert_true(err == ERR_INVALID || out.overflowed);
            assert_int_equal(builder_bytes(&out).len, 0);
        }
    }
}

static bool same_order(const struct face_order *a, const struct face_order *b) {
    return a->side == b->side && a->form == b->form && a->day == b->day
           && memcmp(&a->words, &b->words, sizeof a->words) == 0 && bytes_equal(a->photo, b->photo);
}

static void a_request_is_read_as_it_was_written_and_no_prefix_is(void **state) {
    (void)state;
    uint8_t room[8192];
    struct face_order order = order_of(FACE_BACK, FACE_PDF), read;
    order.photo = bytes_text("a picture");
    struct builder b = builder_in(room, sizeof room);
    face_order_write(&order, &b);
    struct bytes request = builder_bytes(&b);
    assert_true(face_order_read(request, &read));
    assert_true(same_order(&order, &read));
    for (size_t len = 0; len < request.len; len++) {
        assert_false(face_order_read(bytes_of(room, len), &read));
    }
    put_u8(&b, 0);
    assert_false(face_order_read(builder_bytes(&b), &read));
}

/* Each byte flipped in each bit: refused, or another order that can be drawn or is refused. */
static void a_spoiled_request_does_no_harm(void **state) {
    (void)state;
    uint8_t room[8192];
    struct face_order order = order_of(FACE_FRONT, FACE_PNG), read;
    order.photo = bytes_text("p");
    struct builder b = builder_in(room, sizeof room);
    face_order_write(&order, &b);
    for (size_t i = 0; i < b.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            room[i] ^= (uint8_t)(1u << bit);
            if (face_order_read(builder_bytes(&b), &read)) {
                struct builder out = builder_in(first, sizeof first);
                struct why why;
                assert_false(same_order(&order, &read));
                if (i % 16 == bit) {
                    enum err err = face_draw(fonts, &read, &no_photo, &out, &why);
                    assert_true(err == OK || err == ERR_INVALID);
                }
            }
            room[i] ^= (uint8_t)(1u << bit);
        }
    }
}

static void files_end_by_side_and_form(void **state) {
    (void)state;
    assert_string_equal(face_ending(FACE_FRONT, FACE_PNG), "front.png");
    assert_string_equal(face_ending(FACE_BACK, FACE_PDF), "back.pdf");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_png_is_a_card_at_300_to_the_inch),
        cmocka_unit_test(every_word_changes_the_picture_and_the_same_words_do_not),
        cmocka_unit_test(a_picture_of_any_shape_is_drawn),
        cmocka_unit_test(the_words_for_a_missing_picture_stand_only_in_its_place),
        cmocka_unit_test(the_code_can_be_read_from_the_picture),
        cmocka_unit_test(a_name_that_no_font_has_is_refused_by_its_character),
        cmocka_unit_test(a_long_name_is_whole),
        cmocka_unit_test(a_picture_that_does_not_fit_is_refused),
        cmocka_unit_test(a_request_is_read_as_it_was_written_and_no_prefix_is),
        cmocka_unit_test(a_spoiled_request_does_no_harm),
        cmocka_unit_test(files_end_by_side_and_form),
    };
    return cmocka_run_group_tests(tests, open_fonts, close_fonts);
}
