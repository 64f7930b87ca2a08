#include "card/commands/commands.h"
#include "card/commands/target.h"
#include "card/files/binary.h"

/* READ BINARY, UPDATE BINARY: bytes by offset. [purse.md 4.1] */

enum {
    P1_HAS_SFI = 0x80,
    P1_SFI_MARK = 0xE0, /* b8b7b6 = 100: the low five bits are a short file identifier */
    P1_SFI = 0x1F,
};

/* P1 and P2: a short identifier and a short offset, or an offset into the current file. */
static enum sw place(struct chip *chip, const struct apdu *cmd, uint16_t *offset) {
    if ((cmd->p1 & P1_HAS_SFI) == 0) {
        *offset = (uint16_t)(cmd->p1 << 8 | cmd->p2);
        return target_find(chip, 0);
    }
    if ((cmd->p1 & P1_SFI_MARK) != P1_HAS_SFI || (cmd->p1 & P1_SFI) == 0) {
        return SW_WRONG_P1P2;
    }
    *offset = cmd->p2;
    return target_find(chip, cmd->p1 & P1_SFI);
}

enum sw read_binary(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    struct chip *chip = &cos->chip;
    struct reading reading = {0};
    uint16_t offset = 0;
    enum sw sw = place(chip, cmd, &offset);
    sw = sw == SW_OK ? target_readable(chip, cmd, &reading) : sw;
    if (sw == SW_OK) {
        /* Le counts the data of the file, not the MAC behind them. */
        uint16_t max = reading_max(&reading);
        uint16_t len = cmd->le == 0 || cmd->le > max ? max : cmd->le;
        sw = binary_read(&chip->store, &chip->ef, offset, len, out);
    }
    return reading_end(chip, &reading, sw, out);
}

enum sw update_binary(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    uint16_t offset = 0;
    struct bytes data = bytes_of(NULL, 0);
    enum sw sw = place(&cos->chip, cmd, &offset);
    sw = sw == SW_OK ? target_writable(&cos->chip, cmd, out->at, &data) : sw;
    if (sw != SW_OK) {
        return sw;
    }
    store_begin(&cos->chip.store);
    return batch_end(&cos->chip, binary_update(&cos->chip.store, &cos->chip.ef, offset, data));
}
