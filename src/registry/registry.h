/* The registry: persons, their cards, the blacklist, the officers and the dated parameters.
 *
 * The rules stand here and in the files beside it; where the rows are kept is somebody else's
 * business: struct registry_store is what a keeper must offer (stores/sql/registry_store.h
 * does), and apps hands one in. A function of the store that changes something changes all of
 * it, with its audit row, or nothing; so whatever fails here, or is killed, leaves the registry
 * as it was before or as it is after. One thread at a time.
 *
 * Functions answer ERR_NOT_FOUND for a thing that is not there, ERR_INVALID for a request that
 * is wrong whoever sends it, ERR_CONFLICT for a thing in another state, ERR_OUTSIDE when the
 * keeper failed; *out is then not to be looked at. Days are YYYYMMDD and times HHMMSS, both of
 * the business. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/builder.h"
#include "base/bytes.h"
#include "host/why.h"
#include "registry/card_life.h"
#include "registry/parameter.h"
#include "registry/person.h"

/* Characters of AAZ500 [card.md 3.2], bytes of a factor [card.md 1.1], characters of AAZ501
 * [card.md 3.1]. */
enum { CARD_NUMBER_LEN = 9, CARD_FACTOR_LEN = 8, CARD_IDENTIFICATION_LEN = 32 };

/* The most bytes of an officer's code, of a name with its end, of a request's number, and of the
 * codes of all who had a hand in a step, with the end. */
enum { OFFICER_CODE_LEN = 16, OFFICER_NAME_ROOM = 64, REQUEST_LEN = 40, HANDS_ROOM = 64 };

/* A card as the registry knows it. A person may have several: a replacement is made while the card
 * that it replaces is still reported lost. */
struct card_record {
    char number[CARD_NUMBER_LEN + 1]; /* AAZ500, with its check character */
    uint8_t factor[CARD_FACTOR_LEN];  /* T6 to TD of the answer to reset: the card's own in keys */
    char identification[CARD_IDENTIFICATION_LEN + 1]; /* AAZ501, 16 bytes as hexadecimal text */
    int64_t person;                                   /* struct person.id */
    enum card_life life;
    int sub_reason;                        /* 91 to 98 when cancelled [system.md 4.0.1], else 0 */
    int64_t batch;                         /* in which it was made */
    uint32_t issued, valid_until;          /* days */
    uint32_t loss_until;                   /* the last day of a temporary loss report, or 0 */
    char replaced_by[CARD_NUMBER_LEN + 1]; /* the card that came in its place, or "" */
    int64_t replacement; /* the application that is to bring one, or 0; stays when it has come */
};

/* An order to move a card one step on. Its words are borrowed while card_step() runs. */
struct card_order {
    const char *card; /* its number */
    enum card_event event;
    int reason;         /* enum list_reason for the blacklist, or 0: the table's own */
    int sub_reason;     /* of a cancellation, 91 to 98, or 0 */
    const char *who;    /* the officer's code, or "system" */
    const char *second; /* the other officer's code where a step takes two, or NULL */
    /* The caller's own number of this order, 1 to REQUEST_LEN characters, different for each order
     * about a card: sent again, it is answered again. */
    const char *request;
    uint32_t day, time;      /* the business moment from which it holds: YYYYMMDD, HHMMSS */
    int64_t application;     /* EVENT_ORDER: the application of the replacement, else 0 */
    const char *replaced_by; /* the new card's number when this one ends as that begins, or NULL */
};

/* What the rules made of an order, for the store to write down in one transaction. */
struct card_change {
    const struct card_order *order;
    const struct card_step *step;
    const uint8_t *factor; /* of the card */
    int reason;            /* for the blacklist */
    /* What the card's row is to say then: a day, or 0; an application, or 0; a number, or "". */
    uint32_t loss_until;
    int64_t replacement;
    const char *replaced_by;
};

/* A step that was made, as the history keeps it: what the slip in the holder's hand says, and what
 * an order that is sent again is answered with. */
