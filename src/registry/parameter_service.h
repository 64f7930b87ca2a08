/* New values of dated parameters, by two officers. [system.md 9, 12]
 *
 * One proposes a value from a day on, another one who is an approver lets it pass or refuses it; only
 * then does the value exist for anybody. A value holds from a day to come: what was judged by the old
 * one stays judged. Proposing the same again finds the proposal that waits, and deciding the same
 * again is answered OK, so both may be sent again when an answer was lost. One thread at a time. */
#pragma once

#include "registry/registry.h"

/* Proposes what which, day, value and who of *proposal say, and fills in its number. ERR_INVALID: outside the limits of
 * parameter.def, or no day; ERR_CONFLICT: the day has come; ERR_DENIED: who is no officer. today: the
 * business date. */
enum err parameter_propose(const struct registry_store *store, struct parameter_proposal *proposal,
    uint32_t today, struct why *why);

/* Lets a proposal pass, or refuses it, in the name of `second`. ERR_DENIED: no approver, or the one
 * who proposed it. ERR_CONFLICT: it was decided otherwise, or its day has come meanwhile (then it can
 * only be refused). */
enum err parameter_decide(const struct registry_store *store, int64_t id, bool approve,
    const char *second, uint32_t today, struct why *why);

/* The parameter of a name, or PARAMETERS when there is none such. */
enum parameter parameter_named(const char *name);
