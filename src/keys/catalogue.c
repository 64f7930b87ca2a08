#include "keys/catalogue.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct key_kind kinds[KEY_COUNT] = {
#define KEY(name, zh, en, owner, length, place, type, kid, cards, ciphers, versions, class, id)    \
    [KEY_##name] = {#name, zh, en, owner, length, place, type, kid, CARDS_##cards,                 \
        CIPHERS_##ciphers, versions, class, id},
#include "keys/catalogue.def"
};

/* Regions have six digits; the province 33 names its cities by four of them. [card.md 3.7] */
enum { REGIONS = 1000000, ODD_PROVINCE = 33 };

const struct key_kind *key_kind(enum key_name name) {
    assert((unsigned)name < KEY_COUNT);
    return &kinds[name];
}

bool key_has_cipher(enum key_name name, enum key_algorithm algorithm) {
    return algorithm <= KEY_SM4 && (key_kind(name)->ciphers & 1u << algorithm) != 0;
}

uint8_t key_length(enum key_name name, enum key_algorithm algorithm) {
    assert(key_has_cipher(name, algorithm));
    return algorithm == KEY_SM4 ? 16 : key_kind(name)->length;
}

/* Six digits and two letters, without the end of a string. */
static void write_factor(uint32_t digits, const char letters[3], uint8_t factor[8]) {
    char text[16];
    int len = snprintf(text, sizeof text, "%06u%s", (unsigned)digits, letters);
    assert(len == 8);
    assert(digits < REGIONS);
    (void)memcpy(factor, text, 8);
}

/* The province's own code: the first two digits and zeros. */
void key_province_factor(uint32_t region, uint8_t factor[8]) {
    assert(region < REGIONS);
    write_factor(region / 10000 * 10000, "sh", factor);
}

void key_city_factor(uint32_t region, uint8_t factor[8]) {
    assert(region < REGIONS);
    uint32_t digits = region / 10000 == ODD_PROVINCE ? region / 100 * 100 : region;
    write_factor(digits, "sx", factor);
}
