/* A chip's memory in RAM, for tests: it counts what is written, it can lose its power at any byte,
 * and its random numbers can be foretold.
 *
 * After the cut, writes fail and reads go on, so that a test may look at what is left; memory_power()
 * brings the power back. The struct may be copied to keep a state and copied back; take the nvm
 * anew from the place where it lives (it points at the struct). */
#pragma once

#include "base/bytes.h"
#include "card/store/nvm.h"

enum {
    MEMORY_MAX = 0x10000, /* bytes */
    MEMORY_QUEUE_MAX = 256,
};

struct memory {
    uint32_t size;
    uint64_t bytes_left; /* power for so many bytes; MEMORY_ENDLESS without a budget */
    bool dark;           /* the power is gone */
    uint8_t torn;        /* what the byte at the edge of a cut gets */
    uint64_t writes;     /* since memory_make(): calls of write(), */
    uint64_t bytes;      /* bytes programmed, */
    uint64_t pages;      /* and pages of 64 bytes touched */
    uint64_t seed;
    uint32_t queued, taken;
    uint8_t queue[MEMORY_QUEUE_MAX];
    uint8_t cells[MEMORY_MAX];
};

#define MEMORY_ENDLESS UINT64_MAX

/* A memory of size bytes (at most MEMORY_MAX), all FF, with power; random numbers follow the seed. */
void memory_make(struct memory *m, uint32_t size, uint64_t seed);

/* The port over this memory. */
struct nvm memory_nvm(struct memory *m);

/* The next `bytes` bytes are written, the one after them becomes `torn`, and then it is dark. */
void memory_cut_after(struct memory *m, uint64_t bytes, uint8_t torn);

/* Power without a budget. */
void memory_power(struct memory *m);

/* These bytes come out of random() before anything else, in order. At most MEMORY_QUEUE_MAX wait. */
void memory_foretell(struct memory *m, struct bytes random);
