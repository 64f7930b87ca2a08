/* Photos as they come: good ones, spoiled ones, and files that want something else. */
#include "capture/photo_skill.h"

#include "capture/drawn_head.h"

/* After <stdio.h>, which it needs and does not include. */
#include <jpeglib.h>

static uint8_t file_room[DRAWN_ROOM];
static uint8_t request_room[DRAWN_ROOM + PHOTO_REQUEST_EXTRA];
static uint8_t answer_room[1 << 20];

/* Sends a file to the skill, and takes its answer apart. */
static enum err look(struct bytes file, struct photo_seen *seen, struct why *why) {
    struct builder request = builder_in(request_room, sizeof request_room);
    struct builder out = builder_in(answer_room, sizeof answer_room);
    photo_request_look(file, &request);
    assert_false(request.overflowed);
    enum err err = photo_work(NULL, builder_bytes(&request), &out, why);
    return err ? err : photo_answer_read(builder_bytes(&out), seen, why);
}

static struct photo_figures look_at(const struct head *head) {
    struct photo_seen seen;
    struct why why = {0};
    enum err err = look(head_file(head, file_room), &seen, &why);
    if (err) {
        fail_msg("%s", why.text);
    }
    return seen.figures;
}

static void near(uint32_t got, double wanted, double off) {
    if (fabs((double)got - wanted) > off) {
        fail_msg("%u is not within %.0f of %.0f", got, off, wanted);
    }
}

static void a_good_photo_passes_and_its_figures_are_the_head_s(void **state) {
    (void)state;
    struct head head = good_head();
    for (double face = 185; face <= 250; face += 13) {
        for (double middle = 165; middle <= 193; middle += 7) {
            head.face_width = face;
            head.middle = middle;
            struct photo_figures f = look_at(&head);
            near(f.of[FIGURE_FACE_WIDTH], face, 5);
            near(f.of[FIGURE_EYES_LEFT], middle, 4);
            near(f.of[FIGURE_EYES_ABOVE], PHOTO_HEIGHT - head.eyes_down, 5);
            near(f.of[FIGURE_HAIR_TOP], head.hair_top, 3);
            assert_int_equal(f.of[FIGURE_FACES], 1);
        }
    }
    head = good_head();
    struct photo_figures f = look_at(&head);
    assert_int_equal(photo_judge(&f), PHOTO_PASSES);
}

/* The same head in pictures of cameras, near and far, left and right: cut out, it is where it is
 * wanted. */
static void a_camera_s_picture_is_cut_to_the_rule(void **state) {
    (void)state;
    static const struct {
        uint32_t width, height;
        double times, middle;
    } cameras[] = {
        {900,  1100, 1.4, 450},
        {1600, 1200, 1.5, 800},
        {1600, 1200, 1.5, 560},
        {1200, 1600, 2.0, 640},
        {480,  640,  1.1, 240},
    };
    for (size_t i = 0; i < sizeof cameras / sizeof cameras[0]; i++) {
        struct head head = far_head(cameras[i].width, cameras[i].height, cameras[i].times);
        head.middle = cameras[i].middle;
        struct photo_figures f = look_at(&head);
        near(f.of[FIGURE_EYES_LEFT], 179, 6);
        near(f.of[FIGURE_HAIR_TOP], 14, 6);
        assert_int_equal(photo_judge(&f), PHOTO_PASSES);
        assert_int_equal(f.of[FIGURE_DPI], PHOTO_DPI);
    }
}

/* One thing is wrong each time, and the rule names it. */
static void what_is_wrong_is_named(void **state) {
    (void)state;
    const struct head good = good_head();
    struct head blurred = good, dark = good, bright = good, grey = good, left = good, small = good,
                low = good, turned = good, none = good;
    blurred.blur = 4;
    dark.light = 0.28;
    bright.light = 1.28;
    grey.ground = 190;
    left.middle = 110;
    small.face_width = 140;
    low.hair_top = 80;
    low.eyes_down = 236;
    turned.tilt = 0.5;
    none.no_head = true;
    struct head two = far_head(1600, 1200, 1.5);
    two.middle = 500;
    two.second_head = true;
    const struct {
        const struct head *head;
        enum photo_figure figure;
    } cases[] = {
        {&blurred, FIGURE_SHARPNESS },
        {&dark,    FIGURE_BRIGHTNESS},
        {&bright,  FIGURE_BRIGHTNESS},
        {&grey,    FIGURE_WHITE     },
        {&left,    FIGURE_EYES_LEFT },
        {&small,   FIGURE_FACE_WIDTH},
        {&low,     FIGURE_HAIR_TOP  },
        {&turned,  FIGURE_UNLIKE    },
        {&none,    FIGURE_FACES     },
        {&two,     FIGURE_FACES     },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct photo_figures f = look_at(cases[i].head);
        char findings[FINDINGS_ROOM];
        photo_findings_write(&f, findings);
        enum photo_judgement one = photo_figure_judge(cases[i].figure, f.of[cases[i].figure]);
        if (one != PHOTO_FAILS || photo_judge(&f) != PHOTO_FAILS) {
            fail_msg("case %zu, %s:\n%s", i, photo_figure_name(cases[i].figure), findings);
        }
        assert_non_null(strstr(findings, photo_figure_name(cases[i].figure)));
    }
}

