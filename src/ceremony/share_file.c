#include "ceremony/share_file.h"

#include <argon2.h>
#include <assert.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/builder.h"
#include "crypto/secret.h"
#include "crypto/sm4.h"
#include "keys/permit.h"
#include "vaults/soft/secret_room.h"

/* share 1: a part is believed only when its digest stands at its place in the set.
 * share 2: every byte of a file is under its digest, and all but the digest under the tag.
 * share 3: a part in clear lies in a struct share or on a wiped stack, never in a file. */

static const char magic[] = "shebao-share";

enum {
    MAGIC_LEN = 12,
    FORMAT = 1,
    KEY_NAME_LEN = 17,
    SALT_LEN = 32,
    NONCE_LEN = 12,
    TAG_LEN = 16,
    SEAL_KEY_LEN = 32,
    HEAD_LEN = SHARE_FILE_LEN - PART_LEN - TAG_LEN - SM3_LEN,
    MEMORY_LEAST = 8,
    MEMORY_MOST = 4194304,
    PASSES_MOST = 100,
};

/* How a file is sealed. */
struct seal {
    struct vault_cost cost;
    uint8_t salt[SALT_LEN], nonce[NONCE_LEN];
};

/* --- parts -------------------------------------------------------------------------------------- */

void root_check(uint8_t algorithm, const struct key128 *root, uint8_t check[3]) {
    const uint8_t zeros[SM4_BLOCK] = {0};
    uint8_t block[SM4_BLOCK];
    struct tdes_key ready;
    if (algorithm == KEY_SM4) {
        sm4_encrypt(root, zeros, block);
    } else {
        tdes_prepare(&ready, root);
        tdes_encrypt(&ready, zeros, block);
        crypto_wipe(&ready, sizeof ready);
    }
    (void)memcpy(check, block, 3);
}

static void digest_part(const struct share *share, uint8_t digest[SM3_LEN]) {
    struct sm3 hash;
    sm3_begin(&hash);
    sm3_add(&hash, bytes_text("part of a root key"));
    sm3_add(&hash, bytes_of(&share->place, 1));
    sm3_add(&hash, bytes_of(share->part, PART_LEN));
    sm3_end(&hash, digest);
    crypto_wipe(&hash, sizeof hash);
}

/* All parts but the last are chance; the last is what is missing to the root. */
static void split_components(const struct key128 *root, const uint8_t *chance, uint8_t n,
    uint8_t parts[][SHAMIR_SECRET_MAX]) {
    (void)memcpy(parts[n - 1], root->bytes, PART_LEN);
    for (uint8_t i = 0; i + 1 < n; i++) {
        for (size_t at = 0; at < PART_LEN; at++) {
            parts[i][at] = chance[(size_t)i * PART_LEN + at];
            parts[n - 1][at] = (uint8_t)(parts[n - 1][at] ^ parts[i][at]);
        }
    }
}

enum err share_split(struct share_set *set, const struct key128 *root, struct chance *chance,
    struct share shares[SHAMIR_PARTS_MAX], struct why *why) {
    uint8_t drawn[SHAMIR_PARTS_MAX * PART_LEN];
    size_t needed = (size_t)PART_LEN * (set->k - 1U);
    uint8_t parts[SHAMIR_PARTS_MAX][SHAMIR_SECRET_MAX];
    assert(set->k >= 2);
    assert(set->k <= set->n);
    assert(set->way == SHARES_SHAMIR || set->k == set->n);
    enum err err = chance_draw(chance, drawn, needed, why);
    if (!err && set->way == SHARES_SHAMIR) {
        shamir_split(root->bytes, PART_LEN, drawn, set->k, set->n, parts);
    } else if (!err) {
        split_components(root, drawn, set->n, parts);
    }
    (void)memset(set->digests, 0, sizeof set->digests);
    for (uint8_t i = 0; !err && i < set->n; i++) {
        shares[i].place = (uint8_t)(i + 1);
        (void)memcpy(shares[i].part, parts[i], PART_LEN);
        digest_part(&shares[i], set->digests[i]);
    }
    root_check(set->algorithm, root, set->check);
    crypto_wipe(drawn, sizeof drawn);
    crypto_wipe(parts, sizeof parts);
    return err;
}

