/* chip new: a chip in a file; chip trace, chip check: refused until they come. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "apps/command.h"
#include "apps/rack.h"
#include "apps/vault_desk.h"
#include "base/day.h"
#include "base/hex.h"
#include "card/loop/card.h"
#include "host/ending.h"
#include "host/files.h"
#include "host/options.h"
#include "issuance/numbers.h"
#include "issuance/personalise.h"
#include "ports/sim/image.h"
#include "reader/inside.h"
#include "wire/purse_message.h"

enum {
    SPECIMEN_REGION = 440100,
    SPECIMEN_DISTRICT = 440102,
    SPECIMEN_YEARS = 10,
    CHIP_SERIAL_MAX = 99999999,
    TERMINAL_SERIAL_MAX = 999999,
};

struct new_options {
    const char *profile, *dialect, *image, *name;
    int64_t serial, size, seed;
    uint32_t date;
    bool json;
};

static const struct option options[] = {
    {"--profile", OPTION_TEXT,   offsetof(struct new_options, profile), "NAME",  NULL,
     "P10, P20 or P30 for a specimen holder, PSAM for a terminal, or blank",                                        false},
    {"--dialect", OPTION_TEXT,   offsetof(struct new_options, dialect), "NAME",  "fmcos",
     "whose commands make files on it: fmcos or datang",                                                            false},
    {"--image",   OPTION_PATH,   offsetof(struct new_options, image),   "FILE",  NULL,
     "the chip's memory; must not exist yet",                                                                       false},
    {"--serial",  OPTION_NUMBER, offsetof(struct new_options, serial),  "N",     "1",
     "serial of the chip, up to eight digits",                                                                      false},
    {"--size",    OPTION_NUMBER, offsetof(struct new_options, size),    "BYTES", "0",
     "memory of the chip; 0 is as much as the profile needs",                                                       false},
    {"--seed",    OPTION_NUMBER, offsetof(struct new_options, seed),    "N",     "1",
     "what the test keys come from",                                                                                false},
    {"--name",    OPTION_TEXT,   offsetof(struct new_options, name),    "NAME",  "样本持卡人",
     "the specimen holder's name; never a real person's",                                                           false},
    {"--date",    OPTION_DAY,    offsetof(struct new_options, date),    NULL,    "20031008",        "day of issue",
     false                                                                                                               },
    OPTION_JSON(struct new_options, json),
};

static const struct usage usage = {
    .command = "chip new",
    .help = "Makes a chip in a file, ready for `shebao chip serve`. Its keys are test keys.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

/* What was made, for the report. */
struct made {
    char card_number[CARD_NUMBER_LEN + 1]; /* empty for what is no card */
    char terminal[2 * TERMINAL_LEN + 1];   /* empty for what is no PSAM */
    unsigned commands, keys;
    uint8_t atr[ATR_MAX];
    size_t atr_len;
};

/* Nobody: the last three digits before the check character are 000, which no office gives out. */
static struct person specimen(const char *name, uint32_t born) {
    struct person p = {.id = 1, .sex = 2, .nation = 1, .birth = born, .region = SPECIMEN_DISTRICT};
    number_write(((int64_t)SPECIMEN_DISTRICT * 100000000 + born) * 1000, p.number);
    (void)snprintf(p.name, sizeof p.name, "%s", name);
    return p;
}

static bool is_blank(const struct new_options *given) {
    return strcmp(given->profile, "blank") == 0;
}

static bool is_datang(const struct new_options *given) {
    return strcmp(given->dialect, "datang") == 0;
}

/* A chip that stays as it is counts as the smallest card. */
static enum profile_name profile_of(const struct new_options *given) {
    enum profile_name profile = PROFILE_P10;
    (void)profile_of_text(given->profile, &profile);
    return profile;
}

static uint32_t chip_size(const struct new_options *given) {
    return given->size ? (uint32_t)given->size : profile_chip_bytes(profile_of(given));
}

/* A card for a specimen holder, its number made of the chip's serial. */
static enum err make_card(const struct new_options *given, const struct personalisation *work,
    struct made *made, struct personalise_result *result, struct why *why) {
    struct person person = specimen(given->name, 19800101);
    card_number_write((uint32_t)given->serial, made->card_number);
    return personalise_card(work, &person, made->card_number, result, why);
}

