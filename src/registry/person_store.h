/* What the record of a person needs from a store beyond registry.h: the ways to find somebody, what
 * was decided about two records, what a record says outside its first thirteen fields, and who
 * changed what when. [system.md 4.1.1, 4.1.2, 4.4.5]
 *
 * No SQL here: stores/sql/registry_person.h offers it. begin() to commit() is one transaction and may
 * span other stores of the same database; scopes nest, and PERSON_WORK_SCOPE takes back what was not
 * committed. Functions answer ERR_NOT_FOUND for a thing that is not there, ERR_CONFLICT for a thing
 * in another state than the caller says, ERR_OUTSIDE when the keeper failed; *out is then not to be
 * looked at. What goes in is borrowed for the call. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "host/why.h"
#include "registry/registry.h"

/* The most bytes of a field's value with its end, of a proof ("KIND:NUMBER"), of a reason. */
enum { ITEM_ROOM = PERSON_LONG_ROOM, PROOF_ROOM = 64, REASON_ROOM = 161 };

/* By which word people are found, beside number and name; the codes of the rows. */
enum person_word_kind { WORD_EMPLOYER = 1, WORD_EMPLOYER_NAME, WORD_PHONE, WORD_MOBILE };

/* What stands in the way of a record; a person without a row has none of it. */
struct person_status {
    int life;          /* 1 alive, 2 dead, 3 in prison, 4 missing, 5 unknown [system.md 4.0] */
    uint32_t died;     /* day, or 0 */
    int64_t frozen;    /* the case that froze the record until it is solved, or 0 */
    int64_t merged;    /* the person whose record took this one's place, or 0 */
    int result;        /* of the comparison with the police, 0 to 11 [system.md 4.1.2 (6)] */
    uint32_t compared; /* day of that comparison, or 0 */
};

/* One change of a field, as the history keeps it. */
struct person_change_row {
    int64_t id;
    int64_t import; /* the file of the insurance core that brought it, or 0 */
    int64_t feed;   /* the file of another owner, or 0 */
    uint32_t line;  /* of that file */
    uint32_t day, time;
    char field[16]; /* its code, "AAC003" */
    char was[ITEM_ROOM], became[ITEM_ROOM];
    char who[HANDS_ROOM];   /* "maker+approver", or "" for a file of the insurance core */
    char proof[PROOF_ROOM]; /* "KIND:NUMBER", or "" */
};

/* A change that a proof asks for, on its way past a second officer. */
struct person_request {
    int64_t id;
    int64_t person;
    char field[16];
    char was[ITEM_ROOM], becomes[ITEM_ROOM];
    char proof[PROOF_ROOM];
    char who[OFFICER_CODE_LEN + 1];
    uint32_t day;
    bool waits;
};

/* How far a case of two records is. Decided and undone ones stay for ever. */
enum duplicate_state { DUPLICATE_OPEN, DUPLICATE_PROPOSED, DUPLICATE_DECIDED };

/* What can be decided about two records. */
enum duplicate_decision { DECISION_NONE, DECISION_MERGE, DECISION_DIFFERENT, DECISION_FREEZE };

/* Two records that may be one person; or one record and the other name that a file has for its
 * number: then second is 0 and name says it. */
struct duplicate {
    int64_t id;
    int64_t first, second; /* persons; first < second, or second is 0 */
    char name[PERSON_NAME_ROOM];
    int rule;  /* enum duplicate_rule: how they were found */
    int score; /* 0 to 100: how much speaks for one person */
    enum duplicate_state state;
    enum duplicate_decision decision;
    int64_t keep;                          /* DECISION_MERGE: whose record stays */
    char reason[REASON_ROOM];              /* what whoever decided wrote down */
    char who[OFFICER_CODE_LEN + 1];        /* proposed it */
    char second_who[OFFICER_CODE_LEN + 1]; /* agreed */
    uint32_t day;
};

/* What the finder compares of a person: enough to sort by and to score. */
struct person_brief {
    int64_t id, number17;
    uint32_t birth;
    uint8_t sex;
    char name[PERSON_NAME_ROOM];
};

/* What is sought by name: a piece of the order of sounds. */
struct name_span {
    const char *sound; /* key, or the beginning of one */
    bool whole;        /* the key is whole, not a beginning */
    const char *name;  /* exactly this name, or NULL: whatever sounds so */
};

struct person_store {
    void *self;
    enum err (*begin)(void *self, struct why *why);
    enum err (*commit)(void *self, struct why *why);
    void (*abandon)(void *self);
    /* A row of the audit chain, in the same transaction. */
    enum err (*audit)(
        void *self, const char *who, const char *what, const char *subject, struct why *why);

    /* The index of names, employers and telephones follows the persons: how many of them it does not
     * know yet, and one step that takes in up to a million of them, whole or not at all. */
    enum err (*index_behind)(void *self, int64_t *count, struct why *why);
    enum err (*index_step)(void *self, int64_t *done, struct why *why);

