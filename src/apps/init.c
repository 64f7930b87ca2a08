#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "apps/city.h"
#include "apps/command.h"
#include "apps/key_vault.h"
#include "host/centre.h"
#include "host/ending.h"
#include "host/options.h"
#include "stores/sql/audit.h"
#include "vaults/soft/secret_room.h"

struct init_options {
    const char *data, *name, *region, *keys, *database, *wallets;
    struct custodian_files custodians;
    int64_t seed;
    uint32_t date;
    bool rehearsal, json;
};

/* clang-format off */
static const struct option options[] = {
    {"--rehearsal", OPTION_FLAG, offsetof(struct init_options, rehearsal), NULL, NULL,
        "its people are invented: say so on every page; test keys, if --keys is not named", false},
    {"--keys", OPTION_TEXT, offsetof(struct init_options, keys), "PLACE", NULL,
        "seed, file (of two custodians) or module; without: file, or seed for a rehearsal", true},
    {"--wallets", OPTION_TEXT, offsetof(struct init_options, wallets), "CIPHER", "3DES",
        "of all cards' wallets and of the modules that take their money, for good: 3DES or SM4", false},
    {"--database", OPTION_TEXT, offsetof(struct init_options, database), "ADDRESS", NULL,
        "a server's, postgresql://HOST/NAME or postgresql:///NAME?host=/SOCKET/DIR, instead of a file; "
        "passwords: PGPASSFILE", true},
    OPTIONS_CUSTODIANS(struct init_options, custodians),
    {"--seed", OPTION_NUMBER, offsetof(struct init_options, seed), NULL, "1",
        "what the keys and everything drawn by chance come from", false},
    {"--date", OPTION_DAY, offsetof(struct init_options, date), NULL, "20031008",
        "the business date", false},
    {"--name", OPTION_TEXT, offsetof(struct init_options, name), NULL,
        "广州市社会保障卡管理中心", "the centre's name", false},
    {"--region", OPTION_TEXT, offsetof(struct init_options, region), "CODE", "440100",
        "the city, six digits (GB/T 2260)", false},
    OPTION_DATA(struct init_options, data),
    OPTION_JSON(struct init_options, json),
};
/* clang-format on */

static const struct usage usage = {
    .command = "init",
    .help = "Makes a centre: its directory, its database and its first officers. Without "
            "--rehearsal it\n"
            "gets real keys, which two custodians' passphrases together keep. A rehearsal may have "
            "keys\nof its own, too (--keys file), or any centre a security module (--keys module).",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

/* Takes the database away, with what its engine keeps beside it, and then the card of the centre. */
static void undo(const char *dir) {
    static const char *const beside[] = {"", "-wal", "-shm", "-journal", "-door"};
    char path[PATH_ROOM];
    char part[PATH_ROOM + 16];
    (void)centre_path(path, dir, CENTRE_DATABASE);
    for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
        (void)snprintf(part, sizeof part, "%s%s", path, beside[i]);
        (void)unlink(part);
    }
    (void)unlink(centre_path(path, dir, CENTRE_CARD));
}

/* A server's database may be another centre's. */
static enum err check_unused(const struct centre_file *file, struct why *why) {
    struct db db = {.link = NULL};
    bool begun = false;
    if (file->database[0] == '\0') {
        return OK;
    }
    enum err err = db_open(&db, file->database, why);
    err = err ? err : db_audit_begun(&db, &begun, why);
    db_close(&db);
    return err || !begun ? err
                         : why_say(why, ERR_CONFLICT,
                             "the database at %s is that of a centre already; name another, or a "
                             "schema of its own",
                             file->database);
}

/* The database, with the first officers and parameters. A directory without them is no centre: when
 * they cannot be made, everything goes again, and init can be repeated. */
static enum err lay_foundations(
    const struct init_options *given, const struct passphrases *said, struct why *why) {
    CITY_SCOPE(city);
    enum err err = city_open(&city, given->data, why);
    if (!err && said) {
        err = key_vault_make(&city, said, why);
    }
    if (err && city.centre.lock.held) { /* nobody else uses it yet */
        undo(given->data);
    }
    return err;
}

