/* Chips that are made with the commands of the Datang chips. [card.md 2.8, 5.4; decision 0024]
 *
 * Their controls name levels, not keys. Levels are sequence numbers in both nibbles, as the maker's
 * tools have them: the PIN of a directory is 11, its external authentication keys are 22, 33 and so
 * on in the order of the catalogue, and the main control key is FF. What comes behind the last
 * shares EE. */
#include <assert.h>

#include "issuance/making.h"

enum {
    HEAD_LEN = 8,
    P1_CREATE = 0x01,
    P1_END = 0x02,
    P1_TRANSPORT = 0x03,
    FAMILY_SOCIAL_BYTE = 0x01,
    FAMILY_PURSE_BYTE = 0xFF,
    KIND_DDF = 0x01,
    KIND_ADF = 0x02,
    FCI_FID = 0xEF1D,
    FCI_SFI = 0x1D,
    FCI_BYTES = 0x40,
    FCI_OF_EF15 = 0x95,
    SFI_LAST = 0x1E,
    TYPE_INTERNAL = 0xC3,
    TYPE_VARIABLE = 0xC6,
    ACCOUNT_BYTES = 0x1F, /* as the maker has it [card.md 2.5, TF]; the chip takes what it needs */
    PROTECTED_BIT = 0x80,
    LOCK_KID = 0x83,
    CARD_LOCK_KID = 0x07,
    PUK_KID = 0x06,
};

/* Levels, and what the sheets' controls and right bytes say instead. [decision 0004; purse.md 2.5] */
enum {
    LEVEL_FREE = 0x00,
    LEVEL_PIN = 0x11,
    LEVEL_STEP = 0x11,
    LEVEL_SHARED = 0xEE,
    LEVEL_NEVER = 0xEF,
    LEVEL_MAIN = 0xFF,
    SHEET_PIN = 0x01,
    RIGHT_FREE_BYTE = 0xF0,
    RIGHT_PIN_BYTE = 0xF1,
    RIGHT_MAIN_BYTE = 0xAA,
};

/* --- levels ------------------------------------------------------------------------------- */

/* The level of an external authentication key, by its number; never where there is none. */
static uint8_t level_of_kid(const struct making *m, enum profile_place place, uint8_t kid) {
    uint8_t level = LEVEL_PIN;
    for (enum key_name name = 0; name < KEY_COUNT; name++) {
        const struct key_kind *kind = key_kind(name);
        if (kind->type != MAKING_MAIN_TYPE || !making_belongs(m, name, place)) {
            continue;
        }
        level = level < LEVEL_SHARED ? (uint8_t)(level + LEVEL_STEP) : LEVEL_SHARED;
        if (kind->kid == kid) {
            return level;
        }
    }
    return LEVEL_NEVER;
}

/* One byte of a control in the sheets, which names the PIN, a key of `place`, or neither. */
static uint8_t level_of_byte(const struct making *m, enum profile_place place, uint8_t byte) {
    switch (byte) {
    case LEVEL_FREE:
    case LEVEL_NEVER:
    case LEVEL_MAIN:
        return byte;
    case SHEET_PIN:
        return LEVEL_PIN;
    default:
        return level_of_kid(m, place, byte);
    }
}

/* A right byte of a purse directory: what it asks for is asked for in the directory itself. */
static uint16_t control_of_right(uint16_t right) {
    switch (right) {
    case RIGHT_FREE_BYTE:
        return LEVEL_FREE;
    case RIGHT_PIN_BYTE:
        return LEVEL_PIN;
    case RIGHT_MAIN_BYTE:
        return LEVEL_MAIN;
    default:
        return LEVEL_NEVER << 8 | LEVEL_NEVER;
    }
}

/* What a file of the sheets asks for, as [level above][level here]. */
static uint16_t control_of(const struct making *m, const struct profile_file *f, uint16_t asked) {
    const struct profile_directory *d = profile_directory(f->place);
    if (d->family == SPEAKS_PURSE || f->kind == KIND_PURSE_FILE) {
        return control_of_right(asked);
    }
    uint8_t above = level_of_byte(m, d->parent, (uint8_t)(asked >> 8));
    return (uint16_t)(above << 8 | level_of_byte(m, f->place, (uint8_t)(asked & 0xFF)));
}

