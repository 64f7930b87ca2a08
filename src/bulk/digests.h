/* SM3 of many messages at once, and CRC-32 of long ones: the seals of a day's upload files.
 *
 * Each lane of a register hashes a message of its own, 16 side by side with AVX-512, 8 with AVX2 and 4
 * with plain vectors of 16 bytes, which every compiler makes something of. A lane whose message ends
 * takes the next one, so that messages may be of any lengths; they come fastest when there are several
 * times as many as lanes and none is much longer than all others. The CRC folds 64 bytes at a time with
 * the carry-less multiplication where the processor has it, and takes eight bytes a step elsewhere.
 *
 * Results are those of crypto/sm3.h and base/crc32.h. Nothing here is secret, nothing is kept, and
 * any number of threads may call at the same time. */
#pragma once

#include "base/bytes.h"
#include "bulk/bulk.h"
#include "crypto/sm3.h"

/* A message and, when it is done, its digest. data is borrowed for the call; it may be empty. */
struct digest_job {
    struct bytes data;
    uint8_t digest[SM3_LEN]; /* out */
};

/* Hashes the messages of all jobs in the given way, which this machine must have
 * (digests_way_here()). */
void digests_make(enum bulk_way way, struct digest_job *jobs, size_t count);

/* True when this build and this machine have that way; always for BULK_BEST and BULK_WORDS. */
bool digests_way_here(enum bulk_way way);

/* How many messages that way hashes side by side. */
size_t digests_lanes(enum bulk_way way);

/* crc32_more(0, data), in the given way; BULK_WORDS is the one with tables, any other takes the
 * processor's multiplication when there is one. */
uint32_t digests_crc32(enum bulk_way way, struct bytes data);
