#include "bulk/bulk.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "bulk/path.h"
#include "crypto/secret.h"

/* How it goes: the records are cut into pieces of some groups; each thread takes one piece after
 * another, fills its room with a group, lets the path compute, and empties it. Invariants:
 *   1. A key of the city or of a card is in memory of the engine alone: its shared keys, its rooms.
 *   2. When a call returns, both are wiped, as are the stack and the registers that the computation
 *      used.
 *   3. Between calls the other threads sleep and hold nothing. */

enum {
    STACK_USED_MAX = 24576,
    PIECE = 2048,       /* records that a thread takes at a time */
    WORTH_WAKING = 4096 /* records, or keys of cards, for each thread: it takes as long to wake */
};

/* What a call is about. Which of the path's functions compute it follows from what is there. */
struct order {
    enum bulk_cipher cipher;
    const struct path *path;
    const struct bulk_records *records;
    size_t count;
    size_t words;                 /* of TACs; 0 for keys and sets */
    const union shared_key *keys; /* the city's; of a set the batch's transport key first */
    const bool *halves;           /* of a set */
    size_t set_count;             /* 0 when there is no set */
    atomic_size_t next;           /* the record that nobody has taken yet */
};

struct bulk;

struct helper {
    struct bulk *b;
    uint8_t *rooms[BULK_CIPHERS];
    pthread_t thread;
};

struct bulk {
    const struct path *paths[BULK_CIPHERS];
    unsigned helpers; /* threads beside the caller's that were granted */
    size_t map_len;
    struct helper *each;             /* the caller first, then the helpers */
    struct lane_order order_of_bits; /* no secret */
    union shared_key city;
    union shared_key *set_keys; /* BULK_SET_MAX and one more, made at the first set */
    /* What the threads say to each other. */
    pthread_mutex_t lock;
    pthread_cond_t wake, done;
    struct order *order;
    uint64_t turn;    /* one higher for each call that wants helpers */
    unsigned wanted;  /* helpers of this turn */
    unsigned working; /* helpers that have not finished it */
    bool closing;
};

static const struct path *path_of(enum bulk_way way) {
    static const struct path *const paths[BULK_WAYS] = {[BULK_AVX512] = &path_des_avx512,
        [BULK_AVX2] = &path_des_avx2,
        [BULK_WORDS] = &path_des_words};
    assert((unsigned)way < BULK_WAYS);
    if (way != BULK_BEST) {
        return paths[way];
    }
    return path_des_avx512.here() ? &path_des_avx512
           : path_des_avx2.here() ? &path_des_avx2
                                  : &path_des_words;
}

/* The best for SM4 that asks no more of the processor than the path for DES does. */
static const struct path *sm4_path_of(enum bulk_way way) {
    const struct path *des = path_of(way);
    if (des == &path_des_avx512 && path_sm4_gfni.here()) {
        return &path_sm4_gfni;
    }
    return des != &path_des_words && path_sm4_avx2.here() ? &path_sm4_avx2 : &path_sm4_words;
}

const char *bulk_way_name(enum bulk_way way) {
    return path_of(way)->name;
}

bool bulk_way_here(enum bulk_way way) {
    return path_of(way)->here();
}

/* --- a thread's part of a call ------------------------------------------------------------------- */

/* Overwrites what the computation, which has returned, left on the stack below this call. */
static __attribute__((noinline)) void wipe_stack(void) {
    uint8_t used[STACK_USED_MAX];
    crypto_wipe(used, sizeof used);
}

