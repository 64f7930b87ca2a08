#include "ports/sim/workpiece.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ports/sim/image.h"

enum { POOL = 256, PATH_ROOM = 4096 };

struct workpiece {
    struct nvm nvm;
    uint32_t size, drawn; /* drawn: bytes of the pool that are used up */
    uint8_t pool[POOL];   /* random bytes, fetched together */
    uint8_t *cells, *mirror;
};

/* --- the port -------------------------------------------------------------------------------- */

/* The long way, for whoever does not look at the cells. */
static void piece_read(void *self, uint32_t at, void *to, uint32_t len) {
    const struct workpiece *w = self;
    assert(at <= w->size);
    assert(len <= w->size - at);
    (void)memcpy(to, w->cells + at, len);
}

/* One page at most, as in an EEPROM; it never fails. */
static bool piece_write(void *self, uint32_t at, const void *from, uint32_t len) {
    struct workpiece *w = self;
    assert(at < w->size && len > 0);
    assert(at + len <= at - at % NVM_PAGE + NVM_PAGE);
    (void)memcpy(w->cells + at, from, len);
    return true;
}

/* A chip asks for four to sixteen bytes some hundred times; the system is asked for many at once.
 * What was given out is wiped. */
static void piece_random(void *self, uint8_t *to, uint32_t len) {
    struct workpiece *w = self;
    for (uint32_t done = 0; done < len; done++) {
        if (w->drawn == sizeof w->pool) {
            ssize_t got = getrandom(w->pool, sizeof w->pool, 0);
            assert(got == (ssize_t)sizeof w->pool); /* so few come whole, whatever signals do */
            (void)got;
            w->drawn = 0;
        }
        to[done] = w->pool[w->drawn];
        w->pool[w->drawn++] = 0;
    }
}

/* --- its life -------------------------------------------------------------------------------- */

/* One piece of memory: the struct, the cells, the mirror. */
enum err workpiece_open(uint32_t size, struct workpiece **out, struct why *why) {
    assert(size >= IMAGE_SIZE_MIN && size <= IMAGE_SIZE_MAX);
    assert(size % NVM_PAGE == 0);
    struct workpiece *w = calloc(1, sizeof *w + 2 * (size_t)size);
    if (!w) {
        return why_say(why, ERR_OUTSIDE, "no memory for a chip of %u bytes; end other programs",
            (unsigned)size);
    }
    w->size = size;
    w->drawn = sizeof w->pool;
    w->cells = (uint8_t *)(w + 1);
    w->mirror = w->cells + size;
    w->nvm = (struct nvm){.self = w,
        .size = size,
        .cells = w->cells,
        .mirror = w->mirror,
        .read = piece_read,
        .write = piece_write,
        .random = piece_random};
    workpiece_blank(w);
    *out = w;
    return OK;
}

/* Keys of the chip before it lay in both. */
void workpiece_blank(struct workpiece *piece) {
    (void)memset(piece->cells, 0xFF, piece->size);
    explicit_bzero(piece->mirror, piece->size);
}

/* Lives inside the workpiece. */
const struct nvm *workpiece_nvm(const struct workpiece *piece) {
    return &piece->nvm;
}

/* All of it held secrets. */
void workpiece_close(struct workpiece *piece) {
    if (piece) {
        explicit_bzero(piece, sizeof *piece + 2 * (size_t)piece->size);
        free(piece);
    }
}

/* --- the image ------------------------------------------------------------------------------- */

/* Header and cells in one call; a system that takes less of it has no room. */
static bool write_image(int fd, const struct workpiece *piece) {
    uint8_t header[IMAGE_HEADER_LEN];
    image_header(piece->size, header);
    const struct iovec parts[] = {
        {header,       sizeof header},
        {piece->cells, piece->size  },
    };
    ssize_t whole = (ssize_t)(sizeof header + piece->size);
    ssize_t written = writev(fd, parts, 2);
    errno = written >= 0 && written < whole ? ENOSPC : errno;
    return written == whole;
}

/* The system's word, and what a person can do about it. */
static enum err keep_failed(const char *path, int trouble, struct why *why) {
    return why_say(why, ERR_OUTSIDE,
        "%s: cannot be written (%s); make room on that disk and look at its folder", path,
        strerror(trouble));
}

/* What is there already is replaced whole: under another name first. */
static enum err replace_image(const struct workpiece *piece, const char *path, struct why *why) {
    char temporary[PATH_ROOM];
    int len = snprintf(temporary, sizeof temporary, "%s.new", path);
    if (len < 0 || (size_t)len >= sizeof temporary) {
        return why_say(
            why, ERR_INVALID, "the name of the image is longer than %d bytes", PATH_ROOM);
    }
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    bool good = fd >= 0 && write_image(fd, piece);
    int trouble = errno;
    good = fd >= 0 && close(fd) == 0 && good;
    if (good && rename(temporary, path) == 0) {
        return OK;
    }
    trouble = good ? errno : trouble;
    (void)unlink(temporary);
    return keep_failed(path, trouble, why);
}

/* A new name needs no second one: what a kill tears in the middle has not its length, and is
 * refused by whoever opens it. */
enum err workpiece_keep(const struct workpiece *piece, const char *path, struct why *why) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0 && errno == EEXIST) {
        return replace_image(piece, path, why);
    }
    if (fd < 0 && errno == ENAMETOOLONG) {
        return why_say(
            why, ERR_INVALID, "the name of the image is longer than %d bytes", PATH_ROOM);
    }
    bool good = fd >= 0 && write_image(fd, piece);
    int trouble = errno;
    if (fd >= 0 && close(fd) == 0 && good) {
        return OK;
    }
    if (fd >= 0) {
        (void)unlink(path);
    }
    return keep_failed(path, trouble, why);
}
