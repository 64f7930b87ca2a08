#include "clearing/pay_sign.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "clearing/day_cycle.h"
#include "clearing/text_line.h"
#include "host/files.h"

enum { SIGNED_MAX = 64 * 1024 * 1024, SIG_MAX = 16 * 1024, SIG_FIELDS = 5, LINE_ROOM = 320 };

/* What is signed: the officer's code, a line feed, the file. The room is the caller's to free. */
static enum err said_of(
    const char *path, const char *officer, struct builder *said, struct why *why) {
    FILE_CONTENT_SCOPE(file);
    enum err err = files_read(path, SIGNED_MAX, &file, why);
    if (err) {
        return err;
    }
    size_t room = strlen(officer) + 1 + file.len;
    *said = builder_in(malloc(room), room);
    if (!said->at) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    put_bytes(said, bytes_text(officer));
    put_u8(said, '\n');
    put_bytes(said, bytes_of(file.at, file.len));
    assert(said->len == room);
    return OK;
}

static void said_free(struct builder *said) {
    free(said->at);
}
#define SAID_SCOPE(name) __attribute__((cleanup(said_free))) struct builder name = {0}

static enum err sig_path(const char *path, char sig[PATH_ROOM], struct why *why) {
    int len = snprintf(sig, PATH_ROOM, "%s.sig", path);
    return len > 0 && len < PATH_ROOM
               ? OK
               : why_say(why, ERR_INVALID, "the name %.40s... is too long", path);
}

/* One line of the file of signatures. */
struct signature {
    struct bytes officer;
    uint8_t key_id[SIGNER_ID_LEN];
    uint8_t bytes[SIGNER_SIGNATURE_LEN];
};

/* The next line; false when it is none. */
static bool read_signature(struct text_lines *lines, struct signature *out) {
    struct bytes field[SIG_FIELDS];
    bool good = text_line(lines, field, SIG_FIELDS) && bytes_equal(field[0], bytes_text("SIG"))
                && bytes_equal(field[1], bytes_text("1")) && field[2].len > 0
                && field[2].len <= OFFICER_NAME_MAX
                && hex_read(field[3], out->key_id, sizeof out->key_id)
                && hex_read(field[4], out->bytes, sizeof out->bytes);
    out->officer = good ? field[2] : out->officer;
    return good;
}

/* All lines but the officer's own, as they stand. */
static enum err keep_others(
    struct bytes file, const char *officer, struct builder *out, struct why *why) {
    struct text_lines lines = text_lines_of(file);
    while (lines.rest.len > 0) {
        struct bytes before = lines.rest;
        struct signature signature;
        if (!read_signature(&lines, &signature)) {
            return why_say(why, ERR_CONFLICT,
                "line %" PRIu32 " of the file of signatures is none; remove the file and have all "
                "officers sign again",
                lines.number);
        }
        bool own = bytes_equal(signature.officer, bytes_text(officer));
        put_bytes(out, bytes_of(before.at, own ? 0 : before.len - lines.rest.len));
    }
    return OK;
}

enum err pay_sign(const char *path, const char *officer, struct signer *signer, struct why *why) {
    SAID_SCOPE(said);
    FILE_CONTENT_SCOPE(before);
    char sig[PATH_ROOM], line[LINE_ROOM], id[2 * SIGNER_ID_LEN + 1];
    char hex[2 * SIGNER_SIGNATURE_LEN + 1];
    uint8_t signature[SIGNER_SIGNATURE_LEN], room[SIG_MAX + LINE_ROOM];
    struct builder out = builder_in(room, sizeof room);
    assert(strlen(officer) <= OFFICER_NAME_MAX);
    enum err err = said_of(path, officer, &said, why);
    err = err ? err : sig_path(path, sig, why);
    err = err ? err : signer_sign(signer, builder_bytes(&said), signature, why);
    if (err) {
        return why_add(why, err, "signing %s", path);
    }
    err = files_read(sig, SIG_MAX, &before, why);
    err = err == ERR_NOT_FOUND ? OK : err;
    err = err ? err : keep_others(bytes_of(before.at, before.len), officer, &out, why);
    hex_write(bytes_of(signer->id, SIGNER_ID_LEN), id);
    hex_write(bytes_of(signature, err ? 0 : sizeof signature), hex);
    (void)snprintf(line, sizeof line, "SIG|1|%s|%s|%s\r\n", officer, id, hex);
    put_bytes(&out, bytes_text(line));
    return err ? err : files_write(sig, builder_bytes(&out), why);
}

