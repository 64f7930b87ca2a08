/* A QR code as a square of a page or a card: for papers and faces alike. [ISO/IEC 18004]
 *
 * Nothing stands in it that is not printed beside it for people, too: a code spares typing, and hides
 * nothing. */
#pragma once

#include <cairo.h>

#include "host/why.h"

enum { CODE_TEXT_MAX = 300 /* bytes of a code's text */ };

/* Draws a code of the text, 1 to CODE_TEXT_MAX bytes, with the empty border that readers want, into a square of
 * `side` units of the context whose upper left corner is x, y, in the colour that is set. Level M: a seventh of
 * it may be damaged. The same text is the same squares. ERR_INVALID: no code can be made of it; nothing was
 * drawn then. */
enum err code_square_draw(
    cairo_t *cr, const char *text, double x, double y, double side, struct why *why);
