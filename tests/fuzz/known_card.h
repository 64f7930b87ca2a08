/* A card whose every secret and every content is known: made for whoever looks for leaks.
 *
 * It has the shape of a social security card with a wallet and a medical account: seven directories,
 * one of them with SM4, files with each kind of right, keys, PINs; and as an eighth the application
 * of a purchase module, which shares the master file with it. Keys and PINs are drawn from a seed,
 * so that two cards can be made that differ in nothing else; the content of each file is a mark of
 * eight bytes, again and again, the same on all cards. */
#pragma once

#include <assert.h>
#include <stdlib.h>

#include "base/hex.h"
#include "card/loop/card.h"
#include "ports/sim/memory.h"

enum place {
    AT_MF,
    AT_SSSE,
    AT_DF01,
    AT_DF03,
    AT_DF04,
    AT_WALLET,
    AT_SM4, /* social security with SM4 */
    AT_SAM,
    PLACES,
    NOWHERE = PLACES
};

enum {
    KNOWN_SIZE = 0x2C00,
    MARK_LEN = 8,
    PIN_DIGITS = 6, /* bytes of a PIN: twelve digits */
    TYPE_PIN = 0x3A,
    TYPE_EXTERNAL = 0x39,
    TYPE_MAINTENANCE = 0x36,
    STATE_PIN = 1, /* the follow-up states that keys lead to */
    STATE_MAIN = 0xA,
    SEED_MARKS = 77,
};

struct known_dir {
    enum place parent;
    uint16_t fid;
    const char *head; /* 38 size2 create erase app family algorithm */
    const char *name;
};

static const struct known_dir known_dirs[PLACES] = {
    [AT_MF] = {NOWHERE, 0x3F00, "38FFFFF0EF01",     "315041592E5359532E4444463031"  },
    [AT_SSSE] = {AT_MF,   0xDDF1, "381400AAAA0B01FF", "7378312E73682EC9E7BBE1B1A3D5CF"},
    [AT_DF01] = {AT_SSSE, 0xDF01, "380400AAAA8001FF", "D15600000500"                  },
    [AT_DF03] = {AT_SSSE, 0xDF03, "380400AAAA8001FF", "D15600000502"                  },
    [AT_DF04] = {AT_SSSE, 0xDF04, "380400F0AA8001FF", "D15600000503"                  },
    [AT_WALLET] = {AT_MF,   0x3F01, "380600AAAA95FFFF", "A00000000386980701"            },
    [AT_SM4] = {AT_SSSE, 0xDF05, "380280F0AA800103", "D15600000504"                  },
    [AT_SAM] = {AT_MF,   0xDF06, "380280AAAA97FFFF", "D15600000590"                  },
};

struct known_key {
    enum place place;
    uint8_t type, id, len;
    uint8_t version; /* its low half is the state that follows */
};

static const struct known_key known_keys[] = {
    {AT_MF,     0x39, 0x00, 16, 0xAA},
    {AT_MF,     0x36, 0x00, 16, 0x00},
    {AT_SSSE,   0x39, 0x00, 16, 0xAA},
    {AT_SSSE,   0x39, 0x04, 16, 0x01},
    {AT_SSSE,   0x39, 0x06, 16, 0x01},
    {AT_SSSE,   0x36, 0x00, 8,  0x00},
    {AT_SSSE,   0x30, 0x00, 16, 0x01},
    {AT_SSSE,   0x3A, 0x00, 8,  0x01},
    {AT_DF01,   0x39, 0x00, 16, 0xAA},
    {AT_DF01,   0x39, 0x83, 16, 0x01},
    {AT_DF01,   0x39, 0x84, 16, 0x01},
    {AT_DF01,   0x36, 0x00, 8,  0x00},
    {AT_DF03,   0x39, 0x00, 16, 0xAA},
    {AT_DF03,   0x39, 0x84, 16, 0x01},
    {AT_DF03,   0x39, 0x85, 16, 0x01},
    {AT_DF03,   0x36, 0x00, 8,  0x00},
    {AT_DF04,   0x39, 0x00, 16, 0xAA},
    {AT_DF04,   0x39, 0x84, 16, 0x01},
    {AT_DF04,   0x39, 0x85, 16, 0x01},
    {AT_DF04,   0x36, 0x00, 8,  0x00},
    {AT_WALLET, 0x39, 0x00, 16, 0xAA},
    {AT_WALLET, 0x34, 0x00, 16, 0x01},
    {AT_WALLET, 0x36, 0x00, 16, 0x00},
    {AT_WALLET, 0x37, 0x00, 16, 0x00},
    {AT_WALLET, 0x38, 0x00, 16, 0x00},
    {AT_WALLET, 0x3E, 0x01, 16, 0x01},
    {AT_WALLET, 0x3F, 0x01, 16, 0x01},
    {AT_WALLET, 0x3D, 0x01, 16, 0x01},
    {AT_WALLET, 0x3C, 0x01, 16, 0x01},
    {AT_WALLET, 0x30, 0x01, 16, 0x01},
    {AT_WALLET, 0x3A, 0x00, 8,  0x01},
    {AT_DF04,   0x3E, 0x01, 16, 0x01},
    {AT_DF04,   0x3F, 0x01, 16, 0x01},
    {AT_DF04,   0x34, 0x00, 16, 0x01},
    {AT_SM4,    0x39, 0x00, 16, 0xAA},
    {AT_SM4,    0x39, 0x84, 16, 0x01},
    {AT_SM4,    0x36, 0x00, 16, 0x00},
    {AT_SM4,    0x30, 0x00, 16, 0x01},
    {AT_SAM,    0x39, 0x00, 16, 0xAA},
    {AT_SAM,    0x42, 0x01, 16, 0x01}, /* usages: purchase, by two factors */
    {AT_SAM,    0x21, 0x01, 16, 0x01}, /* anything, by one */
    {AT_SAM,    0x24, 0x01, 16, 0x01}, /* folded */
    {AT_SAM,    0x26, 0x01, 16, 0x01}, /* MACs */
    {AT_SAM,    0x27, 0x01, 16, 0x01}, /* enciphering */
    {AT_SAM,    0x20, 0x01, 16, 0x01}, /* a main key */
};
enum { KNOWN_KEYS = sizeof known_keys / sizeof known_keys[0] };