enum err pay_sign_by(const char *path, const char *officer, struct why *why) {
    FILE_CONTENT_SCOPE(file);
    char sig[PATH_ROOM];
    struct signature signature;
    bool found = false;
    enum err err = sig_path(path, sig, why);
    err = err ? err : files_read(sig, SIG_MAX, &file, why);
    struct text_lines lines = text_lines_of(bytes_of(file.at, err ? 0 : file.len));
    while (!err && !found && lines.rest.len > 0) {
        if (!read_signature(&lines, &signature)) {
            return why_say(
                why, ERR_CONFLICT, "line %" PRIu32 " of %s is no signature", lines.number, sig);
        }
        found = bytes_equal(signature.officer, bytes_text(officer));
    }
    return err || found ? err : why_say(why, ERR_NOT_FOUND, "%s has not signed %s", officer, path);
}

enum err pay_sign_complete(
    const struct clearing *c, const struct day_row *row, const char *path, struct why *why) {
    const struct clearing_store *store = c->store;
    char head[OFFICER_NAME_MAX + 1] = "";
    enum err err = store->head_find(store->self, row->day, head, why);
    const char *const who[] = {row->maker, row->approver, head};
    size_t count = err == OK ? 3 : 2;
    err = err == ERR_NOT_FOUND ? OK : err;
    for (size_t i = 0; !err && i < count; i++) {
        err = pay_sign_by(path, who[i], why);
        if (err == ERR_NOT_FOUND) {
            return why_say(why, ERR_CONFLICT,
                "%s has not signed the bank file; \"shebao day sign --officer %s\" first", who[i],
                who[i]);
        }
    }
    return err;
}

/* The line that this key made, whoever's it says it is. */
static enum err find_signature(
    struct bytes file, const struct signer *key, struct signature *out, struct why *why) {
    struct text_lines lines = text_lines_of(file);
    while (lines.rest.len > 0) {
        if (!read_signature(&lines, out)) {
            return why_say(why, ERR_DENIED, "line %" PRIu32 " of the file of signatures is none",
                lines.number);
        }
        if (memcmp(out->key_id, key->id, SIGNER_ID_LEN) == 0) {
            return OK;
        }
    }
    return why_say(why, ERR_NOT_FOUND, "no signature by this key is under the file");
}

enum err pay_sign_check(
    const char *path, struct signer *key, char officer[OFFICER_NAME_MAX + 1], struct why *why) {
    SAID_SCOPE(said);
    FILE_CONTENT_SCOPE(file);
    char sig[PATH_ROOM];
    struct signature found = {.officer = {0}};
    enum err err = sig_path(path, sig, why);
    err = err ? err : files_read(sig, SIG_MAX, &file, why);
    err = err ? err : find_signature(bytes_of(file.at, file.len), key, &found, why);
    if (err) {
        return why_add(why, err, "%s", path);
    }
    (void)snprintf(officer, OFFICER_NAME_MAX + 1, "%.*s", (int)found.officer.len,
        (const char *)found.officer.at);
    err = said_of(path, officer, &said, why);
    err = err ? err
              : signer_check(
                  key, builder_bytes(&said), bytes_of(found.bytes, sizeof found.bytes), why);
    return err ? why_add(why, err, "%s, signature of %s", path, officer) : OK;
}

enum err pay_sign_allowed(
    const struct clearing *c, uint32_t day, const char *officer, struct why *why) {
    const struct clearing_store *store = c->store;
    struct day_row row;
    char head[OFFICER_NAME_MAX + 1] = "";
    enum err err = store->day_find(store->self, day, &row, why);
    if (err) {
        return why_add(why, err, "day %" PRIu32, day);
    }
    if (row.state < DAY_PAID) {
        return why_say(why, ERR_CONFLICT, "day %" PRIu32 " is %s; its file is not written yet", day,
            day_state_word((enum day_state)row.state));
    }
    err = store->head_find(store->self, day, head, why);
    if (err && err != ERR_NOT_FOUND) {
        return why_add(why, err, "day %" PRIu32, day);
    }
    bool theirs = strcmp(officer, row.maker) == 0 || strcmp(officer, row.approver) == 0
                  || (head[0] && strcmp(officer, head) == 0);
    return theirs ? OK
                  : why_say(why, ERR_DENIED,
                      "%s neither made nor approved the list of %" PRIu32 "; %s and %s sign it",
                      officer, day, row.maker, row.approver);
}
