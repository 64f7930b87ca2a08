#include "stores/sql/report_sheet.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/day.h"
#include "base/hex.h"
#include "ceremony/keeping_life.h"
#include "clearing/ledger.h"
#include "clearing/reason.h"
#include "issuance/machine.h"
#include "issuance/point_store.h"
#include "registry/card_life.h"
#include "registry/duplicate.h"
#include "registry/person.h"
#include "registry/region.h"

/* How a value is read from the row, and what the reader of the report gets to see. */
enum shown_as {
    AS_TEXT,
    AS_COUNT,
    AS_TOTAL, /* a count whose sum stands below the rows */
    AS_FEN,   /* the same for money */
    AS_DAY,
    AS_RATE,   /* ten-thousandths, as "87.65%" */
    AS_MOMENT, /* milliseconds since 1970 */
    AS_HEX,    /* bytes */
    AS_PERSON, /* a person's number without its check character; masked */
    AS_NAME,   /* of a person; masked */
    AS_REGION,
    /* Codes, in words. */
    AS_BATCH,
    AS_EVENT,
    AS_LIST_REASON,
    AS_ACCOUNT,
    AS_MODULE,
    AS_CARRIER,
    AS_RULE,
    AS_BOX,
    AS_BOX_ENTRY,
    AS_STOCK_STEP,
    AS_CASE,
    AS_ROLE,
};

/* A column as the sheet has it. */
struct sheet_column {
    const char *name, *title;
    enum shown_as as;
    unsigned width;
};
/* What the sheet has beyond report_lines(). */
struct sheet_source {
    const char *sql;
    const struct sheet_column *columns;
    size_t column_count;
};

/* listed-tries names the ending by its place, which never changes. */
static_assert(REASON_LISTED == 14, "report_sheet.def asks for records of this reason");

/* Tables made of the sheet. */
/* clang-format off */
#define COLUMN(name, title, as, width) {name, title, as, width}
#define REPORT(member, name, place, zh, en, takes, sql, ...) static const struct sheet_column columns_##member[] = {__VA_ARGS__};
#define FED(name, place, zh, en, kind)
#define ABSENT(name, place, zh, en, why)
#include "stores/sql/report_sheet.def"

static const struct report_line lines[] = {
#define REPORT(member, name, place, zh, en, takes, sql, ...) {name, place, zh " " en, takes, NULL, NULL},
#define FED(name, place, zh, en, kind) {name, place, zh " " en, TAKE_DAY, kind, NULL},
#define ABSENT(name, place, zh, en, why) {name, place, zh " " en, 0, NULL, why},
#include "stores/sql/report_sheet.def"
};
enum { LINES = sizeof lines / sizeof lines[0] };

static const struct sheet_source sources[LINES] = {
#define REPORT(member, name, place, zh, en, takes, sql, ...) {sql, columns_##member, sizeof columns_##member / sizeof columns_##member[0]},
#define FED(name, place, zh, en, kind) {NULL, NULL, 0},
#define ABSENT(name, place, zh, en, why) {NULL, NULL, 0},
#include "stores/sql/report_sheet.def"
};
#undef COLUMN

static const struct {
    const char *name, *title, *left, *right;
} checks[] = {
#define REPORT_CHECK(name, title, left, right) {name, title, left, right},
#include "stores/sql/report_sheet.def"
};

/* What a code means, where no function of its owner says it in both languages. */
enum {
#define STOCK_STEP(member, word, from, to, signatures, zh) CODE_##member,
#include "issuance/stock.def"
};
static const struct {
    enum shown_as as;
    int code;
    const char *words;
} codes[] = {
#define BOX_STATE(member, code, zh, en) {AS_BOX, code, zh " " en},
#include "issuance/box.def"
#define BOX_ENTRY(member, code, word, zh) {AS_BOX_ENTRY, code, zh " " word},
#include "issuance/box.def"
#define STOCK_STEP(member, word, from, to, signatures, zh) {AS_STOCK_STEP, CODE_##member, zh " " word},
#include "issuance/stock.def"
    {AS_CASE, 0, "待查 open"}, {AS_CASE, 1, "待复核 proposed"}, {AS_CASE, 2, "已决定 decided"},
    {AS_ROLE, 1, "制卡 maker"}, {AS_ROLE, 2, "审批 approver"}, {AS_ROLE, 3, "网点 point"},
    {AS_ROLE, 4, "清算 clearing"}, {AS_ROLE, 5, "主任 head"},
};
/* clang-format on */