/* Something is there, but nothing with the colour of skin: a detector of this kind cannot say more. */
static void a_head_that_the_detector_does_not_know_goes_to_a_person(void **state) {
    (void)state;
    struct head head = good_head();
    head.light = 0.12;
    struct photo_figures f = look_at(&head);
    assert_int_equal(f.of[FIGURE_FACES], FIGURE_UNKNOWN);
    assert_int_equal(photo_judge(&f), PHOTO_TO_PERSON);
}

static void what_nobody_can_measure_goes_to_a_person(void **state) {
    (void)state;
    struct photo_figures f;
    for (size_t i = 0; i < FIGURES; i++) {
        char finding[FINDING_ROOM];
        f.of[i] = FIGURE_UNKNOWN;
        assert_int_equal(photo_figure_judge((enum photo_figure)i, f.of[i]), PHOTO_TO_PERSON);
        photo_finding_write((enum photo_figure)i, f.of[i], finding);
        assert_non_null(strstr(finding, "person"));
    }
    assert_int_equal(photo_judge(&f), PHOTO_TO_PERSON);
    char all[FINDINGS_ROOM];
    photo_findings_write(&f, all);
    assert_true(strlen(all) < FINDINGS_ROOM);
}

static void each_destination_gets_its_size_and_bytes(void **state) {
    (void)state;
    struct head head = far_head(1200, 1600, 2);
    struct photo_seen seen;
    struct why why = {0};
    static uint8_t kept[PHOTO_FILE_MAX];
    assert_int_equal(look(head_file(&head, file_room), &seen, &why), OK);
    (void)memcpy(kept, seen.jpeg.at, seen.jpeg.len);
    struct bytes photo = bytes_of(kept, seen.jpeg.len);
    for (int i = 0; i < PROFILES; i++) {
        const struct photo_profile_text *to = photo_profile_text((enum photo_profile)i);
        struct builder request = builder_in(request_room, sizeof request_room);
        struct builder out = builder_in(answer_room, sizeof answer_room);
        PICTURE_SCOPE(picture);
        photo_request_export(photo, (enum photo_profile)i, &request);
        assert_int_equal(photo_work(NULL, builder_bytes(&request), &out, &why), OK);
        assert_int_equal(photo_answer_read(builder_bytes(&out), &seen, &why), OK);
        assert_true(seen.jpeg.len >= to->least);
        assert_true(to->most == 0 || seen.jpeg.len <= to->most);
        assert_int_equal(picture_decode(seen.jpeg, &picture, &why), OK);
        assert_int_equal(picture.width, to->width);
        assert_int_equal(picture.height, to->height);
        assert_int_equal(picture.dpi, to->dpi);
        assert_int_equal(photo_profile_named(to->name), i);
    }
    assert_int_equal(photo_profile_named("nobody"), PROFILES);
}

/* --- files that want something else ----------------------------------------------------------- */

static void refused(struct bytes file, const char *word) {
    struct photo_seen seen;
    struct why why = {0};
    assert_int_equal(look(file, &seen, &why), ERR_INVALID);
    if (!strstr(why.text, word)) {
        fail_msg("\"%s\" does not say \"%s\"", why.text, word);
    }
}

static void other_formats_are_named(void **state) {
    (void)state;
    refused(bytes_of("", 0), "empty");
    refused(bytes_text("\x89PNG\r\n\x1a\n and so on"), "PNG");
    refused(bytes_text("GIF89a and so on"), "GIF");
    refused(bytes_text("%PDF-1.4 and so on"), "PDF");
    refused(bytes_text("a letter to the card centre"), "no JPEG");
    refused(bytes_of("\xFF\xD8\xFF", 3), "");
}

/* Where the frame's header (SOF0) says height and width. */
static uint8_t *frame_of(struct bytes file) {
    for (size_t i = 0; i + 9 < file.len; i++) {
        if (file.at[i] == 0xFF && file.at[i + 1] == 0xC0) {
            return file_room + i + 5;
        }
    }
    fail();
    return NULL;
}

