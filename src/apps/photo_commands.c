/* Photos: looked at, kept, decided about by a person, sent on, and ended. */
#include <inttypes.h>
#include <stdio.h>

#include <jansson.h>

#include "apps/capture_city.h"
#include "apps/command.h"
#include "host/ending.h"
#include "host/files.h"
#include "host/options.h"

struct photo_options {
    struct capture_options common;
    const char *number, *file, *reason, *profile, *out;
    int64_t photo;
    uint32_t taken;
    bool reject;
};

#define USAGE(name, words, table)                                                                  \
    {                                                                                              \
        .command = (name), .help = (words), .options = (table),                                    \
        .count = sizeof(table) / sizeof(table)[0]                                                  \
    }

/* --- what photos look like in answers ------------------------------------------------------------ */

/* One photo as an object. */
static json_t *photo_json(const struct photo *photo) {
    return json_pack("{s:I, s:i, s:s, s:i, s:i, s:s, s:s, s:s}", "photo", (json_int_t)photo->id,
        "state", (int)photo->state, "text", photo_state_text(photo->state), "taken",
        (int)photo->taken, "came", (int)photo->day, "officer", photo->officer, "second",
        photo->second, "reason", photo->reason);
}

static void print_json(json_t *json) {
    (void)json_dumpf(json, stdout, 0);
    (void)printf("\n");
    json_decref(json);
}

static void print_photo(const struct photo *photo, bool json) {
    if (json) {
        print_json(photo_json(photo));
        return;
    }
    (void)printf("照片回执 photo P%" PRId64 ": %s\n", photo->id, photo_state_text(photo->state));
    if (photo->reason[0]) {
        (void)printf("%s\n", photo->reason);
    }
}

/* A rejected photo was kept, and what was asked for is not there: missed. */
static int photo_ending(enum err err, const struct photo *photo, const struct why *why) {
    return !err && photo->state == PHOTO_REJECTED ? (int)ENDING_MISSED : (int)ending_tell(err, why);
}

/* --- photo check ---------------------------------------------------------------------------------- */

static const struct option check_options[] = {
    {"FILE",  OPTION_PATH, offsetof(struct photo_options, file), NULL,   NULL,
     "the picture as the camera wrote it",  false},
    {"--out", OPTION_PATH, offsetof(struct photo_options, out),  "FILE", NULL,
     "write the photo that was made of it", true },
    OPTION_JSON(struct photo_options, common.json),
};

static const struct usage check_usage = USAGE("photo check",
    "Looks at a picture before somebody leaves the camera: what passes, what fails and why, what "
    "a\n"
    "person has to decide. Nothing is kept. Exit 1 when it fails.",
    check_options);

static json_t *seen_json(const struct photo_seen *seen) {
    json_t *figures = json_object();
    for (size_t i = 0; i < FIGURES; i++) {
        uint32_t value = seen->figures.of[i];
        enum photo_judgement one = photo_figure_judge((enum photo_figure)i, value);
        json_t *known = value == FIGURE_UNKNOWN ? json_null() : json_integer(value);
        (void)json_object_set_new(figures, photo_figure_name((enum photo_figure)i),
            json_pack("{s:o, s:s}", "value", known, "judgement", photo_judgement_text(one)));
    }
    return json_pack("{s:s, s:o}", "judgement", photo_judgement_text(photo_judge(&seen->figures)),
        "figures", figures);
}

int photo_check_command(int argc, char **argv) {
    struct photo_options given;
    struct painter *painter = NULL;
    struct why why = {0};
    int status = 0;
    LOOKED_SCOPE(looked);
    if (!options_read(&check_usage, argc, argv, &given, &status)) {
        return status;
    }
    enum err err = photo_file_look(&painter, given.file, &looked, &why);
    if (!err && given.out) {
        err = files_write(given.out, looked.seen.jpeg, &why);
    }
    if (!err && given.common.json) {
        print_json(seen_json(&looked.seen));
    } else if (!err) {
        photo_seen_print(&looked.seen);
    }
    painter_close(painter);
    bool failed = !err && photo_judge(&looked.seen.figures) == PHOTO_FAILS;
    return failed ? (int)ENDING_MISSED : (int)ending_tell(err, &why);
}

/* --- photo add ------------------------------------------------------------------------------------ */

static const struct option add_options[] = {
    {"NUMBER",  OPTION_TEXT, offsetof(struct photo_options, number), NULL, NULL,
     "whose photo: a citizen number",             false},
    {"FILE",    OPTION_PATH, offsetof(struct photo_options, file),   NULL, NULL,
     "the picture as it came",                    false},
    {"--taken", OPTION_DAY,  offsetof(struct photo_options, taken),  NULL, NULL,
     "the day on which it was taken; else today", true },
    CAPTURE_OPTIONS(struct photo_options),
};

