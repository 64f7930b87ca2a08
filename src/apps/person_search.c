#include <stdio.h>
#include <string.h>

#include "apps/command.h"
#include "apps/person_seek.h"
#include "host/ending.h"
#include "host/options.h"
#include "registry/region.h"

struct person_options {
    struct seek_options seek;
};

/* clang-format off */
static const struct option options[] = {
    SEEK_OPTIONS(struct person_options, seek),
};
/* clang-format on */

static const struct usage usage = {
    .command = "person find",
    .help = "Finds persons by one thing that is known of them. Numbers and telephones are masked.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

/* clang-format off */
static const struct report_column columns[] = {
    {"number",   "号码 Number",     REPORT_TEXT,   18, false},
    {"name",     "姓名 Name",       REPORT_TEXT,   12, false},
    {"sex",      "性别 Sex",        REPORT_TEXT,    8, false},
    {"birth",    "出生 Born",       REPORT_DAY,    10, false},
    {"region",   "参保地 Region",   REPORT_TEXT,   13, false},
    {"mobile",   "手机 Mobile",     REPORT_TEXT,   11, false},
    {"employer", "单位 Employer",   REPORT_TEXT,   13, false},
    {"card",     "卡号 Card",       REPORT_TEXT,    9, false},
    {"state",    "状态 State",      REPORT_TEXT,   16, false},
};
/* clang-format on */
static const struct report_head head = {.name = "persons-found",
    .title = "人员查询 Persons found",
    .about = "",
    .columns = columns,
    .column_count = sizeof columns / sizeof columns[0]};

/* Who writes the rows. */
struct teller {
    struct person_city *people;
    struct report_sink *sink;
    bool unmask;
};

/* What a record is, beside its card: in the words of the counter. */
static const char *record_state(const struct person_status *status) {
    return status->merged != 0   ? "合并 stands aside"
           : status->frozen != 0 ? "冻结 frozen"
           : status->life == 2   ? "死亡 dead"
                                 : NULL;
}

static enum err tell_row(const struct teller *t, const struct person *person,
    const struct card_record *card, struct why *why) {
    struct person_status status;
    const struct person_store *store = &t->people->store;
    char state[64] = "";
    const char *region = region_name(person->region);
    enum err err = store->status_get(store->self, person->id, &status, why);
    const char *record = err ? NULL : record_state(&status);
    if (record) {
        (void)snprintf(state, sizeof state, "%s", record);
    } else if (card) {
        (void)snprintf(state, sizeof state, "%s %s", card_life_name_zh(card->life),
            card_life_name(card->life));
    }
    const struct report_value values[] = {report_text(person->number), report_text(person->name),
        report_text(person->sex == 1 ? "男" : "女"), report_number(person->birth),
        report_text(region ? region : ""), report_text(person->mobile),
        report_text(person->employer), report_text(card ? card->number : ""), report_text(state)};
    return err ? err : report_row(t->sink, values, why);
}

static enum err tell(void *cookie, const struct person *found, struct why *why) {
    const struct teller *t = cookie;
    struct person person = *found;
    struct card_record card;
    const struct registry_store *registry = &t->people->city.store;
    enum err err = registry->card_of_person(registry->self, person.id, &card, why);
    bool has_card = err == OK;
    if (err && err != ERR_NOT_FOUND) {
        return err;
    }
    if (!t->unmask) {
        number_mask(found->number, person.number);
        person_mask_tail(person.mobile);
    }
    return tell_row(t, &person, has_card ? &card : NULL, why);
}

int person_find_command(int argc, char **argv) {
    struct person_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    PERSON_CITY_SCOPE(people);
    enum err err = person_city_open(&people, given.seek.data, &why);
    if (err) {
        return (int)ending_tell(err, &why);
    }
    struct teller teller = {.people = &people, .unmask = given.seek.unmask};
    const struct seek seek = {.head = &head, .sink = &teller.sink, .cookie = &teller, .told = tell};
    return person_ending(person_seek(&people, &given.seek, &seek, &why), &why);
}
