/* A centre opened for capturing: its persons, the rows of photos and captured records over its database,
 * and a painter's process that looks at pictures. */
#pragma once

#include "apps/person_city.h"
#include "capture/photo_case.h"
#include "stores/sql/capture_rows.h"

/* Who works, and when. Each command's own struct begins with one. */
struct capture_options {
    const char *officer, *point, *data;
    bool json;
};

/* The options that fill it, for a struct `type` whose first member is `common`. */
#define CAPTURE_OPTIONS(type)                                                                      \
    {"--officer", OPTION_TEXT, offsetof(type, common.officer), "CODE", NULL, "who answers for it", \
        false},                                                                                    \
        OPTION_DATA(type, common.data), OPTION_JSON(type, common.json)

struct capture_city {
    struct person_city people;
    struct capture_store store;
    struct painter *painter; /* NULL until somebody looks */
    struct capture_desk desk;
};

/* Opens it and fills the desk from the options. Errors as city_open(). */
enum err capture_city_open(
    struct capture_city *city, const struct capture_options *given, struct why *why);
/* Ends it, also after a failure. */
void capture_city_close(struct capture_city *city);
#define CAPTURE_CITY_SCOPE(name)                                                                   \
    __attribute__((cleanup(capture_city_close))) struct capture_city name = {                      \
        .people.city.use = USE_DESK}

/* A picture that was looked at: the file as it came, and what the painter answered. */
struct looked {
    struct file_content file;
    struct photo_seen seen; /* its picture is the painter's until its next answer */
};
void looked_free(struct looked *looked);
#define LOOKED_SCOPE(name) __attribute__((cleanup(looked_free))) struct looked name = {.file = {0}}

/* Reads a file and has it looked at in the painter's process, which *painter holds from the first time on.
 * ERR_INVALID: it is no photo that can be read; ERR_NOT_FOUND: no such file; ERR_OUTSIDE: the painter. */
enum err photo_file_look(
    struct painter **painter, const char *path, struct looked *looked, struct why *why);

/* The same for a picture in memory; what was seen is the painter's until its next answer. */
enum err photo_picture_look(
    struct painter **painter, struct bytes file, struct photo_seen *seen, struct why *why);

/* The same for a file that looked->file holds already. */
enum err photo_bytes_look(struct painter **painter, struct looked *looked, struct why *why);

/* Has the painter make of a photo of ours what a destination takes; the answer is the painter's. */
enum err photo_export(struct painter **painter, struct bytes photo, enum photo_profile profile,
    struct bytes *file, struct why *why);

/* Prints every figure with its judgement, and below them the whole. */
void photo_seen_print(const struct photo_seen *seen);

/* The exit status: a wrong word at a counter is wrong use, and no bad file. */
int capture_tell(enum err err, const struct why *why);

/* Working days between two days, the second counted; no further than a year is counted. */
int64_t capture_working_days(uint32_t from, uint32_t to);
