/* What passes between the centre and its bank: signatures, the head's yes, the bank's answer. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apps/command.h"
#include "apps/day_desk.h"
#include "apps/result_tell.h"
#include "base/hex.h"
#include "base/money.h"
#include "clearing/bank_return.h"
#include "clearing/pay_sign.h"
#include "host/ending.h"
#include "host/options.h"

struct bank_options {
    const char *file, *officer, *approver, *key, *data;
    uint32_t day;
    bool json;
};

/* --- day return ------------------------------------------------------------------------------------ */

static const struct option return_options[] = {
    {"FILE",      OPTION_PATH, offsetof(struct bank_options, file),     NULL,   NULL,
     "the bank's answer to a day's file",              false},
    {"--officer", OPTION_TEXT, offsetof(struct bank_options, officer),  "CODE", NULL,
     "who takes it in",                                false},
    {"--second",  OPTION_TEXT, offsetof(struct bank_options, approver), "CODE", NULL,
     "the other officer: what came back is due again", false},
    OPTION_DATA(struct bank_options, data),
    OPTION_JSON(struct bank_options, json),
};

static void print_answer(const struct bank_figures *f, bool json) {
    char paid[FEN_TEXT_MAX], returned[FEN_TEXT_MAX];
    if (json) {
        (void)printf("{\"day\": %" PRIu32 ", \"again\": %s, \"paid\": %" PRIu32
                     ", \"paid_fen\": %" PRId64 ", \"returned\": %" PRIu32
                     ", \"returned_fen\": %" PRId64 "}\n",
            f->day, f->again ? "true" : "false", f->paid, f->paid_fen, f->returned,
            f->returned_fen);
    } else {
        (void)printf("%s%" PRIu32 ": 已付 paid %" PRIu32 ", %s yuan; 退汇 given back %" PRIu32
                     ", %s yuan\n",
            f->again ? "taken in before: " : "", f->day, f->paid, fen_text(f->paid_fen, paid),
            f->returned, fen_text(f->returned_fen, returned));
    }
}

int day_return_command(int argc, char **argv) {
    static const struct usage usage = {.command = "day return",
        .help = "Takes in the bank's answer to a day's file (银行回盘), whole or not at all: what "
                "was paid, and what\n"
                "came back and why. What came back is due to its institution again and stands on "
                "the next list.",
        .options = return_options,
        .count = sizeof return_options / sizeof return_options[0]};
    struct bank_options given;
    struct bank_figures figures;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    DAY_DESK_SCOPE(desk);
    FILE_CONTENT_SCOPE(file);
    const struct bank_officers who = {given.officer, given.approver};
    enum err err = day_desk_open(&desk, given.data, false, &why);
    err = err ? err : files_read(given.file, BANK_RETURN_MAX, &file, &why);
    err = err ? err
              : bank_return_take(&desk.clearing, bytes_of(file.at, file.len), &who, &figures, &why);
    if (!err) {
        print_answer(&figures, given.json);
    }
    return (int)ending_tell(err, &why);
}

/* --- day head -------------------------------------------------------------------------------------- */

static const struct option head_options[] = {
    {"DAY",       OPTION_DAY,  offsetof(struct bank_options, day),     NULL,   NULL,
     "the business day; the oldest one that is not closed when it is not named",                 true},
    {"--officer", OPTION_TEXT, offsetof(struct bank_options, officer), "CODE", NULL, "the head",
     false                                                                                           },
    OPTION_DATA(struct bank_options, data),
    OPTION_JSON(struct bank_options, json),
};

int day_head_command(int argc, char **argv) {
    static const struct usage usage = {.command = "day head",
        .help = "Gives the head's yes (主任审批) to a day's payouts: needed when one of them is "
                "above the city's limit\n(parameter payout-head-fen). The head neither made nor "
                "approved the list.",
        .options = head_options,
        .count = sizeof head_options / sizeof head_options[0]};
    struct bank_options given = {.json = false};
    struct why why = {0};
    uint32_t day = 0;
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    DAY_DESK_SCOPE(desk);
    enum err err = day_desk_open(&desk, given.data, false, &why);
    err = err ? err : day_desk_day(&desk, given.day, &day, &why);
    err = err ? err : day_head(&desk.clearing, day, given.officer, &why);
    if (!err) {
        result_tell(given.json,
            json_pack("{s:I, s:s, s:b}", "day", (json_int_t)day, "officer", given.officer, "agreed",
                true),
            "%" PRIu32 ": 主任已批 the head has agreed", day);
    }
    return (int)ending_tell(err, &why);
}

