/* Somebody is captured at a service point: who they are is seen, the record is confirmed, the photo is taken,
 * and a second operator looks at all of it. [system.md 4.1.3]
 *
 *     number -> documents -> record confirmed, signed -> photo -> operator 2 -> candidate for a batch
 *
 * take 1: nothing of somebody is kept unless all of it is: documents, confirmation and a photo that did not
 *         fail. The photo's reason is told while they stand before the camera.
 * take 2: who was captured and not sent back is captured; taken again, the same record and receipt are told.
 * take 3: who captured somebody does not check it.
 *
 * What the record says wrongly is changed before, with a proof (person_change.h). One transaction each, with
 * its row of the audit chain, which names the record and never the person. */
#pragma once

#include "capture/photo_case.h"

enum { CAPTURE_CODE_ROOM = 24 };

/* Why somebody is not captured, beyond what an application would be refused for; in the order in which it is
 * asked. */
enum capture_refusal {
#define REFUSAL(member, code, zh, en, next) member,
#include "capture/capture_refusal.def"
    CAPTURE_MAY
};

/* What is in front of the operator. Borrowed. */
struct capture_order {
    const char *number;   /* citizen number of whom is captured */
    const char *name;     /* as the document has it */
    const char *document; /* "id-card:NUMBER", or for a child also "household-book:NUMBER" */
    const char *guardian; /* a child's: the number of the guardian's document, else NULL */
    const char *proof; /* a child's: "household-book:NUMBER" or "birth-paper:NUMBER", else NULL */
    bool confirmed;    /* the person, or the guardian, has signed the printed record */
    int64_t package, sequence;       /* when it comes from the road, else 0 */
    const struct photo_offer *photo; /* its person is not looked at */
};

/* Captures somebody; *record is filled in. ERR_INVALID: the number is none; ERR_NOT_FOUND: nobody here has
 * it; ERR_DENIED: the officer; ERR_CONFLICT: one of the refusals, or the photo fails, each with what to do. */
enum err capture_take(const struct capture_desk *desk, const struct capture_order *order,
    struct capture_record *record, struct why *why);

/* Operator 2 has compared record, sheet and photo: it is good, or goes back with a reason. The same again is
 * answered OK. ERR_DENIED: no approver, or who took it; ERR_INVALID: back without a reason; ERR_CONFLICT:
 * it was decided otherwise, or the photo is not usable yet. */
enum err capture_check(const struct capture_desk *desk, int64_t id, bool good, const char *reason,
    struct capture_record *record, struct why *why);

/* The progress code of a record, "C20031008-12", which tells nothing about the person; and the record of
 * one. ERR_NOT_FOUND: it is none, or of another day. */
void capture_code_write(const struct capture_record *record, char code[CAPTURE_CODE_ROOM]);
enum err capture_by_code(const struct capture_desk *desk, const char *code,
    struct capture_record *record, struct why *why);

/* 采集日报: what a day of capturing came to. waiting + checked + back == taken. */
struct capture_day {
    int64_t taken, waiting, checked, back;
    int64_t road;                          /* of them, from packages */
    int64_t photo_passed, photo_by_person; /* how their photos became usable */
    int64_t photo_waiting;                 /* and those that wait for a person */
    int64_t photo_rejected;                /* photos of the day that were rejected */
};
enum err capture_day_count(
    const struct capture_desk *desk, uint32_t day, struct capture_day *count, struct why *why);
