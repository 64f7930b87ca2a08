#include "apps/vault_desk.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vaults/soft/soft_vault.h"

/* A story that is too long for a row is cut between two characters of UTF-8. */
static void copy_story(char to[AUDIT_SUBJECT_MAX + 1], const char *story) {
    size_t len = strnlen(story, AUDIT_SUBJECT_MAX + 1);
    while (len > AUDIT_SUBJECT_MAX || (len > 0 && ((unsigned char)story[len] & 0xC0) == 0x80)) {
        len--;
    }
    (void)memcpy(to, story, len);
    to[len] = '\0';
}

void refusals_hear(void *self, const char *story) {
    struct refusals *r = self;
    (void)pthread_mutex_lock(&r->mutex);
    if (r->count < REFUSALS_MAX) {
        copy_story(r->stories[r->count], story);
    }
    r->count++;
    (void)pthread_mutex_unlock(&r->mutex);
}

static enum err audit_rows(struct refusals *r, struct db *db, size_t *done, struct why *why) {
    size_t kept = r->count < REFUSALS_MAX ? r->count : REFUSALS_MAX;
    char more[64];
    enum err err = OK;
    while (!err && *done < kept) {
        err = db_audit(db, "vault", "request-refused", r->stories[*done], why);
        *done += err == OK;
    }
    if (!err && r->count > kept) {
        (void)snprintf(more, sizeof more, "%zu more requests", r->count - kept);
        err = db_audit(db, "vault", "request-refused", more, why);
        *done = err ? *done : r->count;
    }
    return err;
}

enum err refusals_audit(struct refusals *r, struct db *db, struct why *why) {
    size_t done = 0;
    (void)pthread_mutex_lock(&r->mutex);
    enum err err = audit_rows(r, db, &done, why);
    assert(done <= r->count);
    size_t left = r->count - done, kept = r->count < REFUSALS_MAX ? r->count : REFUSALS_MAX;
    for (size_t i = done; i < kept; i++) {
        (void)memmove(r->stories[i - done], r->stories[i], sizeof r->stories[i]);
    }
    r->count = left;
    (void)pthread_mutex_unlock(&r->mutex);
    return err;
}

/* What the child needs to know; its copy of the seed is all that leaves this process. */
struct seed_order {
    char seed[32];
    uint32_t region;
};

static enum err open_seed(void *self, struct vault *vaults, size_t count, struct why *why) {
    const struct seed_order *order = self;
    enum err err = OK;
    size_t opened = 0;
    while (!err && opened < count) {
        err = soft_vault_open_rehearsal(order->seed, order->region, &vaults[opened], why);
        opened += err == OK;
    }
    while (err && opened > 0) {
        opened--;
        vaults[opened].close(vaults[opened].self);
    }
    return err;
}

enum err vault_desk_rehearsal(const struct centre_file *file, struct refusals *refusals,
    struct vault *lines, size_t count, struct why *why) {
    struct seed_order order = {.region = (uint32_t)strtoul(file->region, NULL, 10)};
    const struct vault_keeper keeper = {&order, open_seed, CAGE_SOFT};
    const struct vault_watch watch = {refusals, refusals_hear};
    assert(file->rehearsal);
    (void)snprintf(order.seed, sizeof order.seed, "%" PRIu64, file->seed);
    return vault_process_open(&keeper, refusals ? &watch : NULL, lines, count, why);
}
