/* The pilot's side of the clearing: what the steps ask of it. Internal to rehearsal.
 *
 * Whatever is asked here may be asked again: the clearing knows a file by its digest and a day by
 * its state. */
#pragma once

#include "clearing/clearing.h"
#include "rehearsal/pilot_steps.h"

/* Store and vault, as the clearing takes them; both are the pilot's parts and borrowed. */
struct clearing books_of(const struct pilot *p);

/* Takes an upload file in; the same file again changes nothing. ERR_INVALID when it is not whole,
 * ERR_OUTSIDE when it cannot be read or the store fails. */
enum err books_take_in(struct pilot *p, const char *path, struct why *why);

/* The figures of everything that was taken in, into p->figures: read from the rows, so that they
 * come out the same after a kill. */
enum err books_count_uploads(struct pilot *p, struct why *why);
