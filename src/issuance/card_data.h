/* What one card will carry: every field of the profile, made from the person's record, the card
 * number, the chip's answer to reset and the issuer's data, before the first command is sent.
 * [card.md 2.5, 3; purse.md 3.2, 3.3]
 *
 * Text becomes GB 18030. A name that does not fit its field is refused and says so: it is never cut
 * and never has a character replaced [card.md 2.5: 1Eh bytes; from 2.0 on the name
 * extension takes 14h more]. An
 * address or an employer's name that does not fit is left blank and counted.
 *
 * Nothing here sends a command or keeps anything; the same source always makes the same data. The
 * data hold the card's first PIN: wipe them. */
#pragma once

#include "host/why.h"
#include "keys/vault.h"
#include "registry/person.h"
#include "wire/profile.h"

/* Who issues, and with what. One for a city and a day. */
struct issuer {
    uint32_t region;          /* 440100 */
    uint8_t initialiser_last; /* last byte of 初始化机构编号, given by the ministry [card.md 3.5] */
    uint8_t key_version; /* of all keys that go in */
    /* Of each key by enum key_name, where a newer version goes in; 0 or NULL: key_version. Of a key that
     * cards hold in several versions side by side, the lowest. Borrowed. */
    const uint8_t *key_versions;
    /* Of the wallet of every card and of a purchase module's application; all other directories have
     * the profile's. KEY_TDES when nothing is said. [decision 0053] */
    enum key_algorithm purse;
    uint8_t pin_tries;        /* 1 to 15 [system.md 12: 6] */
    uint8_t transport[8];     /* code that opens a blank chip: the end of CREATE MF's data */
    uint32_t issued, expires; /* YYYYMMDD */
};

/* The issuer of a rehearsal in a region: key version 1, six tries, transport code FF x 8, valid for
 * valid_years from day on. */
struct issuer issuer_of(uint32_t region, uint32_t day, uint32_t valid_years);

/* The version in which a key goes in, or the lowest of several. */
uint8_t issuer_version(const struct issuer *issuer, enum key_name name);

/* The data of one card or PSAM, field by field, and what goes with them. */
struct card_data {
    struct profile_values values;
    uint8_t factor[8]; /* T6 to TD of this chip */
    char pin[7]; /* the first PIN, the same in both applications; wipe with card_data_wipe() */
    unsigned left_out; /* fields left blank because their text does not fit */
};

/* What a card's data are made from; all of it borrowed. */
struct card_source {
    const struct issuer *issuer;
    const struct person *person;
    const char *card_number;
    const uint8_t *factor; /* eight bytes: T6 to TD */
    const struct vault *vault;
    enum profile_name profile; /* P10 when nothing is said; never PSAM */
};

/* Whether a card of the profile holds the person's name whole, in its field and, from 2.0 on, in the
 * extension behind a whole character. The very question that card_data_make() asks; who takes an
 * application asks it before a blank is drawn. ERR_INVALID, with the way on, when it does not, when
 * there is no name, or when a character has no code in GB 18030. */
enum err card_name_fits(const struct person *person, enum profile_name profile, struct why *why);

/* Begins *data anew. ERR_INVALID with a sentence when something that must be on the card is missing
 * or does not fit: the number, the name, the citizen number, sex, nation or birth date.
 * ERR_OUTSIDE: the vault failed. Either way what *data holds is no card. */
enum err card_data_make(struct card_data *data, const struct card_source *source, struct why *why);

/* A PSAM's: its files are filled, the holder's are blank. ERR_INVALID when terminal is not twelve
 * decimal digits, two to a byte, or all zero. [purse.md 6.1] */
enum err psam_data_make(struct card_data *data, const struct issuer *issuer,
    const uint8_t terminal[6], const uint8_t factor[8], struct why *why);

/* Overwrites all of it; the PIN among it must not outlive the making of the card. */
void card_data_wipe(struct card_data *data);

/* 卡的识别码: region, D156000005, serial of the chip, and a check by the card's own IRK: its MAC
 * with IV 0, retail under 3DES. [card.md 3.1; decision 0020] */
enum err card_id_make(const struct issuer *issuer, const uint8_t factor[8],
    const struct vault *vault, enum key_algorithm algorithm, uint8_t id[16], struct why *why);
