/* The kinds of keys, from catalogue.def: names, owners, where each ends in a card. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum key_owner { MINISTRY, PROVINCE, CITY, MAKER };

/* The directories of a card (and of a PSAM) that hold keys. */
enum key_place { IN_MF, IN_SSSE, IN_DF01, IN_DF02, IN_DF03, IN_DF04, IN_WALLET, IN_PSAM };

enum key_name {
#define KEY(name, zh, en, owner, length, place, type, kid) KEY_##name,
#include "keys/catalogue.def"
    KEY_COUNT
};

struct key_kind {
    const char *name; /* as the standards write it: "UK1DF01" */
    const char *zh, *en;
    enum key_owner owner;
    uint8_t length; /* bytes in the card */
    enum key_place place;
    uint8_t type; /* of WRITE KEY */
    uint8_t kid;
};

/* The line of the catalogue; never NULL for a name of the enum. */
const struct key_kind *key_kind(enum key_name name);

/* Factors of the two upper levels for a region such as 440100: "440000sh" and "440100sx".
 * [card.md 3.7: regions that start with 33 use the first four digits and "00"] */
void key_province_factor(uint32_t region, uint8_t factor[8]);
void key_city_factor(uint32_t region, uint8_t factor[8]);
