/* The kinds of keys, from catalogue.def: names, owners, where each ends in a card. [card.md 5.1,
 * 5.2; system.md 6.1; purse.md 2.4]
 *
 * The catalogue names keys and holds none. Whoever makes a card walks it to know which keys a
 * directory of that card's profile needs; a vault asks it how long a key is and what it may be used
 * for (permit.h). The order of the names is the order of the sheet and is written nowhere else:
 * names may be added anywhere. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who made the root of a line, and may change it. */
enum key_owner { MINISTRY, PROVINCE, CITY, MAKER };

/* The cipher that a key is made for. Each has a root of its own: the same line of the sheet under two
 * algorithms is two keys that have nothing in common. */
enum key_algorithm { KEY_TDES, KEY_SM4 };

/* The directories of a card (and of a PSAM) that hold keys. What is IN_NO_CHIP stays between the
 * vaults of those who make cards. */
enum key_place {
    IN_MF,
    IN_SSSE,
    IN_DF01,
    IN_DF02,
    IN_DF03,
    IN_DF04,
    IN_WALLET,
    IN_PSAM,
    IN_DF07,
    IN_PKI,  /* the directory of the certificate application */
    IN_CERT, /* the application in it */
    IN_DF05,
    IN_NO_CHIP,
};

/* Which chips hold a key, as bits: 1 << enum profile_name of wire/profile.h. */
enum key_cards {
    CARDS_NONE = 0,
    CARDS_P10 = 1 << 0,
    CARDS_P20 = 1 << 1,
    CARDS_FROM_P30 = 1 << 2,
    CARDS_FROM_P20 = CARDS_P20 | CARDS_FROM_P30,
    CARDS_ALL = CARDS_P10 | CARDS_FROM_P20,
    CARDS_MODULE = 1 << 3,
    CARDS_ANY = CARDS_ALL | CARDS_MODULE,
};

/* Which ciphers a line has a key for, as bits: 1 << enum key_algorithm. */
enum key_ciphers {
    CIPHERS_SM4 = 1 << KEY_SM4,
    CIPHERS_BOTH = 1 << KEY_TDES | 1 << KEY_SM4,
};

/* KEY_TRANSPORT, KEY_MK_MF and so on, in the order of the sheet. */
enum key_name {
#define KEY(name, ...) KEY_##name,
#include "keys/catalogue.def"
    KEY_COUNT
};

/* A line of the sheet. */
struct key_kind {
    const char *name;    /* as the standards write it: "UK1DF01" */
    const char *zh, *en; /* for people */
    enum key_owner owner;
    uint8_t length;       /* bytes in the card: 16, or 8, the left half of the derived key */
    enum key_place place; /* the directory that holds it */
    uint8_t type;         /* of WRITE KEY: what the chip lets it do */
    uint8_t kid;          /* by which commands of that directory name it; of the first version */
    uint8_t cards;        /* the profiles whose chips hold it: bits of enum key_cards */
    uint8_t ciphers;      /* bits of enum key_ciphers */
    uint8_t versions;     /* how many a card holds at once, each under a kid of its own; 1 mostly */
    uint8_t sam_class;    /* by which a PSAM knows it: class and identifier, or 0 and 0 */
    uint8_t sam_id;
};

/* The line of the catalogue; static, never NULL for a name of the enum. */
const struct key_kind *key_kind(enum key_name name);

/* Bytes of the key in a card when it is made for this cipher: SM4 keys always have 16. */
uint8_t key_length(enum key_name name, enum key_algorithm algorithm);

/* Whether the line has a key for the cipher at all. */
bool key_has_cipher(enum key_name name, enum key_algorithm algorithm);

/* Factors of the two upper levels for a region of six digits such as 440100: "440000sh" and
 * "440100sx", eight characters without an end. [card.md 3.7: regions that start with 33 use the
 * first four digits and "00"] */
void key_province_factor(uint32_t region, uint8_t factor[8]);
void key_city_factor(uint32_t region, uint8_t factor[8]);
