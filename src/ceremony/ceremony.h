/* Holding a ceremony: a plan, two officers, a ring of keys, and a transcript. [system.md 6.1;
 * decision 0028]
 *
 * A ceremony works on a copy of the vault's keys. Each step does its work, keeps the copy encrypted
 * beside the transcript (FOLDER/ring.N.vault, under the same two custodians), and then adds its line
 * to FOLDER/transcript.txt, whole or not at all: the line is what makes the step done. Whatever a step
 * leaves outside of that (shares in FOLDER/shares, chips) it writes anew when it is held again. After
 * the last step the copy takes the vault's place, and the transcript is signed.
 *
 *     begin -> step 1 -> .. -> step n -> kept in the vault -> signed
 *       |________|________|_______|            (held again: goes on behind the last line)
 *                    v
 *                  undone: copy, shares, chips and transcript go; the vault was never touched
 *
 * ceremony 1: the vault changes once, after the last step, or not at all.
 * ceremony 2: a step is done when its line is in the transcript.
 * ceremony 3: no root and no part of one is ever in a file but encrypted.
 * ceremony 4: two different officers on duty are present, whenever it is begun, taken up or undone.
 *
 * Nothing here reads a terminal, a clock or a database: the house hands in who can. */
#pragma once

#include "ceremony/ceremony_plan.h"
#include "ceremony/transcript.h"
#include "reader/reader.h"
#include "vaults/soft/key_ring.h"

enum { MOMENT_ROOM = 17 }; /* "2003-10-08T09:00" */

/* What the house brings; all of it borrowed, each self is given back to its functions. */
struct ceremony_house {
    void *self;
    const char *folder;      /* of this ceremony, exists */
    struct custodians vault; /* who keep the ring: of its copies here, too */
    struct vault_cost cost;  /* of everything that is sealed */
    bool rehearsal;          /* chance comes from the seed, moments from the plan */
    uint64_t seed;
    /* What only this person knows, to text (PASSPHRASE_MAX + 1); the caller wipes it. */
    enum err (*said)(void *self, const char *code, uint8_t *text, size_t *len, struct why *why);
    /* OK when this person is a key officer on duty and is who they say: ERR_DENIED otherwise. */
    enum err (*sign_in)(void *self, const char *code, struct why *why);
    /* A new blank chip of that name and serial in a reader, in place of any that has the name;
     * module: a PSAM's, on its own shelf. */
    enum err (*blank)(void *self, const char *name, bool module, uint32_t serial,
        struct reader *out, struct why *why);
    /* Takes a chip of that name away again; none is fine. */
    enum err (*discard)(void *self, const char *name, bool module, struct why *why);
    /* OK when nothing that is in use has this version any more; ERR_CONFLICT says what has. */
    enum err (*unused)(void *self, const struct plan_key *key, struct why *why);
    /* The ring takes the vault's place, and registers learn of carriers and modules; may be asked
     * again after an interruption, and does nothing then that was done. */
    enum err (*keep)(void *self, const struct plan *plan, struct key_ring *ring, struct why *why);
    /* Whether keep() has put this ring into the vault. */
    enum err (*kept)(void *self, const struct key_ring *ring, bool *kept, struct why *why);
    /* The wall's minute, for a real ceremony. */
    void (*now)(void *self, char text[MOMENT_ROOM]);
    /* May be NULL. Called after each thing that is written, for those who try what a cut leaves. */
    void (*reached)(void *self, const char *what);
};

/* Holds the ceremony from where it stands to its end. ring is the vault's, in a room for secrets; a
 * ceremony that is taken up takes its copy instead. Afterwards it is what the vault has. ERR_CONFLICT
 * when it was held to its end already, or under another plan; ERR_DENIED for officers; otherwise what
 * the step says, with its line in front. After a failure everything is as behind the last line. */
enum err ceremony_hold(const struct ceremony_house *house, const struct plan *plan,
    struct key_ring *ring, struct why *why);

/* Takes back everything that an unfinished ceremony has left. ERR_CONFLICT when it has ended or is kept
 * in the vault: it can only be finished then. ERR_NOT_FOUND when none was begun. */
enum err ceremony_undo(const struct ceremony_house *house, const struct plan *plan,
    struct key_ring *ring, struct why *why);

/* How far one stands: steps done, and whether it has ended. ERR_NOT_FOUND when it was never begun. */
struct ceremony_state {
    size_t done;
    bool ended;
};
enum err ceremony_look(const struct ceremony_house *house, const struct plan *plan,
    struct ceremony_state *state, struct why *why);

/* The seed of the centre's signing key: it is made from the ring, and as secret. */
void ceremony_signing_seed(const struct key_ring *ring, uint8_t seed[SIGNING_SEED_LEN]);

/* A ring for a rehearsal: version 1 of every line, from the seed. */
enum err ceremony_rehearsal_ring(
    struct key_ring *ring, uint32_t region, uint64_t seed, struct why *why);
