/* Days in parts of a centre that is open (clearing/partition_take.h): its folder segments/, and what
 * other commands of the day have to know of them. Their records are found through the desk's clearing,
 * as all others. */
#pragma once

#include "apps/day_desk.h"
#include "clearing/day_proof.h"

/* Makes the folder of segments when the centre has none. ERR_OUTSIDE as files_make_folder(). */
enum err day_parts_begin(struct day_desk *desk, struct why *why);

/* OK when a file may be taken by itself into the open day; ERR_CONFLICT says why not. */
enum err day_parts_allow_file(struct day_desk *desk, struct why *why);

/* Proves a day in parts: its segments against the store as parts_prove_books() does, net against the
 * books, the payout list against net, the trial balance. Loads, and the decisions of two officers,
 * count as the store has them. The listener, unless NULL, is told of each record that is paid and of
 * each decision. ERR_NOT_FOUND when the day was not taken in parts. */
enum err day_parts_prove(struct day_desk *desk, uint32_t day, const struct proof_listener *listener,
    struct day_proof *out, struct why *why);
