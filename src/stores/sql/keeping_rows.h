/* The registers of what carries keys: key officers, carriers, purchase modules (PSAMs). Which version of a
 * key is where, keeping_keys.h knows. [system.md 6.1.2, 6.1.3]
 *
 * Everything that changes a row writes its audit row in the same transaction; a move of a carrier or a
 * module names the two officers who made it. Whoever calls has had both sign in. */
#pragma once

#include "base/bytes.h"
#include "ceremony/keeping_life.h"
#include "stores/sql/db.h"

enum { KEEPING_WORD_MAX = 40, OFFICER_SALT_LEN = 16, OFFICER_PROOF_LEN = 32 };

struct keeping_rows; /* opaque: the prepared sentences */

struct carrier_row {
    int64_t serial;
    char kind[KEEPING_WORD_MAX + 1]; /* "share-card" */
    char ceremony[KEEPING_WORD_MAX + 1], holder[KEEPING_WORD_MAX + 1], place[KEEPING_WORD_MAX + 1];
    enum carrier_state state;
};

struct psam_row {
    char terminal[13], institution[KEEPING_WORD_MAX + 1];
    uint16_t versions; /* of the purchase key: bit n for version n */
    enum module_state state;
    uint8_t main_version; /* of its own main control keys; 0 counts as 1 when it is added */
};

/* Who moves something, and checks: two different codes. */
struct two_officers {
    const char *a, *b;
};

/* Opens the registers over a database that db_open() brought up to date, which must outlive them. */
enum err keeping_rows_open(struct keeping_rows **rows, struct db *db, struct why *why);
void keeping_rows_close(struct keeping_rows *rows);

/* Adds an officer, on duty, with what their passphrase proves. ERR_CONFLICT when the code is taken. who
 * lets them in is in the chain. */
enum err keeping_officer_add(struct keeping_rows *rows, const char *code, struct bytes salt,
    struct bytes proof, const char *who, struct why *why);
enum err keeping_officer_duty(
    struct keeping_rows *rows, const char *code, bool on_duty, const char *who, struct why *why);
/* ERR_NOT_FOUND when there is none of that code. */
enum err keeping_officer_get(struct keeping_rows *rows, const char *code, bool *on_duty,
    uint8_t salt[OFFICER_SALT_LEN], uint8_t proof[OFFICER_PROOF_LEN], struct why *why);

/* Registers a carrier that a ceremony made; again does nothing. */
enum err keeping_carrier_add(struct keeping_rows *rows, const struct carrier_row *carrier,
    struct two_officers who, struct why *why);
/* The carrier behind serial `after`, or ERR_NOT_FOUND at the end. */
enum err keeping_carrier_next(
    struct keeping_rows *rows, int64_t after, struct carrier_row *carrier, struct why *why);
/* Moves one by an event of keeping_life.def to a place. */
enum err keeping_carrier_move(struct keeping_rows *rows, int64_t serial, const char *event,
    const char *place, struct two_officers who, struct why *why);

/* The same for purchase modules. */
enum err keeping_psam_add(struct keeping_rows *rows, const struct psam_row *psam,
    struct two_officers who, struct why *why);
enum err keeping_psam_next(
    struct keeping_rows *rows, const char *after, struct psam_row *psam, struct why *why);
enum err keeping_psam_get(
    struct keeping_rows *rows, const char *terminal, struct psam_row *psam, struct why *why);
enum err keeping_psam_move(struct keeping_rows *rows, const char *terminal, const char *event,
    struct two_officers who, struct why *why);
/* Adds a version of the purchase key to what a module has. */
enum err keeping_psam_version(struct keeping_rows *rows, const char *terminal, uint8_t version,
    struct two_officers who, struct why *why);