struct card_receipt {
    int64_t id; /* the number of the slip */
    char card[CARD_NUMBER_LEN + 1];
    enum card_event event;
    enum card_life was, became;
    int sub_reason;       /* 91 to 98, or 0 */
    char who[HANDS_ROOM]; /* "point", "point+approver", "system" */
    char request[REQUEST_LEN + 1];
    uint32_t day, time;
    uint32_t until;   /* the last day of a temporary loss report, or 0 */
    uint32_t version; /* of the blacklist that carries the entry, or 0 */
};

/* What an officer may do: one role each, because whatever needs two people needs two roles.
 * [system.md 9] */
enum officer_role {
    ROLE_MAKER = 1, /* makes batches and payout lists */
    ROLE_APPROVER,  /* the second person who lets them pass */
    ROLE_POINT,     /* service point: hands cards over, takes loss reports */
    ROLE_CLEARING,  /* clears the day */
    ROLE_HEAD,      /* the head of the centre: what is above the limits of two officers */
    ROLE_LAST = ROLE_HEAD
};

/* A person of the centre who answers for what they order; the code is what the audit chain
 * names. */
struct officer {
    char code[OFFICER_CODE_LEN + 1];
    char name[OFFICER_NAME_ROOM];
    enum officer_role role;
};

/* What the blacklist says of a card at a moment. */
struct listed_card {
    uint8_t factor[CARD_FACTOR_LEN];
    char number[CARD_NUMBER_LEN + 1];
    int reason; /* enum list_reason, or 0: it was taken off */
};

/* A walk over the blacklist of a moment: all cards that are on it, or only those about which
 * something was said since an earlier moment, those that came off among them. */
struct list_walk {
    uint32_t day, time;
    bool since; /* only what is younger than the next three */
    uint32_t since_version, since_day, since_time;
    void *cookie;
    void (*card)(void *cookie, const struct listed_card *card);
};

/* The most letters of a terminal's code. */
enum { TERMINAL_CODE_LEN = 16 };

/* Which blacklist a terminal has, as far as the centre knows. */
struct terminal_list {
    char terminal[TERMINAL_CODE_LEN + 1];
    uint32_t version, day, time; /* of the list that it was given */
};

/* A value of a parameter as its row says it. */
struct parameter_row {
    uint32_t day; /* from which it holds */
    int64_t value;
    char who[HANDS_ROOM];
};

/* What became of a proposal; the codes of its row. */
enum proposal_decision { PROPOSAL_WAITING, PROPOSAL_APPROVED, PROPOSAL_REFUSED };

/* A new value of a parameter, on its way past a second officer (parameter_service.h). */
struct parameter_proposal {
    int64_t id;
    enum parameter which;
    uint32_t day; /* from which it is to hold */
    int64_t value;
    char who[OFFICER_CODE_LEN + 1];    /* proposed it */
    char second[OFFICER_CODE_LEN + 1]; /* decided it, or "" */
    enum proposal_decision decision;
};

struct person_chunk; /* registry/import.h */

/* What a keeper of the registry's rows must offer. self is the keeper's own and comes first in
 * every call. Structs and text that go in are borrowed during the call; what comes out is the
 * caller's. Each function is whole or absent, in a transaction of its own or in the caller's. */
struct registry_store {
    void *self;

    /* The person of an id, or of the first 17 digits of a number. */
    enum err (*person_by_id)(void *self, int64_t id, struct person *out, struct why *why);
    enum err (*person_by_number)(void *self, int64_t number17, struct person *out, struct why *why);
    /* The first person after id who has no card but cancelled ones. */
    enum err (*person_without_card)(
        void *self, int64_t after_id, struct person *out, struct why *why);
    /* How many persons there are; 0 is an answer and no error. */
    enum err (*person_count)(void *self, int64_t *count, struct why *why);

