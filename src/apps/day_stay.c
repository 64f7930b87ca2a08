/* Stays in hospital and the claims of a month on the command line. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apps/command.h"
#include "apps/day_desk.h"
#include "apps/paper_file.h"
#include "base/money.h"
#include "clearing/month.h"
#include "clearing/stay_sheet.h"
#include "host/ending.h"
#include "host/options.h"

struct stay_options {
    const char *number, *person, *institution, *class, *kind, *officer, *reason, *data, *pdf;
    uint32_t admitted, discharged;
    int64_t level, total, own_paid, class_b, month, cut;
    bool supplementary, account_pays, json;
};

/* --- day stay -------------------------------------------------------------------------------------- */

static const struct option stay_options[] = {
    {"--pdf",           OPTION_PATH,   offsetof(struct stay_options, pdf),           "FILE",   NULL,
     "the sheet on paper, for two signatures, instead of standard output",  true },
    {"NUMBER",          OPTION_TEXT,   offsetof(struct stay_options, number),        NULL,     NULL,
     "the institution's number of the stay: settled again, it is the same", false},
    {"--person",        OPTION_TEXT,   offsetof(struct stay_options, person),        "NUMBER", NULL,
     "whose: the citizen number",                                           false},
    {"--institution",   OPTION_TEXT,   offsetof(struct stay_options, institution),   "CODE",   NULL,
     "where",                                                               false},
    {"--level",         OPTION_NUMBER, offsetof(struct stay_options, level),         "1..3",   NULL,
     "of the institution",                                                  false},
    {"--class",         OPTION_TEXT,   offsetof(struct stay_options, class),         "WORD",   NULL,
     "employed, retired or external",                                       false},
    {"--kind",          OPTION_TEXT,   offsetof(struct stay_options, kind),          "WORD",   "ordinary",
     "ordinary, tuberculosis or psychiatric",                               false},
    {"--admitted",      OPTION_DAY,    offsetof(struct stay_options, admitted),      NULL,     NULL,
     "its first day; decides which schedule holds",                         false},
    {"--discharged",    OPTION_DAY,    offsetof(struct stay_options, discharged),    NULL,     NULL,
     "its last day",                                                        false},
    {"--total-fen",     OPTION_NUMBER, offsetof(struct stay_options, total),         "FEN",    NULL,
     "everything that was done",                                            false},
    {"--own-paid-fen",  OPTION_NUMBER, offsetof(struct stay_options, own_paid),      "FEN",    "0",
     "of it outside the three lists",                                       false},
    {"--class-b-fen",   OPTION_NUMBER, offsetof(struct stay_options, class_b),       "FEN",    "0",
     "the person's first share of class B",                                 false},
    {"--account-pays",  OPTION_FLAG,   offsetof(struct stay_options, account_pays),  NULL,     NULL,
     "the personal account pays of the own share what it holds",            false},
    {"--supplementary", OPTION_FLAG,   offsetof(struct stay_options, supplementary), NULL,     NULL,
     "a supplementary scheme takes over above the year's ceiling",          false},
    {"--officer",       OPTION_TEXT,   offsetof(struct stay_options, officer),       "CODE",   NULL,
     "who settles it",                                                      false},
    OPTION_DATA(struct stay_options, data),
    OPTION_JSON(struct stay_options, json),
};

/* The place of a word in a list; ERR_CONFLICT names all of them. */
static enum err word_of(const char *word, const char *const words[3], int *at, struct why *why) {
    for (int i = 0; i < 3; i++) {
        if (strcmp(word, words[i]) == 0) {
            *at = i;
            return OK;
        }
    }
    return why_say(
        why, ERR_CONFLICT, "\"%s\" is none of %s, %s, %s", word, words[0], words[1], words[2]);
}

/* What the books say that the person's card holds; 0 without a card. */
static enum err account_of_person(
    const struct day_desk *desk, int64_t person, int64_t *fen, struct why *why) {
    struct card_record card;
    struct account account = {.fen = 0};
    enum err err = desk->city.store.card_of_person(desk->city.store.self, person, &card, why);
    if (!err) {
        struct account_name name = account_of_card(card.factor);
        err = desk->store.account_find(desk->store.self, &name, &account, why);
    }
    *fen = account.fen;
    return err == ERR_NOT_FOUND ? OK : err;
}

