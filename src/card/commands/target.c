#include "card/commands/target.h"

#include "card/guard/message.h"

enum {
    CLA_SECURED = 0x04,    /* the bit that says: a MAC is with it */
    ATTR_READ_FREE = 0x80, /* b8 clear: reading must be protected, too [purse.md 2.2] */
    ATTR_WRITE_KEY = 0x03, /* b2b1: number of the maintenance key, inverted [purse.md 2.2] */
};

enum sw target_find(struct chip *chip, uint8_t sfi) {
    if (sfi > 0) {
        struct ef ef;
        enum sw sw = ef_by_sfi(&chip->store, &chip->dir, sfi, &ef);
        if (sw != SW_OK) {
            return sw;
        }
        chip->ef = ef;
        chip->record = 0;
    }
    if (chip->ef.at == 0) {
        return SW_NO_CURRENT_FILE;
    }
    return chip->ef.kind == EF_KEYS || chip->ef.kind == EF_WALLET ? SW_WRONG_FILE_TYPE : SW_OK;
}

enum sw target_readable(const struct chip *chip) {
    if (!guard_allows(chip, &chip->ef.read)) {
        return SW_SECURITY;
    }
    return chip->ef.attr & ATTR_READ_FREE ? SW_OK : SW_SM_MISSING;
}

enum sw target_writable(
    struct chip *chip, const struct apdu *cmd, uint8_t room[APDU_DATA_MAX], struct bytes *data) {
    const struct ef *ef = &chip->ef;
    (void)chip_assert(chip, ef->at != 0); /* [chip 2] */
    if (!guard_allows(chip, &ef->write)) {
        return SW_SECURITY;
    }
    if (cmd->cla & CLA_SECURED) {
        uint8_t key_id = (uint8_t)(~ef->attr & ATTR_WRITE_KEY);
        bool ciphered = (ef->protection & EF_ENCRYPTED) != 0;
        return message_open(chip, key_id, ciphered, cmd, room, data);
    }
    *data = cmd->data;
    return ef->protection == EF_PLAIN ? SW_OK : SW_SM_MISSING;
}

enum sw batch_end(struct chip *chip, enum sw sw) {
    (void)chip_assert(chip, chip->store.open);
    if (sw == SW_OK && store_commit(&chip->store)) {
        return SW_OK;
    }
    store_abandon(&chip->store);
    return sw != SW_OK ? sw : SW_MEMORY;
}
