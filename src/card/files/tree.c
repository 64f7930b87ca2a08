#include "card/files/tree.h"

#include "card/files/entry.h"

/* The master file answers to this name whatever CREATE FILE brought: there stands the transport
 * code. [purse.md 2.1, 2.2] */
static const char master_name[] = "1PAY.SYS.DDF01";
_Static_assert(sizeof master_name - 1 <= TREE_NAME_MAX, "a DF name");

static void entry_of(const struct store *s, const struct dir *d, struct entry *out) {
    entry_read(s, d->path[d->depth - 1], out);
}

/* The name a directory answers to; empty for an elementary file. */
static struct bytes name_of(const struct entry *e) {
    size_t len = e->len > TREE_DIR_DATA_MIN ? (size_t)e->len - TREE_DIR_DATA_MIN : 0;
    if (e->fid == FID_MF && len == 0) {
        return bytes_of(master_name, sizeof master_name - 1);
    }
    return bytes_of(e->data + TREE_DIR_DATA_MIN, len);
}

enum sw dir_master(const struct store *s, struct dir *out) {
    struct entry e;
    entry_read(s, LAYOUT_FILES, &e);
    if (e.fid != FID_MF) {
        return SW_UNSUPPORTED;
    }
    *out = (struct dir){.path = {LAYOUT_FILES}, .depth = 1};
    return SW_OK;
}

bool dir_above(const struct dir *d, struct dir *out) {
    if (d->depth < 2) {
        return false;
    }
    *out = *d;
    out->depth--;
    out->path[out->depth] = 0;
    return true;
}

/* What a linked directory says in the bytes where others have their size and their rights. */
static void read_linked(const struct store *s, const struct entry *e, struct dir_info *out) {
    struct entry master;
    entry_read(s, LAYOUT_FILES, &master);
    out->linked = true;
    out->lock_level = e->data[1];
    out->keys_sfi = e->data[2] & (uint8_t)~TREE_CLOSED;
    out->closed = (e->data[2] & TREE_CLOSED) != 0;
    out->create = right_control(SCW_AND, e->data[3], e->data[4]);
    out->erase = out->create;
    out->size = s->nvm->size - entry_stretch(&master);
    out->used = entry_number(s, entry_stretch(&master)) - entry_stretch(&master);
}

void dir_read(const struct store *s, const struct dir *d, struct dir_info *out) {
    struct entry e;
    struct ef keys;
    *out = (struct dir_info){0};
    if (d->depth == 0) {
        return;
    }
    entry_of(s, d, &e);
    *out = (struct dir_info){
        .fid = e.fid,
        .size = entry_stretch_len(s, &e),
        .used = entry_used(s, &e),
        .create = right_interval(e.data[3]),
        .erase = right_interval(e.data[4]),
        .app_file = e.data[5],
        .family = e.data[6] == FAMILY_SOCIAL ? FAMILY_SOCIAL : FAMILY_PURSE,
        .algorithm = e.data[7] == ALGORITHM_SM4 ? ALGORITHM_SM4 : ALGORITHM_TDES,
        .has_keys = ef_by_fid(s, d, FID_KEYS, &keys) == SW_OK,
    };
    if (entry_is_linked(&e)) {
        read_linked(s, &e, out);
    }
    struct bytes name = name_of(&e);
    out->name_len = (uint8_t)name.len;
    (void)memcpy(out->name, name.at, name.len);
    store_read(s, entry_used_at(&e) + 4, &out->blocked, 1);
}

/* A child of the directory at `parent`: by FID, or by name when there is one. */
static bool find_child(
    const struct store *s, uint32_t parent, uint16_t fid, struct bytes name, struct entry *out) {
    entry_read(s, parent, out);
    struct entry_walk w = entry_walk(s, out);
    while (entry_next(s, &w, out)) {
        bool meant = name.at ? bytes_equal(name_of(out), name) : out->fid == fid;
        if (entry_is_dir(out) && meant) {
            return true;
        }
    }
    return false;
}

/* The way to a child of the directory that `from` passes at `depth`. */
static struct dir child_of(const struct dir *from, uint8_t depth, const struct entry *child) {
    struct dir d = {.depth = (uint8_t)(depth + 1)};
    for (uint8_t i = 0; i < depth; i++) {
        d.path[i] = from->path[i];
    }
    d.path[depth] = child->at;
    return d;
}

/* One dialect also finds siblings by FID, before children; then the same command means different
 * files in different places, so it is left out. [purse.md 4.1] */
enum sw dir_by_fid(const struct store *s, const struct dir *from, uint16_t fid, struct dir *out) {
    if (fid == FID_MF) {
        return dir_master(s, out);
    }
    struct entry e;
    bool found = from->depth > 0 && from->depth < TREE_LEVELS
                 && find_child(s, from->path[from->depth - 1], fid, (struct bytes){0}, &e);
    if (!found) {
        return SW_FILE_NOT_FOUND;
    }
    *out = child_of(from, from->depth, &e);
    return SW_OK;
}

/* From the inside outwards, so that the nearest of two equal names would win; creation sees to it
 * that no two that can be seen from one place are equal. */
enum sw dir_by_name(
    const struct store *s, const struct dir *from, struct bytes name, struct dir *out) {
    if (name.len == 0) {
        return SW_FILE_NOT_FOUND;
    }
    struct dir here = *from;
    for (bool more = here.depth > 0; more; more = dir_above(&here, &here)) {
        struct entry e;
        entry_of(s, &here, &e);
        if (bytes_equal(name_of(&e), name)) {
            *out = here;
            return SW_OK;
        }
        if (here.depth < TREE_LEVELS && find_child(s, e.at, 0, name, &e)) {
            *out = child_of(&here, here.depth, &e);
            return SW_OK;
        }
    }
    return SW_FILE_NOT_FOUND;
}

/* 1F is not a short identifier although five bits could say it. [ISO/IEC 7816-4 7.3.2] */
uint8_t sfi_of_fid(uint16_t fid) {
    uint8_t group = (uint8_t)(fid >> 8), low = (uint8_t)fid;
    bool has = (group == 0x00 || group == 0xEF) && low <= TREE_SFI_MAX;
    return has ? low : 0;
}

/* An elementary file by FID, or by short identifier when that is not 0. */
static enum sw find_ef(
    const struct store *s, const struct dir *d, uint16_t fid, uint8_t sfi, struct ef *out) {
    if (d->depth == 0) {
        return SW_FILE_NOT_FOUND;
    }
    struct entry e; /* the directory, and then one file after another */
    entry_of(s, d, &e);
    struct entry_walk w = entry_walk(s, &e);
    while (entry_next(s, &w, &e)) {
        bool meant = sfi ? sfi_of_fid(e.fid) == sfi : e.fid == fid;
        if (!entry_is_dir(&e) && meant) {
            entry_decode(&e, out);
            return SW_OK;
        }
    }
    return SW_FILE_NOT_FOUND;
}

enum sw ef_by_fid(const struct store *s, const struct dir *d, uint16_t fid, struct ef *out) {
    return find_ef(s, d, fid, 0, out);
}

enum sw ef_by_sfi(const struct store *s, const struct dir *d, uint8_t sfi, struct ef *out) {
    return sfi == 0 ? SW_FILE_NOT_FOUND : find_ef(s, d, 0, sfi, out);
}
