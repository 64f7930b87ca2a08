/* What waits for people, and what two officers decide about it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apps/command.h"
#include "apps/day_desk.h"
#include "apps/result_tell.h"
#include "base/day.h"
#include "base/money.h"
#include "clearing/exception.h"
#include "clearing/move.h"
#include "host/ending.h"
#include "host/options.h"

struct decide_options {
    const char *kind, *number, *officer, *reference, *institution, *data;
    int64_t upload, place, fen;
    uint32_t day;
    bool json;
};

/* --- day ask --------------------------------------------------------------------------------------- */

static const struct option ask_options[] = {
    {"KIND",          OPTION_TEXT,   offsetof(struct decide_options, kind),        NULL,   NULL,
     "pay or refuse a record that waits, refund a cleared one, claim one that did not come, or "
        "release retention",                                                                                 false},
    {"NUMBER",        OPTION_TEXT,   offsetof(struct decide_options, number),      NULL,   NULL,
     "your number of it: asked for again, it is the same",                                                   false},
    {"--upload",      OPTION_NUMBER, offsetof(struct decide_options, upload),      NULL,   "0",
     "the file of the record",                                                                               false},
    {"--place",       OPTION_NUMBER, offsetof(struct decide_options, place),       NULL,   "0",
     "the record's place in its file; the year of a release",                                                false},
    {"--fen",         OPTION_NUMBER, offsetof(struct decide_options, fen),         NULL,   "0",
     "how much, for refund, claim and release",                                                              false},
    {"--institution", OPTION_TEXT,   offsetof(struct decide_options, institution), "CODE", NULL,
     "whose list it is on, for claim; whose year it was, for release",                                       true },
    {"--reference",   OPTION_TEXT,   offsetof(struct decide_options, reference),   NULL,   NULL,
     "why: the slip, the letter, the answer",                                                                false},
    {"--officer",     OPTION_TEXT,   offsetof(struct decide_options, officer),     "CODE", NULL, "who asks",
     false                                                                                                        },
    OPTION_DATA(struct decide_options, data),
    OPTION_JSON(struct decide_options, json),
};

/* The kind of a word that an officer may ask for. */
static enum err kind_of(const char *word, enum move_kind *kind, struct why *why) {
    for (int i = 0; i < MOVE_KIND_COUNT; i++) {
        if (strcmp(move_word((enum move_kind)i), word) == 0) {
            *kind = (enum move_kind)i;
            return OK;
        }
    }
    return why_say(why, ERR_CONFLICT,
        "there is no move \"%s\"; ask to pay, refuse, refund, claim or release", word);
}

/* No file has more records than a place can count. */
static struct move_order order_of(const struct decide_options *given, enum move_kind kind) {
    return (struct move_order){.number = given->number,
        .kind = kind,
        .upload = given->upload,
        .place = given->place <= UPLOAD_RECORDS_MAX ? (uint32_t)given->place : 0,
        .institution = given->institution,
        .fen = given->fen,
        .reference = given->reference};
}

int day_ask_command(int argc, char **argv) {
    static const struct usage usage = {.command = "day ask",
        .help = "Asks for a decision about money (差错处理): nothing moves before another officer "
                "agrees.",
        .options = ask_options,
        .count = sizeof ask_options / sizeof ask_options[0]};
    struct decide_options given = {.json = false};
    struct why why = {0};
    enum move_kind kind = MOVE_PAY;
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    enum err err = kind_of(given.kind, &kind, &why);
    DAY_DESK_SCOPE(desk);
    err = err ? err : day_desk_open(&desk, given.data, false, &why);
    if (!err) {
        const struct move_order order = order_of(&given, kind);
        err = move_ask(&desk.clearing, &order, given.officer, &why);
    }
    if (!err) {
        result_tell(given.json,
            json_pack(
                "{s:s, s:s, s:b}", "number", given.number, "kind", given.kind, "agreed", false),
            "%s %s: asked for; another officer agrees with \"shebao day agree %s\"", move_zh(kind),
            given.number, given.number);
    }
    return (int)ending_tell_words(err, &why);
}

/* --- day agree ------------------------------------------------------------------------------------- */

static const struct option agree_options[] = {
    {"NUMBER",    OPTION_TEXT, offsetof(struct decide_options, number),  NULL,   NULL,
     "the number under which it was asked for",                                                      false},
    {"--officer", OPTION_TEXT, offsetof(struct decide_options, officer), "CODE", NULL, "who agrees",
     false                                                                                                },
    OPTION_DATA(struct decide_options, data),
    OPTION_JSON(struct decide_options, json),
};

int day_agree_command(int argc, char **argv) {
    static const struct usage usage = {.command = "day agree",
        .help = "Agrees to what another officer asked for: its posting belongs to the day that is "
                "open.",
        .options = agree_options,
        .count = sizeof agree_options / sizeof agree_options[0]};
    struct decide_options given = {.json = false};
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    DAY_DESK_SCOPE(desk);
    struct move_row row;
    char fen[FEN_TEXT_MAX];
    enum err err = day_desk_open(&desk, given.data, false, &why);
    err = err ? err : move_agree(&desk.clearing, given.number, given.officer, &why);
    err = err ? err : desk.store.move_find(desk.store.self, given.number, &row, &why);
    if (!err) {
        result_tell(given.json,
            json_pack("{s:s, s:b, s:I, s:s, s:I}", "number", row.number, "agreed", true, "fen",
                (json_int_t)row.fen, "institution", row.institution, "day", (json_int_t)row.day),
            "%s %s: %s yuan, %s, on %" PRIu32, move_zh(row.kind), row.number,
            fen_text(row.fen, fen), row.institution, row.day);
    }
    return (int)ending_tell(err, &why);
}

