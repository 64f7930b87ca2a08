/* How a file lies in the memory: for card/files only, nobody else looks at entries.
 *
 *     elementary file   fid 2, length 1, data 8, body
 *     directory         fid 2, length 1, data 8 + name, used 4, blocked 1, its stretch of memory
 *
 * `data` is the data field of CREATE FILE as it came, so that the sheet of a file and its entry are
 * the same bytes; decoding happens here, once. Entries follow one another in the stretch of their
 * directory, `used` says where they end. The master file's entry lies at LAYOUT_FILES.
 *
 * A linked directory (tree.h) has no stretch. Each entry in it has a link of four bytes before it:
 * the address of the next entry of the same directory, 0 behind the last; `used` of the directory
 * is the address of the first. All of them lie in the memory behind the master file, where its
 * stretch would be: there four bytes say where free memory begins. Links lead upwards only. */
#pragma once

#include "base/builder.h"
#include "base/features.h"
#include "card/files/tree.h"

enum {
    ENTRY_HEAD = 3,     /* fid and length, in front of the data */
    ENTRY_DIR_TAIL = 5, /* used and blocked, behind the data of a directory */
    ENTRY_ROOM = ENTRY_HEAD + TREE_DIR_DATA_MAX + ENTRY_DIR_TAIL,
    ENTRY_DIR_TYPE = 0x38,
    ENTRY_LINKED_TYPE = 0xB8, /* a directory whose entries are linked */
    ENTRY_LINK = 4,           /* in front of an entry of a linked directory */
    ENTRY_KIND_MASK = 0x3F,   /* the type byte without its protection bits */
};
_Static_assert(ENTRY_HEAD + TREE_DIR_DATA_MIN + ENTRY_DIR_TAIL == TREE_DIR_HEAD, "as tree.h says");
_Static_assert(ENTRY_HEAD + TREE_EF_DATA_MAX == TREE_EF_HEAD, "as tree.h says");

struct entry {
    uint32_t at;
    uint16_t fid;
    uint8_t len;              /* of the data; never more than TREE_DIR_DATA_MAX */
    uint8_t head[ENTRY_HEAD]; /* as it lies in the memory, the data behind it */
    uint8_t data[TREE_DIR_DATA_MAX];
};
_Static_assert(
    offsetof(struct entry, data) == offsetof(struct entry, head) + ENTRY_HEAD, "read at one go");

/* A walk over the entries of one directory; end is 0 in a linked one. */
struct entry_walk {
    uint32_t next, end;
};

static inline bool entry_is_linked(const struct entry *e) {
    return CARD_DATANG && e->data[0] == ENTRY_LINKED_TYPE;
}

static inline bool entry_is_dir(const struct entry *e) {
    return e->data[0] == ENTRY_DIR_TYPE || entry_is_linked(e);
}

/* Two bytes of the data as a number: the size field of every form of CREATE FILE. */
static inline uint16_t entry_size_field(const struct entry *e) {
    return (uint16_t)(e->data[1] << 8 | e->data[2]);
}

/* Reads the entry at an address that a walk or a struct dir named. */
void entry_read(const struct store *s, uint32_t at, struct entry *out);

/* Bytes of an elementary file's body, as its data field asks for; 0 for a directory. */
uint32_t entry_body_len(const struct entry *e);

/* Bytes of the stretch a directory owns: its size field, for the master file at most what the
 * memory has left; 0 for a linked one. */
uint32_t entry_stretch_len(const struct store *s, const struct entry *e);

/* Bytes an entry takes of its directory, all in all. */
uint32_t entry_total(const struct store *s, const struct entry *e);

/* Where a directory's stretch begins. */
uint32_t entry_stretch(const struct entry *e);

/* Where a directory keeps how much of its stretch is used, and behind it the blocked byte. */
uint32_t entry_used_at(const struct entry *e);

uint32_t entry_used(const struct store *s, const struct entry *e);

/* Four bytes of the memory as a number: `used`, a link, where free memory begins. */
uint32_t entry_number(const struct store *s, uint32_t at);

/* The entries of a directory, one after another, in the order of their creation. */
struct entry_walk entry_walk(const struct store *s, const struct entry *dir);
bool entry_next(const struct store *s, struct entry_walk *w, struct entry *out);

/* What the data field of an elementary file says, as numbers and rights. */
void entry_decode(const struct entry *e, struct ef *out);

/* Appends len bytes of the memory to `to`, which overflows when they do not fit. */
void put_stored(const struct store *s, uint32_t at, uint16_t len, struct builder *to);

/* Where the body of an elementary file begins. */
static inline uint32_t ef_body(const struct ef *ef) {
    return ef->at + TREE_EF_HEAD;
}
