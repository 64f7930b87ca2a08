#include "rehearsal/forge.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/files.h"
#include "wire/upload.h"

enum { UPLOAD_FILE_MAX = 64 << 20 };

/* A file's records, read whole. */
struct records {
    struct upload_header header;
    struct upload_record *at;
    uint32_t count;
};

/* out->at is the caller's to free, whatever comes of it. */
static enum err records_read(const char *path, struct records *out, struct why *why) {
    FILE_CONTENT_SCOPE(content);
    enum err err = files_read(path, UPLOAD_FILE_MAX, &content, why);
    if (err) {
        return err;
    }
    out->at = calloc(content.len / UPLOAD_RECORD_LEN + 1, sizeof *out->at);
    if (!out->at) {
        return why_say(why, ERR_OUTSIDE, "no memory for the records of %s", path);
    }
    struct bytes view = bytes_of(content.at, content.len);
    struct upload_reader reader;
    enum upload_step step = upload_open(&reader, upload_source_bytes(&view)) ? UPLOAD_RECORD
                                                                             : UPLOAD_BAD;
    while (step == UPLOAD_RECORD) {
        step = upload_next(&reader, &out->at[out->count]);
        out->count += step == UPLOAD_RECORD ? 1 : 0;
    }
    assert(out->count <= content.len / UPLOAD_RECORD_LEN);
    out->header = reader.header;
    return step == UPLOAD_END
               ? OK
               : why_say(why, ERR_INVALID, "%s: %s", path, upload_fault_text(reader.fault));
}

/* A true record with something changed that its TAC speaks of. */
static struct upload_record forged_of(const struct upload_record *r, uint32_t which) {
    struct upload_record forged = *r;
    switch (which % 3) {
    case 0:
        forged.amount += 100;
        break;
    case 1:
        forged.terminal_seq += 1000000;
        break;
    default:
        forged.tac[0] ^= 0x5A;
        break;
    }
    return forged;
}

/* The builder is empty again for the next piece. */
static void piece_write(FILE *to, struct builder *piece) {
    struct bytes bytes = builder_bytes(piece);
    assert(bytes.len > 0);
    assert(bytes.len <= UPLOAD_PIECE_MAX);
    (void)fwrite(bytes.at, 1, bytes.len, to); /* new_file_keep() tells what failed */
    piece->len = 0;
}

/* Three rounds over the records: forged, true, repeated; the seal is a true one over all of
 * them. */
static enum err forged_write(
    const struct records *records, uint32_t count, const char *path, struct why *why) {
    assert(records->count > 0);
    NEW_FILE_SCOPE(file);
    enum err err = new_file_begin(&file, path, why);
    if (err) {
        return err;
    }
    uint8_t room[UPLOAD_PIECE_MAX];
    struct builder piece = builder_in(room, sizeof room);
    struct upload_tally tally;
    upload_begin(&tally, &records->header, &piece);
    piece_write(file.stream, &piece);
    for (uint32_t i = 0; i < count + records->count + count; i++) {
        uint32_t from = i < count ? i : i - count;
        struct upload_record r = records->at[from % records->count];
        r = i < count ? forged_of(&r, i) : r;
        upload_put(&tally, &r, &piece);
        piece_write(file.stream, &piece);
    }
    upload_end(&tally, &piece, NULL);
    piece_write(file.stream, &piece);
    return new_file_keep(&file, why);
}

/* Read whole first, because the forged records stand in front. */
enum err forge_upload(const char *path, uint32_t count, const char *forged_path, struct why *why) {
    struct records records = {.at = NULL};
    enum err err = records_read(path, &records, why);
    if (!err && records.count == 0) {
        err = why_say(why, ERR_NOT_FOUND, "%s has no record to forge from", path);
    }
    err = err ? err : forged_write(&records, count, forged_path, why);
    free(records.at);
    return err;
}
