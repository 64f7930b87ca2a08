#include "capture/picture.h"

#include <assert.h>
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

enum { CHANNELS = 3, CODER_MEMORY = 256 << 20 };

/* Both directions end in the same way when the library gives up: back to where they began. */
struct way_back {
    struct jpeg_error_mgr errors; /* the library's, first, so that its address is this one's */
    jmp_buf place;
    char said[JMSG_LENGTH_MAX];
};

static void give_up(j_common_ptr jpeg) {
    struct way_back *back = jpeg->client_data;
    jpeg->err->format_message(jpeg, back->said);
    longjmp(back->place, 1);
}

/* The library would print; warnings are counted by it, and looked at in the end. */
static void say_nothing(j_common_ptr jpeg, int level) {
    if (level < 0) {
        jpeg->err->num_warnings++;
    }
}

static struct jpeg_error_mgr *way_back_begin(struct way_back *back) {
    (void)jpeg_std_error(&back->errors);
    back->errors.error_exit = give_up;
    back->errors.emit_message = say_nothing;
    return &back->errors;
}

void picture_free(struct picture *picture) {
    free(picture->rgb);
    *picture = (struct picture){0};
}

static enum err picture_new(struct picture *out, uint32_t width, uint32_t height, struct why *why) {
    assert(width >= 1 && width <= PICTURE_SIDE_MAX);
    assert(height >= 1 && height <= PICTURE_SIDE_MAX);
    *out = (struct picture){.width = width, .height = height, .channels = CHANNELS};
    out->rgb = malloc((size_t)width * height * CHANNELS);
    if (!out->rgb) {
        *out = (struct picture){0};
        return why_say(why, ERR_OUTSIDE, "no memory for %u x %u pixels", width, height);
    }
    return OK;
}

/* --- in --------------------------------------------------------------------------------------- */

/* What a file begins with that is no JPEG, for the sentence. */
static const struct {
    const char *magic;
    size_t len;
    const char *name;
} strangers[] = {
    {"\x89PNG", 4, "a PNG picture"   },
    {"GIF8",    4, "a GIF picture"   },
    {"BM",      2, "a BMP picture"   },
    {"RIFF",    4, "a WebP picture"  },
    {"II*\0",   4, "a TIFF picture"  },
    {"MM\0*",   4, "a TIFF picture"  },
    {"%PDF",    4, "a PDF document"  },
    {"<svg",    4, "an SVG drawing"  },
    {"PK",      2, "a packed archive"},
};

static enum err begins_as_jpeg(struct bytes file, struct why *why) {
    static const uint8_t begin[] = {0xFF, 0xD8, 0xFF};
    if (file.len == 0) {
        return why_say(why, ERR_INVALID, "the picture's file is empty; take the photo again");
    }
    if (file.len > PICTURE_FILE_MAX) {
        return why_say(why, ERR_INVALID,
            "the picture's file has %zu bytes, %d are the most; let the camera take smaller ones",
            file.len, PICTURE_FILE_MAX);
    }
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        if (file.len >= strangers[i].len
            && memcmp(file.at, strangers[i].magic, strangers[i].len) == 0) {
            return why_say(why, ERR_INVALID, "the file is %s whatever its name; save it as JPEG",
                strangers[i].name);
        }
    }
    if (file.len < sizeof begin || memcmp(file.at, begin, sizeof begin) != 0) {
        return why_say(why, ERR_INVALID, "the file is no JPEG picture; save the photo as JPEG");
    }
    return OK;
}

struct decoder {
    struct jpeg_decompress_struct jpeg;
    struct way_back back;
    struct jpeg_progress_mgr progress;
    struct picture *out;
    struct why *why;
    bool endless;
};

/* Called between pieces of work: a file of thousands of scans is small and takes for ever. */
static void count_scans(j_common_ptr jpeg) {
    struct decoder *d = (struct decoder *)(void *)jpeg; /* jpeg is its first member */
    if (d->jpeg.input_scan_number > PICTURE_SCANS_MAX) {
        d->endless = true;
        longjmp(d->back.place, 1);
    }
}

/* Dots per inch, when the file says it in both directions alike. */
static uint32_t dpi_of(const struct jpeg_decompress_struct *jpeg) {
    if (!jpeg->saw_JFIF_marker || jpeg->X_density != jpeg->Y_density) {
        return 0;
    }
    bool metric = jpeg->density_unit == 2; /* dots per centimetre; 1 is per inch */
    return metric                    ? (uint32_t)lround(jpeg->X_density * 2.54)
           : jpeg->density_unit == 1 ? jpeg->X_density
                                     : 0;
}

