/* Instant cards of a rehearsal, and the blanks that they are made of. Internal to rehearsal. [system.md 4.2.5] */
#pragma once

#include "rehearsal/at_point.h"

/* Buys and counts in the point's blanks, once; one of them is spoiled, and destroyed by two officers. */
enum err instant_blanks(struct pilot *p, struct why *why);

/* Makes a card for the holder of `old`, which is lost, while the person waits; taken: the holder takes it with a PIN,
 * else nobody does, and it is taken back. n tells the city's jobs apart, from 1 to 2. Goes on where a run that was
 * cut left the job, and does nothing when it has ended. */
enum err instant_card(
    struct pilot *p, const struct card_record *old, unsigned n, bool taken, struct why *why);