/* Texts are measured before they are copied; what they say, centre_make() checks. */
static enum err make(const struct init_options *given, const struct passphrases *said,
    struct centre_file *file, struct why *why) {
    file->rehearsal = given->rehearsal;
    file->seed = given->rehearsal ? (uint64_t)given->seed : 0;
    file->date = given->date;
    if (strlen(given->name) >= sizeof file->name || strlen(given->region) >= sizeof file->region) {
        return why_say(why, ERR_CONFLICT,
            "--name takes up to %zu bytes and --region six digits; shorten them",
            sizeof file->name - 1);
    }
    if (given->database && strlen(given->database) >= sizeof file->database) {
        return why_say(why, ERR_CONFLICT, "--database takes up to %d bytes; use a service file",
            CENTRE_ADDRESS_MAX);
    }
    (void)snprintf(
        file->database, sizeof file->database, "%s", given->database ? given->database : "");
    (void)memcpy(file->name, given->name, strlen(given->name));
    (void)memcpy(file->region, given->region, strlen(given->region));
    enum err err = centre_make(given->data, file, why);
    if (!err && (err = check_unused(file, why)) != OK) {
        undo(given->data);
    }
    return err ? err : lay_foundations(given, said, why);
}

/* A vault file: both custodians are asked before anything is made. */
static enum err make_with_file(
    const struct init_options *given, struct centre_file *file, struct why *why) {
    struct passphrases *said = secret_room_new(sizeof *said);
    enum err err = said ? passphrases_read(said, &given->custodians, true, why)
                        : why_say(why, ERR_OUTSIDE, "no memory for passphrases; try again");
    err = err ? err : make(given, said, file, why);
    secret_room_free(said, sizeof *said);
    return err;
}

/* What --keys said, or what is usual. */
static enum err keys_of(const struct init_options *given, enum centre_keys *keys, struct why *why) {
    *keys = given->rehearsal ? KEYS_IN_SEED : KEYS_IN_FILE;
    if (!given->keys) {
        return OK;
    }
    for (int k = KEYS_IN_SEED; k < KEYS_PLACES; k++) {
        if (strcmp(given->keys, centre_keys_word((enum centre_keys)k)) == 0) {
            *keys = (enum centre_keys)k;
            return OK;
        }
    }
    return why_say(why, ERR_CONFLICT,
        "keys are in no place called \"%.20s\"; say seed, file or module", given->keys);
}

static enum err wallets_of(const struct init_options *given, bool *sm4, struct why *why) {
    *sm4 = strcmp(given->wallets, "SM4") == 0;
    return *sm4 || strcmp(given->wallets, "3DES") == 0
               ? OK
               : why_say(why, ERR_CONFLICT, "wallets know no cipher \"%.20s\"; say 3DES or SM4",
                   given->wallets);
}

/* Where the keys are, and how they get there. */
static enum err make_centre(
    const struct init_options *given, struct centre_file *file, struct why *why) {
    *file = (struct centre_file){.keys = KEYS_USUAL};
    enum err err = keys_of(given, &file->keys, why);
    err = err ? err : wallets_of(given, &file->sm4_wallets, why);
    if (err) {
        return err;
    }
    return file->keys == KEYS_IN_FILE ? make_with_file(given, file, why)
                                      : make(given, NULL, file, why);
}

/* The next step is part of the answer. */
static void report(const struct init_options *given, const struct centre_file *file) {
    if (given->json) {
        json_t *made = json_pack("{s:o?, s:s, s:s, s:b, s:s, s:I, s:I}", "centre",
            json_string(given->data) /* null when the path is no UTF-8 */, "name", file->name,
            "region", file->region, "rehearsal", (int)file->rehearsal, "keys",
            centre_keys_word(file->keys), "seed", (json_int_t)file->seed, "date",
            (json_int_t)file->date);
        (void)json_dumpf(made, stdout, 0);
        (void)printf("\n");
        json_decref(made);
        return;
    }
    const char *kind = file->rehearsal ? ", rehearsal" : "";
    if (file->keys == KEYS_IN_SEED) {
        (void)printf("%s is a centre now: %s%s with test keys of seed %llu, business date "
                     "%u.\nNext: shebao person import FILE --data %s\n",
            given->data, file->name, kind, (unsigned long long)file->seed, file->date, given->data);
    } else if (file->keys == KEYS_IN_MODULE) {
        (void)printf("%s is a centre now: %s%s, whose keys lie in a security module, business date "
                     "%u.\nNext: shebao key module --library FILE --token LABEL --use --data %s\n",
            given->data, file->name, kind, file->date, given->data);
    } else {
        (void)printf("%s is a centre now: %s%s, with keys of its own in %s/vault, business date "
                     "%u.\nNext: shebao key vault check --data %s\n",
            given->data, file->name, kind, given->data, file->date, given->data);
    }
}

int init_command(int argc, char **argv) {
    struct init_options given;
    struct centre_file file;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    enum err err = make_centre(&given, &file, &why);
    if (!err) {
        report(&given, &file);
    }
    /* What --name or --region said may be what centre_make() found wrong: wrong use, no bad
     * file. */
    return (int)ending_tell_words(err, &why);
}