/* The first share whose place another one in front of it has; count when there is none. */
static size_t find_double(const struct share *shares, size_t count) {
    for (size_t i = 1; i < count; i++) {
        size_t same = 0;
        while (shares[same].place != shares[i].place) {
            same++;
        }
        if (same < i) {
            return i;
        }
    }
    return count;
}

static enum err check_places(
    const struct share_set *set, const struct share *shares, size_t count, struct why *why) {
    size_t twice = find_double(shares, count);
    if (twice < count) {
        return why_say(why, ERR_CONFLICT, "the share of %s is there twice; bring %u different ones",
            shares[twice].holder, set->k);
    }
    if (count < set->k) {
        return why_say(why, ERR_CONFLICT,
            "%zu shares are too few for %s: it takes %u of the %u; bring the missing ones", count,
            key_kind((enum key_name)set->name)->name, set->k, set->n);
    }
    return OK;
}

enum err share_join(const struct share_set *set, const struct share *shares, size_t count,
    struct key128 *root, struct why *why) {
    uint8_t places[SHAMIR_PARTS_MAX];
    uint8_t parts[SHAMIR_PARTS_MAX][SHAMIR_SECRET_MAX] = {{0}};
    uint8_t check[3];
    enum err err = check_places(set, shares, count, why);
    (void)memset(root, 0, sizeof *root);
    for (size_t i = 0; !err && i < count; i++) {
        places[i] = shares[i].place;
        (void)memcpy(parts[i], shares[i].part, PART_LEN);
        for (size_t at = 0; set->way == SHARES_COMPONENTS && at < PART_LEN; at++) {
            root->bytes[at] = (uint8_t)(root->bytes[at] ^ parts[i][at]);
        }
    }
    if (!err && set->way == SHARES_SHAMIR) {
        shamir_join(places, parts, count, PART_LEN, root->bytes);
    }
    crypto_wipe(parts, sizeof parts);
    root_check(set->algorithm, root, check);
    if (!err && memcmp(check, set->check, sizeof check) != 0) { /* share 1 leaves only this */
        err = why_say(why, ERR_INVALID,
            "the shares make a key of another check value than %02X%02X%02X; nothing was taken",
            set->check[0], set->check[1], set->check[2]);
    }
    if (err) {
        crypto_wipe(root, sizeof *root);
    }
    return err;
}

/* --- the file ----------------------------------------------------------------------------------- */

/* A text in a room of its own, zeros behind it. */
static void put_code(struct builder *b, const char *text, size_t room) {
    size_t len = strlen(text);
    assert(len < room);
    put_bytes(b, bytes_text(text));
    put_fill(b, 0, room - len);
}

static void put_set(struct builder *b, const struct share_set *set) {
    put_code(b, set->order, sizeof set->order);
    put_code(b, key_kind((enum key_name)set->name)->name, KEY_NAME_LEN);
    put_u8(b, set->algorithm);
    put_u8(b, set->version);
    put_bytes(b, bytes_of(set->check, sizeof set->check));
    put_u8(b, set->way);
    put_u8(b, set->k);
    put_u8(b, set->n);
    put_bytes(b, bytes_of(set->digests, sizeof set->digests));
}

void share_set_name(const struct share_set *set, uint8_t name[SM3_LEN]) {
    uint8_t room[HEAD_LEN];
    struct builder b = builder_in(room, sizeof room);
    struct sm3 hash;
    put_set(&b, set);
    assert(!b.overflowed);
    sm3_begin(&hash);
    sm3_add(&hash, builder_bytes(&b));
    sm3_end(&hash, name);
}

static void put_head(struct builder *b, const struct share_set *set, const struct share *share,
    const struct seal *seal) {
    put_bytes(b, bytes_text(magic));
    put_u16(b, FORMAT);
    put_code(b, share->holder, sizeof share->holder);
    put_u8(b, share->place);
    put_set(b, set);
    put_u32(b, seal->cost.memory_kib);
    put_u32(b, seal->cost.passes);
    put_bytes(b, bytes_of(seal->salt, SALT_LEN));
    put_bytes(b, bytes_of(seal->nonce, NONCE_LEN));
    assert(!b->overflowed);
    assert(b->len == HEAD_LEN);
}

/* False when the text has no end or no meaning; digests and tags have told of chance changes, so this
 * is somebody's own making. */
static bool take_code(struct cursor *c, char *to, size_t room) {
    struct bytes text = cursor_take(c, room);
    (void)memset(to, 0, room);
    if (!text.at || !memchr(text.at, 0, room)) {
        return false;
    }
    (void)memcpy(to, text.at, room);
    for (const char *s = to; *s; s++) {
        if (*s < '!' || *s > '~') {
            return false;
        }
    }
    return to[0] != '\0';
}

