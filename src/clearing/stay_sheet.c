#include "clearing/stay_sheet.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/money.h"

static const char *const classes[CLASS_COUNT] = {
    [CLASS_EMPLOYED] = "在职 employed",
    [CLASS_RETIRED] = "退休 retired",
    [CLASS_EXTERNAL] = "外来从业 external",
};
static const char *const stays[STAY_KINDS] = {
    [STAY_ORDINARY] = "普通住院 ordinary",
    [STAY_TUBERCULOSIS] = "结核病专科 tuberculosis",
    [STAY_PSYCHIATRIC] = "精神病专科 psychiatric",
};

/* The next line of the sheet. */
static struct stay_line *add(struct stay_sheet *sheet, const char *label) {
    assert(sheet->count < STAY_SHEET_LINES);
    struct stay_line *line = &sheet->lines[sheet->count++];
    assert(strlen(label) <= STAY_LABEL_MAX);
    *line = (struct stay_line){.money = false};
    (void)snprintf(line->label, sizeof line->label, "%s", label);
    return line;
}

static void add_text(struct stay_sheet *sheet, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void add_text(struct stay_sheet *sheet, const char *label, const char *format, ...) {
    struct stay_line *line = add(sheet, label);
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line->text, sizeof line->text, format, args);
    va_end(args);
    assert(len >= 0 && len <= STAY_TEXT_MAX);
    (void)len;
}

static void add_fen(struct stay_sheet *sheet, const char *label, int64_t fen) {
    struct stay_line *line = add(sheet, label);
    (void)fen_text(fen, line->text);
    line->money = true;
}

static void add_day(struct stay_sheet *sheet, const char *label, uint32_t day) {
    add_text(sheet, label, "%04" PRIu32 "-%02" PRIu32 "-%02" PRIu32, day / 10000, day / 100 % 100,
        day % 100);
}

/* Who, where and when. */
static void add_head(
    struct stay_sheet *sheet, const struct stay_row *row, const struct stay_names *names) {
    add_text(sheet, "结算单号 Number", "%s", row->number);
    add_text(sheet, "姓名 Name", "%s", names->person);
    add_text(sheet, "公民身份号码 Citizen number", "%s", names->masked);
    add_text(sheet, "人员类别 Class", "%s", classes[row->bill.person]);
    add_text(sheet, "医疗机构 Institution", "%s %s", row->institution, names->institution);
    add_text(sheet, "机构级别 Level", "%u", row->bill.level);
    add_text(sheet, "住院类别 Kind of stay", "%s", stays[row->bill.kind]);
    add_day(sheet, "入院日期 Admitted", row->bill.admitted);
    add_day(sheet, "出院日期 Discharged", row->day);
    add_text(sheet, "住院天数 Days", "%" PRIu32, row->bill.days);
}

void stay_sheet_make(
    const struct stay_row *row, const struct stay_names *names, struct stay_sheet *sheet) {
    const struct fee_split *s = &row->split;
    *sheet = (struct stay_sheet){.title = "广州市医疗保险费用结算单"};
    assert((unsigned)row->bill.person < CLASS_COUNT);
    assert((unsigned)row->bill.kind < STAY_KINDS);
    add_head(sheet, row, names);
    add_fen(sheet, "发生费用 Total", row->bill.total_fen);
    add_fen(sheet, "其中自费 Outside the lists", row->bill.own_paid_fen);
    add_fen(sheet, "乙类先自付 First share of class B", row->bill.class_b_fen);
    add_fen(sheet, "符合规定费用 Eligible", s->eligible_fen);
    add_fen(sheet, "起付标准 Deductible", s->deductible_fen);
    add_text(sheet, "统筹支付比例 Rate", "%u.%u%%", s->rate / 10u, s->rate % 10u);
    add_fen(sheet, "统筹基金支付 Pooled fund", s->pooled_fen);
    add_fen(sheet, "补充保险支付 Supplementary", s->supplementary_fen);
    add_fen(sheet, "个人负担 Own share", s->own_fen);
    add_fen(sheet, "其中个人账户 From the account", s->account_fen);
    add_fen(sheet, "其中现金 In cash", s->cash_fen);
    add_text(sheet, "经办 Settled by", "%s", row->officer);
    assert(sheet->count == STAY_SHEET_LINES);
}

bool stay_sheet_print(const struct stay_sheet *sheet, FILE *to) {
    (void)fprintf(to, "%s\n\n", sheet->title);
    for (size_t i = 0; i < sheet->count; i++) {
        const struct stay_line *line = &sheet->lines[i];
        (void)fprintf(to, line->money ? "%16s  %s\n" : "%-16s  %s\n", line->text, line->label);
    }
    return fflush(to) == 0 && !ferror(to);
}
