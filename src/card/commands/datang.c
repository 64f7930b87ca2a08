/* Making files the way of the Datang chips: the form is theirs, the tree is ours.
 *
 *     80 E0 03 00  code 8              shows the transport code
 *     80 E0 01 00  directory or file   makes it
 *     80 E0 02 00                      ends the making of the current directory, for ever
 *     80 E0 05 00  00 00 serial 6      T8 to TD of the answer to reset
 *     00 14 00 00  3B 6D 00 00 head 7  T1 to T7
 *     80 E1 00 kind  FID 2             deletes: 01 a DDF or the master file, 02 an ADF, 03 a file
 *     00 D2 nn SFI  record             writes record nn, the next one, too
 *
 * Each form is translated here, at the border, into the data field of the first dialect and into a
 * linked directory (card/files/tree.h). What card.md leaves open is chosen in decision 0024.
 * [card.md 1.1, 2.8] */
#include "card/commands/commands.h"
#include "card/commands/target.h"
#include "card/files/record.h"
#include "crypto/secret.h"

enum {
    P1_CREATE = 0x01,
    P1_END = 0x02,
    P1_TRANSPORT = 0x03,
    P1_SERIAL = 0x05,
    KIND_DDF = 0x01,
    KIND_ADF = 0x02,
    KIND_EF = 0x03,
    TYPE_INTERNAL = 0xC3, /* keys, or the account of a directory */
    TRANSPORT_LEN = 8,
    EF_LEN = 16,
    FORM_MAX = TREE_DIR_DATA_MAX,
    RECORDS_MAX = 255,
    WALLET_LOG = 0x18, /* of an account whose file names no other log */
    MEDICAL_LOG = 0x08,
    SERIAL_LEN = 6,
    ATR_HEAD_LEN = 11, /* TS, T0, TB1, TC1 and T1 to T7 */
    FIRST_OF_SERIAL = CHIP_HISTORICAL_LEN - SERIAL_LEN,
};

/* Types of files, and what they are in the tree. D6, the list of applications, is a file of TLV
 * records like others. */
static const struct kind {
    uint8_t type;
    uint8_t kind; /* enum ef_kind */
    bool records; /* of one length each */
} kinds[] = {
    {0xC4, EF_BINARY,   false},
    {0xC5, EF_FIXED,    true },
    {0xC6, EF_VARIABLE, false},
    {0xC7, EF_CYCLIC,   true },
    {0xD6, EF_VARIABLE, false},
};

/* The data field of CREATE for a file, taken apart. */
struct ef_form {
    uint16_t size, fid, read, write;
    uint8_t type, protection, sfi, scw, record_len;
};

/* --- who may ------------------------------------------------------------------------------ */

/* Whether anything may be made, deleted or ended in the current directory. */
static enum sw may_make(const struct chip *chip, struct dir_info *info) {
    dir_read(&chip->store, &chip->dir, info);
    if (info->closed) {
        return SW_CONDITIONS;
    }
    bool open = chip->dir.depth > 0 ? chip->guard.open : chip->opened;
    return open ? SW_OK : SW_SECURITY;
}

/* While the master file is being made, so long does the code count. */
static enum sw show_transport(struct chip *chip, struct bytes code) {
    struct dir master;
    struct dir_info info = {0};
    uint8_t right[TRANSPORT_LEN];
    if (code.len != sizeof right) {
        return SW_WRONG_LENGTH;
    }
    if (dir_master(&chip->store, &master) == SW_OK) {
        dir_read(&chip->store, &master, &info);
    }
    if (info.closed) {
        return SW_CONDITIONS;
    }
    const struct nvm *nvm = chip->store.nvm;
    nvm->read(nvm->self, LAYOUT_BIRTH_TRANSPORT, right, sizeof right);
    chip->opened = crypto_equal(right, code.at, sizeof right);
    crypto_wipe(right, sizeof right);
    if (!chip->guard.open) {
        guard_reopen(chip);
    }
    return chip->opened ? SW_OK : SW_SECURITY;
}

/* --- directories -------------------------------------------------------------------------- */

/* `lock2 create2 family FID2 kind algorithm 00 FCI 00 00 SF 00 TF name` becomes `B8 lock SF create2
 * FCI family algorithm name`. Locking asks in the directory itself, so the first byte is 00. */
