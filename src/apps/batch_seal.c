#include "apps/batch_seal.h"

#include <assert.h>
#include <limits.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/hex.h"

enum { HEAD_LEN = 4, NONCE_LEN = 12, TAG_LEN = 16, KEY_FILE_MAX = 128 };
static const uint8_t head[HEAD_LEN] = {'S', 'B', 'F', '1'};

enum err file_key_read(const char *path, uint8_t key[FILE_KEY_LEN], struct why *why) {
    FILE_CONTENT_SCOPE(content);
    enum err err = files_read(path, KEY_FILE_MAX, &content, why);
    if (err) {
        return err;
    }
    size_t len = content.len;
    while (len > 0 && (content.at[len - 1] == '\n' || content.at[len - 1] == '\r')) {
        len--;
    }
    bool good = hex_read(bytes_of(content.at, len), key, FILE_KEY_LEN);
    OPENSSL_cleanse(content.at, content.len);
    return good ? OK
                : why_say(why, ERR_INVALID,
                    "%s is no file key: 64 hexadecimal characters are expected; name the file "
                    "that holds them",
                    path);
}

/* One way or the other, with the head authenticated before the rest. */
static bool begin(EVP_CIPHER_CTX *gcm, const uint8_t *key, const uint8_t *nonce, bool seal) {
    int len = 0;
    return gcm && EVP_CipherInit_ex(gcm, EVP_aes_256_gcm(), NULL, key, nonce, seal) == 1
           && EVP_CipherUpdate(gcm, NULL, &len, head, HEAD_LEN) == 1;
}

/* All of the text; a seal that is wrong shows at the end. */
static bool crypt(EVP_CIPHER_CTX *gcm, struct bytes in, uint8_t *out) {
    int len = 0;
    assert(in.len <= INT_MAX);
    return EVP_CipherUpdate(gcm, out, &len, in.at, (int)in.len) == 1
           && EVP_CipherFinal_ex(gcm, out + len, &len) == 1;
}

enum err batch_seal(
    const uint8_t key[FILE_KEY_LEN], struct bytes plain, uint8_t *sealed, struct why *why) {
    uint8_t *nonce = sealed + HEAD_LEN;
    uint8_t *body = nonce + NONCE_LEN;
    EVP_CIPHER_CTX *gcm = EVP_CIPHER_CTX_new();
    (void)memcpy(sealed, head, HEAD_LEN);
    bool done = RAND_bytes(nonce, NONCE_LEN) == 1 && begin(gcm, key, nonce, true)
                && crypt(gcm, plain, body)
                && EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_GCM_GET_TAG, TAG_LEN, body + plain.len) == 1;
    EVP_CIPHER_CTX_free(gcm);
    return done ? OK
                : why_say(why, ERR_OUTSIDE, "the system's cipher or its chance failed; try again");
}

enum err batch_unseal(const uint8_t key[FILE_KEY_LEN], struct bytes sealed, uint8_t *plain,
    size_t *len, struct why *why) {
    uint8_t tag[TAG_LEN];
    *len = 0;
    if (sealed.len < BATCH_SEAL_EXTRA || memcmp(sealed.at, head, HEAD_LEN) != 0) {
        return why_say(
            why, ERR_INVALID, "it is no sealed file of a batch; ask the sender for it again");
    }
    const uint8_t *nonce = sealed.at + HEAD_LEN;
    struct bytes body = bytes_of(nonce + NONCE_LEN, sealed.len - BATCH_SEAL_EXTRA);
    (void)memcpy(tag, body.at + body.len, TAG_LEN);
    EVP_CIPHER_CTX *gcm = EVP_CIPHER_CTX_new();
    bool done = begin(gcm, key, nonce, false)
                && EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag) == 1
                && crypt(gcm, body, plain);
    EVP_CIPHER_CTX_free(gcm);
    if (!done) {
        OPENSSL_cleanse(plain, body.len);
        return why_say(
            why, ERR_INVALID, "it was changed on its way, or sealed with another file key");
    }
    *len = body.len;
    return OK;
}
