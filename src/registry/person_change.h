/* Changes of a person's record that somebody asks for with a document in hand, and what was changed
 * before. [system.md 4.1.2 (4), 4.4.3, 9]
 *
 * A field changes by its owner's file (feed.h) or with that owner's proof: the kind and number of a
 * document, and the officer who saw it. What says who somebody is (the items of the police) takes two
 * officers: it is asked for, waits, and an approver lets it pass. Everything else one officer of a
 * service point does at once. Each change leaves a row of the history with what stood there, what
 * stands there now, who and with which proof, in the transaction that makes it.
 *
 * change 1: the record and its history change together, or neither does.
 * change 2: a change that was asked for is made only while the field still says what it said then.
 * change 3: a record that stands aside or is frozen is not changed.
 *
 * One thread at a time. */
#pragma once

#include "registry/person_item.h"

/* What is asked for. Borrowed. */
struct change_order {
    int64_t person;
    const char *field; /* its code in person_item.def */
    const char *value;
    const char *proof; /* "KIND:NUMBER", a kind of person_item.def */
    const char *who;   /* an officer of a service point */
    uint32_t day, time;
};

/* What came of it. */
struct change_result {
    const struct item *item;
    int64_t request; /* the number of the change that waits, or 0: it is made */
    bool same;       /* nothing was to be changed */
    bool face;       /* made, and printed on the card: a new card is due [system.md 4.4.3] */
};

/* Makes the change, or writes it down for a second officer. The same that waits already is found again.
 * ERR_INVALID: no such field, a value that cannot stand there, a proof that is none for the field;
 * ERR_CONFLICT: the field is never changed, or change 3; ERR_DENIED: the officer's role. */
enum err person_change(const struct person_desk *desk, const struct change_order *order,
    struct change_result *result, struct why *why);

/* An approver, another person than who asked, lets a change pass, or does not. ERR_CONFLICT: it waits no
 * longer, change 2 or change 3. */
enum err person_change_agree(const struct person_desk *desk, int64_t request, bool agreed,
    const struct change_order *by, struct change_result *result, struct why *why);

/* Sets a field and writes its history; the caller has checked everything and holds the transaction.
 * row has feed, line, day, time, who and proof; its field stays "" when the record said so already. */
enum err person_set_item(const struct person_desk *desk, struct person *person,
    const struct item *item, const char *value, struct person_change_row *row, struct why *why);

/* ERR_CONFLICT with the way on for a record that stands aside or is frozen. */
enum err person_open_to_change(const struct person_desk *desk, int64_t person, struct why *why);
