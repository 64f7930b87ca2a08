/* A file as it was kept when it was taken in (intake 6), read again as a terminal's file is read.
 *
 *     struct kept_upload *kept = NULL;
 *     err = kept_open(store, upload, &kept, why);
 *     while (!err && (step = upload_next(&kept->reader, &record)) == UPLOAD_RECORD) ...
 *     kept_close(kept);
 *
 * Memory is one piece, however long the file. */
#pragma once

#include "clearing/clearing.h"

/* The members but reader are the source's own. */
struct kept_upload {
    struct upload_reader reader; /* its header is read; what follows is the caller's to read */
    const struct clearing_store *store;
    int64_t upload;
    uint32_t piece;
    size_t at, len;
    struct why why; /* of a store that failed while the reader read */
    bool failed;
    uint8_t bytes[KEPT_PIECE_MAX];
};

/* Opens the kept bytes of an upload by its id: *out is the caller's to close, and NULL after a
 * failure. ERR_CONFLICT: what is kept does not begin as an upload does; ERR_OUTSIDE: the store
 * failed. */
enum err kept_open(
    const struct clearing_store *store, int64_t upload, struct kept_upload **out, struct why *why);

/* After UPLOAD_BAD: what that means. ERR_OUTSIDE when the store had failed, else ERR_CONFLICT with the
 * fault and its place. */
enum err kept_fault(const struct kept_upload *kept, struct why *why);

/* Ends the reading; NULL is nothing to end. */
void kept_close(struct kept_upload *kept);
