/* The card as it leaves the centre: its directories, files and fields, as tables that
 * profile_p10.def fills. Whoever makes, reads or checks a card walks these tables; nobody else
 * knows a tag or a size. [card.md 2.5, 2.6, 4; purse.md 3, 6.1]
 *
 * The values that one card carries stand in a struct profile_values: one member for each field,
 * named as in the sheet and as long as on the chip, so that a field can be filled by name and
 * written by walking:
 *
 *     profile_blank(&values);
 *     (void)profile_set_text(values.card_number, sizeof values.card_number, number);
 *     fields = profile_fields(FILE_SSSE_EF05, &count);
 *     for (i = 0; i < count; i++) {
 *         profile_put_field(&record, &values, &fields[i]);
 *     }
 *
 * profile_blank() makes the values of a card without data: text 00, digits FF, binary 00. The
 * tables are constant and everything they point to is static; nothing here fails but a value that
 * is too long for its field. A profile that does not fit the chip is a build error. */
#pragma once

#include "base/builder.h"
#include "base/bytes.h"

/* The directories; the first eight are those of keys/catalogue.h, in the same order. */
enum profile_place {
    AT_MF,
    AT_SSSE,
    AT_DF01,
    AT_DF02,
    AT_DF03,
    AT_DF04,
    AT_WALLET,
    AT_PSAM,
    AT_PSAM_MF,
    PLACE_COUNT,
    AT_NONE = PLACE_COUNT, /* the parent of a root */
};

/* Which dialect a directory speaks: purse.md or card.md. */
enum profile_family { SPEAKS_PURSE, SPEAKS_SOCIAL };

/* Values are the type bytes of CREATE FILE. [purse.md 2.1] */
enum profile_kind {
    KIND_TRANSPARENT = 0x28,
    KIND_FIXED = 0x2A,
    KIND_VARIABLE = 0x2C,
    KIND_CYCLIC = 0x2E,
    KIND_PURSE_FILE = 0x2F,
    KIND_TRANSPARENT_MAC = 0xA8, /* written only with a MAC of the application maintenance key */
};

/* How a field is written and what it holds while it is blank. [card.md 2.4] */
enum profile_format { FORMAT_AN, FORMAT_CN, FORMAT_BIN, FORMAT_DEC, FORMAT_BTLV };

/* A directory as CREATE makes it and as SELECT finds it. [card.md 2.1; purse.md 2.2] */
struct profile_directory {
    const char *zh;       /* for people */
    struct bytes df_name; /* what SELECT by name takes */
    uint16_t fid;
    enum profile_place parent;
    enum profile_family family;
    uint8_t fci_file; /* appFileID of CREATE */
};

/* The checker also tries this sheet with macros that nobody defines. */
/* cppcheck-suppress syntaxError */
enum profile_file_name {
#define EF(name, directory, fid, kind, count, length, scw, read, write, zh) FILE_##name,
#include "wire/profile_p10.def"
    FILE_COUNT
};

/* An elementary file: its place, its body and who may read and write it. [card.md 2.5, 4] */
struct profile_file {
    const char *zh;
    enum profile_place place;
    enum profile_kind kind;
    uint16_t fid;
    uint8_t count, length; /* records, bytes of each; 0, 0 for a variable file */
    uint8_t scw;           /* SPEAKS_SOCIAL: how the halves of the two controls join */
    uint16_t read, write;  /* controls or right bytes, as the family of the directory says */
};

/* The contents of one card, field by field. No padding: every member is bytes. */
struct profile_values {
#define FIELD(file, name, tag, format, length, zh) uint8_t name[length];
#include "wire/profile_p10.def"
};

/* One record of a variable file, or one piece of a transparent one; fields of one file stand
 * together, in the order of the file. */
struct profile_field {
    const char *zh;
    const char *name; /* as in the sheet: "card_number" */
    enum profile_file_name file;
    enum profile_format format;
    uint16_t at;    /* offset in struct profile_values */
    uint8_t tag;    /* of the record; 0 for a piece of a transparent file */
    uint8_t length; /* of the value, in bytes */
};

enum {
    PROFILE_CHIP_BYTES = 16 * 1024,
    PROFILE_FIELD_MAX = 0x3E, /* the longest field */
    PROFILE_RECORD_MAX = PROFILE_FIELD_MAX + 2,
};

/* The line of the sheet for a directory or a file; static, and never NULL for a name of the
 * enums. */
const struct profile_directory *profile_directory(enum profile_place place);
const struct profile_file *profile_file(enum profile_file_name name);

/* The fields of a file, first to last, and how many; NULL and 0 for a cyclic file and a wallet. */
const struct profile_field *profile_fields(enum profile_file_name file, size_t *count);

/* Bytes of the file's body: of all records, with tags and lengths where they have them. What CREATE
 * FILE is told as the size of a variable file. */
uint16_t profile_file_size(enum profile_file_name file);

/* The short identifier with which READ RECORD and READ BINARY name the file: the low five bits. */
static inline uint8_t profile_sfi(const struct profile_file *f) {
    return (uint8_t)(f->fid & 0x1F);
}

/* Makes every field blank: digits FF, everything else 00, as an uninitialised card has them.
 * [card.md 2.4] */
void profile_blank(struct profile_values *values);

/* A field's bytes in values, borrowed; and whether they are all as profile_blank() left them. */
struct bytes profile_value(const struct profile_values *values, const struct profile_field *field);
bool profile_value_blank(const struct profile_values *values, const struct profile_field *field);

/* Appends a field as it stands in its record: with tag and length where it has a tag.
 * PROFILE_RECORD_MAX bytes are enough for any. */
void profile_put_field(
    struct builder *b, const struct profile_values *values, const struct profile_field *field);

/* Fills a text field from the left, the rest with 00: false, and the field untouched, when the text
 * is longer than the field. The text is in the card's characters, GB 18030, and not looked at. */
bool profile_set_text(uint8_t *field, size_t field_len, struct bytes text);

/* Fills a field of packed digits from decimal text, two to a byte from the left, the rest with F;
 * false, and the field untouched, when it does not fit or holds anything but digits. */
bool profile_set_digits(uint8_t *field, size_t field_len, struct bytes digits);
