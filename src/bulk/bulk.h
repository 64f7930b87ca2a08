/* DES for very many keys at once: the keys of cards, and TACs, for arrays of any length.
 *
 * The plain way (crypto/des.h) computes one block at a time and looks its S-boxes up bit by bit. Here
 * bit b of 64, 256 or 512 blocks lies side by side in one register, and the S-boxes are gates: one
 * instruction computes one gate for all of those blocks, each under a key of its own. Nothing
 * branches on a key or on data and no address depends on them.
 *
 * There are three paths that give the same results: AVX-512 with ternary logic, AVX2, and plain
 * 64-bit words for every other processor. All are in every build; which ones this machine can run is
 * found out when the program runs.
 *
 * Secrets: an engine has a room of its own for what it computes with, left out of core dumps and
 * locked against swapping where the system allows. When bulk_tacs() or bulk_derive() returns, the
 * room is wiped, and so is the stack that the computation used. Keys that bulk_derive() was asked
 * for belong to the caller.
 *
 * Threads: an engine serves one call at a time; the call itself spreads over as many threads as the
 * engine was opened with, fewer when it is short. Two engines share nothing. */
#pragma once

#include "crypto/des.h"
#include "host/why.h"

enum bulk_way {
    BULK_BEST, /* the fastest that this machine has */
    BULK_AVX512,
    BULK_AVX2,
    BULK_WORDS, /* 64-bit words: everywhere */
    BULK_WAYS,
};

enum { BULK_THREADS_MAX = 64, BULK_LANES_MAX = 512, BULK_TAC_BLOCKS = 3 };

/* "AVX-512", "AVX2", "64-bit words"; for BULK_BEST the name of the one it stands for here. */
const char *bulk_way_name(enum bulk_way way);

/* True when this build and this machine have it. Always true for BULK_BEST and BULK_WORDS. */
bool bulk_way_here(enum bulk_way way);

struct bulk;

/* An engine that computes in the given way with 1 to BULK_THREADS_MAX threads, the caller's counted.
 * ERR_INVALID for another number, ERR_OUTSIDE when the machine has no such way or no memory (about
 * 150 KiB a thread). Close it with bulk_close(). */
enum err bulk_open(enum bulk_way way, unsigned threads, struct bulk **out, struct why *why);

/* Closes it and leaves nothing behind; NULL does nothing. */
void bulk_close(struct bulk *b);

/* What a stretch of records says: lane i belongs to record first + i. */
struct bulk_lanes {
    uint8_t factor[BULK_LANES_MAX][DES_BLOCK];                /* of the card */
    uint8_t data[BULK_TAC_BLOCKS][BULK_LANES_MAX][DES_BLOCK]; /* padded, block by block */
    uint8_t mac[BULK_LANES_MAX][DES_BLOCK]; /* out; a TAC is the left four bytes */
};

/* Records in whatever form the caller keeps them. give() writes factor and data of `count` records
 * (at most BULK_LANES_MAX), take() reads their mac. Several threads call them at the same moment, for
 * different stretches; each record is given once and then taken once. What lanes hold beyond
 * `count` is of no meaning. */
struct bulk_records {
    void *self;
    void (*give)(void *self, size_t first, size_t count, struct bulk_lanes *lanes);
    void (*take)(void *self, size_t first, size_t count, const struct bulk_lanes *lanes);
};

/* For each record: the card's key from the city's by the factor, its halves folded, and the CBC-MAC
 * of the three blocks under it. [purse.md 5.2, 5.4] The same as derive_key(), derive_tac_key() and
 * mac_single() of data with 16 to 23 bytes. */
void bulk_tacs(
    struct bulk *b, const struct key128 *city, const struct bulk_records *records, size_t count);

/* keys[i] = the key derived from the city's by factor i, as derive_key() does. The factors stand one
 * after another, eight bytes each. */
void bulk_derive(struct bulk *b, const struct key128 *city, const uint8_t *factors,
    struct key128 *keys, size_t count);