    /* A file of people: begun, its lines judged group by group, ended. *import is its number.
     * An import that is never ended is one that was interrupted: what its groups kept stays. */
    enum err (*import_begin)(
        void *self, const char *file, uint32_t day, int64_t *import, struct why *why);
    /* Judges every line of the chunk that is ACCEPTED so far by what only the registry knows,
     * leaves the verdict in its entry, and keeps the group as a whole. */
    enum err (*import_group)(
        void *self, int64_t import, struct person_chunk *chunk, struct why *why);
    enum err (*import_end)(void *self, int64_t import, struct why *why);

    /* Writes the record and its audit row. ERR_CONFLICT when the number, the factor or the
     * identification exists already. */
    enum err (*card_add)(
        void *self, const struct card_record *card, const char *who, struct why *why);
    /* The card of a number, or of the factor that its chip's answer to reset says. */
    enum err (*card_by_number)(
        void *self, const char *number, struct card_record *out, struct why *why);
    enum err (*card_by_factor)(void *self, const uint8_t factor[CARD_FACTOR_LEN],
        struct card_record *out, struct why *why);
    /* The youngest card of the person that is not cancelled. */
    enum err (*card_of_person)(
        void *self, int64_t person, struct card_record *out, struct why *why);
    /* The event that the card made on this request; ERR_NOT_FOUND when it never made any. */
    enum err (*card_request)(void *self, const char *number, const char *request,
        enum card_event *event, struct why *why);
    /* The same as it was written down; ERR_NOT_FOUND likewise. */
    enum err (*card_receipt)(void *self, const char *number, const char *request,
        struct card_receipt *out, struct why *why);
    /* The card's step that was written next after that slip's number (0: the first);
     * ERR_NOT_FOUND behind the last one. */
    enum err (*card_receipt_after)(
        void *self, const char *number, int64_t after, struct card_receipt *out, struct why *why);
    /* How often the card made that event. */
    enum err (*card_event_count)(
        void *self, const char *number, enum card_event event, int64_t *count, struct why *why);
    /* The card for which that application is to bring another. */
    enum err (*card_of_replacement)(
        void *self, int64_t application, struct card_record *out, struct why *why);
    /* The first card, in the order of the numbers after `after` ("": from the beginning), whose
     * temporary loss report or whose validity ended before `day`. */
    enum err (*card_due)(
        void *self, uint32_t day, const char *after, struct card_record *out, struct why *why);
    /* Writes the card's row, its history, the blacklist where the step has an effect there, and
     * the audit row, all or nothing. ERR_CONFLICT when the card is no longer in step->from. */
    enum err (*card_change)(void *self, const struct card_change *change, struct why *why);

    /* The highest version that was given out up to that moment, and how many cards are on the
     * list then; 0 and 0 at first. */
    enum err (*blacklist_head)(void *self, uint32_t day, uint32_t time, uint32_t *version,
        uint32_t *count, struct why *why);
    /* Tells of each card of the walk in the order of the factors, compared as bytes. */
    enum err (*blacklist_walk)(void *self, const struct list_walk *walk, struct why *why);
    /* The card numbers in use, as ranges in the order of their letters: serials 1 to last. *count is
     * the room of the lists at first, then how many came. */
    enum err (*number_ranges)(
        void *self, char *letters, uint32_t *lasts, size_t *count, struct why *why);
    /* Which list a terminal was given last, and the terminals with theirs in the order of their
     * codes after `after` ("": from the beginning); ERR_NOT_FOUND behind the last one. */
    enum err (*terminal_list_put)(
        void *self, const struct terminal_list *list, const char *who, struct why *why);
    enum err (*terminal_list_after)(
        void *self, const char *after, struct terminal_list *out, struct why *why);

    /* The value with the latest day up to `day`, or ERR_NOT_FOUND; the same name and day again
     * replaces the value. */
    enum err (*parameter_get)(
        void *self, const char *name, uint32_t day, int64_t *value, struct why *why);
    enum err (*parameter_put)(void *self, const char *name, uint32_t day, int64_t value,
        const char *who, struct why *why);

