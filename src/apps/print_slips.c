/* What somebody takes home from a window: the slip of a step of a card's life (挂失凭证), the slip of a
 * hand-over (领卡凭证), and the receipt of a capture (受理回执). [system.md 4.1.3, 4.3, 5.5]
 *
 * A slip is printed from what was written down, as often as somebody asks: the same record is the same
 * bytes. Citizen numbers are masked, for slips are lost as cards are. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "apps/capture_city.h"
#include "apps/card_slip.h"
#include "apps/command.h"
#include "apps/paper_file.h"
#include "apps/result_tell.h"
#include "apps/window_desk.h"
#include "capture/capture_take.h"
#include "host/ending.h"
#include "host/options.h"

enum { MOMENT_ROOM = 32, CODE_MM = 35, SIGN_MM = 12 };

struct print_options {
    const char *what, *out, *data;
    int64_t slip;
    bool json;
};

#define PRINT_OPTIONS                                                                              \
    {"--out", OPTION_PATH, offsetof(struct print_options, out), "FILE", NULL, "the paper, a PDF",  \
        false},                                                                                    \
        OPTION_DATA(struct print_options, data), OPTION_JSON(struct print_options, json)

/* clang-format off */
static const struct option slip_options[] = {
    {"CARD", OPTION_TEXT, offsetof(struct print_options, what), NULL, NULL,
        "number of the card", false},
    {"--slip", OPTION_NUMBER, offsetof(struct print_options, slip), "NUMBER", "0",
        "the slip of this number; else the card's last one", false},
    PRINT_OPTIONS,
};
static const struct option hand_options[] = {
    {"CARD", OPTION_TEXT, offsetof(struct print_options, what), NULL, NULL,
        "number of the card", false},
    PRINT_OPTIONS,
};
static const struct option receipt_options[] = {
    {"CODE", OPTION_TEXT, offsetof(struct print_options, what), NULL, NULL,
        "the progress code of the receipt", false},
    PRINT_OPTIONS,
};
/* clang-format on */

static const struct usage slip_usage = {
    .command = "print slip",
    .help = "Prints the slip of a step of a card's life: a loss report (挂失凭证), or any other.",
    .options = slip_options,
    .count = sizeof slip_options / sizeof slip_options[0],
};
static const struct usage hand_usage = {
    .command = "print hand-over",
    .help = "Prints who took a card, with room for both signatures (领卡凭证).",
    .options = hand_options,
    .count = sizeof hand_options / sizeof hand_options[0],
};
static const struct usage receipt_usage = {
    .command = "print receipt",
    .help = "Prints the receipt of somebody who was captured (受理回执), with its progress code.",
    .options = receipt_options,
    .count = sizeof receipt_options / sizeof receipt_options[0],
};

/* One form on one page: fields, then a code where there is one, then a line to sign under. */
struct form {
    const struct paper_field *fields;
    size_t count;
    const char *code;         /* or NULL */
    const char *sign, *clerk; /* who signs, and the officer who does beside them; or NULL */
};

/* What was printed, of what, and where it lies. */
static void tell_paper(const struct print_options *given, const char *paper) {
    result_tell(given->json,
        json_pack("{s:s, s:s, s:s}", "paper", paper, "of", given->what, "file", given->out),
        "%s of %s is in %s", paper, given->what, given->out);
}

static enum err print_form(
    const char *path, const struct paper_head *head, const struct form *form, struct why *why) {
    const struct paper_field signatures[] = {
        {form->sign,  " ", false},
        {form->clerk, " ", false},
    };
    assert(form->sign || !form->clerk);
    PAPER_FILE_SCOPE(paper);
    enum err err = paper_file_open(&paper, path, head, why);
    err = err ? err : paper_fields(paper.paper, form->fields, form->count, why);
    if (!err && form->code) {
        err = paper_code(paper.paper, form->code, CODE_MM, why);
    }
    if (!err && form->sign) {
        err = paper_rule(paper.paper, SIGN_MM, why);
        err = err ? err : paper_fields(paper.paper, signatures, form->clerk ? 2 : 1, why);
    }
    return err ? err : paper_file_keep(&paper, why);
}

static struct paper_head head_of(const struct city *city, const char *title, uint32_t day) {
    return (struct paper_head){.title = title,
        .about = city->centre.file.region,
        .stamp = city->centre.file.rehearsal ? "样张 SPECIMEN" : NULL,
        .day = day};
}

static void moment_write(uint32_t day, uint32_t time, char text[MOMENT_ROOM]) {
    (void)snprintf(text, MOMENT_ROOM, "%04u-%02u-%02u %02u:%02u:%02u", day / 10000, day / 100 % 100,
        day % 100, time / 10000, time / 100 % 100, time % 100);
}

