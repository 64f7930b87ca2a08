#include "rehearsal/figures.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "host/files.h"

enum { FILE_MAX = 1 << 20, NAME_ROOM = 64, NAMES_MAX = 2 * FIGURES_REASONS_MAX };

static const struct {
    const char *zh, *en;
} step_text[PILOT_STEPS] = {
#define STEP(name, zh, en) [PILOT_##name] = {zh, en},
#include "rehearsal/pilot_step.def"
};

/* The lines of issuing_figure.def, and its groups in their order. */
static const struct issued_text {
    const char *group, *name, *zh, *en;
} issued_text[ISSUED_FIGURES] = {
#define GROUP(group, zh, en)
#define ISSUED(member, group, name, zh, en) [ISSUED_##member] = {group, name, zh, en},
#include "rehearsal/issuing_figure.def"
};
static const struct {
    const char *name, *zh;
} groups[] = {
#define GROUP(group, zh, en) {group, zh},
#define ISSUED(member, group, name, zh, en)
#include "rehearsal/issuing_figure.def"
};

/* A few dozen names: a walk is quick enough. */
void tally_add(struct tally *tally, const char *name, uint64_t count) {
    size_t i = 0;
    while (i < tally->count && strcmp(tally->rows[i].name, name) != 0) {
        i++;
    }
    assert(i < FIGURES_REASONS_MAX);
    assert(name[0] != '\0');
    if (i == tally->count) {
        tally->rows[i].name = name;
        tally->rows[i].count = 0;
        tally->count++;
    }
    tally->rows[i].count += count;
}

/* All reasons together. */
static uint64_t tally_sum(const struct tally *tally) {
    uint64_t sum = 0;
    for (size_t i = 0; i < tally->count; i++) {
        sum += tally->rows[i].count;
    }
    return sum;
}

/* --- does it balance? ------------------------------------------------------------------------ */

/* Everything that has to agree, one line each. */
struct agreement {
    const char *what;
    int64_t one, other;
};

/* How the cards that were handed out were taken, all ways together. */
static int64_t taken_sum(const struct pilot_figures *f) {
    return (int64_t)(f->issued[ISSUED_TAKEN_BY_HOLDER] + f->issued[ISSUED_TAKEN_BY_AGENT]
                     + f->issued[ISSUED_TAKEN_IN_UNIT] + f->issued[ISSUED_TAKEN_BY_POST]);
}

/* Where a point's cards, and its blanks, have gone. [system.md 4.3.4, 6.3.2] */
static int64_t point_sum(const struct pilot_figures *f) {
    return (int64_t)(f->issued[ISSUED_POINT_HANDED] + f->issued[ISSUED_POINT_RETURNED]
                     + f->issued[ISSUED_POINT_LYING]);
}
static int64_t blanks_sum(const struct pilot_figures *f) {
    return (int64_t)(f->issued[ISSUED_BLANKS_STORED] + f->issued[ISSUED_BLANKS_GOOD]
                     + f->issued[ISSUED_BLANKS_SPOILED] + f->issued[ISSUED_BLANKS_DESTROYED]);
}

