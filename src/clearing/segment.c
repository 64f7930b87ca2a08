#include "clearing/segment.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1, MARK_LEN = 8, ROWS_AT_ONCE = 4096 };
static const char mark[MARK_LEN + 1] = "SHSEGMNT";

/* The header as it lies in the file. */
struct file_head {
    char mark[MARK_LEN];
    uint32_t version, day, part, parts;
    uint64_t rows;
    uint8_t zeros[32];
};
_Static_assert(sizeof(struct file_head) == SEGMENT_HEAD_LEN, "the header has no gaps");

struct segment_writer {
    struct new_file file;
    EVP_MD_CTX *hash;
    uint64_t rows_left;
};

bool segment_record(const struct segment_row *row, struct upload_record *out) {
    return upload_record_decode(bytes_of(row->piece, UPLOAD_RECORD_LEN), out)
           || upload_record_decode(bytes_of(row->piece, UPLOAD_MEDICAL_LEN), out);
}

static enum err no_hash(struct why *why) {
    return why_say(why, ERR_OUTSIDE, "no memory or no SHA-256 in OpenSSL; end other programs");
}

/* --- writing ------------------------------------------------------------------------------- */

void segment_drop(struct segment_writer *w) {
    if (w) {
        new_file_drop(&w->file);
        EVP_MD_CTX_free(w->hash);
        free(w);
    }
}

/* Everything that goes into the file before the seal goes into the seal. */
static enum err append(struct segment_writer *w, const void *data, size_t len, struct why *why) {
    if (EVP_DigestUpdate(w->hash, data, len) != 1) {
        return no_hash(why);
    }
    return fwrite(data, 1, len, w->file.stream) == len
               ? OK
               : files_trouble(why, "write", w->file.temporary);
}

enum err segment_begin(const char *path, const struct segment_head *head,
    struct segment_writer **out, struct why *why) {
    struct file_head first = {.version = VERSION,
        .day = head->day,
        .part = head->part,
        .parts = head->parts,
        .rows = head->rows};
    struct segment_writer *w = calloc(1, sizeof *w);
    assert(head->part < head->parts);
    (void)memcpy(first.mark, mark, MARK_LEN);
    if (w) {
        w->hash = EVP_MD_CTX_new();
        w->rows_left = head->rows;
    }
    if (!w || !w->hash || EVP_DigestInit_ex(w->hash, EVP_sha256(), NULL) != 1) {
        segment_drop(w);
        return no_hash(why);
    }
    enum err err = new_file_begin(&w->file, path, why);
    err = err ? err : append(w, &first, sizeof first, why);
    if (err) {
        segment_drop(w);
        return err;
    }
    *out = w;
    return OK;
}

enum err segment_add(
    struct segment_writer *w, const struct segment_row *rows, size_t count, struct why *why) {
    assert(count <= w->rows_left);
    w->rows_left -= count;
    return append(w, rows, count * sizeof *rows, why);
}

enum err segment_keep(struct segment_writer *w, uint8_t seal[SEGMENT_SEAL_LEN], struct why *why) {
    unsigned len = 0;
    enum err err = OK;
    assert(w->rows_left == 0);
    if (EVP_DigestFinal_ex(w->hash, seal, &len) != 1) {
        err = no_hash(why);
    }
    assert(err || len == SEGMENT_SEAL_LEN);
    if (!err && fwrite(seal, 1, SEGMENT_SEAL_LEN, w->file.stream) != SEGMENT_SEAL_LEN) {
        err = files_trouble(why, "write", w->file.temporary);
    }
    err = err ? err : new_file_keep(&w->file, why);
    segment_drop(w);
    return err;
}

/* --- reading ------------------------------------------------------------------------------- */

/* A segment being read. */
struct reading {
    const char *path;
    FILE *stream;
    EVP_MD_CTX *hash;
    struct segment_row *rows;
};

static void reading_end(struct reading *r) {
    EVP_MD_CTX_free(r->hash);
    free(r->rows);
    if (r->stream) {
        (void)fclose(r->stream);
    }
}

static enum err is_altered(const struct reading *r, const char *what, struct why *why) {
    return why_say(why, ERR_CONFLICT,
        "segment %s %s; it is not as it was sealed: take it back from the backup", r->path, what);
}

/* Exactly len bytes, which also go into the hash. */
static enum err fetch(struct reading *r, void *to, size_t len, struct why *why) {
    if (fread(to, 1, len, r->stream) != len) {
        return ferror(r->stream) ? files_trouble(why, "read", r->path)
                                 : is_altered(r, "ends too early", why);
    }
    return EVP_DigestUpdate(r->hash, to, len) == 1 ? OK : no_hash(why);
}

static enum err read_head(struct reading *r, struct segment_head *head, struct why *why) {
    static const uint8_t zeros[sizeof((struct file_head){0}).zeros];
    struct file_head first;
    enum err err = fetch(r, &first, sizeof first, why);
    if (err) {
        return err;
    }
    if (memcmp(first.mark, mark, MARK_LEN) != 0 || first.version != VERSION
        || first.day != head->day || first.part != head->part || first.parts != head->parts
        || memcmp(first.zeros, zeros, sizeof zeros) != 0) {
        return is_altered(r, "is of another day, part or version", why);
    }
    head->rows = first.rows;
    return OK;
}

/* The seal, and nothing behind it. */
static enum err read_seal(struct reading *r, uint8_t seal[SEGMENT_SEAL_LEN], struct why *why) {
    uint8_t said[SEGMENT_SEAL_LEN];
    unsigned len = 0;
    if (EVP_DigestFinal_ex(r->hash, seal, &len) != 1) {
        return no_hash(why);
    }
    if (fread(said, 1, sizeof said, r->stream) != sizeof said
        || memcmp(said, seal, sizeof said) != 0) {
        return is_altered(r, "has another seal than its bytes", why);
    }
    return fgetc(r->stream) == EOF ? OK : is_altered(r, "goes on behind its seal", why);
}

static enum err read_all(struct reading *r, struct segment_head *head,
    enum err (*take)(void *self, const struct segment_row *rows, size_t count, struct why *why),
    void *self, struct why *why) {
    enum err err = read_head(r, head, why);
    uint64_t left = err ? 0 : head->rows;
    while (!err && left > 0) {
        size_t count = left < ROWS_AT_ONCE ? (size_t)left : ROWS_AT_ONCE;
        err = fetch(r, r->rows, count * sizeof *r->rows, why);
        err = err ? err : take(self, r->rows, count, why);
        left -= count;
    }
    return err;
}

enum err segment_read(const char *path, struct segment_head *head,
    enum err (*take)(void *self, const struct segment_row *rows, size_t count, struct why *why),
    void *self, uint8_t seal[SEGMENT_SEAL_LEN], struct why *why) {
    struct reading r = {.path = path, .stream = fopen(path, "rbe")};
    if (!r.stream) {
        return errno == ENOENT ? why_say(why, ERR_NOT_FOUND, "there is no segment %s", path)
                               : files_trouble(why, "open", path);
    }
    r.hash = EVP_MD_CTX_new();
    r.rows = calloc(ROWS_AT_ONCE, sizeof *r.rows);
    bool ready = r.hash && r.rows && EVP_DigestInit_ex(r.hash, EVP_sha256(), NULL) == 1;
    enum err err = ready ? read_all(&r, head, take, self, why) : no_hash(why);
    err = err ? err : read_seal(&r, seal, why);
    reading_end(&r);
    return err;
}
