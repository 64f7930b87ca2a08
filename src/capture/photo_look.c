#include "capture/photo_look.h"

#include <assert.h>
#include <math.h>

/* A place in a picture is judged in cells of so many pixels a side: noise is smaller, faces larger. */
enum { CELL = 4, CELLS_MAX = LOOK_SIDE_MAX / CELL };

enum {
    WHITE_LEAST = 218,    /* of each colour, in the ground */
    WHITE_SPREAD = 30,    /* between the colours of a white pixel */
    SKIN_LUMA = 45,       /* darker is hair */
    FACE_CELLS_PART = 60, /* a face has at least one cell in so many */
    FACE_SECOND_PART = 4, /* a second face is at least so many times smaller than the first */
};

struct cells {
    uint32_t across, down;
    uint8_t of[CELLS_MAX]
              [CELLS_MAX]; /* [row][column]: 0 nothing, 1 skin, 2 skin that was counted */
    uint16_t stack[CELLS_MAX * CELLS_MAX][2];
};

/* Pixels; right and bottom are the first behind it. */
struct box {
    uint32_t left, top, right, bottom;
    uint32_t cells;
};

static const uint8_t *pixel_at(const struct picture *p, uint32_t x, uint32_t y) {
    assert(x < p->width);
    assert(y < p->height);
    return p->rgb + ((size_t)y * p->width + x) * 3;
}

static uint32_t luma_of(const uint8_t *c) {
    return (299U * c[0] + 587U * c[1] + 114U * c[2]) / 1000U;
}

static uint32_t luma_at(const struct picture *p, uint32_t x, uint32_t y) {
    return luma_of(pixel_at(p, x, y));
}

static bool white_at(const struct picture *p, uint32_t x, uint32_t y) {
    const uint8_t *c = pixel_at(p, x, y);
    uint8_t least = c[0] < c[1] ? c[0] : c[1];
    uint8_t most = c[0] > c[1] ? c[0] : c[1];
    least = c[2] < least ? c[2] : least;
    most = c[2] > most ? c[2] : most;
    return least >= WHITE_LEAST && most - least <= WHITE_SPREAD;
}

/* The classical range of skin in YCbCr, which does not depend much on how bright it is. */
static bool skin_at(const struct picture *p, uint32_t x, uint32_t y) {
    const uint8_t *c = pixel_at(p, x, y);
    int luma = (int)luma_of(c);
    int cb = 128 + (564 * (c[2] - luma)) / 1000;
    int cr = 128 + (713 * (c[0] - luma)) / 1000;
    return luma > SKIN_LUMA && cb >= 77 && cb <= 127 && cr >= 134 && cr <= 173;
}

/* --- the ground and the whole ----------------------------------------------------------------- */

/* Beside the head and above the shoulders nothing but ground should be: a seventh of the width on each
 * side, the upper two fifths of the height. */
static uint32_t white_share(const struct picture *p) {
    uint32_t strip = p->width / 7;
    uint32_t down = p->height * 2 / 5;
    uint64_t white = 0;
    uint64_t all = 0;
    for (uint32_t y = 0; y < down; y++) {
        for (uint32_t x = 0; x < strip; x++) {
            white += white_at(p, x, y) + white_at(p, p->width - 1 - x, y);
            all += 2;
        }
    }
    return all ? (uint32_t)(white * 1000 / all) : FIGURE_UNKNOWN;
}

/* The first row of which something that is not ground covers a fiftieth, and the next two as well. */
static uint32_t hair_top(const struct picture *p) {
    uint32_t run = 0;
    for (uint32_t y = 0; y < p->height; y++) {
        uint32_t dark = 0;
        for (uint32_t x = p->width / 7; x < p->width - p->width / 7; x++) {
            dark += !white_at(p, x, y);
        }
        run = dark * 50 > p->width ? run + 1 : 0;
        if (run == 3) {
            return y - 2;
        }
    }
    return FIGURE_UNKNOWN;
}

/* The variance of the Laplacian: how much each pixel differs from the mean of its neighbours. */
static uint32_t sharpness(const struct picture *p, const struct box *box) {
    int64_t sum = 0;
    int64_t squares = 0;
    int64_t count = 0;
    for (uint32_t y = box->top + 1; y + 1 < box->bottom; y++) {
        for (uint32_t x = box->left + 1; x + 1 < box->right; x++) {
            int64_t l = (int64_t)luma_at(p, x - 1, y) + luma_at(p, x + 1, y) + luma_at(p, x, y - 1)
                        + luma_at(p, x, y + 1) - 4 * (int64_t)luma_at(p, x, y);
            sum += l;
            squares += l * l;
            count++;
        }
    }
    return count ? (uint32_t)((squares - sum * sum / count) / count) : FIGURE_UNKNOWN;
}