const struct report_line *report_lines(size_t *count) {
    *count = LINES;
    return lines;
}

const struct report_line *report_line_find(const char *name) {
    for (size_t i = 0; i < LINES; i++) {
        if (strcmp(lines[i].name, name) == 0) {
            return &lines[i];
        }
    }
    return NULL;
}

static const struct sheet_source *source_of(const struct report_line *line) {
    size_t place = (size_t)(line - lines);
    assert(place < LINES);
    return &sources[place];
}

bool report_line_personal(const struct report_line *line) {
    const struct sheet_source *source = source_of(line);
    for (size_t i = 0; i < source->column_count; i++) {
        if (source->columns[i].as == AS_PERSON || source->columns[i].as == AS_NAME) {
            return true;
        }
    }
    return false;
}

/* --- what may be asked ------------------------------------------------------------------------ */

enum err report_line_may(
    const struct report_line *line, const struct report_order *order, struct why *why) {
    const bool period = (line->takes & (TAKE_PERIOD | TAKE_MOMENTS)) != 0;
    const char *odd = NULL;
    if (line->absent) {
        return why_say(why, ERR_NOT_FOUND, "there is no report %s: %s", line->name, line->absent);
    }
    odd = !period && (order->from || order->to)               ? "--from or --to"
          : !(line->takes & TAKE_POINT) && order->point       ? "--point"
          : !(line->takes & TAKE_DAY) && order->day           ? "--day"
          : !(line->takes & TAKE_DISTRICT) && order->district ? "--district"
          : order->unmask && !report_line_personal(line)      ? "--unmask"
                                                              : NULL;
    if (odd) {
        return why_say(why, ERR_CONFLICT, "the report %s takes no %s", line->name, odd);
    }
    return order->to && order->from > order->to ? why_say(why, ERR_CONFLICT,
               "the period ends on %u, before it begins on %u", order->to, order->from)
                                                : OK;
}

/* Milliseconds from 1970 to the first moment of a day. */
static int64_t moment_of(uint32_t day) {
    struct tm tm = {.tm_year = (int)(day / 10000) - 1900,
        .tm_mon = (int)(day / 100 % 100) - 1,
        .tm_mday = (int)(day % 100)};
    return (int64_t)timegm(&tm) * 1000;
}

/* Gives the sentence what it takes, in the order of enum report_take. */
static void say_order(struct say *s, unsigned takes, const struct report_order *order) {
    enum { LAST_DAY = 99991231 };
    uint32_t to = order->to ? order->to : LAST_DAY;
    if (takes & TAKE_PERIOD) {
        say_int(s, order->from);
        say_int(s, to);
    }
    if (takes & TAKE_MOMENTS) {
        say_int(s, order->from ? moment_of(order->from) : 0);
        say_int(s, to == LAST_DAY ? INT64_MAX : moment_of(day_plus(to, 1)) - 1);
    }
    if (takes & TAKE_POINT) {
        say_text(s, order->point ? order->point : "");
    }
    if (takes & TAKE_DISTRICT) {
        say_int(s, order->district);
    }
    if (takes & TAKE_TODAY) {
        assert(day_exists(order->today));
        say_int(s, order->today);
    }
}

/* --- what the reader sees --------------------------------------------------------------------- */

enum { CELL_ROOM = REPORT_TEXT_MAX + 1 };

static enum report_kind kind_of(enum shown_as as) {
    return as == AS_COUNT || as == AS_TOTAL ? REPORT_NUMBER
           : as == AS_FEN                   ? REPORT_FEN
           : as == AS_DAY                   ? REPORT_DAY
                                            : REPORT_TEXT;
}

/* The first character of a name, and a star for the rest. */
static void mask_name(char *name) {
    size_t first = 0;
    if (name[0] == '\0') {
        return;
    }
    do {
        first++;
    } while (((unsigned char)name[first] & 0xC0) == 0x80);
    assert(first < CELL_ROOM - 1);
    (void)memcpy(name + first, "*", 2);
}

/* A reason may have been written in several lines; a cell is one. */
static void in_one_line(char *text) {
    for (char *c = text; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7F) {
            *c = ' ';
        }
    }
}

static void show_person(int64_t number17, bool unmask, char cell[CELL_ROOM]) {
    char number[NUMBER_LEN + 1] = "";
    if (number17 != 0) {
        number_write(number17, number);
    }
    if (number17 != 0 && !unmask) {
        number_mask(number, cell);
    } else {
        (void)snprintf(cell, CELL_ROOM, "%s", number);
    }
}

