/* A registry of two people with the rows of capturing over it, for tests without a painter: what it would
 * have seen is written down here. */
#pragma once

#include "capture/photo_case.h"
#include "crypto/sm3.h"
#include "registry/person_office.h"
#include "stores/sql/capture_rows.h"

static struct {
    struct capture_store store;
    struct capture_desk desk;
} room;

static inline void room_reopen(void **state) {
    office_reopen(state);
    assert_ok(capture_rows_open(&office.db, &room.store, &office.why));
    room.desk = (struct capture_desk){.persons = &office.desk,
        .store = &room.store,
        .officer = "point",
        .point = "P001",
        .day = OFFICE_DAY,
        .time = OFFICE_TIME};
}

static inline void room_open(void **state, const char *lines) {
    room_reopen(state);
    office_import(state, lines);
}

static inline void room_close(void) {
    capture_rows_close(&room.store);
    office_close();
}

/* Figures that pass, but for one. */
static inline struct photo_seen seen_with(enum photo_figure figure, uint32_t value) {
    static const uint32_t good[FIGURES] = {
        [FIGURE_WIDTH] = PHOTO_WIDTH,
        [FIGURE_HEIGHT] = PHOTO_HEIGHT,
        [FIGURE_DPI] = PHOTO_DPI,
        [FIGURE_CHANNELS] = 3,
        [FIGURE_SCALE] = 1000,
        [FIGURE_WHITE] = 1000,
        [FIGURE_SHARPNESS] = 500,
        [FIGURE_BRIGHTNESS] = 180,
        [FIGURE_FACES] = 1,
        [FIGURE_HAIR_TOP] = 14,
        [FIGURE_FACE_WIDTH] = 217,
        [FIGURE_EYES_LEFT] = 179,
        [FIGURE_EYES_ABOVE] = 270,
        [FIGURE_UNLIKE] = 20,
    };
    struct photo_seen seen = {.jpeg = bytes_of("\xFF\xD8 a picture", 12)};
    (void)memcpy(seen.figures.of, good, sizeof good);
    seen.figures.of[figure] = value;
    return seen;
}

static inline enum err offer_photo(int64_t person, const char *file, const struct photo_seen *seen,
    uint32_t taken, struct photo *photo) {
    const struct photo_offer offer = {
        .person = person, .file = bytes_text(file), .seen = seen, .taken = taken};
    return photo_take(&room.desk, &offer, photo, &office.why);
}
