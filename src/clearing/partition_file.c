#include "clearing/partition_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulk/digests.h"
#include "clearing/partition_piece.h"

void file_group_free(struct file_group *group) {
    free(group->at);
    *group = (struct file_group){0};
}

/* --- reading ------------------------------------------------------------------------------- */

static const char unreadable[] = "it cannot be read, or is longer than any upload";

/* The longest file that can be whole. */
static const size_t file_longest = UPLOAD_HEADER_LEN
                                   + (size_t)UPLOAD_RECORDS_MAX * UPLOAD_MEDICAL_LEN
                                   + UPLOAD_TRAILER_LEN;

/* Opens a file for reading and says how long it is; -1 for what cannot be an upload. */
static int open_file(const char *path, size_t *len) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= 0
                && (uint64_t)st.st_size <= file_longest;
    *len = good ? (size_t)st.st_size : 0;
    if (!good && fd >= 0) {
        (void)close(fd);
    }
    return good ? fd : -1;
}

/* Reads len bytes that the file has. */
static bool read_bytes(int fd, uint8_t *to, size_t len) {
    size_t done = 0;
    while (done < len) {
        ssize_t n = read(fd, to + done, len - done);
        if (n == 0 || (n < 0 && errno != EINTR)) {
            return false;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

static enum err make_room(struct file_group *group, size_t len, struct why *why) {
    if (len > group->room || !group->at) {
        free(group->at);
        group->room = len > FILES_BYTES ? len : (size_t)FILES_BYTES;
        group->at = malloc(group->room);
        group->room = group->at ? group->room : 0;
    }
    return group->at ? OK
                     : why_say(why, ERR_OUTSIDE,
                         "no memory for the %zu bytes of an upload; end other programs", len);
}

/* Files, one behind the other, until the room would not hold the next one. */
static enum err slurp(
    struct file_group *group, const char *const *paths, size_t count, struct why *why) {
    size_t used = 0;
    enum err err = OK;
    group->count = 0;
    while (!err && group->count < count && group->count < FILES_AT_ONCE) {
        size_t len = 0;
        int fd = open_file(paths[group->count], &len);
        if (group->count > 0 && used + len > FILES_BYTES) { /* it begins the next group */
            (void)close(fd);
            break;
        }
        struct group_file *file = &group->files[group->count++];
        err = used == 0 ? make_room(group, len, why) : OK;
        bool good = !err && fd >= 0 && read_bytes(fd, group->at + used, len);
        *file = (struct group_file){
            .bytes = bytes_of(good ? group->at + used : NULL, good ? len : 0),
            .trouble = good ? NULL : unreadable};
        used += file->bytes.len;
        if (fd >= 0) {
            (void)close(fd);
        }
    }
    return err;
}

/* --- looking ------------------------------------------------------------------------------- */

/* The length of the record that begins there and its amount; 0 when it is none. */
static size_t record_at(const uint8_t *at, size_t left, uint32_t *fen) {
    struct upload_record r;
    if (left >= UPLOAD_RECORD_LEN && piece_good(at)) {
        *fen = piece_amount(at);
        return UPLOAD_RECORD_LEN;
    }
    if (left < UPLOAD_MEDICAL_LEN || at[0] != PIECE_MEDICAL
        || !upload_record_decode(bytes_of(at, UPLOAD_MEDICAL_LEN), &r)) {
        return 0;
    }
    *fen = r.amount;
    return UPLOAD_MEDICAL_LEN;
}

/* Bytes of the trailer: tag, count, fen, CRC, digest. */
enum { COUNT_AT = 1, FEN_AT = 5, CRC_AT = 13, DIGEST_AT = UPLOAD_TRAILER_LEN - SM3_LEN };

/* True when header, records, totals and CRC are right; the digest is left to be compared. */
static bool looks_whole(struct group_file *file) {
    const uint8_t *at = file->bytes.at;
    size_t len = file->bytes.len;
    struct bytes view = file->bytes;
    struct upload_reader reader;
    assert(at);
    if (len < UPLOAD_HEADER_LEN + UPLOAD_TRAILER_LEN
        || !upload_open(&reader, upload_source_bytes(&view))) {
        return false;
    }
    const uint8_t *end = at + len - UPLOAD_TRAILER_LEN;
    uint64_t count = 0;
    int64_t total = 0;
    size_t piece = 0;
    for (at += UPLOAD_HEADER_LEN; at < end; at += piece) {
        uint32_t fen = 0;
        piece = record_at(at, (size_t)(end - at), &fen);
        if (piece == 0) {
            return false;
        }
        count++;
        total += fen;
    }
    file->header = reader.header;
    file->count = (uint32_t)count;
    file->fen = total;
    file->digest = end + DIGEST_AT;
    struct bytes covered = bytes_of(file->bytes.at, (size_t)(end - file->bytes.at) + CRC_AT);
    return end[0] == PIECE_TRAILER && count <= UPLOAD_RECORDS_MAX
           && piece_u32(end + COUNT_AT) == count && piece_u64(end + FEN_AT) == (uint64_t)total
           && piece_u32(end + CRC_AT) == digests_crc32(BULK_BEST, covered);
}

/* The reader for one record after another says what is wrong, and where files are whole after all it
 * has the last word. */
static void read_strictly(struct group_file *file) {
    struct upload_reader reader;
    struct upload_record record;
    struct bytes view = file->bytes;
    enum upload_step step = UPLOAD_RECORD;
    bool open = upload_open(&reader, upload_source_bytes(&view));
    while (open && step == UPLOAD_RECORD) {
        step = upload_next(&reader, &record);
    }
    bool whole = open && step == UPLOAD_END;
    file->trouble = whole ? NULL : upload_fault_text(reader.fault);
    file->header = reader.header;
    file->count = whole ? reader.trailer.count : 0;
    file->fen = whole ? reader.trailer.total_fen : 0;
    file->digest = whole ? file->bytes.at + file->bytes.len - SM3_LEN : NULL;
}

enum err file_group_read(
    struct file_group *group, const char *const *paths, size_t count, struct why *why) {
    struct digest_job jobs[FILES_AT_ONCE];
    struct group_file *hashed[FILES_AT_ONCE];
    size_t job_count = 0;
    assert(count > 0);
    enum err err = slurp(group, paths, count, why);
    for (size_t i = 0; !err && i < group->count; i++) {
        struct group_file *file = &group->files[i];
        if (!file->trouble && looks_whole(file)) {
            hashed[job_count] = file;
            jobs[job_count++].data = bytes_of(file->bytes.at, file->bytes.len - SM3_LEN);
        } else if (!file->trouble) {
            read_strictly(file);
        }
    }
    digests_make(BULK_BEST, jobs, job_count);
    for (size_t i = 0; i < job_count; i++) {
        if (memcmp(jobs[i].digest, hashed[i]->digest, SM3_LEN) != 0) {
            read_strictly(hashed[i]);
        }
    }
    assert(err || group->count > 0);
    return err;
}
