/* Chips that are made with the commands of purse.md 2. */
#include <assert.h>

#include "issuance/making.h"

enum {
    KEY_FILE_FID = 0x0000,
    HEAD_LEN = 5,   /* type, use, change and two more */
    HEAD_THIRD = 3, /* the first of these two */
    EF_HEAD = 11,
    DIRECTORY_HEAD = 16,
    RECORD_OVERHEAD = 2,
    WALLET_BODY = 40, /* more than a wallet's body takes on any chip */
    P1_ADD = 0x01,
};

/* Rights of what is made here. [purse.md 2.5] */
enum { FREE = 0xF0, MAIN_ONLY = 0xAA, NEVER = 0xEF };

/* Follow-up states of the purse dialect. */
enum { STATE_PIN = 0x01, STATE_KEY = 0x02, STATE_MAIN = 0x0A };

/* --- keys --------------------------------------------------------------------------------- */

enum { VERSION = -1 }; /* in the table: the key's version stands here */

/* What stands before a key in WRITE KEY, by its type. [purse.md 2.4] */
static const struct key_head {
    uint8_t type, use, change;
    int third;      /* version, FF, or follow-up state */
    uint8_t fourth; /* algorithm, or tries: maximum and left */
} key_heads[] = {
    {0x30,             FREE, MAIN_ONLY, VERSION,   0x00        },
    {0x34,             FREE, MAIN_ONLY, VERSION,   0x00        },
    {0x36,             FREE, MAIN_ONLY, 0xFF,      MAKING_TRIES},
    {0x37,             FREE, MAIN_ONLY, 0xFF,      MAKING_TRIES},
    {0x38,             FREE, MAIN_ONLY, 0xFF,      MAKING_TRIES},
    {MAKING_MAIN_TYPE, FREE, MAIN_ONLY, STATE_KEY, MAKING_TRIES},
    {MAKING_PIN_TYPE,  FREE, NEVER,     STATE_PIN, 0x00        }, /* the issuer's tries */
    {0x3C,             FREE, MAIN_ONLY, VERSION,   0x00        },
    {0x3E,             FREE, MAIN_ONLY, VERSION,   0x00        },
    {0x3F,             FREE, MAIN_ONLY, VERSION,   0x00        },
};

/* The main control key differs from its fellows in its follow-up state alone. A social security key
 * has its version in front of that, in the high half of the byte. [decision 0021] */
static uint8_t third_of(const struct key_head *line, const struct new_key *key) {
    uint8_t third = line->third == VERSION ? key->version : (uint8_t)line->third;
    third = new_key_is_main(key) ? STATE_MAIN : third;
    bool social = profile_directory(key->place)->family == SPEAKS_SOCIAL;
    return key->type == MAKING_MAIN_TYPE && social ? (uint8_t)(third | key->version << 4) : third;
}

/* P1 adds a key, or names the type of the one that is replaced. */
static void put_head(const struct making *m, const struct new_key *key, struct key_wrap *wrap) {
    const struct key_head *line = NULL;
    uint8_t tries = (uint8_t)(m->issuer->pin_tries << 4 | m->issuer->pin_tries);
    for (size_t i = 0; i < sizeof key_heads / sizeof key_heads[0]; i++) {
        line = key_heads[i].type == key->type ? &key_heads[i] : line;
    }
    assert(line);
    assert(line->type == key->type);
    wrap->p1 = key->replaces ? key->type : P1_ADD;
    wrap->p2 = key->kid;
    wrap->head[0] = key->type;
    wrap->head[1] = line->use;
    wrap->head[2] = line->change;
    wrap->head[HEAD_THIRD] = third_of(line, key);
    wrap->head[4] = key->type == MAKING_PIN_TYPE ? tries : line->fourth;
    wrap->head_len = HEAD_LEN;
}

/* --- files -------------------------------------------------------------------------------- */

/* What a directory needs for all that is in it; never less than any chip takes for it. */
static uint16_t directory_size(const struct making *m, enum profile_place place) {
    uint16_t size = (uint16_t)(EF_HEAD + making_key_bytes(m, place));
    for (enum profile_file_name file = 0; file < FILE_COUNT; file++) {
        const struct profile_file *f = profile_file(file);
        if (making_has_file(m, place, file)) {
            uint16_t body = (uint16_t)(profile_file_size(file) + f->count * RECORD_OVERHEAD);
            body = f->kind == KIND_PURSE_FILE ? WALLET_BODY : body;
            size = (uint16_t)(size + EF_HEAD + RECORD_OVERHEAD + body);
        }
    }
    for (enum profile_place child = 0; child < PLACE_COUNT; child++) {
        const struct profile_directory *d = profile_directory(child);
        if (making_is_child(m, child, place)) {
            size = (uint16_t)(size + DIRECTORY_HEAD + d->df_name.len + directory_size(m, child));
        }
    }
    return size;
}

