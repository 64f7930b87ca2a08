/* Capturing on the road: the package goes out, works without a line, comes back, is compared. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "apps/capture_city.h"
#include "apps/command.h"
#include "apps/road_file.h"
#include "base/day.h"
#include "base/hex.h"
#include "capture/unit_list.h"
#include "host/ending.h"
#include "host/files.h"
#include "host/options.h"

struct road_options {
    struct capture_options common;
    const char *place, *out, *file, *passphrase, *number, *name, *document, *guardian, *proof,
        *photo;
    int64_t spare;
    uint32_t date;
    const char *time;
    bool confirmed;
};

#define USAGE(name, words, table)                                                                  \
    {                                                                                              \
        .command = (name), .help = (words), .options = (table),                                    \
        .count = sizeof(table) / sizeof(table)[0]                                                  \
    }

/* clang-format off */
#define PASSPHRASE_OPTION                                                                          \
    {"--passphrase", OPTION_PATH, offsetof(struct road_options, passphrase), "FILE", NULL,         \
        "its first line opens the package; without, the terminal asks", true}

/* --- capture pack --------------------------------------------------------------------------------- */

static const struct option pack_options[] = {
    {"PLACE", OPTION_TEXT, offsetof(struct road_options, place), NULL, NULL,
        "number of the employer or school (AAB001)", false},
    {"--out", OPTION_PATH, offsetof(struct road_options, out), "FILE", NULL,
        "where to write the package", false},
    {"--spare", OPTION_NUMBER, offsetof(struct road_options, spare), "N", "20",
        "numbers for people who are not on the list", false},
    {"--point", OPTION_TEXT, offsetof(struct road_options, common.point), "POINT", NULL,
        "the service point that goes there", false},
    PASSPHRASE_OPTION, CAPTURE_OPTIONS(struct road_options),
};
static const struct option road_options[] = {
    {"FILE", OPTION_PATH, offsetof(struct road_options, file), NULL, NULL, "the package", false},
    {"NUMBER", OPTION_TEXT, offsetof(struct road_options, number), NULL, NULL,
        "citizen number of whom is captured", false},
    {"--name", OPTION_TEXT, offsetof(struct road_options, name), "NAME", NULL,
        "the name on the document", false},
    {"--document", OPTION_TEXT, offsetof(struct road_options, document), "KIND:NUMBER", NULL,
        "the original that was shown, as for capture take", false},
    {"--guardian", OPTION_TEXT, offsetof(struct road_options, guardian), "NUMBER", NULL,
        "under 16: number of the guardian's document", true},
    {"--proof", OPTION_TEXT, offsetof(struct road_options, proof), "KIND:NUMBER", NULL,
        "under 16: household-book:NUMBER or birth-paper:NUMBER", true},
    {"--confirmed", OPTION_FLAG, offsetof(struct road_options, confirmed), NULL, NULL,
        "the printed record was read and signed", true},
    {"--photo", OPTION_PATH, offsetof(struct road_options, photo), "FILE", NULL,
        "the picture as the camera wrote it", false},
    {"--date", OPTION_DAY, offsetof(struct road_options, date), NULL, NULL, "the business day", false},
    {"--time", OPTION_TEXT, offsetof(struct road_options, time), "HHMMSS", "120000",
        "the time of it", false},
    {"--officer", OPTION_TEXT, offsetof(struct road_options, common.officer), "CODE", NULL,
        "who answers for it", false},
    PASSPHRASE_OPTION, OPTION_JSON(struct road_options, common.json),
};
static const struct option upload_options[] = {
    {"FILE", OPTION_PATH, offsetof(struct road_options, file), NULL, NULL, "the package", false},
    {"--date", OPTION_DAY, offsetof(struct road_options, date), NULL, NULL,
        "it came on this day instead of the centre's", true},
    PASSPHRASE_OPTION, CAPTURE_OPTIONS(struct road_options),
};
static const struct option packages_options[] = {
    {"--date", OPTION_DAY, offsetof(struct road_options, date), NULL, NULL,
        "alarms of this day instead of the centre's", true},
    OPTION_DATA(struct road_options, common.data), OPTION_JSON(struct road_options, common.json),
};
/* clang-format on */

