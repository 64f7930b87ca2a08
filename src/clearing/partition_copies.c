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

/* The digest that a file claims. Files of earlier days, which were whole, come before all others. */
struct claim {
    uint8_t digest[SM3_LEN];
    int64_t file; /* -1: of an earlier day */
};

static int compare_claims(const void *a, const void *b) {
    const struct claim *x = a, *y = b;
    int order = memcmp(x->digest, y->digest, SM3_LEN);
    return order != 0 ? order : (x->file > y->file) - (x->file < y->file);
}

/* Files that an earlier day took. */
static size_t claims_of_page(const struct parts_day *page, struct claim *claims) {
    size_t count = 0;
    for (size_t i = 0; i < page->file_count; i++) {
        if (page->files[i].end == FILE_TAKEN) {
            (void)memcpy(claims[count].digest, page->files[i].digest, SM3_LEN);
            claims[count++].file = -1;
        }
    }
    return count;
}

/* Of several with one digest all but the first may be copies; of an earlier day's file for certain. */
static void mark_claims(struct parts_day *day, const struct claim *claims, size_t count) {
    for (size_t i = 1; i < count; i++) {
        if (claims[i].file < 0 || memcmp(claims[i].digest, claims[i - 1].digest, SM3_LEN) != 0) {
            continue;
        }
        assert(claims[i].file >= claims[i - 1].file);
        struct part_file *file = &day->files[claims[i].file];
        file->end = FILE_AGAIN; /* perhaps; who reads it looks */
        file->of_earlier = claims[i - 1].file < 0 || day->files[claims[i - 1].file].of_earlier;
    }
}

enum err parts_claims(struct parts_day *day, struct why *why) {
    size_t most = day->file_count + 1;
    for (size_t d = 0; d < day->earlier_count; d++) {
        most += day->pages[d].file_count;
    }
    struct claim *claims = calloc(most, sizeof *claims);
    if (!claims) {
        return why_say(
            why, ERR_OUTSIDE, "no memory for the digests of %zu files; end other programs", most);
    }
    size_t count = 0;
    for (size_t d = 0; d < day->earlier_count; d++) {
        count += claims_of_page(&day->pages[d], claims + count);
    }
    for (size_t i = 0; i < day->file_count; i++) {
        if (day->files[i].has_digest) {
            (void)memcpy(claims[count].digest, day->files[i].digest, SM3_LEN);
            claims[count++].file = (int64_t)i;
        }
    }
    qsort(claims, count, sizeof *claims, compare_claims);
    mark_claims(day, claims, count);
    free(claims);
    return OK;
}

/* Files that claim a digest that is not theirs are no copies of anything. */
enum err parts_find_copy(const struct parts_day *day, size_t index, bool *copy, struct why *why) {
    const struct part_file *file = &day->files[index];
    struct file_group *group = calloc(1, sizeof *group);
    enum err err = OK;
    *copy = file->of_earlier;
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
