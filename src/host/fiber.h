/* A piece of work that can pause in the middle of a call and go on later: many of them in one thread,
 * each on a stack of its own. [decision 0054]
 *
 *     err = fiber_open(&fiber, why);
 *     fiber_begin(fiber, run, self);
 *     while (fiber_resume(fiber)) {
 *         ... it is paused: give it what it waits for ...
 *     }
 *     fiber_close(fiber);
 *
 * run(self) runs inside fiber_resume() until it calls fiber_pause() or returns. Nothing runs at the same
 * moment, so nothing has to be locked between the fibers of a thread. A fiber stays in the thread that
 * began it until run has returned; then another thread may begin it anew. */
#pragma once

#include <stdbool.h>

#include "host/why.h"

/* Bytes of a fiber's stack; what grows beyond ends the program at a page that nobody may touch. */
enum { FIBER_STACK = 256 * 1024 };

struct fiber;

/* Makes a fiber that has nothing to do. ERR_OUTSIDE without memory. */
enum err fiber_open(struct fiber **out, struct why *why);

/* Says what it is to do: run(self), from the next fiber_resume() on. It must have nothing else to do. */
void fiber_begin(struct fiber *fiber, void (*run)(void *self), void *self);

/* Lets it run. True when it has paused, false when run has returned, or was never given. */
bool fiber_resume(struct fiber *fiber);

/* From inside run alone: back to whoever resumed this fiber, until it is resumed again. */
void fiber_pause(struct fiber *fiber);

/* Frees its stack, wiped, for secrets may have been there. One that is paused is never resumed; what its
 * run still held is lost. NULL does nothing. */
void fiber_close(struct fiber *fiber);
