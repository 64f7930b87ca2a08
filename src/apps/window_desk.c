#include "apps/window_desk.h"

#include "base/day.h"
#include "host/ending.h"
#include "registry/applicant.h"
#include "stores/sql/registry_person.h"

/* HHMMSS, or nothing of the kind. */
static enum err time_read(const char *text, uint32_t *time, struct why *why) {
    uint64_t value = 0;
    struct bytes digits = bytes_text(text);
    bool good = digits.len == 6 && digits_read(digits, &value) && value / 10000 < 24
                && value / 100 % 100 < 60 && value % 100 < 60;
    *time = (uint32_t)value;
    return good ? OK : why_say(why, ERR_INVALID, "%.16s is no time of day; write HHMMSS", text);
}

enum err window_open(struct window *window, const struct window_options *given, struct why *why) {
    uint32_t time = 0;
    enum err err = time_read(given->time, &time, why);
    err = err ? err : stock_desk_open(&window->stock, given->data, why);
    err = err ? err
              : box_rows_open(
                  &window->stock.city.db, &window->stock.issuance, &window->points, why);
    err = err ? err
              : window_rows_open(
                  &window->stock.city.db, &window->stock.issuance, &window->window, why);
    window->desk = (struct point_desk){.store = &window->points,
        .registry = &window->stock.city.store,
        .officer = given->officer,
        .second = given->second,
        .day = given->date ? given->date : window->stock.city.centre.file.date,
        .time = time};
    return err;
}

/* Sentences before the database that they were prepared on. */
void window_close(struct window *window) {
    window_rows_close(&window->window);
    box_rows_close(&window->points);
    stock_desk_close(&window->stock);
}

enum err window_parameter(
    const struct window *window, enum parameter which, int64_t *value, struct why *why) {
    return parameter_value(window->desk.registry, which, window->desk.day, value, why);
}

/* The rows of persons are opened for this one question. */
enum err window_guardian(struct window *window, const struct person *holder, const char *document,
    bool *guardian, struct why *why) {
    struct person_rows *rows = NULL;
    enum applicant_answer answer = APPLICANT_MAY;
    *guardian = person_is_child(holder, window->desk.day);
    if (!*guardian) {
        return OK;
    }
    enum err err = person_rows_open(&rows, &window->stock.city.db, why);
    if (err) {
        return err;
    }
    const struct person_store store = person_store_of(rows);
    const struct person_desk desk = {window->desk.registry, &store};
    err = guardian_ask(&desk, holder, window->desk.day, document, &answer, why);
    person_rows_close(rows);
    if (!err && answer != APPLICANT_MAY) {
        const struct applicant_text *text = applicant_text(answer);
        err = why_say(why, ERR_DENIED, "%s; %s", text->en, text->next);
    }
    return err;
}

int window_tell(enum err err, const struct why *why) {
    return (int)ending_tell_words(err, why);
}