/* Who may lock a directory: BK's level in SSSE, LK's in an application; the purse's are locked by a
 * MAC alone, and where the catalogue has no such key nobody locks. */
static uint8_t lock_level(const struct making *m, enum profile_place place) {
    enum key_name name;
    if (profile_directory(place)->family == SPEAKS_PURSE) {
        return LEVEL_FREE;
    }
    uint8_t kid = place == AT_SSSE ? CARD_LOCK_KID : LOCK_KID;
    bool found = station_find_key(&m->station, place, MAKING_MAIN_TYPE, kid, &name);
    bool locks = found && key_kind(name)->name[1] == 'K'
                 && (key_kind(name)->name[0] == 'L' || key_kind(name)->name[0] == 'B');
    return locks ? level_of_kid(m, place, kid) : LEVEL_NEVER;
}

/* --- keys --------------------------------------------------------------------------------- */

/* The maker's number of a type; those that no source has are chosen on page 0024. */
static const struct type_number {
    uint8_t type, number;
    bool counted; /* has tries instead of an algorithm */
} types[] = {
    {MAKING_PIN_TYPE,  0x01, true },
    {0x37,             0x03, true },
    {0x38,             0x04, true },
    {0x36,             0x07, true },
    {0x3F,             0x08, false},
    {0x3E,             0x09, false},
    {0x34,             0x0A, false},
    {0x3D,             0x0B, false},
    {0x3C,             0x0C, false},
    {MAKING_MAIN_TYPE, 0x0D, true },
    {0x30,             0x0E, false},
};

static uint8_t level_of_key(const struct making *m, const struct new_key *key) {
    if (key->type == MAKING_PIN_TYPE) {
        return LEVEL_PIN;
    }
    if (key->type != MAKING_MAIN_TYPE) {
        return LEVEL_FREE;
    }
    return new_key_is_main(key) ? LEVEL_MAIN : level_of_kid(m, key->place, key->kid);
}

/* type id version EF counter algorithm level length; of a PIN the algorithm byte is PUK's level. */
static void put_head(const struct making *m, const struct new_key *key, struct key_wrap *wrap) {
    const struct type_number *type = NULL;
    bool is_main = new_key_is_main(key);
    bool is_pin = key->type == MAKING_PIN_TYPE;
    uint8_t tries = (uint8_t)(m->issuer->pin_tries << 4 | m->issuer->pin_tries);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        type = types[i].type == key->type ? &types[i] : type;
    }
    assert(type);
    assert(type->type == key->type);
    wrap->p1 = is_main;
    wrap->p2 = 0;
    wrap->head[0] = is_main ? 0x00 : type->number;
    wrap->head[1] = key->kid;
    wrap->head[2] = key->version;
    wrap->head[3] = LEVEL_NEVER;
    wrap->head[4] = is_pin ? tries : type->counted ? MAKING_TRIES : 0x00;
    wrap->head[5] = is_pin ? level_of_kid(m, key->place, PUK_KID) : 0x00;
    wrap->head[6] = level_of_key(m, key);
    wrap->head[7] = key->length;
    wrap->head_len = HEAD_LEN;
}

/* --- files -------------------------------------------------------------------------------- */

/* 80 E0 with what is to be done, and its data. */
static enum err make(
    struct making *m, uint8_t p1, struct bytes data, const char *name, struct why *why) {
    struct apdu apdu = {.cla = 0x80, .ins = 0xE0, .p1 = p1, .data = data};
    enum err err = station_send(&m->station, &apdu, name, NULL, why);
    return err;
}

/* The code is the chip's own: 00 00 || T8 to TD under the transport key. [card.md 1.1] */
static enum err open_blank(struct making *m, struct why *why) {
    const struct vault *v = m->station.vault;
    struct key_ref transport = station_key(&m->station, KEY_TRANSPORT);
    uint8_t block[8] = {0};
    uint8_t code[8];
    (void)memcpy(block + 2, m->station.factor + 2, sizeof block - 2);
    enum err err = v->encrypt8(v->self, &transport, block, code, why);
    return err ? why_add(why, err, "transport code")
               : make(m, P1_TRANSPORT, bytes_of(code, sizeof code), "VERIFY TRANSPORT", why);
}