static bool take_name(struct cursor *c, uint16_t *name) {
    char text[KEY_NAME_LEN];
    if (!take_code(c, text, sizeof text)) {
        return false;
    }
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        if (strcmp(key_kind((enum key_name)i)->name, text) == 0) {
            *name = (uint16_t)i;
            return true;
        }
    }
    return false;
}

static bool set_sane(const struct share_set *set, const struct share *share) {
    return set->algorithm <= KEY_SM4 && set->version <= KEY_VERSION_MAX
           && set->way <= SHARES_COMPONENTS && set->k >= 2 && set->k <= set->n
           && set->n <= SHAMIR_PARTS_MAX && (set->way == SHARES_SHAMIR || set->k == set->n)
           && share->place >= 1 && share->place <= set->n;
}

static bool cost_sane(const struct vault_cost *cost) {
    return cost->memory_kib >= MEMORY_LEAST && cost->memory_kib <= MEMORY_MOST && cost->passes >= 1
           && cost->passes <= PASSES_MOST;
}

/* Everything in front of the part. */
static bool take_head(
    struct cursor *c, struct share_set *set, struct share *share, struct seal *seal) {
    bool good = take_code(c, share->holder, sizeof share->holder);
    share->place = cursor_u8(c);
    good = take_code(c, set->order, sizeof set->order) && good;
    good = take_name(c, &set->name) && good;
    set->algorithm = cursor_u8(c);
    set->version = cursor_u8(c);
    cursor_copy(c, set->check, sizeof set->check);
    set->way = cursor_u8(c);
    set->k = cursor_u8(c);
    set->n = cursor_u8(c);
    cursor_copy(c, set->digests, sizeof set->digests);
    seal->cost.memory_kib = cursor_u32(c);
    seal->cost.passes = cursor_u32(c);
    cursor_copy(c, seal->salt, SALT_LEN);
    cursor_copy(c, seal->nonce, NONCE_LEN);
    return good && !c->overran && set_sane(set, share) && cost_sane(&seal->cost);
}

static void digest_of(struct bytes data, uint8_t digest[SM3_LEN]) {
    struct sm3 hash;
    sm3_begin(&hash);
    sm3_add(&hash, data);
    sm3_end(&hash, digest);
}

static enum err bad_file(const char *file, const char *how, struct why *why) {
    return why_say(why, ERR_INVALID,
        "the share file %s %s; nothing was opened: ask its custodian for the other copy", file,
        how);
}

static enum err look(struct bytes content, const char *file, struct share_set *set,
    struct share *share, struct seal *seal, struct why *why) {
    uint8_t digest[SM3_LEN];
    (void)memset(set, 0, sizeof *set);
    (void)memset(share, 0, sizeof *share);
    if (content.len < SHARE_FILE_LEN) {
        return bad_file(file, "is cut short", why);
    }
    if (content.len > SHARE_FILE_LEN) {
        return bad_file(file, "is longer than a share is", why);
    }
    digest_of(bytes_of(content.at, SHARE_FILE_LEN - SM3_LEN), digest);
    struct cursor c = cursor_over(content);
    bool known = bytes_equal(cursor_take(&c, MAGIC_LEN), bytes_text(magic));
    known = cursor_u16(&c) == FORMAT && known;
    if (memcmp(content.at + SHARE_FILE_LEN - SM3_LEN, digest, SM3_LEN) != 0) {
        return bad_file(file, "was changed: its digest is another", why); /* share 2 */
    }
    return known && take_head(&c, set, share, seal)
               ? OK
               : bad_file(file, "is no share of this program's", why);
}

enum err share_look(struct bytes content, const char *file, struct share_set *set,
    struct share *share, struct why *why) {
    struct seal seal = {0};
    return look(content, file, set, share, &seal, why);
}

/* --- sealing ------------------------------------------------------------------------------------ */

static enum err seal_key(
    const struct seal *seal, struct bytes said, uint8_t key[SEAL_KEY_LEN], struct why *why) {
    int done = argon2id_hash_raw(seal->cost.passes, seal->cost.memory_kib, 1, said.at, said.len,
        seal->salt, SALT_LEN, key, SEAL_KEY_LEN);
    return done == ARGON2_OK ? OK
                             : why_say(why, ERR_OUTSIDE,
                                 "a share cannot be sealed (%s); end other "
                                 "programs and try again",
                                 argon2_error_message(done));
}

