/* The ledger of a service point and its day 网点日结. [system.md 4.3.4: opening + received - handed
 * out - returned = closing; a difference blocks the closing]
 *
 * Two sides that are written apart are compared: what the ledger adds up to, and how many cards lie in
 * the stored boxes by their rows; whoever closes the day has counted by hand, which is the third. All
 * three must agree. A day that is closed takes no more rows, so its figures stay what they were
 * signed for. Boxes in quarantine or on their way belong to no point's count. */
#pragma once

#include "issuance/box.h"

/* A day in figures: opening + received - handed - returned = closing, and what lies there by rows. */
struct point_count {
    uint32_t last_closed; /* the day whose closing is the opening; 0 when none was ever closed */
    int64_t opening, received, handed, returned, closing;
    int64_t lying; /* cards in stored boxes */
};

/* Writes a row of the ledger with the desk's officers and moment. ERR_CONFLICT when the point has
 * closed that day. entry->point may be empty for a row that is no point's (the centre's). */
enum err point_entry(const struct point_desk *desk, struct box_entry *entry, struct why *why);

/* The figures of a point from its last closing up to desk->day. */
enum err point_count_read(
    const struct point_desk *desk, const char *point, struct point_count *count, struct why *why);

/* ERR_CONFLICT unless ledger, boxes and counted agree; the story says by how much they do not. */
enum err point_count_check(
    const struct point_count *count, const char *point, int64_t counted, struct why *why);

/* Closes the day of a point, by an officer of it who has counted. What was counted goes into the audit
 * chain whether it agrees or not; ERR_CONFLICT when it does not, or the day is closed already with
 * another count (with the same one it is answered as before). */
enum err point_close(const struct point_desk *desk, const char *point, int64_t counted,
    struct point_count *count, struct why *why);
