/* The root keys of a city, as a vault holds them while it is open: which there are, in which versions,
 * and what each may still be used for. [system.md 6.1.3]
 *
 * A ring is plain data of fixed size; it lives in a room for secrets (secret_room.h) and nowhere else,
 * and whoever made it wipes it. A file keeps it encrypted (vault_file.h), ceremonies fill it and
 * change its states, a soft vault answers from a copy. Entries stand in no particular order; a line of
 * the catalogue, an algorithm and a version name one. */
#pragma once

#include "crypto/des.h"
#include "host/why.h"
#include "keys/vault.h"

/* What becomes of a version. */
enum ring_state {
    RING_IN_USE,   /* new cards and modules get it; one version of a line at most */
    RING_ACCEPTED, /* it answers as before, for those that have it */
    RING_CLOSED,   /* it answers nothing, for ever: the last card that had it is gone */
    RING_STATES
};

enum { RING_MAX = 4096, RING_PIN_KEY_LEN = 32 };

struct ring_key {
    uint16_t name; /* enum key_name */
    uint8_t algorithm, version;
    uint8_t state; /* enum ring_state */
    struct key128 root;
};

struct key_ring {
    uint32_t region;                   /* six digits: 440100 */
    uint64_t generation;               /* of the file that it was last written to; 0: of none */
    uint8_t pin_key[RING_PIN_KEY_LEN]; /* what first PINs are drawn from */
    size_t count;
    struct ring_key keys[RING_MAX];
};

/* The entry of that line, algorithm and version, or NULL. Borrowed from the ring. */
struct ring_key *ring_find(
    struct key_ring *ring, enum key_name name, enum key_algorithm algorithm, uint8_t version);

/* Makes an empty ring of that region, with a PIN key drawn from the system's chance. ERR_INVALID for
 * what is no region, ERR_OUTSIDE when the system gives no chance. */
enum err ring_begin(struct key_ring *ring, uint32_t region, struct why *why);

/* Draws a new root for the line and puts it in use; the version that was in use is accepted from then
 * on. ERR_CONFLICT when there is such a version already, ERR_INVALID for a name, algorithm or version
 * that the catalogue does not have, ERR_OUTSIDE without chance. */
enum err ring_generate(struct key_ring *ring, enum key_name name, enum key_algorithm algorithm,
    uint8_t version, struct why *why);

/* The same with a root that comes from elsewhere: an upper level, or shares put together again. */
enum err ring_import(struct key_ring *ring, const struct ring_key *key, struct why *why);

/* A whole first set, where the ring lacks it: version 1 of every line of the catalogue in every
 * algorithm that it has, and of a key that cards hold in several versions all of these. */
enum err ring_complete(struct key_ring *ring, struct why *why);

/* Moves a version to another state. ERR_NOT_FOUND when there is none; ERR_CONFLICT out of RING_CLOSED,
 * which is for ever, and when the only version in use would go. */
enum err ring_set_state(
    struct key_ring *ring, const struct key_ref *ref, enum ring_state state, struct why *why);

/* The version that new cards get, in *version. ERR_NOT_FOUND when none is in use. */
enum err ring_in_use(struct key_ring *ring, enum key_name name, enum key_algorithm algorithm,
    uint8_t *version, struct why *why);

/* OK when the ring answers for the key: it has the version, and the version is not closed.
 * ERR_INVALID when it was never made or brought here, ERR_DENIED when it is closed; the sentence names
 * the key. The transport key is public and in no ring, and always answers. */
enum err ring_permit(const struct key_ring *ring, const struct key_ref *ref, struct why *why);
