#include "vaults/soft/vault_file.h"

#include <argon2.h>
#include <assert.h>
#include <openssl/evp.h>
#include <sys/random.h>

#include "base/builder.h"
#include "host/files.h"
#include "keys/permit.h"
#include "vaults/soft/secret_room.h"

/* file 1: nothing of the ring is believed before the tag is right.
 * file 2: a generation is written once.
 * file 3: the plain ring, the passphrases and the key lie in one room, which is wiped on every path. */

static const char magic[] = "shebao-vault";

enum {
    FORMAT = 1,
    MAGIC_LEN = 12,
    SALT_LEN = 32,
    NONCE_LEN = 12,
    TAG_LEN = 16,
    DIGEST_LEN = 32,
    KEY_LEN = 32,
    LANES = 1,
    HEAD_LEN = MAGIC_LEN + 2 + 4 + 8 + 4 + 4 + 4 + SALT_LEN + NONCE_LEN + 4,
    NAME_MAX_LEN = 32,
    ENTRY_MAX = 1 + NAME_MAX_LEN + 3 + KEY128_LEN,
    RING_BYTES_MAX = RING_PIN_KEY_LEN + 2 + RING_MAX * ENTRY_MAX,
    FILE_MAX = HEAD_LEN + RING_BYTES_MAX + TAG_LEN + DIGEST_LEN,
    SAID_MAX = CUSTODIANS * (2 + PASSPHRASE_MAX),
    MEMORY_LEAST = 8,
    MEMORY_MOST = 4194304,
    PASSES_MOST = 100,
};

const struct vault_cost vault_cost_usual = {.memory_kib = 65536, .passes = 3};

/* Everything secret that reading and writing need; file 3. */
struct workroom {
    uint8_t said[SAID_MAX];
    uint8_t key[KEY_LEN];
    uint8_t ring[RING_BYTES_MAX];
};

static void workroom_end(struct workroom **room) {
    secret_room_free(*room, sizeof **room);
}
#define WORKROOM(name)                                                                             \
    __attribute__((cleanup(workroom_end))) struct workroom *name = secret_room_new(                \
        sizeof(struct workroom))

/* The head of a file, decoded. */
struct head {
    struct vault_file_facts facts;
    uint32_t lanes, sealed_len;
    uint8_t salt[SALT_LEN], nonce[NONCE_LEN];
};

static enum err no_memory(struct why *why) {
    return why_say(why, ERR_OUTSIDE, "no memory to open a vault; end other programs and try again");
}

/* --- passphrases -------------------------------------------------------------------------------- */

enum err custodians_check(const struct custodians *who, struct why *why) {
    for (size_t i = 0; i < CUSTODIANS; i++) {
        size_t len = who->said[i].len;
        if (len < PASSPHRASE_LEAST || len > PASSPHRASE_MAX) {
            return why_say(why, ERR_INVALID,
                "the passphrase of custodian %c has %zu bytes; it takes %d to %d, best some words",
                "AB"[i], len, (int)PASSPHRASE_LEAST, (int)PASSPHRASE_MAX);
        }
    }
    if (bytes_equal(who->said[0], who->said[1])) {
        return why_say(why, ERR_INVALID,
            "both custodians gave the same passphrase; two persons keep one each, and neither "
            "knows "
            "the other's");
    }
    return OK;
}

/* Both with their lengths, so that no part of one can be taken for the other's. */
static enum err make_key(
    struct workroom *room, const struct custodians *who, const struct head *head, struct why *why) {
    struct builder b = builder_in(room->said, sizeof room->said);
    for (size_t i = 0; i < CUSTODIANS; i++) {
        put_u16(&b, (uint16_t)who->said[i].len);
        put_bytes(&b, who->said[i]);
    }
    assert(!b.overflowed);
    int done = argon2id_hash_raw(head->facts.cost.passes, head->facts.cost.memory_kib, head->lanes,
        b.at, b.len, head->salt, sizeof head->salt, room->key, sizeof room->key);
    return done == ARGON2_OK
               ? OK
               : why_say(why, ERR_OUTSIDE,
                   "the key of the vault cannot be made (%s); %u MiB of memory are needed",
                   argon2_error_message(done), (unsigned)(head->facts.cost.memory_kib / 1024));
}

/* --- the head ----------------------------------------------------------------------------------- */

