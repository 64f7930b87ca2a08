#include "base/features.h"
#include "card/commands/commands.h"
#include "card/commands/target.h"
#include "card/guard/message.h"

/* APPLICATION BLOCK, APPLICATION UNBLOCK, CARD BLOCK: a MAC under the maintenance key of the
 * directory; in a social security directory after its lock key was proven. [purse.md 4.2; card.md
 * 5.2, 6] */

enum {
    MAINTENANCE_KEY = 0x00,
    SOCIAL_LOCK_KEY = 0x83, /* LK of an application */
    SOCIAL_CARD_KEY = 0x07, /* BK */
    MASTER_DEPTH = 1,
};

/* Whether the key that may lock was proven: on a chip of the second dialect the directory says its
 * level, where 00 asks for none. [card.md 2.8; decision 0024] */
static bool lock_key_proven(const struct chip *chip, uint16_t social_key) {
    struct dir_info info;
    if (chip->family != FAMILY_SOCIAL) {
        return true;
    }
    if (!CARD_DATANG || chip->dialect != DIALECT_DATANG) {
        return chip->guard.key_here == social_key;
    }
    dir_read(&chip->store, &chip->dir, &info);
    struct right lock = right_control(SCW_AND, CONTROL_FREE, info.lock_level);
    return guard_allows(chip, &lock);
}

/* What all three have in common. */
static enum sw lock_allowed(struct chip *chip, const struct apdu *cmd, uint16_t social_key) {
    struct bytes nothing = bytes_of(NULL, 0);
    if (cmd->data.len != SECURE_MAC_LEN) {
        return SW_WRONG_LENGTH;
    }
    if (!lock_key_proven(chip, social_key)) {
        return SW_SECURITY;
    }
    return message_open(chip, MAINTENANCE_KEY, false, cmd, NULL, &nothing);
}

static enum sw set_block(struct chip *chip, enum app_block block) {
    store_begin(&chip->store);
    enum sw sw = batch_end(chip, dir_block(&chip->store, &chip->dir, (uint8_t)block));
    if (sw == SW_OK) {
        guard_reblock(chip);
    }
    return sw;
}

enum sw block_application(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    (void)out;
    static const enum app_block by_p2[] = {APP_BLOCKED, APP_DEAD};
    struct chip *chip = &cos->chip;
    if (cmd->p1 != 0 || cmd->p2 >= sizeof by_p2 / sizeof by_p2[0]) {
        return SW_WRONG_P1P2;
    }
    if (chip->dir.depth == MASTER_DEPTH) {
        return SW_CONDITIONS; /* that is what CARD BLOCK is for */
    }
    enum sw sw = lock_allowed(chip, cmd, SOCIAL_LOCK_KEY);
    return sw == SW_OK ? set_block(chip, by_p2[cmd->p2]) : sw;
}

enum sw unblock_application(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    (void)out;
    struct chip *chip = &cos->chip;
    if (cmd->p1 != 0 || cmd->p2 != 0) {
        return SW_WRONG_P1P2;
    }
    enum sw sw = lock_allowed(chip, cmd, SOCIAL_LOCK_KEY);
    return sw == SW_OK ? set_block(chip, APP_FREE) : sw;
}

enum sw block_card(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    (void)out;
    struct chip *chip = &cos->chip;
    if (cmd->p1 != 0 || cmd->p2 != 0) {
        return SW_WRONG_P1P2;
    }
    if (chip->family == FAMILY_PURSE && chip->dir.depth != MASTER_DEPTH) {
        return SW_CONDITIONS; /* only the master file's maintenance key may */
    }
    enum sw sw = lock_allowed(chip, cmd, SOCIAL_CARD_KEY);
    return sw == SW_OK ? chip_block(chip) : sw;
}
