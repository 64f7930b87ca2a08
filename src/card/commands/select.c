#include "base/features.h"
#include "card/commands/commands.h"
#include "card/files/binary.h"
#include "card/files/record.h"

/* SELECT: by name or by file identifier, and what a directory says of itself. [purse.md 3.1, 4.1;
 * card.md 2.2] */

enum {
    BY_FID = 0x00,
    BY_FID_CHILD = 0x01,
    BY_FID_FILE = 0x02,
    BY_NAME = 0x04,
    SAY_FCI = 0x00,
    SAY_NOTHING = 0x0C,
    SAY_NEXT = 0x02, /* the next directory of this name */
    TAG_FCI = 0x6F,
    TAG_FCI_RECORD = 0x70,
    TAG_NAME = 0x84,
    TAG_PROPRIETARY = 0xA5,
    TAG_DIR_SFI = 0x88,
    APP_FILE_EF15 = 0x95, /* "answer with EF15" [purse.md 2.2] */
    SFI_EF15 = 0x15,
    FCI_ISSUER_MAX = 104, /* an FCI of 127 bytes with the longest name: lengths of one byte */
};

/* Begins a data object of an answer: its tag, of one byte or two, and room for its length. Returns
 * where its value begins. */
static size_t open_tlv(struct builder *b, uint16_t tag) {
    put_number(b, tag, tag > 0xFF ? 2 : 1);
    put_u8(b, 0);
    return b->len;
}

/* Everything since then is its value. */
static void close_tlv(struct builder *b, size_t value) {
    if (!b->overflowed) {
        b->at[value - 1] = (uint8_t)(b->len - value);
    }
}

static void put_tlv(struct builder *b, uint16_t tag, const void *value, size_t len) {
    size_t begun = open_tlv(b, tag);
    put_bytes(b, bytes_of(value, len));
    close_tlv(b, begun);
}

/* What stands in A5: EF15 of an application; the SFI of a DIR file, and with it the cipher where it
 * is not 3DES; or nothing. */
static void put_proprietary(
    const struct chip *chip, const struct dir_info *info, struct builder *b) {
    enum { TAG_ISSUER_DATA = 0x9F0C, TAG_ALGORITHM = 0x86 };
    struct ef ef;
    if (info->app_file == APP_FILE_EF15) {
        size_t before = b->len;
        size_t value = open_tlv(b, TAG_ISSUER_DATA);
        if (ef_by_sfi(&chip->store, &chip->dir, SFI_EF15, &ef) == SW_OK
            && binary_read(&chip->store, &ef, 0, FCI_ISSUER_MAX, b) == SW_OK) {
            close_tlv(b, value);
        } else {
            b->len = before;
        }
    } else if (!info->linked && info->app_file > 0 && info->app_file <= TREE_SFI_MAX) {
        put_tlv(b, TAG_DIR_SFI, &info->app_file, 1);
        if (CARD_SM4 && info->algorithm == ALGORITHM_SM4) { /* 3.0 [card.md 2.2] */
            static const uint8_t algorithm[] = {TAG_ALGORITHM, 1, ALGORITHM_SM4};
            put_tlv(b, TAG_ISSUER_DATA, algorithm, sizeof algorithm);
        }
    }
}

/* The file of FCI records of a directory; false when it has none. */
static bool fci_file(const struct chip *chip, const struct dir *dir, struct ef *ef) {
    struct dir_info info;
    dir_read(&chip->store, dir, &info);
    return info.app_file > 0 && info.app_file <= TREE_SFI_MAX
           && ef_by_sfi(&chip->store, dir, info.app_file, ef) == SW_OK && ef->kind == EF_VARIABLE;
}

/* What a record `70 len FID len 6F ..` keeps for a directory. */
static struct bytes fci_of_record(struct bytes record, uint16_t fid) {
    struct cursor c = cursor_over(record);
    bool template = cursor_u8(&c) == TAG_FCI_RECORD;
    (void)cursor_u8(&c);
    bool meant = cursor_u16(&c) == fid;
    struct bytes fci = cursor_take(&c, cursor_u8(&c));
    return template && meant && !c.overran ? fci : (struct bytes){0};
}

/* A chip of the second dialect was told its answers at the making: in the file that the directory
 * names, or the one above it. Each record is looked at where the answer will stand. [card.md 2.8;
 * decision 0024] */
