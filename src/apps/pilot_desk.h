/* The desk at which a pilot is run: the centre is opened or made, its database, vaults and chips are
 * brought together, and the rehearsal gets them. */
#pragma once

#include "apps/vault_desk.h"
#include "rehearsal/pilot.h"

/* Makes the centre when there is none (an empty or missing directory), else opens it; region is
 * filled in from its card. A centre of another seed or date, one that is no rehearsal or is in use, or
 * a directory that is no centre is refused. The vault is the centre's own, wherever its keys are, opened
 * with words as in vault_desk_open(). */
enum err pilot_at_desk(struct pilot_order *order, const struct vault_words *words,
    struct pilot_figures *figures, struct why *why);
