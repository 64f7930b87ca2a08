#include "rehearsal/at_point.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "crypto/secret.h"
#include "host/rng.h"
#include "issuance/handover.h"
#include "keys/vault.h"
#include "registry/applicant.h"

enum { AGENT_IN = 12 /* one of so many sends somebody */ };

struct point_desk point_desk_of(const struct pilot *p, const char *officer, uint32_t time) {
    return (struct point_desk){.store = p->parts->points,
        .registry = p->parts->registry,
        .officer = officer,
        .second = PILOT_APPROVER,
        .day = p->order->date,
        .time = time};
}

struct window_desk window_desk_of(const struct pilot *p, uint32_t time) {
    return (struct window_desk){
        .at = point_desk_of(p, PILOT_POINT, time), .store = p->parts->window};
}

struct taker point_taker(unsigned n) {
    struct taker taker = {.address = "广东省广州市越秀区"};
    (void)snprintf(taker.name, sizeof taker.name, "代领人%u", n);
    (void)snprintf(taker.number, sizeof taker.number, "9901021970010%05u", n % 100000);
    (void)snprintf(taker.phone, sizeof taker.phone, "020-8%07u", n % 10000000);
    return taker;
}

/* --- boxes ---------------------------------------------------------------------------------------- */

/* Counted in; a box that was counted wrong is counted again by two. */
static enum err box_in(const struct point_desk *desk, struct box *box, struct why *why) {
    int32_t miscounted = box->number == 1 && box->cards > 1 ? 1 : 0;
    enum err err = OK;
    if (box->state == BOX_SENT) {
        err = box_receive(desk, box->id, box->cards - miscounted, box, why);
    }
    if (!err && box->state == BOX_QUARANTINED) {
        err = box_recount(desk, box->id, box->cards, box, why);
    }
    return err;
}

