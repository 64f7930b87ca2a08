/* The two sides of a card as pictures: PNG for the printer of cards, PDF for people. [system.md 4.2.1;
 * decision 0046]
 *
 * A card is 85.6 by 54 mm; a PNG has 1011 by 638 pixels, 300 to the inch, and says so. Where everything
 * stands is face_layout.def. No emblem is copied: its place has a neutral mark, and a rehearsal's faces
 * say 样卡 SPECIMEN across them. The same words and picture are the same bytes. A name with a character
 * that no face has is refused by that character, never cut, never a box [fonts.h].
 *
 * Drawing is the painter's: the request and its reading are here, so that both ends agree; the picture in it
 * is a file that the one inside the cage decodes. */
#pragma once

#include "base/builder.h"
#include "faces/fonts.h"

enum face_side { FACE_FRONT, FACE_BACK, FACE_SIDES };
enum face_form { FACE_PNG, FACE_PDF, FACE_FORMS };

enum {
    FACE_WIDTH_PX = 1011,
    FACE_HEIGHT_PX = 638,
    FACE_TEXT_MAX = 400 /* bytes of one text */
};

/* What stands on a card. Texts are UTF-8; empty ones leave their place free, label and all. */
struct face_words {
    char title[FACE_TEXT_MAX + 1];         /* 社会保障卡 */
    char title_latin[FACE_TEXT_MAX + 1];   /* SOCIAL SECURITY CARD */
    char unit[FACE_TEXT_MAX + 1];          /* who issues it */
    char name[FACE_TEXT_MAX + 1];          /* the holder's, whole */
    char person_number[FACE_TEXT_MAX + 1]; /* social security number */
    char card_number[FACE_TEXT_MAX + 1];
    char valid[FACE_TEXT_MAX + 1];    /* "2003-10-08 – 2013-10-08" */
    char notice[FACE_TEXT_MAX + 1];   /* small print */
    char stamp[FACE_TEXT_MAX + 1];    /* across both sides, or empty */
    char code[FACE_TEXT_MAX + 1];     /* for machines, as a QR code: 300 bytes at most, or empty */
    char no_photo[FACE_TEXT_MAX + 1]; /* in the frame where no picture is: 照片待补, or empty */
};

/* One picture to be drawn. photo is borrowed: any file that whoever draws can decode, or empty. */
struct face_order {
    enum face_side side;
    enum face_form form;
    uint32_t day; /* the date that a PDF bears, YYYYMMDD */
    struct face_words words;
    struct bytes photo;
};

/* A decoded picture: RGB, 3 bytes a pixel, rows from the top without padding. NULL rgb: none. */
struct face_photo {
    const uint8_t *rgb;
    uint32_t width, height;
};

/* The request for a painter, and back. Writing asserts lengths and may overflow out. Reading takes the
 * request for hostile and answers false for anything that face_order_write() would not have written. */
void face_order_write(const struct face_order *order, struct builder *out);
bool face_order_read(struct bytes request, struct face_order *order);

/* Draws one side; the picture file goes to out. ERR_INVALID: a character has no face, or out is too small
 * for it; ERR_OUTSIDE: no memory. */
enum err face_draw(struct fonts *fonts, const struct face_order *order,
    const struct face_photo *photo, struct builder *out, struct why *why);

/* "front.png", "back.pdf": how the file of a side ends. Static. */
const char *face_ending(enum face_side side, enum face_form form);
