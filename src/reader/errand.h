/* Work that may never come back, done by a thread that may be left behind.
 *
 * A PC/SC call waits for a mute card without end, and nothing in this process can interrupt it. So
 * the thread that makes such calls owns everything that they touch (the subject), and whoever wants
 * something done waits for it no longer than a limit. Work that is late is given up for ever: the
 * subject is then the thread's alone, and the thread frees it whenever the work comes back, if it
 * does.
 *
 * One caller, one piece of work at a time. Between two errand_run() that both came back in time
 * the caller may read and write the subject; never after one that was late. */
#pragma once

#include <stdbool.h>

#include "host/why.h"

struct errand;

/* Starts the thread. drop frees the subject; it runs on the thread, too, for even letting go may
 * hang. After a failure (ERR_OUTSIDE: no memory, no thread) the subject is still the caller's. */
enum err errand_open(
    void *subject, void (*drop)(void *subject), struct errand **out, struct why *why);

/* Has the thread do work(subject). False when it was not done after limit_ms, and ever after then:
 * all that is left to do is errand_close(). */
bool errand_run(struct errand *e, void (*work)(void *subject), unsigned limit_ms);

/* Has the thread drop the subject and end. Waits for that at most limit_ms, and not at all after
 * work that was late; whatever comes back later cleans up behind itself. NULL is fine. */
void errand_close(struct errand *e, unsigned limit_ms);