/* One group: its TACs, its keys, or all keys of its set, one after another. */
static void run_group(const struct order *o, void *room, size_t at) {
    struct bulk_lanes *lanes = room;
    size_t left = o->count - at;
    size_t count = left < o->path->lanes ? left : o->path->lanes;
    o->records->give(o->records->self, at, count, lanes);
    if (o->set_count == 0) {
        if (o->words > 0) {
            o->path->tacs(room, o->keys, o->words);
        } else {
            o->path->derive(room, o->keys);
        }
        o->records->take(o->records->self, at, count, lanes);
        return;
    }
    o->path->transport(room, &o->keys[0]);
    for (size_t k = 0; k < o->set_count; k++) {
        o->path->wrap(room, &o->keys[1 + k], o->halves[k]);
        lanes->key = k;
        o->records->take(o->records->self, at, count, lanes);
    }
}

/* Of the lanes, which are the room's front, no path touches more than its own number; of their data an
 * order has its words, or the two halves of a key. The rest of the room is the path's. */
static void wipe_room(const struct order *o, uint8_t *room) {
    struct bulk_lanes *lanes = (struct bulk_lanes *)room;
    size_t row_len = o->path->lanes * BULK_WORD_LEN;
    size_t words = o->words > 2 ? o->words : 2;
    assert(o->path->secret_len >= sizeof *lanes);
    assert(o->path->lanes <= BULK_LANES_MAX);
    crypto_wipe(lanes->factor, row_len);
    for (size_t w = 0; w < words; w++) {
        crypto_wipe(lanes->data[w], row_len);
    }
    crypto_wipe(lanes->mac, row_len);
    crypto_wipe(room + sizeof *lanes, o->path->secret_len - sizeof *lanes);
}

/* Piece after piece, until all are taken; then nothing is left of them but what the thread's stack
 * holds, which its caller wipes. */
static void run_pieces(struct order *o, const struct helper *h) {
    uint8_t *room = h->rooms[o->cipher];
    assert(PIECE % o->path->lanes == 0);
    size_t piece = atomic_fetch_add(&o->next, PIECE);
    for (; piece < o->count; piece = atomic_fetch_add(&o->next, PIECE)) {
        size_t end = o->count - piece < PIECE ? o->count : piece + PIECE;
        for (size_t at = piece; at < end; at += o->path->lanes) {
            run_group(o, room, at);
        }
    }
    path_of(BULK_BEST)->forget(); /* for libc, too, copies with the widest registers there are */
    wipe_room(o, room);
}

/* --- threads ------------------------------------------------------------------------------------- */

/* A helper's life: it sleeps until a turn comes that wants it, or the end. */
static void *help(void *self) {
    struct helper *h = self;
    struct bulk *b = h->b;
    unsigned number = (unsigned)(h - b->each); /* the caller is 0 */
    uint64_t seen = 0;
    (void)pthread_mutex_lock(&b->lock);
    while (!b->closing) {
        if (b->turn == seen) {
            (void)pthread_cond_wait(&b->wake, &b->lock);
            continue;
        }
        seen = b->turn;
        if (number <= b->wanted) {
            (void)pthread_mutex_unlock(&b->lock);
            run_pieces(b->order, h);
            wipe_stack();
            (void)pthread_mutex_lock(&b->lock);
            assert(b->working > 0);
            b->working--;
            (void)pthread_cond_signal(&b->done);
        }
    }
    (void)pthread_mutex_unlock(&b->lock);
    return NULL;
}

/* As many helpers as the work is worth, and the caller itself, whose stack is still to be wiped. */
static void run(struct bulk *b, struct order *o) {
    size_t work = o->count * (o->set_count > 0 ? o->set_count : 1);
    size_t worth = work / WORTH_WAKING > 0 ? work / WORTH_WAKING - 1 : 0;
    size_t pieces = (o->count + PIECE - 1) / PIECE;
    worth = worth < pieces ? worth : pieces;
    unsigned wanted = worth < b->helpers ? (unsigned)worth : b->helpers;
    if (wanted > 0) {
        (void)pthread_mutex_lock(&b->lock);
        assert(b->working == 0);
        b->order = o;
        b->wanted = b->working = wanted;
        b->turn++;
        (void)pthread_cond_broadcast(&b->wake);
        (void)pthread_mutex_unlock(&b->lock);
    }
    run_pieces(o, &b->each[0]);
    if (wanted > 0) {
        (void)pthread_mutex_lock(&b->lock);
        while (b->working > 0) {
            (void)pthread_cond_wait(&b->done, &b->lock);
        }
        b->order = NULL;
        (void)pthread_mutex_unlock(&b->lock);
    }
}

