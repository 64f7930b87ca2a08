#include "ports/sim/foretold.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void foretold_read(void *self, uint32_t at, void *to, uint32_t len) {
    const struct foretold *f = self;
    f->under.read(f->under.self, at, to, len);
}

static bool foretold_write(void *self, uint32_t at, const void *from, uint32_t len) {
    const struct foretold *f = self;
    return f->under.write(f->under.self, at, from, len);
}

static void foretold_random(void *self, uint8_t *to, uint32_t len) {
    struct foretold *f = self;
    ssize_t n = pread(f->file, to, len, (off_t)f->taken);
    uint32_t got = n > 0 ? (uint32_t)n : 0;
    f->taken += got;
    if (got < len) {
        f->under.random(f->under.self, to + got, len - got);
    }
}

enum err foretold_open(
    struct foretold *f, const struct nvm *under, const char *path, struct why *why) {
    *f = (struct foretold){.under = *under, .file = open(path, O_RDONLY | O_CLOEXEC)};
    if (f->file < 0) {
        return why_say(why, ERR_NOT_FOUND,
            "%s: the file of random numbers cannot be opened (%s); make it first, it may be empty",
            path, strerror(errno));
    }
    return OK;
}

struct nvm foretold_nvm(struct foretold *f) {
    struct nvm nvm = f->under;
    nvm.self = f;
    nvm.read = foretold_read;
    nvm.write = foretold_write;
    nvm.random = foretold_random;
    return nvm;
}

void foretold_close(struct foretold *f) {
    if (f->under.read) {
        (void)close(f->file);
    }
    *f = (struct foretold){.file = -1};
}
