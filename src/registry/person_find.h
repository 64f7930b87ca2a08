/* Finding persons at a counter or by telephone. [system.md 4.4.5, 6.3.3]
 *
 * What is known of somebody is one of:
 *   a number       15 or 18 characters, or the first 6 to 17 digits of one
 *   a name         exactly, or as it sounds; a character that nobody can type is given by its code
 *                  point (李U+2A346), one that nobody can read by a placeholder (李□, 李?): any one
 *                  letter; a star at the end stands for any letters (欧阳*)
 *   an employer    its number or its whole name
 *   a telephone    whole
 *   a batch        of cards, or one box of it
 *
 * Names, employers and telephones are found through an index that follows the persons; person_index()
 * brings it up to date, and finding without it would miss whom the last file brought. Answers pass
 * by one after another, never more than the limit. Who was sought, and why, is a row of the
 * audit chain (without any name or number in it) before the first answer is given. Records that stand aside are
 * found with what they say of themselves; whoever shows them says so.
 *
 * One thread at a time. */
#pragma once

#include "registry/person_store.h"

/* How somebody is sought. */
enum find_by { FIND_NUMBER, FIND_NAME, FIND_SOUND, FIND_EMPLOYER, FIND_PHONE, FIND_BATCH };

/* A question. Everything is borrowed. */
struct find_order {
    enum find_by by;
    const char *what;   /* a number, a name, an employer, a telephone; not for a batch */
    int64_t batch, box; /* FIND_BATCH; box 0: all of it */
    uint64_t limit;     /* at least 1 */
    const char *who;    /* the officer who asks, or "system" */
    const char *reason; /* 1 to REASON_ROOM - 1 bytes; the chain keeps what fits of it */
    /* Told of each person found; false ends the search. */
    bool (*told)(void *cookie, const struct person *person);
    void *cookie;
};

/* Answers. *more says that the limit ended it while there were others. ERR_INVALID: what is sought
 * cannot be anything of its kind, or no reason; ERR_OUTSIDE: the store failed. Nobody found is OK. */
enum err persons_find(const struct person_desk *desk, const struct find_order *order,
    uint64_t *found, bool *more, struct why *why);

/* Brings the index up to date; moved (may be NULL) is told how many persons of how many are in. */
enum err person_index(const struct person_desk *desk,
    void (*moved)(void *cookie, uint64_t done, uint64_t of), void *cookie, struct why *why);

/* A name as it was typed, read: U+XXXXX is the character of that code, "?", "？", "□", "〓" and "＊"
 * are placeholders, "*" at the end stands for any letters. */
struct name_pattern {
    int32_t letters[50]; /* -1: any one */
    size_t count;
    bool open;  /* any letters may follow */
    bool plain; /* neither placeholder nor star: a whole name */
};

/* False for what is no name however it is read. */
bool name_pattern_read(const char *typed, struct name_pattern *pattern);
/* True when the name is one of those that the pattern stands for; blanks do not count. */
bool name_pattern_fits(const struct name_pattern *pattern, const char *name);
