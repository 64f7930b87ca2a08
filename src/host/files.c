#include "host/files.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/ending.h"

/* What to do about what the system said. */
static const struct advice {
    int error;
    const char *next;
} advices[] = {
    {ENOSPC,       "free some space there, or name another place; nothing was half-written"      },
    {EDQUOT,       "your share of the disk is used up: free some space; nothing was half-written"},
    {EFBIG,        "this disk takes no file of that size; nothing was half-written"              },
    {EROFS,        "this disk cannot be written to: name another place"                          },
    {EACCES,       "check who may read and write there"                                          },
    {EPERM,        "check who may read and write there"                                          },
    {ENOENT,       "check that the place exists"                                                 },
    {ENAMETOOLONG, "a name on the way is too long: take a shorter one"                           },
    {ELOOP,        "the links lead round in a circle: name another place"                        },
    {EISDIR,       "that is a directory: name another place, or remove it"                       },
    {ENOTDIR,      "a part of the path is a file: name another place"                            },
    {EIO,          "the disk fails: check it before anything else is written to it"              },
    {EMFILE,       "raise the limit of open files (ulimit -n)"                                   },
};

/* A sentence has room for so much of a path; of a longer one its end says more than its beginning. */
enum { PATH_SHOWN = 240 };

/* errno is taken first: anything that is called on the way may change it. */
enum err files_trouble(struct why *why, const char *verb, const char *path) {
    int error = errno;
    const char *next = "check the place and try again";
    for (size_t i = 0; i < sizeof advices / sizeof advices[0]; i++) {
        if (advices[i].error == error) {
            next = advices[i].next;
        }
    }
    const char *said = error == ENOSPC ? "the disk is full" : strerror(error);
    size_t len = strlen(path);
    bool long_path = len > PATH_SHOWN;
    return why_say(why, ERR_OUTSIDE, "cannot %s %s%s: %s; %s", verb, long_path ? "..." : "",
        long_path ? path + (len - PATH_SHOWN) : path, said, next);
}

/* A pipe or a folder of some kinds has nothing to keep. Anything else means that bytes, or names, which
 * the system had taken are lost; the temporary file stays where it is, for the next writer. */
bool files_force(int fd, const char *path) {
    assert(fd >= 0);
    if (fsync(fd) == 0) {
        return true;
    }
    int error = errno;
    if (error == EINVAL || error == EROFS || error == ENOTSUP) {
        return false;
    }
    (void)fprintf(stderr,
        "shebao: the disk could not keep %s (fsync failed: %s); the program ends; check the disk, "
        "then "
        "start again: the last whole step is found again\n",
        path, error == ENOSPC ? "the disk is full" : strerror(error));
    _exit(ENDING_OUTSIDE);
}

/* A folder may end in a slash, as people type it; the result never holds two. */
bool files_join(char path[PATH_ROOM], const char *folder, const char *name) {
    size_t folder_len = strlen(folder);
    const char *slash = folder_len > 0 && folder[folder_len - 1] == '/' ? "" : "/";
    int len = snprintf(path, PATH_ROOM, "%s%s%s", folder, slash, name);
    bool fits = len > 0 && len < PATH_ROOM;
    if (!fits) {
        path[0] = '\0';
    }
    return fits;
}

/* The folder that path lies in: "." when it names none. */
static void folder_of(const char *path, char folder[PATH_ROOM]) {
    (void)snprintf(folder, PATH_ROOM, "%s", path);
    char *slash = strrchr(folder, '/');
    if (!slash) {
        (void)snprintf(folder, PATH_ROOM, ".");
    } else {
        slash[slash == folder ? 1 : 0] = '\0';
    }
}

/* Makes the names in the folder as lasting as what they name. */
static enum err force_folder_of(const char *path, struct why *why) {
    char folder[PATH_ROOM];
    folder_of(path, folder);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return files_trouble(why, "open", folder);
    }
    enum err err = files_force(fd, folder) ? OK : files_trouble(why, "force to the disk", folder);
    (void)close(fd);
    return err;
}

/* The temporary name is the same each time, so that what a killed program left behind is written
 * over and never piles up. "e" keeps the file from programs that we start. */
enum err new_file_begin(struct new_file *file, const char *path, struct why *why) {
    *file = (struct new_file){0};
    int path_len = snprintf(file->path, sizeof file->path, "%s", path);
    int len = snprintf(file->temporary, sizeof file->temporary, "%s.new", path);
    if (path_len <= 0 || len >= PATH_ROOM) {
        return why_say(why, ERR_INVALID, "the path \"%.60s...\" is too long: at most %d bytes",
            path, PATH_ROOM - 5);
    }
    file->stream = fopen(file->temporary, "we");
    return file->stream ? OK : files_trouble(why, "write", path);
}

/* The order is the promise: content to the disk, then the name, then the folder that holds the
 * name. errno of the first failure is kept past the closing. */
