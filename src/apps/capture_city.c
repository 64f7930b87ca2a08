#include "apps/capture_city.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/day.h"
#include "base/working_day.h"
#include "host/ending.h"
#include "host/files.h"

enum err capture_city_open(
    struct capture_city *city, const struct capture_options *given, struct why *why) {
    enum err err = person_city_open(&city->people, given->data, why);
    err = err ? err : capture_rows_open(&city->people.city.db, &city->store, why);
    if (err) {
        return err;
    }
    city->desk = (struct capture_desk){.persons = &city->people.desk,
        .store = &city->store,
        .officer = given->officer,
        .point = given->point ? given->point : ""};
    person_city_now(&city->people, &city->desk.day, &city->desk.time);
    return OK;
}

/* Sentences before the database that they were prepared on. */
void capture_city_close(struct capture_city *city) {
    painter_close(city->painter);
    capture_rows_close(&city->store);
    person_city_close(&city->people);
}

void looked_free(struct looked *looked) {
    file_content_free(&looked->file);
}

/* One request to the painter, which is started when it is needed for the first time. */
static enum err ask(
    struct painter **painter, struct bytes request, struct bytes *answer, struct why *why) {
    static const struct painter_skill *const skills[] = {&photo_skill};
    enum err err = *painter ? OK : painter_open(skills, 1, painter, why);
    return err ? err : painter_ask(*painter, PAINT_PHOTO, request, answer, why);
}

enum err photo_picture_look(
    struct painter **painter, struct bytes file, struct photo_seen *seen, struct why *why) {
    uint8_t *room = malloc(file.len + PHOTO_REQUEST_EXTRA);
    if (!room) {
        return why_say(why, ERR_OUTSIDE, "no memory is left for a picture");
    }
    struct builder request = builder_in(room, file.len + PHOTO_REQUEST_EXTRA);
    struct bytes answer = {0};
    photo_request_look(file, &request);
    assert(!request.overflowed);
    enum err err = ask(painter, builder_bytes(&request), &answer, why);
    free(room);
    return err ? err : photo_answer_read(answer, seen, why);
}

enum err photo_bytes_look(struct painter **painter, struct looked *looked, struct why *why) {
    return photo_picture_look(
        painter, bytes_of(looked->file.at, looked->file.len), &looked->seen, why);
}

enum err photo_file_look(
    struct painter **painter, const char *path, struct looked *looked, struct why *why) {
    enum err err = files_read(path, PICTURE_FILE_MAX, &looked->file, why);
    if (err) {
        return err;
    }
    err = photo_bytes_look(painter, looked, why);
    return err ? why_add(why, err, "%s", path) : OK;
}

enum err photo_export(struct painter **painter, struct bytes photo, enum photo_profile profile,
    struct bytes *file, struct why *why) {
    static uint8_t room[PHOTO_FILE_MAX + PHOTO_REQUEST_EXTRA];
    struct builder request = builder_in(room, sizeof room);
    struct photo_seen seen = {.jpeg = {0}};
    struct bytes answer = {0};
    assert(photo.len <= PHOTO_FILE_MAX);
    photo_request_export(photo, profile, &request);
    enum err err = ask(painter, builder_bytes(&request), &answer, why);
    err = err ? err : photo_answer_read(answer, &seen, why);
    *file = seen.jpeg;
    return err;
}

void photo_seen_print(const struct photo_seen *seen) {
    for (size_t i = 0; i < FIGURES; i++) {
        char text[FINDING_ROOM];
        photo_finding_write((enum photo_figure)i, seen->figures.of[i], text);
        (void)printf("%s\n", text);
    }
    enum photo_judgement whole = photo_judge(&seen->figures);
    (void)printf("photo 照片: %s %s\n", photo_judgement_text(whole), photo_judgement_zh(whole));
}

int capture_tell(enum err err, const struct why *why) {
    return (int)ending_tell_words(err, why);
}

int64_t capture_working_days(uint32_t from, uint32_t to) {
    int64_t count = 0;
    for (uint32_t day = from; day < to && count < 366;) {
        day = day_plus(day, 1);
        count += working_day(day);
    }
    return count;
}