/* The order that the arguments and the registry come to. */
static enum err order_of(struct day_desk *desk, const struct stay_options *given,
    const struct person *person, struct stay_order *order, struct why *why) {
    static const char *const classes[] = {"employed", "retired", "external"};
    static const char *const kinds[] = {"ordinary", "tuberculosis", "psychiatric"};
    int class = 0, kind = 0;
    enum err err = word_of(given->class, classes, &class, why);
    err = err ? err : word_of(given->kind, kinds, &kind, why);
    *order = (struct stay_order){
        .number = given->number,
        .institution = given->institution,
        .person = person->id,
        .bill = {.admitted = given->admitted,
                 .level = given->level <= LEVEL_MAX ? (uint8_t)given->level : 0,
                 .person = (enum person_class) class,
                 .kind = (enum stay_kind)kind,
                 .total_fen = given->total,
                 .own_paid_fen = given->own_paid,
                 .class_b_fen = given->class_b},
        .discharged = given->discharged,
        .supplementary = given->supplementary,
        .account_pays = given->account_pays
    };
    struct stay_row before;
    if (err || !given->account_pays) {
        return err;
    }
    /* Settled before: the account was what it was then. */
    err = desk->store.stay_find(desk->store.self, given->number, &before, why);
    order->account_fen = err ? 0 : before.year.account_fen;
    return err == ERR_NOT_FOUND ? account_of_person(desk, person->id, &order->account_fen, why)
                                : err;
}

static void print_stay_json(const struct stay_row *row) {
    const struct fee_split *s = &row->split;
    (void)printf(
        "{\"stay\": \"%s\", \"institution\": \"%s\", \"days\": %" PRIu32 ", \"total_fen\": %" PRId64
        ", \"eligible_fen\": %" PRId64 ", \"deductible_fen\": %" PRId64 ", \"rate_thousandths\": %u"
        ", \"pooled_fen\": %" PRId64 ", \"supplementary_fen\": %" PRId64 ", \"own_fen\": %" PRId64
        ", \"account_fen\": %" PRId64 ", \"cash_fen\": %" PRId64 "}\n",
        row->number, row->institution, row->bill.days, row->bill.total_fen, s->eligible_fen,
        s->deductible_fen, s->rate, s->pooled_fen, s->supplementary_fen, s->own_fen, s->account_fen,
        s->cash_fen);
}

/* 《广州市医疗保险费用结算单》 on A4. */
static enum err print_paper(const struct day_desk *desk, const struct stay_row *row,
    const struct stay_sheet *sheet, const char *path, struct why *why) {
    struct paper_field fields[STAY_SHEET_LINES];
    const struct paper_field signatures[] = {
        {"患者签名 Patient",  " ", false},
        {"经办人签名 Clerk", " ", false}
    };
    const struct paper_head head = {.title = sheet->title,
        .about = row->number,
        .stamp = desk->city.centre.file.rehearsal ? "样张 SPECIMEN" : NULL,
        .day = row->day};
    PAPER_FILE_SCOPE(paper);
    for (size_t i = 0; i < sheet->count; i++) {
        const struct stay_line *line = &sheet->lines[i];
        fields[i] = (struct paper_field){
            line->label, line->text[0] ? line->text : NULL, line->money};
    }
    enum err err = paper_file_open(&paper, path, &head, why);
    err = err ? err : paper_fields(paper.paper, fields, sheet->count, why);
    err = err ? err : paper_rule(paper.paper, 12, why);
    err = err ? err : paper_fields(paper.paper, signatures, 2, why);
    return err ? err : paper_file_keep(&paper, why);
}

/* The sheet for the patient's signature. */
static enum err print_sheet(const struct day_desk *desk, const struct stay_row *row,
    const struct person *person, const char *pdf, struct why *why) {
    struct institution institution;
    struct stay_sheet sheet;
    char masked[NUMBER_LEN + 1];
    enum err err = desk->store.institution_find(
        desk->store.self, row->institution, &institution, why);
    if (err) {
        return err;
    }
    number_mask(person->number, masked);
    const struct stay_names names = {person->name, masked, institution.name};
    stay_sheet_make(row, &names, &sheet);
    if (pdf) {
        return print_paper(desk, row, &sheet, pdf, why);
    }
    return stay_sheet_print(&sheet, stdout)
               ? OK
               : why_say(why, ERR_OUTSIDE, "the sheet could not be printed to its end");
}

int day_stay_command(int argc, char **argv) {
    static const struct usage usage = {.command = "day stay",
        .help = "Settles a stay in hospital (住院结算): who pays how much, by the figures of its "
                "first day and the person's\n"
                "year so far, and prints the settlement sheet.",
        .options = stay_options,
        .count = sizeof stay_options / sizeof stay_options[0]};
    struct stay_options given;
    struct stay_order order;
    struct stay_row row;
    struct person person;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    DAY_DESK_SCOPE(desk);
    enum err err = day_desk_open(&desk, given.data, false, &why);
    err = err ? err : person_find(&desk.city.store, given.person, &person, &why);
    err = err ? err : order_of(&desk, &given, &person, &order, &why);
    err = err ? err : stay_settle(&desk.clearing, &order, given.officer, &row, &why);
    if (!err && given.json) {
        print_stay_json(&row);
    } else if (!err) {
        err = print_sheet(&desk, &row, &person, given.pdf, &why);
    }
    return (int)ending_tell_words(err, &why);
}

