#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apps/command.h"
#include "apps/person_city.h"
#include "apps/report_out.h"
#include "host/ending.h"
#include "host/options.h"
#include "host/report.h"
#include "registry/person_change.h"
#include "stores/sql/audit.h"

/* --- person change -------------------------------------------------------------------------------------- */

struct change_options {
    const char *number, *field, *value, *proof, *by, *data;
    int64_t agree, refuse;
    bool json;
};

/* clang-format off */
static const struct option change_options[] = {
    {"NUMBER", OPTION_TEXT, offsetof(struct change_options, number), NULL, NULL,
        "whose record: a citizen number; not with --agree and --refuse", true},
    {"--field", OPTION_TEXT, offsetof(struct change_options, field), "CODE", NULL,
        "the field's code, as docs/sheets/persons.md lists them", true},
    {"--value", OPTION_TEXT, offsetof(struct change_options, value), NULL, NULL,
        "what it is to say", true},
    {"--proof", OPTION_TEXT, offsetof(struct change_options, proof), "KIND:NUMBER", NULL,
        "the document that was seen: police-letter:2003-117, own-word:A4711", true},
    {"--officer", OPTION_TEXT, offsetof(struct change_options, by), "CODE", NULL,
        "an officer of a service point; with --agree or --refuse an approver", false},
    {"--agree", OPTION_NUMBER, offsetof(struct change_options, agree), "CHANGE", NULL,
        "let a change pass that waits", true},
    {"--refuse", OPTION_NUMBER, offsetof(struct change_options, refuse), "CHANGE", NULL,
        "or refuse it", true},
    OPTION_DATA(struct change_options, data),
    OPTION_JSON(struct change_options, json),
};
/* clang-format on */

static const struct usage change_usage = {
    .command = "person change",
    .help = "Changes one field of a record with its owner's proof. What says who somebody is waits "
            "for a second officer.",
    .options = change_options,
    .count = sizeof change_options / sizeof change_options[0],
};

/* What became of it, and what is to be done next. */
static void tell_change(const struct change_options *given, const struct change_result *result) {
    const char *state = result->same           ? "same"
                        : given->refuse > 0    ? "refused"
                        : result->request != 0 ? "waits"
                                               : "made";
    if (given->json) {
        (void)printf("{\"field\": \"%s\", \"state\": \"%s\", \"change\": %" PRId64
                     ", \"new_card\": %s}\n",
            result->item->code, state, result->request, result->face ? "true" : "false");
        return;
    }
    (void)printf("%s %s: ", result->item->zh, result->item->en);
    if (result->same) {
        (void)printf("本来就是 it says so already\n");
    } else if (result->request != 0) {
        (void)printf("待复核 change %" PRId64 " waits for an approver\n", result->request);
    } else {
        (void)printf("%s\n", given->refuse > 0 ? "不予变更 refused" : "已变更 changed");
    }
    if (result->face) {
        (void)printf("卡面须更换 it is printed on the card: order a new one (card replace)\n");
    }
}

static enum err change_new(struct person_city *people, const struct change_options *given,
    struct change_order *order, struct change_result *result, struct why *why) {
    struct person person;
    if (!given->number || !given->field || !given->value || !given->proof) {
        return why_say(
            why, ERR_CONFLICT, "a change needs NUMBER, --field, --value, --proof and --officer");
    }
    enum err err = person_find(&people->city.store, given->number, &person, why);
    order->person = err ? 0 : person.id;
    order->field = given->field;
    order->value = given->value;
    order->proof = given->proof;
    return err ? err : person_change(&people->desk, order, result, why);
}

static enum err change(
    struct person_city *people, const struct change_options *given, struct why *why) {
    struct change_order order = {.who = given->by};
    struct change_result result = {0};
    int64_t waits = given->agree > 0 ? given->agree : given->refuse;
    person_city_now(people, &order.day, &order.time);
    if (given->number && waits > 0) {
        return why_say(
            why, ERR_CONFLICT, "a change that waits has a number of its own; leave NUMBER away");
    }
    enum err err = waits > 0 ? person_change_agree(
                       &people->desk, waits, given->agree > 0, &order, &result, why)
                             : change_new(people, given, &order, &result, why);
    if (!err && result.item) {
        tell_change(given, &result);
    }
    return err;
}

int person_change_command(int argc, char **argv) {
    struct change_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&change_usage, argc, argv, &given, &status)) {
        return status;
    }
    PERSON_CITY_SCOPE(people);
    enum err err = person_city_open(&people, given.data, &why);
    return err ? (int)ending_tell(err, &why) : person_ending(change(&people, &given, &why), &why);
}

/* --- person history -------------------------------------------------------------------------------------- */

struct history_options {
    const char *number, *data, *reason;
    struct report_words report;
    bool json, unmask;
};

/* clang-format off */
static const struct option history_options[] = {
    {"NUMBER", OPTION_TEXT, offsetof(struct history_options, number), NULL, NULL,
        "whose record: a citizen number", false},
    {"--reason", OPTION_TEXT, offsetof(struct history_options, reason), NULL, NULL,
        "with --unmask: why you ask; it is written into the audit chain", true},
    {"--unmask", OPTION_FLAG, offsetof(struct history_options, unmask), NULL, NULL,
        "show telephones and document numbers whole", false},
    OPTIONS_REPORT(struct history_options, report),
    OPTION_DATA(struct history_options, data),
    OPTION_JSON(struct history_options, json),
};
/* clang-format on */

static const struct usage history_usage = {
    .command = "person history",
    .help =
        "Every change of a record: when, which field, what it said and says, who, by which file or "
        "proof.",
    .options = history_options,
    .count = sizeof history_options / sizeof history_options[0],
};