/* A file, what its CREATE FILE says, and its rights as a reader of the sheet understands them:
 * purse: the state interval XY. Social: controls of the directory above and of this one, and
 * whether both are needed. */
struct known_file {
    enum place place;
    uint16_t fid;
    const char *create;
    uint8_t read_above, read_here;
    bool both;
    uint8_t interval;
};

static const struct known_file known_files[] = {
    {AT_SSSE,   0xEF05,
     "2C0060000000"
        "0004",                           0,    0,    false, 0   },
    {AT_SSSE,   0xEF06,
     "2C0060000000"
        "0004",                           0,    0,    false, 0   },
    {AT_DF01,   0xEF05,
     "2C0060000100"
        "0083",                           0x01, 0,    false, 0   },
    {AT_DF01,   0xEF06,
     "2C0060000184"
        "0084",                           0x01, 0x84, false, 0   },
    {AT_DF01,   0xEF07,
     "280040440184"
        "0084",                           0x01, 0x84, true,  0   },
    {AT_DF03,   0xEF05,
     "2C0060000185"
        "0084",                           0x01, 0x85, false, 0   },
    {AT_DF03,   0xEF06,
     "280040000085"
        "0084",                           0,    0x85, false, 0   },
    {AT_DF03,   0xEF07,
     "2800400000FF"
        "00FF",                           0,    0xFF, false, 0   },
    {AT_DF04,   0xEF05,
     "2C0060440185"
        "0084",                           0x01, 0x85, true,  0   },
    {AT_DF04,   0xEF06,
     "2E0310000100"
        "EFEF",                           0x01, 0,    false, 0   },
    {AT_DF04,   0xEF07,
     "28004000EFEF"
        "0085",                           0xEF, 0xEF, false, 0   },
    {AT_WALLET, 0x0015, "A8001EF0F0FFFF", 0,    0,    false, 0xF0},
    {AT_WALLET, 0x0016, "E80028F0F0FFFF", 0,    0,    false, 0xF0},
    {AT_WALLET, 0x0018, "2E0A17F1EFFFFF", 0,    0,    false, 0xF1},
    {AT_WALLET, 0x0019, "280040F1AAFFFF", 0,    0,    false, 0xF1},
    {AT_WALLET, 0x001A, "2A0310AAAAFFFF", 0,    0,    false, 0xAA},
    {AT_WALLET, 0x001B, "280040EFAAFFFF", 0,    0,    false, 0xEF},
    {AT_WALLET, 0x001C, "280040F0F0FF7F", 0,    0,    false, 0xEF}, /* sealed reads only */
    {AT_WALLET, 0x001D, "2C0060F0F0FFFF", 0,    0,    false, 0xF0},
    {AT_WALLET, 0x0001, "2F0208F100FF18", 0,    0,    false, 0xF0},
    {AT_WALLET, 0x0002, "2F0208F000FF18", 0,    0,    false, 0xF0},
    {AT_DF04,   0x0003, "2F0208F000FF08", 0,    0,    false, 0   },
    {AT_DF04,   0xEF08,
     "2E031C000000"
        "EFEF",                           0,    0,    false, 0   },
    {AT_SM4,    0xEF05,
     "280040000084"
        "0084",                           0,    0x84, false, 0   },
    {AT_SM4,    0xEF06,
     "2800404401FF"
        "0084",                           0x01, 0xFF, true,  0   },
    {AT_SM4,    0xEF07,
     "28004000EFEF"
        "0084",                           0xEF, 0xEF, false, 0   },
    {AT_MF,     0x0016, "280006F0AAFFFF", 0,    0,    false, 0xF0},
    {AT_SAM,    0x0018, "280002F0EFFFFF", 0,    0,    false, 0xF0},
    {AT_SAM,    0x0019, "280004F0EFFFFF", 0,    0,    false, 0xF0},
    {AT_SAM,    0x001A, "280040EFAAFFFF", 0,    0,    false, 0xEF},
};
enum { KNOWN_FILES = sizeof known_files / sizeof known_files[0] };