static void put_head(struct builder *b, const struct head *head) {
    put_bytes(b, bytes_text(magic));
    put_u16(b, FORMAT);
    put_u32(b, head->facts.region);
    put_u32(b, (uint32_t)(head->facts.generation >> 32));
    put_u32(b, (uint32_t)head->facts.generation);
    put_u32(b, head->facts.cost.memory_kib);
    put_u32(b, head->facts.cost.passes);
    put_u32(b, head->lanes);
    put_bytes(b, bytes_of(head->salt, SALT_LEN));
    put_bytes(b, bytes_of(head->nonce, NONCE_LEN));
    put_u32(b, head->sealed_len);
    assert(b->overflowed || b->len == HEAD_LEN);
}

static void take_head(struct cursor *c, struct head *head) {
    head->facts.region = cursor_u32(c);
    uint64_t high = cursor_u32(c);
    head->facts.generation = high << 32 | cursor_u32(c);
    head->facts.cost.memory_kib = cursor_u32(c);
    head->facts.cost.passes = cursor_u32(c);
    head->lanes = cursor_u32(c);
    cursor_copy(c, head->salt, SALT_LEN);
    cursor_copy(c, head->nonce, NONCE_LEN);
    head->sealed_len = cursor_u32(c);
}

static bool digest_of(struct bytes data, uint8_t digest[DIGEST_LEN]) {
    return EVP_Digest(data.at, data.len, digest, NULL, EVP_sha256(), NULL) == 1;
}

static enum err damaged(const char *path, const char *how, struct why *why) {
    return why_say(why, ERR_INVALID,
        "the vault file %s %s; nothing was opened: put back the latest copy of it", path, how);
}

/* Costs that would never end, or need more memory than there is, are as bad as a changed byte. */
static bool cost_sane(const struct head *head) {
    const struct vault_cost *cost = &head->facts.cost;
    return cost->memory_kib >= MEMORY_LEAST && cost->memory_kib <= MEMORY_MOST && cost->passes >= 1
           && cost->passes <= PASSES_MOST && head->lanes == LANES;
}

/* The file's own checks, which need no passphrase. *sealed is borrowed from content. */
static enum err check_file(const char *path, struct bytes content, struct head *head,
    struct bytes *sealed, struct why *why) {
    struct cursor c = cursor_over(content);
    struct bytes first = cursor_take(&c, MAGIC_LEN);
    uint8_t digest[DIGEST_LEN];
    if (!bytes_equal(first, bytes_text(magic))) {
        return content.len < MAGIC_LEN ? damaged(path, "is cut short", why)
                                       : damaged(path, "is no vault file, or changed", why);
    }
    uint16_t format = cursor_u16(&c);
    take_head(&c, head);
    *sealed = cursor_take(&c, head->sealed_len);
    struct bytes whole = cursor_take(&c, DIGEST_LEN);
    if (!cursor_finished(&c)) {
        return damaged(path, c.overran ? "is cut short" : "is longer than it says", why);
    }
    bool same = digest_of(bytes_of(content.at, content.len - DIGEST_LEN), digest)
                && memcmp(whole.at, digest, DIGEST_LEN) == 0;
    if (!same || format == 0 || (format == FORMAT && !cost_sane(head))
        || head->sealed_len < TAG_LEN) {
        return damaged(path, "was changed: its digest is another", why);
    }
    if (format != FORMAT) {
        return why_say(why, ERR_INVALID,
            "the vault file %s has format %u and this program reads %d; use the program that wrote "
            "it",
            path, format, (int)FORMAT);
    }
    return OK;
}

enum err vault_file_look(const char *path, struct vault_file_facts *facts, struct why *why) {
    FILE_CONTENT_SCOPE(content);
    struct head head = {0};
    struct bytes sealed;
    enum err err = files_read(path, FILE_MAX, &content, why);
    err = err ? err : check_file(path, bytes_of(content.at, content.len), &head, &sealed, why);
    if (!err) {
        *facts = head.facts;
    }
    return err;
}

/* --- AES-256-GCM -------------------------------------------------------------------------------- */

