#include "host/direct_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/files.h"

enum { HUGE_PAGE = 2 * 1024 * 1024, MODE = 0600 };

/* Large rooms ask for large pages: sorting jumps about in them. */
void *direct_room_new(size_t len) {
    size_t align = len >= HUGE_PAGE ? HUGE_PAGE : DIRECT_BLOCK;
    size_t whole = (len + align - 1) / align * align;
    void *room = aligned_alloc(align, whole > 0 ? whole : align);
    if (room && align == HUGE_PAGE) {
        (void)madvise(room, whole, MADV_HUGEPAGE);
    }
    return room;
}

/* Some file systems refuse O_DIRECT when a file is opened, others when it is used. */
int direct_open(const char *path, int flags) {
    int fd = open(path, flags | O_DIRECT | O_CLOEXEC, MODE);
    return fd >= 0 || errno != EINVAL ? fd : open(path, flags | O_CLOEXEC, MODE);
}

int direct_open_nameless(const char *folder) {
    return direct_open(folder, O_TMPFILE | O_RDWR);
}

/* True when the call is worth another try: it was interrupted, or goes through the cache now. */
static bool try_again(int fd) {
    int error = errno;
    int flags = fcntl(fd, F_GETFL);
    bool direct = error == EINVAL && flags >= 0 && (flags & O_DIRECT) != 0;
    bool again = error == EINTR || (direct && fcntl(fd, F_SETFL, flags & ~O_DIRECT) == 0);
    errno = error;
    return again;
}

bool direct_write(int fd, const uint8_t *room, size_t len, uint64_t at) {
    assert(len % DIRECT_BLOCK == 0);
    assert(at % DIRECT_BLOCK == 0);
    size_t done = 0;
    while (done < len) {
        ssize_t n = pwrite(fd, room + done, len - done, (off_t)(at + done));
        if (n < 0 && !try_again(fd)) {
            return false;
        }
        if (n == 0) {
            errno = ENOSPC; /* a disk that takes nothing and says nothing */
            return false;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

bool direct_read(int fd, uint8_t *room, size_t len, uint64_t at) {
    size_t done = 0;
    assert(at % DIRECT_BLOCK == 0);
    while (done < len) {
        ssize_t n = pread(fd, room + done, direct_whole(len) - done, (off_t)(at + done));
        if (n == 0) {
            errno = 0;
            return false;
        }
        if (n < 0 && !try_again(fd)) {
            return false;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

enum err direct_force_folder(const char *folder, struct why *why) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return files_trouble(why, "open", folder);
    }
    enum err err = files_force(fd, folder) ? OK : files_trouble(why, "force to the disk", folder);
    (void)close(fd);
    return err;
}