static const struct usage add_usage = USAGE("photo add",
    "Keeps a photo of a person: usable, rejected with the reason (exit 1), or waiting for a "
    "person.\n"
    "The same file again is the same photo.",
    add_options);

static enum err add_photo(struct capture_city *city, const struct photo_options *given,
    struct photo *photo, struct why *why) {
    struct person person = {.id = 0};
    LOOKED_SCOPE(looked);
    enum err err = err_of_words(
        person_find(city->desk.persons->registry, given->number, &person, why));
    err = err ? err : photo_file_look(&city->painter, given->file, &looked, why);
    const struct photo_offer offer = {.person = person.id,
        .file = bytes_of(looked.file.at, looked.file.len),
        .seen = &looked.seen,
        .taken = given->taken ? given->taken : city->desk.day};
    return err ? err : err_of_words(photo_take(&city->desk, &offer, photo, why));
}

int photo_add_command(int argc, char **argv) {
    struct photo_options given;
    struct photo photo = {.id = 0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&add_usage, argc, argv, &given, &status)) {
        return status;
    }
    CAPTURE_CITY_SCOPE(city);
    enum err err = capture_city_open(&city, &given.common, &why);
    err = err ? err : add_photo(&city, &given, &photo, &why);
    if (!err) {
        print_photo(&photo, given.common.json);
    }
    return photo_ending(err, &photo, &why);
}

/* --- photo queue ---------------------------------------------------------------------------------- */

static const struct option queue_options[] = {
    {"--out", OPTION_PATH, offsetof(struct photo_options, out), "DIR", NULL,
     "write the pictures there, to be looked at", true},
    OPTION_DATA(struct photo_options, common.data),
    OPTION_JSON(struct photo_options, common.json),
};

static const struct usage queue_usage = USAGE("photo queue",
    "Photos that wait for a person, the oldest first, with what the detector could not say.",
    queue_options);

/* Writes the picture of a waiting photo as DIR/P7.jpg. */
static enum err write_picture(
    const struct capture_city *city, const struct photo *photo, const char *dir, struct why *why) {
    static uint8_t room[PHOTO_FILE_MAX];
    struct builder picture = builder_in(room, sizeof room);
    char name[32];
    char path[PATH_ROOM];
    (void)snprintf(name, sizeof name, "P%" PRId64 ".jpg", photo->id);
    if (!files_join(path, dir, name)) {
        return why_say(why, ERR_CONFLICT, "%.100s is too long a name for a folder", dir);
    }
    enum err err = files_make_folder(dir, why);
    err = err ? err : city->store.photo_picture(city->store.self, photo->id, &picture, why);
    return err ? err : files_write(path, builder_bytes(&picture), why);
}

/* Walks the queue; list is NULL when people read it. */
static enum err walk_queue(const struct capture_city *city, const char *dir, json_t *list,
    int64_t *count, struct why *why) {
    struct photo photo = {.id = 0};
    enum err err = OK;
    for (*count = 0; !err; *count += err ? 0 : 1) {
        err = city->store.photo_after(
            city->store.self, PHOTO_MANUAL, UINT32_MAX, photo.id, &photo, why);
        if (err == ERR_NOT_FOUND) {
            return OK;
        }
        err = err || !dir ? err : write_picture(city, &photo, dir, why);
        if (!err && list) {
            (void)json_array_append_new(list, photo_json(&photo));
        } else if (!err) {
            (void)printf(
                "P%" PRId64 "  %u  %s\n%s\n", photo.id, photo.day, photo.officer, photo.reason);
        }
    }
    return err;
}

int photo_queue_command(int argc, char **argv) {
    struct photo_options given;
    struct why why = {0};
    int64_t count = 0;
    int status = 0;
    if (!options_read(&queue_usage, argc, argv, &given, &status)) {
        return status;
    }
    CAPTURE_CITY_SCOPE(city);
    given.common.officer = "";
    given.common.point = NULL;
    enum err err = capture_city_open(&city, &given.common, &why);
    json_t *list = given.common.json ? json_array() : NULL;
    err = err ? err : walk_queue(&city, given.out, list, &count, &why);
    if (!err && list) {
        print_json(json_pack("{s:O}", "photos", list));
    } else if (!err) {
        (void)printf("待人工审核 %" PRId64 " photos wait\n", count);
    }
    json_decref(list);
    return capture_tell(err, &why);
}

/* --- photo decide --------------------------------------------------------------------------------- */