static enum err size_check(const struct jpeg_decompress_struct *jpeg, struct why *why) {
    uint64_t pixels = (uint64_t)jpeg->image_width * jpeg->image_height;
    if (jpeg->image_width > PICTURE_SIDE_MAX || jpeg->image_height > PICTURE_SIDE_MAX
        || pixels > PICTURE_PIXELS_MAX) {
        return why_say(why, ERR_INVALID,
            "the picture has %u x %u pixels; %d a side and %d in all are the most: let the camera "
            "take smaller ones",
            jpeg->image_width, jpeg->image_height, PICTURE_SIDE_MAX, PICTURE_PIXELS_MAX);
    }
    if (jpeg->num_components != CHANNELS && jpeg->num_components != 1) {
        return why_say(why, ERR_INVALID,
            "the picture has %d colours, as for print; save it with red, green and blue",
            jpeg->num_components);
    }
    return OK;
}

static enum err decode_rows(struct decoder *d) {
    struct jpeg_decompress_struct *jpeg = &d->jpeg;
    (void)jpeg_read_header(jpeg, TRUE);
    enum err err = size_check(jpeg, d->why);
    err = err ? err : picture_new(d->out, jpeg->image_width, jpeg->image_height, d->why);
    if (err) {
        return err;
    }
    jpeg->out_color_space = JCS_RGB;
    d->out->dpi = dpi_of(jpeg);
    d->out->channels = (uint32_t)jpeg->num_components;
    (void)jpeg_start_decompress(jpeg);
    assert(jpeg->output_width == d->out->width);
    assert(jpeg->output_components == CHANNELS);
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW row = d->out->rgb + (size_t)jpeg->output_scanline * d->out->width * CHANNELS;
        (void)jpeg_read_scanlines(jpeg, &row, 1);
    }
    (void)jpeg_finish_decompress(jpeg);
    return jpeg->err->num_warnings == 0
               ? OK
               : why_say(d->why, ERR_INVALID,
                   "the picture's file is torn or damaged; send it again, or take the photo again");
}

/* The only function that the library jumps back to: nothing but *d outlives the jump. */
static enum err decode_or_return(struct decoder *d, struct bytes file) {
    d->jpeg.err = way_back_begin(&d->back);
    d->jpeg.client_data = &d->back;
    if (setjmp(d->back.place)) {
        return d->endless
                   ? why_say(d->why, ERR_INVALID,
                       "the picture comes in more than %d layers; save it as an ordinary JPEG",
                       PICTURE_SCANS_MAX)
                   : why_say(d->why, ERR_INVALID,
                       "the picture cannot be read (%.120s); take the photo again", d->back.said);
    }
    jpeg_create_decompress(&d->jpeg);
    d->jpeg.mem->max_memory_to_use = CODER_MEMORY;
    d->progress.progress_monitor = count_scans;
    d->jpeg.progress = &d->progress;
    jpeg_mem_src(&d->jpeg, file.at, file.len);
    return decode_rows(d);
}

enum err picture_decode(struct bytes file, struct picture *out, struct why *why) {
    struct decoder d = {.out = out, .why = why};
    *out = (struct picture){0};
    enum err err = begins_as_jpeg(file, why);
    if (err) {
        return err;
    }
    err = decode_or_return(&d, file);
    jpeg_destroy_decompress(&d.jpeg);
    if (err) {
        picture_free(out);
    }
    assert(err || out->rgb);
    return err;
}

/* --- out -------------------------------------------------------------------------------------- */

struct encoder {
    struct jpeg_compress_struct jpeg;
    struct way_back back;
    unsigned char *file; /* the builder's room, or the library's own when that was too small */
    unsigned long len;
};

