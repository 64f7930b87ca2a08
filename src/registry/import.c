#include "registry/import.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "registry/people_file.h"

/* import 1: the reading thread fills chunk n while the caller's thread lets the store take chunk
 *           n - 1; filled and taken only grow, and differ by at most CHUNKS.
 * import 2: after the last chunk, or a bad place, `ended` is set under the lock; what the reader
 *           found (err, why, place) is not touched any more. */
enum { CHUNKS = 2 };

/* The two chunks go round between the reader and the taker like plates on a belt. Everything
 * below moved is read and written under the lock, but a chunk itself belongs to one side at a
 * time: to the reader from belt_free() to belt_put(), to the caller from belt_full() to
 * belt_return(). */
struct belt {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    struct person_chunk chunks[CHUNKS];
    uint64_t filled, taken;
    bool ended;   /* the reader is done */
    bool gave_up; /* the caller wants no more */
    struct people_file *file;
    enum err err;
    struct text_place place;
    struct why why;
};

/* Waits for a free chunk; NULL when the caller gave up. */
static struct person_chunk *belt_free(struct belt *belt) {
    (void)pthread_mutex_lock(&belt->lock);
    while (!belt->gave_up && belt->filled - belt->taken == CHUNKS) {
        (void)pthread_cond_wait(&belt->moved, &belt->lock);
    }
    struct person_chunk *chunk = belt->gave_up ? NULL : &belt->chunks[belt->filled % CHUNKS];
    (void)pthread_mutex_unlock(&belt->lock);
    return chunk;
}

/* Hands the chunk that belt_free() gave to the other side; last: there will be no more. */
static void belt_put(struct belt *belt, bool last) {
    (void)pthread_mutex_lock(&belt->lock);
    belt->filled++;
    assert(belt->filled - belt->taken <= CHUNKS); /* import 1 */
    assert(!belt->ended);                         /* import 2 */
    belt->ended = last;
    (void)pthread_cond_broadcast(&belt->moved);
    (void)pthread_mutex_unlock(&belt->lock);
}

/* Waits for a full chunk; NULL when there will be none. */
static struct person_chunk *belt_full(struct belt *belt) {
    (void)pthread_mutex_lock(&belt->lock);
    while (belt->filled == belt->taken && !belt->ended) {
        (void)pthread_cond_wait(&belt->moved, &belt->lock);
    }
    bool full = belt->filled > belt->taken;
    (void)pthread_mutex_unlock(&belt->lock);
    return full ? &belt->chunks[belt->taken % CHUNKS] : NULL;
}

/* Gives the chunk back, or, with give_up, tells the reader to stop. */
static void belt_return(struct belt *belt, bool give_up) {
    (void)pthread_mutex_lock(&belt->lock);
    assert(belt->taken < belt->filled); /* import 1 */
    belt->taken++;
    belt->gave_up = give_up;
    (void)pthread_cond_broadcast(&belt->moved);
    (void)pthread_mutex_unlock(&belt->lock);
}

/* The reading thread. A chunk with what came before a bad place is still put on the belt, and
 * is the last one; so is the empty chunk at the end of the file. */
static void *read_file(void *cookie) {
    struct belt *belt = cookie;
    bool last = false;
    while (!last) {
        struct person_chunk *chunk = belt_free(belt);
        if (!chunk) {
            return NULL;
        }
        belt->err = people_file_next(belt->file, chunk, &belt->place, &belt->why);
        last = belt->err || chunk->count == 0;
        belt_put(belt, last);
    }
    return NULL;
}

/* --- the caller's side ---------------------------------------------------------------------------------- */

/* One import under way, as the caller's thread sees it. */
struct work {
    const struct registry_store *store;
    const struct import_order *order;
    struct import_result *result;
    uint64_t size;
    int64_t import;
};

/* Only after the store kept the group, so that nobody is told of a line that a kill could undo. */
static void count_chunk(struct work *work, const struct person_chunk *chunk) {
    for (uint32_t i = 0; i < chunk->count; i++) {
        const struct person_entry *entry = &chunk->entries[i];
        work->result->lines++;
        work->result->verdicts[entry->verdict]++;
        if (work->order->told) {
            work->order->told(work->order->cookie, entry->line, (enum verdict)entry->verdict);
        }
    }
    if (work->order->moved) {
        work->order->moved(work->order->cookie, chunk->bytes_done, work->size);
    }
}

/* Lets the store take one chunk after another. What the file itself did wrong is told after the
 * lines before it were kept. */
static enum err take_chunks(struct work *work, struct belt *belt, struct why *why) {
    enum err err = OK;
    struct person_chunk *chunk = NULL;
    while (!err && (chunk = belt_full(belt)) != NULL) {
        if (chunk->count > 0) {
            err = work->store->import_group(work->store->self, work->import, chunk, why);
        }
        if (!err) {
            count_chunk(work, chunk);
        }
        belt_return(belt, err != OK);
    }
    return err;
}

/* The story of a reader that stopped early. Only a bad place has a line and a byte worth
 * telling; what the system refused tells its own. */
static enum err bad_file(struct work *work, const struct belt *belt, struct why *why) {
    work->result->stopped_line = belt->place.line;
    work->result->stopped_byte = belt->place.byte;
    *why = belt->why;
    if (belt->err != ERR_INVALID) {
        return belt->err;
    }
    return why_add(why, belt->err,
        "line %" PRIu64 ", byte %" PRIu64 " (%" PRIu64 " lines before it are kept)",
        belt->place.line, belt->place.byte, work->result->lines);
}

/* Reads and takes at the same time. The thread has ended before anything of the belt is looked
 * at without the lock. */
static enum err run(struct work *work, struct belt *belt, struct why *why) {
    pthread_t reader;
    if (pthread_create(&reader, NULL, read_file, belt) != 0) {
        return why_say(why, ERR_OUTSIDE, "no thread to read with; end other programs");
    }
    enum err err = take_chunks(work, belt, why);
    int joined = pthread_join(reader, NULL);
    assert(joined == 0);
    (void)joined;
    if (!err && belt->err) {
        return bad_file(work, belt, why);
    }
    return err ? err : work->store->import_end(work->store->self, work->import, why);
}

/* Everything that the belt holds is made here and given back here, however it ends. An import
 * that fails is left begun in the store: its whole groups count. */
static enum err with_file(struct work *work, struct people_file *file, struct why *why) {
    struct belt belt = {
        .lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER, .file = file};
    enum err err = OK;
    for (size_t i = 0; !err && i < CHUNKS; i++) {
        err = person_chunk_make(&belt.chunks[i])
                  ? OK
                  : why_say(why, ERR_OUTSIDE, "no memory to import; end other programs");
    }
    err = err ? err
              : work->store->import_begin(work->store->self, work->order->path,
                  work->order->business_day, &work->import, why);
    err = err ? err : run(work, &belt, why);
    for (size_t i = 0; i < CHUNKS; i++) {
        person_chunk_free(&belt.chunks[i]);
    }
    return err;
}

enum err people_import(const struct registry_store *store, const struct import_order *order,
    struct import_result *result, struct why *why) {
    struct work work = {.store = store, .order = order, .result = result};
    struct people_file *file = NULL;
    *result = (struct import_result){0};
    enum err err = people_file_open(&file, order->path, order->business_day, &work.size, why);
    if (err) {
        return err;
    }
    err = with_file(&work, file, why);
    people_file_close(file);
    return err ? why_add(why, err, "%s", order->path) : OK;
}
