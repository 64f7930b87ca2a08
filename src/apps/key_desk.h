/* Where key officers work: a centre, its registers of keys, and the two officers who must be present.
 * What the commands `shebao key ceremony`, `carriers`, `psam` and `version` have in common. */
#pragma once

#include "apps/city.h"
#include "apps/passphrase.h"
#include "apps/vault_desk.h"
#include "stores/sql/keeping_keys.h"

/* A centre with its registers. */
struct key_desk {
    struct city city;
    struct keeping_rows *keeping;
    struct keeping_keys *keys; /* versions in the field */
    const char *passphrases; /* a folder with a file for each person, or NULL: the terminal asks */
};

/* Opens both; a rehearsal gets its test officers (key-a, key-b on duty, key-c off duty). Close it
 * whatever it said. */
enum err key_desk_open(struct key_desk *desk, const char *dir, struct why *why);
void key_desk_close(struct key_desk *desk);

/* Opens the centre's vault, one line to its process. */
enum err key_desk_vault(
    struct key_desk *desk, const struct vault_words *words, struct vault *line, struct why *why);
#define KEY_DESK_SCOPE(name)                                                                       \
    __attribute__((cleanup(key_desk_close))) struct key_desk name = {.passphrases = NULL}

/* What only this person knows: the first line of FOLDER/CODE, or what they type; in a rehearsal, words
 * that are made from the code. text has PASSPHRASE_MAX + 1 bytes; the caller wipes it. */
enum err key_desk_said(
    struct key_desk *desk, const char *code, uint8_t *text, size_t *len, struct why *why);

/* OK when the person is a key officer, on duty, and says the right words; ERR_DENIED otherwise, and
 * the sentence does not say which of the words was wrong. */
enum err key_desk_sign_in(struct key_desk *desk, const char *code, struct why *why);

/* Both of them, who must be two. */
enum err key_desk_both(struct key_desk *desk, struct two_officers who, struct why *why);

/* Adds an officer with the words that they say now. */
enum err key_desk_add(struct key_desk *desk, const char *code, const char *who, struct why *why);

/* A version of a line of the catalogue, as the register asks for it. */
struct key_version key_version_of(const struct key_kind *kind, uint8_t version);

/* Under which name the register knows a key: its own, or that of the purchase key that it goes with. */
const char *key_desk_name(enum key_name name);

/* The key of that name in the catalogue; ERR_CONFLICT for a word that is none, or for one that no chip
 * holds. */
enum err key_desk_key(const char *word, enum key_name *name, struct why *why);

/* The versions that a card has of every key, and those that new cards and modules get. */
enum err key_desk_of_card(
    struct key_desk *desk, const char *number, uint8_t versions[KEY_COUNT], struct why *why);
enum err key_desk_of_batch(
    struct keeping_keys *keys, int64_t batch, uint8_t versions[KEY_COUNT], struct why *why);

/* The options of every command that two officers sign in to. */
#define OPTIONS_OFFICERS(type, first, second, folder)                                              \
    {"--officer", OPTION_TEXT, offsetof(type, first), "CODE", "key-a", "the officer who does it",  \
        false},                                                                                    \
        {"--second", OPTION_TEXT, offsetof(type, second), "CODE", "key-b",                         \
            "the officer who checks it", false},                                                   \
    {                                                                                              \
        "--passphrases", OPTION_PATH, offsetof(type, folder), "DIR", NULL,                         \
            "folder with a file for each person, named by code; without, the terminal asks", true  \
    }
