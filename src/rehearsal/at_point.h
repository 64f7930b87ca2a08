/* The service point of a rehearsal: its officers, its boxes and its window. Internal to rehearsal.
 *
 * Everything here may be done again after a kill: what was done is found and counted the same. */
#pragma once

#include "issuance/window.h"
#include "rehearsal/pilot_steps.h"

/* Times of the business day, HHMMSS: cards are counted in before it opens, and what is left is done after the last
 * deed. */
enum { POINT_OPENS = 70000, POINT_PACKS = 73000, POINT_CLOSES = 235000 };

/* The letters under which the unit's package and the parcel are known again. */
#define PILOT_UNIT_LETTER "UNIT-1"
#define PILOT_PARCEL      "EMS-1"

/* Whether the plan lets that person collect a card today. */
bool packages_collects(const struct pilot *p, uint64_t person);

/* An officer of the point, with an approver behind. The stores are the pilot's and borrowed. */
struct point_desk point_desk_of(const struct pilot *p, const char *officer, uint32_t time);
struct window_desk window_desk_of(const struct pilot *p, uint32_t time);

/* Somebody who takes cards for others; the words are invented, and `n` tells two of them apart. */
struct taker point_taker(unsigned n);

/* Carries a batch on from finished cards to boxes that the point has counted in: pack, deliver, store. The first box
 * of each batch is counted wrong, lies in quarantine, and is counted again by two officers. Header and boxes may
 * stand anywhere between; ERR_CONFLICT for an event that is none of the three. */
enum err point_boxes(struct pilot *p, const struct batch_rules *rules, int64_t batch,
    enum batch_event event, struct why *why);

/* What the boxes of all batches came to, into p->figures. */
enum err point_count_boxes(struct pilot *p, struct why *why);

/* Hands a card to its holder, to the guardian of a child, or to an agent; a card that left in a package is enabled.
 * What was collected before is counted only. */
enum err point_collect(
    struct pilot *p, const struct pilot_card *card, uint32_t time, struct why *why);
