#include "clearing/day_report.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "base/hex.h"
#include "clearing/day_cycle.h"
#include "clearing/exception.h"
#include "clearing/intake.h"
#include "clearing/load_order.h"
#include "clearing/move.h"

/* A report being written. */
struct writing {
    const struct clearing *c;
    const struct clearing_store *store;
    uint32_t day;
    struct report_sink *sink;
};

/* A walk that came to its end is no error. */
static enum err walked(enum err err) {
    return err == ERR_NOT_FOUND ? OK : err;
}

/* Days from one to another, as the calendar counts; 0 when they stand the other way round. */
static uint32_t days_between(uint32_t from, uint32_t to) {
    uint32_t days = 0;
    for (; from != 0 && from < to; days++) {
        from = day_plus(from, 1);
    }
    return days;
}

/* --- summary ------------------------------------------------------------------------------- */

static const struct report_column summary_columns[] = {
    {"part",   "类别 Part",    REPORT_TEXT,   9,  false},
    {"item",   "项目 Item",    REPORT_TEXT,   16, false},
    {"trades", "笔数 Count",   REPORT_NUMBER, 10, false},
    {"amount", "金额 Amount",  REPORT_FEN,    16, false},
    {"title",  "说明 Meaning", REPORT_TEXT,   40, false},
};

static enum err summary_row(const struct writing *w, const char *part, const char *item,
    const struct reason_sum *sum, const char *title, struct why *why) {
    const struct report_value row[] = {report_text(part), report_text(item),
        report_number((int64_t)sum->count), report_number(sum->fen), report_text(title)};
    return sum->count == 0 ? OK : report_row(w->sink, row, why);
}

/* Moves of the day by their kinds. */
static enum err summary_moves(const struct writing *w, struct why *why) {
    struct reason_sum sums[MOVE_KIND_COUNT] = {{0}};
    struct move_row row = {.number = ""};
    enum err err = OK;
    while (!(err = w->store->move_next(w->store->self, w->day, row.number, &row, why))) {
        sums[row.kind].count++;
        sums[row.kind].fen += row.fen;
    }
    err = walked(err);
    for (int i = 0; !err && i < MOVE_KIND_COUNT; i++) {
        enum move_kind kind = (enum move_kind)i;
        err = summary_row(w, "moves", move_word(kind), &sums[i], move_zh(kind), why);
    }
    return err;
}

static enum err rows_of_summary(const struct writing *w, struct why *why) {
    static const char *const load_words[LOAD_STATE_COUNT] = {"authorised", "posted", "cancelled"};
    struct intake_figures records;
    struct reason_sum loads[LOAD_STATE_COUNT] = {{0}}, paid = {0};
    struct payout payout = {0};
    enum err err = intake_figures_of(w->c, w->day, &records, why);
    for (int i = 0; !err && i < REASON_COUNT; i++) {
        const struct reason_line *line = reason_line((enum reason)i);
        err = summary_row(w, "records", line->word, &records.by_reason[i], line->zh, why);
    }
    err = err ? err : load_figures_of(w->c, w->day, loads, why);
    for (int i = 0; !err && i < LOAD_STATE_COUNT; i++) {
        err = summary_row(w, "loads", load_words[i], &loads[i], "圈存", why);
    }
    err = err ? err : summary_moves(w, why);
    while (
        !err && !(err = w->store->payout_next(w->store->self, w->day, payout.seq, &payout, why))) {
        paid.count++;
        paid.fen += payout.fen;
    }
    err = walked(err);
    return err ? err : summary_row(w, "payouts", "listed", &paid, "拨付", why);
}

/* --- institutions and cities --------------------------------------------------------------- */

static const struct report_column payable_columns[] = {
    {"institution", "机构 Code",     REPORT_TEXT,   9,  false},
    {"name",        "名称 Name",     REPORT_TEXT,   28, false},
    {"trades",      "笔数 Count",    REPORT_NUMBER, 10, true },
    {"amount",      "应付 Payable",  REPORT_FEN,    16, true },
    {"booked",      "账面 In books", REPORT_FEN,    16, true },
};

/* Institutions, or the cities among them. */
static enum err net_rows(const struct writing *w, bool cities, struct why *why) {
    struct net_row net = {0};
    struct institution of;
    enum err err = OK;
    while (!(err = w->store->net_next(w->store->self, w->day, net.institution, &net, why))) {
        enum err city = w->store->city_check(w->store->self, net.institution, why);
        if (city && city != ERR_NOT_FOUND) {
            return city;
        }
        err = w->store->institution_find(w->store->self, net.institution, &of, why);
        if (err) {
            return why_add(why, err, "institution %s", net.institution);
        }
        const struct report_value row[] = {report_text(net.institution), report_text(of.name),
            report_number(net.trades), report_number(net.fen), report_number(net.booked_fen)};
        err = cities == (city == OK) ? report_row(w->sink, row, why) : OK;
        if (err) {
            return err;
        }
    }
    return walked(err);
}