    /* The next day after `after` from which another value holds, with the value and who set it. */
    enum err (*parameter_after)(
        void *self, const char *name, uint32_t after, struct parameter_row *out, struct why *why);
    /* Writes a proposal down and fills in its number; the same that waits already is found again. */
    enum err (*proposal_add)(void *self, struct parameter_proposal *p, struct why *why);
    enum err (*proposal_get)(
        void *self, int64_t id, struct parameter_proposal *out, struct why *why);
    /* The waiting one with the next number after `after`. */
    enum err (*proposal_after)(
        void *self, int64_t after, struct parameter_proposal *out, struct why *why);
    /* Writes the decision and, when it passed, the value. ERR_CONFLICT when it waits no longer. */
    enum err (*proposal_decide)(void *self, const struct parameter_proposal *p,
        enum proposal_decision decision, const char *second, struct why *why);

    /* ERR_CONFLICT when the code exists. */
    enum err (*officer_add)(
        void *self, const struct officer *officer, const char *who, struct why *why);
    enum err (*officer_by_code)(void *self, const char *code, struct officer *out, struct why *why);
};

/* What the store is to hold from the first day of a centre: the values of parameter.def, and in
 * a rehearsal the officers of officer.def, whose names say that they are invented. Nothing is
 * there twice when it is called again, as after a kill. */
enum err registry_found(const struct registry_store *store, bool rehearsal, struct why *why);

/* The person of a citizen number of 15 or 18 characters. ERR_INVALID: it is no such number, as
 * its check character shows; ERR_NOT_FOUND: nobody has it. */
enum err person_find(
    const struct registry_store *store, const char *number, struct person *out, struct why *why);

/* Records a card that was made and passed its check [system.md 4.0.1, T1]: it begins SEALED,
 * whatever life says. ERR_INVALID: the check character of its number, the length of its
 * identification or its days are wrong; ERR_CONFLICT: a card has its number, factor or
 * identification already. */
enum err card_add(const struct registry_store *store, const struct card_record *card,
    const char *who, struct why *why);

/* The card of a number. ERR_INVALID: its check character shows that it is none. */
enum err card_find(const struct registry_store *store, const char *number, struct card_record *out,
    struct why *why);

/* Moves a card one step on, with its blacklist entry, history and audit row, all or nothing.
 * The same request again is answered OK again and changes nothing, so an order whose answer was
 * lost is sent again as it is; with another event it is refused with ERR_CONFLICT, and so is a
 * step that card_life.def does not have. Guards that need the holder or the chip are the
 * caller's; those that the registry can see (the term of a loss, a replacement ordered or in use,
 * the end of validity, unlocks left) are checked here. Who may order it is asked in
 * card_service.h. */
enum err card_step(
    const struct registry_store *store, const struct card_order *order, struct why *why);

/* The value that holds on that day: the city's, or that of parameter.def where the city never
 * said one. */
enum err parameter_value(const struct registry_store *store, enum parameter which, uint32_t day,
    int64_t *value, struct why *why);

/* A new value from a day on, in who's name; what held before stays true for the days before.
 * ERR_INVALID outside the limits of parameter.def, or for a day that does not exist. */
enum err parameter_change(const struct registry_store *store, enum parameter which, uint32_t day,
    int64_t value, const char *who, struct why *why);

/* ERR_DENIED unless code is an officer of exactly that role; the story names the code. */
enum err officer_require(
    const struct registry_store *store, const char *code, enum officer_role role, struct why *why);

/* Appends the blacklist of a moment, in the form of wire/blacklist.h and sealed, to an empty
 * builder; blacklist_room() says how much a count takes. ERR_INVALID when the builder is too
 * small: the story says how much is needed. After an error what the builder holds is no list. */
enum err registry_blacklist(const struct registry_store *store, uint32_t day, uint32_t time,
    struct builder *list, struct why *why);
