/* People who are insured already: a unit is sent the list of its people, and confirms or corrects it.
 * [system.md 4.1.5; decision 0049]
 *
 *     unit_list() -> the unit reads, asks its people -> unit_confirm() -> photo gaps -> candidates
 *
 * Both files are text in UTF-8, lines that end with a line feed, words between '|'; apps seals them
 * (apps/batch_seal.h). The head counts the lines and has their SM3, 64 hexadecimal characters:
 *
 *     package|unit|UNIT|lines|day|SM3           package|unit-back|UNIT|lines|day|SM3
 *     sequence|number|name|sex|birth|photo      sequence|number|confirmed
 *                                               sequence|number|corrected|PROOF|FIELD|VALUE[|FIELD|VALUE]
 *                                               sequence|number|not-ours|PROOF
 *
 * not-ours: nobody of that number works there; the record's employer becomes empty unless it is another one
 * by now. sex 1 male, 2 female; birth YYYYMMDD; photo "photo" or "missing". PROOF is "KIND:NUMBER", FIELD a code of
 * person_item.def. The answer has the lines of the list, in its order, each once; day is the list's.
 *
 * unit 1: an answer is taken whole or not at all; the line that stands in its way is named.
 * unit 2: the same answer again changes nothing and is told; another one is refused.
 * unit 3: what a unit corrects goes the way of every change (person_change.h): with a proof that holds for
 *         the field, at once where it is not the police's, else written down for a second officer.
 * unit 4: a unit whose list is out has no second one: asked for again, the same list is written with what
 *         the records say now. */
#pragma once

#include "capture/capture_road.h"

enum {
    UNIT_LINE_ROOM = 1024, /* bytes of a line with its line feed */
    UNIT_FIELDS_MAX = 4,   /* that one line corrects */
    UNIT_FILE_MAX = (ROAD_PEOPLE_MAX + 1) * UNIT_LINE_ROOM,
};

/* Writes the list of a unit into file, which has room for UNIT_FILE_MAX bytes; *package is filled in. One
 * transaction; open one around it when the file is to stand before it counts. Errors as road_pack(). */
enum err unit_list(const struct capture_desk *desk, const char *unit, struct builder *file,
    struct capture_package *package, struct why *why);

/* How a list stands. confirmed + corrected + not_ours + silent == expected. */
struct unit_standing {
    int64_t expected;
    int64_t confirmed; /* the record is as the unit says, or was made so at once */
    int64_t corrected; /* the unit says otherwise, and an approver decides */
    int64_t not_ours;  /* the unit does not know them */
    int64_t silent;
    int64_t ready;    /* of the confirmed, those with a usable photo: candidates for a batch */
    int64_t no_photo; /* the others of the confirmed */
};

/* What came of an answer. */
struct unit_answer {
    struct capture_package package;
    struct unit_standing standing;
    bool before; /* it was taken before; nothing changed */
};

/* Takes a unit's answer in. ERR_INVALID: torn, changed, doubled, another unit's, a line that is none or a
 * correction that cannot stand; ERR_NOT_FOUND: no such list; ERR_CONFLICT: the list was answered otherwise,
 * or a record to correct is frozen; ERR_DENIED: the officer is of no service point. */
enum err unit_confirm(const struct capture_desk *desk, struct bytes file,
    struct unit_answer *answer, struct why *why);

/* When a unit that is silent was reminded, and how often. */
struct unit_reminded {
    uint32_t last; /* 0: never */
    int64_t count;
};

/* Notes that the unit was reminded today; counts from now on. ERR_CONFLICT: its answer is in, or it was reminded
 * today already; ERR_NOT_FOUND: no such list; ERR_DENIED: the officer is of no service point. */
enum err unit_remind(
    const struct capture_desk *desk, int64_t list, struct unit_reminded *reminded, struct why *why);

/* Counts a list as it stands. */
enum err unit_stands(const struct capture_desk *desk, int64_t package,
    struct unit_standing *standing, struct why *why);