/* A module for a terminal of the city: its number is the city's code and the chip's serial.
 * [card.md 3.8] */
static enum err make_psam(const struct new_options *given, const struct personalisation *work,
    struct made *made, struct personalise_result *result, struct why *why) {
    uint8_t terminal[TERMINAL_LEN];
    bcd_write(SPECIMEN_REGION, terminal, 3);
    bcd_write((uint64_t)given->serial, terminal + 3, 3);
    hex_write(bytes_of(terminal, sizeof terminal), made->terminal);
    return personalise_psam(work, terminal, result, why);
}

static enum err personalise(const struct new_options *given, const struct reader *reader,
    struct made *made, struct why *why) {
    struct issuer issuer = issuer_of(SPECIMEN_REGION, given->date, SPECIMEN_YEARS);
    struct personalise_result result = {0};
    struct vault vault = {0};
    enum err err = vault_desk_seed((uint64_t)given->seed, SPECIMEN_REGION, &vault, 1, why);
    if (err) {
        return err;
    }
    struct personalisation work = {.reader = reader,
        .vault = &vault,
        .issuer = &issuer,
        .chips = is_datang(given) ? CHIPS_OF_DATANG : CHIPS_OF_FMCOS,
        .profile = profile_of(given)};
    err = work.profile == PROFILE_PSAM ? make_psam(given, &work, made, &result, why)
                                       : make_card(given, &work, made, &result, why);
    made->commands = result.commands;
    made->keys = result.keys;
    card_data_wipe(&result.data);
    vault.close(vault.self);
    return err;
}

/* Everything that happens to the chip while it lies in the reader. */
static enum err work_on(
    const struct new_options *given, const struct nvm *nvm, struct made *made, struct why *why) {
    struct reader reader = {0};
    enum err err = inside_open(nvm, &reader, why);
    if (err) {
        return err;
    }
    if (!is_blank(given)) {
        err = personalise(given, &reader, made, why);
    }
    err = err ? err : reader_reset(&reader, made->atr, &made->atr_len, why);
    reader_close(&reader);
    return err;
}

static enum err fill(
    const struct new_options *given, const char *path, struct made *made, struct why *why) {
    struct image *image = NULL;
    struct chip_birth birth;
    enum err err = image_create(path, chip_size(given), why);
    err = err ? err : image_open(path, &image, why);
    if (err) {
        return err;
    }
    rack_birth(SPECIMEN_REGION, (uint32_t)given->serial, &birth);
    if (is_datang(given)) {
        rack_birth_datang(&birth);
    }
    if (!card_manufacture(image_nvm(image), &birth)) {
        err = why_say(why, ERR_CONFLICT, "no chip fits into %lld bytes; use --size %u",
            (long long)chip_size(given), (unsigned)profile_chip_bytes(profile_of(given)));
    }
    err = err ? err : work_on(given, image_nvm(image), made, why);
    err = err ? err : image_sync(image, why);
    image_close(image);
    return err;
}

/* The chip is made beside its place and gets its name when it is whole; a name that somebody took in
 * the meantime is left to them. */
static enum err make(const struct new_options *given, struct made *made, struct why *why) {
    char beside[PATH_ROOM];
    int len = snprintf(beside, sizeof beside, "%s.new", given->image);
    if (len < 0 || (size_t)len >= sizeof beside) {
        return why_say(why, ERR_CONFLICT,
            "the name of the image has more than %d bytes; take a shorter one", PATH_ROOM - 5);
    }
    if (files_exist(given->image)) {
        return why_say(why, ERR_CONFLICT,
            "%s exists, and a chip is never overwritten; name another file or remove it",
            given->image);
    }
    (void)unlink(beside); /* left by one that was killed */
    enum err err = fill(given, beside, made, why);
    if (!err && link(beside, given->image) != 0) {
        err = errno == EEXIST ? why_say(why, ERR_CONFLICT, "%s was made meanwhile", given->image)
                              : files_trouble(why, "make", given->image);
    }
    (void)unlink(beside);
    return err;
}

/* The highest serial: a card's number holds seven digits behind its first letter, which is fewer than a
 * chip's answer to reset; a terminal's six. */
static int64_t serial_max(const struct new_options *given) {
    if (is_blank(given)) {
        return CHIP_SERIAL_MAX;
    }
    return profile_of(given) == PROFILE_PSAM ? TERMINAL_SERIAL_MAX : NUMBER_SERIALS - 1;
}

