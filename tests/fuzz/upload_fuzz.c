/* Any bytes: the decoder ends, and a file that it calls whole is written again byte for byte. */
#include <assert.h>
#include <stdlib.h>

#include "wire/upload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Writes what was read, piece by piece, and compares with where it came from. */
static size_t same_piece(const uint8_t *data, size_t at, const struct builder *b) {
    assert(!b->overflowed);
    assert(memcmp(data + at, b->at, b->len) == 0);
    return at + b->len;
}

static void write_again(const uint8_t *data, size_t size) {
    uint8_t room[UPLOAD_PIECE_MAX], digest[SM3_LEN];
    struct bytes view = bytes_of(data, size);
    struct upload_reader reader;
    struct upload_record record;
    struct upload_tally tally;
    struct builder b = builder_in(room, sizeof room);
    bool opened = upload_open(&reader, upload_source_bytes(&view));
    assert(opened);
    upload_begin(&tally, &reader.header, &b);
    size_t at = same_piece(data, 0, &b);
    while (upload_next(&reader, &record) == UPLOAD_RECORD) {
        b = builder_in(room, sizeof room);
        upload_put(&tally, &record, &b);
        at = same_piece(data, at, &b);
    }
    b = builder_in(room, sizeof room);
    upload_end(&tally, &b, digest);
    at = same_piece(data, at, &b);
    assert(at == size);
    assert(memcmp(digest, reader.trailer.digest, SM3_LEN) == 0);
}

/* The seal stops nearly every input of a fuzzer; records alone are tried, too, of either kind. */
static void one_record(const uint8_t *data, size_t size, size_t len) {
    struct upload_record record;
    if (size >= len && upload_record_decode(bytes_of(data, len), &record)) {
        uint8_t room[UPLOAD_PIECE_MAX];
        struct builder b = builder_in(room, sizeof room);
        struct upload_tally tally = {0};
        upload_put(&tally, &record, &b);
        assert(same_piece(data, 0, &b) == len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct bytes view = bytes_of(data, size);
    struct upload_reader reader;
    struct upload_record record;
    enum upload_step step = UPLOAD_BAD;
    if (upload_open(&reader, upload_source_bytes(&view))) {
        do {
            step = upload_next(&reader, &record);
        } while (step == UPLOAD_RECORD);
    }
    assert((step == UPLOAD_END) == (reader.fault == UPLOAD_WHOLE));
    assert(reader.offset <= size);
    if (step == UPLOAD_END) {
        write_again(data, size);
    }
    one_record(data, size, UPLOAD_RECORD_LEN);
    one_record(data, size, UPLOAD_MEDICAL_LEN);
    return 0;
}
