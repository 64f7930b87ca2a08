#include "apps/key_desk.h"

#include <argon2.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "ceremony/key_change.h"
#include "crypto/secret.h"
#include "host/files.h"

/* Argon2id of an officer's words: as dear as the vault's own, and cheap in a rehearsal. */
enum { MEMORY_KIB = 65536, PASSES = 3, REHEARSAL_KIB = 8, REHEARSAL_PASSES = 1 };

static enum err proof_of(const struct key_desk *desk, struct bytes said,
    const uint8_t salt[OFFICER_SALT_LEN], uint8_t proof[OFFICER_PROOF_LEN], struct why *why) {
    bool rehearsal = desk->city.centre.file.rehearsal;
    int done = argon2id_hash_raw(rehearsal ? REHEARSAL_PASSES : PASSES,
        rehearsal ? REHEARSAL_KIB : MEMORY_KIB, 1, said.at, said.len, salt, OFFICER_SALT_LEN, proof,
        OFFICER_PROOF_LEN);
    return done == ARGON2_OK
               ? OK
               : why_say(why, ERR_OUTSIDE, "no memory to check a passphrase; end other programs");
}

/* In a rehearsal nobody keeps a secret. */
static enum err rehearsal_words(const char *code, uint8_t *text, size_t *len) {
    int n = snprintf((char *)text, PASSPHRASE_MAX, "rehearsal words of %s", code);
    *len = (size_t)n;
    return OK;
}

enum err key_desk_said(
    struct key_desk *desk, const char *code, uint8_t *text, size_t *len, struct why *why) {
    struct secret_line line = {.len = 0};
    char path[PATH_ROOM];
    char prompt[80];
    if (desk->city.centre.file.rehearsal && !desk->passphrases) {
        return rehearsal_words(code, text, len);
    }
    if (desk->passphrases && !files_join(path, desk->passphrases, code)) {
        return why_say(why, ERR_INVALID, "the path of the passphrase of %s is too long", code);
    }
    (void)snprintf(prompt, sizeof prompt, "passphrase of %.40s: ", code);
    enum err err = secret_line_read(&line, prompt, desk->passphrases ? path : NULL, why);
    if (!err) {
        (void)memcpy(text, line.text, line.len);
        *len = line.len;
    }
    crypto_wipe(&line, sizeof line);
    return err;
}

enum err key_desk_sign_in(struct key_desk *desk, const char *code, struct why *why) {
    uint8_t salt[OFFICER_SALT_LEN];
    uint8_t kept[OFFICER_PROOF_LEN];
    uint8_t proof[OFFICER_PROOF_LEN];
    uint8_t said[PASSPHRASE_MAX + 1];
    size_t len = 0;
    bool on_duty = false;
    enum err err = keeping_officer_get(desk->keeping, code, &on_duty, salt, kept, why);
    if (err == ERR_NOT_FOUND) {
        return why_say(why, ERR_DENIED,
            "%s is no key officer of this centre; add them with shebao key officer add", code);
    }
    if (!err && !on_duty) {
        return why_say(why, ERR_DENIED, "%s is off duty; name an officer who is on duty", code);
    }
    err = err ? err : key_desk_said(desk, code, said, &len, why);
    err = err ? err : proof_of(desk, bytes_of(said, len), salt, proof, why);
    crypto_wipe(said, sizeof said);
    if (!err && !crypto_equal(proof, kept, sizeof proof)) {
        err = why_say(why, ERR_DENIED, "%s did not say the right words; try again", code);
    }
    crypto_wipe(proof, sizeof proof);
    return err;
}

enum err key_desk_both(struct key_desk *desk, struct two_officers who, struct why *why) {
    if (strcmp(who.a, who.b) == 0) {
        return why_say(
            why, ERR_DENIED, "%s cannot be both officers; name two different persons", who.a);
    }
    enum err err = key_desk_sign_in(desk, who.a, why);
    return err ? err : key_desk_sign_in(desk, who.b, why);
}