static const struct usage pack_usage = USAGE("capture pack",
    "Packs the list of a place for one laptop, with numbers reserved for it, sealed by a "
    "passphrase.",
    pack_options);
static const struct usage road_usage = USAGE("capture road",
    "Captures somebody into a package, without a line and without a centre. The photo is judged at "
    "once.",
    road_options);
static const struct usage upload_usage = USAGE("capture upload",
    "Takes in what a package captured; again it changes nothing. Exit 1 when somebody was refused, "
    "or\n"
    "was captured longer ago than capture-upload-hours.",
    upload_options);
static const struct usage packages_usage = USAGE("capture packages",
    "Packages on the road: expected, captured, missing, and not on the list; and the lists that "
    "units\n"
    "confirm. Exit 1 when a package is out for more than capture-alarm-days working days, or a "
    "list "
    "for\n"
    "more than unit-confirm-days.",
    packages_options);

static enum err put_people(
    const struct capture_city *city, int64_t package, json_t *people, struct why *why) {
    const struct registry_store *registry = city->desk.persons->registry;
    struct expected one = {.person = 0};
    for (;;) {
        struct person person;
        enum err err = city->store.expected_after(city->store.self, package, one.person, &one, why);
        if (err) {
            return err == ERR_NOT_FOUND ? OK : err;
        }
        err = registry->person_by_id(registry->self, one.person, &person, why);
        if (err) {
            return err;
        }
        (void)json_array_append_new(
            people, json_pack("{s:s, s:s}", "number", person.number, "name", person.name));
    }
}

static enum err pack(struct capture_city *city, const struct road_options *given,
    struct capture_package *package, struct why *why) {
    ROAD_SCOPE(road);
    enum err err = !files_exist(given->out)
                       ? OK
                       : why_say(why, ERR_CONFLICT,
                           "%s is there already and may hold captured people; name another file",
                           given->out);
    err = err ? err : road_new(&road, given->passphrase, why);
    err = err ? err : person_city_index(&city->people, given->common.json, why);
    err = err ? err : road_pack(&city->desk, given->place, given->spare, package, why);
    if (err) {
        return err;
    }
    json_t *people = json_array();
    road.body = json_pack("{s:I, s:s, s:I, s:I, s:s, s:o, s:[]}", "package",
        (json_int_t)package->id, "place", package->place, "first", (json_int_t)package->first,
        "last", (json_int_t)package->last, "point", city->desk.point, "people", people, "captured");
    err = put_people(city, package->id, people, why);
    return err ? err : road_write(&road, given->out, why);
}

int capture_pack_command(int argc, char **argv) {
    struct road_options given;
    struct capture_package package;
    struct why why = {0};
    int status = 0;
    if (!options_read(&pack_usage, argc, argv, &given, &status)) {
        return status;
    }
    CAPTURE_CITY_SCOPE(city);
    enum err err = capture_city_open(&city, &given.common, &why);
    err = err ? err : pack(&city, &given, &package, &why);
    if (!err) {
        (void)printf(given.common.json ? "{\"package\": %" PRId64 ", \"first\": %" PRId64
                                         ", \"last\": %" PRId64 "}\n"
                                       : "采集包 package %" PRId64 ": numbers %" PRId64
                                         " to %" PRId64 "\n",
            package.id, package.first, package.last);
    }
    return capture_tell(err, &why);
}

/* --- capture road --------------------------------------------------------------------------------- */

/* Text of a member, or "" when it is not there. */
static const char *word(const json_t *of, const char *name) {
    const char *text = json_string_value(json_object_get(of, name));
    return text ? text : "";
}

static int64_t figure(const json_t *of, const char *name) {
    return json_integer_value(json_object_get(of, name));
}

/* The captured entry of a person, or NULL. */
static json_t *captured_of(const json_t *captured, const char *number) {
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(captured, i, one) {
        if (strcmp(word(one, "number"), number) == 0) {
            return one;
        }
    }
    return NULL;
}

/* The photo as hexadecimal text, the caller's to free. */
static char *hex_of(struct bytes bytes) {
    char *text = malloc(2 * bytes.len + 1);
    if (text) {
        hex_write(bytes, text);
    }
    return text;
}

