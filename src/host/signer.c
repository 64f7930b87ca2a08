#include "host/signer.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "host/files.h"

enum { PEM_MAX = 4096, PUBLIC_LEN = 32, DIGEST_LEN = 32 };

void signer_close(struct signer *signer) {
    EVP_PKEY_free(signer->key);
    signer->key = NULL;
}

/* Takes the key over, and says what it is called; false for any other kind of key. */
static bool take(struct signer *signer, EVP_PKEY *key) {
    uint8_t open[PUBLIC_LEN];
    uint8_t digest[DIGEST_LEN];
    size_t len = sizeof open;
    if (!key || EVP_PKEY_get_id(key) != EVP_PKEY_ED25519
        || EVP_PKEY_get_raw_public_key(key, open, &len) != 1 || len != sizeof open
        || EVP_Digest(open, sizeof open, digest, NULL, EVP_sha256(), NULL) != 1) {
        EVP_PKEY_free(key);
        return false;
    }
    (void)memcpy(signer->id, digest, SIGNER_ID_LEN);
    signer->key = key;
    return true;
}

/* One half as PEM in a file that is whole or absent; the private one for its owner alone. */
static enum err write_pem(EVP_PKEY *key, const char *path, bool private_half, struct why *why) {
    NEW_FILE_SCOPE(file);
    enum err err = new_file_begin(&file, path, why);
    if (err) {
        return err;
    }
    mode_t mode = private_half ? S_IRUSR | S_IWUSR : S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH;
    if (fchmod(fileno(file.stream), mode) != 0) {
        return files_trouble(why, "protect", path);
    }
    int done = private_half ? PEM_write_PrivateKey(file.stream, key, NULL, NULL, 0, NULL, NULL)
                            : PEM_write_PUBKEY(file.stream, key);
    return done == 1 ? new_file_keep(&file, why)
                     : why_say(why, ERR_OUTSIDE, "cannot write the key %s; try again", path);
}

/* The public half first: a private key that is there has its public one beside it. */
static enum err make(struct signer *signer, const char *path, struct why *why) {
    char beside[PATH_ROOM];
    if ((size_t)snprintf(beside, sizeof beside, "%s.pub", path) >= sizeof beside) {
        return why_say(why, ERR_INVALID, "the name of the key is too long: %s", path);
    }
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (!take(signer, key)) {
        return why_say(why, ERR_OUTSIDE, "no signing key could be made; try again");
    }
    enum err err = write_pem(signer->key, beside, false, why);
    err = err ? err : write_pem(signer->key, path, true, why);
    if (err) {
        signer_close(signer);
    }
    return err;
}

/* The key that PEM text in memory says. */
static EVP_PKEY *read_pem(const struct file_content *content, bool private_half) {
    BIO *memory = BIO_new_mem_buf(content->at, (int)content->len);
    EVP_PKEY *key = NULL;
    if (memory) {
        key = private_half ? PEM_read_bio_PrivateKey(memory, NULL, NULL, NULL)
                           : PEM_read_bio_PUBKEY(memory, NULL, NULL, NULL);
    }
    (void)BIO_free(memory);
    return key;
}

enum err signer_open(struct signer *signer, const char *path, struct why *why) {
    struct stat st;
    *signer = (struct signer){.key = NULL};
    FILE_CONTENT_SCOPE(content);
    enum err err = files_read(path, PEM_MAX, &content, why);
    if (err == ERR_NOT_FOUND) {
        return make(signer, path, why);
    }
    if (!err && (stat(path, &st) != 0 || (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)) {
        err = why_say(why, ERR_CONFLICT,
            "others may read the signing key %s; take their rights away, or remove it and make "
            "a new one",
            path);
    }
    if (!err && !take(signer, read_pem(&content, true))) {
        err = why_say(why, ERR_CONFLICT, "%s is no signing key (Ed25519)", path);
    }
    OPENSSL_cleanse(content.at, content.len);
    return err == ERR_INVALID ? ERR_CONFLICT : err;
}

enum err signer_open_public(struct signer *signer, const char *path, struct why *why) {
    *signer = (struct signer){.key = NULL};
    FILE_CONTENT_SCOPE(content);
    enum err err = files_read(path, PEM_MAX, &content, why);
    if (!err && !take(signer, read_pem(&content, false))) {
        err = why_say(why, ERR_INVALID, "%s is no public key (Ed25519)", path);
    }
    return err;
}

enum err signer_sign(struct signer *signer, struct bytes said,
    uint8_t signature[SIGNER_SIGNATURE_LEN], struct why *why) {
    size_t len = SIGNER_SIGNATURE_LEN;
    assert(signer->key);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool done = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, signer->key) == 1
                && EVP_DigestSign(ctx, signature, &len, said.at, said.len) == 1
                && len == SIGNER_SIGNATURE_LEN;
    EVP_MD_CTX_free(ctx);
    return done ? OK : why_say(why, ERR_OUTSIDE, "the list could not be signed; try again");
}

enum err signer_check(
    struct signer *signer, struct bytes said, struct bytes signature, struct why *why) {
    assert(signer->key);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx && signature.len == SIGNER_SIGNATURE_LEN
                && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, signer->key) == 1
                && EVP_DigestVerify(ctx, signature.at, signature.len, said.at, said.len) == 1;
    EVP_MD_CTX_free(ctx);
    return good ? OK
                : why_say(why, ERR_DENIED,
                    "the signature is not this key's; get the list from the centre again");
}
