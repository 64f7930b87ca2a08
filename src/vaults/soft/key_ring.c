#include "vaults/soft/key_ring.h"

#include <assert.h>
#include <string.h>
#include <sys/random.h>

#include "crypto/secret.h"
#include "keys/permit.h"

/* ring 1: a line, algorithm and version stand once.
 * ring 2: at most one version of a line and algorithm is in use.
 * ring 3: nothing leaves RING_CLOSED. */

enum { REGION_FIRST = 100000, REGION_LAST = 999999 };

/* "3DES" and "SM4", for sentences. */
static const char *algorithm_text(unsigned algorithm) {
    return algorithm == KEY_SM4 ? "SM4" : "3DES";
}

static bool is_line(const struct ring_key *key, unsigned name, unsigned algorithm) {
    return key->name == name && key->algorithm == algorithm;
}

static const struct ring_key *find(
    const struct key_ring *ring, unsigned name, unsigned algorithm, unsigned version) {
    assert(ring->count <= RING_MAX);
    for (size_t i = 0; i < ring->count; i++) {
        const struct ring_key *key = &ring->keys[i];
        if (is_line(key, name, algorithm) && key->version == version) {
            return key;
        }
    }
    return NULL;
}

struct ring_key *ring_find(
    struct key_ring *ring, enum key_name name, enum key_algorithm algorithm, uint8_t version) {
    const struct ring_key *found = find(ring, name, algorithm, version);
    return found ? &ring->keys[found - ring->keys] : NULL;
}

static struct ring_key *find_in_use(struct key_ring *ring, unsigned name, unsigned algorithm) {
    struct ring_key *found = NULL;
    for (size_t i = 0; i < ring->count; i++) {
        struct ring_key *key = &ring->keys[i];
        if (is_line(key, name, algorithm) && key->state == RING_IN_USE) {
            assert(!found); /* ring 2 */
            found = key;
        }
    }
    return found;
}

/* Chance of the system's, which waits until there is enough of it. */
static enum err draw(void *at, size_t len, struct why *why) {
    ssize_t got = getrandom(at, len, 0);
    if (got < 0 || (size_t)got != len) {
        return why_say(why, ERR_OUTSIDE,
            "the system gives no random numbers, so no key can be made; try again");
    }
    return OK;
}

enum err ring_begin(struct key_ring *ring, uint32_t region, struct why *why) {
    if (region < REGION_FIRST || region > REGION_LAST) {
        return why_say(why, ERR_INVALID,
            "%u is no region; give its six digits as in GB/T 2260, for example 440100",
            (unsigned)region);
    }
    (void)memset(ring, 0, sizeof *ring);
    ring->region = region;
    return draw(ring->pin_key, sizeof ring->pin_key, why);
}

/* A line of the catalogue that has roots, in a version and algorithm that it can have. */
static enum err check_line(const struct ring_key *key, struct why *why) {
    const struct key_ref ref = {.name = (enum key_name)key->name,
        .algorithm = (enum key_algorithm)key->algorithm,
        .version = key->version,
        .depth = KEY_ROOT};
    enum err err = key_permit(&ref, USE_CHECK_VALUE, why);
    if (!err && key->name == KEY_TRANSPORT) {
        err = why_say(why, ERR_INVALID,
            "the transport key of blank chips is their maker's, and public; no vault keeps it");
    }
    return err;
}

enum err ring_import(struct key_ring *ring, const struct ring_key *key, struct why *why) {
    enum err err = check_line(key, why);
    if (err) {
        return err;
    }
    const char *name = key_kind((enum key_name)key->name)->name;
    if (find(ring, key->name, key->algorithm, key->version)) { /* ring 1 */
        return why_say(why, ERR_CONFLICT,
            "version %u of %s (%s) is in the vault already; a key is never overwritten: take the "
            "next version",
            key->version, name, algorithm_text(key->algorithm));
    }
    if (ring->count == RING_MAX) {
        return why_say(why, ERR_CONFLICT, "the vault is full: it holds %d keys", (int)RING_MAX);
    }
    struct ring_key *before = find_in_use(ring, key->name, key->algorithm);
    if (before) {
        before->state = RING_ACCEPTED; /* ring 2 */
    }
    ring->keys[ring->count] = *key;
    ring->keys[ring->count].state = RING_IN_USE;
    ring->count++;
    return OK;
}

