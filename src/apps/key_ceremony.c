#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "apps/command.h"
#include "apps/key_desk.h"
#include "apps/key_vault.h"
#include "apps/rack.h"
#include "ceremony/ceremony.h"
#include "crypto/secret.h"
#include "host/ending.h"
#include "host/options.h"
#include "keys/permit.h"
#include "vaults/soft/secret_room.h"

/* What a rehearsal without a plan of its own holds: every kind of step that needs nothing from outside. */
static const char usual_plan[] = "ceremony rehearsal-1\n"
                                 "begin 2003-10-08 09:00\n"
                                 "officers key-a key-b\n"
                                 "generate DPK 3DES 2\n"
                                 "split DPK 3DES 2 into 3 of 5 for zhang li wang zhao chen\n"
                                 "recover DPK 3DES 2 from here zhao zhang wang\n"
                                 "components BTK 3DES 1 for zhang li wang\n"
                                 "share-card 101 DPK 3DES 2 from here for chen\n"
                                 "mother-card 102 DPK 3DES 2 under BTK 3DES 1 for zhang\n"
                                 "transport-card 103 DLK SM4 1 under BTK SM4 1 for li\n"
                                 "psam-batch 2 from 440100000901 at GZYD0001\n"
                                 "generate BTK 3DES 2\n"
                                 "close BTK 3DES 1\n"
                                 "destroy BTK 3DES 1\n";

struct ceremony_options {
    const char *plan, *data, *passphrases;
    struct custodian_files custodians;
    int64_t seed;
    bool rehearse, undo, json;
};

/* clang-format off */
static const struct option options[] = {
    {"PLAN", OPTION_PATH, offsetof(struct ceremony_options, plan), NULL, NULL,
        "the written plan; a rehearsal without one holds the usual", true},
    {"--rehearse", OPTION_FLAG, offsetof(struct ceremony_options, rehearse), NULL, NULL,
        "with test keys, test officers and moments of the plan; makes the centre if need be", false},
    {"--seed", OPTION_NUMBER, offsetof(struct ceremony_options, seed), NULL, "1",
        "of a rehearsal: the same seed and plan give the same transcript", false},
    {"--undo", OPTION_FLAG, offsetof(struct ceremony_options, undo), NULL, NULL,
        "take back a ceremony that was interrupted", false},
    {"--passphrases", OPTION_PATH, offsetof(struct ceremony_options, passphrases), "DIR", NULL,
        "folder with a file for each person, named by code; without, the terminal asks", true},
    OPTIONS_CUSTODIANS(struct ceremony_options, custodians),
    OPTION_DATA(struct ceremony_options, data),
    OPTION_JSON(struct ceremony_options, json),
};
/* clang-format on */

