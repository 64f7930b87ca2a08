#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apps/command.h"
#include "apps/person_city.h"
#include "apps/report_out.h"
#include "host/ending.h"
#include "host/options.h"
#include "host/progress.h"
#include "host/report.h"
#include "registry/duplicate.h"

struct duplicates_options {
    const char *action, *data, *decision, *keep, *reason, *by, *second, *folder;
    struct report_words report;
    int64_t number, least, limit;
    bool json;
};

/* clang-format off */
static const struct option options[] = {
    {"ACTION", OPTION_TEXT, offsetof(struct duplicates_options, action), NULL, NULL,
        "find, list, decide, agree, refuse or undo", false},
    {"CASE", OPTION_NUMBER, offsetof(struct duplicates_options, number), NULL, NULL,
        "decide, agree, refuse, undo: the case's number, as list shows it", true},
    {"--decision", OPTION_TEXT, offsetof(struct duplicates_options, decision), "WHAT", NULL,
        "decide: merge, different or freeze", true},
    {"--keep", OPTION_TEXT, offsetof(struct duplicates_options, keep), "NUMBER", NULL,
        "decide, merge: the citizen number whose record stays", true},
    {"--reason", OPTION_TEXT, offsetof(struct duplicates_options, reason), NULL, NULL,
        "decide, undo: what was seen", true},
    {"--officer", OPTION_TEXT, offsetof(struct duplicates_options, by), "CODE", NULL,
        "decide, undo: of a service point; agree, refuse: an approver", true},
    {"--second", OPTION_TEXT, offsetof(struct duplicates_options, second), "CODE", NULL,
        "undo: an approver", true},
    {"--least", OPTION_NUMBER, offsetof(struct duplicates_options, least), NULL, "50",
        "find: the points that a pair needs, 0 to 100", false},
    {"--folder", OPTION_PATH, offsetof(struct duplicates_options, folder), "DIR", "/tmp",
        "find: where the sorting may keep 50 bytes for each person", false},
    {"--limit", OPTION_NUMBER, offsetof(struct duplicates_options, limit), NULL, "50",
        "list: the most cases, those with the most points first", false},
    OPTIONS_REPORT(struct duplicates_options, report),
    OPTION_DATA(struct duplicates_options, data),
    OPTION_JSON(struct duplicates_options, json),
};
/* clang-format on */