/* The mean light of the skin in the box: hair and ground say nothing about how the face is lit. */
static uint32_t brightness(const struct picture *p, const struct box *box) {
    uint64_t sum = 0;
    uint64_t count = 0;
    for (uint32_t y = box->top; y < box->bottom; y++) {
        for (uint32_t x = box->left; x < box->right; x++) {
            bool skin = skin_at(p, x, y);
            sum += skin ? luma_at(p, x, y) : 0;
            count += skin;
        }
    }
    return count ? (uint32_t)(sum / count) : FIGURE_UNKNOWN;
}

/* --- faces ------------------------------------------------------------------------------------ */

static bool cell_is_skin(const struct picture *p, uint32_t column, uint32_t row) {
    uint32_t skin = 0;
    for (uint32_t i = 0; i < CELL * CELL; i++) {
        skin += skin_at(p, column * CELL + i % CELL, row * CELL + i / CELL);
    }
    return skin * 2 >= CELL * CELL;
}

static void find_skin(const struct picture *p, struct cells *cells) {
    cells->across = p->width / CELL;
    cells->down = p->height / CELL;
    assert(cells->across <= CELLS_MAX);
    assert(cells->down <= CELLS_MAX);
    for (uint32_t row = 0; row < cells->down; row++) {
        for (uint32_t column = 0; column < cells->across; column++) {
            cells->of[row][column] = cell_is_skin(p, column, row);
        }
    }
}

static void box_reach(struct box *box, uint32_t column, uint32_t row) {
    uint32_t x = column * CELL;
    uint32_t y = row * CELL;
    box->left = x < box->left ? x : box->left;
    box->top = y < box->top ? y : box->top;
    box->right = x + CELL > box->right ? x + CELL : box->right;
    box->bottom = y + CELL > box->bottom ? y + CELL : box->bottom;
    box->cells++;
}

/* Puts a cell on the stack if it is skin that nobody counted; it is counted from here on, so that each
 * cell gets there once and the stack cannot overflow. */
static void push(struct cells *cells, size_t *height, uint32_t column, uint32_t row) {
    if (column < cells->across && row < cells->down && cells->of[row][column] == 1) {
        assert(*height < sizeof cells->stack / sizeof cells->stack[0]);
        cells->of[row][column] = 2;
        cells->stack[*height][0] = (uint16_t)column;
        cells->stack[*height][1] = (uint16_t)row;
        (*height)++;
    }
}

/* Everything that hangs together with a cell. */
static struct box patch_of(struct cells *cells, uint32_t column, uint32_t row) {
    struct box box = {UINT32_MAX, UINT32_MAX, 0, 0, 0};
    size_t height = 0;
    push(cells, &height, column, row);
    while (height > 0) {
        height--;
        uint32_t x = cells->stack[height][0];
        uint32_t y = cells->stack[height][1];
        box_reach(&box, x, y);
        push(cells, &height, x + 1, y);
        push(cells, &height, x - 1, y);
        push(cells, &height, x, y + 1);
        push(cells, &height, x, y - 1);
    }
    return box;
}

/* Patches that could be faces. */
struct faces {
    struct box largest;
    uint32_t sizes[8], count;
};

/* The patch that a cell belongs to, unless the cell is no skin or was counted with another. */
static void take_patch(struct faces *faces, struct cells *cells, uint32_t column, uint32_t row) {
    if (cells->of[row][column] != 1) {
        return;
    }
    uint32_t all = cells->across * cells->down;
    const struct box found = patch_of(cells, column, row);
    const struct box *box = &found;
    if (box->cells * FACE_CELLS_PART >= all
        && faces->count < sizeof faces->sizes / sizeof faces->sizes[0]) {
        faces->sizes[faces->count++] = box->cells;
    }
    faces->largest = box->cells > faces->largest.cells ? *box : faces->largest;
}

/* A second face is not much smaller than the first: ears, hands and a patch of neck are. */
static uint32_t alike_of(const struct faces *faces) {
    uint32_t alike = 0;
    for (uint32_t i = 0; i < faces->count; i++) {
        alike += faces->sizes[i] * FACE_SECOND_PART >= faces->largest.cells;
    }
    return alike;
}

/* How many patches could be faces, and the largest of them. */
static uint32_t faces_of(struct cells *cells, struct box *largest) {
    struct faces faces = {.count = 0};
    for (uint32_t row = 0; row < cells->down; row++) {
        for (uint32_t column = 0; column < cells->across; column++) {
            take_patch(&faces, cells, column, row);
        }
    }
    *largest = faces.largest;
    return alike_of(&faces);
}