/* Each line says the same thing twice, from two places that know it independently. */
bool figures_balance(const struct pilot_figures *f, char story[FIGURES_STORY_ROOM]) {
    const struct agreement agreements[] = {
        {"people: lines and verdicts",                    (int64_t)f->people.lines,
         (int64_t)(f->people.accepted + tally_sum(&f->people.refused))                                                         },
        {"cards: one for each accepted person",           (int64_t)f->cards.checked,
         (int64_t)(f->people.accepted - f->cards.failed)                                                                       },
        {"cards: made and checked",                       (int64_t)f->cards.made,                     (int64_t)f->cards.checked},
        {"cards: handed out, by the ways of taking them", (int64_t)f->cards.handed_out,
         taken_sum(f)                                                                                                          },
        {"point: cards received, and where they are",     (int64_t)f->issued[ISSUED_POINT_RECEIVED],
         point_sum(f)                                                                                                          },
        {"blanks: received, and what became of them",     (int64_t)f->issued[ISSUED_BLANKS_RECEIVED],
         blanks_sum(f)                                                                                                         },
        {"upload: records are sold, forged or repeated",  (int64_t)f->upload.records,
         (int64_t)(f->purchases.count + 2 * (uint64_t)f->forge)                                                                },
        {"upload: forged records found",                  (int64_t)f->upload.tac_bad,                 f->forge                 },
        {"upload: repeated records found",                (int64_t)f->upload.duplicate,               f->forge                 },
        {"upload: other records not cleared",             (int64_t)tally_sum(&f->upload.other),       0                        },
        {"books: debit and credit",                       f->books.debit_fen,                         f->books.credit_fen      },
        {"loads: on the cards and in the books",          f->loads.fen,                               f->loads_posted_fen      },
        {"purchases: at the terminals and cleared",       f->purchases.fen,                           f->upload.cleared_fen    },
        {"purchases: at the terminals and paid out",      f->purchases.fen,                           f->payout_fen            },
        {"balances: of the chips and of the books",       f->cards_balance_fen,                       f->books_balance_fen     },
        {"balances: loaded less spent",                   f->loads.fen - f->purchases.fen,            f->cards_balance_fen     },
        {"proof: differences",                            (int64_t)f->difference_count,               0                        },
    };
    for (size_t i = 0; i < sizeof agreements / sizeof agreements[0]; i++) {
        const struct agreement *a = &agreements[i];
        if (a->one != a->other) {
            (void)snprintf(story, FIGURES_STORY_ROOM,
                "does not agree: %s: %" PRId64 " against %" PRId64 "%s%s", a->what, a->one,
                a->other, f->difference[0] ? "; " : "", f->difference);
            return false;
        }
    }
    story[0] = '\0';
    return true;
}

/* --- as JSON ----------------------------------------------------------------------------------- */

/* Reasons become members. */
static json_t *tally_json(const struct tally *tally) {
    json_t *object = json_object();
    for (size_t i = 0; i < tally->count; i++) {
        (void)json_object_set_new(
            object, tally->rows[i].name, json_integer((json_int_t)tally->rows[i].count));
    }
    return object;
}

/* Loads and purchases have one form. */
static json_t *trade_json(const struct trade_figures *t) {
    return json_pack("{s:I,s:I,s:I,s:I,s:o}", "count", (json_int_t)t->count, "fen",
        (json_int_t)t->fen, "offline", (json_int_t)t->offline, "recovered",
        (json_int_t)t->recovered, "refused", tally_json(&t->refused));
}

/* Group by group. */
static json_t *issued_json(const struct pilot_figures *f) {
    json_t *object = json_object();
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        (void)json_object_set_new(object, groups[i].name, json_object());
    }
    for (size_t i = 0; i < ISSUED_FIGURES; i++) {
        const struct issued_text *text = &issued_text[i];
        json_t *group = json_object_get(object, text->group);
        assert(group); /* a figure's group is a line of the sheet */
        (void)json_object_set_new(group, text->name, json_integer((json_int_t)f->issued[i]));
    }
    return object;
}

/* By the steps' English names. */
static json_t *seconds_json(const struct pilot_figures *f) {
    json_t *object = json_object();
    for (size_t i = 0; i < PILOT_STEPS; i++) {
        (void)json_object_set_new(object, step_text[i].en, json_real(f->seconds[i]));
    }
    return object;
}

/* For a page that shows how far it is. */
static json_t *steps_json(const struct pilot_figures *f) {
    json_t *list = json_array();
    for (size_t i = 0; i < PILOT_STEPS; i++) {
        (void)json_array_append_new(
            list, json_pack("{s:s,s:s,s:s}", "name", step_text[i].en, "zh", step_text[i].zh,
                      "state", f->done[i] ? "done" : "waiting"));
    }
    return list;
}

/* What was asked for and how far it came; figures_read() needs it to go on. */
static json_t *order_json(const struct pilot_figures *f) {
    return json_pack("{s:I,s:I,s:I,s:s}", "seed", (json_int_t)f->seed, "date", (json_int_t)f->date,
        "forge", (json_int_t)f->forge, "people_digest", f->people_digest);
}

