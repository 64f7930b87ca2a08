/* Files that are whole or absent, whatever happens to the power, the disk or the program.
 *
 * A new file is written beside its place under a name of its own, forced to the disk, renamed over
 * the old one, and the directory is forced to the disk too: after any interruption there stands the
 * old content or the new, never a part. A temporary file left by a killed program ends in ".new"
 * and is overwritten by the next writer of the same file. Errors name the file, say what the system
 * said and what to do next; a full disk says so. A disk that fails to keep what was forced ends the
 * process. One writer for one path at a time. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/bytes.h"
#include "host/why.h"

enum { PATH_ROOM = 1024 };

/* Writes "folder/name" to path. False when it does not fit, and path is then empty. */
bool files_join(char path[PATH_ROOM], const char *folder, const char *name);

/* Puts content in place of whatever path held. */
enum err files_write(const char *path, struct bytes content, struct why *why);

/* A file that grows before it takes its place: for what is too long to hold. Leave the scope
 * without new_file_keep() having succeeded, and nothing has changed. */
struct new_file {
    FILE *stream; /* NULL when there is nothing to drop; write to it with the usual functions */
    char path[PATH_ROOM];
    char temporary[PATH_ROOM];
};
enum err new_file_begin(struct new_file *file, const char *path, struct why *why);
/* Forces everything to the disk and puts the file in its place. What failed while writing is told
 * here: nobody needs to look at the result of fprintf() before. */
enum err new_file_keep(struct new_file *file, struct why *why);
void new_file_drop(struct new_file *file);
#define NEW_FILE_SCOPE(name) __attribute__((cleanup(new_file_drop))) struct new_file name = {0}

/* A file read whole. content.at is owned by the struct and ends with a 0 that len does not count,
 * so that text can be used as such. */
struct file_content {
    uint8_t *at;
    size_t len;
};
/* Reads all of path. ERR_NOT_FOUND when there is none, ERR_INVALID when it is longer than max or is
 * no ordinary file, ERR_OUTSIDE when the disk fails. *content is empty on failure. */
enum err files_read(const char *path, size_t max, struct file_content *content, struct why *why);
void file_content_free(struct file_content *content);
#define FILE_CONTENT_SCOPE(name)                                                                   \
    __attribute__((cleanup(file_content_free))) struct file_content name = {0}

/* Makes the folder and those above it that are missing; fine when it exists. */
enum err files_make_folder(const char *path, struct why *why);

/* Takes a file away, with what an interrupted writing of it left beside it; one that is not there is away
 * already. */
enum err files_remove(const char *path, struct why *why);

/* Forces what was written to fd to the disk; for a folder, the names in it. path is for the sentence.
 * When the disk could not keep it, the process ends with ENDING_OUTSIDE: Linux tells of a failed fsync
 * once, and what is asked next may get a false yes. [decision 0051] False, with errno, when fd is no
 * thing that can be forced. */
bool files_force(int fd, const char *path);

/* True when something of that name exists, whatever it is. */
bool files_exist(const char *path);

/* True when the folder exists and holds nothing. */
bool files_folder_empty(const char *path);

/* Turns errno, as the system left it, into a sentence: "cannot VERB PATH: what it said; next step".
 * Always ERR_OUTSIDE. */
enum err files_trouble(struct why *why, const char *verb, const char *path);