static enum sw decode_directory(struct bytes data, uint16_t *fid, struct builder *form) {
    struct cursor c = cursor_over(data);
    uint8_t lock_above = cursor_u8(&c);
    uint8_t lock = cursor_u8(&c);
    uint16_t create = cursor_u16(&c);
    uint8_t family = cursor_u8(&c);
    *fid = cursor_u16(&c);
    uint8_t kind = cursor_u8(&c);
    uint8_t algorithm = cursor_u8(&c);
    uint8_t zero = cursor_u8(&c);
    uint8_t fci = cursor_u8(&c);
    zero |= cursor_u8(&c);
    zero |= cursor_u8(&c);
    uint8_t keys = cursor_u8(&c);
    zero |= cursor_u8(&c);
    uint8_t account = cursor_u8(&c);
    bool known = (family == FAMILY_SOCIAL || family == FAMILY_PURSE)
                 && (kind == KIND_DDF || kind == KIND_ADF) && lock_above == 0 && zero == 0;
    if (!known || keys > TREE_SFI_MAX || account > TREE_SFI_MAX) {
        return SW_WRONG_DATA;
    }
    put_u8(form, TREE_LINKED);
    put_u8(form, lock);
    put_u8(form, keys);
    put_u16(form, create);
    put_u8(form, fci);
    put_u8(form, family);
    put_u8(form, algorithm);
    put_bytes(form, c.rest);
    return form->overflowed ? SW_WRONG_LENGTH : SW_OK;
}

/* The master file needs the transport code and a blank chip. */
static enum sw create_master(struct chip *chip, struct bytes form) {
    struct dir master;
    if (chip->dir.depth > 0) {
        return SW_WRONG_P1P2; /* it exists */
    }
    store_begin(&chip->store);
    enum sw sw = batch_end(chip, tree_create_linked_master(&chip->store, form));
    if (sw == SW_OK && chip_assert(chip, dir_master(&chip->store, &master) == SW_OK)) {
        guard_enter(chip, &master);
    }
    return sw;
}

static enum sw create_in_tree(struct chip *chip, uint16_t fid, struct bytes form) {
    (void)chip_assert(chip, form.len > 0 && form.len <= FORM_MAX); /* translated whole */
    (void)chip_assert(chip, chip->dir.depth > 0);
    store_begin(&chip->store);
    return batch_end(chip, tree_create(&chip->store, &chip->dir, fid, form));
}

static enum sw create_directory(struct chip *chip, struct bytes data) {
    uint8_t room[FORM_MAX];
    struct builder form = builder_in(room, sizeof room);
    uint16_t fid = 0;
    enum sw sw = decode_directory(data, &fid, &form);
    if (sw != SW_OK) {
        return sw;
    }
    if (fid == FID_MF) {
        return create_master(chip, builder_bytes(&form));
    }
    return chip->dir.depth == 0 ? SW_UNSUPPORTED : create_in_tree(chip, fid, builder_bytes(&form));
}

/* --- files -------------------------------------------------------------------------------- */

/* `00 00 00 size2 FID2 type protection SFI SCW record read2 write2`, EF_LEN bytes. */
static bool decode_ef(struct bytes data, struct ef_form *out) {
    struct cursor c = cursor_over(data);
    uint16_t zero = cursor_u16(&c);
    zero |= cursor_u8(&c);
    out->size = cursor_u16(&c);
    out->fid = cursor_u16(&c);
    out->type = cursor_u8(&c);
    out->protection = cursor_u8(&c);
    out->sfi = cursor_u8(&c);
    out->scw = cursor_u8(&c);
    out->record_len = cursor_u8(&c);
    out->read = cursor_u16(&c);
    out->write = cursor_u16(&c);
    uint8_t protection = (uint8_t) ~(EF_MACED | EF_ENCRYPTED);
    return cursor_finished(&c) && zero == 0 && (out->protection & protection) == 0;
}

/* How many records of its length a file has room for; 0 when they do not fill it, or are too many.
 * Chips of this size have no division. */
static uint8_t count_records(const struct ef_form *ef) {
    uint16_t count = 0, rest = ef->size;
    while (ef->record_len > 0 && rest >= ef->record_len && count <= RECORDS_MAX) {
        rest = (uint16_t)(rest - ef->record_len);
        count++;
    }
    return rest == 0 && count <= RECORDS_MAX ? (uint8_t)count : 0;
}

/* Files of data: `type size2 scw read2 write2`. Their short identifier is the end of the FID, and
 * may be said again. [card.md 2.3] */
