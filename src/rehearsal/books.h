/* The pilot's side of the clearing: what the steps ask of it. */
#pragma once

#include "clearing/clearing.h"
#include "rehearsal/pilot_steps.h"

/* Store and vault, as the clearing takes them. */
struct clearing books_of(const struct pilot *p);

/* Takes an upload file in; the same file again changes nothing. */
enum err books_take_in(struct pilot *p, const char *path, struct why *why);

/* The figures of everything that was taken in. */
enum err books_count_uploads(struct pilot *p, struct why *why);
