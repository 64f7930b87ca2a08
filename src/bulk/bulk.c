#include "bulk/bulk.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "bulk/path.h"
#include "crypto/secret.h"

/* How it goes: the records are cut into one stretch for each thread, whole groups each; a thread
 * fills its room with a group, lets the path compute, and empties it. Invariants:
 *   1. A key of the city or of a card is in memory of the engine alone: its city key, its rooms.
 *   2. When a call returns, both are wiped, as are the stack and the registers that the computation
 *      used. */

enum {
    STACK_USED_MAX = 16384,
    GROUPS_LEAST = 8 /* for a thread: it costs as much to begin as they take, some 50 us */
};

struct bulk {
    const struct path *path;
    unsigned threads;
    size_t map_len, room_stride;
    struct shared_tdes city;
    struct lane_order order; /* no secret */
    _Alignas(ROOM_ALIGN) uint8_t rooms[];
};

/* What a call is about: TACs of records, or keys of factors. */
struct order {
    const struct bulk_records *records;
    void (*compute)(void *room, const struct shared_tdes *city);
};

/* A thread's part of a call: records first to end. */
struct stretch {
    struct bulk *b;
    const struct order *order;
    void *room;
    size_t first, end;
};

static const struct path *path_of(enum bulk_way way) {
    static const struct path *const paths[BULK_WAYS] = {
        [BULK_AVX512] = &path_avx512, [BULK_AVX2] = &path_avx2, [BULK_WORDS] = &path_words};
    assert((unsigned)way < BULK_WAYS);
    if (way != BULK_BEST) {
        return paths[way];
    }
    return path_avx512.here() ? &path_avx512 : path_avx2.here() ? &path_avx2 : &path_words;
}

const char *bulk_way_name(enum bulk_way way) {
    return path_of(way)->name;
}

bool bulk_way_here(enum bulk_way way) {
    return path_of(way)->here();
}

static size_t round_up(size_t len, size_t unit) {
    return (len + unit - 1) / unit * unit;
}

static enum err check_opening(enum bulk_way way, unsigned threads, struct why *why) {
    if (threads < 1 || threads > BULK_THREADS_MAX) {
        return why_say(why, ERR_INVALID, "%u threads; an engine takes 1 to %d", threads,
            (int)BULK_THREADS_MAX);
    }
    if (!bulk_way_here(way)) {
        return why_say(why, ERR_OUTSIDE,
            "this processor has no %s; ask for the best way that it has", bulk_way_name(way));
    }
    return OK;
}

enum err bulk_open(enum bulk_way way, unsigned threads, struct bulk **out, struct why *why) {
    enum err err = check_opening(way, threads, why);
    if (err) {
        return err;
    }
    const struct path *path = path_of(way);
    size_t stride = round_up(path->room_len, ROOM_ALIGN);
    size_t len = sizeof(struct bulk) + threads * stride;
    struct bulk *b = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (b == MAP_FAILED) {
        return why_say(why, ERR_OUTSIDE,
            "no memory to compute in; %zu bytes are needed, end other programs and try again", len);
    }
    (void)mlock(b, len); /* where the limit does not allow it, a room still serves */
    (void)madvise(b, len, MADV_DONTDUMP);
    b->path = path;
    b->threads = threads;
    b->map_len = len;
    b->room_stride = stride;
    lane_order_prepare(&b->order);
    *out = b;
    return OK;
}

void bulk_close(struct bulk *b) {
    if (b) {
        size_t len = b->map_len;
        crypto_wipe(b, len);
        (void)munmap(b, len); /* fails for addresses that no map has */
    }
}

/* Overwrites what the computation, which has returned, left on the stack below this call. */
static __attribute__((noinline)) void wipe_stack(void) {
    uint8_t used[STACK_USED_MAX];
    crypto_wipe(used, sizeof used);
}

static void *run_stretch(void *self) {
    struct stretch *s = self;
    const struct path *path = s->b->path;
    const struct bulk_records *records = s->order->records;
    path->begin(s->room, &s->b->order);
    struct bulk_lanes *lanes = path->lanes_of(s->room);
    for (size_t at = s->first; at < s->end; at += path->lanes) {
        size_t count = s->end - at < path->lanes ? s->end - at : path->lanes;
        records->give(records->self, at, count, lanes);
        s->order->compute(s->room, &s->b->city);
        records->take(records->self, at, count, lanes);
    }
    path_of(BULK_BEST)->forget(); /* for libc, too, copies with the widest registers there are */
    crypto_wipe(s->room, path->room_len);
    wipe_stack();
    return NULL;
}

/* Cuts count records into stretches of whole groups, long enough to be worth a thread, and runs them
 * side by side. A thread that the system does not grant is none: the caller's own then does its
 * part. */
static void run(
    struct bulk *b, const struct key128 *city, const struct order *order, size_t count) {
    struct stretch stretches[BULK_THREADS_MAX];
    pthread_t threads[BULK_THREADS_MAX];
    bool started[BULK_THREADS_MAX] = {false};
    size_t groups = (count + b->path->lanes - 1) / b->path->lanes;
    size_t parts = groups / GROUPS_LEAST < b->threads ? groups / GROUPS_LEAST : b->threads;
    parts = parts > 0 ? parts : 1;
    size_t share = (groups + parts - 1) / parts * b->path->lanes;
    shared_tdes_prepare(&b->city, city);
    for (size_t i = 0; i < parts; i++) {
        size_t first = i * share < count ? i * share : count;
        size_t end = count - first < share ? count : first + share;
        stretches[i] = (struct stretch){b, order, b->rooms + i * b->room_stride, first, end};
        started[i] = i > 0 && first < end
                     && pthread_create(&threads[i], NULL, run_stretch, &stretches[i]) == 0;
    }
    for (size_t i = 0; i < parts; i++) {
        if (!started[i] && stretches[i].first < stretches[i].end) {
            (void)run_stretch(&stretches[i]);
        }
    }
    for (size_t i = 0; i < parts; i++) {
        if (started[i]) {
            (void)pthread_join(threads[i], NULL);
        }
    }
    crypto_wipe(&b->city, sizeof b->city);
    wipe_stack();
}

void bulk_tacs(
    struct bulk *b, const struct key128 *city, const struct bulk_records *records, size_t count) {
    const struct order order = {records, b->path->tacs};
    run(b, city, &order, count);
}

struct derivation {
    const uint8_t *factors;
    struct key128 *keys;
};

static void give_factors(void *self, size_t first, size_t count, struct bulk_lanes *lanes) {
    const struct derivation *d = self;
    (void)memcpy(lanes->factor, d->factors + first * DES_BLOCK, count * DES_BLOCK);
}

static void take_keys(void *self, size_t first, size_t count, const struct bulk_lanes *lanes) {
    const struct derivation *d = self;
    for (size_t i = 0; i < count; i++) {
        (void)memcpy(d->keys[first + i].bytes, lanes->data[0][i], DES_BLOCK);
        (void)memcpy(d->keys[first + i].bytes + DES_BLOCK, lanes->data[1][i], DES_BLOCK);
    }
}

void bulk_derive(struct bulk *b, const struct key128 *city, const uint8_t *factors,
    struct key128 *keys, size_t count) {
    struct derivation derivation = {factors, keys};
    const struct bulk_records records = {&derivation, give_factors, take_keys};
    const struct order order = {&records, b->path->derive};
    run(b, city, &order, count);
}
