/* A chip's port whose random numbers are known beforehand: the bytes of a file, as long as it has any.
 *
 * For stories and comparisons, in which a chip must say the same wherever it is. A chip whose random
 * numbers somebody else chooses protects nothing: never for one that holds a real key. */
#pragma once

#include "card/store/nvm.h"
#include "host/why.h"

/* Owned by the caller; must outlive the port that foretold_nvm() gives. */
struct foretold {
    struct nvm under; /* does everything else, and random numbers when the file has no more */
    int file;
    uint64_t taken; /* bytes of the file so far */
};

/* Lays the file's bytes over a port, which is copied; what it points to is borrowed. Bytes that are
 * appended later count, too. ERR_NOT_FOUND when the file cannot be opened. */
enum err foretold_open(
    struct foretold *f, const struct nvm *under, const char *path, struct why *why);

/* The port with the known numbers. */
struct nvm foretold_nvm(struct foretold *f);

/* Closes the file; a struct of zeros is left alone. */
void foretold_close(struct foretold *f);
