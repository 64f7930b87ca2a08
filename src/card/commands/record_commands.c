#include "card/commands/commands.h"
#include "card/commands/target.h"
#include "card/files/record.h"

/* READ, UPDATE and APPEND RECORD: by number, by tag, one after the other. [purse.md 4.1; card.md
 * 2.3] */

enum {
    P2_SFI_SHIFT = 3,
    P2_MODE = 0x07,
    MODE_ALL = 5, /* all records from P1 on; reading only */
    SFI_RESERVED = 31,
};

/* The file of P2, which becomes current. */
static enum sw record_file(struct chip *chip, uint8_t p2) {
    uint8_t sfi = p2 >> P2_SFI_SHIFT;
    return sfi == SFI_RESERVED ? SW_WRONG_P1P2 : target_find(chip, sfi);
}

/* The record of P1 and P2's mode, which becomes current. */
static enum sw record_pick_out(struct chip *chip, const struct apdu *cmd, uint8_t *number) {
    enum record_pick pick = (enum record_pick)(cmd->p2 & P2_MODE);
    return record_find(&chip->store, &chip->ef, pick, cmd->p1, chip->record, number);
}

/* As many whole records from `first` on as an answer of `max` bytes can carry. */
static enum sw read_all(const struct chip *chip, uint8_t first, uint16_t max, struct builder *out) {
    uint8_t count = record_count(&chip->store, &chip->ef);
    enum sw sw = first >= 1 && first <= count ? SW_OK : SW_RECORD_NOT_FOUND;
    for (unsigned i = first; i <= count && sw == SW_OK; i++) {
        uint16_t len = record_len(&chip->store, &chip->ef, (uint8_t)i);
        if (out->len + len > max) {
            break;
        }
        sw = record_read(&chip->store, &chip->ef, (uint8_t)i, out);
    }
    return sw == SW_OK && out->len == 0 ? SW_UNSUPPORTED : sw; /* not even one */
}

/* One record, which becomes current. A longer one than a sealed answer carries is not shortened. */
static enum sw read_one(
    struct chip *chip, const struct apdu *cmd, uint16_t max, struct builder *out) {
    uint8_t number = 0;
    enum sw sw = record_pick_out(chip, cmd, &number);
    if (sw == SW_OK && record_len(&chip->store, &chip->ef, number) > max) {
        sw = SW_UNSUPPORTED;
    }
    if (sw != SW_OK) {
        return sw;
    }
    chip->record = number;
    return record_read(&chip->store, &chip->ef, number, out);
}

enum sw read_record(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    struct chip *chip = &cos->chip;
    struct reading reading = {0};
    uint8_t mode = cmd->p2 & P2_MODE;
    enum sw sw = mode > MODE_ALL ? SW_WRONG_P1P2 : record_file(chip, cmd->p2);
    sw = sw == SW_OK ? target_readable(chip, cmd, &reading) : sw;
    if (sw == SW_OK) {
        uint16_t max = reading_max(&reading);
        sw = mode == MODE_ALL ? read_all(chip, cmd->p1, max, out) : read_one(chip, cmd, max, out);
    }
    return reading_end(chip, &reading, sw, out);
}

/* A cyclic file is written by becoming its record 1: "previous" means that in the purse dialect,
 * and number 01 in the social security one. [purse.md C-21; card.md 2.3] */
static bool means_append(const struct chip *chip, const struct apdu *cmd) {
    uint8_t mode = cmd->p2 & P2_MODE;
    if (chip->ef.kind != EF_CYCLIC) {
        return false;
    }
    return mode == PICK_PREVIOUS || mode == PICK_NEXT
           || (chip->family == FAMILY_SOCIAL && mode == PICK_NUMBER && cmd->p1 <= 1);
}

static enum sw update_in_place(struct chip *chip, const struct apdu *cmd, struct bytes data) {
    uint8_t number = 0;
    enum sw sw = record_pick_out(chip, cmd, &number);
    if (sw != SW_OK) {
        return sw;
    }
    store_begin(&chip->store);
    sw = batch_end(chip, record_update(&chip->store, &chip->ef, number, data));
    chip->record = sw == SW_OK ? number : chip->record;
    return sw;
}

static enum sw append(struct chip *chip, struct bytes data) {
    store_begin(&chip->store);
    return batch_end(chip, record_append(&chip->store, &chip->ef, data));
}

enum sw update_record(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    struct chip *chip = &cos->chip;
    struct bytes data = bytes_of(NULL, 0);
    enum sw sw = (cmd->p2 & P2_MODE) > PICK_NUMBER ? SW_WRONG_P1P2 : record_file(chip, cmd->p2);
    sw = sw == SW_OK ? target_writable(chip, cmd, out->at, &data) : sw;
    if (sw != SW_OK) {
        return sw;
    }
    return means_append(chip, cmd) ? append(chip, data) : update_in_place(chip, cmd, data);
}

/* UPDATE CAPP DATA CACHE: like UPDATE RECORD, but the record waits for the debit. Whatever refuses
 * it ends the purchase. [purse.md 4.3, 4.11] */
enum sw update_capp_cache(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    struct chip *chip = &cos->chip;
    struct bytes data = bytes_of(NULL, 0);
    struct compound_place place = {.sfi = cmd->p2 >> P2_SFI_SHIFT};
    uint8_t mode = cmd->p2 & P2_MODE;
    if (!purse_compound(&cos->purse)) {
        return SW_WRONG_STATE;
    }
    bool known = place.sfi > 0 && (mode == PICK_FIRST || mode == PICK_NUMBER);
    enum sw sw = known ? record_file(chip, cmd->p2) : SW_WRONG_P1P2;
    sw = sw == SW_OK ? target_writable(chip, cmd, out->at, &data) : sw;
    sw = sw == SW_OK ? record_pick_out(chip, cmd, &place.number) : sw;
    sw = sw == SW_OK ? purse_keep(chip, &cos->purse, &chip->ef, place, data) : sw;
    if (sw == SW_OK) {
        purse_outlive(&cos->purse);
    } else {
        purse_forget(&cos->purse);
    }
    return sw;
}

enum sw append_record(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    struct chip *chip = &cos->chip;
    struct bytes data = bytes_of(NULL, 0);
    uint8_t mode = cmd->p2 & P2_MODE;
    bool known = cmd->p1 == 0 && (mode == PICK_NUMBER || mode == PICK_FIRST);
    enum sw sw = known ? record_file(chip, cmd->p2) : SW_WRONG_P1P2;
    sw = sw == SW_OK ? target_writable(chip, cmd, out->at, &data) : sw;
    return sw == SW_OK ? append(chip, data) : sw;
}