static enum err boxes_in(const struct point_desk *desk, int64_t batch, struct why *why) {
    struct box box = {.id = 0};
    enum err err = OK;
    while (!err) {
        err = desk->store->box_after(desk->store->self, NULL, batch, box.id, &box, why);
        if (!err) {
            err = box_in(desk, &box, why);
            err = err == ERR_NOT_FOUND ? ERR_CONFLICT : err; /* no end of the list */
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err point_boxes(struct pilot *p, const struct batch_rules *rules, int64_t batch,
    enum batch_event event, struct why *why) {
    const struct point_desk maker = point_desk_of(p, PILOT_MAKER, POINT_OPENS);
    const struct point_desk point = point_desk_of(p, PILOT_POINT, POINT_OPENS);
    int32_t boxes = 0;
    enum err err = OK;
    assert(p->parts->points);
    if (event == BATCH_PACK) {
        err = boxes_pack(&maker, rules, batch, &boxes, why);
        return err ? err : batch_step(p->parts->issuance, batch, event, PILOT_MAKER, why);
    }
    if (event == BATCH_DELIVER) {
        return boxes_deliver(&maker, batch, why);
    }
    if (event == BATCH_STORE) {
        err = boxes_in(&point, batch, why);
        return err ? err : boxes_store(&point, batch, why);
    }
    return why_say(why, ERR_CONFLICT, "boxes are packed, delivered and stored, nothing else");
}

/* By the ledger: a box that is empty by now was counted in all the same. */
enum err point_count_boxes(struct pilot *p, struct why *why) {
    const struct point_store *store = p->parts->points;
    uint64_t *issued = p->figures->issued;
    struct box_entry entry = {.id = 0};
    enum err err = OK;
    issued[ISSUED_BOXES_PACKED] = issued[ISSUED_BOXES_DIFFERED] = 0;
    issued[ISSUED_BOXES_STORED] = 0;
    while (!err) {
        err = store->entry_after(store->self, 0, NULL, entry.id, &entry, why);
        issued[ISSUED_BOXES_PACKED] += !err && entry.kind == ENTRY_SENT;
        issued[ISSUED_BOXES_DIFFERED] += !err && entry.kind == ENTRY_DIFFERS;
        issued[ISSUED_BOXES_STORED] += !err
                                       && (entry.kind == ENTRY_RECEIVED
                                           || entry.kind == ENTRY_RELEASED);
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* --- into a hand ---------------------------------------------------------------------------------- */

/* By the receipt, which says in which way the card was taken, in this run or an earlier one. */
static enum err count_taken(struct pilot *p, const struct pilot_card *card, struct why *why) {
    static const enum issued_figure of_kind[] = {[TO_HOLDER] = ISSUED_TAKEN_BY_HOLDER,
        [TO_AGENT] = ISSUED_TAKEN_BY_AGENT,
        [TO_UNIT] = ISSUED_TAKEN_IN_UNIT,
        [TO_COMMUNITY] = ISSUED_TAKEN_IN_UNIT,
        [BY_POST] = ISSUED_TAKEN_BY_POST};
    const struct window_store *window = p->parts->window;
    struct handover_receipt receipt;
    enum err err = window->receipt_get(window->self, card->number, &receipt, why);
    if (!err) {
        assert(receipt.kind >= TO_HOLDER);
        assert(receipt.kind <= BY_POST);
        p->figures->issued[of_kind[receipt.kind]]++;
        p->figures->cards.handed_out++;
    }
    return err;
}

/* Who comes: for a child the guardian, sometimes an agent, else the holder. */
static enum err who_comes(const struct pilot *p, const struct pilot_card *card, struct handover *h,
    struct taker *taker, struct why *why) {
    const struct registry_store *registry = p->parts->registry;
    struct person person;
    enum err err = registry->person_by_id(registry->self, (int64_t)card->person, &person, why);
    if (err) {
        return err;
    }
    uint64_t key = (uint64_t)number17_of(bytes_text(person.number));
    struct rng rng = rng_stream(p->order->seed, "agent", key);
    h->guardian = person_is_child(&person, h->day);
    bool agent = rng_below(&rng, AGENT_IN) == 0;
    h->kind = h->guardian || agent ? TO_AGENT : TO_HOLDER;
    *taker = point_taker((unsigned)(key % 100000));
    h->agent = h->kind == TO_AGENT ? taker : NULL;
    return OK;
}

static enum err give(
    struct pilot *p, const struct pilot_card *card, uint32_t time, struct why *why) {
    const struct pilot_parts *parts = p->parts;
    struct handover h = {.store = parts->issuance,
        .registry = parts->registry,
        .officer = PILOT_POINT,
        .card_number = card->number,
        .day = p->order->date,
        .time = time,
        .points = parts->points,
        .window = parts->window};
    struct taker taker;
    struct reader reader;
    char first_pin[7] = "", own_pin[7];
    plan_pin(p->order->seed, card->person, own_pin);
    enum err err = who_comes(p, card, &h, &taker, why);
    err = err ? err
              : parts->vaults[0]->first_pin(parts->vaults[0]->self, card->factor, first_pin, why);
    err = err ? err
              : parts->rack->insert(parts->rack->self, SHELF_CARDS, card->number, &reader, why);
    if (!err) {
        h.reader = &reader;
        h.old_pin = first_pin;
        h.new_pin = own_pin;
        err = hand_over(&h, why);
        reader_close(&reader);
    }
    crypto_wipe((uint8_t *)first_pin, sizeof first_pin);
    crypto_wipe((uint8_t *)own_pin, sizeof own_pin);
    return err;
}

/* The registry says whether it was collected: a run that was cut short finds it in the holder's hand. */
enum err point_collect(
    struct pilot *p, const struct pilot_card *card, uint32_t time, struct why *why) {
    const struct registry_store *registry = p->parts->registry;
    struct card_record record;
    enum err err = registry->card_by_number(registry->self, card->number, &record, why);
    if (!err && record.life == LIFE_SEALED) {
        err = give(p, card, time, why);
    }
    return err ? err : count_taken(p, card, why);
}
