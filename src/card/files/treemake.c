/* Making and erasing: the half of tree.h that changes the tree. Each function first decides, then
 * stages; the check changes nothing. */
#include "base/builder.h"
#include "base/features.h"
#include "card/files/entry.h"
#include "card/files/tree.h"

enum {
    EF_FORM_INTERVAL = 7, /* type size2 read write FF attr, and the wallet's and key file's forms */
    EF_FORM_CONTROL = 8,  /* type size2 scw read2 write2 */
    RECORDS_MIN = 2,      /* of a fixed or cyclic file [purse.md 2.2] */
    WALLET_SIZE = 0x0208, /* the only size a wallet is created with */
    MASTER_DATA_MIN = 6,  /* what of CREATE MF is not the transport code */
    NUMBER_LEN = 4,
    BLOCKED_AT = 4, /* behind `used` */
};

/* Which kinds there are, and which forms of the data field each may come in. */
static const struct form {
    enum ef_kind kind;
    bool control;   /* the social security form, too */
    bool protected; /* may ask for secure messaging in its type byte */
    bool records;   /* its size field is a count and a length */
} forms[] = {
    {EF_BINARY,   true,  true,  false},
    {EF_FIXED,    true,  true,  true },
    {EF_VARIABLE, true,  true,  false},
    {EF_CYCLIC,   true,  true,  true },
    {EF_WALLET,   false, false, false},
    {EF_KEYS,     false, false, false},
};

/* The form of a type byte; NULL when there is no such kind, or it cannot be protected. */
static const struct form *form_of(uint8_t type) {
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        bool plain = type == forms[i].kind;
        bool with_bits = forms[i].protected && (type & ENTRY_KIND_MASK) == forms[i].kind;
        if (plain || with_bits) {
            return &forms[i];
        }
    }
    return NULL;
}

/* The data field of an elementary file: a known kind, in one of its forms, of a size that can
 * be. */
static enum sw check_ef(const struct entry *e) {
    const struct form *form = form_of(e->data[0]);
    if (!form) {
        return SW_WRONG_DATA;
    }
    if (e->len != EF_FORM_INTERVAL && !(form->control && e->len == EF_FORM_CONTROL)) {
        return SW_WRONG_LENGTH;
    }
    bool keys = form->kind == EF_KEYS;
    bool size = form->records ? e->data[1] >= RECORDS_MIN && e->data[2] > 0
                              : entry_size_field(e) > 0;
    bool wallet = form->kind != EF_WALLET || entry_size_field(e) == WALLET_SIZE;
    bool place = keys == (e->fid == FID_KEYS);
    return size && wallet && place ? SW_OK : SW_WRONG_DATA;
}

/* The byte that names the cipher of a directory's keys; a chip without SM4 refuses it. */
static bool algorithm_known(uint8_t byte) {
    enum { ALGORITHM_UNSAID = 0xFF };
    return byte == ALGORITHM_UNSAID || byte == ALGORITHM_TDES
           || (CARD_SM4 && byte == ALGORITHM_SM4);
}

/* The data field of a directory, its depth, its cipher and its name. */
static enum sw check_dir(const struct store *s, const struct dir *in, const struct entry *e) {
    if (e->len < TREE_DIR_DATA_MIN) {
        return SW_WRONG_LENGTH;
    }
    struct bytes name = bytes_of(e->data + TREE_DIR_DATA_MIN, (size_t)e->len - TREE_DIR_DATA_MIN);
    if (name.len < TREE_NAME_MIN || e->fid == FID_KEYS || !algorithm_known(e->data[7])) {
        return SW_WRONG_DATA;
    }
    if (in->depth >= TREE_LEVELS) {
        return SW_UNSUPPORTED;
    }
    /* Two equal names within sight of each other would make SELECT a matter of luck. */
    struct dir other;
    return dir_by_name(s, in, name, &other) == SW_OK ? SW_WRONG_P1P2 : SW_OK;
}

/* 6A86 when the directory has a file of this FID already, whatever kind. */
static enum sw check_fid(const struct store *s, const struct entry *dir, uint16_t fid) {
    struct entry e;
    struct entry_walk w = entry_walk(s, dir);
    while (entry_next(s, &w, &e)) {
        if (e.fid == fid) {
            return SW_WRONG_P1P2;
        }
    }
    return SW_OK;
}

/* FIDs that never name a file below the master file. [ISO/IEC 7816-4 5.3.1.1] */
static bool fid_reserved(uint16_t fid) {
    return fid == FID_MF || fid == 0x3FFF || fid == 0xFFFF;
}