static const struct usage usage = {
    .command = "key ceremony",
    .help = "Holds a key ceremony from a written plan, with two officers and a signed transcript; "
            "goes\n"
            "on where it was interrupted. A plan is text, one step a line ('#' begins a comment):\n"
            "  ceremony ORDER / begin YYYY-MM-DD HH:MM / officers A B, and then\n"
#define STEP(name, word, pattern, changes, hold, undo, help)                                       \
    "  " word " " pattern "\n      " help "\n"
#include "ceremony/ceremony_step.def"
            "KEY and OTHER are three words: name, 3DES or SM4, version.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

/* A ceremony in this centre. */
struct held_here {
    struct key_desk desk;
    const struct ceremony_options *given;
    struct plan plan;
    char folder[PATH_ROOM];
    char carriers[PATH_ROOM]; /* whose rack holds the carriers */
    struct key_ring *ring;
    struct passphrases *said; /* of the vault's custodians */
};

/* --- chips -------------------------------------------------------------------------------------- */

static struct rack shelf_of(const struct held_here *here, bool module) {
    return (struct rack){.dir = module ? here->desk.city.centre.dir : here->carriers,
        .region = (uint32_t)strtoul(here->desk.city.centre.file.region, NULL, 10)};
}

static enum err house_blank(void *self, const char *name, bool module, uint32_t serial,
    struct reader *out, struct why *why) {
    struct held_here *here = self;
    struct rack rack = shelf_of(here, module);
    struct chip_rack chips = rack_of(&rack);
    enum rack_shelf shelf = module ? SHELF_PSAMS : SHELF_CARDS;
    struct psam_row psam;
    if (module && !here->given->rehearse
        && keeping_psam_get(here->desk.keeping, name, &psam, why) == OK) {
        return why_say(why, ERR_CONFLICT,
            "terminal %s has a module already, which is %s; name other numbers in the plan", name,
            module_state_text(psam.state));
    }
    enum err err = chips.blank(chips.self, shelf, name, serial, why);
    return err ? err : chips.insert(chips.self, shelf, name, out, why);
}

static enum err house_discard(void *self, const char *name, bool module, struct why *why) {
    const struct held_here *here = self;
    char folder[PATH_ROOM];
    char file[64];
    char path[PATH_ROOM];
    struct rack rack = shelf_of(here, module);
    (void)snprintf(file, sizeof file, "%s.chip", name);
    (void)centre_path(folder, rack.dir, module ? CENTRE_PSAMS : CENTRE_CHIPS);
    bool fits = files_join(path, folder, file);
    assert(fits);
    (void)fits;
    return files_remove(path, why);
}

/* --- persons and moments ------------------------------------------------------------------------ */

static enum err house_said(
    void *self, const char *code, uint8_t *text, size_t *len, struct why *why) {
    struct held_here *here = self;
    return key_desk_said(&here->desk, code, text, len, why);
}

static enum err house_sign_in(void *self, const char *code, struct why *why) {
    struct held_here *here = self;
    return key_desk_sign_in(&here->desk, code, why);
}

static void house_now(void *self, char text[MOMENT_ROOM]) {
    struct tm tm = {0};
    time_t now = time(NULL);
    (void)self;
    (void)localtime_r(&now, &tm);
    (void)strftime(text, MOMENT_ROOM, "%Y-%m-%dT%H:%M", &tm);
}

/* --- registers and the vault -------------------------------------------------------------------- */

/* The register knows of every key which cards and modules have it. */
static enum err house_unused(void *self, const struct plan_key *key, struct why *why) {
    struct held_here *here = self;
    const struct key_kind *kind = key_kind((enum key_name)key->name);
    const struct key_version which = key_version_of(kind, key->version);
    return kind->cards == CARDS_NONE ? OK : keeping_key_unused(here->desk.keys, &which, why);
}

static bool same_ring(const struct key_ring *a, const struct key_ring *b) {
    return a->count == b->count && crypto_equal(a->keys, b->keys, a->count * sizeof a->keys[0]);
}

/* A rehearsal keeps no vault. */
static enum err house_kept(void *self, const struct key_ring *ring, bool *kept, struct why *why) {
    struct held_here *here = self;
    *kept = false;
    if (here->given->rehearse) {
        return OK;
    }
    struct key_ring *now = secret_room_new(sizeof *now);
    if (!now) {
        return why_say(why, ERR_OUTSIDE, "no memory for the keys; end other programs");
    }
    enum err err = key_vault_read(&here->desk.city, here->said, now, why);
    *kept = !err && same_ring(now, ring);
    if (!err && !*kept && now->generation != ring->generation) {
        err = why_say(why, ERR_CONFLICT,
            "the vault has changed since this ceremony began; undo it and hold it again");
    }
    secret_room_free(now, sizeof *now);
    return err;
}

static uint16_t purchase_versions(struct key_ring *ring) {
    unsigned versions = 0;
    for (unsigned version = 0; version <= KEY_VERSION_MAX; version++) {
        const struct ring_key *key = ring_find(ring, KEY_DPK, KEY_TDES, (uint8_t)version);
        versions |= key && key->state != RING_CLOSED ? 1U << version : 0;
    }
    return (uint16_t)versions;
}

static enum err register_modules(
    struct held_here *here, const struct plan_step *step, struct key_ring *ring, struct why *why) {
    const struct two_officers who = {here->plan.officers[0], here->plan.officers[1]};
    struct psam_row psam = {.versions = purchase_versions(ring), .state = MODULE_MADE};
    enum err err = ring_in_use(ring, KEY_MK_MF, KEY_TDES, &psam.main_version, why);
    (void)snprintf(psam.institution, sizeof psam.institution, "%s", step->institution);
    for (uint64_t i = 0; !err && i < step->count; i++) {
        (void)snprintf(psam.terminal, sizeof psam.terminal, "%012" PRIu64,
            (step->terminal + i) % 1000000000000U);
        err = keeping_psam_add(here->desk.keeping, &psam, who, why);
    }
    return err;
}

static enum err register_step(
    struct held_here *here, const struct plan_step *step, struct key_ring *ring, struct why *why) {
    const struct two_officers who = {here->plan.officers[0], here->plan.officers[1]};
    struct carrier_row carrier = {.serial = step->serial, .state = CARRIER_MADE};
    if (step->kind == STEP_PSAM_BATCH) {
        return register_modules(here, step, ring, why);
    }
    if (step->serial == 0) {
        return OK;
    }
    (void)snprintf(carrier.kind, sizeof carrier.kind, "%s", step_line(step->kind)->word);
    (void)snprintf(carrier.ceremony, sizeof carrier.ceremony, "%s", here->plan.order);
    (void)snprintf(carrier.holder, sizeof carrier.holder, "%s", step->holders[0]);
    (void)snprintf(carrier.place, sizeof carrier.place, "ceremony");
    return keeping_carrier_add(here->desk.keeping, &carrier, who, why);
}

static enum err house_keep(
    void *self, const struct plan *plan, struct key_ring *ring, struct why *why) {
    struct held_here *here = self;
    bool kept = false;
    enum err err = house_kept(here, ring, &kept, why);
    if (!err && !kept && !here->given->rehearse) {
        err = key_vault_write(&here->desk.city, here->said, ring, why);
    }
    for (size_t i = 0; !err && i < plan->count; i++) {
        err = register_step(here, &plan->steps[i], ring, why);
    }
    return err;
}

/* --- the command -------------------------------------------------------------------------------- */

static enum err read_plan(struct held_here *here, struct why *why) {
    FILE_CONTENT_SCOPE(content);
    const char *path = here->given->plan;
    if (!path && !here->given->rehearse) {
        return why_say(why, ERR_CONFLICT,
            "name the written plan of the ceremony; only a rehearsal has one of its own");
    }
    if (!path) {
        return plan_read(bytes_text(usual_plan), &here->plan, why);
    }
    enum err err = files_read(path, PLAN_MAX, &content, why);
    err = err ? err : plan_read(bytes_of(content.at, content.len), &here->plan, why);
    return err ? why_add(why, err, "%s", path) : OK;
}

/* A rehearsal may have a new centre; one with keys of its own never rehearses. */
static enum err open_centre(struct held_here *here, struct why *why) {
    const struct ceremony_options *given = here->given;
    struct centre_file file = {.rehearsal = true, .seed = (uint64_t)given->seed, .date = 20031008};
    struct centre_file there;
    if (given->rehearse && centre_read(given->data, &there, why) == ERR_NOT_FOUND) {
        (void)snprintf(file.name, sizeof file.name, "广州市社会保障卡管理中心");
        (void)snprintf(file.region, sizeof file.region, "440100");
        enum err err = centre_make(given->data, &file, why);
        if (err) {
            return err;
        }
    }
    here->desk.passphrases = given->passphrases;
    enum err err = key_desk_open(&here->desk, given->data, why);
    bool of_seed = here->desk.city.centre.file.keys == KEYS_IN_SEED;
    if (!err && of_seed != given->rehearse) {
        err = why_say(why, ERR_CONFLICT,
            given->rehearse ? "%s has keys of its own; hold the ceremony without --rehearse"
                            : "%s is a rehearsal; hold the ceremony with --rehearse",
            given->data);
    }
    return err;
}

static enum err make_folders(struct held_here *here, struct why *why) {
    char folder[PATH_ROOM];
    char chips[PATH_ROOM];
    (void)centre_path(folder, here->given->data, CENTRE_VAULT);
    (void)snprintf(here->carriers, sizeof here->carriers, "%s", folder);
    bool fits = files_join(chips, folder, "chips")
                && (size_t)snprintf(here->folder, sizeof here->folder, "%.900s/ceremonies/%s",
                       folder, here->plan.order)
                       < sizeof here->folder;
    enum err err = fits ? files_make_folder(chips, why)
                        : why_say(why, ERR_INVALID, "the path of %s is too long", folder);
    return err ? err : files_make_folder(here->folder, why);
}

/* The ring, and what keeps its copies. A rehearsal's passphrases are no secret. */
static enum err open_ring(struct held_here *here, struct ceremony_house *house, struct why *why) {
    const struct ceremony_options *given = here->given;
    if (given->rehearse) {
        house->vault = (struct custodians){
            {bytes_text("rehearsal custodian A"), bytes_text("rehearsal custodian B")}
        };
        house->cost = (struct vault_cost){.memory_kib = 8, .passes = 1};
        uint32_t region = (uint32_t)strtoul(here->desk.city.centre.file.region, NULL, 10);
        return ceremony_rehearsal_ring(here->ring, region, (uint64_t)given->seed, why);
    }
    enum err err = passphrases_read(here->said, &given->custodians, false, why);
    err = err ? err : key_vault_read(&here->desk.city, here->said, here->ring, why);
    house->vault = passphrases_said(here->said);
    house->cost = vault_cost_usual;
    return err;
}

/* One that was rehearsed to its end is rehearsed from the beginning. */
static enum err begin_anew(
    const struct held_here *here, const struct ceremony_house *house, struct why *why) {
    struct ceremony_state state = {0};
    char path[PATH_ROOM];
    enum err err = ceremony_look(house, &here->plan, &state, why);
    if (err || !state.ended || !here->given->rehearse || here->given->undo) {
        return err == ERR_NOT_FOUND ? OK : err;
    }
    bool fits = files_join(path, here->folder, "transcript.txt");
    assert(fits);
    return fits && unlink(path) == 0 ? OK : files_trouble(why, "replace", path);
}

static void report(const struct held_here *here) {
    const struct ceremony_options *given = here->given;
    if (given->json) {
        json_t *all = json_pack("{s:s, s:b, s:b, s:I, s:o?}", "ceremony", here->plan.order,
            "undone", (int)given->undo, "rehearsal", (int)given->rehearse, "steps",
            (json_int_t)(given->undo ? 0 : here->plan.count), "folder", json_string(here->folder));
        (void)json_dumpf(all, stdout, 0);
        (void)printf("\n");
        json_decref(all);
    } else if (given->undo) {
        (void)printf("ceremony %s is undone: its shares, chips and transcript are gone, and the "
                     "vault was never changed\n",
            here->plan.order);
    } else {
        (void)printf("ceremony %s was held: %zu steps\nNext: shebao key transcript "
                     "%s/transcript.txt\n",
            here->plan.order, here->plan.count, here->folder);
    }
}

static enum err hold(struct held_here *here, struct why *why) {
    struct ceremony_house house = {.self = here,
        .folder = here->folder,
        .rehearsal = here->given->rehearse,
        .seed = (uint64_t)here->given->seed,
        .said = house_said,
        .sign_in = house_sign_in,
        .blank = house_blank,
        .discard = house_discard,
        .unused = house_unused,
        .keep = house_keep,
        .kept = house_kept,
        .now = house_now};
    enum err err = read_plan(here, why);
    err = err ? err : open_centre(here, why);
    err = err ? err : make_folders(here, why);
    err = err ? err : open_ring(here, &house, why);
    err = err ? err : begin_anew(here, &house, why);
    if (!err) {
        err = here->given->undo ? ceremony_undo(&house, &here->plan, here->ring, why)
                                : ceremony_hold(&house, &here->plan, here->ring, why);
    }
    return err;
}

int key_ceremony_command(int argc, char **argv) {
    struct ceremony_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    struct held_here *here = calloc(1, sizeof *here);
    struct key_ring *ring = secret_room_new(sizeof *ring);
    struct passphrases *said = secret_room_new(sizeof *said);
    enum err err = here && ring && said ? OK : why_say(&why, ERR_OUTSIDE, "no memory; try again");
    if (here && ring && said) {
        *here = (struct held_here){
            .desk = {.city = {.use = USE_ALONE}}, .given = &given, .ring = ring, .said = said};
        err = hold(here, &why);
        if (!err) {
            report(here);
        }
        key_desk_close(&here->desk);
    }
    secret_room_free(said, sizeof *said);
    secret_room_free(ring, sizeof *ring);
    free(here);
    return (int)ending_tell(err, &why);
}