enum err key_desk_add(struct key_desk *desk, const char *code, const char *who, struct why *why) {
    uint8_t salt[OFFICER_SALT_LEN];
    uint8_t proof[OFFICER_PROOF_LEN];
    uint8_t said[PASSPHRASE_MAX + 1];
    size_t len = 0;
    bool on_duty = false;
    enum err err = keeping_officer_get(desk->keeping, code, &on_duty, salt, proof, why);
    if (err != ERR_NOT_FOUND) {
        return err ? err
                   : why_say(why, ERR_CONFLICT, "%s is an officer already; on and off say the duty",
                       code);
    }
    if (getrandom(salt, sizeof salt, 0) != (ssize_t)sizeof salt) {
        return why_say(why, ERR_OUTSIDE, "the system gives no random numbers; try again");
    }
    err = key_desk_said(desk, code, said, &len, why);
    if (!err && len < PASSPHRASE_LEAST) {
        err = why_say(why, ERR_CONFLICT,
            "the passphrase of %s has %zu bytes; it takes %d to %d, best some words", code, len,
            (int)PASSPHRASE_LEAST, (int)PASSPHRASE_MAX);
    }
    err = err ? err : proof_of(desk, bytes_of(said, len), salt, proof, why);
    crypto_wipe(said, sizeof said);
    err = err ? err
              : keeping_officer_add(desk->keeping, code, bytes_of(salt, sizeof salt),
                  bytes_of(proof, sizeof proof), who, why);
    crypto_wipe(proof, sizeof proof);
    return err;
}

/* Those that a rehearsal has, once. */
static enum err test_officers(struct key_desk *desk, struct why *why) {
    static const char *const codes[] = {"key-a", "key-b", "key-c"};
    const char *folder = desk->passphrases;
    enum err err = OK;
    desk->passphrases = NULL;
    for (size_t i = 0; !err && i < sizeof codes / sizeof codes[0]; i++) {
        uint8_t salt[OFFICER_SALT_LEN];
        uint8_t proof[OFFICER_PROOF_LEN];
        bool on_duty = false;
        err = keeping_officer_get(desk->keeping, codes[i], &on_duty, salt, proof, why);
        if (err == ERR_NOT_FOUND) {
            err = key_desk_add(desk, codes[i], "system", why);
            bool last = i + 1 == sizeof codes / sizeof codes[0];
            err = err || !last
                      ? err
                      : keeping_officer_duty(desk->keeping, codes[i], false, "system", why);
        }
    }
    desk->passphrases = folder;
    return err;
}

/* --- versions ------------------------------------------------------------------------------------ */

const char *key_desk_name(enum key_name name) {
    return key_kind(key_change_leader(name))->name;
}

struct key_version key_version_of(const struct key_kind *kind, uint8_t version) {
    enum key_name name = KEY_DPK;
    for (enum key_name n = 0; n < KEY_COUNT; n++) {
        name = key_kind(n) == kind ? n : name;
    }
    return (struct key_version){.name = key_desk_name(name),
        .version = version,
        .side_by_side = kind->versions,
        .in_cards = (kind->cards & CARDS_ALL) != 0,
        .in_modules = (kind->cards & CARDS_MODULE) != 0};
}

enum err key_desk_key(const char *word, enum key_name *name, struct why *why) {
    for (enum key_name n = 0; n < KEY_COUNT; n++) {
        const struct key_kind *kind = key_kind(n);
        if (strcmp(kind->name, word) == 0 && n != KEY_TRANSPORT && kind->cards != CARDS_NONE) {
            *name = n;
            return OK;
        }
    }
    return why_say(why, ERR_CONFLICT,
        "no chip holds a key called \"%.20s\"; docs/sheets/keys.md has their names, for example "
        "DPK",
        word);
}

enum err key_desk_of_card(
    struct key_desk *desk, const char *number, uint8_t versions[KEY_COUNT], struct why *why) {
    enum err err = OK;
    for (enum key_name n = 0; !err && n < KEY_COUNT; n++) {
        err = keeping_key_of_card(desk->keys, number, key_desk_name(n), &versions[n], why);
    }
    return err;
}

enum err key_desk_of_batch(
    struct keeping_keys *keys, int64_t batch, uint8_t versions[KEY_COUNT], struct why *why) {
    enum err err = OK;
    for (enum key_name n = 0; !err && n < KEY_COUNT; n++) {
        err = keeping_key_of_batch(keys, batch, key_desk_name(n), &versions[n], why);
    }
    return err;
}

/* --- opening ------------------------------------------------------------------------------------- */

enum err key_desk_open(struct key_desk *desk, const char *dir, struct why *why) {
    enum err err = city_open(&desk->city, dir, why);
    err = err ? err : keeping_rows_open(&desk->keeping, &desk->city.db, why);
    err = err ? err : keeping_keys_open(&desk->keys, &desk->city.db, why);
    return !err && desk->city.centre.file.rehearsal ? test_officers(desk, why) : err;
}

enum err key_desk_vault(
    struct key_desk *desk, const struct vault_words *words, struct vault *line, struct why *why) {
    return vault_desk_open_city(&desk->city, words, line, 1, why);
}

void key_desk_close(struct key_desk *desk) {
    keeping_keys_close(desk->keys);
    keeping_rows_close(desk->keeping);
    city_close(&desk->city);
}