/* Whether what a directory says of itself is recorded; otherwise it is its name, or EF15. */
static bool has_fci(const struct profile_made *made) {
    return made->fci_file > 0 && made->fci_file <= SFI_LAST;
}

/* lock2 create2 family FID2 kind algorithm 00 FCI 00 00 SF 00 TF name. */
static enum err create_directory(struct making *m, enum profile_place place, struct why *why) {
    const struct profile_directory *d = profile_directory(place);
    const struct profile_made *made = profile_made(m->station.profile, place);
    uint8_t fci = made->fci_file == FCI_OF_EF15 ? FCI_OF_EF15 : 0;
    uint8_t room[40];
    struct builder b = builder_in(room, sizeof room);
    put_u8(&b, LEVEL_FREE);
    put_u8(&b, lock_level(m, place));
    put_u8(&b, LEVEL_FREE);
    put_u8(&b, LEVEL_MAIN);
    put_u8(&b, d->family == SPEAKS_SOCIAL ? FAMILY_SOCIAL_BYTE : FAMILY_PURSE_BYTE);
    put_u16(&b, d->fid);
    put_u8(&b, has_fci(made) ? KIND_DDF : KIND_ADF);
    put_u8(&b, station_algorithm(&m->station, place) == KEY_SM4 ? ALGORITHM_OF_SM4 : 0x00);
    put_u8(&b, 0x00);
    put_u8(&b, has_fci(made) ? FCI_SFI : fci);
    put_fill(&b, 0x00, 5); /* the key file and the account have no short identifiers to announce */
    put_bytes(&b, d->df_name);
    assert(!b.overflowed);
    enum err err = make(m, P1_CREATE, builder_bytes(&b), "CREATE", why);
    return err ? why_add(why, err, "%s", d->zh) : OK;
}

/* What CREATE says of a file. */
struct file_form {
    uint16_t size, fid, read, write;
    uint8_t type, protection, sfi, scw, record;
};

/* 000000 size2 FID2 type protection SFI SCW record read2 write2. */
static enum err create_form(
    struct making *m, const struct file_form *f, const char *name, struct why *why) {
    uint8_t room[16];
    struct builder b = builder_in(room, sizeof room);
    put_fill(&b, 0x00, 3);
    put_u16(&b, f->size);
    put_u16(&b, f->fid);
    put_u8(&b, f->type);
    put_u8(&b, f->protection);
    put_u8(&b, f->sfi);
    put_u8(&b, f->scw);
    put_u8(&b, f->record);
    put_u16(&b, f->read);
    put_u16(&b, f->write);
    assert(!b.overflowed);
    assert(b.len == sizeof room);
    enum err err = make(m, P1_CREATE, builder_bytes(&b), "CREATE", why);
    return err ? why_add(why, err, "%s", name) : OK;
}

/* Tag, length, value; of one or two bytes of tag. */
static void put_tlv(struct builder *b, uint16_t tag, struct bytes value) {
    if (tag > 0xFF) {
        put_u8(b, (uint8_t)(tag >> 8));
    }
    put_u8(b, (uint8_t)tag);
    put_u8(b, (uint8_t)value.len);
    put_bytes(b, value);
}

/* 6F { 84 name, A5 { 88 DIR, 9F0C { 86 cipher } } }, as the standard has it. [card.md 2.2] */
static void put_fci(const struct making *m, const struct profile_directory *d,
    const struct profile_made *made, struct builder *out) {
    static const uint8_t sm4[] = {0x86, 0x01, ALGORITHM_OF_SM4};
    uint8_t inner_room[16];
    uint8_t room[FCI_BYTES];
    struct builder inner = builder_in(inner_room, sizeof inner_room);
    struct builder fci = builder_in(room, sizeof room);
    put_tlv(&inner, 0x88, bytes_of(&made->fci_file, 1));
    if (station_algorithm(&m->station, made->place) == KEY_SM4) {
        put_tlv(&inner, 0x9F0C, bytes_of(sm4, sizeof sm4));
    }
    put_tlv(&fci, 0x84, d->df_name);
    put_tlv(&fci, 0xA5, builder_bytes(&inner));
    assert(!fci.overflowed);
    put_tlv(out, 0x6F, builder_bytes(&fci));
}

