/* How far somebody's card is, as the holder may see it: the days of its steps, its place, and one public
 * word. [system.md 4.0.2; 11 no. 1, "nobody can say where the card is"]
 *
 * Everything is read from what the steps themselves wrote (files of the batch, ledger of the box,
 * receipt); nothing is kept for this page alone, so it cannot say anything else than the books. It holds
 * no officer's name. */
#pragma once

#include "issuance/window.h"

/* The steps, in the order of progress.def. */
enum progress_stamp {
#define STAMP(member, name, zh, en) member,
#include "issuance/progress.def"
    STAMPS
};

/* The public word. */
enum progress_wording {
#define WORDING(member, zh, en) member,
#include "issuance/progress.def"
    WORDINGS
};

struct progress_view {
    struct application application;
    char card[CARD_NUMBER_LEN + 1]; /* empty until the batch took it */
    uint32_t days[STAMPS];          /* YYYYMMDD, 0 where the step was not taken */
    char point[POINT_MAX + 1];      /* where the card is or goes */
    char place[BOX_PLACE_MAX];      /* ZXWZ: batch-bin-box-position now; empty when in no box */
    int valid;                    /* VALIDTAG: 1, or the failed line's state as a negative number */
    char remarks[REASON_MAX + 1]; /* REMARKS: why it failed */
    enum progress_wording wording;
    int64_t due_fen; /* what is to be paid before it goes on, or 0 */
};

/* The progress of a person's latest application. A person who never applied is no error: the wording says
 * so and the rest is empty. */
enum err application_progress(
    const struct window_desk *desk, int64_t person, struct progress_view *view, struct why *why);

/* Names of a stamp and words of the page; static. */
const char *progress_name(enum progress_stamp stamp);
const char *progress_zh(enum progress_stamp stamp);
const char *progress_words_zh(enum progress_wording wording);
const char *progress_words_en(enum progress_wording wording);