static enum sw put_data_file(const struct ef_form *ef, struct builder *form) {
    const struct kind *kind = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        kind = kinds[i].type == ef->type ? &kinds[i] : kind;
    }
    if (!kind || (ef->sfi != 0 && ef->sfi != sfi_of_fid(ef->fid)) || ef->fid == FID_KEYS) {
        return SW_WRONG_DATA;
    }
    put_u8(form, kind->kind | ef->protection);
    if (kind->records) {
        put_u8(form, count_records(ef));
        put_u8(form, ef->record_len);
    } else {
        put_u16(form, ef->size);
    }
    put_u8(form, ef->scw);
    put_u16(form, ef->read);
    put_u16(form, ef->write);
    return SW_OK;
}

/* Internal files: the one with the short identifier that the directory announced holds its keys,
 * any other an account, the log's short identifier of which stands in the place of a record's
 * length. An account is as large as the purse makes it, whatever the size says. */
static enum sw put_internal_file(
    const struct dir_info *info, struct ef_form *ef, struct builder *form) {
    if (ef->sfi == info->keys_sfi) {
        ef->fid = FID_KEYS;
        put_u8(form, EF_KEYS);
        put_u16(form, ef->size);
        put_u8(form, 0);
        put_u8(form, RIGHT_NEVER); /* WRITE KEY asks another question here */
        put_u16(form, 0xFFFF);
        return SW_OK;
    }
    if (ef->sfi != sfi_of_fid(ef->fid) || ef->fid == FID_KEYS) {
        return SW_WRONG_DATA;
    }
    put_u8(form, EF_WALLET);
    put_u16(form, 0x0208);
    put_u8(form, ef->read == 0 ? RIGHT_FREE : RIGHT_PROVEN);
    put_u16(form, 0x00FF);
    uint8_t log = info->family == FAMILY_SOCIAL ? MEDICAL_LOG : WALLET_LOG;
    put_u8(form, ef->record_len ? ef->record_len : log);
    return SW_OK;
}

static enum sw create_ef(struct chip *chip, const struct dir_info *info, struct bytes data) {
    uint8_t room[FORM_MAX];
    struct builder form = builder_in(room, sizeof room);
    struct ef_form ef;
    if (chip->dir.depth == 0) {
        return SW_UNSUPPORTED;
    }
    if (!decode_ef(data, &ef)) {
        return SW_WRONG_DATA;
    }
    enum sw sw = ef.type == TYPE_INTERNAL ? put_internal_file(info, &ef, &form)
                                          : put_data_file(&ef, &form);
    return sw == SW_OK ? create_in_tree(chip, ef.fid, builder_bytes(&form)) : sw;
}

/* A file's data have EF_LEN bytes, a directory's have a name behind as many. */
static enum sw create(struct chip *chip, struct bytes data) {
    struct dir_info info;
    enum sw sw = may_make(chip, &info);
    if (sw != SW_OK) {
        return sw;
    }
    if (data.len < EF_LEN) {
        return SW_WRONG_LENGTH;
    }
    return data.len == EF_LEN ? create_ef(chip, &info, data) : create_directory(chip, data);
}

/* --- the end of making -------------------------------------------------------------------- */

/* A directory without a main control key would be nobody's: it cannot be ended. */
static enum sw end_making(struct chip *chip, struct bytes data) {
    struct dir_info info;
    enum sw sw = data.len == 0 ? may_make(chip, &info) : SW_WRONG_LENGTH;
    if (sw == SW_OK && !key_exists(&chip->store, &chip->dir, KEY_EXTERNAL, 0)) {
        sw = SW_CONDITIONS;
    }
    if (sw != SW_OK) {
        return sw;
    }
    store_begin(&chip->store);
    sw = batch_end(chip, dir_close(&chip->store, &chip->dir));
    guard_reopen(chip);
    (void)chip_assert(chip, sw != SW_OK || !chip->guard.open); /* ended is not open */
    return sw;
}

/* --- the answer to reset ------------------------------------------------------------------ */

/* Before the master file is ended: afterwards a chip has its number for ever. */
static enum sw set_historical(struct chip *chip, uint8_t at, struct bytes part) {
    struct dir master;
    struct dir_info info = {0};
    if (dir_master(&chip->store, &master) == SW_OK) {
        dir_read(&chip->store, &master, &info);
    }
    if (info.closed) {
        return SW_CONDITIONS;
    }
    return chip->opened ? chip_set_historical(chip, at, part) : SW_SECURITY;
}