/* Whose card it is; a card that nobody has yet has no holder to name. */
static enum err holder_of(const struct registry_store *store, const char *number,
    struct person *holder, struct why *why) {
    struct card_record card;
    enum err err = card_find(store, number, &card, why);
    return err ? err : store->person_by_id(store->self, card.person, holder, why);
}

/* --- steps of a card's life --------------------------------------------------------------------- */

/* The slip of that number, or the last one. */
static enum err slip_find(const struct registry_store *store, const char *card, int64_t number,
    struct card_receipt *slip, struct why *why) {
    struct card_receipt next = {.id = 0};
    struct why end;
    enum err err = OK;
    *slip = next;
    while (!err && (number == 0 || slip->id != number)) {
        err = store->card_receipt_after(store->self, card, next.id, &next, &end);
        *slip = err ? *slip : next;
    }
    if (err && err != ERR_NOT_FOUND) {
        *why = end;
        return err;
    }
    return slip->id > 0 && (number == 0 || slip->id == number)
               ? OK
               : why_say(
                   why, ERR_NOT_FOUND, "card %.16s has no such slip: look at card show", card);
}

static enum err print_slip(
    const struct city *city, const struct print_options *given, struct why *why) {
    const struct registry_store *store = &city->store;
    struct person holder = {.id = 0};
    struct card_receipt slip;
    char number[24], at[MOMENT_ROOM], until[16], list[16], masked[NUMBER_LEN + 1];
    enum err err = holder_of(store, given->what, &holder, why);
    err = err ? err : slip_find(store, given->what, given->slip, &slip, why);
    if (err) {
        return err;
    }
    const struct sub_reason *reason = sub_reason_of(slip.sub_reason);
    const bool loss = slip.event == EVENT_REPORT_LOSS || slip.event == EVENT_REPORT_LOSS_FOR_NOW;
    number_mask(holder.number, masked);
    moment_write(slip.day, slip.time, at);
    (void)snprintf(number, sizeof number, "%" PRId64, slip.id);
    (void)snprintf(until, sizeof until, "%" PRIu32, slip.until);
    (void)snprintf(list, sizeof list, "%" PRIu32, slip.version);
    const struct paper_field fields[] = {
        {"凭证号 Slip",            number,                         false},
        {"姓名 Name",               holder.name,                    false},
        {"社会保障号码 Number", masked,                         false},
        {"卡号 Card",               slip.card,                      false},
        {"业务 Order",              card_event_name(slip.event),    false},
        {"原状态 Was",             card_life_name_zh(slip.was),    false},
        {"现状态 Now",             card_life_name_zh(slip.became), false},
        {"原因 Reason",             reason ? reason->zh : "—",    false},
        {"受理时间 At",           at,                             false},
        {"挂失有效至 Until",     slip.until ? until : "—",     false},
        {"黑名单版本 Blacklist", slip.version ? list : "—",    false},
        {"经办 Officer",            slip.who,                       false},
        {"受理编号 Request",      slip.request,                   false},
    };
    const struct form form = {
        fields, sizeof fields / sizeof fields[0], NULL, "申请人签名 Signed", NULL};
    const struct paper_head head = head_of(
        city, loss ? "挂失凭证 Loss slip" : "业务凭证 Slip of a card", slip.day);
    return print_form(given->out, &head, &form, why);
}

int print_slip_command(int argc, char **argv) {
    struct print_options given = {.what = NULL};
    struct why why = {0};
    int status = 0;
    if (!options_read(&slip_usage, argc, argv, &given, &status)) {
        return status;
    }
    CITY_SCOPE(city);
    enum err err = city_open(&city, given.data, &why);
    if (err) {
        return (int)ending_tell(err, &why);
    }
    err = print_slip(&city, &given, &why);
    if (!err) {
        tell_paper(&given, "slip");
    }
    return slip_tell(err, &why);
}

/* --- hand-overs --------------------------------------------------------------------------------- */

static const char *taken_by(enum handover_kind kind) {
    switch (kind) {
    case TO_HOLDER:
        return "本人 the holder";
    case TO_AGENT:
        return "代领人 an agent";
    case TO_UNIT:
        return "单位 a unit";
    case TO_COMMUNITY:
        return "社区 a community";
    case BY_POST:
        return "邮寄 by post";
    }
    return "—";
}