/* --- day claim, day grant -------------------------------------------------------------------------- */

static const struct option month_options[] = {
    {"MONTH",       OPTION_NUMBER, offsetof(struct stay_options, month),       "YYYYMM", NULL,
     "the month that is over",                                                                               false},
    {"INSTITUTION", OPTION_TEXT,   offsetof(struct stay_options, institution), "CODE",   NULL, "whose",
     false                                                                                                        },
    {"--cut-fen",   OPTION_NUMBER, offsetof(struct stay_options, cut),         "FEN",    "0",
     "what the audit does not grant",                                                                        false},
    {"--reason",    OPTION_TEXT,   offsetof(struct stay_options, reason),      "TEXT",   NULL, "of the cut",
     true                                                                                                         },
    {"--officer",   OPTION_TEXT,   offsetof(struct stay_options, officer),     "CODE",   NULL, "who audits",
     false                                                                                                        },
    OPTION_DATA(struct stay_options, data),
    OPTION_JSON(struct stay_options, json),
};

static void print_claim(const struct claim_row *row, bool json) {
    const struct month_claim *m = &row->claim;
    char a[FEN_TEXT_MAX], b[FEN_TEXT_MAX], c[FEN_TEXT_MAX], d[FEN_TEXT_MAX];
    const char *state = row->state == CLAIM_DECIDED ? "decided" : "opinion";
    if (json) {
        (void)printf("{\"month\": %" PRIu32 ", \"institution\": \"%s\", \"state\": \"%s\", "
                     "\"stays\": %" PRIu32 ", \"claimed_fen\": %" PRId64 ", \"cut_fen\": %" PRId64
                     ", \"granted_fen\": %" PRId64 ", \"kept_fen\": %" PRId64
                     ", \"paid_fen\": %" PRId64 "}\n",
            row->month, row->institution, state, row->stays, m->claimed_fen, m->cut_fen,
            m->granted_fen, m->kept_fen, m->paid_fen);
    } else {
        (void)printf("%" PRIu32 " %s %s (%s): 申报 claimed %s, 扣减 cut %s, 保证金 kept %s, 拨付 "
                     "paid %s yuan for %" PRIu32 " stays\n",
            row->month, row->institution, row->state == CLAIM_DECIDED ? "已审定" : "初审", state,
            fen_text(m->claimed_fen, a), fen_text(m->cut_fen, b), fen_text(m->kept_fen, c),
            fen_text(m->paid_fen, d), row->stays);
    }
}

/* One level's word, by the function whose it is. */
static int audit_month(const struct usage *usage,
    enum err (*audit)(const struct clearing *c, const struct month_order *order,
        const char *officer, struct claim_row *out, struct why *why),
    int argc, char **argv) {
    struct stay_options given = {.number = NULL};
    struct claim_row row;
    struct why why = {0};
    int status = 0;
    if (!options_read(usage, argc, argv, &given, &status)) {
        return status;
    }
    DAY_DESK_SCOPE(desk);
    const struct month_order order = {
        .month = given.month <= 999912 ? (uint32_t)given.month : 0,
        .institution = given.institution,
        .cut_fen = given.cut,
        .reason = given.reason,
    };
    enum err err = day_desk_open(&desk, given.data, false, &why);
    err = err ? err : audit(&desk.clearing, &order, given.officer, &row, &why);
    if (!err) {
        print_claim(&row, given.json);
    }
    return (int)ending_tell_words(err, &why);
}

int day_claim_command(int argc, char **argv) {
    static const struct usage usage = {.command = "day claim",
        .help = "Takes up an institution's claim for a month (月申报初审): the pooled parts of its "
                "stays, and what the\nfirst level would cut. Again, until the second level has "
                "decided, it is written anew.",
        .options = month_options,
        .count = sizeof month_options / sizeof month_options[0]};
    return audit_month(&usage, month_opinion, argc, argv);
}

int day_grant_command(int argc, char **argv) {
    static const struct usage usage = {.command = "day grant",
        .help = "Decides an institution's claim for a month (月申报复审), by another officer than "
                "the first level's: what is\ngranted but for the retention is due on the open day "
                "and stands on its payout list.",
        .options = month_options,
        .count = sizeof month_options / sizeof month_options[0]};
    return audit_month(&usage, month_decision, argc, argv);
}
