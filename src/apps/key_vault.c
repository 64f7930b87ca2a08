#include "apps/key_vault.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/command.h"
#include "apps/key_show.h"
#include "apps/passphrase.h"
#include "base/day.h"
#include "host/ending.h"
#include "host/options.h"
#include "keys/permit.h"
#include "stores/sql/audit.h"
#include "vaults/line/vault_process.h"
#include "vaults/soft/secret_room.h"
#include "vaults/soft/soft_vault.h"

/* The event whose newest row holds the generation that the centre has seen. */
static const char written_event[] = "vault-written";
static const char written_word[] = "generation ";
static const char file_name[] = "keys.vault";

/* A ring and the passphrases that open it, for as long as a command works on them. */
struct vault_work {
    struct key_ring ring;
    struct passphrases said;
};

static void work_end(struct vault_work **work) {
    secret_room_free(*work, sizeof **work);
}
#define WORK_SCOPE(name)                                                                           \
    __attribute__((cleanup(work_end))) struct vault_work *name = secret_room_new(                  \
        sizeof(struct vault_work))

static enum err no_memory(struct why *why) {
    return why_say(why, ERR_OUTSIDE, "no memory for the keys; end other programs and try again");
}

static void vault_path(char path[PATH_ROOM], const char *dir) {
    char folder[PATH_ROOM];
    bool fits = files_join(path, centre_path(folder, dir, CENTRE_VAULT), file_name);
    assert(fits);
    (void)fits;
}

/* --- the generation ----------------------------------------------------------------------------- */

/* 0 when the centre has never seen one. */
static enum err generation_seen(struct city *city, uint64_t *generation, struct why *why) {
    char subject[AUDIT_SUBJECT_MAX + 1];
    *generation = 0;
    enum err err = db_audit_last(&city->db, written_event, subject, why);
    if (err == ERR_NOT_FOUND) {
        return OK;
    }
    const char *digits = subject + strlen(written_word);
    if (!err
        && (strncmp(subject, written_word, strlen(written_word)) != 0
            || !digits_read(bytes_text(digits), generation))) {
        err = why_say(why, ERR_CONFLICT,
            "the audit chain says \"%s\" where it should say which vault file was written; call "
            "the "
            "auditor",
            subject);
    }
    return err;
}

/* The file is written before its row: cut between the two, the file is the newer, and is accepted and
 * told of when it is next opened. */
static enum err generation_keep(struct city *city, uint64_t generation, struct why *why) {
    char subject[AUDIT_SUBJECT_MAX + 1];
    uint64_t seen = 0;
    enum err err = generation_seen(city, &seen, why);
    if (err || generation <= seen) {
        return err;
    }
    (void)snprintf(subject, sizeof subject, "%s%" PRIu64, written_word, generation);
    return db_audit(&city->db, "vault", written_event, subject, why);
}

static enum err check_file_keys(const struct city *city, struct why *why) {
    if (city->centre.file.keys == KEYS_IN_SEED) {
        return why_say(why, ERR_CONFLICT,
            "%s is a rehearsal, whose keys come from its seed; only a centre made with "
            "--keys file keeps a vault",
            city->centre.dir);
    }
    if (city->centre.file.keys == KEYS_IN_MODULE) {
        return why_say(why, ERR_CONFLICT,
            "the keys of %s are in a security module; make, split and close them with its maker's "
            "tools, and look at them with shebao key module",
            city->centre.dir);
    }
    return OK;
}

/* --- making and completing ---------------------------------------------------------------------- */

static enum err write_ring(
    struct city *city, struct key_ring *ring, const struct passphrases *said, struct why *why) {
    char path[PATH_ROOM];
    struct custodians who = passphrases_said(said);
    vault_path(path, city->centre.dir);
    enum err err = vault_file_write(path, &who, &vault_cost_usual, ring, why);
    return err ? err : generation_keep(city, ring->generation, why);
}

enum err key_vault_write(
    struct city *city, const struct passphrases *said, struct key_ring *ring, struct why *why) {
    return write_ring(city, ring, said, why);
}

enum err key_vault_read(
    struct city *city, const struct passphrases *said, struct key_ring *ring, struct why *why) {
    char path[PATH_ROOM];
    uint64_t seen = 0;
    struct custodians who = passphrases_said(said);
    vault_path(path, city->centre.dir);
    enum err err = check_file_keys(city, why);
    err = err ? err : generation_seen(city, &seen, why);
    return err ? err : vault_file_read(path, &who, seen, ring, why);
}

enum err key_vault_make(struct city *city, const struct passphrases *said, struct why *why) {
    WORK_SCOPE(work);
    char path[PATH_ROOM];
    uint64_t seen = 0;
    vault_path(path, city->centre.dir);
    enum err err = work ? check_file_keys(city, why) : no_memory(why);
    err = err ? err : generation_seen(city, &seen, why);
    if (!err && (files_exist(path) || seen > 0)) {
        err = why_say(why, ERR_CONFLICT,
            "this centre has a vault already (%s, generation %" PRIu64
            "); its keys are in cards, and "
            "are never replaced by others: open it, or put it back from a copy",
            path, seen);
    }
    uint32_t region = (uint32_t)strtoul(city->centre.file.region, NULL, 10);
    err = err ? err : ring_begin(&work->ring, region, why);
    err = err ? err : ring_complete(&work->ring, why);
    return err ? err : write_ring(city, &work->ring, said, why);
}