static enum err print_hand_over(
    struct window *window, const struct print_options *given, struct why *why) {
    const struct window_store *store = &window->window;
    struct person holder = {.id = 0};
    struct handover_receipt r;
    char at[MOMENT_ROOM], enabled[16], masked[NUMBER_LEN + 1], taker[NUMBER_LEN + 1];
    enum err err = holder_of(window->desk.registry, given->what, &holder, why);
    err = err ? err : store->receipt_get(store->self, given->what, &r, why);
    if (err) {
        return why_add(why, err, "the hand-over of card %.16s", given->what);
    }
    const bool other = r.taker.name[0] != '\0';
    number_mask(holder.number, masked);
    number_mask(other ? r.taker.number : holder.number, taker);
    moment_write(r.day, r.time, at);
    (void)snprintf(enabled, sizeof enabled, "%" PRIu32, r.enabled);
    const struct paper_field fields[] = {
        {"卡号 Card",               r.card,                             false},
        {"姓名 Name",               holder.name,                        false},
        {"社会保障号码 Number", masked,                             false},
        {"领取方式 Taken by",     taken_by(r.kind),                   false},
        {"领取人 Taker",           other ? r.taker.name : holder.name, false},
        {"领取人证件 Document",  taker,                              false},
        {"领取时间 At",           at,                                 false},
        {"启用日期 Enabled",      r.enabled ? enabled : "—",        false},
        {"网点 Point",              r.point,                            false},
        {"经办 Officer",            r.officer,                          false},
    };
    const struct form form = {fields, sizeof fields / sizeof fields[0], NULL,
        "领卡人签名 Received by", "经办人签名 Handed over by"};
    const struct paper_head head = head_of(&window->stock.city, "领卡凭证 Hand-over slip", r.day);
    return print_form(given->out, &head, &form, why);
}

int print_hand_over_command(int argc, char **argv) {
    struct print_options given = {.what = NULL};
    struct why why = {0};
    int status = 0;
    if (!options_read(&hand_usage, argc, argv, &given, &status)) {
        return status;
    }
    const struct window_options at = {.officer = "", .data = given.data, .time = "120000"};
    WINDOW_SCOPE(window);
    enum err err = window_open(&window, &at, &why);
    err = err ? err : print_hand_over(&window, &given, &why);
    if (!err) {
        tell_paper(&given, "hand-over slip");
    }
    return window_tell(err, &why);
}

/* --- captures ----------------------------------------------------------------------------------- */

static enum err print_receipt(
    struct capture_city *city, const struct print_options *given, struct why *why) {
    const struct registry_store *store = &city->people.city.store;
    struct capture_record record;
    struct person person = {.id = 0};
    struct photo photo = {.state = PHOTO_MANUAL};
    char code[CAPTURE_CODE_ROOM], at[MOMENT_ROOM], masked[NUMBER_LEN + 1];
    enum err err = capture_by_code(&city->desk, given->what, &record, why);
    err = err ? err : store->person_by_id(store->self, record.person, &person, why);
    err = err ? err : city->store.photo_get(city->store.self, record.photo, &photo, why);
    if (err) {
        return err;
    }
    capture_code_write(&record, code);
    number_mask(person.number, masked);
    moment_write(record.day, record.time, at);
    const struct paper_field fields[] = {
        {"进度查询码 Progress code", code,                                     false},
        {"姓名 Name",                   person.name,                              false},
        {"社会保障号码 Number",     masked,                                   false},
        {"受理时间 At",               at,                                       false},
        {"网点 Point",                  record.point,                             false},
        {"材料 Documents",              record.materials,                         false},
        {"照片 Photo",                  photo_state_text(photo.state),            false},
        {"进度 State",                  record_state_text(record.state),          false},
        {"原因 Reason",                 record.reason[0] ? record.reason : "—", false},
        {"经办 Officer",                record.officer,                           false},
    };
    const struct form form = {fields, sizeof fields / sizeof fields[0], code, NULL, NULL};
    const struct paper_head head = head_of(&city->people.city, "受理回执 Receipt", record.day);
    return print_form(given->out, &head, &form, why);
}

int print_receipt_command(int argc, char **argv) {
    struct print_options given = {.what = NULL};
    struct why why = {0};
    int status = 0;
    if (!options_read(&receipt_usage, argc, argv, &given, &status)) {
        return status;
    }
    const struct capture_options at = {.officer = "", .data = given.data};
    CAPTURE_CITY_SCOPE(city);
    enum err err = capture_city_open(&city, &at, &why);
    err = err ? err : print_receipt(&city, &given, &why);
    if (!err) {
        tell_paper(&given, "receipt");
    }
    return capture_tell(err, &why);
}
