/* A place in the machine where one chip is worked on: its reader, the vault, and which card it is.
 * [card.md 6; purse.md 1.3, 4.1]
 *
 * What making, checking and handing out have in common: selecting a directory of the profile,
 * proving a key to the card, writing under a MAC. Every command is counted. A station keeps no
 * secret: keys stay in the vault. Functions that end in _ask leave the card's status word to the
 * caller; the others want 9000 and answer ERR_CONFLICT otherwise, with what was asked and the
 * card's word. ERR_OUTSIDE is the reader's or the vault's. A wrong proof costs the card a try. */
#pragma once

#include "keys/vault.h"
#include "reader/reader.h"
#include "wire/profile.h"

/* The caller fills in the first five (a station that only reads needs no vault); reader and vault
 * are borrowed. */
struct station {
    const struct reader *reader;
    const struct vault *vault;
    uint8_t key_version;
    const uint8_t *key_versions; /* as those of struct issuer; borrowed */
    enum profile_name profile;   /* P10 when nothing is said */
    enum key_algorithm purse;    /* as that of struct issuer */
    uint8_t factor[8];           /* of the chip, after station_reset() */
    unsigned commands;
};

/* Powers the chip up and reads its factor from the answer to reset. ERR_CONFLICT when it is none of
 * a social security card. */
enum err station_reset(struct station *st, struct why *why);

/* Sends a command and counts it; whatever the card says is an answer. */
enum err station_ask(
    struct station *st, const struct apdu *command, struct reply *reply, struct why *why);

/* The same for a command that has to end with 9000; name says what it was for. reply may be
 * NULL. */
enum err station_send(struct station *st, const struct apdu *command, const char *name,
    struct reply *reply, struct why *why);

/* A directory of the profile, by its DF name. */
enum err station_select(struct station *st, enum profile_place place, struct why *why);

/* len random bytes of the card, 4, 8 or 16. */
enum err station_challenge(struct station *st, uint8_t *challenge, uint16_t len, struct why *why);

/* The cipher of a directory's keys: the issuer's choice for a wallet and for a module's application,
 * the profile's for all others. For a place that the profile does not make: the cipher of the key that
 * a module of it holds for cards that have the place. */
enum key_algorithm station_algorithm(const struct station *st, enum profile_place place);

/* The key's name as the vault wants it: of this chip, in this version, for the cipher of the
 * directory that holds it. */
struct key_ref station_key(const struct station *st, enum key_name name);

/* Whether the cards of this profile hold the key in this directory. A directory never holds two keys
 * of one type and identifier. The public transport key is in no finished card. */
bool station_holds_key(const struct station *st, enum profile_place place, enum key_name name);

/* The identifier under which a card holds that version: of several side by side each has its own, and the
 * next one takes the place of the oldest. */
uint8_t station_kid(enum key_name name, uint8_t version);

/* The key of a directory by type and identifier; false when the cards of this profile have none
 * there. */
bool station_find_key(const struct station *st, enum profile_place place, uint8_t type, uint8_t kid,
    enum key_name *name);

/* The main control key of a directory; every directory with keys has one. */
enum key_name station_main_key(const struct station *st, enum profile_place place);

/* External authentication in the form of the directory, which must be selected; *sw is what the
 * card said. [card.md 6; purse.md 4.1] */
enum err station_authenticate_ask(struct station *st, enum profile_place place, enum key_name name,
    uint16_t *sw, struct why *why);
enum err station_authenticate(
    struct station *st, enum profile_place place, enum key_name name, struct why *why);

/* Proves what writing to a file asks for: its update key, or the main control key. Does nothing
 * where writing is free or is protected by a MAC instead. */
enum err station_authorise(struct station *st, enum profile_file_name file, struct why *why);

/* Proves what reading a file asks for besides the PIN, which is the caller's to verify: the read
 * key where no PIN would do, otherwise nothing. */
enum err station_authorise_read(struct station *st, enum profile_file_name file, struct why *why);
/* Whether nobody may read the file. */
bool station_never_read(enum profile_file_name file);

/* Sends the command with class 04 and a MAC: under the directory's STK or under the wallet's
 * DAMK, in the form of the directory. cla of the command is ignored. [purse.md 1.3; card.md 6.1] */
enum err station_send_maced(struct station *st, enum profile_place place,
    const struct apdu *command, uint16_t *sw, struct why *why);

/* A PIN of six digits as three bytes. */
enum { STATION_PIN_LEN = 3, STATION_PIN_DIGITS = 6 };
bool station_pin(const char *text, uint8_t pin[STATION_PIN_LEN]);

/* The UPDATE command that writes a field's record, or a whole transparent file, with its data in
 * room. index is the field's place in the file; 0 for a transparent one. */
struct apdu station_update(const struct profile_values *values, enum profile_file_name file,
    size_t index, struct builder *room);