/* --- day suspense ---------------------------------------------------------------------------------- */

static const struct option suspense_options[] = {
    OPTION_DATA(struct decide_options, data),
    OPTION_JSON(struct decide_options, json),
};

/* One line of the list. */
struct waiting {
    const char *what, *zh, *institution;
    char name[48];
    int64_t fen;
    uint32_t day;
};

static void print_waiting(const struct waiting *w, uint32_t today, bool json, bool first) {
    const struct age *age = age_since(w->day, today);
    char fen[FEN_TEXT_MAX];
    if (json) {
        (void)printf("%s\n  {\"name\": ", first ? "" : ",");
        day_json_text(w->name);
        (void)printf(", \"why\": \"%s\", \"institution\": \"%s\", \"fen\": %" PRId64
                     ", \"day\": %" PRIu32 ", \"age\": %" PRIu32
                     ", \"next\": \"%s\", \"whose\": \"%s\"}",
            w->what, w->institution, w->fen, w->day, age->days, age->word, age->whose);
    } else {
        (void)printf("%-24s %s %12s  %" PRIu32 "  D+%-2" PRIu32 " %s (%s)  %s\n", w->name,
            w->institution, fen_text(w->fen, fen), w->day, age->days, age->zh, age->word, w->zh);
    }
}

/* Records first. */
static enum err list_records(
    struct day_desk *desk, uint32_t today, bool json, int64_t *fen, struct why *why) {
    const struct clearing_store *store = &desk->store;
    struct record_row r = {.upload = 0};
    struct upload_row upload;
    bool first = true;
    enum err err = OK;
    while (!(err = store->record_waiting(store->self, today, r.upload, r.place, &r, why))) {
        err = store->upload_numbered(store->self, r.upload, &upload, why);
        if (err) {
            return err;
        }
        const struct reason_line *line = reason_line(r.reason);
        struct waiting w = {
            line->word, line->zh, upload.header.institution, "", (int64_t)r.record.amount, r.day};
        (void)snprintf(
            w.name, sizeof w.name, "--upload %" PRId64 " --place %" PRIu32, r.upload, r.place);
        print_waiting(&w, today, json, first);
        *fen += w.fen;
        first = false;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* And what was asked for and nobody has agreed to. */
static enum err list_moves(struct day_desk *desk, uint32_t today, bool json, struct why *why) {
    struct move_row row = {.number = ""};
    bool first = true;
    enum err err = OK;
    while (!(err = desk->store.move_next(desk->store.self, 0, row.number, &row, why))) {
        struct waiting w = {
            move_word(row.kind), move_zh(row.kind), row.institution, "", row.fen, row.asked};
        (void)snprintf(w.name, sizeof w.name, "%s", row.number);
        print_waiting(&w, today, json, first);
        first = false;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* And what days were closed with and has not come to its end: records and moves have their own lines. */
static enum err list_exceptions(struct day_desk *desk, uint32_t today, bool json, struct why *why) {
    struct exception_row row = {.day = 0};
    bool first = true;
    enum err err = OK;
    while (!(err = desk->store.exception_next(desk->store.self, 0, &row, why))) {
        struct waiting w = {
            exception_word(row.kind), exception_zh(row.kind), "", "", row.fen, row.day};
        (void)snprintf(w.name, sizeof w.name, "%s", row.subject);
        if (row.kind == EXCEPTION_RETURN || row.kind == EXCEPTION_DIFFERENCE) {
            print_waiting(&w, today, json, first);
            first = false;
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

int day_suspense_command(int argc, char **argv) {
    static const struct usage usage = {.command = "day suspense",
        .help = "Lists what waits for people (挂账账龄): records that are held, and moves that "
                "nobody has "
                "\nagreed to, with their age and what is to be done next.",
        .options = suspense_options,
        .count = sizeof suspense_options / sizeof suspense_options[0]};
    struct decide_options given = {.number = NULL};
    struct why why = {0};
    uint32_t today = 0;
    int64_t fen = 0;
    char text[FEN_TEXT_MAX];
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    DAY_DESK_SCOPE(desk);
    enum err err = day_desk_open(&desk, given.data, false, &why);
    err = err ? err : day_open(&desk.store, &today, &why);
    (void)fputs(given.json ? "{\"records\": [" : "", stdout);
    err = err ? err : list_records(&desk, today, given.json, &fen, &why);
    (void)fputs(given.json ? "], \"moves\": [" : "", stdout);
    err = err ? err : list_moves(&desk, today, given.json, &why);
    (void)fputs(given.json ? "], \"exceptions\": [" : "", stdout);
    err = err ? err : list_exceptions(&desk, today, given.json, &why);
    if (given.json) {
        (void)printf("], \"day\": %" PRIu32 ", \"fen\": %" PRId64 "}\n", today, fen);
    } else if (!err) {
        (void)printf("%s yuan wait on %" PRIu32 "\n", fen_text(fen, text), today);
    }
    return (int)ending_tell(err, &why);
}