enum err ring_generate(struct key_ring *ring, enum key_name name, enum key_algorithm algorithm,
    uint8_t version, struct why *why) {
    struct ring_key key = {
        .name = (uint16_t)name, .algorithm = (uint8_t)algorithm, .version = version};
    enum err err = draw(key.root.bytes, sizeof key.root.bytes, why);
    err = err ? err : ring_import(ring, &key, why);
    crypto_wipe(&key, sizeof key);
    return err;
}

/* The first versions of a line that can have them and has none: as many as a card holds side by side.
 * The lowest comes last, so that it is the one in use. */
static enum err complete_line(
    struct key_ring *ring, enum key_name name, enum key_algorithm algorithm, struct why *why) {
    enum { FIRST_VERSION = 1 };
    const struct ring_key key = {
        .name = (uint16_t)name, .algorithm = (uint8_t)algorithm, .version = FIRST_VERSION};
    struct why ignored;
    enum err err = OK;
    if (check_line(&key, &ignored) || find(ring, name, algorithm, FIRST_VERSION)) {
        return OK;
    }
    for (uint8_t version = key_kind(name)->versions; !err && version >= FIRST_VERSION; version--) {
        err = find(ring, name, algorithm, version)
                  ? OK
                  : ring_generate(ring, name, algorithm, version, why);
    }
    return err;
}

enum err ring_complete(struct key_ring *ring, struct why *why) {
    enum err err = OK;
    for (unsigned n = 0; !err && n < KEY_COUNT; n++) {
        err = complete_line(ring, (enum key_name)n, KEY_TDES, why);
        err = err ? err : complete_line(ring, (enum key_name)n, KEY_SM4, why);
    }
    return err;
}

static enum err no_version(const struct key_ref *key, struct why *why) {
    return why_say(why, ERR_INVALID,
        "version %u of %s (%s) is not in this vault; make it in a ceremony or import it",
        key->version, key_kind(key->name)->name, algorithm_text(key->algorithm));
}

enum err ring_set_state(
    struct key_ring *ring, const struct key_ref *ref, enum ring_state state, struct why *why) {
    struct ring_key *key = ring_find(ring, ref->name, ref->algorithm, ref->version);
    const char *name = key_kind(ref->name)->name;
    assert((unsigned)state < RING_STATES);
    if (!key) {
        (void)no_version(ref, why);
        return ERR_NOT_FOUND;
    }
    if (key->state == RING_CLOSED && state != RING_CLOSED) { /* ring 3 */
        return why_say(why, ERR_CONFLICT,
            "version %u of %s is closed, and stays so; take another one", ref->version, name);
    }
    if (key->state == RING_IN_USE && state != RING_IN_USE) {
        return why_say(why, ERR_CONFLICT,
            "version %u of %s is the one in use; put another one in use first", ref->version, name);
    }
    struct ring_key *before = find_in_use(ring, ref->name, ref->algorithm);
    if (state == RING_IN_USE && before) {
        before->state = RING_ACCEPTED; /* ring 2 */
    }
    key->state = (uint8_t)state;
    return OK;
}

enum err ring_in_use(struct key_ring *ring, enum key_name name, enum key_algorithm algorithm,
    uint8_t *version, struct why *why) {
    const struct ring_key *key = find_in_use(ring, name, algorithm);
    if (!key) {
        return why_say(why, ERR_NOT_FOUND,
            "no version of %s (%s) is in use; make one in a ceremony", key_kind(name)->name,
            algorithm_text(algorithm));
    }
    *version = key->version;
    return OK;
}

enum err ring_permit(const struct key_ring *ring, const struct key_ref *ref, struct why *why) {
    if (ref->name == KEY_TRANSPORT) {
        return OK;
    }
    const struct ring_key *key = find(ring, ref->name, ref->algorithm, ref->version);
    if (!key) {
        return no_version(ref, why);
    }
    if (key->state == RING_CLOSED) {
        return why_say(why, ERR_DENIED, "version %u of %s (%s) is closed; nothing answers to it",
            ref->version, key_kind(ref->name)->name, algorithm_text(ref->algorithm));
    }
    return OK;
}
