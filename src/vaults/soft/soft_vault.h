/* A vault that computes in its process's own memory. vaults/line puts it into a process of its own.
 *
 * Its root keys come from a seed, for rehearsals, or from a ring of real ones (key_ring.h), which a
 * file keeps encrypted (vault_file.h). Whoever knows the seed knows every key, so nothing of value
 * may ever stand behind such a vault: the root of each line of the catalogue, in each version and
 * algorithm, is HKDF-SHA-256 of the seed and the line's name. The transport key is the public one of
 * test chips (FF x 16). Nothing here hands out or keeps a caller's pointer.
 *
 * What it promises about secrets: its memory is locked against swapping and left out of core dumps
 * where the system allows it, every key on the stack is wiped when its
 * scope ends, and closing wipes everything on every path. Contexts of OpenSSL hold the key
 * used last until the next one or the end, and OpenSSL wipes them.
 *
 * Threads: a vault serves one thread at a time. Open one for each thread, from the same seed; they
 * share nothing. A vault costs some 150 KiB, about a millisecond to open, and 3 us more for each
 * key's first use. Large batches of TACs go through the engine of src/bulk, which costs some 150 KiB from
 * the first one on. */
#pragma once

#include "bulk/bulk.h"
#include "keys/vault.h"
#include "vaults/soft/key_ring.h"

enum { SEED_TEXT_MAX = 128 };

/* Opens a rehearsal vault for a region such as 440100. The seed is any text of 1 to SEED_TEXT_MAX
 * bytes; the same seed and region give the same keys for ever. ERR_INVALID for a wrong seed or
 * region, ERR_OUTSIDE when memory or OpenSSL's ciphers are not to be had; out is then untouched.
 * The caller closes with out->close(out->self), which does nothing for NULL. */
enum err soft_vault_open_rehearsal(
    const char *seed, uint32_t region, struct vault *out, struct why *why);

/* Opens a vault over a copy of the ring, which the caller still owns and wipes. ERR_INVALID when its
 * region is none; otherwise as above. It answers for the versions that the ring has and that are not
 * closed (ring_permit()). */
enum err soft_vault_open_ring(const struct key_ring *ring, struct vault *out, struct why *why);

/* Says how large batches of TACs are computed from now on: in which way, and with how many threads
 * during the call. Without it a vault takes the best way and one thread. Fails as bulk_open() does,
 * and then nothing changes. */
enum err soft_vault_spread(
    const struct vault *vault, enum bulk_way way, unsigned threads, struct why *why);
