#include "wire/profile.h"

#include <assert.h>
#include <string.h>

/* A DF name as bytes: text without its end. */
#define NAME_BYTES(text)                                                                           \
    { (const uint8_t *)(text), sizeof(text) - 1 }

#define DIRECTORY(name, parent, fid, family, df_name, zh)                                          \
    [AT_##name] = {zh, NAME_BYTES(df_name), fid, AT_##parent, SPEAKS_##family},
static const struct profile_directory directories[PLACE_COUNT] = {
#include "wire/profile.def"
};

#define MADE(profile, place, fci_file, algorithm)                                                  \
    {PROFILE_##profile, AT_##place, fci_file, ALGORITHM_OF_##algorithm},
static const struct profile_made made[] = {
#include "wire/profile.def"
};
enum { MADE_COUNT = sizeof made / sizeof made[0] };

#define EF(name, chips, directory, fid, kind, count, length, scw, read, write, zh)                 \
    [FILE_##name] = {                                                                              \
        zh, AT_##directory, KIND_##kind, fid, CHIPS_##chips, count, length, scw, read, write},
static const struct profile_file files[FILE_COUNT] = {
#include "wire/profile.def"
};

/* Files that have the fields of another; for all the rest 0, which no file is like. */
#define LIKE(file, other) [FILE_##file] = FILE_##other,
static const enum profile_file_name like[FILE_COUNT] = {
#include "wire/profile.def"
};

#define FIELD(file, name, tag, format, length, zh)                                                 \
    {zh, #name, FILE_##file, FORMAT_##format, offsetof(struct profile_values, name), tag, length},
#define SHARE FIELD
static const struct profile_field fields[] = {
#include "wire/profile.def"
};
enum { FIELD_COUNT = sizeof fields / sizeof fields[0] };

/* What a BTLV field holds while nobody has filled it. */
static const struct sub {
    uint16_t at; /* of the field it stands in */
    uint8_t tag;
    enum profile_format format;
    uint8_t length;
} subs[] = {
#define SUB(field, tag, format, length)                                                            \
    {offsetof(struct profile_values, field), tag, FORMAT_##format, length},
#include "wire/profile.def"
};

/* A profile that does not fit its chip is a build error, not a card that fails in the machine. The
 * sum counts more than any chip needs: 16 bytes for each file's and 40 for each directory's entry,
 * 24 for each of 96 keys, and leaves the first 3 KiB to the chip's own bookkeeping. */
enum {
    DIRECTORY_BYTES = 40,
    FILE_BYTES = 16,
    RECORD_BYTES = 2,
    OWN_BYTES = 3072,
    KEY_BYTES = 96 * 24,
    FIXED_BYTES = OWN_BYTES + KEY_BYTES + PLACE_COUNT * DIRECTORY_BYTES,
    SMALL_CHIP = 16 * 1024,
    LARGE_CHIP = 32 * 1024,
};

/* Which chips have each file, as a name that the sums below can use. */
enum {
#define EF(name, chips, ...) HAVE_##name = CHIPS_##chips,
#include "wire/profile.def"
};
#define EF_BYTES(profile, chips, count, length)                                                    \
    (((CHIPS_##chips) & (profile)) ? FILE_BYTES + (count) * ((length) + RECORD_BYTES) : 0)
#define FIELD_BYTES(profile, file, length) ((HAVE_##file & (profile)) ? (length) + RECORD_BYTES : 0)

enum {
    P10_BYTES = FIXED_BYTES
#define EF(name, chips, directory, fid, kind, count, length, ...)                                  \
    +EF_BYTES(CHIPS_P10, chips, count, length)
#define FIELD(file, name, tag, format, length, zh) +FIELD_BYTES(CHIPS_P10, file, length)
#define SHARE                                      FIELD
#include "wire/profile.def"
    ,
    P20_BYTES = FIXED_BYTES
#define EF(name, chips, directory, fid, kind, count, length, ...)                                  \
    +EF_BYTES(CHIPS_P20, chips, count, length)
#define FIELD(file, name, tag, format, length, zh) +FIELD_BYTES(CHIPS_P20, file, length)
#define SHARE                                      FIELD
#include "wire/profile.def"
    ,
    P30_BYTES = FIXED_BYTES
#define EF(name, chips, directory, fid, kind, count, length, ...)                                  \
    +EF_BYTES(CHIPS_P30, chips, count, length)
#define FIELD(file, name, tag, format, length, zh)                                                 \
    +FIELD_BYTES(CHIPS_FROM_P20, file, length) /* EF06 of P20 stands for that of P30 */
#define SHARE FIELD
#include "wire/profile.def"
};
_Static_assert((int)P10_BYTES <= (int)SMALL_CHIP, "P10 outgrew its chip");
_Static_assert((int)P20_BYTES <= (int)LARGE_CHIP, "P20 outgrew its chip");
_Static_assert((int)P30_BYTES <= (int)LARGE_CHIP, "P30 outgrew its chip");

static const struct {
    const char *text;
    uint32_t chip_bytes;
} profiles[PROFILE_COUNT] = {
    [PROFILE_P10] = {"P10",  SMALL_CHIP},
    [PROFILE_P20] = {"P20",  LARGE_CHIP},
    [PROFILE_P30] = {"P30",  LARGE_CHIP},
    [PROFILE_PSAM] = {"PSAM", SMALL_CHIP},
};

#define FIELD(file, name, tag, format, length, zh)                                                 \
    _Static_assert((length) <= PROFILE_FIELD_MAX, "a field longer than its limit: " #name);
#define SHARE(file, name, tag, format, length, zh)                                                 \
    _Static_assert((length) == sizeof((struct profile_values *)0)->name,                           \
        "a shared field has one length: " #name);
#include "wire/profile.def"

const struct profile_directory *profile_directory(enum profile_place place) {
    assert(place < PLACE_COUNT);
    return &directories[place];
}

const struct profile_file *profile_file(enum profile_file_name name) {
    assert(name < FILE_COUNT);
    return &files[name];
}

bool profile_has(enum profile_name profile, enum profile_file_name file) {
    assert(profile < PROFILE_COUNT);
    return (profile_file(file)->chips & 1u << profile) != 0;
}

const struct profile_made *profile_made_at(enum profile_name profile, size_t index) {
    assert(profile < PROFILE_COUNT);
    for (size_t i = 0; i < MADE_COUNT; i++) {
        if (made[i].profile == profile && index-- == 0) {
            return &made[i];
        }
    }
    return NULL;
}

const struct profile_made *profile_made(enum profile_name profile, enum profile_place place) {
    assert(place < PLACE_COUNT);
    for (size_t i = 0; i < MADE_COUNT; i++) {
        if (made[i].profile == profile && made[i].place == place) {
            return &made[i];
        }
    }
    return NULL;
}

const char *profile_text(enum profile_name profile) {
    assert(profile < PROFILE_COUNT);
    return profiles[profile].text;
}

bool profile_of_text(const char *text, enum profile_name *profile) {
    for (enum profile_name i = 0; i < PROFILE_COUNT; i++) {
        if (strcmp(profiles[i].text, text) == 0) {
            *profile = i;
            return true;
        }
    }
    return false;
}

uint32_t profile_chip_bytes(enum profile_name profile) {
    assert(profile < PROFILE_COUNT);
    return profiles[profile].chip_bytes;
}

/* Fields of a file stand together in the sheet. */
const struct profile_field *profile_fields(enum profile_file_name file, size_t *count) {
    enum profile_file_name of = like[file] ? like[file] : file;
    size_t first = 0;
    while (first < FIELD_COUNT && fields[first].file != of) {
        first++;
    }
    size_t end = first;
    while (end < FIELD_COUNT && fields[end].file == of) {
        end++;
    }
    *count = end - first;
    assert(end <= FIELD_COUNT);
    return *count ? &fields[first] : NULL;
}

/* A variable file takes its size from its fields, so that nobody has to count. */
uint16_t profile_file_size(enum profile_file_name file) {
    const struct profile_file *f = profile_file(file);
    if (f->kind != KIND_VARIABLE) {
        return (uint16_t)(f->count * f->length);
    }
    size_t count;
    const struct profile_field *field = profile_fields(file, &count);
    uint16_t size = 0;
    for (size_t i = 0; i < count; i++) {
        size = (uint16_t)(size + field[i].length + RECORD_BYTES);
    }
    return size;
}

/* Not initialised: digits FF, everything else 00. [card.md 2.4] */
static uint8_t blank_byte(enum profile_format format) {
    return format == FORMAT_CN ? 0xFF : 0x00;
}

/* A BTLV field is never empty: it holds its inner tags, each of them blank. */
static void put_blank(struct builder *b, const struct profile_field *field) {
    if (field->format != FORMAT_BTLV) {
        put_fill(b, blank_byte(field->format), field->length);
        return;
    }
    for (size_t i = 0; i < sizeof subs / sizeof subs[0]; i++) {
        if (subs[i].at == field->at) {
            put_u8(b, subs[i].tag);
            put_u8(b, subs[i].length);
            put_fill(b, blank_byte(subs[i].format), subs[i].length);
        }
    }
}

/* Members and table come from the same lines of the sheets, so writing one field after the other
 * fills the struct; the assertions hold the two together. A shared field was written before. */
void profile_blank(struct profile_values *values) {
    struct builder b = builder_in(values, sizeof *values);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        assert(b.len >= fields[i].at);
        if (b.len == fields[i].at) {
            put_blank(&b, &fields[i]);
            assert(b.len == fields[i].at + (size_t)fields[i].length); /* a B-TLV adds up, too */
        }
    }
    assert(b.len == sizeof *values);
}

/* Members and fields are of one length, since both come from the sheet. */
struct bytes profile_value(const struct profile_values *values, const struct profile_field *field) {
    assert(field->at + (size_t)field->length <= sizeof *values);
    return bytes_of((const uint8_t *)values + field->at, field->length);
}

bool profile_value_blank(const struct profile_values *values, const struct profile_field *field) {
    uint8_t blank[PROFILE_FIELD_MAX];
    struct builder b = builder_in(blank, sizeof blank);
    put_blank(&b, field);
    assert(b.len == field->length);
    return bytes_equal(builder_bytes(&b), profile_value(values, field));
}

void profile_put_field(
    struct builder *b, const struct profile_values *values, const struct profile_field *field) {
    if (field->tag) {
        put_u8(b, field->tag);
        put_u8(b, field->length);
    }
    put_bytes(b, profile_value(values, field));
}

/* 00 on the right is what a blank field of text holds, too. [card.md 2.4] */
bool profile_set_text(uint8_t *field, size_t field_len, struct bytes text) {
    if (text.len > field_len) {
        return false;
    }
    (void)memset(field, 0x00, field_len);
    if (text.len > 0) {
        (void)memcpy(field, text.at, text.len);
    }
    return true;
}

/* Decided before anything is written. */
bool profile_set_digits(uint8_t *field, size_t field_len, struct bytes digits) {
    if (digits.len > 2 * field_len) {
        return false;
    }
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9') {
            return false;
        }
    }
    (void)memset(field, 0xFF, field_len);
    for (size_t i = 0; i < digits.len; i++) {
        uint8_t digit = (uint8_t)(digits.at[i] - '0');
        uint8_t *at = &field[i / 2];
        *at = i % 2 == 0 ? (uint8_t)(digit << 4 | 0x0F) : (uint8_t)((*at & 0xF0) | digit);
    }
    return true;
}