/* 80 E0 with the file's identifier and what is to be made. [purse.md 2.2] */
static enum err create(
    struct making *m, uint16_t fid, struct bytes data, const char *name, struct why *why) {
    struct apdu apdu = {.cla = 0x80,
        .ins = 0xE0,
        .p1 = (uint8_t)(fid >> 8),
        .p2 = (uint8_t)(fid & 0xFF),
        .data = data};
    enum err err = station_send(&m->station, &apdu, "CREATE FILE", NULL, why);
    return err ? why_add(why, err, "%s", name) : OK;
}

/* The code comes with CREATE MF. */
static enum err open_blank(struct making *m, struct why *why) {
    (void)m;
    (void)why;
    return OK;
}

/* 38 size create erase appFileID, and then what only a directory or the master file has: the master
 * file takes all the room there is, and ends with the transport code of the blank. */
static enum err create_directory(struct making *m, enum profile_place place, struct why *why) {
    const struct profile_directory *d = profile_directory(place);
    const struct profile_made *made = profile_made(m->station.profile, place);
    bool master = d->parent == AT_NONE;
    uint8_t room[32];
    struct builder b = builder_in(room, sizeof room);
    put_u8(&b, 0x38);
    put_u16(&b, master ? 0xFFFF : directory_size(m, place));
    put_u8(&b, MAIN_ONLY);
    put_u8(&b, MAIN_ONLY);
    put_u8(&b, made->fci_file);
    if (master) {
        put_bytes(&b, bytes_of(m->issuer->transport, sizeof m->issuer->transport));
    } else {
        put_u8(&b, d->family == SPEAKS_SOCIAL ? 0x01 : 0xFF);
        put_u8(&b, station_algorithm(&m->station, place) == KEY_SM4 ? ALGORITHM_OF_SM4
                                                                    : ALGORITHM_OF_TDES);
        put_bytes(&b, d->df_name);
    }
    assert(!b.overflowed);
    return create(m, d->fid, builder_bytes(&b), d->zh, why);
}

/* The first file of every directory: until it is there, nothing is asked for. */
static enum err begin_directory(
    struct making *m, enum profile_place place, uint16_t key_bytes, struct why *why) {
    uint8_t room[8];
    struct builder b = builder_in(room, sizeof room);
    put_u8(&b, 0x3F);
    put_u16(&b, key_bytes);
    put_u8(&b, profile_made(m->station.profile, place)->fci_file);
    put_u8(&b, MAIN_ONLY);
    put_u16(&b, 0xFFFF);
    return create(m, KEY_FILE_FID, builder_bytes(&b), "key file", why);
}

/* Count and length in two bytes where records are all alike, bytes in all where they are not. */
static uint16_t size_field(enum profile_file_name file) {
    const struct profile_file *f = profile_file(file);
    bool counted = f->kind == KIND_FIXED || f->kind == KIND_CYCLIC || f->kind == KIND_PURSE_FILE;
    return counted ? (uint16_t)(f->count << 8 | f->length) : profile_file_size(file);
}

/* type size scw read write, or type size read write FF attribute. [purse.md 2.2] */
static enum err create_file(struct making *m, enum profile_file_name file, struct why *why) {
    const struct profile_file *f = profile_file(file);
    uint8_t room[8];
    struct builder b = builder_in(room, sizeof room);
    put_u8(&b, (uint8_t)f->kind);
    put_u16(&b, size_field(file));
    if (profile_directory(f->place)->family == SPEAKS_SOCIAL && f->kind != KIND_PURSE_FILE) {
        put_u8(&b, f->scw);
        put_u16(&b, f->read);
        put_u16(&b, f->write);
    } else {
        put_u8(&b, (uint8_t)f->read);
        put_u8(&b, (uint8_t)f->write);
        put_u8(&b, 0xFF);
        put_u8(&b, f->kind == KIND_PURSE_FILE ? making_log_sfi(f->place) : 0xFF);
    }
    assert(!b.overflowed);
    assert(b.len >= 7);
    return create(m, f->fid, builder_bytes(&b), f->zh, why);
}

/* The next record is always the last. */
static enum err add_record(struct making *m, enum profile_file_name file, uint8_t number,
    struct bytes record, struct why *why) {
    uint8_t sfi = profile_sfi(profile_file(file));
    struct apdu append = {.ins = 0xE2, .p2 = (uint8_t)(sfi << 3 | 0x04), .data = record};
    assert(number > 0);
    (void)number;
    return station_send(&m->station, &append, "APPEND RECORD", NULL, why);
}

/* Rights count from the next selection on, since there is a key file. [purse.md 2.1] */
static enum err end_directory(struct making *m, enum profile_place place, struct why *why) {
    (void)m;
    (void)place;
    (void)why;
    return OK;
}

const struct maker maker_fmcos = {
    .name = "fmcos",
    .plain_cla = 0x80,
    .open = open_blank,
    .create_directory = create_directory,
    .begin_directory = begin_directory,
    .put_head = put_head,
    .create_file = create_file,
    .add_record = add_record,
    .end_directory = end_directory,
};