/* What a purchase module must find in its own files, instead of marks; NULL for every other. */
static inline const char *known_content(const struct known_file *f) {
    if (f->place == AT_MF) {
        return "440100000001"; /* the terminal's number */
    }
    if (f->place != AT_SAM || f->fid == 0x001A) {
        return NULL;
    }
    return f->fid == 0x0018 ? "0303" : "00000007"; /* tries of MAC2; the next number */
}

static inline uint8_t known_byte(uint64_t seed, uint64_t index) {
    uint64_t z = (seed * 1000003 + index + 1) * 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return (uint8_t)(z >> 56);
}

static inline bool known_social(enum place place) {
    return (place >= AT_SSSE && place <= AT_DF04) || place == AT_SM4;
}

/* The value of a key as it lies on the card; a PIN is twelve decimal digits, filled up. */
static inline void known_secret(uint64_t seed, size_t key, uint8_t value[16]) {
    bool pin = known_keys[key].type == TYPE_PIN;
    for (size_t i = 0; i < known_keys[key].len; i++) {
        uint8_t byte = known_byte(seed, key * 16 + i);
        value[i] = !pin ? byte : i < PIN_DIGITS ? (uint8_t)(byte % 10 << 4 | byte / 10 % 10) : 0xFF;
    }
}

/* The index of a key; KNOWN_KEYS when there is none. */
static inline size_t known_key_find(enum place place, uint8_t type, uint8_t id) {
    size_t i = 0;
    while (
        i < KNOWN_KEYS
        && (known_keys[i].place != place || known_keys[i].type != type || known_keys[i].id != id)) {
        i++;
    }
    return i;
}

static inline void known_mark(size_t file, uint8_t mark[MARK_LEN]) {
    for (size_t i = 0; i < MARK_LEN; i++) {
        mark[i] = known_byte(SEED_MARKS, file * MARK_LEN + i);
    }
}

/* ---- making it ---- */

struct known_card {
    uint64_t seed;
    struct memory memory;
    struct nvm nvm;
    struct card card;
    uint8_t mirror[KNOWN_SIZE]; /* makes reading fast, and nothing else [card/store/nvm.h] */
    uint8_t reply[REPLY_MAX];
    size_t reply_len;
};

/* The port, at the place where the card lies now. */
static inline void known_port(struct known_card *k) {
    k->nvm = memory_nvm(&k->memory);
    k->nvm.mirror = k->mirror;
}

static inline unsigned known_send(struct known_card *k, struct bytes line) {
    k->reply_len = card_exchange(&k->card, line, k->reply);
    assert(k->reply_len >= 2 && k->reply_len <= REPLY_MAX);
    return (unsigned)k->reply[k->reply_len - 2] << 8 | k->reply[k->reply_len - 1];
}

static inline void known_power(struct known_card *k) {
    uint8_t atr[ATR_MAX];
    size_t len = card_reset(&k->card, &k->nvm, atr);
    assert(len == 17);
    (void)len;
}

static inline void put_hex(struct builder *b, const char *text) {
    uint8_t room[64];
    size_t len = strlen(text) / 2;
    bool whole = hex_read(bytes_text(text), room, len);
    assert(whole);
    (void)whole;
    put_bytes(b, bytes_of(room, len));
}

/* A command whose data stand in `data`; it must end with 9000 or 61xx. */
static inline void known_do(struct known_card *k, uint32_t head, struct builder *data) {
    uint8_t line[APDU_MAX];
    struct builder b = builder_in(line, sizeof line);
    put_u32(&b, head);
    put_u8(&b, (uint8_t)data->len);
    put_bytes(&b, builder_bytes(data));
    unsigned sw = known_send(k, builder_bytes(&b));
    assert(sw == 0x9000 || sw >> 8 == 0x61);
    (void)sw;
}

