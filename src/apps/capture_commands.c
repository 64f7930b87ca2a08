/* Capturing at a service point: taken, checked by a second operator, asked about, counted. */
#include <inttypes.h>
#include <stdio.h>

#include <jansson.h>

#include "apps/capture_city.h"
#include "apps/command.h"
#include "capture/capture_take.h"
#include "host/ending.h"
#include "host/options.h"

struct take_options {
    struct capture_options common;
    const char *number, *name, *document, *guardian, *proof, *photo, *code, *back;
    uint32_t taken, date;
    bool confirmed;
};

#define USAGE(name, words, table)                                                                  \
    {                                                                                              \
        .command = (name), .help = (words), .options = (table),                                    \
        .count = sizeof(table) / sizeof(table)[0]                                                  \
    }

/* 受理回执: what the person takes home, or one JSON object. */
static void print_record(
    const struct capture_city *city, const struct capture_record *record, bool json) {
    char code[CAPTURE_CODE_ROOM];
    struct photo photo = {.state = PHOTO_MANUAL};
    struct why none;
    capture_code_write(record, code);
    (void)city->store.photo_get(city->store.self, record->photo, &photo, &none);
    if (json) {
        json_t *shown = json_pack("{s:s, s:i, s:s, s:I, s:s, s:s, s:s}", "code", code, "state",
            (int)record->state, "text", record_state_text(record->state), "photo",
            (json_int_t)record->photo, "photo_state", photo_state_text(photo.state), "materials",
            record->materials, "reason", record->reason);
        (void)json_dumpf(shown, stdout, 0);
        (void)printf("\n");
        json_decref(shown);
        return;
    }
    (void)printf("受理回执 Receipt  %s\n%u %s  %s\n材料 documents: %s\n照片 photo P%" PRId64
                 ": %s\n",
        code, record->day, record->point, record_state_text(record->state), record->materials,
        record->photo, photo_state_text(photo.state));
    if (record->reason[0]) {
        (void)printf("原因 reason: %s\n", record->reason);
    }
}

/* --- capture take --------------------------------------------------------------------------------- */

/* clang-format off */
static const struct option take_options[] = {
    {"NUMBER", OPTION_TEXT, offsetof(struct take_options, number), NULL, NULL,
        "citizen number of whom is captured", false},
    {"--name", OPTION_TEXT, offsetof(struct take_options, name), "NAME", NULL,
        "the name on the document", false},
    {"--document", OPTION_TEXT, offsetof(struct take_options, document), "KIND:NUMBER", NULL,
        "the original that was shown: id-card:NUMBER; under 16 also household-book:NUMBER", false},
    {"--guardian", OPTION_TEXT, offsetof(struct take_options, guardian), "NUMBER", NULL,
        "under 16: number of the guardian's document", true},
    {"--proof", OPTION_TEXT, offsetof(struct take_options, proof), "KIND:NUMBER", NULL,
        "under 16: household-book:NUMBER or birth-paper:NUMBER", true},
    {"--confirmed", OPTION_FLAG, offsetof(struct take_options, confirmed), NULL, NULL,
        "the printed record was read and signed", true},
    {"--photo", OPTION_PATH, offsetof(struct take_options, photo), "FILE", NULL,
        "the picture as the camera wrote it", false},
    {"--taken", OPTION_DAY, offsetof(struct take_options, taken), NULL, NULL,
        "the day on which it was taken; else today", true},
    {"--point", OPTION_TEXT, offsetof(struct take_options, common.point), "POINT", NULL,
        "the service point", false},
    CAPTURE_OPTIONS(struct take_options),
};
/* clang-format on */

static const struct usage take_usage = USAGE("capture take",
    "Captures somebody at a service point, when documents, confirmation and photo are all good, "
    "and\n"
    "prints the receipt with its progress code. Again, it prints the same receipt.",
    take_options);

static enum err take(struct capture_city *city, const struct take_options *given,
    struct capture_record *record, struct why *why) {
    LOOKED_SCOPE(looked);
    enum err err = photo_file_look(&city->painter, given->photo, &looked, why);
    const struct photo_offer photo = {.file = bytes_of(looked.file.at, looked.file.len),
        .seen = &looked.seen,
        .taken = given->taken ? given->taken : city->desk.day};
    const struct capture_order order = {.number = given->number,
        .name = given->name,
        .document = given->document,
        .guardian = given->guardian,
        .proof = given->proof,
        .confirmed = given->confirmed,
        .photo = &photo};
    return err ? err : err_of_words(capture_take(&city->desk, &order, record, why));
}