/* How far skin reaches in the row, from its first to its last pixel inside the box. */
static uint32_t skin_reach(
    const struct picture *p, const struct box *box, uint32_t y, uint32_t *left) {
    uint32_t first = UINT32_MAX;
    uint32_t last = 0;
    for (uint32_t x = box->left; x < box->right; x++) {
        if (skin_at(p, x, y)) {
            first = x < first ? x : first;
            last = x + 1;
        }
    }
    *left = first == UINT32_MAX ? box->left : first;
    return first == UINT32_MAX ? 0 : last - first;
}

/* Narrows the box to the face: where skin is widest, and no lower than a face of that width goes, so
 * that the neck stays out. */
static void face_of_patch(const struct picture *p, struct box *box) {
    uint32_t width = 0;
    uint32_t left = box->left;
    for (uint32_t y = box->top; y < box->bottom; y++) {
        uint32_t row_left = 0;
        uint32_t reach = skin_reach(p, box, y, &row_left);
        if (reach > width) {
            width = reach;
            left = row_left;
        }
    }
    box->left = left;
    box->right = left + width;
    uint32_t chin = box->top + width * 5 / 4;
    box->bottom = chin < box->bottom ? chin : box->bottom;
}

/* --- eyes ------------------------------------------------------------------------------------- */

/* Dark places of one row: how many in each half of the face, and where their middle is. */
struct dark_row {
    uint32_t left, right;
    uint64_t left_sum, right_sum; /* of x */
};

static struct dark_row dark_in(
    const struct picture *p, const struct box *face, uint32_t y, uint32_t limit) {
    struct dark_row row = {0};
    uint32_t width = face->right - face->left;
    uint32_t middle = face->left + width / 2;
    for (uint32_t x = face->left + width / 7; x < face->right - width / 7; x++) {
        bool nose = x + width / 14 > middle && x < middle + width / 14;
        if (nose || luma_at(p, x, y) >= limit) {
            continue;
        }
        if (x < middle) {
            row.left++;
            row.left_sum += x;
        } else {
            row.right++;
            row.right_sum += x;
        }
    }
    return row;
}

static uint32_t strength(const struct dark_row *row) {
    return row->left < row->right ? row->left : row->right;
}

/* Rows in which eyes can be: below the forehead, above the mouth. */
struct band {
    uint32_t first, last; /* the last does not count */
};

static struct band eye_band(const struct picture *p, const struct box *face) {
    uint32_t width = face->right - face->left;
    struct band band = {face->top + width / 12, face->top + width * 13 / 20};
    band.last = band.last < p->height ? band.last : p->height;
    band.first = band.first < band.last ? band.first : band.last;
    return band;
}

/* Brows and eyes both make strong rows, and the eyes are below: the lowest run of rows that are at least
 * half as strong as the strongest. False when nothing dark stands in both halves. */
static bool eyes_of(const struct picture *p, const struct box *face, uint32_t *x, uint32_t *y) {
    struct band band = eye_band(p, face);
    uint32_t light = brightness(p, face);
    assert(light != FIGURE_UNKNOWN); /* a face has cells of skin */
    uint32_t limit = light * 11 / 20;
    uint32_t strongest = 0;
    for (uint32_t row = band.first; row < band.last; row++) {
        struct dark_row dark = dark_in(p, face, row, limit);
        strongest = strength(&dark) > strongest ? strength(&dark) : strongest;
    }
    if (strongest * 25 < face->right - face->left) {
        return false;
    }
    uint32_t last = 0;
    uint32_t first = 0;
    struct dark_row all = {0};
    for (uint32_t row = band.last; row > band.first; row--) {
        struct dark_row dark = dark_in(p, face, row - 1, limit);
        bool strong = strength(&dark) * 2 >= strongest;
        if (!strong && last) {
            break;
        }
        if (strong) {
            last = last ? last : row;
            first = row - 1;
            all.left += dark.left;
            all.right += dark.right;
            all.left_sum += dark.left_sum;
            all.right_sum += dark.right_sum;
        }
    }
    assert(all.left > 0 && all.right > 0);
    *x = (uint32_t)((all.left_sum / all.left + all.right_sum / all.right + 1) / 2);
    *y = (first + last) / 2;
    return true;
}

/* How much the halves of the face differ, mirrored at the eyes' middle, in thousandths of its light. */
static uint32_t unlike(const struct picture *p, const struct box *face, uint32_t middle) {
    uint64_t difference = 0;
    uint64_t light = 0;
    uint32_t reach = (face->right - face->left) * 2 / 5;
    reach = middle < reach ? middle : reach;
    reach = p->width - 1 - middle < reach ? p->width - 1 - middle : reach;
    for (uint32_t y = face->top; y < face->bottom; y++) {
        for (uint32_t i = 1; i < reach; i++) {
            uint32_t a = luma_at(p, middle - i, y);
            uint32_t b = luma_at(p, middle + i, y);
            difference += a > b ? a - b : b - a;
            light += a + b;
        }
    }
    return light ? (uint32_t)(difference * 2000 / light) : FIGURE_UNKNOWN;
}

