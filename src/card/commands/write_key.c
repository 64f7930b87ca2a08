#include "card/commands/commands.h"
#include "card/commands/target.h"
#include "card/guard/message.h"
#include "crypto/secret.h"

/* WRITE KEY: adds a key to the current directory, or replaces one. [purse.md 2.4, 6.2]
 *
 *     80 D4 01   id  type use change version counter key      adds, in the clear
 *     80 D4 type id  ...                                      replaces, in the clear
 *     84 D4 ..   id  the same, LD in front, enciphered and MACed under the main control key
 *     84 D4 00   00  usage version algorithm key, likewise    adds a key of a PSAM */

enum {
    P1_ADD = 0x01,
    P1_SAM = 0x00,
    ID_NEVER = 0xFF,
    MAIN_KEY_ID = 0x00,
    KEY_HEAD = 5,     /* type, use, change, version, counter or algorithm */
    SAM_KEY_HEAD = 3, /* usage, version, algorithm */
    TYPE_KEYS = 0x30, /* types 30 to 3F carry two protection bits; other bytes are usages */
    TYPE_MASK = 0x3F,
    PIN_STORED = 8,
    PIN_DATA_MIN = 2,
};

/* A type byte is a type and two bits of protection, or a PSAM's usage. [purse.md C-15, 6.2] */
static uint8_t type_of(uint8_t byte) {
    return (byte & TYPE_KEYS) == TYPE_KEYS ? byte & TYPE_MASK : byte;
}

/* The value: 8 or 16 bytes, or a PIN, which is filled up with FF. */
static enum sw set_value(struct key_record *key, struct bytes value) {
    bool is_pin = key->type == KEY_PIN;
    bool fits = is_pin ? value.len >= PIN_DATA_MIN && value.len <= PIN_STORED
                       : value.len == DES_BLOCK || value.len == KEY128_LEN;
    if (!fits) {
        return SW_WRONG_LENGTH;
    }
    (void)memset(key->value, 0xFF, sizeof key->value);
    (void)memcpy(key->value, value.at, value.len);
    key->len = is_pin ? PIN_STORED : (uint8_t)value.len;
    return SW_OK;
}

static enum sw key_decode(struct bytes data, uint8_t id, struct key_record *key) {
    struct cursor c = cursor_over(data);
    *key = (struct key_record){.id = id};
    uint8_t byte = cursor_u8(&c);
    key->type = type_of(byte);
    key->protection = byte ^ key->type;
    key->use = cursor_u8(&c);
    key->change = cursor_u8(&c);
    key->version = cursor_u8(&c);
    key->counter = cursor_u8(&c);
    return c.overran ? SW_WRONG_LENGTH : set_value(key, c.rest);
}

/* A PSAM's key: its number is its version, it may always be used and never be changed. */
static enum sw sam_key_decode(struct bytes data, struct key_record *key) {
    struct cursor c = cursor_over(data);
    *key = (struct key_record){.use = RIGHT_FREE, .change = RIGHT_NEVER};
    key->type = cursor_u8(&c);
    key->version = cursor_u8(&c);
    key->id = key->version;
    key->counter = cursor_u8(&c);
    return c.overran ? SW_WRONG_LENGTH : set_value(key, c.rest);
}

static enum sw add(struct chip *chip, const struct key_record *key) {
    struct ef keys;
    (void)chip_assert(chip, key->len > 0 && key->len <= KEY_VALUE_MAX);
    enum sw sw = ef_by_fid(&chip->store, &chip->dir, FID_KEYS, &keys);
    if (sw != SW_OK) {
        return sw;
    }
    if (!guard_allows(chip, &keys.write)) {
        return SW_SECURITY;
    }
    store_begin(&chip->store);
    return batch_end(chip, key_add(&chip->store, &chip->dir, key));
}

/* Tries are kept over a replacement, unless the new key brings another maximum: then it begins with
 * all of them. [purse.md 2.4] */
static uint8_t counter_after(const struct key_record *old, const struct key_record *new) {
    bool tries = new->type >= KEY_MAINTENANCE &&new->type <= KEY_PIN;
    if (!tries) {
        return new->counter;
    }
    bool same_most = old->counter >> 4 == new->counter >> 4;
    return same_most ? old->counter : tries_full(new->counter);
}

/* What is locked for ever is not opened by a new value. [purse.md 2.4] */
static bool locked_for_ever(const struct key_record *key) {
    bool lockable = key->type == KEY_EXTERNAL || key->type == KEY_PIN_UNBLOCK;
    return lockable && tries_left(key) == 0;
}

static enum sw replace(struct chip *chip, uint8_t old_type, bool secured, struct key_record *key) {
    struct held_key old;
    enum sw sw = key_find(&chip->store, &chip->dir, old_type, key->id, &old.key, &old.at);
    if (sw != SW_OK) {
        return sw;
    }
    if (!guard_allows_interval(chip, old.key.change)) {
        sw = SW_SECURITY;
    } else if (old.key.protection != EF_PLAIN && !secured) {
        sw = SW_LINE_PROTECTION;
    } else if (locked_for_ever(&old.key)) {
        sw = SW_BLOCKED;
    } else if (key->type != old.key.type) {
        sw = SW_WRONG_DATA;
    } else if (key->len != old.key.len) {
        sw = SW_WRONG_LENGTH;
    }
    key->counter = counter_after(&old.key, key);
    if (sw == SW_OK) {
        store_begin(&chip->store);
        sw = batch_end(chip, key_replace(&chip->store, old.at, key));
    }
    key_wipe(&old);
    return sw;
}

/* SM4 has keys of sixteen bytes only. [decision 0020] */
static bool fits_cipher(const struct chip *chip, const struct key_record *key) {
    return chip->algorithm != ALGORITHM_SM4 || key->type == KEY_PIN || key->len == KEY128_LEN;
}

/* P1 says what is to be done with the key that data describes. */
static enum sw put_key(struct chip *chip, const struct apdu *cmd, bool secured, struct bytes data) {
    struct key_record key;
    if (cmd->p2 == ID_NEVER) {
        return SW_WRONG_P1P2;
    }
    bool sam = secured && cmd->p1 == P1_SAM && cmd->p2 == 0;
    enum sw sw = sam ? sam_key_decode(data, &key) : key_decode(data, cmd->p2, &key);
    if (sw == SW_OK && !fits_cipher(chip, &key)) {
        sw = SW_WRONG_LENGTH;
    }
    if (sw == SW_OK && (sam || cmd->p1 == P1_ADD)) {
        sw = add(chip, &key);
    } else if (sw == SW_OK) {
        sw = replace(chip, type_of(cmd->p1), secured, &key);
    }
    crypto_wipe(&key, sizeof key);
    return sw;
}

enum sw write_key(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    (void)out;
    return put_key(&cos->chip, cmd, false, cmd->data);
}

enum sw write_key_secured(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    (void)out;
    struct chip *chip = &cos->chip;
    struct held_key main_key;
    struct bytes plain = {0};
    uint8_t room[APDU_DATA_MAX];
    enum sw sw = key_ready(chip, KEY_EXTERNAL, MAIN_KEY_ID, &main_key);
    if (sw != SW_OK) {
        return sw;
    }
    sw = message_open_under(chip, &main_key, cmd, room, &plain);
    key_wipe(&main_key);
    if (sw == SW_OK) {
        sw = put_key(chip, cmd, true, plain);
    }
    crypto_wipe(room, sizeof room);
    return sw == SW_SM_WRONG ? SW_MAC_WRONG : sw; /* 9302, as purse.md 1.3 has it */
}