static enum err rows_of_payable(const struct writing *w, struct why *why) {
    return net_rows(w, false, why);
}

#define city_columns payable_columns
static enum err rows_of_city(const struct writing *w, struct why *why) {
    return net_rows(w, true, why);
}

/* --- what waits ---------------------------------------------------------------------------- */

static const struct report_column differences_columns[] = {
    {"institution", "机构 Code",        REPORT_TEXT,   9,  false},
    {"terminal",    "终端 Terminal",    REPORT_TEXT,   13, false},
    {"sequence",    "流水号 Sequence", REPORT_NUMBER, 15, false},
    {"traded",      "交易日 Traded",   REPORT_DAY,    13, false},
    {"amount",      "金额 Amount",      REPORT_FEN,    14, true },
    {"upload",      "文件 Upload",      REPORT_NUMBER, 11, false},
    {"place",       "位置 Place",       REPORT_NUMBER, 10, false},
    {"reason",      "原因 Reason",      REPORT_TEXT,   14, false},
    {"meaning",     "说明 Meaning",     REPORT_TEXT,   40, false},
};

static enum err difference_row(
    const struct writing *w, const struct record_row *r, struct why *why) {
    struct upload_row upload;
    char terminal[2 * TERMINAL_LEN + 1];
    const struct reason_line *line = reason_line(r->reason);
    uint32_t traded = (uint32_t)(moment_number(r->record.moment) / 1000000);
    enum err err = w->store->upload_numbered(w->store->self, r->upload, &upload, why);
    hex_write(bytes_of(r->record.terminal, TERMINAL_LEN), terminal);
    const struct report_value row[] = {report_text(upload.header.institution),
        report_text(terminal), report_number(r->record.terminal_seq), report_number(traded),
        report_number(r->record.amount), report_number(r->upload), report_number(r->place),
        report_text(line->word), report_text(line->zh)};
    return err ? err : report_row(w->sink, row, why);
}

static enum err rows_of_differences(const struct writing *w, struct why *why) {
    struct record_row r = {.upload = 0};
    enum err err = OK;
    while (!(err = w->store->record_waiting(w->store->self, w->day, r.upload, r.place, &r, why))) {
        err = difference_row(w, &r, why);
        if (err) {
            return err;
        }
    }
    return walked(err);
}

static const struct report_column ageing_columns[] = {
    {"thing",       "事项 Thing",    REPORT_TEXT,   24, false},
    {"institution", "机构 Code",     REPORT_TEXT,   9,  false},
    {"amount",      "金额 Amount",   REPORT_FEN,    14, true },
    {"since",       "起始 Since",    REPORT_DAY,    10, false},
    {"days",        "天数 Days",     REPORT_NUMBER, 9,  false},
    {"next",        "下一步 Next",  REPORT_TEXT,   34, false},
    {"whose",       "责任人 Whose", REPORT_TEXT,   30, false},
    {"reason",      "原因 Reason",   REPORT_TEXT,   16, false},
};

/* One thing that waits since a day. */
struct waiting {
    const char *thing, *institution, *reason;
    int64_t fen;
    uint32_t since;
};

static enum err ageing_row(const struct writing *w, const struct waiting *thing, struct why *why) {
    const struct age *age = age_since(thing->since, w->day);
    char next[120], whose[120];
    (void)snprintf(next, sizeof next, "%s %s", age->zh, age->word);
    (void)snprintf(whose, sizeof whose, "%s %s", age->whose_zh, age->whose);
    const struct report_value row[] = {report_text(thing->thing), report_text(thing->institution),
        report_number(thing->fen), report_number(thing->since),
        report_number(days_between(thing->since, w->day)), report_text(next), report_text(whose),
        report_text(thing->reason)};
    return report_row(w->sink, row, why);
}

static enum err ageing_records(const struct writing *w, struct why *why) {
    struct record_row r = {.upload = 0};
    struct upload_row upload;
    enum err err = OK;
    while (!(err = w->store->record_waiting(w->store->self, w->day, r.upload, r.place, &r, why))) {
        char name[48];
        err = w->store->upload_numbered(w->store->self, r.upload, &upload, why);
        (void)snprintf(name, sizeof name, "record %" PRId64 "/%" PRIu32, r.upload, r.place);
        const struct waiting thing = {
            name, upload.header.institution, reason_line(r.reason)->word, r.record.amount, r.day};
        err = err ? err : ageing_row(w, &thing, why);
        if (err) {
            return err;
        }
    }
    return walked(err);
}