    /* Each tells of persons one after another until told() answers false. None is an answer. What
     * told() is given is borrowed for that call; it must not ask the same function again. */
    enum err (*by_name)(void *self, const struct name_span *span,
        bool (*told)(void *cookie, int64_t person, const char *name), void *cookie,
        struct why *why);
    enum err (*by_word)(void *self, enum person_word_kind kind, const char *word,
        bool (*told)(void *cookie, int64_t person), void *cookie, struct why *why);
    enum err (*by_number_range)(void *self, int64_t least, int64_t most,
        bool (*told)(void *cookie, int64_t person), void *cookie, struct why *why);
    /* The persons of a batch's lines, or of one box of it (0: all), in their order. */
    enum err (*by_batch)(void *self, int64_t batch, int64_t box,
        bool (*told)(void *cookie, int64_t person), void *cookie, struct why *why);
    /* Everybody, in the order of the ids. */
    enum err (*all)(void *self, bool (*told)(void *cookie, const struct person_brief *person),
        void *cookie, struct why *why);

    enum err (*status_get)(void *self, int64_t person, struct person_status *out, struct why *why);
    enum err (*status_put)(
        void *self, int64_t person, const struct person_status *status, struct why *why);
    /* A field outside struct person; "" and OK when the record says nothing. */
    enum err (*item_get)(
        void *self, int64_t person, const char *field, char value[ITEM_ROOM], struct why *why);
    enum err (*item_put)(
        void *self, int64_t person, const char *field, const char *value, struct why *why);
    /* Writes the whole of struct person back; the index follows when the name changed. */
    enum err (*person_put)(void *self, const struct person *person, struct why *why);
    enum err (*history_add)(
        void *self, int64_t person, const struct person_change_row *row, struct why *why);
    /* The change that was written next after that one (0: the first). */
    enum err (*history_after)(
        void *self, int64_t person, int64_t after, struct person_change_row *out, struct why *why);

    /* A change that waits; the same that waits already is found again. */
    enum err (*request_add)(void *self, struct person_request *r, struct why *why);
    enum err (*request_get)(void *self, int64_t id, struct person_request *out, struct why *why);
    enum err (*request_end)(void *self, int64_t id, bool made, const char *second, struct why *why);

    /* A file of an owner: begun, and where a number stood last in files of that owner. */
    enum err (*feed_begin)(void *self, const char *owner, const char *file, uint32_t day,
        int64_t *feed, struct why *why);
    enum err (*feed_end)(void *self, int64_t feed, struct why *why);
    enum err (*feed_seen)(void *self, const char *owner, int64_t number17, int64_t *feed,
        int64_t *line, struct why *why);
    enum err (*feed_see)(void *self, const char *owner, int64_t number17, int64_t feed,
        int64_t line, struct why *why);

    /* Writes an open case down; one about the same two stays as it is, and *added is false. */
    enum err (*case_add)(void *self, const struct duplicate *d, bool *added, struct why *why);
    enum err (*case_get)(void *self, int64_t id, struct duplicate *out, struct why *why);
    /* The next case in that state after one with that score and id, best first. */
    enum err (*case_after)(void *self, enum duplicate_state state, int score, int64_t id,
        struct duplicate *out, struct why *why);
    /* Writes state, decision, keep, reason, hands and day; the row must still be in `was`. */
    enum err (*case_put)(
        void *self, const struct duplicate *d, enum duplicate_state was, struct why *why);
    /* Lines of the import that wait for a decision about a name become open cases; *added says how
     * many. */
    enum err (*case_collect)(void *self, uint32_t day, int64_t *added, struct why *why);
    /* Answers a waiting line: its name was taken, or refused. */
    enum err (*waiting_answer)(
        void *self, int64_t number17, const char *name, bool taken, struct why *why);

    /* The record that stands aside for the person with the next id after `after`. */
    enum err (*aside_after)(
        void *self, int64_t person, int64_t after, int64_t *aside, struct why *why);
    /* Gives number and cards of one person to another, and notes under the case what was moved; what
     * the case moved goes back. */
    enum err (*move_to)(void *self, int64_t id, int64_t from, int64_t to, struct why *why);
    enum err (*move_back)(void *self, int64_t id, struct why *why);
    /* The person's cards in the order of their numbers, cancelled ones among them: the first behind
     * `after` ("": of all). */
    enum err (*card_after)(
        void *self, int64_t person, const char *after, struct card_record *out, struct why *why);
    /* Why the card is on the blacklist, enum list_reason, by its last entry; 0: it is not. */
    enum err (*card_listed)(void *self, const char *number, int *reason, struct why *why);
    /* How many cards of the person are not cancelled, and how many applications are open. */
    enum err (*ties)(
        void *self, int64_t person, int64_t *cards, int64_t *applications, struct why *why);
};

/* Both stores, over one database: what the trade's functions about persons take. Borrowed. */
struct person_desk {
    const struct registry_store *registry;
    const struct person_store *store;
};

/* A transaction as a scope: left in any way without person_work_commit(), it is rolled back. */
struct person_work {
    const struct person_store *store; /* NULL once there is nothing to abandon */
};
void person_work_leave(struct person_work *work);
#define PERSON_WORK_SCOPE(name)                                                                    \
    __attribute__((cleanup(person_work_leave))) struct person_work name = {NULL}
enum err person_work_begin(
    struct person_work *work, const struct person_store *store, struct why *why);
enum err person_work_commit(struct person_work *work, struct why *why);
