/* Cards that wait at a point: reminded, called about, recovered; and cards whose data are wrong.
 * [system.md 4.3; decision 0040]
 *
 * How long a card has waited counts from the day on which a point first counted it in; moving or merging
 * its box does not begin anew. The days of each stage are dated parameters. A stage is noted once for a
 * card, so that the same list made twice reminds nobody twice; a stage that was missed is not made up
 * for, the highest that is due counts. Recovering keeps the person's data: application_again() makes the
 * next order from them. */
#pragma once

#include "issuance/taking_back.h"
#include "issuance/window.h"

/* What is due, in the order of unclaimed.def; 0: nothing yet. */
enum unclaimed_stage {
    UNCLAIMED_NONE,
#define STAGE(member, parameter, word, zh) member,
#include "issuance/unclaimed.def"
};

/* A card that waits. */
struct unclaimed_card {
    struct box_card place;
    int32_t days;               /* since it was first counted in */
    enum unclaimed_stage stage; /* that is due by its days */
    enum unclaimed_stage noted; /* the highest that was noted */
};

/* "remind", and 中文; static. UNCLAIMED_NONE has "wait". */
const char *unclaimed_word(enum unclaimed_stage stage);
const char *unclaimed_zh(enum unclaimed_stage stage);

/* The next card after that number for which a stage is due on desk->at.day, at a point or at all
 * (NULL). ERR_NOT_FOUND behind the last one. */
enum err unclaimed_next(const struct window_desk *desk, const char *point, const char *after,
    struct unclaimed_card *card, struct why *why);

/* Notes that the stage that is due was carried out: the message was sent, the call was made.
 * ERR_CONFLICT when none is due, it was noted already, or it is to be recovered, which is
 * card_take_back()'s. */
enum err unclaimed_note(const struct window_desk *desk, const char *card_number, struct why *why);

/* A card's data are wrong, in words: it goes on 信息有误人员清单, and to nobody any more until it is
 * taken back as 98. ERR_CONFLICT when it is on the list, or was enabled (then it is exchanged). */
enum err wrong_report(
    const struct window_desk *desk, const char *card_number, const char *what, struct why *why);
