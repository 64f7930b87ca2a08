/* The life of a photo: it comes, is judged, waits for a person where the rule does not know, and expires.
 * [system.md 4.0.3, 4.1.3]
 *
 * photo 1: a person's record says that there is a photo exactly while one is usable, by a row of its history.
 * photo 2: the same file for the same person again is the same photo: it may be sent again when an answer
 *          was lost.
 * photo 3: who took a photo does not decide about it.
 *
 * Each function is one transaction with its row of the audit chain. */
#pragma once

#include "capture/capture_store.h"
#include "capture/photo_skill.h"

/* A photo as it came. Borrowed. */
struct photo_offer {
    int64_t person;
    struct bytes file; /* as it came: only its digest is kept */
    const struct photo_seen *seen;
    uint32_t taken; /* the day on which it was taken */
};

/* Keeps the photo in the state that the rule gives it, also a rejected one: its reason is told again at the
 * counter. *photo is filled in. ERR_DENIED: the officer is not of a service point; ERR_CONFLICT: it was taken
 * too long ago (photo-days) or in the future, or the record stands aside or is frozen. */
enum err photo_take(const struct capture_desk *desk, const struct photo_offer *offer,
    struct photo *photo, struct why *why);

/* A person decides about a photo that waits: usable, or rejected with a reason. The same decision again is
 * answered OK. ERR_DENIED: the officer is no approver, or took it; ERR_INVALID: no reason;
 * ERR_CONFLICT: it waits no longer. */
enum err photo_decide(const struct capture_desk *desk, int64_t id, bool usable, const char *reason,
    struct photo *photo, struct why *why);

/* Ends every usable photo that was taken more than photo-days before the desk's day; *count says how many.
 * One transaction each, so that it can be stopped and begun again. */
enum err photo_expire(const struct capture_desk *desk, int64_t *count, struct why *why);
