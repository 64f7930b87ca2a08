#include "registry/person_find.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apps/command.h"
#include "apps/person_city.h"
#include "apps/report_out.h"
#include "host/ending.h"
#include "host/options.h"
#include "host/report.h"
#include "registry/region.h"
#include "stores/sql/audit.h"

struct find_options {
    const char *number, *name, *sound, *employer, *phone, *reason, *by, *data;
    struct report_words report;
    int64_t batch, box, limit;
    bool json, unmask;
};

/* clang-format off */
static const struct option options[] = {
    {"--number", OPTION_TEXT, offsetof(struct find_options, number), NULL, NULL,
        "a citizen number of 15 or 18 characters, or its first 6 to 17 digits", true},
    {"--name", OPTION_TEXT, offsetof(struct find_options, name), NULL, NULL,
        "this name; U+XXXXX for a character that cannot be typed, ? for one that cannot be read, * at the end", true},
    {"--sound", OPTION_TEXT, offsetof(struct find_options, sound), NULL, NULL,
        "every name that sounds like this one", true},
    {"--employer", OPTION_TEXT, offsetof(struct find_options, employer), NULL, NULL,
        "an employer's number or whole name", true},
    {"--phone", OPTION_TEXT, offsetof(struct find_options, phone), NULL, NULL,
        "a telephone, whole", true},
    {"--batch", OPTION_NUMBER, offsetof(struct find_options, batch), NULL, NULL,
        "the holders of a batch of cards", true},
    {"--box", OPTION_NUMBER, offsetof(struct find_options, box), NULL, NULL,
        "of that batch only this box", true},
    {"--reason", OPTION_TEXT, offsetof(struct find_options, reason), NULL, NULL,
        "why you ask; it is written into the audit chain", false},
    {"--officer", OPTION_TEXT, offsetof(struct find_options, by), "CODE", "system",
        "who asks", false},
    {"--limit", OPTION_NUMBER, offsetof(struct find_options, limit), NULL, "50",
        "the most answers", false},
    {"--unmask", OPTION_FLAG, offsetof(struct find_options, unmask), NULL, NULL,
        "show numbers and telephones whole, and note in the audit chain for whom it was done", false},
    OPTIONS_REPORT(struct find_options, report),
    OPTION_DATA(struct find_options, data),
    OPTION_JSON(struct find_options, json),
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

/* Whoever writes the rows, and what went wrong with one. */
struct teller {
    struct person_city *people;
    struct report_out out;
    bool unmask;
    enum err err;
    struct why *why;
};

/* What a record is, beside its card: in the words of the counter. */
static const char *record_state(const struct person_status *status) {
    return status->merged != 0   ? "合并 stands aside"
           : status->frozen != 0 ? "冻结 frozen"
           : status->life == 2   ? "死亡 dead"
                                 : NULL;
}

/* Unmasked, each person is a row of the audit chain of its own. */
static enum err veil(struct teller *t, struct person *person) {
    char subject[AUDIT_SUBJECT_MAX];
    char masked[NUMBER_LEN + 1];
    if (t->unmask) {
        (void)snprintf(subject, sizeof subject, "person %" PRId64, person->id);
        return db_audit(&t->people->city.db, "system", "person shown whole", subject, t->why);
    }
    number_mask(person->number, masked);
    (void)memcpy(person->number, masked, sizeof masked);
    person_mask_tail(person->mobile);
    return OK;
}

static enum err tell_row(
    struct teller *t, const struct person *person, const struct card_record *card) {
    struct person_status status;
    const struct person_store *store = &t->people->store;
    char state[64] = "";
    const char *region = region_name(person->region);
    enum err err = store->status_get(store->self, person->id, &status, t->why);
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
    return err ? err : report_row(&t->out.sink, values, t->why);
}

static bool tell(void *cookie, const struct person *found) {
    struct teller *t = cookie;
    struct person person = *found;
    struct card_record card;
    const struct registry_store *registry = &t->people->city.store;
    t->err = registry->card_of_person(registry->self, person.id, &card, t->why);
    bool has_card = t->err == OK;
    t->err = t->err == ERR_NOT_FOUND ? OK : t->err;
    t->err = t->err ? t->err : veil(t, &person);
    t->err = t->err ? t->err : tell_row(t, &person, has_card ? &card : NULL);
    return t->err == OK;
}

/* Exactly one thing is known: the question is by that. */
static enum err order_of(
    const struct find_options *given, struct find_order *order, struct why *why) {
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
    return err == ERR_NOT_FOUND
               ? why_say(why, ERR_DENIED, "%.16s is no officer of this centre", code)
               : err;
}

static enum err find(
    struct person_city *people, const struct find_options *given, struct why *why) {
    struct teller teller = {.people = people, .unmask = given->unmask, .why = why};
    struct find_order order = {.told = tell, .cookie = &teller};
    uint64_t found = 0;
    uint32_t day = 0, time = 0;
    bool more = false;
    const struct report_words words = {
        given->json ? "json" : given->report.format, given->report.out};
    person_city_now(people, &day, &time);
    enum err err = report_out_open(&teller.out, &words, day, why);
    err = err ? err : order_of(given, &order, why);
    err = err ? err : officer_check(people, given->by, why);
    err = err ? err : person_city_index(people, given->json, why);
    err = err ? err : report_begin(&teller.out.sink, &head, why);
    err = err ? err : persons_find(&people->desk, &order, &found, &more, why);
    err = err ? err : teller.err;
    err = err ? err : report_end(&teller.out.sink, why);
    err = err ? err : report_out_keep(&teller.out, why);
    report_out_drop(&teller.out);
    if (!err && more) {
        (void)fprintf(stderr, "%" PRIu64 " are shown and there are more; raise --limit\n", found);
    }
    return err;
}

int person_find_command(int argc, char **argv) {
    struct find_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    PERSON_CITY_SCOPE(people);
    enum err err = person_city_open(&people, given.data, &why);
    return err ? (int)ending_tell(err, &why) : person_ending(find(&people, &given, &why), &why);
}
