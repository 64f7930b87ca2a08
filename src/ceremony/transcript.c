#include "ceremony/transcript.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/builder.h"
#include "base/hex.h"
#include "host/files.h"

static const char first_line[] = "shebao-transcript 1";
static const char signature_word[] = "signature ed25519 ";

enum { PUBLIC_TEXT_LEN = 2 * SIGNING_PUBLIC_LEN, SIGNATURE_TEXT_LEN = 2 * SIGNATURE_LEN };
enum { CHAIN_TEXT_LEN = 2 + 2 * SM3_LEN, LINE_ROOM = TRANSCRIPT_LINE_MAX + CHAIN_TEXT_LEN + 2 };

/* --- writing ------------------------------------------------------------------------------------ */

static void chain_next(uint8_t chain[SM3_LEN], struct bytes words) {
    struct sm3 hash;
    sm3_begin(&hash);
    sm3_add(&hash, bytes_of(chain, SM3_LEN));
    sm3_add(&hash, words);
    sm3_end(&hash, chain);
}

static enum err append(struct transcript *t, struct bytes text, struct why *why) {
    if (t->len + text.len + 1 > t->room) {
        size_t room = 2 * t->room + text.len + LINE_ROOM;
        char *more = realloc(t->text, room);
        if (!more) {
            return why_say(why, ERR_OUTSIDE, "no memory for the transcript; try again");
        }
        t->text = more;
        t->room = room;
    }
    assert(text.at);
    (void)memcpy(t->text + t->len, text.at, text.len);
    t->len += text.len;
    t->text[t->len] = '\0';
    return OK;
}

enum err transcript_add(struct transcript *t, const char *words, struct why *why) {
    char line[LINE_ROOM];
    char digest[2 * SM3_LEN + 1];
    size_t len = strlen(words);
    assert(!t->is_signed);
    assert(!strpbrk(words, "\n\r"));
    if (len > TRANSCRIPT_LINE_MAX) {
        return why_say(why, ERR_INVALID, "a line of the transcript would be longer than %d letters",
            (int)TRANSCRIPT_LINE_MAX);
    }
    chain_next(t->chain, bytes_of(words, len));
    struct builder b = builder_in(line, sizeof line);
    hex_write(bytes_of(t->chain, SM3_LEN), digest);
    put_bytes(&b, bytes_of(words, len));
    put_bytes(&b, bytes_text(" #"));
    put_bytes(&b, bytes_text(digest));
    put_u8(&b, '\n');
    assert(b.len == len + CHAIN_TEXT_LEN + 1);
    t->lines++;
    return append(t, builder_bytes(&b), why);
}

enum err transcript_begin(struct transcript *t, struct why *why) {
    (void)memset(t, 0, sizeof *t);
    return transcript_add(t, first_line, why);
}

void transcript_end(struct transcript *t) {
    free(t->text);
    (void)memset(t, 0, sizeof *t);
}

enum err transcript_keep(const struct transcript *t, const char *path, struct why *why) {
    return files_write(path, bytes_of(t->text, t->len), why);
}

/* --- the signature ------------------------------------------------------------------------------ */

static enum err no_ed25519(struct why *why) {
    return why_say(why, ERR_OUTSIDE, "OpenSSL gave no Ed25519; install OpenSSL 3");
}

enum err transcript_public(
    const uint8_t seed[SIGNING_SEED_LEN], uint8_t public_key[SIGNING_PUBLIC_LEN], struct why *why) {
    size_t len = SIGNING_PUBLIC_LEN;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, SIGNING_SEED_LEN);
    bool done = key && EVP_PKEY_get_raw_public_key(key, public_key, &len) == 1
                && len == SIGNING_PUBLIC_LEN;
    EVP_PKEY_free(key);
    return done ? OK : no_ed25519(why);
}

static bool sign(const uint8_t seed[SIGNING_SEED_LEN], const uint8_t chain[SM3_LEN],
    uint8_t signature[SIGNATURE_LEN]) {
    size_t len = SIGNATURE_LEN;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, SIGNING_SEED_LEN);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool done = key && ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1
                && EVP_DigestSign(ctx, signature, &len, chain, SM3_LEN) == 1
                && len == SIGNATURE_LEN;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return done;
}

static bool signature_good(const uint8_t public_key[SIGNING_PUBLIC_LEN],
    const uint8_t chain[SM3_LEN], const uint8_t signature[SIGNATURE_LEN]) {
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(
        EVP_PKEY_ED25519, NULL, public_key, SIGNING_PUBLIC_LEN);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = key && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1
                && EVP_DigestVerify(ctx, signature, SIGNATURE_LEN, chain, SM3_LEN) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return good;
}

enum { SIGNED_LEN = sizeof signature_word - 1 + PUBLIC_TEXT_LEN + 1 + SIGNATURE_TEXT_LEN };

/* The signature's line, without its end; the only way to write it. */
static void write_signature(const uint8_t public_key[SIGNING_PUBLIC_LEN],
    const uint8_t signature[SIGNATURE_LEN], char line[SIGNED_LEN + 1]) {
    char *at = line + sizeof signature_word - 1;
    (void)memcpy(line, signature_word, sizeof signature_word - 1);
    hex_write(bytes_of(public_key, SIGNING_PUBLIC_LEN), at);
    at[PUBLIC_TEXT_LEN] = ' ';
    hex_write(bytes_of(signature, SIGNATURE_LEN), at + PUBLIC_TEXT_LEN + 1);
}