static enum err ageing_moves(const struct writing *w, struct why *why) {
    struct move_row row = {.number = ""};
    enum err err = OK;
    while (!(err = w->store->move_next(w->store->self, 0, row.number, &row, why))) {
        char name[MOVE_NUMBER_MAX + 8];
        (void)snprintf(name, sizeof name, "move %s", row.number);
        const struct waiting thing = {
            name, row.institution, move_word(row.kind), row.fen, row.asked};
        err = row.asked <= w->day ? ageing_row(w, &thing, why) : OK;
        if (err) {
            return err;
        }
    }
    return walked(err);
}

/* Records and moves have their own rows; of the exceptions only the others age. */
static enum err rows_of_ageing(const struct writing *w, struct why *why) {
    struct exception_row row = {.day = 0};
    enum err err = ageing_records(w, why);
    err = err ? err : ageing_moves(w, why);
    while (!err && !(err = w->store->exception_next(w->store->self, 0, &row, why))) {
        bool own = row.kind == EXCEPTION_RETURN || row.kind == EXCEPTION_DIFFERENCE;
        const struct waiting thing = {row.subject, "", exception_word(row.kind), row.fen, row.day};
        err = own && row.day <= w->day ? ageing_row(w, &thing, why) : OK;
        if (err) {
            return err;
        }
    }
    return walked(err);
}

static const struct report_column exceptions_columns[] = {
    {"kind",    "种类 Kind",       REPORT_TEXT,   16, false},
    {"subject", "对象 Subject",    REPORT_TEXT,   20, false},
    {"things",  "件数 Count",      REPORT_NUMBER, 10, false},
    {"amount",  "金额 Amount",     REPORT_FEN,    14, false},
    {"settled", "了结日 Settled", REPORT_DAY,    14, false},
    {"title",   "说明 Meaning",    REPORT_TEXT,   24, false},
};

static enum err rows_of_exceptions(const struct writing *w, struct why *why) {
    struct exception_row row = {.day = w->day};
    enum err err = OK;
    while (!(err = w->store->exception_next(w->store->self, w->day, &row, why))) {
        const struct report_value values[] = {report_text(exception_word(row.kind)),
            report_text(row.subject), report_number((int64_t)row.count), report_number(row.fen),
            report_number(row.settled), report_text(exception_zh(row.kind))};
        err = report_row(w->sink, values, why);
        if (err) {
            return err;
        }
    }
    return walked(err);
}

/* --- decisions, books, bank, month --------------------------------------------------------- */

static const struct report_column reversals_columns[] = {
    {"number",      "编号 Number",    REPORT_TEXT,   22, false},
    {"kind",        "种类 Kind",      REPORT_TEXT,   8,  false},
    {"institution", "机构 Code",      REPORT_TEXT,   9,  false},
    {"amount",      "金额 Amount",    REPORT_FEN,    14, true },
    {"upload",      "文件 Upload",    REPORT_NUMBER, 11, false},
    {"place",       "位置 Place",     REPORT_NUMBER, 10, false},
    {"maker",       "经办 Asked by",  REPORT_TEXT,   13, false},
    {"approver",    "复核 Agreed by", REPORT_TEXT,   14, false},
    {"reference",   "依据 Reference", REPORT_TEXT,   30, false},
};

static enum err rows_of_reversals(const struct writing *w, struct why *why) {
    struct move_row move = {.number = ""};
    enum err err = OK;
    while (!(err = w->store->move_next(w->store->self, w->day, move.number, &move, why))) {
        const struct report_value row[] = {report_text(move.number),
            report_text(move_word(move.kind)), report_text(move.institution),
            report_number(move.fen), report_number(move.upload), report_number(move.place),
            report_text(move.maker), report_text(move.approver), report_text(move.reference)};
        err = report_row(w->sink, row, why);
        if (err) {
            return err;
        }
    }
    return walked(err);
}

static const struct report_column trial_columns[] = {
    {"account", "科目 Account", REPORT_TEXT, 16, false},
    {"balance", "余额 Balance", REPORT_FEN,  18, true },
};

static enum err rows_of_trial(const struct writing *w, struct why *why) {
    struct trial_balance trial;
    enum err err = ledger_trial(w->store, &trial, why);
    for (int i = 0; !err && i < ACCOUNT_KIND_COUNT; i++) {
        const struct report_value row[] = {
            report_text(account_kind_word((enum account_kind)i)), report_number(trial.kind_fen[i])};
        err = report_row(w->sink, row, why);
    }
    return err;
}

static const struct report_column payout_columns[] = {
    {"line",         "序号 Line",    REPORT_NUMBER, 9,  false},
    {"institution",  "机构 Code",    REPORT_TEXT,   9,  false},
    {"name",         "名称 Name",    REPORT_TEXT,   28, false},
    {"bank_account", "账号 Account", REPORT_TEXT,   20, false},
    {"trades",       "笔数 Count",   REPORT_NUMBER, 10, true },
    {"amount",       "金额 Amount",  REPORT_FEN,    16, true },
    {"answer",       "回盘 Answer",  REPORT_TEXT,   11, false},
    {"reason",       "原因 Reason",  REPORT_TEXT,   24, false},
};

