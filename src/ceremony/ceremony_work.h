/* Between ceremony.c, which keeps the order of things, and those that do them: ceremony_keys.c,
 * ceremony_shares.c and ceremony_chips.c. */
#pragma once

#include "ceremony/ceremony.h"
#include "host/files.h"

/* A ceremony under way. */
struct ceremony_work {
    const struct ceremony_house *house;
    const struct plan *plan;
    struct key_ring *ring;
    struct chance chance;                /* of the step */
    char facts[TRANSCRIPT_LINE_MAX / 2]; /* what the step adds to its line: check values, seals */
};

/* Does one step of its kind on work->ring, and outside of it only what doing it again repeats. */
enum err hold_generate(struct ceremony_work *work, const struct plan_step *step, struct why *why);
enum err hold_components(struct ceremony_work *work, const struct plan_step *step, struct why *why);
enum err hold_split(struct ceremony_work *work, const struct plan_step *step, struct why *why);
enum err hold_recover(struct ceremony_work *work, const struct plan_step *step, struct why *why);
enum err hold_import(struct ceremony_work *work, const struct plan_step *step, struct why *why);
enum err hold_import_key(struct ceremony_work *work, const struct plan_step *step, struct why *why);
enum err hold_share_card(struct ceremony_work *work, const struct plan_step *step, struct why *why);
enum err hold_mother(struct ceremony_work *work, const struct plan_step *step, struct why *why);
enum err hold_transport(struct ceremony_work *work, const struct plan_step *step, struct why *why);
enum err hold_psam_batch(struct ceremony_work *work, const struct plan_step *step, struct why *why);
enum err hold_close(struct ceremony_work *work, const struct plan_step *step, struct why *why);
enum err hold_destroy(struct ceremony_work *work, const struct plan_step *step, struct why *why);

/* Takes away what a step of these kinds may have left outside of the ring. */
enum err undo_shares(struct ceremony_work *work, const struct plan_step *step, struct why *why);
enum err undo_carrier(struct ceremony_work *work, const struct plan_step *step, struct why *why);
enum err undo_modules(struct ceremony_work *work, const struct plan_step *step, struct why *why);

/* The ring's entry of a version, or NULL; and the root of one that answers: ERR_NOT_FOUND when there is
 * none, ERR_DENIED when it is closed. Borrowed. */
struct ring_key *ceremony_held(struct ceremony_work *work, const struct plan_key *key);
enum err ceremony_root_of(struct ceremony_work *work, const struct plan_key *key,
    const struct key128 **root, struct why *why);

/* Puts a new root into the ring and tells its check value. */
enum err ceremony_put_root(struct ceremony_work *work, const struct plan_key *key,
    const struct key128 *root, struct why *why);

/* Makes the step's carrier with that content, reads it back, and tells its seal. */
enum err ceremony_carrier(struct ceremony_work *work, const struct plan_step *step,
    struct bytes content, struct why *why);

/* The first digits of a digest: what is written on the envelope. */
enum { SEAL_LEN = 8 };
void ceremony_seal(struct bytes content, char seal[SEAL_LEN + 1]);

/* Adds to work->facts; false when there is no more room, of which ceremony_facts_full() tells. */
bool ceremony_fact(struct ceremony_work *work, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
enum err ceremony_facts_full(struct why *why);
enum err ceremony_tell_check(
    struct ceremony_work *work, const char *word, const struct plan_key *key, struct why *why);

/* Where the shares of this ceremony lie. */
bool ceremony_shares(const struct ceremony_work *work, char path[PATH_ROOM]);

/* Tells the house what was written. */
void ceremony_reached(const struct ceremony_work *work, const char *what);