int capture_take_command(int argc, char **argv) {
    struct take_options given;
    struct capture_record record;
    struct why why = {0};
    int status = 0;
    if (!options_read(&take_usage, argc, argv, &given, &status)) {
        return status;
    }
    CAPTURE_CITY_SCOPE(city);
    enum err err = capture_city_open(&city, &given.common, &why);
    err = err ? err : take(&city, &given, &record, &why);
    if (!err) {
        print_record(&city, &record, given.common.json);
    }
    return (int)ending_tell(err, &why);
}

/* --- capture check and show ----------------------------------------------------------------------- */

static const struct option check_options[] = {
    {"CODE",   OPTION_TEXT, offsetof(struct take_options, code), NULL,     NULL,
     "the progress code of the receipt",               false},
    {"--back", OPTION_TEXT, offsetof(struct take_options, back), "REASON", NULL,
     "it goes back, and why; without this it is good", true },
    CAPTURE_OPTIONS(struct take_options),
};

static const struct usage check_usage = USAGE("capture check",
    "The second operator, an approver who did not take it, has compared record, signed sheet and "
    "photo.",
    check_options);

static const struct option show_options[] = {
    {"CODE", OPTION_TEXT, offsetof(struct take_options, code), NULL, NULL,
     "the progress code of the receipt", false},
    OPTION_DATA(struct take_options, common.data),
    OPTION_JSON(struct take_options, common.json),
};

static const struct usage show_usage = USAGE(
    "capture show", "How far a captured record is, by its progress code.", show_options);

/* Both commands name a record by its code; check decides about it, too. */
static int code_command(const struct usage *usage, bool check, int argc, char **argv) {
    struct take_options given = {.back = NULL};
    struct capture_record record;
    struct why why = {0};
    int status = 0;
    if (!options_read(usage, argc, argv, &given, &status)) {
        return status;
    }
    CAPTURE_CITY_SCOPE(city);
    given.common.officer = check ? given.common.officer : "";
    given.common.point = NULL;
    enum err err = capture_city_open(&city, &given.common, &why);
    err = err ? err : capture_by_code(&city.desk, given.code, &record, &why);
    if (!err && check) {
        err = capture_check(&city.desk, record.id, !given.back, given.back, &record, &why);
    }
    if (!err) {
        print_record(&city, &record, given.common.json);
    }
    return capture_tell(err, &why);
}

int capture_check_command(int argc, char **argv) {
    return code_command(&check_usage, true, argc, argv);
}

int capture_show_command(int argc, char **argv) {
    return code_command(&show_usage, false, argc, argv);
}

/* --- capture report ------------------------------------------------------------------------------- */

static const struct option report_options[] = {
    {"--date", OPTION_DAY, offsetof(struct take_options, date), NULL, NULL,
     "of this day; else today", true},
    OPTION_DATA(struct take_options, common.data),
    OPTION_JSON(struct take_options, common.json),
};

static const struct usage report_usage = USAGE("capture report",
    "采集日报: who was captured on a day, how far they are, and how their photos passed.",
    report_options);

static void print_day(uint32_t day, const struct capture_day *c, bool json) {
    const struct {
        const char *name, *text;
        int64_t value;
    } lines[] = {
        {"taken",           "采集 captured",                       c->taken          },
        {"waiting",         "待复核 waiting for operator 2",      c->waiting        },
        {"checked",         "已复核 checked",                     c->checked        },
        {"back",            "退回 sent back",                      c->back           },
        {"road",            "流动采集 of them on the road",      c->road           },
        {"photo_passed",    "照片自动合格 photos that passed", c->photo_passed   },
        {"photo_by_person", "人工合格 passed by a person",       c->photo_by_person},
        {"photo_waiting",   "待人工审核 wait for a person",     c->photo_waiting  },
        {"photo_rejected",  "不合格 rejected",                    c->photo_rejected },
    };
    (void)printf(json ? "{\"date\": \"%u\"" : "采集日报 Daily report of capturing  %u\n", day);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        (void)(json ? printf(", \"%s\": %" PRId64, lines[i].name, lines[i].value)
                    : printf("%8" PRId64 "  %s\n", lines[i].value, lines[i].text));
    }
    (void)printf(json ? "}\n" : "");
}

int capture_report_command(int argc, char **argv) {
    struct take_options given;
    struct capture_day count;
    struct why why = {0};
    int status = 0;
    if (!options_read(&report_usage, argc, argv, &given, &status)) {
        return status;
    }
    CAPTURE_CITY_SCOPE(city);
    given.common.officer = "";
    given.common.point = NULL;
    enum err err = capture_city_open(&city, &given.common, &why);
    uint32_t day = err || given.date ? given.date : city.desk.day;
    err = err ? err : capture_day_count(&city.desk, day, &count, &why);
    if (!err) {
        print_day(day, &count, given.common.json);
    }
    return capture_tell(err, &why);
}
