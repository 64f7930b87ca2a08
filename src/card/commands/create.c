#include "card/commands/commands.h"
#include "card/commands/target.h"
#include "crypto/secret.h"

/* CREATE FILE, ERASE DF. [purse.md 2.2, 2.3] */

enum { TRANSPORT_LEN = 8 };

/* CREATE MF's data end with the code that opens a blank chip: its eight bytes, alone or after the
 * two bytes FF FF that other directories have there, or only the last seven [purse.md 2.2]. */
static bool transport_code_right(const struct chip *chip, struct bytes data) {
    enum { HEAD_LEN = 6, SHORTEST = 7, FILLED = 2 }; /* 38 size2 create erase app */
    uint8_t code[TRANSPORT_LEN];
    if (data.len < HEAD_LEN + SHORTEST || data.len > HEAD_LEN + FILLED + TRANSPORT_LEN) {
        return false;
    }
    size_t len = data.len - HEAD_LEN;
    len = len > TRANSPORT_LEN ? TRANSPORT_LEN : len;
    const struct nvm *nvm = chip->store.nvm;
    nvm->read(nvm->self, LAYOUT_BIRTH_TRANSPORT, code, sizeof code);
    bool right = crypto_equal(data.at + data.len - len, code + sizeof code - len, len);
    crypto_wipe(code, sizeof code);
    return right;
}

static enum sw create_master(struct chip *chip, struct bytes data) {
    struct dir master;
    if (chip->dir.depth > 0) {
        return SW_WRONG_P1P2; /* it exists */
    }
    if (!transport_code_right(chip, data)) {
        return SW_SECURITY;
    }
    store_begin(&chip->store);
    enum sw sw = batch_end(chip, tree_create_master(&chip->store, data));
    if (sw == SW_OK && chip_assert(chip, dir_master(&chip->store, &master) == SW_OK)) {
        guard_enter(chip, &master);
    }
    return sw;
}

enum sw create_file(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    (void)out;
    struct chip *chip = &cos->chip;
    struct dir_info info;
    uint16_t fid = (uint16_t)(cmd->p1 << 8 | cmd->p2);
    if (fid == FID_MF) {
        return create_master(chip, cmd->data);
    }
    if (chip->dir.depth == 0) {
        return SW_UNSUPPORTED; /* no master file */
    }
    dir_read(&chip->store, &chip->dir, &info);
    if (!guard_allows(chip, &info.create)) {
        return SW_SECURITY;
    }
    store_begin(&chip->store);
    return batch_end(chip, tree_create(&chip->store, &chip->dir, fid, cmd->data));
}

enum sw erase_directory(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    (void)out;
    struct chip *chip = &cos->chip;
    struct dir_info info;
    if (cmd->p1 != 0 || cmd->p2 != 0) {
        return SW_WRONG_P1P2;
    }
    dir_read(&chip->store, &chip->dir, &info);
    if (!guard_allows(chip, &info.erase)) {
        return SW_SECURITY;
    }
    store_begin(&chip->store);
    enum sw sw = batch_end(chip, dir_erase(&chip->store, &chip->dir));
    if (sw == SW_OK) {
        guard_erased(chip);
    }
    return sw;
}
