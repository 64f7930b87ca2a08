#include "clearing/kept_upload.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The next piece when the last one is used up; behind the last piece the file ends. */
static bool next_piece(struct kept_upload *k) {
    size_t len = 0;
    enum err err = k->store->upload_kept(
        k->store->self, k->upload, k->piece + 1, k->bytes, &len, &k->why);
    assert(err || len <= sizeof k->bytes);
    k->failed = err && err != ERR_NOT_FOUND;
    k->piece += err ? 0 : 1;
    k->at = 0;
    k->len = err ? 0 : len;
    return !k->failed;
}

/* An upload source over the pieces in their order. */
static long kept_read(void *self, uint8_t *to, size_t len) {
    struct kept_upload *k = self;
    if (k->at == k->len && !next_piece(k)) {
        return -1;
    }
    size_t left = k->len - k->at, taken = len < left ? len : left;
    if (taken > 0) {
        (void)memcpy(to, k->bytes + k->at, taken);
        k->at += taken;
    }
    return (long)taken;
}

enum err kept_fault(const struct kept_upload *k, struct why *why) {
    assert(k->reader.fault != UPLOAD_WHOLE);
    if (k->failed) {
        return why_say(why, ERR_OUTSIDE, "%s", k->why.text);
    }
    return why_say(why, ERR_CONFLICT, "the kept bytes are not whole at byte %" PRIu64 ": %s",
        k->reader.offset, upload_fault_text(k->reader.fault));
}

enum err kept_open(
    const struct clearing_store *store, int64_t upload, struct kept_upload **out, struct why *why) {
    struct kept_upload *k = calloc(1, sizeof *k);
    *out = NULL;
    if (!k) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    k->store = store;
    k->upload = upload;
    if (!upload_open(&k->reader, (struct upload_source){.self = k, .read = kept_read})) {
        enum err err = kept_fault(k, why);
        kept_close(k);
        return err;
    }
    *out = k;
    return OK;
}

void kept_close(struct kept_upload *kept) {
    free(kept);
}