/* One pack for the whole object, so that its shape can be read off; NULL when memory is short. */
static json_t *figures_json(const struct pilot_figures *f) {
    char story[FIGURES_STORY_ROOM];
    bool balanced = f->done[PILOT_STEPS - 1] && figures_balance(f, story);
    return json_pack("{s:{s:I,s:I,s:I,s:o},"
                     "s:{s:I,s:I,s:I,s:I,s:I},"
                     "s:o,s:o,"
                     "s:{s:I,s:I,s:I,s:I,s:I,s:o},"
                     "s:{s:I,s:I,s:I},"
                     "s:I,s:I,s:I,s:I,s:I,s:s,s:s,s:b,"
                     "s:I,s:o,s:o,s:o,s:o}",
        "people", "lines", (json_int_t)f->people.lines, "accepted", (json_int_t)f->people.accepted,
        "registered", (json_int_t)f->people.registered, "refused", tally_json(&f->people.refused),
        "cards", "made", (json_int_t)f->cards.made, "checked", (json_int_t)f->cards.checked,
        "failed", (json_int_t)f->cards.failed, "handed_out", (json_int_t)f->cards.handed_out,
        "reported_lost", (json_int_t)f->cards.reported_lost, "loads", trade_json(&f->loads),
        "purchases", trade_json(&f->purchases), "upload", "records", (json_int_t)f->upload.records,
        "tac_good", (json_int_t)f->upload.tac_good, "tac_bad", (json_int_t)f->upload.tac_bad,
        "duplicate", (json_int_t)f->upload.duplicate, "cleared_fen",
        (json_int_t)f->upload.cleared_fen, "other", tally_json(&f->upload.other), "books",
        "debit_fen", (json_int_t)f->books.debit_fen, "credit_fen", (json_int_t)f->books.credit_fen,
        "difference_fen", (json_int_t)f->books.difference_fen, "loads_posted_fen",
        (json_int_t)f->loads_posted_fen, "cards_balance_fen", (json_int_t)f->cards_balance_fen,
        "books_balance_fen", (json_int_t)f->books_balance_fen, "payout_fen",
        (json_int_t)f->payout_fen, "differences", (json_int_t)f->difference_count, "difference",
        f->difference, "bank_file", f->bank_file, "balanced", (int)balanced, "seed",
        (json_int_t)f->seed, "order", order_json(f), "seconds", seconds_json(f), "steps",
        steps_json(f), "issuing", issued_json(f));
}

/* The caller frees it; NULL when memory is short. */
static char *figures_text(const struct pilot_figures *f) {
    json_t *root = figures_json(f);
    char *text = root ? json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) : NULL;
    json_decref(root);
    return text;
}

/* files_write() sees to whole or not at all. */
enum err figures_write(const struct pilot_figures *f, const char *path, struct why *why) {
    char *text = figures_text(f);
    if (!text) {
        return why_say(why, ERR_OUTSIDE, "no memory for the figures");
    }
    enum err err = files_write(path, bytes_text(text), why);
    free(text);
    return err;
}

/* errno is kept over free(), which may change it. */
enum err figures_print_json(const struct pilot_figures *f, FILE *to, struct why *why) {
    char *text = figures_text(f);
    if (!text) {
        return why_say(why, ERR_OUTSIDE, "no memory for the figures");
    }
    bool printed = fprintf(to, "%s\n", text) > 0 && fflush(to) == 0;
    int error = errno;
    free(text);
    if (printed || error == EPIPE) { /* a reader who had enough is no error */
        return OK;
    }
    return why_say(why, ERR_OUTSIDE,
        "the figures could not be printed (%s); pilot.json in the centre's directory holds them",
        strerror(error));
}

/* --- and back ---------------------------------------------------------------------------------- */

