/* What the service window 窗口 needs from a store besides boxes: packages for units, receipts of hand-overs,
 * temporary cards, reminders, wrong cards, jobs of instant cards, PIN letters. Named functions, no SQL;
 * stores/sql/issuance_window_rows.h offers it.
 *
 * Transactions and audit are those of issuing. Rules as in issuance_store.h: what changes a state names
 * the one that it expects (ERR_CONFLICT otherwise), things not there are ERR_NOT_FOUND and leave what
 * was to come out untouched; what goes in is borrowed for the call. One thread at a time. */
#pragma once

#include "issuance/issuance_store.h"

/* To whom a card is handed out, in the codes of live systems; 5, the post, is ours. [system.md 4.3] */
enum handover_kind {
    TO_HOLDER = 1,
    TO_AGENT = 2,
    TO_UNIT = 3,
    TO_COMMUNITY = 4,
    BY_POST = 5,
};

enum {
    TAKER_NAME_MAX = 100,    /* bytes of a name */
    TAKER_NUMBER_MAX = 32,   /* characters of an identity document */
    TAKER_PHONE_MAX = 32,    /* of a telephone number */
    TAKER_ADDRESS_MAX = 240, /* bytes of an address down to the county */
    LETTER_MAX = 64,         /* bytes of the number of a unit's letter */
    UNIT_MAX = 40,           /* of a unit's or community's code (AAB001) */
};

/* Somebody who takes cards for others: an agent, a unit's handler, the receiver of a parcel. */
struct taker {
    char name[TAKER_NAME_MAX + 1];
    char number[TAKER_NUMBER_MAX + 1];
    char phone[TAKER_PHONE_MAX + 1];
    char address[TAKER_ADDRESS_MAX + 1]; /* of a parcel; else empty */
};

/* How a card reached its holder; one for each card. */
struct handover_receipt {
    char card[CARD_NUMBER_LEN + 1];
    enum handover_kind kind;
    int64_t package;    /* in which it left, or 0 */
    struct taker taker; /* empty for TO_HOLDER */
    char point[POINT_MAX + 1];
    char officer[OFFICER_MAX + 1];
    uint32_t day, time; /* when it left the point: GETTIME */
    uint32_t enabled;   /* the day on which it was enabled, or 0 */
};

/* Cards that leave together, for a unit, a community or by post. */
struct package {
    int64_t id;
    enum handover_kind kind;
    char point[POINT_MAX + 1];
    char unit[UNIT_MAX + 1];     /* AAB001, or the community's code; the parcel's number by post */
    char letter[LETTER_MAX + 1]; /* of the unit; the form's number by post */
    struct taker first, second;  /* two handlers; by post the receiver and nobody */
    uint32_t day, due;           /* handed over; the day by which the sign-list must be back */
    uint32_t back;               /* the day on which it came back, or 0 */
    char officer[OFFICER_MAX + 1];
};

/* How far the cards of a package are. */
struct package_count {
    int64_t cards;    /* that left in it */
    int64_t enabled;  /* that are enabled by now */
    int64_t returned; /* that came back to the point */
};

/* Life of a temporary card 临时卡. */
enum temporary_state {
    TEMPORARY_VALID = 1,
    TEMPORARY_RETURNED = 2,
    TEMPORARY_LOST = 3,
    TEMPORARY_OVER = 4
};

/* A paper that stands in for a card while it is being made. */
struct temporary_card {
    int64_t id;
    int64_t person;
    enum temporary_state state;
    uint32_t region;      /* it is good in this city only */
    uint32_t from, until; /* first and last day */
    char point[POINT_MAX + 1];
    char officer[OFFICER_MAX + 1];
    uint32_t ended; /* the day on which it was returned or lost, or 0 */
};

/* A holder was reminded of a card that waits. */
struct reminder {
    char card[CARD_NUMBER_LEN + 1];
    int32_t stage; /* 1, 2, ...: of unclaimed.def, in its order */
    uint32_t day;
    char officer[OFFICER_MAX + 1];
};

/* A card with wrong data, on the list 信息有误人员清单 until it is taken back. */
struct wrong_card {
    char card[CARD_NUMBER_LEN + 1];
    char what[REASON_MAX + 1]; /* which data are wrong, in words */
    uint32_t day;
    uint32_t ended; /* the day on which the card was taken back, or 0 */
    char officer[OFFICER_MAX + 1];
};

/* A job of an instant card; step is an enum instant_step. */
struct instant_row {
    int64_t id;
    int64_t person, application, batch; /* application and batch 0 until they exist */
    char point[POINT_MAX + 1];
    char officer[OFFICER_MAX + 1];
    char second[OFFICER_MAX + 1];
    int step;
    uint32_t day;
    char owner[OFFICER_MAX + 1];  /* who holds its lock, or empty */
    int64_t lock_until;           /* seconds since 1970 */
    int32_t tries;                /* blanks that failed so far */
    char trouble[REASON_MAX + 1]; /* why the last step did not go through; empty when it did */
};

