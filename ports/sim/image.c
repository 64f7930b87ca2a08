#include "ports/sim/image.h"

#include "base/builder.h"
#include "base/crc32.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* The header: mark 8, version 2, reserved 2, size of the cells 4, CRC-32 over these 16; then FF. */
enum {
    MARK_LEN = 8,
    VERSION = 2, /* 1: a journal, and a write of any length */
    HEADER_USED = 20,
    CRC_LEN = 4,
    BLOCK = 0x4000, /* bytes that go to or from the file at a time */
    PATH_ROOM = 4096,
};
static const uint8_t mark[MARK_LEN] = {'s', 'h', 'e', 'b', 'a', 'o', 'C', 'H'};

struct image {
    int fd;
    bool budgeted; /* left counts */
    bool dark;     /* the budget is used up */
    bool failed;   /* the system refused: trouble says what */
    uint64_t left;
    struct nvm nvm;
    struct why trouble;
    char path[PATH_ROOM];
    uint8_t cells[]; /* what the file holds, so that reading costs no system call */
};

/* ---- the file ---- */

/* pwrite() until all is written; false with errno when the system refuses. */
static bool write_all(int fd, uint64_t at, const void *from, size_t len) {
    const uint8_t *next = from;
    while (len > 0) {
        ssize_t n = pwrite(fd, next, len, (off_t)at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            errno = n == 0 ? ENOSPC : errno;
            return false;
        }
        next += n;
        at += (uint64_t)n;
        len -= (size_t)n;
    }
    return true;
}

/* Reads exactly len bytes; false with errno, which is 0 when the file ends before. */
static bool read_all(int fd, uint64_t at, void *to, size_t len) {
    uint8_t *next = to;
    while (len > 0) {
        ssize_t n = pread(fd, next, len, (off_t)at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            errno = n == 0 ? 0 : errno;
            return false;
        }
        next += n;
        at += (uint64_t)n;
        len -= (size_t)n;
    }
    return true;
}

void image_header(uint32_t size, uint8_t header[IMAGE_HEADER_LEN]) {
    struct builder b = builder_in(header, IMAGE_HEADER_LEN);
    put_bytes(&b, bytes_of(mark, sizeof mark));
    put_u16(&b, VERSION);
    put_u16(&b, 0);
    put_u32(&b, size);
    put_u32(&b, crc32_of(header, b.len));
    assert(b.len == HEADER_USED);
    put_fill(&b, 0xFF, IMAGE_HEADER_LEN - b.len);
}

/* The size of the cells that a header speaks of; 0 when it is none of ours. */
static uint32_t header_size(const uint8_t header[IMAGE_HEADER_LEN]) {
    struct cursor c = cursor_over(bytes_of(header, HEADER_USED));
    bool ours = bytes_equal(cursor_take(&c, MARK_LEN), bytes_of(mark, sizeof mark));
    bool known = cursor_u16(&c) == VERSION;
    (void)cursor_u16(&c);
    uint32_t size = cursor_u32(&c);
    bool whole = cursor_u32(&c) == crc32_of(header, HEADER_USED - CRC_LEN);
    bool possible = size >= IMAGE_SIZE_MIN && size <= IMAGE_SIZE_MAX;
    return ours && known && whole && possible ? size : 0;
}

/* An image that an earlier version of this program made. */
static bool header_old(const uint8_t header[IMAGE_HEADER_LEN]) {
    struct cursor c = cursor_over(bytes_of(header, HEADER_USED));
    bool ours = bytes_equal(cursor_take(&c, MARK_LEN), bytes_of(mark, sizeof mark));
    uint16_t version = cursor_u16(&c);
    (void)cursor_take(&c, HEADER_USED - MARK_LEN - 2 - CRC_LEN);
    bool whole = cursor_u32(&c) == crc32_of(header, HEADER_USED - CRC_LEN);
    return ours && whole && version > 0 && version < VERSION;
}

/* ---- making ---- */

/* Takes the whole room of the file at once, then fills it. */
static enum err fill_file(int fd, const char *path, uint32_t size, struct why *why) {
    int no_room = posix_fallocate(fd, 0, (off_t)IMAGE_HEADER_LEN + (off_t)size);
    if (no_room) {
        return why_say(why, ERR_OUTSIDE,
            "%s: no room for a chip of %u bytes (%s); make room on that disk and try again", path,
            size, strerror(no_room));
    }
    uint8_t header[IMAGE_HEADER_LEN], blank[BLOCK];
    image_header(size, header);
    (void)memset(blank, 0xFF, sizeof blank);
    bool written = write_all(fd, 0, header, sizeof header);
    for (uint32_t done = 0; written && done < size; done += BLOCK) {
        uint32_t part = size - done < BLOCK ? size - done : BLOCK;
        written = write_all(fd, IMAGE_HEADER_LEN + (uint64_t)done, blank, part);
    }
    if (!written) {
        return why_say(why, ERR_OUTSIDE, "%s: cannot be written (%s); look at that disk", path,
            strerror(errno));
    }
    return OK;
}

