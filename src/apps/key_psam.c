#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/command.h"
#include "apps/key_desk.h"
#include "apps/rack.h"
#include "base/day.h"
#include "base/hex.h"
#include "ceremony/psam_issue.h"
#include "clearing/clearing.h"
#include "host/ending.h"
#include "host/options.h"
#include "keys/permit.h"
#include "reader/pcsc.h"
#include "stores/sql/clearing_store.h"

enum { TERMINAL_DIGITS = 12, VALID_YEARS = 10 };

struct psam_options {
    const char *what, *terminal, *institution, *reader, *data, *passphrases, *a, *b;
    struct vault_words words;
    int64_t version;
    bool json;
};

/* clang-format off */
static const struct option options[] = {
    {"WHAT", OPTION_TEXT, offsetof(struct psam_options, what), NULL, NULL,
        "issue, register, suspend, destroy, add-key or list", false},
    {"TERMINAL", OPTION_TEXT, offsetof(struct psam_options, terminal), NULL, NULL,
        "twelve digits: city code and serial; not for list", true},
    {"--institution", OPTION_TEXT, offsetof(struct psam_options, institution), "CODE", NULL,
        "issue: whose terminal it goes into, as the clearing knows it", true},
    {"--version", OPTION_NUMBER, offsetof(struct psam_options, version), "N", "1",
        "of the purchase key: issue puts in this one, add-key one more", false},
    {"--reader", OPTION_TEXT, offsetof(struct psam_options, reader), "NAME", NULL,
        "PC/SC reader with the chip; without, a chip in a file of the centre", true},
    OPTIONS_OFFICERS(struct psam_options, a, b, passphrases),
    OPTIONS_VAULT(struct psam_options, words),
    OPTION_DATA(struct psam_options, data),
    OPTION_JSON(struct psam_options, json),
};
/* clang-format on */

