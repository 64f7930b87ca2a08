/* The file tree of the chip: the master file, directories, elementary files; how they are made,
 * found and erased. [purse.md 2.1 to 2.3; card.md 2.1, 2.3]
 *
 *     MF 3F00 -- DIR, KEY, ADF 3F01 (wallet), DDF DDF1 (social security) -- EF05 .., DF01 .. DF04
 *
 * A directory owns one stretch of memory of the size it was created with; its files lie in it one
 * after the other. So a directory that is full is full although its neighbour is not (6A84), and
 * erasing a directory is a single small write. What things take of their directory:
 *
 *     directory       TREE_DIR_HEAD + name + its size
 *     any other file  TREE_EF_HEAD + body: binary and variable size, key file size,
 *                     fixed records x length + 1, cyclic records x length + 2, wallet 33
 *
 * A chip of the second dialect of making has linked directories instead: they have no size, all
 * share the memory of the master file, and take ENTRY_LINK more bytes for each file. Single files
 * of them can be deleted. Each is open for making until it is closed, for ever. [decision 0024]
 *
 * Everything that changes is staged into the store's open batch: the caller begins and commits, and
 * so decides what belongs together. What the functions hand out (struct dir, struct ef) is a note
 * of where things lie; it stays right until something is erased. Rights are handed out, never
 * judged.
 *
 * Creation wipes the new body with zeros, so that nobody reads what an erased file left there. */
#pragma once

#include "base/bytes.h"
#include "card/files/right.h"
#include "card/store/store.h"
#include "wire/sw.h"

enum {
    TREE_LEVELS = 3, /* directories on one path: MF, DDF, ADF */
    TREE_NAME_MIN = 5,
    TREE_NAME_MAX = 16,
    TREE_DIR_DATA_MIN = 8, /* 38 size2 create erase app family algorithm */
    TREE_DIR_DATA_MAX = TREE_DIR_DATA_MIN + TREE_NAME_MAX, /* and the name */
    TREE_EF_DATA_MAX = 8,
    TREE_DIR_HEAD = 16, /* bytes a directory takes besides its name and its size */
    TREE_EF_HEAD = 11,  /* bytes an elementary file takes besides its body */
    TREE_SFI_MAX = 30,

    FID_MF = 0x3F00,
    FID_KEYS = 0x0000, /* the key file of any directory */
};

/* The type byte of CREATE FILE without its two protection bits. */
enum ef_kind {
    EF_BINARY = 0x28,
    EF_FIXED = 0x2A,
    EF_VARIABLE = 0x2C,
    EF_CYCLIC = 0x2E,
    EF_WALLET = 0x2F,
    EF_KEYS = 0x3F,
};

/* Secure messaging that a file asks for, as bits of the type byte. [purse.md 2.1] */
enum ef_protection {
    EF_PLAIN = 0x00,
    EF_ENCRYPTED = 0x40,
    EF_MACED = 0x80,
};

/* The family of a directory: which commands' dialect is spoken in it. */
enum dir_family {
    FAMILY_SOCIAL = 0x01,
    FAMILY_PURSE = 0xFF,
};

/* A directory, by the way to it from the master file. */
struct dir {
    uint32_t path[TREE_LEVELS]; /* where each directory's entry lies; the last one is this */
    uint8_t depth;              /* 1 for the master file; 0 is no directory at all */
};

/* The cipher of a directory's keys, the second of the two bytes before its name: FF and 00 say
 * 3DES, as 9F0C does with 01 and by its absence; 03 says SM4, as 9F0C. [card.md 2.2] */
enum dir_algorithm {
    ALGORITHM_TDES = 0x00,
    ALGORITHM_SM4 = 0x03,
};

/* What a directory was created with, and how it stands. */
struct dir_info {
    uint16_t fid;
    uint32_t size; /* bytes for what is in it */
    uint32_t used;
    struct right create, erase;
    uint8_t app_file; /* the byte after the rights: DIR's SFI, or 0x95 for "answer with EF15" */
    enum dir_family family;       /* the first of the two bytes before the name */
    enum dir_algorithm algorithm; /* the second */
    uint8_t blocked;    /* what dir_block() kept; 0 at creation. Its meaning is the guard's */
    bool has_keys;      /* a key file exists: rights apply from the next selection on */
    bool linked;        /* see above; then also: */
    bool closed;        /* nothing more can be made in it */
    uint8_t keys_sfi;   /* short identifier that its key file was announced with */
    uint8_t lock_level; /* what must be proven to lock it [card.md 2.8] */
    uint8_t name_len;
    uint8_t name[TREE_NAME_MAX]; /* the master file answers to 1PAY.SYS.DDF01 */
};

