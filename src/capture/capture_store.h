/* What capturing needs from a store beyond the registry's: photos, captured records, and the packages and
 * lists by which people are expected. [system.md 4.0.3, 4.1.3-4.1.5]
 *
 * No SQL here: stores/sql/capture_rows.h offers it, over the same database as the registry's stores, whose
 * begin() to commit() is the transaction and whose audit() is the chain. Functions answer ERR_NOT_FOUND for
 * a thing that is not there, ERR_CONFLICT for one that is in another state than the caller says, ERR_OUTSIDE
 * when the keeper failed; *out is then not to be looked at. Days are YYYYMMDD, times HHMMSS. What goes in is
 * borrowed for the call. One thread at a time. */
#pragma once

#include "base/builder.h"
#include "host/why.h"
#include "registry/person_store.h"

enum photo_state {
#define PHOTO_STATE(member, code, zh, en) member = (code),
#include "capture/capture_state.def"
};

enum record_state {
#define RECORD_STATE(member, code, zh, en) member = (code),
#include "capture/capture_state.def"
};

enum expected_state {
#define EXPECTED_STATE(member, code, zh, en) member = (code),
#include "capture/capture_state.def"
};

enum {
    PLACE_ROOM = 161,     /* bytes of a place's or unit's name, with its end */
    POINT_ROOM = 17,      /* of a service point's code */
    MATERIALS_ROOM = 160, /* of what was shown: "id-card:NUMBER, guardian NUMBER, birth-paper:NO" */
    PHOTO_REASON_ROOM = 512,
};

/* A photo of a person. The picture itself is asked for separately. */
struct photo {
    int64_t id;
    int64_t person;
    enum photo_state state;
    uint32_t taken; /* the day on which it was taken */
    uint32_t day;   /* on which it came */
    char officer[OFFICER_CODE_LEN + 1];
    char second[OFFICER_CODE_LEN + 1]; /* who decided, or "" */
    char reason[PHOTO_REASON_ROOM];    /* what does not pass, or why it was decided so */
    uint8_t digest[32]; /* SM3 of the file that came: the same file is the same photo */
};

/* One person, captured: materials seen, record confirmed, photo taken. */
struct capture_record {
    int64_t id;
    int64_t person;
    int64_t photo;
    enum record_state state;
    int64_t package;  /* by which it came, or 0 for a service point */
    int64_t sequence; /* of the package's range, or 0 */
    char point[POINT_ROOM];
    char materials[MATERIALS_ROOM];
    char officer[OFFICER_CODE_LEN + 1];
    char second[OFFICER_CODE_LEN + 1];
    char reason[REASON_ROOM]; /* why it was sent back */
    uint32_t day, time;
};

enum package_kind { PACKAGE_ROAD = 1, PACKAGE_UNIT = 2 };

/* A list of people who are expected: on a laptop that goes out, or confirmed by a unit. */
struct capture_package {
    int64_t id;
    enum package_kind kind;
    char place[PLACE_ROOM]; /* employer number, or the words that the place was asked by */
    int64_t first, last;    /* the range of sequence numbers; a unit's list has one for each line */
    char officer[OFFICER_CODE_LEN + 1];
    uint32_t day, time;
    uint32_t back;      /* the day on which it came back whole, or 0 */
    uint8_t digest[32]; /* SM3 of what came back */
};

struct expected {
    int64_t package, person;
    enum expected_state state;
    char note[REASON_ROOM]; /* what the unit says, or "" */
};

/* A unit was reminded of its list: once a day at most. */
struct unit_reminder {
    int64_t package;
    uint32_t day;
    const char *officer;
};

struct capture_store {
    void *self;
    /* Fills in the number. jpeg is the photo as the painter wrote it. */
    enum err (*photo_add)(void *self, struct photo *photo, struct bytes jpeg, struct why *why);
    enum err (*photo_get)(void *self, int64_t id, struct photo *out, struct why *why);
    /* Appends the picture. */
    enum err (*photo_picture)(void *self, int64_t id, struct builder *out, struct why *why);
    /* The person's photo that came from the same file. */
    enum err (*photo_same)(
        void *self, int64_t person, const uint8_t digest[32], struct photo *out, struct why *why);
    /* The youngest usable one of the person. */
    enum err (*photo_usable)(void *self, int64_t person, struct photo *out, struct why *why);
    /* The first in that state behind a number, taken before a day. */
    enum err (*photo_after)(void *self, enum photo_state state, uint32_t before, int64_t after,
        struct photo *out, struct why *why);
    /* Writes state, second and reason; the row must still be in `was`. */
    enum err (*photo_move)(
        void *self, const struct photo *photo, enum photo_state was, struct why *why);

    enum err (*record_add)(void *self, struct capture_record *record, struct why *why);
    enum err (*record_get)(void *self, int64_t id, struct capture_record *out, struct why *why);
    /* The person's record that is neither sent back nor older than the day. */
    enum err (*record_of)(
        void *self, int64_t person, uint32_t since, struct capture_record *out, struct why *why);
    /* The record that has this number of a package. */
    enum err (*record_numbered)(
        void *self, int64_t package, int64_t sequence, struct capture_record *out, struct why *why);
    /* The first of the day behind a number. */
    enum err (*record_after)(
        void *self, uint32_t day, int64_t after, struct capture_record *out, struct why *why);
    enum err (*record_move)(
        void *self, const struct capture_record *record, enum record_state was, struct why *why);

    /* Fills in the number, and the range: `count` numbers behind all that were ever reserved. */
    enum err (*package_add)(
        void *self, struct capture_package *package, int64_t count, struct why *why);
    enum err (*package_get)(void *self, int64_t id, struct capture_package *out, struct why *why);
    enum err (*package_after)(void *self, enum package_kind kind, int64_t after,
        struct capture_package *out, struct why *why);
    /* Writes the day and the digest of what came back; ERR_CONFLICT when it is back already. */
    enum err (*package_back)(void *self, const struct capture_package *package, struct why *why);
    /* ERR_CONFLICT when there is one of that day already. */
    enum err (*package_remind)(void *self, const struct unit_reminder *reminder, struct why *why);
    /* The day of the last reminder, 0 for none, and how many there were. */
    enum err (*package_reminded)(
        void *self, int64_t package, uint32_t *last, int64_t *count, struct why *why);
    /* Writes or replaces what is known of a person of the list. */
    enum err (*expected_put)(void *self, const struct expected *expected, struct why *why);
    enum err (*expected_after)(
        void *self, int64_t package, int64_t after, struct expected *out, struct why *why);
};

/* "待人工审核 waits for a person". Static. */
const char *photo_state_text(enum photo_state state);
const char *record_state_text(enum record_state state);
const char *expected_state_text(enum expected_state state);

/* Everything that capturing works with. Borrowed. */
struct capture_desk {
    const struct person_desk *persons;
    const struct capture_store *store;
    const char *officer, *second; /* second: where two are asked for, else NULL */
    const char *point;
    uint32_t day, time;
};
