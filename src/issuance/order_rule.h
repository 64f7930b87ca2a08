/* What an order of a card asks before it is kept, wherever it comes from: an application for a
 * first card, a replacement, one made again, an instant card. [system.md 1 F2; decision 0042]
 *
 * What could only fail at the machine is refused here, where the person still stands at the
 * counter: a name that a card of that day cannot hold. [card.md 2.5, 2.6] */
#pragma once

#include <stdint.h>

#include "host/why.h"
#include "registry/registry.h"

/* Whether a card ordered on a day, YYYYMMDD, holds the name of the person with that id, as the
 * record is now. ERR_INVALID, with the way on, when it does not; ERR_CONFLICT: no line of
 * making_rule.def has the day; ERR_NOT_FOUND: no such person. Reads the registry and changes
 * nothing. */
enum err order_holder_fits(
    const struct registry_store *registry, int64_t id, uint32_t day, struct why *why);

/* The same for a record that was read just now. */
enum err order_person_fits(const struct person *person, uint32_t day, struct why *why);