static enum err check(const struct new_options *given, struct why *why) {
    enum profile_name profile;
    bool personal = profile_of_text(given->profile, &profile);
    if (!personal && !is_blank(given)) {
        return why_say(why, ERR_CONFLICT, "--profile is P10, P20, P30, PSAM or blank");
    }
    if (!is_datang(given) && strcmp(given->dialect, "fmcos") != 0) {
        return why_say(why, ERR_CONFLICT, "--dialect is fmcos or datang");
    }
    if (is_datang(given) && personal && profile == PROFILE_PSAM) {
        return why_say(why, ERR_CONFLICT, "a PSAM is made with --dialect fmcos only");
    }
    if (given->serial < 1 || given->serial > serial_max(given)) {
        return why_say(why, ERR_CONFLICT,
            "--serial is 1 to %lld for profile %s; it is the %s number's, too",
            (long long)serial_max(given), given->profile,
            !personal                 ? "chip"
            : profile == PROFILE_PSAM ? "terminal"
                                      : "card");
    }
    if (personal && day_plus_years(given->date, SPECIMEN_YEARS) == 0) {
        return why_say(
            why, ERR_CONFLICT, "a card lasts %d years; give an earlier --date", SPECIMEN_YEARS);
    }
    if (given->size != 0 && (given->size < IMAGE_SIZE_MIN || given->size > IMAGE_SIZE_MAX)) {
        return why_say(
            why, ERR_CONFLICT, "--size is 0, or %d to %d bytes", IMAGE_SIZE_MIN, IMAGE_SIZE_MAX);
    }
    return OK;
}

static void report(const struct new_options *given, const struct made *made) {
    char atr[2 * ATR_MAX + 1];
    hex_write(bytes_of(made->atr, made->atr_len), atr);
    if (given->json) {
        json_t *o = json_pack("{s:o?, s:s, s:s, s:s, s:s, s:i, s:i}", "image",
            json_string(given->image) /* null when the path is no UTF-8 */, "profile",
            given->profile, "atr", atr, "card_number", made->card_number, "terminal",
            made->terminal, "commands", (int)made->commands, "keys", (int)made->keys);
        (void)json_dumpf(o, stdout, 0);
        (void)printf("\n");
        json_decref(o);
        return;
    }
    (void)printf("%s: answer to reset %s\n", given->image, atr);
    if (made->card_number[0]) {
        (void)printf("card number %s, holder %s; %u commands, %u keys, all of them test keys\n",
            made->card_number, given->name, made->commands, made->keys);
    }
    if (made->terminal[0]) {
        (void)printf("terminal number %s; %u commands, %u keys, all of them test keys\n",
            made->terminal, made->commands, made->keys);
    }
    (void)printf("Next: shebao chip serve --image %s\n", given->image);
}

int chip_new_command(int argc, char **argv) {
    struct new_options given;
    struct made made = {.commands = 0};
    struct why why = {{0}};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    enum err err = check(&given, &why);
    err = err ? err : make(&given, &made, &why);
    if (err) {
        /* What --name says may fit no card: wrong use, no bad file. */
        return (int)ending_tell_words(err, &why);
    }
    report(&given, &made);
    return ENDING_DONE;
}

/* Told apart from an unknown command, so that nobody looks for a typing mistake. */
static int later(const struct usage *what, int argc, char **argv, const char *meanwhile) {
    struct {
        bool json;
    } given;
    struct why why = {{0}};
    int status = 0;
    if (!options_read(what, argc, argv, &given, &status)) {
        return status;
    }
    enum err err = why_say(
        &why, ERR_CONFLICT, "%s comes with a later version; %s", what->command, meanwhile);
    return (int)ending_tell(err, &why);
}

int chip_trace_command(int argc, char **argv) {
    static const struct usage trace = {
        .command = "chip trace", .help = "Shows what passes between reader and chip: later."};
    return later(&trace, argc, argv, "until then pcscd --foreground --debug --apdu shows the same");
}

int chip_check_command(int argc, char **argv) {
    static const struct usage checks = {
        .command = "chip check", .help = "The 27 checks of the general test: later."};
    return later(&checks, argc, argv, "until then the pilot reads back every card that it makes");
}
