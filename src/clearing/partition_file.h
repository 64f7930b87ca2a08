/* Upload files for a partitioned day, several at a time: read, and checked to their seals.
 *
 * A file is whole here exactly when upload_open() and upload_next() come to its end, and bad for the
 * reason that they give; but records are looked at where they lie, and the files of a group are hashed
 * side by side. [bulk/digests.h] */
#pragma once

#include "clearing/clearing.h"

enum {
    FILES_AT_ONCE = 32,
    FILES_BYTES = 4 * 1024 * 1024, /* of a group, unless its first file is longer */
};

/* One file of a group. */
struct group_file {
    struct bytes bytes;  /* in the group's room; empty when it could not be read */
    const char *trouble; /* why it is not whole, as a borrowed sentence, or NULL */
    struct upload_header header;
    uint32_t count; /* records */
    int64_t fen;
    const uint8_t *digest; /* SM3_LEN bytes, in its trailer */
};

/* Files in a room that grows as needed and is used again. Begins as {0}; free with
 * file_group_free(). */
struct file_group {
    uint8_t *at;
    size_t room;
    size_t count;
    struct group_file files[FILES_AT_ONCE];
};
void file_group_free(struct file_group *group);

/* Reads the first of `count` files and as many behind it as a group takes, which group->count then
 * says, and checks them. A file that cannot be read or is too long is bad, and no failure; ERR_OUTSIDE
 * without memory. */
enum err file_group_read(
    struct file_group *group, const char *const *paths, size_t count, struct why *why);
