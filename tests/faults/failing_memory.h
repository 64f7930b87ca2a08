/* A memory that runs short on purpose: the n-th allocation of the process, whoever asks for it, answers
 * NULL, once or from then on. Our own, SQLite's, OpenSSL's and the C library's are all counted; those of
 * torn_disk.h are not.
 *
 * Include it in one file of a program only; its functions take the place of the system's. Under a
 * sanitizer, which needs the allocator, memory_can_fail is 0 and nothing is replaced. */
#pragma once

#include "faults/sanitizer.h"
#include "faults/torn_disk.h"

static struct {
    long calls, fail_at, hits; /* fail_at 0: never */
    bool for_good;
} memory;

enum { memory_can_fail = !UNDER_SANITIZER };

#if !UNDER_SANITIZER
extern void *__libc_malloc(size_t len);
extern void *__libc_calloc(size_t count, size_t len);
extern void *__libc_realloc(void *at, size_t len);

static bool memory_fails(void) {
    if (torn.own > 0) {
        return false;
    }
    memory.calls++;
    bool fails = memory.fail_at > 0
                 && (memory.calls == memory.fail_at
                     || (memory.for_good && memory.calls > memory.fail_at));
    memory.hits += fails;
    return fails;
}

void *malloc(size_t len) {
    return memory_fails() ? NULL : __libc_malloc(len);
}

void *calloc(size_t count, size_t len) {
    return memory_fails() ? NULL : __libc_calloc(count, len);
}

void *realloc(void *at, size_t len) {
    return memory_fails() ? NULL : __libc_realloc(at, len);
}
#endif
