/* WRITE KEY the way of the Datang chips. [card.md 5.4; decision 0024]
 *
 *     CLA D4 P1 00   P1 01 the main control key of the directory, 00 any other
 *     00   header 8, key 16 filled up with FF              in the clear
 *     04   the same and a MAC
 *     80   length, header, key, 80 00..                    enciphered
 *     84   the same and a MAC
 *
 * Enciphered and MACed is under the directory's main control key. What is there already, by type
 * and number, is replaced. While the directory is open for making all four are taken; later, 84
 * alone, which shows that its sender holds the main control key, and once making has ended only for
 * keys that are there. */
#include "card/commands/commands.h"
#include "card/commands/new_key.h"
#include "card/guard/message.h"
#include "crypto/secret.h"

enum {
    P1_OTHER = 0x00,
    P1_MAIN = 0x01,
    TYPE_MAIN = 0x00,
    TYPE_PIN = 0x01,
    MAIN_ID = 0x00,
    CLA_ENCIPHERED = 0x80,
    CLA_MACED = 0x04,
    VALUE_ROOM = 16, /* bytes of a value with what fills it up */
    FILLER = 0xFF,
};

/* Types of keys, and what they are in the key file. Where card.md has no number one was chosen: the
 * types 03, 04, 0B and 0C. [decision 0024] */
static const struct key_kind {
    uint8_t datang;
    uint8_t type; /* enum key_type */
    bool counted; /* has tries, where others have a cipher */
    bool leveled; /* leads to a level */
} kinds[] = {
    {TYPE_MAIN, KEY_EXTERNAL,         true,  true },
    {TYPE_PIN,  KEY_PIN,              true,  true },
    {0x03,      KEY_PIN_UNBLOCK,      true,  false},
    {0x04,      KEY_PIN_RELOAD,       true,  false},
    {0x07,      KEY_MAINTENANCE,      true,  false},
    {0x08,      KEY_LOAD,             false, false},
    {0x09,      KEY_PURCHASE,         false, false},
    {0x0A,      KEY_TAC,              false, false},
    {0x0B,      KEY_UNLOAD,           false, false},
    {0x0C,      KEY_OVERDRAFT,        false, false},
    {0x0D,      KEY_EXTERNAL,         true,  true },
    {0x0E,      KEY_INTERNAL_ENCRYPT, false, false},
};

/* `type id version EF counter algorithm level length`, as bytes. */
struct header {
    uint8_t type, id, version, reserved, counter, algorithm, level, len;
};

static const struct key_kind *kind_of(uint8_t datang) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].datang == datang) {
            return &kinds[i];
        }
    }
    return NULL;
}

/* A level that a control can ask for, and that is not the main control key's. */
static bool level_can_be(uint8_t level) {
    return level != CONTROL_FREE && level != RIGHT_NEVER && level != CONTROL_MAIN_KEY;
}

/* Whether the header makes sense by itself and with P1. */
static bool header_sound(const struct header *h, const struct key_kind *kind, uint8_t p1) {
    bool is_main = h->type == TYPE_MAIN;
    if (!kind || is_main != (p1 == P1_MAIN)) {
        return false;
    }
    if (kind->type == KEY_EXTERNAL && is_main != (h->id == MAIN_ID)) {
        return false;
    }
    if (kind->leveled && !is_main && !level_can_be(h->level)) {
        return false;
    }
    return !kind->counted || (h->counter >> 4 > 0 && (h->counter & 0x0F) <= h->counter >> 4);
}

/* The value: as long as the header says, or filled up with FF. */
static bool value_of(const struct header *h, struct bytes rest, struct bytes *value) {
    bool filled = rest.len == VALUE_ROOM;
    if (h->len > rest.len || (h->len != rest.len && !filled)) {
        return false;
    }
    for (size_t i = h->len; i < rest.len; i++) {
        filled = filled && rest.at[i] == FILLER;
    }
    *value = bytes_of(rest.at, h->len);
    return filled || h->len == rest.len;
}

/* Where the tree keeps what the header says: an external key its level and version, a PIN its level
 * and the level of the key that unlocks it, others version and cipher. */