static void encode_rows(struct encoder *e, const struct picture *picture, int quality) {
    struct jpeg_compress_struct *jpeg = &e->jpeg;
    jpeg_create_compress(jpeg);
    jpeg_mem_dest(jpeg, &e->file, &e->len);
    jpeg->image_width = picture->width;
    jpeg->image_height = picture->height;
    jpeg->input_components = CHANNELS;
    jpeg->in_color_space = JCS_RGB;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, quality, TRUE);
    jpeg->optimize_coding = TRUE;
    jpeg->density_unit = picture->dpi ? 1 : 0;
    jpeg->X_density = (UINT16)(picture->dpi ? picture->dpi : 1);
    jpeg->Y_density = jpeg->X_density;
    jpeg_start_compress(jpeg, TRUE);
    while (jpeg->next_scanline < jpeg->image_height) {
        JSAMPROW row = picture->rgb + (size_t)jpeg->next_scanline * picture->width * CHANNELS;
        (void)jpeg_write_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_compress(jpeg);
}

static enum err encode_or_return(
    struct encoder *e, const struct picture *picture, int quality, struct why *why) {
    e->jpeg.err = way_back_begin(&e->back);
    e->jpeg.client_data = &e->back;
    if (setjmp(e->back.place)) {
        return why_say(why, ERR_OUTSIDE, "the picture cannot be written (%.120s)", e->back.said);
    }
    encode_rows(e, picture, quality);
    return OK;
}

enum err picture_encode(
    const struct picture *picture, int quality, struct builder *out, struct why *why) {
    assert(picture->rgb);
    assert(quality >= 1 && quality <= 100);
    assert(picture->dpi <= UINT16_MAX);
    unsigned char *room = out->at + out->len;
    struct encoder e = {.file = room, .len = out->room - out->len};
    enum err err = out->overflowed || e.len == 0 ? ERR_INVALID : OK;
    if (err) {
        return why_say(why, err, "there is no room for a picture");
    }
    err = encode_or_return(&e, picture, quality, why);
    jpeg_destroy_compress(&e.jpeg);
    if (!err && e.file != room) {
        err = why_say(why, ERR_INVALID, "there is no room for a picture of %lu bytes", e.len);
        free(e.file);
    }
    out->len += err ? 0 : e.len;
    return err;
}

/* --- parts ------------------------------------------------------------------------------------ */

/* The pixels from..to of a line, as those that lie wholly or partly within. */
struct span {
    uint32_t first, last; /* both count */
    double from, to;
};

static struct span span_of(double from, double len, uint32_t limit) {
    struct span span = {.from = from, .to = from + len};
    span.first = (uint32_t)fmax(0, floor(span.from));
    double last = ceil(span.to) - 1;
    span.last = last < span.first ? span.first : (uint32_t)last;
    span.last = span.last >= limit ? limit - 1 : span.last;
    span.first = span.first > span.last ? span.last : span.first;
    return span;
}

/* How much of pixel i the span covers. */
static double share(const struct span *span, uint32_t i) {
    double from = fmax(span->from, (double)i);
    double to = fmin(span->to, (double)i + 1);
    return to > from ? to - from : 0;
}

static void mean_of(
    const struct picture *from, const struct span *across, const struct span *down, uint8_t *to) {
    double sum[CHANNELS] = {0};
    double weight = 0;
    for (uint32_t y = down->first; y <= down->last; y++) {
        for (uint32_t x = across->first; x <= across->last; x++) {
            const uint8_t *pixel = from->rgb + ((size_t)y * from->width + x) * CHANNELS;
            double w = share(down, y) * share(across, x);
            sum[0] += w * pixel[0];
            sum[1] += w * pixel[1];
            sum[2] += w * pixel[2];
            weight += w;
        }
    }
    for (int c = 0; c < CHANNELS; c++) {
        to[c] = weight > 0 ? (uint8_t)lround(fmin(255, sum[c] / weight)) : 255;
    }
}

enum err picture_cut(const struct picture *from, const struct picture_part *part, uint32_t width,
    uint32_t height, struct picture *out, struct why *why) {
    assert(from->rgb);
    assert(part->width > 0 && part->height > 0);
    enum err err = picture_new(out, width, height, why);
    if (err) {
        return err;
    }
    out->dpi = from->dpi;
    out->channels = from->channels;
    double across_step = part->width / width;
    double down_step = part->height / height;
    for (uint32_t y = 0; y < height; y++) {
        struct span down = span_of(part->y + y * down_step, down_step, from->height);
        for (uint32_t x = 0; x < width; x++) {
            struct span across = span_of(part->x + x * across_step, across_step, from->width);
            mean_of(from, &across, &down, out->rgb + ((size_t)y * width + x) * CHANNELS);
        }
    }
    return OK;
}
