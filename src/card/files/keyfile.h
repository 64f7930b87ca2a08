/* The key file of a directory: keys and PINs, each with its own rights. [purse.md 2.4]
 *
 * A key is found by type and number and can never be read out by a command; whoever finds one here
 * wipes the struct when done. Changes are staged into the store's open batch. Rights, counters and
 * what a field means for a type are the guard's business. */
#pragma once

#include "card/files/tree.h"

enum {
    KEY_VALUE_MAX = 16,
    KEY_RECORD_HEAD = 8, /* a key takes this and its value of the key file */
};

/* Types of keys [purse.md 2.4]. A PSAM's keys have their usage byte here (0x22, 0x42 ..). */
enum key_type {
    KEY_INTERNAL_ENCRYPT = 0x30,
    KEY_INTERNAL_DECRYPT = 0x31,
    KEY_INTERNAL_MAC = 0x32,
    KEY_TAC = 0x34,         /* DTK */
    KEY_MAINTENANCE = 0x36, /* DAMK; STK of a social security directory */
    KEY_PIN_UNBLOCK = 0x37, /* DPUK */
    KEY_PIN_RELOAD = 0x38,  /* DRPK */
    KEY_EXTERNAL = 0x39,    /* external authentication; number 00 is the main control key */
    KEY_PIN = 0x3A,
    KEY_OVERDRAFT = 0x3C, /* DUK */
    KEY_UNLOAD = 0x3D,    /* DULK */
    KEY_PURCHASE = 0x3E,  /* DPK */
    KEY_LOAD = 0x3F,      /* DLK */
};

/* One key as stored: byte for byte up to the end of its value. */
struct key_record {
    uint8_t type; /* without protection bits; enum key_type or a PSAM's usage byte */
    uint8_t id;
    uint8_t protection; /* bits of enum ef_protection the type byte came with */
    uint8_t use;        /* right bytes of the purse dialect */
    uint8_t change;
    uint8_t version; /* version, or follow-up state of 39 and 3A, or FF */
    uint8_t counter; /* algorithm, or tries: maximum in the high nibble, left in the low one */
    uint8_t len;     /* of the value, 1 to KEY_VALUE_MAX; a PIN has 8, padded with FF */
    uint8_t value[KEY_VALUE_MAX];
    uint8_t algorithm; /* enum dir_algorithm, of the directory; not stored with the key */
};

/* 6A82 when the directory has no key file, 6A88 when it has no such key; *at says where it lies for
 * the functions below, and stays right until the directory is erased. */
enum sw key_find(const struct store *s, const struct dir *d, uint8_t type, uint8_t id,
    struct key_record *out, uint32_t *at);

/* Whether the directory holds this key; its value is not touched. */
bool key_exists(const struct store *s, const struct dir *d, uint8_t type, uint8_t id);

/* Adds a key. 6A82 no key file, 6A80 the length, 6A84 no room, 6A86 it exists. */
enum sw key_add(struct store *s, const struct dir *d, const struct key_record *key);

/* Rewrites a key that was found, with all its fields; its value keeps its length (6A80 if not). */
enum sw key_replace(struct store *s, uint32_t at, const struct key_record *key);

/* Rewrites only the counter byte. */
enum sw key_count(struct store *s, uint32_t at, uint8_t counter);

/* How many keys the directory holds; 0 without a key file. */
uint8_t key_total(const struct store *s, const struct dir *d);