/* Everything about CREATE FILE that can be refused; changes nothing. */
static enum sw check_create(
    const struct store *s, const struct dir *in, const struct entry *dir, const struct entry *e) {
    if (fid_reserved(e->fid)) {
        return SW_WRONG_DATA;
    }
    if (entry_is_dir(e) && entry_is_linked(e) != entry_is_linked(dir)) {
        return SW_WRONG_DATA;
    }
    enum sw sw = entry_is_dir(e) ? check_dir(s, in, e) : check_ef(e);
    if (sw == SW_OK) {
        sw = check_fid(s, dir, e->fid);
    }
    return sw;
}

/* The bytes of a new entry: an elementary file's data always in room for the longer form. */
static void put_entry(struct builder *b, const struct entry *e) {
    put_u16(b, e->fid);
    put_u8(b, e->len);
    put_bytes(b, bytes_of(e->data, entry_is_dir(e) ? e->len : TREE_EF_DATA_MAX));
    if (entry_is_dir(e)) {
        put_fill(b, 0, ENTRY_DIR_TAIL);
    }
}

static enum sw stage_entry(struct store *s, const struct entry *e) {
    uint8_t raw[ENTRY_ROOM];
    struct builder b = builder_in(raw, sizeof raw);
    put_entry(&b, e);
    struct bytes all = builder_bytes(&b);
    return store_write(s, e->at, all.at, (uint32_t)all.len) ? SW_OK : SW_MEMORY;
}

static enum sw stage_number(struct store *s, uint32_t at, uint32_t number) {
    uint8_t raw[NUMBER_LEN];
    struct builder b = builder_in(raw, sizeof raw);
    put_u32(&b, number);
    return store_write(s, at, raw, sizeof raw) ? SW_OK : SW_MEMORY;
}

/* The last step of making a file, and the whole of erasing: what lies beyond is free. */
static enum sw stage_used(struct store *s, const struct entry *dir, uint32_t used) {
    return stage_number(s, entry_used_at(dir), used);
}

/* Where free memory begins is said in front of all linked directories. */
static uint32_t free_at(const struct store *s) {
    struct entry master;
    entry_read(s, LAYOUT_FILES, &master);
    return entry_stretch(&master);
}

/* Where the link lies that ends at this FID, or the last link when none has it: in front of an
 * entry, or in the directory itself. */
static uint32_t link_to(
    const struct store *s, const struct entry *dir, uint16_t fid, struct entry *found) {
    uint32_t link = entry_used_at(dir);
    struct entry_walk w = entry_walk(s, dir);
    while (entry_next(s, &w, found) && found->fid != fid) {
        link = found->at - ENTRY_LINK;
    }
    return link;
}

/* Room for an entry: where it can lie, and how much there is. */
struct room {
    uint32_t at, left;
};

static struct room room_in(const struct store *s, const struct entry *dir) {
    uint32_t first = entry_stretch(dir), size = entry_stretch_len(s, dir);
    uint32_t used = entry_used(s, dir), end = first + size;
    struct room room = {.at = first + used, .left = 0};
    if (entry_is_linked(dir)) {
        room.at = entry_number(s, free_at(s)) + ENTRY_LINK;
        end = s->nvm->size;
    }
    room.left = room.at <= end ? end - room.at : 0;
    return room;
}

/* Makes the new entry part of its directory. */
static enum sw stage_part(
    struct store *s, const struct entry *dir, const struct entry *e, uint32_t need) {
    struct entry last;
    if (!entry_is_linked(dir)) {
        return stage_used(s, dir, e->at + need - entry_stretch(dir));
    }
    uint32_t link = link_to(s, dir, e->fid, &last);
    enum sw sw = stage_number(s, e->at - ENTRY_LINK, 0);
    sw = sw == SW_OK ? stage_number(s, link, e->at) : sw;
    return sw == SW_OK ? stage_number(s, free_at(s), e->at + need) : sw;
}

enum sw tree_format(struct store *s) {
    static const uint8_t no_master[ENTRY_HEAD];
    return store_write(s, LAYOUT_FILES, no_master, sizeof no_master) ? SW_OK : SW_MEMORY;
}

enum sw tree_create_master(struct store *s, struct bytes data) {
    struct dir master;
    if (data.len < MASTER_DATA_MIN || data.len > TREE_DIR_DATA_MAX) {
        return SW_WRONG_LENGTH;
    }
    if (data.at[0] != ENTRY_DIR_TYPE) {
        return SW_WRONG_DATA;
    }
    if (dir_master(s, &master) == SW_OK) {
        return SW_WRONG_P1P2;
    }
    /* The transport code is not kept: its place holds what another directory's bytes would say. */
    struct entry e = {.at = LAYOUT_FILES, .fid = FID_MF, .len = TREE_DIR_DATA_MIN};
    (void)memcpy(e.data, data.at, MASTER_DATA_MIN);
    (void)memset(e.data + MASTER_DATA_MIN, FAMILY_PURSE, TREE_DIR_DATA_MIN - MASTER_DATA_MIN);
    if (entry_stretch_len(s, &e) > s->nvm->size - entry_stretch(&e)) {
        return SW_NO_SPACE;
    }
    return stage_entry(s, &e);
}

