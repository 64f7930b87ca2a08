/* The written plan of a ceremony, read whole before anything is done. [system.md 6.1; decision 0028]
 *
 * A plan is a text file. '#' begins a comment, empty lines are nothing. Three lines come first, each
 * once; every other line is a step of ceremony_step.def:
 *
 *     ceremony 2003-001
 *     begin 2003-10-08 09:00
 *     officers key-a key-b
 *     generate DPK 3DES 2
 *     split DPK 3DES 2 into 3 of 5 for zhang li wang zhao chen
 *
 * The plan's digest stands on the transcript: a ceremony that was interrupted goes on with the
 * same plan only. Reading decides nothing about keys, files or persons; it refuses what is no plan,
 * naming the line. */
#pragma once

#include "ceremony/share_file.h"

enum { PLAN_STEPS_MAX = 64, PLAN_MAX = 65536, PLAN_PATH_MAX = 200, PLAN_TEXT_MAX = 600 };

enum step_kind {
#define STEP(name, word, pattern, changes, hold, undo, help) STEP_##name,
#include "ceremony/ceremony_step.def"
    STEP_KINDS
};

/* One version of one key. */
struct plan_key {
    uint16_t name; /* enum key_name */
    uint8_t algorithm, version;
};

/* A step, decoded; what its pattern does not have is zero. */
struct plan_step {
    enum step_kind kind;
    unsigned line; /* of the plan, from 1 */
    struct plan_key key, other;
    uint64_t k, n, count;
    uint32_t serial;
    uint64_t terminal; /* twelve digits */
    uint8_t check[3];
    char path[PLAN_PATH_MAX + 1];
    char institution[CODE_MAX + 1];
    char holders[SHAMIR_PARTS_MAX][CODE_MAX + 1];
    uint8_t holder_count;
    char text[PLAN_TEXT_MAX + 1]; /* its words, one blank between them */
};

struct plan {
    char order[CODE_MAX + 1];
    uint32_t day;    /* YYYYMMDD */
    unsigned minute; /* of the day */
    char officers[2][CODE_MAX + 1];
    struct plan_step steps[PLAN_STEPS_MAX];
    size_t count;
    uint8_t digest[SM3_LEN];
};

/* The word, pattern and help of a kind of step, and whether it changes keys; static. */
struct step_line {
    const char *word, *pattern, *help;
    bool changes;
};
const struct step_line *step_line(enum step_kind kind);

/* Reads a plan. ERR_INVALID names the line and what was expected there. */
enum err plan_read(struct bytes text, struct plan *plan, struct why *why);

/* "DPK 3DES 2", for sentences, lines and file names. */
enum { KEY_TEXT_ROOM = 48 };
const char *plan_key_text(const struct plan_key *key, char text[KEY_TEXT_ROOM]);
