/* Batches 制卡批次: applications are taken together, get card numbers, are approved by a second
 * officer, made, checked, packed into boxes, delivered to a point, stored, and handed out or taken
 * back until none is left. [system.md 4.0.2]
 *
 * Boxes have rows of their own where a point counts them (box.h); batch_pack() is for a place that hands
 * cards out as they are made.
 *
 * Batch invariants:
 *
 *   1. The officer who approves is not the one who made the batch.
 *   2. Each line holds one application and one reserved or used number; no two lines hold the same.
 *   3. A line that is FINISHED, HANDED_OUT or RECOVERED has a chip, and no other line has it.
 *   4. A batch is CLOSED only when handed out + taken back + destroyed + missing = lines; what the bank
 *      sent back, and what a remake batch took over (remake.h), is none of its cards.
 *   5. A batch cancelled releases its numbers; it can be cancelled only before anything is made.
 *
 * The states and steps are batch_machine and line_machine in machine.h. Each function is one
 * transaction: a batch and its lines move together, and after a failure, or a kill, nothing has
 * changed and the call may be made again. ERR_CONFLICT: not in this state; ERR_NOT_FOUND: no such
 * batch or line. */
#pragma once

#include "issuance/issuance_store.h"

/* Parameters of the day, from the dated table of the registry. [system.md 12] */
struct batch_rules {
    int32_t lines_max; /* lines of a batch, 2000 */
    int32_t box_cards; /* cards of a box, 250 */
    /* Whose record must still fit the chip of the batch's day, for a name may have been corrected since it
     * was ordered; NULL asks nobody. An application that does not fit is set aside (audit 03 业务失败):
     * the batch goes on without it, and it waits again when its record was put right and its audit is
     * answered anew. aside, which may be NULL, is told of each. */
    const struct registry_store *registry;
    void (*aside)(void *cookie, const struct application *a, const char *reason);
    void *cookie;
};

/* Makes a batch of the applications that wait at b->point on b->day, at most rules->lines_max,
 * of the highest priority that waits, oldest first: numbers reserved, applications in work. Fills in the rest of *b, and *lines.
 * ERR_NOT_FOUND when nothing waits, or when the city's numbers are used up; ERR_INVALID when
 * officer has more than OFFICER_MAX letters. */
enum err batch_make(const struct issuance_store *store, const struct batch_rules *rules,
    const char *officer, struct batch *b, int32_t *lines, struct why *why);

/* Makes a batch of one application that has passed its audit, for b->point on b->day: an instant card's.
 * Fills in the rest of *b. */
enum err batch_make_one(const struct issuance_store *store, const char *officer,
    int64_t application, struct batch *b, struct why *why);

/* One event of the header, with its guard: BATCH_APPROVE asks for another officer than the maker's
 * (ERR_DENIED), BATCH_PACK that no line is still to be made or checked, BATCH_CLOSE that none is
 * left over, BATCH_CANCEL releases the numbers and gives the applications back. The story of a
 * refusal says how many lines are in the way, and why. */
enum err batch_step(const struct issuance_store *store, int64_t id, enum batch_event event,
    const char *officer, struct why *why);

/* What the maker found out about one card. The pointers are borrowed for the call. */
struct line_result {
    enum line_event event;  /* LINE_MAKE, LINE_FAIL, LINE_DOUBT, LINE_PASS, LINE_REJECT, ... */
    const char *reason;     /* for a failure, else NULL */
    const uint8_t *factor;  /* with LINE_MAKE: 8 bytes */
    const uint8_t *card_id; /* with LINE_MAKE: 16 bytes */
};

/* One event of a line. LINE_MAKE uses up the number and keeps which chip it was; ERR_CONFLICT when
 * another line has this chip. */
enum err batch_line_step(const struct issuance_store *store, int64_t batch, int32_t seq,
    const struct line_result *result, struct why *why);

/* Packs every finished line that has no place yet: boxes of rules->box_cards, places in the order
 * of lines. *boxes says how many boxes the batch has now. Packing again goes on behind the last
 * card, so a remade card needs no box to be opened. */
enum err batch_pack(const struct issuance_store *store, const struct batch_rules *rules, int64_t id,
    int32_t *boxes, struct why *why);

/* "batch-bin-box-position", as the labels say it; the bin is one for each ten boxes. The line must
 * have its place. */
void box_place_write(const struct batch_line *line, char place[BOX_PLACE_MAX]);