/* What can be told without a centre: the number is none, nothing was confirmed, the photo fails. */
static enum err road_check(
    const struct road_options *given, const struct looked *looked, struct why *why) {
    uint64_t time = 0;
    if (number17_of(bytes_text(given->number)) == 0) {
        return why_say(why, ERR_CONFLICT, "%.24s is no citizen number; compare it with the card",
            given->number);
    }
    if (!given->confirmed) {
        return why_say(
            why, ERR_CONFLICT, "C05 信息未经本人确认; let the person sign (--confirmed)");
    }
    if (strlen(given->time) != 6 || !digits_read(bytes_text(given->time), &time) || time > 235959) {
        return why_say(why, ERR_CONFLICT, "%.16s is no time of day; write HHMMSS", given->time);
    }
    char findings[FINDINGS_ROOM];
    photo_findings_write(&looked->seen.figures, findings);
    return photo_judge(&looked->seen.figures) != PHOTO_FAILS
               ? OK
               : why_say(why, ERR_CONFLICT, "照片不合格: %.*s; take it again",
                   (int)strcspn(findings, "\n"), findings);
}

static enum err road_add(struct road_file *road, const struct road_options *given,
    const struct looked *looked, json_t **out, struct why *why) {
    json_t *captured = json_object_get(road->body, "captured");
    int64_t sequence = figure(road->body, "first") + (int64_t)json_array_size(captured);
    *out = captured_of(captured, given->number);
    enum err err = *out ? OK : road_check(given, looked, why);
    if (err || *out) {
        return err;
    }
    if (!json_is_array(captured) || sequence > figure(road->body, "last")) {
        return why_say(
            why, ERR_CONFLICT, "the package's numbers are used up; upload it, and pack another");
    }
    char *photo = hex_of(looked->seen.jpeg);
    *out = json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:s}", "sequence",
        (json_int_t)sequence, "number", given->number, "name", given->name, "document",
        given->document, "guardian", given->guardian ? given->guardian : "", "proof",
        given->proof ? given->proof : "", "day", (json_int_t)given->date, "time",
        (json_int_t)strtol(given->time, NULL, 10), "officer", given->common.officer, "photo",
        photo ? photo : "");
    free(photo);
    if (!*out || json_array_append_new(captured, *out) != 0) {
        return why_say(why, ERR_OUTSIDE, "no memory is left for the package");
    }
    return road_write(road, given->file, why);
}

int capture_road_command(int argc, char **argv) {
    struct road_options given;
    struct painter *painter = NULL;
    json_t *one = NULL;
    struct why why = {0};
    int status = 0;
    ROAD_SCOPE(road);
    LOOKED_SCOPE(looked);
    if (!options_read(&road_usage, argc, argv, &given, &status)) {
        return status;
    }
    enum err err = road_open(&road, given.file, given.passphrase, &why);
    err = err ? err : photo_file_look(&painter, given.photo, &looked, &why);
    err = err ? err : err_of_words(road_add(&road, &given, &looked, &one, &why));
    if (!err) {
        (void)printf(given.common.json ? "{\"sequence\": %" PRId64 "}\n"
                                       : "已采集 captured as number %" PRId64 "\n",
            figure(one, "sequence"));
    }
    painter_close(painter);
    return (int)ending_tell(err, &why);
}

/* --- capture upload ------------------------------------------------------------------------------- */

struct uploaded {
    int64_t taken, refused, late;
};

/* Looks at the photo of an entry; *bytes is the file, the caller's to free. */
static enum err look_at(struct capture_city *city, const json_t *one, struct file_content *file,
    struct photo_seen *seen, struct why *why) {
    const char *hex = word(one, "photo");
    struct looked looked = {.file = {.len = strlen(hex) / 2}};
    looked.file.at = malloc(looked.file.len + 1);
    if (!looked.file.at || looked.file.len > PHOTO_FILE_MAX
        || !hex_read(bytes_text(hex), looked.file.at, looked.file.len)) {
        free(looked.file.at);
        return why_say(why, ERR_CONFLICT, "its photo is not whole; capture the person again");
    }
    enum err err = photo_bytes_look(&city->painter, &looked, why);
    *file = looked.file;
    *seen = looked.seen;
    return err;
}

