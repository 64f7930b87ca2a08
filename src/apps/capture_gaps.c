/* 缺失照片清单: who of a unit has no usable photo. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "apps/capture_city.h"
#include "apps/command.h"
#include "capture/capture_road.h"
#include "host/ending.h"
#include "host/options.h"

struct gaps_options {
    struct capture_options common;
    const char *unit;
};

static const struct option gaps_options[] = {
    {"UNIT", OPTION_TEXT, offsetof(struct gaps_options, unit), NULL, NULL,
     "number of the employer or school (AAB001)", false},
    OPTION_DATA(struct gaps_options, common.data),
    OPTION_JSON(struct gaps_options, common.json),
};

static const struct usage gaps_usage = {
    .command = "capture gaps",
    .help = "缺失照片清单: the people of a unit who have no usable photo, numbers masked. Exit 1 "
            "when there\n"
            "are any.",
    .options = gaps_options,
    .count = sizeof gaps_options / sizeof gaps_options[0],
};

/* The people of the unit, who are asked about one by one behind the walk that told of them. */
struct staff {
    int64_t *people;
    size_t count, room;
};

static bool take_down(void *cookie, int64_t person) {
    struct staff *staff = cookie;
    if (staff->count == staff->room) {
        return false;
    }
    staff->people[staff->count++] = person;
    return true;
}

/* One without a photo: a line, or an object of the list. */
static void print_gap(const struct person *person, json_t *list) {
    char masked[NUMBER_LEN + 1];
    number_mask(person->number, masked);
    if (list) {
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s}", "number", masked, "name", person->name));
    } else {
        (void)printf("%s  %s\n", masked, person->name);
    }
}

static enum err list_gaps(const struct capture_city *city, const struct staff *staff, json_t *list,
    int64_t *gaps, struct why *why) {
    const struct registry_store *registry = city->desk.persons->registry;
    for (size_t i = 0; i < staff->count; i++) {
        struct person person;
        struct photo photo;
        enum err err = city->store.photo_usable(city->store.self, staff->people[i], &photo, why);
        if (!err) {
            continue;
        }
        err = err == ERR_NOT_FOUND
                  ? registry->person_by_id(registry->self, staff->people[i], &person, why)
                  : err;
        if (err) {
            return err;
        }
        print_gap(&person, list);
        (*gaps)++;
    }
    return OK;
}

/* Finds the unit's people and lists who is missing. */
static enum err unit_gaps(struct capture_city *city, const struct gaps_options *given, json_t *list,
    int64_t *gaps, struct why *why) {
    const struct person_store *store = city->desk.persons->store;
    struct staff staff = {.room = ROAD_PEOPLE_MAX};
    enum err err = person_city_index(&city->people, given->common.json, why);
    staff.people = err ? NULL : calloc(staff.room, sizeof *staff.people);
    if (!err && !staff.people) {
        err = why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    err = err ? err
              : store->by_word(store->self, WORD_EMPLOYER, given->unit, take_down, &staff, why);
    if (!err && staff.count == 0) {
        err = why_say(why, ERR_NOT_FOUND,
            "nobody works at %.40s; say the employer's number as the records have it", given->unit);
    }
    if (!err && staff.count == staff.room) {
        err = why_say(why, ERR_CONFLICT, "%d people or more work at %.40s; that is no one's list",
            ROAD_PEOPLE_MAX, given->unit);
    }
    err = err ? err : list_gaps(city, &staff, list, gaps, why);
    free(staff.people);
    return err;
}

int capture_gaps_command(int argc, char **argv) {
    struct gaps_options given = {.common = {.officer = ""}};
    struct why why = {0};
    int64_t gaps = 0;
    int status = 0;
    if (!options_read(&gaps_usage, argc, argv, &given, &status)) {
        return status;
    }
    CAPTURE_CITY_SCOPE(city);
    given.common.officer = "";
    given.common.point = NULL;
    enum err err = capture_city_open(&city, &given.common, &why);
    json_t *list = given.common.json ? json_array() : NULL;
    err = err ? err : unit_gaps(&city, &given, list, &gaps, &why);
    if (!err && list) {
        (void)json_dumpf(list, stdout, 0);
        (void)printf("\n");
    } else if (!err) {
        (void)printf("缺失照片 %" PRId64 " without a photo\n", gaps);
    }
    json_decref(list);
    return !err && gaps ? (int)ENDING_MISSED : capture_tell(err, &why);
}
