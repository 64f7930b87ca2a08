/* Files of the owners of fields: what the police, the insurance core, the labour office and the card centre
 * say about persons who are known. [system.md 4.1.2 (3), (4), (6)]
 *
 * A text of GB 18030 with a heading: AAC002, AAC003, then codes of person_item.def that are the
 * owner's, in any order; the police may send AAC004 and AAC006 to be compared. Lines have the same
 * fields. A person whose name is another one is never changed. What is "" in a line leaves the field as it is.
 *
 * feed 1: as with files of people (decision 0016): a group of lines is a transaction; torn, killed, in
 *         pieces or twice does no harm, and a line is told of when it is kept.
 * feed 2: of a number, the first line of a file counts; later lines of the same file repeat it.
 * feed 3: a death locks cards in use and puts them on the blacklist, makes a temporary loss a formal
 *         one, and lets nothing more be applied for; nothing is cancelled before the account is settled.
 *         A death that was none is corrected by the next file; the cards are unlocked at a counter.
 *
 * Every line of the police leaves the result of the comparison with the record: what keeps a card
 * from being made. Files of the police, which say who somebody is, take two officers. */
#pragma once

#include "registry/person_item.h"

/* In the order of the table. */
enum feed_verdict {
#define FEED_VERDICT(member, name, known, zh, en, next) member,
#include "registry/feed_verdict.def"
    FEED_VERDICTS
};

/* How a verdict is told; static. */
struct feed_verdict_text {
    const char *name;
    bool known;
    const char *zh, *en, *next;
};
const struct feed_verdict_text *feed_verdict_text(enum feed_verdict verdict);

/* What to read, whose it is, and whom to tell. Borrowed. */
struct feed_order {
    const char *path; /* "-" is standard input */
    enum item_owner owner;
    const char
        *who; /* an officer who makes (制卡员), or with the owner CENTRE one of a service point */
    const char *second; /* an approver, for the police's; else NULL */
    uint32_t day, time;
    /* Told of each line once its group is kept, in the order of the file; the heading is line 1. */
    void (*told)(void *cookie, uint64_t line, enum feed_verdict verdict);
    /* Told after each group how many bytes of the file are done, of how many (0: unknown). */
    void (*moved)(void *cookie, uint64_t bytes, uint64_t of);
    void *cookie;
};

struct feed_result {
    uint64_t lines, verdicts[FEED_VERDICTS];
    uint64_t cards;                      /* that deaths have locked */
    uint64_t stopped_line, stopped_byte; /* where a bad file stopped; else 0 */
};

/* Reads the whole file. ERR_NOT_FOUND: no such file. ERR_INVALID: it is torn, no GB 18030, or its heading
 * is another; lines before that place are kept. ERR_DENIED: who may not. ERR_OUTSIDE: disk or
 * database failed; whole groups are kept. Each time the same file may be sent again. */
enum err person_feed(const struct person_desk *desk, const struct feed_order *order,
    struct feed_result *result, struct why *why);

/* The result of a comparison with the police [system.md 4.1.2 (6)]: what is wrong, as the code of the
 * list. 01 qualified, 02 photo, 03 name of a minority, 04 data, 05 to 09 two or three of them, 10 own photo
 * but none of the police, 11 region. */
enum { WRONG_PHOTO = 1, WRONG_NAME = 2, WRONG_DATA = 4, WRONG_REGION = 8, ONLY_OWN_PHOTO = 16 };
int police_result(unsigned wrong);
/* In both languages, for the counter; static. */
const char *police_result_text(int result);
