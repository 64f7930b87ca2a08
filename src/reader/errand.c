#include "reader/errand.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*   caller: errand_run    idle -> busy      thread: errand_thread   busy -> idle
 *           limit passed  busy -> late              (late: comes back, drops, ends)
 *           errand_close  -> leaving                leaving: drops, ends
 *
 * Two hold the struct, and the one who lets go last frees it. */
struct errand {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    void *subject;
    void (*drop)(void *subject);
    void (*work)(void *subject); /* NULL when there is nothing to do */
    bool late;                   /* the caller waits for nothing any more */
    bool leaving;
    bool dropped;
    int holders;
};

static void release(struct errand *e) {
    (void)pthread_mutex_lock(&e->lock);
    assert(e->holders > 0);
    bool last = --e->holders == 0;
    (void)pthread_mutex_unlock(&e->lock);
    if (last) {
        (void)pthread_cond_destroy(&e->changed);
        (void)pthread_mutex_destroy(&e->lock);
        free(e);
    }
}

static void *errand_thread(void *arg) {
    struct errand *e = arg;
    (void)pthread_mutex_lock(&e->lock);
    while (e->work || !e->leaving) {
        if (!e->work) {
            (void)pthread_cond_wait(&e->changed, &e->lock);
            continue;
        }
        void (*work)(void *) = e->work;
        (void)pthread_mutex_unlock(&e->lock);
        work(e->subject);
        (void)pthread_mutex_lock(&e->lock);
        e->work = NULL;
        (void)pthread_cond_broadcast(&e->changed);
    }
    (void)pthread_mutex_unlock(&e->lock);
    e->drop(e->subject);
    (void)pthread_mutex_lock(&e->lock);
    e->dropped = true;
    (void)pthread_cond_broadcast(&e->changed);
    (void)pthread_mutex_unlock(&e->lock);
    release(e);
    return NULL;
}

/* The stopwatch, not the wall: setting the clock must not end or prolong anybody's wait. */
static bool make_locks(struct errand *e) {
    pthread_condattr_t attr;
    bool made = pthread_condattr_init(&attr) == 0;
    if (made) {
        made = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0
               && pthread_cond_init(&e->changed, &attr) == 0;
        (void)pthread_condattr_destroy(&attr);
    }
    if (made && pthread_mutex_init(&e->lock, NULL) != 0) {
        (void)pthread_cond_destroy(&e->changed);
        made = false;
    }
    return made;
}

/* Signals are for the thread that the program began with. */
static int start_thread(struct errand *e) {
    pthread_t thread;
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&thread, NULL, errand_thread, e);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc == 0 ? pthread_detach(thread) : rc;
}

enum err errand_open(
    void *subject, void (*drop)(void *subject), struct errand **out, struct why *why) {
    assert(drop);
    assert(out);
    struct errand *e = calloc(1, sizeof *e);
    if (!e || !make_locks(e)) {
        free(e);
        return why_say(why, ERR_OUTSIDE, "no memory for a thread; end other programs and repeat");
    }
    e->subject = subject;
    e->drop = drop;
    e->holders = 2;
    int rc = start_thread(e);
    if (rc != 0) {
        e->holders = 1;
        release(e);
        return why_say(why, ERR_OUTSIDE,
            "no thread for the reader (%s); end other programs and repeat", strerror(rc));
    }
    *out = e;
    return OK;
}

static struct timespec moment_in(unsigned limit_ms) {
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += (time_t)(limit_ms / 1000);
    at.tv_nsec += (long)(limit_ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_nsec -= 1000000000;
        at.tv_sec++;
    }
    return at;
}

bool errand_run(struct errand *e, void (*work)(void *subject), unsigned limit_ms) {
    assert(work);
    assert(limit_ms > 0);
    const struct timespec until = moment_in(limit_ms);
    (void)pthread_mutex_lock(&e->lock);
    assert(!e->leaving);
    assert(e->late || !e->work);
    if (!e->late) {
        e->work = work;
        (void)pthread_cond_broadcast(&e->changed);
    }
    int rc = 0;
    while (!e->late && e->work && rc == 0) {
        rc = pthread_cond_timedwait(&e->changed, &e->lock, &until);
    }
    e->late = e->late || e->work;
    bool in_time = !e->late;
    (void)pthread_mutex_unlock(&e->lock);
    return in_time;
}

void errand_close(struct errand *e, unsigned limit_ms) {
    if (!e) {
        return;
    }
    const struct timespec until = moment_in(limit_ms);
    (void)pthread_mutex_lock(&e->lock);
    e->leaving = true;
    (void)pthread_cond_broadcast(&e->changed);
    int rc = 0;
    while (!e->late && !e->dropped && rc == 0) {
        rc = pthread_cond_timedwait(&e->changed, &e->lock, &until);
    }
    (void)pthread_mutex_unlock(&e->lock);
    release(e);
}