/* One person, on the day and by the officer of the package. */
static enum err upload_one(
    struct capture_city *city, const struct road_file *road, const json_t *one, struct why *why) {
    FILE_CONTENT_SCOPE(file);
    struct photo_seen seen;
    struct capture_record record;
    struct capture_desk desk = city->desk;
    desk.day = (uint32_t)figure(one, "day");
    desk.time = (uint32_t)figure(one, "time");
    desk.officer = word(one, "officer");
    desk.point = word(road->body, "point");
    if (!day_exists(desk.day) || desk.day > city->desk.day || desk.time > 235959) {
        return why_say(why, ERR_CONFLICT, "it was captured on no day, or on one to come");
    }
    enum err err = look_at(city, one, &file, &seen, why);
    const struct photo_offer photo = {
        .file = bytes_of(file.at, file.len), .seen = &seen, .taken = desk.day};
    const char *guardian = word(one, "guardian");
    const struct capture_order order = {.number = word(one, "number"),
        .name = word(one, "name"),
        .document = word(one, "document"),
        .guardian = *guardian ? guardian : NULL,
        .proof = word(one, "proof"),
        .confirmed = true,
        .package = figure(road->body, "package"),
        .sequence = figure(one, "sequence"),
        .photo = &photo};
    if (!err && (order.package < 1 || order.sequence < 1)) {
        err = why_say(why, ERR_CONFLICT, "it has no number of a package");
    }
    return err ? err : road_take(&desk, &order, &record, why);
}

/* Everybody, one after another; who is refused is told and does not stop the others. */
static enum err upload(struct capture_city *city, const struct road_file *road,
    struct uploaded *sum, struct why *why) {
    size_t i = 0;
    json_t *one = NULL;
    int64_t hours = 0;
    enum err err = parameter_value(
        city->desk.persons->registry, PARAMETER_CAPTURE_UPLOAD_HOURS, city->desk.day, &hours, why);
    json_array_foreach(json_object_get(road->body, "captured"), i, one) {
        struct why story = {0};
        enum err refused = err ? err : upload_one(city, road, one, &story);
        if (refused == ERR_OUTSIDE) {
            err = err ? err : why_say(why, refused, "%s", story.text);
            break;
        }
        if (refused) {
            (void)fprintf(stderr, "number %" PRId64 ": %s\n", figure(one, "sequence"), story.text);
        }
        sum->refused += refused != OK;
        sum->taken += refused == OK;
        sum->late += !refused
                     && road_late((uint32_t)figure(one, "day"), (uint32_t)figure(one, "time"),
                         city->desk.day, city->desk.time, hours);
    }
    return err;
}

/* The package is back from the first upload on. */
static enum err note_back(struct capture_city *city, int64_t id, struct why *why) {
    struct capture_package package;
    enum err err = city->store.package_get(city->store.self, id, &package, why);
    if (err || package.back) {
        return err;
    }
    package.back = city->desk.day;
    return city->store.package_back(city->store.self, &package, why);
}

int capture_upload_command(int argc, char **argv) {
    struct road_options given;
    struct uploaded sum = {0, 0, 0};
    struct why why = {0};
    int status = 0;
    ROAD_SCOPE(road);
    if (!options_read(&upload_usage, argc, argv, &given, &status)) {
        return status;
    }
    CAPTURE_CITY_SCOPE(city);
    given.common.point = NULL;
    enum err err = road_open(&road, given.file, given.passphrase, &why);
    int bad = err ? (int)ending_tell(err, &why) : 0;
    if (bad) {
        return bad;
    }
    err = capture_city_open(&city, &given.common, &why);
    city.desk.day = given.date && !err ? given.date : city.desk.day;
    err = err ? err
              : officer_require(
                  city.desk.persons->registry, given.common.officer, ROLE_POINT, &why);
    err = err ? err : upload(&city, &road, &sum, &why);
    err = err ? err : note_back(&city, figure(road.body, "package"), &why);
    if (!err) {
        (void)printf(given.common.json ? "{\"captured\": %" PRId64 ", \"refused\": %" PRId64
                                         ", \"late\": %" PRId64 "}\n"
                                       : "已接收 captured %" PRId64 "，不予接收 refused %" PRId64
                                         "，超时 late %" PRId64 "\n",
            sum.taken, sum.refused, sum.late);
    }
    return !err && (sum.refused || sum.late) ? (int)ENDING_MISSED : capture_tell(err, &why);
}

