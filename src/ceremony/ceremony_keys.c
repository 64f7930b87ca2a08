#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/hex.h"
#include "ceremony/ceremony_work.h"
#include "crypto/secret.h"
#include "vaults/soft/secret_room.h"

/* Roots: drawn, told of, closed, destroyed. Each step decides before it changes anything. */

enum err ceremony_facts_full(struct why *why) {
    return why_say(why, ERR_INVALID,
        "the step tells more than a line of the transcript holds; divide it into several");
}

/* The first digits of a digest: what is written on the envelope. */
void ceremony_seal(struct bytes content, char seal[SEAL_LEN + 1]) {
    assert(content.at);
    uint8_t digest[SM3_LEN];
    struct sm3 hash;
    sm3_begin(&hash);
    sm3_add(&hash, content);
    sm3_end(&hash, digest);
    hex_write(bytes_of(digest, SEAL_LEN / 2), seal);
}

struct ring_key *ceremony_held(struct ceremony_work *work, const struct plan_key *key) {
    assert(work->ring);
    assert(key->version > 0);
    return ring_find(
        work->ring, (enum key_name)key->name, (enum key_algorithm)key->algorithm, key->version);
}

/* The root of a version that answers; ERR_NOT_FOUND or ERR_DENIED otherwise. Borrowed. */
enum err ceremony_root_of(struct ceremony_work *work, const struct plan_key *key,
    const struct key128 **root, struct why *why) {
    char text[KEY_TEXT_ROOM];
    const struct ring_key *entry = ceremony_held(work, key);
    if (!entry) {
        return why_say(why, ERR_NOT_FOUND, "the vault has no %s; generate or import it first",
            plan_key_text(key, text));
    }
    if (entry->state == RING_CLOSED) {
        return why_say(why, ERR_DENIED, "%s is closed, for ever; take another version",
            plan_key_text(key, text));
    }
    *root = &entry->root;
    return OK;
}

enum err ceremony_tell_check(
    struct ceremony_work *work, const char *word, const struct plan_key *key, struct why *why) {
    uint8_t check[3];
    const struct ring_key *entry = ceremony_held(work, key);
    assert(entry);
    root_check(key->algorithm, &entry->root, check);
    return ceremony_fact(work, " %s %02X%02X%02X", word, check[0], check[1], check[2])
               ? OK
               : ceremony_facts_full(why);
}

enum err ceremony_put_root(struct ceremony_work *work, const struct plan_key *key,
    const struct key128 *root, struct why *why) {
    assert(root);
    struct ring_key entry = {
        .name = key->name, .algorithm = key->algorithm, .version = key->version, .root = *root};
    enum err err = ring_import(work->ring, &entry, why);
    crypto_wipe(&entry, sizeof entry);
    return err ? err : ceremony_tell_check(work, "check", key, why);
}

enum err hold_generate(struct ceremony_work *work, const struct plan_step *step, struct why *why) {
    assert(step->kind == STEP_GENERATE);
    SECRET_SCOPE struct key128 root = {0};
    enum err err = chance_draw(&work->chance, &root, sizeof root, why);
    return err ? err : ceremony_put_root(work, &step->key, &root, why);
}

static struct key_ref ref_of(const struct plan_key *key) {
    return (struct key_ref){.name = (enum key_name)key->name,
        .algorithm = (enum key_algorithm)key->algorithm,
        .version = key->version};
}

enum err hold_close(struct ceremony_work *work, const struct plan_step *step, struct why *why) {
    assert(step->kind == STEP_CLOSE);
    const struct ceremony_house *house = work->house;
    struct key_ref ref = ref_of(&step->key);
    enum err err = house->unused(house->self, &step->key, why);
    err = err ? err : ring_set_state(work->ring, &ref, RING_CLOSED, why);
    return err ? err : ceremony_tell_check(work, "check", &step->key, why);
}

/* The entry stays, closed and without a root, so that its version is never given out again. */
enum err hold_destroy(struct ceremony_work *work, const struct plan_step *step, struct why *why) {
    assert(step->kind == STEP_DESTROY);
    char text[KEY_TEXT_ROOM];
    struct ring_key *entry = ceremony_held(work, &step->key);
    if (!entry || entry->state != RING_CLOSED) {
        return why_say(why, ERR_CONFLICT,
            "%s is not closed; a key is closed first, and destroyed when nothing has it any more",
            plan_key_text(&step->key, text));
    }
    enum err err = ceremony_tell_check(work, "check", &step->key, why);
    crypto_wipe(&entry->root, sizeof entry->root);
    return err;
}
