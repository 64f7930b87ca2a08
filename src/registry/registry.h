/* The registry: persons, their cards, the blacklist, the officers and the dated parameters.
 *
 * The rules stand here and in the files beside it; where the rows are kept is somebody else's
 * business: struct registry_store is what a keeper must offer, and apps hands one in. A function of
 * the store that changes something changes all of it, with its audit row, or nothing. One thread at
 * a time. Functions answer ERR_NOT_FOUND for a thing that is not there. */
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

enum { CARD_NUMBER_LEN = 9, CARD_FACTOR_LEN = 8, CARD_IDENTIFICATION_LEN = 32 };

/* A card as the registry knows it. */
struct card_record {
    char number[CARD_NUMBER_LEN + 1]; /* AAZ500, with its check character */
    uint8_t factor[CARD_FACTOR_LEN];  /* T6 to TD of the answer to reset: the card's own in keys */
    char identification[CARD_IDENTIFICATION_LEN + 1]; /* AAZ501, 16 bytes as hexadecimal text */
    int64_t person;
    enum card_life life;
    int sub_reason; /* 91 to 98 when cancelled, else 0 */
    int64_t batch;
    uint32_t issued, valid_until;          /* days */
    uint32_t loss_until;                   /* the last day of a temporary loss report, or 0 */
    char replaced_by[CARD_NUMBER_LEN + 1]; /* the card ordered in its place, or "" */
};

/* An order to move a card one step on. */
struct card_order {
    const char *card; /* its number */
    enum card_event event;
    int reason;      /* enum list_reason for the blacklist, or 0: the table's own */
    int sub_reason;  /* of a cancellation, 91 to 98, or 0 */
    const char *who; /* the officer's code, or "system" */
    const char
        *request; /* the caller's own number of this order: sent again, it is answered again */
    uint32_t day, time; /* the business moment from which it holds: YYYYMMDD, HHMMSS */
};

/* What the rules made of an order, for the store to write down in one transaction. */
struct card_change {
    const struct card_order *order;
    const struct card_step *step;
    const uint8_t *factor; /* of the card */
    int reason;            /* for the blacklist */
    uint32_t loss_until;   /* what the card's row is to say then */
};

enum { OFFICER_CODE_LEN = 16, OFFICER_NAME_ROOM = 64, REQUEST_LEN = 40 };

enum officer_role {
    ROLE_MAKER = 1, /* makes batches and payout lists */
    ROLE_APPROVER,  /* the second person who lets them pass */
    ROLE_POINT,     /* service point: hands cards over, takes loss reports */
    ROLE_CLEARING,  /* clears the day */
    ROLE_LAST = ROLE_CLEARING
};

struct officer {
    char code[OFFICER_CODE_LEN + 1];
    char name[OFFICER_NAME_ROOM];
    enum officer_role role;
};

/* A card that is on the blacklist at a moment. */
struct listed_card {
    uint8_t factor[CARD_FACTOR_LEN];
    enum list_reason reason;
};

struct person_chunk; /* registry/import.h */

/* What a keeper of the registry's rows must offer. self is the keeper's own. */
struct registry_store {
    void *self;

    enum err (*person_by_id)(void *self, int64_t id, struct person *out, struct why *why);
    enum err (*person_by_number)(void *self, int64_t number17, struct person *out, struct why *why);
    /* The first person after id who has no card but cancelled ones. */
    enum err (*person_without_card)(
        void *self, int64_t after_id, struct person *out, struct why *why);
    enum err (*person_count)(void *self, int64_t *count, struct why *why);

    /* A file of people: begun, its lines judged group by group, ended. import is its number. */
    enum err (*import_begin)(
        void *self, const char *file, uint32_t day, int64_t *import, struct why *why);
    /* Judges every line of the chunk that is ACCEPTED so far, and keeps the group as a whole. */
    enum err (*import_group)(
        void *self, int64_t import, struct person_chunk *chunk, struct why *why);
    enum err (*import_end)(void *self, int64_t import, struct why *why);

    /* ERR_CONFLICT when the number, the factor or the identification exists already. */
    enum err (*card_add)(
        void *self, const struct card_record *card, const char *who, struct why *why);
    enum err (*card_by_number)(
        void *self, const char *number, struct card_record *out, struct why *why);
    enum err (*card_by_factor)(void *self, const uint8_t factor[CARD_FACTOR_LEN],
        struct card_record *out, struct why *why);
    /* The youngest card of the person that is not cancelled. */
    enum err (*card_of_person)(
        void *self, int64_t person, struct card_record *out, struct why *why);
    /* The event that the card made on this request, if it ever did. */
    enum err (*card_request)(void *self, const char *number, const char *request,
        enum card_event *event, struct why *why);
    /* Writes card, history, blacklist and audit. ERR_CONFLICT when the card is not in step->from. */
    enum err (*card_change)(void *self, const struct card_change *change, struct why *why);

    /* The highest version, how many cards are on the list at that moment; 0 and 0 at first. */
    enum err (*blacklist_head)(void *self, uint32_t day, uint32_t time, uint32_t *version,
        uint32_t *count, struct why *why);
    /* The first listed card whose factor comes after `after` (NULL: from the beginning). */
    enum err (*blacklist_next)(void *self, uint32_t day, uint32_t time, const uint8_t *after,
        struct listed_card *out, struct why *why);

    enum err (*parameter_get)(
        void *self, const char *name, uint32_t day, int64_t *value, struct why *why);
    enum err (*parameter_put)(void *self, const char *name, uint32_t day, int64_t value,
        const char *who, struct why *why);

    enum err (*officer_add)(
        void *self, const struct officer *officer, const char *who, struct why *why);
    enum err (*officer_by_code)(void *self, const char *code, struct officer *out, struct why *why);
};

/* What the store is to hold from the first day of a centre: nothing twice when it is called again.
 * Rehearsal centres get the officers of officer.def; their names say that they are invented. */
enum err registry_found(const struct registry_store *store, bool rehearsal, struct why *why);

/* The person of a citizen number of 15 or 18 characters. */
enum err person_find(
    const struct registry_store *store, const char *number, struct person *out, struct why *why);

/* Records a card that was made and passed its check (T1): it begins SEALED, whatever life says. */
enum err card_add(const struct registry_store *store, const struct card_record *card,
    const char *who, struct why *why);

/* Moves a card one step on, with its blacklist entry, history and audit row. The same request again
 * is answered OK again and changes nothing; with another event it is refused. Guards that need the
 * holder or the chip are the caller's; those that the registry can see (the term of a loss, a
 * replacement ordered, the end of validity) are checked here. */
enum err card_step(
    const struct registry_store *store, const struct card_order *order, struct why *why);

/* The value that holds on that day. */
enum err parameter_value(const struct registry_store *store, enum parameter which, uint32_t day,
    int64_t *value, struct why *why);

/* A new value from a day on; ERR_INVALID outside the limits of parameter.def. */
enum err parameter_change(const struct registry_store *store, enum parameter which, uint32_t day,
    int64_t value, const char *who, struct why *why);

/* ERR_DENIED unless code is an officer of that role. */
enum err officer_require(
    const struct registry_store *store, const char *code, enum officer_role role, struct why *why);

/* Appends the blacklist of a moment, in the form of wire/blacklist.h, to an empty builder;
 * blacklist_room() says how much a count takes. ERR_INVALID when the builder is too small. */
enum err registry_blacklist(const struct registry_store *store, uint32_t day, uint32_t time,
    struct builder *list, struct why *why);
