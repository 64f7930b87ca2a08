#include "apps/person_seek.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "registry/person_find.h"
#include "stores/sql/audit.h"

/* Whoever writes the rows, and what went wrong with one. */
struct teller {
    struct person_city *people;
    const struct seek *seek;
    bool unmask;
    enum err err;
    struct why *why;
};

/* Unmasked, each person is a row of the audit chain of its own. */
static enum err note_whole(struct teller *t, int64_t person) {
    char subject[AUDIT_SUBJECT_MAX];
    (void)snprintf(subject, sizeof subject, "person %" PRId64, person);
    return db_audit(&t->people->city.db, "system", "person shown whole", subject, t->why);
}

static bool tell(void *cookie, const struct person *found) {
    struct teller *t = cookie;
    t->err = t->unmask ? note_whole(t, found->id) : OK;
    t->err = t->err ? t->err : t->seek->told(t->seek->cookie, found, t->why);
    return t->err == OK;
}

/* Exactly one thing is known: the question is by that. */
static enum err order_of(
    const struct seek_options *given, struct find_order *order, struct why *why) {
    const struct {
        const char *what;
        enum find_by by;
    } ways[] = {
        {given->number,                     FIND_NUMBER  },
        {given->name,                       FIND_NAME    },
        {given->sound,                      FIND_SOUND   },
        {given->employer,                   FIND_EMPLOYER},
        {given->phone,                      FIND_PHONE   },
        {given->batch > 0 ? "batch" : NULL, FIND_BATCH   },
    };
    int count = 0;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (ways[i].what) {
            order->what = ways[i].what;
            order->by = ways[i].by;
            count++;
        }
    }
    bool good = count == 1 && given->limit > 0 && (given->box == 0 || given->batch > 0);
    order->batch = given->batch;
    order->box = given->box;
    order->limit = (uint64_t)given->limit;
    order->reason = given->reason;
    order->who = given->by;
    return good
               ? OK
               : why_say(why, ERR_CONFLICT,
                   "say one of --number, --name, --sound, --employer, --phone and --batch (with or "
                   "without --box), and a --limit of at least 1");
}

/* An officer who is not "system" is one of the centre. */
static enum err officer_check(struct person_city *people, const char *code, struct why *why) {
    struct officer officer;
    if (strcmp(code, "system") == 0) {
        return OK;
    }
    enum err err = people->city.store.officer_by_code(people->city.store.self, code, &officer, why);
    return err == ERR_NOT_FOUND ? why_say(
               why, ERR_DENIED, "%.16s is no officer of this centre; name one who is", code)
                                : err;
}

enum err person_seek(struct person_city *people, const struct seek_options *given,
    const struct seek *seek, struct why *why) {
    struct teller teller = {.people = people, .seek = seek, .unmask = given->unmask, .why = why};
    struct find_order order = {.told = tell, .cookie = &teller};
    uint64_t found = 0;
    uint32_t day = 0, time = 0;
    bool more = false;
    const struct report_words words = {
        given->json ? "json" : given->report.format, given->report.out};
    REPORT_OUT_SCOPE(out);
    person_city_now(people, &day, &time);
    *seek->sink = &out.sink;
    enum err err = report_out_open(&out, &words, day, why);
    err = err ? err : order_of(given, &order, why);
    err = err ? err : officer_check(people, given->by, why);
    err = err ? err : person_city_index(people, given->json, why);
    err = err ? err : report_begin(&out.sink, seek->head, why);
    err = err ? err : persons_find(&people->desk, &order, &found, &more, why);
    err = err ? err : teller.err;
    err = err ? err : report_end(&out.sink, why);
    err = err ? err : report_out_keep(&out, why);
    if (!err && more) {
        (void)fprintf(stderr, "%" PRIu64 " are shown and there are more; raise --limit\n", found);
    }
    return err;
}
