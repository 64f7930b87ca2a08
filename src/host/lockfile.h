/* One process at a time on one centre.
 *
 * The lock is the system's (flock) and falls with the process that holds it, however it ends: there
 * is never a stale lock to remove by hand. The file holds the number of the process that has it,
 * for the sentence that the second process says; the file itself stays. */
#pragma once

#include <stdbool.h>

#include "host/why.h"

struct lockfile {
    bool held; /* all zero: nothing is held */
    int fd;
};

/* Takes the lock or says who holds it (ERR_OUTSIDE: trying again later may help). Nothing is held
 * then. */
enum err lockfile_take(struct lockfile *lock, const char *path, struct why *why);

/* Gives it back; does nothing when nothing is held. */
void lockfile_release(struct lockfile *lock);
