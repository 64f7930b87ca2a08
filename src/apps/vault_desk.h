/* The vault of a centre, as the programs of this house use it: in a process of its own, and what it
 * refuses on its way into the audit chain. [architecture: processes; system.md 6.1] */
#pragma once

#include "host/centre.h"
#include "stores/sql/refusals.h"
#include "vaults/line/vault_process.h"

/* Starts the process with the test keys of a rehearsal centre's seed, and fills count lines. Call it
 * before threads are started and before databases are opened. refusals may be NULL. */
enum err vault_desk_rehearsal(const struct centre_file *file, struct refusals *refusals,
    struct vault *lines, size_t count, struct why *why);
