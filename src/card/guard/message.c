#include "card/guard/message.h"

#include "card/guard/guard.h"
#include "crypto/secret.h"

/* Takes a try, compares the MAC, gives the try back. */
static enum sw mac_try(
    struct chip *chip, struct held_key *held, const struct secure *secure, const struct apdu *cmd) {
    enum sw sw = tries_take(chip, held);
    if (sw != SW_OK) {
        return sw;
    }
    return secure_mac_right(secure, cmd) ? tries_restore(chip, held) : SW_SM_WRONG;
}

/* Nothing is tried before there is something to try; a session key wants eight random bytes. */
static enum sw message_complete(
    const struct chip *chip, enum secure_form form, const struct apdu *cmd) {
    const struct challenge *challenge = &chip->challenge;
    if (cmd->data.len < SECURE_MAC_LEN) {
        return SW_SM_MISSING;
    }
    bool enough = form == SECURE_PURSE || challenge->len >= CHALLENGE_LEN;
    return challenge_live(challenge) && enough ? SW_OK : SW_NO_CHALLENGE;
}

static void begin_secure(const struct chip *chip, enum secure_form form,
    const struct held_key *held, struct secure *secure) {
    struct secret secret = key_secret(&held->key);
    secure_begin(secure, form, &secret, &chip->challenge);
    crypto_wipe(&secret, sizeof secret);
}

/* What both forms share: MAC, then deciphering into room, unless room is NULL. */
static enum sw open_with(struct chip *chip, const struct secure *secure, struct held_key *held,
    const struct apdu *cmd, uint8_t *room, struct bytes *plain) {
    enum sw sw = mac_try(chip, held, secure, cmd);
    *plain = secure_body(cmd);
    (void)chip_assert(chip, plain->len + SECURE_MAC_LEN == cmd->data.len);
    if (sw == SW_OK && room && !secure_decipher(secure, *plain, room, plain)) {
        sw = SW_WRONG_DATA;
    }
    return sw;
}

enum sw message_kill_application(struct chip *chip) {
    (void)chip_assert(chip, chip->dir.depth > 0);
    store_begin(&chip->store);
    enum sw sw = chip_settle(chip, dir_block(&chip->store, &chip->dir, APP_DEAD));
    if (sw != SW_OK) {
        return sw;
    }
    chip->blocked = APP_DEAD;
    return SW_LOCKED_FOR_EVER;
}

/* Under the directory's maintenance key; what *secure holds is the caller's to wipe. */
static enum sw open_maintained(struct chip *chip, uint8_t key_id, const struct apdu *cmd,
    struct secure *secure, uint8_t *room, struct bytes *plain) {
    struct held_key held;
    enum secure_form form = chip->family == FAMILY_SOCIAL ? SECURE_SOCIAL : SECURE_PURSE;
    enum sw sw = message_complete(chip, form, cmd);
    if (sw == SW_OK) {
        sw = key_ready(chip, KEY_MAINTENANCE, key_id, &held);
    }
    if (sw != SW_OK) {
        return sw;
    }
    begin_secure(chip, form, &held, secure);
    sw = open_with(chip, secure, &held, cmd, room, plain);
    if (sw == SW_SM_WRONG && tries_left(&held.key) == 0) {
        sw = message_kill_application(chip);
    }
    key_wipe(&held);
    return sw;
}

enum sw message_open(struct chip *chip, uint8_t key_id, bool ciphered, const struct apdu *cmd,
    uint8_t *room, struct bytes *plain) {
    struct secure secure;
    enum sw sw = open_maintained(chip, key_id, cmd, &secure, ciphered ? room : NULL, plain);
    secure_end(&secure);
    return sw;
}

enum sw message_open_read(
    struct chip *chip, uint8_t key_id, const struct apdu *cmd, struct secure *answer) {
    struct bytes nothing;
    enum sw sw = cmd->data.len > SECURE_MAC_LEN ? SW_WRONG_LENGTH : SW_OK;
    sw = sw == SW_OK ? open_maintained(chip, key_id, cmd, answer, NULL, &nothing) : sw;
    if (sw != SW_OK) {
        secure_end(answer);
    }
    return sw;
}

enum sw message_open_under(struct chip *chip, struct held_key *held, const struct apdu *cmd,
    uint8_t *room, struct bytes *plain) {
    struct secure secure;
    enum sw sw = message_complete(chip, SECURE_PURSE, cmd);
    if (sw != SW_OK) {
        return sw;
    }
    begin_secure(chip, SECURE_PURSE, held, &secure);
    sw = open_with(chip, &secure, held, cmd, room, plain);
    secure_end(&secure);
    return sw;
}
