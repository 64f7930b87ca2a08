/* Between personalise.c and those who know one maker's commands: what a chip in the making is, and
 * what each maker's chips have to be told in words of their own. [card.md 2.8; decisions 0003, 0024]
 *
 * Everything else, from SELECT to UPDATE, is the standard's and the same for all. A maker's
 * functions send commands through the station and stop at the first that the chip refuses, with
 * ERR_CONFLICT and its word; ERR_OUTSIDE is the reader's or the vault's. The directory that they
 * work in is selected. */
#pragma once

#include "issuance/personalise.h"
#include "issuance/station.h"

enum {
    MAKING_PIN_TYPE = 0x3A,
    MAKING_MAIN_TYPE = 0x39, /* external authentication; number 00 is the main control key */
    MAKING_TRIES = 0x33,     /* of keys that count tries: maximum and left */
};

/* One chip in the making. */
struct making {
    struct station station;
    const struct issuer *issuer;
    struct personalise_result *result;
    bool hospital;            /* a PSAM of one */
    uint8_t purchase_version; /* of a PSAM's first purchase key */
    const struct maker *maker;
    struct profile_values blank; /* what records hold before the holder's data come */
};

/* A key, or a PIN, on its way in: what the head of WRITE KEY says about it. */
struct new_key {
    enum profile_place place;
    uint8_t type, kid; /* as in the catalogue */
    uint8_t version;
    uint8_t length; /* bytes of the value */
    bool replaces;  /* it takes the place of the one of its type and number */
};

static inline bool new_key_is_main(const struct new_key *key) {
    return key->type == MAKING_MAIN_TYPE && key->kid == 0;
}

/* The commands of one maker's chips, each for one thing that has to be made. */
struct maker {
    const char *name;
    uint8_t plain_cla; /* of WRITE KEY in the clear */
    /* What opens a blank chip, before anything else. */
    enum err (*open)(struct making *m, struct why *why);
    /* The master file, or a directory below the one that is selected. */
    enum err (*create_directory)(struct making *m, enum profile_place place, struct why *why);
    /* What every directory begins with: room for so many bytes of keys, and what it says of itself. */
    enum err (*begin_directory)(
        struct making *m, enum profile_place place, uint16_t key_bytes, struct why *why);
    /* P1 and P2 of WRITE KEY, and the head in front of the value. */
    void (*put_head)(const struct making *m, const struct new_key *key, struct key_wrap *wrap);
    enum err (*create_file)(struct making *m, enum profile_file_name file, struct why *why);
    /* Record `number`, counted from 1: the next one of this file. */
    enum err (*add_record)(struct making *m, enum profile_file_name file, uint8_t number,
        struct bytes record, struct why *why);
    /* The directory is complete: from now on, or from its next selection on, rights count. */
    enum err (*end_directory)(struct making *m, enum profile_place place, struct why *why);
};

extern const struct maker maker_fmcos;  /* purse.md 2 */
extern const struct maker maker_datang; /* card.md 2.8, 5.4 */

/* What of the sheets this profile has: files of a directory, directories below one. */
bool making_has_file(const struct making *m, enum profile_place place, enum profile_file_name file);
bool making_is_child(const struct making *m, enum profile_place child, enum profile_place place);

/* Whether a key of the catalogue belongs into a place beside its main control key. */
bool making_belongs(const struct making *m, enum key_name name, enum profile_place place);

/* Bytes that the key file of a directory needs; the same on all chips. */
uint16_t making_key_bytes(const struct making *m, enum profile_place place);

/* Where an account writes its log: EF18 of the wallet, EF08 of DF04. [decision 0022] */
uint8_t making_log_sfi(enum profile_place place);
