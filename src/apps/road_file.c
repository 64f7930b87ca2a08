#include "apps/road_file.h"

#include <stdlib.h>

#include <argon2.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "apps/passphrase.h"

enum { HEAD_LEN = 4, PASSES = 3, MEMORY_KIB = 64 * 1024 };
static const uint8_t head[HEAD_LEN] = {'S', 'C', 'P', '1'};

/* The key of passphrase and salt. */
static enum err derive(struct road_file *road, const char *passphrase, struct why *why) {
    struct secret_line line = {.len = 0};
    enum err err = secret_line_read(&line, "口令 passphrase of the package: ", passphrase, why);
    if (!err && line.len < PASSPHRASE_LEAST) {
        err = why_say(
            why, ERR_INVALID, "a package's passphrase has at least %d bytes", PASSPHRASE_LEAST);
    }
    if (!err
        && argon2id_hash_raw(PASSES, MEMORY_KIB, 1, line.text, line.len, road->salt, ROAD_SALT_LEN,
               road->key, FILE_KEY_LEN)
               != ARGON2_OK) {
        err = why_say(why, ERR_OUTSIDE, "no memory is left for Argon2id; end other programs");
    }
    OPENSSL_cleanse(&line, sizeof line);
    return err;
}

enum err road_new(struct road_file *road, const char *passphrase, struct why *why) {
    if (RAND_bytes(road->salt, ROAD_SALT_LEN) != 1) {
        return why_say(why, ERR_OUTSIDE, "the system gives no chance; try again");
    }
    return derive(road, passphrase, why);
}

/* The JSON of a sealed file. */
static enum err unseal(struct road_file *road, struct bytes sealed, struct why *why) {
    size_t len = 0;
    uint8_t *plain = malloc(sealed.len + 1);
    if (!plain) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    enum err err = batch_unseal(road->key, sealed, plain, &len, why);
    road->body = err ? NULL : json_loadb((const char *)plain, len, JSON_REJECT_DUPLICATES, NULL);
    if (!err && !json_is_object(road->body)) {
        err = why_say(why, ERR_INVALID, "what was sealed is no package");
    }
    OPENSSL_cleanse(plain, sealed.len + 1);
    free(plain);
    return err;
}

enum err road_open(
    struct road_file *road, const char *path, const char *passphrase, struct why *why) {
    FILE_CONTENT_SCOPE(content);
    enum err err = files_read(path, ROAD_FILE_MAX, &content, why);
    if (err) {
        return err;
    }
    if (content.len < HEAD_LEN + ROAD_SALT_LEN || memcmp(content.at, head, HEAD_LEN) != 0) {
        return why_say(why, ERR_INVALID,
            "%s is no package of capturing; \"shebao capture pack\" makes one", path);
    }
    (void)memcpy(road->salt, content.at + HEAD_LEN, ROAD_SALT_LEN);
    err = derive(road, passphrase, why);
    size_t before = HEAD_LEN + ROAD_SALT_LEN;
    err = err ? err : unseal(road, bytes_of(content.at + before, content.len - before), why);
    return err ? why_add(why, err, "%s", path) : OK;
}

/* The sealed text as a file. */
static enum err write_text(
    const struct road_file *road, const char *path, struct bytes text, struct why *why) {
    size_t before = HEAD_LEN + ROAD_SALT_LEN;
    size_t len = before + text.len + BATCH_SEAL_EXTRA;
    uint8_t *file = malloc(len);
    if (!file) {
        return why_say(why, ERR_OUTSIDE, "no memory is left for the package; end other programs");
    }
    (void)memcpy(file, head, HEAD_LEN);
    (void)memcpy(file + HEAD_LEN, road->salt, ROAD_SALT_LEN);
    enum err err = batch_seal(road->key, text, file + before, why);
    err = err ? err : files_write(path, bytes_of(file, len), why);
    free(file);
    return err;
}

enum err road_write(const struct road_file *road, const char *path, struct why *why) {
    char *text = json_dumps(road->body, JSON_COMPACT);
    if (!text) {
        return why_say(why, ERR_OUTSIDE, "no memory is left for the package; end other programs");
    }
    struct bytes bytes = bytes_text(text);
    enum err err = write_text(road, path, bytes, why);
    OPENSSL_cleanse(text, bytes.len);
    free(text);
    return err;
}

void road_close(struct road_file *road) {
    OPENSSL_cleanse(road->key, sizeof road->key);
    json_decref(road->body);
    road->body = NULL;
}