static const struct usage usage = {
    .command = "key psam",
    .help = "Purchase modules (PSAM): issued from the vault and read back, registered to a "
            "terminal and\n"
            "an institution, suspended (what the terminal sends is held), destroyed for ever.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

/* --- chips and keys ----------------------------------------------------------------------------- */

static uint32_t region_of(const struct key_desk *desk) {
    return (uint32_t)strtoul(desk->city.centre.file.region, NULL, 10);
}

/* A module's file in psams/: "chip", its memory, or "begun", a note that there is while it is being issued
 * and no register knows it. centre_read() saw to it that both names fit. */
static const char *psam_path(
    const struct key_desk *desk, const char *terminal, const char *what, char path[PATH_ROOM]) {
    char folder[PATH_ROOM];
    char file[TERMINAL_DIGITS + sizeof ".begun"];
    (void)snprintf(file, sizeof file, "%.12s.%.5s", terminal, what);
    bool fits = files_join(path, centre_path(folder, desk->city.centre.dir, CENTRE_PSAMS), file);
    assert(fits);
    (void)fits;
    return path;
}

static bool psam_has(const struct key_desk *desk, const char *terminal, const char *what) {
    char path[PATH_ROOM];
    return files_exist(psam_path(desk, terminal, what, path));
}

/* A module that is there is never overwritten, but for one whose issue was cut: the note says so. */
static enum err begin_chip(struct key_desk *desk, const char *terminal, struct why *why) {
    char path[PATH_ROOM];
    bool begun = psam_has(desk, terminal, "begun");
    if (!begun && psam_has(desk, terminal, "chip")) {
        return why_say(why, ERR_CONFLICT,
            "psams/%s.chip holds a module that no register knows; put it away before another is "
            "made for that terminal",
            terminal);
    }
    return begun ? OK
                 : files_write(psam_path(desk, terminal, "begun", path), (struct bytes){0}, why);
}

static enum err end_chip(struct key_desk *desk, const char *terminal, struct why *why) {
    char path[PATH_ROOM];
    return psam_has(desk, terminal, "begun")
               ? files_remove(psam_path(desk, terminal, "begun", path), why)
               : OK;
}

/* A fresh chip for issuing, or the one that is there. */
static enum err open_chip(struct key_desk *desk, const struct psam_options *given, bool fresh,
    struct reader *out, struct why *why) {
    struct rack rack = {.dir = desk->city.centre.dir, .region = region_of(desk)};
    struct chip_rack chips = rack_of(&rack);
    uint32_t serial = (uint32_t)(strtoull(given->terminal, NULL, 10) % 100000000U);
    if (given->reader) {
        const struct pcsc_wish wish = {.name = given->reader};
        return pcsc_open(&wish, out, why);
    }
    enum err err = fresh ? begin_chip(desk, given->terminal, why) : OK;
    err = err || !fresh ? err : chips.blank(chips.self, SHELF_PSAMS, given->terminal, serial, why);
    return err ? err : chips.insert(chips.self, SHELF_PSAMS, given->terminal, out, why);
}

/* Issues into a fresh chip, or adds a version to the one that is there. */
static enum err work_on_chip(struct key_desk *desk, const struct psam_options *given,
    uint8_t main_version, bool fresh, struct why *why) {
    struct issuer issuer = issuer_of(region_of(desk), desk->city.centre.file.date, VALID_YEARS);
    struct reader reader;
    struct vault line = {0};
    uint8_t version = (uint8_t)given->version;
    issuer.key_version = main_version;
    issuer.purse = city_purse(&desk->city);
    struct psam_order order = {.reader = &reader,
        .vault = &line,
        .issuer = &issuer,
        .terminal = strtoull(given->terminal, NULL, 10),
        .versions = (uint16_t)(1U << version)};
    enum err err = key_desk_vault(desk, &given->words, &line, why);
    if (err) {
        return err;
    }
    err = open_chip(desk, given, fresh, &reader, why);
    if (!err) {
        err = fresh ? psam_issue(&order, why) : psam_add_version(&order, version, why);
        reader_close(&reader);
    }
    line.close(line.self);
    return err;
}

/* --- registers ---------------------------------------------------------------------------------- */

/* What the clearing knows of the terminal: whose it is, and whether what it sends is held. */
static enum err tell_clearing(
    struct key_desk *desk, const struct psam_row *psam, const char *officer, struct why *why) {
    struct sqlite_clearing *rows = NULL;
    struct clearing_store store;
    struct terminal_row terminal = {.stopped = psam->state != MODULE_REGISTERED};
    bcd_write(strtoull(psam->terminal, NULL, 10), terminal.number, sizeof terminal.number);
    if (strlen(psam->institution) >= sizeof terminal.institution) {
        return why_say(why, ERR_CONFLICT, "\"%s\" is no institution; its code has %zu letters",
            psam->institution, sizeof terminal.institution - 1);
    }
    (void)memcpy(terminal.institution, psam->institution, strlen(psam->institution));
    enum err err = sqlite_clearing_open(&desk->city.db, &rows, &store, why);
    const struct clearing clearing = {.store = &store};
    err = err ? err : terminal_register(&clearing, &terminal, officer, why);
    sqlite_clearing_close(rows);
    return err;
}

static enum err issue(struct key_desk *desk, const struct psam_options *given, struct why *why) {
    const struct two_officers who = {given->a, given->b};
    struct psam_row psam = {.versions = (uint16_t)(1U << given->version), .state = MODULE_MADE};
    struct psam_row there;
    struct why quiet;
    if (!given->institution) {
        return why_say(
            why, ERR_CONFLICT, "name the institution of the terminal: --institution CODE");
    }
    if (keeping_psam_get(desk->keeping, given->terminal, &there, &quiet) == OK) {
        bool cut = psam_has(desk, given->terminal, "begun") && there.versions == psam.versions
                   && strcmp(there.institution, given->institution) == 0;
        if (cut) { /* behind the register's row: all was done */
            return end_chip(desk, given->terminal, why);
        }
        return why_say(why, ERR_CONFLICT,
            "terminal %s has a module already, which is %s; take another number", given->terminal,
            module_state_text(there.state));
    }
    (void)snprintf(psam.terminal, sizeof psam.terminal, "%s", given->terminal);
    (void)snprintf(psam.institution, sizeof psam.institution, "%.40s", given->institution);
    enum err err = keeping_key_of_batch(
        desk->keys, INT64_MAX, key_kind(KEY_MK_PSAM)->name, &psam.main_version, why);
    err = err ? err : work_on_chip(desk, given, psam.main_version, true, why);
    err = err ? err : keeping_psam_add(desk->keeping, &psam, who, why);
    return err ? err : end_chip(desk, given->terminal, why);
}

/* The module's state and what the clearing does with its terminal change together. */
static enum err move(struct key_desk *desk, const struct psam_options *given, struct why *why) {
    const struct two_officers who = {given->a, given->b};
    struct psam_row psam;
    TX_SCOPE(tx);
    enum err err = tx_begin(&tx, &desk->city.db, why);
    err = err ? err : keeping_psam_move(desk->keeping, given->terminal, given->what, who, why);
    err = err ? err : keeping_psam_get(desk->keeping, given->terminal, &psam, why);
    err = err ? err : tell_clearing(desk, &psam, given->a, why);
    return err ? err : tx_commit(&tx, why);
}

static enum err add_key(struct key_desk *desk, const struct psam_options *given, struct why *why) {
    const struct two_officers who = {given->a, given->b};
    struct psam_row psam;
    enum err err = keeping_psam_get(desk->keeping, given->terminal, &psam, why);
    if (!err && psam.state == MODULE_DESTROYED) {
        err = why_say(
            why, ERR_CONFLICT, "the module of terminal %s was destroyed", given->terminal);
    }
    err = err ? err : work_on_chip(desk, given, psam.main_version, false, why);
    return err ? err
               : keeping_psam_version(
                   desk->keeping, given->terminal, (uint8_t)given->version, who, why);
}

static enum err list(struct key_desk *desk, const struct psam_options *given, struct why *why) {
    struct psam_row psam = {.terminal = ""};
    json_t *all = json_array();
    enum err err = OK;
    while ((err = keeping_psam_next(desk->keeping, psam.terminal, &psam, why)) == OK) {
        if (given->json) {
            (void)json_array_append_new(
                all, json_pack("{s:s, s:s, s:s, s:i}", "terminal", psam.terminal, "institution",
                         psam.institution, "state", module_state_text(psam.state), "versions",
                         (int)psam.versions));
        } else {
            (void)printf("%s  %-10s %-18s versions %04X\n", psam.terminal, psam.institution,
                module_state_text(psam.state), psam.versions);
        }
    }
    if (given->json && err == ERR_NOT_FOUND) {
        json_t *object = json_pack("{s:O}", "modules", all);
        (void)json_dumpf(object, stdout, 0);
        (void)printf("\n");
        json_decref(object);
    }
    json_decref(all);
    return err == ERR_NOT_FOUND ? OK : err;
}

/* --- the command -------------------------------------------------------------------------------- */

static const struct {
    const char *word;
    enum err (*run)(struct key_desk *, const struct psam_options *, struct why *);
} deeds[] = {
    {"issue",    issue  },
    {"register", move   },
    {"suspend",  move   },
    {"destroy",  move   },
    {"add-key",  add_key},
};

static enum err check_given(
    const struct key_desk *desk, const struct psam_options *given, struct why *why) {
    uint64_t number = 0;
    if (!given->terminal || strlen(given->terminal) != TERMINAL_DIGITS
        || !digits_read(bytes_text(given->terminal), &number)
        || number / 1000000U != region_of(desk)) {
        return why_say(why, ERR_CONFLICT,
            "name the terminal by twelve digits that begin with %s, this city's code",
            desk->city.centre.file.region);
    }
    return given->version <= KEY_VERSION_MAX
               ? OK
               : why_say(why, ERR_CONFLICT, "versions go up to %d", (int)KEY_VERSION_MAX);
}

/* With both officers there. */
static enum err do_deed(struct key_desk *desk, const struct psam_options *given,
    enum err (*run)(struct key_desk *, const struct psam_options *, struct why *),
    struct why *why) {
    enum err err = check_given(desk, given, why);
    err = err ? err : key_desk_both(desk, (struct two_officers){given->a, given->b}, why);
    err = err ? err : run(desk, given, why);
    if (!err) {
        (void)printf("module of terminal %s: %s\n", given->terminal, given->what);
    }
    return err;
}

static enum err do_what(struct key_desk *desk, const struct psam_options *given, struct why *why) {
    if (strcmp(given->what, "list") == 0) {
        return list(desk, given, why);
    }
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        if (strcmp(deeds[i].word, given->what) == 0) {
            return do_deed(desk, given, deeds[i].run, why);
        }
    }
    return why_say(why, ERR_CONFLICT,
        "\"%.40s\" is nothing that a module does; say issue, register, suspend, destroy, add-key "
        "or "
        "list",
        given->what);
}

int key_psam_command(int argc, char **argv) {
    struct psam_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    KEY_DESK_SCOPE(desk);
    enum err err = key_desk_open(&desk, given.data, &why);
    desk.passphrases = given.passphrases;
    err = err ? err : do_what(&desk, &given, &why);
    /* A version that the vault lacks is a wrong word, no bad file. */
    return (int)ending_tell_words(err, &why);
}