static void show_moment(int64_t moment, char cell[CELL_ROOM]) {
    time_t seconds = (time_t)(moment / 1000);
    struct tm tm;
    cell[0] = '\0';
    if (moment != 0 && gmtime_r(&seconds, &tm)) {
        (void)strftime(cell, CELL_ROOM, "%Y-%m-%d %H:%M:%S", &tm);
    }
}

/* The words for a code, by the module whose code it is; NULL: it has none. The number is within the
 * enum, or a row holds what no program of ours writes. */
static const char *words_of(enum shown_as as, int64_t code) {
    const struct duplicate_rule_text *rule = NULL;
    if (as == AS_EVENT && code >= 0 && code < CARD_EVENTS) {
        return card_event_name((enum card_event)code);
    }
    if (as == AS_LIST_REASON && code > 0 && code <= LIST_REASON_LAST) {
        return list_reason_name((enum list_reason)code);
    }
    if (as == AS_ACCOUNT && code >= 0 && code < ACCOUNT_KIND_COUNT) {
        return account_kind_word((enum account_kind)code);
    }
    if (as == AS_MODULE && code >= 0 && code < MODULE_STATES) {
        return module_state_text((enum module_state)code);
    }
    if (as == AS_CARRIER && code >= 0 && code < CARRIER_STATES) {
        return carrier_state_text((enum carrier_state)code);
    }
    if (as == AS_RULE && code >= 0 && code < DUPLICATE_RULES) {
        rule = duplicate_rule_text((enum duplicate_rule)code);
        return rule->name;
    }
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].as == as && codes[i].code == code) {
            return codes[i].words;
        }
    }
    return as == AS_REGION && code > 0 && code <= 999999 ? region_name((uint32_t)code) : NULL;
}

static void show_code(enum shown_as as, int64_t code, char cell[CELL_ROOM]) {
    const char *words = words_of(as, code);
    if (as == AS_BATCH) {
        (void)snprintf(cell, CELL_ROOM, "%" PRId64 " %s %s", code,
            machine_state_zh(&batch_machine, (int)code),
            machine_state_en(&batch_machine, (int)code));
    } else if (as == AS_REGION) {
        (void)snprintf(cell, CELL_ROOM, "%" PRId64 " %s", code, words ? words : "");
    } else {
        (void)snprintf(cell, CELL_ROOM, "%s", words ? words : "");
        if (!words) {
            (void)snprintf(cell, CELL_ROOM, "%" PRId64, code);
        }
    }
}