/* --- all of it -------------------------------------------------------------------------------- */

static void look_at_face(
    const struct picture *p, const struct box *face, struct photo_figures *figures) {
    uint32_t x = 0;
    uint32_t y = 0;
    figures->of[FIGURE_SHARPNESS] = sharpness(p, face);
    figures->of[FIGURE_BRIGHTNESS] = brightness(p, face);
    figures->of[FIGURE_FACE_WIDTH] = face->right - face->left;
    if (eyes_of(p, face, &x, &y)) {
        figures->of[FIGURE_EYES_LEFT] = x;
        figures->of[FIGURE_EYES_ABOVE] = p->height - y;
        figures->of[FIGURE_UNLIKE] = unlike(p, face, x);
    }
}

void photo_look(const struct picture *p, struct photo_figures *figures) {
    static _Thread_local struct cells cells;
    struct box face;
    assert(p->rgb);
    assert(p->width <= LOOK_SIDE_MAX && p->height <= LOOK_SIDE_MAX);
    for (size_t i = 0; i < FIGURES; i++) {
        figures->of[i] = FIGURE_UNKNOWN;
    }
    figures->of[FIGURE_WIDTH] = p->width;
    figures->of[FIGURE_HEIGHT] = p->height;
    figures->of[FIGURE_DPI] = p->dpi ? p->dpi : FIGURE_UNKNOWN;
    figures->of[FIGURE_CHANNELS] = p->channels;
    figures->of[FIGURE_SCALE] = 1000;
    figures->of[FIGURE_WHITE] = white_share(p);
    figures->of[FIGURE_HAIR_TOP] = hair_top(p);
    find_skin(p, &cells);
    figures->of[FIGURE_FACES] = faces_of(&cells, &face);
    if (figures->of[FIGURE_FACES] > 0) {
        face_of_patch(p, &face);
        look_at_face(p, &face, figures);
    } else {
        /* Before an empty ground there is nobody; what else has no skin may be a face to others. */
        bool empty = figures->of[FIGURE_HAIR_TOP] == FIGURE_UNKNOWN;
        figures->of[FIGURE_FACES] = empty ? 0 : FIGURE_UNKNOWN;
        const struct box whole = {0, 0, p->width, p->height, 0};
        figures->of[FIGURE_SHARPNESS] = sharpness(p, &whole);
    }
}

/* Where the head is to lie in a photo: the middle of what the rule allows. */
enum { WANTED_FACE = 217, WANTED_EYES = 179, WANTED_HAIR = 14, FACE_MOST = 255 };

static struct picture_part middle_part(const struct picture *p) {
    double scale = fmin((double)p->width / PHOTO_WIDTH, (double)p->height / PHOTO_HEIGHT);
    struct picture_part part = {.width = scale * PHOTO_WIDTH, .height = scale * PHOTO_HEIGHT};
    part.x = (p->width - part.width) / 2;
    part.y = (p->height - part.height) / 2;
    return part;
}

struct picture_part photo_frame(const struct picture *p, const struct photo_figures *figures) {
    struct picture_part whole = middle_part(p);
    uint32_t face = figures->of[FIGURE_FACE_WIDTH];
    uint32_t eyes = figures->of[FIGURE_EYES_LEFT];
    uint32_t hair = figures->of[FIGURE_HAIR_TOP];
    if (face == FIGURE_UNKNOWN || eyes == FIGURE_UNKNOWN || hair == FIGURE_UNKNOWN || face == 0) {
        return whole;
    }
    /* As large as wanted, unless the picture ends before: then the face is larger in it. */
    double to_side = fmin(eyes, p->width - eyes) / (double)WANTED_EYES;
    double down = (double)(p->height - hair) / (PHOTO_HEIGHT - WANTED_HAIR);
    double scale = fmin((double)face / WANTED_FACE, fmin(to_side, down));
    scale = fmax(scale, (double)face / FACE_MOST);
    scale = fmin(scale, whole.width / PHOTO_WIDTH);
    struct picture_part part = {.width = scale * PHOTO_WIDTH, .height = scale * PHOTO_HEIGHT};
    part.x = fmin(fmax(0, eyes - scale * WANTED_EYES), p->width - part.width);
    part.y = fmin(fmax(0, hair - scale * WANTED_HAIR), p->height - part.height);
    assert(part.width > 0 && part.height > 0);
    return part;
}