/* Gives a complete file its name, unless something has that name already. */
static enum err take_name(const char *temporary, const char *path, struct why *why) {
    if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0) {
        return OK;
    }
    struct stat there;
    if (errno == EINVAL && stat(path, &there) != 0 && rename(temporary, path) == 0) {
        return OK; /* a file system that cannot promise "not over another one" */
    }
    if (errno == EEXIST || stat(path, &there) == 0) {
        return why_say(why, ERR_CONFLICT,
            "%s: exists already; name another file, or take that one away first", path);
    }
    return why_say(why, ERR_OUTSIDE, "%s: cannot be named so (%s); look at that folder", path,
        strerror(errno));
}

/* Opens the file that the image grows in, `path` with ".new" behind it; one that a killed program
 * left is taken over. The lock, and the name still being this file's after it was got, keep two
 * programs from making the same image. */
static enum err open_temporary(const char *temporary, int *out, struct why *why) {
    int fd = open(temporary, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return why_say(why, ERR_OUTSIDE,
            "%s: cannot be made (%s); its folder must exist and be writable", temporary,
            strerror(errno));
    }
    struct stat mine, named;
    bool alone = flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &mine) == 0
                 && stat(temporary, &named) == 0 && mine.st_ino == named.st_ino;
    if (!alone || ftruncate(fd, 0) != 0) {
        (void)close(fd);
        return why_say(why, ERR_CONFLICT,
            "%s: another program is making this image; wait for it, or name another file",
            temporary);
    }
    *out = fd;
    return OK;
}

enum err image_create(const char *path, uint32_t size, struct why *why) {
    char temporary[PATH_ROOM];
    int fd = -1;
    if (size < IMAGE_SIZE_MIN || size > IMAGE_SIZE_MAX || size % NVM_PAGE != 0) {
        return why_say(why, ERR_INVALID,
            "%s: a chip has %d to %d bytes, in pages of %d, not %u; name such a size", path,
            IMAGE_SIZE_MIN, IMAGE_SIZE_MAX, NVM_PAGE, size);
    }
    int len = snprintf(temporary, sizeof temporary, "%s.new", path);
    if (len < 0 || (size_t)len >= sizeof temporary) {
        return why_say(
            why, ERR_INVALID, "the name of the image is longer than %d bytes", PATH_ROOM);
    }
    enum err err = open_temporary(temporary, &fd, why);
    if (err) {
        return err;
    }
    err = fill_file(fd, path, size, why);
    err = err ? err : take_name(temporary, path, why);
    if (err) {
        (void)unlink(temporary);
    }
    (void)close(fd);
    return err;
}

/* ---- the port ---- */

static void image_read(void *self, uint32_t at, void *to, uint32_t len) {
    const struct image *image = self;
    assert(at <= image->nvm.size && len <= image->nvm.size - at);
    (void)memcpy(to, image->cells + at, len);
}

/* The cells and the file, as one; what the system refuses is kept as a story. */
static bool put_cells(struct image *image, uint32_t at, const void *from, uint32_t len) {
    if (!write_all(image->fd, IMAGE_HEADER_LEN + (uint64_t)at, from, len)) {
        image->failed = true;
        (void)why_say(&image->trouble, ERR_OUTSIDE,
            "%s: %u bytes at %u cannot be written (%s); look at that disk, then power the chip "
            "anew",
            image->path, len, at, strerror(errno));
        return false;
    }
    (void)memcpy(image->cells + at, from, len);
    return true;
}

static void image_random(void *self, uint8_t *to, uint32_t len) {
    (void)self;
    for (uint32_t done = 0; done < len;) {
        ssize_t n = getrandom(to + done, len - done, 0);
        assert(n > 0 || errno == EINTR);
        done += n > 0 ? (uint32_t)n : 0;
    }
}

/* The power ends inside this programming: every byte of the page is anything. */
static void tear(struct image *image, uint32_t page) {
    uint8_t torn[NVM_PAGE];
    image_random(image, torn, sizeof torn);
    image->dark = true;
    (void)put_cells(image, page, torn, sizeof torn);
}