/* clang-format off */
static const struct report_column columns[] = {
    {"day",    "日期 Day",      REPORT_DAY,   10, false},
    {"field",  "字段 Field",    REPORT_TEXT,  14, false},
    {"title",  "名称 Name",     REPORT_TEXT,  14, false},
    {"was",    "原值 Was",      REPORT_TEXT,  20, false},
    {"became", "新值 Became",   REPORT_TEXT,  20, false},
    {"who",    "经办 Who",      REPORT_TEXT,  16, false},
    {"source", "来源 Source",   REPORT_TEXT,  24, false},
    {"record", "档案 Record",   REPORT_TEXT,  18, false},
};
/* clang-format on */
static const struct report_head head = {.name = "person-history",
    .title = "人员信息变更历史 Changes of a record",
    .about = "",
    .columns = columns,
    .column_count = sizeof columns / sizeof columns[0]};

/* Telephones, accounts and document numbers; the name and the region may be seen. */
static bool masked_field(const char *field) {
    static const char *const fields[] = {"AAE004", "AAE005", "AAC147", "g-id", "g-phone", "account",
        "stripe-account", "chip-account", "d-certificate", "g-birth-no"};
    bool found = false;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        found = found || strcmp(fields[i], field) == 0;
    }
    return found;
}

/* A long value is told by its beginning, behind a whole character: the record itself has all of it. */
static const char *shown(char *value, const char *field, bool unmask) {
    enum { MOST = REPORT_TEXT_MAX - 4 };
    if (!unmask && masked_field(field)) {
        person_mask_tail(value);
    }
    if (strlen(value) > MOST) {
        size_t end = MOST;
        while (end > 0 && ((unsigned char)value[end] & 0xC0) == 0x80) {
            end--;
        }
        (void)memcpy(value + end, "…", sizeof "…");
    }
    return value;
}

static enum err tell_change_row(struct report_sink *sink, struct person_change_row *row,
    const char *number, bool unmask, struct why *why) {
    char source[PROOF_ROOM + 40];
    const struct item *item = item_named(row->field);
    if (row->import != 0) {
        (void)snprintf(
            source, sizeof source, "import %" PRId64 ", line %u", row->import, row->line);
    } else if (row->feed != 0) {
        (void)snprintf(source, sizeof source, "feed %" PRId64 ", line %u", row->feed, row->line);
    } else {
        (void)snprintf(source, sizeof source, "%s", row->proof);
    }
    const struct report_value values[] = {report_number(row->day), report_text(row->field),
        report_text(item ? item->zh : ""), report_text(shown(row->was, row->field, unmask)),
        report_text(shown(row->became, row->field, unmask)), report_text(row->who),
        report_text(source), report_text(number)};
    return report_row(sink, values, why);
}

/* All changes of one record, under its own number. */
static enum err tell_record(struct person_city *people, const struct history_options *given,
    struct report_sink *sink, int64_t id, struct why *why) {
    struct person person;
    char masked[NUMBER_LEN + 1];
    struct person_change_row row = {.id = 0};
    const struct person_store *store = &people->store;
    enum err err = people->city.store.person_by_id(people->city.store.self, id, &person, why);
    number_mask(err ? "" : person.number, masked);
    while (!err) {
        err = store->history_after(store->self, id, row.id, &row, why);
        err = err ? err
                  : tell_change_row(
                      sink, &row, given->unmask ? person.number : masked, given->unmask, why);
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* And of those that stand aside for it: a merge keeps both histories. */
static enum err tell_records(struct person_city *people, const struct history_options *given,
    struct report_sink *sink, int64_t id, struct why *why) {
    int64_t aside = 0;
    const struct person_store *store = &people->store;
    enum err err = tell_record(people, given, sink, id, why);
    while (!err) {
        err = store->aside_after(store->self, id, aside, &aside, why);
        err = err ? err : tell_record(people, given, sink, aside, why);
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err history(
    struct person_city *people, const struct history_options *given, struct why *why) {
    struct person person;
    uint32_t day = 0, time = 0;
    char subject[AUDIT_SUBJECT_MAX];
    const struct person_store *store = &people->store;
    const struct report_words words = {
        given->json ? "json" : given->report.format, given->report.out};
    REPORT_OUT_SCOPE(out);
    if (given->unmask && (!given->reason || strlen(given->reason) > AUDIT_WORD_MAX)) {
        return why_say(
            why, ERR_CONFLICT, "--unmask needs --reason, of at most %d bytes", (int)AUDIT_WORD_MAX);
    }
    person_city_now(people, &day, &time);
    enum err err = report_out_open(&out, &words, day, why);
    err = err ? err : person_find(&people->city.store, given->number, &person, why);
    if (!err && given->unmask) {
        (void)snprintf(subject, sizeof subject, "person %" PRId64 ": %s", person.id, given->reason);
        err = store->audit(store->self, "system", "person history shown whole", subject, why);
    }
    err = err ? err : report_begin(&out.sink, &head, why);
    err = err ? err : tell_records(people, given, &out.sink, person.id, why);
    err = err ? err : report_end(&out.sink, why);
    return err ? err : report_out_keep(&out, why);
}

int person_history_command(int argc, char **argv) {
    struct history_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&history_usage, argc, argv, &given, &status)) {
        return status;
    }
    PERSON_CITY_SCOPE(people);
    enum err err = person_city_open(&people, given.data, &why);
    return err ? (int)ending_tell(err, &why) : person_ending(history(&people, &given, &why), &why);
}
