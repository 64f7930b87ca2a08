/* The bank's file on the line to the bank: sealed by the centre, opened by the bank; and what the bank sends
 * back the same way. [system.md 5.2.3; decisions 0032, 0059] */
#include <inttypes.h>
#include <stdlib.h>

#include <jansson.h>
#include <openssl/crypto.h>

#include "apps/batch_seal.h"
#include "apps/command.h"
#include "apps/day_desk.h"
#include "apps/result_tell.h"
#include "clearing/pay_file.h"
#include "host/ending.h"
#include "host/options.h"

enum { SEALED_FILE_MAX = 64 * 1024 * 1024 };

struct seal_options {
    const char *file, *out, *key, *officer, *data;
    uint32_t day;
    bool json;
};

/* A file key lives in one scope. */
static void key_wipe(uint8_t (*key)[FILE_KEY_LEN]) {
    OPENSSL_cleanse(*key, FILE_KEY_LEN);
}
#define KEY_SCOPE(name) __attribute__((cleanup(key_wipe))) uint8_t name[FILE_KEY_LEN] = {0}

static void room_free(uint8_t **room) {
    free(*room);
}
#define ROOM_SCOPE(name) __attribute__((cleanup(room_free))) uint8_t *name = NULL

/* Room for a file of that length and what sealing adds. */
static enum err room_new(uint8_t **room, size_t len, struct why *why) {
    *room = malloc(len + BATCH_SEAL_EXTRA);
    return *room ? OK : why_say(why, ERR_OUTSIDE, "no memory is left; end other programs");
}

/* --- day seal -------------------------------------------------------------------------------------- */

static const struct option seal_options[] = {
    {"DAY",       OPTION_DAY,  offsetof(struct seal_options, day),     NULL,   NULL,
     "the business day whose bank file it is; the last one that has ended when it is not named", true },
    {"--key",     OPTION_PATH, offsetof(struct seal_options, key),     "FILE", NULL,
     "the file key that was handed to the bank, 64 hexadecimal characters",                      false},
    {"--officer", OPTION_TEXT, offsetof(struct seal_options, officer), "CODE", NULL,
     "a clearing officer",                                                                       false},
    OPTION_DATA(struct seal_options, data),
    OPTION_JSON(struct seal_options, json),
};

/* From a file to a sealed one beside it, whole or not at all. */
static enum err seal_file(
    const char *path, const uint8_t key[FILE_KEY_LEN], char sealed[PATH_ROOM], struct why *why) {
    FILE_CONTENT_SCOPE(plain);
    ROOM_SCOPE(room);
    int len = snprintf(sealed, PATH_ROOM, "%s.sealed", path);
    if (len < 0 || len >= PATH_ROOM) {
        return why_say(why, ERR_CONFLICT, "the directory's name is too long; choose another");
    }
    enum err err = files_read(path, SEALED_FILE_MAX, &plain, why);
    err = err ? err : room_new(&room, plain.len, why);
    err = err ? err : batch_seal(key, bytes_of(plain.at, plain.len), room, why);
    return err ? err : files_write(sealed, bytes_of(room, plain.len + BATCH_SEAL_EXTRA), why);
}

/* Only the file that was paid leaves the house, and the audit chain says who sealed it. */
static enum err seal_day(struct day_desk *desk, const struct seal_options *given, uint32_t *day,
    char sealed[PATH_ROOM], struct why *why) {
    CLEARING_SCOPE(scope);
    KEY_SCOPE(key);
    const struct clearing_store *store = &desk->store;
    struct day_row row = {0};
    char path[PATH_ROOM], text[16];
    enum err err = file_key_read(given->key, key, why);
    err = err ? err : store->officer_check(store->self, given->officer, DUTY_CLEAR, why);
    err = err ? err : day_desk_ended(desk, given->day, day, why);
    err = err ? err : store->day_find(store->self, *day, &row, why);
    err = err ? err : pay_file_check(&row, desk->bank_dir, why);
    err = err ? err : pay_file_path(&row, desk->bank_dir, path, why);
    err = err ? err : clearing_begin(&scope, store, why);
    (void)snprintf(text, sizeof text, "%08" PRIu32, *day);
    err = err ? err : store->audit(store->self, given->officer, "day-seal", text, why);
    err = err ? err : seal_file(path, key, sealed, why);
    return err ? err : clearing_commit(&scope, why);
}

int day_seal_command(int argc, char **argv) {
    static const struct usage usage = {.command = "day seal",
        .help = "Seals a day's bank file for the line to the bank (付款文件加密), with AES-256-GCM "
                "under a file key\nthat was handed over by itself: bank/YYYYMMDD.pay.sealed. The "
                "bank opens it with \"day unseal\".",
        .options = seal_options,
        .count = sizeof seal_options / sizeof seal_options[0]};
    struct seal_options given = {.json = false};
    struct why why = {0};
    char sealed[PATH_ROOM];
    uint32_t day = 0;
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    DAY_DESK_SCOPE(desk);
    enum err err = day_desk_open(&desk, given.data, false, &why);
    err = err ? err : seal_day(&desk, &given, &day, sealed, &why);
    if (!err) {
        result_tell(given.json, json_pack("{s:I, s:s}", "day", (json_int_t)day, "file", sealed),
            "%s: sealed for the bank", sealed);
    }
    return (int)ending_tell(err, &why);
}

/* --- day unseal ------------------------------------------------------------------------------------ */

static const struct option unseal_options[] = {
    {"FILE",  OPTION_PATH, offsetof(struct seal_options, file), NULL,   NULL, "the sealed file",
     false                                                                                            },
    {"--key", OPTION_PATH, offsetof(struct seal_options, key),  "FILE", NULL,
     "the file key of the line, 64 hexadecimal characters",                                      false},
    {"--out", OPTION_PATH, offsetof(struct seal_options, out),  "FILE", NULL,
     "where the opened file goes",                                                               false},
    OPTION_JSON(struct seal_options, json),
};

static enum err unseal(const struct seal_options *given, struct why *why) {
    FILE_CONTENT_SCOPE(sealed);
    KEY_SCOPE(key);
    ROOM_SCOPE(room);
    size_t len = 0;
    enum err err = file_key_read(given->key, key, why);
    err = err ? err : files_read(given->file, SEALED_FILE_MAX, &sealed, why);
    err = err ? err : room_new(&room, sealed.len, why);
    err = err ? err : batch_unseal(key, bytes_of(sealed.at, sealed.len), room, &len, why);
    return err ? err : files_write(given->out, bytes_of(room, len), why);
}

int day_unseal_command(int argc, char **argv) {
    static const struct usage usage = {.command = "day unseal",
        .help =
            "Opens a file that was sealed for the line between centre and bank (解密). Needs no "
            "centre:\na bank runs it on the payment file, the centre on a sealed answer.",
        .options = unseal_options,
        .count = sizeof unseal_options / sizeof unseal_options[0]};
    struct seal_options given = {.data = NULL};
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    enum err err = unseal(&given, &why);
    if (!err) {
        result_tell(given.json, json_pack("{s:s}", "file", given.out), "%s: opened", given.out);
    }
    return (int)ending_tell(err, &why);
}