enum sw tree_create(struct store *s, const struct dir *in, uint16_t fid, struct bytes data) {
    struct entry dir, e = {.fid = fid, .len = (uint8_t)data.len};
    if (in->depth == 0) {
        return SW_UNSUPPORTED;
    }
    if (data.len < EF_FORM_INTERVAL || data.len > TREE_DIR_DATA_MAX) {
        return SW_WRONG_LENGTH;
    }
    (void)memcpy(e.data, data.at, data.len);
    entry_read(s, in->path[in->depth - 1], &dir);
    enum sw sw = check_create(s, in, &dir, &e);
    if (sw != SW_OK) {
        return sw;
    }
    struct room room = room_in(s, &dir);
    uint32_t body = entry_body_len(&e);
    e.at = room.at;
    uint32_t need = entry_total(s, &e);
    if (need > room.left) {
        return SW_NO_SPACE;
    }
    /* Free space may hold keys of a file that was erased: it is wiped before it is owned. */
    if (body > 0 && !store_fill(s, e.at + TREE_EF_HEAD, 0, body)) {
        return SW_MEMORY;
    }
    sw = stage_entry(s, &e);
    return sw == SW_OK ? stage_part(s, &dir, &e, need) : sw;
}

enum sw dir_erase(struct store *s, const struct dir *d) {
    struct entry dir;
    if (d->depth == 0) {
        return SW_UNSUPPORTED;
    }
    entry_read(s, d->path[d->depth - 1], &dir);
    return stage_used(s, &dir, 0);
}

enum sw dir_block(struct store *s, const struct dir *d, uint8_t blocked) {
    struct entry dir;
    if (d->depth == 0) {
        return SW_UNSUPPORTED;
    }
    entry_read(s, d->path[d->depth - 1], &dir);
    uint32_t at = entry_used_at(&dir) + BLOCKED_AT;
    return store_write(s, at, &blocked, 1) ? SW_OK : SW_MEMORY;
}

#if CARD_DATANG

enum sw tree_create_linked_master(struct store *s, struct bytes data) {
    struct entry e = {.at = LAYOUT_FILES, .fid = FID_MF, .len = (uint8_t)data.len};
    struct dir master;
    if (data.len < TREE_DIR_DATA_MIN || data.len > TREE_DIR_DATA_MAX) {
        return SW_WRONG_LENGTH;
    }
    if (data.at[0] != ENTRY_LINKED_TYPE
        || (data.len > TREE_DIR_DATA_MIN && data.len < TREE_DIR_DATA_MIN + TREE_NAME_MIN)) {
        return SW_WRONG_DATA;
    }
    if (dir_master(s, &master) == SW_OK) {
        return SW_WRONG_P1P2;
    }
    (void)memcpy(e.data, data.at, data.len);
    enum sw sw = stage_entry(s, &e);
    return sw == SW_OK ? stage_number(s, entry_stretch(&e), entry_stretch(&e) + NUMBER_LEN) : sw;
}

/* The links skip it; what it took is free again when nothing lies behind it. */
enum sw tree_delete(struct store *s, const struct dir *in, uint16_t fid, bool directory) {
    struct entry dir, e = {0};
    if (in->depth == 0) {
        return SW_UNSUPPORTED;
    }
    entry_read(s, in->path[in->depth - 1], &dir);
    uint32_t link = link_to(s, &dir, fid, &e);
    if (!entry_is_linked(&dir) || e.at == 0 || e.fid != fid) {
        return SW_FILE_NOT_FOUND;
    }
    if (entry_is_dir(&e) != directory) {
        return SW_WRONG_FILE_TYPE;
    }
    enum sw sw = stage_number(s, link, entry_number(s, e.at - ENTRY_LINK));
    if (sw == SW_OK && e.at + entry_total(s, &e) == entry_number(s, free_at(s))) {
        sw = stage_number(s, free_at(s), e.at - ENTRY_LINK);
    }
    return sw;
}

enum sw dir_close(struct store *s, const struct dir *d) {
    struct entry e;
    if (d->depth == 0) {
        return SW_UNSUPPORTED;
    }
    entry_read(s, d->path[d->depth - 1], &e);
    uint8_t closed = e.data[2] | TREE_CLOSED;
    return store_write(s, e.at + ENTRY_HEAD + 2, &closed, 1) ? SW_OK : SW_MEMORY;
}

#endif
