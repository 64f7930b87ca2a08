/* The two ends of a line that no holder reaches: a finished card is taken back, and what must not be
 * used is destroyed. [system.md 4.0.2, 4.3, 6.3.2; card life T3]
 *
 *     finished --take back--> taken back --destroy--> destroyed
 *     failed, in doubt, wrong ------------destroy------^
 *
 * Both take two officers, and each is one transaction: line, card, application and audit row move
 * together or not at all. A card that is taken back is cancelled, and on the blacklist, from that
 * moment. The application of a line that ends so waits for an officer to decide; the person's data
 * stay, so that a new card needs no new capture. A card in a stored box leaves it, and the rest moves up; one
 * whose box is on its way or in quarantine is not there to be taken. What was done already is refused and says so. */
#pragma once

#include "issuance/point_store.h"
#include "issuance/window_store.h"

/* Who does it, and when. Borrowed for the call. */
struct taking_back {
    const struct issuance_store *store;
    const struct registry_store *registry;
    const struct point_store *points;  /* out of whose boxes it comes; NULL where there are none */
    const struct window_store *window; /* the list of wrong cards; NULL where there is none */
    const char *officer, *second;      /* a point's officer or a maker, and an approver */
    uint32_t day, time;                /* YYYYMMDD, HHMMSS */
};

/* Takes the finished card of that number back; sub_reason is 95 (spoiled), 96 (not fetched) or 98
 * (wrong data). ERR_NOT_FOUND: no line has this card; ERR_CONFLICT: it is not a finished card any
 * more; ERR_DENIED: one of the officers may not; ERR_INVALID: the reason is none for this. */
enum err card_take_back(
    const struct taking_back *t, const char *card_number, int sub_reason, struct why *why);

/* Destroys what line seq of a batch has become. ERR_CONFLICT: the line is not failed, in doubt, wrong
 * or taken back. */
enum err line_destroy(const struct taking_back *t, int64_t batch, int32_t seq, struct why *why);

/* The person of an application that an officer has to decide about orders once more, free of charge: it is
 * solved, and a new one of kind 07 (质保换卡) is made for the same point and passes its audit, for the
 * person's data were not at fault or are corrected by now. t->second, an approver, says so.
 * ERR_CONFLICT: the application waits for no decision. [system.md 4.3: no new capture, free when the
 * mistake is the issuer's] */
enum err application_again(
    const struct taking_back *t, int64_t application, struct application *fresh, struct why *why);
