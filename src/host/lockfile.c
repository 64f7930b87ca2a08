#include "host/lockfile.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "host/files.h"

/* The number of the process that wrote itself into the file, as text; empty when there is none. */
static void holder_text(int fd, char text[32]) {
    ssize_t len = pread(fd, text, 31, 0);
    text[len > 0 ? len : 0] = '\0';
    text[strspn(text, "0123456789")] = '\0';
}

/* The number is a help and no promise: the holder may be about to end. */
static enum err say_held(int fd, const char *path, struct why *why) {
    char holder[32];
    holder_text(fd, holder);
    if (holder[0] == '\0') {
        return why_say(why, ERR_OUTSIDE,
            "another program is at work on this centre (it holds %s); wait until it ends", path);
    }
    return why_say(why, ERR_OUTSIDE,
        "another shebao is at work on this centre (process %s holds %s); wait until it ends, or "
        "stop it with \"kill %s\"",
        holder, path, holder);
}

/* O_CLOEXEC keeps the lock from programs that we start: flock belongs to the open file, and would
 * live on in them. */
enum err lockfile_take(struct lockfile *lock, const char *path, struct why *why) {
    *lock = (struct lockfile){.held = false};
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
        return files_trouble(why, "lock", path);
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        enum err err = errno == EWOULDBLOCK ? say_held(fd, path, why)
                                            : files_trouble(why, "lock", path);
        (void)close(fd);
        return err;
    }
    /* The number only serves the sentence of whoever comes second: a full disk may lose it. */
    char holder[32];
    int len = snprintf(holder, sizeof holder, "%ld\n", (long)getpid());
    assert(len > 0);
    (void)!ftruncate(fd, 0);
    (void)!pwrite(fd, holder, (size_t)len, 0);
    *lock = (struct lockfile){.held = true, .fd = fd};
    return OK;
}

/* Closing gives the lock back. The file stays: removing it would let two processes lock two files
 * of one name. Our number goes, so that nobody is told to kill whoever gets it next. */
void lockfile_release(struct lockfile *lock) {
    if (lock->held) {
        (void)!ftruncate(lock->fd, 0);
        (void)close(lock->fd);
        lock->held = false;
    }
}
