/* What a production cell writes down, and needs from a store: runs, pieces, faces, quality sheets.
 * [system.md 4.2.4; decision 0042]
 *
 * A run 生产 is one batch in one cell under one operator and one reviewer. A piece 工件 is one blank on
 * its way through the cell: it is written down before the chip is touched, and again when it is
 * known what became of it, so that at any moment, after a kill too, the rows say which blanks are
 * somewhere in the machine. Rules of transactions and errors are those of issuance_store.h; the
 * same database, the same scopes. Nothing here holds a name, a citizen's number or a secret. */
#pragma once

#include "issuance/issuance_store.h"
#include "wire/apdu.h"

enum {
    MACHINE_MAX = 16, /* letters of a machine's name */
    FACE_DIGEST_LEN = 32,
    PIECE_REASON_MAX = REASON_MAX,
};

/* What became of a piece; the codes stand in the database. Received = passed + rejected + returned,
 * once none is in the machine. */
enum piece_state {
    PIECE_TAKEN = 0,    /* in the machine, or nobody knows yet */
    PIECE_PASSED = 1,   /* a good card, read back */
    PIECE_REJECTED = 2, /* spoiled, to be destroyed */
    PIECE_RETURNED = 3, /* untouched: it went back as the blank that it was */
    PIECE_STATES
};

/* A run. */
struct production_run {
    int64_t id, batch;
    char machine[MACHINE_MAX + 1];
    char officer[OFFICER_MAX + 1], second[OFFICER_MAX + 1]; /* operator and reviewer */
    int64_t first,
        count;   /* serials of the blanks that were drawn for it; 0, 0: one for each number */
    int profile; /* enum profile_name */
    uint8_t key_version;
    uint32_t day;
    bool tested; /* its test card was good */
    bool ended;
};

/* A piece. */
struct production_piece {
    int64_t run, serial;
    int64_t batch;
    int32_t seq; /* of the line; 0 for the test card */
    enum piece_state state;
    int seat; /* which reader of the cell, from 0 */
    uint8_t atr[ATR_MAX];
    size_t atr_len;
    uint8_t key_version;
    int64_t commands, micros; /* sent, and how long it took */
    char reason[PIECE_REASON_MAX + 1];
};

/* Which pieces are meant: those of a run with serials above after, in one state; PIECE_STATES for
 * all. */
struct piece_question {
    int64_t run;
    enum piece_state only;
    int64_t after;
};

/* How many pieces of a run are in which state; the test card is not among them. */
struct production_counts {
    int64_t by[PIECE_STATES];
    int64_t received; /* all of them */
};

/* What a line's face has to say, as a digest over its words and its picture. [face_match.h] */
struct production_face {
    int64_t batch;
    int32_t seq;
    char card_number[CARD_NUMBER_LEN + 1];
    uint8_t digest[FACE_DIGEST_LEN];
};

/* A line of the quality sheet. */
struct production_quality {
    int64_t batch;
    int32_t seq;
    unsigned faults; /* bits of quality.def; 0: good */
    char face_number[CARD_NUMBER_LEN + 1], chip_number[CARD_NUMBER_LEN + 1]; /* as they were read */
    uint32_t day;
    char officer[OFFICER_MAX + 1];
};

/* The table of functions. self is the store's own and comes first in every call. */
struct production_store {
    void *self;
    /* Fills in run->id. ERR_CONFLICT when the batch has a run that has not ended. */
    enum err (*run_add)(void *self, struct production_run *run, struct why *why);
    enum err (*run_get)(void *self, int64_t id, struct production_run *run, struct why *why);
    /* The newest run of a batch, ended or not. */
    enum err (*run_of_batch)(
        void *self, int64_t batch, struct production_run *run, struct why *why);
    /* Writes tested, ended, first and count. */
    enum err (*run_change)(void *self, const struct production_run *run, struct why *why);

    /* ERR_CONFLICT when the run has that serial already. */
    enum err (*piece_add)(void *self, const struct production_piece *piece, struct why *why);
    /* What became of one that is PIECE_TAKEN; ERR_CONFLICT when it is not. */
    enum err (*piece_settle)(void *self, const struct production_piece *piece, struct why *why);
    /* The pieces that a question means, in the order of their serials; *count as in lines_after(). */
    enum err (*pieces_after)(void *self, const struct piece_question *question,
        struct production_piece *list, size_t *count, struct why *why);
    /* The highest serial from first to last that the run has taken; 0 when none. */
    enum err (*serial_last)(
        void *self, int64_t run, int64_t first, int64_t last, int64_t *serial, struct why *why);
    /* How many pieces were spoiled for a line in all its runs. */
    enum err (*tries)(void *self, int64_t batch, int32_t seq, int64_t *tries, struct why *why);
    enum err (*counts)(void *self, int64_t run, struct production_counts *counts, struct why *why);

    /* The face of a line; a second one is ERR_CONFLICT. */
    enum err (*face_add)(void *self, const struct production_face *face, struct why *why);
    enum err (*face_get)(
        void *self, int64_t batch, int32_t seq, struct production_face *face, struct why *why);

    /* A line of the sheet; ERR_CONFLICT when it was judged already. */
    enum err (*quality_add)(void *self, const struct production_quality *line, struct why *why);
    /* Lines of a batch's sheet with seq above after, in order. */
    enum err (*quality_after)(void *self, int64_t batch, int32_t after,
        struct production_quality *list, size_t *count, struct why *why);
};
