#include "clearing/segment.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/direct_file.h"

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

bool segment_record(const struct segment_row *row, struct upload_record *out) {
    return upload_record_decode(bytes_of(row->piece, UPLOAD_RECORD_LEN), out)
           || upload_record_decode(bytes_of(row->piece, UPLOAD_MEDICAL_LEN), out);
}

/* Bytes before the seal. */
static size_t body_len(uint64_t rows) {
    return SEGMENT_HEAD_LEN + (size_t)rows * sizeof(struct segment_row);
}

/* --- images -------------------------------------------------------------------------------- */

void segment_image_free(struct segment_image *image) {
    free(image->at);
    *image = (struct segment_image){0};
}

/* Room for len bytes of a file. */
static enum err make_room(struct segment_image *image, size_t len, struct why *why) {
    size_t whole = direct_whole(len > 0 ? len : 1);
    if (whole > image->room) {
        free(image->at);
        image->at = direct_room_new(whole);
        image->room = image->at ? whole : 0;
    }
    return image->at ? OK
                     : why_say(why, ERR_OUTSIDE,
                         "no memory for the %zu bytes of a segment; end other programs", len);
}

enum err segment_room(struct segment_image *image, uint64_t rows, struct why *why) {
    return make_room(image, body_len(rows) + SEGMENT_SEAL_LEN, why);
}

static enum err seal_of(
    const struct segment_image *image, size_t len, uint8_t *seal, struct why *why) {
    unsigned seal_len = 0;
    bool good = EVP_Digest(image->at, len, seal, &seal_len, EVP_sha256(), NULL) == 1;
    assert(!good || seal_len == SEGMENT_SEAL_LEN);
    return good ? OK
                : why_say(
                    why, ERR_OUTSIDE, "no memory or no SHA-256 in OpenSSL; end other programs");
}

/* --- writing ------------------------------------------------------------------------------- */

/* All len bytes to the disk: whole blocks, cut to the length afterwards. */
static bool put_bytes_there(
    int fd, const char *path, const struct segment_image *image, size_t len) {
    return direct_write(fd, image->at, direct_whole(len), 0) && ftruncate(fd, (off_t)len) == 0
           && files_force(fd, path);
}

