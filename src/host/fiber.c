#include "host/fiber.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

/* fiber 1: `inside` is where run goes on, `outside` where whoever resumed it does; at each moment one of
 *          them is running and the other is saved.
 * fiber 2: the lowest page of a stack can be neither read nor written. */
struct fiber {
    ucontext_t inside, outside;
    void (*run)(void *self); /* NULL: nothing to do */
    void *self;
    uint8_t *stack;
    size_t guard; /* bytes of the lowest page */
    bool running;
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

enum { HALF_BITS = 32 };

/* makecontext() hands on numbers of type int alone: a pointer goes in two halves. */
static void enter(unsigned high, unsigned low) {
    const uintptr_t at = (uintptr_t)high << HALF_BITS | low;
    struct fiber *f = NULL;
    (void)memcpy((void *)&f, &at, sizeof at);
    f->run(f->self);
    f->run = NULL;
} /* goes on outside, where uc_link leads */

void fiber_begin(struct fiber *fiber, void (*run)(void *self), void *self) {
    uintptr_t at = (uintptr_t)fiber;
    assert(!fiber->run);
    assert(run);
    int got = getcontext(&fiber->inside);
    assert(got == 0);
    (void)got;
    fiber->run = run;
    fiber->self = self;
    fiber->inside.uc_stack = (stack_t){
        .ss_sp = fiber->stack + fiber->guard, .ss_size = FIBER_STACK};
    fiber->inside.uc_link = &fiber->outside;
    /* The function that makecontext() takes has a type without its parameters. */
    makecontext(
        &fiber->inside, (void (*)(void))enter, 2, (unsigned)(at >> HALF_BITS), (unsigned)at);
}

bool fiber_resume(struct fiber *fiber) {
    assert(!fiber->running); /* fiber 1 */
    if (!fiber->run) {
        return false;
    }
    fiber->running = true;
    int swapped = swapcontext(&fiber->outside, &fiber->inside);
    assert(swapped == 0);
    (void)swapped;
    fiber->running = false;
    return fiber->run != NULL;
}

void fiber_pause(struct fiber *fiber) {
    assert(fiber->running); /* fiber 1 */
    int swapped = swapcontext(&fiber->inside, &fiber->outside);
    assert(swapped == 0);
    (void)swapped;
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
