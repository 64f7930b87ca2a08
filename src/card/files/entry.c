#include "card/files/entry.h"

#include "card/files/walletfile.h"

enum {
    FIXED_HEAD = 1,  /* how many records there are */
    CYCLIC_HEAD = 2, /* the place of the newest, and how many there are */
    SIZE_ALL = 0xFFFF,
    FORM_INTERVAL = 7, /* bytes of an EF's data with rights as intervals; one more with controls */
};

/* The data are cut to what a struct entry has room for: no entry of ours is longer, and what the
 * memory holds beyond its last entry may say anything. */
void entry_read(const struct store *s, uint32_t at, struct entry *out) {
    enum { RAW_LEN = ENTRY_HEAD + TREE_DIR_DATA_MAX };
    uint32_t left = at < s->nvm->size ? s->nvm->size - at : 0;
    *out = (struct entry){.at = at};
    store_read(s, at, (uint8_t *)out + offsetof(struct entry, head),
        left < RAW_LEN ? left : RAW_LEN); /* the last one may be shorter */
    uint8_t len = out->head[2];
    out->fid = (uint16_t)(out->head[0] << 8 | out->head[1]);
    out->len = len <= TREE_DIR_DATA_MAX ? len : TREE_DIR_DATA_MAX;
}

/* Kinds that are none have no body: creation refuses them, so a walk never meets one. */
uint32_t entry_body_len(const struct entry *e) {
    uint32_t records = (uint32_t)e->data[1] * e->data[2];
    switch ((enum ef_kind)(e->data[0] & ENTRY_KIND_MASK)) {
    case EF_BINARY:
    case EF_VARIABLE:
    case EF_KEYS:
        return entry_size_field(e);
    case EF_FIXED:
        return FIXED_HEAD + records;
    case EF_CYCLIC:
        return CYCLIC_HEAD + records;
    case EF_WALLET:
        return WALLET_LEN;
    default:
        return 0;
    }
}

uint32_t entry_stretch(const struct entry *e) {
    return e->at + ENTRY_HEAD + e->len + ENTRY_DIR_TAIL;
}

/* Only the master file may say "all there is": inside it, FFFF is a size like any other, and too
 * large. [purse.md Appendix A: 38 FFFF] */
uint32_t entry_stretch_len(const struct store *s, const struct entry *e) {
    if (entry_is_linked(e)) {
        return 0;
    }
    if (e->fid != FID_MF || entry_size_field(e) != SIZE_ALL) {
        return entry_size_field(e);
    }
    return s->nvm->size - entry_stretch(e);
}

uint32_t entry_total(const struct store *s, const struct entry *e) {
    return entry_is_dir(e) ? entry_stretch(e) - e->at + entry_stretch_len(s, e)
                           : TREE_EF_HEAD + entry_body_len(e);
}

uint32_t entry_used_at(const struct entry *e) {
    return e->at + ENTRY_HEAD + e->len;
}

uint32_t entry_number(const struct store *s, uint32_t at) {
    uint8_t number[4];
    store_read(s, at, number, sizeof number);
    struct cursor c = cursor_over(bytes_of(number, sizeof number));
    return cursor_u32(&c);
}

uint32_t entry_used(const struct store *s, const struct entry *e) {
    return entry_number(s, entry_used_at(e));
}

struct entry_walk entry_walk(const struct store *s, const struct entry *dir) {
    if (entry_is_linked(dir)) {
        return (struct entry_walk){.next = entry_used(s, dir)};
    }
    uint32_t first = entry_stretch(dir);
    return (struct entry_walk){.next = first, .end = first + entry_used(s, dir)};
}

/* One step along the links. A link that leads nowhere but upwards ends the walk, so that no memory
 * can make it endless. */
static bool next_linked(const struct store *s, struct entry_walk *w, struct entry *out) {
    if (w->next == 0) {
        return false;
    }
    entry_read(s, w->next, out);
    uint32_t next = entry_number(s, out->at - ENTRY_LINK);
    w->next = next > out->at ? next : 0;
    return true;
}

/* Entries have no end mark: `used` of the directory says where they end, and it is changed in the
 * same batch as the entry it counts in. */
bool entry_next(const struct store *s, struct entry_walk *w, struct entry *out) {
    if (CARD_DATANG && w->end == 0) {
        return next_linked(s, w, out);
    }
    if (w->next >= w->end) {
        return false;
    }
    entry_read(s, w->next, out);
    w->next = out->at + entry_total(s, out);
    return true;
}

/* The two rights of an elementary file, in the form that its data field has. */
static void decode_rights(const struct entry *e, struct ef *out) {
    const uint8_t *d = e->data;
    if (e->len > FORM_INTERVAL) {
        out->read = right_control(d[3] >> 4, d[4], d[5]);
        out->write = right_control(d[3] & 0x0F, d[6], d[7]);
        out->attr = 0xFF;
        return;
    }
    bool keys = out->kind == EF_KEYS;
    out->read = right_interval(keys ? RIGHT_NEVER : d[3]);
    out->write = right_interval(d[4]);
    out->attr = keys ? d[3] : d[6];
}

void entry_decode(const struct entry *e, struct ef *out) {
    const uint8_t *d = e->data;
    *out = (struct ef){
        .at = e->at,
        .fid = e->fid,
        .kind = (enum ef_kind)(d[0] & ENTRY_KIND_MASK),
        .protection = d[0] & (uint8_t)~ENTRY_KIND_MASK,
        .size = entry_size_field(e),
    };
    /* For records the size field is a count and a length. [purse.md 2.2] */
    if (out->kind == EF_FIXED || out->kind == EF_CYCLIC) {
        out->record_max = d[1];
        out->record_len = d[2];
    }
    if (out->kind == EF_WALLET) {
        out->log_sfi = d[6];
    }
    decode_rights(e, out);
}

/* First the room, so that a reader that is too small is told and nothing is written past it. */
void put_stored(const struct store *s, uint32_t at, uint16_t len, struct builder *to) {
    size_t before = to->len;
    put_fill(to, 0, len);
    if (!to->overflowed) {
        store_read(s, at, to->at + before, len);
    }
}