/* The row's next value: a number as it is, everything else as text in the cell. */
static struct report_value next_value(
    struct say *s, enum shown_as as, bool unmask, char cell[CELL_ROOM]) {
    struct bytes blob;
    int64_t number = 0;
    cell[0] = '\0';
    if (kind_of(as) != REPORT_TEXT) {
        return report_number(row_int(s));
    }
    if (as == AS_TEXT || as == AS_NAME) {
        row_text(s, cell, CELL_ROOM);
        in_one_line(cell);
        if (as == AS_NAME && !unmask) {
            mask_name(cell);
        }
    } else if (as == AS_HEX) {
        blob = row_blob(s);
        for (size_t i = 0; i < blob.len && 2 * i + 2 < CELL_ROOM; i++) {
            (void)snprintf(cell + 2 * i, 3, "%02X", blob.at[i]);
        }
    } else {
        number = row_int(s);
        if (as == AS_PERSON) {
            show_person(number, unmask, cell);
        } else if (as == AS_MOMENT) {
            show_moment(number, cell);
        } else if (as == AS_RATE) {
            (void)snprintf(
                cell, CELL_ROOM, "%" PRId64 ".%02d%%", number / 100, (int)(number % 100));
        } else {
            show_code(as, number, cell);
        }
    }
    return report_text(cell);
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Says the sentence, and hands each row on. */
static enum err pass_rows(struct say *s, const struct sheet_source *source, bool unmask,
    struct report_sink *sink, struct why *why) {
    char cells[REPORT_COLUMNS_MAX][CELL_ROOM];
    struct report_value values[REPORT_COLUMNS_MAX];
    enum err err = OK;
    assert(source->column_count <= REPORT_COLUMNS_MAX);
    while (!err && say_next(s)) {
        for (size_t i = 0; i < source->column_count; i++) {
            values[i] = next_value(s, source->columns[i].as, unmask, cells[i]);
        }
        err = report_row(sink, values, why);
    }
    enum err ended = say_end(s, err ? NULL : why);
    return err ? err : ended;
}

/* What stands under the title: the period and the place. */
static void about_of(
    const struct report_line *line, const struct report_order *order, char *text, size_t room) {
    size_t len = 0;
    text[0] = '\0';
    if (order->from || order->to) {
        len += (size_t)snprintf(text, room, "%u - %u ", order->from, order->to);
    }
    if (line->takes & TAKE_TODAY) {
        len += (size_t)snprintf(text + len, room - len, "%u ", order->today);
    }
    if (order->district) {
        len += (size_t)snprintf(text + len, room - len, "%" PRId64 " ", order->district);
    }
    (void)snprintf(text + len, room - len, "%.40s", order->point ? order->point : "");
}

enum err report_line_write(struct db *db, const struct report_line *line,
    const struct report_order *order, struct report_sink *sink, struct why *why) {
    const struct sheet_source *source = source_of(line);
    struct report_column columns[REPORT_COLUMNS_MAX];
    struct prepared *prepared = NULL;
    char about[128];
    if (line->feed) {
        assert(order->feed && order->day != 0);
        return order->feed->write(order->feed->self, line->feed, order->day, sink, why);
    }
    assert(source->sql);
    assert(source->column_count > 0 && source->column_count <= REPORT_COLUMNS_MAX);
    for (size_t i = 0; i < source->column_count; i++) {
        const struct sheet_column *c = &source->columns[i];
        columns[i] = (struct report_column){.name = c->name,
            .title = c->title,
            .kind = kind_of(c->as),
            .width = c->width,
            .adds = c->as == AS_TOTAL || c->as == AS_FEN};
    }
    about_of(line, order, about, sizeof about);
    const struct report_head head = {.name = line->name,
        .title = line->title,
        .about = about,
        .columns = columns,
        .column_count = source->column_count};
    enum err err = db_prepare(db, &source->sql, 1, &prepared, why);
    if (err) {
        return err;
    }
    struct say s = say(prepared);
    say_order(&s, line->takes, order);
    err = report_begin(sink, &head, why);
    err = err ? err : pass_rows(&s, source, order->unmask, sink, why);
    err = err ? err : report_end(sink, why);
    db_finalize(&prepared, 1);
    return err;
}

/* --- what must be equal ----------------------------------------------------------------------- */

static enum err count_of(struct db *db, const char *sentence, int64_t *count, struct why *why) {
    struct prepared *prepared = NULL;
    enum err err = db_prepare(db, &sentence, 1, &prepared, why);
    if (err) {
        return err;
    }
    struct say s = say(prepared);
    *count = say_next(&s) ? row_int(&s) : 0;
    err = say_end(&s, why);
    db_finalize(&prepared, 1);
    return err;
}

static enum err check_row(
    struct db *db, size_t i, struct report_sink *sink, int64_t *apart, struct why *why) {
    int64_t left = 0;
    int64_t right = 0;
    enum err err = count_of(db, checks[i].left, &left, why);
    err = err ? err : count_of(db, checks[i].right, &right, why);
    *apart += !err && left != right ? 1 : 0;
    const struct report_value values[] = {report_text(checks[i].name), report_number(left),
        report_number(right), report_text(left == right ? "平 equal" : "不平 NOT EQUAL"),
        report_text(checks[i].title)};
    return err ? err : report_row(sink, values, why);
}

enum err report_checks_write(
    struct db *db, struct report_sink *sink, int64_t *apart, struct why *why) {
    /* clang-format off */
    static const struct report_column columns[] = {
        {"check", "核对 Check", REPORT_TEXT, 16, false},
        {"left",  "一方 One",   REPORT_NUMBER, 14, false},
        {"right", "另一方 Other", REPORT_NUMBER, 14, false},
        {"answer", "结果 Result", REPORT_TEXT, 14, false},
        {"what",  "内容 What",  REPORT_TEXT, 40, false},
    };
    /* clang-format on */
    static const struct report_head head = {.name = "checks",
        .title = "报表核对 What must be equal",
        .about = "",
        .columns = columns,
        .column_count = sizeof columns / sizeof columns[0]};
    *apart = 0;
    enum err err = report_begin(sink, &head, why);
    for (size_t i = 0; !err && i < sizeof checks / sizeof checks[0]; i++) {
        err = check_row(db, i, sink, apart, why);
    }
    assert(*apart <= (int64_t)(sizeof checks / sizeof checks[0]));
    return err ? err : report_end(sink, why);
}