/* --- capture packages ----------------------------------------------------------------------------- */

static enum err show_packages(
    struct capture_city *city, uint32_t today, json_t *list, int64_t *alarms, struct why *why) {
    struct capture_package p = {.id = 0};
    int64_t days = 0;
    enum err err = parameter_value(
        city->desk.persons->registry, PARAMETER_CAPTURE_ALARM_DAYS, today, &days, why);
    while (!err) {
        struct road_compared c;
        err = city->store.package_after(city->store.self, PACKAGE_ROAD, p.id, &p, why);
        err = err ? err : road_compare(&city->desk, p.id, &c, why);
        if (err) {
            break;
        }
        bool alarm = p.back == 0 && capture_working_days(p.day, today) > days;
        *alarms += alarm;
        if (list) {
            (void)json_array_append_new(
                list, json_pack("{s:I, s:s, s:i, s:i, s:I, s:I, s:I, s:I, s:b}", "package",
                          (json_int_t)p.id, "place", p.place, "day", (int)p.day, "back",
                          (int)p.back, "expected", (json_int_t)c.expected, "captured",
                          (json_int_t)c.captured, "missing", (json_int_t)c.missing, "strangers",
                          (json_int_t)c.strangers, "alarm", alarm));
        } else {
            (void)printf("%" PRId64 "  %s  %u  应采 expected %" PRId64 "  已采 captured %" PRId64
                         "  未采 missing %" PRId64 "  名单外 not on the list %" PRId64 "%s\n",
                p.id, p.place, p.day, c.expected, c.captured, c.missing, c.strangers,
                alarm ? "  超期未交 OVERDUE" : "");
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* The lists that units confirm. */
static enum err show_units(
    struct capture_city *city, uint32_t today, json_t *list, int64_t *alarms, struct why *why) {
    struct capture_package p = {.id = 0};
    int64_t days = 0;
    enum err err = parameter_value(
        city->desk.persons->registry, PARAMETER_UNIT_CONFIRM_DAYS, today, &days, why);
    while (!err) {
        struct unit_standing c;
        err = city->store.package_after(city->store.self, PACKAGE_UNIT, p.id, &p, why);
        err = err ? err : unit_stands(&city->desk, p.id, &c, why);
        if (err) {
            break;
        }
        bool alarm = p.back == 0 && capture_working_days(p.day, today) > days;
        *alarms += alarm;
        if (list) {
            (void)json_array_append_new(
                list, json_pack("{s:I, s:s, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "list",
                          (json_int_t)p.id, "unit", p.place, "day", (int)p.day, "back", (int)p.back,
                          "not_ours", (json_int_t)c.not_ours, "expected", (json_int_t)c.expected,
                          "confirmed", (json_int_t)c.confirmed, "corrected",
                          (json_int_t)c.corrected, "silent", (json_int_t)c.silent, "no_photo",
                          (json_int_t)c.no_photo, "alarm", alarm));
        } else {
            (void)printf("%" PRId64 "  %s  %u  应确认 listed %" PRId64 "  已确认 confirmed %" PRId64
                         "  须更正 corrected %" PRId64 "  未答复 silent %" PRId64 "%s\n",
                p.id, p.place, p.day, c.expected, c.confirmed, c.corrected, c.silent,
                alarm ? "  超期未确认 OVERDUE" : "");
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

int capture_packages_command(int argc, char **argv) {
    struct road_options given;
    int64_t alarms = 0;
    struct why why = {0};
    int status = 0;
    if (!options_read(&packages_usage, argc, argv, &given, &status)) {
        return status;
    }
    CAPTURE_CITY_SCOPE(city);
    given.common.officer = "";
    given.common.point = NULL;
    enum err err = capture_city_open(&city, &given.common, &why);
    json_t *list = given.common.json ? json_array() : NULL;
    uint32_t today = given.date || err ? given.date : city.desk.day;
    err = err ? err : show_packages(&city, today, list, &alarms, &why);
    err = err ? err : show_units(&city, today, list, &alarms, &why);
    if (!err && list) {
        (void)json_dumpf(list, stdout, 0);
        (void)printf("\n");
    }
    json_decref(list);
    return !err && alarms ? (int)ENDING_MISSED : capture_tell(err, &why);
}
