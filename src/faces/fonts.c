#include "faces/fonts.h"

#include <assert.h>
#include <fontconfig/fontconfig.h>
#include <pango/pangofc-fontmap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/gb18030.h"

static const struct font {
    const char *family, *folder, *package;
} faces[] = {
#define FONT(family, folder, package) {family, folder, package},
#include "faces/font.def"
};
enum { FACE_COUNT = sizeof faces / sizeof faces[0] };

/* All families, one behind the other, as pango wants them. */
static const char families[] =
#define FONT(family, folder, package) family ","
#include "faces/font.def"
    "";

/* Nothing of the machine's own configuration. Pictures made for the screen are not used: what is
 * printed is drawn from outlines, and not moved to a grid. */
static const char config_text[] =
    "<?xml version=\"1.0\"?><fontconfig>"
#define FONT(family, folder, package) "<dir>" folder "</dir>"
#include "faces/font.def"
    "<cachedir>/var/cache/fontconfig</cachedir>"
    "<match target=\"pattern\">"
    "<edit name=\"embeddedbitmap\" mode=\"assign\"><bool>false</bool></edit>"
    "<edit name=\"hinting\" mode=\"assign\"><bool>false</bool></edit>"
    "<edit name=\"antialias\" mode=\"assign\"><bool>true</bool></edit>"
    "</match></fontconfig>";

struct fonts {
    FcConfig *config;
    PangoFontMap *map;
    PangoContext *context;
    PangoLayout *layout; /* used again for each text */
    double size;         /* that the layout's face has; 0 for none yet */
};

static enum err face_missing(const struct font *font, struct why *why) {
    return why_say(why, ERR_OUTSIDE,
        "the face %s is not there: install the package %s, or have names printed as boxes",
        font->family, font->package);
}

/* Whether the case has the face by its very name: fontconfig would answer with its next best. */
static bool has_face(FcConfig *config, const struct font *font) {
    FcPattern *wanted = FcPatternBuild(NULL, FC_FAMILY, FcTypeString, font->family, (char *)NULL);
    FcObjectSet *what = FcObjectSetBuild(FC_FILE, (char *)NULL);
    FcFontSet *found = wanted && what ? FcFontList(config, wanted, what) : NULL;
    bool has = found && found->nfont > 0;
    if (found) {
        FcFontSetDestroy(found);
    }
    if (what) {
        FcObjectSetDestroy(what);
    }
    if (wanted) {
        FcPatternDestroy(wanted);
    }
    return has;
}

static enum err open_config(struct fonts *fonts, struct why *why) {
    fonts->config = FcConfigCreate();
    if (!fonts->config
        || !FcConfigParseAndLoadFromMemory(fonts->config, (const FcChar8 *)config_text, FcTrue)
        || !FcConfigBuildFonts(fonts->config)) {
        return why_say(why, ERR_OUTSIDE, "the faces could not be looked through; is memory short?");
    }
    for (size_t i = 0; i < FACE_COUNT; i++) {
        if (!has_face(fonts->config, &faces[i])) {
            return face_missing(&faces[i], why);
        }
    }
    return OK;
}

/* One character of each face, so that its file is open from now on. */
static enum err warm(struct fonts *fonts, struct why *why) {
    static const char sample[] = "Aa0一齋㐀𠀀𪜀";
    const struct text_place place = {.size = 10};
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 256, 32);
    cairo_t *cr = cairo_create(surface);
    enum err err = fonts_draw(fonts, cr, &place, sample, NULL, why);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    return err;
}

/* How often a library warned. What it cannot draw it warns of and draws a box; nobody else would know. */
static unsigned warnings;

/* What the libraries warn of goes to standard error. By themselves they would ask first whether that is
 * the system's log, which a cage does not let them. */
static GLogWriterOutput write_warning(
    GLogLevelFlags level, const GLogField *fields, gsize count, gpointer unused) {
    (void)unused;
    warnings += level <= G_LOG_LEVEL_WARNING ? 1 : 0;
    for (gsize i = 0; level <= G_LOG_LEVEL_WARNING && i < count; i++) {
        if (strcmp(fields[i].key, "MESSAGE") == 0) {
            (void)fprintf(stderr, "faces: %s\n", (const char *)fields[i].value);
        }
    }
    return G_LOG_WRITER_HANDLED;
}

/* Once in a process, however many cases are opened. */
static void hear_warnings(void) {
    static bool heard;
    if (!heard) {
        g_log_set_writer_func(write_warning, NULL, NULL);
        heard = true;
    }
}

