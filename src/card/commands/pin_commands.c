#include "base/features.h"
#include "card/commands/commands.h"
#include "card/guard/message.h"
#include "card/guard/pin.h"
#include "crypto/secret.h"

/* VERIFY, CHANGE PIN, RELOAD PIN, PIN UNBLOCK. [purse.md 4.1, 4.2; card.md 6.1, 6.2] */

enum {
    P1_RELOAD = 0x00,
    P1_CHANGE = 0x01,
    PIN_ENTERED_MAX = 6,
    PIN_SEPARATOR = 0xFF,
    KEY_ID_FIRST = 0x00,
    SOCIAL_PUK = 0x06, /* external authentication key that opens the PIN [card.md 5.2] */
    P2_SOCIAL_UNBLOCK = 0x00,
    P2_SOCIAL_RELOAD = 0x01,
};

enum sw verify_pin(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    (void)out;
    struct pin pin;
    if (cmd->p1 != 0) {
        return SW_WRONG_P1P2;
    }
    enum sw sw = pin_find(&cos->chip, cmd->p2, &pin);
    sw = sw == SW_OK ? pin_try(&cos->chip, &pin, cmd->data) : sw;
    if (sw == SW_OK) {
        guard_prove_pin(&cos->chip, &pin.home, &pin.held.key);
    }
    key_wipe(&pin.held);
    return sw;
}

/* Old PIN, FF, new PIN. */
static enum sw change(struct chip *chip, struct pin *pin, struct bytes data) {
    size_t old_len = 0;
    while (old_len < data.len && data.at[old_len] != PIN_SEPARATOR) {
        old_len++;
    }
    struct cursor c = cursor_over(data);
    struct bytes old = cursor_take(&c, old_len);
    (void)cursor_u8(&c);
    struct bytes new = c.rest;
    if (c.overran || old.len < PIN_LEN_MIN || old.len > PIN_ENTERED_MAX || new.len < PIN_LEN_MIN
        || new.len > PIN_ENTERED_MAX) {
        return SW_WRONG_LENGTH;
    }
    enum sw sw = pin_try(chip, pin, old);
    return sw == SW_OK ? pin_set(chip, pin, new) : sw;
}

/* The MAC of RELOAD PIN: over the new PIN alone, under the two halves of DRPK together. */
static bool reload_mac_right(const struct key_record *key, struct bytes new, struct bytes mac) {
    struct secret drpk = key_secret(key);
    uint8_t right[DES_BLOCK];
    secret_fold(&drpk, &drpk);
    secret_mac(&drpk, NULL, new, right);
    bool equal = crypto_equal(right, mac.at, mac.len);
    crypto_wipe(&drpk, sizeof drpk);
    crypto_wipe(right, sizeof right);
    return equal;
}

static enum sw reload(struct chip *chip, struct pin *pin, struct bytes data) {
    struct held_key held;
    if (data.len < PIN_LEN_MIN + SECURE_MAC_LEN || data.len > PIN_ENTERED_MAX + SECURE_MAC_LEN) {
        return SW_WRONG_LENGTH;
    }
    struct cursor c = cursor_over(data);
    struct bytes new = cursor_take(&c, data.len - SECURE_MAC_LEN);
    enum sw sw = key_ready(chip, KEY_PIN_RELOAD, KEY_ID_FIRST, &held);
    if (sw != SW_OK) {
        return sw == SW_BLOCKED ? SW_LOCKED_FOR_EVER : sw;
    }
    sw = tries_take(chip, &held);
    if (sw == SW_OK && !reload_mac_right(&held.key, new, c.rest)) {
        sw = tries_left(&held.key) == 0 ? message_kill_application(chip) : SW_MAC_WRONG;
    }
    sw = sw == SW_OK ? tries_restore(chip, &held) : sw;
    sw = sw == SW_OK ? pin_set(chip, pin, new) : sw;
    key_wipe(&held);
    return sw;
}

enum sw change_or_reload_pin(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    (void)out;
    struct chip *chip = &cos->chip;
    struct pin pin;
    bool reloads = cmd->p1 == P1_RELOAD && chip->family == FAMILY_PURSE;
    if (cmd->p1 != P1_CHANGE && !reloads) {
        return SW_WRONG_P1P2;
    }
    enum sw sw = pin_find(chip, cmd->p2, &pin);
    if (sw != SW_OK) {
        return sw;
    }
    sw = reloads ? reload(chip, &pin, cmd->data) : change(chip, &pin, cmd->data);
    key_wipe(&pin.held);
    return sw;
}

/* Purse form: the new PIN enciphered and MACed under DPUK. The number of the PIN is P1 with P2 00,
 * or 00 with P2 01. [purse.md C-08] */
static enum sw unblock_purse(struct chip *chip, const struct apdu *cmd, struct builder *out) {
    struct pin pin;
    struct held_key held;
    struct bytes new = bytes_of(NULL, 0);
    if (cmd->p2 > 1 || (cmd->p2 == 1 && cmd->p1 != 0)) {
        return SW_WRONG_P1P2;
    }
    enum sw sw = pin_find(chip, cmd->p1, &pin);
    sw = sw == SW_OK ? key_ready(chip, KEY_PIN_UNBLOCK, KEY_ID_FIRST, &held) : sw;
    if (sw != SW_OK) {
        return sw == SW_BLOCKED ? SW_LOCKED_FOR_EVER : sw;
    }
    sw = message_open_under(chip, &held, cmd, out->at, &new);
    if (sw == SW_SM_WRONG && tries_left(&held.key) == 0) {
        sw = message_kill_application(chip);
    }
    sw = sw == SW_OK ? pin_set(chip, &pin, new) : sw;
    key_wipe(&held);
    key_wipe(&pin.held);
    crypto_wipe(out->at, out->room);
    return sw;
}

/* What key_here is after PUK was proven: its number, or the level that the PIN came with. */
static uint16_t puk_of(const struct chip *chip, const struct pin *pin) {
    bool named = CARD_DATANG && chip->dialect == DIALECT_DATANG;
    return named ? pin->held.key.change : SOCIAL_PUK;
}

/* Social security form: after PUK, a MAC under STK; with P2 01 a new PIN in front of it. */
static enum sw unblock_social(struct chip *chip, const struct apdu *cmd, struct builder *out) {
    struct pin pin;
    struct bytes new = bytes_of(NULL, 0);
    bool reloads = cmd->p2 == P2_SOCIAL_RELOAD;
    if (cmd->p1 != 0 || (cmd->p2 != P2_SOCIAL_UNBLOCK && !reloads)) {
        return SW_WRONG_P1P2;
    }
    if (!reloads && cmd->data.len != SECURE_MAC_LEN) {
        return SW_WRONG_LENGTH;
    }
    enum sw sw = pin_find(chip, KEY_ID_FIRST, &pin);
    if (sw == SW_OK && chip->guard.key_here != puk_of(chip, &pin)) {
        sw = SW_SECURITY;
    }
    sw = sw == SW_OK ? message_open(chip, KEY_ID_FIRST, reloads, cmd, out->at, &new) : sw;
    if (sw == SW_OK) {
        sw = reloads ? pin_set(chip, &pin, new) : pin_unlock(chip, &pin);
    }
    key_wipe(&pin.held);
    crypto_wipe(out->at, out->room);
    return sw;
}

enum sw unblock_pin(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    struct chip *chip = &cos->chip;
    return chip->family == FAMILY_SOCIAL ? unblock_social(chip, cmd, out)
                                         : unblock_purse(chip, cmd, out);
}