static enum sw set_serial(struct chip *chip, struct bytes data) {
    struct cursor c = cursor_over(data);
    uint16_t zero = cursor_u16(&c);
    if (c.rest.len != SERIAL_LEN) {
        return SW_WRONG_LENGTH;
    }
    return zero == 0 ? set_historical(chip, FIRST_OF_SERIAL, c.rest) : SW_WRONG_DATA;
}

enum sw datang_make(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    (void)out;
    struct chip *chip = &cos->chip;
    if (cmd->p2 != 0) {
        return SW_WRONG_P1P2;
    }
    switch (cmd->p1) {
    case P1_CREATE:
        return create(chip, cmd->data);
    case P1_END:
        return chip->dir.depth == 0 ? SW_UNSUPPORTED : end_making(chip, cmd->data);
    case P1_TRANSPORT:
        return show_transport(chip, cmd->data);
    case P1_SERIAL:
        return set_serial(chip, cmd->data);
    default:
        return SW_WRONG_P1P2;
    }
}

/* The first four bytes say direct convention, T=0 and thirteen historical bytes, and cannot change.
 * [card.md 1] */
enum sw datang_atr_head(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    (void)out;
    enum { FIXED = 0x3B6D };
    struct cursor c = cursor_over(cmd->data);
    if (cmd->p1 != 0 || cmd->p2 != 0) {
        return SW_WRONG_P1P2;
    }
    if (cmd->data.len != ATR_HEAD_LEN) {
        return SW_WRONG_LENGTH;
    }
    bool fixed = cursor_u16(&c) == FIXED;
    fixed = cursor_u16(&c) == 0 && fixed;
    return fixed ? set_historical(&cos->chip, 0, c.rest) : SW_WRONG_DATA;
}

/* --- deleting, writing records ------------------------------------------------------------ */

/* The master file goes with everything, and leaves a blank chip. */
static enum sw delete_master(struct chip *chip) {
    bool opened = chip->opened;
    if (chip->dir.depth != 1) {
        return SW_CONDITIONS;
    }
    store_begin(&chip->store);
    enum sw sw = batch_end(chip, tree_format(&chip->store));
    if (sw == SW_OK) {
        chip_wake(chip);
        chip->opened = opened;
        (void)chip_assert(chip, chip->dir.depth == 0); /* as blank as before */
    }
    return sw;
}

enum sw datang_delete(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    (void)out;
    struct chip *chip = &cos->chip;
    struct dir_info info;
    struct cursor c = cursor_over(cmd->data);
    uint16_t fid = cursor_u16(&c);
    if (cmd->p1 != 0 || cmd->p2 < KIND_DDF || cmd->p2 > KIND_EF) {
        return SW_WRONG_P1P2;
    }
    if (!cursor_finished(&c)) {
        return SW_WRONG_LENGTH;
    }
    enum sw sw = may_make(chip, &info);
    if (sw != SW_OK) {
        return sw;
    }
    if (cmd->p2 == KIND_DDF && fid == FID_MF) {
        return delete_master(chip);
    }
    store_begin(&chip->store);
    sw = batch_end(chip, tree_delete(&chip->store, &chip->dir, fid, cmd->p2 != KIND_EF));
    if (sw == SW_OK) {
        chip->ef = (struct ef){0}; /* it may have been the current one */
        chip->record = 0;
    }
    return sw;
}

/* Record nn of a file that is being filled may be its next one; later only one that exists. */
enum sw datang_write_record(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    (void)out;
    struct chip *chip = &cos->chip;
    uint8_t room[APDU_DATA_MAX];
    struct bytes data = {0};
    if (cmd->p1 == 0 || cmd->p2 > TREE_SFI_MAX) {
        return SW_WRONG_P1P2;
    }
    enum sw sw = target_find(chip, cmd->p2);
    sw = sw == SW_OK ? target_writable(chip, cmd, room, &data) : sw;
    if (sw != SW_OK) {
        return sw;
    }
    bool next = cmd->p1 - 1u == record_count(&chip->store, &chip->ef);
    store_begin(&chip->store);
    sw = next ? record_append(&chip->store, &chip->ef, data)
              : record_update(&chip->store, &chip->ef, cmd->p1, data);
    return batch_end(chip, sw);
}
