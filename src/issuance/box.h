/* Boxes of finished cards 装箱: packed at the centre, sent to a point, counted in, and emptied card by
 * card. [system.md 4.0.2 steps 45 to 55, 4.2.4, 4.3; decision 0040]
 *
 *     packed --send--> on its way --receive--> stored --finish--> empty
 *       |                ^   \--quarantine--> quarantine --release--/^   |
 *     unpack             \------ send ---------------------- stored <--refill
 *
 * Box invariants:
 *
 *   1. A card lies in one box at most, at one position; positions of a box are 1, 2, ... without gaps.
 *   2. A box that was counted and did not agree is in quarantine: no card leaves it but one that two
 *      officers say is missing, until two officers count it again and it agrees.
 *   3. What a point answers for is the sum of its ledger: cards counted in, less those handed out,
 *      taken back, missing or sent on. It is the number of cards in its stored boxes.
 *   4. A box holds at most box-cards cards, merged or not.
 *   5. Nothing is written on a day that its point has closed.
 *
 * Each function is one transaction with its rows of ledger and audit chain. ERR_CONFLICT: box or card
 * is in another state; ERR_NOT_FOUND: no such box, or the card lies in none; ERR_DENIED: the officer
 * may not; ERR_INVALID: the order itself is wrong. After a failure, or a kill, nothing has changed. */
#pragma once

#include "issuance/batch.h"
#include "issuance/point_store.h"

/* What happens to a box, in the order of its table. */
enum box_event {
#define BOX_EVENT(member, zh, en) member,
#include "issuance/box.def"
};
extern const struct machine box_machine;

/* Who does it, and when. Borrowed for the call. */
struct point_desk {
    const struct point_store *store;
    const struct registry_store *registry; /* over the same database */
    const char *officer;                   /* who answers for it */
    const char *second;                    /* an approver where two are asked for, or NULL */
    uint32_t day, time;                    /* YYYYMMDD, HHMMSS */
};

/* "batch-bin-box", and back; false for text that is no label. The bin is one for each ten boxes. */
enum { BOX_LABEL_MAX = 48 };
void box_label_write(const struct box *box, char label[BOX_LABEL_MAX]);
bool box_label_read(const char *label, int64_t *batch, int32_t *number);

/* The box of a label, ERR_INVALID when it is none. */
enum err box_find(
    const struct point_store *store, const char *label, struct box *box, struct why *why);

/* The word of a kind in lists, "received"; static. */
const char *box_entry_word(enum box_entry_kind kind);

/* Packs every finished line of a batch that has no place: by unit, region and name, so that a unit's
 * cards lie together. Goes on behind the last card, as long as its box was not sent. *boxes says how
 * many the batch has now. The header stays as it is. */
enum err boxes_pack(const struct point_desk *desk, const struct batch_rules *rules, int64_t batch,
    int32_t *boxes, struct why *why);

/* All boxes leave for the batch's point; the officer, a maker, signs the delivery note. The header
 * goes to 50. */
enum err boxes_deliver(const struct point_desk *desk, int64_t batch, struct why *why);

/* The header goes to 55 when every box was counted in, or is in quarantine at its point. */
enum err boxes_store(const struct point_desk *desk, int64_t batch, struct why *why);

/* Unpacks the boxes of a batch that were never sent; what restoring a batch asks for. */
enum err boxes_unpack(const struct point_desk *desk, int64_t batch, struct why *why);

/* A box arrived and was counted; the officer, one of a point, signs for it. *box says what became of
 * it: stored when the count agrees, in quarantine with a difference note when not. Counted again with
 * the same number it is answered as before; ERR_CONFLICT for another number. */
enum err box_receive(
    const struct point_desk *desk, int64_t id, int32_t counted, struct box *box, struct why *why);

/* A box in quarantine was counted again, by two officers: stored when it agrees with the cards that
 * have not been found missing, else a second difference note. */
enum err box_recount(
    const struct point_desk *desk, int64_t id, int32_t counted, struct box *box, struct why *why);

/* A card is not in its box, say two officers; reason names the report to the police. The card is
 * cancelled as 95 and on the blacklist, its line written off, its application waits for a decision. */
enum err box_card_missing(
    const struct point_desk *desk, const char *card_number, const char *reason, struct why *why);

/* A stored box leaves for another point, whose officers count it in. */
enum err box_send(const struct point_desk *desk, int64_t id, const char *point, struct why *why);

/* All cards of one stored box go into another of the same point. ERR_CONFLICT when they would be more
 * than box_cards. */
enum err box_merge(
    const struct point_desk *desk, int64_t from, int64_t into, int32_t box_cards, struct why *why);

/* Takes one card out of its stored box, and the rest moves up; an emptied box is empty. kind says why.
 * In the caller's transaction; a card that lies in no box is left alone, for a card made at the
 * counter never lay in one. point receives where it lay, or "". */
enum err box_take_out(const struct point_desk *desk, const char *card_number,
    enum box_entry_kind kind, char point[POINT_MAX + 1], struct why *why);

/* Puts a card that came back into the last box of the point that has room, or into its own box where
 * that is empty. In the caller's transaction. */
enum err box_put_back(const struct point_desk *desk, const char *card_number, const char *point,
    int32_t box_cards, struct why *why);
