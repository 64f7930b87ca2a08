#include "base/features.h"
#include "card/commands/commands.h"
#include "card/commands/new_key.h"
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
};

/* A type byte is a type and two bits of protection, or a PSAM's usage. [purse.md C-15, 6.2] */
static uint8_t type_of(uint8_t byte) {
    return (byte & TYPE_KEYS) == TYPE_KEYS ? byte & TYPE_MASK : byte;
}

static enum sw key_decode(
    const struct chip *chip, struct bytes data, uint8_t id, struct key_record *key) {
    struct cursor c = cursor_over(data);
    *key = (struct key_record){.id = id};
    uint8_t byte = cursor_u8(&c);
    key->type = type_of(byte);
    key->protection = byte ^ key->type;
    key->use = cursor_u8(&c);
    key->change = cursor_u8(&c);
    key->version = cursor_u8(&c);
    key->counter = cursor_u8(&c);
    return c.overran ? SW_WRONG_LENGTH : new_key_value(chip, key, c.rest);
}

/* A PSAM's key: its number is its version, it may always be used and never be changed. */
static enum sw sam_key_decode(const struct chip *chip, struct bytes data, struct key_record *key) {
    struct cursor c = cursor_over(data);
    *key = (struct key_record){.use = RIGHT_FREE, .change = RIGHT_NEVER};
    key->type = cursor_u8(&c);
    key->version = cursor_u8(&c);
    key->id = key->version;
    key->counter = cursor_u8(&c);
    return c.overran ? SW_WRONG_LENGTH : new_key_value(chip, key, c.rest);
}

static enum sw add(struct chip *chip, const struct key_record *key) {
    struct ef keys;
    enum sw sw = ef_by_fid(&chip->store, &chip->dir, FID_KEYS, &keys);
    if (sw != SW_OK) {
        return sw;
    }
    if (!guard_allows(chip, &keys.write)) {
        return SW_SECURITY;
    }
    return new_key_add(chip, key);
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
    } else {
        sw = new_key_over(chip, &old, key);
    }
    key_wipe(&old);
    return sw;
}

/* P1 says what is to be done with the key that data describes. */
static enum sw put_key(struct chip *chip, const struct apdu *cmd, bool secured, struct bytes data) {
    struct key_record key;
    if (cmd->p2 == ID_NEVER) {
        return SW_WRONG_P1P2;
    }
    bool sam = CARD_SAM && secured && cmd->p1 == P1_SAM && cmd->p2 == 0;
    enum sw sw = sam ? sam_key_decode(chip, data, &key) : key_decode(chip, data, cmd->p2, &key);
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
    struct chip *chip = &cos->chip;
    struct held_key main_key;
    struct bytes plain = bytes_of(NULL, 0);
    enum sw sw = key_ready(chip, KEY_EXTERNAL, MAIN_KEY_ID, &main_key);
    if (sw != SW_OK) {
        return sw;
    }
    sw = message_open_under(chip, &main_key, cmd, out->at, &plain);
    key_wipe(&main_key);
    if (sw == SW_OK) {
        sw = put_key(chip, cmd, true, plain);
    }
    crypto_wipe(out->at, out->room);
    return sw == SW_SM_WRONG ? SW_MAC_WRONG : sw; /* 9302, as purse.md 1.3 has it */
}