enum err key_vault_complete(struct city *city, const struct passphrases *said, struct why *why) {
    WORK_SCOPE(work);
    char path[PATH_ROOM];
    uint64_t seen = 0;
    vault_path(path, city->centre.dir);
    enum err err = work ? check_file_keys(city, why) : no_memory(why);
    err = err ? err : generation_seen(city, &seen, why);
    struct custodians who = passphrases_said(said);
    err = err ? err : vault_file_read(path, &who, seen, &work->ring, why);
    err = err ? err : ring_complete(&work->ring, why);
    return err ? err : write_ring(city, &work->ring, said, why);
}

/* --- opening ------------------------------------------------------------------------------------ */

struct open_order {
    char path[PATH_ROOM];
    const struct custodian_files *files;
    uint64_t least;
};

/* In the child: passphrases and ring live in a room there, which is wiped when the lines are open. */
static enum err open_file(void *self, struct vault *vaults, size_t count, struct why *why) {
    const struct open_order *order = self;
    WORK_SCOPE(work);
    size_t opened = 0;
    enum err err = work ? passphrases_read(&work->said, order->files, false, why) : no_memory(why);
    if (!err) {
        struct custodians who = passphrases_said(&work->said);
        err = vault_file_read(order->path, &who, order->least, &work->ring, why);
    }
    while (!err && opened < count) {
        err = soft_vault_open_ring(&work->ring, &vaults[opened], why);
        opened += err == OK;
    }
    while (err && opened > 0) {
        opened--;
        vaults[opened].close(vaults[opened].self);
    }
    return err;
}

enum err key_vault_open(struct city *city, const struct vault_file_order *asked,
    struct vault *lines, uint64_t *generation, struct why *why) {
    struct open_order order = {.files = asked->files};
    struct vault_file_facts facts = {0};
    const struct vault_keeper keeper = {&order, open_file, CAGE_SOFT};
    vault_path(order.path, city->centre.dir);
    enum err err = check_file_keys(city, why);
    err = err ? err : generation_seen(city, &order.least, why);
    err = err ? err : vault_file_look(order.path, &facts, why);
    err = err ? err : vault_process_open(&keeper, asked->watch, lines, asked->count, why);
    *generation = facts.generation;
    return err ? err : generation_keep(city, facts.generation, why);
}

/* --- shebao key vault --------------------------------------------------------------------------- */

struct vault_options {
    const char *what, *data;
    struct custodian_files custodians;
    bool json;
};

/* clang-format off */
static const struct option options[] = {
    {"WHAT", OPTION_TEXT, offsetof(struct vault_options, what), NULL, NULL,
        "new, check or complete", false},
    OPTIONS_CUSTODIANS(struct vault_options, custodians),
    OPTION_DATA(struct vault_options, data),
    OPTION_JSON(struct vault_options, json),
};
/* clang-format on */

static const struct usage usage = {
    .command = "key vault",
    .help =
        "The vault file of a centre with keys of its own, opened by two custodians together.\n"
        "new makes it with a first version of every key; check opens it and shows what it holds,\n"
        "by check values; complete adds the keys that the catalogue has got since.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

static enum err show_vault(struct city *city, const struct vault_options *given, struct why *why) {
    struct vault line = {0};
    uint64_t generation = 0;
    const struct vault_file_order order = {&given->custodians, NULL, 1};
    enum err err = key_vault_open(city, &order, &line, &generation, why);
    if (err) {
        return err;
    }
    json_t *list = given->json ? json_array() : NULL;
    size_t count = key_show_all(&line, list);
    line.close(line.self);
    if (given->json) {
        json_t *all = json_pack("{s:I, s:I, s:o}", "generation", (json_int_t)generation, "count",
            (json_int_t)count, "keys", list);
        (void)json_dumpf(all, stdout, 0);
        (void)printf("\n");
        json_decref(all);
    } else {
        (void)printf("%zu keys, generation %" PRIu64 "\n", count, generation);
    }
    return OK;
}

/* What writes the file reads the passphrases here, before anything is touched. */
static enum err write_vault(
    struct city *city, const struct vault_options *given, bool new, struct why *why) {
    WORK_SCOPE(work);
    enum err err = work ? check_file_keys(city, why) : no_memory(why);
    err = err ? err : passphrases_read(&work->said, &given->custodians, new, why);
    if (err) {
        return err;
    }
    return new ? key_vault_make(city, &work->said, why)
               : key_vault_complete(city, &work->said, why);
}

static enum err do_what(struct city *city, const struct vault_options *given, struct why *why) {
    if (strcmp(given->what, "check") == 0) {
        return show_vault(city, given, why);
    }
    bool new = strcmp(given->what, "new") == 0;
    enum err err = write_vault(city, given, new, why);
    if (!err) {
        (void)printf("the vault of %s is %s\nNext: shebao key vault check --data %s\n", given->data,
            new ? "made" : "complete", given->data);
    }
    return err;
}

static bool is_what(const char *what) {
    return strcmp(what, "new") == 0 || strcmp(what, "check") == 0 || strcmp(what, "complete") == 0;
}

int key_vault_command(int argc, char **argv) {
    struct vault_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    if (!is_what(given.what)) {
        (void)why_say(&why, ERR_CONFLICT,
            "\"%s\" is nothing that a vault does; say new, check or complete", given.what);
        return (int)ending_tell(ERR_CONFLICT, &why);
    }
    CITY_SCOPE(city);
    city.use = strcmp(given.what, "check") == 0 ? USE_DESK : USE_ALONE;
    enum err err = city_open(&city, given.data, &why);
    err = err ? err : do_what(&city, &given, &why);
    return (int)ending_tell(err, &why);
}