/* An elementary file, found. */
struct ef {
    uint32_t at; /* where its entry lies; 0 is no file */
    uint16_t fid;
    enum ef_kind kind;
    uint8_t protection;       /* bits of enum ef_protection */
    uint8_t attr;             /* line protection keys, dfSFI byte of a key file, or FF */
    uint16_t size;            /* bytes of a binary, room of a variable or key file */
    uint8_t record_max;       /* fixed and cyclic: how many records it can hold */
    uint8_t record_len;       /* fixed and cyclic: bytes of each */
    uint8_t log_sfi;          /* wallet: its transaction log */
    struct right read, write; /* wallet: use, read balance. Key file: never, add */
};

/* Makes an empty file space: no master file. Staged, like everything below that changes. */
enum sw tree_format(struct store *s);

/* ---- directories ---- */

/* The master file. 6A81 when there is none yet. */
enum sw dir_master(const struct store *s, struct dir *out);

/* The directory above; false for the master file. */
bool dir_above(const struct dir *d, struct dir *out);

static inline bool dir_same(const struct dir *a, const struct dir *b) {
    return a->depth == b->depth && a->depth > 0 && a->path[a->depth - 1] == b->path[b->depth - 1];
}

/* All zeros for a struct dir that is no directory; the changing functions answer 6A81 for one. */
void dir_read(const struct store *s, const struct dir *d, struct dir_info *out);

/* A child directory of `from`, or the master file from anywhere. 6A82 when there is none. */
enum sw dir_by_fid(const struct store *s, const struct dir *from, uint16_t fid, struct dir *out);

/* By whole DF name: `from` itself, its children, and the same for every directory above it; so the
 * master file, itself, siblings, children, and the way back up. 6A82 when there is none. */
enum sw dir_by_name(
    const struct store *s, const struct dir *from, struct bytes name, struct dir *out);

/* Keeps one byte about whether the application is blocked. */
enum sw dir_block(struct store *s, const struct dir *d, uint8_t blocked);

/* ERASE DF: everything below the directory is gone, the directory stays as it was created. */
enum sw dir_erase(struct store *s, const struct dir *d);

/* ---- elementary files ---- */

/* A file of this very directory. 6A82 when there is none. */
enum sw ef_by_fid(const struct store *s, const struct dir *d, uint16_t fid, struct ef *out);

/* By short identifier: FID 0001 to 001E, or EF01 to EF1E. 6A82 when there is none. */
enum sw ef_by_sfi(const struct store *s, const struct dir *d, uint8_t sfi, struct ef *out);

/* The short identifier of a FID, 0 when it has none. */
uint8_t sfi_of_fid(uint16_t fid);

/* ---- creation ----
 * Both take the data field of CREATE FILE as it came. Only as the first thing of a batch (the new
 * body is wiped before anything is staged). They do not ask for the right; dir_info.create says it.
 *
 * 6700 wrong length, 6A80 what the bytes say cannot be, 6A84 no space in the directory, 6A86 the
 * FID or the name exists, 6A81 too deep, 6581 the memory refuses. */

/* 80 E0 3F 00: the master file, with all the memory there is. What stands in the place of a name is
 * the transport code, which the caller has compared. 6A86 when there is one already. */
enum sw tree_create_master(struct store *s, struct bytes data);

/* `38 size2 create erase app family algorithm name` makes a directory; `type size2 read write FF
 * attr` and the like an elementary file; the social security form for 28, 2A, 2C and 2E is
 * `type size2 scw read2 write2`. The size of 2A and 2E is records, length; of 2C bytes in all. */
enum sw tree_create(struct store *s, const struct dir *in, uint16_t fid, struct bytes data);

/* ---- linked directories [decision 0024] ----
 * tree_create() makes one in a linked directory from `B8 lock keysSFI above here app family
 * algorithm name`: above and here are the control that making and deleting in it ask for. */

enum { TREE_LINKED = 0xB8, TREE_CLOSED = 0x80 }; /* the type byte; a bit beside keysSFI */

/* The master file of linked directories, from the same bytes; it answers to its name, or to
 * 1PAY.SYS.DDF01 without one. 6700, 6A80, 6A86 as above. */
enum sw tree_create_linked_master(struct store *s, struct bytes data);

/* Deletes a file, or a directory with all in it. Memory comes back for the file made last only.
 * 6A82 when there is no such file, 6981 when it is of the other kind. */
enum sw tree_delete(struct store *s, const struct dir *in, uint16_t fid, bool directory);

/* Nothing more can be made or deleted in it: there is no way back. */
enum sw dir_close(struct store *s, const struct dir *d);