static enum err rows_of_payout(const struct writing *w, struct why *why) {
    struct payout p = {0};
    enum err err = OK;
    while (!(err = w->store->payout_next(w->store->self, w->day, p.seq, &p, why))) {
        struct bank_answer answer = {.reason = ""};
        enum err found = w->store->bank_answer_find(w->store->self, w->day, p.seq, &answer, why);
        if (found && found != ERR_NOT_FOUND) {
            return found;
        }
        const char *word = found ? "waiting" : answer.returned ? "returned" : "paid";
        const struct report_value row[] = {report_number(p.seq), report_text(p.to.code),
            report_text(p.to.name), report_text(p.to.bank_account), report_number(p.trades),
            report_number(p.fen), report_text(word), report_text(answer.reason)};
        err = report_row(w->sink, row, why);
        if (err) {
            return err;
        }
    }
    return walked(err);
}

static const struct report_column month_columns[] = {
    {"institution", "机构 Code",      REPORT_TEXT,   9,  false},
    {"stays",       "人次 Stays",     REPORT_NUMBER, 10, true },
    {"claimed",     "申报 Claimed",   REPORT_FEN,    16, true },
    {"cut",         "审核扣减 Cut", REPORT_FEN,    14, true },
    {"granted",     "核准 Granted",   REPORT_FEN,    16, true },
    {"kept",        "保证金 Kept",   REPORT_FEN,    14, true },
    {"paid",        "拨付 Paid",      REPORT_FEN,    16, true },
    {"state",       "状态 State",     REPORT_TEXT,   11, false},
    {"reason",      "原因 Reason",    REPORT_TEXT,   30, false},
};

static enum err rows_of_month(const struct writing *w, struct why *why) {
    struct claim_row claim = {.institution = ""};
    enum err err = OK;
    while (!(
        err = w->store->claim_next(w->store->self, w->day / 100, claim.institution, &claim, why))) {
        const struct month_claim *m = &claim.claim;
        const struct report_value row[] = {report_text(claim.institution),
            report_number(claim.stays), report_number(m->claimed_fen), report_number(m->cut_fen),
            report_number(m->granted_fen), report_number(m->kept_fen), report_number(m->paid_fen),
            report_text(claim.state == CLAIM_DECIDED ? "decided" : "opinion"),
            report_text(claim.reason)};
        err = report_row(w->sink, row, why);
        if (err) {
            return err;
        }
    }
    return walked(err);
}

/* --- the table ----------------------------------------------------------------------------- */

static const struct kind {
    const char *name, *title;
    enum err (*rows)(const struct writing *w, struct why *why);
    const struct report_column *columns;
    size_t column_count;
} kinds[DAY_REPORT_COUNT] = {
#define DAY_REPORT(member, name, rows, zh, en)                                                     \
    {name, zh " " en, rows_of_##rows, rows##_columns,                                              \
        sizeof rows##_columns / sizeof rows##_columns[0]},
#include "clearing/day_report.def"
};

const char *day_report_name(enum day_report which) {
    assert((unsigned)which < DAY_REPORT_COUNT);
    return kinds[which].name;
}

const char *day_report_title(enum day_report which) {
    assert((unsigned)which < DAY_REPORT_COUNT);
    return kinds[which].title;
}

bool day_report_named(const char *name, enum day_report *which) {
    for (int i = 0; i < DAY_REPORT_COUNT; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            *which = (enum day_report)i;
            return true;
        }
    }
    return false;
}

enum err day_report_write(const struct clearing *c, enum day_report which, uint32_t day,
    struct report_sink *sink, struct why *why) {
    const struct kind *kind = &kinds[which];
    const struct writing w = {.c = c, .store = c->store, .day = day, .sink = sink};
    struct day_row row;
    char about[64];
    assert((unsigned)which < DAY_REPORT_COUNT);
    enum err err = c->store->day_find(c->store->self, day, &row, why);
    if (err) {
        return why_add(why, err, "day %" PRIu32, day);
    }
    (void)snprintf(about, sizeof about, "%04" PRIu32 "-%02" PRIu32 "-%02" PRIu32 " %s (%s)",
        day / 10000, day / 100 % 100, day % 100, day_state_zh((enum day_state)row.state),
        day_state_word((enum day_state)row.state));
    const struct report_head head = {
        kind->name, kind->title, about, kind->columns, kind->column_count};
    err = report_begin(sink, &head, why);
    err = err ? err : kind->rows(&w, why);
    return err ? err : report_end(sink, why);
}