enum err new_file_keep(struct new_file *file, struct why *why) {
    assert(file->stream);
    bool written = fflush(file->stream) == 0 && !ferror(file->stream)
                   && files_force(fileno(file->stream), file->path);
    int error = errno;
    written = fclose(file->stream) == 0 && written;
    file->stream = NULL;
    if (!written || rename(file->temporary, file->path) != 0) {
        errno = written ? errno : error;
        enum err err = files_trouble(why, "write", file->path);
        (void)unlink(file->temporary);
        return err;
    }
    return force_folder_of(file->path, why);
}

/* Unlinking cannot be helped when it fails; the next writer of the same file overwrites it. */
void new_file_drop(struct new_file *file) {
    if (file->stream) {
        (void)fclose(file->stream);
        (void)unlink(file->temporary);
        file->stream = NULL;
    }
}

enum err files_remove(const char *path, struct why *why) {
    struct new_file beside = {0};
    int len = snprintf(beside.temporary, sizeof beside.temporary, "%s.new", path);
    if (len > 0 && len < PATH_ROOM && unlink(beside.temporary) != 0 && errno != ENOENT) {
        return files_trouble(why, "take away", beside.temporary);
    }
    return unlink(path) == 0 || errno == ENOENT ? OK : files_trouble(why, "take away", path);
}

enum err files_write(const char *path, struct bytes content, struct why *why) {
    NEW_FILE_SCOPE(file);
    enum err err = new_file_begin(&file, path, why);
    if (err) {
        return err;
    }
    if (content.len > 0) {
        (void)fwrite(content.at, 1, content.len, file.stream); /* told by new_file_keep() */
    }
    return new_file_keep(&file, why);
}

/* Reads len bytes, or as many as there are: the file may have shrunk since it was measured. */
static enum err read_fully(
    int fd, const char *path, struct file_content *content, size_t len, struct why *why) {
    content->at = malloc(len + 1);
    if (!content->at) {
        return why_say(why, ERR_OUTSIDE, "no memory for the %zu bytes of %s", len, path);
    }
    while (content->len < len) {
        ssize_t got = read(fd, content->at + content->len, len - content->len);
        if (got < 0 && errno != EINTR) {
            enum err err = files_trouble(why, "read", path);
            file_content_free(content);
            return err;
        }
        if (got == 0) {
            break;
        }
        content->len += got > 0 ? (size_t)got : 0;
    }
    content->at[content->len] = 0;
    return OK;
}

/* What can be told before anything is allocated: that it is a file, and of a size that belongs. */
static enum err read_open(
    int fd, const char *path, size_t max, struct file_content *content, struct why *why) {
    struct stat about;
    if (fstat(fd, &about) != 0) {
        return files_trouble(why, "read", path);
    }
    if (!S_ISREG(about.st_mode)) {
        return why_say(
            why, ERR_INVALID, "%s is no file but a folder or a device; put a file there", path);
    }
    if ((uintmax_t)about.st_size > max) {
        return why_say(why, ERR_INVALID,
            "%s has %jd bytes where at most %zu belong; put the right file there", path,
            (intmax_t)about.st_size, max);
    }
    return read_fully(fd, path, content, (size_t)about.st_size, why);
}

enum err files_read(const char *path, size_t max, struct file_content *content, struct why *why) {
    *content = (struct file_content){0};
    /* Without O_NONBLOCK a pipe of that name would hold us until somebody writes to it. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        int error = errno;
        enum err err = files_trouble(why, "read", path);
        return error == ENOENT ? ERR_NOT_FOUND : err;
    }
    enum err err = read_open(fd, path, max, content, why);
    (void)close(fd);
    return err;
}

void file_content_free(struct file_content *content) {
    free(content->at);
    *content = (struct file_content){0};
}

/* Somebody else may have made the same folder in this moment: that is as good as ours. */
static enum err make_one(const char *path, struct why *why) {
    struct stat about;
    if (mkdir(path, 0777) == 0) {
        return force_folder_of(path, why);
    }
    if (errno == EEXIST && stat(path, &about) == 0 && !S_ISDIR(about.st_mode)) {
        errno = ENOTDIR;
    } else if (errno == EEXIST) {
        return OK;
    }
    return files_trouble(why, "make the directory", path);
}

enum err files_make_folder(const char *path, struct why *why) {
    char part[PATH_ROOM];
    if (snprintf(part, sizeof part, "%s", path) >= PATH_ROOM) {
        return why_say(why, ERR_INVALID, "the path \"%.60s...\" is too long", path);
    }
    /* Each slash in turn becomes an end, so that every folder on the way is made or found. */
    enum err err = OK;
    for (char *slash = strchr(part + 1, '/'); slash && !err; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        err = make_one(part, why);
        *slash = '/';
    }
    return err ? err : make_one(part, why);
}

/* lstat: a link that leads nowhere is something of that name, too. */
bool files_exist(const char *path) {
    struct stat about;
    return lstat(path, &about) == 0;
}

/* Stops at the first real name, however many there are. */
bool files_folder_empty(const char *path) {
    DIR *folder = opendir(path);
    if (!folder) {
        return false;
    }
    size_t names = 0;
    while (names <= 2 && readdir(folder)) {
        names++;
    }
    (void)closedir(folder);
    return names <= 2; /* "." and ".." */
}