/* The file is named when it is whole; errno of the first failure is kept past the closing. */
static enum err put_in_place(
    const char *path, const struct segment_image *image, size_t len, struct why *why) {
    char temporary[PATH_ROOM];
    int name_len = snprintf(temporary, sizeof temporary, "%s.new", path);
    if (name_len <= 0 || (size_t)name_len >= sizeof temporary) {
        return why_say(why, ERR_INVALID, "the folder's name is too long; choose another");
    }
    int fd = direct_open(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    bool written = fd >= 0 && put_bytes_there(fd, temporary, image, len);
    int error = errno;
    written = (fd < 0 || close(fd) == 0) && written;
    if (!written || rename(temporary, path) != 0) {
        errno = written ? errno : error;
        enum err err = files_trouble(why, "write", temporary);
        (void)unlink(temporary);
        return err;
    }
    return OK;
}

enum err segment_write(const char *path, const struct segment_head *head,
    struct segment_image *image, uint8_t seal[SEGMENT_SEAL_LEN], struct why *why) {
    struct file_head first = {.version = VERSION,
        .day = head->day,
        .part = head->part,
        .parts = head->parts,
        .rows = head->rows};
    size_t body = body_len(head->rows), len = body + SEGMENT_SEAL_LEN;
    assert(head->part < head->parts);
    assert(image->at);
    assert(image->room >= direct_whole(len));
    (void)memcpy(first.mark, mark, MARK_LEN);
    (void)memcpy(image->at, &first, sizeof first);
    enum err err = seal_of(image, body, seal, why);
    if (err) {
        return err;
    }
    (void)memcpy(image->at + body, seal, SEGMENT_SEAL_LEN);
    (void)memset(image->at + len, 0, direct_whole(len) - len); /* it will be cut off */
    return put_in_place(path, image, len, why);
}

/* --- reading ------------------------------------------------------------------------------- */

static enum err is_altered(const char *path, const char *what, struct why *why) {
    return why_say(why, ERR_CONFLICT,
        "segment %s %s; it is not as it was sealed: take it back from the backup", path, what);
}

/* The whole file in the image. */
static enum err fetch(const char *path, struct segment_image *image, size_t *len, struct why *why) {
    struct stat st;
    int fd = direct_open(path, O_RDONLY);
    if (fd < 0) {
        return errno == ENOENT ? why_say(why, ERR_NOT_FOUND, "there is no segment %s", path)
                               : files_trouble(why, "open", path);
    }
    bool there = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= 0;
    *len = there ? (size_t)st.st_size : 0;
    enum err err = there ? make_room(image, *len, why) : files_trouble(why, "read", path);
    if (!err && !direct_read(fd, image->at, *len, 0)) {
        err = errno == 0 ? is_altered(path, "ends too early", why)
                         : files_trouble(why, "read", path);
    }
    (void)close(fd);
    return err;
}

/* Header, length and seal agree with one another. */
static enum err check(const char *path, const struct segment_image *image, size_t len,
    struct segment_head *head, struct why *why) {
    static const uint8_t zeros[sizeof((struct file_head){0}).zeros];
    struct file_head first;
    if (len < body_len(0) + SEGMENT_SEAL_LEN) {
        return is_altered(path, "ends too early", why);
    }
    assert(image->at);
    (void)memcpy(&first, image->at, sizeof first);
    if (memcmp(first.mark, mark, MARK_LEN) != 0 || first.version != VERSION
        || first.day != head->day || first.part != head->part || first.parts != head->parts
        || memcmp(first.zeros, zeros, sizeof zeros) != 0) {
        return is_altered(path, "is of another day, part or version", why);
    }
    size_t rows = (len - SEGMENT_SEAL_LEN - body_len(0)) / sizeof(struct segment_row);
    if (first.rows != rows || len != body_len(rows) + SEGMENT_SEAL_LEN) {
        return is_altered(path, "has another length than its header says", why);
    }
    head->rows = first.rows;
    return OK;
}

enum err segment_load(const char *path, struct segment_head *head, struct segment_image *image,
    uint8_t seal[SEGMENT_SEAL_LEN], struct why *why) {
    size_t len = 0;
    enum err err = fetch(path, image, &len, why);
    err = err ? err : check(path, image, len, head, why);
    err = err ? err : seal_of(image, len - SEGMENT_SEAL_LEN, seal, why);
    if (err) {
        return err;
    }
    assert(image->at);
    return memcmp(image->at + len - SEGMENT_SEAL_LEN, seal, SEGMENT_SEAL_LEN) == 0
               ? OK
               : is_altered(path, "has another seal than its bytes", why);
}

enum err segment_first(const char *path, struct segment_row *row, struct why *why) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        return errno == ENOENT ? why_say(why, ERR_NOT_FOUND, "there is no segment %s", path)
                               : files_trouble(why, "open", path);
    }
    bool good = fseek(file, SEGMENT_HEAD_LEN, SEEK_SET) == 0
                && fread(row, sizeof *row, 1, file) == 1;
    bool failed = ferror(file) != 0;
    (void)fclose(file);
    return good     ? OK
           : failed ? files_trouble(why, "read", path)
                    : is_altered(path, "ends too early", why);
}

enum err segment_read(const char *path, struct segment_head *head,
    enum err (*take)(void *self, const struct segment_row *rows, size_t count, struct why *why),
    void *self, uint8_t seal[SEGMENT_SEAL_LEN], struct why *why) {
    struct segment_image image = {0};
    enum err err = segment_load(path, head, &image, seal, why);
    for (uint64_t from = 0; !err && from < head->rows; from += ROWS_AT_ONCE) {
        uint64_t left = head->rows - from;
        err = take(self, segment_rows(&image) + from,
            left < ROWS_AT_ONCE ? (size_t)left : (size_t)ROWS_AT_ONCE, why);
    }
    segment_image_free(&image);
    return err;
}
