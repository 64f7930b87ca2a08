#include "issuance/personalise.h"

#include <assert.h>
#include <string.h>

#include "crypto/secret.h"
#include "issuance/station.h"

enum {
    KEY_FILE_FID = 0x0000,
    KEY_HEAD_LEN = 5, /* type, use, change and two more */
    HEAD_THIRD = 3,   /* the first of these two */
    KEY_RECORD_HEAD = 8,
    PIN_RECORD = 16,
    EF_HEAD = 11,
    DIRECTORY_HEAD = 16,
    RECORD_OVERHEAD = 2,
    WALLET_BODY = 40, /* more than a wallet's body takes on any chip */
    TYPE_MAIN = 0x39,
    TYPE_PIN = 0x3A,
    USAGE_PURCHASE = 0x42, /* two factors still to come, purchase [purse.md 6.2] */
    ALGORITHM_3DES = 0x00,
    P1_ADD = 0x01,
    LOG_SFI = 0x18,
    MEDICAL_LOG_SFI = 0x08,
};

/* Rights of what is made here. [purse.md 2.5] */
enum { FREE = 0xF0, MAIN_ONLY = 0xAA, NEVER = 0xEF };

/* Follow-up states of the purse dialect. */
enum { STATE_PIN = 0x01, STATE_KEY = 0x02, STATE_MAIN = 0x0A };

/* One chip in the making. */
struct making {
    struct station station;
    const struct issuer *issuer;
    struct personalise_result *result;
    bool hospital; /* a PSAM of one */
};

/* --- keys --------------------------------------------------------------------------------- */

enum { VERSION = -1 }; /* in the table: the issuer's key version stands here */

/* What stands before a key in WRITE KEY, by its type. [purse.md 2.4] */
static const struct key_head {
    uint8_t type, use, change;
    int third;      /* version, FF, or follow-up state */
    uint8_t fourth; /* algorithm, or tries: maximum and left */
} key_heads[] = {
    {0x30,      FREE, MAIN_ONLY, VERSION,   0x00},
    {0x34,      FREE, MAIN_ONLY, VERSION,   0x00},
    {0x36,      FREE, MAIN_ONLY, 0xFF,      0x33},
    {0x37,      FREE, MAIN_ONLY, 0xFF,      0x33},
    {0x38,      FREE, MAIN_ONLY, 0xFF,      0x33},
    {TYPE_MAIN, FREE, MAIN_ONLY, STATE_KEY, 0x33},
    {0x3C,      FREE, MAIN_ONLY, VERSION,   0x00},
    {0x3E,      FREE, MAIN_ONLY, VERSION,   0x00},
    {0x3F,      FREE, MAIN_ONLY, VERSION,   0x00},
};

/* The main control key differs from its fellows in its follow-up state alone. A social security key
 * has its version in front of that, in the high half of the byte. [decision 0021] */
static size_t write_head(
    const struct making *m, enum profile_place place, uint8_t type, bool main, uint8_t head[8]) {
    const struct key_head *line = NULL;
    for (size_t i = 0; i < sizeof key_heads / sizeof key_heads[0]; i++) {
        line = key_heads[i].type == type ? &key_heads[i] : line;
    }
    assert(line);
    assert(line->type == type);
    head[0] = type;
    head[1] = line->use;
    head[2] = line->change;
    head[HEAD_THIRD] = line->third == VERSION ? m->issuer->key_version : (uint8_t)line->third;
    head[HEAD_THIRD] = main ? STATE_MAIN : head[HEAD_THIRD];
    if (type == TYPE_MAIN && profile_directory(place)->family == SPEAKS_SOCIAL) {
        head[HEAD_THIRD] |= (uint8_t)(m->issuer->key_version << 4);
    }
    head[4] = line->fourth;
    return KEY_HEAD_LEN;
}

