#include "clearing/partition_spool.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/direct_file.h"
#include "host/files.h"

/* A worker's buffer for one heap; its room is made when the first row comes. */
struct buffer {
    size_t rows;
    uint8_t *at;
};

struct spool {
    struct spool_order order;
    size_t buffer_len;
    int files[SPOOL_HEAPS_MAX];
    _Atomic size_t written[SPOOL_HEAPS_MAX]; /* buffers in each file */
    struct buffer *buffers;                  /* of worker w and heap h: w * heaps + h */
};

static struct buffer *buffer_of(const struct spool *s, size_t worker, size_t heap) {
    assert(worker < s->order.workers);
    assert(heap < s->order.heaps);
    return &s->buffers[worker * s->order.heaps + heap];
}

static void close_heap(struct spool *s, size_t heap) {
    if (s->files[heap] >= 0) {
        (void)close(s->files[heap]);
        s->files[heap] = -1;
    }
    for (size_t w = 0; s->buffers && w < s->order.workers; w++) {
        struct buffer *b = buffer_of(s, w, heap);
        free(b->at);
        *b = (struct buffer){0};
    }
}

void spool_close(struct spool *s) {
    if (!s) {
        return;
    }
    for (size_t i = 0; i < s->order.heaps; i++) {
        close_heap(s, i);
    }
    free(s->buffers);
    free(s);
}

/* Files without a name: they go with the process, however it ends. */
static enum err open_heaps(struct spool *s, struct why *why) {
    for (size_t i = 0; i < s->order.heaps; i++) {
        s->files[i] = direct_open_nameless(s->order.folder);
        if (s->files[i] < 0) {
            return files_trouble(why, "make a heap in", s->order.folder);
        }
    }
    return OK;
}

static enum err no_memory(struct why *why) {
    return why_say(why, ERR_OUTSIDE, "no memory for the heaps of a day; end other programs");
}

enum err spool_open(const struct spool_order *order, struct spool **out, struct why *why) {
    assert(order->heaps >= 1 && order->heaps <= SPOOL_HEAPS_MAX);
    assert(order->workers >= 1 && order->workers <= SPOOL_WORKERS_MAX);
    assert(order->row_len > 0 && order->row_len * order->rows_each % DIRECT_BLOCK == 0);
    struct spool *s = calloc(1, sizeof *s);
    if (!s) {
        return no_memory(why);
    }
    s->order = *order;
    s->buffer_len = order->row_len * order->rows_each;
    (void)memset(s->files, -1, sizeof s->files); /* each -1: not open */
    s->buffers = calloc(order->heaps * order->workers, sizeof *s->buffers);
    enum err err = s->buffers ? open_heaps(s, why) : no_memory(why);
    if (err) {
        spool_close(s);
        return err;
    }
    *out = s;
    return OK;
}

/* Its place in the file is taken first, so that workers never write over one another. */
static bool write_out(struct spool *s, struct buffer *b, size_t heap) {
    size_t place = atomic_fetch_add(&s->written[heap], 1);
    b->rows = 0;
    return direct_write(s->files[heap], b->at, s->buffer_len, place * s->buffer_len);
}

void *spool_row(struct spool *s, size_t worker, size_t heap, struct why *why) {
    struct buffer *b = buffer_of(s, worker, heap);
    if (!b->at) {
        b->at = direct_room_new(s->buffer_len);
        if (!b->at) {
            (void)no_memory(why);
            return NULL;
        }
    }
    if (b->rows == s->order.rows_each && !write_out(s, b, heap)) {
        (void)files_trouble(why, "write a heap in", s->order.folder);
        return NULL;
    }
    return b->at + b->rows++ * s->order.row_len;
}

size_t spool_count(const struct spool *s, size_t heap) {
    size_t rows = s->written[heap] * s->order.rows_each;
    for (size_t w = 0; w < s->order.workers; w++) {
        rows += buffer_of(s, w, heap)->rows;
    }
    return rows;
}

enum err spool_take(struct spool *s, size_t heap, void *rows, struct why *why) {
    uint8_t *to = rows;
    size_t len = s->written[heap] * s->buffer_len;
    assert(s->files[heap] >= 0);
    if (!direct_read(s->files[heap], to, len, 0)) {
        return files_trouble(why, "read a heap in", s->order.folder);
    }
    to += len;
    for (size_t w = 0; w < s->order.workers; w++) {
        const struct buffer *b = buffer_of(s, w, heap);
        if (b->rows > 0) {
            (void)memcpy(to, b->at, b->rows * s->order.row_len);
            to += b->rows * s->order.row_len;
        }
    }
    close_heap(s, heap);
    return OK;
}
