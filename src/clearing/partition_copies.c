#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clearing/partition_file.h"
#include "clearing/partition_parts.h"

/* The last bytes of a file, if it has them. */
static bool claim_of(const char *path, uint8_t digest[SM3_LEN]) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && lseek(fd, -(off_t)SM3_LEN, SEEK_END) >= 0
                && read(fd, digest, SM3_LEN) == SM3_LEN;
    if (fd >= 0) {
        (void)close(fd);
    }
    return good;
}

enum err parts_digests(struct parts_day *day, size_t worker, struct why *why) {
    enum { AT_ONCE = 64 };
    size_t at = 0, count = 0;
    (void)worker;
    (void)why;
    while ((count = parts_next(day, day->file_count, AT_ONCE, &at)) > 0) {
        for (size_t i = at; i < at + count; i++) {
            struct part_file *file = &day->files[i];
            file->has_digest = claim_of(day->order->files[i], file->digest);
        }
    }
    return OK;
}

struct claim {
    uint8_t digest[SM3_LEN];
    uint32_t file;
};

static int compare_claims(const void *a, const void *b) {
    const struct claim *x = a, *y = b;
    int order = memcmp(x->digest, y->digest, SM3_LEN);
    return order != 0 ? order : (x->file > y->file) - (x->file < y->file);
}

enum err parts_claims(struct parts_day *day, struct why *why) {
    size_t count = 0;
    struct claim *claims = calloc(day->file_count + 1, sizeof *claims);
    if (!claims) {
        return why_say(why, ERR_OUTSIDE,
            "no memory for the digests of %zu files; end other programs", day->file_count);
    }
    for (size_t i = 0; i < day->file_count; i++) {
        if (day->files[i].has_digest) {
            (void)memcpy(claims[count].digest, day->files[i].digest, SM3_LEN);
            claims[count++].file = (uint32_t)i;
        }
    }
    qsort(claims, count, sizeof *claims, compare_claims);
    for (size_t i = 1; i < count; i++) {
        if (memcmp(claims[i].digest, claims[i - 1].digest, SM3_LEN) == 0) {
            assert(claims[i].file > claims[i - 1].file);
            day->files[claims[i].file].end = FILE_AGAIN; /* perhaps; parts_find_copy() knows */
        }
    }
    free(claims);
    return OK;
}

/* Files that claim a digest that is not theirs are no copies of anything. */
enum err parts_find_copy(const struct parts_day *day, size_t index, bool *copy, struct why *why) {
    const struct part_file *file = &day->files[index];
    struct file_group *group = calloc(1, sizeof *group);
    enum err err = OK;
    *copy = false;
    if (!group) {
        return why_say(why, ERR_OUTSIDE, "no memory for a file; end other programs");
    }
    for (size_t i = 0; !err && !*copy && i < index; i++) {
        const struct part_file *other = &day->files[i];
        if (other->has_digest && memcmp(other->digest, file->digest, SM3_LEN) == 0) {
            err = file_group_read(group, &day->order->files[i], 1, why);
            *copy = !err && !group->files[0].trouble;
        }
    }
    file_group_free(group);
    free(group);
    return err;
}
