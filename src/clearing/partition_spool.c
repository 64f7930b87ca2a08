#include "clearing/partition_spool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "host/files.h"

/* What a buffer holds at most; with 256 heaps and two workers 32 MiB in all. */
enum { BUFFER_LEN = 64 * 1024 };

/* A worker's buffer for one heap. */
struct buffer {
    size_t used;
    uint8_t *at; /* BUFFER_LEN bytes */
};

struct spool {
    struct spool_order order;
    size_t buffer_len; /* whole rows */
    int files[SPOOL_HEAPS_MAX];
    _Atomic size_t ends[SPOOL_HEAPS_MAX]; /* bytes of each file */
    struct buffer *buffers;               /* of worker w and heap h: w * heaps + h */
};

void spool_close(struct spool *s) {
    if (!s) {
        return;
    }
    for (size_t i = 0; i < s->order.heaps; i++) {
        if (s->files[i] >= 0) {
            (void)close(s->files[i]);
        }
    }
    for (size_t i = 0; s->buffers != NULL && i < s->order.heaps * s->order.workers; i++) {
        free(s->buffers[i].at);
    }
    free(s->buffers);
    free(s);
}

/* Files without a name: they go with the process, however it ends. */
static enum err open_heaps(struct spool *s, struct why *why) {
    for (size_t i = 0; i < s->order.heaps; i++) {
        s->files[i] = open(s->order.folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        if (s->files[i] < 0) {
            return files_trouble(why, "make a heap in", s->order.folder);
        }
    }
    return OK;
}

/* A buffer for each worker and heap; false without memory. */
static bool make_buffers(struct spool *s) {
    size_t count = s->order.heaps * s->order.workers;
    s->buffers = calloc(count, sizeof *s->buffers);
    bool good = s->buffers != NULL;
    for (size_t i = 0; good && i < count; i++) {
        s->buffers[i].at = malloc(BUFFER_LEN);
        good = s->buffers[i].at != NULL;
    }
    return good;
}

enum err spool_open(const struct spool_order *order, struct spool **out, struct why *why) {
    assert(order->heaps >= 1 && order->heaps <= SPOOL_HEAPS_MAX);
    assert(order->workers >= 1 && order->workers <= SPOOL_WORKERS_MAX);
    assert(order->row_len > 0 && order->row_len <= BUFFER_LEN);
    struct spool *s = calloc(1, sizeof *s);
    if (!s) {
        return why_say(why, ERR_OUTSIDE, "no memory for the heaps of a day; end other programs");
    }
    s->order = *order;
    s->buffer_len = BUFFER_LEN / order->row_len * order->row_len;
    (void)memset(s->files, -1, sizeof s->files); /* each -1: not open */
    enum err err = make_buffers(s) ? open_heaps(s, why)
                                   : why_say(why, ERR_OUTSIDE,
                                       "no memory for the heaps of a day; end other programs");
    if (err) {
        spool_close(s);
        return err;
    }
    *out = s;
    return OK;
}

/* Its place in the file is taken first, so that workers never write over one another. */
static enum err write_out(struct spool *s, struct buffer *b, size_t heap, struct why *why) {
    size_t at = atomic_fetch_add(&s->ends[heap], b->used);
    size_t done = 0;
    while (done < b->used) {
        ssize_t n = pwrite(s->files[heap], b->at + done, b->used - done, (off_t)(at + done));
        if (n <= 0 && errno != EINTR) {
            return files_trouble(why, "write a heap in", s->order.folder);
        }
        done += n > 0 ? (size_t)n : 0;
    }
    b->used = 0;
    return OK;
}

enum err spool_put(struct spool *s, size_t worker, size_t heap, const void *row, struct why *why) {
    struct buffer *b = &s->buffers[worker * s->order.heaps + heap];
    assert(worker < s->order.workers);
    assert(heap < s->order.heaps);
    (void)memcpy(b->at + b->used, row, s->order.row_len);
    b->used += s->order.row_len;
    return b->used == s->buffer_len ? write_out(s, b, heap, why) : OK;
}

enum err spool_flush(struct spool *s, size_t worker, struct why *why) {
    enum err err = OK;
    for (size_t i = 0; !err && i < s->order.heaps; i++) {
        struct buffer *b = &s->buffers[worker * s->order.heaps + i];
        err = b->used > 0 ? write_out(s, b, i, why) : OK;
    }
    return err;
}

size_t spool_count(const struct spool *s, size_t heap) {
    assert(heap < s->order.heaps);
    return s->ends[heap] / s->order.row_len;
}

enum err spool_take(struct spool *s, size_t heap, void *rows, struct why *why) {
    size_t len = s->ends[heap], done = 0;
    while (done < len) {
        ssize_t n = pread(s->files[heap], (uint8_t *)rows + done, len - done, (off_t)done);
        if (n <= 0 && errno != EINTR) {
            return files_trouble(why, "read a heap in", s->order.folder);
        }
        done += n > 0 ? (size_t)n : 0;
    }
    s->ends[heap] = 0;
    return ftruncate(s->files[heap], 0) == 0
               ? OK
               : files_trouble(why, "empty a heap in", s->order.folder);
}