/* A file of some kilobytes that says it has 65,000 x 65,000 pixels: refused before there is memory. */
static void a_bomb_of_pixels_does_not_go_off(void **state) {
    (void)state;
    struct head head = good_head();
    struct bytes file = head_file(&head, file_room);
    uint8_t *at = frame_of(file);
    (void)memset(at, 0xFD, 4);
    refused(file, "65021 x 65021 pixels");
}

/* Writes p with the library itself, in ways that picture_encode() does not know. */
static struct bytes strange_file(const struct picture *p, int components, bool layers) {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *to = file_room;
    unsigned long len = sizeof file_room;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &to, &len);
    jpeg.image_width = p->width;
    jpeg.image_height = p->height;
    jpeg.input_components = components;
    jpeg.in_color_space = components == 1 ? JCS_GRAYSCALE : components == 4 ? JCS_CMYK : JCS_RGB;
    jpeg_set_defaults(&jpeg);
    if (layers) {
        jpeg_simple_progression(&jpeg);
    }
    jpeg_start_compress(&jpeg, TRUE);
    static uint8_t row[4 * 2000];
    assert_true(p->width <= 2000);
    while (jpeg.next_scanline < jpeg.image_height) {
        JSAMPROW rows = components == 3 ? p->rgb + (size_t)jpeg.next_scanline * p->width * 3 : row;
        (void)jpeg_write_scanlines(&jpeg, &rows, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    assert_ptr_equal(to, file_room);
    return bytes_of(file_room, len);
}

/* The last layer of a progressive file, a thousand times: small, and slow for whoever reads it all. */
static void a_bomb_of_layers_does_not_go_off(void **state) {
    (void)state;
    struct head head = good_head();
    struct picture p = head_draw(&head);
    struct bytes file = strange_file(&p, 3, true);
    picture_free(&p);
    struct photo_seen seen;
    struct why why = {0};
    static uint8_t bomb[DRAWN_ROOM];
    (void)memcpy(bomb, file.at, file.len);
    assert_int_equal(look(bytes_of(bomb, file.len), &seen, &why), OK); /* ten layers are none */
    size_t last = 0;
    for (size_t i = 0; i + 1 < file.len; i++) {
        last = bomb[i] == 0xFF && bomb[i + 1] == 0xDA ? i : last;
    }
    size_t layer = file.len - 2 - last;
    size_t len = file.len - 2;
    while (len + layer + 2 < sizeof bomb && len < 3 * 1000 * 1000) {
        (void)memcpy(bomb + len, bomb + last, layer);
        len += layer;
    }
    bomb[len++] = 0xFF;
    bomb[len++] = 0xD9;
    refused(bytes_of(bomb, len), "layers");
}

static void grey_fails_and_print_colours_are_refused(void **state) {
    (void)state;
    struct head head = good_head();
    struct picture p = head_draw(&head);
    struct photo_seen seen;
    struct why why = {0};
    assert_int_equal(look(strange_file(&p, 1, false), &seen, &why), OK);
    assert_int_equal(seen.figures.of[FIGURE_CHANNELS], 1);
    assert_int_equal(
        photo_figure_judge(FIGURE_CHANNELS, seen.figures.of[FIGURE_CHANNELS]), PHOTO_FAILS);
    refused(strange_file(&p, 4, false), "print");
    picture_free(&p);
}

/* EXIF that says "turned, 72 dpi, another size": the pixels are what counts, and what we keep has no
 * EXIF. */
static void exif_is_neither_read_nor_kept(void **state) {
    (void)state;
    static const uint8_t lie[] = {0xFF, 0xE1, 0, 0x22, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0,
        0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0};
    struct head head = good_head();
    struct photo_figures plain = look_at(&head);
    struct bytes file = head_file(&head, file_room);
    static uint8_t lying[DRAWN_ROOM];
    size_t first = 20; /* behind the JFIF head */
    (void)memcpy(lying, file.at, first);
    (void)memcpy(lying + first, lie, sizeof lie);
    (void)memcpy(lying + first + sizeof lie, file.at + first, file.len - first);
    struct photo_seen seen;
    struct why why = {0};
    assert_int_equal(look(bytes_of(lying, file.len + sizeof lie), &seen, &why), OK);
    assert_memory_equal(&seen.figures, &plain, sizeof plain);
    assert_null(memmem(seen.jpeg.at, seen.jpeg.len, "Exif", 4));
}

static void other_dots_per_inch_fail(void **state) {
    (void)state;
    struct head head = good_head();
    struct picture p = head_draw(&head);
    p.dpi = 72;
    struct builder b = builder_in(file_room, sizeof file_room);
    struct why why = {0};
    struct photo_seen seen;
    assert_int_equal(picture_encode(&p, 90, &b, &why), OK);
    picture_free(&p);
    assert_int_equal(look(builder_bytes(&b), &seen, &why), OK);
    assert_int_equal(photo_judge(&seen.figures), PHOTO_FAILS);
    char findings[FINDINGS_ROOM];
    photo_findings_write(&seen.figures, findings);
    assert_non_null(strstr(findings, "72 dpi, wanted 350-350"));
}

/* Small enough that every beginning of it, and every byte of it flipped, can be tried. */
static struct bytes small_file(void) {
    struct head head = {.width = 48,
        .height = 60,
        .middle = 24,
        .hair_top = 3,
        .face_width = 28,
        .eyes_down = 23,
        .ground = 250,
        .light = 1};
    return head_file(&head, file_room);
}

static void every_beginning_is_refused(void **state) {
    (void)state;
    struct bytes file = small_file();
    struct photo_seen seen;
    struct why why = {0};
    assert_int_equal(look(file, &seen, &why), OK);
    for (size_t len = 0; len < file.len - 2; len++) {
        assert_int_equal(look(bytes_of(file.at, len), &seen, &why), ERR_INVALID);
    }
}

/* Read as another picture or refused with a sentence; what is answered is always a photo. Every byte
 * goes through the decoder, every eighth through all of it. */
static void every_flipped_byte_is_survived(void **state) {
    (void)state;
    struct bytes file = small_file();
    for (size_t i = 0; i < file.len; i++) {
        struct photo_seen seen;
        struct why why = {0};
        file_room[i] ^= 0x55;
        PICTURE_SCOPE(picture);
        enum err err = i % 8 == 0 ? look(file, &seen, &why) : picture_decode(file, &picture, &why);
        file_room[i] ^= 0x55;
        assert_true(err == OK || err == ERR_INVALID);
        assert_true(err == OK || why.text[0] != '\0');
    }
}

static void an_answer_that_is_none_is_refused(void **state) {
    (void)state;
    struct head head = good_head();
    struct photo_seen seen;
    struct why why = {0};
    assert_int_equal(look(head_file(&head, file_room), &seen, &why), OK);
    for (size_t len = 0; len < FIGURES * 4 + 4; len++) {
        assert_int_equal(photo_answer_read(bytes_of(answer_room, len), &seen, &why), ERR_OUTSIDE);
    }
    answer_room[(size_t)FIGURES * 4] = 0;
    assert_int_equal(photo_answer_read(bytes_of(answer_room, 1000), &seen, &why), ERR_OUTSIDE);
}

static void a_request_that_is_none_is_refused(void **state) {
    (void)state;
    static const uint8_t bad[][3] = {
        {2, 0,        0xFF},
        {1, PROFILES, 0xFF},
        {0, 255,      0xFF}
    };
    struct builder out = builder_in(answer_room, sizeof answer_room);
    struct why why = {0};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(photo_work(NULL, bytes_of(bad[i], 3), &out, &why), ERR_INVALID);
        assert_int_equal(photo_work(NULL, bytes_of(bad[i], i % 2), &out, &why), ERR_INVALID);
    }
    assert_int_equal(out.len, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_photo_passes_and_its_figures_are_the_head_s),
        cmocka_unit_test(a_camera_s_picture_is_cut_to_the_rule),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(a_head_that_the_detector_does_not_know_goes_to_a_person),
        cmocka_unit_test(what_nobody_can_measure_goes_to_a_person),
        cmocka_unit_test(each_destination_gets_its_size_and_bytes),
        cmocka_unit_test(other_formats_are_named),
        cmocka_unit_test(a_bomb_of_pixels_does_not_go_off),
        cmocka_unit_test(a_bomb_of_layers_does_not_go_off),
        cmocka_unit_test(grey_fails_and_print_colours_are_refused),
        cmocka_unit_test(exif_is_neither_read_nor_kept),
        cmocka_unit_test(other_dots_per_inch_fail),
        cmocka_unit_test(every_beginning_is_refused),
        cmocka_unit_test(every_flipped_byte_is_survived),
        cmocka_unit_test(an_answer_that_is_none_is_refused),
        cmocka_unit_test(a_request_that_is_none_is_refused),
    };
    return cmocka_run_group_tests_name("photo_skill", tests, NULL, NULL);
}
