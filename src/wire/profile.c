#include "wire/profile.h"

#include <assert.h>

/* A DF name as bytes: text without its end. */
#define NAME_BYTES(text)                                                                           \
    { (const uint8_t *)(text), sizeof(text) - 1 }

#define DIRECTORY(name, parent, fid, family, fci_file, df_name, zh)                                \
    [AT_##name] = {zh, NAME_BYTES(df_name), fid, AT_##parent, SPEAKS_##family, fci_file},
static const struct profile_directory directories[PLACE_COUNT] = {
#include "wire/profile_p10.def"
};

#define EF(name, directory, fid, kind, count, length, scw, read, write, zh)                        \
    [FILE_##name] = {zh, AT_##directory, KIND_##kind, fid, count, length, scw, read, write},
static const struct profile_file files[FILE_COUNT] = {
#include "wire/profile_p10.def"
};

#define FIELD(file, name, tag, format, length, zh)                                                 \
    {zh, #name, FILE_##file, FORMAT_##format, offsetof(struct profile_values, name), tag, length},
static const struct profile_field fields[] = {
#include "wire/profile_p10.def"
};
enum { FIELD_COUNT = sizeof fields / sizeof fields[0] };

/* What a BTLV field holds while nobody has filled it. */
static const struct sub {
    uint8_t tag;
    enum profile_format format;
    uint8_t length;
} subs[] = {
#define SUB(tag, format, length) {tag, FORMAT_##format, length},
#include "wire/profile_p10.def"
};

/* A profile that does not fit the chip is a build error, not a card that fails in the machine. The
 * sum counts more than any chip needs: 16 bytes for each file's and 40 for each directory's entry,
 * 24 for each of 64 keys, and leaves the first 2 KiB to the chip's own bookkeeping. */
enum {
    DIRECTORY_BYTES = 40,
    FILE_BYTES = 16,
    RECORD_BYTES = 2,
    OWN_BYTES = 2048,
    KEY_BYTES = 64 * 24,
    PROFILE_BYTES = OWN_BYTES + KEY_BYTES + PLACE_COUNT * DIRECTORY_BYTES
#define EF(name, directory, fid, kind, count, length, ...)                                         \
    +FILE_BYTES + (count) * ((length) + RECORD_BYTES)
#include "wire/profile_p10.def"
#define FIELD(file, name, tag, format, length, zh) +(length) + RECORD_BYTES
#include "wire/profile_p10.def"
};
_Static_assert((int)PROFILE_BYTES <= (int)PROFILE_CHIP_BYTES, "the profile outgrew the chip");

/* Tags inside a B-TLV must fill it exactly. [card.md 2.6, check] */
#define SUB(tag, format, length) +(length) + RECORD_BYTES
enum {
    SUBS_BYTES = 0
#include "wire/profile_p10.def"
};
_Static_assert(SUBS_BYTES == sizeof((struct profile_values *)0)->skill_40, "B-TLV adds up");

#define FIELD(file, name, tag, format, length, zh)                                                 \
    _Static_assert((length) <= PROFILE_FIELD_MAX, "a field longer than its limit: " #name);
#include "wire/profile_p10.def"

const struct profile_directory *profile_directory(enum profile_place place) {
    assert(place < PLACE_COUNT);
    return &directories[place];
}

const struct profile_file *profile_file(enum profile_file_name name) {
    assert(name < FILE_COUNT);
    return &files[name];
}

/* Fields of a file stand together in the sheet. */
const struct profile_field *profile_fields(enum profile_file_name file, size_t *count) {
    size_t first = 0;
    while (first < FIELD_COUNT && fields[first].file != file) {
        first++;
    }
    size_t end = first;
    while (end < FIELD_COUNT && fields[end].file == file) {
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
        put_u8(b, subs[i].tag);
        put_u8(b, subs[i].length);
        put_fill(b, blank_byte(subs[i].format), subs[i].length);
    }
}

/* Members and table come from the same lines of the sheet, so writing one field after the other
 * fills the struct; the assertions hold the two together. */
void profile_blank(struct profile_values *values) {
    struct builder b = builder_in(values, sizeof *values);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        assert(b.len == fields[i].at);
        put_blank(&b, &fields[i]);
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