/* How often the PIN letter of a card was printed, and by whom last. */
struct letter_row {
    char card[CARD_NUMBER_LEN + 1];
    int32_t printed;
    uint32_t day;
    char officer[OFFICER_MAX + 1], second[OFFICER_MAX + 1];
};

/* The table of functions. */
struct window_store {
    void *self;
    const struct issuance_store *issuance; /* borrowed; over the same database */

    /* ERR_CONFLICT when the card has one already: nobody gets a card twice. */
    enum err (*receipt_add)(void *self, const struct handover_receipt *receipt, struct why *why);
    enum err (*receipt_get)(
        void *self, const char *card_number, struct handover_receipt *receipt, struct why *why);
    /* The day on which it was enabled. */
    enum err (*receipt_enabled)(void *self, const char *card_number, uint32_t day, struct why *why);
    /* A card that came back has no receipt any more; it may be handed out again. */
    enum err (*receipt_remove)(void *self, const char *card_number, struct why *why);
    /* Cards of a package that are not enabled, with a number above after. */
    enum err (*receipt_open)(void *self, int64_t package, const char *after,
        struct handover_receipt *receipt, struct why *why);

    /* Fills in its id. */
    enum err (*package_add)(void *self, struct package *package, struct why *why);
    enum err (*package_get)(void *self, int64_t id, struct package *package, struct why *why);
    /* The next one behind that id, of a point or of all (NULL). */
    enum err (*package_after)(
        void *self, const char *point, int64_t after, struct package *package, struct why *why);
    /* cards is how many left; one that came back stays counted. */
    enum err (*package_counts)(
        void *self, int64_t id, struct package_count *count, struct why *why);
    /* So many cards have left in it, or come back; both are added. */
    enum err (*package_moved)(
        void *self, int64_t id, int64_t left, int64_t returned, struct why *why);
    /* Expects that its sign-list is not back. */
    enum err (*package_back)(void *self, int64_t id, uint32_t day, struct why *why);

    /* Fills in its id. ERR_CONFLICT when the person has a valid one. */
    enum err (*temporary_add)(void *self, struct temporary_card *card, struct why *why);
    enum err (*temporary_get)(void *self, int64_t id, struct temporary_card *card, struct why *why);
    /* The one that is in TEMPORARY_VALID. */
    enum err (*temporary_of)(
        void *self, int64_t person, struct temporary_card *card, struct why *why);
    /* Expects it in card->state; until is its last day then. */
    enum err (*temporary_move)(void *self, const struct temporary_card *card,
        enum temporary_state to, uint32_t until, uint32_t ended, struct why *why);

    /* ERR_CONFLICT when this stage was reminded of. */
    enum err (*reminder_add)(void *self, const struct reminder *reminder, struct why *why);
    /* The highest stage that a card was reminded of; 0 when there was none. */
    enum err (*reminder_stage)(
        void *self, const char *card_number, int32_t *stage, struct why *why);

    /* ERR_CONFLICT when it is on the list. */
    enum err (*wrong_add)(void *self, const struct wrong_card *wrong, struct why *why);
    /* The next one that is still to be taken back, behind that card number. */
    enum err (*wrong_after)(
        void *self, const char *after, struct wrong_card *wrong, struct why *why);
    /* The one of a card that is still to be taken back. */
    enum err (*wrong_get)(
        void *self, const char *card_number, struct wrong_card *wrong, struct why *why);
    /* Does nothing when the card is not on the list. */
    enum err (*wrong_end)(void *self, const char *card_number, uint32_t day, struct why *why);

    /* Fills in its id. ERR_CONFLICT when the person has an open one. */
    enum err (*instant_add)(void *self, struct instant_row *job, struct why *why);
    enum err (*instant_get)(void *self, int64_t id, struct instant_row *job, struct why *why);
    /* The job of a person that has not ended. */
    enum err (*instant_of)(void *self, int64_t person, struct instant_row *job, struct why *why);
    /* Writes everything but person, point and day; expects it at that step. */
    enum err (*instant_put)(void *self, const struct instant_row *job, int from, struct why *why);

    enum err (*letter_get)(
        void *self, const char *card_number, struct letter_row *letter, struct why *why);
    /* Expects that it was printed letter->printed - 1 times. */
    enum err (*letter_put)(void *self, const struct letter_row *letter, struct why *why);

    /* The latest application of a person; ERR_NOT_FOUND when there was never one. */
    enum err (*application_last)(
        void *self, int64_t person, struct application *a, struct why *why);
    /* The line that an application is in, cancelled ones passed over. */
    enum err (*line_of_application)(
        void *self, int64_t application, struct batch_line *line, struct why *why);
};