/* Names that were read live as long as the program: there are a few dozen at most. */
static const char *name_for_ever(const char *name) {
    static char names[NAMES_MAX][NAME_ROOM];
    size_t i = 0;
    while (i < NAMES_MAX && names[i][0] && strcmp(names[i], name) != 0) {
        i++;
    }
    if (i == NAMES_MAX || strlen(name) >= NAME_ROOM) {
        return NULL;
    }
    (void)memcpy(names[i], name, strlen(name) + 1);
    return names[i];
}

/* Names of the file outlive it; counts must be integers. */
static bool tally_of(json_t *object, struct tally *out) {
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(object, name, value) {
        const char *kept = name_for_ever(name);
        if (!kept || !json_is_integer(value) || out->count == FIGURES_REASONS_MAX) {
            return false;
        }
        tally_add(out, kept, (uint64_t)json_integer_value(value));
    }
    return json_is_object(object);
}

/* Where a number of the file belongs. */
struct number_place {
    const char *group, *name;
    size_t at;
};
#define NUMBER(group, name, member)                                                                \
    { group, name, offsetof(struct pilot_figures, member) }
static const struct number_place number_places[] = {
    NUMBER("people", "lines", people.lines),
    NUMBER("people", "accepted", people.accepted),
    NUMBER("people", "registered", people.registered),
    NUMBER("cards", "made", cards.made),
    NUMBER("cards", "checked", cards.checked),
    NUMBER("cards", "failed", cards.failed),
    NUMBER("cards", "handed_out", cards.handed_out),
    NUMBER("cards", "reported_lost", cards.reported_lost),
    NUMBER("loads", "count", loads.count),
    NUMBER("loads", "fen", loads.fen),
    NUMBER("loads", "offline", loads.offline),
    NUMBER("loads", "recovered", loads.recovered),
    NUMBER("purchases", "count", purchases.count),
    NUMBER("purchases", "fen", purchases.fen),
    NUMBER("purchases", "offline", purchases.offline),
    NUMBER("purchases", "recovered", purchases.recovered),
    NUMBER("upload", "records", upload.records),
    NUMBER("upload", "tac_good", upload.tac_good),
    NUMBER("upload", "tac_bad", upload.tac_bad),
    NUMBER("upload", "duplicate", upload.duplicate),
    NUMBER("upload", "cleared_fen", upload.cleared_fen),
    NUMBER("books", "debit_fen", books.debit_fen),
    NUMBER("books", "credit_fen", books.credit_fen),
    NUMBER("books", "difference_fen", books.difference_fen),
    NUMBER(NULL, "loads_posted_fen", loads_posted_fen),
    NUMBER(NULL, "cards_balance_fen", cards_balance_fen),
    NUMBER(NULL, "books_balance_fen", books_balance_fen),
    NUMBER(NULL, "payout_fen", payout_fen),
    NUMBER(NULL, "differences", difference_count),
    NUMBER("order", "seed", seed),
};
#undef NUMBER

/* Every place must be there: a file with one missing is none of ours. */
static bool numbers_of(json_t *root, struct pilot_figures *out) {
    for (size_t i = 0; i < sizeof number_places / sizeof number_places[0]; i++) {
        const struct number_place *place = &number_places[i];
        json_t *group = place->group ? json_object_get(root, place->group) : root;
        json_t *value = json_object_get(group, place->name);
        int64_t number = json_integer_value(value);
        if (!json_is_integer(value)) {
            return false;
        }
        (void)memcpy((char *)out + place->at, &number, sizeof number);
    }
    return true;
}

/* Every figure of the sheet must be there. */
static bool issued_of(json_t *root, struct pilot_figures *out) {
    json_t *issuing = json_object_get(root, "issuing");
    for (size_t i = 0; i < ISSUED_FIGURES; i++) {
        json_t *group = json_object_get(issuing, issued_text[i].group);
        json_t *value = json_object_get(group, issued_text[i].name);
        if (!json_is_integer(value)) {
            return false;
        }
        out->issued[i] = (uint64_t)json_integer_value(value);
    }
    return true;
}

