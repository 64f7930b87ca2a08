/* Large files written and read once, past the system's cache.
 *
 * A day's segments are written from front to end, read back once and never again: the cache would only
 * copy them, and grow by them. What is opened here goes between the disk and the caller's memory
 * directly where the file system can (O_DIRECT), and through the cache where it cannot; the bytes are
 * the same. On a disk that takes 1.3 GB a second this saves two seconds of a core for each GB written.
 *
 * Rooms begin on DIRECT_BLOCK bytes and have whole blocks; places in the file are multiples of it.
 * Functions that answer false have left errno for files_trouble(). Any number of threads may use one
 * file at different places. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/why.h"

enum { DIRECT_BLOCK = 4096 };

/* len, and what is missing to a whole block. */
static inline size_t direct_whole(size_t len) {
    return (len + DIRECT_BLOCK - 1) / DIRECT_BLOCK * DIRECT_BLOCK;
}

/* Room for at least len bytes, direct_whole(len) of them usable, or NULL without memory. The caller
 * frees it with free(). What it holds is not said. */
void *direct_room_new(size_t len);

/* Opens path; flags as open() takes them, O_CLOEXEC comes by itself. -1 and errno on failure. */
int direct_open(const char *path, int flags);

/* A file without a name in folder, to be written and read; it goes when it is closed, or with the
 * process. -1 and errno on failure. */
int direct_open_nameless(const char *folder);

/* Writes whole blocks: len is a multiple of DIRECT_BLOCK. */
bool direct_write(int fd, const uint8_t *room, size_t len, uint64_t at);

/* Reads len bytes into a room of direct_whole(len). A file that ends before them is a failure with
 * errno 0. */
bool direct_read(int fd, uint8_t *room, size_t len, uint64_t at);

/* Forces the names in a folder to the disk. */
enum err direct_force_folder(const char *folder, struct why *why);
