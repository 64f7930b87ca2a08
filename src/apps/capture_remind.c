/* Lists that units have not answered: the form that is read and signed, and reminders. [system.md 4.1.5] */
#include <inttypes.h>
#include <stdio.h>

#include "apps/capture_city.h"
#include "apps/command.h"
#include "apps/report_out.h"
#include "capture/unit_list.h"
#include "host/options.h"

struct remind_options {
    struct capture_options common;
    int64_t list;
    uint32_t date;
    struct report_words report;
};

/* clang-format off */
static const struct option form_options[] = {
    {"LIST", OPTION_NUMBER, offsetof(struct remind_options, list), NULL, NULL,
        "number of the list, as capture packages shows it", false},
    OPTIONS_REPORT(struct remind_options, report),
    CAPTURE_OPTIONS(struct remind_options),
};
static const struct option remind_options[] = {
    {"--date", OPTION_DAY, offsetof(struct remind_options, date), NULL, NULL,
        "reminders of this day instead of the centre's", true},
    OPTIONS_REPORT(struct remind_options, report),
    CAPTURE_OPTIONS(struct remind_options),
};
/* clang-format on */

static const struct usage form_usage = {
    .command = "capture form",
    .help = "信息确认表: the list of a unit as it is read, ticked and signed by its people; whole "
            "numbers, so\n"
            "that somebody answers for it.",
    .options = form_options,
    .count = sizeof form_options / sizeof form_options[0],
};
static const struct usage remind_usage = {
    .command = "capture remind",
    .help = "Reminds units whose list is out for more than unit-remind-days working days, and "
            "again after as\n"
            "many; notes each as done, so that the same day reminds nobody twice.",
    .options = remind_options,
    .count = sizeof remind_options / sizeof remind_options[0],
};

/* --- capture form --------------------------------------------------------------------------------- */

static const struct report_column form_columns[] = {
    {"sequence", "序号 No.",                REPORT_NUMBER, 9,  false},
    {"number",   "社会保障号码 Number", REPORT_TEXT,   20, false},
    {"name",     "姓名 Name",               REPORT_TEXT,   16, false},
    {"sex",      "性别 Sex",                REPORT_TEXT,   8,  false},
    {"birth",    "出生日期 Birth",        REPORT_DAY,    14, false},
    {"photo",    "照片 Photo",              REPORT_TEXT,   12, false},
    {"state",    "答复 Answer",             REPORT_TEXT,   24, false},
    {"change",   "更正内容 Correction",   REPORT_TEXT,   24, false},
    {"signed",   "本人签名 Signature",    REPORT_TEXT,   18, false},
};

static enum err form_row(const struct capture_city *city, const struct expected *one,
    int64_t sequence, struct report_sink *sink, struct why *why) {
    const struct registry_store *registry = city->desk.persons->registry;
    struct person person;
    struct photo photo;
    struct why none;
    enum err err = registry->person_by_id(registry->self, one->person, &person, why);
    if (err) {
        return err;
    }
    enum err has = city->store.photo_usable(city->store.self, one->person, &photo, &none);
    if (has && has != ERR_NOT_FOUND) {
        return why_say(why, has, "%s", none.text);
    }
    const struct report_value row[] = {report_number(sequence), report_text(person.number),
        report_text(person.name), report_text(person.sex == 1 ? "男" : "女"),
        report_number(person.birth), report_text(has ? "缺 missing" : "有"),
        report_text(
            one->state == EXPECTED_MISSING ? "□ 无误  □ 有误" : expected_state_text(one->state)),
        report_text(one->note), report_text("")};
    return report_row(sink, row, why);
}

