/* Where everything lies in a chip's memory: the sheet of the store.
 *
 *     0    birth     burnt in by the factory, written once, under its own checksum
 *    32    seed      random bytes of this chip, drawn when its ring was made
 *    64    life      the life stage of the whole card and what belongs to it
 *   128    ring      the batches that are not at home yet, one behind the other, round and round
 *  2176    files     the master file and all below it, up to the end of the memory
 *
 * All areas begin on a page of NVM_PAGE bytes, so that no page programming touches two of them.
 * Numbers in the memory are big-endian. Birth is written before there is a card and read at reset;
 * the seed changes only with store_format(); life and files change only through the store. */
#pragma once

#include "card/store/nvm.h"

enum {
    /* Birth: what struct chip_birth of card/loop/card.h says, between a mark and a checksum. */
    LAYOUT_BIRTH = 0,
    LAYOUT_BIRTH_MARK = LAYOUT_BIRTH, /* LAYOUT_BIRTH_MARK_VALUE on a chip, anything elsewhere */
    LAYOUT_BIRTH_HISTORICAL = LAYOUT_BIRTH_MARK + 4,       /* 13 bytes T1 to TD */
    LAYOUT_BIRTH_TRANSPORT = LAYOUT_BIRTH_HISTORICAL + 13, /* 8 bytes */
    LAYOUT_BIRTH_DIALECT = LAYOUT_BIRTH_TRANSPORT + 8,     /* how it is formatted: enum dialect */
    LAYOUT_BIRTH_CRC = LAYOUT_BIRTH_DIALECT + 1,           /* CRC-32 over all birth before it */
    LAYOUT_BIRTH_END = LAYOUT_BIRTH_CRC + 4,
    LAYOUT_BIRTH_MARK_VALUE = 0x53424333, /* "SBC3": the third layout of this sheet */

    /* Seed: where the checksums of this chip's batches begin; see store.c. */
    LAYOUT_SEED = 32,
    LAYOUT_SEED_LEN = 4,

    /* Life: one byte of life stage, and room for what the guard keeps for the card as a whole. A
     * whole page, so that it can be brought home as one. */
    LAYOUT_LIFE = 64,
    LAYOUT_LIFE_LEN = 32,

    /* Ring: see store.h. */
    LAYOUT_RING = 128,
    LAYOUT_RING_LEN = 2048, /* a power of two */

    LAYOUT_FILES = LAYOUT_RING + LAYOUT_RING_LEN,

    LAYOUT_SIZE_MIN = 4096,     /* a smaller memory is no chip of ours */
    LAYOUT_SIZE_MAX = 0x100000, /* what 20 bits of address reach */
};

_Static_assert((int)LAYOUT_BIRTH_END <= (int)NVM_PAGE, "birth is written in one go");
_Static_assert((int)LAYOUT_BIRTH_END <= (int)LAYOUT_SEED, "birth ends before the seed");
_Static_assert(LAYOUT_SEED + LAYOUT_SEED_LEN <= LAYOUT_LIFE, "the seed ends before life");
_Static_assert(LAYOUT_LIFE + LAYOUT_LIFE_LEN <= LAYOUT_RING, "life ends before the ring");
_Static_assert(LAYOUT_SEED % NVM_PAGE == 0, "the seed begins a page");
_Static_assert(LAYOUT_LIFE % NVM_PAGE == 0, "life begins a page");
_Static_assert(LAYOUT_RING % NVM_PAGE == 0, "the ring begins a page");
_Static_assert(LAYOUT_FILES % NVM_PAGE == 0, "the files begin a page");
_Static_assert((LAYOUT_RING_LEN & (LAYOUT_RING_LEN - 1)) == 0, "a place in the ring is masked");
