/* Where everything lies in a chip's memory: the sheet of the store.
 *
 *     0    birth     burnt in by the factory, written once, under its own checksum
 *    64    life      the life stage of the whole card and what belongs to it
 *   128    journal   a seal, then the staged writes it answers for
 *  1152    files     the master file and all below it, up to the end of the memory
 *
 * All areas begin on a page of 64 bytes, so that no page programming touches two of them. Numbers
 * in the memory are big-endian. Birth is written before there is a card and read at reset; life and
 * files change only through the store. */
#pragma once

enum {
    LAYOUT_PAGE = 64, /* bytes that a chip of this class programs in one go */

    /* Birth: what struct chip_birth of card/loop/card.h says, between a mark and a checksum. */
    LAYOUT_BIRTH = 0,
    LAYOUT_BIRTH_MARK = LAYOUT_BIRTH, /* LAYOUT_BIRTH_MARK_VALUE on a chip, anything elsewhere */
    LAYOUT_BIRTH_HISTORICAL = LAYOUT_BIRTH_MARK + 4,       /* 13 bytes T1 to TD */
    LAYOUT_BIRTH_TRANSPORT = LAYOUT_BIRTH_HISTORICAL + 13, /* 8 bytes */
    LAYOUT_BIRTH_DIALECT = LAYOUT_BIRTH_TRANSPORT + 8,     /* how it is formatted: enum dialect */
    LAYOUT_BIRTH_CRC = LAYOUT_BIRTH_DIALECT + 1,           /* CRC-32 over all birth before it */
    LAYOUT_BIRTH_END = LAYOUT_BIRTH_CRC + 4,
    LAYOUT_BIRTH_MARK_VALUE = 0x53424332, /* "SBC2": the second layout of this sheet */

    /* Life: one byte of life stage, and room for what the guard keeps for the card as a whole. */
    LAYOUT_LIFE = 64,
    LAYOUT_LIFE_LEN = 16,

    /* Journal: see store.h. */
    LAYOUT_JOURNAL = 128,
    LAYOUT_JOURNAL_SEAL_LEN = 8, /* length 2, its complement 2, CRC-32 4 */
    LAYOUT_JOURNAL_RECORDS = LAYOUT_JOURNAL + LAYOUT_JOURNAL_SEAL_LEN,
    LAYOUT_JOURNAL_END = 1152,

    /* Files. Balances that move from place to place, so that their cells wear evenly, will take
     * pages here that belong to the wallet file; nothing in this sheet has to change for it. */
    LAYOUT_FILES = 1152,

    LAYOUT_SIZE_MIN = 4096, /* a smaller memory is no chip of ours */
};

_Static_assert((int)LAYOUT_BIRTH_END <= (int)LAYOUT_LIFE, "birth ends before life");
_Static_assert(LAYOUT_LIFE + LAYOUT_LIFE_LEN <= LAYOUT_JOURNAL, "life ends before the journal");
_Static_assert((int)LAYOUT_JOURNAL_END <= (int)LAYOUT_FILES, "the journal ends before the files");
_Static_assert(LAYOUT_LIFE % LAYOUT_PAGE == 0, "life begins a page");
_Static_assert(LAYOUT_JOURNAL % LAYOUT_PAGE == 0, "the journal begins a page");
_Static_assert(LAYOUT_FILES % LAYOUT_PAGE == 0, "the files begin a page");