/* The people of the list in its order; somebody answers for whole numbers on paper. */
static enum err form_rows(const struct capture_city *city, const struct capture_package *package,
    struct report_sink *sink, struct why *why) {
    struct expected one = {.person = 0};
    enum err err = OK;
    for (int64_t sequence = package->first; !err; sequence++) {
        err = city->store.expected_after(city->store.self, package->id, one.person, &one, why);
        err = err ? err : form_row(city, &one, sequence, sink, why);
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err form(struct capture_city *city, const struct remind_options *given,
    struct report_out *out, struct why *why) {
    const struct person_store *persons = city->desk.persons->store;
    struct capture_package package;
    char about[PLACE_ROOM + 64];
    char subject[32];
    PERSON_WORK_SCOPE(work);
    enum err err = officer_require(
        city->desk.persons->registry, city->desk.officer, ROLE_POINT, why);
    err = err ? err : city->store.package_get(city->store.self, given->list, &package, why);
    if (err || package.kind != PACKAGE_UNIT) {
        return err && err != ERR_NOT_FOUND
                   ? err
                   : why_say(why, ERR_CONFLICT,
                       "there is no list %" PRId64 "; capture packages shows those there are",
                       given->list);
    }
    (void)snprintf(about, sizeof about, "%s  清单 list %" PRId64 "  %08" PRIu32, package.place,
        package.id, package.day);
    (void)snprintf(subject, sizeof subject, "package %" PRId64, package.id);
    const struct report_head head = {.name = "unit-form",
        .title = "信息确认表 Confirmation of records",
        .about = about,
        .columns = form_columns,
        .column_count = sizeof form_columns / sizeof form_columns[0]};
    err = person_work_begin(&work, persons, why);
    err = err ? err
              : persons->audit(persons->self, city->desk.officer, "capture form", subject, why);
    err = err ? err : report_begin(&out->sink, &head, why);
    err = err ? err : form_rows(city, &package, &out->sink, why);
    err = err ? err : report_end(&out->sink, why);
    err = err ? err : report_out_keep(out, why);
    return err ? err : person_work_commit(&work, why);
}

int capture_form_command(int argc, char **argv) {
    struct remind_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&form_usage, argc, argv, &given, &status)) {
        return status;
    }
    CAPTURE_CITY_SCOPE(city);
    REPORT_OUT_SCOPE(out);
    given.report.format = given.common.json ? "json" : given.report.format;
    given.common.point = NULL;
    enum err err = capture_city_open(&city, &given.common, &why);
    err = err ? err : report_out_open(&out, &given.report, city.desk.day, &why);
    err = err ? err : form(&city, &given, &out, &why);
    return capture_tell(err, &why);
}

/* --- capture remind ------------------------------------------------------------------------------- */

static const struct report_column remind_columns[] = {
    {"list",   "清单 List",      REPORT_NUMBER, 10, false},
    {"unit",   "单位 Unit",      REPORT_TEXT,   20, false},
    {"day",    "发出日 Out",    REPORT_DAY,    13, false},
    {"days",   "工作日 Days",   REPORT_NUMBER, 12, false},
    {"silent", "未答复 Silent", REPORT_NUMBER, 14, true },
    {"count",  "第几次 Time",   REPORT_NUMBER, 12, false},
};
static const struct report_head remind_head = {
    .name = "unit-reminders",
    .title = "单位确认催办单 Reminders to units",
    .about = "",
    .columns = remind_columns,
    .column_count = sizeof remind_columns / sizeof remind_columns[0],
};

/* One list: is it due today? Then it is noted and told. */
static enum err remind_one(const struct capture_city *city, const struct capture_package *package,
    int64_t days, struct report_sink *sink, struct why *why) {
    struct unit_reminded last = {.last = 0};
    struct unit_standing standing;
    enum err err = city->store.package_reminded(
        city->store.self, package->id, &last.last, &last.count, why);
    uint32_t since = last.last ? last.last : package->day;
    if (err || package->back != 0 || capture_working_days(since, city->desk.day) <= days) {
        return err;
    }
    err = unit_remind(&city->desk, package->id, &last, why);
    err = err ? err : unit_stands(&city->desk, package->id, &standing, why);
    if (err) {
        return err;
    }
    const struct report_value row[] = {report_number(package->id), report_text(package->place),
        report_number(package->day),
        report_number(capture_working_days(package->day, city->desk.day)),
        report_number(standing.silent), report_number(last.count)};
    return report_row(sink, row, why);
}

/* All of them in one transaction with the list, which stands before they count. */
static enum err remind(struct capture_city *city, struct report_out *out, struct why *why) {
    struct capture_package package = {.id = 0};
    int64_t days = 0;
    PERSON_WORK_SCOPE(work);
    enum err err = officer_require(
        city->desk.persons->registry, city->desk.officer, ROLE_POINT, why);
    err = err ? err
              : parameter_value(city->desk.persons->registry, PARAMETER_UNIT_REMIND_DAYS,
                  city->desk.day, &days, why);
    err = err ? err : person_work_begin(&work, city->desk.persons->store, why);
    err = err ? err : report_begin(&out->sink, &remind_head, why);
    while (!err) {
        err = city->store.package_after(city->store.self, PACKAGE_UNIT, package.id, &package, why);
        err = err ? err : remind_one(city, &package, days, &out->sink, why);
    }
    err = err == ERR_NOT_FOUND ? report_end(&out->sink, why) : err;
    err = err ? err : report_out_keep(out, why);
    return err ? err : person_work_commit(&work, why);
}

int capture_remind_command(int argc, char **argv) {
    struct remind_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&remind_usage, argc, argv, &given, &status)) {
        return status;
    }
    CAPTURE_CITY_SCOPE(city);
    REPORT_OUT_SCOPE(out);
    given.report.format = given.common.json ? "json" : given.report.format;
    given.common.point = NULL;
    enum err err = capture_city_open(&city, &given.common, &why);
    city.desk.day = given.date && !err ? given.date : city.desk.day;
    err = err ? err : report_out_open(&out, &given.report, city.desk.day, &why);
    err = err ? err : remind(&city, &out, &why);
    return capture_tell(err, &why);
}
