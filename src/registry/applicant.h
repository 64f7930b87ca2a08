/* Whether somebody may have a card applied for, and who may act for a child. [system.md 4.1.1, 4.1.2 (2),
 * 4.1.3]
 *
 * Nothing is changed here. The questions come in the order of applicant.def, and the first that stands in
 * the way is the answer, with its number as live systems give it and what to do about it. */
#pragma once

#include "registry/person_item.h"

/* In the order of the table; APPLICANT_MAY when nothing stands in the way. */
enum applicant_answer {
#define APPLICANT(member, answer, zh, en, next) member,
#include "registry/applicant.def"
    APPLICANT_MAY
};

struct applicant_text {
    int answer; /* 1 to 4 */
    const char *zh, *en, *next;
};
/* The line of the table; not for APPLICANT_MAY. Static. */
const struct applicant_text *applicant_text(enum applicant_answer answer);

/* Who asks for what. Borrowed. */
struct applicant {
    const char *number;   /* citizen number of whom the card is for */
    const char *name;     /* as it was written down, or NULL: not compared */
    const char *guardian; /* the number of the document of who acts for a child, or NULL */
    bool running;         /* an application of theirs is open */
    uint32_t day;
};

/* Answers; *person is whom the number names, unless nobody is. ERR_INVALID: the number is none. */
enum err applicant_ask(const struct person_desk *desk, const struct applicant *applicant,
    struct person *person, enum applicant_answer *answer, struct why *why);

/* Years of age under which a guardian acts, and whether the person is younger on that day. */
enum { AGE_OF_ONE_S_OWN = 16 };
bool person_is_child(const struct person *person, uint32_t day);

/* Whether who holds that document may act for the person, at an application or when a card is fetched:
 * for a child only the guardian of the record. NULL: the person acts. */
enum err guardian_ask(const struct person_desk *desk, const struct person *person, uint32_t day,
    const char *guardian, enum applicant_answer *answer, struct why *why);