static const struct option decide_options[] = {
    {"PHOTO",    OPTION_NUMBER, offsetof(struct photo_options, photo),  NULL,   NULL,
     "its number in the queue, without the P", false},
    {"--reason", OPTION_TEXT,   offsetof(struct photo_options, reason), "TEXT", NULL,
     "why: what the holder is told",           false},
    {"--reject", OPTION_FLAG,   offsetof(struct photo_options, reject), NULL,   NULL,
     "it cannot be used; without this it can", true },
    CAPTURE_OPTIONS(struct photo_options),
};

static const struct usage decide_usage = USAGE("photo decide",
    "An approver who did not take it decides about a photo that waits.", decide_options);

int photo_decide_command(int argc, char **argv) {
    struct photo_options given;
    struct photo photo = {.id = 0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&decide_usage, argc, argv, &given, &status)) {
        return status;
    }
    CAPTURE_CITY_SCOPE(city);
    enum err err = capture_city_open(&city, &given.common, &why);
    err = err ? err
              : photo_decide(&city.desk, given.photo, !given.reject, given.reason, &photo, &why);
    if (!err) {
        print_photo(&photo, given.common.json);
    }
    return capture_tell(err, &why);
}

/* --- photo export --------------------------------------------------------------------------------- */

static const struct option export_options[] = {
    {"NUMBER",    OPTION_TEXT, offsetof(struct photo_options, number),  NULL,   NULL,
     "whose photo: a citizen number",                                                                            false},
    {"--profile", OPTION_TEXT, offsetof(struct photo_options, profile), "NAME", "ministry",
     "for whom: ministry, city, tight, kiosk",                                                                   false},
    {"--out",     OPTION_PATH, offsetof(struct photo_options, out),     "FILE", NULL,       "where to write it",
     false                                                                                                            },
    OPTION_DATA(struct photo_options, common.data),
    OPTION_JSON(struct photo_options, common.json),
};

static const struct usage export_usage = USAGE("photo export",
    "Writes the usable photo of a person as a destination takes it: pixels, dpi, bytes.",
    export_options);

static enum err export_photo(
    struct capture_city *city, const struct photo_options *given, size_t *len, struct why *why) {
    static uint8_t room[PHOTO_FILE_MAX];
    struct builder picture = builder_in(room, sizeof room);
    struct person person;
    struct photo photo;
    struct bytes file = {0};
    enum photo_profile profile = photo_profile_named(given->profile);
    if (profile == PROFILES) {
        return why_say(why, ERR_CONFLICT,
            "%.32s is no destination; docs/sheets/photos.md lists them", given->profile);
    }
    enum err err = person_find(city->desk.persons->registry, given->number, &person, why);
    err = err ? err : city->store.photo_usable(city->store.self, person.id, &photo, why);
    err = err ? err : city->store.photo_picture(city->store.self, photo.id, &picture, why);
    err = err ? err : photo_export(&city->painter, builder_bytes(&picture), profile, &file, why);
    err = err ? err : files_write(given->out, file, why);
    *len = file.len;
    return err;
}

int photo_export_command(int argc, char **argv) {
    struct photo_options given;
    struct why why = {0};
    size_t len = 0;
    int status = 0;
    if (!options_read(&export_usage, argc, argv, &given, &status)) {
        return status;
    }
    CAPTURE_CITY_SCOPE(city);
    given.common.officer = "";
    given.common.point = NULL;
    enum err err = capture_city_open(&city, &given.common, &why);
    err = err ? err : export_photo(&city, &given, &len, &why);
    if (!err && given.common.json) {
        print_json(json_pack("{s:s, s:s, s:I}", "file", given.out, "profile", given.profile,
            "bytes", (json_int_t)len));
    } else if (!err) {
        (void)printf("%s: %zu bytes as %s takes it\n", given.out, len, given.profile);
    }
    return capture_tell(err, &why);
}

/* --- photo expire --------------------------------------------------------------------------------- */

static const struct option expire_options[] = {CAPTURE_OPTIONS(struct photo_options)};

static const struct usage expire_usage = USAGE("photo expire",
    "Ends the photos that were taken too long ago (parameter photo-days), for the night.",
    expire_options);

int photo_expire_command(int argc, char **argv) {
    struct photo_options given;
    struct why why = {0};
    int64_t count = 0;
    int status = 0;
    if (!options_read(&expire_usage, argc, argv, &given, &status)) {
        return status;
    }
    CAPTURE_CITY_SCOPE(city);
    enum err err = capture_city_open(&city, &given.common, &why);
    err = err ? err : photo_expire(&city.desk, &count, &why);
    if (!err) {
        (void)printf(given.common.json ? "{\"expired\": %" PRId64 "}\n"
                                       : "已过期 %" PRId64 " photos expired\n",
            count);
    }
    return capture_tell(err, &why);
}