/* 84 D4 with what the vault wrapped for the chip's challenge. */
static enum err send_wrapped(struct making *m, struct key_wrap *wrap, struct why *why) {
    const struct vault *v = m->station.vault;
    const char *name = key_kind(wrap->key.name)->name;
    uint8_t data[KEY_WRAP_MAX];
    size_t len = 0;
    enum err err = station_challenge(&m->station, wrap->challenge, sizeof wrap->challenge, why);
    err = err ? err : v->wrap(v->self, wrap, data, &len, why);
    if (!err) {
        struct apdu write = {
            .cla = 0x84, .ins = 0xD4, .p1 = wrap->p1, .p2 = wrap->p2, .data = bytes_of(data, len)};
        err = station_send(&m->station, &write, "WRITE KEY", NULL, why);
    }
    assert(len <= sizeof data);
    m->result->keys += err ? 0 : 1;
    return err ? why_add(why, err, "key %s", name) : OK;
}

/* The public transport key goes in plain: it is what the chip's first main control key is. */
static enum err write_transport_key(struct making *m, enum profile_place place, struct why *why) {
    uint8_t data[KEY_HEAD_LEN + 16];
    uint8_t head[8];
    size_t len = write_head(m, place, TYPE_MAIN, true, head);
    struct builder b = builder_in(data, sizeof data);
    put_bytes(&b, bytes_of(head, len));
    put_fill(&b, 0xFF, 16);
    struct apdu write = {.cla = 0x80, .ins = 0xD4, .p1 = P1_ADD, .data = builder_bytes(&b)};
    return station_send(&m->station, &write, "WRITE KEY", NULL, why);
}

/* ... and is replaced by the card's own before anything else goes in. */
static enum err replace_main_key(struct making *m, enum profile_place place, struct why *why) {
    struct key_wrap wrap = {.key = station_key(&m->station, station_main_key(&m->station, place)),
        .under = station_key(&m->station, KEY_TRANSPORT),
        .p1 = TYPE_MAIN};
    wrap.under.algorithm = wrap.key.algorithm; /* the same sixteen bytes under either cipher */
    wrap.head_len = write_head(m, place, TYPE_MAIN, true, wrap.head);
    return send_wrapped(m, &wrap, why);
}

/* The keys of the catalogue that belong into a place beside its main control key. */
static bool belongs(const struct making *m, enum key_name name, enum profile_place place) {
    enum key_name found;
    const struct key_kind *kind = key_kind(name);
    return name != station_main_key(&m->station, place)
           && station_find_key(&m->station, place, kind->type, kind->kid, &found) && found == name;
}

/* All other keys come under the card's own main control key; of a key that a card holds in several
 * versions each has an identifier of its own, and its version in its head. */
static enum err write_key(
    struct making *m, enum profile_place place, enum key_name name, struct why *why) {
    const struct key_kind *kind = key_kind(name);
    enum err err = OK;
    for (uint8_t i = 0; !err && i < kind->versions; i++) {
        struct key_wrap wrap = {.key = station_key(&m->station, name),
            .under = station_key(&m->station, station_main_key(&m->station, place)),
            .p1 = P1_ADD,
            .p2 = (uint8_t)(kind->kid + i)};
        wrap.key.version = (uint8_t)(wrap.key.version + i);
        wrap.head_len = write_head(m, place, kind->type, false, wrap.head);
        wrap.head[HEAD_THIRD] = (uint8_t)(wrap.head[HEAD_THIRD] + i);
        err = send_wrapped(m, &wrap, why);
    }
    return err;
}

/* The purchase key of this PSAM's trades. */
static enum key_name psam_key(const struct making *m) {
    return m->hospital ? KEY_DPKDF04 : KEY_DPK;
}

/* A PSAM gets the purchase key as a province shares it, and derives the card's itself; of several
 * versions each, for cards choose one. Its form of WRITE KEY says usage, version and algorithm.
 * [purse.md 6.2] */
static enum err write_psam_keys(struct making *m, struct why *why) {
    enum err err = OK;
    for (uint8_t i = 0; !err && i < key_kind(psam_key(m))->versions; i++) {
        struct key_wrap wrap = {
            .key = station_key(&m->station, psam_key(m)),
            .under = station_key(&m->station, KEY_MK_PSAM),
            .head = {USAGE_PURCHASE, (uint8_t)(m->issuer->key_version + i), ALGORITHM_3DES},
            .head_len = 3
        };
        wrap.key.version = (uint8_t)(wrap.key.version + i);
        wrap.key.depth = KEY_PROVINCE;
        err = send_wrapped(m, &wrap, why);
    }
    return err;
}