/* --- opening and closing ------------------------------------------------------------------------- */

static size_t round_up(size_t len, size_t unit) {
    return (len + unit - 1) / unit * unit;
}

/* Pages for secrets: locked where the limit allows it, and left out of dumps. NULL without memory. */
static void *pages_new(size_t len) {
    void *pages = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) {
        return NULL;
    }
    (void)mlock(pages, len);
    (void)madvise(pages, len, MADV_DONTDUMP);
    return pages;
}

static void pages_free(void *pages, size_t len) {
    crypto_wipe(pages, len);
    (void)munmap(pages, len); /* fails for addresses that no map has */
}

static enum err no_memory(size_t len, struct why *why) {
    return why_say(why, ERR_OUTSIDE,
        "no memory to compute in; %zu bytes are needed, end other programs and try again", len);
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

/* Signals of the program are for its own threads. */
static void start_helpers(struct bulk *b, unsigned threads) {
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (b->helpers + 1 < threads) {
        struct helper *h = &b->each[b->helpers + 1];
        if (pthread_create(&h->thread, NULL, help, h) != 0) {
            break;
        }
        b->helpers++;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Bytes of one thread's rooms, one for each cipher. */
static size_t rooms_len(enum bulk_way way) {
    return round_up(path_of(way)->room_len, ROOM_ALIGN)
           + round_up(sm4_path_of(way)->room_len, ROOM_ALIGN);
}

/* Gives each thread its rooms, one after another from `at`, and makes them ready. */
static void furnish(struct bulk *b, unsigned threads, uint8_t *at) {
    lane_order_prepare(&b->order_of_bits);
    for (unsigned i = 0; i < threads; i++) {
        b->each[i].b = b;
        for (size_t c = 0; c < BULK_CIPHERS; c++) {
            b->each[i].rooms[c] = at;
            b->paths[c]->begin(at, &b->order_of_bits);
            at += round_up(b->paths[c]->room_len, ROOM_ALIGN);
        }
    }
}

enum err bulk_open(enum bulk_way way, unsigned threads, struct bulk **out, struct why *why) {
    enum err err = check_opening(way, threads, why);
    if (err) {
        return err;
    }
    size_t each_at = round_up(sizeof(struct bulk), ROOM_ALIGN);
    size_t rooms_at = each_at + round_up(threads * sizeof(struct helper), ROOM_ALIGN);
    size_t len = rooms_at + threads * rooms_len(way);
    struct bulk *b = pages_new(len);
    if (!b) {
        return no_memory(len, why);
    }
    b->paths[BULK_TDES] = path_of(way);
    b->paths[BULK_SM4] = sm4_path_of(way);
    b->map_len = len;
    b->each = (struct helper *)((uint8_t *)b + each_at);
    furnish(b, threads, (uint8_t *)b + rooms_at);
    (void)pthread_mutex_init(&b->lock, NULL);
    (void)pthread_cond_init(&b->wake, NULL);
    (void)pthread_cond_init(&b->done, NULL);
    start_helpers(b, threads);
    *out = b;
    return OK;
}

enum { SET_KEYS_LEN = (BULK_SET_MAX + 1) * sizeof(union shared_key) };

void bulk_close(struct bulk *b) {
    if (!b) {
        return;
    }
    (void)pthread_mutex_lock(&b->lock);
    assert(b->working == 0);
    b->closing = true;
    (void)pthread_cond_broadcast(&b->wake);
    (void)pthread_mutex_unlock(&b->lock);
    for (unsigned i = 1; i <= b->helpers; i++) {
        (void)pthread_join(b->each[i].thread, NULL);
    }
    (void)pthread_cond_destroy(&b->done);
    (void)pthread_cond_destroy(&b->wake);
    (void)pthread_mutex_destroy(&b->lock);
    if (b->set_keys) {
        pages_free(b->set_keys, SET_KEYS_LEN);
    }
    pages_free(b, b->map_len);
}

/* --- calls --------------------------------------------------------------------------------------- */

static void prepare_key(const struct bulk *b, union shared_key *shared, enum bulk_cipher cipher,
    const struct key128 *key) {
    if (cipher == BULK_SM4) {
        shared_sm4_prepare(&shared->sm4, key);
    } else {
        shared_tdes_prepare(&shared->tdes, &b->order_of_bits, b->paths[cipher]->flips, key);
    }
}

/* A call with the one key of the city. */
static void run_with_city(
    struct bulk *b, enum bulk_cipher cipher, const struct key128 *city, struct order *order) {
    assert((unsigned)cipher < BULK_CIPHERS);
    order->cipher = cipher;
    order->path = b->paths[cipher];
    order->keys = &b->city;
    prepare_key(b, &b->city, cipher, city);
    run(b, order);
    crypto_wipe(&b->city, sizeof b->city);
    wipe_stack();
}

void bulk_tacs(struct bulk *b, enum bulk_cipher cipher, const struct key128 *city, size_t words,
    const struct bulk_records *records, size_t count) {
    struct order order = {.records = records, .count = count, .words = words};
    assert(words >= 1);
    assert(words <= BULK_WORDS_MAX);
    assert(cipher != BULK_SM4 || words % 2 == 0);
    run_with_city(b, cipher, city, &order);
}

struct derivation {
    const uint8_t *factors;
    struct key128 *keys;
};

static void give_factors(void *self, size_t first, size_t count, struct bulk_lanes *lanes) {
    const struct derivation *d = self;
    (void)memcpy(lanes->factor, d->factors + first * BULK_WORD_LEN, count * BULK_WORD_LEN);
}

static void take_keys(void *self, size_t first, size_t count, const struct bulk_lanes *lanes) {
    const struct derivation *d = self;
    for (size_t i = 0; i < count; i++) {
        (void)memcpy(d->keys[first + i].bytes, lanes->data[0][i], BULK_WORD_LEN);
        (void)memcpy(d->keys[first + i].bytes + BULK_WORD_LEN, lanes->data[1][i], BULK_WORD_LEN);
    }
}

void bulk_derive(struct bulk *b, enum bulk_cipher cipher, const struct key128 *city,
    const uint8_t *factors, struct key128 *keys, size_t count) {
    struct derivation derivation = {factors, keys};
    const struct bulk_records records = {&derivation, give_factors, take_keys};
    struct order order = {.records = &records, .count = count};
    run_with_city(b, cipher, city, &order);
}

enum err bulk_sets(struct bulk *b, const struct bulk_set *set, const struct bulk_records *records,
    size_t count, struct why *why) {
    assert((unsigned)set->cipher < BULK_CIPHERS);
    assert(set->count >= 1);
    assert(set->count <= BULK_SET_MAX);
    b->set_keys = b->set_keys ? b->set_keys : pages_new(SET_KEYS_LEN);
    if (!b->set_keys) {
        return no_memory(SET_KEYS_LEN, why);
    }
    prepare_key(b, &b->set_keys[0], set->cipher, set->transport);
    for (size_t k = 0; k < set->count; k++) {
        prepare_key(b, &b->set_keys[1 + k], set->cipher, &set->cities[k]);
    }
    struct order order = {.cipher = set->cipher,
        .path = b->paths[set->cipher],
        .records = records,
        .count = count,
        .keys = b->set_keys,
        .halves = set->halves,
        .set_count = set->count};
    run(b, &order);
    crypto_wipe(b->set_keys, (set->count + 1) * sizeof *b->set_keys);
    wipe_stack();
    return OK;
}