enum err transcript_sign(
    struct transcript *t, const uint8_t seed[SIGNING_SEED_LEN], struct why *why) {
    uint8_t public_key[SIGNING_PUBLIC_LEN];
    uint8_t signature[SIGNATURE_LEN];
    char line[SIGNED_LEN + 2];
    assert(!t->is_signed);
    enum err err = transcript_public(seed, public_key, why);
    if (!err && !sign(seed, t->chain, signature)) {
        err = no_ed25519(why);
    }
    if (err) {
        return err;
    }
    write_signature(public_key, signature, line);
    line[SIGNED_LEN] = '\n';
    err = append(t, bytes_of(line, SIGNED_LEN + 1), why);
    t->is_signed = err == OK;
    return err;
}

/* --- reading ------------------------------------------------------------------------------------ */

static enum err broken(const char *path, size_t line, const char *how, struct why *why) {
    return why_say(why, ERR_INVALID,
        "the transcript %s %s at line %zu; it proves nothing: take the copy that was kept apart",
        path, how, line);
}

/* Reads the signature's line back; upper case and single blanks only, as it is written. */
static bool signature_holds(
    const struct transcript *t, struct bytes line, uint8_t public_key[SIGNING_PUBLIC_LEN]) {
    uint8_t signature[SIGNATURE_LEN];
    char again[SIGNED_LEN + 1];
    if (!line.at || line.len != SIGNED_LEN) {
        return false;
    }
    struct cursor c = cursor_over(line);
    (void)cursor_take(&c, sizeof signature_word - 1);
    struct bytes public_text = cursor_take(&c, PUBLIC_TEXT_LEN);
    (void)cursor_take(&c, 1);
    struct bytes text = cursor_take(&c, SIGNATURE_TEXT_LEN);
    if (!cursor_finished(&c) || !hex_read(public_text, public_key, SIGNING_PUBLIC_LEN)
        || !hex_read(text, signature, SIGNATURE_LEN)) {
        return false;
    }
    write_signature(public_key, signature, again);
    return memcmp(again, line.at, SIGNED_LEN) == 0
           && signature_good(public_key, t->chain, signature);
}

static bool begins(struct bytes line, const char *word) {
    size_t len = strlen(word);
    return line.at && line.len >= len && memcmp(line.at, word, len) == 0;
}

/* Takes one line over into t when its digest is right. */
static enum err take_line(
    struct transcript *t, struct bytes line, const char *path, struct why *why) {
    char words[TRANSCRIPT_LINE_MAX + 1];
    size_t before = t->len;
    size_t number = t->lines + 1;
    if (!line.at || line.len <= CHAIN_TEXT_LEN || line.len - CHAIN_TEXT_LEN > TRANSCRIPT_LINE_MAX
        || memchr(line.at, '\0', line.len) || memchr(line.at, '\r', line.len)) {
        return broken(path, number, "is broken", why);
    }
    size_t len = line.len - CHAIN_TEXT_LEN;
    (void)memcpy(words, line.at, len);
    words[len] = '\0';
    enum err err = transcript_add(t, words, why);
    if (err) {
        return err;
    }
    if (number == 1 && strcmp(words, first_line) != 0) {
        return broken(path, number, "is none of this program's", why);
    }
    return memcmp(t->text + before, line.at, line.len) == 0
               ? OK
               : broken(path, number, "was changed", why);
}

static enum err take_text(struct transcript *t, struct bytes all, const char *path,
    uint8_t public_key[SIGNING_PUBLIC_LEN], struct why *why) {
    enum err err = OK;
    struct cursor c = cursor_over(all);
    while (!err && c.rest.len > 0) {
        const uint8_t *end = memchr(c.rest.at, '\n', c.rest.len);
        if (!end || t->is_signed) {
            return broken(path, t->lines + 1, end ? "goes on" : "is cut", why);
        }
        struct bytes line = cursor_take(&c, (size_t)(end - c.rest.at));
        (void)cursor_take(&c, 1);
        if (!begins(line, signature_word)) {
            err = take_line(t, line, path, why);
        } else if (t->lines > 0 && signature_holds(t, line, public_key)) {
            err = append(t, bytes_of(line.at, line.len + 1), why);
            t->is_signed = true;
        } else {
            err = broken(path, t->lines + 1, "has a wrong signature", why);
        }
    }
    return !err && t->lines == 0 ? broken(path, 1, "is empty", why) : err;
}

enum err transcript_read(struct transcript *t, const char *path,
    uint8_t public_key[SIGNING_PUBLIC_LEN], struct why *why) {
    FILE_CONTENT_SCOPE(content);
    uint8_t key[SIGNING_PUBLIC_LEN] = {0};
    (void)memset(t, 0, sizeof *t);
    enum err err = files_read(path, TRANSCRIPT_MAX, &content, why);
    err = err ? err : take_text(t, bytes_of(content.at, content.len), path, key, why);
    if (err) {
        transcript_end(t);
    } else if (public_key) {
        (void)memcpy(public_key, key, sizeof key);
    }
    return err;
}

struct bytes transcript_line(const struct transcript *t, size_t index) {
    struct cursor c = cursor_over(bytes_of(t->text, t->len));
    struct bytes line = {0};
    assert(index < t->lines);
    for (size_t i = 0; i <= index; i++) {
        const uint8_t *end = memchr(c.rest.at, '\n', c.rest.len);
        assert(end);
        line = cursor_take(&c, (size_t)(end - c.rest.at));
        (void)cursor_take(&c, 1);
    }
    assert(line.len > CHAIN_TEXT_LEN);
    return bytes_of(line.at, line.len - CHAIN_TEXT_LEN);
}
