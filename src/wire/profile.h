/* The card as it leaves the centre: its directories, files and fields, as tables that the sheets
 * profile_p10.def, profile_p20.def and profile_p30.def fill. Whoever makes, reads or checks a card
 * walks these tables; nobody else knows a tag or a size. [card.md 2.5, 2.6, 2.7, 4; purse.md 3,
 * 6.1]
 *
 * A profile is a way of making a chip: which directories (profile_made), which files in them
 * (profile_has). Names of files are those of all sheets together, so that a walk over the files of
 * one chip asks for both:
 *
 *     for (file = 0; file < FILE_COUNT; file++) {
 *         if (profile_has(PROFILE_P20, file) && profile_file(file)->place == AT_DF01) ...
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

/* LB002-2000, 2.0, 3.0, and a purchase module. */
enum profile_name { PROFILE_P10, PROFILE_P20, PROFILE_P30, PROFILE_PSAM, PROFILE_COUNT };

/* Sets of profiles. */
enum profile_chips {
    CHIPS_P10 = 1 << PROFILE_P10,
    CHIPS_P20 = 1 << PROFILE_P20,
    CHIPS_P30 = 1 << PROFILE_P30,
    CHIPS_FROM_P20 = CHIPS_P20 | CHIPS_P30,
    CHIPS_CARDS = CHIPS_P10 | CHIPS_FROM_P20,
    CHIPS_PSAM = 1 << PROFILE_PSAM,
};

/* The directories; all but the last are those of keys/catalogue.h, in the same order. */
enum profile_place {
    AT_MF,
    AT_SSSE,
    AT_DF01,
    AT_DF02,
    AT_DF03,
    AT_DF04,
    AT_WALLET,
    AT_PSAM,
    AT_DF07,
    AT_PKI,
    AT_CERT,
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

/* The cipher of a directory's keys; the values are those of the second family byte of CREATE
 * FILE. [card.md 2.2; decision 0020] */
enum profile_algorithm { ALGORITHM_OF_TDES = 0xFF, ALGORITHM_OF_SM4 = 0x03 };

/* How a field is written and what it holds while it is blank. [card.md 2.4] */
enum profile_format { FORMAT_AN, FORMAT_CN, FORMAT_BIN, FORMAT_DEC, FORMAT_BTLV };

/* A directory as SELECT finds it, whatever the profile. [card.md 2.1] */
struct profile_directory {
    const char *zh;       /* for people */
    struct bytes df_name; /* what SELECT by name takes */
    uint16_t fid;
    enum profile_place parent;
    enum profile_family family;
};

/* A directory of one profile, as CREATE makes it. [purse.md 2.2] */
struct profile_made {
    enum profile_name profile;
    enum profile_place place;
    uint8_t fci_file; /* appFileID of CREATE */
    enum profile_algorithm algorithm;
};

/* The checker also tries this sheet with macros that nobody defines. */
/* cppcheck-suppress syntaxError */
enum profile_file_name {
#define EF(name, ...) FILE_##name,
#include "wire/profile.def"
    FILE_COUNT
};

/* An elementary file: its place, its body and who may read and write it. [card.md 2.5, 4] */
struct profile_file {
    const char *zh;
    enum profile_place place;
    enum profile_kind kind;
    uint16_t fid;
    uint8_t chips;        /* the profiles that have it: bits of enum profile_chips */
    uint8_t count;        /* records; 0 for a variable file */
    uint16_t length;      /* bytes of each; 0 for a variable file */
    uint8_t scw;          /* SPEAKS_SOCIAL: how the halves of the two controls join */
    uint16_t read, write; /* controls or right bytes, as the family of the directory says */
};

/* The contents of one card, field by field, for whatever profile it is made. No padding: every
 * member is bytes. */
struct profile_values {
#define FIELD(file, name, tag, format, length, zh) uint8_t name[length];
#define SHARE(...)
#include "wire/profile.def"
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
    PROFILE_FIELD_MAX = 0x6C, /* the longest field */
    PROFILE_RECORD_MAX = PROFILE_FIELD_MAX + 2,
};

/* The line of the sheet for a directory or a file; static, and never NULL for a name of the
 * enums. */
const struct profile_directory *profile_directory(enum profile_place place);
const struct profile_file *profile_file(enum profile_file_name name);

/* Whether chips of the profile have the file. */
bool profile_has(enum profile_name profile, enum profile_file_name file);

/* What a profile makes of a directory; NULL when its chips do not have it. */
const struct profile_made *profile_made(enum profile_name profile, enum profile_place place);

/* The directories of a profile in the order in which they are made, parents before children; NULL
 * behind the last. */
const struct profile_made *profile_made_at(enum profile_name profile, size_t index);

/* "P10", "P20", "P30", "PSAM"; and back, false for any other text. */
const char *profile_text(enum profile_name profile);
bool profile_of_text(const char *text, enum profile_name *profile);

/* Bytes of memory that are enough for any chip of the profile: 16 or 32 KiB. */
uint32_t profile_chip_bytes(enum profile_name profile);

/* The fields of a file, first to last, and how many; NULL and 0 for a cyclic file, a wallet, and a
 * transparent file that nothing is written into when the card is made. */
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
