/* People who are insured already: the list for their unit goes out sealed, and its answer comes back. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "apps/capture_city.h"
#include "apps/command.h"
#include "apps/unit_room.h"
#include "capture/unit_list.h"
#include "host/ending.h"
#include "host/options.h"

struct unit_options {
    struct capture_options common;
    const char *unit, *out, *file, *key;
    uint32_t date;
};

/* clang-format off */
static const struct option list_options[] = {
    {"UNIT", OPTION_TEXT, offsetof(struct unit_options, unit), NULL, NULL,
        "number of the employer or school (AAB001)", false},
    {"--out", OPTION_PATH, offsetof(struct unit_options, out), "FILE", NULL,
        "where to write the sealed list", false},
    {"--key", OPTION_PATH, offsetof(struct unit_options, key), "FILE", NULL,
        "file key of the unit, 64 hexadecimal characters", false},
    CAPTURE_OPTIONS(struct unit_options),
};
static const struct option confirm_options[] = {
    {"FILE", OPTION_PATH, offsetof(struct unit_options, file), NULL, NULL,
        "the sealed answer", false},
    {"--key", OPTION_PATH, offsetof(struct unit_options, key), "FILE", NULL,
        "file key of the unit", false},
    {"--date", OPTION_DAY, offsetof(struct unit_options, date), NULL, NULL,
        "it came on this day instead of the centre's", true},
    CAPTURE_OPTIONS(struct unit_options),
};
/* clang-format on */

static const struct usage list_usage = {
    .command = "capture list-for-unit",
    .help =
        "单位确认清单: the people of a unit with number, name, sex, birth, and whether a photo is\n"
        "missing, sealed for the unit. Until the unit has answered, the same list is written "
        "again.",
    .options = list_options,
    .count = sizeof list_options / sizeof list_options[0],
};
static const struct usage confirm_usage = {
    .command = "capture confirm",
    .help = "Takes in what a unit says to its list: all of its lines, or none; again it changes "
            "nothing.\n"
            "What says who somebody is waits for an approver (person change --agree). Exit 1 when "
            "it came\n"
            "more than unit-confirm-days working days after the list.",
    .options = confirm_options,
    .count = sizeof confirm_options / sizeof confirm_options[0],
};

/* --- capture list-for-unit ------------------------------------------------------------------------ */

static enum err seal_to(
    const struct unit_room *room, struct bytes plain, const char *path, struct why *why) {
    size_t len = plain.len + BATCH_SEAL_EXTRA;
    uint8_t *sealed = malloc(len);
    if (!sealed) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    enum err err = batch_seal(room->key, plain, sealed, why);
    err = err ? err : files_write(path, bytes_of(sealed, len), why);
    free(sealed);
    return err;
}

/* The file stands before the list counts: a list that is out was written. */
static enum err list_for_unit(struct capture_city *city, const struct unit_options *given,
    struct capture_package *package, struct why *why) {
    UNIT_ROOM_SCOPE(room);
    PERSON_WORK_SCOPE(work);
    enum err err = unit_room_new(&room, given->key, UNIT_FILE_MAX, why);
    err = err ? err : person_city_index(&city->people, given->common.json, why);
    err = err ? err : person_work_begin(&work, city->desk.persons->store, why);
    if (err) {
        return err;
    }
    struct builder file = builder_in(room.at, room.len);
    err = unit_list(&city->desk, given->unit, &file, package, why);
    err = err ? err : seal_to(&room, builder_bytes(&file), given->out, why);
    return err ? err : person_work_commit(&work, why);
}

int capture_list_for_unit_command(int argc, char **argv) {
    struct unit_options given;
    struct capture_package package;
    struct why why = {0};
    int status = 0;
    if (!options_read(&list_usage, argc, argv, &given, &status)) {
        return status;
    }
    CAPTURE_CITY_SCOPE(city);
    given.common.point = NULL;
    enum err err = capture_city_open(&city, &given.common, &why);
    err = err ? err : list_for_unit(&city, &given, &package, &why);
    if (!err) {
        (void)printf(given.common.json ? "{\"list\": %" PRId64 ", \"lines\": %" PRId64 "}\n"
                                       : "单位确认清单 list %" PRId64 ": %" PRId64 " people\n",
            package.id, package.last - package.first + 1);
    }
    return capture_tell(err, &why);
}

/* --- capture confirm ------------------------------------------------------------------------------ */

/* Opens the answer and takes it in. */
static enum err confirm(const struct capture_city *city, const struct unit_options *given,
    struct unit_answer *answer, struct why *why) {
    UNIT_ROOM_SCOPE(room);
    FILE_CONTENT_SCOPE(sealed);
    size_t len = 0;
    enum err err = files_read(given->file, UNIT_FILE_MAX + BATCH_SEAL_EXTRA, &sealed, why);
    err = err ? err : unit_room_new(&room, given->key, sealed.len + 1, why);
    if (err) {
        return err;
    }
    err = batch_unseal(room.key, bytes_of(sealed.at, sealed.len), room.at, &len, why);
    err = err ? err : unit_confirm(&city->desk, bytes_of(room.at, len), answer, why);
    return err ? why_add(why, err, "%s", given->file) : OK;
}

static void tell_answer(const struct unit_answer *answer, bool late, bool json) {
    const struct unit_standing *s = &answer->standing;
    (void)printf(
        json ? "{\"list\": %" PRId64 ", \"confirmed\": %" PRId64 ", \"corrected\": %" PRId64
               ", \"not_ours\": %" PRId64 ", \"ready\": %" PRId64 ", \"no_photo\": %" PRId64
               ", \"before\": %s, \"late\": %s}\n"
             : "清单 list %" PRId64 "：已确认 confirmed %" PRId64
               "，待审核更正 corrections for an approver %" PRId64 "，非本单位 not theirs %" PRId64
               "，可申领 with a photo %" PRId64 "，缺照片 without %" PRId64 "%s%s\n",
        answer->package.id, s->confirmed, s->corrected, s->not_ours, s->ready, s->no_photo,
        json             ? answer->before ? "true" : "false"
        : answer->before ? "，早已接收 taken before"
                         : "",
        json   ? late ? "true" : "false"
        : late ? "，超期 LATE"
               : "");
}

int capture_confirm_command(int argc, char **argv) {
    struct unit_options given;
    struct unit_answer answer = {.before = false};
    struct why why = {0};
    int64_t days = 0;
    int status = 0;
    if (!options_read(&confirm_usage, argc, argv, &given, &status)) {
        return status;
    }
    CAPTURE_CITY_SCOPE(city);
    given.common.point = NULL;
    enum err err = capture_city_open(&city, &given.common, &why);
    city.desk.day = given.date && !err ? given.date : city.desk.day;
    err = err ? err : confirm(&city, &given, &answer, &why);
    err = err ? err
              : parameter_value(city.desk.persons->registry, PARAMETER_UNIT_CONFIRM_DAYS,
                  city.desk.day, &days, &why);
    if (err) {
        return (int)ending_tell(err, &why);
    }
    bool late = capture_working_days(answer.package.day, answer.package.back) > days;
    tell_answer(&answer, late, given.common.json);
    return late ? (int)ENDING_MISSED : (int)ENDING_DONE;
}