static const struct usage usage = {
    .command = "person duplicates",
    .help = "Records that may be one person, and names that wait: found, listed, decided by two "
            "officers, undone.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

/* --- find --------------------------------------------------------------------------------------- */

static void tell_moved(void *cookie, uint64_t done, uint64_t of) {
    struct progress *progress = cookie;
    progress->total = of;
    progress_at(progress, done);
}

static enum err find(
    struct person_city *people, const struct duplicates_options *given, struct why *why) {
    struct duplicate_found found = {0};
    struct progress progress = progress_begin("duplicates", "persons", 0, given->json);
    const struct duplicate_order order = {.day = people->city.centre.file.date,
        .least = (int)given->least,
        .folder = given->folder,
        .moved = tell_moved,
        .cookie = &progress};
    if (given->least > 100) {
        return why_say(why, ERR_CONFLICT, "--least is 0 to 100");
    }
    enum err err = duplicate_find(&people->desk, &order, &found, why);
    if (err) {
        progress_abandon(&progress);
        return err;
    }
    (void)progress_end(&progress);
    (void)printf(given->json ? "{\"persons\": %" PRIu64 ", \"pairs\": %" PRIu64
                               ", \"likely\": %" PRIu64 ", \"new\": %" PRIu64 "}\n"
                             : "%" PRIu64 " persons, %" PRIu64 " pairs compared, %" PRIu64
                               " of them likely, %" PRIu64 " new cases\n",
        found.persons, found.pairs, found.likely, found.added);
    return OK;
}

/* --- list --------------------------------------------------------------------------------------- */

/* clang-format off */
static const struct report_column columns[] = {
    {"case",     "案号 Case",        REPORT_NUMBER,  8, false},
    {"points",   "分 Points",        REPORT_NUMBER,  9, false},
    {"rule",     "依据 Rule",        REPORT_TEXT,   22, false},
    {"state",    "进度 State",       REPORT_TEXT,   10, false},
    {"decision", "决定 Decision",    REPORT_TEXT,   13, false},
    {"by",       "提议 By",          REPORT_TEXT,    8, false},
    {"number_1", "号码 Number",      REPORT_TEXT,   18, false},
    {"name_1",   "姓名 Name",        REPORT_TEXT,   10, false},
    {"number_2", "另一号码 Other",   REPORT_TEXT,   18, false},
    {"name_2",   "另一姓名 Name",    REPORT_TEXT,   10, false},
};
/* clang-format on */
static const struct report_head head = {.name = "duplicates",
    .title = "疑似重复人员 Records that may be one person",
    .about = "",
    .columns = columns,
    .column_count = sizeof columns / sizeof columns[0]};

static enum err tell_case(struct person_city *people, struct report_sink *sink,
    const struct duplicate *d, struct why *why) {
    struct person a;
    struct person b = {.number = "", .name = ""};
    char masked[2][NUMBER_LEN + 1];
    const struct registry_store *registry = &people->city.store;
    enum err err = registry->person_by_id(registry->self, d->first, &a, why);
    if (!err && d->second != 0) {
        err = registry->person_by_id(registry->self, d->second, &b, why);
    }
    if (err) {
        return err;
    }
    number_mask(a.number, masked[0]);
    number_mask(b.number, masked[1]);
    const struct report_value values[] = {report_number(d->id), report_number(d->score),
        report_text(duplicate_rule_text((enum duplicate_rule)d->rule)->zh),
        report_text(duplicate_state_name(d->state)),
        report_text(d->decision ? duplicate_decision_name(d->decision) : ""), report_text(d->who),
        report_text(masked[0]), report_text(a.name), report_text(masked[1]),
        report_text(d->second ? b.name : d->name)};
    return report_row(sink, values, why);
}

/* Those that wait for an approver first, then the open ones. */
static enum err list_state(struct person_city *people, struct report_sink *sink,
    enum duplicate_state state, int64_t *left, struct why *why) {
    enum { ABOVE_ALL = 101 };
    struct duplicate d = {.score = ABOVE_ALL};
    const struct person_store *store = &people->store;
    enum err err = OK;
    while (!err && *left > 0) {
        err = store->case_after(store->self, state, d.score, d.id, &d, why);
        err = err ? err : tell_case(people, sink, &d, why);
        --*left;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err list(
    struct person_city *people, const struct duplicates_options *given, struct why *why) {
    int64_t left = given->limit;
    uint32_t day = 0, time = 0;
    const struct report_words words = {
        given->json ? "json" : given->report.format, given->report.out};
    REPORT_OUT_SCOPE(out);
    person_city_now(people, &day, &time);
    enum err err = report_out_open(&out, &words, day, why);
    err = err ? err : report_begin(&out.sink, &head, why);
    err = err ? err : list_state(people, &out.sink, DUPLICATE_PROPOSED, &left, why);
    err = err ? err : list_state(people, &out.sink, DUPLICATE_OPEN, &left, why);
    err = err ? err : report_end(&out.sink, why);
    return err ? err : report_out_keep(&out, why);
}

/* --- decide, agree, refuse, undo -------------------------------------------------------------------- */

/* What the four have in common: a case, and who. */
static enum err order_of(struct person_city *people, const struct duplicates_options *given,
    struct duplicate_say *order, struct why *why) {
    *order = (struct duplicate_say){.id = given->number,
        .reason = given->reason ? given->reason : "",
        .who = given->by,
        .second = given->second};
    person_city_now(people, &order->day, &order->time);
    return given->number > 0 && given->by
               ? OK
               : why_say(why, ERR_CONFLICT, "name the case and --officer OFFICER");
}

static enum err told(const struct duplicates_options *given, enum err err, const char *became) {
    if (!err) {
        (void)printf(
            given->json ? "{\"case\": %" PRId64 ", \"state\": \"%s\"}\n" : "case %" PRId64 ": %s\n",
            given->number, became);
    }
    return err;
}

static enum err decide(
    struct person_city *people, const struct duplicates_options *given, struct why *why) {
    struct duplicate_say order;
    struct person keep = {.id = 0};
    enum err err = order_of(people, given, &order, why);
    if (!err && given->keep) {
        err = person_find(&people->city.store, given->keep, &keep, why);
    }
    order.keep = keep.id;
    order.decision = duplicate_decision_named(given->decision ? given->decision : "");
    err = err ? err : duplicate_decide(&people->desk, &order, why);
    return told(given, err, "proposed");
}

static enum err agree(
    struct person_city *people, const struct duplicates_options *given, struct why *why) {
    struct duplicate_say order;
    enum err err = order_of(people, given, &order, why);
    err = err ? err : duplicate_agree(&people->desk, &order, true, why);
    return told(given, err, "decided");
}

static enum err refuse(
    struct person_city *people, const struct duplicates_options *given, struct why *why) {
    struct duplicate_say order;
    enum err err = order_of(people, given, &order, why);
    err = err ? err : duplicate_agree(&people->desk, &order, false, why);
    return told(given, err, "open");
}

static enum err undo(
    struct person_city *people, const struct duplicates_options *given, struct why *why) {
    struct duplicate_say order;
    enum err err = order_of(people, given, &order, why);
    if (!err && !given->second) {
        err = why_say(
            why, ERR_CONFLICT, "two officers undo a decision: name --second, an approver");
    }
    err = err ? err : duplicate_undo(&people->desk, &order, why);
    return told(given, err, "open");
}

static const struct {
    const char *word;
    enum err (*run)(
        struct person_city *people, const struct duplicates_options *given, struct why *why);
} actions[] = {
    {"find",   find  },
    {"list",   list  },
    {"decide", decide},
    {"agree",  agree },
    {"refuse", refuse},
    {"undo",   undo  },
};

static enum err act(
    struct person_city *people, const struct duplicates_options *given, struct why *why) {
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(actions[i].word, given->action) == 0) {
            return actions[i].run(people, given, why);
        }
    }
    return why_say(why, ERR_CONFLICT,
        "person duplicates %.20s is nothing; say find, list, decide, agree, refuse or undo",
        given->action);
}

int person_duplicates_command(int argc, char **argv) {
    struct duplicates_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    PERSON_CITY_SCOPE(people);
    enum err err = person_city_open(&people, given.data, &why);
    return err ? (int)ending_tell(err, &why) : person_ending(act(&people, &given, &why), &why);
}
