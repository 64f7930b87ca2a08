#include "apps/person_city.h"

#include <string.h>
#include <time.h>

#include "host/ending.h"
#include "host/progress.h"
#include "registry/person_find.h"

enum err person_city_open(struct person_city *people, const char *dir, struct why *why) {
    enum err err = city_open(&people->city, dir, why);
    err = err ? err : person_rows_open(&people->rows, &people->city.db, why);
    if (!err) {
        people->store = person_store_of(people->rows);
        people->desk = (struct person_desk){&people->city.store, &people->store};
    }
    return err;
}

void person_city_close(struct person_city *people) {
    person_rows_close(people->rows);
    city_close(&people->city);
}

static void tell_indexed(void *cookie, uint64_t done, uint64_t of) {
    struct progress *progress = cookie;
    progress->total = of;
    progress_at(progress, done);
}

/* Silent when nothing is to be done, which is nearly always. */
enum err person_city_index(struct person_city *people, bool quiet, struct why *why) {
    int64_t behind = 0;
    enum err err = people->store.index_behind(people->store.self, &behind, why);
    if (err || behind == 0) {
        return err;
    }
    struct progress progress = progress_begin("index", "persons", (uint64_t)behind, quiet);
    err = person_index(&people->desk, tell_indexed, &progress, why);
    if (err) {
        progress_abandon(&progress);
    } else {
        (void)progress_end(&progress);
    }
    return err;
}

void person_city_now(const struct person_city *people, uint32_t *day, uint32_t *when) {
    time_t now = time(NULL);
    struct tm local = {0};
    (void)localtime_r(&now, &local);
    *day = people->city.centre.file.date;
    *when = (uint32_t)(local.tm_hour * 10000 + local.tm_min * 100 + local.tm_sec % 60);
}

void person_mask_tail(char *text) {
    size_t len = strlen(text);
    for (size_t i = 0; i + 4 < len; i++) {
        text[i] = '*';
    }
}

int person_ending(enum err err, const struct why *why) {
    return (int)ending_tell_words(err, why);
}