enum err fonts_open(struct fonts **out, struct why *why) {
    hear_warnings();
    struct fonts *fonts = calloc(1, sizeof *fonts);
    *out = NULL;
    if (!fonts) {
        return why_say(why, ERR_OUTSIDE, "no memory for faces; try again");
    }
    enum err err = open_config(fonts, why);
    if (!err) {
        fonts->map = pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
        assert(fonts->map);
        pango_fc_font_map_set_config(PANGO_FC_FONT_MAP(fonts->map), fonts->config);
        fonts->context = pango_font_map_create_context(fonts->map);
        cairo_font_options_t *options = cairo_font_options_create();
        cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
        cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
        cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
        pango_cairo_context_set_font_options(fonts->context, options);
        cairo_font_options_destroy(options);
        pango_cairo_context_set_resolution(fonts->context, 72);
        pango_context_set_language(fonts->context, pango_language_from_string("zh-cn"));
        pango_context_set_round_glyph_positions(fonts->context, FALSE);
        fonts->layout = pango_layout_new(fonts->context);
        pango_layout_set_wrap(fonts->layout, PANGO_WRAP_WORD_CHAR);
        err = warm(fonts, why);
    }
    if (err) {
        fonts_close(fonts);
        return err;
    }
    *out = fonts;
    return OK;
}

void fonts_close(struct fonts *fonts) {
    if (!fonts) {
        return;
    }
    g_clear_object(&fonts->layout);
    g_clear_object(&fonts->context);
    g_clear_object(&fonts->map);
    if (fonts->config) {
        FcConfigDestroy(fonts->config);
    }
    free(fonts);
}

/* ---- text ---- */

static void set_size(struct fonts *fonts, double size) {
    if (size != fonts->size) {
        PangoFontDescription *face = pango_font_description_new();
        pango_font_description_set_family_static(face, families);
        pango_font_description_set_absolute_size(face, size * PANGO_SCALE);
        pango_layout_set_font_description(fonts->layout, face);
        pango_font_description_free(face);
        fonts->size = size;
    }
}

/* The sentence for a text with a character that has no face. */
static enum err tell_unknown(struct fonts *fonts, const char *text, struct why *why) {
    struct cursor at = cursor_over(bytes_text(text));
    while (at.rest.len > 0) {
        const char *from = (const char *)at.rest.at;
        int32_t c = utf8_next(&at);
        pango_layout_set_text(fonts->layout, from, (int)((const char *)at.rest.at - from));
        if (pango_layout_get_unknown_glyphs_count(fonts->layout) > 0) {
            return why_say(why, ERR_INVALID,
                "no face here has the character U+%04X of \"%.60s\", and a box is not printed: "
                "install a font that has it and add it to font.def",
                (unsigned)c, text);
        }
    }
    return why_say(why, ERR_INVALID,
        "no face here can draw the characters of \"%.60s\" as they stand together", text);
}

/* Puts the text into the layout and checks it. */
static enum err lay_out(
    struct fonts *fonts, const struct text_place *place, const char *text, struct why *why) {
    static const PangoAlignment sides[] = {PANGO_ALIGN_LEFT, PANGO_ALIGN_CENTER, PANGO_ALIGN_RIGHT};
    assert(place->size > 0);
    if (!g_utf8_validate(text, -1, NULL)) {
        return why_say(why, ERR_INVALID, "a text to be drawn is no UTF-8");
    }
    set_size(fonts, place->size);
    bool fixed = place->width > 0 && place->breaks;
    pango_layout_set_width(fonts->layout, fixed ? (int)(place->width * PANGO_SCALE) : -1);
    pango_layout_set_alignment(fonts->layout, sides[place->side]);
    pango_layout_set_text(fonts->layout, text, -1);
    return pango_layout_get_unknown_glyphs_count(fonts->layout) > 0 ? tell_unknown(fonts, text, why)
                                                                    : OK;
}

enum err fonts_draw(struct fonts *fonts, cairo_t *cr, const struct text_place *place,
    const char *text, double *height, struct why *why) {
    int wide = 0, high = 0;
    const unsigned warned = warnings;
    enum err err = lay_out(fonts, place, text, why);
    if (err) {
        return err;
    }
    pango_layout_get_size(fonts->layout, &wide, &high);
    double width = (double)wide / PANGO_SCALE, tall = (double)high / PANGO_SCALE;
    bool lines = place->breaks && place->width > 0;
    double shrink = !lines && place->width > 0 && width > place->width ? place->width / width : 1;
    double room = place->width > 0 && !lines ? place->width - width * shrink : 0;
    double left = place->side == SIDE_RIGHT ? room : place->side == SIDE_MIDDLE ? room / 2 : 0;
    if (height) {
        *height = tall;
    }
    if (cr) {
        cairo_save(cr);
        cairo_translate(cr, place->x + left, place->y + (tall - tall * shrink) / 2);
        cairo_scale(cr, shrink, shrink);
        pango_cairo_show_layout(cr, fonts->layout);
        cairo_restore(cr);
    }
    return warnings == warned
               ? OK
               : why_say(why, ERR_OUTSIDE,
                   "\"%.60s\" could not be drawn as it should: a face cannot be read", text);
}

enum err fonts_check(struct fonts *fonts, const char *text, struct why *why) {
    const struct text_place place = {.size = 10};
    return fonts_draw(fonts, NULL, &place, text, NULL, why);
}
