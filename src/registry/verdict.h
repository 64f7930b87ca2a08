/* What an import says about one line of a file of people.
 *
 * Every line gets exactly one verdict, the first of verdict.def that holds. A refused line changes
 * nothing and loses nothing: corrected, it can be sent again at any time. Programs go by the names,
 * which never change; the sentences are for people and may be improved. [system.md 4.1.2] */
#pragma once

#include <stdbool.h>

/* In the order of the table: LINE_MALFORMED first, ACCEPTED, UPDATED and UNCHANGED last. */
enum verdict {
#define VERDICT(member, name, known, zh, en, next) member,
#include "registry/verdict.def"
    VERDICTS
};

/* How a verdict is told: to programs by its name, to people in both languages. */
struct verdict_text {
    const char *name;    /* "number-check-digit": for programs */
    bool known;          /* accepted, updated or unchanged: the person is in the registry */
    const char *zh, *en; /* for the person at the counter */
    const char *next;    /* what to do about it */
};

/* What is to be said about a verdict; static, never NULL. */
const struct verdict_text *verdict_text(enum verdict verdict);