static inline void known_select(struct known_card *k, enum place place) {
    uint8_t room[2];
    struct builder fid = builder_in(room, sizeof room);
    if (known_dirs[place].parent != NOWHERE) {
        known_select(k, known_dirs[place].parent);
    }
    put_u16(&fid, known_dirs[place].fid);
    known_do(k, 0x00A4000C, &fid);
}

static inline void known_make_dir(struct known_card *k, enum place place) {
    uint8_t room[40];
    struct builder data = builder_in(room, sizeof room);
    put_hex(&data, known_dirs[place].head);
    if (place == AT_MF) {
        put_fill(&data, 0xFF, 7); /* the transport code */
    } else {
        known_select(k, known_dirs[place].parent);
        put_hex(&data, known_dirs[place].name);
    }
    known_do(k, 0x80E00000 | known_dirs[place].fid, &data);
}

/* The content: marks, in whatever shape the file has. Files that want secure messaging, wallets and
 * the logs beside them stay as they were created. */
static inline void known_fill(struct known_card *k, size_t file) {
    const struct known_file *f = &known_files[file];
    uint8_t mark[MARK_LEN], room[64];
    struct builder data = builder_in(room, sizeof room);
    uint32_t sfi = f->fid & 0x1F;
    uint8_t type = (uint8_t)(f->create[0] == '2' && f->create[1] == '8' ? 0x28 : f->create[1]);
    known_mark(file, mark);
    if (known_content(f)) {
        put_hex(&data, known_content(f));
        known_do(k, 0x00D68000 | sfi << 8, &data);
        return;
    }
    if (f->create[0] != '2' || type == 'F' || f->fid == 0x0018 || f->fid == 0xEF08) {
        return;
    }
    if (type == 'C') {
        put_u16(&data, (uint16_t)((0x60 + file) << 8 | 2 * MARK_LEN));
    }
    for (unsigned i = 0; i < (type == 0x28 ? 8u : 2u); i++) {
        put_bytes(&data, bytes_of(mark, sizeof mark));
    }
    if (type == 0x28) {
        known_do(k, 0x00D68000 | sfi << 8, &data);
        return;
    }
    known_do(k, 0x00E20000 | sfi << 3, &data);
    known_do(k, 0x00E20000 | sfi << 3, &data);
}

static inline void known_make_files(struct known_card *k, enum place place) {
    known_select(k, place);
    for (size_t i = 0; i < KNOWN_FILES; i++) {
        uint8_t room[16];
        struct builder data = builder_in(room, sizeof room);
        if (known_files[i].place == place) {
            put_hex(&data, known_files[i].create);
            known_do(k, 0x80E00000 | known_files[i].fid, &data);
            known_fill(k, i);
        }
    }
}

/* Keys come last: from the next selection on the rights count. */
static inline void known_make_keys(struct known_card *k, enum place place) {
    uint8_t room[32];
    struct builder data = builder_in(room, sizeof room);
    known_select(k, place);
    put_hex(&data, "3F018095AAFFFF");
    known_do(k, 0x80E00000, &data);
    for (size_t i = 0; i < KNOWN_KEYS; i++) {
        const struct known_key *key = &known_keys[i];
        uint8_t value[16];
        bool counts = key->type >= 0x36 && key->type <= TYPE_PIN;
        data = builder_in(room, sizeof room);
        known_secret(k->seed, i, value);
        put_u8(&data, key->type);
        put_u16(&data, key->type == TYPE_PIN ? 0xF0EF : 0xF0AA); /* who uses, who changes it */
        put_u8(&data, key->version);
        put_u8(&data, counts ? 0x33 : 0x00);
        put_bytes(&data, bytes_of(value, key->len));
        if (key->place == place) {
            known_do(k, 0x80D40100 | key->id, &data);
        }
    }
}

static inline void known_make(struct known_card *k, uint64_t seed) {
    static const struct chip_birth birth = {
        .transport = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}
    };
    k->seed = seed;
    memory_make(&k->memory, KNOWN_SIZE, 1);
    known_port(k);
    bool made = card_manufacture(&k->nvm, &birth);
    assert(made);
    (void)made;
    known_power(k);
    for (enum place p = AT_MF; p < PLACES; p++) {
        known_make_dir(k, p);
    }
    for (enum place p = AT_MF; p < PLACES; p++) {
        known_make_files(k, p);
    }
    for (enum place p = AT_MF; p < PLACES; p++) {
        known_make_keys(k, p);
    }
    known_power(k);
}