/* The part to ciphertext and tag, or with open back again; false when the tag is wrong. */
static bool gcm(const uint8_t key[SEAL_KEY_LEN], const struct seal *seal, struct bytes aad,
    uint8_t *in_out, uint8_t tag[TAG_LEN], bool open) {
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int len = 0;
    uint8_t out[PART_LEN];
    bool done = ctx && EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, seal->nonce, !open) == 1
                && EVP_CipherUpdate(ctx, NULL, &len, aad.at, (int)aad.len) == 1
                && EVP_CipherUpdate(ctx, out, &len, in_out, PART_LEN) == 1
                && (!open || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag) == 1)
                && EVP_CipherFinal_ex(ctx, out + PART_LEN, &len) == 1
                && (open || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_LEN, tag) == 1);
    EVP_CIPHER_CTX_free(ctx);
    if (done) {
        (void)memcpy(in_out, out, PART_LEN);
    }
    crypto_wipe(out, sizeof out);
    return done;
}

static enum err check_said(const char *holder, struct bytes said, struct why *why) {
    if (said.len < PASSPHRASE_LEAST || said.len > PASSPHRASE_MAX) {
        return why_say(why, ERR_INVALID,
            "the passphrase of %s has %zu bytes; it takes %d to %d, best some words", holder,
            said.len, (int)PASSPHRASE_LEAST, (int)PASSPHRASE_MAX);
    }
    return OK;
}

enum err share_seal(const struct share_set *set, const struct share *share,
    const struct share_lock *lock, struct chance *chance, uint8_t out[SHARE_FILE_LEN],
    struct why *why) {
    struct seal seal = {.cost = lock->cost};
    uint8_t key[SEAL_KEY_LEN];
    struct builder b = builder_in(out, SHARE_FILE_LEN);
    enum err err = check_said(share->holder, lock->said, why);
    err = err ? err : chance_draw(chance, seal.salt, SALT_LEN, why);
    err = err ? err : chance_draw(chance, seal.nonce, NONCE_LEN, why);
    err = err ? err : seal_key(&seal, lock->said, key, why);
    if (err) {
        return err;
    }
    put_head(&b, set, share, &seal);
    uint8_t *part = out + HEAD_LEN;
    (void)memcpy(part, share->part, PART_LEN);
    if (!gcm(key, &seal, bytes_of(out, HEAD_LEN), part, part + PART_LEN, false)) {
        crypto_wipe(part, PART_LEN); /* share 3 */
        err = why_say(why, ERR_OUTSIDE, "OpenSSL gave no AES-GCM; install OpenSSL 3");
    }
    digest_of(bytes_of(out, SHARE_FILE_LEN - SM3_LEN), out + SHARE_FILE_LEN - SM3_LEN);
    crypto_wipe(key, sizeof key);
    return err;
}

enum err share_open(struct bytes content, const char *file, struct bytes said,
    struct share_set *set, struct share *share, struct why *why) {
    struct seal seal = {0};
    uint8_t key[SEAL_KEY_LEN];
    uint8_t digest[SM3_LEN];
    uint8_t tag[TAG_LEN];
    enum err err = look(content, file, set, share, &seal, why);
    err = err ? err : seal_key(&seal, said, key, why);
    if (err) {
        return err;
    }
    (void)memcpy(share->part, content.at + HEAD_LEN, PART_LEN);
    (void)memcpy(tag, content.at + HEAD_LEN + PART_LEN, TAG_LEN);
    if (!gcm(key, &seal, bytes_of(content.at, HEAD_LEN), share->part, tag, true)) {
        err = why_say(why, ERR_DENIED,
            "the passphrase of %s does not open the share in %s; let %s say it again",
            share->holder, file, share->holder);
    }
    crypto_wipe(key, sizeof key);
    digest_part(share, digest);
    if (!err && memcmp(digest, set->digests[share->place - 1], SM3_LEN) != 0) { /* share 1 */
        err = why_say(why, ERR_INVALID,
            "the share of %s is a wrong one: it is not the part that was handed out; bring "
            "another custodian's",
            share->holder);
    }
    if (err) {
        crypto_wipe(share->part, PART_LEN);
    }
    return err;
}
