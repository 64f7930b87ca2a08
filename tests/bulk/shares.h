/* Long lists of things to compute the plain way, in as many shares as the machine has cores. A share
 * only computes: what came out is compared by the test's own thread, for cmocka knows no other. */
#pragma once

#include <assert.h>
#include <pthread.h>
#include <stddef.h>
#include <unistd.h>

enum { SHARES_MAX = 16 };

struct share {
    void (*compute)(void *self, size_t i);
    void *self;
    size_t first, end;
};

static void *share_run(void *at) {
    const struct share *share = at;
    for (size_t i = share->first; i < share->end; i++) {
        share->compute(share->self, i);
    }
    return NULL;
}

/* Calls compute(self, i) once for each i below count, side by side. A thread that the system does not
 * grant is none: its share is computed here. */
static inline void in_shares(size_t count, void (*compute)(void *self, size_t i), void *self) {
    struct share shares[SHARES_MAX];
    pthread_t threads[SHARES_MAX];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t parts = cores < 1 ? 1 : cores > SHARES_MAX ? SHARES_MAX : (size_t)cores;
    size_t started = 0;
    for (size_t p = 0; p < parts; p++) {
        shares[p] = (struct share){compute, self, count * p / parts, count * (p + 1) / parts};
    }
    assert(shares[parts - 1].end == count);
    while (started + 1 < parts
           && pthread_create(&threads[started], NULL, share_run, &shares[started]) == 0) {
        started++;
    }
    for (size_t p = started; p < parts; p++) {
        (void)share_run(&shares[p]);
    }
    for (size_t p = 0; p < started; p++) {
        (void)pthread_join(threads[p], NULL);
    }
}