/* A text that fits, with its end. */
static bool text_of(json_t *value, char *to, size_t room) {
    const char *text = json_string_value(value);
    if (!text || strlen(text) >= room) {
        return false;
    }
    (void)memcpy(to, text, strlen(text) + 1);
    return true;
}

/* What was asked for, and the two texts that go with the figures. */
static bool order_of(json_t *root, struct pilot_figures *out) {
    json_t *order = json_object_get(root, "order");
    json_t *date = json_object_get(order, "date");
    json_t *forge = json_object_get(order, "forge");
    if (!json_is_integer(date) || !json_is_integer(forge)) {
        return false;
    }
    out->date = (uint32_t)json_integer_value(date);
    out->forge = (uint32_t)json_integer_value(forge);
    return text_of(json_object_get(order, "people_digest"), out->people_digest,
               sizeof out->people_digest)
           && text_of(json_object_get(root, "difference"), out->difference, sizeof out->difference)
           && text_of(json_object_get(root, "bank_file"), out->bank_file, sizeof out->bank_file);
}

/* As many steps as this program has, or it is another program's file. */
static bool steps_of(json_t *root, struct pilot_figures *out) {
    json_t *steps = json_object_get(root, "steps");
    json_t *seconds = json_object_get(root, "seconds");
    if (json_array_size(steps) != PILOT_STEPS) {
        return false;
    }
    for (size_t i = 0; i < PILOT_STEPS; i++) {
        json_t *step = json_array_get(steps, i);
        const char *state = json_string_value(json_object_get(step, "state"));
        out->done[i] = state && strcmp(state, "done") == 0;
        out->seconds[i] = json_number_value(json_object_get(seconds, step_text[i].en));
    }
    return true;
}

/* The four tallies, each in its group. */
static bool tallies_of(json_t *root, struct pilot_figures *out) {
    return tally_of(
               json_object_get(json_object_get(root, "people"), "refused"), &out->people.refused)
           && tally_of(
               json_object_get(json_object_get(root, "loads"), "refused"), &out->loads.refused)
           && tally_of(json_object_get(json_object_get(root, "purchases"), "refused"),
               &out->purchases.refused)
           && tally_of(
               json_object_get(json_object_get(root, "upload"), "other"), &out->upload.other);
}

enum err figures_read(const char *path, struct pilot_figures *out, struct why *why) {
    FILE_CONTENT_SCOPE(content);
    enum err err = files_read(path, FILE_MAX, &content, why);
    if (err) {
        return err;
    }
    json_error_t trouble;
    json_t *root = json_loadb(
        (const char *)content.at, content.len, JSON_REJECT_DUPLICATES, &trouble);
    struct pilot_figures read = {0};
    bool good = root && numbers_of(root, &read) && order_of(root, &read) && steps_of(root, &read)
                && tallies_of(root, &read) && issued_of(root, &read);
    json_decref(root);
    if (!good) {
        return why_say(why, ERR_INVALID,
            "%s is not what a pilot of this version writes; take another directory with --data",
            path);
    }
    *out = read;
    return OK;
}

/* --- for a person ------------------------------------------------------------------------------ */

static void print_tally(const struct tally *tally, const char *indent, FILE *to) {
    for (size_t i = 0; i < tally->count; i++) {
        (void)fprintf(
            to, "%s%-28s %8" PRIu64 "\n", indent, tally->rows[i].name, tally->rows[i].count);
    }
}

/* Columns of a terminal: a Chinese letter takes two. */
static unsigned columns_of(const char *text) {
    unsigned columns = 0;
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        columns += byte >= 0xE0 ? 2 : byte < 0x80 || byte >= 0xC0 ? 1 : 0;
    }
    return columns;
}

