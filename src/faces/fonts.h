/* The faces at hand, and text drawn with them: whole, or refused by name. [architecture: names of people
 * are whole; decision 0047]
 *
 * A character is looked for in the faces of font.def, in their order. One that none of them has would be
 * drawn as a box by any library; here the text is refused, and the sentence names the character. Faces
 * lie in a case of their own: what else the machine has, and how it is configured, changes nothing.
 *
 * A case belongs to one thread. Everything it needs is opened by fonts_open(): afterwards text can be
 * drawn without opening a file. */
#pragma once

#include <cairo.h>
#include <pango/pangocairo.h>
#include <stdbool.h>

#include "host/why.h"

struct fonts;

/* Where a line of text stands within its width. */
enum text_side { SIDE_LEFT, SIDE_MIDDLE, SIDE_RIGHT };

/* One line of text, or a paragraph that is broken into lines. */
struct text_place {
    double x, y;  /* left end and top, in the units of the cairo context */
    double width; /* of the line; 0: as long as it is */
    double size;  /* height of the face, in the same units */
    enum text_side side;
    bool breaks; /* a text wider than width goes on below; otherwise it is drawn smaller to fit */
};

/* Opens all faces. ERR_OUTSIDE when one is missing: the sentence names its package. *out is NULL after
 * a failure. */
enum err fonts_open(struct fonts **out, struct why *why);
/* NULL does nothing. */
void fonts_close(struct fonts *fonts);

/* Draws UTF-8 text, borrowed for the call; *height, unless NULL, is how much of the page it takes.
 * ERR_INVALID when it is no UTF-8 or a face is missing for one of its characters; then nothing was
 * drawn. ERR_OUTSIDE when a library warned that it cannot read a face: what was drawn is to be dropped. cr NULL draws nothing: a check, and the height. */
enum err fonts_draw(struct fonts *fonts, cairo_t *cr, const struct text_place *place,
    const char *text, double *height, struct why *why);

/* Whether every character of a text has a face; the sentence names the first that has none. */
enum err fonts_check(struct fonts *fonts, const char *text, struct why *why);
