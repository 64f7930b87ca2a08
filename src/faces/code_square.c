#include "faces/code_square.h"

#include <assert.h>
#include <qrencode.h>
#include <string.h>

enum { QUIET = 4 /* empty squares around a code */ };

/* Only the dark squares: the ground is the page's. */
static void draw_squares(cairo_t *cr, const QRcode *code, double x, double y, double side) {
    double one = side / (code->width + 2 * QUIET);
    assert(code->width > 0);
    for (int i = 0; i < code->width * code->width; i++) {
        int column = i % code->width + QUIET, row = i / code->width + QUIET;
        if (code->data[i] & 1) {
            cairo_rectangle(cr, x + column * one, y + row * one, one, one);
        }
    }
    cairo_fill(cr);
}

enum err code_square_draw(
    cairo_t *cr, const char *text, double x, double y, double side, struct why *why) {
    assert(side > 0);
    QRcode *code = strlen(text) <= CODE_TEXT_MAX ? QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M)
                                                 : NULL;
    if (!code) {
        return why_say(why, ERR_INVALID, "no code can be made of \"%.40s\": it takes 1 to %d bytes",
            text, CODE_TEXT_MAX);
    }
    draw_squares(cr, code, x, y, side);
    QRcode_free(code);
    return OK;
}