static bool seal(const struct workroom *room, const struct head *head, struct bytes aad,
    struct bytes plain, uint8_t *sealed) {
    EVP_CIPHER_CTX *gcm = EVP_CIPHER_CTX_new();
    int len = 0, end = 0;
    bool done = gcm && EVP_EncryptInit_ex(gcm, EVP_aes_256_gcm(), NULL, room->key, head->nonce) == 1
                && EVP_EncryptUpdate(gcm, NULL, &len, aad.at, (int)aad.len) == 1
                && EVP_EncryptUpdate(gcm, sealed, &len, plain.at, (int)plain.len) == 1
                && EVP_EncryptFinal_ex(gcm, sealed + len, &end) == 1
                && EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, sealed + plain.len)
                       == 1;
    EVP_CIPHER_CTX_free(gcm);
    return done && (size_t)len == plain.len;
}

/* Writes the plain bytes to room->ring. False when the tag is another, or OpenSSL has no memory. */
static bool unseal(
    struct workroom *room, const struct head *head, struct bytes aad, struct bytes sealed) {
    EVP_CIPHER_CTX *gcm = EVP_CIPHER_CTX_new();
    uint8_t tag[TAG_LEN];
    int len = 0, end = 0;
    int plain_len = (int)(sealed.len - TAG_LEN);
    (void)memcpy(tag, sealed.at + plain_len, TAG_LEN);
    bool done = gcm && EVP_DecryptInit_ex(gcm, EVP_aes_256_gcm(), NULL, room->key, head->nonce) == 1
                && EVP_DecryptUpdate(gcm, NULL, &len, aad.at, (int)aad.len) == 1
                && EVP_DecryptUpdate(gcm, room->ring, &len, sealed.at, plain_len) == 1
                && EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) == 1
                && EVP_DecryptFinal_ex(gcm, room->ring + len, &end) == 1;
    EVP_CIPHER_CTX_free(gcm);
    return done;
}

/* --- the ring as bytes -------------------------------------------------------------------------- */

static void put_ring(struct builder *b, const struct key_ring *ring) {
    put_bytes(b, bytes_of(ring->pin_key, sizeof ring->pin_key));
    put_u16(b, (uint16_t)ring->count);
    for (size_t i = 0; i < ring->count; i++) {
        const struct ring_key *key = &ring->keys[i];
        const char *name = key_kind((enum key_name)key->name)->name;
        put_u8(b, (uint8_t)strlen(name));
        put_bytes(b, bytes_text(name));
        put_u8(b, key->algorithm);
        put_u8(b, key->version);
        put_u8(b, key->state);
        put_bytes(b, bytes_of(key->root.bytes, sizeof key->root.bytes));
    }
}

/* Names and not numbers are kept, for lines may be added anywhere in the sheet. */
static bool name_of(struct bytes text, uint16_t *name) {
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        if (bytes_equal(text, bytes_text(key_kind((enum key_name)n)->name))) {
            *name = (uint16_t)n;
            return true;
        }
    }
    return false;
}

static bool take_entry(struct cursor *c, struct ring_key *key) {
    size_t len = cursor_u8(c);
    struct bytes name = cursor_take(c, len);
    key->algorithm = cursor_u8(c);
    key->version = cursor_u8(c);
    key->state = cursor_u8(c);
    cursor_copy(c, key->root.bytes, sizeof key->root.bytes);
    return !c->overran && key->algorithm <= KEY_SM4 && key->version <= KEY_VERSION_MAX
           && key->state < RING_STATES && name_of(name, &key->name);
}

/* The tag was right, so what is wrong here was written by another program of ours. */
static bool take_ring(struct bytes plain, struct key_ring *ring) {
    struct cursor c = cursor_over(plain);
    cursor_copy(&c, ring->pin_key, sizeof ring->pin_key);
    size_t count = cursor_u16(&c);
    bool good = count <= RING_MAX;
    for (size_t i = 0; good && i < count; i++) {
        good = take_entry(&c, &ring->keys[i]);
    }
    ring->count = good ? count : 0;
    return good && cursor_finished(&c);
}

/* --- reading and writing ------------------------------------------------------------------------ */

static enum err check_age(
    const char *path, const struct vault_file_facts *facts, uint64_t least, struct why *why) {
    if (facts->generation >= least) {
        return OK;
    }
    return why_say(why, ERR_CONFLICT,
        "the vault file %s is an older copy: generation %llu, and this centre has seen %llu; put "
        "back the latest one, for keys made since are not in this",
        path, (unsigned long long)facts->generation, (unsigned long long)least);
}