/* In the order of the catalogue; the main control key is in already. */
static enum err write_keys(struct making *m, enum profile_place place, struct why *why) {
    enum err err = place == AT_PSAM ? write_psam_keys(m, why) : OK;
    for (enum key_name name = 0; !err && name < KEY_COUNT; name++) {
        err = belongs(m, name, place) ? write_key(m, place, name, why) : OK;
    }
    return err;
}

/* The PIN of SSSE holds in its four applications, too [card.md 4]; the wallet has its own. */
static bool has_pin(enum profile_place place) {
    return place == AT_SSSE || place == AT_WALLET;
}

/* 84 D4 01 00 Lc ENC(LD || 3A use EF follow-up tries PIN): the head and the ciphertext. */
static enum err put_pin_message(
    struct making *m, const struct key_ref *main, struct builder *message, struct why *why) {
    const struct vault *v = m->station.vault;
    uint8_t tries = (uint8_t)(m->issuer->pin_tries << 4 | m->issuer->pin_tries);
    uint8_t plain[KEY_HEAD_LEN + STATION_PIN_LEN] = {TYPE_PIN, FREE, NEVER, STATE_PIN, tries};
    uint8_t cipher[sizeof plain + 16];
    size_t len = 0;
    if (!station_pin(m->result->data.pin, plain + KEY_HEAD_LEN)) {
        return why_say(why, ERR_INVALID, "the first PIN is not six digits");
    }
    enum err err = v->encrypt_message(
        v->self, main, bytes_of(plain, sizeof plain), cipher, &len, why);
    crypto_wipe(plain, sizeof plain);
    if (!err) {
        const uint8_t head[] = {0x84, 0xD4, P1_ADD, 0x00, (uint8_t)(len + 4)};
        put_bytes(message, bytes_of(head, sizeof head));
        put_bytes(message, bytes_of(cipher, len));
    }
    return err;
}

/* A PIN is no key of the vault's, but goes in the same way: enciphered and MACed. */
static enum err write_pin(struct making *m, enum profile_place place, struct why *why) {
    const struct vault *v = m->station.vault;
    struct key_ref main = station_key(&m->station, station_main_key(&m->station, place));
    uint8_t room[APDU_MAX];
    uint8_t iv[8] = {0}; /* four random bytes and four zeros [purse.md 1.3] */
    uint8_t mac[4];
    struct builder b = builder_in(room, sizeof room);
    if (!has_pin(place)) {
        return OK;
    }
    enum err err = put_pin_message(m, &main, &b, why);
    err = err ? err : station_challenge(&m->station, iv, 4, why);
    err = err ? err : v->message_mac(v->self, &main, iv, builder_bytes(&b), mac, why);
    if (!err) {
        put_bytes(&b, bytes_of(mac, sizeof mac));
        struct apdu write = {
            .cla = 0x84, .ins = 0xD4, .p1 = P1_ADD, .data = bytes_of(room + 5, b.len - 5)};
        err = station_send(&m->station, &write, "WRITE KEY", NULL, why);
    }
    return err;
}

/* --- files -------------------------------------------------------------------------------- */

/* What of the sheets this profile has: files of a directory, directories below one. */
static bool has_file(
    const struct making *m, enum profile_place place, enum profile_file_name file) {
    return profile_file(file)->place == place && profile_has(m->station.profile, file);
}

static bool is_child(const struct making *m, enum profile_place child, enum profile_place place) {
    return profile_directory(child)->parent == place && profile_made(m->station.profile, child);
}

/* Keys are added one by one; the file has room for exactly these. */
static uint16_t key_file_size(const struct making *m, enum profile_place place) {
    uint16_t size = KEY_RECORD_HEAD + 16; /* the main control key */
    if (place == AT_PSAM) {
        size = (uint16_t)(size + key_kind(psam_key(m))->versions * (KEY_RECORD_HEAD + 16));
    }
    for (enum key_name name = 0; name < KEY_COUNT; name++) {
        if (belongs(m, name, place)) {
            uint8_t len = key_length(name, station_algorithm(&m->station, place));
            size = (uint16_t)(size + key_kind(name)->versions * (KEY_RECORD_HEAD + len));
        }
    }
    return (uint16_t)(size + (has_pin(place) ? PIN_RECORD : 0));
}

