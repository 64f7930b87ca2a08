/* A fortified longjmp() goes up its own stack alone, and these go from one stack to another. */
#undef _FORTIFY_SOURCE

#include "host/fiber.h"

#include <assert.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

/* Who watches stacks must be told of each change: under the sanitizers all of them go by ucontext. */
#if defined(__SANITIZE_ADDRESS__)
#define STACKS_ARE_WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define STACKS_ARE_WATCHED 1
#endif
#endif
#ifndef STACKS_ARE_WATCHED
#define STACKS_ARE_WATCHED 0
#endif

/* fiber 1: where run goes on is saved when it does not run, and where whoever resumed it goes on when it
 *          does; at each moment one of the two runs.
 * fiber 2: the lowest page of a stack can be neither read nor written.
 * fiber 3: ucontext makes the stack and takes run there. After that a change of stacks is _longjmp(),
 *          which asks the system for no signal mask: all fibers of a thread have the thread's. */
struct fiber {
    ucontext_t begin, home; /* on its stack, and on that of whoever resumed it last */
    jmp_buf inside, outside;
    void (*run)(void *self); /* NULL: nothing to do */
    void *self;
    uint8_t *stack;
    size_t guard; /* bytes of the lowest page */
    bool running;
    bool begun; /* inside is true */
};

/* A stack grows down, so that the page it must not reach is the lowest. */
static bool stack_new(struct fiber *f) {
    long page = sysconf(_SC_PAGESIZE);
    assert(page > 0);
    f->guard = (size_t)page;
    void *at = mmap(NULL, f->guard + FIBER_STACK, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    f->stack = at == MAP_FAILED ? NULL : at;
    return f->stack && mprotect(f->stack, f->guard, PROT_NONE) == 0;
}

enum err fiber_open(struct fiber **out, struct why *why) {
    struct fiber *f = calloc(1, sizeof *f);
    if (!f || !stack_new(f)) {
        fiber_close(f);
        return why_say(why, ERR_OUTSIDE, "no memory for one more card at once; end other programs");
    }
    *out = f;
    return OK;
}

/* From inside, to whoever resumed it last: the stack of its first fiber_resume() is long gone when it
 * has paused. */
static void leave(struct fiber *f) {
    if (STACKS_ARE_WATCHED) {
        int swapped = swapcontext(&f->begin, &f->home);
        assert(swapped == 0);
        (void)swapped;
    } else if (_setjmp(f->inside) == 0) {
        _longjmp(f->outside, 1);
    }
}

/* From outside, to where it begins or has paused; back when it leaves. */
static void visit(struct fiber *f) {
    bool begun = f->begun;
    f->begun = true;
    if (STACKS_ARE_WATCHED) {
        int swapped = swapcontext(&f->home, &f->begin);
        assert(swapped == 0);
        (void)swapped;
    } else if (_setjmp(f->outside) == 0) {
        if (begun) {
            _longjmp(f->inside, 1);
        }
        (void)setcontext(&f->begin);
        abort(); /* it has come back from where nothing comes back */
    }
}

enum { HALF_BITS = 32 };

/* makecontext() hands on numbers of type int alone: a pointer goes in two halves. */
static void enter(unsigned high, unsigned low) {
    const uintptr_t at = (uintptr_t)high << HALF_BITS | low;
    struct fiber *f = NULL;
    (void)memcpy((void *)&f, &at, sizeof at);
    f->run(f->self);
    f->run = NULL;
    leave(f);
}

void fiber_begin(struct fiber *fiber, void (*run)(void *self), void *self) {
    uintptr_t at = (uintptr_t)fiber;
    assert(!fiber->run);
    assert(run);
    int got = getcontext(&fiber->begin);
    assert(got == 0);
    (void)got;
    fiber->run = run;
    fiber->self = self;
    fiber->begun = false;
    fiber->begin.uc_stack = (stack_t){.ss_sp = fiber->stack + fiber->guard, .ss_size = FIBER_STACK};
    fiber->begin.uc_link = NULL; /* run leaves as it came, and nobody comes back to its end */
    /* The function that makecontext() takes has a type without its parameters. */
    makecontext(&fiber->begin, (void (*)(void))enter, 2, (unsigned)(at >> HALF_BITS), (unsigned)at);
}

bool fiber_resume(struct fiber *fiber) {
    assert(!fiber->running); /* fiber 1 */
    if (!fiber->run) {
        return false;
    }
    fiber->running = true;
    visit(fiber);
    fiber->running = false;
    return fiber->run != NULL;
}

void fiber_pause(struct fiber *fiber) {
    assert(fiber->running); /* fiber 1 */
    leave(fiber);
}

void fiber_close(struct fiber *fiber) {
    if (!fiber) {
        return;
    }
    assert(!fiber->running);
    if (fiber->stack) {
        explicit_bzero(fiber->stack + fiber->guard, FIBER_STACK);
        (void)munmap(fiber->stack, fiber->guard + FIBER_STACK);
    }
    explicit_bzero(fiber, sizeof *fiber);
    free(fiber);
}