/* The file of what a directory answers to SELECT: 70 len { FID, len, 6F .. }. */
static enum err record_fci(struct making *m, const struct profile_directory *d,
    const struct profile_made *made, struct why *why) {
    static const struct file_form file = {.size = FCI_BYTES,
        .fid = FCI_FID,
        .type = TYPE_VARIABLE,
        .sfi = FCI_SFI,
        .write = LEVEL_MAIN};
    uint8_t fci_room[FCI_BYTES];
    uint8_t content_room[FCI_BYTES];
    uint8_t room[FCI_BYTES];
    struct builder fci = builder_in(fci_room, sizeof fci_room);
    struct builder content = builder_in(content_room, sizeof content_room);
    struct builder record = builder_in(room, sizeof room);
    put_fci(m, d, made, &fci);
    put_u16(&content, d->fid);
    put_u8(&content, (uint8_t)fci.len);
    put_bytes(&content, builder_bytes(&fci));
    put_tlv(&record, 0x70, builder_bytes(&content));
    assert(!record.overflowed);
    enum err err = create_form(m, &file, "FCI", why);
    struct apdu write = {.ins = 0xD2, .p1 = 1, .p2 = FCI_SFI, .data = builder_bytes(&record)};
    return err ? err : station_send(&m->station, &write, "WRITE FCI", NULL, why);
}

/* SF, which nobody reads or writes as a file, and FCI. */
static enum err begin_directory(
    struct making *m, enum profile_place place, uint16_t key_bytes, struct why *why) {
    const struct profile_made *made = profile_made(m->station.profile, place);
    const struct file_form keys = {.size = key_bytes,
        .type = TYPE_INTERNAL,
        .read = LEVEL_NEVER << 8 | LEVEL_NEVER,
        .write = LEVEL_NEVER << 8 | LEVEL_NEVER};
    enum err err = create_form(m, &keys, "SF", why);
    return err || !has_fci(made) ? err : record_fci(m, profile_directory(place), made, why);
}

/* The maker's types, and how each of our kinds is said in them. */
static uint8_t type_of(enum profile_kind kind) {
    switch (kind) {
    case KIND_FIXED:
        return 0xC5;
    case KIND_VARIABLE:
        return TYPE_VARIABLE;
    case KIND_CYCLIC:
        return 0xC7;
    case KIND_PURSE_FILE:
        return TYPE_INTERNAL;
    case KIND_TRANSPARENT:
    case KIND_TRANSPARENT_MAC:
    default:
        return 0xC4;
    }
}

static enum err create_file(struct making *m, enum profile_file_name file, struct why *why) {
    const struct profile_file *f = profile_file(file);
    bool records = f->kind == KIND_FIXED || f->kind == KIND_CYCLIC;
    bool account = f->kind == KIND_PURSE_FILE;
    const struct file_form form = {
        .size = account   ? ACCOUNT_BYTES
                : records ? (uint16_t)(f->count * f->length)
                          : profile_file_size(file),
        .fid = f->fid,
        .type = type_of(f->kind),
        .protection = f->kind == KIND_TRANSPARENT_MAC ? PROTECTED_BIT : 0x00,
        .sfi = profile_sfi(f),
        .scw = f->scw,
        .record = account   ? making_log_sfi(f->place)
                  : records ? (uint8_t)f->length
                            : 0x00,
        .read = control_of(m, f, f->read),
        .write = control_of(m, f, f->write),
    };
    return create_form(m, &form, f->zh, why);
}

static enum err add_record(struct making *m, enum profile_file_name file, uint8_t number,
    struct bytes record, struct why *why) {
    struct apdu write = {
        .ins = 0xD2, .p1 = number, .p2 = profile_sfi(profile_file(file)), .data = record};
    return station_send(&m->station, &write, "WRITE RECORD", NULL, why);
}

/* END PRE-PERSO: there is no way back. */
static enum err end_directory(struct making *m, enum profile_place place, struct why *why) {
    enum err err = make(m, P1_END, (struct bytes){0}, "END PRE-PERSO", why);
    return err ? why_add(why, err, "%s", profile_directory(place)->zh) : OK;
}

const struct maker maker_datang = {
    .name = "datang",
    .plain_cla = 0x00,
    .open = open_blank,
    .create_directory = create_directory,
    .begin_directory = begin_directory,
    .put_head = put_head,
    .create_file = create_file,
    .add_record = add_record,
    .end_directory = end_directory,
};
