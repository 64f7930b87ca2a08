/* Two records that may be one person: found, put into a queue, decided by two officers, undone if
 * that was wrong. [system.md 4.1.2 (1), (2), errors and answers]
 *
 * A number of 15 digits is read as the same 18 from the start, so what is sought are two different
 * numbers: the same but for the century, the same but for the birth date, or another number with
 * name (or a name that sounds alike), sex and birth the same. In a city of ten millions hundreds of
 * thousands of pairs share name and birth by chance; so each pair gets points for what else speaks
 * for one person (telephone, address, employer, a slip in the number), and only pairs with enough
 * of them wait for people. The lines of an import whose number is known under another name wait in
 * the same queue.
 *
 * What two officers can decide:
 *   merge      one person: both numbers and all cards lead to the record that stays; the other one
 *              keeps its history and stands aside. A waiting line: its name is taken.
 *   different  two persons: the pair is never found again. A waiting line: its name is refused.
 *   freeze     two persons, one number, or nobody knows: no card, no change, cards that are in use
 *              are locked, until the police have written and the case is undone and decided anew.
 *
 * duplicates 1: one living person has one valid card: two records that both have a card that is not
 *               cancelled, or an open application, are not merged; one is cancelled first (97).
 * duplicates 2: who agrees is another officer than who decided.
 * duplicates 3: undone, a case waits again with its records, numbers and cards as they were.
 *
 * Each function is one transaction with its audit row. One thread at a time. */
#pragma once

#include "registry/person_store.h"

/* In the order of the table. */
enum duplicate_rule {
#define DUPLICATE_RULE(member, name, points, zh, en) member,
#include "registry/duplicate_rule.def"
    DUPLICATE_RULES
};

struct duplicate_rule_text {
    const char *name; /* for programs */
    int points;
    const char *zh, *en;
};

/* The line of duplicate_rule.def; static. */
const struct duplicate_rule_text *duplicate_rule_text(enum duplicate_rule rule);

/* The words of a decision, "merge", and of a state, "open"; static. */
const char *duplicate_decision_name(enum duplicate_decision decision);
const char *duplicate_state_name(enum duplicate_state state);
/* DECISION_NONE for a word that is none. */
enum duplicate_decision duplicate_decision_named(const char *word);

/* How much speaks for one person, 0 to 100; *rule is given as the key says it, and is told apart
 * here: NAME_BIRTH or SOUND_BIRTH by the names, SAME_15 or CORRECTED by the numbers. */
int duplicate_score(const struct person *a, const struct person *b, enum duplicate_rule *rule);

/* What to search for, and whom to tell; borrowed. */
struct duplicate_order {
    uint32_t day;       /* of the cases */
    int least;          /* points that a pair needs */
    const char *folder; /* where the sorting may keep its files; they have no names there */
    /* Told how many persons or pairs of so many are done; may be NULL. */
    void (*moved)(void *cookie, uint64_t done, uint64_t of);
    void *cookie;
};

struct duplicate_found {
    uint64_t persons; /* looked at */
    uint64_t pairs;   /* compared */
    uint64_t likely;  /* of these, with points enough */
    uint64_t added;   /* of these, new in the queue; lines that waited are among them */
};

/* The most persons with one key that are all compared with each other: more have nothing but a
 * common name in common, and the first of them are compared. */
enum { DUPLICATE_GROUP_MAX = 64 };

/* Searches everybody. Memory is bounded, however many they are: keys are spread over files, 16 bytes
 * for each of three keys of a person, and sorted file by file. Killed, it may be begun again;
 * what was added stays and is not added twice. ERR_OUTSIDE: disk, memory or database failed. */
enum err duplicate_find(const struct person_desk *desk, const struct duplicate_order *order,
    struct duplicate_found *found, struct why *why);

/* What an officer does about a case. Borrowed. */
struct duplicate_say {
    int64_t id;
    enum duplicate_decision decision; /* duplicate_decide() only */
    int64_t keep;                     /* merge of two records: the person whose record stays */
    const char *reason;               /* of the decision or of its undoing, at least one letter */
    const char *who, *second;         /* officers; second for duplicate_undo() only */
    uint32_t day, time;
};

/* An officer of a service point says what it is; the case then waits for another one. ERR_CONFLICT:
 * it is not open; a merge that duplicates 1 forbids. ERR_INVALID: no decision, no reason, or keep is
 * neither of the two. */
enum err duplicate_decide(
    const struct person_desk *desk, const struct duplicate_say *order, struct why *why);
/* An approver agrees, and it is done; or does not, and the case is open again. ERR_DENIED: the same
 * person, or no approver. */
enum err duplicate_agree(const struct person_desk *desk, const struct duplicate_say *order,
    bool agreed, struct why *why);
/* Two officers take a decision back: a service point's and an approver. ERR_CONFLICT: it was never
 * decided; or the records have changed so that it cannot be taken back. A name that was taken is
 * not taken back here: that is a change with a proof. */
enum err duplicate_undo(
    const struct person_desk *desk, const struct duplicate_say *order, struct why *why);