/* What a directory needs for all that is in it; never less than any chip takes for it. */
static uint16_t directory_size(const struct making *m, enum profile_place place) {
    uint16_t size = (uint16_t)(EF_HEAD + key_file_size(m, place));
    for (enum profile_file_name file = 0; file < FILE_COUNT; file++) {
        const struct profile_file *f = profile_file(file);
        if (has_file(m, place, file)) {
            uint16_t body = (uint16_t)(profile_file_size(file) + f->count * RECORD_OVERHEAD);
            body = f->kind == KIND_PURSE_FILE ? WALLET_BODY : body;
            size = (uint16_t)(size + EF_HEAD + RECORD_OVERHEAD + body);
        }
    }
    for (enum profile_place child = 0; child < PLACE_COUNT; child++) {
        const struct profile_directory *d = profile_directory(child);
        if (is_child(m, child, place)) {
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

/* 38 size create erase appFileID, and then what only a directory or the master file has. */
static void put_directory(struct builder *b, const struct profile_made *made, uint16_t size) {
    put_u8(b, 0x38);
    put_u16(b, size);
    put_u8(b, MAIN_ONLY);
    put_u8(b, MAIN_ONLY);
    put_u8(b, made->fci_file);
}

/* Only the master file is made with the transport code of the blank, and takes all the room there
 * is. */
static enum err create_master(struct making *m, enum profile_place place, struct why *why) {
    const struct profile_directory *d = profile_directory(place);
    uint8_t room[32];
    struct builder b = builder_in(room, sizeof room);
    put_directory(&b, profile_made(m->station.profile, place), 0xFFFF);
    put_bytes(&b, bytes_of(m->issuer->transport, sizeof m->issuer->transport));
    assert(!b.overflowed);
    return create(m, d->fid, builder_bytes(&b), d->zh, why);
}

/* A directory below was made with its parent and is selected; a master file is made first of
 * all. */
static enum err enter(struct making *m, enum profile_place place, struct why *why) {
    return profile_directory(place)->parent == AT_NONE ? create_master(m, place, why)
                                                       : station_select(&m->station, place, why);
}

/* The first file of every directory: until it is there, nothing is asked for. */
static enum err create_key_file(struct making *m, enum profile_place place, struct why *why) {
    uint8_t room[8];
    struct builder b = builder_in(room, sizeof room);
    put_u8(&b, 0x3F);
    put_u16(&b, key_file_size(m, place));
    put_u8(&b, profile_made(m->station.profile, place)->fci_file);
    put_u8(&b, MAIN_ONLY);
    put_u16(&b, 0xFFFF);
    return create(m, KEY_FILE_FID, builder_bytes(&b), "key file", why);
}

/* Made while this directory is still open; each is entered later, and only once. */
static enum err create_children(struct making *m, enum profile_place place, struct why *why) {
    enum err err = OK;
    for (enum profile_place child = 0; !err && child < PLACE_COUNT; child++) {
        const struct profile_directory *d = profile_directory(child);
        if (is_child(m, child, place)) {
            const struct profile_made *made = profile_made(m->station.profile, child);
            uint8_t room[32];
            struct builder b = builder_in(room, sizeof room);
            put_directory(&b, made, directory_size(m, child));
            put_u8(&b, d->family == SPEAKS_SOCIAL ? 0x01 : 0xFF);
            put_u8(&b, (uint8_t)made->algorithm);
            put_bytes(&b, d->df_name);
            assert(!b.overflowed);
            err = create(m, d->fid, builder_bytes(&b), d->zh, why);
        }
    }
    return err;
}

/* Count and length in two bytes where records are all alike, bytes in all where they are not. */
static uint16_t size_field(enum profile_file_name file) {
    const struct profile_file *f = profile_file(file);
    bool counted = f->kind == KIND_FIXED || f->kind == KIND_CYCLIC || f->kind == KIND_PURSE_FILE;
    return counted ? (uint16_t)(f->count << 8 | f->length) : profile_file_size(file);
}

/* Where an account writes its log: EF18 of the wallet, EF08 of DF04. [decision 0022] */
static uint8_t log_sfi(enum profile_place place) {
    return place == AT_DF04 ? MEDICAL_LOG_SFI : LOG_SFI;
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
        put_u8(&b, f->kind == KIND_PURSE_FILE ? log_sfi(f->place) : 0xFF);
    }
    assert(!b.overflowed);
    assert(b.len >= 7);
    return create(m, f->fid, builder_bytes(&b), f->zh, why);
}

/* Every record once, as long as it will ever be: a variable record keeps its length. */
static enum err append_blanks(struct making *m, enum profile_file_name file, struct why *why) {
    const struct profile_file *f = profile_file(file);
    struct profile_values blank;
    size_t count = 0;
    const struct profile_field *field = profile_fields(file, &count);
    if (f->kind != KIND_VARIABLE && f->kind != KIND_FIXED) {
        return OK;
    }
    profile_blank(&blank);
    enum err err = OK;
    for (size_t i = 0; !err && i < count; i++) {
        uint8_t room[PROFILE_RECORD_MAX];
        struct builder b = builder_in(room, sizeof room);
        profile_put_field(&b, &blank, &field[i]);
        struct apdu append = {
            .ins = 0xE2, .p2 = (uint8_t)(profile_sfi(f) << 3 | 0x04), .data = builder_bytes(&b)};
        err = station_send(&m->station, &append, "APPEND RECORD", NULL, why);
        err = err ? why_add(why, err, "%s", field[i].zh) : OK;
        m->result->records += err ? 0 : 1;
    }
    return err;
}

/* Each file is made and filled before the next, so that a torn chip ends at a known place. */
static enum err create_files(struct making *m, enum profile_place place, struct why *why) {
    enum err err = OK;
    for (enum profile_file_name file = 0; !err && file < FILE_COUNT; file++) {
        if (has_file(m, place, file)) {
            err = create_file(m, file, why);
            err = err ? err : append_blanks(m, file, why);
        }
    }
    return err;
}

/* --- the holder's data -------------------------------------------------------------------- */

/* The wallet's public files take their data under a MAC of DAMK; all others after a proof. */
static enum err write_field(
    struct making *m, enum profile_file_name file, size_t index, struct why *why) {
    const struct profile_file *f = profile_file(file);
    uint8_t room[APDU_DATA_MAX];
    struct builder b = builder_in(room, sizeof room);
    struct apdu update = station_update(&m->result->data.values, file, index, &b);
    if (f->kind != KIND_TRANSPARENT_MAC) {
        return station_send(&m->station, &update, "UPDATE", NULL, why);
    }
    uint16_t sw = 0;
    enum err err = station_send_maced(&m->station, f->place, &update, &sw, why);
    if (!err && sw != SW_OK) {
        err = why_say(why, ERR_CONFLICT, "UPDATE with MAC: card answered %04X (%s)", (unsigned)sw,
            sw_text(sw));
    }
    return err;
}

/* Whole files of bytes, with a MAC or without. */
static bool is_transparent(const struct profile_file *f) {
    return f->kind == KIND_TRANSPARENT || f->kind == KIND_TRANSPARENT_MAC;
}

/* Whether the index-th write of a file is needed: one for each field with data, one for a
 * transparent file as a whole. */
static bool wants_writing(const struct making *m, enum profile_file_name file,
    const struct profile_field *field, size_t index) {
    return is_transparent(profile_file(file))
               ? index == 0
               : !profile_value_blank(&m->result->data.values, &field[index]);
}

/* The key is proven once for a file, and only when there is something to write. */
static enum err write_file(struct making *m, enum profile_file_name file, struct why *why) {
    size_t count = 0;
    const struct profile_field *field = profile_fields(file, &count);
    bool authorised = false;
    enum err err = OK;
    for (size_t i = 0; !err && i < count; i++) {
        if (wants_writing(m, file, field, i)) {
            err = authorised ? OK : station_authorise(&m->station, file, why);
            authorised = true;
            err = err ? err : write_field(m, file, i, why);
            err = err ? why_add(why, err, "%s", field[i].zh) : OK;
            m->result->records += err ? 0 : 1;
        }
    }
    return err;
}

/* File after file of the directory that is selected. */
static enum err write_files(struct making *m, enum profile_place place, struct why *why) {
    enum err err = OK;
    for (enum profile_file_name file = 0; !err && file < FILE_COUNT; file++) {
        if (has_file(m, place, file)) {
            err = write_file(m, file, why);
        }
    }
    return err;
}

/* From this selection on the rights of the files count. */
static enum err select_again(struct making *m, enum profile_place place, struct why *why) {
    return station_select(&m->station, place, why);
}

/* --- the whole ---------------------------------------------------------------------------- */

/* A chip is made directory by directory, each from the top of a list to its end. A directory
 * without a key file at its selection asks for nothing until it is selected again: so
 * initialising never selects twice, and personalising always finds the rights in force.
 * [purse.md 2.1] */
struct stage {
    const char *name;
    enum err (*run)(struct making *m, enum profile_place place, struct why *why);
};

static const struct stage initialising[] = {
    {"enter",             enter              },
    {"key file",          create_key_file    },
    {"transport key",     write_transport_key},
    {"main control key",  replace_main_key   },
    {"keys",              write_keys         },
    {"first PIN",         write_pin          },
    {"files",             create_files       },
    {"directories below", create_children    },
};

static const struct stage personalising[] = {
    {"select", select_again},
    {"data",   write_files },
};

/* The first failure ends all; it says where and in which stage. */
static enum err run_stages(struct making *m, enum profile_place place, const struct stage *stages,
    size_t count, struct why *why) {
    for (size_t i = 0; i < count; i++) {
        enum err err = stages[i].run(m, place, why);
        if (err) {
            return why_add(why, err, "%s, %s", profile_directory(place)->zh, stages[i].name);
        }
    }
    return OK;
}

/* The stages for every directory of the profile, parents before children. */
static enum err run_everywhere(
    struct making *m, const struct stage *stages, size_t count, struct why *why) {
    const struct profile_made *made;
    enum err err = OK;
    for (size_t i = 0; !err && (made = profile_made_at(m->station.profile, i)) != NULL; i++) {
        err = run_stages(m, made->place, stages, count, why);
    }
    return err;
}

/* First the whole card is initialised, then personalised: from the second part on every right
 * counts, so a wrong right in the sheet is found in making and not at a counter. */
static enum err run_all(struct making *m, struct why *why) {
    enum err err = run_everywhere(
        m, initialising, sizeof initialising / sizeof initialising[0], why);
    err = err ? err
              : run_everywhere(
                  m, personalising, sizeof personalising / sizeof personalising[0], why);
    m->result->commands = m->station.commands;
    return err;
}

/* The station learns its factor at the reset. */
static struct making making_of(
    const struct personalisation *p, enum profile_name profile, struct personalise_result *result) {
    *result = (struct personalise_result){.commands = 0};
    return (struct making){
        .station = {.reader = p->reader,
                    .vault = p->vault,
                    .key_version = p->issuer->key_version,
                    .profile = profile},
        .issuer = p->issuer,
        .result = result,
        .hospital = p->hospital,
    };
}

/* The data are made after the reset, because keys and identification follow from the chip's
 * factor. */
enum err personalise_card(const struct personalisation *p, const struct person *person,
    const char *card_number, struct personalise_result *result, struct why *why) {
    struct making m = making_of(p, p->profile, result);
    struct card_source source = {.issuer = p->issuer,
        .person = person,
        .card_number = card_number,
        .factor = m.station.factor,
        .vault = p->vault,
        .profile = p->profile};
    enum err err = station_reset(&m.station, why);
    err = err ? err : card_data_make(&result->data, &source, why);
    err = err ? err : run_all(&m, why);
    return err ? why_add(why, err, "personalise card %s", card_number) : OK;
}

/* The same stages over two directories, with a PSAM's data. */
enum err personalise_psam(const struct personalisation *p, const uint8_t terminal[6],
    struct personalise_result *result, struct why *why) {
    struct making m = making_of(p, PROFILE_PSAM, result);
    enum err err = station_reset(&m.station, why);
    err = err ? err : psam_data_make(&result->data, p->issuer, terminal, m.station.factor, why);
    err = err ? err : run_all(&m, why);
    return err ? why_add(why, err, "personalise PSAM") : OK;
}