/* The sealed part, opened into *ring; file 1. */
static enum err open_sealed(const char *path, const struct custodians *who, const struct head *head,
    struct bytes sealed, struct key_ring *ring, struct why *why) {
    WORKROOM(room);
    if (!room) {
        return no_memory(why);
    }
    assert(sealed.len - TAG_LEN <= sizeof room->ring);
    enum err err = make_key(room, who, head, why);
    if (err) {
        return err;
    }
    struct bytes aad = bytes_of(sealed.at - HEAD_LEN, HEAD_LEN);
    if (!unseal(room, head, aad, sealed)) {
        return why_say(why, ERR_DENIED,
            "the two passphrases do not open the vault file %s; let both custodians try again",
            path);
    }
    if (!take_ring(bytes_of(room->ring, sealed.len - TAG_LEN), ring)) {
        return why_say(why, ERR_INVALID,
            "the vault file %s holds keys that this program does not know; use the program that "
            "wrote it",
            path);
    }
    ring->region = head->facts.region;
    ring->generation = head->facts.generation;
    return OK;
}

enum err vault_file_read(const char *path, const struct custodians *who, uint64_t least,
    struct key_ring *ring, struct why *why) {
    FILE_CONTENT_SCOPE(content);
    struct head head = {0};
    struct bytes sealed = {0};
    (void)memset(ring, 0, sizeof *ring);
    enum err err = custodians_check(who, why);
    err = err ? err : files_read(path, FILE_MAX, &content, why);
    err = err ? err : check_file(path, bytes_of(content.at, content.len), &head, &sealed, why);
    err = err ? err : check_age(path, &head.facts, least, why);
    err = err ? err : open_sealed(path, who, &head, sealed, ring, why);
    if (err) {
        crypto_wipe(ring, sizeof *ring);
    }
    return err;
}

/* The file as bytes, from head to digest. False when OpenSSL fails. */
static bool build(
    struct workroom *room, struct head *head, const struct key_ring *ring, struct builder *file) {
    struct builder plain = builder_in(room->ring, sizeof room->ring);
    uint8_t digest[DIGEST_LEN];
    put_ring(&plain, ring);
    assert(!plain.overflowed);
    head->sealed_len = (uint32_t)(plain.len + TAG_LEN);
    put_head(file, head);
    bool done = seal(room, head, builder_bytes(file), builder_bytes(&plain), file->at + file->len);
    file->len += head->sealed_len;
    done = done && digest_of(bytes_of(file->at, file->len), digest);
    put_bytes(file, bytes_of(digest, sizeof digest));
    return done && !file->overflowed;
}

/* What the head says of the next generation, with a salt and a nonce that were never used. */
static enum err next_head(const struct key_ring *ring, const struct vault_cost *cost,
    struct head *head, struct why *why) {
    *head = (struct head){
        .facts = {ring->region, ring->generation + 1, *cost},
          .lanes = LANES
    };
    bool drawn = getrandom(head->salt, SALT_LEN, 0) == SALT_LEN
                 && getrandom(head->nonce, NONCE_LEN, 0) == NONCE_LEN;
    assert(cost_sane(head));
    return drawn ? OK
                 : why_say(why, ERR_OUTSIDE,
                     "the system gives no random numbers, so the vault cannot be kept; try again");
}

enum err vault_file_write(const char *path, const struct custodians *who,
    const struct vault_cost *cost, struct key_ring *ring, struct why *why) {
    WORKROOM(room);
    static const size_t file_room = FILE_MAX;
    struct head head;
    uint8_t *bytes = secret_room_new(file_room);
    enum err err = room && bytes ? custodians_check(who, why) : no_memory(why);
    err = err ? err : next_head(ring, cost, &head, why);
    err = err ? err : make_key(room, who, &head, why);
    if (!err) {
        struct builder file = builder_in(bytes, file_room);
        err = build(room, &head, ring, &file)
                  ? files_write(path, builder_bytes(&file), why)
                  : why_say(why, ERR_OUTSIDE, "OpenSSL could not encrypt the vault; try again");
    }
    if (!err) {
        ring->generation = head.facts.generation; /* file 2 */
    }
    secret_room_free(bytes, file_room);
    return err;
}