/* One group in as many lines as it needs; what did not happen is not said. */
static void print_group(const struct pilot_figures *f, size_t g, FILE *to) {
    enum { WIDTH = 80, INDENT = 4 };
    unsigned column = (unsigned)fprintf(to, "%s ", groups[g].name);
    column += columns_of(groups[g].zh);
    (void)fprintf(to, "%s:", groups[g].zh);
    const char *parted = "";
    for (size_t i = 0; i < ISSUED_FIGURES; i++) {
        char text[128];
        if (strcmp(issued_text[i].group, groups[g].name) != 0 || f->issued[i] == 0) {
            continue;
        }
        (void)snprintf(text, sizeof text, "%s %s %" PRIu64, issued_text[i].name, issued_text[i].zh,
            f->issued[i]);
        bool fits = column + columns_of(text) + 4 <= WIDTH;
        (void)fprintf(to, "%s%s%s", parted, fits ? " " : "\n    ", text);
        column = (fits ? column + 2 : INDENT) + columns_of(text);
        parted = ",";
    }
    (void)fprintf(to, "%s\n", parted[0] ? "" : " -");
}

static void print_trades(const char *title, const struct trade_figures *t, FILE *to) {
    char yuan[FEN_TEXT_MAX];
    (void)fprintf(to,
        "%s %8" PRIu64 "   %14s yuan\n    offline 脱机 %" PRIu64 ", recovered 防拔恢复 %" PRIu64
        "\n",
        title, t->count, fen_text(t->fen, yuan), t->offline, t->recovered);
    print_tally(&t->refused, "    refused 拒绝: ", to);
}

static void print_fen(const char *title, int64_t fen, FILE *to) {
    char yuan[FEN_TEXT_MAX];
    (void)fprintf(to, "%s %14s yuan\n", title, fen_text(fen, yuan));
}

/* No line is wider than the 80 columns of a terminal, a Chinese letter taking two. */
void figures_print(const struct pilot_figures *f, FILE *to) {
    enum { STEPS_A_LINE = 4 };
    char story[FIGURES_STORY_ROOM];
    bool balanced = figures_balance(f, story);
    (void)fprintf(to,
        "\nshebao pilot 试点 · business date 业务日期 %" PRIu32 " · seed %" PRIu64
        "\nTEST KEYS 演练密钥 · invented people 虚构人员\n\n",
        f->date, f->seed);
    (void)fprintf(to, "people 人员          %8" PRIu64 "   accepted 接收 %" PRIu64 "\n",
        f->people.lines, f->people.accepted);
    print_tally(&f->people.refused, "    refused 退回: ", to);
    (void)fprintf(to,
        "cards 卡             %8" PRIu64 "   checked 质检 %" PRIu64 ", failed 失败 %" PRIu64
        "\n    handed out 领卡 %" PRIu64 ", lost 挂失 %" PRIu64 "\n",
        f->cards.made, f->cards.checked, f->cards.failed, f->cards.handed_out,
        f->cards.reported_lost);
    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
        print_group(f, g, to);
    }
    print_trades("loads 圈存           ", &f->loads, to);
    print_trades("purchases 消费       ", &f->purchases, to);
    (void)fprintf(to,
        "upload 上传          %8" PRIu64 "   TAC good 正确 %" PRIu64 ", bad 错误 %" PRIu64
        "\n    duplicate 重复 %" PRIu64 "\n",
        f->upload.records, f->upload.tac_good, f->upload.tac_bad, f->upload.duplicate);
    print_tally(&f->upload.other, "    not cleared 未清算: ", to);
    print_fen("books 账: debit 借    ", f->books.debit_fen, to);
    print_fen("          credit 贷   ", f->books.credit_fen, to);
    print_fen("on the cards 卡上余额 ", f->cards_balance_fen, to);
    print_fen("in the books 账上余额 ", f->books_balance_fen, to);
    print_fen("paid out 拨付         ", f->payout_fen, to);
    double total = 0;
    for (size_t i = 0; i < PILOT_STEPS; i++) {
        const char *before = i == 0 ? "seconds 用时: " : i % STEPS_A_LINE == 0 ? ",\n    " : ", ";
        (void)fprintf(to, "%s%s %.2f s", before, step_text[i].en, f->seconds[i]);
        total += f->seconds[i];
    }
    (void)fprintf(to, " = %.2f s\n%s%s\n", total,
        balanced ? "every fen is accounted for 账证相符" : "NOT BALANCED 不平: ", story);
}