static void set_fields(
    const struct header *h, const struct key_kind *kind, struct key_record *key) {
    *key = (struct key_record){.type = kind->type, .id = h->id, .use = RIGHT_FREE};
    key->version = kind->leveled ? h->level : h->version;
    key->change = h->type == TYPE_PIN ? h->algorithm : h->version;
    key->counter = kind->counted ? h->counter : h->algorithm;
}

static enum sw key_decode(
    const struct chip *chip, struct bytes data, uint8_t p1, struct key_record *key) {
    struct cursor c = cursor_over(data);
    struct header h = {0};
    struct bytes value = {0};
    h.type = cursor_u8(&c);
    h.id = cursor_u8(&c);
    h.version = cursor_u8(&c);
    h.reserved = cursor_u8(&c);
    h.counter = cursor_u8(&c);
    h.algorithm = cursor_u8(&c);
    h.level = cursor_u8(&c);
    h.len = cursor_u8(&c);
    const struct key_kind *kind = kind_of(h.type);
    if (c.overran || !value_of(&h, c.rest, &value)) {
        return SW_WRONG_LENGTH;
    }
    if (!header_sound(&h, kind, p1)) {
        return SW_WRONG_DATA;
    }
    set_fields(&h, kind, key);
    return new_key_value(chip, key, value);
}

/* Enciphered without a MAC: anybody can exchange such bytes, so only an open directory takes
 * them. */
static enum sw decipher_only(struct chip *chip, const struct held_key *main_key,
    struct bytes cipher, uint8_t *room, struct bytes *plain) {
    struct secure secure;
    struct secret secret = key_secret(&main_key->key);
    secure_begin(&secure, SECURE_PURSE, &secret, &chip->challenge);
    bool sound = secure_decipher(&secure, cipher, room, plain);
    secure_end(&secure);
    crypto_wipe(&secret, sizeof secret);
    return sound ? SW_OK : SW_WRONG_DATA;
}

/* What the command says, by its class; room takes what is deciphered. */
static enum sw open_command(
    struct chip *chip, const struct apdu *cmd, uint8_t *room, struct bytes *plain) {
    struct held_key main_key;
    bool enciphered = (cmd->cla & CLA_ENCIPHERED) != 0;
    *plain = cmd->data;
    if (cmd->cla == 0) {
        return SW_OK;
    }
    enum sw sw = key_ready(chip, KEY_EXTERNAL, MAIN_ID, &main_key);
    if (sw != SW_OK) {
        return sw;
    }
    sw = cmd->cla & CLA_MACED
             ? message_open_under(chip, &main_key, cmd, enciphered ? room : NULL, plain)
             : decipher_only(chip, &main_key, cmd->data, room, plain);
    key_wipe(&main_key);
    return sw == SW_SM_WRONG ? SW_MAC_WRONG : sw; /* 9302, as in the other dialect */
}

/* Over the key that is there; or as a new one, while the directory is being made. */
static enum sw put_key(struct chip *chip, bool closed, struct key_record *key) {
    struct held_key old;
    enum sw sw = key_find(&chip->store, &chip->dir, key->type, key->id, &old.key, &old.at);
    if (sw == SW_OK) {
        sw = new_key_over(chip, &old, key);
        key_wipe(&old);
    } else if (sw == SW_KEY_NOT_FOUND) {
        sw = closed ? SW_CONDITIONS : new_key_add(chip, key);
    }
    return sw;
}

enum sw datang_write_key(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    (void)out;
    struct chip *chip = &cos->chip;
    struct dir_info info;
    struct key_record key;
    struct bytes plain = {0};
    uint8_t room[APDU_DATA_MAX];
    if (cmd->p1 > P1_MAIN || cmd->p2 != 0) {
        return SW_WRONG_P1P2;
    }
    dir_read(&chip->store, &chip->dir, &info);
    (void)chip_assert(chip, info.linked); /* this dialect makes no other */
    (void)chip_assert(chip, !(info.closed && chip->guard.open));
    if (!chip->guard.open && cmd->cla != (CLA_ENCIPHERED | CLA_MACED)) {
        return SW_SECURITY;
    }
    enum sw sw = open_command(chip, cmd, room, &plain);
    sw = sw == SW_OK ? key_decode(chip, plain, cmd->p1, &key) : sw;
    sw = sw == SW_OK ? put_key(chip, info.closed, &key) : sw;
    crypto_wipe(&key, sizeof key);
    crypto_wipe(room, sizeof room);
    return sw;
}