static bool image_write(void *self, uint32_t at, const void *from, uint32_t len) {
    struct image *image = self;
    uint32_t page = at - at % NVM_PAGE;
    assert(at < image->nvm.size && len > 0);
    assert(at + len <= page + NVM_PAGE);
    if (image->dark || image->failed) {
        return false;
    }
    if (image->budgeted && image->left == 0) {
        tear(image, page);
        return false;
    }
    image->left -= image->budgeted ? 1 : 0;
    return put_cells(image, at, from, len);
}

/* ---- opening ---- */

/* The lock goes with the descriptor, so a killed program never leaves a chip locked. */
static enum err lock_file(int fd, const char *path, struct why *why) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        return OK;
    }
    if (errno == EWOULDBLOCK) {
        return why_say(why, ERR_CONFLICT,
            "%s: another program has this chip under power; end it first, or take another image",
            path);
    }
    return why_say(why, ERR_OUTSIDE, "%s: cannot be locked (%s); copy it to a local disk", path,
        strerror(errno));
}

/* Reads header and cells of an open file into a new image. */
static enum err load_file(int fd, const char *path, struct image **out, struct why *why) {
    uint8_t header[IMAGE_HEADER_LEN];
    errno = 0;
    uint32_t size = read_all(fd, 0, header, sizeof header) ? header_size(header) : 0;
    if (size == 0 && errno == 0 && header_old(header)) {
        return why_say(why, ERR_INVALID,
            "%s: is a chip image of an older layout, version %d is read here; make the chip anew "
            "with 'shebao chip new'",
            path, VERSION);
    }
    if (size == 0 && errno == 0) {
        return why_say(why, ERR_INVALID,
            "%s: is no chip image of version %d; 'shebao chip new' makes one", path, VERSION);
    }
    if (size == 0) {
        return why_say(
            why, ERR_OUTSIDE, "%s: cannot be read (%s); look at that disk", path, strerror(errno));
    }
    struct image *image = calloc(1, sizeof *image + size);
    if (!image) {
        return why_say(why, ERR_OUTSIDE, "%s: no memory for a chip of %u bytes; end other programs",
            path, size);
    }
    struct stat st;
    bool right = fstat(fd, &st) == 0 && st.st_size == (off_t)IMAGE_HEADER_LEN + (off_t)size;
    if (!right || !read_all(fd, IMAGE_HEADER_LEN, image->cells, size)) {
        free(image);
        return why_say(why, ERR_INVALID,
            "%s: is torn: a chip of %u bytes was expected; restore it from a backup", path, size);
    }
    (void)snprintf(image->path, sizeof image->path, "%s", path);
    image->fd = fd;
    image->nvm = (struct nvm){.self = image,
        .size = size,
        .cells = image->cells,
        .read = image_read,
        .write = image_write,
        .random = image_random};
    *out = image;
    return OK;
}

enum err image_open(const char *path, struct image **out, struct why *why) {
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        return why_say(
            why, ERR_NOT_FOUND, "%s: no such chip image; 'shebao chip new' makes one", path);
    }
    if (fd < 0) {
        return why_say(why, ERR_OUTSIDE,
            "%s: cannot be opened (%s); check that it is a file that you may read and write", path,
            strerror(errno));
    }
    enum err err = lock_file(fd, path, why);
    err = err ? err : load_file(fd, path, out, why);
    if (err) {
        (void)close(fd);
    }
    return err;
}

const struct nvm *image_nvm(const struct image *image) {
    return &image->nvm;
}

void image_cut_after(struct image *image, uint64_t programs) {
    image->budgeted = true;
    image->dark = false;
    image->left = programs;
}

void image_power(struct image *image) {
    image->budgeted = false;
    image->dark = false;
}

bool image_dark(const struct image *image) {
    return image->dark;
}

const struct why *image_trouble(const struct image *image) {
    return image->failed ? &image->trouble : NULL;
}

/* fdatasync() is asked once: after it failed, the pages count as clean and a second try would say
 * that all is well. */
enum err image_sync(struct image *image, struct why *why) {
    if (!image->failed && fdatasync(image->fd) != 0) {
        image->failed = true;
        (void)why_say(&image->trouble, ERR_OUTSIDE,
            "%s: the disk refuses what was written (%s); look at that disk, then power the chip "
            "anew",
            image->path, strerror(errno));
    }
    if (image->failed) {
        *why = image->trouble;
        return ERR_OUTSIDE;
    }
    return OK;
}

/* Cells hold keys: the copy in memory does not outlive the image. */
void image_close(struct image *image) {
    if (!image) {
        return;
    }
    (void)close(image->fd);
    explicit_bzero(image->cells, image->nvm.size);
    free(image);
}
