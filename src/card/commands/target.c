#include "card/commands/target.h"

#include "card/guard/message.h"

enum {
    CLA_SECURED = 0x04,    /* the bit that says: a MAC is with it */
    ATTR_READ_FREE = 0x80, /* b8 clear: reading must be protected, too [purse.md 2.2] */
    ATTR_KEY = 0x03,       /* b2b1: number of the maintenance key, inverted [purse.md 2.2] */
    ATTR_READ_SHIFT = 2,   /* b4b3: the same for reading */
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

enum sw target_readable(struct chip *chip, const struct apdu *cmd, struct reading *reading) {
    const struct ef *ef = &chip->ef;
    bool secured = (cmd->cla & CLA_SECURED) != 0;
    if (!guard_allows(chip, &ef->read)) {
        return SW_SECURITY;
    }
    if (ef->attr & ATTR_READ_FREE) {
        return secured ? SW_LINE_PROTECTION : SW_OK;
    }
    if (!secured) {
        return SW_SM_MISSING;
    }
    uint8_t key_id = (uint8_t)(~(ef->attr >> ATTR_READ_SHIFT) & ATTR_KEY);
    enum sw sw = message_open_read(chip, key_id, cmd, &reading->secure);
    reading->sealed = sw == SW_OK;
    reading->ciphered = (ef->protection & EF_ENCRYPTED) != 0;
    return sw;
}

enum sw reading_end(struct chip *chip, struct reading *reading, enum sw sw, struct builder *out) {
    if (sw == SW_OK && reading->sealed) {
        (void)chip_assert(chip, out->len > 0 && out->len <= secure_read_max(&reading->secure));
        secure_seal(&reading->secure, reading->ciphered, out);
    }
    secure_end(&reading->secure);
    return sw;
}

enum sw target_writable(
    struct chip *chip, const struct apdu *cmd, uint8_t room[APDU_DATA_MAX], struct bytes *data) {
    const struct ef *ef = &chip->ef;
    (void)chip_assert(chip, ef->at != 0); /* [chip 2] */
    if (!guard_allows(chip, &ef->write)) {
        return SW_SECURITY;
    }
    if (cmd->cla & CLA_SECURED) {
        uint8_t key_id = (uint8_t)(~ef->attr & ATTR_KEY);
        bool ciphered = (ef->protection & EF_ENCRYPTED) != 0;
        return message_open(chip, key_id, ciphered, cmd, room, data);
    }
    *data = cmd->data;
    return ef->protection == EF_PLAIN ? SW_OK : SW_SM_MISSING;
}