/* --- day sign, day signed -------------------------------------------------------------------------- */

static const struct option sign_options[] = {
    {"DAY",       OPTION_DAY,  offsetof(struct bank_options, day),     NULL,   NULL,
     "the business day whose bank file it is; the last one that has ended when it is not named", true },
    {"--officer", OPTION_TEXT, offsetof(struct bank_options, officer), "CODE", NULL,
     "who signs: the maker or the approver of its list, or the head",                            false},
    {"--key",     OPTION_PATH, offsetof(struct bank_options, key),     "FILE", NULL,
     "the officer's signing key; made when there is none, with its public half beside it as "
        "FILE.pub",                                                                              false},
    OPTION_DATA(struct bank_options, data),
    OPTION_JSON(struct bank_options, json),
};

/* bank/YYYYMMDD.pay of the centre. */
static enum err pay_path_of(
    const struct day_desk *desk, uint32_t day, char path[PATH_ROOM], struct why *why) {
    char name[16];
    (void)snprintf(name, sizeof name, "%08" PRIu32 ".pay", day);
    return files_join(path, desk->bank_dir, name)
               ? OK
               : why_say(why, ERR_CONFLICT, "the directory's name is too long");
}

static enum err sign(struct day_desk *desk, const struct bank_options *given, struct why *why) {
    SIGNER_SCOPE(signer);
    char path[PATH_ROOM], id[2 * SIGNER_ID_LEN + 1];
    uint32_t day = 0;
    enum err err = day_desk_ended(desk, given->day, &day, why);
    err = err ? err : pay_sign_allowed(&desk->clearing, day, given->officer, why);
    err = err ? err : pay_path_of(desk, day, path, why);
    err = err ? err : signer_open(&signer, given->key, why);
    err = err ? err : pay_sign(path, given->officer, &signer, why);
    if (!err) {
        hex_write(bytes_of(signer.id, SIGNER_ID_LEN), id);
        result_tell(given->json,
            json_pack("{s:I, s:s, s:s, s:s}", "day", (json_int_t)day, "file", path, "officer",
                given->officer, "key", id),
            "%s.sig: %s, key %s", path, given->officer, id);
    }
    return err;
}

int day_sign_command(int argc, char **argv) {
    static const struct usage usage = {.command = "day sign",
        .help = "Signs a day's bank file with the officer's own key (付款文件签名): each of the "
                "two officers by a command\n"
                "of their own. The signatures lie beside the file in bank/YYYYMMDD.pay.sig.",
        .options = sign_options,
        .count = sizeof sign_options / sizeof sign_options[0]};
    struct bank_options given = {.json = false};
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    DAY_DESK_SCOPE(desk);
    enum err err = day_desk_open(&desk, given.data, false, &why);
    err = err ? err : sign(&desk, &given, &why);
    return (int)ending_tell(err, &why);
}

static const struct option signed_options[] = {
    {"FILE",  OPTION_PATH, offsetof(struct bank_options, file), NULL,   NULL,
     "the file that the centre sent; its signatures lie in FILE.sig", false},
    {"--key", OPTION_PATH, offsetof(struct bank_options, key),  "FILE", NULL,
     "an officer's public key, as the centre gave it",                false},
    OPTION_JSON(struct bank_options, json),
};

int day_signed_command(int argc, char **argv) {
    static const struct usage usage = {.command = "day signed",
        .help = "Says whose signature a public key finds under a file (验签). Needs no centre: a "
                "bank runs it.",
        .options = signed_options,
        .count = sizeof signed_options / sizeof signed_options[0]};
    struct bank_options given = {.data = NULL};
    struct why why = {0};
    char officer[OFFICER_NAME_MAX + 1];
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    SIGNER_SCOPE(key);
    enum err err = signer_open_public(&key, given.key, &why);
    err = err ? err : pay_sign_check(given.file, &key, officer, &why);
    if (!err && given.json) {
        (void)printf("{\"officer\": \"%s\"}\n", officer);
    } else if (!err) {
        (void)printf("%s: signed by %s\n", given.file, officer);
    }
    return (int)ending_tell(err == ERR_DENIED ? ERR_INVALID : err, &why);
}
