/* What a build of the card takes in.
 *
 * The card has one code. A build for a small chip leaves whole parts of it out: the part's commands
 * are no line of the table of commands then, the linker drops what nobody calls any more, and who
 * asks for it gets the refusal of a card that never heard of it (6D00 or 6E00, 6A80 for a file that
 * wants it). Every part is in unless the page in conf/ says otherwise; conf/cortex-m0.mk is the
 * small build, conf/small.mk the same for the tests of the host. [decision 0019]
 *
 *   CARD_SAM            the commands of a purchase module: 8070, 8072, BFDE, 80FA, 801A
 *   CARD_SM4            SM4 as the algorithm of a directory's keys
 *   CARD_DATANG         the second dialect of creating files
 *   CARD_COMPOUND       compound purchases: roads and buses, which no P10 card knows; 256 bytes of
 *                       RAM, too
 *   CARD_MIRROR         a port may lend RAM for a mirror of the memory; nothing that a card says or
 *                       keeps depends on it [card/store/nvm.h]
 *
 * One more thing is small: CARD_YES is what the card's functions return for "done". It is 9000 like
 * the word on the line; a small chip takes 0, for it is said and asked for a thousand times and costs
 * nothing, and the answer loop says 9000 for it.
 *
 * Where a part is one case among others of a function: if (CARD_SM4 && ...), which a compiler takes
 * out; #if only around lines of a table and around whole functions. */
#pragma once

#ifndef CARD_YES
#define CARD_YES 0x9000
#endif
#ifndef CARD_SAM
#define CARD_SAM 1
#endif
#ifndef CARD_SM4
#define CARD_SM4 1
#endif
#ifndef CARD_DATANG
#define CARD_DATANG 1
#endif
#ifndef CARD_COMPOUND
#define CARD_COMPOUND 1
#endif
#ifndef CARD_MIRROR
#define CARD_MIRROR 1
#endif

_Static_assert(CARD_YES == 0 || CARD_YES == 0x9000, "what sw_said() understands");
