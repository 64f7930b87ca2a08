/* What happens to a box at its point: counted, counted again, merged, sent on, emptied. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "issuance/application.h"
#include "issuance/box.h"
#include "issuance/point_day.h"
#include "issuance/stock.h"

enum { SUBJECT_MAX = 96, REQUEST_ROOM = 40 };

static enum err note(const struct point_desk *desk, const char *what, const struct box *box,
    const char *more, struct why *why) {
    char subject[SUBJECT_MAX];
    char label[BOX_LABEL_MAX];
    const struct issuance_store *issuance = desk->store->issuance;
    box_label_write(box, label);
    (void)snprintf(subject, sizeof subject, "box %s%s%.40s", label, *more ? ", " : "", more);
    return issuance->audit(issuance->self, desk->officer, what, subject, why);
}

/* The box, moved as its table says and read back. */
static enum err move(const struct point_desk *desk, struct box *box, enum box_event event,
    const char *point, struct why *why) {
    int to = 0;
    enum err err = machine_next(&box_machine, (int)box->state, (int)event, &to, why);
    err = err ? err
              : desk->store->box_move(
                  desk->store->self, box, (enum box_state)to, point, desk->day, why);
    return err ? err : desk->store->box_get(desk->store->self, box->id, box, why);
}

/* An officer of a point, and where two are asked for an approver who is somebody else. */
static enum err check_two(const struct point_desk *desk, struct why *why) {
    enum err err = officer_require(desk->registry, desk->officer, ROLE_POINT, why);
    if (!err && (!desk->second || strcmp(desk->officer, desk->second) == 0)) {
        err = why_say(why, ERR_DENIED, "this takes two: %s and an approver", desk->officer);
    }
    return err ? err : officer_require(desk->registry, desk->second, ROLE_APPROVER, why);
}

static enum err check_stored(const struct box *box, struct why *why) {
    return box->state == BOX_STORED
               ? OK
               : why_say(why, ERR_CONFLICT, "it is %s (%s); a stored box is expected",
                   machine_state_en(&box_machine, (int)box->state),
                   machine_state_zh(&box_machine, (int)box->state));
}

static enum err label_added(const struct box *box, enum err err, struct why *why) {
    char label[BOX_LABEL_MAX] = "?";
    if (box->number >= 1) {
        box_label_write(box, label);
    }
    return err ? why_add(why, err, "box %s", label) : OK;
}

/* --- counting --------------------------------------------------------------------------------- */

/* A count that agrees brings the cards into the point's stock. */
static enum err counted_in(const struct point_desk *desk, struct box *box, enum box_event event,
    enum box_entry_kind kind, int32_t counted, struct why *why) {
    struct box_entry entry = {.kind = kind,
        .box = box->id,
        .expected = box->cards,
        .counted = counted,
        .stock = box->cards};
    assert(counted == box->cards);
    (void)memcpy(entry.point, box->point, sizeof entry.point);
    enum err err = move(desk, box, event, box->point, why);
    err = err ? err : desk->store->cards_stored(desk->store->self, box->id, desk->day, why);
    return err ? err : point_entry(desk, &entry, why);
}

/* Box 2: the difference note. */
static enum err differs(
    const struct point_desk *desk, struct box *box, int32_t counted, struct why *why) {
    struct box_entry entry = {
        .kind = ENTRY_DIFFERS, .box = box->id, .expected = box->cards, .counted = counted};
    (void)memcpy(entry.point, box->point, sizeof entry.point);
    (void)snprintf(entry.note, sizeof entry.note, "%" PRId32 " %s",
        counted < box->cards ? box->cards - counted : counted - box->cards,
        counted < box->cards ? "missing" : "too many");
    return point_entry(desk, &entry, why);
}