static bool put_recorded_fci(const struct chip *chip, uint16_t fid, struct builder *out) {
    struct dir at = chip->dir;
    struct ef ef;
    bool found = fci_file(chip, &at, &ef) || (dir_above(&at, &at) && fci_file(chip, &at, &ef));
    uint8_t count = found ? record_count(&chip->store, &ef) : 0;
    for (unsigned i = 1; i <= count; i++) {
        out->len = 0;
        (void)record_read(&chip->store, &ef, (uint8_t)i, out);
        struct bytes fci = fci_of_record(builder_bytes(out), fid);
        out->len = fci.len;
        if (fci.len > 0) {
            (void)memmove(out->at, fci.at, fci.len);
            return true;
        }
    }
    return false;
}

/* 6F { 84 name, A5 { .. } }: A5 is left out where it has nothing to say. */
__attribute__((noinline)) /* its frame is not there while the directory is entered */
static void
put_fci(const struct chip *chip, struct builder *out) {
    struct dir_info info;
    dir_read(&chip->store, &chip->dir, &info);
    if (CARD_DATANG && info.linked && put_recorded_fci(chip, info.fid, out)) {
        return;
    }
    size_t fci = open_tlv(out, TAG_FCI);
    put_tlv(out, TAG_NAME, info.name, info.name_len);
    size_t inner = open_tlv(out, TAG_PROPRIETARY);
    put_proprietary(chip, &info, out);
    if (out->len > inner) {
        close_tlv(out, inner);
    } else {
        out->len -= 2;
    }
    close_tlv(out, fci);
}

/* Makes a directory current and says its FCI; with a warning when it is blocked. */
static enum sw enter(struct cos *cos, const struct dir *dir, uint8_t say, struct builder *out) {
    guard_enter(&cos->chip, dir);
    store_tidy(&cos->chip.store); /* now, so that the money to come need not wait for it */
    if (say == SAY_FCI) {
        put_fci(&cos->chip, out);
    }
    return cos->chip.blocked == APP_FREE ? SW_OK : SW_FILE_INVALIDATED;
}

static enum sw select_by_name(
    struct cos *cos, struct bytes name, uint8_t say, struct builder *out) {
    struct dir dir;
    enum sw sw = dir_by_name(&cos->chip.store, &cos->chip.dir, name, &dir);
    return sw == SW_OK ? enter(cos, &dir, say, out) : sw;
}

/* A file of the current directory, or a child of it, or the master file: as P1 lets one look. */
static enum sw select_by_fid(
    struct cos *cos, const struct apdu *cmd, uint16_t fid, struct builder *out) {
    struct chip *chip = &cos->chip;
    struct ef ef;
    struct dir dir;
    if (cmd->p1 != BY_FID_CHILD && ef_by_fid(&chip->store, &chip->dir, fid, &ef) == SW_OK) {
        chip->ef = ef;
        chip->record = 0;
        return SW_OK;
    }
    if (cmd->p1 == BY_FID_FILE) {
        return SW_FILE_NOT_FOUND;
    }
    enum sw sw = dir_by_fid(&chip->store, &chip->dir, fid, &dir);
    return sw == SW_OK ? enter(cos, &dir, cmd->p2, out) : sw;
}

enum sw select_file(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    struct cursor c = cursor_over(cmd->data);
    if (cmd->p1 == BY_NAME && cmd->p2 == SAY_NEXT && cmd->data.len > 0) {
        return SW_FILE_NOT_FOUND; /* names are whole, and no two that can be seen are equal */
    }
    if ((cmd->p2 != SAY_FCI && cmd->p2 != SAY_NOTHING)
        || (cmd->p1 > BY_FID_FILE && cmd->p1 != BY_NAME)) {
        return SW_WRONG_P1P2;
    }
    if (cmd->p1 == BY_NAME) {
        return cmd->data.len > 0 ? select_by_name(cos, cmd->data, cmd->p2, out) : SW_WRONG_LENGTH;
    }
    uint16_t fid = cmd->data.len == 0 ? FID_MF : cursor_u16(&c);
    return cursor_finished(&c) ? select_by_fid(cos, cmd, fid, out) : SW_WRONG_LENGTH;
}
