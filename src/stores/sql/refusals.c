#include "stores/sql/refusals.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

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

bool refusals_waiting(struct refusals *r) {
    (void)pthread_mutex_lock(&r->mutex);
    bool waiting = r->count > 0;
    (void)pthread_mutex_unlock(&r->mutex);
    return waiting;
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