/* The same count again is answered as before: what the ledger says last of this box is it. */
static enum err counted_before(
    const struct point_desk *desk, const struct box *box, int32_t counted, struct why *why) {
    struct box_entry entry = {.id = 0};
    struct box_entry last = {.counted = -1};
    enum err err = OK;
    while (
        !err
        && (err = desk->store->entry_after(desk->store->self, box->id, NULL, entry.id, &entry, why))
               == OK) {
        bool count = entry.kind == ENTRY_RECEIVED || entry.kind == ENTRY_DIFFERS;
        last = count ? entry : last;
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    return last.counted == counted
               ? OK
               : why_say(why, ERR_CONFLICT,
                   "it is %s already, with %" PRId32 " cards counted; count it again with two "
                   "officers: point recount",
                   machine_state_en(&box_machine, (int)box->state), last.counted);
}

static enum err receive_new(
    const struct point_desk *desk, int32_t counted, struct box *box, struct why *why) {
    if (counted == box->cards) {
        enum err err = counted_in(desk, box, BOX_RECEIVE, ENTRY_RECEIVED, counted, why);
        return err ? err : note(desk, "receive", box, "", why);
    }
    enum err err = differs(desk, box, counted, why);
    err = err ? err : move(desk, box, BOX_QUARANTINE, box->point, why);
    return err ? err : note(desk, "quarantine", box, "", why);
}

enum err box_receive(
    const struct point_desk *desk, int64_t id, int32_t counted, struct box *box, struct why *why) {
    *box = (struct box){.id = id};
    if (counted < 0) {
        return why_say(why, ERR_INVALID, "a count is no less than 0");
    }
    WORK_SCOPE(work);
    enum err err = officer_require(desk->registry, desk->officer, ROLE_POINT, why);
    err = err ? err : work_begin(&work, desk->store->issuance, why);
    err = err ? err : desk->store->box_get(desk->store->self, id, box, why);
    if (!err && (box->state == BOX_STORED || box->state == BOX_QUARANTINED)) {
        return label_added(box, counted_before(desk, box, counted, why), why);
    }
    err = err ? err : receive_new(desk, counted, box, why);
    err = err ? err : work_commit(&work, why);
    return label_added(box, err, why);
}

/* A box in quarantine only: one that is stored needs no second count. */
static enum err recount(
    const struct point_desk *desk, int32_t counted, struct box *box, struct why *why) {
    int to = 0;
    enum err err = machine_next(&box_machine, (int)box->state, BOX_RELEASE, &to, why);
    if (err) {
        return err;
    }
    if (counted == box->cards) {
        err = counted_in(desk, box, BOX_RELEASE, ENTRY_RELEASED, counted, why);
        return err ? err : note(desk, "release", box, desk->second, why);
    }
    err = differs(desk, box, counted, why);
    return err ? err : note(desk, "recount", box, desk->second, why);
}

enum err box_recount(
    const struct point_desk *desk, int64_t id, int32_t counted, struct box *box, struct why *why) {
    *box = (struct box){.id = id};
    WORK_SCOPE(work);
    enum err err = check_two(desk, why);
    err = err ? err : work_begin(&work, desk->store->issuance, why);
    err = err ? err : desk->store->box_get(desk->store->self, id, box, why);
    err = err ? err : recount(desk, counted, box, why);
    err = err ? err : work_commit(&work, why);
    return label_added(box, err, why);
}

/* --- out of a box, and back ------------------------------------------------------------------- */

/* The last card that leaves ends the box. */
static enum err shrink(
    const struct point_desk *desk, const struct box_card *place, struct box *box, struct why *why) {
    enum err err = desk->store->card_remove(desk->store->self, place, why);
    return err || box->cards > 1 ? err : move(desk, box, BOX_FINISH, box->point, why);
}

enum err box_take_out(const struct point_desk *desk, const char *card_number,
    enum box_entry_kind kind, char point[POINT_MAX + 1], struct why *why) {
    struct box_card place;
    struct box box = {.id = 0};
    point[0] = '\0';
    enum err err = desk->store->card_place(desk->store->self, card_number, &place, why);
    if (err) {
        return err == ERR_NOT_FOUND ? OK : err;
    }
    err = desk->store->box_get(desk->store->self, place.box, &box, why);
    err = err ? err : check_stored(&box, why);
    if (err) {
        return label_added(&box, err, why);
    }
    assert(box.cards >= place.position);
    struct box_entry entry = {
        .kind = kind, .box = box.id, .expected = box.cards, .counted = box.cards - 1, .stock = -1};
    (void)memcpy(entry.point, box.point, sizeof entry.point);
    (void)memcpy(entry.card, place.card, sizeof entry.card);
    (void)memcpy(point, box.point, POINT_MAX + 1);
    err = shrink(desk, &place, &box, why);
    return err ? err : point_entry(desk, &entry, why);
}

/* A stored box of the point with room for one more; ERR_NOT_FOUND when there is none. */
static enum err find_room(const struct point_desk *desk, const char *point, int32_t box_cards,
    struct box *box, struct why *why) {
    enum err err = OK;
    *box = (struct box){.id = 0};
    do {
        err = desk->store->box_after(desk->store->self, point, 0, box->id, box, why);
    } while (!err && (box->state != BOX_STORED || box->cards >= box_cards));
    return err;
}

/* The box that the card was packed into, which is empty by now. */
static enum err refill_own(const struct point_desk *desk, const char *card_number,
    const char *point, struct box *box, struct why *why) {
    const struct issuance_store *issuance = desk->store->issuance;
    struct batch_line line;
    enum err err = issuance->line_of_card(issuance->self, card_number, &line, why);
    err = err ? err : desk->store->box_labelled(desk->store->self, line.batch, line.box, box, why);
    return err ? err : move(desk, box, BOX_REFILL, point, why);
}

enum err box_put_back(const struct point_desk *desk, const char *card_number, const char *point,
    int32_t box_cards, struct why *why) {
    struct box box;
    enum err err = find_room(desk, point, box_cards, &box, why);
    if (err == ERR_NOT_FOUND) {
        err = refill_own(desk, card_number, point, &box, why);
    }
    if (err) {
        return why_add(why, err, "put card %s back", card_number);
    }
    struct box_card card = {.box = box.id, .position = box.cards + 1, .stored = desk->day};
    struct box_entry entry = {.kind = ENTRY_BACK,
        .box = box.id,
        .expected = box.cards,
        .counted = box.cards + 1,
        .stock = 1};
    (void)snprintf(card.card, sizeof card.card, "%s", card_number);
    (void)memcpy(entry.point, box.point, sizeof entry.point);
    (void)memcpy(entry.card, card.card, sizeof entry.card);
    err = desk->store->card_put(desk->store->self, &card, why);
    return err ? err : point_entry(desk, &entry, why);
}

/* --- a card that is not there ----------------------------------------------------------------- */

/* Its line, its application and its record end together: it must open nothing, wherever it is. */
static enum err write_off(
    const struct point_desk *desk, const char *card_number, const char *reason, struct why *why) {
    const struct issuance_store *issuance = desk->store->issuance;
    const struct line_result result = {.event = LINE_MISS, .reason = reason};
    char request[REQUEST_ROOM];
    struct batch_line line;
    (void)snprintf(request, sizeof request, "missing %.9s", card_number);
    const struct card_order order = {.card = card_number,
        .event = EVENT_SPOIL,
        .sub_reason = 95,
        .who = desk->officer,
        .second = desk->second,
        .request = request,
        .day = desk->day,
        .time = desk->time};
    enum err err = issuance->line_of_card(issuance->self, card_number, &line, why);
    err = err ? err : batch_line_step(issuance, line.batch, line.seq, &result, why);
    err = err ? err
              : application_step(
                  issuance, line.application, APPLICATION_TROUBLE, desk->officer, why);
    return err ? err : card_step(desk->registry, &order, why);
}

/* Out of a box in quarantine, whose cards are not in the point's stock yet, or of a stored one. */
static enum err take_missing(const struct point_desk *desk, const struct box_card *place,
    struct box *box, const char *reason, struct why *why) {
    bool stored = box->state == BOX_STORED;
    if (!stored && box->state != BOX_QUARANTINED) {
        return why_say(why, ERR_CONFLICT, "its box is %s; count it in first: point receive",
            machine_state_en(&box_machine, (int)box->state));
    }
    struct box_entry entry = {.kind = ENTRY_MISSING,
        .box = box->id,
        .expected = box->cards,
        .counted = box->cards - 1,
        .stock = stored ? -1 : 0};
    (void)memcpy(entry.point, box->point, sizeof entry.point);
    (void)memcpy(entry.card, place->card, sizeof entry.card);
    enum err err = stock_word(entry.note, sizeof entry.note, reason, "a note", why);
    err = err ? err : shrink(desk, place, box, why);
    err = err ? err : point_entry(desk, &entry, why);
    err = err ? err : write_off(desk, place->card, reason, why);
    return err ? err : note(desk, "card missing", box, desk->second, why);
}

enum err box_card_missing(
    const struct point_desk *desk, const char *card_number, const char *reason, struct why *why) {
    struct box_card place;
    struct box box;
    enum err err = check_two(desk, why);
    if (!err && reason[0] == '\0') {
        err = why_say(why, ERR_INVALID, "a missing card needs a note: the report to the police");
    }
    if (err) {
        return err;
    }
    WORK_SCOPE(work);
    err = work_begin(&work, desk->store->issuance, why);
    err = err ? err : desk->store->card_place(desk->store->self, card_number, &place, why);
    err = err ? err : desk->store->box_get(desk->store->self, place.box, &box, why);
    err = err ? err : take_missing(desk, &place, &box, reason, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "card %s", card_number) : OK;
}

/* --- whole boxes ------------------------------------------------------------------------------ */

enum err box_send(const struct point_desk *desk, int64_t id, const char *point, struct why *why) {
    struct box box = {.id = id};
    struct box_entry left = {.kind = ENTRY_LEFT, .box = id};
    struct box_entry sent = {.kind = ENTRY_SENT, .box = id};
    size_t len = strlen(point);
    WORK_SCOPE(work);
    enum err err = officer_require(desk->registry, desk->officer, ROLE_POINT, why);
    err = err ? err : work_begin(&work, desk->store->issuance, why);
    err = err ? err : desk->store->box_get(desk->store->self, id, &box, why);
    err = err ? err : check_stored(&box, why);
    if (!err && (len == 0 || len > POINT_MAX || strcmp(point, box.point) == 0)) {
        err = why_say(why, ERR_INVALID, "it goes to another point, of 1 to %d letters", POINT_MAX);
    }
    if (err) {
        return label_added(&box, err, why);
    }
    left.expected = sent.expected = box.cards;
    left.stock = -box.cards;
    (void)memcpy(left.point, box.point, sizeof left.point);
    err = point_entry(desk, &left, why);
    err = err ? err : move(desk, &box, BOX_SEND, point, why);
    err = err ? err : point_entry(desk, &sent, why);
    err = err ? err : note(desk, "send", &box, point, why);
    err = err ? err : work_commit(&work, why);
    return label_added(&box, err, why);
}

/* Both boxes stand in the same store and have room together. Box 4. */
static enum err check_merge(
    const struct box *from, const struct box *into, int32_t box_cards, struct why *why) {
    enum err err = check_stored(from, why);
    err = err ? err : check_stored(into, why);
    if (err) {
        return err;
    }
    if (from->id == into->id || strcmp(from->point, into->point) != 0) {
        return why_say(why, ERR_CONFLICT, "two boxes of one point can be merged");
    }
    return from->cards + into->cards <= box_cards
               ? OK
               : why_say(why, ERR_CONFLICT,
                   "%" PRId32 " + %" PRId32 " cards are more than the %" PRId32 " of a box",
                   from->cards, into->cards, box_cards);
}

enum err box_merge(
    const struct point_desk *desk, int64_t from, int64_t into, int32_t box_cards, struct why *why) {
    const struct point_store *store = desk->store;
    struct box a = {.id = from};
    struct box b = {.id = into};
    WORK_SCOPE(work);
    enum err err = officer_require(desk->registry, desk->officer, ROLE_POINT, why);
    err = err ? err : work_begin(&work, store->issuance, why);
    err = err ? err : store->box_get(store->self, from, &a, why);
    err = err ? err : store->box_get(store->self, into, &b, why);
    err = err ? err : check_merge(&a, &b, box_cards, why);
    if (err) {
        return label_added(&a, err, why);
    }
    struct box_entry entry = {
        .kind = ENTRY_MERGED, .box = from, .expected = a.cards, .counted = a.cards + b.cards};
    (void)memcpy(entry.point, a.point, sizeof entry.point);
    box_label_write(&b, entry.note);
    err = store->cards_shift(store->self, from, into, b.cards, why);
    err = err ? err : move(desk, &a, BOX_FINISH, a.point, why);
    err = err ? err : point_entry(desk, &entry, why);
    err = err ? err : note(desk, "merge", &a, entry.note, why);
    err = err ? err : work_commit(&work, why);
    return label_added(&a, err, why);
}
